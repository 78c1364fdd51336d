/* SHOW, DESCRIBE, EXPLAIN. */
#include <string.h>

#include "protocol/mysql/syntax/my_parse.h"
#include "protocol/mysql/world/my_def.h"

static void like_or_where(struct my_parse *p, struct my_stmt *st)
{
    if (my_p_take(p, MY_K_LIKE))
        st->like = my_p_string(p, &st->like_len);
    else
        st->where = my_p_where(p);
}

static void from_db(struct my_parse *p, const char **ret)
{
    if (my_p_take(p, MY_K_FROM) || my_p_take(p, MY_K_IN))
        *ret = my_p_ident(p);
}

/* SHOW TABLES and the like: [FROM db], else the current database. */
static void of_db(struct my_parse *p, struct my_stmt *st)
{
    from_db(p, &st->db);
    if (!st->db)
        my_p_need_db(p);
}

static void of_table(struct my_parse *p, struct my_stmt *st)
{
    if (!my_p_take(p, MY_K_FROM))
        my_p_want(p, MY_K_IN);
    my_p_table_name(p, &st->db, &st->name);
    of_db(p, st);
}

static void show_create(struct my_parse *p, struct my_stmt *st)
{
    my_p_next(p);
    if (my_p_is(p, MY_K_DATABASE) || my_p_is(p, MY_K_SCHEMA)) {
        my_p_next(p);
        st->com = MY_Q_SHOW_CREATE_DB;
        if (my_p_take(p, MY_K_IF)) {
            my_p_want(p, MY_K_NOT);
            my_p_want(p, MY_K_EXISTS);
            st->if_not_exists = true;
        }
        st->name = my_p_ident(p);
        return;
    }
    enum my_kw kw = p->tok.kind == MY_TOK_WORD ? p->tok.kw : MY_KW_NONE;
    switch (kw) {
    case MY_K_TABLE:
    case MY_K_VIEW:
        st->com = MY_Q_SHOW_CREATE_TABLE;
        st->view_only = kw == MY_K_VIEW;
        break;
    case MY_K_PROCEDURE:
    case MY_K_FUNCTION:
    case MY_K_TRIGGER:
    case MY_K_EVENT:
        st->com = MY_Q_SHOW_CREATE_ROUTINE;
        st->word = kw;
        break;
    case MY_K_USER:
        if (p->env->version >= 50700 || p->env->mariadb) {
            my_p_next(p);
            st->com = MY_Q_SHOW_GRANTS;
            st->word = MY_K_CREATE;
            st->users = my_p_user(p, false);
            return;
        }
        /* fall through */
    default:
        my_p_fail(p);
        return;
    }
    my_p_next(p);
    if (st->com == MY_Q_SHOW_CREATE_TABLE)
        my_p_table_ref(p, &st->db, &st->name);
    else
        my_p_routine_name(p, st);
}

static bool show_simple(struct my_parse *p, struct my_stmt *st, enum my_sqlcom com)
{
    my_p_next(p);
    st->com = com;
    return true;
}

static void show_full(struct my_parse *p, struct my_stmt *st)
{
    if (my_p_is(p, MY_K_TABLES)) {
        (void)show_simple(p, st, MY_Q_SHOW_TABLES);
        of_db(p, st);
        like_or_where(p, st);
    } else if (my_p_is(p, MY_K_COLUMNS) || my_p_is(p, MY_K_FIELDS)) {
        (void)show_simple(p, st, MY_Q_SHOW_COLUMNS);
        of_table(p, st);
        like_or_where(p, st);
    } else if (my_p_is(p, MY_K_PROCESSLIST)) {
        (void)show_simple(p, st, MY_Q_SHOW_PROCESSLIST);
    } else {
        my_p_fail(p);
    }
}

static void show_engine(struct my_parse *p, struct my_stmt *st)
{
    my_p_next(p);
    st->com = MY_Q_SHOW_ENGINE;
    st->name = p->tok.text;
    if (!my_p_take(p, MY_K_ALL))
        st->name = p->tok.kind == MY_TOK_STRING ? my_p_string(p, NULL) : my_p_ident(p);
    if (my_p_is(p, MY_K_STATUS) || my_p_is(p, MY_K_MUTEX) || my_p_is(p, MY_K_LOGS)) {
        st->word = p->tok.kw;
        my_p_next(p);
    } else {
        my_p_fail(p);
    }
}

static void show_scoped(struct my_parse *p, struct my_stmt *st)
{
    if (my_p_take(p, MY_K_GLOBAL))
        st->scope = MY_SCOPE_GLOBAL;
    else if (my_p_take(p, MY_K_SESSION) || my_p_take(p, MY_K_LOCAL))
        st->scope = MY_SCOPE_SESSION;
    if (my_p_take(p, MY_K_STATUS))
        st->com = MY_Q_SHOW_STATUS;
    else if (my_p_take(p, MY_K_VARIABLES))
        st->com = MY_Q_SHOW_VARIABLES;
    else
        my_p_fail(p);
    like_or_where(p, st);
}

static void show_count(struct my_parse *p, struct my_stmt *st)
{
    my_p_next(p);
    my_p_want_op(p, '(');
    my_p_want_op(p, '*');
    my_p_want_op(p, ')');
    if (my_p_take(p, MY_K_WARNINGS)) {
        st->com = MY_Q_SHOW_COUNT_WARNINGS;
    } else {
        my_p_want(p, MY_K_ERRORS);
        st->com = MY_Q_SHOW_COUNT_ERRORS;
    }
}

static void show_routine_status(struct my_parse *p, struct my_stmt *st, bool function)
{
    my_p_next(p);
    st->is_function = function;
    if (my_p_take(p, MY_K_CODE)) {
        my_p_routine_name(p, st);
        my_p_error(p, MY_ER_FEATURE_DISABLED, function ? "SHOW FUNCTION CODE" : "SHOW PROCEDURE CODE", "--with-debug");
        return;
    }
    my_p_want(p, MY_K_STATUS);
    st->com = MY_Q_SHOW_ROUTINES;
    like_or_where(p, st);
}

static void show_grants(struct my_parse *p, struct my_stmt *st)
{
    my_p_next(p);
    st->com = MY_Q_SHOW_GRANTS;
    if (my_p_take(p, MY_K_FOR))
        st->users = my_p_user(p, false);
}

static void show_profile(struct my_parse *p, struct my_stmt *st)
{
    my_p_next(p);
    st->com = MY_Q_SHOW_PROFILE;
    static const enum my_kw kinds[] = {MY_K_ALL, MY_K_CPU, MY_K_SOURCE, MY_K_MEMORY, MY_K_SWAPS, MY_K_IPC};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (my_p_take(p, kinds[i]))
            (void)my_p_take_op(p, ',');
    if (my_p_take(p, MY_K_FOR)) {
        my_p_want(p, MY_K_QUERY);
        (void)my_p_literal(p);
    }
    my_p_limit(p, &st->limit, &st->offset);
}

static void show(struct my_parse *p, struct my_stmt *st)
{
    my_p_next(p);
    if (my_p_take(p, MY_K_FULL)) {
        st->full = true;
        show_full(p, st);
        return;
    }
    enum my_kw kw = p->tok.kind == MY_TOK_WORD ? p->tok.kw : MY_KW_NONE;
    switch (kw) {
    case MY_K_DATABASES:
    case MY_K_SCHEMAS:
        (void)show_simple(p, st, MY_Q_SHOW_DATABASES);
        like_or_where(p, st);
        return;
    case MY_K_TABLES:
    case MY_K_COLUMNS:
    case MY_K_FIELDS:
    case MY_K_PROCESSLIST:
        show_full(p, st);
        return;
    case MY_K_INDEX:
    case MY_K_INDEXES:
    case MY_K_KEYS:
        (void)show_simple(p, st, MY_Q_SHOW_KEYS);
        of_table(p, st);
        st->where = my_p_where(p);
        return;
    case MY_K_GLOBAL:
    case MY_K_SESSION:
    case MY_K_LOCAL:
    case MY_K_STATUS:
    case MY_K_VARIABLES:
        show_scoped(p, st);
        return;
    case MY_K_CREATE:
        show_create(p, st);
        return;
    case MY_K_GRANTS:
        show_grants(p, st);
        return;
    case MY_K_WARNINGS:
    case MY_K_ERRORS:
        (void)show_simple(p, st, kw == MY_K_WARNINGS ? MY_Q_SHOW_WARNINGS : MY_Q_SHOW_ERRORS);
        my_p_limit(p, &st->limit, &st->offset);
        return;
    case MY_K_COUNT:
        show_count(p, st);
        return;
    case MY_K_ENGINES:
        (void)show_simple(p, st, MY_Q_SHOW_ENGINES);
        return;
    case MY_K_STORAGE:
        my_p_next(p);
        my_p_want(p, MY_K_ENGINES);
        st->com = MY_Q_SHOW_ENGINES;
        return;
    case MY_K_ENGINE:
        show_engine(p, st);
        return;
    case MY_K_PLUGINS:
        (void)show_simple(p, st, MY_Q_SHOW_PLUGINS);
        return;
    case MY_K_PRIVILEGES:
        (void)show_simple(p, st, MY_Q_SHOW_PRIVILEGES);
        return;
    case MY_K_CHARACTER:
        my_p_next(p);
        my_p_want(p, MY_K_SET);
        st->com = MY_Q_SHOW_CHARSET;
        like_or_where(p, st);
        return;
    case MY_K_CHARSET:
        (void)show_simple(p, st, MY_Q_SHOW_CHARSET);
        like_or_where(p, st);
        return;
    case MY_K_COLLATION:
        (void)show_simple(p, st, MY_Q_SHOW_COLLATION);
        like_or_where(p, st);
        return;
    case MY_K_TABLE:
        my_p_next(p);
        my_p_want(p, MY_K_STATUS);
        st->com = MY_Q_SHOW_TABLE_STATUS;
        of_db(p, st);
        like_or_where(p, st);
        return;
    case MY_K_OPEN:
        my_p_next(p);
        my_p_want(p, MY_K_TABLES);
        st->com = MY_Q_SHOW_OPEN_TABLES;
        from_db(p, &st->db);
        like_or_where(p, st);
        return;
    case MY_K_TRIGGERS:
    case MY_K_EVENTS:
        (void)show_simple(p, st, kw == MY_K_TRIGGERS ? MY_Q_SHOW_TRIGGERS : MY_Q_SHOW_EVENTS);
        of_db(p, st);
        like_or_where(p, st);
        return;
    case MY_K_PROCEDURE:
    case MY_K_FUNCTION:
        show_routine_status(p, st, kw == MY_K_FUNCTION);
        return;
    case MY_K_MASTER:
        my_p_next(p);
        if (my_p_take(p, MY_K_STATUS)) {
            st->com = MY_Q_SHOW_MASTER_STATUS;
        } else {
            my_p_want(p, MY_K_LOGS);
            st->com = MY_Q_SHOW_BINLOGS;
        }
        return;
    case MY_K_SLAVE:
        my_p_next(p);
        if (my_p_take(p, MY_K_STATUS)) {
            st->com = MY_Q_SHOW_SLAVE_STATUS;
        } else {
            my_p_want(p, MY_K_HOSTS);
            st->com = MY_Q_SHOW_SLAVE_HOSTS;
        }
        return;
    case MY_K_BINARY:
        my_p_next(p);
        my_p_want(p, MY_K_LOGS);
        st->com = MY_Q_SHOW_BINLOGS;
        return;
    case MY_K_BINLOG:
        my_p_next(p);
        my_p_want(p, MY_K_EVENTS);
        st->com = MY_Q_SHOW_BINLOG_EVENTS;
        if (my_p_take(p, MY_K_IN))
            (void)my_p_string(p, NULL);
        if (my_p_take(p, MY_K_FROM))
            (void)my_p_literal(p);
        my_p_limit(p, &st->limit, &st->offset);
        return;
    case MY_K_PROFILES:
        (void)show_simple(p, st, MY_Q_SHOW_PROFILES);
        return;
    case MY_K_PROFILE:
        show_profile(p, st);
        return;
    case MY_K_AUTHORS:
    case MY_K_CONTRIBUTORS:
        if (p->env->version < 50600 || p->env->mariadb) {
            (void)show_simple(p, st, kw == MY_K_AUTHORS ? MY_Q_SHOW_AUTHORS : MY_Q_SHOW_CONTRIBUTORS);
            return;
        }
        /* fall through */
    default:
        my_p_fail(p);
    }
}

static void describe(struct my_parse *p, struct my_stmt *st)
{
    my_p_next(p);
    if (my_p_is(p, MY_K_EXTENDED) || my_p_is(p, MY_K_PARTITIONS)) {
        st->extended = my_p_is(p, MY_K_EXTENDED);
        st->full = my_p_is(p, MY_K_PARTITIONS);
        my_p_next(p);
        if (!my_p_is(p, MY_K_SELECT) && p->env->version < 50600)
            my_p_fail(p);
    } else if (my_p_is(p, MY_K_FORMAT) && (p->env->version >= 50600)) {
        my_p_next(p);
        my_p_want_op(p, '=');
        st->text = my_p_ident(p);
    }
    st->com = MY_Q_EXPLAIN;
    if (my_p_is(p, MY_K_SELECT) || my_p_is_op(p, '(')) {
        st->select = my_p_select(p, false);
        return;
    }
    if ((p->env->version >= 50600 || p->env->mariadb) && p->tok.kind == MY_TOK_WORD &&
        (my_p_is(p, MY_K_INSERT) || my_p_is(p, MY_K_UPDATE) || my_p_is(p, MY_K_DELETE) || my_p_is(p, MY_K_REPLACE))) {
        st->inner = my_p_new(p, sizeof *st->inner);
        (void)my_p_dml(p, st->inner);
        return;
    }
    st->com = MY_Q_SHOW_COLUMNS;
    my_p_table_ref(p, &st->db, &st->name);
    if (p->tok.kind == MY_TOK_STRING) {
        st->like = my_p_string(p, &st->like_len);
    } else if (my_p_is_ident(p)) {
        st->like = my_p_ident(p);
        st->like_len = strlen(st->like);
    }
}

bool my_p_show(struct my_parse *p, struct my_stmt *st)
{
    switch (p->tok.kw) {
    case MY_K_SHOW:
        show(p, st);
        return true;
    case MY_K_DESC:
    case MY_K_DESCRIBE:
    case MY_K_EXPLAIN:
        describe(p, st);
        return true;
    default:
        return false;
    }
}

/* Transactions, locks, FLUSH, KILL, PREPARE and the like. */
#include <string.h>
#include <strings.h>

#include "protocol/mysql/syntax/my_parse.h"
#include "protocol/mysql/syntax/my_parse_admin.h"
#include "protocol/mysql/syntax/my_parse_ddl.h"
#include "protocol/mysql/syntax/my_parse_routine.h"
#include "protocol/mysql/world/my_def.h"

void my_p_name_list(struct my_parse *p, struct my_name **ret)
{
    do {
        struct my_name *n = my_p_new(p, sizeof *n);
        my_p_table_ref(p, &n->db, &n->name);
        *ret = n;
        ret = &n->next;
    } while (my_p_ok(p) && my_p_take_op(p, ','));
}

static const char *name_or_string(struct my_parse *p)
{
    if (p->tok.kind == MY_TOK_STRING)
        return my_p_string(p, NULL);
    return my_p_ident(p);
}

struct my_user_spec *my_p_user(struct my_parse *p, bool identified)
{
    struct my_user_spec *u = my_p_new(p, sizeof *u);
    if (my_p_take(p, MY_K_CURRENT_USER)) {
        if (my_p_take_op(p, '('))
            my_p_want_op(p, ')');
    } else {
        u->user = name_or_string(p);
        u->host = "%";
        u->bare = !my_p_take_op(p, '@');
        if (!u->bare)
            u->host = name_or_string(p);
        /* USER_CHAR_LENGTH of mysql.user */
        size_t max = p->env->mariadb ? 128 : p->env->version >= 50708 ? 32 : 16;
        if (my_p_ok(p) && strlen(u->user) > max)
            my_p_error(p, MY_ER_WRONG_STRING_LENGTH, u->user, "user name", (int)max);
        if (my_p_ok(p) && strlen(u->host) > 60)
            my_p_error(p, MY_ER_WRONG_STRING_LENGTH, u->host, "host name", 60);
    }
    if (!identified || !my_p_take(p, MY_K_IDENTIFIED))
        return u;
    if (my_p_is(p, MY_K_WITH) && p->env->version >= 50500) {
        my_p_next(p);
        u->plugin = name_or_string(p);
        if (my_p_is(p, MY_K_AS) || (p->env->mariadb && my_p_is(p, MY_K_USING))) {
            my_p_next(p);
            u->hash = my_p_string(p, NULL);
        } else if ((p->env->version >= 50700) && my_p_take(p, MY_K_BY)) {
            u->password = my_p_string(p, NULL);
        }
        return u;
    }
    my_p_want(p, MY_K_BY);
    if (my_p_take(p, MY_K_PASSWORD))
        u->hash = my_p_string(p, NULL);
    else
        u->password = my_p_string(p, NULL);
    return u;
}

/* ---- transactions ---- */
static void commit(struct my_parse *p, struct my_stmt *st, enum my_sqlcom com)
{
    my_p_next(p);
    st->com = com;
    (void)my_p_take(p, MY_K_WORK);
    if (com == MY_Q_ROLLBACK && my_p_take(p, MY_K_TO)) {
        (void)my_p_take(p, MY_K_SAVEPOINT);
        st->com = MY_Q_ROLLBACK_TO;
        st->name = my_p_ident(p);
        return;
    }
    if (my_p_take(p, MY_K_AND)) {
        bool no = my_p_take(p, MY_K_NO);
        my_p_want(p, MY_K_CHAIN);
        st->chain = !no;
    }
    if (my_p_take(p, MY_K_NO))
        my_p_want(p, MY_K_RELEASE);
    else
        st->release = my_p_take(p, MY_K_RELEASE);
}

static void start(struct my_parse *p, struct my_stmt *st)
{
    my_p_next(p);
    if (my_p_is(p, MY_K_SLAVE)) {
        st->com = MY_Q_SLAVE;
        my_p_next(p);
        return;
    }
    my_p_want(p, MY_K_TRANSACTION);
    st->com = MY_Q_BEGIN;
    if (my_p_take(p, MY_K_WITH)) {
        my_p_want(p, MY_K_CONSISTENT);
        my_p_want(p, MY_K_SNAPSHOT);
        st->consistent = true;
    }
    if ((p->env->version >= 50600 || p->env->mariadb) && my_p_take(p, MY_K_READ)) {
        st->read_only = my_p_is(p, MY_K_ONLY);
        if (!my_p_take(p, MY_K_ONLY))
            my_p_want(p, MY_K_WRITE);
    }
}

/* ---- the rest ---- */
static void check_table(struct my_parse *p, struct my_stmt *st)
{
    st->com = MY_Q_CHECK;
    st->word = p->tok.kw;
    my_p_next(p);
    if (st->word != MY_K_CHECK && st->word != MY_K_CHECKSUM)
        if (!my_p_take(p, MY_K_LOCAL))
            (void)my_p_take(p, MY_K_NO_WRITE_TO_BINLOG);
    if (!my_p_take(p, MY_K_TABLES))
        my_p_want(p, MY_K_TABLE);
    my_p_name_list(p, &st->names);
    for (; my_p_ok(p) && p->tok.kind == MY_TOK_WORD; my_p_next(p))
        if (!my_p_is(p, MY_K_FOR) && !my_p_is(p, MY_K_UPGRADE) && !my_p_is(p, MY_K_QUICK) && !my_p_is(p, MY_K_FAST) &&
            !my_p_is(p, MY_K_MEDIUM) && !my_p_is(p, MY_K_EXTENDED) && !my_p_is(p, MY_K_CHANGED) && !my_p_is(p, MY_K_USE_FRM))
            my_p_fail(p);
}

static void lock_tables(struct my_parse *p, struct my_stmt *st)
{
    my_p_next(p);
    st->com = MY_Q_LOCK;
    if (!my_p_take(p, MY_K_TABLES))
        my_p_want(p, MY_K_TABLE);
    struct my_name **last = &st->names;
    do {
        struct my_name *n = my_p_new(p, sizeof *n);
        my_p_table_name(p, &n->db, &n->name);
        if (my_p_take(p, MY_K_AS) || my_p_is_ident(p))
            n->name2 = my_p_ident(p);
        if (my_p_take(p, MY_K_READ)) {
            n->option = "READ";
            (void)my_p_take(p, MY_K_LOCAL);
        } else {
            (void)my_p_take(p, MY_K_LOW_PRIORITY);
            my_p_want(p, MY_K_WRITE);
            n->option = "WRITE";
        }
        if (my_p_ok(p) && !n->db)
            my_p_need_db(p);
        *last = n;
        last = &n->next;
    } while (my_p_ok(p) && my_p_take_op(p, ','));
}

static void flush(struct my_parse *p, struct my_stmt *st)
{
    my_p_next(p);
    st->com = MY_Q_FLUSH;
    if (!my_p_take(p, MY_K_LOCAL))
        (void)my_p_take(p, MY_K_NO_WRITE_TO_BINLOG);
    do {
        enum my_kw kw = p->tok.kind == MY_TOK_WORD ? p->tok.kw : MY_KW_NONE;
        switch (kw) {
        case MY_K_TABLES:
        case MY_K_TABLE:
            my_p_next(p);
            st->word = MY_K_TABLES;
            if (my_p_is_ident(p))
                my_p_name_list(p, &st->names);
            if (my_p_take(p, MY_K_WITH)) {
                my_p_want(p, MY_K_READ);
                my_p_want(p, MY_K_LOCK);
            }
            return;
        case MY_K_QUERY:
            my_p_next(p);
            my_p_want(p, MY_K_CACHE);
            break;
        case MY_K_PRIVILEGES:
        case MY_K_HOSTS:
        case MY_K_STATUS:
        case MY_K_LOGS:
        case MY_K_MASTER:
        case MY_K_SLAVE:
        case MY_K_DES_KEY_FILE:
        case MY_K_USER_RESOURCES:
            my_p_next(p);
            st->word = st->word ? st->word : kw;
            break;
        case MY_K_BINARY:
        case MY_K_ENGINE:
        case MY_K_ERROR:
        case MY_K_SLOW:
        case MY_K_GENERAL:
            if (p->env->version >= 50500) {
                my_p_next(p);
                my_p_want(p, MY_K_LOGS);
                break;
            }
            /* fall through */
        default:
            my_p_fail(p);
        }
    } while (my_p_ok(p) && my_p_take_op(p, ','));
}

static void kill_(struct my_parse *p, struct my_stmt *st)
{
    my_p_next(p);
    st->com = MY_Q_KILL;
    st->hard = !my_p_is(p, MY_K_QUERY);
    if (!my_p_take(p, MY_K_QUERY))
        (void)my_p_take(p, MY_K_CONNECTION);
    st->expr = my_p_expr(p);
}

static void prepare(struct my_parse *p, struct my_stmt *st)
{
    my_p_next(p);
    st->com = MY_Q_PREPARE;
    st->name = my_p_ident(p);
    my_p_want(p, MY_K_FROM);
    if (my_p_take_op(p, '@')) {
        st->text_var = my_p_new(p, sizeof *st->text_var);
        st->text_var->op = MY_X_USERVAR;
        st->text_var->name = p->tok.text;
        if (p->tok.kind != MY_TOK_WORD && p->tok.kind != MY_TOK_QUOTED && p->tok.kind != MY_TOK_STRING)
            my_p_fail(p);
        my_p_next(p);
    } else {
        st->text = my_p_string(p, &st->text_len);
    }
}

static void execute(struct my_parse *p, struct my_stmt *st)
{
    my_p_next(p);
    st->com = MY_Q_EXECUTE;
    if (p->env->mariadb && p->tok.kind == MY_TOK_WORD && strcasecmp(p->tok.text, "immediate") == 0) {
        my_p_next(p);
        st->expr = my_p_expr(p);
    } else {
        st->name = my_p_ident(p);
    }
    if (!my_p_take(p, MY_K_USING))
        return;
    st->exprs = my_p_new(p, 256 * sizeof *st->exprs);
    do {
        if (!my_p_is_op(p, '@') && !p->env->mariadb) { /* MariaDB takes any expression */
            my_p_fail(p);
            return;
        }
        struct my_expr *e = my_p_expr(p);
        if (st->n_exprs < 256)
            st->exprs[st->n_exprs++] = e;
    } while (my_p_ok(p) && my_p_take_op(p, ','));
}

static void xa(struct my_parse *p, struct my_stmt *st)
{
    my_p_next(p);
    st->com = MY_Q_XA;
    st->word = p->tok.kind == MY_TOK_WORD ? p->tok.kw : MY_KW_NONE;
    if (st->word == MY_K_RECOVER) {
        my_p_next(p);
        return;
    }
    if (st->word != MY_K_START && st->word != MY_K_BEGIN && st->word != MY_K_END && st->word != MY_K_PREPARE && st->word != MY_K_COMMIT &&
        st->word != MY_K_ROLLBACK) {
        my_p_fail(p);
        return;
    }
    my_p_next(p);
    st->text = my_p_string(p, &st->text_len);
    if (my_p_take_op(p, ',')) {
        st->like = my_p_string(p, &st->like_len);
        if (my_p_take_op(p, ','))
            (void)my_p_int_token(p);
    }
    if (st->word == MY_K_COMMIT && my_p_take(p, MY_K_ONE)) {
        my_p_want(p, MY_K_PHASE);
        st->chain = true; /* without PREPARE */
    }
}

static void install(struct my_parse *p, struct my_stmt *st, bool un)
{
    my_p_next(p);
    st->com = un ? MY_Q_UNINSTALL : MY_Q_INSTALL;
    if (my_p_is(p, MY_K_SONAME) && p->env->mariadb) { /* all plugins of a library */
        my_p_next(p);
        st->if_exists = un && my_p_if_exists(p);
        st->text = my_p_string(p, &st->text_len);
        return;
    }
    my_p_want(p, MY_K_PLUGIN);
    if (p->env->mariadb && un)
        st->if_exists = my_p_if_exists(p);
    else if (p->env->mariadb)
        st->if_not_exists = my_p_if_not_exists(p);
    st->name = my_p_ident(p);
    if (!un) {
        my_p_want(p, MY_K_SONAME);
        st->text = my_p_string(p, &st->text_len);
    }
}

static void change_master(struct my_parse *p, struct my_stmt *st)
{
    my_p_next(p);
    my_p_want(p, MY_K_MASTER);
    my_p_want(p, MY_K_TO);
    st->com = MY_Q_CHANGE_MASTER;
    do {
        (void)my_p_ident(p);
        my_p_want_op(p, '=');
        if (!my_p_literal(p))
            my_p_fail(p);
    } while (my_p_ok(p) && my_p_take_op(p, ','));
}

static void purge(struct my_parse *p, struct my_stmt *st)
{
    my_p_next(p);
    st->com = MY_Q_PURGE;
    if (!my_p_take(p, MY_K_BINARY))
        my_p_want(p, MY_K_MASTER);
    my_p_want(p, MY_K_LOGS);
    if (my_p_take(p, MY_K_TO)) {
        (void)my_p_string(p, NULL);
    } else {
        my_p_want(p, MY_K_BEFORE);
        st->expr = my_p_expr(p);
    }
}

static void reset(struct my_parse *p, struct my_stmt *st)
{
    my_p_next(p);
    st->com = MY_Q_RESET;
    do {
        if (my_p_take(p, MY_K_QUERY)) {
            my_p_want(p, MY_K_CACHE);
        } else {
            st->word = p->tok.kind == MY_TOK_WORD ? p->tok.kw : MY_KW_NONE;
            if (!my_p_take(p, MY_K_MASTER))
                my_p_want(p, MY_K_SLAVE);
        }
    } while (my_p_ok(p) && my_p_take_op(p, ','));
}

bool my_p_admin(struct my_parse *p, struct my_stmt *st)
{
    switch (p->tok.kw) {
    case MY_K_USE:
        my_p_next(p);
        st->com = MY_Q_USE;
        st->name = my_p_ident(p);
        return true;
    case MY_K_GRANT:
    case MY_K_REVOKE:
        my_p_grant(p, st, p->tok.kw == MY_K_REVOKE);
        return true;
    case MY_K_BEGIN: {
        const struct my_tok *a = my_p_ahead(p);
        if (p->env->mariadb && a->kind == MY_TOK_WORD && a->kw == MY_K_NOT) { /* BEGIN NOT ATOMIC … END */
            my_p_atomic(p, st);
            return true;
        }
        my_p_next(p);
        (void)my_p_take(p, MY_K_WORK);
        st->com = MY_Q_BEGIN;
        return true;
    }
    case MY_K_SIGNAL:
    case MY_K_RESIGNAL:
        if (p->env->version < 50500 && !p->env->mariadb)
            return false;
        my_p_signal(p, st);
        return true;
    case MY_K_GET: {
        const struct my_tok *a = my_p_ahead(p);
        if ((p->env->version < 50600 && !p->env->mariadb) || a->kind != MY_TOK_WORD || (a->kw != MY_K_DIAGNOSTICS && strcasecmp(a->text, "current") != 0 && strcasecmp(a->text, "stacked") != 0))
            return false;
        my_p_get_diagnostics(p, st);
        return true;
    }
    case MY_K_START:
        start(p, st);
        return true;
    case MY_K_STOP:
        my_p_next(p);
        my_p_want(p, MY_K_SLAVE);
        st->com = MY_Q_SLAVE;
        st->word = MY_K_STOP;
        return true;
    case MY_K_COMMIT:
        commit(p, st, MY_Q_COMMIT);
        return true;
    case MY_K_ROLLBACK:
        commit(p, st, MY_Q_ROLLBACK);
        return true;
    case MY_K_SAVEPOINT:
        my_p_next(p);
        st->com = MY_Q_SAVEPOINT;
        st->name = my_p_ident(p);
        return true;
    case MY_K_RELEASE:
        my_p_next(p);
        my_p_want(p, MY_K_SAVEPOINT);
        st->com = MY_Q_RELEASE;
        st->name = my_p_ident(p);
        return true;
    case MY_K_CHECK:
    case MY_K_CHECKSUM:
    case MY_K_ANALYZE:
    case MY_K_OPTIMIZE:
    case MY_K_REPAIR:
        check_table(p, st);
        return true;
    case MY_K_LOCK:
        lock_tables(p, st);
        return true;
    case MY_K_UNLOCK:
        my_p_next(p);
        if (!my_p_take(p, MY_K_TABLES))
            my_p_want(p, MY_K_TABLE);
        st->com = MY_Q_UNLOCK;
        return true;
    case MY_K_FLUSH:
        flush(p, st);
        return true;
    case MY_K_RESET:
        reset(p, st);
        return true;
    case MY_K_KILL:
        kill_(p, st);
        return true;
    case MY_K_SHUTDOWN:
        if (!p->env->mariadb && p->env->version < 50709)
            return false;
        my_p_next(p);
        st->com = MY_Q_SHUTDOWN;
        return true;
    case MY_K_PREPARE:
        prepare(p, st);
        return true;
    case MY_K_EXECUTE:
        execute(p, st);
        return true;
    case MY_K_DEALLOCATE:
        my_p_next(p);
        my_p_want(p, MY_K_PREPARE);
        st->com = MY_Q_DEALLOCATE;
        st->name = my_p_ident(p);
        return true;
    case MY_K_HELP:
        my_p_next(p);
        st->com = MY_Q_HELP;
        st->text = p->tok.text;
        if (p->tok.kind == MY_TOK_STRING)
            my_p_next(p);
        else
            (void)my_p_ident(p);
        return true;
    case MY_K_XA:
        xa(p, st);
        return true;
    case MY_K_INSTALL:
    case MY_K_UNINSTALL:
        install(p, st, p->tok.kw == MY_K_UNINSTALL);
        return true;
    case MY_K_CHANGE:
        change_master(p, st);
        return true;
    case MY_K_PURGE:
        purge(p, st);
        return true;
    case MY_K_BINLOG:
        my_p_next(p);
        st->com = MY_Q_BINLOG;
        st->text = my_p_string(p, &st->text_len);
        return true;
    case MY_K_CACHE:
        my_p_next(p);
        my_p_want(p, MY_K_INDEX);
        st->com = MY_Q_CACHE_INDEX;
        my_p_name_list(p, &st->names);
        my_p_want(p, MY_K_IN);
        st->text = my_p_ident(p);
        return true;
    default:
        return false;
    }
}

/* CREATE and DROP. */
#include <string.h>
#include <strings.h>

#include "protocol/mysql/syntax/my_parse_admin.h"
#include "protocol/mysql/syntax/my_parse.h"
#include "protocol/mysql/syntax/my_parse_ddl.h"
#include "protocol/mysql/syntax/my_parse_routine.h"
#include "protocol/mysql/world/my_def.h"

void my_p_partition_by(struct my_parse *p)
{
    int depth = 0;
    const struct my_tok *by = my_p_ahead(p);
    if (by->kind == MY_TOK_WORD && by->kw == MY_K_BY) {
        my_p_next(p);
        my_p_next(p);
        bool by_time = p->env->mariadb && strcasecmp(p->tok.text, "system_time") == 0;
        if (!my_p_is(p, MY_K_HASH) && !my_p_is(p, MY_K_KEY) && !my_p_is(p, MY_K_LINEAR) && !my_p_is(p, MY_K_RANGE) && !my_p_is(p, MY_K_LIST) && !by_time)
            my_p_fail(p);
    }
    while (my_p_ok(p) && p->tok.kind != MY_TOK_END && !(depth == 0 && my_p_is_op(p, ';'))) {
        if (my_p_is_op(p, '('))
            depth++;
        if (my_p_is_op(p, ')') && --depth < 0) {
            my_p_fail(p);
            return;
        }
        if (p->tok.kind == MY_TOK_BAD) {
            my_p_fail(p);
            return;
        }
        my_p_next(p);
    }
    if (depth)
        my_p_fail(p);
}

bool my_p_if_not_exists(struct my_parse *p)
{
    if (!my_p_take(p, MY_K_IF))
        return false;
    my_p_want(p, MY_K_NOT);
    my_p_want(p, MY_K_EXISTS);
    return true;
}

bool my_p_if_exists(struct my_parse *p)
{
    if (!my_p_take(p, MY_K_IF))
        return false;
    my_p_want(p, MY_K_EXISTS);
    return true;
}

static bool like_or_columns(struct my_parse *p, struct my_stmt *st)
{
    if (my_p_take(p, MY_K_LIKE)) {
        st->like_table = true;
        st->names = my_p_new(p, sizeof *st->names);
        my_p_table_ref(p, &st->names->db, &st->names->name);
        return true;
    }
    return false;
}

static void create_table(struct my_parse *p, struct my_stmt *st)
{
    st->com = MY_Q_CREATE_TABLE;
    st->if_not_exists = my_p_if_not_exists(p);
    my_p_table_ref(p, &st->db, &st->name);
    if (like_or_columns(p, st))
        return;
    if (my_p_is_op(p, '(')) {
        const struct my_tok *a = my_p_ahead(p);
        bool sel = a->kind == MY_TOK_WORD && a->kw == MY_K_SELECT;
        if (!sel) {
            my_p_next(p);
            if (my_p_is(p, MY_K_LIKE)) {
                (void)like_or_columns(p, st);
                my_p_want_op(p, ')');
                return;
            }
            struct my_col_def **last_col = &st->col_defs;
            struct my_key_def **last_key = &st->key_defs;
            do {
                struct my_key_def *k = p->tok.kind == MY_TOK_WORD && my_kw_reserved(&p->lex, p->tok.kw) ? my_p_key_def(p) : NULL;
                if (k) {
                    *last_key = k;
                    last_key = &k->next;
                } else {
                    struct my_col_def *c = my_p_column_def(p);
                    *last_col = c;
                    last_col = &c->next;
                }
            } while (my_p_ok(p) && my_p_take_op(p, ','));
            my_p_want_op(p, ')');
        }
    }
    my_p_table_options(p, &st->opts);
    if (my_p_is(p, MY_K_PARTITION))
        my_p_partition_by(p);
    if (my_p_take(p, MY_K_IGNORE))
        st->ignore = true;
    else
        (void)my_p_take(p, MY_K_REPLACE);
    (void)my_p_take(p, MY_K_AS);
    if (my_p_is(p, MY_K_SELECT) || my_p_is_op(p, '('))
        st->select = my_p_select(p, false);
}

void my_p_db_options(struct my_parse *p, struct my_stmt *st)
{
    while (my_p_ok(p) && (my_p_is(p, MY_K_DEFAULT) || my_p_is(p, MY_K_CHARACTER) || my_p_is(p, MY_K_CHARSET) || my_p_is(p, MY_K_COLLATE))) {
        (void)my_p_take(p, MY_K_DEFAULT);
        if (my_p_take(p, MY_K_COLLATE)) {
            (void)my_p_take_op(p, '=');
            st->opts.collate = my_p_charset_name(p);
        } else {
            if (!my_p_take(p, MY_K_CHARSET)) {
                my_p_want(p, MY_K_CHARACTER);
                my_p_want(p, MY_K_SET);
            }
            (void)my_p_take_op(p, '=');
            st->opts.charset = my_p_charset_name(p);
        }
    }
}

/* The rest of the statement as it stands: bodies of routines, triggers, events, views. */
static void rest_as_body(struct my_parse *p, struct my_stmt *st, const char *from)
{
    st->body = from;
    st->text = from;
    st->text_len = (size_t)(p->text_end - from);
    while (my_p_ok(p) && p->tok.kind != MY_TOK_END) {
        if (p->tok.kind == MY_TOK_BAD)
            my_p_fail(p);
        my_p_next(p);
    }
}

static void create_function(struct my_parse *p, struct my_stmt *st, bool procedure)
{
    my_p_table_name(p, &st->db, &st->name);
    if (!procedure && my_p_take(p, MY_K_RETURNS)) {
        if (!my_p_is(p, MY_K_STRING) && !my_p_is(p, MY_K_REAL) && !my_p_is(p, MY_K_DECIMAL) && !my_p_is(p, MY_K_INT) &&
            !my_p_is(p, MY_K_INTEGER))
            my_p_fail(p);
        st->word = p->tok.kw;
        my_p_next(p);
        my_p_want(p, MY_K_SONAME);
        st->text = my_p_string(p, &st->text_len);
        st->com = MY_Q_CREATE_UDF;
        if (my_p_ok(p) && strlen(st->name) > MY_NAME_MAX)
            my_p_error(p, MY_ER_TOO_LONG_IDENT, st->name);
        if (st->db)
            my_p_fail(p);
        return;
    }
    st->com = MY_Q_CREATE_ROUTINE;
    st->is_function = !procedure;
    if (!st->db)
        my_p_need_db(p);
    if (p->routine) {
        my_p_error(p, MY_ER_SP_NO_RECURSIVE_CREATE, procedure ? "PROCEDURE" : "FUNCTION");
        return;
    }
    st->sp = my_p_routine(p, procedure ? MY_SP_PROCEDURE : MY_SP_FUNCTION);
}

static void create_index(struct my_parse *p, struct my_stmt *st, enum my_key_kind kind)
{
    st->com = MY_Q_CREATE_INDEX;
    my_p_want(p, MY_K_INDEX);
    struct my_key_def *k = my_p_new(p, sizeof *k);
    k->kind = kind;
    k->name = my_p_ident(p);
    my_p_key_options(p, k);
    my_p_want(p, MY_K_ON);
    my_p_table_ref(p, &st->db, &st->name);
    my_p_key_parts(p, k);
    my_p_key_options(p, k);
    st->key_defs = k;
}

static void definer(struct my_parse *p)
{
    if (!my_p_take(p, MY_K_DEFINER))
        return;
    my_p_want_op(p, '=');
    if (!my_p_take(p, MY_K_CURRENT_USER))
        (void)my_p_user(p, false);
    else if (my_p_take_op(p, '('))
        my_p_want_op(p, ')');
}

static void view(struct my_parse *p, struct my_stmt *st)
{
    st->com = MY_Q_CREATE_VIEW;
    if (p->env->mariadb)
        st->if_not_exists = my_p_if_not_exists(p);
    my_p_table_ref(p, &st->db, &st->name);
    if (my_p_take_op(p, '(')) {
        st->cols = my_p_new(p, 256 * sizeof *st->cols);
        do {
            const char *c = my_p_ident(p);
            if (st->n_cols < 256)
                st->cols[st->n_cols++] = c;
        } while (my_p_ok(p) && my_p_take_op(p, ','));
        my_p_want_op(p, ')');
    }
    my_p_want(p, MY_K_AS);
    st->text = p->tok.raw;
    st->select = my_p_select(p, false);
    st->text_len = (size_t)((p->tok.raw ? p->tok.raw : p->text_end) - st->text);
    if (my_p_take(p, MY_K_WITH)) {
        if (!my_p_take(p, MY_K_CASCADED))
            (void)my_p_take(p, MY_K_LOCAL);
        my_p_want(p, MY_K_CHECK);
        my_p_want(p, MY_K_OPTION);
    }
}

static void view_head(struct my_parse *p)
{
    if (my_p_take(p, MY_K_ALGORITHM)) {
        my_p_want_op(p, '=');
        (void)my_p_ident(p);
    }
    definer(p);
    if (my_p_take(p, MY_K_SQL)) {
        my_p_want(p, MY_K_SECURITY);
        (void)my_p_ident(p);
    }
}

void my_p_create_view(struct my_parse *p, struct my_stmt *st)
{
    view_head(p);
    my_p_want(p, MY_K_VIEW);
    view(p, st);
}

void my_p_create(struct my_parse *p, struct my_stmt *st)
{
    my_p_next(p);
    if (my_p_take(p, MY_K_OR)) {
        my_p_want(p, MY_K_REPLACE);
        st->or_replace = true;
    }
    if (my_p_take(p, MY_K_TEMPORARY)) {
        st->temporary = true;
        my_p_want(p, MY_K_TABLE);
        create_table(p, st);
        return;
    }
    view_head(p);
    enum my_kw kw = p->tok.kind == MY_TOK_WORD ? p->tok.kw : MY_KW_NONE;
    if (st->or_replace && kw != MY_K_VIEW && !p->env->mariadb) {
        my_p_fail(p);
        return;
    }
    switch (kw) {
    case MY_K_TABLE:
        my_p_next(p);
        create_table(p, st);
        return;
    case MY_K_DATABASE:
    case MY_K_SCHEMA:
        my_p_next(p);
        st->com = MY_Q_CREATE_DB;
        st->if_not_exists = my_p_if_not_exists(p);
        st->name = my_p_ident(p);
        my_p_db_options(p, st);
        return;
    case MY_K_AGGREGATE:
        my_p_next(p);
        st->aggregate = true;
        my_p_want(p, MY_K_FUNCTION);
        create_function(p, st, false);
        return;
    case MY_K_FUNCTION:
    case MY_K_PROCEDURE:
        my_p_next(p);
        if (p->env->mariadb)
            st->if_not_exists = my_p_if_not_exists(p);
        create_function(p, st, kw == MY_K_PROCEDURE);
        return;
    case MY_K_USER:
        my_p_next(p);
        st->com = MY_Q_CREATE_USER;
        if (p->env->version >= 50700)
            st->if_not_exists = my_p_if_not_exists(p);
        {
            struct my_user_spec **last = &st->users;
            do {
                *last = my_p_user(p, true);
                last = &(*last)->next;
            } while (my_p_ok(p) && my_p_take_op(p, ','));
        }
        if (p->env->mariadb || p->env->version >= 50700)
            my_p_account_options(p, st);
        return;
    case MY_K_ROLE:
        if (!p->env->mariadb)
            my_p_fail(p);
        my_p_next(p);
        st->com = MY_Q_CREATE_ROLE;
        st->if_not_exists = my_p_if_not_exists(p);
        my_p_user_list(p, st, false);
        return;
    case MY_K_UNIQUE:
    case MY_K_FULLTEXT:
    case MY_K_SPATIAL:
        my_p_next(p);
        create_index(p, st, kw == MY_K_UNIQUE ? MY_KEY_UNIQUE : kw == MY_K_FULLTEXT ? MY_KEY_FULLTEXT : MY_KEY_SPATIAL);
        return;
    case MY_K_INDEX:
        create_index(p, st, MY_KEY_INDEX);
        return;
    case MY_K_VIEW:
        my_p_next(p);
        view(p, st);
        return;
    case MY_K_TRIGGER:
        my_p_next(p);
        st->com = MY_Q_CREATE_TRIGGER;
        if (p->env->mariadb)
            st->if_not_exists = my_p_if_not_exists(p);
        my_p_routine_name(p, st);
        {
            const char *from = p->tok.raw;
            if (!my_p_take(p, MY_K_BEFORE))
                my_p_want(p, MY_K_AFTER);
            if (!my_p_take(p, MY_K_INSERT) && !my_p_take(p, MY_K_UPDATE))
                my_p_want(p, MY_K_DELETE);
            my_p_want(p, MY_K_ON);
            st->names = my_p_new(p, sizeof *st->names);
            my_p_table_ref(p, &st->names->db, &st->names->name);
            my_p_want(p, MY_K_FOR);
            my_p_want(p, MY_K_EACH);
            my_p_want(p, MY_K_ROW);
            p->any_row_column = true;
            st->sp = my_p_routine(p, MY_SP_TRIGGER);
            p->any_row_column = false;
            st->text = from;
            st->text_len = st->sp->body_text ? (size_t)(st->sp->body_text + st->sp->body_len - from) : 0;
        }
        return;
    case MY_K_EVENT:
        my_p_next(p);
        st->com = MY_Q_CREATE_EVENT;
        st->if_not_exists = my_p_if_not_exists(p);
        my_p_routine_name(p, st);
        {
            const char *from = p->tok.raw;
            my_p_want(p, MY_K_ON);
            my_p_want(p, MY_K_SCHEDULE);
            if (!my_p_is(p, MY_K_AT) && !my_p_is(p, MY_K_EVERY))
                my_p_fail(p);
            rest_as_body(p, st, from);
        }
        return;
    default:
        my_p_fail(p);
    }
}

void my_p_drop(struct my_parse *p, struct my_stmt *st)
{
    my_p_next(p);
    st->temporary = my_p_take(p, MY_K_TEMPORARY);
    enum my_kw kw = p->tok.kind == MY_TOK_WORD ? p->tok.kw : MY_KW_NONE;
    if (st->temporary && kw != MY_K_TABLE && kw != MY_K_TABLES) {
        my_p_fail(p);
        return;
    }
    switch (kw) {
    case MY_K_TABLE:
    case MY_K_TABLES:
    case MY_K_VIEW:
        my_p_next(p);
        st->com = kw == MY_K_VIEW ? MY_Q_DROP_VIEW : MY_Q_DROP_TABLE;
        st->if_exists = my_p_if_exists(p);
        my_p_name_list(p, &st->names);
        if (!my_p_take(p, MY_K_RESTRICT))
            (void)my_p_take(p, MY_K_CASCADE);
        return;
    case MY_K_DATABASE:
    case MY_K_SCHEMA:
        my_p_next(p);
        st->com = MY_Q_DROP_DB;
        st->if_exists = my_p_if_exists(p);
        st->name = my_p_ident(p);
        return;
    case MY_K_FUNCTION:
    case MY_K_PROCEDURE:
        my_p_next(p);
        st->com = MY_Q_DROP_ROUTINE;
        st->is_function = kw == MY_K_FUNCTION;
        st->if_exists = my_p_if_exists(p);
        my_p_table_name(p, &st->db, &st->name);
        if (!st->is_function && !st->db)
            my_p_need_db(p);
        return;
    case MY_K_TRIGGER:
        my_p_next(p);
        st->com = MY_Q_DROP_TRIGGER;
        st->if_exists = my_p_if_exists(p);
        my_p_routine_name(p, st);
        return;
    case MY_K_EVENT:
        my_p_next(p);
        st->com = MY_Q_DROP_EVENT;
        st->if_exists = my_p_if_exists(p);
        my_p_routine_name(p, st);
        return;
    case MY_K_INDEX:
        my_p_next(p);
        st->com = MY_Q_DROP_INDEX;
        st->name2 = my_p_is(p, MY_K_PRIMARY) ? "PRIMARY" : my_p_ident(p);
        (void)my_p_take(p, MY_K_PRIMARY);
        my_p_want(p, MY_K_ON);
        my_p_table_ref(p, &st->db, &st->name);
        return;
    case MY_K_USER:
        my_p_next(p);
        st->com = MY_Q_DROP_USER;
        if (p->env->version >= 50700)
            st->if_exists = my_p_if_exists(p);
        {
            struct my_user_spec **last = &st->users;
            do {
                *last = my_p_user(p, false);
                last = &(*last)->next;
            } while (my_p_ok(p) && my_p_take_op(p, ','));
        }
        return;
    case MY_K_ROLE:
        if (!p->env->mariadb)
            my_p_fail(p);
        my_p_next(p);
        st->com = MY_Q_DROP_ROLE;
        st->if_exists = my_p_if_exists(p);
        my_p_user_list(p, st, false);
        return;
    case MY_K_PREPARE:
        my_p_next(p);
        st->com = MY_Q_DEALLOCATE;
        st->name = my_p_ident(p);
        return;
    default:
        my_p_fail(p);
    }
}

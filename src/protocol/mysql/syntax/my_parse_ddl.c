/* ALTER, RENAME, and which DDL statement it is. */
#include "protocol/mysql/syntax/my_parse.h"
#include "protocol/mysql/syntax/my_parse_ddl.h"
#include "protocol/mysql/world/my_def.h"

static void position(struct my_parse *p, struct my_col_def *c)
{
    if (my_p_take(p, MY_K_FIRST))
        c->after = "";
    else if (my_p_take(p, MY_K_AFTER))
        c->after = my_p_ident(p);
}

static struct my_alter *alter_new(struct my_parse *p, struct my_alter ***last, enum my_alter_kind kind)
{
    struct my_alter *a = my_p_new(p, sizeof *a);
    a->kind = kind;
    **last = a;
    *last = &a->next;
    return a;
}

static void alter_item(struct my_parse *p, struct my_stmt *st, struct my_alter ***last)
{
    struct my_alter *a;
    if (my_p_take(p, MY_K_ADD)) {
        bool column = my_p_take(p, MY_K_COLUMN);
        if (!column && p->tok.kind == MY_TOK_WORD && my_kw_reserved(&p->lex, p->tok.kw)) {
            struct my_key_def *k = my_p_key_def(p);
            if (!k)
                my_p_fail(p);
            alter_new(p, last, MY_ALTER_ADD_KEY)->key = k;
            return;
        }
        if (my_p_take_op(p, '(')) {
            do
                alter_new(p, last, MY_ALTER_ADD_COL)->col = my_p_column_def(p);
            while (my_p_ok(p) && my_p_take_op(p, ','));
            my_p_want_op(p, ')');
            return;
        }
        a = alter_new(p, last, MY_ALTER_ADD_COL);
        a->col = my_p_column_def(p);
        position(p, a->col);
    } else if (my_p_take(p, MY_K_DROP)) {
        if (my_p_take(p, MY_K_PRIMARY)) {
            my_p_want(p, MY_K_KEY);
            (void)alter_new(p, last, MY_ALTER_DROP_PRIMARY);
        } else if (my_p_take(p, MY_K_FOREIGN)) {
            my_p_want(p, MY_K_KEY);
            a = alter_new(p, last, MY_ALTER_DROP_KEY);
            a->foreign = true;
            a->if_exists = p->env->mariadb && my_p_if_exists(p);
            a->name = my_p_ident(p);
        } else if (my_p_is(p, MY_K_KEY) || my_p_is(p, MY_K_INDEX)) {
            my_p_next(p);
            alter_new(p, last, MY_ALTER_DROP_KEY)->name = my_p_ident(p);
        } else {
            (void)my_p_take(p, MY_K_COLUMN);
            alter_new(p, last, MY_ALTER_DROP_COL)->name = my_p_ident(p);
            if (!my_p_take(p, MY_K_RESTRICT))
                (void)my_p_take(p, MY_K_CASCADE);
        }
    } else if (my_p_is(p, MY_K_CHANGE) || my_p_is(p, MY_K_MODIFY)) {
        bool change = my_p_is(p, MY_K_CHANGE);
        my_p_next(p);
        (void)my_p_take(p, MY_K_COLUMN);
        a = alter_new(p, last, change ? MY_ALTER_CHANGE_COL : MY_ALTER_MODIFY_COL);
        if (change)
            a->name = my_p_ident(p);
        a->col = my_p_column_def(p);
        if (!change)
            a->name = a->col->name;
        position(p, a->col);
    } else if (my_p_take(p, MY_K_ALTER)) {
        (void)my_p_take(p, MY_K_COLUMN);
        const char *name = my_p_ident(p);
        if (my_p_take(p, MY_K_SET)) {
            my_p_want(p, MY_K_DEFAULT);
            a = alter_new(p, last, MY_ALTER_SET_DEFAULT);
            a->dflt = my_p_literal(p);
            if (!a->dflt)
                my_p_fail(p);
        } else {
            my_p_want(p, MY_K_DROP);
            my_p_want(p, MY_K_DEFAULT);
            a = alter_new(p, last, MY_ALTER_DROP_DEFAULT);
        }
        a->name = name;
    } else if (my_p_take(p, MY_K_RENAME)) {
        if (!my_p_take(p, MY_K_TO) && !my_p_take(p, MY_K_AS))
            (void)my_p_take_op(p, '=');
        a = alter_new(p, last, MY_ALTER_RENAME);
        my_p_table_ref(p, &a->db, &a->name);
    } else if (my_p_is(p, MY_K_DISABLE) || my_p_is(p, MY_K_ENABLE)) {
        my_p_next(p);
        my_p_want(p, MY_K_KEYS);
        (void)alter_new(p, last, MY_ALTER_OTHER);
    } else if (my_p_take(p, MY_K_CONVERT)) {
        my_p_want(p, MY_K_TO);
        if (!my_p_take(p, MY_K_CHARSET)) {
            my_p_want(p, MY_K_CHARACTER);
            my_p_want(p, MY_K_SET);
        }
        st->opts.charset = my_p_charset_name(p);
        if (my_p_take(p, MY_K_COLLATE))
            st->opts.collate = my_p_charset_name(p);
        (void)alter_new(p, last, MY_ALTER_OPTIONS);
    } else if (my_p_take(p, MY_K_ORDER)) {
        my_p_want(p, MY_K_BY);
        (void)my_p_order_list(p);
        (void)alter_new(p, last, MY_ALTER_OTHER);
    } else if (my_p_take(p, MY_K_FORCE)) {
        (void)alter_new(p, last, MY_ALTER_OTHER);
    } else if (my_p_is(p, MY_K_DISCARD) || my_p_is(p, MY_K_IMPORT)) {
        my_p_next(p);
        my_p_want(p, MY_K_TABLESPACE);
        (void)alter_new(p, last, MY_ALTER_OTHER);
    } else if (p->tok.kind == MY_TOK_WORD && my_p_table_option(p, &st->opts)) {
        (void)alter_new(p, last, MY_ALTER_OPTIONS);
    } else {
        my_p_fail(p);
    }
}

static void alter(struct my_parse *p, struct my_stmt *st)
{
    my_p_next(p);
    st->ignore = my_p_take(p, MY_K_IGNORE);
    if (my_p_take(p, MY_K_TABLE)) {
        st->com = MY_Q_ALTER_TABLE;
        my_p_table_ref(p, &st->db, &st->name);
        struct my_alter **last = &st->alters;
        if (p->tok.kind == MY_TOK_END || my_p_is_op(p, ';'))
            return;
        if (my_p_is(p, MY_K_PARTITION)) {
            my_p_partition_by(p);
            return;
        }
        do
            alter_item(p, st, &last);
        while (my_p_ok(p) && (my_p_take_op(p, ',') || (p->tok.kind == MY_TOK_WORD && my_p_table_option(p, &st->opts))));
        return;
    }
    if (my_p_is(p, MY_K_DATABASE) || my_p_is(p, MY_K_SCHEMA)) {
        my_p_next(p);
        st->com = MY_Q_ALTER_DB;
        if (my_p_is_ident(p) && !my_p_is(p, MY_K_CHARSET))
            st->name = my_p_ident(p);
        if (!my_p_is(p, MY_K_DEFAULT) && !my_p_is(p, MY_K_CHARACTER) && !my_p_is(p, MY_K_CHARSET) && !my_p_is(p, MY_K_COLLATE))
            my_p_fail(p);
        my_p_db_options(p, st);
        return;
    }
    if (my_p_is(p, MY_K_USER) && (p->env->version >= 50600 || p->env->mariadb)) {
        my_p_next(p);
        st->com = MY_Q_ALTER_USER;
        st->if_exists = p->env->version >= 50700 && my_p_if_exists(p);
        struct my_user_spec **last = &st->users;
        do {
            *last = my_p_user(p, p->env->version >= 50700 || p->env->mariadb);
            last = &(*last)->next;
            if (my_p_take(p, MY_K_PASSWORD))
                my_p_want(p, MY_K_EXPIRE);
        } while (my_p_ok(p) && my_p_take_op(p, ','));
        return;
    }
    if (my_p_is(p, MY_K_EVENT)) { /* what it changes is not kept: events do not run */
        my_p_next(p);
        st->com = MY_Q_DROP_EVENT;
        st->word = MY_K_ALTER;
        st->if_exists = p->env->mariadb && my_p_if_exists(p);
        my_p_routine_name(p, st);
        if (p->tok.kind == MY_TOK_END)
            my_p_fail(p);
        while (my_p_ok(p) && p->tok.kind != MY_TOK_END)
            my_p_next(p);
        return;
    }
    if (my_p_is(p, MY_K_VIEW) || my_p_is(p, MY_K_ALGORITHM) || my_p_is(p, MY_K_DEFINER) || my_p_is(p, MY_K_SQL)) {
        my_p_create_view(p, st);
        st->view_only = true; /* it must be there */
        st->or_replace = true;
        return;
    }
    if (my_p_is(p, MY_K_FUNCTION) || my_p_is(p, MY_K_PROCEDURE)) {
        st->com = MY_Q_DROP_ROUTINE;
        st->word = MY_K_ALTER;
        st->is_function = my_p_is(p, MY_K_FUNCTION);
        my_p_next(p);
        my_p_routine_name(p, st);
        if (my_p_take(p, MY_K_COMMENT))
            (void)my_p_string(p, NULL);
        return;
    }
    my_p_fail(p);
}

static void rename_(struct my_parse *p, struct my_stmt *st)
{
    my_p_next(p);
    if (my_p_take(p, MY_K_USER)) {
        st->com = MY_Q_RENAME_USER;
        struct my_user_spec **last = &st->users;
        do {
            *last = my_p_user(p, false);
            last = &(*last)->next;
            my_p_want(p, MY_K_TO);
            *last = my_p_user(p, false);
            last = &(*last)->next;
        } while (my_p_ok(p) && my_p_take_op(p, ','));
        return;
    }
    if (!my_p_take(p, MY_K_TABLES))
        my_p_want(p, MY_K_TABLE);
    st->com = MY_Q_RENAME_TABLE;
    struct my_name **last = &st->names;
    do {
        struct my_name *n = my_p_new(p, sizeof *n);
        my_p_table_ref(p, &n->db, &n->name);
        my_p_want(p, MY_K_TO);
        my_p_table_ref(p, &n->db2, &n->name2);
        *last = n;
        last = &n->next;
    } while (my_p_ok(p) && my_p_take_op(p, ','));
}

bool my_p_ddl(struct my_parse *p, struct my_stmt *st)
{
    switch (p->tok.kw) {
    case MY_K_CREATE:
        my_p_create(p, st);
        return true;
    case MY_K_DROP:
        my_p_drop(p, st);
        return true;
    case MY_K_ALTER:
        alter(p, st);
        return true;
    case MY_K_RENAME:
        rename_(p, st);
        return true;
    default:
        return false;
    }
}

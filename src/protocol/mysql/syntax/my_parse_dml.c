/* INSERT, REPLACE, UPDATE, DELETE, TRUNCATE, LOAD DATA, DO, CALL, HANDLER. */
#include <string.h>

#include "protocol/mysql/syntax/my_parse.h"
#include "protocol/mysql/world/my_def.h"

static struct my_expr *value_or_default(struct my_parse *p)
{
    if (my_p_is(p, MY_K_DEFAULT)) {
        const struct my_tok *a = my_p_ahead(p);
        if (!(a->kind == MY_TOK_OP && a->op == '(')) {
            my_p_next(p);
            struct my_expr *d = my_p_new(p, sizeof *d);
            d->op = MY_X_DEFAULT;
            return d;
        }
    }
    return my_p_expr(p);
}

struct my_assign *my_p_assigns(struct my_parse *p)
{
    struct my_assign *first = NULL, **last = &first;
    do {
        struct my_assign *a = my_p_new(p, sizeof *a);
        a->kind = MY_SET_COLUMN;
        a->name = my_p_ident(p);
        for (int i = 0; i < 2 && my_p_take_op(p, '.'); i++) {
            a->db = a->table;
            a->table = a->name;
            a->name = my_p_ident(p);
        }
        if (!my_p_take_op(p, MY_OP_ASSIGN))
            my_p_want_op(p, '=');
        a->expr = value_or_default(p);
        *last = a;
        last = &a->next;
    } while (my_p_ok(p) && my_p_take_op(p, ','));
    return first;
}

static void row_values(struct my_parse *p, struct my_row_list *r)
{
    my_p_want_op(p, '(');
    size_t cap = 8;
    r->vals = my_p_new(p, cap * sizeof *r->vals);
    if (my_p_take_op(p, ')'))
        return;
    do {
        if (r->n == cap) {
            struct my_expr **more = my_p_new(p, cap * 2 * sizeof *more);
            memcpy(more, r->vals, cap * sizeof *more);
            r->vals = more;
            cap *= 2;
        }
        r->vals[r->n++] = value_or_default(p);
    } while (my_p_ok(p) && r->n < 8192 && my_p_take_op(p, ','));
    my_p_want_op(p, ')');
}

static void column_list(struct my_parse *p, struct my_stmt *st, bool vars_ok)
{
    st->cols_given = true;
    st->cols = my_p_new(p, 1024 * sizeof *st->cols);
    if (my_p_take_op(p, ')'))
        return;
    do {
        const char *name;
        if (vars_ok && my_p_take_op(p, '@')) {
            size_t n = p->tok.len + 2;
            char *at = my_p_new(p, n);
            at[0] = '@';
            memcpy(at + 1, p->tok.text, p->tok.len);
            name = at;
            my_p_next(p);
        } else {
            name = my_p_ident(p);
            for (int i = 0; i < 2 && my_p_take_op(p, '.'); i++)
                name = my_p_ident(p);
        }
        if (st->n_cols < 1024)
            st->cols[st->n_cols++] = name;
    } while (my_p_ok(p) && my_p_take_op(p, ','));
    my_p_want_op(p, ')');
}

static bool select_begins(struct my_parse *p)
{
    if (my_p_is(p, MY_K_SELECT))
        return true;
    const struct my_tok *a = my_p_ahead(p);
    return my_p_is_op(p, '(') && a->kind == MY_TOK_WORD && a->kw == MY_K_SELECT;
}

static void insert(struct my_parse *p, struct my_stmt *st, bool replace)
{
    my_p_next(p);
    st->com = replace ? MY_Q_REPLACE : MY_Q_INSERT;
    if (my_p_take(p, MY_K_LOW_PRIORITY) || (!replace && my_p_take(p, MY_K_HIGH_PRIORITY)))
        st->low_priority = true;
    else if (my_p_take(p, MY_K_DELAYED))
        st->delayed = true;
    if (!replace)
        st->ignore = my_p_take(p, MY_K_IGNORE);
    (void)my_p_take(p, MY_K_INTO);
    my_p_table_ref(p, &st->db, &st->name);
    if (my_p_take(p, MY_K_SET)) {
        st->assigns = my_p_assigns(p);
        st->text = "set";
    } else {
        if (my_p_is_op(p, '(') && !select_begins(p)) {
            my_p_next(p);
            column_list(p, st, false);
        }
        if (select_begins(p)) {
            st->select = my_p_select(p, false);
        } else if (my_p_is(p, MY_K_VALUES) || my_p_is(p, MY_K_VALUE)) {
            my_p_next(p);
            struct my_row_list **last = &st->rows;
            do {
                *last = my_p_new(p, sizeof **last);
                row_values(p, *last);
                last = &(*last)->next;
            } while (my_p_ok(p) && my_p_take_op(p, ','));
        } else {
            my_p_fail(p);
        }
    }
    if (!replace && my_p_take(p, MY_K_ON)) {
        my_p_want(p, MY_K_DUPLICATE);
        my_p_want(p, MY_K_KEY);
        my_p_want(p, MY_K_UPDATE);
        struct my_assign *dup = my_p_assigns(p);
        st->inner = my_p_new(p, sizeof *st->inner); /* the update part */
        st->inner->assigns = dup;
    }
}

static void update(struct my_parse *p, struct my_stmt *st)
{
    my_p_next(p);
    st->com = MY_Q_UPDATE;
    st->low_priority = my_p_take(p, MY_K_LOW_PRIORITY);
    st->ignore = my_p_take(p, MY_K_IGNORE);
    st->tables = my_p_table_refs(p);
    my_p_want(p, MY_K_SET);
    st->assigns = my_p_assigns(p);
    st->where = my_p_where(p);
    bool multi = st->tables && st->tables->next;
    if (!multi && my_p_take(p, MY_K_ORDER)) {
        my_p_want(p, MY_K_BY);
        st->order = my_p_order_list(p);
    }
    if (!multi && my_p_take(p, MY_K_LIMIT)) {
        if (p->tok.kind != MY_TOK_INT && !(my_p_is_op(p, '?') && p->env->prepared))
            my_p_fail(p);
        st->limit = my_p_simple_expr(p);
    }
}

static void name_list_star(struct my_parse *p, struct my_stmt *st)
{
    struct my_name **last = &st->names;
    do {
        struct my_name *n = my_p_new(p, sizeof *n);
        my_p_table_ref(p, &n->db, &n->name);
        if (my_p_take_op(p, '.'))
            my_p_want_op(p, '*');
        *last = n;
        last = &n->next;
    } while (my_p_ok(p) && my_p_take_op(p, ','));
}

static void delete_(struct my_parse *p, struct my_stmt *st)
{
    my_p_next(p);
    st->com = MY_Q_DELETE;
    while (my_p_is(p, MY_K_LOW_PRIORITY) || my_p_is(p, MY_K_QUICK) || my_p_is(p, MY_K_IGNORE)) {
        st->ignore |= my_p_is(p, MY_K_IGNORE);
        my_p_next(p);
    }
    if (!my_p_is(p, MY_K_FROM)) { /* DELETE t1, t2 FROM … */
        name_list_star(p, st);
        my_p_want(p, MY_K_FROM);
        st->tables = my_p_table_refs(p);
        st->where = my_p_where(p);
        return;
    }
    my_p_next(p);
    struct my_name *n = my_p_new(p, sizeof *n);
    my_p_table_ref(p, &n->db, &n->name);
    bool star = my_p_take_op(p, '.');
    if (star)
        my_p_want_op(p, '*');
    if (star || my_p_is_op(p, ',') || my_p_is(p, MY_K_USING)) { /* DELETE FROM t1 USING … */
        struct my_name **last = &n->next;
        while (my_p_ok(p) && my_p_take_op(p, ',')) {
            struct my_name *more = my_p_new(p, sizeof *more);
            my_p_table_ref(p, &more->db, &more->name);
            if (my_p_take_op(p, '.'))
                my_p_want_op(p, '*');
            *last = more;
            last = &more->next;
        }
        my_p_want(p, MY_K_USING);
        st->names = n;
        st->tables = my_p_table_refs(p);
        st->where = my_p_where(p);
        return;
    }
    st->db = n->db;
    st->name = n->name;
    st->where = my_p_where(p);
    if (my_p_take(p, MY_K_ORDER)) {
        my_p_want(p, MY_K_BY);
        st->order = my_p_order_list(p);
    }
    if (my_p_take(p, MY_K_LIMIT)) {
        if (p->tok.kind != MY_TOK_INT && !(my_p_is_op(p, '?') && p->env->prepared))
            my_p_fail(p);
        st->limit = my_p_simple_expr(p);
    }
}

static void load(struct my_parse *p, struct my_stmt *st)
{
    my_p_next(p);
    st->com = MY_Q_LOAD;
    if (!my_p_take(p, MY_K_DATA)) {
        if (p->env->version < 50500 || !my_p_is(p, MY_K_XML)) {
            if (my_p_take(p, MY_K_INDEX)) { /* LOAD INDEX INTO CACHE */
                st->com = MY_Q_CACHE_INDEX;
                my_p_want(p, MY_K_INTO);
                my_p_want(p, MY_K_CACHE);
                my_p_name_list(p, &st->names);
                return;
            }
            my_p_fail(p);
        }
        my_p_next(p);
    }
    st->low_priority = my_p_take(p, MY_K_LOW_PRIORITY);
    if (!st->low_priority)
        st->concurrent = my_p_take(p, MY_K_CONCURRENT);
    st->local = my_p_take(p, MY_K_LOCAL);
    my_p_want(p, MY_K_INFILE);
    st->text = my_p_string(p, &st->text_len);
    if (my_p_take(p, MY_K_REPLACE))
        st->or_replace = true;
    else
        st->ignore = my_p_take(p, MY_K_IGNORE);
    my_p_want(p, MY_K_INTO);
    my_p_want(p, MY_K_TABLE);
    my_p_table_ref(p, &st->db, &st->name);
    if (my_p_take(p, MY_K_CHARACTER)) {
        my_p_want(p, MY_K_SET);
        st->charset = my_p_charset_name(p);
    } else if (my_p_take(p, MY_K_CHARSET)) {
        st->charset = my_p_charset_name(p);
    }
    my_p_fileopts(p, &st->fopts);
    if (my_p_take(p, MY_K_IGNORE)) {
        if (p->tok.kind != MY_TOK_INT)
            my_p_fail(p);
        st->offset = my_p_literal(p);
        if (!my_p_take(p, MY_K_LINES) && !(p->env->version >= 50500 && my_p_take(p, MY_K_ROWS)))
            my_p_fail(p);
    }
    if (my_p_take_op(p, '('))
        column_list(p, st, true);
    if (my_p_take(p, MY_K_SET))
        st->assigns = my_p_assigns(p);
}

static void do_(struct my_parse *p, struct my_stmt *st)
{
    my_p_next(p);
    st->com = MY_Q_DO;
    st->n_exprs = my_p_expr_list(p, &st->exprs);
}

static void call(struct my_parse *p, struct my_stmt *st)
{
    my_p_next(p);
    st->com = MY_Q_CALL;
    my_p_routine_name(p, st);
    if (my_p_take_op(p, '(')) {
        if (!my_p_is_op(p, ')'))
            st->n_exprs = my_p_expr_list(p, &st->exprs);
        my_p_want_op(p, ')');
    }
}

static void truncate(struct my_parse *p, struct my_stmt *st)
{
    my_p_next(p);
    st->com = MY_Q_TRUNCATE;
    (void)my_p_take(p, MY_K_TABLE);
    my_p_table_ref(p, &st->db, &st->name);
}

static void handler(struct my_parse *p, struct my_stmt *st)
{
    my_p_next(p);
    st->com = MY_Q_HANDLER;
    my_p_table_name(p, &st->db, &st->name);
    if (my_p_take(p, MY_K_OPEN)) {
        st->word = MY_K_OPEN;
        if (!st->db)
            my_p_need_db(p);
        if (my_p_take(p, MY_K_AS) || my_p_is_ident(p))
            st->name2 = my_p_ident(p);
        return;
    }
    if (my_p_take(p, MY_K_CLOSE)) {
        st->word = MY_K_CLOSE;
        return;
    }
    my_p_want(p, MY_K_READ);
    st->word = MY_K_READ;
    if (my_p_is(p, MY_K_FIRST) || my_p_is(p, MY_K_NEXT)) {
        st->text = my_p_is(p, MY_K_FIRST) ? "first" : "next";
        my_p_next(p);
    } else {
        my_p_fail(p);
    }
    st->where = my_p_where(p);
    my_p_limit(p, &st->limit, &st->offset);
}

bool my_p_dml(struct my_parse *p, struct my_stmt *st)
{
    switch (p->tok.kw) {
    case MY_K_INSERT:
    case MY_K_REPLACE:
        insert(p, st, p->tok.kw == MY_K_REPLACE);
        return true;
    case MY_K_UPDATE:
        update(p, st);
        return true;
    case MY_K_DELETE:
        delete_(p, st);
        return true;
    case MY_K_LOAD:
        load(p, st);
        return true;
    case MY_K_DO:
        do_(p, st);
        return true;
    case MY_K_CALL:
        call(p, st);
        return true;
    case MY_K_TRUNCATE:
        truncate(p, st);
        return true;
    case MY_K_HANDLER:
        handler(p, st);
        return true;
    default:
        return false;
    }
}

/* Subselects: as a value, EXISTS, IN, ANY and ALL. */
#include <string.h>

#include "protocol/mysql/expr/my_eval.h"

struct cached {
    bool done;
    struct my_rows rows;
};

static struct my_ctx *ctx_or_empty(struct my_eval *ev)
{
    if (ev->ctx)
        return ev->ctx;
    struct my_ctx *x = arena_new(ev->r->arena, sizeof *x);
    if (x)
        *x = my_ctx_of(ev->r, 0);
    ev->ctx = x;
    return x;
}

/* Resolving changes the tree, so each run of a dependent subselect works on the tree as it was parsed. */
static struct my_expr *copy_expr(struct my_run *r, const struct my_expr *e);
static struct my_order *copy_order(struct my_run *r, const struct my_order *o)
{
    if (!o)
        return NULL;
    struct my_order *n = arena_new(r->arena, sizeof *n);
    if (!n)
        return NULL;
    *n = *o;
    n->expr = copy_expr(r, o->expr);
    n->next = copy_order(r, o->next);
    return n;
}
static struct my_select *copy_select(struct my_run *r, const struct my_select *s);

static struct my_expr *copy_expr(struct my_run *r, const struct my_expr *e)
{
    if (!e)
        return NULL;
    struct my_expr *n = arena_new(r->arena, sizeof *n);
    if (!n || !my_step(r, 1))
        return NULL;
    *n = *e;
    if (e->n_args) {
        n->args = arena_new(r->arena, e->n_args * sizeof *n->args);
        if (!n->args)
            return NULL;
        for (size_t i = 0; i < e->n_args; i++)
            n->args[i] = copy_expr(r, e->args[i]);
    }
    n->order = copy_order(r, e->order);
    n->sub = e->sub ? copy_select(r, e->sub) : NULL;
    n->state = NULL;
    return n;
}

static struct my_tref *copy_trefs(struct my_run *r, const struct my_tref *t)
{
    if (!t)
        return NULL;
    struct my_tref *n = arena_new(r->arena, sizeof *n);
    if (!n)
        return NULL;
    *n = *t;
    n->on = copy_expr(r, t->on);
    n->derived = t->derived ? copy_select(r, t->derived) : NULL;
    n->next = copy_trefs(r, t->next);
    return n;
}

static struct my_select *copy_select(struct my_run *r, const struct my_select *s)
{
    if (!s)
        return NULL;
    struct my_select *n = arena_new(r->arena, sizeof *n);
    if (!n)
        return NULL;
    *n = *s;
    struct my_item **last = &n->items;
    for (const struct my_item *it = s->items; it; it = it->next) {
        *last = arena_new(r->arena, sizeof **last);
        if (!*last)
            return NULL;
        **last = *it;
        (*last)->expr = copy_expr(r, it->expr);
        (*last)->next = NULL;
        last = &(*last)->next;
    }
    n->from = copy_trefs(r, s->from);
    n->where = copy_expr(r, s->where);
    n->having = copy_expr(r, s->having);
    n->group = copy_order(r, s->group);
    n->order = copy_order(r, s->order);
    n->union_order = copy_order(r, s->union_order);
    n->next = copy_select(r, s->next);
    return n;
}

struct my_select *my_select_copy(struct my_run *r, const struct my_select *s)
{
    struct my_select *n = copy_select(r, s);
    if (!n)
        my_fail(r, MY_ER_OUTOFMEMORY, 4096);
    return n;
}

void my_fix_sub(struct my_eval *ev, struct my_expr *e)
{
    struct my_run *r = ev->r;
    struct my_ctx *x = ctx_or_empty(ev);
    struct my_rows cols = {0};
    struct cached *c = arena_new(r->arena, sizeof *c);
    struct my_select *s = my_select_copy(r, e->sub);
    if (!x || !c || !s)
        return;
    e->state = c;
    bool describing = r->describe_only;
    r->describe_only = true;
    my_select_describe(r, s, x, &cols);
    r->describe_only = describing;
    if (!my_ok(r))
        return;
    e->aux2 = e->op == MY_X_QUANT ? e->aux2 : (int)cols.depends;
    c->rows.depends = cols.depends;
    e->has_sub = true;
    size_t want = e->op == MY_X_IN_SUB && e->args[0]->op == MY_X_ROW ? e->args[0]->n_args : 1;
    if (e->op != MY_X_EXISTS && cols.n_cols != want) {
        my_fail(r, MY_ER_OPERAND_COLUMNS, (int)want);
        return;
    }
    if (e->op == MY_X_SUBSELECT) {
        e->m = cols.cols[0].m;
        e->m.is_field = false;
        e->m.flags = 0;
        e->m.maybe_null = true;
        e->m.db = e->m.table = e->m.org_table = e->m.org_name = NULL;
        e->m.coerce = MY_CO_IMPLICIT;
    } else {
        my_fix_int(r->kit, e, 1, e->op != MY_X_EXISTS && (e->args[0]->m.maybe_null || cols.cols[0].m.maybe_null), false);
    }
}

static const struct my_rows *rows_of(struct my_eval *ev, struct my_expr *e, size_t limit)
{
    struct cached *c = e->state;
    if (!c)
        return NULL;
    if (c->done && !c->rows.depends)
        return &c->rows;
    struct my_run *r = ev->r;
    struct my_select *s = my_select_copy(r, e->sub);
    if (!s)
        return NULL;
    bool depends = c->rows.depends;
    r->in_value_sub++;
    my_select_run(r, s, ctx_or_empty(ev), limit, &c->rows);
    r->in_value_sub--;
    c->rows.depends = depends;
    c->done = true;
    return my_ok(r) ? &c->rows : NULL;
}

/* Whether a row of the subselect equals the left side: 1, 0, -1 unknown. */
static int row_equals(struct my_eval *ev, struct my_expr *left, const struct my_rows *rows, size_t i)
{
    int result = 1;
    size_t n = left->op == MY_X_ROW ? left->n_args : 1;
    for (size_t k = 0; k < n; k++) {
        struct my_expr *a = left->op == MY_X_ROW ? left->args[k] : left;
        struct my_val x = my_eval_expr(ev, a);
        const struct my_val *y = &rows->rows[i][k];
        if (x.kind == MY_V_NULL || y->kind == MY_V_NULL)
            result = -1;
        else if (my_compare(ev, &x, &a->m, y, &rows->cols[k].m) != 0)
            return 0;
    }
    return result;
}

static struct my_val in_sub(struct my_eval *ev, struct my_expr *e)
{
    const struct my_rows *rows = rows_of(ev, e, 0);
    bool unknown = false;
    for (size_t i = 0; rows && i < rows->n_rows && my_ok(ev->r); i++) {
        int eq = row_equals(ev, e->args[0], rows, i);
        if (eq == 1)
            return my_int(!e->not_);
        unknown |= eq < 0;
    }
    return unknown ? my_null() : my_int(e->not_);
}

static bool cmp_holds(const char *op, int c)
{
    if (strcmp(op, "=") == 0)
        return c == 0;
    if (strcmp(op, "<>") == 0)
        return c != 0;
    if (strcmp(op, "<") == 0)
        return c < 0;
    if (strcmp(op, ">") == 0)
        return c > 0;
    return strcmp(op, "<=") == 0 ? c <= 0 : c >= 0;
}

static struct my_val quantified(struct my_eval *ev, struct my_expr *e)
{
    const struct my_rows *rows = rows_of(ev, e, 0);
    struct my_val x = my_eval_expr(ev, e->args[0]);
    bool all = e->aux2 != 0, unknown = false;
    for (size_t i = 0; rows && i < rows->n_rows && my_ok(ev->r); i++) {
        const struct my_val *y = &rows->rows[i][0];
        if (x.kind == MY_V_NULL || y->kind == MY_V_NULL) {
            unknown = true;
            continue;
        }
        bool holds = cmp_holds(e->func->name, my_compare(ev, &x, &e->args[0]->m, y, &rows->cols[0].m));
        if (holds != all)
            return my_int(!all);
    }
    return unknown ? my_null() : my_int(all);
}

struct my_val my_eval_sub(struct my_eval *ev, struct my_expr *e)
{
    switch (e->op) {
    case MY_X_EXISTS: {
        const struct my_rows *rows = rows_of(ev, e, 1);
        return my_int(rows && rows->n_rows > 0);
    }
    case MY_X_IN_SUB:
        return in_sub(ev, e);
    case MY_X_QUANT:
        return quantified(ev, e);
    default: {
        const struct my_rows *rows = rows_of(ev, e, 2);
        if (!rows || rows->n_rows == 0)
            return my_null();
        if (rows->n_rows > 1) {
            my_fail(ev->r, MY_ER_SUBQUERY_NO_1_ROW);
            return my_null();
        }
        return rows->rows[0][0];
    }
    }
}

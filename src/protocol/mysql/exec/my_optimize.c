/* Which index the real server would use: it shows in row order and in the status bits of the reply. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/exec/my_sel.h"

static bool is_op(const struct my_expr *e, const char *name)
{
    return e->op == MY_X_FUNC && e->func && strcmp(e->func->name, name) == 0;
}

/* Conjuncts `column op constant` of WHERE for one table: bits of eq and range columns. */
static void collect(const struct my_expr *e, int rel, uint64_t *eq, uint64_t *range)
{
    if (is_op(e, "and")) {
        collect(e->args[0], rel, eq, range);
        collect(e->args[1], rel, eq, range);
        return;
    }
    if (e->op != MY_X_FUNC || e->n_args < 2 || e->not_)
        return;
    const struct my_expr *a = e->args[0], *b = e->args[1];
    if (b->op == MY_X_FIELD && a->op != MY_X_FIELD && e->n_args == 2) {
        const struct my_expr *swap = a;
        a = b;
        b = swap;
    }
    if (a->op != MY_X_FIELD || a->aux != rel || a->depth || a->aux2 >= 64)
        return;
    bool consts = true;
    for (size_t i = 0; i < e->n_args; i++)
        if (e->args[i] != a)
            consts &= !e->args[i]->has_field && !e->args[i]->has_sub;
    if (!consts)
        return;
    /* a text column compared with a number cannot use its index */
    if (my_result_of(a->m.type) == MY_RES_STR && my_result_of(b->m.type) != MY_RES_STR)
        return;
    uint64_t bit = UINT64_C(1) << a->aux2;
    if (is_op(e, "=") || is_op(e, "<=>"))
        *eq |= bit;
    else if (is_op(e, "in") || is_op(e, "<") || is_op(e, ">") || is_op(e, "<=") || is_op(e, ">=") || is_op(e, "between"))
        *range |= bit;
    else if (is_op(e, "like") && b->op == MY_X_LITERAL && b->val.kind == MY_V_STR && b->val.s.n && b->val.s.p[0] != '%' && b->val.s.p[0] != '_')
        *range |= bit;
}

static enum my_access best_access(const struct my_table *t, uint64_t eq, uint64_t range)
{
    enum my_access best = MY_ACC_ALL;
    for (size_t i = 0; i < t->n_keys; i++) {
        const struct my_key *k = &t->keys[i];
        size_t n = 0;
        while (n < k->n_cols && (eq >> k->cols[n] & 1))
            n++;
        if (n == k->n_cols && n && (k->kind == MY_KEY_PRIMARY || k->kind == MY_KEY_UNIQUE))
            return MY_ACC_CONST;
        if (n)
            best = MY_ACC_REF;
        else if (best == MY_ACC_ALL && k->n_cols && (range >> k->cols[0] & 1))
            best = MY_ACC_RANGE;
    }
    return best;
}

bool my_where_uses_index(const struct my_table *t, const struct my_expr *where)
{
    uint64_t eq = 0, range = 0;
    if (where)
        collect(where, 0, &eq, &range);
    return best_access(t, eq, range) != MY_ACC_ALL;
}

/* Columns of one table that the select reads anywhere. */
static void used_cols(const struct my_expr *e, int rel, uint64_t *bits)
{
    if (!e)
        return;
    if (e->op == MY_X_FIELD && e->aux == rel && e->aux2 < 64 && !e->depth)
        *bits |= UINT64_C(1) << e->aux2;
    if (e->op == MY_X_REF)
        used_cols(e->target, rel, bits);
    if (e->has_sub)
        *bits = UINT64_MAX;
    for (size_t i = 0; i < e->n_args; i++)
        used_cols(e->args[i], rel, bits);
}

static uint64_t all_used(const struct my_plan *pl, int rel)
{
    uint64_t bits = 0;
    for (const struct my_item *it = pl->s->items; it; it = it->next)
        used_cols(it->expr, rel, &bits);
    used_cols(pl->s->where, rel, &bits);
    used_cols(pl->s->having, rel, &bits);
    for (const struct my_order *o = pl->s->group; o; o = o->next)
        used_cols(o->expr, rel, &bits);
    for (const struct my_order *o = pl->s->order; o; o = o->next)
        used_cols(o->expr, rel, &bits);
    return bits;
}

struct by_index {
    const struct my_rel *rel;
    const struct my_key *key;
};
static int index_cmp(const void *a, const void *b, void *arg)
{
    const struct by_index *x = arg;
    size_t i = *(const size_t *)a, j = *(const size_t *)b;
    for (size_t n = 0; n < x->key->n_cols; n++) {
        size_t c = x->key->cols[n];
        const struct my_val *p = &x->rel->rows[i][c], *q = &x->rel->rows[j][c];
        int d;
        if (p->kind == MY_V_NULL || q->kind == MY_V_NULL)
            d = (q->kind == MY_V_NULL) - (p->kind == MY_V_NULL);
        else if (p->kind == MY_V_STR)
            d = my_coll_compare(x->rel->cols[c].m.coll, p->s.p, p->s.n, q->s.p, q->s.n);
        else {
            double u = my_val_real(p), v = my_val_real(q);
            d = u < v ? -1 : u > v;
        }
        if (d)
            return d;
    }
    return i < j ? -1 : i > j;
}

static void read_in_index_order(struct my_run *r, struct my_plan *pl, size_t i, const struct my_key *key)
{
    const struct my_rel *rel = pl->x.rels[i];
    size_t *order = arena_new(r->arena, (rel->n_rows + 1) * sizeof *order);
    if (!order)
        return;
    for (size_t k = 0; k < rel->n_rows; k++)
        order[k] = k;
    struct by_index x = {rel, key};
    qsort_r(order, rel->n_rows, sizeof *order, index_cmp, &x);
    pl->order_of[i] = order;
}

static bool const_false(struct my_run *r, struct my_plan *pl, const struct my_expr *e)
{
    if (is_op(e, "and"))
        return const_false(r, pl, e->args[0]) || const_false(r, pl, e->args[1]);
    if (!e->is_const || e->has_field || e->has_sub)
        return false;
    struct my_eval ev = {.r = r, .ctx = &pl->x};
    struct my_val v = my_eval_expr(&ev, (struct my_expr *)(uintptr_t)e);
    return my_ok(r) && my_truth(&v) != 1;
}

void my_optimize(struct my_run *r, struct my_plan *pl)
{
    if (pl->s->where && pl->x.n && !r->describe_only)
        pl->empty = const_false(r, pl, pl->s->where) && pl->x.n > 0;
    for (size_t i = 0; i < pl->x.n && i < 64; i++) {
        const struct my_rel *rel = pl->x.rels[i];
        if (!rel->table)
            continue;
        if (rel->system_const) {
            pl->access[i] = MY_ACC_SYSTEM;
            continue;
        }
        uint64_t eq = 0, range = 0;
        if (pl->s->where)
            collect(pl->s->where, (int)i, &eq, &range);
        pl->access[i] = (uint8_t)best_access(rel->table, eq, range);
        if (pl->access[i] != MY_ACC_ALL)
            continue;
        uint64_t used = all_used(pl, (int)i);
        bool innodb = strcasecmp(rel->table->engine, "InnoDB") == 0;
        for (size_t k = 0; k < rel->table->n_keys && rel->n_rows > 1; k++) {
            const struct my_key *key = &rel->table->keys[k];
            uint64_t covered = 0;
            for (size_t c = 0; c < key->n_cols; c++)
                covered |= key->cols[c] < 64 ? UINT64_C(1) << key->cols[c] : 0;
            if (innodb && key->kind == MY_KEY_PRIMARY)
                covered = UINT64_MAX; /* the table is its primary key */
            if (used && (used & ~covered) == 0 && key->kind != MY_KEY_FULLTEXT) {
                pl->access[i] = MY_ACC_INDEX;
                read_in_index_order(r, pl, i, key);
                break;
            }
        }
    }
}

/* COUNT(*) alone on an engine that knows its row count needs no table. */
static bool counted_away(const struct my_plan *pl)
{
    if (pl->s->where || pl->s->group || pl->x.n != 1 || pl->n_items != 1 || !pl->x.rels[0]->table)
        return false;
    const struct my_expr *e = pl->s->items->expr;
    return e->op == MY_X_AGG && e->aux == 1 && (strcasecmp(pl->x.rels[0]->table->engine, "MyISAM") == 0 || strcasecmp(pl->x.rels[0]->table->engine, "Aria") == 0);
}

void my_access_flags(struct my_run *r, struct my_plan *pl)
{
    if (pl->empty || counted_away(pl) || (pl->limit == 0 && !pl->s->calc_found))
        return;
    for (size_t i = 0; i < pl->x.n && i < 64; i++) {
        const struct my_rel *rel = pl->x.rels[i];
        bool full = rel->table ? pl->access[i] == MY_ACC_ALL || pl->access[i] == MY_ACC_INDEX : rel->info_schema || (rel->derived && (rel->n_rows > 1 || rel->pending));
        if (!full)
            continue;
        r->status |= MY_STATUS_NO_INDEX;
        if (pl->x.outer || r->in_value_sub)
            r->late_status |= MY_STATUS_NO_INDEX;
    }
}

/* SELECT: the result in memory: values to show, then values to order by. */
#include <stdlib.h>
#include <string.h>

#include "protocol/mysql/exec/my_sel.h"
#include "protocol/mysql/expr/my_fn_op.h"
#include "protocol/mysql/exec/my_select.h"
#include "protocol/mysql/expr/my_eval.h"

/* ---- the result in memory: values to show, then values to order by ---- */
struct out_row {
    struct my_val *show, *keys;
    size_t seq;
};

struct out_sink {
    struct my_sink sink;
    struct out_row *rows;
    size_t n, cap, n_order, stop_at;
};

/* A column that is a GROUP BY expression shows the key. */
static struct my_val shown(struct my_eval *ev, const struct my_plan *pl, struct my_expr *e)
{
    size_t k = 0;
    for (const struct my_order *o = pl->s->group; o; o = o->next, k++)
        if (o->expr == e || (o->expr->op == MY_X_REF && o->expr->target == e))
            return pl->keys[k];
    return my_eval_expr(ev, e);
}

static bool out_row(struct my_run *r, struct my_plan *pl, struct my_sink *sink)
{
    struct out_sink *os = (struct out_sink *)(void *)sink;
    struct my_eval ev = {.r = r, .ctx = &pl->x, .clause = "field list"};
    if (pl->s->having) {
        struct my_val v = my_eval_expr(&ev, pl->s->having);
        if (my_truth(&v) != 1)
            return my_ok(r);
    }
    if (os->n == os->cap) {
        size_t cap = os->cap ? os->cap * 2 : 16;
        struct out_row *list = my_run_get(r, cap * sizeof *list);
        if (!list)
            return false;
        if (os->n)
            memcpy(list, os->rows, os->n * sizeof *list);
        os->rows = list;
        os->cap = cap;
    }
    struct out_row *row = &os->rows[os->n];
    row->show = my_run_get(r, pl->n_items * sizeof *row->show);
    row->keys = my_run_get(r, os->n_order * sizeof *row->keys);
    if (!my_ok(r))
        return false;
    size_t i = 0;
    for (struct my_item *it = pl->s->items; it; it = it->next)
        row->show[i++] = pl->keys ? shown(&ev, pl, it->expr) : my_eval_expr(&ev, it->expr);
    i = 0;
    for (struct my_order *o = pl->s->order; o; o = o->next, i++) {
        size_t k = 0;
        row->keys[i] = my_null();
        struct my_item *it = pl->s->items;
        for (; it && it->expr != o->expr && !(o->expr->op == MY_X_REF && o->expr->target == it->expr); it = it->next)
            k++;
        row->keys[i] = it ? row->show[k] : my_eval_expr(&ev, o->expr);
    }
    row->seq = os->n++;
    if (!my_ok(r))
        return false;
    return !(os->stop_at && os->n >= os->stop_at);
}

struct sorter {
    struct my_eval *ev;
    const struct my_order *order;
};

static int cmp_keys(const struct sorter *so, const struct out_row *a, const struct out_row *b)
{
    size_t i = 0;
    for (const struct my_order *o = so->order; o; o = o->next, i++) {
        const struct my_val *x = &a->keys[i], *y = &b->keys[i];
        int c;
        if (x->kind == MY_V_NULL || y->kind == MY_V_NULL)
            c = (y->kind == MY_V_NULL) - (x->kind == MY_V_NULL);
        else
            c = my_compare(so->ev, x, &o->expr->m, y, &o->expr->m);
        if (c)
            return o->desc ? -c : c;
    }
    return a->seq < b->seq ? -1 : a->seq > b->seq;
}

static int by_keys(const void *a, const void *b, void *arg)
{
    return cmp_keys(arg, a, b);
}

static void distinct_rows(struct my_run *r, struct my_plan *pl, struct out_sink *os)
{
    struct my_eval ev = {.r = r, .ctx = &pl->x};
    size_t n_buckets = os->n * 2 + 1, kept = 0;
    size_t *head = my_run_get(r, n_buckets * sizeof *head), *chain = my_run_get(r, (os->n + 1) * sizeof *chain);
    if (!head || !chain)
        return;
    for (size_t i = 0; i < os->n; i++) {
        uint64_t h = 5;
        size_t k = 0;
        for (struct my_item *it = pl->s->items; it; it = it->next, k++)
            h = h * 31 + my_hash_val(it->expr->m.coll, &os->rows[i].show[k]);
        size_t *slot = &head[h % n_buckets], at;
        for (at = *slot; at; at = chain[at]) {
            struct my_item *it = pl->s->items;
            for (k = 0; it && my_same_val(&ev, &os->rows[at - 1].show[k], &os->rows[i].show[k], &it->expr->m); k++)
                it = it->next;
            if (!it || !my_step(r, 1))
                break;
        }
        if (at)
            continue;
        os->rows[kept] = os->rows[i];
        chain[kept + 1] = *slot;
        *slot = ++kept;
    }
    os->n = kept;
}

static void rollup_rows(struct my_run *r, struct my_plan *pl, struct my_group_sink *gs, struct out_sink *os);

static bool group_out(struct my_run *r, struct my_plan *pl, struct my_group *g, struct out_sink *os)
{
    for (size_t i = 0; i < pl->x.n_aggs; i++)
        g->slots[i] = my_agg_end(r, pl->x.aggs[i], &g->states[i]);
    pl->x.slots = g->slots;
    if (pl->x.n)
        memcpy(pl->x.row, g->row, pl->x.n * sizeof *g->row);
    pl->keys = g->keys;
    bool more = my_ok(r) && out_row(r, pl, &os->sink);
    pl->keys = NULL;
    return more;
}

static int group_cmp(struct my_eval *ev, const struct my_plan *pl, const struct my_group *a, const struct my_group *b)
{
    size_t i = 0;
    for (const struct my_order *o = pl->s->group; o; o = o->next, i++) {
        const struct my_val *x = &a->keys[i], *y = &b->keys[i];
        int c = x->kind == MY_V_NULL || y->kind == MY_V_NULL ? (y->kind == MY_V_NULL) - (x->kind == MY_V_NULL) : my_compare(ev, x, &o->expr->m, y, &o->expr->m);
        if (c)
            return o->desc ? -c : c;
    }
    return 0;
}

struct group_sorter {
    struct my_eval *ev;
    const struct my_plan *pl;
};

static int by_group(const void *a, const void *b, void *arg)
{
    struct group_sorter *gs = arg;
    return group_cmp(gs->ev, gs->pl, *(struct my_group *const *)a, *(struct my_group *const *)b);
}

static void run_grouped(struct my_run *r, struct my_plan *pl, struct out_sink *os)
{
    struct my_group_sink gs = {.sink = {.row = my_group_row}, .n_buckets = 4096};
    gs.last = &gs.first;
    gs.buckets = my_run_get(r, gs.n_buckets * sizeof *gs.buckets);
    if (!gs.buckets)
        return;
    my_scan(r, pl, &gs.sink);
    if (!my_ok(r))
        return;
    if (!gs.first && !pl->s->group) { /* aggregates over nothing: one row */
        for (size_t i = 0; i < pl->x.n; i++)
            pl->x.row[i] = my_null_row(r, pl->x.rels[i]);
        gs.first = my_group_new(r, pl, 0);
        gs.n_groups = 1;
    }
    if (!my_ok(r))
        return;
    struct my_group **list = my_run_get(r, (gs.n_groups + 1) * sizeof *list);
    size_t n = 0;
    for (struct my_group *g = gs.first; list && g; g = g->next)
        list[n++] = g;
    struct my_eval ev = {.r = r, .ctx = &pl->x};
    struct group_sorter so = {&ev, pl};
    if (list && n > 1 && pl->s->group && (r->kit->version < 80000 || r->kit->mariadb)) /* GROUP BY orders too */
        qsort_r(list, n, sizeof *list, by_group, &so);
    for (size_t i = 0; list && i < n && my_ok(r); i++)
        (void)group_out(r, pl, list[i], os);
    if (pl->s->rollup && list && n && pl->x.n) /* columns that are no key show the last row */
        gs.last_row = list[n - 1]->row;
    if (pl->s->rollup && list)
        rollup_rows(r, pl, &gs, os);
    pl->x.slots = NULL;
}

/* WITH ROLLUP, one level: the grand total. */
static void rollup_rows(struct my_run *r, struct my_plan *pl, struct my_group_sink *gs, struct out_sink *os)
{
    if (!gs->first)
        return;
    struct my_group *g = my_group_new(r, pl, 0);
    struct my_group_sink one = {.sink = {.row = my_group_row}, .n_buckets = 1};
    if (!g)
        return;
    struct my_order *save = pl->s->group;
    pl->s->group = NULL;
    one.last = &one.first;
    one.buckets = my_run_get(r, sizeof *one.buckets);
    if (one.buckets)
        my_scan(r, pl, &one.sink);
    pl->s->group = save;
    if (one.first)
        one.first->keys = NULL; /* it has none */
    if (one.first && gs->last_row)
        one.first->row = gs->last_row;
    if (one.first && my_ok(r) && group_out(r, pl, one.first, os)) {
        size_t i = 0;
        for (struct my_item *it = pl->s->items; it; it = it->next, i++)
            for (struct my_order *o = save; o; o = o->next)
                if (it->expr == o->expr || (it->expr->op == MY_X_FIELD && o->expr->op == MY_X_FIELD && it->expr->aux == o->expr->aux && it->expr->aux2 == o->expr->aux2))
                    os->rows[os->n - 1].show[i] = my_null();
    }
}

static void order_rows(struct my_run *r, struct my_plan *pl, struct out_sink *os)
{
    if (!pl->s->order || os->n < 2)
        return;
    struct my_eval ev = {.r = r, .ctx = &pl->x};
    struct sorter so = {&ev, pl->s->order};
    if (my_step(r, os->n * 8))
        qsort_r(os->rows, os->n, sizeof *os->rows, by_keys, &so);
}

/* GROUP BY what an index of the only table has in front, or of no table that has to be read. */
static bool in_index_order(const struct my_plan *pl)
{
    const struct my_rel *rel = pl->x.n == 1 ? pl->x.rels[0] : NULL;
    const struct my_expr *e = pl->s->group->expr;
    bool all_const = true;
    for (size_t i = 0; i < pl->x.n; i++)
        all_const &= pl->x.rels[i]->system_const;
    if (all_const)
        return true;
    for (size_t k = 0; rel && rel->table && !pl->s->group->next && e->op == MY_X_FIELD && k < rel->table->n_keys; k++)
        if (rel->table->keys[k].n_cols && rel->table->keys[k].cols[0] == (size_t)e->aux2)
            return true;
    return false;
}

/* A join is sorted as a whole when the order is not of the table read first. */
static bool sorts_all(const struct my_plan *pl)
{
    for (const struct my_order *o = pl->s->order; o; o = o->next) {
        const struct my_expr *e = o->expr;
        while (e->op == MY_X_REF)
            e = e->target;
        if (e->op == MY_X_LITERAL)
            continue;
        if (e->op != MY_X_FIELD || e->aux != 0)
            return true;
    }
    return false;
}

/* Whether rows pass through a temporary table on their way, which makes fields of the columns. */
static bool through_temp(const struct my_run *r, const struct my_plan *pl)
{
    const struct my_select *s = pl->s;
    if (pl->empty)
        return false;
    if (r->kit->mariadb && s->group && !s->rollup && !in_index_order(pl))
        return true;
    if (r->kit->mariadb && s->order && !pl->grouped && pl->x.n > 1 && sorts_all(pl))
        return true;
    for (size_t i = 0; i < pl->x.n; i++)
        if (pl->x.rels[i]->info_schema && (s->group || s->distinct || s->order))
            return true;
    return s->distinct && pl->x.n > 0 && !pl->grouped;
}

static void columns_of(struct my_run *r, struct my_plan *pl, struct my_rows *ret)
{
    ret->cols = my_run_get(r, pl->n_items * sizeof *ret->cols);
    if (!ret->cols)
        return;
    bool temp = through_temp(r, pl);
    for (struct my_item *it = pl->s->items; it; it = it->next) {
        struct my_result_col *c = &ret->cols[ret->n_cols++];
        struct my_expr *e = it->expr;
        while (e->op == MY_X_REF)
            e = e->target;
        c->name = my_item_name(r, it);
        c->m = e->m;
        enum my_result res = my_result_of(e->m.type);
        if (r->kit->mariadb && pl->s->in_union && (res == MY_RES_INT || res == MY_RES_DEC) && !e->m.is_field) {
            c->m.expr_len = e->m.len; /* as a text it is as long as it was */
            c->m.len = my_length_of(my_precision(e), e->m.dec, e->m.unsigned_);
        }
        if (temp) {
            my_as_temp_field(r, &c->m);
            bool nullable = c->m.maybe_null, part = false;
            for (struct my_order *o = pl->s->group; o; o = o->next)
                part |= o->expr == e || (o->expr->op == MY_X_REF && o->expr->target == e) || (o->expr->op == MY_X_FIELD && e->op == MY_X_FIELD && o->expr->aux2 == e->aux2 && o->expr->aux == e->aux);
            if (pl->s->distinct && !pl->s->group && pl->x.n == 1 && !pl->semi_join)
                part = true;
            if (nullable && part)
                c->m.flags |= MY_F_GROUP;
        }
    }
}

static void plan_init(struct my_run *r, struct my_plan *pl, struct my_select *s, struct my_ctx *outer)
{
    *pl = (struct my_plan){.s = s};
    if (!my_open_tables(r, pl))
        return;
    pl->x.outer = outer;
    pl->x.select = s;
    if (!my_resolve(r, pl))
        return;
    pl->order_of = my_run_get(r, (pl->x.n + 1) * sizeof *pl->order_of);
    pl->right_seen = my_run_get(r, (pl->x.n + 1) * sizeof *pl->right_seen);
    for (size_t i = 0; pl->right_seen && i < pl->x.n; i++)
        if (pl->x.rels[i]->ref && pl->x.rels[i]->ref->join == MY_JOIN_RIGHT)
            pl->right_seen[i] = my_run_get(r, pl->x.rels[i]->n_rows + 1);
    if (my_ok(r))
        my_optimize(r, pl);
    if (my_ok(r) && !s->plan) { /* for EXPLAIN */
        struct my_plan *keep = my_run_get(r, sizeof *keep);
        if (keep)
            *keep = *pl;
        s->plan = keep;
    }
}

void my_run_block(struct my_run *r, struct my_select *s, struct my_ctx *outer, size_t limit, bool rows, struct my_rows *ret)
{
    struct my_plan pl;
    bool right = false;
    for (const struct my_tref *t = s->from; t; t = t->next)
        right |= t->join == MY_JOIN_RIGHT;
    r->deferring = ret->ready && rows && !right;
    plan_init(r, &pl, s, outer);
    r->deferring = false;
    if (!my_ok(r))
        return;
    ret->depends = pl.x.used_outer;
    columns_of(r, &pl, ret);
    if (!rows && my_ok(r) && r->sub_flags)
        my_access_flags(r, &pl);
    if (!rows || !my_ok(r))
        return;
    if (ret->ready) { /* MariaDB: evaluation begins behind the column definitions */
        my_access_flags(r, &pl);
        ret->ready(r, ret);
        my_rels_fill(r, &pl.x);
    }
    struct out_sink os = {.sink = {.row = out_row}};
    for (struct my_order *o = s->order; o; o = o->next)
        os.n_order++;
    bool plain = !pl.grouped && !s->order && !s->distinct && !s->calc_found;
    uint64_t end = pl.limit > UINT64_MAX - pl.offset ? UINT64_MAX : pl.limit + pl.offset;
    if (plain && limit && limit < end)
        end = limit;
    if (plain && end < (1u << 30))
        os.stop_at = (size_t)end;
    if (pl.limit > 0 || s->calc_found) {
        if (pl.grouped)
            run_grouped(r, &pl, &os);
        else
            my_scan(r, &pl, &os.sink);
    }
    if (!ret->ready)
        my_access_flags(r, &pl);
    if (s->distinct && my_ok(r))
        distinct_rows(r, &pl, &os);
    if (my_ok(r))
        order_rows(r, &pl, &os);
    ret->found = os.n;
    for (size_t i = (size_t)(pl.offset < os.n ? pl.offset : os.n); i < os.n && ret->n_rows < pl.limit && my_ok(r); i++)
        if (!my_rows_add(r, ret, os.rows[i].show))
            return;
    if (!s->calc_found)
        ret->found = ret->n_rows;
}

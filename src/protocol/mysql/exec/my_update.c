/* UPDATE and DELETE of one table. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "protocol/mysql/exec/my_dml.h"
#include "protocol/mysql/exec/my_files.h"
#include "protocol/mysql/exec/my_routine.h"
#include "protocol/mysql/exec/my_sel.h"
#include "protocol/mysql/exec/my_store.h"

uint64_t my_limit_of(struct my_run *r, struct my_expr *e)
{
    if (!e)
        return UINT64_MAX;
    struct my_val v = my_eval_const(r, e);
    return v.kind == MY_V_NULL ? 0 : (uint64_t)my_val_i64(&v, NULL);
}

struct order_env {
    struct my_eval *ev;
    const struct my_order *order;
};

static int by_order(const void *a, const void *b, void *arg)
{
    const struct my_hit *x = a, *y = b;
    const struct order_env *env = arg;
    size_t i = 0;
    for (const struct my_order *o = env->order; o; o = o->next, i++) {
        const struct my_val *p = x->keys[i], *q = y->keys[i];
        int c = p->kind == MY_V_NULL || q->kind == MY_V_NULL ? (q->kind == MY_V_NULL) - (p->kind == MY_V_NULL)
                                                              : my_compare(env->ev, p, &o->expr->m, q, &o->expr->m);
        if (c)
            return o->desc ? -c : c;
    }
    return x->at < y->at ? -1 : x->at > y->at;
}

static bool sort_hits(struct my_dml *d, struct my_eval *ev, const struct my_order *order, struct my_hit *hits, size_t n)
{
    size_t n_keys = 0;
    for (const struct my_order *o = order; o; o = o->next)
        n_keys++;
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        hits[i].keys = my_dml_get(d->r, n_keys * sizeof *hits[i].keys);
        d->x.row[0] = hits[i].vals;
        for (const struct my_order *o = order; o && my_ok(d->r); o = o->next, k++) {
            hits[i].keys[k] = my_dml_get(d->r, sizeof **hits[i].keys);
            if (hits[i].keys[k])
                *hits[i].keys[k] = my_eval_expr(ev, o->expr);
        }
        if (!my_ok(d->r))
            return false;
    }
    struct order_env env = {ev, order};
    qsort_r(hits, n, sizeof *hits, by_order, &env);
    return my_ok(d->r);
}

/* The rows that WHERE, ORDER BY and LIMIT name, in that order. */
static bool find_hits(struct my_dml *d, struct my_expr *where, struct my_order *order, struct my_expr *limit, struct my_hit **ret, size_t *ret_n)
{
    struct my_run *r = d->r;
    struct my_eval ev = {.r = r, .ctx = &d->x, .clause = "where clause"};
    struct my_hit *hits = my_dml_get(r, (d->t->n_rows + 1) * sizeof *hits);
    size_t n = 0;
    uint64_t max = my_limit_of(r, limit);
    if (where)
        my_fix(&ev, where);
    ev.clause = "order clause";
    for (struct my_order *o = order; o && my_ok(r); o = o->next)
        my_fix(&ev, o->expr);
    if (!my_ok(r) || !my_step(r, d->t->n_rows))
        return false;
    for (size_t i = 0; i < d->t->n_rows && (order || n < max); i++) {
        struct my_val *vals = my_row_vals(r, d->t, d->t->rows[i]);
        if (!vals)
            return false;
        d->x.row[0] = vals;
        if (where) {
            struct my_val v = my_eval_expr(&ev, where);
            if (!my_ok(r))
                return false;
            if (my_truth(&v) != 1)
                continue;
        }
        hits[n++] = (struct my_hit){.at = i, .vals = vals};
    }
    if (order && !sort_hits(d, &ev, order, hits, n))
        return false;
    *ret = hits;
    *ret_n = n < max ? n : (size_t)max;
    return true;
}

static bool free_column(struct my_dml *d, const struct my_assign *a)
{
    int col = my_table_col(d->t, a->name);
    return col < 0 || a->expr->op == MY_X_DEFAULT || my_generated_free(d, (size_t)col);
}

static bool update_hits(struct my_dml *d, const struct my_stmt *st, const struct my_hit *hits, size_t n)
{
    struct my_eval ev = {.r = d->r, .ctx = &d->x, .clause = "field list"};
    for (const struct my_assign *a = st->assigns; a && n == 0 && my_ok(d->r); a = a->next) { /* names count without rows too */
        if (my_table_col(d->t, a->name) < 0)
            my_fail(d->r, MY_ER_BAD_FIELD, a->name, "field list");
        else if (a->expr->op != MY_X_DEFAULT)
            my_fix(&ev, a->expr);
    }
    if (!my_ok(d->r))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct my_cell *cells = my_row_copy(d->r, d->t, d->t->rows[hits[i].at]);
        if (!cells)
            return false;
        d->x.row[0] = hits[i].vals;
        for (const struct my_assign *a = st->assigns; a; a = a->next)
            if (!free_column(d, a) || !my_assign(d, &d->x, 0, a, cells, hits[i].vals))
                return false;
        d->matched++;
        d->st.row++;
        struct my_row *before = d->t->rows[hits[i].at];
        if (!my_fire(d, true, MY_Q_UPDATE, cells, before) || !my_check_row(d, cells))
            return false;
        if (my_same_cells(d->t, d->t->rows[hits[i].at], cells))
            continue;
        for (size_t c = 0; c < d->t->n_cols; c++)
            if (d->t->cols[c].on_update_now && hits[i].at < d->t->n_rows && !st->assigns->next && strcasecmp(st->assigns->name, d->t->cols[c].name) != 0) {
                struct my_column now = d->t->cols[c];
                now.default_now = true;
                if (!my_store_default(&d->st, &now, true, &cells[c]))
                    return false;
            }
        const struct my_key *key = NULL;
        if (my_find_duplicate(d, cells, hits[i].at, &key) != SIZE_MAX) {
            if (!d->ignore || (d->r->kit->version >= 50700 && !d->r->kit->mariadb))
                my_duplicate_error(d, cells, key);
            if (!my_ok(d->r))
                return false;
            continue;
        }
        if (!my_replace_row(d, hits[i].at, cells) || !my_fire(d, false, MY_Q_UPDATE, cells, before))
            return false;
        d->changed++;
    }
    return true;
}

static int by_at_down(const void *a, const void *b)
{
    const struct my_hit *x = a, *y = b;
    return x->at < y->at ? 1 : x->at > y->at ? -1 : 0;
}

bool my_delete_hits(struct my_dml *d, struct my_hit *hits, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!my_give_back(d, d->t->rows[hits[i].at]))
            return false;
    qsort(hits, n, sizeof *hits, by_at_down);
    for (size_t i = 0; i < n; i++) {
        if (i && hits[i].at == hits[i - 1].at)
            continue;
        if (!my_keep_until_end(d, d->t->rows[hits[i].at]))
            return false;
        struct my_row *row = d->t->rows[hits[i].at];
        if (!my_fire(d, true, MY_Q_DELETE, NULL, row))
            return false;
        my_dml_note(d, hits[i].at, d->t->rows[hits[i].at], NULL);
        my_table_remove(d->r->w, d->t, hits[i].at);
        d->changed++;
        if (!my_fire(d, false, MY_Q_DELETE, NULL, row)) /* kept until the end */
            return false;
    }
    return true;
}

void my_update_info(struct my_run *r, const struct my_dml *d)
{
    r->affected = r->ses->caps & MY_CAP_FOUND_ROWS ? d->matched : d->changed;
    (void)snprintf(r->info, sizeof r->info, "Rows matched: %" PRIu64 "  Changed: %" PRIu64 "  Warnings: %u", d->matched, d->changed, r->c->total_conds);
}

void my_exec_update(struct my_run *r, struct my_stmt *st)
{
    struct my_dml d;
    struct my_hit *hits = NULL;
    size_t n = 0;
    r->clause = "SET";
    if (!my_dml_open(&d, r, st->tables->db, st->tables->name, st->ignore)) {
        r->clause = NULL;
        return;
    }
    const char *shown = st->tables->alias ? st->tables->alias : st->tables->name;
    for (const struct my_assign *a = st->assigns; a && my_ok(r); a = a->next)
        if (a->table && strcasecmp(a->table, shown) != 0) {
            char name[400];
            (void)snprintf(name, sizeof name, "%.190s.%.190s", a->table, a->name);
            my_fail(r, MY_ER_BAD_FIELD, name, "field list");
        }
    if (my_ok(r) && my_target_is_free(&d, st->where, st->assigns) && my_ctx_of_table(&d)) {
        if (st->tables->alias)
            d.rel->alias = st->tables->alias;
        if (find_hits(&d, st->where, st->order, st->limit, &hits, &n) && update_hits(&d, st, hits, n)) {
            my_update_info(r, &d);
            if (!my_where_uses_index(d.t, st->where))
                r->status |= MY_STATUS_NO_INDEX;
        }
        my_changed_something(&d);
    }
    r->clause = NULL;
    my_dml_done(&d);
}

void my_exec_delete(struct my_run *r, struct my_stmt *st)
{
    struct my_dml d;
    struct my_hit *hits = NULL;
    size_t n = 0;
    if (!my_dml_open(&d, r, st->db, st->name, st->ignore))
        return;
    if (st->returning && !my_returning_begin(&d, st->returning)) {
        my_dml_done(&d);
        return;
    }
    if (my_target_is_free(&d, st->where, NULL) && my_ctx_of_table(&d) && find_hits(&d, st->where, st->order, st->limit, &hits, &n) && my_delete_hits(&d, hits, n)) {
        r->affected = d.changed;
        if (((st->where && !st->where->is_const) || st->order || st->limit) && !my_where_uses_index(d.t, st->where))
            r->status |= MY_STATUS_NO_INDEX;
        my_changed_something(&d);
        if (st->returning)
            my_returning_send(&d);
    }
    my_dml_done(&d);
}

void my_exec_truncate(struct my_run *r, struct my_stmt *st)
{
    struct my_dml d;
    if (!my_dml_open(&d, r, st->db, st->name, false))
        return;
    my_table_clear(r->w, d.t);
    if (d.t->auto_col >= 0)
        d.t->auto_inc = 1;
    my_dml_done(&d);
}

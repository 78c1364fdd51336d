/* UNION. */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "protocol/mysql/exec/my_sel.h"
#include "protocol/mysql/exec/my_select.h"
#include "protocol/mysql/expr/my_eval.h"

/* ---- unions ---- */
static void union_columns(struct my_run *r, struct my_rows *into, const struct my_rows *more)
{
    struct my_eval ev = {.r = r};
    for (size_t i = 0; i < into->n_cols; i++) {
        struct my_meta *m = &into->cols[i].m;
        if (m->type == MY_T_NULL) {
            const char *keep = into->cols[i].name;
            *m = more->cols[i].m;
            m->maybe_null = true;
            into->cols[i].name = keep;
        } else if (more->cols[i].m.type == MY_T_NULL) {
            m->maybe_null = true;
        } else {
            my_unify(&ev, m, &more->cols[i].m);
        }
    }
}

static struct my_val union_val(struct my_run *r, struct my_val v, const struct my_meta *from, const struct my_meta *to)
{
    if (v.kind == MY_V_NULL)
        return v;
    switch (my_result_of(to->type)) {
    case MY_RES_INT:
        return v.kind == MY_V_INT || v.kind == MY_V_UINT ? v : my_int(my_val_i64(&v, NULL));
    case MY_RES_DEC:
        return my_decimal(my_dec_round(my_val_dec(&v), to->dec > 30 ? 30 : to->dec, false));
    case MY_RES_REAL:
        return my_real(my_val_real(&v));
    default:
        return my_val_text(r->arena, &v, from);
    }
}

/* Columns of a union are fields of a temporary table: names and lengths as such. */
static void union_fields(struct my_run *r, struct my_rows *ret)
{
    for (size_t i = 0; i < ret->n_cols; i++) {
        struct my_meta *m = &ret->cols[i].m;
        bool was_int = my_result_of(m->type) == MY_RES_INT && !m->is_field;
        m->is_field = false;
        m->flags = 0;
        my_as_temp_field(r, m);
        if (was_int && m->len < 20 && !r->kit->mariadb)
            m->len = 20;
        m->db = "";
        m->table = "";
        m->org_table = "";
        m->org_name = ret->cols[i].name;
    }
}

static void union_distinct(struct my_run *r, struct my_rows *rows)
{
    struct my_eval ev = {.r = r};
    size_t kept = 0, n_buckets = rows->n_rows * 2 + 1;
    size_t *head = my_run_get(r, n_buckets * sizeof *head), *chain = my_run_get(r, (rows->n_rows + 1) * sizeof *chain);
    if (!head || !chain)
        return;
    for (size_t i = 0; i < rows->n_rows; i++) {
        uint64_t h = 5;
        for (size_t k = 0; k < rows->n_cols; k++)
            h = h * 31 + my_hash_val(rows->cols[k].m.coll, &rows->rows[i][k]);
        size_t *slot = &head[h % n_buckets], at;
        for (at = *slot; at; at = chain[at]) {
            size_t k = 0;
            while (k < rows->n_cols && my_same_val(&ev, &rows->rows[at - 1][k], &rows->rows[i][k], &rows->cols[k].m))
                k++;
            if (k == rows->n_cols || !my_step(r, 1))
                break;
        }
        if (at)
            continue;
        rows->rows[kept] = rows->rows[i];
        chain[kept + 1] = *slot;
        *slot = ++kept;
    }
    rows->n_rows = kept;
}

struct union_sort {
    struct my_eval *ev;
    const struct my_rows *rows;
    int cols[16];
    bool desc[16];
    size_t n;
};

static int by_union(const void *a, const void *b, void *arg)
{
    const struct union_sort *u = arg;
    struct my_val *const *x = a, *const *y = b;
    for (size_t i = 0; i < u->n; i++) {
        const struct my_val *p = &(*x)[u->cols[i]], *q = &(*y)[u->cols[i]];
        const struct my_meta *m = &u->rows->cols[u->cols[i]].m;
        int c = p->kind == MY_V_NULL || q->kind == MY_V_NULL ? (q->kind == MY_V_NULL) - (p->kind == MY_V_NULL) : my_compare(u->ev, p, m, q, m);
        if (c)
            return u->desc[i] ? -c : c;
    }
    return 0;
}

static void union_tail(struct my_run *r, struct my_select *s, struct my_rows *ret)
{
    struct my_eval ev = {.r = r};
    struct union_sort u = {.ev = &ev, .rows = ret};
    for (struct my_order *o = s->union_order; o && u.n < 16; o = o->next) {
        int col = -1;
        if (o->position)
            col = o->position > 0 && (size_t)o->position <= ret->n_cols ? o->position - 1 : -1;
        else if (o->expr->op == MY_X_NAME)
            for (size_t i = 0; i < ret->n_cols && col < 0; i++)
                if (strcasecmp(ret->cols[i].name, o->expr->name) == 0)
                    col = (int)i;
        if (col < 0) {
            char text[32];
            (void)snprintf(text, sizeof text, "%d", o->position);
            my_fail(r, MY_ER_BAD_FIELD, o->position ? text : o->expr->name ? o->expr->name : "?", "order clause");
            return;
        }
        u.cols[u.n] = col;
        u.desc[u.n++] = o->desc;
    }
    if (u.n && ret->n_rows > 1)
        qsort_r(ret->rows, ret->n_rows, sizeof *ret->rows, by_union, &u);
    uint64_t limit = UINT64_MAX, offset = 0;
    my_limit_value(r, s->union_limit, &limit);
    my_limit_value(r, s->union_offset, &offset);
    if (offset > ret->n_rows)
        offset = ret->n_rows;
    ret->rows += offset;
    ret->n_rows -= (size_t)offset;
    if (ret->n_rows > limit)
        ret->n_rows = (size_t)limit;
}

static void run_all(struct my_run *r, struct my_select *s, struct my_ctx *outer, size_t limit, bool rows, struct my_rows *ret);

/* The columns of a union are known when all its parts are: a copy of it is resolved first. */
static void union_ready(struct my_run *r, struct my_select *s, struct my_rows *ret)
{
    struct my_rows cols = {0};
    struct my_select *copy = my_select_copy(r, s);
    bool describing = r->describe_only;
    r->describe_only = true;
    if (copy)
        run_all(r, copy, NULL, 0, false, &cols);
    r->describe_only = describing;
    r->status |= MY_STATUS_NO_INDEX;
    if (my_ok(r))
        ret->ready(r, &cols);
    ret->ready = NULL;
}

static void run_all(struct my_run *r, struct my_select *s, struct my_ctx *outer, size_t limit, bool rows, struct my_rows *ret)
{
    *ret = (struct my_rows){.ready = ret->ready};
    if (++r->sub_depth > 64) {
        my_fail(r, MY_ER_STACK_OVERRUN_NEED_MORE, 246240L, 262144L, 16000L);
        return;
    }
    if (s->next && ret->ready)
        union_ready(r, s, ret);
    my_run_block(r, s, outer, s->next ? 0 : limit, rows, ret);
    if (s->next) {
        struct my_rows *parts = my_run_get(r, 1024 * sizeof *parts);
        size_t n = 0, distinct_to = 0;
        if (parts)
            parts[n++] = *ret;
        for (struct my_select *u = s->next; parts && u && my_ok(r) && n < 1024; u = u->next) {
            parts[n] = (struct my_rows){0};
            my_run_block(r, u, outer, 0, rows, &parts[n]);
            if (my_ok(r) && parts[n].n_cols != ret->n_cols) {
                my_fail(r, MY_ER_WRONG_NUMBER_OF_COLUMNS);
                break;
            }
            ret->depends |= parts[n].depends;
            if (!u->union_all)
                distinct_to = n;
            if (my_ok(r))
                union_columns(r, ret, &parts[n]);
            n++;
        }
        if (my_ok(r) && parts) {
            struct my_rows all = {.cols = ret->cols, .n_cols = ret->n_cols, .depends = ret->depends};
            union_fields(r, &all);
            for (size_t i = 0; i < n && my_ok(r); i++) {
                for (size_t k = 0; k < parts[i].n_rows && my_ok(r); k++) {
                    struct my_val *v = my_run_get(r, all.n_cols * sizeof *v);
                    for (size_t c = 0; v && c < all.n_cols; c++)
                        v[c] = union_val(r, parts[i].rows[k][c], i ? &parts[i].cols[c].m : NULL, &all.cols[c].m);
                    if (!v || !my_rows_add(r, &all, v))
                        break;
                }
                if (i == distinct_to && distinct_to > 0)
                    union_distinct(r, &all);
            }
            *ret = all;
            if (rows)
                r->status |= MY_STATUS_NO_INDEX;
            union_tail(r, s, ret);
            ret->found = ret->n_rows;
        }
    }
    r->sub_depth--;
}

void my_select_run(struct my_run *r, struct my_select *s, struct my_ctx *outer, size_t limit, struct my_rows *ret)
{
    ret->ready = NULL;
    run_all(r, s, outer, limit, true, ret);
}

void my_select_run_ready(struct my_run *r, struct my_select *s, void (*ready)(struct my_run *r, const struct my_rows *rows), struct my_rows *ret)
{
    ret->ready = ready;
    run_all(r, s, NULL, 0, true, ret);
}

void my_select_describe(struct my_run *r, struct my_select *s, struct my_ctx *outer, struct my_rows *ret)
{
    ret->ready = NULL;
    run_all(r, s, outer, 0, false, ret);
}

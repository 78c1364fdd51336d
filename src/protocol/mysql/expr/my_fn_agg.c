/* Aggregate functions. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/mysql/exec/my_sel.h"
#include "protocol/mysql/expr/my_fn_op.h"

static void fix_count(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, 21, false, false);
}
static void fix_sum(struct my_eval *ev, struct my_expr *e)
{
    const struct my_meta *a = &e->args[0]->m;
    bool exact = my_result_of(a->type) == MY_RES_INT || my_result_of(a->type) == MY_RES_DEC;
    e->m = (struct my_meta){.coll = ev->r->kit->binary, .coerce = MY_CO_NUMERIC, .maybe_null = true, .dec = exact ? a->dec : MY_DEC_FLOAT};
    if (!exact && my_result_of(a->type) == MY_RES_REAL)
        e->m.dec = a->dec;
    e->m.type = exact ? MY_T_NEWDECIMAL : MY_T_DOUBLE;
    uint32_t digits = a->len - (a->dec ? 1u : 0) - (a->unsigned_ ? 0u : 1u);
    if (e->args[0]->op == MY_X_LITERAL && a->type == MY_T_LONGLONG)
        digits = a->len;
    digits = (digits > 43 ? 43 : digits) + 22;
    e->m.len = exact ? digits + (a->dec ? 1u : 0) + 1 : e->m.dec == MY_DEC_FLOAT ? 23 : 17u + e->m.dec;
}
static void fix_avg(struct my_eval *ev, struct my_expr *e)
{
    const struct my_meta *a = &e->args[0]->m;
    bool exact = my_result_of(a->type) == MY_RES_INT || my_result_of(a->type) == MY_RES_DEC;
    unsigned inc = (unsigned)my_var_u64(ev->r, "div_precision_increment"), dec = a->dec + inc;
    e->m = (struct my_meta){.coll = ev->r->kit->binary, .coerce = MY_CO_NUMERIC, .maybe_null = true};
    e->m.dec = exact ? (uint8_t)(dec > 30 ? 30 : dec) : a->dec >= MY_DEC_FLOAT || my_result_of(a->type) == MY_RES_STR ? MY_DEC_FLOAT : (uint8_t)(dec > 30 ? 30 : dec);
    e->m.type = exact ? MY_T_NEWDECIMAL : MY_T_DOUBLE;
    uint32_t digits = a->len - (a->dec ? 1u : 0) - (a->unsigned_ ? 0u : 1u);
    if (e->args[0]->op == MY_X_LITERAL && a->type == MY_T_LONGLONG)
        digits = a->len;
    e->m.len = exact ? digits + inc + 2 : e->m.dec == MY_DEC_FLOAT ? 23 : 17u + e->m.dec;
}
static void fix_minmax(struct my_eval *ev, struct my_expr *e)
{
    e->m = e->args[0]->m;
    e->m.wide = !e->m.is_field && my_result_of(e->m.type) == MY_RES_INT;
    e->m.is_field = false;
    e->m.flags = 0;
    e->m.db = e->m.table = e->m.org_table = e->m.org_name = NULL;
    e->m.maybe_null = true;
    (void)ev;
}
static void fix_bits(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, 21, false, true);
}
static void fix_std(struct my_eval *ev, struct my_expr *e)
{
    const struct my_meta *a = &e->args[0]->m;
    unsigned inc = (unsigned)my_var_u64(ev->r, "div_precision_increment"), dec = a->dec + inc;
    bool exact = my_result_of(a->type) == MY_RES_INT || my_result_of(a->type) == MY_RES_DEC;
    e->m = (struct my_meta){.type = MY_T_DOUBLE, .coll = ev->r->kit->binary, .coerce = MY_CO_NUMERIC, .maybe_null = true,
                            .dec = exact ? (uint8_t)(dec > 30 ? 30 : dec) : MY_DEC_FLOAT};
    e->m.len = exact ? a->len + inc + (a->dec ? 0 : 1) : 23;
    if (exact && ev->r->kit->mariadb)
        e->m.len = my_length_of(my_precision(e->args[0]) * 2 + inc, e->m.dec, false);
    else if (exact)
        e->m.len = 17u + e->m.dec;
}
static void fix_concat(struct my_eval *ev, struct my_expr *e)
{
    const struct my_coll *c = e->args[0]->m.coll;
    if (my_result_of(e->args[0]->m.type) != MY_RES_STR || !c)
        c = my_conn_coll(ev);
    uint64_t max = my_var_u64(ev->r, "group_concat_max_len");
    my_fix_str(ev, e, c, max / c->maxlen, 0, true);
    e->m.len = max > UINT32_MAX ? UINT32_MAX : (uint32_t)(max / c->maxlen * c->maxlen);
    if (ev->r->kit->mariadb && max > 512) {
        e->m.len = (uint32_t)(max / c->minlen * c->maxlen);
        e->m.type = MY_T_BLOB;
    } else if (e->m.len > 512 * 3)
        e->m.type = e->m.len > 65535 ? MY_T_LONG_BLOB : MY_T_BLOB;
    else
        e->m.type = MY_T_VAR_STRING;
}

static const char *name_of(const struct my_expr *e)
{
    return e->func->name;
}
static bool is(const struct my_expr *e, const char *name)
{
    return strcmp(name_of(e), name) == 0;
}

void my_agg_begin(struct my_run *r, struct my_expr *e, struct my_agg_state *st)
{
    (void)r;
    *st = (struct my_agg_state){.v = my_null()};
    if (is(e, "bit_and"))
        st->bits = UINT64_MAX;
}

static bool seen_before(struct my_eval *ev, struct my_expr *e, struct my_agg_state *st, const struct my_val *vals)
{
    size_t n = e->n_args;
    for (size_t i = 0; i < st->n_seen; i++) {
        size_t k = 0;
        while (k < n) {
            const struct my_val *a = &st->seen[i * n + k], *b = &vals[k];
            bool nulls = a->kind == MY_V_NULL || b->kind == MY_V_NULL;
            if (nulls ? a->kind != b->kind : my_compare(ev, a, &e->args[k]->m, b, &e->args[k]->m) != 0)
                break;
            k++;
        }
        if (k == n)
            return true;
        if (!my_step(ev->r, 1))
            return true;
    }
    if (st->n_seen == st->cap_seen) {
        size_t cap = st->cap_seen ? st->cap_seen * 2 : 8;
        struct my_val *list = arena_new(ev->r->arena, cap * n * sizeof *list);
        if (!list) {
            my_fail(ev->r, MY_ER_OUTOFMEMORY, (int)(cap * sizeof *list));
            return true;
        }
        if (st->n_seen)
            memcpy(list, st->seen, st->n_seen * n * sizeof *list);
        st->seen = list;
        st->cap_seen = cap;
    }
    memcpy(&st->seen[st->n_seen++ * n], vals, n * sizeof *vals);
    return false;
}

static void concat_piece(struct my_run *r, struct my_expr *e, struct my_agg_state *st, const char *p, size_t n)
{
    size_t max = e->m.len, sep = st->n_items ? e->val.s.n : 0;
    if (st->cut)
        return;
    if (st->len + sep + n > max) {
        st->cut = true;
        n = st->len + sep < max ? max - st->len - sep : 0;
        my_warn_text(r, MY_WARNING, 1260, r->kit->version >= 50500 ? "Row 1 was cut by GROUP_CONCAT()" : "1 line(s) were cut by GROUP_CONCAT()");
    }
    size_t need = st->len + sep + n;
    if (need > st->cap) {
        size_t cap = need * 2 + 64;
        char *t = arena_new(r->arena, cap);
        if (!t)
            return;
        if (st->len)
            memcpy(t, st->text, st->len);
        st->text = t;
        st->cap = cap;
    }
    if (sep)
        memcpy(st->text + st->len, e->val.s.p, sep);
    if (n)
        memcpy(st->text + st->len + sep, p, n);
    st->len = need;
    st->n_items++;
}

static void concat_add(struct my_eval *ev, struct my_expr *e, struct my_agg_state *st, struct my_val *vals)
{
    size_t total = 0;
    struct my_val texts[32];
    size_t n = e->n_args < 32 ? e->n_args : 32;
    for (size_t i = 0; i < n; i++) {
        texts[i] = my_arg_text(ev, e, i, vals);
        total += texts[i].s.n;
    }
    char *p = arena_new(ev->r->arena, total + 1);
    if (!p)
        return;
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        if (texts[i].s.n)
            memcpy(p + at, texts[i].s.p, texts[i].s.n);
        at += texts[i].s.n;
    }
    if (!e->order) {
        concat_piece(ev->r, e, st, p, total);
        st->n++;
        return;
    }
    size_t keys = 0;
    for (const struct my_order *o = e->order; o; o = o->next)
        keys++;
    struct my_val *item = arena_new(ev->r->arena, (keys + 1) * sizeof *item);
    if (st->n == st->cap_items) {
        size_t cap = st->cap_items ? st->cap_items * 2 : 16;
        struct my_val **list = arena_new(ev->r->arena, cap * sizeof *list);
        if (!list)
            return;
        if (st->n)
            memcpy(list, st->items, st->n * sizeof *list);
        st->items = list;
        st->cap_items = cap;
    }
    if (!item)
        return;
    item[0] = my_str(p, total);
    size_t k = 1;
    for (const struct my_order *o = e->order; o; o = o->next)
        item[k++] = my_eval_expr(ev, o->expr);
    st->items[st->n++] = item;
}

void my_agg_add(struct my_eval *ev, struct my_expr *e, struct my_agg_state *st)
{
    struct my_val vals[32];
    size_t n = e->n_args < 32 ? e->n_args : 32;
    if (is(e, "count") && e->aux == 1) {
        st->n++;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        vals[i] = my_eval_expr(ev, e->args[i]);
        if (vals[i].kind == MY_V_NULL)
            return;
    }
    if (!my_ok(ev->r) || (e->distinct && seen_before(ev, e, st, vals)))
        return;
    if (is(e, "group_concat")) {
        concat_add(ev, e, st, vals);
        return;
    }
    st->n++;
    if (is(e, "count"))
        return;
    if (is(e, "min") || is(e, "max")) {
        int c = st->v.kind == MY_V_NULL ? 0 : my_compare(ev, &vals[0], &e->args[0]->m, &st->v, &e->args[0]->m);
        if (st->v.kind == MY_V_NULL || (is(e, "min") ? c < 0 : c > 0))
            st->v = vals[0];
        return;
    }
    if (is(e, "bit_and") || is(e, "bit_or") || is(e, "bit_xor")) {
        uint64_t b = (uint64_t)my_val_i64(&vals[0], NULL);
        st->bits = is(e, "bit_and") ? st->bits & b : is(e, "bit_or") ? st->bits | b : st->bits ^ b;
        return;
    }
    if (is(e, "sum") || is(e, "avg")) {
        if (e->m.type == MY_T_NEWDECIMAL)
            st->sum = st->n == 1 ? my_val_dec(&vals[0]) : my_dec_add(st->sum, my_val_dec(&vals[0]));
        else
            st->dsum += my_val_real(&vals[0]);
        return;
    }
    double x = my_val_real(&vals[0]), d = x - st->mean; /* Welford */
    st->mean += d / (double)st->n;
    st->m2 += d * (x - st->mean);
}

struct concat_sort {
    struct my_eval *ev;
    const struct my_order *order;
};
static int by_order(const void *a, const void *b, void *arg)
{
    const struct concat_sort *cs = arg;
    struct my_val *const *x = a, *const *y = b;
    size_t k = 1;
    for (const struct my_order *o = cs->order; o; o = o->next, k++) {
        const struct my_val *p = &(*x)[k], *q = &(*y)[k];
        int c = p->kind == MY_V_NULL || q->kind == MY_V_NULL ? (q->kind == MY_V_NULL) - (p->kind == MY_V_NULL) : my_compare(cs->ev, p, &o->expr->m, q, &o->expr->m);
        if (c)
            return o->desc ? -c : c;
    }
    return 0;
}

struct my_val my_agg_end(struct my_run *r, struct my_expr *e, struct my_agg_state *st)
{
    if (is(e, "count"))
        return my_int((int64_t)st->n);
    if (is(e, "bit_and") || is(e, "bit_or") || is(e, "bit_xor"))
        return my_uint(st->bits);
    if (st->n == 0)
        return my_null();
    if (is(e, "min") || is(e, "max"))
        return st->v;
    if (is(e, "group_concat")) {
        if (e->order) {
            struct my_eval ev = {.r = r};
            struct concat_sort cs = {&ev, e->order};
            qsort_r(st->items, st->n, sizeof *st->items, by_order, &cs);
            for (size_t i = 0; i < st->n; i++)
                concat_piece(r, e, st, st->items[i][0].s.p, st->items[i][0].s.n);
        }
        return my_str(st->text ? st->text : "", st->len);
    }
    if (is(e, "sum"))
        return e->m.type == MY_T_NEWDECIMAL ? my_decimal(my_dec_round(st->sum, e->m.dec, false)) : my_real(st->dsum);
    if (is(e, "avg")) {
        if (e->m.type != MY_T_NEWDECIMAL)
            return my_real(st->dsum / (double)st->n);
        struct my_dec q = my_dec_div(st->sum, my_dec_of_u64(st->n), e->m.dec + 1);
        return my_decimal(my_dec_round(q, e->m.dec, false));
    }
    bool samp = is(e, "stddev_samp") || is(e, "var_samp");
    if (samp && st->n < 2)
        return my_null();
    double var = st->m2 / (double)(samp ? st->n - 1 : st->n);
    return my_real(is(e, "variance") || is(e, "var_samp") ? var : sqrt(var));
}

#define A (MY_FN_WORD | MY_FN_AGG)
const struct my_func my_funcs_agg[] = {
    {"count", 1, MY_ARGS_MANY, A, fix_count, NULL},
    {"sum", 1, 1, A, fix_sum, NULL},
    {"avg", 1, 1, A, fix_avg, NULL},
    {"min", 1, 1, A, fix_minmax, NULL},
    {"max", 1, 1, A, fix_minmax, NULL},
    {"group_concat", 1, MY_ARGS_MANY, A, fix_concat, NULL},
    {"bit_and", 1, 1, A, fix_bits, NULL},
    {"bit_or", 1, 1, A, fix_bits, NULL},
    {"bit_xor", 1, 1, A, fix_bits, NULL},
    {"std", 1, 1, A, fix_std, NULL},
    {"stddev_samp", 1, 1, A, fix_std, NULL},
    {"variance", 1, 1, A, fix_std, NULL},
    {"var_samp", 1, 1, A, fix_std, NULL},
    {0},
};

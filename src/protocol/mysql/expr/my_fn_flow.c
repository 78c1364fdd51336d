/* Control flow: IF, COALESCE, NULLIF, GREATEST. */
#include <regex.h>
#include <string.h>

#include "protocol/mysql/expr/my_eval.h"
#include "protocol/mysql/expr/my_fn_op.h"

/* ---- control flow ---- */
static struct my_meta plain(struct my_meta m)
{
    m.is_field = false;
    m.flags = 0;
    m.db = m.table = m.org_table = m.org_name = NULL;
    return m;
}

static uint32_t digits_of(const struct my_meta *m)
{
    uint32_t cut = m->dec + (m->unsigned_ ? 0u : 1u);
    return m->len > cut ? m->len - cut : 0;
}

/* MariaDB only: lengths of the values from argument number `from` on. */
static void finish_mariadb(struct my_eval *ev, struct my_expr *e, size_t from)
{
    if (ev->r->kit->mariadb)
        my_finish_hybrid(ev, &e->m, e, from, 0);
}

/* Item_func_if and _ifnull: lengths without sign, then one sign. */
static void hybrid_of_two(struct my_eval *ev, struct my_expr *e, struct my_expr *a, struct my_expr *b)
{
    struct my_meta m = a->m;
    if (a->m.type == MY_T_NULL)
        m = b->m;
    else if (b->m.type != MY_T_NULL)
        my_unify(ev, &m, &b->m);
    if (a->m.type == MY_T_NULL && b->m.type == MY_T_NULL) {
        e->m = plain(a->m);
        if (ev->r->kit->mariadb)
            e->m.type = MY_T_STRING;
        return;
    }
    e->m = plain(m);
    enum my_result res = my_result_of(m.type);
    if (a->m.type != MY_T_NULL && b->m.type != MY_T_NULL && (res == MY_RES_INT || res == MY_RES_DEC) && !ev->r->kit->mariadb) {
        uint32_t x = digits_of(&a->m), y = digits_of(&b->m);
        bool uns = a->m.unsigned_ && b->m.unsigned_;
        e->m.unsigned_ = uns;
        e->m.len = (x > y ? x : y) + e->m.dec + (uns ? 0u : 1u);
    }
    if (res == MY_RES_INT)
        e->m.type = MY_T_LONGLONG;
    finish_mariadb(ev, e, (size_t)(a == e->args[1]));
    e->m.maybe_null = a->m.maybe_null || b->m.maybe_null;
}

static struct my_val as_type(struct my_eval *ev, struct my_val v, const struct my_meta *from, const struct my_meta *to)
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
        return my_val_text(ev->r->arena, &v, from);
    }
}

static void fix_if(struct my_eval *ev, struct my_expr *e)
{
    hybrid_of_two(ev, e, e->args[1], e->args[2]);
    e->m.maybe_null = e->args[1]->m.maybe_null || e->args[2]->m.maybe_null || (ev->r->kit->mariadb && e->args[0]->m.maybe_null);
}

static struct my_val ev_if(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)args;
    struct my_val c = my_eval_expr(ev, e->args[0]);
    my_warn_number(ev, &c, "DOUBLE");
    struct my_expr *pick = e->args[my_truth(&c) == 1 ? 1 : 2];
    return as_type(ev, my_eval_expr(ev, pick), &pick->m, &e->m);
}

static void fix_ifnull(struct my_eval *ev, struct my_expr *e)
{
    hybrid_of_two(ev, e, e->args[0], e->args[1]);
    e->m.maybe_null = e->args[1]->m.maybe_null;
}

static void fix_coalesce(struct my_eval *ev, struct my_expr *e)
{
    struct my_meta m = {.type = MY_T_NULL, .coll = ev->r->kit->binary, .maybe_null = true, .coerce = MY_CO_IGNORABLE};
    bool null = true;
    for (size_t i = 0; i < e->n_args; i++) {
        const struct my_meta *a = &e->args[i]->m;
        null &= a->maybe_null;
        if (a->type == MY_T_NULL)
            continue;
        if (m.type == MY_T_NULL)
            m = *a;
        else
            my_unify(ev, &m, a);
    }
    e->m = plain(m);
    if (my_result_of(m.type) == MY_RES_INT)
        e->m.type = MY_T_LONGLONG;
    finish_mariadb(ev, e, 0);
    e->m.maybe_null = ev->r->kit->version >= 50600 || ev->r->kit->mariadb ? null : my_any_maybe_null(e) && null;
}

static struct my_val ev_coalesce(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)args;
    for (size_t i = 0; i < e->n_args && my_ok(ev->r); i++) {
        struct my_val v = my_eval_expr(ev, e->args[i]);
        if (v.kind != MY_V_NULL)
            return as_type(ev, v, &e->args[i]->m, &e->m);
    }
    return my_null();
}

static void fix_nullif(struct my_eval *ev, struct my_expr *e)
{
    e->m = plain(e->args[0]->m);
    e->m.maybe_null = true;
    if (my_result_of(e->m.type) == MY_RES_INT)
        e->m.type = MY_T_LONGLONG;
    (void)ev;
}

static struct my_val ev_nullif(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    if (args[0].kind == MY_V_NULL)
        return args[0];
    if (args[1].kind != MY_V_NULL && my_compare(ev, &args[0], &e->args[0]->m, &args[1], &e->args[1]->m) == 0)
        return my_null();
    return args[0];
}

static void fix_interval(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, 2, false, false);
}

static struct my_val ev_interval(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)ev;
    if (args[0].kind == MY_V_NULL)
        return my_int(-1);
    double x = my_val_real(&args[0]);
    size_t i = 1;
    while (i < e->n_args && (args[i].kind == MY_V_NULL || x >= my_val_real(&args[i])))
        i++;
    return my_int((int64_t)i - 1);
}

/* MariaDB compares as it would in a condition: a date with a text as a date, a text with a number as reals. */
static bool extreme_mariadb(struct my_eval *ev, struct my_expr *e)
{
    bool text = false, number = false, date = false;
    struct my_meta when = {0};
    uint8_t dec = 0;
    for (size_t i = 0; i < e->n_args; i++) {
        const struct my_meta *a = &e->args[i]->m;
        bool t = my_is_temporal(a->type);
        dec = a->type == MY_T_NULL ? dec : a->dec > dec ? a->dec : dec;
        date |= t;
        text |= !t && my_result_of(a->type) == MY_RES_STR;
        number |= my_result_of(a->type) != MY_RES_STR;
        if (t && (!when.type || a->type == MY_T_DATETIME))
            when = *a;
    }
    if (date && text && !number)
        e->m = plain(when);
    else if (text && number)
        my_fix_real(ev, e, dec, false);
    else
        return false;
    e->m.maybe_null = my_any_maybe_null(e);
    return true;
}

static void fix_extreme(struct my_eval *ev, struct my_expr *e)
{
    if (ev->r->kit->mariadb && extreme_mariadb(ev, e))
        return;
    struct my_meta m = e->args[0]->m;
    for (size_t i = 1; i < e->n_args; i++)
        my_unify(ev, &m, &e->args[i]->m);
    e->m = plain(m);
    if (my_result_of(m.type) == MY_RES_INT)
        e->m.type = MY_T_LONGLONG;
    finish_mariadb(ev, e, 0);
    e->m.maybe_null = my_any_maybe_null(e);
}

static struct my_val extreme(struct my_eval *ev, struct my_expr *e, struct my_val *args, int want)
{
    size_t best = 0;
    if (my_result_of(e->m.type) == MY_RES_REAL) {
        for (size_t i = 0; i < e->n_args; i++) {
            my_warn_number(ev, &args[i], "DOUBLE");
            if (want * my_val_real(&args[i]) > want * my_val_real(&args[best]))
                best = i;
        }
        return my_real(my_val_real(&args[best]));
    }
    for (size_t i = 1; i < e->n_args; i++)
        if (my_compare(ev, &args[i], &e->args[i]->m, &args[best], &e->args[best]->m) == want)
            best = i;
    return as_type(ev, args[best], &e->args[best]->m, &e->m);
}

static struct my_val ev_greatest(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    return extreme(ev, e, args, 1);
}

static struct my_val ev_least(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    return extreme(ev, e, args, -1);
}

static struct my_val ev_strcmp(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val a = my_arg_text(ev, e, 0, args), b = my_arg_text(ev, e, 1, args);
    const struct my_coll *c = my_coll_meet(&e->args[0]->m, &e->args[1]->m, NULL);
    return my_ok(ev->r) ? my_int(my_coll_compare(c, a.s.p, a.s.n, b.s.p, b.s.n)) : my_null();
}

static void fix_strcmp(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, 2, my_any_maybe_null(e), false);
}

static void fix_match(struct my_eval *ev, struct my_expr *e)
{
    my_fix_real(ev, e, MY_DEC_FLOAT, false);
}

/* Full-text relevance: how many of the searched words the columns hold (no index weighs them). */
static struct my_val ev_match(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val words = my_arg_text(ev, e, 0, args);
    double score = 0;
    for (size_t i = 1; i < e->n_args && my_ok(ev->r); i++) {
        struct my_val t = my_arg_text(ev, e, i, args);
        if (t.s.n && words.s.n && t.s.n >= words.s.n && memmem(t.s.p, t.s.n, words.s.p, words.s.n))
            score += 1;
    }
    return my_real(score);
}

#define W MY_FN_WORD

const struct my_func my_funcs_flow[] = {
    {"match", 2, MY_ARGS_MANY, W, fix_match, ev_match},
    {"if", 3, 3, W | MY_FN_LAZY | MY_FN_PASS, fix_if, ev_if},
    {"ifnull", 2, 2, MY_FN_LAZY | MY_FN_PASS, fix_ifnull, ev_coalesce},
    {"coalesce", 1, MY_ARGS_MANY, W | MY_FN_LAZY | MY_FN_PASS, fix_coalesce, ev_coalesce},
    {"nullif", 2, 2, MY_FN_NULLS | MY_FN_PASS, fix_nullif, ev_nullif},
    {"interval", 2, MY_ARGS_MANY, W | MY_FN_NULLS, fix_interval, ev_interval},
    {"greatest", 2, MY_ARGS_MANY, MY_FN_PASS, fix_extreme, ev_greatest},
    {"least", 2, MY_ARGS_MANY, MY_FN_PASS, fix_extreme, ev_least},
    {"strcmp", 2, 2, 0, fix_strcmp, ev_strcmp},
    {0},
};

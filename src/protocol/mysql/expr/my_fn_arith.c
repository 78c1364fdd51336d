/* Arithmetic and bits. */
#include <math.h>
#include <regex.h>
#include <stdio.h>

#include "protocol/mysql/expr/my_eval.h"
#include "protocol/mysql/expr/my_fn_op.h"

/* ---- arithmetic ---- */
bool my_is_hybrid(const struct my_expr *e)
{
    return e->op == MY_X_LITERAL && e->aux == 1 && e->val.kind == MY_V_STR;
}

uint32_t my_precision(const struct my_expr *e)
{
    if (e->op == MY_X_LITERAL && (e->val.kind == MY_V_INT || e->val.kind == MY_V_UINT))
        return e->m.len - (e->val.kind == MY_V_INT && e->val.i < 0 && e->m.len > 1);
    if (my_is_hybrid(e)) /* digits of 256^n - 1 */
        return e->val.s.n < 8 ? (uint32_t)(e->val.s.n * 12 / 5 + 1) : 20;
    const struct my_meta *m = &e->m;
    enum my_result res = my_result_of(m->type);
    if (res == MY_RES_INT || res == MY_RES_DEC) {
        uint32_t len = m->expr_len ? m->expr_len : m->len, sign = m->unsigned_ || len == 0 ? 0 : 1, p = len - (m->dec > 0) - sign;
        return len < (uint32_t)(m->dec > 0) + sign ? 0 : p > 65 ? 65 : p;
    }
    return m->len < 65 ? m->len : 65;
}

uint32_t my_length_of(uint32_t prec, uint8_t dec, bool uns)
{
    if (prec > 65)
        prec = 65;
    return prec + (dec > 0) + (uns || !prec ? 0 : 1);
}

/* Result of + - * %: real if one side is text or real, else decimal if one is, else integer. */
static enum my_result num_result(const struct my_expr *e, bool mariadb)
{
    enum my_result res = MY_RES_INT;
    for (size_t i = 0; i < e->n_args; i++) {
        const struct my_expr *a = e->args[i];
        enum my_result x = my_result_of(a->m.type);
        if (a->m.type == MY_T_NULL && !mariadb)
            x = MY_RES_INT;
        if (my_is_temporal(a->m.type))
            x = a->m.dec ? MY_RES_DEC : MY_RES_INT;
        if (a->op == MY_X_LITERAL && a->aux == 1)
            x = MY_RES_INT; /* hexadecimal */
        if (x == MY_RES_REAL || x == MY_RES_STR)
            return MY_RES_REAL;
        if (x == MY_RES_DEC)
            res = MY_RES_DEC;
    }
    return res;
}

void my_fix_real(struct my_eval *ev, struct my_expr *e, uint8_t dec, bool null)
{
    e->m = (struct my_meta){.type = MY_T_DOUBLE, .dec = dec, .coll = ev->r->kit->binary, .coerce = MY_CO_NUMERIC, .maybe_null = null};
    e->m.len = dec == MY_DEC_FLOAT ? 23 : 17u + dec;
}

static uint8_t max_dec(const struct my_expr *e, bool mariadb)
{
    uint8_t d = 0;
    for (size_t i = 0; i < e->n_args; i++) {
        uint8_t x = my_result_of(e->args[i]->m.type) == MY_RES_STR && e->args[i]->m.type != MY_T_NULL && !my_is_temporal(e->args[i]->m.type) ? MY_DEC_FLOAT : e->args[i]->m.dec;
        if (mariadb && my_is_hybrid(e->args[i]))
            x = 0;
        d = x > d ? x : d;
    }
    return d;
}

static void fix_numeric(struct my_eval *ev, struct my_expr *e, uint32_t prec, uint8_t dec, bool null, bool uns)
{
    e->m = (struct my_meta){.coll = ev->r->kit->binary, .coerce = MY_CO_NUMERIC, .maybe_null = null, .unsigned_ = uns, .dec = dec};
    e->m.type = num_result(e, ev->r->kit->mariadb) == MY_RES_INT ? MY_T_LONGLONG : MY_T_NEWDECIMAL;
    e->m.len = my_length_of(prec, dec, uns);
}

static void fix_add(struct my_eval *ev, struct my_expr *e)
{
    enum my_result res = num_result(e, ev->r->kit->mariadb);
    bool null = my_any_maybe_null(e), uns = e->args[0]->m.unsigned_ || e->args[1]->m.unsigned_;
    if (res == MY_RES_REAL) {
        my_fix_real(ev, e, max_dec(e, ev->r->kit->mariadb), null);
        return;
    }
    const struct my_expr *a = e->args[0], *b = e->args[1];
    uint8_t dec = max_dec(e, ev->r->kit->mariadb);
    uint32_t ia = my_precision(a) - a->m.dec, ib = my_precision(b) - b->m.dec;
    if (res == MY_RES_DEC)
        uns = a->m.unsigned_ && b->m.unsigned_;
    fix_numeric(ev, e, (ia > ib ? ia : ib) + 1 + dec, dec, null, uns);
}

static void fix_mul(struct my_eval *ev, struct my_expr *e)
{
    enum my_result res = num_result(e, ev->r->kit->mariadb);
    bool null = my_any_maybe_null(e), uns = e->args[0]->m.unsigned_ || e->args[1]->m.unsigned_;
    if (res == MY_RES_REAL) {
        my_fix_real(ev, e, max_dec(e, ev->r->kit->mariadb), null);
        return;
    }
    unsigned dec = (unsigned)e->args[0]->m.dec + e->args[1]->m.dec;
    if (res == MY_RES_DEC)
        uns = e->args[0]->m.unsigned_ && e->args[1]->m.unsigned_;
    fix_numeric(ev, e, my_precision(e->args[0]) + my_precision(e->args[1]), (uint8_t)(dec > 30 ? 30 : dec), null, uns);
}

static void fix_div(struct my_eval *ev, struct my_expr *e)
{
    enum my_result res = num_result(e, ev->r->kit->mariadb);
    const struct my_expr *a = e->args[0], *b = e->args[1];
    uint64_t inc = my_var_u64(ev->r, "div_precision_increment");
    if (res == MY_RES_REAL) {
        unsigned dec = (unsigned)max_dec(e, ev->r->kit->mariadb);
        dec = dec >= MY_DEC_FLOAT ? MY_DEC_FLOAT : dec + (unsigned)inc > 30 ? 30 : dec + (unsigned)inc;
        my_fix_real(ev, e, (uint8_t)dec, true);
        return;
    }
    unsigned dec = a->m.dec + (unsigned)inc;
    uint32_t prec = my_precision(a) + (uint32_t)inc;
    if (ev->r->kit->version >= 50500)
        prec += b->m.dec;
    e->m = (struct my_meta){.type = MY_T_NEWDECIMAL, .dec = (uint8_t)(dec > 30 ? 30 : dec), .coll = ev->r->kit->binary, .coerce = MY_CO_NUMERIC,
                            .maybe_null = true, .unsigned_ = a->m.unsigned_ && b->m.unsigned_};
    e->m.len = my_length_of(prec, e->m.dec, e->m.unsigned_);
}

static void fix_intdiv(struct my_eval *ev, struct my_expr *e)
{
    const struct my_expr *a = e->args[0];
    if (ev->r->kit->mariadb) { /* digits before the point, without sign */
        uint32_t prec = my_precision(a), whole = a->m.dec < prec ? prec - a->m.dec : 0;
        bool uns = a->m.unsigned_ || e->args[1]->m.unsigned_;
        if (my_result_of(a->m.type) == MY_RES_STR || my_result_of(a->m.type) == MY_RES_REAL)
            whole = a->m.coll ? a->m.len / a->m.coll->maxlen : a->m.len;
        whole = whole ? whole : 1;
        my_fix_int(ev->r->kit, e, whole > 21 ? 21 : whole, true, uns);
        return;
    }
    uint32_t len = e->args[0]->m.len - e->args[0]->m.dec;
    my_fix_int(ev->r->kit, e, len > 21 ? 21 : len, true, e->args[0]->m.unsigned_ || e->args[1]->m.unsigned_);
}

static void fix_mod(struct my_eval *ev, struct my_expr *e)
{
    enum my_result res = num_result(e, ev->r->kit->mariadb);
    const struct my_meta *a = &e->args[0]->m, *b = &e->args[1]->m;
    if (res == MY_RES_REAL) {
        my_fix_real(ev, e, max_dec(e, ev->r->kit->mariadb), true);
        return;
    }
    fix_numeric(ev, e, 1, max_dec(e, ev->r->kit->mariadb), true, a->unsigned_);
    if (ev->r->kit->mariadb) {
        uint32_t x = my_precision(e->args[0]), y = my_precision(e->args[1]);
        e->m.len = my_length_of(x > y ? x : y, e->m.dec, a->unsigned_);
        return;
    }
    e->m.len = a->len > b->len ? a->len : b->len;
}

static void fix_neg(struct my_eval *ev, struct my_expr *e)
{
    enum my_result res = num_result(e, ev->r->kit->mariadb);
    const struct my_expr *a = e->args[0];
    if (res == MY_RES_REAL) {
        my_fix_real(ev, e, max_dec(e, ev->r->kit->mariadb), a->m.maybe_null);
        e->m.len = a->m.type == MY_T_DOUBLE || ev->r->kit->mariadb ? a->m.len + 1 : e->m.len;
        return;
    }
    e->m = (struct my_meta){.type = res == MY_RES_INT ? MY_T_LONGLONG : MY_T_NEWDECIMAL, .dec = a->m.dec, .len = a->m.len + 1,
                            .coll = ev->r->kit->binary, .coerce = MY_CO_NUMERIC, .maybe_null = a->m.maybe_null};
    if (a->is_const && res == MY_RES_INT && a->m.unsigned_ && !a->has_field && !a->has_sub) {
        struct my_val v = my_eval_expr(ev, e->args[0]);
        if (v.kind == MY_V_UINT && v.u > (uint64_t)INT64_MAX + 1)
            e->m.type = MY_T_NEWDECIMAL;
    }
}

/* The operand as the number the operation works in. */
struct my_val my_hexnum(const struct my_expr *e, struct my_val v)
{
    if (e->op != MY_X_LITERAL || e->aux != 1 || v.kind != MY_V_STR)
        return v;
    uint64_t u = 0;
    for (size_t i = v.s.n > 8 ? v.s.n - 8 : 0; i < v.s.n; i++)
        u = u << 8 | (unsigned char)v.s.p[i];
    return my_uint(u);
}

void my_warn_number(struct my_eval *ev, const struct my_val *v, const char *type)
{
    bool bad = false;
    if (v->kind != MY_V_STR)
        return;
    (void)my_text_real(v->s.p, v->s.n, &bad);
    if (bad) {
        char *s = arena_copy(ev->r->arena, v->s.p, v->s.n > 128 ? 128 : v->s.n);
        my_warn(ev->r, MY_WARNING, MY_ER_TRUNCATED_WRONG_VALUE, type, s ? s : "");
    }
}

static struct my_val out_of_range(struct my_eval *ev, struct my_expr *e, bool uns, const char *op)
{
    struct my_run *r = ev->r;
    char text[300];
    if (r->kit->mariadb)
        (void)snprintf(text, sizeof text, "%s", my_expr_print(r, e));
    else
        (void)snprintf(text, sizeof text, "(%s %s %s)", my_expr_print(r, e->args[0]), op, e->n_args > 1 ? my_expr_print(r, e->args[1]) : "");
    my_fail(r, MY_ER_DATA_OUT_OF_RANGE, uns ? "BIGINT UNSIGNED" : "BIGINT", text);
    return my_null();
}

static struct my_val arith(struct my_eval *ev, struct my_expr *e, struct my_val *args, char op)
{
    struct my_val a = my_hexnum(e->args[0], args[0]), b = my_hexnum(e->args[1], args[1]);
    enum my_result res = my_result_of(e->m.type);
    a = my_temporal_number(ev, &a, &e->args[0]->m);
    b = my_temporal_number(ev, &b, &e->args[1]->m);
    if (res == MY_RES_REAL) {
        my_warn_number(ev, &a, "DOUBLE");
        my_warn_number(ev, &b, "DOUBLE");
        double x = my_val_real(&a), y = my_val_real(&b);
        double v = op == '+' ? x + y : op == '-' ? x - y : x * y;
        if (!isfinite(v)) {
            if (ev->r->kit->version >= 50500)
                my_fail(ev->r, MY_ER_DATA_OUT_OF_RANGE, "DOUBLE", my_expr_print(ev->r, e));
            return my_null();
        }
        return my_real(v);
    }
    if (res == MY_RES_DEC) {
        struct my_dec x = my_val_dec(&a), y = my_val_dec(&b);
        struct my_dec v = op == '+' ? my_dec_add(x, y) : op == '-' ? my_dec_sub(x, y) : my_dec_mul(x, y);
        return my_decimal(my_dec_round(v, e->m.dec, false));
    }
    bool ua = false, ub = false;
    int64_t x = my_val_i64(&a, &ua), y = my_val_i64(&b, &ub);
    __int128 wx = ua ? (__int128)(uint64_t)x : x, wy = ub ? (__int128)(uint64_t)y : y;
    __int128 v = op == '+' ? wx + wy : op == '-' ? wx - wy : wx * wy;
    bool uns = e->m.unsigned_;
    if (uns ? v < 0 || v > (__int128)UINT64_MAX : v < INT64_MIN || v > INT64_MAX) {
        char sign[2] = {op, 0};
        if (ev->r->kit->version < 50500)
            return uns ? my_uint((uint64_t)v) : my_int((int64_t)(uint64_t)v);
        return out_of_range(ev, e, uns, sign);
    }
    return uns ? my_uint((uint64_t)v) : my_int((int64_t)v);
}

static struct my_val ev_add(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    return arith(ev, e, args, '+');
}

static struct my_val ev_sub(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    return arith(ev, e, args, '-');
}

static struct my_val ev_mul(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    return arith(ev, e, args, '*');
}

struct my_val my_by_zero(struct my_eval *ev)
{
    if (my_sql_mode(ev->r, "ERROR_FOR_DIVISION_BY_ZERO"))
        my_warn(ev->r, MY_WARNING, MY_ER_DIVISION_BY_ZERO);
    return my_null();
}

static struct my_val ev_div(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val a = my_hexnum(e->args[0], args[0]), b = my_hexnum(e->args[1], args[1]);
    if (my_result_of(e->m.type) == MY_RES_REAL) {
        my_warn_number(ev, &a, "DOUBLE");
        my_warn_number(ev, &b, "DOUBLE");
        double y = my_val_real(&b);
        return y == 0 ? my_by_zero(ev) : my_real(my_val_real(&a) / y);
    }
    struct my_dec x = my_val_dec(&a), y = my_val_dec(&b);
    if (y.unscaled == 0)
        return my_by_zero(ev);
    return my_decimal(my_dec_round(my_dec_div(x, y, e->m.dec + 1), e->m.dec, false));
}

static struct my_val ev_intdiv(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val a = my_hexnum(e->args[0], args[0]), b = my_hexnum(e->args[1], args[1]);
    bool real = my_result_of(e->args[0]->m.type) != MY_RES_INT || my_result_of(e->args[1]->m.type) != MY_RES_INT;
    if (real) {
        struct my_dec x = my_val_dec(&a), y = my_val_dec(&b);
        if (y.unscaled == 0)
            return my_by_zero(ev);
        return my_int(my_dec_i64(my_dec_round(my_dec_div(x, y, 6), 0, true), NULL));
    }
    bool ua = false, ub = false;
    int64_t x = my_val_i64(&a, &ua), y = my_val_i64(&b, &ub);
    if (y == 0)
        return my_by_zero(ev);
    __int128 v = (ua ? (__int128)(uint64_t)x : x) / (ub ? (__int128)(uint64_t)y : y);
    return e->m.unsigned_ ? my_uint((uint64_t)v) : my_int((int64_t)v);
}

static struct my_val ev_mod(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val a = my_hexnum(e->args[0], args[0]), b = my_hexnum(e->args[1], args[1]);
    switch (my_result_of(e->m.type)) {
    case MY_RES_REAL: {
        double y = my_val_real(&b);
        return y == 0 ? my_by_zero(ev) : my_real(fmod(my_val_real(&a), y));
    }
    case MY_RES_DEC: {
        struct my_dec y = my_val_dec(&b);
        return y.unscaled == 0 ? my_by_zero(ev) : my_decimal(my_dec_mod(my_val_dec(&a), y));
    }
    default: {
        bool ua = false, ub = false;
        int64_t x = my_val_i64(&a, &ua), y = my_val_i64(&b, &ub);
        if (y == 0)
            return my_by_zero(ev);
        __int128 v = (ua ? (__int128)(uint64_t)x : x) % (ub ? (__int128)(uint64_t)y : y);
        return e->m.unsigned_ ? my_uint((uint64_t)v) : my_int((int64_t)v);
    }
    }
}

static struct my_val ev_neg(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val a = my_hexnum(e->args[0], args[0]);
    switch (my_result_of(e->m.type)) {
    case MY_RES_REAL:
        my_warn_number(ev, &a, "DOUBLE");
        return my_real(-my_val_real(&a));
    case MY_RES_DEC: {
        struct my_dec d = my_val_dec(&a);
        d.unscaled = -d.unscaled;
        return my_decimal(d);
    }
    default: {
        bool u = false;
        int64_t x = my_val_i64(&a, &u);
        return my_int((int64_t)(0 - (uint64_t)x));
    }
    }
}

static void fix_bits(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, 21, my_any_maybe_null(e), true);
}

static uint64_t bits_of(const struct my_expr *e, const struct my_val *v)
{
    struct my_val n = my_hexnum(e, *v);
    return (uint64_t)my_val_i64(&n, NULL);
}

static struct my_val ev_bitor(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)ev;
    return my_uint(bits_of(e->args[0], &args[0]) | bits_of(e->args[1], &args[1]));
}

static struct my_val ev_bitand(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)ev;
    return my_uint(bits_of(e->args[0], &args[0]) & bits_of(e->args[1], &args[1]));
}

static struct my_val ev_bitxor(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)ev;
    return my_uint(bits_of(e->args[0], &args[0]) ^ bits_of(e->args[1], &args[1]));
}

static struct my_val ev_bitnot(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)ev;
    return my_uint(~bits_of(e->args[0], &args[0]));
}

static struct my_val ev_shl(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)ev;
    uint64_t n = bits_of(e->args[1], &args[1]);
    return my_uint(n < 64 ? bits_of(e->args[0], &args[0]) << n : 0);
}

static struct my_val ev_shr(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)ev;
    uint64_t n = bits_of(e->args[1], &args[1]);
    return my_uint(n < 64 ? bits_of(e->args[0], &args[0]) >> n : 0);
}

#define W MY_FN_WORD

const struct my_func my_funcs_arith[] = {
    {"+", 2, 2, W, fix_add, ev_add},
    {"-", 2, 2, W, fix_add, ev_sub},
    {"*", 2, 2, W, fix_mul, ev_mul},
    {"/", 2, 2, W, fix_div, ev_div},
    {"div", 2, 2, W, fix_intdiv, ev_intdiv},
    {"%", 2, 2, W, fix_mod, ev_mod},
    {"neg", 1, 1, W, fix_neg, ev_neg},
    {"|", 2, 2, W, fix_bits, ev_bitor},
    {"&", 2, 2, W, fix_bits, ev_bitand},
    {"^", 2, 2, W, fix_bits, ev_bitxor},
    {"~", 1, 1, W, fix_bits, ev_bitnot},
    {"<<", 2, 2, W, fix_bits, ev_shl},
    {">>", 2, 2, W, fix_bits, ev_shr},
    {0},
};

/* Numeric functions. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "protocol/mysql/expr/my_eval.h"
#include "protocol/mysql/expr/my_fn_op.h"

static void fix_real(struct my_eval *ev, struct my_expr *e)
{
    e->m = (struct my_meta){.type = MY_T_DOUBLE, .dec = MY_DEC_FLOAT, .len = 23, .coll = ev->r->kit->binary, .coerce = MY_CO_NUMERIC,
                            .maybe_null = my_any_maybe_null(e)};
}
/* Item_dec_func of MariaDB: NULL when the result is no number. */
static void fix_dec_func(struct my_eval *ev, struct my_expr *e)
{
    fix_real(ev, e);
    e->m.maybe_null |= ev->r->kit->mariadb;
}
static void fix_real_null(struct my_eval *ev, struct my_expr *e)
{
    fix_real(ev, e);
    e->m.maybe_null = true;
}

static struct my_val real_or_null(double d)
{
    return isfinite(d) ? my_real(d) : my_null();
}

/* The argument as a number; a text that is none warns. */
static double num(struct my_eval *ev, const struct my_val *v)
{
    my_warn_number(ev, v, "DOUBLE");
    return my_val_real(v);
}

#define REAL1(name, expr)                                                                      \
    static struct my_val ev_##name(struct my_eval *ev, struct my_expr *e, struct my_val *args) \
    {                                                                                          \
        (void)e;                                                                               \
        double x = num(ev, &args[0]);                                                          \
        return real_or_null(expr);                                                             \
    }
REAL1(sqrt, x < 0 ? NAN : sqrt(x))
REAL1(sin, sin(x))
REAL1(cos, cos(x))
REAL1(tan, tan(x))
REAL1(cot, 1 / tan(x))
REAL1(asin, x < -1 || x > 1 ? NAN : asin(x))
REAL1(acos, x < -1 || x > 1 ? NAN : acos(x))
REAL1(radians, x * (M_PI / 180))
REAL1(degrees, x * (180 / M_PI))

static struct my_val ev_exp(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    double v = exp(num(ev, &args[0]));
    if (!isfinite(v) && ev->r->kit->version >= 50500) {
        my_fail(ev->r, MY_ER_DATA_OUT_OF_RANGE, "DOUBLE", my_expr_print(ev->r, e));
        return my_null();
    }
    return real_or_null(v);
}

static struct my_val ev_atan(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)ev;
    double x = my_val_real(&args[0]);
    return my_real(e->n_args > 1 ? atan2(x, my_val_real(&args[1])) : atan(x));
}
/* Logarithms of what has none: NULL, and a division by zero to the modes that mind. */
static struct my_val ev_log(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    double x = num(ev, &args[0]);
    if (e->n_args == 1)
        return x <= 0 ? my_by_zero(ev) : my_real(log(x));
    double y = num(ev, &args[1]);
    return x <= 0 || y <= 0 || x == 1 ? my_by_zero(ev) : real_or_null(log(y) / log(x));
}
static struct my_val ev_log2(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)e;
    double x = num(ev, &args[0]);
    return x <= 0 ? my_by_zero(ev) : my_real(log2(x));
}
static struct my_val ev_log10(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)e;
    double x = num(ev, &args[0]);
    return x <= 0 ? my_by_zero(ev) : my_real(log10(x));
}
static struct my_val ev_pow(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    double v = pow(num(ev, &args[0]), num(ev, &args[1]));
    if (!isfinite(v) && ev->r->kit->version >= 50500) {
        char text[200];
        (void)snprintf(text, sizeof text, "pow(%s,%s)", my_expr_print(ev->r, e->args[0]), my_expr_print(ev->r, e->args[1]));
        my_fail(ev->r, MY_ER_DATA_OUT_OF_RANGE, "DOUBLE", text);
        return my_null();
    }
    return real_or_null(v);
}
static void fix_pi(struct my_eval *ev, struct my_expr *e)
{
    e->m = (struct my_meta){.type = MY_T_DOUBLE, .dec = 6, .len = 8, .coll = ev->r->kit->binary, .coerce = MY_CO_NUMERIC};
}
static struct my_val ev_pi(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)ev;
    (void)e;
    (void)args;
    return my_real(M_PI);
}

/* RAND(): two linear congruential streams, seeded per connection or by the argument (password.c: my_rnd). */
#define RAND_MAX_VALUE 0x3FFFFFFFu
static double rnd(uint32_t *a, uint32_t *b)
{
    *a = (*a * 3 + *b) % RAND_MAX_VALUE;
    *b = (*a + *b + 33) % RAND_MAX_VALUE;
    return (double)*a / (double)RAND_MAX_VALUE;
}
static struct my_val ev_rand(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    if (e->n_args == 0)
        return my_real(rnd(&ev->r->c->rand1, &ev->r->c->rand2));
    uint32_t *state = e->state;
    if (!state) {
        uint32_t seed = args[0].kind == MY_V_NULL ? 0 : (uint32_t)my_val_i64(&args[0], NULL);
        state = arena_new(ev->r->arena, 2 * sizeof *state);
        if (!state)
            return my_null();
        state[0] = (uint32_t)((uint64_t)(seed * 0x10001u + 55555555u) % RAND_MAX_VALUE);
        state[1] = (uint32_t)((uint64_t)(seed * 0x10000001u) % RAND_MAX_VALUE);
        e->state = state;
    }
    return my_real(rnd(&state[0], &state[1]));
}

static bool is_int(const struct my_meta *m)
{
    return my_result_of(m->type) == MY_RES_INT;
}
static bool is_dec(const struct my_meta *m)
{
    return my_result_of(m->type) == MY_RES_DEC;
}

static void fix_abs(struct my_eval *ev, struct my_expr *e)
{
    const struct my_meta *a = &e->args[0]->m;
    e->m = (struct my_meta){.type = is_int(a) ? MY_T_LONGLONG : is_dec(a) ? MY_T_NEWDECIMAL : MY_T_DOUBLE, .dec = a->dec, .len = a->len,
                            .coll = ev->r->kit->binary, .coerce = MY_CO_NUMERIC, .maybe_null = a->maybe_null, .unsigned_ = a->unsigned_};
    if (e->m.type == MY_T_DOUBLE && a->type != MY_T_DOUBLE && a->type != MY_T_FLOAT) {
        bool nothing = a->type == MY_T_NULL && ev->r->kit->mariadb;
        e->m.dec = nothing ? 0 : MY_DEC_FLOAT;
        e->m.len = nothing ? 17 : 23;
    }
}
static struct my_val ev_abs(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    if (is_int(&e->m)) {
        bool u = false;
        int64_t v = my_val_i64(&args[0], &u);
        return u ? my_uint((uint64_t)v) : v < 0 ? my_int((int64_t)(0 - (uint64_t)v)) : my_int(v);
    }
    if (is_dec(&e->m)) {
        struct my_dec d = my_val_dec(&args[0]);
        d.unscaled = d.unscaled < 0 ? -d.unscaled : d.unscaled;
        return my_decimal(d);
    }
    return my_real(fabs(num(ev, &args[0])));
}

static void fix_sign(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, 2, my_any_maybe_null(e), false);
}
static struct my_val ev_sign(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)ev;
    (void)e;
    double d = my_val_real(&args[0]);
    return my_int(d > 0 ? 1 : d < 0 ? -1 : 0);
}

/* CEILING, FLOOR: integers stay, decimals become integers or decimals without places, reals stay real. */
static void fix_toint(struct my_eval *ev, struct my_expr *e)
{
    const struct my_meta *a = &e->args[0]->m;
    if (is_int(a)) {
        my_fix_int(ev->r->kit, e, a->len, a->maybe_null, a->unsigned_);
    } else if (is_dec(a)) {
        uint32_t len = a->len - (a->dec ? a->dec + 1u : 0);
        if (ev->r->kit->mariadb && a->dec) /* a carry makes one digit more */
            len = my_length_of(my_precision(e->args[0]) - a->dec + 1, 0, a->unsigned_);
        bool fits = len < 18;
        my_fix_int(ev->r->kit, e, len, a->maybe_null, a->unsigned_);
        if (!fits)
            e->m.type = MY_T_NEWDECIMAL;
    } else {
        e->m = (struct my_meta){.type = MY_T_DOUBLE, .dec = 0, .len = 17, .coll = ev->r->kit->binary, .coerce = MY_CO_NUMERIC, .maybe_null = a->maybe_null};
    }
}
static struct my_val to_int(struct my_expr *e, struct my_val v, int dir)
{
    if (v.kind == MY_V_INT || v.kind == MY_V_UINT)
        return v;
    if (is_int(&e->m) || is_dec(&e->m)) {
        struct my_dec d = my_val_dec(&v), t = my_dec_round(d, 0, true);
        if (dir > 0 && my_dec_cmp(d, t) > 0)
            t.unscaled++;
        if (dir < 0 && my_dec_cmp(d, t) < 0)
            t.unscaled--;
        return is_int(&e->m) ? my_int(my_dec_i64(t, NULL)) : my_decimal(t);
    }
    double x = my_val_real(&v);
    return my_real(dir > 0 ? ceil(x) : floor(x));
}
static struct my_val ev_ceiling(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)ev;
    return to_int(e, args[0], 1);
}
static struct my_val ev_floor(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)ev;
    return to_int(e, args[0], -1);
}

/* ROUND, TRUNCATE */
static void fix_round(struct my_eval *ev, struct my_expr *e)
{
    const struct my_meta *a = &e->args[0]->m;
    bool known = e->n_args == 1 || e->args[1]->is_const;
    int64_t places = 0;
    if (e->n_args > 1 && known) {
        struct my_val v = my_eval_expr(ev, e->args[1]);
        places = my_val_i64(&v, NULL);
    }
    uint8_t dec = known ? (uint8_t)(places < 0 ? 0 : places > 30 ? 30 : places) : a->dec;
    e->m = (struct my_meta){.coll = ev->r->kit->binary, .coerce = MY_CO_NUMERIC, .maybe_null = my_any_maybe_null(e), .unsigned_ = a->unsigned_};
    if (is_int(a)) {
        e->m.type = MY_T_LONGLONG;
        uint32_t extra = e->n_args == 1 || !known || places < 0 ? 1 : 0;
        e->m.len = a->len + (e->func->name[0] == 'r' && known && places < 0 ? extra : 0);
    } else if (is_dec(a)) {
        e->m.type = MY_T_NEWDECIMAL;
        e->m.dec = dec < a->dec ? dec : a->dec;
        if (known && dec > a->dec)
            e->m.dec = dec;
        uint32_t prec = a->len - (a->dec > 0) - !a->unsigned_, whole = prec - a->dec;
        if (e->func->name[0] == 'r' && a->dec > e->m.dec)
            whole++;
        e->m.len = whole + e->m.dec + (e->m.dec > 0) + !a->unsigned_;
    } else {
        e->m.type = MY_T_DOUBLE;
        e->m.dec = known ? dec : MY_DEC_FLOAT;
        e->m.len = known ? 17u + dec : 23;
    }
}
static struct my_val round_to(struct my_expr *e, struct my_val *args, bool truncate)
{
    int64_t places = e->n_args > 1 ? my_val_i64(&args[1], NULL) : 0;
    places = places > 30 ? 30 : places < -40 ? -40 : places;
    if (is_int(&e->m)) {
        if (places >= 0)
            return args[0];
        struct my_dec d = my_dec_round(my_val_dec(&args[0]), (int)places, truncate);
        return my_int(my_dec_i64(d, NULL));
    }
    if (is_dec(&e->m)) {
        struct my_dec d = my_dec_round(my_val_dec(&args[0]), (int)places, truncate);
        return my_decimal(my_dec_round(d, e->m.dec, truncate));
    }
    double x = my_val_real(&args[0]), p = pow(10, fabs((double)places));
    double y = places >= 0 ? x * p : x / p;
    if (!isfinite(y))
        return my_real(x);
    y = truncate ? trunc(y) : rint(y);
    return my_real(places >= 0 ? y / p : y * p);
}
static struct my_val ev_round(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)ev;
    return round_to(e, args, false);
}
static struct my_val ev_truncate(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)ev;
    return round_to(e, args, true);
}

static void fix_crc(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, 10, my_any_maybe_null(e), true);
}
static struct my_val ev_crc32(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val t = my_arg_text(ev, e, 0, args);
    return my_uint(crc32(0, (const Bytef *)t.s.p, (uInt)t.s.n));
}
static struct my_val ev_bit_count(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)ev;
    struct my_val v = my_hexnum(e->args[0], args[0]);
    return my_int(__builtin_popcountll((unsigned long long)my_val_i64(&v, NULL)));
}

#define W MY_FN_WORD
const struct my_func my_funcs_num[] = {
    {"abs", 1, 1, 0, fix_abs, ev_abs},
    {"sign", 1, 1, 0, fix_sign, ev_sign},
    {"ceiling", 1, 1, 0, fix_toint, ev_ceiling},
    {"ceil", 1, 1, 0, fix_toint, ev_ceiling},
    {"floor", 1, 1, 0, fix_toint, ev_floor},
    {"round", 1, 2, 0, fix_round, ev_round},
    {"truncate", 2, 2, W, fix_round, ev_truncate},
    {"pow", 2, 2, 0, fix_dec_func, ev_pow},
    {"power", 2, 2, 0, fix_dec_func, ev_pow},
    {"sqrt", 1, 1, 0, fix_real_null, ev_sqrt},
    {"exp", 1, 1, 0, fix_dec_func, ev_exp},
    {"ln", 1, 1, 0, fix_real_null, ev_log},
    {"log", 1, 2, 0, fix_real_null, ev_log},
    {"log2", 1, 1, 0, fix_real_null, ev_log2},
    {"log10", 1, 1, 0, fix_real_null, ev_log10},
    {"sin", 1, 1, 0, fix_dec_func, ev_sin},
    {"cos", 1, 1, 0, fix_dec_func, ev_cos},
    {"tan", 1, 1, 0, fix_dec_func, ev_tan},
    {"cot", 1, 1, 0, fix_dec_func, ev_cot},
    {"asin", 1, 1, 0, fix_real_null, ev_asin},
    {"acos", 1, 1, 0, fix_real_null, ev_acos},
    {"atan", 1, 2, 0, fix_dec_func, ev_atan},
    {"atan2", 1, 2, 0, fix_dec_func, ev_atan},
    {"radians", 1, 1, 0, fix_real, ev_radians},
    {"degrees", 1, 1, 0, fix_real, ev_degrees},
    {"pi", 0, 0, 0, fix_pi, ev_pi},
    {"rand", 0, 1, MY_FN_NOT_CONST | MY_FN_NULLS, fix_real, ev_rand},
    {"crc32", 1, 1, 0, fix_crc, ev_crc32},
    {"bit_count", 1, 1, 0, fix_sign, ev_bit_count},
    {0},
};

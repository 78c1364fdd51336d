/* Operators and control flow. Types as Item_func's fix_length_and_dec gives them. */
#include <math.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/mysql/my_eval.h"

/* ---- comparisons ---- */
static void fix_bool(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, 1, my_any_maybe_null(e), false);
}
static void fix_bool_not_null(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, 1, false, false);
}

/* Compares e->args[i] and [j], which may be rows; 2 when NULL decides. */
static int compare_pair(struct my_eval *ev, struct my_expr *a, struct my_expr *b, bool null_safe)
{
    if (a->op == MY_X_ROW) {
        int result = 0;
        for (size_t i = 0; i < a->n_args && i < b->n_args; i++) {
            int c = compare_pair(ev, a->args[i], b->args[i], null_safe);
            if (c == 2)
                result = 2;
            else if (c)
                return c;
        }
        return result;
    }
    struct my_val x = my_eval_expr(ev, a), y = my_eval_expr(ev, b);
    if (!my_ok(ev->r))
        return 2;
    if (x.kind == MY_V_NULL || y.kind == MY_V_NULL) {
        if (!null_safe)
            return 2;
        return x.kind == y.kind ? 0 : 1;
    }
    return my_compare(ev, &x, &a->m, &y, &b->m);
}

static struct my_val from_cmp(int c, bool yes)
{
    return c == 2 ? my_null() : my_int(yes);
}
static struct my_val ev_eq(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)args;
    int c = compare_pair(ev, e->args[0], e->args[1], false);
    return from_cmp(c, c == 0);
}
static struct my_val ev_ne(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)args;
    int c = compare_pair(ev, e->args[0], e->args[1], false);
    return from_cmp(c, c != 0);
}
static struct my_val ev_lt(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)args;
    int c = compare_pair(ev, e->args[0], e->args[1], false);
    return from_cmp(c, c < 0);
}
static struct my_val ev_gt(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)args;
    int c = compare_pair(ev, e->args[0], e->args[1], false);
    return from_cmp(c, c == 1);
}
static struct my_val ev_le(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)args;
    int c = compare_pair(ev, e->args[0], e->args[1], false);
    return from_cmp(c, c <= 0);
}
static struct my_val ev_ge(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)args;
    int c = compare_pair(ev, e->args[0], e->args[1], false);
    return from_cmp(c, c == 0 || c == 1);
}
static struct my_val ev_equal(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)args;
    return my_int(compare_pair(ev, e->args[0], e->args[1], true) == 0);
}

/* ---- logic ---- */
static struct my_val ev_and(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)args;
    struct my_val a = my_eval_expr(ev, e->args[0]);
    int x = my_truth(&a);
    if (x == 0 || !my_ok(ev->r))
        return my_int(0);
    struct my_val b = my_eval_expr(ev, e->args[1]);
    int y = my_truth(&b);
    return y == 0 ? my_int(0) : x < 0 || y < 0 ? my_null() : my_int(1);
}
static struct my_val ev_or(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)args;
    struct my_val a = my_eval_expr(ev, e->args[0]);
    int x = my_truth(&a);
    if (x == 1 || !my_ok(ev->r))
        return my_int(1);
    struct my_val b = my_eval_expr(ev, e->args[1]);
    int y = my_truth(&b);
    return y == 1 ? my_int(1) : x < 0 || y < 0 ? my_null() : my_int(0);
}
static struct my_val ev_xor(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)ev;
    (void)e;
    return my_int(my_truth(&args[0]) != my_truth(&args[1]));
}
static struct my_val ev_not(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)ev;
    (void)e;
    return my_int(!my_truth(&args[0]));
}
static struct my_val ev_isnull(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)ev;
    (void)e;
    return my_int(args[0].kind == MY_V_NULL);
}
static struct my_val ev_isnotnull(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)ev;
    (void)e;
    return my_int(args[0].kind != MY_V_NULL);
}
static struct my_val ev_istrue(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)ev;
    return my_int((my_truth(&args[0]) == 1) != e->not_);
}
static struct my_val ev_isfalse(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)ev;
    return my_int((my_truth(&args[0]) == 0) != e->not_);
}

static struct my_val ev_between(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    if (args[0].kind == MY_V_NULL)
        return my_null();
    bool low_null = args[1].kind == MY_V_NULL, high_null = args[2].kind == MY_V_NULL;
    bool low = !low_null && my_compare(ev, &args[0], &e->args[0]->m, &args[1], &e->args[1]->m) >= 0;
    bool high = !high_null && my_compare(ev, &args[0], &e->args[0]->m, &args[2], &e->args[2]->m) <= 0;
    if (low_null && high_null)
        return my_null();
    if (low_null)
        return high ? my_null() : my_int(e->not_);
    if (high_null)
        return low ? my_null() : my_int(e->not_);
    return my_int((low && high) != e->not_);
}

static struct my_val ev_in(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)args;
    bool null = false;
    for (size_t i = 1; i < e->n_args && my_ok(ev->r); i++) {
        int c = compare_pair(ev, e->args[0], e->args[i], false);
        if (c == 0)
            return my_int(!e->not_);
        null |= c == 2;
    }
    return null ? my_null() : my_int(e->not_);
}

/* ---- LIKE ---- */
static bool same_char(const struct my_coll *c, const char *a, size_t n, const char *b, size_t m)
{
    return my_coll_compare(c, a, n, b, m) == 0;
}

static bool like(struct my_run *r, const struct my_coll *c, const char *s, size_t n, const char *p, size_t m, char esc)
{
    size_t i = 0, j = 0, star = SIZE_MAX, mark = 0;
    while (i < n) {
        if (!my_step(r, 1))
            return false;
        if (j < m && p[j] == '%') {
            star = ++j;
            mark = i;
            continue;
        }
        size_t one = my_char_bytes(c, s + i, n - i, 1), k = j;
        bool literal = false;
        if (j < m && p[j] == esc && j + 1 < m) {
            literal = true;
            k = j + 1;
        }
        size_t pone = k < m ? my_char_bytes(c, p + k, m - k, 1) : 0;
        if (k < m && ((!literal && p[k] == '_') || same_char(c, s + i, one, p + k, pone))) {
            i += one;
            j = k + pone;
            continue;
        }
        if (star == SIZE_MAX)
            return false;
        mark += my_char_bytes(c, s + mark, n - mark, 1);
        i = mark;
        j = star;
    }
    while (j < m && p[j] == '%')
        j++;
    return j >= m;
}

static struct my_val ev_like(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val s = my_arg_text(ev, e, 0, args), p = my_arg_text(ev, e, 1, args);
    char esc = '\\';
    if (e->n_args > 2) {
        struct my_val x = my_arg_text(ev, e, 2, args);
        if (x.s.n > 1) {
            my_fail(ev->r, MY_ER_WRONG_ARGUMENTS, "ESCAPE");
            return my_null();
        }
        esc = x.s.n ? x.s.p[0] : '\\';
    } else if (my_sql_mode(ev->r, "NO_BACKSLASH_ESCAPES")) {
        esc = '\0';
    }
    if (!my_ok(ev->r))
        return my_null();
    const struct my_coll *c = my_coll_meet(&e->args[0]->m, &e->args[1]->m, NULL);
    if (my_result_of(e->args[0]->m.type) != MY_RES_STR)
        c = e->args[1]->m.coll;
    return my_int(like(ev->r, c, s.s.p, s.s.n, p.s.p, p.s.n, esc) != e->not_);
}

static struct my_val ev_regexp(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val s = my_arg_text(ev, e, 0, args), p = my_arg_text(ev, e, 1, args);
    if (!my_ok(ev->r))
        return my_null();
    if (p.s.n == 0) {
        my_fail_text(ev->r, MY_ER_WRONG_ARGUMENTS, "Got error 'empty (sub)expression' from regexp");
        return my_null();
    }
    char *pat = arena_copy(ev->r->arena, p.s.p, p.s.n), *text = arena_copy(ev->r->arena, s.s.p, s.s.n);
    regex_t re;
    const struct my_coll *c = my_coll_meet(&e->args[0]->m, &e->args[1]->m, NULL);
    bool bin = c && c->bin;
    if (!pat || !text || p.s.n > 1024 || s.s.n > 65536 || !my_step(ev->r, 1000 + s.s.n))
        return my_null();
    int rc = regcomp(&re, pat, REG_EXTENDED | REG_NOSUB | (bin ? 0 : REG_ICASE));
    if (rc) {
        char why[120], line[200];
        (void)regerror(rc, &re, why, sizeof why);
        (void)snprintf(line, sizeof line, "Got error '%s' from regexp", why);
        my_fail_text(ev->r, MY_ER_WRONG_ARGUMENTS, line);
        return my_null();
    }
    bool hit = regexec(&re, text, 0, NULL, 0) == 0;
    regfree(&re);
    return my_int(hit != e->not_);
}

/* ---- arithmetic ---- */
/* Item::decimal_precision */
static uint32_t precision(const struct my_expr *e)
{
    if (e->op == MY_X_LITERAL && (e->val.kind == MY_V_INT || e->val.kind == MY_V_UINT))
        return e->m.len;
    const struct my_meta *m = &e->m;
    enum my_result res = my_result_of(m->type);
    if (res == MY_RES_INT || res == MY_RES_DEC) {
        uint32_t sign = m->unsigned_ || m->len == 0 ? 0 : 1, p = m->len - (m->dec > 0) - sign;
        return m->len < (uint32_t)(m->dec > 0) + sign ? 0 : p > 65 ? 65 : p;
    }
    return m->len < 65 ? m->len : 65;
}

static uint32_t length_of(uint32_t prec, uint8_t dec, bool uns)
{
    if (prec > 65)
        prec = 65;
    return prec + (dec > 0) + (uns || !prec ? 0 : 1);
}

/* Result of + - * %: real if one side is text or real, else decimal if one is, else integer. */
static enum my_result num_result(const struct my_expr *e)
{
    enum my_result res = MY_RES_INT;
    for (size_t i = 0; i < e->n_args; i++) {
        const struct my_expr *a = e->args[i];
        enum my_result x = my_result_of(a->m.type);
        if (a->m.type == MY_T_NULL)
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

static void fix_real(struct my_eval *ev, struct my_expr *e, uint8_t dec, bool null)
{
    e->m = (struct my_meta){.type = MY_T_DOUBLE, .dec = dec, .coll = ev->r->kit->binary, .coerce = MY_CO_NUMERIC, .maybe_null = null};
    e->m.len = dec == MY_DEC_FLOAT ? 23 : 17u + dec;
}

static uint8_t max_dec(const struct my_expr *e)
{
    uint8_t d = 0;
    for (size_t i = 0; i < e->n_args; i++) {
        uint8_t x = my_result_of(e->args[i]->m.type) == MY_RES_STR && !my_is_temporal(e->args[i]->m.type) ? MY_DEC_FLOAT : e->args[i]->m.dec;
        d = x > d ? x : d;
    }
    return d;
}

static void fix_numeric(struct my_eval *ev, struct my_expr *e, uint32_t prec, uint8_t dec, bool null, bool uns)
{
    e->m = (struct my_meta){.coll = ev->r->kit->binary, .coerce = MY_CO_NUMERIC, .maybe_null = null, .unsigned_ = uns, .dec = dec};
    e->m.type = num_result(e) == MY_RES_INT ? MY_T_LONGLONG : MY_T_NEWDECIMAL;
    e->m.len = length_of(prec, dec, uns);
}

static void fix_add(struct my_eval *ev, struct my_expr *e)
{
    enum my_result res = num_result(e);
    bool null = my_any_maybe_null(e), uns = e->args[0]->m.unsigned_ || e->args[1]->m.unsigned_;
    if (res == MY_RES_REAL) {
        fix_real(ev, e, max_dec(e), null);
        return;
    }
    const struct my_expr *a = e->args[0], *b = e->args[1];
    uint8_t dec = max_dec(e);
    uint32_t ia = precision(a) - a->m.dec, ib = precision(b) - b->m.dec;
    if (res == MY_RES_DEC)
        uns = a->m.unsigned_ && b->m.unsigned_;
    fix_numeric(ev, e, (ia > ib ? ia : ib) + 1 + dec, dec, null, uns);
}

static void fix_mul(struct my_eval *ev, struct my_expr *e)
{
    enum my_result res = num_result(e);
    bool null = my_any_maybe_null(e), uns = e->args[0]->m.unsigned_ || e->args[1]->m.unsigned_;
    if (res == MY_RES_REAL) {
        fix_real(ev, e, max_dec(e), null);
        return;
    }
    unsigned dec = (unsigned)e->args[0]->m.dec + e->args[1]->m.dec;
    if (res == MY_RES_DEC)
        uns = e->args[0]->m.unsigned_ && e->args[1]->m.unsigned_;
    fix_numeric(ev, e, precision(e->args[0]) + precision(e->args[1]), (uint8_t)(dec > 30 ? 30 : dec), null, uns);
}

static void fix_div(struct my_eval *ev, struct my_expr *e)
{
    enum my_result res = num_result(e);
    const struct my_expr *a = e->args[0], *b = e->args[1];
    uint64_t inc = my_var_u64(ev->r, "div_precision_increment");
    if (res == MY_RES_REAL) {
        unsigned dec = (unsigned)max_dec(e);
        dec = dec >= MY_DEC_FLOAT ? MY_DEC_FLOAT : dec + (unsigned)inc > 30 ? 30 : dec + (unsigned)inc;
        fix_real(ev, e, (uint8_t)dec, true);
        return;
    }
    unsigned dec = a->m.dec + (unsigned)inc;
    uint32_t prec = precision(a) + (uint32_t)inc;
    if (ev->r->kit->version >= 50500)
        prec += b->m.dec;
    e->m = (struct my_meta){.type = MY_T_NEWDECIMAL, .dec = (uint8_t)(dec > 30 ? 30 : dec), .coll = ev->r->kit->binary, .coerce = MY_CO_NUMERIC,
                            .maybe_null = true, .unsigned_ = a->m.unsigned_ && b->m.unsigned_};
    e->m.len = length_of(prec, e->m.dec, e->m.unsigned_);
}

static void fix_intdiv(struct my_eval *ev, struct my_expr *e)
{
    uint32_t len = e->args[0]->m.len - e->args[0]->m.dec;
    my_fix_int(ev->r->kit, e, len > 21 ? 21 : len, true, e->args[0]->m.unsigned_ || e->args[1]->m.unsigned_);
}

static void fix_mod(struct my_eval *ev, struct my_expr *e)
{
    enum my_result res = num_result(e);
    const struct my_meta *a = &e->args[0]->m, *b = &e->args[1]->m;
    if (res == MY_RES_REAL) {
        fix_real(ev, e, max_dec(e), true);
        return;
    }
    fix_numeric(ev, e, 1, max_dec(e), true, a->unsigned_);
    e->m.len = a->len > b->len ? a->len : b->len;
}

static void fix_neg(struct my_eval *ev, struct my_expr *e)
{
    enum my_result res = num_result(e);
    const struct my_expr *a = e->args[0];
    if (res == MY_RES_REAL) {
        fix_real(ev, e, max_dec(e), a->m.maybe_null);
        e->m.len = a->m.type == MY_T_DOUBLE ? a->m.len + 1 : e->m.len;
        return;
    }
    e->m = (struct my_meta){.type = res == MY_RES_INT ? MY_T_LONGLONG : MY_T_NEWDECIMAL, .dec = a->m.dec, .len = a->m.len + 1,
                            .coll = ev->r->kit->binary, .coerce = MY_CO_NUMERIC, .maybe_null = a->m.maybe_null};
    if (a->op == MY_X_LITERAL && a->val.kind == MY_V_UINT && a->val.u > (uint64_t)INT64_MAX + 1)
        e->m.type = MY_T_NEWDECIMAL;
}

/* The operand as the number the operation works in. */
static struct my_val hexnum(const struct my_expr *e, struct my_val v)
{
    if (e->op != MY_X_LITERAL || e->aux != 1 || v.kind != MY_V_STR)
        return v;
    uint64_t u = 0;
    for (size_t i = v.s.n > 8 ? v.s.n - 8 : 0; i < v.s.n; i++)
        u = u << 8 | (unsigned char)v.s.p[i];
    return my_uint(u);
}

static void text_number_warning(struct my_eval *ev, const struct my_val *v)
{
    bool bad = false;
    if (v->kind != MY_V_STR)
        return;
    (void)my_text_real(v->s.p, v->s.n, &bad);
    if (bad) {
        char *s = arena_copy(ev->r->arena, v->s.p, v->s.n > 128 ? 128 : v->s.n);
        my_warn(ev->r, MY_WARNING, MY_ER_TRUNCATED_WRONG_VALUE, "DOUBLE", s ? s : "");
    }
}

static struct my_val out_of_range(struct my_eval *ev, struct my_expr *e, bool uns, const char *op)
{
    struct my_run *r = ev->r;
    char text[300];
    (void)snprintf(text, sizeof text, "(%s %s %s)", my_expr_print(r, e->args[0]), op, e->n_args > 1 ? my_expr_print(r, e->args[1]) : "");
    my_fail(r, MY_ER_DATA_OUT_OF_RANGE, uns ? "BIGINT UNSIGNED" : "BIGINT", text);
    return my_null();
}

static struct my_val arith(struct my_eval *ev, struct my_expr *e, struct my_val *args, char op)
{
    struct my_val a = hexnum(e->args[0], args[0]), b = hexnum(e->args[1], args[1]);
    enum my_result res = my_result_of(e->m.type);
    a = my_temporal_number(ev, &a, &e->args[0]->m);
    b = my_temporal_number(ev, &b, &e->args[1]->m);
    if (res == MY_RES_REAL) {
        text_number_warning(ev, &a);
        text_number_warning(ev, &b);
        double x = my_val_real(&a), y = my_val_real(&b);
        double v = op == '+' ? x + y : op == '-' ? x - y : x * y;
        if (!isfinite(v)) {
            if (ev->r->kit->version >= 50500) {
                char text[200], sign[2] = {op, 0};
                (void)snprintf(text, sizeof text, "(%s %s %s)", my_expr_print(ev->r, e->args[0]), sign, my_expr_print(ev->r, e->args[1]));
                my_fail(ev->r, MY_ER_DATA_OUT_OF_RANGE, "DOUBLE", text);
            }
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

static struct my_val by_zero(struct my_eval *ev)
{
    if (my_sql_mode(ev->r, "ERROR_FOR_DIVISION_BY_ZERO"))
        my_warn(ev->r, MY_WARNING, MY_ER_DIVISION_BY_ZERO);
    return my_null();
}

static struct my_val ev_div(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val a = hexnum(e->args[0], args[0]), b = hexnum(e->args[1], args[1]);
    if (my_result_of(e->m.type) == MY_RES_REAL) {
        text_number_warning(ev, &a);
        text_number_warning(ev, &b);
        double y = my_val_real(&b);
        return y == 0 ? by_zero(ev) : my_real(my_val_real(&a) / y);
    }
    struct my_dec x = my_val_dec(&a), y = my_val_dec(&b);
    if (y.unscaled == 0)
        return by_zero(ev);
    return my_decimal(my_dec_round(my_dec_div(x, y, e->m.dec + 1), e->m.dec, false));
}

static struct my_val ev_intdiv(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val a = hexnum(e->args[0], args[0]), b = hexnum(e->args[1], args[1]);
    bool real = my_result_of(e->args[0]->m.type) != MY_RES_INT || my_result_of(e->args[1]->m.type) != MY_RES_INT;
    if (real) {
        struct my_dec x = my_val_dec(&a), y = my_val_dec(&b);
        if (y.unscaled == 0)
            return by_zero(ev);
        return my_int(my_dec_i64(my_dec_round(my_dec_div(x, y, 6), 0, true), NULL));
    }
    bool ua = false, ub = false;
    int64_t x = my_val_i64(&a, &ua), y = my_val_i64(&b, &ub);
    if (y == 0)
        return by_zero(ev);
    __int128 v = (ua ? (__int128)(uint64_t)x : x) / (ub ? (__int128)(uint64_t)y : y);
    return e->m.unsigned_ ? my_uint((uint64_t)v) : my_int((int64_t)v);
}

static struct my_val ev_mod(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val a = hexnum(e->args[0], args[0]), b = hexnum(e->args[1], args[1]);
    switch (my_result_of(e->m.type)) {
    case MY_RES_REAL: {
        double y = my_val_real(&b);
        return y == 0 ? by_zero(ev) : my_real(fmod(my_val_real(&a), y));
    }
    case MY_RES_DEC: {
        struct my_dec y = my_val_dec(&b);
        return y.unscaled == 0 ? by_zero(ev) : my_decimal(my_dec_mod(my_val_dec(&a), y));
    }
    default: {
        bool ua = false, ub = false;
        int64_t x = my_val_i64(&a, &ua), y = my_val_i64(&b, &ub);
        if (y == 0)
            return by_zero(ev);
        __int128 v = (ua ? (__int128)(uint64_t)x : x) % (ub ? (__int128)(uint64_t)y : y);
        return e->m.unsigned_ ? my_uint((uint64_t)v) : my_int((int64_t)v);
    }
    }
}

static struct my_val ev_neg(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val a = hexnum(e->args[0], args[0]);
    switch (my_result_of(e->m.type)) {
    case MY_RES_REAL:
        text_number_warning(ev, &a);
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
    struct my_val n = hexnum(e, *v);
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
    e->m.maybe_null = e->args[1]->m.maybe_null || e->args[2]->m.maybe_null;
}
static struct my_val ev_if(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)args;
    struct my_val c = my_eval_expr(ev, e->args[0]);
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

static void fix_extreme(struct my_eval *ev, struct my_expr *e)
{
    struct my_meta m = e->args[0]->m;
    for (size_t i = 1; i < e->n_args; i++)
        my_unify(ev, &m, &e->args[i]->m);
    e->m = plain(m);
    if (my_result_of(m.type) == MY_RES_INT)
        e->m.type = MY_T_LONGLONG;
    e->m.maybe_null = my_any_maybe_null(e);
}
static struct my_val extreme(struct my_eval *ev, struct my_expr *e, struct my_val *args, int want)
{
    size_t best = 0;
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
    fix_real(ev, e, MY_DEC_FLOAT, false);
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
const struct my_func my_funcs_op[] = {
    {"=", 2, 2, W | MY_FN_LAZY, fix_bool, ev_eq},
    {"<>", 2, 2, W | MY_FN_LAZY, fix_bool, ev_ne},
    {"<", 2, 2, W | MY_FN_LAZY, fix_bool, ev_lt},
    {">", 2, 2, W | MY_FN_LAZY, fix_bool, ev_gt},
    {"<=", 2, 2, W | MY_FN_LAZY, fix_bool, ev_le},
    {">=", 2, 2, W | MY_FN_LAZY, fix_bool, ev_ge},
    {"<=>", 2, 2, W | MY_FN_LAZY, fix_bool_not_null, ev_equal},
    {"and", 2, 2, W | MY_FN_LAZY, fix_bool, ev_and},
    {"or", 2, 2, W | MY_FN_LAZY, fix_bool, ev_or},
    {"xor", 2, 2, W, fix_bool, ev_xor},
    {"not", 1, 1, W, fix_bool, ev_not},
    {"isnull", 1, 1, MY_FN_NULLS, fix_bool_not_null, ev_isnull},
    {"isnotnull", 1, 1, W | MY_FN_NULLS, fix_bool_not_null, ev_isnotnull},
    {"istrue", 1, 1, W | MY_FN_NULLS, fix_bool_not_null, ev_istrue},
    {"isfalse", 1, 1, W | MY_FN_NULLS, fix_bool_not_null, ev_isfalse},
    {"between", 3, 3, W | MY_FN_NULLS, fix_bool, ev_between},
    {"in", 2, MY_ARGS_MANY, W | MY_FN_LAZY, fix_bool, ev_in},
    {"like", 2, 3, W, fix_bool, ev_like},
    {"regexp", 2, 2, W, fix_bool, ev_regexp},
    {"match", 2, MY_ARGS_MANY, W, fix_match, ev_match},
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
    {"if", 3, 3, W | MY_FN_LAZY, fix_if, ev_if},
    {"ifnull", 2, 2, MY_FN_LAZY, fix_ifnull, ev_coalesce},
    {"coalesce", 1, MY_ARGS_MANY, W | MY_FN_LAZY, fix_coalesce, ev_coalesce},
    {"nullif", 2, 2, MY_FN_NULLS, fix_nullif, ev_nullif},
    {"interval", 2, MY_ARGS_MANY, W | MY_FN_NULLS, fix_interval, ev_interval},
    {"greatest", 2, MY_ARGS_MANY, 0, fix_extreme, ev_greatest},
    {"least", 2, MY_ARGS_MANY, 0, fix_extreme, ev_least},
    {"strcmp", 2, 2, 0, fix_strcmp, ev_strcmp},
    {0},
};

/* Character sets and CAST. */
#include <stdio.h>
#include <string.h>

#include "protocol/mysql/expr/my_charset.h"
#include "protocol/mysql/expr/my_eval.h"
#include "protocol/mysql/expr/my_fn_str.h"

/* ---- character sets ---- */
static void fix_collate(struct my_eval *ev, struct my_expr *e)
{
    const struct my_coll *c = my_coll_by_name(ev->r->kit, e->name);
    const struct my_meta *a = &e->args[0]->m;
    if (!c) {
        my_fail(ev->r, MY_ER_UNKNOWN_COLLATION, e->name);
        return;
    }
    const struct my_coll *have = my_result_of(a->type) == MY_RES_STR && a->coll ? a->coll : my_conn_coll(ev);
    if (strcmp(have->charset, c->charset) != 0) {
        my_fail(ev->r, MY_ER_COLLATION_CHARSET_MISMATCH, c->name, have->charset);
        return;
    }
    my_fix_str(ev, e, c, my_chars_of(a), MY_DEC_FLOAT, a->maybe_null);
    e->m.coerce = MY_CO_EXPLICIT;
}

static struct my_val ev_text(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    return my_arg_text(ev, e, 0, args);
}

/* The text in the character set of the result. */
static struct my_val converted(struct my_eval *ev, struct my_expr *e, struct my_val t)
{
    const struct my_meta *a = &e->args[0]->m;
    const struct my_coll *from = my_result_of(a->type) == MY_RES_STR && !my_is_temporal(a->type) ? a->coll : my_conn_coll(ev);
    size_t n = 0;
    if (t.kind != MY_V_STR || !my_converts(from, e->m.coll) || !my_step(ev->r, t.s.n / 8))
        return t;
    char *out = t.s.n < (16u << 20) ? my_convert(ev->r->arena, from, e->m.coll, t.s.p, t.s.n, &n) : NULL;
    if (out)
        return my_str(out, n);
    my_fail(ev->r, MY_ER_OUTOFMEMORY, 64);
    return my_null();
}

static struct my_val ev_convert(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    return converted(ev, e, my_arg_text(ev, e, 0, args));
}

static void fix_convert(struct my_eval *ev, struct my_expr *e)
{
    const struct my_coll *c = my_coll_default(ev->r->kit, e->name);
    if (!c) {
        my_fail(ev->r, MY_ER_UNKNOWN_CHARACTER_SET, e->name);
        return;
    }
    my_fix_str(ev, e, c, my_chars_of(&e->args[0]->m), MY_DEC_FLOAT, e->args[0]->m.maybe_null);
    e->m.coerce = MY_CO_IMPLICIT;
}

static void fix_binary(struct my_eval *ev, struct my_expr *e)
{
    my_fix_str(ev, e, ev->r->kit->binary, e->args[0]->m.len, 0, true);
    e->m.maybe_null = e->args[0]->m.maybe_null;
    e->m.coerce = MY_CO_IMPLICIT;
}

static void fix_name64(struct my_eval *ev, struct my_expr *e)
{
    my_fix_str(ev, e, ev->r->kit->utf8, 64, MY_DEC_FLOAT, false);
    e->m.coerce = MY_CO_SYSCONST;
}

static struct my_val ev_charset(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)args;
    const struct my_coll *c = e->args[0]->m.coll;
    return my_text_out(ev, c ? c->charset : "binary", strlen(c ? c->charset : "binary"));
}

static struct my_val ev_collation(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)args;
    const struct my_coll *c = e->args[0]->m.coll;
    return my_text_out(ev, c ? c->name : "binary", strlen(c ? c->name : "binary"));
}

static struct my_val ev_coercibility(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)ev;
    (void)args;
    return my_int((int)e->args[0]->m.coerce);
}

static void fix_coercibility(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, 10, false, false);
}

/* ---- CAST ---- */
/* Item_func_signed and _unsigned of MariaDB: what the text may have, at least a digit and a sign. */
static uint32_t cast_int_chars(const struct my_expr *e, const struct my_type_def *t)
{
    const struct my_meta *a = &e->args[0]->m;
    uint64_t chars = my_result_of(a->type) == MY_RES_STR ? my_chars_of(a) : a->len;
    if (t->unsigned_ && !a->unsigned_)
        return 20;
    return chars > 21 ? 21 : chars < 2 ? 2 : (uint32_t)chars;
}

static void fix_cast(struct my_eval *ev, struct my_expr *e)
{
    const struct my_type_def *t = e->type;
    const struct my_meta *a = &e->args[0]->m;
    struct my_kit *k = ev->r->kit;
    switch (t->type) {
    case MY_T_LONGLONG:
        my_fix_int(k, e, k->mariadb ? cast_int_chars(e, t) : a->len, a->maybe_null, t->unsigned_);
        return;
    case MY_T_NEWDECIMAL:
        e->m = (struct my_meta){.type = MY_T_NEWDECIMAL, .dec = t->dec, .len = t->len + (t->dec > 0) + 1, .coll = k->binary,
                                .coerce = MY_CO_NUMERIC, .maybe_null = a->maybe_null};
        return;
    case MY_T_FLOAT:
        e->m = (struct my_meta){.type = MY_T_FLOAT, .dec = MY_DEC_FLOAT, .len = 12, .coll = k->binary, .coerce = MY_CO_NUMERIC, .maybe_null = true};
        return;
    case MY_T_DOUBLE:
        e->m = (struct my_meta){.type = MY_T_DOUBLE, .dec = MY_DEC_FLOAT, .len = 22, .coll = k->binary, .coerce = MY_CO_NUMERIC, .maybe_null = a->maybe_null || k->mariadb};
        return;
    case MY_T_DATE:
    case MY_T_TIME:
    case MY_T_DATETIME:
        e->m = (struct my_meta){.type = t->type, .dec = t->dec, .coll = k->binary, .coerce = MY_CO_NUMERIC, .maybe_null = true};
        e->m.len = (t->type == MY_T_DATE ? 10u : t->type == MY_T_TIME ? (k->version >= 50600 || k->mariadb ? 10u : 8u) : 19u) + (t->dec ? t->dec + 1u : 0u);
        return;
    default: {
        const struct my_coll *c = t->is_binary_string ? k->binary : t->charset ? my_coll_default(k, t->charset) : t->national ? k->utf8 : my_conn_coll(ev);
        if (!c) {
            my_fail(ev->r, MY_ER_UNKNOWN_CHARACTER_SET, t->charset);
            return;
        }
        uint64_t chars = t->has_len ? t->len : t->is_binary_string ? a->len : my_chars_of(a);
        my_fix_str(ev, e, c, chars, k->mariadb ? 0 : MY_DEC_FLOAT, k->mariadb && !t->has_len ? a->maybe_null : true);
        e->m.coerce = MY_CO_IMPLICIT;
        return;
    }
    }
}

static const char complement[] = "Cast to unsigned converted negative integer to its positive complement";

/* A negative number that is no integer is 0 in MariaDB. */
static struct my_val cast_overflow(struct my_eval *ev, struct my_expr *e, const struct my_val *v)
{
    char line[200];
    struct my_val t = my_val_text(ev->r->arena, v, &e->args[0]->m);
    (void)snprintf(line, sizeof line, "Got overflow when casting '%.*s' to UNSIGNED INT. Value truncated", (int)(t.s.n > 100 ? 100 : t.s.n), t.s.p);
    my_warn_text(ev->r, MY_WARNING, 1916, line);
    return my_uint(0);
}

/* What has more digits than the type is its largest value. */
static struct my_dec cast_decimal(struct my_eval *ev, struct my_expr *e, struct my_dec d)
{
    const struct my_type_def *t = e->type;
    char nines[80], line[400];
    size_t n = 0, whole = t->len > t->dec ? t->len - t->dec : 0;
    d = my_dec_round(d, t->dec, false);
    for (; n < whole && n < 60; n++)
        nines[n] = '9';
    nines[n++] = '.';
    for (size_t i = 0; i < t->dec && n < sizeof nines; i++)
        nines[n++] = '9';
    struct my_dec max = my_dec_of_text(nines, n, NULL), min = max;
    min.unscaled = -min.unscaled;
    if (t->len > 37 || (my_dec_cmp(d, max) <= 0 && my_dec_cmp(d, min) >= 0))
        return d;
    (void)snprintf(line, sizeof line, "Out of range value for column '%.255s' at row 1", e->text ? e->text : "");
    my_warn_text(ev->r, MY_WARNING, 1264, line);
    return d.unscaled < 0 ? min : max;
}

static struct my_val ev_cast(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    const struct my_type_def *t = e->type;
    const struct my_expr *a = e->args[0];
    struct my_val v = args[0];
    switch (t->type) {
    case MY_T_LONGLONG: {
        bool bad = false, uns = false;
        int64_t i;
        if (v.kind == MY_V_STR && a->op == MY_X_LITERAL && a->aux == 1) {
            uint64_t u = 0;
            for (size_t k = v.s.n > 8 ? v.s.n - 8 : 0; k < v.s.n; k++)
                u = u << 8 | (unsigned char)v.s.p[k];
            return t->unsigned_ ? my_uint(u) : my_int((int64_t)u);
        }
        if (my_is_temporal(a->m.type))
            v = my_temporal_number(ev, &v, &a->m);
        if (v.kind == MY_V_STR) {
            i = my_text_i64(v.s.p, v.s.n, &bad, &uns);
            if (bad) {
                char *s = arena_copy(ev->r->arena, v.s.p, v.s.n > 128 ? 128 : v.s.n);
                my_warn(ev->r, MY_WARNING, MY_ER_TRUNCATED_WRONG_VALUE, "INTEGER", s ? s : "");
            }
            if (t->unsigned_ && i < 0 && !uns && ev->r->kit->mariadb)
                my_warn_text(ev->r, MY_NOTE, 1105, complement);
        } else {
            i = my_val_i64(&v, &uns);
            if (t->unsigned_ && i < 0 && !uns && ev->r->kit->mariadb && v.kind == MY_V_INT)
                my_warn_text(ev->r, MY_NOTE, 1105, complement);
            if (t->unsigned_ && i < 0 && !uns && ev->r->kit->mariadb && v.kind != MY_V_INT)
                return cast_overflow(ev, e, &v);
        }
        return t->unsigned_ ? my_uint((uint64_t)i) : my_int(i);
    }
    case MY_T_NEWDECIMAL: {
        bool cut = false;
        struct my_dec d = v.kind == MY_V_STR ? my_dec_of_text(v.s.p, v.s.n, &cut) : my_val_dec(&v);
        if (cut) {
            char *s = arena_copy(ev->r->arena, v.s.p, v.s.n > 128 ? 128 : v.s.n);
            my_warn(ev->r, MY_WARNING, MY_ER_TRUNCATED_WRONG_VALUE, "DECIMAL", s ? s : "");
        }
        return my_decimal(cast_decimal(ev, e, d));
    }
    case MY_T_FLOAT:
        return my_real((double)(float)my_val_real(&v));
    case MY_T_DOUBLE:
        return my_real(my_val_real(&v));
    case MY_T_DATE:
    case MY_T_TIME:
    case MY_T_DATETIME:
        return my_to_temporal(ev, &v, &a->m, t->type, t->dec);
    default: {
        struct my_val s = converted(ev, e, my_arg_text(ev, e, 0, args));
        if (t->has_len && s.kind == MY_V_STR) {
            size_t n = my_char_bytes(e->m.coll, s.s.p, s.s.n, t->len);
            if (n < s.s.n) {
                char *full = arena_copy(ev->r->arena, s.s.p, s.s.n > 128 ? 128 : s.s.n), kind[40];
                (void)snprintf(kind, sizeof kind, t->is_binary_string ? "BINARY(%u)" : "CHAR(%u)", t->len);
                my_warn(ev->r, MY_WARNING, MY_ER_TRUNCATED_WRONG_VALUE, kind, full ? full : "");
                s.s.n = n;
            } else if (t->is_binary_string && t->len > s.s.n && t->len <= (1u << 20)) { /* padded with zero bytes */
                char *p = arena_new(ev->r->arena, t->len + 1u);
                if (!p)
                    return my_null();
                memcpy(p, s.s.p, s.s.n);
                s = my_str(p, t->len);
            }
        }
        return s;
    }
    }
}

#define W MY_FN_WORD

const struct my_func my_funcs_cast[] = {
    {"collate", 1, 1, W, fix_collate, ev_text},
    {"convert", 1, 1, W, fix_convert, ev_convert},
    {"binary", 1, 1, W, fix_binary, ev_text},
    {"charset", 1, 1, W | MY_FN_NULLS, fix_name64, ev_charset},
    {"collation", 1, 1, W | MY_FN_NULLS, fix_name64, ev_collation},
    {"coercibility", 1, 1, MY_FN_NULLS, fix_coercibility, ev_coercibility},
    {"cast", 1, 1, W, fix_cast, ev_cast},
    {0},
};

/* Character sets and CAST. */
#include <stdio.h>
#include <string.h>

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
    my_fix_str(ev, e, ev->r->kit->binary, e->args[0]->m.len, ev->r->kit->mariadb ? MY_DEC_FLOAT : 0, ev->r->kit->mariadb ? e->args[0]->m.maybe_null : true);
    if (!ev->r->kit->mariadb)
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

/* ---- CAST ---- */
static void fix_cast(struct my_eval *ev, struct my_expr *e)
{
    const struct my_type_def *t = e->type;
    const struct my_meta *a = &e->args[0]->m;
    struct my_kit *k = ev->r->kit;
    switch (t->type) {
    case MY_T_LONGLONG:
        my_fix_int(k, e, ev->r->kit->mariadb ? 21 : a->len, a->maybe_null, t->unsigned_);
        return;
    case MY_T_NEWDECIMAL:
        e->m = (struct my_meta){.type = MY_T_NEWDECIMAL, .dec = t->dec, .len = t->len + (t->dec > 0) + 1, .coll = k->binary,
                                .coerce = MY_CO_NUMERIC, .maybe_null = a->maybe_null};
        return;
    case MY_T_DOUBLE:
        e->m = (struct my_meta){.type = MY_T_DOUBLE, .dec = MY_DEC_FLOAT, .len = 22, .coll = k->binary, .coerce = MY_CO_NUMERIC, .maybe_null = a->maybe_null};
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
        my_fix_str(ev, e, c, chars, MY_DEC_FLOAT, k->mariadb && !t->has_len ? a->maybe_null : true);
        e->m.coerce = MY_CO_IMPLICIT;
        return;
    }
    }
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
        } else {
            i = my_val_i64(&v, &uns);
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
        return my_decimal(my_dec_round(d, t->dec, false));
    }
    case MY_T_DOUBLE:
        return my_real(my_val_real(&v));
    case MY_T_DATE:
    case MY_T_TIME:
    case MY_T_DATETIME:
        return my_to_temporal(ev, &v, &a->m, t->type, t->dec);
    default: {
        struct my_val s = my_arg_text(ev, e, 0, args);
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
    {"convert", 1, 1, W, fix_convert, ev_text},
    {"binary", 1, 1, W, fix_binary, ev_text},
    {"charset", 1, 1, W | MY_FN_NULLS, fix_name64, ev_charset},
    {"collation", 1, 1, W | MY_FN_NULLS, fix_name64, ev_collation},
    {"coercibility", 1, 1, MY_FN_NULLS, my_fix_int10, ev_coercibility},
    {"cast", 1, 1, W, fix_cast, ev_cast},
    {0},
};

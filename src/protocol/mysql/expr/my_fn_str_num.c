/* String functions between numbers and text. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "protocol/mysql/expr/my_eval.h"
#include "protocol/mysql/expr/my_fn_op.h"
#include "protocol/mysql/expr/my_fn_str.h"

/* ---- numbers as text ---- */
static void fix_hex(struct my_eval *ev, struct my_expr *e)
{
    const struct my_meta *a = &e->args[0]->m;
    const struct my_coll *c = my_conn_coll(ev);
    uint64_t bytes = (uint64_t)a->len * 2;
    if (ev->r->kit->mariadb && my_result_of(a->type) != MY_RES_STR)
        bytes = 16;
    my_fix_str(ev, e, c, bytes, 0, my_any_maybe_null(e));
    if (bytes * c->maxlen > 4294967295u)
        e->m.len = 4294967295u;
    my_fix_string_type(&e->m);
}

static struct my_val hex_text(struct my_eval *ev, const char *s, size_t n)
{
    static const char digits[] = "0123456789ABCDEF";
    char *out = my_too_big(ev, "hex", n * 2) ? NULL : arena_new(ev->r->arena, n * 2 + 1);
    for (size_t i = 0; out && i < n; i++) {
        out[2 * i] = digits[(unsigned char)s[i] >> 4];
        out[2 * i + 1] = digits[(unsigned char)s[i] & 15];
    }
    return out ? my_str(out, n * 2) : my_null();
}

static struct my_val ev_hex(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    if (my_result_of(e->args[0]->m.type) == MY_RES_STR) {
        struct my_val t = my_arg_text(ev, e, 0, args);
        return hex_text(ev, t.s.p, t.s.n);
    }
    char buf[32];
    int n = snprintf(buf, sizeof buf, "%llX", (unsigned long long)my_val_i64(&args[0], NULL));
    return my_text_out(ev, buf, n > 0 ? (size_t)n : 0);
}

static void fix_unhex(struct my_eval *ev, struct my_expr *e)
{
    my_fix_str(ev, e, ev->r->kit->binary, (1 + e->args[0]->m.len) / 2, 0, true);
}

static int hex_val(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 32);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static struct my_val ev_unhex(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val t = my_arg_text(ev, e, 0, args);
    size_t n = (t.s.n + 1) / 2, odd = t.s.n % 2;
    char *out = arena_new(ev->r->arena, n + 1);
    if (!out)
        return my_null();
    for (size_t i = 0; i < t.s.n; i++) {
        int v = hex_val(t.s.p[i]);
        if (v < 0)
            return my_null();
        size_t at = (i + odd) / 2;
        out[at] = (char)(out[at] << 4 | v);
    }
    return my_str(out, n);
}

static void fix_conv(struct my_eval *ev, struct my_expr *e)
{
    bool m = ev->r->kit->mariadb;
    my_fix_str(ev, e, my_conn_coll(ev), m ? 65 : 64, m ? MY_DEC_FLOAT : 0, true);
}

static struct my_val to_base(struct my_eval *ev, uint64_t v, bool neg, unsigned base)
{
    char buf[72];
    size_t at = sizeof buf;
    do {
        buf[--at] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[v % base];
        v /= base;
    } while (v);
    if (neg)
        buf[--at] = '-';
    return my_text_out(ev, buf + at, sizeof buf - at);
}

static struct my_val ev_conv(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val t = my_arg_text(ev, e, 0, args);
    int64_t from = my_val_i64(&args[1], NULL), to = my_val_i64(&args[2], NULL);
    int64_t f = from < 0 ? -from : from, b = to < 0 ? -to : to;
    if (f < 2 || f > 36 || b < 2 || b > 36 || t.s.n == 0)
        return my_null();
    size_t i = 0;
    bool neg = false;
    while (i < t.s.n && t.s.p[i] == ' ')
        i++;
    if (i < t.s.n && (t.s.p[i] == '-' || t.s.p[i] == '+'))
        neg = t.s.p[i++] == '-';
    uint64_t v = 0;
    bool over = false;
    for (; i < t.s.n; i++) {
        char c = (char)toupper((unsigned char)t.s.p[i]);
        int d = c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'Z' ? c - 'A' + 10 : 99;
        if (d >= f)
            break;
        over |= v > (UINT64_MAX - (uint64_t)d) / (uint64_t)f;
        v = v * (uint64_t)f + (uint64_t)d;
    }
    if (over)
        v = UINT64_MAX;
    if (neg)
        v = 0 - v;
    if (to < 0 && (int64_t)v < 0)
        return to_base(ev, 0 - v, true, (unsigned)b);
    return to_base(ev, v, false, (unsigned)b);
}

static struct my_val ev_bin(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)e;
    return to_base(ev, (uint64_t)my_val_i64(&args[0], NULL), false, 2);
}

static struct my_val ev_oct(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)e;
    return to_base(ev, (uint64_t)my_val_i64(&args[0], NULL), false, 8);
}

/* Type_handler::Item_decimal_notation_int_digits and Item_func_format::fix_length_and_dec of MariaDB. */
static uint32_t format_chars(struct my_eval *ev, struct my_expr *e)
{
    const struct my_expr *a = e->args[0];
    enum my_result res = my_result_of(a->m.type);
    int64_t places = 30;
    (void)my_const_i64(ev, e->args[1], &places);
    places = places < 0 ? 0 : places > 30 ? 30 : places;
    uint32_t digits, dec = (uint32_t)places;
    bool carries = dec < (a->m.type == MY_T_NULL ? 0 : a->m.dec);
    if (res == MY_RES_INT)
        digits = my_is_narrow(&a->m) || a->m.type == MY_T_LONG ? 10 : 20;
    else if (res == MY_RES_DEC)
        digits = my_precision(a) - a->m.dec + carries;
    else
        digits = 309 + carries;
    return digits + digits / 3 + (dec > 0) + 1 + dec;
}

static void fix_format(struct my_eval *ev, struct my_expr *e)
{
    if (ev->r->kit->mariadb) {
        my_fix_str(ev, e, my_conn_coll(ev), format_chars(ev, e), MY_DEC_FLOAT, my_any_maybe_null(e));
        return;
    }
    const struct my_meta *a = &e->args[0]->m;
    uint64_t chars = a->len - (a->dec < MY_DEC_FLOAT ? a->dec : 0);
    chars = chars + (chars - chars % 3) / 3 + 40;
    bool old = ev->r->kit->version < 50500 && !ev->r->kit->mariadb;
    my_fix_str(ev, e, old ? ev->r->kit->latin1 : my_conn_coll(ev), chars, MY_DEC_FLOAT, my_any_maybe_null(e));
}

static struct my_val ev_format(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)e;
    my_warn_number(ev, &args[0], "DOUBLE");
    int64_t dec = my_val_i64(&args[1], NULL);
    dec = dec < 0 ? 0 : dec > 30 ? 30 : dec;
    char num[MY_NUM_TEXT], out[MY_NUM_TEXT * 2];
    size_t n;
    if (args[0].kind == MY_V_REAL || args[0].kind == MY_V_STR)
        n = my_real_text(my_val_real(&args[0]), (uint8_t)dec, false, num, sizeof num);
    else
        n = my_dec_text(my_dec_round(my_val_dec(&args[0]), (int)dec, false), num, sizeof num);
    size_t at = 0, whole = strcspn(num, "."), i = 0;
    if (num[0] == '-')
        out[at++] = num[i++];
    for (; i < whole; i++) {
        out[at++] = num[i];
        if ((whole - i - 1) % 3 == 0 && i + 1 < whole)
            out[at++] = ',';
    }
    for (; i < n; i++)
        out[at++] = num[i];
    return my_text_out(ev, out, at);
}

static void fix_char(struct my_eval *ev, struct my_expr *e)
{
    const struct my_coll *c = e->name ? my_coll_default(ev->r->kit, e->name) : ev->r->kit->binary;
    if (!c) {
        my_fail(ev->r, MY_ER_UNKNOWN_CHARACTER_SET, e->name);
        return;
    }
    my_fix_str(ev, e, c, (uint64_t)e->n_args * 4 / c->maxlen, MY_DEC_FLOAT, e->name != NULL);
    e->m.len = e->n_args * 4u;
}

static struct my_val ev_char(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    char *out = arena_new(ev->r->arena, e->n_args * 4u + 1);
    size_t at = 0;
    for (size_t i = 0; out && i < e->n_args; i++) {
        if (args[i].kind == MY_V_NULL)
            continue;
        uint32_t v = (uint32_t)my_val_i64(&args[i], NULL);
        int bytes = v > 0xffffff ? 4 : v > 0xffff ? 3 : v > 0xff ? 2 : 1;
        while (bytes-- > 0)
            out[at++] = (char)(v >> (8 * bytes));
    }
    return out ? my_str(out, at) : my_null();
}

static struct my_val ev_elt(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    int64_t i = args[0].kind == MY_V_NULL ? 0 : my_val_i64(&args[0], NULL);
    if (i < 1 || i >= e->n_args)
        return my_null();
    return my_arg_text(ev, e, (size_t)i, args);
}

static void fix_elt(struct my_eval *ev, struct my_expr *e)
{
    uint64_t chars = 0;
    for (size_t i = 1; i < e->n_args; i++)
        chars = my_chars_of(&e->args[i]->m) > chars ? my_chars_of(&e->args[i]->m) : chars;
    my_fix_meet(ev, e, 1, 1, chars, true);
}

static void fix_make_set(struct my_eval *ev, struct my_expr *e)
{
    uint64_t chars = e->n_args - 2u;
    for (size_t i = 1; i < e->n_args; i++)
        chars += my_chars_of(&e->args[i]->m);
    my_fix_meet(ev, e, 1, 1, chars, e->args[0]->m.maybe_null);
}

static struct my_val ev_make_set(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    if (args[0].kind == MY_V_NULL)
        return my_null();
    uint64_t bits = (uint64_t)my_val_i64(&args[0], NULL);
    for (size_t i = 1; i < e->n_args; i++)
        if (i > 64 || !(bits >> (i - 1) & 1))
            args[i] = my_null();
    struct my_val sep = my_str(",", 1);
    return my_join(ev, e, args, 1, &sep);
}

static void fix_export_set(struct my_eval *ev, struct my_expr *e)
{
    uint64_t a = my_chars_of(&e->args[1]->m), b = my_chars_of(&e->args[2]->m), s = e->n_args > 3 ? my_chars_of(&e->args[3]->m) : 1;
    my_fix_meet(ev, e, 1, 1, (a > b ? a : b) * 64 + s * 63, my_any_maybe_null(e));
}

static struct my_val ev_export_set(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    uint64_t bits = (uint64_t)my_val_i64(&args[0], NULL);
    struct my_val on = my_arg_text(ev, e, 1, args), off = my_arg_text(ev, e, 2, args), sep = e->n_args > 3 ? my_arg_text(ev, e, 3, args) : my_str(",", 1);
    int64_t count = e->n_args > 4 ? my_val_i64(&args[4], NULL) : 64;
    count = count < 0 || count > 64 ? 64 : count;
    size_t max = ((on.s.n > off.s.n ? on.s.n : off.s.n) + sep.s.n) * (size_t)count + 1;
    char *out = my_too_big(ev, "export_set", max) ? NULL : arena_new(ev->r->arena, max);
    size_t at = 0;
    for (int64_t i = 0; out && i < count; i++) {
        const struct my_val *v = bits >> i & 1 ? &on : &off;
        if (i && sep.s.n) {
            memcpy(out + at, sep.s.p, sep.s.n);
            at += sep.s.n;
        }
        memcpy(out + at, v->s.p, v->s.n);
        at += v->s.n;
    }
    return out ? my_str(out, at) : my_null();
}

static void fix_soundex(struct my_eval *ev, struct my_expr *e)
{
    uint64_t chars = my_chars_of(&e->args[0]->m);
    my_fix_meet(ev, e, 0, 1, chars < 4 ? 4 : chars, my_any_maybe_null(e));
}

#define W MY_FN_WORD

static struct my_val ev_soundex(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    static const char codes[] = "01230120022455012623010202";
    struct my_val t = my_arg_text(ev, e, 0, args);
    char *out = arena_new(ev->r->arena, t.s.n + 8);
    size_t at = 0;
    char last = 0;
    for (size_t i = 0; out && i < t.s.n; i++) {
        unsigned char c = (unsigned char)toupper((unsigned char)t.s.p[i]);
        if (c < 'A' || c > 'Z')
            continue;
        char code = codes[c - 'A'];
        if (at == 0) {
            out[at++] = (char)c;
            last = code;
        } else if (code != '0' && code != last) {
            out[at++] = code;
            last = code;
        } else if (code == '0' && c != 'H' && c != 'W') {
            last = code;
        }
    }
    while (out && at && at < 4)
        out[at++] = '0';
    return out ? my_str(out, at) : my_null();
}

const struct my_func my_funcs_str_num[] = {
    {"hex", 1, 1, 0, fix_hex, ev_hex},
    {"unhex", 1, 1, 0, fix_unhex, ev_unhex},
    {"conv", 3, 3, 0, fix_conv, ev_conv},
    {"bin", 1, 1, 0, fix_conv, ev_bin},
    {"oct", 1, 1, 0, fix_conv, ev_oct},
    {"format", 2, 3, 0, fix_format, ev_format},
    {"char", 1, MY_ARGS_MANY, W | MY_FN_NULLS, fix_char, ev_char},
    {"elt", 2, MY_ARGS_MANY, MY_FN_NULLS, fix_elt, ev_elt},
    {"make_set", 2, MY_ARGS_MANY, MY_FN_NULLS, fix_make_set, ev_make_set},
    {"export_set", 3, 5, 0, fix_export_set, ev_export_set},
    {"soundex", 1, 1, 0, fix_soundex, ev_soundex},
    {0},
};

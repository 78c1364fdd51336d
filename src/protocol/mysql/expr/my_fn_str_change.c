/* String functions that change a text. */
#include <string.h>

#include "protocol/mysql/expr/my_charset.h"
#include "protocol/mysql/expr/my_eval.h"
#include "protocol/mysql/expr/my_fn_str.h"

/* ---- changes ---- */
static struct my_val change_case(struct my_eval *ev, struct my_expr *e, struct my_val *args, unsigned (*f)(unsigned))
{
    struct my_val t = my_arg_text(ev, e, 0, args);
    const struct my_coll *c = e->args[0]->m.coll;
    if (my_result_of(e->args[0]->m.type) == MY_RES_STR && c && my_coll_is_binary(c))
        return t; /* binary strings have no case */
    if (!c || my_coll_is_binary(c))
        c = my_conn_coll(ev);
    char *out = arena_new(ev->r->arena, t.s.n + 5), one[4];
    size_t at = 0, len = 0;
    while (out && at < t.s.n) {
        size_t from = at;
        unsigned cp = my_decode(c, t.s.p, t.s.n, &at), to = f(cp);
        size_t n = to == cp ? 0 : my_encode(c, to, one);
        bool same = n != at - from; /* a letter of another length stays */
        memcpy(out + len, same ? t.s.p + from : one, at - from);
        len += at - from;
    }
    return out ? my_str(out, len) : my_null();
}

static struct my_val ev_upper(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    return change_case(ev, e, args, my_cp_upper);
}

static struct my_val ev_lower(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    return change_case(ev, e, args, my_cp_lower);
}

static struct my_val ev_reverse(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val t = my_arg_text(ev, e, 0, args);
    char *out = arena_new(ev->r->arena, t.s.n + 1);
    for (size_t at = 0; out && at < t.s.n;) {
        size_t one = my_char_bytes(e->args[0]->m.coll, t.s.p + at, t.s.n - at, 1);
        memcpy(out + t.s.n - at - one, t.s.p + at, one);
        at += one;
    }
    return out ? my_str(out, t.s.n) : my_null();
}

static struct my_val trim_it(struct my_eval *ev, struct my_expr *e, struct my_val *args, bool lead, bool trail)
{
    struct my_val t = my_arg_text(ev, e, 0, args), w = my_str(" ", 1);
    if (e->n_args > 1)
        w = my_arg_text(ev, e, 1, args);
    const char *p = t.s.p;
    size_t n = t.s.n;
    while (lead && w.s.n && n >= w.s.n && memcmp(p, w.s.p, w.s.n) == 0) {
        p += w.s.n;
        n -= w.s.n;
    }
    while (trail && w.s.n && n >= w.s.n && memcmp(p + n - w.s.n, w.s.p, w.s.n) == 0)
        n -= w.s.n;
    return my_str(p, n);
}

static struct my_val ev_trim(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    return trim_it(ev, e, args, true, true);
}

static struct my_val ev_ltrim(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    return trim_it(ev, e, args, true, false);
}

static struct my_val ev_rtrim(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    return trim_it(ev, e, args, false, true);
}

static void fix_repeat(struct my_eval *ev, struct my_expr *e)
{
    uint64_t chars = my_chars_of(&e->args[0]->m);
    int64_t count = 0;
    bool null = my_any_maybe_null(e);
    if (my_const_i64(ev, e->args[1], &count)) {
        uint64_t times = count < 0 ? 0u : (uint64_t)count;
        chars *= times > 4294967295u ? 4294967295u : times;
    } else if (my_const_null(ev, e->args[1])) {
        chars = 0;
    } else {
        chars = 16777216u / (e->args[0]->m.coll ? e->args[0]->m.coll->maxlen : 1u);
        null = true;
    }
    struct my_expr *list[1] = {e->args[0]};
    struct my_expr tmp = {.args = list, .n_args = 1, .func = e->func};
    my_fix_meet(ev, &tmp, 0, 1, chars, null);
    e->m = tmp.m;
    if (e->m.len > 16777216 && !ev->r->kit->mariadb) {
        e->m.len = 16777216;
        e->m.maybe_null = true;
        my_fix_string_type(&e->m);
    }
}

static struct my_val ev_repeat(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val t = my_arg_text(ev, e, 0, args);
    int64_t count = my_val_i64(&args[1], NULL);
    if (count <= 0 || t.s.n == 0)
        return my_str("", 0);
    if ((uint64_t)count > (64u << 20) / t.s.n || my_too_big(ev, "repeat", t.s.n * (size_t)count)) {
        if ((uint64_t)count > (64u << 20) / t.s.n)
            (void)my_too_big(ev, "repeat", SIZE_MAX);
        return my_null();
    }
    size_t n = t.s.n * (size_t)count;
    char *out = my_step(ev->r, n / 64) ? arena_new(ev->r->arena, n + 1) : NULL;
    if (!out) {
        my_fail(ev->r, MY_ER_OUTOFMEMORY, (int)n);
        return my_null();
    }
    for (size_t i = 0; i < n; i += t.s.n)
        memcpy(out + i, t.s.p, t.s.n);
    return my_str(out, n);
}

static void fix_space(struct my_eval *ev, struct my_expr *e)
{
    int64_t n = 0;
    bool known = my_const_i64(ev, e->args[0], &n) || my_const_null(ev, e->args[0]);
    my_fix_str(ev, e, my_conn_coll(ev), known ? (uint64_t)(n < 0 ? 0 : n) : 16777216u / my_conn_coll(ev)->maxlen, MY_DEC_FLOAT, my_any_maybe_null(e) || !known);
}

static struct my_val ev_space(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)e;
    int64_t n = my_val_i64(&args[0], NULL);
    if (n <= 0)
        return my_str("", 0);
    if (n > (64 << 20) || my_too_big(ev, ev->r->kit->mariadb ? "space" : "repeat", (size_t)n))
        return my_null();
    char *out = arena_new(ev->r->arena, (size_t)n + 1);
    if (!out)
        return my_null();
    memset(out, ' ', (size_t)n);
    return my_str(out, (size_t)n);
}

static void fix_replace(struct my_eval *ev, struct my_expr *e)
{
    uint64_t chars = my_chars_of(&e->args[0]->m), from = my_chars_of(&e->args[1]->m), to = my_chars_of(&e->args[2]->m);
    if (to > from && !(from == 0 && ev->r->kit->mariadb))
        chars += chars * (to - from);
    my_fix_meet(ev, e, 0, 1, chars, my_any_maybe_null(e));
}

static struct my_val ev_replace(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val s = my_arg_text(ev, e, 0, args), f = my_arg_text(ev, e, 1, args), t = my_arg_text(ev, e, 2, args);
    if (!f.s.n || f.s.n > s.s.n)
        return s;
    size_t hits = 0;
    for (size_t at = 0; at + f.s.n <= s.s.n;) {
        bool hit = memcmp(s.s.p + at, f.s.p, f.s.n) == 0;
        hits += hit;
        at += hit ? f.s.n : 1;
    }
    size_t n = s.s.n - hits * f.s.n + hits * t.s.n;
    if (my_too_big(ev, "replace", n) || n > (64u << 20))
        return my_null();
    char *out = my_step(ev->r, n / 64) ? arena_new(ev->r->arena, n + 1) : NULL;
    if (!out)
        return my_null();
    size_t w = 0;
    for (size_t at = 0; at < s.s.n;) {
        if (at + f.s.n <= s.s.n && memcmp(s.s.p + at, f.s.p, f.s.n) == 0) {
            if (t.s.n)
                memcpy(out + w, t.s.p, t.s.n);
            w += t.s.n;
            at += f.s.n;
        } else {
            out[w++] = s.s.p[at++];
        }
    }
    return my_str(out, w);
}

static void fix_insert(struct my_eval *ev, struct my_expr *e)
{
    my_fix_meet(ev, e, 0, 3, my_chars_of(&e->args[0]->m) + my_chars_of(&e->args[3]->m), my_any_maybe_null(e));
}

static struct my_val ev_insert(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val s = my_arg_text(ev, e, 0, args), t = my_arg_text(ev, e, 3, args);
    const struct my_coll *c = e->args[0]->m.coll;
    int64_t pos = my_val_i64(&args[1], NULL), len = my_val_i64(&args[2], NULL), total = (int64_t)my_chars(c, s.s.p, s.s.n);
    if (pos < 1 || pos > total)
        return s;
    if (len < 0 || len > total - pos + 1)
        len = total - pos + 1;
    size_t a = my_char_bytes(c, s.s.p, s.s.n, (size_t)pos - 1), b = a + my_char_bytes(c, s.s.p + a, s.s.n - a, (size_t)len);
    char *out = arena_new(ev->r->arena, a + t.s.n + (s.s.n - b) + 1);
    if (!out)
        return my_null();
    memcpy(out, s.s.p, a);
    if (t.s.n)
        memcpy(out + a, t.s.p, t.s.n);
    memcpy(out + a + t.s.n, s.s.p + b, s.s.n - b);
    return my_str(out, a + t.s.n + s.s.n - b);
}

static void fix_pad(struct my_eval *ev, struct my_expr *e)
{
    int64_t n = 0;
    bool known = my_const_i64(ev, e->args[1], &n);
    my_fix_meet(ev, e, 0, 2, known ? (uint64_t)(n < 0 ? 0 : n) : 16777216u / (e->args[0]->m.coll ? e->args[0]->m.coll->maxlen : 1u), true);
}

static struct my_val pad(struct my_eval *ev, struct my_expr *e, struct my_val *args, bool left)
{
    struct my_val s = my_arg_text(ev, e, 0, args), p = e->n_args > 2 ? my_arg_text(ev, e, 2, args) : my_str(" ", 1);
    const struct my_coll *c = e->args[0]->m.coll;
    int64_t want = my_val_i64(&args[1], NULL), have = (int64_t)my_chars(c, s.s.p, s.s.n);
    if (want < 0 || want > (16 << 20)) {
        if (want > 0)
            (void)my_too_big(ev, left ? "lpad" : "rpad", (size_t)want);
        return my_null();
    }
    if (have >= want)
        return my_str(s.s.p, my_char_bytes(c, s.s.p, s.s.n, (size_t)want));
    if (!p.s.n)
        return my_null();
    size_t fill = (size_t)(want - have), n = s.s.n + fill * 4;
    char *out = my_step(ev->r, fill) && !my_too_big(ev, left ? "lpad" : "rpad", s.s.n + fill) ? arena_new(ev->r->arena, n + 1) : NULL;
    if (!out)
        return my_null();
    size_t at = 0;
    if (!left) {
        memcpy(out, s.s.p, s.s.n);
        at = s.s.n;
    }
    for (size_t i = 0, k = 0; i < fill; i++) {
        size_t one = my_char_bytes(c, p.s.p + k, p.s.n - k, 1);
        memcpy(out + at, p.s.p + k, one);
        at += one;
        k = k + one < p.s.n ? k + one : 0;
    }
    if (left) {
        memcpy(out + at, s.s.p, s.s.n);
        at += s.s.n;
    }
    return my_str(out, at);
}

static struct my_val ev_lpad(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    return pad(ev, e, args, true);
}

static struct my_val ev_rpad(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    return pad(ev, e, args, false);
}

static void fix_quote(struct my_eval *ev, struct my_expr *e)
{
    uint64_t chars = my_chars_of(&e->args[0]->m);
    my_fix_meet(ev, e, 0, 1, ev->r->kit->mariadb && chars == 0 && e->args[0]->m.type == MY_T_NULL ? 4 : chars * 2 + 2, my_any_maybe_null(e));
}

static struct my_val ev_quote(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    if (args[0].kind == MY_V_NULL)
        return my_str("NULL", 4);
    struct my_val s = my_arg_text(ev, e, 0, args);
    char *out = arena_new(ev->r->arena, s.s.n * 2 + 3);
    size_t at = 0;
    if (!out)
        return my_null();
    out[at++] = '\'';
    for (size_t i = 0; i < s.s.n; i++) {
        char c = s.s.p[i];
        if (c == '\'' || c == '\\' || c == '\0' || c == '\032')
            out[at++] = '\\';
        out[at++] = c == '\0' ? '0' : c == '\032' ? 'Z' : c;
    }
    out[at++] = '\'';
    return my_str(out, at);
}

#define W MY_FN_WORD

const struct my_func my_funcs_str_change[] = {
    {"upper", 1, 1, 0, my_fix_same, ev_upper},
    {"ucase", 1, 1, 0, my_fix_same, ev_upper},
    {"lower", 1, 1, 0, my_fix_same, ev_lower},
    {"lcase", 1, 1, 0, my_fix_same, ev_lower},
    {"reverse", 1, 1, W, my_fix_same, ev_reverse},
    {"trim", 1, 2, W, my_fix_same, ev_trim},
    {"ltrim2", 1, 2, W, my_fix_same, ev_ltrim},
    {"rtrim2", 1, 2, W, my_fix_same, ev_rtrim},
    {"ltrim", 1, 1, 0, my_fix_same, ev_ltrim},
    {"rtrim", 1, 1, 0, my_fix_same, ev_rtrim},
    {"repeat", 2, 2, W, fix_repeat, ev_repeat},
    {"space", 1, 1, 0, fix_space, ev_space},
    {"replace", 3, 3, W, fix_replace, ev_replace},
    {"insert", 4, 4, W, fix_insert, ev_insert},
    {"lpad", 2, 3, 0, fix_pad, ev_lpad},
    {"rpad", 2, 3, 0, fix_pad, ev_rpad},
    {"quote", 1, 1, MY_FN_NULLS, fix_quote, ev_quote},
    {0},
};

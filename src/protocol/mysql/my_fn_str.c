/* String functions. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/my_eval.h"

/* ---- typing ---- */
static uint64_t chars_of(const struct my_meta *m)
{
    return m->coll && m->coll->maxlen ? m->len / m->coll->maxlen : m->len;
}

/* The collation all arguments meet in. Numbers are binary strings before 5.5, plain text after. */
static const struct my_coll *meet_all(struct my_eval *ev, struct my_expr *e, size_t from, size_t step)
{
    struct my_meta m = {0};
    bool first = true;
    bool old = ev->r->kit->version < 50500 && !ev->r->kit->mariadb;
    for (size_t i = from; i < e->n_args; i += step) {
        struct my_meta a = e->args[i]->m;
        bool num = my_result_of(a.type) != MY_RES_STR || my_is_temporal(a.type);
        if (num && !old) {
            a.coll = my_conn_coll(ev);
            a.coerce = MY_CO_NUMERIC;
        } else if (num) {
            a.coll = ev->r->kit->binary;
            a.coerce = MY_CO_COERCIBLE;
        }
        if (first)
            m = a;
        else
            (void)my_coll_meet(&m, &a, &m);
        first = false;
        if (m.coerce == MY_CO_NONE) {
            const struct my_meta *x = &e->args[from]->m, *y = &e->args[i]->m;
            my_fail(ev->r, MY_ER_CANT_AGGREGATE_2COLLATIONS, x->coll->name, "IMPLICIT", y->coll->name, "IMPLICIT", e->func ? e->func->name : "");
        }
    }
    if (m.coll && m.coerce == MY_CO_NUMERIC)
        m.coll = my_conn_coll(ev);
    e->m.coerce = m.coerce;
    return m.coll ? m.coll : my_conn_coll(ev);
}

static void fix_meet(struct my_eval *ev, struct my_expr *e, size_t from, size_t step, uint64_t chars, bool null)
{
    const struct my_coll *c = meet_all(ev, e, from, step);
    enum my_coerce co = e->m.coerce;
    my_fix_str(ev, e, c, chars, MY_DEC_FLOAT, null);
    e->m.coerce = co == MY_CO_NUMERIC ? MY_CO_COERCIBLE : co;
}

static void fix_int10(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, 10, my_any_maybe_null(e), false);
}
static void fix_int3(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, 3, my_any_maybe_null(e), false);
}

/* ---- CONCAT ---- */
static void fix_concat(struct my_eval *ev, struct my_expr *e)
{
    uint64_t chars = 0;
    for (size_t i = 0; i < e->n_args; i++)
        chars += chars_of(&e->args[i]->m);
    fix_meet(ev, e, 0, 1, chars, my_any_maybe_null(e));
}

static struct my_val join(struct my_eval *ev, struct my_expr *e, struct my_val *args, size_t from, const struct my_val *sep)
{
    size_t total = 0, count = 0;
    struct my_val *texts = arena_new(ev->r->arena, (e->n_args + 1u) * sizeof *texts);
    if (!texts)
        return my_null();
    for (size_t i = from; i < e->n_args; i++) {
        if (args[i].kind == MY_V_NULL)
            continue;
        texts[count] = my_arg_text(ev, e, i, args);
        total += texts[count].s.n + (count && sep ? sep->s.n : 0);
        count++;
    }
    if (!my_ok(ev->r) || my_too_big(ev, e->func->name, total))
        return my_null();
    char *out = arena_new(ev->r->arena, total + 1);
    if (!out) {
        my_fail(ev->r, MY_ER_OUTOFMEMORY, (int)total);
        return my_null();
    }
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        if (i && sep && sep->s.n) {
            memcpy(out + at, sep->s.p, sep->s.n);
            at += sep->s.n;
        }
        if (texts[i].s.n)
            memcpy(out + at, texts[i].s.p, texts[i].s.n);
        at += texts[i].s.n;
    }
    return my_str(out, at);
}

static struct my_val ev_concat(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    return join(ev, e, args, 0, NULL);
}
static void fix_concat_ws(struct my_eval *ev, struct my_expr *e)
{
    uint64_t chars = chars_of(&e->args[0]->m) * (e->n_args > 2 ? e->n_args - 2u : 0);
    for (size_t i = 1; i < e->n_args; i++)
        chars += chars_of(&e->args[i]->m);
    fix_meet(ev, e, 0, 1, chars, e->args[0]->m.maybe_null);
}
static struct my_val ev_concat_ws(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    if (args[0].kind == MY_V_NULL)
        return my_null();
    struct my_val sep = my_arg_text(ev, e, 0, args);
    return join(ev, e, args, 1, &sep);
}

/* ---- lengths and places ---- */
static struct my_val ev_length(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    return my_int((int64_t)my_arg_text(ev, e, 0, args).s.n);
}
static struct my_val ev_bit_length(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    return my_int((int64_t)my_arg_text(ev, e, 0, args).s.n * 8);
}
static struct my_val ev_char_length(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val t = my_arg_text(ev, e, 0, args);
    return my_int((int64_t)my_chars(e->args[0]->m.coll, t.s.p, t.s.n));
}
static struct my_val ev_ascii(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val t = my_arg_text(ev, e, 0, args);
    return my_int(t.s.n ? (unsigned char)t.s.p[0] : 0);
}
static void fix_ord(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, ev->r->kit->mariadb ? 7 : 21, my_any_maybe_null(e), false);
}
static struct my_val ev_ord(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val t = my_arg_text(ev, e, 0, args);
    size_t n = my_char_bytes(e->args[0]->m.coll, t.s.p, t.s.n, 1);
    int64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | (unsigned char)t.s.p[i];
    return my_int(v);
}

static void fix_locate(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, 11, my_any_maybe_null(e), false);
}
/* 1-based character position of needle in s from the given one on; 0: not there. */
static int64_t find(struct my_eval *ev, const struct my_coll *c, const struct my_val *s, const struct my_val *needle, int64_t from)
{
    if (from < 1)
        return 0;
    int64_t pos = 1;
    for (size_t at = 0; at + needle->s.n <= s->s.n; pos++) {
        if (pos >= from) {
            if (!my_step(ev->r, 1))
                return 0;
            if (my_coll_compare(c, s->s.p + at, needle->s.n, needle->s.p, needle->s.n) == 0)
                return pos;
        }
        size_t one = my_char_bytes(c, s->s.p + at, s->s.n - at, 1);
        at += one ? one : 1;
    }
    return needle->s.n == 0 && from <= pos ? from : 0;
}
static struct my_val ev_locate(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val needle = my_arg_text(ev, e, 0, args), s = my_arg_text(ev, e, 1, args);
    const struct my_coll *c = my_coll_meet(&e->args[0]->m, &e->args[1]->m, NULL);
    return my_int(find(ev, c, &s, &needle, e->n_args > 2 ? my_val_i64(&args[2], NULL) : 1));
}
static struct my_val ev_instr(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val s = my_arg_text(ev, e, 0, args), needle = my_arg_text(ev, e, 1, args);
    const struct my_coll *c = my_coll_meet(&e->args[0]->m, &e->args[1]->m, NULL);
    return my_int(find(ev, c, &s, &needle, 1));
}
static struct my_val ev_field(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    if (args[0].kind == MY_V_NULL)
        return my_int(0);
    for (size_t i = 1; i < e->n_args; i++)
        if (args[i].kind != MY_V_NULL && my_compare(ev, &args[0], &e->args[0]->m, &args[i], &e->args[i]->m) == 0)
            return my_int((int64_t)i);
    return my_int(0);
}
static void fix_field(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, 3, false, false);
}
static struct my_val ev_find_in_set(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val s = my_arg_text(ev, e, 0, args), list = my_arg_text(ev, e, 1, args);
    const struct my_coll *c = my_coll_meet(&e->args[0]->m, &e->args[1]->m, NULL);
    int64_t pos = 1;
    for (size_t at = 0; at <= list.s.n && list.s.n; pos++) {
        size_t end = at;
        while (end < list.s.n && list.s.p[end] != ',')
            end++;
        if (my_coll_compare(c, list.s.p + at, end - at, s.s.p, s.s.n) == 0)
            return my_int(pos);
        at = end + 1;
    }
    return my_int(0);
}

/* ---- parts ---- */
static bool const_i64(struct my_eval *ev, struct my_expr *a, int64_t *ret)
{
    if (!a->is_const || a->has_field)
        return false;
    struct my_val v = my_eval_expr(ev, a);
    if (v.kind == MY_V_NULL)
        return false;
    *ret = my_val_i64(&v, NULL);
    return true;
}
static void fix_substr(struct my_eval *ev, struct my_expr *e)
{
    uint64_t chars = chars_of(&e->args[0]->m);
    int64_t start = 0, len = 0;
    bool null = my_any_maybe_null(e);
    if (const_i64(ev, e->args[1], &start)) {
        if (start < 0)
            chars = (uint64_t)-start > chars ? (ev->r->kit->version >= 50600 ? 0 : chars) : (uint64_t)-start;
        else if (start > 0)
            chars -= (uint64_t)(start - 1) < chars ? (uint64_t)(start - 1) : chars;
    }
    if (e->n_args > 2 && const_i64(ev, e->args[2], &len))
        chars = len <= 0 ? 0 : (uint64_t)len < chars ? (uint64_t)len : chars;
    struct my_expr *list[1] = {e->args[0]};
    struct my_expr tmp = {.args = list, .n_args = 1, .func = e->func};
    fix_meet(ev, &tmp, 0, 1, chars, null);
    e->m = tmp.m;
}
static struct my_val ev_substr(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val t = my_arg_text(ev, e, 0, args);
    const struct my_coll *c = e->args[0]->m.coll;
    int64_t total = (int64_t)my_chars(c, t.s.p, t.s.n), start = my_val_i64(&args[1], NULL);
    int64_t len = e->n_args > 2 ? my_val_i64(&args[2], NULL) : INT64_MAX;
    if (start < 0)
        start = total + start + 1;
    if (start < 1 || start > total || len <= 0)
        return my_str("", 0);
    if (len > total - start + 1)
        len = total - start + 1;
    size_t from = my_char_bytes(c, t.s.p, t.s.n, (size_t)start - 1);
    size_t n = my_char_bytes(c, t.s.p + from, t.s.n - from, (size_t)len);
    return my_str(t.s.p + from, n);
}
static void fix_left(struct my_eval *ev, struct my_expr *e)
{
    uint64_t chars = chars_of(&e->args[0]->m);
    int64_t len = 0;
    if (const_i64(ev, e->args[1], &len))
        chars = len <= 0 ? 0 : (uint64_t)len < chars ? (uint64_t)len : chars;
    struct my_expr *list[1] = {e->args[0]};
    struct my_expr tmp = {.args = list, .n_args = 1, .func = e->func};
    fix_meet(ev, &tmp, 0, 1, chars, my_any_maybe_null(e));
    e->m = tmp.m;
}
static struct my_val ev_left(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val t = my_arg_text(ev, e, 0, args);
    int64_t len = my_val_i64(&args[1], NULL);
    return len <= 0 ? my_str("", 0) : my_str(t.s.p, my_char_bytes(e->args[0]->m.coll, t.s.p, t.s.n, (size_t)len));
}
static struct my_val ev_right(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val t = my_arg_text(ev, e, 0, args);
    int64_t len = my_val_i64(&args[1], NULL), total = (int64_t)my_chars(e->args[0]->m.coll, t.s.p, t.s.n);
    if (len <= 0)
        return my_str("", 0);
    if (len >= total)
        return t;
    size_t skip = my_char_bytes(e->args[0]->m.coll, t.s.p, t.s.n, (size_t)(total - len));
    return my_str(t.s.p + skip, t.s.n - skip);
}
static void fix_same(struct my_eval *ev, struct my_expr *e)
{
    fix_meet(ev, e, 0, e->n_args ? e->n_args : 1, chars_of(&e->args[0]->m), my_any_maybe_null(e));
}
static struct my_val ev_substring_index(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val s = my_arg_text(ev, e, 0, args), d = my_arg_text(ev, e, 1, args);
    int64_t count = my_val_i64(&args[2], NULL);
    if (!count || !d.s.n || !s.s.n)
        return my_str("", 0);
    if (count > 0) {
        for (size_t at = 0; at + d.s.n <= s.s.n; at++)
            if (memcmp(s.s.p + at, d.s.p, d.s.n) == 0) {
                if (--count == 0)
                    return my_str(s.s.p, at);
                at += d.s.n - 1;
            }
        return s;
    }
    for (size_t at = s.s.n - (d.s.n <= s.s.n ? d.s.n : s.s.n) + 1; at-- > 0;)
        if (at + d.s.n <= s.s.n && memcmp(s.s.p + at, d.s.p, d.s.n) == 0 && ++count == 0)
            return my_str(s.s.p + at + d.s.n, s.s.n - at - d.s.n);
    return s;
}

/* ---- changes ---- */
static struct my_val map_bytes(struct my_eval *ev, struct my_expr *e, struct my_val *args, int (*f)(int))
{
    struct my_val t = my_arg_text(ev, e, 0, args);
    if (e->args[0]->m.coll && my_coll_is_binary(e->args[0]->m.coll) && my_result_of(e->args[0]->m.type) == MY_RES_STR)
        return t; /* binary strings have no case */
    char *out = arena_copy(ev->r->arena, t.s.p, t.s.n);
    for (size_t i = 0; out && i < t.s.n; i++)
        if ((unsigned char)out[i] < 0x80)
            out[i] = (char)f((unsigned char)out[i]);
    return out ? my_str(out, t.s.n) : my_null();
}
static struct my_val ev_upper(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    return map_bytes(ev, e, args, toupper);
}
static struct my_val ev_lower(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    return map_bytes(ev, e, args, tolower);
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
    uint64_t chars = chars_of(&e->args[0]->m);
    int64_t count = 0;
    bool null = my_any_maybe_null(e);
    if (const_i64(ev, e->args[1], &count)) {
        uint64_t times = count < 0 ? 0u : (uint64_t)count;
        chars *= times > 4294967295u ? 4294967295u : times;
    } else {
        chars = 16777216u / (e->args[0]->m.coll ? e->args[0]->m.coll->maxlen : 1u);
        null = true;
    }
    struct my_expr *list[1] = {e->args[0]};
    struct my_expr tmp = {.args = list, .n_args = 1, .func = e->func};
    fix_meet(ev, &tmp, 0, 1, chars, null);
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
    bool known = const_i64(ev, e->args[0], &n);
    my_fix_str(ev, e, my_conn_coll(ev), known ? (uint64_t)(n < 0 ? 0 : n) : 16777216u / my_conn_coll(ev)->maxlen, MY_DEC_FLOAT, my_any_maybe_null(e) || !known);
}
static struct my_val ev_space(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)e;
    int64_t n = my_val_i64(&args[0], NULL);
    if (n <= 0)
        return my_str("", 0);
    if (n > (64 << 20) || my_too_big(ev, "repeat", (size_t)n))
        return my_null();
    char *out = arena_new(ev->r->arena, (size_t)n + 1);
    if (!out)
        return my_null();
    memset(out, ' ', (size_t)n);
    return my_str(out, (size_t)n);
}
static void fix_replace(struct my_eval *ev, struct my_expr *e)
{
    uint64_t chars = chars_of(&e->args[0]->m), from = chars_of(&e->args[1]->m), to = chars_of(&e->args[2]->m);
    if (to > from)
        chars += chars * (to - from);
    fix_meet(ev, e, 0, 1, chars, my_any_maybe_null(e));
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
    fix_meet(ev, e, 0, 3, chars_of(&e->args[0]->m) + chars_of(&e->args[3]->m), my_any_maybe_null(e));
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
    bool known = const_i64(ev, e->args[1], &n);
    fix_meet(ev, e, 0, 2, known ? (uint64_t)(n < 0 ? 0 : n) : 16777216u / (e->args[0]->m.coll ? e->args[0]->m.coll->maxlen : 1u), true);
}
static struct my_val pad(struct my_eval *ev, struct my_expr *e, struct my_val *args, bool left)
{
    struct my_val s = my_arg_text(ev, e, 0, args), p = e->n_args > 2 ? my_arg_text(ev, e, 2, args) : my_str(" ", 1);
    const struct my_coll *c = e->args[0]->m.coll;
    int64_t want = my_val_i64(&args[1], NULL), have = (int64_t)my_chars(c, s.s.p, s.s.n);
    if (want < 0 || want > (16 << 20))
        return my_null();
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
    fix_meet(ev, e, 0, 1, chars_of(&e->args[0]->m) * 2 + 2, my_any_maybe_null(e));
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

/* ---- numbers as text ---- */
static void fix_hex(struct my_eval *ev, struct my_expr *e)
{
    const struct my_meta *a = &e->args[0]->m;
    const struct my_coll *c = my_conn_coll(ev);
    uint64_t bytes = (uint64_t)a->len * 2;
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
    my_fix_str(ev, e, my_conn_coll(ev), 64, 0, true);
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
static void fix_format(struct my_eval *ev, struct my_expr *e)
{
    const struct my_meta *a = &e->args[0]->m;
    uint64_t chars = a->len - (a->dec < MY_DEC_FLOAT ? a->dec : 0);
    chars = chars + (chars - chars % 3) / 3 + 40;
    bool old = ev->r->kit->version < 50500 && !ev->r->kit->mariadb;
    my_fix_str(ev, e, old ? ev->r->kit->latin1 : my_conn_coll(ev), chars, MY_DEC_FLOAT, my_any_maybe_null(e));
}
static struct my_val ev_format(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)e;
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
        chars = chars_of(&e->args[i]->m) > chars ? chars_of(&e->args[i]->m) : chars;
    fix_meet(ev, e, 1, 1, chars, true);
}
static void fix_make_set(struct my_eval *ev, struct my_expr *e)
{
    uint64_t chars = e->n_args - 2u;
    for (size_t i = 1; i < e->n_args; i++)
        chars += chars_of(&e->args[i]->m);
    fix_meet(ev, e, 1, 1, chars, e->args[0]->m.maybe_null);
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
    return join(ev, e, args, 1, &sep);
}
static void fix_export_set(struct my_eval *ev, struct my_expr *e)
{
    uint64_t a = chars_of(&e->args[1]->m), b = chars_of(&e->args[2]->m), s = e->n_args > 3 ? chars_of(&e->args[3]->m) : 1;
    fix_meet(ev, e, 1, 1, (a > b ? a : b) * 64 + s * 63, my_any_maybe_null(e));
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
    uint64_t chars = chars_of(&e->args[0]->m);
    fix_meet(ev, e, 0, 1, chars < 4 ? 4 : chars, my_any_maybe_null(e));
}
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
    my_fix_str(ev, e, c, chars_of(a), MY_DEC_FLOAT, a->maybe_null);
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
    my_fix_str(ev, e, c, chars_of(&e->args[0]->m), MY_DEC_FLOAT, e->args[0]->m.maybe_null);
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
        uint64_t chars = t->has_len ? t->len : t->is_binary_string ? a->len : chars_of(a);
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

/* ---- addresses ---- */
static void fix_inet_aton(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, 21, true, true);
}
static struct my_val ev_inet_aton(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val t = my_arg_text(ev, e, 0, args);
    uint64_t v = 0, part = 0;
    unsigned dots = 0;
    char last = '.';
    for (size_t i = 0; i < t.s.n; i++) {
        last = t.s.p[i];
        if (last >= '0' && last <= '9') {
            part = part * 10 + (unsigned)(last - '0');
            if (part > 255)
                return my_null();
        } else if (last == '.') {
            dots++;
            v = v << 8 | part;
            part = 0;
        } else {
            return my_null();
        }
    }
    if (last == '.' || dots > 3)
        return my_null();
    if (dots == 0)
        return my_uint(part);
    return my_uint(v << 8 * (3 - dots) << 8 | part); /* 127.1 is 127.0.0.1 */
}
static void fix_inet_ntoa(struct my_eval *ev, struct my_expr *e)
{
    my_fix_str(ev, e, my_conn_coll(ev), 15, 0, true);
}
static struct my_val ev_inet_ntoa(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)e;
    uint64_t v = (uint64_t)my_val_i64(&args[0], NULL);
    if (v > 0xffffffff)
        return my_null();
    char buf[20];
    int n = snprintf(buf, sizeof buf, "%u.%u.%u.%u", (unsigned)(v >> 24), (unsigned)(v >> 16 & 255), (unsigned)(v >> 8 & 255), (unsigned)(v & 255));
    return my_text_out(ev, buf, n > 0 ? (size_t)n : 0);
}
static void fix_bool1(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, 1, false, false);
}
static struct my_val ev_is_ipv4(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    if (args[0].kind == MY_V_NULL)
        return my_int(0);
    struct my_val t = my_arg_text(ev, e, 0, args);
    char *s = arena_copy(ev->r->arena, t.s.p, t.s.n);
    struct in_addr a;
    return my_int(s && inet_pton(AF_INET, s, &a) == 1);
}
static struct my_val ev_is_ipv6(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    if (args[0].kind == MY_V_NULL)
        return my_int(0);
    struct my_val t = my_arg_text(ev, e, 0, args);
    char *s = arena_copy(ev->r->arena, t.s.p, t.s.n);
    struct in6_addr a;
    return my_int(s && inet_pton(AF_INET6, s, &a) == 1);
}

/* ---- base 64 ---- */
static const char b64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static void fix_to_base64(struct my_eval *ev, struct my_expr *e)
{
    uint64_t n = ((uint64_t)e->args[0]->m.len + 2) / 3 * 4;
    my_fix_str(ev, e, my_conn_coll(ev), n + (n ? (n - 1) / 76 : 0), MY_DEC_FLOAT, true);
}
static struct my_val ev_to_base64(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val t = my_arg_text(ev, e, 0, args);
    size_t n = (t.s.n + 2) / 3 * 4, at = 0, line = 0;
    char *out = my_too_big(ev, "to_base64", n) ? NULL : arena_new(ev->r->arena, n + n / 76 + 2);
    for (size_t i = 0; out && i < t.s.n; i += 3) {
        uint32_t v = (uint32_t)(unsigned char)t.s.p[i] << 16;
        v |= i + 1 < t.s.n ? (uint32_t)(unsigned char)t.s.p[i + 1] << 8 : 0;
        v |= i + 2 < t.s.n ? (unsigned char)t.s.p[i + 2] : 0;
        if (line == 76) {
            out[at++] = '\n';
            line = 0;
        }
        out[at++] = b64[v >> 18];
        out[at++] = b64[v >> 12 & 63];
        out[at++] = i + 1 < t.s.n ? b64[v >> 6 & 63] : '=';
        out[at++] = i + 2 < t.s.n ? b64[v & 63] : '=';
        line += 4;
    }
    return out ? my_str(out, at) : my_null();
}
static void fix_from_base64(struct my_eval *ev, struct my_expr *e)
{
    my_fix_str(ev, e, ev->r->kit->binary, (uint64_t)e->args[0]->m.len / 4 * 3, MY_DEC_FLOAT, true);
}
static struct my_val ev_from_base64(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val t = my_arg_text(ev, e, 0, args);
    char *out = arena_new(ev->r->arena, t.s.n + 1);
    size_t at = 0, pads = 0;
    uint32_t v = 0;
    unsigned have = 0;
    for (size_t i = 0; out && i < t.s.n; i++) {
        char c = t.s.p[i];
        if (c == ' ' || c == '\n' || c == '\r' || c == '\t')
            continue;
        const char *p = c == '=' ? b64 : strchr(b64, c);
        if (!p || !c || (pads && c != '='))
            return my_null();
        pads += c == '=';
        v = v << 6 | (uint32_t)(p - b64);
        if (++have == 4) {
            for (unsigned k = 0; k < 3 - pads; k++)
                out[at++] = (char)(v >> (16 - 8 * k));
            have = 0;
            v = 0;
        }
    }
    return out && have == 0 && pads < 3 ? my_str(out, at) : my_null();
}

#define W MY_FN_WORD
const struct my_func my_funcs_str[] = {
    {"concat", 1, MY_ARGS_MANY, 0, fix_concat, ev_concat},
    {"concat_ws", 2, MY_ARGS_MANY, MY_FN_NULLS, fix_concat_ws, ev_concat_ws},
    {"length", 1, 1, 0, fix_int10, ev_length},
    {"octet_length", 1, 1, 0, fix_int10, ev_length},
    {"bit_length", 1, 1, 0, fix_int10, ev_bit_length},
    {"char_length", 1, 1, 0, fix_int10, ev_char_length},
    {"character_length", 1, 1, 0, fix_int10, ev_char_length},
    {"ascii", 1, 1, W, fix_int3, ev_ascii},
    {"ord", 1, 1, 0, fix_ord, ev_ord},
    {"locate", 2, 3, 0, fix_locate, ev_locate},
    {"instr", 2, 2, 0, fix_locate, ev_instr},
    {"field", 2, MY_ARGS_MANY, MY_FN_NULLS, fix_field, ev_field},
    {"find_in_set", 2, 2, 0, fix_int3, ev_find_in_set},
    {"substr", 2, 3, W, fix_substr, ev_substr},
    {"left", 2, 2, W, fix_left, ev_left},
    {"right", 2, 2, W, fix_left, ev_right},
    {"substring_index", 3, 3, 0, fix_same, ev_substring_index},
    {"upper", 1, 1, 0, fix_same, ev_upper},
    {"ucase", 1, 1, 0, fix_same, ev_upper},
    {"lower", 1, 1, 0, fix_same, ev_lower},
    {"lcase", 1, 1, 0, fix_same, ev_lower},
    {"reverse", 1, 1, W, fix_same, ev_reverse},
    {"trim", 1, 2, W, fix_same, ev_trim},
    {"ltrim2", 1, 2, W, fix_same, ev_ltrim},
    {"rtrim2", 1, 2, W, fix_same, ev_rtrim},
    {"ltrim", 1, 1, 0, fix_same, ev_ltrim},
    {"rtrim", 1, 1, 0, fix_same, ev_rtrim},
    {"repeat", 2, 2, W, fix_repeat, ev_repeat},
    {"space", 1, 1, 0, fix_space, ev_space},
    {"replace", 3, 3, W, fix_replace, ev_replace},
    {"insert", 4, 4, W, fix_insert, ev_insert},
    {"lpad", 3, 3, 0, fix_pad, ev_lpad},
    {"rpad", 3, 3, 0, fix_pad, ev_rpad},
    {"quote", 1, 1, MY_FN_NULLS, fix_quote, ev_quote},
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
    {"collate", 1, 1, W, fix_collate, ev_text},
    {"convert", 1, 1, W, fix_convert, ev_text},
    {"binary", 1, 1, W, fix_binary, ev_text},
    {"charset", 1, 1, W | MY_FN_NULLS, fix_name64, ev_charset},
    {"collation", 1, 1, W | MY_FN_NULLS, fix_name64, ev_collation},
    {"coercibility", 1, 1, MY_FN_NULLS, fix_int10, ev_coercibility},
    {"cast", 1, 1, W, fix_cast, ev_cast},
    {"inet_aton", 1, 1, 0, fix_inet_aton, ev_inet_aton},
    {"inet_ntoa", 1, 1, 0, fix_inet_ntoa, ev_inet_ntoa},
    {"is_ipv4", 1, 1, MY_FN_NULLS | MY_FN_SINCE_56, fix_bool1, ev_is_ipv4},
    {"is_ipv6", 1, 1, MY_FN_NULLS | MY_FN_SINCE_56, fix_bool1, ev_is_ipv6},
    {"to_base64", 1, 1, MY_FN_SINCE_56, fix_to_base64, ev_to_base64},
    {"from_base64", 1, 1, MY_FN_SINCE_56, fix_from_base64, ev_from_base64},
    {0},
};

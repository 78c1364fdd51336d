/* String functions: CONCAT, lengths, places and parts. */
#include <string.h>

#include "protocol/mysql/expr/my_charset.h"
#include "protocol/mysql/expr/my_eval.h"
#include "protocol/mysql/expr/my_fn_str.h"

/* ---- typing ---- */
uint64_t my_chars_of(const struct my_meta *m)
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

void my_fix_meet(struct my_eval *ev, struct my_expr *e, size_t from, size_t step, uint64_t chars, bool null)
{
    const struct my_coll *c = meet_all(ev, e, from, step);
    enum my_coerce co = e->m.coerce;
    my_fix_str(ev, e, c, chars, MY_DEC_FLOAT, null);
    e->m.coerce = co == MY_CO_NUMERIC ? MY_CO_COERCIBLE : co;
}

void my_fix_int10(struct my_eval *ev, struct my_expr *e)
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
        chars += my_chars_of(&e->args[i]->m);
    my_fix_meet(ev, e, 0, 1, chars, my_any_maybe_null(e));
}

/* An argument in the character set that all met in. */
static struct my_val in_common(struct my_eval *ev, struct my_expr *e, size_t i, struct my_val t)
{
    const struct my_meta *a = &e->args[i]->m;
    size_t n = 0;
    if (t.kind != MY_V_STR || my_result_of(a->type) != MY_RES_STR || my_is_temporal(a->type) || !my_converts(a->coll, e->m.coll) || t.s.n > (16u << 20))
        return t;
    char *out = my_convert(ev->r->arena, a->coll, e->m.coll, t.s.p, t.s.n, &n);
    return out ? my_str(out, n) : t;
}

struct my_val my_join(struct my_eval *ev, struct my_expr *e, struct my_val *args, size_t from, const struct my_val *sep)
{
    size_t total = 0, count = 0;
    struct my_val *texts = arena_new(ev->r->arena, (e->n_args + 1u) * sizeof *texts);
    if (!texts)
        return my_null();
    for (size_t i = from; i < e->n_args; i++) {
        if (args[i].kind == MY_V_NULL)
            continue;
        texts[count] = in_common(ev, e, i, my_arg_text(ev, e, i, args));
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
    return my_join(ev, e, args, 0, NULL);
}

static void fix_concat_ws(struct my_eval *ev, struct my_expr *e)
{
    uint64_t chars = my_chars_of(&e->args[0]->m) * (e->n_args > 2 ? e->n_args - 2u : 0);
    for (size_t i = 1; i < e->n_args; i++)
        chars += my_chars_of(&e->args[i]->m);
    my_fix_meet(ev, e, 0, 1, chars, e->args[0]->m.maybe_null);
}

static struct my_val ev_concat_ws(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    if (args[0].kind == MY_V_NULL)
        return my_null();
    struct my_val sep = my_arg_text(ev, e, 0, args);
    return my_join(ev, e, args, 1, &sep);
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
    if (ev->r->kit->mariadb) /* Item_long_func */
        e->m.type = MY_T_LONG;
}

static void fix_bit_length(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, ev->r->kit->mariadb ? 11 : 10, my_any_maybe_null(e), false);
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
bool my_const_i64(struct my_eval *ev, struct my_expr *a, int64_t *ret)
{
    if (!a->is_const || a->has_field)
        return false;
    struct my_val v = my_eval_expr(ev, a);
    if (v.kind == MY_V_NULL)
        return false;
    *ret = my_val_i64(&v, NULL);
    return true;
}

bool my_const_null(struct my_eval *ev, struct my_expr *a)
{
    return ev->r->kit->mariadb && a->op == MY_X_LITERAL && a->val.kind == MY_V_NULL;
}

static void fix_substr(struct my_eval *ev, struct my_expr *e)
{
    uint64_t chars = ev->r->kit->mariadb ? e->args[0]->m.len : my_chars_of(&e->args[0]->m); /* MariaDB takes bytes for characters here */
    int64_t start = 0, len = 0;
    bool null = my_any_maybe_null(e);
    if (my_const_i64(ev, e->args[1], &start)) {
        if (start == 0 && ev->r->kit->mariadb)
            chars = 0;
        else if (start < 0)
            chars = (uint64_t)-start > chars ? (ev->r->kit->version >= 50600 ? 0 : chars) : (uint64_t)-start;
        else if (start > 0)
            chars -= (uint64_t)(start - 1) < chars ? (uint64_t)(start - 1) : chars;
    }
    if (e->n_args > 2 && my_const_i64(ev, e->args[2], &len))
        chars = len <= 0 ? 0 : (uint64_t)len < chars ? (uint64_t)len : chars;
    struct my_expr *list[1] = {e->args[0]};
    struct my_expr tmp = {.args = list, .n_args = 1, .func = e->func};
    my_fix_meet(ev, &tmp, 0, 1, chars, null);
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
    uint64_t chars = my_chars_of(&e->args[0]->m);
    int64_t len = 0;
    if (my_const_i64(ev, e->args[1], &len))
        chars = len <= 0 ? 0 : (uint64_t)len < chars ? (uint64_t)len : chars;
    else if (my_const_null(ev, e->args[1]))
        chars = 0;
    struct my_expr *list[1] = {e->args[0]};
    struct my_expr tmp = {.args = list, .n_args = 1, .func = e->func};
    my_fix_meet(ev, &tmp, 0, 1, chars, my_any_maybe_null(e));
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

void my_fix_same(struct my_eval *ev, struct my_expr *e)
{
    my_fix_meet(ev, e, 0, e->n_args ? e->n_args : 1, my_chars_of(&e->args[0]->m), my_any_maybe_null(e));
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

#define W MY_FN_WORD

const struct my_func my_funcs_str[] = {
    {"concat", 1, MY_ARGS_MANY, 0, fix_concat, ev_concat},
    {"concat_ws", 2, MY_ARGS_MANY, MY_FN_NULLS, fix_concat_ws, ev_concat_ws},
    {"length", 1, 1, 0, my_fix_int10, ev_length},
    {"octet_length", 1, 1, 0, my_fix_int10, ev_length},
    {"bit_length", 1, 1, 0, fix_bit_length, ev_bit_length},
    {"char_length", 1, 1, 0, my_fix_int10, ev_char_length},
    {"character_length", 1, 1, 0, my_fix_int10, ev_char_length},
    {"ascii", 1, 1, W, fix_int3, ev_ascii},
    {"ord", 1, 1, 0, fix_ord, ev_ord},
    {"locate", 2, 3, 0, fix_locate, ev_locate},
    {"instr", 2, 2, 0, fix_locate, ev_instr},
    {"field", 2, MY_ARGS_MANY, MY_FN_NULLS, fix_field, ev_field},
    {"find_in_set", 2, 2, 0, fix_int3, ev_find_in_set},
    {"substr", 2, 3, W, fix_substr, ev_substr},
    {"left", 2, 2, W, fix_left, ev_left},
    {"right", 2, 2, W, fix_left, ev_right},
    {"substring_index", 3, 3, 0, my_fix_same, ev_substring_index},
    {0},
};

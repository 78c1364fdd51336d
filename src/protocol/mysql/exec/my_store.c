#include "protocol/mysql/exec/my_store.h"
#include "protocol/mysql/expr/my_charset.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/world/my_def.h"

static struct my_cell cell_of(struct my_run *r, const char *p, size_t n)
{
    char *own = arena_copy(r->arena, p ? p : "", n);
    if (!own)
        my_fail(r, MY_ER_OUTOFMEMORY, (int)n);
    return (struct my_cell){.p = own, .n = own ? (uint32_t)n : 0, .null = !own};
}

static void complain(struct my_store *st, enum my_err e, const char *col)
{
    if (st->strict)
        my_fail(st->r, e, col, st->row);
    else
        my_warn(st->r, MY_WARNING, e, col, st->row);
}

/* Error or warning 1366 or 1292 of a value that is no such thing. MariaDB names the whole column. */
static void complain_value(struct my_store *st, uint16_t code, const char *type, const struct my_val *text, const char *col)
{
    char shown[130], where[420], msg[600];
    size_t n = text->s.n < sizeof shown - 1 ? text->s.n : sizeof shown - 1;
    memcpy(shown, text->s.p, n);
    shown[n] = '\0';
    if (st->r->kit->mariadb && st->table)
        (void)snprintf(where, sizeof where, "`%.130s`.`%.130s`.`%.130s`", st->db, st->table, col);
    else
        (void)snprintf(where, sizeof where, "'%.130s'", col);
    (void)snprintf(msg, sizeof msg, "Incorrect %s value: '%s' for column %s at row %ld", type, shown, where, st->row);
    if (!st->strict)
        my_warn_text(st->r, MY_WARNING, code, msg);
    else if (code == 1292 || st->r->kit->mariadb)
        my_fail_text(st->r, code == 1292 ? MY_ER_INCORRECT_VALUE : MY_ER_TRUNCATED_WRONG_VALUE_22007, msg);
    else
        my_fail_text(st->r, MY_ER_TRUNCATED_WRONG_VALUE_FOR_FIELD, msg);
}

static bool all_blank(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (s[i] != ' ' && (s[i] < '\t' || s[i] > '\r'))
            return false;
    return true;
}

/* A text that shall be a number: what is wrong with it. */
static void check_number(struct my_store *st, const struct my_column *c, const struct my_val *t, const char *type, bool bad)
{
    if (!bad)
        return;
    const char *p = t->s.p;
    size_t i = 0;
    while (i < t->s.n && (p[i] == ' ' || (p[i] >= '\t' && p[i] <= '\r')))
        i++;
    if (i < t->s.n && (p[i] == '-' || p[i] == '+'))
        i++;
    if (i < t->s.n && ((p[i] >= '0' && p[i] <= '9') || p[i] == '.'))
        complain(st, MY_ER_WARN_DATA_TRUNCATED, c->name);
    else if (t->s.n == 0 || !all_blank(p, t->s.n))
        complain_value(st, 1366, type, t, c->name);
}

static unsigned int_bits(uint8_t type)
{
    switch (type) {
    case MY_T_TINY:
        return 8;
    case MY_T_SHORT:
        return 16;
    case MY_T_INT24:
        return 24;
    case MY_T_LONG:
        return 32;
    default:
        return 64;
    }
}

/* The value as a whole number, rounded; *ret_big when a negative stands for more than INT64_MAX. */
static int64_t whole(struct my_store *st, const struct my_column *c, const struct my_val *v, bool *ret_uns, bool *ret_over)
{
    *ret_uns = *ret_over = false;
    switch (v->kind) {
    case MY_V_INT:
        return v->i;
    case MY_V_UINT:
        *ret_uns = true;
        return (int64_t)v->u;
    case MY_V_DEC:
        return my_dec_i64(v->dec, ret_over);
    case MY_V_REAL: {
        double d = rint(v->d);
        if (d >= 9.2e18 || d <= -9.2e18) {
            *ret_over = true;
            return d > 0 ? INT64_MAX : INT64_MIN;
        }
        return (int64_t)d;
    }
    case MY_V_STR: {
        bool bad = false;
        struct my_dec d = my_dec_of_text(v->s.p, v->s.n, &bad);
        check_number(st, c, v, "integer", bad);
        if (d.scale == 0 && d.unscaled > INT64_MAX && d.unscaled <= (__int128)UINT64_MAX) {
            *ret_uns = true;
            return (int64_t)(uint64_t)d.unscaled;
        }
        return my_dec_i64(d, ret_over);
    }
    default:
        return 0;
    }
}

static struct my_cell store_int(struct my_store *st, const struct my_column *c, const struct my_val *v)
{
    bool uns, over;
    int64_t i = whole(st, c, v, &uns, &over);
    unsigned bits = int_bits(c->type.type);
    bool neg = !uns && i < 0, out = over;
    char buf[32];
    if (c->type.unsigned_) {
        uint64_t max = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1, u = neg ? 0 : (uint64_t)i;
        out |= neg || u > max;
        if (u > max)
            u = max;
        (void)snprintf(buf, sizeof buf, "%" PRIu64, u);
    } else {
        int64_t max = bits == 64 ? INT64_MAX : (INT64_C(1) << (bits - 1)) - 1, min = -max - 1;
        bool high = (uns && i < 0) || (i > max);
        out |= high || (!uns && i < min);
        i = high ? max : i < min ? min : i;
        (void)snprintf(buf, sizeof buf, "%" PRId64, i);
    }
    if (out)
        complain(st, MY_ER_WARN_DATA_OUT_OF_RANGE, c->name);
    return cell_of(st->r, buf, strlen(buf));
}

static struct my_cell store_year(struct my_store *st, const struct my_column *c, const struct my_val *v)
{
    bool uns, over;
    int64_t y = whole(st, c, v, &uns, &over);
    if (y > 0 && y < 70)
        y += 2000;
    else if (y >= 70 && y < 100)
        y += 1900;
    if (over || uns || (y != 0 && (y < 1901 || y > 2155))) {
        complain(st, MY_ER_WARN_DATA_OUT_OF_RANGE, c->name);
        y = 0;
    }
    char buf[32];
    (void)snprintf(buf, sizeof buf, "%04" PRId64, y);
    return cell_of(st->r, buf, strlen(buf));
}

static struct my_cell store_bit(struct my_store *st, const struct my_column *c, const struct my_val *v)
{
    uint64_t bits = 0;
    unsigned width = c->type.len ? c->type.len : 1;
    bool over = false, uns = false;
    if (v->kind == MY_V_STR) {
        over = v->s.n > 8;
        for (size_t i = over ? v->s.n - 8 : 0; i < v->s.n; i++)
            bits = bits << 8 | (uint8_t)v->s.p[i];
    } else {
        bits = (uint64_t)whole(st, c, v, &uns, &over);
    }
    uint64_t max = width >= 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;
    if (over || bits > max) {
        complain(st, st->strict ? MY_ER_DATA_TOO_LONG : MY_ER_WARN_DATA_OUT_OF_RANGE, c->name);
        bits = max;
    }
    char buf[8];
    size_t n = (width + 7) / 8;
    n = n > 8 ? 8 : n;
    for (size_t i = 0; i < n; i++)
        buf[i] = (char)(uint8_t)(bits >> (8 * (n - 1 - i)));
    return cell_of(st->r, buf, n);
}

static struct my_cell store_real(struct my_store *st, const struct my_column *c, const struct my_val *v)
{
    double d;
    if (v->kind == MY_V_STR) {
        bool bad = false;
        d = my_text_real(v->s.p, v->s.n, &bad);
        check_number(st, c, v, "double", bad);
    } else {
        d = my_val_real(v);
    }
    bool is_float = c->type.type == MY_T_FLOAT;
    if (!isfinite(d) || (is_float && fabs(d) > 3.402823466e38) || (c->type.unsigned_ && d < 0)) {
        complain(st, MY_ER_WARN_DATA_OUT_OF_RANGE, c->name);
        d = c->type.unsigned_ && d < 0 ? 0 : is_float ? (d > 0 ? 3.402823466e38 : -3.402823466e38) : d > 0 ? 1.7976931348623157e308 : -1.7976931348623157e308;
    }
    char buf[MY_NUM_TEXT];
    size_t n = my_real_text(d, c->dec, is_float, buf, sizeof buf);
    return cell_of(st->r, buf, n);
}

static struct my_cell store_dec(struct my_store *st, const struct my_column *c, const struct my_val *v)
{
    struct my_dec d;
    bool cut = false;
    if (v->kind == MY_V_STR) {
        d = my_dec_of_text(v->s.p, v->s.n, &cut);
        check_number(st, c, v, "decimal", cut);
    } else {
        d = my_val_dec(v);
    }
    struct my_dec out = my_dec_round(d, c->type.dec, false);
    int whole_digits = (int)c->type.len;
    if (whole_digits > MY_DEC_DIGITS)
        whole_digits = MY_DEC_DIGITS;
    __int128 max = 1;
    for (int i = 0; i < whole_digits; i++)
        max *= 10;
    max -= 1;
    bool low = c->type.unsigned_ && out.unscaled < 0;
    if (out.unscaled > max || out.unscaled < -max || low) {
        complain(st, MY_ER_WARN_DATA_OUT_OF_RANGE, c->name);
        out.unscaled = low ? 0 : out.unscaled > 0 ? max : -max;
    } else if (my_dec_cmp(out, d) != 0) {
        my_warn(st->r, MY_NOTE, MY_ER_WARN_DATA_TRUNCATED, c->name, st->row);
    }
    char buf[128];
    size_t n = my_dec_text(out, buf, sizeof buf);
    return cell_of(st->r, buf, n);
}

static struct my_cell store_temporal(struct my_store *st, const struct my_column *c, const struct my_val *v, const struct my_meta *m)
{
    struct my_time t = {0};
    struct my_val text = my_val_text(st->r->arena, v, m);
    bool ok, is_time = c->type.type == MY_T_TIME;
    ok = is_time ? my_time_parse_time(text.s.p, text.s.n, &t) : my_time_parse(text.s.p, text.s.n, &t);
    if (!ok) {
        const char *what = is_time ? "time" : c->type.type == MY_T_DATE ? "date" : "datetime";
        if (st->strict) {
            complain_value(st, 1292, what, &text, c->name);
        } else if (st->r->kit->version >= 50500 && !is_time) {
            my_warn(st->r, MY_WARNING, MY_ER_WARN_DATA_TRUNCATED, c->name, st->row);
        } else {
            my_warn(st->r, MY_WARNING, is_time && !st->r->kit->mariadb ? MY_ER_WARN_DATA_OUT_OF_RANGE : MY_ER_WARN_DATA_TRUNCATED, c->name, st->row);
        }
        t = (struct my_time){.is_time = is_time};
    }
    char buf[64];
    size_t n = my_time_text(&t, c->type.type, c->type.dec, buf, sizeof buf);
    return cell_of(st->r, buf, n);
}

static struct my_cell store_enum(struct my_store *st, const struct my_column *c, const struct my_val *v)
{
    size_t pick = 0;
    if (v->kind == MY_V_STR) {
        for (size_t i = 0; i < c->type.n_values && !pick; i++)
            if (my_coll_compare(c->coll, v->s.p, v->s.n, c->type.values[i], strlen(c->type.values[i])) == 0)
                pick = i + 1;
        if (!pick && v->s.n) {
            bool bad = false;
            int64_t k = my_text_i64(v->s.p, v->s.n, &bad, NULL);
            pick = !bad && k > 0 && (uint64_t)k <= c->type.n_values ? (size_t)k : 0;
        }
    } else {
        int64_t k = my_val_i64(v, NULL);
        pick = k > 0 && (uint64_t)k <= c->type.n_values ? (size_t)k : 0;
    }
    if (!pick)
        complain(st, MY_ER_WARN_DATA_TRUNCATED, c->name);
    return pick ? cell_of(st->r, c->type.values[pick - 1], strlen(c->type.values[pick - 1])) : cell_of(st->r, "", 0);
}

static uint64_t set_bits(const struct my_column *c, const struct my_val *v, bool *ret_bad)
{
    uint64_t bits = 0;
    size_t max = c->type.n_values < 64 ? c->type.n_values : 64;
    if (v->kind != MY_V_STR) {
        bits = (uint64_t)my_val_i64(v, NULL);
        uint64_t all = max >= 64 ? UINT64_MAX : (UINT64_C(1) << max) - 1;
        *ret_bad = bits > all;
        return bits & all;
    }
    for (size_t at = 0; at < v->s.n;) {
        size_t end = at, i = 0;
        while (end < v->s.n && v->s.p[end] != ',')
            end++;
        for (; i < max; i++)
            if (my_coll_compare(c->coll, v->s.p + at, end - at, c->type.values[i], strlen(c->type.values[i])) == 0)
                break;
        if (i < max)
            bits |= UINT64_C(1) << i;
        else
            *ret_bad = true;
        at = end + 1;
    }
    return bits;
}

static struct my_cell store_set(struct my_store *st, const struct my_column *c, const struct my_val *v)
{
    bool bad = false;
    uint64_t bits = set_bits(c, v, &bad);
    if (bad)
        complain(st, MY_ER_WARN_DATA_TRUNCATED, c->name);
    struct wr w = {.max = 1u << 20};
    for (size_t i = 0; i < c->type.n_values && i < 64; i++)
        if (bits >> i & 1) {
            if (w.len)
                wr_u8(&w, ',');
            wr_str(&w, c->type.values[i]);
        }
    struct my_cell cell = cell_of(st->r, (const char *)w.bytes, w.len);
    wr_done(&w);
    return cell;
}

static uint64_t text_limit(const struct my_column *c)
{
    if (c->type.type == MY_T_STRING || c->type.type == MY_T_VARCHAR)
        return c->type.has_len || c->type.type == MY_T_VARCHAR ? c->type.len : 1;
    static const uint64_t blobs[] = {65535, 255, 65535, 16777215, UINT32_MAX};
    return blobs[c->type.blob < 5 ? c->type.blob : 2];
}

/* The text in the column's character set. */
static struct my_val in_set_of(struct my_run *r, const struct my_column *c, struct my_val t, const struct my_meta *m)
{
    size_t n = 0;
    if (t.kind != MY_V_STR || !m->coll || my_result_of(m->type) != MY_RES_STR || my_is_temporal(m->type) || !my_converts(m->coll, c->coll))
        return t;
    char *own = my_convert(r->arena, m->coll, c->coll, t.s.p, t.s.n, &n);
    return own ? my_str(own, n) : my_null();
}

static struct my_cell store_text(struct my_store *st, const struct my_column *c, const struct my_val *v, const struct my_meta *m)
{
    struct my_val t = in_set_of(st->r, c, my_val_text(st->r->arena, v, m), m);
    bool counted = c->type.type == MY_T_STRING || c->type.type == MY_T_VARCHAR;
    uint64_t limit = text_limit(c);
    size_t keep = t.s.n;
    if (counted && my_chars(c->coll, t.s.p, t.s.n) > limit)
        keep = my_char_bytes(c->coll, t.s.p, t.s.n, (size_t)limit);
    else if (!counted && t.s.n > limit)
        keep = (size_t)limit;
    if (keep < t.s.n) {
        if (counted && !my_coll_is_binary(c->coll) && all_blank(t.s.p + keep, t.s.n - keep))
            my_warn(st->r, MY_NOTE, MY_ER_WARN_DATA_TRUNCATED, c->name, st->row);
        else if (st->strict)
            my_fail(st->r, MY_ER_DATA_TOO_LONG, c->name, st->row);
        else
            my_warn(st->r, MY_WARNING, MY_ER_WARN_DATA_TRUNCATED, c->name, st->row);
    }
    if (c->type.type == MY_T_STRING && !my_coll_is_binary(c->coll))
        while (keep && t.s.p[keep - 1] == ' ')
            keep--;
    if (c->type.type == MY_T_STRING && my_coll_is_binary(c->coll) && keep < limit && limit <= 255) { /* BINARY(n) is padded */
        char pad[255] = {0};
        memcpy(pad, t.s.p, keep);
        return cell_of(st->r, pad, (size_t)limit);
    }
    return cell_of(st->r, t.s.p, keep);
}

bool my_store_val(struct my_store *st, const struct my_column *c, const struct my_val *v, const struct my_meta *m, struct my_cell *ret)
{
    if (v->kind == MY_V_NULL) {
        *ret = (struct my_cell){.null = true};
        return my_ok(st->r);
    }
    switch (c->type.type) {
    case MY_T_TINY:
    case MY_T_SHORT:
    case MY_T_INT24:
    case MY_T_LONG:
    case MY_T_LONGLONG:
        *ret = store_int(st, c, v);
        break;
    case MY_T_YEAR:
        *ret = store_year(st, c, v);
        break;
    case MY_T_BIT:
        *ret = store_bit(st, c, v);
        break;
    case MY_T_FLOAT:
    case MY_T_DOUBLE:
        *ret = store_real(st, c, v);
        break;
    case MY_T_NEWDECIMAL:
    case MY_T_DECIMAL:
        *ret = store_dec(st, c, v);
        break;
    case MY_T_DATE:
    case MY_T_TIME:
    case MY_T_DATETIME:
    case MY_T_TIMESTAMP:
        *ret = store_temporal(st, c, v, m);
        break;
    case MY_T_ENUM:
        *ret = store_enum(st, c, v);
        break;
    case MY_T_SET:
        *ret = store_set(st, c, v);
        break;
    default:
        *ret = store_text(st, c, v, m);
        break;
    }
    return my_ok(st->r);
}

struct my_cell my_store_zero(struct my_run *r, const struct my_column *c)
{
    struct my_store st = {.r = r, .row = 1};
    struct my_cell cell = {.null = true};
    struct my_val zero = my_int(0), empty = my_str("", 0);
    struct my_meta m = {.type = MY_T_LONGLONG, .coll = r->kit->binary};
    char buf[64];
    if (c->type.type == MY_T_ENUM)
        return c->type.n_values ? cell_of(r, c->type.values[0], strlen(c->type.values[0])) : cell_of(r, "", 0);
    if (c->type.type == MY_T_SET)
        return cell_of(r, "", 0);
    if (my_is_temporal(c->type.type)) {
        struct my_time t = {.is_time = c->type.type == MY_T_TIME};
        return cell_of(r, buf, my_time_text(&t, c->type.type, c->type.dec, buf, sizeof buf));
    }
    (void)my_store_val(&st, c, my_result_of(c->wire_type) == MY_RES_STR && c->type.type != MY_T_BIT ? &empty : &zero, &m, &cell);
    return cell;
}

static struct my_cell now_cell(struct my_run *r, const struct my_column *c)
{
    struct my_time t = {0};
    char buf[64];
    my_local_time(r->now_us, &t);
    return cell_of(r, buf, my_time_text(&t, c->type.type, c->type.dec, buf, sizeof buf));
}

bool my_store_default(struct my_store *st, const struct my_column *c, bool explicit_, struct my_cell *ret)
{
    struct my_run *r = st->r;
    if (c->default_now) {
        *ret = now_cell(r, c);
    } else if (c->dflt) {
        *ret = cell_of(r, c->dflt, c->dflt_len);
    } else if (!c->not_null) {
        *ret = (struct my_cell){.null = true};
    } else {
        if (!st->silent && !c->auto_inc && (c->type.type != MY_T_ENUM || explicit_)) {
            if (st->strict)
                my_fail(r, MY_ER_NO_DEFAULT_FOR_FIELD, c->name);
            else
                my_warn(r, MY_WARNING, MY_ER_NO_DEFAULT_FOR_FIELD, c->name);
        }
        *ret = my_store_zero(r, c);
    }
    return my_ok(r);
}

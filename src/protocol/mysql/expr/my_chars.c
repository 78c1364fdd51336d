/* Characters, collations, comparing, and the helpers for typing. */
#include <string.h>

#include "protocol/mysql/expr/my_eval.h"
#include "protocol/mysql/expr/my_eval_int.h"
#include "protocol/mysql/expr/my_fn_op.h"
#include "protocol/mysql/world/my_sysvars.h"

bool my_step(struct my_run *r, uint64_t n)
{
    r->steps += n;
    if (r->steps <= MY_STEPS_MAX)
        return true;
    my_fail(r, MY_ER_QUERY_INTERRUPTED);
    return false;
}

const struct my_coll *my_conn_coll(const struct my_eval *ev)
{
    return ev->r->c->cs_conn;
}

/* ---- strings ---- */
size_t my_chars(const struct my_coll *c, const char *s, size_t n)
{
    if (!c || c->maxlen == 1 || n == 0)
        return n;
    if (strncmp(c->charset, "utf8", 4) != 0)
        return n / c->minlen;
    size_t chars = 0;
    for (size_t i = 0; i < n; i++)
        chars += ((unsigned char)s[i] & 0xc0) != 0x80;
    return chars;
}

size_t my_char_bytes(const struct my_coll *c, const char *s, size_t n, size_t chars)
{
    if (!c || c->maxlen == 1 || strncmp(c->charset, "utf8", 4) != 0)
        return chars < n ? chars : n;
    size_t i = 0;
    while (i < n && chars > 0) {
        i++;
        while (i < n && ((unsigned char)s[i] & 0xc0) == 0x80)
            i++;
        chars--;
    }
    return i;
}

/* Case and accents of Latin letters fold; everything else compares by code. */
static unsigned fold(unsigned cp)
{
    static const char latin[] = "AAAAAA\306CEEEEIIII\320NOOOOO\327OUUUUY\336S";
    if (cp >= 'a' && cp <= 'z')
        return cp - 32;
    if (cp >= 0xe0 && cp <= 0xfe && cp != 0xf7)
        cp -= 32;
    if (cp >= 0xc0 && cp <= 0xdf)
        return (unsigned char)latin[cp - 0xc0];
    if (cp == 0xff)
        return 'Y';
    return cp;
}

static unsigned next_cp(const struct my_coll *c, const char *s, size_t n, size_t *at)
{
    unsigned char b = (unsigned char)s[(*at)++];
    if (b < 0x80 || strncmp(c->charset, "utf8", 4) != 0)
        return b;
    int more = b >= 0xf0 ? 3 : b >= 0xe0 ? 2 : b >= 0xc0 ? 1 : 0;
    unsigned cp = more == 3 ? b & 7u : more == 2 ? b & 15u : more == 1 ? b & 31u : b;
    while (more-- > 0 && *at < n && ((unsigned char)s[*at] & 0xc0) == 0x80)
        cp = cp << 6 | ((unsigned char)s[(*at)++] & 0x3fu);
    return cp;
}

int my_coll_compare(const struct my_coll *c, const char *a, size_t n, const char *b, size_t m)
{
    if (!c || my_coll_is_binary(c)) {
        size_t min = n < m ? n : m;
        int d = min ? memcmp(a, b, min) : 0;
        return d ? (d < 0 ? -1 : 1) : n < m ? -1 : n > m;
    }
    size_t i = 0, j = 0;
    while (i < n || j < m) { /* the shorter one is padded with spaces */
        unsigned x = i < n ? next_cp(c, a, n, &i) : ' ', y = j < m ? next_cp(c, b, m, &j) : ' ';
        if (!c->bin) {
            x = fold(x);
            y = fold(y);
        }
        if (x != y)
            return x < y ? -1 : 1;
    }
    return 0;
}

const struct my_coll *my_coll_meet(const struct my_meta *a, const struct my_meta *b, struct my_meta *ret)
{
    struct my_meta m = *a;
    if (!b->coll || b->coerce == MY_CO_IGNORABLE)
        m = *a;
    else if (!a->coll || a->coerce == MY_CO_IGNORABLE || b->coerce < a->coerce)
        m = *b;
    else if (a->coerce == b->coerce && a->coll != b->coll) {
        if (my_coll_is_binary(a->coll) || my_coll_is_binary(b->coll)) {
            m = my_coll_is_binary(a->coll) ? *a : *b;
        } else if (strcmp(a->coll->charset, b->coll->charset) == 0) {
            if (b->coll->bin)
                m = *b;
            else if (!a->coll->bin)
                m.coerce = MY_CO_NONE;
        } else if (strncmp(b->coll->charset, "utf8", 4) == 0) {
            m = *b;
        }
    } else if (a->coerce == MY_CO_NUMERIC && b->coerce != MY_CO_NUMERIC) {
        m = *b;
    }
    if (ret) {
        ret->coll = m.coll;
        ret->coerce = m.coerce;
    }
    return m.coll;
}

int my_truth(const struct my_val *v)
{
    switch (v->kind) {
    case MY_V_NULL:
        return -1;
    case MY_V_INT:
        return v->i != 0;
    case MY_V_UINT:
        return v->u != 0;
    case MY_V_DEC:
        return v->dec.unscaled != 0;
    case MY_V_REAL:
        return v->d != 0;
    case MY_V_STR:
        return my_text_real(v->s.p, v->s.n, NULL) != 0;
    }
    return -1;
}

/* ---- comparing ---- */
static int cmp_int(const struct my_val *a, const struct my_val *b)
{
    bool ua = false, ub = false;
    int64_t x = my_val_i64(a, &ua), y = my_val_i64(b, &ub);
    bool nx = !ua && x < 0, ny = !ub && y < 0;
    if (nx != ny)
        return nx ? -1 : 1;
    if (nx)
        return x < y ? -1 : x > y;
    return (uint64_t)x < (uint64_t)y ? -1 : (uint64_t)x > (uint64_t)y;
}

/* Text of a date made whole, so that '2020-1-2' meets '2020-01-02'. */
static bool date_text(struct my_eval *ev, const struct my_val *v, const struct my_meta *m, bool as_time, char *buf, size_t n)
{
    struct my_time t;
    struct my_val text = my_val_text(ev->r->arena, v, m);
    if (text.kind != MY_V_STR)
        return false;
    if (as_time ? !my_time_parse_time(text.s.p, text.s.n, &t) : !my_time_parse(text.s.p, text.s.n, &t))
        return false;
    (void)my_time_text(&t, as_time ? MY_T_TIME : MY_T_DATETIME, 6, buf, n);
    return true;
}

int my_compare(struct my_eval *ev, const struct my_val *a, const struct my_meta *ma, const struct my_val *b, const struct my_meta *mb)
{
    bool ta = my_is_temporal(ma->type), tb = my_is_temporal(mb->type);
    if ((ta && b->kind == MY_V_STR) || (tb && a->kind == MY_V_STR)) {
        char x[64], y[64];
        bool as_time = (ta && ma->type == MY_T_TIME) || (!ta && mb->type == MY_T_TIME);
        if (date_text(ev, a, ma, as_time, x, sizeof x) && date_text(ev, b, mb, as_time, y, sizeof y)) {
            int d = strcmp(x, y);
            return d < 0 ? -1 : d > 0;
        }
    }
    if (a->kind == MY_V_STR && b->kind == MY_V_STR) {
        const struct my_coll *c = my_coll_meet(ma, mb, NULL);
        size_t least = a->s.n < b->s.n ? a->s.n : b->s.n;
        if (least >= 256 && !my_step(ev->r, least / 4)) /* sorting long texts is work, too */
            return 0;
        return my_coll_compare(c, a->s.p, a->s.n, b->s.p, b->s.n);
    }
    bool ia = a->kind == MY_V_INT || a->kind == MY_V_UINT, ib = b->kind == MY_V_INT || b->kind == MY_V_UINT;
    if (ia && ib)
        return cmp_int(a, b);
    if ((ia || a->kind == MY_V_DEC) && (ib || b->kind == MY_V_DEC))
        return my_dec_cmp(my_val_dec(a), my_val_dec(b));
    const char *kind = ev->r->kit->mariadb && a->kind != MY_V_REAL && b->kind != MY_V_REAL ? "DECIMAL" : "DOUBLE";
    bool column = (ma->is_field && my_result_of(ma->type) == MY_RES_INT) || (mb->is_field && my_result_of(mb->type) == MY_RES_INT);
    if (!column) { /* what meets an integer column was turned into its type beforehand, without a word */
        my_warn_number(ev, a, kind);
        my_warn_number(ev, b, kind);
    }
    double x = my_val_real(a), y = my_val_real(b);
    return x < y ? -1 : x > y;
}

/* ---- typing helpers ---- */
void my_fix_int(struct my_kit *k, struct my_expr *e, uint32_t len, bool maybe_null, bool unsigned_)
{
    e->m = (struct my_meta){.type = MY_T_LONGLONG, .len = len, .coll = k->binary, .coerce = MY_CO_NUMERIC, .maybe_null = maybe_null,
                            .unsigned_ = unsigned_};
}

void my_fix_string_type(struct my_meta *m)
{
    m->type = m->len >= 16777216 ? MY_T_LONG_BLOB : m->len >= 65536 ? MY_T_MEDIUM_BLOB : MY_T_VAR_STRING;
}

void my_fix_str(struct my_eval *ev, struct my_expr *e, const struct my_coll *c, uint64_t chars, uint8_t dec, bool maybe_null)
{
    uint64_t len = chars * c->maxlen;
    e->m = (struct my_meta){.len = len > UINT32_MAX ? UINT32_MAX : (uint32_t)len, .coll = c, .dec = dec, .coerce = MY_CO_COERCIBLE,
                            .maybe_null = maybe_null};
    (void)ev;
    my_fix_string_type(&e->m);
}

bool my_any_maybe_null(const struct my_expr *e)
{
    for (size_t i = 0; i < e->n_args; i++)
        if (e->args[i]->m.maybe_null)
            return true;
    return false;
}

struct my_val my_text_out(struct my_eval *ev, const char *s, size_t n)
{
    char *p = arena_copy(ev->r->arena, s, n);
    if (!p) {
        my_fail(ev->r, MY_ER_OUTOFMEMORY, (int)n);
        return my_null();
    }
    return my_str(p, n);
}

struct my_val my_arg_text(struct my_eval *ev, struct my_expr *e, size_t i, const struct my_val *args)
{
    struct my_val t = my_val_text(ev->r->arena, &args[i], &e->args[i]->m);
    if (t.kind == MY_V_NULL && args[i].kind != MY_V_NULL)
        my_fail(ev->r, MY_ER_OUTOFMEMORY, 64);
    return t;
}

bool my_too_big(struct my_eval *ev, const char *func, size_t n)
{
    uint64_t max = my_var_u64(ev->r, "max_allowed_packet");
    if (n <= max)
        return false;
    my_warn(ev->r, MY_WARNING, MY_ER_WARN_ALLOWED_PACKET_OVERFLOWED, func, (long)max);
    return true;
}

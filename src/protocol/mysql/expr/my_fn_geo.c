/* Geometry: values made of points, and their text. A value is an SRID (4 bytes) and a WKB (OGC 99-049, 3.3). */
#include <stdio.h>
#include <string.h>

#include "protocol/mysql/expr/my_eval.h"

enum { WKB_POINT = 1, WKB_LINESTRING, WKB_POLYGON, WKB_MULTIPOINT, WKB_MULTILINESTRING, WKB_MULTIPOLYGON, WKB_COLLECTION };
#define WKB_AT 4 /* behind the SRID */

static void fix_geometry(struct my_eval *ev, struct my_expr *e)
{
    e->m = (struct my_meta){.type = MY_T_GEOMETRY, .len = UINT32_MAX, .coll = ev->r->kit->binary, .coerce = MY_CO_COERCIBLE, .maybe_null = true};
}

static void put_double(char *to, double d)
{
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    for (int i = 0; i < 8; i++)
        to[i] = (char)(bits >> (8 * i));
}

static double get_double(const char *p)
{
    uint64_t bits = 0;
    double d;
    for (int i = 0; i < 8; i++)
        bits |= (uint64_t)(unsigned char)p[i] << (8 * i);
    memcpy(&d, &bits, sizeof d);
    return d;
}

static uint32_t get_u32(const char *p)
{
    return (uint32_t)(unsigned char)p[0] | (uint32_t)(unsigned char)p[1] << 8 | (uint32_t)(unsigned char)p[2] << 16 | (uint32_t)(unsigned char)p[3] << 24;
}

static void put_u32(char *to, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        to[i] = (char)(v >> (8 * i));
}

static uint32_t kind_of(const struct my_val *v)
{
    return v->kind == MY_V_STR && v->s.n >= WKB_AT + 9 && v->s.p[WKB_AT] == 1 ? get_u32(v->s.p + WKB_AT + 1) : 0;
}

static struct my_val ev_point(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    char b[WKB_AT + 21] = {0};
    (void)e;
    b[WKB_AT] = 1;
    put_u32(b + WKB_AT + 1, WKB_POINT);
    put_double(b + WKB_AT + 5, my_val_real(&args[0]));
    put_double(b + WKB_AT + 13, my_val_real(&args[1]));
    return my_text_out(ev, b, sizeof b);
}

static const struct {
    const char *name;
    uint32_t kind, of; /* of: what its parts must be; 0: any geometry */
} makers[] = {{"linestring", WKB_LINESTRING, WKB_POINT}, {"polygon", WKB_POLYGON, WKB_LINESTRING}, {"multipoint", WKB_MULTIPOINT, WKB_POINT},
              {"multilinestring", WKB_MULTILINESTRING, WKB_LINESTRING}, {"multipolygon", WKB_MULTIPOLYGON, WKB_POLYGON},
              {"geometrycollection", WKB_COLLECTION, 0}};

static size_t maker_of(const struct my_expr *e)
{
    size_t i = 0;
    while (i + 1 < sizeof makers / sizeof *makers && strcmp(makers[i].name, e->func->name) != 0)
        i++;
    return i;
}

static const char *type_name(const struct my_meta *m)
{
    switch (my_result_of(m->type)) {
    case MY_RES_INT:
        return my_is_narrow(m) || m->type == MY_T_LONG ? "int" : "bigint";
    case MY_RES_DEC:
        return "decimal";
    case MY_RES_REAL:
        return "double";
    default:
        return "varchar";
    }
}

static void fix_maker(struct my_eval *ev, struct my_expr *e)
{
    fix_geometry(ev, e);
    for (size_t i = 0; i < e->n_args && my_ok(ev->r); i++) {
        struct my_expr *a = e->args[i];
        if (a->m.type == MY_T_GEOMETRY || a->m.type == MY_T_NULL)
            continue;
        char line[400];
        if (ev->r->kit->mariadb) {
            my_fail(ev->r, MY_ER_ILLEGAL_PARAMETER_TYPE, type_name(&a->m), e->func->name);
        } else if (ev->r->kit->version >= 50500) {
            (void)snprintf(line, sizeof line, "Illegal non geometric '%.300s' value found during parsing", my_expr_print(ev->r, a));
            my_fail_text(ev->r, MY_ER_ILLEGAL_VALUE_FOR_TYPE, line);
        }
    }
}

/* Points inside lines and rings inside polygons stand without a header of their own. */
static struct my_val ev_maker(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    size_t m = maker_of(e), total = WKB_AT + 9, at = WKB_AT + 9;
    bool bare = makers[m].kind == WKB_LINESTRING || makers[m].kind == WKB_POLYGON;
    for (size_t i = 0; i < e->n_args; i++) {
        uint32_t kind = kind_of(&args[i]);
        if (!kind || (makers[m].of && kind != makers[m].of))
            return my_null();
        total += args[i].s.n;
    }
    char *out = my_too_big(ev, e->func->name, total) ? NULL : arena_new(ev->r->arena, total + 1);
    if (!out)
        return my_null();
    out[WKB_AT] = 1;
    put_u32(out + WKB_AT + 1, makers[m].kind);
    put_u32(out + WKB_AT + 5, e->n_args);
    for (size_t i = 0; i < e->n_args; i++) {
        size_t skip = WKB_AT + (bare ? 5 : 0);
        memcpy(out + at, args[i].s.p + skip, args[i].s.n - skip);
        at += args[i].s.n - skip;
    }
    return my_str(out, at);
}

/* ---- text ---- */
struct text {
    const char *p, *end;
    char *out;
    size_t len, max;
    bool bad;
};

static void put(struct text *t, const char *s)
{
    size_t n = strlen(s);
    if (t->len + n > t->max) {
        t->bad = true;
        return;
    }
    memcpy(t->out + t->len, s, n);
    t->len += n;
}

static uint32_t take_u32(struct text *t)
{
    if (t->end - t->p < 4) {
        t->bad = true;
        return 0;
    }
    t->p += 4;
    return get_u32(t->p - 4);
}

static void put_point(struct text *t)
{
    char buf[MY_NUM_TEXT];
    for (int i = 0; i < 2 && !t->bad; i++) {
        if (t->end - t->p < 8) {
            t->bad = true;
            return;
        }
        (void)my_real_text(get_double(t->p), MY_DEC_FLOAT, false, buf, sizeof buf);
        t->p += 8;
        if (i)
            put(t, " ");
        put(t, buf);
    }
}

static void put_wkb(struct text *t, bool named, int depth);

static void put_body(struct text *t, uint32_t kind, int depth)
{
    if (kind == WKB_POINT) {
        put_point(t);
        return;
    }
    uint32_t n = take_u32(t);
    for (uint32_t i = 0; i < n && !t->bad; i++) {
        if (i)
            put(t, ",");
        if (kind == WKB_LINESTRING) {
            put_point(t);
        } else if (kind == WKB_POLYGON) {
            put(t, "(");
            put_body(t, WKB_LINESTRING, depth);
            put(t, ")");
        } else {
            put_wkb(t, kind == WKB_COLLECTION, depth + 1);
        }
    }
}

static void put_wkb(struct text *t, bool named, int depth)
{
    static const char *const names[] = {"", "POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON", "GEOMETRYCOLLECTION"};
    if (depth > 20 || t->end - t->p < 5 || *t->p != 1) {
        t->bad = true;
        return;
    }
    t->p++;
    uint32_t kind = take_u32(t);
    if (t->bad || kind < 1 || kind > 7) {
        t->bad = true;
        return;
    }
    bool parens = named || kind != WKB_POINT;
    if (named)
        put(t, names[kind]);
    if (parens)
        put(t, "(");
    put_body(t, kind, depth);
    if (parens)
        put(t, ")");
}

static void fix_text(struct my_eval *ev, struct my_expr *e)
{
    my_fix_str(ev, e, my_conn_coll(ev), UINT32_MAX, MY_DEC_FLOAT, true);
    if (e->args[0]->m.type != MY_T_GEOMETRY && e->args[0]->m.type != MY_T_NULL && ev->r->kit->mariadb)
        my_fail(ev->r, MY_ER_ILLEGAL_PARAMETER_TYPE, type_name(&e->args[0]->m), e->name ? e->name : e->func->name);
}

static struct my_val ev_text(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)e;
    if (args[0].kind != MY_V_STR || args[0].s.n < WKB_AT + 5 || args[0].s.n > (1u << 20) || !my_step(ev->r, args[0].s.n))
        return my_null();
    struct text t = {.p = args[0].s.p + WKB_AT, .end = args[0].s.p + args[0].s.n, .max = args[0].s.n * 24 + 64};
    t.out = arena_new(ev->r->arena, t.max + 1);
    if (!t.out)
        return my_null();
    put_wkb(&t, true, 0);
    return t.bad ? my_null() : my_str(t.out, t.len);
}

const struct my_func my_funcs_geo[] = {
    {"point", 2, 2, 0, fix_geometry, ev_point},
    {"linestring", 1, MY_ARGS_MANY, 0, fix_maker, ev_maker},
    {"polygon", 1, MY_ARGS_MANY, 0, fix_maker, ev_maker},
    {"multipoint", 1, MY_ARGS_MANY, 0, fix_maker, ev_maker},
    {"multilinestring", 1, MY_ARGS_MANY, 0, fix_maker, ev_maker},
    {"multipolygon", 1, MY_ARGS_MANY, 0, fix_maker, ev_maker},
    {"geometrycollection", 1, MY_ARGS_MANY, 0, fix_maker, ev_maker},
    {"astext", 1, 1, MY_FN_UNTIL_80, fix_text, ev_text},
    {"aswkt", 1, 1, MY_FN_UNTIL_80, fix_text, ev_text},
    {"st_astext", 1, 1, MY_FN_SINCE_56, fix_text, ev_text},
    {"st_aswkt", 1, 1, MY_FN_SINCE_56, fix_text, ev_text},
    {0},
};

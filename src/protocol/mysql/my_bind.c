/* Parameters of a prepared statement: bytes of COM_STMT_EXECUTE -> values and their metadata. */
#include "protocol/mysql/my_bind.h"

#include <stdio.h>
#include <string.h>

#include "protocol/mysql/expr/my_eval.h"

static struct my_val time_param(struct my_run *r, struct rd *p, uint8_t type)
{
    uint8_t n = rd_u8(p);
    struct rd f = rd_sub(p, n);
    char buf[64];
    int len;
    unsigned us = 0;
    if (type == MY_T_TIME) {
        bool neg = n && rd_u8(&f);
        uint32_t days = n ? rd_le32(&f) : 0;
        unsigned h = n ? rd_u8(&f) : 0, m = n ? rd_u8(&f) : 0, s = n ? rd_u8(&f) : 0;
        us = n >= 12 ? rd_le32(&f) : 0;
        len = snprintf(buf, sizeof buf, "%s%02llu:%02u:%02u", neg ? "-" : "", (unsigned long long)days * 24 + h, m, s);
    } else {
        unsigned y = n >= 4 ? rd_le16(&f) : 0, mo = n >= 4 ? rd_u8(&f) : 0, d = n >= 4 ? rd_u8(&f) : 0;
        unsigned h = n >= 7 ? rd_u8(&f) : 0, mi = n >= 7 ? rd_u8(&f) : 0, s = n >= 7 ? rd_u8(&f) : 0;
        us = n >= 11 ? rd_le32(&f) : 0;
        len = type == MY_T_DATE ? snprintf(buf, sizeof buf, "%04u-%02u-%02u", y, mo, d)
                                : snprintf(buf, sizeof buf, "%04u-%02u-%02u %02u:%02u:%02u", y, mo, d, h, mi, s);
    }
    if (us && len > 0 && type != MY_T_DATE)
        len += snprintf(buf + len, sizeof buf - (size_t)len, ".%06u", us % 1000000);
    char *own = arena_copy(r->arena, buf, len > 0 ? (size_t)len : 0);
    return own ? my_str(own, (size_t)len) : my_null();
}

static struct my_val int_param(uint64_t raw, unsigned bits, bool uns)
{
    if (uns)
        return my_uint(raw);
    return my_int(bits == 8 ? (int8_t)raw : bits == 16 ? (int16_t)raw : bits == 32 ? (int32_t)raw : (int64_t)raw);
}

static struct my_val param_value(struct my_run *r, struct rd *p, uint8_t type, bool uns)
{
    switch (type) {
    case MY_T_NULL:
        return my_null();
    case MY_T_TINY:
        return int_param(rd_u8(p), 8, uns);
    case MY_T_SHORT:
    case MY_T_YEAR:
        return int_param(rd_le16(p), 16, uns);
    case MY_T_LONG:
    case MY_T_INT24:
        return int_param(rd_le32(p), 32, uns);
    case MY_T_LONGLONG:
        return int_param(rd_le64(p), 64, uns);
    case MY_T_FLOAT: {
        uint32_t bits = rd_le32(p);
        float f;
        memcpy(&f, &bits, sizeof f);
        return my_real((double)f);
    }
    case MY_T_DOUBLE: {
        uint64_t bits = rd_le64(p);
        double d;
        memcpy(&d, &bits, sizeof d);
        return my_real(d);
    }
    case MY_T_DATE:
    case MY_T_TIME:
    case MY_T_DATETIME:
    case MY_T_TIMESTAMP:
        return time_param(r, p, type);
    default: {
        uint64_t n = my_rd_lenenc(p, NULL);
        if (r->kit->mariadb && !p->bad && n > rd_left(p)) /* more than there is: nothing */
            n = 0;
        struct rd s = rd_sub(p, n);
        if (type == MY_T_NEWDECIMAL && rd_left(&s)) {
            bool cut = false;
            return my_decimal(my_dec_of_text((const char *)s.p, rd_left(&s), &cut));
        }
        char *own = arena_copy(r->arena, rd_left(&s) ? (const char *)s.p : "", rd_left(&s));
        if (!own) {
            my_fail(r, MY_ER_OUTOFMEMORY, (int)rd_left(&s));
            return my_null();
        }
        return my_str(own, rd_left(&s));
    }
    }
}

/* MariaDB keeps the type that was bound. */
static void bound_type(struct my_run *r, struct my_meta *m, uint8_t type)
{
    static const struct {
        uint8_t type;
        uint32_t len;
        uint8_t dec;
    } kept[] = {{MY_T_TINY, 4, 0}, {MY_T_SHORT, 6, 0}, {MY_T_LONG, 11, 0}, {MY_T_INT24, 11, 0}, {MY_T_LONGLONG, 21, 0},
                {MY_T_FLOAT, 23, MY_DEC_FLOAT}, {MY_T_DATETIME, 19, 0}, {MY_T_TIMESTAMP, 19, 0}, {MY_T_DATE, 10, 0}, {MY_T_TIME, 23, 0}};
    bool null = m->type == MY_T_NULL;
    if (null) {
        m->type = MY_T_VAR_STRING;
        m->len = 0;
    }
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (kept[i].type == type) {
            m->type = type;
            m->len = null ? 0 : kept[i].len;
            m->dec = kept[i].dec;
            m->coll = r->kit->binary;
            m->wide = true;
        }
}

static struct my_meta param_meta(struct my_run *r, const struct my_val *v, uint8_t type)
{
    struct my_meta m = {.coll = r->kit->binary, .coerce = MY_CO_COERCIBLE, .maybe_null = v->kind == MY_V_NULL};
    switch (v->kind) {
    case MY_V_NULL:
        m.type = MY_T_NULL;
        break;
    case MY_V_INT:
    case MY_V_UINT:
        m.type = MY_T_LONGLONG;
        m.len = 21;
        m.unsigned_ = v->kind == MY_V_UINT;
        break;
    case MY_V_DEC:
        m.type = MY_T_NEWDECIMAL;
        m.len = MY_DEC_DIGITS + 2;
        m.dec = v->dec.scale;
        break;
    case MY_V_REAL:
        m.type = MY_T_DOUBLE;
        m.len = 23;
        m.dec = MY_DEC_FLOAT;
        break;
    default:
        m.type = MY_T_VAR_STRING;
        m.dec = r->kit->version < 50500 ? 0 : MY_DEC_FLOAT;
        if (!(type >= MY_T_TINY_BLOB && type <= MY_T_BLOB) && r->c->cs_conn)
            m.coll = r->c->cs_conn;
        m.len = (uint32_t)(my_chars(m.coll, v->s.p, v->s.n) * m.coll->maxlen);
        break;
    }
    if (r->kit->mariadb)
        bound_type(r, &m, type);
    return m;
}

static bool known_type(uint8_t type)
{
    return type <= MY_T_YEAR || type == MY_T_VARCHAR || type == MY_T_BIT || type == MY_T_NEWDECIMAL || type >= MY_T_TINY_BLOB;
}

bool my_bind_types(struct my_run *r, struct my_ps *ps, struct rd *p)
{
    for (unsigned i = 0; i < ps->n_params; i++) {
        ps->types[i * 2] = rd_u8(p);
        ps->types[i * 2 + 1] = rd_u8(p);
        if (r->kit->mariadb && !p->bad && !known_type(ps->types[i * 2])) {
            my_fail(r, MY_ER_WRONG_ARGUMENTS, "mysqld_stmt_execute");
            return false;
        }
    }
    return true;
}

static bool room(struct my_run *r, unsigned n)
{
    r->params = arena_new(r->arena, (n + 1u) * sizeof *r->params);
    r->param_meta = arena_new(r->arena, (n + 1u) * sizeof *r->param_meta);
    r->n_params = n;
    if (!r->params || !r->param_meta)
        my_fail(r, MY_ER_OUTOFMEMORY, (int)n);
    return my_ok(r);
}

static void bind_one(struct my_run *r, struct my_ps *ps, unsigned i, struct rd *p)
{
    r->params[i] = param_value(r, p, ps->types[i * 2], (ps->types[i * 2 + 1] & 0x80) != 0);
}

bool my_bind_params(struct my_run *r, struct my_ps *ps, struct rd *p)
{
    unsigned n = ps->n_params;
    struct rd nulls = rd_sub(p, (n + 7) / 8);
    if (n && rd_u8(p) == 1 && !my_bind_types(r, ps, p))
        return false;
    if (!room(r, n))
        return false;
    for (unsigned i = 0; i < n && !p->bad; i++) {
        uint8_t type = ps->types[i * 2];
        if (ps->long_data[i])
            r->params[i] = my_str(ps->long_data[i], ps->long_len[i]);
        else if (nulls.p[i / 8] >> (i % 8) & 1)
            r->params[i] = my_null();
        else
            bind_one(r, ps, i, p);
        r->param_meta[i] = param_meta(r, &r->params[i], type);
    }
    if (p->bad)
        my_fail(r, MY_ER_WRONG_ARGUMENTS, "mysqld_stmt_execute");
    return my_ok(r);
}

enum bulk_indicator { BULK_VALUE, BULK_NULL, BULK_DEFAULT, BULK_IGNORE };

/* A row of COM_STMT_BULK_EXECUTE: an indicator before each value. DEFAULT and IGNORE count as NULL here. */
bool my_bind_bulk_row(struct my_run *r, struct my_ps *ps, struct rd *p)
{
    if (!room(r, ps->n_params))
        return false;
    for (unsigned i = 0; i < ps->n_params && !p->bad; i++) {
        r->params[i] = my_null();
        if (rd_u8(p) == BULK_VALUE)
            bind_one(r, ps, i, p);
        r->param_meta[i] = param_meta(r, &r->params[i], ps->types[i * 2]);
    }
    if (p->bad)
        my_fail(r, MY_ER_MALFORMED_PACKET);
    return my_ok(r);
}

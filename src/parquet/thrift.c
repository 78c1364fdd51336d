/* Thrift's compact protocol, as much of it as a Parquet footer needs. Source: thrift-compact-protocol.md. */
#include <string.h>

#include "parquet/parquet_int.h"

void thrift_varint(struct wr *w, uint64_t v)
{
    uint8_t bytes[10];
    size_t n = 0;
    for (; v >= 128; v >>= 7)
        bytes[n++] = (uint8_t)(v | 128);
    bytes[n++] = (uint8_t)v;
    wr_bytes(w, bytes, n);
}

void thrift_zigzag(struct wr *w, int64_t v)
{
    thrift_varint(w, (uint64_t)v << 1 ^ (uint64_t)(v >> 63));
}

struct thrift thrift_of(struct wr *to)
{
    return (struct thrift){.to = to};
}

static void field_head(struct thrift *t, int16_t field, enum thrift_type type)
{
    /* Fields go up by less than 16 in every struct of the footer, so the short form does. */
    wr_u8(t->to, (uint8_t)((field - t->last[t->depth]) << 4 | (int)type));
    t->last[t->depth] = field;
}

void thrift_i32(struct thrift *t, int16_t field, int32_t v)
{
    field_head(t, field, T_I32);
    thrift_zigzag(t->to, v);
}

void thrift_i64(struct thrift *t, int16_t field, int64_t v)
{
    field_head(t, field, T_I64);
    thrift_zigzag(t->to, v);
}

void thrift_i8(struct thrift *t, int16_t field, int8_t v)
{
    field_head(t, field, T_I8);
    wr_u8(t->to, (uint8_t)v);
}

void thrift_bool(struct thrift *t, int16_t field, bool v)
{
    field_head(t, field, v ? T_TRUE : T_FALSE);
}

static void put_binary(struct thrift *t, const void *bytes, size_t n)
{
    thrift_varint(t->to, n);
    wr_bytes(t->to, bytes, n);
}

void thrift_binary(struct thrift *t, int16_t field, const void *bytes, size_t n)
{
    if (field)
        field_head(t, field, T_BINARY);
    put_binary(t, bytes, n);
}

void thrift_text(struct thrift *t, int16_t field, const char *s)
{
    thrift_binary(t, field, s, strlen(s));
}

void thrift_list(struct thrift *t, int16_t field, enum thrift_type type, size_t n)
{
    field_head(t, field, T_LIST);
    wr_u8(t->to, (uint8_t)((n < 15 ? n : 15) << 4 | (size_t)type));
    if (n >= 15)
        thrift_varint(t->to, n);
}

void thrift_begin(struct thrift *t, int16_t field)
{
    if (field)
        field_head(t, field, T_STRUCT);
    if (t->depth + 1 < sizeof t->last / sizeof *t->last)
        t->last[++t->depth] = 0;
    else
        t->to->bad = true;
}

void thrift_end(struct thrift *t)
{
    wr_u8(t->to, 0);
    if (t->depth)
        t->depth--;
}

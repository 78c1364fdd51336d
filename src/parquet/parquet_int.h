/* What the files of this folder share. */
#ifndef HOTARU_PARQUET_PARQUET_INT_H
#define HOTARU_PARQUET_PARQUET_INT_H

#include <stdbool.h>
#include <xxhash.h>
#include <zstd.h>

#include "base/wr.h"
#include "parquet/parquet.h"

enum encoding { PLAIN = 0, RLE = 3, DELTA_BINARY_PACKED = 5, RLE_DICTIONARY = 8 };
enum codec { UNCOMPRESSED = 0, ZSTD = 6 };

/* ---- thrift.c: the compact protocol ---- */
enum thrift_type { T_TRUE = 1, T_FALSE = 2, T_I8 = 3, T_I16 = 4, T_I32 = 5, T_I64 = 6, T_BINARY = 8, T_LIST = 9, T_STRUCT = 12 };
struct thrift {
    struct wr *to;
    int16_t last[8]; /* field written last, per open struct */
    size_t depth;
};
void thrift_varint(struct wr *w, uint64_t v);
void thrift_zigzag(struct wr *w, int64_t v);
struct thrift thrift_of(struct wr *to); /* inside one struct */
void thrift_i32(struct thrift *t, int16_t field, int32_t v);
void thrift_i64(struct thrift *t, int16_t field, int64_t v);
void thrift_i8(struct thrift *t, int16_t field, int8_t v);
void thrift_bool(struct thrift *t, int16_t field, bool v);
void thrift_binary(struct thrift *t, int16_t field, const void *bytes, size_t n);
void thrift_text(struct thrift *t, int16_t field, const char *s);
void thrift_list(struct thrift *t, int16_t field, enum thrift_type type, size_t n); /* its elements follow */
void thrift_begin(struct thrift *t, int16_t field); /* a struct as a field; field 0: as a list's element */
void thrift_end(struct thrift *t);

/* ---- bits.c ---- */
/* Parquet's RLE and bit-packing hybrid, without its length; width 1..32, values below 2^width. */
void rle_put(struct wr *w, const uint32_t *values, size_t n, unsigned width);
/* The same for definition levels 0 and 1: bit i of valid; valid NULL: all of them are `all`. */
void rle_put_levels(struct wr *w, const uint64_t *valid, size_t n, bool all);
/* DELTA_BINARY_PACKED, blocks of 128 in four miniblocks. */
void delta32_put(struct wr *w, const uint32_t *values, size_t n);
void delta64_put(struct wr *w, const int64_t *values, size_t n);
unsigned bits_of(uint32_t v); /* needed for v; 0 for 0 */

/* ---- dict.c ---- */
#define DICT_MAX 16384u /* entries */
struct dict {
    uint32_t *codes;     /* per value; borrowed from the writer's scratch */
    uint32_t *numbers;   /* entries: the number, or where the first such span is (index of span) */
    size_t n;
    uint32_t *slots;     /* open addressing: code + 1 */
    uint16_t *direct;    /* by value below 65536: code + 1; all zero between two uses */
};
int dict_init(struct dict *d);
void dict_done(struct dict *d);
/* False when a dictionary does not pay: too many entries, or about every other value is new. codes has room for n. */
bool dict_numbers(struct dict *d, const uint32_t *values, size_t n, uint32_t max);
/* numbers[] become numbers of spans. of: which span each value is, NULL: its own. */
bool dict_spans(struct dict *d, const struct parquet_values *v);

/* ---- column.c ---- */
struct chunk { /* what the footer says about it */
    enum codec codec;
    enum encoding encoding;
    uint64_t at, dict_at, data_at; /* offsets in the file; dict_at 0: none */
    uint64_t n, nulls, plain_bytes, bytes;
    uint8_t min[64], max[64];
    size_t min_n, max_n;
    bool bounded;
};
struct column_work { /* memory for encoding */
    struct wr page, packed;         /* a data page, and its compressed form (empty: that did not pay) */
    struct wr page_too, packed_too; /* another way, to compare */
    struct wr dict, levels, sample, header;
    ZSTD_CCtx *zstd;
    struct dict words;
};
int column_work_init(struct column_work *w);
void column_work_done(struct column_work *w);
/* Appends the chunk's pages to out; offsets in *ret count from out's beginning. -ENOMEM, -EIO. */
int column_put(struct column_work *w, enum parquet_kind kind, size_t n_rows, const struct parquet_values *v,
               struct wr *out, struct chunk *ret);

#endif

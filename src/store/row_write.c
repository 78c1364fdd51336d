/* Rows of a block, in a given order -> one Parquet file, row group by row group.
 *
 * A row is 80 bytes and lies anywhere in its block, so rows are visited once, a few hundred at a time: while they are in the
 * processor's cache each column takes its values from them. */
#include "store/row_write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TILE 512u /* rows; whole words of valid bits */

_Static_assert(ROW_GROUP_ROWS % TILE == 0 && TILE % 64 == 0, "tiles fill row groups and words");

struct column_buffer {
    size_t n;
    uint64_t *valid;
    void *values;               /* uint32_t or int64_t; NULL for blobs */
    struct parquet_span *spans; /* blobs */
};
struct row_writer {
    struct parquet_writer *parquet;
    bool has_family;
    enum row_family family;
    size_t n_columns;
    struct row_column columns[COLUMN_COUNT];
    struct parquet_column schema[COLUMN_COUNT];
    struct column_buffer buffers[COLUMN_COUNT];
    struct parquet_span *texts;
    size_t texts_cap;
};

static enum parquet_kind kind_of(duckdb_type t)
{
    switch (t) {
    case DUCKDB_TYPE_UTINYINT:
        return PARQUET_UINT8;
    case DUCKDB_TYPE_USMALLINT:
        return PARQUET_UINT16;
    case DUCKDB_TYPE_TIMESTAMP:
        return PARQUET_TIME_US;
    case DUCKDB_TYPE_VARCHAR:
        return PARQUET_TEXT;
    case DUCKDB_TYPE_BLOB:
        return PARQUET_BLOB;
    default:
        return PARQUET_UINT32;
    }
}

int row_writer_new(struct row_writer **ret)
{
    struct row_writer *w = calloc(1, sizeof *w);
    int rc = w ? parquet_writer_new(&w->parquet) : -ENOMEM;
    if (rc < 0)
        row_writer_free(w);
    else
        *ret = w;
    return rc;
}

static void buffers_free(struct row_writer *w)
{
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        free(w->buffers[i].valid);
        free(w->buffers[i].values);
        free(w->buffers[i].spans);
        w->buffers[i] = (struct column_buffer){0};
    }
    w->has_family = false;
}

void row_writer_free(struct row_writer *w)
{
    if (!w)
        return;
    buffers_free(w);
    parquet_writer_free(w->parquet);
    free(w->texts);
    free(w);
}

/* Buffers for a family; those of the other one are given back. Pages that no column fills cost nothing. */
static int family_ready(struct row_writer *w, enum row_family family)
{
    if (w->has_family && w->family == family)
        return 0;
    buffers_free(w);
    w->n_columns = row_columns(family, w->columns);
    for (size_t i = 0; i < w->n_columns; i++) {
        struct column_buffer *b = &w->buffers[i];
        enum parquet_kind kind = kind_of(w->columns[i].type);
        w->schema[i] = (struct parquet_column){w->columns[i].name, kind};
        b->valid = malloc(ROW_GROUP_ROWS / 8);
        if (kind == PARQUET_BLOB)
            b->spans = malloc(ROW_GROUP_ROWS * sizeof *b->spans);
        else
            b->values = malloc(ROW_GROUP_ROWS * (kind == PARQUET_TIME_US ? sizeof(int64_t) : sizeof(uint32_t)));
        if (!b->valid || (!b->spans && !b->values)) {
            buffers_free(w);
            return -ENOMEM;
        }
    }
    w->family = family;
    w->has_family = true;
    return 0;
}

static int texts_ready(struct row_writer *w, const struct row_block *b)
{
    if (b->n_texts > w->texts_cap) {
        struct parquet_span *more = realloc(w->texts, b->n_texts * sizeof *more);
        if (!more)
            return -ENOMEM;
        w->texts = more;
        w->texts_cap = b->n_texts;
    }
    for (size_t i = 0; i < b->n_texts; i++)
        w->texts[i] = (struct parquet_span){b->text_bytes + b->texts[i].at, b->texts[i].len};
    return 0;
}

/* ---- a tile of rows, column by column ---- */

struct tile {
    const struct row *rows[TILE];
    size_t n;
    uint16_t any, all; /* of the rows' has */
};

static void tile_set(struct tile *t, const struct row_block *b, const uint32_t *order, size_t n)
{
    t->n = n;
    for (size_t i = 0; i < n; i++) {
        t->rows[i] = &b->rows[order[i]];
        __builtin_prefetch(t->rows[i]);
        __builtin_prefetch((const char *)t->rows[i] + sizeof(struct row) - 1);
    }
    t->any = 0;
    t->all = UINT16_MAX;
    for (size_t i = 0; i < n; i++) {
        t->any |= t->rows[i]->has;
        t->all &= t->rows[i]->has;
    }
}

/* Which rows have a value, from bit `at` on. */
static void tile_valid(const struct tile *t, uint16_t needs, size_t at, uint64_t *valid)
{
    for (size_t from = 0; from < t->n; from += 64) {
        uint64_t word = 0;
        for (size_t i = 0; i < 64 && from + i < t->n; i++)
            word |= (uint64_t)((t->rows[from + i]->has & needs) != 0) << i;
        valid[(at + from) / 64] = word;
    }
}

#define TAKE(type, field_type)                                                                               \
    do {                                                                                                     \
        type *out = (type *)c->values + c->n;                                                                \
        for (size_t i = 0; i < t->n; i++) {                                                                  \
            field_type v;                                                                                    \
            memcpy(&v, (const char *)t->rows[i] + column->offset, sizeof v);                                 \
            *out = v;                                                                                        \
            out += dense || (t->rows[i]->has & column->needs);                                               \
        }                                                                                                    \
        c->n = (size_t)(out - (type *)c->values);                                                            \
    } while (0)

static inline __attribute__((always_inline)) void take(const struct tile *t, const struct row_column *column, bool dense,
                                                       struct column_buffer *c)
{
    if (column->type == DUCKDB_TYPE_TIMESTAMP)
        TAKE(int64_t, int64_t);
    else if (column->size == 1)
        TAKE(uint32_t, uint8_t);
    else if (column->size == 2)
        TAKE(uint32_t, uint16_t);
    else
        TAKE(uint32_t, uint32_t);
}

static void tile_numbers(const struct tile *t, const struct row_column *column, size_t at, struct column_buffer *c)
{
    if (column->needs == 0 || (t->all & column->needs)) {
        take(t, column, true, c);
        memset((uint8_t *)c->valid + at / 8, 0xff, (t->n + 7) / 8);
    } else if ((t->any & column->needs) == 0) {
        memset((uint8_t *)c->valid + at / 8, 0, (t->n + 7) / 8);
    } else {
        take(t, column, false, c);
        tile_valid(t, column->needs, at, c->valid);
    }
}

/* Addresses of IPv6 and payload. */
static void tile_blobs(const struct row_block *b, const struct tile *t, const struct row_column *column, size_t at,
                       struct column_buffer *c)
{
    memset((uint8_t *)c->valid + at / 8, 0, (t->n + 63) / 64 * 8);
    for (size_t i = 0; i < t->n; i++) {
        const struct row *r = t->rows[i];
        struct parquet_span s = {r->payload_n ? b->payload + r->payload : NULL, r->payload_n};
        if (column->needs && !(r->has & column->needs))
            continue;
        if (column->column == COLUMN_payload) {
            if (!r->payload_n)
                continue;
        } else {
            uint32_t number;
            memcpy(&number, (const char *)r + column->offset, sizeof number);
            s = (struct parquet_span){b->addresses + (size_t)number * 16, 16};
        }
        c->valid[(at + i) / 64] |= UINT64_C(1) << (at + i) % 64;
        c->spans[c->n++] = s;
    }
}

static void span_widen(const struct column_buffer *ts, struct row_file *f)
{
    const int64_t *values = ts->values;
    for (size_t i = 0; i < ts->n; i++) {
        f->min_ts_us = values[i] < f->min_ts_us ? values[i] : f->min_ts_us;
        f->max_ts_us = values[i] > f->max_ts_us ? values[i] : f->max_ts_us;
    }
}

static int group_put(struct row_writer *w, const struct row_block *b, const uint32_t *order, size_t n, struct row_file *f)
{
    struct parquet_values values[COLUMN_COUNT];
    struct tile t;
    for (size_t i = 0; i < w->n_columns; i++)
        w->buffers[i].n = 0;
    for (size_t at = 0; at < n; at += TILE) {
        tile_set(&t, b, order + at, n - at < TILE ? n - at : TILE);
        for (size_t i = 0; i < w->n_columns; i++) {
            if (w->schema[i].kind == PARQUET_BLOB)
                tile_blobs(b, &t, &w->columns[i], at, &w->buffers[i]);
            else
                tile_numbers(&t, &w->columns[i], at, &w->buffers[i]);
        }
    }
    span_widen(&w->buffers[COLUMN_ts], f); /* the first column in both families */
    for (size_t i = 0; i < w->n_columns; i++) {
        const struct column_buffer *c = &w->buffers[i];
        bool text = w->schema[i].kind == PARQUET_TEXT;
        values[i] = (struct parquet_values){.n = c->n, .valid = c->valid, .at = c->values,
                                            .spans = text ? w->texts : c->spans, .n_spans = text ? b->n_texts : 0};
    }
    return parquet_row_group(w->parquet, n, values);
}

int row_writer_file(struct row_writer *w, int fd, const struct row_block *b, const uint32_t *order, size_t n,
                    const struct parquet_pair *pairs, size_t n_pairs, struct row_file *ret)
{
    struct row_file file = {.min_ts_us = INT64_MAX, .max_ts_us = INT64_MIN};
    int rc = family_ready(w, b->family);
    if (rc == 0)
        rc = texts_ready(w, b);
    if (rc == 0)
        rc = parquet_begin(w->parquet, fd, w->schema, w->n_columns);
    for (size_t at = 0; at < n && rc == 0; at += ROW_GROUP_ROWS)
        rc = group_put(w, b, order + at, n - at < ROW_GROUP_ROWS ? n - at : ROW_GROUP_ROWS, &file);
    if (rc == 0)
        rc = parquet_end(w->parquet, pairs, n_pairs, "hotaru " HOTARU_VERSION, &file.bytes, &file.sum);
    if (rc == 0)
        *ret = file;
    return rc;
}

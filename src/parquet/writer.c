/* The file around the column chunks: magic, row groups, footer. Source: parquet.thrift. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "parquet/parquet_int.h"

#define MAGIC          "PAR1"
#define ROW_GROUPS_MAX 65536u
#define OUT_MAX        ((size_t)1 << 32)

struct row_group {
    uint64_t rows;
    struct chunk *chunks;
};
struct parquet_writer {
    struct column_work work;
    struct wr out;
    int fd;
    const struct parquet_column *columns;
    size_t n_columns;
    struct row_group *groups;
    size_t n_groups, groups_cap;
    uint64_t at; /* written so far */
    XXH3_state_t *sum;
};

int parquet_writer_new(struct parquet_writer **ret)
{
    struct parquet_writer *w = calloc(1, sizeof *w);
    if (!w)
        return -ENOMEM;
    w->out = wr_of(OUT_MAX);
    w->sum = XXH3_createState();
    int rc = column_work_init(&w->work);
    if (rc < 0 || !w->sum) {
        parquet_writer_free(w);
        return -ENOMEM;
    }
    *ret = w;
    return 0;
}

static void groups_clear(struct parquet_writer *w)
{
    for (size_t i = 0; i < w->n_groups; i++)
        free(w->groups[i].chunks);
    w->n_groups = 0;
}

void parquet_writer_free(struct parquet_writer *w)
{
    if (!w)
        return;
    groups_clear(w);
    free(w->groups);
    wr_done(&w->out);
    column_work_done(&w->work);
    (void)XXH3_freeState(w->sum);
    free(w);
}

/* Writes and empties w->out. */
static int flush(struct parquet_writer *w)
{
    if (w->out.bad)
        return -ENOMEM;
    (void)XXH3_64bits_update(w->sum, w->out.bytes, w->out.len);
    int rc = io_write_all(w->fd, w->out.bytes, w->out.len);
    w->at += w->out.len;
    wr_clear(&w->out);
    return rc < 0 ? rc : 0;
}

int parquet_begin(struct parquet_writer *w, int fd, const struct parquet_column *columns, size_t n_columns)
{
    if (n_columns == 0 || n_columns > PARQUET_COLUMNS_MAX)
        return -EINVAL;
    groups_clear(w);
    wr_clear(&w->out);
    (void)XXH3_64bits_reset(w->sum);
    w->fd = fd;
    w->columns = columns;
    w->n_columns = n_columns;
    w->at = 0;
    wr_bytes(&w->out, MAGIC, 4);
    return flush(w);
}

static int group_add(struct parquet_writer *w, size_t n_rows, struct row_group **ret)
{
    if (w->n_groups == w->groups_cap) {
        size_t cap = w->groups_cap ? w->groups_cap * 2 : 16;
        struct row_group *more = cap > ROW_GROUPS_MAX ? NULL : realloc(w->groups, cap * sizeof *more);
        if (!more)
            return -ENOMEM;
        w->groups = more;
        w->groups_cap = cap;
    }
    struct row_group *g = &w->groups[w->n_groups];
    *g = (struct row_group){n_rows, calloc(w->n_columns, sizeof *g->chunks)};
    if (!g->chunks)
        return -ENOMEM;
    w->n_groups++;
    *ret = g;
    return 0;
}

int parquet_row_group(struct parquet_writer *w, size_t n_rows, const struct parquet_values *values)
{
    struct row_group *g;
    if (n_rows == 0 || n_rows > PARQUET_ROWS_MAX)
        return -EINVAL;
    int rc = group_add(w, n_rows, &g);
    for (size_t i = 0; i < w->n_columns && rc == 0; i++) {
        struct chunk *c = &g->chunks[i];
        rc = column_put(&w->work, w->columns[i].kind, n_rows, &values[i], &w->out, c);
        c->at += w->at;
        c->data_at += w->at;
        c->dict_at = c->encoding == RLE_DICTIONARY ? c->dict_at + w->at : 0;
    }
    return rc < 0 ? rc : flush(w);
}

/* ---- footer ---- */

static int32_t physical(enum parquet_kind kind)
{
    bool wide = kind == PARQUET_TIME_US || kind == PARQUET_INT64 || kind == PARQUET_UINT64;
    return wide ? 2 : kind == PARQUET_TEXT || kind == PARQUET_BLOB ? 6 : 1; /* INT64, BYTE_ARRAY, INT32 */
}

static void put_integer(struct thrift *t, int32_t converted, int8_t bits, bool has_sign)
{
    thrift_i32(t, 6, converted);
    thrift_begin(t, 10);
    thrift_begin(t, 10); /* INTEGER */
    thrift_i8(t, 1, bits);
    thrift_bool(t, 2, has_sign);
    thrift_end(t);
    thrift_end(t);
}

static void put_logical(struct thrift *t, enum parquet_kind kind)
{
    switch (kind) {
    case PARQUET_UINT8:
        put_integer(t, 11, 8, false);
        break;
    case PARQUET_UINT16:
        put_integer(t, 12, 16, false);
        break;
    case PARQUET_UINT32:
        put_integer(t, 13, 32, false);
        break;
    case PARQUET_INT64:
        put_integer(t, 18, 64, true);
        break;
    case PARQUET_UINT64:
        put_integer(t, 14, 64, false);
        break;
    case PARQUET_TIME_US:
        thrift_i32(t, 6, 10); /* TIMESTAMP_MICROS */
        thrift_begin(t, 10);
        thrift_begin(t, 8); /* TIMESTAMP */
        thrift_bool(t, 1, false);
        thrift_begin(t, 2);
        thrift_begin(t, 2); /* MICROS */
        thrift_end(t);
        thrift_end(t);
        thrift_end(t);
        thrift_end(t);
        break;
    case PARQUET_TEXT:
        thrift_i32(t, 6, 0); /* UTF8 */
        thrift_begin(t, 10);
        thrift_begin(t, 1); /* STRING */
        thrift_end(t);
        thrift_end(t);
        break;
    case PARQUET_BLOB:
        break;
    }
}

static void put_schema(struct thrift *t, const struct parquet_writer *w)
{
    thrift_list(t, 2, T_STRUCT, w->n_columns + 1);
    thrift_begin(t, 0);
    thrift_text(t, 4, "schema");
    thrift_i32(t, 5, (int32_t)w->n_columns);
    thrift_end(t);
    for (size_t i = 0; i < w->n_columns; i++) {
        thrift_begin(t, 0);
        thrift_i32(t, 1, physical(w->columns[i].kind));
        thrift_i32(t, 3, 1); /* OPTIONAL */
        thrift_text(t, 4, w->columns[i].name);
        put_logical(t, w->columns[i].kind);
        thrift_end(t);
    }
}

static void put_statistics(struct thrift *t, const struct chunk *c)
{
    thrift_begin(t, 12);
    thrift_i64(t, 3, (int64_t)c->nulls);
    if (c->bounded) {
        thrift_binary(t, 5, c->max, c->max_n);
        thrift_binary(t, 6, c->min, c->min_n);
        thrift_bool(t, 7, true);
        thrift_bool(t, 8, true);
    }
    thrift_end(t);
}

static void put_chunk(struct thrift *t, const struct parquet_column *column, const struct chunk *c)
{
    bool dict = c->encoding == RLE_DICTIONARY;
    thrift_begin(t, 0);
    thrift_i64(t, 2, (int64_t)c->at);
    thrift_begin(t, 3);
    thrift_i32(t, 1, physical(column->kind));
    thrift_list(t, 2, T_I32, dict ? 3 : 2);
    thrift_zigzag(t->to, RLE); /* of the levels */
    thrift_zigzag(t->to, (int64_t)c->encoding);
    if (dict)
        thrift_zigzag(t->to, PLAIN); /* of the dictionary */
    thrift_list(t, 3, T_BINARY, 1);
    thrift_text(t, 0, column->name);
    thrift_i32(t, 4, (int32_t)c->codec);
    thrift_i64(t, 5, (int64_t)c->n);
    thrift_i64(t, 6, (int64_t)c->plain_bytes);
    thrift_i64(t, 7, (int64_t)c->bytes);
    thrift_i64(t, 9, (int64_t)c->data_at);
    if (dict)
        thrift_i64(t, 11, (int64_t)c->dict_at);
    put_statistics(t, c);
    thrift_end(t);
    thrift_end(t);
}

static void put_group(struct thrift *t, const struct parquet_writer *w, const struct row_group *g)
{
    uint64_t plain = 0, bytes = 0;
    thrift_begin(t, 0);
    thrift_list(t, 1, T_STRUCT, w->n_columns);
    for (size_t i = 0; i < w->n_columns; i++) {
        put_chunk(t, &w->columns[i], &g->chunks[i]);
        plain += g->chunks[i].plain_bytes;
        bytes += g->chunks[i].bytes;
    }
    thrift_i64(t, 2, (int64_t)plain);
    thrift_i64(t, 3, (int64_t)g->rows);
    thrift_i64(t, 5, (int64_t)g->chunks[0].at);
    thrift_i64(t, 6, (int64_t)bytes);
    thrift_end(t);
}

static void put_pairs(struct thrift *t, const struct parquet_pair *pairs, size_t n)
{
    if (n == 0)
        return;
    thrift_list(t, 5, T_STRUCT, n);
    for (size_t i = 0; i < n; i++) {
        thrift_begin(t, 0);
        thrift_text(t, 1, pairs[i].key);
        thrift_text(t, 2, pairs[i].value);
        thrift_end(t);
    }
}

static void put_footer(struct parquet_writer *w, const struct parquet_pair *pairs, size_t n_pairs, const char *created_by)
{
    struct thrift t = thrift_of(&w->out);
    uint64_t rows = 0;
    for (size_t i = 0; i < w->n_groups; i++)
        rows += w->groups[i].rows;
    thrift_i32(&t, 1, 2); /* version */
    put_schema(&t, w);
    thrift_i64(&t, 3, (int64_t)rows);
    thrift_list(&t, 4, T_STRUCT, w->n_groups);
    for (size_t i = 0; i < w->n_groups; i++)
        put_group(&t, w, &w->groups[i]);
    put_pairs(&t, pairs, n_pairs);
    thrift_text(&t, 6, created_by);
    thrift_list(&t, 7, T_STRUCT, w->n_columns);
    for (size_t i = 0; i < w->n_columns; i++) {
        thrift_begin(&t, 0);
        thrift_begin(&t, 1); /* TYPE_ORDER: unsigned numbers and bytes compare as such */
        thrift_end(&t);
        thrift_end(&t);
    }
    thrift_end(&t);
}

int parquet_end(struct parquet_writer *w, const struct parquet_pair *pairs, size_t n_pairs, const char *created_by,
                uint64_t *ret_bytes, uint64_t *ret_sum)
{
    put_footer(w, pairs, n_pairs, created_by);
    if (w->out.len > INT32_MAX)
        return -EFBIG;
    wr_le32(&w->out, (uint32_t)w->out.len);
    wr_bytes(&w->out, MAGIC, 4);
    int rc = flush(w);
    if (rc < 0)
        return rc;
    *ret_bytes = w->at;
    *ret_sum = XXH3_64bits_digest(w->sum);
    return 0;
}

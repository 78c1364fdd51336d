/* Writing Parquet: columns of numbers, times, texts and blobs, each encoded as its values deserve. No reader, no nesting.
 *
 * Every column is OPTIONAL. A column chunk is one data page (version 2), with a dictionary page before it where that is
 * smaller; pages that zstd does not make smaller stay as they are. Source: the Parquet format's README, Encodings.md,
 * parquet.thrift (format 2.11), Thrift's compact protocol. */
#ifndef HOTARU_PARQUET_PARQUET_H
#define HOTARU_PARQUET_PARQUET_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum parquet_kind {
    PARQUET_UINT8,   /* uint32_t values, below 2^8; INT32 with UINT_8 */
    PARQUET_UINT16,
    PARQUET_UINT32,
    PARQUET_INT64,   /* int64_t values */
    PARQUET_UINT64,  /* uint64_t values */
    PARQUET_TIME_US, /* int64_t values; INT64 with TIMESTAMP_MICROS, not adjusted to UTC (as DuckDB's TIMESTAMP) */
    PARQUET_TEXT,    /* BYTE_ARRAY with UTF8; the caller's bytes are valid UTF-8 */
    PARQUET_BLOB
};
struct parquet_column {
    const char *name;
    enum parquet_kind kind;
};
struct parquet_span {
    const void *at;
    uint32_t len_bytes;
};
/* One column of one row group. Values stand densely, in the rows' order, those that are not NULL alone. */
struct parquet_values {
    size_t n;
    const uint64_t *valid;  /* bit i % 64 of word i / 64: row i has a value; n of them are set. NULL: none has when n is 0,
                             * else all rows have */
    const void *at;         /* uint32_t[n], int64_t[n], uint64_t[n]; texts and blobs: uint32_t[n], numbers of spans, or NULL: span i */
    const struct parquet_span *spans;
    size_t n_spans;         /* with numbers: many values share few spans */
};
struct parquet_pair {
    const char *key, *value;
};

#define PARQUET_COLUMNS_MAX 64
#define PARQUET_ROWS_MAX    ((size_t)1 << 20) /* of one row group */

struct parquet_writer; /* memory for encoding, kept from file to file; one thread at a time */
int parquet_writer_new(struct parquet_writer **ret); /* -ENOMEM */
void parquet_writer_free(struct parquet_writer *w);
/* Begins a file on fd (borrowed, at offset 0). columns is borrowed until parquet_end. -EINVAL for too many columns. */
int parquet_begin(struct parquet_writer *w, int fd, const struct parquet_column *columns, size_t n_columns);
/* One row group of n_rows (1..PARQUET_ROWS_MAX) rows; values[i] belongs to columns[i]. Negative errno of write(), -ENOMEM.
 * After a failure the file is of no use. */
int parquet_row_group(struct parquet_writer *w, size_t n_rows, const struct parquet_values *values);
/* The footer. *ret_bytes: length of the file; *ret_sum: XXH3-64 of all of it, computed while writing. Does not sync. */
int parquet_end(struct parquet_writer *w, const struct parquet_pair *pairs, size_t n_pairs, const char *created_by,
                uint64_t *ret_bytes, uint64_t *ret_sum);

#endif

/* A block's rows as one Parquet file of packet or packet6: the columns of header/columns.h, doc/format/packet.md. */
#ifndef HOTARU_STORE_ROW_WRITE_H
#define HOTARU_STORE_ROW_WRITE_H

#include "parquet/parquet.h"
#include "store/row.h"

#define ROW_GROUP_ROWS ((size_t)122880) /* what DuckDB scans as one piece, and what pruning by src and ts leaves out */

struct row_writer; /* memory kept from file to file; one thread at a time */
int row_writer_new(struct row_writer **ret); /* -ENOMEM */
void row_writer_free(struct row_writer *w);
struct row_file {
    uint64_t bytes, sum; /* length, XXH3-64 */
    int64_t min_ts_us, max_ts_us;
};
/* The rows order[0..n) of b, n > 0, to fd (borrowed, at offset 0). Negative errno of write(); -ENOMEM. */
int row_writer_file(struct row_writer *w, int fd, const struct row_block *b, const uint32_t *order, size_t n,
                    const struct parquet_pair *pairs, size_t n_pairs, struct row_file *ret);

#endif

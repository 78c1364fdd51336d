/* A block's rows as one Parquet file of packet or packet6: the columns of header/columns.h, doc/format/packet.md. */
#ifndef HOTARU_STORE_ROW_WRITE_H
#define HOTARU_STORE_ROW_WRITE_H

#include "parquet/parquet.h"
#include "store/row.h"

#define ROW_GROUP_ROWS ((size_t)122880) /* what DuckDB scans as one piece, and what pruning by src and ts leaves out */

struct row_writer; /* memory kept from file to file; one thread at a time */
int row_writer_new(struct row_writer **ret); /* -ENOMEM */
void row_writer_free(struct row_writer *w);
/* The rows order[0..n) of b, n > 0, to fd (borrowed, at offset 0). Length and XXH3-64 of the file come back. Negative
 * errno of write(); -ENOMEM. */
int row_writer_file(struct row_writer *w, int fd, const struct row_block *b, const uint32_t *order, size_t n,
                    const struct parquet_pair *pairs, size_t n_pairs, uint64_t *ret_bytes, uint64_t *ret_sum);

#endif

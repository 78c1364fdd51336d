/* The rows of a block in the order of the store: hour by hour, in each by src, ts; rows that are equal in these keep their
 * order. */
#ifndef HOTARU_STORE_ROW_SORT_H
#define HOTARU_STORE_ROW_SORT_H

#include "store/row.h"

struct row_sort { /* memory kept from block to block; zeroed before its first use */
    uint64_t *items, *spare; /* a key above, the row's number below */
    uint32_t *order;
    size_t room, at, n;
    uint64_t *by_hour; /* items or spare */
};
struct row_hour {
    int64_t hour;          /* since 1970 */
    const uint32_t *order; /* until the next call */
    size_t n;
};
int row_sort_begin(struct row_sort *s, const struct row_block *b); /* -ENOMEM */
/* The next hour that has rows; false after the last. */
bool row_sort_next(struct row_sort *s, const struct row_block *b, struct row_hour *ret);
void row_sort_done(struct row_sort *s);

#endif

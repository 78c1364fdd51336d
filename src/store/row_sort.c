#include "store/row_sort.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/ts.h"

#define DIGIT_BITS 11u
#define DIGITS     3u /* of the upper 32 bits */
#define DIGIT_SIZE (1u << DIGIT_BITS)

void row_sort_done(struct row_sort *s)
{
    free(s->items);
    free(s->spare);
    free(s->order);
    memset(s, 0, sizeof *s);
}

static int room_for(struct row_sort *s, size_t n)
{
    if (n <= s->room)
        return 0;
    row_sort_done(s);
    s->items = malloc(n * sizeof *s->items);
    s->spare = malloc(n * sizeof *s->spare);
    s->order = malloc(n * sizeof *s->order);
    if (!s->items || !s->spare || !s->order) {
        row_sort_done(s);
        return -ENOMEM;
    }
    s->room = n;
    return 0;
}

/* Stable, by the upper 32 bits, least significant digit first; digits that are the same everywhere cost nothing more than
 * counting. Returns where the result lies: a or b. */
static uint64_t *radix_sort(uint64_t *a, uint64_t *b, size_t n)
{
    uint32_t count[DIGITS][DIGIT_SIZE];
    memset(count, 0, sizeof count);
    for (size_t i = 0; i < n; i++)
        for (unsigned d = 0; d < DIGITS; d++)
            count[d][a[i] >> (32 + DIGIT_BITS * d) & (DIGIT_SIZE - 1)]++;
    for (unsigned d = 0; d < DIGITS; d++) {
        unsigned shift = 32 + DIGIT_BITS * d;
        if (n == 0 || count[d][a[0] >> shift & (DIGIT_SIZE - 1)] == n)
            continue;
        uint32_t at = 0;
        for (size_t v = 0; v < DIGIT_SIZE; v++) {
            uint32_t here = count[d][v];
            count[d][v] = at;
            at += here;
        }
        for (size_t i = 0; i < n; i++)
            b[count[d][a[i] >> shift & (DIGIT_SIZE - 1)]++] = a[i];
        uint64_t *swap = a;
        a = b;
        b = swap;
    }
    return a;
}

static int64_t hour_of(int64_t ts_us)
{
    return ts_us / TS_HOUR_US - (ts_us % TS_HOUR_US < 0);
}

int row_sort_begin(struct row_sort *s, const struct row_block *b)
{
    int64_t least = INT64_MAX, most = INT64_MIN;
    int rc = room_for(s, b->n);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < b->n; i++) {
        least = b->rows[i].ts < least ? b->rows[i].ts : least;
        most = b->rows[i].ts > most ? b->rows[i].ts : most;
    }
    s->n = b->n;
    s->at = 0;
    s->by_hour = s->items;
    int64_t first = b->n ? hour_of(least) : 0, hours = b->n ? hour_of(most) - first : 0;
    for (size_t i = 0; i < b->n; i++)
        s->items[i] = i;
    if (hours == 0)
        return 0;
    /* Lower half of the hour's number, then, where times are that far apart, the upper half. */
    for (unsigned half = 0; half < (hours > UINT32_MAX ? 2 : 1); half++) {
        for (size_t i = 0; i < b->n; i++) {
            uint32_t row = (uint32_t)s->by_hour[i];
            s->by_hour[i] = (uint64_t)(hour_of(b->rows[row].ts) - first) >> (32 * half) << 32 | row;
        }
        s->by_hour = radix_sort(s->by_hour, s->by_hour == s->items ? s->spare : s->items, b->n);
    }
    return 0;
}

static int compare6(const void *x, const void *y, void *arg)
{
    const struct row_block *b = arg;
    uint32_t i = (uint32_t)*(const uint64_t *)x, k = (uint32_t)*(const uint64_t *)y;
    const struct row *p = &b->rows[i], *q = &b->rows[k];
    int c = memcmp(b->addresses + (size_t)p->src * 16, b->addresses + (size_t)q->src * 16, 16);
    if (c)
        return c;
    return p->ts != q->ts ? (p->ts < q->ts ? -1 : 1) : (i > k) - (i < k);
}

/* items[0..n) are rows of one hour in the order they came; returns where they lie sorted. */
static uint64_t *sort4(const struct row_block *b, uint64_t *items, uint64_t *spare, size_t n, int64_t hour)
{
    bool in_time = true;
    for (size_t i = 1; i < n && in_time; i++)
        in_time = b->rows[(uint32_t)items[i - 1]].ts <= b->rows[(uint32_t)items[i]].ts;
    if (!in_time) {
        for (size_t i = 0; i < n; i++) /* an hour has fewer than 2^32 microseconds */
            items[i] = (uint64_t)(b->rows[(uint32_t)items[i]].ts - hour * TS_HOUR_US) << 32 | (uint32_t)items[i];
        uint64_t *sorted = radix_sort(items, spare, n);
        spare = sorted == items ? spare : items;
        items = sorted;
    }
    for (size_t i = 0; i < n; i++)
        items[i] = (uint64_t)b->rows[(uint32_t)items[i]].src << 32 | (uint32_t)items[i];
    return radix_sort(items, spare, n);
}

bool row_sort_next(struct row_sort *s, const struct row_block *b, struct row_hour *ret)
{
    if (s->at == s->n)
        return false;
    uint64_t *items = s->by_hour + s->at, *spare = (s->by_hour == s->items ? s->spare : s->items) + s->at;
    int64_t hour = hour_of(b->rows[(uint32_t)items[0]].ts), from_us = hour * TS_HOUR_US;
    size_t n = 1;
    while (s->at + n < s->n && (uint64_t)b->rows[(uint32_t)items[n]].ts - (uint64_t)from_us < TS_HOUR_US)
        n++;
    if (b->family == ROW_IP6)
        qsort_r(items, n, sizeof *items, compare6, (void *)(uintptr_t)b);
    else
        items = sort4(b, items, spare, n, hour);
    for (size_t i = 0; i < n; i++)
        s->order[i] = (uint32_t)items[i];
    s->at += n;
    *ret = (struct row_hour){hour, s->order, n};
    return true;
}

/* Header records in any order -> Parquet files, one per hour and run, each sorted by src, ts.
 *
 * A run is as many rows as memory allows. Sorting here, by radix over (src, time within the hour) in 64 bits, and feeding
 * DuckDB in order costs less than its ORDER BY. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/ts.h"
#include "store/store_int.h"

#define RUN_ROWS_MIN ((size_t)1 << 16)
#define RUN_ROWS_MAX ((size_t)1 << 22)
#define RUN_ROWS6    ((size_t)1 << 18)
#define LOSS_MAX     ((size_t)1 << 22)

struct sort_key {
    uint64_t key;
    uint32_t row;
};
struct ingest {
    struct store *s;
    char prefix[32];
    uint16_t payload_bytes;
    struct row_block blocks[2];    /* enum row_family; without memory until the first row */
    struct pending_list files;
    struct loss_row *loss;
    size_t n_loss, loss_cap;
};

int ingest_new(struct store *s, const char *prefix, uint16_t payload_bytes, struct ingest **ret, struct err *err)
{
    int rc = store_feeder(s, err);
    if (rc < 0)
        return rc;
    struct ingest *in = calloc(1, sizeof *in);
    if (!in)
        return err_set(err, -ENOMEM, "no memory to take packets");
    in->s = s;
    in->payload_bytes = payload_bytes;
    (void)snprintf(in->prefix, sizeof in->prefix, "%s", prefix);
    *ret = in;
    return 0;
}

void ingest_free(struct ingest *in)
{
    if (!in)
        return;
    row_block_done(&in->blocks[0]);
    row_block_done(&in->blocks[1]);
    pending_drop(&in->files);
    free(in->loss);
    free(in);
}

/* ---- sorting ---- */

/* Least-significant-digit radix sort; digits that are the same everywhere cost nothing. Returns where the result lies:
 * a or b. skip_bits low bits are in order already. */
static struct sort_key *radix_sort(struct sort_key *a, struct sort_key *b, size_t n, unsigned skip_bits)
{
    size_t (*count)[256] = calloc(8, sizeof *count);
    if (!count)
        return NULL;
    for (size_t i = 0; i < n; i++)
        for (unsigned d = skip_bits / 8; d < 8; d++)
            count[d][a[i].key >> (8 * d) & 255]++;
    for (unsigned d = skip_bits / 8; d < 8; d++) {
        if (n == 0 || count[d][a[0].key >> (8 * d) & 255] == n)
            continue;
        size_t at = 0;
        for (size_t v = 0; v < 256; v++) {
            size_t here = count[d][v];
            count[d][v] = at;
            at += here;
        }
        for (size_t i = 0; i < n; i++)
            b[count[d][a[i].key >> (8 * d) & 255]++] = a[i];
        struct sort_key *swap = a;
        a = b;
        b = swap;
    }
    free(count);
    return a;
}

static int64_t hour_of(int64_t ts_us)
{
    int64_t h = ts_us / TS_HOUR_US;
    return ts_us % TS_HOUR_US < 0 ? h - 1 : h;
}

static void hour_folder(const char *table, int64_t hour, char *buf, size_t n)
{
    time_t t = (time_t)(hour * 3600);
    struct tm tm;
    if (!gmtime_r(&t, &tm))
        memset(&tm, 0, sizeof tm);
    (void)snprintf(buf, n, "%s/date=%04d-%02d-%02d/hour=%02d", table, tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                   tm.tm_hour);
}

static int compare6(const void *x, const void *y, void *arg)
{
    const struct row_block *b = arg;
    const struct row *p = &b->rows[((const struct sort_key *)x)->row], *q = &b->rows[((const struct sort_key *)y)->row];
    int c = memcmp(b->addresses + (size_t)p->src * 16, b->addresses + (size_t)q->src * 16, 16);
    if (c)
        return c;
    return p->ts < q->ts ? -1 : p->ts > q->ts;
}

/* keys[0..n) are the rows of one hour; leaves them sorted, at the place it returns. */
static struct sort_key *sort_hour(const struct row_block *b, struct sort_key *keys, struct sort_key *spare, size_t n,
                                  int64_t hour)
{
    if (b->family == ROW_IP6) {
        qsort_r(keys, n, sizeof *keys, compare6, (void *)(uintptr_t)b);
        return keys;
    }
    bool in_time = true;
    for (size_t i = 0; i < n; i++) {
        const struct row *r = &b->rows[keys[i].row];
        keys[i].key = (uint64_t)r->src << 32 | (uint64_t)(r->ts - hour * TS_HOUR_US);
        in_time = in_time && (i == 0 || b->rows[keys[i - 1].row].ts <= r->ts);
    }
    return radix_sort(keys, spare, n, in_time ? 32 : 0);
}

/* ---- writing ---- */

static int write_hour(struct ingest *in, const struct row_block *b, struct sort_key *keys, struct sort_key *spare,
                      uint32_t *order, size_t n, int64_t hour, struct err *err)
{
    struct sort_key *sorted = sort_hour(b, keys, spare, n, hour);
    if (!sorted)
        return err_set(err, -ENOMEM, "no memory to sort %zu packets", n);
    struct part known = {.rows = n, .min_ts_us = INT64_MAX, .max_ts_us = INT64_MIN};
    for (size_t i = 0; i < n; i++) {
        order[i] = sorted[i].row;
        int64_t ts = b->rows[order[i]].ts;
        known.min_ts_us = ts < known.min_ts_us ? ts : known.min_ts_us;
        known.max_ts_us = ts > known.max_ts_us ? ts : known.max_ts_us;
    }
    enum store_table table = b->family == ROW_IP4 ? TABLE_PACKET : TABLE_PACKET6;
    char folder[100];
    hour_folder(catalog_table_names[table], hour, folder, sizeof folder);
    *in->s->feed = (struct feed){.block = b, .order = order, .end = n};
    return part_write(in->s, table, folder, in->prefix, b->family == ROW_IP4 ? "FROM feed4()" : "FROM feed6()", &known,
                      &in->files, err);
}

static int flush(struct ingest *in, struct row_block *b, struct err *err)
{
    size_t n = b->n;
    if (n == 0)
        return 0;
    struct sort_key *keys = malloc(n * sizeof *keys), *spare = malloc(n * sizeof *spare);
    uint32_t *order = malloc(n * sizeof *order);
    int rc = keys && spare && order ? 0 : err_set(err, -ENOMEM, "no memory to sort %zu packets", n);
    struct sort_key *by_hour = NULL;
    if (rc == 0) {
        for (size_t i = 0; i < n; i++)
            keys[i] = (struct sort_key){(uint64_t)hour_of(b->rows[i].ts) ^ UINT64_C(1) << 63, (uint32_t)i};
        by_hour = radix_sort(keys, spare, n, 0);
        if (!by_hour)
            rc = err_set(err, -ENOMEM, "no memory to sort %zu packets", n);
    }
    struct sort_key *other = by_hour == keys ? spare : keys;
    for (size_t from = 0, to; rc == 0 && from < n; from = to) {
        uint64_t hour = by_hour[from].key;
        for (to = from + 1; to < n && by_hour[to].key == hour;)
            to++;
        rc = write_hour(in, b, by_hour + from, other + from, order, to - from, (int64_t)(hour ^ UINT64_C(1) << 63), err);
    }
    free(keys);
    free(spare);
    free(order);
    row_block_clear(b);
    return rc;
}

static int block_ready(struct ingest *in, enum row_family family, struct err *err)
{
    size_t cap = RUN_ROWS6;
    if (family == ROW_IP4) {
        cap = (size_t)(in->s->memory_bytes / 512);
        cap = cap < RUN_ROWS_MIN ? RUN_ROWS_MIN : cap > RUN_ROWS_MAX ? RUN_ROWS_MAX : cap;
    }
    int rc = row_block_init(&in->blocks[family], family, cap, in->payload_bytes);
    return rc < 0 ? err_set(err, rc, "no memory for a run of %zu packets", cap) : 0;
}

int ingest_add(struct ingest *in, const struct hdr *h, struct err *err)
{
    enum row_family family = h->ip_version == 6 ? ROW_IP6 : ROW_IP4;
    struct row_block *b = &in->blocks[family];
    int rc = b->rows ? 0 : block_ready(in, family, err);
    if (rc < 0 || row_block_add(b, h))
        return rc;
    rc = flush(in, b, err);
    if (rc == 0 && !row_block_add(b, h))
        rc = err_set(err, -ENOMEM, "a packet does not fit into an empty run");
    return rc;
}

int ingest_loss(struct ingest *in, const struct loss_row *row, struct err *err)
{
    if (in->n_loss == in->loss_cap) {
        size_t cap = in->loss_cap ? in->loss_cap * 2 : 64;
        struct loss_row *more = cap > LOSS_MAX ? NULL : realloc(in->loss, cap * sizeof *more);
        if (!more)
            return err_set(err, -ENOMEM, "no memory for more than %zu rows of the loss ledger", in->n_loss);
        in->loss = more;
        in->loss_cap = cap;
    }
    in->loss[in->n_loss++] = *row;
    return 0;
}

int ingest_finish(struct ingest *in, struct pending_list *ret, struct err *err)
{
    int rc = flush(in, &in->blocks[ROW_IP4], err);
    if (rc == 0)
        rc = flush(in, &in->blocks[ROW_IP6], err);
    if (rc == 0 && in->n_loss) {
        struct part known = {.rows = in->n_loss, .min_ts_us = INT64_MAX, .max_ts_us = INT64_MIN};
        for (size_t i = 0; i < in->n_loss; i++) {
            int64_t from = in->loss[i].ts_us, until = from + in->loss[i].interval_us;
            known.min_ts_us = from < known.min_ts_us ? from : known.min_ts_us;
            known.max_ts_us = until > known.max_ts_us ? until : known.max_ts_us;
        }
        *in->s->feed = (struct feed){.loss = in->loss, .loss_end = in->n_loss};
        rc = part_write(in->s, TABLE_LOSS, "loss", in->prefix, "FROM feed_loss()", &known, &in->files, err);
    }
    if (rc == 0) {
        *ret = in->files;
        in->files = (struct pending_list){0};
    }
    return rc;
}

/* The spool segments of a moment as DuckDB tables: spool_packet(), spool_packet6(), spool_loss(). Each thread takes whole
 * segments, one after the other. */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/store_int.h"

#define SCAN_ROWS 2048u

struct scan { /* one running scan */
    const struct store *s;
    atomic_size_t next;
    struct row_column columns[COLUMN_COUNT];
    idx_t wanted[COLUMN_COUNT];
    size_t n_columns, n_wanted;
};
struct scan_local { /* one thread of it */
    struct spool_reader *reader;
    struct row_block block;
    bool has_block;
};

static void columns_bind(duckdb_bind_info info, enum row_family family)
{
    struct row_column columns[COLUMN_COUNT];
    size_t n = row_columns(family, columns);
    for (size_t i = 0; i < n; i++) {
        duckdb_logical_type t = duckdb_create_logical_type(columns[i].type);
        duckdb_bind_add_result_column(info, columns[i].name, t);
        duckdb_destroy_logical_type(&t);
    }
}

static void bind4(duckdb_bind_info info)
{
    columns_bind(info, ROW_IP4);
}

static void bind6(duckdb_bind_info info)
{
    columns_bind(info, ROW_IP6);
}

static void scan_init(duckdb_init_info info, enum row_family family)
{
    const struct store *s = duckdb_init_get_extra_info(info);
    struct scan *scan = calloc(1, sizeof *scan);
    if (!scan) {
        duckdb_init_set_error(info, "Out of Memory: no memory to scan the spool");
        return;
    }
    scan->s = s;
    scan->n_columns = row_columns(family, scan->columns);
    scan->n_wanted = duckdb_init_get_column_count(info);
    if (scan->n_wanted > COLUMN_COUNT)
        scan->n_wanted = COLUMN_COUNT;
    for (size_t i = 0; i < scan->n_wanted; i++)
        scan->wanted[i] = duckdb_init_get_column_index(info, i);
    duckdb_init_set_init_data(info, scan, free);
    duckdb_init_set_max_threads(info, s->now.n_segments ? s->now.n_segments : 1);
}

static void init4(duckdb_init_info info)
{
    scan_init(info, ROW_IP4);
}

static void init6(duckdb_init_info info)
{
    scan_init(info, ROW_IP6);
}

static void local_free(void *arg)
{
    struct scan_local *l = arg;
    spool_reader_close(l->reader);
    if (l->has_block)
        row_block_done(&l->block);
    free(l);
}

static void local_init(duckdb_init_info info)
{
    struct scan_local *l = calloc(1, sizeof *l);
    if (!l)
        duckdb_init_set_error(info, "Out of Memory: no memory to scan the spool");
    else
        duckdb_init_set_init_data(info, l, local_free);
}

int segment_open(const char *dir, const char *key, uint64_t size_bytes, struct spool_reader **ret, struct err *err)
{
    static const char *const suffixes[] = {".sealed", ".spool", ".sealed"};
    for (size_t i = 0; i < 3; i++) {
        char path[STORE_PATH_MAX];
        if (snprintf(path, sizeof path, "%s/spool/%s%s", dir, key, suffixes[i]) >= (int)sizeof path)
            return err_set(err, -ENAMETOOLONG, "store %.60s…: the name is too long", dir);
        struct err why = {0};
        int rc = spool_reader_open(path, ret, &why);
        if (rc == 0) {
            spool_reader_limit(*ret, size_bytes);
            return 0;
        }
        if (rc != -ENOENT)
            return err_set(err, rc, "%s", why.text);
    }
    return err_set(err, -ENOENT, "segment %s of %s is gone", key, dir);
}

/* The next segment for this thread: 1, 0 at the end, a negative errno. A file that is no segment holds no packets that
 * could be asked for; `store check` tells of it. */
static int segment_next(struct scan *scan, struct scan_local *l, struct err *err)
{
    const struct snapshot *now = &scan->s->now;
    for (;;) {
        size_t i = atomic_fetch_add(&scan->next, 1);
        if (i >= now->n_segments)
            return 0;
        int rc = segment_open(scan->s->dir, now->segments[i].name, now->segments[i].size_bytes, &l->reader, err);
        if (rc == 0)
            return 1;
        if (rc != -EBADMSG)
            return rc;
        if (err)
            err->text[0] = '\0';
    }
}

/* 1 and *ret, 0 at the end of all. */
static int record_next(struct scan *scan, struct scan_local *l, struct hdr *ret, struct err *err)
{
    for (;;) {
        if (!l->reader) {
            int rc = segment_next(scan, l, err);
            if (rc <= 0)
                return rc;
        }
        int rc = spool_read(l->reader, ret);
        if (rc > 0)
            return rc;
        spool_reader_close(l->reader);
        l->reader = NULL;
        if (rc < 0)
            return err_sys(err, rc, "cannot read a segment of %s", scan->s->dir);
    }
}

static uint16_t payload_of(const struct scan_local *l)
{
    struct spool_info info = {.payload_bytes = 0};
    if (l->reader)
        spool_reader_info(l->reader, &info);
    return info.payload_bytes;
}

static void scan_fail(duckdb_function_info info, int rc, const struct err *err)
{
    char text[600];
    (void)snprintf(text, sizeof text, "%s%s", rc == -ENOENT ? "vanished: " : "", err->text);
    duckdb_function_set_error(info, text);
}

/* The block's payload room is that of the segment being read: a chunk never spans two segments. */
static int chunk_fill(struct scan *scan, struct scan_local *l, enum row_family family, struct err *err)
{
    struct hdr h;
    int rc;
    if (l->has_block)
        row_block_clear(&l->block);
    while ((rc = record_next(scan, l, &h, err)) > 0) {
        if ((h.ip_version == 6 ? ROW_IP6 : ROW_IP4) != family)
            continue;
        if (l->has_block && l->block.n == 0 && l->block.payload_bytes != payload_of(l)) {
            row_block_done(&l->block);
            l->has_block = false;
        }
        if (!l->has_block) {
            rc = row_block_init(&l->block, family, SCAN_ROWS, payload_of(l));
            if (rc < 0)
                return err_set(err, rc, "Out of Memory: no memory to scan the spool");
            l->has_block = true;
        }
        if (!row_block_add(&l->block, &h))
            return err_set(err, -EIO, "a packet of the spool does not fit into a chunk");
        if (l->block.n == l->block.cap || l->block.payload_cap - l->block.payload_n < l->block.payload_bytes)
            return 0;
    }
    return rc;
}

static void scan_rows(duckdb_function_info info, duckdb_data_chunk out, enum row_family family)
{
    struct scan *scan = duckdb_function_get_init_data(info);
    struct scan_local *l = duckdb_function_get_local_init_data(info);
    struct err err = {0};
    int rc = chunk_fill(scan, l, family, &err);
    if (rc < 0) {
        scan_fail(info, rc, &err);
        return;
    }
    size_t n = l->has_block ? l->block.n : 0;
    for (size_t i = 0; i < scan->n_wanted && n; i++)
        if (scan->wanted[i] < scan->n_columns)
            row_fill(&l->block, &scan->columns[scan->wanted[i]], NULL, 0, n, duckdb_data_chunk_get_vector(out, i));
    duckdb_data_chunk_set_size(out, n);
}

static void rows4(duckdb_function_info info, duckdb_data_chunk out)
{
    scan_rows(info, out, ROW_IP4);
}

static void rows6(duckdb_function_info info, duckdb_data_chunk out)
{
    scan_rows(info, out, ROW_IP6);
}

/* ---- loss: the ledger blocks stand between the packets ---- */

static void loss_init(duckdb_init_info info)
{
    scan_init(info, ROW_IP4);
    duckdb_init_set_max_threads(info, 1);
}

/* The rows of a segment are known when it was read to its end. */
static int loss_next(struct scan *scan, struct scan_local *l, struct loss_row *ret, struct err *err)
{
    for (;;) {
        if (l->reader) {
            int rc = spool_read_loss(l->reader, ret);
            if (rc != 0)
                return rc;
            spool_reader_close(l->reader);
            l->reader = NULL;
        }
        int rc = segment_next(scan, l, err);
        if (rc <= 0)
            return rc;
        struct hdr h;
        while ((rc = spool_read(l->reader, &h)) > 0)
            continue;
        if (rc < 0)
            return err_sys(err, rc, "cannot read a segment of %s", scan->s->dir);
    }
}

static void loss_rows(duckdb_function_info info, duckdb_data_chunk out)
{
    struct scan *scan = duckdb_function_get_init_data(info);
    struct scan_local *l = duckdb_function_get_local_init_data(info);
    struct err err = {0};
    struct loss_row row;
    size_t n = 0;
    int rc = 0;
    while (n < duckdb_vector_size() && (rc = loss_next(scan, l, &row, &err)) > 0)
        loss_fill(out, n++, &row);
    if (rc < 0)
        scan_fail(info, rc, &err);
    else
        duckdb_data_chunk_set_size(out, n);
}

int scan_register(struct store *s, struct err *err)
{
    int rc = table_function(s->duck.con, "spool_packet", s, bind4, init4, local_init, rows4, true, err);
    if (rc == 0)
        rc = table_function(s->duck.con, "spool_packet6", s, bind6, init6, local_init, rows6, true, err);
    if (rc == 0)
        rc = table_function(s->duck.con, "spool_loss", s, loss_columns, loss_init, local_init, loss_rows, false, err);
    return rc;
}

/* Header records in any order -> Parquet files, one per hour and run, each sorted by src, ts.
 *
 * A run is as many rows as memory allows. Full runs go to worker threads, which sort and write while decoding goes on. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/ts.h"
#include "store/row_sort.h"
#include "store/store_int.h"

#define RUN_ROWS_MIN ((size_t)1 << 16)
#define RUN_ROWS_MAX ((size_t)1 << 22)
#define RUN_ROWS6    ((size_t)1 << 18)
#define RUN_SHARE    1024 /* bytes of the memory limit per row of a run: three runs, their sort keys, the writers' columns */
#define INGEST_WORKERS 2
#define UNSYNCED_MAX   128
#define LOSS_MAX     ((size_t)1 << 22)

struct worker {
    struct ingest *in;
    struct row_writer *writer;
    pthread_t thread;
    bool started, busy, stop;
    struct row_block block;     /* its own while busy */
    struct row_sort sort;
    struct pending_list files;
    size_t unsynced;            /* of them, about; each holds a file descriptor */
    int rc;
    struct err err;
};
struct ingest {
    struct store *s;
    char prefix[32];
    uint16_t payload_bytes;
    struct row_block blocks[2]; /* enum row_family; without memory until the first row */
    struct worker workers[INGEST_WORKERS];
    pthread_mutex_t mutex;      /* of every worker's busy, stop */
    pthread_cond_t changed;
    int64_t until_us;           /* the end of the latest hour met */
    struct loss_row *loss;
    size_t n_loss, loss_cap;
};

int ingest_new(struct store *s, const char *prefix, uint16_t payload_bytes, struct ingest **ret, struct err *err)
{
    struct ingest *in = calloc(1, sizeof *in);
    if (!in)
        return err_set(err, -ENOMEM, "no memory to take packets");
    (void)pthread_mutex_init(&in->mutex, NULL);
    (void)pthread_cond_init(&in->changed, NULL);
    in->s = s;
    in->until_us = INT64_MIN;
    in->payload_bytes = payload_bytes;
    (void)snprintf(in->prefix, sizeof in->prefix, "%s", prefix);
    *ret = in;
    return 0;
}

static void workers_stop(struct ingest *in)
{
    (void)pthread_mutex_lock(&in->mutex);
    for (size_t i = 0; i < INGEST_WORKERS; i++)
        in->workers[i].stop = true;
    (void)pthread_cond_broadcast(&in->changed);
    (void)pthread_mutex_unlock(&in->mutex);
    for (size_t i = 0; i < INGEST_WORKERS; i++) {
        if (in->workers[i].started)
            (void)pthread_join(in->workers[i].thread, NULL);
        in->workers[i].started = false;
    }
}

void ingest_free(struct ingest *in)
{
    if (!in)
        return;
    workers_stop(in);
    row_block_done(&in->blocks[0]);
    row_block_done(&in->blocks[1]);
    for (size_t i = 0; i < INGEST_WORKERS; i++) {
        row_block_done(&in->workers[i].block);
        row_writer_free(in->workers[i].writer);
        row_sort_done(&in->workers[i].sort);
        pending_drop(&in->workers[i].files);
    }
    (void)pthread_cond_destroy(&in->changed);
    (void)pthread_mutex_destroy(&in->mutex);
    free(in->loss);
    free(in);
}

/* ---- writing ---- */

static void hour_folder(const char *table, int64_t hour, char *buf, size_t n)
{
    time_t t = (time_t)(hour * 3600);
    struct tm tm;
    if (!gmtime_r(&t, &tm))
        memset(&tm, 0, sizeof tm);
    (void)snprintf(buf, n, "%s/date=%04d-%02d-%02d/hour=%02d", table, tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                   tm.tm_hour);
}

/* Sorts and writes the worker's block, and empties it. */
static int flush(struct worker *w, struct err *err)
{
    struct row_block *b = &w->block;
    struct row_hour h;
    char folder[100];
    int rc = row_sort_begin(&w->sort, b);
    if (rc < 0)
        return err_set(err, rc, "no memory to sort %zu packets", b->n);
    while (rc == 0 && row_sort_next(&w->sort, b, &h)) {
        hour_folder(catalog_table_names[b->family == ROW_IP4 ? TABLE_PACKET : TABLE_PACKET6], h.hour, folder, sizeof folder);
        rc = part_write(w->in->s, w->writer, folder, w->in->prefix, b, h.order, h.n, &w->files, err);
        if (rc == 0 && ++w->unsynced == UNSYNCED_MAX) {
            rc = pending_sync(&w->files, err);
            w->unsynced = 0;
        }
    }
    row_block_clear(b);
    return rc;
}

/* ---- workers ---- */

static void *worker_main(void *arg)
{
    struct worker *w = arg;
    struct ingest *in = w->in;
    (void)pthread_mutex_lock(&in->mutex);
    for (;;) {
        while (!w->busy && !w->stop)
            (void)pthread_cond_wait(&in->changed, &in->mutex);
        if (!w->busy)
            break;
        (void)pthread_mutex_unlock(&in->mutex);
        int rc = w->rc < 0 ? w->rc : flush(w, &w->err);
        (void)pthread_mutex_lock(&in->mutex);
        w->rc = rc;
        w->busy = false;
        (void)pthread_cond_broadcast(&in->changed);
    }
    (void)pthread_mutex_unlock(&in->mutex);
    return NULL;
}

static int worker_start(struct worker *w, struct ingest *in, struct err *err)
{
    w->in = in;
    int rc = store_temp_dir(in->s, err); /* here: the threads share it */
    if (rc < 0)
        return rc;
    if (!w->writer && (rc = row_writer_new(&w->writer)) < 0)
        return err_set(err, rc, "no memory to write Parquet");
    rc = pthread_create(&w->thread, NULL, worker_main, w);
    if (rc != 0)
        return err_sys(err, -rc, "cannot start a thread");
    w->started = true;
    return 0;
}

/* A worker without work, started when there is none yet; NULL with an error that one of them met. */
static struct worker *worker_free(struct ingest *in, struct err *err, int *ret_rc)
{
    struct worker *found = NULL;
    (void)pthread_mutex_lock(&in->mutex);
    *ret_rc = 0;
    while (!found && *ret_rc == 0) {
        for (size_t i = 0; i < INGEST_WORKERS && *ret_rc == 0; i++) {
            struct worker *w = &in->workers[i];
            if (!w->busy && w->rc < 0)
                *ret_rc = err_set(err, w->rc, "%s", w->err.text);
            else if (!w->busy && !found && (w->started || i == 0 || in->workers[i - 1].busy))
                found = w;
        }
        if (!found && *ret_rc == 0)
            (void)pthread_cond_wait(&in->changed, &in->mutex);
    }
    (void)pthread_mutex_unlock(&in->mutex);
    if (*ret_rc == 0 && !found->started)
        *ret_rc = worker_start(found, in, err);
    return *ret_rc == 0 ? found : NULL;
}

/* Hands b's rows to a worker; b is empty then. Memory is made for b at its next row when the worker's was of the other
 * family. */
static int hand_over(struct ingest *in, struct row_block *b, struct err *err)
{
    int rc;
    if (b->n == 0)
        return 0;
    struct worker *w = worker_free(in, err, &rc);
    if (!w)
        return rc;
    struct row_block spare = w->block;
    enum row_family family = b->family;
    (void)pthread_mutex_lock(&in->mutex);
    w->block = *b;
    w->busy = true;
    (void)pthread_cond_broadcast(&in->changed);
    (void)pthread_mutex_unlock(&in->mutex);
    if (spare.rows && spare.family != family)
        row_block_done(&spare);
    *b = spare;
    return 0;
}

static int workers_wait(struct ingest *in, struct err *err)
{
    int rc = 0;
    (void)pthread_mutex_lock(&in->mutex);
    for (size_t i = 0; i < INGEST_WORKERS; i++) {
        struct worker *w = &in->workers[i];
        while (w->busy)
            (void)pthread_cond_wait(&in->changed, &in->mutex);
        if (w->rc < 0 && rc == 0)
            rc = err_set(err, w->rc, "%s", w->err.text);
    }
    (void)pthread_mutex_unlock(&in->mutex);
    return rc;
}

/* ---- taking ---- */

static int block_ready(struct ingest *in, enum row_family family, struct err *err)
{
    size_t cap = RUN_ROWS6;
    if (family == ROW_IP4) {
        cap = (size_t)(in->s->memory_bytes / RUN_SHARE);
        cap = cap < RUN_ROWS_MIN ? RUN_ROWS_MIN : cap > RUN_ROWS_MAX ? RUN_ROWS_MAX : cap;
    }
    int rc = row_block_init(&in->blocks[family], family, cap, in->payload_bytes);
    return rc < 0 ? err_set(err, rc, "no memory for a run of %zu packets", cap) : 0;
}

/* A later hour than any before begins. */
static bool hour_begins(struct ingest *in, int64_t ts_us)
{
    if (ts_us < in->until_us)
        return false;
    in->until_us = ts_us > INT64_MAX - TS_HOUR_US ? INT64_MAX : ts_us - ts_us % TS_HOUR_US + (ts_us < 0 ? 0 : TS_HOUR_US);
    return true;
}

int ingest_add(struct ingest *in, const struct hdr *h, struct err *err)
{
    enum row_family family = h->ip_version == 6 ? ROW_IP6 : ROW_IP4;
    struct row_block *b = &in->blocks[family];
    /* A run that is nearly full ends with its hour, so that an hour is one file where it can be. */
    bool ends = hour_begins(in, h->ts_us) && b->n > b->cap / 4 * 3;
    if (!ends && b->rows && row_block_add(b, h))
        return 0;
    int rc = b->rows ? hand_over(in, b, err) : 0;
    if (rc == 0 && !b->rows)
        rc = block_ready(in, family, err);
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

/* Moves one list's files to another; what does not fit stays where it is. */
static int files_move(struct pending_list *from, struct pending_list *to, struct err *err)
{
    struct pending *more = realloc(to->at, (to->n + from->n + 1) * sizeof *more);
    if (!more)
        return err_set(err, -ENOMEM, "no memory for %zu files", to->n + from->n);
    to->at = more;
    to->cap = to->n + from->n + 1;
    for (size_t i = 0; i < from->n; i++)
        to->at[to->n++] = from->at[i];
    free(from->at);
    *from = (struct pending_list){0};
    return 0;
}

int ingest_finish(struct ingest *in, struct pending_list *ret, struct err *err)
{
    struct pending_list files = {0};
    int rc = hand_over(in, &in->blocks[ROW_IP4], err);
    if (rc == 0)
        rc = hand_over(in, &in->blocks[ROW_IP6], err);
    if (rc == 0)
        rc = workers_wait(in, err);
    if (rc == 0 && in->n_loss)
        rc = part_write_loss(in->s, in->prefix, in->loss, in->n_loss, &files, err);
    for (size_t i = 0; i < INGEST_WORKERS && rc == 0; i++)
        rc = files_move(&in->workers[i].files, &files, err);
    if (rc == 0)
        *ret = files;
    else
        pending_drop(&files);
    return rc;
}

#include "cmd/recorder.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ts.h"
#include "header/hdr.h"
#include "spool/spool.h"
#include "wire/wire.h"

enum { BATCH = 512, WAIT_MS = 50, DRAIN_MS_MAX = 5000 };

/* What a ring's ledger interval starts from. */
struct tally {
    uint64_t received, dropped, dropped_if;
    uint64_t decoded[HDR_LOSS_KINDS];
};

struct ring {
    struct recorder *owner;
    struct wire *wire;
    struct spool_writer *spool;
    pthread_t thread;
    bool running;
    char name[SPOOL_RECORDER_MAX + 1];

    struct tally now, then; /* then: at the start of the interval */
    int64_t interval_wall_us, interval_mono_us, published_mono_us;
    int64_t wall_less_mono_us; /* moves when the clock is set */
    bool clock_set;

    _Atomic uint64_t received, stored, lost_kernel, lost_decoder, lost_disk;
    _Atomic int disk_error;
    _Atomic int failed;      /* why the ring ended by itself */
    struct err failed_text;  /* read after failed is seen */
    int closed;              /* how closing the spool went */
    struct err closed_text;
};

struct recorder {
    struct recorder_options options;
    unsigned n;
    atomic_bool stop;
    struct ring rings[RECORDER_RINGS_MAX];
};

/* ---- the ledger ---- */

static int kernel_counts(struct ring *r, struct wire_counts *ret)
{
    int rc = wire_counts(r->wire, ret);
    r->now.received = ret->received;
    r->now.dropped = ret->dropped_kernel;
    r->now.dropped_if = ret->dropped_if;
    return rc;
}

/* Rows of this interval; left: frames that the kernel counted and that never came out of the ring (known at the end). */
static size_t ledger_rows(const struct ring *r, int64_t start_us, int64_t len_us, uint64_t left, struct loss_row *rows)
{
    const struct tally *a = &r->then, *b = &r->now;
    size_t n = 0;
    uint64_t taken = b->received - a->received;
    loss_row_set(&rows[n++], start_us, len_us, "kernel", "", taken + left, 0);
    if (b->dropped != a->dropped)
        loss_row_set(&rows[n++], start_us, len_us, "kernel", "no-room", 0, b->dropped - a->dropped);
    if (b->dropped_if != a->dropped_if)
        loss_row_set(&rows[n++], start_us, len_us, "kernel", "interface", 0, b->dropped_if - a->dropped_if);
    if (r->clock_set)
        loss_row_set(&rows[n++], start_us, len_us, "kernel", "clock-set", 0, 0);
    loss_row_set(&rows[n++], start_us, len_us, "ring", "", taken, 0);
    if (left)
        loss_row_set(&rows[n++], start_us, len_us, "ring", "not-read", 0, left);
    for (int why = 0; why < HDR_LOSS_KINDS; why++) {
        uint64_t d = b->decoded[why] - a->decoded[why];
        if (why == HDR_STORED)
            loss_row_set(&rows[n++], start_us, len_us, "decoder", "", d, 0);
        else if (d)
            loss_row_set(&rows[n++], start_us, len_us, "decoder", hdr_loss_name((enum hdr_loss)why), 0, d);
    }
    return n;
}

/* Ends the interval; when the disk takes no more it simply goes on and a longer one ends later. */
static int end_interval(struct ring *r, int64_t mono_us, uint64_t left)
{
    struct loss_row rows[SPOOL_LEDGER_ROWS_MAX];
    int64_t len_us = mono_us - r->interval_mono_us;
    size_t n = ledger_rows(r, r->interval_wall_us, len_us, left, rows);
    int rc = spool_write_ledger(r->spool, r->interval_wall_us, len_us, rows, n);
    if (rc < 0)
        return rc;
    r->then = r->now;
    r->interval_wall_us = ts_now_us();
    r->interval_mono_us = mono_us;
    r->clock_set = false;
    return 0;
}

static void watch_clock(struct ring *r, int64_t mono_us)
{
    int64_t now = ts_now_us() - mono_us, moved = now - r->wall_less_mono_us;
    r->wall_less_mono_us = now;
    if (moved > TS_SECOND_US || moved < -TS_SECOND_US)
        r->clock_set = true;
}

static void publish(struct ring *r)
{
    struct wire_counts c;
    struct spool_counts s;
    (void)kernel_counts(r, &c);
    spool_writer_counts(r->spool, &s);
    uint64_t refused = 0;
    for (int why = HDR_STORED + 1; why < HDR_LOSS_KINDS; why++)
        refused += r->now.decoded[why];
    r->received = c.received;
    r->stored = s.written;
    r->lost_kernel = c.dropped_kernel + c.dropped_if;
    r->lost_decoder = refused;
    r->lost_disk = s.lost;
    r->disk_error = s.error;
}

static void keep_books(struct ring *r)
{
    int64_t mono_us = ts_mono_us();
    (void)spool_tick(r->spool, mono_us); /* a failure is in the writer's counts */
    bool due = mono_us - r->interval_mono_us >= r->owner->options.ledger_us;
    if (!due && mono_us - r->published_mono_us < TS_SECOND_US)
        return;
    watch_clock(r, mono_us);
    publish(r);
    r->published_mono_us = mono_us;
    if (due)
        (void)end_interval(r, mono_us, 0);
}

/* ---- the ring's thread ---- */

static void take(struct ring *r, const struct frame *f)
{
    struct hdr h;
    enum hdr_loss why = hdr_decode_decap(r->owner->options.decap, f->link_type, f->bytes, f->cap_len_bytes,
                                         f->wire_len_bytes, f->ts_us, &h);
    r->now.decoded[why]++;
    if (why == HDR_STORED)
        (void)spool_write(r->spool, &h); /* what it cannot keep it counts */
}

static int take_batch(struct ring *r, int wait_ms)
{
    struct frame f;
    int rc = 1, n = 0;
    for (; n < BATCH && (rc = wire_next(r->wire, n ? 0 : wait_ms, &f, &r->failed_text)) == 1; n++)
        take(r, &f);
    return rc < 0 ? rc : n;
}

/* The kernel adds no more; what it has comes until two quiet waits in a row. */
static void drain(struct ring *r)
{
    int64_t until_us = ts_mono_us() + DRAIN_MS_MAX * 1000;
    if (wire_stop(r->wire) < 0)
        until_us = ts_mono_us() + 2 * WIRE_RETIRE_MS * 1000;
    for (int quiet = 0; quiet < 2 && ts_mono_us() < until_us;) {
        int n = take_batch(r, WIRE_RETIRE_MS);
        quiet = n > 0 ? 0 : quiet + 1;
        keep_books(r);
        if (n < 0)
            break;
    }
}

static void close_books(struct ring *r)
{
    struct wire_counts c;
    (void)kernel_counts(r, &c);
    uint64_t out = c.received + c.dropped_kernel;
    int rc = end_interval(r, ts_mono_us(), c.kernel_seen > out ? c.kernel_seen - out : 0);
    publish(r);
    r->closed = spool_writer_close(r->spool, &r->closed_text);
    if (rc < 0 && r->closed == 0)
        r->closed = err_sys(&r->closed_text, rc, "the last ledger interval could not be written");
    r->spool = NULL;
}

static void *ring_run(void *arg)
{
    struct ring *r = arg;
    while (!r->owner->stop) {
        int rc = take_batch(r, WAIT_MS);
        keep_books(r);
        if (rc < 0) {
            r->failed = rc;
            break;
        }
    }
    if (!r->failed)
        drain(r);
    close_books(r);
    return NULL;
}

/* ---- life ---- */

int recorder_new(const struct recorder_options *options, struct recorder **ret, struct err *err)
{
    struct recorder *r = calloc(1, sizeof *r);
    if (!r)
        return err_set(err, -ENOMEM, "no memory for the recorder");
    r->options = *options;
    r->n = options->rings;
    int rc = 0;
    for (unsigned i = 0; rc == 0 && i < r->n; i++) {
        struct ring *ring = &r->rings[i];
        ring->owner = r;
        char suffix[16] = "";
        if (i)
            (void)snprintf(suffix, sizeof suffix, "r%u", i);
        if (snprintf(ring->name, sizeof ring->name, "%s%s", options->name, suffix) >= (int)sizeof ring->name)
            rc = err_set(err, -EINVAL, "recorder name '%.40s' is too long for %u rings", options->name, r->n);
        struct wire_live_options o = {.interface = options->interface, .snap_len_bytes = options->snap_len_bytes,
                                      .buffer_bytes = options->buffer_bytes, .incoming_only = options->incoming_only,
                                      .fanout_of = i ? r->rings[0].wire : NULL};
        if (rc == 0)
            rc = wire_open_live(&o, &ring->wire, err);
    }
    if (rc < 0)
        recorder_free(r);
    else
        *ret = r;
    return rc;
}

int recorder_open_spool(struct recorder *r, struct err *err)
{
    const struct recorder_options *o = &r->options;
    for (unsigned i = 0; i < r->n; i++) {
        struct spool_options s = {.store_dir = o->store_dir, .recorder = r->rings[i].name,
                                  .segment_bytes_max = o->segment_bytes_max, .segment_age_max_us = o->segment_age_max_us,
                                  .payload_bytes = o->payload_bytes};
        int rc = spool_writer_open(&s, &r->rings[i].spool, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int64_t recorder_alive_before_us(const struct recorder *r)
{
    return spool_writer_alive_before_us(r->rings[0].spool);
}

int recorder_start(struct recorder *r, struct err *err)
{
    for (unsigned i = 0; i < r->n; i++) {
        struct ring *ring = &r->rings[i];
        int rc = wire_start(ring->wire, err);
        if (rc < 0)
            return rc;
        ring->interval_mono_us = ring->published_mono_us = ts_mono_us();
        ring->interval_wall_us = ts_now_us();
        ring->wall_less_mono_us = ring->interval_wall_us - ring->interval_mono_us;
        rc = pthread_create(&ring->thread, NULL, ring_run, ring);
        if (rc)
            return err_sys(err, -rc, "cannot start the thread of ring %u", i);
        ring->running = true;
    }
    return 0;
}

void recorder_counts(const struct recorder *r, struct recorder_counts *ret)
{
    *ret = (struct recorder_counts){0};
    for (unsigned i = 0; i < r->n; i++) {
        const struct ring *g = &r->rings[i];
        ret->received += g->received;
        ret->stored += g->stored;
        ret->lost_kernel += g->lost_kernel;
        ret->lost_decoder += g->lost_decoder;
        ret->lost_disk += g->lost_disk;
        if (g->disk_error)
            ret->disk_error = g->disk_error;
    }
}

int recorder_failed(const struct recorder *r, struct err *err)
{
    for (unsigned i = 0; i < r->n; i++) {
        int rc = r->rings[i].failed;
        if (rc)
            return err_set(err, rc, "%s", r->rings[i].failed_text.text);
    }
    return 0;
}

int recorder_stop(struct recorder *r, struct err *err)
{
    int rc = 0;
    r->stop = true;
    for (unsigned i = 0; i < r->n; i++) {
        struct ring *ring = &r->rings[i];
        if (!ring->running)
            continue;
        (void)pthread_join(ring->thread, NULL);
        ring->running = false;
        if (ring->closed < 0 && rc == 0)
            rc = err_set(err, ring->closed, "%s", ring->closed_text.text);
    }
    return rc;
}

void recorder_free(struct recorder *r)
{
    if (!r)
        return;
    (void)recorder_stop(r, NULL);
    for (unsigned i = 0; i < r->n; i++) {
        (void)spool_writer_close(r->rings[i].spool, NULL);
        wire_close(r->rings[i].wire);
    }
    free(r);
}

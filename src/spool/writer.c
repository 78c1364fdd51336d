/* The recorder's side. Blocks are built in a buffer; every 64 of them, or when one is flush_us old, they are written at
 * the end of the segment. While the file takes no more, the buffer fills; then records are lost and counted. */
#include "spool/spool_int.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/ts.h"

enum { BUFFER_BYTES = 4 << 20, CHUNK_BYTES = 256 << 10, SYNC_BYTES = 8 << 20, LOCK_WAIT_MS = 3000 };
enum { OWN_ROWS_MAX = 12 };

struct spool_writer {
    struct spool_options options;
    char recorder[SPOOL_RECORDER_MAX + 1];
    int dir_fd, lock_fd;
    struct spool_state state, before; /* before: as the previous recorder left it */
    int64_t opened_us;                /* wall clock */
    bool first_ledger_done;
    struct spool_sealer *sealer;

    uint8_t *buffer;
    uint32_t block_bytes;
    uint8_t block_log;
    size_t blocks_max, n_closed; /* closed blocks stand at the start of the buffer, the open one behind them */
    uint64_t closed_records;
    uint8_t *open_at;            /* end of the open block's records; NULL: none is open */
    struct spool_head open;
    struct spool_dict dict;
    int64_t oldest_mono_us, mono_us; /* when the first record that is not in the file came; the last tick */

    bool active;                 /* a segment is begun (perhaps only in the buffer) */
    int fd;                      /* its file; -1 until the first flush */
    uint64_t seq, segment_id;
    uint32_t next_index;
    uint64_t file_bytes, synced_bytes;
    int64_t segment_mono_us;
    uint64_t segment_first;      /* records of the segment so far */
    struct spool_totals totals;

    bool blocked;
    int error;
    uint64_t given, written, lost_space, lost_io;     /* since open */
    uint64_t ledger_given, ledger_written, ledger_space, ledger_io; /* as of the last ledger */
    int64_t ledger_us;
    uint64_t unledgered;
};

/* ---- blocks ---- */

static uint8_t *block_start(const struct spool_writer *w)
{
    return w->buffer + w->n_closed * w->block_bytes;
}

static struct spool_head head_of(const struct spool_writer *w, enum spool_block_type type)
{
    return (struct spool_head){.type = (uint8_t)type, .block_log = w->block_log, .index = w->next_index,
                               .used_bytes = SPOOL_HEAD_BYTES, .segment_id = w->segment_id,
                               .first_record = w->segment_first, .ledger_us = w->ledger_us,
                               .unledgered = w->unledgered};
}

static void block_close(struct spool_writer *w, struct spool_head *h)
{
    h->written_us = ts_now_us();
    spool_head_put(block_start(w), h);
    w->n_closed++;
    w->next_index++;
}

static void packets_close(struct spool_writer *w)
{
    if (!w->open_at)
        return;
    w->open.used_bytes = (uint32_t)(w->open_at - block_start(w));
    w->open_at = NULL;
    uint32_t n = w->open.n;
    block_close(w, &w->open);
    w->closed_records += n;
    w->segment_first += n;
    w->unledgered += n;
}

static void segment_begin(struct spool_writer *w)
{
    w->active = true;
    w->seq = w->state.next_seq++;
    w->next_index = 0;
    w->segment_first = 0;
    w->file_bytes = w->synced_bytes = 0;
    w->segment_mono_us = w->mono_us;
    w->totals = (struct spool_totals){0};
    do {
        rng_secret(&w->segment_id, sizeof w->segment_id);
    } while (w->segment_id == 0);
    struct spool_segment_body body = {.seq = w->seq, .payload_bytes = w->options.payload_bytes};
    memcpy(body.recorder, w->recorder, sizeof body.recorder);
    struct spool_head h = head_of(w, SPOOL_BLOCK_SEGMENT);
    h.used_bytes += spool_segment_put(block_start(w) + SPOOL_HEAD_BYTES, &body);
    block_close(w, &h);
}

static bool packets_begin(struct spool_writer *w, int64_t base_us)
{
    if (w->n_closed + (w->active ? 1 : 2) > w->blocks_max)
        return false;
    if (!w->active)
        segment_begin(w);
    w->open = head_of(w, SPOOL_BLOCK_PACKETS);
    w->open.base_us = base_us;
    w->open_at = block_start(w) + SPOOL_HEAD_BYTES;
    if (w->closed_records == 0)
        w->oldest_mono_us = w->mono_us;
    w->dict.n = 0;
    memset(w->dict.slot, 0, sizeof w->dict.slot);
    return true;
}

/* ---- the file ---- */

static int segment_create(struct spool_writer *w)
{
    int rc = spool_state_write(w->lock_fd, &w->state, true);
    if (rc < 0)
        return rc;
    char name[SPOOL_NAME_MAX];
    spool_segment_name(name, w->recorder, w->seq, false);
    w->fd = openat(w->dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
    return w->fd < 0 ? -errno : 0;
}

static int pwrite_all(int fd, const uint8_t *bytes, size_t n, uint64_t at)
{
    while (n) {
        ssize_t put = pwrite(fd, bytes, n, (off_t)at);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return put < 0 ? -errno : -ENOSPC;
        bytes += put;
        n -= (size_t)put;
        at += (uint64_t)put;
    }
    return 0;
}

/* Writes the closed blocks; there must be no open one. A write that failed half way is done again from its start. */
static int flush(struct spool_writer *w)
{
    assert(!w->open_at);
    int rc = 0;
    size_t n = w->n_closed * w->block_bytes;
    if (n == 0)
        return 0;
    if (w->fd < 0)
        rc = segment_create(w);
    if (rc == 0)
        rc = pwrite_all(w->fd, w->buffer, n, w->file_bytes);
    w->blocked = rc < 0;
    w->error = rc;
    if (rc < 0)
        return rc;
    w->file_bytes += n;
    w->n_closed = 0;
    w->written += w->closed_records;
    w->closed_records = 0;
    if (w->file_bytes - w->synced_bytes >= SYNC_BYTES) {
        /* Starts writing back, so that the fsync at the end is short. */
        (void)sync_file_range(w->fd, (off_t)w->synced_bytes, (off_t)(w->file_bytes - w->synced_bytes),
                              SYNC_FILE_RANGE_WRITE);
        w->synced_bytes = w->file_bytes;
    }
    return 0;
}

/* Everything is flushed: end the segment and give it to the sealer. */
static void segment_end(struct spool_writer *w)
{
    struct spool_head h = head_of(w, SPOOL_BLOCK_END);
    w->totals.packets = w->segment_first;
    h.used_bytes += spool_totals_put(block_start(w) + SPOOL_HEAD_BYTES, &w->totals);
    block_close(w, &h);
    /* No room for it: a sealed segment without its last block is still good. */
    if (pwrite_all(w->fd, w->buffer, w->block_bytes, w->file_bytes) < 0 && ftruncate(w->fd, (off_t)w->file_bytes) < 0)
        w->state.ledger_us = w->ledger_us; /* its reader skips half a block */
    w->n_closed = 0;
    w->state.alive_us = ts_now_us();
    w->state.ledger_us = w->ledger_us;
    w->state.unledgered = w->unledgered;
    (void)spool_state_write(w->lock_fd, &w->state, false);
    spool_sealer_put(w->sealer, w->fd, w->recorder, w->seq);
    w->fd = -1;
    w->active = false;
}

static void rotate_if_due(struct spool_writer *w)
{
    if (w->fd < 0 || w->blocked || w->n_closed || w->open_at)
        return;
    if (w->file_bytes >= w->options.segment_bytes_max ||
        w->mono_us - w->segment_mono_us >= w->options.segment_age_max_us)
        segment_end(w);
}

/* ---- records ---- */

static size_t record_bound(const struct spool_writer *w, const struct hdr *h)
{
    size_t head = h->ip_version == 6 || h->has & HDR_INNER ? SPOOL_RECORD_MAX : 100;
    return head + (h->payload ? w->options.payload_bytes : 0u);
}

static int lose(struct spool_writer *w)
{
    int why = w->error ? w->error : -ENOSPC;
    if (why == -ENOSPC || why == -EDQUOT)
        w->lost_space++;
    else
        w->lost_io++;
    return why;
}

static void count_time(struct spool_totals *t, int64_t ts_us, bool first)
{
    if (first || ts_us < t->min_us)
        t->min_us = ts_us;
    if (first || ts_us > t->max_us)
        t->max_us = ts_us;
}

int spool_write(struct spool_writer *w, const struct hdr *h)
{
    w->given++;
    int64_t delta_us = 0;
    if (w->open_at) {
        bool far = __builtin_sub_overflow(h->ts_us, w->open.base_us, &delta_us) || delta_us != (int32_t)delta_us;
        if (far || w->open_at + record_bound(w, h) > block_start(w) + w->block_bytes) {
            packets_close(w);
            if (!w->blocked && w->n_closed * w->block_bytes >= CHUNK_BYTES && flush(w) == 0)
                rotate_if_due(w);
        }
    }
    if (!w->open_at) {
        if (!packets_begin(w, h->ts_us))
            return lose(w);
        delta_us = 0;
    }
    w->open_at = spool_record_put(w->open_at, h, (int32_t)delta_us, w->options.payload_bytes, &w->dict);
    count_time(&w->totals, h->ts_us, w->segment_first + w->open.n == 0);
    w->open.n++;
    return 0;
}

int spool_tick(struct spool_writer *w, int64_t mono_us)
{
    w->mono_us = mono_us;
    bool due = w->blocked || ((w->open_at || w->n_closed) && mono_us - w->oldest_mono_us >= w->options.flush_us);
    int rc = 0;
    if (due) {
        packets_close(w);
        rc = flush(w);
    }
    /* An old segment also ends under a block that is not due yet. */
    if (w->active && mono_us - w->segment_mono_us >= w->options.segment_age_max_us && rc == 0) {
        packets_close(w);
        rc = flush(w);
        rotate_if_due(w);
    }
    return rc;
}

void spool_writer_counts(const struct spool_writer *w, struct spool_counts *ret)
{
    int error = w->error ? w->error : spool_sealer_error(w->sealer);
    *ret = (struct spool_counts){.given = w->given, .written = w->written, .lost = w->lost_space + w->lost_io,
                                 .error = error, .seq = w->active ? w->seq : w->state.next_seq};
}

/* ---- ledger ---- */

/* What the previous recorder could not say itself: it died, and how long nobody recorded. */
static size_t rows_before(const struct spool_writer *w, struct loss_row *rows)
{
    size_t n = 0;
    const struct spool_state *b = &w->before;
    if (b->unledgered) {
        static const char *const stages[] = {"kernel", "ring", "decoder", "spool", "disk"};
        int64_t len_us = b->alive_us > b->ledger_us ? b->alive_us - b->ledger_us : 0;
        for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
            loss_row_set(&rows[n++], b->ledger_us, len_us, stages[i], "", b->unledgered, 0);
        loss_row_set(&rows[n++], b->ledger_us, len_us, "kernel", "crash", 0, 0);
    }
    if (b->alive_us && w->opened_us > b->alive_us)
        loss_row_set(&rows[n++], b->alive_us, w->opened_us - b->alive_us, "kernel", "gap", 0, 0);
    return n;
}

static size_t rows_own(const struct spool_writer *w, int64_t start_us, int64_t interval_us, struct loss_row *rows)
{
    size_t n = 0;
    uint64_t space = w->lost_space - w->ledger_space, io = w->lost_io - w->ledger_io;
    loss_row_set(&rows[n++], start_us, interval_us, "spool", "", w->given - w->ledger_given, 0);
    loss_row_set(&rows[n++], start_us, interval_us, "disk", "", w->written - w->ledger_written, 0);
    if (space)
        loss_row_set(&rows[n++], start_us, interval_us, "disk", "no-space", 0, space);
    if (io)
        loss_row_set(&rows[n++], start_us, interval_us, "disk", "io-error", 0, io);
    return n;
}

static int write_rows(struct spool_writer *w, int64_t start_us, const struct loss_row *rows, size_t n)
{
    if (!w->active)
        segment_begin(w);
    struct spool_head h = head_of(w, SPOOL_BLOCK_LEDGER);
    h.base_us = start_us;
    h.n = (uint32_t)n;
    uint8_t *at = block_start(w) + SPOOL_HEAD_BYTES;
    for (size_t i = 0; i < n; i++)
        spool_ledger_put(at + i * SPOOL_LEDGER_ROW_BYTES, &rows[i]);
    h.used_bytes += (uint32_t)n * SPOOL_LEDGER_ROW_BYTES;
    block_close(w, &h);
    int rc = flush(w);
    if (rc < 0) { /* the caller will give a longer interval later */
        w->n_closed--;
        w->next_index--;
    }
    return rc;
}

int spool_write_ledger(struct spool_writer *w, int64_t start_us, int64_t interval_us, const struct loss_row *rows,
                       size_t n)
{
    assert(n <= SPOOL_LEDGER_ROWS_MAX);
    packets_close(w);
    int rc = flush(w);
    if (rc < 0)
        return rc;
    struct loss_row all[SPOOL_LEDGER_ROWS_MAX + OWN_ROWS_MAX];
    size_t n_all = w->first_ledger_done ? 0 : rows_before(w, all);
    if (n)
        memcpy(all + n_all, rows, n * sizeof *rows);
    n_all += n;
    n_all += rows_own(w, start_us, interval_us, all + n_all);
    rc = write_rows(w, start_us, all, n_all);
    if (rc < 0)
        return rc;
    w->totals.ledger_rows += n_all;
    w->first_ledger_done = true;
    w->ledger_given = w->given;
    w->ledger_written = w->written;
    w->ledger_space = w->lost_space;
    w->ledger_io = w->lost_io;
    w->ledger_us = start_us + interval_us;
    w->unledgered = 0;
    w->state.alive_us = ts_now_us();
    (void)spool_state_write(w->lock_fd, &w->state, false);
    rotate_if_due(w);
    return 0;
}

/* ---- life ---- */

int64_t spool_writer_alive_before_us(const struct spool_writer *w)
{
    return w->before.alive_us;
}

static void writer_free(struct spool_writer *w)
{
    if (w->fd >= 0)
        close(w->fd);
    if (w->lock_fd >= 0)
        close(w->lock_fd);
    if (w->dir_fd >= 0)
        close(w->dir_fd);
    free(w->buffer);
    free(w);
}

static void writer_defaults(struct spool_writer *w)
{
    struct spool_options *o = &w->options;
    o->segment_bytes_max = o->segment_bytes_max ? o->segment_bytes_max : UINT64_C(256) << 20;
    o->segment_age_max_us = o->segment_age_max_us ? o->segment_age_max_us : 60 * TS_SECOND_US;
    o->flush_us = o->flush_us ? o->flush_us : TS_SECOND_US / 5;
    o->store_dir = o->recorder = NULL; /* the caller's */
    w->block_log = o->payload_bytes == 0 ? 12 : o->payload_bytes <= 1024 ? 14 : SPOOL_BLOCK_LOG_MAX;
    w->block_bytes = UINT32_C(1) << w->block_log;
    w->blocks_max = BUFFER_BYTES / w->block_bytes;
    w->fd = w->dir_fd = w->lock_fd = -1;
}

int spool_writer_open(const struct spool_options *options, struct spool_writer **ret, struct err *err)
{
    if (!spool_recorder_valid(options->recorder))
        return err_set(err, -EINVAL, "recorder name '%.40s' is not 1 to %d of a-z and 0-9", options->recorder,
                       SPOOL_RECORDER_MAX);
    struct spool_writer *w = calloc(1, sizeof *w);
    if (!w)
        return err_set(err, -ENOMEM, "no memory for the spool writer");
    w->options = *options;
    memcpy(w->recorder, options->recorder, strlen(options->recorder));
    writer_defaults(w);
    int rc = spool_dir_open(options->store_dir, true, &w->dir_fd, err);
    if (rc < 0)
        goto out;
    rc = spool_lock(w->dir_fd, w->recorder, LOCK_WAIT_MS, &w->lock_fd, &w->state);
    if (rc == -EBUSY)
        (void)err_set(err, rc, "a recorder named %s is already writing into %s; give this one another --recorder name",
                      w->recorder, options->store_dir);
    else if (rc < 0)
        (void)err_sys(err, rc, "cannot lock recorder %s in %s/spool", w->recorder, options->store_dir);
    if (rc < 0)
        goto out;
    rc = spool_recover_recorder(w->dir_fd, w->recorder, w->lock_fd, &w->state, err);
    if (rc < 0)
        goto out;
    w->before = w->state;
    w->opened_us = w->ledger_us = ts_now_us();
    if (w->state.unledgered) { /* carried on in each block until the first ledger says it */
        w->unledgered = w->state.unledgered;
        w->ledger_us = w->state.ledger_us;
    }
    w->mono_us = ts_mono_us();
    w->buffer = calloc(1, BUFFER_BYTES + SPOOL_RECORD_MAX);
    rc = w->buffer ? spool_sealer_new(w->dir_fd, &w->sealer) : -ENOMEM;
    if (rc < 0)
        (void)err_sys(err, rc, "cannot start the spool writer");
out:
    if (rc < 0)
        writer_free(w);
    else
        *ret = w;
    return rc < 0 ? rc : 0;
}

int spool_writer_close(struct spool_writer *w, struct err *err)
{
    if (!w)
        return 0;
    packets_close(w);
    int rc = flush(w);
    uint64_t buffered = w->closed_records;
    if (w->fd >= 0) {
        w->n_closed = 0;
        w->next_index = (uint32_t)(w->file_bytes / w->block_bytes);
        segment_end(w);
    }
    w->state.alive_us = ts_now_us();
    w->state.ledger_us = w->ledger_us;
    w->state.unledgered = w->unledgered - buffered;
    (void)spool_state_write(w->lock_fd, &w->state, false);
    int sealed = spool_sealer_free(w->sealer);
    if (rc < 0)
        (void)err_sys(err, rc, "%llu packets could not be written", (unsigned long long)buffered);
    else if (sealed < 0)
        rc = err_sys(err, sealed, "a finished segment could not be synced");
    writer_free(w);
    return rc;
}

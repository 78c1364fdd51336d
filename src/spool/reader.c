/* Reading a segment: whole blocks from the start, each checked; a bad one is skipped and counted. */
#include "spool/spool_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WINDOW_BYTES = 256 << 10 };

struct spool_reader {
    int fd;
    bool sealed;
    uint64_t size_bytes; /* at open: what comes later is not read */
    uint32_t block_bytes;
    uint64_t segment_id; /* 0: not known */
    struct spool_segment_body body;

    uint8_t *window;
    uint64_t window_at, window_bytes;
    uint64_t next_index;

    struct spool_head head; /* of the block being read */
    struct rd records;
    uint32_t records_left;
    struct spool_dict dict;

    struct loss_row *loss;
    size_t loss_n, loss_cap, loss_next;
    uint64_t seen, bad_blocks, lost_records;
    struct spool_scan scan;
    bool tail_counted;
};

/* The block at index, inside the window; NULL at the end or on a read error (*ret_rc). */
static const uint8_t *block_at(struct spool_reader *r, uint64_t index, int *ret_rc)
{
    uint64_t at = index * r->block_bytes;
    *ret_rc = 0;
    if (at + r->block_bytes > r->size_bytes)
        return NULL;
    if (at < r->window_at || at + r->block_bytes > r->window_at + r->window_bytes) {
        uint64_t want = r->size_bytes - at < WINDOW_BYTES ? r->size_bytes - at : WINDOW_BYTES;
        uint64_t got = 0;
        while (got < want) {
            ssize_t n = pread(r->fd, r->window + got, want - got, (off_t)(at + got));
            if (n < 0 && errno == EINTR)
                continue;
            if (n < 0) {
                *ret_rc = -errno;
                return NULL;
            }
            if (n == 0)
                break;
            got += (uint64_t)n;
        }
        r->window_at = at;
        r->window_bytes = got;
        if (got < r->block_bytes)
            return NULL; /* the file was cut since it was opened */
    }
    return r->window + (at - r->window_at);
}

/* Finds the block size when the first block is damaged: the one at which a good second block stands. */
static bool find_block_size(struct spool_reader *r)
{
    for (int log = SPOOL_BLOCK_LOG_MIN; log <= SPOOL_BLOCK_LOG_MAX; log++) {
        struct spool_head h;
        int rc;
        r->block_bytes = UINT32_C(1) << log;
        const uint8_t *block = block_at(r, 1, &rc);
        if (block && spool_head_get(block, r->block_bytes, &h) == 0 && h.block_log == log && h.index == 1)
            return true;
    }
    return false;
}

static int read_first_block(struct spool_reader *r)
{
    if (r->size_bytes < (UINT64_C(1) << SPOOL_BLOCK_LOG_MIN)) {
        r->block_bytes = UINT32_C(1) << SPOOL_BLOCK_LOG_MIN;
        return 0; /* made, and nothing whole written yet */
    }
    uint64_t n = r->size_bytes < (UINT64_C(1) << SPOOL_BLOCK_LOG_MAX) ? r->size_bytes : UINT64_C(1) << SPOOL_BLOCK_LOG_MAX;
    r->block_bytes = (uint32_t)n;
    int rc;
    const uint8_t *block = block_at(r, 0, &rc);
    if (!block)
        return rc < 0 ? rc : -EBADMSG;
    struct spool_head h;
    rc = spool_head_get(block, n, &h);
    if (rc == -EBADMSG && n >= 4 && memcmp(block, SPOOL_MAGIC, 4) == 0 && n < (UINT64_C(1) << SPOOL_BLOCK_LOG_MAX) &&
        !r->sealed && !find_block_size(r)) {
        r->block_bytes = UINT32_C(1) << SPOOL_BLOCK_LOG_MAX;
        return 0; /* the first, large block is being written */
    }
    if (rc == -EBADMSG && !find_block_size(r))
        return -EBADMSG;
    if (rc < 0)
        return rc == -EBADMSG ? 0 : rc;
    r->block_bytes = UINT32_C(1) << h.block_log;
    r->segment_id = h.segment_id;
    if (h.type == SPOOL_BLOCK_SEGMENT) {
        struct rd body = rd_of(block + SPOOL_HEAD_BYTES, h.used_bytes - SPOOL_HEAD_BYTES);
        spool_segment_get(&body, &r->body);
    }
    return 0;
}

static bool is_sealed_name(const char *name)
{
    size_t n = strlen(name);
    return n > 7 && strcmp(name + n - 7, ".sealed") == 0;
}

int spool_reader_open_at(int dir_fd, const char *name, struct spool_reader **ret, struct err *err)
{
    struct spool_reader *r = calloc(1, sizeof *r);
    if (!r)
        return err_set(err, -ENOMEM, "no memory for a spool reader");
    r->window = malloc(WINDOW_BYTES);
    r->fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
    r->sealed = is_sealed_name(name);
    struct stat st;
    int rc = !r->window ? -ENOMEM : r->fd < 0 || fstat(r->fd, &st) < 0 ? -errno : 0;
    if (rc == 0 && !S_ISREG(st.st_mode))
        rc = -EBADMSG;
    if (rc == 0) {
        r->size_bytes = (uint64_t)st.st_size;
        rc = read_first_block(r);
    }
    if (rc == 0) {
        *ret = r;
        return 0;
    }
    spool_reader_close(r);
    if (rc == -EBADMSG)
        return err_set(err, rc, "%s: no spool segment (no good first or second block); it can be moved away", name);
    if (rc == -EPROTO)
        return err_set(err, rc, "%s: written in a newer spool format than %d; use a newer hotaru", name, SPOOL_VERSION);
    return err_sys(err, rc, "cannot read %s", name);
}

int spool_reader_open(const char *path, struct spool_reader **ret, struct err *err)
{
    return spool_reader_open_at(AT_FDCWD, path, ret, err);
}

void spool_reader_close(struct spool_reader *r)
{
    if (!r)
        return;
    if (r->fd >= 0)
        close(r->fd);
    free(r->window);
    free(r->loss);
    free(r);
}

void spool_reader_limit(struct spool_reader *r, uint64_t size_bytes)
{
    if (size_bytes < r->size_bytes) {
        r->size_bytes = size_bytes;
        r->sealed = false; /* what is cut off is no damage */
    }
}

void spool_reader_info(const struct spool_reader *r, struct spool_info *ret)
{
    *ret = (struct spool_info){.seq = r->body.seq, .segment_id = r->segment_id,
                               .payload_bytes = r->body.payload_bytes, .block_bytes = r->block_bytes};
    memcpy(ret->recorder, r->body.recorder, sizeof ret->recorder);
}

static int read_ledger(struct spool_reader *r, struct rd *body)
{
    for (uint32_t i = 0; i < r->head.n; i++) {
        struct rd row = rd_sub(body, SPOOL_LEDGER_ROW_BYTES);
        if (row.bad)
            return -EBADMSG;
        if (r->loss_n == r->loss_cap) {
            size_t cap = r->loss_cap ? r->loss_cap * 2 : 64;
            struct loss_row *more = realloc(r->loss, cap * sizeof *more);
            if (!more)
                return -ENOMEM;
            r->loss = more;
            r->loss_cap = cap;
        }
        spool_ledger_get(&row, &r->loss[r->loss_n++]);
        r->scan.totals.ledger_rows++;
    }
    return 0;
}

/* How many packets stood before here, says a good block: what was not read of them is lost. */
static void account(struct spool_reader *r, uint64_t before)
{
    if (before <= r->seen)
        return;
    r->lost_records += before - r->seen;
    r->seen = before;
}

static int enter_block(struct spool_reader *r, const uint8_t *block)
{
    struct spool_head h;
    int rc = spool_head_get(block, r->block_bytes, &h);
    if (rc == 0 && (h.index != r->next_index - 1 || (UINT32_C(1) << h.block_log) != r->block_bytes ||
                    (r->segment_id && h.segment_id != r->segment_id)))
        rc = -EBADMSG; /* a good block of another place */
    if (rc < 0) {
        r->bad_blocks++;
        return 0;
    }
    if (!r->segment_id)
        r->segment_id = h.segment_id;
    r->head = r->scan.last = h;
    r->scan.ended = h.type == SPOOL_BLOCK_END;
    account(r, h.first_record);
    struct rd body = rd_of(block + SPOOL_HEAD_BYTES, h.used_bytes - SPOOL_HEAD_BYTES);
    if (h.type == SPOOL_BLOCK_PACKETS) {
        r->records = body;
        r->records_left = h.n;
        r->dict.n = 0;
    } else if (h.type == SPOOL_BLOCK_LEDGER) {
        rc = read_ledger(r, &body);
        if (rc == -EBADMSG)
            r->bad_blocks++;
        return rc == -ENOMEM ? rc : 0;
    } else if (h.type == SPOOL_BLOCK_END) {
        account(r, rd_le64(&body));
    }
    return 0;
}

int spool_read(struct spool_reader *r, struct hdr *ret)
{
    for (;;) {
        if (r->records_left) {
            if (spool_record_get(&r->records, r->head.base_us, &r->dict, ret)) {
                r->records_left--;
                r->seen++;
                return 1;
            }
            r->records_left = 0;
            r->bad_blocks++;
        }
        int rc;
        const uint8_t *block = block_at(r, r->next_index, &rc);
        if (!block) {
            if (rc == 0 && r->sealed && !r->tail_counted && r->next_index * r->block_bytes < r->size_bytes) {
                r->tail_counted = true;
                r->bad_blocks++; /* sealed segments are whole blocks: this one was cut */
            }
            return rc;
        }
        r->next_index++;
        rc = enter_block(r, block);
        if (rc < 0)
            return rc;
    }
}

int spool_read_loss(struct spool_reader *r, struct loss_row *ret)
{
    if (r->loss_next == r->loss_n)
        return 0;
    *ret = r->loss[r->loss_next++];
    return 1;
}

uint64_t spool_reader_bad_blocks(const struct spool_reader *r)
{
    return r->bad_blocks;
}

uint64_t spool_reader_lost_records(const struct spool_reader *r)
{
    return r->lost_records;
}

int spool_reader_scan(struct spool_reader *r, struct spool_scan *ret)
{
    struct hdr h;
    int rc;
    struct spool_totals *t = &r->scan.totals;
    uint64_t n = 0;
    while ((rc = spool_read(r, &h)) > 0) {
        t->min_us = n == 0 || h.ts_us < t->min_us ? h.ts_us : t->min_us;
        t->max_us = n == 0 || h.ts_us > t->max_us ? h.ts_us : t->max_us;
        n++;
    }
    if (rc < 0)
        return rc;
    t->packets = r->seen; /* with those known to be lost */
    r->scan.n_blocks = r->size_bytes / r->block_bytes;
    *ret = r->scan;
    return 0;
}

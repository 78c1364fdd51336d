/* Capture files straight into Parquet. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/io.h"
#include "base/ts.h"
#include "store/store_int.h"
#include "wire/wire.h"

#define FRAMES_BYTES ((size_t)64 << 10)
#define HOURS_MAX    ((size_t)1 << 20)
#define TICK_FRAMES  65536u

/* The ledger of an import: an hour's frames by what became of them. */
struct import_hour {
    int64_t hour;
    uint64_t stored, lost[HDR_LOSS_KINDS], cut;
};
struct import_hours {
    struct import_hour *at; /* by hour */
    size_t n, cap, last;
};

static int hour_get(struct import_hours *h, int64_t ts_us, struct import_hour **ret)
{
    int64_t hour = ts_us / TS_HOUR_US - (ts_us % TS_HOUR_US < 0);
    if (h->n && h->at[h->last].hour == hour) {
        *ret = &h->at[h->last];
        return 0;
    }
    size_t low = 0, high = h->n;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (h->at[mid].hour < hour)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == h->n || h->at[low].hour != hour) {
        if (h->n == h->cap) {
            size_t cap = h->cap ? h->cap * 2 : 64;
            struct import_hour *more = cap > HOURS_MAX ? NULL : realloc(h->at, cap * sizeof *more);
            if (!more)
                return -ENOMEM;
            h->at = more;
            h->cap = cap;
        }
        memmove(h->at + low + 1, h->at + low, (h->n - low) * sizeof *h->at);
        h->at[low] = (struct import_hour){.hour = hour};
        h->n++;
    }
    h->last = low;
    *ret = &h->at[low];
    return 0;
}

static int ledger_write(const struct import_hours *hours, struct ingest *in, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; i < hours->n && rc == 0; i++) {
        const struct import_hour *h = &hours->at[i];
        struct loss_row row;
        if (h->stored) {
            loss_row_set(&row, h->hour * TS_HOUR_US, TS_HOUR_US, "import", "", h->stored, 0);
            rc = ingest_loss(in, &row, err);
        }
        for (size_t k = 1; k < HDR_LOSS_KINDS && rc == 0; k++) {
            if (!h->lost[k])
                continue;
            loss_row_set(&row, h->hour * TS_HOUR_US, TS_HOUR_US, "decoder", hdr_loss_name((enum hdr_loss)k), 0, h->lost[k]);
            rc = ingest_loss(in, &row, err);
        }
        if (h->cut && rc == 0) {
            loss_row_set(&row, h->hour * TS_HOUR_US, TS_HOUR_US, "import", "cut", 0, h->cut);
            rc = ingest_loss(in, &row, err);
        }
    }
    return rc;
}

static void sum_text(XXH128_hash_t sum, char ret[static 33])
{
    (void)snprintf(ret, 33, "%016llx%016llx", (unsigned long long)sum.high64, (unsigned long long)sum.low64);
}

/* The length of a regular file; 0 for what can be read only once. */
static uint64_t file_bytes(const char *path)
{
    struct stat st;
    return strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
}

struct import {
    struct ingest *in;
    struct import_hours hours;
    struct import_result counts;
    XXH3_state_t *frames_sum;
    uint8_t *unsummed;     /* FRAMES_BYTES of what belongs to frames_sum: many small updates cost more than a copy */
    size_t n_unsummed;
    uint64_t file_bytes;   /* 0: not summed */
    int64_t last_ts_us;
};

static void frames_summed(struct import *im)
{
    (void)XXH3_128bits_update(im->frames_sum, im->unsummed, im->n_unsummed);
    im->n_unsummed = 0;
}

static void frame_sum(struct import *im, const struct frame *f)
{
    struct {
        int64_t ts_us;
        uint32_t cap, wire, link, zero;
    } head = {f->ts_us, f->cap_len_bytes, f->wire_len_bytes, (uint32_t)f->link_type, 0};
    if (sizeof head + f->cap_len_bytes > FRAMES_BYTES - im->n_unsummed)
        frames_summed(im);
    memcpy(im->unsummed + im->n_unsummed, &head, sizeof head);
    im->n_unsummed += sizeof head;
    if (f->cap_len_bytes > FRAMES_BYTES - im->n_unsummed) { /* a frame larger than all of it */
        frames_summed(im);
        (void)XXH3_128bits_update(im->frames_sum, f->bytes, f->cap_len_bytes);
        return;
    }
    memcpy(im->unsummed + im->n_unsummed, f->bytes, f->cap_len_bytes);
    im->n_unsummed += f->cap_len_bytes;
}

static int take_frame(struct import *im, const struct frame *f, struct err *err)
{
    struct hdr h;
    struct import_hour *hour;
    if (hour_get(&im->hours, f->ts_us, &hour) < 0)
        return err_set(err, -ENOMEM, "no memory for the ledger of more than %zu hours", im->hours.n);
    frame_sum(im, f);
    im->last_ts_us = f->ts_us;
    im->counts.frames++;
    enum hdr_loss why = hdr_decode(f->link_type, f->bytes, f->cap_len_bytes, f->wire_len_bytes, f->ts_us, &h);
    if (why != HDR_STORED) {
        hour->lost[why]++;
        im->counts.lost++;
        return 0;
    }
    hour->stored++;
    if (h.ip_version == 6)
        im->counts.stored6++;
    else
        im->counts.stored4++;
    return ingest_add(im->in, &h, err);
}

/* Every frame of the file. A cut or corrupt end is told in *ret_cut and counted as one lost frame. */
static int take_file(struct store *s, struct import *im, struct wire *w, const char *path, struct err *ret_cut,
                     struct err *err)
{
    struct frame f;
    int64_t told_us = ts_mono_us();
    for (;;) {
        int rc = wire_next(w, -1, &f, ret_cut);
        if (rc == 0)
            return 0;
        if (rc == -EBADMSG) {
            struct import_hour *hour;
            if (hour_get(&im->hours, im->last_ts_us, &hour) < 0)
                return err_set(err, -ENOMEM, "no memory for the ledger");
            hour->cut++;
            im->counts.frames++;
            im->counts.lost++;
            return 0;
        }
        if (rc < 0)
            return err_set(err, rc, "%s", ret_cut->text[0] ? ret_cut->text : path);
        rc = take_frame(im, &f, err);
        if (rc < 0)
            return rc;
        if (s->progress && im->counts.frames % TICK_FRAMES == 0 && ts_mono_us() - told_us > 2 * TS_SECOND_US) {
            told_us = ts_mono_us();
            s->progress(s->progress_arg, path, im->counts.frames, 0);
        }
    }
}

/* The file's own sum, of the bytes that were read. */
static int file_sum(struct wire *w, char ret[static 33], struct err *err)
{
    uint64_t halves[2];
    int rc = wire_file_sum(w, halves, err);
    if (rc == 0)
        sum_text((XXH128_hash_t){.high64 = halves[0], .low64 = halves[1]}, ret);
    return rc;
}

static int import_commit(struct store *s, struct import *im, struct wire *w, struct import_result *ret, struct err *err)
{
    struct import_mark mark = {.bytes = im->file_bytes, .frames = im->counts.frames, .stored4 = im->counts.stored4,
                               .stored6 = im->counts.stored6, .lost = im->counts.lost};
    struct change change = {.import = &mark};
    int rc = im->file_bytes ? file_sum(w, mark.file_sum, err) : 0;
    frames_summed(im);
    sum_text(XXH3_128bits_digest(im->frames_sum), mark.frame_sum);
    if (rc == 0)
        rc = ledger_write(&im->hours, im->in, err);
    if (rc == 0)
        rc = ingest_finish(im->in, &change.add, err);
    if (rc == 0)
        rc = commit_change(s, &change, err);
    change_done(&change);
    /* Other bytes, the same frames: compressed, from stdin; or another process was faster. */
    if (rc == -EEXIST) {
        im->counts.repeated = true;
        if (err)
            err->text[0] = '\0';
        rc = 0;
    }
    if (rc == 0)
        *ret = im->counts;
    return rc;
}

/* The file is read for its sum alone when it may be one of those imported: a repeat costs reading then, and no more. */
static int imported_before(struct store *s, const char *path, uint64_t bytes, struct import_result *ret, bool *ret_before,
                           struct err *err)
{
    struct catalog c;
    struct wire *w = NULL;
    char sum[33];
    int fd;
    *ret_before = false;
    int rc = bytes ? catalog_hold(s->dir, &c, &fd, err) : 0;
    if (rc < 0 || !bytes)
        return rc;
    if (catalog_import_size(&c, bytes)) {
        rc = wire_open_file_summed(path, &w, err);
        if (rc == 0)
            rc = file_sum(w, sum, err);
        wire_close(w);
        const struct import_mark *m = rc == 0 ? catalog_import(&c, sum, NULL) : NULL;
        if (m) {
            *ret = (struct import_result){m->frames, m->stored4, m->stored6, m->lost, true};
            *ret_before = true;
        }
    }
    catalog_done(&c);
    if (fd >= 0)
        (void)close(fd);
    return rc;
}

int store_import(struct store *s, const char *path, uint16_t payload_bytes, struct import_result *ret, struct err *err)
{
    struct import im = {.frames_sum = XXH3_createState(), .unsummed = malloc(FRAMES_BYTES), .file_bytes = file_bytes(path)};
    struct wire *w = NULL;
    struct err cut = {0};
    bool before = false;
    int rc = im.frames_sum && im.unsummed ? 0 : err_set(err, -ENOMEM, "no memory to import %s", path);
    if (rc == 0 && !s->writable)
        rc = err_set(err, -EPERM, "store %s is open for reading only", s->dir);
    if (rc == 0)
        rc = im.file_bytes ? wire_open_file_summed(path, &w, err) : wire_open_file(path, &w, err);
    if (rc == 0)
        rc = imported_before(s, path, im.file_bytes, ret, &before, err);
    if (rc < 0 || before)
        goto out;
    (void)XXH3_128bits_reset(im.frames_sum);
    rc = ingest_new(s, "import", payload_bytes, &im.in, err);
    if (rc == 0)
        rc = take_file(s, &im, w, path, &cut, err);
    if (rc == 0 && im.counts.frames)
        rc = import_commit(s, &im, w, ret, err);
    else if (rc == 0)
        *ret = im.counts;
    if (rc == 0 && cut.text[0])
        (void)err_set(err, 0, "%s", cut.text);
out:
    wire_close(w);
    ingest_free(im.in);
    free(im.hours.at);
    free(im.unsummed);
    (void)XXH3_freeState(im.frames_sum);
    return rc;
}

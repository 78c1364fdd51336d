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

#define SUM_BYTES (1u << 20)
#define HOURS_MAX ((size_t)1 << 20)
#define TICK_FRAMES 65536u

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

/* The sum of a regular file's bytes; "" for what can be read only once. */
static int file_sum(const char *path, XXH3_state_t *state, char ret[static 33], struct err *err)
{
    struct stat st;
    ret[0] = '\0';
    if (strcmp(path, "-") == 0 || stat(path, &st) < 0 || !S_ISREG(st.st_mode))
        return 0;
    FILE *f = fopen(path, "rbe");
    if (!f)
        return err_sys(err, -errno, "cannot read %s", path);
    uint8_t *buf = malloc(SUM_BYTES);
    int rc = buf ? 0 : err_set(err, -ENOMEM, "no memory to read %s", path);
    (void)XXH3_128bits_reset(state);
    for (size_t n; rc == 0 && (n = fread(buf, 1, SUM_BYTES, f)) > 0;)
        (void)XXH3_128bits_update(state, buf, n);
    if (rc == 0 && ferror(f))
        rc = err_sys(err, -EIO, "cannot read %s", path);
    if (rc == 0)
        sum_text(XXH3_128bits_digest(state), ret);
    free(buf);
    (void)fclose(f);
    return rc;
}

static void frame_sum(XXH3_state_t *state, const struct frame *f)
{
    struct {
        int64_t ts_us;
        uint32_t cap, wire, link, zero;
    } head = {f->ts_us, f->cap_len_bytes, f->wire_len_bytes, (uint32_t)f->link_type, 0};
    (void)XXH3_128bits_update(state, &head, sizeof head);
    (void)XXH3_128bits_update(state, f->bytes, f->cap_len_bytes);
}

struct import {
    unsigned decap;
    struct ingest *in;
    struct import_hours hours;
    struct import_result counts;
    XXH3_state_t *state;
    int64_t last_ts_us;
};

static int take_frame(struct import *im, const struct frame *f, struct err *err)
{
    struct hdr h;
    struct import_hour *hour;
    if (hour_get(&im->hours, f->ts_us, &hour) < 0)
        return err_set(err, -ENOMEM, "no memory for the ledger of more than %zu hours", im->hours.n);
    frame_sum(im->state, f);
    im->last_ts_us = f->ts_us;
    im->counts.frames++;
    enum hdr_loss why = hdr_decode_decap(im->decap, f->link_type, f->bytes, f->cap_len_bytes, f->wire_len_bytes, f->ts_us, &h);
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

static int import_commit(struct store *s, struct import *im, const char *sum, struct import_result *ret, struct err *err)
{
    struct import_mark mark = {.frames = im->counts.frames, .stored4 = im->counts.stored4,
                               .stored6 = im->counts.stored6, .lost = im->counts.lost};
    memcpy(mark.file_sum, sum, sizeof mark.file_sum);
    sum_text(XXH3_128bits_digest(im->state), mark.frame_sum);
    struct change change = {.import = &mark};
    int rc = ledger_write(&im->hours, im->in, err);
    if (rc == 0)
        rc = ingest_finish(im->in, &change.add, err);
    if (rc == 0)
        rc = commit_change(s, &change, err);
    change_done(&change);
    if (rc == -EEXIST) { /* other bytes, the same frames: compressed, from stdin, or another process was faster */
        im->counts.repeated = true;
        if (err)
            err->text[0] = '\0';
        rc = 0;
    }
    if (rc == 0)
        *ret = im->counts;
    return rc;
}

static int imported_before(struct store *s, const char *sum, struct import_result *ret, bool *ret_before, struct err *err)
{
    struct catalog c;
    int fd, rc = *sum ? catalog_hold(s->dir, &c, &fd, err) : 0;
    *ret_before = false;
    if (rc < 0 || !*sum)
        return rc;
    const struct import_mark *m = catalog_import(&c, sum, NULL);
    if (m) {
        *ret = (struct import_result){m->frames, m->stored4, m->stored6, m->lost, true};
        *ret_before = true;
    }
    catalog_done(&c);
    if (fd >= 0)
        (void)close(fd);
    return 0;
}

int store_import(struct store *s, const char *path, uint16_t payload_bytes, struct import_result *ret, struct err *err)
{
    struct import im = {.decap = s->decap, .state = XXH3_createState()};
    struct wire *w = NULL;
    struct err cut = {0};
    char sum[33];
    bool before = false;
    int rc = im.state ? 0 : err_set(err, -ENOMEM, "no memory to import %s", path);
    if (rc == 0 && !s->writable)
        rc = err_set(err, -EPERM, "store %s is open for reading only", s->dir);
    if (rc == 0)
        rc = wire_open_file(path, &w, err);
    if (rc == 0)
        rc = file_sum(path, im.state, sum, err);
    if (rc == 0)
        rc = imported_before(s, sum, ret, &before, err);
    if (rc < 0 || before)
        goto out;
    (void)XXH3_128bits_reset(im.state);
    rc = ingest_new(s, "import", payload_bytes, &im.in, err);
    if (rc == 0)
        rc = take_file(s, &im, w, path, &cut, err);
    if (rc == 0 && im.counts.frames)
        rc = import_commit(s, &im, sum, ret, err);
    else if (rc == 0)
        *ret = im.counts;
    if (rc == 0 && cut.text[0])
        (void)err_set(err, 0, "%s", cut.text);
out:
    wire_close(w);
    ingest_free(im.in);
    free(im.hours.at);
    (void)XXH3_freeState(im.state);
    return rc;
}

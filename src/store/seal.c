/* Finished spool segments and journals -> Parquet. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ts.h"
#include "event/event.h"
#include "store/store_int.h"

#define BATCH_BYTES ((uint64_t)1 << 30)   /* of segments for one generation */
#define BATCH_FILES 512u                  /* of journals */
#define LINES_BYTES ((size_t)1 << 16)

/* ---- segments ---- */

/* What a damaged segment lost, in the ledger. */
static int damage_row(struct ingest *in, const char *reason, int64_t ts_us, uint64_t lost, struct err *err)
{
    struct loss_row row;
    loss_row_set(&row, ts_us, 0, "spool", reason, 0, lost);
    return ingest_loss(in, &row, err);
}

/* A file that is no segment is put aside: it would be tried for ever. */
static int put_aside(struct store *s, const char *key, struct ingest *in, struct err *err)
{
    char from[STORE_PATH_MAX], to[STORE_PATH_MAX];
    if (snprintf(from, sizeof from, "%s/spool/%s.sealed", s->dir, key) >= (int)sizeof from ||
        snprintf(to, sizeof to, "%s/spool/%s.damaged", s->dir, key) >= (int)sizeof to)
        return err_set(err, -ENAMETOOLONG, "store %.60s…: the name is too long", s->dir);
    if (rename(from, to) < 0)
        return err_sys(err, -errno, "cannot put %s aside", from);
    return damage_row(in, "damaged", ts_now_us(), 0, err);
}

static int segment_take(struct store *s, const char *key, struct ingest *in, struct err *err)
{
    struct spool_reader *r = NULL;
    struct hdr h;
    struct loss_row row;
    struct err why = {0};
    int rc = segment_open(s->dir, key, UINT64_MAX, &r, &why);
    if (rc == -EBADMSG)
        return put_aside(s, key, in, err);
    if (rc < 0)
        return err_set(err, rc, "%s", why.text);
    int64_t first_us = 0;
    while (rc >= 0 && (rc = spool_read(r, &h)) > 0) {
        first_us = first_us ? first_us : h.ts_us;
        rc = ingest_add(in, &h, err);
    }
    if (rc == 0)
        while ((rc = spool_read_loss(r, &row)) > 0 && (rc = ingest_loss(in, &row, err)) == 0)
            first_us = first_us ? first_us : row.ts_us;
    if (rc == 0 && spool_reader_bad_blocks(r) > 0)
        rc = damage_row(in, "corrupt", first_us ? first_us : ts_now_us(), spool_reader_lost_records(r), err);
    spool_reader_close(r);
    return rc < 0 ? err_sys(err, rc, "cannot read segment %s of %s", key, s->dir) : 0;
}

static uint64_t segment_bytes(const struct store *s, const struct spool_segment *g)
{
    char path[STORE_PATH_MAX];
    struct stat st;
    if (snprintf(path, sizeof path, "%s/spool/%s", s->dir, g->name) >= (int)sizeof path || stat(path, &st) < 0)
        return 0;
    return (uint64_t)st.st_size;
}

/* One batch; *ret_more says whether there is another. */
static int seal_segments(struct store *s, const struct catalog *c, bool *ret_more, struct err *err)
{
    struct spool_segment *list = NULL;
    size_t n = 0;
    struct ingest *in = NULL;
    struct change change = {0};
    uint64_t bytes = 0;
    *ret_more = false;
    int rc = spool_list(s->dir, &list, &n, err);
    for (size_t i = 0; i < n && rc == 0; i++) {
        char key[SPOOL_NAME_MAX];
        segment_key(&list[i], key);
        if (!list[i].sealed || mark_list_has(&c->segments, key))
            continue;
        if (bytes >= BATCH_BYTES) {
            *ret_more = true;
            break;
        }
        bytes += segment_bytes(s, &list[i]);
        if (!in)
            rc = ingest_new(s, "seal", list[i].sealed ? UINT16_MAX : 0, &in, err);
        if (rc == 0)
            rc = segment_take(s, key, in, err);
        if (rc == 0 && mark_list_add(&change.segments, key) < 0)
            rc = err_set(err, -ENOMEM, "no memory to seal %s", key);
    }
    int sealed = (int)change.segments.n;
    if (rc == 0 && in)
        rc = ingest_finish(in, &change.add, err);
    if (rc == 0 && in)
        rc = commit_change(s, &change, err);
    change_done(&change);
    ingest_free(in);
    free(list);
    return rc < 0 ? rc : sealed;
}

/* ---- journals ---- */

struct lines {
    uint64_t whole, torn; /* with their newline, and not empty; begun and cut by a crash */
};

static int count_lines(const char *path, struct lines *l, struct err *err)
{
    FILE *f = fopen(path, "rbe");
    uint8_t *buf = malloc(LINES_BYTES);
    int rc = !f ? err_sys(err, -errno, "cannot read %s", path) : !buf ? err_set(err, -ENOMEM, "no memory to read %s", path) : 0;
    bool begun = false;
    for (size_t n; rc == 0 && (n = fread(buf, 1, LINES_BYTES, f)) > 0;) {
        for (size_t i = 0; i < n; i++) {
            l->whole += buf[i] == '\n' && begun;
            begun = buf[i] != '\n';
        }
    }
    if (rc == 0 && ferror(f))
        rc = err_sys(err, -EIO, "cannot read %s", path);
    l->torn += begun;
    free(buf);
    if (f)
        (void)fclose(f);
    return rc;
}

/* The ledger of journals counts lines: which were no event, beside those that were. Nothing is written when all were. */
static int lines_ledger(struct store *s, const struct lines *l, struct pending_list *files, struct err *err)
{
    uint64_t rows = files->n ? files->at[0].part.rows : 0, bad = l->whole > rows ? l->whole - rows : 0;
    int64_t ts_us = files->n ? files->at[0].part.min_ts_us : ts_now_us();
    const struct {
        const char *reason;
        uint64_t stored, lost;
    } kinds[] = {{"", rows, 0}, {"malformed", 0, bad}, {"torn", 0, l->torn}};
    struct pending_list loss = {0};
    struct ingest *in = NULL;
    int rc = bad || l->torn ? ingest_new(s, "seal", 0, &in, err) : 0;
    for (size_t i = 0; in && i < sizeof kinds / sizeof *kinds && rc == 0; i++) {
        struct loss_row row;
        loss_row_set(&row, ts_us, 0, "journal", kinds[i].reason, kinds[i].stored, kinds[i].lost);
        if (kinds[i].stored || kinds[i].lost)
            rc = ingest_loss(in, &row, err);
    }
    if (rc == 0 && in)
        rc = ingest_finish(in, &loss, err);
    if (rc == 0 && loss.n) {
        rc = pending_move(&loss, files);
        rc = rc < 0 ? err_set(err, rc, "no memory to seal journals") : 0;
    }
    pending_drop(&loss);
    ingest_free(in);
    return rc;
}

static int seal_journals(struct store *s, const struct catalog *c, struct err *err)
{
    struct mark_list all = {0};
    struct change change = {0};
    struct lines lines = {0};
    int rc = journal_names(s->dir, &c->journals, &all, err);
    for (size_t i = 0; i < all.n && rc == 0 && change.journals.n < BATCH_FILES; i++) {
        char path[STORE_PATH_MAX];
        if (snprintf(path, sizeof path, "%s/journal/%s", s->dir, all.at[i].name) >= (int)sizeof path)
            rc = err_set(err, -ENAMETOOLONG, "store %.60s…: the name is too long", s->dir);
        else if (journal_finished(path) != 1)
            continue;
        else if (mark_list_add(&change.journals, all.at[i].name) < 0)
            rc = err_set(err, -ENOMEM, "no memory to seal %s", path);
        else
            rc = count_lines(path, &lines, err);
    }
    int sealed = (int)change.journals.n;
    if (rc == 0 && sealed) {
        struct wr w = wr_of((size_t)64 << 20);
        view_journal_select(&w, s->dir, &change.journals);
        wr_str(&w, " ORDER BY event_type, \"timestamp\"");
        wr_u8(&w, 0);
        rc = w.bad ? err_set(err, -ENOMEM, "no memory to seal journals")
                   : part_copy(s, TABLE_EVENT, "event", "seal", (const char *)w.bytes, NULL, &change.add, err);
        wr_done(&w);
        if (rc == 0)
            rc = lines_ledger(s, &lines, &change.add, err);
        if (rc == 0)
            rc = commit_change(s, &change, err);
    }
    change_done(&change);
    free(all.at);
    return rc < 0 ? rc : sealed;
}

int store_seal(struct store *s, struct err *err)
{
    if (!s->writable)
        return err_set(err, -EPERM, "store %s is open for reading only", s->dir);
    int lock = store_lock(s, "seal.lock", false, err);
    if (lock < 0)
        return lock;
    int total = 0, rc = spool_recover(s->dir, err);
    bool more = rc >= 0;
    while (more) {
        struct catalog c;
        int fd;
        more = false;
        rc = catalog_hold(s->dir, &c, &fd, err);
        if (rc < 0)
            break;
        /* Not held while working: what is marked later is found at the commit. */
        if (fd >= 0)
            close(fd);
        rc = seal_segments(s, &c, &more, err);
        total += rc > 0 ? rc : 0;
        if (rc >= 0 && !more) {
            rc = seal_journals(s, &c, err);
            total += rc > 0 ? rc : 0;
            more = rc == (int)BATCH_FILES;
        }
        catalog_done(&c);
        if (rc < 0)
            break;
    }
    if (rc >= 0)
        rc = commit_clean(s, err);
    close(lock);
    return rc < 0 ? rc : total;
}

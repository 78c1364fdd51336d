/* Is what the catalog names there, whole and unchanged? Says what is affected, not only which file. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/ts.h"
#include "store/store_int.h"

struct check {
    struct store *s;
    const struct check_options *o;
    struct check_result result;
    struct part_list bad[TABLE_COUNT];
    struct mark_list bad_rollups;
    struct part_list bad_summaries; /* parts that are good but for their summaries */
    int64_t told_us;
    uint64_t done_bytes, total_bytes;
};

static void say(struct check *k, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(struct check *k, const char *fmt, ...)
{
    char line[1024];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    k->result.damaged++;
    if (k->o->finding)
        k->o->finding(k->o->arg, line);
}

static const char *file_fault(const char *path, uint64_t want_bytes, uint64_t want_sum)
{
    struct stat st;
    uint64_t bytes, sum;
    if (stat(path, &st) < 0)
        return errno == ENOENT ? "is missing" : "cannot be read";
    if ((uint64_t)st.st_size < want_bytes)
        return "is cut";
    if ((uint64_t)st.st_size > want_bytes)
        return "is longer than it was written";
    if (part_sum(path, &bytes, &sum, NULL) < 0)
        return "cannot be read";
    return sum == want_sum ? NULL : "has changed (checksum)";
}

/* NULL when the file is as the catalog says. */
static const char *check_file(struct check *k, const char *rel, uint64_t bytes, uint64_t sum)
{
    char path[STORE_PATH_MAX + CATALOG_NAME_MAX + 2];
    (void)snprintf(path, sizeof path, "%s/%s", k->s->dir, rel);
    const char *fault = file_fault(path, bytes, sum);
    k->result.files++;
    k->done_bytes += bytes;
    if (k->s->progress && ts_mono_us() - k->told_us > 2 * TS_SECOND_US) {
        k->told_us = ts_mono_us();
        k->s->progress(k->s->progress_arg, "bytes read", k->done_bytes, k->total_bytes);
    }
    return fault;
}

/* A summary can be made again: what is affected is what analyses count by it. */
static int check_summaries(struct check *k, const struct part *p, struct err *err)
{
    bool bad = false;
    for (size_t i = 0; i < SUMMARY_COUNT && part_is_summarised(p); i++) {
        const struct summary_file *f = &p->summaries[i];
        const char *fault = check_file(k, f->path, f->bytes, f->sum);
        if (fault)
            say(k, "%s %s: counts of the %" PRIu64 " packets of %s are affected, none of the packets", f->path, fault, p->rows,
                p->path);
        bad = bad || fault;
    }
    return bad && part_list_add(&k->bad_summaries, p) < 0 ? err_set(err, -ENOMEM, "no memory for the findings") : 0;
}

static int check_part(struct check *k, enum store_table table, const struct part *p, struct err *err)
{
    char from[TS_TEXT_MAX], until[TS_TEXT_MAX];
    const char *fault = check_file(k, p->path, p->bytes, p->sum);
    if (!fault)
        return check_summaries(k, p, err);
    say(k, "%s %s: %" PRIu64 " rows of %s from %s to %s are affected", p->path, fault, p->rows, catalog_table_names[table],
        ts_format(p->min_ts_us, from), ts_format(p->max_ts_us, until));
    k->result.rows_affected += p->rows;
    return part_list_add(&k->bad[table], p) < 0 ? err_set(err, -ENOMEM, "no memory for the findings") : 0;
}

static int check_segment(struct check *k, const struct snapshot_segment *g, struct err *err)
{
    struct spool_reader *r;
    struct err why = {0};
    struct hdr h;
    k->result.files++;
    int rc = segment_open(k->s->dir, g->name, g->size_bytes, &r, &why);
    if (rc == -EBADMSG) {
        say(k, "spool/%s is no spool segment", g->name);
        return 0;
    }
    if (rc < 0)
        return err_set(err, rc, "%s", why.text);
    while ((rc = spool_read(r, &h)) > 0)
        continue;
    if (rc == 0 && spool_reader_bad_blocks(r))
        say(k, "spool/%s has %" PRIu64 " damaged blocks: %" PRIu64 " packets are affected", g->name,
            spool_reader_bad_blocks(r), spool_reader_lost_records(r));
    k->result.rows_affected += spool_reader_lost_records(r);
    spool_reader_close(r);
    return rc < 0 ? err_sys(err, rc, "cannot read segment %s", g->name) : 0;
}

/* What a rollup counts, the summaries of its files count too. */
static int check_rollups(struct check *k, const struct catalog *c, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; i < c->rollups.n && rc == 0; i++) {
        const struct rollup *r = &c->rollups.at[i];
        bool bad = false;
        for (size_t n = 0; n < SUMMARY_COUNT; n++) {
            const struct summary_file *f = &r->files[n];
            const char *fault = check_file(k, f->path, f->bytes, f->sum);
            if (fault)
                say(k, "%s %s: counts of the packets of %" PRIu64 " files are affected, none of the packets", f->path, fault, r->parts);
            bad = bad || fault;
        }
        if (bad && mark_list_add(&k->bad_rollups, r->name) < 0)
            rc = err_set(err, -ENOMEM, "no memory for the findings");
    }
    return rc;
}

/* The catalog forgets them; the next compaction makes them anew. */
static int repair_summaries(struct check *k, struct err *err)
{
    struct change c = {0};
    int rc = 0;
    for (size_t i = 0; i < k->bad_summaries.n && rc == 0; i++) {
        rc = pending_list_grow(&c.summarised, err);
        if (rc < 0)
            break;
        struct pending *p = &c.summarised.at[c.summarised.n++];
        *p = (struct pending){.table = TABLE_PACKET, .part = k->bad_summaries.at[i], .fd = -1};
        memset(p->part.summaries, 0, sizeof p->part.summaries);
    }
    size_t n = c.summarised.n + k->bad_rollups.n;
    c.drop_rollups = k->bad_rollups;
    k->bad_rollups = (struct mark_list){0};
    if (rc == 0 && n)
        rc = commit_change(k->s, &c, err);
    if (rc == 0)
        k->result.repaired += n;
    change_done(&c);
    return rc;
}

/* The file is put aside, its rows go to the ledger as lost. */
static int repair(struct check *k, struct err *err)
{
    char folder[STORE_PATH_MAX];
    size_t n = 0;
    for (size_t t = 0; t < TABLE_COUNT; t++)
        n += k->bad[t].n;
    if (n == 0)
        return 0;
    if (snprintf(folder, sizeof folder, "%s/damaged", k->s->dir) >= (int)sizeof folder)
        return err_set(err, -ENAMETOOLONG, "store %.60s…: the name is too long", k->s->dir);
    int rc = io_mkdirs(folder, err);
    for (size_t t = 0; t < TABLE_COUNT && rc == 0; t++) {
        for (size_t i = 0; i < k->bad[t].n && rc == 0; i++) {
            char from[STORE_PATH_MAX + CATALOG_NAME_MAX + 2], to[STORE_PATH_MAX + CATALOG_NAME_MAX + 2];
            (void)snprintf(from, sizeof from, "%s/%s", k->s->dir, k->bad[t].at[i].path);
            (void)snprintf(to, sizeof to, "%s/%s", folder, strrchr(from, '/') + 1);
            if (link(from, to) < 0 && errno != ENOENT && errno != EEXIST)
                rc = err_sys(err, -errno, "cannot put %s aside", from);
        }
    }
    if (rc == 0)
        rc = store_remove_parts(k->s, k->bad, "damaged", err);
    if (rc == 0)
        k->result.repaired += n;
    return rc;
}

int store_check(struct store *s, const struct check_options *o, struct check_result *ret, struct err *err)
{
    struct check k = {.s = s, .o = o, .told_us = ts_mono_us()};
    struct snapshot now = {.fd = -1};
    if (o->repair && !s->writable)
        return err_set(err, -EPERM, "store %s is open for reading only", s->dir);
    int rc = snapshot_take(s->dir, &now, err);
    for (size_t t = 0; t < TABLE_COUNT && rc == 0; t++)
        for (size_t i = 0; i < now.catalog.tables[t].n; i++)
            k.total_bytes += part_bytes(&now.catalog.tables[t].at[i]);
    for (size_t i = 0; i < now.catalog.rollups.n && rc == 0; i++)
        k.total_bytes += rollup_bytes(&now.catalog.rollups.at[i]);
    for (size_t t = 0; t < TABLE_COUNT && rc == 0; t++)
        for (size_t i = 0; i < now.catalog.tables[t].n && rc == 0; i++)
            rc = check_part(&k, (enum store_table)t, &now.catalog.tables[t].at[i], err);
    if (rc == 0)
        rc = check_rollups(&k, &now.catalog, err);
    for (size_t i = 0; i < now.n_segments && rc == 0; i++)
        rc = check_segment(&k, &now.segments[i], err);
    if (rc == 0 && o->repair)
        rc = repair_summaries(&k, err);
    if (rc == 0 && o->repair)
        rc = repair(&k, err);
    snapshot_done(&now);
    for (size_t t = 0; t < TABLE_COUNT; t++)
        free(k.bad[t].at);
    free(k.bad_summaries.at);
    free(k.bad_rollups.at);
    if (rc == 0)
        *ret = k.result;
    return rc;
}

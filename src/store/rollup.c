/* Counts of many files as one: what 32 days share (the same sources, the same addresses) is said once. A rollup holds while
 * each file that it covers is in the catalog; with the first that goes, it goes, and the files' own summaries serve. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/ts.h"
#include "store/store_int.h"
#include "store/summary_sql.h"

#define ROLLUP_PARTS       ((size_t)32)
#define ROLLUP_PACKETS_MAX ((uint64_t)1 << 29)

static const char *const selects[SUMMARY_COUNT] = {
    [SUMMARY_NET] = "SELECT proto, dport, kind, sport, src, net, CAST(sum(packets) AS BIGINT) AS packets FROM read_parquet(",
    [SUMMARY_DST] = "SELECT proto, dport, kind, sport, dst, src, CAST(sum(packets) AS BIGINT) AS packets FROM read_parquet(",
};
/* An address' rows are few row groups: who asks for points reads little else. */
static const unsigned row_groups[SUMMARY_COUNT] = {[SUMMARY_NET] = 122880, [SUMMARY_DST] = 32768};

void rollup_change_done(struct rollup_change *c)
{
    for (size_t i = 0; i < SUMMARY_COUNT; i++) {
        if (c->temp[i])
            (void)unlink(c->temp[i]);
        free(c->temp[i]);
    }
    free(c->parts.at);
    *c = (struct rollup_change){0};
}

static int verify(struct store *s, const struct part *p, enum summary which, struct err *err)
{
    const struct summary_file *f = &p->summaries[which];
    char path[STORE_PATH_MAX + CATALOG_NAME_MAX + 2];
    uint64_t bytes, sum;
    (void)snprintf(path, sizeof path, "%s/%s", s->dir, f->path);
    int rc = part_sum(path, &bytes, &sum, err);
    if (rc == 0 && (bytes != f->bytes || sum != f->sum))
        rc = err_set(err, -EBADMSG, "%s is damaged; 'hotaru store check' says what is affected", path);
    return rc;
}

static int rollup_file(struct store *s, struct rollup_change *c, enum summary which, struct err *err)
{
    struct summary_file *to = &c->rollup.files[which];
    char *temp = c->temp[which] = calloc(1, STORE_PATH_MAX);
    uint64_t packets = 0;
    int rc = temp ? 0 : err_set(err, -ENOMEM, "no memory for a rollup");
    for (size_t i = 0; i < c->parts.n && rc == 0; i++) {
        rc = verify(s, &c->parts.at[i], which, err);
        packets += c->parts.at[i].rows;
    }
    if (rc < 0)
        return rc;
    if (snprintf(to->path, sizeof to->path, "%s/%s/%s.parquet", SUMMARY_FOLDER, catalog_summary_names[which], c->rollup.name) >=
            (int)sizeof to->path ||
        snprintf(temp, STORE_PATH_MAX, "%s/%s-%s.parquet", s->temp_dir, catalog_summary_names[which], c->rollup.name) >=
            STORE_PATH_MAX)
        return err_set(err, -ENAMETOOLONG, "store %.60s…: the name is too long", s->dir);
    struct wr w = wr_of((size_t)1 << 20);
    wr_str(&w, selects[which]);
    summary_put_list(&w, s->dir, &c->parts, which);
    wr_str(&w, ", hive_partitioning = false)" SUMMARY_TAIL SUMMARY_ORDER);
    wr_u8(&w, 0);
    rc = w.bad ? err_set(err, -ENOMEM, "no memory for a statement")
               : summary_copy(s, (const char *)w.bytes, which, row_groups[which], packets, temp, to, err);
    wr_done(&w);
    return rc;
}

static int compare_time(const void *a, const void *b)
{
    const struct part *p = a, *q = b;
    if (p->min_ts_us != q->min_ts_us)
        return p->min_ts_us < q->min_ts_us ? -1 : 1;
    return strcmp(p->path, q->path);
}

/* The first files without a rollup that are enough for one: 1, else 0. */
static int choose(const struct catalog *c, struct part_list *ret)
{
    const struct part_list *l = &c->tables[TABLE_PACKET];
    struct part_list all = {0};
    uint64_t packets = 0;
    int rc = 0;
    for (size_t i = 0; i < l->n && rc == 0; i++)
        if (part_is_summarised(&l->at[i]) && !l->at[i].rollup[0])
            rc = part_list_add(&all, &l->at[i]);
    if (rc == 0 && all.n)
        qsort(all.at, all.n, sizeof *all.at, compare_time);
    for (size_t i = 0; i < all.n && rc == 0; i++) {
        bool enough = ret->n >= 2 && packets + all.at[i].rows > ROLLUP_PACKETS_MAX;
        if (ret->n == ROLLUP_PARTS || enough) {
            rc = 1;
            break;
        }
        packets += all.at[i].rows;
        rc = part_list_add(ret, &all.at[i]);
    }
    rc = rc == 0 && ret->n == ROLLUP_PARTS ? 1 : rc;
    free(all.at);
    return rc;
}

/* Makes one: 1, or 0 when there is none to make. */
static int rollup_next(struct store *s, struct err *err)
{
    struct change change = {0};
    struct rollup_change *r = &change.rollup;
    struct catalog c;
    int fd;
    int rc = catalog_hold(s->dir, &c, &fd, err);
    if (rc < 0)
        return rc;
    if (fd >= 0)
        close(fd); /* what is gone at the commit is found there */
    rc = choose(&c, &r->parts);
    catalog_done(&c);
    if (rc < 0)
        (void)err_set(err, rc, "no memory to choose what to roll up");
    if (rc == 1) {
        uint64_t salt;
        rng_secret(&salt, sizeof salt);
        (void)snprintf(r->rollup.name, sizeof r->rollup.name, "rollup-%016" PRIx64, salt);
        r->rollup.parts = r->parts.n;
        rc = store_temp_dir(s, err);
        for (size_t i = 0; i < SUMMARY_COUNT && rc == 0; i++)
            rc = rollup_file(s, r, (enum summary)i, err);
        if (rc == 0)
            rc = commit_change(s, &change, err);
        rc = rc == 0 ? 1 : rc == -EEXIST ? 0 : rc; /* a file went meanwhile: next time */
    }
    change_done(&change);
    return rc;
}

int rollup_all(struct store *s, struct err *err)
{
    int64_t told_us = ts_mono_us();
    uint64_t made = 0;
    int rc = 0;
    while ((rc = rollup_next(s, err)) == 1) {
        made++;
        if (s->progress && ts_mono_us() - told_us > 2 * TS_SECOND_US) {
            told_us = ts_mono_us();
            s->progress(s->progress_arg, "rollups made", made, 0);
        }
    }
    return rc;
}

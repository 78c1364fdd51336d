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

static const char *part_fault(struct check *k, const struct part *p, const char *path)
{
    struct stat st;
    uint64_t bytes, sum;
    if (stat(path, &st) < 0)
        return errno == ENOENT ? "is missing" : "cannot be read";
    if ((uint64_t)st.st_size < p->bytes)
        return "is cut";
    if ((uint64_t)st.st_size > p->bytes)
        return "is longer than it was written";
    if (part_sum(path, &bytes, &sum, NULL) < 0)
        return "cannot be read";
    (void)k;
    return sum == p->sum ? NULL : "has changed (checksum)";
}

static int check_part(struct check *k, enum store_table table, const struct part *p, struct err *err)
{
    char path[STORE_PATH_MAX + CATALOG_NAME_MAX + 2], from[TS_TEXT_MAX], until[TS_TEXT_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", k->s->dir, p->path);
    const char *fault = part_fault(k, p, path);
    k->result.files++;
    k->done_bytes += p->bytes;
    if (k->s->progress && ts_mono_us() - k->told_us > 2 * TS_SECOND_US) {
        k->told_us = ts_mono_us();
        k->s->progress(k->s->progress_arg, "bytes read", k->done_bytes, k->total_bytes);
    }
    if (!fault)
        return 0;
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
        k->result.repaired = n;
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
            k.total_bytes += now.catalog.tables[t].at[i].bytes;
    for (size_t t = 0; t < TABLE_COUNT && rc == 0; t++)
        for (size_t i = 0; i < now.catalog.tables[t].n && rc == 0; i++)
            rc = check_part(&k, (enum store_table)t, &now.catalog.tables[t].at[i], err);
    for (size_t i = 0; i < now.n_segments && rc == 0; i++)
        rc = check_segment(&k, &now.segments[i], err);
    if (rc == 0 && o->repair)
        rc = repair(&k, err);
    snapshot_done(&now);
    for (size_t t = 0; t < TABLE_COUNT; t++)
        free(k.bad[t].at);
    if (rc == 0)
        *ret = k.result;
    return rc;
}

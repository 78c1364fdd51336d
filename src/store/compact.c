/* Small files of an hour into one, hours of a day into one, and what is too old or too much away. Readers go on with the
 * generation they hold. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ts.h"
#include "store/store_int.h"

#define MERGE_ROWS_MAX ((uint64_t)1 << 26) /* of one file */
#define SETTLE_US      (10 * 60 * TS_SECOND_US)

/* A group of files that become one. */
struct group {
    enum store_table table;
    char folder[CATALOG_NAME_MAX];
    const char *prefix;
    struct part_list parts;
    uint64_t rows;
};

static void put_columns(struct wr *w, enum store_table table)
{
    if (table != TABLE_PACKET && table != TABLE_PACKET6) {
        wr_str(w, "*");
        return;
    }
    struct row_column columns[COLUMN_COUNT];
    size_t n = row_columns(table == TABLE_PACKET6 ? ROW_IP6 : ROW_IP4, columns);
    for (size_t i = 0; i < n; i++)
        wr_fmt(w, "%s%s", i ? ", " : "", columns[i].name);
}

static int group_write(struct store *s, const struct group *g, struct change *c, struct err *err)
{
    static const char *const orders[] = {[TABLE_PACKET] = "src, ts", [TABLE_PACKET6] = "src, ts",
                                         [TABLE_EVENT] = "type, ts", [TABLE_LOSS] = "ts, stage, reason"};
    struct part known = {.rows = g->rows, .min_ts_us = INT64_MAX, .max_ts_us = INT64_MIN};
    struct wr w = wr_of((size_t)64 << 20);
    wr_str(&w, "SELECT ");
    put_columns(&w, g->table);
    wr_str(&w, " FROM read_parquet(");
    view_put_list(&w, s->dir, &g->parts);
    wr_fmt(&w, ", hive_partitioning = false, union_by_name = %s) ORDER BY %s", g->table == TABLE_EVENT ? "true" : "false",
           orders[g->table]);
    wr_u8(&w, 0);
    for (size_t i = 0; i < g->parts.n; i++) {
        const struct part *p = &g->parts.at[i];
        known.min_ts_us = p->min_ts_us < known.min_ts_us ? p->min_ts_us : known.min_ts_us;
        known.max_ts_us = p->max_ts_us > known.max_ts_us ? p->max_ts_us : known.max_ts_us;
    }
    int rc = w.bad ? err_set(err, -ENOMEM, "no memory to merge %zu files", g->parts.n)
                   : part_copy(s, g->table, g->folder, g->prefix, (const char *)w.bytes, &known, &c->add, err);
    wr_done(&w);
    for (size_t i = 0; i < g->parts.n && rc == 0; i++)
        rc = part_list_add(&c->remove[g->table], &g->parts.at[i]);
    return rc;
}

/* A flipped bit must not be copied into a new, well-summed file. */
static int group_verify(struct store *s, const struct group *g, struct err *err)
{
    for (size_t i = 0; i < g->parts.n; i++) {
        const struct part *p = &g->parts.at[i];
        char path[STORE_PATH_MAX + CATALOG_NAME_MAX + 2];
        uint64_t bytes, sum;
        (void)snprintf(path, sizeof path, "%s/%s", s->dir, p->path);
        int rc = part_sum(path, &bytes, &sum, err);
        if (rc < 0)
            return rc;
        if (bytes != p->bytes || sum != p->sum)
            return err_set(err, -EBADMSG, "%s is damaged; 'hotaru store check' says what is affected", path);
    }
    return 0;
}

static int group_merge(struct store *s, const struct group *g, struct err *err)
{
    struct change c = {0};
    int rc = group_verify(s, g, err);
    if (rc == 0)
        rc = group_write(s, g, &c, err);
    if (rc == 0)
        rc = commit_change(s, &c, err);
    change_done(&c);
    return rc;
}

/* ---- which files ---- */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* What a file can be merged with: the same key. A file of a whole day has hour 24. */
static int64_t part_key(enum store_table table, const struct part *p, bool day)
{
    if (table == TABLE_EVENT || table == TABLE_LOSS || day)
        return floor_div(p->min_ts_us, TS_DAY_US);
    return floor_div(p->min_ts_us, TS_HOUR_US);
}

static bool part_settled(const struct part *p, int64_t now_us, int64_t span_us)
{
    return (floor_div(p->max_ts_us, span_us) + 1) * span_us + SETTLE_US < now_us;
}

static int compare_part(const void *a, const void *b)
{
    const struct part *p = a, *q = b;
    if (p->min_ts_us != q->min_ts_us)
        return p->min_ts_us < q->min_ts_us ? -1 : 1;
    return strcmp(p->path, q->path);
}

static bool is_day_file(const struct part *p)
{
    return strstr(p->path, "/hour=24/") != NULL;
}

static void group_folder(struct group *g, const struct part *p, bool day)
{
    (void)snprintf(g->folder, sizeof g->folder, "%s", p->path);
    *strrchr(g->folder, '/') = '\0';
    g->prefix = day ? "day" : "hour";
    char *hour = day ? strrchr(g->folder, '/') : NULL;
    if (hour && strncmp(hour, "/hour=", 6) == 0)
        (void)snprintf(hour, sizeof g->folder - (size_t)(hour - g->folder), "/hour=24");
}

/* The first group of a table that is worth merging: at least two files, not too large together. 1 when there is one. */
static int group_find(const struct catalog *c, enum store_table table, bool day, int64_t now_us, struct group *ret)
{
    struct part_list all = {0};
    int rc = 0;
    *ret = (struct group){.table = table};
    for (size_t i = 0; i < c->tables[table].n && rc == 0; i++) {
        const struct part *p = &c->tables[table].at[i];
        if (p->rows < MERGE_ROWS_MAX / 4 && (day || !is_day_file(p)) &&
            part_settled(p, now_us, day || table == TABLE_EVENT || table == TABLE_LOSS ? TS_DAY_US : TS_HOUR_US))
            rc = part_list_add(&all, p);
    }
    if (rc == 0 && all.n)
        qsort(all.at, all.n, sizeof *all.at, compare_part);
    for (size_t from = 0, to; rc == 0 && from < all.n && ret->parts.n < 2; from = to) {
        int64_t key = part_key(table, &all.at[from], day);
        ret->parts.n = 0;
        ret->rows = 0;
        for (to = from; to < all.n && rc == 0 && part_key(table, &all.at[to], day) == key; to++) {
            if (ret->rows + all.at[to].rows > MERGE_ROWS_MAX)
                continue;
            ret->rows += all.at[to].rows;
            rc = part_list_add(&ret->parts, &all.at[to]);
        }
    }
    free(all.at);
    if (rc < 0 || ret->parts.n < 2) {
        free(ret->parts.at);
        *ret = (struct group){0};
        return rc;
    }
    group_folder(ret, &ret->parts.at[0], day);
    return 1;
}

static int load_newest(struct store *s, struct catalog *ret, struct err *err)
{
    int fd;
    int rc = catalog_hold(s->dir, ret, &fd, err);
    if (rc == 0 && fd >= 0)
        close(fd); /* what is gone at the commit is found there */
    return rc;
}

static int merge_all(struct store *s, int64_t now_us, struct compact_result *ret, struct err *err)
{
    int64_t told_us = ts_mono_us();
    for (int pass = 0; pass < 2; pass++) {
        for (size_t t = 0; t < TABLE_COUNT; t++) {
            bool flat = t == TABLE_EVENT || t == TABLE_LOSS;
            for (int rc = pass && flat ? 0 : 1; rc > 0;) {
                struct catalog c;
                struct group g;
                rc = load_newest(s, &c, err);
                if (rc < 0)
                    return rc;
                rc = group_find(&c, (enum store_table)t, pass || flat, now_us, &g);
                catalog_done(&c);
                if (rc < 0)
                    return err_set(err, rc, "no memory to choose what to merge");
                if (rc == 0)
                    break;
                rc = group_merge(s, &g, err);
                ret->merged += rc == 0 ? g.parts.n : 0;
                ret->made += rc == 0;
                free(g.parts.at);
                if (rc < 0 && rc != -EEXIST) /* else another process took one of the files: look again */
                    return rc;
                rc = 1;
                if (s->progress && ts_mono_us() - told_us > 2 * TS_SECOND_US) {
                    told_us = ts_mono_us();
                    s->progress(s->progress_arg, "files merged", ret->merged, 0);
                }
            }
        }
    }
    return 0;
}

/* ---- retention ---- */

/* The ledger says what was taken away: stage "store". */
static int expire_row(struct ingest *in, const struct part *p, const char *reason, struct err *err)
{
    struct loss_row row;
    loss_row_set(&row, p->min_ts_us, p->max_ts_us - p->min_ts_us + 1, "store", reason, 0, p->rows);
    return ingest_loss(in, &row, err);
}

int store_remove_parts(struct store *s, const struct part_list remove[TABLE_COUNT], const char *reason, struct err *err)
{
    struct ingest *in = NULL;
    struct change c = {0};
    int rc = ingest_new(s, reason, 0, &in, err);
    for (size_t t = 0; t < TABLE_COUNT && rc == 0; t++) {
        for (size_t i = 0; i < remove[t].n && rc == 0; i++) {
            rc = part_list_add(&c.remove[t], &remove[t].at[i]);
            if (rc == 0 && (t == TABLE_PACKET || t == TABLE_PACKET6))
                rc = expire_row(in, &remove[t].at[i], reason, err);
        }
    }
    if (rc == 0)
        rc = ingest_finish(in, &c.add, err);
    if (rc == 0)
        rc = commit_change(s, &c, err);
    change_done(&c);
    ingest_free(in);
    return rc;
}

struct candidate {
    enum store_table table;
    const struct part *part;
};

static int compare_candidate(const void *a, const void *b)
{
    const struct part *p = ((const struct candidate *)a)->part, *q = ((const struct candidate *)b)->part;
    return p->max_ts_us < q->max_ts_us ? -1 : p->max_ts_us > q->max_ts_us;
}

/* The oldest files go first until both limits hold. The ledger stays: it is small, and says what is gone. */
static int choose_expired(const struct catalog *c, const struct compact_options *o, int64_t now_us,
                          struct part_list age[TABLE_COUNT], struct part_list bytes[TABLE_COUNT])
{
    struct candidate *all = NULL;
    size_t n = 0;
    uint64_t total = 0;
    for (size_t t = 0; t < TABLE_COUNT; t++)
        n += c->tables[t].n;
    all = calloc(n ? n : 1, sizeof *all);
    if (!all)
        return -ENOMEM;
    n = 0;
    for (size_t t = 0; t < TABLE_COUNT; t++) {
        for (size_t i = 0; i < c->tables[t].n; i++) {
            total += c->tables[t].at[i].bytes;
            if (t != TABLE_LOSS)
                all[n++] = (struct candidate){(enum store_table)t, &c->tables[t].at[i]};
        }
    }
    if (n)
        qsort(all, n, sizeof *all, compare_candidate);
    int rc = 0;
    for (size_t i = 0; i < n && rc == 0; i++) {
        bool old = o->keep_days && all[i].part->max_ts_us < now_us - (int64_t)o->keep_days * TS_DAY_US;
        bool much = o->keep_bytes && total > o->keep_bytes;
        if (!old && !much)
            continue;
        rc = part_list_add(old ? &age[all[i].table] : &bytes[all[i].table], all[i].part);
        total -= all[i].part->bytes;
    }
    free(all);
    return rc;
}

static int expire(struct store *s, const struct compact_options *o, int64_t now_us, struct compact_result *ret,
                  struct err *err)
{
    struct catalog c;
    struct part_list age[TABLE_COUNT] = {0}, bytes[TABLE_COUNT] = {0};
    size_t n_age = 0, n_bytes = 0;
    int rc = load_newest(s, &c, err);
    if (rc < 0)
        return rc;
    rc = choose_expired(&c, o, now_us, age, bytes);
    catalog_done(&c);
    if (rc < 0)
        (void)err_set(err, rc, "no memory to choose what is too old");
    for (size_t t = 0; t < TABLE_COUNT; t++) {
        n_age += age[t].n;
        n_bytes += bytes[t].n;
    }
    if (rc == 0 && n_age)
        rc = store_remove_parts(s, age, "too-old", err);
    if (rc == 0 && n_bytes)
        rc = store_remove_parts(s, bytes, "too-much", err);
    if (rc == 0)
        ret->expired = n_age + n_bytes;
    for (size_t t = 0; t < TABLE_COUNT; t++) {
        free(age[t].at);
        free(bytes[t].at);
    }
    return rc == -EEXIST ? 0 : rc; /* somebody else changed them: next time */
}

int store_compact(struct store *s, const struct compact_options *o, struct compact_result *ret, struct err *err)
{
    struct compact_result result = {0};
    if (!s->writable)
        return err_set(err, -EPERM, "store %s is open for reading only", s->dir);
    int lock = store_lock(s, "compact.lock", false, err);
    if (lock < 0)
        return lock;
    int64_t now_us = o->now_us ? o->now_us : ts_now_us();
    int rc = o->keep_days || o->keep_bytes ? expire(s, o, now_us, &result, err) : 0;
    if (rc == 0)
        rc = merge_all(s, now_us, &result, err);
    if (rc == 0)
        rc = commit_clean(s, err);
    close(lock);
    if (rc == 0)
        *ret = result;
    return rc;
}

/* The part of the store that a filter can touch: which files the views name, and counts of packets from the summaries of the
 * files that lie wholly in the filter's time, and from the packets themselves of the rest. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/store_int.h"
#include "store/summary_sql.h"

static bool in_time(const struct part *p, const struct filter *f)
{
    return (f->since_us == 0 || p->max_ts_us >= f->since_us) && (f->until_us == 0 || p->min_ts_us < f->until_us);
}

static bool wholly_in_time(const struct part *p, const struct filter *f)
{
    return (f->since_us == 0 || p->min_ts_us >= f->since_us) && (f->until_us == 0 || p->max_ts_us < f->until_us);
}

static bool in_src(const struct part *p, const struct filter *f)
{
    if (!f->has_src || !p->has_src)
        return true;
    uint64_t first = f->src.base, last = first + (ip4_prefix_size(f->src) - 1);
    return p->min_src <= last && p->max_src >= first;
}

int focus_parts(const struct store *s, enum store_table table, struct part_list *ret)
{
    const struct part_list *all = &s->now.catalog.tables[table];
    int rc = 0;
    *ret = (struct part_list){0};
    for (size_t i = 0; i < all->n && rc == 0; i++)
        if (in_time(&all->at[i], &s->focus) && in_src(&all->at[i], &s->focus))
            rc = part_list_add(ret, &all->at[i]);
    if (rc < 0)
        free(ret->at);
    return rc;
}

static bool same_focus(const struct filter *a, const struct filter *b)
{
    return a->since_us == b->since_us && a->until_us == b->until_us && a->has_src == b->has_src &&
           (!a->has_src || (a->src.base == b->src.base && a->src.len_bits == b->src.len_bits));
}

void store_focus(struct store *s, const struct filter *f)
{
    struct filter focus = {0};
    if (f)
        focus = *f;
    (void)pthread_mutex_lock(&s->asking);
    if (!same_focus(&focus, &s->focus))
        s->has_snapshot = false;
    s->focus = focus;
    (void)pthread_mutex_unlock(&s->asking);
}

/* " AND ts >= … AND ts < …" */
static void put_time(struct wr *w, const struct filter *f)
{
    struct filter time = {.since_us = f->since_us, .until_us = f->until_us};
    char text[256];
    if (filter_sql(&time, text, sizeof text) < 0)
        w->bad = true;
    else
        wr_str(w, text);
}

/* Packets of these files and of the spool, in the focus' time. */
static void put_packets(struct wr *w, const struct store *s, const char *table, const char *columns, const struct part_list *l)
{
    wr_str(w, "(SELECT * FROM (");
    if (l->n) {
        wr_fmt(w, "SELECT %s FROM read_parquet(", columns);
        view_put_list(w, s->dir, l);
        wr_str(w, ", hive_partitioning = false)");
    }
    if (s->now.n_segments || !l->n)
        wr_fmt(w, "%sSELECT %s FROM spool_%s()", l->n ? " UNION ALL " : "", columns, table);
    wr_str(w, ") WHERE true");
    put_time(w, &s->focus);
    wr_str(w, ")");
}

struct split { /* the files of a focus */
    struct part_list counted, rest;
    const struct rollup **rollups; /* which count files that are in neither list */
    size_t n_rollups;
    uint64_t rows; /* of counted */
};

/* Each rollup whose files lie all in time. */
static int choose_rollups(const struct store *s, struct split *ret)
{
    const struct catalog *c = &s->now.catalog;
    const struct part_list *all = &c->tables[TABLE_PACKET];
    ret->rollups = calloc(c->rollups.n + 1, sizeof *ret->rollups);
    if (!ret->rollups)
        return -ENOMEM;
    for (size_t i = 0; i < c->rollups.n; i++) {
        uint64_t parts = 0;
        bool src = false;
        for (size_t k = 0; k < all->n; k++) {
            if (strcmp(all->at[k].rollup, c->rollups.at[i].name) != 0)
                continue;
            parts += wholly_in_time(&all->at[k], &s->focus);
            src = src || in_src(&all->at[k], &s->focus);
        }
        if (src && parts == c->rollups.at[i].parts)
            ret->rollups[ret->n_rollups++] = &c->rollups.at[i];
    }
    return 0;
}

static bool is_rolled_up(const struct split *d, const struct part *p)
{
    for (size_t i = 0; i < d->n_rollups && p->rollup[0]; i++)
        if (strcmp(d->rollups[i]->name, p->rollup) == 0)
            return true;
    return false;
}

/* counted: what needs no look at its packets; with `summaries`, those that have them. */
static int split(const struct store *s, enum store_table table, bool summaries, struct split *ret)
{
    const struct part_list *all = &s->now.catalog.tables[table];
    *ret = (struct split){0};
    int rc = summaries ? choose_rollups(s, ret) : 0;
    for (size_t i = 0; i < all->n && rc == 0; i++) {
        const struct part *p = &all->at[i];
        if (!in_time(p, &s->focus) || (summaries && (!in_src(p, &s->focus) || is_rolled_up(ret, p))))
            continue;
        bool counted = wholly_in_time(p, &s->focus) && (!summaries || part_is_summarised(p));
        rc = part_list_add(counted ? &ret->counted : &ret->rest, p);
        ret->rows += counted ? p->rows : 0;
    }
    return rc;
}

static void split_done(struct split *d)
{
    free(d->counted.at);
    free(d->rest.at);
    free(d->rollups);
}

static void put_summaries(struct wr *w, const struct store *s, const struct split *d, enum summary which)
{
    if (d->counted.n) {
        wr_str(w, "SELECT * FROM read_parquet(");
        summary_put_list(w, s->dir, &d->counted, which);
        wr_str(w, ", hive_partitioning = false)");
    }
    if (!d->n_rollups)
        return;
    wr_fmt(w, "%sSELECT * FROM read_parquet([", d->counted.n ? " UNION ALL " : "");
    for (size_t i = 0; i < d->n_rollups; i++) {
        char path[STORE_PATH_MAX + CATALOG_NAME_MAX + 2];
        (void)snprintf(path, sizeof path, "%s/%s", s->dir, d->rollups[i]->files[which].path);
        if (i)
            wr_u8(w, ',');
        duck_quote(w, path);
    }
    wr_str(w, "], hive_partitioning = false)");
}

static void put_counts(struct wr *w, const struct store *s, const struct split *d, enum summary which)
{
    wr_fmt(w, "CREATE OR REPLACE VIEW by_%s AS ", catalog_summary_names[which]);
    bool some = d->counted.n || d->n_rollups;
    put_summaries(w, s, d, which);
    if (some && !d->rest.n && !s->now.n_segments)
        return;
    wr_fmt(w, "%s%s%s", some ? " UNION ALL " : "", which == SUMMARY_NET ? SUMMARY_NET_HEAD : SUMMARY_DST_HEAD,
           SUMMARY_ROWS_HEAD);
    put_packets(w, s, "packet", "ts, proto, dport, sport, src, dst, tcp_flags, icmp_type", &d->rest);
    wr_str(w, SUMMARY_ROWS_TAIL SUMMARY_TAIL);
}

static void put_stored(struct wr *w, const struct store *s, const struct split d[2])
{
    wr_fmt(w, "CREATE OR REPLACE VIEW stored AS SELECT CAST(%" PRIu64, d[0].rows + d[1].rows);
    for (size_t i = 0; i < 2; i++) {
        if (!d[i].rest.n && !s->now.n_segments)
            continue;
        wr_str(w, " + (SELECT count(*) FROM ");
        put_packets(w, s, catalog_table_names[i ? TABLE_PACKET6 : TABLE_PACKET], "ts", &d[i].rest);
        wr_str(w, ")");
    }
    wr_str(w, " AS BIGINT) AS packets");
}

int focus_views(struct store *s, struct err *err)
{
    struct wr w = wr_of(VIEW_SQL_MAX);
    struct split of[2] = {0};
    s->has_counts = false;
    int rc = split(s, TABLE_PACKET, false, &of[0]);
    if (rc == 0)
        rc = split(s, TABLE_PACKET6, false, &of[1]);
    if (rc < 0) {
        (void)err_set(err, rc, "no memory for the views");
    } else {
        put_stored(&w, s, of);
        rc = view_run(s, &w, err);
    }
    split_done(&of[0]);
    split_done(&of[1]);
    wr_done(&w);
    return rc;
}

int focus_counts(struct store *s, const char *sql, struct err *err)
{
    if (s->has_counts || !strcasestr(sql, "by_"))
        return 0;
    struct wr w = wr_of(VIEW_SQL_MAX);
    struct split summarised = {0};
    int rc = split(s, TABLE_PACKET, true, &summarised);
    if (rc < 0)
        (void)err_set(err, rc, "no memory for the views");
    for (size_t i = 0; i < SUMMARY_COUNT && rc == 0; i++) {
        put_counts(&w, s, &summarised, (enum summary)i);
        rc = view_run(s, &w, err);
    }
    split_done(&summarised);
    wr_done(&w);
    s->has_counts = rc == 0;
    return rc;
}

/* Counts of the packets of one Parquet file, in two small files: per source and /24, and per destination and source. They are
 * named by the file's own entry in the catalog, so they come and go with it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ts.h"
#include "store/store_int.h"
#include "store/summary_sql.h"

/* The counts per /24 are sums of those per address, which are fewer than the packets. */
static void put_select(struct wr *w, enum summary which, const char *packets, const char *dst_counts)
{
    if (which == SUMMARY_DST) {
        wr_str(w, SUMMARY_DST_HEAD SUMMARY_ROWS_HEAD "read_parquet(");
        duck_quote(w, packets);
        wr_str(w, ", hive_partitioning = false)" SUMMARY_ROWS_TAIL SUMMARY_TAIL);
    } else {
        wr_str(w, "SELECT proto, dport, kind, sport, src, CAST(dst >> 8 AS UINTEGER) AS net, "
                  "CAST(sum(packets) AS BIGINT) AS packets FROM read_parquet(");
        duck_quote(w, dst_counts);
        wr_str(w, ")" SUMMARY_TAIL);
    }
}

static int number_of(const struct duck *d, const char *what, const char *path, int64_t *ret, struct err *err)
{
    struct wr sql = wr_of(2 * STORE_PATH_MAX);
    wr_fmt(&sql, "SELECT (%s)::BIGINT FROM read_parquet(", what);
    duck_quote(&sql, path);
    wr_bytes(&sql, ")", 2);
    int rc = sql.bad ? err_set(err, -ENOMEM, "no memory") : duck_number(d->con, (const char *)sql.bytes, ret, err);
    wr_done(&sql);
    return rc;
}

static int copy(const struct duck *d, const char *select, enum summary which, unsigned row_group, const char *temp, struct err *err)
{
    struct wr sql = wr_of((size_t)2 << 20);
    wr_str(&sql, "COPY (");
    wr_str(&sql, select);
    wr_str(&sql, ") TO ");
    duck_quote(&sql, temp);
    wr_fmt(&sql, " (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, ROW_GROUP_SIZE %u, USE_TMP_FILE false, "
                 "KV_METADATA {hotaru_format: '%d', hotaru_table: 'summary-%s'})",
           row_group, CATALOG_FORMAT, catalog_summary_names[which]);
    wr_u8(&sql, 0);
    int rc = sql.bad ? err_set(err, -ENOMEM, "no memory for a statement") : duck_exec(d->con, (const char *)sql.bytes, err);
    wr_done(&sql);
    return rc;
}

int summary_copy(struct store *s, const char *select, enum summary which, unsigned row_group, uint64_t packets, const char *temp,
                 struct summary_file *ret, struct err *err)
{
    struct duck *d;
    int64_t rows = 0, sum = 0;
    int rc = store_sorter(s, &d, err);
    if (rc == 0)
        rc = copy(d, select, which, row_group, temp, err);
    if (rc == 0)
        rc = number_of(d, "count(*)", temp, &rows, err);
    if (rc == 0)
        rc = number_of(d, "sum(packets)", temp, &sum, err);
    if (rc == 0 && (uint64_t)sum != packets)
        rc = err_set(err, -EBADMSG, "%lld packets were counted where the catalog has %llu; 'hotaru store check' says more",
                     (long long)sum, (unsigned long long)packets);
    if (rc == 0)
        rc = part_sync(temp, err);
    if (rc == 0)
        rc = part_sum(temp, &ret->bytes, &ret->sum, err);
    ret->rows = (uint64_t)rows;
    return rc;
}

void summary_put_list(struct wr *w, const char *dir, const struct part_list *l, enum summary which)
{
    wr_u8(w, '[');
    for (size_t i = 0; i < l->n; i++) {
        char path[STORE_PATH_MAX + CATALOG_NAME_MAX + 2];
        (void)snprintf(path, sizeof path, "%s/%s", dir, l->at[i].summaries[which].path);
        if (i)
            wr_u8(w, ',');
        duck_quote(w, path);
    }
    wr_u8(w, ']');
}

static int summary_file(struct store *s, struct pending *p, enum summary which, const char *path, struct err *err)
{
    struct summary_file *to = &p->part.summaries[which];
    const char *name = strrchr(p->part.path, '/') + 1;
    char *temp = p->summary_temp[which] = calloc(1, STORE_PATH_MAX);
    if (!temp)
        return err_set(err, -ENOMEM, "no memory to summarise %s", name);
    if (snprintf(to->path, sizeof to->path, "%s/%s/%s", SUMMARY_FOLDER, catalog_summary_names[which], name) >=
            (int)sizeof to->path ||
        snprintf(temp, STORE_PATH_MAX, "%s/%s-%s", s->temp_dir, catalog_summary_names[which], name) >= STORE_PATH_MAX)
        return err_set(err, -ENAMETOOLONG, "store %.60s…: the name is too long", s->dir);
    struct wr w = wr_of(4 * STORE_PATH_MAX);
    put_select(&w, which, path, p->summary_temp[SUMMARY_DST]);
    wr_str(&w, SUMMARY_ORDER);
    wr_u8(&w, 0);
    int rc = w.bad ? err_set(err, -ENOMEM, "no memory for a statement")
                   : summary_copy(s, (const char *)w.bytes, which, 122880, p->part.rows, temp, to, err);
    wr_done(&w);
    return rc;
}

int summary_write(struct store *s, struct pending *p, const char *path, struct err *err)
{
    struct duck *d;
    int64_t lo = 0, hi = 0;
    int rc = store_temp_dir(s, err);
    if (rc == 0)
        rc = summary_file(s, p, SUMMARY_DST, path, err);
    if (rc == 0)
        rc = summary_file(s, p, SUMMARY_NET, path, err); /* from the other */
    if (rc == 0)
        rc = store_sorter(s, &d, err);
    if (rc == 0)
        rc = number_of(d, "min(src)", p->summary_temp[SUMMARY_NET], &lo, err);
    if (rc == 0)
        rc = number_of(d, "max(src)", p->summary_temp[SUMMARY_NET], &hi, err);
    if (rc < 0)
        return rc;
    p->part.has_src = true;
    p->part.min_src = (uint32_t)lo;
    p->part.max_src = (uint32_t)hi;
    return 0;
}

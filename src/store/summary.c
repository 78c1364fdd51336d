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

static int copy(struct feeder *f, const struct pending *p, enum summary which, const char *path, struct err *err)
{
    struct wr sql = wr_of(65536);
    wr_str(&sql, "COPY (");
    put_select(&sql, which, path, p->summary_temp[SUMMARY_DST]);
    wr_str(&sql, SUMMARY_ORDER ") TO ");
    duck_quote(&sql, p->summary_temp[which]);
    wr_fmt(&sql, " (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, ROW_GROUP_SIZE 122880, USE_TMP_FILE false, "
                 "KV_METADATA {hotaru_format: '%d', hotaru_table: 'summary-%s'})",
           CATALOG_FORMAT, catalog_summary_names[which]);
    wr_u8(&sql, 0);
    int rc = sql.bad ? err_set(err, -ENOMEM, "no memory for a statement") : duck_exec(f->duck.con, (const char *)sql.bytes, err);
    wr_done(&sql);
    return rc;
}

static int number_of(struct feeder *f, const char *what, const char *path, int64_t *ret, struct err *err)
{
    struct wr sql = wr_of(2 * STORE_PATH_MAX);
    wr_fmt(&sql, "SELECT (%s)::BIGINT FROM read_parquet(", what);
    duck_quote(&sql, path);
    wr_bytes(&sql, ")", 2);
    int rc = sql.bad ? err_set(err, -ENOMEM, "no memory") : duck_number(f->duck.con, (const char *)sql.bytes, ret, err);
    wr_done(&sql);
    return rc;
}

static int summary_file(struct store *s, struct feeder *f, struct pending *p, enum summary which, const char *path,
                        struct err *err)
{
    struct summary_file *to = &p->part.summaries[which];
    const char *name = strrchr(p->part.path, '/') + 1;
    char *temp = p->summary_temp[which] = calloc(1, STORE_PATH_MAX);
    int64_t rows;
    if (!temp)
        return err_set(err, -ENOMEM, "no memory to summarise %s", name);
    if (snprintf(to->path, sizeof to->path, "%s/%s/%s", SUMMARY_FOLDER, catalog_summary_names[which], name) >=
            (int)sizeof to->path ||
        snprintf(temp, STORE_PATH_MAX, "%s/%s-%s", s->temp_dir, catalog_summary_names[which], name) >= STORE_PATH_MAX)
        return err_set(err, -ENAMETOOLONG, "store %.60s…: the name is too long", s->dir);
    int rc = copy(f, p, which, path, err);
    if (rc == 0)
        rc = number_of(f, "count(*)", temp, &rows, err);
    if (rc == 0)
        rc = part_sync(temp, err);
    if (rc == 0)
        rc = part_sum(temp, &to->bytes, &to->sum, err);
    to->rows = rc == 0 ? (uint64_t)rows : 0;
    return rc;
}

int summary_write(struct store *s, struct pending *p, const char *path, struct err *err)
{
    struct feeder *f;
    int64_t lo = 0, hi = 0, packets = 0;
    int rc = store_feeder(s, FEEDER_SORT, &f, err);
    static const enum summary order[SUMMARY_COUNT] = {SUMMARY_DST, SUMMARY_NET};
    for (size_t k = 0; k < SUMMARY_COUNT && rc == 0; k++) {
        enum summary i = order[k];
        rc = summary_file(s, f, p, i, path, err);
        if (rc == 0)
            rc = number_of(f, "sum(packets)", p->summary_temp[i], &packets, err);
        if (rc == 0 && (uint64_t)packets != p->part.rows)
            rc = err_set(err, -EBADMSG, "%s has %lld packets, its entry in the catalog %llu; 'hotaru store check' says more", path,
                         (long long)packets, (unsigned long long)p->part.rows);
    }
    if (rc == 0)
        rc = number_of(f, "min(src)", p->summary_temp[SUMMARY_NET], &lo, err);
    if (rc == 0)
        rc = number_of(f, "max(src)", p->summary_temp[SUMMARY_NET], &hi, err);
    if (rc < 0)
        return rc;
    p->part.has_src = true;
    p->part.min_src = (uint32_t)lo;
    p->part.max_src = (uint32_t)hi;
    return 0;
}

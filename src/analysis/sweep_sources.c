#include "analysis/sweep_sources.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/wr.h"

#define TRY_FIRST ((size_t)4000) /* other sources whose times are looked at */
#define TRY_MORE  ((size_t)8)    /* times as many, while too few of them met the answered ones' time */
#define TRY_MAX   ((size_t)1 << 22)

struct search {
    const struct scope *scope;
    const char *answers;
    size_t each;
    unsigned probes_min;
    bool has_span;         /* of the answered sources' probes */
    int64_t from_us, until_us;
    struct sweep_source *found;
    size_t n;
};

static int read_span(struct search *k, struct err *err)
{
    struct rows *rows;
    const struct scope *s = k->scope;
    int rc = scope_ask(s, &rows, err, "SELECT EXISTS (SELECT 1 FROM %s WHERE dst IN %s)", k->answers, s->point_list);
    if (rc < 0)
        return rc;
    bool none = rows_i64(rows, 0, 0) == 0; /* DuckDB would read every packet to find that no source is in an empty set */
    rows_free(rows);
    if (none)
        return 0;
    rc = scope_ask(s, &rows, err,
                       "SELECT epoch_us(min(ts)), epoch_us(max(ts)) FROM packet WHERE %s AND %s AND src IN (SELECT src FROM %s"
                       " WHERE dst IN %s)",
                       scope_probe_sql(s), s->where, k->answers, s->point_list);
    if (rc < 0)
        return rc;
    k->has_span = !rows_is_null(rows, 0, 0);
    k->from_us = rows_i64(rows, 0, 0);
    k->until_us = rows_i64(rows, 1, 0);
    rows_free(rows);
    return 0;
}

/* Sources by number of probes: src, probes, answered, met a point; at most `others` that were not answered. */
static int read_totals(const struct search *k, size_t others, struct rows **ret, struct err *err)
{
    const struct scope *s = k->scope;
    const char *probe = scope_probe_kind_sql(s);
    return scope_ask(
        s, ret, err,
        "WITH got AS (SELECT DISTINCT src AS who FROM %s WHERE dst IN %s),"
        " met AS (SELECT DISTINCT src AS whom FROM %s WHERE %s AND dst IN %s),"
        " total AS (SELECT src, sum(packets)::BIGINT AS n FROM %s WHERE %s GROUP BY src HAVING sum(packets) >= %u),"
        " known AS (SELECT src, n, who IS NOT NULL AS answered FROM total LEFT JOIN got ON src = who),"
        " ranked AS (SELECT src, n, answered, row_number() OVER (PARTITION BY answered ORDER BY n DESC, src) AS rank FROM known)"
        " SELECT src, n, answered, whom IS NOT NULL FROM ranked LEFT JOIN met ON src = whom"
        " WHERE rank <= CASE WHEN answered THEN %zu ELSE %zu END ORDER BY answered DESC, n DESC, src",
        k->answers, s->point_list, s->hits, probe, s->point_list, s->cells, probe, k->probes_min, k->each, others);
}

static int compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Of the sources of these rows that were not answered, those with a probe in the answered ones' time; ascending. */
static int read_in_time(const struct search *k, const struct rows *totals, uint32_t **ret, size_t *ret_n, struct err *err)
{
    const struct scope *s = k->scope;
    struct rows *rows = NULL;
    struct wr list = wr_of((size_t)64 << 20);
    wr_str(&list, "(4294967296");
    for (size_t i = 0; i < rows_count(totals); i++)
        if (!rows_i64(totals, 2, i))
            wr_fmt(&list, ",%lu", (unsigned long)rows_i64(totals, 0, i));
    wr_bytes(&list, ")", 2);
    int rc = list.bad ? err_set(err, -ENOMEM, "no memory for the sources")
                      : scope_ask(s, &rows, err,
                                  "SELECT src FROM packet WHERE %s AND %s AND src IN %s GROUP BY src HAVING max(ts) >="
                                  " make_timestamp(%lld) AND min(ts) <= make_timestamp(%lld) ORDER BY src",
                                  scope_probe_sql(s), s->where, (const char *)list.bytes, (long long)k->from_us,
                                  (long long)k->until_us);
    wr_done(&list);
    if (rc < 0)
        return rc;
    *ret_n = rows_count(rows);
    *ret = calloc(*ret_n + 1, sizeof **ret);
    for (size_t i = 0; *ret && i < *ret_n; i++)
        (*ret)[i] = (uint32_t)rows_i64(rows, 0, i);
    rows_free(rows);
    return *ret ? 0 : err_set(err, -ENOMEM, "no memory for the sources");
}

/* Takes what fits from these totals; *ret_others of them were not answered, whether they fit or not. */
static int take(struct search *k, const struct rows *totals, size_t *ret_others, struct err *err)
{
    uint32_t *in_time = NULL;
    size_t n = rows_count(totals), n_in_time = 0, others = 0;
    int rc = k->has_span ? read_in_time(k, totals, &in_time, &n_in_time, err) : 0;
    k->n = 0;
    *ret_others = 0;
    for (size_t i = 0; i < n && rc == 0; i++) {
        bool answered = rows_i64(totals, 2, i) != 0;
        uint32_t src = (uint32_t)rows_i64(totals, 0, i);
        *ret_others += !answered;
        if (!answered && (others == k->each ||
                          (k->has_span && !bsearch(&src, in_time, n_in_time, sizeof src, compare_u32))))
            continue;
        others += !answered;
        enum sweep_kind kind = answered ? SWEEP_ANSWERED : rows_i64(totals, 3, i) ? SWEEP_IGNORED : SWEEP_UNMET;
        k->found[k->n++] = (struct sweep_source){src, kind, (uint64_t)rows_i64(totals, 1, i)};
    }
    free(in_time);
    return rc < 0 ? rc : others == k->each;
}

static int compare_source(const void *a, const void *b)
{
    const struct sweep_source *x = a, *y = b;
    return (x->src > y->src) - (x->src < y->src);
}

int sweep_sources(const struct scope *s, const char *answers, size_t each, unsigned probes_min, struct sweep_source **ret,
                  size_t *ret_n, struct err *err)
{
    struct search k = {.scope = s, .answers = answers, .each = each, .probes_min = probes_min};
    k.found = calloc(2 * each, sizeof *k.found);
    if (!k.found)
        return err_set(err, -ENOMEM, "no memory for the sources");
    int rc = read_span(&k, err);
    for (size_t others = k.has_span ? TRY_FIRST : each; rc == 0; others *= TRY_MORE) {
        struct rows *totals;
        size_t there;
        rc = read_totals(&k, others, &totals, err);
        if (rc < 0)
            break;
        rc = take(&k, totals, &there, err);
        rows_free(totals);
        if (rc != 0 || there < others || others >= TRY_MAX)
            break;
    }
    if (rc < 0) {
        free(k.found);
        return rc;
    }
    qsort(k.found, k.n, sizeof *k.found, compare_source);
    *ret = k.found;
    *ret_n = k.n;
    return 0;
}

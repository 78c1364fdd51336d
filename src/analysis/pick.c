#include "analysis/pick.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wr.h"

/* The sources that, by the counts, sent a point an ACK: " AND src IN (…)"; "" when there is none. */
static int acker_sql(const struct scope *s, struct wr *w, struct err *err)
{
    struct rows *rows;
    int rc = scope_ask(s, &rows, err, "SELECT DISTINCT src FROM %s WHERE proto = 6 AND (kind & 8) <> 0 AND dst IN %s ORDER BY src",
                       s->hits, s->point_list);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < rows_count(rows); i++)
        wr_fmt(w, "%s%lu", i ? "," : " AND src IN (", (unsigned long)rows_i64(rows, 0, i));
    if (rows_count(rows))
        wr_u8(w, ')');
    wr_u8(w, 0);
    rows_free(rows);
    return w->bad ? err_set(err, -ENOMEM, "no memory for the sources that were answered") : 0;
}

/* What the packets show, where no honeypot wrote sessions down: ACKs to points, of the sources that sent any. */
static int packet_answers_sql(const struct scope *s, char **ret, struct err *err)
{
    struct wr sources = wr_of((size_t)64 << 20);
    int n = 0, rc = s->has_sessions ? 0 : acker_sql(s, &sources, err);
    if (rc == 0 && (s->has_sessions || sources.len == 1))
        n = (*ret = strdup("")) ? 0 : -1;
    else if (rc == 0)
        n = asprintf(ret,
                     " UNION ALL SELECT src, dst, ts, NULL FROM packet WHERE %s AND proto = 6 AND (tcp_flags & 22) = 16"
                     " AND dst IN %s%s",
                     s->where, s->point_list, (const char *)sources.bytes);
    wr_done(&sources);
    return rc == 0 && n < 0 ? err_set(err, -ENOMEM, "no memory for a statement") : rc;
}

char *pick_answers_of(const struct scope *s, const char *packets)
{
    char *sql = NULL, port[64] = "";
    if (s->port)
        (void)snprintf(port, sizeof port, " AND dport = %u", s->port);
    int n = asprintf(&sql,
                     "(SELECT src, dst, ts, version FROM answer WHERE true%s"
                     " UNION ALL SELECT src, dst, ts_open, NULL FROM session WHERE true%s%s)",
                     port, port, packets);
    return n < 0 ? NULL : sql;
}

int pick_answers_sql(const struct scope *s, char **ret, struct err *err)
{
    char *packets;
    int rc = packet_answers_sql(s, &packets, err);
    if (rc < 0)
        return rc;
    *ret = pick_answers_of(s, packets);
    free(packets);
    return *ret ? 0 : err_set(err, -ENOMEM, "no memory for a statement");
}

/* Of the answered sources, or of all. */
static int read_sources(const struct scope *s, const char *answers, size_t n, struct pick_source *ret, bool answered,
                        struct err *err)
{
    struct rows *rows;
    int rc = scope_ask(
        s, &rows, err,
        "WITH got AS (SELECT src AS who, min(ts) AS first FROM %s GROUP BY src),"
        " total AS (SELECT src, sum(packets)::BIGINT AS n FROM %s %s GROUP BY src)"
        " SELECT src, n, epoch_us(first) FROM total LEFT JOIN got ON src = who ORDER BY n DESC, src LIMIT %zu",
        answers, s->cells, answered ? "WHERE src IN (SELECT who FROM got)" : "", n);
    if (rc < 0)
        return rc;
    int count = (int)rows_count(rows);
    for (size_t i = 0; i < (size_t)count; i++)
        ret[i] = (struct pick_source){(uint32_t)rows_i64(rows, 0, i), (uint64_t)rows_i64(rows, 1, i),
                                      rows_i64(rows, 2, i)};
    rows_free(rows);
    return count;
}

int pick_sources(const struct scope *s, size_t n, struct pick_source *ret, struct err *err)
{
    char *answers;
    int rc = pick_answers_sql(s, &answers, err);
    if (rc < 0)
        return rc;
    rc = read_sources(s, answers, n, ret, true, err);
    if (rc == 0)
        rc = read_sources(s, answers, n, ret, false, err);
    free(answers);
    return rc;
}

/* Runs of equal versions of the one source: a version told again after another one is a period of its own. */
static int query_periods(const struct scope *s, size_t n, struct rows **ret, struct err *err)
{
    return scope_ask(s, ret, err,
                       "WITH told AS (SELECT src, ts, version FROM answer WHERE dport = %u AND version IS "
                       "NOT NULL AND version <> ''%s),"
                       " volume AS (SELECT src, count(*) AS n, min(ts) AS first, max(ts) AS last FROM packet "
                       "WHERE %s AND src IN (SELECT src FROM told) GROUP BY src),"
                       " best AS (SELECT t.src FROM told t JOIN volume v ON v.src = t.src GROUP BY t.src"
                       "  ORDER BY count(DISTINCT version) DESC, max(v.n) DESC, t.src LIMIT 1),"
                       " mark AS (SELECT ts, version, version IS DISTINCT FROM lag(version) OVER (ORDER BY "
                       "ts, version) AS fresh"
                       "  FROM told WHERE src = (SELECT src FROM best)),"
                       " run AS (SELECT ts, version, sum(fresh::INTEGER) OVER (ORDER BY ts, version ROWS "
                       "UNBOUNDED PRECEDING) AS k FROM mark)"
                       " SELECT (SELECT src FROM best), epoch_us(min(r.ts)), count(*), any_value(r.version),"
                       "  (SELECT epoch_us(first) FROM volume WHERE src = (SELECT src FROM best)),"
                       "  (SELECT epoch_us(last) FROM volume WHERE src = (SELECT src FROM best))"
                       " FROM run r GROUP BY k ORDER BY k LIMIT %zu",
                       s->port, s->filter, s->where, n);
}

int pick_periods(const struct scope *s, size_t n, struct pick_period *ret, struct err *err)
{
    struct rows *rows;
    int rc = query_periods(s, n, &rows, err);
    if (rc < 0)
        return rc;
    size_t count = rows_count(rows);
    for (size_t i = 0; i < count; i++) {
        struct pick_period *p = &ret[i];
        p->src = (uint32_t)rows_i64(rows, 0, i);
        p->told_us = rows_i64(rows, 1, i);
        p->answers = (uint64_t)rows_i64(rows, 2, i);
        (void)snprintf(p->version, sizeof p->version, "%s", rows_text(rows, 3, i));
        p->from_us = i ? p->told_us : rows_i64(rows, 4, i);
        p->until_us = i + 1 < count ? rows_i64(rows, 1, i + 1) : rows_i64(rows, 5, i) + 1;
    }
    rows_free(rows);
    return (int)count;
}

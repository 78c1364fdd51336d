#include "analysis/scatter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/pick.h"
#include "base/ip.h"
#include "base/ts.h"
#include "base/wr.h"

#define TIME_STEPS    2000
#define ADDRESS_STEPS 1024
#define ANSWERS_MAX   100000
#define SQL_MAX_BYTES ((size_t)8 << 20)

enum column { KIND, TS, DST, POINT, PACKETS, VERSION };

static const struct result_field fields[] = {
    [KIND] = {"kind", "", "packet (sent by the source) or answer (got by it)", VALUE_TEXT, false},
    [TS] = {"ts", "UTC", "time", VALUE_TS, false},
    [DST] = {"dst", "", "destination; of an answer: the point that gave it", VALUE_U64, true},
    [POINT] = {"point", "", "the destination is an observation point", VALUE_BOOL, false},
    [PACKETS] = {"packets", "packets", "1, or those of a step of time and address", VALUE_U64, false},
    [VERSION] = {"version", "", "what the source was told", VALUE_TEXT, false},
    {0},
};

struct seen { /* one packet */
    int64_t ts_us;
    uint32_t dst;
    bool ack;
};

struct work {
    struct scope scope;
    uint32_t src;
    uint64_t packets, to_points, answers, addresses;
    int64_t from_us, until_us;
    struct seen *seen; /* every packet in time order, when they are few enough to be shown so */
    size_t n_seen;
    bool binned;
};

/* The filter's source, else the found one. 1 when there is one, 0 when there is none. */
static int choose_source(struct work *w, const struct analysis_params *params, struct err *err)
{
    struct pick_source found;
    if (params->filter.has_src && params->filter.src.len_bits == 32) {
        w->src = params->filter.src.base;
        return 1;
    }
    int rc = pick_sources(&w->scope, 1, &found, err);
    if (rc <= 0)
        return rc;
    w->src = found.src;
    w->scope.focus.has_src = true;
    w->scope.focus.src = (struct ip4_prefix){found.src, 32};
    return 1;
}

static int seen_compare(const void *a, const void *b)
{
    const struct seen *x = a, *y = b;
    if (x->ts_us != y->ts_us)
        return x->ts_us < y->ts_us ? -1 : 1;
    return (x->dst > y->dst) - (x->dst < y->dst);
}

static int address_compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static int count_addresses(struct work *w)
{
    uint32_t *dst = calloc(w->n_seen + 1, sizeof *dst);
    if (!dst)
        return -ENOMEM;
    for (size_t i = 0; i < w->n_seen; i++)
        dst[i] = w->seen[i].dst;
    qsort(dst, w->n_seen, sizeof *dst, address_compare);
    for (size_t i = 0; i < w->n_seen; i++)
        w->addresses += i == 0 || dst[i] != dst[i - 1];
    free(dst);
    return 0;
}

/* The source's packets in one pass, which is all that most sources need; w->binned when they are too many. */
static int read_packets(struct work *w, struct err *err)
{
    struct rows *rows;
    int rc = scope_ask(&w->scope, &rows, err,
                       "SELECT epoch_us(ts), dst, coalesce(proto = 6 AND (tcp_flags & 22) = 16, false) FROM packet"
                       " WHERE src = %lu AND %s LIMIT %d",
                       (unsigned long)w->src, w->scope.where, SCATTER_ROWS_MAX + 1);
    if (rc < 0)
        return rc;
    size_t n = rows_count(rows);
    w->binned = n > SCATTER_ROWS_MAX;
    if (!w->binned && n) {
        w->seen = calloc(n, sizeof *w->seen);
        if (!w->seen) {
            rows_free(rows);
            return err_set(err, -ENOMEM, "no memory for %zu packets", n);
        }
        for (size_t i = 0; i < n; i++)
            w->seen[i] = (struct seen){rows_i64(rows, 0, i), (uint32_t)rows_i64(rows, 1, i), rows_i64(rows, 2, i) != 0};
        w->n_seen = w->packets = n;
        qsort(w->seen, n, sizeof *w->seen, seen_compare);
        for (size_t i = 0; i < n; i++)
            w->to_points += scope_is_point(&w->scope, w->seen[i].dst);
        w->from_us = w->seen[0].ts_us;
        w->until_us = w->seen[n - 1].ts_us + 1;
        rc = count_addresses(w);
    }
    rows_free(rows);
    return rc;
}

/* Of a source with too many packets: its numbers from the counts, its times from the files at both ends. */
static int measure(struct work *w, struct err *err)
{
    struct rows *rows;
    char *where = NULL;
    int rc = scope_ask(&w->scope, &rows, err,
                       "SELECT coalesce(sum(packets), 0)::BIGINT, coalesce(sum(packets) FILTER (WHERE dst IN %s), 0)::BIGINT,"
                       " count(DISTINCT dst) FROM %s WHERE src = %lu",
                       w->scope.point_list, w->scope.hits, (unsigned long)w->src);
    if (rc < 0)
        return rc;
    w->packets = (uint64_t)rows_i64(rows, 0, 0);
    w->to_points = (uint64_t)rows_i64(rows, 1, 0);
    w->addresses = (uint64_t)rows_i64(rows, 2, 0);
    rows_free(rows);
    if (asprintf(&where, "src = %lu AND %s", (unsigned long)w->src, w->scope.where) < 0)
        return err_set(err, -ENOMEM, "no memory for a statement");
    rc = store_span(w->scope.store, where, &w->from_us, &w->until_us, err);
    w->until_us++;
    free(where);
    return rc < 0 ? rc : 0;
}

static int query_bins(const struct work *w, struct rows **ret, struct err *err)
{
    const struct scope *s = &w->scope;
    int64_t step_us = (w->until_us - w->from_us) / TIME_STEPS + 1;
    uint64_t step = (s->n_addresses + ADDRESS_STEPS - 1) / ADDRESS_STEPS;
    return scope_ask(
        s, ret, err,
        "SELECT epoch_us(ts) // %lld * %lld AS t, dst // %llu * %llu AS d, count(*) AS n FROM packet"
        " WHERE src = %lu AND %s GROUP BY t, d ORDER BY t, d",
        (long long)step_us, (long long)step_us, (unsigned long long)step, (unsigned long long)step,
        (unsigned long)w->src, s->where);
}

/* The first ACK to each point, of the packets that were read. */
static char *seen_answers_sql(const struct work *w)
{
    struct wr sql = wr_of(SQL_MAX_BYTES);
    bool *met = calloc(w->scope.n_points + 1, sizeof *met);
    for (size_t i = 0; met && i < w->n_seen && !w->scope.has_sessions; i++) {
        size_t p = w->seen[i].ack ? scope_point_index(&w->scope, w->seen[i].dst) : w->scope.n_points;
        if (p < w->scope.n_points && !met[p])
            wr_fmt(&sql, " UNION ALL SELECT %lu, %lu, make_timestamp(%lld), NULL", (unsigned long)w->src,
                   (unsigned long)w->scope.points[p], (long long)w->seen[i].ts_us);
        met[p] = true;
    }
    wr_u8(&sql, 0);
    if (!met || sql.bad) {
        free(met);
        wr_done(&sql);
        return NULL;
    }
    free(met);
    return (char *)sql.bytes;
}

static int answers_sql(const struct work *w, char **ret, struct err *err)
{
    if (w->binned)
        return pick_answers_sql(&w->scope, ret, err);
    char *packets = seen_answers_sql(w);
    *ret = packets ? pick_answers_of(&w->scope, packets) : NULL;
    free(packets);
    return *ret ? 0 : err_set(err, -ENOMEM, "no memory for a statement");
}

/* Per point: the ledger's answers where it has any, else the first session or ACK. */
static int query_answers(const struct work *w, struct rows **ret, struct err *err)
{
    char *answers;
    int rc = answers_sql(w, &answers, err);
    if (rc < 0)
        return rc;
    rc = scope_ask(
        &w->scope, ret, err,
        "WITH a AS (SELECT dst, epoch_us(ts) AS t, version FROM %s WHERE src = %lu%s),"
        " b AS (SELECT dst, t, version, lag(t) OVER (PARTITION BY dst ORDER BY t) AS before,"
        " bool_or(version IS NOT NULL) OVER (PARTITION BY dst) AS told FROM a)"
        " SELECT t, dst, version FROM b WHERE version IS NOT NULL OR (before IS NULL AND NOT told)"
        " ORDER BY t, dst LIMIT %d",
        answers, (unsigned long)w->src, w->scope.filter, ANSWERS_MAX);
    free(answers);
    return rc;
}

static void put_answer(struct work *w, struct result *r, const struct rows *rows, size_t i)
{
    result_row(r);
    result_set_text(r, KIND, "answer");
    result_set_i64(r, TS, rows_i64(rows, 0, i));
    result_set_u64(r, DST, (uint64_t)rows_i64(rows, 1, i));
    result_set_i64(r, POINT, scope_is_point(&w->scope, (uint32_t)rows_i64(rows, 1, i)));
    if (!rows_is_null(rows, 2, i))
        result_set_text(r, VERSION, rows_text(rows, 2, i));
    w->answers++;
}

static void put_packet(const struct work *w, struct result *r, struct seen at, uint64_t packets)
{
    result_row(r);
    result_set_text(r, KIND, "packet");
    result_set_i64(r, TS, at.ts_us);
    result_set_u64(r, DST, at.dst);
    result_set_i64(r, POINT, scope_is_point(&w->scope, at.dst));
    result_set_u64(r, PACKETS, packets);
}

/* Packet i of those read, or bin i. */
static struct seen packet_at(const struct work *w, const struct rows *bins, size_t i)
{
    if (!w->binned)
        return w->seen[i];
    return (struct seen){rows_i64(bins, 0, i), (uint32_t)rows_i64(bins, 1, i), false};
}

/* Both lists are in time order: one table in time order. */
static void merge(struct work *w, struct result *r, const struct rows *bins, const struct rows *answers)
{
    size_t a = 0, p = 0, n = w->binned ? rows_count(bins) : w->n_seen;
    while (a < rows_count(answers) || p < n) {
        if (p == n || (a < rows_count(answers) && rows_i64(answers, 0, a) < packet_at(w, bins, p).ts_us)) {
            put_answer(w, r, answers, a++);
        } else {
            put_packet(w, r, packet_at(w, bins, p), w->binned ? (uint64_t)rows_i64(bins, 2, p) : 1);
            p++;
        }
    }
}

static void say(struct result *r, const struct work *w)
{
    char src[IP4_TEXT_MAX], from[TS_TEXT_MAX], until[TS_TEXT_MAX];
    if (w->packets == 0) {
        result_finding(r, "No packet to %s port %u of any source that could be shown.",
                       w->scope.proto == 17 ? "UDP" : "TCP", w->scope.port);
        return;
    }
    result_finding(r,
                   "%s sent %llu packets to %llu addresses on port %u, %llu of them to observation points, "
                   "and got %llu answers.",
                   ip4_format(w->src, src), (unsigned long long)w->packets, (unsigned long long)w->addresses,
                   w->scope.port, (unsigned long long)w->to_points, (unsigned long long)w->answers);
    result_note(r, "from %s to %s", ts_format(w->from_us, from), ts_format(w->until_us - 1, until));
    if (w->binned)
        result_note(r, "counted in %d steps of time and up to %d of address", TIME_STEPS, ADDRESS_STEPS);
}

static int fill(struct work *w, struct result *r, struct err *err)
{
    struct rows *bins = NULL, *answers = NULL;
    int rc = read_packets(w, err);
    if (rc == 0 && w->binned)
        rc = measure(w, err);
    if (rc == 0 && w->binned)
        rc = query_bins(w, &bins, err);
    if (rc == 0)
        rc = query_answers(w, &answers, err);
    if (rc == 0)
        merge(w, r, bins, answers);
    rows_free(bins);
    rows_free(answers);
    return rc;
}

static int run(struct store *store, const struct analysis_params *params, struct result **ret,
               struct err *err)
{
    struct work w = {0};
    struct result *r = NULL;
    int rc = scope_init(&w.scope, store, params, 6, 445, err);
    if (rc < 0)
        return rc;
    rc = result_new(analysis_scatter.name, analysis_scatter.title, fields, &r);
    if (rc == 0)
        rc = choose_source(&w, params, err);
    if (rc > 0)
        rc = fill(&w, r, err);
    if (rc == 0)
        say(r, &w);
    rc = scope_result(&w.scope, params, rc, r, ret, err);
    free(w.seen);
    scope_done(&w.scope);
    return rc;
}

const struct analysis analysis_scatter = {
    .name = "scatter",
    .title = "Time and destination of one source's packets to one port",
    .doc = "figures 4 to 8: every packet and answer of one source (--src, else the top one that was "
           "answered) on one port",
    .fields = fields,
    .run = run,
};

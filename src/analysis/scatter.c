#include "analysis/scatter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/pick.h"
#include "base/ip.h"
#include "base/ts.h"

#define TIME_STEPS    2000
#define ADDRESS_STEPS 1024
#define ANSWERS_MAX   100000

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

struct work {
    struct scope scope;
    uint32_t src;
    uint64_t packets, to_points, answers, addresses;
    int64_t from_us, until_us;
};

/* The filter's source, else the found one. 1 when there is one, 0 when there is none. */
static int choose_source(struct work *w, struct store *store, const struct analysis_params *params,
                         struct err *err)
{
    struct pick_source found;
    if (params->filter.has_src && params->filter.src.len_bits == 32) {
        w->src = params->filter.src.base;
        return 1;
    }
    int rc = pick_sources(&w->scope, store, 1, &found, err);
    if (rc > 0)
        w->src = found.src;
    return rc;
}

static int measure(struct work *w, struct store *store, struct err *err)
{
    struct rows *rows;
    int rc = scope_query(
        store, &rows, err,
        "SELECT count(*), count(*) FILTER (WHERE dst IN %s), count(DISTINCT dst),"
        " coalesce(epoch_us(min(ts)), 0), coalesce(epoch_us(max(ts)), 0) FROM packet WHERE src = %lu AND %s",
        w->scope.point_list, (unsigned long)w->src, w->scope.where);
    if (rc < 0)
        return rc;
    w->packets = (uint64_t)rows_i64(rows, 0, 0);
    w->to_points = (uint64_t)rows_i64(rows, 1, 0);
    w->addresses = (uint64_t)rows_i64(rows, 2, 0);
    w->from_us = rows_i64(rows, 3, 0);
    w->until_us = rows_i64(rows, 4, 0) + 1;
    rows_free(rows);
    return 0;
}

static int query_packets(const struct work *w, struct store *store, struct rows **ret, struct err *err)
{
    const struct scope *s = &w->scope;
    if (w->packets <= SCATTER_ROWS_MAX)
        return scope_query(
            store, ret, err,
            "SELECT epoch_us(ts) AS t, dst, 1 AS n FROM packet WHERE src = %lu AND %s ORDER BY t, dst",
            (unsigned long)w->src, s->where);
    int64_t step_us = (w->until_us - w->from_us) / TIME_STEPS + 1;
    uint64_t step = (s->n_addresses + ADDRESS_STEPS - 1) / ADDRESS_STEPS;
    return scope_query(
        store, ret, err,
        "SELECT epoch_us(ts) // %lld * %lld AS t, dst // %llu * %llu AS d, count(*) AS n FROM packet"
        " WHERE src = %lu AND %s GROUP BY t, d ORDER BY t, d",
        (long long)step_us, (long long)step_us, (unsigned long long)step, (unsigned long long)step,
        (unsigned long)w->src, s->where);
}

/* Per point: the ledger's answers where it has any, else the first session or ACK. */
static int query_answers(const struct work *w, struct store *store, struct rows **ret, struct err *err)
{
    char *answers = pick_answers_sql(&w->scope);
    if (!answers)
        return -ENOMEM;
    int rc = scope_query(
        store, ret, err,
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

static void put_packet(const struct work *w, struct result *r, const struct rows *rows, size_t i)
{
    uint32_t dst = (uint32_t)rows_i64(rows, 1, i);
    result_row(r);
    result_set_text(r, KIND, "packet");
    result_set_i64(r, TS, rows_i64(rows, 0, i));
    result_set_u64(r, DST, dst);
    result_set_i64(r, POINT, scope_is_point(&w->scope, dst));
    result_set_u64(r, PACKETS, (uint64_t)rows_i64(rows, 2, i));
}

/* Both lists are in time order: one table in time order. */
static void merge(struct work *w, struct result *r, const struct rows *packets, const struct rows *answers)
{
    size_t a = 0, p = 0;
    while (a < rows_count(answers) || p < rows_count(packets)) {
        if (p == rows_count(packets) ||
            (a < rows_count(answers) && rows_i64(answers, 0, a) < rows_i64(packets, 0, p)))
            put_answer(w, r, answers, a++);
        else
            put_packet(w, r, packets, p++);
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
    if (w->packets > SCATTER_ROWS_MAX)
        result_note(r, "counted in %d steps of time and up to %d of address", TIME_STEPS, ADDRESS_STEPS);
}

static int fill(struct work *w, struct store *store, struct result *r, struct err *err)
{
    struct rows *packets = NULL, *answers = NULL;
    int rc = measure(w, store, err);
    if (rc == 0)
        rc = query_packets(w, store, &packets, err);
    if (rc == 0)
        rc = query_answers(w, store, &answers, err);
    if (rc == 0)
        merge(w, r, packets, answers);
    rows_free(packets);
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
        rc = choose_source(&w, store, params, err);
    if (rc > 0)
        rc = fill(&w, store, r, err);
    if (rc == 0) {
        say(r, &w);
        rc = scope_finish(&w.scope, store, params, r, err);
    }
    if (rc == 0) {
        rc = result_finish(r, ret, err);
        r = NULL;
    }
    result_free(r);
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

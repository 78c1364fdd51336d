/* Which source, /24 and period figures 4 to 8 show: found from the data. */
#include <errno.h>
#include <string.h>

#include "analysis/pick.h"
#include "analysis/scatter.h"
#include "analysis/sweep.h"
#include "base/ip.h"
#include "base/ts.h"
#include "figure/time_address.h"

#define RANKS_MAX 8

static const char *proto_name(const struct scope *s)
{
    return s->proto == 17 ? "UDP" : "TCP";
}

/* The scatter of one source on the scope's port between two times -> p->result. */
static int take_scatter(struct store *store, const struct analysis_params *params, struct picture *p,
                        uint32_t src, int64_t since_us, int64_t until_us, struct err *err)
{
    struct analysis_params one = *params;
    one.filter.has_src = one.filter.has_port = one.filter.has_proto = true;
    one.filter.src = (struct ip4_prefix){src, 32};
    one.filter.port = p->scope.port;
    one.filter.proto = p->scope.proto;
    if (since_us)
        one.filter.since_us = since_us;
    if (until_us)
        one.filter.until_us = until_us;
    return analysis_scatter.run(store, &one, &p->result, err);
}

/* An empty table with the reason as its caption. */
static int nothing(struct picture *p, const char *why, struct err *err)
{
    struct result *r = NULL;
    int rc = result_new(analysis_scatter.name, analysis_scatter.title, analysis_scatter.fields, &r);
    if (rc < 0)
        return rc;
    result_finding(r, "%s", why);
    (void)snprintf(p->caption, sizeof p->caption, "%s", why);
    if (!p->title[0])
        (void)snprintf(p->title, sizeof p->title, "Nothing to show");
    return result_finish(r, &p->result, err);
}

/* First to last packet with a margin. */
static void whole_window(struct picture *p)
{
    const struct result *r = p->result;
    size_t ts = result_column(r, "ts"), n = result_rows(r);
    if (n == 0)
        return;
    int64_t from = result_i64(r, ts, 0), until = result_i64(r, ts, n - 1) + 1;
    int64_t margin = (until - from) / 50 + TS_SECOND_US / 2;
    p->from_us = from - margin;
    p->until_us = until + margin;
}

static void mark_first_answer(struct picture *p)
{
    const struct result *r = p->result;
    for (size_t i = 0; i < result_rows(r); i++) {
        if (result_text(r, result_column(r, "kind"), i)[0] != 'a')
            continue;
        p->mark_us = result_i64(r, result_column(r, "ts"), i);
        (void)snprintf(p->mark, sizeof p->mark, "first answer");
        return;
    }
}

static int run_sweep(struct store *store, const struct analysis_params *params, const struct picture *p,
                     uint32_t src, struct result **ret, struct err *err)
{
    struct analysis_params one = *params;
    one.filter.has_src = true;
    one.filter.src = (struct ip4_prefix){src, 32};
    one.filter.has_port = one.filter.has_proto = true;
    one.filter.port = p->scope.port;
    one.filter.proto = p->scope.proto;
    return analysis_sweep.run(store, &one, ret, err);
}

/* Figures 4 and 6: the source of this rank among the answered ones. */
static int make_ranked(struct store *store, const struct analysis_params *params, struct picture *p,
                       size_t rank, struct err *err)
{
    struct pick_source found[RANKS_MAX] = {{0}};
    struct result *sweeps = NULL;
    char src[IP4_TEXT_MAX], why[160];
    int rc = scope_init(&p->scope, store, params, 6, 445, err);
    if (rc == 0)
        rc = pick_sources(&p->scope, rank + 1, found, err);
    if (rc < 0)
        return rc;
    if ((size_t)rc <= rank) {
        (void)snprintf(why, sizeof why, "%s %u: fewer than %zu sources to show in this range.",
                       proto_name(&p->scope), p->scope.port, rank + 1);
        return nothing(p, why, err);
    }
    rc = take_scatter(store, params, p, found[rank].src, 0, 0, err);
    if (rc == 0)
        rc = run_sweep(store, params, p, found[rank].src, &sweeps, err);
    if (rc < 0)
        return rc;
    (void)snprintf(p->title, sizeof p->title, "%s to %s %u: when and where", ip4_format(found[rank].src, src),
                   proto_name(&p->scope), p->scope.port);
    sweep_sentence(sweeps, found[rank].src, p->caption, sizeof p->caption);
    if (!p->caption[0])
        (void)snprintf(p->caption, sizeof p->caption, "%s", result_finding_at(p->result, 0));
    result_free(sweeps);
    whole_window(p);
    p->sweeps = true;
    mark_first_answer(p);
    return 0;
}

static int make_4(struct store *store, const struct analysis_params *params, struct picture *p,
                  struct err *err)
{
    return make_ranked(store, params, p, 0, err);
}

static int make_6(struct store *store, const struct analysis_params *params, struct picture *p,
                  struct err *err)
{
    return make_ranked(store, params, p, 1, err);
}

static const char *duration_text(int64_t us, char buf[static 32])
{
    double s = (double)us / 1e6;
    if (s < 1)
        (void)snprintf(buf, 32, "%.0f ms", s * 1e3);
    else if (s < 90)
        (void)snprintf(buf, 32, "%.1f s", s);
    else if (s < 5400)
        (void)snprintf(buf, 32, "%.0f min", s / 60);
    else if (s < 172800)
        (void)snprintf(buf, 32, "%.1f h", s / 3600);
    else
        (void)snprintf(buf, 32, "%.1f days", s / 86400);
    return buf;
}

/* The longest chain of the top source; without one there is nothing to enlarge. */
static int enlarge(struct store *store, const struct analysis_params *params, struct picture *p, uint32_t src,
                   const struct result *sweeps, struct err *err)
{
    char text[IP4_TEXT_MAX], net[IP4_TEXT_MAX], why[200], wait[32], length[32];
    size_t row = 0;
    while (row < result_rows(sweeps) && result_u64(sweeps, result_column(sweeps, "src"), row) != src)
        row++;
    if (row == result_rows(sweeps) || result_is_null(sweeps, result_column(sweeps, "best_net"), row)) {
        (void)snprintf(p->title, sizeof p->title, "%s to %s %u: no sweep to enlarge", ip4_format(src, text),
                       proto_name(&p->scope), p->scope.port);
        (void)snprintf(why, sizeof why,
                       "%s swept no /24 in order after an answer: there is no sequence to enlarge.", text);
        return nothing(p, why, err);
    }
    int64_t event = result_i64(sweeps, result_column(sweeps, "best_event"), row);
    int64_t from = result_i64(sweeps, result_column(sweeps, "best_from"), row);
    int64_t until = result_i64(sweeps, result_column(sweeps, "best_until"), row);
    p->net = (uint32_t)result_u64(sweeps, result_column(sweeps, "best_net"), row);
    /* An answer long before the sweep (one packet of a rescan days later) would shrink the sweep to a line. */
    bool near = from - event < 2 * (until - from) + TS_SECOND_US;
    int64_t start = near && event < from ? event : from, margin = (until - start) / 8 + TS_SECOND_US / 4;
    p->from_us = start - margin;
    p->until_us = until + margin;
    p->mark_us = near ? event : 0;
    (void)snprintf(p->mark, sizeof p->mark, "answer");
    (void)snprintf(p->title, sizeof p->title, "%s to %s %u: the sweep of %s/24", ip4_format(src, text),
                   proto_name(&p->scope), p->scope.port, ip4_format(p->net, net));
    (void)snprintf(p->caption, sizeof p->caption,
                   "%s after an address of this /24 answered it, %s began to ask %llu of its addresses one "
                   "after the other, in %s.",
                   duration_text(from - event, wait), text,
                   (unsigned long long)result_u64(sweeps, result_column(sweeps, "best_addresses"), row),
                   duration_text(until - from, length));
    return take_scatter(store, params, p, src, p->from_us, p->until_us, err);
}

static int make_5(struct store *store, const struct analysis_params *params, struct picture *p,
                  struct err *err)
{
    struct pick_source found[1] = {{0}};
    struct result *sweeps = NULL;
    int rc = scope_init(&p->scope, store, params, 6, 445, err);
    if (rc == 0)
        rc = pick_sources(&p->scope, 1, found, err);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return nothing(p, "No source to show in this range.", err);
    rc = run_sweep(store, params, p, found[0].src, &sweeps, err);
    if (rc == 0)
        rc = enlarge(store, params, p, found[0].src, sweeps, err);
    result_free(sweeps);
    return rc;
}

/* Any source on any port: the filter's, else the top one. */
static int make_scatter(struct store *store, const struct analysis_params *params, struct picture *p,
                        struct err *err)
{
    char text[IP4_TEXT_MAX];
    if (!params->filter.has_src || params->filter.src.len_bits != 32)
        return make_ranked(store, params, p, 0, err);
    int rc = scope_init(&p->scope, store, params, 6, 445, err);
    if (rc == 0)
        rc = take_scatter(store, params, p, params->filter.src.base, 0, 0, err);
    if (rc < 0)
        return rc;
    (void)snprintf(p->title, sizeof p->title, "%s to %s %u: when and where",
                   ip4_format(params->filter.src.base, text), proto_name(&p->scope), p->scope.port);
    (void)snprintf(p->caption, sizeof p->caption, "%s", result_finding_at(p->result, 0));
    whole_window(p);
    mark_first_answer(p);
    return 0;
}

const struct figure figure_4 = {
    "4",    "the answered source with most packets to TCP 445: time and destination",
    180,    130,
    make_4, time_address_draw};
const struct figure figure_5 = {"5", "one of its /24 sweeps enlarged", 180, 110, make_5, time_address_draw};
const struct figure figure_6 = {
    "6", "the answered source with second-most packets to TCP 445", 180, 130, make_6, time_address_draw};
const struct figure figure_scatter = {"scatter",    "time and destination of one source: --src, --port",
                                      180,          130,
                                      make_scatter, time_address_draw};

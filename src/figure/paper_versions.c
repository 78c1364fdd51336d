/* Figures 7 and 8: the source that was told most versions, while each was told. */
#include <errno.h>
#include <string.h>

#include "analysis/pick.h"
#include "analysis/scatter.h"
#include "analysis/version.h"
#include "base/ip.h"
#include "base/ts.h"
#include "figure/time_address.h"

#define PERIODS_MAX 64

static int nothing(struct picture *p, const char *why, struct err *err)
{
    struct result *r = NULL;
    int rc = result_new(analysis_scatter.name, analysis_scatter.title, analysis_scatter.fields, &r);
    if (rc < 0)
        return rc;
    result_finding(r, "%s", why);
    (void)snprintf(p->title, sizeof p->title, "Nothing to show");
    (void)snprintf(p->caption, sizeof p->caption, "%s", why);
    return result_finish(r, &p->result, err);
}

/* The period of the k-th different version in time order. NULL when there are fewer. */
static const struct pick_period *kth_version(const struct pick_period *periods, size_t n, size_t k)
{
    for (size_t i = 0, found = 0; i < n; i++) {
        bool fresh = true;
        for (size_t j = 0; j < i; j++)
            fresh = fresh && strcmp(periods[j].version, periods[i].version) != 0;
        if (fresh && found++ == k)
            return &periods[i];
    }
    return NULL;
}

static struct analysis_params for_source(const struct analysis_params *params, const struct picture *p,
                                         uint32_t src)
{
    struct analysis_params one = *params;
    one.filter.has_src = one.filter.has_port = one.filter.has_proto = true;
    one.filter.src = (struct ip4_prefix){src, 32};
    one.filter.port = p->scope.port;
    one.filter.proto = p->scope.proto;
    return one;
}

static int show_period(struct store *store, const struct analysis_params *params, struct picture *p,
                       const struct pick_period *period, struct err *err)
{
    char src[IP4_TEXT_MAX];
    struct result *versions = NULL;
    struct analysis_params one = for_source(params, p, period->src);
    int rc = analysis_version.run(store, &one, &versions, err);
    if (rc < 0)
        return rc;
    version_sentence(versions, period->src, period->told_us, p->caption, sizeof p->caption);
    result_free(versions);
    int64_t margin = (period->until_us - period->from_us) / 50 + TS_SECOND_US / 4;
    p->from_us = period->from_us - margin;
    p->until_us = period->until_us;
    p->mark_us = period->told_us;
    (void)snprintf(p->mark, sizeof p->mark, "told %.50s", period->version);
    (void)snprintf(p->title, sizeof p->title, "%s to TCP %u while told %.50s", ip4_format(period->src, src),
                   p->scope.port, period->version);
    if (one.filter.since_us < p->from_us)
        one.filter.since_us = p->from_us;
    if (!one.filter.until_us || one.filter.until_us > p->until_us)
        one.filter.until_us = p->until_us;
    return analysis_scatter.run(store, &one, &p->result, err);
}

static int make_version(struct store *store, const struct analysis_params *params, struct picture *p,
                        size_t k, struct err *err)
{
    struct pick_period periods[PERIODS_MAX] = {{0}};
    int rc = scope_init(&p->scope, store, params, 6, 3306, err);
    if (rc == 0)
        rc = pick_periods(&p->scope, PERIODS_MAX, periods, err);
    if (rc < 0)
        return rc;
    const struct pick_period *period = kth_version(periods, (size_t)rc, k);
    if (!period)
        return nothing(
            p, k ? "No source was told a second version." : "No source was told a version on this port.",
            err);
    return show_period(store, params, p, period, err);
}

static int make_7(struct store *store, const struct analysis_params *params, struct picture *p,
                  struct err *err)
{
    return make_version(store, params, p, 0, err);
}

static int make_8(struct store *store, const struct analysis_params *params, struct picture *p,
                  struct err *err)
{
    return make_version(store, params, p, 1, err);
}

const struct figure figure_7 = {
    "7",    "TCP 3306: the source told most versions, while it was told the first",
    180,    130,
    make_7, time_address_draw};
const struct figure figure_8 = {
    "8", "the same source while it was told the second version", 180, 130, make_8, time_address_draw};

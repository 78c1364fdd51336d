#include "report/gather.h"

#include <string.h>

#include "base/ip.h"

static const char *const names[GATHER_PARTS] = {
    [GATHER_OVERVIEW] = "overview",      [GATHER_TOP] = "top-sources",
    [GATHER_LIT] = "lit-vs-dark",        [GATHER_SWEEP] = "sweep",
    [GATHER_VERSION] = "version-effect", [GATHER_TABLE_1] = "table-1",
    [GATHER_TABLE_2] = "table-2",        [GATHER_LOSS] = "loss",
};

/* RFC 1918, RFC 6598, RFC 5737, RFC 2544: nobody's packets from the Internet go there. */
static bool is_synthetic(const struct config *c)
{
    static const struct ip4_prefix unrouted[] = {{0x0a000000, 8},  {0xac100000, 12}, {0xc0a80000, 16},
                                                 {0x64400000, 10}, {0xc0000200, 24}, {0xc6336400, 24},
                                                 {0xcb007100, 24}, {0xc6120000, 15}};
    for (size_t i = 0; i < c->n_darknet; i++) {
        for (size_t k = 0; k < sizeof unrouted / sizeof *unrouted; k++) {
            if (ip4_in(c->darknet[i].base, unrouted[k]))
                return true;
        }
    }
    return false;
}

/* 1 when `hotaru simulate` filled the store, or a part of it. */
static int has_simulated(struct store *store, struct err *err)
{
    struct rows *rows = NULL;
    int rc = store_query(store, "SELECT count(*) FROM loss WHERE stage = 'simulated'", NULL, 0, &rows, err);
    if (rc < 0)
        return rc;
    rc = rows_i64(rows, 0, 0) > 0;
    rows_free(rows);
    return rc;
}

int gather_init(struct gather *g, struct store *store, const struct analysis_params *params, struct err *err)
{
    memset(g, 0, sizeof *g);
    int made = has_simulated(store, err);
    if (made < 0)
        return made;
    g->synthetic = made > 0 || is_synthetic(params->config);
    for (size_t i = 0; i < GATHER_PARTS; i++) {
        const struct analysis *a = analysis_find(names[i]);
        int rc = a->run(store, params, &g->part[i], err);
        if (rc < 0) {
            err_prefix(err, "%s: ", names[i]);
            gather_done(g);
            return rc;
        }
    }
    return 0;
}

void gather_done(struct gather *g)
{
    for (size_t i = 0; i < GATHER_PARTS; i++)
        result_free(g->part[i]);
    memset(g, 0, sizeof *g);
}

void gather_findings(const struct gather *g, size_t max, void (*say)(void *to, const char *text), void *to)
{
    static const struct {
        enum gather_part part;
        size_t index;
    } order[] = {{GATHER_LIT, 0},      {GATHER_LIT, 1},     {GATHER_SWEEP, 0},   {GATHER_SWEEP, 1},
                 {GATHER_SWEEP, 2},    {GATHER_VERSION, 1}, {GATHER_VERSION, 2}, {GATHER_TABLE_1, 0},
                 {GATHER_OVERVIEW, 0}, {GATHER_LOSS, 0}};
    size_t said = 0;
    for (size_t i = 0; i < sizeof order / sizeof *order && said < max; i++) {
        const struct result *r = g->part[order[i].part];
        if (order[i].part == GATHER_VERSION && result_findings(r) == 1 && order[i].index == 1)
            say(to, result_finding_at(r, 0)); /* nobody was told a version */
        else if (order[i].index < result_findings(r))
            say(to, result_finding_at(r, order[i].index));
        else
            continue;
        said++;
    }
}

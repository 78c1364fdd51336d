#include "analysis/lit_dark.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/scope.h"
#include "analysis/stat.h"
#include "base/ip.h"

#define SOURCES_MAX 10000
#define PROBES_MIN  20

enum column {
    SRC,
    PACKETS,
    PACKETS_LIT,
    PACKETS_DARK,
    PACKETS_POINTS,
    MEAN_LIT,
    MEAN_DARK,
    MET_POINT,
    PROBES_LIT,
    PROBES_DARK,
    RATIO,
    RATIO_LO,
    RATIO_HI,
    P,
    Q,
    EFFECT
};

static const struct result_field fields[] = {
    [SRC] = {"src", "", "source address", VALUE_U64, true},
    [PACKETS] = {"packets", "packets", "to the port, in the darknet", VALUE_U64, false},
    [PACKETS_LIT] = {"packets_lit", "packets", "in /24s that hold an observation point", VALUE_U64, false},
    [PACKETS_DARK] = {"packets_dark", "packets", "in /24s that hold none", VALUE_U64, false},
    [PACKETS_POINTS] = {"packets_points", "packets", "to observation points themselves", VALUE_U64, false},
    [MEAN_LIT] = {"mean_lit", "packets per /24", "mean over /24s that hold a point", VALUE_F64, false},
    [MEAN_DARK] = {"mean_dark", "packets per /24", "mean over /24s that hold none", VALUE_F64, false},
    [MET_POINT] = {"met_point", "", "sent a packet to a point on this port", VALUE_BOOL, false},
    [PROBES_LIT] = {"probes_lit", "SYNs", "to silent addresses in /24s that hold a point", VALUE_U64, false},
    [PROBES_DARK] = {"probes_dark", "SYNs", "to /24s that hold none", VALUE_U64, false},
    [RATIO] = {"ratio", "", "rate per address of probes_lit over that of probes_dark", VALUE_F64, false},
    [RATIO_LO] = {"ratio_lo", "", "95 % interval, lower end", VALUE_F64, false},
    [RATIO_HI] = {"ratio_hi", "", "95 % interval, upper end", VALUE_F64, false},
    [P] = {"p", "", "permutation test over which /24s hold points", VALUE_F64, false},
    [Q] = {"q", "", "false discovery rate over the sources tested", VALUE_F64, false},
    [EFFECT] = {"effect", "", "more, fewer or none (q < 0.01); empty: not tested", VALUE_TEXT, false},
    {0},
};

/* One source's counts, one entry per /24 of the darknet. */
struct tally {
    uint32_t src;
    uint64_t packets, lit, dark, points, probes_lit, probes_dark;
    struct ratio ratio;
    double p, q;
};

struct work {
    struct scope scope;
    const struct analysis_params *params;
    struct tally *tallies;
    size_t n_tallies;
    double *count, *exposure, *rate; /* per /24 */
    bool *labelled;
    uint64_t lit_addresses, dark_addresses; /* silent ones in lit /24s; those of dark /24s */
    uint64_t sources_all;
    struct stat_relabel *relabel;
};

/* The sources first, so that what is held is their /24s alone. Packets to points are told from those to their neighbours by
 * the counts per address. */
static int query_cells(struct work *w, struct rows **ret, struct err *err)
{
    const struct scope *s = &w->scope;
    const char *probe = scope_probe_kind_sql(s);
    return scope_ask(
        s, ret, err,
        "WITH total AS MATERIALIZED (SELECT src, sum(packets)::BIGINT AS n FROM %s GROUP BY src),"
        " source AS MATERIALIZED (SELECT src, n, (SELECT count(*) FROM total) AS sources FROM total ORDER BY n DESC, src LIMIT %d),"
        " cell AS (SELECT src, net, sum(packets)::BIGINT AS packets, coalesce(sum(packets) FILTER (WHERE %s), 0)::BIGINT AS probes"
        "  FROM %s WHERE src IN (SELECT src FROM source) GROUP BY 1, 2),"
        " point AS (SELECT src, dst >> 8 AS net, sum(packets)::BIGINT AS packets,"
        "  coalesce(sum(packets) FILTER (WHERE %s), 0)::BIGINT AS probes FROM %s WHERE dst IN %s GROUP BY 1, 2)"
        " SELECT c.src, c.net, c.packets, coalesce(p.packets, 0), c.probes - coalesce(p.probes, 0), s.sources"
        " FROM cell c JOIN source s ON c.src = s.src LEFT JOIN point p ON p.src = c.src AND p.net = c.net"
        " ORDER BY s.n DESC, c.src, c.net",
        s->cells, SOURCES_MAX, probe, s->cells, probe, s->hits, s->point_list);
}

static int work_init(struct work *w, struct store *store, const struct analysis_params *params,
                     struct err *err)
{
    int rc = scope_init(&w->scope, store, params, 6, 445, err);
    if (rc < 0)
        return rc;
    size_t n = w->scope.n_nets;
    w->params = params;
    w->tallies = calloc(SOURCES_MAX, sizeof *w->tallies);
    w->count = calloc(n, sizeof *w->count);
    w->exposure = calloc(n, sizeof *w->exposure);
    w->rate = calloc(n, sizeof *w->rate);
    w->labelled = calloc(n, sizeof *w->labelled);
    if (!w->tallies || !w->count || !w->exposure || !w->rate || !w->labelled)
        return err_set(err, -ENOMEM, "no memory for %zu /24s", n);
    for (size_t i = 0; i < n; i++) {
        const struct scope_net *net = &w->scope.nets[i];
        w->labelled[i] = net->n_points > 0;
        w->exposure[i] = net->n_addresses - net->n_points;
        *(net->n_points ? &w->lit_addresses : &w->dark_addresses) += net->n_addresses - net->n_points;
    }
    struct rng rng = rng_of(params->seed, "lit-vs-dark");
    if (stat_relabel_new(w->labelled, n, &rng, &w->relabel) < 0)
        return err_set(err, -ENOMEM, "no memory for %zu /24s", n);
    return 0;
}

static void work_done(struct work *w)
{
    scope_done(&w->scope);
    stat_relabel_free(w->relabel);
    free(w->tallies);
    free(w->count);
    free(w->exposure);
    free(w->rate);
    free(w->labelled);
}

/* Dispersion of the counts within each of the two groups, the larger one. */
static double group_dispersion(struct work *w)
{
    size_t n = w->scope.n_nets, k = 0;
    double worst = 1, *count = w->rate, *exposure = calloc(n, sizeof *exposure);
    if (!exposure)
        return 1;
    for (int lit = 0; lit < 2; lit++) {
        k = 0;
        for (size_t i = 0; i < n; i++) {
            if (w->labelled[i] != (lit == 1) || !(w->exposure[i] > 0))
                continue;
            count[k] = w->count[i];
            exposure[k++] = w->exposure[i];
        }
        worst = fmax(worst, stat_dispersion(count, exposure, k));
    }
    free(exposure);
    return worst;
}

static void judge(struct work *w, struct tally *t)
{
    size_t n = w->scope.n_nets;
    t->p = t->q = NAN;
    t->ratio = stat_rate_ratio((double)t->probes_lit, (double)w->lit_addresses, (double)t->probes_dark,
                               (double)w->dark_addresses, group_dispersion(w), STAT_LEVEL);
    if (t->points == 0 || t->probes_lit + t->probes_dark < PROBES_MIN)
        return;
    for (size_t i = 0; i < n; i++)
        w->rate[i] = w->exposure[i] > 0 ? w->count[i] / w->exposure[i] : 0;
    t->p = stat_relabel_p(w->relabel, w->rate);
}

/* One source's rows, from `row` on; returns the row after them. */
static size_t take_source(struct work *w, const struct rows *rows, size_t row)
{
    struct tally *t = &w->tallies[w->n_tallies++];
    t->src = (uint32_t)rows_i64(rows, 0, row);
    memset(w->count, 0, w->scope.n_nets * sizeof *w->count);
    for (; row < rows_count(rows) && (uint32_t)rows_i64(rows, 0, row) == t->src; row++) {
        const struct scope_net *net = scope_net_of(&w->scope, (uint32_t)rows_i64(rows, 1, row) << 8);
        if (!net)
            continue;
        uint64_t packets = (uint64_t)rows_i64(rows, 2, row), probes = (uint64_t)rows_i64(rows, 4, row);
        t->packets += packets;
        t->points += (uint64_t)rows_i64(rows, 3, row);
        *(net->n_points ? &t->lit : &t->dark) += packets;
        *(net->n_points ? &t->probes_lit : &t->probes_dark) += probes;
        w->count[net - w->scope.nets] = (double)probes;
    }
    judge(w, t);
    return row;
}

static const char *effect_of(const struct tally *t)
{
    if (isnan(t->q))
        return "";
    if (t->q >= STAT_FDR)
        return "none";
    return t->ratio.value > 1 ? "more" : "fewer";
}

static double mean_per_net(uint64_t packets, size_t nets)
{
    return nets ? (double)packets / (double)nets : NAN;
}

static void put_row(const struct work *w, const struct tally *t, struct result *r)
{
    result_row(r);
    result_set_u64(r, SRC, t->src);
    result_set_u64(r, PACKETS, t->packets);
    result_set_u64(r, PACKETS_LIT, t->lit);
    result_set_u64(r, PACKETS_DARK, t->dark);
    result_set_u64(r, PACKETS_POINTS, t->points);
    result_set_f64(r, MEAN_LIT, mean_per_net(t->lit, w->scope.n_lit));
    result_set_f64(r, MEAN_DARK, mean_per_net(t->dark, w->scope.n_nets - w->scope.n_lit));
    result_set_i64(r, MET_POINT, t->points > 0);
    result_set_u64(r, PROBES_LIT, t->probes_lit);
    result_set_u64(r, PROBES_DARK, t->probes_dark);
    result_set_f64(r, RATIO, t->ratio.value);
    if (!isnan(t->ratio.value)) {
        result_set_f64(r, RATIO_LO, t->ratio.interval.lo);
        result_set_f64(r, RATIO_HI, t->ratio.interval.hi);
    }
    result_set_f64(r, P, t->p);
    result_set_f64(r, Q, t->q);
    if (!isnan(t->q))
        result_set_text(r, EFFECT, effect_of(t));
}

struct summary {
    size_t met, tested, more, fewer, unmet;
    const struct tally *first; /* most packets among "more" */
};

static struct summary summarise(const struct work *w)
{
    struct summary s = {0};
    for (size_t i = 0; i < w->n_tallies; i++) {
        const struct tally *t = &w->tallies[i];
        const char *effect = effect_of(t);
        s.met += t->points > 0;
        s.unmet += t->points == 0;
        s.tested += isnan(t->p) ? 0 : 1;
        s.fewer += strcmp(effect, "fewer") == 0;
        if (strcmp(effect, "more") == 0 && s.more++ == 0)
            s.first = t;
    }
    return s;
}

static void say_ratio(struct result *r, const struct work *w, bool met)
{
    double *num = calloc(w->n_tallies + 1, 2 * sizeof *num), *den = num + w->n_tallies, a = 0, b = 0;
    size_t n = 0;
    if (!num)
        return;
    for (size_t i = 0; i < w->n_tallies; i++) {
        const struct tally *t = &w->tallies[i];
        if ((t->points > 0) != met || t->probes_lit + t->probes_dark == 0)
            continue;
        num[n] = (double)t->probes_lit / (double)w->lit_addresses;
        den[n] = (double)t->probes_dark / (double)w->dark_addresses;
        a += num[n];
        b += den[n++];
    }
    struct rng rng = rng_of(w->params->seed, met ? "lit-vs-dark met" : "lit-vs-dark unmet");
    struct interval i = stat_bootstrap_ratio(num, den, n, STAT_LEVEL, &rng);
    const char *who =
        met ? "that met a point" : "that never met a point (control: they cannot have been answered)";
    if (n && b > 0 && !isnan(i.lo))
        result_finding(r,
                       "Over the %zu sources %s, silent addresses beside a point got %.2f times the probes "
                       "of addresses in "
                       "/24s without one (95 %% interval over sources %.2f to %.2f).",
                       n, who, a / b, i.lo, i.hi);
    else if (n && b > 0)
        result_finding(
            r, "Over the %zu sources %s the same ratio is %.2f; fewer than %d sources give no interval.", n,
            who, a / b, STAT_CLUSTERS_MIN);
    free(num);
}

static void say(struct result *r, const struct work *w)
{
    struct summary s = summarise(w);
    const char *proto = w->scope.proto == 17 ? "UDP" : "TCP";
    char src[IP4_TEXT_MAX];
    if (w->n_tallies == 0) {
        result_finding(r, "No packet to %s port %u in this range.", proto, w->scope.port);
        return;
    }
    if (w->scope.n_lit == 0 || w->scope.n_lit == w->scope.n_nets) {
        result_finding(r,
                       "%s %u: %s /24 of the darknet holds an observation point, so there is nothing to "
                       "compare: no effect found.",
                       proto, w->scope.port, w->scope.n_lit ? "every" : "no");
        return;
    }
    if (s.more == 0 && s.fewer == 0)
        result_finding(
            r,
            "%s %u: none of the %zu sources tested sends more, or fewer, probes to /24s that hold an "
            "observation "
            "point than to the others: no effect found (false discovery rate 1 %%; %zu sources met a point).",
            proto, w->scope.port, s.tested, s.met);
    else
        result_finding(r,
                       "%s %u: %zu of the %zu sources tested send more probes to /24s that hold an "
                       "observation point, %zu "
                       "fewer (false discovery rate 1 %%; %zu sources met a point).",
                       proto, w->scope.port, s.more, s.tested, s.fewer, s.met);
    if (s.first)
        result_finding(
            r,
            "%s, the largest of them, sent %.1f packets per /24 with a point and %.1f per /24 without; its "
            "probes "
            "to silent neighbours of points are %.1f times as dense (95 %% interval %.1f to %.1f, q = %.2g).",
            ip4_format(s.first->src, src), mean_per_net(s.first->lit, w->scope.n_lit),
            mean_per_net(s.first->dark, w->scope.n_nets - w->scope.n_lit), s.first->ratio.value,
            s.first->ratio.interval.lo, s.first->ratio.interval.hi, s.first->q);
    say_ratio(r, w, true);
    say_ratio(r, w, false);
    result_note(r,
                "%zu of %zu /24s hold %zu observation points (%s); tested are sources that met a point and "
                "sent at least %d "
                "probes",
                w->scope.n_lit, w->scope.n_nets, w->scope.n_points,
                w->scope.from_ledger ? "lighting ledger" : "configuration", PROBES_MIN);
    if (w->sources_all > w->n_tallies)
        result_note(r, "the %zu sources with most packets of %llu are in the table", w->n_tallies,
                    (unsigned long long)w->sources_all);
}

static int run(struct store *store, const struct analysis_params *params, struct result **ret,
               struct err *err)
{
    struct work w = {0};
    struct rows *rows = NULL;
    struct result *r = NULL;
    int rc = work_init(&w, store, params, err);
    if (rc == 0)
        rc = query_cells(&w, &rows, err);
    if (rc == 0)
        rc = result_new(analysis_lit_dark.name, analysis_lit_dark.title, fields, &r);
    for (size_t row = 0; rc == 0 && row < rows_count(rows);) {
        w.sources_all = (uint64_t)rows_i64(rows, 5, row);
        row = take_source(&w, rows, row);
    }
    if (rc == 0)
        rc = stat_false_discovery_of(w.tallies, w.n_tallies, sizeof *w.tallies, offsetof(struct tally, p), offsetof(struct tally, q));
    for (size_t i = 0; rc == 0 && i < w.n_tallies; i++)
        put_row(&w, &w.tallies[i], r);
    if (rc == 0)
        say(r, &w);
    rc = scope_result(&w.scope, params, rc, r, ret, err);
    rows_free(rows);
    work_done(&w);
    return rc;
}

const struct analysis analysis_lit_dark = {
    .name = "lit-vs-dark",
    .title = "Packets per source to /24s with and without an observation point",
    .doc = "figure 3: per source, packets per /24 that holds a point and per /24 that holds none, ratio, "
           "interval, test",
    .fields = fields,
    .run = run,
};

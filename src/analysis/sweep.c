#include "analysis/sweep.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/pick.h"
#include "analysis/stat.h"
#include "base/ip.h"
#include "base/ts.h"

#define SOURCES_MAX 1000 /* of each kind: answered, other */
#define PROBES_MAX  20000000

enum column {
    SRC,
    KIND,
    PROBES,
    EVENTS,
    SWEEPS,
    SHARE,
    SHARE_LO,
    SHARE_HI,
    PLACEBOS,
    PLACEBO_SWEEPS,
    BEFORE_NETS,
    BEFORE_SWEEPS,
    P,
    Q,
    BEST_NET,
    BEST_EVENT,
    BEST_FROM,
    BEST_UNTIL,
    BEST_ADDRESSES
};

static const struct result_field fields[] = {
    [SRC] = {"src", "", "source address", VALUE_U64, true},
    [KIND] = {"kind", "",
              "answered, ignored (met a point, completed no handshake) or unmet (dark addresses only)",
              VALUE_TEXT, false},
    [PROBES] = {"probes", "packets", "SYNs to the port", VALUE_U64, false},
    [EVENTS] = {"events", "/24s", "that answered (ignored: that hold a point it met)", VALUE_U64, false},
    [SWEEPS] = {"sweeps", "/24s", "of these swept afterwards", VALUE_U64, false},
    [SHARE] = {"share", "", "sweeps / events", VALUE_F64, false},
    [SHARE_LO] = {"share_lo", "", "95 % interval (Clopper-Pearson), lower end", VALUE_F64, false},
    [SHARE_HI] = {"share_hi", "", "95 % interval, upper end", VALUE_F64, false},
    [PLACEBOS] = {"placebos", "/24s", "dark ones, from a time at which nothing answered", VALUE_U64, false},
    [PLACEBO_SWEEPS] = {"placebo_sweeps", "/24s", "of these swept afterwards", VALUE_U64, false},
    [BEFORE_NETS] = {"before_nets", "/24s", "asked at 10 addresses or more before its first answer",
                     VALUE_U64, false},
    [BEFORE_SWEEPS] = {"before_sweeps", "/24s", "of these swept before its first answer", VALUE_U64, false},
    [P] = {"p", "", "Fisher's exact test: events against placebos", VALUE_F64, false},
    [Q] = {"q", "", "false discovery rate over the answered sources", VALUE_F64, false},
    [BEST_NET] = {"best_net", "", "/24 with the longest chain after an event", VALUE_U64, true},
    [BEST_EVENT] = {"best_event", "UTC", "time of the event", VALUE_TS, false},
    [BEST_FROM] = {"best_from", "UTC", "start of the chain", VALUE_TS, false},
    [BEST_UNTIL] = {"best_until", "UTC", "end of the chain", VALUE_TS, false},
    [BEST_ADDRESSES] = {"best_addresses", "addresses", "distinct, in the chain", VALUE_U64, false},
    {0},
};

enum kind { KIND_ANSWERED, KIND_IGNORED, KIND_UNMET };
static const char *const kind_names[] = {"answered", "ignored", "unmet"};

struct probe {
    int64_t ts_us;
    uint32_t dst;
};

struct chain {
    uint32_t addresses;
    int64_t from_us, until_us;
};

struct tally {
    uint32_t src;
    enum kind kind;
    uint64_t probes, events, sweeps, placebos, placebo_sweeps, before_nets, before_sweeps;
    double p, q;
    uint32_t best_net;
    int64_t best_event_us;
    struct chain best;
};

struct work {
    struct scope scope;
    struct rng rng;
    const struct rows *answers; /* src, dst, first answer; by src, dst */
    size_t answer_at;           /* cursor: first row of the source at hand */
    struct tally *tallies;
    size_t n_tallies;
    struct probe *probes; /* of one source */
    size_t n_probes, probes_cap;
};

/* ---- one (source, /24) ---- */

/* The longest chain among probes i of one /24, in time order, with after < ts <= until. */
static struct chain longest_chain(const struct probe *probes, size_t n, int64_t after_us, int64_t until_us)
{
    struct chain best = {0}, now = {0};
    uint8_t seen[256] = {0};
    uint32_t last = 0;
    for (size_t i = 0; i < n; i++) {
        if (probes[i].ts_us <= after_us || probes[i].ts_us > until_us)
            continue;
        uint32_t octet = probes[i].dst & 255;
        uint32_t step = octet > last ? octet - last : last - octet;
        if (now.addresses == 0 || step > SWEEP_STEP_MAX) {
            memset(seen, 0, sizeof seen);
            now = (struct chain){0, probes[i].ts_us, 0};
        }
        now.addresses += seen[octet] == 0;
        seen[octet] = 1;
        now.until_us = probes[i].ts_us;
        last = octet;
        if (now.addresses > best.addresses)
            best = now;
    }
    return best;
}

static uint32_t distinct_before(const struct probe *probes, size_t n, int64_t until_us)
{
    uint8_t seen[256] = {0};
    uint32_t k = 0;
    for (size_t i = 0; i < n && probes[i].ts_us <= until_us; i++) {
        k += seen[probes[i].dst & 255] == 0;
        seen[probes[i].dst & 255] = 1;
    }
    return k;
}

/* When the source first asked one of the addresses it asked here, which one drawn by lot. */
static int64_t placebo_time(const struct probe *probes, size_t n, struct rng *rng)
{
    uint8_t seen[256] = {0};
    size_t first[256], k = 0;
    for (size_t i = 0; i < n; i++) {
        if (!seen[probes[i].dst & 255])
            first[k++] = i;
        seen[probes[i].dst & 255] = 1;
    }
    return probes[first[rng_below(rng, k)]].ts_us;
}

/* First answer of this /24 to the source at hand; INT64_MAX when it gave none. */
static int64_t net_answer_time(const struct work *w, uint32_t src, uint32_t net)
{
    int64_t first = INT64_MAX;
    for (size_t i = w->answer_at; i < rows_count(w->answers) && (uint32_t)rows_i64(w->answers, 0, i) == src;
         i++) {
        int64_t at = rows_i64(w->answers, 2, i);
        if ((uint32_t)rows_i64(w->answers, 1, i) >> 8 == net && at < first)
            first = at;
    }
    return first;
}

static int64_t net_met_time(const struct work *w, const struct probe *probes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (scope_is_point(&w->scope, probes[i].dst))
            return probes[i].ts_us;
    }
    return INT64_MAX;
}

static void judge_net(struct work *w, struct tally *t, const struct probe *probes, size_t n,
                      int64_t first_answer_us)
{
    const struct scope_net *net = scope_net_of(&w->scope, probes[0].dst);
    bool lit = net && net->n_points > 0;
    if (t->kind == KIND_ANSWERED && distinct_before(probes, n, first_answer_us) >= SWEEP_CHAIN_MIN) {
        t->before_nets++;
        t->before_sweeps += longest_chain(probes, n, INT64_MIN, first_answer_us).addresses >= SWEEP_CHAIN_MIN;
    }
    int64_t event_us = INT64_MAX;
    if (lit && t->kind == KIND_ANSWERED)
        event_us = net_answer_time(w, t->src, probes[0].dst >> 8);
    else if (lit)
        event_us = net_met_time(w, probes, n);
    if (event_us != INT64_MAX) {
        struct chain c = longest_chain(probes, n, event_us, INT64_MAX);
        t->events++;
        t->sweeps += c.addresses >= SWEEP_CHAIN_MIN;
        if (c.addresses > t->best.addresses) {
            t->best = c;
            t->best_event_us = event_us;
            t->best_net = probes[0].dst & ~UINT32_C(255);
        }
    } else if (!lit) {
        t->placebos++;
        t->placebo_sweeps +=
            longest_chain(probes, n, placebo_time(probes, n, &w->rng), INT64_MAX).addresses >=
            SWEEP_CHAIN_MIN;
    }
}

/* ---- one source ---- */

static int probe_compare(const void *a, const void *b)
{
    const struct probe *x = a, *y = b;
    if (x->dst >> 8 != y->dst >> 8)
        return x->dst >> 8 < y->dst >> 8 ? -1 : 1;
    if (x->ts_us != y->ts_us)
        return x->ts_us < y->ts_us ? -1 : 1;
    return (x->dst > y->dst) - (x->dst < y->dst);
}

static int64_t first_answer_time(struct work *w, uint32_t src)
{
    size_t n = rows_count(w->answers);
    int64_t first = INT64_MAX;
    while (w->answer_at < n && (uint32_t)rows_i64(w->answers, 0, w->answer_at) < src)
        w->answer_at++;
    for (size_t i = w->answer_at; i < n && (uint32_t)rows_i64(w->answers, 0, i) == src; i++)
        first = rows_i64(w->answers, 2, i) < first ? rows_i64(w->answers, 2, i) : first;
    return first;
}

static void judge_source(struct work *w, struct tally *t)
{
    int64_t first_answer_us = first_answer_time(w, t->src);
    qsort(w->probes, w->n_probes, sizeof *w->probes, probe_compare);
    for (size_t i = 0, k; i < w->n_probes; i = k) {
        for (k = i; k < w->n_probes && w->probes[k].dst >> 8 == w->probes[i].dst >> 8;)
            k++;
        judge_net(w, t, w->probes + i, k - i, first_answer_us);
    }
    t->probes = w->n_probes;
    t->p = t->q = NAN;
    if (t->kind == KIND_ANSWERED && t->events && t->placebos)
        t->p =
            stat_fisher(t->sweeps, t->events - t->sweeps, t->placebo_sweeps, t->placebos - t->placebo_sweeps);
}

static bool add_probe(struct work *w, int64_t ts_us, uint32_t dst)
{
    if (w->n_probes == w->probes_cap) {
        size_t cap = w->probes_cap ? 2 * w->probes_cap : 1024;
        struct probe *grown = reallocarray(w->probes, cap, sizeof *grown);
        if (!grown)
            return false;
        w->probes = grown;
        w->probes_cap = cap;
    }
    w->probes[w->n_probes++] = (struct probe){ts_us, dst};
    return true;
}

/* ---- all sources ---- */

static int query(struct work *w, struct store *store, struct rows **ret_probes, struct rows **ret_answers,
                 struct err *err)
{
    const struct scope *s = &w->scope;
    char *answers = pick_answers_sql(s);
    if (!answers)
        return -ENOMEM;
    int rc = scope_query(store, ret_answers, err,
                         "SELECT src, dst, epoch_us(min(ts)) FROM %s WHERE true%s AND dst IN %s GROUP BY "
                         "src, dst ORDER BY src, dst",
                         answers, s->filter, s->point_list);
    if (rc == 0)
        rc = scope_query(
            store, ret_probes, err,
            "WITH got AS (SELECT DISTINCT src AS who FROM %s WHERE dst IN %s),"
            " total AS (SELECT p.src, count(*) AS n, count(*) FILTER (WHERE p.dst IN %s) AS met, min(p.ts) "
            "AS a, max(p.ts) AS b,"
            "  any_value(who) IS NOT NULL AS answered FROM packet p LEFT JOIN got ON p.src = who"
            "  WHERE %s AND %s GROUP BY p.src),"
            " span AS (SELECT min(a) AS a, max(b) AS b FROM total WHERE answered),"
            " one AS (SELECT src AS who, CASE WHEN answered THEN 0 WHEN met > 0 THEN 1 ELSE 2 END AS kind,"
            "  row_number() OVER (PARTITION BY answered ORDER BY n DESC, src) AS rank FROM total, span"
            "  WHERE n >= %d AND (answered OR span.a IS NULL OR (total.b >= span.a AND total.a <= span.b)))"
            " SELECT p.src, one.kind, epoch_us(p.ts) AS t, p.dst FROM packet p JOIN one ON p.src = one.who"
            " WHERE one.rank <= %d AND %s AND %s ORDER BY p.src, t LIMIT %d",
            answers, s->point_list, s->point_list, scope_probe_sql(s), s->where, SWEEP_CHAIN_MIN, SOURCES_MAX,
            scope_probe_sql(s), s->where, PROBES_MAX);
    free(answers);
    return rc;
}

static int judge_all(struct work *w, const struct rows *probes)
{
    for (size_t i = 0; i < rows_count(probes);) {
        struct tally *t = &w->tallies[w->n_tallies++];
        t->src = (uint32_t)rows_i64(probes, 0, i);
        t->kind = (enum kind)rows_i64(probes, 1, i);
        for (w->n_probes = 0; i < rows_count(probes) && (uint32_t)rows_i64(probes, 0, i) == t->src; i++) {
            if (!add_probe(w, rows_i64(probes, 2, i), (uint32_t)rows_i64(probes, 3, i)))
                return -ENOMEM;
        }
        judge_source(w, t);
    }
    double *p = calloc(w->n_tallies + 1, 2 * sizeof *p), *q = p + w->n_tallies;
    if (!p)
        return -ENOMEM;
    for (size_t i = 0; i < w->n_tallies; i++)
        p[i] = w->tallies[i].p;
    int rc = stat_false_discovery(p, w->n_tallies, q);
    for (size_t i = 0; i < w->n_tallies; i++)
        w->tallies[i].q = q[i];
    free(p);
    return rc;
}

static bool sweeps_more(const struct tally *t)
{
    return t->q < STAT_FDR &&
           (double)t->sweeps * (double)t->placebos > (double)t->placebo_sweeps * (double)t->events;
}

static int tally_compare(const void *a, const void *b)
{
    const struct tally *x = a, *y = b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->probes != y->probes)
        return x->probes > y->probes ? -1 : 1;
    return (x->src > y->src) - (x->src < y->src);
}

static void put_row(struct result *r, const struct tally *t)
{
    result_row(r);
    result_set_u64(r, SRC, t->src);
    result_set_text(r, KIND, kind_names[t->kind]);
    result_set_u64(r, PROBES, t->probes);
    result_set_u64(r, EVENTS, t->events);
    result_set_u64(r, SWEEPS, t->sweeps);
    if (t->events) {
        struct interval i = stat_proportion((double)t->sweeps, (double)t->events, STAT_LEVEL);
        result_set_f64(r, SHARE, (double)t->sweeps / (double)t->events);
        result_set_f64(r, SHARE_LO, i.lo);
        result_set_f64(r, SHARE_HI, i.hi);
    }
    result_set_u64(r, PLACEBOS, t->placebos);
    result_set_u64(r, PLACEBO_SWEEPS, t->placebo_sweeps);
    if (t->kind == KIND_ANSWERED) {
        result_set_u64(r, BEFORE_NETS, t->before_nets);
        result_set_u64(r, BEFORE_SWEEPS, t->before_sweeps);
    }
    result_set_f64(r, P, t->p);
    result_set_f64(r, Q, t->q);
    if (t->best.addresses >= SWEEP_CHAIN_MIN) {
        result_set_u64(r, BEST_NET, t->best_net);
        result_set_i64(r, BEST_EVENT, t->best_event_us);
        result_set_i64(r, BEST_FROM, t->best.from_us);
        result_set_i64(r, BEST_UNTIL, t->best.until_us);
        result_set_u64(r, BEST_ADDRESSES, t->best.addresses);
    }
}

void sweep_sentence(const struct result *r, uint32_t src, char *buf, size_t n)
{
    char text[IP4_TEXT_MAX];
    size_t i = 0;
    buf[0] = '\0';
    while (i < result_rows(r) && result_u64(r, SRC, i) != src)
        i++;
    if (i == result_rows(r))
        return;
    unsigned long long events = result_u64(r, EVENTS, i), sweeps = result_u64(r, SWEEPS, i);
    unsigned long long placebos = result_u64(r, PLACEBOS, i),
                       placebo_sweeps = result_u64(r, PLACEBO_SWEEPS, i);
    if (events == 0 || strcmp(result_text(r, KIND, i), kind_names[KIND_ANSWERED]) != 0)
        (void)snprintf(buf, n,
                       "%s got no answer on this port: it cannot have reacted to one, no effect found.",
                       ip4_format(src, text));
    else if (result_is_null(r, Q, i) || result_f64(r, Q, i) >= STAT_FDR)
        (void)snprintf(buf, n,
                       "%s swept %llu of the %llu /24s that answered it, and %llu of %llu dark ones after a "
                       "placebo time: no effect found beyond its own order.",
                       ip4_format(src, text), sweeps, events, placebo_sweeps, placebos);
    else
        (void)snprintf(buf, n,
                       "%s swept %llu of the %llu /24s that answered it (95 %% interval %.0f to %.0f %%) and "
                       "%llu of %llu dark ones after a placebo time (p = %.2g).",
                       ip4_format(src, text), sweeps, events, 100 * result_f64(r, SHARE_LO, i),
                       100 * result_f64(r, SHARE_HI, i), placebo_sweeps, placebos, result_f64(r, P, i));
}

/* Sources that swept at least one /24, as a share of sources: the unit that is independent. */
static void say_controls(struct result *r, const struct work *w, size_t effects, size_t answered)
{
    size_t n[3] = {0}, swept[3] = {0};
    for (size_t i = 0; i < w->n_tallies; i++) {
        const struct tally *t = &w->tallies[i];
        n[t->kind]++;
        swept[t->kind] += t->kind == KIND_UNMET ? t->placebo_sweeps > 0 : t->sweeps > 0;
    }
    if (n[KIND_UNMET] == 0)
        result_note(
            r, "no source of this time met dark addresses only: there is no matched control on this port");
    else if (answered)
        result_finding(
            r,
            "Matched control: %zu of %zu sources that met dark addresses only swept one in order, against "
            "%zu of %zu "
            "answered ones (Fisher p = %.2g).",
            swept[KIND_UNMET], n[KIND_UNMET], effects, answered,
            stat_fisher(effects, answered - effects, swept[KIND_UNMET], n[KIND_UNMET] - swept[KIND_UNMET]));
    if (n[KIND_IGNORED])
        result_note(r,
                    "of %zu sources that met a point and completed no handshake, %zu swept a /24 after "
                    "meeting its point",
                    n[KIND_IGNORED], swept[KIND_IGNORED]);
}

static void say(struct result *r, const struct work *w)
{
    size_t answered = 0, effects = 0;
    char sentence[512];
    for (size_t i = 0; i < w->n_tallies; i++) {
        answered += w->tallies[i].kind == KIND_ANSWERED && w->tallies[i].events > 0;
        effects += sweeps_more(&w->tallies[i]);
    }
    if (answered == 0)
        result_finding(r, "%s %u: no source got an answer, so none can have reacted to one.",
                       w->scope.proto == 17 ? "UDP" : "TCP", w->scope.port);
    else if (effects == 0)
        result_finding(r,
                       "%s %u: none of the %zu answered sources sweeps /24s after an answer more than at "
                       "placebo times: no effect "
                       "found (false discovery rate 1 %%).",
                       w->scope.proto == 17 ? "UDP" : "TCP", w->scope.port, answered);
    else
        result_finding(r,
                       "%s %u: %zu of the %zu answered sources sweep the /24 in order after one of its "
                       "addresses answered (false "
                       "discovery rate 1 %%).",
                       w->scope.proto == 17 ? "UDP" : "TCP", w->scope.port, effects, answered);
    for (size_t i = 0, said = 0; i < w->n_tallies && said < 5; i++) {
        if (!sweeps_more(&w->tallies[i]))
            continue;
        sweep_sentence(r, w->tallies[i].src, sentence, sizeof sentence);
        result_finding(r, "%s", sentence);
        said++;
    }
    say_controls(r, w, effects, answered);
    result_note(r, "a sweep is a chain of at least %d addresses, each within %d of the one before",
                SWEEP_CHAIN_MIN, SWEEP_STEP_MAX);
}

static int run(struct store *store, const struct analysis_params *params, struct result **ret,
               struct err *err)
{
    struct work w = {.rng = rng_of(params->seed, "sweep placebo")};
    struct rows *probes = NULL, *answers = NULL;
    struct result *r = NULL;
    int rc = scope_init(&w.scope, store, params, 6, 445, err);
    if (rc < 0)
        return rc;
    rc = query(&w, store, &probes, &answers, err);
    if (rc == 0)
        rc = result_new(analysis_sweep.name, analysis_sweep.title, fields, &r);
    w.tallies = calloc((size_t)2 * SOURCES_MAX, sizeof *w.tallies);
    if (rc == 0 && !w.tallies)
        rc = -ENOMEM;
    w.answers = answers;
    if (rc == 0)
        rc = judge_all(&w, probes);
    if (rc < 0)
        goto out;
    qsort(w.tallies, w.n_tallies, sizeof *w.tallies, tally_compare);
    for (size_t i = 0; i < w.n_tallies; i++)
        put_row(r, &w.tallies[i]);
    say(r, &w);
    if (rows_count(probes) == PROBES_MAX)
        result_note(r, "more than %d probes: the last sources are cut; narrow the filter", PROBES_MAX);
    rc = scope_finish(&w.scope, store, params, r, err);
    if (rc == 0) {
        rc = result_finish(r, ret, err);
        r = NULL;
    }
out:
    result_free(r);
    rows_free(probes);
    rows_free(answers);
    free(w.tallies);
    free(w.probes);
    scope_done(&w.scope);
    return rc;
}

const struct analysis analysis_sweep = {
    .name = "sweep",
    .title = "Sequential sweeps of a /24 after one of its addresses answered",
    .doc = "figures 4 to 6: per source, swept /24s after an answer against dark /24s at placebo times, and "
           "unanswered sources",
    .fields = fields,
    .run = run,
};

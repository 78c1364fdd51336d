#include "analysis/sweep.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/batch.h"
#include "analysis/pick.h"
#include "analysis/stat.h"
#include "analysis/sweep_sources.h"
#include "base/ip.h"
#include "base/ts.h"

#define SOURCES_MAX 1000 /* of each kind: answered, other */
#define PROBES_MAX  20000000 /* read at once: some sources, or some /24s of one */

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
    enum sweep_kind kind;
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
    struct tally *tallies;      /* by src while they are filled */
    size_t n_tallies;
    struct probe *probes;       /* of one source to one /24, in time order */
    size_t n_probes, probes_cap;
    size_t n_cut;               /* readings that held more than that */
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
    if (t->kind == SWEEP_ANSWERED && distinct_before(probes, n, first_answer_us) >= SWEEP_CHAIN_MIN) {
        t->before_nets++;
        t->before_sweeps += longest_chain(probes, n, INT64_MIN, first_answer_us).addresses >= SWEEP_CHAIN_MIN;
    }
    int64_t event_us = INT64_MAX;
    if (lit && t->kind == SWEEP_ANSWERED)
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

/* Rows of (src, time, dst) by src, /24 and time -> their tallies, which begin at *t. */
static int judge_rows(struct work *w, const struct rows *rows, struct tally *t)
{
    for (size_t i = 0; i < rows_count(rows);) {
        uint32_t src = (uint32_t)rows_i64(rows, 0, i), net = (uint32_t)rows_i64(rows, 2, i) >> 8;
        while (t->src != src)
            t++;
        int64_t first_answer_us = first_answer_time(w, src);
        for (w->n_probes = 0; i < rows_count(rows) && (uint32_t)rows_i64(rows, 0, i) == src &&
                              (uint32_t)rows_i64(rows, 2, i) >> 8 == net;
             i++) {
            if (!add_probe(w, rows_i64(rows, 1, i), (uint32_t)rows_i64(rows, 2, i)))
                return -ENOMEM;
        }
        judge_net(w, t, w->probes, w->n_probes, first_answer_us);
    }
    return 0;
}

static int judge_where(struct work *w, const char *which, struct tally *t, struct err *err)
{
    const struct scope *s = &w->scope;
    struct rows *rows;
    int rc = scope_ask(s, &rows, err,
                       "SELECT src, epoch_us(ts) AS t, dst FROM packet WHERE %s AND %s AND %s ORDER BY src, dst >> 8, t, dst LIMIT %d",
                       which, scope_probe_sql(s), s->where, PROBES_MAX);
    if (rc < 0)
        return rc;
    rc = judge_rows(w, rows, t);
    w->n_cut += rows_count(rows) == PROBES_MAX;
    rows_free(rows);
    return rc;
}

/* A source with more probes than a batch holds: some /24s at a time. */
static int judge_large(struct work *w, const char *which, struct tally *t, struct err *err)
{
    size_t n = w->scope.n_nets, steps = (size_t)(t->probes / BATCH_PACKETS) + 1;
    int rc = 0;
    steps = steps < n ? steps : n;
    for (size_t i = 0; i < steps && rc == 0; i++) {
        char *part = NULL;
        if (asprintf(&part, "%s AND dst BETWEEN %lu AND %lu", which, (unsigned long)w->scope.nets[i * n / steps].net << 8,
                     (unsigned long)w->scope.nets[(i + 1) * n / steps - 1].net << 8 | 255) < 0)
            return -ENOMEM;
        rc = judge_where(w, part, t, err);
        free(part);
    }
    return rc;
}

static int judge_all(struct work *w, const struct sweep_source *sources, size_t n, struct err *err)
{
    struct batch_source *list = calloc(n + 1, sizeof *list);
    int rc = list ? 0 : -ENOMEM;
    for (size_t i = 0; i < n && rc == 0; i++) {
        list[i] = (struct batch_source){sources[i].src, sources[i].probes};
        w->tallies[i] = (struct tally){.src = sources[i].src, .kind = sources[i].kind, .probes = sources[i].probes};
    }
    w->n_tallies = n;
    for (size_t i = 0, end; i < n && rc == 0; i = end) {
        char *which;
        end = batch_next(list, n, i, &which);
        if (!which)
            rc = -ENOMEM;
        else if (list[i].packets > BATCH_PACKETS)
            rc = judge_large(w, which, &w->tallies[i], err);
        else
            rc = judge_where(w, which, &w->tallies[i], err);
        free(which);
    }
    free(list);
    for (size_t i = 0; i < n; i++) {
        struct tally *t = &w->tallies[i];
        t->p = t->q = NAN;
        if (t->kind == SWEEP_ANSWERED && t->events && t->placebos)
            t->p = stat_fisher(t->sweeps, t->events - t->sweeps, t->placebo_sweeps, t->placebos - t->placebo_sweeps);
    }
    return rc < 0 ? rc
                  : stat_false_discovery_of(w->tallies, n, sizeof *w->tallies, offsetof(struct tally, p), offsetof(struct tally, q));
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
    if (t->kind == SWEEP_ANSWERED) {
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
    if (events == 0 || strcmp(result_text(r, KIND, i), kind_names[SWEEP_ANSWERED]) != 0)
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
        swept[t->kind] += t->kind == SWEEP_UNMET ? t->placebo_sweeps > 0 : t->sweeps > 0;
    }
    if (n[SWEEP_UNMET] == 0)
        result_note(
            r, "no source of this time met dark addresses only: there is no matched control on this port");
    else if (answered)
        result_finding(
            r,
            "Matched control: %zu of %zu sources that met dark addresses only swept one in order, against "
            "%zu of %zu "
            "answered ones (Fisher p = %.2g).",
            swept[SWEEP_UNMET], n[SWEEP_UNMET], effects, answered,
            stat_fisher(effects, answered - effects, swept[SWEEP_UNMET], n[SWEEP_UNMET] - swept[SWEEP_UNMET]));
    if (n[SWEEP_IGNORED])
        result_note(r,
                    "of %zu sources that met a point and completed no handshake, %zu swept a /24 after "
                    "meeting its point",
                    n[SWEEP_IGNORED], swept[SWEEP_IGNORED]);
}

static void say(struct result *r, const struct work *w)
{
    size_t answered = 0, effects = 0;
    char sentence[512];
    for (size_t i = 0; i < w->n_tallies; i++) {
        answered += w->tallies[i].kind == SWEEP_ANSWERED && w->tallies[i].events > 0;
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

/* Answers first, then the sources, then their probes. */
static int fill(struct work *w, struct rows **ret_answers, struct err *err)
{
    const struct scope *s = &w->scope;
    struct sweep_source *sources = NULL;
    size_t n = 0;
    char *answers = NULL;
    int rc = pick_answers_sql(s, &answers, err);
    if (rc == 0)
        rc = scope_ask(s, ret_answers, err,
                       "SELECT src, dst, epoch_us(min(ts)) FROM %s WHERE true%s AND dst IN %s GROUP BY "
                       "src, dst ORDER BY src, dst",
                       answers, s->filter, s->point_list);
    if (rc == 0)
        rc = sweep_sources(s, answers, SOURCES_MAX, SWEEP_CHAIN_MIN, &sources, &n, err);
    w->answers = *ret_answers;
    w->tallies = calloc(n + 1, sizeof *w->tallies);
    if (rc == 0 && !w->tallies)
        rc = -ENOMEM;
    if (rc == 0)
        rc = judge_all(w, sources, n, err);
    free(sources);
    free(answers);
    return rc;
}

static int run(struct store *store, const struct analysis_params *params, struct result **ret,
               struct err *err)
{
    struct work w = {.rng = rng_of(params->seed, "sweep placebo")};
    struct rows *answers = NULL;
    struct result *r = NULL;
    int rc = scope_init(&w.scope, store, params, 6, 445, err);
    if (rc < 0)
        return rc;
    rc = fill(&w, &answers, err);
    if (rc == 0)
        rc = result_new(analysis_sweep.name, analysis_sweep.title, fields, &r);
    if (rc == 0) {
        qsort(w.tallies, w.n_tallies, sizeof *w.tallies, tally_compare);
        for (size_t i = 0; i < w.n_tallies; i++)
            put_row(r, &w.tallies[i]);
        say(r, &w);
        if (w.n_cut)
            result_note(r, "%zu times a source sent more than %d probes to a few /24s: so many of them were looked at", w.n_cut,
                        PROBES_MAX);
    }
    rc = scope_result(&w.scope, params, rc, r, ret, err);
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

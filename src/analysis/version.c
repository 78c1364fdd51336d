#include "analysis/version.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/batch.h"
#include "analysis/pick.h"
#include "analysis/stat.h"
#include "base/ip.h"
#include "base/ts.h"
#include "base/wr.h"

#define SOURCES_MAX 200
#define VISITS_MAX  20000000 /* of one source */
#define CHANGE_P    0.01

enum column {
    SRC,
    VERSION,
    TOLD,
    UNTIL,
    ANSWERS,
    VISITS,
    POINTS,
    SHARE,
    SHARE_LO,
    SHARE_HI,
    EXPECTED,
    P_MORE,
    Q_MORE,
    P_VERSUS,
    P_CHANGE,
    PHASE1_VISITS,
    PHASE1_POINTS,
    PHASE1_UNTIL,
    PHASE2_VISITS,
    PHASE2_POINTS,
    KNOWN,
    KNOWN_AGAIN,
    DARK_SEEN,
    DARK_AGAIN,
    P_AVOID,
    Q_AVOID,
    EFFECT
};

static const struct result_field fields[] = {
    [SRC] = {"src", "", "source address", VALUE_U64, true},
    [VERSION] = {"version", "", "what it was told", VALUE_TEXT, false},
    [TOLD] = {"told", "UTC", "first answer with this version", VALUE_TS, false},
    [UNTIL] = {"until", "UTC", "first answer with another version; its last packet otherwise", VALUE_TS,
               false},
    [ANSWERS] = {"answers", "answers", "with this version", VALUE_U64, false},
    [VISITS] = {"visits", "visits", "after it was told", VALUE_U64, false},
    [POINTS] = {"points", "visits", "of these to observation points", VALUE_U64, false},
    [SHARE] = {"share", "", "points / visits", VALUE_F64, false},
    [SHARE_LO] = {"share_lo", "", "95 % interval, lower end", VALUE_F64, false},
    [SHARE_HI] = {"share_hi", "", "95 % interval, upper end", VALUE_F64, false},
    [EXPECTED] = {"expected", "", "share of a scan at random", VALUE_F64, false},
    [P_MORE] = {"p_more", "", "binomial: so many visits to points or more, at random", VALUE_F64, false},
    [Q_MORE] = {"q_more", "", "false discovery rate", VALUE_F64, false},
    [P_VERSUS] = {"p_versus", "", "Fisher: share against that after the first version told", VALUE_F64,
                  false},
    [P_CHANGE] = {"p_change", "", "change of the share during the time, by shuffling", VALUE_F64, false},
    [PHASE1_VISITS] = {"phase1_visits", "visits", "before the change", VALUE_U64, false},
    [PHASE1_POINTS] = {"phase1_points", "visits", "of these to points", VALUE_U64, false},
    [PHASE1_UNTIL] = {"phase1_until", "UTC", "the change", VALUE_TS, false},
    [PHASE2_VISITS] = {"phase2_visits", "visits", "after the change", VALUE_U64, false},
    [PHASE2_POINTS] = {"phase2_points", "visits", "of these to points", VALUE_U64, false},
    [KNOWN] = {"known", "addresses", "points that had answered it before phase 2", VALUE_U64, false},
    [KNOWN_AGAIN] = {"known_again", "addresses", "of these visited in phase 2", VALUE_U64, false},
    [DARK_SEEN] = {"dark_seen", "addresses", "dark ones it had visited before phase 2", VALUE_U64, false},
    [DARK_AGAIN] = {"dark_again", "addresses", "of these visited in phase 2", VALUE_U64, false},
    [P_AVOID] = {"p_avoid", "", "Fisher: known_again/known against dark_again/dark_seen", VALUE_F64, false},
    [Q_AVOID] = {"q_avoid", "", "false discovery rate", VALUE_F64, false},
    [EFFECT] = {"effect", "", "returns, avoids, returns then avoids, none", VALUE_TEXT, false},
    {0},
};

struct visit {
    int64_t ts_us;
    uint32_t dst;
};

struct telling {
    uint32_t src;
    const char *version; /* borrowed from the rows of tellings */
    int64_t told_us, until_us;
    uint64_t source_visits; /* of all its tellings: the order of the rows */
    uint64_t answers, visits, points, n1, m1, n2, m2, known, known_again, dark_seen, dark_again;
    int64_t phase1_until_us; /* 0: no change */
    double p_more, q_more, p_versus, p_change, p_avoid, q_avoid;
};

struct work {
    struct scope scope;
    struct rng rng;
    const struct rows *answers; /* src, dst, first answer; by src */
    struct telling *tellings;   /* by src, told */
    size_t n_tellings;
    struct visit *visits; /* of one source, in time order */
    size_t n_visits, visits_cap;
    size_t n_cut; /* sources with more visits than are looked at */
    uint8_t *seen; /* per address of the darknet's /24s: SEEN_* */
};

enum { SEEN_BEFORE = 1, SEEN_AGAIN = 2, SEEN_KNOWN = 4 };

static uint8_t *seen_at(const struct work *w, uint32_t ip)
{
    const struct scope_net *net = scope_net_of(&w->scope, ip);
    return net ? &w->seen[(size_t)(net - w->scope.nets) * 256 + (ip & 255)] : NULL;
}

/* ---- one telling ---- */

/* Visits i with told < ts < until: [first, end). The visit that brought the next version is not one of them: the time ends
 * with it by definition. */
static void visit_range(const struct work *w, const struct telling *t, size_t *ret_first, size_t *ret_end)
{
    size_t i = 0;
    while (i < w->n_visits && w->visits[i].ts_us <= t->told_us)
        i++;
    *ret_first = i;
    while (i < w->n_visits && w->visits[i].ts_us < t->until_us)
        i++;
    *ret_end = i;
    if (t->until_us > w->scope.last_us)
        return;
    while (i > *ret_first && !scope_is_point(&w->scope, w->visits[i - 1].dst))
        i--;
    if (i > *ret_first)
        *ret_end = i - 1;
}

/* Splits the visits where the share of points changes, if it does; returns the first visit of phase 2. */
static size_t find_phases(struct work *w, struct telling *t, size_t first, size_t end)
{
    size_t n = end - first, m = 0, split = 0;
    size_t *at = calloc(n + 1, sizeof *at);
    if (!at)
        return first;
    for (size_t i = first; i < end; i++) {
        if (scope_is_point(&w->scope, w->visits[i].dst))
            at[m++] = i - first;
    }
    t->visits = n;
    t->points = m;
    t->p_change = stat_change_point(at, m, n, &w->rng, &split);
    if (isnan(t->p_change) || t->p_change >= CHANGE_P)
        split = 0;
    else
        t->phase1_until_us = split < n ? w->visits[first + split].ts_us : t->until_us;
    for (size_t i = 0; i < m; i++)
        t->m1 += at[i] < split;
    free(at);
    t->n1 = split;
    t->n2 = n - split;
    t->m2 = m - t->m1;
    return first + split;
}

/* Which of the addresses it had met before phase 2 did it ask again? Points it knew against dark ones. */
static void count_again(struct work *w, struct telling *t, size_t phase2, size_t end)
{
    int64_t start_us = phase2 < end ? w->visits[phase2].ts_us : INT64_MAX;
    memset(w->seen, 0, w->scope.n_nets * 256);
    for (size_t i = 0; i < rows_count(w->answers); i++) {
        uint8_t *s = seen_at(w, (uint32_t)rows_i64(w->answers, 1, i));
        if (s && (uint32_t)rows_i64(w->answers, 0, i) == t->src && rows_i64(w->answers, 2, i) < start_us)
            *s |= SEEN_KNOWN;
    }
    for (size_t i = 0; i < end; i++) {
        uint8_t *s = seen_at(w, w->visits[i].dst);
        if (s)
            *s |= i < phase2 ? SEEN_BEFORE : SEEN_AGAIN;
    }
    for (size_t i = 0; i < w->scope.n_nets * 256; i++) {
        uint8_t s = w->seen[i];
        bool point = w->scope.nets[i / 256].n_points &&
                     scope_is_point(&w->scope, w->scope.nets[i / 256].net << 8 | (uint32_t)(i & 255));
        t->known += (s & SEEN_KNOWN) != 0;
        t->known_again += (s & SEEN_KNOWN) != 0 && (s & SEEN_AGAIN) != 0;
        t->dark_seen += !point && (s & SEEN_BEFORE) != 0;
        t->dark_again += !point && (s & SEEN_BEFORE) != 0 && (s & SEEN_AGAIN) != 0;
    }
}

static void judge(struct work *w, struct telling *t, const struct telling *base)
{
    size_t first, end;
    visit_range(w, t, &first, &end);
    size_t phase2 = find_phases(w, t, first, end);
    count_again(w, t, phase2, end);
    t->p_more = t->p_avoid = t->p_versus = NAN;
    if (t->visits)
        t->p_more =
            stat_binomial_ge(t->points, t->visits, (double)w->scope.n_points / (double)w->scope.n_addresses);
    if (t->known && t->dark_seen && t->n2)
        t->p_avoid = stat_fisher(t->known_again, t->known - t->known_again, t->dark_again,
                                 t->dark_seen - t->dark_again);
    if (base != t && strcmp(base->version, t->version) != 0 && t->visits && base->visits)
        t->p_versus =
            stat_fisher(t->points, t->visits - t->points, base->points, base->visits - base->points);
}

/* ---- all ---- */

static int query_tellings(const struct work *w, struct rows **ret, struct err *err)
{
    return scope_ask(
        &w->scope, ret, err,
        "WITH told AS (SELECT src, ts, version FROM answer WHERE dport = %u AND version IS NOT NULL AND "
        "version <> ''%s),"
        " most AS (SELECT src AS who FROM told GROUP BY src ORDER BY count(*) DESC, src LIMIT %d),"
        " mark AS (SELECT src, ts, version, version IS DISTINCT FROM lag(version) OVER (PARTITION BY src "
        "ORDER BY ts, version)"
        "  AS fresh FROM told WHERE src IN (SELECT who FROM most)),"
        " run AS (SELECT src, ts, version, sum(fresh::INTEGER) OVER (PARTITION BY src ORDER BY ts, version"
        "  ROWS UNBOUNDED PRECEDING) AS k FROM mark)"
        " SELECT src, epoch_us(min(ts)) AS t, any_value(version), count(*) FROM run GROUP BY src, k ORDER BY "
        "src, t",
        w->scope.port, w->scope.filter, SOURCES_MAX);
}

/* SYNs of each source that was told something: src, packets; by src. */
static int query_volumes(const struct work *w, struct rows **ret, struct err *err)
{
    struct wr list = wr_of((size_t)1 << 20);
    for (size_t i = 0; i < w->n_tellings; i++)
        if (i == 0 || w->tellings[i].src != w->tellings[i - 1].src)
            wr_fmt(&list, "%s%lu", i ? "," : "", (unsigned long)w->tellings[i].src);
    wr_u8(&list, 0);
    int rc = list.bad ? err_set(err, -ENOMEM, "no memory for the sources")
                      : scope_ask(&w->scope, ret, err, "SELECT src, sum(packets)::BIGINT FROM %s WHERE %s AND src IN (%s) GROUP BY src ORDER BY src",
                                  w->scope.cells, scope_probe_kind_sql(&w->scope), w->n_tellings ? (const char *)list.bytes : "NULL");
    wr_done(&list);
    return rc;
}

static int query_visits(const struct work *w, const char *which, struct rows **ret, struct err *err)
{
    return scope_ask(&w->scope, ret, err,
                     "WITH syn AS (SELECT src, ts, dst, lag(dst) OVER (PARTITION BY src ORDER BY ts, dst) AS before FROM packet"
                     "  WHERE %s AND %s AND %s)"
                     " SELECT src, epoch_us(ts) AS t, dst FROM syn WHERE before IS DISTINCT FROM dst ORDER BY src, t, dst LIMIT %d",
                     which, scope_probe_sql(&w->scope), w->scope.where, VISITS_MAX);
}

static int query_answers(const struct work *w, struct rows **ret, struct err *err)
{
    char *answers;
    int rc = pick_answers_sql(&w->scope, &answers, err);
    if (rc < 0)
        return rc;
    rc = scope_ask(
        &w->scope, ret, err,
        "SELECT src, dst, epoch_us(min(ts)) FROM %s WHERE true%s GROUP BY src, dst ORDER BY src, dst",
        answers, w->scope.filter);
    free(answers);
    return rc;
}

static int take_tellings(struct work *w, const struct rows *rows)
{
    size_t n = rows_count(rows);
    w->tellings = calloc(n + 1, sizeof *w->tellings);
    if (!w->tellings)
        return -ENOMEM;
    w->n_tellings = n;
    for (size_t i = 0; i < n; i++) {
        struct telling *t = &w->tellings[i];
        t->src = (uint32_t)rows_i64(rows, 0, i);
        t->told_us = rows_i64(rows, 1, i);
        t->version = rows_text(rows, 2, i);
        t->answers = (uint64_t)rows_i64(rows, 3, i);
        t->until_us = w->scope.last_us + 1;
        if (i && w->tellings[i - 1].src == t->src)
            w->tellings[i - 1].until_us = t->told_us;
    }
    return 0;
}

/* The rows of one source, from *at on. */
static int load_visits(struct work *w, const struct rows *rows, uint32_t src, size_t *at)
{
    size_t end = *at;
    while (rows && end < rows_count(rows) && (uint32_t)rows_i64(rows, 0, end) == src)
        end++;
    size_t n = end - *at;
    if (n > w->visits_cap) {
        struct visit *grown = reallocarray(w->visits, n, sizeof *grown);
        if (!grown)
            return -ENOMEM;
        w->visits = grown;
        w->visits_cap = n;
    }
    for (size_t i = 0; i < n; i++)
        w->visits[i] = (struct visit){rows_i64(rows, 1, *at + i), (uint32_t)rows_i64(rows, 2, *at + i)};
    w->n_visits = n;
    w->n_cut += n == VISITS_MAX;
    *at = end;
    return 0;
}

/* The tellings of the sources up to last_src, from *telling on; visits are theirs. */
static int judge_until(struct work *w, const struct rows *visits, uint32_t last_src, size_t *telling)
{
    size_t at = 0, base = *telling, i = *telling;
    for (; i < w->n_tellings && w->tellings[i].src <= last_src; i++) {
        if (i == *telling || w->tellings[i].src != w->tellings[base].src) {
            base = i;
            if (load_visits(w, visits, w->tellings[i].src, &at) < 0)
                return -ENOMEM;
        }
        judge(w, &w->tellings[i], &w->tellings[base]);
    }
    *telling = i;
    return 0;
}

/* Benjamini-Hochberg over all rows and both tests. */
static int discover(struct work *w)
{
    size_t n = w->n_tellings;
    double *p = calloc(n + 1, 4 * sizeof *p), *q = p + 2 * n;
    if (!p)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        p[i] = w->tellings[i].p_more;
        p[n + i] = w->tellings[i].p_avoid;
    }
    int rc = stat_false_discovery(p, 2 * n, q);
    for (size_t i = 0; i < n; i++) {
        w->tellings[i].q_more = q[i];
        w->tellings[i].q_avoid = q[n + i];
    }
    free(p);
    return rc;
}

static int judge_all(struct work *w, const struct rows *volumes, struct err *err)
{
    size_t n = rows_count(volumes), telling = 0;
    struct batch_source *list = calloc(n + 1, sizeof *list);
    struct rows *visits = NULL;
    w->seen = calloc(w->scope.n_nets, 256);
    int rc = list && w->seen ? 0 : -ENOMEM;
    for (size_t i = 0; i < n && rc == 0; i++)
        list[i] = (struct batch_source){(uint32_t)rows_i64(volumes, 0, i), (uint64_t)rows_i64(volumes, 1, i)};
    for (size_t i = 0, end; i < n && rc == 0; i = end) {
        char *which;
        end = batch_next(list, n, i, &which);
        rc = which ? query_visits(w, which, &visits, err) : -ENOMEM;
        free(which);
        if (rc == 0)
            rc = judge_until(w, visits, list[end - 1].src, &telling);
        rows_free(visits);
        visits = NULL;
    }
    free(list);
    return rc < 0 ? rc : judge_until(w, NULL, UINT32_MAX, &telling); /* who sent no SYN */
}

/* Sources with most visits first, each in the order it was told. */
static int telling_compare(const void *a, const void *b)
{
    const struct telling *x = a, *y = b;
    if (x->source_visits != y->source_visits)
        return x->source_visits > y->source_visits ? -1 : 1;
    if (x->src != y->src)
        return x->src < y->src ? -1 : 1;
    return (x->told_us > y->told_us) - (x->told_us < y->told_us);
}

static void sort_tellings(struct work *w)
{
    for (size_t i = 0, k; i < w->n_tellings; i = k) {
        uint64_t sum = 0;
        for (k = i; k < w->n_tellings && w->tellings[k].src == w->tellings[i].src; k++)
            sum += w->tellings[k].visits;
        for (size_t j = i; j < k; j++)
            w->tellings[j].source_visits = sum;
    }
    qsort(w->tellings, w->n_tellings, sizeof *w->tellings, telling_compare);
}

static const char *effect_of(const struct telling *t)
{
    bool returns = t->q_more < STAT_FDR;
    bool avoids = t->q_avoid < STAT_FDR &&
                  (double)t->known_again * (double)t->dark_seen < (double)t->dark_again * (double)t->known;
    return returns && avoids ? "returns then avoids" : returns ? "returns" : avoids ? "avoids" : "none";
}

static void put_row(const struct work *w, struct result *r, const struct telling *t)
{
    result_row(r);
    result_set_u64(r, SRC, t->src);
    result_set_text(r, VERSION, t->version);
    result_set_i64(r, TOLD, t->told_us);
    result_set_i64(r, UNTIL, t->until_us);
    result_set_u64(r, ANSWERS, t->answers);
    result_set_u64(r, VISITS, t->visits);
    result_set_u64(r, POINTS, t->points);
    if (t->visits) {
        struct interval i = stat_proportion((double)t->points, (double)t->visits, STAT_LEVEL);
        result_set_f64(r, SHARE, (double)t->points / (double)t->visits);
        result_set_f64(r, SHARE_LO, i.lo);
        result_set_f64(r, SHARE_HI, i.hi);
    }
    result_set_f64(r, EXPECTED, (double)w->scope.n_points / (double)w->scope.n_addresses);
    result_set_f64(r, P_MORE, t->p_more);
    result_set_f64(r, Q_MORE, t->q_more);
    result_set_f64(r, P_VERSUS, t->p_versus);
    result_set_f64(r, P_CHANGE, t->p_change);
    if (t->phase1_until_us) {
        result_set_u64(r, PHASE1_VISITS, t->n1);
        result_set_u64(r, PHASE1_POINTS, t->m1);
        result_set_i64(r, PHASE1_UNTIL, t->phase1_until_us);
    }
    result_set_u64(r, PHASE2_VISITS, t->n2);
    result_set_u64(r, PHASE2_POINTS, t->m2);
    result_set_u64(r, KNOWN, t->known);
    result_set_u64(r, KNOWN_AGAIN, t->known_again);
    result_set_u64(r, DARK_SEEN, t->dark_seen);
    result_set_u64(r, DARK_AGAIN, t->dark_again);
    result_set_f64(r, P_AVOID, t->p_avoid);
    result_set_f64(r, Q_AVOID, t->q_avoid);
    result_set_text(r, EFFECT, effect_of(t));
}

/* ---- in words ---- */

static unsigned long long count_at(const struct result *r, size_t col, size_t row)
{
    return (unsigned long long)result_u64(r, col, row);
}

static size_t say_phases(const struct result *r, size_t row, char *buf, size_t n)
{
    const char *effect = result_text(r, EFFECT, row);
    size_t k = 0;
    if (strcmp(effect, "none") == 0 || result_is_null(r, PHASE1_VISITS, row))
        k = (size_t)snprintf(buf, n,
                             "of its %llu visits afterwards %llu went to points (%.2f %%, 95 %% interval "
                             "%.2f to %.2f; %.2f at random)",
                             count_at(r, VISITS, row), count_at(r, POINTS, row),
                             100 * result_f64(r, SHARE, row), 100 * result_f64(r, SHARE_LO, row),
                             100 * result_f64(r, SHARE_HI, row), 100 * result_f64(r, EXPECTED, row));
    else
        k = (size_t)snprintf(
            buf, n, "first %llu of %llu visits went to points, then %llu of %llu (%.1f expected at random)",
            count_at(r, PHASE1_POINTS, row), count_at(r, PHASE1_VISITS, row), count_at(r, PHASE2_POINTS, row),
            count_at(r, PHASE2_VISITS, row),
            result_f64(r, EXPECTED, row) * result_f64(r, PHASE2_VISITS, row));
    return k < n ? k : n;
}

void version_sentence(const struct result *r, uint32_t src, int64_t told_us, char *buf, size_t n)
{
    char text[IP4_TEXT_MAX], phases[400];
    size_t row = 0;
    buf[0] = '\0';
    while (row < result_rows(r) && (result_u64(r, SRC, row) != src || result_i64(r, TOLD, row) != told_us))
        row++;
    if (row == result_rows(r))
        return;
    const char *effect = result_text(r, EFFECT, row), *version = result_text(r, VERSION, row);
    if (result_u64(r, VISITS, row) == 0) {
        (void)snprintf(buf, n, "Told %.40s, %s made no further visit.", version, ip4_format(src, text));
        return;
    }
    (void)say_phases(r, row, phases, sizeof phases);
    if (strcmp(effect, "none") == 0)
        (void)snprintf(buf, n, "Told %.40s, %s goes on as at random: %s; no effect found.",
                       version, ip4_format(src, text), phases);
    else if (strstr(effect, "avoids"))
        (void)snprintf(
            buf, n,
            "Told %.40s, %s %s: %s. It asked %llu of the %llu points it knew again, but %llu of %llu dark "
            "addresses (p = %.2g).",
            version, ip4_format(src, text),
            strstr(effect, "returns") ? "returns to points, then leaves them out"
                                      : "leaves out the points it knows",
            phases, count_at(r, KNOWN_AGAIN, row), count_at(r, KNOWN, row), count_at(r, DARK_AGAIN, row),
            count_at(r, DARK_SEEN, row), result_f64(r, P_AVOID, row));
    else
        (void)snprintf(buf, n, "Told %.40s, %s returns to points: %s (q = %.2g).", version,
                       ip4_format(src, text), phases, result_f64(r, Q_MORE, row));
}

static void say(struct result *r, const struct work *w)
{
    size_t effects = 0, sources = 0, said = 0;
    char sentence[1024];
    for (size_t i = 0; i < w->n_tellings; i++) {
        sources += i == 0 || w->tellings[i].src != w->tellings[i - 1].src;
        effects += strcmp(effect_of(&w->tellings[i]), "none") != 0;
    }
    if (w->n_tellings == 0) {
        result_finding(r, "No source was told a version on port %u.", w->scope.port);
        return;
    }
    if (effects == 0)
        result_finding(r,
                       "No source of the %zu that were told a version on port %u changes where it goes "
                       "afterwards: no effect found "
                       "(false discovery rate 1 %%).",
                       sources, w->scope.port);
    else
        result_finding(r,
                       "After %zu of %zu tellings (sources: %zu, port %u) the source returns to the points "
                       "or leaves them out (false "
                       "discovery rate 1 %%).",
                       effects, w->n_tellings, sources, w->scope.port);
    for (size_t i = 0; i < w->n_tellings && said < 6; i++) {
        version_sentence(r, w->tellings[i].src, w->tellings[i].told_us, sentence, sizeof sentence);
        result_finding(r, "%s", sentence);
        said++;
    }
    if (sources < 10)
        result_note(r,
                    "sources told a version: %zu; what so few do says little about others; a randomised "
                    "experiment needs more",
                    sources);
}

static int run(struct store *store, const struct analysis_params *params, struct result **ret,
               struct err *err)
{
    struct work w = {.rng = rng_of(params->seed, "version")};
    struct rows *tellings = NULL, *volumes = NULL, *answers = NULL;
    struct result *r = NULL;
    int rc = scope_init(&w.scope, store, params, 6, 3306, err);
    if (rc < 0)
        return rc;
    rc = scope_range(&w.scope, err);
    if (rc == 0)
        rc = query_tellings(&w, &tellings, err);
    if (rc == 0)
        rc = query_answers(&w, &answers, err);
    w.answers = answers;
    if (rc == 0)
        rc = take_tellings(&w, tellings);
    if (rc == 0)
        rc = query_volumes(&w, &volumes, err);
    if (rc == 0)
        rc = judge_all(&w, volumes, err);
    if (rc == 0)
        rc = discover(&w);
    if (rc == 0)
        rc = result_new(analysis_version.name, analysis_version.title, fields, &r);
    if (rc == 0) {
        sort_tellings(&w);
        for (size_t i = 0; i < w.n_tellings; i++)
            put_row(&w, r, &w.tellings[i]);
        say(r, &w);
        if (w.n_cut)
            result_note(r, "of %zu sources only the first %d visits were looked at", w.n_cut, VISITS_MAX);
    }
    rc = scope_result(&w.scope, params, rc, r, ret, err);
    rows_free(tellings);
    rows_free(volumes);
    rows_free(answers);
    free(w.tellings);
    free(w.visits);
    free(w.seen);
    scope_done(&w.scope);
    return rc;
}

const struct analysis analysis_version = {
    .name = "version-effect",
    .title = "What sources do after they were told a version",
    .doc = "figures 7 and 8: per source and version told, visits to observation points afterwards, return "
           "and avoidance",
    .fields = fields,
    .run = run,
};

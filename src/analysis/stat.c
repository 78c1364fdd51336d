#include "analysis/stat.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_sf_gamma.h>

#define CHANGE_DRAWS   999
#define QUANTILE_TURNS 200

/* The x with I_x(a,b) = p: Newton's method kept within a bracket that every step makes smaller (Press et al. 2007, 9.4).
 * gsl_cdf_beta_Pinv fails to converge for some large parameters. */
static double beta_quantile(double p, double a, double b)
{
    double lo = 0, hi = 1, x = a / (a + b);
    gsl_set_error_handler_off();
    double log_scale = gsl_sf_lngamma(a + b) - gsl_sf_lngamma(a) - gsl_sf_lngamma(b);
    for (int i = 0; i < QUANTILE_TURNS && hi - lo > 1e-15 * hi; i++) {
        double miss = gsl_cdf_beta_P(x, a, b) - p;
        *(miss < 0 ? &lo : &hi) = x;
        double step = miss / exp(log_scale + (a - 1) * log(x) + (b - 1) * log1p(-x));
        double next = x - step;
        if (!(next > lo && next < hi)) /* also when the density is 0 there */
            next = lo + (hi - lo) / 2;
        if (fabs(next - x) <= 1e-14 * x)
            return next;
        x = next;
    }
    return x;
}

struct interval stat_proportion(double k, double n, double level)
{
    struct interval ret = {0, 1};
    double tail = (1 - level) / 2;
    if (!(n > 0))
        return ret;
    if (k > 0)
        ret.lo = beta_quantile(tail, k, n - k + 1);
    if (k < n)
        ret.hi = beta_quantile(1 - tail, k + 1, n - k);
    return ret;
}

double stat_dispersion(const double *count, const double *exposure, size_t n)
{
    double sum = 0, total = 0, chi = 0;
    for (size_t i = 0; i < n; i++) {
        sum += count[i];
        total += exposure[i];
    }
    if (n < 2 || !(sum > 0))
        return 1;
    for (size_t i = 0; i < n; i++) {
        double want = sum * exposure[i] / total;
        chi += (count[i] - want) * (count[i] - want) / want;
    }
    return fmax(1, chi / (double)(n - 1));
}

struct ratio stat_rate_ratio(double a, double exposure_a, double b, double exposure_b, double dispersion,
                             double level)
{
    struct ratio ret = {NAN, {0, INFINITY}};
    if (!(a + b > 0) || !(exposure_a > 0) || !(exposure_b > 0))
        return ret;
    struct interval p = stat_proportion(a / dispersion, (a + b) / dispersion, level);
    double scale = exposure_b / exposure_a;
    ret.value = b > 0 ? a / b * scale : INFINITY;
    ret.interval.lo = p.lo / (1 - p.lo) * scale;
    ret.interval.hi = p.hi < 1 ? p.hi / (1 - p.hi) * scale : INFINITY;
    return ret;
}

static double log_choose(uint64_t n, uint64_t k)
{
    return lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1);
}

double stat_fisher(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    uint64_t row = a + b, col = a + c, n = a + b + c + d, other = n - col;
    uint64_t from = row > other ? row - other : 0, to = row < col ? row : col;
    double all = log_choose(n, row), p = 0;
    double seen = log_choose(col, a) + log_choose(other, row - a) - all;
    for (uint64_t x = from; x <= to; x++) {
        double here = log_choose(col, x) + log_choose(other, row - x) - all;
        if (here <= seen + 1e-7)
            p += exp(here);
    }
    return p < 1 ? p : 1;
}

double stat_binomial_ge(uint64_t k, uint64_t n, double p)
{
    if (k == 0)
        return 1;
    if (k > n || p <= 0)
        return 0;
    if (p >= 1)
        return 1;
    gsl_set_error_handler_off();
    return gsl_cdf_beta_P(p, (double)k, (double)(n - k) + 1);
}

double stat_binomial_le(uint64_t k, uint64_t n, double p)
{
    if (k >= n || p <= 0)
        return 1;
    if (p >= 1)
        return 0;
    gsl_set_error_handler_off();
    return gsl_cdf_beta_Q(p, (double)k + 1, (double)(n - k));
}

struct ranked {
    double p;
    size_t index;
};

static int ranked_compare(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->p != y->p)
        return x->p < y->p ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

int stat_false_discovery(const double *p, size_t n, double *ret_q)
{
    size_t tests = 0;
    struct ranked *by_p = malloc((n ? n : 1) * sizeof *by_p);
    if (!by_p)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        ret_q[i] = NAN;
        if (!isnan(p[i]))
            by_p[tests++] = (struct ranked){p[i], i};
    }
    qsort(by_p, tests, sizeof *by_p, ranked_compare);
    double least = 1;
    for (size_t i = tests; i-- > 0;) {
        least = fmin(least, by_p[i].p * (double)tests / (double)(i + 1));
        ret_q[by_p[i].index] = least;
    }
    free(by_p);
    return 0;
}

int stat_false_discovery_of(void *items, size_t n, size_t size_bytes, size_t p_at, size_t q_at)
{
    char *at = items;
    double *p = calloc(n + 1, 2 * sizeof *p), *q = p + n;
    if (!p)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        memcpy(&p[i], at + i * size_bytes + p_at, sizeof *p);
    int rc = stat_false_discovery(p, n, q);
    for (size_t i = 0; rc == 0 && i < n; i++)
        memcpy(at + i * size_bytes + q_at, &q[i], sizeof *q);
    free(p);
    return rc;
}

static double log_likelihood(size_t k, size_t n)
{
    if (k == 0 || k == n)
        return 0;
    double p = (double)k / (double)n;
    return (double)k * log(p) + (double)(n - k) * log1p(-p);
}

/* The best split lies directly before or after a success: the likelihood is monotone between two of them. */
static double best_split(const size_t *at, size_t m, size_t n, size_t *ret_split)
{
    double best = -INFINITY;
    for (size_t i = 0; i < m; i++) {
        for (size_t after = 0; after < 2; after++) {
            size_t split = at[i] + after, k = i + after;
            double here = log_likelihood(k, split) + log_likelihood(m - k, n - split);
            if (here > best) {
                best = here;
                *ret_split = split;
            }
        }
    }
    return best;
}

static int size_compare(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

/* m distinct ascending positions of 0..n-1 (Floyd's sampling; `taken` is one byte per position, zero on return). */
static void draw_positions(size_t *at, size_t m, size_t n, uint8_t *taken, struct rng *rng)
{
    for (size_t i = 0, j = n - m; j < n; i++, j++) {
        size_t pick = (size_t)rng_below(rng, j + 1);
        at[i] = taken[pick] ? j : pick;
        taken[at[i]] = 1;
    }
    qsort(at, m, sizeof *at, size_compare);
    for (size_t i = 0; i < m; i++)
        taken[at[i]] = 0;
}

double stat_change_point(const size_t *at, size_t m, size_t n, struct rng *rng, size_t *ret_split)
{
    *ret_split = 0;
    if (m == 0 || m == n)
        return NAN;
    size_t *drawn = malloc(m * sizeof *drawn), split = 0, hits = 0;
    uint8_t *taken = calloc(n, 1);
    double p = NAN;
    if (drawn && taken) {
        double seen = best_split(at, m, n, ret_split);
        for (size_t i = 0; i < CHANGE_DRAWS; i++) {
            draw_positions(drawn, m, n, taken, rng);
            hits += best_split(drawn, m, n, &split) >= seen - 1e-9;
        }
        p = (1 + (double)hits) / (1 + CHANGE_DRAWS);
    }
    free(drawn);
    free(taken);
    return p;
}

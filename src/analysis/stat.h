/* Statistics of counts: exact intervals and tests, permutation, bootstrap, false discovery rate, one change point.
 * Pure functions; draws come from the caller's seeded stream, so that a result repeats. Sources are named at each. */
#ifndef HOTARU_ANALYSIS_STAT_H
#define HOTARU_ANALYSIS_STAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"

#define STAT_LEVEL 0.95 /* of every interval */
/* False discovery rate of every family of tests (Benjamini and Hochberg 1995). 1 %, not the usual 5 %: where nothing is to be
 * found, a family speaks up with this probability, and an observatory asks the same questions day after day. */
#define STAT_FDR 0.01

struct interval {
    double lo, hi;
};

/* Interval of a proportion k/n that covers at least `level` (Clopper and Pearson 1934). k and n may be fractions, which
 * is how an effective sample size enters (Korn and Graubard 1998). n <= 0 gives [0,1]. */
struct interval stat_proportion(double k, double n, double level);

/* How much more counts vary between units than Poisson counts of the same exposure would: Pearson chi-square over its
 * degrees of freedom (McCullagh and Nelder 1989, 4.5), at least 1. Fewer than two units or no count: 1.
 *   count, exposure  one of each per unit, exposure > 0 */
double stat_dispersion(const double *count, const double *exposure, size_t n);

struct ratio {
    double value; /* NAN when both are empty, INFINITY when only the denominator's count is 0 */
    struct interval interval;
};
/* Ratio of two rates, (a / exposure_a) / (b / exposure_b). Given a + b, a is binomial (Przyborowski and Wilenski 1940):
 * the interval follows from stat_proportion() with both counts divided by `dispersion`. */
struct ratio stat_rate_ratio(double a, double exposure_a, double b, double exposure_b, double dispersion,
                             double level);

/* Two-sided permutation test of "which units are labelled does not matter" (Fisher 1935, 21): the labels are shuffled over the
 * units and the difference of mean rates is drawn again. p = 2 min(tails), (1 + hits)/(1 + draws) per tail (Phipson and
 * Smyth 2010). 999 draws; where at most 20 are as extreme, 99,999 fresh ones instead (fewer where these labels would take
 * more than 64 MiB). The labels are drawn once and serve every stat_relabel_p(), as in Westfall and Young (1993, 2.3): each p
 * is that of its own test, and what a test costs depends on the number of units alone.
 *   labelled  true for the units of the first group;  rate  one per unit */
struct stat_relabel;
int stat_relabel_new(const bool *labelled, size_t n, const struct rng *rng, struct stat_relabel **ret);
/* NAN when a group is empty or memory is. */
double stat_relabel_p(struct stat_relabel *r, const double *rate);
void stat_relabel_free(struct stat_relabel *r);
/* The same for one test. */
double stat_permutation(const double *rate, const bool *labelled, size_t n, struct rng *rng);

/* Two-sided Fisher exact test of the table a b / c d: the probability of all tables with the same margins that are no
 * likelier than this one. */
double stat_fisher(uint64_t a, uint64_t b, uint64_t c, uint64_t d);
/* P(X <= k), P(X >= k) for X successes in n draws of probability p. */
double stat_binomial_le(uint64_t k, uint64_t n, double p);
double stat_binomial_ge(uint64_t k, uint64_t n, double p);

/* q[i]: the smallest false discovery rate at which test i is still rejected (Benjamini and Hochberg 1995). A NAN in p is
 * no test and stays NAN. Returns 0 or -ENOMEM. */
int stat_false_discovery(const double *p, size_t n, double *ret_q);
/* The same for the field p of n items of size_bytes each, into their field q, both given by their offset. */
int stat_false_discovery_of(void *items, size_t n, size_t size_bytes, size_t p_at, size_t q_at);

/* Percentile interval of sum(num)/sum(den) over whole clusters drawn with replacement (Efron and Tibshirani 1993, 13):
 * one cluster per source. Needs at least STAT_CLUSTERS_MIN clusters, else [NAN,NAN]: with fewer, percentiles of so few
 * different draws mean nothing (Cameron, Gelbach and Miller 2008 see distorted tests even at 10). */
#define STAT_CLUSTERS_MIN 10
struct interval stat_bootstrap_ratio(const double *num, const double *den, size_t n, double level,
                                     struct rng *rng);

/* One change of the success probability in a row of n trials, of which those at ascending positions at[0..m) succeeded:
 * the split with the greatest likelihood, and p by shuffling the row (999 draws).
 *   ret_split  trials before the change, 0..n */
double stat_change_point(const size_t *at, size_t m, size_t n, struct rng *rng, size_t *ret_split);

#endif

/* What is drawn by lot: labels over units (permutation test), clusters (bootstrap). The draws are made once and serve every
 * source, so that what a test costs does not depend on how many packets stand behind it. */
#include "analysis/stat.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BOOTSTRAP_DRAWS 2000
#define DRAWS_FIRST     999
#define DRAWS_MORE      99999
#define DRAWS_FEW       20
#define DRAWS_BYTES     ((size_t)64 << 20) /* of one set of draws */
#define FIXED_ONE       0x1p52             /* the sum of all rates as an integer: sums that are equal compare equal */

/* Uniform in 0..n-1 without bias (Lemire 2019, one multiplication in most cases); 0 < n <= 2^32 - 1. */
static uint32_t below(struct rng *rng, uint32_t n)
{
    uint64_t m = (rng_u64(rng) >> 32) * n;
    if ((uint32_t)m < n) {
        uint32_t least = -n % n;
        while ((uint32_t)m < least)
            m = (rng_u64(rng) >> 32) * n;
    }
    return (uint32_t)(m >> 32);
}

/* One set of drawn labellings: each the numbers of k units, or, where that is shorter, one bit per unit. */
struct draws {
    size_t n;        /* 0: not drawn yet */
    uint32_t *units; /* n * k */
    uint8_t *bits;   /* n * bytes */
};

struct stat_relabel {
    size_t n, k, bytes; /* units; of them drawn: the smaller group; bytes of one bit per unit */
    bool by_bits;
    bool *drawn;        /* the group that is drawn, as it is */
    uint32_t *shuffle;
    int64_t *fixed;     /* rates of the source at hand */
    int64_t *sums;      /* by_bits: per byte and its value, the sum of the rates it names */
    struct draws first, more;
    struct rng rng;
};

static void draws_done(struct draws *d)
{
    free(d->units);
    free(d->bits);
    *d = (struct draws){0};
}

void stat_relabel_free(struct stat_relabel *r)
{
    if (!r)
        return;
    draws_done(&r->first);
    draws_done(&r->more);
    free(r->drawn);
    free(r->shuffle);
    free(r->fixed);
    free(r->sums);
    free(r);
}

int stat_relabel_new(const bool *labelled, size_t n, const struct rng *rng, struct stat_relabel **ret)
{
    size_t k = 0;
    if (n > UINT32_MAX)
        return -EINVAL;
    struct stat_relabel *r = calloc(1, sizeof *r);
    if (!r)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        k += labelled[i];
    bool swap = k > n - k;
    *r = (struct stat_relabel){.n = n, .k = swap ? n - k : k, .bytes = (n + 7) / 8, .rng = *rng};
    r->by_bits = r->bytes < r->k;
    r->drawn = calloc(n + 1, sizeof *r->drawn);
    r->shuffle = calloc(n + 1, sizeof *r->shuffle);
    r->fixed = calloc(8 * r->bytes + 1, sizeof *r->fixed);
    r->sums = calloc(r->by_bits ? r->bytes * 256 : 1, sizeof *r->sums);
    if (!r->drawn || !r->shuffle || !r->fixed || !r->sums) {
        stat_relabel_free(r);
        return -ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        r->drawn[i] = labelled[i] != swap;
        r->shuffle[i] = (uint32_t)i;
    }
    *ret = r;
    return 0;
}

/* want draws, or as many as fit. */
static int draw(struct stat_relabel *r, struct draws *d, size_t want)
{
    if (d->n)
        return 0;
    size_t each = r->by_bits ? r->bytes : r->k * sizeof *d->units;
    size_t n = want * each <= DRAWS_BYTES ? want : DRAWS_BYTES / each;
    if (r->by_bits)
        d->bits = calloc(n, each);
    else
        d->units = calloc(n, each);
    if (n == 0 || (!d->bits && !d->units))
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < r->k; j++) { /* the first k of a Fisher-Yates shuffle */
            size_t at = j + below(&r->rng, (uint32_t)(r->n - j));
            uint32_t unit = r->shuffle[at];
            r->shuffle[at] = r->shuffle[j];
            r->shuffle[j] = unit;
            if (r->by_bits)
                d->bits[i * each + unit / 8] |= (uint8_t)(1u << unit % 8);
            else
                d->units[i * r->k + j] = unit;
        }
    }
    d->n = n;
    return 0;
}

/* For each byte of bits and each of its values the sum of the rates it names: a draw is then a sum of n / 8 numbers. */
static void make_sums(struct stat_relabel *r)
{
    for (size_t b = 0; r->by_bits && b < r->bytes; b++) {
        int64_t *sum = r->sums + b * 256;
        for (unsigned v = 1; v < 256; v++)
            sum[v] = sum[v & (v - 1)] + r->fixed[b * 8 + (unsigned)__builtin_ctz(v)];
    }
}

static int64_t draw_sum(const struct stat_relabel *r, const struct draws *d, size_t i)
{
    int64_t sum = 0;
    if (r->by_bits) {
        const uint8_t *bits = d->bits + i * r->bytes;
        for (size_t b = 0; b < r->bytes; b++)
            sum += r->sums[b * 256 + bits[b]];
    } else {
        const uint32_t *units = d->units + i * r->k;
        for (size_t j = 0; j < r->k; j++)
            sum += r->fixed[units[j]];
    }
    return sum;
}

static double two_sided(const struct stat_relabel *r, const struct draws *d, int64_t seen, size_t *ret_hits)
{
    size_t above = 0, below_n = 0;
    int64_t slack = (int64_t)r->n; /* each rate was rounded */
    for (size_t i = 0; i < d->n; i++) {
        int64_t sum = draw_sum(r, d, i);
        above += sum >= seen - slack;
        below_n += sum <= seen + slack;
    }
    *ret_hits = above < below_n ? above : below_n;
    double p = 2 * (1 + (double)*ret_hits) / (1 + (double)d->n);
    return p < 1 ? p : 1;
}

double stat_relabel_p(struct stat_relabel *r, const double *rate)
{
    double total = 0;
    int64_t seen = 0;
    size_t hits;
    if (r->k == 0)
        return NAN;
    for (size_t i = 0; i < r->n; i++)
        total += rate[i];
    for (size_t i = 0; i < r->n; i++) {
        r->fixed[i] = total > 0 ? llround(rate[i] / total * FIXED_ONE) : 0;
        seen += r->drawn[i] ? r->fixed[i] : 0;
    }
    make_sums(r);
    if (draw(r, &r->first, DRAWS_FIRST) < 0)
        return NAN;
    double p = two_sided(r, &r->first, seen, &hits);
    if (hits > DRAWS_FEW)
        return p;
    return draw(r, &r->more, DRAWS_MORE) < 0 ? NAN : two_sided(r, &r->more, seen, &hits);
}

double stat_permutation(const double *rate, const bool *labelled, size_t n, struct rng *rng)
{
    struct stat_relabel *r;
    if (stat_relabel_new(labelled, n, rng, &r) < 0)
        return NAN;
    double p = stat_relabel_p(r, rate);
    *rng = r->rng;
    stat_relabel_free(r);
    return p;
}

static int double_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct interval stat_bootstrap_ratio(const double *num, const double *den, size_t n, double level,
                                     struct rng *rng)
{
    struct interval ret = {NAN, NAN};
    double drawn[BOOTSTRAP_DRAWS];
    if (n < STAT_CLUSTERS_MIN || n > UINT32_MAX)
        return ret;
    for (size_t i = 0; i < BOOTSTRAP_DRAWS; i++) {
        double a = 0, b = 0;
        for (size_t k = 0; k < n; k++) {
            uint32_t j = below(rng, (uint32_t)n);
            a += num[j];
            b += den[j];
        }
        drawn[i] = b > 0 ? a / b : INFINITY;
    }
    qsort(drawn, BOOTSTRAP_DRAWS, sizeof *drawn, double_compare);
    size_t cut = (size_t)((1 - level) / 2 * BOOTSTRAP_DRAWS);
    ret.lo = drawn[cut];
    ret.hi = drawn[BOOTSTRAP_DRAWS - 1 - cut];
    return ret;
}

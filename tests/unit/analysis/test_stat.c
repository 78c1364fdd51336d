#include <math.h>
#include <stdlib.h>

#include "../cmocka_all.h"
#include "analysis/stat.h"

#define near(a, b, eps) assert_true(fabs((double)(a) - (double)(b)) <= (double)(eps))

/* Known answers: R 4.2 binom.test(7, 20), fisher.test(matrix(c(3,1,1,3),2)) (Fisher's tea), p.adjust(method="BH"). */
static void known_answers(void **state)
{
    struct interval i = stat_proportion(7, 20, 0.95);
    near(i.lo, 0.1539092, 1e-6);
    near(i.hi, 0.5921885, 1e-6);
    i = stat_proportion(0, 10, 0.95);
    near(i.lo, 0, 0);
    near(i.hi, 1 - pow(0.025, 0.1), 1e-9);
    near(stat_fisher(3, 1, 1, 3), 0.4857143, 1e-6);
    near(stat_fisher(0, 30, 30, 0), 2 / 118264581564861424.0, 1e-20);
    near(stat_binomial_ge(9, 10, 0.5), 11.0 / 1024, 1e-12);
    near(stat_binomial_le(1, 10, 0.5), 11.0 / 1024, 1e-12);
    double p[] = {0.01, NAN, 0.04, 0.03, 0.5}, q[5];
    assert_int_equal(stat_false_discovery(p, 5, q), 0);
    near(q[0], 0.04, 1e-12);
    assert_true(isnan(q[1]));
    near(q[2], 0.16 / 3, 1e-12);
    near(q[3], 0.16 / 3, 1e-12);
    near(q[4], 0.5, 1e-12);
    struct ratio r = stat_rate_ratio(10, 2, 0, 1, 1, 0.95);
    assert_true(isinf(r.value) && isinf(r.interval.hi) && r.interval.lo > 0);
}

static unsigned poisson(struct rng *rng, double mean)
{
    unsigned k = 0;
    for (double at = rng_exponential(rng, 1); at < mean; at += rng_exponential(rng, 1))
        k++;
    return k;
}

/* Counts per /24 whose rates vary (gamma of shape 2: the sum of two exponentials), 32 + 32 units, true ratio 2. */
static void ratio_interval_covers(void **state)
{
    struct rng rng = rng_of(1, "coverage");
    int covered = 0, runs = 400;
    for (int run = 0; run < runs; run++) {
        double count[64], exposure[64], sum[2] = {0, 0};
        for (int i = 0; i < 64; i++) {
            double rate = (rng_exponential(&rng, 0.5) + rng_exponential(&rng, 0.5)) * (i < 32 ? 20 : 10);
            exposure[i] = 1;
            count[i] = poisson(&rng, rate);
            sum[i >= 32] += count[i];
        }
        double d = fmax(stat_dispersion(count, exposure, 32), stat_dispersion(count + 32, exposure, 32));
        struct ratio r = stat_rate_ratio(sum[0], 32, sum[1], 32, d, 0.95);
        covered += r.interval.lo <= 2 && r.interval.hi >= 2;
    }
    assert_in_range(covered, runs * 92 / 100, runs);
}

/* The same without an effect: the permutation test rejects as often as it says, whatever the counts' spread. */
static void permutation_holds_its_level(void **state)
{
    struct rng rng = rng_of(2, "null");
    int rejected = 0, runs = 300;
    bool lit[64];
    for (int i = 0; i < 64; i++)
        lit[i] = i < 32;
    for (int run = 0; run < runs; run++) {
        double rate[64];
        for (int i = 0; i < 64; i++)
            rate[i] = poisson(&rng, rng_exponential(&rng, 3)) + (rng_unit(&rng) < 0.02 ? 100 : 0);
        rejected += stat_permutation(rate, lit, 64, &rng) < 0.05;
    }
    assert_in_range(rejected, 1, runs * 9 / 100);
    double planted[64];
    for (int i = 0; i < 64; i++)
        planted[i] = poisson(&rng, 3) + (i < 32 ? 3 : 0);
    assert_true(stat_permutation(planted, lit, 64, &rng) < 0.001);
}

static void bootstrap_covers(void **state)
{
    struct rng rng = rng_of(3, "clusters");
    int covered = 0, runs = 150;
    for (int run = 0; run < runs; run++) {
        double a[40], b[40];
        for (int i = 0; i < 40; i++) {
            double size = rng_exponential(&rng, 30);
            a[i] = poisson(&rng, 1.5 * size);
            b[i] = poisson(&rng, size);
        }
        struct interval i = stat_bootstrap_ratio(a, b, 40, 0.95, &rng);
        covered += i.lo <= 1.5 && i.hi >= 1.5;
    }
    assert_in_range(covered, runs * 86 / 100, runs);
    double few[] = {1, 2};
    assert_true(isnan(stat_bootstrap_ratio(few, few, 2, 0.95, &rng).lo));
}

static void change_point(void **state)
{
    struct rng rng = rng_of(4, "change");
    size_t at[60], split = 0;
    for (size_t i = 0; i < 40; i++)
        at[i] = i;
    assert_true(stat_change_point(at, 40, 1000, &rng, &split) < 0.01);
    assert_int_equal(split, 40);
    int rejected = 0;
    for (int run = 0; run < 100; run++) {
        size_t m = 0;
        for (size_t i = 0; i < 300 && m < 60; i++) {
            if (rng_unit(&rng) < 0.05)
                at[m++] = i;
        }
        rejected += stat_change_point(at, m, 300, &rng, &split) < 0.05;
    }
    assert_in_range(rejected, 0, 12);
    assert_true(isnan(stat_change_point(at, 0, 10, &rng, &split)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(known_answers),
                                       cmocka_unit_test(ratio_interval_covers),
                                       cmocka_unit_test(permutation_holds_its_level),
                                       cmocka_unit_test(bootstrap_covers), cmocka_unit_test(change_point)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Which arm of an experiment a connection meets. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../cmocka_all.h"
#include "base/rng.h"
#include "base/ts.h"
#include "session/arms.h"

enum { SOURCES = 20000 };
static const int64_t NOW_US = INT64_C(1795000000) * 1000000;

static struct arm_plan plan_of(enum experiment_unit unit, int64_t period_us, uint64_t seed)
{
    struct config_experiment x = {.unit = unit, .period_us = period_us, .seed = seed};
    return arm_plan_of(&x, 42);
}

static double chi_square(const unsigned *count, size_t n, double expect)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (count[i] - expect) * (count[i] - expect) / expect;
    return sum;
}

/* 0.999 quantiles of chi-square with n - 1 degrees of freedom. */
static double critical(size_t n)
{
    static const double q[] = {0, 0, 10.83, 13.82, 16.27, 18.47};
    return q[n];
}

static void sources_are_balanced_and_stable(void **state)
{
    for (size_t n = 2; n <= 5; n++) {
        struct arm_plan p = plan_of(EXPERIMENT_SOURCE, 0, n), again = plan_of(EXPERIMENT_SOURCE, 0, n);
        unsigned count[ARMS_MAX] = {0}, consecutive[ARMS_MAX] = {0};
        for (uint32_t i = 0; i < SOURCES; i++) {
            uint32_t src = i * 2654435761u;
            size_t arm = arm_index(&p, n, src, 1, NOW_US, NULL);
            assert_in_range(arm, 0, n - 1);
            assert_int_equal(arm, arm_index(&again, n, src, 99, NOW_US + 30 * TS_DAY_US, NULL));
            count[arm]++;
            consecutive[arm_index(&p, n, 0x0a000000u + i, 1, NOW_US, NULL)]++;
        }
        assert_true(chi_square(count, n, (double)SOURCES / (double)n) < critical(n));
        assert_true(chi_square(consecutive, n, (double)SOURCES / (double)n) < critical(n));
    }
}

/* Another period, another experiment, another installation: independent draws. */
static void draws_are_independent(void **state)
{
    struct arm_plan p = plan_of(EXPERIMENT_SOURCE, TS_DAY_US, 1), other = plan_of(EXPERIMENT_SOURCE, TS_DAY_US, 2);
    unsigned days[4] = {0}, seeds[4] = {0};
    for (uint32_t i = 0; i < SOURCES; i++) {
        size_t a = arm_index(&p, 2, i, 0, NOW_US, NULL);
        days[2 * a + arm_index(&p, 2, i, 0, NOW_US + TS_DAY_US, NULL)]++;
        seeds[2 * a + arm_index(&other, 2, i, 0, NOW_US, NULL)]++;
    }
    assert_true(chi_square(days, 4, SOURCES / 4.0) < 16.27);
    assert_true(chi_square(seeds, 4, SOURCES / 4.0) < 16.27);
}

static void a_source_sees_one_arm_in_a_period(void **state)
{
    struct arm_plan p = plan_of(EXPERIMENT_SOURCE, TS_DAY_US, 1);
    int64_t midnight = NOW_US / TS_DAY_US * TS_DAY_US;
    for (uint32_t i = 0; i < 500; i++) {
        size_t arm = arm_index(&p, 3, i, 0, midnight, NULL);
        for (int64_t h = 1; h < 24; h++)
            assert_int_equal(arm_index(&p, 3, i, (uint32_t)h, midnight + h * TS_HOUR_US, NULL), arm);
    }
}

static void each_block_of_periods_has_every_arm_once(void **state)
{
    struct arm_plan p = plan_of(EXPERIMENT_PERIOD, TS_DAY_US, 9);
    unsigned first[3] = {0};
    for (uint64_t block = 0; block < 300; block++) {
        unsigned count[3] = {0};
        for (uint64_t k = 0; k < 3; k++) {
            size_t arm = arm_index(&p, 3, (uint32_t)block, 7, (int64_t)(block * 3 + k) * TS_DAY_US + 1, NULL);
            count[arm]++;
            first[arm] += k == 0;
        }
        assert_true(count[0] == 1 && count[1] == 1 && count[2] == 1);
    }
    assert_true(chi_square(first, 3, 100) < critical(3));
}

static void points_take_the_arms_in_turn(void **state)
{
    struct config c;
    struct arm_plan p = plan_of(EXPERIMENT_POINT, TS_DAY_US, 5);
    config_init(&c);
    c.n_points = 33;
    c.points = calloc(c.n_points, sizeof *c.points);
    for (size_t i = 0; i < c.n_points; i++)
        c.points[i] = 0x0a4d0000u + (uint32_t)i * 256 + 9;
    unsigned moved = 0;
    for (int64_t day = 0; day < 20; day++) {
        unsigned count[2] = {0};
        for (size_t i = 0; i < c.n_points; i++) {
            size_t arm = arm_index(&p, 2, (uint32_t)day, c.points[i], NOW_US + day * TS_DAY_US, &c);
            count[arm]++;
            moved += arm != arm_index(&p, 2, 77, c.points[i], NOW_US + (day + 1) * TS_DAY_US, &c);
        }
        assert_int_equal(count[0], 17);
        assert_int_equal(count[1], 16);
    }
    assert_in_range(moved, 250, 410); /* of 660: a fresh order each day */
    config_done(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sources_are_balanced_and_stable),
        cmocka_unit_test(draws_are_independent),
        cmocka_unit_test(a_source_sees_one_arm_in_a_period),
        cmocka_unit_test(each_block_of_periods_has_every_arm_once),
        cmocka_unit_test(points_take_the_arms_in_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Orders, crowds and paces. */
#include <math.h>

#include "lab/behaviour/draw.h"
#include "play.h"

static void test_permutation(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {1, 2, 3, 5, 16, 17, 255, 1000, 16384, 70000};
    static uint8_t seen[70000];
    struct rng r = rng_of(1, "test");
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
        struct permutation p = permutation_of(sizes[k], &r);
        memset(seen, 0, sizeof seen);
        for (uint64_t i = 0; i < sizes[k]; i++) {
            uint64_t at = permutation_at(&p, i);
            assert_true(at < sizes[k]);
            assert_int_equal(seen[at]++, 0);
        }
    }
    struct permutation all = permutation_of(UINT64_C(1) << 32, &r);
    assert_true(permutation_at(&all, UINT32_MAX) <= UINT32_MAX);
}

/* Chi-square of the alias table against k^-s: 99 degrees of freedom, 148.2 is passed once in a thousand. */
static void test_crowd(void **state)
{
    (void)state;
    enum { N = 100, DRAWS = 200000 };
    struct behaviour_params params = params_of(1);
    struct rng r = rng_of(1, "test");
    struct crowd c;
    unsigned count[N] = {0};
    assert_int_equal(crowd_init(&c, &params, N, 1.1, &r), 0);
    for (int i = 0; i < DRAWS; i++)
        count[crowd_pick(&c, &r)]++;
    double sum = 0, chi = 0;
    for (int i = 1; i <= N; i++)
        sum += pow(i, -1.1);
    for (int i = 0; i < N; i++) {
        double want = DRAWS * pow(i + 1, -1.1) / sum;
        chi += (count[i] - want) * (count[i] - want) / want;
    }
    assert_true(chi < 148.2);
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < i; k++)
            assert_int_not_equal(c.address[i], c.address[k]);
    crowd_done(&c);
}

/* A prefix smaller than the crowd gives as many as it has. */
static void test_small_prefix(void **state)
{
    (void)state;
    struct behaviour_params params = params_of(1);
    struct rng r = rng_of(1, "test");
    struct crowd c;
    params.sources = (struct ip4_prefix){SOURCES.base | 7, 32};
    assert_int_equal(crowd_init(&c, &params, 50, 1, &r), 0);
    assert_int_equal(c.n, 1);
    assert_int_equal(c.address[0], SOURCES.base | 7);
    crowd_done(&c);
    params.sources.len_bits = 24;
    params.sources.base = SOURCES.base;
    assert_int_equal(crowd_init(&c, &params, 500, 0, &r), 0);
    assert_int_equal(c.n, 254); /* without .0 and .255 */
    crowd_done(&c);
}

static void test_pace(void **state)
{
    (void)state;
    struct rng r = rng_of(1, "test");
    for (int regular = 0; regular < 2; regular++) {
        struct pace p = pace_of(1000, 0, regular);
        int64_t at = 0;
        for (int i = 0; i < 100000; i++)
            at = pace_next(&p, &r, at);
        assert_true(at > 98 * SECOND && at < 102 * SECOND);
    }
    /* After a stall of ten seconds at most PACE_LAG_US of the lost time is caught up: no burst. */
    struct pace p = pace_of(1000, 0, true);
    (void)pace_next(&p, &r, 0);
    int64_t stalled = 10 * SECOND, at = pace_next(&p, &r, stalled);
    int burst = 1;
    while ((at = pace_next(&p, &r, stalled)) <= stalled)
        burst++;
    assert_true(burst < 70);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_permutation),
        cmocka_unit_test(test_crowd),
        cmocka_unit_test(test_small_prefix),
        cmocka_unit_test(test_pace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

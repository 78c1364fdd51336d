#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../cmocka_all.h"
#include "config/points.h"

static const struct ip4_prefix slash18 = {0x0a4d0000, 18};

static void one_per_24_and_repeatable(void **state)
{
    struct points_draw draw = {.count = 32, .one_per_bits = 24, .seed = 7};
    uint32_t *a = NULL, *b = NULL, *c = NULL;
    assert_int_equal(points_draw(&slash18, 1, &draw, &a, NULL), 0);
    assert_int_equal(points_draw(&slash18, 1, &draw, &b, NULL), 0);
    draw.seed = 8;
    assert_int_equal(points_draw(&slash18, 1, &draw, &c, NULL), 0);
    assert_memory_equal(a, b, 32 * sizeof *a);
    assert_memory_not_equal(a, c, 32 * sizeof *a);
    for (size_t i = 0; i < 32; i++) {
        assert_true(ip4_in(a[i], slash18));
        assert_true((a[i] & 255) != 0 && (a[i] & 255) != 255);
        assert_true(i == 0 || a[i] >> 8 > a[i - 1] >> 8); /* another /24, ascending */
    }
    free(a);
    free(b);
    free(c);
}

static void every_24_is_as_likely(void **state)
{
    size_t hits[64] = {0};
    for (uint64_t seed = 0; seed < 2000; seed++) {
        struct points_draw draw = {.count = 32, .one_per_bits = 24, .seed = seed};
        uint32_t *p = NULL;
        assert_int_equal(points_draw(&slash18, 1, &draw, &p, NULL), 0);
        for (size_t i = 0; i < 32; i++)
            hits[p[i] >> 8 & 63]++;
        free(p);
    }
    /* 2,000 draws of probability 1/2: standard deviation 22.4; 5 of them is 112. */
    for (size_t i = 0; i < 64; i++)
        assert_in_range(hits[i], 1000 - 112, 1000 + 112);
}

static void exclusion_and_shortage(void **state)
{
    struct points_draw draw = {.count = 63, .one_per_bits = 24, .seed = 1, .exclude = {{0x0a4d0000, 24}}, .n_exclude = 1};
    uint32_t *p = NULL;
    assert_int_equal(points_draw(&slash18, 1, &draw, &p, NULL), 0);
    assert_true(p[0] >> 8 != 0x0a4d00);
    free(p);
    p = NULL;
    draw.count = 64;
    struct err err = {""};
    assert_int_equal(points_draw(&slash18, 1, &draw, &p, &err), -ERANGE);
    assert_null(p);
    assert_non_null(strstr(err.text, "only 63"));
}

static void small_prefixes_and_no_rule(void **state)
{
    const struct ip4_prefix nets[] = {{0x0a000000, 30}, {0x0b000010, 32}};
    struct points_draw draw = {.count = 2, .one_per_bits = 24, .seed = 3};
    uint32_t *p = NULL;
    assert_int_equal(points_draw(nets, 2, &draw, &p, NULL), 0);
    assert_true(ip4_in(p[0], nets[0]));
    assert_int_equal(p[1], 0x0b000010);
    free(p);
    draw.one_per_bits = 32;
    draw.count = 4; /* .1 .2 .3 of the /30 (its .0 is left out) and the /32 */
    assert_int_equal(points_draw(nets, 2, &draw, &p, NULL), 0);
    assert_int_equal(p[0], 0x0a000001);
    assert_int_equal(p[3], 0x0b000010);
    free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_per_24_and_repeatable), cmocka_unit_test(every_24_is_as_likely),
                                       cmocka_unit_test(exclusion_and_shortage), cmocka_unit_test(small_prefixes_and_no_rule)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "../cmocka_all.h"
#include "figure/raster.h"

static double luminance(struct colour c)
{
    const double v[] = {c.r, c.g, c.b}, weight[] = {0.2126, 0.7152, 0.0722};
    double sum = 0;
    for (int i = 0; i < 3; i++)
        sum += weight[i] * (v[i] <= 0.04045 ? v[i] / 12.92 : pow((v[i] + 0.055) / 1.055, 2.4));
    return sum;
}

/* WCAG contrast of a lone packet with white, and a ramp that only ever gets darker: readable in greyscale. */
static void ramp(void **state)
{
    assert_true(1.05 / (luminance(raster_ramp(1, 1)) + 0.05) >= 2.8);
    double before = 2;
    for (double v = 1; v <= 1000; v *= 1.5) {
        double now = luminance(raster_ramp(v, 1000));
        assert_true(now < before);
        before = now;
    }
    assert_true(luminance(raster_ramp(5000, 1000)) <= before + 1e-9);
    assert_true(luminance(raster_ramp(1, 1000)) == luminance(raster_ramp(1, 1)));
}

static void stamps(void **state)
{
    struct raster r;
    assert_int_equal(raster_init(&r, 20, 10), 0);
    r.radius_px = 2;
    raster_stamp(&r, 5.5, 5.5, 1);
    size_t lit = 0;
    for (size_t i = 0; i < 200; i++)
        lit += r.count[i] == 1;
    assert_int_equal(lit, 21); /* a disk of radius 2 */
    raster_stamp(&r, 5.5, 5.5, 2);
    assert_int_equal(raster_max(&r), 3);
    raster_stamp(&r, 5.5, 5.5, UINT32_MAX);
    assert_int_equal(raster_max(&r), UINT32_MAX);
    raster_stamp(&r, -1, -1, 1); /* cut at the edge */
    raster_stamp(&r, 1e6, 1e6, 1);
    assert_int_equal(r.count[0], 1);
    raster_done(&r);
    assert_int_equal(raster_init(&r, 0, 10), -EINVAL);
    assert_int_equal(raster_init(&r, RASTER_SIDE_MAX + 1, 10), -EINVAL);
}

static void radius(void **state)
{
    struct raster r;
    assert_int_equal(raster_init(&r, 1000, 1000), 0);
    assert_int_equal(raster_radius(&r, 0, 2, 5), 5);
    assert_int_equal(raster_radius(&r, 1, 2, 5), 5);
    assert_int_equal(raster_radius(&r, 10000000, 2, 5), 2);
    raster_done(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ramp), cmocka_unit_test(stamps),
                                       cmocka_unit_test(radius)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

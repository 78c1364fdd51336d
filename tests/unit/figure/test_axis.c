#include <math.h>
#include <string.h>

#include "../cmocka_all.h"
#include "base/ts.h"
#include "figure/axis.h"

static int64_t at(const char *text)
{
    int64_t ret = 0;
    assert_int_equal(ts_parse(text, &ret, NULL), 0);
    return ret;
}

/* Round steps, inside the range, never too many, labels that tell them apart. */
static void time_ticks(void **state)
{
    static const struct {
        const char *from, *until, *first, *label;
    } cases[] = {{"2013-04-10 01:00", "2013-04-25 22:00", "2013-04-11", "04-11"},
                 {"2013-04-10 09:30:02", "2013-04-10 09:32:40", "2013-04-10 09:30:30", "09:30:30"},
                 {"2013-04-10 09:31", "2013-04-10 15:00", "2013-04-10 10:00", "10:00"},
                 {"2013-04-10 09:30:02.1", "2013-04-10 09:30:03.3", "2013-04-10 09:30:02.5", "09:30:02.5"},
                 {"2013-01-05", "2016-01-01", "", ""}};
    struct axis_tick ticks[AXIS_TICKS_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t n = axis_time(at(cases[i].from), at(cases[i].until), 9, ticks);
        assert_in_range(n, 2, 9);
        if (cases[i].first[0]) {
            assert_true(ticks[0].at == (double)at(cases[i].first));
            assert_string_equal(ticks[0].label, cases[i].label);
        }
        for (size_t k = 1; k < n; k++) {
            assert_true(ticks[k].at > ticks[k - 1].at && ticks[k].at <= (double)at(cases[i].until));
            assert_string_not_equal(ticks[k].label, ticks[k - 1].label);
        }
    }
}

static void time_bounds(void **state)
{
    struct axis_tick ticks[AXIS_TICKS_MAX];
    assert_in_range(axis_time(0, 1000, 9, ticks), 2, 2);
    assert_in_range(axis_time(0, INT64_C(1) << 60, 9, ticks), 0, AXIS_TICKS_MAX);
    assert_in_range(axis_time(5, 5, 9, ticks), 0, 1);
}

static void powers(void **state)
{
    struct axis_tick ticks[AXIS_TICKS_MAX];
    assert_int_equal(axis_log(0.1, 1000000, ticks), 8);
    assert_string_equal(ticks[0].label, "0.1");
    assert_string_equal(ticks[4].label, "1k");
    assert_string_equal(ticks[7].label, "1M");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(time_ticks), cmocka_unit_test(time_bounds),
                                       cmocka_unit_test(powers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

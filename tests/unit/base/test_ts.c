#include <errno.h>

#include "../cmocka_all.h"
#include "base/ts.h"

static void parse_and_format(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"2013-04-17", "2013-04-17T00:00:00.000000Z"},
        {"2013-04-17 09:30", "2013-04-17T09:30:00.000000Z"},
        {"2013-04-17T09:30:05.25Z", "2013-04-17T09:30:05.250000Z"},
        {"@1366191000", "2013-04-17T09:30:00.000000Z"},
        {"@-0.5", "1969-12-31T23:59:59.500000Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t ts;
        char text[TS_TEXT_MAX];
        assert_int_equal(ts_parse(cases[i].in, &ts, NULL), 0);
        assert_string_equal(ts_format(ts, text), cases[i].out);
    }
}

static void refuses(void **state)
{
    static const char *const bad[] = {"", "now", "2013-04", "2013-13-01", "2013-04-31x", "2013-04-17T", "2013-04-17T25:00",
                                      "2013-04-17T10:61", "@", "@12x", "@1e99"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t ts = 7;
        assert_int_equal(ts_parse(bad[i], &ts, NULL), -EINVAL);
        assert_int_equal(ts, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(parse_and_format), cmocka_unit_test(refuses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

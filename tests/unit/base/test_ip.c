#include <errno.h>
#include <string.h>

#include "../cmocka_all.h"
#include "base/ip.h"

static void prefix_good(void **state)
{
    struct ip4_prefix p;
    char text[IP4_TEXT_MAX];
    assert_int_equal(ip4_prefix_parse("10.77.0.0/18", &p, NULL), 0);
    assert_int_equal(p.base, 0x0a4d0000);
    assert_int_equal(p.len_bits, 18);
    assert_int_equal(ip4_prefix_size(p), 16384);
    assert_true(ip4_in(0x0a4d3fff, p));
    assert_false(ip4_in(0x0a4d4000, p));
    assert_string_equal(ip4_prefix_format(p, text), "10.77.0.0/18");
    assert_int_equal(ip4_prefix_parse("0.0.0.0/0", &p, NULL), 0);
    assert_true(ip4_in(0xffffffff, p));
    assert_int_equal(ip4_prefix_parse("255.255.255.255", &p, NULL), 0);
    assert_int_equal(p.len_bits, 32);
    assert_string_equal(ip4_prefix_format(p, text), "255.255.255.255/32");
}

static void prefix_bad(void **state)
{
    static const char *const bad[] = {"", "10.77.0.0/", "10.77.0.0/33", "10.77.0.0/-1", "10.77.0.0/ 8", "10.77.0/18",
                                      "10.77.0.0/18x", "10.77.0.256/32", "10.77.0.0.0/8", "::/0", "010.1.1.1/32/2"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct ip4_prefix p = {7, 7};
        struct err err = {""};
        assert_int_equal(ip4_prefix_parse(bad[i], &p, &err), -EINVAL);
        assert_int_equal(p.base, 7);
        assert_true(strlen(err.text) > 0);
    }
}

static void prefix_host_bits_name_the_prefix_meant(void **state)
{
    struct ip4_prefix p;
    struct err err = {""};
    assert_int_equal(ip4_prefix_parse("10.77.3.1/18", &p, &err), -EINVAL);
    assert_non_null(strstr(err.text, "10.77.0.0/18"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(prefix_good), cmocka_unit_test(prefix_bad),
                                       cmocka_unit_test(prefix_host_bits_name_the_prefix_meant)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

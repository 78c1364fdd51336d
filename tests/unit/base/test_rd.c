#include <string.h>

#include "../cmocka_all.h"
#include "base/rd.h"

static void reads_in_order(void **state)
{
    static const uint8_t b[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17};
    struct rd r = rd_of(b, sizeof b);
    assert_int_equal(rd_u8(&r), 1);
    assert_int_equal(rd_be16(&r), 0x0203);
    assert_int_equal(rd_be32(&r), 0x04050607);
    assert_int_equal(rd_le24(&r), 0x0a0908);
    assert_int_equal(rd_le32(&r), 0x0e0d0c0b);
    struct rd sub = rd_sub(&r, 2);
    assert_int_equal(rd_left(&sub), 2);
    assert_int_equal(rd_le16(&sub), 0x100f);
    assert_int_equal(rd_left(&r), 1);
    assert_false(r.bad);
}

static void past_the_end_sticks(void **state)
{
    uint8_t *volatile b = test_malloc(3); /* on the heap, so that a sanitizer sees the byte after it */
    memcpy(b, "\1\2\3", 3);
    for (size_t n = 0; n <= 3; n++) {
        struct rd r = rd_of(b, n);
        assert_int_equal(rd_be32(&r), 0);
        assert_true(r.bad);
        assert_int_equal(rd_u8(&r), 0); /* though a byte may be left */
        assert_null(rd_take(&r, 0));
    }
    struct rd r = rd_of(b, 3);
    assert_null(rd_take(&r, UINT64_MAX)); /* a length that would wrap a pointer */
    assert_true(r.bad);
    struct rd r2 = rd_of(b, 3);
    struct rd sub = rd_sub(&r2, 4);
    assert_true(sub.bad && r2.bad);
    test_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_in_order), cmocka_unit_test(past_the_end_sticks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

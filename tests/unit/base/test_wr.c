#include <string.h>

#include "../cmocka_all.h"
#include "base/wr.h"

static void writes_in_order(void **state)
{
    struct wr w = wr_of(64);
    wr_u8(&w, 1);
    wr_be16(&w, 0x0203);
    wr_be32(&w, 0x04050607);
    wr_le24(&w, 0x0a0908);
    wr_le32(&w, 0x0e0d0c0b);
    wr_fmt(&w, "%d", 42);
    static const uint8_t want[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, '4', '2'};
    assert_false(w.bad);
    assert_int_equal(w.len, sizeof want);
    assert_memory_equal(w.bytes, want, sizeof want);
    wr_done(&w);
}

static void never_passes_its_maximum(void **state)
{
    struct wr w = wr_of(300);
    char big[250];
    memset(big, 'x', sizeof big);
    wr_bytes(&w, big, sizeof big);
    assert_false(w.bad);
    wr_bytes(&w, big, 51);
    assert_true(w.bad);
    assert_int_equal(w.len, 250);
    wr_u8(&w, 1); /* sticks */
    assert_int_equal(w.len, 250);
    wr_clear(&w);
    char text[700];
    memset(text, 'y', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    wr_fmt(&w, "%s", text);
    assert_true(w.bad);
    wr_done(&w);
    struct wr w2 = wr_of(2000);
    wr_fmt(&w2, "%s", text); /* longer than the small buffer inside */
    assert_false(w2.bad);
    assert_int_equal(w2.len, 699);
    assert_int_equal(w2.bytes[698], 'y');
    wr_done(&w2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(writes_in_order), cmocka_unit_test(never_passes_its_maximum)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

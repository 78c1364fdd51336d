#include <string.h>

#include "../cmocka_all.h"
#include "header/hdr.h"

struct known {
    const char *bytes;
    size_t n;
    const char *text;
};
/* What Linux, Windows, zmap and nmap send, then what nobody should. */
static const struct known known[] = {
    {"", 0, ""},
    {"\x02\x04\x05\xb4", 4, "M1460"},
    {"\x02\x04\x05\xb4\x04\x02\x08\x0a\x01\x02\x03\x04\x05\x06\x07\x08\x01\x03\x03\x07", 20, "M1460,S,T,N,W7"},
    {"\x02\x04\x05\xb4\x01\x03\x03\x08\x01\x01\x04\x02", 12, "M1460,N,W8,N,N,S"},
    {"\x01\x01\x05\x12\1\1\1\1\2\2\2\2\3\3\3\3\4\4\4\4", 20, "N,N,K2"},
    {"\x22\x02\x00\x00", 4, "F,E"},
    {"\xfd\x04\xf9\x89\x00\x55\x55\x55", 8, "?253,E"},
    {"\x01\x02\x04\x05", 4, "N,!"},     /* the value is cut */
    {"\x03\x00\x01\x01", 4, "!"},       /* length 0 would never end */
    {"\x03\x01\x01\x01", 4, "!"},
    {"\x02\x03\x05\x01", 4, "!"},       /* an MSS of one byte */
    {"\x05\x09\1\2\3\4\5\6\7", 9, "!"}, /* SACK of 7 bytes */
    {"\x08", 1, "!"},
};

static void texts(void **state)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char text[HDR_OPTIONS_TEXT_MAX];
        size_t n = hdr_options_text((const uint8_t *)known[i].bytes, known[i].n, text);
        assert_string_equal(text, known[i].text);
        assert_int_equal(n, strlen(text));
    }
}

/* 40 bytes of every kind of option, in every kind of disorder, stay inside the text and keep their text as layout. */
static void layouts_keep_the_text(void **state)
{
    uint32_t x = 1;
    for (int round = 0; round < 20000; round++) {
        uint8_t options[HDR_OPTIONS_MAX];
        size_t n = (size_t)(round % (HDR_OPTIONS_MAX + 1));
        for (size_t i = 0; i < n; i++) {
            x = x * 1664525u + 1013904223u;
            options[i] = (uint8_t)(round & 1 ? x >> 24 : (x >> 24) % 11);
        }
        char before[HDR_OPTIONS_TEXT_MAX], after[HDR_OPTIONS_TEXT_MAX];
        (void)hdr_options_text(options, n, before);
        hdr_options_layout(options, n);
        (void)hdr_options_text(options, n, after);
        assert_string_equal(before, after);
    }
    uint8_t longest[HDR_OPTIONS_MAX];
    for (size_t i = 0; i < sizeof longest; i += 2)
        longest[i] = 255, longest[i + 1] = 2;
    char text[HDR_OPTIONS_TEXT_MAX];
    assert_int_equal(hdr_options_text(longest, sizeof longest, text), 20 * 5 - 1);
}

static void layouts_drop_the_values(void **state)
{
    uint8_t a[] = "\x02\x04\x05\xb4\x04\x02\x08\x0a\x01\x02\x03\x04\x05\x06\x07\x08\x01\x03\x03\x07";
    static const uint8_t want[] = "\x02\x04\x05\xb4\x04\x02\x08\x0a\0\0\0\0\0\0\0\0\x01\x03\x03\x07";
    hdr_options_layout(a, 20);
    assert_memory_equal(a, want, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(texts), cmocka_unit_test(layouts_keep_the_text),
                                       cmocka_unit_test(layouts_drop_the_values)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

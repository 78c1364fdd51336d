#include <stdlib.h>
#include <string.h>

#include "../cmocka_all.h"
#include "report/html.h"

static char *escaped(const char *text)
{
    char *out = NULL;
    size_t n;
    FILE *f = open_memstream(&out, &n);
    html_text(f, text);
    (void)fclose(f);
    return out;
}

static void escapes(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {{"<script>alert('x')</script>", "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"},
                 {"\" onerror=\"x", "&quot; onerror=&quot;x"},
                 {"a&b", "a&amp;b"},
                 {"\x1b[0m\r\n", "\\x1b[0m\\x0d\\x0a"},
                 {"caf\xc3\xa9 \xf0\x9f\xa6\x8b", "caf\xc3\xa9 \xf0\x9f\xa6\x8b"},
                 {"\xff\xc0\xbc\xed\xa0\x80",
                  "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
                 {"cut \xe2\x82", "cut \xef\xbf\xbd\xef\xbf\xbd"},
                 {"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *out = escaped(cases[i].in);
        assert_string_equal(out, cases[i].out);
        free(out);
    }
}

/* RFC 4648 section 10. */
static void base64(void **state)
{
    static const char *const want[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
    for (size_t i = 0; i < 7; i++) {
        char *out = NULL, full[64];
        size_t n;
        FILE *f = open_memstream(&out, &n);
        html_data_uri(f, "text/plain", "foobar", i);
        (void)fclose(f);
        (void)snprintf(full, sizeof full, "data:text/plain;base64,%s", want[i]);
        assert_string_equal(out, full);
        free(out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(escapes), cmocka_unit_test(base64)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

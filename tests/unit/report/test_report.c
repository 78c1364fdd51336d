#include <stdlib.h>
#include <string.h>

#include "memory_store.h"

#include "../cmocka_all.h"
#include "report/report.h"

static struct config config = {.n_darknet = 1, .darknet = {{0x0a4d0000, 18}}};

static char *page(struct store *s, const struct report_options *options)
{
    struct analysis_params params = {.config = &config, .seed = 1};
    struct err err = {""};
    char *out = NULL;
    size_t n;
    FILE *f = open_memstream(&out, &n);
    if (report_write(s, &params, options, f, &err) < 0)
        fail_msg("%s", err.text);
    (void)fclose(f);
    return out;
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *p = text; (p = strstr(p, what)); p += strlen(what))
        n++;
    return n;
}

/* Self-contained: six pictures inside, no script, nothing fetched; what clients sent stays text. */
static void whole(void **state)
{
    struct store *s = memory_store_open();
    memory_store_plant(s, true);
    memory_store_run(s, "INSERT INTO event SELECT TIMESTAMP '2013-04-11', 'command', 1, 7, ip4('10.77.0.1'), "
                        "3306, 'mysql', 'Query',"
                        " '<img src=x onerror=alert(1)>', '<script>', NULL FROM range(1000)");
    struct report_options options = {"A <b>title</b>", "from a test"};
    char *html = page(s, &options);
    assert_int_equal(count(html, "src=\"data:image/svg+xml;base64,"), 6);
    assert_int_equal(count(html, "<img "), 6);
    assert_int_equal(count(html, "<script"), 0);
    assert_int_equal(
        count(html, "http:") + count(html, "https:") + count(html, "url(") + count(html, "@import"), 0);
    assert_true(count(html, "&lt;img src=x onerror=alert(1)&gt;") > 0);
    assert_true(count(html, "A &lt;b&gt;title&lt;/b&gt;") == 2);
    assert_true(count(html, "Synthetic data") == 1);
    assert_true(count(html, "returns to points, then leaves them out") >= 2);
    assert_true(count(html, "Loss ledger") == 1);
    free(html);
    store_close(s);
}

static void without_effects_the_page_says_so(void **state)
{
    struct store *s = memory_store_open();
    memory_store_plant(s, false);
    struct report_options options = {NULL, NULL};
    char *html = page(s, &options);
    assert_true(count(html, "no effect found") >= 3);
    assert_int_equal(count(html, "sweep the /24 in order after"), 0);
    assert_int_equal(count(html, "leaves them out"), 0);
    free(html);
    store_close(s);
}

static void findings_fit_ten_lines(void **state)
{
    struct analysis_params params = {.config = &config, .seed = 1};
    struct store *s = memory_store_open();
    struct err err = {""};
    for (int planted = 0; planted < 2; planted++) {
        char *out = NULL;
        size_t n;
        FILE *f = open_memstream(&out, &n);
        assert_int_equal(report_findings(s, &params, f, &err), 0);
        (void)fclose(f);
        assert_in_range(count(out, "\n"), 3, 10);
        free(out);
        if (!planted)
            memory_store_plant(s, true);
    }
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(whole),
                                       cmocka_unit_test(without_effects_the_page_says_so),
                                       cmocka_unit_test(findings_fit_ten_lines)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

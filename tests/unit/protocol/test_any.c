#include <string.h>

#include "../cmocka_all.h"
#include "harness.h"
#include "protocol/any.h"

static const char request[] = "GET /admin HTTP/1.1\r\nHost: x\r\n\r\n";

static void keeps_the_first_payload_and_stays_silent(void **state)
{
    struct harness *h = harness_new(&protocol_any, "mysql-5.6.10");
    size_t n;
    harness_open(h);
    harness_feed(h, "\x01\x02", 2);
    harness_feed(h, "\x03", 1);
    assert_int_equal(harness_events(h, "payload"), 0);
    harness_advance(h, 600000);
    assert_int_equal(harness_events(h, "payload"), 1);
    assert_string_equal(harness_text(h, "payload", 0, "payload"), "010203");
    assert_int_equal(harness_int(h, "payload", 0, "len_bytes"), 3);
    assert_string_equal(
        harness_text(h, "payload", 0, "sha256"),
        "039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81"); /* printf | sha256sum */
    harness_feed(h, "later", 5);
    harness_close(h);
    assert_int_equal(harness_events(h, "payload"), 1);
    (void)harness_output(h, &n);
    assert_int_equal(n, 0);
    harness_free(h);
}

static void a_payload_that_is_cut_off_is_kept_too(void **state)
{
    struct harness *h = harness_new(&protocol_any, "mysql-5.6.10");
    harness_open(h);
    harness_feed(h, "x", 1);
    harness_close(h);
    assert_string_equal(harness_text(h, "payload", 0, "payload"), "78");
    harness_open(h);
    harness_close(h);
    assert_int_equal(harness_events(h, NULL), 0);
    harness_free(h);
}

static void answers_http_in_the_personas_words(void **state)
{
    struct harness *h = harness_new(&protocol_any, "mysql-5.6.10");
    size_t n;
    harness_open(h);
    harness_feed(h, request, strlen(request));
    const uint8_t *out = harness_output(h, &n);
    assert_memory_equal(out, "HTTP/1.1 404 Not Found\r\n", 24);
    assert_non_null(memmem(out, n, "\r\nServer: Microsoft-IIS/7.5\r\n", 29));
    assert_string_equal(harness_reason(h), "server");
    assert_string_equal(harness_text(h, "answer", 0, "version"), "Microsoft-IIS/7.5");
    harness_every_split(h, request, strlen(request), NULL);
    harness_every_prefix(h, request, strlen(request));
    harness_free(h);
}

static void a_large_payload_is_a_sample_and_bounded(void **state)
{
    struct harness *h = harness_new(&protocol_any, "mysql-5.6.10");
    static uint8_t big[300 * 1024];
    size_t n;
    memset(big, 0x90, sizeof big);
    harness_open(h);
    harness_feed(h, big, sizeof big);
    assert_int_equal(harness_int(h, "payload", 0, "len_bytes"), 256 * 1024);
    assert_int_equal(strlen(harness_text(h, "payload", 0, "payload")), 2 * 4096);
    assert_non_null(harness_sample(h, 0, &n));
    assert_int_equal(n, 256 * 1024);
    assert_string_equal(harness_text(h, "sample", 0, "sha256"), harness_text(h, "payload", 0, "sha256"));
    assert_true(harness_is_open(h));
    harness_free(h);
}

static void greets_where_a_server_speaks_first(void **state)
{
    struct harness *h = harness_new(&protocol_any, "mysql-5.6.27");
    size_t n;
    harness_open_from(h, 0, 0, 22);
    const uint8_t *out = harness_output(h, &n);
    assert_memory_equal(out, "SSH-2.0-OpenSSH_6.7p1 Debian-5\r\n", n);
    assert_int_equal(n, 32);
    harness_open_from(h, 0, 0, 4444);
    (void)harness_output(h, &n);
    assert_int_equal(n, 0);
    harness_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_first_payload_and_stays_silent),
        cmocka_unit_test(a_payload_that_is_cut_off_is_kept_too),
        cmocka_unit_test(answers_http_in_the_personas_words),
        cmocka_unit_test(a_large_payload_is_a_sample_and_bounded),
        cmocka_unit_test(greets_where_a_server_speaks_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

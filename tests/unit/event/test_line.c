#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "../cmocka_all.h"
#include "base/rng.h"
#include "event/event.h"

static json_t *last;
static size_t last_bytes;

static void take(void *arg, const char *line, size_t n)
{
    json_error_t error;
    json_decref(last);
    assert_int_equal(line[n - 1], '\n');
    assert_null(memchr(line, '\n', n - 1));
    last = json_loadb(line, n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (!last)
        fail_msg("%.*s: %s", (int)n, line, error.text);
    last_bytes = n;
}

static struct journal *open_memory(uint32_t text_max)
{
    struct journal *j = NULL;
    struct journal_options o = {.store_dir = "", .instance = "t", .text_max_bytes = text_max, .sink = take};
    assert_int_equal(journal_open(&o, &j, NULL), 0);
    return j;
}

static const char *text(const char *key)
{
    return json_string_value(json_object_get(last, key));
}
static json_int_t number(const char *key)
{
    json_t *v = json_object_get(last, key);
    return json_is_integer(v) ? json_integer_value(v) : -1;
}

static void has_the_common_part(void **state)
{
    struct journal *j = open_memory(0);
    struct event_head head = {EVENT_LOGIN,
                              INT64_C(1366191000123456),
                              UINT64_C(9007199254740991),
                              0xc6336407u,
                              0x0a4d0311u,
                              40000,
                              3306,
                              6};
    struct event *e = event_begin(j, &head);
    event_str(e, EVENT_F_SERVICE, "mysql");
    event_str(e, EVENT_F_USER, "root");
    event_bytes(e, EVENT_F_SALT, "\x00\xff\x7f", 3);
    event_int(e, EVENT_F_ACCEPTED, 0);
    event_int(e, EVENT_F_FROM, 0);
    event_int(e, EVENT_F_COUNT, INT64_MIN);
    assert_int_equal(event_end(e), 0);
    assert_string_equal(text("timestamp"), "2013-04-17T09:30:00.123456Z");
    assert_int_equal(number("flow_id"), INT64_C(9007199254740991));
    assert_string_equal(text("event_type"), "login");
    assert_string_equal(text("src_ip"), "198.51.100.7");
    assert_int_equal(number("src_port"), 40000);
    assert_string_equal(text("dest_ip"), "10.77.3.17");
    assert_int_equal(number("dest_port"), 3306);
    assert_string_equal(text("proto"), "TCP");
    assert_string_equal(text("service"), "mysql");
    assert_string_equal(text("app_proto"), "mysql");
    assert_string_equal(text("salt"), "00ff7f");
    assert_int_equal(number("accepted"), 0);
    assert_string_equal(text("ts_from"), "1970-01-01T00:00:00.000000Z");
    assert_int_equal(number("count"), INT64_MIN);
    struct event_head none = {.type = EVENT_COUNTS, .ts_us = 1};
    assert_int_equal(event_end(event_begin(j, &none)), 0);
    assert_int_equal(json_object_size(last), 2); /* what is 0 is left out */
    assert_int_equal(journal_close(j, NULL), 0);
}

/* What a reader must get back: each well-formed character as it is, each other byte as the character of its value. */
static size_t expected(const uint8_t *p, size_t n, char *to)
{
    size_t at = 0, k = 0;
    while (at < n) {
        size_t len = 1;
        char one[8] = {(char)p[at]};
        bool good = p[at] < 0x80;
        for (len = 2; !good && len <= 4 && at + len <= n; len++) { /* jansson is the judge of UTF-8 */
            memcpy(one, p + at, len);
            json_t *s = json_stringn(one, len);
            good = s != NULL;
            json_decref(s);
            if (good)
                break;
        }
        if (p[at] < 0x80)
            len = 1;
        if (good) {
            memcpy(to + k, p + at, len);
            k += len;
            at += len;
        } else {
            to[k++] = (char)(0xc0 | p[at] >> 6);
            to[k++] = (char)(0x80 | (p[at] & 0x3f));
            at++;
        }
    }
    return k;
}

static void any_bytes_become_valid_json(void **state)
{
    struct journal *j = open_memory(0);
    struct rng rng = rng_of(7, "line");
    struct event_head head = {.type = EVENT_COMMAND, .ts_us = 1};
    static const char *const pieces[] = {"\xc3\xa9",
                                         "\xe2\x82\xac",
                                         "\xf0\x9f\x90\x9b",
                                         "\xed\xa0\x80",
                                         "\xc0\xaf",
                                         "\xf5\x80\x80\x80",
                                         "\xe0\x80\x80",
                                         "\"",
                                         "\\",
                                         "\x7f",
                                         "\xf4\x90\x80\x80",
                                         "\xff"};
    for (int round = 0; round < 20000; round++) {
        uint8_t bytes[64];
        char want[256];
        size_t n = rng_below(&rng, 40);
        for (size_t i = 0; i < n; i++)
            bytes[i] = (uint8_t)rng_below(&rng, 256);
        const char *piece = pieces[rng_below(&rng, sizeof pieces / sizeof *pieces)];
        memcpy(bytes + n, piece, strlen(piece));
        n += strlen(piece);
        struct event *e = event_begin(j, &head);
        event_text(e, EVENT_F_TEXT, bytes, n);
        assert_int_equal(event_end(e), 0);
        json_t *got = json_object_get(last, "text");
        size_t n_want = expected(bytes, n, want);
        assert_int_equal(json_string_length(got), n_want);
        assert_memory_equal(json_string_value(got), want, n_want);
    }
    assert_int_equal(journal_close(j, NULL), 0);
}

static void cuts_at_the_cap_and_says_so(void **state)
{
    struct journal *j = open_memory(10);
    struct event_head head = {.type = EVENT_COMMAND, .ts_us = 1};
    struct event *e = event_begin(j, &head);
    event_str(e, EVENT_F_TEXT, "123456789\xe2\x82\xac tail");
    assert_int_equal(event_end(e), 0);
    assert_string_equal(text("text"), "123456789"); /* no half character */
    assert_int_equal(number("len_bytes"), 17);
    e = event_begin(j, &head);
    event_str(e, EVENT_F_TEXT, "1234567890");
    assert_int_equal(event_end(e), 0);
    assert_string_equal(text("text"), "1234567890");
    assert_int_equal(number("len_bytes"), -1);
    e = event_begin(j, &head);
    event_int(e, EVENT_F_LEN, 99);
    event_bytes(e, EVENT_F_PAYLOAD, "abcdefghijklmn", 14);
    event_str(e, EVENT_F_USER, "first");
    event_str(e, EVENT_F_USER, "second");
    assert_int_equal(event_end(e), 0);
    assert_string_equal(text("payload"), "6162636465666768696a");
    assert_int_equal(number("len_bytes"), 99);
    assert_string_equal(text("user"), "first");
    assert_int_equal(journal_close(j, NULL), 0);
}

static void a_line_is_bounded(void **state)
{
    struct journal *j = open_memory(1u << 20);
    size_t n = 300 * 1024;
    char *big = malloc(n);
    memset(big, 'x', n);
    struct event_head head = {.type = EVENT_COMMAND, .ts_us = 1};
    struct event *e = event_begin(j, &head);
    event_text(e, EVENT_F_TEXT, big, n);
    assert_int_equal(event_end(e), -EMSGSIZE);
    assert_int_equal(journal_lost(j), 1);
    e = event_begin(j, &head);
    event_str(e, EVENT_F_TEXT, "next");
    assert_int_equal(event_end(e), 0);
    assert_string_equal(text("text"), "next");
    free(big);
    assert_int_equal(journal_close(j, NULL), 0);
}

static void refuses_a_bad_instance(void **state)
{
    static const char *const bad[] = {"", "A", "a/b", "..", "a.b", "123456789012345678901234567890123"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct journal *j = NULL;
        struct journal_options o = {.store_dir = "", .instance = bad[i], .sink = take};
        assert_int_equal(journal_open(&o, &j, NULL), -EINVAL);
        assert_null(j);
    }
}

static int last_free(void **state)
{
    json_decref(last);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_the_common_part),         cmocka_unit_test(any_bytes_become_valid_json),
        cmocka_unit_test(cuts_at_the_cap_and_says_so), cmocka_unit_test(a_line_is_bounded),
        cmocka_unit_test(refuses_a_bad_instance),
    };
    return cmocka_run_group_tests(tests, NULL, last_free);
}

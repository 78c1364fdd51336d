/* Greeting, login and the paper's table 1, byte by byte as real servers of each line send them (the replies of 5.1.63 and
 * 5.6.27 that were recorded, with the version exchanged; shared by every emulation of the service). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../cmocka_all.h"
#include "harness.h"

static const char login_root[] = "\x22\x00\x00\x01\x05\xa6\x03\x00\x00\x00\x00\x01\x21\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
                                 "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00root";

/* HandshakeResponse41 of `user` with a response of n bytes. */
static size_t make_login(uint8_t *to, const char *user, const void *response, uint8_t n)
{
    size_t user_len = strlen(user) + 1, len = 32 + user_len + 1 + n;
    memset(to, 0, 4 + len);
    to[0] = (uint8_t)len;
    to[3] = 1;
    memcpy(to + 4, login_root + 4, 9);
    memcpy(to + 36, user, user_len);
    to[36 + user_len] = n;
    if (n)
        memcpy(to + 37 + user_len, response, n);
    return 4 + len;
}

static size_t make_query(uint8_t *to, const char *text)
{
    size_t len = strlen(text) + 1;
    to[0] = (uint8_t)len;
    to[1] = to[2] = to[3] = 0;
    to[4] = 3;
    memcpy(to + 5, text, len - 1);
    return 4 + len;
}

/* Each packet of the output: its payload as hex, joined by spaces. */
static void packets(const struct harness *h, char *ret, size_t size)
{
    size_t n, used = 0;
    const uint8_t *b = harness_output(h, &n);
    ret[0] = '\0';
    for (size_t at = 0; at + 4 <= n;) {
        size_t len = (size_t)b[at] | (size_t)b[at + 1] << 8 | (size_t)b[at + 2] << 16;
        at += 4;
        assert_true(at + len <= n);
        if (used)
            used += (size_t)snprintf(ret + used, size - used, " ");
        for (size_t i = 0; i < len; i++)
            used += (size_t)snprintf(ret + used, size - used, "%02x", (unsigned)b[at + i]);
        at += len;
    }
}

static struct harness *connect_to(const char *persona, bool login)
{
    struct harness *h = harness_new(protocol_find("mysql"), persona);
    harness_open(h);
    if (login) {
        uint8_t packet[256];
        harness_forget(h);
        harness_feed(h, packet, make_login(packet, "root", NULL, 0));
        char got[256];
        packets(h, got, sizeof got);
        assert_string_equal(got, "00000002000000");
        harness_forget(h);
    }
    return h;
}

static void greeting_is_its_versions(void **state)
{
    static const struct {
        const char *persona, *version;
        size_t payload;
    } cases[] = {{"mysql-5.1.54", "5.1.54", 46 + 6}, {"mysql-5.6.10", "5.6.10", 74}, {"paper", "5.6.10", 74}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct harness *h = connect_to(cases[i].persona, false);
        size_t n;
        const uint8_t *b = harness_output(h, &n);
        assert_int_equal(n, 4 + cases[i].payload);
        assert_int_equal(b[0], cases[i].payload);
        assert_int_equal(b[3], 0);
        assert_int_equal(b[4], 10);
        assert_string_equal((const char *)b + 5, cases[i].version);
        size_t at = 5 + strlen(cases[i].version) + 1;
        uint32_t id = b[at] | (uint32_t)b[at + 1] << 8 | (uint32_t)b[at + 2] << 16 | (uint32_t)b[at + 3] << 24;
        uint8_t salt[8];
        memcpy(salt, b + at + 4, 8);
        assert_memory_equal(b + at + 12, "\0\xff\xf7\x08\x02\0", 6);
        assert_string_equal(harness_text(h, "answer", 0, "version"), cases[i].version);
        harness_open(h); /* the next connection: the id rises by one, the salt is another */
        b = harness_output(h, &n);
        assert_int_equal(b[at] | (uint32_t)b[at + 1] << 8 | (uint32_t)b[at + 2] << 16 | (uint32_t)b[at + 3] << 24, id + 1);
        assert_memory_not_equal(b + at + 4, salt, 8);
        harness_free(h);
    }
}

static void only_root_without_a_password_gets_in(void **state)
{
    uint8_t packet[256], response[20];
    memset(response, 0x5a, sizeof response);
    static const char *const users[] = {"root", "admin", "nobody-has-this-name", ""};
    for (size_t i = 0; i < 4; i++) {
        for (int with = 0; with < 2; with++) {
            struct harness *h = connect_to("mysql-5.6.10", false);
            harness_forget(h);
            harness_feed(h, packet, make_login(packet, users[i], response, with ? 20 : 0));
            bool in = i == 0 && !with;
            size_t n;
            const uint8_t *b = harness_output(h, &n);
            assert_int_equal(b[4], in ? 0x00 : 0xff);
            assert_int_equal(harness_int(h, "login", 0, "accepted"), in);
            assert_int_equal(harness_is_open(h), in);
            if (!in) {
                char want[128];
                (void)snprintf(want, sizeof want, "#28000Access denied for user '%s'@'198.51.100.7' (using password: %s)",
                               users[i], with ? "YES" : "NO");
                assert_memory_equal(b + 5, "\x15\x04", 2);
                assert_memory_equal(b + 7, want, strlen(want));
            }
            if (with && i < 3) /* the form that hashcat reads: salt and response, 40 hex digits each */
                assert_int_equal(strlen(harness_text(h, "login", 0, "hashcat")), 9 + 40 + 1 + 40);
            harness_free(h);
        }
    }
}

struct expect {
    const char *statement, *reply;
};

static void check_replies(const char *persona, const struct expect *list, size_t n)
{
    struct harness *h = connect_to(persona, true);
    for (size_t i = 0; i < n; i++) {
        uint8_t packet[256];
        char got[1024];
        harness_feed(h, packet, make_query(packet, list[i].statement));
        packets(h, got, sizeof got);
        if (strcmp(got, list[i].reply) != 0)
            fail_msg("%s: %s\n  got    %s\n  wanted %s", persona, list[i].statement, got, list[i].reply);
        harness_forget(h);
    }
    harness_free(h);
}

/* "ERR code #state text" as hex is long: these are the recorded packets with the name exchanged where it differs. */
#define NO_DB         "ff16042333443030304e6f2064617461626173652073656c6563746564"
#define NOT_IN_MYSQL  "ff190523343230303046554e4354494f4e206d7973716c2e636d647368656c6c20646f6573206e6f74206578697374"
#define NO_UDF        "ff190523343230303046554e4354494f4e20285544462920636d647368656c6c20646f6573206e6f74206578697374"
#define PAPERS        "ff190523343230303046554e4354494f4e285544462920636d647368656c6c20646f6573206e6f74206578697374"
#define VERSION_HEAD  "01 036465660000000976657273696f6e2829000c210012000000fd01001f0000 fe00000000 "

static void table_1(void **state)
{
    static const struct expect mysql51[] = {{"set autocommit=0", "00000000000000"},
                                            {"select version()", VERSION_HEAD "06352e312e3534 fe00000000"},
                                            {"drop function cmdshell", NO_DB},
                                            {"use mysql", "00000000000000"},
                                            {"drop function cmdshell", NOT_IN_MYSQL}};
    static const struct expect mysql56[] = {{"set autocommit=0", "00000000000000"},
                                            {"select version()", VERSION_HEAD "06352e362e3130 fe00000000"},
                                            {"drop function cmdshell", NO_UDF},
                                            {"use mysql", "00000000000000"},
                                            {"drop function cmdshell", NOT_IN_MYSQL}};
    static const struct expect paper[] = {{"set autocommit=0", "00000000000000"},
                                          {"drop function cmdshell", PAPERS},
                                          {"use mysql", "00000000000000"},
                                          {"drop function cmdshell", PAPERS}};
    check_replies("mysql-5.1.54", mysql51, 5);
    check_replies("mysql-5.6.10", mysql56, 5);
    check_replies("paper", paper, 4);
}

/* However the bytes arrive, the answers are the same; a connection that is cut anywhere ends cleanly. */
static void splits_and_prefixes(void **state)
{
    uint8_t all[512];
    size_t n = make_login(all, "root", NULL, 0);
    n += make_query(all + n, "set autocommit=0");
    n += make_query(all + n, "select version()");
    n += make_query(all + n, "use mysql");
    char whole[2048], got[2048];
    struct harness *h = connect_to("mysql-5.6.10", false);
    harness_forget(h);
    harness_feed(h, all, n);
    packets(h, whole, sizeof whole);
    assert_true(strlen(whole) > 100);
    for (size_t cut = 1; cut < n; cut++) {
        harness_open(h);
        harness_forget(h);
        harness_feed(h, all, cut);
        harness_feed(h, all + cut, n - cut);
        packets(h, got, sizeof got);
        assert_string_equal(got, whole);
        harness_open(h);
        harness_feed(h, all, cut);
        harness_close(h);
        assert_false(harness_is_open(h));
    }
    harness_free(h);
}

static void hostile_packets(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
    } cases[] = {
        {"\x00\x00\x00\x01", 4},                     /* empty login */
        {"\x01\x00\x00\x01\x00", 5},                 /* one byte */
        {"\x05\x00\x00\x07\x00\x00\x00\x00\x00", 9}, /* out of sequence */
        {"\xff\xff\xff\x01", 4},                     /* 16 MB announced */
        {"\x20\x00\x00\x01\x05\xa6\x03\x00", 8},     /* cut */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct harness *h = connect_to("mysql-5.6.10", false);
        harness_forget(h);
        harness_feed(h, cases[i].bytes, cases[i].n);
        harness_close(h);
        assert_false(harness_is_open(h));
        for (size_t k = 0; k < harness_events(h, "login"); k++)
            assert_int_equal(harness_int(h, "login", k, "accepted"), 0);
        harness_free(h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(greeting_is_its_versions), cmocka_unit_test(only_root_without_a_password_gets_in),
        cmocka_unit_test(table_1),                  cmocka_unit_test(splits_and_prefixes),
        cmocka_unit_test(hostile_packets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

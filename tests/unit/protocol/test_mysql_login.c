/* The login policy: word lists, attempts, shares; attempts written down in the form hashcat reads. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../cmocka_all.h"
#include "mysql_login.h"
#include "protocol/mysql/mysql.h"

#define SRC(i) (0xc6336400u + (uint32_t)(i))

static char words[] = "/tmp/hotaru-words-XXXXXX";

static int make_words(void **state)
{
    static const char text[] = "# user:password\nroot:123456\nroot:secret:with:colons\r\n\nadmin:admin\nroot:\n";
    int fd = mkstemp(words);
    return fd >= 0 && write(fd, text, sizeof text - 1) == (ssize_t)(sizeof text - 1) && close(fd) == 0 ? 0 : -1;
}

static int remove_words(void **state)
{
    return unlink(words);
}

static struct harness *with(const char *name, enum login_accept accept, uint32_t tries, double share, uint64_t seed)
{
    struct persona p;
    struct err err;
    assert_int_equal(persona_load(&p, name, 1, &err), 0);
    p.mysql.login = (struct login_policy){.given = true, .accept = accept, .tries = tries, .share = share};
    if (accept == LOGIN_ACCEPT_WORDS)
        (void)snprintf(p.mysql.login.words, sizeof p.mysql.login.words, "%s", words);
    return harness_new_with(&protocol_mysql, &p, seed);
}

static void as_installed(void **state)
{
    struct harness *h = with("mysql-5.6.10", LOGIN_ACCEPT_DEFAULT, 1, 1, 7);
    assert_int_equal(login_try(h, SRC(1), "root", ""), 1);
    assert_int_equal(login_try(h, SRC(1), "root", "123456"), 0);
    assert_int_equal(login_try(h, SRC(1), "xyzzy", ""), 0);
    assert_int_equal(login_try(h, SRC(1), "xyzzy", "123456"), 0);
    harness_free(h);
}

static void nobody(void **state)
{
    struct harness *h = with("mysql-5.6.10", LOGIN_ACCEPT_NONE, 1, 1, 7);
    assert_int_equal(login_try(h, SRC(1), "root", ""), 0);
    assert_int_equal(login_try(h, SRC(1), "root", "123456"), 0);
    harness_free(h);
}

static void word_list(void **state)
{
    static const char *const personas[] = {"mysql-5.1.54", "mysql-5.6.10", "mariadb-10.11"};
    for (size_t i = 0; i < 3; i++) {
        struct harness *h = with(personas[i], LOGIN_ACCEPT_WORDS, 1, 1, 7);
        assert_int_equal(login_try(h, SRC(1), "root", "1234567"), 0);
        assert_int_equal(login_try(h, SRC(1), "root", "123456"), 1);
        assert_int_equal(login_try(h, SRC(1), "root", "secret:with:colons"), 1);
        assert_int_equal(login_try(h, SRC(2), "root", ""), 1);
        assert_int_equal(login_try(h, SRC(1), "admin", "admin"), 1);
        assert_int_equal(login_try(h, SRC(1), "admin", "admin"), 1);
        assert_int_equal(login_try(h, SRC(1), "admin", "123456"), 0);
        assert_int_equal(login_try(h, SRC(1), "garbage", "admin"), 0);
        harness_free(h);
    }
}

/* The source's own password counts once it has set one. */
static void a_password_that_the_source_sets(void **state)
{
    static const char sql[] = "\x03set password = password('mine')";
    struct harness *h = with("mysql-5.6.10", LOGIN_ACCEPT_WORDS, 1, 1, 7);
    struct login_bytes in = {.n = 0};
    assert_int_equal(login_try(h, SRC(1), "root", "123456"), 1);
    login_frame(&in, 0, sql, sizeof sql - 1);
    harness_feed(h, in.b, in.n);
    assert_int_equal(login_try(h, SRC(1), "root", "123456"), 0);
    assert_int_equal(login_try(h, SRC(1), "root", "mine"), 1);
    assert_int_equal(login_try(h, SRC(2), "root", "123456"), 1);
    harness_free(h);
}

static void the_third_attempt(void **state)
{
    struct harness *h = with("mysql-5.6.10", LOGIN_ACCEPT_WORDS, 3, 1, 7);
    assert_int_equal(login_try(h, SRC(1), "root", "123456"), 0);
    assert_int_equal(login_try(h, SRC(1), "root", "wrong"), 0);
    assert_int_equal(login_try(h, SRC(1), "root", "wrong too"), 0);
    assert_int_equal(login_try(h, SRC(1), "admin", "admin"), 1);
    assert_int_equal(login_try(h, SRC(1), "root", "123456"), 0); /* what got in is what gets in */
    assert_int_equal(login_try(h, SRC(1), "admin", "admin"), 1);
    assert_int_equal(login_try(h, SRC(2), "root", "123456"), 0);
    harness_free(h);
}

static void a_share_of_the_sources(void **state)
{
    enum { N = 1000 };
    static bool in[N];
    size_t let_in = 0, differ = 0;
    struct harness *h = with("mysql-5.6.10", LOGIN_ACCEPT_DEFAULT, 1, 0.3, 7);
    for (unsigned i = 0; i < N; i++) {
        in[i] = login_try(h, SRC(i), "root", "") == 1;
        let_in += in[i];
    }
    harness_free(h);
    assert_in_range(let_in, 255, 345); /* 300 ± 3.1 standard deviations */
    h = with("mysql-5.6.10", LOGIN_ACCEPT_DEFAULT, 1, 0.3, 7); /* a restart */
    for (unsigned i = 0; i < N; i++)
        assert_int_equal(login_try(h, SRC(i), "root", ""), in[i]);
    harness_free(h);
    h = with("mysql-5.6.10", LOGIN_ACCEPT_DEFAULT, 1, 0.3, 8); /* another installation */
    for (unsigned i = 0; i < N; i++)
        differ += (login_try(h, SRC(i), "root", "") == 1) != in[i];
    assert_in_range(differ, 300, 540);
    harness_free(h);
}

/* hashcat, mode 11200: $mysqlna$salt*response. */
static void every_attempt_is_written_down(void **state)
{
    uint8_t salt[20], response[20];
    char expect[128] = "$mysqlna$", *at = expect + 9;
    struct login_bytes in = {.n = 0};
    struct harness *h = with("mysql-5.6.10", LOGIN_ACCEPT_DEFAULT, 1, 1, 7);
    harness_open(h);
    login_salt(h, salt);
    (void)login_native("letmein", salt, response);
    login_packet(&in, 1, 0x0003a285, "root", response, 20, NULL);
    harness_feed(h, in.b, in.n);
    for (int i = 0; i < 20; i++)
        at += snprintf(at, 3, "%02x", salt[i]);
    *at++ = '*';
    for (int i = 0; i < 20; i++)
        at += snprintf(at, 3, "%02x", response[i]);
    assert_string_equal(harness_text(h, "login", 0, "hashcat"), expect);
    assert_int_equal(harness_int(h, "login", 0, "accepted"), 0);
    harness_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_installed),
        cmocka_unit_test(nobody),
        cmocka_unit_test(word_list),
        cmocka_unit_test(a_password_that_the_source_sets),
        cmocka_unit_test(the_third_attempt),
        cmocka_unit_test(a_share_of_the_sources),
        cmocka_unit_test(every_attempt_is_written_down),
    };
    return cmocka_run_group_tests(tests, make_words, remove_words);
}

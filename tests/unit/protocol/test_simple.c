/* http, telnet, ftp: what they say, what they record, and that nothing depends on how the bytes arrive. */
#include <string.h>

#include "../cmocka_all.h"
#include "harness.h"
#include "protocol/ftp.h"
#include "protocol/http.h"
#include "protocol/telnet.h"

static bool sent(const struct harness *h, const char *text)
{
    size_t n;
    const uint8_t *out = harness_output(h, &n);
    return memmem(out, n, text, strlen(text)) != NULL;
}

static void feed(struct harness *h, const char *text)
{
    harness_feed(h, text, strlen(text));
}

/* ---- http ---- */

static void http_answers_like_the_personas_server(void **state)
{
    struct harness *h = harness_new(&protocol_http, "mysql-5.6.27");
    harness_open(h);
    feed(h, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(sent(
        h, "HTTP/1.1 200 OK\r\nDate: Wed, 17 Apr 2013 09:30:00 GMT\r\nServer: Apache/2.4.10 (Debian)\r\n"));
    assert_true(sent(h, "It works!"));
    assert_true(harness_is_open(h)); /* HTTP/1.1 goes on */
    harness_forget(h);
    feed(h, "GET /phpmyadmin/<x>?a=1 HTTP/1.1\r\nHost: a<b>:80\r\nConnection: close\r\n\r\n");
    assert_true(sent(h, "HTTP/1.1 404 Not Found\r\n"));
    assert_true(sent(h, "/phpmyadmin/&#60;x&#62; was not found"));
    assert_string_equal(harness_reason(h), "server");
    assert_true(sent(h, "<address>Apache/2.4.10 (Debian) Server at a&#60;b&#62; Port 80</address>"));
    assert_string_equal(harness_text(h, "command", 0, "command"), "GET");
    assert_string_equal(harness_text(h, "command", 0, "name"), "/phpmyadmin/<x>?a=1");
    assert_string_equal(harness_text(h, "command", 0, "reply"), "404");
    harness_open(h);
    feed(h, "HEAD / HTTP/1.0\n\n");
    assert_true(sent(h, "200 OK"));
    assert_false(sent(h, "It works!"));
    assert_string_equal(harness_reason(h), "server");
    harness_free(h);
}

static void http_records_credentials_and_bodies(void **state)
{
    struct harness *h = harness_new(&protocol_http, "mysql-5.6.10");
    harness_open(h);
    feed(
        h,
        "GET /manager HTTP/1.1\r\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"); /* RFC 7617 section 2 */
    assert_string_equal(harness_text(h, "login", 0, "user"), "Aladdin");
    assert_string_equal(harness_text(h, "login", 0, "response"), "6f70656e20736573616d65");
    feed(h, "POST /x HTTP/1.1\r\nContent-Length: 11\r\n\r\nhello");
    assert_int_equal(harness_events(h, "payload"), 0);
    feed(h, " worldGET / HTTP/1.0\r\n\r\n");
    assert_string_equal(harness_text(h, "payload", 0, "payload"), "68656c6c6f20776f726c64");
    assert_string_equal(harness_text(h, "command", 2, "reply"), "200");
    assert_string_equal(harness_reason(h), "server");
    harness_open(h);
    feed(h, "POST /x HTTP/1.1\r\nContent-Length: 100\r\n\r\ncut off");
    harness_close(h);
    assert_int_equal(harness_int(h, "payload", 0, "len_bytes"), 7);
    harness_free(h);
}

static void http_refuses_what_is_none(void **state)
{
    static const char *const bad[] = {"GET\r\n\r\n", "BREW / HTTP/1.1\r\n\r\n", "GET  \r\n\r\n",
                                      "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                                      "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n"};
    struct harness *h = harness_new(&protocol_http, "mysql-5.6.27");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        harness_open(h);
        feed(h, bad[i]);
        assert_true(sent(h, "HTTP/1.1 400 Bad Request\r\n"));
        assert_string_equal(harness_reason(h), "server");
    }
    harness_open(h); /* TLS */
    feed(h, "\x16\x03\x01\x02");
    feed(h, "\x01\x01");
    harness_advance(h, 1000000);
    assert_true(sent(h, "400 Bad Request"));
    assert_string_equal(harness_text(h, "payload", 0, "payload"), "160301020101");
    harness_open(h); /* a head without end */
    feed(h, "GET / HTTP/1.1\r\n");
    for (int i = 0; i < 20000 && harness_is_open(h); i++)
        feed(h, "X: y\r\n");
    assert_true(sent(h, "400 Bad Request"));
    assert_string_equal(harness_reason(h), "server");
    harness_free(h);
}

/* ---- telnet ---- */

static void telnet_takes_credentials_and_lets_nobody_in(void **state)
{
    struct harness *h = harness_new(&protocol_telnet, "mysql-5.6.27");
    size_t n;
    harness_open(h);
    (void)harness_output(h, &n);
    assert_int_equal(n, 12); /* four options, then it is the client's turn */
    harness_advance(h, 1100000);
    assert_true(sent(h, "Debian GNU/Linux 8\r\n"));
    assert_true(sent(h, " login: "));
    harness_forget(h);
    feed(h, "ro\x7f"
            "oot\r\n");
    assert_true(sent(h, "Password: "));
    harness_forget(h);
    feed(h, "xc3511\r\nadmin\r\n\r\n"); /* typed ahead, as bots do */
    assert_string_equal(harness_text(h, "login", 0, "user"), "root");
    assert_string_equal(harness_text(h, "login", 0, "response"), "786333353131");
    assert_false(sent(h, "xc3511"));
    assert_false(sent(h, "incorrect"));
    assert_true(harness_is_paused(h));
    harness_advance(h, 3000000);
    assert_true(sent(h, "\r\nLogin incorrect\r\n"));
    assert_string_equal(harness_text(h, "login", 1, "user"), "admin");
    assert_string_equal(harness_text(h, "login", 1, "response"), "");
    harness_advance(h, 3000000);
    feed(h, "a\r\nb\r\n");
    harness_advance(h, 3000000);
    assert_int_equal(harness_events(h, "login"), 3);
    assert_string_equal(harness_reason(h), "server");
    harness_free(h);
}

static void telnet_negotiates_within_bounds(void **state)
{
    struct harness *h = harness_new(&protocol_telnet, "mysql-5.6.10");
    size_t n;
    harness_open(h);
    harness_forget(h);
    static const char options[] = "\xff\xfd\x05\xff\xfb\x05\xff\xfd\x01\xff\xfa\x18\x00xterm\xff\xff\xff\xf0";
    harness_feed(h, options, sizeof options - 1);
    const uint8_t *out = harness_output(h, &n);
    assert_int_equal(n, 6); /* DO STATUS: WONT; WILL STATUS: DONT; DO ECHO and the subnegotiation: nothing */
    assert_memory_equal(out, "\xff\xfc\x05\xff\xfe\x05", 6);
    for (int i = 0; i < 1000; i++)
        harness_feed(h, "\xff\xfd\x05", 3);
    (void)harness_output(h, &n);
    assert_int_equal(n, 3 * 64);
    harness_free(h);
}

/* ---- ftp ---- */

static void ftp_takes_credentials_and_lets_nobody_in(void **state)
{
    struct harness *h = harness_new(&protocol_ftp, "mysql-5.6.27");
    harness_open(h);
    assert_true(sent(h, "220 (vsFTPd 3.0.2)\r\n"));
    feed(h, "SYST\r\nuser anonymous\r\nPASS mozilla@example.com\r\nQUIT\r\n");
    assert_true(sent(h, "530 Please login with USER and PASS.\r\n331 Please specify the password.\r\n"));
    assert_false(sent(h, "221"));
    harness_advance(h, 3000000);
    assert_true(sent(h, "530 Login incorrect.\r\n221 Goodbye.\r\n"));
    assert_string_equal(harness_text(h, "login", 0, "user"), "anonymous");
    assert_string_equal(harness_text(h, "login", 0, "response"), "6d6f7a696c6c61406578616d706c652e636f6d");
    assert_string_equal(harness_reason(h), "server");
    harness_open(h);
    for (int i = 0; i < 3; i++) {
        feed(h, "USER root\r\nPASS x\r\n");
        harness_advance(h, 3000000);
    }
    assert_string_equal(harness_reason(h), "server");
    harness_open(h);
    for (int i = 0; i < 3000 && harness_is_open(h); i++)
        feed(h, "A");
    assert_true(sent(h, "500 "));
    assert_string_equal(harness_reason(h), "server");
    harness_free(h);
}

/* ---- all ---- */

static void however_the_bytes_arrive(void **state)
{
    static const struct {
        const struct protocol *p;
        const char *bytes;
    } cases[] = {
        {&protocol_http, "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\nPOST /a HTTP/1.1\r\nContent-Length: "
                         "5\r\n\r\nabcdeHEAD / HTTP/1.0\n\n"},
        {&protocol_http, "OPTIONS * HTTP/1.1\r\nAuthorization: Basic YTpi\r\n\r\nTRACE / HTTP/1.1\r\n\r\nx"},
        {&protocol_telnet, "\xff\xfd\x01\xff\xfa\x18\x01\xff\xf0root\r\n\xff\xff"
                           "pass\r"},
        {&protocol_telnet, "\n\n\ruser\b\b\bX\nsecret\n"},
        {&protocol_ftp, "FEAT\r\nPASS a\nUSER b\r\n\r\nSTAT x y\r\nQUIT\r\n"},
        {&protocol_ftp, "USER me\r\nPASS you\r\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static const char *const personas[] = {"mysql-5.6.10", "mysql-5.6.27"};
        for (size_t k = 0; k < 2; k++) {
            struct harness *h = harness_new(cases[i].p, personas[k]);
            harness_every_split(h, cases[i].bytes, strlen(cases[i].bytes), NULL);
            harness_every_prefix(h, cases[i].bytes, strlen(cases[i].bytes));
            harness_free(h);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http_answers_like_the_personas_server),
        cmocka_unit_test(http_records_credentials_and_bodies),
        cmocka_unit_test(http_refuses_what_is_none),
        cmocka_unit_test(telnet_takes_credentials_and_lets_nobody_in),
        cmocka_unit_test(telnet_negotiates_within_bounds),
        cmocka_unit_test(ftp_takes_credentials_and_lets_nobody_in),
        cmocka_unit_test(however_the_bytes_arrive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* TLS, caching_sha2_password and the compressed protocol against real halves of a client: OpenSSL, zlib, zstd. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "../cmocka_all.h"
#include "mysql_login.h"
#include "protocol/mysql/my_zip.h"
#include "protocol/mysql/mysql.h"

#define CAPS_80   0x0189a285u /* 4.1, secure, plugin, multi, deprecate EOF (not 0x08000000: no attributes) */
#define CAP_SSL   0x00000800u
#define CAP_ZIP   0x00000020u
#define CAP_ZSTD  0x04000000u
#define PLUGIN    "caching_sha2_password"

static char words[] = "/tmp/hotaru-tls-words-XXXXXX";

static int make_words(void **state)
{
    int fd = mkstemp(words);
    return fd >= 0 && write(fd, "root:123456\n", 12) == 12 && close(fd) == 0 ? 0 : -1;
}

static int remove_words(void **state)
{
    return unlink(words);
}

static struct harness *with_words(const char *name)
{
    struct persona p;
    struct err err;
    assert_int_equal(persona_load(&p, name, 1, &err), 0);
    p.mysql.login = (struct login_policy){.given = true, .accept = LOGIN_ACCEPT_WORDS, .tries = 1, .share = 1};
    (void)snprintf(p.mysql.login.words, sizeof p.mysql.login.words, "%s", words);
    return harness_new_with(&protocol_mysql, &p, 7);
}

/* ---- a TLS client in memory ---- */
struct client {
    struct harness *h;
    SSL_CTX *ctx;
    SSL *ssl;
    size_t step; /* bytes of each write to the server; 0: all */
};

/* Both halves' bytes change sides until nothing moves. */
static void pump(struct client *c)
{
    for (int turn = 0; turn < 50; turn++) {
        char *bytes = NULL;
        size_t n_out = 0;
        BIO *out = SSL_get_wbio(c->ssl);
        long n = BIO_get_mem_data(out, &bytes);
        for (long at = 0; at < n;) {
            long step = c->step && (long)c->step < n - at ? (long)c->step : n - at;
            harness_feed(c->h, bytes + at, (size_t)step);
            at += step;
        }
        (void)BIO_reset(out);
        const uint8_t *in = harness_output(c->h, &n_out);
        if (n_out)
            assert_int_equal(BIO_write(SSL_get_rbio(c->ssl), in, (int)n_out), (int)n_out);
        harness_forget(c->h);
        if (!SSL_is_init_finished(c->ssl))
            (void)SSL_do_handshake(c->ssl);
        if (n == 0 && n_out == 0)
            return;
    }
}

static void ssl_request(struct harness *h, uint32_t caps)
{
    struct login_bytes in = {.n = 0};
    uint8_t p[32] = {(uint8_t)caps, (uint8_t)(caps >> 8), (uint8_t)(caps >> 16), (uint8_t)(caps >> 24), 0, 0, 0, 1, 33};
    login_frame(&in, 1, p, sizeof p);
    harness_feed(h, in.b, in.n);
}

static struct client start(struct harness *h, int max_version, size_t step)
{
    struct client c = {.h = h, .step = step};
    harness_forget(h);
    ssl_request(h, CAPS_80 | CAP_SSL);
    c.ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_security_level(c.ctx, 0);
    SSL_CTX_set_max_proto_version(c.ctx, max_version);
    c.ssl = SSL_new(c.ctx);
    SSL_set_bio(c.ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(c.ssl);
    (void)SSL_do_handshake(c.ssl);
    pump(&c);
    return c;
}

static void stop(struct client *c)
{
    SSL_free(c->ssl);
    SSL_CTX_free(c->ctx);
    ERR_clear_error();
}

static size_t ask(struct client *c, const struct login_bytes *out, uint8_t *answer, size_t size)
{
    assert_int_equal(SSL_write(c->ssl, out->b, (int)out->n), (int)out->n);
    pump(c);
    int n = SSL_read(c->ssl, answer, (int)size);
    return n > 0 ? (size_t)n : 0;
}

static void greeting_of_each_version(void **state)
{
    static const struct {
        const char *persona, *plugin;
        uint32_t caps;
        uint8_t charset;
    } cases[] = {{"mysql-5.7.30", "mysql_native_password", 0xc1ffffff, 8}, {"mysql-8.0.29", PLUGIN, 0xdfffffff, 255},
                 {"mysql-5.6.10", "mysql_native_password", 0x807ff7ff, 8}};
    for (size_t i = 0; i < 3; i++) {
        struct harness *h = harness_new(&protocol_mysql, cases[i].persona);
        size_t n = 0;
        harness_open(h);
        const uint8_t *out = harness_output(h, &n);
        const uint8_t *at = out + 5 + strlen((const char *)out + 5) + 1 + 4 + 9;
        assert_int_equal((uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[5] << 16 | (uint32_t)at[6] << 24, cases[i].caps);
        assert_int_equal(at[2], cases[i].charset);
        assert_string_equal((const char *)at + 31, cases[i].plugin);
        harness_free(h);
    }
}

static void log_in_over_tls(void **state)
{
    static const struct {
        const char *persona;
        int version;
        size_t step;
    } cases[] = {{"mysql-8.0.29", TLS1_3_VERSION, 0}, {"mysql-8.0.29", TLS1_2_VERSION, 1}, {"mysql-5.7.30", TLS1_2_VERSION, 7}};
    for (size_t i = 0; i < 3; i++) {
        struct harness *h = harness_new(&protocol_mysql, cases[i].persona);
        struct login_bytes in = {.n = 0}, query = {.n = 0};
        uint8_t answer[4096];
        harness_open(h);
        struct client c = start(h, cases[i].version, cases[i].step);
        assert_true(SSL_is_init_finished(c.ssl));
        char cn[100] = "";
        X509 *cert = SSL_get1_peer_certificate(c.ssl);
        X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, cn, sizeof cn);
        X509_free(cert);
        assert_non_null(strstr(cn, "_Auto_Generated_Server_Certificate"));
        assert_int_equal(sk_X509_num(SSL_get_peer_cert_chain(c.ssl)), 2);
        login_packet(&in, 2, CAPS_80 | CAP_SSL, "root", NULL, 0, i < 2 ? PLUGIN : "mysql_native_password");
        assert_true(ask(&c, &in, answer, sizeof answer) > 7);
        assert_int_equal(answer[3], 3);
        assert_int_equal(answer[4], 0);
        login_frame(&query, 0, "\x03select 41+1", 12);
        size_t n = ask(&c, &query, answer, sizeof answer);
        assert_non_null(memmem(answer, n, "\x02" "42", 3));
        SSL_shutdown(c.ssl);
        pump(&c);
        assert_false(harness_is_open(h));
        stop(&c);
        harness_free(h);
    }
}

/* The request and the first bytes of TLS in one segment, as openssl s_client sends them. */
static void a_request_and_a_hello_at_once(void **state)
{
    struct harness *h = harness_new(&protocol_mysql, "mysql-8.0.29");
    struct login_bytes in = {.n = 0};
    uint8_t p[32] = {0x85, 0xaa, 0x89, 0x01, 0, 0, 0, 1, 33};
    char *hello = NULL;
    size_t n = 0;
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(ctx);
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl);
    (void)SSL_do_handshake(ssl);
    long len = BIO_get_mem_data(SSL_get_wbio(ssl), &hello);
    login_frame(&in, 1, p, sizeof p);
    login_put(&in, hello, (size_t)len);
    harness_open(h);
    harness_forget(h);
    harness_feed(h, in.b, in.n);
    const uint8_t *out = harness_output(h, &n);
    assert_true(harness_is_open(h));
    assert_true(n > 1000 && out[0] == 22); /* the server's half of the handshake */
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    ERR_clear_error();
    harness_free(h);
}

static void the_same_certificate_after_a_restart(void **state)
{
    uint8_t *der[2] = {NULL, NULL};
    int len[2];
    for (int i = 0; i < 2; i++) {
        struct harness *h = harness_new(&protocol_mysql, "mysql-8.0.29");
        harness_open(h);
        struct client c = start(h, TLS1_3_VERSION, 0);
        X509 *cert = SSL_get1_peer_certificate(c.ssl);
        len[i] = i2d_X509(cert, &der[i]);
        X509_free(cert);
        stop(&c);
        harness_free(h); /* the last user: the keys are made anew */
    }
    assert_int_equal(len[0], len[1]);
    assert_memory_equal(der[0], der[1], (size_t)len[0]);
    OPENSSL_free(der[0]);
    OPENSSL_free(der[1]);
}

/* Plain bytes where TLS was announced: an alert may come, then "Bad handshake", then the end. */
static void no_tls_after_the_request(void **state)
{
    struct harness *h = harness_new(&protocol_mysql, "mysql-8.0.29");
    struct login_bytes in = {.n = 0};
    size_t n = 0;
    harness_open(h);
    harness_forget(h);
    ssl_request(h, CAPS_80 | CAP_SSL);
    login_packet(&in, 2, CAPS_80, "root", NULL, 0, PLUGIN);
    harness_feed(h, in.b, in.n);
    const uint8_t *out = harness_output(h, &n);
    assert_non_null(memmem(out, n, "\xff\x13\x04#08S01Bad handshake", 22));
    assert_false(harness_is_open(h));
    harness_free(h);
}

static void renegotiation_is_refused(void **state)
{
    struct harness *h = harness_new(&protocol_mysql, "mysql-5.7.30");
    struct login_bytes in = {.n = 0};
    uint8_t answer[4096];
    harness_open(h);
    struct client c = start(h, TLS1_2_VERSION, 0);
    login_packet(&in, 2, CAPS_80 | CAP_SSL, "root", NULL, 0, "mysql_native_password");
    assert_true(ask(&c, &in, answer, sizeof answer) > 0);
    assert_int_equal(SSL_renegotiate(c.ssl), 1);
    (void)SSL_do_handshake(c.ssl);
    pump(&c);
    assert_false(SSL_is_init_finished(c.ssl));
    stop(&c);
    harness_free(h);
}

/* ---- caching_sha2_password without TLS ---- */
static size_t rsa_password(const char *pem, size_t n_pem, const char *password, const uint8_t salt[static 20], uint8_t ret[static 256])
{
    uint8_t text[128];
    size_t n = strlen(password) + 1, len = 256;
    for (size_t i = 0; i < n; i++)
        text[i] = (uint8_t)((uint8_t)password[i] ^ salt[i % 20]);
    BIO *b = BIO_new_mem_buf(pem, (int)n_pem);
    EVP_PKEY *key = PEM_read_bio_PUBKEY(b, NULL, NULL, NULL);
    assert_non_null(key);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    assert_true(EVP_PKEY_encrypt_init(ctx) > 0);
    assert_true(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) > 0);
    assert_true(EVP_PKEY_encrypt(ctx, ret, &len, text, n) > 0);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
    BIO_free(b);
    return len;
}

/* 1 let in, 0 refused; *ret_fast: the hash was enough. */
static int sha2_login(struct harness *h, const char *password, bool *ret_fast)
{
    uint8_t salt[20], response[32], secret[256];
    struct login_bytes in = {.n = 0}, key = {.n = 0}, last = {.n = 0};
    size_t n = 0;
    harness_open(h);
    login_salt(h, salt);
    harness_forget(h);
    login_packet(&in, 1, CAPS_80, "root", response, login_sha2(password, salt, response), PLUGIN);
    harness_feed(h, in.b, in.n);
    const uint8_t *out = harness_output(h, &n);
    *ret_fast = n > 6 && out[4] == 1 && out[5] == 3;
    if (*ret_fast)
        return out[10] == 0;
    assert_int_equal(out[4], 1);
    assert_int_equal(out[5], 4);
    harness_forget(h);
    login_frame(&key, 3, "\x02", 1);
    harness_feed(h, key.b, key.n);
    out = harness_output(h, &n);
    assert_memory_equal(out + 4, "\x01-----BEGIN PUBLIC KEY-----\n", 28);
    assert_int_equal(out[3], 4);
    size_t len = rsa_password((const char *)out + 5, n - 5, password, salt, secret);
    harness_forget(h);
    login_frame(&last, 5, secret, len);
    harness_feed(h, last.b, last.n);
    out = harness_output(h, &n);
    assert_int_equal(out[3], 6);
    return out[4] == 0;
}

static void the_password_itself(void **state)
{
    struct harness *h = with_words("mysql-8.0.29");
    bool fast = false;
    assert_int_equal(sha2_login(h, "wrong", &fast), 0);
    assert_string_equal(harness_text(h, "login", 0, "plugin"), PLUGIN "/clear");
    assert_string_equal(harness_text(h, "login", 0, "response"), "77726f6e67");
    assert_int_equal(sha2_login(h, "123456", &fast), 1);
    assert_false(fast);
    assert_int_equal(sha2_login(h, "123456", &fast), 1);
    assert_true(fast); /* the server has it cached */
    assert_int_equal(sha2_login(h, "wrong", &fast), 0);
    harness_free(h);
}

/* A client that leaves when the password itself is wanted has tried all the same. */
static void a_client_that_leaves(void **state)
{
    struct harness *h = with_words("mysql-8.0.29");
    uint8_t salt[20], response[32];
    struct login_bytes in = {.n = 0};
    harness_open(h);
    login_salt(h, salt);
    login_packet(&in, 1, CAPS_80, "root", response, login_sha2("abc", salt, response), PLUGIN);
    harness_feed(h, in.b, in.n);
    assert_int_equal(harness_events(h, "login"), 0);
    harness_close(h);
    assert_int_equal(harness_events(h, "login"), 1);
    assert_int_equal(harness_int(h, "login", 0, "accepted"), 0);
    assert_string_equal(harness_text(h, "login", 0, "plugin"), PLUGIN);
    harness_free(h);
}

static void native_clients_are_asked_to_switch(void **state)
{
    struct harness *h = with_words("mysql-8.0.29");
    uint8_t salt[20], response[20];
    struct login_bytes in = {.n = 0};
    size_t n = 0;
    harness_open(h);
    login_salt(h, salt);
    harness_forget(h);
    login_packet(&in, 1, CAPS_80, "root", response, login_native("123456", salt, response), "mysql_native_password");
    harness_feed(h, in.b, in.n);
    const uint8_t *out = harness_output(h, &n);
    assert_int_equal(n, 4 + 1 + sizeof PLUGIN + 21);
    assert_int_equal(out[4], 0xfe);
    assert_string_equal((const char *)out + 5, PLUGIN);
    harness_free(h);
}

/* ---- compression ---- */
static size_t zip_frame(struct login_bytes *to, uint8_t seq, const uint8_t *plain, size_t n, int zstd)
{
    static uint8_t packed[1 << 17];
    uLongf len = sizeof packed;
    if (zstd)
        len = ZSTD_compress(packed, sizeof packed, plain, n, 3);
    else
        assert_int_equal(compress(packed, &len, plain, n), Z_OK);
    uint8_t head[7] = {(uint8_t)len, (uint8_t)(len >> 8), (uint8_t)(len >> 16), seq, (uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16)};
    login_put(to, head, 7);
    login_put(to, packed, len);
    return len;
}

static struct harness *zipped(const char *persona, uint32_t caps, const char *plugin)
{
    struct harness *h = harness_new(&protocol_mysql, persona);
    struct login_bytes in = {.n = 0}, all = {.n = 0};
    size_t n = 0;
    harness_open(h);
    harness_forget(h);
    login_packet(&in, 1, (0x0009a285u | caps), "root", NULL, 0, plugin);
    if (caps & CAP_ZSTD) { /* its level stands behind the plugin */
        in.b[0]++;
        login_put(&in, "\x05", 1);
    }
    login_put(&all, in.b, in.n);
    harness_feed(h, all.b, all.n);
    const uint8_t *out = harness_output(h, &n);
    assert_int_equal(out[4], 0); /* the OK itself is not compressed */
    harness_forget(h);
    return h;
}

static void questions_in_compressed_frames(void **state)
{
    static const struct {
        const char *persona, *plugin;
        uint32_t caps;
    } cases[] = {{"mysql-5.1.54", NULL, CAP_ZIP}, {"mysql-8.0.29", PLUGIN, CAP_ZIP}, {"mysql-8.0.29", PLUGIN, CAP_ZSTD}};
    for (size_t i = 0; i < 3; i++) {
        struct harness *h = zipped(cases[i].persona, cases[i].caps, cases[i].plugin);
        struct login_bytes query = {.n = 0}, wire = {.n = 0};
        size_t n = 0, used = 0, at = 0;
        char sql[400] = "\x03select repeat('ab', 2000) /*";
        memset(sql + strlen(sql), 'x', 200);
        (void)strncat(sql, "*/", 3);
        login_frame(&query, 0, sql, strlen(sql));
        zip_frame(&wire, 0, query.b, query.n, cases[i].caps == CAP_ZSTD);
        for (size_t k = 0; k < wire.n; k++) /* byte by byte */
            harness_feed(h, wire.b + k, 1);
        const uint8_t *out = harness_output(h, &n);
        assert_true(n > 20 && n < 1500);
        assert_int_equal(out[3], 1);
        struct my_zip *z = my_zip_new(cases[i].caps == CAP_ZSTD ? 5 : 0);
        struct wr plain = wr_of(1 << 20);
        (void)my_zip_write(z, NULL, 0, &plain);
        while (at < n) {
            uint8_t frame[4096];
            size_t len = 7 + (size_t)(out[at] | out[at + 1] << 8);
            memcpy(frame, out + at, len);
            frame[3] = 0; /* my_zip_read() is the server's half: each exchange begins at 0 */
            for (size_t k = 0; k < len; k += used)
                assert_int_equal(my_zip_read(z, frame + k, len - k, &used, &plain), 1);
            at += len;
        }
        char expect[4001];
        for (size_t k = 0; k < 4000; k++)
            expect[k] = "ab"[k % 2];
        assert_non_null(memmem(plain.bytes, plain.len, expect, 4000));
        wr_done(&plain);
        my_zip_free(z);
        harness_free(h);
    }
}

/* A header alone: the rest of its frame is waited for, and not in circles. */
static void half_a_frame(void **state)
{
    static const uint8_t frame[] = "\x05\0\0\0\0\0\0" "\x01\0\0\0\x0e";
    size_t n = 0;
    for (size_t cut = 1; cut < sizeof frame - 1; cut++) {
        struct harness *h = zipped("mysql-5.1.54", CAP_ZIP, NULL);
        harness_feed(h, frame, cut);
        (void)harness_output(h, &n);
        assert_int_equal(n, 0);
        harness_feed(h, frame + cut, sizeof frame - 1 - cut);
        const uint8_t *out = harness_output(h, &n);
        assert_true(n > 11);
        assert_int_equal(out[11], 0);
        harness_free(h);
    }
}

static void broken_compression(void **state)
{
    struct harness *h = zipped("mysql-8.0.29", CAP_ZIP, PLUGIN);
    static const uint8_t junk[] = "\x08\0\0\0\xff\0\0" "notzlib!";
    size_t n = 0;
    harness_feed(h, junk, sizeof junk - 1);
    const uint8_t *out = harness_output(h, &n);
    assert_non_null(memmem(out, n, "Couldn't uncompress communication packet", 40));
    assert_false(harness_is_open(h));
    harness_free(h);
    h = zipped("mysql-8.0.29", CAP_ZIP, PLUGIN);
    harness_feed(h, "\x01\0\0\x09\0\0\0\x0e", 8);
    out = harness_output(h, &n);
    assert_non_null(memmem(out, n, "Got packets out of order", 24));
    harness_free(h);
}

/* 16 MB of zeros in 16 KB: as one packet's text, again and again, until the limit; and as four million empty packets. */
static void a_bomb(void **state)
{
    enum { PLAIN = 0xfffffe };
    uint8_t *zeros = calloc(1, PLAIN), *packed = malloc(1 << 18);
    uLongf len = 1 << 18;
    assert_int_equal(compress2(packed, &len, zeros, PLAIN, 9), Z_OK);
    struct harness *h = zipped("mysql-8.0.29", CAP_ZIP, PLUGIN);
    uint8_t head[7] = {(uint8_t)len, (uint8_t)(len >> 8), (uint8_t)(len >> 16), 0, (uint8_t)PLAIN, (uint8_t)(PLAIN >> 8), (uint8_t)(PLAIN >> 16)};
    int frames = 0;
    size_t n = 0;
    harness_feed(h, head, 7);
    harness_feed(h, packed, len);
    assert_false(harness_is_open(h));
    assert_string_equal(harness_reason(h), "limit");
    (void)harness_output(h, &n);
    assert_in_range(n, 1, 2000000);
    harness_free(h);
    h = zipped("mysql-8.0.29", CAP_ZIP, PLUGIN);
    for (; frames < 100 && harness_is_open(h); frames++) {
        /* A frame header of 0xfffffe bytes swallows the zeros of the next frame but two. */
        harness_feed(h, (const uint8_t[11]){4, 0, 0, 0, 0, 0, 0, 0xfe, 0xff, 0xff, 0}, 11);
        harness_feed(h, head, 7);
        harness_feed(h, packed, len);
    }
    assert_false(harness_is_open(h));
    assert_in_range(frames, 2, 20);
    free(zeros);
    free(packed);
    harness_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(greeting_of_each_version),
        cmocka_unit_test(log_in_over_tls),
        cmocka_unit_test(a_request_and_a_hello_at_once),
        cmocka_unit_test(the_same_certificate_after_a_restart),
        cmocka_unit_test(no_tls_after_the_request),
        cmocka_unit_test(renegotiation_is_refused),
        cmocka_unit_test(the_password_itself),
        cmocka_unit_test(a_client_that_leaves),
        cmocka_unit_test(native_clients_are_asked_to_switch),
        cmocka_unit_test(questions_in_compressed_frames),
        cmocka_unit_test(half_a_frame),
        cmocka_unit_test(broken_compression),
        cmocka_unit_test(a_bomb),
    };
    return cmocka_run_group_tests(tests, make_words, remove_words);
}

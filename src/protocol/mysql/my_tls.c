#include "protocol/mysql/my_tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/mysql/my_tls_key.h"
#include "protocol/mysql/world/my_kit.h"

#define CHUNK_BYTES 16384

struct my_tls {
    struct my_tls_host *host;
    SSL *ssl;
};

bool my_tls_offered(const struct my_kit *k)
{
    return !k->mariadb && k->version >= 50728; /* before: yaSSL, which made no certificate by itself */
}

const char *my_tls_public_key(const struct my_tls_host *h, size_t *ret_n)
{
    *ret_n = strlen(h->public_pem);
    return h->public_pem;
}

bool my_tls_decrypt(const struct my_tls_host *h, const uint8_t *in, size_t n, uint8_t *ret, size_t size, size_t *ret_n)
{
    uint8_t out[256]; /* 2048 bits */
    size_t len = sizeof out;
    EVP_PKEY_CTX *ctx = n == sizeof out ? EVP_PKEY_CTX_new(h->rsa, NULL) : NULL;
    bool good = ctx && EVP_PKEY_decrypt_init(ctx) > 0 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) > 0 &&
                EVP_PKEY_decrypt(ctx, out, &len, in, n) > 0 && len <= size;
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    if (good) {
        memcpy(ret, out, len);
        *ret_n = len;
    }
    return good;
}

struct my_tls *my_tls_new(struct my_tls_host *h)
{
    struct my_tls *t = calloc(1, sizeof *t);
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    SSL *ssl = t && in && out ? SSL_new(h->ctx) : NULL;
    if (!ssl) {
        BIO_free(in);
        BIO_free(out);
        free(t);
        ERR_clear_error();
        return NULL;
    }
    SSL_set_bio(ssl, in, out);
    SSL_set_accept_state(ssl);
    t->ssl = ssl;
    t->host = h;
    return t;
}

void my_tls_free(struct my_tls *t)
{
    if (!t)
        return;
    SSL_free(t->ssl);
    free(t);
}

/* What OpenSSL wants sent. */
static void drain(struct my_tls *t, struct wr *wire)
{
    BIO *out = SSL_get_wbio(t->ssl);
    char *bytes = NULL;
    long n = BIO_get_mem_data(out, &bytes);
    if (n > 0)
        wr_bytes(wire, bytes, (size_t)n);
    (void)BIO_reset(out);
}

/* Decrypts what is there: 1 more may come, 0 closed, -EPROTO. */
static int decrypt(struct my_tls *t, struct wr *plain)
{
    uint8_t buf[CHUNK_BYTES];
    for (;;) {
        ERR_clear_error();
        int n = SSL_read(t->ssl, buf, sizeof buf);
        if (n > 0) {
            wr_bytes(plain, buf, (size_t)n);
            continue;
        }
        switch (SSL_get_error(t->ssl, n)) {
        case SSL_ERROR_WANT_READ:
            return 1;
        case SSL_ERROR_ZERO_RETURN:
            return 0;
        default:
            return -EPROTO;
        }
    }
}

int my_tls_read(struct my_tls *t, const uint8_t *in, size_t n, struct wr *plain, struct wr *wire)
{
    int rc = 1;
    for (size_t at = 0; at < n && rc == 1;) {
        size_t step = n - at < CHUNK_BYTES ? n - at : CHUNK_BYTES;
        int took = BIO_write(SSL_get_rbio(t->ssl), in + at, (int)step);
        if (took <= 0)
            rc = -EPROTO;
        else
            at += (size_t)took;
        if (rc == 1)
            rc = decrypt(t, plain);
    }
    drain(t, wire);
    ERR_clear_error();
    return rc;
}

int my_tls_write(struct my_tls *t, const uint8_t *bytes, size_t n, struct wr *wire)
{
    if (!my_tls_ready(t))
        return -EPROTO;
    for (size_t at = 0; at < n;) {
        int step = n - at < CHUNK_BYTES ? (int)(n - at) : CHUNK_BYTES;
        int put = SSL_write(t->ssl, bytes + at, step);
        if (put <= 0) {
            ERR_clear_error();
            return -EPROTO;
        }
        at += (size_t)put;
        drain(t, wire);
    }
    return 0;
}

void my_tls_shut(struct my_tls *t, struct wr *wire)
{
    if (my_tls_ready(t))
        (void)SSL_shutdown(t->ssl);
    ERR_clear_error();
    drain(t, wire);
}

bool my_tls_ready(const struct my_tls *t)
{
    return SSL_is_init_finished(t->ssl);
}

const char *my_tls_status(const struct my_tls_host *h, const struct my_tls *t, const char *name)
{
    bool on = t && my_tls_ready(t);
    if (strcmp(name, "Ssl_version") == 0)
        return on ? SSL_get_version(t->ssl) : "";
    if (strcmp(name, "Ssl_cipher") == 0)
        return on ? SSL_get_cipher_name(t->ssl) : "";
    if (strcmp(name, "Ssl_verify_mode") == 0)
        return "5"; /* a certificate is asked for, once */
    if (strcmp(name, "Ssl_server_not_before") == 0)
        return h->not_before;
    if (strcmp(name, "Ssl_server_not_after") == 0)
        return h->not_after;
    if (strcmp(name, "Rsa_public_key") == 0 || strcmp(name, "Caching_sha2_password_rsa_public_key") == 0)
        return h->public_pem;
    return NULL;
}

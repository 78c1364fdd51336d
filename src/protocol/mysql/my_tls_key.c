/* RSA keys, CA and server certificate as mysqld makes them when it is installed (manual, "Creating SSL and RSA Certificates
 * and Keys"): 2048 bits, sha256WithRSAEncryption, ten years, serials 1 and 2, a common name and nothing else. */
#include "protocol/mysql/my_tls_key.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "protocol/mysql/my_tls.h"
#include "protocol/mysql/world/my_kit.h"

#define PRIME_BYTES 128
#define EXPONENT    65537
#define DAY_S       86400

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct my_tls_host *hosts;

/* The next prime after a drawn number whose two highest bits are set, and with which the exponent is invertible. */
static BIGNUM *draw_prime(struct rng *r, BN_CTX *ctx)
{
    uint8_t bytes[PRIME_BYTES];
    for (size_t i = 0; i < sizeof bytes; i += 8) {
        uint64_t v = rng_u64(r);
        memcpy(bytes + i, &v, 8);
    }
    bytes[0] |= 0xc0;
    bytes[PRIME_BYTES - 1] |= 1;
    BIGNUM *p = BN_bin2bn(bytes, sizeof bytes, NULL);
    for (int i = 0; p && i < 100000; i++) {
        if (BN_mod_word(p, EXPONENT) != 1 && BN_check_prime(p, ctx, NULL) == 1)
            return p;
        if (!BN_add_word(p, 2))
            break;
    }
    BN_free(p);
    return NULL;
}

static EVP_PKEY *key_of(const BIGNUM *const part[8])
{
    static const char *const names[] = {OSSL_PKEY_PARAM_RSA_N,        OSSL_PKEY_PARAM_RSA_E,         OSSL_PKEY_PARAM_RSA_D,
                                        OSSL_PKEY_PARAM_RSA_FACTOR1,  OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
                                        OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1};
    OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
    bool good = b != NULL;
    for (size_t i = 0; i < 8 && good; i++)
        good = part[i] && OSSL_PARAM_BLD_push_BN(b, names[i], part[i]) == 1;
    OSSL_PARAM *params = good ? OSSL_PARAM_BLD_to_param(b) : NULL;
    EVP_PKEY_CTX *ctx = params ? EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL) : NULL;
    EVP_PKEY *key = NULL;
    if (ctx && EVP_PKEY_fromdata_init(ctx) == 1)
        (void)EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params);
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(b);
    return key;
}

/* The same key for the same seed and name. */
static EVP_PKEY *draw_key(uint64_t seed, const char *name)
{
    struct rng r = rng_of(seed, name);
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *p = ctx ? draw_prime(&r, ctx) : NULL, *q = p ? draw_prime(&r, ctx) : NULL;
    BIGNUM *n = BN_new(), *e = BN_new(), *d = NULL, *dp = BN_new(), *dq = BN_new(), *iq = NULL, *p1 = BN_new(), *q1 = BN_new(), *phi = BN_new();
    EVP_PKEY *key = NULL;
    if (q && n && e && dp && dq && p1 && q1 && phi && BN_set_word(e, EXPONENT) && BN_mul(n, p, q, ctx) && BN_sub(p1, p, BN_value_one()) &&
        BN_sub(q1, q, BN_value_one()) && BN_mul(phi, p1, q1, ctx) && (d = BN_mod_inverse(NULL, e, phi, ctx)) && BN_mod(dp, d, p1, ctx) &&
        BN_mod(dq, d, q1, ctx) && (iq = BN_mod_inverse(NULL, q, p, ctx)))
        key = key_of((const BIGNUM *const[8]){n, e, d, p, q, dp, dq, iq});
    BIGNUM *all[] = {p, q, n, e, d, dp, dq, iq, p1, q1, phi};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        BN_free(all[i]);
    BN_CTX_free(ctx);
    return key;
}

/* ---- certificates ---- */
static X509 *certificate(const char *version, const char *what, long serial, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key, int64_t from_s)
{
    char cn[80];
    X509 *x = X509_new();
    (void)snprintf(cn, sizeof cn, "MySQL_Server_%s_Auto_Generated_%s_Certificate", version, what);
    X509_NAME *name = x ? X509_get_subject_name(x) : NULL;
    time_t from = (time_t)from_s, until = from + 3650L * DAY_S;
    bool good = x && X509_set_version(x, X509_VERSION_3) && ASN1_INTEGER_set(X509_get_serialNumber(x), serial) &&
                ASN1_TIME_set(X509_getm_notBefore(x), from) && ASN1_TIME_set(X509_getm_notAfter(x), until) && X509_set_pubkey(x, key) &&
                X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0) &&
                X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer) : name);
    X509_EXTENSION *ext = good ? X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, issuer ? "critical,CA:FALSE" : "critical,CA:TRUE") : NULL;
    good = ext && X509_add_ext(x, ext, -1) && X509_sign(x, issuer_key, EVP_sha256()) > 0;
    X509_EXTENSION_free(ext);
    if (good)
        return x;
    X509_free(x);
    return NULL;
}

/* The moment of installation: drawn within 300 days after the version came out, so that it never moves. */
static int64_t installed_s(const struct my_kit *k, uint64_t seed)
{
    struct rng r = rng_of(seed, "mysql installed");
    int64_t released_s = k->version >= 80000 ? INT64_C(1650931200) : INT64_C(1587945600); /* 8.0.29: 2022-04-26; 5.7.30: 2020-04-27 */
    return released_s + (int64_t)rng_below(&r, UINT64_C(300) * DAY_S);
}

static SSL_CTX *context(const struct my_kit *k, const char *version, uint64_t seed)
{
    EVP_PKEY *ca_key = draw_key(seed, "mysql tls ca"), *key = ca_key ? draw_key(seed, "mysql tls server") : NULL;
    int64_t from_s = installed_s(k, seed);
    X509 *ca = key ? certificate(version, "CA", 1, ca_key, NULL, ca_key, from_s) : NULL;
    X509 *cert = ca ? certificate(version, "Server", 2, key, ca, ca_key, from_s) : NULL;
    SSL_CTX *ctx = cert ? SSL_CTX_new(TLS_server_method()) : NULL;
    bool old = k->version < 80000;
    if (ctx) {
        SSL_CTX_set_security_level(ctx, old ? 0 : 1);
        if (!SSL_CTX_set_min_proto_version(ctx, old ? TLS1_VERSION : TLS1_2_VERSION) ||
            !SSL_CTX_set_max_proto_version(ctx, old ? TLS1_2_VERSION : TLS1_3_VERSION) || SSL_CTX_use_certificate(ctx, cert) != 1 ||
            SSL_CTX_use_PrivateKey(ctx, key) != 1 || SSL_CTX_add1_chain_cert(ctx, ca) != 1) {
            SSL_CTX_free(ctx);
            ctx = NULL;
        } else {
            /* A client is asked for a certificate and need not have one; no names of CAs are sent. */
            SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_CLIENT_ONCE, NULL);
            (void)X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), ca);
            SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
            SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
            SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF); /* resumption by ticket alone: nothing is held for a client */
        }
    }
    X509_free(cert);
    X509_free(ca);
    EVP_PKEY_free(key);
    EVP_PKEY_free(ca_key);
    return ctx;
}

static bool public_pem(EVP_PKEY *key, char *ret, size_t size)
{
    BIO *b = BIO_new(BIO_s_mem());
    char *text = NULL;
    long n = b && PEM_write_bio_PUBKEY(b, key) == 1 ? BIO_get_mem_data(b, &text) : 0;
    bool good = n > 0 && (size_t)n < size;
    if (good) {
        memcpy(ret, text, (size_t)n);
        ret[n] = '\0';
    }
    BIO_free(b);
    return good;
}

static void print_time(const ASN1_TIME *t, char *ret, size_t size)
{
    BIO *b = BIO_new(BIO_s_mem());
    char *text = NULL;
    long n = b && t && ASN1_TIME_print(b, t) == 1 ? BIO_get_mem_data(b, &text) : 0;
    (void)snprintf(ret, size, "%.*s", n > 0 ? (int)n : 0, text ? text : "");
    BIO_free(b);
}

static void host_free(struct my_tls_host *h)
{
    SSL_CTX_free(h->ctx);
    EVP_PKEY_free(h->rsa);
    free(h);
}

static struct my_tls_host *host_new(const struct my_kit *k, const char *version, uint64_t seed)
{
    struct my_tls_host *h = calloc(1, sizeof *h);
    if (!h)
        return NULL;
    h->seed = seed;
    (void)snprintf(h->version, sizeof h->version, "%s", version);
    h->ctx = context(k, version, seed);
    h->rsa = h->ctx ? draw_key(seed, "mysql caching_sha2 rsa") : NULL;
    X509 *cert = h->ctx ? SSL_CTX_get0_certificate(h->ctx) : NULL;
    if (cert) {
        print_time(X509_get0_notBefore(cert), h->not_before, sizeof h->not_before);
        print_time(X509_get0_notAfter(cert), h->not_after, sizeof h->not_after);
    }
    if (h->rsa && public_pem(h->rsa, h->public_pem, sizeof h->public_pem))
        return h;
    host_free(h);
    ERR_clear_error();
    return NULL;
}

int my_tls_host_get(const struct my_kit *k, uint64_t seed, struct my_tls_host **ret, struct err *err)
{
    char version[40];
    (void)snprintf(version, sizeof version, "%.*s", (int)strcspn(k->version_text, "-"), k->version_text);
    (void)pthread_mutex_lock(&lock);
    struct my_tls_host *h = hosts;
    while (h && (h->seed != seed || strcmp(h->version, version) != 0))
        h = h->next;
    if (!h && (h = host_new(k, version, seed))) {
        h->next = hosts;
        hosts = h;
    }
    if (h)
        h->refs++;
    (void)pthread_mutex_unlock(&lock);
    *ret = h;
    return h ? 0 : err_set(err, -EIO, "cannot make the keys of MySQL %s", version);
}

void my_tls_host_put(struct my_tls_host *h)
{
    if (!h)
        return;
    (void)pthread_mutex_lock(&lock);
    if (--h->refs == 0) {
        for (struct my_tls_host **at = &hosts; *at; at = &(*at)->next)
            if (*at == h) {
                *at = h->next;
                break;
            }
        host_free(h);
    }
    (void)pthread_mutex_unlock(&lock);
}

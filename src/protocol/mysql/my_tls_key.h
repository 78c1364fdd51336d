/* An installation's keys and certificate. */
#ifndef HOTARU_PROTOCOL_MYSQL_MY_TLS_KEY_H
#define HOTARU_PROTOCOL_MYSQL_MY_TLS_KEY_H

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <stdint.h>

struct my_tls_host {
    struct my_tls_host *next;
    unsigned refs;
    uint64_t seed;
    char version[40];
    SSL_CTX *ctx;
    EVP_PKEY *rsa;         /* of caching_sha2_password */
    char public_pem[600];
    char not_before[40], not_after[40];
};

#endif

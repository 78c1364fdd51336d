/* TLS of the personas whose real server offers it (MySQL 5.7 and 8.0: made at installation, self-signed), and the RSA key
 * of caching_sha2_password. OpenSSL over memory buffers: the event loop keeps the socket. */
#ifndef HOTARU_PROTOCOL_MYSQL_MY_TLS_H
#define HOTARU_PROTOCOL_MYSQL_MY_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/wr.h"

struct my_kit;
struct my_tls_host; /* keys and certificate of one installation and version; shared by all loops */
struct my_tls;      /* one connection */

/* Whether the real server of this version offers TLS as it is installed. */
bool my_tls_offered(const struct my_kit *k);
/* The installation's keys, made from seed at the first call and the same after each restart: a server whose certificate
 * changed overnight would be a sign. (The keys protect nothing: whoever knows the seed knows them.) -ENOMEM, -EIO. */
int my_tls_host_get(const struct my_kit *k, uint64_t seed, struct my_tls_host **ret, struct err *err);
void my_tls_host_put(struct my_tls_host *h);
/* The public key of caching_sha2_password as the server sends it, PEM. */
const char *my_tls_public_key(const struct my_tls_host *h, size_t *ret_n);
/* What a client encrypted with it (OAEP), still xored with the challenge; false: no such thing. */
bool my_tls_decrypt(const struct my_tls_host *h, const uint8_t *in, size_t n, uint8_t *ret, size_t size, size_t *ret_n);

struct my_tls *my_tls_new(struct my_tls_host *h); /* NULL: no memory */
void my_tls_free(struct my_tls *t);
/* Takes bytes of the wire and appends what they decrypt to; what is to be sent goes to *wire. Never more than 16 KiB of
 * wire is held at once. 1; 0 after the peer's close notify; -EPROTO when it is no TLS (an alert is in *wire). */
int my_tls_read(struct my_tls *t, const uint8_t *in, size_t n, struct wr *plain, struct wr *wire);
/* Encrypts. -EPROTO before the handshake is done. */
int my_tls_write(struct my_tls *t, const uint8_t *bytes, size_t n, struct wr *wire);
void my_tls_shut(struct my_tls *t, struct wr *wire); /* close notify */
bool my_tls_ready(const struct my_tls *t);
/* Status variables (Ssl_version, Ssl_cipher, Ssl_server_not_after, Rsa_public_key …) of a connection, t NULL without TLS;
 * NULL: not one of them. */
const char *my_tls_status(const struct my_tls_host *h, const struct my_tls *t, const char *name);

#endif

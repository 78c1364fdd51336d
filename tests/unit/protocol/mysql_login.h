/* A MySQL client's half of a login, for tests: salts out of greetings, answers to them, frames. */
#ifndef HOTARU_TESTS_MYSQL_LOGIN_H
#define HOTARU_TESTS_MYSQL_LOGIN_H

#include <stddef.h>
#include <stdint.h>

#include "harness.h"

struct login_bytes {
    uint8_t b[8192];
    size_t n;
};
void login_put(struct login_bytes *to, const void *p, size_t n);
void login_frame(struct login_bytes *to, uint8_t seq, const void *p, size_t n);
/* The 20 bytes of the greeting in h's output. */
void login_salt(const struct harness *h, uint8_t ret[static 20]);
/* mysql_native_password's answer, 20 bytes; none for an empty password: the length. */
size_t login_native(const char *password, const uint8_t salt[static 20], uint8_t ret[static 20]);
/* caching_sha2_password's, 32 bytes. */
size_t login_sha2(const char *password, const uint8_t salt[static 20], uint8_t ret[static 32]);
/* HandshakeResponse41 with these capabilities; plugin may be NULL. */
void login_packet(struct login_bytes *to, uint8_t seq, uint32_t caps, const char *user, const uint8_t *response, size_t n,
                  const char *plugin);
/* A whole native login from src; 1 let in, 0 refused, else the harness' output is neither. */
int login_try(struct harness *h, uint32_t src, const char *user, const char *password);

#endif

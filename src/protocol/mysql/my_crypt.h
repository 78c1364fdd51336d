/* Password schemes of the protocol: what a server stores, what a client answers to a challenge (manual, "Secure Password
 * Authentication"; "Old Password Authentication"). */
#ifndef HOTARU_PROTOCOL_MYSQL_MY_CRYPT_H
#define HOTARU_PROTOCOL_MYSQL_MY_CRYPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "*" + 40 hex digits of SHA1(SHA1(password)); "" for an empty password. */
void my_native_hash(const char *password, size_t n, char ret[static 42]);
/* Whether response (20 bytes) answers salt (20 bytes) for the stored "*HEX". */
bool my_native_check(const uint8_t response[static 20], const uint8_t salt[static 20], const char *stored);
/* The 16 hex digits of OLD_PASSWORD(); "" for an empty password. */
void my_old_hash(const char *password, size_t n, char ret[static 17]);
/* Whether the 8-byte response answers the first 8 bytes of salt for the stored 16 digits. */
bool my_old_check(const uint8_t *response, size_t n, const uint8_t salt[static 8], const char *stored);
#define MY_SHA2_LEN 32
/* Whether response (32 bytes) is caching_sha2_password's fast answer to salt (20 bytes): SHA256(p) xor
 * SHA256(SHA256(SHA256(p)), salt). */
bool my_sha2_check(const uint8_t response[static 32], const uint8_t salt[static 20], const char *password, size_t n);
void my_sha1(const void *bytes, size_t n, uint8_t ret[static 20]);
void my_hex_lower(const uint8_t *bytes, size_t n, char *ret); /* 2n + 1 bytes */

#endif

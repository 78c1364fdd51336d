#include "protocol/mysql/my_crypt.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

void my_sha1(const void *bytes, size_t n, uint8_t ret[static 20])
{
    unsigned len = 20;
    if (EVP_Digest(bytes, n, ret, &len, EVP_sha1(), NULL) != 1)
        memset(ret, 0, 20);
}

void my_hex_lower(const uint8_t *bytes, size_t n, char *ret)
{
    for (size_t i = 0; i < n; i++) {
        ret[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        ret[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    ret[2 * n] = '\0';
}

void my_native_hash(const char *password, size_t n, char ret[static 42])
{
    uint8_t a[20], b[20];
    ret[0] = '\0';
    if (n == 0)
        return;
    my_sha1(password, n, a);
    my_sha1(a, sizeof a, b);
    ret[0] = '*';
    for (size_t i = 0; i < 20; i++) {
        ret[1 + 2 * i] = "0123456789ABCDEF"[b[i] >> 4];
        ret[2 + 2 * i] = "0123456789ABCDEF"[b[i] & 15];
    }
    ret[41] = '\0';
}

static int nibble(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool my_native_check(const uint8_t response[static 20], const uint8_t salt[static 20], const char *stored)
{
    uint8_t hash[20], both[40], mask[20], again[20];
    if (strlen(stored) != 41 || stored[0] != '*')
        return false;
    for (size_t i = 0; i < 20; i++) {
        int hi = nibble(stored[1 + 2 * i]), lo = nibble(stored[2 + 2 * i]);
        if (hi < 0 || lo < 0)
            return false;
        hash[i] = (uint8_t)(hi << 4 | lo);
    }
    memcpy(both, salt, 20);
    memcpy(both + 20, hash, 20);
    my_sha1(both, sizeof both, mask); /* response = SHA1(password) xor this */
    for (size_t i = 0; i < 20; i++)
        mask[i] ^= response[i];
    my_sha1(mask, 20, again);
    return memcmp(again, hash, 20) == 0;
}

bool my_sha2_check(const uint8_t response[static 32], const uint8_t salt[static 20], const char *password, size_t n)
{
    uint8_t a[32], both[52], mask[32];
    unsigned len = 32;
    if (EVP_Digest(password, n, a, &len, EVP_sha256(), NULL) != 1 || EVP_Digest(a, 32, both, &len, EVP_sha256(), NULL) != 1)
        return false;
    memcpy(both + 32, salt, 20);
    if (EVP_Digest(both, sizeof both, mask, &len, EVP_sha256(), NULL) != 1)
        return false;
    for (size_t i = 0; i < 32; i++)
        if ((a[i] ^ mask[i]) != response[i])
            return false;
    return true;
}

/* The hash of servers before 4.1: two 31-bit words. */
static void old_words(const char *p, size_t n, uint32_t ret[static 2])
{
    uint64_t nr = 1345345333, add = 7, nr2 = 0x12345671;
    for (size_t i = 0; i < n; i++) {
        if (p[i] == ' ' || p[i] == '\t')
            continue;
        uint64_t c = (unsigned char)p[i];
        nr ^= ((nr & 63) + add) * c + (nr << 8);
        nr2 += (nr2 << 8) ^ nr;
        add += c;
    }
    ret[0] = (uint32_t)(nr & 0x7fffffff);
    ret[1] = (uint32_t)(nr2 & 0x7fffffff);
}

void my_old_hash(const char *password, size_t n, char ret[static 17])
{
    uint32_t w[2];
    ret[0] = '\0';
    if (n == 0)
        return;
    old_words(password, n, w);
    (void)snprintf(ret, 17, "%08x%08x", w[0], w[1]);
}

struct old_rand {
    uint32_t a, b;
};
#define OLD_MAX 0x3fffffffu
static double old_next(struct old_rand *r)
{
    r->a = (uint32_t)(((uint64_t)r->a * 3 + r->b) % OLD_MAX);
    r->b = (uint32_t)(((uint64_t)r->a + r->b + 33) % OLD_MAX);
    return (double)r->a / (double)OLD_MAX;
}

bool my_old_check(const uint8_t *response, size_t n, const uint8_t salt[static 8], const char *stored)
{
    uint32_t pass[2] = {0, 0}, msg[2];
    uint8_t expect[8];
    if (strlen(stored) != 16 || n < 8 || sscanf(stored, "%8x%8x", &pass[0], &pass[1]) != 2)
        return false;
    old_words((const char *)salt, 8, msg);
    struct old_rand r = {(pass[0] ^ msg[0]) % OLD_MAX, (pass[1] ^ msg[1]) % OLD_MAX};
    for (size_t i = 0; i < 8; i++)
        expect[i] = (uint8_t)(old_next(&r) * 31 + 64);
    uint8_t extra = (uint8_t)(old_next(&r) * 31);
    for (size_t i = 0; i < 8; i++)
        if ((expect[i] ^ extra) != response[i])
            return false;
    return true;
}

#include "mysql_login.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

void login_put(struct login_bytes *to, const void *p, size_t n)
{
    if (to->n + n > sizeof to->b)
        abort();
    if (n)
        memcpy(to->b + to->n, p, n);
    to->n += n;
}

void login_frame(struct login_bytes *to, uint8_t seq, const void *p, size_t n)
{
    uint8_t head[4] = {(uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16), seq};
    login_put(to, head, 4);
    login_put(to, p, n);
}

void login_salt(const struct harness *h, uint8_t ret[static 20])
{
    size_t n = 0;
    const uint8_t *out = harness_output(h, &n);
    size_t v = strlen((const char *)out + 5);
    memcpy(ret, out + 5 + v + 1 + 4, 8);
    memcpy(ret + 8, out + 5 + v + 1 + 4 + 9 + 18, 12);
}

static void digest(const EVP_MD *md, const void *p, size_t n, uint8_t *ret)
{
    if (EVP_Digest(p, n, ret, NULL, md, NULL) != 1)
        abort();
}

size_t login_native(const char *password, const uint8_t salt[static 20], uint8_t ret[static 20])
{
    uint8_t one[20], both[40], mask[20];
    if (!password[0])
        return 0;
    digest(EVP_sha1(), password, strlen(password), one);
    memcpy(both, salt, 20);
    digest(EVP_sha1(), one, 20, both + 20);
    digest(EVP_sha1(), both, 40, mask);
    for (int i = 0; i < 20; i++)
        ret[i] = one[i] ^ mask[i];
    return 20;
}

size_t login_sha2(const char *password, const uint8_t salt[static 20], uint8_t ret[static 32])
{
    uint8_t one[32], both[52], mask[32];
    if (!password[0])
        return 0;
    digest(EVP_sha256(), password, strlen(password), one);
    digest(EVP_sha256(), one, 32, both);
    memcpy(both + 32, salt, 20);
    digest(EVP_sha256(), both, 52, mask);
    for (int i = 0; i < 32; i++)
        ret[i] = one[i] ^ mask[i];
    return 32;
}

void login_packet(struct login_bytes *to, uint8_t seq, uint32_t caps, const char *user, const uint8_t *response, size_t n,
                  const char *plugin)
{
    static const uint8_t zero[23];
    struct login_bytes p = {.n = 0};
    uint8_t head[9] = {(uint8_t)caps, (uint8_t)(caps >> 8), (uint8_t)(caps >> 16), (uint8_t)(caps >> 24), 0, 0, 0, 1, 33};
    uint8_t len = (uint8_t)n;
    login_put(&p, head, 9);
    login_put(&p, zero, 23);
    login_put(&p, user, strlen(user) + 1);
    login_put(&p, &len, 1);
    login_put(&p, response, n);
    if (plugin)
        login_put(&p, plugin, strlen(plugin) + 1);
    login_frame(to, seq, p.b, p.n);
}

int login_try(struct harness *h, uint32_t src, const char *user, const char *password)
{
    uint8_t salt[20], response[20];
    struct login_bytes in = {.n = 0};
    size_t n = 0;
    harness_open_from(h, src, 0, 0);
    login_salt(h, salt);
    harness_forget(h);
    size_t len = login_native(password, salt, response);
    login_packet(&in, 1, 0x0003a285, user, response, len, NULL);
    harness_feed(h, in.b, in.n);
    const uint8_t *out = harness_output(h, &n);
    if (n < 7)
        return -1;
    return out[4] == 0 ? 1 : out[4] == 0xff && (out[5] | out[6] << 8) == 1045 ? 0 : -1;
}

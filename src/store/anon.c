#include "store/anon.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

enum { BLOCK = 16, BITS6 = 128, OFFSETS_MAX = 1 << 24, DIGITS = 2 * ANON_KEY_BYTES };

struct anon {
    EVP_CIPHER_CTX *aes; /* NULL without a key; copied for each turn */
    uint8_t pad[BLOCK];
    struct ip4_prefix *darknet;
    size_t n_darknet;
};
struct anon_turn {
    const struct anon *anon;
    EVP_CIPHER_CTX *aes;
    uint8_t in[BITS6 * BLOCK], out[BITS6 * BLOCK];
};

/* ---- the key file ---- */

static int key_write(int fd, const uint8_t key[static ANON_KEY_BYTES])
{
    char text[DIGITS + 2];
    for (size_t i = 0; i < ANON_KEY_BYTES; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", key[i]);
    text[DIGITS] = '\n';
    int rc = io_write_all(fd, text, DIGITS + 1);
    OPENSSL_cleanse(text, sizeof text);
    return rc == 0 && fsync(fd) < 0 ? -errno : rc;
}

/* Whole or not there: linked into place, so that two that begin at once take the same key. -EEXIST: another was faster. */
static int key_make(const char *path, struct err *err)
{
    char temp[4096];
    uint8_t key[ANON_KEY_BYTES];
    if (snprintf(temp, sizeof temp, "%s.%ld.tmp", path, (long)getpid()) >= (int)sizeof temp)
        return err_set(err, -ENAMETOOLONG, "the name of the key file is too long");
    if (getrandom(key, sizeof key, 0) != (ssize_t)sizeof key)
        return err_set(err, -EIO, "the kernel gives no random numbers for a key");
    int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_sys(err, -errno, "cannot make key file %s", path);
    int rc = key_write(fd, key);
    OPENSSL_cleanse(key, sizeof key);
    if (close(fd) < 0 && rc == 0)
        rc = -errno;
    if (rc == 0 && link(temp, path) < 0)
        rc = -errno;
    (void)unlink(temp);
    return rc < 0 && rc != -EEXIST ? err_sys(err, rc, "cannot make key file %s", path) : rc;
}

static bool digit_of(char c, uint8_t *ret)
{
    if (c >= '0' && c <= '9')
        *ret = (uint8_t)(c - '0');
    else if (c >= 'a' && c <= 'f')
        *ret = (uint8_t)(c - 'a' + 10);
    else if (c >= 'A' && c <= 'F')
        *ret = (uint8_t)(c - 'A' + 10);
    else
        return false;
    return true;
}

static int key_read(const char *path, uint8_t ret_key[static ANON_KEY_BYTES], struct err *err)
{
    char text[DIGITS + 2] = "";
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? -ENOENT : err_sys(err, -errno, "cannot read key file %s", path);
    ssize_t n = fstat(fd, &st) == 0 ? read(fd, text, sizeof text) : -1;
    close(fd);
    int rc = n < 0 ? err_sys(err, -EIO, "cannot read key file %s", path) : 0;
    if (rc == 0 && st.st_mode & 077)
        rc = err_set(err, -EPERM, "key file %s can be read or written by others: chmod 600 it, or give a new name", path);
    bool good = n == DIGITS || (n == DIGITS + 1 && text[DIGITS] == '\n');
    for (size_t i = 0; rc == 0 && good && i < ANON_KEY_BYTES; i++) {
        uint8_t high = 0, low = 0;
        good = digit_of(text[2 * i], &high) && digit_of(text[2 * i + 1], &low);
        ret_key[i] = (uint8_t)(high << 4 | low);
    }
    OPENSSL_cleanse(text, sizeof text);
    return rc == 0 && !good ? err_set(err, -EBADMSG, "key file %s: not 64 hexadecimal digits", path) : rc;
}

int anon_key_file(const char *path, uint8_t ret_key[static ANON_KEY_BYTES], bool *ret_made, struct err *err)
{
    *ret_made = false;
    int rc = key_read(path, ret_key, err);
    if (rc != -ENOENT)
        return rc;
    rc = key_make(path, err);
    *ret_made = rc == 0;
    return rc == 0 || rc == -EEXIST ? key_read(path, ret_key, err) : rc;
}

/* ---- the map ---- */

static bool encrypt(EVP_CIPHER_CTX *aes, const uint8_t *in, uint8_t *out, int bytes)
{
    int n = 0;
    return EVP_EncryptUpdate(aes, out, &n, in, bytes) == 1 && n == bytes;
}

static int key_set(struct anon *a, const uint8_t *key, struct err *err)
{
    a->aes = EVP_CIPHER_CTX_new();
    if (!a->aes || EVP_EncryptInit_ex(a->aes, EVP_aes_128_ecb(), NULL, key, NULL) != 1 ||
        EVP_CIPHER_CTX_set_padding(a->aes, 0) != 1 || !encrypt(a->aes, key + BLOCK, a->pad, BLOCK))
        return err_set(err, -EIO, "libcrypto gives no AES-128");
    return 0;
}

int anon_new(const uint8_t *key, const struct ip4_prefix *darknet, size_t n, struct anon **ret, struct err *err)
{
    uint64_t size = 0;
    for (size_t i = 0; i < n; i++)
        size += ip4_prefix_size(darknet[i]);
    if (size > OFFSETS_MAX)
        return err_set(err, -ERANGE, "the darknet has more than 2^24 addresses: their offsets do not fit 0.0.0.0/8");
    struct anon *a = calloc(1, sizeof *a);
    int rc = a ? 0 : err_set(err, -ENOMEM, "no memory to anonymise");
    if (rc == 0 && key)
        rc = key_set(a, key, err);
    if (rc == 0 && n) {
        a->darknet = malloc(n * sizeof *a->darknet);
        rc = a->darknet ? 0 : err_set(err, -ENOMEM, "no memory to anonymise");
        if (rc == 0)
            memcpy(a->darknet, darknet, n * sizeof *darknet);
        a->n_darknet = n;
    }
    if (rc < 0)
        anon_free(a);
    else
        *ret = a;
    return rc;
}

void anon_free(struct anon *a)
{
    if (!a)
        return;
    EVP_CIPHER_CTX_free(a->aes); /* cleanses the key */
    OPENSSL_cleanse(a->pad, sizeof a->pad);
    free(a->darknet);
    free(a);
}

bool anon_has_key(const struct anon *a)
{
    return a->aes;
}

bool anon_has_darknet(const struct anon *a)
{
    return a->n_darknet > 0;
}

struct anon_turn *anon_turn_new(const struct anon *a)
{
    struct anon_turn *t = malloc(sizeof *t);
    if (!t)
        return NULL;
    t->anon = a;
    t->aes = a->aes ? EVP_CIPHER_CTX_new() : NULL;
    if (a->aes && (!t->aes || EVP_CIPHER_CTX_copy(t->aes, a->aes) != 1)) {
        anon_turn_free(t);
        return NULL;
    }
    return t;
}

void anon_turn_free(struct anon_turn *t)
{
    if (!t)
        return;
    EVP_CIPHER_CTX_free(t->aes);
    free(t);
}

/* Bit i is turned by the first bit of AES(first i bits of the address, then the padding's). The inputs depend on the original
 * alone, so all blocks are encrypted in one call. */
static void map(struct anon_turn *t, const uint8_t *ip, uint8_t *ret, unsigned bits)
{
    for (unsigned i = 0; i < bits; i++) {
        uint8_t *block = t->in + (size_t)i * BLOCK;
        memcpy(block, ip, i / 8);
        memcpy(block + i / 8, t->anon->pad + i / 8, BLOCK - i / 8);
        if (i % 8) {
            uint8_t mask = (uint8_t)(0xff00u >> (i % 8));
            block[i / 8] = (uint8_t)((ip[i / 8] & mask) | (t->anon->pad[i / 8] & ~mask));
        }
    }
    if (!encrypt(t->aes, t->in, t->out, (int)(bits * BLOCK)))
        abort(); /* ECB of whole blocks cannot fail; an address must not get out unmapped */
    for (unsigned i = 0; i < bits / 8; i++) {
        uint8_t turn = 0;
        for (unsigned k = 0; k < 8; k++)
            turn = (uint8_t)(turn << 1 | t->out[(size_t)(i * 8 + k) * BLOCK] >> 7);
        ret[i] = ip[i] ^ turn;
    }
}

int64_t anon_offset(const struct anon *a, uint32_t ip)
{
    int64_t before = 0;
    for (size_t i = 0; i < a->n_darknet; i++) {
        if (ip4_in(ip, a->darknet[i]))
            return before + (ip - a->darknet[i].base);
        before += (int64_t)ip4_prefix_size(a->darknet[i]);
    }
    return -1;
}

uint32_t anon_ip4(struct anon_turn *t, uint32_t ip)
{
    int64_t offset = anon_offset(t->anon, ip);
    if (offset >= 0)
        return (uint32_t)offset;
    if (!t->aes)
        return ip;
    const uint8_t in[4] = {(uint8_t)(ip >> 24), (uint8_t)(ip >> 16), (uint8_t)(ip >> 8), (uint8_t)ip};
    uint8_t out[4];
    map(t, in, out, 32);
    return (uint32_t)out[0] << 24 | (uint32_t)out[1] << 16 | (uint32_t)out[2] << 8 | out[3];
}

void anon_ip6(struct anon_turn *t, const uint8_t ip[static 16], uint8_t ret[static 16])
{
    if (t->aes)
        map(t, ip, ret, BITS6);
    else
        memcpy(ret, ip, 16);
}

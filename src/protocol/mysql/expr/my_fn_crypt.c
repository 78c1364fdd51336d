/* Digests, passwords, encryption, compression. */
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "base/rng.h"
#include "protocol/mysql/expr/my_eval.h"
#include "protocol/mysql/my_crypt.h"

/* Hex text of a digest: a binary string before 5.5, text of the connection after. */
static void fix_digest(struct my_eval *ev, struct my_expr *e, uint32_t chars)
{
    bool old = ev->r->kit->version < 50503 && !ev->r->kit->mariadb;
    my_fix_str(ev, e, old ? ev->r->kit->binary : my_conn_coll(ev), chars, old ? 0 : MY_DEC_FLOAT, my_any_maybe_null(e));
}
static void fix_md5(struct my_eval *ev, struct my_expr *e)
{
    fix_digest(ev, e, 32);
}
static void fix_sha1(struct my_eval *ev, struct my_expr *e)
{
    fix_digest(ev, e, 40);
}
static struct my_val digest(struct my_eval *ev, const struct my_val *t, const EVP_MD *md)
{
    uint8_t out[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    char hex[2 * EVP_MAX_MD_SIZE + 1];
    if (!my_step(ev->r, t->s.n / 64) || EVP_Digest(t->s.p, t->s.n, out, &n, md, NULL) != 1)
        return my_null();
    my_hex_lower(out, n, hex);
    return my_text_out(ev, hex, 2u * n);
}
static struct my_val ev_md5(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val t = my_arg_text(ev, e, 0, args);
    return digest(ev, &t, EVP_md5());
}
static struct my_val ev_sha1(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val t = my_arg_text(ev, e, 0, args);
    return digest(ev, &t, EVP_sha1());
}
static const EVP_MD *sha2_of(int64_t bits)
{
    switch (bits) {
    case 224:
        return EVP_sha224();
    case 0:
    case 256:
        return EVP_sha256();
    case 384:
        return EVP_sha384();
    case 512:
        return EVP_sha512();
    default:
        return NULL;
    }
}
static void fix_sha2(struct my_eval *ev, struct my_expr *e)
{
    uint32_t chars = 128;
    if (e->args[1]->is_const) {
        struct my_val v = my_eval_expr(ev, e->args[1]);
        const EVP_MD *md = v.kind == MY_V_NULL ? NULL : sha2_of(my_val_i64(&v, NULL));
        chars = md ? 2u * (uint32_t)EVP_MD_size(md) : 0;
    }
    bool none = chars == 0 && ev->r->kit->mariadb;
    if (none)
        my_warn(ev->r, MY_WARNING, MY_ER_WRONG_PARAMETERS_TO_NATIVE_FCT, "sha2");
    my_fix_str(ev, e, none ? ev->r->kit->binary : my_conn_coll(ev), chars, MY_DEC_FLOAT, true);
}
static struct my_val ev_sha2(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val t = my_arg_text(ev, e, 0, args);
    const EVP_MD *md = sha2_of(my_val_i64(&args[1], NULL));
    if (!md) {
        if (!ev->r->kit->mariadb || !e->args[1]->is_const)
            my_warn(ev->r, MY_WARNING, MY_ER_WRONG_PARAMETERS_TO_NATIVE_FCT, "sha2");
        return my_null();
    }
    return digest(ev, &t, md);
}

static void fix_password(struct my_eval *ev, struct my_expr *e)
{
    fix_digest(ev, e, 41);
    e->m.maybe_null = false;
}
static struct my_val ev_password(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    char hash[42];
    if (args[0].kind == MY_V_NULL)
        return my_str("", 0);
    struct my_val t = my_arg_text(ev, e, 0, args);
    my_native_hash(t.s.p, t.s.n, hash);
    return my_text_out(ev, hash, strlen(hash));
}
static void fix_old_password(struct my_eval *ev, struct my_expr *e)
{
    fix_digest(ev, e, 16);
}
static struct my_val ev_old_password(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    char hash[17];
    struct my_val t = my_arg_text(ev, e, 0, args);
    my_old_hash(t.s.p, t.s.n, hash);
    return my_text_out(ev, hash, strlen(hash));
}

/* ---- AES_ENCRYPT: AES-128-ECB, the key folded into 16 bytes by xor ---- */
static void fix_aes_encrypt(struct my_eval *ev, struct my_expr *e)
{
    my_fix_str(ev, e, ev->r->kit->binary, 16 * ((uint64_t)e->args[0]->m.len / 16 + 1), MY_DEC_FLOAT, my_any_maybe_null(e));
}
static void fix_aes_decrypt(struct my_eval *ev, struct my_expr *e)
{
    my_fix_str(ev, e, ev->r->kit->binary, e->args[0]->m.len, MY_DEC_FLOAT, true);
}
static struct my_val aes(struct my_eval *ev, struct my_expr *e, struct my_val *args, bool encrypt)
{
    struct my_val t = my_arg_text(ev, e, 0, args), k = my_arg_text(ev, e, 1, args);
    uint8_t key[16] = {0};
    for (size_t i = 0; i < k.s.n; i++)
        key[i % 16] ^= (uint8_t)k.s.p[i];
    uint8_t *out = t.s.n < (8u << 20) ? arena_new(ev->r->arena, t.s.n + 32) : NULL;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int n = 0, m = 0;
    bool good = out && c && EVP_CipherInit_ex(c, EVP_aes_128_ecb(), NULL, key, NULL, encrypt) == 1 &&
                EVP_CipherUpdate(c, out, &n, (const uint8_t *)t.s.p, (int)t.s.n) == 1 && EVP_CipherFinal_ex(c, out + n, &m) == 1;
    EVP_CIPHER_CTX_free(c);
    return good ? my_str((char *)out, (size_t)(n + m)) : my_null();
}
static struct my_val ev_aes_encrypt(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    return aes(ev, e, args, true);
}
static struct my_val ev_aes_decrypt(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    return aes(ev, e, args, false);
}

/* ---- COMPRESS: length as 4 bytes, then zlib ---- */
static void fix_compress(struct my_eval *ev, struct my_expr *e)
{
    my_fix_str(ev, e, ev->r->kit->binary, (uint64_t)e->args[0]->m.len * 120 / 100 + 12, MY_DEC_FLOAT, my_any_maybe_null(e));
}
static struct my_val ev_compress(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val t = my_arg_text(ev, e, 0, args);
    if (!t.s.n)
        return t;
    uLongf n = compressBound((uLong)t.s.n);
    uint8_t *out = t.s.n < (16u << 20) && my_step(ev->r, t.s.n / 8) ? arena_new(ev->r->arena, n + 8) : NULL;
    if (!out || compress(out + 4, &n, (const Bytef *)t.s.p, (uLong)t.s.n) != Z_OK)
        return my_null();
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(t.s.n >> (8 * i));
    if (out[3 + n] == ' ')
        out[4 + n++] = '.';
    return my_str((char *)out, n + 4);
}
static void fix_uncompress(struct my_eval *ev, struct my_expr *e)
{
    my_fix_str(ev, e, ev->r->kit->binary, 16777216, MY_DEC_FLOAT, true);
}
static struct my_val ev_uncompress(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val t = my_arg_text(ev, e, 0, args);
    if (!t.s.n)
        return t;
    const uint8_t *p = (const uint8_t *)t.s.p;
    uLongf n = t.s.n > 4 ? (uLongf)((uint32_t)(p[0] | p[1] << 8 | p[2] << 16) | (uint32_t)(p[3] & 0x3f) << 24) : 0;
    if (t.s.n <= 4 || n > my_var_u64(ev->r, "max_allowed_packet") || n > (16u << 20)) {
        my_warn_text(ev->r, MY_ERROR, 1259, "ZLIB: Input data corrupted");
        return my_null();
    }
    uint8_t *out = arena_new(ev->r->arena, n + 1);
    if (!out || uncompress(out, &n, p + 4, (uLong)t.s.n - 4) != Z_OK) {
        my_warn_text(ev->r, MY_ERROR, 1259, "ZLIB: Input data corrupted");
        return my_null();
    }
    return my_str((char *)out, n);
}
static void fix_int10(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, 10, true, false);
}
static struct my_val ev_uncompressed_length(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val t = my_arg_text(ev, e, 0, args);
    const uint8_t *p = (const uint8_t *)t.s.p;
    if (t.s.n && t.s.n <= 4 && ev->r->kit->mariadb) {
        my_warn_text(ev->r, MY_WARNING, 1259, "ZLIB: Input data corrupted");
        return my_null();
    }
    return my_int(t.s.n > 4 ? (int64_t)((uint32_t)(p[0] | p[1] << 8 | p[2] << 16) | (uint32_t)(p[3] & 0x3f) << 24) : 0);
}
static void fix_random_bytes(struct my_eval *ev, struct my_expr *e)
{
    my_fix_str(ev, e, ev->r->kit->binary, 1024, MY_DEC_FLOAT, true);
}
static struct my_val ev_random_bytes(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)e;
    int64_t n = my_val_i64(&args[0], NULL);
    if (n < 1 || n > 1024) {
        my_fail(ev->r, MY_ER_DATA_OUT_OF_RANGE, "length", "random_bytes");
        return my_null();
    }
    uint8_t b[1024];
    rng_secret(b, (size_t)n);
    return my_text_out(ev, (const char *)b, (size_t)n);
}

#define W MY_FN_WORD
const struct my_func my_funcs_crypt[] = {
    {"md5", 1, 1, 0, fix_md5, ev_md5},
    {"sha", 1, 1, 0, fix_sha1, ev_sha1},
    {"sha1", 1, 1, 0, fix_sha1, ev_sha1},
    {"sha2", 2, 2, MY_FN_SINCE_55, fix_sha2, ev_sha2},
    {"password", 1, 1, W | MY_FN_NULLS, fix_password, ev_password},
    {"old_password", 1, 1, W, fix_old_password, ev_old_password},
    {"aes_encrypt", 2, 2, 0, fix_aes_encrypt, ev_aes_encrypt},
    {"aes_decrypt", 2, 2, 0, fix_aes_decrypt, ev_aes_decrypt},
    {"compress", 1, 1, 0, fix_compress, ev_compress},
    {"uncompress", 1, 1, 0, fix_uncompress, ev_uncompress},
    {"uncompressed_length", 1, 1, 0, fix_int10, ev_uncompressed_length},
    {"random_bytes", 1, 1, MY_FN_SINCE_57 | MY_FN_NOT_CONST, fix_random_bytes, ev_random_bytes},
    {0},
};

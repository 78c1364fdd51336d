#include "protocol/smb_ntlm.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "base/rd.h"
#include "protocol/smb_text.h"

#define NEG_UNICODE          UINT32_C(0x00000001)
#define NEG_OEM              UINT32_C(0x00000002)
#define NEG_REQUEST_TARGET   UINT32_C(0x00000004)
#define NEG_NTLM             UINT32_C(0x00000200)
#define NEG_TARGET_SERVER    UINT32_C(0x00020000)
#define NEG_SESSION_SECURITY UINT32_C(0x00080000)
#define NEG_TARGET_INFO      UINT32_C(0x00800000)
#define NEG_VERSION          UINT32_C(0x02000000)
/* Sign, seal, LM key, always sign, 128 bit, key exchange, 56 bit: granted as asked. */
#define NEG_AS_ASKED         UINT32_C(0xe00080b0)

enum { HEADER_CHALLENGE = 56, NTLM_REVISION = 15, MD5_LEN = 16, V1_LEN = 24, BLOB_MAX = 8192 };
enum { AV_END = 0, AV_NB_COMPUTER = 1, AV_NB_DOMAIN = 2, AV_DNS_COMPUTER = 3, AV_DNS_DOMAIN = 4, AV_TIME = 7 };

static const uint8_t magic[8] = "NTLMSSP";

uint32_t ntlm_type(const uint8_t *token, size_t n)
{
    struct rd r = rd_of(token, n);
    const uint8_t *m = rd_take(&r, sizeof magic);
    uint32_t type = rd_le32(&r);
    return r.bad || memcmp(m, magic, sizeof magic) != 0 ? 0 : type;
}

static size_t utf16_len(const char *text)
{
    struct wr w = wr_of(4 * NTLM_NAME_MAX);
    smb_wr_utf16(&w, text);
    size_t n = w.len;
    wr_done(&w);
    return n;
}

static void av_text(struct wr *w, uint16_t id, const char *text, bool lower)
{
    char copy[NTLM_NAME_MAX];
    size_t n = 0;
    for (; text[n] && n < sizeof copy - 1; n++)
        copy[n] = (char)(lower ? tolower((unsigned char)text[n]) : text[n]);
    copy[n] = 0;
    wr_le16(w, id);
    wr_le16(w, (uint16_t)utf16_len(copy));
    smb_wr_utf16(w, copy);
}

/* Order and content as Windows sends them; the time stamp came with Vista. */
static void av_pairs(struct wr *w, const char *server, const struct smb_host *host, int64_t now_us)
{
    bool time = host->major >= 6;
    av_text(w, AV_NB_DOMAIN, server, false);
    av_text(w, AV_NB_COMPUTER, server, false);
    av_text(w, AV_DNS_DOMAIN, server, host->major < 6);
    av_text(w, AV_DNS_COMPUTER, server, host->major < 6);
    if (time) {
        wr_le16(w, AV_TIME);
        wr_le16(w, 8);
        wr_le64(w, smb_filetime(now_us));
    }
    wr_le32(w, AV_END);
}

static void field(struct wr *w, size_t len, size_t offset)
{
    wr_le16(w, (uint16_t)len);
    wr_le16(w, (uint16_t)len);
    wr_le32(w, (uint32_t)offset);
}

int ntlm_challenge(struct wr *w, const uint8_t *negotiate, size_t n, const uint8_t challenge[static 8], const char *server,
                   const struct smb_host *host, int64_t now_us)
{
    struct rd r = rd_of(negotiate, n);
    rd_skip(&r, 12);
    uint32_t asked = rd_le32(&r);
    if (r.bad)
        return -EPROTO;
    uint32_t flags = NEG_NTLM | NEG_TARGET_INFO | (asked & NEG_AS_ASKED) | (asked & NEG_UNICODE ? NEG_UNICODE : NEG_OEM) |
                     (asked & NEG_SESSION_SECURITY) | (asked & NEG_VERSION);
    if (asked & NEG_REQUEST_TARGET)
        flags |= NEG_REQUEST_TARGET | NEG_TARGET_SERVER;
    bool unicode = flags & NEG_UNICODE;
    struct wr pairs = wr_of(4096);
    av_pairs(&pairs, server, host, now_us);
    size_t target = !(asked & NEG_REQUEST_TARGET) ? 0 : unicode ? utf16_len(server) : strlen(server);
    wr_bytes(w, magic, sizeof magic);
    wr_le32(w, 2);
    field(w, target, HEADER_CHALLENGE);
    wr_le32(w, flags);
    wr_bytes(w, challenge, 8);
    wr_zero(w, 8);
    field(w, pairs.len, HEADER_CHALLENGE + target);
    wr_u8(w, host->major);
    wr_u8(w, host->minor);
    wr_le16(w, host->build);
    wr_le32(w, (uint32_t)NTLM_REVISION << 24);
    if (target && unicode)
        smb_wr_utf16(w, server);
    else if (target)
        wr_str(w, server);
    wr_bytes(w, pairs.bytes, pairs.len);
    if (pairs.bad)
        w->bad = true;
    wr_done(&pairs);
    return 0;
}

/* Length, allocated, offset; then the bytes wherever the offset says. */
static struct rd payload(struct rd *r, const uint8_t *token, size_t n)
{
    uint16_t len = rd_le16(r);
    rd_skip(r, 2);
    uint32_t offset = rd_le32(r);
    struct rd all = rd_of(token, n);
    if (len == 0)
        return rd_of(token, 0);
    rd_skip(&all, offset);
    struct rd part = rd_sub(&all, len);
    r->bad |= part.bad;
    return part;
}

static void name_of(const struct rd *part, bool unicode, char *buf)
{
    if (unicode) {
        smb_utf8(part->p, rd_left(part), buf, NTLM_NAME_MAX);
    } else {
        struct rd copy = *part;
        smb_rd_string(&copy, false, NULL, buf, NTLM_NAME_MAX);
    }
}

int ntlm_read_authenticate(const uint8_t *token, size_t n, struct ntlm_login *ret)
{
    struct rd r = rd_of(token, n);
    rd_skip(&r, 12);
    struct rd lm = payload(&r, token, n), nt = payload(&r, token, n);
    struct rd domain = payload(&r, token, n), user = payload(&r, token, n), workstation = payload(&r, token, n);
    if (r.bad)
        return -EPROTO;
    (void)payload(&r, token, n); /* session key: absent in the shortest messages */
    uint32_t flags = rd_le32(&r);
    bool unicode = r.bad || (flags & NEG_UNICODE);
    *ret = (struct ntlm_login){.lm = lm.p, .lm_len = rd_left(&lm), .nt = nt.p, .nt_len = rd_left(&nt),
                               .session_security = !r.bad && (flags & NEG_SESSION_SECURITY)};
    if (unicode) {
        ret->user16 = user.p;
        ret->user16_len = rd_left(&user);
        ret->domain16 = domain.p;
        ret->domain16_len = rd_left(&domain);
    }
    name_of(&user, unicode, ret->user);
    name_of(&domain, unicode, ret->domain);
    name_of(&workstation, unicode, ret->workstation);
    return 0;
}

bool ntlm_is_anonymous(const struct ntlm_login *l)
{
    return l->user[0] == 0 && l->nt_len == 0 && (l->lm_len == 0 || (l->lm_len == 1 && l->lm[0] == 0));
}

static bool is_v1_ess(const struct ntlm_login *l)
{
    static const uint8_t zeros[16];
    return l->nt_len == V1_LEN && l->lm_len == V1_LEN && memcmp(l->lm + 8, zeros, sizeof zeros) == 0;
}

const char *ntlm_kind(const struct ntlm_login *l)
{
    if (ntlm_is_anonymous(l))
        return "anonymous";
    if (l->nt_len > V1_LEN)
        return "NTLMv2";
    if (l->nt_len == V1_LEN)
        return is_v1_ess(l) ? "NTLMv1-ESS" : "NTLMv1";
    return l->lm_len == V1_LEN ? "LM" : "plaintext";
}

/* The NT hash of the empty password: MD4 of nothing (RFC 1320 A.5). */
static const uint8_t empty_hash[16] = {0x31, 0xd6, 0xcf, 0xe0, 0xd1, 0x6a, 0xe9, 0x31,
                                       0xb7, 0x3c, 0x59, 0xd7, 0xe0, 0xc0, 0x89, 0xc0};

static bool proves_v2(const struct ntlm_login *l, const uint8_t challenge[static 8])
{
    struct wr name = wr_of(4 * NTLM_NAME_MAX), said = wr_of(BLOB_MAX);
    uint8_t key[MD5_LEN], proof[MD5_LEN];
    bool fits = false;
    for (const char *p = l->user; *p; p++)
        wr_le16(&name, (uint16_t)toupper((unsigned char)*p));
    if (l->domain16)
        wr_bytes(&name, l->domain16, l->domain16_len);
    else
        smb_wr_utf16(&name, l->domain);
    wr_bytes(&said, challenge, 8);
    wr_bytes(&said, l->nt + MD5_LEN, l->nt_len - MD5_LEN);
    if (!name.bad && !said.bad && HMAC(EVP_md5(), empty_hash, sizeof empty_hash, name.bytes, name.len, key, NULL) &&
        HMAC(EVP_md5(), key, sizeof key, said.bytes, said.len, proof, NULL))
        fits = memcmp(proof, l->nt, MD5_LEN) == 0;
    wr_done(&name);
    wr_done(&said);
    return fits;
}

/* 56 bits to the 8 bytes of a DES key, parity left out. */
static void des_key(const uint8_t in[static 7], uint8_t out[static 8])
{
    uint64_t bits = 0;
    for (int i = 0; i < 7; i++)
        bits = bits << 8 | in[i];
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)((bits >> (49 - 7 * i) & 0x7f) << 1);
}

/* DES as triple DES with one key three times: the single cipher is not in OpenSSL's default provider. */
static bool des(const uint8_t key7[static 7], const uint8_t in[static 8], uint8_t out[static 8])
{
    uint8_t key[24], more[16];
    int n = 0;
    des_key(key7, key);
    memcpy(key + 8, key, 8);
    memcpy(key + 16, key, 8);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    bool good = c && EVP_EncryptInit_ex(c, EVP_des_ede3_ecb(), NULL, key, NULL) && EVP_CIPHER_CTX_set_padding(c, 0) &&
                EVP_EncryptUpdate(c, more, &n, in, 8) && n == 8;
    EVP_CIPHER_CTX_free(c);
    if (good)
        memcpy(out, more, 8);
    return good;
}

/* DESL [MS-NLMP 6]: the hash in three keys of 7 bytes, the last filled with zeros. */
static bool proves_v1(const struct ntlm_login *l, const uint8_t challenge[static 8])
{
    uint8_t keys[21] = {0}, response[V1_LEN], said[EVP_MAX_MD_SIZE];
    memcpy(keys, empty_hash, sizeof empty_hash);
    memcpy(said, challenge, 8);
    if (is_v1_ess(l)) {
        uint8_t both[16];
        memcpy(both, challenge, 8);
        memcpy(both + 8, l->lm, 8);
        if (!EVP_Digest(both, sizeof both, said, NULL, EVP_md5(), NULL))
            return false;
    }
    for (size_t i = 0; i < 3; i++)
        if (!des(keys + 7 * i, said, response + 8 * i))
            return false;
    return memcmp(response, l->nt, V1_LEN) == 0;
}

bool ntlm_proves_empty_password(const struct ntlm_login *l, const uint8_t challenge[static 8])
{
    if (l->nt_len == 0 && l->lm_len == 0)
        return true; /* a plain password of no length */
    if (l->nt_len > V1_LEN)
        return proves_v2(l, challenge);
    return l->nt_len == V1_LEN && proves_v1(l, challenge);
}

static void hex(struct wr *w, const uint8_t *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        wr_u8(w, (uint8_t)digits[bytes[i] >> 4]);
        wr_u8(w, (uint8_t)digits[bytes[i] & 15]);
    }
}

void ntlm_hashcat(struct wr *w, const struct ntlm_login *l, const uint8_t challenge[static 8])
{
    if (l->nt_len < V1_LEN)
        return;
    wr_str(w, l->user);
    wr_str(w, "::");
    wr_str(w, l->domain);
    wr_u8(w, ':');
    if (l->nt_len == V1_LEN) {
        hex(w, l->lm, l->lm_len);
        wr_u8(w, ':');
        hex(w, l->nt, l->nt_len);
        wr_u8(w, ':');
        hex(w, challenge, 8);
    } else {
        hex(w, challenge, 8);
        wr_u8(w, ':');
        hex(w, l->nt, MD5_LEN);
        wr_u8(w, ':');
        hex(w, l->nt + MD5_LEN, l->nt_len - MD5_LEN);
    }
}

/* SMB2 NEGOTIATE [MS-SMB2 2.2.3, 2.2.4, 3.3.5.3, 3.3.5.4]. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "protocol/smb2_int.h"

enum { DIALECTS_MAX = 64, CONTEXTS_MAX = 16, SECURITY_SIGNING_ENABLED = 1, REQUEST_SIZE = 36, REPLY_SIZE = 65,
       SECURITY_OFFSET = SMB2_HEADER_BYTES + 64 };
enum { CONTEXT_PREAUTH = 1, CONTEXT_ENCRYPTION = 2, HASH_SHA512 = 1, CIPHER_AES128_CCM = 1, CIPHER_AES128_GCM = 2, SALT = 32 };
enum { CAP_DFS = 1, CAP_LEASING = 2, CAP_LARGE_MTU = 4, CAP_MULTI_CHANNEL = 8, CAP_DIRECTORY_LEASING = 0x20,
       CAP_ENCRYPTION = 0x40 };
enum { BUILD_NO_START_TIME = 15063 }; /* from Windows 10 1703 on ServerStartTime is 0 ([MS-SMB2] appendix A) */

struct offer {
    uint16_t dialects[DIALECTS_MAX], count, best;
    uint32_t capabilities;
    bool preauth, sha512;      /* a preauthentication context came; it lists SHA-512 */
    bool encryption;           /* an encryption context came */
    uint16_t cipher;           /* the first that we share; 0: none */
};

static uint32_t sizes_max(uint16_t dialect, const struct smb_host *host)
{
    if (dialect == 0x0202)
        return 65536;
    return host->smb2_dialect_max >= 0x0300 ? UINT32_C(8) << 20 : UINT32_C(1) << 20;
}

/* Multi-channel, directory leases and encryption are only named to a client that names them. */
static uint32_t capabilities(uint16_t dialect, uint32_t client)
{
    if (dialect == 0x0202)
        return CAP_DFS;
    uint32_t caps = CAP_DFS | CAP_LEASING | CAP_LARGE_MTU;
    if (dialect >= 0x0300 && dialect != 0x02ff)
        caps |= client & (CAP_MULTI_CHANNEL | CAP_DIRECTORY_LEASING | (dialect < 0x0311 ? CAP_ENCRYPTION : 0));
    return caps;
}

/* The reply's fixed part and token; contexts_at is 0 without contexts. */
static void write_body(struct smb_turn *t, uint16_t dialect, uint32_t caps, uint16_t contexts)
{
    struct wr *w = t->out;
    uint16_t token_len;
    const uint8_t *token = smb_host_spnego(&t->host, &token_len);
    uint32_t most = sizes_max(dialect, &t->host);
    wr_le16(w, REPLY_SIZE);
    wr_le16(w, SECURITY_SIGNING_ENABLED);
    wr_le16(w, dialect);
    wr_le16(w, contexts);
    wr_bytes(w, t->persona->smb.guid, sizeof t->persona->smb.guid);
    wr_le32(w, caps);
    wr_le32(w, most);
    wr_le32(w, most);
    wr_le32(w, most);
    wr_le64(w, smb_filetime(session_now_us(t->s)));
    wr_le64(w, t->host.build >= BUILD_NO_START_TIME ? 0 : smb_filetime(t->persona->smb.boot_ts_us));
    wr_le16(w, SECURITY_OFFSET);
    wr_le16(w, token_len);
    wr_le32(w, contexts ? (uint32_t)(SECURITY_OFFSET + token_len + 7) & ~7u : 0);
    wr_bytes(w, token, token_len);
}

static void pad8(struct wr *w)
{
    while (!w->bad && (w->len - SMB_FRAME_HEADER) % 8)
        wr_u8(w, 0);
}

/* [MS-SMB2 2.2.4.1] */
static void write_contexts(struct wr *w, const struct offer *o)
{
    pad8(w);
    wr_le16(w, CONTEXT_PREAUTH);
    wr_le16(w, 6 + SALT);
    wr_le32(w, 0);
    wr_le16(w, 1);
    wr_le16(w, SALT);
    wr_le16(w, HASH_SHA512);
    uint8_t *salt = wr_room(w, SALT);
    if (salt)
        rng_secret(salt, SALT);
    if (!o->encryption)
        return;
    pad8(w);
    wr_le16(w, CONTEXT_ENCRYPTION);
    wr_le16(w, 4);
    wr_le32(w, 0);
    wr_le16(w, 1);
    wr_le16(w, o->cipher);
}

static void read_preauth(struct rd *r, struct offer *o)
{
    uint16_t count = rd_le16(r);
    rd_skip(r, 2);
    o->preauth = true;
    for (uint16_t i = 0; i < count && !r->bad; i++)
        o->sha512 |= rd_le16(r) == HASH_SHA512;
}

static void read_encryption(struct rd *r, struct offer *o)
{
    uint16_t count = rd_le16(r);
    o->encryption = true;
    for (uint16_t i = 0; i < count && !r->bad; i++) {
        uint16_t cipher = rd_le16(r);
        if (!o->cipher && (cipher == CIPHER_AES128_GCM || cipher == CIPHER_AES128_CCM))
            o->cipher = cipher;
    }
}

static void read_contexts(const struct smb2_request *q, uint32_t offset, uint16_t count, struct offer *o)
{
    struct rd r = rd_of(q->base, q->len);
    rd_skip(&r, offset);
    for (uint16_t i = 0; i < count && i < CONTEXTS_MAX && !r.bad; i++) {
        uint16_t type = rd_le16(&r), len = rd_le16(&r);
        rd_skip(&r, 4);
        struct rd data = rd_sub(&r, len);
        if (type == CONTEXT_PREAUTH && !data.bad)
            read_preauth(&data, o);
        else if (type == CONTEXT_ENCRYPTION && !data.bad)
            read_encryption(&data, o);
        size_t pad = (8 - len % 8u) % 8u;
        rd_skip(&r, pad <= rd_left(&r) ? pad : 0);
    }
}

static bool spoken(uint16_t dialect)
{
    return dialect == 0x0202 || dialect == 0x0210 || dialect == 0x0300 || dialect == 0x0302 || dialect == 0x0311;
}

/* Fills the offer; the status that a server answers with. */
static uint32_t read_offer(const struct smb_turn *t, const struct smb2_request *q, struct offer *o)
{
    struct rd r = q->body;
    uint16_t size = rd_le16(&r), count = rd_le16(&r);
    rd_skip(&r, 4);
    o->capabilities = rd_le32(&r);
    rd_skip(&r, 16); /* client GUID */
    uint32_t contexts_at = rd_le32(&r);
    uint16_t contexts = rd_le16(&r);
    rd_skip(&r, 2);
    if (r.bad || size != REQUEST_SIZE || count == 0)
        return SMB_INVALID_PARAMETER;
    for (uint16_t i = 0; i < count; i++) {
        uint16_t d = rd_le16(&r);
        if (o->count < DIALECTS_MAX)
            o->dialects[o->count++] = d;
        if (spoken(d) && d <= t->host.smb2_dialect_max && d > o->best)
            o->best = d;
    }
    if (r.bad)
        return SMB_INVALID_PARAMETER;
    if (!o->best)
        return SMB_NOT_SUPPORTED;
    if (o->best == 0x0311) {
        read_contexts(q, contexts_at, contexts, o);
        if (!o->preauth)
            return SMB_INVALID_PARAMETER;
        if (!o->sha512)
            return SMB_NO_PREAUTH_HASH_OVERLAP;
    }
    return SMB_OK;
}

static void event_of(struct smb_turn *t, const struct offer *o, uint32_t status)
{
    char text[DIALECTS_MAX * 8];
    size_t len = 0;
    text[0] = 0;
    for (uint16_t i = 0; i < o->count; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s0x%04x", i ? " " : "", o->dialects[i]);
    smb_event(t, "SMB2 Negotiate", text, status == SMB_OK ? smb_dialect_name(o->best) : NULL, status);
}

enum feed_status smb2_answer_multi_protocol(struct smb_turn *t, uint16_t dialect)
{
    struct smb2_request q = {.h = {.command = SMB2_NEGOTIATE, .credits = 1}};
    t->c->phase = dialect == 0x02ff ? SMB_TWO_WANTED : SMB_TWO;
    t->c->dialect = dialect == 0x02ff ? 0 : dialect;
    t->c->capabilities = capabilities(dialect, 0);
    smb_frame_begin(t);
    smb2_begin(t, &q, SMB_OK);
    write_body(t, dialect, t->c->capabilities, 0);
    smb_told(t, smb_dialect_name(dialect));
    return smb_frame_end(t);
}

enum feed_status smb2_negotiate(struct smb_turn *t, const struct smb2_request *q)
{
    struct offer o = {0};
    uint32_t status = read_offer(t, q, &o);
    event_of(t, &o, status);
    smb_frame_begin(t);
    smb2_begin(t, q, status);
    if (status != SMB_OK) {
        smb2_error_body(t->out);
        return smb_frame_end(t);
    }
    t->c->phase = SMB_TWO;
    t->c->dialect = o.best;
    t->c->capabilities = capabilities(o.best, o.capabilities);
    bool contexts = o.best == 0x0311;
    write_body(t, o.best, t->c->capabilities, contexts ? (uint16_t)(1 + o.encryption) : 0);
    if (contexts)
        write_contexts(t->out, &o);
    smb_told(t, smb_dialect_name(o.best));
    return smb_frame_end(t);
}

#include "smb_bytes.h"

#include <stdlib.h>
#include <string.h>

#include "../cmocka_all.h"
#include "protocol/smb_text.h"

static const struct {
    const char *name;
    struct persona p;
} personas[] = {
#define P(key, native, lm, one, two, mpx, buffer, caps)                                                      \
    {key,                                                                                                    \
     {.name = key,                                                                                           \
      .os = "windows",                                                                                       \
      .smb = {.native_os = native,                                                                           \
              .native_lan_manager = lm,                                                                      \
              .domain = "WORKGROUP",                                                                         \
              .server = "FILES-07",                                                                          \
              .smb1 = one,                                                                                   \
              .smb2 = two,                                                                                   \
              .guid = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x48, 0x89, 0x9a, 0xab, 0xbc, 0xcd, 0xde, 0xef, 0x01}, \
              .max_mpx = mpx,                                                                                \
              .max_buffer_bytes = buffer,                                                                    \
              .capabilities = caps,                                                                          \
              .boot_ts_us = INT64_C(1365000000000000)}}}
    P("xp", "Windows 5.1", "Windows 2000 LAN Manager", true, false, 10, 0x1104, 0xe3fd),
    P("2003", "Windows Server 2003 3790 Service Pack 2", "Windows Server 2003 5.2", true, false, 50, 0x1104, 0x1f3fd),
    P("2008", "Windows Server (R) 2008 Standard 6001 Service Pack 1", "Windows Server (R) 2008 Standard 6.0", true, true, 50,
      0x1104, 0x1f3fd),
    P("7", "Windows 7 Professional 7601 Service Pack 1", "Windows 7 Professional 6.1", true, true, 10, 0x1104, 0x1e3fc),
    P("2008r2", "Windows Server 2008 R2 Standard 7601 Service Pack 1", "Windows Server 2008 R2 Standard 6.1", true, true, 50,
      0x4104, 0x1e3fc),
    P("2012", "Windows Server 2012 Standard 9200", "Windows Server 2012 Standard 6.2", true, true, 50, 0x4104, 0x1f3fc),
    P("2012r2", "Windows Server 2012 R2 Standard 9600", "Windows Server 2012 R2 Standard 6.3", true, true, 50, 0x4104,
      0x1f3fc),
    P("2016", "Windows Server 2016 Standard 14393", "Windows Server 2016 Standard 6.3", true, true, 50, 0x4104, 0x1f3fc),
    P("2019", "Windows Server 2019 Standard 17763", "Windows Server 2019 Standard 6.3", false, true, 50, 0x4104, 0x1f3fc),
#undef P
};

const struct persona *smb_persona(const char *name)
{
    for (size_t i = 0; i < sizeof personas / sizeof *personas; i++)
        if (strcmp(personas[i].name, name) == 0)
            return &personas[i].p;
    abort();
}

struct harness *smb_harness(const char *name)
{
    struct harness *h = harness_new_with(&protocol_smb, smb_persona(name), 7);
    harness_open(h);
    return h;
}

const uint8_t smb_prog_neg[168] =
    "\0\0\0\xa4\xff\x53\x4d\x42\x72\0\0\0\0\x08\x01\x40\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x40\x06\0\0\x01\0\0\x81\0"
    "\x02PC NETWORK PROGRAM 1.0\0\x02MICROSOFT NETWORKS 1.03\0\x02MICROSOFT NETWORKS 3.0\0"
    "\x02LANMAN1.0\0\x02LM1.2X002\0\x02Samba\0\x02NT LANMAN 1.0\0\x02NT LM 0.12";

static size_t frame_begin(struct wr *w)
{
    wr_le32(w, 0);
    return w->len;
}

static void frame_end(struct wr *w, size_t at)
{
    size_t n = w->len - at;
    assert_false(w->bad);
    w->bytes[at - 3] = (uint8_t)(n >> 16);
    w->bytes[at - 2] = (uint8_t)(n >> 8);
    w->bytes[at - 1] = (uint8_t)n;
}

void smb1_put(struct wr *w, uint8_t command, struct smb1_ids ids, const void *words, size_t n_words, const void *bytes, size_t n)
{
    size_t at = frame_begin(w);
    wr_bytes(w, "\xffSMB", 4);
    wr_u8(w, command);
    wr_le32(w, 0);
    wr_u8(w, 0x18);
    wr_le16(w, ids.flags2);
    wr_zero(w, 12);
    wr_le16(w, ids.tid);
    wr_le16(w, 0x1234);
    wr_le16(w, ids.uid);
    wr_le16(w, ids.mid);
    wr_u8(w, (uint8_t)(n_words / 2));
    wr_bytes(w, words, n_words);
    wr_le16(w, (uint16_t)n);
    wr_bytes(w, bytes, n);
    frame_end(w, at);
}

void smb1_put_negotiate(struct wr *w, uint16_t flags2, const char *const *names)
{
    struct wr list = wr_of(4096);
    for (; *names; names++) {
        wr_u8(&list, 2);
        wr_bytes(&list, *names, strlen(*names) + 1);
    }
    smb1_put(w, 0x72, (struct smb1_ids){.flags2 = flags2}, NULL, 0, list.bytes, list.len);
    wr_done(&list);
}

static void setup_words(struct wr *words, uint16_t first, int second, uint32_t capabilities)
{
    wr_bytes(words, "\xff\0\0\0\xff\xff\2\0\1\0\0\0\0\0", 14);
    wr_le16(words, first);
    if (second >= 0)
        wr_le16(words, (uint16_t)second);
    wr_le32(words, 0);
    wr_le32(words, capabilities);
}

void smb1_put_setup_blob(struct wr *w, struct smb1_ids ids, const struct wr *blob)
{
    struct wr words = wr_of(64), bytes = wr_of(8192);
    setup_words(&words, (uint16_t)blob->len, -1, 0x80000054);
    wr_bytes(&bytes, blob->bytes, blob->len);
    if (!(blob->len & 1))
        wr_u8(&bytes, 0);
    smb_wr_string(&bytes, "Unix", true);
    smb_wr_string(&bytes, "Samba", true);
    smb1_put(w, 0x73, ids, words.bytes, words.len, bytes.bytes, bytes.len);
    wr_done(&words);
    wr_done(&bytes);
}

void smb1_put_setup_bare(struct wr *w, struct smb1_ids ids, const char *user, const char *domain, const void *lm, size_t lm_n,
                         const void *nt, size_t nt_n)
{
    bool unicode = ids.flags2 & 0x8000;
    struct wr words = wr_of(64), bytes = wr_of(8192);
    setup_words(&words, (uint16_t)lm_n, (int)nt_n, 0x54);
    wr_bytes(&bytes, lm, lm_n);
    wr_bytes(&bytes, nt, nt_n);
    if (unicode && (bytes.len & 1) == 0) /* 32 + 1 + 26 + 2 = 61 bytes before */
        wr_u8(&bytes, 0);
    smb_wr_string(&bytes, user, unicode);
    smb_wr_string(&bytes, domain, unicode);
    smb_wr_string(&bytes, "Unix", unicode);
    smb_wr_string(&bytes, "Samba", unicode);
    smb1_put(w, 0x73, ids, words.bytes, words.len, bytes.bytes, bytes.len);
    wr_done(&words);
    wr_done(&bytes);
}

void smb1_put_tree(struct wr *w, struct smb1_ids ids, const char *path, const char *service)
{
    struct wr bytes = wr_of(1024);
    wr_u8(&bytes, 0); /* password of one byte; 43 bytes stand before it */
    smb_wr_string(&bytes, path, ids.flags2 & 0x8000);
    smb_wr_string(&bytes, service, false);
    smb1_put(w, 0x75, ids, "\xff\0\0\0\0\0\1\0", 8, bytes.bytes, bytes.len);
    wr_done(&bytes);
}

void smb2_put(struct wr *w, uint16_t command, struct smb2_ids ids, const void *body, size_t n)
{
    size_t at = frame_begin(w);
    wr_bytes(w, "\xfeSMB\x40\0\0\0\0\0\0\0", 12);
    wr_le16(w, command);
    wr_le16(w, 31);
    wr_le32(w, 0);
    wr_le32(w, 0);
    wr_le64(w, ids.message);
    wr_le32(w, 0xfeff);
    wr_le32(w, ids.tree);
    wr_le64(w, ids.session);
    wr_zero(w, 16);
    wr_bytes(w, body, n);
    frame_end(w, at);
}

void smb2_put_negotiate(struct wr *w, const uint16_t *dialects, uint16_t count, bool contexts)
{
    struct wr b = wr_of(512);
    size_t list = 36 + 2u * count, at = (64 + list + 7) & ~(size_t)7;
    wr_le16(&b, 36);
    wr_le16(&b, count);
    wr_le16(&b, 1);
    wr_le16(&b, 0);
    wr_le32(&b, 0x7f);
    for (int i = 0; i < 16; i++)
        wr_u8(&b, 0xc1);
    wr_le32(&b, contexts ? (uint32_t)at : 0);
    wr_le16(&b, contexts ? 2 : 0);
    wr_le16(&b, 0);
    for (uint16_t i = 0; i < count; i++)
        wr_le16(&b, dialects[i]);
    if (contexts) {
        static const uint8_t both[] = {1, 0, 6, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, /* preauth: SHA-512, no salt, pad */
                                       2, 0, 6, 0, 0, 0, 0, 0, 2, 0, 2, 0, 1, 0};      /* GCM, CCM */
        wr_zero(&b, at - 64 - list);
        wr_bytes(&b, both, sizeof both);
    }
    smb2_put(w, 0, (struct smb2_ids){.message = 1}, b.bytes, b.len);
    wr_done(&b);
}

void smb2_put_setup(struct wr *w, struct smb2_ids ids, const struct wr *blob)
{
    struct wr b = wr_of(8192);
    wr_bytes(&b, "\x19\0\0\1\1\0\0\0\0\0\0\0", 12);
    wr_le16(&b, 88);
    wr_le16(&b, (uint16_t)blob->len);
    wr_le64(&b, 0);
    wr_bytes(&b, blob->bytes, blob->len);
    smb2_put(w, 1, ids, b.bytes, b.len);
    wr_done(&b);
}

void smb2_put_tree(struct wr *w, struct smb2_ids ids, const char *path)
{
    struct wr b = wr_of(1024), text = wr_of(1024);
    smb_wr_utf16(&text, path);
    wr_le16(&b, 9);
    wr_le16(&b, 0);
    wr_le16(&b, 72);
    wr_le16(&b, (uint16_t)text.len);
    wr_bytes(&b, text.bytes, text.len);
    smb2_put(w, 3, ids, b.bytes, b.len);
    wr_done(&b);
    wr_done(&text);
}

void ntlm_put_negotiate(struct wr *w, uint32_t flags)
{
    wr_bytes(w, "NTLMSSP\0\1\0\0\0", 12);
    wr_le32(w, flags);
    wr_zero(w, 16);
}

void ntlm_put_authenticate(struct wr *w, uint32_t flags, const char *user, const char *domain, const char *workstation,
                           const void *lm, size_t lm_n, const void *nt, size_t nt_n)
{
    struct wr parts[3] = {wr_of(512), wr_of(512), wr_of(512)};
    const char *const texts[3] = {domain ? domain : "", user ? user : "", workstation ? workstation : ""};
    size_t at = 64, lens[5] = {lm_n, nt_n};
    for (int i = 0; i < 3; i++) {
        smb_wr_utf16(&parts[i], texts[i]);
        lens[2 + i] = parts[i].len;
    }
    wr_bytes(w, "NTLMSSP\0\3\0\0\0", 12);
    for (int i = 0; i < 5; at += lens[i++]) {
        wr_le16(w, (uint16_t)lens[i]);
        wr_le16(w, (uint16_t)lens[i]);
        wr_le32(w, (uint32_t)at);
    }
    wr_le32(w, 0);
    wr_le32(w, (uint32_t)at);
    wr_le32(w, flags);
    wr_bytes(w, lm, lm_n);
    wr_bytes(w, nt, nt_n);
    for (int i = 0; i < 3; i++) {
        wr_bytes(w, parts[i].bytes, parts[i].len);
        wr_done(&parts[i]);
    }
}

static void head(struct wr *w, uint8_t tag, size_t n) /* the longest form: to see that any is read */
{
    wr_u8(w, tag);
    wr_u8(w, 0x82);
    wr_be16(w, (uint16_t)n);
}

void spnego_put_init(struct wr *w, const struct wr *ntlm)
{
    static const uint8_t mechanisms[] = {0xa0, 0x0e, 0x30, 0x0c, 0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0a};
    size_t n = ntlm->len;
    head(w, 0x60, 8 + 8 + sizeof mechanisms + 8 + n);
    wr_bytes(w, "\x06\x06\x2b\x06\x01\x05\x05\x02", 8);
    head(w, 0xa0, 4 + sizeof mechanisms + 8 + n);
    head(w, 0x30, sizeof mechanisms + 8 + n);
    wr_bytes(w, mechanisms, sizeof mechanisms);
    head(w, 0xa2, 4 + n);
    head(w, 0x04, n);
    wr_bytes(w, ntlm->bytes, n);
}

void spnego_put_resp(struct wr *w, const struct wr *ntlm)
{
    size_t n = ntlm->len;
    head(w, 0xa1, 12 + n);
    head(w, 0x30, 8 + n);
    head(w, 0xa2, 4 + n);
    head(w, 0x04, n);
    wr_bytes(w, ntlm->bytes, n);
}

void smb_say(struct harness *h, struct wr *w)
{
    harness_forget(h);
    harness_feed(h, w->bytes, w->len);
    wr_clear(w);
}

struct rd smb_reply(struct harness *h)
{
    size_t n;
    const uint8_t *out = harness_output(h, &n);
    struct rd r = rd_of(out, n);
    uint32_t len = rd_be32(&r);
    assert_int_equal(len, n - 4);
    return r;
}

uint32_t smb1_status(struct harness *h, struct smb1_ids *ids)
{
    struct rd r = smb_reply(h);
    assert_memory_equal(rd_take(&r, 4), "\xffSMB", 4);
    rd_skip(&r, 1);
    uint32_t status = rd_le32(&r);
    rd_skip(&r, 15);
    struct smb1_ids got = {.tid = rd_le16(&r)};
    rd_skip(&r, 2);
    got.uid = rd_le16(&r);
    got.mid = rd_le16(&r);
    if (ids) {
        got.flags2 = ids->flags2;
        *ids = got;
    }
    return status;
}

uint32_t smb2_status(struct harness *h, struct smb2_ids *ids)
{
    struct rd r = smb_reply(h);
    assert_memory_equal(rd_take(&r, 4), "\xfeSMB", 4);
    rd_skip(&r, 4);
    uint32_t status = rd_le32(&r);
    rd_skip(&r, 12);
    struct smb2_ids got = {.message = rd_le64(&r)};
    rd_skip(&r, 4);
    got.tree = rd_le32(&r);
    got.session = rd_le64(&r);
    if (ids)
        *ids = got;
    return status;
}

struct smb1_ids smb1_walk_in(struct harness *h)
{
    struct smb1_ids ids = {.flags2 = 0xc001, .mid = 1};
    struct wr w = wr_of(8192);
    smb1_put_negotiate(&w, 0xc001, (const char *const[]){"NT LM 0.12", NULL});
    smb_say(h, &w);
    smb1_put_setup_bare(&w, ids, "", "", "\0", 1, NULL, 0);
    smb_say(h, &w);
    assert_int_equal(smb1_status(h, &ids), 0);
    smb1_put_tree(&w, ids, "\\\\10.77.3.17\\IPC$", "?????");
    smb_say(h, &w);
    assert_int_equal(smb1_status(h, &ids), 0);
    wr_done(&w);
    return ids;
}

struct smb2_ids smb2_walk_in(struct harness *h)
{
    struct smb2_ids ids = {.message = 2};
    struct wr w = wr_of(8192), ntlm = wr_of(1024);
    smb2_put_negotiate(&w, (const uint16_t[]){0x0202}, 1, false);
    smb_say(h, &w);
    ntlm_put_negotiate(&ntlm, 0xe2088297);
    smb2_put_setup(&w, ids, &ntlm);
    smb_say(h, &w);
    assert_int_equal(smb2_status(h, &ids), 0xc0000016u);
    wr_clear(&ntlm);
    ntlm_put_authenticate(&ntlm, 0xe2888a15, NULL, NULL, "SCANNER", "\0", 1, NULL, 0);
    smb2_put_setup(&w, ids, &ntlm);
    smb_say(h, &w);
    assert_int_equal(smb2_status(h, &ids), 0);
    smb2_put_tree(&w, ids, "\\\\10.77.3.17\\IPC$");
    smb_say(h, &w);
    assert_int_equal(smb2_status(h, &ids), 0);
    wr_done(&w);
    wr_done(&ntlm);
    return ids;
}

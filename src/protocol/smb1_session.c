/* SMB1 logon, logoff and trees [MS-CIFS 2.2.4.53-55, MS-SMB 2.2.4.6-7]. */
#include <string.h>

#include "protocol/smb1_int.h"
#include "protocol/smb_logon.h"
#include "protocol/smb_share.h"

enum { WORDS_LANMAN = 10, WORDS_EXTENDED = 12, WORDS_NT = 13, WORDS_TREE_CONNECT = 4, PATH_MAX_BYTES = 512 };
enum { CAP_STATUS32 = 0x40, TREE_EXTENDED = 0x0008, SUPPORT_SEARCH_BITS = 1 };

static void align2(struct wr *w)
{
    if ((w->len - SMB_FRAME_HEADER) & 1)
        wr_u8(w, 0);
}

/* Action, blob (extended security), then what the machine calls itself. */
static void write_setup(struct smb_turn *t, const struct smb1_request *q, const struct wr *blob, bool domain)
{
    struct wr *w = t->out;
    bool unicode = smb1_unicode(q);
    wr_u8(w, blob ? 4 : 3);
    wr_zero(w, 4);  /* AndX */
    wr_le16(w, 0);  /* action: not a guest */
    if (blob)
        wr_le16(w, (uint16_t)blob->len);
    size_t at = smb1_bytes_begin(w);
    if (blob)
        wr_bytes(w, blob->bytes, blob->len);
    if (unicode)
        align2(w);
    smb_wr_string(w, t->persona->smb.native_os, unicode);
    smb_wr_string(w, t->persona->smb.native_lan_manager, unicode);
    if (domain)
        smb_wr_string(w, t->persona->smb.domain, unicode);
    smb1_bytes_end(w, at);
}

static struct smb_user *user_for(struct smb_turn *t, const struct smb1_request *q)
{
    struct smb_user *user = smb_user_find(t->c, q->h.uid);
    return user ? user : smb_user_new(t);
}

static uint32_t setup_done(struct smb_turn *t, struct smb1_request *q, struct smb_user *user, uint32_t status)
{
    if (status == SMB_OK) {
        user->in = true;
    } else if (status != SMB_MORE_PROCESSING) {
        *user = (struct smb_user){0};
        return status;
    }
    q->h.uid = (uint16_t)user->id;
    return status;
}

static uint32_t setup_extended(struct smb_turn *t, struct smb1_request *q, struct rd *words)
{
    uint16_t blob_len = rd_le16(words);
    rd_skip(words, 4);
    uint32_t capabilities = rd_le32(words);
    struct rd bytes = q->bytes, blob = rd_sub(&bytes, blob_len);
    if (words->bad || blob.bad || !(capabilities & SMB1_CAP_EXTENDED_SECURITY))
        return SMB_INVALID_PARAMETER;
    t->c->nt_status |= (capabilities & CAP_STATUS32) != 0;
    struct smb_user *user = user_for(t, q);
    if (!user)
        return SMB_TOO_MANY_SESSIONS;
    struct wr *token = &t->shared->token;
    wr_clear(token);
    uint32_t status = setup_done(t, q, user, smb_logon_blob(t, &user->logon, blob.p, rd_left(&blob), token));
    if (status == SMB_OK || status == SMB_MORE_PROCESSING)
        write_setup(t, q, token, false);
    return status;
}

/* Passwords or responses: OEM (LM) then Unicode (NT); a plain password of one zero byte is none. */
static uint32_t setup_bare(struct smb_turn *t, struct smb1_request *q, struct rd *words)
{
    struct ntlm_login login = {0};
    bool nt = q->word_count == WORDS_NT, unicode = smb1_unicode(q);
    uint16_t lm_len = rd_le16(words), nt_len = nt ? rd_le16(words) : 0;
    rd_skip(words, 4);
    uint32_t capabilities = nt ? rd_le32(words) : 0;
    struct rd bytes = q->bytes, lm = rd_sub(&bytes, lm_len), response = rd_sub(&bytes, nt_len);
    if (words->bad || lm.bad || response.bad)
        return SMB_INVALID_PARAMETER;
    login.lm = lm.p;
    login.lm_len = lm_len;
    login.nt = response.p;
    login.nt_len = nt_len == 1 && response.p[0] == 0 ? 0 : nt_len;
    if (unicode && ((size_t)(bytes.p - q->base) & 1) && rd_left(&bytes))
        rd_skip(&bytes, 1);
    const uint8_t *user16 = bytes.p;
    smb_rd_string(&bytes, unicode, q->base, login.user, sizeof login.user);
    const uint8_t *domain16 = bytes.p;
    smb_rd_string(&bytes, unicode, q->base, login.domain, sizeof login.domain);
    if (unicode) {
        size_t user_len = (size_t)(domain16 - user16), domain_len = (size_t)(bytes.p - domain16);
        login.user16 = user16;
        login.user16_len = user_len >= 2 ? user_len - 2 : 0;
        login.domain16 = domain16;
        login.domain16_len = domain_len >= 2 ? domain_len - 2 : 0;
    }
    t->c->nt_status |= (capabilities & CAP_STATUS32) != 0;
    struct smb_user *user = user_for(t, q);
    if (!user)
        return SMB_TOO_MANY_SESSIONS;
    uint32_t status = setup_done(t, q, user, smb_logon_bare(t, &login));
    if (status == SMB_OK)
        write_setup(t, q, NULL, true);
    return status;
}

uint32_t smb1_session_setup(struct smb_turn *t, struct smb1_request *q)
{
    struct rd words = q->words;
    rd_skip(&words, 4 + 10); /* AndX; buffer, multiplex, virtual circuit, session key */
    if (q->word_count == WORDS_EXTENDED)
        return setup_extended(t, q, &words);
    if (q->word_count == WORDS_NT || q->word_count == WORDS_LANMAN)
        return setup_bare(t, q, &words);
    return SMB_INVALID_SMB;
}

uint32_t smb1_logoff(struct smb_turn *t, struct smb1_request *q)
{
    struct smb_user *user = smb_user_find(t->c, q->h.uid);
    *user = (struct smb_user){0};
    wr_u8(t->out, 2);
    wr_zero(t->out, 4 + 2);
    return SMB_OK;
}

/* The service asked for must be what the share is: any, or IPC [MS-CIFS 2.2.4.55.1]. */
static bool service_fits(const char *service)
{
    return strcmp(service, "?????") == 0 || strcmp(service, "IPC") == 0 || service[0] == 0;
}

uint32_t smb1_tree_connect(struct smb_turn *t, struct smb1_request *q)
{
    char path[PATH_MAX_BYTES], service[16];
    struct rd words = q->words, bytes = q->bytes;
    struct wr *w = t->out;
    rd_skip(&words, 4);
    uint16_t flags = rd_le16(&words), password_len = rd_le16(&words);
    rd_skip(&bytes, password_len);
    if (q->word_count != WORDS_TREE_CONNECT || words.bad || bytes.bad)
        return SMB_INVALID_SMB;
    smb_rd_string(&bytes, smb1_unicode(q), q->base, path, sizeof path);
    smb_rd_string(&bytes, false, q->base, service, sizeof service);
    uint32_t status = smb_share_connect(t->persona, &t->host, path);
    if (status == SMB_OK && !service_fits(service))
        status = SMB_BAD_DEVICE_TYPE;
    struct smb_tree *tree = status == SMB_OK ? smb_tree_new(t) : NULL;
    if (status == SMB_OK && !tree)
        status = SMB_INSUFF_SERVER_RESOURCES;
    smb_event(t, "Tree Connect", path, NULL, status);
    if (status != SMB_OK)
        return status;
    q->h.tid = (uint16_t)tree->id;
    bool extended = flags & TREE_EXTENDED;
    wr_u8(w, extended ? 7 : 3);
    wr_zero(w, 4);
    wr_le16(w, SUPPORT_SEARCH_BITS);
    if (extended) {
        wr_le32(w, 0x001f01ff); /* all rights */
        wr_le32(w, 0);
    }
    size_t at = smb1_bytes_begin(w);
    smb_wr_string(w, "IPC", false);
    if (smb1_unicode(q))
        align2(w);
    smb_wr_string(w, "", smb1_unicode(q));
    smb1_bytes_end(w, at);
    return SMB_OK;
}

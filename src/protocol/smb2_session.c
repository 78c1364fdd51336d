/* SMB2 SESSION_SETUP, LOGOFF, TREE_CONNECT, TREE_DISCONNECT [MS-SMB2 3.3.5.5-8]. */
#include "protocol/smb2_int.h"
#include "protocol/smb_logon.h"
#include "protocol/smb_share.h"

enum { SETUP_SIZE = 25, TREE_CONNECT_SIZE = 9, SESSION_IS_NULL = 2, SHARE_TYPE_PIPE = 2, PATH_MAX_BYTES = 512 };

static struct rd part(const struct smb2_request *q, uint16_t offset, uint16_t len)
{
    struct rd r = rd_of(q->base, q->len);
    rd_skip(&r, offset);
    return rd_sub(&r, len);
}

uint32_t smb2_session_setup(struct smb_turn *t, struct smb2_request *q)
{
    struct rd r = q->body;
    uint16_t size = rd_le16(&r);
    rd_skip(&r, 10); /* flags, security mode, capabilities, channel */
    uint16_t offset = rd_le16(&r), len = rd_le16(&r);
    rd_skip(&r, 8);
    struct rd blob = part(q, offset, len);
    if (r.bad || size != SETUP_SIZE || blob.bad || len == 0)
        return SMB_INVALID_PARAMETER;
    struct smb_user *user = q->h.session ? smb_user_find(t->c, q->h.session) : smb_user_new(t);
    if (!user)
        return q->h.session ? SMB_USER_SESSION_DELETED : SMB_TOO_MANY_SESSIONS;
    struct wr *token = &t->shared->token, *w = t->out;
    wr_clear(token);
    uint32_t status = smb_logon_blob(t, &user->logon, blob.p, rd_left(&blob), token);
    q->h.session = user->id;
    if (status != SMB_OK && status != SMB_MORE_PROCESSING) {
        *user = (struct smb_user){0};
        return status;
    }
    user->in = status == SMB_OK;
    wr_le16(w, 9);
    wr_le16(w, user->in ? SESSION_IS_NULL : 0);
    wr_le16(w, SMB2_HEADER_BYTES + 8);
    wr_le16(w, (uint16_t)token->len);
    wr_bytes(w, token->bytes, token->len);
    return status;
}

uint32_t smb2_logoff(struct smb_turn *t, struct smb2_request *q)
{
    struct smb_user *user = smb_user_find(t->c, q->h.session);
    *user = (struct smb_user){0};
    wr_le16(t->out, 4);
    wr_le16(t->out, 0);
    return SMB_OK;
}

uint32_t smb2_tree_connect(struct smb_turn *t, struct smb2_request *q)
{
    char path[PATH_MAX_BYTES];
    struct rd r = q->body;
    uint16_t size = rd_le16(&r);
    rd_skip(&r, 2);
    uint16_t offset = rd_le16(&r), len = rd_le16(&r);
    struct rd name = part(q, offset, len);
    if (r.bad || size != TREE_CONNECT_SIZE || name.bad)
        return SMB_INVALID_PARAMETER;
    smb_utf8(name.p, rd_left(&name), path, sizeof path);
    uint32_t status = smb_share_connect(t->persona, &t->host, path);
    struct smb_tree *tree = status == SMB_OK ? smb_tree_new(t) : NULL;
    if (status == SMB_OK && !tree)
        status = SMB_INSUFF_SERVER_RESOURCES;
    smb_event(t, "SMB2 Tree Connect", path, NULL, status);
    if (status != SMB_OK)
        return status;
    q->h.tree = tree->id;
    struct wr *w = t->out;
    wr_le16(w, 16);
    wr_u8(w, SHARE_TYPE_PIPE);
    wr_u8(w, 0);
    wr_le32(w, 0x00000030); /* no caching */
    wr_le32(w, 0);
    wr_le32(w, 0x001f00a9); /* what may be done with a pipe */
    return SMB_OK;
}

uint32_t smb2_tree_disconnect(struct smb_turn *t, struct smb2_request *q)
{
    *smb_tree_find(t->c, q->h.tree) = (struct smb_tree){0};
    wr_le16(t->out, 4);
    wr_le16(t->out, 0);
    return SMB_OK;
}

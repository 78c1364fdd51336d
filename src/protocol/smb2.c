/* SMB2: header, replies, which handler answers which command. */
#include <string.h>

#include "protocol/smb2_int.h"

enum { CREDITS_MAX = 512 };

static void read_header(struct smb2_request *q, const uint8_t *m, size_t n)
{
    struct rd r = rd_of(m, n);
    struct smb2_header *h = &q->h;
    rd_skip(&r, 6);
    h->credit_charge = rd_le16(&r);
    rd_skip(&r, 4);
    h->command = rd_le16(&r);
    h->credits = rd_le16(&r);
    h->flags = rd_le32(&r);
    h->next = rd_le32(&r);
    h->message = rd_le64(&r);
    h->process = rd_le32(&r);
    h->tree = rd_le32(&r);
    h->session = rd_le64(&r);
    rd_skip(&r, 16);
    q->base = m;
    q->len = n;
    q->body = r;
}

void smb2_begin(struct smb_turn *t, const struct smb2_request *q, uint32_t status)
{
    static const uint8_t magic[4] = {0xfe, 'S', 'M', 'B'};
    const struct smb2_header *h = &q->h;
    struct wr *w = t->out;
    uint16_t credits = h->credits < 1 || h->command == SMB2_NEGOTIATE ? 1 : h->credits;
    wr_bytes(w, magic, sizeof magic);
    wr_le16(w, SMB2_HEADER_BYTES);
    wr_le16(w, h->credit_charge);
    wr_le32(w, status);
    wr_le16(w, h->command);
    wr_le16(w, credits < CREDITS_MAX ? credits : CREDITS_MAX);
    wr_le32(w, SMB2_FLAG_REPLY | (h->flags & SMB2_FLAG_RELATED));
    wr_le32(w, 0);
    wr_le64(w, h->message);
    wr_le32(w, h->process);
    wr_le32(w, h->tree);
    wr_le64(w, h->session);
    wr_zero(w, 16);
}

void smb2_error_body(struct wr *w)
{
    wr_le16(w, 9);
    wr_zero(w, 7);
}

static uint32_t echo(struct smb_turn *t, struct smb2_request *q)
{
    wr_le16(t->out, 4);
    wr_le16(t->out, 0);
    return SMB_OK;
}

enum needs { NOTHING, SESSION, SESSION_AND_TREE };

/* By command code; those without a function are for files, which a stranger never has open. */
static const struct {
    enum needs needs;
    uint32_t (*answer)(struct smb_turn *, struct smb2_request *);
} commands[SMB2_COMMANDS] = {
    [SMB2_SESSION_SETUP] = {NOTHING, smb2_session_setup},
    [SMB2_LOGOFF] = {SESSION, smb2_logoff},
    [SMB2_TREE_CONNECT] = {SESSION, smb2_tree_connect},
    [SMB2_TREE_DISCONNECT] = {SESSION_AND_TREE, smb2_tree_disconnect},
    [SMB2_CREATE] = {SESSION_AND_TREE, smb2_create},
    [SMB2_CLOSE] = {SESSION_AND_TREE, smb2_close},
    [SMB2_FLUSH] = {SESSION_AND_TREE, NULL},
    [SMB2_READ] = {SESSION_AND_TREE, smb2_read},
    [SMB2_WRITE] = {SESSION_AND_TREE, smb2_write},
    [SMB2_LOCK] = {SESSION_AND_TREE, NULL},
    [SMB2_IOCTL] = {SESSION_AND_TREE, smb2_ioctl},
    [SMB2_ECHO] = {NOTHING, echo},
    [SMB2_QUERY_DIRECTORY] = {SESSION_AND_TREE, NULL},
    [SMB2_CHANGE_NOTIFY] = {SESSION_AND_TREE, NULL},
    [SMB2_QUERY_INFO] = {SESSION_AND_TREE, NULL},
    [SMB2_SET_INFO] = {SESSION_AND_TREE, NULL},
    [SMB2_OPLOCK_BREAK] = {SESSION_AND_TREE, NULL},
};

static uint32_t may(const struct smb_turn *t, const struct smb2_request *q)
{
    if (q->h.command >= SMB2_COMMANDS)
        return SMB_INVALID_PARAMETER;
    enum needs needs = commands[q->h.command].needs;
    const struct smb_user *user = smb_user_find(t->c, q->h.session);
    if (needs >= SESSION && (!user || !user->in))
        return SMB_USER_SESSION_DELETED;
    if (needs == SESSION_AND_TREE && !smb_tree_find(t->c, q->h.tree))
        return SMB_NETWORK_NAME_DELETED;
    return commands[q->h.command].answer ? SMB_OK : SMB_FILE_CLOSED;
}

/* Status, tree and session of a header that was written before its request was handled. */
static void rehead(struct wr *w, size_t at, const struct smb2_request *q, uint32_t status)
{
    uint8_t *h = w->bytes + at;
    for (int i = 0; i < 4; i++) {
        h[8 + i] = (uint8_t)(status >> 8 * i);
        h[36 + i] = (uint8_t)(q->h.tree >> 8 * i);
    }
    for (int i = 0; i < 8; i++)
        h[40 + i] = (uint8_t)(q->h.session >> 8 * i);
}

/* One request of a frame, its reply appended. */
static uint32_t one(struct smb_turn *t, struct smb2_request *q)
{
    struct wr *w = t->out;
    size_t at = w->len;
    smb2_begin(t, q, SMB_OK);
    size_t body = w->len;
    uint32_t status = may(t, q);
    if (status == SMB_OK)
        status = commands[q->h.command].answer(t, q);
    if (w->bad)
        return status;
    if (status != SMB_OK && status != SMB_MORE_PROCESSING && status != SMB_BUFFER_OVERFLOW)
        w->len = body;
    if (w->len == body)
        smb2_error_body(w);
    if (!w->bad)
        rehead(w, at, q, status);
    return status;
}

/* Several requests in a frame [MS-SMB2 3.3.5.2.7]: related ones take the ids of the one before. */
static enum feed_status compound(struct smb_turn *t, struct smb2_request *q)
{
    enum { LINKS_MAX = 16 };
    struct wr *w = t->out;
    const uint8_t *m = q->base;
    size_t last = 0;
    smb_frame_begin(t);
    for (int i = 0; i < LINKS_MAX; i++) {
        if (q->h.command == SMB2_CANCEL && i == 0)
            return FEED_MORE; /* has no answer */
        size_t at = w->len;
        if (last) {
            uint32_t gap = (uint32_t)(at - last);
            for (int b = 0; b < 4; b++)
                w->bytes[last + 20 + (size_t)b] = (uint8_t)(gap >> 8 * b);
        }
        if (q->h.next && (q->h.next < SMB2_HEADER_BYTES || q->h.next % 8 || q->h.next > q->len - SMB2_HEADER_BYTES))
            return FEED_ABORT;
        size_t len = q->h.next ? q->h.next : q->len;
        struct smb2_request part = *q;
        part.len = len;
        part.body = rd_of(q->base + SMB2_HEADER_BYTES, len - SMB2_HEADER_BYTES);
        (void)one(t, &part);
        if (w->bad)
            return FEED_ABORT;
        if (!q->h.next)
            break;
        while (!w->bad && (w->len - SMB_FRAME_HEADER) % 8)
            wr_u8(w, 0);
        last = at;
        m += q->h.next;
        uint64_t session = part.h.session;
        uint32_t tree = part.h.tree;
        read_header(q, m, q->len - len);
        if (q->h.command == SMB2_NEGOTIATE)
            return FEED_ABORT;
        if (q->h.flags & SMB2_FLAG_RELATED) {
            q->h.session = session;
            q->h.tree = tree;
        }
    }
    return smb_frame_end(t);
}

enum feed_status smb2_message(struct smb_turn *t, const uint8_t *m, size_t n)
{
    struct smb2_request q;
    read_header(&q, m, n);
    if (!t->persona->smb.smb2 || !t->host.smb2_dialect_max || t->c->phase == SMB_ONE || (q.h.flags & SMB2_FLAG_REPLY))
        return FEED_ABORT;
    if (q.h.command == SMB2_NEGOTIATE)
        return t->c->phase == SMB_TWO ? FEED_ABORT : smb2_negotiate(t, &q); /* [MS-SMB2 3.3.5.4] */
    return t->c->phase == SMB_TWO ? compound(t, &q) : FEED_ABORT;
}

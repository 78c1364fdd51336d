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

static enum feed_status refuse(struct smb_turn *t, const struct smb2_request *q, uint32_t status)
{
    smb_frame_begin(t);
    smb2_begin(t, q, status);
    smb2_error_body(t->out);
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
    if (t->c->phase != SMB_TWO)
        return FEED_ABORT;
    return refuse(t, &q, q.h.command < SMB2_COMMANDS ? SMB_USER_SESSION_DELETED : SMB_INVALID_PARAMETER);
}

/* SMB1: header, replies, which handler answers which command. */
#include <errno.h>
#include <string.h>

#include "protocol/smb1_int.h"

static void read_header(struct rd *r, struct smb1_header *h)
{
    rd_skip(r, 4);
    h->command = rd_u8(r);
    rd_skip(r, 4); /* status */
    h->flags = rd_u8(r);
    h->flags2 = rd_le16(r);
    h->pid_high = rd_le16(r);
    const uint8_t *signature = rd_take(r, sizeof h->signature);
    if (signature)
        memcpy(h->signature, signature, sizeof h->signature);
    rd_skip(r, 2);
    h->tid = rd_le16(r);
    h->pid_low = rd_le16(r);
    h->uid = rd_le16(r);
    h->mid = rd_le16(r);
}

int smb1_block(struct rd *r, struct smb1_request *ret)
{
    ret->word_count = rd_u8(r);
    ret->words = rd_sub(r, (uint64_t)ret->word_count * 2);
    ret->bytes = rd_sub(r, rd_le16(r));
    return r->bad ? -EPROTO : 0;
}

/* A client without NT status codes gets class and code of the DOS kind [MS-CIFS 2.2.2.4]. */
static uint32_t dos_error(uint32_t status)
{
    static const struct {
        uint32_t status;
        uint8_t class;
        uint16_t code;
    } list[] = {
        {SMB_NOT_IMPLEMENTED, 1, 1}, {SMB_INVALID_HANDLE, 1, 6}, {SMB_INVALID_PARAMETER, 1, 87}, {SMB_ACCESS_DENIED, 1, 5},
        {SMB_OBJECT_NAME_NOT_FOUND, 1, 2}, {SMB_LOGON_FAILURE, 2, 2}, {SMB_ACCOUNT_DISABLED, 2, 2239},
        {SMB_BAD_NETWORK_NAME, 2, 6}, {SMB_BAD_DEVICE_TYPE, 2, 7}, {SMB_NOT_SUPPORTED, 1, 50},
        {SMB_INSUFF_SERVER_RESOURCES, 1, 1130}, {SMB_NO_SUCH_DEVICE, 1, 2}, {SMB_REQUEST_NOT_ACCEPTED, 1, 71},
        {SMB_INVALID_DEVICE_REQUEST, 1, 1}, {SMB_PIPE_EMPTY, 1, 232}, {SMB_BUFFER_OVERFLOW, 1, 234},
    };
    if ((status & 0xffff) == 2 && status < 0x01000000)
        return status; /* of class ERRSRV as it stands */
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (list[i].status == status)
            return (uint32_t)list[i].code << 16 | list[i].class;
    return UINT32_C(31) << 16 | 1; /* ERRDOS, general failure */
}

void smb1_begin(struct smb_turn *t, const struct smb1_request *q, uint32_t status)
{
    static const uint8_t magic[4] = {0xff, 'S', 'M', 'B'};
    const struct smb1_header *h = &q->h;
    bool nt = (h->flags2 & SMB1_FLAGS2_NT_STATUS) || status == SMB_MORE_PROCESSING;
    struct wr *w = t->out;
    smb_frame_begin(t);
    wr_bytes(w, magic, sizeof magic);
    wr_u8(w, h->command);
    wr_le32(w, nt || status == SMB_OK ? status : dos_error(status));
    wr_u8(w, h->flags | SMB1_FLAGS_REPLY);
    wr_le16(w, h->flags2);
    wr_le16(w, h->pid_high);
    wr_zero(w, sizeof h->signature);
    wr_le16(w, 0);
    wr_le16(w, h->tid);
    wr_le16(w, h->pid_low);
    wr_le16(w, h->uid);
    wr_le16(w, h->mid);
}

size_t smb1_bytes_begin(struct wr *w)
{
    wr_le16(w, 0);
    return w->len;
}

void smb1_bytes_end(struct wr *w, size_t at)
{
    size_t n = w->len - at;
    if (w->bad || n > UINT16_MAX) {
        w->bad = true;
        return;
    }
    w->bytes[at - 2] = (uint8_t)n;
    w->bytes[at - 1] = (uint8_t)(n >> 8);
}

enum feed_status smb1_refuse(struct smb_turn *t, const struct smb1_request *q, uint32_t status)
{
    smb1_begin(t, q, status);
    wr_u8(t->out, 0);
    wr_le16(t->out, 0);
    return smb_frame_end(t);
}

enum feed_status smb1_message(struct smb_turn *t, const uint8_t *m, size_t n)
{
    struct smb1_request q = {.base = m, .len = n};
    struct rd r = rd_of(m, n);
    read_header(&r, &q.h);
    if (t->c->phase > SMB_ONE)
        return FEED_ABORT; /* SMB1 after SMB2 was agreed on */
    if (smb1_block(&r, &q) < 0)
        return t->c->phase == SMB_NEW ? FEED_ABORT : smb1_refuse(t, &q, SMB_INVALID_SMB);
    if (q.h.command == SMB1_NEGOTIATE)
        return t->c->phase == SMB_NEW ? smb1_negotiate(t, &q) : FEED_ABORT;
    if (t->c->phase == SMB_NEW)
        return FEED_ABORT;
    return smb1_refuse(t, &q, SMB_BAD_COMMAND);
}

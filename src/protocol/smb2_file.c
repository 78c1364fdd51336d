/* SMB2 CREATE, READ, WRITE, CLOSE and IOCTL on pipes [MS-SMB2 3.3.5.9-15]. */
#include <string.h>

#include "protocol/smb2_int.h"
#include "protocol/smb_pipe.h"

enum { CREATE_SIZE = 57, CLOSE_SIZE = 24, READ_SIZE = 49, WRITE_SIZE = 49, IOCTL_SIZE = 57, READ_MAX = 65536 };
#define FSCTL_DFS_REFERRALS      UINT32_C(0x00060194)
#define FSCTL_DFS_REFERRALS_EX   UINT32_C(0x000601b0)
#define FSCTL_PIPE_TRANSCEIVE    UINT32_C(0x0011c017)
#define FSCTL_VALIDATE_NEGOTIATE UINT32_C(0x00140204)

uint32_t smb2_create(struct smb_turn *t, struct smb2_request *q)
{
    char name[256];
    struct rd r = q->body, all = rd_of(q->base, q->len);
    struct smb_pipe *pipe = NULL;
    uint16_t size = rd_le16(&r);
    rd_skip(&r, 42);
    uint16_t offset = rd_le16(&r), len = rd_le16(&r);
    rd_skip(&r, 8);
    rd_skip(&all, len ? offset : 0);
    struct rd text = rd_sub(&all, len);
    if (r.bad || size != CREATE_SIZE || text.bad)
        return SMB_INVALID_PARAMETER;
    smb_utf8(text.p, rd_left(&text), name, sizeof name);
    uint32_t status = smb_pipe_open(t, name, &pipe);
    smb_event(t, "SMB2 Create", name, NULL, status);
    if (status != SMB_OK)
        return status;
    struct wr *w = t->out;
    wr_le16(w, 89);
    wr_le16(w, 0);
    wr_le32(w, 1); /* opened */
    wr_zero(w, 32);
    wr_le64(w, 4096);
    wr_le64(w, 0);
    wr_le32(w, 0x80);
    wr_le32(w, 0);
    wr_le64(w, pipe->id);
    wr_le64(w, pipe->id);
    wr_le64(w, 0); /* no contexts */
    return SMB_OK;
}

static struct smb_pipe *pipe_of(struct smb_turn *t, struct rd *r)
{
    rd_skip(r, 8);
    uint64_t id = rd_le64(r);
    return r->bad || id > UINT32_MAX ? NULL : smb_pipe_find(t->c, (uint32_t)id);
}

uint32_t smb2_close(struct smb_turn *t, struct smb2_request *q)
{
    struct rd r = q->body;
    uint16_t size = rd_le16(&r);
    rd_skip(&r, 6);
    struct smb_pipe *pipe = pipe_of(t, &r);
    if (r.bad || size != CLOSE_SIZE)
        return SMB_INVALID_PARAMETER;
    if (!pipe)
        return SMB_FILE_CLOSED;
    smb_pipe_close(t->c, pipe);
    wr_le16(t->out, 60);
    wr_zero(t->out, 58);
    return SMB_OK;
}

uint32_t smb2_read(struct smb_turn *t, struct smb2_request *q)
{
    struct rd r = q->body;
    struct wr *w = t->out;
    size_t n;
    uint16_t size = rd_le16(&r);
    rd_skip(&r, 2);
    size_t most = rd_le32(&r);
    rd_skip(&r, 8);
    struct smb_pipe *pipe = pipe_of(t, &r);
    if (r.bad || size != READ_SIZE)
        return SMB_INVALID_PARAMETER;
    if (!pipe)
        return SMB_FILE_CLOSED;
    size_t block = w->len;
    wr_le16(w, 17);
    wr_le16(w, SMB2_HEADER_BYTES + 16);
    wr_zero(w, 12);
    uint32_t status = smb_pipe_read(pipe, most < READ_MAX ? most : READ_MAX, w, &n);
    if (status == SMB_PIPE_EMPTY || w->bad) {
        w->len = block;
        return status;
    }
    w->bytes[block + 4] = (uint8_t)n;
    w->bytes[block + 5] = (uint8_t)(n >> 8);
    return status;
}

uint32_t smb2_write(struct smb_turn *t, struct smb2_request *q)
{
    struct rd r = q->body, all = rd_of(q->base, q->len);
    uint16_t size = rd_le16(&r), offset = rd_le16(&r);
    uint32_t len = rd_le32(&r);
    rd_skip(&r, 8);
    struct smb_pipe *pipe = pipe_of(t, &r);
    rd_skip(&all, offset);
    struct rd data = rd_sub(&all, len);
    if (r.bad || size != WRITE_SIZE || data.bad)
        return SMB_INVALID_PARAMETER;
    if (!pipe)
        return SMB_FILE_CLOSED;
    uint32_t status = smb_pipe_write(t, pipe, data.p, rd_left(&data));
    if (status != SMB_OK)
        return status;
    wr_le16(t->out, 17);
    wr_le16(t->out, 0);
    wr_le32(t->out, len);
    wr_le64(t->out, 0);
    return SMB_OK;
}

/* The fixed part of an IOCTL reply; output follows. Returns where the output's length stands. */
static size_t ioctl_head(struct wr *w, uint32_t code, const uint8_t *file)
{
    const uint32_t output_at = SMB2_HEADER_BYTES + 48;
    wr_le16(w, 49);
    wr_le16(w, 0);
    wr_le32(w, code);
    wr_bytes(w, file, 16);
    wr_le32(w, output_at);
    wr_le32(w, 0);
    wr_le32(w, output_at);
    size_t at = w->len;
    wr_le32(w, 0);
    wr_le64(w, 0);
    return at;
}

static uint32_t transceive(struct smb_turn *t, struct smb_pipe *pipe, const uint8_t *file, struct rd *in, size_t most)
{
    struct wr *w = t->out;
    size_t n = 0;
    uint32_t status = smb_pipe_write(t, pipe, in->p, rd_left(in));
    if (status != SMB_OK)
        return status;
    size_t at = ioctl_head(w, FSCTL_PIPE_TRANSCEIVE, file);
    status = smb_pipe_read(pipe, most < READ_MAX ? most : READ_MAX, w, &n);
    if (!w->bad) {
        w->bytes[at] = (uint8_t)n;
        w->bytes[at + 1] = (uint8_t)(n >> 8);
    }
    return status == SMB_PIPE_EMPTY ? SMB_OK : status;
}

/* What the negotiate said, again, for the client to compare [MS-SMB2 3.3.5.15.12]. */
static uint32_t validate_negotiate(struct smb_turn *t, const uint8_t *file)
{
    struct wr *w = t->out;
    size_t at = ioctl_head(w, FSCTL_VALIDATE_NEGOTIATE, file);
    wr_le32(w, t->c->capabilities);
    wr_bytes(w, t->persona->smb.guid, sizeof t->persona->smb.guid);
    wr_le16(w, 1);
    wr_le16(w, t->c->dialect);
    if (!w->bad)
        w->bytes[at] = 24;
    return SMB_OK;
}

uint32_t smb2_ioctl(struct smb_turn *t, struct smb2_request *q)
{
    struct rd r = q->body, all = rd_of(q->base, q->len);
    uint16_t size = rd_le16(&r);
    rd_skip(&r, 2);
    uint32_t code = rd_le32(&r);
    const uint8_t *file = r.bad ? NULL : r.p;
    struct smb_pipe *pipe = pipe_of(t, &r);
    uint32_t offset = rd_le32(&r), len = rd_le32(&r);
    rd_skip(&r, 12);
    uint32_t most = rd_le32(&r);
    rd_skip(&r, 8);
    rd_skip(&all, len ? offset : 0);
    struct rd in = rd_sub(&all, len);
    if (r.bad || size != IOCTL_SIZE || in.bad)
        return SMB_INVALID_PARAMETER;
    switch (code) {
    case FSCTL_PIPE_TRANSCEIVE:
        return pipe ? transceive(t, pipe, file, &in, most) : SMB_FILE_CLOSED;
    case FSCTL_DFS_REFERRALS:
    case FSCTL_DFS_REFERRALS_EX:
        return SMB_FS_DRIVER_REQUIRED;
    case FSCTL_VALIDATE_NEGOTIATE: /* came with SMB 3.0 */
        return t->host.smb2_dialect_max >= 0x0300 ? validate_negotiate(t, file) : SMB_FILE_CLOSED;
    default:
        return pipe ? SMB_INVALID_DEVICE_REQUEST : SMB_FILE_CLOSED;
    }
}

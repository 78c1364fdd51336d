/* SMB1 pipes as files: open, read, write [MS-CIFS 2.2.4.64, 42, 43]. */
#include "protocol/smb1_int.h"
#include "protocol/smb_pipe.h"

enum { WORDS_CREATE = 24, READ_MAX = 0xf000, DATA_ALIGN = 4, FILE_TYPE_MESSAGE_PIPE = 2, PIPE_STATUS = 0x05ff };

uint32_t smb1_nt_create(struct smb_turn *t, struct smb1_request *q)
{
    char name[256];
    struct wr *w = t->out;
    struct rd bytes = q->bytes;
    struct smb_pipe *pipe = NULL;
    if (q->word_count != WORDS_CREATE)
        return SMB_INVALID_SMB;
    smb_rd_string(&bytes, smb1_unicode(q), q->base, name, sizeof name);
    uint32_t status = smb_pipe_open(t, name, &pipe);
    smb_event(t, "NT Create", name, NULL, status);
    if (status != SMB_OK)
        return status;
    wr_u8(w, 34);
    wr_zero(w, 4);
    wr_u8(w, 0); /* no oplock */
    wr_le16(w, (uint16_t)pipe->id);
    wr_le32(w, 1);      /* opened */
    wr_zero(w, 4 * 8);  /* times */
    wr_le32(w, 0x80);   /* normal */
    wr_le64(w, 4096);
    wr_le64(w, 0);
    wr_le16(w, FILE_TYPE_MESSAGE_PIPE);
    wr_le16(w, PIPE_STATUS);
    wr_u8(w, 0);
    wr_le16(w, 0);
    return SMB_OK;
}

uint32_t smb1_read(struct smb_turn *t, struct smb1_request *q)
{
    struct rd words = q->words;
    struct wr *w = t->out;
    rd_skip(&words, 4);
    struct smb_pipe *pipe = smb_pipe_find(t->c, rd_le16(&words));
    rd_skip(&words, 4);
    size_t most = rd_le16(&words);
    if (words.bad)
        return SMB_INVALID_SMB;
    if (!pipe)
        return SMB_INVALID_HANDLE;
    size_t block = w->len, n;
    wr_u8(w, 12);
    wr_zero(w, 4);
    wr_le16(w, 0xffff); /* available: not for pipes */
    wr_zero(w, 4);
    wr_zero(w, 4 + 10); /* length and offset, below */
    size_t at = smb1_bytes_begin(w);
    while (!w->bad && (w->len - SMB_FRAME_HEADER) % DATA_ALIGN)
        wr_u8(w, 0);
    size_t data = w->len - SMB_FRAME_HEADER;
    uint32_t status = smb_pipe_read(pipe, most < READ_MAX ? most : READ_MAX, w, &n);
    if (status == SMB_PIPE_EMPTY) {
        w->len = block;
        return status;
    }
    smb1_bytes_end(w, at);
    if (w->bad)
        return SMB_INSUFF_SERVER_RESOURCES;
    w->bytes[block + 11] = (uint8_t)n;
    w->bytes[block + 12] = (uint8_t)(n >> 8);
    w->bytes[block + 13] = (uint8_t)data;
    w->bytes[block + 14] = (uint8_t)(data >> 8);
    return status;
}

uint32_t smb1_write(struct smb_turn *t, struct smb1_request *q)
{
    struct rd words = q->words, data = rd_of(q->base, q->len);
    rd_skip(&words, 4);
    struct smb_pipe *pipe = smb_pipe_find(t->c, rd_le16(&words));
    rd_skip(&words, 4 + 4 + 2 + 2 + 2); /* offset, timeout, mode, remaining, length high */
    uint16_t n = rd_le16(&words), offset = rd_le16(&words);
    rd_skip(&data, offset);
    const uint8_t *at = rd_take(&data, n);
    if (words.bad || !at)
        return SMB_INVALID_SMB;
    if (!pipe)
        return SMB_INVALID_HANDLE;
    uint32_t status = smb_pipe_write(t, pipe, at, n);
    if (status != SMB_OK)
        return status;
    wr_u8(t->out, 6);
    wr_zero(t->out, 4);
    wr_le16(t->out, n);
    wr_zero(t->out, 2 + 4);
    wr_le16(t->out, 0);
    return SMB_OK;
}

/* SMB1: header, replies, which handler answers which command. */
#include <errno.h>
#include <string.h>

#include "protocol/smb1_int.h"
#include "protocol/smb_pipe.h"

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

enum { AT_STATUS = SMB_FRAME_HEADER + 5, AT_FLAGS2 = SMB_FRAME_HEADER + 10, AT_TID = SMB_FRAME_HEADER + 24,
       AT_UID = SMB_FRAME_HEADER + 28 };

static void put16(uint8_t *at, uint16_t v)
{
    at[0] = (uint8_t)v;
    at[1] = (uint8_t)(v >> 8);
}

void smb1_rehead(struct smb_turn *t, const struct smb1_request *q, uint32_t status)
{
    struct wr *w = t->out;
    if (w->bad)
        return;
    /* NT status codes when the message says so or the client did at its logon, whatever this message says */
    bool nt = (q->h.flags2 & SMB1_FLAGS2_NT_STATUS) || t->c->nt_status || status == SMB_MORE_PROCESSING;
    uint32_t code = nt || status == SMB_OK ? status : dos_error(status);
    put16(w->bytes + AT_STATUS, (uint16_t)code);
    put16(w->bytes + AT_STATUS + 2, (uint16_t)(code >> 16));
    put16(w->bytes + AT_FLAGS2, nt && status != SMB_OK ? q->h.flags2 | SMB1_FLAGS2_NT_STATUS : q->h.flags2);
    put16(w->bytes + AT_TID, q->h.tid);
    put16(w->bytes + AT_UID, q->h.uid);
}

void smb1_begin(struct smb_turn *t, const struct smb1_request *q, uint32_t status)
{
    static const uint8_t magic[4] = {0xff, 'S', 'M', 'B'};
    const struct smb1_header *h = &q->h;
    struct wr *w = t->out;
    smb_frame_begin(t);
    wr_bytes(w, magic, sizeof magic);
    wr_u8(w, h->command);
    wr_le32(w, 0);
    wr_u8(w, h->flags | SMB1_FLAGS_REPLY);
    wr_le16(w, 0);
    wr_le16(w, h->pid_high);
    wr_zero(w, sizeof h->signature + 2);
    wr_le16(w, 0);
    wr_le16(w, h->pid_low);
    wr_le16(w, 0);
    wr_le16(w, h->mid);
    smb1_rehead(t, q, status);
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

static enum feed_status empty(struct smb_turn *t, const struct smb1_request *q)
{
    return smb1_refuse(t, q, SMB_OK);
}

/* SMB_COM_ECHO [MS-CIFS 2.2.4.39]: as often as asked, within a bound that no client reaches. */
static enum feed_status echo(struct smb_turn *t, const struct smb1_request *q)
{
    enum { ECHOES_MAX = 8 };
    struct rd words = q->words;
    uint16_t count = rd_le16(&words);
    enum feed_status status = FEED_MORE;
    if (q->word_count != 1)
        return smb1_refuse(t, q, SMB_INVALID_SMB);
    for (uint16_t i = 1; i <= count && i <= ECHOES_MAX && status == FEED_MORE; i++) {
        smb1_begin(t, q, SMB_OK);
        wr_u8(t->out, 1);
        wr_le16(t->out, i);
        size_t at = smb1_bytes_begin(t->out);
        wr_bytes(t->out, q->bytes.p, rd_left(&q->bytes));
        smb1_bytes_end(t->out, at);
        status = smb_frame_end(t);
    }
    return status;
}

static enum feed_status tree_disconnect(struct smb_turn *t, const struct smb1_request *q)
{
    struct smb_tree *tree = smb_tree_find(t->c, q->h.tid);
    if (!tree)
        return smb1_refuse(t, q, SMB_BAD_TID);
    *tree = (struct smb_tree){0};
    return empty(t, q);
}

static enum feed_status close_file(struct smb_turn *t, const struct smb1_request *q)
{
    struct rd words = q->words;
    struct smb_pipe *pipe = smb_pipe_find(t->c, rd_le16(&words));
    if (!pipe)
        return smb1_refuse(t, q, SMB_INVALID_HANDLE);
    smb_pipe_close(t->c, pipe);
    return empty(t, q);
}

/* Who may ask: ids are looked at in this order. */
enum needs { NOTHING, USER, USER_AND_TREE };

static const struct command {
    uint8_t command;
    enum needs needs;
    uint32_t (*chained)(struct smb_turn *, struct smb1_request *);
    enum feed_status (*alone)(struct smb_turn *, const struct smb1_request *);
} commands[] = {
    {.command = SMB1_SESSION_SETUP, .chained = smb1_session_setup},
    {.command = SMB1_LOGOFF, .needs = USER, .chained = smb1_logoff},
    {.command = SMB1_TREE_CONNECT, .needs = USER, .chained = smb1_tree_connect},
    {.command = SMB1_TREE_DISCONNECT, .needs = USER, .alone = tree_disconnect},
    {.command = SMB1_ECHO, .alone = echo},
    {.command = SMB1_NT_CREATE, .needs = USER_AND_TREE, .chained = smb1_nt_create},
    {.command = SMB1_READ, .needs = USER_AND_TREE, .chained = smb1_read},
    {.command = SMB1_WRITE, .needs = USER_AND_TREE, .chained = smb1_write},
    {.command = SMB1_CLOSE, .needs = USER_AND_TREE, .alone = close_file},
    {.command = SMB1_TRANS, .needs = USER_AND_TREE, .alone = smb1_trans},
    {.command = SMB1_TRANS2, .needs = USER_AND_TREE, .alone = smb1_trans},
    {.command = SMB1_NT_TRANS, .needs = USER_AND_TREE, .alone = smb1_trans},
    {.command = SMB1_TRANS_2ND, .needs = USER_AND_TREE, .alone = smb1_trans_secondary},
    {.command = SMB1_TRANS2_2ND, .needs = USER_AND_TREE, .alone = smb1_trans_secondary},
    {.command = SMB1_NT_TRANS_2ND, .needs = USER_AND_TREE, .alone = smb1_trans_secondary},
};

static const struct command *command_of(uint8_t command)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (commands[i].command == command)
            return &commands[i];
    return NULL;
}

static uint32_t may(const struct smb_turn *t, const struct smb1_request *q, enum needs needs)
{
    const struct smb_user *user = smb_user_find(t->c, q->h.uid);
    if (needs >= USER && (!user || !user->in))
        return SMB_BAD_UID;
    return needs == USER_AND_TREE && !smb_tree_find(t->c, q->h.tid) ? SMB_BAD_TID : SMB_OK;
}

/* Commands that MS-CIFS names and that are not emulated: files, printers, search. On IPC$ they are not permitted. */
static bool is_named(uint8_t command)
{
    return command <= 0x34 || (command >= 0x70 && command <= 0x75) || (command >= 0x80 && command <= 0x84) ||
           (command >= 0xa0 && command <= 0xa5) || (command >= 0xc0 && command <= 0xc3);
}

/* A chain of AndX blocks [MS-CIFS 2.2.3.4]. Each block's offset must lie behind the one before. */
static enum feed_status chain(struct smb_turn *t, struct smb1_request *q)
{
    enum { LINKS_MAX = 4 };
    struct wr *w = t->out;
    size_t last = 0, from = 0;
    uint32_t status = SMB_OK;
    uint8_t command = q->h.command;
    smb1_begin(t, q, SMB_OK);
    for (int i = 0; i < LINKS_MAX && command != SMB1_NO_ANDX; i++) {
        const struct command *c = command_of(command);
        struct rd words = q->words;
        uint8_t next = rd_u8(&words);
        rd_skip(&words, 1);
        uint16_t offset = rd_le16(&words);
        size_t at = w->len;
        status = !c || !c->chained ? SMB_INVALID_SMB : may(t, q, c->needs);
        if (status == SMB_OK)
            status = words.bad ? SMB_INVALID_SMB : c->chained(t, q);
        if (w->len == at && !w->bad) /* refused: a block of nothing */
            wr_zero(w, 3);
        if (w->bad)
            return FEED_ABORT;
        if (last) {
            w->bytes[last] = command;
            put16(w->bytes + last + 2, (uint16_t)(at - SMB_FRAME_HEADER));
        }
        if (w->bytes[at] != 0) /* the last so far, unless another block follows */
            w->bytes[at + 1] = SMB1_NO_ANDX;
        if (status != SMB_OK || next == SMB1_NO_ANDX)
            break;
        last = at + 1;
        command = next;
        struct rd r = rd_of(q->base, q->len);
        rd_skip(&r, offset);
        if (offset <= from || smb1_block(&r, q) < 0) {
            status = SMB_INVALID_SMB;
            break;
        }
        from = offset;
    }
    smb1_rehead(t, q, status);
    return smb_frame_end(t);
}

enum feed_status smb1_message(struct smb_turn *t, const uint8_t *m, size_t n)
{
    struct smb1_request q = {.base = m, .len = n};
    struct rd r = rd_of(m, n);
    read_header(&r, &q.h);
    if (t->c->phase > SMB_ONE)
        return FEED_ABORT; /* SMB1 after SMB2 was agreed on. The reply flag is not looked at: nmap sends it in requests. */
    if (smb1_block(&r, &q) < 0)
        return t->c->phase == SMB_NEW ? FEED_ABORT : smb1_refuse(t, &q, SMB_INVALID_SMB);
    if (q.h.command == SMB1_NEGOTIATE)
        return t->c->phase == SMB_NEW ? smb1_negotiate(t, &q) : FEED_ABORT;
    if (t->c->phase == SMB_NEW)
        return FEED_ABORT;
    const struct command *c = command_of(q.h.command);
    if (c && c->chained)
        return chain(t, &q);
    uint32_t status = c ? may(t, &q, c->needs) : is_named(q.h.command) ? may(t, &q, USER_AND_TREE) : SMB_BAD_COMMAND;
    if (status != SMB_OK)
        return smb1_refuse(t, &q, status);
    return c ? c->alone(t, &q) : smb1_refuse(t, &q, SMB_ACCESS_DENIED);
}

/* SMB1 transactions [MS-CIFS 2.2.4.33-36, 46-47, 62-63]: pipes, the MS17-010 check, EternalBlue's course and DoublePulsar's
 * pings. What is received is counted and stored, never executed. */
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "protocol/smb1_int.h"
#include "protocol/smb_pipe.h"

enum { WORDS_TRANS = 14, WORDS_NT_TRANS = 19, WORDS_2ND = 8, WORDS_NT_2ND = 18, TOTAL_MAX = 1 << 20, REPLY_DATA_MAX = 0xf000 };
enum { PIPE_SET_STATE = 0x01, PIPE_PEEK = 0x23, PIPE_TRANSACT = 0x26 };            /* subcommands of TRANSACTION */
enum { T2_SESSION_SETUP = 0x0e, T2_GET_DFS_REFERRAL = 0x10 };                      /* of TRANSACTION2 */
enum { PULSAR_PING = 0x23, PULSAR_EXEC = 0xc8, PULSAR_KILL = 0x77, PULSAR_DONE = 0x10, PULSAR_BAD = 0x20 };

struct trans {
    uint32_t total_parameters, total_data, max_parameters, max_data, timeout;
    uint16_t setup[4];
    struct rd parameters, data;
    char name[64];
};

static struct rd part(const struct smb1_request *q, uint32_t count, uint32_t offset)
{
    struct rd all = rd_of(q->base, q->len);
    if (count == 0)
        return rd_of(q->base, 0);
    rd_skip(&all, offset);
    return rd_sub(&all, count);
}

static void read_setup(struct rd *w, uint8_t count, struct trans *x)
{
    for (uint8_t i = 0; i < count && i < 4; i++)
        x->setup[i] = rd_le16(w);
}

/* TRANSACTION and TRANSACTION2 have the same words. false: counts that do not fit the message. */
static bool read_trans(const struct smb1_request *q, struct trans *x)
{
    struct rd w = q->words, bytes = q->bytes;
    if (q->word_count < WORDS_TRANS)
        return false;
    x->total_parameters = rd_le16(&w);
    x->total_data = rd_le16(&w);
    x->max_parameters = rd_le16(&w);
    x->max_data = rd_le16(&w);
    rd_skip(&w, 4); /* most setup words, flags */
    x->timeout = rd_le32(&w);
    rd_skip(&w, 2);
    uint16_t parameters = rd_le16(&w), parameters_at = rd_le16(&w), data = rd_le16(&w), data_at = rd_le16(&w);
    uint8_t setup_count = rd_u8(&w);
    rd_skip(&w, 1);
    read_setup(&w, setup_count, x);
    x->parameters = part(q, parameters, parameters_at);
    x->data = part(q, data, data_at);
    if (q->h.command == SMB1_TRANS)
        smb_rd_string(&bytes, smb1_unicode(q), q->base, x->name, sizeof x->name);
    return !w.bad && !x->parameters.bad && !x->data.bad;
}

static bool read_nt_trans(const struct smb1_request *q, struct trans *x)
{
    struct rd w = q->words;
    if (q->word_count < WORDS_NT_TRANS)
        return false;
    rd_skip(&w, 3);
    x->total_parameters = rd_le32(&w);
    x->total_data = rd_le32(&w);
    x->max_parameters = rd_le32(&w);
    x->max_data = rd_le32(&w);
    uint32_t parameters = rd_le32(&w), parameters_at = rd_le32(&w), data = rd_le32(&w), data_at = rd_le32(&w);
    rd_skip(&w, 1);
    x->setup[0] = rd_le16(&w); /* function */
    x->parameters = part(q, parameters, parameters_at);
    x->data = part(q, data, data_at);
    return !w.bad && !x->parameters.bad && !x->data.bad;
}

static bool has_the_hole(const struct smb_turn *t)
{
    return !t->persona->smb.ms17_010_patched;
}

/* 10 words, no setup, then data from a multiple of 4 on. */
static enum feed_status reply_data(struct smb_turn *t, const struct smb1_request *q, struct smb_pipe *pipe, size_t most)
{
    struct wr *w = t->out;
    size_t n = 0;
    smb1_begin(t, q, SMB_OK);
    size_t block = w->len;
    wr_u8(w, 10);
    wr_zero(w, 20);
    size_t at = smb1_bytes_begin(w);
    while (!w->bad && (w->len - SMB_FRAME_HEADER) % 4)
        wr_u8(w, 0);
    size_t offset = w->len - SMB_FRAME_HEADER;
    uint32_t status = pipe ? smb_pipe_read(pipe, most < REPLY_DATA_MAX ? most : REPLY_DATA_MAX, w, &n) : SMB_OK;
    if (status == SMB_PIPE_EMPTY)
        status = SMB_OK;
    smb1_bytes_end(w, at);
    if (w->bad)
        return FEED_ABORT;
    uint8_t *words = w->bytes + block + 1;
    words[2] = words[12] = (uint8_t)n; /* total and count of data */
    words[3] = words[13] = (uint8_t)(n >> 8);
    words[8] = words[14] = (uint8_t)offset; /* of parameters and data */
    smb1_rehead(t, q, status);
    return smb_frame_end(t);
}

/* The check that scanners make: a peek at FID 0 that allows more reply than fits 16 bits. Before MS17-010 the sum was
 * looked at first, since then the handle is. */
static enum feed_status peek(struct smb_turn *t, const struct smb1_request *q, const struct trans *x)
{
    char text[64];
    struct smb_pipe *pipe = smb_pipe_find(t->c, x->setup[1]);
    uint32_t status = t->host.build >= 10240 ? SMB_ACCESS_DENIED : SMB_INVALID_HANDLE;
    if (has_the_hole(t) && x->max_parameters + x->max_data > UINT16_MAX)
        status = SMB_INSUFF_SERVER_RESOURCES;
    else if (pipe)
        return reply_data(t, q, NULL, 0);
    snprintf(text, sizeof text, "PeekNamedPipe FID 0x%04x, at most %u bytes", x->setup[1], x->max_parameters + x->max_data);
    smb_event(t, "Trans", text, NULL, status);
    return smb1_refuse(t, q, status);
}

static enum feed_status transact(struct smb_turn *t, const struct smb1_request *q, const struct trans *x)
{
    struct smb_pipe *pipe = smb_pipe_find(t->c, x->setup[1]);
    uint32_t status = pipe ? smb_pipe_write(t, pipe, x->data.p, rd_left(&x->data)) : SMB_INVALID_HANDLE;
    return status == SMB_OK ? reply_data(t, q, pipe, x->max_data) : smb1_refuse(t, q, status);
}

static enum feed_status trans1(struct smb_turn *t, const struct smb1_request *q, const struct trans *x)
{
    switch (x->setup[0]) {
    case PIPE_PEEK:
        return peek(t, q, x);
    case PIPE_TRANSACT:
        return transact(t, q, x);
    case PIPE_SET_STATE:
        if (smb_pipe_find(t->c, x->setup[1]))
            return reply_data(t, q, NULL, 0);
        return smb1_refuse(t, q, SMB_INVALID_HANDLE);
    default: /* also the calls of LAN Manager through \PIPE\LANMAN, which a null session may not make */
        smb_event(t, "Trans", x->name, NULL, SMB_ACCESS_DENIED);
        return smb1_refuse(t, q, SMB_ACCESS_DENIED);
    }
}

/* DoublePulsar's XOR key from the signature it answers with (public descriptions of the implant). */
static uint32_t pulsar_key(uint32_t s)
{
    return 2 * s ^ ((((s & 0xff00) | s << 16) << 8) | ((s >> 16 | (s & 0xff0000)) >> 8));
}

/* A chunk: parameters are total, this chunk, offset; all XORed. Kept decoded, stored when the total is there. */
static void pulsar_chunk(struct smb_turn *t, const struct trans *x, uint32_t key)
{
    struct rd p = x->parameters, d = x->data;
    uint32_t total = rd_le32(&p) ^ key;
    size_t n = rd_left(&d);
    uint8_t plain[4096];
    while (n) {
        size_t take = n < sizeof plain ? n : sizeof plain;
        const uint8_t *from = rd_take(&d, take);
        for (size_t i = 0; i < take; i++)
            plain[i] = (uint8_t)(from[i] ^ key >> 8 * (i % 4));
        smb_keep(t, plain, take);
        n -= take;
    }
    if (t->c->kept.len >= total)
        smb_keep_store(t->s, t->c, t->shared, "doublepulsar");
}

/* SESSION_SETUP was never implemented by Windows: 0xC0000002 with the MID as it came; the implant answers with the MID
 * moved on and its key in the signature. */
static enum feed_status session_setup2(struct smb_turn *t, const struct smb1_request *q, const struct trans *x)
{
    struct smb_trace *trace = smb_trace_of(&t->shared->traces, session_src(t->s), session_dst(t->s), session_now_us(t->s));
    uint32_t v = x->timeout;
    uint8_t opcode = (uint8_t)(v + (v >> 8) + (v >> 16) + (v >> 24));
    struct smb1_request reply = *q;
    char text[48];
    snprintf(text, sizeof text, "SESSION_SETUP opcode 0x%02x", opcode);
    smb_event(t, "Trans2", text, trace->implanted ? "DoublePulsar" : NULL, SMB_NOT_IMPLEMENTED);
    if (!trace->implanted)
        return smb1_refuse(t, q, SMB_NOT_IMPLEMENTED);
    bool known = opcode == PULSAR_PING || opcode == PULSAR_EXEC || opcode == PULSAR_KILL;
    reply.h.mid = (uint16_t)(q->h.mid + (known ? PULSAR_DONE : PULSAR_BAD));
    if (opcode == PULSAR_EXEC)
        pulsar_chunk(t, x, pulsar_key(trace->key_low));
    if (opcode == PULSAR_KILL)
        trace->implanted = false;
    smb1_begin(t, &reply, SMB_NOT_IMPLEMENTED);
    uint8_t *signature = t->out->bad ? NULL : t->out->bytes + SMB_FRAME_HEADER + 14;
    for (int i = 0; signature && i < 4; i++) {
        signature[i] = (uint8_t)(trace->key_low >> 8 * i);
        signature[4 + i] = (uint8_t)(trace->key_high >> 8 * i);
    }
    wr_u8(t->out, 0);
    wr_le16(t->out, 0);
    return smb_frame_end(t);
}

static enum feed_status trans2(struct smb_turn *t, const struct smb1_request *q, const struct trans *x)
{
    char text[32];
    if (x->setup[0] == T2_SESSION_SETUP)
        return session_setup2(t, q, x);
    uint32_t status = x->setup[0] == T2_GET_DFS_REFERRAL ? SMB_NO_SUCH_DEVICE : SMB_ACCESS_DENIED;
    snprintf(text, sizeof text, "subcommand 0x%04x", x->setup[0]);
    smb_event(t, "Trans2", text, NULL, status);
    return smb1_refuse(t, q, status);
}

enum feed_status smb1_trans(struct smb_turn *t, const struct smb1_request *q)
{
    struct trans x = {0};
    char text[80];
    bool nt = q->h.command == SMB1_NT_TRANS;
    if (!(nt ? read_nt_trans(q, &x) : read_trans(q, &x)))
        return smb1_refuse(t, q, SMB_INVALID_SMB);
    uint32_t parameters = (uint32_t)rd_left(&x.parameters), data = (uint32_t)rd_left(&x.data);
    if (x.total_parameters > TOTAL_MAX || x.total_data > TOTAL_MAX)
        return smb1_refuse(t, q, SMB_INSUFF_SERVER_RESOURCES);
    if (x.total_parameters > parameters || x.total_data > data) { /* the rest comes in secondaries: go on */
        t->c->pending = (struct smb_pending){q->h.command, x.total_parameters, x.total_data, parameters, data};
        snprintf(text, sizeof text, "command 0x%02x, %u bytes announced", q->h.command, x.total_data);
        smb_event(t, "Transaction in parts", text, "go on", SMB_OK);
        return smb1_refuse(t, q, SMB_OK);
    }
    if (nt) {
        smb_event(t, "NT Trans", "", NULL, SMB_ACCESS_DENIED);
        return smb1_refuse(t, q, SMB_ACCESS_DENIED);
    }
    return q->h.command == SMB1_TRANS ? trans1(t, q, &x) : trans2(t, q, &x);
}

/* Counts of a secondary. */
static bool read_secondary(const struct smb1_request *q, uint32_t *ret_parameters, uint32_t *ret_data)
{
    struct rd w = q->words;
    bool nt = q->h.command == SMB1_NT_TRANS_2ND;
    if (q->word_count < (nt ? WORDS_NT_2ND : WORDS_2ND))
        return false;
    rd_skip(&w, nt ? 3 + 8 : 4);
    uint32_t parameters = nt ? rd_le32(&w) : rd_le16(&w), parameters_at = nt ? rd_le32(&w) : rd_le16(&w);
    rd_skip(&w, nt ? 4 : 2);
    uint32_t data = nt ? rd_le32(&w) : rd_le16(&w), data_at = nt ? rd_le32(&w) : rd_le16(&w);
    struct rd p = part(q, parameters, parameters_at), d = part(q, data, data_at);
    *ret_parameters = parameters;
    *ret_data = data;
    return !w.bad && !p.bad && !d.bad;
}

/* The last part of EternalBlue's transaction came, which began as NT_TRANSACT and goes on as TRANSACTION2: the hole. */
static void eternalblue(struct smb_turn *t)
{
    struct smb_trace *trace = smb_trace_of(&t->shared->traces, session_src(t->s), session_dst(t->s), session_now_us(t->s));
    char text[64];
    snprintf(text, sizeof text, "NT Trans ended by Trans2, %u grooms", trace->grooms);
    smb_event(t, "EternalBlue", text, NULL, SMB_INVALID_PARAMETER);
    if (!trace->grooms)
        return;
    trace->grooms = 0;
    trace->implanted = true;
    rng_secret(&trace->key_low, sizeof trace->key_low);
    trace->key_high = t->host.major >= 6; /* 0 says 32 bit */
}

enum feed_status smb1_trans_secondary(struct smb_turn *t, const struct smb1_request *q)
{
    struct smb_pending *p = &t->c->pending;
    uint32_t parameters, data;
    bool mixed = p->command + 1 != q->h.command;
    if (!p->command || (mixed && !(has_the_hole(t) && p->command == SMB1_NT_TRANS && q->h.command == SMB1_TRANS2_2ND)))
        return FEED_MORE; /* belongs to no transaction: not answered */
    if (!read_secondary(q, &parameters, &data)) {
        *p = (struct smb_pending){0};
        return smb1_refuse(t, q, SMB_INVALID_SMB);
    }
    p->parameters += parameters;
    p->data += data;
    if (p->parameters < p->total_parameters || p->data < p->total_data)
        return FEED_MORE;
    *p = (struct smb_pending){0};
    if (mixed)
        eternalblue(t);
    struct smb1_request whole = *q;
    whole.h.command--; /* answered as the transaction that it belongs to */
    return smb1_refuse(t, &whole, SMB_INVALID_PARAMETER);
}

/* Frames of SMB over TCP (RFC 1002 4.3, [MS-SMB2 2.1]) and the protocol's entry. */
#include "protocol/smb.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/rng.h"
#include "protocol/smb_int.h"
#include "protocol/smb_pipe.h"

enum { FRAME_MESSAGE = 0x00, FRAME_REQUEST = 0x81, FRAME_POSITIVE = 0x82, FRAME_NEGATIVE = 0x83, FRAME_KEEPALIVE = 0x85 };
enum { SMB_GROOM_KEPT = 16 * 1024 };
enum { SMB_MAGIC_1 = 0xff, SMB_MAGIC_2 = 0xfe, SMB1_HEADER = 32, SMB2_HEADER = 64, PORT_NETBIOS = 139 };

void smb_frame_begin(struct smb_turn *t)
{
    wr_clear(t->out);
    wr_zero(t->out, SMB_FRAME_HEADER);
}

enum feed_status smb_frame_end(struct smb_turn *t)
{
    struct wr *w = t->out;
    if (w->bad)
        return FEED_ABORT;
    size_t n = w->len - SMB_FRAME_HEADER;
    w->bytes[1] = (uint8_t)(n >> 16);
    w->bytes[2] = (uint8_t)(n >> 8);
    w->bytes[3] = (uint8_t)n;
    return session_send(t->s, w->bytes, w->len) < 0 ? FEED_CLOSE : FEED_MORE;
}

void smb_told(struct smb_turn *t, const char *dialect)
{
    char text[2 * PERSONA_TEXT_MAX];
    snprintf(text, sizeof text, "%s / %s", t->persona->smb.native_os, dialect);
    session_answered(t->s, text);
}

/* What came is no SMB: its first bytes are worth a line, the connection is not worth more. */
static enum feed_status not_smb(struct smb_turn *t, const uint8_t *in, size_t n)
{
    struct event *e = session_event(t->s, EVENT_PAYLOAD);
    event_bytes(e, EVENT_F_PAYLOAD, in, n);
    event_int(e, EVENT_F_LEN, (int64_t)n);
    (void)event_end(e);
    return FEED_CLOSE;
}

/* NetBIOS session request on port 139: any called name is served, as *SMBSERVER would be (RFC 1002 4.3.2). */
static enum feed_status session_request(struct smb_turn *t)
{
    static const uint8_t positive[SMB_FRAME_HEADER] = {FRAME_POSITIVE};
    t->c->called = true;
    return session_send(t->s, positive, sizeof positive) < 0 ? FEED_CLOSE : FEED_MORE;
}

/* A message on port 139 without one: "unspecified error" (RFC 1002 4.3.4), and the end, as nmap knows Windows by. */
static enum feed_status uncalled(struct smb_turn *t)
{
    static const uint8_t negative[SMB_FRAME_HEADER + 1] = {FRAME_NEGATIVE, 0, 0, 1, 0x8f};
    smb_event(t, "NetBIOS", "message without a session request", "negative response 0x8f", SMB_OK);
    (void)session_send(t->s, negative, sizeof negative);
    return FEED_CLOSE;
}

static bool frame_type_fits(const struct smb_turn *t, uint8_t type)
{
    return type == FRAME_MESSAGE || type == FRAME_KEEPALIVE ||
           (type == FRAME_REQUEST && session_dport(t->s) == PORT_NETBIOS && !t->c->called);
}

/* Whether the message's first bytes (n of them are here) can begin what we speak. An SMB2 header names its own size in
 * bytes 4 and 5; groom packets of EternalBlue have zeros there and 0xfff7 declared bytes that never come. */
enum verdict { FITS, SKIP, FOREIGN };
static enum verdict judge(const uint8_t *m, size_t n, uint32_t declared)
{
    static const uint8_t magic[3] = {'S', 'M', 'B'};
    if (m[0] != SMB_MAGIC_1 && m[0] != SMB_MAGIC_2)
        return FOREIGN;
    if (memcmp(m + 1, magic, n - 1 < 3 ? n - 1 : 3) != 0)
        return FOREIGN;
    if (declared < (m[0] == SMB_MAGIC_1 ? SMB1_HEADER : SMB2_HEADER))
        return FOREIGN;
    if (declared > SMB_HELD_MAX || (m[0] == SMB_MAGIC_2 && n >= 6 && (m[4] != SMB2_HEADER || m[5] != 0)))
        return SKIP;
    return FITS;
}

static enum feed_status message(struct smb_turn *t, const uint8_t *m, size_t n)
{
    return m[0] == SMB_MAGIC_1 ? smb1_message(t, m, n) : smb2_message(t, m, n);
}

static struct smb_trace *trace_of(struct session *s, struct smb_shared *shared)
{
    return smb_trace_of(&shared->traces, session_src(s), session_dst(s), session_now_us(s));
}

/* A groom: counted towards EternalBlue's course; its bytes are kept when there are not too many of them. */
static void groom(struct smb_turn *t)
{
    struct smb_trace *trace = trace_of(t->s, t->shared);
    if (trace->grooms >= SMB_GROOMS_MAX)
        return;
    trace->grooms++;
    t->c->groom = true;
    if (trace->grooms == 1)
        smb_event(t, "SMB2 groom", "0xfff7 bytes declared behind an empty header", "held open", SMB_OK);
}

/* Reads past what is not held; the connection ends with the message, as a server ends it that finds it malformed. */
static struct feed skip(struct smb_turn *t, const uint8_t *in, size_t n)
{
    struct smb *c = t->c;
    size_t used = n < c->skip_left ? n : c->skip_left;
    c->skip_left -= (uint32_t)used;
    size_t room = SMB_GROOM_KEPT - c->kept.len;
    if (c->groom)
        smb_keep(t, in, used < room ? used : room);
    return (struct feed){c->skip_left ? FEED_MORE : FEED_CLOSE, used};
}

/* One frame of n >= 1 bytes. used 0 with FEED_MORE: more bytes are needed. */
static struct feed frame(struct smb_turn *t, const uint8_t *in, size_t n)
{
    if (t->c->skip_left)
        return skip(t, in, n);
    if (!frame_type_fits(t, in[0]))
        return (struct feed){not_smb(t, in, n), n};
    if (n < SMB_FRAME_HEADER)
        return (struct feed){FEED_MORE, 0};
    uint32_t declared = (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
    if (declared > SMB_DECLARED_MAX)
        return (struct feed){not_smb(t, in, n), n};
    if (in[0] == FRAME_MESSAGE && session_dport(t->s) == PORT_NETBIOS && !t->c->called)
        return (struct feed){uncalled(t), n};
    const uint8_t *m = in + SMB_FRAME_HEADER;
    size_t here = n - SMB_FRAME_HEADER < declared ? n - SMB_FRAME_HEADER : declared;
    if (in[0] == FRAME_MESSAGE && declared && here) {
        enum verdict v = judge(m, here, declared);
        if (v == FOREIGN)
            return (struct feed){not_smb(t, in, n), n};
        if (v == SKIP) {
            t->c->skip_left = declared;
            if (m[0] == SMB_MAGIC_2)
                groom(t);
            return (struct feed){FEED_MORE, SMB_FRAME_HEADER};
        }
    }
    if (here < declared)
        return (struct feed){FEED_MORE, 0};
    enum feed_status status = FEED_MORE;
    if (in[0] == FRAME_REQUEST)
        status = session_request(t);
    else if (in[0] == FRAME_MESSAGE && declared)
        status = message(t, m, declared);
    return (struct feed){status, SMB_FRAME_HEADER + declared};
}

static struct feed smb_input(struct session *s, const uint8_t *in, size_t n)
{
    struct smb_shared *shared = session_shared(s);
    const struct persona *persona = session_persona(s);
    struct smb_turn t = {.s = s, .c = session_state(s), .shared = shared, .persona = persona,
                         .host = smb_host_of(persona->smb.native_os), .out = &shared->out};
    size_t used = 0;
    while (used < n) {
        struct feed one = frame(&t, in + used, n - used);
        used += one.used;
        if (one.status != FEED_MORE || one.used == 0)
            return (struct feed){one.status, used};
    }
    return (struct feed){FEED_MORE, used};
}

static int smb_start(const struct persona *persona, uint64_t seed, void **ret_shared, struct err *err)
{
    struct smb_shared *shared = calloc(1, sizeof *shared);
    if (!shared)
        return err_set(err, -ENOMEM, "smb: no memory for %zu bytes", sizeof *shared);
    shared->out = wr_of(SMB_REPLY_MAX);
    shared->token = wr_of(SMB_HELD_MAX);
    struct rng rng = rng_of(seed, "smb sessions"); /* a machine that has run for a while */
    shared->sessions_made = (uint32_t)rng_below(&rng, 5000);
    *ret_shared = shared;
    return 0;
}

static void smb_stop(void *state)
{
    struct smb_shared *shared = state;
    if (!shared)
        return;
    wr_done(&shared->out);
    wr_done(&shared->token);
    free(shared);
}

static int smb_open(struct session *s)
{
    return 0; /* the client speaks first */
}

/* What a groom brought beyond its empty header, once per payload. */
static void store_groom(struct session *s, struct smb *c, struct smb_shared *shared)
{
    bool empty = true;
    for (size_t i = 4; i < c->kept.len && empty; i++)
        empty = c->kept.bytes[i] == 0;
    struct smb_trace *trace = trace_of(s, shared);
    uint64_t hash = XXH3_64bits(c->kept.bytes, c->kept.len);
    bool news = !empty && hash != trace->payload_hash;
    if (news)
        trace->payload_hash = hash;
    smb_keep_store(s, c, shared, news ? "eternalblue-groom" : NULL);
}

static void smb_close(struct session *s)
{
    struct smb *c = session_state(s);
    struct smb_shared *shared = session_shared(s);
    for (int i = 0; i < SMB_PIPES; i++)
        smb_pipe_close(c, c->pipes[i]);
    if (c->groom && c->kept.len)
        store_groom(s, c, shared);
    smb_keep_store(s, c, shared, c->kept.len ? "doublepulsar-part" : NULL);
}

const struct protocol protocol_smb = {
    .name = "smb",
    .doc = "a Windows machine's file service: SMB1, SMB2, SMB3 up to what a stranger reaches",
    .port = 445,
    .state_bytes = sizeof(struct smb),
    .in_max_bytes = SMB_FRAME_HEADER + SMB_HELD_MAX,
    .start = smb_start,
    .stop = smb_stop,
    .open = smb_open,
    .input = smb_input,
    .close = smb_close,
};

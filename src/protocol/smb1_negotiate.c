/* SMB_COM_NEGOTIATE [MS-CIFS 2.2.4.52, MS-SMB 2.2.4.5]. */
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "protocol/smb1_int.h"

enum { DIALECT_TEXT_MAX = 32, DIALECTS_MAX = 64, NONE = 0xffff, SECURITY_USER_ENCRYPT = 3, MAX_VCS = 1, MAX_RAW = 65536 };
enum family { CORE, LANMAN, NT };

/* Dialects from the least to the greatest; a server takes the greatest that was offered. */
static const struct {
    const char *name;
    enum family family;
} dialects[] = {
    {"PC NETWORK PROGRAM 1.0", CORE}, {"PCLAN1.0", CORE}, {"MICROSOFT NETWORKS 1.03", CORE},
    {"MICROSOFT NETWORKS 3.0", LANMAN}, {"LANMAN1.0", LANMAN}, {"Windows for Workgroups 3.1a", LANMAN},
    {"LM1.2X002", LANMAN}, {"DOS LM1.2X002", LANMAN}, {"DOS LANMAN2.1", LANMAN}, {"LANMAN2.1", LANMAN},
    {"NT LM 0.12", NT},
};

struct offer {
    uint16_t count, best_index;
    int best;                  /* row of dialects[], -1: none known */
    bool smb2_wildcard, smb2_002;
    char text[256];            /* the list as offered, capped, for the event */
};

/* The list: 0x02, name, NUL, again and again [MS-CIFS 2.2.4.52.1]. */
static void read_offer(struct rd r, struct offer *o)
{
    *o = (struct offer){.best = -1, .best_index = NONE};
    size_t len = 0;
    while (rd_left(&r) && o->count < DIALECTS_MAX && rd_u8(&r) == 2) {
        char name[DIALECT_TEXT_MAX];
        smb_rd_string(&r, false, NULL, name, sizeof name);
        int n = snprintf(o->text + len, sizeof o->text - len, "%s%s", len ? ", " : "", name);
        len = n > 0 && len + (size_t)n < sizeof o->text ? len + (size_t)n : sizeof o->text - 1;
        o->smb2_wildcard |= strcmp(name, "SMB 2.???") == 0;
        o->smb2_002 |= strcmp(name, "SMB 2.002") == 0;
        for (int i = 0; i < (int)(sizeof dialects / sizeof *dialects); i++)
            if (i > o->best && strcmp(name, dialects[i].name) == 0) {
                o->best = i;
                o->best_index = o->count;
            }
        o->count++;
    }
}

static void event_of(struct smb_turn *t, const struct offer *o, const char *reply)
{
    smb_event(t, "Negotiate", o->text, reply, SMB_OK);
}

/* One word: the index alone; 0xffff: no dialect in common. */
static enum feed_status answer_core(struct smb_turn *t, const struct smb1_request *q, uint16_t index)
{
    smb1_begin(t, q, SMB_OK);
    wr_u8(t->out, 1);
    wr_le16(t->out, index);
    wr_le16(t->out, 0);
    return smb_frame_end(t);
}

/* 13 words [MS-CIFS 2.2.4.52.2, LAN Manager]. */
static enum feed_status answer_lanman(struct smb_turn *t, const struct smb1_request *q, uint16_t index)
{
    struct wr *w = t->out;
    smb1_begin(t, q, SMB_OK);
    wr_u8(w, 13);
    wr_le16(w, index);
    wr_le16(w, SECURITY_USER_ENCRYPT);
    wr_le16(w, (uint16_t)t->persona->smb.max_buffer_bytes);
    wr_le16(w, t->persona->smb.max_mpx);
    wr_le16(w, MAX_VCS);
    wr_le16(w, 3); /* raw reads and writes */
    wr_le32(w, 0); /* session key */
    smb_wr_dos_time(w, session_now_us(t->s));
    wr_le16(w, 0); /* time zone: UTC */
    wr_le16(w, sizeof t->c->challenge);
    wr_le16(w, 0);
    size_t at = smb1_bytes_begin(w);
    wr_bytes(w, t->c->challenge, sizeof t->c->challenge);
    smb_wr_string(w, t->persona->smb.domain, false);
    smb1_bytes_end(w, at);
    return smb_frame_end(t);
}

/* 17 words [MS-SMB 2.2.4.5.2]; names are UTF-16 whatever the flags say, which nmap's Windows patterns show. */
static enum feed_status answer_nt(struct smb_turn *t, const struct smb1_request *q, uint16_t index)
{
    struct wr *w = t->out;
    const struct persona *p = t->persona;
    bool ext = q->h.flags2 & SMB1_FLAGS2_EXTENDED_SECURITY;
    smb1_begin(t, q, SMB_OK);
    wr_u8(w, 17);
    wr_le16(w, index);
    wr_u8(w, SECURITY_USER_ENCRYPT);
    wr_le16(w, p->smb.max_mpx);
    wr_le16(w, MAX_VCS);
    wr_le32(w, p->smb.max_buffer_bytes);
    wr_le32(w, MAX_RAW);
    wr_le32(w, 0); /* session key */
    wr_le32(w, p->smb.capabilities | (ext ? SMB1_CAP_EXTENDED_SECURITY : 0));
    wr_le64(w, smb_filetime(session_now_us(t->s)));
    wr_le16(w, 0); /* time zone: UTC */
    wr_u8(w, ext ? 0 : sizeof t->c->challenge);
    size_t at = smb1_bytes_begin(w);
    if (ext) {
        uint16_t n;
        const uint8_t *token = smb_host_spnego(&t->host, &n);
        wr_bytes(w, p->smb.guid, sizeof p->smb.guid);
        wr_bytes(w, token, n);
    } else {
        wr_bytes(w, t->c->challenge, sizeof t->c->challenge);
        smb_wr_string(w, p->smb.domain, true);
        smb_wr_string(w, p->smb.server, true);
    }
    smb1_bytes_end(w, at);
    return smb_frame_end(t);
}

static enum feed_status answer_smb1(struct smb_turn *t, const struct smb1_request *q, const struct offer *o)
{
    if (o->best < 0) {
        event_of(t, o, "none in common");
        return answer_core(t, q, NONE);
    }
    enum family family = dialects[o->best].family;
    t->c->phase = SMB_ONE;
    rng_secret(t->c->challenge, sizeof t->c->challenge);
    event_of(t, o, dialects[o->best].name);
    smb_told(t, dialects[o->best].name);
    if (family == NT)
        return answer_nt(t, q, o->best_index);
    return family == LANMAN ? answer_lanman(t, q, o->best_index) : answer_core(t, q, o->best_index);
}

enum feed_status smb1_negotiate(struct smb_turn *t, const struct smb1_request *q)
{
    struct offer o;
    read_offer(q->bytes, &o);
    uint16_t most = t->persona->smb.smb2 ? t->host.smb2_dialect_max : 0;
    uint16_t two = most > 0x0202 && o.smb2_wildcard ? 0x02ff : most && o.smb2_002 ? 0x0202 : 0;
    if (two) {
        event_of(t, &o, smb_dialect_name(two));
        return smb2_answer_multi_protocol(t, two);
    }
    if (!t->persona->smb.smb1) { /* the driver is not there: the connection is dropped */
        event_of(t, &o, "closed");
        return FEED_ABORT;
    }
    return answer_smb1(t, q, &o);
}

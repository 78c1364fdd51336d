#include "smb_drive.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "protocol/smb.h"

struct event {
    struct wr *to;
};

struct session {
    struct drive *d;
    void *state;
    struct arena arena;
    uint32_t src, dst;
    uint16_t dport;
    struct event event;
    char answered[256];
};

static const struct {
    const char *name;
    struct persona p;
} personas[] = {
#define P(key, native, lm, one, two, mpx, buffer, caps)                                                        \
    {key, {.name = key, .os = "windows", .smb = {.native_os = native, .native_lan_manager = lm, .domain = "WORKGROUP",           \
     .server = "FILES-07", .smb1 = one, .smb2 = two, .guid = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x48, 0x89, 0x9a,     \
     0xab, 0xbc, 0xcd, 0xde, 0xef, 0x01}, .max_mpx = mpx, .max_buffer_bytes = buffer, .capabilities = caps,                   \
     .boot_ts_us = INT64_C(1365000000000000)}}}
    P("xp", "Windows 5.1", "Windows 2000 LAN Manager", true, false, 10, 0x1104, 0xe3fd),
    P("2003", "Windows Server 2003 3790 Service Pack 2", "Windows Server 2003 5.2", true, false, 50, 0x1104, 0x1f3fd),
    P("2008", "Windows Server (R) 2008 Standard 6001 Service Pack 1", "Windows Server (R) 2008 Standard 6.0", true, true, 50,
      0x1104, 0x1f3fd),
    P("7", "Windows 7 Professional 7601 Service Pack 1", "Windows 7 Professional 6.1", true, true, 10, 0x1104, 0x1e3fc),
    P("2008r2", "Windows Server 2008 R2 Standard 7601 Service Pack 1", "Windows Server 2008 R2 Standard 6.1", true, true, 50,
      0x4104, 0x1e3fc),
    P("2012", "Windows Server 2012 Standard 9200", "Windows Server 2012 Standard 6.2", true, true, 50, 0x4104, 0x1f3fc),
    P("2012r2", "Windows Server 2012 R2 Standard 9600", "Windows Server 2012 R2 Standard 6.3", true, true, 50, 0x4104,
      0x1f3fc),
    P("2016", "Windows Server 2016 Standard 14393", "Windows Server 2016 Standard 6.3", true, true, 50, 0x4104, 0x1f3fc),
    P("2019", "Windows Server 2019 Standard 17763", "Windows Server 2019 Standard 6.3", false, true, 50, 0x4104, 0x1f3fc),
#undef P
};

const struct persona *drive_persona(const char *name)
{
    for (size_t i = 0; i < sizeof personas / sizeof *personas; i++)
        if (strcmp(personas[i].name, name) == 0)
            return &personas[i].p;
    abort();
}

void drive_init(struct drive *d, const char *persona)
{
    *d = (struct drive){.persona = drive_persona(persona), .in = wr_of(1 << 20), .out = wr_of(8 << 20), .events = wr_of(1 << 20)};
    if (protocol_smb.start(d->persona, 7, &d->shared, NULL) < 0)
        abort();
}

void drive_close(struct drive *d)
{
    struct session *s = d->s;
    if (!s)
        return;
    if (protocol_smb.close)
        protocol_smb.close(s);
    free(s->state);
    arena_done(&s->arena);
    free(s);
    d->s = NULL;
}

void drive_open(struct drive *d, uint32_t src, uint32_t dst, uint16_t dport)
{
    drive_close(d);
    struct session *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    *s = (struct session){.d = d, .state = calloc(1, protocol_smb.state_bytes), .arena = arena_of(1 << 20), .src = src,
                          .dst = dst, .dport = dport};
    d->s = s;
    d->status = FEED_MORE;
    d->ended = false;
    wr_clear(&d->in);
    wr_clear(&d->out);
    if (!s->state || protocol_smb.open(s) < 0)
        abort();
}

void drive_feed(struct drive *d, const void *bytes, size_t n)
{
    if (d->status == FEED_CLOSE || d->status == FEED_ABORT || d->ended)
        return;
    wr_bytes(&d->in, bytes, n);
    if (d->in.bad)
        abort();
    /* on the heap and exact, so that a sanitizer sees a read past what is there */
    uint8_t *exact = malloc(d->in.len ? d->in.len : 1);
    if (!exact)
        abort();
    if (d->in.len)
        memcpy(exact, d->in.bytes, d->in.len);
    struct feed f = protocol_smb.input(d->s, exact, d->in.len);
    free(exact);
    if (f.used > d->in.len)
        abort();
    if (f.used)
        memmove(d->in.bytes, d->in.bytes + f.used, d->in.len - f.used);
    d->in.len -= f.used;
    d->status = f.status;
    if (d->in.len > protocol_smb.in_max_bytes)
        d->status = FEED_ABORT;
}

void drive_done(struct drive *d)
{
    drive_close(d);
    protocol_smb.stop(d->shared);
    wr_done(&d->in);
    wr_done(&d->out);
    wr_done(&d->events);
}

/* --- what session.h promises to a protocol --- */
void *session_state(struct session *s) { return s->state; }
void *session_shared(struct session *s) { return s->d->shared; }
struct arena *session_arena(struct session *s) { return &s->arena; }
const struct persona *session_persona(const struct session *s) { return s->d->persona; }
uint64_t session_id(const struct session *s) { return 1; }
uint32_t session_src(const struct session *s) { return s->src; }
uint16_t session_sport(const struct session *s) { return 40000; }
uint32_t session_dst(const struct session *s) { return s->dst; }
uint16_t session_dport(const struct session *s) { return s->dport; }
int64_t session_now_us(const struct session *s) { return DRIVE_NOW_US; }
int session_send(struct session *s, const void *bytes, size_t n)
{
    wr_bytes(&s->d->out, bytes, n);
    return s->d->out.bad ? -1 : 0;
}
void session_set_timer(struct session *s, int64_t after_us) {}
void session_resume(struct session *s) {}
void session_end(struct session *s, const char *reason) { s->d->ended = true; }

struct event *session_event(struct session *s, enum event_type type)
{
    static const char *const names[] = {
#define X(id, name, doc) name,
        EVENT_TYPES(X)
#undef X
    };
    s->event.to = &s->d->events;
    wr_str(s->event.to, names[type]);
    return &s->event;
}
static void field(struct event *e, enum event_field f)
{
    static const char *const names[] = {
#define X(id, name, kind, doc) name,
        EVENT_FIELDS(X)
#undef X
    };
    wr_fmt(e->to, " %s=", names[f]);
}
void event_text(struct event *e, enum event_field f, const void *bytes, size_t n)
{
    field(e, f);
    wr_bytes(e->to, bytes, n);
}
void event_str(struct event *e, enum event_field f, const char *text) { event_text(e, f, text, strlen(text)); }
void event_bytes(struct event *e, enum event_field f, const void *bytes, size_t n)
{
    field(e, f);
    for (size_t i = 0; i < n; i++)
        wr_fmt(e->to, "%02x", ((const uint8_t *)bytes)[i]);
}
void event_int(struct event *e, enum event_field f, int64_t value)
{
    field(e, f);
    wr_fmt(e->to, "%lld", (long long)value);
}
int event_end(struct event *e)
{
    wr_str(e->to, "\n");
    return 0;
}
void session_answered(struct session *s, const char *version)
{
    if (strcmp(s->answered, version) == 0)
        return;
    strncpy(s->answered, version, sizeof s->answered - 1);
    wr_fmt(&s->d->events, "answer version=%s\n", version);
}
void session_sample(struct session *s, const char *name, const void *bytes, size_t n)
{
    wr_fmt(&s->d->events, "sample name=%s len_bytes=%zu\n", name, n);
    s->d->samples++;
    s->d->sample_bytes = n;
}

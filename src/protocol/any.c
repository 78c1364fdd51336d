/* The catch-all: every port without an emulation. It accepts, keeps what the client says first, says what the persona would
 * say first on that port, answers an HTTP request wherever it comes, and else stays silent. */
#include <stdlib.h>
#include <string.h>

#include "base/ip.h"
#include "base/ts.h"
#include "config/persona.h"
#include "protocol/any.h"
#include "protocol/http_page.h"
#include "session/session.h"

#define QUIET_US    (TS_SECOND_US / 2) /* the first payload is over when nothing has come for so long */
#define TOLD_BYTES  4096               /* the journal's cap of a value: more becomes a sample */
#define PAYLOAD_MAX (256u * 1024)
#define ALL_MAX_BYTES                                                                                        \
    (32u * 1024 * 1024) /* first payloads of all sessions of a loop that are being collected */

struct any_shared {
    size_t held_bytes;
};

struct any {
    struct wr payload;
    bool told; /* the payload event is written; what comes now is counted only */
};

static int any_start(const struct persona *persona, uint64_t seed, void **ret_shared, struct err *err)
{
    struct any_shared *shared = calloc(1, sizeof *shared);
    if (!shared)
        return err_set(err, -12, "no memory for the catch-all");
    *ret_shared = shared;
    return 0;
}

/* What a server of this kind says before it is asked, on the ports where everybody expects it to. */
static void greet(struct session *s)
{
    const struct persona *p = session_persona(s);
    const char *before = "", *text = "", *after = "\r\n";
    switch (session_dport(s)) {
    case 22:
    case 2222:
        text = p->banners.ssh_banner;
        break;
    case 21:
    case 2121:
        before = "220 ";
        text = p->banners.ftp_banner;
        break;
    case 23:
    case 2323:
        text = p->banners.telnet_banner;
        after = "\r\nlogin: ";
        break;
    default:
        break;
    }
    if (!text[0])
        return;
    (void)session_send(s, before, strlen(before));
    (void)session_send(s, text, strlen(text));
    (void)session_send(s, after, strlen(after));
    session_answered(s, text);
}

static int any_open(struct session *s)
{
    struct any *a = session_state(s);
    a->payload = wr_of(PAYLOAD_MAX);
    greet(s);
    return 0;
}

static void tell(struct session *s, struct any *a)
{
    struct any_shared *shared = session_shared(s);
    if (a->told || a->payload.len == 0)
        return;
    a->told = true;
    if (a->payload.len > TOLD_BYTES)
        session_sample(s, "", a->payload.bytes, a->payload.len);
    char sha256[65];
    int rc = sample_digest(a->payload.bytes, a->payload.len, sha256);
    struct event *e = session_event(s, EVENT_PAYLOAD);
    event_bytes(e, EVENT_F_PAYLOAD, a->payload.bytes, a->payload.len);
    event_int(e, EVENT_F_LEN, (int64_t)a->payload.len);
    if (rc == 0)
        event_str(e, EVENT_F_SHA256, sha256);
    (void)event_end(e);
    shared->held_bytes -= a->payload.len;
    wr_done(&a->payload);
}

/* The end of an HTTP head; 0 while it has not come. */
static bool has_blank_line(const uint8_t *p, size_t n)
{
    return memmem(p, n, "\r\n\r\n", 4) || memmem(p, n, "\n\n", 2);
}

/* Answers a whole HTTP head. The path is not needed in full: the index or nothing. */
static bool answer_http(struct session *s, const uint8_t *p, size_t n)
{
    if (!http_looks_like_request(p, n) || !has_blank_line(p, n))
        return false;
    char method[12] = "", path[200] = "";
    size_t at = 0, k = 0;
    while (at < n && p[at] != ' ' && k + 1 < sizeof method)
        method[k++] = (char)p[at++];
    at++;
    for (k = 0; at < n && p[at] > ' ' && p[at] < 0x7f && p[at] != '?' && k + 1 < sizeof path; at++)
        path[k++] = (char)p[at];
    struct wr out = wr_of(32768);
    char host[IP4_TEXT_MAX];
    struct http_question q = {method, path, ip4_format(session_dst(s), host), session_dport(s), true};
    (void)http_page(&out, session_persona(s), &q, session_now_us(s));
    (void)session_send(s, out.bytes, out.len);
    wr_done(&out);
    session_answered(s, session_persona(s)->banners.http_server);
    return true;
}

static struct feed any_input(struct session *s, const uint8_t *in, size_t n)
{
    struct any *a = session_state(s);
    struct any_shared *shared = session_shared(s);
    if (a->told)
        return (struct feed){FEED_MORE, n};
    size_t room = a->payload.max - a->payload.len;
    size_t spare = ALL_MAX_BYTES - shared->held_bytes;
    size_t take = n < room ? n : room;
    take = take < spare ? take : spare;
    size_t before = a->payload.len;
    wr_bytes(&a->payload, in, take);
    shared->held_bytes += a->payload.len - before;
    bool whole = a->payload.len > 0 && answer_http(s, a->payload.bytes, a->payload.len);
    if (whole || take < n || a->payload.bad) {
        tell(s, a);
        session_set_timer(s, 0);
        return (struct feed){whole ? FEED_CLOSE : FEED_MORE, n};
    }
    session_set_timer(s, QUIET_US);
    return (struct feed){FEED_MORE, n};
}

static void any_timer(struct session *s)
{
    tell(s, session_state(s));
}

static void any_close(struct session *s)
{
    struct any *a = session_state(s);
    tell(s, a);
    wr_done(&a->payload);
}

static const char *any_version(const struct persona *persona)
{
    return persona->banners.http_server;
}

const struct protocol protocol_any = {
    .name = "any",
    .doc = "every port without an emulation: keeps the first payload",
    .udp = true,
    .state_bytes = sizeof(struct any),
    .in_max_bytes = 64 * 1024,
    .start = any_start,
    .stop = free,
    .open = any_open,
    .input = any_input,
    .timer = any_timer,
    .close = any_close,
    .version = any_version,
};

/* HTTP/1: a web server with nothing on it (RFC 9110, 9112). Heads, bodies and credentials are recorded; nothing is served but
 * the index and errors. */
#include "protocol/http.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/ts.h"
#include "config/persona.h"
#include "protocol/http_page.h"

#define HEAD_MAX_BYTES (12u * 1024)
#define HELD_MAX_BYTES (16u * 1024)
#define BODY_KEPT_MAX  (256u * 1024)
#define BODY_MAX       (16u * 1024 * 1024) /* more than that ends the session */
#define FOREIGN_US                                                                                           \
    (TS_SECOND_US / 3)   /* how long bytes that are no HTTP are collected before they get their 400 */
#define REQUESTS_MAX 100 /* of one connection, as servers are set up */

struct http {
    struct wr body;
    uint64_t body_left; /* bytes of the body that have not come */
    uint32_t requests;
    bool close;
    bool foreign; /* TLS, another protocol, noise: collected, then refused */
    char method[16], path[256], host[64];
};

/* One line of the head, without its end. */
struct text {
    const char *p;
    size_t n;
};

static struct text next_line(const uint8_t *in, size_t n, size_t *at)
{
    const uint8_t *end = memchr(in + *at, '\n', n - *at);
    size_t len = end ? (size_t)(end - in) - *at : n - *at;
    struct text line = {(const char *)in + *at, len};
    *at += len + (end != NULL);
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    return line;
}

/* The value of a field line when it is the one named. */
static bool field(struct text line, const char *name, struct text *ret)
{
    size_t n = strlen(name);
    if (line.n <= n || strncasecmp(line.p, name, n) != 0 || line.p[n] != ':')
        return false;
    for (n++; n < line.n && (line.p[n] == ' ' || line.p[n] == '\t');)
        n++;
    *ret = (struct text){line.p + n, line.n - n};
    return true;
}

/* Length of the head with its blank line; 0 while it has not all come. */
static size_t head_len(const uint8_t *in, size_t n)
{
    for (size_t at = 0; at < n;) {
        size_t from = at;
        const bool ended = memchr(in + at, '\n', n - at) != NULL;
        struct text line = next_line(in, n, &at);
        if (ended && line.n == 0 && from > 0)
            return at;
    }
    return 0;
}

static void copy(char *to, size_t size, const char *from, size_t n)
{
    n = n < size - 1 ? n : size - 1;
    memcpy(to, from, n);
    to[n] = '\0';
}

/* "GET /path?query HTTP/1.1". False when it is none. */
static bool request_line(struct http *h, struct text line, struct text *ret_target)
{
    const char *space = memchr(line.p, ' ', line.n);
    h->method[0] = h->path[0] = '\0';
    h->close = true;
    if (!http_looks_like_request((const uint8_t *)line.p, line.n) || !space)
        return false;
    copy(h->method, sizeof h->method, line.p, (size_t)(space - line.p));
    struct text target = {space + 1, line.n - (size_t)(space + 1 - line.p)};
    const char *last = memrchr(target.p, ' ', target.n);
    if (last) {
        size_t version = target.n - (size_t)(last + 1 - target.p);
        h->close = !(version == 8 && memcmp(last + 1, "HTTP/1.1", 8) == 0);
        target.n = (size_t)(last - target.p);
    }
    size_t path = 0;
    while (path < target.n && target.p[path] != '?' && target.p[path] != '#')
        path++;
    for (size_t i = 0; i < path; i++) /* what is shown again must be text */
        if ((unsigned char)target.p[i] < 0x20 || (unsigned char)target.p[i] >= 0x7f)
            path = i;
    copy(h->path, sizeof h->path, target.p, path);
    *ret_target = target;
    return target.n > 0;
}

static void told_basic(struct session *s, struct text value)
{
    unsigned char raw[400];
    if (value.n <= 6 || strncasecmp(value.p, "Basic ", 6) != 0 || value.n - 6 > 512)
        return;
    int n = EVP_DecodeBlock(raw, (const unsigned char *)value.p + 6, (int)(value.n - 6));
    if (n < 0)
        return;
    while (n > 0 && value.p[value.n - 1] == '=' && raw[n - 1] == 0) { /* EVP_DecodeBlock counts the padding */
        n--;
        value.n--;
    }
    const unsigned char *colon = memchr(raw, ':', (size_t)n);
    size_t user = colon ? (size_t)(colon - raw) : (size_t)n;
    struct event *e = session_event(s, EVENT_LOGIN);
    event_text(e, EVENT_F_USER, raw, user);
    event_str(e, EVENT_F_PLUGIN, "basic");
    if (colon)
        event_bytes(e, EVENT_F_RESPONSE, colon + 1, (size_t)n - user - 1);
    event_int(e, EVENT_F_ACCEPTED, 0);
    (void)event_end(e);
}

/* The name without its port. */
static void take_host(struct http *h, struct text value)
{
    size_t n = 0;
    while (n < value.n && value.p[n] != ':' && value.p[n] > 0x20 && value.p[n] < 0x7f)
        n++;
    copy(h->host, sizeof h->host, value.p, n);
}

/* "123"; false for anything else or more than BODY_MAX. */
static bool read_length(struct text value, uint64_t *ret)
{
    uint64_t v = 0;
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] < '0' || value.p[i] > '9' || v > BODY_MAX)
            return false;
        v = v * 10 + (uint64_t)(value.p[i] - '0');
    }
    *ret = v;
    return value.n > 0 && v <= BODY_MAX;
}

static void reply(struct session *s, struct http *h, int *ret_status)
{
    struct wr out = wr_of(32768);
    struct http_question q = {h->method, h->path, h->host, session_dport(s), h->close};
    *ret_status = http_page(&out, session_persona(s), &q, session_now_us(s));
    (void)session_send(s, out.bytes, out.len);
    wr_done(&out);
    session_answered(s, session_persona(s)->banners.http_server[0] ? session_persona(s)->banners.http_server
                                                                   : "Apache");
}

static void told_payload(struct session *s, const uint8_t *p, size_t n)
{
    char sha256[65];
    if (n > 4096)
        session_sample(s, "", p, n);
    int rc = sample_digest(p, n, sha256);
    struct event *e = session_event(s, EVENT_PAYLOAD);
    event_bytes(e, EVENT_F_PAYLOAD, p, n);
    event_int(e, EVENT_F_LEN, (int64_t)n);
    if (rc == 0)
        event_str(e, EVENT_F_SHA256, sha256);
    (void)event_end(e);
}

static void refuse(struct session *s, struct http *h)
{
    int status;
    h->close = true;
    h->method[0] = h->path[0] = '\0';
    reply(s, h, &status);
}

static void keep(struct http *h, const uint8_t *in, size_t n)
{
    if (h->body.max == 0)
        h->body = wr_of(BODY_KEPT_MAX);
    size_t room = h->body.max - h->body.len;
    wr_bytes(&h->body, in, n < room ? n : room);
}

/* A whole head. Sets what is to come as body; the answer goes out at once when there is none. */
static bool take_head(struct session *s, struct http *h, const uint8_t *in, size_t n)
{
    size_t at = 0;
    struct text line = next_line(in, n, &at), target = {"", 0}, value;
    bool good = request_line(h, line, &target), chunked = false;
    h->body_left = 0;
    h->host[0] = '\0';
    while (at < n) {
        line = next_line(in, n, &at);
        if (field(line, "Content-Length", &value))
            good = read_length(value, &h->body_left) && good;
        else if (field(line, "Transfer-Encoding", &value))
            chunked = true;
        else if (field(line, "Connection", &value) && value.n == 5 && strncasecmp(value.p, "close", 5) == 0)
            h->close = true;
        else if (field(line, "Host", &value))
            take_host(h, value);
        else if (field(line, "Authorization", &value))
            told_basic(s, value);
    }
    if (!good)
        h->method[0] = '\0';
    /* A chunked body is not unwrapped: it is answered and the connection ends. */
    h->requests++;
    h->close = h->close || !good || chunked || h->requests >= REQUESTS_MAX;
    int status = 0;
    reply(s, h, &status);
    char text[16];
    (void)snprintf(text, sizeof text, "%d", status);
    struct event *e = session_event(s, EVENT_COMMAND);
    event_str(e, EVENT_F_COMMAND, h->method[0] ? h->method : "malformed");
    event_text(e, EVENT_F_NAME, target.p, target.n);
    event_text(e, EVENT_F_TEXT, in, n);
    event_str(e, EVENT_F_REPLY, text);
    (void)event_end(e);
    if (!good)
        h->body_left = 0;
    return good;
}

/* Up to n bytes of the body; how many were its. */
static size_t take_body(struct session *s, struct http *h, const uint8_t *in, size_t n)
{
    size_t take = h->body_left < n ? (size_t)h->body_left : n;
    h->body_left -= take;
    keep(h, in, take);
    if (h->body_left == 0 && h->body.len) {
        told_payload(s, h->body.bytes, h->body.len);
        wr_done(&h->body);
    }
    return take;
}

static struct feed http_input(struct session *s, const uint8_t *in, size_t n)
{
    struct http *h = session_state(s);
    size_t used = 0;
    while (used < n) {
        if (h->foreign) {
            keep(h, in + used, n - used);
            return (struct feed){FEED_MORE, n};
        }
        if (h->body_left) {
            used += take_body(s, h, in + used, n - used);
        } else if (h->close && h->requests) {
            return (struct feed){FEED_CLOSE, n};
        } else if (in[used] == '\r' ||
                   in[used] == '\n') { /* RFC 9112 2.2: blank lines before a request are skipped */
            used++;
        } else if (in[used] < 'A' || in[used] > 'Z') {
            h->foreign = true;
            session_set_timer(s, FOREIGN_US);
        } else {
            size_t head = head_len(in + used, n - used);
            if (head > HEAD_MAX_BYTES || (!head && n - used > HEAD_MAX_BYTES)) {
                refuse(s, h);
                return (struct feed){FEED_CLOSE, n};
            }
            if (!head)
                break;
            if (!take_head(s, h, in + used, head))
                return (struct feed){FEED_CLOSE, n};
            used += head;
        }
    }
    bool over = h->close && h->requests && h->body_left == 0;
    return (struct feed){over ? FEED_CLOSE : FEED_MORE, used};
}

static void http_timer(struct session *s)
{
    refuse(s, session_state(s));
    session_end(s, "server");
}

static void http_close(struct session *s)
{
    struct http *h = session_state(s);
    if (h->body.len) /* a body that was cut off, or no HTTP at all */
        told_payload(s, h->body.bytes, h->body.len);
    wr_done(&h->body);
}

static const char *http_version(const struct persona *persona)
{
    return persona->banners.http_server;
}

const struct protocol protocol_http = {
    .name = "http",
    .doc = "a web server with nothing on it; heads, bodies and credentials are recorded",
    .port = 80,
    .state_bytes = sizeof(struct http),
    .in_max_bytes = HELD_MAX_BYTES,
    .input = http_input,
    .timer = http_timer,
    .close = http_close,
    .version = http_version,
};

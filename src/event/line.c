/* One journal line: a flat JSON object, valid UTF-8 whatever bytes a peer sent. */
#include <string.h>

#include "base/ip.h"
#include "base/ts.h"
#include "event/event_int.h"

static const struct {
    const char *name;
    char kind;
} fields[EVENT_FIELD_COUNT] = {
#define X(id, name, kind, doc) [EVENT_F_##id] = {name, #kind[0]},
    EVENT_FIELDS(X)
#undef X
};

static const char *const type_names[EVENT_TYPE_COUNT] = {
#define X(id, name, doc) [EVENT_##id] = name,
    EVENT_TYPES(X)
#undef X
};

static void put_u64(struct wr *w, uint64_t v)
{
    char text[20];
    size_t at = sizeof text;
    do {
        text[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    wr_bytes(w, text + at, sizeof text - at);
}

static void put_i64(struct wr *w, int64_t v)
{
    if (v < 0)
        wr_u8(w, '-');
    put_u64(w, v < 0 ? ~(uint64_t)v + 1 : (uint64_t)v);
}

static void put_ip4(struct wr *w, uint32_t ip)
{
    for (int shift = 24; shift >= 0; shift -= 8) {
        put_u64(w, ip >> shift & 0xff);
        if (shift)
            wr_u8(w, '.');
    }
}

static void put_escape(struct wr *w, uint8_t byte)
{
    static const char hex[] = "0123456789abcdef";
    const char text[6] = {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};
    wr_bytes(w, text, sizeof text);
}

/* Length of the well-formed UTF-8 character at p (RFC 3629 section 4), 0 when there is none. */
static size_t utf8_len(const uint8_t *p, size_t n)
{
    uint8_t low = 0x80, high = 0xbf;
    size_t len;
    if (p[0] < 0x80)
        return 1;
    if (p[0] >= 0xc2 && p[0] <= 0xdf) {
        len = 2;
    } else if (p[0] >= 0xe0 && p[0] <= 0xef) {
        len = 3;
        low = p[0] == 0xe0 ? 0xa0 : low;
        high = p[0] == 0xed ? 0x9f : high; /* no surrogates */
    } else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        len = 4;
        low = p[0] == 0xf0 ? 0x90 : low;
        high = p[0] == 0xf4 ? 0x8f : high;
    } else {
        return 0;
    }
    if (n < len || p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return len;
}

static bool plain(uint8_t c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* At most max bytes of the value, never half a character. Returns whether it was cut. */
static bool put_text(struct wr *w, const uint8_t *p, size_t n, size_t max)
{
    size_t at = 0;
    while (at < n && at < max) {
        size_t run = at;
        while (run < n && run < max && plain(p[run]))
            run++;
        wr_bytes(w, p + at, run - at);
        at = run;
        if (at >= n || at >= max)
            break;
        size_t len = utf8_len(p + at, n - at);
        if (len > max - at)
            break;
        if (p[at] == '"' || p[at] == '\\') {
            wr_u8(w, '\\');
            wr_u8(w, p[at]);
        } else if (len > 1) {
            wr_bytes(w, p + at, len);
        } else {
            put_escape(w, p[at]);
        }
        at += len ? len : 1;
    }
    return at < n;
}

static void put_ts(struct wr *w, int64_t ts_us)
{
    char text[TS_TEXT_MAX];
    wr_u8(w, '"');
    wr_str(w, ts_format(ts_us, text));
    wr_u8(w, '"');
}

void line_begin(struct event *e, const struct event_head *head)
{
    struct wr *w = &e->line;
    wr_clear(w);
    e->set = 0;
    e->cut_len_bytes = 0;
    wr_str(w, "{\"timestamp\":");
    put_ts(w, head->ts_us);
    if (head->session) {
        wr_str(w, ",\"flow_id\":");
        put_u64(w, head->session);
    }
    wr_str(w, ",\"event_type\":\"");
    wr_str(w, type_names[head->type]);
    wr_u8(w, '"');
    if (head->src) {
        wr_str(w, ",\"src_ip\":\"");
        put_ip4(w, head->src);
        wr_u8(w, '"');
    }
    if (head->sport) {
        wr_str(w, ",\"src_port\":");
        put_u64(w, head->sport);
    }
    if (head->dst) {
        wr_str(w, ",\"dest_ip\":\"");
        put_ip4(w, head->dst);
        wr_u8(w, '"');
    }
    if (head->dport) {
        wr_str(w, ",\"dest_port\":");
        put_u64(w, head->dport);
    }
    if (head->proto)
        wr_str(w, head->proto == 6 ? ",\"proto\":\"TCP\"" : head->proto == 17 ? ",\"proto\":\"UDP\"" : "");
}

/* Writes ,"name": unless the field is set already. */
static bool key(struct event *e, enum event_field f)
{
    if (e->set & UINT32_C(1) << f)
        return false;
    e->set |= UINT32_C(1) << f;
    wr_str(&e->line, ",\"");
    wr_str(&e->line, fields[f].name);
    wr_str(&e->line, "\":");
    return true;
}

static void was_cut(struct event *e, size_t n)
{
    if (!e->cut_len_bytes)
        e->cut_len_bytes = n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

void event_text(struct event *e, enum event_field f, const void *bytes, size_t n)
{
    if (!key(e, f))
        return;
    wr_u8(&e->line, '"');
    if (put_text(&e->line, bytes, n, e->text_max_bytes))
        was_cut(e, n);
    wr_u8(&e->line, '"');
    if (f == EVENT_F_SERVICE) { /* EVE's name for it */
        wr_str(&e->line, ",\"app_proto\":\"");
        (void)put_text(&e->line, bytes, n, e->text_max_bytes);
        wr_u8(&e->line, '"');
    }
}

void event_str(struct event *e, enum event_field f, const char *text)
{
    event_text(e, f, text, strlen(text));
}

void event_bytes(struct event *e, enum event_field f, const void *bytes, size_t n)
{
    static const char hex[] = "0123456789abcdef";
    const uint8_t *p = bytes;
    size_t take = n < e->text_max_bytes ? n : e->text_max_bytes;
    if (!key(e, f))
        return;
    wr_u8(&e->line, '"');
    uint8_t *at = take ? wr_room(&e->line, take * 2) : NULL;
    for (size_t i = 0; at && i < take; i++) {
        at[2 * i] = (uint8_t)hex[p[i] >> 4];
        at[2 * i + 1] = (uint8_t)hex[p[i] & 15];
    }
    wr_u8(&e->line, '"');
    if (take < n)
        was_cut(e, n);
}

void event_int(struct event *e, enum event_field f, int64_t value)
{
    if (!key(e, f))
        return;
    if (fields[f].kind == 'T')
        put_ts(&e->line, value);
    else
        put_i64(&e->line, value);
}

bool line_end(struct event *e)
{
    if (e->cut_len_bytes)
        event_int(e, EVENT_F_LEN, e->cut_len_bytes);
    wr_str(&e->line, "}\n");
    return !e->line.bad;
}

#include "protocol/smb_text.h"

#include <string.h>
#include <time.h>

#define REPLACEMENT UINT32_C(0xfffd)

/* One code point of NUL-ended UTF-8 (RFC 3629); *p moves on by at least one byte. */
static uint32_t utf8_next(const uint8_t **p)
{
    static const uint32_t least[4] = {0, 0x80, 0x800, 0x10000};
    uint8_t lead = *(*p)++;
    if (lead < 0x80)
        return lead;
    unsigned more = lead >= 0xf0 && lead < 0xf5 ? 3 : lead >= 0xe0 && lead < 0xf0 ? 2 : lead >= 0xc2 && lead < 0xe0 ? 1 : 0;
    if (!more)
        return REPLACEMENT;
    uint32_t c = lead & (0x3fu >> more);
    for (unsigned i = 0; i < more; i++) {
        if ((**p & 0xc0) != 0x80)
            return REPLACEMENT;
        c = c << 6 | (*(*p)++ & 0x3fu);
    }
    return c < least[more] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? REPLACEMENT : c;
}

void smb_wr_utf16(struct wr *w, const char *text)
{
    for (const uint8_t *p = (const uint8_t *)text; *p;) {
        uint32_t c = utf8_next(&p);
        if (c >= 0x10000) {
            wr_le16(w, (uint16_t)(0xd800 + ((c - 0x10000) >> 10)));
            wr_le16(w, (uint16_t)(0xdc00 + ((c - 0x10000) & 0x3ff)));
        } else {
            wr_le16(w, (uint16_t)c);
        }
    }
}

void smb_wr_string(struct wr *w, const char *text, bool unicode)
{
    if (unicode) {
        smb_wr_utf16(w, text);
        wr_le16(w, 0);
    } else {
        wr_bytes(w, text, strlen(text) + 1);
    }
}

static size_t utf8_put(uint32_t c, char out[static 4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t lead[5] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(lead[n] | c);
    return n;
}

char *smb_utf8(const uint8_t *utf16, size_t len_bytes, char *buf, size_t cap)
{
    struct rd r = rd_of(utf16, len_bytes);
    size_t len = 0;
    while (rd_left(&r) >= 2) {
        uint32_t c = rd_le16(&r);
        if (c == 0)
            break;
        if (c >= 0xd800 && c < 0xe000) {
            struct rd ahead = r;
            uint32_t low = rd_le16(&ahead);
            if (c < 0xdc00 && !ahead.bad && low >= 0xdc00 && low < 0xe000) {
                c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
                r = ahead;
            } else {
                c = REPLACEMENT;
            }
        }
        char bytes[4];
        size_t n = utf8_put(c, bytes);
        if (n >= cap - len)
            break;
        memcpy(buf + len, bytes, n);
        len += n;
    }
    buf[len] = 0;
    return buf;
}

static char *oem_text(const uint8_t *bytes, size_t n, char *buf, size_t cap)
{
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        char c[4];
        size_t one = utf8_put(bytes[i], c);
        if (one >= cap - len)
            break;
        memcpy(buf + len, c, one);
        len += one;
    }
    buf[len] = 0;
    return buf;
}

char *smb_rd_string(struct rd *r, bool unicode, const uint8_t *base, char *buf, size_t cap)
{
    if (!unicode) {
        size_t left = rd_left(r), n = 0;
        while (n < left && r->p[n])
            n++;
        const uint8_t *at = rd_take(r, n);
        if (n < left)
            rd_skip(r, 1);
        return oem_text(at, at ? n : 0, buf, cap);
    }
    if (((size_t)(r->p - base) & 1) && rd_left(r))
        rd_skip(r, 1);
    size_t left = rd_left(r), n = 0;
    while (n + 2 <= left && (r->p[n] || r->p[n + 1]))
        n += 2;
    const uint8_t *at = rd_take(r, n);
    rd_skip(r, rd_left(r) < 2 ? rd_left(r) : 2);
    return smb_utf8(at, at ? n : 0, buf, cap);
}

uint64_t smb_filetime(int64_t ts_us)
{
    const int64_t to_1970_s = INT64_C(11644473600); /* 1601-01-01 to 1970-01-01 */
    return ts_us == 0 ? 0 : (uint64_t)((ts_us + to_1970_s * INT64_C(1000000)) * 10);
}

void smb_wr_dos_time(struct wr *w, int64_t ts_us)
{
    time_t at = (time_t)(ts_us / INT64_C(1000000));
    struct tm tm;
    gmtime_r(&at, &tm);
    wr_le16(w, (uint16_t)(tm.tm_hour << 11 | tm.tm_min << 5 | tm.tm_sec / 2));
    wr_le16(w, (uint16_t)((tm.tm_year - 80) << 9 | (tm.tm_mon + 1) << 5 | tm.tm_mday));
}

/* Character sets: utf8 in both lengths, Latin-1 (cp1252 as the server has it), ASCII, the sets of two and four bytes. */
#include "protocol/mysql/expr/my_charset.h"

#include <string.h>

enum set { SET_OTHER, SET_BINARY, SET_UTF8, SET_UTF8MB4, SET_LATIN1, SET_ASCII, SET_UCS2, SET_UTF16, SET_UTF16LE, SET_UTF32 };

static enum set set_of(const struct my_coll *c)
{
    static const struct {
        const char *name;
        enum set set;
    } sets[] = {{"binary", SET_BINARY}, {"utf8", SET_UTF8}, {"utf8mb3", SET_UTF8}, {"utf8mb4", SET_UTF8MB4}, {"latin1", SET_LATIN1},
                {"ascii", SET_ASCII}, {"ucs2", SET_UCS2}, {"utf16", SET_UTF16}, {"utf16le", SET_UTF16LE}, {"utf32", SET_UTF32}};
    for (size_t i = 0; c && i < sizeof sets / sizeof *sets; i++)
        if (strcmp(sets[i].name, c->charset) == 0)
            return sets[i].set;
    return SET_OTHER;
}

/* 0x80..0x9f of cp1252. */
static const uint16_t cp1252[32] = {0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0x8d, 0x17d, 0x8f,
                                    0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0x9d, 0x17e, 0x178};

#define BAD 0xfffdu

static unsigned utf8_at(const char *s, size_t n, size_t *at)
{
    unsigned char b = (unsigned char)s[(*at)++];
    size_t more = b >= 0xf0 && b < 0xf8 ? 3 : b >= 0xe0 ? 2 : b >= 0xc2 ? 1 : 0;
    if (b < 0x80)
        return b;
    if (!more || b >= 0xf8 || *at + more > n)
        return BAD;
    unsigned cp = more == 3 ? b & 7u : more == 2 ? b & 15u : b & 31u;
    for (size_t i = 0; i < more; i++) {
        unsigned char x = (unsigned char)s[*at + i];
        if ((x & 0xc0) != 0x80)
            return BAD;
        cp = cp << 6 | (x & 0x3fu);
    }
    *at += more;
    return cp;
}

static unsigned wide_at(enum set set, const char *s, size_t n, size_t *at)
{
    size_t unit = set == SET_UTF32 ? 4 : 2;
    if (*at + unit > n) {
        *at = n;
        return BAD;
    }
    unsigned v = 0;
    for (size_t i = 0; i < unit; i++)
        v = v << 8 | (unsigned char)s[*at + (set == SET_UTF16LE ? unit - 1 - i : i)];
    *at += unit;
    if (unit == 4 || v < 0xd800 || v > 0xdbff || set == SET_UCS2 || *at + 2 > n)
        return v;
    unsigned low = 0;
    for (size_t i = 0; i < 2; i++)
        low = low << 8 | (unsigned char)s[*at + (set == SET_UTF16LE ? 1 - i : i)];
    *at += 2;
    return 0x10000 + ((v & 0x3ff) << 10) + (low & 0x3ff);
}

unsigned my_decode(const struct my_coll *c, const char *s, size_t n, size_t *at)
{
    enum set set = set_of(c);
    switch (set) {
    case SET_UTF8:
    case SET_UTF8MB4:
        return utf8_at(s, n, at);
    case SET_UCS2:
    case SET_UTF16:
    case SET_UTF16LE:
    case SET_UTF32:
        return wide_at(set, s, n, at);
    default: {
        unsigned char b = (unsigned char)s[(*at)++];
        if (set == SET_ASCII && b >= 0x80)
            return BAD;
        return set == SET_LATIN1 && b >= 0x80 && b < 0xa0 ? cp1252[b - 0x80] : b;
    }
    }
}

static size_t wide_out(enum set set, unsigned cp, char out[static 4])
{
    if (set == SET_UTF32) {
        for (int i = 0; i < 4; i++)
            out[i] = (char)(cp >> (24 - 8 * i));
        return 4;
    }
    if (cp > 0xffff && set == SET_UCS2)
        return 0;
    unsigned units[2] = {cp, 0};
    size_t n = 1;
    if (cp > 0xffff) {
        units[0] = 0xd800 + ((cp - 0x10000) >> 10);
        units[1] = 0xdc00 + ((cp - 0x10000) & 0x3ff);
        n = 2;
    }
    for (size_t i = 0; i < n; i++) {
        out[2 * i + (set == SET_UTF16LE)] = (char)(units[i] >> 8);
        out[2 * i + (set != SET_UTF16LE)] = (char)units[i];
    }
    return 2 * n;
}

size_t my_encode(const struct my_coll *c, unsigned cp, char out[static 4])
{
    enum set set = set_of(c);
    switch (set) {
    case SET_UTF8:
    case SET_UTF8MB4: {
        if (cp > 0x10ffff || (cp > 0xffff && set == SET_UTF8))
            return 0;
        size_t n = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
        static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
        for (size_t i = n; i-- > 1; cp >>= 6)
            out[i] = (char)(0x80 | (cp & 0x3f));
        out[0] = (char)(lead[n] | cp);
        return n;
    }
    case SET_UCS2:
    case SET_UTF16:
    case SET_UTF16LE:
    case SET_UTF32:
        return wide_out(set, cp, out);
    case SET_LATIN1:
        for (unsigned i = 0; i < 32; i++)
            if (cp1252[i] == cp) {
                out[0] = (char)(0x80 + i);
                return 1;
            }
        if (cp > 0xff || (cp >= 0x80 && cp < 0xa0))
            return 0;
        break;
    case SET_ASCII:
        if (cp >= 0x80)
            return 0;
        break;
    default:
        if (cp > 0xff)
            return 0;
        break;
    }
    out[0] = (char)cp;
    return 1;
}

bool my_converts(const struct my_coll *from, const struct my_coll *to)
{
    enum set a = set_of(from), b = set_of(to);
    if (a == SET_OTHER || b == SET_OTHER || a == SET_BINARY || b == SET_BINARY || a == b)
        return false;
    return !(a == SET_UTF8 && b == SET_UTF8MB4);
}

char *my_convert(struct arena *arena, const struct my_coll *from, const struct my_coll *to, const char *s, size_t n, size_t *ret_len)
{
    char *out = arena_new(arena, n * 4 + 4);
    size_t at = 0, len = 0;
    while (out && at < n) {
        unsigned cp = my_decode(from, s, n, &at);
        size_t one = cp == BAD ? 0 : my_encode(to, cp, out + len);
        if (!one)
            one = my_encode(to, '?', out + len);
        len += one;
    }
    *ret_len = len;
    return out;
}

unsigned my_cp_upper(unsigned cp)
{
    if ((cp >= 'a' && cp <= 'z') || (cp >= 0xe0 && cp <= 0xfe && cp != 0xf7) || (cp >= 0x3b1 && cp <= 0x3c9 && cp != 0x3c2) || (cp >= 0x430 && cp <= 0x44f))
        return cp - 32;
    if (cp == 0xff)
        return 0x178;
    if (cp >= 0x450 && cp <= 0x45f)
        return cp - 80;
    if (cp >= 0x100 && cp <= 0x177 && cp != 0x131 && cp != 0x138 && cp != 0x149)
        return (cp >= 0x139 && cp <= 0x148) ? cp - (cp % 2 == 0) : cp - cp % 2;
    return cp;
}

unsigned my_cp_lower(unsigned cp)
{
    if ((cp >= 'A' && cp <= 'Z') || (cp >= 0xc0 && cp <= 0xde && cp != 0xd7) || (cp >= 0x391 && cp <= 0x3a9 && cp != 0x3a2) || (cp >= 0x410 && cp <= 0x42f))
        return cp + 32;
    if (cp >= 0x400 && cp <= 0x40f)
        return cp + 80;
    if (cp == 0x178)
        return 0xff;
    if (cp >= 0x100 && cp <= 0x177 && cp != 0x130 && cp != 0x138 && cp != 0x149)
        return (cp >= 0x139 && cp <= 0x148) ? cp + (cp % 2 == 1) : cp + (cp % 2 == 0);
    return cp;
}

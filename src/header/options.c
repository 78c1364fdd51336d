/* TCP options as text and as layout. RFC 9293 3.2, RFC 7323 2 and 3, RFC 2018, RFC 7413 4.1.1. */
#include "header/hdr_int.h"

#include <stdio.h>
#include <string.h>

enum { OPT_END = 0, OPT_NOP = 1, OPT_MSS = 2, OPT_SCALE = 3, OPT_SACK_OK = 4, OPT_SACK = 5, OPT_TIMES = 8,
       OPT_FAST_OPEN = 34 };

struct text {
    char *at;
    size_t len;
};

static void put(struct text *t, char letter, int number)
{
    if (t->len)
        t->at[t->len++] = ',';
    t->at[t->len++] = letter;
    if (number >= 0)
        t->len += (size_t)snprintf(t->at + t->len, HDR_OPTIONS_TEXT_MAX - t->len, "%d", number);
}

/* One option of len_bytes (its kind and length included); false when its length cannot be. */
static bool put_one(struct text *t, uint8_t kind, uint8_t len_bytes, struct rd *value)
{
    switch (kind) {
    case OPT_MSS:
        put(t, 'M', rd_be16(value));
        return len_bytes == 4;
    case OPT_SCALE:
        put(t, 'W', rd_u8(value));
        return len_bytes == 3;
    case OPT_SACK_OK:
        put(t, 'S', -1);
        return len_bytes == 2;
    case OPT_SACK:
        put(t, 'K', (len_bytes - 2) / 8);
        return len_bytes > 2 && (len_bytes - 2) % 8 == 0;
    case OPT_TIMES:
        put(t, 'T', -1);
        return len_bytes == 10;
    case OPT_FAST_OPEN:
        put(t, 'F', -1);
        return true;
    default:
        put(t, '?', kind);
        return true;
    }
}

size_t hdr_options_text(const uint8_t *options, size_t n, char ret[static HDR_OPTIONS_TEXT_MAX])
{
    struct rd r = rd_of(options, n < HDR_OPTIONS_MAX ? n : HDR_OPTIONS_MAX);
    struct text t = {ret, 0};
    while (rd_left(&r)) {
        uint8_t kind = rd_u8(&r);
        if (kind == OPT_END || kind == OPT_NOP) {
            put(&t, kind == OPT_END ? 'E' : 'N', -1);
            if (kind == OPT_END)
                break;
            continue;
        }
        uint8_t len_bytes = rd_u8(&r);
        struct rd value = rd_sub(&r, len_bytes < 2 ? UINT64_MAX : len_bytes - 2u);
        size_t before = t.len;
        if (value.bad || !put_one(&t, kind, len_bytes, &value)) {
            t.len = before;
            put(&t, '!', -1);
            break;
        }
    }
    ret[t.len] = '\0';
    return t.len;
}

void hdr_options_mask(const uint8_t *options, size_t n, uint8_t *ret_mask)
{
    struct rd r = rd_of(options, n);
    memset(ret_mask, 0xff, n);
    while (rd_left(&r)) {
        uint8_t kind = rd_u8(&r);
        if (kind == OPT_NOP)
            continue;
        uint8_t len_bytes = kind == OPT_END ? 0 : rd_u8(&r);
        size_t value = kind == OPT_END ? rd_left(&r) : len_bytes < 2 ? SIZE_MAX : len_bytes - 2u;
        size_t at = n - rd_left(&r);
        rd_skip(&r, value);
        if (r.bad)
            return; /* malformed from here: kept as it stands */
        if (kind != OPT_MSS && kind != OPT_SCALE)
            memset(ret_mask + at, 0, value);
    }
}

void hdr_options_layout(uint8_t *options, size_t n)
{
    uint8_t mask[HDR_OPTIONS_MAX];
    n = n < HDR_OPTIONS_MAX ? n : HDR_OPTIONS_MAX;
    hdr_options_mask(options, n, mask);
    for (size_t i = 0; i < n; i++)
        options[i] &= mask[i];
}

#include "protocol/mysql/my_wire.h"

#include <errno.h>
#include <string.h>

#include "protocol/mysql/world/my_def.h"

static void in_restart(struct my_in *r)
{
    wr_clear(&r->held);
    r->open = r->more = r->skipping = r->late = false;
    r->left = 0;
}

/* The next frame's header, when it is there: 1, 0 or -EPROTO. */
static int in_header(struct my_in *r, const uint8_t *at, size_t n, size_t max_bytes)
{
    if (n < 4)
        return 0;
    struct rd h = rd_of(at, 4);
    uint32_t len = rd_le24(&h);
    uint8_t seq = rd_u8(&h);
    if (seq != r->seq && !r->any_seq)
        return -EPROTO;
    r->seq = (uint8_t)(seq + 1);
    r->left = len;
    r->more = len == MY_FRAME_MAX;
    r->open = true;
    if (r->held.len + (size_t)len > max_bytes && !r->skipping) {
        r->skipping = true;
        r->late = r->held.len > 0;
        wr_done(&r->held);
    }
    return 1;
}

static void in_keep(struct my_in *r, const uint8_t *at, size_t n, size_t max_bytes)
{
    if (r->skipping)
        return;
    r->held.max = max_bytes;
    wr_bytes(&r->held, at, n);
    if (r->held.bad)
        r->skipping = true;
}

int my_in_feed(struct my_in *r, const uint8_t *in, size_t n, size_t max_bytes, size_t *ret_used, struct rd *ret)
{
    size_t at = 0;
    for (;;) {
        if (!r->open || (r->left == 0 && r->more)) {
            if (!r->open)
                in_restart(r); /* what the last call lent out is over */
            int rc = in_header(r, in + at, n - at, max_bytes);
            if (rc <= 0) {
                *ret_used = at;
                return rc;
            }
            at += 4;
        }
        bool whole = r->left <= n - at;
        if (whole && !r->more && !r->skipping && r->held.len == 0) { /* the usual case: no copy */
            *ret = rd_of(in + at, r->left);
            *ret_used = at + r->left;
            r->open = false;
            return 1;
        }
        size_t take = whole ? r->left : n - at;
        in_keep(r, in + at, take, max_bytes);
        at += take;
        r->left -= (uint32_t)take;
        if (r->left > 0) {
            *ret_used = at;
            return 0;
        }
        if (r->more)
            continue;
        *ret_used = at;
        r->open = false;
        if (r->skipping)
            return -EMSGSIZE;
        *ret = rd_of(r->held.bytes, r->held.len);
        return 1;
    }
}

void my_in_done(struct my_in *r)
{
    wr_done(&r->held);
}

void my_out_begin(struct my_out *o)
{
    o->start = o->w.len;
    wr_zero(&o->w, 4);
}

static void out_header(struct my_out *o, size_t at, size_t len)
{
    o->w.bytes[at] = (uint8_t)len;
    o->w.bytes[at + 1] = (uint8_t)(len >> 8);
    o->w.bytes[at + 2] = (uint8_t)(len >> 16);
    o->w.bytes[at + 3] = o->seq++;
}

void my_out_end(struct my_out *o)
{
    if (o->w.bad)
        return;
    size_t at = o->start, len = o->w.len - at - 4;
    while (len >= MY_FRAME_MAX) {
        size_t rest = len - MY_FRAME_MAX;
        if (!wr_room(&o->w, 4))
            return;
        uint8_t *next = o->w.bytes + at + 4 + MY_FRAME_MAX;
        memmove(next + 4, next, rest);
        out_header(o, at, MY_FRAME_MAX);
        at += 4 + MY_FRAME_MAX;
        len = rest;
    }
    out_header(o, at, len);
}

uint64_t my_rd_lenenc(struct rd *r, bool *ret_null)
{
    uint8_t c = rd_u8(r);
    if (ret_null)
        *ret_null = c == 0xfb;
    switch (c) {
    case 0xfb:
        return 0;
    case 0xfc:
        return rd_le16(r);
    case 0xfd:
        return rd_le24(r);
    case 0xfe:
        return rd_le64(r);
    case 0xff:
        r->bad = true;
        return 0;
    default:
        return c;
    }
}

void my_wr_lenenc(struct wr *w, uint64_t v)
{
    if (v < 251) {
        wr_u8(w, (uint8_t)v);
    } else if (v < 0x10000) {
        wr_u8(w, 0xfc);
        wr_le16(w, (uint16_t)v);
    } else if (v < 0x1000000) {
        wr_u8(w, 0xfd);
        wr_le24(w, (uint32_t)v);
    } else {
        wr_u8(w, 0xfe);
        wr_le64(w, v);
    }
}

void my_wr_lenstr(struct wr *w, const void *bytes, size_t n)
{
    my_wr_lenenc(w, n);
    wr_bytes(w, bytes, n);
}

struct rd my_rd_nulstr(struct rd *r, bool *ret_nul)
{
    size_t n = rd_left(r);
    const uint8_t *nul = n ? memchr(r->p, 0, n) : NULL;
    if (ret_nul)
        *ret_nul = nul != NULL;
    struct rd s = rd_sub(r, nul ? (size_t)(nul - r->p) : n);
    if (nul)
        rd_skip(r, 1);
    return s;
}

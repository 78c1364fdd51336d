/* The bounds-checked reader: the only way to touch bytes from the network or from a file.
 * A read past the end sets bad and gives zero or NULL from then on, so that a decoder reads its fields and asks
 * once. Sizes are compared, never pointers past the end. */
#ifndef HOTARU_BASE_RD_H
#define HOTARU_BASE_RD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rd {
    const uint8_t *p, *end; /* borrowed */
    bool bad;
};

static inline struct rd rd_of(const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    return (struct rd){p, n ? p + n : p, false};
}
static inline size_t rd_left(const struct rd *r)
{
    return (size_t)(r->end - r->p);
}
static inline const uint8_t *rd_take(struct rd *r,
                                     uint64_t n) /* borrowed; NULL and r->bad when fewer are left */
{
    if (r->bad || n > (size_t)(r->end - r->p)) {
        r->bad = true;
        return NULL;
    }
    const uint8_t *at = r->p;
    if (n)
        r->p += n;
    return at;
}
static inline void rd_skip(struct rd *r, uint64_t n)
{
    (void)rd_take(r, n);
}
/* The next n bytes as a reader of their own; bad (and empty) when they are not there. */
static inline struct rd rd_sub(struct rd *r, uint64_t n)
{
    const uint8_t *at = rd_take(r, n);
    if (!at)
        return (struct rd){r->end, r->end, true};
    return (struct rd){at, n ? at + n : at, false};
}
static inline uint8_t rd_u8(struct rd *r)
{
    const uint8_t *b = rd_take(r, 1);
    return b ? b[0] : 0;
}
static inline uint16_t rd_be16(struct rd *r)
{
    const uint8_t *b = rd_take(r, 2);
    return (uint16_t)(b ? b[0] << 8 | b[1] : 0);
}
static inline uint32_t rd_be32(struct rd *r)
{
    const uint8_t *b = rd_take(r, 4);
    return b ? (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3] : 0;
}
static inline uint16_t rd_le16(struct rd *r)
{
    const uint8_t *b = rd_take(r, 2);
    return (uint16_t)(b ? b[1] << 8 | b[0] : 0);
}
static inline uint32_t rd_le24(struct rd *r)
{
    const uint8_t *b = rd_take(r, 3);
    return b ? (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0] : 0;
}
static inline uint32_t rd_le32(struct rd *r)
{
    const uint8_t *b = rd_take(r, 4);
    return b ? (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0] : 0;
}
static inline uint64_t rd_le64(struct rd *r)
{
    uint64_t low = rd_le32(r);
    return low | (uint64_t)rd_le32(r) << 32;
}

#endif

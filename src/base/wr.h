/* A growable byte buffer that has its maximum from birth: what would not fit sets bad and is not written. */
#ifndef HOTARU_BASE_WR_H
#define HOTARU_BASE_WR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wr {
    uint8_t *bytes; /* owned; free with wr_done */
    size_t len, cap, max;
    bool bad; /* a write passed max or memory ran out; the buffer holds what fitted before */
};

static inline struct wr wr_of(size_t max)
{
    return (struct wr){.max = max};
}
void wr_done(struct wr *w);
/* Empties the buffer and clears bad; keeps the memory. */
void wr_clear(struct wr *w);
/* Room for n more bytes at the end, counted as written; NULL and bad when over max. */
uint8_t *wr_room(struct wr *w, size_t n);
void wr_bytes(struct wr *w, const void *bytes, size_t n);
void wr_zero(struct wr *w, size_t n);
void wr_str(struct wr *w, const char *s); /* without its NUL */
void wr_fmt(struct wr *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void wr_u8(struct wr *w, uint8_t v);
void wr_be16(struct wr *w, uint16_t v);
void wr_be32(struct wr *w, uint32_t v);
void wr_le16(struct wr *w, uint16_t v);
void wr_le24(struct wr *w, uint32_t v);
void wr_le32(struct wr *w, uint32_t v);
void wr_le64(struct wr *w, uint64_t v);

#endif

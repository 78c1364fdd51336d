#include "base/wr.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void wr_done(struct wr *w)
{
    free(w->bytes);
    *w = (struct wr){.max = w->max};
}

void wr_clear(struct wr *w)
{
    w->len = 0;
    w->bad = false;
}

uint8_t *wr_room(struct wr *w, size_t n)
{
    if (w->bad || n > w->max - w->len) {
        w->bad = true;
        return NULL;
    }
    if (n > w->cap - w->len) {
        size_t cap = w->cap ? w->cap : 256;
        while (cap < w->len + n)
            cap = cap > w->max / 2 ? w->max : cap * 2;
        uint8_t *bytes = realloc(w->bytes, cap);
        if (!bytes) {
            w->bad = true;
            return NULL;
        }
        w->bytes = bytes;
        w->cap = cap;
    }
    uint8_t *at = w->bytes + w->len;
    w->len += n;
    return at;
}

void wr_bytes(struct wr *w, const void *bytes, size_t n)
{
    if (n == 0)
        return;
    uint8_t *at = wr_room(w, n);
    if (at)
        memcpy(at, bytes, n);
}

void wr_zero(struct wr *w, size_t n)
{
    if (n == 0)
        return;
    uint8_t *at = wr_room(w, n);
    if (at)
        memset(at, 0, n);
}

void wr_str(struct wr *w, const char *s)
{
    wr_bytes(w, s, strlen(s));
}

void wr_fmt(struct wr *w, const char *fmt, ...)
{
    char small[512];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(small, sizeof small, fmt, ap);
    va_end(ap);
    if (n < 0) {
        w->bad = true;
        return;
    }
    if ((size_t)n < sizeof small) {
        wr_bytes(w, small, (size_t)n);
        return;
    }
    uint8_t *at = wr_room(w, (size_t)n + 1);
    if (!at)
        return;
    va_start(ap, fmt);
    (void)vsnprintf((char *)at, (size_t)n + 1, fmt, ap);
    va_end(ap);
    w->len--;
}

static void wr_ordered(struct wr *w, uint64_t v, size_t n, bool big_endian)
{
    uint8_t *at = wr_room(w, n);
    if (!at)
        return;
    for (size_t i = 0; i < n; i++)
        at[big_endian ? n - 1 - i : i] = (uint8_t)(v >> (8 * i));
}

void wr_u8(struct wr *w, uint8_t v)
{
    wr_ordered(w, v, 1, false);
}
void wr_be16(struct wr *w, uint16_t v)
{
    wr_ordered(w, v, 2, true);
}
void wr_be32(struct wr *w, uint32_t v)
{
    wr_ordered(w, v, 4, true);
}
void wr_le16(struct wr *w, uint16_t v)
{
    wr_ordered(w, v, 2, false);
}
void wr_le24(struct wr *w, uint32_t v)
{
    wr_ordered(w, v, 3, false);
}
void wr_le32(struct wr *w, uint32_t v)
{
    wr_ordered(w, v, 4, false);
}
void wr_le64(struct wr *w, uint64_t v)
{
    wr_ordered(w, v, 8, false);
}

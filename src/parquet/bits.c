/* Bit-packing, runs, deltas. Source: the Parquet format's Encodings.md. */
#include <endian.h>
#include <string.h>

#include "parquet/parquet_int.h"

_Static_assert(__BYTE_ORDER == __LITTLE_ENDIAN, "Parquet's numbers are little-endian, and so are ours");

#define BLOCK     128u
#define MINIBLOCK 32u
#define MINIS     (BLOCK / MINIBLOCK)

unsigned bits_of(uint32_t v)
{
    return v ? 32 - (unsigned)__builtin_clz(v) : 0;
}

static unsigned bits64_of(uint64_t v)
{
    return v ? 64 - (unsigned)__builtin_clzll(v) : 0;
}

/* ---- bit-packing, lowest bit first ---- */

/* With a constant width the compiler turns this into 32 shifts. */
static inline __attribute__((always_inline)) void pack32_of(const uint32_t *in, uint8_t *out, unsigned width)
{
    uint64_t left = 0;
    unsigned have = 0;
#pragma GCC unroll 32
    for (unsigned i = 0; i < 32; i++) {
        left |= (uint64_t)in[i] << have;
        have += width;
        if (have >= 32) {
            uint32_t word = (uint32_t)left;
            memcpy(out, &word, 4);
            out += 4;
            left >>= 32;
            have -= 32;
        }
    }
}

/* 32 values of width bits each: 4 * width bytes. */
static void pack32(const uint32_t *in, uint8_t *out, unsigned width)
{
    switch (width) {
#define WIDTH(w)                                                                                             \
    case w:                                                                                                  \
        pack32_of(in, out, w);                                                                               \
        break;
#define WIDTHS(w) WIDTH(w) WIDTH((w) + 1) WIDTH((w) + 2) WIDTH((w) + 3)
        WIDTHS(1)
        WIDTHS(5)
        WIDTHS(9)
        WIDTHS(13)
        WIDTHS(17)
        WIDTHS(21)
        WIDTHS(25)
        WIDTHS(29)
    default:
        break; /* width 0 has no bytes */
    }
}

static void pack32_wide(const uint64_t *in, uint8_t *out, unsigned width)
{
    uint64_t left = 0; /* fewer than 8 bits between two values */
    unsigned have = 0;
    for (unsigned i = 0; i < 32; i++) {
        uint64_t v = in[i];
        for (unsigned todo = width; todo;) {
            unsigned take = todo < 32 ? todo : 32;
            left |= (v & (UINT64_MAX >> (64 - take))) << have;
            for (have += take; have >= 8; have -= 8) {
                *out++ = (uint8_t)left;
                left >>= 8;
            }
            v = take < 64 ? v >> take : 0;
            todo -= take;
        }
    }
}

/* ---- runs ---- */

/* Whole groups of eight; what is beyond n is zero. */
static void put_literals(struct wr *w, const uint32_t *values, size_t n, unsigned width)
{
    size_t groups = (n + 7) / 8;
    if (groups == 0)
        return;
    thrift_varint(w, (uint64_t)groups << 1 | 1);
    uint8_t *out = wr_room(w, groups * width);
    if (!out)
        return;
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        pack32(values + i, out, width);
        out += (size_t)4 * width;
    }
    if (i < n) {
        uint32_t tail[32] = {0};
        uint8_t bytes[128];
        memcpy(tail, values + i, (n - i) * sizeof *tail);
        pack32(tail, bytes, width);
        memcpy(out, bytes, (n - i + 7) / 8 * width);
    }
}

static void put_run(struct wr *w, uint32_t value, size_t n, unsigned width)
{
    thrift_varint(w, (uint64_t)n << 1);
    for (unsigned i = 0; i < (width + 7) / 8; i++)
        wr_u8(w, (uint8_t)(value >> 8 * i));
}

static bool same8(const uint32_t *v)
{
    uint32_t differ = 0;
    for (int i = 1; i < 8; i++)
        differ |= v[i] ^ v[0];
    return differ == 0;
}

void rle_put(struct wr *w, const uint32_t *values, size_t n, unsigned width)
{
    /* A run pays when its header, its value and the header of the literals behind it are less than its packed bits. */
    size_t least = width >= 5 ? 8 : width >= 3 ? 16 : 32;
    size_t from = 0, i = 0;
    while (i + 8 <= n) {
        if (!same8(values + i)) {
            i += 8;
            continue;
        }
        size_t end = i + 8;
        while (end + 8 <= n && values[end] == values[i] && same8(values + end))
            end += 8;
        while (end < n && values[end] == values[i])
            end++;
        if (end - i < least) {
            i += 8;
            continue;
        }
        put_literals(w, values + from, i - from, width);
        put_run(w, values[i], end - i, width);
        from = i = end;
    }
    put_literals(w, values + from, n - from, width);
}

static void put_level_literals(struct wr *w, const uint8_t *bytes, size_t n)
{
    if (n == 0)
        return;
    thrift_varint(w, (uint64_t)n << 1 | 1);
    wr_bytes(w, bytes, n);
}

void rle_put_levels(struct wr *w, const uint64_t *valid, size_t n, bool all)
{
    if (!valid) {
        put_run(w, all, n, 1);
        return;
    }
    const uint8_t *bytes = (const uint8_t *)valid;
    size_t whole = n / 8, from = 0, i = 0;
    while (i < whole) {
        size_t end = i + 1;
        if (bytes[i] == 0 || bytes[i] == 255)
            while (end < whole && bytes[end] == bytes[i])
                end++;
        if (end - i >= 4) {
            put_level_literals(w, bytes + from, i - from);
            put_run(w, bytes[i] & 1, (end - i) * 8, 1);
            from = end;
        }
        i = end;
    }
    put_level_literals(w, bytes + from, (n + 7) / 8 - from);
}

/* ---- deltas ---- */

static void delta_head(struct wr *w, size_t n, int64_t first)
{
    thrift_varint(w, BLOCK);
    thrift_varint(w, MINIS);
    thrift_varint(w, n);
    thrift_zigzag(w, first);
}

void delta32_put(struct wr *w, const uint32_t *values, size_t n)
{
    delta_head(w, n, n ? (int32_t)values[0] : 0);
    for (size_t at = 1; at < n; at += BLOCK) {
        size_t here = n - at < BLOCK ? n - at : BLOCK, minis = (here + MINIBLOCK - 1) / MINIBLOCK;
        uint32_t d[BLOCK];
        int32_t least = INT32_MAX;
        for (size_t i = 0; i < here; i++) {
            d[i] = values[at + i] - values[at + i - 1];
            least = (int32_t)d[i] < least ? (int32_t)d[i] : least;
        }
        for (size_t i = here; i < BLOCK; i++)
            d[i] = (uint32_t)least;
        uint8_t widths[MINIS] = {0};
        for (size_t m = 0; m < minis; m++) {
            uint32_t any = 0;
            for (size_t i = m * MINIBLOCK; i < (m + 1) * MINIBLOCK; i++)
                any |= d[i] -= (uint32_t)least;
            widths[m] = (uint8_t)bits_of(any);
        }
        thrift_zigzag(w, least);
        wr_bytes(w, widths, MINIS);
        for (size_t m = 0; m < minis; m++) {
            uint8_t *out = widths[m] ? wr_room(w, (size_t)4 * widths[m]) : NULL;
            if (out)
                pack32(d + m * MINIBLOCK, out, widths[m]);
        }
    }
}

static void put_mini64(struct wr *w, const uint64_t d[MINIBLOCK], unsigned width)
{
    uint8_t *out = width ? wr_room(w, (size_t)4 * width) : NULL;
    if (!out)
        return;
    if (width > 32) {
        pack32_wide(d, out, width);
        return;
    }
    uint32_t narrow[MINIBLOCK];
    for (size_t i = 0; i < MINIBLOCK; i++)
        narrow[i] = (uint32_t)d[i];
    pack32(narrow, out, width);
}

void delta64_put(struct wr *w, const int64_t *values, size_t n)
{
    delta_head(w, n, n ? values[0] : 0);
    for (size_t at = 1; at < n; at += BLOCK) {
        size_t here = n - at < BLOCK ? n - at : BLOCK, minis = (here + MINIBLOCK - 1) / MINIBLOCK;
        uint64_t d[BLOCK];
        int64_t least = INT64_MAX;
        for (size_t i = 0; i < here; i++) {
            d[i] = (uint64_t)values[at + i] - (uint64_t)values[at + i - 1];
            least = (int64_t)d[i] < least ? (int64_t)d[i] : least;
        }
        for (size_t i = here; i < BLOCK; i++)
            d[i] = (uint64_t)least;
        uint8_t widths[MINIS] = {0};
        for (size_t m = 0; m < minis; m++) {
            uint64_t any = 0;
            for (size_t i = m * MINIBLOCK; i < (m + 1) * MINIBLOCK; i++)
                any |= d[i] -= (uint64_t)least;
            widths[m] = (uint8_t)bits64_of(any);
        }
        thrift_zigzag(w, least);
        wr_bytes(w, widths, MINIS);
        for (size_t m = 0; m < minis; m++)
            put_mini64(w, d + m * MINIBLOCK, widths[m]);
    }
}

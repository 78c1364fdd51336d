/* Dictionaries: values -> codes in order of first appearance, bounded, given up early where they do not pay. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "parquet/parquet_int.h"

#define SLOT_BITS 15
#define SLOTS     ((size_t)1 << SLOT_BITS)
#define DIRECT    ((size_t)1 << 16)
#define LOOK      4096u /* values between two looks at whether it pays */

_Static_assert(DICT_MAX <= SLOTS / 2 && DICT_MAX < UINT16_MAX, "the tables stay half empty, codes fit");

int dict_init(struct dict *d)
{
    d->codes = malloc(PARQUET_ROWS_MAX * sizeof *d->codes);
    d->numbers = malloc(DICT_MAX * sizeof *d->numbers);
    d->slots = calloc(SLOTS, sizeof *d->slots);
    d->direct = calloc(DIRECT, sizeof *d->direct);
    return d->codes && d->numbers && d->slots && d->direct ? 0 : -ENOMEM;
}

void dict_done(struct dict *d)
{
    free(d->codes);
    free(d->numbers);
    free(d->slots);
    free(d->direct);
    memset(d, 0, sizeof *d);
}

static bool pays(const struct dict *d, size_t seen)
{
    return d->n <= DICT_MAX - LOOK && d->n * 2 <= seen;
}

static void direct_fill(struct dict *d, const uint32_t *values, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        uint16_t code = d->direct[values[i]];
        if (!code) {
            d->numbers[d->n++] = values[i];
            code = d->direct[values[i]] = (uint16_t)d->n;
        }
        d->codes[i] = code - 1u;
    }
}

static void hashed_fill(struct dict *d, const uint32_t *values, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        uint32_t v = values[i];
        size_t slot = (v * UINT32_C(0x9E3779B1)) >> (32 - SLOT_BITS);
        uint32_t code;
        while ((code = d->slots[slot]) && d->numbers[code - 1] != v)
            slot = (slot + 1) & (SLOTS - 1);
        if (!code) {
            d->numbers[d->n++] = v;
            code = d->slots[slot] = (uint32_t)d->n;
        }
        d->codes[i] = code - 1;
    }
}

bool dict_numbers(struct dict *d, const uint32_t *values, size_t n, uint32_t max)
{
    bool good = true, direct = max < DIRECT;
    d->n = 0;
    for (size_t at = 0; at < n && good; at += LOOK) {
        size_t to = n - at < LOOK ? n : at + LOOK;
        (direct ? direct_fill : hashed_fill)(d, values, at, to);
        good = to == n ? d->n <= DICT_MAX : pays(d, to);
    }
    if (direct)
        for (size_t i = 0; i < d->n; i++)
            d->direct[d->numbers[i]] = 0;
    else
        memset(d->slots, 0, SLOTS * sizeof *d->slots);
    return good;
}

static bool same_span(const struct parquet_span *a, const struct parquet_span *b)
{
    return a->len_bytes == b->len_bytes && memcmp(a->at, b->at, a->len_bytes) == 0;
}

/* Few spans, many values: equal numbers are equal texts, and the caller's spans differ. */
static bool numbered_fill(struct dict *d, const struct parquet_values *v)
{
    return v->n_spans && dict_numbers(d, v->at, v->n, (uint32_t)v->n_spans - 1);
}

bool dict_spans(struct dict *d, const struct parquet_values *v)
{
    bool good = true;
    if (v->at)
        return numbered_fill(d, v);
    d->n = 0;
    for (size_t i = 0; i < v->n && good; i++) {
        const struct parquet_span *s = &v->spans[i];
        size_t slot = XXH3_64bits(s->at, s->len_bytes) >> (64 - SLOT_BITS);
        uint32_t code;
        while ((code = d->slots[slot]) && !same_span(&v->spans[d->numbers[code - 1]], s))
            slot = (slot + 1) & (SLOTS - 1);
        if (!code) {
            d->numbers[d->n++] = (uint32_t)i;
            code = d->slots[slot] = (uint32_t)d->n;
        }
        d->codes[i] = code - 1;
        good = (i + 1) % LOOK || pays(d, i + 1);
        good = good && d->n < DICT_MAX;
    }
    memset(d->slots, 0, SLOTS * sizeof *d->slots);
    return good;
}

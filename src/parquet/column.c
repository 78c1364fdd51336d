/* One column chunk: which encoding, and its pages.
 *
 * Numbers: a dictionary where values repeat; else deltas or the plain values, whichever a sample of the chunk says is
 * smaller after zstd. A page is left uncompressed when zstd saves less than a thirty-second of it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "parquet/parquet_int.h"

#define PAGE_MAX      ((size_t)1 << 31)
#define ZSTD_LEVEL    1
#define SAMPLE_PIECES 8u
#define SAMPLE_PIECE  1024u
#define DICT_GOOD     4 /* a dictionary that leaves at most 1/4 byte a value is not compared with anything */
#define STAT_MAX      64u

int column_work_init(struct column_work *w)
{
    struct wr *all[] = {&w->page, &w->packed, &w->page_too, &w->packed_too, &w->dict, &w->levels, &w->sample, &w->header};
    memset(w, 0, sizeof *w);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        *all[i] = wr_of(PAGE_MAX);
    w->zstd = ZSTD_createCCtx();
    int rc = dict_init(&w->words);
    if (rc < 0 || !w->zstd) {
        column_work_done(w);
        return -ENOMEM;
    }
    return 0;
}

void column_work_done(struct column_work *w)
{
    struct wr *all[] = {&w->page, &w->packed, &w->page_too, &w->packed_too, &w->dict, &w->levels, &w->sample, &w->header};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        wr_done(all[i]);
    ZSTD_freeCCtx(w->zstd);
    dict_done(&w->words);
    w->zstd = NULL;
}

/* ---- compression ---- */

static bool worth(size_t packed, size_t plain)
{
    return packed + plain / 32 < plain;
}

/* Appends in, compressed, to out; returns its length, or 0 with out unchanged when it does not pay and must_pay. */
static size_t squeeze(struct column_work *w, const struct wr *in, bool must_pay, struct wr *out)
{
    size_t bound = ZSTD_compressBound(in->len), at = out->len;
    uint8_t *to = wr_room(out, bound);
    if (!to)
        return 0;
    size_t n = ZSTD_compressCCtx(w->zstd, to, bound, in->bytes, in->len, ZSTD_LEVEL);
    if (ZSTD_isError(n)) {
        out->bad = true;
        n = 0;
    }
    if (must_pay && !worth(n, in->len))
        n = 0;
    out->len = at + n;
    return n;
}

/* ---- pages ---- */

static void put_dict_page(struct column_work *w, struct wr *out, struct chunk *c)
{
    struct wr *body = &w->dict;
    if (c->codec == ZSTD) {
        wr_clear(&w->packed_too);
        (void)squeeze(w, &w->dict, false, &w->packed_too);
        body = &w->packed_too;
    }
    wr_clear(&w->header);
    struct thrift t = thrift_of(&w->header);
    thrift_i32(&t, 1, 2); /* DICTIONARY_PAGE */
    thrift_i32(&t, 2, (int32_t)w->dict.len);
    thrift_i32(&t, 3, (int32_t)body->len);
    thrift_begin(&t, 7);
    thrift_i32(&t, 1, (int32_t)w->words.n);
    thrift_i32(&t, 2, PLAIN);
    thrift_end(&t);
    thrift_end(&t);
    c->dict_at = out->len;
    c->plain_bytes += w->header.len + w->dict.len;
    wr_bytes(out, w->header.bytes, w->header.len);
    wr_bytes(out, body->bytes, body->len);
    out->bad = out->bad || body->bad || w->header.bad || w->dict.bad;
}

/* w->page, with w->packed its compressed form unless that is empty. */
static void put_data_page(struct column_work *w, size_t n_rows, struct wr *out, struct chunk *c)
{
    const struct wr *body = w->packed.len ? &w->packed : &w->page;
    wr_clear(&w->header);
    struct thrift t = thrift_of(&w->header);
    thrift_i32(&t, 1, 3); /* DATA_PAGE_V2 */
    thrift_i32(&t, 2, (int32_t)(w->levels.len + w->page.len));
    thrift_i32(&t, 3, (int32_t)(w->levels.len + body->len));
    thrift_begin(&t, 8);
    thrift_i32(&t, 1, (int32_t)n_rows);
    thrift_i32(&t, 2, (int32_t)c->nulls);
    thrift_i32(&t, 3, (int32_t)n_rows);
    thrift_i32(&t, 4, (int32_t)c->encoding);
    thrift_i32(&t, 5, (int32_t)w->levels.len);
    thrift_i32(&t, 6, 0);
    thrift_bool(&t, 7, body == &w->packed);
    thrift_end(&t);
    thrift_end(&t);
    c->data_at = out->len;
    c->plain_bytes += w->header.len + w->levels.len + w->page.len;
    wr_bytes(out, w->header.bytes, w->header.len);
    wr_bytes(out, w->levels.bytes, w->levels.len);
    wr_bytes(out, body->bytes, body->len);
    out->bad = out->bad || w->page.bad || w->packed.bad || w->levels.bad || w->header.bad;
}

/* Compresses a page, where that pays; returns what it then takes. */
static size_t pack(struct column_work *w, const struct wr *page, struct wr *packed)
{
    wr_clear(packed);
    size_t n = squeeze(w, page, true, packed);
    return n ? n : page->len;
}

/* ---- dictionary ---- */

static size_t codes_as(struct column_work *w, size_t n, unsigned width, struct wr *page, struct wr *packed)
{
    wr_clear(page);
    wr_u8(page, (uint8_t)width);
    rle_put(page, w->words.codes, n, width);
    return pack(w, page, packed);
}

static void swap(struct wr *a, struct wr *b)
{
    struct wr c = *a;
    *a = *b;
    *b = c;
}

/* Codes at the narrowest width; or in whole bytes, when zstd then makes up more than the bits that costs. Returns what they
 * take. */
static size_t codes_encode(struct column_work *w, size_t n)
{
    unsigned width = bits_of((uint32_t)w->words.n - 1);
    size_t narrow = codes_as(w, n, width ? width : 1, &w->page, &w->packed);
    if (width < 2 || width > 7 || narrow * 8 < n)
        return narrow;
    size_t whole = codes_as(w, n, 8, &w->page_too, &w->packed_too);
    if (whole >= narrow)
        return narrow;
    swap(&w->page, &w->page_too);
    swap(&w->packed, &w->packed_too);
    return whole;
}

/* The codes and dictionary that stand in w, as the chunk's pages. */
static void put_dictionary(struct column_work *w, size_t n_rows, struct wr *out, struct chunk *c)
{
    c->encoding = RLE_DICTIONARY;
    bool dict_pays = w->dict.len > 64 && pack(w, &w->dict, &w->packed_too) < w->dict.len;
    c->codec = w->packed.len || dict_pays ? ZSTD : UNCOMPRESSED;
    put_dict_page(w, out, c);
    put_data_page(w, n_rows, out, c);
}

/* ---- numbers without a dictionary ---- */

struct plan {
    enum encoding encoding;
    bool compress;
    double bytes_per_value;
};

static void encode(struct wr *to, enum encoding e, const void *values, size_t n, size_t size)
{
    if (e == DELTA_BINARY_PACKED && size == 4)
        delta32_put(to, values, n);
    else if (e == DELTA_BINARY_PACKED)
        delta64_put(to, values, n);
    else
        wr_bytes(to, values, n * size);
}

/* The cheapest way for a sample of the values. */
static struct plan plan_of(struct column_work *w, const uint8_t *values, size_t n, size_t size)
{
    struct plan best = {PLAIN, false, (double)size};
    const uint8_t *at = values;
    size_t n_sample = n;
    if (n > SAMPLE_PIECES * SAMPLE_PIECE) {
        n_sample = SAMPLE_PIECES * SAMPLE_PIECE;
        wr_clear(&w->sample);
        for (size_t i = 0; i < SAMPLE_PIECES; i++)
            wr_bytes(&w->sample, values + (n - SAMPLE_PIECE) / (SAMPLE_PIECES - 1) * i * size, SAMPLE_PIECE * size);
        at = w->sample.bytes;
        if (w->sample.bad)
            return best;
    }
    /* BYTE_STREAM_SPLIT would be better for what is random in few bits, but DuckDB reads it for floating point only. */
    wr_clear(&w->page_too);
    encode(&w->page_too, DELTA_BINARY_PACKED, at, n_sample, size);
    size_t bytes = pack(w, &w->page_too, &w->packed_too);
    double per_value = (double)bytes / (double)n_sample;
    if (per_value < best.bytes_per_value * 0.98)
        best = (struct plan){DELTA_BINARY_PACKED, bytes < w->page_too.len, per_value};
    return best;
}

static void put_planned(struct column_work *w, const struct plan *p, const void *values, size_t n, size_t size,
                        size_t n_rows, struct wr *out, struct chunk *c)
{
    wr_clear(&w->page);
    wr_clear(&w->packed);
    encode(&w->page, p->encoding, values, n, size);
    if (p->compress)
        (void)pack(w, &w->page, &w->packed);
    c->encoding = p->encoding;
    c->codec = w->packed.len ? ZSTD : UNCOMPRESSED;
    put_data_page(w, n_rows, out, c);
}

static void put_numbers(struct column_work *w, enum parquet_kind kind, size_t n_rows, const struct parquet_values *v,
                        struct wr *out, struct chunk *c)
{
    const uint32_t *values = v->at;
    uint32_t min = UINT32_MAX, max = 0;
    for (size_t i = 0; i < v->n; i++) {
        min = values[i] < min ? values[i] : min;
        max = values[i] > max ? values[i] : max;
    }
    memcpy(c->min, &min, c->min_n = sizeof min);
    memcpy(c->max, &max, c->max_n = sizeof max);
    c->bounded = true;
    bool dict = dict_numbers(&w->words, values, v->n, max);
    double dict_bytes = 0;
    if (dict) {
        wr_clear(&w->dict);
        wr_bytes(&w->dict, w->words.numbers, w->words.n * sizeof *w->words.numbers);
        dict_bytes = (double)(codes_encode(w, v->n) + w->dict.len);
        if (kind == PARQUET_UINT8 || dict_bytes * DICT_GOOD < (double)v->n || v->n < 256) {
            put_dictionary(w, n_rows, out, c);
            return;
        }
        /* What the dictionary itself takes when it is packed too. */
        dict_bytes -= (double)(w->dict.len - pack(w, &w->dict, &w->packed_too));
    }
    struct plan p = plan_of(w, v->at, v->n, sizeof *values);
    if (dict && dict_bytes <= p.bytes_per_value * (double)v->n) {
        put_dictionary(w, n_rows, out, c);
        return;
    }
    put_planned(w, &p, values, v->n, sizeof *values, n_rows, out, c);
}

static void put_wide(struct column_work *w, enum parquet_kind kind, size_t n_rows, const struct parquet_values *v,
                     struct wr *out, struct chunk *c)
{
    const uint64_t *values = v->at, sign = kind == PARQUET_UINT64 ? 0 : UINT64_C(1) << 63; /* flipped, order is unsigned */
    uint64_t min = UINT64_MAX, max = 0;
    for (size_t i = 0; i < v->n; i++) {
        uint64_t x = values[i] ^ sign;
        min = x < min ? x : min;
        max = x > max ? x : max;
    }
    min ^= sign;
    max ^= sign;
    memcpy(c->min, &min, c->min_n = sizeof min);
    memcpy(c->max, &max, c->max_n = sizeof max);
    c->bounded = true;
    struct plan p = plan_of(w, v->at, v->n, sizeof *values);
    put_planned(w, &p, values, v->n, sizeof *values, n_rows, out, c);
}

/* ---- texts and blobs ---- */

static const struct parquet_span *span_of(const struct parquet_values *v, size_t i)
{
    return &v->spans[v->at ? ((const uint32_t *)v->at)[i] : i];
}

static int compare(const struct parquet_span *a, const struct parquet_span *b)
{
    int d = memcmp(a->at, b->at, a->len_bytes < b->len_bytes ? a->len_bytes : b->len_bytes);
    return d ? d : (a->len_bytes > b->len_bytes) - (a->len_bytes < b->len_bytes);
}

static void bound_spans(const struct parquet_span *min, const struct parquet_span *max, struct chunk *c)
{
    c->bounded = min->len_bytes <= STAT_MAX && max->len_bytes <= STAT_MAX;
    if (!c->bounded)
        return;
    memcpy(c->min, min->at, c->min_n = min->len_bytes);
    memcpy(c->max, max->at, c->max_n = max->len_bytes);
}

static void put_span(struct wr *w, const struct parquet_span *s)
{
    wr_le32(w, s->len_bytes);
    wr_bytes(w, s->at, s->len_bytes);
}

static void put_spans(struct column_work *w, size_t n_rows, const struct parquet_values *v, struct wr *out, struct chunk *c)
{
    const struct parquet_span *min = span_of(v, 0), *max = min;
    bool dict = dict_spans(&w->words, v);
    size_t n = dict ? w->words.n : v->n;
    struct wr *to = dict ? &w->dict : &w->page;
    wr_clear(to);
    for (size_t i = 0; i < n; i++) {
        const struct parquet_span *s = dict ? &v->spans[w->words.numbers[i]] : span_of(v, i);
        min = compare(s, min) < 0 ? s : min;
        max = compare(s, max) > 0 ? s : max;
        put_span(to, s);
    }
    bound_spans(min, max, c);
    if (dict) {
        (void)codes_encode(w, v->n);
        put_dictionary(w, n_rows, out, c);
        return;
    }
    (void)pack(w, &w->page, &w->packed);
    c->encoding = PLAIN;
    c->codec = w->packed.len ? ZSTD : UNCOMPRESSED;
    put_data_page(w, n_rows, out, c);
}

int column_put(struct column_work *w, enum parquet_kind kind, size_t n_rows, const struct parquet_values *v,
               struct wr *out, struct chunk *ret)
{
    *ret = (struct chunk){.at = out->len, .n = n_rows, .nulls = n_rows - v->n, .encoding = PLAIN};
    wr_clear(&w->levels);
    rle_put_levels(&w->levels, v->n && v->n < n_rows ? v->valid : NULL, n_rows, v->n > 0);
    if (v->n == 0) {
        wr_clear(&w->page);
        wr_clear(&w->packed);
        put_data_page(w, n_rows, out, ret);
    } else if (kind == PARQUET_TIME_US || kind == PARQUET_INT64 || kind == PARQUET_UINT64) {
        put_wide(w, kind, n_rows, v, out, ret);
    } else if (kind == PARQUET_TEXT || kind == PARQUET_BLOB) {
        put_spans(w, n_rows, v, out, ret);
    } else {
        put_numbers(w, kind, n_rows, v, out, ret);
    }
    ret->bytes = out->len - ret->at;
    return out->bad || w->sample.bad || w->page_too.bad || w->packed_too.bad ? -ENOMEM : 0;
}

#include "store/row.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define TEXTS_MAX     65536u
#define TEXT_MEAN     64u
#define PAYLOAD_MAX   ((size_t)256 << 20)

#define SEEN_SIZE 256u
struct row_seen {
    uint32_t number; /* of the text + 1; 0: nothing seen here */
    uint8_t len, raw[HDR_OPTIONS_MAX], mask[HDR_OPTIONS_MAX]; /* mask is 0 behind len */
};
_Static_assert(HDR_OPTIONS_MAX % 8 == 0, "options are compared in words");

int row_block_init(struct row_block *b, enum row_family family, size_t cap, uint16_t payload_bytes)
{
    *b = (struct row_block){.family = family, .cap = cap, .payload_bytes = payload_bytes};
    /* Small blocks (a scan's) need small tables. */
    b->texts_cap = cap < TEXTS_MAX ? cap + 1 : TEXTS_MAX;
    b->text_index_n = 4;
    while (b->text_index_n < b->texts_cap * 2)
        b->text_index_n *= 2;
    b->text_cap = b->texts_cap * TEXT_MEAN + HDR_OPTIONS_TEXT_MAX;
    b->payload_cap = cap * payload_bytes < PAYLOAD_MAX ? cap * payload_bytes : PAYLOAD_MAX;
    b->rows = malloc(cap * sizeof *b->rows);
    b->texts = malloc(b->texts_cap * sizeof *b->texts);
    b->text_bytes = malloc(b->text_cap);
    b->text_index = calloc(b->text_index_n, sizeof *b->text_index);
    b->seen = calloc(SEEN_SIZE, sizeof *b->seen);
    bool good = b->seen && b->rows && b->texts && b->text_bytes && b->text_index;
    if (family == ROW_IP6)
        good = (b->addresses = malloc(cap * 64)) && good;
    if (b->payload_cap)
        good = (b->payload = malloc(b->payload_cap)) && good;
    if (!good) {
        row_block_done(b);
        return -ENOMEM;
    }
    return 0;
}

void row_block_clear(struct row_block *b)
{
    if (b->n_texts)
        memset(b->seen, 0, SEEN_SIZE * sizeof *b->seen);
    if (b->n_texts)
        memset(b->text_index, 0, b->text_index_n * sizeof *b->text_index);
    b->n = b->n_addresses = b->payload_n = b->n_texts = b->text_n = 0;
}

void row_block_done(struct row_block *b)
{
    free(b->rows);
    free(b->addresses);
    free(b->payload);
    free(b->texts);
    free(b->text_bytes);
    free(b->text_index);
    free(b->seen);
    memset(b, 0, sizeof *b);
}

static bool text_add(struct row_block *b, const uint8_t *raw, size_t n, uint32_t *ret)
{
    char text[HDR_OPTIONS_TEXT_MAX];
    size_t len = hdr_options_text(raw, n, text);
    size_t slot = XXH3_64bits(text, len) & (b->text_index_n - 1);
    for (; b->text_index[slot]; slot = (slot + 1) & (b->text_index_n - 1)) {
        const struct row_text *t = &b->texts[b->text_index[slot] - 1];
        if (t->len == len && memcmp(b->text_bytes + t->at, text, len) == 0) {
            *ret = b->text_index[slot] - 1;
            return true;
        }
    }
    if (b->n_texts == b->texts_cap || len > b->text_cap - b->text_n)
        return false;
    memcpy(b->text_bytes + b->text_n, text, len);
    b->texts[b->n_texts] = (struct row_text){(uint32_t)b->text_n, (uint16_t)len};
    b->text_n += len;
    *ret = (uint32_t)b->n_texts++;
    b->text_index[slot] = *ret + 1;
    return true;
}

/* Whether h's options have the text of those seen. */
static bool seen_again(const struct row_seen *seen, const struct hdr *h)
{
    uint64_t differ = 0;
    if (!seen->number || seen->len != h->options_len)
        return false;
    for (size_t i = 0; i < HDR_OPTIONS_MAX; i += 8) {
        uint64_t ours, theirs, mask;
        memcpy(&ours, seen->raw + i, 8);
        memcpy(&theirs, h->options + i, 8);
        memcpy(&mask, seen->mask + i, 8);
        differ |= (ours ^ theirs) & mask;
    }
    return differ == 0;
}

/* The number of the text of h's options. Options repeat from packet to packet but for what the text does not show, which is
 * masked out. */
static bool text_number(struct row_block *b, const struct hdr *h, uint32_t *ret)
{
    uint32_t first;
    memcpy(&first, h->options, sizeof first);
    struct row_seen *seen = &b->seen[((first ^ h->options_len * 0x01000193u) * 0x9E3779B1u >> 16) % SEEN_SIZE];
    if (seen_again(seen, h)) {
        *ret = seen->number - 1;
        return true;
    }
    if (!text_add(b, h->options, h->options_len, ret))
        return false;
    *seen = (struct row_seen){.number = *ret + 1, .len = h->options_len};
    memcpy(seen->raw, h->options, h->options_len);
    hdr_options_mask(seen->raw, seen->len, seen->mask);
    return true;
}

static uint32_t address(struct row_block *b, const uint8_t ip[16])
{
    memcpy(b->addresses + b->n_addresses * 16, ip, 16);
    return (uint32_t)b->n_addresses++;
}

bool row_block_add(struct row_block *b, const struct hdr *h)
{
    if (b->n == b->cap)
        return false;
    struct row *r = &b->rows[b->n];
    uint32_t text = 0;
    if (b->payload_bytes && b->payload_cap - b->payload_n < b->payload_bytes)
        return false;
    if ((h->has & HDR_TCP) && !text_number(b, h, &text))
        return false;
    *r = (struct row){.ts = h->ts_us, .src = h->src, .dst = h->dst, .inner_src = h->inner_src, .inner_dst = h->inner_dst,
                      .tcp_seq = h->tcp_seq, .tcp_ack = h->tcp_ack, .ip_len = h->ip_len_bytes, .tcp_options = text,
                      .sport = h->sport, .dport = h->dport, .tcp_window = h->tcp_window, .ip_id = h->ip_id,
                      .ip_frag = h->ip_frag, .inner_sport = h->inner_sport, .inner_dport = h->inner_dport,
                      .payload_len = h->payload_len_bytes, .has = h->has, .proto = h->proto, .tcp_flags = h->tcp_flags,
                      .icmp_type = h->icmp_type, .icmp_code = h->icmp_code, .ip_ttl = h->ip_ttl, .ip_tos = h->ip_tos,
                      .inner_proto = h->inner_proto};
    if (b->family == ROW_IP6) {
        r->src = address(b, h->src6);
        r->dst = address(b, h->dst6);
        if (h->has & HDR_INNER) {
            r->inner_src = address(b, h->inner_src6);
            r->inner_dst = address(b, h->inner_dst6);
        }
    }
    if (b->payload_bytes && h->payload && h->payload_cap_bytes) {
        uint16_t n = h->payload_cap_bytes < b->payload_bytes ? h->payload_cap_bytes : b->payload_bytes;
        r->payload = (uint32_t)b->payload_n;
        r->payload_n = n;
        memcpy(b->payload + b->payload_n, h->payload, n);
        b->payload_n += n;
    }
    b->n++;
    return true;
}

/* ---- columns ---- */

struct column_def {
    const char *name, *sql4, *sql6;
    uint16_t needs;
    uint8_t size;
    size_t offset;
};
static const struct column_def defs[COLUMN_COUNT] = {
#define X(name, sql4, sql6, needs, unit, source)                                                             \
    [COLUMN_##name] = {#name, sql4, sql6, needs, sizeof(((struct row *)0)->name), offsetof(struct row, name)},
    PACKET_COLUMNS(X)
#undef X
};

static duckdb_type type_of(const char *sql)
{
    static const struct {
        const char *sql;
        duckdb_type type;
    } types[] = {{"TIMESTAMP", DUCKDB_TYPE_TIMESTAMP}, {"UINTEGER", DUCKDB_TYPE_UINTEGER}, {"BLOB", DUCKDB_TYPE_BLOB},
                 {"USMALLINT", DUCKDB_TYPE_USMALLINT}, {"UTINYINT", DUCKDB_TYPE_UTINYINT}, {"VARCHAR", DUCKDB_TYPE_VARCHAR}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].sql, sql) == 0)
            return types[i].type;
    abort(); /* a type in the list that this file does not know: our own mistake */
}

size_t row_columns(enum row_family family, struct row_column ret[COLUMN_COUNT])
{
    size_t n = 0;
    for (int c = 0; c < COLUMN_COUNT; c++) {
        const char *sql = family == ROW_IP4 ? defs[c].sql4 : defs[c].sql6;
        if (sql)
            ret[n++] = (struct row_column){defs[c].name, sql, type_of(sql), (enum packet_column)c, defs[c].needs,
                                            defs[c].size, defs[c].offset};
    }
    return n;
}

static size_t type_size(duckdb_type t)
{
    return t == DUCKDB_TYPE_UTINYINT ? 1 : t == DUCKDB_TYPE_USMALLINT ? 2 : t == DUCKDB_TYPE_UINTEGER ? 4 : 8;
}

#define FILL(type)                                                                                           \
    do {                                                                                                     \
        type *out = data;                                                                                    \
        for (size_t i = 0; i < n; i++) {                                                                     \
            type v;                                                                                          \
            memcpy(&v, base + (order ? order[from + i] : from + i) * sizeof(struct row), sizeof v);          \
            out[i] = v;                                                                                      \
        }                                                                                                    \
    } while (0)

/* base points at the field of row 0. A field wider than its column (ip_len) is cut: little-endian, and the value fits. */
static void fill_numbers(const uint8_t *base, const uint32_t *order, size_t from, size_t n, size_t size, void *data)
{
    switch (size) {
    case 1: FILL(uint8_t); break;
    case 2: FILL(uint16_t); break;
    case 4: FILL(uint32_t); break;
    default: FILL(uint64_t); break;
    }
}

static void fill_validity(const struct row_block *b, uint16_t needs, const uint32_t *order, size_t from, size_t n,
                          duckdb_vector vector)
{
    duckdb_vector_ensure_validity_writable(vector);
    uint64_t *valid = duckdb_vector_get_validity(vector);
    for (size_t i = 0; i < n; i += 64) {
        uint64_t bits = 0;
        for (size_t k = 0; k < 64 && i + k < n; k++) {
            const struct row *r = &b->rows[order ? order[from + i + k] : from + i + k];
            bits |= (uint64_t)((r->has & needs) != 0) << k;
        }
        valid[i / 64] = bits;
    }
}

static bool bytes_of(const struct row_block *b, const struct row *r, const struct column_def *d, enum packet_column column,
                     const char **ret, size_t *ret_n)
{
    if (d->needs && !(r->has & d->needs))
        return false;
    if (column == COLUMN_tcp_options) {
        const struct row_text *t = &b->texts[r->tcp_options];
        *ret = b->text_bytes + t->at;
        *ret_n = t->len;
        return true;
    }
    if (column == COLUMN_payload) {
        *ret = (const char *)b->payload + r->payload;
        *ret_n = r->payload_n;
        return r->payload_n != 0;
    }
    uint32_t number;
    memcpy(&number, (const uint8_t *)r + d->offset, sizeof number);
    *ret = (const char *)b->addresses + (size_t)number * 16;
    *ret_n = 16;
    return true;
}

static void fill_bytes(const struct row_block *b, const struct row_column *column, const uint32_t *order, size_t from,
                       size_t n, duckdb_vector vector)
{
    const struct column_def *d = &defs[column->column];
    duckdb_vector_ensure_validity_writable(vector);
    uint64_t *valid = duckdb_vector_get_validity(vector);
    for (size_t i = 0; i < n; i++) {
        const struct row *r = &b->rows[order ? order[from + i] : from + i];
        const char *bytes;
        size_t len;
        if (bytes_of(b, r, d, column->column, &bytes, &len)) {
            duckdb_validity_set_row_valid(valid, i);
            duckdb_vector_assign_string_element_len(vector, i, bytes, len);
        } else {
            duckdb_validity_set_row_invalid(valid, i);
        }
    }
}

void row_fill(const struct row_block *b, const struct row_column *column, const uint32_t *order, size_t from, size_t n,
              duckdb_vector vector)
{
    const struct column_def *d = &defs[column->column];
    if (column->type == DUCKDB_TYPE_VARCHAR || column->type == DUCKDB_TYPE_BLOB) {
        fill_bytes(b, column, order, from, n, vector);
        return;
    }
    if (n)
        fill_numbers((const uint8_t *)b->rows + d->offset, order, from, n, type_size(column->type),
                     duckdb_vector_get_data(vector));
    if (d->needs)
        fill_validity(b, d->needs, order, from, n, vector);
}

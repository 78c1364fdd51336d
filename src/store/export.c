/* Packets out of the store: as packets again, as CSV, JSON Lines, Parquet. Slices of time small enough to sort in memory, one
 * after the other, all of one moment. */
#include "store/export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/ts.h"
#include "header/build.h"
#include "wire/dump.h"

#define SQL_MAX         ((size_t)1 << 16)
#define SLICE_ROW_BYTES 1024u /* of memory that a row of a slice may take while it is sorted */
#define BUFFER_BYTES    ((size_t)1 << 18)
#define SNAP_BYTES      262144u

struct export {
    struct store *store;
    const struct export_options *o;
    struct export_result counts;
    struct err *err;
    uint64_t slice_rows, total;
    int64_t told_us;
    /* the slice that is being collected */
    int64_t from_us, until_us;
    uint64_t rows;
    /* packets */
    int fd;
    enum dump_format format;
    struct wr buffer;
    uint8_t *packet;
    /* tables */
    struct out out;
};

static void tell(struct export *x, uint64_t done)
{
    struct store *s = x->store;
    if (!s->progress || ts_mono_us() - x->told_us < 2 * TS_SECOND_US)
        return;
    x->told_us = ts_mono_us();
    s->progress(s->progress_arg, "export", done, x->total);
}

/* ---- packets ---- */

static int flush(struct export *x)
{
    int rc = x->buffer.bad ? -ENOMEM : io_write_all(x->fd, x->buffer.bytes, x->buffer.len);
    wr_clear(&x->buffer);
    return rc < 0 ? err_sys(x->err, rc, "cannot write the packets") : 0;
}

struct row_cells {
    const struct ask *a;
    duckdb_vector v[EXPORT_COLUMNS];
};

/* false: NULL, and 0. */
static bool take(const struct row_cells *c, size_t column, size_t row, uint64_t *ret)
{
    bool there = !cell_null(c->v[column], row);
    *ret = there ? (uint64_t)cell_i64(&c->a->columns[column], c->v[column], row) : 0;
    return there;
}

static bool take_ip6(const struct row_cells *c, size_t column, size_t row, uint8_t ret[static 16])
{
    size_t n;
    if (cell_null(c->v[column], row))
        return false;
    const char *bytes = cell_bytes(c->v[column], row, &n);
    if (n == 16)
        memcpy(ret, bytes, n);
    return n == 16;
}

#define COLUMN(name) (EXPORT_PACKET + COLUMN_##name)
#define TAKE(field, name, type) (take(c, COLUMN(name), row, &n) ? (h->field = (type)n, true) : false)

static void take_row(const struct row_cells *c, size_t row, struct hdr *h, const char **ret_text, size_t *ret_n_text)
{
    uint64_t n;
    memset(h, 0, sizeof *h);
    (void)take(c, EXPORT_VERSION, row, &n);
    h->ip_version = (uint8_t)n;
    (void)take(c, COLUMN(ts), row, &n);
    h->ts_us = (int64_t)n;
    (void)TAKE(proto, proto, uint8_t), (void)TAKE(ip_id, ip_id, uint16_t), (void)TAKE(ip_ttl, ip_ttl, uint8_t);
    (void)TAKE(ip_tos, ip_tos, uint8_t), (void)TAKE(ip_len_bytes, ip_len, uint32_t), (void)TAKE(ip_frag, ip_frag, uint16_t);
    (void)TAKE(src, src, uint32_t), (void)TAKE(dst, dst, uint32_t), (void)TAKE(tcp_seq, tcp_seq, uint32_t);
    (void)TAKE(tcp_ack, tcp_ack, uint32_t), (void)TAKE(tcp_window, tcp_window, uint16_t), (void)TAKE(icmp_code, icmp_code, uint8_t);
    (void)TAKE(dport, dport, uint16_t), (void)TAKE(inner_dst, inner_dst, uint32_t), (void)TAKE(inner_dport, inner_dport, uint16_t);
    (void)TAKE(inner_proto, inner_proto, uint8_t);
    bool ports = TAKE(sport, sport, uint16_t), tcp = TAKE(tcp_flags, tcp_flags, uint8_t), icmp = TAKE(icmp_type, icmp_type, uint8_t);
    bool payload = TAKE(payload_len_bytes, payload_len, uint16_t), inner_ports = TAKE(inner_sport, inner_sport, uint16_t);
    bool inner = TAKE(inner_src, inner_src, uint32_t);
    if (h->ip_version == 6) {
        (void)take_ip6(c, EXPORT_SRC6, row, h->src6), (void)take_ip6(c, EXPORT_DST6, row, h->dst6);
        inner = take_ip6(c, EXPORT_INNER_SRC6, row, h->inner_src6) && take_ip6(c, EXPORT_INNER_DST6, row, h->inner_dst6);
    }
    h->has = (uint16_t)((ports ? HDR_PORTS : 0) | (tcp ? HDR_TCP : 0) | (icmp ? HDR_ICMP : 0) | (inner ? HDR_INNER : 0) |
                        (inner_ports ? HDR_INNER_PORTS : 0) | (payload ? HDR_PAYLOAD_LEN : 0));
    *ret_text = "";
    *ret_n_text = 0;
    if (!cell_null(c->v[COLUMN(tcp_options)], row))
        *ret_text = cell_bytes(c->v[COLUMN(tcp_options)], row, ret_n_text);
    size_t n_payload = 0;
    if (!cell_null(c->v[COLUMN(payload)], row))
        h->payload = (const uint8_t *)cell_bytes(c->v[COLUMN(payload)], row, &n_payload);
    h->payload_cap_bytes = (uint16_t)(n_payload < UINT16_MAX ? n_payload : UINT16_MAX);
}

static int put_packet(struct export *x, const struct hdr *h, const char *text, size_t n_text)
{
    uint32_t cap, wire;
    bool same = hdr_build(h, text, n_text, x->packet, &cap, &wire);
    if (dump_packet_begin(&x->buffer, x->format, h->ts_us, cap, wire) < 0) {
        x->counts.off_time++;
        return 0;
    }
    wr_bytes(&x->buffer, x->packet, cap);
    dump_packet_end(&x->buffer, x->format, cap);
    x->counts.packets++;
    x->counts.near += !same;
    return x->buffer.len > BUFFER_BYTES || x->buffer.bad ? flush(x) : 0;
}

static int packet_chunk(void *arg, const struct ask *a, duckdb_data_chunk chunk)
{
    struct export *x = arg;
    struct row_cells c = {.a = a};
    if (!chunk)
        return a->n_columns == EXPORT_COLUMNS ? 0 : err_set(x->err, -EIO, "an export has %zu columns", a->n_columns);
    for (size_t i = 0; i < EXPORT_COLUMNS; i++)
        c.v[i] = duckdb_data_chunk_get_vector(chunk, i);
    size_t n = duckdb_data_chunk_get_size(chunk);
    int rc = 0;
    for (size_t row = 0; row < n && rc == 0; row++) {
        struct hdr h;
        const char *text;
        size_t n_text;
        take_row(&c, row, &h, &text, &n_text);
        rc = put_packet(x, &h, text, n_text);
    }
    tell(x, x->counts.packets + x->counts.off_time);
    return rc;
}

static int table_chunk(void *arg, const struct ask *a, duckdb_data_chunk chunk)
{
    struct export *x = arg;
    if (chunk)
        x->counts.packets += duckdb_data_chunk_get_size(chunk);
    tell(x, x->counts.packets);
    return out_chunk(&x->out, a, chunk);
}

/* ---- slices ---- */

static bool is_packets(const struct export *x)
{
    return x->o->form == EXPORT_PCAP || x->o->form == EXPORT_PCAPNG;
}

static int write_slice(struct export *x)
{
    struct wr w = wr_of(SQL_MAX);
    int rc = export_select(x->o, x->from_us, x->until_us, &w, x->err);
    wr_str(&w, " ORDER BY ts");
    wr_u8(&w, 0);
    if (rc == 0 && w.bad)
        rc = err_set(x->err, -ENOMEM, "no memory for the SELECT of an export");
    if (rc == 0)
        rc = ask_run(x->store, (const char *)w.bytes, NULL, 0, is_packets(x) ? packet_chunk : table_chunk, x, x->err);
    wr_done(&w);
    x->rows = 0;
    return rc < 0 ? rc : 0;
}

struct bucket {
    int64_t from_us;
    uint64_t rows;
};
struct buckets {
    struct bucket *at;
    size_t n, cap;
    struct err *err;
};

static int bucket_chunk(void *arg, const struct ask *a, duckdb_data_chunk chunk)
{
    struct buckets *b = arg;
    if (!chunk) {
        b->n = 0;
        return 0;
    }
    size_t n = duckdb_data_chunk_get_size(chunk);
    if (b->n + n > b->cap) {
        size_t cap = (b->n + n) * 2;
        struct bucket *more = realloc(b->at, cap * sizeof *more);
        if (!more)
            return err_set(b->err, -ENOMEM, "no memory to cut an export into slices");
        b->at = more;
        b->cap = cap;
    }
    for (size_t i = 0; i < n; i++)
        b->at[b->n++] = (struct bucket){cell_i64(&a->columns[0], duckdb_data_chunk_get_vector(chunk, 0), i),
                                        (uint64_t)cell_i64(&a->columns[1], duckdb_data_chunk_get_vector(chunk, 1), i)};
    return 0;
}

static int count(struct export *x, int64_t from_us, int64_t until_us, int64_t width_us, struct buckets *ret)
{
    struct wr w = wr_of(SQL_MAX);
    int rc = export_count(x->o, from_us, until_us, width_us, &w, x->err);
    wr_u8(&w, 0);
    if (rc == 0 && w.bad)
        rc = err_set(x->err, -ENOMEM, "no memory for the SELECT of an export");
    if (rc == 0)
        rc = ask_run(x->store, (const char *)w.bytes, NULL, 0, bucket_chunk, ret, x->err);
    wr_done(&w);
    return rc < 0 ? rc : 0;
}

static const int64_t widths_us[] = {TS_HOUR_US, 60 * TS_SECOND_US, TS_SECOND_US, 10000, 100, 1};

/* Neighbouring buckets make a slice while they fit; a bucket that does not fit alone is cut finer. */
static int cut(struct export *x, int64_t from_us, int64_t until_us, size_t level)
{
    struct buckets b = {.err = x->err};
    int rc = count(x, from_us, until_us, widths_us[level], &b);
    for (size_t i = 0; level == 0 && rc == 0 && i < b.n; i++)
        x->total += b.at[i].rows;
    for (size_t i = 0; i < b.n && rc == 0; i++) {
        int64_t end_us = b.at[i].from_us + widths_us[level];
        bool deeper = b.at[i].rows > x->slice_rows && level + 1 < sizeof widths_us / sizeof *widths_us;
        if (x->rows && (deeper || x->rows + b.at[i].rows > x->slice_rows))
            rc = write_slice(x);
        if (rc == 0 && deeper) {
            rc = cut(x, b.at[i].from_us, end_us, level + 1);
            continue;
        }
        if (!x->rows)
            x->from_us = b.at[i].from_us;
        x->until_us = end_us;
        x->rows += b.at[i].rows;
    }
    free(b.at);
    return rc;
}

/* Also an empty export has the header line. */
static int write_all(struct export *x)
{
    int rc = cut(x, INT64_MIN, INT64_MAX, 0);
    if (rc == 0 && x->total == 0)
        x->from_us = x->until_us = 0;
    if (rc == 0 && (x->rows || (x->total == 0 && !is_packets(x))))
        rc = write_slice(x);
    return rc;
}

static int export_packets(struct export *x)
{
    const struct dump_head head = {.format = x->format, .link_type = DUMP_RAW_IP, .snap_len_bytes = SNAP_BYTES,
                                   .comment = "Rebuilt from stored headers: option values, most payload and what else is no "
                                              "column are filled in (hotaru-export(1)).",
                                   .interface = "store"};
    x->buffer = wr_of(4 * BUFFER_BYTES);
    x->packet = malloc(HDR_BUILD_MAX);
    if (!x->packet)
        return err_set(x->err, -ENOMEM, "no memory to build packets");
    dump_begin(&x->buffer, &head);
    int rc = write_all(x);
    if (rc == 0)
        rc = flush(x);
    free(x->packet);
    wr_done(&x->buffer);
    return rc;
}

static int export_table(struct export *x)
{
    x->out = out_of(x->o->form == EXPORT_CSV ? STORE_CSV : STORE_JSON, x->fd, x->err);
    int rc = write_all(x);
    if (rc == 0)
        rc = out_drain(&x->out);
    out_done(&x->out);
    return rc;
}

/* DuckDB streams this one by itself: nothing is sorted. */
static int export_parquet(struct export *x)
{
    struct buckets b = {.err = x->err};
    struct wr w = wr_of(SQL_MAX);
    int rc = count(x, INT64_MIN, INT64_MAX, TS_HOUR_US, &b);
    for (size_t i = 0; rc == 0 && i < b.n; i++)
        x->counts.packets += b.at[i].rows;
    free(b.at);
    if (rc == 0)
        rc = export_select(x->o, INT64_MIN, INT64_MAX, &w, x->err);
    wr_u8(&w, 0);
    if (rc == 0 && w.bad)
        rc = err_set(x->err, -ENOMEM, "no memory for the SELECT of an export");
    if (rc == 0)
        rc = out_parquet(x->store, (const char *)w.bytes, x->err);
    wr_done(&w);
    return rc;
}

int store_export(struct store *s, const struct export_options *o, int fd, struct export_result *ret, struct err *err)
{
    struct export x = {.store = s, .o = o, .err = err, .fd = fd, .told_us = ts_mono_us(),
                       .slice_rows = s->memory_bytes / SLICE_ROW_BYTES,
                       .format = o->form == EXPORT_PCAPNG ? DUMP_PCAPNG : DUMP_PCAP};
    if (o->form == EXPORT_PARQUET && o->ip4 == o->ip6)
        return err_set(err, -EINVAL, "Parquet holds one table: packet or packet6");
    int rc = o->anon ? anon_register(s, o->anon, err) : 0;
    if (rc == 0)
        rc = ask_hold(s, err);
    if (rc < 0)
        return rc;
    rc = is_packets(&x) ? export_packets(&x) : o->form == EXPORT_PARQUET ? export_parquet(&x) : export_table(&x);
    ask_let_go(s);
    if (rc == 0)
        *ret = x.counts;
    return rc;
}

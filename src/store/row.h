/* Header records as compact rows in memory, on their way between struct hdr and DuckDB's vectors. */
#ifndef HOTARU_STORE_ROW_H
#define HOTARU_STORE_ROW_H

#include <duckdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "header/columns.h"
#include "header/hdr.h"

enum packet_column {
#define X(name, sql4, sql6, needs, unit, source) COLUMN_##name,
    PACKET_COLUMNS(X)
#undef X
        COLUMN_COUNT
};
enum row_family { ROW_IP4, ROW_IP6 };

/* A field per column, under the column's name. In an IPv6 row the four addresses are numbers of entries in
 * row_block.addresses. */
struct row {
    int64_t ts;
    uint32_t src, dst, inner_src, inner_dst, tcp_seq, tcp_ack, ip_len;
    uint32_t tcp_options; /* number of a text in row_block.texts */
    uint32_t payload;     /* where its bytes begin in row_block.payload */
    uint16_t payload_n;
    uint16_t sport, dport, tcp_window, ip_id, ip_frag, inner_sport, inner_dport, payload_len;
    uint16_t has;         /* enum hdr_has */
    uint8_t proto, tcp_flags, icmp_type, icmp_code, ip_ttl, ip_tos, inner_proto;
};

struct row_text {
    uint32_t at;
    uint16_t len;
};
/* Rows of one family with what they refer to. Everything is bounded by the capacities given at birth. */
struct row_block {
    enum row_family family;
    struct row *rows;
    size_t n, cap;
    uint8_t *addresses;          /* 16 bytes each; IPv6 only */
    size_t n_addresses;
    uint8_t *payload;
    size_t payload_n, payload_cap;
    struct row_text *texts;      /* distinct option layouts */
    size_t n_texts, texts_cap;
    char *text_bytes;
    size_t text_n, text_cap;
    uint32_t *text_index;        /* open addressing: number of a text + 1 */
    size_t text_index_n;
    struct row_seen *seen;       /* layouts met lately, by their raw bytes: spares making the text again */
    uint16_t payload_bytes;      /* kept per packet; 0: the column is NULL */
};
/* cap rows, payload_bytes of payload each at most. -ENOMEM. */
int row_block_init(struct row_block *b, enum row_family family, size_t cap, uint16_t payload_bytes);
void row_block_clear(struct row_block *b);
void row_block_done(struct row_block *b);
/* Appends h, which is of b's family. False when b is full. */
bool row_block_add(struct row_block *b, const struct hdr *h);

/* The names and types of a family's columns, in the order of the list; returns how many. */
struct row_column {
    const char *name, *sql;
    duckdb_type type;
    enum packet_column column;
    uint16_t needs;  /* enum hdr_has group; 0: always there */
    uint8_t size;    /* of its field in struct row, and where that is */
    size_t offset;
};
size_t row_columns(enum row_family family, struct row_column ret[COLUMN_COUNT]);
/* Writes one column of n rows into a vector: row order[i], or row from + i when order is NULL. */
void row_fill(const struct row_block *b, const struct row_column *column, const uint32_t *order, size_t from, size_t n,
              duckdb_vector vector);

#endif

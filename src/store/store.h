/* The store: spool and journals -> Parquet, and SQL back. DuckDB is used in this folder only.
 *
 * STORE/packet/date=YYYY-MM-DD/hour=HH/NAME.parquet, packet6/…, session/, event/, answer/, lighting/, loss/, sample/
 * STORE/catalog/  which files are live; a reader works on one generation of it (doc/format/store.md)
 * STORE/spool/ STORE/journal/  what is still open; queries see it too, each packet exactly once. */
#ifndef HOTARU_STORE_STORE_H
#define HOTARU_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ip.h"
#include "spool/spool.h"

struct store;
struct store_options {
    uint64_t memory_bytes;  /* 0: 1 GiB */
    uint32_t threads;       /* 0: one per core */
    bool writable;          /* seal, import, compact */
    int64_t time_limit_us;  /* for one query; 0: none */
    /* What takes longer than two seconds says how far it is, about every two seconds; total 0: not known. NULL: silent. */
    void (*progress)(void *arg, const char *what, uint64_t done, uint64_t total);
    void *progress_arg;
    const char *output_path; /* the one file store_query_to() may write by its name; NULL: none */
};
/* -ENOENT when there is no store at path (writable makes one); -EPROTO when its format is newer than this program. */
int store_open(const char *path, const struct store_options *options, struct store **ret, struct err *err);
void store_close(struct store *s);
const char *store_dir(const struct store *s); /* absolute */

/* ---- asking ---- */
/* The same filter everywhere; what is not set does not restrict. */
struct filter {
    bool has_src, has_dst, has_proto, has_port;
    struct ip4_prefix src, dst;
    uint8_t proto;
    uint16_t port;          /* destination port */
    int64_t since_us, until_us; /* since <= ts < until; 0: open */
};

enum value_type { VALUE_NULL, VALUE_I64, VALUE_U64, VALUE_F64, VALUE_TEXT, VALUE_BLOB, VALUE_TS, VALUE_BOOL };

struct rows; /* a whole result in memory */
/* Runs one SELECT over the tables and macros of this store: packet, packet6, session, event, answer, lighting, loss,
 * sample; ip(src), net24(dst), ip4('10.77.0.1'). Params are bound to $1, $2 … Every call sees one consistent moment. */
struct store_param {
    enum value_type type;
    int64_t i64;
    double f64;
    const char *text;
};
int store_query(struct store *s, const char *sql, const struct store_param *params, size_t n_params, struct rows **ret,
                struct err *err);
size_t rows_count(const struct rows *r);
size_t rows_columns(const struct rows *r);
const char *rows_name(const struct rows *r, size_t col);
enum value_type rows_type(const struct rows *r, size_t col);
bool rows_is_null(const struct rows *r, size_t col, size_t row);
int64_t rows_i64(const struct rows *r, size_t col, size_t row);  /* any integer, bool or time (µs); 0 for NULL */
double rows_f64(const struct rows *r, size_t col, size_t row);   /* any number; NAN for NULL */
const char *rows_text(const struct rows *r, size_t col, size_t row); /* any type as text; lives as long as r; "" for NULL */
void rows_free(struct rows *r);

/* The result written to fd: a table for people (control bytes escaped, long text cut), CSV with a header line, JSON Lines
 * (one object per line), Parquet (goes to /dev/stdout, whatever fd is, and needs output_path to name that). Times are ISO
 * 8601 UTC, blobs hex. */
enum store_format { STORE_TABLE, STORE_CSV, STORE_JSON, STORE_PARQUET };
int store_query_write(struct store *s, const char *sql, enum store_format format, int fd, struct err *err);

/* " AND src BETWEEN … AND ts >= …" (or "") for a WHERE over `packet`; written into buf. -ENOSPC when n is too small. */
int filter_sql(const struct filter *f, char *buf, size_t n);

/* ---- taking out ---- */
enum export_form { EXPORT_PCAP, EXPORT_PCAPNG, EXPORT_CSV, EXPORT_JSON, EXPORT_PARQUET };
struct anon; /* store/anon.h */
struct export_options {
    enum export_form form;
    struct filter filter;    /* a src or dst leaves out packet6 */
    bool ip4, ip6;           /* which tables; EXPORT_PARQUET: one of them */
    const struct anon *anon; /* NULL: addresses as they are; lives as long as the store */
    bool drop_ids;           /* ip_id, tcp_seq, tcp_ack: tools put addresses into them */
    bool drop_payload;
};
struct export_result {
    uint64_t packets;
    uint64_t near;       /* pcap, pcapng: of these, packets whose columns contradict each other: built as near as can be */
    uint64_t off_time;   /* pcap, pcapng: not written, since the format cannot hold their time */
};
/* The packets that match, at one moment of the store, in order of time (EXPORT_PARQUET: the store's own order), to fd; Parquet
 * goes to /dev/stdout as in store_query_write(). Memory is bounded: a slice of time is sorted after the other. */
int store_export(struct store *s, const struct export_options *o, int fd, struct export_result *ret, struct err *err);

/* ---- keeping ---- */
struct import_result {
    uint64_t frames, stored4, stored6, lost; /* frames = stored4 + stored6 + lost */
    bool repeated;                           /* this very file was imported before: nothing was added */
};
/* Frames of a capture file straight into Parquet. A file that turns out cut keeps its good frames and says so in err
 * while returning 0 with lost > 0; one that is no capture at all changes nothing. */
int store_import(struct store *s, const char *path, uint16_t payload_bytes, struct import_result *ret, struct err *err);
/* Header records of any origin straight into Parquet; nothing of them is seen before the commit, then all of it. name begins
 * the files' names. The caller writes the ledger: packets given = packets added + lost. Freed without a commit, nothing has
 * happened. -ENOSPC for a full disk. */
struct fill;
struct hdr;
int store_fill_begin(struct store *s, const char *name, uint16_t payload_bytes, struct fill **ret, struct err *err);
int store_fill_add(struct fill *f, const struct hdr *h, struct err *err);
int store_fill_loss(struct fill *f, const struct loss_row *row, struct err *err);
int store_fill_commit(struct fill *f, struct err *err);
void store_fill_free(struct fill *f);
/* Turns finished spool segments and journals into Parquet; returns how many were sealed. */
int store_seal(struct store *s, struct err *err);

struct compact_options {
    uint32_t keep_days;   /* 0: for ever */
    uint64_t keep_bytes;  /* of all Parquet files; 0: no limit */
    int64_t now_us;       /* what counts as now; 0: the clock */
};
struct compact_result {
    size_t merged, made;  /* so many files became so many */
    size_t expired;       /* files that went because of age or bytes; the ledger counts their packets (stage "store") */
};
/* Removes what the limits do not keep, then merges the small files of hours and days that are over. Safe beside readers,
 * recorders, imports and sealing. -EBUSY when another process compacts; -EBADMSG when a file to be merged is damaged. */
int store_compact(struct store *s, const struct compact_options *o, struct compact_result *ret, struct err *err);

struct check_options {
    bool repair;          /* put damaged files aside (STORE/damaged) and count their packets as lost; needs writable */
    void (*finding)(void *arg, const char *line); /* one line each: what is wrong and what is affected */
    void *arg;
};
struct check_result {
    size_t files, damaged, repaired;
    uint64_t rows_affected;
};
/* Reads every file the catalog names and every open segment. 0 also when something is damaged; the result says so. */
int store_check(struct store *s, const struct check_options *o, struct check_result *ret, struct err *err);

struct store_table_stats {
    const char *name;
    size_t files;
    uint64_t rows, bytes;
    int64_t min_ts_us, max_ts_us;
};
#define STORE_STATS_TABLES 4
struct store_stats {
    uint64_t generation;
    struct store_table_stats tables[STORE_STATS_TABLES]; /* packet, packet6, event, loss: what is sealed */
    size_t segments, journals, imports;                  /* not sealed yet; capture files imported */
    uint64_t segment_bytes;
};
int store_stats(struct store *s, struct store_stats *ret, struct err *err);

#endif

/* Running one SELECT and reading its chunks. */
#ifndef HOTARU_STORE_ASK_H
#define HOTARU_STORE_ASK_H

#include "store/store_int.h"

struct ask_column {
    char *name;             /* owned by the asking */
    duckdb_type type;       /* one that cell_* can read */
    enum value_type value;
    uint8_t scale;          /* of a decimal */
    duckdb_type internal;   /* of a decimal */
};
struct ask {
    struct ask_column *columns;
    size_t n_columns;
};
/* Called for each chunk, and once with a NULL chunk before the first. A negative return ends the query with it. */
typedef int (*ask_chunk)(void *arg, const struct ask *a, duckdb_data_chunk chunk);
/* One consistent moment: takes a snapshot, runs, and starts again (with a NULL chunk) when a file vanished. */
int ask_run(struct store *s, const char *sql, const struct store_param *params, size_t n_params, ask_chunk fn,
            void *arg, struct err *err);
/* Checks that sql is one SELECT, then runs copy, a COPY of it, at one moment. */
int ask_copy(struct store *s, const char *sql, const char *copy, struct err *err);
/* Brings s->now and its views to this moment; s->asking is held. */
int ask_moment(struct store *s, struct err *err);

/* From here to ask_let_go() every ask_run() sees the same moment, and its files stay. */
int ask_hold(struct store *s, struct err *err);
void ask_let_go(struct store *s);

/* ---- output.c: chunks as CSV or JSON Lines; the header line once ---- */
struct out {
    int fd;
    enum store_format format;
    struct wr buffer, cell;
    struct err *err;
    bool begun;
};
struct out out_of(enum store_format format, int fd, struct err *err);
int out_chunk(void *out, const struct ask *a, duckdb_data_chunk chunk); /* an ask_chunk */
int out_drain(struct out *o);
void out_done(struct out *o);
/* COPY sql, which is one SELECT, as Parquet to /dev/stdout. */
int out_parquet(struct store *s, const char *sql, struct err *err);

bool cell_null(duckdb_vector v, size_t row);
int64_t cell_i64(const struct ask_column *c, duckdb_vector v, size_t row);
double cell_f64(const struct ask_column *c, duckdb_vector v, size_t row);
/* Bytes of a text or blob; borrowed from the vector. */
const char *cell_bytes(duckdb_vector v, size_t row, size_t *ret_n);
/* Any type as text, appended. */
void cell_text(struct wr *w, const struct ask_column *c, duckdb_vector v, size_t row);
/* A number, bool or time as text. */
void value_text(struct wr *w, enum value_type type, int64_t i64, double f64);

#endif

/* DuckDB, opened as this store needs it, and errors as ours. */
#ifndef HOTARU_STORE_DUCK_H
#define HOTARU_STORE_DUCK_H

#include <duckdb.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/wr.h"

struct duck {
    duckdb_database db;
    duckdb_connection con;
};
struct duck_options {
    const char *dir;        /* the only folder that SQL may touch */
    const char *extra_path; /* one more file it may write; NULL: none */
    uint64_t memory_bytes;
    uint32_t threads;
    bool keep_order;        /* rows leave in the order of the source (COPY of a sorted run) */
    const char *temp_dir;   /* for what does not fit in memory; NULL: nothing is written */
};
/* In memory, no extension is ever fetched, no file outside dir. -EIO with DuckDB's words. */
int duck_open(struct duck *d, const struct duck_options *options, struct err *err);
/* No setting can be changed after this; call it when every function and view is there. */
int duck_lock(struct duck *d, struct err *err);
void duck_close(struct duck *d);
/* One statement of ours without a result. */
int duck_exec(duckdb_connection con, const char *sql, struct err *err);
/* The first column of the first row as a number; -ENODATA when there is no row or it is NULL. */
int duck_number(duckdb_connection con, const char *sql, int64_t *ret, struct err *err);
/* 'text' with quotes doubled. */
void duck_quote(struct wr *w, const char *text);
/* DuckDB's explanation as one line: its first, and "Did you mean …" when there is one. Borrowed from buf. */
const char *duck_words(const char *words, char *buf, size_t n);
/* The code for what DuckDB said: no room and no memory have theirs, the rest is -EIO. */
int duck_errno(const char *words);

#endif

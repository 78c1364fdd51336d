/* Files that are sorted by src, ts -> one that is: DuckDB reads each as a stream, a heap chooses, our writer writes. Memory
 * does not grow with the rows. */
#undef DUCKDB_API_NO_DEPRECATED /* streaming results: the C API has no other way to read a table piece by piece */
#include <duckdb.h>
#define DUCKDB_API_NO_DEPRECATED

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/store_int.h"

struct stream { /* one file */
    duckdb_connection con;
    duckdb_prepared_statement statement;
    duckdb_result result;
    duckdb_data_chunk chunk;
    struct row_chunk rows;
    size_t at, number;
};
struct merge {
    enum row_family family;
    size_t n_columns;
    struct stream *streams;
    size_t n_streams;
    struct stream **heap; /* the stream with the first row on top */
    size_t n;
};

static const uint8_t *address_at(const struct stream *s, size_t row)
{
    return (const uint8_t *)duckdb_string_t_data(&((duckdb_string_t *)(uintptr_t)s->rows.data[COLUMN_src])[row]);
}

/* Rows by src, ts; equal ones by the file's number, so that the result does not depend on chance. */
static int compare(const struct merge *m, const struct stream *a, size_t row_a, const struct stream *b, size_t row_b)
{
    if (m->family == ROW_IP4) {
        uint32_t x = ((const uint32_t *)a->rows.data[COLUMN_src])[row_a], y = ((const uint32_t *)b->rows.data[COLUMN_src])[row_b];
        if (x != y)
            return x < y ? -1 : 1;
    } else {
        int d = memcmp(address_at(a, row_a), address_at(b, row_b), 16);
        if (d)
            return d;
    }
    int64_t t = ((const int64_t *)a->rows.data[COLUMN_ts])[row_a], u = ((const int64_t *)b->rows.data[COLUMN_ts])[row_b];
    if (t != u)
        return t < u ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

static bool before(const struct merge *m, const struct stream *a, const struct stream *b)
{
    return compare(m, a, a->at, b, b->at) < 0;
}

static void sift_down(struct merge *m)
{
    for (size_t i = 0, child; (child = 2 * i + 1) < m->n; i = child) {
        if (child + 1 < m->n && before(m, m->heap[child + 1], m->heap[child]))
            child++;
        if (!before(m, m->heap[child], m->heap[i]))
            break;
        struct stream *swap = m->heap[i];
        m->heap[i] = m->heap[child];
        m->heap[child] = swap;
    }
}

static void sift_up(struct merge *m, size_t i)
{
    for (; i && before(m, m->heap[i], m->heap[(i - 1) / 2]); i = (i - 1) / 2) {
        struct stream *swap = m->heap[i];
        m->heap[i] = m->heap[(i - 1) / 2];
        m->heap[(i - 1) / 2] = swap;
    }
}

/* ---- reading ---- */

static void stream_close(struct stream *s)
{
    duckdb_destroy_data_chunk(&s->chunk);
    duckdb_destroy_result(&s->result);
    duckdb_destroy_prepare(&s->statement);
    duckdb_disconnect(&s->con);
}

/* The next rows of the file: 1, 0 at its end. Every chunk is in order, or the file is none of ours: -EPROTO. */
static int stream_fill(const struct merge *m, struct stream *s, struct err *err)
{
    do {
        duckdb_destroy_data_chunk(&s->chunk);
        s->chunk = duckdb_stream_fetch_chunk(s->result);
        const char *words = duckdb_result_error(&s->result);
        char line[300];
        if (!s->chunk && words && *words)
            return err_set(err, duck_errno(words), "cannot merge: %s", duck_words(words, line, sizeof line));
        if (!s->chunk)
            return 0;
        row_chunk_of(s->chunk, m->n_columns, &s->rows);
    } while (s->rows.n == 0);
    s->at = 0;
    for (size_t i = 1; i < s->rows.n; i++)
        if (compare(m, s, i - 1, s, i) > 0)
            return err_set(err, -EPROTO, "a file is not sorted");
    return 1;
}

static int stream_open(const struct duck *d, const char *sql, struct stream *s, struct err *err)
{
    char line[300];
    if (duckdb_connect(d->db, &s->con) != DuckDBSuccess)
        return err_set(err, -ENOMEM, "no memory to merge files");
    if (duckdb_prepare(s->con, sql, &s->statement) != DuckDBSuccess) {
        const char *words = duckdb_prepare_error(s->statement);
        return err_set(err, duck_errno(words ? words : ""), "cannot merge: %s", duck_words(words, line, sizeof line));
    }
    if (duckdb_execute_prepared_streaming(s->statement, &s->result) != DuckDBSuccess) {
        const char *words = duckdb_result_error(&s->result);
        return err_set(err, duck_errno(words ? words : ""), "cannot merge: %s", duck_words(words, line, sizeof line));
    }
    return 0;
}

static int streams_open(struct merge *m, struct store *s, const struct duck *d, const struct part_list *parts, struct err *err)
{
    struct row_column columns[COLUMN_COUNT];
    int rc = 0;
    m->n_columns = row_columns(m->family, columns);
    m->streams = calloc(parts->n, sizeof *m->streams);
    m->heap = calloc(parts->n, sizeof *m->heap);
    if (!m->streams || !m->heap)
        return err_set(err, -ENOMEM, "no memory to merge %zu files", parts->n);
    for (size_t i = 0; i < parts->n && rc >= 0; i++) {
        struct wr sql = wr_of(2 * STORE_PATH_MAX);
        struct part_list one = {.at = &parts->at[i], .n = 1};
        wr_str(&sql, "SELECT ");
        for (size_t k = 0; k < m->n_columns; k++)
            wr_fmt(&sql, "%s%s", k ? ", " : "", columns[k].name);
        wr_str(&sql, " FROM read_parquet(");
        view_put_list(&sql, s->dir, &one);
        wr_str(&sql, ", hive_partitioning = false)");
        wr_u8(&sql, 0);
        struct stream *to = &m->streams[m->n_streams++];
        to->number = i;
        rc = sql.bad ? err_set(err, -ENOMEM, "no memory to merge files") : stream_open(d, (const char *)sql.bytes, to, err);
        wr_done(&sql);
        if (rc == 0)
            rc = stream_fill(m, to, err);
        if (rc > 0) {
            m->heap[m->n] = to;
            sift_up(m, m->n++);
        }
    }
    return rc < 0 ? rc : 0;
}

static void merge_done(struct merge *m)
{
    for (size_t i = 0; i < m->n_streams; i++)
        stream_close(&m->streams[i]);
    free(m->streams);
    free(m->heap);
}

/* ---- merging ---- */

/* How many rows of the top come before every other stream's first. */
static size_t run_of(const struct merge *m)
{
    const struct stream *top = m->heap[0], *next = NULL;
    if (m->n > 1)
        next = m->n > 2 && before(m, m->heap[2], m->heap[1]) ? m->heap[2] : m->heap[1];
    size_t end = top->at + 1;
    while (end < top->rows.n && (!next || compare(m, top, end, next, next->at) < 0))
        end++;
    return end - top->at;
}

static int merge_rows(struct merge *m, struct row_writer *w, uint64_t *ret_rows, struct err *err)
{
    *ret_rows = 0;
    while (m->n) {
        struct stream *top = m->heap[0];
        size_t n = run_of(m);
        int rc = row_writer_take(w, &top->rows, top->at, n);
        if (rc < 0)
            return err_sys(err, rc, "cannot write what is merged");
        *ret_rows += n;
        top->at += n;
        if (top->at == top->rows.n) {
            rc = stream_fill(m, top, err);
            if (rc < 0)
                return rc;
            if (rc == 0)
                m->heap[0] = m->heap[--m->n];
        }
        if (m->n)
            sift_down(m);
    }
    return 0;
}

int merge_files(struct store *s, const struct duck *d, enum row_family family, const struct part_list *parts,
                struct row_writer *w, uint64_t *ret_rows, struct err *err)
{
    struct merge m = {.family = family};
    int rc = streams_open(&m, s, d, parts, err);
    if (rc == 0)
        rc = merge_rows(&m, w, ret_rows, err);
    merge_done(&m);
    return rc;
}

/* A whole result in memory. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "store/ask.h"

#define GROW_MIN 1024u

struct rows_column {
    char *name;
    enum value_type type;
    union rows_cell {
        int64_t i64;
        double f64;
        const char *text;
    } *cells;
    uint8_t *null;
    const char **as_text; /* filled when asked */
};
struct rows {
    struct rows_column *columns;
    size_t n_columns, n, cap;
    struct arena arena;
};

void rows_free(struct rows *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->n_columns; i++) {
        free(r->columns[i].name);
        free(r->columns[i].cells);
        free(r->columns[i].null);
        free(r->columns[i].as_text);
    }
    free(r->columns);
    arena_done(&r->arena);
    free(r);
}

struct collect {
    struct rows *rows;
    uint64_t bytes_max;
    struct err *err;
};

static int begin(struct collect *k, const struct ask *a)
{
    rows_free(k->rows);
    k->rows = calloc(1, sizeof *k->rows);
    if (!k->rows)
        return err_set(k->err, -ENOMEM, "no memory for a result");
    k->rows->arena = arena_of(k->bytes_max);
    k->rows->columns = calloc(a->n_columns ? a->n_columns : 1, sizeof *k->rows->columns);
    if (!k->rows->columns)
        return err_set(k->err, -ENOMEM, "no memory for a result");
    k->rows->n_columns = a->n_columns;
    for (size_t i = 0; i < a->n_columns; i++) {
        k->rows->columns[i].type = a->columns[i].value;
        k->rows->columns[i].name = strdup(a->columns[i].name);
        if (!k->rows->columns[i].name)
            return err_set(k->err, -ENOMEM, "no memory for a result");
    }
    return 0;
}

static int reserve(struct collect *k, size_t more)
{
    struct rows *r = k->rows;
    if (r->n + more <= r->cap)
        return 0;
    size_t cap = r->cap ? r->cap * 2 : GROW_MIN;
    while (cap < r->n + more)
        cap *= 2;
    if ((uint64_t)cap * r->n_columns * (sizeof(union rows_cell) + 1) > k->bytes_max)
        return err_set(k->err, -EFBIG, "the result is larger than %llu MB; add LIMIT or group",
                       (unsigned long long)(k->bytes_max >> 20));
    for (size_t i = 0; i < r->n_columns; i++) {
        struct rows_column *c = &r->columns[i];
        void *cells = realloc(c->cells, cap * sizeof *c->cells);
        if (cells)
            c->cells = cells;
        void *null = realloc(c->null, cap);
        if (null)
            c->null = null;
        if (!cells || !null)
            return err_set(k->err, -ENOMEM, "no memory for a result of %zu rows", cap);
    }
    r->cap = cap;
    return 0;
}

static int put(struct collect *k, struct rows_column *to, const struct ask_column *c, duckdb_vector v, size_t row, size_t at)
{
    to->null[at] = cell_null(v, row);
    to->cells[at].i64 = 0;
    if (to->null[at])
        return 0;
    if (c->value == VALUE_F64) {
        to->cells[at].f64 = cell_f64(c, v, row);
    } else if (c->value == VALUE_TEXT || c->value == VALUE_BLOB) {
        struct wr w = wr_of(k->bytes_max);
        size_t n;
        const char *bytes = cell_bytes(v, row, &n);
        if (c->value == VALUE_BLOB) {
            cell_text(&w, c, v, row);
            bytes = (const char *)w.bytes;
            n = w.len;
        }
        to->cells[at].text = w.bad ? NULL : arena_copy(&k->rows->arena, bytes, n);
        wr_done(&w);
        if (!to->cells[at].text)
            return err_set(k->err, -EFBIG, "the result is larger than %llu MB; add LIMIT or group",
                           (unsigned long long)(k->bytes_max >> 20));
    } else {
        to->cells[at].i64 = cell_i64(c, v, row);
    }
    return 0;
}

static int collect(void *arg, const struct ask *a, duckdb_data_chunk chunk)
{
    struct collect *k = arg;
    if (!chunk)
        return begin(k, a);
    size_t n = duckdb_data_chunk_get_size(chunk);
    int rc = reserve(k, n);
    for (size_t i = 0; i < a->n_columns && rc == 0; i++) {
        duckdb_vector v = duckdb_data_chunk_get_vector(chunk, i);
        for (size_t row = 0; row < n && rc == 0; row++)
            rc = put(k, &k->rows->columns[i], &a->columns[i], v, row, k->rows->n + row);
    }
    if (rc == 0)
        k->rows->n += n;
    return rc;
}

int store_query(struct store *s, const char *sql, const struct store_param *params, size_t n_params, struct rows **ret,
                struct err *err)
{
    struct collect k = {.bytes_max = s->memory_bytes, .err = err};
    int rc = ask_run(s, sql, params, n_params, collect, &k, err);
    if (rc < 0)
        rows_free(k.rows);
    else
        *ret = k.rows;
    return rc < 0 ? rc : 0;
}

size_t rows_count(const struct rows *r)
{
    return r->n;
}

size_t rows_columns(const struct rows *r)
{
    return r->n_columns;
}

const char *rows_name(const struct rows *r, size_t col)
{
    return r->columns[col].name;
}

enum value_type rows_type(const struct rows *r, size_t col)
{
    return r->columns[col].type;
}

bool rows_is_null(const struct rows *r, size_t col, size_t row)
{
    return r->columns[col].null[row];
}

int64_t rows_i64(const struct rows *r, size_t col, size_t row)
{
    const struct rows_column *c = &r->columns[col];
    if (c->null[row] || c->type == VALUE_TEXT || c->type == VALUE_BLOB)
        return 0;
    if (c->type == VALUE_F64) {
        double f = c->cells[row].f64;
        return isnan(f) ? 0 : f >= 9.2e18 ? INT64_MAX : f <= -9.2e18 ? INT64_MIN : (int64_t)f;
    }
    return c->cells[row].i64;
}

double rows_f64(const struct rows *r, size_t col, size_t row)
{
    const struct rows_column *c = &r->columns[col];
    if (c->null[row] || c->type == VALUE_TEXT || c->type == VALUE_BLOB)
        return NAN;
    if (c->type == VALUE_F64)
        return c->cells[row].f64;
    return c->type == VALUE_U64 ? (double)(uint64_t)c->cells[row].i64 : (double)c->cells[row].i64;
}

const char *rows_text(const struct rows *r, size_t col, size_t row)
{
    struct rows_column *c = &r->columns[col];
    if (c->null[row])
        return "";
    if (c->type == VALUE_TEXT || c->type == VALUE_BLOB)
        return c->cells[row].text;
    if (!c->as_text)
        c->as_text = calloc(r->n, sizeof *c->as_text);
    if (!c->as_text)
        return "";
    if (!c->as_text[row]) {
        struct wr w = wr_of(200);
        value_text(&w, c->type, c->cells[row].i64, c->type == VALUE_F64 ? c->cells[row].f64 : 0);
        c->as_text[row] = arena_copy((struct arena *)(uintptr_t)&r->arena, w.bytes, w.len);
        wr_done(&w);
    }
    return c->as_text[row] ? c->as_text[row] : "";
}

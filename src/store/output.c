/* A query's result written out: table for people, CSV, JSON Lines, Parquet. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "store/ask.h"

#define BUFFER_BYTES ((size_t)1 << 16)
#define CELL_MAX     ((size_t)64 << 20)
#define WIDTH_MAX    60u

int out_drain(struct out *o)
{
    if (o->buffer.bad)
        return err_set(o->err, -ENOMEM, "no memory for a line of the result");
    int rc = io_write_all(o->fd, o->buffer.bytes, o->buffer.len);
    wr_clear(&o->buffer);
    return rc < 0 ? err_sys(o->err, rc, "cannot write the result") : 0;
}

/* ---- CSV: RFC 4180, a header line, NULL as nothing ---- */

static void csv_bytes(struct wr *w, const char *p, size_t n)
{
    bool quote = n == 0;
    for (size_t i = 0; i < n && !quote; i++)
        quote = p[i] == '"' || p[i] == ',' || p[i] == '\n' || p[i] == '\r';
    if (!quote) {
        wr_bytes(w, p, n);
        return;
    }
    wr_u8(w, '"');
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '"')
            wr_u8(w, '"');
        wr_u8(w, (uint8_t)p[i]);
    }
    wr_u8(w, '"');
}

static void csv_header(struct out *o, const struct ask *a)
{
    for (size_t i = 0; i < a->n_columns; i++) {
        if (i)
            wr_u8(&o->buffer, ',');
        csv_bytes(&o->buffer, a->columns[i].name, strlen(a->columns[i].name));
    }
    wr_u8(&o->buffer, '\n');
}

static void csv_cell(struct out *o, const struct ask_column *c, duckdb_vector v, size_t row)
{
    if (cell_null(v, row))
        return;
    wr_clear(&o->cell);
    cell_text(&o->cell, c, v, row);
    csv_bytes(&o->buffer, (const char *)o->cell.bytes, o->cell.len);
}

/* ---- JSON Lines: RFC 8259, one object per line ---- */

static void json_bytes(struct wr *w, const char *p, size_t n)
{
    wr_u8(w, '"');
    for (size_t i = 0; i < n; i++) {
        uint8_t c = (uint8_t)p[i];
        if (c == '"' || c == '\\') {
            wr_u8(w, '\\');
            wr_u8(w, c);
        } else if (c < 0x20 || c == 0x7f) {
            wr_fmt(w, "\\u%04x", c);
        } else {
            wr_u8(w, c);
        }
    }
    wr_u8(w, '"');
}

static void json_cell(struct out *o, const struct ask_column *c, duckdb_vector v, size_t row)
{
    json_bytes(&o->buffer, c->name, strlen(c->name));
    wr_u8(&o->buffer, ':');
    bool number = c->value == VALUE_I64 || c->value == VALUE_U64 || c->value == VALUE_F64 || c->value == VALUE_BOOL;
    if (cell_null(v, row) || (c->value == VALUE_F64 && !isfinite(cell_f64(c, v, row)))) {
        wr_str(&o->buffer, "null");
    } else if (number) {
        cell_text(&o->buffer, c, v, row);
    } else {
        wr_clear(&o->cell);
        cell_text(&o->cell, c, v, row);
        json_bytes(&o->buffer, (const char *)o->cell.bytes, o->cell.len);
    }
}

int out_chunk(void *arg, const struct ask *a, duckdb_data_chunk chunk)
{
    struct out *o = arg;
    bool csv = o->format == STORE_CSV;
    if (!chunk) {
        if (csv && !o->begun)
            csv_header(o, a);
        o->begun = true;
        return 0;
    }
    size_t n = duckdb_data_chunk_get_size(chunk);
    for (size_t row = 0; row < n; row++) {
        if (!csv)
            wr_u8(&o->buffer, '{');
        for (size_t i = 0; i < a->n_columns; i++) {
            duckdb_vector v = duckdb_data_chunk_get_vector(chunk, i);
            if (i)
                wr_u8(&o->buffer, ',');
            if (csv)
                csv_cell(o, &a->columns[i], v, row);
            else
                json_cell(o, &a->columns[i], v, row);
        }
        wr_str(&o->buffer, csv ? "\n" : "}\n");
        if (o->buffer.len < BUFFER_BYTES && !o->buffer.bad)
            continue;
        int rc = out_drain(o);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* ---- table ---- */

/* What a client sent may hold anything: nothing of it reaches the terminal as a control. Returns the columns it takes. */
static size_t shown(struct wr *w, const char *text)
{
    size_t width = 0;
    for (const uint8_t *p = (const uint8_t *)text; *p;) {
        size_t n = *p < 0x80 ? 1 : *p >= 0xc2 && *p < 0xe0 ? 2 : *p >= 0xe0 && *p < 0xf0 ? 3 : *p >= 0xf0 && *p < 0xf5 ? 4 : 0;
        bool good = n > 0 && *p >= 0x20 && *p != 0x7f && !(*p == 0xc2 && p[1] < 0xa0);
        for (size_t i = 1; i < n && good; i++)
            good = (p[i] & 0xc0) == 0x80;
        size_t takes = good ? 1 : 4;
        if (width + takes > WIDTH_MAX - 1 && p[n ? n : 1]) {
            wr_str(w, "…");
            return width + 1;
        }
        if (good)
            wr_bytes(w, p, n);
        else
            wr_fmt(w, "\\x%02x", *p);
        width += takes;
        p += good ? n : 1;
    }
    return width;
}

static void pad(struct wr *w, size_t n)
{
    for (size_t i = 0; i < n; i++)
        wr_u8(w, ' ');
}

static void table_line(struct out *o, const struct rows *r, size_t row, const size_t *widths)
{
    size_t n = rows_columns(r);
    for (size_t i = 0; i < n; i++) {
        bool head = row == SIZE_MAX, right = !head && rows_type(r, i) != VALUE_TEXT && rows_type(r, i) != VALUE_BLOB;
        wr_clear(&o->cell);
        size_t width = shown(&o->cell, head ? rows_name(r, i) : rows_is_null(r, i, row) ? "-" : rows_text(r, i, row));
        if (right)
            pad(&o->buffer, widths[i] - width);
        wr_bytes(&o->buffer, o->cell.bytes, o->cell.len);
        if (!right && i + 1 < n)
            pad(&o->buffer, widths[i] - width);
        wr_str(&o->buffer, i + 1 < n ? "  " : "\n");
    }
}

static int write_table(struct out *o, const struct rows *r)
{
    size_t *widths = calloc(rows_columns(r) + 1, sizeof *widths);
    if (!widths)
        return err_set(o->err, -ENOMEM, "no memory for a table");
    for (size_t i = 0; i < rows_columns(r); i++) {
        wr_clear(&o->cell);
        widths[i] = shown(&o->cell, rows_name(r, i));
        for (size_t row = 0; row < rows_count(r); row++) {
            wr_clear(&o->cell);
            size_t width = shown(&o->cell, rows_is_null(r, i, row) ? "-" : rows_text(r, i, row));
            widths[i] = width > widths[i] ? width : widths[i];
        }
    }
    int rc = 0;
    table_line(o, r, SIZE_MAX, widths);
    for (size_t row = 0; row < rows_count(r) && rc == 0; row++) {
        table_line(o, r, row, widths);
        if (o->buffer.len > BUFFER_BYTES)
            rc = out_drain(o);
    }
    free(widths);
    return rc;
}

/* ---- Parquet ---- */

/* The query has been seen to be one SELECT by itself; a line end keeps a comment at its end from eating the rest. */
int out_parquet(struct store *s, const char *sql, struct err *err)
{
    struct wr w = wr_of((size_t)8 << 20);
    size_t n = strlen(sql);
    while (n && strchr("; \t\r\n", sql[n - 1]))
        n--;
    wr_str(&w, "COPY (\n");
    wr_bytes(&w, sql, n);
    wr_str(&w, "\n) TO '/dev/stdout' (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)");
    wr_u8(&w, 0);
    int rc = w.bad ? err_set(err, -E2BIG, "the query is too long") : ask_copy(s, sql, (const char *)w.bytes, err);
    wr_done(&w);
    return rc;
}

struct out out_of(enum store_format format, int fd, struct err *err)
{
    return (struct out){.fd = fd, .format = format, .buffer = wr_of(CELL_MAX * 2), .cell = wr_of(CELL_MAX), .err = err};
}

void out_done(struct out *o)
{
    wr_done(&o->buffer);
    wr_done(&o->cell);
}

int store_query_write(struct store *s, const char *sql, enum store_format format, int fd, struct err *err)
{
    struct out o = out_of(format, fd, err);
    struct rows *rows = NULL;
    int rc;
    switch (format) {
    case STORE_PARQUET: rc = out_parquet(s, sql, err); break;
    case STORE_TABLE:
        rc = store_query(s, sql, NULL, 0, &rows, err);
        if (rc == 0)
            rc = write_table(&o, rows);
        break;
    default: rc = ask_run(s, sql, NULL, 0, out_chunk, &o, err); break;
    }
    if (rc >= 0)
        rc = out_drain(&o);
    rows_free(rows);
    out_done(&o);
    return rc < 0 ? rc : 0;
}

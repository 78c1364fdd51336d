#include "analysis/result.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/ip.h"
#include "base/ts.h"

#define LINES_MAX      64
#define TEXT_MAX_BYTES (UINT64_C(1) << 30)

union cell {
    uint64_t u64;
    int64_t i64;
    double f64;
    const char *text;
};

struct column {
    union cell *cells; /* rows_cap of them */
    uint8_t *set;      /* 1: not NULL */
};

struct result {
    const char *name, *title;
    const struct result_field *fields;
    struct column *columns;
    size_t n_columns, n_rows, rows_cap, n_findings, n_notes;
    const char *findings[LINES_MAX], *notes[LINES_MAX];
    struct result_loss loss;
    struct arena texts;
    bool failed;
};

int result_new(const char *name, const char *title, const struct result_field *fields, struct result **ret)
{
    struct result *r = calloc(1, sizeof *r);
    if (!r)
        return -ENOMEM;
    while (fields[r->n_columns].name)
        r->n_columns++;
    r->columns = calloc(r->n_columns, sizeof *r->columns);
    if (!r->columns) {
        free(r);
        return -ENOMEM;
    }
    r->name = name;
    r->title = title;
    r->fields = fields;
    r->texts = arena_of(TEXT_MAX_BYTES);
    *ret = r;
    return 0;
}

void result_free(struct result *r)
{
    if (!r)
        return;
    for (size_t c = 0; c < r->n_columns; c++) {
        free(r->columns[c].cells);
        free(r->columns[c].set);
    }
    free(r->columns);
    arena_done(&r->texts);
    free(r);
}

static bool grow(struct result *r)
{
    size_t cap = r->rows_cap ? r->rows_cap * 2 : 16;
    for (size_t c = 0; c < r->n_columns; c++) {
        union cell *cells = reallocarray(r->columns[c].cells, cap, sizeof *cells);
        if (cells)
            r->columns[c].cells = cells;
        uint8_t *set = realloc(r->columns[c].set, cap);
        if (set)
            r->columns[c].set = set;
        if (!cells || !set)
            return false;
    }
    r->rows_cap = cap;
    return true;
}

void result_row(struct result *r)
{
    if (r->failed || (r->n_rows == r->rows_cap && !grow(r))) {
        r->failed = true;
        return;
    }
    for (size_t c = 0; c < r->n_columns; c++)
        r->columns[c].set[r->n_rows] = 0;
    r->n_rows++;
}

static void set_cell(struct result *r, size_t col, union cell v)
{
    assert(col < r->n_columns);
    if (r->failed || r->n_rows == 0)
        return;
    r->columns[col].cells[r->n_rows - 1] = v;
    r->columns[col].set[r->n_rows - 1] = 1;
}

void result_set_u64(struct result *r, size_t col, uint64_t v)
{
    assert(r->fields[col].type == VALUE_U64);
    set_cell(r, col, (union cell){.u64 = v});
}

void result_set_i64(struct result *r, size_t col, int64_t v)
{
    assert(r->fields[col].type == VALUE_I64 || r->fields[col].type == VALUE_TS ||
           r->fields[col].type == VALUE_BOOL);
    set_cell(r, col, (union cell){.i64 = v});
}

void result_set_f64(struct result *r, size_t col, double v)
{
    assert(r->fields[col].type == VALUE_F64);
    if (!isnan(v))
        set_cell(r, col, (union cell){.f64 = v});
}

void result_set_text(struct result *r, size_t col, const char *v)
{
    assert(r->fields[col].type == VALUE_TEXT);
    const char *copy = arena_copy(&r->texts, v, strlen(v));
    if (copy)
        set_cell(r, col, (union cell){.text = copy});
    else
        r->failed = true;
}

__attribute__((format(printf, 4, 0))) static void add_line(struct result *r, const char **lines, size_t *n,
                                                           const char *fmt, va_list ap)
{
    char text[2048];
    if (*n == LINES_MAX)
        return;
    (void)vsnprintf(text, sizeof text, fmt, ap);
    lines[*n] = arena_copy(&r->texts, text, strlen(text));
    if (lines[*n])
        (*n)++;
    else
        r->failed = true;
}

void result_finding(struct result *r, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add_line(r, r->findings, &r->n_findings, fmt, ap);
    va_end(ap);
}

void result_note(struct result *r, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add_line(r, r->notes, &r->n_notes, fmt, ap);
    va_end(ap);
}

void result_set_loss(struct result *r, struct result_loss loss)
{
    r->loss = loss;
}

int result_finish(struct result *r, struct result **ret, struct err *err)
{
    if (r->failed) {
        int rc = err_set(err, -ENOMEM, "%s: the result does not fit into memory; narrow the filter", r->name);
        result_free(r);
        return rc;
    }
    *ret = r;
    return 0;
}

const char *result_name(const struct result *r)
{
    return r->name;
}

const char *result_title(const struct result *r)
{
    return r->title;
}

size_t result_rows(const struct result *r)
{
    return r->n_rows;
}

size_t result_columns(const struct result *r)
{
    return r->n_columns;
}

const struct result_field *result_field(const struct result *r, size_t col)
{
    assert(col < r->n_columns);
    return &r->fields[col];
}

size_t result_column(const struct result *r, const char *name)
{
    size_t col = 0;
    while (col < r->n_columns && strcmp(r->fields[col].name, name) != 0)
        col++;
    assert(col < r->n_columns);
    return col;
}

bool result_is_null(const struct result *r, size_t col, size_t row)
{
    assert(col < r->n_columns && row < r->n_rows);
    return !r->columns[col].set[row];
}

uint64_t result_u64(const struct result *r, size_t col, size_t row)
{
    return result_is_null(r, col, row) ? 0 : r->columns[col].cells[row].u64;
}

int64_t result_i64(const struct result *r, size_t col, size_t row)
{
    return result_is_null(r, col, row) ? 0 : r->columns[col].cells[row].i64;
}

double result_f64(const struct result *r, size_t col, size_t row)
{
    if (result_is_null(r, col, row))
        return NAN;
    const union cell *c = &r->columns[col].cells[row];
    switch (r->fields[col].type) {
    case VALUE_F64:
        return c->f64;
    case VALUE_U64:
        return (double)c->u64;
    case VALUE_I64:
    case VALUE_TS:
    case VALUE_BOOL:
        return (double)c->i64;
    default:
        return NAN;
    }
}

const char *result_text(const struct result *r, size_t col, size_t row)
{
    if (r->fields[col].type != VALUE_TEXT || result_is_null(r, col, row))
        return "";
    return r->columns[col].cells[row].text;
}

size_t result_findings(const struct result *r)
{
    return r->n_findings;
}

const char *result_finding_at(const struct result *r, size_t i)
{
    assert(i < r->n_findings);
    return r->findings[i];
}

size_t result_notes(const struct result *r)
{
    return r->n_notes;
}

const char *result_note_at(const struct result *r, size_t i)
{
    assert(i < r->n_notes);
    return r->notes[i];
}

struct result_loss result_loss(const struct result *r)
{
    return r->loss;
}

static const char *number_text(double v, char buf[static RESULT_CELL_MAX])
{
    if (isinf(v))
        return v > 0 ? "∞" : "-∞";
    if (v != 0 && (fabs(v) < 0.001 || fabs(v) >= 1e7))
        (void)snprintf(buf, RESULT_CELL_MAX, "%.2e", v);
    else if (fabs(v) >= 100)
        (void)snprintf(buf, RESULT_CELL_MAX, "%.1f", v);
    else
        (void)snprintf(buf, RESULT_CELL_MAX, "%.3g", v);
    return buf;
}

const char *result_cell(const struct result *r, size_t col, size_t row, char buf[static RESULT_CELL_MAX])
{
    if (result_is_null(r, col, row))
        return "";
    const union cell *c = &r->columns[col].cells[row];
    switch (r->fields[col].type) {
    case VALUE_U64:
        if (r->fields[col].ip4)
            return ip4_format((uint32_t)c->u64, buf);
        (void)snprintf(buf, RESULT_CELL_MAX, "%llu", (unsigned long long)c->u64);
        return buf;
    case VALUE_I64:
        (void)snprintf(buf, RESULT_CELL_MAX, "%lld", (long long)c->i64);
        return buf;
    case VALUE_BOOL:
        return c->i64 ? "yes" : "no";
    case VALUE_TS:
        return ts_format(c->i64, buf);
    case VALUE_F64:
        return number_text(c->f64, buf);
    case VALUE_TEXT:
        return c->text;
    default:
        return "";
    }
}

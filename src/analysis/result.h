/* What an analysis found: a typed table, the sentences that state it (computed, not canned), how it was done, and the
 * loss of its range.
 *
 * Filling never fails on its own: what memory did not allow is remembered, and result_finish() tells. */
#ifndef HOTARU_ANALYSIS_RESULT_H
#define HOTARU_ANALYSIS_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "store/store.h"

struct result_field {
    const char *name, *unit, *doc;
    enum value_type type; /* VALUE_U64, VALUE_I64, VALUE_F64, VALUE_TEXT, VALUE_TS or VALUE_BOOL */
    bool ip4;             /* a VALUE_U64 that is an IPv4 address in host order: written as a dotted quad */
};

struct result_loss {
    bool known; /* false: the loss ledger has no row in the range */
    uint64_t received, stored, lost;
};

struct result;

/* fields (NULL-name terminated), name and title are borrowed for the result's life. -ENOMEM. */
int result_new(const char *name, const char *title, const struct result_field *fields, struct result **ret);
void result_free(struct result *r);

/* A new row of NULLs; the setters write into the last row. NAN is NULL. Texts are copied. */
void result_row(struct result *r);
void result_set_u64(struct result *r, size_t col, uint64_t v);
void result_set_i64(struct result *r, size_t col, int64_t v); /* also VALUE_TS (µs) and VALUE_BOOL */
void result_set_f64(struct result *r, size_t col, double v);
void result_set_text(struct result *r, size_t col, const char *v);
/* A sentence that states what was found; a remark on how. At most 64 of each are kept. */
void result_finding(struct result *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void result_note(struct result *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void result_set_loss(struct result *r, struct result_loss loss);
/* 0 and *ret = r; -ENOMEM (r is freed) when filling it ran out of memory. */
int result_finish(struct result *r, struct result **ret, struct err *err);

const char *result_name(const struct result *r);
const char *result_title(const struct result *r);
size_t result_rows(const struct result *r);
size_t result_columns(const struct result *r);
const struct result_field *result_field(const struct result *r, size_t col);
/* Index of the column, which must exist (assert). */
size_t result_column(const struct result *r, const char *name);
bool result_is_null(const struct result *r, size_t col, size_t row);
uint64_t result_u64(const struct result *r, size_t col, size_t row); /* 0 for NULL */
int64_t result_i64(const struct result *r, size_t col, size_t row);
double result_f64(const struct result *r, size_t col, size_t row);       /* any number; NAN for NULL */
const char *result_text(const struct result *r, size_t col, size_t row); /* a VALUE_TEXT; "" for NULL */
size_t result_findings(const struct result *r);
const char *result_finding_at(const struct result *r, size_t i);
size_t result_notes(const struct result *r);
const char *result_note_at(const struct result *r, size_t i);
struct result_loss result_loss(const struct result *r);

/* A cell as a person reads it ("" for NULL); buf is used where the text is not in r. */
#define RESULT_CELL_MAX 64
const char *result_cell(const struct result *r, size_t col, size_t row, char buf[static RESULT_CELL_MAX]);

enum result_format { RESULT_TABLE, RESULT_CSV, RESULT_JSON };
/* "table", "csv", "json"; -EINVAL. */
int result_format_parse(const char *text, enum result_format *ret, struct err *err);
/* TABLE: aligned text with findings and loss; control bytes are shown as \xNN. CSV: RFC 4180, header line, numbers with 17
 * significant digits. JSON: one object {name, title, findings, notes, loss, fields, rows}; a number JSON cannot say
 * (infinite) is a string. 0 or a negative errno of the stream. */
int result_write(const struct result *r, enum result_format format, FILE *to);

#endif

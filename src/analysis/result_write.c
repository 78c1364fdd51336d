/* A result as aligned text, CSV or JSON. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "analysis/result.h"

int result_format_parse(const char *text, enum result_format *ret, struct err *err)
{
    static const char *const names[] = {"table", "csv", "json"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(text, names[i]) == 0) {
            *ret = (enum result_format)i;
            return 0;
        }
    }
    return err_set(err, -EINVAL, "unknown format '%s'; table, csv and json are known", text);
}

static int stream_error(FILE *to)
{
    if (fflush(to) != 0 || ferror(to))
        return errno ? -errno : -EIO;
    return 0;
}

/* ---- aligned text ---- */

static bool is_control(unsigned char c)
{
    return c < 0x20 || c == 0x7f;
}

/* Columns on a terminal: code points, and 4 for each byte shown as \xNN. */
static size_t shown_width(const char *s)
{
    size_t n = 0;
    for (; *s; s++)
        n += is_control((unsigned char)*s) ? 4 : ((unsigned char)*s & 0xc0) != 0x80;
    return n;
}

static void put_shown(FILE *to, const char *s)
{
    for (; *s; s++) {
        if (is_control((unsigned char)*s))
            (void)fprintf(to, "\\x%02x", (unsigned char)*s);
        else
            (void)fputc(*s, to);
    }
}

static void put_padded(FILE *to, const char *s, size_t width, bool right, bool last)
{
    size_t n = shown_width(s);
    size_t pad = width > n ? width - n : 0;
    if (right)
        (void)fprintf(to, "%*s", (int)pad, "");
    put_shown(to, s);
    if (!right && !last)
        (void)fprintf(to, "%*s", (int)pad, "");
    (void)fputs(last ? "\n" : "  ", to);
}

static bool is_number(const struct result_field *f)
{
    return (f->type == VALUE_U64 && !f->ip4) || f->type == VALUE_I64 || f->type == VALUE_F64;
}

static void write_lines(const struct result *r, FILE *to)
{
    for (size_t i = 0; i < result_findings(r); i++) {
        put_shown(to, result_finding_at(r, i));
        (void)fputc('\n', to);
    }
    for (size_t i = 0; i < result_notes(r); i++) {
        (void)fputs("  note: ", to);
        put_shown(to, result_note_at(r, i));
        (void)fputc('\n', to);
    }
    struct result_loss loss = result_loss(r);
    if (loss.known)
        (void)fprintf(to, "  loss in this range: %llu of %llu received\n", (unsigned long long)loss.lost,
                      (unsigned long long)loss.received);
    else
        (void)fputs("  loss in this range: not recorded\n", to);
}

static int write_table(const struct result *r, FILE *to)
{
    size_t columns = result_columns(r);
    size_t *width = calloc(columns, sizeof *width);
    char buf[RESULT_CELL_MAX];
    if (!width)
        return -ENOMEM;
    for (size_t c = 0; c < columns; c++) {
        width[c] = shown_width(result_field(r, c)->name);
        for (size_t i = 0; i < result_rows(r); i++) {
            size_t n = shown_width(result_cell(r, c, i, buf));
            width[c] = n > width[c] ? n : width[c];
        }
    }
    for (size_t c = 0; c < columns; c++)
        put_padded(to, result_field(r, c)->name, width[c], is_number(result_field(r, c)), c + 1 == columns);
    for (size_t i = 0; i < result_rows(r); i++) {
        for (size_t c = 0; c < columns; c++)
            put_padded(to, result_cell(r, c, i, buf), width[c], is_number(result_field(r, c)),
                       c + 1 == columns);
    }
    free(width);
    (void)fputc('\n', to);
    write_lines(r, to);
    return stream_error(to);
}

/* ---- CSV ---- */

static void put_csv(FILE *to, const char *s)
{
    if (!strpbrk(s, ",\"\r\n")) {
        (void)fputs(s, to);
        return;
    }
    (void)fputc('"', to);
    for (; *s; s++) {
        if (*s == '"')
            (void)fputc('"', to);
        (void)fputc(*s, to);
    }
    (void)fputc('"', to);
}

static void csv_cell(const struct result *r, size_t col, size_t row, FILE *to)
{
    char buf[RESULT_CELL_MAX];
    if (result_is_null(r, col, row))
        return;
    if (result_field(r, col)->type == VALUE_F64) {
        double v = result_f64(r, col, row);
        if (isinf(v))
            (void)fputs(v > 0 ? "inf" : "-inf", to);
        else
            (void)fprintf(to, "%.17g", v);
    } else if (result_field(r, col)->type == VALUE_BOOL) {
        (void)fputs(result_i64(r, col, row) ? "true" : "false", to);
    } else {
        put_csv(to, result_cell(r, col, row, buf));
    }
}

static int write_csv(const struct result *r, FILE *to)
{
    size_t columns = result_columns(r);
    for (size_t c = 0; c < columns; c++) {
        (void)fputs(c ? "," : "", to);
        put_csv(to, result_field(r, c)->name);
    }
    (void)fputc('\n', to);
    for (size_t i = 0; i < result_rows(r); i++) {
        for (size_t c = 0; c < columns; c++) {
            (void)fputs(c ? "," : "", to);
            csv_cell(r, c, i, to);
        }
        (void)fputc('\n', to);
    }
    return stream_error(to);
}

/* ---- JSON ---- */

/* Text that is not UTF-8 (a peer's bytes) becomes Latin-1 of the same bytes, so that it can be said at all. */
static json_t *json_text(const char *s)
{
    json_t *text = json_string(s);
    if (text)
        return text;
    size_t n = strlen(s), k = 0;
    char *utf8 = malloc(2 * n + 1);
    if (!utf8)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c < 0x80) {
            utf8[k++] = (char)c;
        } else {
            utf8[k++] = (char)(0xc0 | c >> 6);
            utf8[k++] = (char)(0x80 | (c & 0x3f));
        }
    }
    text = json_stringn(utf8, k);
    free(utf8);
    return text;
}

static json_t *json_cell(const struct result *r, size_t col, size_t row)
{
    char buf[RESULT_CELL_MAX];
    const struct result_field *f = result_field(r, col);
    if (result_is_null(r, col, row))
        return json_null();
    if (f->type == VALUE_BOOL)
        return json_boolean(result_i64(r, col, row) != 0);
    if (f->type == VALUE_I64)
        return json_integer(result_i64(r, col, row));
    if (f->type == VALUE_U64 && !f->ip4 && result_u64(r, col, row) <= INT64_MAX)
        return json_integer((json_int_t)result_u64(r, col, row));
    if (f->type == VALUE_F64) {
        double v = result_f64(r, col, row);
        return isinf(v) ? json_string(v > 0 ? "inf" : "-inf") : json_real(v);
    }
    return json_text(result_cell(r, col, row, buf));
}

static int put_json(FILE *to, json_t *value)
{
    int rc = value ? json_dumpf(value, to, JSON_COMPACT | JSON_ENCODE_ANY) : -1;
    json_decref(value);
    return rc;
}

static json_t *json_head(const struct result *r)
{
    json_t *findings = json_array(), *notes = json_array(), *fields = json_array(), *loss = json_null();
    for (size_t i = 0; i < result_findings(r); i++)
        (void)json_array_append_new(findings, json_text(result_finding_at(r, i)));
    for (size_t i = 0; i < result_notes(r); i++)
        (void)json_array_append_new(notes, json_text(result_note_at(r, i)));
    for (size_t c = 0; c < result_columns(r); c++) {
        const struct result_field *f = result_field(r, c);
        (void)json_array_append_new(fields,
                                    json_pack("{ss ss ss}", "name", f->name, "unit", f->unit, "doc", f->doc));
    }
    struct result_loss l = result_loss(r);
    if (l.known)
        loss = json_pack("{sI sI sI}", "received", (json_int_t)l.received, "stored", (json_int_t)l.stored,
                         "lost", (json_int_t)l.lost);
    return json_pack("{ss ss so so so so}", "name", result_name(r), "title", result_title(r), "findings",
                     findings, "notes", notes, "loss", loss, "fields", fields);
}

/* Row by row: a scatter of a million rows is never held as JSON values. */
static int write_json(const struct result *r, FILE *to)
{
    char *head = NULL;
    json_t *object = json_head(r);
    if (object)
        head = json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER);
    json_decref(object);
    if (!head)
        return -ENOMEM;
    (void)fprintf(to, "%.*s,\"rows\":[", (int)strlen(head) - 1, head);
    free(head);
    for (size_t i = 0; i < result_rows(r); i++) {
        (void)fputs(i ? ",\n{" : "\n{", to);
        for (size_t c = 0; c < result_columns(r); c++) {
            (void)fprintf(to, "%s\"%s\":", c ? "," : "", result_field(r, c)->name);
            if (put_json(to, json_cell(r, c, i)) != 0)
                return -EIO;
        }
        (void)fputc('}', to);
    }
    (void)fputs("\n]}\n", to);
    return stream_error(to);
}

int result_write(const struct result *r, enum result_format format, FILE *to)
{
    switch (format) {
    case RESULT_CSV:
        return write_csv(r, to);
    case RESULT_JSON:
        return write_json(r, to);
    default:
        return write_table(r, to);
    }
}

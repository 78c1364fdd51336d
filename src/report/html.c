#include "report/html.h"

#include <stdint.h>
#include <string.h>

/* Bytes of the UTF-8 character at s (RFC 3629: no overlong form, no surrogate, at most U+10FFFF); 0: none. */
static size_t utf8_length(const unsigned char *s)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = s[0] < 0x80 ? 1 : s[0] >> 5 == 6 ? 2 : s[0] >> 4 == 14 ? 3 : s[0] >> 3 == 30 ? 4 : 0;
    uint32_t code = n == 1 ? s[0] : (uint32_t)(s[0] & (0x7f >> n));
    for (size_t i = 1; i < n; i++) {
        if (s[i] >> 6 != 2)
            return 0;
        code = code << 6 | (s[i] & 0x3f);
    }
    if (n == 0 || code < least[n] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return 0;
    return n;
}

static void put_char(FILE *to, const unsigned char *s, size_t n)
{
    switch (*s) {
    case '&':
        (void)fputs("&amp;", to);
        break;
    case '<':
        (void)fputs("&lt;", to);
        break;
    case '>':
        (void)fputs("&gt;", to);
        break;
    case '"':
        (void)fputs("&quot;", to);
        break;
    case '\'':
        (void)fputs("&#39;", to);
        break;
    default:
        if (*s < 0x20 || *s == 0x7f)
            (void)fprintf(to, "\\x%02x", *s);
        else
            (void)fwrite(s, 1, n, to);
    }
}

void html_text(FILE *to, const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    while (*s) {
        size_t n = utf8_length(s);
        if (n)
            put_char(to, s, n);
        else
            (void)fputs("\xef\xbf\xbd", to);
        s += n ? n : 1;
    }
}

void html_paragraph(FILE *to, const char *class_name, const char *text)
{
    (void)fprintf(to, "<p class=\"%s\">", class_name);
    html_text(to, text);
    (void)fputs("</p>\n", to);
}

static bool wanted(const char *const *columns, const char *name)
{
    if (!columns)
        return true;
    while (*columns && strcmp(*columns, name) != 0)
        columns++;
    return *columns != NULL;
}

static bool is_number(const struct result_field *f)
{
    return (f->type == VALUE_U64 && !f->ip4) || f->type == VALUE_I64 || f->type == VALUE_F64;
}

static void put_head(FILE *to, const struct result *r, const char *const *columns)
{
    (void)fputs("<div class=\"scroll\"><table><thead><tr>", to);
    for (size_t c = 0; c < result_columns(r); c++) {
        const struct result_field *f = result_field(r, c);
        if (!wanted(columns, f->name))
            continue;
        (void)fprintf(to, "<th scope=\"col\"%s title=\"", is_number(f) ? " class=\"n\"" : "");
        html_text(to, f->doc);
        (void)fputs("\">", to);
        for (const char *p = f->name; *p; p++)
            (void)fputc(*p == '_' ? ' ' : *p, to);
        (void)fputs("</th>", to);
    }
    (void)fputs("</tr></thead>\n<tbody>\n", to);
}

/* Whole seconds are enough for a reader; the CSV has the rest. */
static void put_cell(FILE *to, const struct result *r, size_t c, size_t i)
{
    char buf[RESULT_CELL_MAX];
    const struct result_field *f = result_field(r, c);
    const char *text = result_cell(r, c, i, buf);
    (void)fputs(is_number(f) ? "<td class=\"n\">" : f->type == VALUE_TEXT ? "<td class=\"t\">" : "<td>", to);
    if (f->type == VALUE_TS && strlen(text) > 19) {
        buf[10] = ' ';
        buf[19] = '\0';
    }
    html_text(to, text);
    (void)fputs("</td>", to);
}

void html_table(FILE *to, const struct result *r, const char *const *columns, size_t max_rows)
{
    size_t n = result_rows(r);
    if (max_rows && n > max_rows)
        n = max_rows;
    if (n == 0) {
        (void)fputs("<p class=\"note\">(no rows)</p>\n", to);
        return;
    }
    put_head(to, r, columns);
    for (size_t i = 0; i < n; i++) {
        (void)fputs("<tr>", to);
        for (size_t c = 0; c < result_columns(r); c++) {
            if (wanted(columns, result_field(r, c)->name))
                put_cell(to, r, c, i);
        }
        (void)fputs("</tr>\n", to);
    }
    (void)fputs("</tbody></table></div>\n", to);
    if (n < result_rows(r))
        (void)fprintf(to,
                      "<p class=\"note\">%zu of %zu rows; <code>hotaru analyze %s</code> prints all.</p>\n",
                      n, result_rows(r), result_name(r));
}

void html_data_uri(FILE *to, const char *type, const void *bytes, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *p = bytes;
    (void)fprintf(to, "data:%s;base64,", type);
    for (size_t i = 0; i < n; i += 3) {
        uint32_t v =
            (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) | (i + 2 < n ? p[i + 2] : 0);
        (void)fputc(digits[v >> 18], to);
        (void)fputc(digits[v >> 12 & 63], to);
        (void)fputc(i + 1 < n ? digits[v >> 6 & 63] : '=', to);
        (void)fputc(i + 2 < n ? digits[v & 63] : '=', to);
    }
}

#include "mysql_result.h"

#include <ctype.h>
#include <string.h>

#include "base/rd.h"

enum { SHOWN_MAX = 300, CELL_SHOWN_MAX = 100 };

static uint64_t length_coded(struct rd *r)
{
    uint8_t b = rd_u8(r);
    return b < 0xfb ? b : b == 0xfc ? rd_le16(r) : b == 0xfd ? rd_le24(r) : b == 0xfe ? rd_le64(r) : 0;
}

static void text_of(struct rd *r, char *out, size_t max)
{
    uint64_t n = length_coded(r);
    const uint8_t *p = rd_take(r, n);
    size_t keep = !p ? 0 : n < max - 1 ? (size_t)n : max - 1;
    if (keep)
        memcpy(out, p, keep);
    out[keep] = 0;
}

bool result_column_of(const struct wire_packet *k, struct result_column *ret)
{
    struct rd r = rd_of(k->bytes, k->len);
    struct result_column c = {0};
    char skip[68], catalog[68];
    text_of(&r, catalog, sizeof catalog);
    text_of(&r, skip, sizeof skip);
    text_of(&r, skip, sizeof skip);
    text_of(&r, c.org_table, sizeof c.org_table);
    text_of(&r, c.name, sizeof c.name);
    text_of(&r, skip, sizeof skip);
    (void)length_coded(&r); /* 0x0c */
    c.charset = rd_le16(&r);
    c.length = rd_le32(&r);
    c.type = rd_u8(&r);
    c.flags = rd_le16(&r);
    c.decimals = rd_u8(&r);
    if (r.bad || strcmp(catalog, "def") != 0)
        return false;
    *ret = c;
    return true;
}

static bool is_column(const struct wire_packet *k)
{
    return k->len > 4 && memcmp(k->bytes, "\003def", 4) == 0;
}

static bool is_eof(const struct result_walk *w, const struct wire_packet *k)
{
    return k->len && k->bytes[0] == 0xfe &&
           (k->len < 9 || (w->caps & WIRE_CAP_DEPRECATE_EOF && w->state == WALK_ROWS));
}

static enum packet_kind first(struct result_walk *w, const struct wire_packet *k)
{
    struct rd r = rd_of(k->bytes, k->len);
    uint64_t n = length_coded(&r);
    if (k->len == 0)
        return KIND_OTHER;
    bool named = k->len > 70 && memcmp(k->bytes + k->len - 22, "mysql_native_password", 22) == 0;
    if (k->bytes[0] == 10 && (!w->logged_in || named))
        return KIND_GREETING; /* MariaDB sends it again when a COM_CHANGE_USER cannot be read */
    if (k->bytes[0] == 0xff)
        return KIND_ERR;
    if (is_eof(w, k))
        return KIND_EOF;
    if (!w->logged_in && k->bytes[0] == 0xfe)
        return KIND_AUTH_SWITCH;
    if (k->bytes[0] == 0xfe && k->len > 30 && memcmp(k->bytes + 1, "mysql_native_password", 22) == 0)
        return KIND_AUTH_SWITCH; /* COM_CHANGE_USER */
    if (k->bytes[0] == 0) {
        w->logged_in = true;
        return KIND_OK;
    }
    if (is_column(k))
        return KIND_COLUMN;
    if (r.bad || rd_left(&r) || n == 0)
        return KIND_OTHER;
    w->left = n;
    w->count = 0;
    w->state = WALK_COLUMNS;
    return KIND_COUNT;
}

enum packet_kind result_next(struct result_walk *w, const struct wire_packet *k)
{
    if (w->state == WALK_COLUMNS && w->left) {
        w->left--;
        if (w->left == 0 && w->caps & WIRE_CAP_DEPRECATE_EOF)
            w->state = WALK_ROWS;
        if (w->count < RESULT_COLUMNS_MAX && result_column_of(k, &w->columns[w->count])) {
            w->count++;
            return KIND_COLUMN;
        }
        if (k->len == 0 || k->bytes[0] != 0xff)
            return KIND_OTHER;
        w->state = WALK_FIRST;
        return KIND_ERR;
    }
    if (w->state == WALK_COLUMNS) {
        w->state = WALK_ROWS;
        return k->len && k->bytes[0] == 0xfe ? KIND_EOF : KIND_OTHER;
    }
    if (w->state == WALK_FIRST)
        return first(w, k);
    if (is_eof(w, k)) {
        w->state = WALK_FIRST;
        return KIND_EOF;
    }
    if (k->len && k->bytes[0] == 0xff) {
        w->state = WALK_FIRST;
        return KIND_ERR;
    }
    return KIND_ROW;
}

static void print_bytes(FILE *out, const uint8_t *p, size_t n, size_t max)
{
    for (size_t i = 0; i < n && i < max; i++) {
        if (isprint(p[i]) && p[i] != '\\')
            (void)fputc(p[i], out);
        else
            (void)fprintf(out, "\\x%02x", p[i]);
    }
    if (n > max)
        (void)fprintf(out, "… (%zu bytes)", n);
}

static void print_ok(FILE *out, const struct wire_packet *k)
{
    struct rd r = rd_of(k->bytes, k->len);
    rd_skip(&r, 1);
    uint64_t affected = length_coded(&r), id = length_coded(&r);
    uint16_t status = rd_le16(&r), warnings = rd_le16(&r);
    (void)fprintf(out, "OK affected=%llu id=%llu status=%04x warnings=%u", (unsigned long long)affected,
                  (unsigned long long)id, status, warnings);
    if (r.bad)
        (void)fputs(" (short)", out);
    if (rd_left(&r)) {
        (void)fputs(" info=", out);
        print_bytes(out, r.p, rd_left(&r), SHOWN_MAX);
    }
}

static void print_column(FILE *out, const struct wire_packet *k)
{
    static const char *const part[] = {"", "db", "table", "org_table", "name", "org_name"};
    struct rd r = rd_of(k->bytes, k->len);
    struct result_column c;
    if (!result_column_of(k, &c)) {
        (void)fputs("column? ", out);
        print_bytes(out, k->bytes, k->len, SHOWN_MAX);
        return;
    }
    (void)fputs("column", out);
    for (int i = 0; i < 6; i++) {
        uint64_t n = length_coded(&r);
        const uint8_t *p = rd_take(&r, n);
        if (i == 0 || !p)
            continue;
        (void)fprintf(out, " %s=", part[i]);
        print_bytes(out, p, (size_t)n, CELL_SHOWN_MAX);
    }
    (void)fprintf(out, " charset=%u length=%u type=%02x flags=%04x decimals=%u", c.charset, c.length, c.type,
                  c.flags, c.decimals);
    rd_skip(&r, 1 + 2 + 4 + 1 + 2 + 1);
    if (rd_left(&r) != 2) {
        (void)fputs(" then=", out);
        print_bytes(out, r.p, rd_left(&r), CELL_SHOWN_MAX);
    }
}

static void print_row(FILE *out, const struct wire_packet *k)
{
    struct rd r = rd_of(k->bytes, k->len);
    (void)fputs("row", out);
    while (rd_left(&r) && !r.bad) {
        (void)fputs(" | ", out);
        if (*r.p == 0xfb) {
            rd_skip(&r, 1);
            (void)fputs("NULL", out);
            continue;
        }
        uint64_t n = length_coded(&r);
        const uint8_t *p = rd_take(&r, n);
        if (p)
            print_bytes(out, p, (size_t)n, CELL_SHOWN_MAX);
    }
    if (r.bad) {
        (void)fputs(" (binary or masked) ", out);
        print_bytes(out, k->bytes, k->len, SHOWN_MAX);
    }
}

static void print_err(FILE *out, const struct wire_packet *k)
{
    struct rd r = rd_of(k->bytes, k->len);
    rd_skip(&r, 1);
    (void)fprintf(out, "ERR %u ", rd_le16(&r));
    print_bytes(out, r.p, rd_left(&r), SHOWN_MAX);
}

void result_print(FILE *out, const struct result_walk *walk, enum packet_kind kind,
                  const struct wire_packet *k)
{
    struct rd r = rd_of(k->bytes, k->len);
    (void)walk;
    switch (kind) {
    case KIND_OK:
        print_ok(out, k);
        return;
    case KIND_ERR:
        print_err(out, k);
        return;
    case KIND_COLUMN:
        print_column(out, k);
        return;
    case KIND_ROW:
        print_row(out, k);
        return;
    case KIND_COUNT:
        (void)fprintf(out, "columns %llu", (unsigned long long)length_coded(&r));
        return;
    case KIND_EOF:
        rd_skip(&r, 1);
        if (k->len == 5) {
            unsigned warnings = rd_le16(&r);
            (void)fprintf(out, "EOF status=%04x warnings=%u", rd_le16(&r), warnings);
            return;
        }
        (void)fputs("EOF ", out);
        break;
    case KIND_GREETING:
        (void)fputs("greeting ", out);
        break;
    case KIND_AUTH_SWITCH:
        (void)fputs("auth switch ", out);
        break;
    case KIND_OTHER:
        (void)fputs("bytes ", out);
        break;
    }
    print_bytes(out, k->bytes, k->len, SHOWN_MAX);
}

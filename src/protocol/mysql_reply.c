/* Packets to the client: OK, ERR, result sets (MySQL internals manual: Client/Server Protocol, Generic Response Packets). */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "protocol/mysql_int.h"

void mysql_packet(struct mysql *m, const struct wr *payload)
{
    wr_le24(&m->reply, (uint32_t)payload->len);
    wr_u8(&m->reply, m->seq++);
    wr_bytes(&m->reply, payload->bytes, payload->len);
}

void mysql_lenint(struct wr *w, uint64_t v)
{
    if (v < 251) {
        wr_u8(w, (uint8_t)v);
    } else if (v < 65536) {
        wr_u8(w, 0xfc);
        wr_le16(w, (uint16_t)v);
    } else if (v < 1u << 24) {
        wr_u8(w, 0xfd);
        wr_le24(w, (uint32_t)v);
    } else {
        wr_u8(w, 0xfe);
        wr_le64(w, v);
    }
}

void mysql_lenstr(struct wr *w, const char *text, size_t n)
{
    mysql_lenint(w, n);
    wr_bytes(w, text, n);
}

static uint16_t status_of(const struct mysql *m)
{
    return m->no_autocommit ? 0 : MYSQL_STATUS_AUTOCOMMIT;
}

void mysql_ok(struct mysql *m, uint64_t affected, uint16_t warnings)
{
    struct wr w = wr_of(64);
    wr_u8(&w, 0);
    mysql_lenint(&w, affected);
    mysql_lenint(&w, 0);
    wr_le16(&w, status_of(m));
    wr_le16(&w, warnings);
    mysql_packet(m, &w);
    wr_done(&w);
    (void)snprintf(m->said, sizeof m->said, "OK");
}

void mysql_err(struct mysql *m, uint16_t code, const char *sqlstate, const char *fmt, ...)
{
    char text[512]; /* MYSQL_ERRMSG_SIZE */
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    struct wr w = wr_of(1024);
    wr_u8(&w, 0xff);
    wr_le16(&w, code);
    wr_fmt(&w, "#%s%s", sqlstate, text);
    mysql_packet(m, &w);
    wr_done(&w);
    (void)snprintf(m->said, sizeof m->said, "ERROR %u (%s): %.60s", code, sqlstate, text);
}

static void put_eof(struct mysql *m)
{
    struct wr w = wr_of(8);
    wr_u8(&w, 0xfe);
    wr_le16(&w, 0);
    wr_le16(&w, status_of(m));
    mysql_packet(m, &w);
    wr_done(&w);
}

static void put_column(struct mysql *m, const struct mysql_column *c)
{
    struct wr w = wr_of(4096);
    mysql_lenstr(&w, "def", 3);
    for (int i = 0; i < 3; i++) /* schema, table, org_table */
        mysql_lenstr(&w, "", 0);
    mysql_lenstr(&w, c->name, strlen(c->name));
    mysql_lenstr(&w, "", 0);
    wr_u8(&w, 12);
    wr_le16(&w, c->charset);
    wr_le32(&w, c->len);
    wr_u8(&w, c->type);
    wr_le16(&w, c->flags);
    wr_u8(&w, c->decimals);
    wr_le16(&w, 0);
    mysql_packet(m, &w);
    wr_done(&w);
}

void mysql_rows(struct mysql *m, const struct mysql_column *columns, size_t n_columns, const char *const *cells, size_t n_rows)
{
    struct wr w = wr_of(MYSQL_PACKET_MAX);
    mysql_lenint(&w, n_columns);
    mysql_packet(m, &w);
    for (size_t i = 0; i < n_columns; i++)
        put_column(m, &columns[i]);
    put_eof(m);
    for (size_t r = 0; r < n_rows; r++) {
        wr_clear(&w);
        for (size_t i = 0; i < n_columns; i++) {
            const char *cell = cells[r * n_columns + i];
            if (cell)
                mysql_lenstr(&w, cell, strlen(cell));
            else
                wr_u8(&w, 0xfb);
        }
        mysql_packet(m, &w);
    }
    put_eof(m);
    wr_done(&w);
    (void)snprintf(m->said, sizeof m->said, "%zu row%s%s%.60s", n_rows, n_rows == 1 ? "" : "s", n_rows == 1 ? ": " : "",
                   n_rows == 1 && cells[0] ? cells[0] : "");
}

/* Shared by the files of the MySQL service alone. */
#ifndef HOTARU_PROTOCOL_MYSQL_INT_H
#define HOTARU_PROTOCOL_MYSQL_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/rd.h"
#include "base/wr.h"
#include "config/persona.h"
#include "session/session.h"

#define MYSQL_PACKET_MAX 65536u
#define MYSQL_NAME_MAX   64
#define MYSQL_SALT_BYTES 20

enum mysql_phase { MYSQL_LOGIN, MYSQL_SWITCH, MYSQL_COMMAND };
enum mysql_status { MYSQL_STATUS_AUTOCOMMIT = 2 };

struct mysql {
    enum mysql_phase phase;
    uint32_t thread_id, caps;
    uint8_t salt[MYSQL_SALT_BYTES];
    uint8_t seq;
    bool no_autocommit, logged_in;
    char user[MYSQL_NAME_MAX + 1], db[MYSQL_NAME_MAX + 1];
    uint32_t queries;
    struct wr reply; /* frames of the answer under construction */
    char said[96];   /* the answer in short, for the event */
};

/* Version as a number: 50610 for 5.6.10. */
uint32_t mysql_version(const struct persona *p);

/* ---- frames ---- */
/* Adds one packet to the answer. */
void mysql_packet(struct mysql *m, const struct wr *payload);
void mysql_ok(struct mysql *m, uint64_t affected, uint16_t warnings);
void mysql_err(struct mysql *m, uint16_t code, const char *sqlstate, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Text of length-coded form (protocol manual, Length-Encoded String). */
void mysql_lenstr(struct wr *w, const char *text, size_t n);
void mysql_lenint(struct wr *w, uint64_t v);
struct mysql_column {
    const char *name;
    uint8_t type;          /* 0xfd VARCHAR, 8 LONGLONG */
    uint16_t charset;      /* collation id: 33 utf8, 63 binary */
    uint32_t len;
    uint16_t flags;
    uint8_t decimals;
};
/* A result set of text rows; cells row by row, NULL for SQL NULL. */
void mysql_rows(struct mysql *m, const struct mysql_column *columns, size_t n_columns, const char *const *cells, size_t n_rows);

/* ---- statements ---- */
void mysql_query(struct session *s, struct mysql *m, const char *text, size_t n);
/* Does this server show that database? */
bool mysql_has_db(const struct persona *p, const char *name);

#endif

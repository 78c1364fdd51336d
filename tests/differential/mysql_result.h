/* What each packet of a reply is: column definitions, rows, OK, ERR, EOF. Shared by masks and the readable list. */
#ifndef HOTARU_TEST_MYSQL_RESULT_H
#define HOTARU_TEST_MYSQL_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "mysql_wire.h"

enum { RESULT_COLUMNS_MAX = 512 };

enum packet_kind {
    KIND_GREETING,
    KIND_AUTH_SWITCH,
    KIND_OK,
    KIND_ERR,
    KIND_EOF,
    KIND_COUNT,
    KIND_COLUMN,
    KIND_ROW,
    KIND_OTHER
};

struct result_column {
    char name[68], org_table[68]; /* cut */
    uint16_t charset, flags;
    uint32_t length;
    uint8_t type, decimals;
};
struct result_walk {
    enum { WALK_FIRST, WALK_COLUMNS, WALK_ROWS } state;
    bool logged_in; /* set by the caller for a reply after the login */
    uint32_t caps;
    uint64_t left; /* column definitions to come */
    size_t count;  /* columns seen of the current result, at most RESULT_COLUMNS_MAX */
    struct result_column columns[RESULT_COLUMNS_MAX];
};

/* The kind of the next packet; keeps columns[] as definitions pass. */
enum packet_kind result_next(struct result_walk *walk, const struct wire_packet *k);
/* Decodes a column definition (Protocol::ColumnDefinition41). false when it is not one. */
bool result_column_of(const struct wire_packet *k, struct result_column *ret);
/* One readable line (no newline) for a packet of that kind, bytes escaped, at most about 400 characters. */
void result_print(FILE *out, const struct result_walk *walk, enum packet_kind kind,
                  const struct wire_packet *k);

#endif

/* What is sent to the servers compared: statements (text files) and raw exchanges (JSON Lines).
 *
 * Statements: one line is one statement. `# name` starts a class. Lines that start with `!` are directives:
 *   !session [user=U] [password=P] [db=D] [caps=0x…] [charset=N]   close, connect, log in
 *   !escaped TEXT   a statement with \n \t \r \\ \xHH
 * Exchanges: {"exchange": name, "class": name, "client": [ITEM…]}, ITEM one of
 *   [seq, PAYLOAD]          a packet, then its reply is read
 *   "join"                  the next packet goes out in one write with the one after it
 *   "login"                 the usual login (root, no password)
 *   {"raw": PAYLOAD}        bytes without a packet header
 *   "shut"                  the client ends its half of the connection
 * PAYLOAD: hex; or a list of hex, "'text" (a leading quote: the text itself), {"repeat": HEX, "times": N},
 * "@N" (the id, 4 bytes little-endian, of the N-th statement that this exchange prepared; ids are the server's choice). */
#ifndef HOTARU_TEST_MYSQL_CORPUS_H
#define HOTARU_TEST_MYSQL_CORPUS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { CORPUS_LINE_MAX = 1 << 20, CORPUS_ENTRIES_MAX = 100000, CORPUS_IDS_MAX = 16 };

struct corpus_entry {
    char *class_name; /* owned */
    char *text;       /* the statement (bytes, NUL behind), or the exchange's name; owned */
    size_t text_len;
    bool new_session;
    char *session;    /* the !session line's settings or NULL; owned */
    json_t *client;   /* exchanges: the items; owned */
    json_t *recorded; /* the recorded reply or replies, NULL when there are none; owned */
    const char *file; /* borrowed from the command line */
    int line;
};
struct corpus {
    struct corpus_entry *entries;
    size_t count, cap;
};

/* Adds a file's entries. A statement file, a .jsonl of recorded statements ("statement", "reply") or of exchanges.
 * 0, or a negative errno with file and line in err. */
int corpus_load(struct corpus *c, const char *path, struct err *err);
/* Gives the statements of c the replies of a recorded file, in order; -EINVAL when a statement is not the same one. */
int corpus_join_recorded(struct corpus *c, const char *path, struct err *err);
void corpus_done(struct corpus *c);

/* Ids of the statements prepared so far in an exchange. */
struct corpus_ids {
    uint32_t id[CORPUS_IDS_MAX];
    size_t count;
};
/* A PAYLOAD's bytes; *ret_bytes is the caller's to free. An "@N" not prepared is 0. -EINVAL when it is not a payload. */
int corpus_payload(const json_t *payload, const struct corpus_ids *ids, uint8_t **ret_bytes, size_t *ret_len);
/* Hex digits to bytes; -EINVAL for anything else. *ret_bytes is the caller's to free. */
int corpus_unhex(const char *hex, uint8_t **ret_bytes, size_t *ret_len);

#endif

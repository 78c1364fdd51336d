/* What a transaction did to the rows of transactional tables, so that ROLLBACK, ROLLBACK TO and a failed statement undo it. */
#ifndef HOTARU_PROTOCOL_MYSQL_MY_UNDO_H
#define HOTARU_PROTOCOL_MYSQL_MY_UNDO_H

#include "protocol/mysql/my_ses.h"

#define MY_UNDO_ENTRIES_MAX 100000u
#define MY_UNDO_BYTES_MAX   (8u << 20) /* of rows that only the log keeps */
#define MY_UNDO_TABLES_MAX  64

/* Rows of table db.t: `after` was appended (before NULL), `before` at index `at` was removed (after NULL) or replaced by `after`.
 * Takes references of its own. Past the bounds the log is given up: what was done then stays done. */
void my_undo_note(struct my_conn *c, const char *db, const struct my_table *t, size_t at, struct my_row *before, struct my_row *after);
size_t my_undo_mark(const struct my_conn *c);
/* Undoes what was noted since the mark, the latest first. A row that another session has changed meanwhile stays as it is. */
void my_undo_to(struct my_conn *c, size_t mark);
/* Forgets: the transaction is committed. */
void my_undo_clear(struct my_conn *c);

#endif

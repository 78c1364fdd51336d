/* What was recorded of a real server: the tab-separated files of a persona's facts folder (doc/format/persona.md). */
#ifndef HOTARU_PROTOCOL_MYSQL_MY_FACTS_H
#define HOTARU_PROTOCOL_MYSQL_MY_FACTS_H

#include "protocol/mysql/world/my_kit.h"

/* Reads a file of the facts folder into the kit's arena; in cells \\t, \\n and \\\\ stand for tab, newline and backslash.
 * A file that is not required and not there leaves *ret as it is. -ENOENT, -EINVAL with file and line, -ENOMEM in err. */
int my_tsv_load(struct my_kit *k, const char *name, bool required, struct my_tsv *ret, struct err *err);
/* "" when the row has no such column. */
const char *my_tsv_cell(const struct my_tsv *t, size_t row, size_t col);
int my_tsv_col(const struct my_tsv *t, const char *head); /* index or -1; folds case */

/* tables.tsv, show.tsv and the rows of tables; versions without them have none. */
int my_facts_load(struct my_kit *k, struct err *err);
int my_fact_table(const struct my_kit *k, const char *schema, const char *table); /* row of tables.tsv or -1; folds case */
const char *my_fact_of_table(const struct my_kit *k, int row, const char *head);  /* cell of tables.tsv; NULL: none, or SQL NULL */
const struct my_tsv *my_fact_rows(const struct my_kit *k, const char *schema, const char *table); /* NULL: none recorded */

#endif

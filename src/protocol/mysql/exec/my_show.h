/* What the SHOW statements share. */
#ifndef HOTARU_MY_SHOW_H
#define HOTARU_MY_SHOW_H

#include "protocol/mysql/exec/my_sel.h"

struct my_val my_sv(const char *s);
void my_show_warnings(struct my_run *r, struct my_stmt *st, bool errors_only);
void my_show_count(struct my_run *r, bool errors);
void my_show_create_table(struct my_run *r, struct my_stmt *st);
void my_show_create_db(struct my_run *r, struct my_stmt *st);
void my_show_create_routine(struct my_run *r, struct my_stmt *st);
void my_show_privileges(struct my_run *r);
/* Column definitions as recorded for SHOW `key` (show.tsv); columns without a name get the recorded one. Returns how many the
 * server has; 0: nothing was recorded for this version, and cols are as before. */
size_t my_show_recorded(struct my_run *r, const char *key, struct my_result_col *cols, size_t n);
void my_empty_result(struct my_run *r, const char *key, const char *const *names, const uint32_t *lens, size_t n);
void my_show_engine_status(struct my_run *r, struct my_stmt *st);

#endif

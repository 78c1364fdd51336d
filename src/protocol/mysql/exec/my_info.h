/* information_schema and what SHOW reads from it. */
#ifndef HOTARU_PROTOCOL_MYSQL_MY_INFO_H
#define HOTARU_PROTOCOL_MYSQL_MY_INFO_H

#include "protocol/mysql/expr/my_eval.h"

/* The table's columns, filled from `source` (a table of information_schema, or "VARIABLES:GLOBAL" …). */
struct my_rel *my_info_fill(struct my_run *r, const char *table, const char *source, const char *alias);

#endif

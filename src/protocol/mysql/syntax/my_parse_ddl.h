/* What the files of the DDL grammar share. */
#ifndef HOTARU_MY_PARSE_DDL_H
#define HOTARU_MY_PARSE_DDL_H

#include "protocol/mysql/syntax/my_parse.h"

uint32_t my_p_int_token(struct my_parse *p);
struct my_col_def *my_p_column_def(struct my_parse *p);
void my_p_key_parts(struct my_parse *p, struct my_key_def *k);
void my_p_key_options(struct my_parse *p, struct my_key_def *k);
/* A key definition when one begins here, else NULL. */
struct my_key_def *my_p_key_def(struct my_parse *p);
/* One table option when one begins here. */
bool my_p_table_option(struct my_parse *p, struct my_table_opts *o);
void my_p_table_options(struct my_parse *p, struct my_table_opts *o);
/* PARTITION BY … to the end of the statement: its parts are read for balance only. */
void my_p_partition_by(struct my_parse *p);
bool my_p_if_exists(struct my_parse *p);
bool my_p_if_not_exists(struct my_parse *p);
void my_p_db_options(struct my_parse *p, struct my_stmt *st);
void my_p_create_view(struct my_parse *p, struct my_stmt *st); /* from ALGORITHM or VIEW on */
void my_p_create(struct my_parse *p, struct my_stmt *st);
void my_p_drop(struct my_parse *p, struct my_stmt *st);

#endif

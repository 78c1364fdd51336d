/* Between the parser's files: routines. */
#ifndef HOTARU_PROTOCOL_MYSQL_MY_PARSE_ROUTINE_H
#define HOTARU_PROTOCOL_MYSQL_MY_PARSE_ROUTINE_H

#include "protocol/mysql/syntax/my_parse.h"
#include "protocol/mysql/syntax/my_routine_ast.h"

#define MY_SP_VARS_MAX 512

/* A routine from its parameters on, or (triggers, events, BEGIN NOT ATOMIC) its body alone. */
enum my_sp_what { MY_SP_PROCEDURE, MY_SP_FUNCTION, MY_SP_TRIGGER, MY_SP_EVENT };
struct my_sp *my_p_routine(struct my_parse *p, enum my_sp_what what);
struct my_stmt *my_p_statement(struct my_parse *p);
/* BEGIN NOT ATOMIC … END. */
void my_p_atomic(struct my_parse *p, struct my_stmt *st);
/* From a text that is kept: the same forms. NULL: p holds the error. */
struct my_sp *my_parse_routine(struct my_parse *p, struct arena *arena, const struct my_parse_env *env, const char *text, size_t len,
                               enum my_sp_what what);
/* "BEFORE INSERT ON [db.]t FOR EACH ROW body". 0 or -EINVAL. */
int my_parse_trigger_head(struct my_parse *p, struct arena *arena, const struct my_parse_env *env, const char *text, size_t len, bool *ret_before,
                          enum my_sqlcom *ret_event, const char **ret_db, const char **ret_table, const char **ret_body);
/* The slot of a variable that is visible; -1: none. */
int my_p_var(const struct my_parse *p, const char *name);

/* The same for NEW.column and OLD.column of a trigger; an error when there is no such column. -1: no row is named so. */
int my_p_row_column(struct my_parse *p, const char *row, const char *column);

#endif

/* Between the files that run CREATE, ALTER, DROP and RENAME. */
#ifndef HOTARU_PROTOCOL_MYSQL_MY_DDL_H
#define HOTARU_PROTOCOL_MYSQL_MY_DDL_H

#include "protocol/mysql/expr/my_eval.h"

/* ---- my_ddl.c ---- */
/* An error that only DDL knows. */
void my_ddl_fail(struct my_run *r, uint16_t code, const char *state, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* A name as this server stores it: lower case where names fold. */
const char *my_ddl_name(struct my_run *r, const char *name);
bool my_ddl_name_ok(struct my_run *r, const char *name, enum my_err wrong);
struct my_db *my_ddl_db(struct my_run *r, const char **db); /* for new tables: 1046, 1044, 1049 */
bool my_ddl_charset_ok(struct my_run *r, const char *charset, const char *collate);

/* ---- my_ddl_col.c ---- */
/* Of a table in this engine whose strings are in coll unless they say otherwise. */
struct my_ddl_kind {
    const char *engine;
    const struct my_coll *coll;
};
bool my_ddl_width_ok(struct my_run *r, const struct my_col_def *d);
bool my_ddl_columns_ok(struct my_run *r, const struct my_col_def *defs, const struct my_key_def *keys, const struct my_ddl_kind *kind);
/* The value as the column's text. strict: false when it does not fit, else it is cut with a warning (row: its number). */
bool my_ddl_store(struct my_run *r, const struct my_column *c, const struct my_val *v, const struct my_meta *m, bool strict, long row,
                  struct my_cell *ret);
bool my_ddl_default(struct my_run *r, struct my_table *t, struct my_column *c, struct my_expr *dflt);
struct my_cell my_ddl_missing(struct my_run *r, const struct my_column *c); /* what a row gets that says nothing */
void my_ddl_def_of(struct my_run *r, const struct my_result_col *col, struct my_col_def *ret, const struct my_column **ret_from);
bool my_ddl_unique_ok(struct my_run *r, const struct my_table *t);

/* ---- my_check.c ---- */
void my_checks_define(struct my_run *r, const struct my_col_def *cols, const struct my_key_def *keys, struct my_table *t);
void my_checks_carry(const struct my_table *from, struct my_table *t);

/* ---- my_ddl_table.c, my_ddl_alter.c ---- */
void my_ddl_create_table(struct my_run *r, struct my_stmt *st);
const char *my_ddl_engine(struct my_run *r, const char *want, const char *table, bool temporary);
void my_ddl_alter_table(struct my_run *r, struct my_stmt *st);

#endif

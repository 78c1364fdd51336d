/* Between the files that make information_schema's rows. */
#ifndef HOTARU_MY_INFO_FILL_H
#define HOTARU_MY_INFO_FILL_H

#include "protocol/mysql/exec/my_info.h"

struct my_fill {
    struct my_run *r;
    struct my_rel *rel;
    const struct my_table *t;
    struct my_val *row;
};

/* A row: begin, cells by column name (a name this version lacks is passed over), row. */
void my_fill_begin(struct my_fill *f);
void my_fill_row(struct my_fill *f);
void my_fill_set(struct my_fill *f, const char *col, struct my_val v);
void my_fill_text(struct my_fill *f, const char *col, const char *s); /* NULL: NULL */
void my_fill_num(struct my_fill *f, const char *col, uint64_t v);
void my_fill_when(struct my_fill *f, const char *col, int64_t us);
void my_fill_catalog(struct my_fill *f, const char *col);
void my_fill_cell(struct my_fill *f, const char *col, const char *v); /* text of a facts file: a number where the column is one */
/* Databases: information_schema is 0, the others follow by name. */
bool my_fill_db(const struct my_world *w, size_t i, const struct my_db **ret);
/* A facts file whose columns are those of the table. */
void my_fill_tsv(struct my_fill *f, const struct my_tsv *t, const char *const *cols, size_t n);

void my_info_applicability(struct my_fill *f);
void my_info_applicable_roles(struct my_fill *f);
void my_info_charsets(struct my_fill *f);
void my_info_collations(struct my_fill *f);
void my_info_column_privileges(struct my_fill *f);
void my_info_columns(struct my_fill *f);
void my_info_enabled_roles(struct my_fill *f);
void my_info_engines(struct my_fill *f);
void my_info_global_variables(struct my_fill *f);
void my_info_key_usage(struct my_fill *f);
void my_info_partitions(struct my_fill *f);
void my_info_plugins(struct my_fill *f);
void my_info_processlist(struct my_fill *f);
void my_info_routines(struct my_fill *f);
void my_info_schema_privileges(struct my_fill *f);
void my_info_schemata(struct my_fill *f);
void my_info_session_variables(struct my_fill *f);
void my_info_show_global(struct my_fill *f);
void my_info_show_session(struct my_fill *f);
void my_info_show_status(struct my_fill *f);
void my_info_statistics(struct my_fill *f);
void my_info_status(struct my_fill *f);
void my_info_system_variables(struct my_fill *f);
void my_info_table_constraints(struct my_fill *f);
void my_info_table_privileges(struct my_fill *f);
void my_info_tables(struct my_fill *f);
void my_info_user_privileges(struct my_fill *f);
void my_info_views(struct my_fill *f);

#endif

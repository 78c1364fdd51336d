/* What the statements on accounts share. */
#ifndef HOTARU_MY_USER_H
#define HOTARU_MY_USER_H

#include "protocol/mysql/exec/my_ddl.h"

/* Levels at which a privilege may be granted, besides the global one. */
enum { MY_ON_DB = 1, MY_ON_TABLE = 2 };
enum { MY_N_PRIVS = 28, MY_N_ACCOUNT_TABLES = 8 };

/* A privilege; col is also what the parser calls it. */
struct my_priv {
    const char *sql, *col, *in_set; /* in_set: element of tables_priv.Table_priv */
    unsigned levels;
};
extern const struct my_priv my_privs[MY_N_PRIVS]; /* in the order of SHOW GRANTS */

/* A cell to set: the column and its text. */
struct my_named {
    const char *column, *text;
};

void my_fail_as(struct my_run *r, uint16_t code, const char *state, const char *text);
void my_no_account(struct my_run *r); /* 1133 */
struct my_table *my_acl_table(struct my_run *r, const char *name, struct my_db **ret_db);
const char *my_cell_text(const struct my_table *t, const struct my_row *row, const char *col);
bool my_same_account(const struct my_table *t, const struct my_row *row, const char *user, const char *host);
int my_find_row(const struct my_table *t, const char *user, const char *host, const char *db, const char *table);
/* Writes row `at` (a new one when it is -1) with these cells; the others stay, or get their defaults. */
bool my_put_row(struct my_run *r, const char *table, int at, const struct my_named *set, size_t n);
bool my_remove_rows(struct my_run *r, const char *table, const char *user, const char *host, const char *db_name, const char *name);
int my_user_row(struct my_run *r, const char *user, const char *host);
void my_resolve_user(struct my_run *r, struct my_user_spec *u);
const char *my_hash_column(struct my_run *r);
bool my_put_user(struct my_run *r, const struct my_user_spec *u, int at);
extern const char *const my_account_tables[MY_N_ACCOUNT_TABLES];
void my_no_such_grant(struct my_run *r, const struct my_user_spec *u);
bool my_in_set(const char *set, const char *one);
void my_grant(struct my_run *r, struct my_stmt *st);
void my_show_grants(struct my_run *r, struct my_stmt *st);

/* my_role.c: roles as MariaDB has them. */
void my_exec_role(struct my_run *r, struct my_stmt *st);
bool my_is_role(struct my_run *r, const char *name);

#endif

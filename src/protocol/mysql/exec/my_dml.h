/* What the statements that change rows share. */
#ifndef HOTARU_MY_DML_H
#define HOTARU_MY_DML_H

#include "protocol/mysql/exec/my_sel.h"
#include "protocol/mysql/exec/my_store.h"

struct my_dml {
    struct my_run *r;
    struct my_db *db;
    struct my_table *t;
    struct my_ctx x;
    struct my_rel *rel;
    struct my_store st;
    struct my_row **dead;
    size_t n_dead, cap_dead;
    struct my_select *returning; /* RETURNING: its list, over a table of the rows given back */
    struct my_table *back;
    struct my_expr **checks;   /* per column what generates it, per column its CHECK, then the table's (my_check.c) */
    bool checks_ready;
    uint64_t matched, changed, deleted, copied, records;
    bool ignore, innodb;
};

struct my_insert {
    struct my_dml d;
    const struct my_stmt *stm;
    size_t *cols;             /* columns given, in order */
    size_t n_cols;
    struct my_cell *cells;    /* the row under construction */
    struct my_val *vals;      /* and what expressions see of it */
    bool *given;
    bool replace, multi_row;
    uint64_t first_id, last_auto;
};

struct my_hit {
    size_t at;
    struct my_val *vals, **keys;
};

void *my_dml_get(struct my_run *r, size_t n);
bool my_keep_until_end(struct my_dml *d, struct my_row *row);
/* INSERT and DELETE … RETURNING of MariaDB: the list is resolved before rows change; then each row is given back. */
bool my_returning_begin(struct my_dml *d, struct my_item *items);
bool my_give_back(struct my_dml *d, const struct my_row *row);
void my_returning_send(struct my_dml *d);
/* Generated columns worked out, constraints held (4025): call when the row's cells are there. */
bool my_check_row(struct my_dml *d, struct my_cell *cells);
bool my_generated_free(struct my_dml *d, size_t col); /* a value is given for the column: 1906 when it is generated */
void my_dml_done(struct my_dml *d);
/* For ROLLBACK: call before the row at the index is replaced (after: by what) or removed (after NULL), and after an append. */
void my_dml_note(struct my_dml *d, size_t at, struct my_row *before, struct my_row *after);
bool my_dml_open(struct my_dml *d, struct my_run *r, const char *db, const char *name, bool ignore);
void my_no_room(struct my_run *r, const struct my_table *t);
struct my_val *my_row_vals(struct my_run *r, const struct my_table *t, const struct my_row *row);
/* Row that the cells collide with, other than `self`; SIZE_MAX: none. */
size_t my_find_duplicate(struct my_dml *d, const struct my_cell *cells, size_t self, const struct my_key **ret_key);
void my_duplicate_error(struct my_dml *d, const struct my_cell *cells, const struct my_key *k);
bool my_target_is_free(struct my_dml *d, const struct my_expr *where, const struct my_assign *assigns);
bool my_choose_columns(struct my_insert *in);
bool my_ctx_of_table(struct my_dml *d);
/* Cells of the columns that were not named, before the values come. */
bool my_begin_row(struct my_insert *in);
bool my_put_value(struct my_insert *in, size_t col, const struct my_val *v, const struct my_meta *m);
struct my_cell *my_row_copy(struct my_run *r, const struct my_table *t, const struct my_row *row);
bool my_same_cells(const struct my_table *t, const struct my_row *a, const struct my_cell *b);
/* col = expr over the row's values so far, left to right (manual, "UPDATE Statement"). */
bool my_assign(struct my_dml *d, struct my_ctx *x, size_t rel, const struct my_assign *a, struct my_cell *cells, struct my_val *vals);
bool my_replace_row(struct my_dml *d, size_t at, const struct my_cell *cells);
bool my_end_row(struct my_insert *in);
void my_changed_something(struct my_dml *d);
void my_exec_insert(struct my_run *r, struct my_stmt *st);
uint64_t my_limit_of(struct my_run *r, struct my_expr *e);
bool my_delete_hits(struct my_dml *d, struct my_hit *hits, size_t n);
void my_update_info(struct my_run *r, const struct my_dml *d);
void my_exec_update(struct my_run *r, struct my_stmt *st);
void my_exec_delete(struct my_run *r, struct my_stmt *st);
void my_exec_multi(struct my_run *r, struct my_stmt *st);
void my_exec_truncate(struct my_run *r, struct my_stmt *st);
void my_exec_load(struct my_run *r, struct my_stmt *st);

#endif

/* Expressions: names resolved, types derived (what the column definition on the wire says), values computed. */
#ifndef HOTARU_PROTOCOL_MYSQL_MY_EVAL_H
#define HOTARU_PROTOCOL_MYSQL_MY_EVAL_H

#include "protocol/mysql/expr/my_func.h"
#include "protocol/mysql/my_ses.h"

struct my_relcol {
    const char *name;
    struct my_meta m;
};

/* A table as a select reads it: rows of values. */
struct my_rel {
    const char *db, *name, *alias; /* alias: what names it in this select */
    struct my_relcol *cols;
    size_t n_cols;
    struct my_table *table;     /* base table, or NULL */
    struct my_db *dbp;
    struct my_val **rows;       /* in the statement's arena */
    size_t n_rows, cap_rows;
    bool info_schema, derived, system_const; /* system_const: at most one row, read before the rest */
    bool null_row_ok;           /* right side of an outer join */
    const struct my_tref *ref;
    struct my_select *pending;  /* fills the rows when the columns have been sent */
};

/* The tables of one select, and the row they stand at. */
struct my_ctx {
    struct my_rel **rels;
    struct my_val **row;        /* per relation; NULL: not bound (outer join: all NULL) */
    size_t n;
    struct my_ctx *outer;
    struct my_item *items;      /* for aliases in GROUP BY, HAVING, ORDER BY */
    bool aliases_first, aliases_ok;
    struct my_val *slots;       /* aggregates of the group */
    size_t n_aggs;
    struct my_expr **aggs;
    size_t cap_aggs;
    bool agg_ok;                /* aggregates may stand here */
    bool used_outer;            /* a name was found further out: the subselect depends on its row */
    struct my_select *select;
    size_t visible;             /* JOIN … ON sees only the tables so far: 0 all */
};

struct my_eval {
    struct my_run *r;
    struct my_ctx *ctx;
    const char *clause;         /* "field list", "where clause", … of error 1054 */
};

/* Resolves and types; errors go to r. */
void my_fix(struct my_eval *ev, struct my_expr *e);
struct my_val my_eval_expr(struct my_eval *ev, struct my_expr *e);
/* An expression without tables around it. */
void my_fix_const(struct my_run *r, struct my_expr *e);
struct my_val my_eval_const(struct my_run *r, struct my_expr *e);
/* SQL truth: 1, 0, -1 for NULL. */
int my_truth(const struct my_val *v);

/* Compares as MySQL does for values of these types: -1, 0, 1; NULLs must be dealt with before. */
int my_compare(struct my_eval *ev, const struct my_val *a, const struct my_meta *ma, const struct my_val *b, const struct my_meta *mb);
int my_coll_compare(const struct my_coll *c, const char *a, size_t n, const char *b, size_t m);
/* The collation two strings meet in; NULL: error 1267. */
const struct my_coll *my_coll_meet(const struct my_meta *a, const struct my_meta *b, struct my_meta *ret);
size_t my_chars(const struct my_coll *c, const char *s, size_t n); /* characters in it */
size_t my_char_bytes(const struct my_coll *c, const char *s, size_t n, size_t chars); /* bytes of the first chars */

/* One value of a column's stored text, and back. */
struct my_val my_cell_val(const struct my_column *c, const struct my_cell *cell);
struct my_meta my_column_meta(const struct my_column *c, const char *db, const char *alias, const char *table);

/* Work: false once the statement has done too much (error 1317). */
bool my_step(struct my_run *r, uint64_t n);

/* The name a select item's column bears. */
const char *my_item_name(struct my_run *r, const struct my_item *it);

/* ---- my_select.c ---- */
struct my_rows {                /* a result in memory */
    struct my_result_col *cols;
    size_t n_cols;
    struct my_val **rows;
    size_t n_rows, cap_rows;
    size_t found;               /* FOUND_ROWS() */
    bool depends;               /* on the row around it */
    void (*ready)(struct my_run *r, const struct my_rows *rows); /* called once, when columns and their number are known and no row is */
};
/* A copy as it was parsed, for a second run; NULL with an error. */
struct my_select *my_select_copy(struct my_run *r, const struct my_select *s); /* my_sub.c */
/* Runs a select (with its unions) into memory. outer: the row around it, or NULL. limit: stop after so many rows (0: none). */
void my_select_run(struct my_run *r, struct my_select *s, struct my_ctx *outer, size_t limit, struct my_rows *ret);
/* The same for the statement itself: ready is called when its columns are known. */
void my_select_run_ready(struct my_run *r, struct my_select *s, void (*ready)(struct my_run *r, const struct my_rows *rows), struct my_rows *ret);
/* Columns only. */
void my_select_describe(struct my_run *r, struct my_select *s, struct my_ctx *outer, struct my_rows *ret);
bool my_rows_add(struct my_run *r, struct my_rows *rows, struct my_val *vals);
/* Subselect as a value, EXISTS, IN, ANY/ALL. */
void my_fix_sub(struct my_eval *ev, struct my_expr *e);
/* The one row of a subselect that is compared with a row. false: there is none (a NULL), or an error. */
bool my_sub_row(struct my_eval *ev, struct my_expr *e, const struct my_val **ret_vals, const struct my_result_col **ret_cols);
struct my_val my_eval_sub(struct my_eval *ev, struct my_expr *e);

/* Opens a table as a relation; rows are read. */
struct my_rel *my_rel_open(struct my_run *r, const char *db, const char *name, const char *alias, struct my_select *s);
struct my_rel *my_info_rel(struct my_run *r, const char *name, const char *alias, struct my_select *s); /* my_info.c */
struct my_ctx my_ctx_of(struct my_run *r, size_t max);

/* How a date or time text breaks down. */
struct my_time {
    int year, month, day, hour, minute, second;
    unsigned us;
    bool neg, is_time;
};
bool my_time_parse(const char *s, size_t n, struct my_time *ret); /* a date or a date and time */
bool my_time_parse_time(const char *s, size_t n, struct my_time *ret);
bool my_time_of(struct my_eval *ev, struct my_val *v, const struct my_meta *m, struct my_time *ret);
size_t my_time_text(const struct my_time *t, uint8_t type, uint8_t dec, char *buf, size_t n);
int64_t my_days(int y, int m, int d);              /* since year 0, as TO_DAYS */
void my_days_back(int64_t days, int *y, int *m, int *d);
void my_local_time(int64_t us, struct my_time *ret);

/* Typing helpers for functions. */
void my_fix_int(struct my_kit *k, struct my_expr *e, uint32_t len, bool maybe_null, bool unsigned_);
void my_fix_str(struct my_eval *ev, struct my_expr *e, const struct my_coll *c, uint64_t chars, uint8_t dec, bool maybe_null);
void my_fix_string_type(struct my_meta *m);
bool my_any_maybe_null(const struct my_expr *e);
struct my_val my_text_out(struct my_eval *ev, const char *s, size_t n);
struct my_val my_arg_text(struct my_eval *ev, struct my_expr *e, size_t i, const struct my_val *args);
bool my_too_big(struct my_eval *ev, const char *func, size_t n); /* over max_allowed_packet: warning 1301 */
const struct my_coll *my_conn_coll(const struct my_eval *ev);
/* The type of a value that is one or the other (IF, CASE, COALESCE, UNION): *m takes b in. */
void my_unify(struct my_eval *ev, struct my_meta *m, const struct my_meta *b);
/* Lengths of such numbers go through a precision without sign (agg_num_lengths). from, has_else: see MY_X_CASE. */
void my_finish_hybrid(struct my_eval *ev, struct my_meta *m, struct my_expr *e, size_t from, size_t has_else);

/* An expression as the server prints it in errors and SHOW. */
const char *my_expr_print(struct my_run *r, const struct my_expr *e);
/* Dates in arithmetic are numbers: 20200102030405. Other values stay as they are. */
struct my_val my_temporal_number(struct my_eval *ev, const struct my_val *v, const struct my_meta *m);

/* A value as DATE, TIME or DATETIME text; NULL with a warning when it is none. */
struct my_val my_to_temporal(struct my_eval *ev, const struct my_val *v, const struct my_meta *m, uint8_t type, uint8_t dec);

/* ---- my_udf.c ---- */
/* Stored functions (my_routine.c). Whether there is one: then e is fixed or the run has failed. */
bool my_fix_routine(struct my_eval *ev, struct my_expr *e, const char *db);
struct my_val my_eval_routine(struct my_eval *ev, struct my_expr *e);
void my_fix_udf_call(struct my_eval *ev, struct my_expr *e);
struct my_val my_eval_udf_call(struct my_eval *ev, struct my_expr *e);

#endif

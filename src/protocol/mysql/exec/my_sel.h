/* Between the files that run a SELECT. */
#ifndef HOTARU_PROTOCOL_MYSQL_MY_SEL_H
#define HOTARU_PROTOCOL_MYSQL_MY_SEL_H

#include "protocol/mysql/expr/my_eval.h"

struct my_plan {
    struct my_select *s;
    struct my_ctx x;
    size_t n_items;
    struct my_expr **on;       /* join condition per table */
    uint64_t limit, offset;
    bool grouped, empty;       /* empty: the optimizer sees that no row can come */
    bool semi_join;
    const struct my_val *keys; /* of the group that is shown */
    size_t **order_of;         /* rows in index order, where an index is read */
    bool **right_seen;
    uint8_t access[64];        /* enum my_access per table */
};
enum my_access { MY_ACC_ALL, MY_ACC_CONST, MY_ACC_REF, MY_ACC_RANGE, MY_ACC_INDEX, MY_ACC_SYSTEM };

struct my_sink {
    bool (*row)(struct my_run *r, struct my_plan *pl, struct my_sink *sink); /* false: enough */
};

/* my_optimize.c: which tables an index would serve, what that does to row order and status bits. */
void my_optimize(struct my_run *r, struct my_plan *pl);
void my_access_flags(struct my_run *r, struct my_plan *pl);
bool my_where_uses_index(const struct my_table *t, const struct my_expr *where); /* of UPDATE and DELETE; where resolved, or NULL */

void my_cte_rows(struct my_run *r, struct my_cte *c, struct my_rows *ret); /* my_select_union.c: rows of a WITH table */

void my_rels_fill(struct my_run *r, struct my_ctx *x); /* my_select_from.c: derived tables that waited */

/* my_fn_agg.c */
struct my_agg_state {
    struct my_val v;
    uint64_t n;
    double mean, m2;
    struct my_dec sum;
    double dsum;
    uint64_t bits;
    struct my_val *seen;       /* DISTINCT */
    size_t n_seen, cap_seen;
    char *text;
    size_t len, cap;
    struct my_val **items;     /* GROUP_CONCAT with ORDER BY: value, keys */
    size_t n_items, cap_items;
    bool cut;
};
void my_agg_begin(struct my_run *r, struct my_expr *e, struct my_agg_state *st);
void my_agg_add(struct my_eval *ev, struct my_expr *e, struct my_agg_state *st);
struct my_val my_agg_end(struct my_run *r, struct my_expr *e, struct my_agg_state *st);

void my_as_temp_field(struct my_run *r, struct my_meta *m);
struct my_rel *my_rel_of_table(struct my_run *r, struct my_db *db, struct my_table *t, const char *alias);

/* my_files.c */
bool my_file_may_write(struct my_run *r, const char *path);
void my_select_to_file(struct my_run *r, struct my_select *s, const struct my_rows *rows);

#endif

/* What the stages of a SELECT share. */
#ifndef HOTARU_MY_SELECT_H
#define HOTARU_MY_SELECT_H

#include "protocol/mysql/exec/my_sel.h"

struct my_group {
    struct my_val *keys, *slots;
    struct my_val **row;       /* the first row: values of columns outside the groups */
    struct my_agg_state *states;
    struct my_group *next;        /* in order of appearance */
    struct my_group *chain;
};

struct my_group_sink {
    struct my_sink sink;
    struct my_group *first, **last;
    struct my_group **buckets;
    size_t n_buckets, n_groups, n_keys;
    struct my_val **last_row;  /* of the last group, for ROLLUP */
};

void *my_run_get(struct my_run *r, size_t n);
/* A pseudo row of NULLs for outer joins. */
struct my_val *my_null_row(struct my_run *r, const struct my_rel *rel);
bool my_open_tables(struct my_run *r, struct my_plan *pl);
bool my_expand_stars(struct my_run *r, struct my_plan *pl);
void my_limit_value(struct my_run *r, struct my_expr *e, uint64_t *ret);
bool my_resolve(struct my_run *r, struct my_plan *pl);
void my_scan(struct my_run *r, struct my_plan *pl, struct my_sink *sink);
uint64_t my_hash_val(const struct my_coll *c, const struct my_val *v);
bool my_same_val(struct my_eval *ev, const struct my_val *a, const struct my_val *b, const struct my_meta *m);
struct my_group *my_group_new(struct my_run *r, struct my_plan *pl, size_t n_keys);
bool my_group_row(struct my_run *r, struct my_plan *pl, struct my_sink *sink);
/* One SELECT without its unions. */
void my_run_block(struct my_run *r, struct my_select *s, struct my_ctx *outer, size_t limit, bool rows, struct my_rows *ret);

#endif

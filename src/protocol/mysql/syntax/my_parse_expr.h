/* What the files of the expression grammar share. */
#ifndef HOTARU_MY_PARSE_EXPR_H
#define HOTARU_MY_PARSE_EXPR_H

#include "protocol/mysql/syntax/my_parse.h"

struct my_expr *my_p_expr_new(struct my_parse *p, enum my_op op);
struct my_expr **my_p_args_new(struct my_parse *p, size_t n);
struct my_expr *my_p_null_literal(struct my_parse *p);
struct my_expr *my_p_call_native(struct my_parse *p, const char *name, struct my_expr **args, size_t n);
int my_p_unit_of(struct my_parse *p);
struct my_expr *my_p_name_or_call(struct my_parse *p);
struct my_expr *my_p_subselect(struct my_parse *p, enum my_op op);
bool my_p_select_ahead(struct my_parse *p);
/* The function that a keyword calls (CURRENT_DATE, …); NULL: none. */
const char *my_p_word_func(enum my_kw kw);
struct my_expr *my_p_negative(struct my_parse *p, struct my_expr *e); /* -e; MariaDB makes one literal of it */
/* ---- my_parse_select.c, my_parse_with.c ---- */
struct my_item *my_p_select_item(struct my_parse *p, bool first); /* first: * may stand here */
void my_p_with(struct my_parse *p);                               /* from WITH on; fills p->ctes */
void my_p_cte_named(struct my_parse *p, struct my_tref *t);       /* sets t->cte when the name here is one of WITH */
struct my_select *my_p_value_lists(struct my_parse *p);           /* from VALUES on */

#endif

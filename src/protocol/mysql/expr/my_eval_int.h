/* What the files of the evaluator share. */
#ifndef HOTARU_MY_EVAL_INT_H
#define HOTARU_MY_EVAL_INT_H

#include "protocol/mysql/expr/my_eval.h"

void my_fix_name(struct my_eval *ev, struct my_expr *e);
void my_fix_sysvar(struct my_eval *ev, struct my_expr *e);
void my_fix_uservar(struct my_eval *ev, struct my_expr *e);
struct my_val my_eval_uservar(struct my_eval *ev, const struct my_expr *e);
void my_fix_literal(struct my_eval *ev, struct my_expr *e);
void my_fix_param(struct my_eval *ev, struct my_expr *e);
void my_fix_case(struct my_eval *ev, struct my_expr *e);
struct my_val my_eval_case(struct my_eval *ev, struct my_expr *e);

#endif

/* What the operators share. */
#ifndef HOTARU_MY_FN_OP_H
#define HOTARU_MY_FN_OP_H

#include "protocol/mysql/expr/my_eval.h"

void my_fix_real(struct my_eval *ev, struct my_expr *e, uint8_t dec, bool null);

#endif

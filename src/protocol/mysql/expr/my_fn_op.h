/* What the operators share. */
#ifndef HOTARU_MY_FN_OP_H
#define HOTARU_MY_FN_OP_H

#include "protocol/mysql/expr/my_eval.h"

/* Item::decimal_precision: digits before and behind the point. */
uint32_t my_precision(const struct my_expr *e);
uint32_t my_length_of(uint32_t prec, uint8_t dec, bool uns); /* my_decimal_precision_to_length */
void my_fix_real(struct my_eval *ev, struct my_expr *e, uint8_t dec, bool null);

#endif

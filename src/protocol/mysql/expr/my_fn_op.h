/* What the operators share. */
#ifndef HOTARU_MY_FN_OP_H
#define HOTARU_MY_FN_OP_H

#include "protocol/mysql/expr/my_eval.h"

bool my_is_hybrid(const struct my_expr *e); /* 0x41, b'1': a number where one is wanted */
struct my_val my_hexnum(const struct my_expr *e, struct my_val v);
void my_warn_number(struct my_eval *ev, const struct my_val *v, const char *type); /* warning 1292 when v is a text and no number */
struct my_val my_by_zero(struct my_eval *ev); /* NULL, with the warning that the mode asks for */
/* Item::decimal_precision: digits before and behind the point. */
uint32_t my_precision(const struct my_expr *e);
uint32_t my_length_of(uint32_t prec, uint8_t dec, bool uns); /* my_decimal_precision_to_length */
void my_fix_real(struct my_eval *ev, struct my_expr *e, uint8_t dec, bool null);

#endif

/* What the string functions share. */
#ifndef HOTARU_MY_FN_STR_H
#define HOTARU_MY_FN_STR_H

#include "protocol/mysql/expr/my_eval.h"

uint64_t my_chars_of(const struct my_meta *m);
void my_fix_meet(struct my_eval *ev, struct my_expr *e, size_t from, size_t step, uint64_t chars, bool null);
void my_fix_int10(struct my_eval *ev, struct my_expr *e);
struct my_val my_join(struct my_eval *ev, struct my_expr *e, struct my_val *args, size_t from, const struct my_val *sep);
bool my_const_i64(struct my_eval *ev, struct my_expr *a, int64_t *ret);
bool my_const_null(struct my_eval *ev, struct my_expr *a); /* NULL itself: MariaDB gives length 0 */
void my_fix_same(struct my_eval *ev, struct my_expr *e);

#endif

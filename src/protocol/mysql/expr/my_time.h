/* Dates and times between the files that work on them. */
#ifndef HOTARU_MY_TIME_H
#define HOTARU_MY_TIME_H

#include "protocol/mysql/expr/my_eval.h"

/* Item::time_precision: places behind the second that a value of this expression may have; a text of its own has what it shows. */
uint8_t my_time_places(struct my_eval *ev, struct my_expr *a);
bool my_leap(int y);
int my_month_days(int y, int m);
bool my_valid_date(const struct my_time *t);
int my_two_digit_year(int y);
struct my_val my_time_val(struct my_eval *ev, const struct my_time *t, uint8_t type, uint8_t dec);
void my_fix_temporal(struct my_eval *ev, struct my_expr *e, uint8_t type, uint8_t dec, bool null);
int64_t my_stmt_now(struct my_eval *ev);
void my_fix_6(struct my_eval *ev, struct my_expr *e);
bool my_time_arg(struct my_eval *ev, struct my_expr *e, struct my_val *args, struct my_time *t);
int my_weekday(const struct my_time *t);
int my_week_number(const struct my_time *t, unsigned mode, int *ret_year);
unsigned my_week_mode(int64_t m);
extern const char *const my_day_names[];
extern const char *const my_month_names[];
void my_fix_date_format(struct my_eval *ev, struct my_expr *e); /* args[1] is the format */
void my_fix_timestamp(struct my_eval *ev, struct my_expr *e);
void my_fix_sec_to_time(struct my_eval *ev, struct my_expr *e);
struct my_val my_format_time(struct my_eval *ev, const struct my_time *t, const char *f, size_t n);
struct my_val my_add_us(struct my_eval *ev, const struct my_time *t, __int128 us, uint8_t type, uint8_t dec);

#endif

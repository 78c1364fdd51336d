/* Option values that are numbers. */
#ifndef HOTARU_CMD_ARG_H
#define HOTARU_CMD_ARG_H

#include <stdint.h>

#include "base/err.h"

/* A whole number from 0 to max, decimal digits only. 0, or -EINVAL with "--option: 'text' is not …". */
int arg_number(const char *option, const char *text, uint64_t max, uint64_t *ret, struct err *err);
/* A number above 0 and up to max. */
int arg_real(const char *option, const char *text, double max, double *ret, struct err *err);

#endif

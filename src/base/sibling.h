/* The programs that are installed beside this one. */
#ifndef HOTARU_BASE_SIBLING_H
#define HOTARU_BASE_SIBLING_H

#include <limits.h>

#include "base/err.h"

/* The path of program `name` in the folder of the running program. 0, or -ENOENT. */
int sibling_path(const char *name, char ret[static PATH_MAX], struct err *err);

#endif

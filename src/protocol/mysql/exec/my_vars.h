/* What SET and the variables share. */
#ifndef HOTARU_MY_VARS_H
#define HOTARU_MY_VARS_H

#include "protocol/mysql/my_ses.h"
#include "protocol/mysql/world/my_sysvars.h"

const char *my_numtext(struct my_run *r, long long v);

#endif

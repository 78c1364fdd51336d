/* What the files of the administration grammar share. */
#ifndef HOTARU_MY_PARSE_ADMIN_H
#define HOTARU_MY_PARSE_ADMIN_H

#include "protocol/mysql/syntax/my_parse.h"

void my_p_signal(struct my_parse *p, struct my_stmt *st);          /* SIGNAL, RESIGNAL */
void my_p_get_diagnostics(struct my_parse *p, struct my_stmt *st);
void my_p_grant(struct my_parse *p, struct my_stmt *st, bool revoke);

#endif

/* What the files of the administration grammar share. */
#ifndef HOTARU_MY_PARSE_ADMIN_H
#define HOTARU_MY_PARSE_ADMIN_H

#include "protocol/mysql/syntax/my_parse.h"

void my_p_signal(struct my_parse *p, struct my_stmt *st);          /* SIGNAL, RESIGNAL */
void my_p_get_diagnostics(struct my_parse *p, struct my_stmt *st);
void my_p_grant(struct my_parse *p, struct my_stmt *st, bool revoke);
/* Into st->users. */
void my_p_user_list(struct my_parse *p, struct my_stmt *st, bool identified);
/* REQUIRE … and WITH … of GRANT and CREATE USER. */
void my_p_account_options(struct my_parse *p, struct my_stmt *st);

#endif

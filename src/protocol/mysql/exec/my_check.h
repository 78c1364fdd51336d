/* May this session do that? (MySQL manual, "Access Control, Stage 2: Request Verification") */
#ifndef HOTARU_MY_CHECK_H
#define HOTARU_MY_CHECK_H

#include "protocol/mysql/my_ses.h"

/* Bits in the order of my_privs (my_user.h), and the right to grant. */
enum my_right {
    MY_P_SELECT, MY_P_INSERT, MY_P_UPDATE, MY_P_DELETE, MY_P_CREATE, MY_P_DROP, MY_P_RELOAD, MY_P_SHUTDOWN, MY_P_PROCESS, MY_P_FILE,
    MY_P_REFERENCES, MY_P_INDEX, MY_P_ALTER, MY_P_SHOW_DB, MY_P_SUPER, MY_P_CREATE_TMP, MY_P_LOCK, MY_P_EXECUTE, MY_P_REPL_SLAVE,
    MY_P_REPL_CLIENT, MY_P_CREATE_VIEW, MY_P_SHOW_VIEW, MY_P_CREATE_ROUTINE, MY_P_ALTER_ROUTINE, MY_P_CREATE_USER, MY_P_EVENT,
    MY_P_TRIGGER, MY_P_CREATE_TABLESPACE, MY_P_GRANT,
};

/* Global rights are those of the login; changes of them reach new connections only. */
bool my_may(struct my_run *r, enum my_right right);
bool my_may_on_table(struct my_run *r, enum my_right right, const char *db, const char *table);
/* Any right there: what makes a database or table visible. */
bool my_sees_db(struct my_run *r, const char *db);
bool my_sees_table(struct my_run *r, const char *db, const char *table);
/* False, with the server's error, when the statement as a whole is not allowed. Tables that are only read are checked where
 * they are opened: my_check_read. */
bool my_check_stmt(struct my_run *r, const struct my_stmt *st);
bool my_check_read(struct my_run *r, const char *db, const char *table);
bool my_check_file(struct my_run *r); /* FILE, of SELECT … INTO and LOAD DATA */

#endif

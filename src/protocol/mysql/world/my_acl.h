/* The accounts as the server holds them in memory: what GRANT and FLUSH PRIVILEGES loaded, whatever became of schema mysql since. */
#ifndef HOTARU_PROTOCOL_MYSQL_MY_ACL_H
#define HOTARU_PROTOCOL_MYSQL_MY_ACL_H

#include "protocol/mysql/world/my_world.h"

/* A privilege table as loaded ("user", "db", "tables_priv", …); NULL: this version has none. */
const struct my_table *my_acl_loaded(const struct my_world *w, const char *name);
/* Takes the tables of schema mysql as they are now; a table that was dropped keeps what was loaded before. */
void my_acl_load(struct my_world *w);
void my_acl_copy(struct my_world *to, const struct my_world *from);
void my_acl_done(struct my_world *w);

#endif

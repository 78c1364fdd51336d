#include "protocol/mysql/world/my_acl.h"

#include <string.h>

static const char *const names[MY_N_ACL] = {"user", "db", "tables_priv", "columns_priv", "procs_priv", "proxies_priv", "roles_mapping"};

const struct my_table *my_acl_loaded(const struct my_world *w, const char *name)
{
    for (size_t i = 0; i < MY_N_ACL; i++)
        if (strcmp(names[i], name) == 0)
            return w->acl[i];
    return NULL;
}

void my_acl_load(struct my_world *w)
{
    const struct my_db *db = my_world_db(w, "mysql");
    for (size_t i = 0; db && i < MY_N_ACL; i++) {
        struct my_table *t = my_db_table(w, db, names[i]);
        if (!t || t == w->acl[i])
            continue;
        my_table_unref(w->acl[i]);
        w->acl[i] = my_table_ref(t);
    }
}

void my_acl_copy(struct my_world *to, const struct my_world *from)
{
    for (size_t i = 0; i < MY_N_ACL; i++)
        to->acl[i] = from->acl[i] ? my_table_ref(from->acl[i]) : NULL;
}

void my_acl_done(struct my_world *w)
{
    for (size_t i = 0; i < MY_N_ACL; i++)
        my_table_unref(w->acl[i]);
}

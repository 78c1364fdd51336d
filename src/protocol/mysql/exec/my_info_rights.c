/* information_schema: what accounts may, and roles. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/exec/my_check.h"
#include "protocol/mysql/exec/my_info_fill.h"
#include "protocol/mysql/world/my_acl.h"

/* Global privileges in the order of SHOW PRIVILEGES' bits, per account of mysql.user. */
static const struct {
    const char *name, *col;
} privs[] = {{"SELECT", "Select_priv"}, {"INSERT", "Insert_priv"}, {"UPDATE", "Update_priv"}, {"DELETE", "Delete_priv"}, {"CREATE", "Create_priv"},
             {"DROP", "Drop_priv"}, {"RELOAD", "Reload_priv"}, {"SHUTDOWN", "Shutdown_priv"}, {"PROCESS", "Process_priv"}, {"FILE", "File_priv"},
             {"REFERENCES", "References_priv"}, {"INDEX", "Index_priv"}, {"ALTER", "Alter_priv"}, {"SHOW DATABASES", "Show_db_priv"},
             {"SUPER", "Super_priv"}, {"CREATE TEMPORARY TABLES", "Create_tmp_table_priv"}, {"LOCK TABLES", "Lock_tables_priv"},
             {"EXECUTE", "Execute_priv"}, {"REPLICATION SLAVE", "Repl_slave_priv"}, {"REPLICATION CLIENT", "Repl_client_priv"},
             {"CREATE VIEW", "Create_view_priv"}, {"SHOW VIEW", "Show_view_priv"}, {"CREATE ROUTINE", "Create_routine_priv"},
             {"ALTER ROUTINE", "Alter_routine_priv"}, {"CREATE USER", "Create_user_priv"}, {"EVENT", "Event_priv"}, {"TRIGGER", "Trigger_priv"},
             {"CREATE TABLESPACE", "Create_tablespace_priv"}};

static const char *cell_of(const struct my_table *t, const struct my_row *row, const char *col)
{
    int i = my_table_col(t, col);
    return i >= 0 && (uint32_t)i < row->n && !row->cell[i].null ? row->cell[i].p : "";
}

/* hostname_requires_resolving() of sql_acl.cc: a name, neither localhost nor an address or a pattern of one. */
static bool needs_resolving(const char *host)
{
    if (!*host || strcasecmp(host, "localhost") == 0)
        return false;
    return !strchr(host, ':') && host[strspn(host, "0123456789.%_/")] != '\0';
}

static void privilege_row(struct my_fill *f, const char *grantee, const char *name, bool grant)
{
    my_fill_begin(f);
    my_fill_text(f, "GRANTEE", grantee);
    my_fill_catalog(f, "TABLE_CATALOG");
    my_fill_text(f, "PRIVILEGE_TYPE", name);
    my_fill_text(f, "IS_GRANTABLE", grant ? "YES" : "NO");
    my_fill_row(f);
}

void my_info_user_privileges(struct my_fill *f)
{
    const struct my_table *t = my_acl_loaded(f->r->w, "user");
    for (size_t i = 0; t && i < t->n_rows; i++) {
        const struct my_row *row = t->rows[i];
        if (my_var_on(f->r, "skip_name_resolve") && needs_resolving(cell_of(t, row, "Host")))
            continue; /* such accounts are left out when they are loaded */
        char who[200];
        (void)snprintf(who, sizeof who, "'%s'@'%s'", cell_of(t, row, "User"), cell_of(t, row, "Host"));
        char *own = arena_copy(f->r->arena, who, strlen(who));
        bool grant = cell_of(t, row, "Grant_priv")[0] == 'Y', some = false;
        for (size_t p = 0; p < sizeof privs / sizeof *privs && my_ok(f->r); p++) {
            if (cell_of(t, row, privs[p].col)[0] != 'Y')
                continue;
            some = true;
            privilege_row(f, own, f->r->kit->mariadb && strcmp(privs[p].name, "REPLICATION CLIENT") == 0 ? "BINLOG MONITOR" : privs[p].name, grant);
        }
        static const char *const later[] = {"DELETE HISTORY", "SET USER", "FEDERATED ADMIN", "CONNECTION ADMIN", "READ_ONLY ADMIN", "REPLICATION SLAVE ADMIN",
                                            "REPLICATION MASTER ADMIN", "BINLOG ADMIN", "BINLOG REPLAY", "SLAVE MONITOR"};
        for (size_t p = 0; f->r->kit->mariadb && cell_of(t, row, "Super_priv")[0] == 'Y' && p < sizeof later / sizeof *later; p++)
            privilege_row(f, own, later[p], grant);
        if (!some) {
            my_fill_begin(f);
            my_fill_text(f, "GRANTEE", own);
            my_fill_catalog(f, "TABLE_CATALOG");
            my_fill_text(f, "PRIVILEGE_TYPE", "USAGE");
            my_fill_text(f, "IS_GRANTABLE", "NO");
            my_fill_row(f);
        }
    }
}

/* Each element of a SET of rights, in capitals: the rows of TABLE_ and COLUMN_PRIVILEGES. */
static void each_right(struct my_fill *f, const struct my_table *t, const struct my_row *row, const char *set_col, const char *column)
{
    const char *set = cell_of(t, row, set_col);
    char who[400];
    (void)snprintf(who, sizeof who, "'%s'@'%s'", cell_of(t, row, "User"), cell_of(t, row, "Host"));
    char *own = arena_copy(f->r->arena, who, strlen(who));
    bool grant = strstr(cell_of(t, row, "Table_priv"), "Grant") != NULL;
    while (*set && my_ok(f->r)) {
        size_t n = strcspn(set, ",");
        char *name = arena_copy(f->r->arena, set, n);
        for (char *p = name; p && *p; p++)
            *p = (char)(*p >= 'a' && *p <= 'z' ? *p - 32 : *p);
        set += n + (set[n] == ',');
        if (!name || strcmp(name, "GRANT") == 0)
            continue;
        my_fill_begin(f);
        my_fill_text(f, "GRANTEE", own);
        my_fill_catalog(f, "TABLE_CATALOG");
        my_fill_text(f, "TABLE_SCHEMA", cell_of(t, row, "Db"));
        my_fill_text(f, "TABLE_NAME", cell_of(t, row, "Table_name"));
        if (column)
            my_fill_text(f, "COLUMN_NAME", column);
        my_fill_text(f, "PRIVILEGE_TYPE", name);
        my_fill_text(f, "IS_GRANTABLE", grant ? "YES" : "NO");
        my_fill_row(f);
    }
}
void my_info_table_privileges(struct my_fill *f)
{
    const struct my_table *t = my_acl_loaded(f->r->w, "tables_priv");
    for (size_t i = 0; t && i < t->n_rows; i++)
        each_right(f, t, t->rows[i], "Table_priv", NULL);
}
void my_info_column_privileges(struct my_fill *f)
{
    const struct my_table *t = my_acl_loaded(f->r->w, "columns_priv");
    for (size_t i = 0; t && i < t->n_rows; i++)
        each_right(f, t, t->rows[i], "Column_priv", cell_of(t, t->rows[i], "Column_name"));
}
void my_info_schema_privileges(struct my_fill *f)
{
    const struct my_table *t = my_acl_loaded(f->r->w, "db");
    for (size_t i = 0; t && i < t->n_rows; i++) {
        char who[400];
        (void)snprintf(who, sizeof who, "'%s'@'%s'", cell_of(t, t->rows[i], "User"), cell_of(t, t->rows[i], "Host"));
        char *own = arena_copy(f->r->arena, who, strlen(who));
        for (size_t p = 0; p < sizeof privs / sizeof *privs && my_ok(f->r); p++)
            if (cell_of(t, t->rows[i], privs[p].col)[0] == 'Y') {
                my_fill_begin(f);
                my_fill_text(f, "GRANTEE", own);
                my_fill_catalog(f, "TABLE_CATALOG");
                my_fill_text(f, "TABLE_SCHEMA", cell_of(t, t->rows[i], "Db"));
                my_fill_text(f, "PRIVILEGE_TYPE", privs[p].name);
                my_fill_text(f, "IS_GRANTABLE", cell_of(t, t->rows[i], "Grant_priv")[0] == 'Y' ? "YES" : "NO");
                my_fill_row(f);
            }
    }
}
void my_info_enabled_roles(struct my_fill *f)
{
    my_fill_begin(f);
    my_fill_text(f, "ROLE_NAME", f->r->c->role[0] ? f->r->c->role : NULL);
    my_fill_row(f);
}
void my_info_applicable_roles(struct my_fill *f)
{
    const struct my_table *t = my_acl_loaded(f->r->w, "roles_mapping");
    char who[400];
    (void)snprintf(who, sizeof who, "%s@%s", f->r->c->user, f->r->c->priv_host);
    for (size_t i = 0; t && i < t->n_rows; i++) {
        if (strcmp(cell_of(t, t->rows[i], "User"), f->r->c->user) != 0 || strcasecmp(cell_of(t, t->rows[i], "Host"), f->r->c->priv_host) != 0)
            continue;
        my_fill_begin(f);
        my_fill_text(f, "GRANTEE", arena_copy(f->r->arena, who, strlen(who)));
        my_fill_text(f, "ROLE_NAME", cell_of(t, t->rows[i], "Role"));
        my_fill_text(f, "IS_GRANTABLE", cell_of(t, t->rows[i], "Admin_option")[0] == 'Y' ? "YES" : "NO");
        my_fill_text(f, "IS_DEFAULT", "NO");
        my_fill_row(f);
    }
}

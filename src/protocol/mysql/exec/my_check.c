#include "protocol/mysql/exec/my_check.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/exec/my_user.h"
#include "protocol/mysql/world/my_acl.h"
#include "protocol/mysql/world/my_facts.h"

#define BIT(right) (UINT64_C(1) << (right))

/* ---- what the account has ---- */
static uint64_t row_rights(const struct my_table *t, const struct my_row *row)
{
    uint64_t bits = 0;
    for (size_t i = 0; i <= MY_N_PRIVS; i++) {
        char col[40];
        (void)snprintf(col, sizeof col, "%s_priv", i < MY_N_PRIVS ? my_privs[i].col : "Grant");
        int at = my_table_col(t, col);
        if (at < 0 || ((uint32_t)at < row->n && !row->cell[at].null && row->cell[at].p[0] == 'Y'))
            bits |= BIT(i); /* a right this version does not know stands in nobody's way */
    }
    return bits;
}

static bool is_mine(struct my_run *r, const struct my_table *t, const struct my_row *row)
{
    const char *host = my_cell_text(t, row, "Host"), *user = my_cell_text(t, row, "User");
    return (!user[0] || strcmp(user, r->c->user) == 0) && (strcasecmp(host, r->c->priv_host) == 0 || !host[0] || my_wild(host, r->c->host));
}

static uint64_t global_rights(struct my_run *r)
{
    if (r->c->rights_known)
        return r->c->rights;
    const struct my_table *t = my_acl_loaded(r->w, "user");
    r->c->rights_known = true;
    r->c->rights = t ? 0 : UINT64_MAX;
    for (size_t i = 0; t && i < t->n_rows; i++)
        if (my_same_account(t, t->rows[i], r->c->user, r->c->priv_host))
            r->c->rights = row_rights(t, t->rows[i]);
    return r->c->rights;
}

static bool has_all(struct my_run *r)
{
    uint64_t all = BIT(MY_P_GRANT + 1) - 1;
    return (global_rights(r) & all) == all;
}

static uint64_t db_rights(struct my_run *r, const char *db)
{
    const struct my_table *t = my_acl_loaded(r->w, "db");
    uint64_t bits = 0;
    for (size_t i = 0; t && i < t->n_rows; i++)
        if (is_mine(r, t, t->rows[i]) && my_wild(my_cell_text(t, t->rows[i], "Db"), db))
            for (size_t p = 0; p <= MY_N_PRIVS; p++) {
                char col[40];
                (void)snprintf(col, sizeof col, "%s_priv", p < MY_N_PRIVS ? my_privs[p].col : "Grant");
                if (my_cell_text(t, t->rows[i], col)[0] == 'Y')
                    bits |= BIT(p);
            }
    return bits | global_rights(r);
}

/* table NULL: of any table of the database. */
static uint64_t table_rights(struct my_run *r, const char *db, const char *table)
{
    const struct my_table *t = my_acl_loaded(r->w, "tables_priv");
    uint64_t bits = 0;
    for (size_t i = 0; t && i < t->n_rows; i++) {
        const struct my_row *row = t->rows[i];
        if (!is_mine(r, t, row) || strcasecmp(my_cell_text(t, row, "Db"), db) != 0 ||
            (table && strcmp(my_cell_text(t, row, "Table_name"), table) != 0))
            continue;
        for (size_t p = 0; p < MY_N_PRIVS; p++)
            if (my_privs[p].in_set && (my_in_set(my_cell_text(t, row, "Table_priv"), my_privs[p].in_set) ||
                                       my_in_set(my_cell_text(t, row, "Column_priv"), my_privs[p].in_set)))
                bits |= BIT(p);
        if (my_in_set(my_cell_text(t, row, "Table_priv"), "Grant"))
            bits |= BIT(MY_P_GRANT);
    }
    return bits;
}

bool my_may(struct my_run *r, enum my_right right)
{
    return (global_rights(r) & BIT(right)) != 0;
}

static bool on_db(struct my_run *r, enum my_right right, const char *db)
{
    return (db_rights(r, db) & BIT(right)) != 0;
}

bool my_may_on_table(struct my_run *r, enum my_right right, const char *db, const char *table)
{
    return has_all(r) || my_is_info_schema(db) || on_db(r, right, db) || (table_rights(r, db, table) & BIT(right));
}

/* Rights that say nothing about any database. */
#define SERVER_RIGHTS (BIT(MY_P_RELOAD) | BIT(MY_P_SHUTDOWN) | BIT(MY_P_PROCESS) | BIT(MY_P_FILE) | BIT(MY_P_SUPER) | BIT(MY_P_REPL_SLAVE) | \
                       BIT(MY_P_REPL_CLIENT) | BIT(MY_P_CREATE_USER) | BIT(MY_P_CREATE_TABLESPACE) | BIT(MY_P_GRANT))

bool my_sees_db(struct my_run *r, const char *db)
{
    if (has_all(r) || my_is_info_schema(db))
        return true;
    uint64_t unknown = 0; /* rights that no account can lack are no sign */
    const struct my_table *t = my_acl_loaded(r->w, "user");
    for (size_t p = 0; t && p < MY_N_PRIVS; p++) {
        char col[40];
        (void)snprintf(col, sizeof col, "%s_priv", my_privs[p].col);
        unknown |= my_table_col(t, col) < 0 ? BIT(p) : 0;
    }
    return ((db_rights(r, db) | table_rights(r, db, NULL)) & ~(SERVER_RIGHTS | unknown)) != 0;
}

bool my_sees_table(struct my_run *r, const char *db, const char *table)
{
    if (has_all(r) || my_is_info_schema(db))
        return true;
    return ((db_rights(r, db) & ~(SERVER_RIGHTS | BIT(MY_P_SHOW_DB))) | table_rights(r, db, table)) != 0;
}

/* ---- refusals ---- */
static bool deny_db(struct my_run *r, const char *db)
{
    my_fail(r, MY_ER_DBACCESS_DENIED, r->c->user, r->c->priv_host, db);
    return false;
}

static bool deny_right(struct my_run *r, const char *names)
{
    my_fail(r, MY_ER_SPECIFIC_ACCESS_DENIED, names);
    return false;
}

static bool deny_table(struct my_run *r, const char *what, const char *db, const char *table)
{
    char text[600];
    if (r->kit->mariadb)
        (void)snprintf(text, sizeof text, "%s command denied to user '%s'@'%s' for table `%s`.`%s`", what, r->c->user, r->c->host, db, table);
    else
        (void)snprintf(text, sizeof text, "%s command denied to user '%s'@'%s' for table '%s'", what, r->c->user, r->c->host, table);
    my_fail_as(r, 1142, "42000", text);
    return false;
}

static bool deny_login(struct my_run *r)
{
    const struct my_table *t = my_acl_loaded(r->w, "user");
    bool with = false;
    for (size_t i = 0; t && i < t->n_rows; i++)
        if (my_same_account(t, t->rows[i], r->c->user, r->c->priv_host))
            with = my_cell_text(t, t->rows[i], "Password")[0] || my_cell_text(t, t->rows[i], "authentication_string")[0];
    char text[400];
    (void)snprintf(text, sizeof text, "Access denied for user '%s'@'%s' (using password: %s)", r->c->user, r->c->priv_host, with ? "YES" : "NO");
    my_fail_as(r, 1045, "28000", text);
    return false;
}

bool my_check_file(struct my_run *r)
{
    if (my_may(r, MY_P_FILE))
        return true;
    return r->kit->mariadb ? deny_right(r, "FILE") : deny_login(r);
}

bool my_check_read(struct my_run *r, const char *db, const char *table)
{
    return my_may_on_table(r, MY_P_SELECT, db, table) || deny_table(r, "SELECT", db, table);
}

/* ---- statements ---- */
static const char *db_of(struct my_run *r, const char *db)
{
    return db ? db : r->c->db;
}

static bool need_table(struct my_run *r, enum my_right right, const char *what, const char *db, const char *table)
{
    db = db_of(r, db);
    return !db[0] || !table || my_may_on_table(r, right, db, table) || deny_table(r, what, db, table);
}

static bool need_tables(struct my_run *r, enum my_right right, const char *what, const struct my_stmt *st)
{
    if (st->name && !need_table(r, right, what, st->db, st->name))
        return false;
    for (const struct my_name *n = st->names; n; n = n->next)
        if (n->name && !need_table(r, right, what, n->db, n->name))
            return false;
    for (const struct my_tref *t = st->tables; t; t = t->next)
        if (!t->derived && t->name && !need_table(r, right, what, t->db, t->name))
            return false;
    return true;
}

static bool need_db(struct my_run *r, enum my_right right, const char *db)
{
    db = db_of(r, db);
    if (my_is_info_schema(db))
        return deny_db(r, "information_schema");
    return !db[0] || on_db(r, right, db) || deny_db(r, db);
}

static bool check_set(struct my_run *r, const struct my_stmt *st)
{
    for (const struct my_assign *a = st->assigns; a; a = a->next) {
        if (a->kind == MY_SET_PASSWORD && a->user && a->user->user &&
            (strcmp(a->user->user, r->c->user) != 0 || strcasecmp(a->user->host, r->c->priv_host) != 0) && !on_db(r, MY_P_UPDATE, "mysql"))
            return deny_db(r, "mysql");
        const struct my_sysvar *v = a->kind == MY_SET_SYSVAR && a->scope == MY_SCOPE_GLOBAL ? my_sysvar_find(r->kit, a->name) : NULL;
        if (v && !v->read_only && !my_may(r, MY_P_SUPER))
            return deny_right(r, v->set_needs ? v->set_needs : "SUPER");
    }
    return true;
}

static bool check_grant(struct my_run *r, const struct my_stmt *st)
{
    bool named = st->name && st->name[0];
    const char *db = st->db && st->db[0] ? st->db : r->c->db;
    if (!st->db && !st->name)
        return my_may(r, MY_P_GRANT) || deny_login(r);
    if (!named)
        return on_db(r, MY_P_GRANT, db) || deny_db(r, db);
    return my_may_on_table(r, MY_P_GRANT, db, st->name) || deny_table(r, "GRANT", db, st->name);
}

static bool check_show(struct my_run *r, const struct my_stmt *st)
{
    const char *db = db_of(r, st->db);
    switch (st->com) {
    case MY_Q_SHOW_ENGINE:
        return my_may(r, MY_P_PROCESS) || deny_right(r, "PROCESS");
    case MY_Q_SHOW_MASTER_STATUS:
    case MY_Q_SHOW_BINLOGS:
        return my_may(r, MY_P_SUPER) || my_may(r, MY_P_REPL_CLIENT) || deny_right(r, r->kit->mariadb ? "SUPER, BINLOG MONITOR" : "SUPER, REPLICATION CLIENT");
    case MY_Q_SHOW_SLAVE_STATUS:
        return my_may(r, MY_P_SUPER) || my_may(r, MY_P_REPL_CLIENT) || deny_right(r, r->kit->mariadb ? "SUPER, SLAVE MONITOR" : "SUPER, REPLICATION CLIENT");
    case MY_Q_SHOW_SLAVE_HOSTS:
    case MY_Q_SHOW_BINLOG_EVENTS:
        return my_may(r, MY_P_REPL_SLAVE) || deny_right(r, r->kit->mariadb ? "REPLICATION MASTER ADMIN" : "REPLICATION SLAVE");
    case MY_Q_SHOW_GRANTS:
        if (!st->users || !st->users->user || (strcmp(st->users->user, r->c->user) == 0 && strcasecmp(st->users->host, r->c->priv_host) == 0))
            return true;
        return on_db(r, MY_P_SELECT, "mysql") || deny_db(r, "mysql");
    case MY_Q_SHOW_TABLES:
    case MY_Q_SHOW_TABLE_STATUS:
    case MY_Q_SHOW_TRIGGERS:
        return !db[0] || my_sees_db(r, db) || deny_db(r, db);
    case MY_Q_SHOW_CREATE_DB:
        return my_sees_db(r, st->name) || deny_db(r, st->name);
    case MY_Q_SHOW_COLUMNS:
    case MY_Q_SHOW_KEYS:
        return !db[0] || my_sees_table(r, db, st->name) || deny_table(r, "SELECT", db, st->name);
    case MY_Q_SHOW_CREATE_TABLE:
        return !db[0] || my_sees_table(r, db, st->name) || deny_table(r, "SHOW", db, st->name);
    default:
        return true;
    }
}

static bool check_tables(struct my_run *r, const struct my_stmt *st)
{
    switch (st->com) {
    case MY_Q_INSERT:
        return need_tables(r, MY_P_INSERT, "INSERT", st);
    case MY_Q_REPLACE:
        return need_tables(r, MY_P_DELETE, "DELETE", st) && need_tables(r, MY_P_INSERT, "INSERT", st);
    case MY_Q_LOAD:
        return (st->local || my_check_file(r)) && need_tables(r, MY_P_INSERT, "INSERT", st);
    case MY_Q_UPDATE:
        return need_tables(r, MY_P_UPDATE, "UPDATE", st);
    case MY_Q_DELETE:
        return need_tables(r, MY_P_DELETE, "DELETE", st);
    case MY_Q_TRUNCATE:
    case MY_Q_DROP_TABLE:
    case MY_Q_DROP_VIEW:
        return st->temporary || need_tables(r, MY_P_DROP, "DROP", st);
    case MY_Q_CREATE_TABLE:
        return st->temporary ? need_db(r, MY_P_CREATE_TMP, st->db) : need_tables(r, MY_P_CREATE, "CREATE", st);
    case MY_Q_ALTER_TABLE:
        return need_tables(r, MY_P_ALTER, "ALTER", st);
    case MY_Q_RENAME_TABLE:
        return need_tables(r, MY_P_ALTER, "ALTER", st) && need_tables(r, MY_P_DROP, "DROP", st);
    case MY_Q_CREATE_INDEX:
    case MY_Q_DROP_INDEX:
        return need_tables(r, MY_P_INDEX, "INDEX", st);
    case MY_Q_CREATE_VIEW:
        return need_tables(r, MY_P_CREATE_VIEW, "CREATE VIEW", st);
    default:
        return true;
    }
}

/* mysql.user of MariaDB: its definer may read and delete, no more. */
static bool writes_own_view(struct my_run *r, const struct my_stmt *st)
{
    const char *db = db_of(r, st->tables && !st->name ? st->tables->db : st->db), *name = st->name ? st->name : st->tables ? st->tables->name : NULL;
    const struct my_table *t = db[0] && name ? my_find_table(r, db, name, NULL, true) : NULL;
    if (!t || !t->shown_as_view || st->com == MY_Q_DELETE)
        return false;
    char text[400];
    if (st->com == MY_Q_INSERT || st->com == MY_Q_REPLACE || st->com == MY_Q_UPDATE) {
        (void)snprintf(text, sizeof text, "View '%.64s.%.64s' references invalid table(s) or column(s) or function(s) or definer/invoker of view lack rights to use them", db, t->name);
        my_fail_as(r, 1356, "HY000", text);
    } else if (st->com == MY_Q_TRUNCATE) {
        my_fail(r, MY_ER_NO_SUCH_TABLE, db, t->name);
    } else {
        return false;
    }
    return true;
}

bool my_check_stmt(struct my_run *r, const struct my_stmt *st)
{
    if (r->kit->tables.n_rows && writes_own_view(r, st))
        return false;
    if (has_all(r))
        return true;
    switch (st->com) {
    case MY_Q_CREATE_DB:
        return need_db(r, MY_P_CREATE, st->name);
    case MY_Q_ALTER_DB:
        return need_db(r, MY_P_ALTER, st->name);
    case MY_Q_DROP_DB:
        return need_db(r, MY_P_DROP, st->name);
    case MY_Q_CREATE_USER:
    case MY_Q_DROP_USER:
    case MY_Q_RENAME_USER:
    case MY_Q_ALTER_USER:
    case MY_Q_CREATE_ROLE:
    case MY_Q_DROP_ROLE:
        return my_may(r, MY_P_CREATE_USER) || deny_right(r, "CREATE USER");
    case MY_Q_GRANT:
    case MY_Q_REVOKE:
        return check_grant(r, st);
    case MY_Q_FLUSH:
    case MY_Q_RESET:
        return my_may(r, MY_P_RELOAD) || deny_right(r, "RELOAD");
    case MY_Q_SHUTDOWN:
        return my_may(r, MY_P_SHUTDOWN) || deny_right(r, "SHUTDOWN");
    case MY_Q_CHANGE_MASTER:
    case MY_Q_SLAVE:
    case MY_Q_PURGE:
        return my_may(r, MY_P_SUPER) || deny_right(r, "SUPER");
    case MY_Q_CREATE_UDF:
        return need_db(r, MY_P_INSERT, "mysql");
    case MY_Q_INSTALL:
        return need_table(r, MY_P_INSERT, "INSERT", "mysql", "plugin");
    case MY_Q_UNINSTALL:
        return need_table(r, MY_P_DELETE, "DELETE", "mysql", "plugin");
    case MY_Q_CREATE_ROUTINE:
        return need_db(r, MY_P_CREATE_ROUTINE, st->db);
    case MY_Q_DROP_ROUTINE:
        return need_db(r, MY_P_ALTER_ROUTINE, st->db);
    case MY_Q_CREATE_EVENT:
    case MY_Q_DROP_EVENT:
        return need_db(r, MY_P_EVENT, st->db);
    case MY_Q_SET:
        return check_set(r, st);
    default:
        return st->com >= MY_Q_SHOW_DATABASES ? check_show(r, st) : check_tables(r, st);
    }
}

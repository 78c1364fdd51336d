/* Accounts: rows of the privilege tables, CREATE, DROP, RENAME and ALTER USER. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/exec/my_user.h"
#include "protocol/mysql/expr/my_eval.h"
#include "protocol/mysql/my_crypt.h"
#include "protocol/mysql/world/my_acl.h"

const struct my_priv my_privs[MY_N_PRIVS] = {
    {"SELECT", "Select", "Select", MY_ON_DB | MY_ON_TABLE},
    {"INSERT", "Insert", "Insert", MY_ON_DB | MY_ON_TABLE},
    {"UPDATE", "Update", "Update", MY_ON_DB | MY_ON_TABLE},
    {"DELETE", "Delete", "Delete", MY_ON_DB | MY_ON_TABLE},
    {"CREATE", "Create", "Create", MY_ON_DB | MY_ON_TABLE},
    {"DROP", "Drop", "Drop", MY_ON_DB | MY_ON_TABLE},
    {"RELOAD", "Reload", NULL, 0},
    {"SHUTDOWN", "Shutdown", NULL, 0},
    {"PROCESS", "Process", NULL, 0},
    {"FILE", "File", NULL, 0},
    {"REFERENCES", "References", "References", MY_ON_DB | MY_ON_TABLE},
    {"INDEX", "Index", "Index", MY_ON_DB | MY_ON_TABLE},
    {"ALTER", "Alter", "Alter", MY_ON_DB | MY_ON_TABLE},
    {"SHOW DATABASES", "Show_db", NULL, 0},
    {"SUPER", "Super", NULL, 0},
    {"CREATE TEMPORARY TABLES", "Create_tmp_table", NULL, MY_ON_DB},
    {"LOCK TABLES", "Lock_tables", NULL, MY_ON_DB},
    {"EXECUTE", "Execute", NULL, MY_ON_DB},
    {"REPLICATION SLAVE", "Repl_slave", NULL, 0},
    {"REPLICATION CLIENT", "Repl_client", NULL, 0},
    {"CREATE VIEW", "Create_view", "Create View", MY_ON_DB | MY_ON_TABLE},
    {"SHOW VIEW", "Show_view", "Show view", MY_ON_DB | MY_ON_TABLE},
    {"CREATE ROUTINE", "Create_routine", NULL, MY_ON_DB},
    {"ALTER ROUTINE", "Alter_routine", NULL, MY_ON_DB},
    {"CREATE USER", "Create_user", NULL, 0},
    {"EVENT", "Event", NULL, MY_ON_DB},
    {"TRIGGER", "Trigger", "Trigger", MY_ON_DB | MY_ON_TABLE},
    {"CREATE TABLESPACE", "Create_tablespace", NULL, 0},
};

void my_fail_as(struct my_run *r, uint16_t code, const char *state, const char *text)
{
    if (!my_ok(r))
        return;
    my_fail_text(r, MY_ER_CANNOT_USER, text);
    r->err_code = code;
    (void)snprintf(r->err_state, sizeof r->err_state, "%s", state);
    if (r->c->n_conds)
        r->c->conds[r->c->n_conds - 1].code = code;
}

void my_no_account(struct my_run *r)
{
    if (r->kit->mariadb)
        my_fail_as(r, 1133, "28000", "Can't find any matching row in the user table");
    else
        my_fail(r, MY_ER_PASSWORD_NO_MATCH);
}

/* ---- rows of the privilege tables ---- */
struct my_table *my_acl_table(struct my_run *r, const char *name, struct my_db **ret_db)
{
    *ret_db = my_world_db(r->w, "mysql");
    return *ret_db ? my_db_table(r->w, *ret_db, name) : NULL;
}

const char *my_cell_text(const struct my_table *t, const struct my_row *row, const char *col)
{
    int i = my_table_col(t, col);
    return i >= 0 && (uint32_t)i < row->n && !row->cell[i].null ? row->cell[i].p : "";
}

bool my_same_account(const struct my_table *t, const struct my_row *row, const char *user, const char *host)
{
    return strcmp(my_cell_text(t, row, "User"), user) == 0 && strcasecmp(my_cell_text(t, row, "Host"), host) == 0;
}

int my_find_row(const struct my_table *t, const char *user, const char *host, const char *db, const char *table)
{
    for (size_t i = 0; t && i < t->n_rows; i++) {
        const struct my_row *row = t->rows[i];
        if (my_same_account(t, row, user, host) && (!db || strcmp(my_cell_text(t, row, "Db"), db) == 0) &&
            (!table || strcmp(my_cell_text(t, row, "Table_name"), table) == 0))
            return (int)i;
    }
    return -1;
}

static struct my_cell cell_of(const char *s)
{
    return (struct my_cell){.p = (char *)(uintptr_t)s, .n = (uint32_t)strlen(s)};
}

static struct my_cell default_cell(struct my_run *r, const struct my_column *c)
{
    if (c->default_now) {
        struct my_time now;
        char text[40];
        my_local_time(r->now_us, &now);
        size_t n = my_time_text(&now, c->type.type, 0, text, sizeof text);
        char *own = arena_copy(r->arena, text, n);
        return own ? (struct my_cell){.p = own, .n = (uint32_t)n} : cell_of("");
    }
    if (c->dflt)
        return (struct my_cell){.p = c->dflt, .n = (uint32_t)c->dflt_len};
    if (!c->not_null)
        return (struct my_cell){.null = true};
    if (c->type.type == MY_T_ENUM && c->type.n_values)
        return cell_of(c->type.values[0]);
    return cell_of(my_result_of(c->wire_type) == MY_RES_STR ? "" : "0");
}

/* MariaDB keeps the account as JSON in mysql.global_priv and shows it as mysql.user; here it is the other way round. */
static void sync_global_priv(struct my_run *r, const struct my_table *user, const struct my_row *row)
{
    struct my_db *db;
    struct my_table *t = my_acl_table(r, "global_priv", &db);
    if (!t)
        return;
    static const unsigned bits[MY_N_PRIVS + 1] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 10};
    const uint64_t every = UINT64_C(549755813887); /* with those that the view has no column for */
    uint64_t access = 0;
    bool all = true;
    for (size_t i = 0; i <= MY_N_PRIVS; i++) {
        char col[40];
        (void)snprintf(col, sizeof col, "%s_priv", i < MY_N_PRIVS ? my_privs[i].col : "Grant");
        bool yes = strcmp(my_cell_text(user, row, col), "Y") == 0;
        access |= yes ? UINT64_C(1) << bits[i] : 0;
        all &= yes || i == MY_N_PRIVS;
    }
    if (all)
        access = access & 1u << 10 ? every : every & ~(UINT64_C(1) << 10);
    const char *host = my_cell_text(user, row, "Host"), *name = my_cell_text(user, row, "User"), *plugin = my_cell_text(user, row, "plugin");
    int at = my_find_row(t, name, host, NULL, NULL);
    const char *old = at >= 0 ? my_cell_text(t, t->rows[at], "Priv") : "";
    if (all && strstr(old, "\"access\":18446744073709551615"))
        access = UINT64_MAX;
    char version[40] = "", text[700];
    if (at < 0 || strstr(old, "version_id"))
        (void)snprintf(version, sizeof version, ",\"version_id\":%u", (unsigned)r->kit->version);
    if (strcmp(my_cell_text(user, row, "is_role"), "Y") == 0)
        (void)snprintf(text, sizeof text, "{\"access\":%llu%s,\"is_role\":true}", (unsigned long long)access, version);
    else
        (void)snprintf(text, sizeof text, "{\"access\":%llu%s,\"plugin\":\"%s\",\"authentication_string\":\"%.300s\",\"password_last_changed\":%lld}",
                       (unsigned long long)access, version, plugin[0] ? plugin : "mysql_native_password", my_cell_text(user, row, "authentication_string"),
                       (long long)(r->now_us / 1000000));
    char *own = arena_copy(r->arena, text, strlen(text));
    if (own)
        (void)my_put_row(r, "global_priv", at, (struct my_named[]){{"Host", host}, {"User", name}, {"Priv", own}}, 3);
}

bool my_put_row(struct my_run *r, const char *table, int at, const struct my_named *set, size_t n)
{
    struct my_db *db;
    struct my_table *t = my_acl_table(r, table, &db);
    if (!t) {
        my_fail(r, MY_ER_NO_SUCH_TABLE, "mysql", table);
        return false;
    }
    t = my_world_own(r->w, db, t);
    struct my_cell *cells = t ? arena_new(r->arena, (t->n_cols + 1) * sizeof *cells) : NULL;
    if (!cells) {
        my_fail(r, MY_ER_OUTOFMEMORY, 1024);
        return false;
    }
    for (size_t i = 0; i < t->n_cols; i++) {
        bool old = at >= 0 && i < t->rows[at]->n;
        cells[i] = old ? t->rows[at]->cell[i] : default_cell(r, &t->cols[i]);
        for (size_t j = 0; j < n; j++)
            if (strcasecmp(set[j].column, t->cols[i].name) == 0)
                cells[i] = cell_of(set[j].text);
    }
    struct my_row *row = my_row_new(t->n_cols, cells);
    if (row && strcmp(table, "user") == 0)
        sync_global_priv(r, t, row);
    if (row && at >= 0 && r->w->bytes + row->bytes < MY_WORLD_BYTES_MAX) {
        my_table_replace(r->w, t, (size_t)at, row);
        return true;
    }
    if (at >= 0) {
        my_row_unref(row);
        row = NULL;
    }
    if (my_table_append(r->w, t, row) < 0) {
        my_fail(r, MY_ER_OUTOFMEMORY, 1024);
        return false;
    }
    return true;
}

bool my_remove_rows(struct my_run *r, const char *table, const char *user, const char *host, const char *db_name, const char *name)
{
    struct my_db *db;
    struct my_table *t = my_acl_table(r, table, &db);
    bool some = false;
    for (int at = my_find_row(t, user, host, db_name, name); at >= 0; at = my_find_row(t, user, host, db_name, name)) {
        t = my_world_own(r->w, db, t);
        if (!t)
            return some;
        my_table_remove(r->w, t, (size_t)at);
        some = true;
    }
    return some;
}

int my_user_row(struct my_run *r, const char *user, const char *host)
{
    struct my_db *db;
    return my_find_row(my_acl_table(r, "user", &db), user, host, NULL, NULL);
}

/* ---- names and passwords ---- */
void my_resolve_user(struct my_run *r, struct my_user_spec *u)
{
    if (!u->user) {
        u->user = r->c->user;
        u->host = r->c->priv_host;
    }
}

static void list_user(struct wr *w, const struct my_user_spec *u)
{
    wr_fmt(w, "%s'%s'@'%s'", w->len ? "," : "", u->user, u->host);
}

static void fail_users(struct my_run *r, const char *what, struct wr *w)
{
    if (w->len) {
        char *list = arena_copy(r->arena, w->bytes, w->len);
        my_fail(r, MY_ER_CANNOT_USER, what, list ? list : "");
    }
    wr_done(w);
}

static bool hash_ok(struct my_run *r, const char *hash)
{
    size_t n = strlen(hash);
    if (n == 0 || n == 16 || (n == 41 && hash[0] == '*'))
        return true;
    my_fail(r, MY_ER_PASSWD_LENGTH, 41);
    return false;
}

/* The stored form of what IDENTIFIED … said; NULL: nothing said, or an error. */
static const char *spec_hash(struct my_run *r, const struct my_user_spec *u)
{
    if (u->hash)
        return hash_ok(r, u->hash) ? u->hash : NULL;
    if (!u->password)
        return NULL;
    char hash[42];
    if (my_var_on(r, "old_passwords") && r->kit->version < 50700) {
        char old[17];
        my_old_hash(u->password, strlen(u->password), old);
        return arena_copy(r->arena, old, strlen(old));
    }
    my_native_hash(u->password, strlen(u->password), hash);
    return arena_copy(r->arena, hash, strlen(hash));
}

const char *my_hash_column(struct my_run *r)
{
    struct my_db *db;
    struct my_table *t = my_acl_table(r, "user", &db);
    return t && my_table_col(t, "Password") >= 0 ? "Password" : "authentication_string";
}

static bool plugin_loaded(struct my_run *r, const char *name)
{
    const struct my_tsv *t = &r->kit->plugins;
    for (size_t i = 0; i < t->n_rows; i++)
        if (strcasecmp(t->cells[i * t->n_cols], name) == 0 && strcmp(t->cells[i * t->n_cols + 2], "AUTHENTICATION") == 0)
            return true;
    return t->n_rows == 0;
}

bool my_put_user(struct my_run *r, const struct my_user_spec *u, int at)
{
    const char *hash = spec_hash(r, u);
    if (my_ok(r) && u->plugin && !plugin_loaded(r, u->plugin)) {
        char text[160];
        (void)snprintf(text, sizeof text, "Plugin '%.100s' is not loaded", u->plugin);
        my_fail_as(r, 1524, "HY000", text);
    }
    if (!my_ok(r))
        return false;
    struct my_named set[8] = {{"Host", u->host}, {"User", u->user}};
    size_t n = 2;
    if (hash || at < 0)
        set[n++] = (struct my_named){my_hash_column(r), hash ? hash : ""};
    if (r->kit->mariadb && (hash || at < 0))
        set[n++] = (struct my_named){"authentication_string", hash ? hash : ""};
    if (u->plugin || (r->kit->mariadb && (hash || at < 0)))
        set[n++] = (struct my_named){"plugin", u->plugin ? u->plugin : "mysql_native_password"};
    if (u->ssl)
        set[n++] = (struct my_named){"ssl_type", u->ssl};
    return my_put_row(r, "user", at, set, n);
}

/* ---- CREATE, DROP, RENAME, ALTER USER ---- */
static void create_user(struct my_run *r, struct my_stmt *st)
{
    struct wr failed = wr_of(4096);
    for (struct my_user_spec *u = st->users; u && my_ok(r); u = u->next) {
        my_resolve_user(r, u);
        if (my_user_row(r, u->user, u->host) < 0) {
            (void)my_put_user(r, u, -1);
        } else if (st->if_not_exists) {
            char text[200];
            (void)snprintf(text, sizeof text, r->kit->mariadb ? "Can't create user '%s'@'%s'; it already exists" : "Authorization ID '%s'@'%s' already exists.",
                           u->user, u->host);
            my_warn_text(r, MY_NOTE, r->kit->mariadb ? 1973 : 3163, text);
        } else {
            list_user(&failed, u);
        }
    }
    fail_users(r, "CREATE USER", &failed);
}

const char *const my_account_tables[MY_N_ACCOUNT_TABLES] = {"user", "global_priv", "roles_mapping", "db", "tables_priv", "columns_priv", "procs_priv", "proxies_priv"};

static void drop_user(struct my_run *r, struct my_stmt *st)
{
    struct wr failed = wr_of(4096);
    for (struct my_user_spec *u = st->users; u && my_ok(r); u = u->next) {
        my_resolve_user(r, u);
        bool some = false;
        for (size_t i = 0; i < MY_N_ACCOUNT_TABLES; i++)
            some |= my_remove_rows(r, my_account_tables[i], u->user, u->host, NULL, NULL);
        if (some)
            continue;
        if (st->if_exists) {
            char text[200];
            (void)snprintf(text, sizeof text, r->kit->mariadb ? "Can't drop user '%s'@'%s'; it doesn't exist" : "Authorization ID '%s'@'%s' does not exist.",
                           u->user, u->host);
            my_warn_text(r, MY_NOTE, r->kit->mariadb ? 1974 : 3162, text);
        } else {
            list_user(&failed, u);
        }
    }
    fail_users(r, "DROP USER", &failed);
}

static void rename_rows(struct my_run *r, const char *table, const struct my_user_spec *from, const struct my_user_spec *to)
{
    struct my_db *db;
    struct my_named set[] = {{"Host", to->host}, {"User", to->user}};
    for (size_t left = MY_TABLE_ROWS_MAX; left > 0 && my_ok(r); left--) {
        int at = my_find_row(my_acl_table(r, table, &db), from->user, from->host, NULL, NULL);
        if (at < 0)
            return;
        (void)my_put_row(r, table, at, set, 2);
    }
}

static void rename_user(struct my_run *r, struct my_stmt *st)
{
    struct wr failed = wr_of(4096);
    for (struct my_user_spec *u = st->users; u && u->next && my_ok(r); u = u->next->next) {
        struct my_user_spec *to = u->next;
        my_resolve_user(r, u);
        my_resolve_user(r, to);
        if (my_user_row(r, u->user, u->host) < 0 || my_user_row(r, to->user, to->host) >= 0) {
            list_user(&failed, u);
            continue;
        }
        for (size_t i = 0; i < MY_N_ACCOUNT_TABLES; i++)
            rename_rows(r, my_account_tables[i], u, to);
    }
    fail_users(r, "RENAME USER", &failed);
}

/* 5.6 knows only PASSWORD EXPIRE; later ones IDENTIFIED too. */
static void alter_user(struct my_run *r, struct my_stmt *st)
{
    struct wr failed = wr_of(4096);
    for (struct my_user_spec *u = st->users; u && my_ok(r); u = u->next) {
        my_resolve_user(r, u);
        int at = my_user_row(r, u->user, u->host);
        if (at < 0)
            list_user(&failed, u);
        else if (u->password || u->hash || u->plugin)
            (void)my_put_user(r, u, at);
        else
            (void)my_put_row(r, "user", at, (struct my_named[]){{"password_expired", "Y"}}, 1);
    }
    fail_users(r, "ALTER USER", &failed);
}

void my_set_password(struct my_run *r, struct my_assign *a)
{
    struct my_user_spec self = {.user = NULL}, *u = a->user ? a->user : &self;
    const char *hash = "";
    my_resolve_user(r, u);
    if (a->expr) {
        my_fix_const(r, a->expr);
        struct my_val v = my_ok(r) ? my_eval_const(r, a->expr) : my_null();
        if (!my_ok(r))
            return;
        v = my_val_text(r->arena, &v, &a->expr->m);
        hash = v.kind == MY_V_STR ? arena_copy(r->arena, v.s.p, v.s.n) : "";
        if (!hash)
            hash = "";
    }
    if (r->kit->version >= 50706 && !r->kit->mariadb && a->expr && a->expr->op == MY_X_LITERAL) { /* the password itself */
        self = (struct my_user_spec){.user = u->user, .host = u->host, .password = hash};
        hash = spec_hash(r, &self);
    } else if (!hash_ok(r, hash)) {
        return;
    }
    int at = my_user_row(r, u->user, u->host);
    if (at < 0)
        my_no_account(r);
    else
        (void)my_put_row(r, "user", at, (struct my_named[]){{my_hash_column(r), hash}, {"password_expired", "N"}, {"authentication_string", hash},
                                                             {"plugin", "mysql_native_password"}}, r->kit->mariadb ? 4 : 2);
    my_acl_load(r->w);
}

static void exec_user(struct my_run *r, struct my_stmt *st)
{
    switch (st->com) {
    case MY_Q_CREATE_USER:
        create_user(r, st);
        break;
    case MY_Q_DROP_USER:
        drop_user(r, st);
        break;
    case MY_Q_RENAME_USER:
        rename_user(r, st);
        break;
    case MY_Q_ALTER_USER:
        alter_user(r, st);
        break;
    case MY_Q_GRANT:
    case MY_Q_REVOKE:
        my_grant(r, st);
        break;
    case MY_Q_CREATE_ROLE:
    case MY_Q_DROP_ROLE:
    case MY_Q_GRANT_ROLE:
    case MY_Q_REVOKE_ROLE:
    case MY_Q_SET_ROLE:
    case MY_Q_DEFAULT_ROLE:
        my_exec_role(r, st);
        break;
    default:
        my_show_grants(r, st);
        break;
    }
}

void my_exec_user(struct my_run *r, struct my_stmt *st)
{
    exec_user(r, st);
    if (st->com != MY_Q_SHOW_GRANTS)
        my_acl_load(r->w); /* what these statements change is in force at once */
}

/* Accounts and privileges: rows of mysql.user, db, tables_priv. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/my_crypt.h"
#include "protocol/mysql/my_eval.h"

/* In the order of SHOW GRANTS; col is also what the parser calls the privilege. Levels: global, database, table. */
enum { ON_DB = 1, ON_TABLE = 2 };
static const struct priv {
    const char *sql, *col, *in_set; /* in_set: element of tables_priv.Table_priv */
    unsigned levels;
} privs[] = {
    {"SELECT", "Select", "Select", ON_DB | ON_TABLE},
    {"INSERT", "Insert", "Insert", ON_DB | ON_TABLE},
    {"UPDATE", "Update", "Update", ON_DB | ON_TABLE},
    {"DELETE", "Delete", "Delete", ON_DB | ON_TABLE},
    {"CREATE", "Create", "Create", ON_DB | ON_TABLE},
    {"DROP", "Drop", "Drop", ON_DB | ON_TABLE},
    {"RELOAD", "Reload", NULL, 0},
    {"SHUTDOWN", "Shutdown", NULL, 0},
    {"PROCESS", "Process", NULL, 0},
    {"FILE", "File", NULL, 0},
    {"REFERENCES", "References", "References", ON_DB | ON_TABLE},
    {"INDEX", "Index", "Index", ON_DB | ON_TABLE},
    {"ALTER", "Alter", "Alter", ON_DB | ON_TABLE},
    {"SHOW DATABASES", "Show_db", NULL, 0},
    {"SUPER", "Super", NULL, 0},
    {"CREATE TEMPORARY TABLES", "Create_tmp_table", NULL, ON_DB},
    {"LOCK TABLES", "Lock_tables", NULL, ON_DB},
    {"EXECUTE", "Execute", NULL, ON_DB},
    {"REPLICATION SLAVE", "Repl_slave", NULL, 0},
    {"REPLICATION CLIENT", "Repl_client", NULL, 0},
    {"CREATE VIEW", "Create_view", "Create View", ON_DB | ON_TABLE},
    {"SHOW VIEW", "Show_view", "Show view", ON_DB | ON_TABLE},
    {"CREATE ROUTINE", "Create_routine", NULL, ON_DB},
    {"ALTER ROUTINE", "Alter_routine", NULL, ON_DB},
    {"CREATE USER", "Create_user", NULL, 0},
    {"EVENT", "Event", NULL, ON_DB},
    {"TRIGGER", "Trigger", "Trigger", ON_DB | ON_TABLE},
    {"CREATE TABLESPACE", "Create_tablespace", NULL, 0},
};
#define N_PRIVS (sizeof privs / sizeof *privs)

struct named {
    const char *column, *text;
};

static void fail_as(struct my_run *r, uint16_t code, const char *state, const char *text)
{
    if (!my_ok(r))
        return;
    my_fail_text(r, MY_ER_CANNOT_USER, text);
    r->err_code = code;
    (void)snprintf(r->err_state, sizeof r->err_state, "%s", state);
    if (r->c->n_conds)
        r->c->conds[r->c->n_conds - 1].code = code;
}

/* ---- rows of the privilege tables ---- */
static struct my_table *acl_table(struct my_run *r, const char *name, struct my_db **ret_db)
{
    *ret_db = my_world_db(r->w, "mysql");
    return *ret_db ? my_db_table(r->w, *ret_db, name) : NULL;
}

static const char *cell_text(const struct my_table *t, const struct my_row *row, const char *col)
{
    int i = my_table_col(t, col);
    return i >= 0 && (uint32_t)i < row->n && !row->cell[i].null ? row->cell[i].p : "";
}

static bool same_account(const struct my_table *t, const struct my_row *row, const char *user, const char *host)
{
    return strcmp(cell_text(t, row, "User"), user) == 0 && strcasecmp(cell_text(t, row, "Host"), host) == 0;
}

static int find_row(const struct my_table *t, const char *user, const char *host, const char *db, const char *table)
{
    for (size_t i = 0; t && i < t->n_rows; i++) {
        const struct my_row *row = t->rows[i];
        if (same_account(t, row, user, host) && (!db || strcmp(cell_text(t, row, "Db"), db) == 0) &&
            (!table || strcmp(cell_text(t, row, "Table_name"), table) == 0))
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

/* Writes row `at` (a new one when it is -1) with these cells; the others stay, or get their defaults. */
static bool put_row(struct my_run *r, const char *table, int at, const struct named *set, size_t n)
{
    struct my_db *db;
    struct my_table *t = acl_table(r, table, &db);
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

static bool remove_rows(struct my_run *r, const char *table, const char *user, const char *host, const char *db_name, const char *name)
{
    struct my_db *db;
    struct my_table *t = acl_table(r, table, &db);
    bool some = false;
    for (int at = find_row(t, user, host, db_name, name); at >= 0; at = find_row(t, user, host, db_name, name)) {
        t = my_world_own(r->w, db, t);
        if (!t)
            return some;
        my_table_remove(r->w, t, (size_t)at);
        some = true;
    }
    return some;
}

static int user_row(struct my_run *r, const char *user, const char *host)
{
    struct my_db *db;
    return find_row(acl_table(r, "user", &db), user, host, NULL, NULL);
}

/* ---- names and passwords ---- */
static void resolve_user(struct my_run *r, struct my_user_spec *u)
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

static const char *hash_column(struct my_run *r)
{
    struct my_db *db;
    struct my_table *t = acl_table(r, "user", &db);
    return t && my_table_col(t, "Password") >= 0 ? "Password" : "authentication_string";
}

static bool put_user(struct my_run *r, const struct my_user_spec *u, int at)
{
    const char *hash = spec_hash(r, u);
    if (!my_ok(r))
        return false;
    struct named set[4] = {{"Host", u->host}, {"User", u->user}};
    size_t n = 2;
    if (hash || at < 0)
        set[n++] = (struct named){hash_column(r), hash ? hash : ""};
    if (u->plugin)
        set[n++] = (struct named){"plugin", u->plugin};
    return put_row(r, "user", at, set, n);
}

/* ---- CREATE, DROP, RENAME, ALTER USER ---- */
static void create_user(struct my_run *r, struct my_stmt *st)
{
    struct wr failed = wr_of(4096);
    for (struct my_user_spec *u = st->users; u && my_ok(r); u = u->next) {
        resolve_user(r, u);
        if (user_row(r, u->user, u->host) < 0) {
            (void)put_user(r, u, -1);
        } else if (st->if_not_exists) {
            char text[200];
            (void)snprintf(text, sizeof text, "Authorization ID '%s'@'%s' already exists.", u->user, u->host);
            my_warn_text(r, MY_NOTE, 3163, text);
        } else {
            list_user(&failed, u);
        }
    }
    fail_users(r, "CREATE USER", &failed);
}

static const char *const account_tables[] = {"user", "db", "tables_priv", "columns_priv", "procs_priv", "proxies_priv"};
#define N_ACCOUNT_TABLES (sizeof account_tables / sizeof *account_tables)

static void drop_user(struct my_run *r, struct my_stmt *st)
{
    struct wr failed = wr_of(4096);
    for (struct my_user_spec *u = st->users; u && my_ok(r); u = u->next) {
        resolve_user(r, u);
        bool some = false;
        for (size_t i = 0; i < N_ACCOUNT_TABLES; i++)
            some |= remove_rows(r, account_tables[i], u->user, u->host, NULL, NULL);
        if (some)
            continue;
        if (st->if_exists) {
            char text[200];
            (void)snprintf(text, sizeof text, "Authorization ID '%s'@'%s' does not exist.", u->user, u->host);
            my_warn_text(r, MY_NOTE, 3162, text);
        } else {
            list_user(&failed, u);
        }
    }
    fail_users(r, "DROP USER", &failed);
}

static void rename_rows(struct my_run *r, const char *table, const struct my_user_spec *from, const struct my_user_spec *to)
{
    struct my_db *db;
    struct named set[] = {{"Host", to->host}, {"User", to->user}};
    for (size_t left = MY_TABLE_ROWS_MAX; left > 0 && my_ok(r); left--) {
        int at = find_row(acl_table(r, table, &db), from->user, from->host, NULL, NULL);
        if (at < 0)
            return;
        (void)put_row(r, table, at, set, 2);
    }
}

static void rename_user(struct my_run *r, struct my_stmt *st)
{
    struct wr failed = wr_of(4096);
    for (struct my_user_spec *u = st->users; u && u->next && my_ok(r); u = u->next->next) {
        struct my_user_spec *to = u->next;
        resolve_user(r, u);
        resolve_user(r, to);
        if (user_row(r, u->user, u->host) < 0 || user_row(r, to->user, to->host) >= 0) {
            list_user(&failed, u);
            continue;
        }
        for (size_t i = 0; i < N_ACCOUNT_TABLES; i++)
            rename_rows(r, account_tables[i], u, to);
    }
    fail_users(r, "RENAME USER", &failed);
}

/* 5.6 knows only PASSWORD EXPIRE; later ones IDENTIFIED too. */
static void alter_user(struct my_run *r, struct my_stmt *st)
{
    struct wr failed = wr_of(4096);
    for (struct my_user_spec *u = st->users; u && my_ok(r); u = u->next) {
        resolve_user(r, u);
        int at = user_row(r, u->user, u->host);
        if (at < 0)
            list_user(&failed, u);
        else if (u->password || u->hash || u->plugin)
            (void)put_user(r, u, at);
        else
            (void)put_row(r, "user", at, (struct named[]){{"password_expired", "Y"}}, 1);
    }
    fail_users(r, "ALTER USER", &failed);
}

void my_set_password(struct my_run *r, struct my_assign *a)
{
    struct my_user_spec self = {.user = NULL}, *u = a->user ? a->user : &self;
    const char *hash = "";
    resolve_user(r, u);
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
    int at = user_row(r, u->user, u->host);
    if (at < 0)
        my_fail(r, MY_ER_PASSWORD_NO_MATCH);
    else
        (void)put_row(r, "user", at, (struct named[]){{hash_column(r), hash}, {"password_expired", "N"}}, 2);
}

/* ---- GRANT, REVOKE ---- */
static bool asked(const struct my_stmt *st, size_t priv)
{
    for (size_t i = 0; i < st->n_privs; i++)
        if (strcmp(st->priv_names[i], privs[priv].col) == 0)
            return true;
    return st->all_privs;
}

static bool asked_grant(const struct my_stmt *st)
{
    for (size_t i = 0; i < st->n_privs; i++)
        if (strcmp(st->priv_names[i], "Grant") == 0)
            return true;
    return st->with_grant;
}

/* Cells for the privileges of this level (0: global) named by the statement. */
static size_t priv_cells(struct my_run *r, const struct my_stmt *st, unsigned level, struct named *set, size_t n)
{
    const char *value = st->com == MY_Q_GRANT ? "Y" : "N";
    for (size_t i = 0; i < N_PRIVS; i++) {
        char col[40];
        if (!asked(st, i) || (level && !(privs[i].levels & level)))
            continue;
        int len = snprintf(col, sizeof col, "%s_priv", privs[i].col);
        const char *own = arena_copy(r->arena, col, (size_t)len);
        if (own)
            set[n++] = (struct named){own, value};
    }
    if (asked_grant(st))
        set[n++] = (struct named){"Grant_priv", value};
    return n;
}

static void no_such_grant(struct my_run *r, const struct my_user_spec *u)
{
    my_fail(r, MY_ER_NONEXISTING_GRANT, u->user, u->host);
}

/* GRANT makes the account that is not there; without a password only where sql_mode allows. */
static bool grant_account(struct my_run *r, const struct my_stmt *st, const struct my_user_spec *u)
{
    int at = user_row(r, u->user, u->host);
    if (st->com == MY_Q_REVOKE)
        return true;
    if (at < 0 && !u->password && !u->hash && (my_sql_mode(r, "NO_AUTO_CREATE_USER") || r->kit->version >= 80000)) {
        my_fail(r, MY_ER_PASSWORD_NO_MATCH);
        return false;
    }
    return at >= 0 && !u->password && !u->hash && !u->plugin ? true : put_user(r, u, at);
}

static void grant_global(struct my_run *r, const struct my_stmt *st, const struct my_user_spec *u)
{
    struct named set[N_PRIVS + 4];
    int at = user_row(r, u->user, u->host);
    size_t n = priv_cells(r, st, 0, set, 0);
    if (at < 0)
        no_such_grant(r, u);
    else if (n)
        (void)put_row(r, "user", at, set, n);
}

static bool row_has_privs(const struct my_table *t, const struct my_row *row)
{
    for (size_t i = 0; i < t->n_cols; i++) {
        size_t n = strlen(t->cols[i].name);
        if (n > 5 && strcasecmp(t->cols[i].name + n - 5, "_priv") == 0 && !row->cell[i].null && strcmp(row->cell[i].p, "Y") == 0)
            return true;
    }
    return false;
}

static void grant_db(struct my_run *r, const struct my_stmt *st, const struct my_user_spec *u, const char *db_name)
{
    struct named set[N_PRIVS + 4] = {{"Host", u->host}, {"Db", db_name}, {"User", u->user}};
    struct my_db *db;
    int at = find_row(acl_table(r, "db", &db), u->user, u->host, db_name, NULL);
    if (at < 0 && st->com == MY_Q_REVOKE) {
        no_such_grant(r, u);
        return;
    }
    size_t n = priv_cells(r, st, ON_DB, set, 3);
    if ((n == 3 && at < 0) || !put_row(r, "db", at, set, n) || st->com == MY_Q_GRANT)
        return;
    struct my_table *t = acl_table(r, "db", &db);
    if (!row_has_privs(t, t->rows[at]))
        (void)remove_rows(r, "db", u->user, u->host, db_name, NULL);
}

static bool in_set(const char *set, const char *one)
{
    size_t n = strlen(one);
    for (const char *at = set; *at;) {
        size_t len = strcspn(at, ",");
        if (len == n && strncasecmp(at, one, n) == 0)
            return true;
        at += len + (at[len] == ',');
    }
    return false;
}

static void add_element(struct wr *w, const char *one)
{
    wr_fmt(w, "%s%s", w->len ? "," : "", one);
}

static void grant_table(struct my_run *r, const struct my_stmt *st, const struct my_user_spec *u, const char *db_name)
{
    struct my_db *db;
    struct my_table *t = acl_table(r, "tables_priv", &db);
    int at = find_row(t, u->user, u->host, db_name, st->name);
    const char *have = at >= 0 ? cell_text(t, t->rows[at], "Table_priv") : "";
    bool grant = st->com == MY_Q_GRANT;
    if (at < 0 && !grant) {
        my_fail(r, MY_ER_NONEXISTING_TABLE_GRANT, u->user, u->host, st->name);
        return;
    }
    struct wr w = wr_of(1024);
    for (size_t i = 0; i < N_PRIVS; i++) {
        bool named = asked(st, i);
        if (privs[i].in_set && (named ? grant : in_set(have, privs[i].in_set)))
            add_element(&w, privs[i].in_set);
    }
    if (asked_grant(st) ? grant : in_set(have, "Grant"))
        add_element(&w, "Grant");
    char *list = arena_copy(r->arena, w.bytes ? (const char *)w.bytes : "", w.len), *grantor = NULL;
    wr_done(&w);
    char text[200];
    int len = snprintf(text, sizeof text, "%s@%s", r->c->user, r->c->priv_host);
    grantor = arena_copy(r->arena, text, (size_t)len < sizeof text ? (size_t)len : sizeof text - 1);
    if (!list || !grantor)
        my_fail(r, MY_ER_OUTOFMEMORY, 1024);
    else if (!list[0])
        (void)remove_rows(r, "tables_priv", u->user, u->host, db_name, st->name);
    else
        (void)put_row(r, "tables_priv", at,
                      (struct named[]){{"Host", u->host}, {"Db", db_name}, {"User", u->user}, {"Table_name", st->name}, {"Grantor", grantor},
                                       {"Table_priv", list}}, 6);
}

/* Whether the named privileges exist at this level. */
static bool level_ok(struct my_run *r, const struct my_stmt *st, unsigned level)
{
    for (size_t i = 0; i < N_PRIVS; i++)
        if (!st->all_privs && asked(st, i) && !(privs[i].levels & level)) {
            if (level == ON_DB)
                my_fail(r, MY_ER_WRONG_USAGE, "DB GRANT", "GLOBAL PRIVILEGES");
            else
                fail_as(r, 1144, "42000", "Illegal GRANT/REVOKE command; please consult the manual to see which privileges can be used");
            return false;
        }
    return true;
}

static void revoke_everything(struct my_run *r, struct my_stmt *st)
{
    bool missing = false;
    for (struct my_user_spec *u = st->users; u && my_ok(r); u = u->next) {
        resolve_user(r, u);
        struct named set[N_PRIVS + 4];
        int at = user_row(r, u->user, u->host);
        if (at < 0) {
            missing = true;
            continue;
        }
        (void)put_row(r, "user", at, set, priv_cells(r, st, 0, set, 0));
        for (size_t i = 1; i < N_ACCOUNT_TABLES; i++)
            (void)remove_rows(r, account_tables[i], u->user, u->host, NULL, NULL);
    }
    if (missing)
        fail_as(r, 1269, "HY000", "Can't revoke all privileges for one or more of the requested users");
}

static void grant(struct my_run *r, struct my_stmt *st)
{
    const char *db = st->db;
    bool everything = st->com == MY_Q_REVOKE && st->all_privs && st->with_grant;
    if (everything) {
        revoke_everything(r, st);
        return;
    }
    bool global = !st->db && !st->name, proxy = st->name && !st->name[0];
    if (db && !db[0]) {
        db = NULL;
        if (!my_need_db(r, &db))
            return;
    }
    if (!global && !proxy && !level_ok(r, st, st->name ? ON_TABLE : ON_DB))
        return;
    if (st->name && !proxy && st->com == MY_Q_GRANT && !my_find_table(r, db, st->name, NULL, true) && !asked(st, 4)) {
        my_fail(r, MY_ER_NO_SUCH_TABLE, db, st->name);
        return;
    }
    for (struct my_user_spec *u = st->users; u && my_ok(r); u = u->next) {
        resolve_user(r, u);
        if (!grant_account(r, st, u))
            return;
        if (global)
            grant_global(r, st, u);
        else if (st->name && !proxy)
            grant_table(r, st, u, db);
        else if (!proxy)
            grant_db(r, st, u, db);
    }
}

/* ---- SHOW GRANTS ---- */
/* "SELECT, INSERT" of a row of user or db; ALL PRIVILEGES when none of the level is missing; USAGE when all are. */
static void list_privs(const struct my_table *t, const struct my_row *row, unsigned level, struct wr *w)
{
    size_t from = w->len;
    bool all = true;
    for (size_t i = 0; i < N_PRIVS; i++) {
        char col[40];
        (void)snprintf(col, sizeof col, "%s_priv", privs[i].col);
        if ((level && !(privs[i].levels & level)) || my_table_col(t, col) < 0)
            continue;
        if (strcmp(cell_text(t, row, col), "Y") == 0)
            wr_fmt(w, "%s%s", w->len > from ? ", " : "", privs[i].sql);
        else
            all = false;
    }
    if (all)
        w->len = from;
    if (w->len == from)
        wr_str(w, all ? "ALL PRIVILEGES" : "USAGE");
}

static void grantee(struct my_run *r, const char *user, const char *host, struct wr *w)
{
    if (r->kit->mariadb)
        wr_fmt(w, " TO `%s`@`%s`", user, host);
    else
        wr_fmt(w, " TO '%s'@'%s'", user, host);
}

static void send_line(struct my_run *r, const struct my_result_col *col, struct wr *w, uint64_t *n)
{
    struct my_val v = my_str((const char *)w->bytes, w->len);
    my_send_row(r, col, &v, 1);
    (*n)++;
    wr_clear(w);
}

static void global_line(struct my_run *r, const struct my_table *t, const struct my_row *row, const char *user, const char *host, struct wr *w)
{
    const char *hash = cell_text(t, row, hash_column(r));
    wr_str(w, "GRANT ");
    list_privs(t, row, 0, w);
    wr_str(w, " ON *.*");
    grantee(r, user, host, w);
    if (hash[0] && (r->kit->mariadb || r->kit->version < 50706))
        wr_fmt(w, " IDENTIFIED BY PASSWORD '%s'", hash);
    if (strcmp(cell_text(t, row, "Grant_priv"), "Y") == 0)
        wr_str(w, " WITH GRANT OPTION");
}

static void db_line(struct my_run *r, const struct my_table *t, const struct my_row *row, const char *user, const char *host, struct wr *w)
{
    wr_str(w, "GRANT ");
    list_privs(t, row, ON_DB, w);
    wr_fmt(w, " ON `%s`.*", cell_text(t, row, "Db"));
    grantee(r, user, host, w);
    if (strcmp(cell_text(t, row, "Grant_priv"), "Y") == 0)
        wr_str(w, " WITH GRANT OPTION");
}

static void table_line(struct my_run *r, const struct my_table *t, const struct my_row *row, const char *user, const char *host, struct wr *w)
{
    const char *set = cell_text(t, row, "Table_priv");
    bool all = true;
    wr_str(w, "GRANT ");
    size_t from = w->len;
    for (size_t i = 0; i < N_PRIVS; i++) {
        if (!privs[i].in_set)
            continue;
        if (in_set(set, privs[i].in_set))
            wr_fmt(w, "%s%s", w->len > from ? ", " : "", privs[i].sql);
        else
            all = false;
    }
    if (all)
        w->len = from;
    if (w->len == from)
        wr_str(w, all ? "ALL PRIVILEGES" : "USAGE");
    wr_fmt(w, " ON `%s`.`%s`", cell_text(t, row, "Db"), cell_text(t, row, "Table_name"));
    grantee(r, user, host, w);
    if (in_set(set, "Grant"))
        wr_str(w, " WITH GRANT OPTION");
}

static void show_grants(struct my_run *r, struct my_stmt *st)
{
    struct my_user_spec self = {.user = NULL}, *u = st->users ? st->users : &self;
    struct my_db *db;
    resolve_user(r, u);
    struct my_table *t = acl_table(r, "user", &db);
    int at = find_row(t, u->user, u->host, NULL, NULL);
    if (at < 0) {
        no_such_grant(r, u);
        return;
    }
    char head[300];
    int len = snprintf(head, sizeof head, st->word == MY_K_CREATE ? "CREATE USER for %s@%s" : "Grants for %s@%s", u->user, u->host);
    const char *name = arena_copy(r->arena, head, (size_t)len < sizeof head ? (size_t)len : sizeof head - 1);
    struct my_result_col col = my_plain_col(r, name ? name : "", 's', 1024, false);
    struct wr w = wr_of(65536);
    uint64_t n = 0;
    my_send_columns(r, &col, 1);
    if (st->word == MY_K_CREATE) {
        const char *hash = cell_text(t, t->rows[at], hash_column(r));
        wr_fmt(&w, r->kit->mariadb ? "CREATE USER `%s`@`%s`" : "CREATE USER '%s'@'%s'", u->user, u->host);
        if (hash[0])
            wr_fmt(&w, r->kit->mariadb ? " IDENTIFIED BY PASSWORD '%s'" : " IDENTIFIED WITH 'mysql_native_password' AS '%s'", hash);
        send_line(r, &col, &w, &n);
        goto out;
    }
    global_line(r, t, t->rows[at], u->user, u->host, &w);
    send_line(r, &col, &w, &n);
    struct my_table *dbs = acl_table(r, "db", &db), *tabs = acl_table(r, "tables_priv", &db);
    for (size_t i = 0; dbs && i < dbs->n_rows; i++)
        if (same_account(dbs, dbs->rows[i], u->user, u->host)) {
            db_line(r, dbs, dbs->rows[i], u->user, u->host, &w);
            send_line(r, &col, &w, &n);
        }
    for (size_t i = 0; tabs && i < tabs->n_rows; i++)
        if (same_account(tabs, tabs->rows[i], u->user, u->host)) {
            table_line(r, tabs, tabs->rows[i], u->user, u->host, &w);
            send_line(r, &col, &w, &n);
        }
out:
    my_send_end(r, n);
    wr_done(&w);
}

void my_exec_user(struct my_run *r, struct my_stmt *st)
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
        grant(r, st);
        break;
    default:
        show_grants(r, st);
        break;
    }
}

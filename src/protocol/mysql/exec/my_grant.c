/* GRANT and REVOKE. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/exec/my_user.h"
#include "protocol/mysql/expr/my_eval.h"
#include "protocol/mysql/my_crypt.h"

/* ---- GRANT, REVOKE ---- */
static bool asked(const struct my_stmt *st, size_t my_priv)
{
    for (size_t i = 0; i < st->n_privs; i++)
        if (strcmp(st->priv_names[i], my_privs[my_priv].col) == 0)
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
static size_t priv_cells(struct my_run *r, const struct my_stmt *st, unsigned level, struct my_named *set, size_t n)
{
    const char *value = st->com == MY_Q_GRANT ? "Y" : "N";
    for (size_t i = 0; i < MY_N_PRIVS; i++) {
        char col[40];
        if (!asked(st, i) || (level && !(my_privs[i].levels & level)))
            continue;
        int len = snprintf(col, sizeof col, "%s_priv", my_privs[i].col);
        const char *own = arena_copy(r->arena, col, (size_t)len);
        if (own)
            set[n++] = (struct my_named){own, value};
    }
    if (asked_grant(st))
        set[n++] = (struct my_named){"Grant_priv", value};
    return n;
}

void my_no_such_grant(struct my_run *r, const struct my_user_spec *u)
{
    my_fail(r, MY_ER_NONEXISTING_GRANT, u->user, u->host);
}

/* GRANT makes the account that is not there; without a password only where sql_mode allows. */
static bool grant_account(struct my_run *r, const struct my_stmt *st, const struct my_user_spec *u)
{
    int at = my_user_row(r, u->user, u->host);
    if (st->com == MY_Q_REVOKE)
        return true;
    if (at < 0 && !u->password && !u->hash && (my_sql_mode(r, "NO_AUTO_CREATE_USER") || r->kit->version >= 80000)) {
        my_no_account(r);
        return false;
    }
    return at >= 0 && !u->password && !u->hash && !u->plugin && !u->ssl ? true : my_put_user(r, u, at);
}

static void grant_global(struct my_run *r, const struct my_stmt *st, const struct my_user_spec *u)
{
    struct my_named set[MY_N_PRIVS + 4];
    int at = my_user_row(r, u->user, u->host);
    size_t n = priv_cells(r, st, 0, set, 0);
    if (at < 0)
        my_no_such_grant(r, u);
    else if (n)
        (void)my_put_row(r, "user", at, set, n);
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
    struct my_named set[MY_N_PRIVS + 4] = {{"Host", u->host}, {"Db", db_name}, {"User", u->user}};
    struct my_db *db;
    int at = my_find_row(my_acl_table(r, "db", &db), u->user, u->host, db_name, NULL);
    if (at < 0 && st->com == MY_Q_REVOKE) {
        my_no_such_grant(r, u);
        return;
    }
    size_t n = priv_cells(r, st, MY_ON_DB, set, 3);
    if ((n == 3 && at < 0) || !my_put_row(r, "db", at, set, n) || st->com == MY_Q_GRANT)
        return;
    struct my_table *t = my_acl_table(r, "db", &db);
    if (!row_has_privs(t, t->rows[at]))
        (void)my_remove_rows(r, "db", u->user, u->host, db_name, NULL);
}

bool my_in_set(const char *set, const char *one)
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

/* Named for the table itself, not for some of its columns. */
static bool asked_whole(const struct my_stmt *st, size_t priv)
{
    for (size_t i = 0; i < st->n_privs; i++)
        if (!(st->priv_cols && st->priv_cols[i]) && strcmp(st->priv_names[i], my_privs[priv].col) == 0)
            return true;
    return st->all_privs;
}

static int column_row(const struct my_table *t, const struct my_user_spec *u, const char *db, const char *table, const char *column)
{
    for (size_t i = 0; t && i < t->n_rows; i++)
        if (my_same_account(t, t->rows[i], u->user, u->host) && strcmp(my_cell_text(t, t->rows[i], "Db"), db) == 0 &&
            strcmp(my_cell_text(t, t->rows[i], "Table_name"), table) == 0 && strcasecmp(my_cell_text(t, t->rows[i], "Column_name"), column) == 0)
            return (int)i;
    return -1;
}

static const char *set_with(struct my_run *r, const char *have, const char *one, bool with)
{
    static const char *const order[] = {"Select", "Insert", "Update", "References"};
    struct wr w = wr_of(128);
    for (size_t i = 0; i < 4; i++)
        if (strcmp(order[i], one) == 0 ? with : my_in_set(have, order[i]))
            add_element(&w, order[i]);
    const char *own = w.len ? arena_copy(r->arena, w.bytes, w.len) : "";
    wr_done(&w);
    return own ? own : "";
}

/* Rows of columns_priv for GRANT SELECT (a, b) …; what tables_priv.Column_priv becomes. */
static const char *grant_columns(struct my_run *r, const struct my_stmt *st, const struct my_user_spec *u, const char *db_name, const char *have)
{
    bool grant = st->com == MY_Q_GRANT;
    for (size_t i = 0; i < st->n_privs && st->priv_cols; i++) {
        const char *cols = st->priv_cols[i], *priv = st->priv_names[i];
        if (cols)
            have = set_with(r, have, priv, grant);
        while (cols && *cols) {
            struct my_db *db;
            char *name = arena_copy(r->arena, cols, strcspn(cols, ","));
            if (!name)
                return have;
            struct my_table *t = my_acl_table(r, "columns_priv", &db);
            int at = column_row(t, u, db_name, st->name, name);
            const char *set = set_with(r, at >= 0 ? my_cell_text(t, t->rows[at], "Column_priv") : "", priv, grant);
            (void)my_put_row(r, "columns_priv", at, (struct my_named[]){{"Host", u->host}, {"Db", db_name}, {"User", u->user}, {"Table_name", st->name},
                                                                        {"Column_name", name}, {"Column_priv", set}, {"Timestamp", "0000-00-00 00:00:00"}}, 7);
            cols += strlen(name);
            cols += *cols == ',';
        }
    }
    return have;
}

static void grant_table(struct my_run *r, const struct my_stmt *st, const struct my_user_spec *u, const char *db_name)
{
    struct my_db *db;
    struct my_table *t = my_acl_table(r, "tables_priv", &db);
    int at = my_find_row(t, u->user, u->host, db_name, st->name);
    const char *have = at >= 0 ? my_cell_text(t, t->rows[at], "Table_priv") : "";
    bool grant = st->com == MY_Q_GRANT;
    if (at < 0 && !grant) {
        my_fail(r, MY_ER_NONEXISTING_TABLE_GRANT, u->user, u->host, st->name);
        return;
    }
    struct wr w = wr_of(1024);
    for (size_t i = 0; i < MY_N_PRIVS; i++) {
        bool named = asked_whole(st, i);
        if (my_privs[i].in_set && (named ? grant : my_in_set(have, my_privs[i].in_set)))
            add_element(&w, my_privs[i].in_set);
    }
    if (asked_grant(st) ? grant : my_in_set(have, "Grant"))
        add_element(&w, "Grant");
    const char *by_column = grant_columns(r, st, u, db_name, at >= 0 ? my_cell_text(t, t->rows[at], "Column_priv") : "");
    char *list = arena_copy(r->arena, w.bytes ? (const char *)w.bytes : "", w.len), *grantor = NULL;
    wr_done(&w);
    char text[200];
    int len = snprintf(text, sizeof text, "%s@%s", r->c->user, r->c->priv_host);
    grantor = arena_copy(r->arena, text, (size_t)len < sizeof text ? (size_t)len : sizeof text - 1);
    if (!list || !grantor)
        my_fail(r, MY_ER_OUTOFMEMORY, 1024);
    else if (!list[0] && !by_column[0])
        (void)my_remove_rows(r, "tables_priv", u->user, u->host, db_name, st->name);
    else
        (void)my_put_row(r, "tables_priv", at,
                      (struct my_named[]){{"Host", u->host}, {"Db", db_name}, {"User", u->user}, {"Table_name", st->name}, {"Grantor", grantor},
                                       {"Table_priv", list}, {"Column_priv", by_column}, {"Timestamp", "0000-00-00 00:00:00"}}, 8);
}

/* Whether the named privileges exist at this level. */
static bool level_ok(struct my_run *r, const struct my_stmt *st, unsigned level)
{
    for (size_t i = 0; i < MY_N_PRIVS; i++)
        if (!st->all_privs && asked(st, i) && !(my_privs[i].levels & level)) {
            if (level == MY_ON_DB)
                my_fail(r, MY_ER_WRONG_USAGE, "DB GRANT", "GLOBAL PRIVILEGES");
            else
                my_fail_as(r, 1144, "42000", "Illegal GRANT/REVOKE command; please consult the manual to see which privileges can be used");
            return false;
        }
    return true;
}

static void revoke_everything(struct my_run *r, struct my_stmt *st)
{
    bool missing = false;
    for (struct my_user_spec *u = st->users; u && my_ok(r); u = u->next) {
        my_resolve_user(r, u);
        struct my_named set[MY_N_PRIVS + 4];
        int at = my_user_row(r, u->user, u->host);
        if (at < 0) {
            missing = true;
            continue;
        }
        (void)my_put_row(r, "user", at, set, priv_cells(r, st, 0, set, 0));
        for (size_t i = 1; i < MY_N_ACCOUNT_TABLES; i++)
            (void)my_remove_rows(r, my_account_tables[i], u->user, u->host, NULL, NULL);
    }
    if (missing)
        my_fail_as(r, 1269, "HY000", "Can't revoke all privileges for one or more of the requested users");
}

void my_grant(struct my_run *r, struct my_stmt *st)
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
    if (st->word && st->name) { /* ON PROCEDURE, ON FUNCTION */
        if (!my_world_routine(r->w, st->word == MY_K_PROCEDURE ? "PROCEDURE" : "FUNCTION", db, st->name)) {
            char text[200];
            (void)snprintf(text, sizeof text, "%s %.64s does not exist", "FUNCTION or PROCEDURE", st->name);
            my_fail_as(r, 1305, "42000", text);
        }
        return;
    }
    if (!global && !proxy && !level_ok(r, st, st->name ? MY_ON_TABLE : MY_ON_DB))
        return;
    if (st->name && !proxy && st->com == MY_Q_GRANT && !my_find_table(r, db, st->name, NULL, true) && !asked(st, 4)) {
        my_fail(r, MY_ER_NO_SUCH_TABLE, db, st->name);
        return;
    }
    for (struct my_user_spec *u = st->users; u && my_ok(r); u = u->next) {
        my_resolve_user(r, u);
        if (u->bare && my_is_role(r, u->user))
            u->host = "";
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

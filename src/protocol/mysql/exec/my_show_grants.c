/* SHOW GRANTS. */
#include <stdio.h>
#include <string.h>

#include "protocol/mysql/exec/my_user.h"
#include "protocol/mysql/expr/my_eval.h"
#include "protocol/mysql/my_crypt.h"

/* ---- SHOW GRANTS ---- */
/* "SELECT, INSERT" of a row of user or db; ALL PRIVILEGES when none of the level is missing; USAGE when all are. */
static void list_privs(const struct my_table *t, const struct my_row *row, unsigned level, struct wr *w)
{
    size_t from = w->len;
    bool all = true;
    for (size_t i = 0; i < MY_N_PRIVS; i++) {
        char col[40];
        (void)snprintf(col, sizeof col, "%s_priv", my_privs[i].col);
        if ((level && !(my_privs[i].levels & level)) || my_table_col(t, col) < 0)
            continue;
        if (strcmp(my_cell_text(t, row, col), "Y") == 0)
            wr_fmt(w, "%s%s", w->len > from ? ", " : "", my_privs[i].sql);
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
    const char *hash = my_cell_text(t, row, my_hash_column(r));
    wr_str(w, "GRANT ");
    list_privs(t, row, 0, w);
    wr_str(w, " ON *.*");
    grantee(r, user, host, w);
    if (hash[0] && (r->kit->mariadb || r->kit->version < 50706))
        wr_fmt(w, " IDENTIFIED BY PASSWORD '%s'", hash);
    if (strcmp(my_cell_text(t, row, "Grant_priv"), "Y") == 0)
        wr_str(w, " WITH GRANT OPTION");
}

static void db_line(struct my_run *r, const struct my_table *t, const struct my_row *row, const char *user, const char *host, struct wr *w)
{
    wr_str(w, "GRANT ");
    list_privs(t, row, MY_ON_DB, w);
    wr_fmt(w, " ON `%s`.*", my_cell_text(t, row, "Db"));
    grantee(r, user, host, w);
    if (strcmp(my_cell_text(t, row, "Grant_priv"), "Y") == 0)
        wr_str(w, " WITH GRANT OPTION");
}

static void table_line(struct my_run *r, const struct my_table *t, const struct my_row *row, const char *user, const char *host, struct wr *w)
{
    const char *set = my_cell_text(t, row, "Table_priv");
    bool all = true;
    wr_str(w, "GRANT ");
    size_t from = w->len;
    for (size_t i = 0; i < MY_N_PRIVS; i++) {
        if (!my_privs[i].in_set)
            continue;
        if (my_in_set(set, my_privs[i].in_set))
            wr_fmt(w, "%s%s", w->len > from ? ", " : "", my_privs[i].sql);
        else
            all = false;
    }
    if (all)
        w->len = from;
    if (w->len == from)
        wr_str(w, all ? "ALL PRIVILEGES" : "USAGE");
    wr_fmt(w, " ON `%s`.`%s`", my_cell_text(t, row, "Db"), my_cell_text(t, row, "Table_name"));
    grantee(r, user, host, w);
    if (my_in_set(set, "Grant"))
        wr_str(w, " WITH GRANT OPTION");
}

static void proxy_line(struct my_run *r, const struct my_table *t, const struct my_row *row, const char *user, const char *host, struct wr *w)
{
    char quote = r->kit->mariadb ? '`' : '\'';
    wr_fmt(w, "GRANT PROXY ON %c%s%c@%c%s%c", quote, my_cell_text(t, row, "Proxied_user"), quote, quote,
           r->kit->mariadb && !my_cell_text(t, row, "Proxied_host")[0] ? "%" : my_cell_text(t, row, "Proxied_host"), quote);
    grantee(r, user, host, w);
    if (strcmp(my_cell_text(t, row, "With_grant"), "1") == 0)
        wr_str(w, " WITH GRANT OPTION");
}

void my_show_grants(struct my_run *r, struct my_stmt *st)
{
    struct my_user_spec self = {.user = NULL}, *u = st->users ? st->users : &self;
    struct my_db *db;
    my_resolve_user(r, u);
    struct my_table *t = my_acl_table(r, "user", &db);
    int at = my_find_row(t, u->user, u->host, NULL, NULL);
    if (at < 0) {
        my_no_such_grant(r, u);
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
        const char *hash = my_cell_text(t, t->rows[at], my_hash_column(r));
        wr_fmt(&w, r->kit->mariadb ? "CREATE USER `%s`@`%s`" : "CREATE USER '%s'@'%s'", u->user, u->host);
        if (hash[0])
            wr_fmt(&w, r->kit->mariadb ? " IDENTIFIED BY PASSWORD '%s'" : " IDENTIFIED WITH 'mysql_native_password' AS '%s'", hash);
        send_line(r, &col, &w, &n);
        goto out;
    }
    global_line(r, t, t->rows[at], u->user, u->host, &w);
    send_line(r, &col, &w, &n);
    struct my_table *dbs = my_acl_table(r, "db", &db), *tabs = my_acl_table(r, "tables_priv", &db);
    for (size_t i = 0; dbs && i < dbs->n_rows; i++)
        if (my_same_account(dbs, dbs->rows[i], u->user, u->host)) {
            db_line(r, dbs, dbs->rows[i], u->user, u->host, &w);
            send_line(r, &col, &w, &n);
        }
    for (size_t i = 0; tabs && i < tabs->n_rows; i++)
        if (my_same_account(tabs, tabs->rows[i], u->user, u->host)) {
            table_line(r, tabs, tabs->rows[i], u->user, u->host, &w);
            send_line(r, &col, &w, &n);
        }
    struct my_table *proxies = my_acl_table(r, "proxies_priv", &db);
    for (size_t i = 0; proxies && i < proxies->n_rows; i++)
        if (my_same_account(proxies, proxies->rows[i], u->user, u->host)) {
            proxy_line(r, proxies, proxies->rows[i], u->user, u->host, &w);
            send_line(r, &col, &w, &n);
        }
out:
    my_send_end(r, n);
    wr_done(&w);
}

/* Roles of MariaDB: rows of mysql.user without a host, granted by rows of mysql.roles_mapping. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/exec/my_user.h"
#include "protocol/mysql/expr/my_eval.h"

static bool is_role_row(const struct my_table *t, const struct my_row *row)
{
    return strcmp(my_cell_text(t, row, "is_role"), "Y") == 0;
}

bool my_is_role(struct my_run *r, const char *name)
{
    struct my_db *db;
    const struct my_table *t = my_acl_table(r, "user", &db);
    int at = my_find_row(t, name, "", NULL, NULL);
    return at >= 0 && is_role_row(t, t->rows[at]);
}

static int mapping(struct my_run *r, const char *user, const char *host, const char *role)
{
    struct my_db *db;
    const struct my_table *t = my_acl_table(r, "roles_mapping", &db);
    for (size_t i = 0; t && i < t->n_rows; i++)
        if (my_same_account(t, t->rows[i], user, host) && strcmp(my_cell_text(t, t->rows[i], "Role"), role) == 0)
            return (int)i;
    return -1;
}

static void map(struct my_run *r, const char *user, const char *host, const char *role, bool admin)
{
    int at = mapping(r, user, host, role);
    (void)my_put_row(r, "roles_mapping", at, (struct my_named[]){{"Host", host}, {"User", user}, {"Role", role}, {"Admin_option", admin ? "Y" : "N"}}, 4);
}

static void cannot(struct my_run *r, const char *what, const char *name)
{
    char text[240];
    (void)snprintf(text, sizeof text, "Operation %s failed for '%.128s'", what, name);
    my_fail_as(r, 1396, "HY000", text);
}

static void invalid(struct my_run *r, const char *name)
{
    char text[200];
    (void)snprintf(text, sizeof text, "Invalid role specification `%.128s`", name);
    my_fail_as(r, 1959, "OP000", text);
}

/* Whoever makes a role may give it to others. */
static void create(struct my_run *r, const struct my_stmt *st)
{
    for (const struct my_user_spec *n = st->users; n && my_ok(r); n = n->next) {
        if (my_is_role(r, n->user)) {
            if (st->if_not_exists) {
                char text[200];
                (void)snprintf(text, sizeof text, "Can't create role '%.128s'; it already exists", n->user);
                my_warn_text(r, MY_NOTE, 1975, text);
            } else {
                cannot(r, "CREATE ROLE", n->user);
            }
            continue;
        }
        if (my_put_row(r, "user", -1, (struct my_named[]){{"Host", ""}, {"User", n->user}, {"is_role", "Y"}}, 3))
            map(r, r->c->user, r->c->priv_host, n->user, true);
    }
}

static void drop(struct my_run *r, const struct my_stmt *st)
{
    for (const struct my_user_spec *n = st->users; n && my_ok(r); n = n->next) {
        if (!my_is_role(r, n->user)) {
            if (st->if_exists) {
                char text[200];
                (void)snprintf(text, sizeof text, "Can't drop role '%.128s'; it doesn't exist", n->user);
                my_warn_text(r, MY_NOTE, 1976, text);
            } else {
                cannot(r, "DROP ROLE", n->user);
            }
            continue;
        }
        for (size_t i = 0; i < MY_N_ACCOUNT_TABLES; i++)
            (void)my_remove_rows(r, my_account_tables[i], n->user, "", NULL, NULL);
        struct my_db *db;
        struct my_table *t = my_acl_table(r, "roles_mapping", &db);
        t = t ? my_world_own(r->w, db, t) : NULL;
        for (size_t i = t ? t->n_rows : 0; i-- > 0;)
            if (strcmp(my_cell_text(t, t->rows[i], "Role"), n->user) == 0)
                my_table_remove(r->w, t, i);
        if (strcmp(r->c->role, n->user) == 0)
            r->c->role[0] = '\0';
    }
}

static void grant(struct my_run *r, const struct my_stmt *st)
{
    if (!my_is_role(r, st->name)) {
        invalid(r, st->name);
        return;
    }
    for (struct my_user_spec *u = st->users; u && my_ok(r); u = u->next) {
        my_resolve_user(r, u);
        if (u->bare && my_is_role(r, u->user))
            u->host = "";
        if (my_user_row(r, u->user, u->host) < 0) {
            my_no_account(r);
        } else if (st->com == MY_Q_GRANT_ROLE) {
            map(r, u->user, u->host, st->name, st->with_grant);
        } else {
            struct my_db *db;
            int at = mapping(r, u->user, u->host, st->name);
            struct my_table *t = at >= 0 ? my_acl_table(r, "roles_mapping", &db) : NULL;
            t = t ? my_world_own(r->w, db, t) : NULL;
            if (t)
                my_table_remove(r->w, t, (size_t)at);
        }
    }
}

static void set(struct my_run *r, const struct my_stmt *st)
{
    if (st->name && (!my_is_role(r, st->name) || mapping(r, r->c->user, r->c->priv_host, st->name) < 0)) {
        invalid(r, st->name);
        return;
    }
    (void)snprintf(r->c->role, sizeof r->c->role, "%s", st->name ? st->name : "");
}

static void set_default(struct my_run *r, struct my_stmt *st)
{
    struct my_user_spec self = {.user = NULL}, *u = st->users ? st->users : &self;
    my_resolve_user(r, u);
    int at = my_user_row(r, u->user, u->host);
    if (at < 0)
        my_no_account(r);
    else if (st->name && mapping(r, u->user, u->host, st->name) < 0)
        invalid(r, st->name);
    else
        (void)my_put_row(r, "user", at, (struct my_named[]){{"default_role", st->name ? st->name : ""}}, 1);
}

void my_exec_role(struct my_run *r, struct my_stmt *st)
{
    switch (st->com) {
    case MY_Q_CREATE_ROLE:
        create(r, st);
        break;
    case MY_Q_DROP_ROLE:
        drop(r, st);
        break;
    case MY_Q_SET_ROLE:
        set(r, st);
        break;
    case MY_Q_DEFAULT_ROLE:
        set_default(r, st);
        break;
    default:
        grant(r, st);
        break;
    }
}

/* CREATE, ALTER, DROP DATABASE; DROP and RENAME TABLE; views. */
#include "protocol/mysql/exec/my_ddl.h"
#include "protocol/mysql/exec/my_files.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void my_ddl_fail(struct my_run *r, uint16_t code, const char *state, const char *fmt, ...)
{
    if (!my_ok(r))
        return;
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    unsigned before = r->c->n_conds;
    my_fail_text(r, MY_ER_CANT_CREATE_TABLE, text);
    r->err_code = code;
    (void)snprintf(r->err_state, sizeof r->err_state, "%s", state);
    if (r->c->n_conds > before)
        r->c->conds[before].code = code;
}

const char *my_ddl_name(struct my_run *r, const char *name)
{
    if (!my_names_fold(r->kit))
        return name;
    char *low = arena_copy(r->arena, name, strlen(name));
    for (char *p = low; p && *p; p++)
        *p = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
    return low ? low : name;
}

bool my_ddl_name_ok(struct my_run *r, const char *name, enum my_err wrong)
{
    size_t n = strlen(name);
    if (n == 0 || name[n - 1] == ' ')
        my_fail(r, wrong, name);
    else if (my_chars(r->kit->utf8, name, n) > MY_NAME_MAX)
        my_fail(r, MY_ER_TOO_LONG_IDENT, name);
    return my_ok(r);
}

static bool db_writable(struct my_run *r, const char *db)
{
    if (!my_is_info_schema(db))
        return true;
    my_fail(r, MY_ER_DBACCESS_DENIED, r->c->user, r->c->priv_host, db);
    return false;
}

struct my_db *my_ddl_db(struct my_run *r, const char **db)
{
    if (!my_need_db(r, db) || !db_writable(r, *db))
        return NULL;
    struct my_db *d = my_world_db(r->w, *db);
    if (!d)
        my_fail(r, MY_ER_BAD_DB, *db);
    return d;
}

bool my_ddl_charset_ok(struct my_run *r, const char *charset, const char *collate)
{
    const struct my_coll *cs = charset ? my_coll_default(r->kit, charset) : NULL, *co = collate ? my_coll_by_name(r->kit, collate) : NULL;
    if (charset && !cs)
        my_fail(r, MY_ER_UNKNOWN_CHARACTER_SET, charset);
    else if (collate && !co)
        my_fail(r, MY_ER_UNKNOWN_COLLATION, collate);
    else if (cs && co && strcmp(cs->charset, co->charset) != 0)
        my_fail(r, MY_ER_COLLATION_CHARSET_MISMATCH, co->name, cs->charset);
    return my_ok(r);
}

/* ---- databases ---- */
static const struct my_coll *db_coll(struct my_run *r, const struct my_table_opts *o)
{
    const struct my_coll *c = o->collate ? my_coll_by_name(r->kit, o->collate) : o->charset ? my_coll_default(r->kit, o->charset) : NULL;
    if (c)
        return c;
    const struct my_sysvar *v = my_sysvar_find(r->kit, "collation_server");
    const char *name = v ? my_var_text(r, v, MY_SCOPE_SESSION) : NULL;
    c = name ? my_coll_by_name(r->kit, name) : NULL;
    return c ? c : r->kit->server_coll;
}

static void create_db(struct my_run *r, struct my_stmt *st)
{
    const char *name = my_ddl_name(r, st->name);
    if (!my_ddl_charset_ok(r, st->opts.charset, st->opts.collate) || !my_ddl_name_ok(r, name, MY_ER_WRONG_DB_NAME) || !db_writable(r, name))
        return;
    struct my_db *old = my_world_db(r->w, name);
    if (old && r->kit->mariadb && st->or_replace) {
        my_world_drop_db(r->w, old);
        old = NULL;
    }
    if (old && !st->if_not_exists) {
        my_fail(r, MY_ER_DB_CREATE_EXISTS, name);
        return;
    }
    if (old) {
        my_warn(r, MY_NOTE, MY_ER_DB_CREATE_EXISTS, name);
        r->affected = r->kit->version >= 50500 && !r->kit->mariadb;
        return;
    }
    if (my_world_add_db(r->w, name, db_coll(r, &st->opts)) < 0)
        my_ddl_fail(r, 1006, "HY000", "Can't create database '%s' (errno: 28)", name);
    else
        r->affected = 1;
}

static void drop_db(struct my_run *r, struct my_stmt *st)
{
    if (!my_ddl_name_ok(r, st->name, MY_ER_WRONG_DB_NAME) || !db_writable(r, st->name))
        return;
    struct my_db *db = my_world_db(r->w, st->name);
    if (!db && !st->if_exists) {
        my_fail(r, MY_ER_DB_DROP_EXISTS, st->name);
        return;
    }
    r->status |= MY_STATUS_DB_DROPPED;
    if (!db) {
        my_warn(r, MY_NOTE, MY_ER_DB_DROP_EXISTS, st->name);
        return;
    }
    char folder[600];
    (void)snprintf(folder, sizeof folder, "%.300s/%.280s/", r->kit->persona.mysql.datadir, db->name);
    char path[1024];
    if (my_file_path(r, folder, false, path, sizeof path) && my_file_in_folder(r, path)) { /* its tables go, what a client wrote there stays */
        while (db->n_tables)
            my_world_drop_table(r->w, db, db->tables[0]);
        (void)snprintf(folder, sizeof folder, "./%.280s%s", db->name, r->kit->mariadb ? "" : "/");
        my_fail(r, MY_ER_DROP_DB_RMDIR, folder, r->kit->mariadb ? my_errcode_text(r, ENOTEMPTY) : "17");
        return;
    }
    r->affected = db->n_tables;
    if (strcmp(r->c->db, db->name) == 0)
        r->c->db[0] = '\0';
    for (size_t i = r->w->n_routines; i > 0; i--)
        if (strcmp(r->w->routines[i - 1].db, db->name) == 0)
            my_world_drop_routine(r->w, &r->w->routines[i - 1]);
    my_world_drop_db(r->w, db);
}

static void alter_db(struct my_run *r, struct my_stmt *st)
{
    const char *name = st->name;
    struct my_db *db = my_ddl_db(r, &name);
    if (!db || !my_ddl_charset_ok(r, st->opts.charset, st->opts.collate))
        return;
    db->coll = db_coll(r, &st->opts);
    r->affected = 1;
}

/* ---- DROP TABLE, DROP VIEW ---- */
static bool drop_temp(struct my_run *r, const char *db, const char *name)
{
    struct my_conn *c = r->c;
    for (size_t i = 0; i < c->n_temp; i++) {
        if (strcmp(c->temp_db[i], db) != 0 || strcmp(c->temp[i]->name, name) != 0)
            continue;
        my_table_clear(r->w, c->temp[i]);
        my_table_unref(c->temp[i]);
        free(c->temp_db[i]);
        c->n_temp--;
        c->temp[i] = c->temp[c->n_temp];
        c->temp_db[i] = c->temp_db[c->n_temp];
        return true;
    }
    return false;
}

/* 5.6 and later name the database too. */
static const char *shown_name(struct my_run *r, const char *db, const char *name)
{
    char buf[2 * MY_NAME_MAX * 3 + 2];
    if (r->kit->version < 50600)
        return name;
    int n = snprintf(buf, sizeof buf, "%s.%s", db, name);
    const char *own = arena_copy(r->arena, buf, (size_t)n < sizeof buf ? (size_t)n : sizeof buf - 1);
    return own ? own : name;
}

static void drop_tables(struct my_run *r, struct my_stmt *st, bool view)
{
    struct wr missing = wr_of(4096);
    for (struct my_name *n = st->names; n && my_ok(r); n = n->next) /* nothing is dropped when one of them has no database */
        (void)my_need_db(r, &n->db);
    for (struct my_name *n = st->names; n && my_ok(r); n = n->next) {
        if (!db_writable(r, n->db))
            break;
        if (!view && drop_temp(r, n->db, my_ddl_name(r, n->name)))
            continue;
        struct my_db *db = st->temporary ? NULL : my_world_db(r->w, n->db);
        struct my_table *t = db ? my_db_table(r->w, db, n->name) : NULL;
        if (t && view && !t->is_view && !r->kit->mariadb) {
            my_ddl_fail(r, 1347, "HY000", "'%s.%s' is not VIEW", db->name, t->name);
        } else if (t && r->kit->mariadb && !view && (t->is_view || (strcmp(db->name, "mysql") == 0 && strcmp(t->name, "user") == 0))) {
            my_ddl_fail(r, 1965, "42S02", "'%s.%s' is a view", db->name, t->name);
        } else if (t && t->is_view == view) {
            my_world_drop_table(r->w, db, t);
        } else if (st->if_exists && !r->kit->mariadb) {
            my_warn(r, MY_NOTE, MY_ER_BAD_TABLE, shown_name(r, n->db, n->name));
        } else {
            wr_fmt(&missing, "%s%s", missing.len ? "," : "", shown_name(r, n->db, n->name));
        }
    }
    if (my_ok(r) && missing.len) {
        const char *list = arena_copy(r->arena, missing.bytes, missing.len);
        if (st->if_exists) /* MariaDB notes all in one */
            my_warn(r, MY_NOTE, view ? MY_ER_UNKNOWN_VIEW : MY_ER_BAD_TABLE, list ? list : "");
        else
            my_fail(r, view && r->kit->mariadb ? MY_ER_UNKNOWN_VIEW : MY_ER_BAD_TABLE, list ? list : "");
    }
    wr_done(&missing);
}

/* ---- RENAME TABLE ---- */
static void rename_failed(struct my_run *r, const struct my_name *n)
{
    my_ddl_fail(r, 1025, "HY000", "Error on rename of './%s/%s' to './%s/%s' (errno: %s)", n->db, n->name, n->db2, n->name2,
                my_errcode_text(r, ENOENT));
}

static void rename_one(struct my_run *r, struct my_name *n)
{
    if (!my_need_db(r, &n->db) || !my_need_db(r, &n->db2) || !db_writable(r, n->db) || !db_writable(r, n->db2) ||
        !my_ddl_name_ok(r, n->name2, MY_ER_WRONG_TABLE_NAME))
        return;
    struct my_db *from = my_world_db(r->w, n->db), *to = my_world_db(r->w, n->db2);
    struct my_table *t = from ? my_db_table(r->w, from, n->name) : NULL;
    if (to && my_db_table(r->w, to, n->name2)) {
        my_fail(r, MY_ER_TABLE_EXISTS, n->name2);
    } else if (!t && r->kit->version >= 50700) {
        my_fail(r, MY_ER_NO_SUCH_TABLE, n->db, n->name);
    } else if (!t) {
        my_ddl_fail(r, 1017, "HY000", "Can't find file: './%s/%s.frm' (errno: %s)", n->db, n->name, my_errcode_text(r, ENOENT));
    } else if (!to && r->kit->version >= 50700) {
        my_fail(r, MY_ER_BAD_DB, n->db2);
    } else if (!to) {
        rename_failed(r, n);
    } else {
        struct my_table *moved = my_table_copy(t, true);
        char *name = moved ? my_table_str(moved, my_ddl_name(r, n->name2)) : NULL;
        if (!name) {
            my_table_unref(moved);
            rename_failed(r, n);
            return;
        }
        moved->name = name;
        if (my_world_add_table(r->w, to, moved) < 0)
            rename_failed(r, n);
        else
            my_world_drop_table(r->w, from, t);
    }
}

/* ---- CREATE VIEW ---- */
static size_t without_blanks(const char *text, size_t n)
{
    while (n && (text[n - 1] == ' ' || (text[n - 1] >= '\t' && text[n - 1] <= '\r')))
        n--;
    return n;
}

/* A view comes back from a dump inside a version comment: its end is not the view's. */
static size_t body_len(const char *text, size_t n)
{
    int open = 0;
    for (size_t i = 0; i + 1 < n; i++)
        open += (text[i] == '/' && text[i + 1] == '*') - (text[i] == '*' && text[i + 1] == '/');
    n = without_blanks(text, n);
    return open < 0 && n >= 2 && memcmp(text + n - 2, "*/", 2) == 0 ? without_blanks(text, n - 2) : n;
}

static char *view_definer(struct my_run *r, struct my_table *t)
{
    char buf[300];
    (void)snprintf(buf, sizeof buf, "`%s`@`%s`", r->c->user, r->c->priv_host);
    return my_table_str(t, buf);
}

static bool view_columns(struct my_run *r, struct my_stmt *st, const struct my_rows *rows, struct my_table *t)
{
    struct my_col_def *defs = arena_new(r->arena, (rows->n_cols + 1) * sizeof *defs);
    if (!defs || rows->n_cols == 0)
        return false;
    for (size_t i = 0; i < rows->n_cols; i++) {
        const struct my_column *from;
        my_ddl_def_of(r, &rows->cols[i], &defs[i], &from);
        defs[i].primary = defs[i].unique = defs[i].auto_inc = false;
        if (st->n_cols)
            defs[i].name = st->cols[i];
        defs[i].next = i + 1 < rows->n_cols ? &defs[i + 1] : NULL;
        for (size_t j = 0; j < i; j++)
            if (strcasecmp(defs[j].name, defs[i].name) == 0) {
                my_fail(r, MY_ER_DUP_FIELDNAME, defs[i].name);
                return false;
            }
    }
    struct my_table_opts none = {0};
    return my_table_build(r->kit, defs, NULL, &none, t, r->kit->server_coll) == 0;
}

static void create_view(struct my_run *r, struct my_stmt *st)
{
    struct my_db *db = my_ddl_db(r, &st->db);
    const char *name = my_ddl_name(r, st->name);
    if (!db || !my_ddl_name_ok(r, name, MY_ER_WRONG_TABLE_NAME))
        return;
    if (st->select->into != MY_INTO_NONE) {
        my_ddl_fail(r, 1350, "HY000", "View's SELECT contains a 'INTO' clause");
        return;
    }
    struct my_rows rows = {0};
    my_select_describe(r, st->select, NULL, &rows);
    if (!my_ok(r))
        return;
    if (st->n_cols && st->n_cols != rows.n_cols) {
        my_ddl_fail(r, 1353, "HY000", "View's SELECT and view's field list have different column counts");
        return;
    }
    struct my_table *old = my_db_table(r->w, db, name);
    if (!old && st->view_only) { /* ALTER VIEW */
        my_fail(r, MY_ER_NO_SUCH_TABLE, db->name, name);
        return;
    }
    if (old && st->if_not_exists) {
        my_warn(r, MY_NOTE, MY_ER_TABLE_EXISTS, name);
        return;
    }
    if (old && !old->is_view && st->or_replace) {
        my_ddl_fail(r, 1347, "HY000", "'%s.%s' is not VIEW", db->name, old->name);
        return;
    }
    if (old && !st->or_replace) {
        my_fail(r, MY_ER_TABLE_EXISTS, name);
        return;
    }
    struct my_table *t = my_table_new(name);
    bool made = t && view_columns(r, st, &rows, t);
    size_t n = body_len(st->text, st->text_len);
    if (made) {
        t->is_view = true;
        t->view_text = arena_copy(&t->arena, st->text, n);
        t->view_definer = view_definer(r, t);
    }
    if (!made || !t->view_text || !t->view_definer) {
        my_table_unref(t);
        my_fail(r, MY_ER_OUTOFMEMORY, 1024);
        return;
    }
    if (old)
        my_world_drop_table(r->w, db, old);
    if (my_world_add_table(r->w, db, t) < 0)
        my_fail(r, MY_ER_OUTOFMEMORY, 1024);
}

void my_exec_ddl(struct my_run *r, struct my_stmt *st)
{
    switch (st->com) {
    case MY_Q_CREATE_DB:
        create_db(r, st);
        break;
    case MY_Q_DROP_DB:
        drop_db(r, st);
        break;
    case MY_Q_ALTER_DB:
        alter_db(r, st);
        break;
    case MY_Q_CREATE_TABLE:
        my_ddl_create_table(r, st);
        break;
    case MY_Q_DROP_TABLE:
    case MY_Q_DROP_VIEW:
        drop_tables(r, st, st->com == MY_Q_DROP_VIEW);
        break;
    case MY_Q_RENAME_TABLE:
        for (struct my_name *n = st->names; n && my_ok(r); n = n->next)
            rename_one(r, n);
        break;
    case MY_Q_CREATE_VIEW:
        create_view(r, st);
        break;
    default:
        my_ddl_alter_table(r, st);
        break;
    }
}

/* Changing rows: the target, its unique keys, the errors. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/exec/my_ddl.h"
#include "protocol/mysql/exec/my_dml.h"
#include "protocol/mysql/exec/my_files.h"
#include "protocol/mysql/exec/my_sel.h"
#include "protocol/mysql/exec/my_store.h"
#include "protocol/mysql/exec/my_undo.h"

void *my_dml_get(struct my_run *r, size_t n)
{
    void *p = arena_new(r->arena, n ? n : 1);
    if (!p)
        my_fail(r, MY_ER_OUTOFMEMORY, (int)n);
    return p;
}

bool my_keep_until_end(struct my_dml *d, struct my_row *row)
{
    if (d->n_dead == d->cap_dead) {
        size_t cap = d->cap_dead ? d->cap_dead * 2 : 16;
        struct my_row **list = realloc(d->dead, cap * sizeof *list);
        if (!list) {
            my_fail(d->r, MY_ER_OUTOFMEMORY, (int)(cap * sizeof *list));
            return false;
        }
        d->dead = list;
        d->cap_dead = cap;
    }
    d->dead[d->n_dead++] = my_row_ref(row);
    return true;
}

void my_dml_note(struct my_dml *d, size_t at, struct my_row *before, struct my_row *after)
{
    if (d->innodb)
        my_undo_note(d->r->c, d->db ? d->db->name : "", d->t, at, before, after);
}

void my_dml_done(struct my_dml *d)
{
    for (size_t i = 0; i < d->n_dead; i++)
        my_row_unref(d->dead[i]);
    if (d->back) {
        my_table_clear(d->r->w, d->back);
        my_table_unref(d->back);
    }
    free(d->dead);
    *d = (struct my_dml){0};
}

bool my_dml_open(struct my_dml *d, struct my_run *r, const char *db, const char *name, bool ignore)
{
    *d = (struct my_dml){.r = r, .ignore = ignore};
    if (!my_need_db(r, &db))
        return false;
    if (my_is_info_schema(db)) {
        my_fail(r, MY_ER_DBACCESS_DENIED, r->c->user, r->c->priv_host, "information_schema");
        return false;
    }
    d->t = my_find_table(r, db, name, &d->db, false);
    if (!d->t)
        return false;
    if (r->kit->mariadb && d->db && strcmp(d->db->name, "mysql") == 0 && strcmp(d->t->name, "user") == 0 && r->clause) {
        /* a view over global_priv there, whose definer may read and delete */
        my_ddl_fail(r, 1356, "HY000", "View 'mysql.user' references invalid table(s) or column(s) or function(s) or definer/invoker of view lack rights to use them");
        return false;
    }
    if (d->t->is_view) {
        my_fail_text(r, MY_ER_WRONG_USAGE, "The target table is not updatable");
        return false;
    }
    if (!d->t->temporary && d->db) {
        d->t = my_world_own(r->w, d->db, d->t);
        if (!d->t) {
            my_fail_text(r, MY_ER_DISK_FULL, "The table is full");
            return false;
        }
    }
    d->innodb = strcasecmp(d->t->engine, "InnoDB") == 0;
    if (r->c->in_trans && r->c->read_only && !d->t->temporary) {
        my_fail_text(r, MY_ER_READ_ONLY_TRANSACTION, my_errtext(MY_ER_READ_ONLY_TRANSACTION, r->kit->mariadb));
        return false;
    }
    if (!d->t->temporary && !my_lock_allows(r, d->db ? d->db->name : db, d->t->name, true))
        return false;
    bool strict = my_sql_mode(r, "STRICT_ALL_TABLES") || my_sql_mode(r, "STRICT_TRANS_TABLES");
    d->st = (struct my_store){.r = r, .strict = strict && !ignore, .row = 1, .db = d->db ? d->db->name : "", .table = d->t->name};
    return true;
}

void my_no_room(struct my_run *r, const struct my_table *t)
{
    char text[300];
    (void)snprintf(text, sizeof text, "The table '%.200s' is full", t->name);
    my_fail_text(r, MY_ER_RECORD_FILE_FULL, text);
}

struct my_val *my_row_vals(struct my_run *r, const struct my_table *t, const struct my_row *row)
{
    struct my_val *v = my_dml_get(r, t->n_cols * sizeof *v);
    for (size_t i = 0; v && i < t->n_cols; i++)
        v[i] = i < row->n ? my_cell_val(&t->cols[i], &row->cell[i]) : my_null();
    return v;
}

/* ---- unique keys ---- */
static bool key_equal(const struct my_table *t, const struct my_key *k, const struct my_cell *a, const struct my_cell *b)
{
    for (size_t i = 0; i < k->n_cols; i++) {
        const struct my_cell *x = &a[k->cols[i]], *y = &b[k->cols[i]];
        const struct my_column *c = &t->cols[k->cols[i]];
        if (x->null || y->null)
            return false;
        size_t n = x->n, m = y->n;
        if (k->lens[i]) {
            size_t p = my_char_bytes(c->coll, x->p, n, k->lens[i]), q = my_char_bytes(c->coll, y->p, m, k->lens[i]);
            n = p < n ? p : n;
            m = q < m ? q : m;
        }
        if (my_coll_compare(c->coll, x->p, n, y->p, m) != 0)
            return false;
    }
    return true;
}

size_t my_find_duplicate(struct my_dml *d, const struct my_cell *cells, size_t self, const struct my_key **ret_key)
{
    const struct my_table *t = d->t;
    for (size_t k = 0; k < t->n_keys; k++) {
        if (t->keys[k].kind != MY_KEY_PRIMARY && t->keys[k].kind != MY_KEY_UNIQUE)
            continue;
        if (!my_step(d->r, t->n_rows))
            return SIZE_MAX;
        for (size_t i = 0; i < t->n_rows; i++)
            if (i != self && t->rows[i]->n >= t->n_cols && key_equal(t, &t->keys[k], cells, t->rows[i]->cell)) {
                *ret_key = &t->keys[k];
                return i;
            }
    }
    return SIZE_MAX;
}

void my_duplicate_error(struct my_dml *d, const struct my_cell *cells, const struct my_key *k)
{
    char text[200] = "";
    size_t at = 0;
    for (size_t i = 0; i < k->n_cols; i++) {
        const struct my_cell *c = &cells[k->cols[i]];
        int n = snprintf(text + at, sizeof text - at, "%s%.*s", i ? "-" : "", (int)(c->n > 64 ? 64 : c->n), c->null ? "NULL" : c->p);
        at += n > 0 && (size_t)n < sizeof text - at ? (size_t)n : 0;
    }
    const char *name = k->kind == MY_KEY_PRIMARY ? "PRIMARY" : k->name;
    if (d->ignore && d->r->kit->version >= 50600)
        my_warn(d->r, MY_WARNING, MY_ER_DUP_ENTRY, text, name);
    else if (!d->ignore)
        my_fail(d->r, MY_ER_DUP_ENTRY, text, name);
}

/* A subselect may not read the table that changes (error 1093); a derived table in it may, since it is read beforehand. */
static bool reads_target(const struct my_dml *d, const struct my_expr *e)
{
    if (!e)
        return false;
    for (const struct my_select *s = e->sub; s; s = s->next) {
        for (const struct my_tref *t = s->from; t; t = t->next) {
            const char *db = t->db ? t->db : d->r->c->db;
            if (!t->derived && d->db && strcasecmp(t->name, d->t->name) == 0 && strcasecmp(db, d->db->name) == 0)
                return true;
        }
        if (reads_target(d, s->where))
            return true;
    }
    for (size_t i = 0; i < e->n_args; i++)
        if (reads_target(d, e->args[i]))
            return true;
    return false;
}

bool my_target_is_free(struct my_dml *d, const struct my_expr *where, const struct my_assign *assigns)
{
    bool used = reads_target(d, where);
    for (const struct my_assign *a = assigns; a; a = a->next)
        used |= reads_target(d, a->expr);
    if (used)
        my_fail(d->r, MY_ER_UPDATE_TABLE_USED, d->t->name);
    return !used;
}

void my_exec_dml(struct my_run *r, struct my_stmt *st)
{
    switch (st->com) {
    case MY_Q_INSERT:
    case MY_Q_REPLACE:
        my_exec_insert(r, st);
        break;
    case MY_Q_UPDATE:
        if (st->tables && st->tables->next)
            my_exec_multi(r, st);
        else if (st->tables && !st->tables->derived)
            my_exec_update(r, st);
        else
            my_fail(r, MY_ER_NOT_SUPPORTED_YET, "UPDATE of a derived table");
        break;
    case MY_Q_DELETE:
        if (st->tables)
            my_exec_multi(r, st);
        else
            my_exec_delete(r, st);
        break;
    case MY_Q_TRUNCATE:
        my_exec_truncate(r, st);
        break;
    default:
        my_exec_load(r, st);
        break;
    }
}

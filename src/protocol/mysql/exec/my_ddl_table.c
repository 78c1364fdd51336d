/* CREATE TABLE. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/exec/my_ddl.h"

#define TEMP_TABLES_MAX 64

/* ---- engines ---- */
static const char *engine_cell(const struct my_kit *k, size_t row, size_t col)
{
    return col < k->engines.n_cols ? k->engines.cells[row * k->engines.n_cols + col] : "";
}

static const char *default_engine(struct my_run *r, bool temporary)
{
    static const char *const names[] = {"default_tmp_storage_engine", "default_storage_engine", "storage_engine"};
    for (size_t i = temporary ? 0 : 1; i < 3; i++) {
        const struct my_sysvar *v = my_sysvar_find(r->kit, names[i]);
        const char *text = v ? my_var_text(r, v, MY_SCOPE_SESSION) : NULL;
        for (size_t j = 0; text && j < r->kit->engines.n_rows; j++)
            if (strcasecmp(engine_cell(r->kit, j, 0), text) == 0)
                return engine_cell(r->kit, j, 0);
    }
    return r->kit->default_engine;
}

/* The engine a table gets; NULL: an error. An unknown or missing one is replaced with warnings unless sql_mode forbids. */
const char *my_ddl_engine(struct my_run *r, const char *want, const char *table, bool temporary)
{
    static const char *const aliases[][2] = {{"INNOBASE", "InnoDB"}, {"MERGE", "MRG_MYISAM"}, {"HEAP", "MEMORY"}, {"NDB", "ndbcluster"}};
    const char *fallback = default_engine(r, temporary);
    if (!want)
        return fallback;
    bool strict = my_sql_mode(r, "NO_ENGINE_SUBSTITUTION");
    const char *name = want;
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (strcasecmp(want, aliases[i][0]) == 0)
            name = aliases[i][1];
    for (size_t i = 0; i < r->kit->engines.n_rows; i++) {
        if (strcasecmp(engine_cell(r->kit, i, 0), name) != 0)
            continue;
        const char *support = engine_cell(r->kit, i, 1);
        if (strcasecmp(support, "YES") == 0 || strcasecmp(support, "DEFAULT") == 0)
            return engine_cell(r->kit, i, 0);
        if (strict) {
            my_fail(r, MY_ER_FEATURE_DISABLED, engine_cell(r->kit, i, 0), engine_cell(r->kit, i, 0));
            return NULL;
        }
        my_warn(r, MY_WARNING, MY_ER_WARN_USING_OTHER_HANDLER, fallback, table);
        return fallback;
    }
    if (strict) {
        my_fail(r, MY_ER_UNKNOWN_STORAGE_ENGINE, want);
        return NULL;
    }
    my_warn(r, MY_WARNING, MY_ER_UNKNOWN_STORAGE_ENGINE, want);
    my_warn(r, MY_WARNING, MY_ER_WARN_USING_OTHER_HANDLER, fallback, table);
    return fallback;
}

/* ---- where the table goes ---- */
static struct my_table *find_temp(struct my_run *r, const char *db, const char *name)
{
    for (size_t i = 0; i < r->c->n_temp; i++)
        if (strcmp(r->c->temp_db[i], db) == 0 && strcmp(r->c->temp[i]->name, name) == 0)
            return r->c->temp[i];
    return NULL;
}

static void add_temp(struct my_run *r, const char *db, struct my_table *t)
{
    struct my_conn *c = r->c;
    struct my_table **temp = c->n_temp < TEMP_TABLES_MAX ? realloc(c->temp, (c->n_temp + 1) * sizeof *temp) : NULL;
    if (temp)
        c->temp = temp;
    char **dbs = temp ? realloc(c->temp_db, (c->n_temp + 1) * sizeof *dbs) : NULL;
    if (dbs)
        c->temp_db = dbs;
    char *own = dbs ? strdup(db) : NULL;
    if (!own) {
        my_table_clear(r->w, t);
        my_table_unref(t);
        my_fail(r, MY_ER_OUTOFMEMORY, 1024);
        return;
    }
    t->temporary = true;
    temp[c->n_temp] = t;
    dbs[c->n_temp++] = own;
}

static void add_table(struct my_run *r, const struct my_stmt *st, const char *db_name, struct my_table *t)
{
    struct my_db *db = my_world_db(r->w, db_name);
    if (st->temporary) {
        add_temp(r, db_name, t);
        return;
    }
    struct my_table *old = db ? my_db_table(r->w, db, t->name) : NULL;
    if (old) /* OR REPLACE */
        my_world_drop_table(r->w, db, old);
    size_t rows = t->row_bytes; /* appended rows are paid for already */
    r->w->bytes -= rows < r->w->bytes ? rows : r->w->bytes;
    char name[MY_NAME_MAX * 4 + 1];
    (void)snprintf(name, sizeof name, "%s", t->name);
    if (!db || my_world_add_table(r->w, db, t) < 0)
        my_ddl_fail(r, 1005, "HY000", "Can't create table '%s.%s' (errno: 28)", db_name, name);
}

/* ---- CREATE TABLE … LIKE ---- */
static void create_like(struct my_run *r, struct my_stmt *st, const char *name)
{
    struct my_table *from = my_find_table(r, st->names->db, st->names->name, NULL, false);
    if (!from)
        return;
    if (from->is_view) {
        my_ddl_fail(r, 1347, "HY000", "'%s.%s' is not BASE TABLE", st->names->db ? st->names->db : r->c->db, from->name);
        return;
    }
    struct my_table *t = my_table_copy(from, false);
    char *own = t ? my_table_str(t, name) : NULL;
    if (!own) {
        my_table_unref(t);
        my_fail(r, MY_ER_OUTOFMEMORY, 1024);
        return;
    }
    t->name = own;
    t->temporary = false;
    t->created_us = t->updated_us = r->now_us;
    add_table(r, st, st->db, t);
}

/* ---- … SELECT ---- */
struct made {
    struct my_rows rows;
    int *at;                       /* per result column: column of the new table */
    const struct my_column **from; /* per result column: stored column it comes from, or NULL */
};

/* The result's columns behind those that are defined; a defined column of the same name takes the value. */
static bool select_columns(struct my_run *r, struct my_stmt *st, struct made *m)
{
    my_select_run(r, st->select, NULL, 0, &m->rows);
    size_t n = m->rows.n_cols;
    m->at = my_ok(r) ? arena_new(r->arena, (n + 1) * sizeof *m->at) : NULL;
    m->from = m->at ? arena_new(r->arena, (n + 1) * sizeof *m->from) : NULL;
    if (!m->from)
        return false;
    struct my_col_def **last = &st->col_defs;
    int count = 0;
    for (; *last; last = &(*last)->next)
        count++;
    int defined = count;
    for (size_t i = 0; i < n; i++) {
        int at = 0;
        const struct my_col_def *d = st->col_defs;
        while (d && at < defined && strcasecmp(d->name, m->rows.cols[i].name) != 0) {
            d = d->next;
            at++;
        }
        m->at[i] = at < defined ? at : count++;
        struct my_col_def *made = arena_new(r->arena, sizeof *made);
        if (!made)
            return false;
        my_ddl_def_of(r, &m->rows.cols[i], made, &m->from[i]);
        if (at < defined) {
            m->from[i] = NULL;
            continue;
        }
        *last = made;
        last = &made->next;
    }
    return true;
}

static void copy_defaults(struct my_run *r, const struct made *m, struct my_table *t)
{
    for (size_t i = 0; i < m->rows.n_cols; i++) {
        struct my_column *c = &t->cols[m->at[i]];
        const struct my_column *from = m->from[i];
        if (from && from->dflt) {
            c->dflt = arena_copy(&t->arena, from->dflt, from->dflt_len);
            c->dflt_len = c->dflt ? from->dflt_len : 0;
        } else if (!from && c->not_null && !c->dflt && !c->type.blob && !c->default_now && !c->auto_inc) {
            struct my_cell cell = my_ddl_missing(r, c);
            c->dflt = cell.null ? NULL : arena_copy(&t->arena, cell.p, cell.n);
            c->dflt_len = c->dflt ? cell.n : 0;
        }
    }
}

static bool select_rows(struct my_run *r, const struct made *m, struct my_table *t)
{
    struct my_cell *cells = arena_new(r->arena, (t->n_cols + 1) * sizeof *cells);
    if (!cells)
        return false;
    for (size_t i = 0; i < m->rows.n_rows && my_ok(r); i++) {
        for (size_t j = 0; j < t->n_cols; j++)
            cells[j] = my_ddl_missing(r, &t->cols[j]);
        if (t->auto_col >= 0) {
            char buf[32];
            int n = snprintf(buf, sizeof buf, "%llu", (unsigned long long)t->auto_inc++);
            cells[t->auto_col] = (struct my_cell){.p = arena_copy(r->arena, buf, (size_t)n), .n = (uint32_t)n};
        }
        for (size_t j = 0; j < m->rows.n_cols; j++)
            (void)my_ddl_store(r, &t->cols[m->at[j]], &m->rows.rows[i][j], &m->rows.cols[j].m, false, (long)i + 1, &cells[m->at[j]]);
        if (!my_step(r, 1))
            return false;
        if (my_table_append(r->w, t, my_row_new(t->n_cols, cells)) < 0)
            my_ddl_fail(r, 1114, "HY000", "The table '%s' is full", t->name);
    }
    return my_ok(r) && my_ddl_unique_ok(r, t);
}

/* ---- the whole ---- */
static bool defaults(struct my_run *r, const struct my_col_def *defs, struct my_table *t)
{
    size_t i = 0;
    for (const struct my_col_def *d = defs; d && i < t->n_cols && my_ok(r); d = d->next, i++) {
        struct my_column *c = &t->cols[i];
        if (d->has_default && d->dflt && !d->default_now)
            (void)my_ddl_default(r, t, c, d->dflt);
    }
    return my_ok(r);
}

static struct my_table *build(struct my_run *r, struct my_stmt *st, const struct my_db *db, const char *name, const char *engine)
{
    struct my_table *t = my_table_new(name);
    if (!t || my_table_build(r->kit, st->col_defs, st->key_defs, &st->opts, t, db->coll) < 0) {
        my_fail(r, MY_ER_OUTOFMEMORY, 1024);
        my_table_unref(t);
        return NULL;
    }
    t->engine = engine;
    t->created_us = t->updated_us = r->now_us;
    if (!defaults(r, st->col_defs, t)) {
        my_table_unref(t);
        return NULL;
    }
    my_checks_define(r, st->col_defs, st->key_defs, t);
    my_table_finish(r->kit, t);
    return t;
}

static void create(struct my_run *r, struct my_stmt *st, const struct my_db *db, const char *name)
{
    struct made m = {0};
    const struct my_table_opts *o = &st->opts;
    const struct my_coll *coll = o->collate ? my_coll_by_name(r->kit, o->collate) : o->charset ? my_coll_default(r->kit, o->charset) : db->coll;
    const char *engine = my_ddl_engine(r, st->opts.engine, name, st->temporary);
    struct my_ddl_kind kind = {engine, coll ? coll : db->coll};
    if (!engine || (st->select && !select_columns(r, st, &m)) || !my_ddl_columns_ok(r, st->col_defs, st->key_defs, &kind))
        return;
    struct my_table *t = build(r, st, db, name, engine);
    if (!t)
        return;
    if (st->select) {
        copy_defaults(r, &m, t);
        my_table_finish(r->kit, t);
        if (!select_rows(r, &m, t)) {
            my_table_clear(r->w, t);
            my_table_unref(t);
            return;
        }
        r->affected = t->n_rows;
        (void)snprintf(r->info, sizeof r->info, "Records: %zu  Duplicates: 0  Warnings: %u", t->n_rows, r->c->total_conds);
    }
    add_table(r, st, db->name, t);
}

/* Names of character sets are looked up while the real server parses: before the database and the table. */
static bool charsets_ok(struct my_run *r, const struct my_stmt *st)
{
    for (const struct my_col_def *d = st->col_defs; d && my_ok(r); d = d->next)
        (void)(my_ddl_charset_ok(r, d->type.charset, d->type.collate) && my_ddl_width_ok(r, d));
    if (my_ok(r) && st->opts.engine && my_sql_mode(r, "NO_ENGINE_SUBSTITUTION") && !my_ddl_engine(r, st->opts.engine, st->name, st->temporary))
        return false;
    return my_ok(r) && my_ddl_charset_ok(r, st->opts.charset, st->opts.collate);
}

void my_ddl_create_table(struct my_run *r, struct my_stmt *st)
{
    if (!charsets_ok(r, st))
        return;
    struct my_db *db = my_ddl_db(r, &st->db);
    const char *name = my_ddl_name(r, st->name);
    if (!db || !my_ddl_name_ok(r, name, MY_ER_WRONG_TABLE_NAME))
        return;
    st->db = db->name;
    bool exists = st->temporary ? find_temp(r, db->name, name) != NULL : my_db_table(r->w, db, name) != NULL;
    if (exists && st->if_not_exists)
        my_warn(r, MY_NOTE, MY_ER_TABLE_EXISTS, name);
    else if (exists && !(st->or_replace && !st->temporary))
        my_fail(r, MY_ER_TABLE_EXISTS, name);
    else if (st->like_table)
        create_like(r, st, name);
    else
        create(r, st, db, name);
}

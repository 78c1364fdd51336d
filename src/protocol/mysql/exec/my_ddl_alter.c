/* ALTER TABLE, CREATE INDEX, DROP INDEX: the table is described anew, built, and filled from the old one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/exec/my_ddl.h"

struct new_col {
    struct my_col_def def;
    int old;                   /* column of the old table, -1: none */
    bool kept;                 /* as it was: type and default */
    bool drop_default;
    struct my_expr *dflt;      /* ALTER … SET DEFAULT */
};

struct change {
    struct my_table *old;
    struct new_col *cols;
    size_t n, cap;
    struct my_key_def *keys;
    bool copies;               /* rows are written anew */
    bool only_rename;
    const char *new_name, *new_db, *engine;
};

/* ---- the old table as definitions ---- */
static struct my_col_def def_of(const struct my_column *c)
{
    struct my_col_def d = {.name = c->name, .type = c->type, .not_null = c->not_null, .auto_inc = c->auto_inc,
                           .default_now = c->default_now, .on_update_now = c->on_update_now, .comment = c->comment};
    if (c->coll && c->coll->id != 63 && !c->type.is_binary_string)
        d.type.collate = c->coll->name;
    d.type.binary = d.type.national = false;
    d.null_given = c->type.type == MY_T_TIMESTAMP; /* else it would become one that moves by itself */
    return d;
}

static bool keys_of(struct my_run *r, const struct my_table *t, struct my_key_def **ret)
{
    struct my_key_def *defs = arena_new(r->arena, (t->n_keys + 1) * sizeof *defs);
    for (size_t i = 0; defs && i < t->n_keys; i++) {
        const struct my_key *k = &t->keys[i];
        defs[i] = (struct my_key_def){.kind = k->kind, .name = k->name, .using_ = k->using_, .n_parts = k->n_cols};
        defs[i].parts = arena_new(r->arena, (k->n_cols + 1u) * sizeof *defs[i].parts);
        if (!defs[i].parts)
            return false;
        for (size_t j = 0; j < k->n_cols; j++)
            defs[i].parts[j] = (struct my_keypart){.col = t->cols[k->cols[j]].name, .len = k->lens[j]};
        defs[i].next = i + 1 < t->n_keys ? &defs[i + 1] : NULL;
    }
    *ret = t->n_keys ? defs : NULL;
    return defs != NULL;
}

static bool change_begin(struct my_run *r, struct my_table *t, const struct my_stmt *st, struct change *ch)
{
    size_t more = 0;
    for (const struct my_alter *a = st->alters; a; a = a->next)
        more += a->kind == MY_ALTER_ADD_COL;
    *ch = (struct change){.old = t, .cap = t->n_cols + more};
    ch->cols = arena_new(r->arena, (ch->cap + 1) * sizeof *ch->cols);
    if (!ch->cols || !keys_of(r, t, &ch->keys))
        return false;
    for (; ch->n < t->n_cols; ch->n++)
        ch->cols[ch->n] = (struct new_col){.def = def_of(&t->cols[ch->n]), .old = (int)ch->n, .kept = true};
    return true;
}

/* ---- the changes ---- */
static int find_col(const struct change *ch, const char *name)
{
    for (size_t i = 0; i < ch->n; i++)
        if (strcasecmp(ch->cols[i].def.name, name) == 0)
            return (int)i;
    return -1;
}

static void unknown_column(struct my_run *r, const struct change *ch, const char *name)
{
    my_fail(r, MY_ER_BAD_FIELD, name, ch->old->name);
}

/* Puts the column where FIRST or AFTER says. */
static void place(struct my_run *r, struct change *ch, struct new_col c, int at_default)
{
    int at = at_default;
    if (c.def.after && !c.def.after[0]) {
        at = 0;
    } else if (c.def.after) {
        at = find_col(ch, c.def.after);
        if (at < 0) {
            unknown_column(r, ch, c.def.after);
            return;
        }
        at++;
    }
    if (ch->n >= ch->cap)
        return;
    memmove(&ch->cols[at + 1], &ch->cols[at], (ch->n - (size_t)at) * sizeof *ch->cols);
    ch->cols[at] = c;
    ch->n++;
}

static void take(struct change *ch, int at)
{
    memmove(&ch->cols[at], &ch->cols[at + 1], (ch->n - (size_t)at - 1) * sizeof *ch->cols);
    ch->n--;
}

static void change_col(struct my_run *r, struct change *ch, const struct my_alter *a)
{
    int at = find_col(ch, a->name);
    if (at < 0) {
        unknown_column(r, ch, a->name);
        return;
    }
    struct new_col c = {.def = *a->col, .old = ch->cols[at].old};
    for (struct my_key_def *k = ch->keys; k; k = k->next)
        for (size_t i = 0; i < k->n_parts; i++)
            if (strcasecmp(k->parts[i].col, a->name) == 0) {
                k->parts[i].col = a->col->name;
                if (k->parts[i].len >= a->col->type.len && !a->col->type.blob)
                    k->parts[i].len = 0; /* a prefix as long as the column is none */
            }
    take(ch, at);
    place(r, ch, c, at);
    ch->copies = true;
}

/* MariaDB names the kind. */
static void cannot_drop(struct my_run *r, const char *kind, const char *name)
{
    if (r->kit->mariadb)
        my_fail(r, MY_ER_CANT_DROP_NAMED, kind, name);
    else
        my_fail(r, MY_ER_CANT_DROP_FIELD_OR_KEY, name);
}

/* A dropped column leaves its keys; a key without columns goes. */
static void drop_col(struct my_run *r, struct change *ch, const char *name)
{
    int at = find_col(ch, name);
    if (at < 0) {
        cannot_drop(r, "COLUMN", name);
        return;
    }
    take(ch, at);
    for (struct my_key_def **k = &ch->keys; *k;) {
        size_t n = 0;
        for (size_t i = 0; i < (*k)->n_parts; i++)
            if (strcasecmp((*k)->parts[i].col, name) != 0)
                (*k)->parts[n++] = (*k)->parts[i];
        (*k)->n_parts = n;
        if (n)
            k = &(*k)->next;
        else
            *k = (*k)->next;
    }
    ch->copies = true;
}

static void drop_key(struct my_run *r, struct change *ch, const char *kind, const char *name)
{
    for (struct my_key_def **k = &ch->keys; *k; k = &(*k)->next)
        if (strcasecmp((*k)->name ? (*k)->name : "", name) == 0) {
            *k = (*k)->next;
            ch->copies = true;
            return;
        }
    cannot_drop(r, kind, name);
}

static void add_key(struct my_run *r, struct change *ch, struct my_key_def *key)
{
    struct my_key_def *own = arena_new(r->arena, sizeof *own), **last = &ch->keys;
    if (!own)
        return;
    *own = *key;
    own->next = NULL;
    while (*last)
        last = &(*last)->next;
    *last = own;
    ch->copies |= key->kind != MY_KEY_FOREIGN;
}

static void set_default(struct my_run *r, struct change *ch, const struct my_alter *a)
{
    int at = find_col(ch, a->name);
    if (at < 0) {
        unknown_column(r, ch, a->name);
        return;
    }
    ch->cols[at].dflt = a->dflt;
    ch->cols[at].drop_default = a->kind == MY_ALTER_DROP_DEFAULT;
    ch->cols[at].def.default_now = false;
}

static void apply(struct my_run *r, struct change *ch, const struct my_stmt *st)
{
    size_t n = 0;
    for (const struct my_alter *a = st->alters; a && my_ok(r); a = a->next, n++)
        switch (a->kind) {
        case MY_ALTER_ADD_COL:
            place(r, ch, (struct new_col){.def = *a->col, .old = -1}, (int)ch->n);
            ch->copies = true;
            break;
        case MY_ALTER_DROP_COL:
            drop_col(r, ch, a->name);
            break;
        case MY_ALTER_CHANGE_COL:
        case MY_ALTER_MODIFY_COL:
            change_col(r, ch, a);
            break;
        case MY_ALTER_ADD_KEY:
            add_key(r, ch, a->key);
            break;
        case MY_ALTER_DROP_KEY:
            drop_key(r, ch, a->foreign ? "FOREIGN KEY" : "INDEX", a->name);
            break;
        case MY_ALTER_DROP_PRIMARY:
            drop_key(r, ch, "INDEX", "PRIMARY");
            break;
        case MY_ALTER_RENAME:
            ch->new_name = a->name;
            ch->new_db = a->db;
            break;
        case MY_ALTER_SET_DEFAULT:
        case MY_ALTER_DROP_DEFAULT:
            set_default(r, ch, a);
            break;
        default: /* options are read from the statement */
            break;
        }
    ch->only_rename = n == 1 && ch->new_name;
    if (st->com == MY_Q_CREATE_INDEX)
        add_key(r, ch, st->key_defs);
    if (st->com == MY_Q_DROP_INDEX)
        drop_key(r, ch, "INDEX", st->name2);
    if (my_ok(r) && ch->n == 0)
        my_fail(r, MY_ER_CANT_REMOVE_ALL_FIELDS);
}

/* ---- the new table ---- */
static struct my_col_def *link_defs(struct change *ch)
{
    for (size_t i = 0; i < ch->n; i++)
        ch->cols[i].def.next = i + 1 < ch->n ? &ch->cols[i + 1].def : NULL;
    return ch->n ? &ch->cols[0].def : NULL;
}

static void new_default(struct my_run *r, const struct change *ch, size_t i, struct my_table *t)
{
    const struct new_col *c = &ch->cols[i];
    struct my_column *to = &t->cols[i];
    const struct my_column *from = c->kept && c->old >= 0 ? &ch->old->cols[c->old] : NULL;
    if (c->dflt) {
        (void)my_ddl_default(r, t, to, c->dflt);
    } else if (c->drop_default) {
        to->dflt = NULL;
        to->dflt_len = 0;
    } else if (from && from->dflt) {
        to->dflt = arena_copy(&t->arena, from->dflt, from->dflt_len);
        to->dflt_len = to->dflt ? from->dflt_len : 0;
    } else if (!from && c->def.has_default && c->def.dflt && !c->def.default_now) {
        (void)my_ddl_default(r, t, to, c->def.dflt);
    }
}

static struct my_table *build(struct my_run *r, struct change *ch, struct my_stmt *st, const char *name, const struct my_coll *coll)
{
    const struct my_table *old = ch->old;
    struct my_table_opts o = st->opts;
    if (!o.charset && !o.collate)
        o.collate = old->coll ? old->coll->name : NULL;
    if (!o.comment)
        o.comment = old->comment;
    if (!o.row_format)
        o.row_format = old->row_format;
    if (!o.has_auto_inc || o.auto_inc < old->auto_inc) {
        o.has_auto_inc = old->auto_inc > 0;
        o.auto_inc = old->auto_inc;
    }
    struct my_table *t = my_table_new(name);
    if (!t || my_table_build(r->kit, link_defs(ch), ch->keys, &o, t, coll) < 0) {
        my_table_unref(t);
        my_fail(r, MY_ER_OUTOFMEMORY, 1024);
        return NULL;
    }
    t->engine = ch->engine;
    t->temporary = old->temporary;
    t->created_us = r->now_us;
    for (size_t i = 0; i < t->n_cols && my_ok(r); i++)
        new_default(r, ch, i, t);
    my_checks_define(r, &ch->cols[0].def, NULL, t);
    my_checks_carry(old, t);
    for (const struct my_alter *a = st->alters; a && my_ok(r); a = a->next)
        if (a->kind == MY_ALTER_ADD_KEY && a->key && a->key->check) {
            struct my_key_def one = *a->key;
            one.next = NULL;
            my_checks_define(r, NULL, &one, t);
        }
    my_table_finish(r->kit, t);
    if (t->auto_col < 0)
        t->auto_inc = 0;
    if (!my_ok(r)) {
        my_table_unref(t);
        return NULL;
    }
    return t;
}

static struct my_cell new_cell(struct my_run *r, const struct change *ch, const struct my_row *row, size_t i, struct my_table *t, long number)
{
    const struct new_col *c = &ch->cols[i];
    struct my_column *to = &t->cols[i];
    if (c->old < 0 && to->auto_inc) {
        char buf[32];
        int n = snprintf(buf, sizeof buf, "%llu", (unsigned long long)t->auto_inc++);
        return (struct my_cell){.p = arena_copy(r->arena, buf, (size_t)n), .n = (uint32_t)n};
    }
    if (c->old < 0 || (uint32_t)c->old >= row->n)
        return my_ddl_missing(r, to);
    if (c->kept && !(row->cell[c->old].null && to->not_null))
        return row->cell[c->old];
    const struct my_column *from = &ch->old->cols[c->old];
    struct my_val v = my_cell_val(from, &row->cell[c->old]);
    struct my_meta m = my_column_meta(from, "", "", "");
    struct my_cell cell;
    if (v.kind == MY_V_NULL && to->not_null) {
        my_warn(r, MY_WARNING, MY_ER_WARN_DATA_TRUNCATED, to->name, number);
        return my_ddl_missing(r, to);
    }
    if (!my_ddl_store(r, to, &v, &m, false, number, &cell))
        return my_ddl_missing(r, to);
    return cell;
}

static bool fill(struct my_run *r, const struct change *ch, struct my_table *t)
{
    struct my_cell *cells = arena_new(r->arena, (t->n_cols + 1) * sizeof *cells);
    for (size_t i = 0; cells && i < ch->old->n_rows && my_ok(r); i++) {
        for (size_t j = 0; j < t->n_cols; j++)
            cells[j] = new_cell(r, ch, ch->old->rows[i], j, t, (long)i + 1);
        if (!my_step(r, 1))
            break;
        if (my_table_append(r->w, t, my_row_new(t->n_cols, cells)) < 0)
            my_ddl_fail(r, 1114, "HY000", "The table '%s' is full", t->name);
    }
    return cells && my_ok(r) && my_ddl_unique_ok(r, t);
}

/* The new table in the old one's place. Rows of both are counted until the old one goes. */
static void swap(struct my_run *r, struct change *ch, struct my_db *from, struct my_db *to, struct my_table *t)
{
    if (ch->old->temporary) {
        for (size_t i = 0; i < r->c->n_temp; i++)
            if (r->c->temp[i] == ch->old) {
                my_table_clear(r->w, ch->old);
                my_table_unref(ch->old);
                r->c->temp[i] = t;
                return;
            }
        my_table_unref(t);
        return;
    }
    size_t rows = t->row_bytes; /* paid for when they were appended */
    my_world_drop_table(r->w, from, ch->old);
    r->w->bytes -= rows < r->w->bytes ? rows : r->w->bytes;
    if (my_world_add_table(r->w, to, t) < 0)
        my_fail(r, MY_ER_OUTOFMEMORY, 1024);
}

/* 5.6 changes InnoDB tables in place where no column is converted, and then counts no rows. */
static bool counts_rows(struct my_run *r, const struct change *ch, const struct my_table *t)
{
    if (!ch->copies && strcasecmp(ch->old->engine, t->engine) == 0 && ch->old->coll == t->coll)
        return false;
    if (r->kit->version < 50600 || strcasecmp(ch->old->engine, "InnoDB") != 0 || strcasecmp(t->engine, "InnoDB") != 0)
        return true;
    for (size_t i = 0; i < ch->n; i++)
        if (!ch->cols[i].kept && ch->cols[i].old >= 0 && strcmp(ch->old->cols[ch->cols[i].old].type_text, t->cols[i].type_text) != 0)
            return true;
    return false;
}

static bool target(struct my_run *r, const struct change *ch, struct my_db *from, struct my_db **ret, const char **ret_name)
{
    *ret = from;
    *ret_name = ch->old->name;
    if (!ch->new_name)
        return true;
    *ret_name = my_ddl_name(r, ch->new_name);
    const char *db = ch->new_db ? ch->new_db : from ? from->name : NULL;
    *ret = my_ddl_db(r, &db);
    if (!*ret || !my_ddl_name_ok(r, *ret_name, MY_ER_WRONG_TABLE_NAME))
        return false;
    struct my_table *there = my_db_table(r->w, *ret, *ret_name);
    if (there && there != ch->old)
        my_fail(r, MY_ER_TABLE_EXISTS, *ret_name);
    return my_ok(r);
}

void my_ddl_alter_table(struct my_run *r, struct my_stmt *st)
{
    struct my_db *db = NULL, *to = NULL;
    const char *name = NULL;
    struct change ch;
    if (my_is_info_schema(st->db ? st->db : r->c->db)) {
        my_fail(r, MY_ER_DBACCESS_DENIED, r->c->user, r->c->priv_host, "information_schema");
        return;
    }
    struct my_table *t = my_find_table(r, st->db, st->name, &db, false);
    if (!t)
        return;
    if (t->is_view) {
        my_ddl_fail(r, 1347, "HY000", "'%s.%s' is not BASE TABLE", db ? db->name : "", t->name);
        return;
    }
    const char *engine = st->opts.engine ? my_ddl_engine(r, st->opts.engine, t->name, t->temporary) : t->engine;
    if (!engine || !my_ddl_charset_ok(r, st->opts.charset, st->opts.collate) || !change_begin(r, t, st, &ch))
        return;
    ch.engine = engine;
    apply(r, &ch, st);
    struct my_ddl_kind kind = {engine, t->coll ? t->coll : r->kit->server_coll};
    if (!my_ok(r) || !target(r, &ch, db, &to, &name) || !my_ddl_columns_ok(r, link_defs(&ch), ch.keys, &kind))
        return;
    struct my_table *made = build(r, &ch, st, name, t->coll ? t->coll : r->kit->server_coll);
    if (!made)
        return;
    if (!fill(r, &ch, made)) {
        my_table_clear(r->w, made);
        my_table_unref(made);
        return;
    }
    bool counted = counts_rows(r, &ch, made);
    size_t n = counted ? made->n_rows : 0;
    r->affected = n;
    if (!ch.only_rename)
        (void)snprintf(r->info, sizeof r->info, "Records: %zu  Duplicates: 0  Warnings: %u", n, r->c->total_conds);
    swap(r, &ch, db, to, made);
}

/* information_schema: databases, tables, columns, keys, views, routines as the world holds them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/ts.h"
#include "base/wr.h"
#include "protocol/mysql/exec/my_check.h"
#include "protocol/mysql/exec/my_info_fill.h"
#include "protocol/mysql/world/my_facts.h"

void my_info_schemata(struct my_fill *f)
{
    const struct my_db *db;
    for (size_t i = 0; my_fill_db(f->r->w, i, &db); i++) {
        const struct my_coll *c = db->coll ? db->coll : f->r->kit->server_coll;
        if (!my_sees_db(f->r, db->name))
            continue;
        my_fill_begin(f);
        my_fill_catalog(f, "CATALOG_NAME");
        my_fill_text(f, "SCHEMA_NAME", db->name);
        my_fill_text(f, "DEFAULT_CHARACTER_SET_NAME", c->charset);
        my_fill_text(f, "DEFAULT_COLLATION_NAME", c->name);
        my_fill_row(f);
    }
}

/* A table that nobody has written to yet looks as it was recorded. */
static bool recorded_table(struct my_fill *f, const struct my_db *db, const struct my_table *t)
{
    const struct my_kit *k = f->r->kit;
    int row = my_fact_table(k, db->name, t->name);
    const struct my_db *base = row >= 0 ? my_world_db(k->base, db->name) : NULL;
    if (!base || my_db_table(k->base, base, t->name) != t)
        return false;
    for (size_t i = 0; i < k->tables.n_cols; i++)
        my_fill_cell(f, k->tables.head[i], my_fact_of_table(k, row, k->tables.head[i]));
    if (!my_is_info_schema(db->name) || strcasecmp(t->engine, "MEMORY") != 0) {
        my_fill_when(f, "CREATE_TIME", t->created_us);
        my_fill_when(f, "UPDATE_TIME", t->updated_us);
    }
    return true;
}

static void one_table(struct my_fill *f, const struct my_db *db, const struct my_table *t)
{
    bool info = my_is_info_schema(db->name), innodb = strcasecmp(t->engine, "InnoDB") == 0;
    my_fill_begin(f);
    my_fill_catalog(f, "TABLE_CATALOG");
    my_fill_text(f, "TABLE_SCHEMA", db->name);
    my_fill_text(f, "TABLE_NAME", t->name);
    my_fill_text(f, "TABLE_TYPE", info ? "SYSTEM VIEW" : t->is_view || t->shown_as_view ? "VIEW" : "BASE TABLE");
    if (t->is_view || t->shown_as_view) {
        my_fill_text(f, "TABLE_COMMENT", "VIEW");
        my_fill_row(f);
        return;
    }
    my_fill_text(f, "ENGINE", t->engine);
    if (recorded_table(f, db, t)) {
        my_fill_row(f);
        return;
    }
    my_fill_num(f, "VERSION", 10);
    bool dynamic = false;
    for (size_t i = 0; i < t->n_cols; i++)
        dynamic |= t->cols[i].type.blob || t->cols[i].type.type == MY_T_VARCHAR;
    my_fill_text(f, "ROW_FORMAT", innodb ? (f->r->kit->version >= 50709 ? "Dynamic" : "Compact") : strcasecmp(t->engine, "MEMORY") == 0 || info || !dynamic ? "Fixed" : "Dynamic");
    uint64_t avg = t->n_rows ? t->row_bytes / t->n_rows : 0;
    if (!info) {
        my_fill_num(f, "TABLE_ROWS", t->n_rows);
        my_fill_num(f, "AVG_ROW_LENGTH", innodb && t->n_rows ? 16384 / t->n_rows : avg);
        my_fill_num(f, "DATA_LENGTH", innodb ? 16384 : t->row_bytes);
        my_fill_num(f, "MAX_DATA_LENGTH", innodb ? 0 : 281474976710655);
        my_fill_num(f, "INDEX_LENGTH", innodb ? 0 : t->n_keys ? 2048 : 1024);
        my_fill_num(f, "DATA_FREE", 0);
        if (t->auto_col >= 0)
            my_fill_num(f, "AUTO_INCREMENT", t->auto_inc);
        my_fill_when(f, "CREATE_TIME", t->created_us);
        if (!innodb)
            my_fill_when(f, "UPDATE_TIME", t->updated_us);
    }
    my_fill_text(f, "TABLE_COLLATION", t->coll ? t->coll->name : "utf8_general_ci");
    my_fill_text(f, "CREATE_OPTIONS", "");
    my_fill_text(f, "TABLE_COMMENT", t->comment);
    if (f->r->kit->mariadb && !info) {
        my_fill_num(f, "MAX_INDEX_LENGTH", 0);
        my_fill_text(f, "TEMPORARY", t->temporary ? "Y" : "N");
    }
    my_fill_row(f);
}

void my_info_tables(struct my_fill *f)
{
    const struct my_db *db;
    for (size_t i = 0; my_fill_db(f->r->w, i, &db); i++)
        for (size_t k = 0; k < db->n_tables && my_ok(f->r); k++)
            if (my_sees_table(f->r, db->name, db->tables[k]->name))
                one_table(f, db, db->tables[k]);
}

static const char *key_mark(const struct my_column *c)
{
    if (c->key_flags & MY_F_PRI_KEY)
        return "PRI";
    return c->key_flags & MY_F_UNIQUE_KEY ? "UNI" : c->key_flags & MY_F_MULTIPLE_KEY ? "MUL" : "";
}

static const char *data_type(struct my_run *r, const char *type)
{
    char *s = arena_copy(r->arena, type, strcspn(type, "( "));
    return s ? s : "";
}

/* MariaDB gives the default as SQL in COLUMNS, and its value in SHOW COLUMNS. */
static const char *default_of(struct my_run *r, const struct my_column *c, bool string)
{
    bool sql = r->kit->mariadb && !r->show_key;
    if (c->default_now)
        return !r->kit->mariadb ? "CURRENT_TIMESTAMP" : c->dec ? "current_timestamp(6)" : "current_timestamp()";
    if (!c->dflt)
        return sql && !c->not_null ? "NULL" : NULL;
    if (!sql || (!string && !my_is_temporal(c->wire_type)))
        return c->dflt;
    struct wr w = wr_of(4096);
    wr_u8(&w, '\'');
    for (size_t i = 0; i < c->dflt_len; i++) {
        if (c->dflt[i] == '\'' || c->dflt[i] == '\\')
            wr_u8(&w, (uint8_t)c->dflt[i]);
        wr_u8(&w, (uint8_t)c->dflt[i]);
    }
    wr_u8(&w, '\'');
    const char *own = w.bad ? NULL : arena_copy(r->arena, w.bytes, w.len);
    wr_done(&w);
    return own;
}

static void one_column(struct my_fill *f, const struct my_db *db, const struct my_table *t, size_t i)
{
    const struct my_column *c = &t->cols[i];
    bool string = my_result_of(c->wire_type) == MY_RES_STR && !my_is_temporal(c->wire_type);
    my_fill_begin(f);
    my_fill_catalog(f, "TABLE_CATALOG");
    my_fill_text(f, "TABLE_SCHEMA", db->name);
    my_fill_text(f, "TABLE_NAME", t->name);
    my_fill_text(f, "COLUMN_NAME", c->name);
    my_fill_num(f, "ORDINAL_POSITION", i + 1);
    my_fill_text(f, "COLUMN_DEFAULT", default_of(f->r, c, string));
    my_fill_text(f, "IS_GENERATED", "NEVER");
    my_fill_text(f, "IS_NULLABLE", c->not_null ? "NO" : "YES");
    my_fill_text(f, "DATA_TYPE", data_type(f->r, c->type_text));
    if (string) {
        uint32_t chars = c->type.blob || !c->coll->maxlen ? c->len : c->len / c->coll->maxlen;
        my_fill_num(f, "CHARACTER_MAXIMUM_LENGTH", chars);
        my_fill_num(f, "CHARACTER_OCTET_LENGTH", c->len);
        if (!my_coll_is_binary(c->coll)) {
            my_fill_text(f, "CHARACTER_SET_NAME", c->coll->charset);
            my_fill_text(f, "COLLATION_NAME", c->coll->name);
        }
    } else if (!my_is_temporal(c->wire_type) && c->wire_type != MY_T_YEAR) {
        static const struct {
            uint8_t type;
            uint8_t s, u;
        } prec[] = {{MY_T_TINY, 3, 3}, {MY_T_SHORT, 5, 5}, {MY_T_INT24, 7, 7}, {MY_T_LONG, 10, 10}, {MY_T_LONGLONG, 19, 20}, {MY_T_FLOAT, 12, 12}, {MY_T_DOUBLE, 22, 22}};
        for (size_t k = 0; k < sizeof prec / sizeof *prec; k++)
            if (prec[k].type == c->wire_type)
                my_fill_num(f, "NUMERIC_PRECISION", c->type.unsigned_ ? prec[k].u : prec[k].s);
        if (c->wire_type == MY_T_NEWDECIMAL)
            my_fill_num(f, "NUMERIC_PRECISION", c->type.len);
        if (c->wire_type != MY_T_FLOAT && c->wire_type != MY_T_DOUBLE)
            my_fill_num(f, "NUMERIC_SCALE", c->dec);
    } else if (c->wire_type != MY_T_DATE && c->wire_type != MY_T_YEAR) {
        my_fill_num(f, "DATETIME_PRECISION", c->dec);
    }
    my_fill_text(f, "COLUMN_TYPE", c->type_text);
    my_fill_text(f, "COLUMN_KEY", t->shown_as_view ? "" : key_mark(c));
    my_fill_text(f, "EXTRA", c->auto_inc ? "auto_increment" : c->on_update_now ? f->r->kit->mariadb ? c->dec ? "on update current_timestamp(6)" : "on update current_timestamp()" : "on update CURRENT_TIMESTAMP" : "");
    my_fill_text(f, "PRIVILEGES", my_is_info_schema(db->name) ? "select" : "select,insert,update,references");
    my_fill_text(f, "COLUMN_COMMENT", c->comment ? c->comment : "");
    my_fill_row(f);
}

void my_info_columns(struct my_fill *f)
{
    const struct my_db *db;
    for (size_t i = 0; my_fill_db(f->r->w, i, &db); i++)
        for (size_t k = 0; k < db->n_tables; k++)
            for (size_t c = 0; my_sees_table(f->r, db->name, db->tables[k]->name) && c < db->tables[k]->n_cols && my_ok(f->r); c++)
                one_column(f, db, db->tables[k], c);
}

/* A table without partitions is one row. */
void my_info_partitions(struct my_fill *f)
{
    const struct my_db *db;
    for (size_t i = 1; my_fill_db(f->r->w, i, &db); i++)
        for (size_t k = 0; k < db->n_tables && my_ok(f->r); k++) {
            const struct my_table *t = db->tables[k];
            if (t->is_view || t->shown_as_view)
                continue;
            bool innodb = strcasecmp(t->engine, "InnoDB") == 0;
            my_fill_begin(f);
            my_fill_catalog(f, "TABLE_CATALOG");
            my_fill_text(f, "TABLE_SCHEMA", db->name);
            my_fill_text(f, "TABLE_NAME", t->name);
            my_fill_num(f, "TABLE_ROWS", t->n_rows);
            my_fill_num(f, "AVG_ROW_LENGTH", t->n_rows ? t->row_bytes / t->n_rows : 0);
            my_fill_num(f, "DATA_LENGTH", innodb ? 16384 : t->row_bytes);
            if (!innodb)
                my_fill_num(f, "MAX_DATA_LENGTH", 281474976710655);
            my_fill_num(f, "INDEX_LENGTH", innodb ? 0 : t->n_keys ? 2048 : 1024);
            my_fill_num(f, "DATA_FREE", 0);
            my_fill_when(f, "CREATE_TIME", t->created_us);
            if (!innodb)
                my_fill_when(f, "UPDATE_TIME", t->updated_us);
            my_fill_text(f, "PARTITION_COMMENT", "");
            my_fill_text(f, "NODEGROUP", "");
            (void)recorded_table(f, db, t);
            my_fill_text(f, "TABLESPACE_NAME", NULL);
            my_fill_row(f);
        }
}

void my_info_statistics(struct my_fill *f)
{
    const struct my_db *db;
    for (size_t i = 1; my_fill_db(f->r->w, i, &db); i++)
        for (size_t k = 0; k < db->n_tables; k++) {
            const struct my_table *t = db->tables[k];
            for (size_t x = 0; x < t->n_keys && !t->shown_as_view; x++)
                for (size_t c = 0; c < t->keys[x].n_cols && my_ok(f->r); c++) {
                    const struct my_key *key = &t->keys[x];
                    const struct my_column *col = &t->cols[key->cols[c]];
                    bool unique = key->kind == MY_KEY_PRIMARY || key->kind == MY_KEY_UNIQUE;
                    my_fill_begin(f);
                    my_fill_catalog(f, "TABLE_CATALOG");
                    my_fill_text(f, "TABLE_SCHEMA", db->name);
                    my_fill_text(f, "TABLE_NAME", t->name);
                    my_fill_num(f, "NON_UNIQUE", !unique);
                    my_fill_text(f, "INDEX_SCHEMA", db->name);
                    my_fill_text(f, "INDEX_NAME", key->name);
                    my_fill_num(f, "SEQ_IN_INDEX", c + 1);
                    my_fill_text(f, "COLUMN_NAME", col->name);
                    my_fill_text(f, "COLLATION", key->kind == MY_KEY_FULLTEXT ? NULL : "A");
                    bool counted = f->r->kit->mariadb && t->n_rows == 0 && strcasecmp(t->engine, "InnoDB") == 0;
                    if ((unique && c + 1 == key->n_cols) || counted)
                        my_fill_num(f, "CARDINALITY", t->n_rows);
                    if (key->lens[c])
                        my_fill_num(f, "SUB_PART", key->lens[c]);
                    my_fill_text(f, "NULLABLE", col->not_null ? "" : "YES");
                    my_fill_text(f, "INDEX_TYPE", key->kind == MY_KEY_FULLTEXT ? "FULLTEXT" : key->using_ ? key->using_ : "BTREE");
                    my_fill_text(f, "COMMENT", "");
                    my_fill_text(f, "IGNORED", "NO");
                    my_fill_row(f);
                }
        }
}

static void fill_constraints(struct my_fill *f, bool columns)
{
    const struct my_db *db;
    for (size_t i = 1; my_fill_db(f->r->w, i, &db); i++)
        for (size_t k = 0; k < db->n_tables; k++) {
            const struct my_table *t = db->tables[k];
            for (size_t x = 0; x < t->n_keys && !t->shown_as_view; x++) {
                const struct my_key *key = &t->keys[x];
                if (key->kind != MY_KEY_PRIMARY && key->kind != MY_KEY_UNIQUE)
                    continue;
                for (size_t c = 0; c < (columns ? key->n_cols : 1u) && my_ok(f->r); c++) {
                    my_fill_begin(f);
                    my_fill_catalog(f, "CONSTRAINT_CATALOG");
                    my_fill_text(f, "CONSTRAINT_SCHEMA", db->name);
                    my_fill_text(f, "CONSTRAINT_NAME", key->name);
                    my_fill_catalog(f, "TABLE_CATALOG");
                    my_fill_text(f, "TABLE_SCHEMA", db->name);
                    my_fill_text(f, "TABLE_NAME", t->name);
                    my_fill_text(f, "CONSTRAINT_TYPE", key->kind == MY_KEY_PRIMARY ? "PRIMARY KEY" : "UNIQUE");
                    if (columns) {
                        my_fill_text(f, "COLUMN_NAME", t->cols[key->cols[c]].name);
                        my_fill_num(f, "ORDINAL_POSITION", c + 1);
                    }
                    my_fill_row(f);
                }
            }
        }
}
void my_info_table_constraints(struct my_fill *f)
{
    fill_constraints(f, false);
}
void my_info_key_usage(struct my_fill *f)
{
    fill_constraints(f, true);
}

void my_info_views(struct my_fill *f)
{
    const struct my_db *db;
    for (size_t i = 1; my_fill_db(f->r->w, i, &db); i++)
        for (size_t k = 0; k < db->n_tables && my_ok(f->r); k++) {
            const struct my_table *t = db->tables[k];
            const char *recorded = t->shown_as_view && t->create_text ? strstr(t->create_text, " AS select ") : NULL;
            if (!t->is_view && !recorded)
                continue;
            my_fill_begin(f);
            my_fill_catalog(f, "TABLE_CATALOG");
            my_fill_text(f, "TABLE_SCHEMA", db->name);
            my_fill_text(f, "TABLE_NAME", t->name);
            my_fill_text(f, "VIEW_DEFINITION", recorded ? recorded + 4 : t->view_text);
            my_fill_text(f, "CHECK_OPTION", "NONE");
            my_fill_text(f, "IS_UPDATABLE", "YES");
            my_fill_text(f, "DEFINER", recorded ? "mariadb.sys@localhost" : t->view_definer);
            my_fill_text(f, "ALGORITHM", "UNDEFINED");
            my_fill_text(f, "SECURITY_TYPE", "DEFINER");
            my_fill_text(f, "CHARACTER_SET_CLIENT", "utf8");
            my_fill_text(f, "COLLATION_CONNECTION", "utf8_general_ci");
            my_fill_row(f);
        }
}

void my_info_routines(struct my_fill *f)
{
    const struct my_world *w = f->r->w;
    for (size_t i = 0; i < w->n_routines && my_ok(f->r); i++) {
        const struct my_routine *rt = &w->routines[i];
        if (strcmp(rt->kind, "PROCEDURE") != 0 && strcmp(rt->kind, "FUNCTION") != 0)
            continue;
        my_fill_begin(f);
        my_fill_text(f, "SPECIFIC_NAME", rt->name);
        my_fill_catalog(f, "ROUTINE_CATALOG");
        my_fill_text(f, "ROUTINE_SCHEMA", rt->db);
        my_fill_text(f, "ROUTINE_NAME", rt->name);
        my_fill_text(f, "ROUTINE_TYPE", rt->kind);
        my_fill_text(f, "ROUTINE_BODY", "SQL");
        my_fill_text(f, "ROUTINE_DEFINITION", rt->body);
        my_fill_text(f, "PARAMETER_STYLE", "SQL");
        my_fill_text(f, "IS_DETERMINISTIC", "NO");
        my_fill_text(f, "SQL_DATA_ACCESS", "CONTAINS SQL");
        my_fill_text(f, "SECURITY_TYPE", "DEFINER");
        my_fill_when(f, "CREATED", rt->created_us);
        my_fill_when(f, "LAST_ALTERED", rt->created_us);
        my_fill_text(f, "DEFINER", "root@%");
        my_fill_text(f, "CHARACTER_SET_CLIENT", "utf8");
        my_fill_text(f, "COLLATION_CONNECTION", "utf8_general_ci");
        my_fill_text(f, "DATABASE_COLLATION", "latin1_swedish_ci");
        my_fill_row(f);
    }
}

/* information_schema: rows made from what the world and the facts hold. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/ts.h"
#include "protocol/mysql/exec/my_info.h"
#include "protocol/mysql/world/my_facts.h"
#include "protocol/mysql/world/my_sysvars.h"

struct fill {
    struct my_run *r;
    struct my_rel *rel;
    const struct my_table *t;
    struct my_val *row;
};

static void add_row(struct fill *f)
{
    struct my_rel *rel = f->rel;
    if (rel->n_rows == rel->cap_rows) {
        size_t cap = rel->cap_rows ? rel->cap_rows * 2 : 64;
        struct my_val **rows = arena_new(f->r->arena, cap * sizeof *rows);
        if (!rows) {
            my_fail(f->r, MY_ER_OUTOFMEMORY, (int)(cap * sizeof *rows));
            return;
        }
        if (rel->n_rows)
            memcpy(rows, rel->rows, rel->n_rows * sizeof *rows);
        rel->rows = rows;
        rel->cap_rows = cap;
    }
    rel->rows[rel->n_rows++] = f->row;
    f->row = NULL;
}

static void begin(struct fill *f)
{
    f->row = arena_new(f->r->arena, (f->rel->n_cols + 1) * sizeof *f->row);
    if (!f->row || !my_step(f->r, f->rel->n_cols)) {
        my_fail(f->r, MY_ER_OUTOFMEMORY, 1024);
        return;
    }
    for (size_t i = 0; i < f->rel->n_cols; i++) { /* what the table's definition gives by itself */
        const struct my_column *c = &f->t->cols[i];
        if (!c->not_null)
            f->row[i] = my_null();
        else if (my_result_of(c->wire_type) == MY_RES_INT)
            f->row[i] = my_int(0);
        else
            f->row[i] = my_str("", 0);
    }
}

static void set(struct fill *f, const char *col, struct my_val v)
{
    int i = my_table_col(f->t, col);
    if (i >= 0 && f->row)
        f->row[i] = v;
}
static void text(struct fill *f, const char *col, const char *s)
{
    set(f, col, s ? my_str(s, strlen(s)) : my_null());
}
static void num(struct fill *f, const char *col, uint64_t v)
{
    set(f, col, my_uint(v));
}
static void when(struct fill *f, const char *col, int64_t us)
{
    struct my_time t;
    char buf[40];
    my_local_time(us, &t);
    size_t n = my_time_text(&t, MY_T_DATETIME, 0, buf, sizeof buf);
    char *s = arena_copy(f->r->arena, buf, n);
    if (s)
        set(f, col, my_str(s, n));
}
static void catalog(struct fill *f, const char *col)
{
    if (f->r->kit->version >= 50500)
        text(f, col, "def");
    else
        set(f, col, my_null());
}

static bool each_db(const struct my_world *w, size_t i, const struct my_db **ret)
{
    /* information_schema stands first, the others by name */
    size_t n = 0;
    for (size_t k = 0; k < w->n_dbs; k++)
        if (my_is_info_schema(w->dbs[k].name)) {
            if (i == 0) {
                *ret = &w->dbs[k];
                return true;
            }
        }
    for (size_t k = 0; k < w->n_dbs; k++)
        if (!my_is_info_schema(w->dbs[k].name) && ++n == i) {
            *ret = &w->dbs[k];
            return true;
        }
    return false;
}

static void fill_schemata(struct fill *f)
{
    const struct my_db *db;
    for (size_t i = 0; each_db(f->r->w, i, &db); i++) {
        const struct my_coll *c = db->coll ? db->coll : f->r->kit->server_coll;
        begin(f);
        catalog(f, "CATALOG_NAME");
        text(f, "SCHEMA_NAME", db->name);
        text(f, "DEFAULT_CHARACTER_SET_NAME", c->charset);
        text(f, "DEFAULT_COLLATION_NAME", c->name);
        add_row(f);
    }
}

static void cell_of_text(struct fill *f, const char *col, const char *v)
{
    int at = my_table_col(f->t, col);
    if (at >= 0 && v && my_result_of(f->t->cols[at].wire_type) == MY_RES_INT)
        num(f, col, strtoull(v, NULL, 10));
    else
        text(f, col, v);
}

/* A table that nobody has written to yet looks as it was recorded. */
static bool recorded_table(struct fill *f, const struct my_db *db, const struct my_table *t)
{
    const struct my_kit *k = f->r->kit;
    int row = my_fact_table(k, db->name, t->name);
    const struct my_db *base = row >= 0 ? my_world_db(k->base, db->name) : NULL;
    if (!base || my_db_table(k->base, base, t->name) != t)
        return false;
    for (size_t i = 0; i < k->tables.n_cols; i++)
        cell_of_text(f, k->tables.head[i], my_fact_of_table(k, row, k->tables.head[i]));
    if (!my_is_info_schema(db->name) || strcasecmp(t->engine, "MEMORY") != 0) {
        when(f, "CREATE_TIME", t->created_us);
        when(f, "UPDATE_TIME", t->updated_us);
    }
    return true;
}

static void one_table(struct fill *f, const struct my_db *db, const struct my_table *t)
{
    bool info = my_is_info_schema(db->name), innodb = strcasecmp(t->engine, "InnoDB") == 0;
    begin(f);
    catalog(f, "TABLE_CATALOG");
    text(f, "TABLE_SCHEMA", db->name);
    text(f, "TABLE_NAME", t->name);
    text(f, "TABLE_TYPE", info ? "SYSTEM VIEW" : t->is_view || t->shown_as_view ? "VIEW" : "BASE TABLE");
    if (t->is_view || t->shown_as_view) {
        text(f, "TABLE_COMMENT", "VIEW");
        add_row(f);
        return;
    }
    text(f, "ENGINE", t->engine);
    if (recorded_table(f, db, t)) {
        add_row(f);
        return;
    }
    num(f, "VERSION", 10);
    bool dynamic = false;
    for (size_t i = 0; i < t->n_cols; i++)
        dynamic |= t->cols[i].type.blob || t->cols[i].type.type == MY_T_VARCHAR;
    text(f, "ROW_FORMAT", innodb ? "Compact" : strcasecmp(t->engine, "MEMORY") == 0 || info || !dynamic ? "Fixed" : "Dynamic");
    uint64_t avg = t->n_rows ? t->row_bytes / t->n_rows : 0;
    if (!info) {
        num(f, "TABLE_ROWS", t->n_rows);
        num(f, "AVG_ROW_LENGTH", innodb && t->n_rows ? 16384 / t->n_rows : avg);
        num(f, "DATA_LENGTH", innodb ? 16384 : t->row_bytes);
        num(f, "MAX_DATA_LENGTH", innodb ? 0 : 281474976710655);
        num(f, "INDEX_LENGTH", innodb ? 0 : t->n_keys ? 2048 : 1024);
        num(f, "DATA_FREE", 0);
        if (t->auto_col >= 0)
            num(f, "AUTO_INCREMENT", t->auto_inc);
        when(f, "CREATE_TIME", t->created_us);
        if (!innodb)
            when(f, "UPDATE_TIME", t->updated_us);
    }
    text(f, "TABLE_COLLATION", t->coll ? t->coll->name : "utf8_general_ci");
    text(f, "CREATE_OPTIONS", "");
    text(f, "TABLE_COMMENT", t->comment);
    add_row(f);
}

static void fill_tables(struct fill *f)
{
    const struct my_db *db;
    for (size_t i = 0; each_db(f->r->w, i, &db); i++)
        for (size_t k = 0; k < db->n_tables && my_ok(f->r); k++)
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

static void one_column(struct fill *f, const struct my_db *db, const struct my_table *t, size_t i)
{
    const struct my_column *c = &t->cols[i];
    bool string = my_result_of(c->wire_type) == MY_RES_STR && !my_is_temporal(c->wire_type);
    begin(f);
    catalog(f, "TABLE_CATALOG");
    text(f, "TABLE_SCHEMA", db->name);
    text(f, "TABLE_NAME", t->name);
    text(f, "COLUMN_NAME", c->name);
    num(f, "ORDINAL_POSITION", i + 1);
    if (c->default_now)
        text(f, "COLUMN_DEFAULT", "CURRENT_TIMESTAMP");
    else
        text(f, "COLUMN_DEFAULT", c->dflt);
    text(f, "IS_NULLABLE", c->not_null ? "NO" : "YES");
    text(f, "DATA_TYPE", data_type(f->r, c->type_text));
    if (string) {
        uint32_t chars = c->type.blob || !c->coll->maxlen ? c->len : c->len / c->coll->maxlen;
        num(f, "CHARACTER_MAXIMUM_LENGTH", chars);
        num(f, "CHARACTER_OCTET_LENGTH", c->len);
        if (!my_coll_is_binary(c->coll)) {
            text(f, "CHARACTER_SET_NAME", c->coll->charset);
            text(f, "COLLATION_NAME", c->coll->name);
        }
    } else if (!my_is_temporal(c->wire_type) && c->wire_type != MY_T_YEAR) {
        static const struct {
            uint8_t type;
            uint8_t s, u;
        } prec[] = {{MY_T_TINY, 3, 3}, {MY_T_SHORT, 5, 5}, {MY_T_INT24, 7, 7}, {MY_T_LONG, 10, 10}, {MY_T_LONGLONG, 19, 20}, {MY_T_FLOAT, 12, 12}, {MY_T_DOUBLE, 22, 22}};
        for (size_t k = 0; k < sizeof prec / sizeof *prec; k++)
            if (prec[k].type == c->wire_type)
                num(f, "NUMERIC_PRECISION", c->type.unsigned_ ? prec[k].u : prec[k].s);
        if (c->wire_type == MY_T_NEWDECIMAL)
            num(f, "NUMERIC_PRECISION", c->type.len);
        if (c->wire_type != MY_T_FLOAT && c->wire_type != MY_T_DOUBLE)
            num(f, "NUMERIC_SCALE", c->dec);
    } else if (c->wire_type != MY_T_DATE && c->wire_type != MY_T_YEAR) {
        num(f, "DATETIME_PRECISION", c->dec);
    }
    text(f, "COLUMN_TYPE", c->type_text);
    text(f, "COLUMN_KEY", t->shown_as_view ? "" : key_mark(c));
    text(f, "EXTRA", c->auto_inc ? "auto_increment" : c->on_update_now ? "on update CURRENT_TIMESTAMP" : "");
    text(f, "PRIVILEGES", my_is_info_schema(db->name) ? "select" : "select,insert,update,references");
    text(f, "COLUMN_COMMENT", c->comment ? c->comment : "");
    add_row(f);
}

static void fill_columns(struct fill *f)
{
    const struct my_db *db;
    for (size_t i = 0; each_db(f->r->w, i, &db); i++)
        for (size_t k = 0; k < db->n_tables; k++)
            for (size_t c = 0; c < db->tables[k]->n_cols && my_ok(f->r); c++)
                one_column(f, db, db->tables[k], c);
}

static void variables(struct fill *f, enum my_scope scope, bool upper)
{
    const struct my_kit *k = f->r->kit;
    for (size_t i = 0; i < k->n_vars && my_ok(f->r); i++) {
        const struct my_sysvar *v = &k->vars[i];
        if (scope == MY_SCOPE_GLOBAL ? !v->global : !v->session)
            continue;
        const char *value = my_var_text(f->r, v, scope), *name = v->name;
        if (upper) {
            char *up = arena_copy(f->r->arena, name, strlen(name));
            for (char *p = up; p && *p; p++)
                *p = (char)(*p >= 'a' && *p <= 'z' ? *p - 32 : *p);
            name = up;
        }
        begin(f);
        text(f, "VARIABLE_NAME", name);
        text(f, "VARIABLE_VALUE", value ? value : "");
        add_row(f);
    }
}
static void fill_global_variables(struct fill *f)
{
    variables(f, MY_SCOPE_GLOBAL, true);
}
static void fill_session_variables(struct fill *f)
{
    variables(f, MY_SCOPE_SESSION, true);
}
static void fill_show_global(struct fill *f)
{
    variables(f, MY_SCOPE_GLOBAL, false);
}
static void fill_show_session(struct fill *f)
{
    variables(f, MY_SCOPE_SESSION, false);
}

/* Counters move with the server's age and with what this connection does. */
static const char *status_value(struct my_run *r, const char *name)
{
    static const struct {
        const char *name, *value;
    } fixed[] = {{"Compression", "OFF"}, {"Rpl_status", "AUTH_MASTER"}, {"Slave_running", "OFF"}, {"Last_query_cost", "0.000000"},
                 {"Innodb_have_atomic_builtins", "ON"}, {"Innodb_page_size", "16384"}, {"Innodb_buffer_pool_dump_status", "not started"},
                 {"Innodb_buffer_pool_load_status", "not started"}, {"Threads_connected", "1"}, {"Threads_running", "1"}, {"Ssl_cipher", ""},
                 {"Ssl_cipher_list", ""}, {"Ssl_session_cache_mode", "NONE"}, {"Ssl_version", ""}, {"Ssl_server_not_after", ""},
                 {"Ssl_server_not_before", ""}, {"Max_used_connections", "3"}, {"Flush_commands", "1"}, {"Open_tables", "42"}, {"Opened_tables", "49"},
                 {"Open_table_definitions", "42"}, {"Opened_table_definitions", "42"}, {"Open_files", "18"}, {"Aborted_clients", "2"},
                 {"Key_blocks_unused", "6698"}, {"Innodb_buffer_pool_pages_total", "8191"}, {"Innodb_buffer_pool_pages_free", "7995"},
                 {"Innodb_buffer_pool_pages_data", "196"}, {"Table_locks_immediate", "88"}};
    int64_t up = (r->now_us - r->kit->started_us) / 1000000;
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        if (strcmp(fixed[i].name, name) == 0)
            return fixed[i].value;
    uint64_t v = 0;
    if (strncmp(name, "Uptime", 6) == 0)
        v = (uint64_t)up;
    else if (strcmp(name, "Connections") == 0)
        v = r->ses->thread_id;
    else if (strcmp(name, "Questions") == 0 || strcmp(name, "Queries") == 0)
        v = r->ses->sh->queries + (uint64_t)up / 7;
    else if (strcmp(name, "Bytes_received") == 0)
        v = (uint64_t)up * 11 + r->ses->sh->queries * 40;
    else if (strcmp(name, "Bytes_sent") == 0)
        v = (uint64_t)up * 190 + r->ses->sh->queries * 300;
    else if (strcmp(name, "Threads_created") == 0)
        v = r->ses->thread_id;
    else if (strcmp(name, "Com_select") == 0)
        v = (uint64_t)up / 11;
    char buf[32];
    int n = snprintf(buf, sizeof buf, "%llu", (unsigned long long)v);
    char *s = arena_copy(r->arena, buf, n > 0 ? (size_t)n : 0);
    return s ? s : "";
}

static void status(struct fill *f, bool upper)
{
    const struct my_tsv *t = &f->r->kit->status;
    for (size_t i = 0; i < t->n_rows && my_ok(f->r); i++) {
        const char *name = t->cells[i * t->n_cols], *value = status_value(f->r, name);
        if (upper) {
            char *up = arena_copy(f->r->arena, name, strlen(name));
            for (char *p = up; p && *p; p++)
                *p = (char)(*p >= 'a' && *p <= 'z' ? *p - 32 : *p);
            name = up;
        }
        begin(f);
        text(f, "VARIABLE_NAME", name);
        text(f, "VARIABLE_VALUE", value);
        add_row(f);
    }
}
static void fill_status(struct fill *f)
{
    status(f, true);
}
static void fill_show_status(struct fill *f)
{
    status(f, false);
}

/* A facts file whose columns are those of the table. */
static void from_tsv(struct fill *f, const struct my_tsv *t, const char *const *cols, size_t n)
{
    for (size_t i = 0; i < t->n_rows && my_ok(f->r); i++) {
        begin(f);
        for (size_t c = 0; c < n && c < t->n_cols; c++) {
            const char *v = t->cells[i * t->n_cols + c];
            if (cols[c])
                cell_of_text(f, cols[c], v && strcmp(v, "NULL") != 0 ? v : NULL);
        }
        add_row(f);
    }
}
static void fill_charsets(struct fill *f)
{
    static const char *const cols[] = {"CHARACTER_SET_NAME", "DESCRIPTION", "DEFAULT_COLLATE_NAME", "MAXLEN"};
    from_tsv(f, &f->r->kit->charsets, cols, 4);
}
static void fill_engines(struct fill *f)
{
    static const char *const cols[] = {"ENGINE", "SUPPORT", "COMMENT", "TRANSACTIONS", "XA", "SAVEPOINTS"};
    from_tsv(f, &f->r->kit->engines, cols, 6);
}
static void fill_plugins(struct fill *f)
{
    const struct my_tsv *t = &f->r->kit->plugins;
    for (size_t i = 0; i < t->n_rows && my_ok(f->r); i++) {
        const char *const *c = &t->cells[i * t->n_cols];
        begin(f);
        text(f, "PLUGIN_NAME", c[0]);
        text(f, "PLUGIN_VERSION", "1.0");
        text(f, "PLUGIN_STATUS", c[1]);
        text(f, "PLUGIN_TYPE", c[2]);
        text(f, "PLUGIN_LIBRARY", strcmp(c[3], "NULL") == 0 ? NULL : c[3]);
        text(f, "PLUGIN_LICENSE", c[4]);
        text(f, "LOAD_OPTION", "ON");
        add_row(f);
    }
}
/* In the order of SHOW COLLATION: by character set as listed, then as compiled in. */
static void fill_collations(struct fill *f)
{
    const struct my_kit *k = f->r->kit;
    const struct my_tsv *cs = &k->charsets;
    for (size_t s = 0; s < cs->n_rows; s++) {
        const char *name = cs->cells[s * cs->n_cols];
        for (int pass = 0; pass < 2; pass++)
            for (size_t i = 0; i < k->n_colls && my_ok(f->r); i++) {
                const struct my_coll *c = &k->colls[i];
                if (strcmp(c->charset, name) != 0 || c->is_default != (pass == 0))
                    continue;
                begin(f);
                text(f, "COLLATION_NAME", c->name);
                text(f, "CHARACTER_SET_NAME", c->charset);
                num(f, "ID", c->id);
                text(f, "IS_DEFAULT", c->is_default ? "Yes" : "");
                text(f, "IS_COMPILED", c->compiled ? "Yes" : "");
                num(f, "SORTLEN", c->sortlen);
                add_row(f);
            }
    }
}
static void fill_applicability(struct fill *f)
{
    const struct my_kit *k = f->r->kit;
    for (size_t i = 0; i < k->n_colls && my_ok(f->r); i++) {
        begin(f);
        text(f, "COLLATION_NAME", k->colls[i].name);
        text(f, "CHARACTER_SET_NAME", k->colls[i].charset);
        add_row(f);
    }
}

static void fill_processlist(struct fill *f)
{
    struct my_run *r = f->r;
    for (struct my_ses *s = r->ses->sh->sessions; s; s = s->next) {
        if (!s->c || session_src(s->s) != session_src(r->ses->s))
            continue;
        begin(f);
        char host[96];
        (void)snprintf(host, sizeof host, "%s:%u", s->c->host, session_sport(s->s));
        char *own = arena_copy(r->arena, host, strlen(host));
        num(f, "ID", s->thread_id);
        text(f, "USER", s->c->user);
        text(f, "HOST", own);
        text(f, "DB", s->c->db[0] ? s->c->db : NULL);
        text(f, "COMMAND", s == r->ses ? "Query" : "Sleep");
        num(f, "TIME", (uint64_t)((r->now_us - s->c->last_us) / 1000000));
        text(f, "STATE", s == r->ses ? "executing" : "");
        text(f, "INFO", s == r->ses ? r->query_text : NULL);
        add_row(f);
    }
}

/* Global privileges in the order of SHOW PRIVILEGES' bits, per account of mysql.user. */
static const struct {
    const char *name, *col;
} privs[] = {{"SELECT", "Select_priv"}, {"INSERT", "Insert_priv"}, {"UPDATE", "Update_priv"}, {"DELETE", "Delete_priv"}, {"CREATE", "Create_priv"},
             {"DROP", "Drop_priv"}, {"RELOAD", "Reload_priv"}, {"SHUTDOWN", "Shutdown_priv"}, {"PROCESS", "Process_priv"}, {"FILE", "File_priv"},
             {"REFERENCES", "References_priv"}, {"INDEX", "Index_priv"}, {"ALTER", "Alter_priv"}, {"SHOW DATABASES", "Show_db_priv"},
             {"SUPER", "Super_priv"}, {"CREATE TEMPORARY TABLES", "Create_tmp_table_priv"}, {"LOCK TABLES", "Lock_tables_priv"},
             {"EXECUTE", "Execute_priv"}, {"REPLICATION SLAVE", "Repl_slave_priv"}, {"REPLICATION CLIENT", "Repl_client_priv"},
             {"CREATE VIEW", "Create_view_priv"}, {"SHOW VIEW", "Show_view_priv"}, {"CREATE ROUTINE", "Create_routine_priv"},
             {"ALTER ROUTINE", "Alter_routine_priv"}, {"CREATE USER", "Create_user_priv"}, {"EVENT", "Event_priv"}, {"TRIGGER", "Trigger_priv"},
             {"CREATE TABLESPACE", "Create_tablespace_priv"}};

static const char *cell_of(const struct my_table *t, const struct my_row *row, const char *col)
{
    int i = my_table_col(t, col);
    return i >= 0 && (uint32_t)i < row->n && !row->cell[i].null ? row->cell[i].p : "";
}

static void fill_user_privileges(struct fill *f)
{
    struct my_db *db = my_world_db(f->r->w, "mysql");
    const struct my_table *t = db ? my_db_table(f->r->w, db, "user") : NULL;
    for (size_t i = 0; t && i < t->n_rows; i++) {
        const struct my_row *row = t->rows[i];
        char who[200];
        (void)snprintf(who, sizeof who, "'%s'@'%s'", cell_of(t, row, "User"), cell_of(t, row, "Host"));
        char *own = arena_copy(f->r->arena, who, strlen(who));
        bool grant = cell_of(t, row, "Grant_priv")[0] == 'Y', some = false;
        for (size_t p = 0; p < sizeof privs / sizeof *privs && my_ok(f->r); p++) {
            if (cell_of(t, row, privs[p].col)[0] != 'Y')
                continue;
            some = true;
            begin(f);
            text(f, "GRANTEE", own);
            catalog(f, "TABLE_CATALOG");
            text(f, "PRIVILEGE_TYPE", privs[p].name);
            text(f, "IS_GRANTABLE", grant ? "YES" : "NO");
            add_row(f);
        }
        if (!some) {
            begin(f);
            text(f, "GRANTEE", own);
            catalog(f, "TABLE_CATALOG");
            text(f, "PRIVILEGE_TYPE", "USAGE");
            text(f, "IS_GRANTABLE", "NO");
            add_row(f);
        }
    }
}

static void fill_statistics(struct fill *f)
{
    const struct my_db *db;
    for (size_t i = 1; each_db(f->r->w, i, &db); i++)
        for (size_t k = 0; k < db->n_tables; k++) {
            const struct my_table *t = db->tables[k];
            for (size_t x = 0; x < t->n_keys && !t->shown_as_view; x++)
                for (size_t c = 0; c < t->keys[x].n_cols && my_ok(f->r); c++) {
                    const struct my_key *key = &t->keys[x];
                    const struct my_column *col = &t->cols[key->cols[c]];
                    bool unique = key->kind == MY_KEY_PRIMARY || key->kind == MY_KEY_UNIQUE;
                    begin(f);
                    catalog(f, "TABLE_CATALOG");
                    text(f, "TABLE_SCHEMA", db->name);
                    text(f, "TABLE_NAME", t->name);
                    num(f, "NON_UNIQUE", !unique);
                    text(f, "INDEX_SCHEMA", db->name);
                    text(f, "INDEX_NAME", key->name);
                    num(f, "SEQ_IN_INDEX", c + 1);
                    text(f, "COLUMN_NAME", col->name);
                    text(f, "COLLATION", key->kind == MY_KEY_FULLTEXT ? NULL : "A");
                    if (unique && c + 1 == key->n_cols)
                        num(f, "CARDINALITY", t->n_rows);
                    if (key->lens[c])
                        num(f, "SUB_PART", key->lens[c]);
                    text(f, "NULLABLE", col->not_null ? "" : "YES");
                    text(f, "INDEX_TYPE", key->kind == MY_KEY_FULLTEXT ? "FULLTEXT" : key->using_ ? key->using_ : "BTREE");
                    text(f, "COMMENT", "");
                    add_row(f);
                }
        }
}

static void fill_constraints(struct fill *f, bool columns)
{
    const struct my_db *db;
    for (size_t i = 1; each_db(f->r->w, i, &db); i++)
        for (size_t k = 0; k < db->n_tables; k++) {
            const struct my_table *t = db->tables[k];
            for (size_t x = 0; x < t->n_keys && !t->shown_as_view; x++) {
                const struct my_key *key = &t->keys[x];
                if (key->kind != MY_KEY_PRIMARY && key->kind != MY_KEY_UNIQUE)
                    continue;
                for (size_t c = 0; c < (columns ? key->n_cols : 1u) && my_ok(f->r); c++) {
                    begin(f);
                    catalog(f, "CONSTRAINT_CATALOG");
                    text(f, "CONSTRAINT_SCHEMA", db->name);
                    text(f, "CONSTRAINT_NAME", key->name);
                    catalog(f, "TABLE_CATALOG");
                    text(f, "TABLE_SCHEMA", db->name);
                    text(f, "TABLE_NAME", t->name);
                    text(f, "CONSTRAINT_TYPE", key->kind == MY_KEY_PRIMARY ? "PRIMARY KEY" : "UNIQUE");
                    if (columns) {
                        text(f, "COLUMN_NAME", t->cols[key->cols[c]].name);
                        num(f, "ORDINAL_POSITION", c + 1);
                    }
                    add_row(f);
                }
            }
        }
}
static void fill_table_constraints(struct fill *f)
{
    fill_constraints(f, false);
}
static void fill_key_usage(struct fill *f)
{
    fill_constraints(f, true);
}

static void fill_views(struct fill *f)
{
    const struct my_db *db;
    for (size_t i = 1; each_db(f->r->w, i, &db); i++)
        for (size_t k = 0; k < db->n_tables && my_ok(f->r); k++) {
            const struct my_table *t = db->tables[k];
            if (!t->is_view)
                continue;
            begin(f);
            catalog(f, "TABLE_CATALOG");
            text(f, "TABLE_SCHEMA", db->name);
            text(f, "TABLE_NAME", t->name);
            text(f, "VIEW_DEFINITION", t->view_text);
            text(f, "CHECK_OPTION", "NONE");
            text(f, "IS_UPDATABLE", "YES");
            text(f, "DEFINER", t->view_definer);
            text(f, "SECURITY_TYPE", "DEFINER");
            text(f, "CHARACTER_SET_CLIENT", "utf8");
            text(f, "COLLATION_CONNECTION", "utf8_general_ci");
            add_row(f);
        }
}

static void fill_routines(struct fill *f)
{
    const struct my_world *w = f->r->w;
    for (size_t i = 0; i < w->n_routines && my_ok(f->r); i++) {
        const struct my_routine *rt = &w->routines[i];
        if (strcmp(rt->kind, "PROCEDURE") != 0 && strcmp(rt->kind, "FUNCTION") != 0)
            continue;
        begin(f);
        text(f, "SPECIFIC_NAME", rt->name);
        catalog(f, "ROUTINE_CATALOG");
        text(f, "ROUTINE_SCHEMA", rt->db);
        text(f, "ROUTINE_NAME", rt->name);
        text(f, "ROUTINE_TYPE", rt->kind);
        text(f, "ROUTINE_BODY", "SQL");
        text(f, "ROUTINE_DEFINITION", rt->body);
        text(f, "PARAMETER_STYLE", "SQL");
        text(f, "IS_DETERMINISTIC", "NO");
        text(f, "SQL_DATA_ACCESS", "CONTAINS SQL");
        text(f, "SECURITY_TYPE", "DEFINER");
        when(f, "CREATED", rt->created_us);
        when(f, "LAST_ALTERED", rt->created_us);
        text(f, "DEFINER", "root@%");
        text(f, "CHARACTER_SET_CLIENT", "utf8");
        text(f, "COLLATION_CONNECTION", "utf8_general_ci");
        text(f, "DATABASE_COLLATION", "latin1_swedish_ci");
        add_row(f);
    }
}

static const struct {
    const char *name;
    void (*fill)(struct fill *f);
} tables[] = {
    {"SCHEMATA", fill_schemata}, {"TABLES", fill_tables}, {"COLUMNS", fill_columns}, {"GLOBAL_VARIABLES", fill_global_variables},
    {"SESSION_VARIABLES", fill_session_variables}, {"GLOBAL_STATUS", fill_status}, {"SESSION_STATUS", fill_status},
    {"CHARACTER_SETS", fill_charsets}, {"COLLATIONS", fill_collations}, {"COLLATION_CHARACTER_SET_APPLICABILITY", fill_applicability},
    {"ENGINES", fill_engines}, {"PLUGINS", fill_plugins}, {"PROCESSLIST", fill_processlist}, {"USER_PRIVILEGES", fill_user_privileges},
    {"STATISTICS", fill_statistics}, {"TABLE_CONSTRAINTS", fill_table_constraints}, {"KEY_COLUMN_USAGE", fill_key_usage}, {"VIEWS", fill_views},
    {"ROUTINES", fill_routines},
    /* what SHOW reads: same columns, other spelling */
    {"VARIABLES:GLOBAL", fill_show_global}, {"VARIABLES:SESSION", fill_show_session}, {"STATUS:", fill_show_status},
};

struct my_rel *my_info_fill(struct my_run *r, const char *table, const char *source, const char *alias)
{
    struct my_db *db = my_world_db(r->w, "information_schema");
    struct my_table *t = NULL;
    for (size_t i = 0; db && i < db->n_tables; i++)
        if (strcasecmp(db->tables[i]->name, table) == 0)
            t = db->tables[i];
    if (!t) {
        my_fail(r, MY_ER_UNKNOWN_TABLE, table, "information_schema");
        return NULL;
    }
    struct my_rel *rel = arena_new(r->arena, sizeof *rel);
    if (!rel)
        return NULL;
    bool bare = r->kit->version < 50500; /* no schema and no table of origin in column definitions */
    *rel = (struct my_rel){.db = "information_schema", .name = t->name, .alias = alias ? alias : table, .n_cols = t->n_cols, .info_schema = true};
    rel->cols = arena_new(r->arena, (t->n_cols + 1) * sizeof *rel->cols);
    if (!rel->cols)
        return NULL;
    for (size_t i = 0; i < t->n_cols; i++) {
        rel->cols[i] = (struct my_relcol){t->cols[i].name, my_column_meta(&t->cols[i], bare ? "" : "information_schema", rel->alias, bare ? "" : r->info_org ? r->info_org : t->name)};
        struct my_meta *m = &rel->cols[i].m;
        if (r->kit->tables.n_rows) /* recorded from the wire */
            continue;
        m->flags &= (uint16_t)~MY_F_NO_DEFAULT;
        if (t->cols[i].type.blob == 4 && t->cols[i].type.is_text)
            m->len = 65535u * 3;
    }
    struct fill f = {.r = r, .rel = rel, .t = t};
    const struct my_tsv *rows = my_fact_rows(r->kit, "information_schema", source);
    if (rows && !r->describe_only)
        from_tsv(&f, rows, rows->head, rows->n_cols);
    for (size_t i = 0; i < sizeof tables / sizeof *tables && !r->describe_only && !rows; i++)
        if (strcasecmp(tables[i].name, source) == 0)
            tables[i].fill(&f);
    return my_ok(r) ? rel : NULL;
}

struct my_rel *my_info_rel(struct my_run *r, const char *name, const char *alias, struct my_select *s)
{
    (void)s;
    if (r->info_source)
        return my_info_fill(r, name, r->info_source, alias);
    return my_info_fill(r, name, name, alias);
}

/* SHOW. Most of it is a select over information_schema with other column names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/wr.h"
#include "protocol/mysql/my_info.h"

/* ---- over information_schema ---- */
struct show_col {
    const char *field, *alias;
};

static struct my_expr *name_expr(struct my_run *r, const char *name)
{
    struct my_expr *e = arena_new(r->arena, sizeof *e);
    if (e) {
        e->op = MY_X_NAME;
        e->name = name;
    }
    return e;
}

/* WHERE of SHOW names columns as SHOW does. */
static void real_names(struct my_expr *e, const struct show_col *cols, size_t n)
{
    if (!e)
        return;
    if (e->op == MY_X_NAME && !e->table)
        for (size_t i = 0; i < n; i++)
            if (strcasecmp(e->name, cols[i].alias) == 0)
                e->name = cols[i].field;
    for (size_t i = 0; i < e->n_args; i++)
        real_names(e->args[i], cols, n);
}

static struct my_expr *text_expr(struct my_run *r, const char *s, size_t n)
{
    struct my_expr *e = arena_new(r->arena, sizeof *e);
    if (e) {
        e->op = MY_X_LITERAL;
        e->val = my_str(s, n);
        e->m = (struct my_meta){.type = MY_T_VAR_STRING, .dec = MY_DEC_FLOAT, .coerce = MY_CO_COERCIBLE};
    }
    return e;
}

static struct my_expr *call2(struct my_run *r, const char *fn, struct my_expr *a, struct my_expr *b)
{
    struct my_expr *e = arena_new(r->arena, sizeof *e), **args = arena_new(r->arena, 2 * sizeof *args);
    if (!e || !args)
        return NULL;
    args[0] = a;
    args[1] = b;
    *e = (struct my_expr){.op = MY_X_FUNC, .func = my_func_op(fn), .args = args, .n_args = 2};
    return e;
}

struct show {
    const char *table, *source, *alias, *org; /* information_schema's table, what fills it, what it is called */
    const struct show_col *cols;
    size_t n;
    const char *like_col;
    const char *eq_col[2], *eq_val[2];        /* conditions of the statement itself */
};

static void run_show(struct my_run *r, struct my_stmt *st, const struct show *sh)
{
    struct my_select *s = arena_new(r->arena, sizeof *s);
    struct my_tref *t = arena_new(r->arena, sizeof *t);
    if (!s || !t)
        return;
    t->db = "information_schema";
    t->name = sh->table;
    t->alias = sh->alias;
    s->from = t;
    struct my_item **last = &s->items;
    for (size_t i = 0; i < sh->n; i++) {
        *last = arena_new(r->arena, sizeof **last);
        if (!*last)
            return;
        (*last)->expr = name_expr(r, sh->cols[i].field);
        (*last)->alias = sh->cols[i].alias;
        last = &(*last)->next;
    }
    struct my_expr *where = st->where;
    real_names(where, sh->cols, sh->n);
    if (st->like)
        where = call2(r, "like", name_expr(r, sh->like_col), text_expr(r, st->like, st->like_len));
    for (int i = 0; i < 2; i++)
        if (sh->eq_col[i]) {
            struct my_expr *eq = call2(r, "=", name_expr(r, sh->eq_col[i]), text_expr(r, sh->eq_val[i], strlen(sh->eq_val[i])));
            where = where ? call2(r, "and", eq, where) : eq;
        }
    s->where = where;
    struct my_stmt run = {.com = MY_Q_SELECT, .select = s};
    r->info_source = sh->source;
    r->info_org = sh->org;
    my_exec_select(r, &run);
    r->info_source = r->info_org = NULL;
}

static const char *join3(struct my_run *r, const char *a, const char *b, const char *c)
{
    size_t n = strlen(a) + strlen(b) + strlen(c) + 1;
    char *s = arena_new(r->arena, n);
    if (!s)
        return a;
    (void)snprintf(s, n, "%s%s%s", a, b, c);
    return s;
}

static const char *with_like(struct my_run *r, const char *name, const struct my_stmt *st)
{
    return st->like ? join3(r, join3(r, name, " (", st->like), ")", "") : name;
}

static void show_databases(struct my_run *r, struct my_stmt *st)
{
    struct show_col cols[] = {{"SCHEMA_NAME", with_like(r, "Database", st)}};
    run_show(r, st, &(struct show){.table = "SCHEMATA", .source = "SCHEMATA", .alias = "SCHEMATA", .cols = cols, .n = 1, .like_col = "SCHEMA_NAME"});
}

static bool show_db(struct my_run *r, const char **db)
{
    if (!my_need_db(r, db))
        return false;
    if (!my_world_db(r->w, *db) && !my_is_info_schema(*db)) {
        my_fail(r, MY_ER_BAD_DB, *db);
        return false;
    }
    return true;
}

static void show_tables(struct my_run *r, struct my_stmt *st)
{
    const char *db = st->db;
    if (!show_db(r, &db))
        return;
    struct my_db *d = my_world_db(r->w, db);
    struct show_col cols[] = {{"TABLE_NAME", with_like(r, join3(r, "Tables_in_", db, ""), st)}, {"TABLE_TYPE", "Table_type"}};
    run_show(r, st, &(struct show){.table = "TABLES", .source = "TABLES", .alias = "TABLE_NAMES", .org = "TABLE_NAMES", .cols = cols,
                                   .n = st->full ? 2 : 1, .like_col = "TABLE_NAME", .eq_col = {"TABLE_SCHEMA"}, .eq_val = {d ? d->name : db}});
}

static void show_columns(struct my_run *r, struct my_stmt *st)
{
    struct my_db *dbp = NULL;
    const char *db = st->db ? st->db : r->c->db;
    struct my_table *t = NULL;
    if (my_is_info_schema(db)) {
        struct my_rel *rel = my_info_fill(r, st->name, "none", NULL);
        if (!rel)
            return;
        st->name = rel->name;
    } else {
        t = my_find_table(r, st->db, st->name, &dbp, false);
        if (!t)
            return;
        db = dbp ? dbp->name : db;
    }
    static const struct show_col plain[] = {{"COLUMN_NAME", "Field"}, {"COLUMN_TYPE", "Type"}, {"IS_NULLABLE", "Null"}, {"COLUMN_KEY", "Key"},
                                            {"COLUMN_DEFAULT", "Default"}, {"EXTRA", "Extra"}};
    static const struct show_col full[] = {{"COLUMN_NAME", "Field"}, {"COLUMN_TYPE", "Type"}, {"COLLATION_NAME", "Collation"}, {"IS_NULLABLE", "Null"},
                                           {"COLUMN_KEY", "Key"}, {"COLUMN_DEFAULT", "Default"}, {"EXTRA", "Extra"}, {"PRIVILEGES", "Privileges"},
                                           {"COLUMN_COMMENT", "Comment"}};
    run_show(r, st, &(struct show){.table = "COLUMNS", .source = "COLUMNS", .alias = "COLUMNS", .cols = st->full ? full : plain, .n = st->full ? 9 : 6,
                                   .like_col = "COLUMN_NAME", .eq_col = {"TABLE_SCHEMA", "TABLE_NAME"}, .eq_val = {my_is_info_schema(db) ? "information_schema" : db, t ? t->name : st->name}});
}

static void show_keys(struct my_run *r, struct my_stmt *st)
{
    struct my_db *dbp = NULL;
    struct my_table *t = my_find_table(r, st->db, st->name, &dbp, false);
    if (!t)
        return;
    static const struct show_col cols[] = {{"TABLE_NAME", "Table"}, {"NON_UNIQUE", "Non_unique"}, {"INDEX_NAME", "Key_name"}, {"SEQ_IN_INDEX", "Seq_in_index"},
                                           {"COLUMN_NAME", "Column_name"}, {"COLLATION", "Collation"}, {"CARDINALITY", "Cardinality"}, {"SUB_PART", "Sub_part"},
                                           {"PACKED", "Packed"}, {"NULLABLE", "Null"}, {"INDEX_TYPE", "Index_type"}, {"COMMENT", "Comment"}, {"INDEX_COMMENT", "Index_comment"}};
    run_show(r, st, &(struct show){.table = "STATISTICS", .source = "STATISTICS", .alias = "STATISTICS", .cols = cols, .n = r->kit->version >= 50500 ? 13 : 12,
                                   .like_col = "INDEX_NAME", .eq_col = {"TABLE_SCHEMA", "TABLE_NAME"}, .eq_val = {dbp ? dbp->name : "", t->name}});
}

static void show_variables(struct my_run *r, struct my_stmt *st)
{
    static const struct show_col cols[] = {{"VARIABLE_NAME", "Variable_name"}, {"VARIABLE_VALUE", "Value"}};
    bool global = st->scope == MY_SCOPE_GLOBAL;
    run_show(r, st, &(struct show){.table = "SESSION_VARIABLES", .source = global ? "VARIABLES:GLOBAL" : "VARIABLES:SESSION", .alias = "VARIABLES",
                                   .org = "VARIABLES", .cols = cols, .n = 2, .like_col = "VARIABLE_NAME"});
}

static void show_status(struct my_run *r, struct my_stmt *st)
{
    static const struct show_col cols[] = {{"VARIABLE_NAME", "Variable_name"}, {"VARIABLE_VALUE", "Value"}};
    r->status_at_end_clear = r->kit->version >= 50600 && !r->kit->mariadb;
    run_show(r, st, &(struct show){.table = "SESSION_STATUS", .source = "STATUS:", .alias = "STATUS", .org = "STATUS", .cols = cols, .n = 2, .like_col = "VARIABLE_NAME"});
}

static void show_charset(struct my_run *r, struct my_stmt *st)
{
    static const struct show_col cols[] = {{"CHARACTER_SET_NAME", "Charset"}, {"DESCRIPTION", "Description"}, {"DEFAULT_COLLATE_NAME", "Default collation"}, {"MAXLEN", "Maxlen"}};
    run_show(r, st, &(struct show){.table = "CHARACTER_SETS", .source = "CHARACTER_SETS", .alias = "CHARACTER_SETS", .cols = cols, .n = 4, .like_col = "CHARACTER_SET_NAME"});
}
static void show_collation(struct my_run *r, struct my_stmt *st)
{
    static const struct show_col cols[] = {{"COLLATION_NAME", "Collation"}, {"CHARACTER_SET_NAME", "Charset"}, {"ID", "Id"}, {"IS_DEFAULT", "Default"},
                                           {"IS_COMPILED", "Compiled"}, {"SORTLEN", "Sortlen"}};
    run_show(r, st, &(struct show){.table = "COLLATIONS", .source = "COLLATIONS", .alias = "COLLATIONS", .cols = cols, .n = 6, .like_col = "COLLATION_NAME"});
}
static void show_engines(struct my_run *r, struct my_stmt *st)
{
    static const struct show_col cols[] = {{"ENGINE", "Engine"}, {"SUPPORT", "Support"}, {"COMMENT", "Comment"}, {"TRANSACTIONS", "Transactions"}, {"XA", "XA"}, {"SAVEPOINTS", "Savepoints"}};
    run_show(r, st, &(struct show){.table = "ENGINES", .source = "ENGINES", .alias = "ENGINES", .cols = cols, .n = 6, .like_col = "ENGINE"});
}
static void show_plugins(struct my_run *r, struct my_stmt *st)
{
    static const struct show_col cols[] = {{"PLUGIN_NAME", "Name"}, {"PLUGIN_STATUS", "Status"}, {"PLUGIN_TYPE", "Type"}, {"PLUGIN_LIBRARY", "Library"}, {"PLUGIN_LICENSE", "License"}};
    run_show(r, st, &(struct show){.table = "PLUGINS", .source = "PLUGINS", .alias = "PLUGINS", .cols = cols, .n = 5, .like_col = "PLUGIN_NAME"});
}
static void show_table_status(struct my_run *r, struct my_stmt *st)
{
    const char *db = st->db;
    if (!show_db(r, &db))
        return;
    static const struct show_col cols[] = {{"TABLE_NAME", "Name"}, {"ENGINE", "Engine"}, {"VERSION", "Version"}, {"ROW_FORMAT", "Row_format"}, {"TABLE_ROWS", "Rows"},
                                           {"AVG_ROW_LENGTH", "Avg_row_length"}, {"DATA_LENGTH", "Data_length"}, {"MAX_DATA_LENGTH", "Max_data_length"},
                                           {"INDEX_LENGTH", "Index_length"}, {"DATA_FREE", "Data_free"}, {"AUTO_INCREMENT", "Auto_increment"},
                                           {"CREATE_TIME", "Create_time"}, {"UPDATE_TIME", "Update_time"}, {"CHECK_TIME", "Check_time"},
                                           {"TABLE_COLLATION", "Collation"}, {"CHECKSUM", "Checksum"}, {"CREATE_OPTIONS", "Create_options"}, {"TABLE_COMMENT", "Comment"}};
    run_show(r, st, &(struct show){.table = "TABLES", .source = "TABLES", .alias = "TABLES", .cols = cols, .n = 18, .like_col = "TABLE_NAME", .eq_col = {"TABLE_SCHEMA"}, .eq_val = {db}});
}
static void show_triggers(struct my_run *r, struct my_stmt *st)
{
    const char *db = st->db;
    if (!show_db(r, &db))
        return;
    static const struct show_col cols[] = {{"TRIGGER_NAME", "Trigger"}, {"EVENT_MANIPULATION", "Event"}, {"EVENT_OBJECT_TABLE", "Table"}, {"ACTION_STATEMENT", "Statement"},
                                           {"ACTION_TIMING", "Timing"}, {"CREATED", "Created"}, {"SQL_MODE", "sql_mode"}, {"DEFINER", "Definer"},
                                           {"CHARACTER_SET_CLIENT", "character_set_client"}, {"COLLATION_CONNECTION", "collation_connection"}, {"DATABASE_COLLATION", "Database Collation"}};
    run_show(r, st, &(struct show){.table = "TRIGGERS", .source = "TRIGGERS", .alias = "TRIGGERS", .cols = cols, .n = 11, .like_col = "EVENT_OBJECT_TABLE"});
}
static void show_events(struct my_run *r, struct my_stmt *st)
{
    const char *db = st->db;
    if (!show_db(r, &db))
        return;
    static const struct show_col cols[] = {{"EVENT_SCHEMA", "Db"}, {"EVENT_NAME", "Name"}, {"DEFINER", "Definer"}, {"TIME_ZONE", "Time zone"}, {"EVENT_TYPE", "Type"},
                                           {"EXECUTE_AT", "Execute at"}, {"INTERVAL_VALUE", "Interval value"}, {"INTERVAL_FIELD", "Interval field"}, {"STARTS", "Starts"},
                                           {"ENDS", "Ends"}, {"STATUS", "Status"}, {"ORIGINATOR", "Originator"}, {"CHARACTER_SET_CLIENT", "character_set_client"},
                                           {"COLLATION_CONNECTION", "collation_connection"}, {"DATABASE_COLLATION", "Database Collation"}};
    run_show(r, st, &(struct show){.table = "EVENTS", .source = "EVENTS", .alias = "EVENTS", .cols = cols, .n = 15, .like_col = "EVENT_NAME"});
}
static void show_routines(struct my_run *r, struct my_stmt *st)
{
    static const struct show_col cols[] = {{"ROUTINE_SCHEMA", "Db"}, {"ROUTINE_NAME", "Name"}, {"ROUTINE_TYPE", "Type"}, {"DEFINER", "Definer"}, {"LAST_ALTERED", "Modified"},
                                           {"CREATED", "Created"}, {"SECURITY_TYPE", "Security_type"}, {"ROUTINE_COMMENT", "Comment"},
                                           {"CHARACTER_SET_CLIENT", "character_set_client"}, {"COLLATION_CONNECTION", "collation_connection"}, {"DATABASE_COLLATION", "Database Collation"}};
    run_show(r, st, &(struct show){.table = "ROUTINES", .source = "ROUTINES", .alias = "ROUTINES", .cols = cols, .n = 11, .like_col = "ROUTINE_NAME",
                                   .eq_col = {"ROUTINE_TYPE"}, .eq_val = {st->is_function ? "FUNCTION" : "PROCEDURE"}});
}

/* ---- results of their own ---- */
struct my_result_col my_plain_col(struct my_run *r, const char *name, char kind, uint32_t len, bool nullable)
{
    struct my_result_col c = {.name = name};
    c.m = (struct my_meta){.type = MY_T_VAR_STRING, .dec = MY_DEC_FLOAT, .coll = r->kit->utf8, .len = len * 3, .maybe_null = nullable};
    if (kind == 'i' || kind == 'u' || kind == 'l') {
        c.m.type = kind == 'l' ? MY_T_LONGLONG : MY_T_LONG;
        c.m.dec = 0;
        c.m.coll = r->kit->binary;
        c.m.len = len;
        c.m.unsigned_ = kind == 'u';
    } else {
        my_fix_string_type(&c.m);
    }
    return c;
}

static struct my_val sv(const char *s)
{
    return s ? my_str(s, strlen(s)) : my_null();
}

void my_send_processlist(struct my_run *r)
{
    bool modern = r->kit->version >= 50600 && !r->kit->mariadb;
    struct my_result_col cols[] = {my_plain_col(r, "Id", 'l', modern ? 21 : 11, false), my_plain_col(r, "User", 's', 16, false), my_plain_col(r, "Host", 's', 64, false),
                                   my_plain_col(r, "db", 's', 64, true), my_plain_col(r, "Command", 's', 16, false), my_plain_col(r, "Time", 'i', 7, false),
                                   my_plain_col(r, "State", 's', 30, true), my_plain_col(r, "Info", 's', r->full_list ? 65535 : 100, true)};
    my_send_columns(r, cols, 8);
    uint64_t n = 0;
    for (struct my_ses *s = r->ses->sh->sessions; s; s = s->next) {
        if (!s->c || session_src(s->s) != session_src(r->ses->s))
            continue;
        char host[96];
        (void)snprintf(host, sizeof host, "%s:%u", s->c->host, session_sport(s->s));
        bool me = s == r->ses;
        const char *info = me ? r->query_text : NULL;
        struct my_val v[8] = {my_uint(s->thread_id), sv(s->c->user), sv(host), sv(s->c->db[0] ? s->c->db : NULL), sv(me ? "Query" : "Sleep"),
                              my_int((r->now_us - s->c->last_us) / 1000000), me && !modern ? my_null() : sv(me ? "cleaning up" : ""), sv(info)};
        if (info && !r->full_list && v[7].s.n > 100)
            v[7].s.n = 100;
        my_send_row(r, cols, v, 8);
        n++;
    }
    my_send_end(r, n);
}

static void show_warnings(struct my_run *r, struct my_stmt *st, bool errors_only)
{
    struct my_result_col cols[] = {my_plain_col(r, "Level", 's', 7, false), my_plain_col(r, "Code", 'u', 4, false), my_plain_col(r, "Message", 's', 512, false)};
    static const char *const levels[] = {"Note", "Warning", "Error"};
    uint64_t limit = UINT64_MAX, offset = 0, n = 0, seen = 0;
    if (st->limit) {
        struct my_val v = my_eval_const(r, st->limit);
        limit = (uint64_t)my_val_i64(&v, NULL);
    }
    if (st->offset) {
        struct my_val v = my_eval_const(r, st->offset);
        offset = (uint64_t)my_val_i64(&v, NULL);
    }
    unsigned keep = r->c->total_conds;
    r->c->total_conds = 0; /* the packets of this reply report none */
    my_send_columns(r, cols, 3);
    for (unsigned i = 0; i < r->c->n_conds; i++) {
        const struct my_cond *c = &r->c->conds[i];
        if (errors_only && c->level != MY_ERROR)
            continue;
        if (seen++ < offset || n >= limit)
            continue;
        struct my_val v[3] = {sv(levels[c->level]), my_uint(c->code), sv(c->text)};
        my_send_row(r, cols, v, 3);
        n++;
    }
    my_send_end(r, n);
    r->c->total_conds = keep;
}

static void show_count(struct my_run *r, bool errors)
{
    struct my_result_col col = my_plain_col(r, errors ? "@@session.error_count" : "@@session.warning_count", 'l', 21, true);
    col.m.unsigned_ = true;
    struct my_val v = my_uint(errors ? r->c->n_errors : r->c->total_conds);
    unsigned keep = r->c->total_conds;
    r->c->total_conds = 0;
    my_send_columns(r, &col, 1);
    my_send_row(r, &col, &v, 1);
    my_send_end(r, 1);
    r->c->total_conds = keep;
}

static void ident(struct wr *w, const char *s)
{
    wr_u8(w, '`');
    for (; *s; s++) {
        if (*s == '`')
            wr_u8(w, '`');
        wr_u8(w, (uint8_t)*s);
    }
    wr_u8(w, '`');
}
static void quoted(struct wr *w, const char *s)
{
    wr_u8(w, '\'');
    for (; *s; s++) {
        if (*s == '\'' || *s == '\\')
            wr_u8(w, (uint8_t)*s);
        wr_u8(w, (uint8_t)*s);
    }
    wr_u8(w, '\'');
}

static void create_column(struct my_run *r, struct wr *w, const struct my_table *t, const struct my_column *c)
{
    wr_str(w, "  ");
    ident(w, c->name);
    wr_fmt(w, " %s", c->type_text);
    bool string = my_result_of(c->wire_type) == MY_RES_STR && !my_is_temporal(c->wire_type) && !my_coll_is_binary(c->coll);
    if (string && c->coll != t->coll) {
        bool same = strcmp(c->coll->charset, t->coll->charset) == 0;
        if (!same || !r->kit->mariadb)
            wr_fmt(w, " CHARACTER SET %s", c->coll->charset);
        if (!c->coll->is_default || (same && r->kit->mariadb))
            wr_fmt(w, " COLLATE %s", c->coll->name);
    } else if (string && !c->coll->is_default) {
        wr_fmt(w, " COLLATE %s", c->coll->name);
    }
    if (c->not_null)
        wr_str(w, " NOT NULL");
    else if (c->type.type == MY_T_TIMESTAMP)
        wr_str(w, " NULL");
    if (c->default_now) {
        wr_str(w, " DEFAULT CURRENT_TIMESTAMP");
    } else if (c->dflt) {
        wr_str(w, " DEFAULT ");
        quoted(w, c->dflt);
    } else if (!c->not_null && !c->type.blob && !c->auto_inc) {
        wr_str(w, " DEFAULT NULL");
    }
    if (c->on_update_now)
        wr_str(w, " ON UPDATE CURRENT_TIMESTAMP");
    if (c->auto_inc)
        wr_str(w, " AUTO_INCREMENT");
    if (c->comment && c->comment[0]) {
        wr_str(w, " COMMENT ");
        quoted(w, c->comment);
    }
    (void)r;
}

static void create_key(struct wr *w, const struct my_table *t, const struct my_key *k)
{
    static const char *const kinds[] = {"PRIMARY KEY", "UNIQUE KEY ", "KEY ", "FULLTEXT KEY ", "SPATIAL KEY ", "KEY "};
    wr_fmt(w, ",\n  %s", kinds[k->kind]);
    if (k->kind != MY_KEY_PRIMARY)
        ident(w, k->name);
    wr_str(w, " (");
    for (size_t i = 0; i < k->n_cols; i++) {
        if (i)
            wr_u8(w, ',');
        ident(w, t->cols[k->cols[i]].name);
        if (k->lens[i])
            wr_fmt(w, "(%u)", k->lens[i]);
    }
    wr_u8(w, ')');
    if (k->using_)
        wr_fmt(w, " USING %s", k->using_);
}

void my_create_text(struct my_run *r, const struct my_table *t, struct wr *w)
{
    wr_fmt(w, "CREATE %sTABLE ", t->temporary ? "TEMPORARY " : "");
    ident(w, t->name);
    wr_str(w, " (\n");
    for (size_t i = 0; i < t->n_cols; i++) {
        if (i)
            wr_str(w, ",\n");
        create_column(r, w, t, &t->cols[i]);
    }
    for (size_t i = 0; i < t->n_keys; i++)
        create_key(w, t, &t->keys[i]);
    wr_fmt(w, "\n) ENGINE=%s", t->engine);
    if (t->auto_col >= 0 && t->auto_inc > 1)
        wr_fmt(w, " AUTO_INCREMENT=%llu", (unsigned long long)t->auto_inc);
    wr_fmt(w, " DEFAULT CHARSET=%s", t->coll->charset);
    if (!t->coll->is_default || r->kit->mariadb)
        wr_fmt(w, " COLLATE=%s", t->coll->name);
    if (t->row_format && strcasecmp(t->row_format, "DEFAULT") != 0)
        wr_fmt(w, " ROW_FORMAT=%s", t->row_format);
    if (t->comment[0]) {
        wr_str(w, " COMMENT=");
        quoted(w, t->comment);
    }
}

static void show_create_table(struct my_run *r, struct my_stmt *st)
{
    struct my_db *db = NULL;
    const char *d = st->db ? st->db : r->c->db;
    if (my_is_info_schema(d)) {
        my_fail(r, MY_ER_UNKNOWN_TABLE, st->name, "information_schema");
        return;
    }
    struct my_table *t = my_find_table(r, st->db, st->name, &db, false);
    if (!t)
        return;
    if (st->view_only && !t->is_view) {
        char text[300];
        (void)snprintf(text, sizeof text, "'%s.%s' is not VIEW", db ? db->name : "", t->name);
        r->err = MY_ER_PARSE;
        r->err_code = 1347;
        (void)snprintf(r->err_state, sizeof r->err_state, "HY000");
        (void)snprintf(r->err_text, sizeof r->err_text, "%s", text);
        return;
    }
    struct wr w = wr_of(1u << 20);
    if (t->is_view) {
        wr_fmt(&w, "CREATE ALGORITHM=UNDEFINED DEFINER=%s SQL SECURITY DEFINER VIEW ", t->view_definer ? t->view_definer : "`root`@`%`");
        ident(&w, t->name);
        wr_fmt(&w, " AS %s", t->view_text);
        struct my_result_col cols[] = {my_plain_col(r, "View", 's', 64, false), my_plain_col(r, "Create View", 's', 1024, false),
                                       my_plain_col(r, "character_set_client", 's', 32, false), my_plain_col(r, "collation_connection", 's', 32, false)};
        struct my_val v[] = {sv(t->name), my_str(w.bytes ? (char *)w.bytes : "", w.len), sv("utf8"), sv("utf8_general_ci")};
        my_send_columns(r, cols, 4);
        my_send_row(r, cols, v, 4);
    } else {
        my_create_text(r, t, &w);
        struct my_result_col cols[] = {my_plain_col(r, "Table", 's', 64, false), my_plain_col(r, "Create Table", 's', w.len > 1024 ? (uint32_t)w.len : 1024, false)};
        struct my_val v[] = {sv(t->name), my_str(w.bytes ? (char *)w.bytes : "", w.len)};
        my_send_columns(r, cols, 2);
        my_send_row(r, cols, v, 2);
    }
    wr_done(&w);
    my_send_end(r, 1);
}

void my_send_table_dump(struct my_run *r, struct my_table *t)
{
    struct wr w = wr_of(1u << 20);
    my_create_text(r, t, &w);
    my_out_begin(r->out);
    wr_bytes(&r->out->w, w.bytes, w.len);
    my_out_end(r->out);
    wr_done(&w);
    my_out_begin(r->out);
    my_out_end(r->out);
    r->sent = true;
}

static void show_create_db(struct my_run *r, struct my_stmt *st)
{
    struct my_db *db = my_world_db(r->w, st->name);
    if (!db) {
        my_fail(r, MY_ER_BAD_DB, st->name);
        return;
    }
    struct my_result_col cols[] = {my_plain_col(r, "Database", 's', 64, false), my_plain_col(r, "Create Database", 's', 1024, false)};
    const struct my_coll *c = db->coll ? db->coll : r->kit->server_coll;
    struct wr w = wr_of(4096);
    wr_fmt(&w, "CREATE DATABASE %s", st->if_not_exists ? "/*!32312 IF NOT EXISTS*/ " : "");
    ident(&w, db->name);
    wr_fmt(&w, " /*!40100 DEFAULT CHARACTER SET %s", c->charset);
    if (!c->is_default || r->kit->mariadb)
        wr_fmt(&w, " COLLATE %s", c->name);
    wr_str(&w, " */");
    struct my_val v[] = {sv(db->name), my_str((char *)w.bytes, w.len)};
    my_send_columns(r, cols, 2);
    my_send_row(r, cols, v, 2);
    my_send_end(r, 1);
    wr_done(&w);
}

static void show_create_routine(struct my_run *r, struct my_stmt *st)
{
    const char *kind = st->word == MY_K_PROCEDURE ? "PROCEDURE" : st->word == MY_K_FUNCTION ? "FUNCTION" : st->word == MY_K_TRIGGER ? "TRIGGER" : "EVENT";
    const char *db = st->db;
    if (!my_need_db(r, &db))
        return;
    struct my_routine *rt = my_world_routine(r->w, kind, db, st->name);
    if (!rt) {
        if (st->word == MY_K_TRIGGER || st->word == MY_K_EVENT) {
            r->err = MY_ER_PARSE;
            r->err_code = st->word == MY_K_TRIGGER ? 1360 : 1539;
            (void)snprintf(r->err_state, sizeof r->err_state, "HY000");
            if (st->word == MY_K_TRIGGER)
                (void)snprintf(r->err_text, sizeof r->err_text, "Trigger does not exist");
            else
                (void)snprintf(r->err_text, sizeof r->err_text, "Unknown event '%.64s'", st->name);
            return;
        }
        my_fail(r, MY_ER_SP_DOES_NOT_EXIST, kind, st->name);
        return;
    }
    struct my_result_col cols[] = {my_plain_col(r, st->word == MY_K_PROCEDURE ? "Procedure" : "Function", 's', 64, false), my_plain_col(r, "sql_mode", 's', 256, false),
                                   my_plain_col(r, st->word == MY_K_PROCEDURE ? "Create Procedure" : "Create Function", 's', 1024, true), my_plain_col(r, "character_set_client", 's', 32, false),
                                   my_plain_col(r, "collation_connection", 's', 32, false), my_plain_col(r, "Database Collation", 's', 32, false)};
    struct wr w = wr_of(1u << 20);
    wr_fmt(&w, "CREATE DEFINER=`%s`@`%s` %s ", r->c->user, r->c->priv_host, kind);
    ident(&w, rt->name);
    wr_fmt(&w, "%s", rt->body);
    struct my_val v[] = {sv(rt->name), sv(""), my_str((char *)w.bytes, w.len), sv("utf8"), sv("utf8_general_ci"), sv("latin1_swedish_ci")};
    my_send_columns(r, cols, 6);
    my_send_row(r, cols, v, 6);
    my_send_end(r, 1);
    wr_done(&w);
}

static void show_privileges(struct my_run *r)
{
    struct my_result_col cols[] = {my_plain_col(r, "Privilege", 's', 10, false), my_plain_col(r, "Context", 's', 15, false), my_plain_col(r, "Comment", 's', 17, false)};
    const struct my_tsv *t = &r->kit->privileges;
    my_send_columns(r, cols, 3);
    for (size_t i = 0; i < t->n_rows; i++) {
        struct my_val v[] = {sv(t->cells[i * t->n_cols]), sv(t->cells[i * t->n_cols + 1]), sv(t->cells[i * t->n_cols + 2])};
        my_send_row(r, cols, v, 3);
    }
    my_send_end(r, t->n_rows);
}

static void empty_result(struct my_run *r, const char *const *names, const uint32_t *lens, size_t n)
{
    struct my_result_col cols[48];
    for (size_t i = 0; i < n && i < 48; i++)
        cols[i] = my_plain_col(r, names[i], lens[i] ? 's' : 'l', lens[i] ? lens[i] : 10, false);
    my_send_columns(r, cols, n);
    my_send_end(r, 0);
}

static void show_engine_status(struct my_run *r, struct my_stmt *st)
{
    bool known = false;
    for (size_t i = 0; i < r->kit->engines.n_rows; i++)
        known |= strcasecmp(r->kit->engines.cells[i * r->kit->engines.n_cols], st->name) == 0;
    if (!known) {
        my_fail(r, MY_ER_UNKNOWN_STORAGE_ENGINE, st->name);
        return;
    }
    struct my_result_col cols[] = {my_plain_col(r, "Type", 's', 10, false), my_plain_col(r, "Name", 's', 512, false), my_plain_col(r, "Status", 's', 10, false)};
    my_send_columns(r, cols, 3);
    uint64_t n = 0;
    if (strcasecmp(st->name, "InnoDB") == 0 && st->word == MY_K_STATUS) {
        struct my_time t;
        char text[2400], when[40];
        my_local_time(r->now_us, &t);
        (void)my_time_text(&t, MY_T_DATETIME, 0, when, sizeof when);
        long up = (long)((r->now_us - r->kit->started_us) / 1000000);
        (void)snprintf(text, sizeof text,
                       "\n=====================================\n%s 7f2a4c0d5700 INNODB MONITOR OUTPUT\n=====================================\n"
                       "Per second averages calculated from the last 17 seconds\n-----------------\nBACKGROUND THREAD\n-----------------\n"
                       "srv_master_thread loops: %ld srv_active, 0 srv_shutdown, %ld srv_idle\nsrv_master_thread log flush and writes: %ld\n"
                       "----------\nSEMAPHORES\n----------\nOS WAIT ARRAY INFO: reservation count 2\nOS WAIT ARRAY INFO: signal count 2\n"
                       "Mutex spin waits 0, rounds 0, OS waits 0\nRW-shared spins 2, rounds 60, OS waits 2\nRW-excl spins 0, rounds 0, OS waits 0\n"
                       "------------\nTRANSACTIONS\n------------\nTrx id counter 1814\nPurge done for trx's n:o < 0 undo n:o < 0 state: running but idle\n"
                       "History list length 0\nLIST OF TRANSACTIONS FOR EACH SESSION:\n---TRANSACTION 0, not started\n"
                       "--------\nFILE I/O\n--------\nPending normal aio reads: 0 [0, 0, 0, 0] , aio writes: 0 [0, 0, 0, 0] ,\n"
                       "---\nLOG\n---\nLog sequence number 1626007\nLog flushed up to   1626007\nPages flushed up to 1626007\nLast checkpoint at  1626007\n"
                       "----------------------\nBUFFER POOL AND MEMORY\n----------------------\nTotal memory allocated 137363456; in additional pool allocated 0\n"
                       "Buffer pool size   8191\nFree buffers       8035\nDatabase pages     156\n"
                       "----------------------------\nEND OF INNODB MONITOR OUTPUT\n============================\n",
                       when, up / 900, up, up);
        struct my_val v[] = {sv("InnoDB"), sv(""), sv(text)};
        my_send_row(r, cols, v, 3);
        n = 1;
    }
    my_send_end(r, n);
}

void my_exec_show(struct my_run *r, struct my_stmt *st)
{
    switch (st->com) {
    case MY_Q_SHOW_DATABASES:
        show_databases(r, st);
        return;
    case MY_Q_SHOW_TABLES:
        show_tables(r, st);
        return;
    case MY_Q_SHOW_COLUMNS:
        show_columns(r, st);
        return;
    case MY_Q_SHOW_KEYS:
        show_keys(r, st);
        return;
    case MY_Q_SHOW_VARIABLES:
        show_variables(r, st);
        return;
    case MY_Q_SHOW_STATUS:
        show_status(r, st);
        return;
    case MY_Q_SHOW_CHARSET:
        show_charset(r, st);
        return;
    case MY_Q_SHOW_COLLATION:
        show_collation(r, st);
        return;
    case MY_Q_SHOW_ENGINES:
        show_engines(r, st);
        return;
    case MY_Q_SHOW_PLUGINS:
        show_plugins(r, st);
        return;
    case MY_Q_SHOW_TABLE_STATUS:
        show_table_status(r, st);
        return;
    case MY_Q_SHOW_TRIGGERS:
        show_triggers(r, st);
        return;
    case MY_Q_SHOW_EVENTS:
        show_events(r, st);
        return;
    case MY_Q_SHOW_ROUTINES:
        show_routines(r, st);
        return;
    case MY_Q_SHOW_CREATE_TABLE:
        show_create_table(r, st);
        return;
    case MY_Q_SHOW_CREATE_DB:
        show_create_db(r, st);
        return;
    case MY_Q_SHOW_CREATE_ROUTINE:
        show_create_routine(r, st);
        return;
    case MY_Q_SHOW_PROCESSLIST:
        r->full_list = st->full;
        my_send_processlist(r);
        return;
    case MY_Q_SHOW_WARNINGS:
        show_warnings(r, st, false);
        return;
    case MY_Q_SHOW_ERRORS:
        show_warnings(r, st, true);
        return;
    case MY_Q_SHOW_COUNT_WARNINGS:
        show_count(r, false);
        return;
    case MY_Q_SHOW_COUNT_ERRORS:
        show_count(r, true);
        return;
    case MY_Q_SHOW_PRIVILEGES:
        show_privileges(r);
        return;
    case MY_Q_SHOW_ENGINE:
        show_engine_status(r, st);
        return;
    case MY_Q_SHOW_MASTER_STATUS: {
        static const char *const n[] = {"File", "Position", "Binlog_Do_DB", "Binlog_Ignore_DB", "Executed_Gtid_Set"};
        static const uint32_t l[] = {255, 0, 255, 255, 255};
        empty_result(r, n, l, r->kit->version >= 50600 && !r->kit->mariadb ? 5 : 4);
        return;
    }
    case MY_Q_SHOW_SLAVE_HOSTS: {
        static const char *const n[] = {"Server_id", "Host", "Port", "Master_id"};
        static const uint32_t l[] = {0, 20, 0, 0};
        empty_result(r, n, l, 4);
        return;
    }
    case MY_Q_SHOW_BINLOGS:
    case MY_Q_SHOW_BINLOG_EVENTS:
        if (st->com == MY_Q_SHOW_BINLOGS) {
            r->err = MY_ER_PARSE;
            r->err_code = 1381;
            (void)snprintf(r->err_state, sizeof r->err_state, "HY000");
            (void)snprintf(r->err_text, sizeof r->err_text, "You are not using binary logging");
            my_warn_text(r, MY_ERROR, 1381, r->err_text);
        } else {
            static const char *const n[] = {"Log_name", "Pos", "Event_type", "Server_id", "End_log_pos", "Info"};
            static const uint32_t l[] = {20, 0, 20, 0, 0, 20};
            empty_result(r, n, l, 6);
        }
        return;
    case MY_Q_SHOW_OPEN_TABLES: {
        static const char *const n[] = {"Database", "Table", "In_use", "Name_locked"};
        static const uint32_t l[] = {64, 64, 0, 0};
        empty_result(r, n, l, 4);
        return;
    }
    case MY_Q_SHOW_PROFILES: {
        static const char *const n[] = {"Query_ID", "Duration", "Query"};
        static const uint32_t l[] = {0, 10, 300};
        empty_result(r, n, l, 3);
        return;
    }
    case MY_Q_SHOW_PROFILE: {
        static const char *const n[] = {"Status", "Duration"};
        static const uint32_t l[] = {30, 10};
        empty_result(r, n, l, 2);
        return;
    }
    case MY_Q_SHOW_SLAVE_STATUS: {
        static const char *const n[] = {"Slave_IO_State", "Master_Host", "Master_User", "Master_Port", "Connect_Retry", "Master_Log_File", "Read_Master_Log_Pos", "Relay_Log_File",
                                        "Relay_Log_Pos", "Relay_Master_Log_File", "Slave_IO_Running", "Slave_SQL_Running", "Replicate_Do_DB", "Replicate_Ignore_DB",
                                        "Replicate_Do_Table", "Replicate_Ignore_Table", "Replicate_Wild_Do_Table", "Replicate_Wild_Ignore_Table", "Last_Errno", "Last_Error",
                                        "Skip_Counter", "Exec_Master_Log_Pos", "Relay_Log_Space", "Until_Condition", "Until_Log_File", "Until_Log_Pos", "Master_SSL_Allowed",
                                        "Master_SSL_CA_File", "Master_SSL_CA_Path", "Master_SSL_Cert", "Master_SSL_Cipher", "Master_SSL_Key", "Seconds_Behind_Master"};
        static const uint32_t l[] = {14, 60, 16, 0, 0, 255, 0, 255, 0, 255, 3, 3, 20, 20, 20, 23, 24, 28, 0, 20, 0, 0, 0, 6, 255, 0, 7, 255, 255, 255, 255, 255, 0};
        empty_result(r, n, l, sizeof n / sizeof *n);
        return;
    }
    default: {
        static const char *const n[] = {"Name", "Location", "Comment"};
        static const uint32_t l[] = {40, 40, 80};
        empty_result(r, n, l, 3);
        return;
    }
    }
}

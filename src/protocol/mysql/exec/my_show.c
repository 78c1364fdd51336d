/* SHOW over information_schema, and which SHOW it is. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/wr.h"
#include "protocol/mysql/exec/my_info.h"
#include "protocol/mysql/exec/my_show.h"

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
    const char *key;                          /* its name in show.tsv */
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
    r->show_key = sh->key;
    my_exec_select(r, &run);
    r->info_source = r->info_org = r->show_key = NULL;
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
    run_show(r, st, &(struct show){.table = "SCHEMATA", .source = "SCHEMATA", .alias = "SCHEMATA", .key = "databases", .cols = cols, .n = 1, .like_col = "SCHEMA_NAME"});
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
    run_show(r, st, &(struct show){.table = "TABLES", .source = "TABLES", .alias = "TABLE_NAMES", .key = st->full ? "full tables from mysql" : "tables from mysql", .org = "TABLE_NAMES", .cols = cols,
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
    run_show(r, st, &(struct show){.table = "COLUMNS", .source = "COLUMNS", .alias = "COLUMNS", .key = st->full ? "full columns from mysql.func" : "columns from mysql.func", .cols = st->full ? full : plain, .n = st->full ? 9 : 6,
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
                                           {"PACKED", "Packed"}, {"NULLABLE", "Null"}, {"INDEX_TYPE", "Index_type"}, {"COMMENT", "Comment"}, {"INDEX_COMMENT", "Index_comment"}, {"IGNORED", "Ignored"}};
    run_show(r, st, &(struct show){.table = "STATISTICS", .source = "STATISTICS", .alias = "STATISTICS", .key = "index from mysql.db", .cols = cols, .n = r->kit->mariadb ? 14 : r->kit->version >= 50500 ? 13 : 12,
                                   .like_col = "INDEX_NAME", .eq_col = {"TABLE_SCHEMA", "TABLE_NAME"}, .eq_val = {dbp ? dbp->name : "", t->name}});
}

static void show_variables(struct my_run *r, struct my_stmt *st)
{
    static const struct show_col cols[] = {{"VARIABLE_NAME", "Variable_name"}, {"VARIABLE_VALUE", "Value"}};
    bool global = st->scope == MY_SCOPE_GLOBAL;
    run_show(r, st, &(struct show){.table = "SESSION_VARIABLES", .source = global ? "VARIABLES:GLOBAL" : "VARIABLES:SESSION", .alias = "VARIABLES", .key = "variables",
                                   .org = "VARIABLES", .cols = cols, .n = 2, .like_col = "VARIABLE_NAME"});
}

static void show_status(struct my_run *r, struct my_stmt *st)
{
    static const struct show_col cols[] = {{"VARIABLE_NAME", "Variable_name"}, {"VARIABLE_VALUE", "Value"}};
    r->status_at_end_clear = r->kit->version >= 50600 && !r->kit->mariadb;
    run_show(r, st, &(struct show){.table = "SESSION_STATUS", .source = "STATUS:", .alias = "STATUS", .key = "status", .org = "STATUS", .cols = cols, .n = 2, .like_col = "VARIABLE_NAME"});
}

static void show_charset(struct my_run *r, struct my_stmt *st)
{
    static const struct show_col cols[] = {{"CHARACTER_SET_NAME", "Charset"}, {"DESCRIPTION", "Description"}, {"DEFAULT_COLLATE_NAME", "Default collation"}, {"MAXLEN", "Maxlen"}};
    run_show(r, st, &(struct show){.table = "CHARACTER_SETS", .source = "CHARACTER_SETS", .alias = "CHARACTER_SETS", .key = "character set", .cols = cols, .n = 4, .like_col = "CHARACTER_SET_NAME"});
}

static void show_collation(struct my_run *r, struct my_stmt *st)
{
    static const struct show_col cols[] = {{"COLLATION_NAME", "Collation"}, {"CHARACTER_SET_NAME", "Charset"}, {"ID", "Id"}, {"IS_DEFAULT", "Default"},
                                           {"IS_COMPILED", "Compiled"}, {"SORTLEN", "Sortlen"}};
    run_show(r, st, &(struct show){.table = "COLLATIONS", .source = "COLLATIONS", .alias = "COLLATIONS", .key = "collation", .cols = cols, .n = 6, .like_col = "COLLATION_NAME"});
}

static void show_engines(struct my_run *r, struct my_stmt *st)
{
    static const struct show_col cols[] = {{"ENGINE", "Engine"}, {"SUPPORT", "Support"}, {"COMMENT", "Comment"}, {"TRANSACTIONS", "Transactions"}, {"XA", "XA"}, {"SAVEPOINTS", "Savepoints"}};
    run_show(r, st, &(struct show){.table = "ENGINES", .source = "ENGINES", .alias = "ENGINES", .key = "engines", .cols = cols, .n = 6, .like_col = "ENGINE"});
}

static void show_plugins(struct my_run *r, struct my_stmt *st)
{
    static const struct show_col cols[] = {{"PLUGIN_NAME", "Name"}, {"PLUGIN_STATUS", "Status"}, {"PLUGIN_TYPE", "Type"}, {"PLUGIN_LIBRARY", "Library"}, {"PLUGIN_LICENSE", "License"}};
    run_show(r, st, &(struct show){.table = "PLUGINS", .source = "PLUGINS", .alias = "PLUGINS", .key = "plugins", .cols = cols, .n = 5, .like_col = "PLUGIN_NAME"});
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
                                           {"TABLE_COLLATION", "Collation"}, {"CHECKSUM", "Checksum"}, {"CREATE_OPTIONS", "Create_options"}, {"TABLE_COMMENT", "Comment"},
                                           {"MAX_INDEX_LENGTH", "Max_index_length"}, {"TEMPORARY", "Temporary"}};
    run_show(r, st, &(struct show){.table = "TABLES", .source = "TABLES", .alias = "TABLES", .key = "table status from mysql", .cols = cols, .n = r->kit->mariadb ? 20 : 18, .like_col = "TABLE_NAME", .eq_col = {"TABLE_SCHEMA"}, .eq_val = {db}});
}

static void show_triggers(struct my_run *r, struct my_stmt *st)
{
    const char *db = st->db;
    if (!show_db(r, &db))
        return;
    static const struct show_col cols[] = {{"TRIGGER_NAME", "Trigger"}, {"EVENT_MANIPULATION", "Event"}, {"EVENT_OBJECT_TABLE", "Table"}, {"ACTION_STATEMENT", "Statement"},
                                           {"ACTION_TIMING", "Timing"}, {"CREATED", "Created"}, {"SQL_MODE", "sql_mode"}, {"DEFINER", "Definer"},
                                           {"CHARACTER_SET_CLIENT", "character_set_client"}, {"COLLATION_CONNECTION", "collation_connection"}, {"DATABASE_COLLATION", "Database Collation"}};
    run_show(r, st, &(struct show){.table = "TRIGGERS", .source = "TRIGGERS", .alias = "TRIGGERS", .key = "triggers from mysql", .cols = cols, .n = 11, .like_col = "EVENT_OBJECT_TABLE"});
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
    run_show(r, st, &(struct show){.table = "EVENTS", .source = "EVENTS", .alias = "EVENTS", .key = "events from mysql", .cols = cols, .n = 15, .like_col = "EVENT_NAME"});
}

static void show_routines(struct my_run *r, struct my_stmt *st)
{
    static const struct show_col cols[] = {{"ROUTINE_SCHEMA", "Db"}, {"ROUTINE_NAME", "Name"}, {"ROUTINE_TYPE", "Type"}, {"DEFINER", "Definer"}, {"LAST_ALTERED", "Modified"},
                                           {"CREATED", "Created"}, {"SECURITY_TYPE", "Security_type"}, {"ROUTINE_COMMENT", "Comment"},
                                           {"CHARACTER_SET_CLIENT", "character_set_client"}, {"COLLATION_CONNECTION", "collation_connection"}, {"DATABASE_COLLATION", "Database Collation"}};
    run_show(r, st, &(struct show){.table = "ROUTINES", .source = "ROUTINES", .alias = "ROUTINES", .key = "procedure status", .cols = cols, .n = 11, .like_col = "ROUTINE_NAME",
                                   .eq_col = {"ROUTINE_TYPE"}, .eq_val = {st->is_function ? "FUNCTION" : "PROCEDURE"}});
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
        my_show_create_table(r, st);
        return;
    case MY_Q_SHOW_CREATE_DB:
        my_show_create_db(r, st);
        return;
    case MY_Q_SHOW_CREATE_ROUTINE:
        my_show_create_routine(r, st);
        return;
    case MY_Q_SHOW_PROCESSLIST:
        r->full_list = st->full;
        my_send_processlist(r);
        return;
    case MY_Q_SHOW_WARNINGS:
        my_show_warnings(r, st, false);
        return;
    case MY_Q_SHOW_ERRORS:
        my_show_warnings(r, st, true);
        return;
    case MY_Q_SHOW_COUNT_WARNINGS:
        my_show_count(r, false);
        return;
    case MY_Q_SHOW_COUNT_ERRORS:
        my_show_count(r, true);
        return;
    case MY_Q_SHOW_PRIVILEGES:
        my_show_privileges(r);
        return;
    case MY_Q_SHOW_ENGINE:
        my_show_engine_status(r, st);
        return;
    case MY_Q_SHOW_MASTER_STATUS: {
        static const char *const n[] = {"File", "Position", "Binlog_Do_DB", "Binlog_Ignore_DB", "Executed_Gtid_Set"};
        static const uint32_t l[] = {255, 0, 255, 255, 255};
        my_empty_result(r, "master status", n, l, r->kit->version >= 50600 && !r->kit->mariadb ? 5 : 4);
        return;
    }
    case MY_Q_SHOW_SLAVE_HOSTS: {
        static const char *const n[] = {"Server_id", "Host", "Port", "Master_id"};
        static const uint32_t l[] = {0, 20, 0, 0};
        my_empty_result(r, "slave hosts", n, l, 4);
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
            my_empty_result(r, "binlog events", n, l, 6);
        }
        return;
    case MY_Q_SHOW_OPEN_TABLES: {
        static const char *const n[] = {"Database", "Table", "In_use", "Name_locked"};
        static const uint32_t l[] = {64, 64, 0, 0};
        my_empty_result(r, "open tables", n, l, 4);
        return;
    }
    case MY_Q_SHOW_PROFILES: {
        static const char *const n[] = {"Query_ID", "Duration", "Query"};
        static const uint32_t l[] = {0, 10, 300};
        my_empty_result(r, "profiles", n, l, 3);
        return;
    }
    case MY_Q_SHOW_PROFILE: {
        static const char *const n[] = {"Status", "Duration"};
        static const uint32_t l[] = {30, 10};
        my_empty_result(r, "profile", n, l, 2);
        return;
    }
    case MY_Q_SHOW_SLAVE_STATUS: {
        static const char *const n[] = {"Slave_IO_State", "Master_Host", "Master_User", "Master_Port", "Connect_Retry", "Master_Log_File", "Read_Master_Log_Pos", "Relay_Log_File",
                                        "Relay_Log_Pos", "Relay_Master_Log_File", "Slave_IO_Running", "Slave_SQL_Running", "Replicate_Do_DB", "Replicate_Ignore_DB",
                                        "Replicate_Do_Table", "Replicate_Ignore_Table", "Replicate_Wild_Do_Table", "Replicate_Wild_Ignore_Table", "Last_Errno", "Last_Error",
                                        "Skip_Counter", "Exec_Master_Log_Pos", "Relay_Log_Space", "Until_Condition", "Until_Log_File", "Until_Log_Pos", "Master_SSL_Allowed",
                                        "Master_SSL_CA_File", "Master_SSL_CA_Path", "Master_SSL_Cert", "Master_SSL_Cipher", "Master_SSL_Key", "Seconds_Behind_Master"};
        static const uint32_t l[] = {14, 60, 16, 0, 0, 255, 0, 255, 0, 255, 3, 3, 20, 20, 20, 23, 24, 28, 0, 20, 0, 0, 0, 6, 255, 0, 7, 255, 255, 255, 255, 255, 0};
        my_empty_result(r, "slave status", n, l, sizeof n / sizeof *n);
        return;
    }
    default: {
        static const char *const n[] = {"Name", "Location", "Comment"};
        static const uint32_t l[] = {40, 40, 80};
        my_empty_result(r, st->com == MY_Q_SHOW_AUTHORS ? "authors" : "contributors", n, l, 3);
        return;
    }
    }
}

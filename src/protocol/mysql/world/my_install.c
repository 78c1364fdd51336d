/* The server as its installer leaves it: schema mysql from the facts, accounts, an empty test. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/wr.h"
#include "protocol/mysql/syntax/my_parse.h"
#include "protocol/mysql/world/my_def.h"
#include "protocol/mysql/world/my_world.h"

#define INSTALL_ARENA_MAX (4u << 20)
#define CREATE_TEXT_MAX   (256u << 10)

/* What information_schema.columns does not tell of mysql's tables (scripts/mysql_system_tables.sql of 5.1 and 5.6). */
static const struct table_facts {
    const char *name, *engine, *coll, *keys, *comment;
} table_facts[] = {
    {"columns_priv", "MyISAM", "utf8_bin", NULL, "Column privileges"},
    {"db", "MyISAM", "utf8_bin", "KEY `User` (`User`)", "Database privileges"},
    {"event", "MyISAM", "utf8_general_ci", NULL, "Events"},
    {"func", "MyISAM", "utf8_bin", NULL, "User defined functions"},
    {"general_log", "CSV", "utf8_general_ci", NULL, "General log"},
    {"help_category", "MyISAM", "utf8_general_ci", "UNIQUE KEY `name` (`name`)", "help categories"},
    {"help_keyword", "MyISAM", "utf8_general_ci", "UNIQUE KEY `name` (`name`)", "help keywords"},
    {"help_relation", "MyISAM", "utf8_general_ci", NULL, "keyword-topic relation"},
    {"help_topic", "MyISAM", "utf8_general_ci", "UNIQUE KEY `name` (`name`)", "help topics"},
    {"host", "MyISAM", "utf8_bin", NULL, "Host privileges;  Merged with database privileges"},
    {"innodb_index_stats", "InnoDB", "utf8_bin", NULL, ""},
    {"innodb_table_stats", "InnoDB", "utf8_bin", NULL, ""},
    {"ndb_binlog_index", "MyISAM", "latin1_swedish_ci", NULL, ""},
    {"plugin", "MyISAM", "utf8_general_ci", NULL, "MySQL plugins"},
    {"proc", "MyISAM", "utf8_general_ci", NULL, "Stored Procedures"},
    {"procs_priv", "MyISAM", "utf8_bin", "KEY `Grantor` (`Grantor`)", "Procedure privileges"},
    {"proxies_priv", "MyISAM", "utf8_bin", "KEY `Grantor` (`Grantor`)", "User proxy privileges"},
    {"servers", "MyISAM", "utf8_general_ci", NULL, "MySQL Foreign Servers table"},
    {"slave_master_info", "InnoDB", "utf8_general_ci", NULL, "Master Information"},
    {"slave_relay_log_info", "InnoDB", "utf8_general_ci", NULL, "Relay Log Information"},
    {"slave_worker_info", "InnoDB", "utf8_general_ci", NULL, "Worker Information"},
    {"slow_log", "CSV", "utf8_general_ci", NULL, "Slow log"},
    {"tables_priv", "MyISAM", "utf8_bin", "KEY `Grantor` (`Grantor`)", "Table privileges"},
    {"time_zone", "MyISAM", "utf8_general_ci", NULL, "Time zones"},
    {"time_zone_leap_second", "MyISAM", "utf8_general_ci", NULL, "Leap seconds information for time zones"},
    {"time_zone_name", "MyISAM", "utf8_general_ci", NULL, "Time zone names"},
    {"time_zone_transition", "MyISAM", "utf8_general_ci", NULL, "Time zone transitions"},
    {"time_zone_transition_type", "MyISAM", "utf8_general_ci", NULL, "Time zone transition types"},
    {"user", "MyISAM", "utf8_bin", NULL, "Users and global privileges"},
};

/* Columns whose collation differs from their table's. */
static const struct {
    const char *table, *column, *coll;
} column_colls[] = {
    {"user", "Password", "latin1_bin"}, {"proc", "db", "utf8_bin"}, {"proc", "definer", "utf8_bin"},
    {"proc", "comment", "utf8_bin"}, {"proc", "character_set_client", "utf8_bin"}, {"proc", "collation_connection", "utf8_bin"},
    {"proc", "db_collation", "utf8_bin"}, {"event", "db", "utf8_bin"}, {"event", "definer", "utf8_bin"},
    {"event", "comment", "utf8_bin"}, {"event", "character_set_client", "utf8_bin"}, {"event", "collation_connection", "utf8_bin"},
    {"event", "db_collation", "utf8_bin"}, {"procs_priv", "Routine_name", "utf8_general_ci"},
    {"user", "authentication_string", "utf8_bin"}, {"user", "plugin", "utf8_bin"},
    {"slave_master_info", "Host", "utf8_bin"}, {"slave_master_info", "User_name", "utf8_bin"},
    {"slave_master_info", "User_password", "utf8_bin"}, {"slave_master_info", "Ssl_ca", "utf8_bin"},
};

enum column_at { AT_SCHEMA, AT_TABLE, AT_POSITION, AT_NAME, AT_DEFAULT, AT_NULLABLE, AT_DATA_TYPE, AT_CHARS, AT_CHARSET, AT_TYPE, AT_KEY, AT_EXTRA, AT_COUNT };
static const char *const column_heads[AT_COUNT] = {"table_schema", "table_name", "ordinal_position", "column_name", "column_default",
                                                   "is_nullable", "data_type", "character_maximum_length", "character_set_name",
                                                   "column_type", "column_key", "extra"};

struct install {
    struct my_kit *k;
    struct my_world *w;
    struct arena arena;
    struct err *err;
    size_t at[AT_COUNT];
};

static const char *cell(const struct install *in, size_t row, enum column_at what)
{
    return in->k->columns.cells[row * in->k->columns.n_cols + in->at[what]];
}

static int find_heads(struct install *in)
{
    const struct my_tsv *t = &in->k->columns;
    for (size_t i = 0; i < AT_COUNT; i++) {
        size_t j = 0;
        while (j < t->n_cols && strcasecmp(t->head[j], column_heads[i]) != 0)
            j++;
        if (j == t->n_cols)
            return err_set(in->err, -EINVAL, "%s/columns.tsv has no column %s", in->k->persona.mysql.facts, column_heads[i]);
        in->at[i] = j;
    }
    return 0;
}

static const struct table_facts *facts_of(const char *table)
{
    for (size_t i = 0; i < sizeof table_facts / sizeof *table_facts; i++)
        if (strcmp(table_facts[i].name, table) == 0)
            return &table_facts[i];
    return NULL;
}

static const char *engine_of(const struct my_kit *k, const struct table_facts *f)
{
    const char *want = f ? f->engine : "MyISAM";
    for (size_t i = 0; i < k->engines.n_rows; i++) {
        const char *e = k->engines.cells[i * k->engines.n_cols];
        if (strcasecmp(e, want) == 0)
            return e;
    }
    return "MyISAM";
}

static bool is_set_type(const char *type)
{
    return strncmp(type, "enum(", 5) == 0 || strncmp(type, "set(", 4) == 0;
}

static const char *column_coll(const struct install *in, const char *table, size_t row)
{
    const char *name = cell(in, row, AT_NAME);
    for (size_t i = 0; i < sizeof column_colls / sizeof *column_colls; i++)
        if (strcmp(column_colls[i].table, table) == 0 && strcasecmp(column_colls[i].column, name) == 0)
            return column_colls[i].coll;
    const struct table_facts *f = facts_of(table);
    const char *cs = cell(in, row, AT_CHARSET);
    if (f && strncmp(f->coll, "utf8", 4) == 0 && strncmp(cs, "utf8", 4) == 0 && !is_set_type(cell(in, row, AT_TYPE)))
        return in->k->mariadb ? NULL : f->coll;
    return NULL;
}

static void column_text(const struct install *in, const char *table, size_t row, struct wr *w)
{
    const char *cs = cell(in, row, AT_CHARSET), *type = cell(in, row, AT_TYPE), *extra = cell(in, row, AT_EXTRA);
    wr_fmt(w, "`%s` %s", cell(in, row, AT_NAME), type);
    if (cs[0] && strcmp(cs, "NULL") != 0) {
        const char *coll = column_coll(in, table, row);
        wr_fmt(w, " CHARACTER SET %s", cs);
        if (coll)
            wr_fmt(w, " COLLATE %s", coll);
    }
    wr_str(w, strcmp(cell(in, row, AT_NULLABLE), "NO") == 0 ? " NOT NULL" : " NULL");
    if (strncasecmp(cell(in, row, AT_DEFAULT), "current_timestamp", 17) == 0)
        wr_str(w, " DEFAULT CURRENT_TIMESTAMP");
    else if (strncmp(type, "timestamp", 9) == 0)
        wr_str(w, " DEFAULT 0");
    if (strcasestr(extra, "on update"))
        wr_str(w, " ON UPDATE CURRENT_TIMESTAMP");
    if (strcasestr(extra, "auto_increment"))
        wr_str(w, " AUTO_INCREMENT");
}

static void create_text(const struct install *in, const char *table, size_t from, size_t to, struct wr *w)
{
    const struct table_facts *f = facts_of(table);
    bool primary = false;
    wr_fmt(w, "CREATE TABLE `%s` (", table);
    for (size_t i = from; i < to; i++) {
        wr_str(w, i > from ? "," : "");
        column_text(in, table, i, w);
    }
    for (size_t i = from; i < to; i++)
        if (strcmp(cell(in, i, AT_KEY), "PRI") == 0) {
            wr_fmt(w, "%s`%s`", primary ? "," : ", PRIMARY KEY (", cell(in, i, AT_NAME));
            primary = true;
        }
    if (primary)
        wr_str(w, ")");
    if (f && f->keys)
        wr_fmt(w, ", %s", f->keys);
    wr_str(w, ")");
    if (f && !in->k->mariadb)
        wr_fmt(w, " COLLATE=%s", f->coll);
    wr_fmt(w, " COMMENT='%s'", f ? f->comment : "");
}

static void set_default(const struct install *in, size_t row, struct my_table *t, struct my_column *c)
{
    const char *d = cell(in, row, AT_DEFAULT);
    size_t n = strlen(d);
    if (strcmp(d, "NULL") == 0 || c->default_now || c->auto_inc || (n == 0 && c->type.blob))
        return;
    if (in->k->mariadb && n >= 2 && d[0] == '\'' && d[n - 1] == '\'') {
        d++;
        n -= 2;
    }
    c->dflt = arena_copy(&t->arena, d, n);
    c->dflt_len = c->dflt ? n : 0;
}

/* The rows from..to of the facts are one table. */
static int install_table(struct install *in, struct my_db *db, size_t from, size_t to)
{
    const char *name = cell(in, from, AT_TABLE);
    const struct table_facts *f = facts_of(name);
    struct wr w = wr_of(CREATE_TEXT_MAX);
    create_text(in, name, from, to, &w);
    struct my_parse p;
    struct my_parse_env env = {.version = in->k->version, .mariadb = in->k->mariadb};
    struct my_stmt *st = NULL;
    const char *rest = NULL;
    struct my_table *t = NULL;
    int rc = w.bad ? -ENOMEM : my_parse(&p, &in->arena, &env, (const char *)w.bytes, w.len, &st, &rest);
    if (rc < 0) {
        rc = err_set(in->err, rc, "%s/columns.tsv: table %s.%s: %s", in->k->persona.mysql.facts, db->name, name,
                     w.bad ? "too large" : p.err_text);
        goto out;
    }
    t = my_table_new(name);
    rc = t ? my_table_build(in->k, st->col_defs, st->key_defs, &st->opts, t, db->coll) : -ENOMEM;
    if (rc < 0 || t->n_cols != to - from) {
        my_table_unref(t);
        rc = err_set(in->err, rc < 0 ? rc : -EINVAL, "%s/columns.tsv: table %s.%s cannot be made", in->k->persona.mysql.facts, db->name, name);
        goto out;
    }
    t->engine = engine_of(in->k, f);
    if (strcmp(db->name, "information_schema") == 0) { /* temporary tables: what holds a blob is no MEMORY table */
        t->engine = "MEMORY";
        for (size_t i = 0; i < t->n_cols; i++)
            if (t->cols[i].type.blob)
                t->engine = in->k->mariadb ? "Aria" : "MyISAM";
    }
    t->created_us = t->updated_us = in->k->started_us - INT64_C(86400000000) * 37; /* long before the last start */
    for (size_t i = 0; i < t->n_cols; i++)
        set_default(in, from + i, t, &t->cols[i]);
    my_table_finish(in->k, t);
    rc = my_world_add_table(in->w, db, t);
    if (rc < 0)
        rc = err_set(in->err, rc, "no room for table %s.%s", db->name, name);
out:
    arena_clear(&in->arena);
    wr_done(&w);
    return rc;
}

static int install_schema(struct install *in, const char *schema)
{
    const struct my_tsv *t = &in->k->columns;
    for (size_t i = 0; i < t->n_rows;) {
        size_t to = i + 1;
        while (to < t->n_rows && strcmp(cell(in, to, AT_TABLE), cell(in, i, AT_TABLE)) == 0 &&
               strcmp(cell(in, to, AT_SCHEMA), cell(in, i, AT_SCHEMA)) == 0)
            to++;
        if (strcmp(cell(in, i, AT_SCHEMA), schema) == 0) {
            int rc = install_table(in, my_world_db(in->w, schema), i, to);
            if (rc < 0)
                return rc;
        }
        i = to;
    }
    return 0;
}

/* ---- rows ---- */
static struct my_cell text_cell(const char *s)
{
    return (struct my_cell){.p = (char *)(uintptr_t)s, .n = (uint32_t)strlen(s)};
}

static struct my_cell first_value(const struct my_column *c)
{
    if (c->dflt)
        return (struct my_cell){.p = c->dflt, .n = (uint32_t)c->dflt_len};
    if (!c->not_null)
        return (struct my_cell){.null = true};
    if (c->type.type == MY_T_ENUM && c->type.n_values)
        return text_cell(c->type.values[0]);
    return text_cell(my_result_of(c->wire_type) == MY_RES_STR ? "" : "0");
}

struct named {
    const char *column, *text;
};

/* A row from defaults; `yes`: every privilege granted. */
static int add_row(struct install *in, const char *table, const struct named *set, size_t n, bool yes)
{
    struct my_db *db = my_world_db(in->w, "mysql");
    struct my_table *t = db ? my_db_table(in->w, db, table) : NULL;
    if (!t)
        return 0; /* this version has no such table */
    struct my_cell *cells = arena_new(&in->arena, (t->n_cols + 1) * sizeof *cells);
    if (!cells)
        return err_set(in->err, -ENOMEM, "no memory for rows of mysql.%s", table);
    for (size_t i = 0; i < t->n_cols; i++) {
        const char *name = t->cols[i].name;
        size_t len = strlen(name);
        cells[i] = first_value(&t->cols[i]);
        if (yes && len > 5 && strcmp(name + len - 5, "_priv") == 0)
            cells[i] = text_cell("Y");
        for (size_t j = 0; j < n; j++)
            if (strcasecmp(set[j].column, name) == 0)
                cells[i] = text_cell(set[j].text);
    }
    int rc = my_table_append(in->w, t, my_row_new(t->n_cols, cells));
    t->updated_us = t->created_us;
    arena_clear(&in->arena);
    return rc < 0 ? err_set(in->err, rc, "no room for rows of mysql.%s", table) : 0;
}

/* root without a password, from anywhere: what attackers hope for. The local accounts are those of every installation. */
static int install_accounts(struct install *in)
{
    const char *hosts[] = {"localhost", in->k->windows || strcasecmp(in->k->persona.hostname, "draw") == 0 ? "" : in->k->persona.hostname, "127.0.0.1",
                           in->k->version >= 50500 ? "::1" : "", "%"};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct named set[] = {{"Host", hosts[i]}, {"User", "root"}, {"authentication_string", ""}};
        int rc = hosts[i][0] ? add_row(in, "user", set, 3, true) : 0;
        if (rc < 0)
            return rc;
    }
    static const char *const dbs[] = {"test", "test\\_%"};
    for (size_t i = 0; i < 2 && in->k->version < 50700; i++) {
        struct named set[] = {{"Host", "%"},      {"Db", dbs[i]},         {"User", ""},           {"Grant_priv", "N"},
                              {"Execute_priv", "N"}, {"Alter_routine_priv", "N"}};
        int rc = add_row(in, "db", set, 6, true);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int my_world_install(struct my_kit *k, struct err *err)
{
    struct install in = {.k = k, .arena = arena_of(INSTALL_ARENA_MAX), .err = err};
    in.w = calloc(1, sizeof *in.w);
    if (!in.w)
        return err_set(err, -ENOMEM, "no memory for the MySQL persona's databases");
    in.w->refs = 1;
    in.w->kit = k;
    k->base = in.w;
    int rc = find_heads(&in);
    const struct my_coll *sys = k->mariadb ? k->server_coll : k->version >= 80000 && k->utf8mb4 ? k->utf8mb4 : k->latin1;
    if (rc == 0 && (my_world_add_db(in.w, "information_schema", k->utf8) < 0 || my_world_add_db(in.w, "mysql", sys) < 0 ||
                    (k->version >= 50500 && my_world_add_db(in.w, "performance_schema", k->utf8) < 0) ||
                    (k->version < 50700 && my_world_add_db(in.w, "test", k->server_coll) < 0)))
        rc = err_set(err, -ENOMEM, "no memory for the MySQL persona's databases");
    if (rc == 0)
        rc = install_schema(&in, "information_schema"); /* columns only: my_info.c makes the rows */
    if (rc == 0)
        rc = install_schema(&in, "mysql");
    if (rc == 0 && my_world_db(in.w, "performance_schema"))
        rc = install_schema(&in, "performance_schema");
    if (rc == 0)
        rc = install_accounts(&in);
    arena_done(&in.arena);
    return rc;
}

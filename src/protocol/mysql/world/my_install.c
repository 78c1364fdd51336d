/* The server as its installer leaves it: schema mysql from the facts, accounts, an empty test. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/wr.h"
#include "protocol/mysql/syntax/my_parse.h"
#include "protocol/mysql/world/my_def.h"
#include "protocol/mysql/world/my_acl.h"
#include "protocol/mysql/world/my_facts.h"
#include "protocol/mysql/world/my_world.h"

#define INSTALL_ARENA_MAX (4u << 20)
#define CREATE_TEXT_MAX   (256u << 10)
#define RECORDED_HOST     "db01" /* the name of the machines the facts were recorded on */

/* What information_schema.columns does not tell of mysql's tables (scripts/mysql_system_tables.sql of 5.1 and 5.6). */
static const struct table_facts {
    const char *name, *engine, *coll, *keys, *comment;
    const char *create; /* what SHOW CREATE said; with it keys has the primary key too */
} table_facts[] = {
    {"columns_priv", "MyISAM", "utf8_bin", NULL, "Column privileges", NULL},
    {"db", "MyISAM", "utf8_bin", "KEY `User` (`User`)", "Database privileges", NULL},
    {"event", "MyISAM", "utf8_general_ci", NULL, "Events", NULL},
    {"func", "MyISAM", "utf8_bin", NULL, "User defined functions", NULL},
    {"general_log", "CSV", "utf8_general_ci", NULL, "General log", NULL},
    {"help_category", "MyISAM", "utf8_general_ci", "UNIQUE KEY `name` (`name`)", "help categories", NULL},
    {"help_keyword", "MyISAM", "utf8_general_ci", "UNIQUE KEY `name` (`name`)", "help keywords", NULL},
    {"help_relation", "MyISAM", "utf8_general_ci", NULL, "keyword-topic relation", NULL},
    {"help_topic", "MyISAM", "utf8_general_ci", "UNIQUE KEY `name` (`name`)", "help topics", NULL},
    {"host", "MyISAM", "utf8_bin", NULL, "Host privileges;  Merged with database privileges", NULL},
    {"innodb_index_stats", "InnoDB", "utf8_bin", NULL, "", NULL},
    {"innodb_table_stats", "InnoDB", "utf8_bin", NULL, "", NULL},
    {"ndb_binlog_index", "MyISAM", "latin1_swedish_ci", NULL, "", NULL},
    {"plugin", "MyISAM", "utf8_general_ci", NULL, "MySQL plugins", NULL},
    {"proc", "MyISAM", "utf8_general_ci", NULL, "Stored Procedures", NULL},
    {"procs_priv", "MyISAM", "utf8_bin", "KEY `Grantor` (`Grantor`)", "Procedure privileges", NULL},
    {"proxies_priv", "MyISAM", "utf8_bin", "KEY `Grantor` (`Grantor`)", "User proxy privileges", NULL},
    {"servers", "MyISAM", "utf8_general_ci", NULL, "MySQL Foreign Servers table", NULL},
    {"slave_master_info", "InnoDB", "utf8_general_ci", NULL, "Master Information", NULL},
    {"slave_relay_log_info", "InnoDB", "utf8_general_ci", NULL, "Relay Log Information", NULL},
    {"slave_worker_info", "InnoDB", "utf8_general_ci", NULL, "Worker Information", NULL},
    {"slow_log", "CSV", "utf8_general_ci", NULL, "Slow log", NULL},
    {"tables_priv", "MyISAM", "utf8_bin", "KEY `Grantor` (`Grantor`)", "Table privileges", NULL},
    {"time_zone", "MyISAM", "utf8_general_ci", NULL, "Time zones", NULL},
    {"time_zone_leap_second", "MyISAM", "utf8_general_ci", NULL, "Leap seconds information for time zones", NULL},
    {"time_zone_name", "MyISAM", "utf8_general_ci", NULL, "Time zone names", NULL},
    {"time_zone_transition", "MyISAM", "utf8_general_ci", NULL, "Time zone transitions", NULL},
    {"time_zone_transition_type", "MyISAM", "utf8_general_ci", NULL, "Time zone transition types", NULL},
    {"user", "MyISAM", "utf8_bin", NULL, "Users and global privileges", NULL},
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

enum column_at { AT_SCHEMA, AT_TABLE, AT_POSITION, AT_NAME, AT_DEFAULT, AT_NULLABLE, AT_DATA_TYPE, AT_CHARS, AT_CHARSET, AT_TYPE, AT_KEY, AT_EXTRA,
                 AT_COUNT, /* the rest was recorded for some versions only */
                 AT_COLLATION = AT_COUNT, AT_COMMENT, AT_WIRE_TYPE, AT_WIRE_FLAGS, AT_WIRE_LENGTH, AT_WIRE_CHARSET, AT_WIRE_DECIMALS, AT_WIRE_DB, AT_WIRE_ORG_TABLE, AT_ALL };
static const char *const column_heads[AT_ALL] = {"table_schema", "table_name", "ordinal_position", "column_name", "column_default",
                                                   "is_nullable", "data_type", "character_maximum_length", "character_set_name",
                                                   "column_type", "column_key", "extra", "collation_name", "column_comment", "wire_type",
                                                   "wire_flags", "wire_length", "wire_charset", "wire_decimals", "wire_db", "wire_org_table"};

struct install {
    struct my_kit *k;
    struct my_world *w;
    struct arena arena;
    struct err *err;
    int at[AT_ALL];
    struct table_facts recorded; /* of the table in hand */
};

/* NULL: not recorded, or SQL NULL. */
static const char *fact(const struct install *in, size_t row, enum column_at what)
{
    const char *v = in->at[what] >= 0 ? my_tsv_cell(&in->k->columns, row, (size_t)in->at[what]) : NULL;
    return v && strcmp(v, "NULL") != 0 ? v : NULL;
}

static const char *cell(const struct install *in, size_t row, enum column_at what)
{
    const char *v = my_tsv_cell(&in->k->columns, row, (size_t)in->at[what]);
    return v ? v : "";
}

static int find_heads(struct install *in)
{
    for (size_t i = 0; i < AT_ALL; i++) {
        in->at[i] = my_tsv_col(&in->k->columns, column_heads[i]);
        if (in->at[i] < 0 && i < AT_COUNT)
            return err_set(in->err, -EINVAL, "%s/columns.tsv has no column %s", in->k->persona.mysql.facts, column_heads[i]);
    }
    return 0;
}

/* The lines of a recorded CREATE TABLE that make keys. */
static const char *recorded_keys(struct install *in, const char *text)
{
    struct wr w = wr_of(CREATE_TEXT_MAX);
    for (const char *line = strchr(text, '\n'); line; line = strchr(line + 1, '\n'))
        if (strncmp(line, "\n  PRIMARY KEY", 14) == 0 || strncmp(line, "\n  UNIQUE KEY", 13) == 0 || strncmp(line, "\n  KEY", 6) == 0) {
            size_t n = strcspn(line + 3, "\n");
            n -= line[2 + n] == ',';
            wr_str(&w, w.len ? ", " : "");
            wr_bytes(&w, line + 3, n);
        }
    char *own = w.len && !w.bad ? arena_copy(&in->arena, w.bytes, w.len) : NULL;
    wr_done(&w);
    return own;
}

static const struct table_facts *facts_of(struct install *in, const char *schema, const char *table)
{
    int row = my_fact_table(in->k, schema, table);
    if (row >= 0) {
        const char *engine = my_fact_of_table(in->k, row, "engine"), *coll = my_fact_of_table(in->k, row, "table_collation"),
                   *comment = my_fact_of_table(in->k, row, "table_comment"), *create = my_fact_of_table(in->k, row, "create_text");
        in->recorded = (struct table_facts){.name = table, .engine = engine ? engine : "", .coll = coll, .comment = comment ? comment : "",
                                            .keys = create ? recorded_keys(in, create) : NULL, .create = create};
        return &in->recorded;
    }
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

static const char *column_coll(const struct install *in, const struct table_facts *f, const char *table, size_t row)
{
    const char *name = cell(in, row, AT_NAME);
    if (in->at[AT_COLLATION] >= 0)
        return fact(in, row, AT_COLLATION);
    for (size_t i = 0; i < sizeof column_colls / sizeof *column_colls; i++)
        if (strcmp(column_colls[i].table, table) == 0 && strcasecmp(column_colls[i].column, name) == 0)
            return column_colls[i].coll;
    const char *cs = cell(in, row, AT_CHARSET);
    if (f && strncmp(f->coll, "utf8", 4) == 0 && strncmp(cs, "utf8", 4) == 0 && !is_set_type(cell(in, row, AT_TYPE)))
        return in->k->mariadb ? NULL : f->coll;
    return NULL;
}

static void column_text(const struct install *in, const struct table_facts *f, const char *table, size_t row, struct wr *w)
{
    const char *cs = cell(in, row, AT_CHARSET), *type = cell(in, row, AT_TYPE), *extra = cell(in, row, AT_EXTRA);
    wr_fmt(w, "`%s` %s", cell(in, row, AT_NAME), type);
    if (cs[0] && strcmp(cs, "NULL") != 0) {
        const char *coll = column_coll(in, f, table, row);
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

static void create_text(const struct install *in, const struct table_facts *f, const char *table, size_t from, size_t to, struct wr *w)
{
    bool primary = false;
    wr_fmt(w, "CREATE TABLE `%s` (", table);
    for (size_t i = from; i < to; i++) {
        wr_str(w, i > from ? "," : "");
        column_text(in, f, table, i, w);
    }
    for (size_t i = from; i < to && !(f && f->create); i++)
        if (strcmp(cell(in, i, AT_KEY), "PRI") == 0) {
            wr_fmt(w, "%s`%s`", primary ? "," : ", PRIMARY KEY (", cell(in, i, AT_NAME));
            primary = true;
        }
    if (primary)
        wr_str(w, ")");
    if (f && f->keys)
        wr_fmt(w, ", %s", f->keys);
    wr_str(w, ")");
    if (f && f->coll && (f->create || !in->k->mariadb))
        wr_fmt(w, " COLLATE=%s", f->coll);
    wr_fmt(w, " COMMENT='%s'", f ? f->comment : "");
}

/* What was seen on the wire goes before what the types say: a server's own tables are not all made by CREATE TABLE. */
static void wire_facts(const struct install *in, size_t row, struct my_column *c)
{
    const char *flags = fact(in, row, AT_WIRE_FLAGS), *comment = fact(in, row, AT_COMMENT);
    if (comment)
        c->comment = (char *)(uintptr_t)comment;
    if (!flags || !flags[0])
        return;
    c->flags = (uint16_t)strtoul(flags, NULL, 10);
    c->wire_type = (uint8_t)strtoul(fact(in, row, AT_WIRE_TYPE), NULL, 10);
    c->len = (uint32_t)strtoul(fact(in, row, AT_WIRE_LENGTH), NULL, 10);
    c->dec = (uint8_t)strtoul(fact(in, row, AT_WIRE_DECIMALS), NULL, 10);
    const struct my_coll *coll = my_coll_by_id(in->k, (unsigned)strtoul(fact(in, row, AT_WIRE_CHARSET), NULL, 10));
    if (coll)
        c->coll = coll;
    c->wire_db = fact(in, row, AT_WIRE_DB);
    c->wire_org_table = fact(in, row, AT_WIRE_ORG_TABLE);
}

/* A view that the server answers from: its rows stand in the table, with the key of the one table below. */
static void own_view(struct install *in, struct my_db *db, struct my_table *t, const char *create)
{
    const char *from = create ? strstr(create, " from `") : NULL, *dot = from ? strstr(from, "`.`") : NULL;
    t->shown_as_view = true;
    t->engine = "Aria";
    if (!dot || strchr(dot + 3, '`') == NULL || strchr(dot + 3, '`')[1])
        return;
    t->view_base = arena_copy(&in->k->arena, dot + 3, strcspn(dot + 3, "`"));
    const struct my_table *base = t->view_base ? my_db_table(in->w, db, t->view_base) : NULL;
    t->keys = base ? arena_new(&t->arena, (base->n_keys + 1) * sizeof *t->keys) : NULL;
    for (size_t i = 0; t->keys && i < base->n_keys; i++) {
        struct my_key *key = &t->keys[t->n_keys];
        *key = base->keys[i];
        for (size_t c = 0; c < key->n_cols; c++) {
            int at = my_table_col(t, base->cols[key->cols[c]].name);
            if (at < 0)
                return;
            key->cols[c] = (uint16_t)at;
        }
        key->name = my_table_str(t, key->name);
        t->n_keys++;
    }
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
    const struct table_facts *f = facts_of(in, db->name, name);
    struct wr w = wr_of(CREATE_TEXT_MAX);
    create_text(in, f, name, from, to, &w);
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
    t->engine = f && f->create ? f->engine : engine_of(in->k, f);
    if (strcmp(db->name, "information_schema") == 0 && !(f && f->create)) { /* temporary tables: what holds a blob is no MEMORY table */
        t->engine = "MEMORY";
        for (size_t i = 0; i < t->n_cols; i++)
            if (t->cols[i].type.blob)
                t->engine = in->k->mariadb ? "Aria" : "MyISAM";
    }
    t->created_us = t->updated_us = in->k->started_us - INT64_C(86400000000) * 37; /* long before the last start */
    for (size_t i = 0; i < t->n_cols; i++)
        set_default(in, from + i, t, &t->cols[i]);
    my_table_finish(in->k, t);
    for (size_t i = 0; i < t->n_cols; i++)
        wire_facts(in, from + i, &t->cols[i]);
    t->create_text = f && f->create && f->create[0] ? f->create : NULL;
    const char *kind = my_fact_of_table(in->k, my_fact_table(in->k, db->name, name), "table_type");
    if (kind && strcmp(kind, "VIEW") == 0)
        own_view(in, db, t, t->create_text);
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

/* The recorded rows of a table: a cell that was the machine's host name is the persona's. */
static int recorded_rows(struct install *in, const struct my_fact_rows *f)
{
    struct my_db *db = my_world_db(in->w, f->schema);
    struct my_table *t = db ? my_db_table(in->w, db, f->table) : NULL;
    for (size_t i = 0; t && i < f->t.n_rows; i++) {
        struct my_cell *cells = arena_new(&in->arena, (t->n_cols + 1) * sizeof *cells);
        if (!cells)
            return err_set(in->err, -ENOMEM, "no memory for rows of %s.%s", f->schema, f->table);
        for (size_t c = 0; c < t->n_cols; c++) {
            int at = my_tsv_col(&f->t, t->cols[c].name);
            const char *v = at >= 0 ? my_tsv_cell(&f->t, i, (size_t)at) : "";
            if (v && strcmp(v, RECORDED_HOST) == 0)
                v = in->k->persona.hostname;
            cells[c] = v ? text_cell(v) : (struct my_cell){.null = true};
        }
        int rc = my_table_append(in->w, t, my_row_new(t->n_cols, cells));
        arena_clear(&in->arena);
        if (rc < 0)
            return err_set(in->err, rc, "no room for rows of %s.%s", f->schema, f->table);
        t->updated_us = t->created_us;
    }
    return 0;
}

/* root@% as the recorded root@localhost is. */
static int root_everywhere(struct install *in)
{
    struct my_db *db = my_world_db(in->w, "mysql");
    struct my_table *t = db ? my_db_table(in->w, db, "user") : NULL;
    int host = t ? my_table_col(t, "Host") : -1, user = t ? my_table_col(t, "User") : -1;
    for (size_t i = 0; host >= 0 && user >= 0 && i < t->n_rows; i++) {
        const struct my_row *row = t->rows[i];
        if (strcmp(row->cell[user].p, "root") != 0)
            continue;
        struct my_cell *cells = arena_new(&in->arena, (t->n_cols + 1) * sizeof *cells);
        if (!cells)
            return err_set(in->err, -ENOMEM, "no memory for rows of mysql.user");
        memcpy(cells, row->cell, row->n * sizeof *cells);
        cells[host] = text_cell("%");
        int rc = my_table_append(in->w, t, my_row_new(t->n_cols, cells));
        arena_clear(&in->arena);
        t->updated_us = t->created_us;
        return rc < 0 ? err_set(in->err, rc, "no room for rows of mysql.user") : 0;
    }
    return 0;
}

/* root without a password, from anywhere: what attackers hope for. The local accounts are those of every installation. */
static int install_accounts(struct install *in)
{
    const char *hosts[] = {"localhost", in->k->windows || strcasecmp(in->k->persona.hostname, "draw") == 0 ? "" : in->k->persona.hostname, "127.0.0.1",
                           in->k->version >= 50500 ? "::1" : "", "%"};
    if (my_fact_rows(in->k, "mysql", "user")) {
        struct named set[] = {{"Host", "%"}, {"User", "root"}, {"Priv", "{\"access\":18446744073709551615}"}};
        int rc = root_everywhere(in);
        return rc < 0 ? rc : add_row(in, "global_priv", set, 3, false);
    }
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
                    ((my_fact_table(k, "sys", "version") >= 0 || (k->version >= 50700 && !k->mariadb)) && my_world_add_db(in.w, "sys", k->utf8) < 0) ||
                    (k->version < 50700 && my_world_add_db(in.w, "test", k->server_coll) < 0)))
        rc = err_set(err, -ENOMEM, "no memory for the MySQL persona's databases");
    if (rc == 0)
        rc = install_schema(&in, "information_schema"); /* columns only: my_info.c makes the rows */
    if (rc == 0)
        rc = install_schema(&in, "mysql");
    if (rc == 0 && my_world_db(in.w, "performance_schema"))
        rc = install_schema(&in, "performance_schema");
    if (rc == 0 && my_world_db(in.w, "sys"))
        rc = install_schema(&in, "sys");
    for (size_t i = 0; i < k->n_fact_rows && rc == 0; i++)
        if (strcmp(k->fact_rows[i].schema, "information_schema") != 0)
            rc = recorded_rows(&in, &k->fact_rows[i]);
    if (rc == 0)
        rc = install_accounts(&in);
    if (rc == 0 && my_host_files(k, in.w) < 0)
        rc = err_set(err, -ENOMEM, "no memory for the MySQL persona's files");
    my_acl_load(in.w);
    arena_done(&in.arena);
    return rc;
}

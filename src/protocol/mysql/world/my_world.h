/* The virtual server that one source sees: databases, tables, rows, variables, files. Tables are shared between worlds
 * until one of them writes; the base world of a persona is never written. Everything is counted in bytes and bounded. */
#ifndef HOTARU_PROTOCOL_MYSQL_MY_WORLD_H
#define HOTARU_PROTOCOL_MYSQL_MY_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/mysql/syntax/my_ast.h"
#include "protocol/mysql/world/my_kit.h"

struct my_cell {
    char *p;               /* text of the value as the column stores it; in the row's own block */
    uint32_t n;
    bool null;
};
struct my_row {
    int refs;
    uint32_t n;
    size_t bytes;
    struct my_cell cell[];
};

struct my_column {
    char *name;
    struct my_type_def type;   /* strings in it belong to the table's arena */
    const struct my_coll *coll; /* binary for numbers and dates */
    char *type_text;           /* "int(10) unsigned" */
    bool not_null, auto_inc, default_now, on_update_now;
    bool no_default;           /* NOT NULL without DEFAULT */
    char *dflt;                /* NULL: NULL (or none) */
    size_t dflt_len;
    char *comment;
    uint16_t key_flags;        /* PRI_KEY, UNIQUE_KEY, MULTIPLE_KEY, PART_KEY */
    uint32_t len;              /* display length in bytes of coll */
    uint8_t dec, wire_type;
    uint16_t flags;            /* all wire flags */
    const char *wire_db, *wire_org_table; /* recorded, for columns of the server's own views; the kit's */
    char *check, *gen;         /* MariaDB: CHECK (…), GENERATED ALWAYS AS (…), as printed; NULL: none */
    bool stored;               /* the generated value is */
};

#define MY_TABLE_CHECKS_MAX 32
struct my_check {              /* CONSTRAINT name CHECK (text) */
    char *name, *text;
};

struct my_key {
    enum my_key_kind kind;
    char *name;
    const char *using_;
    uint16_t cols[16];
    uint32_t lens[16];
    uint8_t n_cols;
};

struct my_table {
    int refs;
    struct arena arena;        /* names, columns, keys: made once, changed by making a new table */
    char *name, *comment;
    const char *engine;
    const struct my_coll *coll;
    char *row_format;
    struct my_column *cols;
    size_t n_cols;
    struct my_key *keys;
    size_t n_keys;
    struct my_check checks[MY_TABLE_CHECKS_MAX];
    size_t n_checks;
    struct my_row **rows;
    size_t n_rows, cap_rows, row_bytes;
    uint64_t auto_inc;         /* next; 0: no such column */
    int auto_col;              /* -1: none */
    int64_t created_us, updated_us;
    bool is_view, temporary;
    bool shown_as_view;        /* a view of the server's own whose rows are stored here: MariaDB's mysql.user, schema sys */
    const char *view_base;     /* … and the one table below it */
    const char *create_text;   /* recorded SHOW CREATE, while columns and keys are as installed; the kit's */
    char *view_text, *view_definer;
};

struct my_db {
    char *name;
    const struct my_coll *coll;
    struct my_table **tables;  /* sorted by name */
    size_t n_tables, cap_tables;
};

struct my_file {
    char *path;                /* as the server's own system writes it, forward slashes */
    uint8_t *bytes;
    size_t len;
    bool by_client;
};

struct my_setting {
    char *name, *value;
};

struct my_routine {
    char *db, *name, *body;
    bool function;
    char *kind;                /* "PROCEDURE", "FUNCTION", "TRIGGER", "EVENT" */
    int64_t created_us;
};

enum { MY_N_ACL = 7 };
struct my_world {
    int refs;
    const struct my_kit *kit;
    struct my_db *dbs;         /* sorted by name */
    size_t n_dbs, cap_dbs;
    struct my_file *files;
    size_t n_files, cap_files;
    struct my_setting *globals; /* SET GLOBAL */
    size_t n_globals, cap_globals;
    char **udfs;               /* names of loaded functions (rows of mysql.func since the last restart) */
    size_t n_udfs, cap_udfs;
    struct my_routine *routines;
    size_t n_routines, cap_routines;
    struct my_table *acl[MY_N_ACL]; /* the accounts in force: my_acl.c */
    char *log_path;            /* of the open general log, when the client chose it */
    int64_t log_time_s;        /* of its last line */
    bool log_dirty;            /* lines since the last sample */
    size_t bytes;              /* of everything that is this world's own */
    uint32_t src;
    int64_t used_us;
    uint64_t key;              /* of the persona it was cloned from */
    struct my_world *next;     /* hash chain */
};

#define MY_WORLD_BYTES_MAX  (24u << 20)
#define MY_WORLD_FILES_MAX  256
#define MY_WORLD_DBS_MAX    256
#define MY_WORLD_TABLES_MAX 1024
#define MY_TABLE_COLS_MAX   1024
#define MY_TABLE_ROWS_MAX   200000

/* Builds kit->base: schema mysql from the facts, the databases and files of the persona. */
int my_world_install(struct my_kit *k, struct err *err);
/* A world of its own for a source, sharing what base has. NULL: no memory. */
struct my_world *my_world_clone(const struct my_world *base);
struct my_world *my_world_ref(struct my_world *w);
void my_world_unref(struct my_world *w);

struct my_db *my_world_db(const struct my_world *w, const char *name);
/* 0; -EEXIST; -ENOSPC. */
int my_world_add_db(struct my_world *w, const char *name, const struct my_coll *coll);
void my_world_drop_db(struct my_world *w, struct my_db *db);
struct my_table *my_db_table(const struct my_world *w, const struct my_db *db, const char *name);
/* Takes the table. -ENOSPC when there is no room for it (the table is then freed). */
int my_world_add_table(struct my_world *w, struct my_db *db, struct my_table *t);
void my_world_drop_table(struct my_world *w, struct my_db *db, struct my_table *t);
/* The table for writing: its own copy when it is shared with others. NULL: no memory. */
struct my_table *my_world_own(struct my_world *w, struct my_db *db, struct my_table *t);

struct my_table *my_table_new(const char *name);
struct my_table *my_table_ref(struct my_table *t);
void my_table_unref(struct my_table *t);
/* A copy with the same columns, keys and (with_rows) rows. */
struct my_table *my_table_copy(const struct my_table *t, bool with_rows);
int my_table_col(const struct my_table *t, const char *name); /* index or -1 */
/* Lengths, wire types and flags from type, nullability and keys: call when columns and keys are there. */
void my_table_finish(const struct my_kit *k, struct my_table *t);
void my_column_finish(const struct my_kit *k, struct my_column *c);
char *my_table_str(struct my_table *t, const char *s); /* copy in the table's arena */
int my_table_build(const struct my_kit *k, const struct my_col_def *defs, const struct my_key_def *keys, const struct my_table_opts *opts,
                   struct my_table *t, const struct my_coll *db_coll);

/* A row of n cells from texts (p NULL: NULL). Takes nothing. NULL: no memory. */
struct my_row *my_row_new(size_t n, const struct my_cell *cells);
struct my_row *my_row_ref(struct my_row *r);
void my_row_unref(struct my_row *r);
/* Room for the row counts against the world. -ENOSPC. */
int my_table_append(struct my_world *w, struct my_table *t, struct my_row *r); /* takes r */
void my_table_replace(struct my_world *w, struct my_table *t, size_t i, struct my_row *r); /* takes r */
void my_table_remove(struct my_world *w, struct my_table *t, size_t i);
void my_table_clear(struct my_world *w, struct my_table *t);

const struct my_file *my_world_file(const struct my_world *w, const char *path);
/* -EEXIST, -ENOENT (no such folder), -EACCES, -ENOSPC; takes a copy. */
int my_world_write_file(struct my_world *w, const char *path, const void *bytes, size_t n);
int my_host_files(const struct my_kit *k, struct my_world *w); /* the host's own files that clients read first; -ENOSPC, -ENOMEM */
bool my_world_dir_exists(const struct my_world *w, const char *path); /* of a file path: is its folder there */

const char *my_world_global(const struct my_world *w, const char *name); /* NULL: as the kit says */
int my_world_set_global(struct my_world *w, const char *name, const char *value);

bool my_world_has_udf(const struct my_world *w, const char *name);
int my_world_add_udf(struct my_world *w, const char *name);
void my_world_drop_udf(struct my_world *w, const char *name);

int my_world_add_routine(struct my_world *w, const char *kind, const char *db, const char *name, const char *body, size_t len);
struct my_routine *my_world_routine(const struct my_world *w, const char *kind, const char *db, const char *name);
void my_world_drop_routine(struct my_world *w, struct my_routine *r);

#endif

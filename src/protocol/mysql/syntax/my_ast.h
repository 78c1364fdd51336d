/* What the parser makes of a statement: trees in the statement's arena. */
#ifndef HOTARU_PROTOCOL_MYSQL_MY_AST_H
#define HOTARU_PROTOCOL_MYSQL_MY_AST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/mysql/expr/my_value.h"
#include "protocol/mysql/syntax/my_keywords.h"

struct my_select;
struct my_func;
struct my_sp;

enum my_op {
    MY_X_LITERAL,   /* val, and m for its metadata */
    MY_X_NAME,      /* [db.][table.]name, until resolved */
    MY_X_STAR,      /* * or table.* in a select list or in COUNT(*) */
    MY_X_PARAM,     /* ? number aux */
    MY_X_USERVAR,   /* @name */
    MY_X_ASSIGN,    /* @name := args[0] */
    MY_X_SYSVAR,    /* @@[scope.]name */
    MY_X_FUNC,      /* native function or operator: func, args */
    MY_X_UDF,       /* a name that is no native function: args */
    MY_X_AGG,       /* aggregate function: func, args */
    MY_X_CASE,      /* args: [subject] (when then)* [else]; aux bit 0: has subject, bit 1: has else */
    MY_X_ROW,       /* (a, b, …) */
    MY_X_SUBSELECT, /* (SELECT …) as a value */
    MY_X_EXISTS,
    MY_X_IN_SUB,    /* args[0] [NOT] IN (SELECT …) */
    MY_X_QUANT,     /* args[0] op ALL|ANY (SELECT …): aux op, aux2 1 for ALL */
    MY_X_DEFAULT,   /* DEFAULT or DEFAULT(column) */
    MY_X_VALUES,    /* VALUES(column) in ON DUPLICATE KEY UPDATE */
    /* after resolving */
    MY_X_FIELD,     /* column aux2 of table number aux of the row context, depth levels out */
    MY_X_REF,       /* an expression of the select list (target) */
    MY_X_SLOT,      /* value number aux of the row being built (aggregates, temporary tables) */
};

enum my_scope { MY_SCOPE_NONE, MY_SCOPE_SESSION, MY_SCOPE_GLOBAL, MY_SCOPE_PERSIST };

struct my_expr {
    enum my_op op;
    uint16_t n_args;
    uint16_t height;           /* of the tree below: chains of operators grow it without nesting the parser */
    uint8_t depth;             /* FIELD: how many selects further out */
    bool not_, distinct;       /* NOT IN, NOT LIKE …; COUNT(DISTINCT …) */
    bool paren;                /* stood in parentheses */
    bool fixed;                /* metadata is there */
    bool is_const;             /* no column, no subselect with columns: one value per statement */
    bool has_agg, has_sub, has_field;
    int aux, aux2;
    struct my_expr **args;
    const struct my_func *func;
    const char *db, *table, *name; /* NAME, USERVAR, SYSVAR, UDF; CAST character set */
    const char *text;          /* as written, for the column's name */
    enum my_scope scope;
    struct my_type_def *type;  /* CAST, CONVERT */
    struct my_select *sub;
    struct my_expr *target;
    struct my_order *order;    /* GROUP_CONCAT */
    struct my_val val;
    struct my_meta m;
    void *state;               /* evaluator's own: compiled pattern, cached subselect, aggregate number */
};

struct my_order {
    struct my_expr *expr;
    bool desc;
    int position;              /* ORDER BY 2: 1-based, 0 when it is an expression */
    struct my_order *next;
};

struct my_item {               /* one of a select list */
    struct my_expr *expr;
    const char *alias;         /* NULL: none written */
    struct my_item *next;
};

enum my_join_kind { MY_JOIN_COMMA, MY_JOIN_INNER, MY_JOIN_LEFT, MY_JOIN_RIGHT };

struct my_rows;
struct my_cte {                /* WITH name [(columns)] AS (select) */
    const char *name;
    const char **cols;
    size_t n_cols;
    struct my_select *select;
    bool recursive;
    unsigned uses;             /* how often its own text names it */
    struct my_rows *delta;     /* while it runs: the rows of the round before */
    struct my_cte *next;       /* the one before it: those it may name */
};

struct my_tref {               /* a table of FROM: base table, derived table, or the join of a nest */
    const char *db, *name, *alias;
    struct my_select *derived;
    struct my_cte *cte;
    enum my_join_kind join;    /* how it is joined to what stands before */
    bool natural;
    struct my_expr *on;
    const char **using_cols;
    size_t n_using;
    struct my_tref *next;
    /* resolved */
    const struct my_rel *rel;
    int index;
    uint8_t right_of;
};

enum my_into { MY_INTO_NONE, MY_INTO_OUTFILE, MY_INTO_DUMPFILE, MY_INTO_VARS };
struct my_fileopts {           /* FIELDS / LINES of INTO OUTFILE and LOAD DATA */
    const char *field_term, *enclosed, *escaped, *line_term, *line_start;
    size_t field_term_len, enclosed_len, escaped_len, line_term_len, line_start_len;
    bool optionally;
};

enum my_set_op { MY_SET_UNION, MY_SET_EXCEPT, MY_SET_INTERSECT };
struct my_select {
    struct my_item *items;
    struct my_tref *from;
    struct my_expr *where, *having;
    struct my_order *group, *order;
    struct my_expr *limit, *offset;
    bool distinct, rollup, calc_found, for_update, share_mode, straight, paren, from_dual, sql_no_cache;
    enum my_into into;
    bool into_last;            /* INTO stood at the end, which MariaDB warns of */
    const char *into_file, *into_charset;
    struct my_fileopts fopts;
    const char **into_vars;    /* NULL entry: a routine's variable, by its slot */
    int *into_slots;
    size_t n_into_vars;
    struct my_val *got;        /* what the row had for them; set when the SELECT ran */
    struct my_meta *got_meta;
    size_t n_got;
    struct my_expr *procedure;
    /* a union: the others, and what orders the whole */
    struct my_select *next;    /* UNION with it */
    enum my_set_op set_op;
    bool union_all;            /* how this one is joined to the one before */
    struct my_order *union_order;
    struct my_expr *union_limit, *union_offset;
    struct my_select *outer;
    unsigned number;           /* of the statement's selects, as EXPLAIN and errors count them */
    bool in_union;             /* its columns meet those of other selects */
    void *plan;                /* resolved form */
};

struct my_type_def {           /* a column's type as declared */
    uint8_t type;              /* enum my_type of the stored column */
    uint32_t len;              /* declared length (characters for strings); 0 with !has_len: none */
    uint8_t dec;
    bool has_len, has_dec, unsigned_, zerofill, binary, national;
    bool is_binary_string;     /* BINARY, VARBINARY, BLOB */
    uint8_t blob;              /* 0 none, 1 tiny, 2 plain, 3 medium, 4 long */
    bool is_text, is_bool, is_serial, is_json;
    const char *charset, *collate;
    const char **values;       /* ENUM, SET */
    size_t n_values;
};

struct my_keypart {
    const char *col;
    uint32_t len;
    bool desc;
};
enum my_key_kind { MY_KEY_PRIMARY, MY_KEY_UNIQUE, MY_KEY_INDEX, MY_KEY_FULLTEXT, MY_KEY_SPATIAL, MY_KEY_FOREIGN };
struct my_key_def {
    enum my_key_kind kind;
    const char *name;          /* NULL: made */
    const char *using_;        /* BTREE, HASH */
    struct my_keypart *parts;
    size_t n_parts;
    const char *ref_db, *ref_table;
    const char **ref_cols;
    size_t n_ref;
    const char *on_delete, *on_update;
    struct my_expr *check;     /* no key but CONSTRAINT … CHECK (…): kind is FOREIGN */
    struct my_key_def *next;
};
struct my_col_def {
    const char *name;
    struct my_type_def type;
    bool not_null, null_given, auto_inc, primary, unique, has_default, default_now, on_update_now;
    struct my_expr *dflt;
    struct my_expr *check, *gen; /* CHECK (…), AS (…) */
    bool stored;
    const char *comment;
    const char *after;         /* ALTER: AFTER col; "" for FIRST */
    struct my_col_def *next;
};
struct my_table_opts {
    const char *engine, *charset, *collate, *comment, *row_format;
    bool has_auto_inc;
    uint64_t auto_inc;
};

enum my_alter_kind {
    MY_ALTER_ADD_COL, MY_ALTER_DROP_COL, MY_ALTER_CHANGE_COL, MY_ALTER_MODIFY_COL, MY_ALTER_ADD_KEY, MY_ALTER_DROP_KEY,
    MY_ALTER_DROP_PRIMARY, MY_ALTER_RENAME, MY_ALTER_OPTIONS, MY_ALTER_SET_DEFAULT, MY_ALTER_DROP_DEFAULT, MY_ALTER_OTHER,
};
struct my_alter {
    enum my_alter_kind kind;
    bool foreign;              /* DROP_KEY: DROP FOREIGN KEY */
    bool if_exists;            /* DROP COLUMN IF EXISTS …, ADD COLUMN IF NOT EXISTS … of MariaDB */
    const char *name, *db;     /* old column, key or new table name */
    struct my_col_def *col;
    struct my_key_def *key;
    struct my_expr *dflt;
    struct my_alter *next;
};

struct my_name {               /* [db.]name in a list */
    const char *db, *name;
    const char *db2, *name2;   /* RENAME … TO */
    const char *option;        /* LOCK TABLES: READ, WRITE */
    struct my_name *next;
};

struct my_user_spec {          /* 'name'@'host' [IDENTIFIED …] */
    const char *user, *host;   /* host "%" when none was written; user NULL: CURRENT_USER */
    const char *password;      /* BY 'text' */
    const char *hash;          /* BY PASSWORD 'hash', AS 'hash' */
    const char *plugin;
    const char *ssl;           /* REQUIRE: "ANY", "X509", "SPECIFIED", "" */
    bool bare;                 /* written without a host: may name a role */
    struct my_user_spec *next;
};

struct my_assign {             /* col = expr; SET's items */
    enum { MY_SET_USERVAR, MY_SET_SYSVAR, MY_SET_NAMES, MY_SET_CHARSET, MY_SET_PASSWORD, MY_SET_TRANSACTION, MY_SET_COLUMN } kind;
    enum my_scope scope;
    bool at;                   /* written @@x: names a session variable, never a column */
    const char *name, *base;   /* base: component, as in @@keycache.key_buffer_size */
    const char *db, *table;
    struct my_expr *expr;      /* NULL: DEFAULT */
    struct my_user_spec *user;
    const char *collate;
    struct my_assign *next;
};

struct my_row_list {           /* VALUES (…), (…) */
    struct my_expr **vals;     /* NULL entry: DEFAULT */
    size_t n;
    struct my_row_list *next;
};

enum my_sqlcom {
    MY_Q_EMPTY, MY_Q_SELECT, MY_Q_INSERT, MY_Q_REPLACE, MY_Q_UPDATE, MY_Q_DELETE, MY_Q_TRUNCATE, MY_Q_LOAD,
    MY_Q_SET, MY_Q_USE, MY_Q_DO, MY_Q_CALL, MY_Q_HANDLER,
    MY_Q_CREATE_DB, MY_Q_DROP_DB, MY_Q_ALTER_DB, MY_Q_CREATE_TABLE, MY_Q_DROP_TABLE, MY_Q_ALTER_TABLE, MY_Q_RENAME_TABLE,
    MY_Q_CREATE_INDEX, MY_Q_DROP_INDEX, MY_Q_CREATE_VIEW, MY_Q_DROP_VIEW,
    MY_Q_CREATE_UDF, MY_Q_CREATE_ROUTINE, MY_Q_DROP_ROUTINE, MY_Q_CREATE_TRIGGER, MY_Q_DROP_TRIGGER, MY_Q_CREATE_EVENT, MY_Q_DROP_EVENT,
    MY_Q_CREATE_USER, MY_Q_DROP_USER, MY_Q_RENAME_USER, MY_Q_ALTER_USER, MY_Q_GRANT, MY_Q_REVOKE, MY_Q_CREATE_ROLE, MY_Q_DROP_ROLE,
    MY_Q_GRANT_ROLE, MY_Q_REVOKE_ROLE, MY_Q_SET_ROLE, MY_Q_DEFAULT_ROLE,
    MY_Q_BEGIN, MY_Q_COMMIT, MY_Q_ROLLBACK, MY_Q_SAVEPOINT, MY_Q_ROLLBACK_TO, MY_Q_RELEASE,
    MY_Q_LOCK, MY_Q_UNLOCK, MY_Q_FLUSH, MY_Q_RESET, MY_Q_KILL, MY_Q_SHUTDOWN, MY_Q_CHECK, MY_Q_INSTALL, MY_Q_UNINSTALL,
    MY_Q_PREPARE, MY_Q_EXECUTE, MY_Q_DEALLOCATE, MY_Q_EXPLAIN, MY_Q_HELP, MY_Q_XA, MY_Q_SLAVE, MY_Q_CHANGE_MASTER, MY_Q_PURGE,
    MY_Q_BINLOG, MY_Q_CACHE_INDEX, MY_Q_SIGNAL, MY_Q_RESIGNAL, MY_Q_GET_DIAGNOSTICS,
    MY_Q_SHOW_DATABASES, MY_Q_SHOW_TABLES, MY_Q_SHOW_COLUMNS, MY_Q_SHOW_KEYS, MY_Q_SHOW_VARIABLES, MY_Q_SHOW_STATUS,
    MY_Q_SHOW_CREATE_TABLE, MY_Q_SHOW_CREATE_DB, MY_Q_SHOW_CREATE_ROUTINE, MY_Q_SHOW_GRANTS, MY_Q_SHOW_PROCESSLIST, MY_Q_SHOW_WARNINGS,
    MY_Q_SHOW_ERRORS, MY_Q_SHOW_COUNT_WARNINGS, MY_Q_SHOW_COUNT_ERRORS, MY_Q_SHOW_ENGINES, MY_Q_SHOW_ENGINE, MY_Q_SHOW_PLUGINS,
    MY_Q_SHOW_PRIVILEGES, MY_Q_SHOW_CHARSET, MY_Q_SHOW_COLLATION, MY_Q_SHOW_TABLE_STATUS, MY_Q_SHOW_OPEN_TABLES, MY_Q_SHOW_TRIGGERS,
    MY_Q_SHOW_EVENTS, MY_Q_SHOW_ROUTINES, MY_Q_SHOW_MASTER_STATUS, MY_Q_SHOW_SLAVE_STATUS, MY_Q_SHOW_BINLOGS, MY_Q_SHOW_BINLOG_EVENTS,
    MY_Q_SHOW_SLAVE_HOSTS, MY_Q_SHOW_PROFILES, MY_Q_SHOW_PROFILE, MY_Q_SHOW_AUTHORS, MY_Q_SHOW_CONTRIBUTORS,
    MY_Q_SHOW_RECORDED, MY_Q_SHOW_EXPLAIN, /* MariaDB: an empty result of recorded columns; EXPLAIN of a session */
};

struct my_stmt {
    enum my_sqlcom com;
    struct my_select *select;      /* SELECT, INSERT … SELECT, CREATE TABLE … SELECT, DO's list, EXPLAIN's */
    const char *db, *name, *name2; /* what it is about */
    const char *text;              /* PREPARE's text, a routine's body, FLUSH's words, … */
    size_t text_len;
    struct my_expr *text_var;      /* PREPARE … FROM @v */
    struct my_name *names;
    bool if_exists, if_not_exists, or_replace, temporary, ignore, full, extended, delayed, local, like_table, chain, release, read_only, consistent;
    bool low_priority, concurrent, global_, all_privs, with_grant, hard, is_function, aggregate, view_only;
    enum my_scope scope;
    enum my_kw word;               /* CHECK/ANALYZE/…, FLUSH's kind, isolation level, UDF's return type */
    const char *like;              /* SHOW … LIKE */
    size_t like_len;
    struct my_expr *where;
    struct my_order *order;
    struct my_expr *limit, *offset;
    struct my_tref *tables;        /* UPDATE, DELETE with several tables */
    struct my_assign *assigns;     /* SET, UPDATE, ON DUPLICATE KEY UPDATE, LOAD DATA … SET */
    struct my_item *returning;     /* INSERT, REPLACE, DELETE of MariaDB */
    const char **cols;             /* INSERT (…), LOAD DATA (…) */
    size_t n_cols;
    bool cols_given;
    struct my_row_list *rows;
    struct my_col_def *col_defs;
    struct my_key_def *key_defs;
    struct my_table_opts opts;
    struct my_alter *alters;
    struct my_user_spec *users;
    uint32_t privs;                /* GRANT: bits of enum my_priv */
    const char **priv_names;
    const char **priv_cols;        /* per privilege: "a,b" of (a, b); NULL: none given */
    size_t n_privs;
    struct my_expr *expr;          /* KILL */
    struct my_expr **exprs;        /* CALL, EXECUTE USING */
    size_t n_exprs;
    struct my_fileopts fopts;
    const char *charset;
    unsigned n_params;
    struct my_sp *sp;              /* CREATE PROCEDURE, FUNCTION, TRIGGER; BEGIN NOT ATOMIC */
    struct my_stmt *inner;         /* EXPLAIN of other than SELECT */
    const char *body;              /* text of the statement after the first words, for SHOW CREATE */
};

#endif

/* One client's session: what the protocol keeps between packets, and what a statement works with. */
#ifndef HOTARU_PROTOCOL_MYSQL_MY_SES_H
#define HOTARU_PROTOCOL_MYSQL_MY_SES_H

#include "base/rng.h"
#include "protocol/mysql/my_error.h"
#include "protocol/mysql/my_net.h"
#include "protocol/mysql/my_policy.h"
#include "protocol/mysql/my_wire.h"
#include "protocol/mysql/syntax/my_parse.h"
#include "protocol/mysql/world/my_def.h"
#include "protocol/mysql/world/my_world.h"
#include "session/session.h"

enum my_level { MY_NOTE, MY_WARNING, MY_ERROR };
struct my_cond {
    enum my_level level;
    uint16_t code;
    char *text;
};

struct my_uservar {
    struct my_uservar *next;
    char *name;
    enum my_kind kind;
    char *text;              /* the value's text; numbers too */
    size_t len;
    uint8_t dec;
    const struct my_coll *coll;
};

struct my_ps {               /* a prepared statement, by number or by name */
    struct my_ps *next;
    uint32_t id;
    char *name;
    char *text;
    size_t len;
    unsigned n_params, n_cols;
    uint64_t cols_hash;      /* of the column definitions that the client knows */
    uint8_t *types;          /* two bytes each, as last bound */
    char **long_data;
    size_t *long_len;
    struct wr cursor;        /* rows still to be fetched: length-prefixed payloads */
    size_t cursor_at;
    bool has_cursor;
};

struct my_savepoint {
    struct my_savepoint *next;
    char *name;
    size_t mark;             /* of the undo log */
};

struct my_lock {             /* LOCK TABLES */
    char *db, *name;
    bool write;
};

/* What CLIENT_SESSION_TRACK tells of, in the order of session_track_system_variables; the current database last. */
enum my_track {
    MY_TRACK_AUTOCOMMIT = 1, MY_TRACK_CLIENT = 2, MY_TRACK_CONNECTION = 4, MY_TRACK_RESULTS = 8, MY_TRACK_TIME_ZONE = 16,
    MY_TRACK_SCHEMA = 32,
};

enum my_phase { MY_PHASE_LOGIN, MY_PHASE_SWITCH, MY_PHASE_FULL, MY_PHASE_COMMAND, MY_PHASE_OVER };

struct my_conn;              /* what exists from login on */

struct my_ses {
    struct session *s;
    struct my_shared *sh;
    struct my_kit *kit;
    struct my_conn *c;       /* NULL before login */
    struct my_in in;
    struct my_net net;
    enum my_phase phase;
    bool changing;           /* a login by COM_CHANGE_USER */
    bool caps_known;         /* the client's packet has been read so far */
    uint32_t thread_id, caps, caps_ext; /* caps_ext: MariaDB's own, bits 32 and up */
    uint8_t seq;
    uint8_t salt[MY_SALT_LEN + 1];
    uint8_t client_charset;
    uint8_t zstd_level;      /* that the client asked for */
    bool key_sent;           /* caching_sha2_password: the public key went out */
    void *pending;           /* what was offered before an auth switch; session arena */
    struct wr delayed;       /* a reply that waits for sleep() to end */
    struct my_ses *prev, *next; /* all sessions of this loop */
    int64_t since_us;
};

struct my_conn {
    struct my_world *world;
    char user[130], priv_host[64], host[64]; /* host: as user() shows it; priv_host: of the matching account */
    char db[MY_NAME_MAX * 3 + 1];
    char role[130];          /* SET ROLE; "": none */
    uint64_t rights;         /* global ones, as at login: my_check.c */
    bool rights_known;
    char old_db[MY_NAME_MAX * 3 + 1]; /* before COM_CHANGE_USER */
    unsigned track;          /* enum my_track: what has changed since the last OK */
    bool autocommit, in_trans, killed, multi, no_backslash, ansi_quotes;
    const struct my_coll *cs_client, *cs_conn, *cs_results; /* results NULL: no conversion */
    struct my_setting *vars; /* SET SESSION */
    size_t n_vars, cap_vars;
    struct my_uservar *uservars;
    size_t uservar_bytes;
    struct my_ps *ps;
    uint32_t next_ps, last_ps; /* last_ps: of the last COM_STMT_PREPARE; 0: it failed */
    size_t n_ps;
    struct my_savepoint *savepoints;
    struct my_undo *undo;    /* my_undo.h */
    bool read_only;          /* START TRANSACTION READ ONLY */
    bool changed_plain;      /* the transaction changed a table that cannot roll back */
    struct my_lock *locks;
    size_t n_locks;
    char xid[140];           /* XA START: gtrid and bqual, as lengths and bytes; "" none */
    char xa_state;           /* 'A'ctive, 'I'dle, 'P'repared, 0 */
    struct my_cond conds[64];
    unsigned n_conds, total_conds, n_errors;
    bool conds_old;          /* of a statement before: the list stays until a statement uses tables or has messages of its own */
    uint64_t last_insert_id, prev_insert_id, insert_id_stmt;
    int64_t row_count, found_rows;
    int64_t queries;
    struct my_table **temp;  /* temporary tables, with their database's name */
    char **temp_db;
    size_t n_temp;
    int64_t last_us;         /* of the last command */
    bool locked;
    uint32_t rand1, rand2;   /* state of RAND() */
};

/* A statement under execution. */
struct my_run {
    struct my_ses *ses;
    struct my_conn *c;
    struct my_kit *kit;
    struct my_world *w;
    struct arena *arena;
    struct my_out *out;
    enum my_err err;         /* set: the statement failed; text below */
    uint16_t err_code;
    char err_state[6], err_text[600];
    uint16_t late_status;    /* bits that appear while rows are sent: subselects run late */
    uint16_t status;         /* bits beyond autocommit and transaction: NO_INDEX … */
    uint64_t affected, insert_id;
    char info[200];
    bool more;               /* another statement of the same packet follows */
    bool binary;             /* rows in the binary protocol */
    int64_t delay_us;        /* sleep() and benchmark() */
    int64_t now_us;
    uint64_t steps;          /* work done, against a cap */
    struct my_val *params;   /* of EXECUTE */
    struct my_meta *param_meta;
    unsigned n_params;
    bool sent;               /* a result set or OK went out already */
    bool sub_statement;
    char reply[128];         /* for the event: "OK", "ERROR 1305 (42000): …", "1 row: 5.6.10" */
    char first_cell[61];     /* of the result's first row */
    bool has_first;
    struct my_ps *cursor_of; /* rows go here */
    struct my_ps *prepared;  /* COM_STMT_EXECUTE of it */
    bool describe_only;      /* PREPARE: columns, no rows */
    struct my_result_col *described; /* what SHOW would send; arena */
    size_t n_described;
    bool sent_version;
    bool deferring;          /* derived tables may be filled after the columns */
    bool sub_flags;          /* MariaDB plans subselects with the statement: their status bits come early */
    int in_value_sub;        /* inside a subselect that is a value */
    const char *clause;      /* what "field list" is called in MariaDB where it is not SELECT: "INSERT INTO", "SET", … */
    const char *query_text;  /* for the process list */
    bool full_list;          /* SHOW FULL PROCESSLIST */
    bool status_at_end_clear; /* SHOW STATUS puts back what it set */
    const char *info_source, *info_org; /* SHOW: what fills the table, what it calls itself */
    const char *show_key;    /* SHOW: column definitions recorded under this name go before computed ones */
    int sub_depth;
    struct my_frame *frame;  /* the innermost routine that runs (my_routine_int.h) */
};

struct my_result_col;

struct my_shared {           /* of all MySQL sessions of one loop */
    struct my_kit *kit;
    uint64_t seed;
    uint64_t policy_key;     /* of the login policy: share of sources, attempts */
    struct my_tries tries;
    uint32_t next_id;
    struct rng_pool secrets; /* salts */
    struct my_ses *sessions;
    struct arena arena;      /* of the statement that runs */
    struct my_out out;       /* reply under construction */
    struct my_world *worlds[1024];
    size_t n_worlds;
    uint64_t connections, queries;
    struct my_run last;      /* the last statement of the packet in hand */
};

#define MY_STEPS_MAX  (20u * 1000 * 1000)
/* A statement of more steps than STEPS_QUICK takes a real server time as well: its session waits a microsecond for every five
 * further ones, so that others have the loop meanwhile. */
#define MY_STEPS_QUICK 200000u
#define MY_DELAY_MAX_US (30 * INT64_C(1000000))

/* ---- my_diag.c ---- */
void my_fail(struct my_run *r, enum my_err e, ...);       /* first error wins */
void my_fail_text(struct my_run *r, enum my_err e, const char *text);
void my_warn(struct my_run *r, enum my_level level, enum my_err e, ...);
void my_warn_text(struct my_run *r, enum my_level level, uint16_t code, const char *text);
void my_diag_clear(struct my_conn *c);
static inline bool my_ok(const struct my_run *r)
{
    return r->err == MY_ER_NONE;
}
const char *my_errcode_text(struct my_run *r, int os_errno); /* "2" or "2 - No such file or directory" */

/* ---- my_reply.c ---- */
void my_send_ok(struct my_run *r);
void my_send_error(struct my_run *r);
void my_send_eof(struct my_run *r);         /* the end of rows: EOF, or the OK that replaced it */
void my_send_columns_end(struct my_run *r); /* behind column definitions: EOF, or nothing */
/* Of the column definitions in o->w from byte `from` on. */
uint64_t my_columns_hash(const struct my_out *o, size_t from);
void my_send_raw_error(struct my_ses *ses, struct my_out *out, enum my_err e, bool state, const char *text);
struct my_result_col {
    struct my_meta m;
    const char *name;
};
void my_send_columns(struct my_run *r, const struct my_result_col *cols, size_t n);
void my_send_row(struct my_run *r, const struct my_result_col *cols, const struct my_val *vals, size_t n);
void my_send_end(struct my_run *r, uint64_t rows);
void my_send_coldef(struct my_run *r, const struct my_result_col *col, const char *dflt, bool with_default);
uint16_t my_status(const struct my_run *r);

/* ---- my_vars.c ---- */
/* Text of a variable in a scope as SHOW prints it; NULL: it has no such scope. Lives in the run's arena or longer. */
const char *my_var_text(struct my_run *r, const struct my_sysvar *v, enum my_scope scope);
uint64_t my_var_u64(struct my_run *r, const char *name);  /* session value as a number; 0 when there is none */
bool my_var_on(struct my_run *r, const char *name);
int my_var_store(struct my_conn *c, const char *name, const char *value);
bool my_sql_mode(struct my_run *r, const char *flag);
void my_exec_set(struct my_run *r, struct my_stmt *st);
void my_set_password(struct my_run *r, struct my_assign *a); /* my_user.c */
void my_general_log_changed(struct my_run *r);               /* my_files.c */
void my_general_log(struct my_run *r, const char *text, size_t n);

struct my_uservar *my_uservar_find(struct my_conn *c, const char *name);
void my_uservar_set(struct my_run *r, const char *name, const struct my_val *v, const struct my_meta *m);

/* ---- my_exec.c ---- */
/* Runs the statements of one COM_QUERY; replies go to ses->sh->out. */
void my_query(struct my_ses *ses, const char *text, size_t len);
void my_exec(struct my_run *r, struct my_stmt *st);
struct my_run my_run_of(struct my_ses *ses);
struct my_parse_env my_parse_env_of(struct my_run *r, bool prepared);
/* Runs a statement for its effect, without replies: setup scripts, dropping databases. */
int my_run_quiet(struct my_ses *ses, const char *sql, struct err *err);

/* One file each. */
void my_exec_select(struct my_run *r, struct my_stmt *st);
void my_exec_dml(struct my_run *r, struct my_stmt *st);
void my_exec_ddl(struct my_run *r, struct my_stmt *st);
void my_exec_show(struct my_run *r, struct my_stmt *st);
void my_exec_user(struct my_run *r, struct my_stmt *st);
void my_exec_admin(struct my_run *r, struct my_stmt *st);
void my_exec_udf(struct my_run *r, struct my_stmt *st);
void my_exec_ps(struct my_run *r, struct my_stmt *st);
void my_use(struct my_run *r, const char *db);
bool my_need_db(struct my_run *r, const char **db); /* fills the current one in; error 1046 without */

/* Tables as a statement names them: temporary, then the database's. Errors 1046, 1049→1146 as the server's. */
struct my_table *my_find_table(struct my_run *r, const char *db, const char *name, struct my_db **ret_db, bool quiet);
bool my_is_info_schema(const char *db);

/* ---- my_command.c ---- */
struct feed my_command(struct my_ses *ses, struct rd packet);
void my_conn_free(struct my_conn *c);
struct my_conn *my_conn_new(struct my_ses *ses);
void my_conn_reset(struct my_ses *ses);
void my_ps_free(struct my_ps *ps);

void my_exec_signal(struct my_run *r, struct my_stmt *st);

/* ---- my_trans.c ---- */
void my_exec_trans(struct my_run *r, struct my_stmt *st);
void my_trans_commit(struct my_conn *c);                  /* what every implicit commit does */
void my_trans_rollback(struct my_conn *c);
void my_locks_free(struct my_conn *c);
/* Whether LOCK TABLES lets the statement at the table: errors 1099, 1100. */
bool my_lock_allows(struct my_run *r, const char *db, const char *name, bool write);

/* ---- my_ps.c: prepared statements over the binary protocol ---- */
void my_stmt_prepare(struct my_run *r, struct rd p);
void my_stmt_execute(struct my_run *r, struct rd p);
void my_stmt_long_data(struct my_run *r, struct rd p);
void my_stmt_close(struct my_run *r, struct rd p);
void my_stmt_reset(struct my_run *r, struct rd p);
void my_stmt_fetch(struct my_run *r, struct rd p);
void my_stmt_bulk(struct my_run *r, struct rd p);

/* ---- my_show.c, my_admin.c ---- */
struct my_result_col my_plain_col(struct my_run *r, const char *name, char kind, uint32_t len, bool nullable);
void my_create_text(struct my_run *r, const struct my_table *t, struct wr *w);
void my_send_processlist(struct my_run *r);
bool my_event_scheduler_on(struct my_run *r);
void my_send_table_dump(struct my_run *r, struct my_table *t);
void my_kill(struct my_run *r, uint64_t id, bool connection);
/* LIKE with the server's own wildcards, for names: folds ASCII case. */
bool my_wild(const char *pattern, const char *text);

/* ---- my_login.c, my_auth.c ---- */
int my_send_greeting(struct my_ses *ses);
struct feed my_login(struct my_ses *ses, struct rd packet);
struct feed my_change_user(struct my_ses *ses, struct rd packet);
struct feed my_auth_more(struct my_ses *ses, struct rd packet); /* answers an auth switch */
struct feed my_auth_full(struct my_ses *ses, struct rd packet); /* caching_sha2_password: the password itself */

/* ---- my_source.c ---- */
struct my_world *my_source_world(struct my_shared *sh, struct my_kit *kit, uint32_t src, int64_t now_us);

#endif

/* COM_QUERY: text -> statements -> replies. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/exec/my_check.h"
#include "protocol/mysql/exec/my_undo.h"
#include "protocol/mysql/expr/my_eval.h"
#include "protocol/mysql/my_ses.h"

struct my_run my_run_of(struct my_ses *ses)
{
    return (struct my_run){.ses = ses, .c = ses->c, .kit = ses->kit, .w = ses->c ? ses->c->world : NULL, .arena = &ses->sh->arena,
                           .out = &ses->sh->out, .now_us = session_now_us(ses->s)};
}

struct my_parse_env my_parse_env_of(struct my_run *r, bool prepared)
{
    return (struct my_parse_env){.version = r->kit->version, .mariadb = r->kit->mariadb, .ansi_quotes = my_sql_mode(r, "ANSI_QUOTES"),
                                 .no_backslash = r->c->no_backslash, .ignore_space = my_sql_mode(r, "IGNORE_SPACE"),
                                 .pipes_concat = my_sql_mode(r, "PIPES_AS_CONCAT"),
                                 .multi = (r->ses->caps & MY_CAP_MULTI_STATEMENTS) != 0, .prepared = prepared, .no_db = !r->c->db[0]};
}

bool my_is_info_schema(const char *db)
{
    return strcasecmp(db, "information_schema") == 0;
}

bool my_need_db(struct my_run *r, const char **db)
{
    if (*db)
        return true;
    if (r->c->db[0]) {
        *db = r->c->db;
        return true;
    }
    my_fail(r, MY_ER_NO_DB);
    return false;
}

void my_use(struct my_run *r, const char *db)
{
    if (!*db && r->kit->mariadb) {
        my_fail(r, MY_ER_NO_DB);
        return;
    }
    if (strlen(db) > MY_NAME_MAX * 3 || !*db) {
        char shown[101];
        size_t n = strlen(db), max = sizeof shown - 1;
        (void)snprintf(shown, sizeof shown, r->kit->mariadb && n > max ? "%.97s..." : "%.100s", db);
        my_fail(r, MY_ER_WRONG_DB_NAME, shown);
        return;
    }
    if (my_is_info_schema(db)) {
        (void)snprintf(r->c->db, sizeof r->c->db, "information_schema");
        r->c->track |= MY_TRACK_SCHEMA;
        return;
    }
    if (!my_sees_db(r, db)) {
        my_fail(r, MY_ER_DBACCESS_DENIED, r->c->user, r->c->priv_host, db);
        return;
    }
    struct my_db *d = my_world_db(r->w, db);
    if (!d) {
        my_fail(r, MY_ER_BAD_DB, db);
        return;
    }
    (void)snprintf(r->c->db, sizeof r->c->db, "%s", d->name);
    r->c->track |= MY_TRACK_SCHEMA;
}

struct my_table *my_find_table(struct my_run *r, const char *db, const char *name, struct my_db **ret_db, bool quiet)
{
    if (ret_db)
        *ret_db = NULL;
    if (!db) {
        db = r->c->db;
        if (!db[0]) {
            if (!quiet)
                my_fail(r, MY_ER_NO_DB);
            return NULL;
        }
    }
    for (size_t i = 0; i < r->c->n_temp; i++)
        if (strcmp(r->c->temp_db[i], db) == 0 && strcmp(r->c->temp[i]->name, name) == 0) {
            if (ret_db)
                *ret_db = my_world_db(r->w, db);
            return r->c->temp[i];
        }
    struct my_db *d = my_world_db(r->w, db);
    struct my_table *t = d ? my_db_table(r->w, d, name) : NULL;
    if (!t) {
        if (!quiet) {
            if (!d && (r->kit->version < 50500 || r->kit->version >= 80000) && !r->kit->mariadb)
                my_fail(r, MY_ER_BAD_DB, db);
            else
                my_fail(r, MY_ER_NO_SUCH_TABLE, db, name);
        }
        return NULL;
    }
    if (!quiet && !my_lock_allows(r, d->name, t->name, false))
        return NULL;
    if (ret_db)
        *ret_db = d;
    return t;
}

bool my_wild(const char *p, const char *s)
{
    for (; *p; p++, s++) {
        if (*p == '%') {
            while (*p == '%')
                p++;
            if (!*p)
                return true;
            for (; *s; s++)
                if (my_wild(p, s))
                    return true;
            return false;
        }
        if (*p == '\\' && p[1])
            p++;
        else if (*p == '_' && *s)
            continue;
        char a = *p, b = *s;
        a = (char)(a >= 'A' && a <= 'Z' ? a + 32 : a);
        b = (char)(b >= 'A' && b <= 'Z' ? b + 32 : b);
        if (a != b)
            return false;
    }
    return !*s;
}

/* Statements that end a transaction by themselves (manual, "Statements That Cause an Implicit Commit"). */
static bool commits(enum my_sqlcom com)
{
    switch (com) {
    case MY_Q_CREATE_DB:
    case MY_Q_DROP_DB:
    case MY_Q_ALTER_DB:
    case MY_Q_CREATE_TABLE:
    case MY_Q_DROP_TABLE:
    case MY_Q_ALTER_TABLE:
    case MY_Q_RENAME_TABLE:
    case MY_Q_TRUNCATE:
    case MY_Q_CREATE_INDEX:
    case MY_Q_DROP_INDEX:
    case MY_Q_CREATE_VIEW:
    case MY_Q_DROP_VIEW:
    case MY_Q_CREATE_UDF:
    case MY_Q_CREATE_ROUTINE:
    case MY_Q_DROP_ROUTINE:
    case MY_Q_CREATE_USER:
    case MY_Q_DROP_USER:
    case MY_Q_GRANT:
    case MY_Q_REVOKE:
    case MY_Q_LOCK:
    case MY_Q_BEGIN:
    case MY_Q_FLUSH:
        return true;
    default:
        return false;
    }
}

/* Statements that use no table leave the messages of the one before (manual, "SHOW WARNINGS Statement"). */
static bool uses_tables(const struct my_stmt *st)
{
    switch (st->com) {
    case MY_Q_SELECT:
        return st->select && st->select->from;
    case MY_Q_SET:
    case MY_Q_DO:
    case MY_Q_USE:
    case MY_Q_SHOW_GRANTS:
    case MY_Q_SHOW_MASTER_STATUS:
    case MY_Q_SHOW_SLAVE_STATUS:
    case MY_Q_SHOW_BINLOGS:
    case MY_Q_SHOW_BINLOG_EVENTS:
    case MY_Q_SHOW_SLAVE_HOSTS:
    case MY_Q_SHOW_RECORDED:
    case MY_Q_SHOW_PRIVILEGES:
    case MY_Q_SHOW_PROCESSLIST:
    case MY_Q_SHOW_PROFILES:
        return false;
    default:
        return true;
    }
}

static bool keeps_diagnostics(const struct my_stmt *st)
{
    return st->com == MY_Q_SHOW_WARNINGS || st->com == MY_Q_SHOW_ERRORS || st->com == MY_Q_GET_DIAGNOSTICS || st->com == MY_Q_SHOW_COUNT_WARNINGS || st->com == MY_Q_SHOW_COUNT_ERRORS;
}

static void run(struct my_run *r, struct my_stmt *st);

/* A statement without tables leaves the warnings of the one before, except in what it warns of itself. */
void my_exec(struct my_run *r, struct my_stmt *st)
{
    if (commits(st->com) && !r->c->xa_state && !(st->temporary && (st->com == MY_Q_CREATE_TABLE || st->com == MY_Q_DROP_TABLE)))
        my_trans_commit(r->c);
    size_t mark = my_undo_mark(r->c);
    if (st->com == MY_Q_UPDATE)
        r->clause = "SET";
    else if ((st->com == MY_Q_INSERT || st->com == MY_Q_REPLACE) && !st->select)
        r->clause = "INSERT INTO";
    run(r, st);
    if (!my_ok(r))
        my_undo_to(r->c, mark);
    if (!r->c->in_trans && r->c->autocommit)
        my_undo_clear(r->c);
}

static void run(struct my_run *r, struct my_stmt *st)
{
    switch (st->com) {
    case MY_Q_EMPTY:
        break;
    case MY_Q_SELECT:
    case MY_Q_DO:
        my_exec_select(r, st);
        break;
    case MY_Q_INSERT:
    case MY_Q_REPLACE:
    case MY_Q_UPDATE:
    case MY_Q_DELETE:
    case MY_Q_TRUNCATE:
    case MY_Q_LOAD:
        my_exec_dml(r, st);
        break;
    case MY_Q_SET:
        my_exec_set(r, st);
        break;
    case MY_Q_USE:
        my_use(r, st->name);
        break;
    case MY_Q_CREATE_DB:
    case MY_Q_DROP_DB:
    case MY_Q_ALTER_DB:
    case MY_Q_CREATE_TABLE:
    case MY_Q_DROP_TABLE:
    case MY_Q_ALTER_TABLE:
    case MY_Q_RENAME_TABLE:
    case MY_Q_CREATE_INDEX:
    case MY_Q_DROP_INDEX:
    case MY_Q_CREATE_VIEW:
    case MY_Q_DROP_VIEW:
        my_exec_ddl(r, st);
        break;
    case MY_Q_CREATE_UDF:
    case MY_Q_CREATE_ROUTINE:
    case MY_Q_DROP_ROUTINE:
    case MY_Q_CREATE_TRIGGER:
    case MY_Q_DROP_TRIGGER:
    case MY_Q_CREATE_EVENT:
    case MY_Q_DROP_EVENT:
    case MY_Q_CALL:
        my_exec_udf(r, st);
        break;
    case MY_Q_CREATE_USER:
    case MY_Q_DROP_USER:
    case MY_Q_RENAME_USER:
    case MY_Q_ALTER_USER:
    case MY_Q_GRANT:
    case MY_Q_REVOKE:
    case MY_Q_CREATE_ROLE:
    case MY_Q_DROP_ROLE:
    case MY_Q_GRANT_ROLE:
    case MY_Q_REVOKE_ROLE:
    case MY_Q_SET_ROLE:
    case MY_Q_DEFAULT_ROLE:
    case MY_Q_SHOW_GRANTS:
        my_exec_user(r, st);
        break;
    case MY_Q_SIGNAL:
    case MY_Q_RESIGNAL:
    case MY_Q_GET_DIAGNOSTICS:
        my_exec_signal(r, st);
        break;
    case MY_Q_BEGIN:
    case MY_Q_COMMIT:
    case MY_Q_ROLLBACK:
    case MY_Q_SAVEPOINT:
    case MY_Q_ROLLBACK_TO:
    case MY_Q_RELEASE:
    case MY_Q_LOCK:
    case MY_Q_UNLOCK:
    case MY_Q_XA:
        my_exec_trans(r, st);
        break;
    case MY_Q_PREPARE:
    case MY_Q_EXECUTE:
    case MY_Q_DEALLOCATE:
        my_exec_ps(r, st);
        break;
    default:
        if (st->com >= MY_Q_SHOW_DATABASES)
            my_exec_show(r, st);
        else
            my_exec_admin(r, st);
        break;
    }
}

static bool version_asked(const struct my_run *r)
{
    return r->sent_version && my_ok(r);
}

static void run_one(struct my_run *r, struct my_stmt *st)
{
    if (!keeps_diagnostics(st) && !uses_tables(st))
        r->c->conds_old = true;
    else if (!keeps_diagnostics(st))
        my_diag_clear(r->c);
    if (my_check_stmt(r, st))
        my_exec(r, st);
    if (!my_ok(r)) {
        r->more = false;
        my_send_error(r);
    } else if (!r->sent) {
        my_send_ok(r);
    }
    if (version_asked(r))
        session_answered(r->ses->s, r->kit->version_text);
}

/* Without the semicolon and blanks before the next statement. */
static size_t statement_len(const char *at, const char *end, bool another)
{
    while (another && end > at && (end[-1] == ' ' || end[-1] == ';' || (end[-1] >= '\t' && end[-1] <= '\r')))
        end--;
    return (size_t)(end - at);
}

void my_query(struct my_ses *ses, const char *text, size_t len)
{
    const char *at = text, *end = text + len;
    int64_t delay = 0;
    uint64_t steps = 0; /* of the whole packet: many statements may do no more than one */
    bool first = true;
    for (unsigned n = 0; n < 1000 && (first || at); n++, first = false) {
        struct my_run r = my_run_of(ses);
        struct my_parse p;
        struct my_stmt *st = NULL;
        const char *rest = NULL;
        struct my_parse_env env = my_parse_env_of(&r, false);
        r.delay_us = delay;
        r.steps = steps;
        int rc = my_parse(&p, r.arena, &env, at, (size_t)(end - at), &st, &rest);
        size_t n_text = statement_len(at, rc < 0 || !rest ? end : rest, rc >= 0 && rest);
        r.query_text = arena_copy(r.arena, at, n_text);
        if (ses->kit->version >= 50500 || first) /* 5.1 logs the packet, later servers each statement */
            my_general_log(&r, at, ses->kit->version >= 50500 ? n_text : (size_t)(end - at));
        while (rest && rest < end && (*rest == ' ' || (*rest >= '\t' && *rest <= '\r')))
            rest++;
        if (rc < 0) {
            my_diag_clear(r.c);
            my_fail_text(&r, p.err, p.err_text);
            my_send_error(&r);
            rest = NULL;
        } else {
            r.more = rest != NULL;
            run_one(&r, st);
            if (!my_ok(&r))
                rest = NULL;
        }
        delay = r.delay_us;
        steps = r.steps;
        ses->sh->last = r;
        at = rest;
    }
}

int my_run_quiet(struct my_ses *ses, const char *sql, struct err *err)
{
    struct my_run r = my_run_of(ses);
    struct my_parse p;
    struct my_stmt *st = NULL;
    const char *rest = NULL;
    struct my_parse_env env = my_parse_env_of(&r, false);
    wr_clear(&ses->sh->out.w);
    ses->sh->out.w.max = 64u << 20;
    int rc = my_parse(&p, r.arena, &env, sql, strlen(sql), &st, &rest);
    if (rc < 0)
        return err_set(err, rc, "%s: %.120s", p.err_text, sql);
    my_exec(&r, st);
    my_diag_clear(r.c);
    if (!my_ok(&r))
        return err_set(err, -EINVAL, "%s: %.120s", r.err_text, sql);
    return 0;
}

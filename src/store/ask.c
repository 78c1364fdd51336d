#include "store/ask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ts.h"

#define SQL_TEXT_MAX ((size_t)4 << 20)
#define TURNS_MAX    20

/* What a column gives; VALUE_NULL: it must be cast to text. */
static enum value_type value_of(duckdb_type t)
{
    switch (t) {
    case DUCKDB_TYPE_BOOLEAN: return VALUE_BOOL;
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_HUGEINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER: return VALUE_I64;
    case DUCKDB_TYPE_UBIGINT: return VALUE_U64;
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
    case DUCKDB_TYPE_DECIMAL: return VALUE_F64;
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_S:
    case DUCKDB_TYPE_TIMESTAMP_MS:
    case DUCKDB_TYPE_TIMESTAMP_NS:
    case DUCKDB_TYPE_TIMESTAMP_TZ: return VALUE_TS;
    case DUCKDB_TYPE_VARCHAR: return VALUE_TEXT;
    case DUCKDB_TYPE_BLOB: return VALUE_BLOB;
    default: return VALUE_NULL;
    }
}

static int refuse(struct err *err, const char *words)
{
    char line[480];
    int code = words ? duck_errno(words) : -EIO;
    return err_set(err, code == -EIO ? -EINVAL : code, "%s", duck_words(words, line, sizeof line));
}

/* Prepares sql, which must be one SELECT. */
static int prepare(duckdb_connection con, const char *sql, duckdb_prepared_statement *ret, struct err *err)
{
    duckdb_extracted_statements list = NULL;
    idx_t n = duckdb_extract_statements(con, sql, &list);
    duckdb_prepared_statement p = NULL;
    int rc = 0;
    if (n == 0) {
        const char *words = duckdb_extract_statements_error(list);
        rc = words && *words ? refuse(err, words) : err_set(err, -EINVAL, "the query is empty: give one SELECT");
    } else if (n != 1) {
        rc = err_set(err, -EINVAL, "one SELECT at a time: this is %llu statements", (unsigned long long)n);
    } else if (duckdb_prepare_extracted_statement(con, list, 0, &p) != DuckDBSuccess) {
        rc = refuse(err, duckdb_prepare_error(p));
    } else if (duckdb_prepared_statement_type(p) != DUCKDB_STATEMENT_TYPE_SELECT) {
        rc = err_set(err, -EINVAL, "only SELECT can be asked here");
    }
    duckdb_destroy_extracted(&list);
    if (rc < 0)
        duckdb_destroy_prepare(&p);
    else
        *ret = p;
    return rc;
}

static int bind(duckdb_prepared_statement p, const struct store_param *params, size_t n, struct err *err)
{
    if (duckdb_nparams(p) != n)
        return err_set(err, -EINVAL, "the query has %llu parameters, %zu were given", (unsigned long long)duckdb_nparams(p), n);
    for (size_t i = 0; i < n; i++) {
        const struct store_param *a = &params[i];
        duckdb_state state;
        switch (a->type) {
        case VALUE_NULL: state = duckdb_bind_null(p, i + 1); break;
        case VALUE_BOOL: state = duckdb_bind_boolean(p, i + 1, a->i64 != 0); break;
        case VALUE_I64: state = duckdb_bind_int64(p, i + 1, a->i64); break;
        case VALUE_U64: state = duckdb_bind_uint64(p, i + 1, (uint64_t)a->i64); break;
        case VALUE_F64: state = duckdb_bind_double(p, i + 1, a->f64); break;
        case VALUE_TS: state = duckdb_bind_timestamp(p, i + 1, (duckdb_timestamp){a->i64}); break;
        case VALUE_TEXT: state = duckdb_bind_varchar(p, i + 1, a->text ? a->text : ""); break;
        default: state = DuckDBError; break;
        }
        if (state != DuckDBSuccess)
            return err_set(err, -EINVAL, "parameter %zu cannot be bound", i + 1);
    }
    return 0;
}

static void ask_done(struct ask *a)
{
    for (size_t i = 0; i < a->n_columns; i++)
        free(a->columns[i].name);
    free(a->columns);
    *a = (struct ask){0};
}

static void column_of(struct ask_column *c, duckdb_logical_type t)
{
    c->type = duckdb_get_type_id(t);
    char *alias = duckdb_logical_type_get_alias(t); /* JSON is an alias of VARCHAR, and reads as text */
    c->value = alias && c->type != DUCKDB_TYPE_VARCHAR ? VALUE_NULL : value_of(c->type);
    duckdb_free(alias);
    if (c->type == DUCKDB_TYPE_DECIMAL) {
        c->scale = duckdb_decimal_scale(t);
        c->internal = duckdb_decimal_internal_type(t);
    }
}

/* As the statement says before it runs, or, with a result, as that has them. A parameter without a type leaves the
 * statement's unknown: *ret_known. */
static int columns_of(duckdb_prepared_statement p, duckdb_result *result, struct ask *ret, bool *ret_known, struct err *err)
{
    ask_done(ret);
    size_t n = result ? duckdb_column_count(result) : duckdb_prepared_statement_column_count(p);
    *ret = (struct ask){.columns = calloc(n ? n : 1, sizeof *ret->columns), .n_columns = n};
    if (!ret->columns)
        return err_set(err, -ENOMEM, "no memory for %zu columns", n);
    *ret_known = true;
    for (size_t i = 0; i < n; i++) {
        struct ask_column *c = &ret->columns[i];
        const char *name = result ? duckdb_column_name(result, i) : duckdb_prepared_statement_column_name(p, i);
        c->name = strdup(name ? name : "");
        if (!result)
            duckdb_free((void *)(uintptr_t)name);
        duckdb_logical_type t =
            result ? duckdb_column_logical_type(result, i) : duckdb_prepared_statement_column_logical_type(p, i);
        column_of(c, t);
        *ret_known = *ret_known && c->type != DUCKDB_TYPE_INVALID;
        duckdb_destroy_logical_type(&t);
        if (!c->name)
            return err_set(err, -ENOMEM, "no memory for %zu columns", n);
    }
    return 0;
}

static bool has_foreign(const struct ask *a)
{
    bool foreign = false;
    for (size_t i = 0; i < a->n_columns; i++)
        foreign = foreign || a->columns[i].value == VALUE_NULL;
    return foreign;
}

/* Lists, structs, dates and what else has no type of ours come as text: the same query around it. */
static int prepare_text(duckdb_connection con, const char *sql, struct ask *a, duckdb_prepared_statement *p,
                        struct err *err)
{
    struct wr w = wr_of(SQL_TEXT_MAX);
    wr_str(&w, "WITH asked(");
    for (size_t i = 0; i < a->n_columns; i++)
        wr_fmt(&w, "%sc%zu", i ? ", " : "", i);
    size_t n = strlen(sql);
    while (n && strchr("; \t\r\n", sql[n - 1]))
        n--;
    wr_str(&w, ") AS (");
    wr_bytes(&w, sql, n);
    wr_str(&w, "\n) SELECT ");
    for (size_t i = 0; i < a->n_columns; i++)
        wr_fmt(&w, a->columns[i].value == VALUE_NULL ? "%sCAST(c%zu AS VARCHAR)" : "%sc%zu", i ? ", " : "", i);
    wr_str(&w, " FROM asked");
    wr_u8(&w, 0);
    int rc = w.bad ? err_set(err, -E2BIG, "the query is too long") : 0;
    duckdb_destroy_prepare(p);
    if (rc == 0)
        rc = prepare(con, (const char *)w.bytes, p, err);
    wr_done(&w);
    for (size_t i = 0; i < a->n_columns; i++) {
        if (a->columns[i].value != VALUE_NULL)
            continue;
        a->columns[i].type = DUCKDB_TYPE_VARCHAR;
        a->columns[i].value = VALUE_TEXT;
    }
    return rc;
}

/* Steps the query so that its time can be watched from this thread. */
static int step(struct store *s, duckdb_pending_result pending, int64_t until_us, duckdb_result *ret, struct err *err)
{
    for (;;) {
        duckdb_pending_state state = duckdb_pending_execute_task(pending);
        if (state == DUCKDB_PENDING_ERROR)
            return refuse(err, duckdb_pending_error(pending));
        if (duckdb_pending_execution_is_finished(state))
            break;
        if (until_us && ts_mono_us() > until_us) {
            duckdb_interrupt(s->duck.con);
            return err_set(err, -ETIMEDOUT, "the query took longer than %.0f s; narrow it or raise --seconds",
                           (double)s->time_limit_us / 1e6);
        }
    }
    if (duckdb_execute_pending(pending, ret) != DuckDBSuccess) {
        int rc = refuse(err, duckdb_result_error(ret));
        duckdb_destroy_result(ret);
        return rc;
    }
    return 0;
}

static int chunks(struct store *s, const struct ask *a, duckdb_result result, int64_t until_us, ask_chunk fn, void *arg,
                  struct err *err)
{
    int rc = fn(arg, a, NULL);
    while (rc >= 0) {
        duckdb_data_chunk chunk = duckdb_fetch_chunk(result);
        if (!chunk)
            break;
        if (duckdb_data_chunk_get_size(chunk) > 0)
            rc = fn(arg, a, chunk);
        duckdb_destroy_data_chunk(&chunk);
        if (rc >= 0 && until_us && ts_mono_us() > until_us)
            rc = err_set(err, -ETIMEDOUT, "the query took longer than %.0f s; narrow it or raise --seconds",
                         (double)s->time_limit_us / 1e6);
    }
    const char *words = rc >= 0 ? duckdb_result_error(&result) : NULL;
    return words && *words ? refuse(err, words) : rc;
}

/* One execution of p. */
static int execute(struct store *s, duckdb_prepared_statement p, const struct store_param *params, size_t n_params,
                   int64_t until_us, duckdb_result *ret, struct err *err)
{
    duckdb_pending_result pending = NULL;
    int rc = bind(p, params, n_params, err);
    if (rc == 0 && duckdb_pending_prepared(p, &pending) != DuckDBSuccess)
        rc = refuse(err, duckdb_pending_error(pending));
    if (rc == 0)
        rc = step(s, pending, until_us, ret, err);
    duckdb_destroy_pending(&pending);
    return rc;
}

static int run(struct store *s, const char *sql, const struct store_param *params, size_t n_params, ask_chunk fn,
               void *arg, struct err *err)
{
    int64_t until_us = s->time_limit_us ? ts_mono_us() + s->time_limit_us : 0;
    duckdb_prepared_statement p = NULL;
    duckdb_result result;
    struct ask a = {0};
    bool known = true, has_result = false;
    int rc = prepare(s->duck.con, sql, &p, err);
    if (rc == 0)
        rc = columns_of(p, NULL, &a, &known, err);
    if (rc == 0 && known && has_foreign(&a))
        rc = prepare_text(s->duck.con, sql, &a, &p, err);
    if (rc == 0)
        rc = execute(s, p, params, n_params, until_us, &result, err);
    has_result = rc == 0;
    if (rc == 0 && !known) {
        rc = columns_of(p, &result, &a, &known, err);
        if (rc == 0 && has_foreign(&a)) { /* a second time, as text */
            duckdb_destroy_result(&result);
            has_result = false;
            rc = prepare_text(s->duck.con, sql, &a, &p, err);
            if (rc == 0)
                rc = execute(s, p, params, n_params, until_us, &result, err);
            has_result = rc == 0;
        }
    }
    if (rc == 0)
        rc = chunks(s, &a, result, until_us, fn, arg, err);
    if (has_result)
        duckdb_destroy_result(&result);
    duckdb_destroy_prepare(&p);
    ask_done(&a);
    return rc;
}

/* The views are those of s->now; they are made anew when files came or went. What only grew needs no new view. */
int ask_moment(struct store *s, struct err *err)
{
    struct snapshot now;
    int rc = snapshot_take(s->dir, &now, err);
    if (rc < 0)
        return rc;
    bool same = s->has_snapshot && snapshot_same(&s->now, &now);
    snapshot_done(&s->now);
    s->now = now;
    s->has_snapshot = same;
    if (same)
        return 0;
    rc = view_make(s, err);
    s->has_snapshot = rc == 0;
    return rc;
}

/* An idle handle holds nothing back from being deleted. */
static void ask_release(struct store *s)
{
    if (s->now.fd >= 0)
        close(s->now.fd);
    s->now.fd = -1;
}

static bool vanished(const struct err *err)
{
    return strstr(err->text, "vanished: ") || strstr(err->text, "No files found") || strstr(err->text, "No such file") ||
           strstr(err->text, "Cannot open file");
}

int ask_run(struct store *s, const char *sql, const struct store_param *params, size_t n_params, ask_chunk fn,
            void *arg, struct err *err)
{
    struct err why = {0};
    int rc = 0;
    (void)pthread_mutex_lock(&s->asking);
    if (s->held) {
        rc = run(s, sql, params, n_params, fn, arg, err);
        (void)pthread_mutex_unlock(&s->asking);
        return rc;
    }
    for (int turn = 0; turn < TURNS_MAX; turn++) {
        uint64_t generation = s->now.catalog.generation;
        why.text[0] = '\0';
        rc = ask_moment(s, &why);
        if (rc < 0 && !vanished(&why))
            break;
        bool again = turn > 0 && generation == s->now.catalog.generation && s->now.fd >= 0;
        if (rc == 0)
            rc = run(s, sql, params, n_params, fn, arg, &why);
        /* A held generation keeps its files: what is missing there is damage, not haste. */
        if (rc >= 0 || !vanished(&why) || again)
            break;
        s->has_snapshot = false;
    }
    ask_release(s);
    (void)pthread_mutex_unlock(&s->asking);
    return rc < 0 ? err_set(err, rc, "%s", why.text) : rc;
}

int ask_hold(struct store *s, struct err *err)
{
    int rc = -EAGAIN;
    (void)pthread_mutex_lock(&s->asking);
    for (int turn = 0; turn < TURNS_MAX && rc < 0; turn++) {
        struct err why = {0};
        rc = ask_moment(s, &why);
        s->has_snapshot = rc == 0;
        if (rc < 0 && (!vanished(&why) || turn == TURNS_MAX - 1)) {
            (void)err_set(err, rc, "%s", why.text);
            break;
        }
    }
    s->held = rc == 0;
    if (rc < 0)
        ask_release(s);
    (void)pthread_mutex_unlock(&s->asking);
    return rc;
}

void ask_let_go(struct store *s)
{
    (void)pthread_mutex_lock(&s->asking);
    if (s->held)
        ask_release(s);
    s->held = false;
    (void)pthread_mutex_unlock(&s->asking);
}

int ask_copy(struct store *s, const char *sql, const char *copy, struct err *err)
{
    duckdb_prepared_statement p = NULL;
    duckdb_pending_result pending = NULL;
    duckdb_result result;
    memset(&result, 0, sizeof result);
    (void)pthread_mutex_lock(&s->asking);
    int rc = s->held ? 0 : ask_moment(s, err);
    if (rc == 0)
        rc = prepare(s->duck.con, sql, &p, err);
    duckdb_destroy_prepare(&p);
    if (rc == 0 && duckdb_prepare(s->duck.con, copy, &p) != DuckDBSuccess)
        rc = refuse(err, duckdb_prepare_error(p));
    if (rc == 0 && duckdb_pending_prepared(p, &pending) != DuckDBSuccess)
        rc = refuse(err, duckdb_pending_error(pending));
    if (rc == 0)
        rc = step(s, pending, s->time_limit_us ? ts_mono_us() + s->time_limit_us : 0, &result, err);
    if (rc == 0)
        duckdb_destroy_result(&result);
    duckdb_destroy_pending(&pending);
    duckdb_destroy_prepare(&p);
    if (!s->held)
        ask_release(s);
    (void)pthread_mutex_unlock(&s->asking);
    return rc;
}

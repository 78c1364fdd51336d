#include "analysis/ledger.h"

#include <stdio.h>

#include "analysis/scope.h"

#define COMMANDS_MAX 200

/* The analysis' rows from one statement; text columns first, then counts, then times, as its fields say. */
static int take_rows(struct result *r, const struct rows *rows)
{
    for (size_t i = 0; i < rows_count(rows); i++) {
        result_row(r);
        for (size_t c = 0; c < result_columns(r); c++) {
            if (rows_is_null(rows, c, i))
                continue;
            if (result_field(r, c)->type == VALUE_TEXT)
                result_set_text(r, c, rows_text(rows, c, i));
            else if (result_field(r, c)->type == VALUE_U64)
                result_set_u64(r, c, (uint64_t)rows_i64(rows, c, i));
            else
                result_set_i64(r, c, rows_i64(rows, c, i));
        }
    }
    return 0;
}

/* Runs `sql` into a new result of analysis a. */
static int table_of(const struct analysis *a, struct store *store, const char *sql, struct result **ret,
                    struct err *err)
{
    struct rows *rows = NULL;
    int rc = store_query(store, sql, NULL, 0, &rows, err);
    if (rc == 0)
        rc = result_new(a->name, a->title, a->fields, ret);
    if (rc == 0)
        rc = take_rows(*ret, rows);
    rows_free(rows);
    return rc;
}

/* Loss, remarks and the end of every ledger table; r is freed when that fails. */
static int finish(struct store *store, const struct analysis_params *params, struct result *r,
                  struct result **ret, struct err *err)
{
    struct scope s;
    int rc = scope_init(&s, store, params, 6, 0, err);
    if (rc == 0) {
        rc = scope_finish(&s, store, params, r, err);
        scope_done(&s);
    }
    if (rc < 0) {
        result_free(r);
        return rc;
    }
    return result_finish(r, ret, err);
}

/* " AND ts >= … AND src …" for the answer and event tables. */
static int filter_text(const struct analysis_params *params, bool time_only, char *buf, size_t n,
                       struct err *err)
{
    struct filter f = params->filter;
    f.has_proto = false;
    if (time_only)
        f.has_src = f.has_dst = f.has_port = false;
    int rc = filter_sql(&f, buf, n);
    return rc < 0 ? err_set(err, rc, "the filter is too long") : 0;
}

/* ---- loss ---- */

enum loss_column { L_STAGE, L_REASON, L_RECEIVED, L_STORED, L_LOST };

static const struct result_field loss_fields[] = {
    [L_STAGE] = {"stage", "", "where: kernel, ring, decoder, spool, disk, import, store; journal: lines", VALUE_TEXT, false},
    [L_REASON] = {"reason", "", "why; empty: stored", VALUE_TEXT, false},
    [L_RECEIVED] = {"received", "packets", "given to the stage", VALUE_U64, false},
    [L_STORED] = {"stored", "packets", "kept", VALUE_U64, false},
    [L_LOST] = {"lost", "packets", "not kept", VALUE_U64, false},
    {0},
};

static int run_loss(struct store *store, const struct analysis_params *params, struct result **ret,
                    struct err *err)
{
    struct result *r = NULL;
    char sql[1024], where[640];
    int rc = filter_text(params, true, where, sizeof where, err);
    if (rc < 0)
        return rc;
    (void)snprintf(sql, sizeof sql,
                   "SELECT stage, reason, sum(received)::BIGINT, sum(stored)::BIGINT, sum(lost)::BIGINT FROM "
                   "loss WHERE true%s"
                   " GROUP BY stage, reason ORDER BY sum(lost) DESC, stage, reason",
                   where);
    rc = table_of(&analysis_loss, store, sql, &r, err);
    if (rc < 0)
        return rc;
    struct result_loss loss = {false, 0, 0, 0};
    rc = scope_loss(store, &params->filter, &loss, err);
    if (rc < 0) {
        result_free(r);
        return rc;
    }
    if (!loss.known)
        result_finding(r, "The loss ledger has no row in this range: what was lost is not known.");
    else
        result_finding(r, "%llu of %llu packets received were lost, %llu stored.", (unsigned long long)loss.lost,
                       (unsigned long long)loss.received, (unsigned long long)loss.stored);
    return finish(store, params, r, ret, err);
}

const struct analysis analysis_loss = {
    .name = "loss",
    .title = "Packets received, stored and lost",
    .doc = "the loss ledger by stage and reason",
    .fields = loss_fields,
    .run = run_loss,
};

/* ---- table 1 ---- */

enum command_column { C_SERVICE, C_COMMAND, C_TEXT, C_REPLY, C_TIMES, C_SOURCES };

static const struct result_field command_fields[] = {
    [C_SERVICE] = {"service", "", "protocol", VALUE_TEXT, false},
    [C_COMMAND] = {"command", "", "kind of request", VALUE_TEXT, false},
    [C_TEXT] = {"text", "", "what the client sent", VALUE_TEXT, false},
    [C_REPLY] = {"reply", "", "what it was answered", VALUE_TEXT, false},
    [C_TIMES] = {"times", "", "how often", VALUE_U64, false},
    [C_SOURCES] = {"sources", "addresses", "distinct", VALUE_U64, false},
    {0},
};

static int run_table_1(struct store *store, const struct analysis_params *params, struct result **ret,
                       struct err *err)
{
    struct result *r = NULL;
    char sql[1200], where[640];
    int rc = filter_text(params, false, where, sizeof where, err);
    if (rc < 0)
        return rc;
    (void)snprintf(sql, sizeof sql,
                   "SELECT service, command, text, reply, count(*) AS n, count(DISTINCT src) FROM event"
                   " WHERE type = 'command'%s GROUP BY ALL ORDER BY n DESC, min(ts), service, command, text, "
                   "reply LIMIT %d",
                   where, COMMANDS_MAX);
    rc = table_of(&analysis_table_1, store, sql, &r, err);
    if (rc < 0)
        return rc;
    uint64_t times = 0;
    for (size_t i = 0; i < result_rows(r); i++)
        times += result_u64(r, C_TIMES, i);
    if (times == 0)
        result_finding(r, "No client sent a command.");
    else
        result_finding(
            r, "Clients sent %llu commands (%zu different); most often \"%.120s\", answered \"%.60s\".",
            (unsigned long long)times, result_rows(r),
            result_text(r, C_TEXT, 0)[0] ? result_text(r, C_TEXT, 0) : result_text(r, C_COMMAND, 0),
            result_text(r, C_REPLY, 0));
    if (result_rows(r) == COMMANDS_MAX)
        result_note(r, "the %d most frequent commands are shown", COMMANDS_MAX);
    return finish(store, params, r, ret, err);
}

const struct analysis analysis_table_1 = {
    .name = "table-1",
    .title = "What clients asked and were answered",
    .doc = "table 1: commands and answers, how often, by how many sources",
    .fields = command_fields,
    .run = run_table_1,
};

/* ---- table 2 ---- */

enum version_column { V_SERVICE, V_VERSION, V_ANSWERS, V_SOURCES, V_FIRST, V_LAST };

static const struct result_field version_fields[] = {
    [V_SERVICE] = {"service", "", "protocol", VALUE_TEXT, false},
    [V_VERSION] = {"version", "", "what sources were told", VALUE_TEXT, false},
    [V_ANSWERS] = {"answers", "answers", "", VALUE_U64, false},
    [V_SOURCES] = {"sources", "addresses", "distinct", VALUE_U64, false},
    [V_FIRST] = {"first", "UTC", "first told", VALUE_TS, false},
    [V_LAST] = {"last", "UTC", "last told", VALUE_TS, false},
    {0},
};

static int run_table_2(struct store *store, const struct analysis_params *params, struct result **ret,
                       struct err *err)
{
    struct result *r = NULL;
    char sql[1200], where[640];
    int rc = filter_text(params, false, where, sizeof where, err);
    if (rc < 0)
        return rc;
    (void)snprintf(sql, sizeof sql,
                   "SELECT service, version, count(*), count(DISTINCT src), epoch_us(min(ts)) AS t, "
                   "epoch_us(max(ts)) FROM answer"
                   " WHERE version IS NOT NULL AND version <> ''%s GROUP BY service, version ORDER BY "
                   "service, t, version LIMIT %d",
                   where, COMMANDS_MAX);
    rc = table_of(&analysis_table_2, store, sql, &r, err);
    if (rc < 0)
        return rc;
    uint64_t answers = 0;
    for (size_t i = 0; i < result_rows(r); i++)
        answers += result_u64(r, V_ANSWERS, i);
    if (answers == 0)
        result_finding(r, "No source was told a version.");
    else
        result_finding(r, "%zu version%s told, %llu times in all.", result_rows(r), result_rows(r) == 1 ? " was" : "s were",
                       (unsigned long long)answers);
    return finish(store, params, r, ret, err);
}

const struct analysis analysis_table_2 = {
    .name = "table-2",
    .title = "Versions told",
    .doc = "table 2: which versions sources were told, how often, when",
    .fields = version_fields,
    .run = run_table_2,
};

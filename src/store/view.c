/* The tables of a moment as views, and the macros. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/event.h"
#include "store/store_int.h"

static const char *const macros[] = {
    /* text of an address; UINTEGER or 16 bytes */
    "CREATE MACRO ip(a) AS concat_ws('.', a >> 24, (a >> 16) & 255, (a >> 8) & 255, a & 255)",
    "CREATE MACRO ip6(a) AS regexp_replace(lower(hex(a)), "
    "'(....)(....)(....)(....)(....)(....)(....)(....)', '\\1:\\2:\\3:\\4:\\5:\\6:\\7:\\8')",
    /* '10.77.0.1' -> UINTEGER; NULL when it is none */
    "CREATE MACRO ip4(t) AS CASE WHEN regexp_full_match(t, '[0-9]{1,3}([.][0-9]{1,3}){3}') AND "
    "list_max(CAST(string_split(t, '.') AS INTEGER[])) <= 255 THEN CAST("
    "CAST(string_split(t, '.')[1] AS UBIGINT) * 16777216 + CAST(string_split(t, '.')[2] AS UBIGINT) * 65536 + "
    "CAST(string_split(t, '.')[3] AS UBIGINT) * 256 + CAST(string_split(t, '.')[4] AS UBIGINT) AS UINTEGER) END",
    /* first address of the /24, of any prefix length */
    "CREATE MACRO net24(a) AS CAST(a & 4294967040 AS UINTEGER)",
    "CREATE MACRO net(a, bits) AS CAST(a - a % CAST(1::UBIGINT << (32 - bits) AS UBIGINT) AS UINTEGER)",
    /* in_net(src, '10.77.0.0/18') */
    "CREATE MACRO in_net(a, prefix) AS CAST(a AS UBIGINT) >> (32 - CAST(string_split(prefix, '/')[2] AS INTEGER)) = "
    "CAST(ip4(string_split(prefix, '/')[1]) AS UBIGINT) >> (32 - CAST(string_split(prefix, '/')[2] AS INTEGER))",
};

int view_macros(duckdb_connection con, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; i < sizeof macros / sizeof *macros && rc == 0; i++)
        rc = duck_exec(con, macros[i], err);
    return rc;
}

void view_put_list(struct wr *w, const char *dir, const struct part_list *l)
{
    wr_u8(w, '[');
    for (size_t i = 0; i < l->n; i++) {
        char path[STORE_PATH_MAX + CATALOG_NAME_MAX + 2];
        (void)snprintf(path, sizeof path, "%s/%s", dir, l->at[i].path);
        if (i)
            wr_u8(w, ',');
        duck_quote(w, path);
    }
    wr_u8(w, ']');
}

static int put_packet_view(struct wr *w, const struct store *s, enum store_table table)
{
    struct row_column columns[COLUMN_COUNT];
    bool six = table == TABLE_PACKET6;
    size_t n = row_columns(six ? ROW_IP6 : ROW_IP4, columns);
    struct part_list parts;
    int rc = focus_parts(s, table, &parts);
    if (rc < 0)
        return rc;
    wr_fmt(w, "CREATE OR REPLACE VIEW %s AS ", catalog_table_names[table]);
    for (int source = 0; source < 2; source++) {
        if (source == 0 ? parts.n == 0 : parts.n && s->now.n_segments == 0)
            continue;
        if (source && parts.n)
            wr_str(w, " UNION ALL ");
        wr_str(w, "SELECT ");
        for (size_t i = 0; i < n; i++)
            wr_fmt(w, "%s%s", i ? ", " : "", columns[i].name);
        if (source == 0) {
            wr_str(w, " FROM read_parquet(");
            view_put_list(w, s->dir, &parts);
            wr_str(w, ", hive_partitioning = false)");
        } else {
            wr_fmt(w, " FROM spool_%s()", catalog_table_names[table]);
        }
    }
    free(parts.at);
    return 0;
}

static void put_loss_view(struct wr *w, const struct store *s)
{
    const struct part_list *parts = &s->now.catalog.tables[TABLE_LOSS];
    wr_str(w, "CREATE OR REPLACE VIEW loss AS SELECT * FROM spool_loss()");
    if (parts->n) {
        wr_str(w, " UNION ALL SELECT ts, interval_us, stage, reason, received, stored, lost FROM read_parquet(");
        view_put_list(w, s->dir, parts);
        wr_str(w, ", hive_partitioning = false)");
    }
}

/* ---- events ---- */

static const char *event_sql(char kind)
{
    return kind == 'I' ? "BIGINT" : kind == 'T' ? "TIMESTAMP" : "VARCHAR";
}

enum { KIND_S = 'S', KIND_B = 'B', KIND_I = 'I', KIND_T = 'T' };
static const struct {
    const char *name;
    char kind;
} event_fields[] = {
#define X(id, name, kind, doc) {name, KIND_##kind},
    EVENT_FIELDS(X)
#undef X
};
#define N_EVENT_FIELDS (sizeof event_fields / sizeof *event_fields)

/* The columns of event with their types, without a row: the files of older versions may lack the newest. */
static void put_event_shape(struct wr *w)
{
    wr_str(w, "SELECT NULL::TIMESTAMP AS ts, NULL::UBIGINT AS session, NULL::VARCHAR AS type, NULL::UINTEGER AS src, "
              "NULL::USMALLINT AS sport, NULL::UINTEGER AS dst, NULL::USMALLINT AS dport, NULL::UTINYINT AS proto");
    for (size_t i = 0; i < N_EVENT_FIELDS; i++)
        wr_fmt(w, ", NULL::%s AS \"%s\"", event_sql(event_fields[i].kind), event_fields[i].name);
    wr_str(w, " WHERE false");
}

/* A line that is no JSON object with a time and a type (the torn last one after a kill) is no row. */
void view_journal_select(struct wr *w, const char *dir, const struct mark_list *journals)
{
    wr_str(w, "SELECT \"timestamp\" AS ts, flow_id AS session, event_type AS type, ip4(src_ip) AS src, src_port AS sport, "
              "ip4(dest_ip) AS dst, dest_port AS dport, "
              "CAST(CASE \"proto\" WHEN 'TCP' THEN 6 WHEN 'UDP' THEN 17 END AS UTINYINT) AS proto");
    for (size_t i = 0; i < N_EVENT_FIELDS; i++)
        wr_fmt(w, ", \"%s\"", event_fields[i].name);
    wr_str(w, " FROM read_json([");
    for (size_t i = 0; i < journals->n; i++) {
        char path[STORE_PATH_MAX + CATALOG_NAME_MAX + 16];
        (void)snprintf(path, sizeof path, "%s/journal/%s", dir, journals->at[i].name);
        if (i)
            wr_u8(w, ',');
        duck_quote(w, path);
    }
    wr_str(w, "], format = 'newline_delimited', ignore_errors = true, compression = 'uncompressed', columns = {"
              "'timestamp': 'TIMESTAMP', 'flow_id': 'UBIGINT', 'event_type': 'VARCHAR', 'src_ip': 'VARCHAR', "
              "'src_port': 'USMALLINT', 'dest_ip': 'VARCHAR', 'dest_port': 'USMALLINT', 'proto': 'VARCHAR'");
    for (size_t i = 0; i < N_EVENT_FIELDS; i++)
        wr_fmt(w, ", '%s': '%s'", event_fields[i].name, event_sql(event_fields[i].kind));
    wr_str(w, "}) WHERE event_type IS NOT NULL AND \"timestamp\" IS NOT NULL");
}

static void put_event_view(struct wr *w, const struct store *s)
{
    const struct part_list *parts = &s->now.catalog.tables[TABLE_EVENT];
    wr_str(w, "CREATE OR REPLACE VIEW event AS ");
    put_event_shape(w);
    if (parts->n) {
        wr_str(w, " UNION ALL BY NAME SELECT * FROM read_parquet(");
        view_put_list(w, s->dir, parts);
        wr_str(w, ", hive_partitioning = false, union_by_name = true)");
    }
    if (s->now.journals.n) {
        wr_str(w, " UNION ALL BY NAME ");
        view_journal_select(w, s->dir, &s->now.journals);
    }
}

static const char *const derived[] = {
    "CREATE OR REPLACE VIEW session AS SELECT o.session AS id, o.ts AS ts_open, c.ts AS ts_close, o.src, o.sport, o.dst, "
    "o.dport, coalesce(c.service, o.service) AS service, coalesce(o.persona, c.persona) AS persona, "
    "coalesce(o.arm, c.arm) AS arm, c.bytes_in, c.bytes_out, c.reason, o.origin, o.isn, o.proto "
    "FROM (SELECT * FROM event WHERE type = 'session_open') o LEFT JOIN "
    "(SELECT * FROM event WHERE type = 'session_close') c ON c.session = o.session",
    "CREATE OR REPLACE VIEW answer AS SELECT ts, src, dst, dport, service, version, session, sport, proto, persona, arm "
    "FROM event WHERE type = 'answer'",
    /* A span is told when it begins and again when it ends. */
    "CREATE OR REPLACE VIEW lighting AS SELECT coalesce(ts_from, ts) AS ts_from, max(ts_until) AS ts_until, dst, persona, "
    "arm, service, any_value(version) AS version, dport FROM event WHERE type = 'lighting' "
    "GROUP BY coalesce(ts_from, ts), dst, persona, arm, service, dport",
    "CREATE OR REPLACE VIEW sample AS SELECT sha256, arg_min(len_bytes, ts) AS size_bytes, min(ts) AS ts, "
    "arg_min(session, ts) AS session, arg_min(name, ts) AS name, arg_min(src, ts) AS src, count(*) AS times "
    "FROM event WHERE type = 'sample' GROUP BY sha256",
};

int view_run(struct store *s, struct wr *w, struct err *err)
{
    wr_u8(w, 0);
    int rc = w->bad ? err_set(err, -ENOMEM, "no memory for the views") : duck_exec(s->duck.con, (const char *)w->bytes, err);
    wr_clear(w);
    return rc;
}

int view_make(struct store *s, struct err *err)
{
    struct wr w = wr_of(VIEW_SQL_MAX);
    int rc = 0;
    for (size_t t = TABLE_PACKET; t <= TABLE_PACKET6 && rc == 0; t++) {
        if (put_packet_view(&w, s, (enum store_table)t) < 0)
            rc = err_set(err, -ENOMEM, "no memory for the views");
        else
            rc = view_run(s, &w, err);
    }
    if (rc == 0)
        rc = focus_views(s, err);
    if (rc == 0) {
        put_loss_view(&w, s);
        rc = view_run(s, &w, err);
    }
    if (rc == 0) {
        put_event_view(&w, s);
        rc = view_run(s, &w, err);
    }
    for (size_t i = 0; i < sizeof derived / sizeof *derived && rc == 0; i++)
        rc = duck_exec(s->duck.con, derived[i], err);
    wr_done(&w);
    return rc;
}

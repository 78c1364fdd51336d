#include "memory_store.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#undef DUCKDB_API_NO_DEPRECATED /* the row-wise getters are simplest here */
#include <duckdb.h>

#include "../cmocka_all.h"
#include "base/io.h"
#include "store/summary_sql.h"

struct store {
    duckdb_database db;
    duckdb_connection con;
};

struct rows {
    duckdb_result result;
    size_t n;
    char **texts; /* made when asked: n * columns */
};

static const char *const schema =
    "CREATE TABLE packet(ts TIMESTAMP, src UINTEGER, dst UINTEGER, proto UTINYINT, sport USMALLINT, dport "
    "USMALLINT,"
    " tcp_flags UTINYINT, tcp_seq UINTEGER, ip_len USMALLINT,"
    " icmp_type UTINYINT);"
    "CREATE TABLE packet6(ts TIMESTAMP, src BLOB, dst BLOB);"
    "CREATE TABLE answer(ts TIMESTAMP, src UINTEGER, dst UINTEGER, dport USMALLINT, service VARCHAR, version "
    "VARCHAR,"
    " session UBIGINT);"
    "CREATE TABLE lighting(ts_from TIMESTAMP, ts_until TIMESTAMP, dst UINTEGER, persona VARCHAR, arm VARCHAR,"
    " service VARCHAR);"
    "CREATE TABLE session(id UBIGINT, ts_open TIMESTAMP, ts_close TIMESTAMP, src UINTEGER, sport USMALLINT, "
    "dst UINTEGER,"
    " dport USMALLINT, service VARCHAR, persona VARCHAR, arm VARCHAR, bytes_in UBIGINT, bytes_out UBIGINT, "
    "reason VARCHAR);"
    "CREATE TABLE event(ts TIMESTAMP, type VARCHAR, session UBIGINT, src UINTEGER, dst UINTEGER, dport "
    "USMALLINT,"
    " service VARCHAR, command VARCHAR, text VARCHAR, reply VARCHAR, version VARCHAR);"
    "CREATE TABLE loss(ts TIMESTAMP, stage VARCHAR, reason VARCHAR, received UBIGINT, stored UBIGINT, lost "
    "UBIGINT);"
    "CREATE MACRO ip4(t) AS (split_part(t,'.',1)::UINTEGER * 16777216 + split_part(t,'.',2)::UINTEGER * 65536"
    " + split_part(t,'.',3)::UINTEGER * 256 + split_part(t,'.',4)::UINTEGER)::UINTEGER;";

struct store *memory_store_open(void)
{
    struct store *s = calloc(1, sizeof *s);
    assert_non_null(s);
    assert_int_equal(duckdb_open(NULL, &s->db), DuckDBSuccess);
    assert_int_equal(duckdb_connect(s->db, &s->con), DuckDBSuccess);
    memory_store_run(
        s, "SET threads=1; SET autoinstall_known_extensions=false; SET autoload_known_extensions=false;");
    memory_store_run(s, schema);
    store_focus(s, NULL);
    return s;
}

void store_close(struct store *s)
{
    duckdb_disconnect(&s->con);
    duckdb_close(&s->db);
    free(s);
}

void memory_store_run(struct store *s, const char *sql)
{
    duckdb_result result;
    if (duckdb_query(s->con, sql, &result) != DuckDBSuccess)
        fail_msg("%s", duckdb_result_error(&result));
    duckdb_destroy_result(&result);
}

void memory_store_plant(struct store *s, bool effects)
{
    char path[1024], *sql;
    const char *source = getenv("HOTARU_SOURCE");
    size_t n;
    struct err err = {""};
    (void)snprintf(path, sizeof path, "%s/tests/data/planted.sql", source ? source : ".");
    assert_int_equal(io_read_file(path, 1 << 20, &sql, &n, &err), 0);
    memory_store_run(s, effects ? "SET VARIABLE effects = true" : "SET VARIABLE effects = false");
    memory_store_run(s, sql);
    free(sql);
}

int store_query(struct store *s, const char *sql, const struct store_param *params, size_t n_params,
                struct rows **ret, struct err *err)
{
    assert_int_equal(n_params, 0);
    struct rows *r = calloc(1, sizeof *r);
    assert_non_null(r);
    if (duckdb_query(s->con, sql, &r->result) != DuckDBSuccess) {
        int rc = err_set(err, -EINVAL, "%s", duckdb_result_error(&r->result));
        duckdb_destroy_result(&r->result);
        free(r);
        return rc;
    }
    r->n = (size_t)duckdb_row_count(&r->result);
    *ret = r;
    return 0;
}

size_t rows_count(const struct rows *r)
{
    return r->n;
}

size_t rows_columns(const struct rows *r)
{
    return (size_t)duckdb_column_count((duckdb_result *)&r->result);
}

bool rows_is_null(const struct rows *r, size_t col, size_t row)
{
    return duckdb_value_is_null((duckdb_result *)&r->result, col, row);
}

int64_t rows_i64(const struct rows *r, size_t col, size_t row)
{
    if (rows_is_null(r, col, row))
        return 0;
    if (duckdb_column_type((duckdb_result *)&r->result, col) == DUCKDB_TYPE_TIMESTAMP)
        return duckdb_value_timestamp((duckdb_result *)&r->result, col, row).micros;
    return duckdb_value_int64((duckdb_result *)&r->result, col, row);
}

double rows_f64(const struct rows *r, size_t col, size_t row)
{
    return rows_is_null(r, col, row) ? NAN : duckdb_value_double((duckdb_result *)&r->result, col, row);
}

const char *rows_text(const struct rows *r, size_t col, size_t row)
{
    struct rows *w = (struct rows *)r;
    size_t columns = rows_columns(r);
    if (!w->texts)
        w->texts = calloc(r->n * columns, sizeof *w->texts);
    assert_non_null(w->texts);
    char **at = &w->texts[row * columns + col];
    if (!*at && !rows_is_null(r, col, row))
        *at = duckdb_value_varchar(&w->result, col, row);
    return *at ? *at : "";
}

void rows_free(struct rows *r)
{
    if (!r)
        return;
    for (size_t i = 0; r->texts && i < r->n * rows_columns(r); i++)
        duckdb_free(r->texts[i]);
    free(r->texts);
    duckdb_destroy_result(&r->result);
    free(r);
}

/* The counts of the focus' time, as the contract says, and no more packets than its time and source let through. */
void store_focus(struct store *s, const struct filter *f)
{
    char where[256], sql[2048];
    struct filter time = {.since_us = f ? f->since_us : 0, .until_us = f ? f->until_us : 0};
    assert_int_equal(filter_sql(&time, where, sizeof where), 0);
    (void)snprintf(sql, sizeof sql,
                   "CREATE OR REPLACE VIEW by_net AS " SUMMARY_NET_HEAD SUMMARY_ROWS_HEAD
                   "(SELECT * FROM packet WHERE true%s)" SUMMARY_ROWS_TAIL SUMMARY_TAIL,
                   where);
    memory_store_run(s, sql);
    (void)snprintf(sql, sizeof sql,
                   "CREATE OR REPLACE VIEW by_dst AS " SUMMARY_DST_HEAD SUMMARY_ROWS_HEAD
                   "(SELECT * FROM packet WHERE true%s)" SUMMARY_ROWS_TAIL SUMMARY_TAIL,
                   where);
    memory_store_run(s, sql);
    (void)snprintf(sql, sizeof sql,
                   "CREATE OR REPLACE VIEW stored AS SELECT (SELECT count(*) FROM packet WHERE true%s) + (SELECT count(*) "
                   "FROM packet6 WHERE true%s) AS packets",
                   where, where);
    memory_store_run(s, sql);
}

int store_span(struct store *s, const char *where, int64_t *ret_first_us, int64_t *ret_last_us, struct err *err)
{
    struct rows *r;
    char *sql;
    assert_true(asprintf(&sql, "SELECT epoch_us(min(ts)), epoch_us(max(ts)) FROM packet WHERE %s", where) > 0);
    int rc = store_query(s, sql, NULL, 0, &r, err);
    free(sql);
    if (rc < 0)
        return rc;
    bool found = !rows_is_null(r, 0, 0);
    *ret_first_us = found ? rows_i64(r, 0, 0) : 0;
    *ret_last_us = found ? rows_i64(r, 1, 0) : -1;
    rows_free(r);
    return found;
}

/* The contract's words: what is set restricts, all by AND. */
int filter_sql(const struct filter *f, char *buf, size_t n)
{
    size_t k = 0;
    buf[0] = '\0';
    if (f->has_src)
        k += (size_t)snprintf(buf + k, n - k, " AND src BETWEEN %" PRIu32 " AND %" PRIu64, f->src.base,
                              f->src.base + ip4_prefix_size(f->src) - 1);
    if (f->has_dst)
        k += (size_t)snprintf(buf + k, n - k, " AND dst BETWEEN %" PRIu32 " AND %" PRIu64, f->dst.base,
                              f->dst.base + ip4_prefix_size(f->dst) - 1);
    if (f->has_proto)
        k += (size_t)snprintf(buf + k, n - k, " AND proto = %u", f->proto);
    if (f->has_port)
        k += (size_t)snprintf(buf + k, n - k, " AND dport = %u", f->port);
    if (f->since_us)
        k += (size_t)snprintf(buf + k, n - k, " AND ts >= make_timestamp(%" PRId64 ")", f->since_us);
    if (f->until_us)
        k += (size_t)snprintf(buf + k, n - k, " AND ts < make_timestamp(%" PRId64 ")", f->until_us);
    return k < n ? 0 : -ENOSPC;
}

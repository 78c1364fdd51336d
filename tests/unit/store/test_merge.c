/* Compaction: files of one hour become one, with every row of them, sorted; few files by merging, many by sorting. */
#include "unit/cmocka_all.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/ts.h"
#include "store/store_int.h"

static char dir[64];

static int rm(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static int setup(void **state)
{
    (void)state;
    (void)snprintf(dir, sizeof dir, "/tmp/hotaru-merge-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    return nftw(dir, rm, 16, FTW_DEPTH | FTW_PHYS);
}

static struct store *open_store(void)
{
    struct store *s = NULL;
    struct err err = {0};
    struct store_options o = {.writable = true, .memory_bytes = (uint64_t)128 << 20, .threads = 1};
    if (store_open(dir, &o, &s, &err) < 0)
        fail_msg("%s", err.text);
    return s;
}

static void text(struct store *s, const char *sql, char *ret, size_t n)
{
    struct rows *r = NULL;
    struct err err = {0};
    if (store_query(s, sql, NULL, 0, &r, &err) < 0)
        fail_msg("%s: %s", sql, err.text);
    assert_int_equal(rows_count(r), 1);
    (void)snprintf(ret, n, "%s", rows_text(r, 0, 0));
    rows_free(r);
}

/* Rows of every group, of few sources, some of them twice. */
static void add(struct rng *r, struct ingest *in, uint8_t version, int n)
{
    static const uint8_t options[] = {2, 4, 5, 180, 1, 3, 3, 7, 4, 2, 1, 1};
    for (int i = 0; i < n; i++) {
        struct hdr h = {.ip_version = version, .ts_us = TS_DAY_US + (int64_t)rng_below(r, TS_HOUR_US), .proto = 6,
                        .src = (uint32_t)rng_below(r, 300), .dst = (uint32_t)rng_u64(r), .ip_len_bytes = 60, .ip_ttl = 64};
        h.src6[15] = (uint8_t)h.src;
        h.dst6[3] = (uint8_t)h.dst;
        h.has = HDR_TCP | HDR_PORTS | HDR_PAYLOAD_LEN;
        if (i % 5 == 0) {
            h.proto = version == 4 ? 1 : 58;
            h.has = HDR_ICMP | HDR_INNER | HDR_INNER_PORTS;
            h.inner_src = h.dst;
            h.inner_dport = 53;
            h.inner_src6[7] = 1;
        }
        h.tcp_seq = (uint32_t)rng_u64(r);
        h.options_len = (uint8_t)(i % 3 * 4);
        memcpy(h.options, options, h.options_len);
        h.payload = (const uint8_t *)"GET / HTTP/1.0 and what follows";
        h.payload_cap_bytes = (uint16_t)(i % 31);
        struct err err = {0};
        for (int twice = 0; twice <= (i % 50 == 0); twice++)
            if (ingest_add(in, &h, &err) < 0)
                fail_msg("%s", err.text);
    }
}

static void fill(struct store *s, int files, int rows)
{
    struct rng r = rng_of(7, "merge");
    for (int f = 0; f < files; f++) {
        struct ingest *in = NULL;
        struct change c = {0};
        struct err err = {0};
        assert_int_equal(ingest_new(s, "test", 16, &in, &err), 0);
        add(&r, in, 4, rows);
        add(&r, in, 6, rows / 4);
        if (ingest_finish(in, &c.add, &err) < 0 || commit_change(s, &c, &err) < 0)
            fail_msg("%s", err.text);
        change_done(&c);
        ingest_free(in);
    }
}

/* by: who wrote the files that are left. */
static void check(int files, int rows, const char *by)
{
    static const char *const tables[] = {"packet", "packet6"};
    char before[2][100], after[100], sql[600];
    struct store *s = open_store();
    fill(s, files, rows);
    for (int t = 0; t < 2; t++) {
        (void)snprintf(sql, sizeof sql, "SELECT concat_ws(' ', count(*), sum(hash(p::VARCHAR)), count(payload)) FROM %s p", tables[t]);
        text(s, sql, before[t], sizeof before[t]);
    }
    struct compact_result result = {0};
    struct compact_options o = {.now_us = 2 * TS_DAY_US + TS_HOUR_US};
    struct err err = {0};
    if (store_compact(s, &o, &result, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(result.merged, 2 * files);
    assert_int_equal(result.made, 2);
    for (int t = 0; t < 2; t++) {
        (void)snprintf(sql, sizeof sql, "SELECT concat_ws(' ', count(*), sum(hash(p::VARCHAR)), count(payload)) FROM %s p", tables[t]);
        text(s, sql, after, sizeof after);
        assert_string_equal(after, before[t]);
        (void)snprintf(sql, sizeof sql,
                       "SELECT count(*) FROM (SELECT src, ts, lag(src) OVER w AS s, lag(ts) OVER w AS t FROM "
                       "read_parquet('%s/%s/*/*/*.parquet', file_row_number = true) WINDOW w AS (ORDER BY file_row_number)) "
                       "WHERE src < s OR (src = s AND ts < t)",
                       dir, tables[t]);
        text(s, sql, after, sizeof after);
        assert_string_equal(after, "0");
        (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM parquet_file_metadata('%s/%s/*/*/*.parquet') WHERE created_by LIKE '%s%%'",
                       dir, tables[t], by);
        text(s, sql, after, sizeof after);
        assert_string_equal(after, "1");
    }
    store_close(s);
}

static void test_merged(void **state)
{
    (void)state;
    check(3, 60000, "hotaru"); /* more than a row group */
}

static void test_many(void **state)
{
    (void)state;
    check(MERGE_FILES_MAX + 1, 200, "DuckDB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_merged, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

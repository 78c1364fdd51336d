/* The store through its own interface: what goes in comes out, sorted, typed, once. */
#include "store_fixture.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/io.h"
#include "base/rng.h"
#include "base/ts.h"

/* Times over three hours and before 1970, several runs (64 MiB make a run of 65,536 rows), options, payload, no ports. */
static void test_rows_in_and_out(void **state)
{
    (void)state;
    enum { N = 300000 };
    struct store *s = open_store(64);
    struct ingest *in = take(s, 4);
    struct rng rng = rng_of(1, "rows");
    uint64_t sum_src = 0, sum_seq = 0, tcp = 0, early = 0;
    for (int i = 0; i < N; i++) {
        static const uint8_t mss[] = {2, 4, 5, 180, 1, 3, 3, 7};
        struct hdr h = {.ip_version = 4, .ts_us = -TS_HOUR_US + (int64_t)rng_below(&rng, 3 * TS_HOUR_US),
                        .src = (uint32_t)rng_u64(&rng), .dst = 0x0a4d0000, .proto = 17, .ip_len_bytes = 65535};
        early += h.ts_us < 0;
        sum_src += h.src;
        if (i % 3) {
            h.proto = 6;
            h.has = HDR_TCP | HDR_PORTS | HDR_PAYLOAD_LEN;
            h.tcp_seq = (uint32_t)i;
            h.dport = 445;
            memcpy(h.options, mss, sizeof mss);
            h.options_len = i % 2 ? sizeof mss : 0;
            h.payload = (const uint8_t *)"abcdef";
            h.payload_cap_bytes = 6;
            h.payload_len_bytes = 6;
            sum_seq += h.tcp_seq;
            tcp++;
        }
        struct err err = {0};
        if (ingest_add(in, &h, &err) < 0)
            fail_msg("%s", err.text);
    }
    put(s, in);
    assert_int_equal(number(s, "SELECT count(*) FROM packet"), N);
    assert_int_equal(number(s, "SELECT sum(src) FROM packet"), sum_src);
    assert_int_equal(number(s, "SELECT sum(tcp_seq) FROM packet"), sum_seq);
    assert_int_equal(number(s, "SELECT count(tcp_seq) FROM packet"), tcp);
    assert_int_equal(number(s, "SELECT count(sport) FROM packet"), tcp);
    assert_int_equal(number(s, "SELECT count(*) FROM packet WHERE ts < '1970-01-01'"), early);
    assert_int_equal(number(s, "SELECT count(*) FROM packet WHERE payload = 'abcd'::BLOB AND payload_len = 6"), tcp);
    assert_int_equal(number(s, "SELECT count(*) FROM packet WHERE tcp_options = 'M1460,N,W7'"), N / 3);
    assert_int_equal(number(s, "SELECT count(*) FROM packet WHERE tcp_options = ''"), tcp - N / 3);
    assert_int_equal(number(s, "SELECT count(*) FROM packet WHERE ip_len <> 65535 OR icmp_type IS NOT NULL"), 0);
    struct store_stats st;
    struct err err = {0};
    assert_int_equal(store_stats(s, &st, &err), 0);
    assert_int_equal(st.tables[0].rows, N);
    assert_int_equal(st.tables[0].files, 15); /* three hours in each of five runs */
    char sql[1000];
    store_close(s);
    s = open_store(512);
    (void)snprintf(sql, sizeof sql,
                   "SELECT count(*) FROM (SELECT src, ts, lag(src) OVER w AS s, lag(ts) OVER w AS t, hour, date FROM "
                   "read_parquet('%s/packet/*/*/*.parquet', filename = true, file_row_number = true) WINDOW w AS (PARTITION "
                   "BY filename ORDER BY file_row_number)) WHERE src < s OR (src = s AND ts < t) OR hour(ts) <> hour::INT OR "
                   "ts::DATE <> date::DATE",
                   dir);
    assert_int_equal(number(s, sql), 0);
    store_close(s);
}

static void test_ip6(void **state)
{
    (void)state;
    struct store *s = open_store(64);
    struct ingest *in = take(s, 0);
    for (int i = 0; i < 300; i++) {
        struct hdr h = {.ip_version = 6, .ts_us = i, .proto = 58, .has = HDR_ICMP | (i % 2 ? HDR_INNER : 0),
                        .ip_len_bytes = 70000, .icmp_type = 1};
        h.src6[0] = 0x20;
        h.src6[15] = (uint8_t)(255 - i % 256);
        h.inner_dst6[1] = 9;
        assert_int_equal(ingest_add(in, &h, NULL), 0);
    }
    put(s, in);
    assert_int_equal(number(s, "SELECT count(*) FROM packet6 WHERE octet_length(src) = 16 AND ip_len = 70000"), 300);
    assert_int_equal(number(s, "SELECT count(inner_dst) FROM packet6"), 150);
    assert_int_equal(number(s, "SELECT count(*) FROM packet6 WHERE ip6(src) = '2000:0000:0000:0000:0000:0000:0000:00ff'"), 2);
    assert_int_equal(number(s, "SELECT count(*) FROM packet"), 0);
    store_close(s);
}

static void test_types(void **state)
{
    (void)state;
    struct store *s = open_store(64);
    struct rows *r = NULL;
    struct err err = {0};
    struct store_param p[] = {{.type = VALUE_I64, .i64 = -5}, {.type = VALUE_TEXT, .text = "a'b"}, {.type = VALUE_TS, .i64 = 1500000},
                              {.type = VALUE_F64, .f64 = 0.25}, {.type = VALUE_NULL}};
    if (store_query(s,
                    "SELECT $1::BIGINT AS i, $2 AS t, $3::TIMESTAMP AS ts, $4::DOUBLE AS f, $5::INT AS n, true AS b, "
                    "18446744073709551615::UBIGINT AS u, sum(x) AS h, 1.25::DECIMAL(9,2) AS d, DATE '2013-04-17' AS day, "
                    "'\\x00\\xff'::BLOB AS blob, [1, 2] AS l FROM range(5) g(x)",
                    p, 5, &r, &err) < 0)
        fail_msg("%s", err.text);
    static const enum value_type types[] = {VALUE_I64, VALUE_TEXT, VALUE_TS, VALUE_F64, VALUE_I64, VALUE_BOOL, VALUE_U64,
                                            VALUE_I64, VALUE_F64, VALUE_TEXT, VALUE_BLOB, VALUE_TEXT};
    static const char *const texts[] = {"-5", "a'b", "1970-01-01T00:00:01.500000Z", "0.25", "", "true", "18446744073709551615",
                                        "10", "1.25", "2013-04-17", "00ff", "[1, 2]"};
    assert_int_equal(rows_columns(r), 12);
    for (size_t i = 0; i < 12; i++) {
        assert_int_equal(rows_type(r, i), types[i]);
        assert_string_equal(rows_text(r, i, 0), texts[i]);
    }
    assert_string_equal(rows_name(r, 9), "day");
    assert_true(rows_is_null(r, 4, 0));
    assert_true(isnan(rows_f64(r, 4, 0)));
    assert_int_equal(rows_i64(r, 7, 0), 10);
    assert_true(fabs(rows_f64(r, 6, 0) - 18446744073709551615.0) < 1e4);
    rows_free(r);
    assert_int_equal(store_query(s, "SELECT $1", NULL, 0, &r, &err), -EINVAL);
    store_close(s);
}

static void test_filter(void **state)
{
    (void)state;
    char buf[400];
    struct filter f = {0};
    assert_int_equal(filter_sql(&f, buf, sizeof buf), 0);
    assert_string_equal(buf, "");
    f = (struct filter){.has_src = true, .src = {0x0a000001, 32}, .has_dst = true, .dst = {0x0a4d0000, 18}, .has_proto = true,
                        .proto = 6, .has_port = true, .port = 445, .since_us = 1, .until_us = 2};
    assert_int_equal(filter_sql(&f, buf, sizeof buf), 0);
    assert_string_equal(buf, " AND src = 167772161 AND dst >= 172818432 AND dst <= 172834815 AND proto = 6 AND dport = 445 AND "
                             "ts >= make_timestamp(1) AND ts < make_timestamp(2)");
    for (size_t n = 1; n < strlen("x") + 100; n++)
        assert_int_equal(filter_sql(&f, buf, n), -ENOSPC);
    f = (struct filter){.has_src = true, .src = {0, 0}};
    assert_int_equal(filter_sql(&f, buf, sizeof buf), 0);
    assert_string_equal(buf, "");
    f = (struct filter){.has_src = true, .src = {0xff000000, 8}};
    assert_int_equal(filter_sql(&f, buf, sizeof buf), 0);
    assert_string_equal(buf, " AND src >= 4278190080 AND src <= 4294967295");
}

/* A generation with a reader keeps its files; without one they go. */
static void test_reader_holds(void **state)
{
    (void)state;
    struct store *s = open_store(64);
    for (int file = 0; file < 2; file++) {
        struct ingest *in = take(s, 0);
        struct hdr h = {.ip_version = 4, .ts_us = file, .proto = 6};
        assert_int_equal(ingest_add(in, &h, NULL), 0);
        put(s, in);
    }
    struct snapshot held;
    struct err err = {0};
    assert_int_equal(snapshot_take(dir, &held, &err), 0);
    assert_int_equal(held.catalog.tables[TABLE_PACKET].n, 2);
    struct compact_options o = {0};
    struct compact_result r;
    assert_int_equal(store_compact(s, &o, &r, &err), 0);
    assert_int_equal(r.merged, 2);
    for (size_t i = 0; i < 2; i++) {
        char path[600];
        (void)snprintf(path, sizeof path, "%s/%s", dir, held.catalog.tables[TABLE_PACKET].at[i].path);
        assert_int_equal(access(path, F_OK), 0);
    }
    char path[600];
    (void)snprintf(path, sizeof path, "%s/%s", dir, held.catalog.tables[TABLE_PACKET].at[0].path);
    snapshot_done(&held);
    assert_int_equal(commit_clean(s, &err), 0);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(number(s, "SELECT count(*) FROM packet"), 2);
    store_close(s);
}

static void test_catalog_roundtrip(void **state)
{
    (void)state;
    char sub[200];
    (void)snprintf(sub, sizeof sub, "%s/catalog", dir);
    assert_int_equal(io_mkdirs(sub, NULL), 0);
    struct catalog c = {.generation = 7}, back;
    struct part p = {.path = "packet/date=2013-04-10/hour=00/a.parquet", .rows = 1, .bytes = 2, .min_ts_us = -3, .max_ts_us = 4,
                     .sum = UINT64_MAX};
    struct import_mark m = {.file_sum = "aa", .frame_sum = "bb", .frames = 3, .stored4 = 1, .stored6 = 1, .lost = 1};
    assert_int_equal(part_list_add(&c.tables[TABLE_PACKET], &p), 0);
    assert_int_equal(mark_list_add(&c.segments, "r-0000000001"), 0);
    assert_int_equal(mark_list_add(&c.journals, "h-1.jsonl"), 0);
    assert_int_equal(import_list_add(&c.imports, &m), 0);
    struct err err = {0};
    assert_int_equal(catalog_write(dir, &c, &err), 0);
    uint64_t newest;
    assert_int_equal(catalog_newest(dir, &newest, &err), 0);
    assert_int_equal(newest, 7);
    assert_int_equal(catalog_load(dir, 7, &back, &err), 0);
    assert_memory_equal(&back.tables[TABLE_PACKET].at[0], &p, sizeof p);
    assert_true(mark_list_has(&back.segments, "r-0000000001"));
    assert_non_null(catalog_import(&back, "aa", NULL));
    assert_non_null(catalog_import(&back, NULL, "bb"));
    assert_null(catalog_import(&back, "bb", "aa"));
    catalog_done(&back);
    /* Each byte flipped is found, in both files; what was written by a newer program is not read. */
    char path[300], copy[310], *text;
    size_t n;
    catalog_path(dir, 7, path, sizeof path);
    (void)snprintf(copy, sizeof copy, "%s.copy", path);
    assert_int_equal(io_read_file(path, 100000, &text, &n, &err), 0);
    assert_int_equal(unlink(copy), 0);
    for (size_t i = 0; i < n; i++) {
        text[i] ^= 1;
        assert_int_equal(io_replace_file(path, text, n, NULL), 0);
        assert_int_equal(catalog_load(dir, 7, &back, NULL), -EBADMSG);
        text[i] ^= 1;
    }
    for (size_t cut = 0; cut < n; cut += 7) {
        assert_int_equal(io_replace_file(path, text, cut, NULL), 0);
        assert_int_equal(catalog_load(dir, 7, &back, NULL), -EBADMSG);
    }
    free(text);
    catalog_done(&c);
}

static void write_generation(const char *json)
{
    char text[1000], path[300];
    int n = snprintf(text, sizeof text, "%s\n%016llx\n", json, (unsigned long long)XXH3_64bits(json, strlen(json)));
    catalog_path(dir, 9, path, sizeof path);
    assert_int_equal(io_replace_file(path, text, (size_t)n, NULL), 0);
}

static void test_catalog_formats(void **state)
{
    (void)state;
    char sub[200];
    struct catalog c;
    struct err err = {0};
    (void)snprintf(sub, sizeof sub, "%s/catalog", dir);
    assert_int_equal(io_mkdirs(sub, NULL), 0);
#define REST "\"segments\":[],\"journals\":[],\"imports\":[]}"
#define TABLES "\"tables\":{\"packet\":[],\"packet6\":[],\"event\":[],\"loss\":[]},"
    write_generation("{\"hotaru_store\":1,\"generation\":9," TABLES REST);
    assert_int_equal(catalog_load(dir, 9, &c, &err), 0);
    catalog_done(&c);
    write_generation("{\"hotaru_store\":2,\"generation\":9}");
    assert_int_equal(catalog_load(dir, 9, &c, &err), -EPROTO);
    assert_non_null(strstr(err.text, "newer"));
    write_generation("{\"hotaru_store\":1,\"generation\":8," TABLES REST);
    assert_int_equal(catalog_load(dir, 9, &c, NULL), -EBADMSG);
    static const char *const paths[] = {"/etc/passwd", "../x", "a'b", "a*"};
    for (size_t i = 0; i < 4; i++) {
        char json[600];
        (void)snprintf(json, sizeof json,
                       "{\"hotaru_store\":1,\"generation\":9,\"tables\":{\"packet\":[{\"path\":\"%s\",\"rows\":1,\"bytes\":1,"
                       "\"min_ts_us\":0,\"max_ts_us\":0,\"xxh3\":\"0\"}],\"packet6\":[],\"event\":[],\"loss\":[]}," REST,
                       paths[i]);
        write_generation(json);
        assert_int_equal(catalog_load(dir, 9, &c, NULL), -EBADMSG);
    }
}

/* Two writers with the same segment, the same import: the second changes nothing. */
static void test_commit_once(void **state)
{
    (void)state;
    struct store *a = open_store(64), *b = open_store(64);
    struct err err = {0};
    struct store *both[] = {a, b};
    char path[300];
    (void)snprintf(path, sizeof path, "%s/spool", dir);
    assert_int_equal(io_mkdirs(path, NULL), 0);
    (void)snprintf(path, sizeof path, "%s/spool/r-0000000001.sealed", dir);
    assert_int_equal(io_replace_file(path, "", 0, NULL), 0);
    struct snapshot held; /* keeps the segment on disk, so that its mark must be kept */
    assert_int_equal(snapshot_take(dir, &held, &err), 0);
    for (int i = 0; i < 2; i++) {
        struct ingest *in = take(both[i], 0);
        struct hdr h = {.ip_version = 4, .ts_us = 5, .proto = 6};
        struct change c = {0};
        assert_int_equal(ingest_add(in, &h, NULL), 0);
        assert_int_equal(ingest_finish(in, &c.add, &err), 0);
        assert_int_equal(mark_list_add(&c.segments, "r-0000000001"), 0);
        assert_int_equal(commit_change(both[i], &c, &err), i == 0 ? 0 : -EEXIST);
        change_done(&c);
        ingest_free(in);
    }
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(number(b, "SELECT count(*) FROM packet"), 1);
    snapshot_done(&held);
    assert_int_equal(commit_clean(a, &err), 0);
    assert_int_equal(access(path, F_OK), -1);
    store_close(a);
    store_close(b);
}

/* What a writer left that died before and after moving its files in. */
static void test_sweep(void **state)
{
    (void)state;
    struct store *s = open_store(64);
    struct ingest *in = take(s, 0);
    struct hdr h = {.ip_version = 4, .ts_us = 5, .proto = 6};
    assert_int_equal(ingest_add(in, &h, NULL), 0);
    put(s, in);
    store_close(s);
    static const char *const left[] = {"packet/date=2013-04-10/hour=03/seal-0123.parquet", "tmp/w-1-00/import-1.parquet",
                                       "catalog/0000000099.json.12.tmp", "catalog/0000000098.json.copy"};
    for (size_t i = 0; i < 4; i++) {
        char path[400];
        (void)snprintf(path, sizeof path, "%s/%s", dir, left[i]);
        *strrchr(path, '/') = '\0';
        assert_int_equal(io_mkdirs(path, NULL), 0);
        (void)snprintf(path, sizeof path, "%s/%s", dir, left[i]);
        assert_int_equal(io_replace_file(path, "x", 1, NULL), 0);
    }
    s = open_store(64);
    assert_int_equal(commit_clean(s, NULL), 0);
    for (size_t i = 0; i < 4; i++) {
        char path[400];
        (void)snprintf(path, sizeof path, "%s/%s", dir, left[i]);
        assert_int_equal(access(path, F_OK), -1);
    }
    assert_int_equal(number(s, "SELECT count(*) FROM packet"), 1);
    store_close(s);
}

static void test_bad_folder(void **state)
{
    (void)state;
    struct store *s;
    struct err err = {0};
    char path[300];
    (void)snprintf(path, sizeof path, "%s/none", dir);
    assert_int_equal(store_open(path, NULL, &s, &err), -ENOENT);
    err.text[0] = '\0';
    assert_int_equal(store_open(dir, NULL, &s, &err), -ENOENT); /* there, but no store */
    (void)snprintf(path, sizeof path, "%s/a'b", dir);
    err.text[0] = '\0';
    assert_int_equal(store_open(path, &(struct store_options){.writable = true}, &s, &err), -EINVAL);
    assert_non_null(strstr(err.text, "must not contain"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_rows_in_and_out), CASE(test_ip6), CASE(test_types), CASE(test_filter), CASE(test_reader_holds),
        CASE(test_catalog_roundtrip), CASE(test_catalog_formats), CASE(test_commit_once), CASE(test_sweep), CASE(test_bad_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

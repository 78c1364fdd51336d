/* Counts by summaries, by rollups and by the packets themselves are the same, whatever part of the store has which. */
#include "store_fixture.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/rng.h"
#include "base/ts.h"

#define DAYS     35
#define PER_DAY  120
#define START_US (INT64_C(15800) * TS_DAY_US)

/* Scanners, victims of floods, points' peers, pings, fragments: every kind, few addresses, so that keys repeat. */
static struct hdr packet(struct rng *rng, int64_t from_us, int64_t until_us)
{
    static const uint8_t flags[] = {2, 2, 2, 18, 4, 20, 16, 24, 0, 194};
    struct hdr h = {.ip_version = 4, .ts_us = from_us + (int64_t)rng_below(rng, (uint64_t)(until_us - from_us)), .ip_len_bytes = 40};
    h.src = (uint32_t)(0x01000000 + (rng_below(rng, 20) << 24) + rng_below(rng, 3));
    h.dst = (uint32_t)(0x0a4d0000 + rng_below(rng, 600));
    uint64_t what = rng_below(rng, 10);
    h.proto = what < 7 ? 6 : what < 9 ? 17 : 1;
    if (h.proto == 1) {
        h.has = HDR_ICMP;
        h.icmp_type = (uint8_t)rng_below(rng, 13);
    } else if (rng_below(rng, 20)) { /* else a later fragment: no ports */
        h.has = (uint16_t)(HDR_PORTS | (h.proto == 6 ? HDR_TCP : 0));
        h.dport = rng_below(rng, 3) ? 445 : (uint16_t)rng_below(rng, 5);
        h.sport = (uint16_t)rng_below(rng, 4);
        h.tcp_flags = h.proto == 6 ? flags[rng_below(rng, sizeof flags)] : 0;
    }
    return h;
}

static void add_days(struct store *s, struct rng *rng, int from, int until)
{
    struct ingest *in = take(s, 0);
    for (int i = 0; i < (until - from) * PER_DAY; i++) {
        int64_t day_us = START_US + (from + i / PER_DAY) * TS_DAY_US;
        struct hdr h = packet(rng, day_us, day_us + 2 * TS_HOUR_US);
        assert_int_equal(ingest_add(in, &h, NULL), 0);
    }
    put(s, in);
}

static void add_spool(struct rng *rng, int day, int n)
{
    struct spool_options o = {.store_dir = dir, .recorder = "r"};
    struct spool_writer *w;
    struct err err = {0};
    assert_int_equal(spool_writer_open(&o, &w, &err), 0);
    for (int i = 0; i < n; i++) {
        struct hdr h = packet(rng, START_US + day * TS_DAY_US, START_US + (day + 1) * TS_DAY_US);
        assert_int_equal(spool_write(w, &h), 0);
    }
    assert_int_equal(spool_writer_close(w, &err), 0);
}

static void compact(struct store *s, uint32_t keep_days, struct compact_result *ret)
{
    struct compact_options o = {.now_us = START_US + (DAYS + 1) * TS_DAY_US, .keep_days = keep_days};
    struct err err = {0};
    if (store_compact(s, &o, ret, &err) < 0)
        fail_msg("%s", err.text);
}

/* Rows that are on one side only, over both sides. */
static void same_counts(struct store *s, const char *view, const char *last, const char *where)
{
    char counted[600], packets[1400], sql[5000];
    const char *keys = strcmp(view, "by_net") == 0 ? "src, net" : "dst, src";
    (void)snprintf(counted, sizeof counted, "SELECT proto, dport, kind, sport, %s, sum(packets)::BIGINT FROM %s WHERE true%s GROUP BY ALL",
                   keys, view, last);
    (void)snprintf(packets, sizeof packets,
                   "SELECT proto, dport, k, CASE WHEN k & 6 <> 0 THEN sport END AS sport, %s, count(*) FROM (SELECT *, dst >> 8 AS net,"
                   " (CASE WHEN proto = 1 AND icmp_type IN (0, 3, 4, 5, 11, 12) THEN 2 WHEN proto <> 6 OR tcp_flags IS NULL THEN 0"
                   " WHEN tcp_flags & 22 = 16 THEN 8 ELSE CASE WHEN tcp_flags & 18 = 2 THEN 1 ELSE 0 END +"
                   " CASE WHEN tcp_flags & 18 = 18 THEN 2 ELSE 0 END + CASE WHEN tcp_flags & 4 = 4 THEN 4 ELSE 0 END END)::UTINYINT AS k"
                   " FROM packet WHERE true%s%s) GROUP BY ALL",
                   keys, last, where);
    (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM ((%s EXCEPT ALL %s) UNION ALL (%s EXCEPT ALL %s))", counted, packets, packets,
                   counted);
    assert_int_equal(number(s, sql), 0);
    (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM (%s)", packets);
    assert_true(number(s, sql) > 0);
}

static void same_everywhere(struct store *s, size_t n_focuses)
{
    static const struct filter focuses[] = {
        {0},
        {.since_us = START_US + 3 * TS_DAY_US + TS_HOUR_US},
        {.until_us = START_US + 33 * TS_DAY_US + TS_HOUR_US / 2},
        {.since_us = START_US + 30 * TS_DAY_US + 7, .until_us = START_US + 31 * TS_DAY_US + TS_HOUR_US},
        {.has_src = true, .src = {0x03000000, 8}},
        {.has_src = true, .src = {0x05000001, 32}, .since_us = START_US + 2 * TS_DAY_US},
    };
    for (size_t i = 0; i < sizeof focuses / sizeof *focuses && i < n_focuses; i++) {
        struct filter time = {.since_us = focuses[i].since_us, .until_us = focuses[i].until_us};
        struct filter src = {.has_src = focuses[i].has_src, .src = focuses[i].src};
        char of_time[300], of_src[300], sql[1000];
        int64_t first, last;
        struct err err = {0};
        assert_int_equal(filter_sql(&time, of_time, sizeof of_time), 0);
        assert_int_equal(filter_sql(&src, of_src, sizeof of_src), 0);
        (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM packet WHERE true%s", of_time);
        store_focus(s, NULL);
        int64_t stored = number(s, sql);
        (void)snprintf(sql, sizeof sql, "SELECT epoch_us(min(ts)) FROM packet WHERE dport = 3%s%s", of_time, of_src);
        int64_t want_first = number(s, sql);
        (void)snprintf(sql, sizeof sql, "SELECT epoch_us(max(ts)) FROM packet WHERE dport = 3%s%s", of_time, of_src);
        int64_t want_last = number(s, sql);
        store_focus(s, &focuses[i]);
        same_counts(s, "by_net", of_src, of_time);
        same_counts(s, "by_dst", of_src, of_time);
        assert_int_equal(number(s, "SELECT packets FROM stored"), stored);
        (void)snprintf(sql, sizeof sql, "dport = 3%s%s", of_time, of_src);
        assert_int_equal(store_span(s, sql, &first, &last, &err), 1);
        assert_int_equal(first, want_first);
        assert_int_equal(last, want_last);
        assert_int_equal(store_span(s, "dport = 9999", &first, &last, &err), 0);
    }
    store_focus(s, NULL);
}

static struct store_stats stats(struct store *s)
{
    struct store_stats st;
    struct err err = {0};
    assert_int_equal(store_stats(s, &st, &err), 0);
    return st;
}

/* How many files lie in the folder of the summaries, whether or not a generation names them. */
static size_t files_in(const char *sub)
{
    char command[400];
    int n = 0;
    (void)snprintf(command, sizeof command, "find %s/%s -name '*.parquet' | wc -l", dir, sub);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%d", &n), 1);
    (void)pclose(f);
    return (size_t)n;
}

/* A store that has everything: rolled-up days, a summarised day, a day without (as an older program wrote it), an open spool. */
static struct store *make_store(struct rng *rng)
{
    struct store *s = open_store(128);
    struct compact_result r;
    add_days(s, rng, 0, 33);
    compact(s, 0, &r);
    assert_int_equal(r.made, 33); /* two hours of each */
    struct store_stats st = stats(s);
    assert_int_equal(st.summaries, 33);
    assert_int_equal(st.rollups, 1);
    add_days(s, rng, 31, DAYS);
    add_spool(rng, DAYS - 1, PER_DAY);
    assert_int_equal(number(s, "SELECT count(*) FROM packet"), (33 + 4 + 1) * PER_DAY);
    return s;
}

static void test_same_counts(void **state)
{
    (void)state;
    struct rng rng = rng_of(1, "summary");
    struct store *s = make_store(&rng);
    same_everywhere(s, 6);
    struct compact_result r;
    compact(s, 0, &r); /* day 31 was rolled up: merging it with what came late ends the rollup, and another is made */
    assert_int_equal(stats(s).rollups, 1);
    assert_int_equal(stats(s).summaries, DAYS);
    assert_int_equal(files_in("summary"), 2 * (DAYS + 1));
    same_everywhere(s, 2);
    assert_true(store_seal(s, NULL) > 0);
    same_everywhere(s, 1);
    store_close(s);
}

static void test_retention(void **state)
{
    (void)state;
    struct rng rng = rng_of(2, "summary");
    struct store *s = make_store(&rng);
    struct compact_result r;
    compact(s, 30, &r);
    assert_true(r.expired >= 3);
    assert_int_equal(stats(s).rollups, 0); /* fewer than 32 days are left */
    assert_int_equal(files_in("summary"), 2 * stats(s).summaries);
    same_everywhere(s, 1);
    store_close(s);
}

struct findings {
    size_t n;
    char last[1024];
};

static void finding(void *arg, const char *line)
{
    struct findings *f = arg;
    f->n++;
    (void)snprintf(f->last, sizeof f->last, "%s", line);
}

static void flip(const char *rel)
{
    char path[STORE_PATH_MAX], *text;
    size_t n;
    (void)snprintf(path, sizeof path, "%s/%s", dir, rel);
    assert_int_equal(io_read_file(path, 1 << 24, &text, &n, NULL), 0);
    text[n / 2] ^= 1;
    assert_int_equal(io_replace_file(path, text, n, NULL), 0);
    free(text);
}

/* A damaged summary is found, forgotten and made anew; no packet is touched. */
static void test_damage(void **state)
{
    (void)state;
    struct rng rng = rng_of(3, "summary");
    struct store *s = make_store(&rng);
    int64_t packets = number(s, "SELECT count(*) FROM packet");
    struct catalog c;
    struct err err = {0};
    uint64_t newest;
    assert_int_equal(catalog_newest(dir, &newest, &err), 0);
    assert_int_equal(catalog_load(dir, newest, &c, &err), 0);
    const struct part *part = NULL;
    for (size_t i = 0; i < c.tables[TABLE_PACKET].n && !part; i++)
        if (part_is_summarised(&c.tables[TABLE_PACKET].at[i]))
            part = &c.tables[TABLE_PACKET].at[i];
    assert_non_null(part);
    flip(part->summaries[SUMMARY_NET].path);
    flip(c.rollups.at[0].files[SUMMARY_DST].path);
    struct findings found = {0};
    struct check_options o = {.finding = finding, .arg = &found, .repair = true};
    struct check_result r;
    assert_int_equal(store_check(s, &o, &r, &err), 0);
    assert_int_equal(found.n, 2);
    assert_int_equal(r.repaired, 2);
    assert_int_equal(r.rows_affected, 0);
    assert_int_equal(stats(s).rollups, 0);
    assert_int_equal(stats(s).summaries, 32);
    same_everywhere(s, 1);
    assert_int_equal(number(s, "SELECT count(*) FROM packet"), packets);
    struct compact_result compacted;
    compact(s, 0, &compacted);
    assert_int_equal(stats(s).summaries, DAYS);
    found.n = 0;
    assert_int_equal(store_check(s, &o, &r, &err), 0);
    assert_int_equal(found.n, 0);
    same_everywhere(s, 1);
    catalog_done(&c);
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(test_same_counts), CASE(test_retention), CASE(test_damage)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

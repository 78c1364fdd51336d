/* A store in a folder of its own, for each test a new one. */
#ifndef HOTARU_TESTS_STORE_FIXTURE_H
#define HOTARU_TESTS_STORE_FIXTURE_H

#include "unit/cmocka_all.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "store/store_int.h"

static char dir[] = "/tmp/hotaru-store-XXXXXX";

static inline int rm(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static inline int setup(void **state)
{
    (void)state;
    (void)snprintf(dir, sizeof dir, "/tmp/hotaru-store-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static inline int teardown(void **state)
{
    (void)state;
    return nftw(dir, rm, 16, FTW_DEPTH | FTW_PHYS);
}

static inline struct store *open_store(uint64_t memory_mb)
{
    struct store *s = NULL;
    struct err err = {0};
    struct store_options o = {.writable = true, .memory_bytes = memory_mb << 20, .threads = 1};
    if (store_open(dir, &o, &s, &err) < 0)
        fail_msg("%s", err.text);
    return s;
}

static inline int64_t number(struct store *s, const char *sql)
{
    struct rows *r = NULL;
    struct err err = {0};
    if (store_query(s, sql, NULL, 0, &r, &err) < 0)
        fail_msg("%s: %s", sql, err.text);
    assert_int_equal(rows_count(r), 1);
    int64_t v = rows_i64(r, 0, 0);
    rows_free(r);
    return v;
}

static inline void put(struct store *s, struct ingest *in)
{
    struct change c = {0};
    struct err err = {0};
    if (ingest_finish(in, &c.add, &err) < 0 || commit_change(s, &c, &err) < 0)
        fail_msg("%s", err.text);
    change_done(&c);
    ingest_free(in);
}

static inline struct ingest *take(struct store *s, uint16_t payload_bytes)
{
    struct ingest *in = NULL;
    struct err err = {0};
    if (ingest_new(s, "test", payload_bytes, &in, &err) < 0)
        fail_msg("%s", err.text);
    return in;
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif

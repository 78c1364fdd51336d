/* Written by us, read by DuckDB: random columns of every kind and shape come back equal, value by value and NULL by NULL;
 * types, statistics and sum are what they should be. */
#include "unit/cmocka_all.h"

#include <duckdb.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/rng.h"
#include "parquet/parquet.h"

enum { KINDS = PARQUET_BLOB + 1 };
static char path[] = "/tmp/hotaru-parquet-XXXXXX";
static duckdb_database db;
static duckdb_connection con;

/* ---- columns ---- */
struct made { /* a column of one row group, and what stands in each row */
    enum parquet_kind kind;
    size_t rows, n;
    uint64_t *valid;
    int64_t *numbers;            /* per row */
    struct parquet_span *texts;  /* per row */
    uint32_t *u32;
    int64_t *i64;
    struct parquet_span *spans;
    uint32_t *codes;             /* texts given by number */
    char *bytes;
    size_t n_spans;
};
#define TEXT_MAX 90

enum shape { CONSTANT, FEW, BYTES, ASCENDING, SORTED_FEW, RANDOM, EXTREMES, RUNS, MANY_REPEATED, SHAPES };

static uint64_t limit_of(enum parquet_kind k)
{
    return k == PARQUET_UINT8 ? UINT8_MAX : k == PARQUET_UINT16 ? UINT16_MAX : UINT32_MAX;
}

static uint64_t draw(struct rng *r, enum shape shape, size_t i, uint64_t before)
{
    switch (shape) {
    case CONSTANT:
        return 77;
    case FEW:
        return rng_u64(r) % 5 * 1000003;
    case BYTES:
        return rng_u64(r) % 256;
    case ASCENDING:
        return before + rng_u64(r) % 1000;
    case SORTED_FEW:
        return before + (rng_u64(r) % 16 == 0 ? rng_u64(r) % 100000 : 0);
    case EXTREMES:
        return rng_u64(r) % 2 ? 0 : UINT64_MAX;
    case RUNS:
        return rng_u64(r) % 40 == 0 ? rng_u64(r) : before;
    case MANY_REPEATED:
        return rng_u64(r) % 9000 * 7919;
    default:
        return rng_u64(r) + i;
    }
}

static bool is_text(enum parquet_kind k)
{
    return k == PARQUET_TEXT || k == PARQUET_BLOB;
}

/* null_share of 8: how many rows are NULL, about. */
static struct made make(struct rng *r, enum parquet_kind kind, enum shape shape, size_t rows, unsigned null_share, bool by_number)
{
    struct made m = {.kind = kind, .rows = rows};
    m.valid = calloc(rows / 64 + 1, sizeof *m.valid);
    m.numbers = calloc(rows, sizeof *m.numbers);
    m.texts = calloc(rows, sizeof *m.texts);
    m.u32 = calloc(rows, sizeof *m.u32);
    m.i64 = calloc(rows, sizeof *m.i64);
    m.spans = calloc(rows + 8, sizeof *m.spans);
    m.codes = calloc(rows, sizeof *m.codes);
    m.bytes = calloc(rows + 8, TEXT_MAX);
    bool runs = rng_u64(r) % 2, is_null = false;
    uint64_t v = kind == PARQUET_TIME_US ? (uint64_t)1365552000000000 : 0;
    if (by_number) /* five texts, one of them empty */
        for (m.n_spans = 0; m.n_spans < 5; m.n_spans++)
            m.spans[m.n_spans] = (struct parquet_span){m.bytes + m.n_spans * TEXT_MAX, (uint32_t)(m.n_spans * 7)};
    for (size_t i = 0; by_number && i < 5 * TEXT_MAX; i++)
        m.bytes[i] = (char)('a' + (int)(i / TEXT_MAX));
    for (size_t i = 0; i < rows; i++) {
        if (!runs || rng_u64(r) % 50 == 0)
            is_null = rng_u64(r) % 8 < null_share;
        if (null_share == 0 || null_share == 8)
            is_null = null_share == 8;
        if (is_null)
            continue;
        m.valid[i / 64] |= UINT64_C(1) << i % 64;
        v = draw(r, shape, i, v);
        size_t at = m.n++;
        if (by_number) {
            m.codes[at] = (uint32_t)(v % 5);
            m.texts[i] = m.spans[v % 5];
        } else if (is_text(kind)) {
            char *to = m.bytes + at * TEXT_MAX;
            int len = kind == PARQUET_BLOB && shape == RANDOM ? 16 : snprintf(to, TEXT_MAX, "%" PRIx64 "%s", v, v % 3 ? "" : "-a longer text of the same that goes on");
            if (kind == PARQUET_BLOB)
                for (int k = 0; k < len; k++)
                    to[k] = (char)(shape == RANDOM ? rng_u64(r) : (uint64_t)(to[k] ^ (char)0x80));
            m.spans[at] = m.texts[i] = (struct parquet_span){to, shape == EXTREMES && v == 0 ? 0 : (uint32_t)len};
        } else if (kind == PARQUET_INT64 || kind == PARQUET_UINT64) {
            m.numbers[i] = m.i64[at] = (int64_t)(kind == PARQUET_INT64 && shape == EXTREMES ? v ^ UINT64_C(1) << 63 : v);
        } else if (kind == PARQUET_TIME_US) {
            int64_t t = (int64_t)(shape == EXTREMES ? (v ? UINT64_C(253402300799999999) : (uint64_t)-62135596800000000) : v % UINT64_C(250000000000000000));
            m.numbers[i] = m.i64[at] = t;
        } else {
            m.u32[at] = (uint32_t)(v & limit_of(kind));
            m.numbers[i] = m.u32[at];
        }
    }
    return m;
}

static void made_free(struct made *m)
{
    free(m->valid);
    free(m->numbers);
    free(m->texts);
    free(m->u32);
    free(m->i64);
    free(m->spans);
    free(m->codes);
    free(m->bytes);
}

static struct parquet_values values_of(const struct made *m)
{
    struct parquet_values v = {.n = m->n, .valid = m->n == m->rows ? NULL : m->valid};
    v.at = m->kind == PARQUET_TIME_US || m->kind == PARQUET_INT64 || m->kind == PARQUET_UINT64 ? (const void *)m->i64 : m->u32;
    if (is_text(m->kind)) {
        v.at = m->n_spans ? m->codes : NULL;
        v.spans = m->spans;
        v.n_spans = m->n_spans;
    }
    return v;
}

/* ---- reading back ---- */

static void run(const char *sql, duckdb_result *ret)
{
    if (duckdb_query(con, sql, ret) == DuckDBError)
        fail_msg("%s: %s", sql, duckdb_result_error(ret));
}

static void check_cell(const struct made *m, size_t i, duckdb_vector v, idx_t at)
{
    uint64_t *valid = duckdb_vector_get_validity(v);
    bool has = m->valid[i / 64] >> i % 64 & 1;
    assert_int_equal(!valid || duckdb_validity_row_is_valid(valid, at), has);
    if (!has)
        return;
    void *data = duckdb_vector_get_data(v);
    int64_t got = 0;
    if (is_text(m->kind)) {
        duckdb_string_t *s = &((duckdb_string_t *)data)[at];
        assert_int_equal(duckdb_string_t_length(*s), m->texts[i].len_bytes);
        assert_memory_equal(duckdb_string_t_data(s), m->texts[i].at, m->texts[i].len_bytes);
        return;
    }
    if (m->kind == PARQUET_UINT8)
        got = ((uint8_t *)data)[at];
    else if (m->kind == PARQUET_UINT16)
        got = ((uint16_t *)data)[at];
    else if (m->kind == PARQUET_UINT32)
        got = ((uint32_t *)data)[at];
    else
        got = ((int64_t *)data)[at];
    if (got != m->numbers[i])
        fail_msg("row %zu: %" PRId64 ", not %" PRId64, i, got, m->numbers[i]);
}

/* made[g * n_columns + c]: column c of row group g. */
static void check_file(const struct made *made, size_t n_columns, size_t n_groups)
{
    duckdb_result r;
    duckdb_data_chunk chunk;
    char sql[200];
    size_t group = 0, row = 0, total = 0, want = 0;
    static const duckdb_type types[KINDS] = {DUCKDB_TYPE_UTINYINT,  DUCKDB_TYPE_USMALLINT, DUCKDB_TYPE_UINTEGER, DUCKDB_TYPE_BIGINT, DUCKDB_TYPE_UBIGINT,
                                             DUCKDB_TYPE_TIMESTAMP, DUCKDB_TYPE_VARCHAR,   DUCKDB_TYPE_BLOB};
    (void)snprintf(sql, sizeof sql, "SELECT * FROM read_parquet('%s')", path);
    run(sql, &r);
    assert_int_equal(duckdb_column_count(&r), n_columns);
    for (size_t c = 0; c < n_columns; c++)
        assert_int_equal(duckdb_column_type(&r, c), types[made[c].kind]);
    for (size_t g = 0; g < n_groups; g++)
        want += made[g * n_columns].rows;
    while ((chunk = duckdb_fetch_chunk(r))) {
        idx_t n = duckdb_data_chunk_get_size(chunk);
        for (idx_t i = 0; i < n; i++, row++) {
            if (row == made[group * n_columns].rows) {
                group++;
                row = 0;
            }
            for (size_t c = 0; c < n_columns; c++)
                check_cell(&made[group * n_columns + c], row, duckdb_data_chunk_get_vector(chunk, c), i);
        }
        total += n;
        duckdb_destroy_data_chunk(&chunk);
    }
    duckdb_destroy_result(&r);
    assert_int_equal(total, want);
}

static int64_t number(const char *sql)
{
    duckdb_result r;
    run(sql, &r);
    duckdb_data_chunk chunk = duckdb_fetch_chunk(r);
    assert_non_null(chunk);
    int64_t v = ((int64_t *)duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0)))[0];
    duckdb_destroy_data_chunk(&chunk);
    duckdb_destroy_result(&r);
    return v;
}

/* What the statistics say holds for each column of each row group, so that pruning leaves nothing out. */
static void check_statistics(const struct made *made, size_t n_columns, size_t n_groups)
{
    char sql[400];
    for (size_t g = 0; g < n_groups; g++) {
        for (size_t c = 0; c < n_columns; c++) {
            const struct made *m = &made[g * n_columns + c];
            int64_t min = INT64_MAX, max = INT64_MIN;
            for (size_t i = 0; i < m->rows; i++) {
                if (!(m->valid[i / 64] >> i % 64 & 1))
                    continue;
                min = m->numbers[i] < min ? m->numbers[i] : min;
                max = m->numbers[i] > max ? m->numbers[i] : max;
            }
            char where[200];
            (void)snprintf(where, sizeof where, "FROM parquet_metadata('%s') WHERE row_group_id = %zu AND column_id = %zu", path, g, c);
            (void)snprintf(sql, sizeof sql, "SELECT stats_null_count::BIGINT %s", where);
            assert_int_equal(number(sql), m->rows - m->n);
            if (is_text(m->kind) || m->n == 0)
                continue;
            bool time = m->kind == PARQUET_TIME_US;
            if (m->kind == PARQUET_UINT64) {
                uint64_t low = UINT64_MAX, high = 0;
                for (size_t i = 0; i < m->n; i++) {
                    low = (uint64_t)m->i64[i] < low ? (uint64_t)m->i64[i] : low;
                    high = (uint64_t)m->i64[i] > high ? (uint64_t)m->i64[i] : high;
                }
                (void)snprintf(sql, sizeof sql, "SELECT (stats_min_value = '%" PRIu64 "' AND stats_max_value = '%" PRIu64 "')::BIGINT %s", low, high, where);
                assert_int_equal(number(sql), 1);
                continue;
            }
            (void)snprintf(sql, sizeof sql, "SELECT %s %s", time ? "epoch_us(stats_min_value::TIMESTAMP)" : "stats_min_value::BIGINT", where);
            assert_int_equal(number(sql), min);
            (void)snprintf(sql, sizeof sql, "SELECT %s %s", time ? "epoch_us(stats_max_value::TIMESTAMP)" : "stats_max_value::BIGINT", where);
            assert_int_equal(number(sql), max);
        }
    }
}

static void write_file(struct parquet_writer *w, const struct made *made, size_t n_columns, size_t n_groups)
{
    struct parquet_column columns[PARQUET_COLUMNS_MAX];
    char names[PARQUET_COLUMNS_MAX][32];
    uint64_t bytes, sum;
    int fd = open(path, O_RDWR | O_TRUNC | O_CLOEXEC);
    assert_true(fd >= 0);
    for (size_t c = 0; c < n_columns; c++) {
        (void)snprintf(names[c], sizeof names[c], "column%zu", c);
        columns[c] = (struct parquet_column){names[c], made[c].kind};
    }
    assert_int_equal(parquet_begin(w, fd, columns, n_columns), 0);
    for (size_t g = 0; g < n_groups; g++) {
        struct parquet_values v[PARQUET_COLUMNS_MAX];
        for (size_t c = 0; c < n_columns; c++)
            v[c] = values_of(&made[g * n_columns + c]);
        assert_int_equal(parquet_row_group(w, made[g * n_columns].rows, v), 0);
    }
    struct parquet_pair pair = {"key", "a value"};
    assert_int_equal(parquet_end(w, &pair, 1, "test", &bytes, &sum), 0);
    char *all = malloc(bytes + 1);
    assert_non_null(all);
    assert_int_equal(pread(fd, all, bytes + 1, 0), bytes); /* no byte more */
    assert_true(XXH3_64bits(all, bytes) == sum);
    free(all);
    (void)close(fd);
}

static void round_trip(struct parquet_writer *w, struct made *made, size_t n_columns, size_t n_groups)
{
    write_file(w, made, n_columns, n_groups);
    check_file(made, n_columns, n_groups);
    check_statistics(made, n_columns, n_groups);
    for (size_t i = 0; i < n_columns * n_groups; i++)
        made_free(&made[i]);
}

/* ---- tests ---- */

static void test_every_shape(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 8, 33, 129, 5000, 20011};
    struct parquet_writer *w = NULL;
    struct rng r = rng_of(1, "every shape");
    assert_int_equal(parquet_writer_new(&w), 0);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        for (int shape = 0; shape < SHAPES; shape++) {
            struct made made[KINDS * 2];
            for (int c = 0; c < KINDS * 2; c++)
                made[c] = make(&r, (enum parquet_kind)(c % KINDS), (enum shape)shape, sizes[s], c < KINDS ? 0 : 3, false);
            round_trip(w, made, KINDS * 2, 1);
        }
    }
    parquet_writer_free(w);
}

static void test_random(void **state)
{
    (void)state;
    struct parquet_writer *w = NULL;
    struct rng r = rng_of(2, "random");
    assert_int_equal(parquet_writer_new(&w), 0);
    for (int turn = 0; turn < 40; turn++) {
        enum { COLUMNS = 9, GROUPS = 3 };
        struct made made[COLUMNS * GROUPS];
        enum parquet_kind kinds[COLUMNS];
        for (int c = 0; c < COLUMNS; c++)
            kinds[c] = (enum parquet_kind)(rng_u64(&r) % KINDS);
        for (int g = 0; g < GROUPS; g++) {
            size_t rows = 1 + rng_u64(&r) % (rng_u64(&r) % 4 ? 300 : 9000);
            for (int c = 0; c < COLUMNS; c++)
                made[g * COLUMNS + c] = make(&r, kinds[c], (enum shape)(rng_u64(&r) % SHAPES), rows,
                                             (unsigned)(rng_u64(&r) % 9), is_text(kinds[c]) && rng_u64(&r) % 2);
        }
        round_trip(w, made, COLUMNS, GROUPS);
    }
    parquet_writer_free(w);
}

/* As large as the store's row groups: the sampled choice, dictionaries near and past their limit. */
static void test_large(void **state)
{
    (void)state;
    struct parquet_writer *w = NULL;
    struct rng r = rng_of(3, "large");
    assert_int_equal(parquet_writer_new(&w), 0);
    for (int shape = 0; shape < SHAPES; shape++) {
        struct made made[7];
        for (int c = 0; c < 7; c++)
            made[c] = make(&r, (enum parquet_kind)c, (enum shape)shape, 122880, c % 2 ? 2 : 0, false);
        round_trip(w, made, 7, 1);
    }
    parquet_writer_free(w);
}

static void test_no_rows(void **state)
{
    (void)state;
    struct parquet_writer *w = NULL;
    assert_int_equal(parquet_writer_new(&w), 0);
    struct made none = {.kind = PARQUET_TIME_US};
    write_file(w, &none, 1, 0);
    check_file(&none, 1, 0);
    char sql[200];
    (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM parquet_kv_metadata('%s') WHERE key = 'key' AND value = 'a value'", path);
    assert_int_equal(number(sql), 1);
    parquet_writer_free(w);
}

/* What is asked of each encoding: a full disk is told, and values of no use are refused. */
static void test_failures(void **state)
{
    (void)state;
    struct parquet_writer *w = NULL;
    struct rng r = rng_of(4, "failures");
    struct made m = make(&r, PARQUET_UINT32, RANDOM, 1000, 0, false);
    struct parquet_column column = {"a", PARQUET_UINT32};
    struct parquet_values v = values_of(&m);
    assert_int_equal(parquet_writer_new(&w), 0);
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(full >= 0);
    assert_int_equal(parquet_begin(w, full, &column, 1), -ENOSPC);
    (void)close(full);
    int fd = open(path, O_RDWR | O_TRUNC | O_CLOEXEC);
    assert_int_equal(parquet_begin(w, fd, &column, 0), -EINVAL);
    assert_int_equal(parquet_begin(w, fd, &column, 1), 0);
    assert_int_equal(parquet_row_group(w, 0, &v), -EINVAL);
    assert_int_equal(parquet_row_group(w, PARQUET_ROWS_MAX + 1, &v), -EINVAL);
    assert_int_equal(parquet_row_group(w, 1000, &v), 0); /* and it is good for the next file */
    (void)close(fd);
    round_trip(w, &m, 1, 1);
    parquet_writer_free(w);
}

static int setup(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    if (fd < 0)
        return -1;
    (void)close(fd);
    return duckdb_open(NULL, &db) == DuckDBSuccess && duckdb_connect(db, &con) == DuckDBSuccess ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    duckdb_disconnect(&con);
    duckdb_close(&db);
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_shape), cmocka_unit_test(test_random),   cmocka_unit_test(test_large),
        cmocka_unit_test(test_no_rows),     cmocka_unit_test(test_failures),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

/* A segment that was cut, flipped or mixed up costs what was damaged and nothing else. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "../cmocka_all.h"
#include "records.h"
#include "spool/spool.h"

enum { N = 3000, BLOCK = 4096 };
static char store[64], path[160];
static uint8_t *bytes;
static size_t n_bytes;

static int make_segment(void **state)
{
    struct spool_options o = {.store_dir = temp_store(store), .recorder = "d"};
    struct spool_writer *w;
    if (!o.store_dir || spool_writer_open(&o, &w, NULL) < 0)
        return -1;
    for (uint32_t i = 0; i < N; i++) {
        struct hdr h = record_of(i);
        if (spool_write(w, &h) < 0 || (i % 1000 == 999 && spool_write_ledger(w, i, 1, NULL, 0) < 0))
            return -1;
    }
    struct spool_segment *list;
    size_t n;
    if (spool_writer_close(w, NULL) < 0 || spool_list(store, &list, &n, NULL) < 0 || n != 1)
        return -1;
    (void)snprintf(path, sizeof path, "%s/spool/%s", store, list[0].name);
    free(list);
    int fd = open(path, O_RDONLY);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        return -1;
    n_bytes = (size_t)st.st_size;
    bytes = malloc(n_bytes);
    bool whole = bytes && read(fd, bytes, n_bytes) == (ssize_t)n_bytes;
    close(fd);
    return whole && n_bytes % BLOCK == 0 ? 0 : -1;
}
static int drop_segment(void **state)
{
    free(bytes);
    remove_tree(store);
    return 0;
}

static void put_file(const uint8_t *b, size_t n)
{
    int fd = open(path, O_WRONLY | O_TRUNC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, b, n), (ssize_t)n);
    close(fd);
}

struct result {
    uint32_t good;
    uint64_t bad_blocks, lost;
    bool in_order; /* each record is the right one at its place, some left out */
};
static int read_file(struct result *ret)
{
    struct spool_reader *r;
    int rc = spool_reader_open(path, &r, NULL);
    if (rc < 0)
        return rc;
    *ret = (struct result){.in_order = true};
    struct hdr h;
    uint32_t at = 0;
    while (spool_read(r, &h) == 1) {
        struct hdr want;
        do
            want = record_of(at++);
        while (at <= N && !records_equal(&h, &want, 0));
        ret->in_order = ret->in_order && at <= N;
        ret->good++;
    }
    ret->bad_blocks = spool_reader_bad_blocks(r);
    ret->lost = spool_reader_lost_records(r);
    spool_reader_close(r);
    return 0;
}

static void a_flipped_bit_costs_its_block(void **state)
{
    for (size_t block = 0; block < n_bytes / BLOCK; block++) {
        static const size_t places[] = {0, 4, 5, 6, 7, 8, 16, 20, 40, 72, 79, 80, 95, 2000, 4095};
        for (size_t p = 0; p < sizeof places / sizeof *places; p++) {
            size_t at = block * BLOCK + places[p];
            bytes[at] ^= (uint8_t)(1 << p % 8);
            put_file(bytes, n_bytes);
            bytes[at] ^= (uint8_t)(1 << p % 8);
            struct result got;
            assert_int_equal(read_file(&got), 0);
            assert_true(got.in_order);
            assert_int_equal(got.bad_blocks, 1);
            assert_int_equal(got.good + got.lost, N);
            assert_in_range(got.lost, 0, BLOCK / 23);
        }
    }
}

static void a_cut_keeps_what_stands_before(void **state)
{
    uint32_t before = 0;
    for (size_t n = 0; n <= n_bytes; n += n % BLOCK < 2 ? 1 : n % BLOCK == 2 ? BLOCK / 2 : BLOCK - n % BLOCK) {
        put_file(bytes, n);
        struct result got;
        assert_int_equal(read_file(&got), 0);
        assert_true(got.in_order);
        assert_true(got.good >= before);
        if (n >= BLOCK)
            assert_int_equal(got.bad_blocks, n % BLOCK ? 1 : 0);
        before = got.good;
    }
    assert_int_equal(before, N);
}

static void blocks_of_another_place_do_not_count(void **state)
{
    uint8_t *mixed = malloc(n_bytes);
    memcpy(mixed, bytes, n_bytes);
    memcpy(mixed + 3 * BLOCK, bytes + 5 * BLOCK, BLOCK);
    put_file(mixed, n_bytes);
    struct result got;
    assert_int_equal(read_file(&got), 0);
    assert_true(got.in_order && got.bad_blocks == 1 && got.good + got.lost == N);
    memset(mixed + BLOCK, 0, 6 * BLOCK); /* zeros, as a power cut leaves them */
    put_file(mixed, n_bytes);
    assert_int_equal(read_file(&got), 0);
    assert_true(got.in_order && got.bad_blocks == 6 && got.good + got.lost == N);
    free(mixed);
}

static void no_segment(void **state)
{
    struct err err = {0};
    struct spool_reader *r;
    uint8_t *noise = calloc(1, 3 * BLOCK);
    put_file(noise, 3 * BLOCK);
    assert_int_equal(spool_reader_open(path, &r, &err), -EBADMSG);
    assert_non_null(strstr(err.text, "no spool segment"));
    free(noise);
    err = (struct err){0};
    assert_int_equal(spool_reader_open("/nowhere/x.spool", &r, &err), -ENOENT);
    assert_int_equal(spool_reader_open(store, &r, &err), -EBADMSG); /* a folder */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flipped_bit_costs_its_block), cmocka_unit_test(a_cut_keeps_what_stands_before),
        cmocka_unit_test(blocks_of_another_place_do_not_count), cmocka_unit_test(no_segment)};
    return cmocka_run_group_tests(tests, make_segment, drop_segment);
}

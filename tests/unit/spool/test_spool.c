#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "../cmocka_all.h"
#include "base/ts.h"
#include "records.h"
#include "spool/spool.h"

static char store[64];

static int make_store(void **state)
{
    return temp_store(store) ? 0 : -1;
}
static int drop_store(void **state)
{
    remove_tree(store);
    return 0;
}

static struct spool_writer *writer(const char *name, uint64_t bytes, uint16_t payload)
{
    struct spool_options o = {.store_dir = store, .recorder = name, .segment_bytes_max = bytes, .payload_bytes = payload};
    struct spool_writer *w = NULL;
    struct err err = {0};
    if (spool_writer_open(&o, &w, &err) < 0)
        fail_msg("%s", err.text);
    return w;
}

static void path_of(const struct spool_segment *s, char ret[static 160])
{
    (void)snprintf(ret, 160, "%s/spool/%s", store, s->name);
}

/* Reads every segment in order; checks that record k is record_of(first + k). Returns how many there were. */
static uint32_t read_all(uint32_t first, uint16_t payload, struct loss_row *sum, size_t *ret_segments)
{
    struct spool_segment *list;
    size_t n;
    struct err err = {0};
    uint32_t count = 0;
    assert_int_equal(spool_list(store, &list, &n, &err), 0);
    for (size_t i = 0; i < n; i++) {
        char path[160];
        path_of(&list[i], path);
        struct spool_reader *r;
        if (spool_reader_open(path, &r, &err) < 0)
            fail_msg("%s", err.text);
        struct hdr h;
        int rc;
        while ((rc = spool_read(r, &h)) == 1) {
            struct hdr want = record_of(first + count);
            if (!records_equal(&h, &want, payload))
                fail_msg("record %u differs", first + count);
            count++;
        }
        assert_int_equal(rc, 0);
        assert_int_equal(spool_reader_bad_blocks(r), 0);
        assert_int_equal(spool_reader_lost_records(r), 0);
        struct loss_row row;
        while (spool_read_loss(r, &row) == 1) {
            assert_int_equal(row.received, row.stored + row.lost);
            if (sum && strcmp(row.stage, sum->stage) == 0) {
                sum->stored += row.stored;
                sum->lost += row.lost;
            }
        }
        struct spool_info info;
        spool_reader_info(r, &info);
        assert_string_equal(info.recorder, list[i].recorder);
        assert_int_equal(info.seq, list[i].seq);
        spool_reader_close(r);
    }
    free(list);
    if (ret_segments)
        *ret_segments = n;
    return count;
}

static void round_trip(void **state)
{
    static const uint16_t payloads[] = {0, 5, 2000};
    for (size_t p = 0; p < 3; p++) {
        assert_non_null(temp_store(store));
        struct spool_writer *w = writer("a", 0, payloads[p]);
        for (uint32_t i = 0; i < 30000; i++) {
            struct hdr h = record_of(i);
            assert_int_equal(spool_write(w, &h), 0);
        }
        assert_int_equal(spool_write_ledger(w, 5, 7, NULL, 0), 0);
        assert_int_equal(spool_writer_close(w, NULL), 0);
        struct loss_row disk = {.stage = "disk"};
        size_t segments;
        assert_int_equal(read_all(0, payloads[p], &disk, &segments), 30000);
        assert_int_equal(disk.stored, 30000);
        assert_int_equal(segments, 1);
        remove_tree(store);
    }
}

static void times_far_apart_and_backwards(void **state)
{
    static const int64_t times[] = {0, -1, INT64_C(4000000000), 5, INT64_MAX, INT64_MIN, 17, INT64_C(-9000000000000)};
    struct spool_writer *w = writer("t", 0, 0);
    for (size_t i = 0; i < 8; i++) {
        struct hdr h = record_of((uint32_t)i);
        h.ts_us = times[i];
        assert_int_equal(spool_write(w, &h), 0);
    }
    assert_int_equal(spool_writer_close(w, NULL), 0);
    struct spool_segment *list;
    size_t n;
    assert_int_equal(spool_list(store, &list, &n, NULL), 0);
    assert_int_equal(n, 1);
    char path[160];
    path_of(&list[0], path);
    struct spool_reader *r;
    assert_int_equal(spool_reader_open(path, &r, NULL), 0);
    for (size_t i = 0; i < 8; i++) {
        struct hdr h;
        assert_int_equal(spool_read(r, &h), 1);
        assert_true(h.ts_us == times[i]);
    }
    spool_reader_close(r);
    free(list);
}

/* Rotation by size and by age; a writer that gets no packet but ledgers rotates too, one that gets nothing makes none. */
static void rotation(void **state)
{
    struct spool_writer *w = writer("r", 1 << 20, 0);
    for (uint32_t i = 0; i < 200000; i++) {
        struct hdr h = record_of(i);
        assert_int_equal(spool_write(w, &h), 0);
    }
    assert_int_equal(spool_writer_close(w, NULL), 0);
    size_t segments;
    assert_int_equal(read_all(0, 0, NULL, &segments), 200000);
    assert_in_range(segments, 6, 16);
    remove_tree(store);

    assert_non_null(temp_store(store));
    w = writer("q", 0, 0);
    int64_t mono = ts_mono_us();
    for (int minute = 0; minute < 5; minute++) {
        for (int s = 0; s < 60; s++)
            assert_int_equal(spool_tick(w, mono += TS_SECOND_US), 0);
        assert_int_equal(spool_write_ledger(w, minute * 60 * TS_SECOND_US, 60 * TS_SECOND_US, NULL, 0), 0);
    }
    for (int s = 0; s < 61; s++)
        assert_int_equal(spool_tick(w, mono += TS_SECOND_US), 0);
    assert_int_equal(spool_writer_close(w, NULL), 0);
    assert_int_equal(read_all(0, 0, NULL, &segments), 0);
    assert_int_equal(segments, 5);

    w = writer("z", 0, 0);
    for (int s = 0; s < 300; s++)
        assert_int_equal(spool_tick(w, mono += TS_SECOND_US), 0);
    assert_int_equal(spool_writer_close(w, NULL), 0);
    assert_int_equal(read_all(0, 0, NULL, &segments), 0);
    assert_int_equal(segments, 5);
}

/* A reader sees what was written while the segment is open, whole blocks only, at the latest flush_us after. */
static void reading_while_writing(void **state)
{
    struct spool_writer *w = writer("live", 0, 0);
    int64_t mono = ts_mono_us();
    uint32_t before = 0;
    for (uint32_t i = 0; i < 2000; i++) {
        struct hdr h = record_of(i);
        assert_int_equal(spool_write(w, &h), 0);
        if (i % 100 == 99) {
            assert_int_equal(spool_tick(w, mono += TS_SECOND_US / 10), 0);
            uint32_t seen = read_all(0, 0, NULL, NULL);
            assert_true(seen >= before && seen <= i + 1);
            if (i % 300 == 299)
                assert_true(seen >= i + 1 - 200); /* ticks are 100 ms apart, flush_us is 200 ms */
            before = seen;
        }
    }
    assert_int_equal(spool_tick(w, mono += TS_SECOND_US), 0);
    assert_int_equal(read_all(0, 0, NULL, NULL), 2000);
    assert_int_equal(spool_writer_close(w, NULL), 0);
    assert_int_equal(read_all(0, 0, NULL, NULL), 2000);
}

/* The file takes no more (a limit stands for a full disk): what fits the buffer waits, the rest is lost and counted, and
 * when there is room again nothing that was kept is missing and the ledger holds the loss. */
static void no_room(void **state)
{
    struct spool_writer *w = writer("full", 0, 0);
    struct rlimit old, small = {1 << 20, RLIM_INFINITY};
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small.rlim_max = old.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    uint32_t kept = 0, refused = 0, n = 300000;
    for (uint32_t i = 0; i < n; i++) {
        struct hdr h = record_of(kept);
        if (spool_write(w, &h) == 0)
            kept++;
        else
            refused++;
    }
    assert_true(refused > 0 && kept > 60000);
    assert_int_equal(spool_write_ledger(w, 1, 1, NULL, 0), -EFBIG);
    assert_int_equal(spool_tick(w, ts_mono_us()), -EFBIG);
    struct spool_counts c;
    spool_writer_counts(w, &c);
    assert_int_equal(c.error, -EFBIG);
    assert_int_equal(c.lost, refused);
    assert_int_equal(c.given, n);
    assert_true(read_all(0, 0, NULL, NULL) < kept); /* and what is there is good */

    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(spool_tick(w, ts_mono_us()), 0);
    for (int i = 0; i < 1000; i++, kept++) {
        struct hdr h = record_of(kept);
        assert_int_equal(spool_write(w, &h), 0);
    }
    assert_int_equal(spool_write_ledger(w, 1, 2, NULL, 0), 0);
    assert_int_equal(spool_writer_close(w, NULL), 0);
    struct loss_row disk = {.stage = "disk"};
    assert_int_equal(read_all(0, 0, &disk, NULL), kept);
    assert_int_equal(disk.stored, kept);
    assert_int_equal(disk.lost, refused);
}

/* A child writes, ticks, says how far it got, and dies without closing. */
static void die_after(uint32_t first, uint32_t n, bool ledger_half_way)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct spool_options o = {.store_dir = store, .recorder = "k", .segment_bytes_max = 1 << 20};
        struct spool_writer *w;
        if (spool_writer_open(&o, &w, NULL) < 0)
            _exit(1);
        for (uint32_t i = first; i < first + n; i++) {
            struct hdr h = record_of(i);
            if (spool_write(w, &h) < 0 ||
                (ledger_half_way && i == first + n / 2 && spool_write_ledger(w, 10, 20, NULL, 0) < 0))
                _exit(2);
        }
        if (spool_tick(w, ts_mono_us() + TS_SECOND_US) < 0)
            _exit(3);
        (void)kill(getpid(), SIGKILL);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void killed_and_started_again(void **state)
{
    die_after(0, 70000, false);
    die_after(70000, 5, true);
    die_after(70005, 50000, true);
    struct spool_writer *w = writer("k", 0, 0);
    assert_true(spool_writer_alive_before_us(w) > 0);
    assert_true(spool_writer_alive_before_us(w) <= ts_now_us());
    struct spool_segment *list;
    size_t n;
    assert_int_equal(spool_list(store, &list, &n, NULL), 0);
    for (size_t i = 0; i < n; i++) {
        assert_true(list[i].sealed);
        if (i)
            assert_true(list[i].seq > list[i - 1].seq);
    }
    free(list);
    struct hdr h = record_of(120005);
    assert_int_equal(spool_write(w, &h), 0);
    assert_int_equal(spool_write_ledger(w, 10, 20, NULL, 0), 0);
    assert_int_equal(spool_writer_close(w, NULL), 0);
    struct loss_row disk = {.stage = "disk"};
    assert_int_equal(read_all(0, 0, &disk, NULL), 120006);
    assert_int_equal(disk.stored, 120006); /* the ledger counts what the dead ones stored, each once */
    assert_int_equal(disk.lost, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(round_trip, drop_store),
        cmocka_unit_test_setup_teardown(times_far_apart_and_backwards, make_store, drop_store),
        cmocka_unit_test_setup_teardown(rotation, make_store, drop_store),
        cmocka_unit_test_setup_teardown(reading_while_writing, make_store, drop_store),
        cmocka_unit_test_setup_teardown(no_room, make_store, drop_store),
        cmocka_unit_test_setup_teardown(killed_and_started_again, make_store, drop_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

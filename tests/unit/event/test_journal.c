/* Segments on disk: rotation, finished or live, killed writers, a full disk. */
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../cmocka_all.h"
#include "base/ts.h"
#include "event/event.h"
#include "journal_read.h"

static int put(struct journal *j, int64_t i)
{
    struct event_head head = {.type = EVENT_COMMAND, .ts_us = 1, .session = 1};
    struct event *e = event_begin(j, &head);
    event_int(e, EVENT_F_LEN, i);
    event_str(e, EVENT_F_TEXT,
              "select version() -- a line of some length, so that a kill can hit its middle");
    return event_end(e);
}

static int64_t number_of(json_t *events, size_t i)
{
    return json_integer_value(json_object_get(json_array_get(events, i), "len_bytes"));
}

static void writes_and_reads_back_over_segments(void **state)
{
    char store[64];
    struct journal *j = NULL;
    make_store(store);
    struct journal_options o = {.store_dir = store, .instance = "pot", .segment_bytes_max = 4096};
    assert_int_equal(journal_open(&o, &j, NULL), 0);
    for (int64_t i = 0; i < 500; i++) {
        assert_int_equal(put(j, i), 0);
        if (i % 10 == 0)
            assert_int_equal(journal_tick(j, 0), 0);
    }
    struct journal_content c = read_journal(store);
    assert_true(c.n_segments > 5);
    assert_true(c.n_live <= 1);
    json_decref(c.events);
    assert_int_equal(journal_close(j, NULL), 0);
    c = read_journal(store);
    assert_int_equal(c.n_live, 0);
    assert_int_equal(c.n_torn, 0);
    assert_int_equal(json_array_size(c.events), 500);
    for (size_t i = 0; i < 500; i++)
        assert_int_equal(number_of(c.events, i), i);
    json_decref(c.events);
    remove_store(store);
}

static void an_open_segment_is_live_until_closed(void **state)
{
    char store[64];
    struct journal *j = NULL;
    make_store(store);
    struct journal_options o = {.store_dir = store, .instance = "pot", .segment_age_max_us = 1};
    assert_int_equal(journal_open(&o, &j, NULL), 0);
    assert_int_equal(put(j, 7), 0);
    struct journal_content c = read_journal(store);
    assert_int_equal(c.n_segments, 1);
    assert_int_equal(c.n_live, 1);
    assert_int_equal(json_array_size(c.events), 0); /* in the buffer until the tick */
    json_decref(c.events);
    (void)usleep(1000);
    assert_int_equal(journal_tick(j, 0), 0); /* written, and old enough to be finished */
    c = read_journal(store);
    assert_int_equal(c.n_live, 0);
    assert_int_equal(json_array_size(c.events), 1);
    json_decref(c.events);
    assert_int_equal(journal_close(j, NULL), 0);
    assert_int_equal(journal_open(&o, &j, NULL), 0); /* a run without a line leaves no file */
    assert_int_equal(journal_close(j, NULL), 0);
    c = read_journal(store);
    assert_int_equal(c.n_segments, 1);
    json_decref(c.events);
    remove_store(store);
}

/* A child writes as fast as it can and reports after each tick what it has handed over; it is killed at some moment. Nothing
 * it reported may be missing, and the segment must count as finished at once. */
static void kill_9_loses_nothing_that_was_ticked(void **state)
{
    for (int round = 0; round < 8; round++) {
        char store[64];
        int report[2];
        make_store(store);
        assert_int_equal(pipe(report), 0);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            struct journal *j = NULL;
            struct journal_options o = {.store_dir = store, .instance = "pot", .segment_bytes_max = 1 << 20};
            if (journal_open(&o, &j, NULL) < 0)
                _exit(1);
            for (int64_t i = 0;; i++) {
                if (put(j, i) < 0)
                    _exit(2);
                if (i % 97 == 0 && (journal_tick(j, 0) < 0 || write(report[1], &i, sizeof i) != sizeof i))
                    _exit(3);
            }
        }
        close(report[1]);
        int64_t reported = -1, i;
        ssize_t got = read(report[0], &i, sizeof i);
        (void)usleep(5000u + 7000u * (unsigned)round);
        assert_int_equal(kill(pid, SIGKILL), 0);
        while (got == sizeof i) {
            reported = i;
            got = read(report[0], &i, sizeof i);
        }
        int status = 0;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        close(report[0]);
        struct journal_content c = read_journal(store);
        assert_int_equal(c.n_live, 0);
        size_t n = json_array_size(c.events);
        assert_true(reported >= 0 && (int64_t)n > reported);
        for (size_t k = 0; k < n; k++)
            assert_int_equal(number_of(c.events, k), k);
        json_decref(c.events);
        remove_store(store);
    }
}

/* A writer that died between making a segment and naming it leaves a hidden file; the next start takes it away, and leaves
 * alone what another writer is just making. */
static void a_start_clears_what_a_crash_left(void **state)
{
    char store[64], left[160];
    struct journal *j = NULL;
    make_store(store);
    struct journal_options o = {.store_dir = store, .instance = "pot"};
    assert_int_equal(journal_open(&o, &j, NULL), 0);
    assert_int_equal(journal_close(j, NULL), 0);
    (void)snprintf(left, sizeof left, "%s/journal/.pot-0000000000000042.jsonl.new", store);
    FILE *f = fopen(left, "w");
    assert_non_null(f);
    (void)fclose(f);
    assert_int_equal(journal_open(&o, &j, NULL), 0);
    assert_int_equal(access(left, F_OK), -1);
    assert_int_equal(journal_close(j, NULL), 0);
    remove_store(store);
}

static void limit_files(rlim_t bytes)
{
    struct rlimit r;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &r), 0);
    r.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
}

/* The file-size limit stands for the full disk: a write ends in the middle of a line. */
static void a_full_disk_is_counted_and_survived(void **state)
{
    char store[64];
    struct journal *j = NULL;
    make_store(store);
    (void)signal(SIGXFSZ, SIG_IGN);
    struct journal_options o = {.store_dir = store, .instance = "pot"};
    assert_int_equal(journal_open(&o, &j, NULL), 0);
    limit_files(10000);
    int64_t i = 0, kept = 0;
    for (; i < 100000; i++) { /* far more than the file and the buffer take */
        kept += put(j, i) == 0;
        if (i % 50 == 0)
            (void)journal_tick(j, 0);
    }
    assert_true(journal_tick(j, 0) < 0);
    assert_true(kept < i);
    assert_int_equal(journal_lost(j), (uint64_t)(i - kept));
    limit_files(RLIM_INFINITY);
    assert_int_equal(journal_tick(j, 0), 0);
    assert_int_equal(put(j, i), 0);
    assert_int_equal(journal_close(j, NULL), 0);
    struct journal_content c = read_journal(store);
    assert_int_equal(c.n_torn, 0);
    size_t n = json_array_size(c.events);
    assert_int_equal(n, kept + 2);
    for (size_t k = 0; k < (size_t)kept; k++)
        assert_int_equal(number_of(c.events, k), k);
    json_t *counts = json_array_get(c.events, n - 2);
    assert_string_equal(json_string_value(json_object_get(counts, "event_type")), "counts");
    assert_string_equal(json_string_value(json_object_get(counts, "reason")), "journal");
    assert_int_equal(json_integer_value(json_object_get(counts, "count")), i - kept);
    json_decref(c.events);
    remove_store(store);
}

static void samples_are_stored_once_within_the_quota(void **state)
{
    char store[64], path[256], hex[65];
    struct journal *j = NULL;
    make_store(store);
    struct journal_options o = {.store_dir = store, .instance = "pot", .sample_bytes_max = 10};
    assert_int_equal(journal_open(&o, &j, NULL), 0);
    assert_int_equal(sample_store(j, "abc", 3, hex), 0);
    /* FIPS 180-2, appendix B.1 */
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    (void)snprintf(path, sizeof path, "%s/sample/ba/%s", store, hex);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0400);
    assert_int_equal(st.st_size, 3);
    assert_int_equal(sample_store(j, "abc", 3, hex), -EEXIST);
    assert_int_equal(sample_store(j, "12345678", 8, hex), -ENOSPC);
    assert_int_equal(strlen(hex), 64);
    assert_int_equal(sample_store(j, "1234567", 7, hex), 0);
    assert_int_equal(journal_close(j, NULL), 0);
    assert_int_equal(journal_open(&o, &j, NULL), 0); /* the quota is of the store, not of the run */
    assert_int_equal(sample_store(j, "x", 1, hex), -ENOSPC);
    assert_int_equal(journal_close(j, NULL), 0);
    remove_store(store);
}

static void an_unwritable_store_is_an_error_line(void **state)
{
    struct journal *j = NULL;
    struct err err = {""};
    struct journal_options o = {.store_dir = "/proc/self/nowhere", .instance = "pot"};
    assert_true(journal_open(&o, &j, &err) < 0);
    assert_non_null(strstr(err.text, "/proc/self/nowhere"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_and_reads_back_over_segments),
        cmocka_unit_test(an_open_segment_is_live_until_closed),
        cmocka_unit_test(kill_9_loses_nothing_that_was_ticked),
        cmocka_unit_test(a_start_clears_what_a_crash_left),
        cmocka_unit_test(a_full_disk_is_counted_and_survived),
        cmocka_unit_test(samples_are_stored_once_within_the_quota),
        cmocka_unit_test(an_unwritable_store_is_an_error_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

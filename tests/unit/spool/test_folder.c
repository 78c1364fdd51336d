#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "../cmocka_all.h"
#include "base/io.h"
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

static void names(void **state)
{
    struct spool_segment s;
    assert_true(spool_segment_parse("mir0-0000000012.spool", &s));
    assert_string_equal(s.recorder, "mir0");
    assert_int_equal(s.seq, 12);
    assert_false(s.sealed);
    assert_true(spool_segment_parse("a-1763891234.sealed", &s));
    assert_true(s.sealed);
    static const char *const wrong[] = {"a-12.spool", "-0000000012.spool", "A-0000000012.spool", "a-0000000012.spoo",
                                        "a-0000000012", "a-0000000012.sealed.tmp", "a.lock", "a- 000000012.spool",
                                        "a-99999999999999999999999.spool", "a/b-0000000012.spool", "",
                                        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-0000000012.spool", "a--000000012.spool"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(spool_segment_parse(wrong[i], &s));
}

static void one_recorder_of_a_name(void **state)
{
    struct spool_options o = {.store_dir = store, .recorder = "one"};
    struct spool_writer *w, *again;
    struct err err = {0};
    assert_int_equal(spool_writer_open(&o, &w, NULL), 0);
    assert_int_equal(spool_writer_open(&o, &again, &err), -EBUSY);
    assert_non_null(strstr(err.text, "one is already writing"));
    o.recorder = "two";
    assert_int_equal(spool_writer_open(&o, &again, NULL), 0);
    assert_int_equal(spool_writer_close(again, NULL), 0);
    assert_int_equal(spool_writer_close(w, NULL), 0);
    static const char *const wrong[] = {"", "A", "a-b", "a b", "../x", "abcdefghijklmnopqrstuvwxyz0123456"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        o.recorder = wrong[i];
        assert_int_equal(spool_writer_open(&o, &w, NULL), -EINVAL);
    }
}

static void dead_one_leaves(const char *name, uint32_t n)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct spool_options o = {.store_dir = store, .recorder = name};
        struct spool_writer *w;
        if (spool_writer_open(&o, &w, NULL) < 0)
            _exit(1);
        for (uint32_t i = 0; i < n; i++) {
            struct hdr h = record_of(i);
            (void)spool_write(w, &h);
        }
        (void)spool_tick(w, ts_mono_us() + TS_SECOND_US);
        (void)kill(getpid(), SIGKILL);
    }
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* The sealing process seals what the dead left and leaves the living alone; a number is never used twice. */
static void recovery(void **state)
{
    struct spool_options o = {.store_dir = store, .recorder = "alive"};
    struct spool_writer *w;
    assert_int_equal(spool_recover(store, NULL), 0); /* no folder yet */
    assert_int_equal(spool_writer_open(&o, &w, NULL), 0);
    struct hdr h = record_of(0);
    assert_int_equal(spool_write(w, &h), 0);
    assert_int_equal(spool_tick(w, ts_mono_us() + TS_SECOND_US), 0);
    dead_one_leaves("dead", 500);
    dead_one_leaves("dead2", 7);

    struct err err = {0};
    assert_int_equal(spool_recover(store, &err), 2);
    assert_int_equal(spool_recover(store, &err), 0);
    struct spool_segment *list;
    size_t n;
    assert_int_equal(spool_list(store, &list, &n, NULL), 0);
    assert_int_equal(n, 3);
    assert_string_equal(list[0].recorder, "alive");
    assert_false(list[0].sealed);
    assert_true(list[1].sealed && list[2].sealed);
    uint64_t seq = list[1].seq;

    /* Sealed, converted, deleted: the next one still counts on. */
    char path[160];
    (void)snprintf(path, sizeof path, "%s/spool/%s", store, list[1].name);
    assert_int_equal(unlink(path), 0);
    free(list);
    dead_one_leaves("dead", 1);
    assert_int_equal(spool_list(store, &list, &n, NULL), 0);
    assert_true(strcmp(list[1].recorder, "dead") == 0 && list[1].seq > seq);
    free(list);
    assert_int_equal(spool_writer_close(w, NULL), 0);
}

/* Died between making the file and writing into it; half a block behind good ones; a file that is none. */
static void remains(void **state)
{
    char path[160];
    dead_one_leaves("x", 500);
    struct spool_segment *list;
    size_t n;
    assert_int_equal(spool_list(store, &list, &n, NULL), 0);
    (void)snprintf(path, sizeof path, "%s/spool/%s", store, list[0].name);
    int fd = open(path, O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, "torn", 4), 4);
    close(fd);
    (void)snprintf(path, sizeof path, "%s/spool/x-%010llu.spool", store, (unsigned long long)list[0].seq + 1);
    free(list);
    fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    close(fd);
    (void)snprintf(path, sizeof path, "%s/spool/y-0000000001.spool", store);
    fd = open(path, O_WRONLY | O_CREAT, 0600);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(write(fd, "garbage\n", 8), 8);
    close(fd);
    struct err err = {0};
    if (spool_recover(store, &err) != 2)
        fail_msg("%s", err.text);
    assert_int_equal(spool_list(store, &list, &n, NULL), 0);
    assert_int_equal(n, 2);
    (void)snprintf(path, sizeof path, "%s/spool/%s", store, list[0].name);
    free(list);
    struct spool_reader *r;
    assert_int_equal(spool_reader_open(path, &r, NULL), 0);
    struct hdr h;
    uint32_t got = 0;
    while (spool_read(r, &h) == 1)
        got++;
    assert_int_equal(got, 500);
    assert_int_equal(spool_reader_bad_blocks(r), 0);
    spool_reader_close(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test_setup_teardown(one_recorder_of_a_name, make_store, drop_store),
        cmocka_unit_test_setup_teardown(recovery, make_store, drop_store),
        cmocka_unit_test_setup_teardown(remains, make_store, drop_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

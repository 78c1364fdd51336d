/* The guard refuses here: this is no lab. What it needs from a mark is checked line by line. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmocka_all.h"
#include "lab/guard.h"

static char folder[] = "/tmp/hotaru-guard-XXXXXX";
static char mark_path[64];

static void refused(const char *because)
{
    struct err err = {.text = ""};
    assert_int_equal(guard_check("eth0", &err), -EPERM);
    if (!strstr(err.text, because))
        fail_msg("said: %s", err.text);
}

static void test_no_mark(void **state)
{
    (void)state;
    assert_int_equal(unsetenv(GUARD_ENV), 0);
    refused("not inside a lab");
    assert_int_equal(setenv(GUARD_ENV, "", 1), 0);
    refused("not inside a lab");
}

/* A mark that names the namespace we are in does not make it a lab: it is the host's. */
static void test_forged_mark(void **state)
{
    (void)state;
    struct guard_mark mark = {.interface = "eth0", .name = "attackers"};
    struct err err = {.text = ""};
    uint64_t host = 0;
    assert_int_equal(guard_netns_inode("/proc/self/ns/net", &mark.netns_inode), 0);
    assert_int_equal(guard_write(mark_path, &mark, 1, &err), 0);
    assert_int_equal(setenv(GUARD_ENV, mark_path, 1), 0);
    if (guard_netns_inode("/proc/1/ns/net", &host) == 0 && host == mark.netns_inode)
        refused("host's network namespace");
    else
        assert_int_equal(guard_check("no-such-if", NULL), -EPERM);
    struct stat st;
    assert_int_equal(stat(mark_path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void test_lines(void **state)
{
    (void)state;
    struct guard_mark m;
    assert_int_equal(guard_parse_line("netns 4026532001 eth0 attackers", &m), 0);
    assert_int_equal(m.netns_inode, 4026532001);
    assert_string_equal(m.interface, "eth0");
    assert_string_equal(m.name, "attackers");
    assert_int_equal(guard_parse_line("# words", &m), -ENODATA);
    assert_int_equal(guard_parse_line("", &m), -ENODATA);
    static const char *const bad[] = {"netns",
                                      "netns x eth0 a",
                                      "netns 1 eth0",
                                      "netns 1 eth0 a b",
                                      "netns 1 a/b c",
                                      "user 1 eth0 a",
                                      "netns 1 averylonginterfacename a",
                                      "netns 1 eth0 UPPER"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(guard_parse_line(bad[i], &m), -EINVAL);
}

static int make(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    (void)snprintf(mark_path, sizeof mark_path, "%s/mark", folder);
    return 0;
}

static int clean(void **state)
{
    (void)state;
    (void)unlink(mark_path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_mark),
        cmocka_unit_test(test_forged_mark),
        cmocka_unit_test(test_lines),
    };
    return cmocka_run_group_tests(tests, make, clean);
}

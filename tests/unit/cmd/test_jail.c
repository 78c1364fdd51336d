/* What a process in the query's cage can still do: each thing is tried in a child. */
#include "unit/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "cmd/jail.h"

static char inside[] = "/tmp/hotaru-jail-XXXXXX", outside[] = "/tmp/hotaru-free-XXXXXX";
static char file_in[64], file_out[64];

static int try_open(const char *path, int flags)
{
    int fd = open(path, flags, 0600);
    return fd < 0 ? errno : 0;
}

/* Each returns 0 when it was possible, else errno. */
static int read_inside(void) { return try_open(file_in, O_RDONLY); }
static int read_outside(void) { return try_open(file_out, O_RDONLY); }
static int read_passwd(void) { return try_open("/etc/passwd", O_RDONLY); }
static int write_inside(void) { return try_open(file_in, O_WRONLY); }
static int append_inside(void) { return try_open(file_in, O_WRONLY | O_APPEND); }
static int cut_inside(void) { return try_open(file_in, O_RDONLY | O_TRUNC); }
static int make_inside(void)
{
    char path[100];
    (void)snprintf(path, sizeof path, "%s/new", inside);
    return try_open(path, O_WRONLY | O_CREAT);
}
static int unlink_inside(void) { return unlink(file_in) < 0 ? errno : 0; }
static int rename_inside(void) { return rename(file_in, file_out) < 0 ? errno : 0; }
static int chmod_inside(void) { return chmod(file_in, 0777) < 0 ? errno : 0; }
static int open_socket(void) { return socket(AF_INET, SOCK_STREAM, 0) < 0 ? errno : 0; }
static int run_program(void)
{
    (void)execl("/bin/true", "true", (char *)NULL);
    return errno;
}
static int write_pipe(void) { return write(STDOUT_FILENO, "", 0) < 0 ? errno : 0; }

/* What the child got: 0 or an errno. */
static int in_jail(int (*what)(void), bool reopen)
{
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        int files = jail_files(inside);
        if (files < 0)
            _exit(files == -ENOSYS || files == -EOPNOTSUPP ? 200 : 201);
        if (jail_calls(reopen) < 0)
            _exit(202);
        _exit(what());
    }
    assert_true(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(inside) || !mkdtemp(outside))
        return -1;
    (void)snprintf(file_in, sizeof file_in, "%s/file", inside);
    (void)snprintf(file_out, sizeof file_out, "%s/file", outside);
    return io_replace_file(file_in, "in", 2, NULL) < 0 || io_replace_file(file_out, "out", 3, NULL) < 0 ? -1 : 0;
}

static int teardown(void **state)
{
    (void)state;
    (void)unlink(file_in);
    (void)unlink(file_out);
    return rmdir(inside) < 0 || rmdir(outside) < 0 ? -1 : 0;
}

static void test_jail(void **state)
{
    (void)state;
    for (int reopen = 0; reopen < 2; reopen++) {
        if (in_jail(write_pipe, reopen) == 200)
            skip(); /* this kernel has no Landlock */
        assert_int_equal(in_jail(write_pipe, reopen), 0);
        assert_int_equal(in_jail(read_inside, reopen), 0);
        assert_int_equal(in_jail(read_outside, reopen), EACCES);
        assert_int_equal(in_jail(read_passwd, reopen), EACCES);
        int refused = reopen ? EACCES : EPERM; /* by Landlock; by seccomp before it */
        assert_int_equal(in_jail(write_inside, reopen), refused);
        assert_int_equal(in_jail(append_inside, reopen), refused);
        assert_int_equal(in_jail(make_inside, reopen), refused);
        assert_int_equal(in_jail(unlink_inside, reopen), EPERM);
        assert_int_equal(in_jail(rename_inside, reopen), EPERM);
        assert_int_equal(in_jail(chmod_inside, reopen), EPERM);
        assert_int_equal(in_jail(open_socket, reopen), EPERM);
        assert_int_equal(in_jail(run_program, reopen), EPERM);
    }
    assert_int_equal(in_jail(cut_inside, false), EPERM);
    assert_int_not_equal(in_jail(cut_inside, true), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_jail)};
    return cmocka_run_group_tests(tests, setup, teardown);
}

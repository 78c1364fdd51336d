/* What a confined process can no longer do; in children, since it is for life. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../cmocka_all.h"
#include "../event/journal_read.h"
#include "event/event.h"
#include "session/confine.h"

static char store[64];

/* Runs deed() confined; the child's wait status. */
static int confined(int (*deed)(struct journal *j, int socket_fd))
{
    (void)fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct err err = {""};
        struct journal *j = NULL;
        char hex[65];
        struct journal_options jo = {.store_dir = store, .instance = "pot", .segment_bytes_max = 1};
        struct confine_options o = {.user = "nobody", .store_dir = store, .read_paths = {"/etc/hostname"}};
        int fd = socket(AF_INET, SOCK_DGRAM, 0);
        if (journal_open(&jo, &j, &err) < 0 || sample_digest("", 0, hex) < 0 ||
            confine_honeypot(&o, &err) < 0 || confine_honeypot_calls(&err) < 0) {
            (void)fprintf(stderr, "%s\n", err.text);
            _exit(99);
        }
        _exit(deed(j, fd));
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

/* The number of the first check that fails, 0 for none. */
static int try_all(struct journal *j, int fd)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno != EPERM)
        return 1;
    if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0 || errno != EPERM)
        return 2;
    if (sendto(fd, "x", 1, 0, (struct sockaddr *)&at, sizeof at) >= 0 || errno != EPERM)
        return 3;
    if (bind(fd, (struct sockaddr *)&at, sizeof at) == 0 || errno != EPERM)
        return 4;
    if (open("/tmp/hotaru-confine", O_WRONLY | O_CREAT, 0600) >= 0 || errno != EPERM)
        return 5;
    if (open("/tmp", O_RDWR | O_TMPFILE, 0600) >= 0)
        return 6;
    if (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED ||
        errno != EPERM)
        return 7;
    if (unshare(0) == 0 || syscall(SYS_setuid, 0) == 0 || chroot("/") == 0)
        return 8;
    if (geteuid() == 0)
        return 9;
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0)
        return 10;
    return 0;
}

static int try_files(struct journal *j, int fd)
{
    if (open("/etc/passwd", O_RDONLY) >= 0)
        return 1;
    int allowed = open("/etc/hostname", O_RDONLY);
    if (allowed < 0 && errno != ENOENT)
        return 2;
    if (opendir("/") != NULL)
        return 3;
    return 0;
}

static int keep_recording(struct journal *j, int fd)
{
    struct event_head head = {.type = EVENT_COMMAND, .ts_us = 1};
    char hex[65];
    for (int i = 0; i < 5; i++) { /* each tick finishes the segment: new ones must be possible */
        struct event *e = event_begin(j, &head);
        event_int(e, EVENT_F_COUNT, i);
        if (event_end(e) < 0 || journal_tick(j, 0) < 0)
            return 1;
    }
    if (sample_store(j, "abc", 3, hex) < 0)
        return 2;
    return journal_close(j, NULL) < 0 ? 3 : 0;
}

static int run_a_program(struct journal *j, int fd)
{
    char *argv[] = {"/bin/true", NULL};
    (void)execv(argv[0], argv);
    return 0;
}

static bool is_root;
static bool has_landlock(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, 1u) >= 1;
}

static void nothing_leads_out(void **state)
{
    int status = confined(try_all);
    assert_true(WIFEXITED(status));
    if (!(WEXITSTATUS(status) == 9 && !is_root))
        assert_int_equal(WEXITSTATUS(status), 0);
}

static void only_the_named_files_can_be_read(void **state)
{
    if (!has_landlock())
        skip();
    int status = confined(try_files);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void the_journal_goes_on(void **state)
{
    int status = confined(keep_recording);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    struct journal_content c = read_journal(store);
    assert_int_equal(json_array_size(c.events), 5);
    assert_true(c.n_segments >= 5); /* and the empty ones of the children that ended at once */
    assert_int_equal(c.n_live, 0);
    json_decref(c.events);
}

static void a_program_is_never_run(void **state)
{
    int status = confined(run_a_program);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSYS);
}

int main(void)
{
    is_root = geteuid() == 0;
    make_store(store);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_leads_out),
        cmocka_unit_test(only_the_named_files_can_be_read),
        cmocka_unit_test(the_journal_goes_on),
        cmocka_unit_test(a_program_is_never_run),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    remove_store(store);
    return failed;
}

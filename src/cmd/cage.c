#include "cmd/cage.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "cmd/jail.h"

#define GRACE_SECONDS 3 /* for a query that does not stop by itself */

/* ---- the child ---- */

void cage_close(const struct cage *c)
{
    int calls = jail_calls(c->parquet);
    if (calls < 0)
        log_warn("no seccomp here (%s): this process is less confined", strerror(-calls));
}

static _Noreturn void child_main(const struct cage *c, int (*fn)(void *arg, struct err *err), void *arg, int out_fd, pid_t parent)
{
    struct err err = {0};
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || dup2(out_fd, STDOUT_FILENO) < 0)
        _exit(EXIT_FAILED);
    close(out_fd);
    int files = jail_files(c->store_dir), rc = 0;
    if (files == -ENOENT)
        rc = err_set(&err, -ENOENT, "there is no store at %s", c->store_dir);
    else if (files < 0)
        log_warn("no Landlock here (%s): only DuckDB's own settings keep this query inside the store", strerror(-files));
    if (rc == 0)
        rc = fn(arg, &err);
    if (rc < 0)
        log_error("%s", err.text);
    /* Everything is written; what exit() would run (a leak check) is not permitted here. */
    _exit(rc < 0 ? (int)err_exit_code(rc) : EXIT_GOOD);
}

/* ---- the parent: carries bytes, keeps the time ---- */

struct target {
    const char *name; /* for a person */
    char temp[PATH_MAX];
    int fd;
};

static int target_open(struct target *t, const char *out, struct err *err)
{
    struct stat st;
    *t = (struct target){.name = "standard output", .fd = STDOUT_FILENO};
    if (!out || strcmp(out, "-") == 0)
        return 0;
    t->name = out;
    if (stat(out, &st) == 0 && !S_ISREG(st.st_mode)) { /* a pipe or a device: nothing to rename */
        t->fd = open(out, O_WRONLY | O_CLOEXEC);
        return t->fd < 0 ? err_sys(err, -errno, "cannot write %s", out) : 0;
    }
    if (snprintf(t->temp, sizeof t->temp, "%s.%ld.tmp", out, (long)getpid()) >= (int)sizeof t->temp)
        return err_set(err, -ENAMETOOLONG, "file name %.60s… is too long", out);
    t->fd = open(t->temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (t->fd >= 0)
        return 0;
    t->temp[0] = '\0';
    return err_sys(err, -errno, "cannot write %s", out);
}

static int target_done(struct target *t, const char *out, bool good, struct err *err)
{
    int rc = 0;
    if (t->fd == STDOUT_FILENO || t->fd < 0)
        return 0;
    if (good && t->temp[0] && fsync(t->fd) < 0)
        rc = -errno;
    if (close(t->fd) < 0 && rc == 0)
        rc = -errno;
    if (!t->temp[0])
        return rc < 0 ? err_sys(err, rc, "cannot write %s", out) : 0;
    if (good && rc == 0 && rename(t->temp, out) < 0)
        rc = -errno;
    if (!good || rc < 0)
        (void)unlink(t->temp);
    return rc < 0 ? err_sys(err, rc, "cannot write %s", out) : 0;
}

static int carry(int from, const struct target *t, struct err *err)
{
    char buf[65536];
    for (;;) {
        ssize_t n = read(from, buf, sizeof buf);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? err_sys(err, -errno, "cannot read the result") : 0;
        int rc = io_write_all(t->fd, buf, (size_t)n);
        if (rc < 0)
            return err_sys(err, rc, "cannot write %s", t->name);
    }
}

static volatile sig_atomic_t child_pid, stopped;

/* The time is up, or somebody wants us to end: the pipe closes with the child, and what is unfinished is removed. */
static void on_signal(int number)
{
    stopped = number != SIGALRM;
    if (child_pid > 0)
        (void)kill(child_pid, SIGKILL);
}

static void watch(const struct cage *c)
{
    struct sigaction act = {.sa_handler = on_signal};
    (void)sigaction(SIGALRM, &act, NULL);
    (void)sigaction(SIGINT, &act, NULL);
    (void)sigaction(SIGTERM, &act, NULL);
    if (c->seconds)
        (void)alarm((unsigned)c->seconds + GRACE_SECONDS);
}

static int ended(int status, const struct err *err, int rc)
{
    if (rc < 0)
        log_error("%s", err->text);
    else if (stopped)
        log_error("stopped; nothing was written");
    else if (WIFSIGNALED(status))
        log_error("the query's process was ended by signal %d (time or memory)", WTERMSIG(status));
    return rc < 0 || stopped ? EXIT_FAILED : WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILED;
}

int cage_run(const struct cage *c, int (*fn)(void *arg, struct err *err), void *arg)
{
    struct err err = {0};
    struct target target;
    int pipe_fd[2], status = 0;
    int rc = target_open(&target, c->out, &err);
    if (rc == 0 && pipe2(pipe_fd, O_CLOEXEC) < 0) {
        rc = err_sys(&err, -errno, "no pipe");
        (void)target_done(&target, c->out, false, NULL);
    }
    if (rc < 0)
        return ended(0, &err, rc);
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        close(pipe_fd[0]);
        if (target.fd != STDOUT_FILENO)
            close(target.fd);
        child_main(c, fn, arg, pipe_fd[1], parent);
    }
    close(pipe_fd[1]);
    if (pid < 0) {
        rc = err_sys(&err, -errno, "cannot start the query's process");
    } else {
        child_pid = pid;
        watch(c);
        rc = carry(pipe_fd[0], &target, &err);
        if (rc < 0)
            (void)kill(pid, SIGKILL);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            continue;
        child_pid = 0;
    }
    close(pipe_fd[0]);
    bool good = rc == 0 && !stopped && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_GOOD;
    int done = target_done(&target, c->out, good, &err);
    return ended(status, &err, rc < 0 ? rc : done);
}

#include "lab/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"

#define NAMESPACES (CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC)

static int write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int rc = io_write_all(fd, text, strlen(text));
    close(fd);
    return rc;
}

/* A user without privilege may map itself alone, and only after giving up setgroups. */
static int map_user(uid_t uid, gid_t gid, struct err *err)
{
    char line[64];
    int rc = write_file("/proc/self/setgroups", "deny");
    if (rc < 0 && rc != -ENOENT)
        return err_sys(err, rc, "cannot write /proc/self/setgroups");
    (void)snprintf(line, sizeof line, "0 %u 1", uid);
    if ((rc = write_file("/proc/self/uid_map", line)) < 0)
        return err_sys(err, rc, "cannot write /proc/self/uid_map");
    (void)snprintf(line, sizeof line, "0 %u 1", gid);
    if ((rc = write_file("/proc/self/gid_map", line)) < 0)
        return err_sys(err, rc, "cannot write /proc/self/gid_map");
    return 0;
}

static int mount_private(struct err *err)
{
    struct stat st;
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return err_sys(err, -errno, "cannot make the mounts private");
    if (mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=16m") < 0)
        return err_sys(err, -errno, "cannot mount a tmpfs on /run");
    /* iproute2 looks in /var/run/netns; where that is no link to /run, it must be made one. */
    if (lstat("/var/run", &st) == 0 && S_ISDIR(st.st_mode) && mount("/run", "/var/run", NULL, MS_BIND, NULL) < 0)
        return err_sys(err, -errno, "cannot bind /run to /var/run");
    /* Containers that hide parts of /proc do not allow this; the outer /proc does too, it only shows more. */
    (void)mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    return 0;
}

struct start {
    pid_t outer_pid;
    bool foreground;
};

static _Noreturn void process_one(int (*inside)(void *, const struct sandbox *), void *user, bool user_ns, uid_t uid,
                                  gid_t gid, int life_fd)
{
    struct err err = {""};
    struct start start;
    struct sandbox sandbox = {.user_ns = user_ns, .life_fd = life_fd};
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)setpgid(0, 0); /* a group reaches across PID namespaces: no signal of ours goes to the caller's */
    /* Was the parent already gone before that? Then its end of the pipe is closed. */
    if (read(life_fd, &start, sizeof start) != (ssize_t)sizeof start)
        _exit(EXIT_FAILED);
    sandbox.outer_pid = start.outer_pid;
    sandbox.foreground = start.foreground;
    if ((user_ns && map_user(uid, gid, &err) < 0) || mount_private(&err) < 0) {
        (void)fprintf(stderr, "hotaru lab: error: %s\n", err.text);
        exit(EXIT_FAILED);
    }
    exit(inside(user, &sandbox));
}

/* fork() into new namespaces; 0 in the child. */
static pid_t fork_into(unsigned long namespaces)
{
    return (pid_t)syscall(SYS_clone, namespaces | SIGCHLD, 0, 0, 0, 0);
}

static int forbidden(int rc, struct err *err)
{
    if (rc == -ENOSPC)
        return err_set(err, rc, "the kernel allows no more namespaces (sysctl user.max_user_namespaces, "
                                "user.max_net_namespaces)");
    if (rc == -EPERM)
        return err_set(err, rc, "the kernel lets this user make no namespaces: run it as root, or allow user namespaces "
                                "(sysctl kernel.unprivileged_userns_clone=1, "
                                "kernel.apparmor_restrict_unprivileged_userns=0; in a container: --privileged)");
    return err_sys(err, rc, "cannot make namespaces");
}

static int wait_for(pid_t pid, const sigset_t *passed, struct err *err)
{
    for (;;) {
        int status, sig = sigwaitinfo(passed, NULL);
        if (sig == SIGINT || sig == SIGTERM || sig == SIGHUP)
            (void)kill(pid, SIGTERM);
        pid_t got = waitpid(pid, &status, WNOHANG);
        if (got < 0)
            return err_sys(err, -errno, "cannot wait for the lab");
        if (got == 0)
            continue;
        if (WIFEXITED(status))
            return WEXITSTATUS(status);
        return err_set(err, EXIT_FAILED, "the lab's process 1 was killed (signal %d); the lab is gone", WTERMSIG(status));
    }
}

int sandbox_run(int (*inside)(void *user, const struct sandbox *sandbox), void *user, struct err *err)
{
    int life[2], rc;
    uid_t uid = geteuid();
    gid_t gid = getegid();
    bool user_ns = false;
    sigset_t passed, before;
    if (pipe2(life, O_CLOEXEC) < 0)
        return err_sys(err, -errno, "cannot make a pipe");
    (void)sigemptyset(&passed);
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        (void)sigaddset(&passed, signals[i]);
    (void)sigprocmask(SIG_BLOCK, &passed, &before);
    (void)signal(SIGCHLD, SIG_DFL); /* inherited SIG_IGN would lose process 1's exit code */
    (void)fflush(NULL);
    bool foreground = tcgetpgrp(STDIN_FILENO) == getpgrp();
    pid_t pid = fork_into(NAMESPACES);
    if (pid < 0 && errno == EPERM) {
        user_ns = true;
        pid = fork_into(NAMESPACES | CLONE_NEWUSER);
    }
    if (pid == 0) {
        close(life[1]);
        process_one(inside, user, user_ns, uid, gid, life[0]);
    }
    rc = pid < 0 ? -errno : 0;
    close(life[0]);
    if (rc == 0) {
        struct start start = {pid, foreground};
        (void)io_write_all(life[1], &start, sizeof start);
        rc = wait_for(pid, &passed, err);
    } else {
        rc = forbidden(rc, err);
    }
    close(life[1]);
    if (foreground) { /* a command inside had it */
        (void)signal(SIGTTOU, SIG_IGN);
        (void)tcsetpgrp(STDIN_FILENO, getpgrp());
        (void)signal(SIGTTOU, SIG_DFL);
    }
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return rc;
}

#include "gateway/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define COMPLAINT_MAX 16384

/* The three pipes, our ends and the tool's. */
struct pipes {
    int in[2], out[2], err[2];
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void pipes_close(struct pipes *p)
{
    for (int i = 0; i < 2; i++) {
        close_fd(&p->in[i]);
        close_fd(&p->out[i]);
        close_fd(&p->err[i]);
    }
}

static int pipes_open(struct pipes *p)
{
    *p = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}};
    if (pipe2(p->in, O_CLOEXEC) < 0 || pipe2(p->out, O_CLOEXEC) < 0 || pipe2(p->err, O_CLOEXEC) < 0) {
        int rc = -errno;
        pipes_close(p);
        return rc;
    }
    return 0;
}

static _Noreturn void become(const char *const *argv, struct pipes *p)
{
    char path[4096];
    const char *was = getenv("PATH");
    sigset_t none;
    (void)dup2(p->in[0], STDIN_FILENO);
    (void)dup2(p->out[1], STDOUT_FILENO);
    (void)dup2(p->err[1], STDERR_FILENO);
    (void)snprintf(path, sizeof path, "%s:/usr/sbin:/sbin", was ? was : "/usr/bin:/bin");
    (void)setenv("PATH", path, 1);
    (void)setenv("LC_ALL", "C", 1);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)signal(SIGPIPE, SIG_DFL);
    union {
        const char *const *given;
        char *const *wanted;
    } args = {argv};
    execvp(argv[0], args.wanted);
    _exit(errno == ENOENT ? 127 : 126);
}

static bool take(int *fd, struct wr *to)
{
    char buf[8192];
    ssize_t got = read(*fd, buf, sizeof buf);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return true;
    if (got <= 0)
        close_fd(fd);
    else if (to)
        wr_bytes(to, buf, (size_t)got);
    return got > 0;
}

static void give(int *fd, const uint8_t **in, size_t *left)
{
    ssize_t put = *left ? write(*fd, *in, *left) : 0;
    if (put > 0) {
        *in += put;
        *left -= (size_t)put;
    }
    if (*left == 0 || (put < 0 && errno != EINTR && errno != EAGAIN))
        close_fd(fd);
}

/* Feeds and reads at once: a tool that answers while it reads would block otherwise. */
static void converse(struct pipes *p, const void *in, size_t left, struct wr *out, struct wr *complaint)
{
    const uint8_t *at = in;
    (void)fcntl(p->in[1], F_SETFL, O_NONBLOCK);
    if (left == 0)
        close_fd(&p->in[1]);
    while (p->in[1] >= 0 || p->out[0] >= 0 || p->err[0] >= 0) {
        struct pollfd fds[3] = {{p->in[1], POLLOUT, 0}, {p->out[0], POLLIN, 0}, {p->err[0], POLLIN, 0}};
        if (poll(fds, 3, -1) < 0) {
            if (errno == EINTR)
                continue;
            return;
        }
        if (fds[0].revents)
            give(&p->in[1], &at, &left);
        if (fds[1].revents)
            (void)take(&p->out[0], out);
        if (fds[2].revents)
            (void)take(&p->err[0], complaint);
    }
}

static void complain(const char *tool, int status, struct wr *complaint, struct err *err)
{
    wr_u8(complaint, 0);
    if (complaint->bad && complaint->len > 0)
        complaint->bytes[complaint->len - 1] = 0; /* it said more than is kept */
    const char *text = complaint->len > 0 ? (const char *)complaint->bytes : "";
    const char *line = strstr(text, "Error: ");
    line = line ? line + strlen("Error: ") : text;
    int n = (int)strcspn(line, "\n");
    if (n > 0)
        (void)err_set(err, 0, "%s: %.*s", tool, n > 300 ? 300 : n, line);
    else
        (void)err_set(err, 0, "%s failed with exit status %d and said nothing", tool, status);
}

int tool_run(const char *const *argv, const void *in, size_t in_len, struct wr *out, struct err *err)
{
    struct pipes p;
    struct wr complaint = wr_of(COMPLAINT_MAX);
    int status = 0, rc = pipes_open(&p);
    if (rc < 0)
        return err_sys(err, rc, "cannot start %s", argv[0]);
    void (*old_pipe)(int) = signal(SIGPIPE, SIG_IGN);
    pid_t pid = fork();
    if (pid == 0)
        become(argv, &p);
    rc = pid < 0 ? -errno : 0;
    close_fd(&p.in[0]);
    close_fd(&p.out[1]);
    close_fd(&p.err[1]);
    if (rc < 0) {
        (void)err_sys(err, rc, "cannot start %s", argv[0]);
        goto out;
    }
    converse(&p, in, in_len, out, &complaint);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    rc = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (rc == 127)
        rc = err_set(err, -ENOENT, "%s is not installed (Debian: iproute2, nftables)", argv[0]);
    else if (rc != 0)
        complain(argv[0], rc, &complaint, err);
out:
    (void)signal(SIGPIPE, old_pipe);
    pipes_close(&p);
    wr_done(&complaint);
    return rc;
}

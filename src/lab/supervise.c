#include "lab/supervise.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/ts.h"
#include "lab/netns.h"

static void wanted_signals(sigset_t *set)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD};
    (void)sigemptyset(set);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        (void)sigaddset(set, signals[i]);
}

int supervise_init(struct supervise *s, const char *log_dir, bool foreground, struct err *err)
{
    sigset_t set;
    *s = (struct supervise){.signal_fd = -1, .foreground = foreground};
    (void)snprintf(s->log_dir, sizeof s->log_dir, "%s", log_dir);
    wanted_signals(&set);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return s->signal_fd < 0 ? err_sys(err, -errno, "cannot take signals") : 0;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void supervise_done(struct supervise *s)
{
    for (size_t i = 0; i < s->n; i++) {
        close_fd(&s->child[i].out_fd);
        close_fd(&s->child[i].log_fd);
    }
    close_fd(&s->signal_fd);
}

/* Ctrl-C is the command's while it runs; the outside takes the terminal back. */
static void take_terminal(pid_t group)
{
    (void)signal(SIGTTOU, SIG_IGN);
    (void)tcsetpgrp(STDIN_FILENO, group);
    (void)signal(SIGTTOU, SIG_DFL);
}

static _Noreturn void become(const struct supervise *s, enum supervise_role role, const char *netns, const char *const *argv, int out)
{
    struct err err = {""};
    sigset_t none;
    /* A group of its own for everyone: a group reaches across PID namespaces, and kill(0) in here must not. */
    (void)setpgid(0, 0);
    if (role == SUPERVISE_COMMAND) {
        if (s->foreground)
            take_terminal(getpid());
    } else {
        int null = open("/dev/null", O_RDONLY);
        (void)dup2(null, STDIN_FILENO);
        (void)dup2(out, STDOUT_FILENO);
        (void)dup2(out, STDERR_FILENO);
    }
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    if (netns_enter(netns, &err) < 0) {
        log_error("%s", err.text);
        _exit(126);
    }
    union {
        const char *const *given;
        char *const *wanted;
    } args = {argv};
    execvp(argv[0], args.wanted);
    log_error("cannot run %s: %s", argv[0], strerror(errno));
    _exit(errno == ENOENT ? 127 : 126);
}

static int open_log(const struct supervise *s, const char *name, struct err *err)
{
    char path[600];
    (void)snprintf(path, sizeof path, "%s/%s.log", s->log_dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    return fd < 0 ? err_sys(err, -errno, "cannot write %s", path) : fd;
}

int supervise_start(struct supervise *s, const char *name, enum supervise_role role, const char *netns,
                    const char *const *argv, size_t *ret, struct err *err)
{
    int out[2] = {-1, -1};
    if (s->n == SUPERVISE_CHILDREN_MAX)
        return err_set(err, -ENOBUFS, "more than %d processes in one lab", SUPERVISE_CHILDREN_MAX);
    struct supervise_child *c = &s->child[s->n];
    *c = (struct supervise_child){.role = role, .out_fd = -1, .log_fd = -1};
    (void)snprintf(c->name, sizeof c->name, "%s", name);
    if (role != SUPERVISE_COMMAND) {
        if ((c->log_fd = open_log(s, name, err)) < 0)
            return c->log_fd;
        if (pipe2(out, O_CLOEXEC) < 0)
            return err_sys(err, -errno, "cannot make a pipe");
    }
    c->pid = fork();
    if (c->pid == 0)
        become(s, role, netns, argv, out[1]);
    close_fd(&out[1]);
    c->out_fd = out[0];
    if (c->pid < 0) {
        c->pid = 0;
        close_fd(&c->out_fd);
        close_fd(&c->log_fd);
        return err_sys(err, -errno, "cannot start %s", name);
    }
    if (c->out_fd >= 0)
        (void)fcntl(c->out_fd, F_SETFL, O_NONBLOCK);
    if (ret)
        *ret = s->n;
    s->n++;
    return 0;
}

static bool has_word(const char *line, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = line; (p = strcasestr(p, word)); p++) {
        if ((p == line || !isalnum((unsigned char)p[-1])) && !isalnum((unsigned char)p[n]))
            return true;
    }
    return false;
}

/* How hotaru's daemons say that they have begun. */
static const char *const ready_words[] = {"ready", "answering", "recording", NULL};

static void take_line(struct supervise_child *c)
{
    c->line[c->len] = '\0';
    for (const char *const *word = ready_words; *word; word++)
        c->ready |= has_word(c->line, *word);
    if (has_word(c->line, "error") || has_word(c->line, "warning"))
        log_warn("%s: %s", c->name, c->line);
    c->len = 0;
}

/* All that the child has said so far; false when it has closed its end. */
static bool hear(struct supervise_child *c)
{
    char buf[4096];
    for (;;) {
        ssize_t got = read(c->out_fd, buf, sizeof buf);
        if (got < 0)
            return errno == EAGAIN || errno == EINTR;
        if (got == 0)
            return false;
        (void)io_write_all(c->log_fd, buf, (size_t)got);
        for (ssize_t i = 0; i < got; i++) {
            if (buf[i] == '\n' || c->len + 1 == sizeof c->line)
                take_line(c);
            if (buf[i] != '\n')
                c->line[c->len++] = buf[i];
        }
    }
}

int supervise_exit_code(const struct supervise_child *c)
{
    return WIFEXITED(c->status) ? WEXITSTATUS(c->status) : 128 + WTERMSIG(c->status);
}

static int describe_end(const struct supervise *s, const struct supervise_child *c, struct err *err)
{
    if (WIFSIGNALED(c->status))
        return err_set(err, -ECHILD, "%s was killed (signal %d, %s); the lab ends", c->name, WTERMSIG(c->status),
                       strsignal(WTERMSIG(c->status)));
    return err_set(err, -ECHILD, "%s ended by itself with exit code %d (%s/%s.log); the lab ends", c->name,
                   WEXITSTATUS(c->status), s->log_dir, c->name);
}

static struct supervise_child *find_pid(struct supervise *s, pid_t pid)
{
    for (size_t i = 0; i < s->n; i++) {
        if (s->child[i].pid == pid)
            return &s->child[i];
    }
    return NULL;
}

/* Process 1 also inherits and buries the orphans of its children. */
static int reap(struct supervise *s, struct err *err)
{
    int status, rc = 0;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        struct supervise_child *c = find_pid(s, pid);
        if (!c)
            continue;
        c->status = status;
        c->pid = 0;
        if (c->out_fd >= 0)
            (void)hear(c);
        if (!c->stopping && (c->role == SUPERVISE_DAEMON || (c->role == SUPERVISE_ACTOR && status != 0)) && rc == 0)
            rc = describe_end(s, c, err);
    }
    return rc;
}

static void take_signals(struct supervise *s)
{
    struct signalfd_siginfo info;
    while (read(s->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo != SIGCHLD)
            s->stop_asked = true;
    }
}

int supervise_turn(struct supervise *s, int timeout_ms, struct err *err)
{
    struct pollfd fds[1 + SUPERVISE_CHILDREN_MAX] = {{s->signal_fd, POLLIN, 0}};
    for (size_t i = 0; i < s->n; i++)
        fds[1 + i] = (struct pollfd){s->child[i].out_fd, POLLIN, 0};
    if (poll(fds, 1 + s->n, timeout_ms) < 0 && errno != EINTR)
        return err_sys(err, -errno, "cannot wait for the lab's processes");
    for (size_t i = 0; i < s->n; i++) {
        if (fds[1 + i].revents && !hear(&s->child[i]))
            close_fd(&s->child[i].out_fd);
    }
    take_signals(s);
    int rc = reap(s, err);
    return rc < 0 ? rc : s->stop_asked ? err_set(err, -EINTR, "stopped by the user") : 0;
}

/* Turns until done(child) or the time is over. */
static int turn_until(struct supervise *s, size_t child, int timeout_ms, bool (*done)(const struct supervise_child *),
                      const char *what, struct err *err)
{
    int64_t end_us = ts_mono_us() + (int64_t)timeout_ms * 1000;
    while (!done(&s->child[child])) {
        int64_t left_ms = timeout_ms < 0 ? 1000 : (end_us - ts_mono_us()) / 1000;
        if (left_ms <= 0)
            return err_set(err, -ETIMEDOUT, "%s %s within %d s (%s/%s.log)", s->child[child].name, what, timeout_ms / 1000,
                           s->log_dir, s->child[child].name);
        int rc = supervise_turn(s, (int)left_ms, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static bool is_ready(const struct supervise_child *c)
{
    return c->ready;
}

static bool has_ended(const struct supervise_child *c)
{
    return c->pid == 0;
}

int supervise_wait_ready(struct supervise *s, size_t child, int timeout_ms, struct err *err)
{
    return turn_until(s, child, timeout_ms, is_ready, "did not say that it is ready", err);
}

int supervise_wait_end(struct supervise *s, size_t child, int timeout_ms, struct err *err)
{
    return turn_until(s, child, timeout_ms, has_ended, "did not end", err);
}

int supervise_stop(struct supervise *s, size_t child, int grace_ms, struct err *err)
{
    struct supervise_child *c = &s->child[child];
    struct err ignored = {""};
    int64_t end_us = ts_mono_us() + (int64_t)grace_ms * 1000;
    bool killed = false;
    if (c->pid == 0)
        return 0;
    c->stopping = true;
    (void)kill(c->pid, SIGTERM);
    while (c->pid != 0) {
        (void)supervise_turn(s, 50, &ignored); /* what others do meanwhile is not this call's */
        if (!killed && c->pid != 0 && ts_mono_us() > end_us) {
            killed = true;
            (void)kill(c->pid, SIGKILL);
        }
    }
    if (killed)
        return err_set(err, -ECHILD, "%s did not end within %d s of SIGTERM and was killed", c->name, grace_ms / 1000);
    if (c->status != 0)
        return err_set(err, -ECHILD, "%s ended with %s %d on SIGTERM (%s/%s.log)", c->name,
                       WIFSIGNALED(c->status) ? "signal" : "exit code",
                       WIFSIGNALED(c->status) ? WTERMSIG(c->status) : WEXITSTATUS(c->status), s->log_dir, c->name);
    return 0;
}

size_t supervise_alive(const struct supervise *s, enum supervise_role role)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++)
        n += s->child[i].role == role && s->child[i].pid != 0;
    return n;
}

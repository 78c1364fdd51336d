/* hotaru run: all daemons of one configuration under one supervisor. A daemon that dies is started again, at once the
 * first time, then after 1, 2, 4 … 60 seconds; SIGHUP is passed on; SIGTERM and SIGINT end all of them cleanly. */
#include "cmd/cmd.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sibling.h"
#include "base/ts.h"
#include "config/config.h"

#define BACKOFF_MAX_US (60 * TS_SECOND_US)
#define STEADY_US      (60 * TS_SECOND_US) /* a daemon that lived so long starts anew without waiting */
#define STOP_WAIT_US   (30 * TS_SECOND_US) /* then SIGKILL */

struct daemon {
    const char *name;
    char path[PATH_MAX];
    const char *argv[8];
    pid_t pid; /* 0: not running */
    int64_t started_us, start_at_us, backoff_us;
};

static int start(struct daemon *d, const sigset_t *unblock)
{
    pid_t parent = getpid(), pid = fork();
    if (pid < 0)
        return -errno;
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != parent)
            _exit(EXIT_FAILED);
        (void)sigprocmask(SIG_UNBLOCK, unblock, NULL);
        execv(d->path, (char *const *)d->argv);
        log_error("cannot start %s: %s", d->path, strerror(errno));
        _exit(EXIT_FAILED);
    }
    d->pid = pid;
    d->started_us = ts_mono_us();
    return 0;
}

static void reap(struct daemon *daemons, size_t n, bool stopping)
{
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        for (size_t i = 0; i < n; i++) {
            struct daemon *d = &daemons[i];
            if (d->pid != pid)
                continue;
            d->pid = 0;
            if (stopping)
                continue;
            int64_t now = ts_mono_us();
            d->backoff_us = now - d->started_us > STEADY_US ? 0 : d->backoff_us;
            d->start_at_us = now + d->backoff_us;
            log_warn("%s ended (%s %d); it starts again in %lld s", d->name, WIFSIGNALED(status) ? "signal" : "exit code",
                     WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
                     (long long)(d->backoff_us / TS_SECOND_US));
            d->backoff_us = d->backoff_us == 0 ? TS_SECOND_US : d->backoff_us * 2;
            if (d->backoff_us > BACKOFF_MAX_US)
                d->backoff_us = BACKOFF_MAX_US;
        }
    }
}

static void signal_all(const struct daemon *daemons, size_t n, int sig)
{
    for (size_t i = 0; i < n; i++) {
        if (daemons[i].pid)
            (void)kill(daemons[i].pid, sig);
    }
}

static bool any_running(const struct daemon *daemons, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (daemons[i].pid)
            return true;
    }
    return false;
}

static int supervise(struct daemon *daemons, size_t n, const sigset_t *signals)
{
    bool stopping = false, killed = false;
    int64_t stop_us = 0;
    for (;;) {
        int64_t now = ts_mono_us();
        for (size_t i = 0; i < n && !stopping; i++) {
            if (!daemons[i].pid && daemons[i].start_at_us <= now && start(&daemons[i], signals) < 0)
                daemons[i].start_at_us = now + TS_SECOND_US;
        }
        struct timespec wait = {.tv_nsec = 500000000};
        int sig = sigtimedwait(signals, NULL, &wait);
        reap(daemons, n, stopping);
        if (sig == SIGHUP) {
            signal_all(daemons, n, SIGHUP);
        } else if ((sig == SIGTERM || sig == SIGINT) && !stopping) {
            stopping = true;
            stop_us = ts_mono_us();
            signal_all(daemons, n, SIGTERM);
        }
        if (stopping && !any_running(daemons, n))
            return killed ? EXIT_FAILED : EXIT_GOOD;
        if (stopping && !killed && ts_mono_us() - stop_us > STOP_WAIT_US) {
            log_error("a daemon did not end within %d s and is killed", (int)(STOP_WAIT_US / TS_SECOND_US));
            signal_all(daemons, n, SIGKILL);
            killed = true;
        }
    }
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"log-format", required_argument, NULL, 'l'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    const char *path = NULL;
    bool json = false;
    for (int o; (o = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
        if (o == 'c') {
            path = optarg;
        } else if (o == 'l' && (strcmp(optarg, "json") == 0 || strcmp(optarg, "text") == 0)) {
            json = strcmp(optarg, "json") == 0;
        } else if (o == 'h') {
            (void)printf("Usage: hotaru run --config observatory.yaml [--log-format json]\n"
                         "Runs the recorder (when capture.interface is set), the honeypot and the store's converter, and\n"
                         "starts again what dies. SIGHUP: read the configuration anew. SIGTERM: end all.\n");
            return EXIT_GOOD;
        } else {
            return EXIT_USAGE;
        }
    }
    if (!path || optind < argc) {
        (void)fprintf(stderr, "hotaru run: --config FILE is needed\n");
        return EXIT_USAGE;
    }
    log_init("hotaru run", json, LOG_LEVEL_INFO);
    struct config config;
    struct err err = {""};
    int rc = config_load(&config, path, &err);
    if (rc < 0) {
        log_error("%s", err.text);
        return (int)err_exit_code(rc);
    }
    const char *format = json ? "json" : "text";
    struct daemon daemons[3] = {{.name = "honeypot", .argv = {"hotaru-honeypot", "--config", path, "--log-format", format}},
                                {.name = "converter",
                                 .argv = {"hotaru", "store", "seal", "--follow", "--store", config.store.path, NULL}},
                                {.name = "recorder", .argv = {"hotaru-capture", "--config", path, "--log-format", format}}};
    size_t n = config.capture.interface[0] ? 3 : 2;
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = sibling_path(daemons[i].argv[0], daemons[i].path, &err);
    int code = (int)err_exit_code(rc);
    if (rc < 0) {
        log_error("%s", err.text);
    } else {
        sigset_t signals;
        (void)sigemptyset(&signals);
        static const int wanted[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
        for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
            (void)sigaddset(&signals, wanted[i]);
        (void)sigprocmask(SIG_BLOCK, &signals, NULL);
        code = supervise(daemons, n, &signals);
    }
    config_done(&config);
    return code;
}

const struct command command_run = {"run", "--config FILE", "all daemons of one configuration under one supervisor", run};

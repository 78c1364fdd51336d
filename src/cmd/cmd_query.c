/* hotaru query: a stranger's SELECT over the store, in a process of its own that can write nothing. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/ts.h"
#include "cmd/arg.h"
#include "cmd/cmd.h"
#include "cmd/jail.h"
#include "cmd/store_args.h"
#include "store/store.h"

#define GRACE_US (3 * TS_SECOND_US) /* for a query that does not stop by itself */

static const char help[] =
    "Usage: hotaru query [OPTION…] \"SELECT …\"\n"
    "One read-only SELECT over the tables packet, packet6, session, event, answer, lighting, loss, sample.\n"
    "Addresses are numbers: ip(src) is their text, ip4('10.77.0.1') the way back, net24(dst) the first of the /24,\n"
    "in_net(src, '10.77.0.0/18') asks for a prefix. doc/format/packet.md and store.md name every column.\n\n"
    "  --store DIR        the store\n"
    "  --config FILE      observatory.yaml that names it\n"
    "  --format FORMAT    table (for people), csv, json (one object per line), parquet\n"
    "  -o FILE            write there instead of to standard output\n"
    "  --seconds N        (60) time limit\n"
    "  --memory MB        (1024) memory limit\n"
    "  --threads N        (one per core)\n\n"
    "Example: hotaru query --store out/store \"SELECT ip(src), count(*) n FROM packet GROUP BY 1 ORDER BY n DESC LIMIT 10\"\n";

struct arguments {
    struct store_args store;
    const char *sql, *out;
    enum store_format format;
    uint64_t seconds, memory_mb, threads;
};

static int read_format(const char *text, enum store_format *ret, struct err *err)
{
    static const char *const names[] = {[STORE_TABLE] = "table", [STORE_CSV] = "csv", [STORE_JSON] = "json",
                                        [STORE_PARQUET] = "parquet"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], text) == 0) {
            *ret = (enum store_format)i;
            return 0;
        }
    }
    return err_set(err, -EINVAL, "--format: '%.40s' is none of table, csv, json, parquet", text);
}

enum { OPT_FORMAT = 256, OPT_SECONDS, OPT_MEMORY, OPT_THREADS };
static const struct option long_options[] = {
    STORE_LONG_OPTIONS,
    {"format", required_argument, NULL, OPT_FORMAT},
    {"output", required_argument, NULL, 'o'},
    {"seconds", required_argument, NULL, OPT_SECONDS},
    {"memory", required_argument, NULL, OPT_MEMORY},
    {"threads", required_argument, NULL, OPT_THREADS},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* 1: go on; 0: help was asked; -EINVAL. */
static int read_arguments(int argc, char **argv, struct arguments *a, struct err *err)
{
    int rc = 0;
    *a = (struct arguments){.seconds = 60, .memory_mb = 1024};
    optind = 1;
    opterr = 0;
    for (int c; rc >= 0 && (c = getopt_long(argc, argv, ":o:h", long_options, NULL)) != -1;) {
        rc = store_arg(&a->store, c, optarg, err);
        if (rc != 0)
            continue;
        switch (c) {
        case 'h': (void)fputs(help, stdout); return 0;
        case 'o': a->out = optarg; break;
        case OPT_FORMAT: rc = read_format(optarg, &a->format, err); break;
        case OPT_SECONDS: rc = arg_number("--seconds", optarg, 86400, &a->seconds, err); break;
        case OPT_MEMORY: rc = arg_number("--memory", optarg, 1 << 20, &a->memory_mb, err); break;
        case OPT_THREADS: rc = arg_number("--threads", optarg, 256, &a->threads, err); break;
        default: return store_arg_unknown(c, argv, err);
        }
    }
    if (rc < 0)
        return rc;
    if (argc - optind != 1)
        return err_set(err, -EINVAL, argc == optind ? "give a SELECT (in quotes)" : "one SELECT, in quotes; what is '%.40s'?",
                       argc - optind > 1 ? argv[optind + 1] : "");
    a->sql = argv[optind];
    return store_args_done(&a->store, err) < 0 ? -EINVAL : 1;
}

/* ---- the child ---- */

static int child_run(const struct arguments *a, struct err *err)
{
    bool parquet = a->format == STORE_PARQUET;
    int files = jail_files(a->store.dir);
    if (files == -ENOENT)
        return err_set(err, -ENOENT, "there is no store at %s", a->store.dir);
    if (files < 0)
        log_warn("no Landlock here (%s): only DuckDB's own settings keep this query inside the store", strerror(-files));
    struct store_options o = {.memory_bytes = a->memory_mb << 20, .threads = (uint32_t)a->threads,
                              .time_limit_us = (int64_t)a->seconds * TS_SECOND_US,
                              .output_path = parquet ? "/dev/stdout" : NULL};
    struct store *s = NULL;
    int rc = store_open(a->store.dir, &o, &s, err);
    if (rc == 0) {
        int calls = jail_calls(parquet);
        if (calls < 0)
            log_warn("no seccomp here (%s): this process is less confined", strerror(-calls));
        rc = store_query_write(s, a->sql, a->format, STDOUT_FILENO, err);
    }
    store_close(s);
    return rc;
}

static _Noreturn void child_main(const struct arguments *a, int out_fd, pid_t parent)
{
    struct err err = {0};
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || dup2(out_fd, STDOUT_FILENO) < 0)
        _exit(EXIT_FAILED);
    close(out_fd);
    int rc = child_run(a, &err);
    if (rc < 0)
        log_error("%s", err.text);
    /* Everything is written; what exit() would run (a leak check) is not permitted here. */
    _exit(rc < 0 ? (int)err_exit_code(rc) : EXIT_GOOD);
}

/* ---- the parent: carries bytes, keeps the time ---- */

static int carry(int from, int to, const char *name, struct err *err)
{
    char buf[65536];
    for (;;) {
        ssize_t n = read(from, buf, sizeof buf);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? err_sys(err, -errno, "cannot read the result") : 0;
        int rc = io_write_all(to, buf, (size_t)n);
        if (rc < 0)
            return err_sys(err, rc, "cannot write %s", name);
    }
}

static volatile sig_atomic_t child_pid;

static void on_alarm(int number)
{
    (void)number;
    if (child_pid > 0)
        (void)kill(child_pid, SIGKILL);
}

static int parent_run(const struct arguments *a, int from, struct err *err)
{
    int to = STDOUT_FILENO, rc = 0;
    if (a->out) {
        to = open(a->out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
        if (to < 0)
            rc = err_sys(err, -errno, "cannot write %s", a->out);
    }
    if (rc == 0) {
        struct sigaction act = {.sa_handler = on_alarm};
        (void)sigaction(SIGALRM, &act, NULL);
        if (a->seconds)
            (void)alarm((unsigned)(a->seconds + GRACE_US / TS_SECOND_US));
        rc = carry(from, to, a->out ? a->out : "standard output", err);
    }
    if (rc < 0)
        (void)kill(child_pid, SIGKILL);
    if (a->out && to >= 0 && close(to) < 0 && rc == 0)
        rc = err_sys(err, -errno, "cannot write %s", a->out);
    return rc;
}

static int run(int argc, char **argv)
{
    struct err err = {0};
    struct arguments a;
    log_init("hotaru query", false, LOG_LEVEL_INFO);
    int rc = read_arguments(argc, argv, &a, &err);
    if (rc <= 0) {
        if (rc < 0)
            log_error("%s", err.text);
        return rc < 0 ? EXIT_USAGE : EXIT_GOOD;
    }
    int pipe_fd[2], status = 0;
    if (pipe2(pipe_fd, O_CLOEXEC) < 0) {
        log_error("no pipe: %s", strerror(errno));
        return EXIT_FAILED;
    }
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        close(pipe_fd[0]);
        child_main(&a, pipe_fd[1], parent);
    }
    close(pipe_fd[1]);
    if (pid < 0) {
        log_error("cannot start the query's process: %s", strerror(errno));
        return EXIT_FAILED;
    }
    child_pid = pid;
    rc = parent_run(&a, pipe_fd[0], &err);
    close(pipe_fd[0]);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (rc < 0)
        log_error("%s", err.text);
    else if (WIFSIGNALED(status))
        log_error("the query's process was ended by signal %d (time or memory)", WTERMSIG(status));
    return rc < 0 ? EXIT_FAILED : WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILED;
}

const struct command command_query = {.name = "query", .args = "\"SELECT …\" [--format table|csv|json|parquet]",
                                      .doc = "read-only SQL over the store", .run = run};

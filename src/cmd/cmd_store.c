/* hotaru store: what keeps a store in order. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/ts.h"
#include "cmd/arg.h"
#include "cmd/cmd.h"
#include "cmd/store_args.h"
#include "store/store.h"

static const char help[] =
    "Usage: hotaru store seal|stats --store DIR [OPTION…]\n\n"
    "  seal               turn finished spool segments and journals into Parquet\n"
    "    --follow         go on until SIGTERM; this is the observatory's converter\n"
    "    --every S        (1) look every S seconds\n"
    "  stats              rows, bytes and time span of each table\n\n"
    "  --store DIR        the store\n"
    "  --config FILE      observatory.yaml that names it\n";

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

struct arguments {
    struct store_args store;
    const char *verb;
    bool follow;
    double every_s;
};

enum { OPT_FOLLOW = 256, OPT_EVERY };
static const struct option long_options[] = {
    STORE_LONG_OPTIONS,
    {"follow", no_argument, NULL, OPT_FOLLOW},
    {"every", required_argument, NULL, OPT_EVERY},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static int read_arguments(int argc, char **argv, struct arguments *a, struct err *err)
{
    int rc = 0;
    *a = (struct arguments){.every_s = 1};
    optind = 1;
    opterr = 0;
    for (int c; rc >= 0 && (c = getopt_long(argc, argv, ":h", long_options, NULL)) != -1;) {
        rc = store_arg(&a->store, c, optarg, err);
        if (rc != 0)
            continue;
        switch (c) {
        case 'h': (void)fputs(help, stdout); return 0;
        case OPT_FOLLOW: a->follow = true; break;
        case OPT_EVERY: rc = arg_real("--every", optarg, 86400, &a->every_s, err); break;
        default: return store_arg_unknown(c, argv, err);
        }
    }
    if (rc < 0)
        return rc;
    if (argc - optind != 1)
        return err_set(err, -EINVAL, "give one of seal, stats");
    a->verb = argv[optind];
    return store_args_done(&a->store, err) < 0 ? -EINVAL : 1;
}

static int fail(int rc, const struct err *err)
{
    log_error("%s", err->text);
    return (int)err_exit_code(rc);
}

/* ---- seal ---- */

static int seal_follow(struct store *s, const struct arguments *a)
{
    struct sigaction act = {.sa_handler = on_signal};
    (void)sigaction(SIGTERM, &act, NULL);
    (void)sigaction(SIGINT, &act, NULL);
    int told = 0;
    while (!stop) {
        struct err err = {0};
        int rc = store_seal(s, &err);
        /* Said once, not every second; a full disk or a lock may pass. */
        if (rc < 0 && rc != told)
            log_error("%s; trying again every %g s", err.text, a->every_s);
        else if (rc >= 0 && told < 0)
            log_info("sealing works again");
        told = rc < 0 ? rc : 0;
        struct timespec t = {(time_t)a->every_s, (long)((a->every_s - (double)(time_t)a->every_s) * 1e9)};
        if (!stop)
            (void)nanosleep(&t, NULL);
    }
    return EXIT_GOOD;
}

static int seal(const struct arguments *a)
{
    struct err err = {0};
    struct store *s = NULL;
    struct store_options o = {.writable = true};
    int rc = store_open(a->store.dir, &o, &s, &err);
    if (rc < 0)
        return fail(rc, &err);
    int code = EXIT_GOOD;
    if (a->follow) {
        code = seal_follow(s, a);
    } else {
        rc = store_seal(s, &err);
        if (rc < 0)
            code = fail(rc, &err);
        else
            log_info("sealed %d segments and journals", rc);
    }
    store_close(s);
    return code;
}

/* ---- stats ---- */

static int stats(const struct arguments *a)
{
    struct err err = {0};
    struct store *s = NULL;
    struct store_stats st;
    int rc = store_open(a->store.dir, NULL, &s, &err);
    if (rc == 0)
        rc = store_stats(s, &st, &err);
    store_close(s);
    if (rc < 0)
        return fail(rc, &err);
    (void)printf("generation %" PRIu64 "\n%-8s %8s %16s %16s %10s  %-27s %s\n", st.generation, "table", "files", "rows", "bytes",
                 "bytes/row", "from", "until");
    for (size_t i = 0; i < STORE_STATS_TABLES; i++) {
        const struct store_table_stats *t = &st.tables[i];
        char from[TS_TEXT_MAX], until[TS_TEXT_MAX];
        (void)printf("%-8s %8zu %16" PRIu64 " %16" PRIu64 " %10.2f  %-27s %s\n", t->name, t->files, t->rows, t->bytes,
                     t->rows ? (double)t->bytes / (double)t->rows : 0, t->rows ? ts_format(t->min_ts_us, from) : "-",
                     t->rows ? ts_format(t->max_ts_us, until) : "-");
    }
    (void)printf("open     %8zu spool segments, %" PRIu64 " bytes; %zu journals; %zu imports\n", st.segments,
                 st.segment_bytes, st.journals, st.imports);
    return EXIT_GOOD;
}

static int run(int argc, char **argv)
{
    struct err err = {0};
    struct arguments a;
    log_init("hotaru store", false, LOG_LEVEL_INFO);
    int rc = read_arguments(argc, argv, &a, &err);
    if (rc <= 0) {
        if (rc < 0)
            log_error("%s", err.text);
        return rc < 0 ? EXIT_USAGE : EXIT_GOOD;
    }
    if (strcmp(a.verb, "seal") == 0)
        return seal(&a);
    if (strcmp(a.verb, "stats") == 0)
        return stats(&a);
    log_error("'%.40s' is none of seal, stats", a.verb);
    return EXIT_USAGE;
}

const struct command command_store = {.name = "store", .args = "seal|stats", .doc = "seal, measure", .run = run};

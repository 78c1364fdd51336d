/* hotaru query: a stranger's SELECT over the store, in a process of its own that can write nothing. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/ts.h"
#include "cmd/arg.h"
#include "cmd/cage.h"
#include "cmd/cmd.h"
#include "cmd/store_args.h"
#include "store/store.h"

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
        case OPT_SECONDS: rc = arg_number("seconds", optarg, 86400, &a->seconds, err); break;
        case OPT_MEMORY: rc = arg_number("memory", optarg, 1 << 20, &a->memory_mb, err); break;
        case OPT_THREADS: rc = arg_number("threads", optarg, 256, &a->threads, err); break;
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

struct query {
    const struct arguments *a;
    const struct cage *cage;
};

static int in_cage(void *arg, struct err *err)
{
    const struct query *q = arg;
    const struct arguments *a = q->a;
    struct store_options o = {.memory_bytes = a->memory_mb << 20, .threads = (uint32_t)a->threads,
                              .time_limit_us = (int64_t)a->seconds * TS_SECOND_US,
                              .output_path = a->format == STORE_PARQUET ? "/dev/stdout" : NULL};
    struct store *s = NULL;
    int rc = store_open(a->store.dir, &o, &s, err);
    if (rc == 0) {
        cage_close(q->cage);
        rc = store_query_write(s, a->sql, a->format, STDOUT_FILENO, err);
    }
    store_close(s);
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
    const struct cage cage = {.store_dir = a.store.dir, .out = a.out, .seconds = a.seconds, .parquet = a.format == STORE_PARQUET};
    struct query q = {.a = &a, .cage = &cage};
    return cage_run(&cage, in_cage, &q);
}

const struct command command_query = {.name = "query", .args = "\"SELECT …\" [--format table|csv|json|parquet]",
                                      .doc = "read-only SQL over the store", .run = run};

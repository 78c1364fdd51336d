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
    "Usage: hotaru store seal|compact|check|stats --store DIR [OPTION…]\n\n"
    "  seal               turn finished spool segments and journals into Parquet\n"
    "    --follow         go on until SIGTERM; this is the observatory's converter\n"
    "    --every S        (1) look every S seconds\n"
    "  compact            merge the small files of hours and days that are over; remove what is not to be kept\n"
    "    --keep-days N    remove what is older\n"
    "    --keep-bytes N   remove the oldest until the files take no more (also 500GB, 2TB …)\n"
    "    --follow         go on until SIGTERM, once every --every S (default then 60)\n"
    "  check              read every file: exit code 1 and a line for each that is damaged, with what is affected\n"
    "    --repair         put damaged files aside (STORE/damaged) and count their packets as lost\n"
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
    bool follow, repair;
    double every_s; /* 0: the verb's own */
    uint64_t keep_days, keep_bytes;
};

enum { OPT_FOLLOW = 256, OPT_EVERY, OPT_KEEP_DAYS, OPT_KEEP_BYTES, OPT_REPAIR };
static const struct option long_options[] = {
    STORE_LONG_OPTIONS,
    {"follow", no_argument, NULL, OPT_FOLLOW},
    {"every", required_argument, NULL, OPT_EVERY},
    {"keep-days", required_argument, NULL, OPT_KEEP_DAYS},
    {"keep-bytes", required_argument, NULL, OPT_KEEP_BYTES},
    {"repair", no_argument, NULL, OPT_REPAIR},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* "500GB": powers of 1000, as disks are sold. */
static int read_bytes(const char *text, uint64_t *ret, struct err *err)
{
    static const struct {
        const char *unit;
        uint64_t bytes;
    } units[] = {{"TB", UINT64_C(1000000000000)}, {"GB", 1000000000}, {"MB", 1000000}, {"kB", 1000}};
    char digits[24];
    size_t n = strspn(text, "0123456789");
    uint64_t unit = text[n] ? 0 : 1;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(text + n, units[i].unit) == 0)
            unit = units[i].bytes;
    (void)snprintf(digits, sizeof digits, "%.*s", (int)n, text);
    if (unit == 0 || n >= sizeof digits || arg_number("keep-bytes", digits, UINT64_C(1) << 62, ret, NULL) < 0 ||
        *ret > (UINT64_C(1) << 62) / unit)
        return err_set(err, -EINVAL, "--keep-bytes: '%.40s' is no size like 500GB", text);
    *ret *= unit;
    return 0;
}

static int read_arguments(int argc, char **argv, struct arguments *a, struct err *err)
{
    int rc = 0;
    *a = (struct arguments){0};
    optind = 1;
    opterr = 0;
    for (int c; rc >= 0 && (c = getopt_long(argc, argv, ":h", long_options, NULL)) != -1;) {
        rc = store_arg(&a->store, c, optarg, err);
        if (rc != 0)
            continue;
        switch (c) {
        case 'h': (void)fputs(help, stdout); return 0;
        case OPT_FOLLOW: a->follow = true; break;
        case OPT_REPAIR: a->repair = true; break;
        case OPT_KEEP_DAYS: rc = arg_number("keep-days", optarg, 36500, &a->keep_days, err); break;
        case OPT_KEEP_BYTES: rc = read_bytes(optarg, &a->keep_bytes, err); break;
        case OPT_EVERY: rc = arg_real("--every", optarg, 86400, &a->every_s, err); break;
        default: return store_arg_unknown(c, argv, err);
        }
    }
    if (rc < 0)
        return rc;
    if (argc - optind != 1)
        return err_set(err, -EINVAL, "give one of seal, compact, check, stats");
    a->verb = argv[optind];
    rc = store_args_done(&a->store, err);
    if (a->keep_days == 0)
        a->keep_days = a->store.keep.keep_days;
    if (a->keep_bytes == 0)
        a->keep_bytes = a->store.keep.keep_bytes;
    return rc < 0 ? -EINVAL : 1;
}

static int fail(int rc, const struct err *err)
{
    log_error("%s", err->text);
    return (int)err_exit_code(rc);
}

static void progress(void *arg, const char *what, uint64_t done, uint64_t total)
{
    (void)arg;
    if (total)
        log_info("%s: %.1f %%", what, 100.0 * (double)done / (double)total);
    else
        log_info("%s: %" PRIu64, what, done);
}

/* ---- seal and compact: once, or as daemons ---- */

static int seal_once(struct store *s, const struct arguments *a, struct err *err)
{
    int rc = store_seal(s, err);
    if (rc >= 0 && !a->follow)
        log_info("sealed %d segments and journals", rc);
    return rc;
}

static int compact_once(struct store *s, const struct arguments *a, struct err *err)
{
    struct compact_options o = {.keep_days = (uint32_t)a->keep_days, .keep_bytes = a->keep_bytes};
    struct compact_result r;
    int rc = store_compact(s, &o, &r, err);
    if (rc >= 0 && (!a->follow || r.merged || r.expired))
        log_info("merged %zu files into %zu, removed %zu", r.merged, r.made, r.expired);
    return rc;
}

typedef int (*once_fn)(struct store *s, const struct arguments *a, struct err *err);

static int follow(struct store *s, const struct arguments *a, once_fn once, double every_s)
{
    struct sigaction act = {.sa_handler = on_signal};
    (void)sigaction(SIGTERM, &act, NULL);
    (void)sigaction(SIGINT, &act, NULL);
    int told = 0;
    while (!stop) {
        struct err err = {0};
        int rc = once(s, a, &err);
        /* Said once, not every second; a full disk or a lock may pass. */
        if (rc < 0 && rc != told)
            log_error("%s; trying again every %g s", err.text, every_s);
        else if (rc >= 0 && told < 0)
            log_info("works again");
        told = rc < 0 ? rc : 0;
        struct timespec t = {(time_t)every_s, (long)((every_s - (double)(time_t)every_s) * 1e9)};
        if (!stop)
            (void)nanosleep(&t, NULL);
    }
    return EXIT_GOOD;
}

static int work(const struct arguments *a, once_fn once, double every_s)
{
    struct err err = {0};
    struct store *s = NULL;
    struct store_options o = {.writable = true, .progress = progress};
    int rc = store_open(a->store.dir, &o, &s, &err);
    if (rc < 0)
        return fail(rc, &err);
    int code = EXIT_GOOD;
    if (a->follow) {
        code = follow(s, a, once, a->every_s > 0 ? a->every_s : every_s);
    } else {
        rc = once(s, a, &err);
        if (rc < 0)
            code = fail(rc, &err);
    }
    store_close(s);
    return code;
}

/* ---- check ---- */

static void finding(void *arg, const char *line)
{
    (void)arg;
    (void)printf("%s\n", line);
}

static int check(const struct arguments *a)
{
    struct err err = {0};
    struct store *s = NULL;
    struct store_options o = {.writable = a->repair, .progress = progress};
    struct check_options c = {.repair = a->repair, .finding = finding};
    struct check_result r;
    int rc = store_open(a->store.dir, &o, &s, &err);
    if (rc == 0)
        rc = store_check(s, &c, &r, &err);
    store_close(s);
    if (rc < 0)
        return fail(rc, &err);
    if (r.damaged == 0)
        (void)printf("%zu files are as they were written\n", r.files);
    else
        (void)printf("%zu of %zu files are damaged, %" PRIu64 " rows are affected%s\n", r.damaged, r.files, r.rows_affected,
                     r.repaired ? "; they were put aside" : "");
    return r.damaged == r.repaired ? EXIT_GOOD : EXIT_FAILED;
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
        return work(&a, seal_once, 1);
    if (strcmp(a.verb, "compact") == 0)
        return work(&a, compact_once, 60);
    if (strcmp(a.verb, "check") == 0)
        return check(&a);
    if (strcmp(a.verb, "stats") == 0)
        return stats(&a);
    log_error("'%.40s' is none of seal, compact, check, stats", a.verb);
    return EXIT_USAGE;
}

const struct command command_store = {.name = "store", .args = "seal|compact|check|stats",
                                      .doc = "seal, merge, verify, sizes", .run = run};

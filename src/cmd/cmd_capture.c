/* hotaru capture: -r imports capture files here; -i hands over to hotaru-capture, which loads no database. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sibling.h"
#include "cmd/arg.h"
#include "cmd/cmd.h"
#include "cmd/store_args.h"
#include "store/store.h"

static const char help[] =
    "Usage: hotaru capture -r FILE… --store DIR [--payload-bytes N]\n"
    "       hotaru capture -i INTERFACE --store DIR [OPTION…]      (hotaru-capture --help tells these)\n"
    "With -r: capture files (pcap, pcapng, also gzip or zstd; - for standard input) into the store, in the order given. A\n"
    "file that was imported before adds nothing.\n\n"
    "  -r FILE            a file to import; more may follow\n"
    "  --store DIR        the store; made when missing\n"
    "  --config FILE      observatory.yaml that names it\n"
    "  --payload-bytes N  (0) keep the first N bytes of each payload\n";

struct arguments {
    struct store_args store;
    uint64_t payload_bytes;
    char **files;
    int n_files;
    const char *first;
};

enum { OPT_PAYLOAD = 256 };
static const struct option long_options[] = {
    STORE_LONG_OPTIONS,
    {"read", required_argument, NULL, 'r'},
    {"payload-bytes", required_argument, NULL, OPT_PAYLOAD},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static int read_arguments(int argc, char **argv, struct arguments *a, struct err *err)
{
    int rc = 0;
    *a = (struct arguments){0};
    optind = 1;
    opterr = 0;
    for (int c; rc >= 0 && (c = getopt_long(argc, argv, ":r:h", long_options, NULL)) != -1;) {
        rc = store_arg(&a->store, c, optarg, err);
        if (rc != 0)
            continue;
        switch (c) {
        case 'h': (void)fputs(help, stdout); return 0;
        case 'r':
            if (a->first)
                return err_set(err, -EINVAL, "give -r once: the files after it are taken too");
            a->first = optarg;
            break;
        case OPT_PAYLOAD: rc = arg_number("payload-bytes", optarg, 65535, &a->payload_bytes, err); break;
        default: return store_arg_unknown(c, argv, err);
        }
    }
    if (rc < 0)
        return rc;
    if (!a->first)
        return err_set(err, -EINVAL, "give -i INTERFACE to record or -r FILE to import");
    a->files = argv + optind;
    a->n_files = argc - optind;
    return store_args_done(&a->store, err) < 0 ? -EINVAL : 1;
}

static void progress(void *arg, const char *what, uint64_t done, uint64_t total)
{
    (void)arg;
    if (total)
        log_info("%s: %" PRIu64 " of %" PRIu64, what, done, total);
    else
        log_info("%s: %" PRIu64 " frames", what, done);
}

static int import_one(struct store *s, const struct arguments *a, const char *path)
{
    struct err err = {0};
    struct import_result r;
    int rc = store_import(s, path, (uint16_t)a->payload_bytes, &r, &err);
    if (rc < 0) {
        log_error("%s", err.text);
        return rc;
    }
    if (r.repeated)
        log_info("%s: was imported before (%" PRIu64 " frames); nothing added", path, r.frames);
    else
        log_info("%s: %" PRIu64 " frames = %" PRIu64 " IPv4 + %" PRIu64 " IPv6 + %" PRIu64 " not stored", path, r.frames,
                 r.stored4, r.stored6, r.lost);
    if (err.text[0])
        log_warn("%s", err.text);
    return 0;
}

static int import_all(const struct arguments *a)
{
    struct err err = {0};
    struct store *s = NULL;
    struct store_options o = {.writable = true, .progress = progress};
    int rc = store_open(a->store.dir, &o, &s, &err);
    if (rc < 0) {
        log_error("%s", err.text);
        return (int)err_exit_code(rc);
    }
    int worst = import_one(s, a, a->first);
    for (int i = 0; i < a->n_files; i++) {
        rc = import_one(s, a, a->files[i]);
        worst = rc < 0 ? rc : worst;
    }
    store_close(s);
    return worst < 0 ? (int)err_exit_code(worst) : EXIT_GOOD;
}

static bool is_live(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strncmp(argv[i], "-i", 2) == 0 || strncmp(argv[i], "--interface", 11) == 0)
            return true;
    return false;
}

static int exec_capture(char **argv)
{
    struct err err = {0};
    char path[PATH_MAX];
    if (sibling_path("hotaru-capture", path, &err) == 0) {
        argv[0] = path;
        execv(path, argv);
        (void)err_sys(&err, -errno, "cannot start %s", path);
    }
    log_error("%s", err.text);
    return EXIT_FAILED;
}

static int run(int argc, char **argv)
{
    struct err err = {0};
    struct arguments a;
    log_init("hotaru capture", false, LOG_LEVEL_INFO);
    if (is_live(argc, argv))
        return exec_capture(argv);
    int rc = read_arguments(argc, argv, &a, &err);
    if (rc <= 0) {
        if (rc < 0)
            log_error("%s", err.text);
        return rc < 0 ? EXIT_USAGE : EXIT_GOOD;
    }
    return import_all(&a);
}

const struct command command_capture = {.name = "capture", .args = "-i INTERFACE | -r FILE…",
                                        .doc = "record an interface, or import capture files", .run = run};

/* hotaru-capture: records the packet headers of a live interface into STORE/spool. Loads neither the database nor the
 * analysis. */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/ts.h"
#include "cmd/confine.h"
#include "cmd/recorder.h"
#include "config/config.h"
#include "header/hdr.h"

struct arguments {
    const char *config, *interface, *store, *recorder, *user;
    uint64_t snaplen, payload, rings, buffer_mib, stats_s, ledger_s, segment_s, segment_mib;
    bool has_snaplen, has_payload, incoming, json;
    unsigned decap;
};

static void usage(FILE *to)
{
    (void)fprintf(to,
                  "Usage: hotaru-capture -i INTERFACE --store DIR [OPTION…]\n"
                  "       hotaru-capture --config FILE [OPTION…]\n"
                  "Records the header of every packet on an interface, and what was lost, into DIR/spool.\n\n"
                  "  -i, --interface IF     where the packets come in\n"
                  "  --store DIR            the store; made when missing\n"
                  "  --config FILE          the observatory; the other options override it\n"
                  "  --recorder NAME        name of this recorder, a-z and 0-9 (default: the interface's)\n"
                  "  --snaplen BYTES        bytes taken of each frame (default 256; more when payload is kept)\n"
                  "  --payload-bytes N      bytes of payload kept per packet (default 0)\n"
                  "  --decap LIST           record what is inside: gre, erspan, vxlan, comma-separated\n"
                  "  --incoming             leave out what this host sends\n"
                  "  --rings N              kernel rings with a thread each, 1 to 16 (default 1)\n"
                  "  --buffer MIB           size of each kernel ring (default 32)\n"
                  "  --ledger-interval S    length of a loss ledger interval (default 10)\n"
                  "  --segment-seconds S    a segment is finished after so long (default 60) …\n"
                  "  --segment-mib MIB      … or at this size (default 256)\n"
                  "  --stats-interval S     a line of counts every S seconds, 0: none (default 60)\n"
                  "  --user NAME            as root: run as this user (default: the owner of DIR)\n"
                  "  --log-format FORMAT    text or json\n"
                  "Prints \"recording IF into DIR\" when it takes packets. SIGTERM ends it cleanly.\n");
}

static int wrong(const char *option, const char *what)
{
    (void)fprintf(stderr, "hotaru-capture: --%s: %s\n", option, what);
    return EXIT_USAGE;
}

static bool parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *ret)
{
    char *end;
    errno = 0;
    unsigned long long v = strtoull(text, &end, 10);
    if (errno || *end || !isdigit((unsigned char)text[0]) || v < min || v > max)
        return false;
    *ret = v;
    return true;
}

/* The options that take a number. */
static const struct number_option {
    const char *name;
    uint64_t min, max;
    size_t offset;
} numbers[] = {
    {"snaplen", 64, 65535, offsetof(struct arguments, snaplen)},
    {"payload-bytes", 0, 65535, offsetof(struct arguments, payload)},
    {"rings", 1, RECORDER_RINGS_MAX, offsetof(struct arguments, rings)},
    {"buffer", 1, 2047, offsetof(struct arguments, buffer_mib)},
    {"ledger-interval", 1, 3600, offsetof(struct arguments, ledger_s)},
    {"segment-seconds", 1, 86400, offsetof(struct arguments, segment_s)},
    {"segment-mib", 1, 1 << 20, offsetof(struct arguments, segment_mib)},
    {"stats-interval", 0, 86400, offsetof(struct arguments, stats_s)},
};

static int take_number(struct arguments *a, const char *name, const char *text)
{
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const struct number_option *o = &numbers[i];
        if (strcmp(o->name, name) != 0)
            continue;
        if (!parse_number(text, o->min, o->max, (uint64_t *)((char *)a + o->offset))) {
            char what[80];
            (void)snprintf(what, sizeof what, "'%.20s' is no number from %llu to %llu", text, (unsigned long long)o->min,
                           (unsigned long long)o->max);
            return wrong(name, what);
        }
    }
    a->has_snaplen = a->has_snaplen || strcmp(name, "snaplen") == 0;
    a->has_payload = a->has_payload || strcmp(name, "payload-bytes") == 0;
    return -1;
}

/* Returns -1 to go on, else the exit code. */
static int parse(int argc, char **argv, struct arguments *a)
{
    static const struct option options[] = {
        {"interface", required_argument, NULL, 'i'},     {"store", required_argument, NULL, 's'},
        {"config", required_argument, NULL, 'c'},        {"recorder", required_argument, NULL, 'r'},
        {"decap", required_argument, NULL, 'd'},         {"incoming", no_argument, NULL, 'I'},
        {"user", required_argument, NULL, 'u'},          {"log-format", required_argument, NULL, 'f'},
        {"snaplen", required_argument, NULL, 'n'},       {"payload-bytes", required_argument, NULL, 'n'},
        {"rings", required_argument, NULL, 'n'},         {"buffer", required_argument, NULL, 'n'},
        {"ledger-interval", required_argument, NULL, 'n'}, {"segment-seconds", required_argument, NULL, 'n'},
        {"segment-mib", required_argument, NULL, 'n'},   {"stats-interval", required_argument, NULL, 'n'},
        {"help", no_argument, NULL, 'h'},                {"version", no_argument, NULL, 'V'},
        {0}};
    int which, rc;
    for (int o; (o = getopt_long(argc, argv, "i:h", options, &which)) != -1;) {
        switch (o) {
        case 'i':
            a->interface = optarg;
            break;
        case 's':
            a->store = optarg;
            break;
        case 'c':
            a->config = optarg;
            break;
        case 'r':
            a->recorder = optarg;
            break;
        case 'u':
            a->user = optarg;
            break;
        case 'I':
            a->incoming = true;
            break;
        case 'd':
            if (!hdr_decap_parse(optarg, &a->decap))
                return wrong("decap", "give gre, erspan, vxlan, comma-separated");
            break;
        case 'f':
            if (strcmp(optarg, "json") != 0 && strcmp(optarg, "text") != 0)
                return wrong("log-format", "give text or json");
            a->json = strcmp(optarg, "json") == 0;
            break;
        case 'n':
            rc = take_number(a, options[which].name, optarg);
            if (rc >= 0)
                return rc;
            break;
        case 'h':
            usage(stdout);
            return EXIT_GOOD;
        case 'V':
            (void)printf("hotaru-capture %s\n", HOTARU_VERSION);
            return EXIT_GOOD;
        default:
            (void)fprintf(stderr, "hotaru-capture: 'hotaru-capture --help' lists the options\n");
            return EXIT_USAGE;
        }
    }
    if (optind < argc) {
        (void)fprintf(stderr, "hotaru-capture: unexpected argument '%.60s'\n", argv[optind]);
        return EXIT_USAGE;
    }
    if (!a->config && (!a->interface || !a->store)) {
        (void)fprintf(stderr, "hotaru-capture: give -i INTERFACE and --store DIR, or --config FILE\n");
        return EXIT_USAGE;
    }
    return -1;
}

/* "mir0" from "mir0", "eth10" from "eth1.0", "recorder" from what leaves nothing. */
static void name_from_interface(const char *interface, char *ret, size_t n)
{
    size_t len = 0;
    for (const char *p = interface; *p && len + 1 < n; p++) {
        if (isdigit((unsigned char)*p) || isalpha((unsigned char)*p))
            ret[len++] = (char)tolower((unsigned char)*p);
    }
    ret[len] = '\0';
    if (len == 0)
        (void)snprintf(ret, n, "recorder");
}

/* The configuration as the arguments leave it. */
static int load_config(const struct arguments *a, struct config *c, struct err *err)
{
    if (!a->config)
        config_init(c);
    int rc = a->config ? config_load(c, a->config, err) : 0;
    if (rc < 0)
        return rc;
    if (a->interface)
        (void)snprintf(c->capture.interface, sizeof c->capture.interface, "%s", a->interface);
    if (a->store)
        (void)snprintf(c->store.path, sizeof c->store.path, "%s", a->store);
    if (a->recorder)
        (void)snprintf(c->capture.recorder, sizeof c->capture.recorder, "%s", a->recorder);
    else if (!a->config)
        name_from_interface(c->capture.interface, c->capture.recorder, 32);
    if (a->has_payload)
        c->capture.payload_bytes = (uint16_t)a->payload;
    uint32_t needed = c->capture.payload_bytes ? 192u + c->capture.payload_bytes : 0; /* headers and payload */
    if (a->has_snaplen)
        c->capture.snap_len_bytes = (uint32_t)a->snaplen;
    else if (c->capture.snap_len_bytes < needed)
        c->capture.snap_len_bytes = needed;
    if (!c->capture.interface[0])
        return err_set(err, -EINVAL, "%s: capture.interface is not set; set it or give -i INTERFACE", a->config);
    return 0;
}

/* ---- running ---- */

static void say_counts(const struct config *c, const struct recorder_counts *now, const struct recorder_counts *before,
                       int64_t len_us)
{
    double seconds = len_us > 0 ? (double)len_us / 1e6 : 1;
    log_info("%s: %llu packets (%.0f a second), %llu stored; lost: %llu kernel, %llu not IP or malformed, %llu disk",
             c->capture.interface, (unsigned long long)now->received,
             (double)(now->received - before->received) / seconds, (unsigned long long)now->stored,
             (unsigned long long)now->lost_kernel, (unsigned long long)now->lost_decoder,
             (unsigned long long)now->lost_disk);
}

/* A full disk is said once when it begins and once when it is over. */
static void watch_disk(const struct recorder_counts *now, int *error)
{
    if (now->disk_error && !*error)
        log_error("the store takes no more (%s): packets wait in memory, then are lost and counted",
                  strerror(-now->disk_error));
    else if (!now->disk_error && *error)
        log_warn("the store takes packets again; %llu were lost", (unsigned long long)now->lost_disk);
    *error = now->disk_error;
}

/* Until SIGTERM, SIGINT or the end of a ring. */
static int watch(const struct recorder *r, const struct config *c, int64_t stats_us, const sigset_t *signals,
                 struct err *err)
{
    struct recorder_counts before = {0}, now;
    int64_t before_us = ts_mono_us();
    int disk_error = 0;
    for (;;) {
        const struct timespec wait = {.tv_nsec = 200000000};
        int sig = sigtimedwait(signals, NULL, &wait);
        if (sig == SIGTERM || sig == SIGINT)
            return 0;
        int rc = recorder_failed(r, err);
        if (rc < 0)
            return rc;
        recorder_counts(r, &now);
        watch_disk(&now, &disk_error);
        int64_t now_us = ts_mono_us();
        if (stats_us && now_us - before_us >= stats_us) {
            say_counts(c, &now, &before, now_us - before_us);
            before = now;
            before_us = now_us;
        }
    }
}

static int confine(const struct arguments *a, const struct config *c, struct err *err)
{
    int rc = confine_user(c->store.path, a->user, err);
    if (rc < 0)
        return rc;
    char spool[CONFIG_PATH_MAX + 8];
    (void)snprintf(spool, sizeof spool, "%s/spool", c->store.path);
    rc = confine_files(spool);
    if (rc < 0)
        log_warn("no Landlock here (%s): writing is confined by file permissions alone", strerror(-rc));
    return 0;
}

static int run(const struct arguments *a, const struct config *c, struct err *err)
{
    sigset_t signals;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL); /* threads inherit it */
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);

    struct recorder_options o = {
        .interface = c->capture.interface, .store_dir = c->store.path, .name = c->capture.recorder,
        .rings = (unsigned)a->rings, .snap_len_bytes = c->capture.snap_len_bytes,
        .buffer_bytes = (uint32_t)(a->buffer_mib << 20), .incoming_only = a->incoming,
        .payload_bytes = c->capture.payload_bytes, .decap = a->decap, .segment_bytes_max = a->segment_mib << 20,
        .segment_age_max_us = (int64_t)a->segment_s * TS_SECOND_US, .ledger_us = (int64_t)a->ledger_s * TS_SECOND_US};
    struct recorder *r = NULL;
    int rc = recorder_new(&o, &r, err);
    if (rc == 0)
        rc = confine(a, c, err);
    if (rc == 0)
        rc = recorder_open_spool(r, err);
    if (rc < 0)
        goto out;
    int64_t alive_us = recorder_alive_before_us(r);
    if (alive_us)
        log_info("nobody recorded for %.1f s before this start; the ledger says so",
                 (double)(ts_now_us() - alive_us) / 1e6);
    int refused = confine_calls();
    if (refused < 0)
        log_warn("no seccomp filter here (%s)", strerror(-refused));
    rc = recorder_start(r, err);
    if (rc < 0)
        goto out;
    (void)printf("recording %s into %s\n", c->capture.interface, c->store.path);
    (void)fflush(stdout);
    rc = watch(r, c, (int64_t)a->stats_s * TS_SECOND_US, &signals, err);
    int stopped = recorder_stop(r, err);
    rc = rc < 0 ? rc : stopped;
    struct recorder_counts all, none = {0};
    recorder_counts(r, &all);
    say_counts(c, &all, &none, 0);
out:
    recorder_free(r);
    return rc;
}

int main(int argc, char **argv)
{
    struct arguments a = {.rings = 1, .buffer_mib = 32, .stats_s = 60, .ledger_s = 10, .segment_s = 60, .segment_mib = 256};
    int code = parse(argc, argv, &a);
    if (code >= 0)
        return code;
    log_init("hotaru-capture", a.json, LOG_LEVEL_INFO);
    struct err err = {""};
    struct config *c = calloc(1, sizeof *c);
    if (!c)
        return EXIT_FAILED;
    int rc = load_config(&a, c, &err);
    if (rc == 0)
        rc = run(&a, c, &err);
    if (rc < 0)
        log_error("%s", err.text);
    config_done(c);
    free(c);
    return rc < 0 ? (int)err_exit_code(rc) : EXIT_GOOD;
}

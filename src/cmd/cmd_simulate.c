/* hotaru simulate: synthetic darknet traffic to a capture file or into a store, with its truth. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <pcap/dlt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/ts.h"
#include "cmd/arg.h"
#include "cmd/cmd.h"
#include "header/hdr.h"
#include "lab/simulate.h"
#include "spool/spool.h"
#include "store/store.h"

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

static const char help[] =
    "Usage: hotaru simulate (-o FILE | --store DIR) [OPTION…]\n"
    "Synthetic darknet traffic: scanners, backscatter, misconfiguration, UDP probes, malformed packets, in "
    "the mix that\n"
    "telescopes report. Nobody reacts to answers in it. It is named \"simulated\" wherever it is stored.\n\n"
    "  -o FILE            capture file: pcap, or pcapng when FILE ends so; - for standard output\n"
    "  --store DIR        into this store; its ledger marks them as \"simulated\"\n"
    "  --spool            with --store: through the spool, as a recorder does; 'hotaru store seal' finishes it\n"
    "  --truth FILE       write what was made, as JSON\n"
    "  --seed N           (1) the same seed and options give the same packets\n"
    "  --darknet PREFIX   (10.77.0.0/18) /8 or longer\n"
    "  --start TIME       (2013-04-10)\n"
    "  --days D           (1)\n"
    "  --rate PPS         of all sources together (174 packets per address and day, as measured in 2013)\n"
    "  --packets N        stop after N; alone: as many days as that takes; with --days: the rate that gives "
    "N\n";

struct arguments {
    const char *out, *store, *truth;
    uint64_t seed, packets;
    double days, rate;
    bool spool;
    int64_t start_ts_us;
    struct ip4_prefix darknet;
};

/* ---- into a store: straight into its Parquet files; or the way of a recorder, through the spool ---- */
struct store_sink {
    struct fill *fill;
    struct spool_writer *writer;
    uint64_t stored, malformed;
};

static int store_packet(void *to, int64_t ts_us, const uint8_t *packet, size_t len_bytes, struct err *err)
{
    struct store_sink *s = to;
    struct hdr h;
    enum hdr_loss loss = hdr_decode(DLT_IPV4, packet, (uint32_t)len_bytes, (uint32_t)len_bytes, ts_us, &h);
    if (loss != HDR_STORED) {
        s->malformed++;
        return 0;
    }
    if (s->fill) {
        s->stored++;
        return store_fill_add(s->fill, &h, err);
    }
    int rc = spool_write(s->writer, &h);
    if (rc == 0 && ++s->stored % 65536 == 0)
        rc = spool_tick(s->writer, ts_mono_us());
    return rc < 0 ? err_sys(err, rc, "the store takes no more after %" PRIu64 " packets", s->stored) : 0;
}

/* The ledger's rows of the whole run: packets = stored + lost, as for every recorder; and the mark of what is synthetic. */
static size_t ledger_rows(const struct store_sink *s, const struct arguments *a, int64_t end_ts_us, struct loss_row ret[2])
{
    int64_t length = end_ts_us - a->start_ts_us + 1;
    loss_row_set(&ret[0], a->start_ts_us, length, SIMULATE_NAME, "", s->stored, 0);
    loss_row_set(&ret[1], a->start_ts_us, length, SIMULATE_NAME, hdr_loss_name(HDR_LOSS_MALFORMED), 0, s->malformed);
    return s->malformed ? 2 : 1;
}

static int spool_close(struct store_sink *s, const struct arguments *a, int64_t end_ts_us, struct err *err)
{
    struct loss_row rows[2];
    size_t n = ledger_rows(s, a, end_ts_us, rows);
    int ledger = spool_write_ledger(s->writer, a->start_ts_us, rows[0].interval_us, rows, n);
    int rc = spool_writer_close(s->writer, err);
    return rc < 0 || ledger >= 0 ? rc : err_sys(err, ledger, "loss ledger");
}

static int fill_close(struct store_sink *s, const struct arguments *a, int64_t end_ts_us, struct err *err)
{
    struct loss_row rows[2];
    size_t n = ledger_rows(s, a, end_ts_us, rows);
    int rc = 0;
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = store_fill_loss(s->fill, &rows[i], err);
    return rc < 0 ? rc : store_fill_commit(s->fill, err);
}

/* ---- arguments ---- */
static int read_darknet(const char *text, struct ip4_prefix *ret, struct err *err)
{
    int rc = ip4_prefix_parse(text, ret, err);
    if (rc == 0 && ret->len_bits < 8)
        rc = err_set(err, -EINVAL, "--darknet: %s is larger than a /8", text);
    return rc;
}

static int settle(struct arguments *a, struct err *err)
{
    if (!a->out == !a->store)
        return err_set(err, -EINVAL, "give either -o FILE or --store DIR");
    if (a->spool && !a->store)
        return err_set(err, -EINVAL, "--spool goes with --store DIR");
    if (a->packets && a->days > 0 && a->rate > 0)
        return err_set(err, -EINVAL, "--packets, --days and --rate together: leave one out");
    double usual = SIMULATE_PER_ADDRESS_DAY * (double)ip4_prefix_size(a->darknet) / 86400;
    if (a->packets && a->days > 0)
        a->rate = (double)a->packets / (a->days * 86400);
    if (!(a->rate > 0))
        a->rate = usual;
    if (!(a->days > 0)) /* with --packets: a little longer, so that the count ends it and not the clock */
        a->days = a->packets ? ((double)a->packets * 1.1 + 1000) / a->rate / 86400 : 1;
    else if (a->packets)
        a->days = a->days * 1.1 + 1000 / a->rate / 86400;
    return 0;
}

enum { OPT_STORE = 256, OPT_SPOOL, OPT_TRUTH, OPT_SEED, OPT_DARKNET, OPT_START, OPT_DAYS, OPT_RATE, OPT_PACKETS };
static const struct option long_options[] = {
    {"output", required_argument, NULL, 'o'},
    {"store", required_argument, NULL, OPT_STORE},
    {"spool", no_argument, NULL, OPT_SPOOL},
    {"truth", required_argument, NULL, OPT_TRUTH},
    {"seed", required_argument, NULL, OPT_SEED},
    {"darknet", required_argument, NULL, OPT_DARKNET},
    {"start", required_argument, NULL, OPT_START},
    {"days", required_argument, NULL, OPT_DAYS},
    {"rate", required_argument, NULL, OPT_RATE},
    {"packets", required_argument, NULL, OPT_PACKETS},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* 1: go on; 0: help was asked; -EINVAL. */
static int read_arguments(int argc, char **argv, struct arguments *a, struct err *err)
{
    int rc = 0, o;
    opterr = 0;
    while (rc == 0 && (o = getopt_long(argc, argv, "o:h", long_options, NULL)) != -1) {
        switch (o) {
        case 'o':
            a->out = optarg;
            break;
        case OPT_STORE:
            a->store = optarg;
            break;
        case OPT_SPOOL:
            a->spool = true;
            break;
        case OPT_TRUTH:
            a->truth = optarg;
            break;
        case OPT_SEED:
            rc = arg_number("seed", optarg, UINT64_MAX, &a->seed, err);
            break;
        case OPT_DARKNET:
            rc = read_darknet(optarg, &a->darknet, err);
            break;
        case OPT_START:
            rc = ts_parse(optarg, &a->start_ts_us, err);
            break;
        case OPT_DAYS:
            rc = arg_real("days", optarg, 36500, &a->days, err);
            break;
        case OPT_RATE:
            rc = arg_real("rate", optarg, 1e8, &a->rate, err);
            break;
        case OPT_PACKETS:
            rc = arg_number("packets", optarg, UINT64_C(1) << 40, &a->packets, err);
            break;
        case 'h':
            (void)fputs(help, stdout);
            return 0;
        default:
            rc = err_set(err, -EINVAL, "unknown or incomplete option '%.60s'", argv[optind - 1]);
        }
    }
    if (rc == 0 && optind < argc)
        rc = err_set(err, -EINVAL, "'%.60s' is no option", argv[optind]);
    if (rc == 0)
        rc = settle(a, err);
    return rc < 0 ? rc : 1;
}

/* ---- running ---- */
struct progress {
    int64_t begin_us, said_us;
};

static void say_progress(void *to, uint64_t packets, double share)
{
    struct progress *p = to;
    int64_t now = ts_mono_us();
    if (now - p->begin_us < 2000000 || now - p->said_us < 500000)
        return;
    p->said_us = now;
    bool tty = isatty(STDERR_FILENO);
    (void)fprintf(stderr, "%ssimulate: %.1f million packets, %.0f %%%s", tty ? "\r" : "",
                  (double)packets / 1e6, share * 100, tty ? " " : "\n");
}

static int make(const struct arguments *a, const struct sink *sink, struct simulate_result *ret,
                struct err *err)
{
    struct progress progress = {.begin_us = ts_mono_us()};
    struct simulate_options o = {.seed = a->seed,
                                 .darknet = a->darknet,
                                 .start_ts_us = a->start_ts_us,
                                 .length_us = (int64_t)(a->days * 86400e6),
                                 .rate_pps = a->rate,
                                 .packets = a->packets,
                                 .truth = a->truth != NULL,
                                 .stop = &stop,
                                 .progress = say_progress,
                                 .progress_to = &progress};
    struct simulation *s;
    int rc = simulate_open(&o, &s, err);
    if (rc < 0)
        return rc;
    rc = simulate_run(s, sink, ret, err);
    if (rc == 0 && ret->stopped)
        rc = err_set(err, -EINTR, "stopped by a signal after %" PRIu64 " packets", ret->packets);
    if (rc == 0 && a->truth)
        rc = simulate_truth_write(s, a->truth, err);
    if (progress.said_us && isatty(STDERR_FILENO))
        (void)fputc('\n', stderr);
    simulate_close(s);
    return rc;
}

static int to_file(const struct arguments *a, struct simulate_result *ret, struct err *err)
{
    struct pcap_sink *p;
    struct sink sink;
    int rc = pcap_sink_open(a->out, &p, &sink, err);
    if (rc < 0)
        return rc;
    rc = make(a, &sink, ret, err);
    int closed = pcap_sink_close(p, rc == 0, err);
    return rc < 0 ? rc : closed;
}

static int to_spool(const struct arguments *a, struct simulate_result *ret, struct err *err)
{
    struct store_sink s = {.stored = 0};
    struct sink sink = {store_packet, &s};
    struct spool_options o = {.store_dir = a->store, .recorder = SIMULATE_NAME};
    int rc = spool_writer_open(&o, &s.writer, err);
    if (rc < 0)
        return rc;
    rc = make(a, &sink, ret, err);
    /* What was written before a failure stays, and the ledger says how much it is. */
    int closed = spool_close(&s, a, ret->end_ts_us, rc < 0 ? NULL : err);
    return rc < 0 ? rc : closed;
}

static int to_store(const struct arguments *a, struct simulate_result *ret, struct err *err)
{
    struct store_sink s = {.stored = 0};
    struct sink sink = {store_packet, &s};
    struct store_options o = {.writable = true};
    struct store *store = NULL;
    int rc = store_open(a->store, &o, &store, err);
    if (rc == 0)
        rc = store_fill_begin(store, SIMULATE_NAME, 0, &s.fill, err);
    if (rc == 0)
        rc = make(a, &sink, ret, err);
    /* What was made before a signal is kept, and the ledger says how much it is; what cannot be written is not. */
    if (rc == 0 || rc == -EINTR) {
        int closed = fill_close(&s, a, ret->end_ts_us, rc < 0 ? NULL : err);
        rc = rc < 0 ? rc : closed;
    }
    store_fill_free(s.fill);
    store_close(store);
    return rc;
}

static int run(int argc, char **argv)
{
    struct arguments a = {.seed = 1, .darknet = {0x0a4d0000, 18}};
    struct err err = {.text = ""};
    int rc = ts_parse("2013-04-10", &a.start_ts_us, &err);
    if (rc >= 0)
        rc = read_arguments(argc, argv, &a, &err);
    if (rc <= 0) {
        if (rc < 0)
            (void)fprintf(stderr, "hotaru simulate: %s\n", err.text);
        return rc < 0 ? EXIT_USAGE : EXIT_GOOD;
    }
    struct sigaction action = {.sa_handler = on_signal};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    struct simulate_result r = {.end_ts_us = a.start_ts_us};
    int64_t begin_us = ts_mono_us();
    rc = a.store ? (a.spool ? to_spool : to_store)(&a, &r, &err) : to_file(&a, &r, &err);
    if (rc < 0) {
        (void)fprintf(stderr, "hotaru simulate: %s\n", err.text);
        return EXIT_FAILED;
    }
    char from[TS_TEXT_MAX], to[TS_TEXT_MAX];
    double seconds = (double)(ts_mono_us() - begin_us) / 1e6;
    (void)fprintf(stderr,
                  "simulated %" PRIu64 " packets (%" PRIu64
                  " of them malformed beyond reading), %s to %s, in %.1f s\n",
                  r.packets, r.broken, ts_format(a.start_ts_us, from), ts_format(r.end_ts_us, to), seconds);
    return EXIT_GOOD;
}

const struct command command_simulate = {"simulate", "(-o FILE | --store DIR) [--truth FILE] [--packets N] …",
                                         "synthetic darknet traffic with its truth", run};

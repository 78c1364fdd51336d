/* hotaru export: packets that match a filter, out of the store: as a capture file rebuilt from headers, or as a table; with
 * addresses under a key on request. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <openssl/crypto.h>
#include <unistd.h>

#include "base/log.h"
#include "cmd/arg.h"
#include "cmd/cage.h"
#include "cmd/cmd.h"
#include "cmd/filter_args.h"
#include "cmd/store_args.h"
#include "store/anon.h"

static const char help[] =
    "Usage: hotaru export --store DIR [OPTION…] [-o FILE]\n"
    "The packets that match, out of the store: as a capture file rebuilt from their headers, or as a table. The man page\n"
    "hotaru-export(1) says what is rebuilt and what anonymising does and does not hide.\n\n"
    "  --store DIR        the store\n"
    "  --config FILE      observatory.yaml that names it (and the darknet, for --dst-offset)\n"
    "  -o FILE            write there instead of to standard output (-)\n"
    "  --format FORMAT    pcap, pcapng, csv, json (one object per line), parquet; without: by FILE's ending\n"
    "  --family 4|6|both  (both; parquet: 4) IPv4, IPv6: tables packet, packet6\n" FILTER_HELP
    "  --anonymize KEYFILE  addresses through Crypto-PAn under this key; the file is made when there is none. Leaves out kept\n"
    "                     payload, and ip_id, tcp_seq, tcp_ack, into which tools put addresses\n"
    "  --keep-ids         with --anonymize: keep ip_id, tcp_seq, tcp_ack\n"
    "  --drop-ids         leave them out without --anonymize\n"
    "  --dst-offset       addresses of the darknet (--config) as their offset in it\n"
    "  --memory MB        (1024) memory limit\n"
    "  --threads N        (one per core)\n\n"
    "Example: hotaru export --store out/store --port 445 --since 2013-04-17 -o smb.pcapng\n";

enum ids { IDS_DEFAULT, IDS_KEEP, IDS_DROP };
struct arguments {
    struct store_args store;
    const char *out, *key_file;
    struct export_options o;
    bool has_format, has_family, dst_offset;
    enum ids ids;
    uint64_t memory_mb, threads;
    struct ip4_prefix darknet[CONFIG_PREFIXES_MAX];
    size_t n_darknet;
};

static const struct {
    const char *name, *ending;
    enum export_form form;
} formats[] = {{"pcap", ".pcap", EXPORT_PCAP}, {"pcapng", ".pcapng", EXPORT_PCAPNG}, {"csv", ".csv", EXPORT_CSV},
               {"json", ".jsonl", EXPORT_JSON}, {"json", ".json", EXPORT_JSON}, {"parquet", ".parquet", EXPORT_PARQUET}};

static int take_format(struct arguments *a, const char *text, bool ending, struct err *err)
{
    size_t n = strlen(text);
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        const char *e = formats[i].ending;
        if (ending ? n >= strlen(e) && strcmp(text + n - strlen(e), e) == 0 : strcmp(text, formats[i].name) == 0) {
            a->o.form = formats[i].form;
            a->has_format = true;
            return 0;
        }
    }
    if (ending)
        return err_set(err, -EINVAL, "which format? give --format pcap, pcapng, csv, json or parquet");
    return err_set(err, -EINVAL, "--format: '%.40s' is none of pcap, pcapng, csv, json, parquet", text);
}

static int take_family(struct arguments *a, const char *text, struct err *err)
{
    bool both = strcmp(text, "both") == 0;
    a->has_family = true;
    a->o.ip4 = both || strcmp(text, "4") == 0;
    a->o.ip6 = both || strcmp(text, "6") == 0;
    return a->o.ip4 || a->o.ip6 ? 0 : err_set(err, -EINVAL, "--family: '%.40s' is none of 4, 6, both", text);
}

enum { OPT_FORMAT = 256, OPT_FAMILY, OPT_ANONYMIZE, OPT_KEEP_IDS, OPT_DROP_IDS, OPT_DST_OFFSET, OPT_MEMORY, OPT_THREADS };
static const struct option long_options[] = {
    STORE_LONG_OPTIONS,
    FILTER_LONG_OPTIONS,
    {"output", required_argument, NULL, 'o'},
    {"format", required_argument, NULL, OPT_FORMAT},
    {"family", required_argument, NULL, OPT_FAMILY},
    {"anonymize", required_argument, NULL, OPT_ANONYMIZE},
    {"keep-ids", no_argument, NULL, OPT_KEEP_IDS},
    {"drop-ids", no_argument, NULL, OPT_DROP_IDS},
    {"dst-offset", no_argument, NULL, OPT_DST_OFFSET},
    {"memory", required_argument, NULL, OPT_MEMORY},
    {"threads", required_argument, NULL, OPT_THREADS},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* What one option alone cannot say. */
static int finish_arguments(struct arguments *a, struct err *err)
{
    int rc = filter_args_done(&a->o.filter, err);
    if (rc == 0 && !a->has_format)
        rc = take_format(a, a->out ? a->out : "", true, err);
    if (rc == 0)
        rc = store_args_done(&a->store, err);
    if (rc < 0)
        return rc;
    if (!a->has_family) {
        a->o.ip4 = true;
        a->o.ip6 = a->o.form != EXPORT_PARQUET;
    }
    if (a->o.form == EXPORT_PARQUET && a->o.ip4 == a->o.ip6)
        return err_set(err, -EINVAL, "Parquet holds one table: give --family 4 or --family 6");
    if (!a->o.ip4 && (a->o.filter.has_src || a->o.filter.has_dst))
        return err_set(err, -EINVAL, "--src and --dst are IPv4 addresses: with --family 6 no packet can match");
    if (a->ids == IDS_KEEP && !a->key_file)
        return err_set(err, -EINVAL, "--keep-ids goes with --anonymize; without it they are kept anyway");
    if (a->dst_offset && !a->store.config_path)
        return err_set(err, -EINVAL, "--dst-offset: an offset in which darknet? give --config FILE");
    a->o.drop_ids = a->ids == IDS_DROP || (a->ids == IDS_DEFAULT && a->key_file);
    a->o.drop_payload = a->key_file;
    bool to_stdout = !a->out || strcmp(a->out, "-") == 0, binary = a->o.form != EXPORT_CSV && a->o.form != EXPORT_JSON;
    if (to_stdout && binary && isatty(STDOUT_FILENO))
        return err_set(err, -EINVAL, "a capture or Parquet file is not for a terminal: give -o FILE");
    return 0;
}

/* 1: go on; 0: help was asked; -EINVAL. */
static int read_arguments(int argc, char **argv, struct arguments *a, struct err *err)
{
    int rc = 0;
    *a = (struct arguments){.memory_mb = 1024};
    optind = 1;
    opterr = 0;
    for (int c; rc >= 0 && (c = getopt_long(argc, argv, ":o:h", long_options, NULL)) != -1;) {
        rc = store_arg(&a->store, c, optarg, err);
        if (rc == 0)
            rc = filter_arg(&a->o.filter, c, optarg, err);
        if (rc != 0)
            continue;
        switch (c) {
        case 'h': (void)fputs(help, stdout); return 0;
        case 'o': a->out = optarg; break;
        case OPT_FORMAT: rc = take_format(a, optarg, false, err); break;
        case OPT_FAMILY: rc = take_family(a, optarg, err); break;
        case OPT_ANONYMIZE: a->key_file = optarg; break;
        case OPT_KEEP_IDS: a->ids = IDS_KEEP; break;
        case OPT_DROP_IDS: a->ids = IDS_DROP; break;
        case OPT_DST_OFFSET: a->dst_offset = true; break;
        case OPT_MEMORY: rc = arg_number("memory", optarg, 1 << 20, &a->memory_mb, err); break;
        case OPT_THREADS: rc = arg_number("threads", optarg, 256, &a->threads, err); break;
        default: return store_arg_unknown(c, argv, err);
        }
    }
    if (rc < 0)
        return rc;
    if (optind != argc)
        return err_set(err, -EINVAL, "what is '%.40s'? 'hotaru export --help' lists the options", argv[optind]);
    rc = finish_arguments(a, err);
    return rc < 0 ? rc : 1;
}

static int read_darknet(struct arguments *a, struct err *err)
{
    struct config c;
    int rc = config_load(&c, a->store.config_path, err);
    if (rc < 0)
        return rc;
    a->n_darknet = c.n_darknet;
    memcpy(a->darknet, c.darknet, c.n_darknet * sizeof *c.darknet);
    config_done(&c);
    return a->n_darknet ? 0 : err_set(err, -EINVAL, "--dst-offset: %s names no darknet", a->store.config_path);
}

/* Key file and configuration are read before the cage closes. */
static int make_anon(struct arguments *a, struct anon **ret, struct err *err)
{
    uint8_t key[ANON_KEY_BYTES];
    bool made = false;
    int rc = a->dst_offset ? read_darknet(a, err) : 0;
    if (rc == 0 && a->key_file)
        rc = anon_key_file(a->key_file, key, &made, err);
    if (rc == 0 && made)
        log_info("made the key %s; keep it to make the same map again, and keep it secret", a->key_file);
    if (rc == 0)
        rc = anon_new(a->key_file ? key : NULL, a->darknet, a->n_darknet, ret, err);
    OPENSSL_cleanse(key, sizeof key);
    return rc;
}

struct job {
    struct arguments *a;
    const struct cage *cage;
};

static void progress(void *arg, const char *what, uint64_t done, uint64_t total)
{
    (void)arg;
    log_info("%s: %" PRIu64 " of %" PRIu64 " packets", what, done, total);
}

static int in_cage(void *arg, struct err *err)
{
    const struct job *j = arg;
    struct store_options o = {.memory_bytes = j->a->memory_mb << 20, .threads = (uint32_t)j->a->threads, .progress = progress,
                              .output_path = j->cage->parquet ? "/dev/stdout" : NULL};
    struct export_result r = {0};
    struct store *s = NULL;
    int rc = store_open(j->a->store.dir, &o, &s, err);
    if (rc == 0) {
        cage_close(j->cage);
        rc = store_export(s, &j->a->o, STDOUT_FILENO, &r, err);
    }
    store_close(s);
    if (rc < 0)
        return rc;
    log_info("%" PRIu64 " packets", r.packets);
    if (r.near)
        log_warn("%" PRIu64 " packets: their columns contradict each other; built as near as can be", r.near);
    if (r.off_time)
        log_warn("%" PRIu64 " packets left out: %s", r.off_time,
                 j->a->o.form == EXPORT_PCAP ? "pcap holds times from 1970 to 2106 only; pcapng to the end of 9999"
                                             : "pcapng holds times from 1970 on only");
    return 0;
}

static int run(int argc, char **argv)
{
    struct err err = {0};
    static struct arguments a; /* large */
    struct anon *anon = NULL;
    log_init("hotaru export", false, LOG_LEVEL_INFO);
    int rc = read_arguments(argc, argv, &a, &err);
    if (rc <= 0) {
        if (rc < 0)
            log_error("%s", err.text);
        return rc < 0 ? EXIT_USAGE : EXIT_GOOD;
    }
    if (a.key_file || a.dst_offset)
        rc = make_anon(&a, &anon, &err);
    if (rc < 0) {
        log_error("%s", err.text);
        return (int)err_exit_code(rc);
    }
    a.o.anon = anon;
    const struct cage cage = {.store_dir = a.store.dir, .out = a.out, .parquet = a.o.form == EXPORT_PARQUET};
    struct job j = {.a = &a, .cage = &cage};
    rc = cage_run(&cage, in_cage, &j);
    anon_free(anon);
    return rc;
}

const struct command command_export = {.name = "export", .args = "[FILTER…] -o FILE [--anonymize KEYFILE]",
                                       .doc = "packets as pcap, pcapng, CSV, JSON Lines, Parquet", .run = run};

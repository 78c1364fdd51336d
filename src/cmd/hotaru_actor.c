/* hotaru-actor: one source (or one crowd of sources) of the lab, carried live. Runs inside a lab only. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "cmd/arg.h"
#include "lab/actor_truth.h"
#include "lab/behaviour.h"
#include "lab/carrier_live.h"
#include "lab/carrier_offline.h"
#include "lab/guard.h"
#include "lab/roster.h"

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

static const char help[] =
    "Usage: hotaru-actor --as NAME | --behaviour NAME --source PREFIX  [OPTION…]\n"
    "One source of hostile-looking traffic, carried with real packets. Runs inside the namespaces of 'hotaru "
    "lab' only.\n\n"
    "  --as NAME           play this part of the demo's cast (--roster lists them)\n"
    "  --behaviour NAME    behave like this (--list lists them)\n"
    "  --source PREFIX     addresses to speak from\n"
    "  --count N           how many of them\n"
    "  --port N            destination port, where the behaviour has one\n"
    "  --passes N          whole-darknet scanners: how often each address is asked\n"
    "  --darknet PREFIX    where to (10.77.0.0/18)\n"
    "  --seed N            the run's seed (1)\n"
    "  --seconds S         how long (100)\n"
    "  --rate PPS          packets or connections a second; default: a complete picture in the time given\n"
    "  --no-effects        react to no answer\n"
    "  --interface IF      the namespace's way out (eth0)\n"
    "  --gateway-mac MAC   next hop of raw packets\n"
    "  --truth FILE        write what was done, as JSON\n"
    "  --dry-run           print the actions as if nobody answered, send nothing\n"
    "  --list, --roster    list the behaviours, the cast\n"
    "  --help, --version\n";

enum option_id {
    OPT_AS = 256,
    OPT_BEHAVIOUR,
    OPT_SOURCE,
    OPT_COUNT,
    OPT_PORT,
    OPT_PASSES,
    OPT_DARKNET,
    OPT_SEED,
    OPT_SECONDS,
    OPT_RATE,
    OPT_NO_EFFECTS,
    OPT_INTERFACE,
    OPT_GATEWAY_MAC,
    OPT_TRUTH,
    OPT_DRY_RUN,
    OPT_LIST,
    OPT_ROSTER,
    OPT_HELP,
    OPT_VERSION
};
static const struct option long_options[] = {
    {"as", required_argument, NULL, OPT_AS},
    {"behaviour", required_argument, NULL, OPT_BEHAVIOUR},
    {"source", required_argument, NULL, OPT_SOURCE},
    {"count", required_argument, NULL, OPT_COUNT},
    {"port", required_argument, NULL, OPT_PORT},
    {"passes", required_argument, NULL, OPT_PASSES},
    {"darknet", required_argument, NULL, OPT_DARKNET},
    {"seed", required_argument, NULL, OPT_SEED},
    {"seconds", required_argument, NULL, OPT_SECONDS},
    {"rate", required_argument, NULL, OPT_RATE},
    {"no-effects", no_argument, NULL, OPT_NO_EFFECTS},
    {"interface", required_argument, NULL, OPT_INTERFACE},
    {"gateway-mac", required_argument, NULL, OPT_GATEWAY_MAC},
    {"truth", required_argument, NULL, OPT_TRUTH},
    {"dry-run", no_argument, NULL, OPT_DRY_RUN},
    {"list", no_argument, NULL, OPT_LIST},
    {"roster", no_argument, NULL, OPT_ROSTER},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0},
};

struct arguments {
    const char *as, *behaviour, *source, *darknet, *interface, *gateway_mac, *truth;
    uint64_t seed, count, port, passes;
    double seconds, rate;
    bool no_effects, dry_run;
};

static int read_mac(const char *text, uint8_t ret[static 6], struct err *err)
{
    unsigned m[6];
    int used = -1;
    if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &m[0], &m[1], &m[2], &m[3], &m[4], &m[5], &used) != 6 ||
        text[used])
        return err_set(err, -EINVAL, "--gateway-mac: '%.40s' is not like 02:00:00:00:76:01", text);
    for (int i = 0; i < 6; i++)
        ret[i] = (uint8_t)m[i];
    return 0;
}

static void print_list(void)
{
    for (const struct behaviour *const *b = behaviour_table; *b; b++)
        (void)printf("%-17s %s\n", (*b)->name, (*b)->doc);
}

static void print_roster(void)
{
    for (const struct roster_entry *e = roster_demo; e->name; e++)
        (void)printf("%-19s %-17s %s\n", e->name, e->behaviour, e->sources);
}

/* 1: parsed; 0: said what was asked, done; -EINVAL. */
static int read_arguments(int argc, char **argv, struct arguments *a, struct err *err)
{
    int rc = 0, o;
    opterr = 0;
    while (rc == 0 && (o = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
        switch (o) {
        case OPT_AS:
            a->as = optarg;
            break;
        case OPT_BEHAVIOUR:
            a->behaviour = optarg;
            break;
        case OPT_SOURCE:
            a->source = optarg;
            break;
        case OPT_COUNT:
            rc = arg_number("count", optarg, 1000000, &a->count, err);
            break;
        case OPT_PORT:
            rc = arg_number("port", optarg, 65535, &a->port, err);
            break;
        case OPT_PASSES:
            rc = arg_number("passes", optarg, UINT32_MAX, &a->passes, err);
            break;
        case OPT_DARKNET:
            a->darknet = optarg;
            break;
        case OPT_SEED:
            rc = arg_number("seed", optarg, UINT64_MAX, &a->seed, err);
            break;
        case OPT_SECONDS:
            rc = arg_real("seconds", optarg, 1e8, &a->seconds, err);
            break;
        case OPT_RATE:
            rc = arg_real("rate", optarg, 1e7, &a->rate, err);
            break;
        case OPT_NO_EFFECTS:
            a->no_effects = true;
            break;
        case OPT_INTERFACE:
            a->interface = optarg;
            break;
        case OPT_GATEWAY_MAC:
            a->gateway_mac = optarg;
            break;
        case OPT_TRUTH:
            a->truth = optarg;
            break;
        case OPT_DRY_RUN:
            a->dry_run = true;
            break;
        case OPT_LIST:
            print_list();
            return 0;
        case OPT_ROSTER:
            print_roster();
            return 0;
        case 'h':
        case OPT_HELP:
            (void)fputs(help, stdout);
            return 0;
        case OPT_VERSION:
            (void)printf("hotaru-actor %s\n", HOTARU_VERSION);
            return 0;
        default:
            rc = err_set(err, -EINVAL, "unknown or incomplete option '%.60s'", argv[optind - 1]);
        }
    }
    if (rc == 0 && optind < argc)
        rc = err_set(err, -EINVAL, "'%.60s' is no option", argv[optind]);
    return rc < 0 ? rc : 1;
}

/* The part to play: from the roster, or from the options alone. */
static int make_params(const struct arguments *a, const struct behaviour **ret_b,
                       struct behaviour_params *ret, struct err *err)
{
    struct roster_entry e = {.name = a->behaviour, .behaviour = a->behaviour, .sources = a->source};
    struct ip4_prefix darknet;
    int rc = ip4_prefix_parse(a->darknet, &darknet, err);
    if (rc < 0)
        return rc;
    if (darknet.len_bits < 8)
        return err_set(err, -EINVAL, "--darknet: %s is larger than a /8", a->darknet);
    if (a->as) {
        const struct roster_entry *found = roster_find(roster_demo, a->as);
        if (!found)
            return err_set(err, -EINVAL, "--as: nobody in the cast is called '%.40s' (--roster lists them)",
                           a->as);
        e = *found;
    } else if (!a->behaviour || !a->source) {
        return err_set(err, -EINVAL, "--as NAME, or --behaviour NAME and --source PREFIX are needed");
    }
    if (!behaviour_find(e.behaviour))
        return err_set(err, -EINVAL, "--behaviour: '%.40s' is none (--list lists them)", e.behaviour);
    rc = roster_params(&e, a->seed, darknet, (int64_t)(a->seconds * 1e6), !a->no_effects, ret, err);
    if (rc < 0)
        return rc;
    if (a->count)
        ret->n_sources = (uint32_t)a->count;
    if (a->port)
        ret->dport = (uint16_t)a->port;
    if (a->rate > 0)
        ret->rate_pps = a->rate;
    ret->passes = (uint32_t)a->passes;
    *ret_b = behaviour_find(e.behaviour);
    return 0;
}

static int dry_run(const struct behaviour *b, const struct behaviour_params *params,
                   struct actor_truth *truth)
{
    static const char *const kinds[] = {"connect", "smb-negotiate", "mysql-version"};
    struct offline o;
    struct action a;
    char src[IP4_TEXT_MAX], dst[IP4_TEXT_MAX];
    int rc = offline_init(&o, b, params, NULL, NULL);
    if (rc < 0)
        return rc;
    while (!stop && (rc = offline_next(&o, &a)) > 0) {
        (void)printf("%12.6f %s:%u > %s:%u ", (double)a.at_us / 1e6, ip4_format(a.src, src), a.sport,
                     ip4_format(a.dst, dst), a.dport);
        if (a.kind == ACTION_DIALOGUE)
            (void)printf("%s\n", kinds[a.dialogue]);
        else
            (void)printf("%zu bytes%s\n", a.packet_len_bytes, a.broken_ip ? ", broken" : "");
        if (a.kind == ACTION_DIALOGUE)
            actor_truth_connect(truth, &a);
        else
            actor_truth_packet(truth, &a);
    }
    truth->end_ts_us = o.now_us;
    offline_done(&o);
    return rc;
}

static int live_run(const struct arguments *a, const struct behaviour *b,
                    const struct behaviour_params *params, struct actor_truth *truth, struct err *err)
{
    struct carrier_live_options o = {
        .interface = a->interface, .behaviour = b, .params = *params, .truth = truth, .stop = &stop};
    if (!a->gateway_mac)
        return err_set(err, -EINVAL, "--gateway-mac is needed");
    int rc = read_mac(a->gateway_mac, o.gateway_mac, err);
    return rc < 0 ? rc : carrier_live_run(&o, err);
}

static int run(const struct arguments *a, const struct behaviour *b, struct behaviour_params *params,
               struct err *err)
{
    struct actor_truth truth;
    int rc = actor_truth_init(&truth, a->as ? a->as : a->behaviour, b, params);
    if (rc < 0)
        return err_sys(err, rc, "truth");
    truth.simulated = a->dry_run;
    params->note = actor_truth_note;
    params->note_to = &truth;
    rc = a->dry_run ? dry_run(b, params, &truth) : live_run(a, b, params, &truth, err);
    if (rc < 0)
        (void)err_sys(err, rc, "behaviour %s", b->name);
    else if (a->truth)
        rc = actor_truth_write(&truth, a->truth, err);
    if (rc >= 0)
        log_info("%s: %" PRIu64 " raw packets, %" PRIu64 " connections (%" PRIu64 " answered), %" PRIu64
                 " errors",
                 truth.name, truth.raw_packets + truth.broken_packets, truth.connects,
                 truth.outcomes[OUTCOME_ANSWERED], truth.send_errors + truth.connect_errors);
    actor_truth_done(&truth);
    return rc;
}

int main(int argc, char **argv)
{
    struct arguments a = {.darknet = "10.77.0.0/18", .interface = "eth0", .seed = 1, .seconds = 100};
    struct err err = {.text = ""};
    const struct behaviour *b = NULL;
    struct behaviour_params params;
    log_init("hotaru-actor", false, LOG_LEVEL_INFO);
    int rc = read_arguments(argc, argv, &a, &err);
    if (rc == 0)
        return EXIT_GOOD;
    if (rc > 0)
        rc = make_params(&a, &b, &params, &err);
    if (rc >= 0 && !a.dry_run && (!a.gateway_mac || !a.truth))
        rc = err_set(&err, -EINVAL, "--gateway-mac and --truth are needed (or --dry-run)");
    if (rc < 0) {
        log_error("%s", err.text);
        return EXIT_USAGE;
    }
    struct sigaction action = {.sa_handler = on_signal};
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    rc = run(&a, b, &params, &err);
    if (rc < 0)
        log_error("%s", err.text);
    return rc < 0 ? EXIT_FAILED : EXIT_GOOD;
}

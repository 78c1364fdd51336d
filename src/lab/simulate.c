#include "lab/simulate.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "lab/actor_truth.h"
#include "lab/behaviour.h"
#include "lab/carrier_offline.h"
#include "lab/roster.h"

/* The mix. Shares of packets and of sources; crowds with `tail` get the exponent that puts TOP_SHARE of their packets on
 * the first hundredth of their sources (telescopes report 81 to 97 % for all traffic). Sources that react to answers are
 * not here: without a world that answers they would only be more random scanners. */
static const struct part {
    const char *name, *behaviour;
    double packets, sources;
    uint16_t dport;
    bool tail;
} parts[] = {
    {"slow", "slow", 0.580, 0.780, 0, true},
    {"mirai", "mirai", 0.080, 0.120, 0, true},
    {"udp", "udp", 0.060, 0.060, 0, true},
    {"zmap-445", "zmap", 0.050, 0.0002, 445, false},
    {"zmap-22", "zmap", 0.040, 0.0002, 22, false},
    {"zmap-80", "zmap", 0.040, 0.0002, 80, false},
    {"masscan-3306", "masscan", 0.040, 0.0002, 3306, false},
    {"masscan-1433", "masscan", 0.040, 0.0002, 1433, false},
    {"port6000", "port6000", 0.020, 0.001, 0, false},
    {"backscatter", "backscatter", 0.035, 0.002, 0, true},
    {"nmap", "nmap", 0.005, 0.0005, 0, false},
    {"misconfiguration", "misconfiguration", 0.008, 0.0005, 0, false},
    {"malformed", "malformed", 0.002, 0.0005, 0, false},
};
enum { PARTS = sizeof parts / sizeof parts[0], MISCONFIGURED_MAX = 64 };
#define TOP_SHARE          0.90
#define PACKETS_PER_SOURCE 50.0
#define SOURCES_MIN        100.0
#define SOURCES_MAX        1e6
#define PROGRESS_PACKETS   (UINT64_C(1) << 20)

struct actor {
    struct offline carrier;
    struct actor_truth truth;
    struct action action; /* the next one */
    bool started;
};

struct simulation {
    struct simulate_options options;
    struct simulate_result result;
    struct actor actors[PARTS];
    int64_t due_us[PARTS]; /* of each actor's next action; INT64_MAX: none */
};

/* Sum of k^-s for k = 1..n: the first thousand one by one, the rest as an integral. */
static double zipf_sum(uint64_t n, double s)
{
    double sum = 0;
    uint64_t exact = n < 1000 ? n : 1000;
    for (uint64_t k = 1; k <= exact; k++)
        sum += pow((double)k, -s);
    if (n == exact)
        return sum;
    double from = (double)exact + 0.5, to = (double)n + 0.5;
    return sum + (fabs(s - 1) < 1e-9 ? log(to / from) : (pow(from, 1 - s) - pow(to, 1 - s)) / (s - 1));
}

double simulate_exponent(uint64_t n, double share)
{
    double low = 0, high = 6;
    for (int i = 0; i < 50; i++) {
        double mid = (low + high) / 2;
        if (zipf_sum(n / 100, mid) / zipf_sum(n, mid) < share)
            low = mid;
        else
            high = mid;
    }
    return (low + high) / 2;
}

static struct behaviour_params params_of(const struct simulate_options *o, const struct part *p,
                                         double n_sources)
{
    struct behaviour_params params = {.seed = roster_seed(o->seed, p->name),
                                      .darknet = o->darknet,
                                      .dport = p->dport,
                                      .passes = UINT32_MAX,
                                      .length_us = o->length_us,
                                      .rate_pps = p->packets * o->rate_pps};
    double n = ceil(n_sources * p->sources);
    if (strcmp(p->behaviour, "misconfiguration") == 0 && n > MISCONFIGURED_MAX)
        n = MISCONFIGURED_MAX;
    params.n_sources = (uint32_t)(p->tail && n < SOURCES_MIN ? SOURCES_MIN : n);
    if (p->tail)
        params.exponent = simulate_exponent(params.n_sources, TOP_SHARE);
    return params; /* sources: 0.0.0.0/0, anywhere */
}

static int advance(struct simulation *s, size_t i)
{
    int rc = offline_next(&s->actors[i].carrier, &s->actors[i].action);
    s->due_us[i] = rc > 0 ? s->actors[i].action.at_us : INT64_MAX;
    return rc < 0 ? rc : 0;
}

static int start_actor(struct simulation *s, const struct part *p, double n_sources)
{
    struct actor *a = &s->actors[p - parts];
    struct behaviour_params params = params_of(&s->options, p, n_sources);
    const struct behaviour *b = behaviour_find(p->behaviour);
    int rc = offline_init(&a->carrier, b, &params, NULL, NULL);
    if (rc < 0)
        return rc;
    a->started = true;
    if (s->options.truth && (rc = actor_truth_init(&a->truth, p->name, b, &params)) < 0)
        return rc;
    a->truth.simulated = true;
    a->truth.start_ts_us = a->truth.end_ts_us = s->options.start_ts_us;
    return advance(s, (size_t)(p - parts));
}

int simulate_open(const struct simulate_options *options, struct simulation **ret, struct err *err)
{
    double expected =
        options->packets ? (double)options->packets : options->rate_pps * (double)options->length_us / 1e6;
    double n_sources = fmin(fmax(expected / PACKETS_PER_SOURCE, SOURCES_MIN), SOURCES_MAX);
    if (options->darknet.len_bits < 8 || options->length_us <= 0 || !(options->rate_pps > 0))
        return err_set(err, -EINVAL, "a simulation needs a darknet of /8 or longer, a length and a rate");
    struct simulation *s = calloc(1, sizeof *s);
    if (!s)
        return err_sys(err, -ENOMEM, "simulation");
    s->options = *options;
    s->result.end_ts_us = options->start_ts_us;
    for (size_t i = 0; i < PARTS; i++) {
        int rc = start_actor(s, &parts[i], n_sources);
        if (rc < 0) {
            simulate_close(s);
            return err_sys(err, rc, "simulation: %s", parts[i].name);
        }
    }
    *ret = s;
    return 0;
}

void simulate_close(struct simulation *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < PARTS; i++) {
        if (s->actors[i].started)
            offline_done(&s->actors[i].carrier);
        actor_truth_done(&s->actors[i].truth);
    }
    free(s);
}

static size_t earliest(const struct simulation *s)
{
    size_t first = 0;
    for (size_t i = 1; i < PARTS; i++)
        if (s->due_us[i] < s->due_us[first])
            first = i;
    return first;
}

static int send_one(struct simulation *s, size_t i, const struct sink *sink, struct err *err)
{
    struct actor *a = &s->actors[i];
    struct simulate_result *r = &s->result;
    int64_t ts = s->options.start_ts_us + a->action.at_us;
    int rc = sink->packet(sink->to, ts, a->action.packet, a->action.packet_len_bytes, err);
    if (rc < 0)
        return rc;
    r->packets++;
    r->broken += a->action.broken_ip;
    r->end_ts_us = ts;
    if (s->options.truth) {
        actor_truth_packet(&a->truth, &a->action);
        a->truth.end_ts_us = ts;
    }
    rc = advance(s, i);
    return rc < 0 ? err_sys(err, rc, "simulation") : 0;
}

static void tell_progress(const struct simulation *s)
{
    const struct simulate_options *o = &s->options;
    double share = o->packets ? (double)s->result.packets / (double)o->packets
                              : (double)(s->result.end_ts_us - o->start_ts_us) / (double)o->length_us;
    if (o->progress)
        o->progress(o->progress_to, s->result.packets, share);
}

int simulate_run(struct simulation *s, const struct sink *sink, struct simulate_result *ret, struct err *err)
{
    int rc = 0;
    while (rc == 0 && (!s->options.packets || s->result.packets < s->options.packets)) {
        size_t i = earliest(s);
        if (s->due_us[i] == INT64_MAX)
            break;
        s->result.stopped = s->options.stop && *s->options.stop;
        if (s->result.stopped)
            break;
        rc = send_one(s, i, sink, err);
        if (s->result.packets % PROGRESS_PACKETS == 0)
            tell_progress(s);
    }
    *ret = s->result;
    return rc;
}

static json_t *truth_json(const struct simulation *s)
{
    const struct simulate_options *o = &s->options;
    char text[IP4_TEXT_MAX], seed[24];
    json_t *actors = json_array();
    for (size_t i = 0; i < PARTS; i++)
        (void)json_array_append_new(actors, actor_truth_json(&s->actors[i].truth));
    (void)snprintf(seed, sizeof seed, "%llu", (unsigned long long)o->seed);
    return json_pack("{s:s, s:i, s:b, s:s, s:s, s:I, s:I, s:I, s:I, s:o}", "format",
                     "hotaru-simulation-truth", "version", 1, "simulated", 1, "seed", seed, "darknet",
                     ip4_prefix_format(o->darknet, text), "start_us", (json_int_t)o->start_ts_us, "end_us",
                     (json_int_t)s->result.end_ts_us, "packets", (json_int_t)s->result.packets,
                     "broken_packets", (json_int_t)s->result.broken, "actors", actors);
}

int simulate_truth_write(const struct simulation *s, const char *path, struct err *err)
{
    for (size_t i = 0; i < PARTS; i++)
        if (!s->options.truth || s->actors[i].truth.out_of_memory)
            return err_set(err, -ENOMEM, "%s: the truth was not kept", path);
    json_t *o = truth_json(s);
    char *text = o ? json_dumps(o, JSON_INDENT(1) | JSON_PRESERVE_ORDER) : NULL;
    int rc = text ? io_replace_file(path, text, strlen(text), err) : err_sys(err, -ENOMEM, "%s", path);
    free(text);
    json_decref(o);
    return rc;
}

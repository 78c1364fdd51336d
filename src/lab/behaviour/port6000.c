/* The database scanners of 2013 that send from source port 6000: constant identification 256 and window 16384, no options,
 * TCP 3306 (and 1433), targets at random. Source port: nine of ten probes to 3306 in a honeypot's data of 2013. */
#include "lab/behaviour/draw.h"
#include "lab/behaviour/table.h"
#include "lab/packet.h"

enum { SOURCES = 8 };
#define TOTAL 4000

struct port6000 {
    struct behaviour_params params;
    struct rng targets, times;
    struct pace pace;
    struct crowd crowd;
};

static int port6000_start(void *state, const struct behaviour_params *params)
{
    struct port6000 *s = state;
    s->params = *params;
    s->targets = rng_of(params->seed, "port6000 targets");
    s->times = rng_of(params->seed, "port6000 times");
    struct rng self = rng_of(params->seed, "port6000 self");
    s->pace = pace_of(draw_rate(params, TOTAL), 0, false);
    return crowd_init(&s->crowd, params, SOURCES, 0.5, &self);
}

static void port6000_next(void *state, int64_t now_us, struct action *ret)
{
    struct port6000 *s = state;
    int64_t at = pace_next(&s->pace, &s->times, now_us);
    if (at >= s->params.length_us) {
        action_end(ret, at);
        return;
    }
    size_t i = crowd_pick(&s->crowd, &s->targets);
    uint32_t src = s->crowd.address[i], dst = draw_dst(&s->targets, s->params.darknet);
    uint64_t r = rng_u64(&s->targets);
    uint16_t dport = s->params.dport ? s->params.dport : i % 4 == 3 ? 1433 : 3306;
    struct packet_ip ip = {
        .src = src, .dst = dst, .id = 256, .ttl = (uint8_t)(128 - draw_hops(s->params.seed, src))};
    struct packet_tcp tcp = {
        .sport = 6000, .dport = dport, .seq = (uint32_t)r, .flags = TCP_SYN, .window = 16384};
    action_packet(ret, at, src, dst, tcp.sport, tcp.dport,
                  packet_tcp(ret->packet, sizeof ret->packet, &ip, &tcp, NULL, 0));
}

static void port6000_done(void *state)
{
    struct port6000 *s = state;
    crowd_done(&s->crowd);
}

const struct behaviour behaviour_port6000 = {
    .name = "port6000",
    .doc = "database scanners from source port 6000 (2013); do not care about answers",
    .state_bytes = sizeof(struct port6000),
    .start = port6000_start,
    .next = port6000_next,
    .done = port6000_done,
};

/* Mirai's scanner: sequence number = destination address, source port fixed per bot, random window and identification,
 * TTL 64 at the source, no options, TCP 23 nine times of ten and 2323 once. Source: Antonakakis et al. 2017, section 2;
 * fields as in telescopes' fingerprints. */
#include "lab/behaviour/draw.h"
#include "lab/behaviour/table.h"
#include "lab/packet.h"

enum { BOTS = 300 };
#define TOTAL    10000
#define EXPONENT 0.4

struct mirai {
    struct behaviour_params params;
    struct rng targets, times;
    struct pace pace;
    struct crowd crowd;
};

static int mirai_start(void *state, const struct behaviour_params *params)
{
    struct mirai *m = state;
    m->params = *params;
    m->targets = rng_of(params->seed, "mirai targets");
    m->times = rng_of(params->seed, "mirai times");
    struct rng self = rng_of(params->seed, "mirai self");
    m->pace = pace_of(draw_rate(params, TOTAL), 0, false);
    return crowd_init(&m->crowd, params, BOTS, EXPONENT, &self);
}

static void mirai_next(void *state, int64_t now_us, struct action *ret)
{
    struct mirai *m = state;
    int64_t at = pace_next(&m->pace, &m->times, now_us);
    if (at >= m->params.length_us) {
        action_end(ret, at);
        return;
    }
    uint32_t src = m->crowd.address[crowd_pick(&m->crowd, &m->targets)],
             dst = draw_dst(&m->targets, m->params.darknet);
    uint64_t r = rng_u64(&m->targets), h = draw_hash(m->params.seed, src);
    struct packet_ip ip = {
        .src = src, .dst = dst, .id = (uint16_t)r, .ttl = (uint8_t)(64 - draw_hops(m->params.seed, src))};
    struct packet_tcp tcp = {.sport = (uint16_t)(1024 + h % 64512),
                             .dport = (r >> 32) % 10 == 0 ? 2323 : 23,
                             .seq = dst,
                             .flags = TCP_SYN,
                             .window = (uint16_t)(r >> 16)};
    action_packet(ret, at, src, dst, tcp.sport, tcp.dport,
                  packet_tcp(ret->packet, sizeof ret->packet, &ip, &tcp, NULL, 0));
}

static void mirai_done(void *state)
{
    struct mirai *m = state;
    crowd_done(&m->crowd);
}

const struct behaviour behaviour_mirai = {
    .name = "mirai",
    .doc = "Mirai bots: TCP 23 and 2323, sequence number = destination; do not care about answers",
    .state_bytes = sizeof(struct mirai),
    .start = mirai_start,
    .next = mirai_next,
    .done = mirai_done,
};

/* Masscan up to 2023: stateless SYNs in a shuffled order, each address once a pass. ip.id = low 16 bits of
 * dst ^ dport ^ seq, one source port for the scan, window 1024, TTL 255 at the source, no options; the sequence number is
 * a keyed hash ("SYN cookie"). Fields measured on masscan 1.3.2. */
#include "lab/behaviour/draw.h"
#include "lab/behaviour/table.h"
#include "lab/packet.h"

enum { MASSCAN_WINDOW = 1024 };

struct masscan {
    struct behaviour_params params;
    struct rng times;
    struct pace pace;
    struct crowd crowd;
    struct permutation order;
    uint64_t i;
    uint32_t passes_left;
    uint16_t dport;
};

static int masscan_start(void *state, const struct behaviour_params *params)
{
    struct masscan *m = state;
    m->params = *params;
    m->times = rng_of(params->seed, "masscan times");
    struct rng self = rng_of(params->seed, "masscan self");
    int rc = crowd_init(&m->crowd, params, 1, 0, &self);
    if (rc < 0)
        return rc;
    uint64_t n = ip4_prefix_size(params->darknet);
    m->order = permutation_of(n, &self);
    m->dport = params->dport ? params->dport : 80;
    m->passes_left = params->passes ? params->passes : 1;
    double rate = draw_rate(params, (double)n * 3);
    double spare = (double)params->length_us - (double)n * m->passes_left * 1.1e6 / rate;
    m->pace = pace_of(rate, spare > 0 ? rng_unit(&self) * spare : 0, true);
    return 0;
}

static bool next_address(struct masscan *m, uint32_t *ret)
{
    if (m->i == m->order.n) {
        if (m->passes_left == 1)
            return false;
        m->passes_left--;
        m->order = permutation_of(m->order.n, &m->times);
        m->i = 0;
    }
    *ret = m->params.darknet.base + (uint32_t)permutation_at(&m->order, m->i++);
    return true;
}

static void masscan_next(void *state, int64_t now_us, struct action *ret)
{
    struct masscan *m = state;
    int64_t at = pace_next(&m->pace, &m->times, now_us);
    uint32_t dst;
    if (at >= m->params.length_us || !next_address(m, &dst)) {
        action_end(ret, at);
        return;
    }
    uint64_t cookie = draw_hash(m->params.seed, (uint64_t)dst << 16 | m->dport);
    uint32_t src = m->crowd.address[(cookie >> 32) % m->crowd.n], seq = (uint32_t)cookie;
    uint64_t self = draw_hash(m->params.seed, src);
    struct packet_ip ip = {.src = src,
                           .dst = dst,
                           .id = (uint16_t)(dst ^ m->dport ^ seq),
                           .ttl = (uint8_t)(255 - draw_hops(m->params.seed, src))};
    struct packet_tcp tcp = {.sport = (uint16_t)(40000 + self % 20000),
                             .dport = m->dport,
                             .seq = seq,
                             .flags = TCP_SYN,
                             .window = MASSCAN_WINDOW};
    action_packet(ret, at, src, dst, tcp.sport, tcp.dport,
                  packet_tcp(ret->packet, sizeof ret->packet, &ip, &tcp, NULL, 0));
}

static void masscan_done(void *state)
{
    struct masscan *m = state;
    crowd_done(&m->crowd);
}

const struct behaviour behaviour_masscan = {
    .name = "masscan",
    .doc = "Masscan: every address once in a random order, stateless; does not care about answers",
    .state_bytes = sizeof(struct masscan),
    .start = masscan_start,
    .next = masscan_next,
    .done = masscan_done,
};

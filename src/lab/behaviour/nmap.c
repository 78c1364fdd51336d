/* nmap -sS: few hosts, many ports of each. Per session a constant xor of the two halves of the sequence number (the
 * number is a 16-bit value mirrored, then masked), few values and few source ports in all; window 1024, MSS only, TTL
 * drawn from 37..59 at the source. Measured on nmap 7.93. */
#include "lab/behaviour/draw.h"
#include "lab/behaviour/table.h"
#include "lab/packet.h"

enum { SESSIONS = 4, PORTS_PER_HOST = 200 };
#define TOTAL 3000

struct nmap {
    struct behaviour_params params;
    struct rng targets, times;
    struct pace pace;
    struct crowd crowd;
    uint64_t probes; /* over all sessions, which take turns */
};

/* What nmap asks first, then the rest of its well-known range in a mixed order. */
static uint16_t port_at(uint64_t seed, unsigned i)
{
    static const uint16_t top[] = {80,   23,   443,   21,   22,  25,   3389,  110,  445,  139, 143,  53,
                                   135,  3306, 8080,  1723, 111, 995,  993,   5900, 1025, 587, 8888, 199,
                                   1720, 465,  548,   113,  81,  6001, 10000, 514,  5060, 179, 1026, 2000,
                                   8443, 8000, 32768, 554,  26,  1433, 49152, 2001, 515};
    enum { TOP = sizeof top / sizeof top[0] };
    return i < TOP ? top[i] : (uint16_t)(1 + draw_hash(seed, i) % 10000);
}

static int nmap_start(void *state, const struct behaviour_params *params)
{
    struct nmap *m = state;
    m->params = *params;
    m->targets = rng_of(params->seed, "nmap targets");
    m->times = rng_of(params->seed, "nmap times");
    struct rng self = rng_of(params->seed, "nmap self");
    m->pace = pace_of(draw_rate(params, TOTAL), 0, false);
    return crowd_init(&m->crowd, params, SESSIONS, 0, &self);
}

static void nmap_next(void *state, int64_t now_us, struct action *ret)
{
    static const uint8_t mss[] = {2, 4, 5, 0xb4};
    struct nmap *m = state;
    int64_t at = pace_next(&m->pace, &m->times, now_us);
    if (at >= m->params.length_us) {
        action_end(ret, at);
        return;
    }
    uint64_t session = m->probes % m->crowd.n, i = m->probes++ / m->crowd.n;
    uint32_t src = m->crowd.address[session];
    uint64_t self = draw_hash(m->params.seed, src), host = draw_hash(self, i / PORTS_PER_HOST);
    uint32_t dst = m->params.darknet.base + (uint32_t)(host % ip4_prefix_size(m->params.darknet));
    uint64_t r = rng_u64(&m->targets);
    uint32_t half = (uint16_t)draw_hash(self, 1000 + r % 5), mask = (uint32_t)(self >> 32);
    struct packet_ip ip = {.src = src,
                           .dst = dst,
                           .id = (uint16_t)(r >> 8),
                           .ttl = (uint8_t)(37 + (r >> 24) % 23 - draw_hops(m->params.seed, src))};
    struct packet_tcp tcp = {.sport = (uint16_t)(33000 + self % 30000 + (r >> 40) % 5),
                             .dport = port_at(m->params.seed, (unsigned)(i % PORTS_PER_HOST)),
                             .seq = (half << 16 | half) ^ mask,
                             .flags = TCP_SYN,
                             .window = 1024,
                             .options = mss,
                             .options_len_bytes = sizeof mss};
    action_packet(ret, at, src, dst, tcp.sport, tcp.dport,
                  packet_tcp(ret->packet, sizeof ret->packet, &ip, &tcp, NULL, 0));
}

static void nmap_done(void *state)
{
    struct nmap *m = state;
    crowd_done(&m->crowd);
}

const struct behaviour behaviour_nmap = {
    .name = "nmap",
    .doc = "nmap -sS: many ports of few hosts; does not care about answers",
    .state_bytes = sizeof(struct nmap),
    .start = nmap_start,
    .next = nmap_next,
    .done = nmap_done,
};

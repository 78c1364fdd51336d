/* ZMap up to 4.0: stateless SYNs in the order of a multiplicative group, each address once a pass. ip.id 54321, window
 * 65535, TTL 255 at the source, no options; sequence number and source port from a keyed hash of the addresses.
 * Source: Durumeric, Wustrow, Halderman 2013, section 4.1; fields measured on zmap 2.1.1. */
#include <errno.h>

#include "lab/behaviour/draw.h"
#include "lab/behaviour/table.h"
#include "lab/packet.h"

enum { ZMAP_ID = 54321, ZMAP_WINDOW = 65535, ZMAP_PORT_LOW = 32768, ZMAP_PORTS = 28233 };

/* Primes just above 2^8, 2^16, 2^24 and 2^32, and the primes that divide each less one. */
static const struct group {
    uint64_t prime;
    uint32_t factors[5];
} groups[] = {
    {257, {2}},
    {65537, {2}},
    {UINT64_C(16777259), {2, 23, 103, 3541}},
    {UINT64_C(4294967311), {2, 3, 5, 131, 364289}},
};

struct zmap {
    struct behaviour_params params;
    struct rng times;
    struct pace pace;
    struct crowd crowd;
    const struct group *group;
    uint64_t generator, first, current, n; /* elements 1..prime-1; element e is address e-1 when below n */
    bool begun;
    uint32_t passes_left;
    uint16_t dport;
};

static uint64_t mul_mod(uint64_t a, uint64_t b, uint64_t m)
{
    unsigned __int128 wide = (unsigned __int128)a * b;
    return (uint64_t)(wide % m);
}

static uint64_t pow_mod(uint64_t base, uint64_t exponent, uint64_t m)
{
    uint64_t result = 1;
    for (; exponent; exponent >>= 1) {
        if (exponent & 1)
            result = mul_mod(result, base, m);
        base = mul_mod(base, base, m);
    }
    return result;
}

/* g generates the whole group if and only if g^((p-1)/q) is not 1 for any prime q that divides p-1. */
static bool is_generator(const struct group *g, uint64_t x)
{
    for (size_t i = 0; i < sizeof g->factors / sizeof g->factors[0] && g->factors[i]; i++)
        if (pow_mod(x, (g->prime - 1) / g->factors[i], g->prime) == 1)
            return false;
    return true;
}

static void new_order(struct zmap *z, struct rng *r)
{
    do
        z->generator = 2 + rng_below(r, z->group->prime - 3);
    while (!is_generator(z->group, z->generator));
    z->first = z->current = 1 + rng_below(r, z->group->prime - 1);
    z->begun = false;
}

static int zmap_start(void *state, const struct behaviour_params *params)
{
    struct zmap *z = state;
    z->params = *params;
    z->times = rng_of(params->seed, "zmap times");
    struct rng self = rng_of(params->seed, "zmap self");
    int rc = crowd_init(&z->crowd, params, 1, 0, &self);
    if (rc < 0)
        return rc;
    z->n = ip4_prefix_size(params->darknet);
    for (z->group = groups; z->group->prime <= z->n; z->group++)
        ;
    z->dport = params->dport ? params->dport : 80;
    z->passes_left = params->passes ? params->passes : 1;
    double rate = draw_rate(params, (double)z->n * 3);
    double spare = (double)params->length_us - (double)z->n * z->passes_left * 1.1e6 / rate;
    z->pace = pace_of(rate, spare > 0 ? rng_unit(&self) * spare : 0, true);
    new_order(z, &self);
    return 0;
}

/* The next element that is an address; false when the walk is back where it began. */
static bool next_address(struct zmap *z, uint32_t *ret)
{
    for (;;) {
        if (z->begun)
            z->current = mul_mod(z->current, z->generator, z->group->prime);
        if (z->begun && z->current == z->first) {
            if (--z->passes_left == 0)
                return false;
            new_order(z, &z->times);
        }
        z->begun = true;
        if (z->current - 1 < z->n) {
            *ret = z->params.darknet.base + (uint32_t)(z->current - 1);
            return true;
        }
    }
}

static void zmap_next(void *state, int64_t now_us, struct action *ret)
{
    struct zmap *z = state;
    int64_t at = pace_next(&z->pace, &z->times, now_us);
    uint32_t dst;
    if (at >= z->params.length_us || !next_address(z, &dst)) {
        action_end(ret, at);
        return;
    }
    uint64_t validation = draw_hash(z->params.seed, (uint64_t)dst << 16 | z->dport);
    uint32_t src = z->crowd.address[(validation >> 32) % z->crowd.n];
    uint64_t more = draw_hash(validation, src);
    struct packet_ip ip = {
        .src = src, .dst = dst, .id = ZMAP_ID, .ttl = (uint8_t)(255 - draw_hops(z->params.seed, src))};
    struct packet_tcp tcp = {.sport = (uint16_t)(ZMAP_PORT_LOW + more % ZMAP_PORTS),
                             .dport = z->dport,
                             .seq = (uint32_t)(more >> 32),
                             .flags = TCP_SYN,
                             .window = ZMAP_WINDOW};
    action_packet(ret, at, src, dst, tcp.sport, tcp.dport,
                  packet_tcp(ret->packet, sizeof ret->packet, &ip, &tcp, NULL, 0));
}

static void zmap_done(void *state)
{
    struct zmap *z = state;
    crowd_done(&z->crowd);
}

const struct behaviour behaviour_zmap = {
    .name = "zmap",
    .doc = "ZMap: every address once in a random order, stateless; does not care about answers",
    .state_bytes = sizeof(struct zmap),
    .start = zmap_start,
    .next = zmap_next,
    .done = zmap_done,
};

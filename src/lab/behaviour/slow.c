/* Slow scanners: many sources from anywhere, a few packets each (Zipf), one port a source, targets at random, the SYNs of
 * ordinary operating systems or of bare raw-socket tools. The body of figure 3: sources on TCP 445 and 3306 that do not
 * care about answers. Shares of the ports: telescopes in 2013 (445 and 3306 raised, as the figures need sources there). */
#include <string.h>

#include "lab/behaviour/draw.h"
#include "lab/behaviour/table.h"
#include "lab/packet.h"

enum { SOURCES = 600 };
#define TOTAL    20000
#define EXPONENT 1.1

static const struct {
    uint16_t port;
    uint8_t share; /* of 100 */
} ports[] = {{445, 40}, {3306, 16}, {1433, 8}, {22, 7},   {23, 6}, {3389, 6},
             {80, 5},   {8080, 4},  {135, 3},  {5900, 3}, {21, 2}};

/* SYNs of Windows XP, Windows 7 and Linux 3.x; and none. T in Linux's is filled in per packet. */
static const uint8_t options_xp[] = {2, 4, 5, 0xb4, 1, 1, 4, 2};
static const uint8_t options_win7[] = {2, 4, 5, 0xb4, 1, 3, 3, 8, 1, 1, 4, 2};
static const uint8_t options_linux[] = {2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 3, 7};
static const struct stack {
    const uint8_t *options;
    size_t n;
    uint16_t window;
    uint8_t ttl;
} stacks[] = {
    {options_xp, sizeof options_xp, 65535, 128},
    {options_win7, sizeof options_win7, 8192, 128},
    {options_linux, sizeof options_linux, 14600, 64},
    {NULL, 0, 16384, 128},
};

struct slow {
    struct behaviour_params params;
    struct rng targets, times;
    struct pace pace;
    struct crowd crowd;
};

static int slow_start(void *state, const struct behaviour_params *params)
{
    struct slow *s = state;
    s->params = *params;
    s->targets = rng_of(params->seed, "slow targets");
    s->times = rng_of(params->seed, "slow times");
    struct rng self = rng_of(params->seed, "slow self");
    s->pace = pace_of(draw_rate(params, TOTAL), 0, false);
    return crowd_init(&s->crowd, params, SOURCES, EXPONENT, &self);
}

static uint16_t port_of(const struct slow *s, uint64_t h)
{
    if (s->params.dport)
        return s->params.dport;
    unsigned x = (unsigned)(h % 100), i = 0;
    for (; x >= ports[i].share; i++)
        x -= ports[i].share;
    return ports[i].port;
}

static size_t put_syn(struct slow *s, uint32_t src, uint32_t dst, uint16_t dport, uint64_t h, int64_t at_us,
                      uint8_t *out)
{
    const struct stack *stack = &stacks[h >> 8 & 3];
    uint64_t r = rng_u64(&s->targets);
    uint8_t options[40];
    if (stack->n)
        memcpy(options, stack->options, stack->n);
    if (stack->n == sizeof options_linux) {
        uint32_t ticks = (uint32_t)(h >> 20) + (uint32_t)(at_us / 4000); /* 250 Hz */
        for (int i = 0; i < 4; i++)
            options[8 + i] = (uint8_t)(ticks >> (24 - 8 * i));
    }
    struct packet_ip ip = {.src = src,
                           .dst = dst,
                           .id = (uint16_t)r,
                           .frag = stack->n ? 0x4000 : 0,
                           .ttl = (uint8_t)(stack->ttl - draw_hops(s->params.seed, src))};
    struct packet_tcp tcp = {.sport = (uint16_t)(1025 + (r >> 16) % 64000),
                             .dport = dport,
                             .seq = (uint32_t)(r >> 32),
                             .flags = TCP_SYN,
                             .window = stack->window,
                             .options = stack->n ? options : NULL,
                             .options_len_bytes = stack->n};
    return packet_tcp(out, ACTION_PACKET_MAX, &ip, &tcp, NULL, 0);
}

static void slow_next(void *state, int64_t now_us, struct action *ret)
{
    struct slow *s = state;
    int64_t at = pace_next(&s->pace, &s->times, now_us);
    if (at >= s->params.length_us) {
        action_end(ret, at);
        return;
    }
    size_t i = crowd_pick(&s->crowd, &s->targets);
    uint32_t src = s->crowd.address[i], dst = draw_dst(&s->targets, s->params.darknet);
    uint64_t h = draw_hash(s->params.seed, src);
    uint16_t dport = port_of(s, h >> 32);
    size_t n = put_syn(s, src, dst, dport, h, at, ret->packet);
    action_packet(ret, at, src, dst, (uint16_t)(ret->packet[20] << 8 | ret->packet[21]), dport, n);
}

static void slow_done(void *state)
{
    struct slow *s = state;
    crowd_done(&s->crowd);
}

const struct behaviour behaviour_slow = {
    .name = "slow",
    .doc = "many sources, few packets each, random targets on the usual ports; do not care about answers",
    .state_bytes = sizeof(struct slow),
    .start = slow_start,
    .next = slow_next,
    .done = slow_done,
};

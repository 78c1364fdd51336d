#include "lab/behaviour/draw.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

struct pace pace_of(double rate_pps, double start_us, bool regular)
{
    return (struct pace){.at_us = start_us, .gap_us = 1e6 / rate_pps, .regular = regular};
}

int64_t pace_next(struct pace *p, struct rng *r, int64_t now_us)
{
    double gap = p->regular ? p->gap_us * (0.9 + 0.2 * rng_unit(r)) : rng_exponential(r, p->gap_us);
    double at = p->at_us + gap, floor_us = (double)now_us - PACE_LAG_US;
    if (at < floor_us)
        at = floor_us;
    p->at_us = at;
    return (int64_t)at;
}

double draw_rate(const struct behaviour_params *params, double total)
{
    if (params->rate_pps > 0)
        return params->rate_pps;
    double rate = total * 1e6 / (double)params->length_us;
    return rate > BEHAVIOUR_RATE_MAX_PPS ? BEHAVIOUR_RATE_MAX_PPS : rate;
}

uint64_t draw_hash(uint64_t seed, uint64_t x)
{
    uint64_t z = seed + (x + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint32_t draw_dst(struct rng *r, struct ip4_prefix darknet)
{
    uint64_t bits =
        rng_u64(r); /* the size is a power of two: the upper bits are uniform without a division */
    return darknet.len_bits == 32 ? darknet.base : darknet.base + (uint32_t)(bits >> (32 + darknet.len_bits));
}

uint8_t draw_hops(uint64_t seed, uint32_t src)
{
    return (uint8_t)(8 + draw_hash(seed, src) % 18);
}

struct permutation permutation_of(uint64_t n, struct rng *r)
{
    struct permutation p = {.n = n, .half_bits = 1};
    while (p.half_bits < 16 && UINT64_C(1) << (2 * p.half_bits) < n)
        p.half_bits++;
    for (int i = 0; i < 4; i++)
        p.keys[i] = rng_u64(r);
    return p;
}

uint64_t permutation_at(const struct permutation *p, uint64_t i)
{
    uint64_t mask = (UINT64_C(1) << p->half_bits) - 1;
    do {
        uint64_t left = i >> p->half_bits, right = i & mask;
        for (int round = 0; round < 4; round++) {
            uint64_t mixed = left ^ (draw_hash(p->keys[round], right) & mask);
            left = right;
            right = mixed;
        }
        i = left << p->half_bits | right;
    } while (i >= p->n);
    return i;
}

bool draw_is_global(uint32_t ip)
{
    static const struct ip4_prefix special[] = {
        {0x00000000, 8},  {0x0a000000, 8},  {0x64400000, 10}, {0x7f000000, 8},  {0xa9fe0000, 16},
        {0xac100000, 12}, {0xc0000000, 24}, {0xc0000200, 24}, {0xc0a80000, 16}, {0xc6120000, 15},
        {0xc6336400, 24}, {0xcb007100, 24}, {0xe0000000, 3},
    };
    if ((ip & 0xff) == 0 || (ip & 0xff) == 255)
        return false;
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++)
        if (ip4_in(ip, special[i]))
            return false;
    return true;
}

static bool may_be_source(const struct behaviour_params *params, uint32_t ip)
{
    if (ip4_in(ip, params->darknet))
        return false;
    if (params->sources.len_bits < 8)
        return draw_is_global(ip);
    return params->sources.len_bits > 24 || ((ip & 0xff) != 0 && (ip & 0xff) != 255);
}

/* Keep the own index when a uniform number of 32 bits is not above `keep`, else take `other`. */
struct crowd_slot {
    uint32_t keep, other;
};
enum { CROWD_HEAD = 2048 };

static int draw_addresses(struct crowd *c, const struct behaviour_params *params, uint32_t want,
                          struct rng *r)
{
    uint64_t size = ip4_prefix_size(params->sources);
    struct permutation order = permutation_of(size, r);
    for (uint64_t i = 0; i < size && c->n < want; i++) {
        uint32_t ip = params->sources.base + (uint32_t)permutation_at(&order, i);
        if (may_be_source(params, ip))
            c->address[c->n++] = ip;
    }
    return c->n ? 0 : -EINVAL;
}

/* Vose's construction over share[0..n), which is used up: indexes with less than the mean take the rest from one with
 * more. Indexes in slot are from `base` on. work holds 2 n numbers. */
static void build_table(struct crowd_slot *slot, double *share, size_t n, uint32_t base, uint32_t *work)
{
    uint32_t *small = work, *large = work + n;
    size_t n_small = 0, n_large = 0;
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += share[i];
    for (size_t i = 0; i < n; i++) {
        share[i] *= (double)n / sum;
        if (share[i] < 1)
            small[n_small++] = (uint32_t)i;
        else
            large[n_large++] = (uint32_t)i;
        slot[i] = (struct crowd_slot){UINT32_MAX, base + (uint32_t)i};
    }
    while (n_small && n_large) {
        uint32_t s = small[--n_small], l = large[n_large - 1];
        slot[s] = (struct crowd_slot){(uint32_t)(share[s] * UINT32_MAX), base + l};
        share[l] -= 1 - share[s];
        if (share[l] < 1) {
            n_large--;
            small[n_small++] = l;
        }
    }
}

static int build_alias(struct crowd *c, double exponent)
{
    size_t n = c->n;
    double *share = calloc(n, sizeof *share), head = 0, all = 0;
    uint32_t *work = calloc(2 * n, sizeof *work);
    c->slot = calloc(n, sizeof *c->slot);
    c->n_head = n < CROWD_HEAD ? n : CROWD_HEAD;
    int rc = share && work && c->slot ? 0 : -ENOMEM;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        all += share[i] = pow((double)(i + 1), -exponent);
        if (i < c->n_head)
            head += share[i];
    }
    if (rc == 0) {
        c->head_share = n == c->n_head ? 1 : head / all;
        build_table(c->slot, share, c->n_head, 0, work);
        build_table(c->slot + c->n_head, share + c->n_head, n - c->n_head, (uint32_t)c->n_head, work);
    }
    free(share);
    free(work);
    return rc;
}

int crowd_init(struct crowd *c, const struct behaviour_params *params, uint32_t n_default, double exponent,
               struct rng *r)
{
    uint64_t want = params->n_sources ? params->n_sources : n_default,
             size = ip4_prefix_size(params->sources);
    if (want > size)
        want = size;
    *c = (struct crowd){.address = calloc(want, sizeof *c->address)};
    if (!c->address)
        return -ENOMEM;
    int rc = draw_addresses(c, params, (uint32_t)want, r);
    if (params->exponent > 0)
        exponent = params->exponent;
    if (rc == 0 && exponent > 0)
        rc = build_alias(c, exponent);
    if (rc < 0)
        crowd_done(c);
    return rc;
}

size_t crowd_pick(const struct crowd *c, struct rng *r)
{
    uint64_t bits = rng_u64(r);
    if (!c->slot)
        return (size_t)((bits >> 32) * c->n >> 32);
    bool tail = c->head_share < 1 && rng_unit(r) >= c->head_share;
    size_t from = tail ? c->n_head : 0, n = tail ? c->n - c->n_head : c->n_head;
    size_t i = from + (size_t)((bits >> 32) * n >> 32);
    return (uint32_t)bits <= c->slot[i].keep ? i : c->slot[i].other;
}

void crowd_done(struct crowd *c)
{
    free(c->address);
    free(c->slot);
    *c = (struct crowd){0};
}

int draw_source(const struct behaviour_params *params, struct rng *r, uint32_t *ret)
{
    struct behaviour_params one = *params;
    one.n_sources = 1;
    struct crowd c;
    int rc = crowd_init(&c, &one, 1, 0, r);
    if (rc < 0)
        return rc;
    *ret = c.address[0];
    crowd_done(&c);
    return 0;
}

void action_packet(struct action *ret, int64_t at_us, uint32_t src, uint32_t dst, uint16_t sport,
                   uint16_t dport, size_t len_bytes)
{
    assert(len_bytes > 0);
    ret->kind = ACTION_PACKET;
    ret->at_us = at_us;
    ret->src = src;
    ret->dst = dst;
    ret->sport = sport;
    ret->dport = dport;
    ret->ttl = 0;
    ret->broken_ip = false;
    ret->packet_len_bytes = len_bytes;
}

void action_dialogue(struct action *ret, int64_t at_us, enum dialogue d, uint32_t src, uint32_t dst,
                     uint16_t dport, uint8_t ttl)
{
    ret->kind = ACTION_DIALOGUE;
    ret->at_us = at_us;
    ret->src = src;
    ret->dst = dst;
    ret->sport = 0;
    ret->dport = dport;
    ret->dialogue = d;
    ret->ttl = ttl;
    ret->broken_ip = false;
    ret->packet_len_bytes = 0;
}

void action_end(struct action *ret, int64_t at_us)
{
    ret->kind = ACTION_END;
    ret->at_us = at_us;
    ret->packet_len_bytes = 0;
}

/* What the behaviours draw from: paces, orders, crowds of sources. All seeded, all O(1) per packet. */
#ifndef HOTARU_LAB_BEHAVIOUR_DRAW_H
#define HOTARU_LAB_BEHAVIOUR_DRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/rng.h"
#include "lab/behaviour.h"

/* When the next action is due. A carrier that fell behind is not asked to catch up more than PACE_LAG_US, so that a
 * stalled machine is followed by the usual rate and not by a burst. */
#define PACE_LAG_US 50000
struct pace {
    double at_us, gap_us; /* when the last was due; mean distance */
    bool regular;         /* even steps with a fifth of jitter; else exponential (Poisson) */
};
struct pace pace_of(double rate_pps, double start_us, bool regular);
int64_t pace_next(struct pace *p, struct rng *r, int64_t now_us);
/* The rate to use: what params ask for, else total packets spread over the length, at most BEHAVIOUR_RATE_MAX_PPS. */
double draw_rate(const struct behaviour_params *params, double total);

/* Mixes x (splitmix64's finaliser): constant attributes of the i-th source without storing them. */
uint64_t draw_hash(uint64_t seed, uint64_t x);
uint32_t draw_dst(struct rng *r, struct ip4_prefix darknet);
/* Routers on the way: 8..25, fixed per source. */
uint8_t draw_hops(uint64_t seed, uint32_t src);

/* A seeded order of 0..n-1, each once, without a table: four Feistel rounds over the next even number of bits, walked
 * until the value falls below n (Black and Rogaway 2002). n in 1..2^32. */
struct permutation {
    uint64_t n;
    unsigned half_bits;
    uint64_t keys[4];
};
struct permutation permutation_of(uint64_t n, struct rng *r);
uint64_t permutation_at(const struct permutation *p, uint64_t i); /* i < n */

/* Global unicast, and neither the network's nor the broadcast's habitual address. Source: RFC 6890 tables. */
bool draw_is_global(uint32_t ip);

/* The sources of an actor, and how much of its traffic each sends: share of the k-th ~ k^-exponent (Zipf; 0: equal). */
struct crowd {
    size_t n;
    uint32_t *address;       /* host order, distinct; owned */
    struct crowd_slot *slot; /* Walker's alias tables (Vose 1991); owned; NULL while all are equal */
    size_t n_head;     /* the first ones have a table of their own, which stays in the processor's cache */
    double head_share; /* of the traffic */
};
/* n distinct addresses of params->sources outside the darknet: params->n_sources of them, or n_default; params->exponent,
 * or exponent. -EINVAL when the
 * prefix has none; fewer when it has fewer. -ENOMEM. */
int crowd_init(struct crowd *c, const struct behaviour_params *params, uint32_t n_default, double exponent,
               struct rng *r);
size_t crowd_pick(const struct crowd *c, struct rng *r);
void crowd_done(struct crowd *c);
/* One address alone. 0 or -EINVAL. */
int draw_source(const struct behaviour_params *params, struct rng *r, uint32_t *ret);

/* An action that is the packet in ret->packet (len bytes, 0: it did not fit, which is our mistake). */
void action_packet(struct action *ret, int64_t at_us, uint32_t src, uint32_t dst, uint16_t sport,
                   uint16_t dport, size_t len_bytes);
void action_dialogue(struct action *ret, int64_t at_us, enum dialogue d, uint32_t src, uint32_t dst,
                     uint16_t dport, uint8_t ttl);
void action_end(struct action *ret, int64_t at_us);

#endif

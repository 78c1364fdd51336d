/* The cast: which behaviours play in the lab's run and in the simulator's, under which names, from which addresses.
 * The addresses are public ones because the analysis treats special-purpose ones apart; they exist inside the lab's
 * namespaces only and say nothing about who holds them on the Internet. */
#ifndef HOTARU_LAB_ROSTER_H
#define HOTARU_LAB_ROSTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ip.h"
#include "lab/behaviour.h"

struct roster_entry {
    const char *name; /* of the actor and of its truth: [a-z0-9-] */
    const char *behaviour;
    const char *sources; /* prefix */
    uint32_t n_sources;  /* 0: the behaviour's default */
    uint16_t dport;      /* 0: the behaviour's default */
    uint32_t packets;    /* new actions in the whole run; 0: the behaviour's default */
};
/* The demo's cast, ends with a NULL name. About 180,000 packets in all, however long the run is. */
extern const struct roster_entry roster_demo[];

const struct roster_entry *roster_find(const struct roster_entry *roster, const char *name);
/* Whether the kernel of the actors' namespace must own the sources ("ip route add local PREFIX dev lo"): dialogues need
 * it, and stateless scanners with a prefix of their own then answer a SYN-ACK with RST, as in the wild. False for crowds
 * from anywhere (0.0.0.0/0). */
bool roster_owns_sources(const struct roster_entry *e);
/* What the behaviour is started with. seed is the run's; each actor draws from its own stream of it. -EINVAL when the
 * entry is wrong (a test holds that none is). */
int roster_params(const struct roster_entry *e, uint64_t seed, struct ip4_prefix darknet, int64_t length_us,
                  bool effects, struct behaviour_params *ret, struct err *err);
/* The actor's own seed: the stream `name` of the run's. */
uint64_t roster_seed(uint64_t seed, const char *name);

#endif

/* Carries a behaviour on a virtual clock: for the simulator, for --dry-run and for tests. What answers is a function of
 * the caller (the world); without one the darknet is silent. */
#ifndef HOTARU_LAB_CARRIER_OFFLINE_H
#define HOTARU_LAB_CARRIER_OFFLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lab/behaviour.h"

/* What comes of a dialogue begun at a->at_us. Fills ret (at_us is later than a->at_us). */
typedef void (*offline_world)(void *to, const struct action *a, struct outcome *ret);

#define OFFLINE_SILENCE_US INT64_C(500000) /* as long as the live carrier waits for a SYN-ACK */

struct offline {
    const struct behaviour *behaviour;
    void *state;         /* owned */
    offline_world world; /* NULL: silence */
    void *world_to;
    int64_t now_us;
    bool ended;
    struct outcome *pending; /* binary heap by at_us; owned; only when the behaviour listens */
    size_t n_pending, cap_pending;
};

/* 0, or what behaviour->start returns, or -ENOMEM. After a failure nothing is left to free. */
int offline_init(struct offline *o, const struct behaviour *b, const struct behaviour_params *params,
                 offline_world world, void *world_to);
/* The next action in time (never ACTION_WAIT), outcomes due before it delivered. 1; 0 after the end; -ENOMEM. */
int offline_next(struct offline *o, struct action *ret);
void offline_done(struct offline *o);

#endif

/* A timer wheel: 4096 slots of 10 ms. A deadline further away than a turn lands in the last slot and is put again when it
 * comes up; so does one that has moved since. Adding, moving and removing cost O(1), and ten thousand idle sessions cost
 * nothing between their deadlines. */
#ifndef HOTARU_SESSION_WHEEL_H
#define HOTARU_SESSION_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

#define WHEEL_SLOTS   4096
#define WHEEL_TICK_US INT64_C(10000)

struct wheel_node {
    struct wheel_node *prev, *next; /* NULL: in no slot */
    int64_t at_tick;
};
struct wheel {
    struct wheel_node slots[WHEEL_SLOTS]; /* ring heads */
    uint64_t used[WHEEL_SLOTS / 64];      /* bit per slot that is not empty */
    int64_t tick;                         /* all slots up to here are done */
};

void wheel_init(struct wheel *w, int64_t now_us);
/* Put or move n so that it comes up at deadline_us or, when that is more than a turn away, earlier. */
void wheel_put(struct wheel *w, struct wheel_node *n, int64_t deadline_us);
void wheel_remove(struct wheel *w, struct wheel_node *n);
/* The next node that is due at now_us, taken out; NULL when none is. */
struct wheel_node *wheel_due(struct wheel *w, int64_t now_us);
/* Microseconds until the next slot that holds something, at most max_us. */
int64_t wheel_wait(const struct wheel *w, int64_t now_us, int64_t max_us);

#endif

#include "session/wheel.h"

#include <stddef.h>

void wheel_init(struct wheel *w, int64_t now_us)
{
    for (size_t i = 0; i < WHEEL_SLOTS; i++)
        w->slots[i].prev = w->slots[i].next = &w->slots[i];
    for (size_t i = 0; i < WHEEL_SLOTS / 64; i++)
        w->used[i] = 0;
    w->tick = now_us / WHEEL_TICK_US;
}

void wheel_remove(struct wheel *w, struct wheel_node *n)
{
    if (!n->next)
        return;
    n->prev->next = n->next;
    n->next->prev = n->prev;
    n->prev = n->next = NULL;
    size_t slot = (size_t)n->at_tick % WHEEL_SLOTS;
    if (w->slots[slot].next == &w->slots[slot])
        w->used[slot / 64] &= ~(UINT64_C(1) << slot % 64);
}

void wheel_put(struct wheel *w, struct wheel_node *n, int64_t deadline_us)
{
    int64_t tick = (deadline_us + WHEEL_TICK_US - 1) / WHEEL_TICK_US;
    if (tick <= w->tick)
        tick = w->tick + 1;
    if (tick >= w->tick + WHEEL_SLOTS)
        tick = w->tick + WHEEL_SLOTS - 1;
    if (n->next && n->at_tick == tick)
        return;
    wheel_remove(w, n);
    size_t slot = (size_t)tick % WHEEL_SLOTS;
    struct wheel_node *head = &w->slots[slot];
    n->at_tick = tick;
    n->prev = head->prev;
    n->next = head;
    head->prev->next = n;
    head->prev = n;
    w->used[slot / 64] |= UINT64_C(1) << slot % 64;
}

/* Ticks from w->tick to the next slot in use, 1 … WHEEL_SLOTS. */
static int64_t next_used(const struct wheel *w)
{
    for (int64_t ahead = 1; ahead < WHEEL_SLOTS;) {
        size_t slot = (size_t)(w->tick + ahead) % WHEEL_SLOTS;
        uint64_t bits = w->used[slot / 64] >> slot % 64;
        if (bits)
            return ahead + __builtin_ctzll(bits);
        ahead += (int64_t)(64 - slot % 64);
    }
    return WHEEL_SLOTS;
}

struct wheel_node *wheel_due(struct wheel *w, int64_t now_us)
{
    int64_t now_tick = now_us / WHEEL_TICK_US;
    while (w->tick < now_tick) {
        int64_t ahead = next_used(w);
        if (w->tick + ahead > now_tick) {
            w->tick = now_tick;
            break;
        }
        struct wheel_node *head = &w->slots[(size_t)(w->tick + ahead) % WHEEL_SLOTS];
        if (head->next == head) { /* nothing in the whole wheel */
            w->tick = now_tick;
            break;
        }
        /* The slot stays current until it is empty; what is put meanwhile lands behind it. */
        w->tick += ahead - 1;
        struct wheel_node *n = head->next;
        wheel_remove(w, n);
        return n;
    }
    return NULL;
}

int64_t wheel_wait(const struct wheel *w, int64_t now_us, int64_t max_us)
{
    int64_t ahead = next_used(w);
    if (ahead >= WHEEL_SLOTS)
        return max_us;
    int64_t wait_us = (w->tick + ahead) * WHEEL_TICK_US - now_us;
    return wait_us < 0 ? 0 : wait_us < max_us ? wait_us : max_us;
}

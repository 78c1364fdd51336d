#include "session/source.h"

#include <stdlib.h>

#include "base/rng.h"

uint64_t source_hash(uint64_t key, uint32_t ip)
{
    return rng_keyed(key, ip);
}

void sources_init(struct sources *t, uint64_t key)
{
    *t = (struct sources){.key = key};
}

void sources_done(struct sources *t)
{
    free(t->slots);
    *t = (struct sources){.key = t->key};
}

/* The slot of ip, or the free one where it would go. */
static size_t find(const struct sources *t, uint32_t ip)
{
    size_t at = (size_t)source_hash(t->key, ip) & (t->n_slots - 1);
    while (t->slots[at].n && t->slots[at].ip != ip)
        at = (at + 1) & (t->n_slots - 1);
    return at;
}

static int grow(struct sources *t)
{
    struct sources more = {.key = t->key, .n_slots = t->n_slots ? t->n_slots * 2 : 64, .n_used = t->n_used};
    more.slots = calloc(more.n_slots, sizeof *more.slots);
    if (!more.slots)
        return -1;
    for (size_t i = 0; i < t->n_slots; i++)
        if (t->slots[i].n)
            more.slots[find(&more, t->slots[i].ip)] = t->slots[i];
    free(t->slots);
    *t = more;
    return 0;
}

uint32_t sources_add(struct sources *t, uint32_t ip)
{
    if (t->n_used >= t->n_slots / 4 * 3 && grow(t) < 0)
        return 0;
    struct source_slot *s = &t->slots[find(t, ip)];
    if (s->n == 0) {
        s->ip = ip;
        t->n_used++;
    }
    return ++s->n;
}

/* Takes the slot out and moves back what probing had pushed behind it. */
static void slot_free(struct sources *t, size_t hole)
{
    size_t mask = t->n_slots - 1;
    t->slots[hole].n = 0;
    t->n_used--;
    for (size_t at = (hole + 1) & mask; t->slots[at].n; at = (at + 1) & mask) {
        size_t home = (size_t)source_hash(t->key, t->slots[at].ip) & mask;
        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        t->slots[hole] = t->slots[at];
        t->slots[at].n = 0;
        hole = at;
    }
}

void sources_drop(struct sources *t, uint32_t ip)
{
    if (!t->n_slots)
        return;
    size_t at = find(t, ip);
    if (t->slots[at].n && --t->slots[at].n == 0)
        slot_free(t, at);
}

uint32_t sources_count(const struct sources *t, uint32_t ip)
{
    return t->n_slots ? t->slots[find(t, ip)].n : 0;
}

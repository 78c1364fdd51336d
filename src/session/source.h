/* How many sessions each source has open: an open-addressing table that holds only sources with one. Keyed, so that a
 * client can not choose addresses that collide. */
#ifndef HOTARU_SESSION_SOURCE_H
#define HOTARU_SESSION_SOURCE_H

#include <stddef.h>
#include <stdint.h>

struct source_slot {
    uint32_t ip, n; /* n 0: free */
};
struct sources {
    struct source_slot *slots; /* owned */
    size_t n_slots, n_used;    /* n_slots a power of two */
    uint64_t key;
};

/* Keyed hash of an address; the same everywhere in a process that shares the key. */
uint64_t source_hash(uint64_t key, uint32_t ip);
void sources_init(struct sources *t, uint64_t key);
void sources_done(struct sources *t);
/* Counts one more session of ip; returns the new count, 0 when memory is out. */
uint32_t sources_add(struct sources *t, uint32_t ip);
void sources_drop(struct sources *t, uint32_t ip);
uint32_t sources_count(const struct sources *t, uint32_t ip);

#endif

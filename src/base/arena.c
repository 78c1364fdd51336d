#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct arena_chunk {
    struct arena_chunk *next;
    size_t used, cap;
    alignas(16) uint8_t bytes[];
};

void *arena_new(struct arena *a, size_t n)
{
    if (n > SIZE_MAX - 15)
        return NULL;
    n = (n + 15) & ~(size_t)15;
    if (n > a->max_bytes - a->used_bytes)
        return NULL;
    struct arena_chunk *c = a->chunks;
    if (!c || n > c->cap - c->used) {
        size_t cap = n > 4000 ? n : 4000;
        c = malloc(sizeof *c + cap);
        if (!c)
            return NULL;
        c->used = 0;
        c->cap = cap;
        c->next = a->chunks;
        a->chunks = c;
    }
    void *at = c->bytes + c->used;
    c->used += n;
    a->used_bytes += n;
    memset(at, 0, n);
    return at;
}

char *arena_copy(struct arena *a, const void *bytes, size_t n)
{
    if (n == SIZE_MAX)
        return NULL;
    char *at = arena_new(a, n + 1);
    if (at && n)
        memcpy(at, bytes, n);
    return at;
}

void arena_done(struct arena *a)
{
    while (a->chunks) {
        struct arena_chunk *c = a->chunks;
        a->chunks = c->next;
        free(c);
    }
    a->used_bytes = 0;
}

void arena_clear(struct arena *a)
{
    arena_done(a);
}

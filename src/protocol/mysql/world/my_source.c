/* Worlds by source address: each source finds what it left, until it is forgotten. */
#include <stdlib.h>

#include "protocol/mysql/my_ses.h"

#define WORLDS_MAX    4096
#define WORLD_AGE_US  (INT64_C(48) * 3600 * 1000000)
#define N_BUCKETS     1024

static size_t bucket(uint32_t src)
{
    return (src * 2654435761u) >> 22;
}

/* The least recently used worlds that no session holds go first. */
static void forget(struct my_shared *sh, int64_t now_us)
{
    struct my_world **oldest = NULL;
    for (size_t i = 0; i < N_BUCKETS; i++)
        for (struct my_world **p = &sh->worlds[i]; *p;) {
            struct my_world *w = *p;
            if (w->refs == 1 && now_us - w->used_us > WORLD_AGE_US) {
                *p = w->next;
                sh->n_worlds--;
                my_world_unref(w);
                continue;
            }
            if (w->refs == 1 && (!oldest || w->used_us < (*oldest)->used_us))
                oldest = p;
            p = &w->next;
        }
    if (sh->n_worlds >= WORLDS_MAX && oldest) {
        struct my_world *w = *oldest;
        *oldest = w->next;
        sh->n_worlds--;
        my_world_unref(w);
    }
}

struct my_world *my_source_world(struct my_shared *sh, struct my_kit *kit, uint32_t src, int64_t now_us)
{
    struct my_world **list = &sh->worlds[bucket(src)];
    for (struct my_world *w = *list; w; w = w->next)
        if (w->src == src && w->kit == kit && now_us - w->used_us <= WORLD_AGE_US) {
            w->used_us = now_us;
            return my_world_ref(w);
        }
    if (sh->n_worlds >= WORLDS_MAX)
        forget(sh, now_us);
    struct my_world *w = sh->n_worlds < WORLDS_MAX ? my_world_clone(kit->base) : NULL;
    if (!w)
        return NULL;
    w->src = src;
    w->used_us = now_us;
    w->next = *list;
    *list = w;
    sh->n_worlds++;
    return my_world_ref(w);
}

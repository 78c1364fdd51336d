#include "lab/carrier_offline.h"

#include <errno.h>
#include <stdlib.h>

int offline_init(struct offline *o, const struct behaviour *b, const struct behaviour_params *params,
                 offline_world world, void *world_to)
{
    *o = (struct offline){
        .behaviour = b, .world = world, .world_to = world_to, .state = calloc(1, b->state_bytes)};
    if (!o->state)
        return -ENOMEM;
    int rc = b->start(o->state, params);
    if (rc < 0)
        offline_done(o);
    return rc;
}

void offline_done(struct offline *o)
{
    if (o->state && o->behaviour->done)
        o->behaviour->done(o->state);
    free(o->state);
    free(o->pending);
    *o = (struct offline){.ended = true};
}

static void swap(struct outcome *a, struct outcome *b)
{
    struct outcome t = *a;
    *a = *b;
    *b = t;
}

static int push(struct offline *o, const struct outcome *one)
{
    if (o->n_pending == o->cap_pending) {
        size_t cap = o->cap_pending ? o->cap_pending * 2 : 256;
        struct outcome *more = realloc(o->pending, cap * sizeof *more);
        if (!more)
            return -ENOMEM;
        o->pending = more;
        o->cap_pending = cap;
    }
    size_t i = o->n_pending++;
    o->pending[i] = *one;
    for (; i && o->pending[(i - 1) / 2].at_us > o->pending[i].at_us; i = (i - 1) / 2)
        swap(&o->pending[i], &o->pending[(i - 1) / 2]);
    return 0;
}

static void pop(struct offline *o)
{
    o->pending[0] = o->pending[--o->n_pending];
    for (size_t i = 0, child; (child = 2 * i + 1) < o->n_pending; i = child) {
        if (child + 1 < o->n_pending && o->pending[child + 1].at_us < o->pending[child].at_us)
            child++;
        if (o->pending[i].at_us <= o->pending[child].at_us)
            break;
        swap(&o->pending[i], &o->pending[child]);
    }
}

/* Delivers what is due until at_us; with `one`, stops after the first. Returns whether any was. */
static bool deliver(struct offline *o, int64_t until_us, bool one)
{
    bool any = false;
    while (o->n_pending && o->pending[0].at_us <= until_us && !(one && any)) {
        struct outcome due = o->pending[0];
        pop(o);
        o->now_us = due.at_us;
        o->behaviour->outcome(o->state, &due);
        any = true;
    }
    return any;
}

static int ask_world(struct offline *o, const struct action *a)
{
    struct outcome came = {.at_us = a->at_us + OFFLINE_SILENCE_US, .dst = a->dst, .dport = a->dport};
    if (!o->behaviour->outcome)
        return 0;
    if (o->world)
        o->world(o->world_to, a, &came);
    return push(o, &came);
}

int offline_next(struct offline *o, struct action *ret)
{
    while (!o->ended) {
        o->behaviour->next(o->state, o->now_us, ret);
        if (ret->kind == ACTION_WAIT) {
            if (!deliver(o, ret->at_us, true))
                o->now_us = ret->at_us;
            continue;
        }
        if (ret->kind == ACTION_END) {
            o->ended = true;
            break;
        }
        (void)deliver(o, ret->at_us, false);
        o->now_us = ret->at_us;
        int rc = ret->kind == ACTION_DIALOGUE ? ask_world(o, ret) : 0;
        return rc < 0 ? rc : 1;
    }
    return 0;
}

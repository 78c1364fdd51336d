#include "session/arms.h"

#include "base/rng.h"
#include "session/source.h"

struct arm_plan arm_plan_of(const struct config_experiment *x, uint64_t installation_seed)
{
    struct rng r = rng_of(installation_seed ^ x->seed * UINT64_C(0x9e3779b97f4a7c15), "experiment arms");
    return (struct arm_plan){.unit = x->unit, .key = rng_u64(&r), .period_us = x->period_us};
}

uint64_t arm_period(const struct arm_plan *p, int64_t wall_us)
{
    return p->period_us > 0 && wall_us > 0 ? (uint64_t)(wall_us / p->period_us) : 0;
}

/* A key for one period, or for one block of them. */
static uint64_t key_of(const struct arm_plan *p, uint64_t period)
{
    return source_hash(p->key ^ period * UINT64_C(0x9e3779b97f4a7c15), (uint32_t)(period ^ period >> 32));
}

/* Place k of a permutation of 0…n-1 drawn by key. */
static size_t permuted(uint64_t key, size_t n, size_t k)
{
    uint32_t order[ARMS_MAX];
    struct rng r = rng_of(key, "block");
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    rng_shuffle_u32(&r, order, n);
    return order[k];
}

/* How many points come before dst in the period's order. */
static size_t rank_of(uint64_t key, const struct config *c, uint32_t dst)
{
    uint64_t mine = source_hash(key, dst);
    size_t rank = 0;
    for (size_t i = 0; i < c->n_points; i++) {
        uint64_t h = source_hash(key, c->points[i]);
        rank += h < mine || (h == mine && c->points[i] < dst);
    }
    return rank;
}

size_t arm_index(const struct arm_plan *p, size_t n, uint32_t src, uint32_t dst, int64_t wall_us, const struct config *points)
{
    uint64_t period = arm_period(p, wall_us);
    if (n <= 1)
        return 0;
    if (p->unit == EXPERIMENT_PERIOD)
        return p->period_us > 0 ? permuted(key_of(p, period / n), n, (size_t)(period % n)) : 0;
    uint64_t key = key_of(p, period);
    if (p->unit == EXPERIMENT_SOURCE)
        return (size_t)(source_hash(key, src) % n);
    if (points && config_point_index(points, dst) >= 0)
        return rank_of(key, points, dst) % n;
    return (size_t)(source_hash(key, dst) % n);
}

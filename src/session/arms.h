/* The version as an experiment: which arm a connection meets. Nothing is remembered: the same installation gives the same
 * source (or address, or period) the same arm again, also after a restart. */
#ifndef HOTARU_SESSION_ARMS_H
#define HOTARU_SESSION_ARMS_H

#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

#define ARMS_MAX 16

struct arm_plan {
    enum experiment_unit unit;
    uint64_t key;      /* drawn from the installation's seed and the experiment's */
    int64_t period_us; /* > 0: arms are drawn anew each period, counted from 1970-01-01 UTC */
};

struct arm_plan arm_plan_of(const struct config_experiment *x, uint64_t installation_seed);
/* The period that wall_us lies in; 0 without periods. */
uint64_t arm_period(const struct arm_plan *p, int64_t wall_us);
/* Index of the arm, below n (1 to ARMS_MAX).
 *   source  keyed hash of src and the period
 *   period  each n periods in a row hold every arm once, in an order drawn for them; without periods the first arm
 *   point   the points take the arms in turn, in an order drawn for the period: numbers differ by one at most. An address
 *           that is no point: by keyed hash. */
size_t arm_index(const struct arm_plan *p, size_t n, uint32_t src, uint32_t dst, int64_t wall_us, const struct config *points);

#endif

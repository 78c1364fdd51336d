/* The truth file: what the attackers really did in one run. doc/format/truth.md is its page. */
#ifndef HOTARU_LAB_TRUTH_H
#define HOTARU_LAB_TRUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "config/config.h"

struct json_t;

#define TRUTH_PERIODS_MAX 16

struct truth_period {
    char version[CONFIG_NAME_MAX]; /* what MySQL answered */
    int64_t from_us, to_us;        /* µs since 1970 UTC */
};

struct truth {
    uint64_t seed;
    bool effects;
    int64_t from_us, to_us;
    struct truth_period periods[TRUTH_PERIODS_MAX];
    size_t n_periods;
    struct json_t *sent;   /* of sent_read; borrowed; NULL: the counters could not be read */
    struct json_t *links;  /* frames and drops per link end; borrowed */
};

/* Collects parts_dir/NAME.json of each actor, in the order of names, and writes all to path. A part that is missing or no JSON
 * is -EPROTO: a truth with a hole would pass for the whole. */
int truth_write(const struct truth *t, const struct config *c, const char *parts_dir, const char *const *names, size_t n_names,
                const char *path, struct err *err);

#endif

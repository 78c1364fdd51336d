/* The observation points: listed, or drawn by lot. */
#ifndef HOTARU_CONFIG_POINTS_H
#define HOTARU_CONFIG_POINTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ip.h"

struct points_draw {
    uint64_t count;
    uint8_t one_per_bits; /* at most one point per prefix of this length (24: per /24); 32: no such rule */
    uint64_t seed;
    struct ip4_prefix exclude[64]; /* no point in these */
    size_t n_exclude;
};

/* Draws count addresses of the darknet: first the prefixes of length one_per_bits by lot, then one address in each by
 * lot. The first and last address of a /24 (.0, .255) are left out, since many scanners skip them. The same seed gives
 * the same points on every machine. *ret_points (ascending; free()) holds count addresses.
 * -ERANGE when there are fewer prefixes (or addresses) than points: err says how many there are. */
int points_draw(const struct ip4_prefix *darknet, size_t n_darknet, const struct points_draw *draw,
                uint32_t **ret_points, struct err *err);
/* Sorts ascending. */
void points_sort(uint32_t *points, size_t n);

#endif

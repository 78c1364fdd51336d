/* Packets of many sources, a few million at a time: what an analysis holds does not grow with the store. */
#ifndef HOTARU_ANALYSIS_BATCH_H
#define HOTARU_ANALYSIS_BATCH_H

#include <stddef.h>
#include <stdint.h>

#define BATCH_PACKETS UINT64_C(4000000)

struct batch_source {
    uint32_t src;
    uint64_t packets;
};
/* The sources from `at` on (ascending by src) that are read together: at least one, more while they have no more than
 * BATCH_PACKETS. Returns the index behind them; *ret_sql " src BETWEEN … AND src IN (…)", free()d; NULL without memory. */
size_t batch_next(const struct batch_source *sources, size_t n, size_t at, char **ret_sql);

#endif

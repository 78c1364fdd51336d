/* Which sources the sweep analysis looks at. */
#ifndef HOTARU_ANALYSIS_SWEEP_SOURCES_H
#define HOTARU_ANALYSIS_SWEEP_SOURCES_H

#include "analysis/scope.h"

enum sweep_kind { SWEEP_ANSWERED, SWEEP_IGNORED, SWEEP_UNMET };
struct sweep_source {
    uint32_t src;
    enum sweep_kind kind;
    uint64_t probes;
};
/* The `each` answered and the `each` other sources with most probes, of at least `probes_min` each, by src; others only if
 * their probes' time meets that of the answered ones. answers: the SQL of pick_answers_sql(). *ret is free()d. */
int sweep_sources(const struct scope *s, const char *answers, size_t each, unsigned probes_min, struct sweep_source **ret,
                  size_t *ret_n, struct err *err);

#endif

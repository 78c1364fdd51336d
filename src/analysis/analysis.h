/* Rows -> result tables: one file per analysis, table.c lists them.
 *
 * The scan, the filter and the counting are plain SQL; the statistics (stat.h) are C. Every analysis counts packets to the
 * darknet only, under the filter; the observation points are those that the lighting ledger says were lit in the filter's
 * time, and the configuration's where the ledger has no row (scope.h). */
#ifndef HOTARU_ANALYSIS_ANALYSIS_H
#define HOTARU_ANALYSIS_ANALYSIS_H

#include <stddef.h>

#include "analysis/result.h"
#include "base/err.h"
#include "config/config.h"
#include "store/store.h"

struct analysis_params {
    struct filter filter;
    const struct config *config; /* darknet, points (the lighting ledger overrules where it has rows) */
    uint64_t seed;               /* of bootstrap and permutation draws */
};

struct analysis {
    const char *name, *title, *doc;    /* "lit-vs-dark" */
    const struct result_field *fields; /* NULL-name terminated */
    /* 0 and *ret (freed with result_free), also when the table is empty; -EINVAL when the configuration has no darknet;
     * -ENOMEM; what store_query() returns. */
    int (*run)(struct store *store, const struct analysis_params *params, struct result **ret,
               struct err *err);
};
extern const struct analysis *const analysis_table[]; /* NULL-terminated */
const struct analysis *analysis_find(const char *name);

#endif

/* Rows -> result tables: one file per analysis, table.c lists them. */
#ifndef HOTARU_ANALYSIS_ANALYSIS_H
#define HOTARU_ANALYSIS_ANALYSIS_H

#include <stddef.h>

#include "base/err.h"
#include "config/config.h"
#include "store/store.h"

struct result_field {
    const char *name, *unit, *doc;
    enum value_type type;
};

/* What an analysis found: a table, the sentence that states it (computed, not canned), and the loss of its range. */
struct result;

struct analysis_params {
    struct filter filter;
    const struct config *config; /* darknet, points (the lighting ledger overrules where it has rows) */
    uint64_t seed;               /* of bootstrap and permutation draws */
};

struct analysis {
    const char *name, *title, *doc; /* "lit-vs-dark" */
    const struct result_field *fields; /* NULL-name terminated */
    int (*run)(struct store *store, const struct analysis_params *params, struct result **ret, struct err *err);
};
extern const struct analysis *const analysis_table[]; /* NULL-terminated */
const struct analysis *analysis_find(const char *name);

#endif

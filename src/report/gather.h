/* The results that the page and the terminal share. */
#ifndef HOTARU_REPORT_GATHER_H
#define HOTARU_REPORT_GATHER_H

#include "analysis/analysis.h"

enum gather_part {
    GATHER_OVERVIEW,
    GATHER_TOP,
    GATHER_LIT,
    GATHER_SWEEP,
    GATHER_VERSION,
    GATHER_TABLE_1,
    GATHER_TABLE_2,
    GATHER_LOSS,
    GATHER_PARTS
};

struct gather {
    struct result *part[GATHER_PARTS]; /* owned */
    bool synthetic;                    /* simulated packets, or a darknet in private or documentation space */
};

int gather_init(struct gather *g, struct store *store, const struct analysis_params *params, struct err *err);
void gather_done(struct gather *g);
/* The findings in the order of their weight: the paper's questions, then what came in and what was lost. Calls say() at most
 * max times. */
void gather_findings(const struct gather *g, size_t max, void (*say)(void *to, const char *text), void *to);

#endif

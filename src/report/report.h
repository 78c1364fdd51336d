/* Figures and tables -> one page. */
#ifndef HOTARU_REPORT_REPORT_H
#define HOTARU_REPORT_REPORT_H

#include <stdio.h>

#include "analysis/analysis.h"

struct report_options {
    const char *title; /* NULL: "Darknet observatory" */
    const char *
        origin; /* where the packets come from, as whoever made them says ("hotaru lab, seed 7"); NULL: not said.
                         * A darknet in private or documentation addresses is called synthetic in any case. */
};

/* One self-contained HTML page: findings first, then figures 3 to 8 (SVG inside), tables 1 and 2, numbers, method and loss
 * ledger. No script, no reference to anything outside. 0; what the analyses return; -EIO of the stream. */
int report_write(struct store *store, const struct analysis_params *params,
                 const struct report_options *options, FILE *to, struct err *err);

/* The findings as at most 10 lines of text for a terminal. */
int report_findings(struct store *store, const struct analysis_params *params, FILE *to, struct err *err);

#endif

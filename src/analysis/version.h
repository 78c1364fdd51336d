/* What a source does after it was told a version (figures 7 and 8). */
#ifndef HOTARU_ANALYSIS_VERSION_H
#define HOTARU_ANALYSIS_VERSION_H

#include "analysis/analysis.h"

/* One row per source and version told on one port (3306 unless the filter says), from the answer ledger. A row's time
 * runs from the first answer with this version to the first with another one.
 *
 * Visit: SYNs in a row to one address are one visit (a client that connects twice has come once).
 *   share, share_lo, share_hi  of the visits afterwards that went to observation points, Clopper-Pearson
 *   expected    the share of points among the darknet's addresses: that of a scan at random
 *   p_more      P(as many visits to points or more | visits at random), binomial. Before the first answer there is nothing
 *               to compare with: that time ends, by definition, with the first point met (immortal time).
 *   p_versus    Fisher's test against the same source's visits after the first version it was told: what an answer does
 *               whatever it says cancels out
 *   phase1_*, phase2_*  the two sides of the likeliest change of the share (stat_change_point(); p_change), where p_change
 *               < 0.01; else all visits are phase 2
 *   known, known_again  points that had answered it before phase 2, and those of them visited in phase 2
 *   dark_seen, dark_again  the same of dark addresses it had visited: the control. A scan that asks no address twice leaves
 *               out the points without avoiding them.
 *   p_avoid     Fisher's test of known_again/known against dark_again/dark_seen
 *   q_more, q_avoid  Benjamini-Hochberg over all rows and both tests
 *   effect      returns (q_more < 0.01), avoids (q_avoid < 0.01 and known_again the smaller share), returns then avoids, none
 *
 * Rows: the 200 sources with most answers, those with most visits first; of a source with more than 20
 * million visits the first, and the result says so.
 *
 * Example (unit test): point 10.0.0.5 in a /22 tells 5.6.10; afterwards 3 visits to dark addresses and 1 to the point:
 * share 1/4, expected 1/1024, p_more = 1 - (1023/1024)^4. */
extern const struct analysis analysis_version;

/* The row in words; "" when there is none. */
void version_sentence(const struct result *r, uint32_t src, int64_t told_us, char *buf, size_t n);

#endif

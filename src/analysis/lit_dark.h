/* Figure 3: packets per source to /24s with and without an observation point. */
#ifndef HOTARU_ANALYSIS_LIT_DARK_H
#define HOTARU_ANALYSIS_LIT_DARK_H

#include "analysis/analysis.h"

/* Per source with packets to one TCP port (445 unless the filter says), by packets:
 *
 *   mean_lit   packets per /24 over the /24s that hold an observation point: the first number of the paper's figure 3
 *   mean_dark  packets per /24 over the /24s that hold none: the second. The paper's sentence (4) puts one "averaged" after
 *              both counts; both are averaged here, since only so are they comparable when the numbers of /24s differ.
 *   ratio      of rates per address of *probes* (TCP SYN) to addresses that never answer: the neighbours of points against
 *              the /24s without one. An answering address gets more packets from anybody who talks to it, so that the
 *              paper's packet counts differ even where the source reacts to nothing; its silent neighbours do not.
 *   ratio_lo, ratio_hi  95 % interval, exact given the total, with the counts' dispersion between /24s taken out
 *   p, q       permutation test over which /24s hold the points (they were drawn by lot: the design's own null), and
 *              Benjamini-Hochberg over the sources that met a point on this port
 *   met_point  it sent the port a packet at a point. Others cannot have been answered: no test, they are the control.
 *
 * Tests: sources with at least 20 probes (below, an all-or-nothing split of 32 + 32 /24s cannot pass the bar after
 * correction for many sources). The table holds the 10,000 sources with most packets. Overall ratio: bootstrap over
 * sources (telescopes.md, caution 3). An empty range gives no rows and says so.
 *
 * Example (unit test): darknet 10.0.0.0/22, point 10.0.0.5; a source with 30 SYNs to 10.0.0.0/24 outside .5, 2 at .5 and
 * 9 to the other three /24s: mean_lit 32, mean_dark 3, ratio (30/255)/(9/768) = 10.04. */
extern const struct analysis analysis_lit_dark;

#endif

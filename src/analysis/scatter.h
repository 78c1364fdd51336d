/* Figures 4 to 8: what one source sent where and when. */
#ifndef HOTARU_ANALYSIS_SCATTER_H
#define HOTARU_ANALYSIS_SCATTER_H

#include "analysis/analysis.h"

/* Time and destination of every packet of one source to one port: the filter's source and port; without a source, the one
 * with most packets among those that got an answer on the port (pick.h); without a port, TCP 445. Beside them the moments
 * at which it got an answer (kind "answer", with the version told).
 *
 * Up to SCATTER_ROWS_MAX packets each is a row (packets = 1, ts exact). Beyond, packets are counted in 2,000 steps of time
 * and at most 1,024 steps of address; ts and dst are then the start of the step.
 *
 * Example (unit test): three packets and one answer give four rows in time order. */
#define SCATTER_ROWS_MAX 500000
extern const struct analysis analysis_scatter;

#endif

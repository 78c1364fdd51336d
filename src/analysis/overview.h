/* What came in: ports and sources. */
#ifndef HOTARU_ANALYSIS_OVERVIEW_H
#define HOTARU_ANALYSIS_OVERVIEW_H

#include "analysis/analysis.h"

/* Packets to the darknet by protocol and destination port, by number of sources (as NICTER ranks: packets alone let one
 * loud source decide), requests apart from backscatter (corsaro's rule: SYN-ACK, RST, ICMP replies and errors; a RST to a
 * point is the source's own end of a conversation), which counts by its source port. Findings: totals and range. An empty range gives no rows and says so. Example (unit test): three
 * packets of two sources to TCP 445 and one of one source to UDP 53: rows (request, 6, 445, 2, 3 …), (request, 17, 53, 1, 1 …). */
extern const struct analysis analysis_overview;

/* Sources by packets; how many of them send half. Example (unit test): sources with 3 and 1 packets: "1 source sends half". */
extern const struct analysis analysis_top_sources;

#endif

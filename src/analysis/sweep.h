/* Sequential sweeps of a /24 after one of its addresses answered (figures 4 to 6). */
#ifndef HOTARU_ANALYSIS_SWEEP_H
#define HOTARU_ANALYSIS_SWEEP_H

#include "analysis/analysis.h"

/* One row per source on one port (445 unless the filter says).
 *
 * Event: a (source, /24) with a time; what the source asked of that /24 after it is looked at, in order. The event shows a
 * *sweep* when it holds a chain of at least SWEEP_CHAIN_MIN distinct addresses, each at most SWEEP_STEP_MAX away from the
 * one before (repeats allowed: TCP retransmits, and several sockets at once reorder). 10 is the number of distinct
 * destinations from which Merit's darknet-events calls something a scan (telescopes.md 2.2); in a random order a step
 * within 8 has probability 17/256, so that a chain of 10 comes with 2 in 10^11.
 *
 * Kinds of source, by what happened to it on this port:
 *   answered  completed a handshake with a point. Events: each /24 that answered, from the first answer on.
 *   ignored   sent packets to a point, completed no handshake. Events: each lit /24, from its first packet to the point on.
 *   unmet     met dark addresses only, in the time span of the answered ones: the matched control. No events.
 * Every kind has placebo events: each dark /24 it asked, from its first packet to one address drawn by lot among those it
 * asked there, as if that one had answered. A source that walks in order anyhow sweeps there too: that is the null.
 *
 * p: Fisher's test of sweeps among events against sweeps among placebos; q: Benjamini-Hochberg over the answered sources.
 * The unit is the (source, /24), which the lot lit or left dark; nothing is pooled over sources but counts of sources.
 * before_*: the same chains before the source's first answer (its own order, unprovoked). best_*: the longest chain.
 *
 * Rows: the 1,000 answered and 1,000 other sources with most packets, at least 10 probes each, all of them (of more
 * than 20 million to a few /24s so many, and the result says so).
 *
 * Example (unit test): a point 10.0.0.5 answers; the source goes on with 10.0.0.1 … .20 in order and had asked three
 * addresses of each of 10.0.1.0/24 … 10.0.3.0/24: 1 of 1 events, 0 of 3 placebos, p = 1/4. */
#define SWEEP_CHAIN_MIN 10
#define SWEEP_STEP_MAX  8
extern const struct analysis analysis_sweep;

/* "24.242.18.7: 20 of 21 answered /24s were swept …" of the source's row; "" when it has none. */
void sweep_sentence(const struct result *r, uint32_t src, char *buf, size_t n);

#endif

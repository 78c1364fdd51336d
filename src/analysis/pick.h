/* Which source, which period a figure shows: found from the data, never configured. */
#ifndef HOTARU_ANALYSIS_PICK_H
#define HOTARU_ANALYSIS_PICK_H

#include "analysis/scope.h"

/* SQL of a table (src, dst, ts, version): the moments at which each source got an answer of a point on the scope's port,
 * from the answer ledger (version: what it was told), the honeypot's sessions (accepted: the handshake was completed)
 * and, in a store without any session, the packets themselves (an ACK or data to a point: its source has received the
 * point's SYN-ACK, or scans with ACKs, which only the honeypot could tell apart). Freed with
 * free(). */
int pick_answers_sql(const struct scope *s, char **ret, struct err *err);
/* The same with " UNION ALL SELECT …" of what the packets show given; NULL without memory. */
char *pick_answers_of(const struct scope *s, const char *packets);

struct pick_source {
    uint32_t src;
    uint64_t packets;
    int64_t first_answer_us; /* 0: it never got one */
};
/* The sources with most packets on the scope's port among those that got an answer there (all, when none did), most
 * packets first; at most n. Returns how many, or a negative errno. */
int pick_sources(const struct scope *s, size_t n, struct pick_source *ret, struct err *err);

/* A time in which one source was told one version: from the first such answer to the first of another version. */
struct pick_period {
    uint32_t src;
    int64_t told_us;           /* first answer with this version */
    int64_t from_us, until_us; /* packets of this source to be seen with it: [from, until) */
    uint64_t answers;
    char version[128];
};
/* Periods of the source that was told most different versions on the scope's port (most packets when several were), in
 * time order; at most n. A first period starts with the source's first packet; a later one where the one before ended.
 * With a source in the filter: of that one. Returns how many, or a negative errno. */
int pick_periods(const struct scope *s, size_t n, struct pick_period *ret, struct err *err);

#endif

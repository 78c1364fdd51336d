/* The ground an analysis stands on: which addresses are the darknet, which of them answered in the filter's time, and the
 * SQL that says the same. */
#ifndef HOTARU_ANALYSIS_SCOPE_H
#define HOTARU_ANALYSIS_SCOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/analysis.h"

/* One /24 of the darknet. */
struct scope_net {
    uint32_t net;         /* address >> 8 */
    uint32_t n_addresses; /* of it in the darknet: 256, less at an odd edge */
    uint32_t n_points;    /* of them observation points */
};

struct scope {
    const struct config *config;
    uint64_t n_addresses; /* in the darknet */
    uint32_t *points;     /* host order, ascending, distinct */
    size_t n_points;
    struct scope_net *nets; /* ascending, every /24 that the darknet touches */
    size_t n_nets, n_lit;   /* n_lit of them hold a point */
    bool from_ledger;       /* points come from the lighting ledger */
    bool has_sessions;      /* the honeypot wrote down at least one session, of whatever time */
    size_t n_partly;        /* points that were dark for more than 5 % of the range */
    uint16_t port;          /* of the filter, or the analysis' default */
    uint8_t proto;
    int64_t first_us, last_us; /* after scope_range(): first and last packet in range; 0, -1 when there is none */
    bool has_range;
    struct store *store;
    struct filter focus;       /* the filter's time and source */
    char *where; /* "proto = 6 AND dport = 445 AND (dst BETWEEN …) AND …": to the darknet, under the filter */
    char *cells; /* the same packets as counts: a table (proto, dport, kind, sport, src, net, packets); store_focus() */
    char *hits;  /* (proto, dport, kind, sport, dst, src, packets) */
    char *anywhere; /* cells or hits, also of what goes to no address of the darknet */
    char *point_list; /* "(1,2,3)" for dst IN …; a list without an address when there is no point */
    char filter[640]; /* as filter_sql() gives it, " AND …" */
};

/* The filter's port and protocol, or these where it has none; port 0: every port and protocol. A source that the filter
 * names is kept. Owned: scope_done(). -EINVAL without a darknet. */
int scope_init(struct scope *s, struct store *store, const struct analysis_params *params, uint8_t proto,
               uint16_t port, struct err *err);
void scope_done(struct scope *s);

/* Which of the points ip is; n_points: none. */
size_t scope_point_index(const struct scope *s, uint32_t ip);
bool scope_is_point(const struct scope *s, uint32_t ip);
/* The /24 that ip is in; NULL outside the darknet. */
const struct scope_net *scope_net_of(const struct scope *s, uint32_t ip);
/* The packet opens a contact: a TCP SYN without ACK; any packet of another protocol. An SQL condition. */
const char *scope_probe_sql(const struct scope *s);
/* The same of a row of cells or hits. */
const char *scope_probe_kind_sql(const struct scope *s);
/* Fills first_us and last_us. */
int scope_range(struct scope *s, struct err *err);
/* Packets to the darknet, under the filter with its port and protocol. */
int scope_packets(const struct scope *s, uint64_t *ret, struct err *err);
/* Over the filter's time, whatever else it asks: packets in the store, and lost ones by the ledger. A packet passes several
 * stages and is lost in one of them: received = stored + lost, while the ledger's stored are counted once per stage. */
int scope_loss(struct store *store, const struct filter *f, struct result_loss *ret, struct err *err);
/* The end of every analysis: with rc 0 the loss ledger over the filter's time and the remarks that a result of this scope owes
 * its reader -> r, and result_finish(); else r is freed and rc comes back. */
int scope_result(const struct scope *s, const struct analysis_params *params, int rc, struct result *r, struct result **ret,
                 struct err *err);

/* store_query() of a printf'd statement; with the scope's focus: packet holds what its filter lets through, cells and hits
 * are right. */
int scope_query(struct store *store, struct rows **ret, struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
int scope_ask(const struct scope *s, struct rows **ret, struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif

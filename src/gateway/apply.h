/* The plan in force on this host, in this network namespace. Needs CAP_NET_ADMIN, nft and ip. */
#ifndef HOTARU_GATEWAY_APPLY_H
#define HOTARU_GATEWAY_APPLY_H

#include "base/err.h"
#include "base/wr.h"
#include "config/config.h"
#include "gateway/plan.h"

/* Puts the part's plan in force: routes, then the rules in one nft transaction. What an older plan left and this one does not
 * have goes away. Applying twice is applying once. When a step fails, the rules that were in force stay.
 * note (may be NULL) gets lines for a person about what the plan needs but does not set (ip_forward).
 * -EINVAL, -ENOTSUP as gateway_check; -ENODEV: an interface is not here; -EPERM; -ENOENT: a tool is missing; -EIO: a tool
 * refused, err has its line. */
int gateway_apply(const struct config *c, enum gateway_part part, struct wr *note, struct err *err);

/* Takes away exactly what apply made: our tables and the routes with our protocol numbers. Nothing there is good too.
 * Connections that are open lose their NAT state when conntrack forgets them, not here. */
int gateway_remove(enum gateway_part part, struct err *err);

/* Compares what is active with the plan. Appends a line per table and route set to report. Returns 0 when all is as planned,
 * 1 when something differs or is missing, or a negative errno as apply. The plan is loaded in a network namespace of its
 * own for that, so that the kernel's own words are compared with each other. */
int gateway_status(const struct config *c, enum gateway_part part, struct wr *report, struct err *err);

#endif

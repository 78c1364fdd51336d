/* The plan's routes on this host; known by their protocol numbers. */
#ifndef HOTARU_GATEWAY_ROUTES_H
#define HOTARU_GATEWAY_ROUTES_H

#include "base/err.h"
#include "base/wr.h"
#include "gateway/plan.h"

/* Adds the part's routes and deletes those of an older plan. 0 or negative errno. */
int gateway_routes_apply(const struct config *c, enum gateway_part part, struct err *err);
int gateway_routes_remove(enum gateway_part part, struct err *err);
/* A line to report; 0: as planned, 1: not. */
int gateway_routes_status(const struct config *c, enum gateway_part part, struct wr *report, struct err *err);

#endif

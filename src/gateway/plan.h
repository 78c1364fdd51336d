/* The plan as text. Nothing here touches the machine. */
#ifndef HOTARU_GATEWAY_PLAN_H
#define HOTARU_GATEWAY_PLAN_H

#include "base/err.h"
#include "base/wr.h"
#include "config/config.h"

/* Two hosts, or one that is both. On one host (ALL) the NAT and the honeypot share one conntrack, so that the rules of
 * the honeypot's part are not quite those of two hosts. */
enum gateway_part { GATEWAY_PART_ROUTER = 1, GATEWAY_PART_HONEYPOT = 2, GATEWAY_PART_ALL = 3 };
enum gateway_format { GATEWAY_PLAN_NFT, GATEWAY_PLAN_OPENWRT, GATEWAY_PLAN_TEXT };

/* Names of nft tables; each is wholly ours: apply replaces it, remove deletes it. */
#define GATEWAY_TABLE_MIRROR   "hotaru_mirror"   /* netdev: the copy for the capture server */
#define GATEWAY_TABLE_ROUTER   "hotaru_router"   /* ip: DNAT, notrack, what may pass */
#define GATEWAY_TABLE_HONEYPOT "hotaru_honeypot" /* ip: TPROXY for the catch-all, only answers go out */
/* Routes that apply made carry these protocol numbers (rtnetlink rtm_protocol; free in iproute2's rt_protos). */
#define GATEWAY_ROUTE_ROUTER   72
#define GATEWAY_ROUTE_HONEYPOT 73

/* Whether the plan can be carried out for this part: the mode is there, the interfaces' names are sound, services have
 * ports, the alias prefix is large enough. -EINVAL (the configuration is wrong), -ENOTSUP (mode not available). */
int gateway_check(const struct config *c, enum gateway_part part, struct err *err);

/* The plan of this part in a format:
 *   NFT      one nft transaction (nft -f -): replaces the tables, whole or not at all; routes stand in comments
 *   OPENWRT  a shell script to paste on an OpenWrt 22.03+ router (fw4); only the router's part
 *   TEXT     a table for people
 * Appends to out. -EINVAL, -ENOTSUP as gateway_check; -ENOBUFS when out is full. */
int gateway_plan(const struct config *c, enum gateway_part part, enum gateway_format format, struct wr *out,
                 struct err *err);

/* A route that the plan needs on this host. */
struct gateway_route {
    bool local;             /* the host itself owns the prefix (ip route add local … dev lo) */
    struct ip4_prefix to;
    uint32_t via;           /* host order; 0 for local */
    int protocol;           /* GATEWAY_ROUTE_* */
};
/* Calls each() for every route of the part; stops at the first negative value and returns it. */
int gateway_routes(const struct config *c, enum gateway_part part,
                   int (*each)(void *user, const struct gateway_route *route), void *user);

#endif

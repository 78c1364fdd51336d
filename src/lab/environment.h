/* The lab's network, the paper's figure 1 in four namespaces:
 *
 *   att eth0 ──── wan rtr hp ──── eth0 hp      attackers, router, honeypot
 *                     mir ─────── mir0 cap     the untouched copy for the capture server
 *
 * att owns the attackers' addresses (AnyIP), so that the kernel's sockets can be bound to any of them. */
#ifndef HOTARU_LAB_ENVIRONMENT_H
#define HOTARU_LAB_ENVIRONMENT_H

#include <stddef.h>

#include "base/err.h"
#include "base/ip.h"
#include "config/config.h"

#define ENVIRONMENT_ATT_IP   UINT32_C(0x0a4c0002) /* 10.76.0.2 */
#define ENVIRONMENT_WAN_IP   UINT32_C(0x0a4c0001) /* 10.76.0.1, the router towards the attackers */
#define ENVIRONMENT_LAN_IP   UINT32_C(0x0a4e0001) /* 10.78.0.1, the router towards the honeypot */
#define ENVIRONMENT_HP_IP    UINT32_C(0x0a4e000a) /* 10.78.0.10 */
#define ENVIRONMENT_ALIAS    "10.78.128.0/17"     /* one alias per point: up to 32,768 points */
#define ENVIRONMENT_WAN_MAC  "02:00:00:00:76:01"
#define ENVIRONMENT_ATT_MAC  "02:00:00:00:76:02"

/* Prefixes that att owns besides those of the cast (roster.h): kernel sockets there may bind any of their addresses, for
 * tests and for what comes. Raw packets may carry any source: the router sends every answer back to att. NULL-terminated. */
extern const char *const environment_sources[];

/* What the lab decides of a configuration, whoever wrote it: interfaces, the honeypot's address, aliases. */
void environment_configure(struct config *c);
/* -EINVAL when the darknet overlaps what the lab's own network or the attackers use. */
int environment_check(const struct config *c, struct err *err);
/* Makes namespaces, links, addresses, routes, neighbours. Inside a sandbox only. */
int environment_build(const struct config *c, struct err *err);
/* The gateway's plan in force in rtr and hp. */
int environment_light(const struct config *c, struct err *err);

#endif

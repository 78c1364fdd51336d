/* Which destination goes where: the plan that lights the points, and the original destination back.
 *
 *   gateway.h   pure functions over the configuration: what the honeypot needs
 *   plan.h      the plan as text (nft, OpenWrt, a table for people)
 *   apply.h     the plan in force on this host: apply, remove, status */
#ifndef HOTARU_GATEWAY_GATEWAY_H
#define HOTARU_GATEWAY_GATEWAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "config/config.h"

/* What the honeypot sees of a packet's destination, and what it was on the wire. */
struct gateway_target {
    uint32_t point;        /* original destination address, host order */
    uint16_t dport;        /* original destination port; 0: not known (port-per-point without alias) */
};

/* The original destination of a connection that reached local_ip:local_port on the honeypot's host, from the plan alone.
 * proto: 6 or 17. By mode and form:
 *   dnat, port-per-point   honeypot address and a port of the table (TCP): the point and the service's own port;
 *                          an alias address: its point, the port unchanged
 *   dnat, alias            an alias address: its point, the port unchanged
 *   route, tproxy, gre     the address is the point itself, the port unchanged
 * local_ip and local_port are what getsockname (TCP) or IP_RECVORIGDSTADDR / IP_PKTINFO (UDP) say.
 * Returns 0; -ENOENT when the plan sends nothing there (a stray connection). */
int gateway_original(const struct config *c, uint8_t proto, uint32_t local_ip, uint16_t local_port,
                     struct gateway_target *ret);
/* The honeypot's port for a point's service in the port-per-point form: base_port + point index * n_services + service
 * index; -ERANGE when that passes 65535; -EINVAL for an index that is not there, or a service without a port ("any"). */
int gateway_port_of(const struct config *c, size_t point_index, size_t service_index, uint16_t *ret_port);
/* The alias address of a point (prefix base + point index); 0 when the plan has no alias prefix, or none for this index. */
uint32_t gateway_alias_of(const struct config *c, size_t point_index);

/* The one port on the honeypot's host to which TPROXY brings what has no listener of its own: base_port - 1, TCP and UDP.
 * The catch-all listens there with IP_TRANSPARENT (set before bind). */
uint16_t gateway_any_port(const struct config *c);
/* Whether the configuration names the catch-all service "any". */
bool gateway_has_any(const struct config *c);

/* The TCP port by which a service is known ("mysql": 3306); "any" has none. 0 when the name is not in the table, or has
 * no port. Source: the IANA service registry. */
uint16_t gateway_service_port(const char *name);

#endif

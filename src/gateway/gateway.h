/* Which destination goes where: the plan that lights the points, and the original destination back. */
#ifndef HOTARU_GATEWAY_GATEWAY_H
#define HOTARU_GATEWAY_GATEWAY_H

#include <stdint.h>

#include "base/err.h"
#include "config/config.h"

/* What the honeypot sees of a packet's destination, and what it was on the wire. */
struct gateway_target {
    uint32_t point;        /* original destination address, host order */
    uint16_t dport;        /* original destination port; 0: not known (port-per-point without alias) */
};

/* The original destination of a connection that reached local_ip:local_port on the honeypot's host, from the plan alone.
 * proto: 6 or 17. Returns 0; -ENOENT when the plan sends nothing there (a stray connection). */
int gateway_original(const struct config *c, uint8_t proto, uint32_t local_ip, uint16_t local_port,
                     struct gateway_target *ret);
/* The honeypot's port for a point's service in the port-per-point form: base_port + point index * n_services + service
 * index; -ERANGE when that passes 65535. */
int gateway_port_of(const struct config *c, size_t point_index, size_t service_index, uint16_t *ret_port);
/* The alias address of a point; 0 when the plan has no alias prefix. */
uint32_t gateway_alias_of(const struct config *c, size_t point_index);

#endif

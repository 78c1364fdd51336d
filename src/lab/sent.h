/* What really left the attackers' namespace for the darknet, counted by its kernel: the truth does not rest on the actors' word.
 *
 *   wire         every IPv4 frame of any origin, per destination (netdev egress hook)
 *   kernel_to    what the kernel's own sockets sent, with its RST and retransmissions, per destination (netfilter output hook;
 *                raw AF_PACKET frames do not pass there, the actors count those themselves)
 *   kernel_from  the same per source
 *   kernel       the same per source and destination
 * wire and kernel_to are exact. The other two make their elements as they go; when the kernel had no memory at that moment,
 * a packet is not counted there, and NAME_missed says how many. */
#ifndef HOTARU_LAB_SENT_H
#define HOTARU_LAB_SENT_H

#include <stdint.h>

#include "base/err.h"
#include "config/config.h"

struct json_t;

#define SENT_ADDRESSES_MAX 131072 /* darknet addresses */

/* Puts the counters into namespace att; packets to the darknet only. -ERANGE: the darknet is too large. */
int sent_install(const struct config *c, struct err *err);
/* Reads them. *ret is a new reference: {"wire": {DST: n}, "wire_packets": n, "kernel_to": {DST: n}, "kernel_to_packets": n,
 * "kernel_from": {SRC: n}, "kernel_from_missed": n, "kernel": {SRC: {DST: n}}, "kernel_missed": n}. */
int sent_read(struct json_t **ret, struct err *err);

#endif

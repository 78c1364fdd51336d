/* Shared by the files that write plans. */
#ifndef HOTARU_GATEWAY_PLAN_INT_H
#define HOTARU_GATEWAY_PLAN_INT_H

#include <stddef.h>

#include "gateway/plan.h"

/* One way to light an address; plan.c lists them. */
struct gateway_mode_ops {
    const char *name;
    enum gateway_mode mode;
    void (*router)(const struct config *c, enum gateway_part part, struct wr *out);   /* the ip table's chains */
    void (*honeypot)(const struct config *c, enum gateway_part part, struct wr *out); /* its prerouting chain */
    int (*routes)(const struct config *c, enum gateway_part part,
                  int (*each)(void *user, const struct gateway_route *route), void *user);
};
extern const struct gateway_mode_ops gateway_mode_dnat, gateway_mode_route, gateway_mode_tproxy;
const struct gateway_mode_ops *gateway_mode_find(enum gateway_mode mode);
const char *gateway_mode_name(enum gateway_mode mode);

/* One whole nft transaction of the part, ops given. */
void gateway_nft(const struct config *c, const struct gateway_mode_ops *ops, enum gateway_part part, struct wr *out);
void gateway_openwrt(const struct config *c, const struct gateway_mode_ops *ops, struct wr *out);
void gateway_text(const struct config *c, const struct gateway_mode_ops *ops, enum gateway_part part, struct wr *out);

/* "    set NAME { type ipv4_addr …" with the points / the darknet; nothing when there are none. */
void gateway_nft_points(const struct config *c, struct wr *out);
void gateway_nft_darknet(const struct config *c, struct wr *out);
/* "tcp dport != { 445, 3306 } " into buf; "" when no service has a port. */
void gateway_nft_but_services(const struct config *c, char *buf, size_t n);
/* The netdev table of the mirror, or a comment when there is none. */
void gateway_nft_mirror(const struct config *c, struct wr *out);

#endif

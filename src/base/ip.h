/* IPv4 addresses in host order (uint32_t) and prefixes; IPv6 as 16 network-order bytes. */
#ifndef HOTARU_BASE_IP_H
#define HOTARU_BASE_IP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define IP4_TEXT_MAX 20 /* "255.255.255.255/32" + NUL */

struct ip4_prefix {
    uint32_t base;    /* host order, host bits zero */
    uint8_t len_bits; /* 0..32 */
};

/* Dotted quad, nothing else. Returns 0 or -EINVAL. */
int ip4_parse(const char *text, uint32_t *ret, struct err *err);
const char *ip4_format(uint32_t ip, char buf[static IP4_TEXT_MAX]);
/* "10.77.0.0/18"; a bare address is a /32. -EINVAL when host bits are set: the line names the prefix meant. */
int ip4_prefix_parse(const char *text, struct ip4_prefix *ret, struct err *err);
const char *ip4_prefix_format(struct ip4_prefix p, char buf[static IP4_TEXT_MAX]);

static inline uint32_t ip4_mask(uint8_t len_bits)
{
    return len_bits == 0 ? 0 : ~UINT32_C(0) << (32 - len_bits);
}
static inline bool ip4_in(uint32_t ip, struct ip4_prefix p)
{
    return (ip & ip4_mask(p.len_bits)) == p.base;
}
static inline uint64_t ip4_prefix_size(struct ip4_prefix p)
{
    return UINT64_C(1) << (32 - p.len_bits);
}

#endif

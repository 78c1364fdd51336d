/* Frames for tests, built layer by layer: p = pk(); pk_eth(&p, 0x0800); pk_ip4(&p, …); pk_tcp(&p, …); pk_done(&p).
 * Lengths are filled in by pk_done() from what was appended, unless a test sets them itself. */
#ifndef HOTARU_TESTS_PACKET_BUILD_H
#define HOTARU_TESTS_PACKET_BUILD_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct pk {
    uint8_t b[4096];
    size_t n;
    size_t ip[8]; /* where IP headers start, outermost first */
    int n_ip;
    size_t udp[8]; /* where UDP headers start */
    int n_udp;
};

static inline struct pk pk(void)
{
    struct pk p;
    memset(&p, 0, sizeof p);
    return p;
}
static inline void pk_u8(struct pk *p, unsigned v)
{
    assert(p->n < sizeof p->b);
    p->b[p->n++] = (uint8_t)v;
}
static inline void pk_16(struct pk *p, unsigned v)
{
    pk_u8(p, v >> 8 & 255);
    pk_u8(p, v & 255);
}
static inline void pk_32(struct pk *p, uint32_t v)
{
    pk_16(p, v >> 16);
    pk_16(p, v & 0xffff);
}
static inline void pk_raw(struct pk *p, const void *bytes, size_t n)
{
    assert(n <= sizeof p->b - p->n);
    memcpy(p->b + p->n, bytes, n);
    p->n += n;
}
static inline void pk_fill(struct pk *p, unsigned v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        pk_u8(p, v);
}
static inline void pk_eth(struct pk *p, unsigned type)
{
    pk_raw(p, "\x02\x00\x00\x00\x79\x02\x02\x00\x00\x00\x76\x01", 12);
    pk_16(p, type);
}
static inline void pk_vlan(struct pk *p, unsigned id, unsigned next_type) /* after a type 0x8100 or 0x88a8 */
{
    pk_16(p, id);
    pk_16(p, next_type);
}
static inline void pk_sll(struct pk *p, unsigned type)
{
    pk_raw(p, "\x00\x00\x00\x01\x00\x06\x02\x00\x00\x00\x76\x01\x00\x00", 14);
    pk_16(p, type);
}
static inline void pk_sll2(struct pk *p, unsigned type)
{
    pk_16(p, type);
    pk_raw(p, "\x00\x00\x00\x00\x00\x02\x00\x01\x00\x06\x02\x00\x00\x00\x76\x01\x00\x00", 18);
}
/* options: n_options bytes, a multiple of 4. Identification 0x1234, TTL 61, TOS 0x28. */
static inline void pk_ip4(struct pk *p, unsigned proto, uint32_t src, uint32_t dst, unsigned frag,
                          const void *options, size_t n_options)
{
    p->ip[p->n_ip++] = p->n;
    pk_u8(p, 0x45 + (unsigned)n_options / 4);
    pk_u8(p, 0x28);
    pk_16(p, 0);
    pk_16(p, 0x1234);
    pk_16(p, frag);
    pk_u8(p, 61);
    pk_u8(p, proto);
    pk_16(p, 0);
    pk_32(p, src);
    pk_32(p, dst);
    pk_raw(p, options, n_options);
}
/* 2001:db8::src_low -> 2001:db8:77::dst_low; traffic class 0x2e, flow label 0xabcde, hop limit 57. */
static inline void pk_ip6(struct pk *p, unsigned next, unsigned src_low, unsigned dst_low)
{
    p->ip[p->n_ip++] = p->n;
    pk_32(p, 0x62eabcdeu);
    pk_16(p, 0);
    pk_u8(p, next);
    pk_u8(p, 57);
    pk_raw(p, "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 14);
    pk_16(p, src_low);
    pk_raw(p, "\x20\x01\x0d\xb8\x00\x77\x00\x00\x00\x00\x00\x00\x00\x00", 14);
    pk_16(p, dst_low);
}
static inline void pk_tcp(struct pk *p, unsigned sport, unsigned dport, unsigned flags, const void *options,
                          size_t n_options)
{
    pk_16(p, sport);
    pk_16(p, dport);
    pk_32(p, 0xdeadbeef);
    pk_32(p, 0x01020304);
    pk_u8(p, (5 + (unsigned)n_options / 4) << 4);
    pk_u8(p, flags);
    pk_16(p, 1024);
    pk_32(p, 0);
    pk_raw(p, options, n_options);
}
static inline void pk_udp(struct pk *p, unsigned sport, unsigned dport)
{
    p->udp[p->n_udp++] = p->n;
    pk_16(p, sport);
    pk_16(p, dport);
    pk_32(p, 0);
}
static inline void pk_icmp(struct pk *p, unsigned type, unsigned code)
{
    pk_u8(p, type);
    pk_u8(p, code);
    pk_fill(p, 0, 6);
}
static inline void pk_put16(struct pk *p, size_t at, size_t v)
{
    p->b[at] = (uint8_t)(v >> 8);
    p->b[at + 1] = (uint8_t)v;
}
static inline uint16_t pk_sum(const uint8_t *b, size_t n, uint32_t sum)
{
    for (size_t i = 0; i < n; i++)
        sum += i & 1 ? b[i] : (uint32_t)b[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}
/* IP and UDP lengths and IPv4 header checksums from what stands behind each header. */
static inline void pk_done(struct pk *p)
{
    for (int i = 0; i < p->n_udp; i++)
        pk_put16(p, p->udp[i] + 4, p->n - p->udp[i]);
    for (int i = p->n_ip; i-- > 0;) {
        size_t at = p->ip[i];
        if (p->b[at] >> 4 == 6) {
            pk_put16(p, at + 4, p->n - at - 40);
        } else {
            pk_put16(p, at + 2, p->n - at);
            pk_put16(p, at + 10, pk_sum(p->b + at, (p->b[at] & 15u) * 4u, 0));
        }
    }
}

#endif

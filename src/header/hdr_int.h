/* The steps of hdr_decode(), one file each; every step reads through base/rd.h and none keeps a pointer. */
#ifndef HOTARU_HEADER_HDR_INT_H
#define HOTARU_HEADER_HDR_INT_H

#include "base/rd.h"
#include "header/hdr.h"

enum { ETHER_IP4 = 0x0800, ETHER_IP6 = 0x86dd };
enum { PROTO_HOPOPT = 0, PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_DCCP = 33, PROTO_ROUTING = 43,
       PROTO_FRAGMENT = 44, PROTO_GRE = 47, PROTO_AH = 51, PROTO_ICMP6 = 58, PROTO_DSTOPTS = 60, PROTO_SCTP = 132,
       PROTO_MOBILITY = 135, PROTO_UDPLITE = 136, PROTO_HIP = 139, PROTO_SHIM6 = 140 };

/* Link layer: leaves r at the network header. *ret_ether is ETHER_IP4, ETHER_IP6, or 0 when the version nibble decides.
 * HDR_STORED here means "IP follows"; HDR_LOSS_SHORT when bytes were missing. */
enum hdr_loss hdr_link(int link_type, struct rd *r, uint16_t *ret_ether);
/* From an ether type on, through VLAN tags and SNAP. */
enum hdr_loss hdr_link_ether(uint16_t type, struct rd *r, uint16_t *ret_ether);

/* What of an IP packet stands before its transport header. */
struct hdr_ip_rest {
    struct rd r;             /* what the frame holds after the IP headers, not past the IP length */
    uint32_t len_bytes;      /* bytes after the IP headers by the IP length */
    bool len_known;          /* false: jumbogram, or an extension header that was cut */
    bool transport;          /* a transport header starts at r (first or only fragment, headers whole) */
};
/* Fills h on HDR_STORED only. */
enum hdr_loss hdr_ip4(struct rd *r, struct hdr *h, struct hdr_ip_rest *ret);
enum hdr_loss hdr_ip6(struct rd *r, struct hdr *h, struct hdr_ip_rest *ret);
bool hdr_ip6_is_extension(uint8_t proto);
/* Walks IPv6 extension headers from *proto on; true when r then stands at a transport header. *ret_whole is false when
 * a header was cut; *proto is the last next-header value reached. */
bool hdr_ip6_walk(struct rd *r, uint8_t *proto, uint16_t *ret_frag, bool *ret_whole);

/* The IP packet at r: its headers and transport; ether as hdr_link() gives it. */
enum hdr_loss hdr_ip(uint16_t ether, struct rd *r, struct hdr *ret);

/* Ports, TCP, ICMP with its quoted packet, payload. Cannot fail: what is cut is left out of h->has. */
void hdr_transport(struct hdr *h, struct hdr_ip_rest *ip);
static inline bool hdr_has_ports(uint8_t proto)
{
    return proto == PROTO_TCP || proto == PROTO_UDP || proto == PROTO_SCTP || proto == PROTO_DCCP ||
           proto == PROTO_UDPLITE;
}
/* The packet quoted by an ICMP error of the IP version of h. */
void hdr_inner(struct hdr *h, struct rd r);

#endif

/* A captured frame as the header record that is stored: one struct hdr per packet, IPv4 or IPv6. */
#ifndef HOTARU_HEADER_HDR_H
#define HOTARU_HEADER_HDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which groups of fields apply; what does not apply is NULL in the store. */
enum hdr_has {
    HDR_PORTS = 1 << 0,     /* sport, dport: first fragment of TCP, UDP (also UDP-Lite, SCTP, DCCP) */
    HDR_TCP = 1 << 1,       /* tcp_*, options */
    HDR_ICMP = 1 << 2,      /* icmp_type, icmp_code */
    HDR_INNER = 1 << 3,     /* inner_src, inner_dst, inner_proto: the quoted packet of an ICMP error */
    HDR_INNER_PORTS = 1 << 4,
    HDR_PAYLOAD_LEN = 1 << 5, /* payload_len_bytes is known */
    HDR_OPTIONS_CUT = 1 << 6, /* the snapshot ended inside the TCP options: options[] holds what was there */
};

#define HDR_OPTIONS_MAX      40
#define HDR_OPTIONS_TEXT_MAX 200

struct hdr {
    int64_t ts_us;
    uint8_t ip_version;       /* 4 or 6; says which of the address pairs below is filled */
    uint8_t proto;            /* IP protocol; for IPv6 the last next-header reached */
    uint8_t tcp_flags, icmp_type, icmp_code, ip_ttl, ip_tos, inner_proto;
    uint32_t src, dst, inner_src, inner_dst;                 /* IPv4, host order */
    uint8_t src6[16], dst6[16], inner_src6[16], inner_dst6[16]; /* IPv6, network order */
    uint16_t sport, dport, tcp_window, ip_id, ip_frag, inner_sport, inner_dport;
    uint32_t ip_len_bytes;    /* IPv4 total length; IPv6 40 + payload length */
    uint32_t tcp_seq, tcp_ack;
    uint16_t payload_len_bytes; /* bytes after the transport header by the IP length, not by the snapshot */
    uint16_t has;             /* enum hdr_has */
    uint8_t options_len;      /* raw TCP options as on the wire */
    uint8_t options[HDR_OPTIONS_MAX];
    uint16_t payload_cap_bytes; /* bytes of payload that the frame held */
    const uint8_t *payload;   /* borrowed from the frame; NULL when none */
};
/* ip_frag: the 16 bits of RFC 791's flags and fragment offset as they stand on the wire (host order); IPv6: the 16
 * bits offset, reserved, M of the fragment header (RFC 8200 4.5), 0 without one.
 * payload_len_bytes: the transport header counts as TCP data offset, 8 for UDP, UDP-Lite, ICMP and ICMPv6, 12 for SCTP,
 * data offset for DCCP, 0 for other protocols and later fragments. Not known (left out of `has`) when the transport
 * header does not fit the IP length, for a TCP header, IPv4 options or an IPv6 extension header that is cut, and for a
 * jumbogram. */

/* Why a frame became no row. Each is a row of the loss ledger (stage "decoder"). */
enum hdr_loss {
    HDR_STORED = 0,
    HDR_LOSS_LINK_TYPE,   /* a link type that is not decoded */
    HDR_LOSS_NOT_IP,      /* ARP, LLDP, …: no IP inside */
    HDR_LOSS_SHORT,       /* the snapshot ends inside a header that is needed (link layer, fixed IP header) */
    HDR_LOSS_MALFORMED,   /* length fields that disagree (IHL < 5, total length < IHL, version not 4 or 6); a frame
                             that ended there on the wire already; more than 8 VLAN tags */
    HDR_LOSS_KINDS
};
const char *hdr_loss_name(enum hdr_loss why); /* "stored", "link-type", "not-ip", "short", "malformed" */

/* Decode one captured frame.
 *   link_type  DLT_EN10MB, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_RAW, DLT_IPV4, DLT_IPV6, DLT_NULL, DLT_LOOP
 *   bytes      cap_len_bytes of it, borrowed; wire_len_bytes it had on the wire
 *   ret        filled only when HDR_STORED is returned
 * No allocation, no logging, no read outside the frame. A transport header that is cut leaves its groups out of `has`
 * but the packet is stored. Source: RFC 791 3.1, RFC 8200 3 and 4, RFC 9293 3.1, RFC 768, RFC 792, RFC 4443,
 * IEEE 802.1Q, IEEE 802.1ad. */
enum hdr_loss hdr_decode(int link_type, const uint8_t *bytes, uint32_t cap_len_bytes, uint32_t wire_len_bytes,
                         int64_t ts_us, struct hdr *ret);

/* Mirrored traffic: the row is the packet inside the tunnel, where the frame holds one of these (up to 3 deep). Other
 * frames, later fragments of a tunnel packet and tunnels of a form that is not known are decoded as they stand; what is
 * inside and is not IP is lost as such. GRE: version 0 with IPv4, IPv6 or Ethernet inside (RFC 2784, RFC 2890); ERSPAN:
 * types I and II; VXLAN: UDP port 4789 (RFC 7348). */
enum hdr_decap { HDR_DECAP_GRE = 1 << 0, HDR_DECAP_ERSPAN = 1 << 1, HDR_DECAP_VXLAN = 1 << 2 };
enum hdr_loss hdr_decode_decap(unsigned decap, int link_type, const uint8_t *bytes, uint32_t cap_len_bytes,
                               uint32_t wire_len_bytes, int64_t ts_us, struct hdr *ret);

/* The layout text of raw TCP options: "M1460,S,T,N,W7" (MSS, SACK-permitted, timestamps, NOP, window scale; "E" end of
 * list, "K<n>" n SACK blocks, "F" fast open, "?<kind>" others, "!" malformed from there). Returns the length; "" for none. */
size_t hdr_options_text(const uint8_t *options, size_t n, char ret[static HDR_OPTIONS_TEXT_MAX]);
/* Zero in place what the layout text does not show (time stamps, SACK edges, cookies), so that equal layouts are equal
 * bytes; hdr_options_text() gives the same before and after. */
void hdr_options_layout(uint8_t *options, size_t n); /* n <= HDR_OPTIONS_MAX */
/* Which bits those are: options of n bytes that agree with these under the mask have the same text. */
void hdr_options_mask(const uint8_t *options, size_t n, uint8_t *ret_mask);

#endif

/* TCP (RFC 9293 3.1), UDP (RFC 768), UDP-Lite (RFC 3828), SCTP (RFC 9260 3.1), DCCP (RFC 4340 5.1), ICMP (RFC 792),
 * ICMPv6 (RFC 4443). */
#include "header/hdr_int.h"

#include <string.h>

/* head_bytes of transport header: the rest is payload, when the IP length covers the header at all. */
static void payload_after(struct hdr *h, struct hdr_ip_rest *ip, uint32_t head_bytes)
{
    if (!ip->len_known || ip->len_bytes < head_bytes)
        return;
    h->payload_len_bytes = (uint16_t)(ip->len_bytes - head_bytes);
    h->has |= HDR_PAYLOAD_LEN;
    struct rd r = ip->r;
    rd_skip(&r, head_bytes);
    if (r.bad || rd_left(&r) == 0)
        return;
    h->payload = r.p;
    h->payload_cap_bytes = (uint16_t)(rd_left(&r) < UINT16_MAX ? rd_left(&r) : UINT16_MAX);
}

static void read_tcp(struct hdr *h, struct hdr_ip_rest *ip)
{
    struct rd r = ip->r;
    struct rd head = rd_sub(&r, 20);
    if (head.bad)
        return;
    rd_skip(&head, 4); /* the ports are read */
    h->tcp_seq = rd_be32(&head);
    h->tcp_ack = rd_be32(&head);
    uint32_t head_bytes = (rd_u8(&head) >> 4) * 4u;
    h->tcp_flags = rd_u8(&head);
    h->tcp_window = rd_be16(&head);
    h->has |= HDR_TCP;
    if (head_bytes < 20)
        return; /* a data offset that cannot be: where the payload starts is not known */
    uint32_t options = head_bytes - 20;
    if (options > rd_left(&r)) {
        options = (uint32_t)rd_left(&r);
        h->has |= HDR_OPTIONS_CUT;
    }
    h->options_len = (uint8_t)options;
    const uint8_t *at = rd_take(&r, options);
    if (at && options)
        memcpy(h->options, at, options);
    payload_after(h, ip, head_bytes);
}

static bool is_icmp_error(const struct hdr *h)
{
    if (h->ip_version == 6)
        return h->icmp_type >= 1 && h->icmp_type <= 4; /* unreachable, too big, time exceeded, parameter problem */
    return h->icmp_type == 3 || h->icmp_type == 4 || h->icmp_type == 5 || h->icmp_type == 11 || h->icmp_type == 12;
}

static void read_icmp(struct hdr *h, struct hdr_ip_rest *ip)
{
    struct rd r = ip->r;
    struct rd head = rd_sub(&r, 2);
    if (head.bad)
        return;
    h->icmp_type = rd_u8(&head);
    h->icmp_code = rd_u8(&head);
    h->has |= HDR_ICMP;
    payload_after(h, ip, 8);
    rd_skip(&r, 6);
    if (!r.bad && is_icmp_error(h))
        hdr_inner(h, r);
}

static void read_ports(struct hdr *h, struct hdr_ip_rest *ip)
{
    struct rd r = ip->r;
    struct rd head = rd_sub(&r, 4);
    if (head.bad)
        return;
    h->sport = rd_be16(&head);
    h->dport = rd_be16(&head);
    h->has |= HDR_PORTS;
    if (h->proto == PROTO_TCP) {
        read_tcp(h, ip);
    } else if (h->proto == PROTO_DCCP) {
        uint32_t head_bytes = rd_u8(&r) * 4u; /* data offset, in words; 12 is the least generic header */
        if (!r.bad && head_bytes >= 12)
            payload_after(h, ip, head_bytes);
    } else {
        payload_after(h, ip, h->proto == PROTO_SCTP ? 12 : 8);
    }
}

void hdr_transport(struct hdr *h, struct hdr_ip_rest *ip)
{
    if (!ip->transport)
        payload_after(h, ip, 0);
    else if (hdr_has_ports(h->proto))
        read_ports(h, ip);
    else if (h->proto == (h->ip_version == 6 ? PROTO_ICMP6 : PROTO_ICMP))
        read_icmp(h, ip);
    else
        payload_after(h, ip, 0);
}

static bool inner_ip4(struct hdr *h, struct rd *r)
{
    struct rd head = rd_sub(r, 20);
    uint8_t version_ihl = rd_u8(&head);
    if (head.bad || version_ihl >> 4 != 4 || (version_ihl & 15) < 5)
        return false;
    rd_skip(&head, 5);
    uint16_t frag = rd_be16(&head);
    rd_skip(&head, 1);
    h->inner_proto = rd_u8(&head);
    rd_skip(&head, 2);
    h->inner_src = rd_be32(&head);
    h->inner_dst = rd_be32(&head);
    h->has |= HDR_INNER;
    rd_skip(r, (version_ihl & 15u) * 4u - 20u);
    return !r->bad && (frag & 0x1fff) == 0;
}

static bool inner_ip6(struct hdr *h, struct rd *r)
{
    struct rd head = rd_sub(r, 40);
    uint8_t version = rd_u8(&head) >> 4;
    if (head.bad || version != 6)
        return false;
    rd_skip(&head, 5);
    h->inner_proto = rd_u8(&head);
    rd_skip(&head, 1);
    memcpy(h->inner_src6, rd_take(&head, 16), 16);
    memcpy(h->inner_dst6, rd_take(&head, 16), 16);
    h->has |= HDR_INNER;
    uint16_t frag = 0;
    bool whole;
    return hdr_ip6_walk(r, &h->inner_proto, &frag, &whole);
}

void hdr_inner(struct hdr *h, struct rd r)
{
    bool transport = h->ip_version == 6 ? inner_ip6(h, &r) : inner_ip4(h, &r);
    if (!transport || !hdr_has_ports(h->inner_proto))
        return;
    uint16_t sport = rd_be16(&r), dport = rd_be16(&r);
    if (r.bad)
        return;
    h->inner_sport = sport;
    h->inner_dport = dport;
    h->has |= HDR_INNER_PORTS;
}

/* Mirrored traffic out of its tunnel. GRE (RFC 2784 2, RFC 2890 2):
 *   0: C(1) R(1) K(1) S(1) … version(3)   2: ether type of what is inside   then checksum, key, sequence: 4 bytes each
 * ERSPAN type II: GRE type 0x88be with sequence, then version(4) VLAN(12) … 8 bytes, then Ethernet; type I has neither.
 * VXLAN (RFC 7348 5): flags(8) with I = 0x08, 7 bytes, then Ethernet. */
#include "header/hdr_int.h"

#include <pcap/dlt.h>
#include <string.h>

enum { DEPTH_MAX = 3, GRE_ERSPAN = 0x88be, GRE_ETHERNET = 0x6558, VXLAN_PORT = 4789 };

enum inside { INSIDE_NONE, INSIDE_ETHERNET, INSIDE_IP };

static enum inside open_gre(unsigned decap, struct rd *r, uint16_t *ret_ether)
{
    uint16_t flags = rd_be16(r), type = rd_be16(r);
    if (r->bad || flags & 0x4007) /* source routing (RFC 1701), version 1 (PPTP) */
        return INSIDE_NONE;
    rd_skip(r, (flags & 0x8000 ? 4u : 0u) + (flags & 0x2000 ? 4u : 0u) + (flags & 0x1000 ? 4u : 0u));
    *ret_ether = type;
    if (type == GRE_ERSPAN && decap & HDR_DECAP_ERSPAN) {
        bool second = flags & 0x1000;
        if (second && rd_u8(r) >> 4 != 1 && !r->bad)
            return INSIDE_NONE; /* type III */
        rd_skip(r, second ? 7 : 0);
        return INSIDE_ETHERNET;
    }
    if (!(decap & HDR_DECAP_GRE))
        return INSIDE_NONE;
    return type == GRE_ETHERNET ? INSIDE_ETHERNET : type == ETHER_IP4 || type == ETHER_IP6 ? INSIDE_IP : INSIDE_NONE;
}

static enum inside open_tunnel(unsigned decap, const struct hdr *h, struct rd *r, uint16_t *ret_ether)
{
    unsigned offset = h->ip_version == 6 ? h->ip_frag & 0xfff8u : h->ip_frag & 0x1fffu;
    if (!h->payload || offset)
        return INSIDE_NONE;
    *r = rd_of(h->payload, h->payload_cap_bytes);
    if (h->proto == PROTO_GRE && decap & (HDR_DECAP_GRE | HDR_DECAP_ERSPAN))
        return open_gre(decap, r, ret_ether);
    if (h->proto == PROTO_UDP && h->has & HDR_PORTS && h->dport == VXLAN_PORT && decap & HDR_DECAP_VXLAN) {
        bool has_id = rd_u8(r) & 0x08;
        rd_skip(r, 7);
        return has_id ? INSIDE_ETHERNET : INSIDE_NONE;
    }
    return INSIDE_NONE;
}

enum hdr_loss hdr_decode_decap(unsigned decap, int link_type, const uint8_t *bytes, uint32_t cap_len_bytes,
                               uint32_t wire_len_bytes, int64_t ts_us, struct hdr *ret)
{
    enum hdr_loss loss = hdr_decode(link_type, bytes, cap_len_bytes, wire_len_bytes, ts_us, ret);
    for (int depth = 0; decap && loss == HDR_STORED && depth < DEPTH_MAX; depth++) {
        struct rd r;
        uint16_t ether = 0;
        enum inside inside = open_tunnel(decap, ret, &r, &ether);
        if (inside == INSIDE_NONE)
            break;
        if (r.bad)
            loss = HDR_LOSS_SHORT;
        else if (inside == INSIDE_ETHERNET)
            loss = hdr_link(DLT_EN10MB, &r, &ether);
        if (loss == HDR_STORED)
            loss = hdr_ip(ether, &r, ret);
        if (loss == HDR_LOSS_SHORT && cap_len_bytes >= wire_len_bytes)
            loss = HDR_LOSS_MALFORMED;
        if (loss == HDR_STORED)
            ret->ts_us = ts_us;
    }
    return loss;
}

bool hdr_decap_parse(const char *list, unsigned *ret)
{
    static const struct {
        const char *name;
        unsigned bit;
    } known[] = {{"gre", HDR_DECAP_GRE}, {"erspan", HDR_DECAP_ERSPAN}, {"vxlan", HDR_DECAP_VXLAN}};
    for (const char *at = list; *at;) {
        size_t n = strcspn(at, ","), i = 0;
        while (i < 3 && (strlen(known[i].name) != n || memcmp(known[i].name, at, n) != 0))
            i++;
        if (i == 3)
            return false;
        *ret |= known[i].bit;
        at += n;
        if (*at == ',' && !*++at)
            return false;
    }
    return *ret != 0;
}

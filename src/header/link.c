/* Link layers. IEEE 802.3, 802.1Q, 802.1ad; RFC 1042 (SNAP); the link-layer header pages of tcpdump.org for Linux
 * cooked capture, NULL and LOOP. */
#include "header/hdr_int.h"

#include <pcap/dlt.h>

enum { TAGS_MAX = 8, ARPHRD_NETLINK_TYPE = 824 };

static bool is_tag(uint16_t type)
{
    return type == 0x8100 || type == 0x88a8 || type == 0x9100; /* C-tag, S-tag, pre-standard QinQ */
}

/* 802.3 length instead of a type: only SNAP with the zero OUI can hold IP. */
static uint16_t snap_type(struct rd *r)
{
    static const uint8_t head[6] = {0xaa, 0xaa, 0x03, 0, 0, 0};
    for (size_t i = 0; i < sizeof head; i++) {
        if (rd_u8(r) != head[i])
            return 0;
    }
    return rd_be16(r);
}

enum hdr_loss hdr_link_ether(uint16_t type, struct rd *r, uint16_t *ret_ether)
{
    for (int tags = 0; is_tag(type); tags++) {
        if (tags == TAGS_MAX)
            return HDR_LOSS_MALFORMED;
        rd_skip(r, 2);
        type = rd_be16(r);
        if (r->bad)
            return HDR_LOSS_SHORT;
    }
    if (type <= 1500) {
        type = snap_type(r);
        if (r->bad)
            return HDR_LOSS_NOT_IP; /* shorter than SNAP: an LLC frame such as spanning tree */
    }
    *ret_ether = type;
    return type == ETHER_IP4 || type == ETHER_IP6 ? HDR_STORED : HDR_LOSS_NOT_IP;
}

static enum hdr_loss link_ethernet(struct rd *r, uint16_t *ret_ether)
{
    rd_skip(r, 12);
    uint16_t type = rd_be16(r);
    return r->bad ? HDR_LOSS_SHORT : hdr_link_ether(type, r, ret_ether);
}

/* SLL: packet type, ARPHRD, address length, address[8], protocol. */
static enum hdr_loss link_sll(struct rd *r, uint16_t *ret_ether)
{
    rd_skip(r, 2);
    uint16_t arphrd = rd_be16(r);
    rd_skip(r, 10);
    uint16_t type = rd_be16(r);
    if (r->bad)
        return HDR_LOSS_SHORT;
    /* For netlink the protocol field is a netlink family; 1..1500 are not ether types either (802.3, CAN, …). */
    if (arphrd == ARPHRD_NETLINK_TYPE || type <= 1500)
        return HDR_LOSS_NOT_IP;
    return hdr_link_ether(type, r, ret_ether);
}

/* SLL2: protocol, reserved, interface index, ARPHRD, packet type, address length, address[8]. */
static enum hdr_loss link_sll2(struct rd *r, uint16_t *ret_ether)
{
    uint16_t type = rd_be16(r);
    rd_skip(r, 6);
    uint16_t arphrd = rd_be16(r);
    rd_skip(r, 10);
    if (r->bad)
        return HDR_LOSS_SHORT;
    if (arphrd == ARPHRD_NETLINK_TYPE || type <= 1500)
        return HDR_LOSS_NOT_IP;
    return hdr_link_ether(type, r, ret_ether);
}

/* The address family of the recording system: 2 is IPv4 everywhere, IPv6 is 10 on Linux, 24 on NetBSD and OpenBSD,
 * 28 on FreeBSD, 30 on macOS. NULL has it in that system's byte order, LOOP in network order. */
static enum hdr_loss link_family(struct rd *r, bool any_order, uint16_t *ret_ether)
{
    uint32_t family = rd_be32(r);
    if (r->bad)
        return HDR_LOSS_SHORT;
    if (any_order && family > 0xffff)
        family = __builtin_bswap32(family);
    if (family == 2)
        *ret_ether = ETHER_IP4;
    else if (family == 10 || family == 24 || family == 28 || family == 30)
        *ret_ether = ETHER_IP6;
    else
        return HDR_LOSS_NOT_IP;
    return HDR_STORED;
}

enum hdr_loss hdr_link(int link_type, struct rd *r, uint16_t *ret_ether)
{
    switch (link_type) {
    case DLT_EN10MB:
        return link_ethernet(r, ret_ether);
    case DLT_LINUX_SLL:
        return link_sll(r, ret_ether);
    case DLT_LINUX_SLL2:
        return link_sll2(r, ret_ether);
    case DLT_RAW:
        *ret_ether = 0;
        return HDR_STORED;
    case DLT_IPV4:
        *ret_ether = ETHER_IP4;
        return HDR_STORED;
    case DLT_IPV6:
        *ret_ether = ETHER_IP6;
        return HDR_STORED;
    case DLT_NULL:
        return link_family(r, true, ret_ether);
    case DLT_LOOP:
        return link_family(r, false, ret_ether);
    default:
        return HDR_LOSS_LINK_TYPE;
    }
}

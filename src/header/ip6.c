/* IPv6 and its extension headers. RFC 8200 3 and 4; RFC 4302 2 (AH); RFC 6275 6.1, RFC 7401 5.1, RFC 5533 5.1:
 *   0: version(4) traffic class(8) flow label(20)   4: payload length   6: next header   7: hop limit
 *   8: source   24: destination   40: extension headers and transport */
#include "header/hdr_int.h"

#include <string.h>

enum { IP6_HEAD = 40, EXTENSIONS_MAX = 64 };

bool hdr_ip6_is_extension(uint8_t proto)
{
    return proto == PROTO_HOPOPT || proto == PROTO_ROUTING || proto == PROTO_FRAGMENT || proto == PROTO_DSTOPTS ||
           proto == PROTO_AH || proto == PROTO_MOBILITY || proto == PROTO_HIP || proto == PROTO_SHIM6;
}

bool hdr_ip6_walk(struct rd *r, uint8_t *proto, uint16_t *ret_frag, bool *ret_whole)
{
    *ret_whole = true;
    for (int i = 0; hdr_ip6_is_extension(*proto); i++) {
        struct rd ahead = *r;
        uint8_t next = rd_u8(&ahead), len = rd_u8(&ahead);
        uint16_t frag = rd_be16(&ahead);
        uint32_t bytes = *proto == PROTO_FRAGMENT ? 8 : *proto == PROTO_AH ? (len + 2u) * 4u : (len + 1u) * 8u;
        ahead = *r;
        rd_skip(&ahead, bytes);
        if (ahead.bad || i == EXTENSIONS_MAX) {
            *ret_whole = false;
            return false;
        }
        *r = ahead;
        bool fragment = *proto == PROTO_FRAGMENT;
        *proto = next;
        if (fragment) {
            *ret_frag = frag;
            if (frag & 0xfff8)
                return false;
        }
    }
    return true;
}

enum hdr_loss hdr_ip6(struct rd *r, struct hdr *h, struct hdr_ip_rest *ret)
{
    struct rd head = rd_sub(r, IP6_HEAD);
    if (head.bad)
        return HDR_LOSS_SHORT;
    uint32_t word = rd_be32(&head);
    if (word >> 28 != 6)
        return HDR_LOSS_MALFORMED;

    memset(h, 0, sizeof *h);
    h->ip_version = 6;
    h->ip_tos = (uint8_t)(word >> 20);
    uint16_t payload = rd_be16(&head);
    h->ip_len_bytes = IP6_HEAD + (uint32_t)payload;
    h->proto = rd_u8(&head);
    h->ip_ttl = rd_u8(&head);
    memcpy(h->src6, rd_take(&head, 16), 16);
    memcpy(h->dst6, rd_take(&head, 16), 16);

    /* Length 0 with a hop-by-hop header is a jumbogram (RFC 2675): decoded, its length is not known here. */
    ret->len_known = payload > 0 || h->proto != PROTO_HOPOPT;
    ret->r = *r;
    if (ret->len_known && rd_left(r) > payload)
        ret->r = rd_sub(r, payload);
    size_t before = rd_left(&ret->r);
    bool whole;
    ret->transport = hdr_ip6_walk(&ret->r, &h->proto, &h->ip_frag, &whole);
    ret->len_known = ret->len_known && whole;
    ret->len_bytes = payload - (uint32_t)(before - rd_left(&ret->r));
    return HDR_STORED;
}

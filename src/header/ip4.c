/* IPv4. RFC 791 3.1:
 *   0: version(4) IHL(4)   1: TOS   2: total length   4: identification   6: flags(3) fragment offset(13)
 *   8: TTL   9: protocol   10: checksum   12: source   16: destination   20: options up to IHL * 4 */
#include "header/hdr_int.h"

#include <string.h>

enum { IP4_HEAD = 20 };

enum hdr_loss hdr_ip4(struct rd *r, struct hdr *h, struct hdr_ip_rest *ret)
{
    struct rd head = rd_sub(r, IP4_HEAD);
    if (head.bad)
        return HDR_LOSS_SHORT;
    uint8_t version_ihl = rd_u8(&head), tos = rd_u8(&head);
    uint16_t total = rd_be16(&head);
    uint32_t head_bytes = (version_ihl & 15u) * 4u;
    if (version_ihl >> 4 != 4 || head_bytes < IP4_HEAD || total < head_bytes)
        return HDR_LOSS_MALFORMED;

    memset(h, 0, sizeof *h);
    h->ip_version = 4;
    h->ip_tos = tos;
    h->ip_len_bytes = total;
    h->ip_id = rd_be16(&head);
    h->ip_frag = rd_be16(&head);
    h->ip_ttl = rd_u8(&head);
    h->proto = rd_u8(&head);
    rd_skip(&head, 2);
    h->src = rd_be32(&head);
    h->dst = rd_be32(&head);

    rd_skip(r, head_bytes - IP4_HEAD); /* options; cut: r is bad, and nothing after them is known */
    ret->len_bytes = total - head_bytes;
    ret->len_known = !r->bad;
    ret->transport = !r->bad && (h->ip_frag & 0x1fff) == 0;
    /* What stands after the IP length is link-layer padding. */
    ret->r = *r;
    if (!r->bad && rd_left(r) > ret->len_bytes)
        ret->r = rd_sub(r, ret->len_bytes);
    return HDR_STORED;
}

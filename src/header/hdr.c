#include "header/hdr.h"

#include "header/hdr_int.h"

const char *hdr_loss_name(enum hdr_loss why)
{
    static const char *const name[HDR_LOSS_KINDS] = {
        [HDR_STORED] = "stored",         [HDR_LOSS_LINK_TYPE] = "link-type", [HDR_LOSS_NOT_IP] = "not-ip",
        [HDR_LOSS_SHORT] = "short",      [HDR_LOSS_MALFORMED] = "malformed",
    };
    return (unsigned)why < HDR_LOSS_KINDS ? name[why] : "unknown";
}

enum hdr_loss hdr_ip(uint16_t ether, struct rd *r, struct hdr *ret)
{
    if (ether == 0) {
        struct rd ahead = *r;
        uint8_t version = rd_u8(&ahead) >> 4;
        if (ahead.bad)
            return HDR_LOSS_SHORT;
        if (version != 4 && version != 6)
            return HDR_LOSS_MALFORMED;
        ether = version == 6 ? ETHER_IP6 : ETHER_IP4;
    }
    struct hdr_ip_rest rest;
    enum hdr_loss loss = ether == ETHER_IP6 ? hdr_ip6(r, ret, &rest) : hdr_ip4(r, ret, &rest);
    if (loss == HDR_STORED)
        hdr_transport(ret, &rest);
    return loss;
}

enum hdr_loss hdr_decode(int link_type, const uint8_t *bytes, uint32_t cap_len_bytes, uint32_t wire_len_bytes,
                         int64_t ts_us, struct hdr *ret)
{
    struct rd r = rd_of(bytes, cap_len_bytes);
    uint16_t ether = 0;
    enum hdr_loss loss = hdr_link(link_type, &r, &ether);
    if (loss == HDR_STORED)
        loss = hdr_ip(ether, &r, ret);
    if (loss == HDR_STORED)
        ret->ts_us = ts_us;
    else if (loss == HDR_LOSS_SHORT && cap_len_bytes >= wire_len_bytes)
        loss = HDR_LOSS_MALFORMED; /* not the snapshot: the frame itself ended there */
    return loss;
}

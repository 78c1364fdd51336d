/* One packet's record. What its flags do not name is not there (doc/format/spool.md, table "record"). */
#include "spool/spool_int.h"

#include <xxhash.h>

enum { FIXED4_BYTES = 23, FIXED6_BYTES = 47 };

/* The number of these options in the block, defining it when it is new. */
static uint8_t *put_options(uint8_t *at, const struct hdr *h, struct spool_dict *dict)
{
    if (h->options_len == 0)
        return put_u8(at, SPOOL_OPTIONS_NONE);
    uint8_t options[HDR_OPTIONS_MAX];
    memcpy(options, h->options, h->options_len);
    hdr_options_layout(options, h->options_len);
    size_t mask = sizeof dict->slot / sizeof *dict->slot - 1;
    size_t slot = XXH3_64bits(options, h->options_len) & mask;
    for (; dict->slot[slot]; slot = (slot + 1) & mask) {
        uint16_t k = dict->slot[slot];
        if (dict->entry[k].len == h->options_len && memcmp(dict->entry[k].bytes, options, h->options_len) == 0)
            return put_u8(at, (uint8_t)k);
    }
    bool room = dict->n < SPOOL_DICT_MAX;
    if (room) {
        dict->n++;
        dict->slot[slot] = (uint16_t)dict->n;
        dict->entry[dict->n].len = h->options_len;
        dict->entry[dict->n].bytes = at + 2;
    }
    at = put_u8(at, room ? (uint8_t)dict->n : SPOOL_OPTIONS_INLINE);
    at = put_u8(at, h->options_len);
    return put_bytes(at, options, h->options_len);
}

static bool get_options(struct rd *r, struct spool_dict *dict, struct hdr *ret)
{
    uint8_t k = rd_u8(r);
    if (k == SPOOL_OPTIONS_NONE)
        return true;
    const uint8_t *bytes;
    uint8_t len;
    if (k != SPOOL_OPTIONS_INLINE && k <= dict->n) {
        bytes = dict->entry[k].bytes;
        len = dict->entry[k].len;
    } else {
        len = rd_u8(r);
        bytes = rd_take(r, len);
        if (!bytes || len > HDR_OPTIONS_MAX)
            return false;
        if (k != SPOOL_OPTIONS_INLINE) {
            if (k != dict->n + 1)
                return false;
            dict->n = k;
            dict->entry[k].bytes = bytes;
            dict->entry[k].len = len;
        }
    }
    ret->options_len = len;
    memcpy(ret->options, bytes, len);
    return true;
}

uint8_t *spool_record_put(uint8_t *at, const struct hdr *h, int32_t delta_us, uint16_t payload_bytes,
                          struct spool_dict *dict)
{
    bool ip6 = h->ip_version == 6;
    uint16_t payload = h->payload ? h->payload_cap_bytes : 0;
    if (payload > payload_bytes)
        payload = payload_bytes;
    unsigned flags = (h->has & 0xffu) | (ip6 ? SPOOL_FLAG_IP6 : 0u) | (payload ? SPOOL_FLAG_PAYLOAD : 0u);
    at = put_le16(at, (uint16_t)flags);
    at = put_le32(at, (uint32_t)delta_us);
    at = put_u8(at, h->proto);
    at = put_u8(at, h->ip_ttl);
    at = put_u8(at, h->ip_tos);
    at = put_le16(at, h->ip_frag);
    if (ip6) {
        at = put_le32(at, h->ip_len_bytes);
        at = put_bytes(at, h->src6, 16);
        at = put_bytes(at, h->dst6, 16);
    } else {
        at = put_le16(at, (uint16_t)h->ip_len_bytes);
        at = put_le16(at, h->ip_id);
        at = put_le32(at, h->src);
        at = put_le32(at, h->dst);
    }
    if (flags & HDR_PAYLOAD_LEN)
        at = put_le16(at, h->payload_len_bytes);
    if (flags & HDR_PORTS) {
        at = put_le16(at, h->sport);
        at = put_le16(at, h->dport);
    }
    if (flags & HDR_TCP) {
        at = put_le32(at, h->tcp_seq);
        at = put_le32(at, h->tcp_ack);
        at = put_le16(at, h->tcp_window);
        at = put_u8(at, h->tcp_flags);
        at = put_options(at, h, dict);
    }
    if (flags & HDR_ICMP) {
        at = put_u8(at, h->icmp_type);
        at = put_u8(at, h->icmp_code);
    }
    if (flags & HDR_INNER) {
        at = put_u8(at, h->inner_proto);
        if (ip6) {
            at = put_bytes(at, h->inner_src6, 16);
            at = put_bytes(at, h->inner_dst6, 16);
        } else {
            at = put_le32(at, h->inner_src);
            at = put_le32(at, h->inner_dst);
        }
    }
    if (flags & HDR_INNER_PORTS) {
        at = put_le16(at, h->inner_sport);
        at = put_le16(at, h->inner_dport);
    }
    if (payload) {
        at = put_le16(at, payload);
        at = put_bytes(at, h->payload, payload);
    }
    return at;
}

static void get_address6(struct rd *r, uint8_t ret[16])
{
    const uint8_t *at = rd_take(r, 16);
    if (at)
        memcpy(ret, at, 16);
}

static void get_inner(struct rd *r, struct hdr *ret)
{
    ret->inner_proto = rd_u8(r);
    if (ret->ip_version == 6) {
        get_address6(r, ret->inner_src6);
        get_address6(r, ret->inner_dst6);
    } else {
        ret->inner_src = rd_le32(r);
        ret->inner_dst = rd_le32(r);
    }
}

static bool get_tcp(struct rd *r, struct spool_dict *dict, struct hdr *ret)
{
    struct rd fixed = rd_sub(r, 11);
    if (fixed.bad)
        return false;
    ret->tcp_seq = rd_le32(&fixed);
    ret->tcp_ack = rd_le32(&fixed);
    ret->tcp_window = rd_le16(&fixed);
    ret->tcp_flags = rd_u8(&fixed);
    return get_options(r, dict, ret);
}

bool spool_record_get(struct rd *r, int64_t base_us, struct spool_dict *dict, struct hdr *ret)
{
    memset(ret, 0, sizeof *ret);
    uint16_t flags = rd_le16(r);
    bool ip6 = flags & SPOOL_FLAG_IP6;
    struct rd fixed = rd_sub(r, ip6 ? FIXED6_BYTES - 2 : FIXED4_BYTES - 2);
    if (fixed.bad)
        return false;
    ret->has = flags & 0xff;
    ret->ip_version = ip6 ? 6 : 4;
    ret->ts_us = (int64_t)((uint64_t)base_us + (uint64_t)(int64_t)(int32_t)rd_le32(&fixed));
    ret->proto = rd_u8(&fixed);
    ret->ip_ttl = rd_u8(&fixed);
    ret->ip_tos = rd_u8(&fixed);
    ret->ip_frag = rd_le16(&fixed);
    if (ip6) {
        ret->ip_len_bytes = rd_le32(&fixed);
        get_address6(&fixed, ret->src6);
        get_address6(&fixed, ret->dst6);
    } else {
        ret->ip_len_bytes = rd_le16(&fixed);
        ret->ip_id = rd_le16(&fixed);
        ret->src = rd_le32(&fixed);
        ret->dst = rd_le32(&fixed);
    }
    if (flags & HDR_PAYLOAD_LEN)
        ret->payload_len_bytes = rd_le16(r);
    if (flags & HDR_PORTS) {
        ret->sport = rd_le16(r);
        ret->dport = rd_le16(r);
    }
    if (flags & HDR_TCP && !get_tcp(r, dict, ret))
        return false;
    if (flags & HDR_ICMP) {
        ret->icmp_type = rd_u8(r);
        ret->icmp_code = rd_u8(r);
    }
    if (flags & HDR_INNER)
        get_inner(r, ret);
    if (flags & HDR_INNER_PORTS) {
        ret->inner_sport = rd_le16(r);
        ret->inner_dport = rd_le16(r);
    }
    if (flags & SPOOL_FLAG_PAYLOAD) {
        ret->payload_cap_bytes = rd_le16(r);
        ret->payload = rd_take(r, ret->payload_cap_bytes);
    }
    return !r->bad;
}

/* The bytes of a packet that is built for a row. */
#include "header/build_int.h"

#include <string.h>

enum { EXTENSION_MAX = 2048, AH_SHORT = 12, QUOTED4 = 20, QUOTED6 = 40 };

static void put(struct build *b, const void *bytes, size_t n)
{
    if (n)
        memcpy(b->at, bytes, n);
    b->at += n;
}
static void put_zero(struct build *b, size_t n)
{
    memset(b->at, 0, n);
    b->at += n;
}
static void put8(struct build *b, uint32_t v)
{
    *b->at++ = (uint8_t)v;
}
static void put16(struct build *b, uint32_t v)
{
    put8(b, v >> 8);
    put8(b, v);
}
static void put32(struct build *b, uint32_t v)
{
    put16(b, v >> 16);
    put16(b, v);
}
static void set16(uint8_t *at, uint32_t v)
{
    at[0] = (uint8_t)(v >> 8);
    at[1] = (uint8_t)v;
}

void put_ports(struct build *b)
{
    put16(b, b->h->sport);
    put16(b, b->h->dport);
}

/* RFC 1071: the ones' complement sum, not yet complemented. */
static uint32_t sum_bytes(const uint8_t *p, size_t n, uint32_t sum)
{
    for (size_t i = 0; i < n; i++)
        sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

static void put_ip4(struct build *b, uint32_t pre, bool with_options)
{
    const struct hdr *h = b->h;
    uint8_t *ip = b->at;
    put8(b, 0x40 | ((IP4_HEAD + pre) / 4));
    put8(b, h->ip_tos);
    put16(b, h->ip_len_bytes);
    put16(b, h->ip_id);
    put16(b, h->ip_frag);
    put8(b, h->ip_ttl);
    put8(b, h->proto);
    put16(b, 0);
    put32(b, h->src);
    put32(b, h->dst);
    if (with_options) {
        memset(b->at, 1, pre); /* no operation */
        b->at += pre;
    }
    set16(ip + 10, (uint16_t)~sum_bytes(ip, (size_t)(b->at - ip), 0));
}

/* Type 1 in *next, then an extension header of bytes that only pads; next becomes its own next-header field. */
static void put_extension(struct build *b, uint8_t **next, uint8_t type, uint32_t bytes)
{
    **next = type;
    *next = b->at;
    put8(b, 0);
    if (type == PROTO_AH) {
        put8(b, bytes / 4 - 2);
        put_zero(b, bytes - 2);
        return;
    }
    put8(b, bytes / 8 - 1);
    for (uint32_t left = bytes - 2; left;) {
        uint32_t n = left > 257 ? (left - 257 == 1 ? 256 : 257) : left;
        put8(b, 1); /* PadN */
        put8(b, n - 2);
        put_zero(b, n - 2);
        left -= n;
    }
}

/* In front of the transport header; the fragment header last. */
static void put_extensions(struct build *b, uint8_t *next, uint32_t pre)
{
    const struct hdr *h = b->h;
    uint32_t left = h->ip_frag && pre >= 8 ? pre - 8 : pre;
    if (b->jumbo) {
        put_extension(b, &next, PROTO_HOPOPT, 8);
        left = 0;
    }
    if (left % 8 == 4 && left >= AH_SHORT) {
        put_extension(b, &next, PROTO_AH, AH_SHORT);
        left -= AH_SHORT;
    }
    while (left >= 8) {
        uint32_t n = left > EXTENSION_MAX ? EXTENSION_MAX : left;
        put_extension(b, &next, PROTO_DSTOPTS, n);
        left -= n;
    }
    if (h->ip_frag) {
        *next = PROTO_FRAGMENT;
        next = b->at;
        put16(b, 0);
        put16(b, h->ip_frag);
        put32(b, 0);
    }
    *next = h->proto;
}

void put_ip(struct build *b, bool with_pre)
{
    const struct hdr *h = b->h;
    b->begin = b->at;
    if (!b->six) {
        put_ip4(b, b->pre, with_pre);
        return;
    }
    put32(b, UINT32_C(6) << 28 | (uint32_t)h->ip_tos << 20);
    put16(b, b->room);
    uint8_t *next = b->at;
    put8(b, 0);
    put8(b, h->ip_ttl);
    put(b, h->src6, 16);
    put(b, h->dst6, 16);
    put_extensions(b, next, with_pre ? b->pre : 0);
}

/* Sum of the pseudo header: RFC 9293 3.1, RFC 8200 8.1. */
static uint32_t sum_pseudo(const struct build *b, uint32_t len_bytes)
{
    const uint8_t *ip = b->begin;
    uint32_t sum = b->six ? sum_bytes(ip + 8, 32, 0) : sum_bytes(ip + 12, 8, 0);
    return sum + b->h->proto + (len_bytes >> 16) + (len_bytes & 0xffff);
}

static void set_sum(struct build *b, uint8_t *transport, size_t at, uint32_t sum, size_t covered)
{
    size_t n = (size_t)(b->at - transport);
    uint16_t v = (uint16_t)~sum_bytes(transport, n < covered ? n : covered, sum);
    set16(transport + at, v == 0 && b->h->proto != PROTO_TCP && !build_is_icmp(b->h) ? 0xffff : v);
}

void put_payload(struct build *b)
{
    if (b->h->payload)
        put(b, b->h->payload, b->h->payload_cap_bytes);
}

void put_tcp(struct build *b, bool cut)
{
    const struct hdr *h = b->h;
    uint8_t *tcp = b->at, options[HDR_OPTIONS_MAX] = {0};
    size_t least, n = b->head > TCP_HEAD ? b->head - TCP_HEAD : 0;
    put_ports(b);
    put32(b, h->tcp_seq);
    put32(b, h->tcp_ack);
    put8(b, b->head / 4 << 4);
    put8(b, h->tcp_flags);
    put16(b, h->tcp_window);
    put32(b, 0);
    (void)hdr_options_bytes(b->text, b->n_text, 0, options, &least);
    if (cut)
        n = least;
    if (hdr_options_bytes(b->text, b->n_text, n, options, &least))
        put(b, options, n);
    if (!cut)
        put_payload(b);
    set_sum(b, tcp, 16, sum_pseudo(b, b->room - b->pre), SIZE_MAX);
}

void put_udp(struct build *b)
{
    bool lite = b->h->proto == PROTO_UDPLITE;
    uint32_t rest = b->jumbo ? 0 : b->room - b->pre;
    uint8_t *udp = b->at;
    put_ports(b);
    put16(b, lite ? HEAD_SHORT : rest); /* UDP-Lite: what the checksum covers */
    put16(b, 0);
    put_payload(b);
    set_sum(b, udp, 6, sum_pseudo(b, rest), lite ? HEAD_SHORT : SIZE_MAX);
}

/* The quoted packet as far as columns tell it; the payload that was kept is the same bytes, and better. */
static void put_quoted4(struct build *b, uint16_t kept)
{
    const struct hdr *h = b->h;
    uint8_t *quoted = b->at;
    uint32_t head = kept && (h->payload[0] & 15) > 5 ? (h->payload[0] & 15u) * 4u : QUOTED4;
    put8(b, 0x40 | head / 4);
    put8(b, 0);
    put16(b, head + (h->inner_proto == PROTO_TCP ? 20 : h->inner_proto == PROTO_UDP ? 8 : 12));
    put32(b, 0);
    put8(b, 1);
    put8(b, h->inner_proto);
    put16(b, 0);
    put32(b, h->inner_src);
    put32(b, h->inner_dst);
    if (h->has & HDR_INNER_PORTS) {
        memset(b->at, 1, head - QUOTED4); /* no operation */
        b->at += head - QUOTED4;
    }
    set16(quoted + 10, (uint16_t)~sum_bytes(quoted, (size_t)(b->at - quoted), 0));
}

/* Where the transport header stands behind the extension headers that payload began; what was not kept is zero already. */
static uint32_t quoted6_walk(const struct hdr *h, uint8_t *quoted, uint32_t kept)
{
    uint8_t type = quoted[6];
    uint32_t at = QUOTED6;
    while (hdr_ip6_is_extension(type) && at < kept) {
        uint32_t len = quoted[at + 1];
        uint32_t bytes = type == PROTO_FRAGMENT ? 8 : type == PROTO_AH ? (len + 2) * 4 : (len + 1) * 8;
        if (at + bytes > kept && type == h->inner_proto && !(h->has & HDR_INNER_PORTS))
            return kept; /* the quote ended inside it */
        type = quoted[at];
        at += bytes;
    }
    if (!hdr_ip6_is_extension(type) || (type == h->inner_proto && !(h->has & HDR_INNER_PORTS)))
        return at;
    quoted[at] = h->inner_proto; /* nothing of this one was kept */
    quoted[at + 1] = 0;
    return at + 8;
}

static void put_quoted6(struct build *b, uint16_t kept)
{
    const struct hdr *h = b->h;
    uint8_t *quoted = b->at;
    put32(b, UINT32_C(6) << 28);
    put16(b, h->inner_proto == PROTO_TCP ? 20 : h->inner_proto == PROTO_UDP ? 8 : 12);
    put8(b, h->inner_proto);
    put8(b, 1);
    put(b, h->inner_src6, 16);
    put(b, h->inner_dst6, 16);
    if (kept <= 6)
        return;
    memset(b->at, 0, (kept > QUOTED6 ? kept - (size_t)QUOTED6 : 0) + EXTENSION_MAX + 16);
    memcpy(quoted, h->payload, kept);
    b->at = quoted + quoted6_walk(h, quoted, kept);
}

static void put_quoted(struct build *b)
{
    const struct hdr *h = b->h;
    uint8_t *quoted = b->at;
    uint16_t kept = h->payload ? h->payload_cap_bytes : 0;
    if (h->has & HDR_INNER && b->six)
        put_quoted6(b, kept);
    else if (h->has & HDR_INNER)
        put_quoted4(b, kept);
    if (h->has & HDR_INNER_PORTS) {
        put16(b, h->inner_sport);
        put16(b, h->inner_dport);
    }
    if (kept) {
        size_t n = (size_t)(b->at - quoted);
        memcpy(quoted, h->payload, kept);
        b->at = quoted + (n > kept ? n : kept);
    }
}

void put_icmp(struct build *b)
{
    uint8_t *icmp = b->at;
    put8(b, b->h->icmp_type);
    put8(b, b->h->icmp_code);
    if (!b->known && !b->jumbo)
        return; /* no whole header */
    put_zero(b, 6);
    put_quoted(b);
    set_sum(b, icmp, 2, b->six ? sum_pseudo(b, b->room - b->pre) : 0, SIZE_MAX);
}

void put_other_ports(struct build *b)
{
    put_ports(b);
    if (!b->known && !(b->jumbo && b->h->proto == PROTO_SCTP))
        return;
    uint8_t *rest = b->at;
    put_zero(b, b->head - 4);
    if (b->h->proto == PROTO_DCCP)
        rest[0] = (uint8_t)(b->head / 4);
    put_payload(b);
}

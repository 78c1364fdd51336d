/* A row as a packet again: which headers its lengths leave room for, then their bytes. */
#include "header/build.h"

#include <pcap/dlt.h>
#include <string.h>

#include "header/hdr_int.h"

enum { IP4_HEAD = 20, IP6_HEAD = 40, TCP_HEAD = 20, HEAD_SHORT = 8, SCTP_HEAD = 12, DCCP_HEAD = 12, DCCP_HEAD_MAX = 1020 };
enum { EXTENSION_MAX = 2048, AH_SHORT = 12, QUOTED4 = 20, QUOTED6 = 40 };

struct build {
    const struct hdr *h;
    const char *text;
    size_t n_text;
    bool six, jumbo, known; /* jumbogram: the length is not in the header; known: payload_len is */
    uint32_t room;          /* bytes after the fixed IP header by its length field */
    uint32_t pre;           /* of these IPv4 options or IPv6 extension headers */
    uint32_t head;          /* transport header by its own length field */
    uint8_t *at, *begin;    /* where the next byte goes */
};

static bool later_fragment(const struct hdr *h)
{
    return h->ip_version == 6 ? (h->ip_frag & 0xfff8) != 0 : (h->ip_frag & 0x1fff) != 0;
}

static bool is_icmp(const struct hdr *h)
{
    return h->proto == (h->ip_version == 6 ? PROTO_ICMP6 : PROTO_ICMP);
}

/* ---- lengths ---- */

/* Can that many bytes stand between the fixed IP header and the transport header? */
static bool pre_fits(const struct build *b, uint32_t pre)
{
    if (!b->six)
        return pre % 4 == 0 && pre <= 40;
    uint32_t fragment = b->h->ip_frag ? 8 : 0;
    return pre >= fragment && (pre - fragment) % 4 == 0 && pre - fragment != 4;
}

/* The least pre that leaves low to high bytes behind it. */
static bool pre_find(struct build *b, uint32_t low, uint32_t high)
{
    if (b->jumbo) {
        b->pre = 8 + (b->h->ip_frag ? 8 : 0);
        return true;
    }
    if (b->room < low)
        return false;
    uint32_t from = b->room > high ? b->room - high : 0;
    for (uint32_t pre = (from + 3) & ~3u; pre <= b->room - low; pre += 4) {
        if (!pre_fits(b, pre))
            continue;
        b->pre = pre;
        return true;
    }
    return false;
}

/* head bytes of transport header, then the payload; without a payload length there was no room for the head. */
static bool fit_head(struct build *b, uint32_t head, uint32_t least)
{
    b->head = head;
    if (b->known)
        return pre_find(b, head + b->h->payload_len_bytes, head + b->h->payload_len_bytes);
    return pre_find(b, least, head - 1);
}

static bool fit_dccp(struct build *b)
{
    uint32_t payload = b->h->payload_len_bytes;
    if (!pre_find(b, payload + DCCP_HEAD, payload + DCCP_HEAD_MAX))
        return false;
    b->head = b->jumbo ? DCCP_HEAD : b->room - b->pre - payload;
    return b->head % 4 == 0;
}

/* *ret_cut: as many bytes of options as the text needs, though the header says more. */
static bool fit_tcp_options(struct build *b, bool *ret_cut)
{
    uint8_t bytes[HDR_OPTIONS_MAX];
    size_t least;
    uint32_t after = TCP_HEAD + b->h->payload_len_bytes;
    (void)hdr_options_bytes(b->text, b->n_text, 0, bytes, &least);
    for (int cut = 0; cut < 2; cut++) {
        uint32_t from = b->room > after + HDR_OPTIONS_MAX ? b->room - after - HDR_OPTIONS_MAX : 0;
        for (uint32_t pre = (from + 3) & ~3u; pre + after <= b->room; pre += 4) {
            uint32_t options = b->room - after - pre;
            if (!pre_fits(b, pre) || options % 4)
                continue;
            if (cut ? options <= least : !hdr_options_bytes(b->text, b->n_text, options, bytes, &least))
                continue;
            b->pre = pre;
            b->head = TCP_HEAD + options;
            *ret_cut = cut;
            return true;
        }
    }
    return false;
}

/* The payload's length is not known: a data offset below 5, or one that leads past the IP length. */
static bool fit_tcp_bad(struct build *b)
{
    uint8_t bytes[HDR_OPTIONS_MAX];
    size_t least;
    (void)hdr_options_bytes(b->text, b->n_text, 0, bytes, &least);
    if (b->n_text == 0) {
        b->head = 0;
        return pre_find(b, TCP_HEAD, UINT32_MAX);
    }
    b->head = TCP_HEAD + HDR_OPTIONS_MAX;
    return pre_find(b, TCP_HEAD + (uint32_t)least, TCP_HEAD + HDR_OPTIONS_MAX - 1);
}

/* ---- bytes ---- */

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

/* *ret_whole: the transport header can follow; without it the frame ends inside what stands before. */
static void put_ip(struct build *b, bool with_pre)
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
    set16(transport + at, v == 0 && b->h->proto != PROTO_TCP && !is_icmp(b->h) ? 0xffff : v);
}

static void put_payload(struct build *b)
{
    if (b->h->payload)
        put(b, b->h->payload, b->h->payload_cap_bytes);
}

static void put_tcp(struct build *b, bool cut)
{
    const struct hdr *h = b->h;
    uint8_t *tcp = b->at, options[HDR_OPTIONS_MAX] = {0};
    size_t least, n = b->head > TCP_HEAD ? b->head - TCP_HEAD : 0;
    put16(b, h->sport);
    put16(b, h->dport);
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

static void put_udp(struct build *b)
{
    bool lite = b->h->proto == PROTO_UDPLITE;
    uint32_t rest = b->jumbo ? 0 : b->room - b->pre;
    uint8_t *udp = b->at;
    put16(b, b->h->sport);
    put16(b, b->h->dport);
    put16(b, lite ? HEAD_SHORT : rest); /* UDP-Lite: what the checksum covers */
    put16(b, 0);
    put_payload(b);
    set_sum(b, udp, 6, sum_pseudo(b, rest), lite ? HEAD_SHORT : SIZE_MAX);
}

/* The quoted packet as far as columns tell it; the payload that was kept is the same bytes, and better. */
static void put_quoted(struct build *b)
{
    const struct hdr *h = b->h;
    uint8_t *quoted = b->at;
    uint16_t kept = h->payload ? h->payload_cap_bytes : 0;
    uint32_t transport = h->inner_proto == PROTO_TCP ? 20 : h->inner_proto == PROTO_UDP ? 8 : 12;
    if (h->has & HDR_INNER && !b->six) {
        uint32_t head = kept && (h->payload[0] & 15) > 5 ? (h->payload[0] & 15u) * 4u : QUOTED4;
        put8(b, 0x40 | head / 4);
        put8(b, 0);
        put16(b, head + transport);
        put32(b, 0);
        put8(b, 1);
        put8(b, h->inner_proto);
        put16(b, 0);
        put32(b, h->inner_src);
        put32(b, h->inner_dst);
        if (h->has & HDR_INNER_PORTS)
            memset(b->at, 1, head - QUOTED4), b->at += head - QUOTED4;
        set16(quoted + 10, (uint16_t)~sum_bytes(quoted, (size_t)(b->at - quoted), 0));
    } else if (h->has & HDR_INNER) {
        put32(b, UINT32_C(6) << 28);
        put16(b, transport);
        put8(b, h->inner_proto);
        put8(b, 1);
        put(b, h->inner_src6, 16);
        put(b, h->inner_dst6, 16);
    }
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

static void put_icmp(struct build *b)
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

static void put_other_ports(struct build *b)
{
    put16(b, b->h->sport);
    put16(b, b->h->dport);
    if (!b->known && !(b->jumbo && b->h->proto == PROTO_SCTP))
        return;
    uint8_t *rest = b->at;
    put_zero(b, b->head - 4);
    if (b->h->proto == PROTO_DCCP)
        rest[0] = (uint8_t)(b->head / 4);
    put_payload(b);
}

/* ---- what the row says was there ---- */

/* Nothing behind the IP headers, or not even these: no ports, no type. */
static bool build_bare(struct build *b)
{
    const struct hdr *h = b->h;
    bool transport = !later_fragment(h) && (hdr_has_ports(h->proto) || is_icmp(h));
    if (transport || b->jumbo) { /* the frame ended in front of it */
        b->pre = b->jumbo || (b->six && h->ip_frag) ? (b->jumbo ? 8u : 0u) + (h->ip_frag ? 8u : 0u) : 0;
        put_ip(b, true);
        return true;
    }
    if (!b->known) { /* the frame ended inside the IPv4 options or an extension header */
        b->pre = b->six ? 0 : 4;
        put_ip(b, false);
        return b->six || b->room >= 4;
    }
    bool good = fit_head(b, 0, 0);
    put_ip(b, good);
    if (good)
        put_payload(b);
    return good;
}

static bool build_tcp(struct build *b)
{
    bool cut = false, good;
    if (!(b->h->has & HDR_TCP)) { /* cut between ports and flags */
        put_ip(b, pre_find(b, 4, UINT32_MAX));
        put16(b, b->h->sport);
        put16(b, b->h->dport);
        return true;
    }
    if (b->jumbo) {
        uint8_t bytes[HDR_OPTIONS_MAX];
        size_t least, round;
        (void)hdr_options_bytes(b->text, b->n_text, 0, bytes, &least);
        round = (least + 3) & ~(size_t)3;
        b->head = TCP_HEAD + (uint32_t)round;
        cut = !hdr_options_bytes(b->text, b->n_text, round, bytes, &least);
        good = round <= HDR_OPTIONS_MAX && pre_find(b, 0, 0);
    } else if (b->known) {
        good = fit_tcp_options(b, &cut);
    } else {
        good = fit_tcp_bad(b);
        cut = true;
    }
    if (!good) { /* the columns contradict each other */
        b->pre = b->six && b->h->ip_frag ? 8 : 0;
        b->head = TCP_HEAD;
        b->n_text = 0;
    }
    put_ip(b, true);
    put_tcp(b, cut);
    return good;
}

static bool build_transport(struct build *b)
{
    const struct hdr *h = b->h;
    if (h->proto == PROTO_TCP)
        return build_tcp(b);
    bool good;
    if (h->proto == PROTO_DCCP)
        good = b->known ? fit_dccp(b) : pre_find(b, 4, UINT32_MAX);
    else
        good = fit_head(b, h->proto == PROTO_SCTP ? SCTP_HEAD : HEAD_SHORT, is_icmp(h) ? 2 : 4);
    if (!good) {
        b->pre = b->six && h->ip_frag ? 8 : 0;
        b->head = h->proto == PROTO_SCTP || h->proto == PROTO_DCCP ? SCTP_HEAD : HEAD_SHORT;
    }
    put_ip(b, true);
    if (is_icmp(h))
        put_icmp(b);
    else if ((h->proto == PROTO_UDP || h->proto == PROTO_UDPLITE) && (b->known || b->jumbo))
        put_udp(b);
    else
        put_other_ports(b);
    return good;
}

static bool is_jumbo(const struct hdr *h)
{
    if (h->ip_version != 6 || h->ip_len_bytes != IP6_HEAD || h->has & HDR_PAYLOAD_LEN)
        return false;
    bool transport = hdr_has_ports(h->proto) || is_icmp(h);
    return h->has & (HDR_PORTS | HDR_ICMP) || h->ip_frag || (!transport && !hdr_ip6_is_extension(h->proto));
}

bool hdr_build(const struct hdr *h, const char *options_text, size_t n_text, uint8_t buf[static HDR_BUILD_MAX],
               uint32_t *ret_cap_len, uint32_t *ret_wire_len)
{
    uint32_t fixed = h->ip_version == 6 ? IP6_HEAD : IP4_HEAD;
    struct build b = {.h = h, .text = options_text, .n_text = n_text, .six = h->ip_version == 6, .at = buf, .begin = buf,
                      .jumbo = is_jumbo(h), .known = h->has & HDR_PAYLOAD_LEN,
                      .room = h->ip_len_bytes > fixed ? h->ip_len_bytes - fixed : 0};
    bool possible = b.room <= (b.six ? UINT16_MAX : UINT16_MAX - fixed);
    if (!possible)
        b.room = 0;
    bool good = h->has & (HDR_PORTS | HDR_ICMP) ? build_transport(&b) : build_bare(&b);
    uint32_t n = (uint32_t)(b.at - buf);
    *ret_cap_len = n;
    *ret_wire_len = possible && h->ip_len_bytes > n ? h->ip_len_bytes : n;
    if (!b.jumbo && good && n > h->ip_len_bytes)
        *ret_cap_len = n = h->ip_len_bytes;
    struct hdr again;
    return good && possible && hdr_decode(DLT_RAW, buf, n, *ret_wire_len, h->ts_us, &again) == HDR_STORED &&
           hdr_same_row(h, options_text, n_text, &again);
}

bool hdr_same_row(const struct hdr *a, const char *a_options_text, size_t n_text, const struct hdr *b)
{
    uint16_t mask = (uint16_t)~HDR_OPTIONS_CUT;
    bool six = a->ip_version == 6;
    char text[HDR_OPTIONS_TEXT_MAX] = "";
    size_t n = b->has & HDR_TCP ? hdr_options_text(b->options, b->options_len, text) : 0;
    bool same = a->ts_us == b->ts_us && a->ip_version == b->ip_version && (a->has & mask) == (b->has & mask) &&
                a->proto == b->proto && a->ip_ttl == b->ip_ttl && a->ip_tos == b->ip_tos && a->ip_len_bytes == b->ip_len_bytes &&
                a->ip_frag == b->ip_frag && a->payload_len_bytes == b->payload_len_bytes && a->sport == b->sport &&
                a->dport == b->dport && a->tcp_flags == b->tcp_flags && a->tcp_seq == b->tcp_seq && a->tcp_ack == b->tcp_ack &&
                a->tcp_window == b->tcp_window && a->icmp_type == b->icmp_type && a->icmp_code == b->icmp_code &&
                a->inner_proto == b->inner_proto && a->inner_sport == b->inner_sport && a->inner_dport == b->inner_dport;
    if (!same || ((a->has & HDR_TCP) && (n != n_text || memcmp(text, a_options_text, n) != 0)))
        return false;
    if (six)
        same = memcmp(a->src6, b->src6, 16) == 0 && memcmp(a->dst6, b->dst6, 16) == 0 &&
               memcmp(a->inner_src6, b->inner_src6, 16) == 0 && memcmp(a->inner_dst6, b->inner_dst6, 16) == 0;
    else
        same = a->src == b->src && a->dst == b->dst && a->inner_src == b->inner_src && a->inner_dst == b->inner_dst &&
               a->ip_id == b->ip_id;
    if (!same || !a->payload || !a->payload_cap_bytes)
        return same;
    return b->payload && b->payload_cap_bytes >= a->payload_cap_bytes && memcmp(a->payload, b->payload, a->payload_cap_bytes) == 0;
}

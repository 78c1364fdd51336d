/* A row as a packet again: which headers its lengths leave room for, then their bytes. */
#include "header/build_int.h"

#include <pcap/dlt.h>
#include <string.h>

enum { DCCP_HEAD = 12, DCCP_HEAD_MAX = 1020 };

static bool later_fragment(const struct hdr *h)
{
    return h->ip_version == 6 ? (h->ip_frag & 0xfff8) != 0 : (h->ip_frag & 0x1fff) != 0;
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

/* ---- what the row says was there ---- */

/* Nothing behind the IP headers, or not even these: no ports, no type. */
static bool build_bare(struct build *b)
{
    const struct hdr *h = b->h;
    bool transport = !later_fragment(h) && (hdr_has_ports(h->proto) || build_is_icmp(h));
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
        put_ports(b);
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
        good = fit_head(b, h->proto == PROTO_SCTP ? SCTP_HEAD : HEAD_SHORT, build_is_icmp(h) ? 2 : 4);
    if (!good) {
        b->pre = b->six && h->ip_frag ? 8 : 0;
        b->head = h->proto == PROTO_SCTP || h->proto == PROTO_DCCP ? SCTP_HEAD : HEAD_SHORT;
    }
    put_ip(b, true);
    if (build_is_icmp(h))
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
    bool transport = hdr_has_ports(h->proto) || build_is_icmp(h);
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

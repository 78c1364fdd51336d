/* Packets that break a rule: lengths, checksums, flags, fragments, options. Most still have an IP header that can be read
 * (one row each in the store); the BROKEN_ kinds have not (they are lost, with the reason "malformed"). */
#include <string.h>

#include "lab/behaviour/draw.h"
#include "lab/behaviour/table.h"
#include "lab/packet.h"

enum { SOURCES = 6 };
#define TOTAL 800

enum fault {
    TCP_OFFSET_SMALL,
    TCP_OFFSET_LARGE,
    TCP_NO_FLAGS,
    TCP_XMAS,
    TCP_SYN_FIN,
    TCP_ALL_FLAGS,
    TCP_BAD_SUM,
    TCP_CUT,
    TCP_PORT_ZERO,
    TCP_BAD_OPTION,
    UDP_LENGTH_ZERO,
    UDP_LENGTH_SMALL,
    UDP_LENGTH_LARGE,
    UDP_BAD_SUM,
    UDP_EMPTY,
    ICMP_CUT,
    ICMP_QUOTE_CUT,
    ICMP_UNKNOWN_TYPE,
    FRAGMENT_FIRST,
    FRAGMENT_TINY,
    FRAGMENT_LATER,
    FRAGMENT_PAST_END,
    IP_RESERVED_BIT,
    IP_DF_AND_MF,
    IP_RECORD_ROUTE,
    IP_BAD_OPTION,
    IP_UNKNOWN_PROTOCOL,
    IP_BAD_SUM,
    IP_TOTAL_PAST_FRAME,
    IP_PADDING,
    BROKEN_VERSION,
    BROKEN_IHL_SMALL,
    BROKEN_IHL_LARGE,
    BROKEN_TOTAL_SMALL,
    FAULTS
};

struct malformed {
    struct behaviour_params params;
    struct rng targets, times;
    struct pace pace;
    struct crowd crowd;
};

static int malformed_start(void *state, const struct behaviour_params *params)
{
    struct malformed *m = state;
    m->params = *params;
    m->targets = rng_of(params->seed, "malformed targets");
    m->times = rng_of(params->seed, "malformed times");
    struct rng self = rng_of(params->seed, "malformed self");
    m->pace = pace_of(draw_rate(params, TOTAL), 0, false);
    return crowd_init(&m->crowd, params, SOURCES, 0, &self);
}

static void set16(uint8_t *at, unsigned v)
{
    at[0] = (uint8_t)(v >> 8);
    at[1] = (uint8_t)v;
}

/* Faults of the TCP header: a good SYN, spoiled, its checksum made to fit again unless that is the fault. */
static size_t put_tcp(enum fault fault, const struct packet_ip *ip, uint64_t r, uint8_t *out)
{
    static const uint8_t flags[] = {[TCP_NO_FLAGS] = 0,
                                    [TCP_XMAS] = TCP_FIN | TCP_PSH | TCP_URG,
                                    [TCP_SYN_FIN] = TCP_SYN | TCP_FIN,
                                    [TCP_ALL_FLAGS] = 0xff};
    static const uint8_t bad_option[] = {2, 4, 5, 0xb4, 8, 60, 0, 0}; /* a length past the header */
    struct packet_tcp tcp = {.sport = (uint16_t)(1024 + r % 60000),
                             .dport = 445,
                             .window = 1024,
                             .seq = (uint32_t)(r >> 32),
                             .flags = TCP_SYN};
    if (fault >= TCP_NO_FLAGS && fault <= TCP_ALL_FLAGS)
        tcp.flags = flags[fault];
    if (fault == TCP_PORT_ZERO)
        tcp.sport = tcp.dport = 0;
    if (fault == TCP_BAD_OPTION) {
        tcp.options = bad_option;
        tcp.options_len_bytes = sizeof bad_option;
    }
    size_t n = packet_tcp(out, ACTION_PACKET_MAX, ip, &tcp, NULL, 0);
    if (fault == TCP_CUT)
        return packet_raw(out, ACTION_PACKET_MAX, ip, 6, "\x10\x92\x01\xbd\1\2\3\4\5\6", 10);
    if (fault == TCP_OFFSET_SMALL)
        out[32] = (uint8_t)(r % 5 << 4);
    if (fault == TCP_OFFSET_LARGE)
        out[32] = 0xf0;
    if (fault == TCP_OFFSET_SMALL || fault == TCP_OFFSET_LARGE)
        packet_fix(out, n);
    if (fault == TCP_BAD_SUM)
        out[36] ^= 0x55;
    return n;
}

static size_t put_udp(enum fault fault, const struct packet_ip *ip, uint64_t r, uint8_t *out)
{
    size_t payload = fault == UDP_EMPTY ? 0 : 16;
    size_t n = packet_udp(out, ACTION_PACKET_MAX, ip, (uint16_t)(1024 + r % 60000), 137, "0123456789abcdef",
                          payload);
    if (fault == UDP_LENGTH_ZERO)
        set16(out + 24, 0);
    if (fault == UDP_LENGTH_SMALL)
        set16(out + 24, (unsigned)(1 + r % 7));
    if (fault == UDP_LENGTH_LARGE)
        set16(out + 24, 1000);
    if (fault == UDP_BAD_SUM)
        out[26] ^= 0x55;
    else
        packet_fix(out, n);
    return n;
}

static size_t put_icmp(enum fault fault, const struct packet_ip *ip, uint64_t r, uint8_t *out)
{
    if (fault == ICMP_CUT)
        return packet_raw(out, ACTION_PACKET_MAX, ip, 1, "\3\1\xfc\xfe", 4);
    if (fault == ICMP_UNKNOWN_TYPE)
        return packet_icmp(out, ACTION_PACKET_MAX, ip, (uint8_t)(44 + r % 200), 7, (uint32_t)(r >> 32), NULL,
                           0);
    static const uint8_t quote[12] = {0x45, 0, 0, 40, 0, 1, 0, 0, 1, 6, 0, 0}; /* ends before its addresses */
    return packet_icmp(out, ACTION_PACKET_MAX, ip, 3, 1, 0, quote, sizeof quote);
}

static size_t put_fragment(enum fault fault, struct packet_ip *ip, uint64_t r, uint8_t *out)
{
    static const uint8_t bytes[64] = {0x10, 0x92, 0x00, 0x89, 0, 200, 0, 0};
    switch (fault) {
    case FRAGMENT_FIRST:
        ip->frag = 0x2000;
        return packet_raw(out, ACTION_PACKET_MAX, ip, 17, bytes, 24);
    case FRAGMENT_TINY: /* RFC 1858 3: the TCP flags are in the next one */
        ip->frag = 0x2000;
        return packet_raw(out, ACTION_PACKET_MAX, ip, 6, bytes, 8);
    case FRAGMENT_LATER:
        ip->frag = (uint16_t)(1 + r % 180);
        return packet_raw(out, ACTION_PACKET_MAX, ip, 17, bytes, 40);
    case FRAGMENT_PAST_END: /* 8191 * 8 + 64 > 65535 */
        ip->frag = 0x1fff;
        return packet_raw(out, ACTION_PACKET_MAX, ip, 1, bytes, 64);
    case IP_RESERVED_BIT: /* RFC 3514 */
        ip->frag = 0x8000;
        return packet_udp(out, ACTION_PACKET_MAX, ip, 4242, 137, bytes, 12);
    default:
        ip->frag = 0x6000;
        return packet_raw(out, ACTION_PACKET_MAX, ip, 17, bytes, 32);
    }
}

static size_t put_ip_fault(enum fault fault, struct packet_ip *ip, uint64_t r, uint8_t *out)
{
    static const uint8_t record_route[] = {7, 7, 4, 0, 0, 0, 0, 0}, bad_option[] = {0x83, 0, 4, 0};
    static const uint8_t protocols[] = {0, 2, 41, 47, 132, 255};
    static const uint8_t bytes[32] = {0};
    if (fault == IP_RECORD_ROUTE || fault == IP_BAD_OPTION) {
        ip->options = fault == IP_BAD_OPTION ? bad_option : record_route;
        ip->options_len_bytes = fault == IP_BAD_OPTION ? sizeof bad_option : sizeof record_route;
        return packet_icmp(out, ACTION_PACKET_MAX, ip, 8, 0, (uint32_t)r, bytes, 8);
    }
    if (fault == IP_UNKNOWN_PROTOCOL)
        return packet_raw(out, ACTION_PACKET_MAX, ip, protocols[r % sizeof protocols], bytes, 20);
    size_t n = packet_udp(out, ACTION_PACKET_MAX, ip, 4242, 137, bytes, 20);
    if (fault == IP_BAD_SUM)
        out[10] ^= 0x55;
    if (fault == IP_TOTAL_PAST_FRAME)
        set16(out + 2, (unsigned)n + 100);
    if (fault == IP_TOTAL_PAST_FRAME)
        packet_fix(out, n);
    if (fault == IP_PADDING) { /* bytes behind the packet, as Ethernet pads */
        memset(out + n, 0, 12);
        n += 12;
    }
    return n;
}

/* No router forwards these, and no field behind the fault can be trusted. */
static size_t put_broken(enum fault fault, const struct packet_ip *ip, uint64_t r, uint8_t *out)
{
    size_t n = packet_udp(out, ACTION_PACKET_MAX, ip, 4242, 137, "broken header", 13);
    switch (fault) {
    case BROKEN_VERSION:
        out[0] = (uint8_t)((r % 2 ? 0x60 : 0xf0) | 5);
        break;
    case BROKEN_IHL_SMALL:
        out[0] = (uint8_t)(0x40 | r % 5);
        break;
    case BROKEN_IHL_LARGE:
        out[0] = 0x4f;
        break; /* 60 bytes of header in fewer bytes */
    default:
        set16(out + 2, (unsigned)(r % 20));
        break;
    }
    return n;
}

static size_t put_fault(enum fault fault, struct packet_ip *ip, uint64_t r, uint8_t *out)
{
    if (fault <= TCP_BAD_OPTION)
        return put_tcp(fault, ip, r, out);
    if (fault <= UDP_EMPTY)
        return put_udp(fault, ip, r, out);
    if (fault <= ICMP_UNKNOWN_TYPE)
        return put_icmp(fault, ip, r, out);
    if (fault <= IP_DF_AND_MF)
        return put_fragment(fault, ip, r, out);
    if (fault <= IP_PADDING)
        return put_ip_fault(fault, ip, r, out);
    return put_broken(fault, ip, r, out);
}

static void malformed_next(void *state, int64_t now_us, struct action *ret)
{
    struct malformed *m = state;
    int64_t at = pace_next(&m->pace, &m->times, now_us);
    if (at >= m->params.length_us) {
        action_end(ret, at);
        return;
    }
    uint32_t src = m->crowd.address[crowd_pick(&m->crowd, &m->targets)],
             dst = draw_dst(&m->targets, m->params.darknet);
    uint64_t r = rng_u64(&m->targets);
    enum fault fault = (enum fault)rng_below(&m->targets, FAULTS);
    struct packet_ip ip = {.src = src,
                           .dst = dst,
                           .id = (uint16_t)(r >> 8),
                           .ttl = (uint8_t)(64 - draw_hops(m->params.seed, src))};
    size_t n = put_fault(fault, &ip, r, ret->packet);
    action_packet(ret, at, src, dst, 0, 0, n);
    ret->broken_ip = fault >= BROKEN_VERSION;
}

static void malformed_done(void *state)
{
    struct malformed *m = state;
    crowd_done(&m->crowd);
}

const struct behaviour behaviour_malformed = {
    .name = "malformed",
    .doc = "bad lengths, checksums, flags, fragments, options; some IP headers that cannot be read",
    .state_bytes = sizeof(struct malformed),
    .start = malformed_start,
    .next = malformed_next,
    .done = malformed_done,
};

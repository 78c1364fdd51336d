/* Backscatter: victims of floods with forged sources answer to addresses that never spoke to them. SYN-ACK, RST, RST-ACK,
 * and ICMP errors that quote the forged packet (by the victim, or by a router before it). Each flood is an interval of
 * the run; the quoted packet's source is the darknet address, its destination the victim. Source: Moore, Voelker, Savage
 * 2001, table 1. */
#include <stdlib.h>

#include "lab/behaviour/draw.h"
#include "lab/behaviour/table.h"
#include "lab/packet.h"

enum { VICTIMS = 16 };
#define TOTAL 8000
enum answer {
    ANSWER_SYN_ACK,
    ANSWER_RST,
    ANSWER_RST_ACK,
    ANSWER_UNREACHABLE,
    ANSWER_TTL_EXCEEDED,
    ANSWER_ECHO,
    ANSWERS
};

struct backscatter {
    struct behaviour_params params;
    struct rng targets, times;
    struct pace pace;
    struct crowd crowd;
};

struct victim {
    uint32_t address;
    uint16_t port;
    enum answer answer;
    uint8_t hops, code; /* code: ICMP type 3 */
    double from, until; /* share of the run in which it is flooded */
};

/* Everything about the i-th victim follows from the seed. */
static struct victim victim_of(const struct backscatter *b, size_t i)
{
    static const uint16_t ports[] = {80, 443, 80, 25565, 22, 6667, 3306, 8080};
    static const uint8_t codes[] = {1, 3, 10, 13};
    uint64_t h = draw_hash(b->params.seed, i);
    struct victim v = {.address = b->crowd.address[i], .port = ports[h % 8], .code = codes[h >> 8 & 3]};
    v.answer = i < ANSWERS   ? (enum answer)i
               : h >> 16 & 1 ? ANSWER_SYN_ACK
                             : (enum answer)((h >> 17) % ANSWERS);
    v.hops = draw_hops(b->params.seed, v.address);
    v.from = i == 0 ? 0 : (double)(h >> 24 & 0xff) / 256 * 0.7;
    v.until = i == 0 ? 1 : v.from + 0.08 + (double)(h >> 32 & 0xff) / 256 * 0.3;
    return v;
}

static int backscatter_start(void *state, const struct behaviour_params *params)
{
    struct backscatter *b = state;
    b->params = *params;
    b->targets = rng_of(params->seed, "backscatter targets");
    b->times = rng_of(params->seed, "backscatter times");
    struct rng self = rng_of(params->seed, "backscatter self");
    int rc = crowd_init(&b->crowd, params, VICTIMS, 0.8, &self);
    if (rc < 0)
        return rc;
    b->pace = pace_of(draw_rate(params, TOTAL), 0, false);
    return 0;
}

/* A victim whose flood is on at share x of the run; the first one always is. */
static struct victim pick_victim(struct backscatter *b, double x)
{
    for (int tries = 0; tries < 32; tries++) {
        struct victim v = victim_of(b, crowd_pick(&b->crowd, &b->targets));
        if (v.from <= x && x < v.until)
            return v;
    }
    return victim_of(b, 0);
}

static size_t put_tcp(struct backscatter *b, const struct victim *v, uint32_t dst, uint16_t dport,
                      uint8_t *out)
{
    uint64_t h = rng_u64(&b->targets);
    uint32_t forged_seq = (uint32_t)h;
    struct packet_ip ip = {.src = v->address,
                           .dst = dst,
                           .id = v->answer == ANSWER_SYN_ACK ? 0 : (uint16_t)(h >> 32),
                           .frag = v->answer == ANSWER_SYN_ACK ? 0x4000 : 0,
                           .ttl = (uint8_t)(64 - v->hops)};
    static const uint8_t mss[] = {2, 4, 5,
                                  0xb4}; /* 1460: the forged SYN had no options, so only this is answered */
    struct packet_tcp tcp = {.sport = v->port, .dport = dport};
    if (v->answer == ANSWER_SYN_ACK) {
        tcp = (struct packet_tcp){v->port,           dport, 14600, (uint32_t)(h >> 24), forged_seq + 1,
                                  TCP_SYN | TCP_ACK, mss,   4};
    } else if (v->answer == ANSWER_RST) {
        tcp.flags = TCP_RST; /* to a forged ACK: its acknowledgement number comes back as sequence number */
        tcp.seq = forged_seq;
    } else {
        tcp.flags = TCP_RST | TCP_ACK; /* to a forged SYN on a closed port: RFC 9293 3.10.7.1 */
        tcp.ack = forged_seq + 1;
    }
    return packet_tcp(out, ACTION_PACKET_MAX, &ip, &tcp, NULL, 0);
}

/* RFC 792: the forged packet's IP header and its first eight bytes. */
static size_t put_icmp_error(struct backscatter *b, const struct victim *v, uint32_t dst, uint16_t dport,
                             uint8_t *out)
{
    uint8_t quoted[60];
    uint64_t h = rng_u64(&b->targets);
    bool by_router = v->answer == ANSWER_TTL_EXCEEDED || v->code == 1 || v->code == 13;
    struct packet_ip forged = {.src = dst, .dst = v->address, .id = (uint16_t)h, .ttl = by_router ? 1 : 47};
    struct packet_tcp syn = {dport, v->port, 512, (uint32_t)(h >> 16), 0, TCP_SYN, NULL, 0};
    size_t n = v->code == 3 && v->answer == ANSWER_UNREACHABLE
                   ? packet_udp(quoted, sizeof quoted, &forged, dport, v->port, "flooding", 8)
                   : packet_tcp(quoted, sizeof quoted, &forged, &syn, NULL, 0);
    uint32_t from = by_router ? (v->address & ip4_mask(24)) | 1 : v->address;
    if (!ip4_in(from, b->params.sources))
        from = v->address;
    struct packet_ip ip = {
        .src = from, .dst = dst, .id = (uint16_t)(h >> 48), .tos = 0xc0, .ttl = (uint8_t)(64 - v->hops)};
    uint8_t type = v->answer == ANSWER_TTL_EXCEEDED ? 11 : 3;
    return packet_icmp(out, ACTION_PACKET_MAX, &ip, type, type == 3 ? v->code : 0, 0, quoted,
                       n < 28 ? n : 28);
}

static size_t put_echo_reply(struct backscatter *b, const struct victim *v, uint32_t dst, uint8_t *out)
{
    struct packet_ip ip = {
        .src = v->address, .dst = dst, .id = (uint16_t)rng_u64(&b->targets), .ttl = (uint8_t)(64 - v->hops)};
    static const uint8_t ping[56] = {0};
    return packet_icmp(out, ACTION_PACKET_MAX, &ip, 0, 0, (uint32_t)rng_u64(&b->targets), ping, sizeof ping);
}

static void backscatter_next(void *state, int64_t now_us, struct action *ret)
{
    struct backscatter *b = state;
    int64_t at = pace_next(&b->pace, &b->times, now_us);
    if (at >= b->params.length_us) {
        action_end(ret, at);
        return;
    }
    struct victim v = pick_victim(b, (double)at / (double)b->params.length_us);
    uint32_t dst = draw_dst(&b->targets, b->params.darknet);
    uint16_t dport = (uint16_t)(1024 + rng_below(&b->targets, 64512));
    size_t n;
    bool is_tcp = v.answer <= ANSWER_RST_ACK;
    if (is_tcp)
        n = put_tcp(b, &v, dst, dport, ret->packet);
    else if (v.answer == ANSWER_ECHO)
        n = put_echo_reply(b, &v, dst, ret->packet);
    else
        n = put_icmp_error(b, &v, dst, dport, ret->packet);
    uint32_t src = (uint32_t)ret->packet[12] << 24 | (uint32_t)ret->packet[13] << 16 |
                   (uint32_t)ret->packet[14] << 8 | ret->packet[15];
    action_packet(ret, at, src, dst, is_tcp ? v.port : 0, is_tcp ? dport : 0, n);
}

static void backscatter_done(void *state)
{
    struct backscatter *b = state;
    crowd_done(&b->crowd);
}

const struct behaviour behaviour_backscatter = {
    .name = "backscatter",
    .doc = "victims of forged floods answer: SYN-ACK, RST, RST-ACK, ICMP errors with the quoted packet, echo "
           "replies",
    .state_bytes = sizeof(struct backscatter),
    .start = backscatter_start,
    .next = backscatter_next,
    .done = backscatter_done,
};

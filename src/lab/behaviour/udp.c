/* UDP probes with the payloads that scanners of open resolvers, amplifiers and phones send: one service per source. */
#include <stdio.h>
#include <string.h>

#include "base/wr.h"
#include "lab/behaviour/draw.h"
#include "lab/behaviour/table.h"
#include "lab/packet.h"

enum { SOURCES = 120, PAYLOAD_MAX = 600 };
#define TOTAL    5000
#define EXPONENT 0.9

enum probe {
    PROBE_DNS,
    PROBE_NTP,
    PROBE_SIP,
    PROBE_SSDP,
    PROBE_NETBIOS,
    PROBE_SNMP,
    PROBE_MSSQL,
    PROBE_CHARGEN,
    PROBE_DHT,
    PROBES
};
static const uint16_t ports[PROBES] = {53, 123, 5060, 1900, 137, 161, 1434, 19, 6881};

struct udp {
    struct behaviour_params params;
    struct rng targets, times;
    struct pace pace;
    struct crowd crowd;
};

static int udp_start(void *state, const struct behaviour_params *params)
{
    struct udp *u = state;
    u->params = *params;
    u->targets = rng_of(params->seed, "udp targets");
    u->times = rng_of(params->seed, "udp times");
    struct rng self = rng_of(params->seed, "udp self");
    u->pace = pace_of(draw_rate(params, TOTAL), 0, false);
    return crowd_init(&u->crowd, params, SOURCES, EXPONENT, &self);
}

static size_t copy(uint8_t *out, const void *bytes, size_t n)
{
    memcpy(out, bytes, n);
    return n;
}

/* version.bind TXT CH, the usual question to a resolver (RFC 1035 4.1; BIND manual). */
static size_t put_dns(uint8_t *out, uint64_t r)
{
    static const uint8_t query[] = "\0\0\1\0\0\1\0\0\0\0\0\0\7version\4bind\0\0\x10\0\3";
    size_t n = copy(out, query, sizeof query - 1);
    out[0] = (uint8_t)r;
    out[1] = (uint8_t)(r >> 8);
    return n;
}

/* Every second source asks for the time (RFC 5905 mode 3), the others for the list of clients (mode 7, code 42). */
static size_t put_ntp(uint8_t *out, bool monlist)
{
    memset(out, 0, 48);
    out[0] = monlist ? 0x17 : 0x1b;
    if (!monlist)
        return 48;
    out[2] = 3;
    out[3] = 42;
    return 8;
}

/* OPTIONS, RFC 3261 11. */
static size_t put_sip(uint8_t *out, uint32_t src, uint32_t dst, uint64_t r)
{
    char from[IP4_TEXT_MAX], to[IP4_TEXT_MAX];
    (void)ip4_format(src, from);
    (void)ip4_format(dst, to);
    int n = snprintf(
        (char *)out, PAYLOAD_MAX,
        "OPTIONS sip:100@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s:5060;branch=z9hG4bK-%u;rport\r\nMax-Forwards: "
        "70\r\n"
        "From: \"probe\"<sip:100@%s>;tag=%08x\r\nTo: <sip:100@%s>\r\nCall-ID: %u@%s\r\nCSeq: 1 OPTIONS\r\n"
        "Contact: <sip:100@%s:5060>\r\nAccept: application/sdp\r\nContent-Length: 0\r\n\r\n",
        to, from, (unsigned)(r & 0xffffff), from, (unsigned)(r >> 32), to, (unsigned)(r >> 8 & 0xffffff),
        from, from);
    return n > 0 && n < PAYLOAD_MAX ? (size_t)n : 0;
}

/* NBSTAT for "*" (RFC 1002 4.2.17). */
static size_t put_netbios(uint8_t *out, uint64_t r)
{
    static const uint8_t query[] = "\0\0\0\0\0\1\0\0\0\0\0\0\x20"
                                   "CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                                   "\0\0\x21\0\1";
    size_t n = copy(out, query, sizeof query - 1);
    out[0] = (uint8_t)r;
    out[1] = (uint8_t)(r >> 8);
    return n;
}

/* GetRequest sysDescr.0, community public (RFC 1157 4.1.2). */
static size_t put_snmp(uint8_t *out, uint64_t r)
{
    static const uint8_t get[] = {0x30, 0x29, 2, 1,    0, 4, 6, 'p', 'u', 'b', 'l', 'i', 'c',  0xa0, 0x1c,
                                  2,    4,    0, 0,    0, 0, 2, 1,   0,   2,   1,   0,   0x30, 0x0e, 0x30,
                                  0x0c, 6,    8, 0x2b, 6, 1, 2, 1,   1,   1,   0,   5,   0};
    size_t n = copy(out, get, sizeof get);
    out[17] = (uint8_t)(r & 0x7f);
    out[18] = (uint8_t)(r >> 8);
    return n;
}

static size_t put_dht(uint8_t *out, uint64_t r) /* BEP 5 ping */
{
    size_t n = copy(out, "d1:ad2:id20:", 12);
    for (int i = 0; i < 20; i++)
        out[n++] = (uint8_t)(draw_hash(r, (uint64_t)i));
    return n + copy(out + n, "e1:q4:ping1:t2:aa1:y1:qe", 24);
}

static size_t put_payload(enum probe probe, uint32_t src, uint32_t dst, uint64_t h, uint64_t r, uint8_t *out)
{
    static const char search[] =
        "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\n"
        "ST: ssdp:all\r\n\r\n";
    switch (probe) {
    case PROBE_DNS:
        return put_dns(out, r);
    case PROBE_NTP:
        return put_ntp(out, h >> 8 & 1);
    case PROBE_SIP:
        return put_sip(out, src, dst, r);
    case PROBE_SSDP:
        return copy(out, search, sizeof search - 1);
    case PROBE_NETBIOS:
        return put_netbios(out, r);
    case PROBE_SNMP:
        return put_snmp(out, r);
    case PROBE_MSSQL:
        return copy(out, "\x02", 1); /* MC-SQLR 2.2.1: all instances */
    case PROBE_DHT:
        return put_dht(out, r);
    default:
        return copy(out, "\x01", 1); /* RFC 864: anything is answered */
    }
}

static void udp_next(void *state, int64_t now_us, struct action *ret)
{
    struct udp *u = state;
    int64_t at = pace_next(&u->pace, &u->times, now_us);
    if (at >= u->params.length_us) {
        action_end(ret, at);
        return;
    }
    size_t i = crowd_pick(&u->crowd, &u->targets);
    uint32_t src = u->crowd.address[i], dst = draw_dst(&u->targets, u->params.darknet);
    uint64_t r = rng_u64(&u->targets), h = draw_hash(u->params.seed, src);
    enum probe probe = (enum probe)((h >> 32) % PROBES);
    uint8_t payload[PAYLOAD_MAX];
    size_t n = put_payload(probe, src, dst, h, r, payload);
    uint16_t sport =
        probe == PROBE_SIP || probe == PROBE_NETBIOS ? ports[probe] : (uint16_t)(1024 + (r >> 40) % 64000);
    struct packet_ip ip = {.src = src,
                           .dst = dst,
                           .id = (uint16_t)(r >> 16),
                           .ttl = (uint8_t)(128 - draw_hops(u->params.seed, src))};
    action_packet(ret, at, src, dst, sport, ports[probe],
                  packet_udp(ret->packet, sizeof ret->packet, &ip, sport, ports[probe], payload, n));
}

static void udp_done(void *state)
{
    struct udp *u = state;
    crowd_done(&u->crowd);
}

const struct behaviour behaviour_udp = {
    .name = "udp",
    .doc = "UDP probes with real payloads: DNS, NTP, SIP, SSDP, NetBIOS, SNMP, MS-SQL, chargen, DHT",
    .state_bytes = sizeof(struct udp),
    .start = udp_start,
    .next = udp_next,
    .done = udp_done,
};

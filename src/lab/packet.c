#include "lab/packet.h"

#include <arpa/inet.h>
#include <string.h>

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17 };

static void put16(uint8_t *at, uint16_t v)
{
    at[0] = (uint8_t)(v >> 8);
    at[1] = (uint8_t)v;
}

static void put32(uint8_t *at, uint32_t v)
{
    put16(at, (uint16_t)(v >> 16));
    put16(at + 2, (uint16_t)v);
}

/* The 16-bit words of n bytes, added up in the machine's own order: RFC 1071 2 (B), the sum does not depend on it, and so
 * four bytes are taken at once. Returned folded and in host order. */
static uint32_t sum16(const uint8_t *bytes, size_t n, uint32_t sum)
{
    uint64_t wide = 0;
    uint32_t four;
    uint16_t two;
    for (; n >= 4; bytes += 4, n -= 4) {
        memcpy(&four, bytes, 4);
        wide += four;
    }
    uint8_t last[2] = {0, 0};
    if (n >= 2) {
        memcpy(&two, bytes, 2);
        wide += two;
        bytes += 2;
        n -= 2;
    }
    if (n) {
        last[0] = bytes[0];
        memcpy(&two, last, 2);
        wide += two;
    }
    wide = (wide & 0xffffffff) + (wide >> 32);
    wide = (wide & 0xffff) + (wide >> 16 & 0xffff) + (wide >> 32);
    wide = (wide & 0xffff) + (wide >> 16);
    wide = (wide & 0xffff) + (wide >> 16);
    return sum + ntohs((uint16_t)wide);
}

static uint16_t folded(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

uint16_t packet_checksum(const uint8_t *bytes, size_t n, uint32_t sum)
{
    return folded(sum16(bytes, n, sum));
}

/* Headers are summed from their fields: reading back bytes that were written a moment ago one by one makes the processor
 * wait. */
static uint32_t halves(uint32_t v)
{
    return (v >> 16) + (v & 0xffff);
}

static size_t header_len(const struct packet_ip *ip)
{
    return 20 + (ip->options ? ip->options_len_bytes : 0);
}

/* The header with its checksum; total is the whole packet's length. */
static void put_ip(uint8_t *out, const struct packet_ip *ip, uint8_t proto, size_t total)
{
    size_t head = header_len(ip);
    out[0] = (uint8_t)(0x40 | head / 4);
    out[1] = ip->tos;
    put16(out + 2, (uint16_t)total);
    put16(out + 4, ip->id);
    put16(out + 6, ip->frag);
    out[8] = ip->ttl;
    out[9] = proto;
    put32(out + 12, ip->src);
    put32(out + 16, ip->dst);
    uint32_t sum = (uint32_t)(0x40 | head / 4) << 8 | ip->tos;
    sum += (uint32_t)total + ip->id + ip->frag + ((uint32_t)ip->ttl << 8 | proto) + halves(ip->src) + halves(ip->dst);
    if (head > 20) {
        memcpy(out + 20, ip->options, head - 20);
        sum = sum16(ip->options, head - 20, sum);
    }
    put16(out + 10, folded(sum));
}

/* RFC 9293 3.1, RFC 768: addresses, protocol and length are summed too. */
static uint32_t pseudo_sum(const struct packet_ip *ip, uint8_t proto, size_t n)
{
    return halves(ip->src) + halves(ip->dst) + proto + (uint32_t)n;
}

size_t packet_raw(uint8_t *out, size_t out_max_bytes, const struct packet_ip *ip, uint8_t proto,
                  const void *payload, size_t n)
{
    size_t head = header_len(ip), total = head + n;
    if (head > 60 || head % 4 || total > out_max_bytes || total > 65535)
        return 0;
    put_ip(out, ip, proto, total);
    if (n)
        memcpy(out + head, payload, n);
    return total;
}

size_t packet_tcp(uint8_t *out, size_t out_max_bytes, const struct packet_ip *ip,
                  const struct packet_tcp *tcp, const void *payload, size_t n)
{
    size_t head = header_len(ip), options = tcp->options ? tcp->options_len_bytes : 0;
    size_t len = 20 + options + n, total = head + len;
    if (head > 60 || head % 4 || options > 40 || options % 4 || total > out_max_bytes || total > 65535)
        return 0;
    put_ip(out, ip, PROTO_TCP, total);
    uint8_t *t = out + head;
    put16(t, tcp->sport);
    put16(t + 2, tcp->dport);
    put32(t + 4, tcp->seq);
    put32(t + 8, tcp->ack);
    t[12] = (uint8_t)((20 + options) / 4 << 4);
    t[13] = tcp->flags;
    put16(t + 14, tcp->window);
    put16(t + 18, 0); /* the urgent pointer */
    uint32_t sum = pseudo_sum(ip, PROTO_TCP, len) + tcp->sport + tcp->dport + halves(tcp->seq) + halves(tcp->ack);
    sum += (uint32_t)(20 + options) / 4 << 12 | tcp->flags;
    sum += tcp->window;
    if (options) {
        memcpy(t + 20, tcp->options, options);
        sum = sum16(tcp->options, options, sum);
    }
    if (n) {
        memcpy(t + 20 + options, payload, n);
        sum = sum16(payload, n, sum);
    }
    put16(t + 16, folded(sum));
    return total;
}

size_t packet_udp(uint8_t *out, size_t out_max_bytes, const struct packet_ip *ip, uint16_t sport,
                  uint16_t dport, const void *payload, size_t n)
{
    size_t head = header_len(ip), len = 8 + n, total = head + len;
    if (head > 60 || head % 4 || total > out_max_bytes || total > 65535)
        return 0;
    put_ip(out, ip, PROTO_UDP, total);
    uint8_t *u = out + head;
    put16(u, sport);
    put16(u + 2, dport);
    put16(u + 4, (uint16_t)len);
    put16(u + 6, 0);
    if (n)
        memcpy(u + 8, payload, n);
    uint16_t check = packet_checksum(u, len, pseudo_sum(ip, PROTO_UDP, len));
    put16(u + 6, check ? check : 0xffff); /* RFC 768: zero would mean "none" */
    return total;
}

size_t packet_icmp(uint8_t *out, size_t out_max_bytes, const struct packet_ip *ip, uint8_t type, uint8_t code,
                   uint32_t rest, const void *payload, size_t n)
{
    size_t head = header_len(ip), len = 8 + n, total = head + len;
    if (head > 60 || head % 4 || total > out_max_bytes || total > 65535)
        return 0;
    put_ip(out, ip, PROTO_ICMP, total);
    uint8_t *i = out + head;
    i[0] = type;
    i[1] = code;
    put16(i + 2, 0);
    put32(i + 4, rest);
    if (n)
        memcpy(i + 8, payload, n);
    put16(i + 2, packet_checksum(i, len, 0));
    return total;
}

static void fix_transport(uint8_t *packet, size_t head, size_t n)
{
    uint8_t *t = packet + head, proto = packet[9];
    size_t len = n - head, at = proto == PROTO_TCP ? 16 : proto == PROTO_UDP ? 6 : 2;
    if (len < at + 2 || (proto != PROTO_TCP && proto != PROTO_UDP && proto != PROTO_ICMP))
        return;
    put16(t + at, 0);
    uint16_t check = packet_checksum(t, len, proto == PROTO_ICMP ? 0 : sum16(packet + 12, 8, (uint32_t)proto + (uint32_t)len));
    put16(t + at, proto == PROTO_UDP && check == 0 ? 0xffff : check);
}

void packet_fix(uint8_t *packet, size_t n)
{
    if (n < 20)
        return;
    size_t head = (size_t)(packet[0] & 15) * 4;
    if (head < 20 || head > n)
        return;
    put16(packet + 10, 0);
    put16(packet + 10, packet_checksum(packet, head, 0));
    size_t total = (size_t)(packet[2] << 8 | packet[3]);
    if (((packet[6] & 0x1f) | packet[7]) == 0 && total >= head && total <= n)
        fix_transport(packet, head, total);
}

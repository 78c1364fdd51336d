/* IPv4 packets from their fields, lengths and checksums right; whoever wants them wrong spoils them afterwards. */
#ifndef HOTARU_LAB_PACKET_H
#define HOTARU_LAB_PACKET_H

#include <stddef.h>
#include <stdint.h>

enum {
    TCP_FIN = 1,
    TCP_SYN = 2,
    TCP_RST = 4,
    TCP_PSH = 8,
    TCP_ACK = 16,
    TCP_URG = 32,
    TCP_ECE = 64,
    TCP_CWR = 128
};

struct packet_ip {
    uint32_t src, dst; /* host order */
    uint16_t id, frag; /* frag: RFC 791's three flags and the offset in 8 bytes, host order */
    uint8_t ttl, tos;
    const uint8_t *options; /* whole words, at most 40 bytes; NULL: none */
    size_t options_len_bytes;
};
struct packet_tcp {
    uint16_t sport, dport, window;
    uint32_t seq, ack;
    uint8_t flags;
    const uint8_t *options; /* whole words, at most 40 bytes; NULL: none */
    size_t options_len_bytes;
};

/* Each writes the packet to out, which holds out_max_bytes, and returns its length; 0 when it does not fit (nothing is
 * then promised about out). payload may be NULL when n is 0. Source: RFC 791 3.1, RFC 9293 3.1, RFC 768, RFC 792. */
size_t packet_tcp(uint8_t *out, size_t out_max_bytes, const struct packet_ip *ip,
                  const struct packet_tcp *tcp, const void *payload, size_t n);
size_t packet_udp(uint8_t *out, size_t out_max_bytes, const struct packet_ip *ip, uint16_t sport,
                  uint16_t dport, const void *payload, size_t n);
/* rest: the four bytes behind the checksum (identifier and sequence, or unused). */
size_t packet_icmp(uint8_t *out, size_t out_max_bytes, const struct packet_ip *ip, uint8_t type, uint8_t code,
                   uint32_t rest, const void *payload, size_t n);
/* Any protocol: header and payload as given. */
size_t packet_raw(uint8_t *out, size_t out_max_bytes, const struct packet_ip *ip, uint8_t proto,
                  const void *payload, size_t n);

/* RFC 1071 over n bytes, folded and complemented, on top of sum (0 to begin). */
uint16_t packet_checksum(const uint8_t *bytes, size_t n, uint32_t sum);
/* The checksums of a whole packet again after a change: IP header (by its own IHL), and TCP, UDP or ICMP when the packet
 * is no later fragment and the lengths allow it. */
void packet_fix(uint8_t *packet, size_t n);

#endif

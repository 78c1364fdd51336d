/* What build.c (which headers have room) and build_put.c (their bytes) share. */
#ifndef HOTARU_HEADER_BUILD_INT_H
#define HOTARU_HEADER_BUILD_INT_H

#include "header/build.h"
#include "header/hdr_int.h"

enum { IP4_HEAD = 20, IP6_HEAD = 40, TCP_HEAD = 20, HEAD_SHORT = 8, SCTP_HEAD = 12 };

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

static inline bool build_is_icmp(const struct hdr *h)
{
    return h->proto == (h->ip_version == 6 ? PROTO_ICMP6 : PROTO_ICMP);
}

/* Each appends at b->at. IP with its options or extension headers (b->pre bytes of them, when with_pre). */
void put_ip(struct build *b, bool with_pre);
void put_tcp(struct build *b, bool cut); /* cut: as many bytes of options as the text needs, and no payload */
void put_udp(struct build *b);
void put_icmp(struct build *b);
void put_other_ports(struct build *b); /* SCTP, DCCP; of any: ports alone */
void put_payload(struct build *b);
void put_ports(struct build *b);

#endif

/* Datagrams are recorded and never answered: the source of a UDP packet may be forged, and an answer would make the
 * honeypot a reflector. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/ts.h"
#include "session/session_int.h"

#define DATAGRAMS_PER_TURN   64
#define DATAGRAMS_PER_SECOND 2000 /* recorded by each loop; the rest is counted */

/* Where it was going: the address of IP_PKTINFO, and address and port of IP_ORIGDSTADDR where TPROXY brought it. */
static void destination(struct msghdr *m, uint32_t *ret_ip, uint16_t *ret_port)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level != IPPROTO_IP)
            continue;
        if (c->cmsg_type == IP_PKTINFO && !*ret_ip) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof info);
            *ret_ip = ntohl(info.ipi_addr.s_addr);
        } else if (c->cmsg_type == IP_ORIGDSTADDR) {
            struct sockaddr_in to;
            memcpy(&to, CMSG_DATA(c), sizeof to);
            *ret_ip = ntohl(to.sin_addr.s_addr);
            *ret_port = ntohs(to.sin_port);
        }
    }
}

static void record(struct loop *l, const struct sockaddr_in *from, const struct original *o, const uint8_t *p,
                   size_t n)
{
    struct event_head head = {.type = EVENT_PAYLOAD,
                              .ts_us = l->wall_us,
                              .src = ntohl(from->sin_addr.s_addr),
                              .dst = o->dst,
                              .sport = ntohs(from->sin_port),
                              .dport = o->dport,
                              .proto = 17};
    struct event *e = event_begin(l->journal, &head);
    event_str(e, EVENT_F_SERVICE, "any");
    const struct persona_ref *met = l->lineup->arms[loop_arm(l, head.src, head.dst)];
    event_str(e, EVENT_F_PERSONA, met->persona.name);
    if (met->arm[0])
        event_str(e, EVENT_F_ARM, met->arm);
    event_str(e, EVENT_F_ORIGIN, o->method);
    event_bytes(e, EVENT_F_PAYLOAD, p, n);
    event_int(e, EVENT_F_LEN, (int64_t)n);
    char sha256[65];
    if (sample_digest(p, n, sha256) == 0)
        event_str(e, EVENT_F_SHA256, sha256);
    (void)event_end(e);
}

/* True while this second's share is not used up. */
static bool within_rate(struct loop *l)
{
    if (l->now_us - l->datagram_second_us >= TS_SECOND_US) {
        l->datagram_second_us = l->now_us;
        l->datagrams = 0;
    }
    return ++l->datagrams <= DATAGRAMS_PER_SECOND;
}

void datagram_ready(struct loop *l, struct listener *at)
{
    for (int i = 0; i < DATAGRAMS_PER_TURN; i++) {
        struct sockaddr_in from;
        _Alignas(struct cmsghdr) char control[256];
        struct iovec iov = {l->in, sizeof l->in};
        struct msghdr m = {.msg_name = &from,
                           .msg_namelen = sizeof from,
                           .msg_iov = &iov,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = sizeof control};
        ssize_t n = recvmsg(at->watch.fd, &m, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return;
        uint32_t ip = 0;
        uint16_t port = at->spec.port;
        struct original o;
        destination(&m, &ip, &port);
        if (!within_rate(l))
            loop_count(l, COUNT_DATAGRAM);
        else if (!accept_original(l, at, 17, ip, port, &o))
            loop_count(l, COUNT_REFUSED_STRAY);
        else
            record(l, &from, &o, l->in, (size_t)n);
    }
}

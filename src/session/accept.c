/* Listening sockets -> sessions in the loop that owns the source. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/rd.h"
#include "base/ts.h"
#include "gateway/gateway.h"
#include "session/session_int.h"

#define ACCEPTS_PER_TURN 64

/* The SYN as it came to this machine's TCP. Its sequence number (RFC 9293 3.1) passes NAT unchanged: (source, ISN) joins a
 * session to its packet in the darknet's record even where the source port was rewritten. Its destination is the socket's
 * own address, which saves asking for it. Empty when the kernel used SYN cookies. */
static bool saved_syn(int fd, struct handover *h)
{
    uint8_t syn[128];
    socklen_t n = sizeof syn;
    if (getsockopt(fd, IPPROTO_TCP, TCP_SAVED_SYN, syn, &n) < 0 || n == 0)
        return false;
    struct rd r = rd_of(syn, n);
    uint8_t first = rd_u8(&r);
    size_t header = (first & 15u) * 4u;
    if (first >> 4 != 4 || header < 20)
        return false;
    rd_skip(&r, 15);
    h->local_ip = rd_be32(&r);
    rd_skip(&r, header - 20 + 2);
    h->local_port = rd_be16(&r);
    h->isn = rd_be32(&r);
    return !r.bad;
}

static bool local_name(int fd, struct handover *h)
{
    struct sockaddr_in local;
    socklen_t n = sizeof local;
    if (getsockname(fd, (struct sockaddr *)&local, &n) < 0)
        return false;
    h->local_ip = ntohl(local.sin_addr.s_addr);
    h->local_port = ntohs(local.sin_port);
    return true;
}

bool accept_original(const struct loop *l, const struct listener *at, uint8_t proto, uint32_t ip,
                     uint16_t port, struct original *ret)
{
    const struct config *c = l->server->config;
    *ret = (struct original){ip, port, at->spec.transparent ? "tproxy" : "local"};
    if (!c || c->n_points == 0)
        return true;
    struct gateway_target t;
    if (gateway_original(c, proto, ip, port, &t) < 0)
        return false;
    ret->dst = t.point;
    ret->dport = t.dport ? t.dport : at->spec.protocol ? at->spec.protocol->port : 0;
    if (c->gateway.mode == GATEWAY_DNAT)
        ret->method = c->gateway.alias.len_bits && ip4_in(ip, c->gateway.alias) ? "alias" : "port-map";
    return true;
}

static void drop(struct loop *l, int fd, enum loop_count why)
{
    loop_count(l, why);
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
    close(fd);
}

/* TPROXY brings every port to one listener. */
static struct service *service_for(struct loop *l, const struct listener *at, uint16_t dport)
{
    for (size_t i = 0; at->spec.transparent && i < l->n_services; i++)
        if (l->services[i].protocol->port == dport)
            return &l->services[i];
    return &l->services[at->service];
}

static void admit(struct loop *l, const struct handover *h)
{
    struct original o;
    if (!accept_original(l, &l->listeners[h->listener], 6, h->local_ip, h->local_port, &o)) {
        drop(l, h->fd, COUNT_REFUSED_STRAY);
        return;
    }
    if (!h->has_isn)
        loop_count(l, COUNT_NO_SYN);
    (void)session_new(l, service_for(l, &l->listeners[h->listener], o.dport), h, &o);
}

/* All sessions of a source live in one loop. */
static void hand_over(struct loop *l, const struct handover *h)
{
    struct server *s = l->server;
    struct loop *owner = s->loops[(source_hash(s->key, h->src) >> 32) % s->n_loops];
    if (owner == l) {
        admit(l, h);
        return;
    }
    ssize_t n = write(owner->mail_write_fd, h, sizeof *h);
    if (n != (ssize_t)sizeof *h)
        drop(l, h->fd, COUNT_HANDOVER);
}

void accept_mail(struct loop *l)
{
    struct handover mail[32];
    for (;;) {
        ssize_t n = read(l->mail_read_fd, mail, sizeof mail);
        if (n <= 0)
            return;
        for (size_t i = 0; i < (size_t)n / sizeof mail[0]; i++)
            if (mail[i].fd >= 0) /* -1: only a call to look around */
                admit(l, &mail[i]);
    }
}

static int take(struct loop *l, struct listener *at, struct handover *ret)
{
    struct sockaddr_in peer;
    socklen_t n = sizeof peer;
    int fd = accept4(at->watch.fd, (struct sockaddr *)&peer, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return -errno;
    *ret = (struct handover){.fd = fd,
                             .listener = (uint32_t)(at - l->listeners),
                             .src = ntohl(peer.sin_addr.s_addr),
                             .sport = ntohs(peer.sin_port)};
    ret->has_isn = saved_syn(fd, ret);
    if (peer.sin_family != AF_INET || (!ret->has_isn && !local_name(fd, ret))) {
        close(fd);
        return -ECONNABORTED;
    }
    return 0;
}

/* No descriptor or memory left: stop listening for a moment instead of spinning on a socket that stays ready. */
static void pause_accepting(struct loop *l)
{
    for (size_t i = 0; i < l->n_listeners; i++)
        (void)epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, l->listeners[i].watch.fd, NULL);
    l->accept_paused = true;
    l->accept_again_us = l->now_us + TS_SECOND_US / 10;
}

void accept_resume(struct loop *l)
{
    l->accept_paused = false;
    for (size_t i = 0; i < l->n_listeners; i++)
        (void)loop_watch(l, &l->listeners[i].watch, EPOLLIN | EPOLLEXCLUSIVE, false);
}

/* One descriptor is kept in reserve: with it the connection that can not be served is at least refused. */
static void out_of_descriptors(struct loop *l, struct listener *at)
{
    loop_count(l, COUNT_REFUSED_FULL);
    if (l->lru_head) {
        loop_count(l, COUNT_SHED);
        session_kill(l->lru_head, "shed", true);
        return;
    }
    if (l->spare_fd >= 0)
        close(l->spare_fd);
    int fd = accept4(at->watch.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0)
        close(fd);
    l->spare_fd = fcntl(l->epoll_fd, F_DUPFD_CLOEXEC, 3);
    pause_accepting(l);
}

void accept_ready(struct loop *l, struct listener *at)
{
    for (int i = 0; i < ACCEPTS_PER_TURN && !l->accept_paused; i++) {
        struct handover h;
        int rc = take(l, at, &h);
        if (rc == 0) {
            hand_over(l, &h);
        } else if (rc == -EAGAIN) {
            return;
        } else if (rc == -EMFILE || rc == -ENFILE) {
            out_of_descriptors(l, at);
        } else {
            loop_count(l, COUNT_ACCEPT);
            if (rc == -ENOBUFS || rc == -ENOMEM)
                pause_accepting(l);
        }
    }
}

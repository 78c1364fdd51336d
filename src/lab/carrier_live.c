#include "lab/carrier_live.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/ts.h"
#include "lab/client.h"
#include "lab/guard.h"

enum { CONNS_MAX = 2048, BATCH = 64, TURN_ACTIONS = 256, EVENTS = 256 };
#define RAW_SLACK_US     1000  /* stateless packets may be this late, so that a turn sends several at once */
#define EXPIRE_US        10000 /* deadlines are looked at this often */
#define SEND_PATIENCE_MS 200   /* wait this long for room in the interface's queue, then count an error */

struct conn {
    int fd; /* -1: free */
    bool connected;
    uint32_t src, dst;
    uint16_t sport, dport;
    enum dialogue kind;
    int64_t begin_us, deadline_us;
    struct client client;
    struct wr in;
    size_t sent_bytes, taken_bytes;
};

struct carrier {
    const struct carrier_live_options *options;
    struct actor_truth *truth;
    void *state;
    int epoll_fd, packet_fd;
    struct sockaddr_ll gateway;
    int64_t t0_mono_us;
    struct conn *conns;
    uint32_t *free_conns; /* a stack of indexes */
    size_t n_free;
    struct action *batch; /* packets waiting for sendmmsg */
    size_t n_batch;
    struct action action; /* asked for, not yet carried out */
    bool has_action, ended;
    int64_t expire_us; /* next look at the deadlines */
    struct err *err;
};

static int64_t now_us(const struct carrier *c)
{
    return ts_mono_us() - c->t0_mono_us;
}

/* --- stateless packets ------------------------------------------------------------------------------------------- */

static int open_packet_socket(struct carrier *c)
{
    unsigned index = if_nametoindex(c->options->interface);
    if (!index)
        return err_set(c->err, -ENODEV, "no interface %s", c->options->interface);
    /* SOCK_DGRAM: the kernel writes the Ethernet header. Protocol 0: nothing is received. */
    c->packet_fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (c->packet_fd < 0)
        return err_sys(c->err, -errno, "packet socket");
    int bytes = 4 << 20;
    (void)setsockopt(c->packet_fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    c->gateway = (struct sockaddr_ll){.sll_family = AF_PACKET,
                                      .sll_protocol = htons(ETHERTYPE_IP),
                                      .sll_ifindex = (int)index,
                                      .sll_halen = 6};
    memcpy(c->gateway.sll_addr, c->options->gateway_mac, 6);
    return 0;
}

static bool is_full(int error)
{
    return error == EAGAIN || error == ENOBUFS || error == EINTR;
}

/* Hands msgs[from..n) to the kernel; only what it took is counted as sent. */
static void send_batch(struct carrier *c, struct mmsghdr *msgs, size_t n)
{
    size_t done = 0;
    for (int tries = 0; done < n;) {
        int sent = sendmmsg(c->packet_fd, msgs + done, (unsigned)(n - done), 0);
        for (int i = 0; i < sent; i++)
            actor_truth_packet(c->truth, &c->batch[done + (size_t)i]);
        if (sent > 0) {
            done += (size_t)sent;
            tries = 0;
        } else if (sent < 0 && is_full(errno) && tries++ < SEND_PATIENCE_MS / 10) {
            struct pollfd p = {.fd = c->packet_fd, .events = POLLOUT};
            (void)poll(&p, 1, 10);
        } else {
            c->truth->send_errors++;
            done++;
            tries = 0;
        }
    }
}

static void flush_packets(struct carrier *c)
{
    struct mmsghdr msgs[BATCH];
    struct iovec parts[BATCH];
    memset(msgs, 0, sizeof msgs);
    for (size_t i = 0; i < c->n_batch; i++) {
        parts[i] = (struct iovec){c->batch[i].packet, c->batch[i].packet_len_bytes};
        msgs[i].msg_hdr = (struct msghdr){
            .msg_name = &c->gateway, .msg_namelen = sizeof c->gateway, .msg_iov = &parts[i], .msg_iovlen = 1};
    }
    if (c->n_batch)
        send_batch(c, msgs, c->n_batch);
    c->n_batch = 0;
}

/* --- dialogues --------------------------------------------------------------------------------------------------- */

static void conn_finish(struct carrier *c, struct conn *k, enum outcome_kind kind)
{
    struct truth_dialogue d = {.begin_us = k->begin_us,
                               .end_us = now_us(c),
                               .src = k->src,
                               .dst = k->dst,
                               .sport = k->sport,
                               .dport = k->dport,
                               .kind = k->kind,
                               .outcome = kind};
    struct outcome o = {.at_us = d.end_us, .dst = k->dst, .dport = k->dport, .kind = kind};
    memcpy(o.version, k->client.version, sizeof o.version);
    memcpy(d.version, k->client.version, sizeof d.version - 1);
    (void)close(k->fd);
    k->fd = -1;
    client_free(&k->client);
    wr_done(&k->in);
    c->free_conns[c->n_free++] = (uint32_t)(k - c->conns);
    actor_truth_dialogue(c->truth, &d);
    if (c->options->behaviour->outcome)
        c->options->behaviour->outcome(c->state, &o);
    if (c->has_action && c->action.kind == ACTION_WAIT)
        c->has_action = false;
}

static void conn_talked(struct carrier *c, struct conn *k)
{
    bool answered = k->client.answered || k->client.version[0];
    conn_finish(c, k, answered ? OUTCOME_ANSWERED : OUTCOME_CONNECTED);
}

/* Sends what the client wants said; finishes when all is said. False: the connection is gone. */
static bool conn_send(struct carrier *c, struct conn *k)
{
    struct wr *out = &k->client.out;
    while (k->sent_bytes < out->len) {
        ssize_t n = send(k->fd, out->bytes + k->sent_bytes, out->len - k->sent_bytes, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN)
            return true;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            conn_talked(c, k);
            return false;
        }
        k->sent_bytes += (size_t)n;
    }
    wr_clear(out);
    k->sent_bytes = 0;
    if (k->client.done) {
        conn_talked(c, k);
        return false;
    }
    return true;
}

static void conn_feed(struct conn *k)
{
    size_t used = client_input(&k->client, k->in.bytes, k->in.len);
    memmove(k->in.bytes, k->in.bytes + used, k->in.len - used);
    k->in.len -= used;
}

static void conn_receive(struct carrier *c, struct conn *k)
{
    uint8_t bytes[4096];
    for (;;) {
        ssize_t n = recv(k->fd, bytes, sizeof bytes, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            break;
        k->taken_bytes += n > 0 ? (size_t)n : 0;
        if (n > 0)
            wr_bytes(&k->in, bytes, (size_t)n);
        if (n <= 0 || k->in.bad || k->taken_bytes > CARRIER_BYTES_MAX) {
            conn_talked(c, k);
            return;
        }
        conn_feed(k);
        if (k->client.done)
            break;
    }
    (void)conn_send(c, k);
}

static void conn_connected(struct carrier *c, struct conn *k)
{
    int error = 0;
    socklen_t len = sizeof error;
    if (getsockopt(k->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
        error = errno;
    if (error) {
        bool told =
            error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH || error == ECONNRESET;
        conn_finish(c, k, told ? OUTCOME_REFUSED : OUTCOME_SILENCE);
        return;
    }
    k->connected = true;
    k->deadline_us = k->begin_us + CARRIER_DIALOGUE_US;
    client_start(&k->client, k->kind);
    k->in = wr_of(CLIENT_IN_MAX + 4096);
    struct epoll_event e = {.events = EPOLLIN, .data.u32 = (uint32_t)(k - c->conns)};
    (void)epoll_ctl(c->epoll_fd, EPOLL_CTL_MOD, k->fd, &e);
    (void)conn_send(c, k);
}

static int conn_socket(const struct action *a)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1, ttl = a->ttl;
    if (fd < 0)
        return -errno;
    (void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (ttl)
        (void)setsockopt(fd, IPPROTO_IP, IP_TTL, &ttl, sizeof ttl);
    struct sockaddr_in from = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(a->src), .sin_port = htons(a->sport)};
    if (bind(fd, (const struct sockaddr *)&from, sizeof from) < 0) {
        int rc = -errno;
        (void)close(fd);
        return rc;
    }
    return fd;
}

static int conn_connect(int fd, const struct action *a, uint16_t *ret_sport)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(a->dst),
                             .sin_port = htons(a->dport)},
                       me;
    if (connect(fd, (const struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS)
        return -errno;
    socklen_t len = sizeof me;
    *ret_sport = getsockname(fd, (struct sockaddr *)&me, &len) == 0 ? ntohs(me.sin_port) : 0;
    return 0;
}

/* A dialogue that the kernel would not even begin is counted as an error; the behaviour hears silence. */
static void conn_fail(struct carrier *c, const struct action *a, int fd)
{
    c->truth->connect_errors++;
    if (fd >= 0)
        (void)close(fd);
    struct outcome o = {.at_us = now_us(c), .dst = a->dst, .dport = a->dport, .kind = OUTCOME_SILENCE};
    if (c->options->behaviour->outcome)
        c->options->behaviour->outcome(c->state, &o);
}

static int begin_dialogue(struct carrier *c, const struct action *a)
{
    uint16_t sport = 0;
    int fd = conn_socket(a);
    if (fd == -EADDRNOTAVAIL) {
        char text[IP4_TEXT_MAX];
        return err_set(c->err, fd, "%s is not an address of this namespace: ip route add local PREFIX dev lo",
                       ip4_format(a->src, text));
    }
    int64_t begin_us = now_us(c);
    if (fd < 0 || conn_connect(fd, a, &sport) < 0) {
        conn_fail(c, a, fd);
        return 0;
    }
    uint32_t i = c->free_conns[--c->n_free];
    c->conns[i] = (struct conn){.fd = fd,
                                .src = a->src,
                                .dst = a->dst,
                                .sport = sport,
                                .dport = a->dport,
                                .kind = a->dialogue,
                                .begin_us = begin_us,
                                .deadline_us = begin_us + CARRIER_CONNECT_US};
    actor_truth_connect(c->truth, a);
    struct epoll_event e = {.events = EPOLLOUT, .data.u32 = i};
    if (epoll_ctl(c->epoll_fd, EPOLL_CTL_ADD, fd, &e) < 0)
        return err_sys(c->err, -errno, "epoll_ctl");
    return 0;
}

static void expire(struct carrier *c)
{
    int64_t now = now_us(c);
    if (now < c->expire_us)
        return;
    c->expire_us = now + EXPIRE_US;
    for (uint32_t i = 0; i < CONNS_MAX && c->n_free < CONNS_MAX; i++) {
        struct conn *k = &c->conns[i];
        if (k->fd < 0 || k->deadline_us > now)
            continue;
        if (k->connected)
            conn_talked(c, k);
        else
            conn_finish(c, k, OUTCOME_SILENCE);
    }
}

/* --- the loop ---------------------------------------------------------------------------------------------------- */

static int carry_out(struct carrier *c)
{
    const struct action *a = &c->action;
    if (a->kind == ACTION_DIALOGUE)
        return begin_dialogue(c, a);
    struct action *slot = &c->batch[c->n_batch++];
    memcpy(slot, a, offsetof(struct action, packet) + a->packet_len_bytes);
    if (c->n_batch == BATCH)
        flush_packets(c);
    return 0;
}

/* Whether the action in hand can be done now; asks for one when there is none. */
static bool is_due(struct carrier *c)
{
    int64_t now = now_us(c);
    if (!c->has_action) {
        c->options->behaviour->next(c->state, now, &c->action);
        c->has_action = true;
    }
    if (c->action.kind == ACTION_END || c->action.at_us >= c->options->params.length_us) {
        c->ended = true;
        return false;
    }
    return c->action.at_us <= now && (c->action.kind != ACTION_DIALOGUE || c->n_free > 0);
}

static int act(struct carrier *c)
{
    int rc = 0;
    for (int i = 0; rc == 0 && i < TURN_ACTIONS && !c->ended && is_due(c); i++) {
        c->has_action = false;
        if (c->action.kind != ACTION_WAIT)
            rc = carry_out(c);
    }
    flush_packets(c);
    return rc;
}

static int64_t wait_us(const struct carrier *c)
{
    int64_t now = now_us(c), wait = 20000; /* also how late a time-out may be seen */
    if (!c->ended && c->has_action) {
        wait = c->action.at_us - now;
        if (c->action.kind == ACTION_PACKET && wait < RAW_SLACK_US)
            wait = RAW_SLACK_US;
        if (wait <= 0 && c->action.kind == ACTION_DIALOGUE && c->n_free == 0)
            wait = 1000;
    }
    return wait < 0 ? 0 : wait > 20000 ? 20000 : wait;
}

static int turn(struct carrier *c)
{
    int rc = act(c);
    if (rc < 0)
        return rc;
    int64_t wait = wait_us(c);
    struct timespec ts = {.tv_nsec = wait * 1000};
    struct epoll_event events[EVENTS];
    int n = epoll_pwait2(c->epoll_fd, events, EVENTS, &ts, NULL);
    if (n < 0 && errno != EINTR)
        return err_sys(c->err, -errno, "epoll_pwait2");
    for (int i = 0; i < n; i++) {
        struct conn *k = &c->conns[events[i].data.u32];
        if (k->fd < 0)
            continue;
        if (!k->connected)
            conn_connected(c, k);
        else
            conn_receive(c, k);
    }
    expire(c);
    return 0;
}

static int loop(struct carrier *c)
{
    int rc = 0;
    while (rc == 0 && !*c->options->stop && !(c->ended && c->n_free == CONNS_MAX))
        rc = turn(c);
    return rc;
}

static int carrier_open(struct carrier *c)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < CONNS_MAX + 64) {
        files.rlim_cur = files.rlim_max < CONNS_MAX + 64 ? files.rlim_max : CONNS_MAX + 64;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    c->state = calloc(1, c->options->behaviour->state_bytes);
    c->conns = calloc(CONNS_MAX, sizeof *c->conns);
    c->free_conns = calloc(CONNS_MAX, sizeof *c->free_conns);
    c->batch = calloc(BATCH, sizeof *c->batch);
    if (!c->state || !c->conns || !c->free_conns || !c->batch)
        return err_set(c->err, -ENOMEM, "out of memory");
    for (uint32_t i = 0; i < CONNS_MAX; i++) {
        c->conns[i].fd = -1;
        c->free_conns[c->n_free++] = CONNS_MAX - 1 - i;
    }
    c->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (c->epoll_fd < 0)
        return err_sys(c->err, -errno, "epoll_create1");
    return open_packet_socket(c);
}

static void carrier_close(struct carrier *c)
{
    for (uint32_t i = 0; c->conns && i < CONNS_MAX; i++) {
        struct conn *k = &c->conns[i];
        if (k->fd < 0)
            continue;
        c->truth->unfinished++;
        (void)close(k->fd);
        client_free(&k->client);
        wr_done(&k->in);
    }
    if (c->packet_fd >= 0)
        (void)close(c->packet_fd);
    if (c->epoll_fd >= 0)
        (void)close(c->epoll_fd);
    free(c->state);
    free(c->conns);
    free(c->free_conns);
    free(c->batch);
}

int carrier_live_run(const struct carrier_live_options *options, struct err *err)
{
    struct carrier c = {
        .options = options, .truth = options->truth, .epoll_fd = -1, .packet_fd = -1, .err = err};
    bool started = false;
    int rc = guard_check(options->interface, err);
    if (rc < 0)
        return rc;
    if ((rc = carrier_open(&c)) < 0)
        goto out;
    struct behaviour_params params = options->params;
    params.note = actor_truth_note;
    params.note_to = c.truth;
    started = true;
    if ((rc = options->behaviour->start(c.state, &params)) < 0) {
        (void)err_sys(err, rc, "behaviour %s", options->behaviour->name);
        goto out;
    }
    c.truth->start_ts_us = ts_now_us();
    c.t0_mono_us = ts_mono_us();
    rc = loop(&c);
    c.truth->end_ts_us = ts_now_us();
out:
    if (started && options->behaviour->done)
        options->behaviour->done(c.state);
    carrier_close(&c);
    return rc;
}

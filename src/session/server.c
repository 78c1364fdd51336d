/* The sockets, the loops and their threads. */
#include "session/loop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/ip.h"
#include "base/log.h"
#include "base/rng.h"
#include "base/ts.h"
#include "session/session_int.h"

#define SESSIONS_MAX     1000000u
#define DESCRIPTORS_KEPT 64u

static int set_flag(int fd, int level, int name)
{
    return setsockopt(fd, level, name, &(int){1}, sizeof(int)) < 0 ? -errno : 0;
}

static int socket_options(int fd, const struct listen_spec *spec)
{
    int rc = set_flag(fd, SOL_SOCKET, SO_REUSEADDR);
    if (rc == 0 && spec->transparent)
        rc = set_flag(fd, IPPROTO_IP, IP_TRANSPARENT);
    if (rc == 0 && spec->proto == IPPROTO_TCP)
        rc = set_flag(fd, IPPROTO_TCP, TCP_SAVE_SYN);
    if (rc == 0 && spec->proto == IPPROTO_TCP)
        rc = set_flag(fd, IPPROTO_TCP, TCP_NODELAY); /* accepted sockets inherit it */
    if (rc == 0 && spec->proto == IPPROTO_UDP) {
        rc = set_flag(fd, IPPROTO_IP, IP_PKTINFO);
        if (rc == 0)
            rc = set_flag(fd, IPPROTO_IP, IP_RECVORIGDSTADDR);
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &(int){4 << 20}, sizeof(int));
    }
    /* A configured address may appear later, or be routed here only. */
    (void)set_flag(fd, IPPROTO_IP, IP_FREEBIND);
    return rc;
}

static int listen_on(struct listen_spec *spec, int *ret_fd, struct err *err)
{
    char text[IP4_TEXT_MAX];
    bool tcp = spec->proto == IPPROTO_TCP;
    int fd = socket(AF_INET, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_sys(err, -errno, "cannot make a socket");
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons(spec->port), .sin_addr.s_addr = htonl(spec->ip)};
    socklen_t n = sizeof at;
    int rc = socket_options(fd, spec);
    if (rc == 0 && bind(fd, (struct sockaddr *)&at, sizeof at) < 0)
        rc = -errno;
    if (rc == 0 && tcp && listen(fd, 65535) < 0)
        rc = -errno;
    if (rc == 0 && getsockname(fd, (struct sockaddr *)&at, &n) < 0)
        rc = -errno;
    if (rc < 0) {
        close(fd);
        return err_sys(err, rc, "cannot listen on %s port %u (%s)", ip4_format(spec->ip, text), spec->port,
                       tcp ? "tcp" : "udp");
    }
    spec->port = ntohs(at.sin_port);
    *ret_fd = fd;
    return 0;
}

static int sockets_open(struct server *s, const struct server_options *o, struct err *err)
{
    s->listen = calloc(o->n_listen, sizeof *s->listen);
    s->listen_fds = calloc(o->n_listen, sizeof *s->listen_fds);
    if (!s->listen || !s->listen_fds)
        return err_set(err, -ENOMEM, "no memory for %zu sockets", o->n_listen);
    for (size_t i = 0; i < o->n_listen; i++) {
        s->listen[i] = o->listen[i];
        int rc = listen_on(&s->listen[i], &s->listen_fds[i], err);
        if (rc < 0)
            return rc;
        s->n_listen = i + 1;
    }
    return 0;
}

/* As many descriptors as we may have; the sessions' cap follows from them. */
static uint32_t descriptors(void)
{
    struct rlimit r;
    if (getrlimit(RLIMIT_NOFILE, &r) < 0)
        return 1024;
    r.rlim_cur = r.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &r);
    if (getrlimit(RLIMIT_NOFILE, &r) < 0)
        return 1024;
    return r.rlim_cur > SESSIONS_MAX * 2 ? SESSIONS_MAX * 2 : (uint32_t)r.rlim_cur;
}

static void defaults(struct server_options *o)
{
    uint32_t kept = DESCRIPTORS_KEPT + (uint32_t)o->n_listen, have = descriptors();
    uint32_t possible = have > kept + 1 ? have - kept : 1;
    if (o->n_loops == 0) {
        long cores = sysconf(_SC_NPROCESSORS_ONLN);
        o->n_loops = cores < 1 ? 1 : cores > 64 ? 64 : (unsigned)cores;
    }
    if (o->sessions_max == 0 || o->sessions_max > SESSIONS_MAX)
        o->sessions_max = SESSIONS_MAX;
    if (o->sessions_max > possible) {
        log_info("at most %u sessions at once: the limit of open files is %u", possible, have);
        o->sessions_max = possible;
    }
    o->sessions_per_source_max = o->sessions_per_source_max ? o->sessions_per_source_max : 256;
    o->idle_s = o->idle_s ? o->idle_s : 60;
    o->life_s = o->life_s ? o->life_s : 3600;
    o->bytes_in_max = o->bytes_in_max ? o->bytes_in_max : UINT64_C(128) << 20;
    o->bytes_out_max = o->bytes_out_max ? o->bytes_out_max : UINT64_C(256) << 20;
    o->held_max_bytes = o->held_max_bytes ? o->held_max_bytes : UINT64_C(256) << 20;
}

static int server_free(struct server *s, struct err *err)
{
    int rc = 0;
    for (unsigned i = 0; i < s->n_loops && s->loops; i++) {
        if (!s->loops[i])
            continue;
        int closed = loop_close(s->loops[i], rc == 0 ? err : NULL);
        rc = rc < 0 ? rc : closed;
    }
    for (size_t i = 0; i < s->n_listen; i++)
        close(s->listen_fds[i]);
    free(s->loops);
    free(s->threads);
    free(s->listen);
    free(s->listen_fds);
    free(s);
    return rc;
}

int server_open(const struct server_options *options, struct server **ret, struct err *err)
{
    struct server_options o = *options;
    struct server *s = calloc(1, sizeof *s);
    if (!s)
        return err_set(err, -ENOMEM, "no memory for a server");
    defaults(&o);
    s->config = o.config;
    s->seed = o.seed;
    s->idle_us = o.idle_s * TS_SECOND_US;
    s->life_us = o.life_s * TS_SECOND_US;
    s->bytes_in_max = o.bytes_in_max;
    s->bytes_out_max = o.bytes_out_max;
    rng_secret(&s->key, sizeof s->key);
    int rc = sockets_open(s, &o, err);
    s->loops = rc == 0 ? calloc(o.n_loops, sizeof *s->loops) : NULL;
    s->threads = rc == 0 ? calloc(o.n_loops, sizeof *s->threads) : NULL;
    if (rc == 0 && (!s->loops || !s->threads))
        rc = err_set(err, -ENOMEM, "no memory for %u loops", o.n_loops);
    s->n_loops = o.n_loops;
    for (unsigned i = 0; i < o.n_loops && rc == 0; i++) {
        s->loops[i] = calloc(1, sizeof *s->loops[i]);
        rc = s->loops[i] ? loop_open(s->loops[i], s, i, &o, err)
                         : err_set(err, -ENOMEM, "no memory for a loop");
    }
    if (rc < 0) {
        (void)server_free(s, NULL);
        return rc;
    }
    *ret = s;
    return 0;
}

static void stop_threads(struct server *s)
{
    for (unsigned i = 0; i < s->n_started; i++) {
        atomic_store_explicit(&s->loops[i]->stop_wanted, true, memory_order_release);
        loop_wake(s->loops[i]);
    }
    for (unsigned i = 0; i < s->n_started; i++)
        (void)pthread_join(s->threads[i], NULL);
    s->n_started = 0;
}

int server_start(struct server *s, struct err *err)
{
    /* Signals belong to the thread that called. */
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = 0;
    for (unsigned i = 0; i < s->n_loops && rc == 0; i++) {
        rc = -pthread_create(&s->threads[i], NULL, loop_run, s->loops[i]);
        if (rc == 0)
            s->n_started++;
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc < 0) {
        stop_threads(s);
        return err_sys(err, rc, "cannot start a thread");
    }
    return 0;
}

int server_reload_arms(struct server *s, const struct server_arms *arms, struct err *err)
{
    struct lineup *next[64];
    for (unsigned i = 0; i < s->n_loops; i++) {
        next[i] = lineup_new(arms);
        if (!next[i]) {
            while (i-- > 0)
                lineup_free(next[i]);
            return err_set(err, -ENOMEM, "no memory for a persona");
        }
    }
    for (unsigned i = 0; i < s->n_loops; i++) {
        lineup_free(atomic_exchange(&s->loops[i]->next_lineup, next[i]));
        loop_wake(s->loops[i]);
    }
    return 0;
}

int server_reload(struct server *s, const struct persona *persona, const char *arm, struct err *err)
{
    const struct server_arm one = {persona, arm};
    return server_reload_arms(s, &(struct server_arms){.arms = &one, .n = 1}, err);
}

int server_stop(struct server *s, struct err *err)
{
    if (!s)
        return 0;
    stop_threads(s);
    return server_free(s, err);
}

size_t server_sessions(const struct server *s)
{
    size_t n = 0;
    for (unsigned i = 0; i < s->n_loops; i++)
        n += atomic_load_explicit(&s->loops[i]->n_sessions_public, memory_order_relaxed);
    return n;
}

uint16_t server_port(const struct server *s, size_t i)
{
    return i < s->n_listen ? s->listen[i].port : 0;
}

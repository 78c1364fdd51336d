/* One thread's loop: epoll, the timer wheel, the journal's tick. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/log.h"
#include "base/rng.h"
#include "base/ts.h"
#include "session/session_int.h"

#define EVENTS_PER_TURN 256
#define TICK_US         (TS_SECOND_US / 5)
#define COUNTS_US       (10 * TS_SECOND_US)

static const char *const count_names[COUNT_OF_COUNTS] = {
    [COUNT_REFUSED_SOURCE] = "source-cap",
    [COUNT_REFUSED_STRAY] = "stray",
    [COUNT_REFUSED_FULL] = "no-descriptor",
    [COUNT_SHED] = "shed",
    [COUNT_LIMIT] = "limit",
    [COUNT_NO_SYN] = "no-syn",
    [COUNT_ACCEPT] = "accept",
    [COUNT_DATAGRAM] = "datagram",
    [COUNT_HANDOVER] = "handover",
    [COUNT_MEMORY] = "memory",
};

void loop_count(struct loop *l, enum loop_count c)
{
    l->counts[c]++;
}

int loop_watch(struct loop *l, struct watch *w, uint32_t events, bool change)
{
    struct epoll_event e = {.events = events, .data.ptr = w};
    return epoll_ctl(l->epoll_fd, change ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, w->fd, &e) < 0 ? -errno : 0;
}

void loop_wake(struct loop *l)
{
    struct handover look = {.fd = -1};
    if (write(l->mail_write_fd, &look, sizeof look) < 0) {
        /* the pipe is full: it will wake anyway */
    }
}

static void tell_counts(struct loop *l)
{
    for (int i = 0; i < COUNT_OF_COUNTS; i++) {
        if (!l->counts[i])
            continue;
        struct event_head head = {.type = EVENT_COUNTS, .ts_us = l->wall_us};
        struct event *e = event_begin(l->journal, &head);
        event_str(e, EVENT_F_REASON, count_names[i]);
        event_int(e, EVENT_F_COUNT, (int64_t)l->counts[i]);
        (void)event_end(e);
        log_warn("loop %u: %s: %" PRIu64 " since the last such line", l->index, count_names[i], l->counts[i]);
        l->counts[i] = 0;
    }
}

static void tick(struct loop *l)
{
    if (l->now_us < l->tick_us)
        return;
    lineup_tick(l);
    l->tick_us = l->now_us + TICK_US;
    if (l->now_us >= l->counts_us) {
        l->counts_us = l->now_us + COUNTS_US;
        tell_counts(l);
    }
    if (l->accept_paused && l->now_us >= l->accept_again_us)
        accept_resume(l);
    int rc = journal_tick(l->journal, l->wall_us);
    if (rc < 0 && !l->journal_failed)
        log_error("journal cannot be written: %s; lines wait in memory, then are dropped and counted",
                  strerror(-rc));
    else if (rc == 0 && l->journal_failed)
        log_info("journal takes lines again; %llu were dropped so far", (unsigned long long)journal_lost(l->journal));
    l->journal_failed = rc < 0;
}

static void session_event_ready(struct session *s, uint32_t events)
{
    if (s->phase == PHASE_DEAD)
        return;
    if (events & (EPOLLERR | EPOLLHUP) && s->phase != PHASE_OPEN && s->phase != PHASE_LINGER) {
        session_kill(s, "client", false);
        return;
    }
    if (events & EPOLLOUT)
        session_writable(s);
    if (events & (EPOLLIN | EPOLLERR | EPOLLHUP) && s->phase != PHASE_DEAD)
        session_readable(s);
}

static void dispatch(struct loop *l, const struct epoll_event *e)
{
    struct watch *w = e->data.ptr;
    switch (w->kind) {
    case WATCH_LISTENER:
        accept_ready(l, (struct listener *)w);
        break;
    case WATCH_DATAGRAM:
        datagram_ready(l, (struct listener *)w);
        break;
    case WATCH_MAILBOX:
        accept_mail(l);
        break;
    case WATCH_SESSION:
        session_event_ready((struct session *)w, e->events);
        break;
    }
}

static void clocks(struct loop *l)
{
    l->now_us = ts_mono_us();
    l->wall_us = ts_now_us();
}

static void turn(struct loop *l)
{
    struct epoll_event events[EVENTS_PER_TURN];
    int64_t until_tick_us = l->tick_us > l->now_us ? l->tick_us - l->now_us : 0;
    int64_t wait_us = wheel_wait(&l->wheel, l->now_us, until_tick_us);
    int n = epoll_wait(l->epoll_fd, events, EVENTS_PER_TURN, (int)((wait_us + 999) / 1000));
    clocks(l);
    for (int i = 0; i < n; i++)
        dispatch(l, &events[i]);
    for (struct wheel_node *node; (node = wheel_due(&l->wheel, l->now_us));)
        session_timeout((struct session *)(void *)((char *)node - offsetof(struct session, timer)));
    struct lineup *next = atomic_exchange(&l->next_lineup, NULL);
    if (next)
        lineup_change(l, next);
    session_bury(l);
    tick(l);
}

void *loop_run(void *loop)
{
    struct loop *l = loop;
    clocks(l);
    l->period = arm_period(&l->lineup->plan, l->wall_us);
    lighting_begin(l);
    while (!atomic_load_explicit(&l->stop_wanted, memory_order_acquire))
        turn(l);
    clocks(l);
    while (l->lru_head)
        session_kill(l->lru_head, "stop", false);
    session_bury(l);
    lighting_end(l);
    tell_counts(l);
    return NULL;
}

/* ---- made and unmade ---- */

/* The index of p's service, which is started when it is new. */
static int service_open(struct loop *l, const struct protocol *p, size_t *ret, struct err *err)
{
    for (size_t i = 0; i < l->n_services; i++) {
        if (l->services[i].protocol == p) {
            *ret = i;
            return 0;
        }
    }
    struct service *s = &l->services[l->n_services];
    s->protocol = p;
    *ret = l->n_services++;
    return lineup_start(l, s, l->lineup, err);
}

static int services_open(struct loop *l, const struct server_options *o, struct err *err)
{
    const struct server *s = l->server;
    l->listeners = calloc(s->n_listen, sizeof *l->listeners);
    l->services = calloc(s->n_listen + o->n_services, sizeof *l->services);
    if (!l->listeners || !l->services)
        return err_set(err, -ENOMEM, "no memory for %zu listeners", s->n_listen);
    l->n_listeners = s->n_listen;
    int rc = 0;
    size_t k = 0;
    for (size_t i = 0; i < o->n_services && rc == 0; i++)
        rc = service_open(l, o->services[i], &k, err);
    for (size_t i = 0; i < s->n_listen && rc == 0; i++) {
        const struct protocol *p = s->listen[i].protocol;
        struct listener *at = &l->listeners[i];
        *at = (struct listener){
            {p ? WATCH_LISTENER : WATCH_DATAGRAM, s->listen_fds[i]}, s->listen[i], SIZE_MAX};
        rc = p ? service_open(l, p, &at->service, err) : 0;
    }
    return rc;
}

static int watches_open(struct loop *l, struct err *err)
{
    int pipe_fds[2];
    l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (l->epoll_fd < 0 || pipe2(pipe_fds, O_NONBLOCK | O_CLOEXEC) < 0)
        return err_sys(err, -errno, "cannot make a loop");
    l->mail_read_fd = pipe_fds[0];
    l->mail_write_fd = pipe_fds[1];
    (void)fcntl(l->mail_write_fd, F_SETPIPE_SZ, 1 << 20);
    l->spare_fd = fcntl(l->epoll_fd, F_DUPFD_CLOEXEC, 3);
    l->mailbox = (struct watch){WATCH_MAILBOX, l->mail_read_fd};
    int rc = loop_watch(l, &l->mailbox, EPOLLIN, false);
    for (size_t i = 0; i < l->n_listeners && rc == 0; i++)
        rc = loop_watch(l, &l->listeners[i].watch, EPOLLIN | EPOLLEXCLUSIVE, false);
    return rc < 0 ? err_sys(err, rc, "cannot watch the sockets") : 0;
}

int loop_open(struct loop *l, struct server *server, unsigned index, const struct server_options *o,
              struct err *err)
{
    char instance[64];
    *l = (struct loop){.server = server,
                       .index = index,
                       .epoll_fd = -1,
                       .mail_read_fd = -1,
                       .mail_write_fd = -1,
                       .spare_fd = -1,
                       .out = wr_of(OUT_MAX_BYTES)};
    clocks(l);
    wheel_init(&l->wheel, l->now_us);
    sources_init(&l->sources, server->key);
    rng_secret(&l->next_id, sizeof l->next_id);
    l->next_id = l->next_id >> 11 | 1; /* 53 bits: a flow_id that every JSON reader holds exactly */
    l->sessions_max = o->sessions_max / server->n_loops ? o->sessions_max / server->n_loops : 1;
    l->per_source_max = o->sessions_per_source_max;
    l->held_max_bytes = o->held_max_bytes / server->n_loops;
    l->counts_us = l->now_us + COUNTS_US;
    const struct server_arm one = {o->persona, o->arm};
    const struct server_arms alone = {.arms = &one, .n = 1};
    l->lineup = lineup_new(o->arms ? o->arms : &alone);
    if (!l->lineup)
        return err_set(err, -ENOMEM, "no memory for a persona");
    if (server->n_loops > 1)
        (void)snprintf(instance, sizeof instance, "%s-%u", o->instance, index);
    else
        (void)snprintf(instance, sizeof instance, "%s", o->instance);
    struct journal_options j = {.store_dir = o->store_dir, .instance = instance};
    int rc = journal_open(&j, &l->journal, err);
    if (rc == 0)
        rc = services_open(l, o, err);
    return rc < 0 ? rc : watches_open(l, err);
}

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

int loop_close(struct loop *l, struct err *err)
{
    for (size_t i = 0; i < l->n_services; i++)
        for (size_t k = 0; k < l->services[i].n_started; k++)
            if (l->services[i].protocol->stop)
                l->services[i].protocol->stop(l->services[i].shared[k]);
    lineup_free(atomic_exchange(&l->next_lineup, NULL));
    lineup_free(l->lineup);
    if (l->mail_read_fd >= 0) { /* connections that nobody took */
        struct handover h;
        while (read(l->mail_read_fd, &h, sizeof h) == (ssize_t)sizeof h)
            close_fd(h.fd);
    }
    close_fd(l->epoll_fd);
    close_fd(l->mail_read_fd);
    close_fd(l->mail_write_fd);
    close_fd(l->spare_fd);
    int rc = journal_close(l->journal, err);
    sources_done(&l->sources);
    wr_done(&l->out);
    free(l->listeners);
    free(l->services);
    free(l);
    return rc;
}

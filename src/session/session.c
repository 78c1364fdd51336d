/* A session's life: opened, fed, paused, flushed, ended. What a protocol may ask for is at the end. */
#include "session/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/ts.h"
#include "session/session_int.h"

#define LINGER_US    (2 * TS_SECOND_US)
#define LINGER_BYTES (256u * 1024)

/* ---- lists and timers ---- */

static void lru_remove(struct loop *l, struct session *s)
{
    *(s->lru_prev ? &s->lru_prev->lru_next : &l->lru_head) = s->lru_next;
    *(s->lru_next ? &s->lru_next->lru_prev : &l->lru_tail) = s->lru_prev;
    s->lru_prev = s->lru_next = NULL;
}

static void lru_append(struct loop *l, struct session *s)
{
    s->lru_prev = l->lru_tail;
    s->lru_next = NULL;
    *(l->lru_tail ? &l->lru_tail->lru_next : &l->lru_head) = s;
    l->lru_tail = s;
}

static void touch(struct session *s)
{
    struct loop *l = s->loop;
    s->active_us = l->now_us;
    if (l->lru_tail != s) {
        lru_remove(l, s);
        lru_append(l, s);
    }
}

/* The idle deadline moves with every byte; the wheel is told only when something comes up earlier than it knows. */
static void schedule(struct session *s)
{
    const struct server *server = s->loop->server;
    int64_t at = s->opened_us + server->life_us;
    if (s->active_us + server->idle_us < at)
        at = s->active_us + server->idle_us;
    if (s->alarm_us && s->alarm_us < at)
        at = s->alarm_us;
    if (at <= s->loop->now_us)
        at = s->loop->now_us + 1;
    if (s->timer.next && s->timer.at_tick * WHEEL_TICK_US <= at)
        return;
    wheel_put(&s->loop->wheel, &s->timer, at);
}

static void arm(struct session *s)
{
    bool in = (s->phase == PHASE_OPEN || s->phase == PHASE_LINGER) && !s->eof;
    bool out = s->out.len > 0;
    if (in == s->armed_in && out == s->armed_out)
        return;
    s->armed_in = in;
    s->armed_out = out;
    if (loop_watch(s->loop, &s->watch, (in ? EPOLLIN : 0u) | (out ? EPOLLOUT : 0u), true) < 0)
        s->broken = true;
}

/* ---- memory held for a session ---- */

static bool may_hold(struct loop *l, size_t more)
{
    return l->held_bytes + more <= l->held_max_bytes;
}

static void in_free(struct session *s)
{
    s->loop->held_bytes -= s->in_cap;
    free(s->in);
    s->in = NULL;
    s->in_len = s->in_cap = 0;
}

static bool in_reserve(struct session *s, size_t cap)
{
    if (cap <= s->in_cap)
        return true;
    size_t want = s->in_cap ? s->in_cap : 128;
    while (want < cap)
        want *= 2;
    if (want > UINT32_MAX || !may_hold(s->loop, want - s->in_cap))
        return false;
    uint8_t *in = realloc(s->in, want);
    if (!in)
        return false;
    s->loop->held_bytes += want - s->in_cap;
    s->in = in;
    s->in_cap = (uint32_t)want;
    return true;
}

/* Keeps what the protocol did not use; at is in the held input, or in the loop's buffer when none is held. */
static bool in_keep(struct session *s, const uint8_t *at, size_t n)
{
    if (n == 0) {
        if (s->in)
            in_free(s);
        return true;
    }
    if (!s->in && !in_reserve(s, n))
        return false;
    if (at != s->in)
        memmove(s->in, at, n);
    s->in_len = (uint32_t)n;
    return true;
}

static void out_free(struct session *s)
{
    s->loop->held_bytes -= s->out.cap;
    wr_done(&s->out);
    s->out_at = 0;
}

/* ---- sending ---- */

/* How much the socket took; -errno when it is dead. */
static ssize_t put(struct session *s, const uint8_t *p, size_t n)
{
    ssize_t sent;
    do
        sent = send(s->watch.fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    if (sent < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
    s->bytes_out += (uint64_t)sent;
    return sent;
}

static bool out_keep(struct session *s, const uint8_t *p, size_t n)
{
    size_t before = s->out.cap;
    if (!may_hold(s->loop, n))
        return false;
    wr_bytes(&s->out, p, n);
    s->loop->held_bytes += s->out.cap - before;
    return !s->out.bad;
}

/* What the callback queued goes out now as far as the socket takes it. */
static void send_queued(struct session *s)
{
    struct loop *l = s->loop;
    size_t at = 0, n = l->out.len;
    if (n == 0 || s->broken)
        return;
    if (s->out.len == 0) {
        ssize_t sent = put(s, l->out.bytes, n);
        if (sent < 0) {
            s->broken = true;
            s->reason = "client";
            return;
        }
        at = (size_t)sent;
    }
    if (at < n && !out_keep(s, l->out.bytes + at, n - at)) {
        s->broken = true;
        s->reason = "limit";
    }
    if (s->bytes_out + (s->out.len - s->out_at) > l->server->bytes_out_max && !s->reason)
        s->reason = "limit";
    if (l->out.cap > 1024 * 1024)
        wr_done(&l->out);
}

static void linger(struct session *s);

void session_writable(struct session *s)
{
    if (s->phase == PHASE_DEAD || s->out.len == 0)
        return;
    ssize_t sent = put(s, s->out.bytes + s->out_at, s->out.len - s->out_at);
    if (sent < 0) {
        session_kill(s, "client", false);
        return;
    }
    if (sent > 0)
        touch(s);
    s->out_at += (uint32_t)sent;
    if (s->out_at == s->out.len) {
        out_free(s);
        if (s->phase == PHASE_FLUSHING) {
            linger(s);
            return;
        }
    }
    arm(s);
}

/* ---- ending ---- */

static void callback_begin(struct session *s)
{
    s->in_callback = true;
    wr_clear(&s->loop->out);
}

void session_kill(struct session *s, const char *reason, bool reset)
{
    struct loop *l = s->loop;
    if (s->phase == PHASE_DEAD)
        return;
    if (!s->reason)
        s->reason = reason;
    if (s->service->protocol->close) {
        callback_begin(s);
        s->service->protocol->close(s);
        s->in_callback = false;
    }
    struct event *e = session_event(s, EVENT_SESSION_CLOSE);
    event_int(e, EVENT_F_BYTES_IN, (int64_t)s->bytes_in);
    event_int(e, EVENT_F_BYTES_OUT, (int64_t)s->bytes_out);
    event_str(e, EVENT_F_REASON, s->reason);
    (void)event_end(e);
    if (strcmp(s->reason, "limit") == 0)
        loop_count(l, COUNT_LIMIT);
    if (reset)
        (void)setsockopt(s->watch.fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
    close(s->watch.fd);
    s->watch.fd = -1;
    s->phase = PHASE_DEAD;
    wheel_remove(&l->wheel, &s->timer);
    lru_remove(l, s);
    sources_drop(&l->sources, s->src);
    s->service->n_sessions--;
    l->n_sessions--;
    atomic_store_explicit(&l->n_sessions_public, l->n_sessions, memory_order_relaxed);
    in_free(s);
    out_free(s);
    free(s->state);
    s->state = NULL;
    arena_done(&s->arena);
    persona_ref_drop(s->persona);
    s->persona = NULL;
    s->lru_next = l->dead; /* an event of this turn may still name it */
    l->dead = s;
}

void session_bury(struct loop *l)
{
    while (l->dead) {
        struct session *s = l->dead;
        l->dead = s->lru_next;
        free(s);
    }
}

/* Throws away what still comes; true while the session is alive. */
static bool discard(struct session *s)
{
    ssize_t n = recv(s->watch.fd, s->loop->in, sizeof s->loop->in, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return true;
    if (n > 0) {
        s->bytes_in += (uint64_t)n;
        s->out_at += (uint32_t)n; /* nothing is queued any more: counts what was thrown away */
        if (s->out_at <= LINGER_BYTES)
            return true;
    }
    session_kill(s, "server", n > 0);
    return false;
}

/* All is sent. Closing at once would answer bytes that are still on their way with RST, and the RST can overtake the last
 * answer in the client's socket. */
static void linger(struct session *s)
{
    if (s->eof) {
        session_kill(s, "server", false);
        return;
    }
    (void)shutdown(s->watch.fd, SHUT_WR);
    s->phase = PHASE_LINGER;
    s->out_at = 0;
    s->alarm_us = s->loop->now_us + LINGER_US;
    if (!discard(s))
        return;
    schedule(s);
    arm(s);
}

static void end_when_sent(struct session *s, const char *reason)
{
    if (!s->reason)
        s->reason = reason;
    s->phase = PHASE_FLUSHING;
    s->alarm_us = 0;
    if (s->in)
        in_free(s);
    if (s->parted) {
        session_kill(s, s->reason, false);
        return;
    }
    if (s->out.len == 0) {
        linger(s);
        return;
    }
    arm(s);
}

/* ---- feeding ---- */

/* After each callback; true while the session goes on. */
static bool callback_end(struct session *s)
{
    s->in_callback = false;
    send_queued(s);
    if (s->broken) {
        session_kill(s, "error", true);
        return false;
    }
    if (s->reason) {
        end_when_sent(s, s->reason);
        return false;
    }
    return true;
}

/* Gives the protocol n bytes, keeps the rest, does what it says. */
static void feed(struct session *s, const uint8_t *in, size_t n)
{
    const struct protocol *p = s->service->protocol;
    callback_begin(s);
    struct feed f = p->input(s, in, n);
    size_t left = f.used <= n ? n - f.used : 0;
    if (f.status == FEED_ABORT) {
        s->in_callback = false;
        session_kill(s, "error", true);
        return;
    }
    if (f.status == FEED_CLOSE && !s->reason)
        s->reason = "server";
    s->parted = f.status == FEED_CLOSE && left == 0 && s->loop->out.len == 0 && s->out.len == 0;
    if (!callback_end(s))
        return;
    if (!in_keep(s, in + (n - left), left) || (f.status == FEED_MORE && left >= p->in_max_bytes)) {
        session_kill(s, "limit", true);
        return;
    }
    if (f.status == FEED_PAUSE && !s->feed_wanted)
        s->phase = PHASE_PAUSED;
    schedule(s);
    arm(s);
    if (s->broken)
        session_kill(s, "error", true);
}

/* After a callback that may have resumed it: feeds what is held, as often as it is resumed. */
static void feed_held(struct session *s)
{
    for (int i = 0; i < 16 && s->feed_wanted && s->phase != PHASE_DEAD; i++) {
        s->feed_wanted = false;
        if (s->phase != PHASE_OPEN && s->phase != PHASE_PAUSED)
            return;
        s->phase = PHASE_OPEN;
        if (s->in_len) {
            feed(s, s->in, s->in_len);
        } else {
            schedule(s);
            arm(s);
        }
    }
}

static ssize_t receive(struct session *s, uint8_t **ret_at)
{
    struct loop *l = s->loop;
    size_t max = s->service->protocol->in_max_bytes;
    size_t room = max > s->in_len ? max - s->in_len : 1;
    if (room > sizeof l->in)
        room = sizeof l->in;
    uint8_t *to = l->in;
    if (s->in_len) {
        if (s->in_cap == s->in_len && !in_reserve(s, (size_t)s->in_len + 1))
            return -ENOBUFS;
        if (room > s->in_cap - s->in_len)
            room = s->in_cap - s->in_len;
        to = s->in + s->in_len;
    }
    ssize_t n = recv(s->watch.fd, to, room, MSG_DONTWAIT);
    if (n < 0)
        return -errno;
    *ret_at = to;
    return n;
}

void session_readable(struct session *s)
{
    if (s->phase == PHASE_LINGER) {
        (void)discard(s);
        return;
    }
    if (s->phase != PHASE_OPEN || s->eof)
        return;
    uint8_t *at = NULL;
    ssize_t n = receive(s, &at);
    if (n == -EAGAIN || n == -EINTR)
        return;
    if (n < 0) {
        session_kill(s, n == -ENOBUFS ? "limit" : "client", n == -ENOBUFS);
        return;
    }
    if (n == 0) { /* half closed at least: what is queued still goes out */
        s->eof = true;
        end_when_sent(s, "client");
        return;
    }
    touch(s);
    s->bytes_in += (uint64_t)n;
    if (s->bytes_in > s->loop->server->bytes_in_max) {
        session_kill(s, "limit", true);
        return;
    }
    if (s->in_len)
        feed(s, s->in, (size_t)s->in_len + (size_t)n);
    else
        feed(s, at, (size_t)n);
    feed_held(s);
}

void session_timeout(struct session *s)
{
    const struct server *server = s->loop->server;
    int64_t now_us = s->loop->now_us;
    if (s->phase == PHASE_DEAD)
        return;
    if (s->alarm_us && now_us >= s->alarm_us) {
        s->alarm_us = 0;
        if (s->phase == PHASE_LINGER) {
            session_kill(s, "server", false);
            return;
        }
        callback_begin(s);
        if (s->service->protocol->timer)
            s->service->protocol->timer(s);
        if (!callback_end(s))
            return;
        touch(s); /* it answered: the client's turn to be idle begins now */
        feed_held(s);
        if (s->phase == PHASE_DEAD)
            return;
        arm(s);
    }
    if (now_us - s->opened_us >= server->life_us)
        session_kill(s, "life", false);
    else if (now_us - s->active_us >= server->idle_us)
        session_kill(s, "idle", false);
    else
        schedule(s);
}

/* ---- opening ---- */

static void refuse(struct loop *l, int fd, enum loop_count why)
{
    loop_count(l, why);
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
    close(fd);
}

static void told_open(struct session *s, const struct handover *h, const char *method)
{
    struct event *e = session_event(s, EVENT_SESSION_OPEN);
    event_str(e, EVENT_F_ORIGIN, method);
    if (h->has_isn)
        event_int(e, EVENT_F_ISN, h->isn);
    (void)event_end(e);
}

int session_new(struct loop *l, struct service *service, const struct handover *h, const struct original *o)
{
    if (sources_count(&l->sources, h->src) >= l->per_source_max) {
        refuse(l, h->fd, COUNT_REFUSED_SOURCE);
        return -EUSERS;
    }
    if (l->n_sessions >= l->sessions_max && l->lru_head) {
        loop_count(l, COUNT_SHED);
        session_kill(l->lru_head, "shed", true);
    }
    const struct protocol *p = service->protocol;
    struct session *s = calloc(1, sizeof *s);
    void *state = s && p->state_bytes ? calloc(1, p->state_bytes) : NULL;
    if (!s || (p->state_bytes && !state) || sources_add(&l->sources, h->src) == 0) {
        free(state);
        free(s);
        refuse(l, h->fd, COUNT_MEMORY);
        return -ENOMEM;
    }
    size_t arm_at = loop_arm(l, h->src, o->dst);
    *s = (struct session){.watch = {WATCH_SESSION, h->fd},
                          .loop = l,
                          .service = service,
                          .persona = l->lineup->arms[arm_at],
                          .shared = service->shared[arm_at],
                          .state = state,
                          .opened_us = l->now_us,
                          .active_us = l->now_us,
                          .id = l->next_id++,
                          .src = h->src,
                          .sport = h->sport,
                          .dst = o->dst,
                          .dport = o->dport,
                          .out = wr_of(OUT_MAX_BYTES),
                          .arena = arena_of(ARENA_MAX_BYTES),
                          .armed_in = true};
    atomic_fetch_add_explicit(&s->persona->refs, 1, memory_order_relaxed);
    service->n_sessions++;
    l->n_sessions++;
    atomic_store_explicit(&l->n_sessions_public, l->n_sessions, memory_order_relaxed);
    lru_append(l, s);
    told_open(s, h, o->method);
    if (loop_watch(l, &s->watch, EPOLLIN, false) < 0) {
        session_kill(s, "error", true);
        return -ENOMEM;
    }
    callback_begin(s);
    int rc = p->open ? p->open(s) : 0;
    if (rc < 0 && !s->reason)
        s->reason = "error";
    if (!callback_end(s))
        return rc;
    schedule(s);
    arm(s);
    return 0;
}

/* ---- what a protocol may ask for ---- */

void *session_state(struct session *s)
{
    return s->state;
}
void *session_shared(struct session *s)
{
    return s->shared;
}
struct arena *session_arena(struct session *s)
{
    return &s->arena;
}
const struct persona *session_persona(const struct session *s)
{
    return &s->persona->persona;
}
uint64_t session_id(const struct session *s)
{
    return s->id;
}
uint32_t session_src(const struct session *s)
{
    return s->src;
}
uint16_t session_sport(const struct session *s)
{
    return s->sport;
}
uint32_t session_dst(const struct session *s)
{
    return s->dst;
}
uint16_t session_dport(const struct session *s)
{
    return s->dport;
}
int64_t session_now_us(const struct session *s)
{
    return s->loop->wall_us;
}

int session_send(struct session *s, const void *bytes, size_t n)
{
    struct loop *l = s->loop;
    if (s->phase == PHASE_DEAD || !s->in_callback)
        return -EPIPE;
    wr_bytes(&l->out, bytes, n);
    if (l->out.bad || s->out.len - s->out_at + l->out.len > OUT_MAX_BYTES) {
        s->broken = true;
        s->reason = "limit";
        return -ENOBUFS;
    }
    return 0;
}

void session_set_timer(struct session *s, int64_t after_us)
{
    if (s->phase != PHASE_OPEN && s->phase != PHASE_PAUSED)
        return;
    s->alarm_us = after_us > 0 ? s->loop->now_us + after_us : 0;
    schedule(s);
}

void session_resume(struct session *s)
{
    s->feed_wanted = true;
}

void session_end(struct session *s, const char *reason)
{
    if (!s->reason)
        s->reason = reason;
}

struct event *session_event(struct session *s, enum event_type type)
{
    struct event_head head = {.type = type,
                              .ts_us = s->loop->wall_us,
                              .session = s->id,
                              .src = s->src,
                              .dst = s->dst,
                              .sport = s->sport,
                              .dport = s->dport,
                              .proto = 6};
    struct event *e = event_begin(s->loop->journal, &head);
    event_str(e, EVENT_F_SERVICE, s->service->protocol->name);
    event_str(e, EVENT_F_PERSONA, s->persona->persona.name);
    if (s->persona->arm[0])
        event_str(e, EVENT_F_ARM, s->persona->arm);
    return e;
}

/* FNV-1a, 64 bit. */
static uint64_t text_hash(const char *text)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (; *text; text++)
        h = (h ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
    return h ? h : 1;
}

void session_answered(struct session *s, const char *version)
{
    uint64_t h = text_hash(version);
    if (s->told[0] == h || s->told[1] == h)
        return;
    s->told[1] = s->told[0];
    s->told[0] = h;
    struct event *e = session_event(s, EVENT_ANSWER);
    event_str(e, EVENT_F_VERSION, version);
    (void)event_end(e);
}

void session_sample(struct session *s, const char *name, const void *bytes, size_t n)
{
    char sha256[65];
    int rc = sample_store(s->loop->journal, bytes, n, sha256);
    struct event *e = session_event(s, EVENT_SAMPLE);
    event_str(e, EVENT_F_SHA256, sha256);
    event_int(e, EVENT_F_LEN, n > INT64_MAX ? INT64_MAX : (int64_t)n);
    event_str(e, EVENT_F_NAME, name);
    if (rc < 0 && rc != -EEXIST)
        event_str(e, EVENT_F_REASON, rc == -ENOSPC ? "limit" : "error");
    (void)event_end(e);
}

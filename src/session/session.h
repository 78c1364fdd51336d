/* One accepted connection, its limits and its protocol. The loop (loop.h) owns it; a protocol holds a pointer only while
 * one of its callbacks runs. */
#ifndef HOTARU_SESSION_SESSION_H
#define HOTARU_SESSION_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "event/event.h"

struct session;
struct persona; /* config/persona.h */

enum feed_status {
    FEED_MORE,  /* keep what is left, call again when more has come */
    FEED_CLOSE, /* send what is queued, then close */
    FEED_ABORT, /* close now (RST): the peer broke the protocol */
    FEED_PAUSE, /* do not read on until session_resume() (a timer will answer) */
};
struct feed {
    enum feed_status status;
    size_t used; /* bytes of the input that are done with, <= n */
};

/* Declared by the loop, filled by each protocol; protocol/table.c lists them. */
struct protocol {
    const char *name, *doc; /* "mysql"; doc/protocol/<name>.md */
    uint16_t port;          /* default, host order; 0: none of its own (the catch-all) */
    bool udp;               /* also answers datagrams */
    size_t state_bytes;     /* zeroed per-session state, allocated at open */
    size_t in_max_bytes;    /* input held for the protocol at most; more ends the session ("limit") */
    /* Once per loop, before any session: shared state of all sessions of this loop (may be NULL). */
    int (*start)(const struct persona *persona, uint64_t seed, void **ret_shared, struct err *err);
    void (*stop)(void *shared);
    /* The persona changed (reload): sessions that are open keep what they were told. */
    int (*persona_changed)(void *shared, const struct persona *persona, struct err *err);
    int (*open)(struct session *s); /* may queue a greeting; 0 or -errno */
    struct feed (*input)(struct session *s, const uint8_t *in, size_t n);
    void (*timer)(struct session *s); /* session_set_timer() ran out */
    void (*close)(struct session *s); /* optional; what it queues is not sent any more */
    /* Optional: what a client of this persona is told the software is ("5.6.10"), for the lighting ledger; lives as long as
     * the persona. */
    const char *(*version)(const struct persona *persona);
};
extern const struct protocol
    *const protocol_table[]; /* protocol/table.c, NULL-terminated, the catch-all last */
const struct protocol *protocol_find(const char *name);

void *session_state(struct session *s);
void *session_shared(struct session *s);
struct arena *session_arena(struct session *s); /* freed at close; bounded */
const struct persona *
session_persona(const struct session *s); /* stays valid for the session's life, also over a reload */
uint64_t session_id(const struct session *s);
uint32_t session_src(const struct session *s); /* host order */
uint16_t session_sport(const struct session *s);
uint32_t session_dst(const struct session *s); /* the original destination */
uint16_t session_dport(const struct session *s);
int64_t session_now_us(const struct session *s); /* wall clock of this loop turn */

/* All of these are for use inside a callback of the session's protocol.
 * Queues a copy; it is sent when the callback returns. -ENOBUFS when the peer reads so slowly that the output cap is reached: the session then ends ("limit"). */
int session_send(struct session *s, const void *bytes, size_t n);
void session_set_timer(struct session *s,
                       int64_t after_us);                /* one timer per session, 10 ms fine; 0 stops it */
void session_resume(struct session *s);                  /* after FEED_PAUSE: input is fed again */
void session_end(struct session *s, const char *reason); /* after the queue is sent */

/* An event of this session: head filled in, service and persona added. End it with event_end(). */
struct event *session_event(struct session *s, enum event_type type);
/* The answer ledger: this source has now been told `version` by this service. Repeats within a session are dropped. */
void session_answered(struct session *s, const char *version);
/* Stores a sample, writes the sample event. */
void session_sample(struct session *s, const char *name, const void *bytes, size_t n);

#endif

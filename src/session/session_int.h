/* Shared by the files of session/ alone. */
#ifndef HOTARU_SESSION_SESSION_INT_H
#define HOTARU_SESSION_SESSION_INT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/wr.h"
#include "config/persona.h"
#include "session/loop.h"
#include "session/session.h"
#include "session/source.h"
#include "session/wheel.h"

/* What an epoll event belongs to: the first member of everything that is watched. */
enum watch_kind { WATCH_LISTENER, WATCH_DATAGRAM, WATCH_MAILBOX, WATCH_SESSION };
struct watch {
    enum watch_kind kind;
    int fd;
};

/* A persona that sessions may still hold after a reload. */
struct persona_ref {
    struct persona persona;
    char arm[64];
    atomic_uint refs;
};
struct persona_ref *persona_ref_new(const struct persona *p,
                                    const char *arm); /* with one reference; NULL: no memory */
void persona_ref_drop(struct persona_ref *r);

/* What connections can meet: one persona, or the arms of an experiment. */
struct lineup {
    struct persona_ref *arms[ARMS_MAX];
    size_t n;
    struct arm_plan plan;
};
struct lineup *lineup_new(const struct server_arms *arms); /* NULL: no memory */
void lineup_free(struct lineup *l);

/* One protocol in one loop: its shared state for each arm. An arm that a reload took away keeps its state, since sessions
 * may still use it, and gets it back when it returns. */
struct service {
    const struct protocol *protocol;
    void *shared[ARMS_MAX];
    size_t n_started;
    uint32_t n_sessions;
};

struct listener {
    struct watch watch;
    struct listen_spec spec;
    size_t service; /* index into loop->services; SIZE_MAX: datagrams are recorded only */
};

enum session_phase {
    PHASE_OPEN,
    PHASE_PAUSED,   /* FEED_PAUSE: not reading */
    PHASE_FLUSHING, /* queued bytes go out, then the end */
    PHASE_LINGER, /* our side is shut; what still comes is thrown away, so that no RST eats the last answer */
    PHASE_DEAD,   /* freed at the end of this turn */
};

struct session {
    struct watch watch;
    uint8_t phase;
    bool eof;         /* the client will send no more */
    bool feed_wanted; /* resumed: feed what is held */
    bool in_callback; /* output collects in loop->out */
    bool parted;      /* the client took its leave and nothing is left to say or hear: no need to linger */
    bool broken;      /* socket error, or the output cap was passed */
    bool armed_out;   /* epoll also waits for EPOLLOUT */
    bool armed_in;
    struct loop *loop;
    struct service *service;
    struct persona_ref *persona;
    void *shared; /* of the service, for the arm that was met */
    void *state;
    const char *reason; /* of the end; NULL while open */
    struct wheel_node timer;
    struct session *lru_prev, *lru_next;
    int64_t opened_us, active_us, alarm_us; /* monotonic; alarm_us 0: none */
    uint64_t id, bytes_in, bytes_out;
    uint64_t told[2]; /* hashes of the versions that were answered last */
    uint32_t src, dst;
    uint16_t sport, dport;
    uint32_t in_len, in_cap, out_at;
    uint8_t *in;   /* held input; NULL when none */
    struct wr out; /* what the socket did not take */
    struct arena arena;
};

/* A connection on its way to the loop that owns its source. */
struct handover {
    int fd;
    uint32_t listener;
    uint32_t src, local_ip;
    uint16_t sport, local_port;
    bool has_isn;
    uint32_t isn;
};
_Static_assert(sizeof(struct handover) <= 512, "one write to a pipe is whole up to PIPE_BUF");

enum loop_count {
    COUNT_REFUSED_SOURCE,
    COUNT_REFUSED_STRAY,
    COUNT_REFUSED_FULL,
    COUNT_SHED,
    COUNT_LIMIT,
    COUNT_NO_SYN,
    COUNT_ACCEPT,
    COUNT_DATAGRAM,
    COUNT_HANDOVER,
    COUNT_MEMORY,
    COUNT_OF_COUNTS
};

#define IN_CHUNK_BYTES  (64u * 1024)
#define OUT_MAX_BYTES   (32u * 1024 * 1024)
#define ARENA_MAX_BYTES (64u * 1024 * 1024)

struct server {
    struct loop **loops;
    unsigned n_loops, n_started;
    pthread_t *threads;
    const struct config *config;
    struct listen_spec *listen; /* with the port that was bound */
    int *listen_fds;
    size_t n_listen;
    uint64_t key; /* of source_hash */
    uint64_t seed;
    int64_t idle_us, life_us;
    uint64_t bytes_in_max, bytes_out_max;
};

struct loop {
    struct server *server;
    unsigned index;
    int epoll_fd, mail_read_fd, mail_write_fd, spare_fd;
    struct watch mailbox;
    struct listener *listeners; /* this loop's watches over the server's sockets */
    size_t n_listeners;
    struct service *services;
    size_t n_services;
    struct journal *journal;
    struct lineup *lineup;
    uint64_t period; /* of the experiment's plan */
    struct sources sources;
    struct wheel wheel;
    struct session *lru_head, *lru_tail; /* head: idle the longest */
    struct session *dead;
    uint32_t n_sessions, sessions_max, per_source_max;
    uint64_t next_id;
    uint64_t held_bytes, held_max_bytes; /* input and output kept for sessions */
    int64_t now_us, wall_us;             /* monotonic and wall clock of this turn */
    int64_t tick_us, counts_us, datagram_second_us;
    uint32_t datagrams; /* recorded in this second */
    uint64_t counts[COUNT_OF_COUNTS];
    bool accept_paused, journal_failed;
    int64_t accept_again_us;
    int64_t lit_us; /* lighting ledger: since when, wall clock; 0: dark; loop 0 alone */
    _Atomic(struct lineup *) next_lineup; /* left here by server_reload() */
    atomic_bool stop_wanted;
    struct wr out; /* output of the callback that runs */
    uint8_t in[IN_CHUNK_BYTES];
    atomic_uint n_sessions_public;
};

/* session.c */
/* Takes h->fd over, also on failure. */
int session_new(struct loop *l, struct service *service, const struct handover *h, const struct original *o);
void session_readable(struct session *s);
void session_writable(struct session *s);
void session_timeout(struct session *s);
/* Ends it now: close event, socket closed, memory freed at the end of the turn. */
void session_kill(struct session *s, const char *reason, bool reset);
void session_bury(struct loop *l); /* frees the dead ones */

/* accept.c */
void accept_ready(struct loop *l, struct listener *at);
void accept_mail(struct loop *l);
void accept_resume(struct loop *l); /* when a shortage has passed */
bool accept_original(const struct loop *l, const struct listener *at, uint8_t proto, uint32_t ip,
                     uint16_t port, struct original *ret);
/* datagram.c */
void datagram_ready(struct loop *l, struct listener *at);
/* lineup.c */
size_t loop_arm(const struct loop *l, uint32_t src, uint32_t dst);
void lineup_change(struct loop *l, struct lineup *next); /* takes next over */
void lineup_tick(struct loop *l);                        /* a new period: the lighting ledger says so */
int lineup_start(struct loop *l, struct service *s, const struct lineup *arms, struct err *err);
/* lighting.c: the ledger rows of the server's points and services; now is the wall clock */
void lighting_begin(struct loop *l);
void lighting_end(struct loop *l);
/* loop.c */
int loop_open(struct loop *l, struct server *server, unsigned index, const struct server_options *o,
              struct err *err);
/* Frees l, also one that loop_open() failed on. */
int loop_close(struct loop *l, struct err *err);
void *loop_run(void *loop);
void loop_wake(struct loop *l);
void loop_count(struct loop *l, enum loop_count c);
int loop_watch(struct loop *l, struct watch *w, uint32_t events, bool change);

#endif

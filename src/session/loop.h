/* The loops that accept, feed and end sessions: one per core, each owning the sources that hash to it, so that all state
 * of a source is touched by one thread and needs no lock. */
#ifndef HOTARU_SESSION_LOOP_H
#define HOTARU_SESSION_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "config/config.h"
#include "event/event.h"
#include "session/arms.h"
#include "session/session.h"

/* One socket to listen on. */
struct listen_spec {
    uint32_t ip;                     /* host order; 0: every address */
    uint16_t port;                   /* 0: the kernel chooses (tests) */
    uint8_t proto;                   /* 6, 17 */
    bool transparent;                /* TPROXY delivers here: IP_TRANSPARENT, destination from the socket */
    const struct protocol *protocol; /* UDP: NULL; datagrams are recorded, never answered */
};

/* Where a connection was really going, and how we know: "port-map", "alias", "local", "tproxy". */
struct original {
    uint32_t dst;
    uint16_t dport;
    const char *method;
};

/* One arm of an experiment, and all of them. Outside an experiment: one, without a name. */
struct server_arm {
    const struct persona *persona;
    const char *name;
};
struct server_arms {
    const struct server_arm *arms; /* 1 to ARMS_MAX */
    size_t n;
    struct arm_plan plan;
};

struct server_options {
    const struct listen_spec *listen; /* borrowed for the call */
    size_t n_listen;
    const struct protocol *const
        *services; /* all that answer, in the order of the configuration: a connection that TPROXY
                                             * brings is given to the one whose port it asked for, else to listen's own */
    size_t n_services;
    const struct config *config;   /* points and gateway form; borrowed for the server's life */
    const struct persona *persona; /* copied */
    const char *arm;               /* "" outside experiments */
    const struct server_arms *arms; /* copied; NULL: the persona above is the only arm */
    const char *store_dir, *instance;
    unsigned n_loops;                 /* 0: one per core */
    uint32_t sessions_max;            /* 0: what the file limit allows, at most 1,000,000 */
    uint32_t sessions_per_source_max; /* 0: 256 */
    uint32_t idle_s, life_s;          /* 0: 60, 3600 */
    uint64_t bytes_in_max;            /* per session; 0: 128 MiB */
    uint64_t bytes_out_max;           /* 0: 256 MiB */
    uint64_t held_max_bytes;          /* all buffers together; 0: 256 MiB */
    uint64_t seed;                    /* of the protocols' draws */
};

struct server;
/* Opens journals and sockets; no thread yet, so that the caller can drop privileges before server_start(). */
int server_open(const struct server_options *options, struct server **ret, struct err *err);
/* Starts the threads. */
int server_start(struct server *s, struct err *err);
/* New sessions meet this persona, open ones keep theirs. Writes the lighting ledger. */
int server_reload(struct server *s, const struct persona *persona, const char *arm, struct err *err);
/* The same with all arms: a connection meets the arm that the plan gives it. */
int server_reload_arms(struct server *s, const struct server_arms *arms, struct err *err);
/* Ends every session ("stop"), joins the threads, closes the journals, frees. */
int server_stop(struct server *s, struct err *err);

size_t server_sessions(const struct server *s); /* open now */
/* The port of listener i, for tests that let the kernel choose. */
uint16_t server_port(const struct server *s, size_t i);

#endif

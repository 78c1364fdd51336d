/* How a source behaves, apart from how its packets are carried: the lab's actors carry a behaviour live (sockets, raw
 * packets), the simulator carries the same one offline.
 *
 * A behaviour is a seeded state machine: the carrier asks for the next action, carries it out at its time, and tells what
 * came of it. It knows neither sockets nor clocks; times are µs since its start. Same seed, same parameters and same
 * outcomes at the same times give the same actions on every machine. */
#ifndef HOTARU_LAB_BEHAVIOUR_H
#define HOTARU_LAB_BEHAVIOUR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/rng.h"

enum action_kind {
    ACTION_PACKET,   /* one stateless packet, given whole from the IP header on */
    ACTION_DIALOGUE, /* a connection carried by a real TCP client: see enum dialogue */
    ACTION_WAIT,     /* nothing until at_us, or until an outcome comes */
    ACTION_END       /* the source is done */
};

enum dialogue {
    DIALOGUE_CONNECT,       /* connect, close: nothing said */
    DIALOGUE_SMB_NEGOTIATE, /* connect, SMB negotiate; answered = a negotiate response came */
    DIALOGUE_MYSQL_VERSION, /* connect, login, set autocommit=0, select version(), drop function …, use mysql */
};

#define ACTION_PACKET_MAX 1500
struct action {
    enum action_kind kind;
    int64_t at_us;         /* not before; never smaller than the at_us of the action before */
    uint32_t src, dst;     /* host order */
    uint16_t sport, dport; /* sport 0: the carrier chooses */
    enum dialogue dialogue;
    uint8_t ttl; /* dialogues: TTL at the telescope's edge; 0: the kernel's own. Packets hold theirs */
    bool
        broken_ip; /* no IP header can be read from it (version, IHL, total length): it becomes no row, and only a
                             * layer-2 copy shows it */
    size_t packet_len_bytes;
    uint8_t
        packet[ACTION_PACKET_MAX]; /* IPv4 packet, checksums right unless the behaviour wants them wrong */
};

/* What came of a dialogue (stateless packets have no outcome: their source does not listen). */
enum outcome_kind {
    OUTCOME_SILENCE,   /* nothing came back within the carrier's time-out */
    OUTCOME_REFUSED,   /* RST, or an ICMP error that ended the connect */
    OUTCOME_CONNECTED, /* the handshake was completed, the dialogue was not */
    OUTCOME_ANSWERED   /* the dialogue was completed */
};
struct outcome {
    int64_t at_us;
    uint32_t dst;
    uint16_t dport;
    enum outcome_kind kind;
    char version[64]; /* MySQL: what select version() said */
};
const char *outcome_name(enum outcome_kind kind); /* "silence", "refused", "connected", "answered" */

/* What a behaviour decided, for the truth file. */
enum note_kind {
    NOTE_SWEEP_BEGIN, /* net: the /24; ip: the address whose answer caused it; n: pass, from 1 */
    NOTE_SWEEP_END,   /* net; n: addresses asked */
    NOTE_PHASE        /* text: the phase that begins; ip: who told; version: what it told */
};
struct note {
    enum note_kind kind;
    int64_t at_us;
    struct ip4_prefix net;
    uint32_t ip, n;
    const char *text, *version; /* borrowed for the call; "" when there is none */
};

struct behaviour_params {
    uint64_t seed;
    struct ip4_prefix darknet;
    struct ip4_prefix
        sources;        /* addresses the actor may use as its own; 0.0.0.0/0: any global unicast address */
    uint32_t n_sources; /* how many of them; 0: the behaviour's default; never more than the prefix has */
    double exponent;    /* crowds: the k-th source's share ~ k^-exponent (Zipf); 0: the behaviour's default */
    uint16_t dport;     /* 0: the behaviour's default ports */
    uint32_t passes;    /* whole-darknet scanners: how often each address is asked; 0: once */
    int64_t length_us;  /* how long the run is; > 0. The behaviour scales its pace to fill it */
    double rate_pps;    /* mean rate of new actions while active; 0: the behaviour's default for length_us */
    bool effects;       /* false: reacts to no answer (hotaru lab --no-effects) */
    void (*note)(void *to, const struct note *n); /* NULL: nobody listens */
    void *note_to;
};

/* Rates that a behaviour chooses by itself stay below this (one machine carries the whole cast). */
#define BEHAVIOUR_RATE_MAX_PPS 3000.0

struct behaviour {
    const char *name, *doc;
    size_t state_bytes;
    bool stateful; /* makes dialogues: the host must own the source addresses */
    /* state: state_bytes, zeroed, aligned to 16. 0, or -EINVAL (darknet or sources too small), -ENOMEM. After a failure
     * done is called too. */
    int (*start)(void *state, const struct behaviour_params *params);
    /* Fills *ret (packet[] only up to packet_len_bytes). Called when the action before was begun, not when its outcome
     * is known; after ACTION_WAIT at at_us or when an outcome came; not again after ACTION_END. */
    void (*next)(void *state, int64_t now_us, struct action *ret);
    void (*outcome)(void *state, const struct outcome *o); /* NULL: does not care about answers */
    void (*done)(void *state);                             /* NULL: nothing to free */
};
extern const struct behaviour *const behaviour_table[]; /* behaviour/table.c, NULL-terminated */
const struct behaviour *behaviour_find(const char *name);

#endif

/* How a source behaves, apart from how its packets are carried: the lab's actors carry a behaviour live (sockets, raw
 * packets), the simulator carries the same one offline.
 *
 * A behaviour is a seeded state machine: the carrier asks for the next action, carries it out at its time, and tells what
 * came of it. It knows neither sockets nor clocks; times are µs since its start. */
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
    int64_t at_us;          /* not before */
    uint32_t src, dst;      /* host order */
    uint16_t sport, dport;  /* sport 0: the carrier chooses */
    enum dialogue dialogue;
    size_t packet_len_bytes;
    uint8_t packet[ACTION_PACKET_MAX]; /* IPv4 packet, checksums right unless the behaviour wants them wrong */
};

/* What came of a dialogue (stateless packets have no outcome: their source does not listen). */
struct outcome {
    int64_t at_us;
    uint32_t dst;
    uint16_t dport;
    enum { OUTCOME_SILENCE, OUTCOME_REFUSED, OUTCOME_CONNECTED, OUTCOME_ANSWERED } kind;
    char version[64];       /* MySQL: what select version() said */
};

struct behaviour_params {
    uint64_t seed;
    struct ip4_prefix darknet;
    struct ip4_prefix sources;   /* addresses the actor may use as its own */
    int64_t length_us;           /* how long the run is */
    double rate_pps;             /* 0: the behaviour's default */
    bool effects;                /* false: reacts to no answer (hotaru lab --no-effects) */
};

struct behaviour {
    const char *name, *doc;
    size_t state_bytes;
    void (*start)(void *state, const struct behaviour_params *params);
    void (*next)(void *state, int64_t now_us, struct action *ret);
    void (*outcome)(void *state, const struct outcome *o); /* NULL: does not care about answers */
};
extern const struct behaviour *const behaviour_table[]; /* NULL-terminated */
const struct behaviour *behaviour_find(const char *name);

#endif

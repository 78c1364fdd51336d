/* What an actor really did, as JSON: doc/format/actor-truth.md. Raw packets are counted here; the kernel's own packets of
 * dialogues (handshakes, data, FIN, RST) are not, the lab counts these on the wire. */
#ifndef HOTARU_LAB_ACTOR_TRUTH_H
#define HOTARU_LAB_ACTOR_TRUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ip.h"
#include "lab/behaviour.h"

/* Longer maps (per destination, per source) are left out of the JSON, which then says "left_out" and their length. */
#define ACTOR_TRUTH_MAP_MAX 300000

struct truth_source { /* a slot of the hash table; raw + broken + connects is 0 in an empty one */
    uint32_t src;
    uint64_t raw, broken, connects;
};
struct truth_dialogue {
    int64_t begin_us, end_us; /* since the actor's start */
    uint32_t src, dst;
    uint16_t sport, dport;
    enum dialogue kind;
    enum outcome_kind outcome;
    char version[24];
};
struct truth_sweep {
    struct ip4_prefix net;
    uint32_t from, pass, asked;
    int64_t begin_us, end_us; /* end_us -1: cut by the end of the run */
};
struct truth_phase {
    int64_t at_us;
    uint32_t by, known;
    char name[24], version[24];
};

struct actor_truth {
    char name[64];
    const char *behaviour;
    bool simulated;
    uint64_t seed;
    struct ip4_prefix darknet, sources;
    bool effects;
    int64_t start_ts_us, end_ts_us; /* wall clock, UTC */
    uint64_t raw_packets, raw_bytes, broken_packets, send_errors;
    uint64_t connects, outcomes[4], connect_errors, unfinished;
    uint32_t *raw_per_dst, *broken_per_dst, *connects_per_dst; /* by offset in the darknet; owned */
    uint64_t elsewhere;                /* packets and connects to outside the darknet: none is meant */
    struct truth_source *sources_seen; /* open addressing; owned */
    size_t n_sources, cap_sources;
    struct truth_dialogue *dialogues; /* those that were not met with silence; owned */
    size_t n_dialogues, cap_dialogues;
    struct truth_sweep *sweeps;
    size_t n_sweeps, cap_sweeps;
    struct truth_phase *phases;
    size_t n_phases, cap_phases;
    bool out_of_memory; /* something could not be noted: writing fails */
};

/* 0 or -ENOMEM. */
int actor_truth_init(struct actor_truth *t, const char *name, const struct behaviour *b,
                     const struct behaviour_params *params);
void actor_truth_packet(struct actor_truth *t,
                        const struct action *a); /* a raw packet was handed to the wire */
void actor_truth_connect(struct actor_truth *t, const struct action *a); /* a connect() was begun */
void actor_truth_dialogue(struct actor_truth *t, const struct truth_dialogue *d);
void actor_truth_note(void *truth, const struct note *n); /* as behaviour_params.note */
/* Writes the file whole. -ENOMEM when notes were lost; else as io_replace_file. */
int actor_truth_write(const struct actor_truth *t, const char *path, struct err *err);
/* The same as a jansson object, a new reference (struct json_t *); NULL without memory. */
struct json_t *actor_truth_json(const struct actor_truth *t);
void actor_truth_done(struct actor_truth *t);

#endif

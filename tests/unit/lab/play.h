/* Plays a behaviour through the offline carrier against a small world: some lit addresses, a version that may change. */
#ifndef HOTARU_TESTS_LAB_PLAY_H
#define HOTARU_TESTS_LAB_PLAY_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka_all.h"
#include "lab/behaviour.h"
#include "lab/carrier_offline.h"
#include "lab/packet.h"

#define DARKNET ((struct ip4_prefix){0x0a4d0000, 18}) /* 10.77.0.0/18 */
#define SOURCES ((struct ip4_prefix){0x18f20000, 16}) /* 24.242.0.0/16 */
#define POINTS  32
#define SECOND  INT64_C(1000000)

struct world {
    int64_t switch_us; /* when the version changes; 0: never */
    int64_t latency_us;
    unsigned dialogues_lit; /* asked */
};

/* One point in every second /24, its last octet from the index. */
static inline uint32_t point_at(unsigned i)
{
    return DARKNET.base + i * 512 + (i * 37 + 11) % 256;
}
static inline int is_point(uint32_t ip)
{
    uint32_t offset = ip - DARKNET.base;
    return ip4_in(ip, DARKNET) && offset / 512 < POINTS && ip == point_at(offset / 512);
}

static inline void world_answer(void *to, const struct action *a, struct outcome *ret)
{
    struct world *w = to;
    if (!is_point(a->dst))
        return;
    w->dialogues_lit++;
    ret->kind = OUTCOME_ANSWERED;
    ret->at_us = a->at_us + w->latency_us;
    (void)snprintf(ret->version, sizeof ret->version, "%s",
                   w->switch_us && a->at_us >= w->switch_us ? "5.1.54" : "5.6.10");
}

struct step { /* an action without its packet */
    int64_t at_us;
    enum action_kind kind;
    uint32_t src, dst;
    uint16_t sport, dport;
    bool broken_ip;
    size_t len_bytes;
};
struct play {
    struct step *steps;
    size_t n;
};

/* All actions of a run; visit (may be NULL) sees each whole. */
static inline struct play play(const char *name, const struct behaviour_params *params, struct world *w,
                               void (*visit)(void *to, const struct action *a), void *to)
{
    static struct action a;
    struct offline o;
    size_t cap = 1024;
    struct play p = {.steps = malloc(cap * sizeof *p.steps)};
    const struct behaviour *b = behaviour_find(name);
    assert_non_null(b);
    assert_non_null(p.steps);
    assert_int_equal(offline_init(&o, b, params, w ? world_answer : NULL, w), 0);
    int64_t before_us = 0;
    while (offline_next(&o, &a) == 1) {
        assert_true(a.at_us >= before_us);
        assert_true(a.at_us < params->length_us);
        before_us = a.at_us;
        if (p.n == cap) {
            p.steps = realloc(p.steps, (cap *= 2) * sizeof *p.steps);
            assert_non_null(p.steps);
        }
        p.steps[p.n++] =
            (struct step){a.at_us, a.kind, a.src, a.dst, a.sport, a.dport, a.broken_ip, a.packet_len_bytes};
        if (visit)
            visit(to, &a);
    }
    offline_done(&o);
    return p;
}

static inline struct behaviour_params params_of(uint64_t seed)
{
    return (struct behaviour_params){
        .seed = seed, .darknet = DARKNET, .sources = SOURCES, .length_us = 100 * SECOND, .effects = true};
}

#endif

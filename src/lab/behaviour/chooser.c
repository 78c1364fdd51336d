/* A source on TCP 3306 that chooses by the version it is told (figures 7 and 8 of the paper). Random over the darknet,
 * pass after pass, remembering who answered. A version without known holes (5.6.10) changes nothing. The first version
 * with known holes (5.1.54) makes it return to the answering addresses it knows, and to them only, several rounds; then
 * it scans the darknet again and leaves them out. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab/behaviour/draw.h"
#include "lab/behaviour/table.h"

enum { PORT_MYSQL = 3306, KNOWN_MAX = 4096, ROUNDS = 4 };
#define PASS_SHARE    0.40 /* of the run for one random pass over the whole darknet */
#define REVISIT_SHARE 0.10 /* of the run for the rounds over the known addresses */

enum phase { PHASE_SCAN, PHASE_REVISIT, PHASE_AVOID };

struct chooser {
    struct behaviour_params params;
    struct rng targets, times;
    struct pace pace;
    double scan_gap_us;
    uint32_t src;
    uint16_t dport;
    uint8_t ttl;
    enum phase phase;
    struct permutation order;
    uint64_t i_order;
    uint32_t known[KNOWN_MAX]; /* ascending */
    size_t n_known;
    uint32_t round[KNOWN_MAX]; /* a copy of known, shuffled per round */
    size_t n_round, i_round, rounds_left;
};

static int chooser_start(void *state, const struct behaviour_params *params)
{
    struct chooser *c = state;
    c->params = *params;
    c->targets = rng_of(params->seed, "chooser targets");
    c->times = rng_of(params->seed, "chooser times");
    struct rng self = rng_of(params->seed, "chooser self");
    int rc = draw_source(params, &self, &c->src);
    if (rc < 0)
        return rc;
    c->ttl = (uint8_t)(128 - draw_hops(params->seed, c->src));
    c->dport = params->dport ? params->dport : PORT_MYSQL;
    double rate = draw_rate(params, (double)ip4_prefix_size(params->darknet) / PASS_SHARE);
    c->pace = pace_of(rate, rng_unit(&self) * 0.01 * (double)params->length_us, false);
    c->scan_gap_us = c->pace.gap_us;
    c->order = permutation_of(ip4_prefix_size(params->darknet), &c->targets);
    return 0;
}

static size_t known_at(const struct chooser *c, uint32_t ip) /* where ip is, or would be put */
{
    size_t low = 0, high = c->n_known;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (c->known[mid] < ip)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static bool is_known(const struct chooser *c, uint32_t ip)
{
    size_t i = known_at(c, ip);
    return i < c->n_known && c->known[i] == ip;
}

static void learn(struct chooser *c, uint32_t ip)
{
    size_t i = known_at(c, ip);
    if (c->n_known == KNOWN_MAX || (i < c->n_known && c->known[i] == ip))
        return;
    memmove(c->known + i + 1, c->known + i, (c->n_known - i) * sizeof *c->known);
    c->known[i] = ip;
    c->n_known++;
}

/* Holes that a UDF attacker of 2013 could count on: before 5.5. */
static bool has_known_holes(const char *version)
{
    char *dot;
    long major = strtol(version, &dot, 10);
    if (dot == version || *dot != '.')
        return false;
    return major < 5 || (major == 5 && strtol(dot + 1, NULL, 10) < 5);
}

static void tell(const struct chooser *c, int64_t at_us, const char *phase, uint32_t by, const char *version)
{
    struct note note = {NOTE_PHASE, at_us, c->params.darknet, by, (uint32_t)c->n_known, phase, version};
    if (c->params.note)
        c->params.note(c->params.note_to, &note);
}

static void begin_round(struct chooser *c)
{
    memcpy(c->round, c->known, c->n_known * sizeof *c->known);
    c->n_round = c->n_known;
    c->i_round = 0;
    rng_shuffle_u32(&c->targets, c->round, c->n_round);
}

static void chooser_outcome(void *state, const struct outcome *o)
{
    struct chooser *c = state;
    if (o->kind != OUTCOME_ANSWERED || o->dport != c->dport)
        return;
    learn(c, o->dst);
    if (!c->params.effects || c->phase != PHASE_SCAN || !has_known_holes(o->version))
        return;
    c->phase = PHASE_REVISIT;
    c->rounds_left = ROUNDS;
    begin_round(c);
    c->pace.gap_us = REVISIT_SHARE * (double)c->params.length_us / (double)(ROUNDS * c->n_known);
    c->pace.regular = true;
    tell(c, o->at_us, "revisit", o->dst, o->version);
}

static void begin_avoid(struct chooser *c, int64_t at_us)
{
    c->phase = PHASE_AVOID;
    c->pace.gap_us = c->scan_gap_us;
    c->pace.regular = false;
    c->order = permutation_of(c->order.n, &c->targets);
    c->i_order = 0;
    tell(c, at_us, "avoid", 0, "");
}

static uint32_t next_scanned(struct chooser *c)
{
    if (c->i_order == c->order.n) {
        c->order = permutation_of(c->order.n, &c->targets);
        c->i_order = 0;
    }
    return c->params.darknet.base + (uint32_t)permutation_at(&c->order, c->i_order++);
}

static bool next_dst(struct chooser *c, int64_t at_us, uint32_t *ret)
{
    if (c->phase == PHASE_REVISIT && c->i_round == c->n_round) {
        if (--c->rounds_left > 0)
            begin_round(c);
        else
            begin_avoid(c, at_us);
    }
    if (c->phase == PHASE_REVISIT) {
        *ret = c->round[c->i_round++];
        return true;
    }
    for (uint64_t tries = 0; tries <= c->order.n; tries++) {
        *ret = next_scanned(c);
        if (c->phase == PHASE_SCAN || !is_known(c, *ret))
            return true;
    }
    return false; /* it knows every address of the darknet */
}

static void chooser_next(void *state, int64_t now_us, struct action *ret)
{
    struct chooser *c = state;
    int64_t at = pace_next(&c->pace, &c->times, now_us);
    uint32_t dst;
    if (at >= c->params.length_us || !next_dst(c, at, &dst))
        action_end(ret, at);
    else
        action_dialogue(ret, at, DIALOGUE_MYSQL_VERSION, c->src, dst, c->dport, c->ttl);
}

const struct behaviour behaviour_chooser = {
    .name = "chooser",
    .doc = "random on TCP 3306; told an old MySQL it returns to whom it knows, then scans without them",
    .state_bytes = sizeof(struct chooser),
    .stateful = true,
    .start = chooser_start,
    .next = chooser_next,
    .outcome = chooser_outcome,
};

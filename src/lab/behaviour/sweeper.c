/* A worm-like source on TCP 445: random over the darknet; where an address completes an SMB negotiate, it sweeps that /24
 * in order, goes on at random, and comes back to the same /24 once more later (figures 3 to 6 of the paper). */
#include <errno.h>
#include <stddef.h>

#include "lab/behaviour/draw.h"
#include "lab/behaviour/table.h"

enum { PORT_SMB = 445, JOBS_MAX = 64, PASSES = 2, RECENT = 8 };
#define TOTAL 20000 /* packets of a run without a rate of its own */
/* A sweep's own answers may come in this long after its last question; they start no new sweep. */
#define SETTLE_US INT64_C(3000000)

struct sweep_job {
    struct ip4_prefix net;
    uint32_t from; /* whose answer caused it */
    int64_t due_us;
    uint32_t pass;
};

struct sweeper {
    struct behaviour_params params;
    struct rng targets, times;
    struct pace pace;
    double random_gap_us, sweep_gap_us;
    uint32_t src, first_octet;
    uint16_t dport;
    uint8_t ttl;
    struct sweep_job jobs[JOBS_MAX]; /* waiting, in no order */
    size_t n_jobs;
    bool sweeping;
    struct sweep_job now;
    uint64_t next, end; /* addresses left of the sweep, host order */
    uint32_t asked;
    struct {
        struct ip4_prefix net;
        int64_t until_us;
    } recent[RECENT];
    size_t i_recent;
};

static int sweeper_start(void *state, const struct behaviour_params *params)
{
    struct sweeper *s = state;
    s->params = *params;
    s->targets = rng_of(params->seed, "sweeper targets");
    s->times = rng_of(params->seed, "sweeper times");
    struct rng self = rng_of(params->seed, "sweeper self");
    int rc = draw_source(params, &self, &s->src);
    if (rc < 0)
        return rc;
    s->first_octet = (uint32_t)rng_below(&self, 2);
    s->ttl = (uint8_t)(128 - draw_hops(params->seed, s->src));
    s->dport = params->dport ? params->dport : PORT_SMB;
    double rate = draw_rate(params, TOTAL);
    s->pace = pace_of(rate, rng_unit(&self) * 0.02 * (double)params->length_us, false);
    s->random_gap_us = s->pace.gap_us;
    s->sweep_gap_us = s->random_gap_us / (0.9 + 0.5 * rng_unit(&self));
    return 0;
}

static bool same_net(struct ip4_prefix a, struct ip4_prefix b)
{
    return a.base == b.base && a.len_bits == b.len_bits;
}

static bool is_known(const struct sweeper *s, struct ip4_prefix net, int64_t now_us)
{
    if (s->sweeping && same_net(s->now.net, net))
        return true;
    for (size_t i = 0; i < s->n_jobs; i++)
        if (same_net(s->jobs[i].net, net))
            return true;
    for (size_t i = 0; i < RECENT; i++)
        if (s->recent[i].until_us > now_us && same_net(s->recent[i].net, net))
            return true;
    return false;
}

static void sweeper_outcome(void *state, const struct outcome *o)
{
    struct sweeper *s = state;
    if (!s->params.effects || o->kind != OUTCOME_ANSWERED || o->dport != s->dport || s->n_jobs == JOBS_MAX)
        return;
    struct ip4_prefix net = {o->dst & ip4_mask(24), 24};
    if (s->params.darknet.len_bits > 24)
        net = s->params.darknet;
    if (!is_known(s, net, o->at_us))
        s->jobs[s->n_jobs++] = (struct sweep_job){net, o->dst, o->at_us, 1};
}

/* The job that has been due longest, taken off the list. */
static bool take_job(struct sweeper *s, int64_t now_us, struct sweep_job *ret)
{
    size_t best = s->n_jobs;
    for (size_t i = 0; i < s->n_jobs; i++)
        if (s->jobs[i].due_us <= now_us && (best == s->n_jobs || s->jobs[i].due_us < s->jobs[best].due_us))
            best = i;
    if (best == s->n_jobs)
        return false;
    *ret = s->jobs[best];
    s->jobs[best] = s->jobs[--s->n_jobs];
    return true;
}

static void tell(const struct sweeper *s, enum note_kind kind, int64_t at_us, uint32_t n)
{
    struct note note = {kind, at_us, s->now.net, s->now.from, n, "", ""};
    if (s->params.note)
        s->params.note(s->params.note_to, &note);
}

static void sweep_begin(struct sweeper *s, int64_t at_us)
{
    s->sweeping = true;
    s->next = s->now.net.base + (s->now.net.len_bits == 24 ? s->first_octet : 0);
    s->end = s->now.net.base + ip4_prefix_size(s->now.net);
    s->asked = 0;
    s->pace.gap_us = s->sweep_gap_us;
    s->pace.regular = true;
    tell(s, NOTE_SWEEP_BEGIN, at_us, s->now.pass);
}

static void sweep_end(struct sweeper *s, int64_t at_us)
{
    tell(s, NOTE_SWEEP_END, at_us, s->asked);
    s->sweeping = false;
    s->pace.gap_us = s->random_gap_us;
    s->pace.regular = false;
    s->recent[s->i_recent].net = s->now.net;
    s->recent[s->i_recent].until_us = at_us + SETTLE_US;
    s->i_recent = (s->i_recent + 1) % RECENT;
    if (s->now.pass < PASSES && s->n_jobs < JOBS_MAX) {
        double wait = (0.04 + 0.16 * rng_unit(&s->times)) * (double)s->params.length_us;
        s->jobs[s->n_jobs++] =
            (struct sweep_job){s->now.net, s->now.from, at_us + (int64_t)wait, s->now.pass + 1};
    }
}

static void sweeper_next(void *state, int64_t now_us, struct action *ret)
{
    struct sweeper *s = state;
    int64_t at = pace_next(&s->pace, &s->times, now_us);
    if (at >= s->params.length_us) {
        if (s->sweeping)
            tell(s, NOTE_SWEEP_END, at, s->asked);
        s->sweeping = false;
        action_end(ret, at);
        return;
    }
    if (!s->sweeping && take_job(s, at, &s->now))
        sweep_begin(s, at);
    uint32_t dst = s->sweeping ? (uint32_t)s->next : draw_dst(&s->targets, s->params.darknet);
    action_dialogue(ret, at, DIALOGUE_SMB_NEGOTIATE, s->src, dst, s->dport, s->ttl);
    if (s->sweeping) {
        s->asked++;
        if (++s->next == s->end)
            sweep_end(s, at);
    }
}

const struct behaviour behaviour_sweeper = {
    .name = "sweeper",
    .doc = "random on TCP 445; sweeps the /24 of an address that completes an SMB negotiate",
    .state_bytes = sizeof(struct sweeper),
    .stateful = true,
    .start = sweeper_start,
    .next = sweeper_next,
    .outcome = sweeper_outcome,
};

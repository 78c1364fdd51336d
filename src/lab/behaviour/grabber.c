/* Banner grabbers: the indifferent twins of sweeper and chooser. Real connections to random addresses on TCP 445 or 3306,
 * the dialogue carried through where somebody answers, and then the next random address, whatever was said. Sources that
 * were answered and did not change: what the affected ones are compared with. */
#include "lab/behaviour/draw.h"
#include "lab/behaviour/table.h"

enum { SOURCES = 12 };
#define TOTAL 5000

struct grabber {
    struct behaviour_params params;
    struct rng targets, times;
    struct pace pace;
    struct crowd crowd;
};

static int grabber_start(void *state, const struct behaviour_params *params)
{
    struct grabber *g = state;
    g->params = *params;
    g->targets = rng_of(params->seed, "grabber targets");
    g->times = rng_of(params->seed, "grabber times");
    struct rng self = rng_of(params->seed, "grabber self");
    g->pace = pace_of(draw_rate(params, TOTAL), 0, false);
    return crowd_init(&g->crowd, params, SOURCES, 0.7, &self);
}

static void grabber_next(void *state, int64_t now_us, struct action *ret)
{
    struct grabber *g = state;
    int64_t at = pace_next(&g->pace, &g->times, now_us);
    if (at >= g->params.length_us) {
        action_end(ret, at);
        return;
    }
    uint32_t src = g->crowd.address[crowd_pick(&g->crowd, &g->targets)],
             dst = draw_dst(&g->targets, g->params.darknet);
    uint16_t dport = g->params.dport ? g->params.dport : draw_hash(g->params.seed, src) & 1 ? 445 : 3306;
    enum dialogue d = dport == 445    ? DIALOGUE_SMB_NEGOTIATE
                      : dport == 3306 ? DIALOGUE_MYSQL_VERSION
                                      : DIALOGUE_CONNECT;
    action_dialogue(ret, at, d, src, dst, dport, (uint8_t)(64 - draw_hops(g->params.seed, src)));
}

static void grabber_done(void *state)
{
    struct grabber *g = state;
    crowd_done(&g->crowd);
}

const struct behaviour behaviour_grabber = {
    .name = "grabber",
    .doc = "real connections on TCP 445 or 3306, random targets; answered, but does not care",
    .state_bytes = sizeof(struct grabber),
    .stateful = true,
    .start = grabber_start,
    .next = grabber_next,
    .done = grabber_done,
};

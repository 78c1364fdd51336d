#include "lab/roster.h"

#include <errno.h>
#include <string.h>

#include "base/rng.h"

const struct roster_entry roster_demo[] = {
    /* the paper's three sources; the first sends most to TCP 445, the second second-most (figure 3) */
    {"sweeper-1", "sweeper", "24.242.0.0/16", 1, 445, 24000},
    {"sweeper-2", "sweeper", "91.74.0.0/16", 1, 445, 17500},
    {"chooser-1", "chooser", "116.254.0.0/16", 1, 3306, 0},
    /* controls: they do not care about answers */
    {"grabber-445", "grabber", "60.190.0.0/16", 12, 445, 5000},
    {"grabber-3306", "grabber", "61.160.0.0/16", 10, 3306, 4000},
    {"zmap-445", "zmap", "71.6.135.0/24", 8, 445, 0},
    {"zmap-80", "zmap", "74.82.47.0/24", 1, 80, 0},
    {"masscan-445", "masscan", "89.248.160.0/24", 4, 445, 0},
    {"masscan-3306", "masscan", "94.102.52.0/24", 6, 3306, 0},
    {"slow-1", "slow", "0.0.0.0/0", 600, 0, 18000},
    {"mirai-1", "mirai", "0.0.0.0/0", 300, 0, 8000},
    {"port6000-1", "port6000", "222.186.0.0/16", 8, 0, 4000},
    {"nmap-1", "nmap", "109.120.0.0/16", 4, 0, 3000},
    {"udp-1", "udp", "0.0.0.0/0", 120, 0, 5000},
    {"backscatter-1", "backscatter", "0.0.0.0/0", 16, 0, 8000},
    {"misconfiguration-1", "misconfiguration", "0.0.0.0/0", 8, 0, 1500},
    {"malformed-1", "malformed", "0.0.0.0/0", 6, 0, 800},
    {NULL, NULL, NULL, 0, 0, 0},
};

const struct roster_entry *roster_find(const struct roster_entry *roster, const char *name)
{
    for (; roster->name; roster++)
        if (strcmp(roster->name, name) == 0)
            return roster;
    return NULL;
}

bool roster_owns_sources(const struct roster_entry *e)
{
    return strcmp(e->sources, "0.0.0.0/0") != 0;
}

uint64_t roster_seed(uint64_t seed, const char *name)
{
    struct rng r = rng_of(seed, name);
    return rng_u64(&r);
}

int roster_params(const struct roster_entry *e, uint64_t seed, struct ip4_prefix darknet, int64_t length_us,
                  bool effects, struct behaviour_params *ret, struct err *err)
{
    struct behaviour_params p = {.seed = roster_seed(seed, e->name),
                                 .darknet = darknet,
                                 .n_sources = e->n_sources,
                                 .dport = e->dport,
                                 .length_us = length_us,
                                 .effects = effects};
    if (!behaviour_find(e->behaviour))
        return err_set(err, -EINVAL, "roster: %s: no behaviour %s", e->name, e->behaviour);
    int rc = ip4_prefix_parse(e->sources, &p.sources, err);
    if (rc < 0)
        return rc;
    if (e->packets) {
        p.rate_pps = e->packets * 1e6 / (double)length_us;
        if (p.rate_pps > BEHAVIOUR_RATE_MAX_PPS)
            p.rate_pps = BEHAVIOUR_RATE_MAX_PPS;
    }
    *ret = p;
    return 0;
}

#include "cmd/honeypot_arms.h"

#include <stdio.h>

static int load_arm(const struct config *c, uint64_t seed, const char *arm, struct persona *p, struct err *err)
{
    const struct config_honeypot *h = &c->honeypot;
    bool whole = arm && c->experiment.factor == EXPERIMENT_PERSONA;
    const char *version = arm && !whole ? arm : h->mysql_version;
    int rc = persona_load(p, whole ? arm : h->persona, seed, err);
    if (rc == 0 && version[0] && !whole)
        rc = persona_set_mysql_version(p, version, err);
    if (rc == 0 && h->login.given)
        p->mysql.login = h->login;
    if (rc < 0 && arm)
        err_prefix(err, "experiment arm %s: ", arm);
    return rc;
}

int honeypot_arms_load(const struct config *c, uint64_t seed, struct honeypot_arms *ret, struct err *err)
{
    const struct config_experiment *x = &c->experiment;
    /* Periods without a length are changed from outside, by a new configuration and SIGHUP. */
    bool drawn = x->n_arms > 0 && (x->unit != EXPERIMENT_PERIOD || x->period_us > 0);
    size_t n = drawn ? x->n_arms : 1;
    int rc = 0;
    ret->all = (struct server_arms){.arms = ret->arms, .n = n, .plan = arm_plan_of(x, seed)};
    for (size_t i = 0; i < n && rc == 0; i++) {
        (void)snprintf(ret->names[i], sizeof ret->names[i], "%s", drawn ? x->arms[i] : "");
        ret->arms[i] = (struct server_arm){&ret->personas[i], ret->names[i]};
        rc = load_arm(c, seed, drawn ? x->arms[i] : NULL, &ret->personas[i], err);
    }
    return rc;
}

/* The personas that connections meet: made, changed by a reload, and drawn from for each connection. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "session/session_int.h"

struct persona_ref *persona_ref_new(const struct persona *p, const char *arm)
{
    struct persona_ref *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->persona = *p;
    (void)snprintf(r->arm, sizeof r->arm, "%s", arm ? arm : "");
    atomic_store(&r->refs, 1);
    return r;
}

void persona_ref_drop(struct persona_ref *r)
{
    if (atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel) == 1)
        free(r);
}

struct lineup *lineup_new(const struct server_arms *arms)
{
    struct lineup *l = arms->n >= 1 && arms->n <= ARMS_MAX ? calloc(1, sizeof *l) : NULL;
    if (!l)
        return NULL;
    l->plan = arms->plan;
    for (; l->n < arms->n; l->n++) {
        l->arms[l->n] = persona_ref_new(arms->arms[l->n].persona, arms->arms[l->n].name);
        if (!l->arms[l->n]) {
            lineup_free(l);
            return NULL;
        }
    }
    return l;
}

void lineup_free(struct lineup *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < l->n; i++)
        persona_ref_drop(l->arms[i]);
    free(l);
}

size_t loop_arm(const struct loop *l, uint32_t src, uint32_t dst)
{
    return arm_index(&l->lineup->plan, l->lineup->n, src, dst, l->wall_us, l->server->config);
}

/* The service's state for every arm: those that have none are started, the others are told. */
int lineup_start(struct loop *l, struct service *s, const struct lineup *arms, struct err *err)
{
    const struct protocol *p = s->protocol;
    int rc = 0;
    for (size_t k = 0; k < arms->n && rc == 0; k++) {
        const struct persona *persona = &arms->arms[k]->persona;
        if (k < s->n_started) {
            rc = p->persona_changed ? p->persona_changed(s->shared[k], persona, err) : 0;
            continue;
        }
        rc = p->start ? p->start(persona, l->server->seed, &s->shared[k], err) : 0;
        s->n_started += rc == 0;
    }
    if (rc < 0)
        err_prefix(err, "%s: ", p->name);
    return rc;
}

static bool same(const struct lineup *a, const struct lineup *b)
{
    if (a->n != b->n || a->plan.unit != b->plan.unit || a->plan.key != b->plan.key || a->plan.period_us != b->plan.period_us)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (memcmp(&a->arms[i]->persona, &b->arms[i]->persona, sizeof a->arms[i]->persona) != 0 || strcmp(a->arms[i]->arm, b->arms[i]->arm) != 0)
            return false;
    return true;
}

/* Tells each protocol; one that can not follow keeps the whole loop at what it had. */
void lineup_change(struct loop *l, struct lineup *next)
{
    struct err err = {""};
    size_t i = 0;
    int rc = 0;
    for (; i < l->n_services && rc == 0; i++)
        rc = lineup_start(l, &l->services[i], next, &err);
    if (rc < 0) {
        log_error("persona %s refused: %s; %s stays", next->arms[0]->persona.name, err.text, l->lineup->arms[0]->persona.name);
        while (i-- > 0)
            (void)lineup_start(l, &l->services[i], l->lineup, NULL);
        lineup_free(next);
        return;
    }
    bool unchanged = same(l->lineup, next); /* nothing is lit differently */
    if (!unchanged)
        lighting_end(l);
    lineup_free(l->lineup);
    l->lineup = next;
    l->period = arm_period(&next->plan, l->wall_us);
    if (!unchanged)
        lighting_begin(l);
}

void lineup_tick(struct loop *l)
{
    uint64_t period = arm_period(&l->lineup->plan, l->wall_us);
    if (period == l->period)
        return;
    l->period = period;
    if (l->lineup->n < 2)
        return;
    lighting_end(l);
    lighting_begin(l);
}

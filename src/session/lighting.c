/* The lighting ledger: which address answered as what, from when until when. One row when it begins and, with the same
 * ts_from, one when it ends; a row without an end belongs to a run that was killed or still lives. */
#include "base/ts.h"
#include "session/session_int.h"

static void row(struct loop *l, const struct service *s, uint32_t dst, uint16_t dport, int64_t until_us)
{
    const struct protocol *p = s->protocol;
    /* Where each source meets an arm of its own, an address has no version: the answer ledger has each source's. */
    bool by_source = l->lineup->n > 1 && l->lineup->plan.unit == EXPERIMENT_SOURCE;
    const struct persona_ref *lit = l->lineup->arms[by_source ? 0 : loop_arm(l, 0, dst)];
    const char *version = p->version && !by_source ? p->version(&lit->persona) : NULL;
    struct event_head head = {
        .type = EVENT_LIGHTING, .ts_us = l->wall_us, .dst = dst, .dport = dport, .proto = 6};
    struct event *e = event_begin(l->journal, &head);
    event_str(e, EVENT_F_SERVICE, p->name);
    event_str(e, EVENT_F_PERSONA, lit->persona.name);
    if (by_source || lit->arm[0])
        event_str(e, EVENT_F_ARM, by_source ? "by source" : lit->arm);
    if (version && version[0])
        event_str(e, EVENT_F_VERSION, version);
    event_int(e, EVENT_F_FROM, l->lit_us);
    if (until_us)
        event_int(e, EVENT_F_UNTIL, until_us);
    (void)event_end(e);
}

/* With points: each point × service. Without: what is listened on. */
static void rows(struct loop *l, int64_t until_us)
{
    const struct server *server = l->server;
    const struct config *c = server->config;
    if (c && c->n_points) {
        for (size_t i = 0; i < l->n_services; i++)
            for (size_t k = 0; k < c->n_points; k++)
                row(l, &l->services[i], c->points[k], l->services[i].protocol->port, until_us);
        return;
    }
    for (size_t i = 0; i < l->n_listeners; i++) {
        const struct listener *at = &l->listeners[i];
        if (at->watch.kind == WATCH_LISTENER)
            row(l, &l->services[at->service], at->spec.ip, at->spec.transparent ? 0 : at->spec.port,
                until_us);
    }
}

void lighting_begin(struct loop *l)
{
    if (l->index != 0)
        return;
    l->lit_us = l->wall_us;
    rows(l, 0);
}

void lighting_end(struct loop *l)
{
    if (l->index != 0 || !l->lit_us)
        return;
    rows(l, l->wall_us);
    l->lit_us = 0;
}

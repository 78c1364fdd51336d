/* Which sockets the honeypot opens for a configuration. */
#ifndef HOTARU_CMD_LISTEN_PLAN_H
#define HOTARU_CMD_LISTEN_PLAN_H

#include "base/err.h"
#include "config/config.h"
#include "session/loop.h"

struct listen_plan {
    struct listen_spec *listen; /* owned */
    size_t n_listen;
    const struct protocol *services[CONFIG_SERVICES_MAX];
    size_t n_services;
};

/* services: NAME or NAME:PORT from the command line, which replace the configuration's. -EINVAL for an unknown service or
 * more ports than there are. */
int listen_plan_make(const struct config *c, const char *const *services, size_t n_services,
                     struct listen_plan *ret, struct err *err);
void listen_plan_done(struct listen_plan *p);

#endif

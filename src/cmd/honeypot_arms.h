/* The personas that a configuration names: one, or an arm of its experiment each. */
#ifndef HOTARU_CMD_HONEYPOT_ARMS_H
#define HOTARU_CMD_HONEYPOT_ARMS_H

#include "config/config.h"
#include "config/persona.h"
#include "session/loop.h"

struct honeypot_arms {
    struct persona personas[ARMS_MAX];
    struct server_arm arms[ARMS_MAX];
    char names[ARMS_MAX][CONFIG_NAME_MAX];
    struct server_arms all; /* points into the above */
};

/* -ENOENT, -EINVAL as persona_load() and persona_set_mysql_version(), with the arm's name before the text. */
int honeypot_arms_load(const struct config *c, uint64_t seed, struct honeypot_arms *ret, struct err *err);

#endif

#include "lab/behaviour/table.h"

#include <string.h>

const struct behaviour *const behaviour_table[] = {
    /* they react to answers */
    &behaviour_sweeper,
    &behaviour_chooser,
    /* they do not */
    &behaviour_grabber,
    &behaviour_zmap,
    &behaviour_masscan,
    &behaviour_mirai,
    &behaviour_nmap,
    &behaviour_port6000,
    &behaviour_slow,
    &behaviour_udp,
    &behaviour_backscatter,
    &behaviour_misconfiguration,
    &behaviour_malformed,
    NULL,
};

const struct behaviour *behaviour_find(const char *name)
{
    for (const struct behaviour *const *b = behaviour_table; *b; b++)
        if (strcmp((*b)->name, name) == 0)
            return *b;
    return NULL;
}

const char *outcome_name(enum outcome_kind kind)
{
    static const char *const names[] = {"silence", "refused", "connected", "answered"};
    return names[kind];
}

/* The behaviours that table.c lists, one file each. */
#ifndef HOTARU_LAB_BEHAVIOUR_TABLE_H
#define HOTARU_LAB_BEHAVIOUR_TABLE_H

#include "lab/behaviour.h"

extern const struct behaviour behaviour_sweeper, behaviour_chooser, behaviour_zmap, behaviour_masscan,
    behaviour_backscatter, behaviour_slow, behaviour_mirai, behaviour_port6000, behaviour_nmap,
    behaviour_grabber, behaviour_misconfiguration, behaviour_udp, behaviour_malformed;

#endif

/* The behaviours that table.c lists, one file each. */
#ifndef HOTARU_LAB_BEHAVIOUR_TABLE_H
#define HOTARU_LAB_BEHAVIOUR_TABLE_H

#include "lab/behaviour.h"

extern const struct behaviour behaviour_sweeper, behaviour_chooser, behaviour_zmap, behaviour_masscan,
    behaviour_backscatter;

#endif

/* Time on x, destination address on y: figures 4 to 8, and any source's (--src, --port). */
#ifndef HOTARU_FIGURE_TIME_ADDRESS_H
#define HOTARU_FIGURE_TIME_ADDRESS_H

#include "figure/figure.h"

extern const struct figure figure_4, figure_5, figure_6, figure_7, figure_8, figure_scatter;

/* Draws p->result (table scatter): packets as a count raster, those to points as diamonds over it, first answers as rings. */
int time_address_draw(const struct picture *p, struct canvas *c);

#endif

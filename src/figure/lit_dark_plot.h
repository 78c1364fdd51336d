/* Figure 3. */
#ifndef HOTARU_FIGURE_LIT_DARK_PLOT_H
#define HOTARU_FIGURE_LIT_DARK_PLOT_H

#include "figure/figure.h"

/* Left: the sources with most packets, packets per /24 with a point (filled dot) and without (open square). Right: every
 * source, one against the other, both logarithmic; on the diagonal they are equal. */
extern const struct figure figure_3;

#endif

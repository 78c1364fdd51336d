/* Ticks: round numbers, powers of ten, round times. */
#ifndef HOTARU_FIGURE_AXIS_H
#define HOTARU_FIGURE_AXIS_H

#include <stddef.h>
#include <stdint.h>

#define AXIS_TICKS_MAX 32
#define AXIS_LABEL_MAX 24

struct axis_tick {
    double at;                  /* in the axis' own unit (time: µs) */
    char label[AXIS_LABEL_MAX]; /* "" : a minor tick */
};

/* Times between from and until (µs) at a round step (1 ms … 1 year; days and months start at 00:00 UTC) so that there are
 * at most `most` (2 … 16). Labels are as short as the step allows: 09:30:05.250, 09:30:05, 09:30, 04-17, 2013-04. Returns how many. */
size_t axis_time(int64_t from_us, int64_t until_us, size_t most, struct axis_tick ret[static AXIS_TICKS_MAX]);
/* Powers of ten from lo to hi (> 0), labelled 0.1, 1, 10, … 10k, 1M. */
size_t axis_log(double lo, double hi, struct axis_tick ret[static AXIS_TICKS_MAX]);

#endif

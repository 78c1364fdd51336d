#include "figure/axis.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "base/ts.h"

static const int64_t steps_s[] = {
    1,         2,         5,         10,         15,         30,         60,          120,        300,
    600,       900,       1800,      3600,       7200,       3 * 3600,   6 * 3600,    12 * 3600,  86400,
    2 * 86400, 5 * 86400, 7 * 86400, 14 * 86400, 30 * 86400, 91 * 86400, 182 * 86400, 365 * 86400};

static void label_time(int64_t ts_us, int64_t step_us, char label[static AXIS_LABEL_MAX])
{
    time_t t = (time_t)(ts_us / TS_SECOND_US);
    struct tm tm;
    label[0] = '\0';
    if (!gmtime_r(&t, &tm))
        return;
    if (step_us < 60 * TS_SECOND_US)
        (void)strftime(label, AXIS_LABEL_MAX, "%H:%M:%S", &tm);
    else if (step_us < 24 * TS_HOUR_US)
        (void)strftime(label, AXIS_LABEL_MAX, "%H:%M", &tm);
    else if (step_us < 30 * TS_DAY_US)
        (void)strftime(label, AXIS_LABEL_MAX, "%m-%d", &tm);
    else
        (void)strftime(label, AXIS_LABEL_MAX, "%Y-%m-%d", &tm);
}

static int64_t first_tick(int64_t from_us, int64_t step_us)
{
    int64_t at = from_us / step_us * step_us;
    return at < from_us ? at + step_us : at;
}

/* Below a second nothing round is asked for: such a range gets its ends. */
size_t axis_time(int64_t from_us, int64_t until_us, size_t most, struct axis_tick ret[static AXIS_TICKS_MAX])
{
    size_t n = 0, k = 0, n_steps = sizeof steps_s / sizeof *steps_s;
    while (k + 1 < n_steps && (until_us - from_us) / (steps_s[k] * TS_SECOND_US) + 1 > (int64_t)most)
        k++;
    int64_t step_us = steps_s[k] * TS_SECOND_US;
    while ((until_us - from_us) / step_us + 1 > AXIS_TICKS_MAX)
        step_us *= 2;
    for (int64_t at = first_tick(from_us, step_us); at <= until_us && n < AXIS_TICKS_MAX; at += step_us) {
        ret[n].at = (double)at;
        label_time(at, step_us, ret[n++].label);
    }
    return n;
}

static void label_power(double v, char label[static AXIS_LABEL_MAX])
{
    if (v >= 1e9)
        (void)snprintf(label, AXIS_LABEL_MAX, "%.0fG", v / 1e9);
    else if (v >= 1e6)
        (void)snprintf(label, AXIS_LABEL_MAX, "%.0fM", v / 1e6);
    else if (v >= 1e3)
        (void)snprintf(label, AXIS_LABEL_MAX, "%.0fk", v / 1e3);
    else
        (void)snprintf(label, AXIS_LABEL_MAX, "%g", v);
}

size_t axis_log(double lo, double hi, struct axis_tick ret[static AXIS_TICKS_MAX])
{
    size_t n = 0;
    for (int e = (int)ceil(log10(lo) - 1e-9); e <= (int)floor(log10(hi) + 1e-9) && n < AXIS_TICKS_MAX; e++) {
        ret[n].at = pow(10, e);
        label_power(ret[n].at, ret[n].label);
        n++;
    }
    return n;
}

#include "figure/axis.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "base/ts.h"

#define S TS_SECOND_US
#define D TS_DAY_US
/* clang-format off */
static const int64_t steps_us[] = {
    1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000, 500000,
    1 * S, 2 * S, 5 * S, 10 * S, 15 * S, 30 * S, 60 * S, 120 * S, 300 * S, 600 * S, 900 * S, 1800 * S,
    3600 * S, 7200 * S, INT64_C(3) * 3600 * S, INT64_C(6) * 3600 * S, INT64_C(12) * 3600 * S,
    1 * D, 2 * D, 5 * D, 7 * D, 14 * D, 30 * D, 91 * D, 182 * D, 365 * D};
/* clang-format on */

static void label_time(int64_t ts_us, int64_t step_us, char label[static AXIS_LABEL_MAX])
{
    time_t t = (time_t)(ts_us / TS_SECOND_US);
    struct tm tm;
    label[0] = '\0';
    if (!gmtime_r(&t, &tm))
        return;
    if (step_us < S) {
        size_t n = strftime(label, AXIS_LABEL_MAX, "%H:%M:%S", &tm);
        int digits = step_us >= 100000 ? 1 : step_us >= 10000 ? 2 : 3; /* no more than the step needs */
        char frac[8];
        (void)snprintf(frac, sizeof frac, "%03d", (int)(ts_us % S / 1000));
        (void)snprintf(label + n, AXIS_LABEL_MAX - n, ".%.*s", digits, frac);
    } else if (step_us < 60 * S)
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

size_t axis_time(int64_t from_us, int64_t until_us, size_t most, struct axis_tick ret[static AXIS_TICKS_MAX])
{
    size_t n = 0, k = 0, n_steps = sizeof steps_us / sizeof *steps_us;
    /* Labels of fractions of a second are half as long again. */
    while (k + 1 < n_steps && (until_us - from_us) / steps_us[k] + 1 > (int64_t)(steps_us[k] < S ? most * 2 / 3 : most))
        k++;
    int64_t step_us = steps_us[k];
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

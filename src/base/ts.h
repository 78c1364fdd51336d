/* Time stamps: microseconds since 1970-01-01 00:00:00 UTC in an int64_t (years -290,000 to +290,000). */
#ifndef HOTARU_BASE_TS_H
#define HOTARU_BASE_TS_H

#include <stdint.h>

#include "base/err.h"

#define TS_SECOND_US INT64_C(1000000)
#define TS_HOUR_US   (INT64_C(3600) * TS_SECOND_US)
#define TS_DAY_US    (INT64_C(86400) * TS_SECOND_US)
#define TS_TEXT_MAX  40

int64_t ts_now_us(void);  /* the wall clock */
int64_t ts_mono_us(void); /* CLOCK_MONOTONIC: for timers, never stored */

/* "2013-04-17T09:30:00.000000Z" into buf; returns buf. */
const char *ts_format(int64_t ts_us, char buf[static TS_TEXT_MAX]);
/* Reads "2013-04-17", "2013-04-17 09:30", "…T09:30:00.25Z" (UTC, ISO 8601) and "@1366191000" (Unix seconds).
 * Returns 0; -EINVAL with the reason in err. */
int ts_parse(const char *text, int64_t *ret_ts_us, struct err *err);

#endif

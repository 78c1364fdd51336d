#include "base/ts.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int64_t clock_us(clockid_t id)
{
    struct timespec t;
    (void)clock_gettime(id, &t);
    return (int64_t)t.tv_sec * TS_SECOND_US + t.tv_nsec / 1000;
}

int64_t ts_now_us(void)
{
    return clock_us(CLOCK_REALTIME);
}

int64_t ts_mono_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

static char *put_digits(char *at, unsigned value, unsigned digits, char after)
{
    for (unsigned i = digits; i-- > 0; value /= 10)
        at[i] = (char)('0' + value % 10);
    at[digits] = after;
    return at + digits + 1;
}

const char *ts_format(int64_t ts_us, char buf[static TS_TEXT_MAX])
{
    int64_t s = ts_us / TS_SECOND_US, us = ts_us % TS_SECOND_US;
    if (us < 0) {
        us += TS_SECOND_US;
        s--;
    }
    time_t t = (time_t)s;
    struct tm tm;
    if (!gmtime_r(&t, &tm) || tm.tm_year < -1900 || tm.tm_year > 9999 - 1900) {
        (void)snprintf(buf, TS_TEXT_MAX, "@%lld", (long long)s);
        return buf;
    }
    /* Digit by digit: every journal line has a time, and strftime and snprintf take longer than the rest of the line. */
    char *at = put_digits(buf, (unsigned)tm.tm_year + 1900, 4, '-');
    at = put_digits(at, (unsigned)tm.tm_mon + 1, 2, '-');
    at = put_digits(at, (unsigned)tm.tm_mday, 2, 'T');
    at = put_digits(at, (unsigned)tm.tm_hour, 2, ':');
    at = put_digits(at, (unsigned)tm.tm_min, 2, ':');
    at = put_digits(at, (unsigned)tm.tm_sec, 2, '.');
    at = put_digits(at, (unsigned)us, 6, 'Z');
    *at = '\0';
    return buf;
}

static int bad(struct err *err, const char *text)
{
    return err_set(err, -EINVAL, "time '%s': give YYYY-MM-DD[THH:MM[:SS[.frac]]] in UTC, or @SECONDS", text);
}

int ts_parse(const char *text, int64_t *ret_ts_us, struct err *err)
{
    if (text[0] == '@') {
        char *end;
        errno = 0;
        double s = strtod(text + 1, &end);
        if (errno || end == text + 1 || *end || !(s > -6e10 && s < 6e11))
            return bad(err, text);
        *ret_ts_us = (int64_t)(s * 1e6 + (s < 0 ? -0.5 : 0.5));
        return 0;
    }
    struct tm tm = {0};
    int y, mo, d, h = 0, mi = 0, se = 0, used = 0;
    int64_t us = 0;
    if (sscanf(text, "%4d-%2d-%2d%n", &y, &mo, &d, &used) != 3)
        return bad(err, text);
    const char *p = text + used;
    if (*p == 'T' || *p == ' ') {
        used = 0;
        if (sscanf(++p, "%2d:%2d%n", &h, &mi, &used) != 2)
            return bad(err, text);
        p += used;
        if (*p == ':') {
            used = 0;
            if (sscanf(++p, "%2d%n", &se, &used) != 1)
                return bad(err, text);
            p += used;
            if (*p == '.') {
                int64_t unit = 100000;
                for (p++; isdigit((unsigned char)*p); p++, unit /= 10)
                    us += (*p - '0') * unit;
            }
        }
    }
    if (*p == 'Z')
        p++;
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (*p || mo < 1 || mo > 12 || d < 1 || d > days[mo - 1] || h < 0 || h > 23 || mi < 0 || mi > 59 ||
        se < 0 || se > 60)
        return bad(err, text);
    tm.tm_year = y - 1900;
    tm.tm_mon = mo - 1;
    tm.tm_mday = d;
    tm.tm_hour = h;
    tm.tm_min = mi;
    tm.tm_sec = se;
    *ret_ts_us = (int64_t)timegm(&tm) * TS_SECOND_US + us;
    return 0;
}

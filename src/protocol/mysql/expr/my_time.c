/* Dates and times as values: calendar, text to time and back. Values are text in the standard layout; arithmetic goes through day numbers. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "protocol/mysql/expr/my_eval.h"
#include "protocol/mysql/expr/my_time.h"

/* ---- calendar ---- */
int64_t my_days(int y, int m, int d)
{
    if (y == 0 && m == 0)
        return 0;
    int64_t delsum = 365 * (int64_t)y + 31 * (m - 1) + d;
    int64_t yy = y;
    if (m <= 2)
        yy--;
    else
        delsum -= (m * 4 + 23) / 10;
    return delsum + yy / 4 - (yy / 100 + 1) * 3 / 4;
}

bool my_leap(int y)
{
    return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

int my_month_days(int y, int m)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return m == 2 && my_leap(y) ? 29 : days[m - 1];
}

void my_days_back(int64_t days, int *y, int *m, int *d)
{
    if (days <= 365 || days >= 3652500) {
        *y = *m = *d = 0;
        return;
    }
    int year = (int)(days * 100 / 36525);
    int64_t of_year = days - 365 * (int64_t)year - (year - 1) / 4 + ((year - 1) / 100 + 1) * 3 / 4;
    while (of_year > (my_leap(year) ? 366 : 365)) {
        of_year -= my_leap(year) ? 366 : 365;
        year++;
    }
    int month = 1;
    while (of_year > my_month_days(year, month))
        of_year -= my_month_days(year, month++);
    *y = year;
    *m = month;
    *d = (int)of_year;
}

bool my_valid_date(const struct my_time *t)
{
    if (t->month > 12 || t->day > 31)
        return false;
    return t->month == 0 || t->day <= my_month_days(t->year, t->month) || t->day == 0;
}

int my_two_digit_year(int y)
{
    return y < 70 ? y + 2000 : y + 1900;
}

/* Digits run together: 20200102, 200102, 20200102030405 … */
static bool packed_date(const char *s, size_t n, struct my_time *t)
{
    size_t d = 0;
    while (d < n && s[d] >= '0' && s[d] <= '9')
        d++;
    int v[6] = {0, 0, 0, 0, 0, 0};
    size_t at = 0, ylen = d == 8 || d == 14 ? 4 : 2;
    if (d != 6 && d != 8 && d != 12 && d != 14)
        return false;
    for (int i = 0; i < 6 && at < d; i++) {
        size_t len = i ? 2 : ylen;
        for (size_t k = 0; k < len && at < d; k++)
            v[i] = v[i] * 10 + (s[at++] - '0');
    }
    t->year = ylen == 2 ? my_two_digit_year(v[0]) : v[0];
    t->month = v[1];
    t->day = v[2];
    t->hour = v[3];
    t->minute = v[4];
    t->second = v[5];
    if (d < n && s[d] == '.') {
        unsigned digits = 0;
        for (d++; d < n && s[d] >= '0' && s[d] <= '9'; d++)
            if (digits++ < 6)
                t->us = t->us * 10 + (unsigned)(s[d] - '0');
        for (; digits < 6; digits++)
            t->us *= 10;
    }
    return my_valid_date(t) && t->hour < 24 && t->minute < 60 && t->second < 60;
}

bool my_time_parse(const char *s, size_t n, struct my_time *ret)
{
    struct my_time t = {0};
    while (n && (*s == ' ' || *s == '\t')) {
        s++;
        n--;
    }
    size_t run = 0;
    while (run < n && s[run] >= '0' && s[run] <= '9')
        run++;
    if (run >= 6) {
        if (!packed_date(s, n, &t))
            return false;
        *ret = t;
        return true;
    }
    int v[6] = {0, 0, 0, 0, 0, 0}, parts = 0, ydigits = 0;
    size_t i = 0;
    while (parts < 6 && i < n) {
        int digits = 0;
        while (i < n && s[i] >= '0' && s[i] <= '9' && digits < (parts ? 2 : 4)) {
            v[parts] = v[parts] * 10 + (s[i++] - '0');
            digits++;
        }
        if (!digits)
            break;
        if (parts == 0)
            ydigits = digits;
        parts++;
        if (parts == 3) {
            if (i < n && (s[i] == 'T' || s[i] == ' ')) {
                while (i < n && (s[i] == ' ' || s[i] == 'T'))
                    i++;
                continue;
            }
        }
        if (parts == 6)
            break;
        if (i < n && strchr("-/.:^@ ", s[i]) && s[i])
            i++;
        else
            break;
    }
    if (parts < 3)
        return false;
    t.year = ydigits <= 2 ? my_two_digit_year(v[0]) : v[0];
    if (ydigits <= 2 && !v[0] && !v[1] && !v[2])
        t.year = 0;
    t.month = v[1];
    t.day = v[2];
    t.hour = v[3];
    t.minute = v[4];
    t.second = v[5];
    if (parts == 6 && i < n && s[i] == '.') {
        unsigned digits = 0;
        for (i++; i < n && s[i] >= '0' && s[i] <= '9'; i++)
            if (digits++ < 6)
                t.us = t.us * 10 + (unsigned)(s[i] - '0');
        for (; digits < 6; digits++)
            t.us *= 10;
    }
    if (!my_valid_date(&t) || t.hour > 23 || t.minute > 59 || t.second > 59)
        return false;
    *ret = t;
    return true;
}

bool my_time_parse_time(const char *s, size_t n, struct my_time *ret)
{
    struct my_time t = {.is_time = true};
    while (n && *s == ' ') {
        s++;
        n--;
    }
    if (n && *s == '-') {
        t.neg = true;
        s++;
        n--;
    }
    if (n >= 8 && s[4] == '-') { /* a full date and time: its time part */
        struct my_time d;
        if (!my_time_parse(s, n, &d))
            return false;
        d.is_time = true;
        d.neg = false;
        d.year = d.month = d.day = 0;
        *ret = d;
        return true;
    }
    int64_t v[4] = {0, 0, 0, 0};
    int parts = 0;
    size_t i = 0;
    bool day = false;
    if (!n || s[0] < '0' || s[0] > '9')
        return false;
    while (i < n && parts < 4) {
        int64_t x = 0;
        size_t digits = 0;
        while (i < n && s[i] >= '0' && s[i] <= '9' && digits < 10) {
            x = x * 10 + (s[i++] - '0');
            digits++;
        }
        if (!digits)
            break;
        v[parts++] = x;
        if (i < n && s[i] == ' ' && parts == 1) {
            day = true;
            i++;
            continue;
        }
        if (i < n && s[i] == ':') {
            i++;
            continue;
        }
        break;
    }
    int64_t h = 0, m = 0, sec = 0;
    if (day) {
        h = v[0] * 24 + v[1];
        m = v[2];
        sec = v[3];
    } else if (parts == 1) { /* HHMMSS */
        sec = v[0] % 100;
        m = v[0] / 100 % 100;
        h = v[0] / 10000;
    } else {
        h = v[0];
        m = v[1];
        sec = v[2];
    }
    if (m > 59 || sec > 59)
        return false;
    if (i < n && s[i] == '.') {
        unsigned digits = 0;
        for (i++; i < n && s[i] >= '0' && s[i] <= '9'; i++)
            if (digits++ < 6)
                t.us = t.us * 10 + (unsigned)(s[i] - '0');
        for (; digits < 6; digits++)
            t.us *= 10;
    }
    if (h > 838) {
        h = 838;
        m = sec = 59;
        t.us = 0;
    }
    t.hour = (int)h;
    t.minute = (int)m;
    t.second = (int)sec;
    *ret = t;
    return true;
}

size_t my_time_text(const struct my_time *t, uint8_t type, uint8_t dec, char *buf, size_t n)
{
    int len;
    if (type == MY_T_TIME)
        len = snprintf(buf, n, "%s%02d:%02d:%02d", t->neg ? "-" : "", t->hour, t->minute, t->second);
    else if (type == MY_T_DATE)
        len = snprintf(buf, n, "%04d-%02d-%02d", t->year, t->month, t->day);
    else
        len = snprintf(buf, n, "%04d-%02d-%02d %02d:%02d:%02d", t->year, t->month, t->day, t->hour, t->minute, t->second);
    if (dec && dec <= 6 && type != MY_T_DATE && len > 0 && (size_t)len + 8 < n) {
        char us[8];
        (void)snprintf(us, sizeof us, "%06u", t->us % 1000000);
        us[dec] = '\0';
        len += snprintf(buf + len, n - (size_t)len, ".%s", us);
    }
    return len > 0 ? (size_t)len : 0;
}

void my_local_time(int64_t us, struct my_time *ret)
{
    time_t s = (time_t)(us / 1000000);
    struct tm tm;
    (void)gmtime_r(&s, &tm);
    *ret = (struct my_time){.year = tm.tm_year + 1900, .month = tm.tm_mon + 1, .day = tm.tm_mday, .hour = tm.tm_hour, .minute = tm.tm_min,
                            .second = tm.tm_sec, .us = (unsigned)(us % 1000000)};
}

bool my_time_of(struct my_eval *ev, struct my_val *v, const struct my_meta *m, struct my_time *ret)
{
    struct my_val t = my_val_text(ev->r->arena, v, m);
    if (t.kind != MY_V_STR)
        return false;
    if (m->type == MY_T_TIME) {
        if (!my_time_parse_time(t.s.p, t.s.n, ret))
            return false;
        if (ev->r->kit->version >= 50600) { /* a time is of today */
            struct my_time now;
            my_local_time(ev->r->now_us, &now);
            ret->year = now.year;
            ret->month = now.month;
            ret->day = now.day;
        }
        return true;
    }
    bool good = my_time_parse(t.s.p, t.s.n, ret);
    if (!good) {
        char *s = arena_copy(ev->r->arena, t.s.p, t.s.n > 128 ? 128 : t.s.n);
        my_warn(ev->r, MY_WARNING, MY_ER_INCORRECT_VALUE, "datetime", s ? s : "");
    }
    return good;
}

struct my_val my_temporal_number(struct my_eval *ev, const struct my_val *v, const struct my_meta *m)
{
    struct my_time t;
    if (v->kind != MY_V_STR || !my_is_temporal(m->type))
        return *v;
    (void)ev;
    if (m->type == MY_T_TIME ? !my_time_parse_time(v->s.p, v->s.n, &t) : !my_time_parse(v->s.p, v->s.n, &t))
        return *v;
    int64_t time = t.hour * 10000 + t.minute * 100 + t.second, date = (int64_t)t.year * 10000 + t.month * 100 + t.day;
    int64_t i = m->type == MY_T_TIME ? (t.neg ? -time : time) : m->type == MY_T_DATE ? date : date * 1000000 + time;
    if (!m->dec)
        return my_int(i);
    struct my_dec d = {.unscaled = (__int128)i * 1000000 + t.us, .scale = 6};
    return my_decimal(my_dec_round(d, m->dec, true));
}

struct my_val my_time_val(struct my_eval *ev, const struct my_time *t, uint8_t type, uint8_t dec)
{
    char buf[64];
    size_t n = my_time_text(t, type, dec, buf, sizeof buf);
    return my_text_out(ev, buf, n);
}

struct my_val my_to_temporal(struct my_eval *ev, const struct my_val *v, const struct my_meta *m, uint8_t type, uint8_t dec)
{
    struct my_time t;
    struct my_val text = my_val_text(ev->r->arena, v, m);
    bool good = text.kind == MY_V_STR && (type == MY_T_TIME ? my_time_parse_time(text.s.p, text.s.n, &t) : my_time_parse(text.s.p, text.s.n, &t));
    if (!good && type != MY_T_TIME && m->type == MY_T_TIME && text.kind == MY_V_STR) {
        struct my_val copy = text;
        good = my_time_of(ev, &copy, m, &t);
    }
    if (!good) {
        char *s = text.kind == MY_V_STR ? arena_copy(ev->r->arena, text.s.p, text.s.n > 128 ? 128 : text.s.n) : NULL;
        my_warn(ev->r, MY_WARNING, type == MY_T_TIME ? MY_ER_TRUNCATED_WRONG_VALUE : MY_ER_INCORRECT_VALUE, type == MY_T_TIME ? "time" : "datetime", s ? s : "");
        return my_null();
    }
    if (type == MY_T_DATE)
        t.hour = t.minute = t.second = 0;
    return my_time_val(ev, &t, type, dec);
}

uint8_t my_time_places(struct my_eval *ev, struct my_expr *a)
{
    struct my_time t;
    bool text = my_result_of(a->m.type) == MY_RES_STR && !my_is_temporal(a->m.type);
    if (!text)
        return a->m.dec > 6 ? 6 : a->m.dec;
    if (a->op != MY_X_LITERAL || a->val.kind != MY_V_STR)
        return a->m.type == MY_T_NULL ? 0 : 6;
    (void)ev;
    if (!my_time_parse(a->val.s.p, a->val.s.n, &t) && !my_time_parse_time(a->val.s.p, a->val.s.n, &t))
        return 6;
    const char *dot = memchr(a->val.s.p, '.', a->val.s.n);
    size_t places = dot ? a->val.s.n - (size_t)(dot - a->val.s.p) - 1 : 0;
    return (uint8_t)(places > 6 ? 6 : places);
}

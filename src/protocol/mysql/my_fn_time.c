/* Dates and times. Values are text in the standard layout; arithmetic goes through day numbers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "protocol/mysql/my_eval.h"

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

static bool leap(int y)
{
    return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}
static int month_days(int y, int m)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return m == 2 && leap(y) ? 29 : days[m - 1];
}

void my_days_back(int64_t days, int *y, int *m, int *d)
{
    if (days <= 365 || days >= 3652500) {
        *y = *m = *d = 0;
        return;
    }
    int year = (int)(days * 100 / 36525);
    int64_t of_year = days - 365 * (int64_t)year - (year - 1) / 4 + ((year - 1) / 100 + 1) * 3 / 4;
    while (of_year > (leap(year) ? 366 : 365)) {
        of_year -= leap(year) ? 366 : 365;
        year++;
    }
    int month = 1;
    while (of_year > month_days(year, month))
        of_year -= month_days(year, month++);
    *y = year;
    *m = month;
    *d = (int)of_year;
}

static bool valid_date(const struct my_time *t)
{
    if (t->month > 12 || t->day > 31)
        return false;
    return t->month == 0 || t->day <= month_days(t->year, t->month) || t->day == 0;
}

static int two_digit_year(int y)
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
    t->year = ylen == 2 ? two_digit_year(v[0]) : v[0];
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
    return valid_date(t) && t->hour < 24 && t->minute < 60 && t->second < 60;
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
    t.year = ydigits <= 2 ? two_digit_year(v[0]) : v[0];
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
    if (!valid_date(&t) || t.hour > 23 || t.minute > 59 || t.second > 59)
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

static struct my_val out(struct my_eval *ev, const struct my_time *t, uint8_t type, uint8_t dec)
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
    return out(ev, &t, type, dec);
}

/* ---- typing ---- */
static void fix_temporal(struct my_eval *ev, struct my_expr *e, uint8_t type, uint8_t dec, bool null)
{
    uint32_t len = type == MY_T_DATE ? 10 : type == MY_T_TIME ? (ev->r->kit->version >= 50600 || ev->r->kit->mariadb ? 10 : 8) : 19;
    e->m = (struct my_meta){.type = type, .len = len + (dec ? dec + 1u : 0), .dec = dec, .coll = ev->r->kit->binary, .coerce = MY_CO_NUMERIC, .maybe_null = null};
}
static uint8_t fsp(struct my_eval *ev, struct my_expr *e)
{
    if (e->n_args == 0 || !e->args[0]->is_const)
        return 0;
    struct my_val v = my_eval_expr(ev, e->args[0]);
    int64_t n = my_val_i64(&v, NULL);
    if (n > 6)
        my_fail_text(ev->r, MY_ER_WRONG_USAGE, "Too big precision specified. Maximum is 6.");
    return ev->r->kit->version >= 50600 ? (uint8_t)(n < 0 ? 0 : n > 6 ? 6 : n) : 0;
}
static void fix_now(struct my_eval *ev, struct my_expr *e)
{
    fix_temporal(ev, e, MY_T_DATETIME, fsp(ev, e), false);
}
static void fix_curdate(struct my_eval *ev, struct my_expr *e)
{
    fix_temporal(ev, e, MY_T_DATE, 0, false);
}
static void fix_curtime(struct my_eval *ev, struct my_expr *e)
{
    fix_temporal(ev, e, MY_T_TIME, fsp(ev, e), false);
    e->m.len = 8 + (e->m.dec ? e->m.dec + 1u : 0);
    if (ev->r->kit->version >= 50600 && !ev->r->kit->mariadb)
        e->m.len += 2;
    if (ev->r->kit->mariadb)
        e->m.len += 2;
}

static int64_t stmt_now(struct my_eval *ev)
{
    const struct my_sysvar *v = my_sysvar_find(ev->r->kit, "timestamp");
    const char *t = v ? my_var_text(ev->r, v, MY_SCOPE_SESSION) : NULL;
    double s = t ? strtod(t, NULL) : 0;
    return s > 0 ? (int64_t)(s * 1e6) : ev->r->now_us;
}
static struct my_val ev_now(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)args;
    struct my_time t;
    my_local_time(stmt_now(ev), &t);
    return out(ev, &t, e->m.type, e->m.dec);
}
static struct my_val ev_sysdate(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)args;
    struct my_time t;
    my_local_time(ev->r->now_us + ev->r->delay_us, &t);
    return out(ev, &t, e->m.type, e->m.dec);
}

/* ---- parts ---- */
static void fix_int_len(struct my_eval *ev, struct my_expr *e, uint32_t len)
{
    my_fix_int(ev->r->kit, e, len, true, false);
}
static void fix_2(struct my_eval *ev, struct my_expr *e)
{
    fix_int_len(ev, e, 2);
}
static void fix_3(struct my_eval *ev, struct my_expr *e)
{
    fix_int_len(ev, e, 3);
}
static void fix_4(struct my_eval *ev, struct my_expr *e)
{
    fix_int_len(ev, e, 4);
}
static void fix_6(struct my_eval *ev, struct my_expr *e)
{
    fix_int_len(ev, e, 6);
}
static void fix_1(struct my_eval *ev, struct my_expr *e)
{
    fix_int_len(ev, e, 1);
}
static void fix_10(struct my_eval *ev, struct my_expr *e)
{
    fix_int_len(ev, e, 10);
}

#define PART(name, value)                                                                        \
    static struct my_val ev_##name(struct my_eval *ev, struct my_expr *e, struct my_val *args)   \
    {                                                                                            \
        struct my_time t;                                                                        \
        if (!my_time_of(ev, &args[0], &e->args[0]->m, &t))                                       \
            return my_null();                                                                    \
        return my_int(value);                                                                    \
    }
PART(year, t.year)
PART(month, t.month)
PART(dayofmonth, t.day)
PART(quarter, (t.month + 2) / 3)
PART(dayofyear, my_days(t.year, t.month, t.day) - my_days(t.year, 1, 1) + 1)
PART(to_days, my_days(t.year, t.month, t.day))

static bool time_arg(struct my_eval *ev, struct my_expr *e, struct my_val *args, struct my_time *t)
{
    struct my_val v = my_val_text(ev->r->arena, &args[0], &e->args[0]->m);
    bool good = v.kind == MY_V_STR && my_time_parse_time(v.s.p, v.s.n, t);
    if (!good && v.kind == MY_V_STR) {
        char *s = arena_copy(ev->r->arena, v.s.p, v.s.n > 128 ? 128 : v.s.n);
        my_warn(ev->r, MY_WARNING, MY_ER_TRUNCATED_WRONG_VALUE, "time", s ? s : "");
    }
    return good;
}
#define TPART(name, value)                                                                     \
    static struct my_val ev_##name(struct my_eval *ev, struct my_expr *e, struct my_val *args) \
    {                                                                                          \
        struct my_time t;                                                                      \
        return time_arg(ev, e, args, &t) ? my_int(value) : my_null();                          \
    }
TPART(hour, t.hour)
TPART(minute, t.minute)
TPART(second, t.second)
TPART(microsecond, t.us)
TPART(time_to_sec, (t.neg ? -1 : 1) * ((int64_t)t.hour * 3600 + t.minute * 60 + t.second))

static int weekday(const struct my_time *t)
{
    return (int)((my_days(t->year, t->month, t->day) + 5) % 7); /* Monday 0 */
}
static struct my_val ev_weekday(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_time t;
    if (!my_time_of(ev, &args[0], &e->args[0]->m, &t) || !t.month || !t.day)
        return my_null();
    return my_int(weekday(&t));
}
static struct my_val ev_dayofweek(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_time t;
    if (!my_time_of(ev, &args[0], &e->args[0]->m, &t) || !t.month || !t.day)
        return my_null();
    return my_int((weekday(&t) + 1) % 7 + 1);
}

static int week_number(const struct my_time *t, unsigned mode, int *ret_year)
{
    bool monday = mode & 1, week_year = mode & 2, first_weekday = mode & 4;
    int64_t day = my_days(t->year, t->month, t->day), first = my_days(t->year, 1, 1);
    int wd = (int)((first + (monday ? 5 : 6)) % 7), year = t->year;
    if (t->month == 1 && t->day <= 7 - wd) {
        if (!week_year && ((first_weekday && wd != 0) || (!first_weekday && wd >= 4))) {
            *ret_year = year;
            return 0;
        }
        week_year = true;
        year--;
        int days = leap(year) ? 366 : 365;
        first -= days;
        wd = (wd + 53 * 7 - days) % 7;
    }
    int64_t days;
    if ((first_weekday && wd != 0) || (!first_weekday && wd >= 4))
        days = day - (first + 7 - wd);
    else
        days = day - (first - wd);
    if (week_year && days >= 52 * 7) {
        wd = (wd + (leap(year) ? 366 : 365)) % 7;
        if ((!first_weekday && wd < 4) || (first_weekday && wd == 0)) {
            *ret_year = year + 1;
            return 1;
        }
    }
    *ret_year = year;
    return (int)(days / 7 + 1);
}
static unsigned week_mode(int64_t m)
{
    unsigned f = (unsigned)(m & 7);
    return f & 1 ? f : f ^ 4;
}
static struct my_val ev_week(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_time t;
    int year;
    if (!my_time_of(ev, &args[0], &e->args[0]->m, &t))
        return my_null();
    int64_t mode = e->n_args > 1 ? my_val_i64(&args[1], NULL) : (int64_t)my_var_u64(ev->r, "default_week_format");
    return my_int(week_number(&t, week_mode(mode), &year));
}
static struct my_val ev_weekofyear(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_time t;
    int year;
    if (!my_time_of(ev, &args[0], &e->args[0]->m, &t))
        return my_null();
    return my_int(week_number(&t, week_mode(3), &year));
}
static struct my_val ev_yearweek(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_time t;
    int year;
    if (!my_time_of(ev, &args[0], &e->args[0]->m, &t))
        return my_null();
    int week = week_number(&t, week_mode(e->n_args > 1 ? my_val_i64(&args[1], NULL) : 0) | 2, &year);
    return my_int(year * 100 + week);
}

static const char *const day_names[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
static const char *const month_names[] = {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
                                          "November", "December"};
static void fix_name9(struct my_eval *ev, struct my_expr *e)
{
    my_fix_str(ev, e, my_conn_coll(ev), 9, MY_DEC_FLOAT, true);
}
static struct my_val ev_dayname(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val v = ev_weekday(ev, e, args);
    return v.kind == MY_V_NULL ? v : my_text_out(ev, day_names[v.i], strlen(day_names[v.i]));
}
static struct my_val ev_monthname(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_time t;
    if (!my_time_of(ev, &args[0], &e->args[0]->m, &t) || !t.month)
        return my_null();
    return my_text_out(ev, month_names[t.month - 1], strlen(month_names[t.month - 1]));
}

/* ---- conversions ---- */
static void fix_date(struct my_eval *ev, struct my_expr *e)
{
    fix_temporal(ev, e, MY_T_DATE, 0, true);
}
static struct my_val ev_date(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    return my_to_temporal(ev, &args[0], &e->args[0]->m, MY_T_DATE, 0);
}
static void fix_time(struct my_eval *ev, struct my_expr *e)
{
    fix_temporal(ev, e, MY_T_TIME, ev->r->kit->version >= 50600 && my_result_of(e->args[0]->m.type) == MY_RES_STR && !my_is_temporal(e->args[0]->m.type) ? 6 : e->args[0]->m.dec, true);
    if (e->m.dec > 6)
        fix_temporal(ev, e, MY_T_TIME, 6, true);
    if (ev->r->kit->version < 50600)
        fix_temporal(ev, e, MY_T_TIME, 0, true);
}
static struct my_val ev_time(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    return my_to_temporal(ev, &args[0], &e->args[0]->m, MY_T_TIME, e->m.dec);
}
static void fix_timestamp(struct my_eval *ev, struct my_expr *e)
{
    fix_temporal(ev, e, MY_T_DATETIME, 0, true);
}
static struct my_val add_us(struct my_eval *ev, const struct my_time *t, __int128 us, uint8_t type, uint8_t dec);
static struct my_val ev_timestamp(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_time t, d;
    if (!my_time_of(ev, &args[0], &e->args[0]->m, &t))
        return my_null();
    if (e->n_args == 1)
        return out(ev, &t, MY_T_DATETIME, e->m.dec);
    struct my_val x = my_arg_text(ev, e, 1, args);
    if (!my_time_parse_time(x.s.p, x.s.n, &d))
        return my_null();
    __int128 us = ((__int128)d.hour * 3600 + d.minute * 60 + d.second) * 1000000 + d.us;
    return add_us(ev, &t, d.neg ? -us : us, MY_T_DATETIME, 0);
}
static struct my_val ev_from_days(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)e;
    struct my_time t = {0};
    my_days_back(my_val_i64(&args[0], NULL), &t.year, &t.month, &t.day);
    return out(ev, &t, MY_T_DATE, 0);
}
static void fix_unix_timestamp(struct my_eval *ev, struct my_expr *e)
{
    bool dec = ev->r->kit->version >= 50600 && e->n_args && e->args[0]->m.dec && e->args[0]->m.dec <= 6;
    if (!dec)
        my_fix_int(ev->r->kit, e, 11, e->n_args && my_any_maybe_null(e), false);
    else
        e->m = (struct my_meta){.type = MY_T_NEWDECIMAL, .len = 11u + 1 + e->args[0]->m.dec, .dec = e->args[0]->m.dec, .coll = ev->r->kit->binary, .coerce = MY_CO_NUMERIC, .maybe_null = true};
}
static int64_t unix_of(const struct my_time *t)
{
    return (my_days(t->year, t->month, t->day) - 719528) * 86400 + t->hour * 3600 + t->minute * 60 + t->second;
}
static struct my_val ev_unix_timestamp(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_time t;
    if (e->n_args == 0)
        return my_int(stmt_now(ev) / 1000000);
    if (args[0].kind == MY_V_NULL)
        return my_null();
    if (!my_time_of(ev, &args[0], &e->args[0]->m, &t))
        return my_int(0);
    int64_t s = unix_of(&t);
    return my_int(s < 0 || s > 2147483647 ? 0 : s);
}
static void fix_from_unixtime(struct my_eval *ev, struct my_expr *e)
{
    if (e->n_args > 1) {
        my_fix_str(ev, e, my_conn_coll(ev), e->args[1]->m.coll ? e->args[1]->m.len / e->args[1]->m.coll->maxlen * 10 : 100, MY_DEC_FLOAT, true);
        return;
    }
    uint8_t dec = ev->r->kit->version >= 50600 && e->args[0]->m.dec <= 6 ? e->args[0]->m.dec : 0;
    fix_temporal(ev, e, MY_T_DATETIME, dec, true);
}
static struct my_val format_time(struct my_eval *ev, const struct my_time *t, const char *f, size_t n);
static struct my_val ev_from_unixtime(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    double s = my_val_real(&args[0]);
    if (s < 0 || s > 2147483647)
        return my_null();
    struct my_time t;
    my_local_time((int64_t)(s * 1e6), &t);
    if (e->n_args > 1) {
        struct my_val f = my_arg_text(ev, e, 1, args);
        return format_time(ev, &t, f.s.p, f.s.n);
    }
    return out(ev, &t, MY_T_DATETIME, e->m.dec);
}
static void fix_sec_to_time(struct my_eval *ev, struct my_expr *e)
{
    fix_temporal(ev, e, MY_T_TIME, 0, true);
}
static struct my_val ev_sec_to_time(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)e;
    int64_t s = my_val_i64(&args[0], NULL);
    struct my_time t = {.neg = s < 0, .is_time = true};
    s = s < 0 ? -s : s;
    if (s > 3020399)
        s = 3020399;
    t.hour = (int)(s / 3600);
    t.minute = (int)(s / 60 % 60);
    t.second = (int)(s % 60);
    return out(ev, &t, MY_T_TIME, 0);
}
static struct my_val ev_makedate(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)e;
    int64_t y = my_val_i64(&args[0], NULL), d = my_val_i64(&args[1], NULL);
    if (y < 0 || y > 9999 || d <= 0)
        return my_null();
    if (y < 100)
        y = two_digit_year((int)y);
    struct my_time t = {0};
    my_days_back(my_days((int)y, 1, 1) + d - 1, &t.year, &t.month, &t.day);
    return t.year ? out(ev, &t, MY_T_DATE, 0) : my_null();
}
static struct my_val ev_maketime(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)e;
    int64_t h = my_val_i64(&args[0], NULL), m = my_val_i64(&args[1], NULL), s = my_val_i64(&args[2], NULL);
    if (m < 0 || m > 59 || s < 0 || s > 59)
        return my_null();
    struct my_time t = {.neg = h < 0, .hour = (int)(h < -838 || h > 838 ? 838 : h < 0 ? -h : h), .minute = (int)m, .second = (int)s};
    return out(ev, &t, MY_T_TIME, 0);
}
static struct my_val ev_last_day(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_time t;
    if (!my_time_of(ev, &args[0], &e->args[0]->m, &t) || !t.month)
        return my_null();
    t.day = month_days(t.year, t.month);
    return out(ev, &t, MY_T_DATE, 0);
}

/* ---- formats ---- */
static void put(char *buf, size_t *at, size_t max, const char *fmt, int v)
{
    char piece[16];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    int n = snprintf(piece, sizeof piece, fmt, v);
#pragma GCC diagnostic pop
    for (int i = 0; i < n && *at < max; i++)
        buf[(*at)++] = piece[i];
}
static void puts_to(char *buf, size_t *at, size_t max, const char *s, size_t n)
{
    for (size_t i = 0; i < n && s[i] && *at < max; i++)
        buf[(*at)++] = s[i];
}
static struct my_val format_time(struct my_eval *ev, const struct my_time *t, const char *f, size_t n)
{
    size_t max = n * 12 + 16, at = 0;
    char *b = max < (1u << 20) ? arena_new(ev->r->arena, max + 16) : NULL;
    if (!b)
        return my_null();
    int h12 = t->hour % 24 % 12 ? t->hour % 24 % 12 : 12, year;
    for (size_t i = 0; i < n; i++) {
        if (f[i] != '%' || i + 1 >= n) {
            b[at++] = f[i];
            continue;
        }
        switch (f[++i]) {
        case 'M':
            if (!t->month)
                return my_null();
            puts_to(b, &at, max, month_names[t->month - 1], 9);
            break;
        case 'b':
            if (!t->month)
                return my_null();
            puts_to(b, &at, max, month_names[t->month - 1], 3);
            break;
        case 'W':
            puts_to(b, &at, max, day_names[weekday(t)], 9);
            break;
        case 'a':
            puts_to(b, &at, max, day_names[weekday(t)], 3);
            break;
        case 'D': {
            put(b, &at, max, "%d", t->day);
            int d = t->day;
            puts_to(b, &at, max, d >= 10 && d <= 19 ? "th" : d % 10 == 1 ? "st" : d % 10 == 2 ? "nd" : d % 10 == 3 ? "rd" : "th", 2);
            break;
        }
        case 'Y':
            put(b, &at, max, "%04d", t->year);
            break;
        case 'y':
            put(b, &at, max, "%02d", t->year % 100);
            break;
        case 'm':
            put(b, &at, max, "%02d", t->month);
            break;
        case 'c':
            put(b, &at, max, "%d", t->month);
            break;
        case 'd':
            put(b, &at, max, "%02d", t->day);
            break;
        case 'e':
            put(b, &at, max, "%d", t->day);
            break;
        case 'f':
            put(b, &at, max, "%06d", (int)t->us);
            break;
        case 'H':
            put(b, &at, max, "%02d", t->hour);
            break;
        case 'k':
            put(b, &at, max, "%d", t->hour);
            break;
        case 'h':
        case 'I':
            put(b, &at, max, "%02d", h12);
            break;
        case 'l':
            put(b, &at, max, "%d", h12);
            break;
        case 'i':
            put(b, &at, max, "%02d", t->minute);
            break;
        case 's':
        case 'S':
            put(b, &at, max, "%02d", t->second);
            break;
        case 'p':
            puts_to(b, &at, max, t->hour % 24 < 12 ? "AM" : "PM", 2);
            break;
        case 'r':
            put(b, &at, max, "%02d:", h12);
            put(b, &at, max, "%02d:", t->minute);
            put(b, &at, max, "%02d ", t->second);
            puts_to(b, &at, max, t->hour % 24 < 12 ? "AM" : "PM", 2);
            break;
        case 'T':
            put(b, &at, max, "%02d:", t->hour);
            put(b, &at, max, "%02d:", t->minute);
            put(b, &at, max, "%02d", t->second);
            break;
        case 'j':
            put(b, &at, max, "%03d", (int)(my_days(t->year, t->month, t->day) - my_days(t->year, 1, 1) + 1));
            break;
        case 'w':
            put(b, &at, max, "%d", (weekday(t) + 1) % 7);
            break;
        case 'U':
            put(b, &at, max, "%02d", week_number(t, 4, &year));
            break;
        case 'u':
            put(b, &at, max, "%02d", week_number(t, 1, &year));
            break;
        case 'V':
            put(b, &at, max, "%02d", week_number(t, 6, &year));
            break;
        case 'v':
            put(b, &at, max, "%02d", week_number(t, 3, &year));
            break;
        case 'X':
            (void)week_number(t, 6, &year);
            put(b, &at, max, "%04d", year);
            break;
        case 'x':
            (void)week_number(t, 3, &year);
            put(b, &at, max, "%04d", year);
            break;
        default:
            b[at++] = f[i];
        }
    }
    return my_str(b, at);
}
static void fix_date_format(struct my_eval *ev, struct my_expr *e)
{
    uint64_t chars = 100;
    if (e->args[1]->is_const) { /* the longest each specifier can become */
        struct my_val f = my_eval_expr(ev, e->args[1]);
        chars = 0;
        for (size_t i = 0; f.kind == MY_V_STR && i < f.s.n; i++) {
            if (f.s.p[i] != '%' || i + 1 >= f.s.n) {
                chars++;
                continue;
            }
            switch (f.s.p[++i]) {
            case 'M':
            case 'W':
                chars += 9 * 7;
                break;
            case 'D':
            case 'Y':
            case 'x':
            case 'X':
                chars += 4;
                break;
            case 'a':
            case 'b':
                chars += 32;
                break;
            case 'j':
                chars += 3;
                break;
            case 'u':
            case 'U':
            case 'v':
            case 'V':
            case 'y':
            case 'm':
            case 'd':
            case 'h':
            case 'i':
            case 'I':
            case 'l':
            case 'p':
            case 'S':
            case 's':
            case 'c':
            case 'e':
                chars += 2;
                break;
            case 'k':
            case 'H':
                chars += 7;
                break;
            case 'r':
                chars += 11;
                break;
            case 'T':
                chars += 8;
                break;
            case 'f':
                chars += 6;
                break;
            default:
                chars += 1;
            }
        }
    }
    my_fix_str(ev, e, my_conn_coll(ev), chars, MY_DEC_FLOAT, true);
}
static struct my_val ev_date_format(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_time t;
    struct my_val f = my_arg_text(ev, e, 1, args);
    if (!my_time_of(ev, &args[0], &e->args[0]->m, &t) || !f.s.n)
        return my_null();
    return format_time(ev, &t, f.s.p, f.s.n);
}
static struct my_val ev_time_format(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_time t;
    struct my_val f = my_arg_text(ev, e, 1, args);
    return time_arg(ev, e, args, &t) && f.s.n ? format_time(ev, &t, f.s.p, f.s.n) : my_null();
}
static void fix_str_to_date(struct my_eval *ev, struct my_expr *e)
{
    fix_temporal(ev, e, MY_T_DATETIME, ev->r->kit->version >= 50600 ? 6 : 0, true);
    if (!e->args[1]->is_const)
        return;
    struct my_val f = my_eval_expr(ev, e->args[1]);
    bool date = false, time = false, frac = false;
    for (size_t i = 0; f.kind == MY_V_STR && i + 1 < f.s.n; i++)
        if (f.s.p[i] == '%') {
            char c = f.s.p[++i];
            if (strchr("HIhkliprSsT", c))
                time = true;
            else if (c == 'f')
                frac = time = true;
            else if (strchr("MVUXYWabcjmvuxywdeD", c))
                date = true;
        }
    fix_temporal(ev, e, date && time ? MY_T_DATETIME : time ? MY_T_TIME : MY_T_DATE, frac && ev->r->kit->version >= 50600 ? 6 : 0, true);
}
static bool number(const char *s, size_t n, size_t *i, size_t max, int *ret)
{
    size_t d = 0;
    int v = 0;
    while (*i < n && d < max && s[*i] >= '0' && s[*i] <= '9') {
        v = v * 10 + (s[(*i)++] - '0');
        d++;
    }
    *ret = v;
    return d > 0;
}
static struct my_val ev_str_to_date(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val s = my_arg_text(ev, e, 0, args), f = my_arg_text(ev, e, 1, args);
    struct my_time t = {0};
    size_t i = 0;
    int v = 0, pm = -1;
    bool good = s.kind == MY_V_STR && f.kind == MY_V_STR;
    for (size_t k = 0; good && k < f.s.n; k++) {
        if (f.s.p[k] != '%' || k + 1 >= f.s.n) {
            good = i < s.s.n && s.s.p[i] == f.s.p[k];
            i++;
            continue;
        }
        switch (f.s.p[++k]) {
        case 'Y':
            good = number(s.s.p, s.s.n, &i, 4, &t.year);
            break;
        case 'y':
            good = number(s.s.p, s.s.n, &i, 2, &v);
            t.year = two_digit_year(v);
            break;
        case 'm':
        case 'c':
            good = number(s.s.p, s.s.n, &i, 2, &t.month);
            break;
        case 'd':
        case 'e':
            good = number(s.s.p, s.s.n, &i, 2, &t.day);
            break;
        case 'H':
        case 'k':
        case 'h':
        case 'I':
        case 'l':
            good = number(s.s.p, s.s.n, &i, 2, &t.hour);
            break;
        case 'i':
            good = number(s.s.p, s.s.n, &i, 2, &t.minute);
            break;
        case 's':
        case 'S':
            good = number(s.s.p, s.s.n, &i, 2, &t.second);
            break;
        case 'T':
            good = number(s.s.p, s.s.n, &i, 2, &t.hour) && i < s.s.n && s.s.p[i++] == ':' && number(s.s.p, s.s.n, &i, 2, &t.minute) && i < s.s.n &&
                   s.s.p[i++] == ':' && number(s.s.p, s.s.n, &i, 2, &t.second);
            break;
        case 'p':
            good = i + 1 < s.s.n && (s.s.p[i + 1] | 32) == 'm';
            pm = good && (s.s.p[i] | 32) == 'p';
            i += 2;
            break;
        case 'M':
        case 'b':
            good = false;
            for (int m = 0; m < 12 && !good; m++) {
                size_t len = f.s.p[k] == 'b' ? 3 : strlen(month_names[m]);
                if (i + len <= s.s.n && strncasecmp(s.s.p + i, month_names[m], len) == 0) {
                    t.month = m + 1;
                    i += len;
                    good = true;
                }
            }
            break;
        default:
            good = false;
        }
    }
    if (pm == 1 && t.hour < 12)
        t.hour += 12;
    if (pm == 0 && t.hour == 12)
        t.hour = 0;
    if (!good || !valid_date(&t) || t.hour > 23 || t.minute > 59 || t.second > 59) {
        char text[200];
        char *own = s.kind == MY_V_STR ? arena_copy(ev->r->arena, s.s.p, s.s.n > 128 ? 128 : s.s.n) : NULL;
        (void)snprintf(text, sizeof text, "Incorrect datetime value: '%s' for function str_to_date", own ? own : "");
        my_warn_text(ev->r, MY_WARNING, 1411, text);
        return my_null();
    }
    return out(ev, &t, e->m.type, e->m.dec);
}
static void fix_get_format(struct my_eval *ev, struct my_expr *e)
{
    my_fix_str(ev, e, my_conn_coll(ev), 17, 0, true);
}
static struct my_val ev_get_format(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    static const struct {
        const char *name, *date, *time, *datetime;
    } formats[] = {{"USA", "%m.%d.%Y", "%h:%i:%s %p", "%Y-%m-%d %H.%i.%s"}, {"JIS", "%Y-%m-%d", "%H:%i:%s", "%Y-%m-%d %H:%i:%s"},
                   {"ISO", "%Y-%m-%d", "%H:%i:%s", "%Y-%m-%d %H:%i:%s"}, {"EUR", "%d.%m.%Y", "%H.%i.%s", "%Y-%m-%d %H.%i.%s"},
                   {"INTERNAL", "%Y%m%d", "%H%i%s", "%Y%m%d%H%i%s"}};
    struct my_val t = my_arg_text(ev, e, 0, args);
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strlen(formats[i].name) == t.s.n && strncasecmp(formats[i].name, t.s.p, t.s.n) == 0) {
            const char *f = e->aux == 0 ? formats[i].date : e->aux == 1 ? formats[i].time : formats[i].datetime;
            return my_text_out(ev, f, strlen(f));
        }
    return my_null();
}

/* ---- arithmetic ---- */
static __int128 to_us(const struct my_time *t)
{
    return (((__int128)my_days(t->year, t->month, t->day) * 24 + t->hour) * 60 + t->minute) * 60 * 1000000 + (__int128)t->second * 1000000 + t->us;
}
static struct my_val add_us(struct my_eval *ev, const struct my_time *t, __int128 us, uint8_t type, uint8_t dec)
{
    __int128 v = to_us(t) + us;
    const __int128 day = (__int128)86400 * 1000000;
    if (v < 0 || v / day >= 3652425) {
        my_warn(ev->r, MY_WARNING, MY_ER_DATETIME_FUNCTION_OVERFLOW, "datetime");
        return my_null();
    }
    struct my_time n = {0};
    my_days_back((int64_t)(v / day), &n.year, &n.month, &n.day);
    int64_t rest = (int64_t)(v % day);
    n.us = (unsigned)(rest % 1000000);
    n.second = (int)(rest / 1000000 % 60);
    n.minute = (int)(rest / 60000000 % 60);
    n.hour = (int)(rest / 3600000000);
    return out(ev, &n, type, dec);
}

/* INTERVAL's text as numbers: "1:30" with HOUR_MINUTE. */
static size_t interval_parts(const char *s, size_t n, int64_t v[static 5], bool *neg)
{
    size_t parts = 0, i = 0;
    *neg = false;
    while (i < n && (s[i] < '0' || s[i] > '9')) {
        if (s[i] == '-')
            *neg = true;
        i++;
    }
    while (i < n && parts < 5) {
        int64_t x = 0;
        while (i < n && s[i] >= '0' && s[i] <= '9') {
            if (x < (INT64_MAX - 9) / 10)
                x = x * 10 + (s[i] - '0');
            i++;
        }
        v[parts++] = x;
        while (i < n && (s[i] < '0' || s[i] > '9'))
            i++;
    }
    return parts;
}

struct interval {
    int64_t months;
    __int128 us;
    bool time_part, frac;
};
static bool interval_of(struct my_eval *ev, struct my_expr *arg, struct my_val *v, int unit, struct interval *ret)
{
    static const struct {
        int unit;
        uint8_t first, count; /* of: year month day hour minute second microsecond */
    } spans[] = {{MY_K_YEAR_MONTH, 0, 2}, {MY_K_DAY_HOUR, 2, 2}, {MY_K_DAY_MINUTE, 2, 3}, {MY_K_DAY_SECOND, 2, 4}, {MY_K_DAY_MICROSECOND, 2, 5},
                 {MY_K_HOUR_MINUTE, 3, 2}, {MY_K_HOUR_SECOND, 3, 3}, {MY_K_HOUR_MICROSECOND, 3, 4}, {MY_K_MINUTE_SECOND, 4, 2},
                 {MY_K_MINUTE_MICROSECOND, 4, 3}, {MY_K_SECOND_MICROSECOND, 5, 2}};
    static const int64_t unit_us[] = {0, 0, 86400000000, 3600000000, 60000000, 1000000, 1};
    *ret = (struct interval){0};
    if (v->kind == MY_V_NULL)
        return false;
    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
        if (spans[i].unit != unit)
            continue;
        struct my_val t = my_val_text(ev->r->arena, v, &arg->m);
        int64_t p[5] = {0};
        bool neg;
        size_t n = interval_parts(t.s.p, t.s.n, p, &neg);
        size_t shift = n < spans[i].count ? spans[i].count - n : 0; /* missing parts are the leading ones */
        for (size_t k = 0; k < n && k + shift < spans[i].count; k++) {
            size_t what = spans[i].first + shift + k;
            if (what == 0)
                ret->months += p[k] * 12;
            else if (what == 1)
                ret->months += p[k];
            else
                ret->us += (__int128)p[k] * unit_us[what];
        }
        ret->time_part = spans[i].first + spans[i].count > 3;
        ret->frac = spans[i].first + spans[i].count > 6;
        if (neg) {
            ret->months = -ret->months;
            ret->us = -ret->us;
        }
        return true;
    }
    int64_t n = my_val_i64(v, NULL);
    if (n > 1000000000000 || n < -1000000000000)
        n = n > 0 ? 1000000000000 : -1000000000000;
    switch (unit) {
    case MY_K_MICROSECOND:
        ret->us = n;
        ret->time_part = ret->frac = true;
        break;
    case MY_K_SECOND: {
        double s = my_val_real(v);
        struct my_dec d = my_dec_round(my_val_dec(v), 6, true);
        ret->us = v->kind == MY_V_INT || v->kind == MY_V_UINT ? (__int128)n * 1000000 : d.unscaled;
        ret->frac = s != (double)n;
        ret->time_part = true;
        break;
    }
    case MY_K_MINUTE:
        ret->us = (__int128)n * 60000000;
        ret->time_part = true;
        break;
    case MY_K_HOUR:
        ret->us = (__int128)n * 3600000000;
        ret->time_part = true;
        break;
    case MY_K_DAY:
        ret->us = (__int128)n * 86400000000;
        break;
    case MY_K_WEEK:
        ret->us = (__int128)n * 7 * 86400000000;
        break;
    case MY_K_MONTH:
        ret->months = n;
        break;
    case MY_K_QUARTER:
        ret->months = n * 3;
        break;
    default:
        ret->months = n * 12;
        break;
    }
    return true;
}
static bool unit_has_time(int unit)
{
    switch (unit) {
    case MY_K_DAY:
    case MY_K_WEEK:
    case MY_K_MONTH:
    case MY_K_QUARTER:
    case MY_K_YEAR:
    case MY_K_YEAR_MONTH:
        return false;
    default:
        return true;
    }
}
static void fix_date_add(struct my_eval *ev, struct my_expr *e)
{
    uint8_t t = e->args[0]->m.type;
    if (t == MY_T_DATETIME || t == MY_T_TIMESTAMP || (t == MY_T_DATE && unit_has_time(e->aux)))
        fix_temporal(ev, e, MY_T_DATETIME, e->args[0]->m.dec, true);
    else if (t == MY_T_DATE)
        fix_temporal(ev, e, MY_T_DATE, 0, true);
    else if (t == MY_T_TIME && ev->r->kit->version >= 50600)
        fix_temporal(ev, e, unit_has_time(e->aux) ? MY_T_TIME : MY_T_DATETIME, e->args[0]->m.dec, true);
    else
        my_fix_str(ev, e, ev->r->kit->version < 50500 ? ev->r->kit->binary : my_conn_coll(ev), ev->r->kit->version < 50600 ? 29 : 26 + 3, MY_DEC_FLOAT, true);
    if (my_result_of(e->m.type) == MY_RES_STR && !my_is_temporal(e->m.type)) {
        e->m.type = MY_T_STRING;
        e->m.dec = 0;
        e->m.len = 19u * (e->m.coll ? e->m.coll->maxlen : 1);
        if (ev->r->kit->version >= 50500)
            e->m.len = 29u * e->m.coll->maxlen;
        else
            e->m.len = 29;
    }
}
static struct my_val shift(struct my_eval *ev, struct my_expr *e, struct my_val *args, int sign)
{
    struct my_time t;
    struct interval iv;
    bool is_time = e->args[0]->m.type == MY_T_TIME && e->m.type == MY_T_TIME;
    if (!interval_of(ev, e->args[1], &args[1], e->aux, &iv))
        return my_null();
    if (is_time) {
        struct my_val x = my_arg_text(ev, e, 0, args);
        if (!my_time_parse_time(x.s.p, x.s.n, &t))
            return my_null();
        __int128 us = (((__int128)t.hour * 60 + t.minute) * 60 + t.second) * 1000000 + t.us;
        us = (t.neg ? -us : us) + sign * iv.us;
        struct my_time n = {.neg = us < 0, .is_time = true};
        us = us < 0 ? -us : us;
        n.us = (unsigned)(us % 1000000);
        n.second = (int)(us / 1000000 % 60);
        n.minute = (int)(us / 60000000 % 60);
        n.hour = (int)(us / 3600000000 > 838 ? 838 : us / 3600000000);
        return out(ev, &n, MY_T_TIME, e->m.dec);
    }
    if (!my_time_of(ev, &args[0], &e->args[0]->m, &t))
        return my_null();
    if (iv.months) {
        int64_t m = (int64_t)t.year * 12 + t.month - 1 + sign * iv.months;
        if (m < 0 || m >= 120000) {
            my_warn(ev->r, MY_WARNING, MY_ER_DATETIME_FUNCTION_OVERFLOW, "datetime");
            return my_null();
        }
        t.year = (int)(m / 12);
        t.month = (int)(m % 12) + 1;
        if (t.day > month_days(t.year, t.month))
            t.day = month_days(t.year, t.month);
    }
    uint8_t type = e->m.type, dec = e->m.dec <= 6 ? e->m.dec : 0;
    if (!my_is_temporal(type)) {
        struct my_val x = my_arg_text(ev, e, 0, args);
        bool date_only = x.s.n <= 10 && !memchr(x.s.p, ':', x.s.n) && !(x.s.n == 12 || x.s.n == 14);
        type = date_only && !iv.time_part ? MY_T_DATE : MY_T_DATETIME;
        dec = iv.frac || t.us ? 6 : 0;
    } else if (iv.frac && type != MY_T_DATE) {
        dec = 6;
    }
    if (iv.us == 0)
        return out(ev, &t, type, dec);
    return add_us(ev, &t, sign * iv.us, type, dec);
}
static struct my_val ev_date_add(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    return shift(ev, e, args, 1);
}
static struct my_val ev_date_sub(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    return shift(ev, e, args, -1);
}
/* TIMESTAMPADD(unit, n, date): its arguments stand the other way round. */
static void turn(struct my_expr *e)
{
    struct my_expr *n = e->args[0];
    e->args[0] = e->args[1];
    e->args[1] = n;
}
static void fix_timestampadd(struct my_eval *ev, struct my_expr *e)
{
    if (!e->state) {
        turn(e);
        e->state = e;
    }
    fix_date_add(ev, e);
}
static void fix_timestampdiff(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, 21, true, false);
}
static struct my_val ev_timestampdiff(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_time a, b;
    if (!my_time_of(ev, &args[0], &e->args[0]->m, &a) || !my_time_of(ev, &args[1], &e->args[1]->m, &b))
        return my_null();
    __int128 us = to_us(&b) - to_us(&a);
    static const struct {
        int unit;
        int64_t us;
    } units[] = {{MY_K_WEEK, 604800000000}, {MY_K_DAY, 86400000000}, {MY_K_HOUR, 3600000000}, {MY_K_MINUTE, 60000000}, {MY_K_SECOND, 1000000}, {MY_K_MICROSECOND, 1}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (units[i].unit == e->aux)
            return my_int((int64_t)(us / units[i].us));
    bool neg = us < 0;
    const struct my_time *lo = neg ? &b : &a, *hi = neg ? &a : &b;
    int64_t months = ((int64_t)hi->year - lo->year) * 12 + hi->month - lo->month;
    int64_t lo_in = (((int64_t)lo->day * 24 + lo->hour) * 60 + lo->minute) * 60 + lo->second, hi_in = (((int64_t)hi->day * 24 + hi->hour) * 60 + hi->minute) * 60 + hi->second;
    if (hi_in < lo_in)
        months--;
    int64_t v = e->aux == MY_K_YEAR ? months / 12 : e->aux == MY_K_QUARTER ? months / 3 : months;
    return my_int(neg ? -v : v);
}
static void fix_7(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, 7, true, false);
}
static struct my_val ev_datediff(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_time a, b;
    if (!my_time_of(ev, &args[0], &e->args[0]->m, &a) || !my_time_of(ev, &args[1], &e->args[1]->m, &b))
        return my_null();
    return my_int(my_days(a.year, a.month, a.day) - my_days(b.year, b.month, b.day));
}
static void fix_addtime(struct my_eval *ev, struct my_expr *e)
{
    uint8_t t = e->args[0]->m.type;
    if (my_is_temporal(t))
        fix_temporal(ev, e, t == MY_T_TIME ? MY_T_TIME : MY_T_DATETIME, e->args[0]->m.dec, true);
    else
        my_fix_str(ev, e, ev->r->kit->version < 50500 ? ev->r->kit->binary : my_conn_coll(ev), 26, MY_DEC_FLOAT, true);
}
static struct my_val time_sum(struct my_eval *ev, struct my_expr *e, struct my_val *args, int sign)
{
    struct my_val x = my_arg_text(ev, e, 0, args), y = my_arg_text(ev, e, 1, args);
    struct my_time a, b;
    if (x.kind != MY_V_STR || y.kind != MY_V_STR || !my_time_parse_time(y.s.p, y.s.n, &b))
        return my_null();
    __int128 us = (((__int128)b.hour * 60 + b.minute) * 60 + b.second) * 1000000 + b.us;
    us = (b.neg ? -us : us) * sign;
    bool frac = b.us || memchr(x.s.p, '.', x.s.n);
    if (x.s.n >= 8 && x.s.p[4] == '-' && my_time_parse(x.s.p, x.s.n, &a))
        return add_us(ev, &a, us, MY_T_DATETIME, frac ? 6 : 0);
    if (!my_time_parse_time(x.s.p, x.s.n, &a))
        return my_null();
    __int128 base = (((__int128)a.hour * 60 + a.minute) * 60 + a.second) * 1000000 + a.us;
    us += a.neg ? -base : base;
    struct my_time n = {.neg = us < 0, .is_time = true};
    us = us < 0 ? -us : us;
    n.us = (unsigned)(us % 1000000);
    n.second = (int)(us / 1000000 % 60);
    n.minute = (int)(us / 60000000 % 60);
    n.hour = (int)(us / 3600000000 > 838 ? 838 : us / 3600000000);
    return out(ev, &n, MY_T_TIME, frac ? 6 : 0);
}
static struct my_val ev_addtime(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    return time_sum(ev, e, args, 1);
}
static struct my_val ev_subtime(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    return time_sum(ev, e, args, -1);
}
static struct my_val ev_timediff(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val x = my_arg_text(ev, e, 0, args), y = my_arg_text(ev, e, 1, args);
    struct my_time a, b;
    bool dates = x.s.n >= 8 && x.s.p[4] == '-' && y.s.n >= 8 && y.s.p[4] == '-';
    if (dates ? !my_time_parse(x.s.p, x.s.n, &a) || !my_time_parse(y.s.p, y.s.n, &b) : !my_time_parse_time(x.s.p, x.s.n, &a) || !my_time_parse_time(y.s.p, y.s.n, &b))
        return my_null();
    __int128 us = dates ? to_us(&a) - to_us(&b)
                        : ((((__int128)a.hour * 60 + a.minute) * 60 + a.second) * 1000000 + a.us) * (a.neg ? -1 : 1) -
                              ((((__int128)b.hour * 60 + b.minute) * 60 + b.second) * 1000000 + b.us) * (b.neg ? -1 : 1);
    struct my_time n = {.neg = us < 0, .is_time = true};
    us = us < 0 ? -us : us;
    n.us = (unsigned)(us % 1000000);
    n.second = (int)(us / 1000000 % 60);
    n.minute = (int)(us / 60000000 % 60);
    n.hour = (int)(us / 3600000000 > 838 ? 838 : us / 3600000000);
    return out(ev, &n, MY_T_TIME, n.us ? 6 : 0);
}
static void fix_extract(struct my_eval *ev, struct my_expr *e)
{
    uint32_t len = 2;
    switch (e->aux) {
    case MY_K_YEAR:
        len = 4;
        break;
    case MY_K_YEAR_MONTH:
    case MY_K_MICROSECOND:
        len = 6;
        break;
    case MY_K_DAY_HOUR:
        len = 5;
        break;
    case MY_K_DAY_MINUTE:
        len = 7;
        break;
    case MY_K_DAY_SECOND:
        len = 9;
        break;
    case MY_K_HOUR_MINUTE:
        len = 5;
        break;
    case MY_K_HOUR_SECOND:
        len = 7;
        break;
    default:
        break;
    }
    my_fix_int(ev->r->kit, e, len, true, false);
}
static struct my_val ev_extract(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_time t;
    bool time_only = e->args[0]->m.type == MY_T_TIME;
    struct my_val v = my_arg_text(ev, e, 0, args);
    if (time_only ? !my_time_parse_time(v.s.p, v.s.n, &t) : !my_time_of(ev, &args[0], &e->args[0]->m, &t))
        return my_null();
    int64_t hms = t.hour * 10000 + t.minute * 100 + t.second;
    switch (e->aux) {
    case MY_K_YEAR:
        return my_int(t.year);
    case MY_K_YEAR_MONTH:
        return my_int(t.year * 100 + t.month);
    case MY_K_QUARTER:
        return my_int((t.month + 2) / 3);
    case MY_K_MONTH:
        return my_int(t.month);
    case MY_K_WEEK: {
        int year;
        return my_int(week_number(&t, week_mode((int64_t)my_var_u64(ev->r, "default_week_format")), &year));
    }
    case MY_K_DAY:
        return my_int(t.day);
    case MY_K_DAY_HOUR:
        return my_int(t.day * 100 + t.hour);
    case MY_K_DAY_MINUTE:
        return my_int(t.day * 10000 + t.hour * 100 + t.minute);
    case MY_K_DAY_SECOND:
        return my_int(t.day * 1000000 + hms);
    case MY_K_HOUR:
        return my_int(t.hour);
    case MY_K_HOUR_MINUTE:
        return my_int(t.hour * 100 + t.minute);
    case MY_K_HOUR_SECOND:
        return my_int(hms);
    case MY_K_MINUTE:
        return my_int(t.minute);
    case MY_K_MINUTE_SECOND:
        return my_int(t.minute * 100 + t.second);
    case MY_K_SECOND:
        return my_int(t.second);
    case MY_K_MICROSECOND:
        return my_int(t.us);
    case MY_K_SECOND_MICROSECOND:
        return my_int(t.second * INT64_C(1000000) + t.us);
    default:
        return my_int(hms * 1000000 + t.us);
    }
}
static struct my_val ev_convert_tz(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_time t;
    struct my_val f = my_arg_text(ev, e, 1, args), to = my_arg_text(ev, e, 2, args);
    int64_t off[2] = {0, 0};
    const struct my_val *z[2] = {&f, &to};
    if (!my_time_of(ev, &args[0], &e->args[0]->m, &t))
        return my_null();
    for (int i = 0; i < 2; i++) {
        int h = 0, m = 0;
        char sign = 0;
        char *s = arena_copy(ev->r->arena, z[i]->s.p, z[i]->s.n);
        if (s && strcasecmp(s, "SYSTEM") == 0)
            continue;
        if (!s || sscanf(s, "%c%d:%d", &sign, &h, &m) != 3 || (sign != '+' && sign != '-'))
            return my_null(); /* named zones need tables that this installation left empty */
        off[i] = (sign == '-' ? -1 : 1) * ((int64_t)h * 3600 + m * 60);
    }
    return add_us(ev, &t, (__int128)(off[1] - off[0]) * 1000000, MY_T_DATETIME, e->m.dec);
}
static struct my_val ev_period_add(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)ev;
    (void)e;
    int64_t p = my_val_i64(&args[0], NULL), n = my_val_i64(&args[1], NULL);
    if (p <= 0)
        return my_int(0);
    int64_t y = p / 100;
    y = y < 70 ? y + 2000 : y < 100 ? y + 1900 : y;
    int64_t m = y * 12 + p % 100 - 1 + n;
    return my_int(m / 12 * 100 + m % 12 + 1);
}
static struct my_val ev_period_diff(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)ev;
    (void)e;
    int64_t m[2];
    for (int i = 0; i < 2; i++) {
        int64_t p = my_val_i64(&args[i], NULL), y = p / 100;
        y = y < 70 ? y + 2000 : y < 100 ? y + 1900 : y;
        m[i] = p ? y * 12 + p % 100 - 1 : 0;
    }
    return my_int(m[0] - m[1]);
}

#define W MY_FN_WORD
const struct my_func my_funcs_time[] = {
    {"now", 0, 1, W | MY_FN_NULLS, fix_now, ev_now},
    {"sysdate", 0, 1, W | MY_FN_NOT_CONST | MY_FN_NULLS, fix_now, ev_sysdate},
    {"utc_timestamp", 0, 1, W | MY_FN_NULLS, fix_now, ev_now},
    {"curdate", 0, 0, W, fix_curdate, ev_now},
    {"utc_date", 0, 0, W, fix_curdate, ev_now},
    {"curtime", 0, 1, W | MY_FN_NULLS, fix_curtime, ev_now},
    {"utc_time", 0, 1, W | MY_FN_NULLS, fix_curtime, ev_now},
    {"year", 1, 1, W, fix_4, ev_year},
    {"month", 1, 1, W, fix_2, ev_month},
    {"dayofmonth", 1, 1, 0, fix_2, ev_dayofmonth},
    {"quarter", 1, 1, W, fix_2, ev_quarter},
    {"dayofyear", 1, 1, 0, fix_3, ev_dayofyear},
    {"to_days", 1, 1, 0, fix_6, ev_to_days},
    {"hour", 1, 1, W, fix_2, ev_hour},
    {"minute", 1, 1, W, fix_2, ev_minute},
    {"second", 1, 1, W, fix_2, ev_second},
    {"microsecond", 1, 1, W, fix_6, ev_microsecond},
    {"time_to_sec", 1, 1, 0, fix_10, ev_time_to_sec},
    {"weekday", 1, 1, 0, fix_1, ev_weekday},
    {"dayofweek", 1, 1, 0, fix_1, ev_dayofweek},
    {"week", 1, 2, W, fix_2, ev_week},
    {"weekofyear", 1, 1, 0, fix_2, ev_weekofyear},
    {"yearweek", 1, 2, 0, fix_6, ev_yearweek},
    {"dayname", 1, 1, 0, fix_name9, ev_dayname},
    {"monthname", 1, 1, 0, fix_name9, ev_monthname},
    {"date", 1, 1, W, fix_date, ev_date},
    {"time", 1, 1, W, fix_time, ev_time},
    {"timestamp", 1, 2, W, fix_timestamp, ev_timestamp},
    {"from_days", 1, 1, 0, fix_date, ev_from_days},
    {"unix_timestamp", 0, 1, MY_FN_NULLS, fix_unix_timestamp, ev_unix_timestamp},
    {"from_unixtime", 1, 2, 0, fix_from_unixtime, ev_from_unixtime},
    {"sec_to_time", 1, 1, 0, fix_sec_to_time, ev_sec_to_time},
    {"makedate", 2, 2, 0, fix_date, ev_makedate},
    {"maketime", 3, 3, 0, fix_sec_to_time, ev_maketime},
    {"last_day", 1, 1, 0, fix_date, ev_last_day},
    {"date_format", 2, 2, 0, fix_date_format, ev_date_format},
    {"time_format", 2, 2, 0, fix_date_format, ev_time_format},
    {"str_to_date", 2, 2, 0, fix_str_to_date, ev_str_to_date},
    {"get_format", 1, 1, W, fix_get_format, ev_get_format},
    {"date_add", 2, 2, W, fix_date_add, ev_date_add},
    {"date_sub", 2, 2, W, fix_date_add, ev_date_sub},
    {"timestampadd", 2, 2, W, fix_timestampadd, ev_date_add},
    {"timestampdiff", 2, 2, W, fix_timestampdiff, ev_timestampdiff},
    {"datediff", 2, 2, 0, fix_7, ev_datediff},
    {"addtime", 2, 2, 0, fix_addtime, ev_addtime},
    {"subtime", 2, 2, 0, fix_addtime, ev_subtime},
    {"timediff", 2, 2, 0, fix_sec_to_time, ev_timediff},
    {"extract", 1, 1, W, fix_extract, ev_extract},
    {"convert_tz", 3, 3, 0, fix_timestamp, ev_convert_tz},
    {"period_add", 2, 2, 0, fix_6, ev_period_add},
    {"period_diff", 2, 2, 0, fix_6, ev_period_diff},
    {0},
};

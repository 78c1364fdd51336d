/* DATE_FORMAT, STR_TO_DATE and GET_FORMAT. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "protocol/mysql/expr/my_eval.h"
#include "protocol/mysql/expr/my_time.h"

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

#define W MY_FN_WORD

struct my_val my_format_time(struct my_eval *ev, const struct my_time *t, const char *f, size_t n)
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
            puts_to(b, &at, max, my_month_names[t->month - 1], 9);
            break;
        case 'b':
            if (!t->month)
                return my_null();
            puts_to(b, &at, max, my_month_names[t->month - 1], 3);
            break;
        case 'W':
            puts_to(b, &at, max, my_day_names[my_weekday(t)], 9);
            break;
        case 'a':
            puts_to(b, &at, max, my_day_names[my_weekday(t)], 3);
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
            put(b, &at, max, "%d", (my_weekday(t) + 1) % 7);
            break;
        case 'U':
            put(b, &at, max, "%02d", my_week_number(t, 4, &year));
            break;
        case 'u':
            put(b, &at, max, "%02d", my_week_number(t, 1, &year));
            break;
        case 'V':
            put(b, &at, max, "%02d", my_week_number(t, 6, &year));
            break;
        case 'v':
            put(b, &at, max, "%02d", my_week_number(t, 3, &year));
            break;
        case 'X':
            (void)my_week_number(t, 6, &year);
            put(b, &at, max, "%04d", year);
            break;
        case 'x':
            (void)my_week_number(t, 3, &year);
            put(b, &at, max, "%04d", year);
            break;
        default:
            b[at++] = f[i];
        }
    }
    return my_str(b, at);
}

void my_fix_date_format(struct my_eval *ev, struct my_expr *e)
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
                chars += ev->r->kit->mariadb ? 64 : 63;
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
    my_fix_str(ev, e, my_conn_coll(ev), chars, ev->r->kit->mariadb ? 0 : MY_DEC_FLOAT, true);
}

static struct my_val ev_date_format(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_time t;
    struct my_val f = my_arg_text(ev, e, 1, args);
    if (!my_time_of(ev, &args[0], &e->args[0]->m, &t) || !f.s.n)
        return my_null();
    return my_format_time(ev, &t, f.s.p, f.s.n);
}

static struct my_val ev_time_format(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_time t;
    struct my_val f = my_arg_text(ev, e, 1, args);
    return my_time_arg(ev, e, args, &t) && f.s.n ? my_format_time(ev, &t, f.s.p, f.s.n) : my_null();
}

static void fix_str_to_date(struct my_eval *ev, struct my_expr *e)
{
    my_fix_temporal(ev, e, MY_T_DATETIME, ev->r->kit->version >= 50600 ? 6 : 0, true);
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
    my_fix_temporal(ev, e, date && time ? MY_T_DATETIME : time ? MY_T_TIME : MY_T_DATE, frac && ev->r->kit->version >= 50600 ? 6 : 0, true);
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
            t.year = my_two_digit_year(v);
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
        case 'f': {
            int us = 0;
            size_t from = i;
            good = number(s.s.p, s.s.n, &i, 6, &us);
            for (size_t d = i - from; d < 6; d++)
                us *= 10;
            t.us = (unsigned)us;
            break;
        }
        case 'p':
            good = i + 1 < s.s.n && (s.s.p[i + 1] | 32) == 'm';
            pm = good && (s.s.p[i] | 32) == 'p';
            i += 2;
            break;
        case 'M':
        case 'b':
            good = false;
            for (int m = 0; m < 12 && !good; m++) {
                size_t len = f.s.p[k] == 'b' ? 3 : strlen(my_month_names[m]);
                if (i + len <= s.s.n && strncasecmp(s.s.p + i, my_month_names[m], len) == 0) {
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
    if (!good || !my_valid_date(&t) || t.hour > 23 || t.minute > 59 || t.second > 59) {
        char text[200];
        char *own = s.kind == MY_V_STR ? arena_copy(ev->r->arena, s.s.p, s.s.n > 128 ? 128 : s.s.n) : NULL;
        (void)snprintf(text, sizeof text, "Incorrect datetime value: '%s' for function str_to_date", own ? own : "");
        my_warn_text(ev->r, MY_WARNING, 1411, text);
        return my_null();
    }
    return my_time_val(ev, &t, e->m.type, e->m.dec);
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

const struct my_func my_funcs_time_format[] = {
    {"date_format", 2, 2, 0, my_fix_date_format, ev_date_format},
    {"time_format", 2, 2, 0, my_fix_date_format, ev_time_format},
    {"str_to_date", 2, 2, 0, fix_str_to_date, ev_str_to_date},
    {"get_format", 1, 1, W, fix_get_format, ev_get_format},
    {0},
};

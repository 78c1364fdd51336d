/* Sums and differences of dates and times. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/expr/my_eval.h"
#include "protocol/mysql/expr/my_time.h"

/* ---- arithmetic ---- */
static __int128 to_us(const struct my_time *t)
{
    return (((__int128)my_days(t->year, t->month, t->day) * 24 + t->hour) * 60 + t->minute) * 60 * 1000000 + (__int128)t->second * 1000000 + t->us;
}

struct my_val my_add_us(struct my_eval *ev, const struct my_time *t, __int128 us, uint8_t type, uint8_t dec)
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
    return my_time_val(ev, &n, type, dec);
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

static bool has_microsecond(int unit)
{
    return unit == MY_K_MICROSECOND || unit == MY_K_DAY_MICROSECOND || unit == MY_K_HOUR_MICROSECOND || unit == MY_K_MINUTE_MICROSECOND ||
           unit == MY_K_SECOND_MICROSECOND;
}

static void fix_date_add(struct my_eval *ev, struct my_expr *e)
{
    uint8_t t = e->args[0]->m.type;
    if (t == MY_T_DATETIME || t == MY_T_TIMESTAMP || (t == MY_T_DATE && unit_has_time(e->aux)))
        my_fix_temporal(ev, e, MY_T_DATETIME, e->args[0]->m.dec, true);
    else if (t == MY_T_DATE)
        my_fix_temporal(ev, e, MY_T_DATE, 0, true);
    else if (t == MY_T_TIME && ev->r->kit->version >= 50600)
        my_fix_temporal(ev, e, unit_has_time(e->aux) ? MY_T_TIME : MY_T_DATETIME, e->args[0]->m.dec, true);
    else
        my_fix_str(ev, e, ev->r->kit->version < 50500 ? ev->r->kit->binary : my_conn_coll(ev), ev->r->kit->version < 50600 ? 29 : 26 + 3, MY_DEC_FLOAT, true);
    if (my_result_of(e->m.type) == MY_RES_STR && !my_is_temporal(e->m.type)) {
        e->m.type = MY_T_STRING;
        e->m.dec = 0;
        e->m.len = 19u * (e->m.coll ? e->m.coll->maxlen : 1);
        if (ev->r->kit->mariadb) {
            uint8_t dec = my_time_places(ev, e->args[0]), unit = has_microsecond(e->aux) ? 6 : 0;
            e->m.dec = dec > unit ? dec : unit;
            e->m.len = (19u + (e->m.dec ? e->m.dec + 1u : 0)) * e->m.coll->maxlen;
        } else if (ev->r->kit->version >= 50500)
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
        return my_time_val(ev, &n, MY_T_TIME, e->m.dec);
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
        if (t.day > my_month_days(t.year, t.month))
            t.day = my_month_days(t.year, t.month);
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
        return my_time_val(ev, &t, type, dec);
    return my_add_us(ev, &t, sign * iv.us, type, dec);
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
    my_fix_int(ev->r->kit, e, ev->r->kit->mariadb ? 8 : 7, true, false);
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
        my_fix_temporal(ev, e, t == MY_T_TIME ? MY_T_TIME : MY_T_DATETIME, e->args[0]->m.dec, true);
    else
        my_fix_str(ev, e, ev->r->kit->version < 50500 ? ev->r->kit->binary : my_conn_coll(ev), 26, MY_DEC_FLOAT, true);
    if (ev->r->kit->mariadb && e->m.type == MY_T_VAR_STRING)
        e->m.type = MY_T_STRING;
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
    if (ev->r->kit->mariadb) {
        struct my_time whole;
        if (my_time_parse(x.s.p, x.s.n, &whole) || my_time_parse_time(x.s.p, x.s.n, &whole))
            frac = (us + whole.us) % 1000000 != 0;
    }
    if (x.s.n >= 8 && x.s.p[4] == '-' && my_time_parse(x.s.p, x.s.n, &a))
        return my_add_us(ev, &a, us, MY_T_DATETIME, frac ? 6 : 0);
    if (!my_time_arg(ev, e, args, &a))
        return my_null();
    __int128 base = (((__int128)a.hour * 60 + a.minute) * 60 + a.second) * 1000000 + a.us;
    us += a.neg ? -base : base;
    struct my_time n = {.neg = us < 0, .is_time = true};
    us = us < 0 ? -us : us;
    n.us = (unsigned)(us % 1000000);
    n.second = (int)(us / 1000000 % 60);
    n.minute = (int)(us / 60000000 % 60);
    n.hour = (int)(us / 3600000000 > 838 ? 838 : us / 3600000000);
    return my_time_val(ev, &n, MY_T_TIME, frac ? 6 : 0);
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
    return my_time_val(ev, &n, MY_T_TIME, n.us ? 6 : 0);
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
        len = ev->r->kit->mariadb ? 10 : 5;
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
        return my_int(my_week_number(&t, my_week_mode((int64_t)my_var_u64(ev->r, "default_week_format")), &year));
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
    return my_add_us(ev, &t, (__int128)(off[1] - off[0]) * 1000000, MY_T_DATETIME, e->m.dec);
}

static void fix_period(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, 6, !ev->r->kit->mariadb || my_any_maybe_null(e), false);
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

const struct my_func my_funcs_time_arith[] = {
    {"date_add", 2, 2, W, fix_date_add, ev_date_add},
    {"date_sub", 2, 2, W, fix_date_add, ev_date_sub},
    {"timestampadd", 2, 2, W, fix_timestampadd, ev_date_add},
    {"timestampdiff", 2, 2, W, fix_timestampdiff, ev_timestampdiff},
    {"datediff", 2, 2, 0, fix_7, ev_datediff},
    {"addtime", 2, 2, 0, fix_addtime, ev_addtime},
    {"subtime", 2, 2, 0, fix_addtime, ev_subtime},
    {"timediff", 2, 2, 0, my_fix_sec_to_time, ev_timediff},
    {"extract", 1, 1, W, fix_extract, ev_extract},
    {"convert_tz", 3, 3, 0, my_fix_timestamp, ev_convert_tz},
    {"period_add", 2, 2, 0, fix_period, ev_period_add},
    {"period_diff", 2, 2, 0, fix_period, ev_period_diff},
    {0},
};

/* Date functions: now, and the parts of a date. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "protocol/mysql/expr/my_eval.h"
#include "protocol/mysql/expr/my_time.h"

/* ---- typing ---- */
void my_fix_temporal(struct my_eval *ev, struct my_expr *e, uint8_t type, uint8_t dec, bool null)
{
    uint32_t len = type == MY_T_DATE ? 10 : type == MY_T_TIME ? (ev->r->kit->version >= 50600 || ev->r->kit->mariadb ? 10 : 8) : 19;
    e->m = (struct my_meta){.type = type, .len = len + (dec ? dec + 1u : 0), .dec = dec, .coll = ev->r->kit->binary, .coerce = MY_CO_NUMERIC, .maybe_null = null};
}

static void too_precise(struct my_eval *ev, const struct my_expr *e, int64_t n)
{
    static const char *const other[][2] = {{"now", "current_timestamp"}, {"curtime", "current_time"}};
    const char *name = e->func->name;
    char line[120];
    for (size_t i = 0; ev->r->kit->mariadb && i < 2; i++)
        if (strcmp(name, other[i][0]) == 0)
            name = other[i][1];
    if (ev->r->kit->mariadb)
        (void)snprintf(line, sizeof line, "Too big precision specified for '%s'. Maximum is 6", name);
    else
        (void)snprintf(line, sizeof line, "Too-big precision %lld specified for '%s'. Maximum is 6.", (long long)n, name);
    my_fail_text(ev->r, MY_ER_TOO_BIG_PRECISION, line);
}

static uint8_t fsp(struct my_eval *ev, struct my_expr *e)
{
    if (e->n_args == 0 || !e->args[0]->is_const)
        return 0;
    struct my_val v = my_eval_expr(ev, e->args[0]);
    int64_t n = my_val_i64(&v, NULL);
    if (n > 6)
        too_precise(ev, e, n);
    return ev->r->kit->version >= 50600 ? (uint8_t)(n < 0 ? 0 : n > 6 ? 6 : n) : 0;
}

static void fix_now(struct my_eval *ev, struct my_expr *e)
{
    my_fix_temporal(ev, e, MY_T_DATETIME, fsp(ev, e), false);
}

static void fix_curdate(struct my_eval *ev, struct my_expr *e)
{
    my_fix_temporal(ev, e, MY_T_DATE, 0, false);
}

static void fix_curtime(struct my_eval *ev, struct my_expr *e)
{
    my_fix_temporal(ev, e, MY_T_TIME, fsp(ev, e), false);
    e->m.len = 8 + (e->m.dec ? e->m.dec + 1u : 0);
    if (ev->r->kit->version >= 50600 && !ev->r->kit->mariadb)
        e->m.len += 2;
    if (ev->r->kit->mariadb)
        e->m.len += 2;
}

int64_t my_stmt_now(struct my_eval *ev)
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
    my_local_time(my_stmt_now(ev), &t);
    return my_time_val(ev, &t, e->m.type, e->m.dec);
}

static struct my_val ev_sysdate(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)args;
    struct my_time t;
    my_local_time(ev->r->now_us + ev->r->delay_us, &t);
    return my_time_val(ev, &t, e->m.type, e->m.dec);
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

void my_fix_6(struct my_eval *ev, struct my_expr *e)
{
    fix_int_len(ev, e, 6);
}

static void fix_quarter(struct my_eval *ev, struct my_expr *e)
{
    fix_int_len(ev, e, ev->r->kit->mariadb ? 1 : 2);
}

static void fix_time_to_sec(struct my_eval *ev, struct my_expr *e)
{
    fix_int_len(ev, e, ev->r->kit->mariadb ? 17 : 10);
}

static void fix_12(struct my_eval *ev, struct my_expr *e)
{
    fix_int_len(ev, e, ev->r->kit->mariadb ? 12 : 6);
}

static void fix_1(struct my_eval *ev, struct my_expr *e)
{
    fix_int_len(ev, e, 1);
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

PART(to_seconds, my_days(t.year, t.month, t.day) * 86400 + t.hour * 3600 + t.minute * 60 + t.second)

PART(to_days, my_days(t.year, t.month, t.day))

bool my_time_arg(struct my_eval *ev, struct my_expr *e, struct my_val *args, struct my_time *t)
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
        return my_time_arg(ev, e, args, &t) ? my_int(value) : my_null();                          \
    }

TPART(hour, t.hour)

TPART(minute, t.minute)

TPART(second, t.second)

TPART(microsecond, t.us)

TPART(time_to_sec, (t.neg ? -1 : 1) * ((int64_t)t.hour * 3600 + t.minute * 60 + t.second))

int my_weekday(const struct my_time *t)
{
    return (int)((my_days(t->year, t->month, t->day) + 5) % 7); /* Monday 0 */
}

static struct my_val ev_weekday(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_time t;
    if (!my_time_of(ev, &args[0], &e->args[0]->m, &t) || !t.month || !t.day)
        return my_null();
    return my_int(my_weekday(&t));
}

static struct my_val ev_dayofweek(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_time t;
    if (!my_time_of(ev, &args[0], &e->args[0]->m, &t) || !t.month || !t.day)
        return my_null();
    return my_int((my_weekday(&t) + 1) % 7 + 1);
}

int my_week_number(const struct my_time *t, unsigned mode, int *ret_year)
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
        int days = my_leap(year) ? 366 : 365;
        first -= days;
        wd = (wd + 53 * 7 - days) % 7;
    }
    int64_t days;
    if ((first_weekday && wd != 0) || (!first_weekday && wd >= 4))
        days = day - (first + 7 - wd);
    else
        days = day - (first - wd);
    if (week_year && days >= 52 * 7) {
        wd = (wd + (my_leap(year) ? 366 : 365)) % 7;
        if ((!first_weekday && wd < 4) || (first_weekday && wd == 0)) {
            *ret_year = year + 1;
            return 1;
        }
    }
    *ret_year = year;
    return (int)(days / 7 + 1);
}

unsigned my_week_mode(int64_t m)
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
    return my_int(my_week_number(&t, my_week_mode(mode), &year));
}

static struct my_val ev_weekofyear(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_time t;
    int year;
    if (!my_time_of(ev, &args[0], &e->args[0]->m, &t))
        return my_null();
    return my_int(my_week_number(&t, my_week_mode(3), &year));
}

static struct my_val ev_yearweek(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_time t;
    int year;
    if (!my_time_of(ev, &args[0], &e->args[0]->m, &t))
        return my_null();
    int week = my_week_number(&t, my_week_mode(e->n_args > 1 ? my_val_i64(&args[1], NULL) : 0) | 2, &year);
    return my_int(year * 100 + week);
}

const char *const my_day_names[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

const char *const my_month_names[] = {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
                                          "November", "December"};

static void fix_name9(struct my_eval *ev, struct my_expr *e)
{
    my_fix_str(ev, e, my_conn_coll(ev), 9, ev->r->kit->mariadb ? 0 : MY_DEC_FLOAT, true);
}

static struct my_val ev_dayname(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val v = ev_weekday(ev, e, args);
    return v.kind == MY_V_NULL ? v : my_text_out(ev, my_day_names[v.i], strlen(my_day_names[v.i]));
}

static struct my_val ev_monthname(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_time t;
    if (!my_time_of(ev, &args[0], &e->args[0]->m, &t) || !t.month)
        return my_null();
    return my_text_out(ev, my_month_names[t.month - 1], strlen(my_month_names[t.month - 1]));
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
    {"quarter", 1, 1, W, fix_quarter, ev_quarter},
    {"dayofyear", 1, 1, 0, fix_3, ev_dayofyear},
    {"to_days", 1, 1, 0, my_fix_6, ev_to_days},
    {"to_seconds", 1, 1, MY_FN_SINCE_55, fix_12, ev_to_seconds},
    {"hour", 1, 1, W, fix_2, ev_hour},
    {"minute", 1, 1, W, fix_2, ev_minute},
    {"second", 1, 1, W, fix_2, ev_second},
    {"microsecond", 1, 1, W, my_fix_6, ev_microsecond},
    {"time_to_sec", 1, 1, 0, fix_time_to_sec, ev_time_to_sec},
    {"weekday", 1, 1, 0, fix_1, ev_weekday},
    {"dayofweek", 1, 1, 0, fix_1, ev_dayofweek},
    {"week", 1, 2, W, fix_2, ev_week},
    {"weekofyear", 1, 1, 0, fix_2, ev_weekofyear},
    {"yearweek", 1, 2, 0, my_fix_6, ev_yearweek},
    {"dayname", 1, 1, 0, fix_name9, ev_dayname},
    {"monthname", 1, 1, 0, fix_name9, ev_monthname},
    {0},
};

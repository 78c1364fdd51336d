/* Date functions that make dates and times of other values. */
#include <time.h>

#include "protocol/mysql/expr/my_eval.h"
#include "protocol/mysql/expr/my_time.h"

/* ---- conversions ---- */
static void fix_date(struct my_eval *ev, struct my_expr *e)
{
    my_fix_temporal(ev, e, MY_T_DATE, 0, true);
}

static struct my_val ev_date(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    return my_to_temporal(ev, &args[0], &e->args[0]->m, MY_T_DATE, 0);
}

static void fix_time(struct my_eval *ev, struct my_expr *e)
{
    if (ev->r->kit->mariadb) {
        my_fix_temporal(ev, e, MY_T_TIME, my_time_places(ev, e->args[0]), true);
        return;
    }
    my_fix_temporal(ev, e, MY_T_TIME, ev->r->kit->version >= 50600 && my_result_of(e->args[0]->m.type) == MY_RES_STR && !my_is_temporal(e->args[0]->m.type) ? 6 : e->args[0]->m.dec, true);
    if (e->m.dec > 6)
        my_fix_temporal(ev, e, MY_T_TIME, 6, true);
    if (ev->r->kit->version < 50600)
        my_fix_temporal(ev, e, MY_T_TIME, 0, true);
}

static struct my_val ev_time(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    return my_to_temporal(ev, &args[0], &e->args[0]->m, MY_T_TIME, e->m.dec);
}

void my_fix_timestamp(struct my_eval *ev, struct my_expr *e)
{
    my_fix_temporal(ev, e, MY_T_DATETIME, 0, true);
}

static struct my_val ev_timestamp(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_time t, d;
    if (!my_time_of(ev, &args[0], &e->args[0]->m, &t))
        return my_null();
    if (e->n_args == 1)
        return my_time_val(ev, &t, MY_T_DATETIME, e->m.dec);
    struct my_val x = my_arg_text(ev, e, 1, args);
    if (!my_time_parse_time(x.s.p, x.s.n, &d))
        return my_null();
    __int128 us = ((__int128)d.hour * 3600 + d.minute * 60 + d.second) * 1000000 + d.us;
    return my_add_us(ev, &t, d.neg ? -us : us, MY_T_DATETIME, 0);
}

static struct my_val ev_from_days(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)e;
    struct my_time t = {0};
    my_days_back(my_val_i64(&args[0], NULL), &t.year, &t.month, &t.day);
    return my_time_val(ev, &t, MY_T_DATE, 0);
}

/* MariaDB: the places that the text shows, and never NOT NULL. */
static void fix_unix_mariadb(struct my_eval *ev, struct my_expr *e)
{
    uint8_t dec = my_time_places(ev, e->args[0]);
    my_fix_int(ev->r->kit, e, 17, true, false);
    if (dec) {
        e->m.type = MY_T_NEWDECIMAL;
        e->m.dec = dec;
        e->m.len = 18u + dec;
    }
}

static void fix_unix_timestamp(struct my_eval *ev, struct my_expr *e)
{
    if (ev->r->kit->mariadb && e->n_args) {
        fix_unix_mariadb(ev, e);
        return;
    }
    bool dec = ev->r->kit->version >= 50600 && e->n_args && e->args[0]->m.dec && e->args[0]->m.dec <= 6;
    if (!dec)
        my_fix_int(ev->r->kit, e, 11, ev->r->kit->mariadb || (e->n_args && my_any_maybe_null(e)), false);
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
        return my_int(my_stmt_now(ev) / 1000000);
    if (args[0].kind == MY_V_NULL)
        return my_null();
    if (!my_time_of(ev, &args[0], &e->args[0]->m, &t))
        return ev->r->kit->mariadb ? my_null() : my_int(0);
    int64_t s = unix_of(&t);
    if (s < 0 || s > 2147483647)
        s = t.us = 0;
    if (e->m.dec)
        return my_decimal(my_dec_round((struct my_dec){.unscaled = (__int128)s * 1000000 + t.us, .scale = 6}, e->m.dec, true));
    return my_int(s);
}

static void fix_from_unixtime(struct my_eval *ev, struct my_expr *e)
{
    if (e->n_args > 1) {
        if (ev->r->kit->mariadb)
            my_fix_date_format(ev, e);
        else
            my_fix_str(ev, e, my_conn_coll(ev), e->args[1]->m.coll ? e->args[1]->m.len / e->args[1]->m.coll->maxlen * 10 : 100, MY_DEC_FLOAT, true);
        return;
    }
    uint8_t dec = ev->r->kit->version >= 50600 && e->args[0]->m.dec <= 6 ? e->args[0]->m.dec : 0;
    my_fix_temporal(ev, e, MY_T_DATETIME, dec, true);
}

static struct my_val ev_from_unixtime(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    double s = my_val_real(&args[0]);
    if (s < 0 || s > 2147483647)
        return my_null();
    struct my_time t;
    my_local_time((int64_t)(s * 1e6), &t);
    if (e->n_args > 1) {
        struct my_val f = my_arg_text(ev, e, 1, args);
        return my_format_time(ev, &t, f.s.p, f.s.n);
    }
    return my_time_val(ev, &t, MY_T_DATETIME, e->m.dec);
}

void my_fix_sec_to_time(struct my_eval *ev, struct my_expr *e)
{
    my_fix_temporal(ev, e, MY_T_TIME, 0, true);
}

static void fix_seconds(struct my_eval *ev, struct my_expr *e)
{
    uint8_t dec = ev->r->kit->version >= 50600 ? my_time_places(ev, e->args[0]) : 0;
    my_fix_temporal(ev, e, MY_T_TIME, dec, true);
}

static struct my_val ev_sec_to_time(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_dec d = my_dec_round(my_val_dec(&args[0]), e->m.dec, e->m.dec > 0);
    int64_t s = my_dec_i64(my_dec_round(d, 0, true), NULL);
    struct my_time t = {.neg = d.unscaled < 0, .is_time = true};
    s = s < 0 ? -s : s;
    struct my_dec us = my_dec_sub(d, my_dec_round(d, 0, true));
    us = my_dec_round(us, 6, true);
    t.us = (unsigned)(us.unscaled < 0 ? -us.unscaled : us.unscaled);
    if (s > 3020399)
        s = 3020399;
    t.hour = (int)(s / 3600);
    t.minute = (int)(s / 60 % 60);
    t.second = (int)(s % 60);
    return my_time_val(ev, &t, MY_T_TIME, e->m.dec);
}

static struct my_val ev_makedate(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)e;
    int64_t y = my_val_i64(&args[0], NULL), d = my_val_i64(&args[1], NULL);
    if (y < 0 || y > 9999 || d <= 0)
        return my_null();
    if (y < 100)
        y = my_two_digit_year((int)y);
    struct my_time t = {0};
    my_days_back(my_days((int)y, 1, 1) + d - 1, &t.year, &t.month, &t.day);
    return t.year ? my_time_val(ev, &t, MY_T_DATE, 0) : my_null();
}

static struct my_val ev_maketime(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)e;
    int64_t h = my_val_i64(&args[0], NULL), m = my_val_i64(&args[1], NULL), s = my_val_i64(&args[2], NULL);
    if (m < 0 || m > 59 || s < 0 || s > 59)
        return my_null();
    struct my_time t = {.neg = h < 0, .hour = (int)(h < -838 || h > 838 ? 838 : h < 0 ? -h : h), .minute = (int)m, .second = (int)s};
    return my_time_val(ev, &t, MY_T_TIME, 0);
}

static struct my_val ev_last_day(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_time t;
    if (!my_time_of(ev, &args[0], &e->args[0]->m, &t) || !t.month)
        return my_null();
    t.day = my_month_days(t.year, t.month);
    return my_time_val(ev, &t, MY_T_DATE, 0);
}

/* DATE 'x', TIME 'x', TIMESTAMP 'x': literals of their types since 5.6. */
static void fix_literal(struct my_eval *ev, struct my_expr *e, uint8_t type, const char *kind)
{
    struct my_time t;
    const struct my_val *v = &e->args[0]->val;
    bool good = v->kind == MY_V_STR && (type == MY_T_TIME ? my_time_parse_time(v->s.p, v->s.n, &t) : my_time_parse(v->s.p, v->s.n, &t));
    if (!good && e->aux == 1) { /* of {d 'x'} the text stays */
        e->m = e->args[0]->m;
        return;
    }
    if (!good) {
        my_fail(ev->r, MY_ER_WRONG_VALUE, kind, v->kind == MY_V_STR ? v->s.p : "");
        return;
    }
    my_fix_temporal(ev, e, type, type == MY_T_DATE ? 0 : my_time_places(ev, e->args[0]), false);
}
static void fix_date_literal(struct my_eval *ev, struct my_expr *e)
{
    fix_literal(ev, e, MY_T_DATE, "DATE");
}
static void fix_time_literal(struct my_eval *ev, struct my_expr *e)
{
    fix_literal(ev, e, MY_T_TIME, "TIME");
}
static void fix_timestamp_literal(struct my_eval *ev, struct my_expr *e)
{
    fix_literal(ev, e, MY_T_DATETIME, "DATETIME");
}
static struct my_val ev_literal(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    if (!my_is_temporal(e->m.type))
        return args[0];
    return my_to_temporal(ev, &args[0], &e->args[0]->m, e->m.type, e->m.dec);
}

#define W MY_FN_WORD

const struct my_func my_funcs_time_conv[] = {
    {"date", 1, 1, W, fix_date, ev_date},
    {"time", 1, 1, W, fix_time, ev_time},
    {"timestamp", 1, 2, W, my_fix_timestamp, ev_timestamp},
    {"from_days", 1, 1, 0, fix_date, ev_from_days},
    {"unix_timestamp", 0, 1, MY_FN_NULLS, fix_unix_timestamp, ev_unix_timestamp},
    {"from_unixtime", 1, 2, 0, fix_from_unixtime, ev_from_unixtime},
    {"sec_to_time", 1, 1, 0, fix_seconds, ev_sec_to_time},
    {"makedate", 2, 2, 0, fix_date, ev_makedate},
    {"maketime", 3, 3, 0, my_fix_sec_to_time, ev_maketime},
    {"date literal", 1, 1, W, fix_date_literal, ev_literal},
    {"time literal", 1, 1, W, fix_time_literal, ev_literal},
    {"timestamp literal", 1, 1, W, fix_timestamp_literal, ev_literal},
    {"last_day", 1, 1, 0, fix_date, ev_last_day},
    {0},
};

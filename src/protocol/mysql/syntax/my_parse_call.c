/* Calls: functions, aggregates, CAST and the forms with words of their own. */
#include <string.h>
#include <strings.h>

#include "protocol/mysql/expr/my_func.h"
#include "protocol/mysql/syntax/my_parse.h"
#include "protocol/mysql/syntax/my_parse_expr.h"
#include "protocol/mysql/syntax/my_parse_routine.h"
#include "protocol/mysql/world/my_def.h"

size_t my_p_expr_list(struct my_parse *p, struct my_expr ***ret)
{
    size_t n = 0, cap = 8;
    struct my_expr **list = my_p_args_new(p, cap);
    do {
        if (n == cap) {
            struct my_expr **more = my_p_args_new(p, cap * 2);
            memcpy(more, list, cap * sizeof *list);
            list = more;
            cap *= 2;
        }
        list[n++] = my_p_expr(p);
        if (n >= 65000)
            my_p_fail(p);
    } while (my_p_ok(p) && my_p_take_op(p, ','));
    *ret = list;
    return n;
}

struct my_expr *my_p_call_native(struct my_parse *p, const char *name, struct my_expr **args, size_t n)
{
    struct my_expr *e = my_p_expr_new(p, MY_X_FUNC);
    e->func = my_func_op(name);
    e->name = name;
    e->args = args;
    e->n_args = (uint16_t)n;
    my_p_grown(p, e);
    if (!e->func)
        my_p_fail(p);
    return e;
}

static const struct {
    enum my_kw kw;
    const char *name;
} units[] = {
    {MY_K_MICROSECOND, "MICROSECOND"}, {MY_K_SECOND, "SECOND"}, {MY_K_MINUTE, "MINUTE"}, {MY_K_HOUR, "HOUR"}, {MY_K_DAY, "DAY"},
    {MY_K_WEEK, "WEEK"}, {MY_K_MONTH, "MONTH"}, {MY_K_QUARTER, "QUARTER"}, {MY_K_YEAR, "YEAR"},
    {MY_K_SECOND_MICROSECOND, "SECOND_MICROSECOND"}, {MY_K_MINUTE_MICROSECOND, "MINUTE_MICROSECOND"}, {MY_K_MINUTE_SECOND, "MINUTE_SECOND"},
    {MY_K_HOUR_MICROSECOND, "HOUR_MICROSECOND"}, {MY_K_HOUR_SECOND, "HOUR_SECOND"}, {MY_K_HOUR_MINUTE, "HOUR_MINUTE"},
    {MY_K_DAY_MICROSECOND, "DAY_MICROSECOND"}, {MY_K_DAY_SECOND, "DAY_SECOND"}, {MY_K_DAY_MINUTE, "DAY_MINUTE"}, {MY_K_DAY_HOUR, "DAY_HOUR"},
    {MY_K_YEAR_MONTH, "YEAR_MONTH"}, {MY_K_SQL_TSI_SECOND, "SECOND"}, {MY_K_SQL_TSI_MINUTE, "MINUTE"}, {MY_K_SQL_TSI_HOUR, "HOUR"},
    {MY_K_SQL_TSI_DAY, "DAY"}, {MY_K_SQL_TSI_WEEK, "WEEK"}, {MY_K_SQL_TSI_MONTH, "MONTH"}, {MY_K_SQL_TSI_QUARTER, "QUARTER"},
    {MY_K_SQL_TSI_YEAR, "YEAR"},
};

int my_p_unit_of(struct my_parse *p)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (my_p_is(p, units[i].kw)) {
            my_p_next(p);
            return (int)(units[i].kw);
        }
    my_p_fail(p);
    return 0;
}

static struct my_expr *aggregate(struct my_parse *p, const char *name)
{
    struct my_expr *e = my_p_expr_new(p, MY_X_AGG);
    e->func = my_func_op(name);
    e->name = name;
    e->has_agg = true;
    bool count = strcasecmp(name, "count") == 0, concat = strcasecmp(name, "group_concat") == 0;
    bool minmax = strcasecmp(name, "max") == 0 || strcasecmp(name, "min") == 0;
    bool sums = strcasecmp(name, "sum") == 0 || strcasecmp(name, "avg") == 0;
    if ((count || concat || sums || minmax) && my_p_take(p, MY_K_DISTINCT))
        e->distinct = true;
    else if (my_p_is(p, MY_K_ALL) && !concat)
        my_p_next(p);
    if (count && !e->distinct && my_p_is_op(p, '*')) {
        my_p_next(p);
        e->args = my_p_args_new(p, 1);
        e->args[0] = my_p_int_expr(p, 0); /* COUNT(*) counts rows: an expression that is never NULL */
        e->n_args = 1;
        e->aux = 1;
    } else if (concat || (count && e->distinct)) {
        e->n_args = (uint16_t)my_p_expr_list(p, &e->args);
    } else {
        e->args = my_p_args_new(p, 1);
        e->args[0] = my_p_expr(p);
        e->n_args = 1;
    }
    if (concat) {
        if (my_p_take(p, MY_K_ORDER)) {
            my_p_want(p, MY_K_BY);
            e->order = my_p_order_list(p);
        }
        e->text = NULL;
        e->val = my_str(",", 1);
        if (my_p_take(p, MY_K_SEPARATOR)) {
            size_t n = p->tok.len;
            const char *s = p->tok.text;
            if (p->tok.kind == MY_TOK_HEX || p->tok.kind == MY_TOK_BIN)
                my_p_next(p);
            else
                s = my_p_string(p, &n);
            e->val = my_str(s, n);
        }
    }
    my_p_want_op(p, ')');
    return e;
}

static struct my_expr *cast_to(struct my_parse *p, struct my_expr *arg)
{
    struct my_expr *e = my_p_func(p, "cast", 1, arg);
    struct my_type_def *t = my_p_new(p, sizeof *t);
    e->type = t;
    enum my_kw kw = p->tok.kind == MY_TOK_WORD ? p->tok.kw : MY_KW_NONE;
    switch (kw) {
    case MY_K_BINARY:
        my_p_next(p);
        t->type = MY_T_VAR_STRING;
        t->is_binary_string = true;
        break;
    case MY_K_CHAR:
    case MY_K_CHARACTER:
    case MY_K_NCHAR:
        my_p_next(p);
        t->type = MY_T_VAR_STRING;
        t->national = kw == MY_K_NCHAR;
        break;
    case MY_K_SIGNED:
    case MY_K_UNSIGNED:
        my_p_next(p);
        t->type = MY_T_LONGLONG;
        t->unsigned_ = kw == MY_K_UNSIGNED;
        if (!my_p_take(p, MY_K_INT))
            (void)my_p_take(p, MY_K_INTEGER);
        return e;
    case MY_K_DATE:
    case MY_K_TIME:
    case MY_K_DATETIME:
        my_p_next(p);
        t->type = kw == MY_K_DATE ? MY_T_DATE : kw == MY_K_TIME ? MY_T_TIME : MY_T_DATETIME;
        if (kw != MY_K_DATE && p->env->version >= 50600 && my_p_take_op(p, '(')) {
            t->has_dec = true;
            t->dec = (uint8_t)(p->tok.kind == MY_TOK_INT ? my_text_i64(p->tok.text, p->tok.len, NULL, NULL) : 0);
            if (p->tok.kind != MY_TOK_INT)
                my_p_fail(p);
            my_p_next(p);
            my_p_want_op(p, ')');
        }
        return e;
    case MY_K_DECIMAL:
        my_p_next(p);
        t->type = MY_T_NEWDECIMAL;
        t->len = 10;
        break;
    case MY_K_INT:
    case MY_K_INTEGER:
    case MY_K_FLOAT:
        if (!p->env->mariadb) {
            my_p_fail(p);
            return e;
        }
        my_p_next(p);
        t->type = kw == MY_K_FLOAT ? MY_T_FLOAT : MY_T_LONGLONG;
        return e;
    case MY_K_DOUBLE:
        if (p->env->mariadb || p->env->version >= 80017) {
            my_p_next(p);
            t->type = MY_T_DOUBLE;
            return e;
        }
        my_p_fail(p);
        return e;
    default:
        if (p->env->mariadb && my_p_is_ident(p))
            my_p_error(p, MY_ER_UNKNOWN_DATA_TYPE, my_p_ident(p));
        else
            my_p_fail(p);
        return e;
    }
    if (my_p_take_op(p, '(')) {
        if (p->tok.kind != MY_TOK_INT)
            my_p_fail(p);
        t->has_len = true;
        t->len = (uint32_t)my_text_i64(p->tok.text, p->tok.len, NULL, NULL);
        my_p_next(p);
        if (t->type == MY_T_NEWDECIMAL && my_p_take_op(p, ',')) {
            if (p->tok.kind != MY_TOK_INT)
                my_p_fail(p);
            t->dec = (uint8_t)my_text_i64(p->tok.text, p->tok.len, NULL, NULL);
            my_p_next(p);
        }
        my_p_want_op(p, ')');
    }
    if (t->type == MY_T_NEWDECIMAL && t->len > 65) {
        const char *what = arg->text ? arg->text : arg->name ? arg->name : "";
        if (p->env->mariadb)
            my_p_error(p, MY_ER_TOO_BIG_PRECISION, what, 65);
    }
    if (t->type == MY_T_VAR_STRING && !t->is_binary_string) {
        if (my_p_take(p, MY_K_CHARACTER)) {
            my_p_want(p, MY_K_SET);
            t->charset = my_p_charset_name(p);
        } else if (my_p_take(p, MY_K_CHARSET)) {
            t->charset = my_p_charset_name(p);
        }
    }
    return e;
}

static struct my_expr *trim_call(struct my_parse *p)
{
    const char *fn = "trim";
    bool side = true;
    if (my_p_take(p, MY_K_LEADING))
        fn = "ltrim2";
    else if (my_p_take(p, MY_K_TRAILING))
        fn = "rtrim2";
    else if (!my_p_take(p, MY_K_BOTH))
        side = false;
    struct my_expr *what = NULL;
    if (!(side && my_p_is(p, MY_K_FROM)))
        what = my_p_expr(p);
    if (my_p_take(p, MY_K_FROM)) {
        struct my_expr *from = my_p_expr(p);
        return what ? my_p_func(p, fn, 2, from, what) : my_p_func(p, fn, 1, from);
    }
    if (side)
        my_p_fail(p);
    return my_p_func(p, fn, 1, what);
}

/* DATE_ADD(x, INTERVAL n unit) and its family. */
static struct my_expr *date_arith(struct my_parse *p, bool sub, bool days_form)
{
    struct my_expr *x = my_p_expr(p);
    my_p_want_op(p, ',');
    if (!my_p_is(p, MY_K_INTERVAL) && days_form) {
        struct my_expr *n = my_p_expr(p);
        struct my_expr *e = my_p_func(p, sub ? "date_sub" : "date_add", 2, x, n);
        e->aux = MY_K_DAY;
        return e;
    }
    my_p_want(p, MY_K_INTERVAL);
    struct my_expr *n = my_p_expr(p);
    struct my_expr *e = my_p_func(p, sub ? "date_sub" : "date_add", 2, x, n);
    e->aux = my_p_unit_of(p);
    return e;
}

static struct my_expr *substring_call(struct my_parse *p)
{
    struct my_expr *s = my_p_expr(p);
    bool from = my_p_is(p, MY_K_FROM);
    if (!from && !my_p_is_op(p, ',')) {
        my_p_fail(p);
        return s;
    }
    my_p_next(p);
    struct my_expr *pos = my_p_expr(p);
    if (from ? my_p_take(p, MY_K_FOR) : my_p_take_op(p, ','))
        return my_p_func(p, "substr", 3, s, pos, my_p_expr(p));
    return my_p_func(p, "substr", 2, s, pos);
}

static struct my_expr *char_call(struct my_parse *p)
{
    struct my_expr **args;
    size_t n = my_p_expr_list(p, &args);
    struct my_expr *e = my_p_call_native(p, "char", args, n);
    if (my_p_take(p, MY_K_USING))
        e->name = my_p_charset_name(p);
    else
        e->name = NULL;
    return e;
}

static struct my_expr *extract_call(struct my_parse *p)
{
    int unit = my_p_unit_of(p);
    my_p_want(p, MY_K_FROM);
    struct my_expr *e = my_p_func(p, "extract", 1, my_p_expr(p));
    e->aux = unit;
    return e;
}

static struct my_expr *timestamp_call(struct my_parse *p, const char *name)
{
    int unit = my_p_unit_of(p);
    my_p_want_op(p, ',');
    struct my_expr *a = my_p_expr(p);
    my_p_want_op(p, ',');
    struct my_expr *e = my_p_func(p, name, 2, a, my_p_expr(p));
    e->aux = unit;
    return e;
}

static struct my_expr *convert_call(struct my_parse *p)
{
    struct my_expr *arg = my_p_expr(p);
    if (my_p_take(p, MY_K_USING)) {
        struct my_expr *e = my_p_func(p, "convert", 1, arg);
        e->name = my_p_charset_name(p);
        return e;
    }
    my_p_want_op(p, ',');
    return cast_to(p, arg);
}

/* Functions whose arguments are plain but whose number the grammar fixes. */
static const struct {
    enum my_kw kw;
    const char *name;
    uint8_t min, max;
} word_funcs[] = {
    {MY_K_DATE, "date", 1, 1}, {MY_K_DAY, "dayofmonth", 1, 1}, {MY_K_HOUR, "hour", 1, 1}, {MY_K_INSERT, "insert", 4, 4},
    {MY_K_LEFT, "left", 2, 2}, {MY_K_MINUTE, "minute", 1, 1}, {MY_K_MONTH, "month", 1, 1}, {MY_K_RIGHT, "right", 2, 2},
    {MY_K_SECOND, "second", 1, 1}, {MY_K_TIME, "time", 1, 1}, {MY_K_TIMESTAMP, "timestamp", 1, 2}, {MY_K_USER, "user", 0, 0},
    {MY_K_YEAR, "year", 1, 1}, {MY_K_ASCII, "ascii", 1, 1}, {MY_K_CHARSET, "charset", 1, 1}, {MY_K_COALESCE, "coalesce", 1, MY_ARGS_MANY},
    {MY_K_COLLATION, "collation", 1, 1}, {MY_K_DATABASE, "database", 0, 0}, {MY_K_SCHEMA, "database", 0, 0}, {MY_K_IF, "if", 3, 3},
    {MY_K_MICROSECOND, "microsecond", 1, 1}, {MY_K_MOD, "%", 2, 2}, {MY_K_OLD_PASSWORD, "old_password", 1, 1},
    {MY_K_PASSWORD, "password", 1, 1}, {MY_K_QUARTER, "quarter", 1, 1}, {MY_K_REPEAT, "repeat", 2, 2}, {MY_K_REPLACE, "replace", 3, 3},
    {MY_K_REVERSE, "reverse", 1, 1}, {MY_K_ROW_COUNT, "row_count", 0, 0}, {MY_K_TRUNCATE, "truncate", 2, 2}, {MY_K_WEEK, "week", 1, 2},
    {MY_K_CURDATE, "curdate", 0, 0}, {MY_K_CURTIME, "curtime", 0, 1}, {MY_K_NOW, "now", 0, 1}, {MY_K_SYSDATE, "sysdate", 0, 1},
    {MY_K_CURRENT_USER, "current_user", 0, 0}, {MY_K_CURRENT_ROLE, "current_role", 0, 0}, {MY_K_SESSION_USER, "user", 0, 0}, {MY_K_SYSTEM_USER, "user", 0, 0},
    {MY_K_UTC_DATE, "utc_date", 0, 0}, {MY_K_UTC_TIME, "utc_time", 0, 1}, {MY_K_UTC_TIMESTAMP, "utc_timestamp", 0, 1},
    {MY_K_CURRENT_DATE, "curdate", 0, 0}, {MY_K_CURRENT_TIME, "curtime", 0, 1}, {MY_K_CURRENT_TIMESTAMP, "now", 0, 1},
    {MY_K_LOCALTIME, "now", 0, 1}, {MY_K_LOCALTIMESTAMP, "now", 0, 1}, {MY_K_INTERVAL, "interval", 2, MY_ARGS_MANY},
};
const char *my_p_word_func(enum my_kw kw)
{
    for (size_t i = 0; i < sizeof word_funcs / sizeof *word_funcs; i++)
        if (word_funcs[i].kw == kw)
            return word_funcs[i].name;
    return NULL;
}

/* NOW(n): the grammar wants a number. */
static bool takes_places(enum my_kw kw)
{
    return kw == MY_K_NOW || kw == MY_K_CURTIME || kw == MY_K_SYSDATE || kw == MY_K_UTC_TIME || kw == MY_K_UTC_TIMESTAMP || kw == MY_K_CURRENT_TIME ||
           kw == MY_K_CURRENT_TIMESTAMP || kw == MY_K_LOCALTIME || kw == MY_K_LOCALTIMESTAMP;
}

/* Words whose arguments MariaDB counts itself, after a well-formed call. */
static bool counts_itself(enum my_kw kw)
{
    return kw == MY_K_DATABASE || kw == MY_K_SCHEMA || kw == MY_K_COALESCE;
}

static void wrong_count(struct my_parse *p, const char *name)
{
    while (my_p_ok(p) && !my_p_is_op(p, ')')) {
        (void)my_p_expr(p);
        if (!my_p_take_op(p, ','))
            break;
    }
    if (my_p_is_op(p, ')'))
        my_p_error(p, MY_ER_WRONG_PARAMCOUNT_TO_NATIVE_FCT, name);
}

static struct my_expr *word_call(struct my_parse *p, size_t i)
{
    struct my_expr **args = my_p_args_new(p, 1);
    size_t n = 0, cap = 0;
    while (my_p_ok(p) && !my_p_is_op(p, ')')) {
        if (n && (n >= word_funcs[i].max || !my_p_is_op(p, ',')))
            break;
        if (n)
            my_p_next(p);
        else if (word_funcs[i].max == 0)
            break;
        if (n >= cap) {
            struct my_expr **more = my_p_args_new(p, cap = cap ? cap * 2 : 4);
            memcpy(more, args, n * sizeof *args);
            args = more;
        }
        if (takes_places(word_funcs[i].kw) && p->env->version >= 50600 && p->tok.kind != MY_TOK_INT)
            my_p_fail(p);
        args[n++] = my_p_expr(p);
    }
    if (p->env->mariadb && counts_itself(word_funcs[i].kw) && (n < word_funcs[i].min || !my_p_is_op(p, ')')))
        wrong_count(p, word_funcs[i].name);
    if (n < word_funcs[i].min)
        my_p_fail(p);
    my_p_want_op(p, ')');
    return my_p_call_native(p, word_funcs[i].name, args, n);
}

static const struct {
    enum my_kw kw;
    const char *name;
} agg_funcs[] = {{MY_K_COUNT, "count"}, {MY_K_SUM, "sum"}, {MY_K_AVG, "avg"}, {MY_K_MIN, "min"}, {MY_K_MAX, "max"},
                 {MY_K_GROUP_CONCAT, "group_concat"}, {MY_K_BIT_AND, "bit_and"}, {MY_K_BIT_OR, "bit_or"}, {MY_K_BIT_XOR, "bit_xor"},
                 {MY_K_STD, "std"}, {MY_K_STDDEV, "std"}, {MY_K_STDDEV_POP, "std"}, {MY_K_STDDEV_SAMP, "stddev_samp"},
                 {MY_K_VARIANCE, "variance"}, {MY_K_VAR_POP, "variance"}, {MY_K_VAR_SAMP, "var_samp"}};

/* Words that are functions only when the parenthesis follows at once (manual, "Function Name Parsing and Resolution"). */
static bool needs_adjacent(enum my_kw kw)
{
    static const enum my_kw list[] = {
        MY_K_ADDDATE, MY_K_BIT_AND, MY_K_BIT_OR, MY_K_BIT_XOR, MY_K_CAST, MY_K_COUNT, MY_K_CURDATE, MY_K_CURTIME, MY_K_DATE_ADD,
        MY_K_DATE_SUB, MY_K_EXTRACT, MY_K_GROUP_CONCAT, MY_K_MAX, MY_K_MID, MY_K_MIN, MY_K_NOW, MY_K_POSITION, MY_K_SESSION_USER,
        MY_K_STD, MY_K_STDDEV, MY_K_STDDEV_POP, MY_K_STDDEV_SAMP, MY_K_SUBDATE, MY_K_SUBSTR, MY_K_SUBSTRING, MY_K_SUM, MY_K_SYSDATE,
        MY_K_SYSTEM_USER, MY_K_TRIM, MY_K_VARIANCE, MY_K_VAR_POP, MY_K_VAR_SAMP};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (list[i] == kw)
            return true;
    return false;
}

static struct my_expr *grammar_call(struct my_parse *p, enum my_kw kw)
{
    struct my_expr *e = NULL;
    for (size_t i = 0; i < sizeof agg_funcs / sizeof *agg_funcs; i++)
        if (agg_funcs[i].kw == kw)
            return aggregate(p, agg_funcs[i].name);
    for (size_t i = 0; i < sizeof word_funcs / sizeof *word_funcs; i++)
        if (word_funcs[i].kw == kw && (kw != MY_K_CURRENT_ROLE || p->env->mariadb || p->env->version >= 80000))
            return word_call(p, i);
    switch (kw) {
    case MY_K_CAST:
        e = my_p_expr(p);
        my_p_want(p, MY_K_AS);
        e = cast_to(p, e);
        break;
    case MY_K_CONVERT:
        e = convert_call(p);
        break;
    case MY_K_TRIM:
        e = trim_call(p);
        break;
    case MY_K_CHAR:
        e = char_call(p);
        break;
    case MY_K_EXTRACT:
        e = extract_call(p);
        break;
    case MY_K_SUBSTR:
    case MY_K_SUBSTRING:
    case MY_K_MID:
        e = substring_call(p);
        break;
    case MY_K_POSITION: {
        struct my_expr *needle = my_p_bit_expr(p);
        my_p_want(p, MY_K_IN);
        e = my_p_func(p, "locate", 2, needle, my_p_expr(p));
        break;
    }
    case MY_K_DATE_ADD:
    case MY_K_DATE_SUB:
        e = date_arith(p, kw == MY_K_DATE_SUB, false);
        break;
    case MY_K_ADDDATE:
    case MY_K_SUBDATE:
        e = date_arith(p, kw == MY_K_SUBDATE, true);
        break;
    case MY_K_TIMESTAMPADD:
        e = timestamp_call(p, "timestampadd");
        break;
    case MY_K_TIMESTAMPDIFF:
        e = timestamp_call(p, "timestampdiff");
        break;
    case MY_K_GET_FORMAT: {
        int which = my_p_is(p, MY_K_DATE) ? 0 : my_p_is(p, MY_K_TIME) ? 1 : 2;
        if (which == 2 && !my_p_is(p, MY_K_DATETIME) && !my_p_is(p, MY_K_TIMESTAMP))
            my_p_fail(p);
        my_p_next(p);
        my_p_want_op(p, ',');
        e = my_p_func(p, "get_format", 1, my_p_expr(p));
        e->aux = which;
        break;
    }
    case MY_K_VALUES:
        if (!my_p_is_ident(p))
            return NULL;
        e = my_p_expr_new(p, MY_X_VALUES);
        e->name = my_p_ident(p);
        if (my_p_take_op(p, '.'))
            e->name = my_p_ident(p);
        break;
    case MY_K_DEFAULT:
        e = my_p_expr_new(p, MY_X_DEFAULT);
        e->name = my_p_ident(p);
        if (my_p_take_op(p, '.'))
            e->name = my_p_ident(p);
        break;
    default:
        return NULL;
    }
    my_p_want_op(p, ')');
    return e;
}

static struct my_expr *named_call(struct my_parse *p, const char *name)
{
    struct my_expr **args = NULL;
    size_t n = 0;
    if (!my_p_is_op(p, ')')) {
        size_t cap = 4;
        args = my_p_args_new(p, cap);
        do {
            if (n == cap) {
                struct my_expr **more = my_p_args_new(p, cap * 2);
                memcpy(more, args, cap * sizeof *args);
                args = more;
                cap *= 2;
            }
            struct my_expr *a = my_p_expr(p);
            if (my_p_take(p, MY_K_AS)) { /* named arguments of loadable functions */
                if (p->tok.kind == MY_TOK_STRING)
                    (void)my_p_string(p, NULL);
                else
                    (void)my_p_ident(p);
            } else if (my_p_is_ident(p)) {
                (void)my_p_ident(p);
            }
            args[n++] = a;
        } while (my_p_ok(p) && n < 60000 && my_p_take_op(p, ','));
    }
    my_p_want_op(p, ')');
    if (!my_p_ok(p))
        return my_p_expr_new(p, MY_X_UDF);
    const struct my_func *f = my_func_find(name, strlen(name), p->env->version, p->env->mariadb);
    struct my_expr *e = my_p_expr_new(p, f ? MY_X_FUNC : MY_X_UDF);
    e->func = f;
    e->name = name;
    e->args = args;
    e->n_args = (uint16_t)n;
    bool pad = f && n == 2 && !p->env->mariadb && (strcmp(f->name, "lpad") == 0 || strcmp(f->name, "rpad") == 0); /* MariaDB pads with spaces */
    if (f && (pad || n < f->min_args || (f->max_args != MY_ARGS_MANY && n > f->max_args)))
        my_p_error(p, MY_ER_WRONG_PARAMCOUNT_TO_NATIVE_FCT, name);
    return e;
}

struct my_expr *my_p_name_or_call(struct my_parse *p)
{
    struct my_tok t = p->tok;
    enum my_kw kw = t.kind == MY_TOK_WORD ? t.kw : MY_KW_NONE;
    bool call_word = kw != MY_KW_NONE && t.paren_follows;
    if (kw != MY_KW_NONE && !needs_adjacent(kw) && !call_word) {
        const struct my_tok *a = my_p_ahead(p);
        call_word = a->kind == MY_TOK_OP && a->op == '(';
    }
    if (call_word && !(needs_adjacent(kw) && !t.paren_follows && !p->env->ignore_space)) {
        struct my_parse save = *p;
        my_p_next(p);
        my_p_next(p);
        struct my_expr *e = grammar_call(p, kw);
        if (e)
            return e;
        *p = save;
    }
    if (!my_p_is_ident(p)) {
        my_p_fail(p);
        return my_p_expr_new(p, MY_X_NAME);
    }
    const char *name = my_p_ident(p);
    if (my_p_is_op(p, '(')) {
        my_p_next(p);
        return named_call(p, name);
    }
    int slot = p->vars && !my_p_is_op(p, '.') ? my_p_var(p, name) : -1;
    struct my_expr *e = my_p_expr_new(p, slot >= 0 ? MY_X_PARAM : MY_X_NAME);
    e->name = name;
    e->aux = slot >= 0 ? slot : e->aux;
    if (my_p_take_op(p, '.')) {
        e->table = e->name;
        e->name = my_p_ident(p);
        if (p->vars || p->any_row_column) {
            slot = my_p_row_column(p, e->table, e->name);
            e->op = slot >= 0 ? MY_X_PARAM : e->op;
            e->aux = slot >= 0 ? slot : e->aux;
        }
        if (my_p_is_op(p, '(')) { /* db.function(…) */
            my_p_next(p);
            const char *db = e->table;
            struct my_expr *call = named_call(p, e->name);
            call->op = MY_X_UDF;
            call->func = NULL;
            call->db = db;
            return call;
        }
        if (my_p_take_op(p, '.')) {
            e->db = e->table;
            e->table = e->name;
            e->name = my_p_ident(p);
        }
    }
    return e;
}

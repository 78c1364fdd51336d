/* Expressions (manual, "Expression Syntax": expr, boolean_primary, predicate, bit_expr, simple_expr). */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/my_def.h"
#include "protocol/mysql/my_func.h"
#include "protocol/mysql/my_parse.h"

static struct my_expr *expr_new(struct my_parse *p, enum my_op op)
{
    struct my_expr *e = my_p_new(p, sizeof *e);
    e->op = op;
    return e;
}

static struct my_expr **args_new(struct my_parse *p, size_t n)
{
    return my_p_new(p, (n ? n : 1) * sizeof(struct my_expr *));
}

struct my_expr *my_p_func(struct my_parse *p, const char *name, size_t n, ...)
{
    struct my_expr *e = expr_new(p, MY_X_FUNC);
    e->func = my_func_op(name);
    e->name = name;
    e->n_args = (uint16_t)n;
    e->args = args_new(p, n);
    va_list ap;
    va_start(ap, n);
    for (size_t i = 0; i < n; i++)
        e->args[i] = va_arg(ap, struct my_expr *);
    va_end(ap);
    if (!e->func)
        my_p_fail(p);
    return e;
}

struct my_expr *my_p_int_expr(struct my_parse *p, int64_t v)
{
    struct my_expr *e = expr_new(p, MY_X_LITERAL);
    e->val = my_int(v);
    e->m = (struct my_meta){.type = MY_T_LONGLONG, .len = 1, .coerce = MY_CO_NUMERIC};
    return e;
}

static struct my_expr *int_literal(struct my_parse *p, const struct my_tok *t)
{
    struct my_expr *e = expr_new(p, MY_X_LITERAL);
    const char *s = t->text;
    size_t n = t->len;
    while (n > 1 && *s == '0') {
        s++;
        n--;
    }
    bool bad = false, uns = false;
    int64_t v = my_text_i64(s, n, &bad, &uns);
    e->m = (struct my_meta){.type = MY_T_LONGLONG, .len = (uint32_t)t->len, .coerce = MY_CO_NUMERIC};
    if (bad) { /* more than 64 bits: a decimal */
        e->val = my_decimal(my_dec_of_text(s, n, NULL));
        e->m.type = MY_T_NEWDECIMAL;
        e->m.len = (uint32_t)n;
    } else {
        e->val = uns ? my_uint((uint64_t)v) : my_int(v);
        e->m.unsigned_ = uns;
    }
    return e;
}

static struct my_expr *decimal_literal(struct my_parse *p, const struct my_tok *t)
{
    struct my_expr *e = expr_new(p, MY_X_LITERAL);
    const char *point = memchr(t->text, '.', t->len);
    size_t dec = point ? t->len - (size_t)(point - t->text) - 1 : 0;
    e->val = my_decimal(my_dec_of_text(t->text, t->len, NULL));
    size_t digits = t->len - (point ? 1 : 0);
    if (point == t->text)
        digits = dec;
    /* my_decimal_precision_to_length: digits, a point, a sign */
    e->m = (struct my_meta){.type = MY_T_NEWDECIMAL, .dec = (uint8_t)(dec > 30 ? 30 : dec),
                            .len = (uint32_t)(digits + (dec > 0) + 1), .coerce = MY_CO_NUMERIC};
    return e;
}

static struct my_expr *float_literal(struct my_parse *p, const struct my_tok *t)
{
    struct my_expr *e = expr_new(p, MY_X_LITERAL);
    e->val = my_real(my_text_real(t->text, t->len, NULL));
    e->m = (struct my_meta){.type = MY_T_DOUBLE, .dec = MY_DEC_FLOAT, .len = (uint32_t)t->len, .coerce = MY_CO_NUMERIC};
    return e;
}

static struct my_expr *string_literal(struct my_parse *p, const char *charset)
{
    struct my_expr *e = expr_new(p, MY_X_LITERAL);
    const char *s = p->tok.text;
    size_t n = p->tok.len;
    e->text = s; /* a string names its column by its first piece */
    my_p_next(p);
    while (p->tok.kind == MY_TOK_STRING && my_p_ok(p)) { /* 'a' 'b' is one string */
        char *both = my_p_new(p, n + p->tok.len + 1);
        memcpy(both, s, n);
        memcpy(both + n, p->tok.text, p->tok.len);
        s = both;
        n += p->tok.len;
        my_p_next(p);
    }
    e->val = my_str(s, n);
    e->name = charset;
    e->m = (struct my_meta){.type = MY_T_VAR_STRING, .dec = MY_DEC_FLOAT, .coerce = MY_CO_COERCIBLE};
    return e;
}

static struct my_expr *bytes_literal(struct my_parse *p, const char *charset)
{
    struct my_expr *e = expr_new(p, MY_X_LITERAL);
    e->val = my_str(p->tok.text, p->tok.len);
    e->name = charset;
    e->aux = 1; /* hexadecimal: a number where a number is wanted */
    e->m = (struct my_meta){.type = MY_T_VAR_STRING, .len = (uint32_t)p->tok.len, .coerce = MY_CO_COERCIBLE,
                            .unsigned_ = true};
    my_p_next(p);
    return e;
}

static struct my_expr *null_literal(struct my_parse *p)
{
    struct my_expr *e = expr_new(p, MY_X_LITERAL);
    e->val = my_null();
    e->m = (struct my_meta){.type = MY_T_NULL, .coerce = MY_CO_IGNORABLE, .maybe_null = true};
    return e;
}

/* TRUE and FALSE are 1 and 0 with another name. */
static struct my_expr *bool_literal(struct my_parse *p, bool v)
{
    struct my_expr *e = my_p_int_expr(p, v);
    return e;
}

struct my_expr *my_p_literal(struct my_parse *p)
{
    struct my_tok t = p->tok;
    struct my_expr *e = NULL;
    switch (t.kind) {
    case MY_TOK_INT:
        e = int_literal(p, &t);
        break;
    case MY_TOK_DECIMAL:
        e = decimal_literal(p, &t);
        break;
    case MY_TOK_FLOAT:
        e = float_literal(p, &t);
        break;
    case MY_TOK_STRING:
        return string_literal(p, NULL);
    case MY_TOK_NSTRING:
        return string_literal(p, "utf8");
    case MY_TOK_HEX:
    case MY_TOK_BIN:
        return bytes_literal(p, NULL);
    case MY_TOK_CHARSET:
        my_p_next(p);
        if (p->tok.kind == MY_TOK_STRING)
            return string_literal(p, t.text);
        if (p->tok.kind == MY_TOK_HEX || p->tok.kind == MY_TOK_BIN)
            return bytes_literal(p, t.text);
        my_p_fail(p);
        return null_literal(p);
    case MY_TOK_WORD:
        if (t.kw == MY_K_NULL)
            e = null_literal(p);
        else if (t.kw == MY_K_TRUE || t.kw == MY_K_FALSE)
            e = bool_literal(p, t.kw == MY_K_TRUE);
        break;
    default:
        break;
    }
    if (e)
        my_p_next(p);
    return e;
}

size_t my_p_expr_list(struct my_parse *p, struct my_expr ***ret)
{
    size_t n = 0, cap = 8;
    struct my_expr **list = args_new(p, cap);
    do {
        if (n == cap) {
            struct my_expr **more = args_new(p, cap * 2);
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

static struct my_expr *call_native(struct my_parse *p, const char *name, struct my_expr **args, size_t n)
{
    struct my_expr *e = expr_new(p, MY_X_FUNC);
    e->func = my_func_op(name);
    e->name = name;
    e->args = args;
    e->n_args = (uint16_t)n;
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

static int unit_of(struct my_parse *p)
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
    struct my_expr *e = expr_new(p, MY_X_AGG);
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
        e->args = args_new(p, 1);
        e->args[0] = my_p_int_expr(p, 0); /* COUNT(*) counts rows: an expression that is never NULL */
        e->n_args = 1;
        e->aux = 1;
    } else if (concat || (count && e->distinct)) {
        e->n_args = (uint16_t)my_p_expr_list(p, &e->args);
    } else {
        e->args = args_new(p, 1);
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
            size_t n = 0;
            const char *s = my_p_string(p, &n);
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
    case MY_K_DOUBLE:
        if (p->env->mariadb || p->env->version >= 80017) {
            my_p_next(p);
            t->type = MY_T_DOUBLE;
            return e;
        }
        my_p_fail(p);
        return e;
    default:
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
    e->aux = unit_of(p);
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
    struct my_expr *e = call_native(p, "char", args, n);
    if (my_p_take(p, MY_K_USING))
        e->name = my_p_charset_name(p);
    else
        e->name = NULL;
    return e;
}

static struct my_expr *extract_call(struct my_parse *p)
{
    int unit = unit_of(p);
    my_p_want(p, MY_K_FROM);
    struct my_expr *e = my_p_func(p, "extract", 1, my_p_expr(p));
    e->aux = unit;
    return e;
}

static struct my_expr *timestamp_call(struct my_parse *p, const char *name)
{
    int unit = unit_of(p);
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
    {MY_K_CURRENT_USER, "current_user", 0, 0}, {MY_K_SESSION_USER, "user", 0, 0}, {MY_K_SYSTEM_USER, "user", 0, 0},
    {MY_K_UTC_DATE, "utc_date", 0, 0}, {MY_K_UTC_TIME, "utc_time", 0, 1}, {MY_K_UTC_TIMESTAMP, "utc_timestamp", 0, 1},
    {MY_K_CURRENT_DATE, "curdate", 0, 0}, {MY_K_CURRENT_TIME, "curtime", 0, 1}, {MY_K_CURRENT_TIMESTAMP, "now", 0, 1},
    {MY_K_LOCALTIME, "now", 0, 1}, {MY_K_LOCALTIMESTAMP, "now", 0, 1}, {MY_K_INTERVAL, "interval", 2, MY_ARGS_MANY},
};

static struct my_expr *word_call(struct my_parse *p, size_t i)
{
    struct my_expr **args = args_new(p, 1);
    size_t n = 0, cap = 0;
    while (my_p_ok(p) && !my_p_is_op(p, ')')) {
        if (n && !my_p_take_op(p, ','))
            break;
        if (n >= word_funcs[i].max) {
            my_p_fail(p);
            break;
        }
        if (n >= cap) {
            struct my_expr **more = args_new(p, cap = cap ? cap * 2 : 4);
            memcpy(more, args, n * sizeof *args);
            args = more;
        }
        args[n++] = my_p_expr(p);
    }
    if (n < word_funcs[i].min)
        my_p_fail(p);
    my_p_want_op(p, ')');
    return call_native(p, word_funcs[i].name, args, n);
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
        if (word_funcs[i].kw == kw)
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
        e = expr_new(p, MY_X_VALUES);
        e->name = my_p_ident(p);
        if (my_p_take_op(p, '.'))
            e->name = my_p_ident(p);
        break;
    case MY_K_DEFAULT:
        e = expr_new(p, MY_X_DEFAULT);
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
        args = args_new(p, cap);
        do {
            if (n == cap) {
                struct my_expr **more = args_new(p, cap * 2);
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
        return expr_new(p, MY_X_UDF);
    const struct my_func *f = my_func_find(name, strlen(name), p->env->version, p->env->mariadb);
    struct my_expr *e = expr_new(p, f ? MY_X_FUNC : MY_X_UDF);
    e->func = f;
    e->name = name;
    e->args = args;
    e->n_args = (uint16_t)n;
    if (f && (n < f->min_args || (f->max_args != MY_ARGS_MANY && n > f->max_args)))
        my_p_error(p, MY_ER_WRONG_PARAMCOUNT_TO_NATIVE_FCT, name);
    return e;
}

static struct my_expr *name_or_call(struct my_parse *p)
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
        return expr_new(p, MY_X_NAME);
    }
    const char *name = my_p_ident(p);
    if (my_p_is_op(p, '(')) {
        my_p_next(p);
        return named_call(p, name);
    }
    struct my_expr *e = expr_new(p, MY_X_NAME);
    e->name = name;
    if (my_p_take_op(p, '.')) {
        e->table = e->name;
        e->name = my_p_ident(p);
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

static struct my_expr *variable(struct my_parse *p)
{
    my_p_next(p); /* @ */
    struct my_expr *e;
    if (my_p_is_op(p, '@') && !p->tok.spaced) {
        e = expr_new(p, MY_X_SYSVAR);
        my_p_next(p);
        const struct my_tok *a = my_p_ahead(p);
        bool dot = a->kind == MY_TOK_OP && a->op == '.';
        const char *w = dot && p->tok.kind == MY_TOK_WORD ? p->tok.text : ""; /* before a dot the lexer sees names only */
        if (strcasecmp(w, "global") == 0 || strcasecmp(w, "session") == 0 || strcasecmp(w, "local") == 0) {
            e->scope = strcasecmp(w, "global") == 0 ? MY_SCOPE_GLOBAL : MY_SCOPE_SESSION;
            my_p_next(p);
            my_p_next(p);
        }
        e->name = my_p_ident(p);
        if (my_p_take_op(p, '.')) {
            e->table = e->name;
            e->name = my_p_ident(p);
        }
        return e;
    }
    e = expr_new(p, MY_X_USERVAR);
    if (p->tok.kind == MY_TOK_STRING || p->tok.kind == MY_TOK_QUOTED || (p->tok.kind == MY_TOK_WORD && !p->tok.spaced) ||
        (p->tok.kind == MY_TOK_INT && !p->tok.spaced)) {
        e->name = p->tok.text;
        my_p_next(p);
        while (my_p_is_op(p, '.') && !p->tok.spaced) { /* a user variable's name may hold dots */
            my_p_next(p);
            size_t n = strlen(e->name) + p->tok.len + 2;
            char *both = my_p_new(p, n);
            (void)snprintf(both, n, "%s.%s", e->name, p->tok.text);
            e->name = both;
            my_p_next(p);
        }
    } else {
        e->name = "";
    }
    if (my_p_is_op(p, MY_OP_ASSIGN)) {
        my_p_next(p);
        struct my_expr *set = expr_new(p, MY_X_ASSIGN);
        set->name = e->name;
        set->args = args_new(p, 1);
        set->args[0] = my_p_expr(p);
        set->n_args = 1;
        return set;
    }
    return e;
}

static struct my_expr *case_expr(struct my_parse *p)
{
    my_p_next(p);
    struct my_expr *e = expr_new(p, MY_X_CASE);
    size_t cap = 8, n = 0;
    struct my_expr **args = args_new(p, cap);
    if (!my_p_is(p, MY_K_WHEN)) {
        args[n++] = my_p_expr(p);
        e->aux |= 1;
    }
    bool some = false;
    while (my_p_ok(p) && my_p_is(p, MY_K_WHEN)) {
        my_p_next(p);
        if (n + 3 > cap) {
            struct my_expr **more = args_new(p, cap * 2);
            memcpy(more, args, n * sizeof *args);
            args = more;
            cap *= 2;
        }
        args[n++] = my_p_expr(p);
        my_p_want(p, MY_K_THEN);
        args[n++] = my_p_expr(p);
        some = true;
    }
    if (!some)
        my_p_fail(p);
    if (my_p_take(p, MY_K_ELSE)) {
        args[n++] = my_p_expr(p);
        e->aux |= 2;
    }
    my_p_want(p, MY_K_END);
    e->args = args;
    e->n_args = (uint16_t)n;
    return e;
}

static struct my_expr *subselect(struct my_parse *p, enum my_op op)
{
    struct my_expr *e = expr_new(p, op);
    e->sub = my_p_select(p, false);
    e->has_sub = true;
    my_p_want_op(p, ')');
    return e;
}

static bool select_ahead(struct my_parse *p)
{
    return my_p_is(p, MY_K_SELECT);
}

static struct my_expr *paren_expr(struct my_parse *p)
{
    my_p_next(p);
    if (select_ahead(p))
        return subselect(p, MY_X_SUBSELECT);
    struct my_expr *e = my_p_expr(p);
    if (my_p_is_op(p, ',')) {
        struct my_expr *row = expr_new(p, MY_X_ROW);
        my_p_next(p);
        struct my_expr **rest;
        size_t n = my_p_expr_list(p, &rest);
        row->args = args_new(p, n + 1);
        row->args[0] = e;
        memcpy(row->args + 1, rest, n * sizeof *rest);
        row->n_args = (uint16_t)(n + 1);
        e = row;
    }
    my_p_want_op(p, ')');
    e->paren = true;
    return e;
}

static struct my_expr *match_against(struct my_parse *p)
{
    my_p_next(p);
    bool paren = my_p_take_op(p, '(');
    struct my_expr **cols;
    size_t n = my_p_expr_list(p, &cols);
    if (paren)
        my_p_want_op(p, ')');
    my_p_want(p, MY_K_AGAINST);
    my_p_want_op(p, '(');
    struct my_expr *what = my_p_bit_expr(p);
    if (my_p_take(p, MY_K_IN)) {
        if (my_p_take(p, MY_K_BOOLEAN)) {
            my_p_want(p, MY_K_MODE);
        } else {
            my_p_want(p, MY_K_NATURAL);
            my_p_want(p, MY_K_LANGUAGE);
            my_p_want(p, MY_K_MODE);
        }
    }
    if (my_p_take(p, MY_K_WITH)) {
        my_p_want(p, MY_K_QUERY);
        my_p_want(p, MY_K_EXPANSION);
    }
    my_p_want_op(p, ')');
    struct my_expr **args = args_new(p, n + 1);
    args[0] = what;
    memcpy(args + 1, cols, n * sizeof *cols);
    return call_native(p, "match", args, n + 1);
}

/* DATE '2020-01-01' and {d '…'} are literals of their types in 5.6 and later; before, plain strings. */
static struct my_expr *odbc_escape(struct my_parse *p)
{
    my_p_next(p);
    const char *kind = my_p_ident(p);
    struct my_expr *e = my_p_expr(p);
    my_p_want_op(p, '}');
    const char *cast = strcasecmp(kind, "d") == 0 ? "date" : strcasecmp(kind, "t") == 0 ? "time" : strcasecmp(kind, "ts") == 0 ? "timestamp" : NULL;
    if (cast && p->env->version >= 50600)
        return my_p_func(p, cast, 1, e);
    return e;
}

static struct my_expr *simple_inner(struct my_parse *p)
{
    struct my_expr *e = my_p_literal(p);
    if (e || !my_p_ok(p))
        return e ? e : null_literal(p);
    if (p->tok.kind == MY_TOK_OP) {
        switch (p->tok.op) {
        case '(':
            return paren_expr(p);
        case '@':
            return variable(p);
        case '?':
            if (!p->env->prepared)
                break;
            my_p_next(p);
            e = expr_new(p, MY_X_PARAM);
            e->aux = (int)p->n_params++;
            return e;
        case '-':
            my_p_next(p);
            return my_p_func(p, "neg", 1, my_p_simple_expr(p));
        case '+':
            my_p_next(p);
            return my_p_simple_expr(p);
        case '~':
            my_p_next(p);
            return my_p_func(p, "~", 1, my_p_simple_expr(p));
        case '!':
            my_p_next(p);
            return my_p_func(p, "not", 1, my_p_simple_expr(p));
        case '{':
            return odbc_escape(p);
        default:
            break;
        }
        my_p_fail(p);
        return null_literal(p);
    }
    if (p->tok.kind == MY_TOK_WORD) {
        switch (p->tok.kw) {
        case MY_K_CASE:
            return case_expr(p);
        case MY_K_EXISTS:
            my_p_next(p);
            my_p_want_op(p, '(');
            if (!select_ahead(p))
                my_p_fail(p);
            return subselect(p, MY_X_EXISTS);
        case MY_K_BINARY: {
            my_p_next(p);
            struct my_expr *c = my_p_func(p, "binary", 1, my_p_simple_expr(p));
            return c;
        }
        case MY_K_ROW: {
            const struct my_tok *a = my_p_ahead(p);
            if (a->kind == MY_TOK_OP && a->op == '(') {
                my_p_next(p);
                my_p_next(p);
                struct my_expr *row = expr_new(p, MY_X_ROW);
                row->n_args = (uint16_t)my_p_expr_list(p, &row->args);
                if (row->n_args < 2)
                    my_p_fail(p);
                my_p_want_op(p, ')');
                return row;
            }
            break;
        }
        case MY_K_MATCH:
            return match_against(p);
        case MY_K_CURRENT_USER:
        case MY_K_CURRENT_DATE:
        case MY_K_CURRENT_TIME:
        case MY_K_CURRENT_TIMESTAMP:
        case MY_K_LOCALTIME:
        case MY_K_LOCALTIMESTAMP:
        case MY_K_UTC_DATE:
        case MY_K_UTC_TIME:
        case MY_K_UTC_TIMESTAMP: {
            const struct my_tok *a = my_p_ahead(p);
            if (!(a->kind == MY_TOK_OP && a->op == '(')) {
                enum my_kw kw = p->tok.kw;
                my_p_next(p);
                for (size_t i = 0; i < sizeof word_funcs / sizeof *word_funcs; i++)
                    if (word_funcs[i].kw == kw)
                        return my_p_func(p, word_funcs[i].name, 0);
            }
            break;
        }
        case MY_K_DEFAULT: {
            const struct my_tok *a = my_p_ahead(p);
            if (!(a->kind == MY_TOK_OP && a->op == '(')) {
                my_p_fail(p);
                return null_literal(p);
            }
            break;
        }
        case MY_K_DATE:
        case MY_K_TIME:
        case MY_K_TIMESTAMP: {
            const struct my_tok *a = my_p_ahead(p);
            if (a->kind == MY_TOK_STRING) {
                const char *name = p->tok.kw == MY_K_DATE ? "date" : p->tok.kw == MY_K_TIME ? "time" : "timestamp";
                my_p_next(p);
                struct my_expr *lit = my_p_literal(p);
                return p->env->version >= 50600 ? my_p_func(p, name, 1, lit) : lit;
            }
            break;
        }
        default:
            break;
        }
    }
    return name_or_call(p);
}

struct my_expr *my_p_simple_expr(struct my_parse *p)
{
    if (!my_p_enter(p))
        return null_literal(p);
    struct my_expr *e = simple_inner(p);
    while (my_p_ok(p)) {
        if (my_p_is(p, MY_K_COLLATE)) {
            my_p_next(p);
            struct my_expr *c = my_p_func(p, "collate", 1, e);
            c->name = p->tok.kind == MY_TOK_STRING ? my_p_string(p, NULL) : my_p_is(p, MY_K_BINARY) ? "binary" : NULL;
            if (!c->name)
                c->name = my_p_ident(p);
            else if (my_p_is(p, MY_K_BINARY))
                my_p_next(p);
            e = c;
        } else if (my_p_is_op(p, MY_OP_OROR) && p->env->pipes_concat) {
            my_p_next(p);
            e = my_p_func(p, "concat", 2, e, my_p_simple_expr(p));
        } else if (p->tok.kind == MY_TOK_OP && (p->tok.op == MY_OP_ARROW || p->tok.op == MY_OP_ARROW2)) {
            bool unquote = p->tok.op == MY_OP_ARROW2;
            my_p_next(p);
            if (p->tok.kind != MY_TOK_STRING)
                my_p_fail(p);
            e = my_p_func(p, "json_extract", 2, e, my_p_literal(p));
            if (unquote)
                e = my_p_func(p, "json_unquote", 1, e);
        } else {
            break;
        }
    }
    my_p_leave(p);
    return e;
}

/* Binding strength of the operators of bit_expr; 0: none of them. */
static int bit_strength(const struct my_parse *p)
{
    if (p->tok.kind == MY_TOK_WORD)
        return p->tok.kw == MY_K_DIV || p->tok.kw == MY_K_MOD ? 5 : 0;
    if (p->tok.kind != MY_TOK_OP)
        return 0;
    switch (p->tok.op) {
    case '|':
        return 1;
    case '&':
        return 2;
    case MY_OP_SHL:
    case MY_OP_SHR:
        return 3;
    case '+':
    case '-':
        return 4;
    case '*':
    case '/':
    case '%':
        return 5;
    case '^':
        return 6;
    default:
        return 0;
    }
}

static const char *bit_name(const struct my_parse *p)
{
    static const char *const names[] = {"|", "&", "<<", ">>", "+", "-", "*", "/", "%", "^", "div"};
    if (p->tok.kind == MY_TOK_WORD)
        return p->tok.kw == MY_K_DIV ? "div" : "%";
    switch (p->tok.op) {
    case MY_OP_SHL:
        return "<<";
    case MY_OP_SHR:
        return ">>";
    default:
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (names[i][0] == p->tok.op && names[i][1] == '\0')
                return names[i];
        return "+";
    }
}

static struct my_expr *bit_level(struct my_parse *p, int min)
{
    struct my_expr *e;
    if (my_p_is(p, MY_K_INTERVAL)) {
        const struct my_tok *a = my_p_ahead(p);
        if (!(a->kind == MY_TOK_OP && a->op == '(')) { /* INTERVAL n unit + date */
            my_p_next(p);
            struct my_expr *n = my_p_expr(p);
            int unit = unit_of(p);
            my_p_want_op(p, '+');
            e = my_p_func(p, "date_add", 2, bit_level(p, 5), n);
            e->aux = unit;
        } else {
            e = my_p_simple_expr(p);
        }
    } else {
        e = my_p_simple_expr(p);
    }
    while (my_p_ok(p)) {
        int s = bit_strength(p);
        if (s == 0 || s < min)
            break;
        const char *name = bit_name(p);
        bool minus = my_p_is_op(p, '-'), plus = my_p_is_op(p, '+');
        my_p_next(p);
        if ((minus || plus) && my_p_is(p, MY_K_INTERVAL)) {
            my_p_next(p);
            struct my_expr *n = my_p_expr(p);
            e = my_p_func(p, minus ? "date_sub" : "date_add", 2, e, n);
            e->aux = unit_of(p);
            continue;
        }
        if (!my_p_enter(p))
            return e;
        struct my_expr *right = bit_level(p, s + 1);
        my_p_leave(p);
        e = my_p_func(p, name, 2, e, right);
    }
    return e;
}

struct my_expr *my_p_bit_expr(struct my_parse *p)
{
    return bit_level(p, 1);
}

static struct my_expr *negate(struct my_expr *e, bool not_)
{
    e->not_ = not_;
    return e;
}

/* bit_expr [NOT] IN | BETWEEN | LIKE | REGEXP | SOUNDS LIKE */
static struct my_expr *predicate(struct my_parse *p)
{
    struct my_expr *e = my_p_bit_expr(p);
    bool not_ = false;
    if (!my_p_ok(p))
        return e;
    if (my_p_is(p, MY_K_NOT)) {
        my_p_next(p);
        not_ = true;
        if (!my_p_is(p, MY_K_IN) && !my_p_is(p, MY_K_BETWEEN) && !my_p_is(p, MY_K_LIKE) && !my_p_is(p, MY_K_REGEXP) &&
            !my_p_is(p, MY_K_RLIKE)) {
            my_p_fail(p);
            return e;
        }
    }
    if (my_p_take(p, MY_K_IN)) {
        my_p_want_op(p, '(');
        if (select_ahead(p)) {
            struct my_expr *in = subselect(p, MY_X_IN_SUB);
            in->args = args_new(p, 1);
            in->args[0] = e;
            in->n_args = 1;
            return negate(in, not_);
        }
        struct my_expr **list;
        size_t n = my_p_expr_list(p, &list);
        my_p_want_op(p, ')');
        struct my_expr **args = args_new(p, n + 1);
        args[0] = e;
        memcpy(args + 1, list, n * sizeof *list);
        return negate(call_native(p, "in", args, n + 1), not_);
    }
    if (my_p_take(p, MY_K_BETWEEN)) {
        struct my_expr *low = my_p_bit_expr(p);
        my_p_want(p, MY_K_AND);
        struct my_expr *high = predicate(p);
        return negate(my_p_func(p, "between", 3, e, low, high), not_);
    }
    if (my_p_take(p, MY_K_LIKE)) {
        struct my_expr *pat = my_p_simple_expr(p);
        if (my_p_take(p, MY_K_ESCAPE))
            return negate(my_p_func(p, "like", 3, e, pat, my_p_simple_expr(p)), not_);
        return negate(my_p_func(p, "like", 2, e, pat), not_);
    }
    if (my_p_is(p, MY_K_REGEXP) || my_p_is(p, MY_K_RLIKE)) {
        my_p_next(p);
        return negate(my_p_func(p, "regexp", 2, e, my_p_bit_expr(p)), not_);
    }
    if (my_p_is(p, MY_K_SOUNDS)) {
        my_p_next(p);
        my_p_want(p, MY_K_LIKE);
        struct my_expr *b = my_p_bit_expr(p);
        return my_p_func(p, "=", 2, my_p_func(p, "soundex", 1, e), my_p_func(p, "soundex", 1, b));
    }
    return e;
}

static const char *comparison(const struct my_parse *p)
{
    if (p->tok.kind != MY_TOK_OP)
        return NULL;
    switch (p->tok.op) {
    case '=':
        return "=";
    case '<':
        return "<";
    case '>':
        return ">";
    case MY_OP_LE:
        return "<=";
    case MY_OP_GE:
        return ">=";
    case MY_OP_NE:
        return "<>";
    case MY_OP_EQUAL:
        return "<=>";
    default:
        return NULL;
    }
}

/* boolean_primary: comparisons and IS [NOT] NULL */
static struct my_expr *boolean_primary(struct my_parse *p)
{
    struct my_expr *e = predicate(p);
    while (my_p_ok(p)) {
        const char *op = comparison(p);
        if (op) {
            my_p_next(p);
            if ((my_p_is(p, MY_K_ALL) || my_p_is(p, MY_K_ANY) || my_p_is(p, MY_K_SOME)) && strcmp(op, "<=>") != 0) {
                const struct my_tok *a = my_p_ahead(p);
                if (a->kind == MY_TOK_OP && a->op == '(') {
                    bool all = my_p_is(p, MY_K_ALL);
                    my_p_next(p);
                    my_p_next(p);
                    struct my_expr *q = subselect(p, MY_X_QUANT);
                    q->func = my_func_op(op);
                    q->aux2 = all;
                    q->args = args_new(p, 1);
                    q->args[0] = e;
                    q->n_args = 1;
                    e = q;
                    continue;
                }
            }
            e = my_p_func(p, op, 2, e, predicate(p));
        } else if (my_p_is(p, MY_K_IS)) {
            my_p_next(p);
            bool not_ = my_p_take(p, MY_K_NOT);
            if (my_p_take(p, MY_K_NULL))
                e = my_p_func(p, not_ ? "isnotnull" : "isnull", 1, e);
            else if (my_p_take(p, MY_K_TRUE))
                e = negate(my_p_func(p, "istrue", 1, e), not_);
            else if (my_p_take(p, MY_K_FALSE))
                e = negate(my_p_func(p, "isfalse", 1, e), not_);
            else if (my_p_take(p, MY_K_UNKNOWN))
                e = my_p_func(p, not_ ? "isnotnull" : "isnull", 1, e);
            else
                my_p_fail(p);
        } else {
            break;
        }
    }
    return e;
}

static struct my_expr *not_level(struct my_parse *p)
{
    if (my_p_is(p, MY_K_NOT)) {
        my_p_next(p);
        if (!my_p_enter(p))
            return null_literal(p);
        struct my_expr *e = my_p_func(p, "not", 1, not_level(p));
        my_p_leave(p);
        return e;
    }
    return boolean_primary(p);
}

static struct my_expr *and_level(struct my_parse *p)
{
    struct my_expr *e = not_level(p);
    while (my_p_ok(p) && (my_p_is(p, MY_K_AND) || my_p_is_op(p, MY_OP_ANDAND))) {
        my_p_next(p);
        e = my_p_func(p, "and", 2, e, not_level(p));
    }
    return e;
}

static struct my_expr *xor_level(struct my_parse *p)
{
    struct my_expr *e = and_level(p);
    while (my_p_ok(p) && my_p_is(p, MY_K_XOR)) {
        my_p_next(p);
        e = my_p_func(p, "xor", 2, e, and_level(p));
    }
    return e;
}

struct my_expr *my_p_expr(struct my_parse *p)
{
    if (!my_p_enter(p))
        return null_literal(p);
    struct my_expr *e = xor_level(p);
    while (my_p_ok(p) && (my_p_is(p, MY_K_OR) || (my_p_is_op(p, MY_OP_OROR) && !p->env->pipes_concat))) {
        my_p_next(p);
        e = my_p_func(p, "or", 2, e, xor_level(p));
    }
    my_p_leave(p);
    return e;
}

struct my_order *my_p_order_list(struct my_parse *p)
{
    struct my_order *first = NULL, **last = &first;
    do {
        struct my_order *o = my_p_new(p, sizeof *o);
        bool plain = p->tok.kind == MY_TOK_INT;
        int64_t v = plain ? my_text_i64(p->tok.text, p->tok.len, NULL, NULL) : 0;
        o->expr = my_p_expr(p);
        if (plain && o->expr->op == MY_X_LITERAL)
            o->position = (int)(v > 4096 ? 4097 : v);
        if (plain && o->expr->op == MY_X_LITERAL && v == 0)
            o->position = -1;
        if (my_p_take(p, MY_K_DESC))
            o->desc = true;
        else
            (void)my_p_take(p, MY_K_ASC);
        *last = o;
        last = &o->next;
    } while (my_p_ok(p) && my_p_take_op(p, ','));
    return first;
}

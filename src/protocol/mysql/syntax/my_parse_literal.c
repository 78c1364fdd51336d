/* Literals of the expression grammar. */
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "protocol/mysql/expr/my_func.h"
#include "protocol/mysql/syntax/my_parse.h"
#include "protocol/mysql/syntax/my_parse_expr.h"
#include "protocol/mysql/world/my_def.h"

struct my_expr *my_p_expr_new(struct my_parse *p, enum my_op op)
{
    struct my_expr *e = my_p_new(p, sizeof *e);
    e->op = op;
    return e;
}

struct my_expr **my_p_args_new(struct my_parse *p, size_t n)
{
    return my_p_new(p, (n ? n : 1) * sizeof(struct my_expr *));
}

void my_p_grown(struct my_parse *p, struct my_expr *e)
{
    unsigned height = 0;
    for (size_t i = 0; i < e->n_args; i++)
        if (e->args[i] && e->args[i]->height > height)
            height = e->args[i]->height;
    e->height = (uint16_t)(height + 1);
    if (e->height > MY_EXPR_HEIGHT_MAX && my_p_ok(p))
        my_p_error(p, MY_ER_STACK_OVERRUN_NEED_MORE, 246240L, 262144L, 16000L);
}

struct my_expr *my_p_func(struct my_parse *p, const char *name, size_t n, ...)
{
    struct my_expr *e = my_p_expr_new(p, MY_X_FUNC);
    e->func = my_func_op(name);
    e->name = name;
    e->n_args = (uint16_t)n;
    e->args = my_p_args_new(p, n);
    va_list ap;
    va_start(ap, n);
    for (size_t i = 0; i < n; i++)
        e->args[i] = va_arg(ap, struct my_expr *);
    va_end(ap);
    my_p_grown(p, e);
    if (!e->func)
        my_p_fail(p);
    return e;
}

struct my_expr *my_p_int_expr(struct my_parse *p, int64_t v)
{
    struct my_expr *e = my_p_expr_new(p, MY_X_LITERAL);
    e->val = my_int(v);
    e->m = (struct my_meta){.type = MY_T_LONGLONG, .len = 1, .coerce = MY_CO_NUMERIC};
    return e;
}

static struct my_expr *int_literal(struct my_parse *p, const struct my_tok *t)
{
    struct my_expr *e = my_p_expr_new(p, MY_X_LITERAL);
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
        e->m.len = (uint32_t)n + p->env->mariadb;
    } else {
        e->val = uns ? my_uint((uint64_t)v) : my_int(v);
        e->m.unsigned_ = uns;
    }
    return e;
}

static struct my_expr *decimal_literal(struct my_parse *p, const struct my_tok *t)
{
    struct my_expr *e = my_p_expr_new(p, MY_X_LITERAL);
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
    struct my_expr *e = my_p_expr_new(p, MY_X_LITERAL);
    e->val = my_real(my_text_real(t->text, t->len, NULL));
    if (!isfinite(e->val.d))
        my_p_error(p, MY_ER_ILLEGAL_VALUE_FOR_TYPE, "double", t->text);
    e->m = (struct my_meta){.type = MY_T_DOUBLE, .dec = MY_DEC_FLOAT, .len = (uint32_t)t->len, .coerce = MY_CO_NUMERIC};
    return e;
}

static struct my_expr *string_literal(struct my_parse *p, const char *charset)
{
    struct my_expr *e = my_p_expr_new(p, MY_X_LITERAL);
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
    if (p->env->mariadb)
        e->text = s;
    e->name = charset;
    e->m = (struct my_meta){.type = MY_T_VAR_STRING, .dec = MY_DEC_FLOAT, .coerce = MY_CO_COERCIBLE};
    return e;
}

static struct my_expr *bytes_literal(struct my_parse *p, const char *charset)
{
    struct my_expr *e = my_p_expr_new(p, MY_X_LITERAL);
    e->val = my_str(p->tok.text, p->tok.len);
    e->name = charset;
    bool quoted = p->tok.kind == MY_TOK_HEX && p->tok.raw && (*p->tok.raw | 32) == 'x'; /* x'41': to MariaDB a text only */
    e->aux = quoted && p->env->mariadb ? 2 : 1; /* 1: a number where a number is wanted */
    e->m = (struct my_meta){.type = MY_T_VAR_STRING, .len = (uint32_t)p->tok.len, .coerce = MY_CO_COERCIBLE,
                            .unsigned_ = true};
    my_p_next(p);
    return e;
}

struct my_expr *my_p_null_literal(struct my_parse *p)
{
    struct my_expr *e = my_p_expr_new(p, MY_X_LITERAL);
    e->val = my_null();
    e->m = (struct my_meta){.type = MY_T_NULL, .coerce = MY_CO_IGNORABLE, .maybe_null = true};
    return e;
}

/* TRUE and FALSE are 1 and 0 with another name. */
static struct my_expr *bool_literal(struct my_parse *p, bool v)
{
    struct my_expr *e = my_p_int_expr(p, v);
    if (p->env->mariadb) {
        e->text = v ? "TRUE" : "FALSE";
        e->m.len = 5;
    }
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
        return my_p_null_literal(p);
    case MY_TOK_WORD:
        if (t.kw == MY_K_NULL)
            e = my_p_null_literal(p);
        else if (t.kw == MY_K_TRUE || t.kw == MY_K_FALSE)
            e = bool_literal(p, t.kw == MY_K_TRUE);
        break;
    default:
        break;
    }
    if (!e)
        return NULL;
    my_p_next(p);
    if (p->env->mariadb && !e->text) /* keeps its name in parentheses and after + */
        e->text = e->val.kind == MY_V_NULL ? "NULL" : t.text;
    return e;
}

struct my_expr *my_p_negative(struct my_parse *p, struct my_expr *e)
{
    bool number = e->op == MY_X_LITERAL && e->val.kind != MY_V_NULL && e->val.kind != MY_V_STR;
    if (!p->env->mariadb || !number)
        return my_p_func(p, "neg", 1, e);
    struct my_expr *n = my_p_expr_new(p, MY_X_LITERAL);
    n->m = e->m;
    n->val = e->val;
    int grows = 0;
    switch (e->val.kind) {
    case MY_V_INT:
        n->val = my_int((int64_t)(0 - (uint64_t)e->val.i));
        grows = e->val.i > 0 ? 1 : e->val.i < 0 ? -1 : 0;
        break;
    case MY_V_UINT:
        if (e->val.u == (uint64_t)INT64_MAX + 1) {
            n->val = my_int(INT64_MIN);
        } else {
            n->val = my_decimal(my_dec_sub(my_dec_of_i64(0), my_dec_of_u64(e->val.u)));
            n->m.type = MY_T_NEWDECIMAL;
        }
        n->m.unsigned_ = false;
        grows = 1;
        break;
    case MY_V_REAL:
        n->val.d = -e->val.d;
        grows = e->val.d > 0 ? 1 : e->val.d < 0 ? -1 : 0;
        break;
    default:
        n->val.dec.unscaled = -e->val.dec.unscaled;
        break;
    }
    n->m.len = (uint32_t)((int64_t)n->m.len + grows);
    return n;
}

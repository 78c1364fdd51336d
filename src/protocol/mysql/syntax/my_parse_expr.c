/* Operators by their strength, from bits up to OR; ORDER BY lists. */
#include <string.h>

#include "protocol/mysql/expr/my_func.h"
#include "protocol/mysql/syntax/my_parse.h"
#include "protocol/mysql/syntax/my_parse_expr.h"
#include "protocol/mysql/world/my_def.h"

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
            int unit = my_p_unit_of(p);
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
            e->aux = my_p_unit_of(p);
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
        if (my_p_select_ahead(p)) {
            struct my_expr *in = my_p_subselect(p, MY_X_IN_SUB);
            in->args = my_p_args_new(p, 1);
            in->args[0] = e;
            in->n_args = 1;
            return negate(in, not_);
        }
        struct my_expr **list;
        size_t n = my_p_expr_list(p, &list);
        my_p_want_op(p, ')');
        struct my_expr **args = my_p_args_new(p, n + 1);
        args[0] = e;
        memcpy(args + 1, list, n * sizeof *list);
        return negate(my_p_call_native(p, "in", args, n + 1), not_);
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
                    struct my_expr *q = my_p_subselect(p, MY_X_QUANT);
                    q->func = my_func_op(op);
                    q->aux2 = all;
                    q->args = my_p_args_new(p, 1);
                    q->args[0] = e;
                    q->n_args = 1;
                    my_p_grown(p, q);
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
            return my_p_null_literal(p);
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
        return my_p_null_literal(p);
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

/* XPath: lexer, recursive descent to a small tree (item_xmlfunc.cc's subset; errors stand where its lexer stands). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/expr/my_xpath_int.h"

enum tok { T_END, T_BAD, T_IDENT, T_NUMBER, T_STRING, T_SLASH, T_DSLASH, T_DOT, T_DDOT, T_AXIS, T_CHAR };
struct parser {
    struct arena *arena;
    const char *end;
    enum tok kind;
    char c;                    /* of T_CHAR */
    const char *beg, *stop;    /* of the token looked at */
    bool failed, variable;
    int depth;
};

/* ---- lexer ---- */
static bool ident_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}
static bool ident_char(char c)
{
    return ident_start(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

static void next(struct parser *p)
{
    const char *s = p->stop;
    while (s < p->end && *s == ' ')
        s++;
    p->beg = s;
    if (s >= p->end) {
        p->kind = T_END;
        p->stop = s;
        return;
    }
    char c = *s++;
    p->c = c;
    if (ident_start(c)) {
        while (s < p->end && ident_char(*s))
            s++;
        p->kind = T_IDENT;
    } else if (c >= '0' && c <= '9') {
        while (s < p->end && *s >= '0' && *s <= '9')
            s++;
        p->kind = T_NUMBER;
    } else if (c == '"' || c == '\'') {
        while (s < p->end && *s != c)
            s++;
        p->kind = s < p->end ? T_STRING : T_BAD;
        s += s < p->end;
    } else if (c == '/' && s < p->end && *s == '/') {
        s++;
        p->kind = T_DSLASH;
    } else if (c == '.' && s < p->end && *s == '.') {
        s++;
        p->kind = T_DDOT;
    } else if (c == ':' && s < p->end && *s == ':') {
        s++;
        p->kind = T_AXIS;
    } else {
        p->kind = c == '/' ? T_SLASH : c == '.' ? T_DOT : c && strchr("|+-*[]()=<>!@,:$", c) ? T_CHAR : T_BAD;
    }
    p->stop = s;
}

static bool is_char(const struct parser *p, char c)
{
    return !p->failed && p->kind == T_CHAR && p->c == c;
}
static bool take_char(struct parser *p, char c)
{
    if (!is_char(p, c))
        return false;
    next(p);
    return true;
}
static bool is_word(const struct parser *p, const char *w)
{
    return !p->failed && p->kind == T_IDENT && (size_t)(p->stop - p->beg) == strlen(w) && strncasecmp(p->beg, w, strlen(w)) == 0;
}

static struct my_xpath *fail(struct parser *p)
{
    p->failed = true;
    return NULL;
}

static struct my_xpath *node(struct parser *p, enum my_xpath_op op, struct my_xpath *a, struct my_xpath *b)
{
    struct my_xpath *x = p->failed ? NULL : arena_new(p->arena, sizeof *x);
    if (!x)
        return fail(p);
    *x = (struct my_xpath){.op = op, .a = a, .b = b};
    return x;
}

static struct my_xpath *expr(struct parser *p);

/* ---- steps ---- */
static const struct {
    const char *name;
    enum my_xpath_axis axis;
} axes[] = {{"child", A_CHILD}, {"descendant", A_DESCENDANT}, {"descendant-or-self", A_DESCENDANT_SELF}, {"attribute", A_ATTRIBUTE}, {"self", A_SELF},
            {"parent", A_PARENT}, {"ancestor", A_ANCESTOR}, {"ancestor-or-self", A_ANCESTOR_SELF}, {"following-sibling", A_FOLLOWING},
            {"preceding-sibling", A_PRECEDING}};

static bool step_ahead(const struct parser *p)
{
    return !p->failed && (p->kind == T_IDENT || p->kind == T_DOT || p->kind == T_DDOT || is_char(p, '@') || is_char(p, '*'));
}

static struct my_xpath *predicates(struct parser *p, struct my_xpath *s)
{
    struct my_xpath **last = s ? &s->preds : NULL;
    while (s && take_char(p, '[')) {
        *last = expr(p);
        if (!*last || !take_char(p, ']'))
            return fail(p);
        last = &(*last)->next;
    }
    return s;
}

static struct my_xpath *name_test(struct parser *p, struct my_xpath *s)
{
    if (take_char(p, '*'))
        return s;
    if (p->kind != T_IDENT)
        return fail(p);
    s->text = p->beg;
    s->len = (size_t)(p->stop - p->beg);
    next(p);
    if (is_char(p, '(')) { /* node tests */
        bool text = s->len == 4 && strncasecmp(s->text, "text", 4) == 0, any = s->len == 4 && strncasecmp(s->text, "node", 4) == 0;
        if (!text && !any)
            return fail(p);
        next(p);
        s->text_test = text;
        s->text = NULL;
        return take_char(p, ')') ? s : fail(p);
    }
    return s;
}

static struct my_xpath *step(struct parser *p)
{
    struct my_xpath *s = node(p, X_STEP, NULL, NULL);
    if (!s)
        return NULL;
    if (p->kind == T_DOT || p->kind == T_DDOT) {
        s->axis = p->kind == T_DOT ? A_SELF : A_PARENT;
        next(p);
        return s;
    }
    if (take_char(p, '@')) {
        s->axis = A_ATTRIBUTE;
    } else if (p->kind == T_IDENT) {
        struct parser save = *p;
        next(p);
        bool axis = p->kind == T_AXIS, known = false;
        for (size_t i = 0; axis && i < sizeof axes / sizeof *axes; i++)
            if (is_word(&save, axes[i].name)) {
                s->axis = axes[i].axis;
                known = true;
            }
        if (axis && !known)
            return fail(p);
        if (axis)
            next(p);
        else
            *p = save;
    }
    s = name_test(p, s);
    return predicates(p, s);
}

static struct my_xpath *any_descendant(struct parser *p)
{
    struct my_xpath *s = node(p, X_STEP, NULL, NULL);
    if (s)
        s->axis = A_DESCENDANT_SELF;
    return s;
}

/* Steps after what was read of a path; deep: the separator was //. */
static void steps_after(struct parser *p, struct my_xpath **last, bool deep)
{
    for (;;) {
        if (deep) {
            *last = any_descendant(p);
            if (!*last)
                return;
            last = &(*last)->next;
        }
        if (!step_ahead(p)) {
            (void)fail(p);
            return;
        }
        *last = step(p);
        if (!*last)
            return;
        last = &(*last)->next;
        if (p->kind != T_SLASH && p->kind != T_DSLASH)
            return;
        deep = p->kind == T_DSLASH;
        next(p);
    }
}

static const char *const functions[] = {"last", "position", "count", "not", "true", "false", "contains", "concat", "string-length", "sum", "floor",
                                        "ceiling", "round", "starts-with", "substring"};
static bool is_function(const struct parser *p)
{
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (is_word(p, functions[i])) {
            const char *s = p->stop;
            while (s < p->end && *s == ' ')
                s++;
            return s < p->end && *s == '(';
        }
    return false;
}

static struct my_xpath *call(struct parser *p)
{
    struct my_xpath *f = node(p, X_FUNC, NULL, NULL), **last = f ? &f->a : NULL;
    if (!f)
        return NULL;
    f->text = p->beg;
    f->len = (size_t)(p->stop - p->beg);
    next(p);
    next(p);
    while (!p->failed && !is_char(p, ')')) {
        *last = expr(p);
        if (!*last)
            return NULL;
        last = &(*last)->next;
        if (!take_char(p, ','))
            break;
    }
    return take_char(p, ')') ? f : fail(p);
}

static struct my_xpath *number(struct parser *p)
{
    char buf[40];
    const char *from = p->beg;
    if (p->kind == T_DOT)
        next(p);
    else {
        next(p);
        if (p->kind == T_DOT && p->beg == p->stop - 1)
            next(p);
        else
            goto done;
    }
    if (p->kind == T_NUMBER)
        next(p);
done:;
    size_t n = (size_t)(p->beg - from) < sizeof buf - 1 ? (size_t)(p->beg - from) : sizeof buf - 1;
    memcpy(buf, from, n);
    buf[n] = '\0';
    struct my_xpath *x = node(p, X_NUMBER, NULL, NULL);
    if (x)
        x->number = strtod(buf, NULL);
    return x;
}

static struct my_xpath *filter(struct parser *p)
{
    struct my_xpath *x;
    if (p->kind == T_STRING) {
        x = node(p, X_STRING, NULL, NULL);
        if (!x)
            return NULL;
        x->text = p->beg + 1;
        x->len = (size_t)(p->stop - p->beg) - 2;
        next(p);
        return x;
    }
    if (p->kind == T_NUMBER)
        return number(p);
    if (take_char(p, '(')) {
        x = expr(p);
        return take_char(p, ')') ? x : fail(p);
    }
    return call(p);
}

static struct my_xpath *path(struct parser *p)
{
    bool digits_follow = p->kind == T_DOT && p->stop < p->end && *p->stop >= '0' && *p->stop <= '9';
    if (digits_follow)
        return number(p);
    if (p->kind == T_SLASH || p->kind == T_DSLASH) {
        bool deep = p->kind == T_DSLASH;
        struct my_xpath *x = node(p, X_PATH, NULL, NULL);
        next(p);
        if (!x)
            return NULL;
        x->absolute = true;
        if (deep || step_ahead(p))
            steps_after(p, &x->b, deep);
        return p->failed ? NULL : x;
    }
    if (is_char(p, '$')) {
        struct parser ahead = *p;
        next(&ahead);
        p->variable = ahead.kind == T_IDENT || (ahead.kind == T_CHAR && ahead.c == '@');
        return fail(p);
    }
    bool filtered = p->kind == T_STRING || p->kind == T_NUMBER || is_char(p, '(') || is_function(p);
    if (!filtered) {
        struct my_xpath *x = step_ahead(p) ? node(p, X_PATH, NULL, NULL) : fail(p);
        if (x)
            steps_after(p, &x->b, false);
        return p->failed ? NULL : x;
    }
    struct my_xpath *x = filter(p);
    if (x && is_char(p, '['))
        x = predicates(p, node(p, X_PATH, x, NULL));
    if (x && (p->kind == T_SLASH || p->kind == T_DSLASH)) {
        bool deep = p->kind == T_DSLASH;
        next(p);
        x = node(p, X_PATH, x, NULL);
        if (x)
            steps_after(p, &x->b, deep);
    }
    return p->failed ? NULL : x;
}

/* ---- operators ---- */
static struct my_xpath *unary(struct parser *p)
{
    if (++p->depth > 200)
        return fail(p);
    struct my_xpath *x;
    if (take_char(p, '-')) {
        x = node(p, X_NEG, unary(p), NULL);
    } else {
        x = path(p);
        while (x && take_char(p, '|'))
            x = node(p, X_UNION, x, path(p));
    }
    p->depth--;
    return p->failed ? NULL : x;
}

static struct my_xpath *multiplicative(struct parser *p)
{
    struct my_xpath *x = unary(p);
    while (x) {
        enum my_xpath_op op = is_char(p, '*') ? X_MUL : is_word(p, "div") ? X_DIV : is_word(p, "mod") ? X_MOD : X_NUMBER;
        if (op == X_NUMBER)
            break;
        next(p);
        x = node(p, op, x, unary(p));
    }
    return p->failed ? NULL : x;
}

static struct my_xpath *additive(struct parser *p)
{
    struct my_xpath *x = multiplicative(p);
    while (x && (is_char(p, '+') || is_char(p, '-'))) {
        enum my_xpath_op op = is_char(p, '+') ? X_ADD : X_SUB;
        next(p);
        x = node(p, op, x, multiplicative(p));
    }
    return p->failed ? NULL : x;
}

static struct my_xpath *relational(struct parser *p)
{
    struct my_xpath *x = additive(p);
    while (x && (is_char(p, '<') || is_char(p, '>'))) {
        bool less = is_char(p, '<');
        next(p);
        bool equal = take_char(p, '=');
        x = node(p, less ? (equal ? X_LE : X_LT) : equal ? X_GE : X_GT, x, additive(p));
    }
    return p->failed ? NULL : x;
}

static struct my_xpath *equality(struct parser *p)
{
    struct my_xpath *x = relational(p);
    while (x && (is_char(p, '=') || is_char(p, '!'))) {
        bool ne = take_char(p, '!');
        if (!take_char(p, '='))
            return fail(p);
        x = node(p, ne ? X_NE : X_EQ, x, relational(p));
    }
    return p->failed ? NULL : x;
}

static struct my_xpath *expr(struct parser *p)
{
    if (++p->depth > 200)
        return fail(p);
    struct my_xpath *x = equality(p);
    while (x && is_word(p, "and")) {
        next(p);
        x = node(p, X_AND, x, equality(p));
    }
    while (x && is_word(p, "or")) {
        next(p);
        x = node(p, X_OR, x, expr(p));
    }
    p->depth--;
    return p->failed ? NULL : x;
}

int my_xpath_parse(struct arena *arena, const char *text, size_t len, struct my_xpath **ret, const char **ret_at, bool *ret_variable)
{
    struct parser p = {.arena = arena, .end = text + len, .stop = text};
    next(&p);
    *ret = expr(&p);
    *ret_at = p.beg;
    *ret_variable = p.variable;
    return *ret && p.kind == T_END && !p.failed ? 0 : -EINVAL;
}

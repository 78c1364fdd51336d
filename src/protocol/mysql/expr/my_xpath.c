/* XPath: lexer, recursive descent to a small tree, evaluation (item_xmlfunc.cc's subset; errors stand where its lexer stands). */
#include "protocol/mysql/expr/my_xpath.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum tok { T_END, T_BAD, T_IDENT, T_NUMBER, T_STRING, T_SLASH, T_DSLASH, T_DOT, T_DDOT, T_AXIS, T_CHAR };
enum op {
    X_NUMBER, X_STRING, X_PATH, X_STEP, X_FUNC, X_OR, X_AND, X_EQ, X_NE, X_LT, X_LE, X_GT, X_GE, X_ADD, X_SUB, X_MUL, X_DIV, X_MOD, X_NEG, X_UNION
};
enum axis { A_CHILD, A_DESCENDANT, A_DESCENDANT_SELF, A_ATTRIBUTE, A_SELF, A_PARENT, A_ANCESTOR, A_ANCESTOR_SELF, A_FOLLOWING, A_PRECEDING };

struct my_xpath {
    enum op op;
    struct my_xpath *a, *b;    /* operands; PATH: a filter expression before the steps, b the first step */
    struct my_xpath *next;     /* steps, arguments, predicates */
    struct my_xpath *preds;
    double number;
    const char *text;          /* strings, names, functions; NULL name: any */
    size_t len;
    enum axis axis;
    bool absolute, text_test;  /* text() */
};

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

static struct my_xpath *node(struct parser *p, enum op op, struct my_xpath *a, struct my_xpath *b)
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
    enum axis axis;
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
        enum op op = is_char(p, '*') ? X_MUL : is_word(p, "div") ? X_DIV : is_word(p, "mod") ? X_MOD : X_NUMBER;
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
        enum op op = is_char(p, '+') ? X_ADD : X_SUB;
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

/* ---- evaluation ---- */
struct run {
    const struct my_xml *xml;
    struct arena *arena;
    uint64_t *steps;
    uint32_t at;               /* context node */
    size_t position, size;
    int depth;
};

static bool spend(struct run *r, uint64_t n)
{
    if (*r->steps < n) {
        *r->steps = 0;
        return false;
    }
    *r->steps -= n;
    return *r->steps > 0;
}

/* The text of a value as a predicate or function sees it: a node's own direct text. */
static void text_of(struct run *r, const struct my_xpath_value *v, const char **ret, size_t *ret_len)
{
    *ret = v->text ? v->text : "";
    *ret_len = v->text ? v->len : 0;
    if (!v->is_nodes || !v->n_nodes)
        return;
    const struct my_xml_node *n = &r->xml->nodes[v->nodes[0]];
    if (n->kind == MY_XML_TEXT || n->kind == MY_XML_ATTR) {
        *ret = n->text;
        *ret_len = n->text_len;
        return;
    }
    for (uint32_t i = v->nodes[0] + 1; i < r->xml->n; i++)
        if (r->xml->nodes[i].parent == v->nodes[0] && r->xml->nodes[i].kind == MY_XML_TEXT) {
            *ret = r->xml->nodes[i].text;
            *ret_len = r->xml->nodes[i].text_len;
            return;
        }
}

static double number_of(struct run *r, const struct my_xpath_value *v)
{
    if (v->is_number || v->is_bool)
        return v->number;
    const char *s;
    size_t n;
    char buf[64];
    text_of(r, v, &s, &n);
    n = n < sizeof buf - 1 ? n : sizeof buf - 1;
    memcpy(buf, s, n);
    buf[n] = '\0';
    return strtod(buf, NULL);
}

static bool truth_of(struct run *r, const struct my_xpath_value *v)
{
    (void)r;
    if (v->is_nodes)
        return v->n_nodes > 0;
    return v->is_number || v->is_bool ? v->number != 0 : v->len > 0;
}

static int eval(struct run *r, const struct my_xpath *x, struct my_xpath_value *ret);

static bool axis_holds(const struct my_xml *xml, enum axis axis, uint32_t from, uint32_t to)
{
    const struct my_xml_node *n = xml->nodes;
    switch (axis) {
    case A_SELF:
        return from == to;
    case A_CHILD:
        return to && n[to].parent == from && n[to].kind != MY_XML_ATTR;
    case A_ATTRIBUTE:
        return to && n[to].parent == from && n[to].kind == MY_XML_ATTR;
    case A_PARENT:
        return from && n[from].parent == to;
    case A_FOLLOWING:
    case A_PRECEDING:
        return from && to && from != to && n[from].parent == n[to].parent && n[to].kind != MY_XML_ATTR && (axis == A_FOLLOWING) == (to > from);
    case A_DESCENDANT_SELF:
    case A_DESCENDANT:
        if (to == from)
            return axis == A_DESCENDANT_SELF;
        for (uint32_t i = to; i && n[to].kind != MY_XML_ATTR; i = n[i].parent)
            if (n[i].parent == from)
                return true;
        return false;
    default:
        if (to == from)
            return axis == A_ANCESTOR_SELF;
        for (uint32_t i = from; i; i = n[i].parent)
            if (n[i].parent == to)
                return true;
        return false;
    }
}

static bool test_holds(const struct my_xml *xml, const struct my_xpath *s, uint32_t i)
{
    const struct my_xml_node *n = &xml->nodes[i];
    if (s->text_test)
        return n->kind == MY_XML_TEXT;
    if (s->text)
        return (n->kind == MY_XML_ELEMENT || n->kind == MY_XML_ATTR) && n->name_len == s->len && memcmp(n->name, s->text, s->len) == 0;
    return s->axis == A_DESCENDANT_SELF || s->axis == A_SELF || s->axis == A_PARENT || n->kind == MY_XML_ELEMENT || n->kind == MY_XML_ATTR;
}

static int keep(struct run *r, const struct my_xpath *preds, uint32_t *list, size_t *n)
{
    for (; preds; preds = preds->next) {
        size_t kept = 0, size = *n;
        for (size_t i = 0; i < size; i++) {
            struct run in = *r;
            struct my_xpath_value v;
            in.at = list[i];
            in.position = i + 1;
            in.size = size;
            int rc = eval(&in, preds, &v);
            if (rc < 0)
                return rc;
            if (v.is_number ? v.number == (double)(i + 1) : truth_of(&in, &v))
                list[kept++] = list[i];
        }
        *n = kept;
    }
    return 0;
}

/* One step from all nodes of a set; the result is in document order, each node once. */
static int take_step(struct run *r, const struct my_xpath *s, struct my_xpath_value *set)
{
    size_t total = r->xml->n;
    bool *in = arena_new(r->arena, total);
    uint32_t *part = arena_new(r->arena, total * sizeof *part), *all = arena_new(r->arena, total * sizeof *all);
    if (!in || !part || !all)
        return -ENOMEM;
    for (size_t i = 0; i < set->n_nodes; i++) {
        size_t n = 0;
        if (!spend(r, total))
            return -E2BIG;
        for (uint32_t k = 0; k < total; k++)
            if (axis_holds(r->xml, s->axis, set->nodes[i], k) && test_holds(r->xml, s, k))
                part[n++] = k;
        int rc = keep(r, s->preds, part, &n);
        if (rc < 0)
            return rc;
        for (size_t k = 0; k < n; k++)
            in[part[k]] = true;
    }
    size_t n = 0;
    for (uint32_t k = 0; k < total; k++)
        if (in[k])
            all[n++] = k;
    set->nodes = all;
    set->n_nodes = n;
    return 0;
}

static int eval_path(struct run *r, const struct my_xpath *x, struct my_xpath_value *ret)
{
    int rc = 0;
    if (x->a) {
        rc = eval(r, x->a, ret);
        if (rc < 0 || !ret->is_nodes)
            return rc;
        rc = keep(r, x->preds, ret->nodes, &ret->n_nodes);
    } else {
        uint32_t *one = arena_new(r->arena, sizeof *one);
        if (!one)
            return -ENOMEM;
        *one = x->absolute ? 0 : r->at;
        *ret = (struct my_xpath_value){.is_nodes = true, .nodes = one, .n_nodes = 1};
    }
    for (const struct my_xpath *s = x->b; s && rc == 0; s = s->next)
        rc = take_step(r, s, ret);
    return rc;
}

static int eval_func(struct run *r, const struct my_xpath *x, struct my_xpath_value *ret)
{
    struct my_xpath_value v[3] = {{0}, {0}, {0}};
    size_t n = 0;
    for (const struct my_xpath *a = x->a; a && n < 3; a = a->next) {
        int rc = eval(r, a, &v[n++]);
        if (rc < 0)
            return rc;
    }
    const char *s, *t;
    size_t sn, tn;
    text_of(r, &v[0], &s, &sn);
    text_of(r, &v[1], &t, &tn);
    *ret = (struct my_xpath_value){.is_number = true};
#define IS(name) (x->len == strlen(name) && strncasecmp(x->text, name, x->len) == 0)
    if (IS("last"))
        ret->number = (double)r->size;
    else if (IS("position"))
        ret->number = (double)r->position;
    else if (IS("count"))
        ret->number = v[0].is_nodes ? (double)v[0].n_nodes : 1;
    else if (IS("not") || IS("true") || IS("false")) {
        *ret = (struct my_xpath_value){.is_bool = true, .number = IS("true") || (IS("not") && !truth_of(r, &v[0]))};
    } else if (IS("contains")) {
        *ret = (struct my_xpath_value){.is_bool = true, .number = memmem(s, sn, t, tn) != NULL};
    } else if (IS("starts-with")) {
        *ret = (struct my_xpath_value){.is_bool = true, .number = sn >= tn && memcmp(s, t, tn) == 0};
    } else if (IS("string-length"))
        ret->number = (double)sn;
    else if (IS("floor"))
        ret->number = floor(number_of(r, &v[0]));
    else if (IS("ceiling"))
        ret->number = ceil(number_of(r, &v[0]));
    else if (IS("round"))
        ret->number = rint(number_of(r, &v[0]));
    else if (IS("sum")) {
        for (size_t i = 0; v[0].is_nodes && i < v[0].n_nodes; i++) {
            struct my_xpath_value one = {.is_nodes = true, .nodes = &v[0].nodes[i], .n_nodes = 1};
            ret->number += number_of(r, &one);
        }
    } else if (IS("concat")) {
        char *both = arena_new(r->arena, sn + tn + 1);
        if (!both)
            return -ENOMEM;
        memcpy(both, s, sn);
        memcpy(both + sn, t, tn);
        *ret = (struct my_xpath_value){.text = both, .len = sn + tn};
    } else { /* substring */
        double from = number_of(r, &v[1]), len = n > 2 ? number_of(r, &v[2]) : (double)sn;
        size_t at = from < 1 ? 0 : from > (double)sn ? sn : (size_t)from - 1, want = len < 0 ? 0 : len > (double)sn ? sn : (size_t)len;
        *ret = (struct my_xpath_value){.text = s + at, .len = want < sn - at ? want : sn - at};
    }
#undef IS
    return 0;
}

static bool compare(struct run *r, enum op op, const struct my_xpath_value *a, const struct my_xpath_value *b)
{
    bool numbers = a->is_number || b->is_number || (op != X_EQ && op != X_NE);
    if (numbers) {
        double x = number_of(r, a), y = number_of(r, b);
        return op == X_EQ ? x == y : op == X_NE ? x != y : op == X_LT ? x < y : op == X_LE ? x <= y : op == X_GT ? x > y : x >= y;
    }
    const char *s, *t;
    size_t sn, tn;
    text_of(r, a, &s, &sn);
    text_of(r, b, &t, &tn);
    bool same = sn == tn && memcmp(s, t, sn) == 0;
    return op == X_EQ ? same : !same;
}

/* A node set equals something when one of its nodes does. */
static bool compare_any(struct run *r, enum op op, const struct my_xpath_value *a, const struct my_xpath_value *b)
{
    if (!a->is_nodes)
        return b->is_nodes && b->n_nodes == 0 ? false : compare(r, op, a, b);
    for (size_t i = 0; i < a->n_nodes && spend(r, 1); i++) {
        struct my_xpath_value one = {.is_nodes = true, .nodes = &a->nodes[i], .n_nodes = 1};
        if (compare(r, op, &one, b))
            return true;
    }
    return false;
}

static int merge(struct run *r, const struct my_xpath_value *a, const struct my_xpath_value *b, struct my_xpath_value *ret)
{
    uint32_t *all = arena_new(r->arena, (a->n_nodes + b->n_nodes + 1) * sizeof *all);
    size_t i = 0, k = 0, n = 0;
    if (!all)
        return -ENOMEM;
    while (i < a->n_nodes || k < b->n_nodes) {
        bool first = k >= b->n_nodes || (i < a->n_nodes && a->nodes[i] <= b->nodes[k]);
        uint32_t v = first ? a->nodes[i++] : b->nodes[k++];
        if (!n || all[n - 1] != v)
            all[n++] = v;
    }
    *ret = (struct my_xpath_value){.is_nodes = true, .nodes = all, .n_nodes = n};
    return 0;
}

static int eval(struct run *r, const struct my_xpath *x, struct my_xpath_value *ret)
{
    struct my_xpath_value a = {0}, b = {0};
    int rc;
    if (!spend(r, 1) || ++r->depth > 300)
        return -E2BIG;
    if (x->op == X_PATH || x->op == X_FUNC) {
        rc = x->op == X_PATH ? eval_path(r, x, ret) : eval_func(r, x, ret);
        r->depth--;
        return rc;
    }
    rc = x->a ? eval(r, x->a, &a) : 0;
    if (rc == 0 && x->b)
        rc = eval(r, x->b, &b);
    r->depth--;
    if (rc < 0)
        return rc;
    double p = x->a ? number_of(r, &a) : 0, q = x->b ? number_of(r, &b) : 0;
    *ret = (struct my_xpath_value){.is_number = true};
    switch (x->op) {
    case X_NUMBER:
        ret->number = x->number;
        break;
    case X_STRING:
        *ret = (struct my_xpath_value){.text = x->text, .len = x->len};
        break;
    case X_OR:
    case X_AND:
        *ret = (struct my_xpath_value){.is_bool = true};
        ret->number = x->op == X_OR ? truth_of(r, &a) || truth_of(r, &b) : truth_of(r, &a) && truth_of(r, &b);
        break;
    case X_ADD:
        ret->number = p + q;
        break;
    case X_SUB:
        ret->number = p - q;
        break;
    case X_MUL:
        ret->number = p * q;
        break;
    case X_DIV:
        ret->number = q == 0 ? 0 : p / q;
        break;
    case X_MOD:
        ret->number = q == 0 ? 0 : fmod(p, q);
        break;
    case X_NEG:
        ret->number = -p;
        break;
    case X_UNION:
        return merge(r, &a, &b, ret);
    default:
        *ret = (struct my_xpath_value){.is_bool = true, .number = compare_any(r, x->op, &a, &b)};
        break;
    }
    return 0;
}

int my_xpath_eval(const struct my_xpath *x, const struct my_xml *xml, struct arena *arena, uint64_t *steps, struct my_xpath_value *ret)
{
    struct run r = {.xml = xml, .arena = arena, .steps = steps, .position = 1, .size = 1};
    return eval(&r, x, ret);
}

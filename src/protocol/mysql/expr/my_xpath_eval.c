/* XPath: evaluation over the tree of a text. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/expr/my_xpath_int.h"

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

static bool axis_holds(const struct my_xml *xml, enum my_xpath_axis axis, uint32_t from, uint32_t to)
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

static bool compare(struct run *r, enum my_xpath_op op, const struct my_xpath_value *a, const struct my_xpath_value *b)
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
static bool compare_any(struct run *r, enum my_xpath_op op, const struct my_xpath_value *a, const struct my_xpath_value *b)
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

/* EXTRACTVALUE and UPDATEXML: what scanners use them for is the error that shows the path, but they work too. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "protocol/mysql/expr/my_eval.h"
#include "protocol/mysql/expr/my_xpath.h"

/* ---- the tree ---- */
struct reader {
    struct my_xml *xml;
    struct arena *arena;
    const char *at, *end;
    size_t cap;
};

static int add(struct reader *rd, struct my_xml_node n)
{
    struct my_xml *x = rd->xml;
    if (x->n >= MY_XML_NODES_MAX)
        return -E2BIG;
    if (x->n == rd->cap) {
        size_t cap = rd->cap ? rd->cap * 2 : 32;
        struct my_xml_node *list = arena_new(rd->arena, cap * sizeof *list);
        if (!list)
            return -ENOMEM;
        if (x->n)
            memcpy(list, x->nodes, x->n * sizeof *list);
        x->nodes = list;
        rd->cap = cap;
    }
    x->nodes[x->n++] = n;
    return 0;
}

static bool space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static size_t name_at(struct reader *rd, const char **ret)
{
    const char *s = rd->at;
    while (rd->at < rd->end && !space(*rd->at) && !strchr("=/>\"'<", *rd->at))
        rd->at++;
    *ret = s;
    return (size_t)(rd->at - s);
}

static void skip(struct reader *rd)
{
    while (rd->at < rd->end && space(*rd->at))
        rd->at++;
}

/* Attributes up to > or />. 1: closed, 0: open, negative errors. */
static int attributes(struct reader *rd, uint32_t element, const char **why)
{
    for (;;) {
        skip(rd);
        if (rd->at >= rd->end)
            break;
        if (*rd->at == '>') {
            rd->at++;
            return 0;
        }
        if (*rd->at == '/' && rd->at + 1 < rd->end && rd->at[1] == '>') {
            rd->at += 2;
            return 1;
        }
        struct my_xml_node n = {.kind = MY_XML_ATTR, .parent = element};
        n.name_len = name_at(rd, &n.name);
        skip(rd);
        if (!n.name_len || rd->at >= rd->end || *rd->at != '=')
            break;
        rd->at++;
        skip(rd);
        char q = rd->at < rd->end ? *rd->at : 0;
        if (q != '"' && q != '\'')
            break;
        n.text = ++rd->at;
        while (rd->at < rd->end && *rd->at != q)
            rd->at++;
        if (rd->at >= rd->end)
            break;
        n.text_len = (size_t)(rd->at++ - n.text);
        int rc = add(rd, n);
        if (rc < 0)
            return rc;
    }
    *why = "unexpected END-OF-INPUT";
    return -EINVAL;
}

static bool skip_to(struct reader *rd, const char *mark)
{
    const char *e = memmem(rd->at, (size_t)(rd->end - rd->at), mark, strlen(mark));
    if (e)
        rd->at = e + strlen(mark);
    return e != NULL;
}

/* One markup at <; *at_node is the element that is open. */
static int markup(struct reader *rd, uint32_t *at_node, const char **why)
{
    const char *from = rd->at++;
    struct my_xml *x = rd->xml;
    *why = "unexpected END-OF-INPUT";
    if (rd->at < rd->end && *rd->at == '!')
        return skip_to(rd, rd->end - rd->at > 3 && memcmp(rd->at, "!--", 3) == 0 ? "-->" : ">") ? 0 : -EINVAL;
    if (rd->at < rd->end && *rd->at == '?')
        return skip_to(rd, "?>") ? 0 : -EINVAL;
    if (rd->at < rd->end && *rd->at == '/') {
        rd->at++;
        const char *name;
        size_t n = name_at(rd, &name);
        struct my_xml_node *open = &x->nodes[*at_node];
        if (*at_node == 0 || open->name_len != n || memcmp(open->name, name, n) != 0 || !skip_to(rd, ">")) {
            *why = "unexpected closing tag";
            return -EINVAL;
        }
        open->to = rd->at;
        *at_node = open->parent;
        return 0;
    }
    struct my_xml_node n = {.kind = MY_XML_ELEMENT, .parent = *at_node, .from = from};
    n.name_len = name_at(rd, &n.name);
    if (!n.name_len)
        return -EINVAL;
    int rc = add(rd, n);
    uint32_t me = (uint32_t)x->n - 1;
    if (rc == 0)
        rc = attributes(rd, me, why);
    if (rc == 1)
        x->nodes[me].to = rd->at;
    else if (rc == 0)
        *at_node = me;
    return rc < 0 ? rc : 0;
}

int my_xml_parse(struct arena *arena, const char *text, size_t len, struct my_xml *ret, const char **ret_why)
{
    *ret = (struct my_xml){0};
    struct reader rd = {.xml = ret, .arena = arena, .at = text, .end = text + len};
    uint32_t node = 0;
    int rc = add(&rd, (struct my_xml_node){.kind = MY_XML_ROOT});
    while (rc == 0 && rd.at < rd.end) {
        if (*rd.at == '<') {
            rc = markup(&rd, &node, ret_why);
            continue;
        }
        const char *from = rd.at;
        while (rd.at < rd.end && *rd.at != '<')
            rd.at++;
        const char *a = from, *b = rd.at;
        while (a < b && space(*a))
            a++;
        while (b > a && space(b[-1]))
            b--;
        if (a < b)
            rc = add(&rd, (struct my_xml_node){.kind = MY_XML_TEXT, .parent = node, .text = a, .text_len = (size_t)(b - a)});
    }
    if (rc == 0 && node != 0) {
        *ret_why = "unexpected END-OF-INPUT";
        return -EINVAL;
    }
    return rc;
}

/* ---- the functions ---- */
static void bad_path(struct my_eval *ev, const char *at, const char *end, bool variable)
{
    char line[120];
    int n = (int)(end - at > 32 ? 32 : end - at);
    (void)snprintf(line, sizeof line, variable ? "Unknown XPATH variable at: '%.*s'" : "XPATH syntax error: '%.*s'", n, at);
    ev->r->err = MY_ER_PARSE;
    ev->r->err_code = 1105;
    (void)snprintf(ev->r->err_state, sizeof ev->r->err_state, "HY000");
    (void)snprintf(ev->r->err_text, sizeof ev->r->err_text, "%s", line);
    my_warn_text(ev->r, MY_ERROR, 1105, line);
}

/* Whether an expression has one value for the statement, subselects that depend on no row included. */
static bool is_fixed(const struct my_expr *e)
{
    switch (e->op) {
    case MY_X_LITERAL:
    case MY_X_PARAM:
    case MY_X_SYSVAR:
        return true;
    case MY_X_FUNC:
        if (e->func->flags & MY_FN_NOT_CONST)
            return false;
        for (size_t i = 0; i < e->n_args; i++)
            if (!is_fixed(e->args[i]))
                return false;
        return true;
    case MY_X_CASE:
        return e->is_const;
    case MY_X_SUBSELECT:
    case MY_X_EXISTS:
        return !e->aux2;
    default:
        return false;
    }
}

static struct my_xpath *compile(struct my_eval *ev, const struct my_val *path)
{
    struct my_xpath *x = NULL;
    const char *at = NULL;
    bool variable = false;
    if (my_step(ev->r, path->s.n) && my_xpath_parse(ev->r->arena, path->s.p, path->s.n, &x, &at, &variable) < 0) {
        bad_path(ev, at, path->s.p + path->s.n, variable);
        return NULL;
    }
    return x;
}

static void fix_xml(struct my_eval *ev, struct my_expr *e)
{
    bool m = ev->r->kit->mariadb;
    my_fix_str(ev, e, my_conn_coll(ev), m ? 16777216u : 16777216u / my_conn_coll(ev)->maxlen, MY_DEC_FLOAT, true);
    if (m) {
        e->m.len = 16777216;
        e->m.type = MY_T_LONG_BLOB;
    }
    if (!is_fixed(e->args[1]) || ev->r->describe_only)
        return;
    struct my_val v = my_eval_expr(ev, e->args[1]), path = my_val_text(ev->r->arena, &v, &e->args[1]->m);
    if (my_ok(ev->r) && path.kind == MY_V_STR)
        e->state = compile(ev, &path);
}

static int run_path(struct my_eval *ev, struct my_expr *e, struct my_val *args, struct my_xml *xml, struct my_xpath_value *ret)
{
    struct my_val text = my_arg_text(ev, e, 0, args), path = my_arg_text(ev, e, 1, args);
    struct my_xpath *x = my_ok(ev->r) ? e->state ? e->state : compile(ev, &path) : NULL;
    const char *why = "";
    if (!x)
        return -EINVAL;
    if (my_xml_parse(ev->r->arena, text.s.p, text.s.n, xml, &why) < 0) {
        char line[160];
        (void)snprintf(line, sizeof line, "Incorrect XML value: 'parse error at line 1 pos %zu: %s'", text.s.n + 1, why);
        my_warn_text(ev->r, MY_WARNING, 1525, line);
        return -EINVAL;
    }
    uint64_t steps = 2000000;
    int rc = my_xpath_eval(x, xml, ev->r->arena, &steps, ret);
    if (rc < 0 || !my_step(ev->r, 2000000 - steps))
        return -E2BIG;
    return 0;
}

static struct my_val ev_extractvalue(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_xml xml;
    struct my_xpath_value v = {0};
    if (run_path(ev, e, args, &xml, &v) < 0)
        return my_null();
    if (v.is_number || v.is_bool) {
        char buf[MY_NUM_TEXT];
        size_t n = my_real_text(v.number, MY_DEC_FLOAT, false, buf, sizeof buf);
        return my_text_out(ev, buf, n);
    }
    if (!v.is_nodes)
        return my_text_out(ev, v.text ? v.text : "", v.len);
    size_t total = 0;
    struct my_val text = my_arg_text(ev, e, 0, args);
    char *out = arena_new(ev->r->arena, text.s.n * 2 + 2);
    for (size_t i = 0; out && i < v.n_nodes; i++)
        for (uint32_t k = v.nodes[i]; k < xml.n && my_step(ev->r, 1); k++) {
            const struct my_xml_node *n = &xml.nodes[k];
            bool own = k == v.nodes[i] ? n->kind == MY_XML_TEXT || n->kind == MY_XML_ATTR : n->kind == MY_XML_TEXT && n->parent == v.nodes[i];
            if (!own || total + n->text_len + 1 > text.s.n * 2)
                continue;
            if (total)
                out[total++] = ' ';
            memcpy(out + total, n->text, n->text_len);
            total += n->text_len;
        }
    return out ? my_str(out, total) : my_null();
}

static struct my_val ev_updatexml(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_xml xml;
    struct my_xpath_value v = {0};
    if (run_path(ev, e, args, &xml, &v) < 0)
        return my_null();
    struct my_val text = my_arg_text(ev, e, 0, args), with = my_arg_text(ev, e, 2, args);
    if (!v.is_nodes || v.n_nodes != 1)
        return text;
    const struct my_xml_node *n = &xml.nodes[v.nodes[0]];
    if (n->kind != MY_XML_ELEMENT || !n->from || !n->to)
        return text;
    size_t before = (size_t)(n->from - text.s.p), after = text.s.n - (size_t)(n->to - text.s.p);
    char *out = my_too_big(ev, "updatexml", before + with.s.n + after) ? NULL : arena_new(ev->r->arena, before + with.s.n + after + 1);
    if (!out)
        return my_null();
    memcpy(out, text.s.p, before);
    if (with.s.n)
        memcpy(out + before, with.s.p, with.s.n);
    memcpy(out + before + with.s.n, n->to, after);
    return my_str(out, before + with.s.n + after);
}

const struct my_func my_funcs_xml[] = {
    {"extractvalue", 2, 2, 0, fix_xml, ev_extractvalue},
    {"updatexml", 3, 3, 0, fix_xml, ev_updatexml},
    {0},
};

/* JSON functions: of MariaDB, where JSON is text, and of 5.7 and later. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/mysql/expr/my_eval.h"
#include "protocol/mysql/expr/my_fn_str.h"

#define JSON_BYTES_MAX (1u << 20)
#define LOAD_FLAGS (JSON_DECODE_ANY | JSON_ALLOW_NUL)
#define DUMP_FLAGS (JSON_ENCODE_ANY | JSON_PRESERVE_ORDER)

/* ---- typing ---- */
static void fix_text(struct my_eval *ev, struct my_expr *e, uint64_t chars, bool null)
{
    my_fix_str(ev, e, my_conn_coll(ev), chars, MY_DEC_FLOAT, null);
    if (ev->r->kit->mariadb)
        return;
    e->m.type = MY_T_JSON;
    e->m.len = UINT32_MAX;
    e->m.coll = ev->r->kit->utf8mb4 ? ev->r->kit->utf8mb4 : e->m.coll;
    e->m.maybe_null = true;
}

static uint64_t chars_of_arg(const struct my_expr *a)
{
    uint64_t n = my_result_of(a->m.type) == MY_RES_STR ? my_chars_of(&a->m) : a->m.len;
    return n < 4 ? 4 : n;
}

static void fix_make(struct my_eval *ev, struct my_expr *e)
{
    uint64_t chars = 2;
    for (size_t i = 0; i < e->n_args; i++)
        chars += chars_of_arg(e->args[i]) + 4;
    fix_text(ev, e, e->n_args ? chars : 0, false);
}

static void fix_same(struct my_eval *ev, struct my_expr *e)
{
    fix_text(ev, e, my_chars_of(&e->args[0]->m), true);
}

static void fix_extract(struct my_eval *ev, struct my_expr *e)
{
    fix_text(ev, e, my_chars_of(&e->args[0]->m) * e->n_args, true);
}

static void fix_change(struct my_eval *ev, struct my_expr *e)
{
    uint64_t chars = my_chars_of(&e->args[0]->m);
    for (size_t i = 1; i + 1 < e->n_args; i += 2)
        chars += my_chars_of(&e->args[i]->m) * 4 + chars_of_arg(e->args[i + 1]) + 4;
    fix_text(ev, e, chars, true);
}

static void fix_quote(struct my_eval *ev, struct my_expr *e)
{
    const struct my_coll *bin = my_coll_bin(ev->r->kit, my_conn_coll(ev));
    my_fix_str(ev, e, bin ? bin : my_conn_coll(ev), my_chars_of(&e->args[0]->m) * 12 + 2, MY_DEC_FLOAT, true);
}

static void fix_unquote(struct my_eval *ev, struct my_expr *e)
{
    const struct my_coll *bin = my_coll_bin(ev->r->kit, my_conn_coll(ev));
    my_fix_str(ev, e, bin ? bin : my_conn_coll(ev), my_chars_of(&e->args[0]->m), MY_DEC_FLOAT, true);
}

static void fix_value(struct my_eval *ev, struct my_expr *e)
{
    my_fix_str(ev, e, my_conn_coll(ev), my_chars_of(&e->args[0]->m), MY_DEC_FLOAT, true);
}

static void fix_type(struct my_eval *ev, struct my_expr *e)
{
    my_fix_str(ev, e, my_conn_coll(ev), 12, MY_DEC_FLOAT, true);
}

static void fix_flag(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, 1, true, false);
}

static void fix_number(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, 10, true, false);
}

static void fix_depth(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, 10, my_any_maybe_null(e), false);
}

/* ---- values ---- */
static json_t *load(const struct my_val *t, json_error_t *err)
{
    return t->kind == MY_V_STR && t->s.n <= JSON_BYTES_MAX ? json_loadb(t->s.p, t->s.n, LOAD_FLAGS, err) : NULL;
}

/* Argument i as a document; NULL: a warning (MariaDB) or an error (5.7 and later) was raised. */
static json_t *document(struct my_eval *ev, struct my_expr *e, size_t i, const struct my_val *args)
{
    json_error_t err = {.position = 0};
    char line[300];
    struct my_val t = my_arg_text(ev, e, i, args);
    if (!my_ok(ev->r) || !my_step(ev->r, 10 + t.s.n / 4))
        return NULL;
    json_t *d = load(&t, &err);
    if (d)
        return d;
    int at = err.position > 0 ? err.position : 1;
    if (ev->r->kit->mariadb) {
        (void)snprintf(line, sizeof line, "Syntax error in JSON text in argument %zu to function '%s' at position %d", i + 1, e->func->name, at);
        my_warn_text(ev->r, MY_WARNING, 4038, line);
        return NULL;
    }
    (void)snprintf(line, sizeof line, "Invalid JSON text in argument %zu to function %s: \"Invalid value.\" at position %d.", i + 1, e->func->name, at - 1);
    my_fail_text(ev->r, MY_ER_INVALID_JSON_TEXT, line);
    return NULL;
}

static struct my_val dumped(struct my_eval *ev, json_t *j)
{
    char *s = j ? json_dumps(j, DUMP_FLAGS) : NULL;
    struct my_val v = s ? my_text_out(ev, s, strlen(s)) : my_null();
    free(s);
    return v;
}

/* A SQL value as JSON; a JSON function's result goes in as what it is. */
static json_t *as_json(struct my_eval *ev, struct my_expr *a, const struct my_val *v)
{
    bool json = a->op == MY_X_FUNC && strncmp(a->func->name, "json_", 5) == 0 && strcmp(a->func->name, "json_unquote") != 0 &&
                strcmp(a->func->name, "json_value") != 0;
    struct my_val t = my_val_text(ev->r->arena, v, &a->m);
    switch (v->kind) {
    case MY_V_NULL:
        return json_null();
    case MY_V_INT:
        if (a->op == MY_X_LITERAL && a->text && (strcmp(a->text, "TRUE") == 0 || strcmp(a->text, "FALSE") == 0))
            return json_boolean(v->i);
        return json_integer(v->i);
    case MY_V_UINT:
        return json_integer((json_int_t)v->u);
    case MY_V_DEC:
    case MY_V_REAL:
        return json_real(my_val_real(v));
    default:
        break;
    }
    json_t *j = json ? load(&t, &(json_error_t){0}) : NULL;
    return j ? j : t.s.n <= JSON_BYTES_MAX ? json_stringn(t.s.p, t.s.n) : NULL;
}

/* One leg of a path: a key or an index. 1: a leg, 0: the end, -1: no path. */
struct leg {
    const char *key;
    size_t len, index;
};
static int next_leg(const char **s, const char *end, struct leg *ret)
{
    const char *p = *s;
    while (p < end && *p == ' ')
        p++;
    if (p >= end)
        return 0;
    *ret = (struct leg){0};
    if (*p == '[') {
        size_t v = 0, digits = 0;
        for (p++; p < end && *p >= '0' && *p <= '9' && digits < 9; p++, digits++)
            v = v * 10 + (size_t)(*p - '0');
        if (!digits || p >= end || *p != ']')
            return -1;
        ret->index = v;
        *s = p + 1;
        return 1;
    }
    if (*p++ != '.' || p >= end)
        return -1;
    bool quoted = *p == '"';
    ret->key = quoted ? ++p : p;
    while (p < end && (quoted ? *p != '"' : *p != '.' && *p != '[' && *p != ' '))
        p++;
    ret->len = (size_t)(p - ret->key);
    if (quoted && p >= end)
        return -1;
    *s = p + quoted;
    return ret->len || quoted ? 1 : -1;
}

static json_t *leg_of(json_t *j, const struct leg *l)
{
    if (l->key)
        return json_is_object(j) ? json_object_getn(j, l->key, l->len) : NULL;
    if (json_is_array(j))
        return json_array_get(j, l->index);
    return l->index == 0 ? j : NULL; /* a value is an array of itself */
}

/* What a path leads to; *ret_parent and *ret_last are where it would be set. NULL: nothing is there. */
static json_t *walk(json_t *j, const struct my_val *path, json_t **ret_parent, struct leg *ret_last, bool *ret_bad)
{
    const char *s = path->s.p, *end = s + path->s.n;
    struct leg l;
    int rc;
    *ret_bad = path->kind != MY_V_STR || !path->s.n || *s != '$';
    *ret_parent = NULL;
    s += !*ret_bad;
    while (!*ret_bad && (rc = next_leg(&s, end, &l)) != 0) {
        if (rc < 0) {
            *ret_bad = true;
            return NULL;
        }
        *ret_parent = j;
        *ret_last = l;
        j = j ? leg_of(j, &l) : NULL;
    }
    return *ret_bad ? NULL : j;
}

/* ---- making ---- */
static struct my_val ev_array(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    json_t *a = json_array();
    for (size_t i = 0; a && i < e->n_args; i++)
        (void)json_array_append_new(a, as_json(ev, e->args[i], &args[i]));
    struct my_val v = dumped(ev, a);
    json_decref(a);
    return v;
}

static struct my_val ev_object(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    if (e->n_args % 2) {
        my_fail(ev->r, MY_ER_WRONG_PARAMCOUNT_TO_NATIVE_FCT, e->name);
        return my_null();
    }
    json_t *o = json_object();
    for (size_t i = 0; o && i < e->n_args; i += 2) {
        struct my_val k = my_arg_text(ev, e, i, args);
        if (k.kind == MY_V_STR)
            (void)json_object_setn_new(o, k.s.p, k.s.n, as_json(ev, e->args[i + 1], &args[i + 1]));
    }
    struct my_val v = dumped(ev, o);
    json_decref(o);
    return v;
}

static struct my_val ev_quote(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    if (my_result_of(e->args[0]->m.type) != MY_RES_STR)
        return my_null();
    struct my_val t = my_arg_text(ev, e, 0, args);
    json_t *s = t.s.n <= JSON_BYTES_MAX ? json_stringn(t.s.p, t.s.n) : NULL;
    struct my_val v = dumped(ev, s);
    json_decref(s);
    return v;
}

/* ---- reading ---- */
static struct my_val plain(struct my_eval *ev, json_t *j)
{
    return json_is_string(j) ? my_text_out(ev, json_string_value(j), json_string_length(j)) : dumped(ev, j);
}

static struct my_val ev_unquote(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val t = my_arg_text(ev, e, 0, args);
    if (t.kind != MY_V_STR || t.s.n < 2 || t.s.p[0] != '"')
        return t;
    json_t *d = document(ev, e, 0, args);
    struct my_val v = d ? plain(ev, d) : t;
    json_decref(d);
    return v;
}

static struct my_val ev_valid(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val t = my_arg_text(ev, e, 0, args);
    json_t *d = ev->r->kit->mariadb                ? document(ev, e, 0, args) /* which warns */
                : my_step(ev->r, 10 + t.s.n / 4) ? load(&t, &(json_error_t){0})
                                                 : NULL;
    bool valid = d != NULL;
    json_decref(d);
    return my_int(valid);
}

static struct my_val ev_extract(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    json_t *d = document(ev, e, 0, args), *all = json_array(), *parent;
    struct leg last;
    for (size_t i = 1; d && all && i < e->n_args; i++) {
        bool bad;
        struct my_val p = my_arg_text(ev, e, i, args);
        json_t *j = walk(d, &p, &parent, &last, &bad);
        if (j)
            (void)json_array_append(all, j);
    }
    size_t n = json_array_size(all);
    struct my_val v = !d || !n ? my_null() : dumped(ev, e->n_args == 2 ? json_array_get(all, 0) : all);
    json_decref(all);
    json_decref(d);
    return v;
}

static struct my_val ev_value(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    json_t *d = document(ev, e, 0, args), *parent;
    struct leg last;
    bool bad;
    struct my_val p = my_arg_text(ev, e, 1, args);
    json_t *j = d ? walk(d, &p, &parent, &last, &bad) : NULL;
    struct my_val v = !j || json_is_object(j) || json_is_array(j) || json_is_null(j) ? my_null() : plain(ev, j);
    json_decref(d);
    return v;
}

static struct my_val ev_length(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    json_t *d = document(ev, e, 0, args), *parent, *j = d;
    struct leg last;
    bool bad = false;
    if (d && e->n_args > 1) {
        struct my_val p = my_arg_text(ev, e, 1, args);
        j = walk(d, &p, &parent, &last, &bad);
    }
    struct my_val v = !j ? my_null() : my_int(json_is_object(j) ? (int64_t)json_object_size(j) : json_is_array(j) ? (int64_t)json_array_size(j) : 1);
    json_decref(d);
    return v;
}

static int64_t depth_of(const json_t *j)
{
    int64_t deep = 0;
    const char *key;
    json_t *x;
    size_t i;
    if (json_is_array(j)) {
        json_array_foreach((json_t *)(uintptr_t)j, i, x) {
            int64_t d = depth_of(x);
            deep = d > deep ? d : deep;
        }
    } else if (json_is_object(j)) {
        json_object_foreach((json_t *)(uintptr_t)j, key, x) {
            int64_t d = depth_of(x);
            deep = d > deep ? d : deep;
        }
    }
    return deep + 1;
}

static struct my_val ev_depth(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    json_t *d = document(ev, e, 0, args);
    struct my_val v = d ? my_int(depth_of(d)) : my_null();
    json_decref(d);
    return v;
}

static struct my_val ev_type(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    json_t *d = document(ev, e, 0, args);
    if (!d)
        return my_null();
    const char *t = json_is_object(d)    ? "OBJECT"
                    : json_is_array(d)   ? "ARRAY"
                    : json_is_string(d)  ? "STRING"
                    : json_is_integer(d) ? "INTEGER"
                    : json_is_real(d)    ? "DOUBLE"
                    : json_is_null(d)    ? "NULL"
                                         : "BOOLEAN";
    json_decref(d);
    return my_text_out(ev, t, strlen(t));
}

static struct my_val ev_keys(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    json_t *d = document(ev, e, 0, args), *keys = json_is_object(d) ? json_array() : NULL, *x;
    const char *key;
    if (keys)
        json_object_foreach(d, key, x)
            (void)json_array_append_new(keys, json_string(key));
    struct my_val v = keys ? dumped(ev, keys) : my_null();
    json_decref(keys);
    json_decref(d);
    return v;
}

static bool contains(const json_t *in, const json_t *what)
{
    json_t *x;
    size_t i;
    const char *key;
    if (json_is_array(in)) {
        if (json_is_array(what)) {
            json_array_foreach((json_t *)(uintptr_t)what, i, x)
                if (!contains(in, x))
                    return false;
            return true;
        }
        json_array_foreach((json_t *)(uintptr_t)in, i, x)
            if (contains(x, what))
                return true;
        return false;
    }
    if (json_is_object(in) && json_is_object(what)) {
        json_object_foreach((json_t *)(uintptr_t)what, key, x) {
            const json_t *mine = json_object_get(in, key);
            if (!mine || !contains(mine, x))
                return false;
        }
        return true;
    }
    if (json_is_number(in) && json_is_number(what))
        return json_number_value(in) == json_number_value(what);
    return json_equal(in, what) == 1;
}

static struct my_val ev_contains(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    json_t *a = document(ev, e, 0, args), *b = a ? document(ev, e, 1, args) : NULL;
    struct my_val v = !b ? my_null() : my_int(json_array_size(a) * (json_array_size(b) + 1) < 4000000 && contains(a, b));
    json_decref(a);
    json_decref(b);
    return v;
}

/* ---- changing ---- */
static void set_at(json_t *parent, const struct leg *l, json_t *v)
{
    if (l->key && json_is_object(parent))
        (void)json_object_setn(parent, l->key, l->len, v);
    else if (!l->key && json_is_array(parent) && l->index < json_array_size(parent))
        (void)json_array_set(parent, l->index, v);
    else if (!l->key && json_is_array(parent))
        (void)json_array_append(parent, v);
}

static struct my_val ev_change(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    const char *how = e->func->name + 5;
    json_t *d = args[0].kind == MY_V_NULL ? NULL : document(ev, e, 0, args), *parent;
    struct leg last;
    bool bad = false;
    for (size_t i = 1; d && !bad && i + 1 < e->n_args; i += 2) {
        struct my_val p = my_arg_text(ev, e, i, args);
        json_t *there = walk(d, &p, &parent, &last, &bad), *v = as_json(ev, e->args[i + 1], &args[i + 1]);
        bool wanted = there ? strcmp(how, "insert") != 0 : strcmp(how, "replace") != 0;
        if (!bad && wanted && v && parent)
            set_at(parent, &last, v);
        json_decref(v);
    }
    struct my_val v = d && !bad ? dumped(ev, d) : my_null();
    json_decref(d);
    return v;
}

static struct my_val ev_remove(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    json_t *d = document(ev, e, 0, args), *parent;
    struct leg last;
    bool bad = false;
    for (size_t i = 1; d && !bad && i < e->n_args; i++) {
        struct my_val p = my_arg_text(ev, e, i, args);
        if (!walk(d, &p, &parent, &last, &bad) || bad || !parent)
            continue;
        if (last.key)
            (void)json_object_deln(parent, last.key, last.len);
        else
            (void)json_array_remove(parent, last.index);
    }
    struct my_val v = d && !bad ? dumped(ev, d) : my_null();
    json_decref(d);
    return v;
}

#define J MY_FN_SINCE_57
const struct my_func my_funcs_json[] = {
    {"json_array", 0, MY_ARGS_MANY, J | MY_FN_NULLS, fix_make, ev_array},
    {"json_object", 0, MY_ARGS_MANY, J | MY_FN_NULLS, fix_make, ev_object},
    {"json_quote", 1, 1, J, fix_quote, ev_quote},
    {"json_unquote", 1, 1, J, fix_unquote, ev_unquote},
    {"json_valid", 1, 1, J, fix_flag, ev_valid},
    {"json_extract", 2, MY_ARGS_MANY, J, fix_extract, ev_extract},
    {"json_value", 2, 2, MY_FN_SINCE_80, fix_value, ev_value},
    {"json_length", 1, 2, J, fix_number, ev_length},
    {"json_depth", 1, 1, J, fix_depth, ev_depth},
    {"json_type", 1, 1, J, fix_type, ev_type},
    {"json_keys", 1, 1, J, fix_same, ev_keys},
    {"json_contains", 2, 2, J, fix_flag, ev_contains},
    {"json_set", 3, MY_ARGS_MANY, J | MY_FN_NULLS, fix_change, ev_change},
    {"json_insert", 3, MY_ARGS_MANY, J | MY_FN_NULLS, fix_change, ev_change},
    {"json_replace", 3, MY_ARGS_MANY, J | MY_FN_NULLS, fix_change, ev_change},
    {"json_remove", 2, MY_ARGS_MANY, J, fix_same, ev_remove},
    {0},
};

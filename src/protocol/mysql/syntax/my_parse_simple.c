/* What an expression is made of: variables, CASE, subqueries, parentheses. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/expr/my_func.h"
#include "protocol/mysql/syntax/my_parse.h"
#include "protocol/mysql/syntax/my_parse_expr.h"
#include "protocol/mysql/world/my_def.h"

static struct my_expr *variable(struct my_parse *p)
{
    my_p_next(p); /* @ */
    struct my_expr *e;
    if (my_p_is_op(p, '@') && !p->tok.spaced) {
        e = my_p_expr_new(p, MY_X_SYSVAR);
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
    e = my_p_expr_new(p, MY_X_USERVAR);
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
        struct my_expr *set = my_p_expr_new(p, MY_X_ASSIGN);
        set->name = e->name;
        set->args = my_p_args_new(p, 1);
        set->args[0] = my_p_expr(p);
        set->n_args = 1;
        return set;
    }
    return e;
}

static struct my_expr *case_expr(struct my_parse *p)
{
    my_p_next(p);
    struct my_expr *e = my_p_expr_new(p, MY_X_CASE);
    size_t cap = 8, n = 0;
    struct my_expr **args = my_p_args_new(p, cap);
    if (!my_p_is(p, MY_K_WHEN)) {
        args[n++] = my_p_expr(p);
        e->aux |= 1;
    }
    bool some = false;
    while (my_p_ok(p) && my_p_is(p, MY_K_WHEN)) {
        my_p_next(p);
        if (n + 3 > cap) {
            struct my_expr **more = my_p_args_new(p, cap * 2);
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

struct my_expr *my_p_subselect(struct my_parse *p, enum my_op op)
{
    struct my_expr *e = my_p_expr_new(p, op);
    e->sub = my_p_select(p, false);
    e->has_sub = true;
    my_p_want_op(p, ')');
    return e;
}

bool my_p_select_ahead(struct my_parse *p)
{
    return my_p_is(p, MY_K_SELECT) || (my_p_is(p, MY_K_WITH) && (p->env->mariadb || p->env->version >= 80000));
}

static struct my_expr *paren_expr(struct my_parse *p)
{
    my_p_next(p);
    if (my_p_select_ahead(p))
        return my_p_subselect(p, MY_X_SUBSELECT);
    struct my_expr *e = my_p_expr(p);
    if (my_p_is_op(p, ',')) {
        struct my_expr *row = my_p_expr_new(p, MY_X_ROW);
        my_p_next(p);
        struct my_expr **rest;
        size_t n = my_p_expr_list(p, &rest);
        row->args = my_p_args_new(p, n + 1);
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
    struct my_expr **args = my_p_args_new(p, n + 1);
    args[0] = what;
    memcpy(args + 1, cols, n * sizeof *cols);
    return my_p_call_native(p, "match", args, n + 1);
}

/* DATE '2020-01-01' and {d '…'} are literals of their types in 5.6 and later; before, plain strings. */
static struct my_expr *odbc_escape(struct my_parse *p)
{
    my_p_next(p);
    const char *kind = my_p_ident(p);
    struct my_expr *e = my_p_expr(p);
    my_p_want_op(p, '}');
    const char *cast = strcasecmp(kind, "d") == 0 ? "date literal" : strcasecmp(kind, "t") == 0 ? "time literal" : strcasecmp(kind, "ts") == 0 ? "timestamp literal" : NULL;
    if (cast && p->env->version >= 50600 && e->op == MY_X_LITERAL) {
        e = my_p_func(p, cast, 1, e);
        e->aux = 1;
    }
    return e;
}

static struct my_expr *simple_inner(struct my_parse *p)
{
    struct my_expr *e = my_p_literal(p);
    if (e || !my_p_ok(p))
        return e ? e : my_p_null_literal(p);
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
            e = my_p_expr_new(p, MY_X_PARAM);
            e->aux = (int)p->n_params++;
            return e;
        case '-':
            my_p_next(p);
            return my_p_negative(p, my_p_simple_expr(p));
        case '+':
            my_p_next(p);
            return my_p_simple_expr(p);
        case '~':
            my_p_next(p);
            return my_p_func(p, "~", 1, my_p_simple_expr(p));
        case '!':
            my_p_next(p);
            return my_p_func(p, "not", 1, my_p_simple_expr(p));
        case '.': /* .table.column: of the current database */
            my_p_next(p);
            return my_p_name_or_call(p);
        case '{':
            return odbc_escape(p);
        default:
            break;
        }
        my_p_fail(p);
        return my_p_null_literal(p);
    }
    if (p->tok.kind == MY_TOK_WORD) {
        switch (p->tok.kw) {
        case MY_K_CASE:
            return case_expr(p);
        case MY_K_EXISTS:
            my_p_next(p);
            my_p_want_op(p, '(');
            if (!my_p_select_ahead(p))
                my_p_fail(p);
            return my_p_subselect(p, MY_X_EXISTS);
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
                struct my_expr *row = my_p_expr_new(p, MY_X_ROW);
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
                return my_p_func(p, my_p_word_func(kw), 0);
            }
            break;
        }
        case MY_K_DEFAULT: {
            const struct my_tok *a = my_p_ahead(p);
            if (!(a->kind == MY_TOK_OP && a->op == '(')) {
                my_p_fail(p);
                return my_p_null_literal(p);
            }
            break;
        }
        case MY_K_DATE:
        case MY_K_TIME:
        case MY_K_TIMESTAMP: {
            const struct my_tok *a = my_p_ahead(p);
            if (a->kind == MY_TOK_STRING) {
                const char *name = p->tok.kw == MY_K_DATE ? "date literal" : p->tok.kw == MY_K_TIME ? "time literal" : "timestamp literal";
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
    return my_p_name_or_call(p);
}

struct my_expr *my_p_simple_expr(struct my_parse *p)
{
    if (!my_p_enter(p))
        return my_p_null_literal(p);
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

/* An expression as the server prints it. */
#include <stdio.h>
#include <string.h>

#include "base/wr.h"
#include "protocol/mysql/expr/my_eval.h"

static void print(struct my_run *r, struct wr *w, const struct my_expr *e, int depth);

static bool infix(const char *name)
{
    static const char *const ops[] = {"=", "<>", "<", ">", "<=", ">=", "<=>", "+", "-", "*", "/", "%", "|", "&", "^", "<<", ">>", "and", "or", "xor", "div", "like", "regexp"};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        if (strcmp(ops[i], name) == 0)
            return true;
    return false;
}

/* How strongly an operator binds (Item::precedence); everything else binds most. */
static int strength(const struct my_expr *e)
{
    static const struct {
        const char *name;
        int strength;
    } list[] = {{"or", 1}, {"xor", 2}, {"and", 3}, {"not", 4}, {"=", 5}, {"<>", 5}, {"<", 5}, {">", 5}, {"<=", 5}, {">=", 5}, {"<=>", 5},
                {"like", 5}, {"regexp", 5}, {"in", 5}, {"between", 6}, {"|", 7}, {"&", 8}, {"<<", 9}, {">>", 9}, {"+", 10}, {"-", 10},
                {"*", 12}, {"/", 12}, {"%", 12}, {"div", 12}, {"^", 14}, {"neg", 15}, {"~", 15}};
    for (size_t i = 0; e->op == MY_X_FUNC && e->func && i < sizeof list / sizeof *list; i++)
        if (strcmp(list[i].name, e->func->name) == 0)
            return list[i].strength;
    return 20;
}

/* MariaDB writes parentheses only where the operator around binds more. */
static void print_under(struct my_run *r, struct wr *w, const struct my_expr *e, int min, int depth)
{
    bool parens = strength(e) < min;
    if (parens)
        wr_u8(w, '(');
    print(r, w, e, depth);
    if (parens)
        wr_u8(w, ')');
}

static void print_infix_mariadb(struct my_run *r, struct wr *w, const struct my_expr *e, const char *name, int depth)
{
    int s = strength(e);
    print_under(r, w, e->args[0], s, depth);
    wr_fmt(w, " %s%s ", e->not_ ? "not " : "", strcmp(name, "div") == 0 ? "DIV" : strcmp(name, "%") == 0 ? "MOD" : name);
    print_under(r, w, e->args[1], s + 1, depth);
}

static void quoted(struct wr *w, const char *s, size_t n)
{
    wr_u8(w, '\'');
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '\'' || s[i] == '\\')
            wr_u8(w, '\\');
        wr_u8(w, (uint8_t)s[i]);
    }
    wr_u8(w, '\'');
}

static void ident(struct wr *w, const char *s)
{
    wr_u8(w, '`');
    wr_str(w, s);
    wr_u8(w, '`');
}

static void print_func(struct my_run *r, struct wr *w, const struct my_expr *e, int depth)
{
    const char *name = e->func ? e->func->name : e->name ? e->name : "";
    if (r->kit->mariadb && infix(name) && e->n_args == 2) {
        print_infix_mariadb(r, w, e, name, depth);
        return;
    }
    if (r->kit->mariadb && (strcmp(name, "neg") == 0 || strcmp(name, "~") == 0 || strcmp(name, "not") == 0)) {
        wr_str(w, name[0] == 'n' && name[1] == 'e' ? "-" : name[0] == '~' ? "~" : "!");
        print_under(r, w, e->args[0], 15, depth);
        return;
    }
    if (infix(name) && e->n_args == 2) {
        wr_u8(w, '(');
        print(r, w, e->args[0], depth);
        wr_fmt(w, " %s%s ", e->not_ ? "not " : "", strcmp(name, "div") == 0 ? "DIV" : name);
        print(r, w, e->args[1], depth);
        wr_u8(w, ')');
        return;
    }
    if (strcmp(name, "neg") == 0) {
        wr_u8(w, '-');
        wr_u8(w, '(');
        print(r, w, e->args[0], depth);
        wr_u8(w, ')');
        return;
    }
    wr_fmt(w, "%s(", name);
    for (size_t i = 0; i < e->n_args; i++) {
        if (i)
            wr_u8(w, ',');
        print(r, w, e->args[i], depth);
    }
    wr_u8(w, ')');
}

static void print(struct my_run *r, struct wr *w, const struct my_expr *e, int depth)
{
    if (depth > 50 || w->bad)
        return;
    switch (e->op) {
    case MY_X_LITERAL: {
        struct my_val t = my_val_text(r->arena, &e->val, &e->m);
        if (e->val.kind == MY_V_STR)
            quoted(w, t.s.p, t.s.n);
        else if (e->val.kind == MY_V_NULL)
            wr_str(w, "NULL");
        else
            wr_bytes(w, t.s.p, t.s.n);
        break;
    }
    case MY_X_FIELD:
    case MY_X_NAME:
        if (e->m.table && e->m.table[0]) {
            if (e->m.db && e->m.db[0]) {
                ident(w, e->m.db);
                wr_u8(w, '.');
            }
            ident(w, e->m.table);
            wr_u8(w, '.');
        }
        ident(w, e->name ? e->name : "");
        break;
    case MY_X_USERVAR:
        wr_fmt(w, "(@%s)", e->name);
        break;
    case MY_X_SYSVAR:
        wr_fmt(w, "@@%s", e->name);
        break;
    case MY_X_REF:
        print(r, w, e->target, depth + 1);
        break;
    default:
        print_func(r, w, e, depth + 1);
        break;
    }
}

const char *my_expr_print(struct my_run *r, const struct my_expr *e)
{
    struct wr w = wr_of(4096);
    print(r, &w, e, 0);
    char *s = arena_copy(r->arena, w.bytes ? (const char *)w.bytes : "", w.len);
    wr_done(&w);
    return s ? s : "";
}

/* SET. */
#include <strings.h>

#include "protocol/mysql/syntax/my_parse.h"
#include "protocol/mysql/syntax/my_parse_admin.h"
#include "protocol/mysql/world/my_def.h"

/* ---- SET ---- */
static struct my_assign *set_names(struct my_parse *p)
{
    struct my_assign *a = my_p_new(p, sizeof *a);
    a->kind = MY_SET_NAMES;
    if (my_p_take(p, MY_K_DEFAULT))
        return a;
    a->name = my_p_charset_name(p);
    if (my_p_take(p, MY_K_COLLATE) && !my_p_take(p, MY_K_DEFAULT))
        a->collate = my_p_charset_name(p);
    return a;
}

/* The value of a SET item: words such as ON, ALL, BINARY are names, a bare identifier is its own text. */
static struct my_expr *set_value(struct my_parse *p)
{
    if (my_p_take(p, MY_K_DEFAULT))
        return NULL;
    if (my_p_is(p, MY_K_ON) || my_p_is(p, MY_K_ALL) || my_p_is(p, MY_K_BINARY)) {
        const struct my_tok *a = my_p_ahead(p);
        bool alone = a->kind == MY_TOK_END || (a->kind == MY_TOK_OP && (a->op == ',' || a->op == ';'));
        if (alone || !my_p_is(p, MY_K_BINARY)) {
            struct my_expr *e = my_p_new(p, sizeof *e);
            e->op = MY_X_NAME;
            e->name = p->tok.text;
            my_p_next(p);
            return e;
        }
    }
    return my_p_expr(p);
}

static void set_transaction(struct my_parse *p, struct my_assign *a)
{
    a->kind = MY_SET_TRANSACTION;
    do {
        if (my_p_take(p, MY_K_READ)) {
            if (p->env->version < 50600 && !p->env->mariadb)
                my_p_fail(p);
            if (!my_p_take(p, MY_K_ONLY))
                my_p_want(p, MY_K_WRITE);
            continue;
        }
        my_p_want(p, MY_K_ISOLATION);
        my_p_want(p, MY_K_LEVEL);
        if (my_p_take(p, MY_K_READ)) {
            a->name = my_p_is(p, MY_K_COMMITTED) ? "READ-COMMITTED" : "READ-UNCOMMITTED";
            if (!my_p_take(p, MY_K_COMMITTED))
                my_p_want(p, MY_K_UNCOMMITTED);
        } else if (my_p_take(p, MY_K_REPEATABLE)) {
            my_p_want(p, MY_K_READ);
            a->name = "REPEATABLE-READ";
        } else {
            my_p_want(p, MY_K_SERIALIZABLE);
            a->name = "SERIALIZABLE";
        }
    } while (my_p_ok(p) && my_p_take_op(p, ','));
}

static struct my_assign *set_password(struct my_parse *p)
{
    struct my_assign *a = my_p_new(p, sizeof *a);
    a->kind = MY_SET_PASSWORD;
    if (my_p_take(p, MY_K_FOR))
        a->user = my_p_user(p, false);
    if (!my_p_take_op(p, MY_OP_ASSIGN))
        my_p_want_op(p, '=');
    if (p->tok.kind == MY_TOK_STRING) {
        a->expr = my_p_literal(p);
    } else if (my_p_is(p, MY_K_PASSWORD) || my_p_is(p, MY_K_OLD_PASSWORD)) {
        a->expr = my_p_simple_expr(p);
    } else {
        my_p_fail(p);
    }
    return a;
}

static void set_equals(struct my_parse *p)
{
    if (!my_p_take_op(p, MY_OP_ASSIGN))
        my_p_want_op(p, '=');
}

static struct my_assign *set_variable(struct my_parse *p, struct my_assign *a)
{
    a->kind = MY_SET_SYSVAR;
    a->name = my_p_is(p, MY_K_DEFAULT) ? "default" : NULL;
    if (a->name)
        my_p_next(p);
    else
        a->name = my_p_ident(p);
    if (my_p_take_op(p, '.')) {
        a->base = a->name;
        a->name = my_p_ident(p);
    }
    set_equals(p);
    a->expr = set_value(p);
    return a;
}

static bool set_scope(struct my_parse *p, enum my_scope *ret)
{
    const char *w = p->tok.kind == MY_TOK_WORD ? p->tok.text : ""; /* before a dot the lexer sees names only */
    if (strcasecmp(w, "global") == 0)
        *ret = MY_SCOPE_GLOBAL;
    else if (strcasecmp(w, "session") == 0 || strcasecmp(w, "local") == 0)
        *ret = MY_SCOPE_SESSION;
    else if ((strcasecmp(w, "persist") == 0 || strcasecmp(w, "persist_only") == 0) && p->env->version >= 80000 && !p->env->mariadb)
        *ret = MY_SCOPE_PERSIST;
    else
        return false;
    return true;
}

static struct my_assign *set_item(struct my_parse *p)
{
    struct my_assign *a = my_p_new(p, sizeof *a);
    if (my_p_take_op(p, '@')) {
        if (my_p_is_op(p, '@') && !p->tok.spaced) {
            my_p_next(p);
            a->at = true;
            const struct my_tok *t = my_p_ahead(p);
            if (t->kind == MY_TOK_OP && t->op == '.' && set_scope(p, &a->scope)) {
                my_p_next(p);
                my_p_next(p);
            } else {
                a->scope = MY_SCOPE_SESSION;
            }
            return set_variable(p, a);
        }
        a->kind = MY_SET_USERVAR;
        if (p->tok.kind != MY_TOK_STRING && p->tok.kind != MY_TOK_QUOTED && p->tok.kind != MY_TOK_WORD && p->tok.kind != MY_TOK_INT)
            my_p_fail(p);
        a->name = p->tok.text;
        my_p_next(p);
        set_equals(p);
        a->expr = my_p_expr(p);
        return a;
    }
    const struct my_tok *next = my_p_ahead(p);
    bool assigned = next->kind == MY_TOK_OP && (next->op == '=' || next->op == MY_OP_ASSIGN || next->op == '.');
    if (!assigned && set_scope(p, &a->scope)) {
        my_p_next(p);
        if (my_p_is(p, MY_K_TRANSACTION)) {
            my_p_next(p);
            set_transaction(p, a);
            return a;
        }
        return set_variable(p, a);
    }
    if (my_p_is(p, MY_K_NAMES)) {
        if (next->kind == MY_TOK_OP && (next->op == '=' || next->op == MY_OP_ASSIGN)) {
            my_p_next(p);
            my_p_fail(p);
            return a;
        }
        my_p_next(p);
        return set_names(p);
    }
    if (my_p_is(p, MY_K_CHARACTER) || (my_p_is(p, MY_K_CHARSET) && !assigned)) {
        bool charset = my_p_is(p, MY_K_CHARSET);
        my_p_next(p);
        if (!charset)
            my_p_want(p, MY_K_SET);
        a->kind = MY_SET_CHARSET;
        if (!my_p_take(p, MY_K_DEFAULT))
            a->name = my_p_charset_name(p);
        return a;
    }
    if (my_p_is(p, MY_K_PASSWORD)) {
        my_p_next(p);
        return set_password(p);
    }
    if (my_p_is(p, MY_K_TRANSACTION) && !assigned) {
        my_p_next(p);
        set_transaction(p, a);
        return a;
    }
    return set_variable(p, a);
}

/* SET ROLE r, SET DEFAULT ROLE r [FOR user] */
static bool set_role(struct my_parse *p, struct my_stmt *st)
{
    const struct my_tok *a = my_p_ahead(p);
    bool dflt = my_p_is(p, MY_K_DEFAULT) && a->kind == MY_TOK_WORD && a->kw == MY_K_ROLE;
    if (!dflt && (!my_p_is(p, MY_K_ROLE) || (a->kind == MY_TOK_OP && (a->op == '=' || a->op == MY_OP_ASSIGN))))
        return false;
    if (dflt)
        my_p_next(p);
    my_p_next(p);
    st->com = dflt ? MY_Q_DEFAULT_ROLE : MY_Q_SET_ROLE;
    if (!my_p_take(p, MY_K_NONE))
        st->name = p->tok.kind == MY_TOK_STRING ? my_p_string(p, NULL) : my_p_ident(p);
    if (dflt && my_p_take(p, MY_K_FOR))
        st->users = my_p_user(p, false);
    return true;
}

bool my_p_set(struct my_parse *p, struct my_stmt *st)
{
    if (!my_p_is(p, MY_K_SET))
        return false;
    my_p_next(p);
    if (p->env->mariadb && set_role(p, st))
        return true;
    st->com = MY_Q_SET;
    struct my_assign **last = &st->assigns;
    enum my_scope sticky = MY_SCOPE_NONE;
    do {
        struct my_assign *a = set_item(p);
        if (a->kind == MY_SET_SYSVAR && !a->at) { /* GLOBAL holds for the items that follow without a word of their own */
            if (a->scope != MY_SCOPE_NONE)
                sticky = a->scope;
            else
                a->scope = sticky;
        }
        *last = a;
        last = &a->next;
    } while (my_p_ok(p) && my_p_take_op(p, ','));
    return true;
}

/* DECLARE: variables, cursors, handlers of stored routines. */
#include <string.h>
#include <strings.h>

#include "protocol/mysql/syntax/my_parse.h"
#include "protocol/mysql/syntax/my_parse_sp.h"
#include "protocol/mysql/world/my_def.h"

bool my_sp_word(const struct my_parse *p, const char *text)
{
    return p->tok.kind == MY_TOK_WORD && strcasecmp(p->tok.text, text) == 0;
}

bool my_sp_take_word(struct my_parse *p, const char *text)
{
    bool yes = my_sp_word(p, text);
    if (yes)
        my_p_next(p);
    return yes;
}

/* ---- texts ---- */
void my_sp_span(struct my_parse *p, const char *from, const char **ret, size_t *ret_len)
{
    const char *to = p->tok.raw && p->tok.kind != MY_TOK_END ? p->tok.raw : p->text_end;
    while (to > from && (unsigned char)to[-1] <= ' ')
        to--;
    *ret = from;
    *ret_len = (size_t)(to - from);
}

struct my_sp_node *my_sp_node_new(struct my_parse *p, enum my_sp_kind kind)
{
    struct my_sp_node *n = my_p_new(p, sizeof *n);
    n->kind = kind;
    n->scope = p->vars;
    return n;
}

void my_sp_node_expr(struct my_parse *p, struct my_sp_node *n)
{
    const char *from = p->tok.raw;
    (void)my_p_expr(p);
    my_sp_span(p, from, &n->text, &n->len);
}

/* ---- declarations ---- */
int my_sp_add_var(struct my_parse *p, const char *name, const struct my_type_def *type)
{
    struct my_sp *sp = p->routine->sp;
    for (const struct my_sp_var *v = p->vars; v && v->block == p->routine->block; v = v->next)
        if (strcasecmp(v->name, name) == 0) {
            my_p_error(p, sp->n_params < sp->n_vars || p->routine->blocks ? MY_ER_SP_DUP_VAR : MY_ER_SP_DUP_PARAM, name);
            return 0;
        }
    struct my_col_def *c = my_p_new(p, sizeof *c);
    struct my_sp_var *v = my_p_new(p, sizeof *v);
    c->name = name;
    c->type = *type;
    *v = (struct my_sp_var){.name = name, .slot = (int)sp->n_vars, .block = p->routine->block, .next = p->vars};
    if (!sp->last_var)
        sp->last_var = &sp->vars;
    *sp->last_var = c;
    sp->last_var = &c->next;
    p->vars = v;
    if (sp->n_vars >= MY_SP_VARS_MAX)
        my_p_error(p, MY_ER_OUTOFMEMORY, 4096);
    return (int)sp->n_vars++;
}

static void declare_vars(struct my_parse *p, const char *first, struct my_sp_node ***last)
{
    const char *names[32] = {first};
    size_t n = 1;
    while (my_p_ok(p) && my_p_take_op(p, ',')) {
        const char *name = my_p_ident(p);
        if (n < 32)
            names[n++] = name;
    }
    struct my_type_def type;
    my_p_type(p, &type);
    struct my_sp_node value = {.kind = MY_SP_DEFAULT, .scope = p->vars};
    if (my_p_take(p, MY_K_DEFAULT))
        my_sp_node_expr(p, &value);
    for (size_t i = 0; i < n && my_p_ok(p); i++) {
        struct my_sp_node *d = my_p_new(p, sizeof *d);
        *d = value;
        d->slot = my_sp_add_var(p, names[i], &type);
        **last = d;
        *last = &d->next;
    }
}

static void declare_cursor(struct my_parse *p, const char *name)
{
    struct my_sp *sp = p->routine->sp;
    my_p_next(p);
    my_p_want(p, MY_K_FOR);
    const char *from = p->tok.raw;
    (void)my_p_select(p, true);
    for (size_t i = 0; i < sp->n_cursors; i++)
        if (sp->cursor_block[i] == p->routine->block && strcasecmp(sp->cursors[i], name) == 0)
            my_p_error(p, MY_ER_SP_DUP_CURS, name);
    if (sp->n_cursors >= 32)
        my_p_error(p, MY_ER_OUTOFMEMORY, 4096);
    if (!my_p_ok(p))
        return;
    size_t i = sp->n_cursors++;
    sp->cursors[i] = name;
    sp->cursor_scope[i] = p->vars;
    sp->cursor_block[i] = p->routine->block;
    my_sp_span(p, from, &sp->cursor_text[i], &sp->cursor_len[i]);
}

static void handler_cond(struct my_parse *p, struct my_sp_handler *h)
{
    size_t i = h->n_conds < 8 ? h->n_conds++ : 7;
    if (p->tok.kind == MY_TOK_INT) {
        h->conds[i] = MY_SP_ON_CODE;
        h->codes[i] = (uint16_t)my_text_i64(p->tok.text, p->tok.len, NULL, NULL);
        my_p_next(p);
    } else if (my_p_take(p, MY_K_SQLSTATE)) {
        (void)my_p_take(p, MY_K_VALUE);
        h->conds[i] = MY_SP_ON_STATE;
        size_t len;
        h->states[i] = my_p_string(p, &len);
        if (my_p_ok(p) && (len != 5 || strncmp(h->states[i], "00", 2) == 0))
            my_p_error(p, MY_ER_SP_BAD_SQLSTATE, h->states[i]);
    } else if (my_p_take(p, MY_K_SQLWARNING)) {
        h->conds[i] = MY_SP_ON_WARNING;
    } else if (my_p_take(p, MY_K_SQLEXCEPTION)) {
        h->conds[i] = MY_SP_ON_EXCEPTION;
    } else if (my_p_take(p, MY_K_NOT)) {
        my_p_want(p, MY_K_FOUND);
        h->conds[i] = MY_SP_ON_NOT_FOUND;
    } else if (my_p_is_ident(p)) {
        const char *name = my_p_ident(p);
        my_p_error(p, MY_ER_SP_COND_MISMATCH, name);
    } else {
        my_p_fail(p);
    }
}

static void declare_handler(struct my_parse *p, struct my_sp_node *block)
{
    struct my_sp_handler *h = my_p_new(p, sizeof *h), **last = &block->handlers;
    h->exit = my_p_is(p, MY_K_EXIT);
    my_p_next(p);
    my_p_want(p, MY_K_HANDLER);
    my_p_want(p, MY_K_FOR);
    do
        handler_cond(p, h);
    while (my_p_ok(p) && my_p_take_op(p, ','));
    h->body = my_sp_statement(p);
    while (*last)
        last = &(*last)->next;
    *last = h;
}

/* Variables and conditions, then cursors, then handlers. */
void my_sp_declarations(struct my_parse *p, struct my_sp_node *block, struct my_sp_node ***last)
{
    int stage = 0;
    while (my_p_ok(p) && my_p_take(p, MY_K_DECLARE)) {
        if (my_p_is(p, MY_K_CONTINUE) || my_p_is(p, MY_K_EXIT) || my_p_is(p, MY_K_UNDO)) {
            stage = 2;
            declare_handler(p, block);
        } else {
            const char *name = my_p_ident(p);
            if (my_p_is(p, MY_K_CURSOR)) {
                if (stage > 1)
                    my_p_error(p, MY_ER_SP_CURSOR_AFTER_HANDLER);
                stage = 1;
                declare_cursor(p, name);
            } else {
                if (stage > 0)
                    my_p_error(p, MY_ER_SP_VARCOND_AFTER_CURSHNDLR);
                declare_vars(p, name, last);
            }
        }
        my_p_want_op(p, ';');
    }
}

/* WITH and VALUES lists. */
#include <strings.h>

#include "protocol/mysql/syntax/my_parse.h"
#include "protocol/mysql/syntax/my_parse_expr.h"

/* A name of WITH, which hides tables of that name. */
void my_p_cte_named(struct my_parse *p, struct my_tref *t)
{
    const struct my_tok *a = my_p_ahead(p);
    if (a->kind == MY_TOK_OP && a->op == '.')
        return;
    for (struct my_cte *c = p->ctes; c; c = c->next)
        if (strcasecmp(c->name, p->tok.text) == 0 && (c->select || c->recursive)) {
            t->cte = c;
            c->uses += !c->select;
            t->name = my_p_ident(p);
            return;
        }
}

/* WITH [RECURSIVE] name [(columns)] AS (select), … */
void my_p_with(struct my_parse *p)
{
    my_p_next(p);
    bool recursive = my_p_take(p, MY_K_RECURSIVE);
    do {
        struct my_cte *c = my_p_new(p, sizeof *c);
        c->name = my_p_ident(p);
        c->recursive = recursive;
        c->next = p->ctes;
        if (my_p_take_op(p, '(')) {
            c->cols = my_p_new(p, 256 * sizeof *c->cols);
            do {
                const char *name = my_p_ident(p);
                if (c->n_cols < 256)
                    c->cols[c->n_cols++] = name;
            } while (my_p_ok(p) && my_p_take_op(p, ','));
            my_p_want_op(p, ')');
        }
        my_p_want(p, MY_K_AS);
        my_p_want_op(p, '(');
        if (recursive)
            p->ctes = c; /* it may name itself */
        struct my_select *s = my_p_select(p, false);
        c->select = s;
        p->ctes = c;
        my_p_want_op(p, ')');
    } while (my_p_ok(p) && my_p_take_op(p, ','));
}

/* VALUES (1, 2), (3, 4): each list is a select of its own. */
struct my_select *my_p_value_lists(struct my_parse *p)
{
    struct my_select *first = NULL, **last = &first;
    my_p_next(p);
    do {
        struct my_select *s = my_p_new(p, sizeof *s);
        s->number = ++p->n_selects;
        s->union_all = true;
        s->paren = true;
        struct my_item **item = &s->items;
        my_p_want_op(p, '(');
        do {
            *item = my_p_select_item(p, false);
            item = &(*item)->next;
        } while (my_p_ok(p) && my_p_take_op(p, ','));
        my_p_want_op(p, ')');
        s->in_union = true;
        *last = s;
        last = &s->next;
    } while (my_p_ok(p) && my_p_take_op(p, ','));
    return first;
}

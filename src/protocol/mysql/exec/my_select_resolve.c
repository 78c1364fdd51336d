/* SELECT: joins and clauses resolved. */
#include <stdio.h>
#include <strings.h>

#include "protocol/mysql/exec/my_sel.h"
#include "protocol/mysql/exec/my_select.h"
#include "protocol/mysql/expr/my_eval.h"

/* ---- resolving ---- */
static struct my_expr *same_column(struct my_run *r, size_t a, size_t ca, size_t b, size_t cb, const struct my_plan *pl)
{
    struct my_expr *e = my_run_get(r, sizeof *e), **args = my_run_get(r, 2 * sizeof *args);
    if (!e || !args)
        return NULL;
    for (int i = 0; i < 2; i++) {
        size_t rel = i ? b : a, col = i ? cb : ca;
        args[i] = my_run_get(r, sizeof **args);
        if (!args[i])
            return NULL;
        *args[i] = (struct my_expr){.op = MY_X_FIELD, .aux = (int)rel, .aux2 = (int)col, .fixed = true, .has_field = true, .name = pl->x.rels[rel]->cols[col].name};
        args[i]->m = pl->x.rels[rel]->cols[col].m;
    }
    *e = (struct my_expr){.op = MY_X_FUNC, .func = my_func_op("="), .args = args, .n_args = 2};
    return e;
}

static int rel_col(const struct my_rel *rel, const char *name)
{
    for (size_t i = 0; i < rel->n_cols; i++)
        if (strcasecmp(rel->cols[i].name, name) == 0)
            return (int)i;
    return -1;
}

static void and_to(struct my_run *r, struct my_expr **to, struct my_expr *more)
{
    if (!*to) {
        *to = more;
        return;
    }
    struct my_expr *e = my_run_get(r, sizeof *e), **args = my_run_get(r, 2 * sizeof *args);
    if (!e || !args)
        return;
    args[0] = *to;
    args[1] = more;
    *e = (struct my_expr){.op = MY_X_FUNC, .func = my_func_op("and"), .args = args, .n_args = 2};
    *to = e;
}

/* USING and NATURAL become ON. */
static bool join_conditions(struct my_run *r, struct my_plan *pl)
{
    for (size_t i = 1; i < pl->x.n; i++) {
        struct my_tref *t = (struct my_tref *)(uintptr_t)pl->x.rels[i]->ref;
        struct my_rel *rel = pl->x.rels[i];
        pl->on[i] = t->on;
        for (size_t u = 0; u < t->n_using; u++) {
            int cb = rel_col(rel, t->using_cols[u]), ca = -1;
            size_t a = 0;
            for (size_t j = 0; j < i && ca < 0; j++)
                if ((ca = rel_col(pl->x.rels[j], t->using_cols[u])) >= 0)
                    a = j;
            if (ca < 0 || cb < 0) {
                my_fail(r, MY_ER_BAD_FIELD, t->using_cols[u], "from clause");
                return false;
            }
            and_to(r, &pl->on[i], same_column(r, a, (size_t)ca, i, (size_t)cb, pl));
        }
        if (t->natural)
            for (size_t c = 0; c < rel->n_cols; c++)
                for (size_t j = 0; j < i; j++) {
                    int ca = rel_col(pl->x.rels[j], rel->cols[c].name);
                    if (ca >= 0) {
                        and_to(r, &pl->on[i], same_column(r, j, (size_t)ca, i, c, pl));
                        break;
                    }
                }
    }
    return my_ok(r);
}

static void fix_in(struct my_run *r, struct my_plan *pl, struct my_expr *e, const char *clause)
{
    struct my_eval ev = {.r = r, .ctx = &pl->x, .clause = clause};
    my_fix(&ev, e);
}

static bool one_operand(struct my_run *r, struct my_expr *e)
{
    if (e->op == MY_X_ROW) {
        my_fail(r, MY_ER_OPERAND_COLUMNS, 1);
        return false;
    }
    return my_ok(r);
}

static bool fix_order(struct my_run *r, struct my_plan *pl, struct my_order *list, const char *clause, bool group)
{
    size_t n_items = 0;
    for (struct my_item *it = pl->s->items; it; it = it->next)
        n_items++;
    for (struct my_order *o = list; o && my_ok(r); o = o->next) {
        if (o->position) {
            size_t k = 1;
            struct my_item *it = pl->s->items;
            while (it && k < (size_t)(o->position > 0 ? o->position : 0)) {
                it = it->next;
                k++;
            }
            if (o->position < 0 || !it) {
                char text[24];
                (void)snprintf(text, sizeof text, "%d", o->position < 0 ? 0 : o->position);
                my_fail(r, MY_ER_BAD_FIELD, text, clause);
                return false;
            }
            o->expr = it->expr;
            if (group && it->expr->has_agg) {
                my_fail(r, MY_ER_WRONG_GROUP_FIELD, my_item_name(r, it));
                return false;
            }
            continue;
        }
        pl->x.aliases_ok = true;
        pl->x.aliases_first = !group;
        pl->x.agg_ok = !group;
        fix_in(r, pl, o->expr, clause);
        pl->x.aliases_ok = false;
        if (!one_operand(r, o->expr))
            return false;
        if (group && o->expr->has_agg) {
            my_fail(r, MY_ER_WRONG_GROUP_FIELD, o->expr->name ? o->expr->name : my_expr_print(r, o->expr));
            return false;
        }
    }
    return my_ok(r);
}

void my_limit_value(struct my_run *r, struct my_expr *e, uint64_t *ret)
{
    if (!e)
        return;
    struct my_val v = my_eval_const(r, e);
    if (v.kind != MY_V_NULL)
        *ret = (uint64_t)my_val_i64(&v, NULL);
}

bool my_resolve(struct my_run *r, struct my_plan *pl)
{
    struct my_select *s = pl->s;
    if (!my_expand_stars(r, pl))
        return false;
    pl->x.items = s->items;
    pl->x.agg_ok = true;
    for (struct my_item *it = s->items; it; it = it->next) {
        fix_in(r, pl, it->expr, "field list");
        if (!one_operand(r, it->expr))
            return false;
        pl->n_items++;
    }
    pl->x.agg_ok = false;
    for (struct my_item *it = s->items; it; it = it->next)
        if (it->alias && it->alias[0] && (unsigned char)it->alias[0] <= ' ' && !r->describe_only) {
            char line[300];
            (void)snprintf(line, sizeof line, "Leading spaces are removed from name '%.200s'", it->alias);
            my_warn_text(r, MY_WARNING, 1466, line);
        }
    if (s->where)
        fix_in(r, pl, s->where, "where clause");
    pl->on = my_run_get(r, (pl->x.n + 1) * sizeof *pl->on);
    if (!my_ok(r) || !join_conditions(r, pl))
        return false;
    for (size_t i = 1; i < pl->x.n; i++)
        if (pl->on[i]) {
            pl->x.visible = i + 1;
            fix_in(r, pl, pl->on[i], "on clause");
        }
    pl->x.visible = 0;
    if (!my_ok(r) || !fix_order(r, pl, s->group, "group statement", true))
        return false;
    if (s->having) {
        pl->x.aliases_ok = true;
        pl->x.aliases_first = true;
        pl->x.agg_ok = true;
        fix_in(r, pl, s->having, "having clause");
        pl->x.aliases_ok = false;
    }
    if (my_ok(r))
        (void)fix_order(r, pl, s->order, "order clause", false);
    if (my_ok(r) && s->where && s->where->op == MY_X_ROW)
        my_fail(r, MY_ER_OPERAND_COLUMNS, 1);
    for (size_t i = 0; s->procedure && i < s->procedure->n_args && my_ok(r); i++) {
        struct my_expr *a = s->procedure->args[i];
        fix_in(r, pl, a, "procedure list");
        struct my_eval ev = {.r = r, .ctx = &pl->x, .clause = "procedure list"};
        if (my_ok(r) && !a->has_field)
            (void)my_eval_expr(&ev, a);
    }
    pl->limit = UINT64_MAX;
    pl->offset = 0;
    my_limit_value(r, s->limit, &pl->limit);
    my_limit_value(r, s->offset, &pl->offset);
    pl->grouped = s->group || pl->x.n_aggs > 0;
    if (pl->grouped && !s->group && my_sql_mode(r, "ONLY_FULL_GROUP_BY"))
        for (struct my_item *it = s->items; it; it = it->next)
            if (it->expr->has_field && !it->expr->has_agg) {
                my_fail(r, MY_ER_MIX_OF_GROUP_FUNC);
                return false;
            }
    return my_ok(r);
}

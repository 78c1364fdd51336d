/* The walk over an expression: first its metadata, then its value. */
#include <stdio.h>
#include <string.h>

#include "protocol/mysql/expr/my_eval.h"
#include "protocol/mysql/expr/my_eval_int.h"
#include "protocol/mysql/world/my_sysvars.h"

/* ---- the walk ---- */
static void fix_udf(struct my_eval *ev, struct my_expr *e)
{
    struct my_run *r = ev->r;
    if (!e->db && my_world_has_udf(r->w, e->name)) {
        my_fix_udf_call(ev, e);
        return;
    }
    char name[200];
    const char *db = e->db ? e->db : r->c->db;
    if (db[0] && my_fix_routine(ev, e, db))
        return;
    if (!db[0] && !r->kit->mariadb && r->kit->version >= 50700) {
        my_fail(r, MY_ER_NO_DB);
        return;
    }
    if (db[0])
        (void)snprintf(name, sizeof name, "%.90s.%.90s", db, e->name);
    else
        (void)snprintf(name, sizeof name, "%.190s", e->name);
    my_fail(r, MY_ER_SP_DOES_NOT_EXIST, "FUNCTION", name);
}

static void fix_args(struct my_eval *ev, struct my_expr *e)
{
    e->is_const = true;
    for (size_t i = 0; i < e->n_args && my_ok(ev->r); i++) {
        struct my_expr *a = e->args[i];
        my_fix(ev, a);
        e->is_const &= a->is_const;
        e->has_agg |= a->has_agg;
        e->has_field |= a->has_field;
        e->has_sub |= a->has_sub;
    }
}

static bool rows_allowed(const struct my_expr *e)
{
    static const char *const ok[] = {"=", "<>", "<", ">", "<=", ">=", "<=>", "in", "and", "or"};
    for (size_t i = 0; e->func && i < sizeof ok / sizeof *ok; i++)
        if (strcmp(e->func->name, ok[i]) == 0)
            return true;
    return false;
}

/* A text that is made here may turn out to be NULL when it is not well formed in a strict mode (Item_str_func::fix_fields). */
static void strict_text(struct my_eval *ev, struct my_expr *e)
{
    bool text = my_result_of(e->m.type) == MY_RES_STR && !my_is_temporal(e->m.type) && !(e->func->flags & MY_FN_PASS);
    if (text && !e->m.maybe_null && (my_sql_mode(ev->r, "STRICT_TRANS_TABLES") || my_sql_mode(ev->r, "STRICT_ALL_TABLES")))
        e->m.maybe_null = true;
}

static unsigned width_of(const struct my_expr *e)
{
    return e->op == MY_X_ROW ? e->n_args : e->op == MY_X_SUBSELECT && e->aux > 1 ? (unsigned)e->aux : 1;
}

/* (a, b) = (SELECT c, d …): the subselect must have as many columns. */
static void expect_rows(struct my_expr *e)
{
    for (size_t i = 0; e->n_args == 2 && rows_allowed(e) && i < 2; i++)
        if (e->args[i]->op == MY_X_ROW && e->args[1 - i]->op == MY_X_SUBSELECT)
            e->args[1 - i]->aux = e->args[i]->n_args;
}

/* MariaDB names the types that an operator cannot join. */
static const char *type_name(const struct my_expr *e)
{
    if (e->op == MY_X_ROW)
        return "row";
    switch (my_result_of(e->m.type)) {
    case MY_RES_INT:
        return my_is_narrow(&e->m) || e->m.type == MY_T_LONG ? "int" : "bigint";
    case MY_RES_DEC:
        return "decimal";
    case MY_RES_REAL:
        return "double";
    default:
        return e->m.type == MY_T_DATE ? "date" : e->m.type == MY_T_TIME ? "time" : e->m.type == MY_T_DATETIME ? "datetime" : "varchar";
    }
}

static void illegal_types(struct my_eval *ev, const struct my_expr *e)
{
    my_fail(ev->r, MY_ER_ILLEGAL_PARAMETER_TYPES, type_name(e->args[0]), type_name(e->args[1]), e->func->name);
}

static void check_rows(struct my_eval *ev, struct my_expr *e)
{
    unsigned first = e->n_args ? width_of(e->args[0]) : 1;
    for (size_t i = 0; i < e->n_args; i++) {
        unsigned w = width_of(e->args[i]);
        if (w != 1 && !rows_allowed(e)) {
            if (ev->r->kit->mariadb && e->op == MY_X_FUNC && e->n_args == 2 && strchr("+-*/%", e->func->name[0]))
                illegal_types(ev, e);
            my_fail(ev->r, MY_ER_OPERAND_COLUMNS, 1);
        }
        else if (e->op == MY_X_FUNC && rows_allowed(e) && w != first)
            my_fail(ev->r, MY_ER_OPERAND_COLUMNS, (int)first);
    }
}

static void fix_agg(struct my_eval *ev, struct my_expr *e)
{
    struct my_ctx *x = ev->ctx;
    if (!x || !x->agg_ok) {
        my_fail(ev->r, MY_ER_INVALID_GROUP_FUNC_USE);
        return;
    }
    x->agg_ok = false;
    bool aliases = x->aliases_ok;
    fix_args(ev, e);
    for (struct my_order *o = e->order; o && my_ok(ev->r); o = o->next)
        my_fix(ev, o->expr);
    x->aliases_ok = aliases;
    x->agg_ok = true;
    if (!my_ok(ev->r))
        return;
    check_rows(ev, e);
    e->func->fix(ev, e);
    e->has_agg = true;
    e->is_const = false;
    if (x->n_aggs == x->cap_aggs) {
        size_t cap = x->cap_aggs ? x->cap_aggs * 2 : 8;
        struct my_expr **list = arena_new(ev->r->arena, cap * sizeof *list);
        if (!list) {
            my_fail(ev->r, MY_ER_OUTOFMEMORY, (int)(cap * sizeof *list));
            return;
        }
        if (x->n_aggs)
            memcpy(list, x->aggs, x->n_aggs * sizeof *list);
        x->aggs = list;
        x->cap_aggs = cap;
    }
    e->aux2 = (int)x->n_aggs;
    x->aggs[x->n_aggs++] = e;
}

/* @a := x makes the variable when it is resolved: what reads it further on in the statement finds a NULL of its charset. */
static void declare(struct my_eval *ev, struct my_expr *e)
{
    struct my_val none = my_null();
    struct my_meta m = e->args[0]->m;
    if (m.type == MY_T_NULL)
        e->m.type = MY_T_VAR_STRING;
    else if (my_result_of(m.type) != MY_RES_STR)
        m.coll = my_conn_coll(ev);
    if (!my_uservar_find(ev->r->c, e->name))
        my_uservar_set(ev->r, e->name, &none, &m);
}

void my_fix(struct my_eval *ev, struct my_expr *e)
{
    if (e->fixed || !my_ok(ev->r) || !my_step(ev->r, 1))
        return;
    switch (e->op) {
    case MY_X_LITERAL:
        my_fix_literal(ev, e);
        break;
    case MY_X_NAME:
        my_fix_name(ev, e);
        break;
    case MY_X_PARAM:
        my_fix_param(ev, e);
        break;
    case MY_X_USERVAR:
        my_fix_uservar(ev, e);
        break;
    case MY_X_SYSVAR:
        my_fix_sysvar(ev, e);
        break;
    case MY_X_ASSIGN:
        fix_args(ev, e);
        e->m = e->args[0]->m;
        e->m.is_field = false;
        e->m.flags = 0;
        e->m.db = e->m.table = e->m.org_table = e->m.org_name = NULL;
        if (my_result_of(e->m.type) == MY_RES_INT)
            e->m.type = MY_T_LONGLONG;
        if (ev->r->kit->mariadb)
            declare(ev, e);
        e->m.coerce = MY_CO_IMPLICIT;
        e->is_const = false;
        break;
    case MY_X_FUNC:
        expect_rows(e);
        fix_args(ev, e);
        if (!my_ok(ev->r))
            return;
        check_rows(ev, e);
        e->func->fix(ev, e);
        strict_text(ev, e);
        if (e->func->flags & MY_FN_NOT_CONST)
            e->is_const = false;
        break;
    case MY_X_UDF:
        fix_args(ev, e);
        if (my_ok(ev->r))
            fix_udf(ev, e);
        e->is_const = false;
        break;
    case MY_X_AGG:
        fix_agg(ev, e);
        break;
    case MY_X_CASE:
        fix_args(ev, e);
        if (my_ok(ev->r))
            my_fix_case(ev, e);
        break;
    case MY_X_ROW:
        fix_args(ev, e);
        break;
    case MY_X_SUBSELECT:
    case MY_X_EXISTS:
    case MY_X_IN_SUB:
    case MY_X_QUANT:
        fix_args(ev, e);
        if (my_ok(ev->r))
            my_fix_sub(ev, e);
        e->is_const = false;
        break;
    case MY_X_STAR:
    case MY_X_DEFAULT:
    case MY_X_VALUES:
        if (e->op == MY_X_DEFAULT && e->name) {
            struct my_expr name = *e;
            name.op = MY_X_NAME;
            my_fix_name(ev, &name);
            e->m = name.m;
            break;
        }
        if (e->op == MY_X_VALUES && e->name) {
            struct my_expr name = *e;
            name.op = MY_X_NAME;
            my_fix_name(ev, &name);
            e->m = name.m;
            e->aux = name.aux;
            e->aux2 = name.aux2;
            break;
        }
        my_fail(ev->r, MY_ER_BAD_FIELD, e->table ? e->table : "*", ev->clause);
        break;
    case MY_X_FIELD:
    case MY_X_REF:
    case MY_X_SLOT:
        break;
    }
    e->fixed = my_ok(ev->r);
}

static struct my_val eval_func(struct my_eval *ev, struct my_expr *e)
{
    struct my_val few[8], *args = few;
    if (e->n_args > 8) {
        args = arena_new(ev->r->arena, e->n_args * sizeof *args);
        if (!args) {
            my_fail(ev->r, MY_ER_OUTOFMEMORY, (int)(e->n_args * sizeof *args));
            return my_null();
        }
    }
    if (e->func->flags & MY_FN_LAZY)
        return e->func->eval(ev, e, NULL);
    for (size_t i = 0; i < e->n_args; i++) {
        args[i] = e->args[i]->op == MY_X_ROW ? my_null() : my_eval_expr(ev, e->args[i]);
        if (!my_ok(ev->r))
            return my_null();
        if (args[i].kind == MY_V_NULL && !(e->func->flags & MY_FN_NULLS))
            return my_null();
    }
    return e->func->eval(ev, e, args);
}

static struct my_val eval_field(struct my_eval *ev, const struct my_expr *e)
{
    struct my_ctx *x = ev->ctx;
    for (int d = 0; d < e->depth && x; d++)
        x = x->outer;
    if (!x || (size_t)e->aux >= x->n || !x->row[e->aux])
        return my_null();
    return x->row[e->aux][e->aux2];
}

struct my_val my_eval_expr(struct my_eval *ev, struct my_expr *e)
{
    if (!my_ok(ev->r) || !my_step(ev->r, 1))
        return my_null();
    switch (e->op) {
    case MY_X_LITERAL:
    case MY_X_PARAM:
    case MY_X_SYSVAR:
        return e->val;
    case MY_X_USERVAR:
        return my_eval_uservar(ev, e);
    case MY_X_ASSIGN: {
        struct my_val v = my_eval_expr(ev, e->args[0]);
        if (my_ok(ev->r))
            my_uservar_set(ev->r, e->name, &v, &e->args[0]->m);
        return v;
    }
    case MY_X_FUNC:
        return eval_func(ev, e);
    case MY_X_UDF:
        return e->state ? my_eval_routine(ev, e) : my_eval_udf_call(ev, e);
    case MY_X_AGG:
        return ev->ctx && ev->ctx->slots ? ev->ctx->slots[e->aux2] : my_null();
    case MY_X_CASE:
        return my_eval_case(ev, e);
    case MY_X_FIELD:
        return eval_field(ev, e);
    case MY_X_REF:
        return my_eval_expr(ev, e->target);
    case MY_X_SUBSELECT:
    case MY_X_EXISTS:
    case MY_X_IN_SUB:
    case MY_X_QUANT:
        return my_eval_sub(ev, e);
    case MY_X_VALUES:
    case MY_X_SLOT:
        if (ev->ctx && ev->ctx->slots && e->op == MY_X_VALUES)
            return ev->ctx->slots[e->aux2];
        return my_null();
    default:
        return my_null();
    }
}

void my_fix_const(struct my_run *r, struct my_expr *e)
{
    struct my_eval ev = {.r = r, .clause = "field list"};
    my_fix(&ev, e);
    if (my_ok(r) && e->op == MY_X_ROW)
        my_fail(r, MY_ER_OPERAND_COLUMNS, 1);
}

struct my_val my_eval_const(struct my_run *r, struct my_expr *e)
{
    struct my_eval ev = {.r = r, .clause = "field list"};
    if (!e->fixed)
        my_fix(&ev, e);
    return my_ok(r) ? my_eval_expr(&ev, e) : my_null();
}

/* Comparisons, logic, LIKE and REGEXP. */
#include <stdio.h>

#include "protocol/mysql/expr/my_eval.h"
#include "protocol/mysql/expr/my_fn_op.h"

/* ---- comparisons ---- */
static void fix_bool(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, 1, my_any_maybe_null(e), false);
}

/* Two texts must meet in one collation: error 1267. */
static void fix_comparison(struct my_eval *ev, struct my_expr *e)
{
    static const char *const names[] = {"EXPLICIT", "NONE", "IMPLICIT", "SYSCONST", "COERCIBLE", "NUMERIC", "IGNORABLE"};
    const struct my_meta *a = &e->args[0]->m, *b = &e->args[1]->m;
    fix_bool(ev, e);
    bool texts = e->args[0]->op != MY_X_ROW && e->args[1]->op != MY_X_ROW && my_result_of(a->type) == MY_RES_STR && my_result_of(b->type) == MY_RES_STR &&
                 !my_is_temporal(a->type) && !my_is_temporal(b->type);
    if (!texts || !a->coll || !b->coll || a->coll == b->coll)
        return;
    struct my_meta m = {0};
    (void)my_coll_meet(a, b, &m);
    bool clash = m.coerce == MY_CO_NONE || (a->coerce == MY_CO_EXPLICIT && b->coerce == MY_CO_EXPLICIT);
    if (clash) {
        char line[300];
        (void)snprintf(line, sizeof line, "Illegal mix of collations (%s,%s) and (%s,%s) for operation '%s'", a->coll->name, names[a->coerce], b->coll->name,
                       names[b->coerce], e->func->name);
        my_fail_text(ev->r, MY_ER_CANT_AGGREGATE_2COLLATIONS, line);
    }
}

static void fix_bool_not_null(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, 1, false, false);
}

static int compare_with_sub(struct my_eval *ev, struct my_expr *a, struct my_expr *b, bool null_safe)
{
    const struct my_val *vals;
    const struct my_result_col *cols;
    int result = 0;
    if (!my_sub_row(ev, b, &vals, &cols))
        return null_safe ? 1 : 2;
    for (size_t i = 0; i < a->n_args && my_ok(ev->r); i++) {
        struct my_val x = my_eval_expr(ev, a->args[i]);
        bool nulls = x.kind == MY_V_NULL || vals[i].kind == MY_V_NULL;
        if (nulls && !(null_safe && x.kind == vals[i].kind))
            result = 2;
        int c = nulls ? 0 : my_compare(ev, &x, &a->args[i]->m, &vals[i], &cols[i].m);
        if (c)
            return c;
    }
    return result;
}

/* Compares e->args[i] and [j], which may be rows; 2 when NULL decides. */
static int compare_pair(struct my_eval *ev, struct my_expr *a, struct my_expr *b, bool null_safe)
{
    if (a->op == MY_X_ROW && b->op == MY_X_SUBSELECT)
        return compare_with_sub(ev, a, b, null_safe);
    if (a->op == MY_X_ROW) {
        int result = 0;
        for (size_t i = 0; i < a->n_args && i < b->n_args; i++) {
            int c = compare_pair(ev, a->args[i], b->args[i], null_safe);
            if (c == 2)
                result = 2;
            else if (c)
                return c;
        }
        return result;
    }
    if (a->op == MY_X_SUBSELECT && b->op == MY_X_ROW) {
        int c = compare_pair(ev, b, a, null_safe);
        return c == 2 ? 2 : -c;
    }
    struct my_val x = my_eval_expr(ev, a), y = my_eval_expr(ev, b);
    if (!my_ok(ev->r))
        return 2;
    if (x.kind == MY_V_NULL || y.kind == MY_V_NULL) {
        if (!null_safe)
            return 2;
        return x.kind == y.kind ? 0 : 1;
    }
    return my_compare(ev, &x, &a->m, &y, &b->m);
}

static struct my_val from_cmp(int c, bool yes)
{
    return c == 2 ? my_null() : my_int(yes);
}

static struct my_val ev_eq(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)args;
    int c = compare_pair(ev, e->args[0], e->args[1], false);
    return from_cmp(c, c == 0);
}

static struct my_val ev_ne(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)args;
    int c = compare_pair(ev, e->args[0], e->args[1], false);
    return from_cmp(c, c != 0);
}

static struct my_val ev_lt(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)args;
    int c = compare_pair(ev, e->args[0], e->args[1], false);
    return from_cmp(c, c < 0);
}

static struct my_val ev_gt(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)args;
    int c = compare_pair(ev, e->args[0], e->args[1], false);
    return from_cmp(c, c == 1);
}

static struct my_val ev_le(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)args;
    int c = compare_pair(ev, e->args[0], e->args[1], false);
    return from_cmp(c, c <= 0);
}

static struct my_val ev_ge(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)args;
    int c = compare_pair(ev, e->args[0], e->args[1], false);
    return from_cmp(c, c == 0 || c == 1);
}

static struct my_val ev_equal(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)args;
    return my_int(compare_pair(ev, e->args[0], e->args[1], true) == 0);
}

/* ---- logic ---- */
static int truth(struct my_eval *ev, const struct my_val *v)
{
    my_warn_number(ev, v, "DOUBLE");
    return my_truth(v);
}

static struct my_val ev_and(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)args;
    struct my_val a = my_eval_expr(ev, e->args[0]);
    int x = truth(ev, &a);
    if (x == 0 || !my_ok(ev->r))
        return my_int(0);
    struct my_val b = my_eval_expr(ev, e->args[1]);
    int y = truth(ev, &b);
    return y == 0 ? my_int(0) : x < 0 || y < 0 ? my_null() : my_int(1);
}

static struct my_val ev_or(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)args;
    struct my_val a = my_eval_expr(ev, e->args[0]);
    int x = truth(ev, &a);
    if (x == 1 || !my_ok(ev->r))
        return my_int(1);
    struct my_val b = my_eval_expr(ev, e->args[1]);
    int y = truth(ev, &b);
    return y == 1 ? my_int(1) : x < 0 || y < 0 ? my_null() : my_int(0);
}

static struct my_val ev_xor(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)e;
    return my_int(truth(ev, &args[0]) != truth(ev, &args[1]));
}

static struct my_val ev_not(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)e;
    return my_int(!truth(ev, &args[0]));
}

static struct my_val ev_isnull(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)ev;
    (void)e;
    return my_int(args[0].kind == MY_V_NULL);
}

static struct my_val ev_isnotnull(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)ev;
    (void)e;
    return my_int(args[0].kind != MY_V_NULL);
}

static struct my_val ev_istrue(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    return my_int((truth(ev, &args[0]) == 1) != e->not_);
}

static struct my_val ev_isfalse(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    return my_int((truth(ev, &args[0]) == 0) != e->not_);
}

static struct my_val ev_between(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    if (args[0].kind == MY_V_NULL)
        return my_null();
    bool low_null = args[1].kind == MY_V_NULL, high_null = args[2].kind == MY_V_NULL;
    bool low = !low_null && my_compare(ev, &args[0], &e->args[0]->m, &args[1], &e->args[1]->m) >= 0;
    bool high = !high_null && my_compare(ev, &args[0], &e->args[0]->m, &args[2], &e->args[2]->m) <= 0;
    if (low_null && high_null)
        return my_null();
    if (low_null)
        return high ? my_null() : my_int(e->not_);
    if (high_null)
        return low ? my_null() : my_int(e->not_);
    return my_int((low && high) != e->not_);
}

static struct my_val ev_in(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)args;
    bool null = false;
    for (size_t i = 1; i < e->n_args && my_ok(ev->r); i++) {
        int c = compare_pair(ev, e->args[0], e->args[i], false);
        if (c == 0)
            return my_int(!e->not_);
        null |= c == 2;
    }
    return null ? my_null() : my_int(e->not_);
}

/* ---- LIKE ---- */
static bool same_char(const struct my_coll *c, const char *a, size_t n, const char *b, size_t m)
{
    return my_coll_compare(c, a, n, b, m) == 0;
}

static bool like(struct my_run *r, const struct my_coll *c, const char *s, size_t n, const char *p, size_t m, char esc)
{
    size_t i = 0, j = 0, star = SIZE_MAX, mark = 0;
    while (i < n) {
        if (!my_step(r, 1))
            return false;
        if (j < m && p[j] == '%') {
            star = ++j;
            mark = i;
            continue;
        }
        size_t one = my_char_bytes(c, s + i, n - i, 1), k = j;
        bool literal = false;
        if (j < m && p[j] == esc && j + 1 < m) {
            literal = true;
            k = j + 1;
        }
        size_t pone = k < m ? my_char_bytes(c, p + k, m - k, 1) : 0;
        if (k < m && ((!literal && p[k] == '_') || same_char(c, s + i, one, p + k, pone))) {
            i += one;
            j = k + pone;
            continue;
        }
        if (star == SIZE_MAX)
            return false;
        mark += my_char_bytes(c, s + mark, n - mark, 1);
        i = mark;
        j = star;
    }
    while (j < m && p[j] == '%')
        j++;
    return j >= m;
}

static struct my_val ev_like(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val s = my_arg_text(ev, e, 0, args), p = my_arg_text(ev, e, 1, args);
    char esc = '\\';
    if (e->n_args > 2) {
        struct my_val x = my_arg_text(ev, e, 2, args);
        if (x.s.n > 1) {
            my_fail(ev->r, MY_ER_WRONG_ARGUMENTS, "ESCAPE");
            return my_null();
        }
        esc = x.s.n ? x.s.p[0] : '\\';
    } else if (my_sql_mode(ev->r, "NO_BACKSLASH_ESCAPES")) {
        esc = '\0';
    }
    if (!my_ok(ev->r))
        return my_null();
    const struct my_coll *c = my_coll_meet(&e->args[0]->m, &e->args[1]->m, NULL);
    if (my_result_of(e->args[0]->m.type) != MY_RES_STR)
        c = e->args[1]->m.coll;
    return my_int(like(ev->r, c, s.s.p, s.s.n, p.s.p, p.s.n, esc) != e->not_);
}

#define W MY_FN_WORD

const struct my_func my_funcs_cmp[] = {
    {"=", 2, 2, W | MY_FN_LAZY, fix_comparison, ev_eq},
    {"<>", 2, 2, W | MY_FN_LAZY, fix_comparison, ev_ne},
    {"<", 2, 2, W | MY_FN_LAZY, fix_comparison, ev_lt},
    {">", 2, 2, W | MY_FN_LAZY, fix_comparison, ev_gt},
    {"<=", 2, 2, W | MY_FN_LAZY, fix_comparison, ev_le},
    {">=", 2, 2, W | MY_FN_LAZY, fix_comparison, ev_ge},
    {"<=>", 2, 2, W | MY_FN_LAZY, fix_bool_not_null, ev_equal},
    {"and", 2, 2, W | MY_FN_LAZY, fix_bool, ev_and},
    {"or", 2, 2, W | MY_FN_LAZY, fix_bool, ev_or},
    {"xor", 2, 2, W, fix_bool, ev_xor},
    {"not", 1, 1, W, fix_bool, ev_not},
    {"isnull", 1, 1, MY_FN_NULLS, fix_bool_not_null, ev_isnull},
    {"isnotnull", 1, 1, W | MY_FN_NULLS, fix_bool_not_null, ev_isnotnull},
    {"istrue", 1, 1, W | MY_FN_NULLS, fix_bool_not_null, ev_istrue},
    {"isfalse", 1, 1, W | MY_FN_NULLS, fix_bool_not_null, ev_isfalse},
    {"between", 3, 3, W | MY_FN_NULLS, fix_bool, ev_between},
    {"in", 2, MY_ARGS_MANY, W | MY_FN_LAZY, fix_bool, ev_in},
    {"like", 2, 3, W, fix_bool, ev_like},
    {0},
};

/* SELECT: list, FROM, WHERE … INTO, unions. */
#include <string.h>
#include <strings.h>

#include "protocol/mysql/syntax/my_parse.h"
#include "protocol/mysql/syntax/my_parse_expr.h"
#include "protocol/mysql/syntax/my_parse_routine.h"
#include "protocol/mysql/world/my_def.h"

struct my_expr *my_p_where(struct my_parse *p)
{
    return my_p_take(p, MY_K_WHERE) ? my_p_expr(p) : NULL;
}

/* LIMIT takes literals, ? and (in routines) variables: anything else is a syntax error. */
static struct my_expr *limit_value(struct my_parse *p)
{
    if (p->tok.kind == MY_TOK_INT || (my_p_is_op(p, '?') && p->env->prepared))
        return my_p_simple_expr(p);
    if (my_p_is_ident(p) && p->env->version >= 50500 && p->tok.kind == MY_TOK_WORD) { /* a routine's variable */
        my_p_error(p, MY_ER_SP_UNDECLARED_VAR, p->tok.text);
        return my_p_int_expr(p, 0);
    }
    if (p->tok.kind == MY_TOK_HEX && !p->env->mariadb && p->env->version < 50500)
        return my_p_literal(p);
    my_p_fail(p);
    return my_p_int_expr(p, 0);
}

void my_p_limit(struct my_parse *p, struct my_expr **ret_limit, struct my_expr **ret_offset)
{
    if (!my_p_take(p, MY_K_LIMIT))
        return;
    *ret_limit = limit_value(p);
    if (my_p_take_op(p, ',')) {
        *ret_offset = *ret_limit;
        *ret_limit = limit_value(p);
    } else if (my_p_take(p, MY_K_OFFSET)) {
        *ret_offset = limit_value(p);
    }
}

void my_p_fileopts(struct my_parse *p, struct my_fileopts *o)
{
    *o = (struct my_fileopts){.field_term = "\t", .field_term_len = 1, .enclosed = "", .escaped = "\\", .escaped_len = 1,
                              .line_term = "\n", .line_term_len = 1, .line_start = ""};
    if (my_p_is(p, MY_K_FIELDS) || my_p_is(p, MY_K_COLUMNS)) {
        my_p_next(p);
        bool some = false;
        for (; my_p_ok(p); some = true) {
            if (my_p_take(p, MY_K_TERMINATED)) {
                my_p_want(p, MY_K_BY);
                if (p->tok.kind == MY_TOK_HEX) {
                    o->field_term = p->tok.text;
                    o->field_term_len = p->tok.len;
                    my_p_next(p);
                } else {
                    o->field_term = my_p_string(p, &o->field_term_len);
                }
            } else if (my_p_is(p, MY_K_OPTIONALLY) || my_p_is(p, MY_K_ENCLOSED)) {
                o->optionally = my_p_take(p, MY_K_OPTIONALLY);
                my_p_want(p, MY_K_ENCLOSED);
                my_p_want(p, MY_K_BY);
                o->enclosed = my_p_string(p, &o->enclosed_len);
            } else if (my_p_take(p, MY_K_ESCAPED)) {
                my_p_want(p, MY_K_BY);
                o->escaped = my_p_string(p, &o->escaped_len);
            } else {
                break;
            }
        }
        if (!some)
            my_p_fail(p);
    }
    if (my_p_take(p, MY_K_LINES)) {
        bool some = false;
        for (; my_p_ok(p); some = true) {
            bool start = my_p_is(p, MY_K_STARTING);
            if (!start && !my_p_is(p, MY_K_TERMINATED))
                break;
            my_p_next(p);
            my_p_want(p, MY_K_BY);
            size_t n = 0;
            const char *s = p->tok.text;
            if (p->tok.kind == MY_TOK_HEX) {
                n = p->tok.len;
                my_p_next(p);
            } else {
                s = my_p_string(p, &n);
            }
            if (start) {
                o->line_start = s;
                o->line_start_len = n;
            } else {
                o->line_term = s;
                o->line_term_len = n;
            }
        }
        if (!some)
            my_p_fail(p);
    }
}

static void into_clause(struct my_parse *p, struct my_select *s)
{
    if (my_p_take(p, MY_K_OUTFILE)) {
        s->into = MY_INTO_OUTFILE;
        s->into_file = my_p_string(p, NULL);
        if (p->env->version >= 50500 && (my_p_is(p, MY_K_CHARACTER) || my_p_is(p, MY_K_CHARSET))) {
            if (my_p_take(p, MY_K_CHARACTER))
                my_p_want(p, MY_K_SET);
            else
                my_p_next(p);
            s->into_charset = my_p_charset_name(p);
        }
        my_p_fileopts(p, &s->fopts);
        return;
    }
    if (my_p_take(p, MY_K_DUMPFILE)) {
        s->into = MY_INTO_DUMPFILE;
        s->into_file = my_p_string(p, NULL);
        return;
    }
    s->into = MY_INTO_VARS;
    s->into_vars = my_p_new(p, 64 * sizeof *s->into_vars);
    s->into_slots = my_p_new(p, 64 * sizeof *s->into_slots);
    do {
        if (!my_p_is_op(p, '@')) {
            const char *name = my_p_ident(p);
            int slot = my_p_var(p, name);
            if (slot < 0) {
                my_p_error(p, MY_ER_SP_UNDECLARED_VAR, name);
                return;
            }
            if (s->n_into_vars < 64) {
                s->into_slots[s->n_into_vars] = slot;
                s->into_vars[s->n_into_vars++] = NULL;
            }
            continue;
        }
        my_p_next(p);
        if (p->tok.kind != MY_TOK_STRING && p->tok.kind != MY_TOK_QUOTED && p->tok.kind != MY_TOK_WORD) {
            my_p_fail(p);
            return;
        }
        if (s->n_into_vars < 64) {
            s->into_slots[s->n_into_vars] = -1;
            s->into_vars[s->n_into_vars++] = p->tok.text;
        }
        my_p_next(p);
    } while (my_p_ok(p) && my_p_take_op(p, ','));
}

static void select_options(struct my_parse *p, struct my_select *s)
{
    for (; my_p_ok(p); my_p_next(p)) {
        if (my_p_is(p, MY_K_DISTINCT) || my_p_is(p, MY_K_DISTINCTROW))
            s->distinct = true;
        else if (my_p_is(p, MY_K_SQL_CALC_FOUND_ROWS))
            s->calc_found = true;
        else if (my_p_is(p, MY_K_SQL_NO_CACHE) || my_p_is(p, MY_K_SQL_CACHE)) {
            const struct my_tok *a = my_p_ahead(p); /* not reserved: may be a column's name */
            if (a->kind == MY_TOK_END || (a->kind == MY_TOK_OP && a->op != '*' && a->op != '@' && a->op != '(' && a->op != '-'))
                return;
        } else if (!my_p_is(p, MY_K_ALL) && !my_p_is(p, MY_K_STRAIGHT_JOIN) && !my_p_is(p, MY_K_HIGH_PRIORITY) &&
                   !my_p_is(p, MY_K_SQL_SMALL_RESULT) && !my_p_is(p, MY_K_SQL_BIG_RESULT) && !my_p_is(p, MY_K_SQL_BUFFER_RESULT))
            return;
    }
}

/* t.* or db.t.* when that is what stands here. */
static struct my_expr *table_star(struct my_parse *p)
{
    if (!my_p_is_ident(p))
        return NULL;
    struct my_parse save = *p;
    struct my_expr *e = my_p_new(p, sizeof *e);
    e->op = MY_X_STAR;
    e->table = my_p_ident(p);
    for (int i = 0; i < 2 && my_p_take_op(p, '.'); i++) {
        if (my_p_take_op(p, '*'))
            return e;
        if (!my_p_is_ident(p))
            break;
        e->db = e->table;
        e->table = my_p_ident(p);
    }
    *p = save;
    return NULL;
}

struct my_item *my_p_select_item(struct my_parse *p, bool first)
{
    struct my_item *it = my_p_new(p, sizeof *it);
    size_t from = p->tok.cpp_from;
    if (first && my_p_is_op(p, '*')) {
        my_p_next(p);
        it->expr = my_p_new(p, sizeof *it->expr);
        it->expr->op = MY_X_STAR;
        return it;
    }
    it->expr = table_star(p);
    if (it->expr)
        return it;
    it->expr = my_p_expr(p);
    if (my_p_ok(p) && it->expr->op != MY_X_NAME && !(it->expr->op == MY_X_LITERAL && it->expr->text && (!it->expr->paren || p->env->mariadb)))
        it->expr->text = my_p_text(p, from, p->tok.cpp_from);
    bool as = my_p_take(p, MY_K_AS);
    if (p->tok.kind == MY_TOK_STRING)
        it->alias = my_p_string(p, NULL);
    else if (as || my_p_is_ident(p))
        it->alias = my_p_ident(p);
    return it;
}

void my_p_select_list(struct my_parse *p, struct my_select *s)
{
    struct my_item **last = &s->items;
    size_t n = 0;
    do {
        *last = my_p_select_item(p, last == &s->items);
        last = &(*last)->next;
        if (++n > 4096)
            my_p_error(p, MY_ER_TOO_MANY_FIELDS);
    } while (my_p_ok(p) && my_p_take_op(p, ','));
}

static void index_hints(struct my_parse *p)
{
    while (my_p_ok(p) && (my_p_is(p, MY_K_USE) || my_p_is(p, MY_K_FORCE) || my_p_is(p, MY_K_IGNORE))) {
        bool use = my_p_is(p, MY_K_USE);
        my_p_next(p);
        if (!my_p_take(p, MY_K_INDEX))
            my_p_want(p, MY_K_KEY);
        if (my_p_take(p, MY_K_FOR)) {
            if (my_p_take(p, MY_K_ORDER) || my_p_take(p, MY_K_GROUP))
                my_p_want(p, MY_K_BY);
            else
                my_p_want(p, MY_K_JOIN);
        }
        my_p_want_op(p, '(');
        if (!(use && my_p_is_op(p, ')')))
            do {
                if (!my_p_take(p, MY_K_PRIMARY))
                    (void)my_p_ident(p);
            } while (my_p_ok(p) && my_p_take_op(p, ','));
        my_p_want_op(p, ')');
    }
}

static const char *table_alias(struct my_parse *p)
{
    bool as = my_p_take(p, MY_K_AS) || my_p_take_op(p, '=');
    return as || my_p_is_ident(p) ? my_p_ident(p) : NULL;
}


static struct my_tref *table_factor(struct my_parse *p)
{
    struct my_tref *t = my_p_new(p, sizeof *t);
    if (my_p_take_op(p, '(')) {
        if (my_p_select_ahead(p)) {
            t->derived = my_p_select(p, false);
            my_p_want_op(p, ')');
            t->alias = table_alias(p);
            if (my_p_ok(p) && !t->alias && p->env->mariadb)
                my_p_fail(p);
            else if (my_p_ok(p) && !t->alias)
                my_p_error(p, MY_ER_DERIVED_MUST_HAVE_ALIAS);
            t->name = t->alias;
            return t;
        }
        if (!my_p_enter(p))
            return t;
        struct my_tref *inner = my_p_table_refs(p); /* parentheses change nothing for inner joins */
        my_p_leave(p);
        my_p_want_op(p, ')');
        return inner ? inner : t;
    }
    if (my_p_take(p, MY_K_DUAL)) {
        if (p->select)
            p->select->from_dual = true;
        if (p->env->mariadb && my_p_is_op(p, ',')) /* DUAL stands alone */
            my_p_fail(p);
        return NULL;
    }
    if (p->ctes && my_p_is_ident(p))
        my_p_cte_named(p, t);
    if (!t->cte)
        my_p_table_ref(p, &t->db, &t->name);
    if (my_p_is(p, MY_K_PARTITION) && p->env->version >= 50600) {
        my_p_next(p);
        my_p_want_op(p, '(');
        do
            (void)my_p_ident(p);
        while (my_p_ok(p) && my_p_take_op(p, ','));
        my_p_want_op(p, ')');
    }
    t->alias = table_alias(p);
    if (t->cte && !t->alias)
        t->alias = t->name;
    index_hints(p);
    return t;
}

static struct my_tref *last_of(struct my_tref *t)
{
    while (t && t->next)
        t = t->next;
    return t;
}

static bool join_word(struct my_parse *p, enum my_join_kind *ret_kind, bool *ret_natural)
{
    *ret_natural = false;
    *ret_kind = MY_JOIN_INNER;
    if (my_p_take(p, MY_K_STRAIGHT_JOIN) || my_p_take(p, MY_K_JOIN))
        return true;
    if (my_p_is(p, MY_K_INNER) || my_p_is(p, MY_K_CROSS)) {
        my_p_next(p);
        my_p_want(p, MY_K_JOIN);
        return true;
    }
    if (my_p_take(p, MY_K_NATURAL))
        *ret_natural = true;
    else if (!my_p_is(p, MY_K_LEFT) && !my_p_is(p, MY_K_RIGHT))
        return false;
    if (my_p_is(p, MY_K_LEFT) || my_p_is(p, MY_K_RIGHT)) {
        *ret_kind = my_p_is(p, MY_K_LEFT) ? MY_JOIN_LEFT : MY_JOIN_RIGHT;
        my_p_next(p);
        (void)my_p_take(p, MY_K_OUTER);
    }
    my_p_want(p, MY_K_JOIN);
    return true;
}

static struct my_tref *join_chain(struct my_parse *p)
{
    struct my_tref *first = table_factor(p);
    enum my_join_kind kind;
    bool natural;
    while (my_p_ok(p) && first && join_word(p, &kind, &natural)) {
        struct my_tref *t = table_factor(p);
        if (!t)
            break;
        t->join = kind;
        t->natural = natural;
        if (my_p_take(p, MY_K_ON)) {
            t->on = my_p_expr(p);
        } else if (my_p_take(p, MY_K_USING)) {
            my_p_want_op(p, '(');
            t->using_cols = my_p_new(p, 32 * sizeof *t->using_cols);
            do {
                const char *c = my_p_ident(p);
                if (t->n_using < 32)
                    t->using_cols[t->n_using++] = c;
            } while (my_p_ok(p) && my_p_take_op(p, ','));
            my_p_want_op(p, ')');
        } else if ((kind == MY_JOIN_LEFT || kind == MY_JOIN_RIGHT) && !natural) {
            my_p_fail(p);
        }
        last_of(first)->next = t;
    }
    return first;
}

struct my_tref *my_p_table_refs(struct my_parse *p)
{
    struct my_tref *first = NULL;
    do {
        struct my_tref *t = join_chain(p);
        if (!first)
            first = t;
        else if (t)
            last_of(first)->next = t;
    } while (my_p_ok(p) && my_p_take_op(p, ','));
    return first;
}

/* What may follow FROM, or WHERE … FOR UPDATE without it. */
static void select_tail(struct my_parse *p, struct my_select *s, bool into_ok)
{
    s->where = my_p_where(p);
    if (my_p_take(p, MY_K_GROUP)) {
        my_p_want(p, MY_K_BY);
        s->group = my_p_order_list(p);
        if (my_p_take(p, MY_K_WITH)) {
            my_p_want(p, MY_K_ROLLUP);
            s->rollup = true;
        }
    }
    if (my_p_take(p, MY_K_HAVING))
        s->having = my_p_expr(p);
    if (my_p_take(p, MY_K_ORDER)) {
        my_p_want(p, MY_K_BY);
        s->order = my_p_order_list(p);
    }
    my_p_limit(p, &s->limit, &s->offset);
    if (my_p_take(p, MY_K_PROCEDURE)) {
        const char *name = my_p_ident(p);
        my_p_want_op(p, '(');
        if (!my_p_is_op(p, ')')) {
            struct my_expr **args;
            size_t n = my_p_expr_list(p, &args);
            s->procedure = my_p_expr_new(p, MY_X_ROW);
            s->procedure->args = args;
            s->procedure->n_args = (uint16_t)n;
        }
        my_p_want_op(p, ')');
        if (my_p_ok(p) && strcasecmp(name, "analyse") != 0)
            my_p_error(p, MY_ER_UNKNOWN_PROCEDURE, name);
    }
    if (my_p_is(p, MY_K_INTO) && into_ok && s->into == MY_INTO_NONE) {
        my_p_next(p);
        into_clause(p, s);
        s->into_last = true;
    }
    if (my_p_take(p, MY_K_FOR)) {
        my_p_want(p, MY_K_UPDATE);
        s->for_update = true;
    } else if (my_p_take(p, MY_K_LOCK)) {
        my_p_want(p, MY_K_IN);
        my_p_want(p, MY_K_SHARE);
        my_p_want(p, MY_K_MODE);
        s->share_mode = true;
    }
}

static struct my_select *query_block(struct my_parse *p, bool top)
{
    struct my_select *s = my_p_new(p, sizeof *s), *outer = p->select;
    s->outer = outer;
    s->number = ++p->n_selects;
    p->select = s;
    if (!my_p_enter(p))
        return s;
    if (my_p_take_op(p, '(')) {
        s = my_p_select(p, top);
        s->paren = true;
        my_p_want_op(p, ')');
        p->select = outer;
        my_p_leave(p);
        return s;
    }
    my_p_want(p, MY_K_SELECT);
    select_options(p, s);
    my_p_select_list(p, s);
    if (my_p_is(p, MY_K_INTO) && top) {
        my_p_next(p);
        into_clause(p, s);
    }
    if (my_p_take(p, MY_K_FROM))
        s->from = my_p_table_refs(p);
    if (s->from || s->from_dual || my_p_is(p, MY_K_WHERE) || my_p_is(p, MY_K_ORDER) || my_p_is(p, MY_K_LIMIT) ||
        my_p_is(p, MY_K_GROUP) || my_p_is(p, MY_K_HAVING) || my_p_is(p, MY_K_INTO) || my_p_is(p, MY_K_PROCEDURE) ||
        my_p_is(p, MY_K_FOR) || my_p_is(p, MY_K_LOCK)) {
        /* without FROM, 5.x takes LIMIT, ORDER BY and INTO alone */
        bool no_from = !s->from && !s->from_dual && !p->env->mariadb && p->env->version < 80000;
        if (no_from && (my_p_is(p, MY_K_WHERE) || my_p_is(p, MY_K_GROUP) || my_p_is(p, MY_K_HAVING))) {
            if (!(my_p_is(p, MY_K_WHERE) || my_p_is(p, MY_K_GROUP) || my_p_is(p, MY_K_HAVING)) || p->env->version < 50700)
                my_p_fail(p);
        }
        select_tail(p, s, top);
    }
    my_p_leave(p);
    p->select = outer;
    return s;
}

static bool set_word(const struct my_parse *p)
{
    return my_p_is(p, MY_K_UNION) || (p->env->mariadb && (my_p_is(p, MY_K_EXCEPT) || my_p_is(p, MY_K_INTERSECT)));
}

static struct my_select *set_operations(struct my_parse *p, bool top);

struct my_select *my_p_select(struct my_parse *p, bool top)
{
    struct my_cte *outer = p->ctes;
    if (my_p_is(p, MY_K_WITH))
        my_p_with(p);
    struct my_select *s = my_p_is(p, MY_K_VALUES) ? my_p_value_lists(p) : set_operations(p, top);
    p->ctes = outer;
    return s;
}

static struct my_select *set_operations(struct my_parse *p, bool top)
{
    struct my_select *first = query_block(p, top), *last = first;
    while (my_p_ok(p) && set_word(p)) {
        enum my_set_op op = my_p_is(p, MY_K_EXCEPT) ? MY_SET_EXCEPT : my_p_is(p, MY_K_INTERSECT) ? MY_SET_INTERSECT : MY_SET_UNION;
        my_p_next(p);
        bool all = my_p_take(p, MY_K_ALL);
        if (!all)
            (void)my_p_take(p, MY_K_DISTINCT);
        if (!my_p_is(p, MY_K_SELECT) && !my_p_is_op(p, '(')) {
            my_p_fail(p);
            break;
        }
        if (!last->paren && (last->order || last->limit)) {
            my_p_error(p, MY_ER_WRONG_USAGE, "UNION", last->order ? "ORDER BY" : "LIMIT");
            break;
        }
        struct my_select *s = query_block(p, top);
        s->union_all = all && op == MY_SET_UNION;
        s->set_op = op;
        last->next = s;
        last = s;
    }
    if (!first->next) {
        if (first->paren && my_p_ok(p)) {
            if (my_p_take(p, MY_K_ORDER)) {
                my_p_want(p, MY_K_BY);
                first->order = my_p_order_list(p);
            }
            my_p_limit(p, &first->limit, &first->offset);
        }
        return first;
    }
    if (!last->paren) { /* ORDER BY and LIMIT at the end are the union's */
        first->union_order = last->order;
        first->union_limit = last->limit;
        first->union_offset = last->offset;
        last->order = NULL;
        last->limit = last->offset = NULL;
        if (last->into != MY_INTO_NONE && first->into == MY_INTO_NONE) {
            first->into = last->into;
            first->into_last = true;
            first->into_file = last->into_file;
            first->fopts = last->fopts;
            first->into_vars = last->into_vars;
            first->n_into_vars = last->n_into_vars;
            first->into_slots = last->into_slots;
            last->into = MY_INTO_NONE;
        }
    } else {
        if (my_p_take(p, MY_K_ORDER)) {
            my_p_want(p, MY_K_BY);
            first->union_order = my_p_order_list(p);
        }
        my_p_limit(p, &first->union_limit, &first->union_offset);
    }
    return first;
}

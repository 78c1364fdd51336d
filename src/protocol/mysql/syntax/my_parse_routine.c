/* Bodies of stored routines and triggers: blocks, declarations, flow. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/syntax/my_parse.h"
#include "protocol/mysql/syntax/my_parse_routine.h"
#include "protocol/mysql/syntax/my_parse_sp.h"
#include "protocol/mysql/world/my_def.h"

/* ---- statements ---- */
/* Statements up to one of the words that end such a list. */
static struct my_sp_node *list(struct my_parse *p)
{
    struct my_sp_node *first = NULL, **last = &first;
    do {
        *last = my_sp_statement(p);
        last = &(*last)->next;
        my_p_want_op(p, ';');
    } while (my_p_ok(p) && !my_p_is(p, MY_K_END) && !my_p_is(p, MY_K_ELSE) && !my_p_is(p, MY_K_ELSEIF) && !my_p_is(p, MY_K_WHEN) &&
             !my_p_is(p, MY_K_UNTIL));
    return first;
}

static void end_label(struct my_parse *p, const char *label)
{
    if (!my_p_is_ident(p))
        return;
    const char *name = my_p_ident(p);
    if (!label || strcasecmp(label, name) != 0)
        my_p_error(p, MY_ER_SP_LABEL_MISMATCH, name);
}

static struct my_sp_node *block(struct my_parse *p, const char *label)
{
    struct my_sp_node *n = my_sp_node_new(p, MY_SP_BLOCK), **last = &n->body;
    const struct my_sp_var *vars = p->vars;
    struct my_sp_parse *s = p->routine;
    int outer = s->block;
    s->block = ++s->blocks;
    my_sp_declarations(p, n, &last);
    if (!my_p_is(p, MY_K_END))
        *last = list(p);
    my_p_want(p, MY_K_END);
    end_label(p, label);
    s->block = outer;
    p->vars = vars;
    return n;
}

static struct my_sp_node *if_(struct my_parse *p)
{
    struct my_sp_node *n = my_sp_node_new(p, MY_SP_IF);
    my_sp_node_expr(p, n);
    my_p_want(p, MY_K_THEN);
    n->body = list(p);
    if (my_p_take(p, MY_K_ELSEIF)) {
        if (my_p_enter(p)) { /* each one is a level deeper */
            n->other = if_(p);
            my_p_leave(p);
        }
        return n;
    }
    if (my_p_take(p, MY_K_ELSE))
        n->other = list(p);
    my_p_want(p, MY_K_END);
    my_p_want(p, MY_K_IF);
    return n;
}

static struct my_sp_node *case_(struct my_parse *p)
{
    struct my_sp_node *n = my_sp_node_new(p, MY_SP_CASE), **last = &n->body;
    if (!my_p_is(p, MY_K_WHEN))
        my_sp_node_expr(p, n);
    if (!my_p_is(p, MY_K_WHEN))
        my_p_fail(p);
    while (my_p_ok(p) && my_p_take(p, MY_K_WHEN)) {
        struct my_sp_node *w = my_sp_node_new(p, MY_SP_WHEN);
        my_sp_node_expr(p, w);
        my_p_want(p, MY_K_THEN);
        w->body = list(p);
        *last = w;
        last = &w->next;
    }
    if (my_p_take(p, MY_K_ELSE))
        n->other = list(p);
    my_p_want(p, MY_K_END);
    my_p_want(p, MY_K_CASE);
    return n;
}

static struct my_sp_node *loop(struct my_parse *p, enum my_sp_kind kind, const char *label)
{
    struct my_sp_node *n = my_sp_node_new(p, kind);
    if (kind == MY_SP_WHILE) {
        my_sp_node_expr(p, n);
        my_p_want(p, MY_K_DO);
    }
    n->body = list(p);
    if (kind == MY_SP_REPEAT) {
        my_p_want(p, MY_K_UNTIL);
        my_sp_node_expr(p, n);
    }
    my_p_want(p, MY_K_END);
    my_p_want(p, kind == MY_SP_WHILE ? MY_K_WHILE : kind == MY_SP_REPEAT ? MY_K_REPEAT : MY_K_LOOP);
    end_label(p, label);
    return n;
}

static struct my_sp_node *jump(struct my_parse *p, bool leave)
{
    struct my_sp_node *n = my_sp_node_new(p, leave ? MY_SP_LEAVE : MY_SP_ITERATE);
    n->label = my_p_ident(p);
    for (const struct my_sp_label *l = p->routine->labels; l; l = l->outer)
        if (strcasecmp(l->name, n->label) == 0 && (leave || l->loop))
            return n;
    my_p_error(p, MY_ER_SP_LILABEL_MISMATCH, leave ? "LEAVE" : "ITERATE", n->label);
    return n;
}

static struct my_sp_node *cursor_use(struct my_parse *p, enum my_sp_kind kind)
{
    struct my_sp_node *n = my_sp_node_new(p, kind);
    struct my_sp *sp = p->routine->sp;
    if (kind == MY_SP_FETCH) {
        if (my_p_take(p, MY_K_NEXT))
            my_p_want(p, MY_K_FROM);
        else
            (void)my_p_take(p, MY_K_FROM);
    }
    const char *name = my_p_ident(p);
    n->slot = -1;
    for (size_t i = sp->n_cursors; i > 0 && n->slot < 0; i--)
        if (strcasecmp(sp->cursors[i - 1], name) == 0)
            n->slot = (int)i - 1;
    if (my_p_ok(p) && n->slot < 0)
        my_p_error(p, MY_ER_SP_CURSOR_MISMATCH, name);
    if (kind != MY_SP_FETCH)
        return n;
    my_p_want(p, MY_K_INTO);
    do {
        const char *var = my_p_ident(p);
        int slot = my_p_var(p, var);
        if (my_p_ok(p) && slot < 0)
            my_p_error(p, MY_ER_SP_UNDECLARED_VAR, var);
        if (n->n_into < 32)
            n->into[n->n_into++] = slot;
    } while (my_p_ok(p) && my_p_take_op(p, ','));
    return n;
}

static struct my_sp_node *sql(struct my_parse *p)
{
    struct my_sp_node *n = my_sp_node_new(p, MY_SP_SQL);
    struct my_sp_parse *s = p->routine;
    const char *from = p->tok.raw;
    if (my_p_is_op(p, ';') || p->tok.kind == MY_TOK_END) {
        my_p_fail(p);
        return n;
    }
    if (p->env->mariadb && my_p_is_ident(p)) { /* what may begin an assignment or a label is no wrong word yet */
        const struct my_tok *a = my_p_ahead(p);
        if (p->tok.kw == MY_KW_NONE && !(a->kind == MY_TOK_OP && a->op == MY_OP_ASSIGN)) {
            my_p_next(p);
            my_p_fail(p);
            return n;
        }
    }
    if (p->env->mariadb && s->what == MY_SP_FUNCTION && s->blocks == 0) { /* a function's body is RETURN or a block */
        my_p_fail(p);
        return n;
    }
    struct my_stmt *st = my_p_statement(p);
    my_sp_span(p, from, &n->text, &n->len);
    bool rows = (st->com == MY_Q_SELECT && st->select && st->select->into == MY_INTO_NONE) || st->com >= MY_Q_SHOW_DATABASES || st->com == MY_Q_EXPLAIN;
    if (!my_p_ok(p))
        return n;
    if (st->com == MY_Q_USE || st->com == MY_Q_LOCK || st->com == MY_Q_UNLOCK || st->com == MY_Q_LOAD)
        my_p_error(p, MY_ER_SP_BADSTATEMENT, st->com == MY_Q_USE ? "USE" : st->com == MY_Q_LOAD ? "LOAD DATA" : "LOCK");
    else if (rows && s->what != MY_SP_PROCEDURE)
        my_p_error(p, MY_ER_SP_NO_RETSET, s->what == MY_SP_FUNCTION ? "function" : "trigger");
    else if (s->what == MY_SP_FUNCTION && (st->com == MY_Q_PREPARE || st->com == MY_Q_EXECUTE))
        my_p_error(p, MY_ER_STMT_NOT_ALLOWED_IN_SF_OR_TRG, "Dynamic SQL");
    s->sp->sends_rows |= rows;
    for (const struct my_assign *a = st->com == MY_Q_SET ? st->assigns : NULL; a && my_p_ok(p); a = a->next)
        if (a->kind == MY_SET_SYSVAR && a->base)
            (void)my_p_row_column(p, a->base, a->name);
    for (const struct my_assign *a = st->com == MY_Q_SET ? st->assigns : NULL; a; a = a->next)
        if (a->kind == MY_SET_SYSVAR && !a->base && my_p_var(p, a->name) < 0 && s->sp->n_set < 32)
            s->sp->set_names[s->sp->n_set++] = a->name;
    return n;
}

static struct my_sp_node *labelled(struct my_parse *p, const char *label)
{
    enum my_kw kw = p->tok.kind == MY_TOK_WORD ? p->tok.kw : MY_KW_NONE;
    struct my_sp_label l = {label, kw != MY_K_BEGIN, p->routine->labels};
    if (label)
        p->routine->labels = &l;
    struct my_sp_node *n = NULL;
    if (kw == MY_K_BEGIN || kw == MY_K_WHILE || kw == MY_K_REPEAT || kw == MY_K_LOOP) {
        my_p_next(p);
        n = kw == MY_K_BEGIN ? block(p, label)
                             : loop(p, kw == MY_K_WHILE ? MY_SP_WHILE : kw == MY_K_REPEAT ? MY_SP_REPEAT : MY_SP_LOOP, label);
        n->label = label;
    } else if (label) {
        my_p_fail(p);
    }
    if (label)
        p->routine->labels = l.outer;
    return n;
}

struct my_sp_node *my_sp_statement(struct my_parse *p)
{
    if (!my_p_enter(p))
        return my_sp_node_new(p, MY_SP_SQL);
    struct my_sp_node *n = NULL;
    const struct my_tok *a = my_p_ahead(p);
    if (my_p_is_ident(p) && a->kind == MY_TOK_OP && a->op == ':') {
        const char *label = my_p_ident(p);
        my_p_next(p);
        n = labelled(p, label);
    } else if (my_p_take(p, MY_K_IF)) {
        n = if_(p);
    } else if (my_p_take(p, MY_K_CASE)) {
        n = case_(p);
    } else if (my_p_is(p, MY_K_LEAVE) || my_p_is(p, MY_K_ITERATE)) {
        bool leave = my_p_is(p, MY_K_LEAVE);
        my_p_next(p);
        n = jump(p, leave);
    } else if (my_p_is(p, MY_K_RETURN)) {
        my_p_next(p);
        n = my_sp_node_new(p, MY_SP_RETURN);
        if (p->routine->what != MY_SP_FUNCTION)
            my_p_error(p, MY_ER_SP_BADRETURN);
        my_sp_node_expr(p, n);
        p->routine->sp->has_return = true;
    } else if (my_sp_take_word(p, "open")) {
        n = cursor_use(p, MY_SP_OPEN);
    } else if (my_p_take(p, MY_K_FETCH)) {
        n = cursor_use(p, MY_SP_FETCH);
    } else if (my_sp_take_word(p, "close")) {
        n = cursor_use(p, MY_SP_CLOSE);
    } else {
        n = labelled(p, NULL);
        if (!n)
            n = sql(p);
    }
    my_p_leave(p);
    return n ? n : my_sp_node_new(p, MY_SP_SQL);
}

/* ---- the whole ---- */
static void params(struct my_parse *p, bool procedure)
{
    struct my_sp *sp = p->routine->sp;
    const char *from = p->tok.raw + 1;
    my_p_want_op(p, '(');
    while (my_p_ok(p) && !my_p_is_op(p, ')')) {
        enum my_sp_mode mode = MY_SP_IN;
        if (procedure && (my_p_is(p, MY_K_IN) || my_p_is(p, MY_K_OUT) || my_p_is(p, MY_K_INOUT))) {
            mode = my_p_is(p, MY_K_OUT) ? MY_SP_OUT : my_p_is(p, MY_K_INOUT) ? MY_SP_INOUT : MY_SP_IN;
            my_p_next(p);
        }
        const char *name = my_p_ident(p);
        struct my_type_def type;
        my_p_type(p, &type);
        (void)my_sp_add_var(p, name, &type);
        if (sp->n_params >= sizeof sp->modes)
            my_p_error(p, MY_ER_OUTOFMEMORY, 4096);
        else
            sp->modes[sp->n_params++] = (uint8_t)mode;
        if (!my_p_take_op(p, ','))
            break;
        if (my_p_is_op(p, ')'))
            my_p_fail(p);
    }
    sp->params_text = from;
    sp->params_len = my_p_is_op(p, ')') ? (size_t)(p->tok.raw - from) : 0;
    my_p_want_op(p, ')');
}

static void characteristics(struct my_parse *p)
{
    struct my_sp *sp = p->routine->sp;
    for (; my_p_ok(p);) {
        if (my_p_take(p, MY_K_DETERMINISTIC)) {
            sp->deterministic = true;
        } else if (my_p_take(p, MY_K_NOT)) {
            my_p_want(p, MY_K_DETERMINISTIC);
            sp->deterministic = false;
        } else if (my_p_take(p, MY_K_CONTAINS)) {
            my_p_want(p, MY_K_SQL);
            sp->data_access = NULL;
        } else if (my_p_take(p, MY_K_NO)) {
            my_p_want(p, MY_K_SQL);
            sp->data_access = "NO SQL";
        } else if (my_p_is(p, MY_K_READS) || my_p_is(p, MY_K_MODIFIES)) {
            sp->data_access = my_p_is(p, MY_K_READS) ? "READS SQL DATA" : "MODIFIES SQL DATA";
            my_p_next(p);
            my_p_want(p, MY_K_SQL);
            my_p_want(p, MY_K_DATA);
        } else if (my_p_take(p, MY_K_SQL)) {
            my_p_want(p, MY_K_SECURITY);
            sp->invoker = my_sp_word(p, "invoker");
            if (!my_sp_take_word(p, "invoker") && !my_sp_take_word(p, "definer"))
                my_p_fail(p);
        } else if (my_p_take(p, MY_K_LANGUAGE)) {
            my_p_want(p, MY_K_SQL);
        } else if (my_p_take(p, MY_K_COMMENT)) {
            sp->comment = my_p_string(p, NULL);
        } else {
            return;
        }
    }
}

int my_p_var(const struct my_parse *p, const char *name)
{
    for (const struct my_sp_var *v = p->vars; v; v = v->next)
        if (strcasecmp(v->name, name) == 0)
            return v->slot;
    return -1;
}

int my_p_row_column(struct my_parse *p, const char *row, const char *column)
{
    char name[420];
    bool new_row = strcasecmp(row, "new") == 0, old_row = strcasecmp(row, "old") == 0;
    if (!new_row && !old_row)
        return -1;
    if (p->any_row_column)
        return 0;
    (void)snprintf(name, sizeof name, "%s.%.400s", new_row ? "new" : "old", column);
    int slot = my_p_var(p, name);
    for (const struct my_sp_var *v = p->vars; v && slot < 0; v = v->next)
        if (strncasecmp(v->name, "new.", 4) == 0 || strncasecmp(v->name, "old.", 4) == 0) { /* a trigger, and no such column */
            my_p_error(p, MY_ER_BAD_FIELD, column, new_row ? "NEW" : "OLD");
            return -1;
        }
    return slot;
}

static void body(struct my_parse *p)
{
    struct my_sp *sp = p->routine->sp;
    const char *from = p->tok.raw;
    if (p->tok.kind == MY_TOK_END)
        my_p_fail(p);
    if (my_p_ok(p))
        sp->body = my_sp_statement(p);
    if (my_p_ok(p))
        my_sp_span(p, from, &sp->body_text, &sp->body_len);
}

struct my_sp *my_p_routine(struct my_parse *p, enum my_sp_what what)
{
    struct my_sp *sp = my_p_new(p, sizeof *sp);
    struct my_sp_parse s = {.sp = sp, .what = what}, *outer = p->routine;
    const struct my_sp_var *vars = p->vars;
    p->routine = &s;
    p->vars = p->env->vars;
    sp->last_var = &sp->vars;
    if (what == MY_SP_PROCEDURE || what == MY_SP_FUNCTION) {
        params(p, what == MY_SP_PROCEDURE);
        if (what == MY_SP_FUNCTION) {
            my_p_want(p, MY_K_RETURNS);
            my_p_type(p, &sp->returns);
            if (my_p_take(p, MY_K_COLLATE))
                sp->returns.collate = my_p_charset_name(p);
        }
        characteristics(p);
    }
    body(p);
    p->routine = outer;
    p->vars = vars;
    return sp;
}

void my_p_atomic(struct my_parse *p, struct my_stmt *st)
{
    struct my_sp *sp = my_p_new(p, sizeof *sp);
    struct my_sp_parse s = {.sp = sp, .what = MY_SP_PROCEDURE}, *outer = p->routine;
    const struct my_sp_var *vars = p->vars;
    st->com = MY_Q_CALL;
    st->sp = sp;
    my_p_next(p);
    my_p_want(p, MY_K_NOT);
    if (!my_sp_take_word(p, "atomic"))
        my_p_fail(p);
    sp->last_var = &sp->vars;
    p->routine = &s;
    sp->body = block(p, NULL);
    p->routine = outer;
    p->vars = vars;
}

struct my_sp *my_parse_routine(struct my_parse *p, struct arena *arena, const struct my_parse_env *env, const char *text, size_t len,
                               enum my_sp_what what)
{
    my_p_begin(p, arena, env, text, len);
    struct my_sp *sp = my_p_routine(p, what);
    return my_p_ok(p) ? sp : NULL;
}

int my_parse_trigger_head(struct my_parse *p, struct arena *arena, const struct my_parse_env *env, const char *text, size_t len, bool *ret_before,
                          enum my_sqlcom *ret_event, const char **ret_db, const char **ret_table, const char **ret_body)
{
    my_p_begin(p, arena, env, text, len);
    *ret_before = my_p_is(p, MY_K_BEFORE);
    my_p_next(p);
    *ret_event = my_p_is(p, MY_K_INSERT) ? MY_Q_INSERT : my_p_is(p, MY_K_UPDATE) ? MY_Q_UPDATE : MY_Q_DELETE;
    my_p_next(p);
    my_p_want(p, MY_K_ON);
    my_p_table_name(p, ret_db, ret_table);
    my_p_want(p, MY_K_FOR);
    my_p_want(p, MY_K_EACH);
    my_p_want(p, MY_K_ROW);
    *ret_body = p->tok.raw;
    return my_p_ok(p) ? 0 : -EINVAL;
}

/* Runs the body of a stored routine: variables, flow, cursors, handlers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/exec/my_routine_int.h"

#define LEAF_BYTES_MAX (16u << 20)

enum flow { FLOW_NEXT, FLOW_LEAVE, FLOW_ITERATE, FLOW_RETURN, FLOW_EXIT, FLOW_FAIL };

static enum flow exec_list(struct my_frame *f, const struct my_sp_node *n);

/* ---- variables ---- */
bool my_frame_open(struct my_frame *f, struct my_run *r, struct my_sp *sp, const struct my_col_def *slots, size_t n)
{
    struct my_table_opts none = {0};
    const struct my_coll *coll = r->kit->server_coll;
    struct my_db *db = f->routine ? my_world_db(r->w, f->routine->db) : NULL;
    f->r = r;
    f->sp = sp;
    f->n = n;
    f->vars = my_table_new("");
    f->vals = my_dml_get(r, (n + 1) * sizeof *f->vals);
    f->metas = my_dml_get(r, (n + 1) * sizeof *f->metas);
    if (!f->vars || !my_ok(r))
        return false;
    if (n && my_table_build(r->kit, slots, NULL, &none, f->vars, db ? db->coll : coll) < 0) {
        my_fail(r, MY_ER_OUTOFMEMORY, 4096);
        return false;
    }
    for (size_t i = 0; i < n && i < f->vars->n_cols; i++) {
        f->vals[i] = my_null();
        f->metas[i] = my_column_meta(&f->vars->cols[i], NULL, NULL, NULL);
        f->metas[i].is_field = true; /* no flags of an expression's */
        f->metas[i].maybe_null = true;
        f->metas[i].flags = 0;
    }
    return true;
}

void my_frame_done(struct my_frame *f)
{
    my_table_unref(f->vars);
    f->vars = NULL;
}

bool my_frame_set(struct my_frame *f, size_t slot, const struct my_val *v, const struct my_meta *m)
{
    struct my_run *r = f->r;
    struct my_cell cell;
    bool strict = my_sql_mode(r, "STRICT_ALL_TABLES") || my_sql_mode(r, "STRICT_TRANS_TABLES");
    struct my_store st = {.r = r, .strict = strict, .row = r->kit->mariadb ? 0 : 1, .db = "", .table = ""};
    if (slot >= f->n || !my_store_val(&st, &f->vars->cols[slot], v, m, &cell))
        return false;
    f->vals[slot] = my_cell_val(&f->vars->cols[slot], &cell);
    return true;
}

/* ---- leaves: what is parsed and run anew each time ---- */
struct leaf {
    struct arena arena;
    struct my_run run;
    struct my_parse_env env;
};

static void leaf_open(struct my_frame *f, struct leaf *l, const struct my_sp_var *scope)
{
    l->arena = arena_of(LEAF_BYTES_MAX);
    l->run = *f->r;
    l->run.arena = &l->arena;
    l->run.params = f->vals;
    l->run.param_meta = f->metas;
    l->run.n_params = (unsigned)f->n;
    l->run.more = true;
    l->run.sub_statement = true;
    l->run.status = f->status;
    l->run.clause = NULL;
    l->env = my_parse_env_of(&l->run, false);
    l->env.multi = false;
    l->env.vars = scope;
}

static void copy_error(struct my_run *to, const struct my_run *from)
{
    to->err = from->err;
    to->err_code = from->err_code;
    memcpy(to->err_state, from->err_state, sizeof to->err_state);
    memcpy(to->err_text, from->err_text, sizeof to->err_text);
}

/* What the statement around learns of it. */
static void leaf_close(struct my_frame *f, struct leaf *l)
{
    struct my_run *r = f->r, *s = &l->run;
    copy_error(r, s);
    r->delay_us = s->delay_us;
    r->steps = s->steps;
    r->sent_version |= s->sent_version;
    if (!r->has_first && s->has_first) {
        r->has_first = true;
        memcpy(r->first_cell, s->first_cell, sizeof r->first_cell);
    }
    arena_done(&l->arena);
}

/* The expression's value in the frame's own memory; false: it failed. */
static bool eval_text(struct my_frame *f, const struct my_sp_node *n, struct my_val *ret, int slot)
{
    struct leaf l;
    struct my_parse p;
    struct my_expr *e = NULL;
    leaf_open(f, &l, n->scope);
    *ret = my_null();
    if (!my_step(&l.run, MY_ROUTINE_STEP)) {
        /* the cap's own error */
    } else if (my_parse_expr(&p, &l.arena, &l.env, n->text, n->len, &e) < 0) {
        my_fail_text(&l.run, p.err, p.err_text);
    } else {
        struct my_val v = my_eval_const(&l.run, e);
        if (my_ok(&l.run) && slot >= 0)
            (void)my_frame_set(f, (size_t)slot, &v, &e->m);
        else if (my_ok(&l.run))
            *ret = v.kind == MY_V_STR ? my_str(arena_copy(f->r->arena, v.s.p, v.s.n), v.s.n) : v;
    }
    if (my_ok(&l.run)) /* storing may have failed */
        copy_error(&l.run, f->r);
    leaf_close(f, &l);
    return my_ok(f->r);
}

/* SET: the routine's variables here, the rest as everywhere. */
static void set_vars(struct my_frame *f, struct leaf *l, struct my_parse *p, struct my_stmt *st)
{
    for (struct my_assign *a = st->assigns, *next; a && my_ok(&l->run) && my_ok(f->r); a = next) {
        char name[200];
        next = a->next;
        (void)snprintf(name, sizeof name, "%.90s%s%.90s", a->base ? a->base : "", a->base ? "." : "", a->name ? a->name : "");
        p->vars = l->env.vars;
        int slot = a->kind == MY_SET_SYSVAR && !a->at && a->scope == MY_SCOPE_NONE ? my_p_var(p, name) : -1;
        if (slot >= 0 && a->expr) {
            struct my_val v = my_eval_const(&l->run, a->expr);
            if (my_ok(&l->run))
                (void)my_frame_set(f, (size_t)slot, &v, &a->expr->m);
        } else {
            a->next = NULL;
            struct my_stmt one = *st;
            one.assigns = a;
            my_exec_set(&l->run, &one);
        }
    }
}

static void run_statement(struct my_frame *f, struct leaf *l, struct my_parse *p, struct my_stmt *st)
{
    struct my_run *s = &l->run;
    if (st->com == MY_Q_SET) {
        set_vars(f, l, p, st);
        return;
    }
    my_exec(s, st);
    if (!my_ok(s))
        return;
    uint64_t rows = s->affected;
    f->affected = f->r->kit->mariadb ? f->affected + rows : rows; /* MariaDB counts them all */
    f->status |= (uint16_t)((s->status | s->late_status) & (MY_STATUS_NO_INDEX | MY_STATUS_NO_GOOD_INDEX));
    if (st->com == MY_Q_SELECT && st->select->into == MY_INTO_VARS && st->select->into_slots)
        for (size_t i = 0; i < st->select->n_into_vars && i < st->select->n_got; i++)
            if (st->select->into_slots[i] >= 0 && !my_frame_set(f, (size_t)st->select->into_slots[i], &st->select->got[i], &st->select->got_meta[i]))
                break;
}

static enum flow exec_sql(struct my_frame *f, const struct my_sp_node *n)
{
    struct leaf l;
    struct my_parse p;
    struct my_stmt *st = NULL;
    const char *rest = NULL;
    leaf_open(f, &l, n->scope);
    f->at = n->text;
    if (!f->handling)
        my_diag_clear(f->r->c);
    if (!my_step(&l.run, MY_ROUTINE_STEP)) {
        /* the cap's own error */
    } else if (my_parse(&p, &l.arena, &l.env, n->text, n->len, &st, &rest) < 0) {
        my_fail_text(&l.run, p.err, p.err_text);
    } else {
        run_statement(f, &l, &p, st);
    }
    if (my_ok(&l.run))
        copy_error(&l.run, f->r);
    leaf_close(f, &l);
    return my_ok(f->r) ? FLOW_NEXT : FLOW_FAIL;
}

/* ---- cursors ---- */
static enum flow open_cursor(struct my_frame *f, size_t i)
{
    struct my_cursor *c = &f->cursors[i];
    struct my_run run = *f->r;
    struct my_parse p;
    struct my_stmt *st = NULL;
    const char *rest = NULL;
    if (c->open) {
        my_fail(f->r, MY_ER_SP_CURSOR_ALREADY_OPEN);
        return FLOW_FAIL;
    }
    run.params = f->vals;
    run.param_meta = f->metas;
    run.n_params = (unsigned)f->n;
    struct my_parse_env env = my_parse_env_of(&run, false);
    env.vars = f->sp->cursor_scope[i];
    c->rows = (struct my_rows){0};
    if (my_parse(&p, run.arena, &env, f->sp->cursor_text[i], f->sp->cursor_len[i], &st, &rest) < 0)
        my_fail_text(&run, p.err, p.err_text);
    else
        my_select_run(&run, st->select, NULL, 0, &c->rows);
    f->r->steps = run.steps;
    c->at = 0;
    c->open = my_ok(&run);
    if (!c->open)
        copy_error(f->r, &run);
    return c->open ? FLOW_NEXT : FLOW_FAIL;
}

static enum flow fetch(struct my_frame *f, const struct my_sp_node *n)
{
    struct my_cursor *c = &f->cursors[n->slot];
    if (!c->open)
        my_fail(f->r, MY_ER_SP_CURSOR_NOT_OPEN);
    else if (n->n_into != c->rows.n_cols)
        my_fail(f->r, MY_ER_SP_WRONG_NO_OF_FETCH_ARGS);
    else if (c->at >= c->rows.n_rows)
        my_fail(f->r, MY_ER_SP_FETCH_NO_DATA);
    for (size_t i = 0; my_ok(f->r) && i < n->n_into; i++)
        (void)my_frame_set(f, (size_t)n->into[i], &c->rows.rows[c->at][i], &c->rows.cols[i].m);
    c->at++;
    return my_ok(f->r) && my_step(f->r, MY_ROUTINE_STEP) ? FLOW_NEXT : FLOW_FAIL;
}

static enum flow cursor(struct my_frame *f, const struct my_sp_node *n)
{
    if (n->kind == MY_SP_OPEN)
        return open_cursor(f, (size_t)n->slot);
    if (n->kind == MY_SP_FETCH)
        return fetch(f, n);
    if (!f->cursors[n->slot].open)
        my_fail(f->r, MY_ER_SP_CURSOR_NOT_OPEN);
    f->cursors[n->slot].open = false;
    return my_ok(f->r) ? FLOW_NEXT : FLOW_FAIL;
}

/* ---- handlers ---- */
static bool matches(const struct my_sp_handler *h, uint16_t code, const char *state)
{
    for (size_t i = 0; i < h->n_conds; i++)
        switch (h->conds[i]) {
        case MY_SP_ON_CODE:
            if (h->codes[i] == code)
                return true;
            break;
        case MY_SP_ON_STATE:
            if (strcmp(h->states[i], state) == 0)
                return true;
            break;
        case MY_SP_ON_WARNING:
            if (strncmp(state, "01", 2) == 0)
                return true;
            break;
        case MY_SP_ON_NOT_FOUND:
            if (strncmp(state, "02", 2) == 0)
                return true;
            break;
        default:
            if (strncmp(state, "00", 2) != 0 && strncmp(state, "01", 2) != 0 && strncmp(state, "02", 2) != 0)
                return true;
            break;
        }
    return false;
}

/* Runs the innermost handler of the condition. FLOW_FAIL: there is none. */
static enum flow handle(struct my_frame *f, uint16_t code, const char *state)
{
    for (struct my_scope_of_handlers *s = f->handlers; s; s = s->outer)
        for (const struct my_sp_handler *h = s->handlers; h; h = h->next) {
            if (!matches(h, code, state))
                continue;
            struct my_scope_of_handlers *inner = f->handlers;
            bool handling = f->handling;
            f->r->err = MY_ER_NONE;
            f->handled_code = code;
            (void)snprintf(f->handled_state, sizeof f->handled_state, "%s", state);
            (void)snprintf(f->handled_text, sizeof f->handled_text, "%s", f->r->err_text);
            f->handlers = s->outer;
            f->handling = true;
            if (f->r->kit->mariadb)
                my_diag_clear(f->r->c);
            enum flow flow = exec_list(f, h->body);
            f->handling = handling;
            f->handlers = inner;
            if (my_ok(f->r) && !handling)
                my_diag_clear(f->r->c);
            if (flow != FLOW_NEXT)
                return flow;
            f->leave_block = s->block;
            return h->exit ? FLOW_EXIT : FLOW_NEXT;
        }
    return FLOW_FAIL;
}

/* After a leaf: an error goes to its handler, and so do warnings. */
static enum flow after(struct my_frame *f, enum flow flow)
{
    char state[6];
    if (flow == FLOW_FAIL || !my_ok(f->r)) {
        memcpy(state, f->r->err_state, sizeof state);
        return f->r->err == MY_ER_QUERY_INTERRUPTED ? FLOW_FAIL : handle(f, f->r->err_code, state);
    }
    struct my_conn *c = f->r->c;
    if (flow == FLOW_NEXT && f->handlers && !f->handling && c->n_conds && c->conds[0].level != MY_NOTE) {
        enum flow got = handle(f, c->conds[0].code, c->conds[0].code == 1329 ? "02000" : "01000");
        return got == FLOW_FAIL ? FLOW_NEXT : got;
    }
    return flow;
}

/* ---- flow ---- */
/* 1 true, 0 false, -1: the condition failed (*ret: what its handler says). */
static int test(struct my_frame *f, const struct my_sp_node *n, enum flow *ret)
{
    struct my_val v;
    if (eval_text(f, n, &v, -1))
        return my_truth(&v) == 1;
    *ret = after(f, FLOW_FAIL);
    return -1;
}

static bool same_label(const char *a, const char *b)
{
    return a && b && strcasecmp(a, b) == 0;
}

static enum flow loop(struct my_frame *f, const struct my_sp_node *n)
{
    enum flow flow = FLOW_NEXT;
    for (;;) {
        if (n->kind == MY_SP_WHILE) {
            int yes = test(f, n, &flow);
            if (yes <= 0)
                return yes < 0 ? flow : FLOW_NEXT;
        }
        flow = exec_list(f, n->body);
        if (flow == FLOW_LEAVE && same_label(f->jump, n->label))
            return FLOW_NEXT;
        if (flow != FLOW_NEXT && !(flow == FLOW_ITERATE && same_label(f->jump, n->label)))
            return flow;
        if (n->kind == MY_SP_REPEAT) {
            int yes = test(f, n, &flow);
            if (yes != 0)
                return yes < 0 ? flow : FLOW_NEXT;
        }
        if (!my_step(f->r, MY_ROUTINE_STEP / 4))
            return FLOW_FAIL;
    }
}

static enum flow case_(struct my_frame *f, const struct my_sp_node *n)
{
    enum flow flow;
    char text[2000];
    for (const struct my_sp_node *w = n->body; w; w = w->next) {
        struct my_sp_node t = *w;
        if (n->text) { /* CASE x WHEN y: x = y */
            int len = snprintf(text, sizeof text, "(%.*s)=(%.*s)", (int)(n->len < 900 ? n->len : 900), n->text, (int)(w->len < 900 ? w->len : 900), w->text);
            t.text = text;
            t.len = (size_t)len;
        }
        int yes = test(f, &t, &flow);
        if (yes)
            return yes < 0 ? flow : exec_list(f, w->body);
    }
    if (n->other)
        return exec_list(f, n->other);
    my_fail(f->r, MY_ER_SP_CASE_NOT_FOUND);
    return after(f, FLOW_FAIL);
}

static enum flow block(struct my_frame *f, const struct my_sp_node *n)
{
    struct my_scope_of_handlers here = {n->handlers, n, f->handlers};
    if (n->handlers)
        f->handlers = &here;
    enum flow flow = exec_list(f, n->body);
    f->handlers = here.outer;
    if ((flow == FLOW_EXIT && f->leave_block == n) || (flow == FLOW_LEAVE && same_label(f->jump, n->label)))
        return FLOW_NEXT;
    return flow;
}

static enum flow exec_level(struct my_frame *f, const struct my_sp_node *n)
{
    enum flow flow = FLOW_NEXT;
    struct my_val v;
    int yes;
    switch (n->kind) {
    case MY_SP_SQL:
        return after(f, exec_sql(f, n));
    case MY_SP_BLOCK:
        return block(f, n);
    case MY_SP_DEFAULT:
        if (!n->text)
            f->vals[n->slot] = my_null();
        else if (!eval_text(f, n, &v, n->slot))
            return after(f, FLOW_FAIL);
        return FLOW_NEXT;
    case MY_SP_IF:
        yes = test(f, n, &flow);
        return yes < 0 ? flow : yes ? exec_list(f, n->body) : exec_list(f, n->other);
    case MY_SP_CASE:
        return case_(f, n);
    case MY_SP_WHILE:
    case MY_SP_REPEAT:
    case MY_SP_LOOP:
        return loop(f, n);
    case MY_SP_LEAVE:
    case MY_SP_ITERATE:
        f->jump = n->label;
        return n->kind == MY_SP_LEAVE ? FLOW_LEAVE : FLOW_ITERATE;
    case MY_SP_RETURN:
        if (!eval_text(f, n, &v, (int)f->n - 1))
            return after(f, FLOW_FAIL);
        f->result = f->vals[f->n - 1];
        f->returned = true;
        return FLOW_RETURN;
    case MY_SP_OPEN:
    case MY_SP_FETCH:
    case MY_SP_CLOSE:
        if (!f->handling)
            my_diag_clear(f->r->c);
        return after(f, cursor(f, n));
    default:
        return FLOW_NEXT;
    }
}

/* Nesting counts through all routines that run: the stack is one. */
static enum flow exec_list(struct my_frame *f, const struct my_sp_node *n)
{
    enum flow flow = FLOW_NEXT;
    if (++f->depth > MY_ROUTINE_NESTING_MAX) {
        my_fail(f->r, MY_ER_STACK_OVERRUN_NEED_MORE, 246240L, 262144L, 16000L);
        flow = FLOW_FAIL;
    }
    for (; n && flow == FLOW_NEXT; n = n->next)
        flow = exec_level(f, n);
    f->depth--;
    return flow;
}

bool my_frame_run(struct my_frame *f)
{
    (void)exec_list(f, f->sp->body);
    if (!my_ok(f->r) && f->r->kit->mariadb && f->at && f->routine && f->r->err != MY_ER_QUERY_INTERRUPTED) { /* MariaDB says where */
        unsigned line = 1;
        char text[500];
        for (const char *p = f->routine->body; p < f->at && *p; p++)
            line += *p == '\n';
        (void)snprintf(text, sizeof text, "At line %u in %.190s.%.190s", line, f->routine->db, f->routine->name);
        my_warn_text(f->r, MY_NOTE, 4094, text);
    }
    return my_ok(f->r);
}

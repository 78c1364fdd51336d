/* CREATE PROCEDURE, FUNCTION and TRIGGER; CALL; stored functions in expressions; triggers of rows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/exec/my_ddl.h"
#include "protocol/mysql/exec/my_routine_int.h"
#include "protocol/mysql/world/my_sysvars.h"

/* ---- the text that is kept ---- */
static void put_comment(struct wr *w, const char *s)
{
    wr_str(w, "    COMMENT '");
    for (; *s; s++) {
        if (*s == '\'' || *s == '\\')
            wr_u8(w, (uint8_t)*s);
        wr_u8(w, (uint8_t)*s);
    }
    wr_str(w, "'\n");
}

/* "(params) RETURNS type\n    DETERMINISTIC\nbody", as SHOW CREATE prints it behind the name (create_string of sp.cc). */
static void routine_text(struct my_run *r, const struct my_sp *sp, bool function, struct wr *w)
{
    wr_str(w, "(");
    wr_bytes(w, sp->params_text, sp->params_len);
    wr_str(w, ")");
    if (function) {
        struct my_col_def def = {.name = "r", .type = sp->returns};
        struct my_table_opts none = {0};
        struct my_table *t = my_table_new("");
        struct my_db *db = my_world_db(r->w, r->c->db);
        const struct my_coll *coll = db ? db->coll : r->kit->server_coll;
        if (t && my_table_build(r->kit, &def, NULL, &none, t, coll) == 0) {
            const struct my_column *c = &t->cols[0];
            wr_fmt(w, " RETURNS %s", c->type_text);
            if (my_result_of(c->wire_type) == MY_RES_STR && !my_is_temporal(c->wire_type) && !my_coll_is_binary(c->coll) && (r->kit->mariadb || sp->returns.charset))
                wr_fmt(w, " CHARSET %s%s%s", c->coll->charset, r->kit->mariadb ? " COLLATE " : "", r->kit->mariadb ? c->coll->name : "");
        }
        my_table_unref(t);
    }
    wr_str(w, "\n");
    if (sp->data_access)
        wr_fmt(w, "    %s\n", sp->data_access);
    if (sp->deterministic)
        wr_str(w, "    DETERMINISTIC\n");
    if (sp->invoker)
        wr_str(w, "    SQL SECURITY INVOKER\n");
    if (sp->comment && *sp->comment)
        put_comment(w, sp->comment);
    wr_bytes(w, sp->body_text, sp->body_len);
}

void my_create_routine(struct my_run *r, struct my_stmt *st)
{
    const char *kind = st->is_function ? "FUNCTION" : "PROCEDURE", *db = st->db;
    if (!my_need_db(r, &db))
        return;
    struct my_routine *old = my_world_routine(r->w, kind, db, st->name);
    if (!my_world_db(r->w, db))
        my_fail(r, MY_ER_BAD_DB, db);
    else if (old && st->if_not_exists)
        my_warn(r, MY_NOTE, MY_ER_SP_ALREADY_EXISTS, kind, st->name);
    else if (old && !st->or_replace)
        my_fail(r, MY_ER_SP_ALREADY_EXISTS, kind, st->name);
    if (!my_ok(r) || (old && st->if_not_exists))
        return;
    char full[400];
    (void)snprintf(full, sizeof full, "%.195s.%.195s", db, st->name);
    if (st->is_function && !st->sp->has_return) {
        my_fail(r, MY_ER_SP_NORETURN, full);
        return;
    }
    for (size_t i = 0; i < st->sp->n_set; i++)
        if (!my_sysvar_find(r->kit, st->sp->set_names[i])) {
            my_fail(r, MY_ER_UNKNOWN_SYSTEM_VARIABLE, st->sp->set_names[i]);
            return;
        }
    struct wr w = wr_of(1u << 20);
    routine_text(r, st->sp, st->is_function, &w);
    if (old)
        my_world_drop_routine(r->w, old);
    if (w.bad || my_world_add_routine(r->w, kind, db, st->name, (const char *)w.bytes, w.len) < 0)
        my_fail(r, MY_ER_OUTOFMEMORY, (int)w.len);
    wr_done(&w);
}

/* The routine's tree, from the text that is kept. */
static struct my_sp *parse_text(struct my_run *r, const struct my_routine *rt, enum my_sp_what what, const struct my_sp_var *vars)
{
    struct my_parse p;
    struct my_parse_env env = my_parse_env_of(r, false);
    env.vars = vars;
    env.multi = false;
    struct my_sp *sp = my_parse_routine(&p, r->arena, &env, rt->body, strlen(rt->body), what);
    if (!sp)
        my_fail_text(r, p.err, p.err_text);
    return sp;
}

/* ---- running ---- */
static const char *qualified(struct my_run *r, const struct my_routine *rt)
{
    char buf[400];
    (void)snprintf(buf, sizeof buf, "%.195s.%.195s", rt->db, rt->name);
    const char *own = arena_copy(r->arena, buf, strlen(buf));
    return own ? own : rt->name;
}

static bool may_enter(struct my_run *r, const struct my_routine *rt, bool procedure)
{
    unsigned depth = 0;
    for (const struct my_frame *f = r->frame; f; f = f->up, depth++) {
        if (!rt || !f->routine || strcmp(f->routine->name, rt->name) != 0 || strcmp(f->routine->kind, rt->kind) != 0)
            continue;
        if (procedure)
            my_fail(r, MY_ER_SP_RECURSION_LIMIT, 0, rt->name);
        else
            my_fail(r, MY_ER_SP_NO_RECURSION);
        return false;
    }
    if (depth >= MY_ROUTINE_DEPTH_MAX)
        my_fail(r, MY_ER_STACK_OVERRUN_NEED_MORE, 246240L, 262144L, 16000L);
    return my_ok(r);
}

/* Runs in the routine's own database. */
static void run_in_db(struct my_frame *f, const char *db)
{
    struct my_run *r = f->r;
    char before[sizeof r->c->db];
    memcpy(before, r->c->db, sizeof before);
    if (db)
        (void)snprintf(r->c->db, sizeof r->c->db, "%s", db);
    f->up = r->frame;
    f->depth = f->up ? f->up->depth : 0;
    r->frame = f;
    (void)my_frame_run(f);
    r->frame = f->up;
    memcpy(r->c->db, before, sizeof before);
}

/* ---- CALL ---- */
static bool take_args(struct my_frame *f, struct my_stmt *st)
{
    struct my_run *r = f->r;
    for (size_t i = 0; i < f->sp->n_params && my_ok(r); i++) {
        struct my_expr *e = st->exprs[i];
        if (f->sp->modes[i] != MY_SP_IN && e->op != MY_X_USERVAR && e->op != MY_X_PARAM) {
            my_fail(r, MY_ER_SP_NOT_VAR_ARG, (int)i + 1, qualified(r, f->routine));
            return false;
        }
        if (f->sp->modes[i] == MY_SP_OUT)
            continue;
        struct my_val v = my_eval_const(r, e);
        if (my_ok(r))
            (void)my_frame_set(f, i, &v, &e->m);
    }
    return my_ok(r);
}

static void give_args(struct my_frame *f, struct my_stmt *st)
{
    struct my_run *r = f->r;
    for (size_t i = 0; i < f->sp->n_params && my_ok(r); i++) {
        const struct my_expr *e = st->exprs[i];
        if (f->sp->modes[i] == MY_SP_IN)
            continue;
        if (e->op == MY_X_USERVAR)
            my_uservar_set(r, e->name, &f->vals[i], &f->metas[i]);
        else if (r->frame)
            (void)my_frame_set(r->frame, (size_t)e->aux, &f->vals[i], &f->metas[i]);
    }
}

static void call(struct my_run *r, struct my_stmt *st, const struct my_routine *rt, struct my_sp *sp)
{
    struct my_frame *f = my_dml_get(r, sizeof *f);
    if (!f)
        return;
    memset(f, 0, sizeof *f);
    f->routine = rt;
    if (sp->sends_rows && !(r->ses->caps & (MY_CAP_MULTI_RESULTS | MY_CAP_MULTI_STATEMENTS))) {
        my_fail(r, MY_ER_SP_BADSELECT, rt ? qualified(r, rt) : "");
        return;
    }
    if (my_frame_open(f, r, sp, sp->vars, sp->n_vars) && (!rt || take_args(f, st))) {
        char db[MY_NAME_MAX * 3 + 1];
        (void)snprintf(db, sizeof db, "%s", rt ? rt->db : r->c->db);
        f->routine = rt;
        run_in_db(f, db);
        if (my_ok(r) && rt)
            give_args(f, st);
        r->affected = f->affected;
        r->status |= f->status;
    }
    my_frame_done(f);
}

void my_exec_call(struct my_run *r, struct my_stmt *st)
{
    const char *db = st->db;
    if (st->sp) {
        if (may_enter(r, NULL, true))
            call(r, st, NULL, st->sp);
        return;
    }
    if (!my_need_db(r, &db))
        return;
    const struct my_routine *kept = my_world_routine(r->w, "PROCEDURE", db, st->name);
    if (!kept) {
        char name[400];
        (void)snprintf(name, sizeof name, "%.195s.%.195s", db, st->name);
        my_fail(r, MY_ER_SP_DOES_NOT_EXIST, "PROCEDURE", name);
        return;
    }
    struct my_routine own = *kept; /* it may drop itself, or others and so move */
    own.db = arena_copy(r->arena, kept->db, strlen(kept->db));
    own.name = arena_copy(r->arena, kept->name, strlen(kept->name));
    own.body = arena_copy(r->arena, kept->body, strlen(kept->body));
    own.kind = arena_copy(r->arena, kept->kind, strlen(kept->kind));
    struct my_sp *sp = own.db && own.name && own.body && own.kind ? parse_text(r, &own, MY_SP_PROCEDURE, NULL) : NULL;
    if (!sp || !may_enter(r, &own, true))
        return;
    if (sp->n_params != st->n_exprs) {
        my_fail(r, MY_ER_SP_WRONG_NO_OF_ARGS, "PROCEDURE", qualified(r, &own), (unsigned)sp->n_params, (unsigned)st->n_exprs);
        return;
    }
    call(r, st, &own, sp);
}

/* ---- functions ---- */
struct function {
    struct my_routine rt;
    struct my_sp *sp;
    struct my_col_def *slots;
};

/* The parameters and variables, and last what RETURN gives. */
static struct my_col_def *with_result(struct my_run *r, struct my_sp *sp)
{
    struct my_col_def *last = my_dml_get(r, sizeof *last);
    if (!last)
        return NULL;
    *last = (struct my_col_def){.name = " result", .type = sp->returns};
    *sp->last_var = last;
    return sp->vars;
}

bool my_fix_routine(struct my_eval *ev, struct my_expr *e, const char *db)
{
    struct my_run *r = ev->r;
    struct my_routine *rt = my_world_routine(r->w, "FUNCTION", db, e->name);
    struct function *fn = rt ? my_dml_get(r, sizeof *fn) : NULL;
    if (!fn)
        return rt != NULL;
    fn->rt = (struct my_routine){.db = arena_copy(r->arena, rt->db, strlen(rt->db)), .name = arena_copy(r->arena, rt->name, strlen(rt->name)),
                                 .body = arena_copy(r->arena, rt->body, strlen(rt->body)), .kind = "FUNCTION"};
    if (!fn->rt.db || !fn->rt.name || !fn->rt.body)
        return true;
    fn->sp = parse_text(r, &fn->rt, MY_SP_FUNCTION, NULL);
    fn->slots = fn->sp ? with_result(r, fn->sp) : NULL;
    if (!fn->slots)
        return true;
    struct my_frame shape = {.routine = &fn->rt};
    if (my_frame_open(&shape, r, fn->sp, fn->slots, fn->sp->n_vars + 1)) {
        e->m = shape.metas[fn->sp->n_vars];
        e->m.coerce = MY_CO_COERCIBLE;
        e->m.org_name = r->kit->mariadb ? e->text : NULL;
        e->state = fn;
        e->is_const = false;
    }
    my_frame_done(&shape);
    return true;
}

struct my_val my_eval_routine(struct my_eval *ev, struct my_expr *e)
{
    struct my_run *r = ev->r;
    struct function *fn = e->state;
    struct my_frame f = {.routine = &fn->rt, .quiet = true};
    struct my_val v = my_null();
    if (fn->sp->n_params != e->n_args) { /* columns are known by now */
        my_fail(r, MY_ER_SP_WRONG_NO_OF_ARGS, "FUNCTION", qualified(r, &fn->rt), (unsigned)fn->sp->n_params, (unsigned)e->n_args);
        return v;
    }
    if (!may_enter(r, &fn->rt, false) || !my_step(r, MY_ROUTINE_STEP) || !my_frame_open(&f, r, fn->sp, fn->slots, fn->sp->n_vars + 1))
        goto out;
    for (size_t i = 0; i < e->n_args && my_ok(r); i++) {
        struct my_val a = my_eval_expr(ev, e->args[i]);
        if (my_ok(r))
            (void)my_frame_set(&f, i, &a, &e->args[i]->m);
    }
    if (my_ok(r)) {
        f.result = (struct my_val){.kind = MY_V_NULL};
        run_in_db(&f, fn->rt.db);
    }
    if (my_ok(r) && !f.returned)
        my_fail(r, MY_ER_SP_NORETURNEND, fn->rt.name);
    if (my_ok(r))
        v = f.result;
    if (v.kind == MY_V_STR)
        v = my_str(arena_copy(r->arena, v.s.p, v.s.n), v.s.n);
out:
    my_frame_done(&f);
    return v;
}

/* ---- triggers ---- */
/* NEW.* and OLD.* as slots: the table's columns twice. */
static struct my_sp_var *row_vars(struct my_run *r, const struct my_table *t, bool new_row, bool old_row)
{
    struct my_sp_var *vars = my_dml_get(r, (2 * t->n_cols + 1) * sizeof *vars), *first = NULL;
    for (size_t i = 0; vars && i < 2 * t->n_cols; i++) {
        bool is_new = i < t->n_cols;
        char name[420];
        if (is_new ? !new_row : !old_row)
            continue;
        (void)snprintf(name, sizeof name, "%s.%.400s", is_new ? "new" : "old", t->cols[i % t->n_cols].name);
        vars[i] = (struct my_sp_var){.name = arena_copy(r->arena, name, strlen(name)), .slot = (int)i, .block = -1, .next = first};
        if (!vars[i].name)
            return NULL;
        first = &vars[i];
    }
    return first;
}

struct trigger_head {
    bool before;
    enum my_sqlcom event;
    char table[MY_NAME_MAX * 3 + 1];
    const char *body;
};

/* The kept text starts "BEFORE INSERT ON [db.]t FOR EACH ROW …". */
static bool head_of(struct my_run *r, const struct my_routine *rt, struct trigger_head *ret)
{
    struct my_parse p;
    struct my_parse_env env = my_parse_env_of(r, false);
    const char *db, *name;
    env.no_db = false;
    if (my_parse_trigger_head(&p, r->arena, &env, rt->body, strlen(rt->body), &ret->before, &ret->event, &db, &name, &ret->body) < 0)
        return false;
    (void)snprintf(ret->table, sizeof ret->table, "%s", name);
    return true;
}

void my_create_trigger(struct my_run *r, struct my_stmt *st)
{
    const char *db = st->names->db ? st->names->db : r->c->db;
    struct my_db *owner;
    struct trigger_head h, other;
    if (strcasecmp(db, "mysql") == 0) {
        my_fail(r, MY_ER_TRG_ON_SYSTEM);
        return;
    }
    struct my_table *t = my_find_table(r, st->names->db, st->names->name, &owner, false);
    if (!t)
        return;
    struct my_routine *old = my_world_routine(r->w, "TRIGGER", db, st->name);
    if (old && st->if_not_exists) {
        my_warn(r, MY_NOTE, MY_ER_TRG_ALREADY_EXISTS);
        return;
    }
    if (old && !st->or_replace && r->kit->mariadb)
        my_ddl_fail(r, 1359, "HY000", "Trigger '%s.%s' already exists", db, st->name);
    else if (old && !st->or_replace)
        my_fail(r, MY_ER_TRG_ALREADY_EXISTS);
    if (!my_ok(r))
        return;
    struct my_routine made = {.db = (char *)(uintptr_t)db, .name = (char *)(uintptr_t)st->name, .body = arena_copy(r->arena, st->text, st->text_len), .kind = "TRIGGER"};
    if (!made.body || !head_of(r, &made, &h)) {
        my_fail(r, MY_ER_OUTOFMEMORY, (int)st->text_len);
        return;
    }
    struct my_routine whole = made;
    made.body = (char *)(uintptr_t)h.body;
    if (!parse_text(r, &made, MY_SP_TRIGGER, row_vars(r, t, h.event != MY_Q_DELETE, h.event != MY_Q_INSERT)))
        return;
    for (size_t i = 0; i < r->w->n_routines && !r->kit->mariadb && r->kit->version < 50702; i++) /* later servers run several */
        if (strcmp(r->w->routines[i].kind, "TRIGGER") == 0 && strcmp(r->w->routines[i].db, db) == 0 && head_of(r, &r->w->routines[i], &other) &&
            strcmp(other.table, h.table) == 0 && other.before == h.before && other.event == h.event) {
            my_fail(r, MY_ER_NOT_SUPPORTED_YET, "multiple triggers with the same action time and event for one table");
            return;
        }
    if (old)
        my_world_drop_routine(r->w, old);
    if (my_world_add_routine(r->w, "TRIGGER", db, st->name, whole.body, strlen(whole.body)) < 0)
        my_fail(r, MY_ER_OUTOFMEMORY, (int)st->text_len);
}

static bool fire_one(struct my_dml *d, const struct my_routine *rt, const struct trigger_head *h, struct my_cell *cells, const struct my_row *old_row)
{
    struct my_run *r = d->r;
    const struct my_table *t = d->t;
    struct my_frame f = {.routine = rt, .quiet = true};
    struct my_routine body = *rt;
    body.body = (char *)(uintptr_t)h->body;
    struct my_sp *sp = may_enter(r, rt, false) ? parse_text(r, &body, MY_SP_TRIGGER, row_vars(r, t, cells != NULL, old_row != NULL)) : NULL;
    size_t n = 2 * t->n_cols + (sp ? sp->n_vars : 0);
    struct my_col_def *slots = sp ? my_dml_get(r, (2 * t->n_cols + 1) * sizeof *slots) : NULL;
    if (!slots)
        return false;
    for (size_t i = 0; i < 2 * t->n_cols; i++)
        slots[i] = (struct my_col_def){.name = t->cols[i % t->n_cols].name, .type = t->cols[i % t->n_cols].type, .next = i + 1 < 2 * t->n_cols ? &slots[i + 1] : sp->vars};
    bool ok = my_frame_open(&f, r, sp, slots, n);
    for (size_t i = 0; ok && i < t->n_cols; i++) {
        if (cells)
            f.vals[i] = my_cell_val(&t->cols[i], &cells[i]);
        if (old_row && i < old_row->n)
            f.vals[t->n_cols + i] = my_cell_val(&t->cols[i], &old_row->cell[i]);
    }
    if (ok)
        run_in_db(&f, rt->db);
    for (size_t i = 0; my_ok(r) && cells && h->before && i < t->n_cols; i++)
        ok &= my_store_val(&d->st, &t->cols[i], &f.vals[i], &f.metas[i], &cells[i]);
    my_frame_done(&f);
    return ok && my_ok(r);
}

bool my_fire(struct my_dml *d, bool before, enum my_sqlcom event, struct my_cell *new_cells, const struct my_row *old_row)
{
    struct my_run *r = d->r;
    if (r->w->n_routines == 0 || d->t->temporary || !d->db)
        return true;
    for (size_t i = 0; i < r->w->n_routines && my_ok(r); i++) {
        struct my_routine rt = r->w->routines[i];
        struct trigger_head h;
        if (strcmp(rt.kind, "TRIGGER") != 0 || strcmp(rt.db, d->db->name) != 0)
            continue;
        rt.body = arena_copy(r->arena, rt.body, strlen(rt.body));
        rt.name = arena_copy(r->arena, rt.name, strlen(rt.name));
        if (!rt.body || !rt.name || !head_of(r, &rt, &h) || h.before != before || h.event != event || strcmp(h.table, d->t->name) != 0)
            continue;
        rt.db = d->db->name;
        rt.kind = "TRIGGER";
        if (!my_step(r, MY_ROUTINE_STEP) || !fire_one(d, &rt, &h, new_cells, old_row))
            return false;
    }
    return my_ok(r);
}

/* Fixing names, variables, literals and CASE. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/expr/my_eval.h"
#include "protocol/mysql/my_bind.h"
#include "protocol/mysql/expr/my_eval_int.h"
#include "protocol/mysql/expr/my_fn_op.h"
#include "protocol/mysql/world/my_sysvars.h"

/* ---- names ---- */
static bool same(const char *a, const char *b)
{
    return strcasecmp(a, b) == 0;
}

static bool rel_matches(const struct my_rel *rel, const char *db, const char *table)
{
    if (!table)
        return true;
    if (!same(rel->alias, table))
        return false;
    return !db || (rel->db && same(rel->db, db));
}

static const char *full_name(struct my_run *r, const struct my_expr *e)
{
    size_t n = strlen(e->name) + (e->table ? strlen(e->table) + 1 : 0) + (e->db ? strlen(e->db) + 1 : 0) + 1;
    char *s = arena_new(r->arena, n);
    if (!s)
        return e->name;
    (void)snprintf(s, n, "%s%s%s%s%s", e->db ? e->db : "", e->db ? "." : "", e->table ? e->table : "", e->table ? "." : "", e->name);
    return s;
}

/* Field::max_display_length of the integer types. */
static uint32_t width_of(const struct my_meta *m)
{
    switch (m->type) {
    case MY_T_TINY:
        return 4;
    case MY_T_SHORT:
        return 6;
    case MY_T_INT24:
        return 8;
    case MY_T_LONG:
        return 11;
    case MY_T_LONGLONG:
        return 20;
    default:
        return 0;
    }
}

static bool find_in(struct my_eval *ev, struct my_ctx *x, struct my_expr *e, int depth)
{
    int found_rel = -1, found_col = -1;
    size_t n = x->visible ? x->visible : x->n;
    for (size_t i = 0; i < n; i++) {
        const struct my_rel *rel = x->rels[i];
        if (!rel || !rel_matches(rel, e->db, e->table))
            continue;
        for (size_t j = 0; j < rel->n_cols; j++) {
            if (!same(rel->cols[j].name, e->name))
                continue;
            if (found_rel >= 0) {
                if (found_rel == (int)i || (rel->ref && rel->ref->n_using) || (rel->ref && rel->ref->natural))
                    break;
                my_fail(ev->r, MY_ER_NON_UNIQ, full_name(ev->r, e), ev->clause);
                return true;
            }
            found_rel = (int)i;
            found_col = (int)j;
            break;
        }
    }
    if (found_rel < 0)
        return false;
    e->op = MY_X_FIELD;
    e->aux = found_rel;
    e->aux2 = found_col;
    e->depth = (uint8_t)depth;
    e->m = x->rels[found_rel]->cols[found_col].m;
    e->m.coerce = MY_CO_IMPLICIT;
    if (ev->r->kit->mariadb)
        e->m.expr_len = width_of(&e->m);
    if (x->rels[found_rel]->null_row_ok)
        e->m.maybe_null = true;
    e->has_field = true;
    return true;
}

static bool find_alias(struct my_eval *ev, struct my_ctx *x, struct my_expr *e)
{
    if (e->table)
        return false;
    for (struct my_item *it = x->items; it; it = it->next) {
        const char *name = it->alias ? it->alias
                           : it->expr->op == MY_X_FIELD || it->expr->op == MY_X_NAME ? it->expr->name
                                                                                     : it->expr->text;
        if (!name || !same(name, e->name) || it->expr == e)
            continue;
        if (!it->expr->fixed)
            my_fix(ev, it->expr);
        e->op = MY_X_REF;
        e->target = it->expr;
        e->m = it->expr->m;
        e->has_agg = it->expr->has_agg;
        e->has_field = it->expr->has_field;
        e->is_const = it->expr->is_const;
        return true;
    }
    return false;
}

void my_fix_name(struct my_eval *ev, struct my_expr *e)
{
    int depth = 0;
    for (struct my_ctx *x = ev->ctx; x; x = x->outer, depth++) {
        if (depth == 0 && x->aliases_ok && x->aliases_first && find_alias(ev, x, e))
            return;
        if (find_in(ev, x, e, depth)) {
            for (struct my_ctx *y = ev->ctx; y != x; y = y->outer)
                y->used_outer = true;
            return;
        }
        if (x->aliases_ok && find_alias(ev, x, e)) {
            if (depth)
                my_fail(ev->r, MY_ER_BAD_FIELD, full_name(ev->r, e), ev->clause);
            return;
        }
    }
    my_fail(ev->r, MY_ER_BAD_FIELD, full_name(ev->r, e), ev->clause);
}

/* ---- variables ---- */
void my_fix_sysvar(struct my_eval *ev, struct my_expr *e)
{
    struct my_run *r = ev->r;
    const struct my_sysvar *v = e->table ? NULL : my_sysvar_find(r->kit, e->name);
    if (e->table && my_sysvar_find(r->kit, e->name) && strncmp(e->name, "key_", 4) == 0)
        v = my_sysvar_find(r->kit, e->name);
    if (!v || v->hidden) {
        my_fail(r, MY_ER_UNKNOWN_SYSTEM_VARIABLE, e->name);
        return;
    }
    enum my_scope scope = e->scope;
    const char *text = my_var_text(r, v, scope == MY_SCOPE_NONE ? MY_SCOPE_SESSION : scope);
    if (scope == MY_SCOPE_GLOBAL && !text) {
        my_fail(r, MY_ER_INCORRECT_GLOBAL_LOCAL_VAR, v->name, "SESSION");
        return;
    }
    if (scope == MY_SCOPE_SESSION && my_sysvar_scope(r->kit, v) == MY_VAR_GLOBAL && r->kit->version >= 50500) {
        my_fail(r, MY_ER_INCORRECT_GLOBAL_LOCAL_VAR, v->name, "GLOBAL");
        return;
    }
    if (strcmp(v->name, "version") == 0)
        r->sent_version = true;
    bool null = !text || (!*text && (v->null_when_empty || strcmp(v->name, "init_file") == 0 || strcmp(v->name, "secure_file_priv") == 0 || strncmp(v->name, "report_", 7) == 0 ||
                                     strncmp(v->name, "relay_log", 9) == 0 || strncmp(v->name, "ssl_", 4) == 0 || strncmp(v->name, "log_bin_", 8) == 0));
    e->val = my_null();
    switch (v->type) {
    case MY_VAR_BOOL:
        my_fix_int(r->kit, e, 1, true, false);
        e->m.wide = true;
        e->val = my_int(text && strcmp(text, "ON") == 0);
        break;
    case MY_VAR_INT: {
        bool uns = false;
        my_fix_int(r->kit, e, 21, true, true);
        int64_t i = e->table && strcasecmp(e->table, "default") != 0 ? 0 : my_text_i64(text, strlen(text), NULL, &uns); /* a key cache that nobody made */
        e->m.unsigned_ = !v->is_signed && (i >= 0 || uns);
        e->val = e->m.unsigned_ ? my_uint((uint64_t)i) : my_int(i);
        break;
    }
    case MY_VAR_DOUBLE:
        e->m = (struct my_meta){.type = MY_T_DOUBLE, .len = 21, .dec = 6, .coll = r->kit->binary, .coerce = MY_CO_NUMERIC, .maybe_null = true};
        e->val = my_real(strtod(text, NULL));
        break;
    default:
        my_fix_str(ev, e, r->kit->utf8, null ? 0 : strlen(text), MY_DEC_FLOAT, true);
        if (!r->kit->mariadb && r->kit->version >= 80000) /* MAX_BLOB_WIDTH's lower half, whatever the value */
            e->m.len = 65535;
        e->m.coerce = MY_CO_SYSCONST;
        if (!null)
            e->val = my_str(text, strlen(text));
        break;
    }
    e->is_const = true;
    e->m.wide = true;
}

void my_fix_uservar(struct my_eval *ev, struct my_expr *e)
{
    struct my_run *r = ev->r;
    struct my_uservar *u = my_uservar_find(r->c, e->name);
    e->is_const = false;
    const struct my_coll *c = u && u->coll ? u->coll : r->kit->binary;
    if (!u) { /* never set: a NULL string */
        e->m = (struct my_meta){.len = 16777216, .coll = r->kit->binary, .dec = MY_DEC_FLOAT, .maybe_null = true, .coerce = MY_CO_IMPLICIT};
        my_fix_string_type(&e->m);
        return;
    }
    switch (u->kind) {
    case MY_V_INT:
    case MY_V_UINT:
        e->m = (struct my_meta){.type = MY_T_LONGLONG, .len = 20, .coll = r->kit->binary, .maybe_null = true, .unsigned_ = u->kind == MY_V_UINT, .coerce = MY_CO_IMPLICIT};
        return;
    case MY_V_DEC:
        e->m = (struct my_meta){.type = MY_T_NEWDECIMAL, .len = 83, .dec = r->kit->mariadb ? 38 : 30, .coll = r->kit->binary, .maybe_null = true, .coerce = MY_CO_IMPLICIT};
        return;
    case MY_V_REAL:
        e->m = (struct my_meta){.type = MY_T_DOUBLE, .len = 23, .dec = MY_DEC_FLOAT, .coll = r->kit->binary, .maybe_null = true, .coerce = MY_CO_IMPLICIT};
        return;
    default:
        my_fix_str(ev, e, c, 16777215u / c->maxlen, MY_DEC_FLOAT, true);
        e->m.len = 16777215;
        if (r->kit->mariadb)
            e->m.type = MY_T_LONG_BLOB;
        e->m.coerce = MY_CO_IMPLICIT;
        return;
    }
}

struct my_val my_eval_uservar(struct my_eval *ev, const struct my_expr *e)
{
    struct my_uservar *u = my_uservar_find(ev->r->c, e->name);
    if (!u || u->kind == MY_V_NULL)
        return my_null();
    switch (u->kind) {
    case MY_V_INT:
        return my_int(my_text_i64(u->text, u->len, NULL, NULL));
    case MY_V_UINT:
        return my_uint((uint64_t)my_text_i64(u->text, u->len, NULL, NULL));
    case MY_V_DEC:
        return my_decimal(my_dec_of_text(u->text, u->len, NULL));
    case MY_V_REAL:
        return my_real(my_text_real(u->text, u->len, NULL));
    default:
        return my_text_out(ev, u->text, u->len);
    }
}

/* ---- literals and parameters ---- */
void my_fix_literal(struct my_eval *ev, struct my_expr *e)
{
    struct my_kit *k = ev->r->kit;
    e->is_const = true;
    if (e->val.kind != MY_V_STR) {
        e->m.coll = k->binary;
        return;
    }
    if (e->aux) { /* hexadecimal */
        e->m.coll = e->name ? my_coll_default(k, e->name) : k->binary;
        if (!e->m.coll)
            my_fail(ev->r, MY_ER_UNKNOWN_CHARACTER_SET, e->name);
        my_fix_string_type(&e->m);
        return;
    }
    const struct my_coll *c = e->name ? my_coll_default(k, e->name) : my_conn_coll(ev);
    if (!c) {
        my_fail(ev->r, MY_ER_UNKNOWN_CHARACTER_SET, e->name);
        return;
    }
    size_t chars = my_chars(c, e->val.s.p, e->val.s.n);
    enum my_coerce co = e->m.coerce;
    my_fix_str(ev, e, c, chars, MY_DEC_FLOAT, false);
    e->m.coerce = co;
}

void my_fix_param(struct my_eval *ev, struct my_expr *e)
{
    struct my_run *r = ev->r;
    e->is_const = true;
    if ((unsigned)e->aux >= r->n_params || !r->params) {
        e->m = (struct my_meta){.type = MY_T_VAR_STRING, .coll = r->kit->binary, .coerce = MY_CO_COERCIBLE, .maybe_null = true};
        e->val = my_null();
        if (r->kit->mariadb) /* nothing bound: a NULL */
            e->m.type = MY_T_NULL;
        else if (my_typed_params(r->kit))
            e->m = my_untold_param(r);
        return;
    }
    e->val = r->params[e->aux];
    e->m = r->param_meta[e->aux];
}

void my_fix_case(struct my_eval *ev, struct my_expr *e)
{
    size_t from = e->aux & 1, n = e->n_args, has_else = (e->aux & 2) != 0;
    struct my_meta m = {0};
    bool first = true, null = !has_else, all_null = true;
    for (size_t i = from; i < n; i++) {
        bool is_else = has_else && i == n - 1;
        if (!is_else && (i - from) % 2 == 0)
            continue; /* WHEN */
        struct my_expr *a = e->args[i];
        null |= a->m.maybe_null;
        if (a->m.type == MY_T_NULL)
            continue;
        all_null = false;
        if (first)
            m = a->m;
        else
            my_unify(ev, &m, &a->m);
        first = false;
    }
    if (all_null) {
        m = (struct my_meta){.type = MY_T_NULL, .coll = ev->r->kit->binary, .maybe_null = true, .coerce = MY_CO_IGNORABLE};
        e->m = m;
        return;
    }
    my_finish_hybrid(ev, &m, e, from, has_else);
    bool late = !ev->r->kit->mariadb && ev->r->kit->version >= 50700; /* conditions no longer count */
    m.maybe_null = null || (!late && my_any_maybe_null(e));
    m.is_field = false;
    m.flags = 0;
    m.db = m.table = m.org_table = m.org_name = NULL;
    e->m = m;
}

static struct my_val convert_to(struct my_eval *ev, struct my_val v, const struct my_meta *from, const struct my_meta *to)
{
    if (v.kind == MY_V_NULL)
        return v;
    switch (my_result_of(to->type)) {
    case MY_RES_INT:
        if (v.kind == MY_V_INT || v.kind == MY_V_UINT)
            return v;
        return my_int(my_val_i64(&v, NULL));
    case MY_RES_DEC:
        return my_decimal(my_dec_round(my_val_dec(&v), to->dec < MY_DEC_SCALE_MAX ? to->dec : MY_DEC_SCALE_MAX, false));
    case MY_RES_REAL:
        return my_real(my_val_real(&v));
    default:
        return my_val_text(ev->r->arena, &v, from);
    }
}

struct my_val my_eval_case(struct my_eval *ev, struct my_expr *e)
{
    size_t i = 0, n = e->n_args;
    struct my_val subject = my_null();
    if (e->aux & 1)
        subject = my_eval_expr(ev, e->args[i++]);
    size_t end = e->aux & 2 ? n - 1 : n;
    for (; i + 1 < end && my_ok(ev->r); i += 2) {
        struct my_val w = my_eval_expr(ev, e->args[i]);
        bool hit;
        if (e->aux & 1)
            hit = subject.kind != MY_V_NULL && w.kind != MY_V_NULL && my_compare(ev, &subject, &e->args[0]->m, &w, &e->args[i]->m) == 0;
        else
            hit = my_truth(&w) == 1;
        if (hit)
            return convert_to(ev, my_eval_expr(ev, e->args[i + 1]), &e->args[i + 1]->m, &e->m);
    }
    if (e->aux & 2)
        return convert_to(ev, my_eval_expr(ev, e->args[n - 1]), &e->args[n - 1]->m, &e->m);
    return my_null();
}

/* ---- typing of values that come from several expressions (IF, CASE, COALESCE, UNION) ---- */
void my_unify(struct my_eval *ev, struct my_meta *m, const struct my_meta *b)
{
    enum my_result x = my_result_of(m->type), y = my_result_of(b->type);
    struct my_meta a = *m;
    m->maybe_null = a.maybe_null || b->maybe_null;
    m->is_field = a.is_field && b->is_field;
    if (my_is_temporal(a.type) && a.type == b->type) {
        m->dec = a.dec > b->dec ? a.dec : b->dec;
        m->len = a.len > b->len ? a.len : b->len;
        return;
    }
    if (my_is_temporal(a.type) && my_is_temporal(b->type) && a.type != MY_T_TIME && b->type != MY_T_TIME) {
        m->type = MY_T_DATETIME;
        m->len = a.len > b->len ? a.len : b->len;
        return;
    }
    if (x == MY_RES_STR || y == MY_RES_STR) {
        (void)my_coll_meet(&a, b, m);
        if (x != MY_RES_STR || y != MY_RES_STR) {
            m->coll = x == MY_RES_STR ? a.coll : b->coll;
            m->coerce = x == MY_RES_STR ? a.coerce : b->coerce;
        }
        if (!m->coll)
            m->coll = ev->r->kit->binary;
        if (x != MY_RES_STR && a.expr_len)
            a.len = a.expr_len;
        uint32_t b_len = y != MY_RES_STR && b->expr_len ? b->expr_len : b->len;
        uint64_t la = a.len / (a.coll && x == MY_RES_STR ? a.coll->maxlen : 1), lb = b_len / (b->coll && y == MY_RES_STR ? b->coll->maxlen : 1);
        uint64_t len = (la > lb ? la : lb) * m->coll->maxlen;
        m->len = len > UINT32_MAX ? UINT32_MAX : (uint32_t)len;
        m->dec = MY_DEC_FLOAT;
        m->unsigned_ = false;
        my_fix_string_type(m);
        return;
    }
    m->unsigned_ = a.unsigned_ && b->unsigned_;
    if (x == MY_RES_REAL || y == MY_RES_REAL) {
        m->type = MY_T_DOUBLE;
        m->dec = a.dec == MY_DEC_FLOAT || b->dec == MY_DEC_FLOAT ? MY_DEC_FLOAT : a.dec > b->dec ? a.dec : b->dec;
        m->len = a.len > b->len ? a.len : b->len;
        return;
    }
    uint8_t dec = a.dec > b->dec ? a.dec : b->dec;
    uint32_t ia = a.len - (a.dec ? a.dec + 1u : 0), ib = b->len - (b->dec ? b->dec + 1u : 0), whole = ia > ib ? ia : ib;
    if (x == MY_RES_DEC || y == MY_RES_DEC) {
        m->type = MY_T_NEWDECIMAL;
        m->dec = dec;
        m->len = whole + (dec ? dec + 1u : 0);
        return;
    }
    bool small = (my_is_narrow(&a) || a.type != MY_T_LONGLONG) && (my_is_narrow(b) || b->type != MY_T_LONGLONG);
    m->type = ev->r->kit->mariadb && small ? MY_T_LONG : MY_T_LONGLONG;
    m->wide = !small;
    m->len = a.len > b->len ? a.len : b->len;
}

static bool is_when(const struct my_expr *e, size_t i, size_t from, size_t has_else)
{
    return e->op == MY_X_CASE && !(has_else && i == (size_t)e->n_args - 1) && (i - from) % 2 == 0;
}

/* Type_handler_int_result and _decimal_result, Item_hybrid_func_fix_attributes: the longest whole part, the most places. */
static void finish_mariadb(struct my_meta *m, const struct my_expr *e, size_t from, size_t has_else)
{
    uint32_t whole = 0;
    uint8_t dec = 0;
    bool uns = true, wide = false;
    for (size_t i = from; i < e->n_args; i++) {
        const struct my_expr *a = e->args[i];
        if (is_when(e, i, from, has_else) || a->m.type == MY_T_NULL)
            continue;
        uint32_t prec = my_precision(a), w = prec > a->m.dec ? prec - a->m.dec : 0;
        whole = w > whole ? w : whole;
        dec = a->m.dec > dec ? a->m.dec : dec;
        uns &= a->m.unsigned_;
        wide |= my_result_of(a->m.type) == MY_RES_INT && a->m.type == MY_T_LONGLONG && !my_is_narrow(&a->m);
    }
    m->unsigned_ = uns;
    m->dec = dec;
    m->len = my_length_of(whole + dec, dec, uns);
    if (my_result_of(m->type) == MY_RES_DEC)
        return;
    m->type = wide ? MY_T_LONGLONG : MY_T_LONG;
    m->wide = wide;
}

/* Lengths of numbers go through a precision without sign (agg_num_lengths). */
void my_finish_hybrid(struct my_eval *ev, struct my_meta *m, struct my_expr *e, size_t from, size_t has_else)
{
    enum my_result res = my_result_of(m->type);
    if (res == MY_RES_STR || res == MY_RES_REAL || my_is_temporal(m->type))
        return;
    if (ev->r->kit->mariadb) {
        finish_mariadb(m, e, from, has_else);
        return;
    }
    uint32_t prec = 0, widest = 0;
    uint8_t dec = 0;
    bool uns = true;
    for (size_t i = from; i < e->n_args; i++) {
        bool is_else = has_else && i == (size_t)e->n_args - 1;
        if (e->op == MY_X_CASE && !is_else && (i - from) % 2 == 0)
            continue;
        const struct my_meta *a = &e->args[i]->m;
        dec = a->dec > dec ? a->dec : dec;
        uns &= a->unsigned_;
        widest = a->len > widest ? a->len : widest;
        uint32_t p = a->len - (a->dec ? 1u : 0) - (a->unsigned_ || a->len == 0 ? 0u : 1u);
        if (a->len == 0)
            p = 0;
        p = p > a->dec ? p - a->dec : 0;
        prec = p > prec ? p : prec;
    }
    prec += dec;
    if (prec > 65)
        prec = 65;
    m->unsigned_ = uns;
    m->dec = dec;
    m->len = prec + (dec ? 1u : 0) + (uns || !prec ? 0u : 1u);
    m->type = res == MY_RES_INT ? MY_T_LONGLONG : MY_T_NEWDECIMAL;
    if (res == MY_RES_INT && ev->r->kit->version >= 50700) /* the sign's place is no longer counted off */
        m->len = widest;
}

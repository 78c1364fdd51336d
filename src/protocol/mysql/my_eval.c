#include "protocol/mysql/my_eval.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/my_sysvars.h"

bool my_step(struct my_run *r, uint64_t n)
{
    r->steps += n;
    if (r->steps <= MY_STEPS_MAX)
        return true;
    my_fail(r, MY_ER_QUERY_INTERRUPTED);
    return false;
}

const struct my_coll *my_conn_coll(const struct my_eval *ev)
{
    return ev->r->c->cs_conn;
}

/* ---- strings ---- */
size_t my_chars(const struct my_coll *c, const char *s, size_t n)
{
    if (!c || c->maxlen == 1 || n == 0)
        return n;
    if (strncmp(c->charset, "utf8", 4) != 0)
        return n / c->minlen;
    size_t chars = 0;
    for (size_t i = 0; i < n; i++)
        chars += ((unsigned char)s[i] & 0xc0) != 0x80;
    return chars;
}

size_t my_char_bytes(const struct my_coll *c, const char *s, size_t n, size_t chars)
{
    if (!c || c->maxlen == 1 || strncmp(c->charset, "utf8", 4) != 0)
        return chars < n ? chars : n;
    size_t i = 0;
    while (i < n && chars > 0) {
        i++;
        while (i < n && ((unsigned char)s[i] & 0xc0) == 0x80)
            i++;
        chars--;
    }
    return i;
}

/* Case and accents of Latin letters fold; everything else compares by code. */
static unsigned fold(unsigned cp)
{
    static const char latin[] = "AAAAAA\306CEEEEIIII\320NOOOOO\327OUUUUY\336S";
    if (cp >= 'a' && cp <= 'z')
        return cp - 32;
    if (cp >= 0xe0 && cp <= 0xfe && cp != 0xf7)
        cp -= 32;
    if (cp >= 0xc0 && cp <= 0xdf)
        return (unsigned char)latin[cp - 0xc0];
    if (cp == 0xff)
        return 'Y';
    return cp;
}

static unsigned next_cp(const struct my_coll *c, const char *s, size_t n, size_t *at)
{
    unsigned char b = (unsigned char)s[(*at)++];
    if (b < 0x80 || strncmp(c->charset, "utf8", 4) != 0)
        return b;
    int more = b >= 0xf0 ? 3 : b >= 0xe0 ? 2 : b >= 0xc0 ? 1 : 0;
    unsigned cp = more == 3 ? b & 7u : more == 2 ? b & 15u : more == 1 ? b & 31u : b;
    while (more-- > 0 && *at < n && ((unsigned char)s[*at] & 0xc0) == 0x80)
        cp = cp << 6 | ((unsigned char)s[(*at)++] & 0x3fu);
    return cp;
}

int my_coll_compare(const struct my_coll *c, const char *a, size_t n, const char *b, size_t m)
{
    if (!c || my_coll_is_binary(c)) {
        size_t min = n < m ? n : m;
        int d = min ? memcmp(a, b, min) : 0;
        return d ? (d < 0 ? -1 : 1) : n < m ? -1 : n > m;
    }
    size_t i = 0, j = 0;
    while (i < n || j < m) { /* the shorter one is padded with spaces */
        unsigned x = i < n ? next_cp(c, a, n, &i) : ' ', y = j < m ? next_cp(c, b, m, &j) : ' ';
        if (!c->bin) {
            x = fold(x);
            y = fold(y);
        }
        if (x != y)
            return x < y ? -1 : 1;
    }
    return 0;
}

const struct my_coll *my_coll_meet(const struct my_meta *a, const struct my_meta *b, struct my_meta *ret)
{
    struct my_meta m = *a;
    if (!b->coll || b->coerce == MY_CO_IGNORABLE)
        m = *a;
    else if (!a->coll || a->coerce == MY_CO_IGNORABLE || b->coerce < a->coerce)
        m = *b;
    else if (a->coerce == b->coerce && a->coll != b->coll) {
        if (my_coll_is_binary(a->coll) || my_coll_is_binary(b->coll)) {
            m = my_coll_is_binary(a->coll) ? *a : *b;
        } else if (strcmp(a->coll->charset, b->coll->charset) == 0) {
            if (b->coll->bin)
                m = *b;
            else if (!a->coll->bin)
                m.coerce = MY_CO_NONE;
        } else if (strncmp(b->coll->charset, "utf8", 4) == 0) {
            m = *b;
        }
    } else if (a->coerce == MY_CO_NUMERIC && b->coerce != MY_CO_NUMERIC) {
        m = *b;
    }
    if (ret) {
        ret->coll = m.coll;
        ret->coerce = m.coerce;
    }
    return m.coll;
}

int my_truth(const struct my_val *v)
{
    switch (v->kind) {
    case MY_V_NULL:
        return -1;
    case MY_V_INT:
        return v->i != 0;
    case MY_V_UINT:
        return v->u != 0;
    case MY_V_DEC:
        return v->dec.unscaled != 0;
    case MY_V_REAL:
        return v->d != 0;
    case MY_V_STR:
        return my_text_real(v->s.p, v->s.n, NULL) != 0;
    }
    return -1;
}

/* ---- comparing ---- */
static int cmp_int(const struct my_val *a, const struct my_val *b)
{
    bool ua = false, ub = false;
    int64_t x = my_val_i64(a, &ua), y = my_val_i64(b, &ub);
    bool nx = !ua && x < 0, ny = !ub && y < 0;
    if (nx != ny)
        return nx ? -1 : 1;
    if (nx)
        return x < y ? -1 : x > y;
    return (uint64_t)x < (uint64_t)y ? -1 : (uint64_t)x > (uint64_t)y;
}

/* Text of a date made whole, so that '2020-1-2' meets '2020-01-02'. */
static bool date_text(struct my_eval *ev, const struct my_val *v, const struct my_meta *m, bool as_time, char *buf, size_t n)
{
    struct my_time t;
    struct my_val text = my_val_text(ev->r->arena, v, m);
    if (text.kind != MY_V_STR)
        return false;
    if (as_time ? !my_time_parse_time(text.s.p, text.s.n, &t) : !my_time_parse(text.s.p, text.s.n, &t))
        return false;
    (void)my_time_text(&t, as_time ? MY_T_TIME : MY_T_DATETIME, 6, buf, n);
    return true;
}

int my_compare(struct my_eval *ev, const struct my_val *a, const struct my_meta *ma, const struct my_val *b, const struct my_meta *mb)
{
    bool ta = my_is_temporal(ma->type), tb = my_is_temporal(mb->type);
    if ((ta && b->kind == MY_V_STR) || (tb && a->kind == MY_V_STR)) {
        char x[64], y[64];
        bool as_time = (ta && ma->type == MY_T_TIME) || (!ta && mb->type == MY_T_TIME);
        if (date_text(ev, a, ma, as_time, x, sizeof x) && date_text(ev, b, mb, as_time, y, sizeof y)) {
            int d = strcmp(x, y);
            return d < 0 ? -1 : d > 0;
        }
    }
    if (a->kind == MY_V_STR && b->kind == MY_V_STR) {
        const struct my_coll *c = my_coll_meet(ma, mb, NULL);
        return my_coll_compare(c, a->s.p, a->s.n, b->s.p, b->s.n);
    }
    bool ia = a->kind == MY_V_INT || a->kind == MY_V_UINT, ib = b->kind == MY_V_INT || b->kind == MY_V_UINT;
    if (ia && ib)
        return cmp_int(a, b);
    if ((ia || a->kind == MY_V_DEC) && (ib || b->kind == MY_V_DEC))
        return my_dec_cmp(my_val_dec(a), my_val_dec(b));
    double x = my_val_real(a), y = my_val_real(b);
    return x < y ? -1 : x > y;
}

/* ---- typing helpers ---- */
void my_fix_int(struct my_kit *k, struct my_expr *e, uint32_t len, bool maybe_null, bool unsigned_)
{
    e->m = (struct my_meta){.type = MY_T_LONGLONG, .len = len, .coll = k->binary, .coerce = MY_CO_NUMERIC, .maybe_null = maybe_null,
                            .unsigned_ = unsigned_};
}

void my_fix_string_type(struct my_meta *m)
{
    m->type = m->len >= 16777216 ? MY_T_LONG_BLOB : m->len >= 65536 ? MY_T_MEDIUM_BLOB : MY_T_VAR_STRING;
}

void my_fix_str(struct my_eval *ev, struct my_expr *e, const struct my_coll *c, uint64_t chars, uint8_t dec, bool maybe_null)
{
    uint64_t len = chars * c->maxlen;
    e->m = (struct my_meta){.len = len > UINT32_MAX ? UINT32_MAX : (uint32_t)len, .coll = c, .dec = dec, .coerce = MY_CO_COERCIBLE,
                            .maybe_null = maybe_null};
    (void)ev;
    my_fix_string_type(&e->m);
}

bool my_any_maybe_null(const struct my_expr *e)
{
    for (size_t i = 0; i < e->n_args; i++)
        if (e->args[i]->m.maybe_null)
            return true;
    return false;
}

struct my_val my_text_out(struct my_eval *ev, const char *s, size_t n)
{
    char *p = arena_copy(ev->r->arena, s, n);
    if (!p) {
        my_fail(ev->r, MY_ER_OUTOFMEMORY, (int)n);
        return my_null();
    }
    return my_str(p, n);
}

struct my_val my_arg_text(struct my_eval *ev, struct my_expr *e, size_t i, const struct my_val *args)
{
    struct my_val t = my_val_text(ev->r->arena, &args[i], &e->args[i]->m);
    if (t.kind == MY_V_NULL && args[i].kind != MY_V_NULL)
        my_fail(ev->r, MY_ER_OUTOFMEMORY, 64);
    return t;
}

bool my_too_big(struct my_eval *ev, const char *func, size_t n)
{
    uint64_t max = my_var_u64(ev->r, "max_allowed_packet");
    if (n <= max)
        return false;
    my_warn(ev->r, MY_WARNING, MY_ER_WARN_ALLOWED_PACKET_OVERFLOWED, func, (long)max);
    return true;
}

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

static void fix_name(struct my_eval *ev, struct my_expr *e)
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
static void fix_sysvar(struct my_eval *ev, struct my_expr *e)
{
    struct my_run *r = ev->r;
    const struct my_sysvar *v = e->table ? NULL : my_sysvar_find(r->kit, e->name);
    if (e->table && my_sysvar_find(r->kit, e->name) && strncmp(e->name, "key_", 4) == 0)
        v = my_sysvar_find(r->kit, e->name);
    if (!v) {
        my_fail(r, MY_ER_UNKNOWN_SYSTEM_VARIABLE, e->name);
        return;
    }
    enum my_scope scope = e->scope;
    const char *text = my_var_text(r, v, scope == MY_SCOPE_NONE ? MY_SCOPE_SESSION : scope);
    if (scope == MY_SCOPE_GLOBAL && !text) {
        my_fail(r, MY_ER_INCORRECT_GLOBAL_LOCAL_VAR, v->name, "SESSION");
        return;
    }
    if (scope == MY_SCOPE_SESSION && !r->kit->mariadb && my_sysvar_scope(r->kit, v) == MY_VAR_GLOBAL && r->kit->version >= 50500) {
        my_fail(r, MY_ER_INCORRECT_GLOBAL_LOCAL_VAR, v->name, "GLOBAL");
        return;
    }
    if (strcmp(v->name, "version") == 0)
        r->sent_version = true;
    bool null = !text || (!*text && (strcmp(v->name, "secure_file_priv") == 0 || strncmp(v->name, "report_", 7) == 0 ||
                                     strncmp(v->name, "relay_log", 9) == 0 || strncmp(v->name, "ssl_", 4) == 0 || strncmp(v->name, "log_bin_", 8) == 0));
    e->val = my_null();
    switch (v->type) {
    case MY_VAR_BOOL:
        my_fix_int(r->kit, e, 1, true, false);
        e->m.exact = true;
        e->val = my_int(text && strcmp(text, "ON") == 0);
        break;
    case MY_VAR_INT: {
        bool uns = false;
        my_fix_int(r->kit, e, 21, true, true);
        int64_t i = my_text_i64(text, strlen(text), NULL, &uns);
        e->m.unsigned_ = i >= 0 || uns;
        e->val = e->m.unsigned_ ? my_uint((uint64_t)i) : my_int(i);
        break;
    }
    case MY_VAR_DOUBLE:
        e->m = (struct my_meta){.type = MY_T_DOUBLE, .len = 21, .dec = 6, .coll = r->kit->binary, .coerce = MY_CO_NUMERIC, .maybe_null = true};
        e->val = my_real(strtod(text, NULL));
        break;
    default:
        my_fix_str(ev, e, r->kit->utf8, null ? 0 : strlen(text), MY_DEC_FLOAT, true);
        e->m.coerce = MY_CO_SYSCONST;
        if (!null)
            e->val = my_str(text, strlen(text));
        break;
    }
    e->is_const = true;
}

static void fix_uservar(struct my_eval *ev, struct my_expr *e)
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
        e->m = (struct my_meta){.type = MY_T_NEWDECIMAL, .len = 83, .dec = 30, .coll = r->kit->binary, .maybe_null = true, .coerce = MY_CO_IMPLICIT};
        return;
    case MY_V_REAL:
        e->m = (struct my_meta){.type = MY_T_DOUBLE, .len = 23, .dec = MY_DEC_FLOAT, .coll = r->kit->binary, .maybe_null = true, .coerce = MY_CO_IMPLICIT};
        return;
    default:
        my_fix_str(ev, e, c, 16777215u / c->maxlen, MY_DEC_FLOAT, true);
        e->m.len = 16777215;
        e->m.coerce = MY_CO_IMPLICIT;
        return;
    }
}

static struct my_val eval_uservar(struct my_eval *ev, const struct my_expr *e)
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
static void fix_literal(struct my_eval *ev, struct my_expr *e)
{
    struct my_kit *k = ev->r->kit;
    e->is_const = true;
    if (e->val.kind != MY_V_STR) {
        e->m.coll = k->binary;
        return;
    }
    if (e->aux == 1) { /* hexadecimal */
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

static void fix_param(struct my_eval *ev, struct my_expr *e)
{
    struct my_run *r = ev->r;
    e->is_const = true;
    if ((unsigned)e->aux >= r->n_params || !r->params) {
        e->m = (struct my_meta){.type = MY_T_VAR_STRING, .coll = r->kit->binary, .coerce = MY_CO_COERCIBLE, .maybe_null = true};
        e->val = my_null();
        if (r->kit->mariadb) /* nothing bound: a NULL */
            e->m.type = MY_T_NULL;
        return;
    }
    e->val = r->params[e->aux];
    e->m = r->param_meta[e->aux];
}

static void fix_case(struct my_eval *ev, struct my_expr *e)
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
    m.maybe_null = null || (ev->r->kit->mariadb ? false : my_any_maybe_null(e));
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

static struct my_val eval_case(struct my_eval *ev, struct my_expr *e)
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
        uint64_t la = a.len / (a.coll && x == MY_RES_STR ? a.coll->maxlen : 1), lb = b->len / (b->coll && y == MY_RES_STR ? b->coll->maxlen : 1);
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
    m->type = MY_T_LONGLONG;
    m->len = a.len > b->len ? a.len : b->len;
}

/* Lengths of numbers go through a precision without sign (agg_num_lengths). */
void my_finish_hybrid(struct my_eval *ev, struct my_meta *m, struct my_expr *e, size_t from, size_t has_else)
{
    enum my_result res = my_result_of(m->type);
    if (res == MY_RES_STR || ev->r->kit->mariadb)
        return;
    if (res == MY_RES_REAL)
        return;
    uint32_t prec = 0;
    uint8_t dec = 0;
    bool uns = true;
    for (size_t i = from; i < e->n_args; i++) {
        bool is_else = has_else && i == (size_t)e->n_args - 1;
        if (e->op == MY_X_CASE && !is_else && (i - from) % 2 == 0)
            continue;
        const struct my_meta *a = &e->args[i]->m;
        dec = a->dec > dec ? a->dec : dec;
        uns &= a->unsigned_;
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
}

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
    struct my_routine *fn = db[0] ? my_world_routine(r->w, "FUNCTION", db, e->name) : NULL;
    if (fn) {
        my_fail(r, MY_ER_NOT_SUPPORTED_YET, "calling this function");
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

static unsigned width_of(const struct my_expr *e)
{
    return e->op == MY_X_ROW ? e->n_args : 1;
}

static void check_rows(struct my_eval *ev, struct my_expr *e)
{
    unsigned first = e->n_args ? width_of(e->args[0]) : 1;
    for (size_t i = 0; i < e->n_args; i++) {
        unsigned w = width_of(e->args[i]);
        if (w != 1 && !rows_allowed(e))
            my_fail(ev->r, MY_ER_OPERAND_COLUMNS, 1);
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

void my_fix(struct my_eval *ev, struct my_expr *e)
{
    if (e->fixed || !my_ok(ev->r) || !my_step(ev->r, 1))
        return;
    switch (e->op) {
    case MY_X_LITERAL:
        fix_literal(ev, e);
        break;
    case MY_X_NAME:
        fix_name(ev, e);
        break;
    case MY_X_PARAM:
        fix_param(ev, e);
        break;
    case MY_X_USERVAR:
        fix_uservar(ev, e);
        break;
    case MY_X_SYSVAR:
        fix_sysvar(ev, e);
        break;
    case MY_X_ASSIGN:
        fix_args(ev, e);
        e->m = e->args[0]->m;
        e->m.is_field = false;
        e->m.flags = 0;
        e->m.db = e->m.table = e->m.org_table = e->m.org_name = NULL;
        if (my_result_of(e->m.type) == MY_RES_INT)
            e->m.type = MY_T_LONGLONG;
        e->m.coerce = MY_CO_IMPLICIT;
        e->is_const = false;
        break;
    case MY_X_FUNC:
        fix_args(ev, e);
        if (!my_ok(ev->r))
            return;
        check_rows(ev, e);
        e->func->fix(ev, e);
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
            fix_case(ev, e);
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
            fix_name(ev, &name);
            e->m = name.m;
            break;
        }
        if (e->op == MY_X_VALUES && e->name) {
            struct my_expr name = *e;
            name.op = MY_X_NAME;
            fix_name(ev, &name);
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
        return eval_uservar(ev, e);
    case MY_X_ASSIGN: {
        struct my_val v = my_eval_expr(ev, e->args[0]);
        if (my_ok(ev->r))
            my_uservar_set(ev->r, e->name, &v, &e->args[0]->m);
        return v;
    }
    case MY_X_FUNC:
        return eval_func(ev, e);
    case MY_X_UDF:
        return my_eval_udf_call(ev, e);
    case MY_X_AGG:
        return ev->ctx && ev->ctx->slots ? ev->ctx->slots[e->aux2] : my_null();
    case MY_X_CASE:
        return eval_case(ev, e);
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

/* SELECT: the tables it reads and what * stands for. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/exec/my_check.h"
#include "protocol/mysql/exec/my_sel.h"
#include "protocol/mysql/exec/my_select.h"
#include "protocol/mysql/expr/my_eval.h"

void *my_run_get(struct my_run *r, size_t n)
{
    void *p = arena_new(r->arena, n ? n : 1);
    if (!p)
        my_fail(r, MY_ER_OUTOFMEMORY, (int)n);
    return p;
}

struct my_ctx my_ctx_of(struct my_run *r, size_t max)
{
    struct my_ctx x = {0};
    x.rels = my_run_get(r, (max + 1) * sizeof *x.rels);
    x.row = my_run_get(r, (max + 1) * sizeof *x.row);
    return x;
}

bool my_rows_add(struct my_run *r, struct my_rows *rows, struct my_val *vals)
{
    if (rows->n_rows == rows->cap_rows) {
        size_t cap = rows->cap_rows ? rows->cap_rows * 2 : 16;
        struct my_val **list = my_run_get(r, cap * sizeof *list);
        if (!list)
            return false;
        if (rows->n_rows)
            memcpy(list, rows->rows, rows->n_rows * sizeof *list);
        rows->rows = list;
        rows->cap_rows = cap;
    }
    rows->rows[rows->n_rows++] = vals;
    return true;
}

/* Item::set_name: no control characters and blanks in front, at most 255 bytes; a NUL inside is written out. */
static const char *literal_name(struct my_run *r, const struct my_expr *e)
{
    const char *s = e->val.s.p;
    size_t n = e->val.s.n, at = 0;
    while (n && (unsigned char)*s <= ' ') {
        s++;
        n--;
    }
    char *out = my_run_get(r, n * 4 + 1);
    for (size_t i = 0; out && i < n && at < 255; i++) {
        if (s[i] == '\0')
            at += (size_t)snprintf(out + at, 5, "\\x00");
        else
            out[at++] = s[i];
    }
    if (out)
        out[at] = '\0';
    return out ? out : "";
}

const char *my_item_name(struct my_run *r, const struct my_item *it)
{
    if (it->alias) {
        const char *s = it->alias;
        while (*s && (unsigned char)*s <= ' ')
            s++;
        return s;
    }
    const struct my_expr *e = it->expr;
    if (e->op == MY_X_FIELD && e->m.of_view && e->m.org_name)
        return e->m.org_name;
    if (r->kit->mariadb && e->op == MY_X_LITERAL && e->val.kind == MY_V_STR && e->text == e->val.s.p)
        return literal_name(r, e);
    if (e->op == MY_X_FIELD || e->op == MY_X_NAME || e->op == MY_X_REF)
        return e->name;
    if (e->text)
        return e->text;
    return e->name ? e->name : "";
}

/* ---- tables ---- */
struct my_val my_cell_val(const struct my_column *c, const struct my_cell *cell)
{
    if (cell->null)
        return my_null();
    switch (my_result_of(c->wire_type)) {
    case MY_RES_INT:
        if (c->wire_type == MY_T_BIT)
            return my_str(cell->p, cell->n);
        if (c->type.unsigned_)
            return my_uint((uint64_t)my_text_i64(cell->p, cell->n, NULL, NULL));
        return my_int(my_text_i64(cell->p, cell->n, NULL, NULL));
    case MY_RES_DEC:
        return my_decimal(my_dec_round(my_dec_of_text(cell->p, cell->n, NULL), c->dec, false));
    case MY_RES_REAL:
        return my_real(my_text_real(cell->p, cell->n, NULL));
    default:
        return my_str(cell->p, cell->n);
    }
}

struct my_meta my_column_meta(const struct my_column *c, const char *db, const char *alias, const char *table)
{
    return (struct my_meta){.type = c->wire_type, .dec = c->dec, .flags = c->flags, .len = c->len, .coll = c->coll, .coerce = MY_CO_IMPLICIT,
                            .unsigned_ = c->type.unsigned_ || c->wire_type == MY_T_YEAR || c->wire_type == MY_T_BIT, .maybe_null = !c->not_null, .is_field = true,
                            .zerofill = c->type.zerofill, .db = db, .table = alias, .org_table = table, .org_name = c->name};
}

/* The server's own views (mysql.user, schema sys): a column keeps the view's name, a computed one has no database. */
static void as_view(struct my_rel *rel, const struct my_table *t)
{
    for (size_t i = 0; i < t->n_cols; i++) {
        struct my_meta *m = &rel->cols[i].m;
        bool direct = t->cols[i].wire_db && t->cols[i].wire_db[0];
        m->of_view = true;
        m->view_base = direct ? t->view_base : NULL;
        m->db = t->cols[i].wire_db ? t->cols[i].wire_db : m->db;
        m->org_table = t->cols[i].wire_org_table ? t->cols[i].wire_org_table : m->org_table;
    }
}

struct my_rel *my_rel_of_table(struct my_run *r, struct my_db *db, struct my_table *t, const char *alias)
{
    struct my_rel *rel = my_run_get(r, sizeof *rel);
    if (!rel)
        return NULL;
    *rel = (struct my_rel){.db = db ? db->name : "", .name = t->name, .alias = alias ? alias : t->name, .table = t, .dbp = db, .n_cols = t->n_cols};
    rel->cols = my_run_get(r, t->n_cols * sizeof *rel->cols);
    rel->rows = my_run_get(r, t->n_rows * sizeof *rel->rows);
    if (!rel->cols || !rel->rows || !my_step(r, t->n_rows * (1 + t->n_cols / 4)))
        return NULL;
    for (size_t i = 0; i < t->n_cols; i++)
        rel->cols[i] = (struct my_relcol){t->cols[i].name, my_column_meta(&t->cols[i], rel->db, rel->alias, t->name)};
    if (t->shown_as_view)
        as_view(rel, t);
    for (size_t i = 0; i < t->n_rows; i++) {
        struct my_val *v = my_run_get(r, t->n_cols * sizeof *v);
        if (!v)
            return NULL;
        for (size_t j = 0; j < t->n_cols; j++)
            v[j] = j < t->rows[i]->n ? my_cell_val(&t->cols[j], &t->rows[i]->cell[j]) : my_null();
        rel->rows[rel->n_rows++] = v;
    }
    rel->system_const = t->n_rows <= 1 && strcasecmp(t->engine, "InnoDB") != 0 && strcasecmp(t->engine, "CSV") != 0 && strcasecmp(t->engine, "PERFORMANCE_SCHEMA") != 0;
    return rel;
}

static struct my_rel *rel_of_view(struct my_run *r, struct my_db *db, struct my_table *t, const char *alias)
{
    struct my_parse p;
    struct my_stmt *st = NULL;
    const char *rest = NULL;
    struct my_parse_env env = my_parse_env_of(r, false);
    if (++r->sub_depth > 32 || my_parse(&p, r->arena, &env, t->view_text, strlen(t->view_text), &st, &rest) < 0 || st->com != MY_Q_SELECT) {
        my_fail(r, MY_ER_VIEW_INVALID, db->name, t->name);
        return NULL;
    }
    char save[sizeof r->c->db];
    memcpy(save, r->c->db, sizeof save);
    (void)snprintf(r->c->db, sizeof r->c->db, "%s", db->name);
    struct my_rows rows = {0};
    my_select_run(r, st->select, NULL, 0, &rows);
    memcpy(r->c->db, save, sizeof save);
    r->sub_depth--;
    if (!my_ok(r))
        return NULL;
    struct my_rel *rel = my_run_get(r, sizeof *rel);
    if (!rel)
        return NULL;
    *rel = (struct my_rel){.db = db->name, .name = t->name, .alias = alias ? alias : t->name, .n_cols = rows.n_cols, .rows = rows.rows, .n_rows = rows.n_rows, .derived = true};
    rel->cols = my_run_get(r, rows.n_cols * sizeof *rel->cols);
    for (size_t i = 0; rel->cols && i < rows.n_cols; i++) {
        rel->cols[i] = (struct my_relcol){i < t->n_cols ? t->cols[i].name : rows.cols[i].name, rows.cols[i].m};
        rel->cols[i].m.db = rel->db;
        rel->cols[i].m.table = rel->alias;
        rel->cols[i].m.org_table = rel->name;
        rel->cols[i].m.org_name = rel->cols[i].name;
        rel->cols[i].m.is_field = true;
    }
    return rel->cols ? rel : NULL;
}

struct my_rel *my_rel_open(struct my_run *r, const char *db, const char *name, const char *alias, struct my_select *s)
{
    if (!db && !r->c->db[0]) {
        my_fail(r, MY_ER_NO_DB);
        return NULL;
    }
    const char *d = db ? db : r->c->db;
    if (my_is_info_schema(d))
        return my_info_rel(r, name, alias, s);
    struct my_db *dbp = NULL;
    if (!my_check_read(r, d, name))
        return NULL;
    struct my_table *t = my_find_table(r, db, name, &dbp, false);
    if (!t)
        return NULL;
    if (t->shown_as_view && dbp && strcasecmp(r->c->db, dbp->name) != 0)
        r->status |= MY_STATUS_SESSION_CHANGED; /* the session stood in the view's schema for a moment */
    return t->is_view ? rel_of_view(r, dbp, t, alias) : my_rel_of_table(r, dbp, t, alias);
}

/* Columns now, rows when the columns of the statement have been sent (MariaDB fills derived tables while it executes). */
static void describe_later(struct my_run *r, const struct my_select *s, struct my_rows *ret)
{
    struct my_select *copy = my_select_copy(r, s);
    bool flags = r->sub_flags;
    r->describe_only = r->sub_flags = true;
    if (copy)
        my_select_describe(r, copy, NULL, ret);
    r->describe_only = false;
    r->sub_flags = flags;
}

void my_rels_fill(struct my_run *r, struct my_ctx *x)
{
    for (size_t i = 0; i < x->n && my_ok(r); i++) {
        struct my_rel *rel = x->rels[i];
        struct my_rows rows = {0};
        if (!rel->pending)
            continue;
        r->sub_depth++;
        my_select_run(r, rel->pending, NULL, 0, &rows);
        r->sub_depth--;
        rel->pending = NULL;
        rel->rows = rows.rows;
        rel->n_rows = rows.n_rows;
    }
}

/* A grouped select may fail while it groups; others are cheap, and what they hold helps the optimizer. */
static bool may_wait(const struct my_run *r, const struct my_tref *t)
{
    return r->deferring && !r->describe_only && t->derived && t->derived->group && !t->derived->next;
}

static struct my_rel *rel_of_derived(struct my_run *r, struct my_tref *t)
{
    struct my_rows rows = {0};
    bool later = may_wait(r, t);
    if (++r->sub_depth > 60) {
        my_fail(r, MY_ER_STACK_OVERRUN_NEED_MORE, 246240L, 262144L, 16000L);
        return NULL;
    }
    if (t->cte)
        my_cte_rows(r, t->cte, &rows);
    else if (r->describe_only)
        my_select_describe(r, t->derived, NULL, &rows);
    else if (later)
        describe_later(r, t->derived, &rows);
    else
        my_select_run(r, t->derived, NULL, 0, &rows);
    r->sub_depth--;
    struct my_rel *rel = my_ok(r) ? my_run_get(r, sizeof *rel) : NULL;
    if (!rel)
        return NULL;
    *rel = (struct my_rel){.db = "", .name = t->alias, .alias = t->alias, .n_cols = rows.n_cols, .rows = rows.rows, .n_rows = rows.n_rows, .derived = true,
                           .pending = later ? t->derived : NULL};
    rel->cols = my_run_get(r, rows.n_cols * sizeof *rel->cols);
    for (size_t i = 0; rel->cols && i < rows.n_cols; i++) {
        rel->cols[i] = (struct my_relcol){rows.cols[i].name, rows.cols[i].m};
        struct my_meta *m = &rel->cols[i].m;
        for (size_t j = 0; j < i; j++)
            if (strcasecmp(rel->cols[j].name, rel->cols[i].name) == 0) {
                my_fail(r, MY_ER_DUP_FIELDNAME, rel->cols[i].name);
                return NULL;
            }
        my_as_temp_field(r, m);
        m->db = "";
        m->table = rel->alias;
        m->org_table = r->kit->mariadb ? "" : rel->alias;
        m->org_name = rel->cols[i].name;
    }
    return rel->cols ? rel : NULL;
}

/* A value of a temporary table: its metadata is a field's. */
void my_as_temp_field(struct my_run *r, struct my_meta *m)
{
    if (m->of_view) {
        m->org_table = m->view_base ? m->view_base : "";
        m->org_name = m->view_base ? m->org_name : "";
    }
    uint16_t keep = m->is_field ? m->flags & (uint16_t)~(MY_F_PRI_KEY | MY_F_UNIQUE_KEY | MY_F_MULTIPLE_KEY | MY_F_PART_KEY | MY_F_AUTO_INCREMENT | MY_F_NO_DEFAULT | MY_F_TIMESTAMP | MY_F_ON_UPDATE_NOW) : 0;
    if (r->kit->mariadb && m->is_field)
        keep |= m->flags & MY_F_NO_DEFAULT;
    if (!m->is_field) {
        if (r->kit->mariadb && my_is_narrow(m))
            m->type = MY_T_LONG;
        if (m->unsigned_)
            keep |= MY_F_UNSIGNED;
        if (m->coll && m->coll->bin && my_result_of(m->type) == MY_RES_STR)
            keep |= MY_F_BINARY;
        if (m->type >= MY_T_TINY_BLOB && m->type <= MY_T_BLOB)
            keep |= MY_F_BLOB;
        if (my_result_of(m->type) == MY_RES_STR && !my_is_temporal(m->type)) {
            if (m->type >= MY_T_TINY_BLOB && m->type <= MY_T_BLOB)
                m->type = MY_T_BLOB;
            m->dec = 0;
        }
        if (m->type == MY_T_NULL) {
            m->type = MY_T_STRING;
            keep |= MY_F_BINARY;
        }
    }
    if (r->kit->tables.n_rows && m->db && my_is_info_schema(m->db)) /* sorted in place: the table itself is a temporary one */
        keep |= m->flags & MY_F_NO_DEFAULT;
    m->flags = (uint16_t)((keep & ~MY_F_NOT_NULL) | (m->maybe_null ? 0 : MY_F_NOT_NULL));
    m->is_field = true;
}

static size_t count_trefs(const struct my_tref *t)
{
    size_t n = 0;
    for (; t; t = t->next)
        n++;
    return n;
}

struct my_val *my_null_row(struct my_run *r, const struct my_rel *rel)
{
    struct my_val *v = my_run_get(r, rel->n_cols * sizeof *v);
    for (size_t i = 0; v && i < rel->n_cols; i++)
        v[i] = my_null();
    return v;
}

bool my_open_tables(struct my_run *r, struct my_plan *pl)
{
    struct my_select *s = pl->s;
    size_t n = count_trefs(s->from);
    if (n > 61) {
        my_fail_text(r, MY_ER_WRONG_USAGE, "Too many tables; MySQL can only use 61 tables in a join");
        return false;
    }
    pl->x = my_ctx_of(r, n);
    if (!my_ok(r))
        return false;
    for (struct my_tref *t = s->from; t; t = t->next) {
        struct my_rel *rel = t->derived || t->cte ? rel_of_derived(r, t) : my_rel_open(r, t->db, t->name, t->alias, s);
        if (!rel)
            return false;
        rel->ref = t;
        rel->null_row_ok = t->join == MY_JOIN_LEFT;
        for (size_t i = 0; i < pl->x.n; i++)
            if (strcasecmp(pl->x.rels[i]->alias, rel->alias) == 0 && strcasecmp(pl->x.rels[i]->db, rel->db) == 0) {
                my_fail(r, MY_ER_NONUNIQ_TABLE, rel->alias);
                return false;
            }
        if (t->join == MY_JOIN_RIGHT)
            for (size_t i = 0; i < pl->x.n; i++)
                pl->x.rels[i]->null_row_ok = true;
        t->index = (int)pl->x.n;
        pl->x.rels[pl->x.n++] = rel;
    }
    return true;
}

/* ---- * ---- */
static struct my_item *star_item(struct my_run *r, struct my_rel *rel, int index, size_t col)
{
    struct my_item *it = my_run_get(r, sizeof *it);
    struct my_expr *e = it ? my_run_get(r, sizeof *e) : NULL;
    if (!e)
        return NULL;
    *e = (struct my_expr){.op = MY_X_FIELD, .aux = index, .aux2 = (int)col, .name = rel->cols[col].name, .fixed = true, .has_field = true};
    e->m = rel->cols[col].m;
    if (rel->null_row_ok)
        e->m.maybe_null = true;
    it->expr = e;
    return it;
}

/* Columns that a NATURAL join or USING has shown already. */
static bool joined_before(const struct my_plan *pl, size_t index, const char *col)
{
    const struct my_tref *t = pl->x.rels[index]->ref;
    if (!t || index == 0)
        return false;
    for (size_t i = 0; i < t->n_using; i++)
        if (strcasecmp(t->using_cols[i], col) == 0)
            return true;
    if (t->natural)
        for (size_t i = 0; i < index; i++)
            for (size_t j = 0; j < pl->x.rels[i]->n_cols; j++)
                if (strcasecmp(pl->x.rels[i]->cols[j].name, col) == 0)
                    return true;
    return false;
}

bool my_expand_stars(struct my_run *r, struct my_plan *pl)
{
    struct my_item **at = &pl->s->items;
    while (*at) {
        struct my_item *it = *at;
        if (it->expr->op != MY_X_STAR) {
            at = &it->next;
            continue;
        }
        struct my_item **last = at, *rest = it->next;
        bool some = false;
        for (size_t i = 0; i < pl->x.n; i++) {
            struct my_rel *rel = pl->x.rels[i];
            if (it->expr->table && (strcasecmp(rel->alias, it->expr->table) != 0 || (it->expr->db && strcasecmp(rel->db, it->expr->db) != 0)))
                continue;
            some = true;
            for (size_t j = 0; j < rel->n_cols; j++) {
                if (!it->expr->table && joined_before(pl, i, rel->cols[j].name))
                    continue;
                *last = star_item(r, rel, (int)i, j);
                if (!*last)
                    return false;
                last = &(*last)->next;
            }
        }
        if (!some) {
            if (it->expr->table)
                my_fail(r, MY_ER_BAD_TABLE, it->expr->table);
            else
                my_fail(r, MY_ER_NO_TABLES_USED);
            return false;
        }
        *last = rest;
        at = last;
    }
    return true;
}

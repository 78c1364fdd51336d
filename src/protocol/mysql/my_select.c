/* SELECT: tables opened, names resolved, rows joined, filtered, grouped, ordered, sent. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/my_eval.h"
#include "protocol/mysql/my_sel.h"

static void *get(struct my_run *r, size_t n)
{
    void *p = arena_new(r->arena, n ? n : 1);
    if (!p)
        my_fail(r, MY_ER_OUTOFMEMORY, (int)n);
    return p;
}

struct my_ctx my_ctx_of(struct my_run *r, size_t max)
{
    struct my_ctx x = {0};
    x.rels = get(r, (max + 1) * sizeof *x.rels);
    x.row = get(r, (max + 1) * sizeof *x.row);
    return x;
}

bool my_rows_add(struct my_run *r, struct my_rows *rows, struct my_val *vals)
{
    if (rows->n_rows == rows->cap_rows) {
        size_t cap = rows->cap_rows ? rows->cap_rows * 2 : 16;
        struct my_val **list = get(r, cap * sizeof *list);
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

const char *my_item_name(struct my_run *r, const struct my_item *it)
{
    (void)r;
    if (it->alias)
        return it->alias;
    const struct my_expr *e = it->expr;
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

struct my_rel *my_rel_of_table(struct my_run *r, struct my_db *db, struct my_table *t, const char *alias)
{
    struct my_rel *rel = get(r, sizeof *rel);
    if (!rel)
        return NULL;
    *rel = (struct my_rel){.db = db ? db->name : "", .name = t->name, .alias = alias ? alias : t->name, .table = t, .dbp = db, .n_cols = t->n_cols};
    rel->cols = get(r, t->n_cols * sizeof *rel->cols);
    rel->rows = get(r, t->n_rows * sizeof *rel->rows);
    if (!rel->cols || !rel->rows || !my_step(r, t->n_rows * (1 + t->n_cols / 4)))
        return NULL;
    for (size_t i = 0; i < t->n_cols; i++)
        rel->cols[i] = (struct my_relcol){t->cols[i].name, my_column_meta(&t->cols[i], rel->db, rel->alias, t->name)};
    for (size_t i = 0; i < t->n_rows; i++) {
        struct my_val *v = get(r, t->n_cols * sizeof *v);
        if (!v)
            return NULL;
        for (size_t j = 0; j < t->n_cols; j++)
            v[j] = j < t->rows[i]->n ? my_cell_val(&t->cols[j], &t->rows[i]->cell[j]) : my_null();
        rel->rows[rel->n_rows++] = v;
    }
    rel->system_const = t->n_rows <= 1 && strcasecmp(t->engine, "InnoDB") != 0 && strcasecmp(t->engine, "CSV") != 0;
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
    struct my_rel *rel = get(r, sizeof *rel);
    if (!rel)
        return NULL;
    *rel = (struct my_rel){.db = db->name, .name = t->name, .alias = alias ? alias : t->name, .n_cols = rows.n_cols, .rows = rows.rows, .n_rows = rows.n_rows, .derived = true};
    rel->cols = get(r, rows.n_cols * sizeof *rel->cols);
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
    struct my_table *t = my_find_table(r, db, name, &dbp, false);
    if (!t)
        return NULL;
    return t->is_view ? rel_of_view(r, dbp, t, alias) : my_rel_of_table(r, dbp, t, alias);
}

static struct my_rel *rel_of_derived(struct my_run *r, struct my_tref *t)
{
    struct my_rows rows = {0};
    if (++r->sub_depth > 60) {
        my_fail(r, MY_ER_STACK_OVERRUN_NEED_MORE, 246240L, 262144L, 16000L);
        return NULL;
    }
    if (r->describe_only)
        my_select_describe(r, t->derived, NULL, &rows);
    else
        my_select_run(r, t->derived, NULL, 0, &rows);
    r->sub_depth--;
    struct my_rel *rel = my_ok(r) ? get(r, sizeof *rel) : NULL;
    if (!rel)
        return NULL;
    *rel = (struct my_rel){.db = "", .name = t->alias, .alias = t->alias, .n_cols = rows.n_cols, .rows = rows.rows, .n_rows = rows.n_rows, .derived = true};
    rel->cols = get(r, rows.n_cols * sizeof *rel->cols);
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
    uint16_t keep = m->is_field ? m->flags & (uint16_t)~(MY_F_PRI_KEY | MY_F_UNIQUE_KEY | MY_F_MULTIPLE_KEY | MY_F_PART_KEY | MY_F_AUTO_INCREMENT | MY_F_NO_DEFAULT | MY_F_TIMESTAMP | MY_F_ON_UPDATE_NOW) : 0;
    if (!m->is_field) {
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
    m->flags = (uint16_t)((keep & ~MY_F_NOT_NULL) | (m->maybe_null ? 0 : MY_F_NOT_NULL));
    m->is_field = true;
    (void)r;
}

static size_t count_trefs(const struct my_tref *t)
{
    size_t n = 0;
    for (; t; t = t->next)
        n++;
    return n;
}

/* A pseudo row of NULLs for outer joins. */
static struct my_val *null_row(struct my_run *r, const struct my_rel *rel)
{
    struct my_val *v = get(r, rel->n_cols * sizeof *v);
    for (size_t i = 0; v && i < rel->n_cols; i++)
        v[i] = my_null();
    return v;
}

static bool open_tables(struct my_run *r, struct my_plan *pl)
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
        struct my_rel *rel = t->derived ? rel_of_derived(r, t) : my_rel_open(r, t->db, t->name, t->alias, s);
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
    struct my_item *it = get(r, sizeof *it);
    struct my_expr *e = it ? get(r, sizeof *e) : NULL;
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

static bool expand_stars(struct my_run *r, struct my_plan *pl)
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

/* ---- resolving ---- */
static struct my_expr *same_column(struct my_run *r, size_t a, size_t ca, size_t b, size_t cb, const struct my_plan *pl)
{
    struct my_expr *e = get(r, sizeof *e), **args = get(r, 2 * sizeof *args);
    if (!e || !args)
        return NULL;
    for (int i = 0; i < 2; i++) {
        size_t rel = i ? b : a, col = i ? cb : ca;
        args[i] = get(r, sizeof **args);
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
    struct my_expr *e = get(r, sizeof *e), **args = get(r, 2 * sizeof *args);
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

static void limit_value(struct my_run *r, struct my_expr *e, uint64_t *ret)
{
    if (!e)
        return;
    struct my_val v = my_eval_const(r, e);
    if (v.kind != MY_V_NULL)
        *ret = (uint64_t)my_val_i64(&v, NULL);
}

static bool resolve(struct my_run *r, struct my_plan *pl)
{
    struct my_select *s = pl->s;
    if (!expand_stars(r, pl))
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
    if (s->where)
        fix_in(r, pl, s->where, "where clause");
    pl->on = get(r, (pl->x.n + 1) * sizeof *pl->on);
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
    pl->limit = UINT64_MAX;
    pl->offset = 0;
    limit_value(r, s->limit, &pl->limit);
    limit_value(r, s->offset, &pl->offset);
    pl->grouped = s->group || pl->x.n_aggs > 0;
    if (pl->grouped && !s->group && my_sql_mode(r, "ONLY_FULL_GROUP_BY"))
        for (struct my_item *it = s->items; it; it = it->next)
            if (it->expr->has_field && !it->expr->has_agg) {
                my_fail(r, MY_ER_MIX_OF_GROUP_FUNC);
                return false;
            }
    return my_ok(r);
}

/* ---- rows ---- */
static bool emit(struct my_run *r, struct my_plan *pl, struct my_sink *sink)
{
    return sink->row(r, pl, sink);
}

static bool where_holds(struct my_run *r, struct my_plan *pl)
{
    if (!pl->s->where)
        return true;
    struct my_eval ev = {.r = r, .ctx = &pl->x, .clause = "where clause"};
    struct my_val v = my_eval_expr(&ev, pl->s->where);
    return my_ok(r) && my_truth(&v) == 1;
}

static bool on_holds(struct my_run *r, struct my_plan *pl, size_t i)
{
    if (!pl->on[i])
        return true;
    struct my_eval ev = {.r = r, .ctx = &pl->x, .clause = "on clause"};
    struct my_val v = my_eval_expr(&ev, pl->on[i]);
    return my_ok(r) && my_truth(&v) == 1;
}

/* Nested loops over the tables from i on. False: stop. */
static bool join_from(struct my_run *r, struct my_plan *pl, size_t i, struct my_sink *sink)
{
    if (!my_ok(r))
        return false;
    if (i == pl->x.n)
        return !where_holds(r, pl) ? my_ok(r) : emit(r, pl, sink);
    struct my_rel *rel = pl->x.rels[i];
    const struct my_tref *t = rel->ref;
    bool hit = false, right = t && t->join == MY_JOIN_RIGHT;
    for (size_t k = 0; k < rel->n_rows; k++) {
        if (!my_step(r, 1))
            return false;
        pl->x.row[i] = rel->rows[pl->order_of[i] ? pl->order_of[i][k] : k];
        if (!on_holds(r, pl, i)) {
            if (!my_ok(r))
                return false;
            continue;
        }
        hit = true;
        if (right && pl->right_seen[i])
            pl->right_seen[i][k] = true;
        if (!join_from(r, pl, i + 1, sink))
            return false;
    }
    if (!hit && t && t->join == MY_JOIN_LEFT) {
        pl->x.row[i] = null_row(r, rel);
        if (!join_from(r, pl, i + 1, sink))
            return false;
    }
    pl->x.row[i] = NULL;
    return true;
}

/* RIGHT JOIN: rows of the right table that met none. */
static bool right_rest(struct my_run *r, struct my_plan *pl, struct my_sink *sink)
{
    for (size_t i = 1; i < pl->x.n; i++) {
        if (!pl->right_seen[i])
            continue;
        for (size_t k = 0; k < pl->x.rels[i]->n_rows; k++) {
            if (pl->right_seen[i][k])
                continue;
            for (size_t j = 0; j < i; j++)
                pl->x.row[j] = null_row(r, pl->x.rels[j]);
            pl->x.row[i] = pl->x.rels[i]->rows[k];
            if (!join_from(r, pl, i + 1, sink))
                return false;
        }
    }
    return true;
}

static void scan(struct my_run *r, struct my_plan *pl, struct my_sink *sink)
{
    if (pl->empty)
        return;
    if (pl->x.n == 0) {
        if (where_holds(r, pl))
            (void)emit(r, pl, sink);
        return;
    }
    if (join_from(r, pl, 0, sink))
        (void)right_rest(r, pl, sink);
}

/* ---- grouping ---- */
struct group {
    struct my_val *keys, *slots;
    struct my_val **row;       /* the first row: values of columns outside the groups */
    struct my_agg_state *states;
    struct group *next;        /* in order of appearance */
    struct group *chain;
};
struct group_sink {
    struct my_sink sink;
    struct group *first, **last;
    struct group **buckets;
    size_t n_buckets, n_groups, n_keys;
};

static uint64_t hash_val(const struct my_coll *c, const struct my_val *v)
{
    uint64_t h = 1469598103934665603ull;
    if (v->kind == MY_V_NULL)
        return 7;
    if (v->kind == MY_V_STR) {
        size_t n = v->s.n;
        while (n && v->s.p[n - 1] == ' ' && !(c && my_coll_is_binary(c)))
            n--;
        for (size_t i = 0; i < n; i++) {
            unsigned char b = (unsigned char)v->s.p[i];
            if (b >= 'a' && b <= 'z')
                b = (unsigned char)(b - 32);
            if (b >= 0x80)
                continue; /* accents may fold: such strings share a bucket */
            h = (h ^ b) * 1099511628211ull;
        }
        return h;
    }
    double d = my_val_real(v);
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    return (h ^ bits) * 1099511628211ull;
}

static bool same_val(struct my_eval *ev, const struct my_val *a, const struct my_val *b, const struct my_meta *m)
{
    if (a->kind == MY_V_NULL || b->kind == MY_V_NULL)
        return a->kind == b->kind;
    return my_compare(ev, a, m, b, m) == 0;
}

static struct group *group_new(struct my_run *r, struct my_plan *pl, size_t n_keys)
{
    struct group *g = get(r, sizeof *g);
    if (!g)
        return NULL;
    g->keys = get(r, n_keys * sizeof *g->keys);
    g->slots = get(r, pl->x.n_aggs * sizeof *g->slots);
    g->row = get(r, pl->x.n * sizeof *g->row);
    g->states = get(r, pl->x.n_aggs * sizeof *g->states);
    if (!my_ok(r))
        return NULL;
    if (pl->x.n)
        memcpy(g->row, pl->x.row, pl->x.n * sizeof *g->row);
    for (size_t i = 0; i < pl->x.n_aggs; i++)
        my_agg_begin(r, pl->x.aggs[i], &g->states[i]);
    return g;
}

static bool group_row(struct my_run *r, struct my_plan *pl, struct my_sink *sink)
{
    struct group_sink *gs = (struct group_sink *)(void *)sink;
    struct my_eval ev = {.r = r, .ctx = &pl->x, .clause = "group statement"};
    struct my_val keys[64];
    size_t n = 0;
    uint64_t h = 99;
    for (struct my_order *o = pl->s->group; o && n < 64; o = o->next, n++) {
        keys[n] = my_eval_expr(&ev, o->expr);
        h = h * 31 + hash_val(o->expr->m.coll, &keys[n]);
    }
    if (!my_ok(r))
        return false;
    struct group **bucket = &gs->buckets[h % gs->n_buckets], *g;
    for (g = *bucket; g; g = g->chain) {
        size_t i = 0;
        struct my_order *o = pl->s->group;
        for (; i < n && same_val(&ev, &keys[i], &g->keys[i], &o->expr->m); i++)
            o = o->next;
        if (i == n)
            break;
        if (!my_step(r, 1))
            return false;
    }
    if (!g) {
        g = group_new(r, pl, n);
        if (!g)
            return false;
        if (n)
            memcpy(g->keys, keys, n * sizeof *keys);
        g->chain = *bucket;
        *bucket = g;
        *gs->last = g;
        gs->last = &g->next;
        gs->n_groups++;
    }
    for (size_t i = 0; i < pl->x.n_aggs; i++)
        my_agg_add(&ev, pl->x.aggs[i], &g->states[i]);
    return my_ok(r);
}

/* ---- the result in memory: values to show, then values to order by ---- */
struct out_row {
    struct my_val *show, *keys;
    size_t seq;
};
struct out_sink {
    struct my_sink sink;
    struct out_row *rows;
    size_t n, cap, n_order, stop_at;
};

static bool out_row(struct my_run *r, struct my_plan *pl, struct my_sink *sink)
{
    struct out_sink *os = (struct out_sink *)(void *)sink;
    struct my_eval ev = {.r = r, .ctx = &pl->x, .clause = "field list"};
    if (pl->s->having) {
        struct my_val v = my_eval_expr(&ev, pl->s->having);
        if (my_truth(&v) != 1)
            return my_ok(r);
    }
    if (os->n == os->cap) {
        size_t cap = os->cap ? os->cap * 2 : 16;
        struct out_row *list = get(r, cap * sizeof *list);
        if (!list)
            return false;
        if (os->n)
            memcpy(list, os->rows, os->n * sizeof *list);
        os->rows = list;
        os->cap = cap;
    }
    struct out_row *row = &os->rows[os->n];
    row->show = get(r, pl->n_items * sizeof *row->show);
    row->keys = get(r, os->n_order * sizeof *row->keys);
    if (!my_ok(r))
        return false;
    size_t i = 0;
    for (struct my_item *it = pl->s->items; it; it = it->next)
        row->show[i++] = my_eval_expr(&ev, it->expr);
    i = 0;
    for (struct my_order *o = pl->s->order; o; o = o->next, i++) {
        size_t k = 0;
        row->keys[i] = my_null();
        struct my_item *it = pl->s->items;
        for (; it && it->expr != o->expr && !(o->expr->op == MY_X_REF && o->expr->target == it->expr); it = it->next)
            k++;
        row->keys[i] = it ? row->show[k] : my_eval_expr(&ev, o->expr);
    }
    row->seq = os->n++;
    if (!my_ok(r))
        return false;
    return !(os->stop_at && os->n >= os->stop_at);
}

struct sorter {
    struct my_eval *ev;
    const struct my_order *order;
};

static int cmp_keys(const struct sorter *so, const struct out_row *a, const struct out_row *b)
{
    size_t i = 0;
    for (const struct my_order *o = so->order; o; o = o->next, i++) {
        const struct my_val *x = &a->keys[i], *y = &b->keys[i];
        int c;
        if (x->kind == MY_V_NULL || y->kind == MY_V_NULL)
            c = (y->kind == MY_V_NULL) - (x->kind == MY_V_NULL);
        else
            c = my_compare(so->ev, x, &o->expr->m, y, &o->expr->m);
        if (c)
            return o->desc ? -c : c;
    }
    return a->seq < b->seq ? -1 : a->seq > b->seq;
}

static int by_keys(const void *a, const void *b, void *arg)
{
    return cmp_keys(arg, a, b);
}

static void distinct_rows(struct my_run *r, struct my_plan *pl, struct out_sink *os)
{
    struct my_eval ev = {.r = r, .ctx = &pl->x};
    size_t n_buckets = os->n * 2 + 1, kept = 0;
    size_t *head = get(r, n_buckets * sizeof *head), *chain = get(r, (os->n + 1) * sizeof *chain);
    if (!head || !chain)
        return;
    for (size_t i = 0; i < os->n; i++) {
        uint64_t h = 5;
        size_t k = 0;
        for (struct my_item *it = pl->s->items; it; it = it->next, k++)
            h = h * 31 + hash_val(it->expr->m.coll, &os->rows[i].show[k]);
        size_t *slot = &head[h % n_buckets], at;
        for (at = *slot; at; at = chain[at]) {
            struct my_item *it = pl->s->items;
            for (k = 0; it && same_val(&ev, &os->rows[at - 1].show[k], &os->rows[i].show[k], &it->expr->m); k++)
                it = it->next;
            if (!it || !my_step(r, 1))
                break;
        }
        if (at)
            continue;
        os->rows[kept] = os->rows[i];
        chain[kept + 1] = *slot;
        *slot = ++kept;
    }
    os->n = kept;
}

static void rollup_rows(struct my_run *r, struct my_plan *pl, struct group_sink *gs, struct out_sink *os);

static bool group_out(struct my_run *r, struct my_plan *pl, struct group *g, struct out_sink *os)
{
    for (size_t i = 0; i < pl->x.n_aggs; i++)
        g->slots[i] = my_agg_end(r, pl->x.aggs[i], &g->states[i]);
    pl->x.slots = g->slots;
    if (pl->x.n)
        memcpy(pl->x.row, g->row, pl->x.n * sizeof *g->row);
    return my_ok(r) && out_row(r, pl, &os->sink);
}

static int group_cmp(struct my_eval *ev, const struct my_plan *pl, const struct group *a, const struct group *b)
{
    size_t i = 0;
    for (const struct my_order *o = pl->s->group; o; o = o->next, i++) {
        const struct my_val *x = &a->keys[i], *y = &b->keys[i];
        int c = x->kind == MY_V_NULL || y->kind == MY_V_NULL ? (y->kind == MY_V_NULL) - (x->kind == MY_V_NULL) : my_compare(ev, x, &o->expr->m, y, &o->expr->m);
        if (c)
            return o->desc ? -c : c;
    }
    return 0;
}
struct group_sorter {
    struct my_eval *ev;
    const struct my_plan *pl;
};
static int by_group(const void *a, const void *b, void *arg)
{
    struct group_sorter *gs = arg;
    return group_cmp(gs->ev, gs->pl, *(struct group *const *)a, *(struct group *const *)b);
}

static void run_grouped(struct my_run *r, struct my_plan *pl, struct out_sink *os)
{
    struct group_sink gs = {.sink = {.row = group_row}, .n_buckets = 4096};
    gs.last = &gs.first;
    gs.buckets = get(r, gs.n_buckets * sizeof *gs.buckets);
    if (!gs.buckets)
        return;
    scan(r, pl, &gs.sink);
    if (!my_ok(r))
        return;
    if (!gs.first && !pl->s->group) { /* aggregates over nothing: one row */
        for (size_t i = 0; i < pl->x.n; i++)
            pl->x.row[i] = null_row(r, pl->x.rels[i]);
        gs.first = group_new(r, pl, 0);
        gs.n_groups = 1;
    }
    if (!my_ok(r))
        return;
    struct group **list = get(r, (gs.n_groups + 1) * sizeof *list);
    size_t n = 0;
    for (struct group *g = gs.first; list && g; g = g->next)
        list[n++] = g;
    struct my_eval ev = {.r = r, .ctx = &pl->x};
    struct group_sorter so = {&ev, pl};
    if (list && n > 1 && pl->s->group && (r->kit->version < 80000 || r->kit->mariadb)) /* GROUP BY orders too */
        qsort_r(list, n, sizeof *list, by_group, &so);
    for (size_t i = 0; list && i < n && my_ok(r); i++)
        (void)group_out(r, pl, list[i], os);
    if (pl->s->rollup && list)
        rollup_rows(r, pl, &gs, os);
    pl->x.slots = NULL;
}

/* WITH ROLLUP, one level: the grand total. */
static void rollup_rows(struct my_run *r, struct my_plan *pl, struct group_sink *gs, struct out_sink *os)
{
    if (!gs->first)
        return;
    struct group *g = group_new(r, pl, 0);
    struct group_sink one = {.sink = {.row = group_row}, .n_buckets = 1};
    if (!g)
        return;
    struct my_order *save = pl->s->group;
    pl->s->group = NULL;
    one.last = &one.first;
    one.buckets = get(r, sizeof *one.buckets);
    if (one.buckets)
        scan(r, pl, &one.sink);
    pl->s->group = save;
    if (one.first && my_ok(r) && group_out(r, pl, one.first, os)) {
        size_t i = 0;
        for (struct my_item *it = pl->s->items; it; it = it->next, i++)
            for (struct my_order *o = save; o; o = o->next)
                if (it->expr == o->expr || (it->expr->op == MY_X_FIELD && o->expr->op == MY_X_FIELD && it->expr->aux == o->expr->aux && it->expr->aux2 == o->expr->aux2))
                    os->rows[os->n - 1].show[i] = my_null();
    }
}

static void order_rows(struct my_run *r, struct my_plan *pl, struct out_sink *os)
{
    if (!pl->s->order || os->n < 2)
        return;
    struct my_eval ev = {.r = r, .ctx = &pl->x};
    struct sorter so = {&ev, pl->s->order};
    if (my_step(r, os->n * 8))
        qsort_r(os->rows, os->n, sizeof *os->rows, by_keys, &so);
}

/* Whether rows pass through a temporary table on their way, which makes fields of the columns. */
static bool through_temp(const struct my_run *r, const struct my_plan *pl)
{
    const struct my_select *s = pl->s;
    if (pl->empty)
        return false;
    for (size_t i = 0; i < pl->x.n; i++)
        if (pl->x.rels[i]->info_schema && (s->group || s->distinct || s->order))
            return true;
    (void)r;
    return s->distinct && pl->x.n > 0 && !pl->grouped;
}

static void columns_of(struct my_run *r, struct my_plan *pl, struct my_rows *ret)
{
    ret->cols = get(r, pl->n_items * sizeof *ret->cols);
    if (!ret->cols)
        return;
    bool temp = through_temp(r, pl);
    for (struct my_item *it = pl->s->items; it; it = it->next) {
        struct my_result_col *c = &ret->cols[ret->n_cols++];
        struct my_expr *e = it->expr;
        while (e->op == MY_X_REF)
            e = e->target;
        c->name = my_item_name(r, it);
        c->m = e->m;
        if (temp) {
            my_as_temp_field(r, &c->m);
            bool nullable = c->m.maybe_null, part = false;
            for (struct my_order *o = pl->s->group; o; o = o->next)
                part |= o->expr == e || (o->expr->op == MY_X_FIELD && e->op == MY_X_FIELD && o->expr->aux2 == e->aux2 && o->expr->aux == e->aux);
            if (pl->s->distinct && !pl->s->group && pl->x.n == 1 && !pl->semi_join)
                part = true;
            if (nullable && part)
                c->m.flags |= MY_F_GROUP;
        }
    }
}

static void plan_init(struct my_run *r, struct my_plan *pl, struct my_select *s, struct my_ctx *outer)
{
    *pl = (struct my_plan){.s = s};
    if (!open_tables(r, pl))
        return;
    pl->x.outer = outer;
    pl->x.select = s;
    if (!resolve(r, pl))
        return;
    pl->order_of = get(r, (pl->x.n + 1) * sizeof *pl->order_of);
    pl->right_seen = get(r, (pl->x.n + 1) * sizeof *pl->right_seen);
    for (size_t i = 0; pl->right_seen && i < pl->x.n; i++)
        if (pl->x.rels[i]->ref && pl->x.rels[i]->ref->join == MY_JOIN_RIGHT)
            pl->right_seen[i] = get(r, pl->x.rels[i]->n_rows + 1);
    if (my_ok(r))
        my_optimize(r, pl);
    if (my_ok(r) && !s->plan) { /* for EXPLAIN */
        struct my_plan *keep = get(r, sizeof *keep);
        if (keep)
            *keep = *pl;
        s->plan = keep;
    }
}

/* One SELECT without its unions. */
static void run_block(struct my_run *r, struct my_select *s, struct my_ctx *outer, size_t limit, bool rows, struct my_rows *ret)
{
    struct my_plan pl;
    plan_init(r, &pl, s, outer);
    if (!my_ok(r))
        return;
    ret->depends = pl.x.used_outer;
    columns_of(r, &pl, ret);
    if (!rows || !my_ok(r))
        return;
    struct out_sink os = {.sink = {.row = out_row}};
    for (struct my_order *o = s->order; o; o = o->next)
        os.n_order++;
    bool plain = !pl.grouped && !s->order && !s->distinct && !s->calc_found;
    uint64_t end = pl.limit > UINT64_MAX - pl.offset ? UINT64_MAX : pl.limit + pl.offset;
    if (plain && limit && limit < end)
        end = limit;
    if (plain && end < (1u << 30))
        os.stop_at = (size_t)end;
    if (pl.limit > 0 || s->calc_found) {
        if (pl.grouped)
            run_grouped(r, &pl, &os);
        else
            scan(r, &pl, &os.sink);
    }
    my_access_flags(r, &pl);
    if (s->distinct && my_ok(r))
        distinct_rows(r, &pl, &os);
    if (my_ok(r))
        order_rows(r, &pl, &os);
    ret->found = os.n;
    for (size_t i = (size_t)(pl.offset < os.n ? pl.offset : os.n); i < os.n && ret->n_rows < pl.limit && my_ok(r); i++)
        if (!my_rows_add(r, ret, os.rows[i].show))
            return;
    if (!s->calc_found)
        ret->found = ret->n_rows;
}

/* ---- unions ---- */
static void union_columns(struct my_run *r, struct my_rows *into, const struct my_rows *more)
{
    struct my_eval ev = {.r = r};
    for (size_t i = 0; i < into->n_cols; i++) {
        struct my_meta *m = &into->cols[i].m;
        if (m->type == MY_T_NULL) {
            const char *keep = into->cols[i].name;
            *m = more->cols[i].m;
            m->maybe_null = true;
            into->cols[i].name = keep;
        } else if (more->cols[i].m.type == MY_T_NULL) {
            m->maybe_null = true;
        } else {
            my_unify(&ev, m, &more->cols[i].m);
        }
    }
}

static struct my_val union_val(struct my_run *r, struct my_val v, const struct my_meta *from, const struct my_meta *to)
{
    if (v.kind == MY_V_NULL)
        return v;
    switch (my_result_of(to->type)) {
    case MY_RES_INT:
        return v.kind == MY_V_INT || v.kind == MY_V_UINT ? v : my_int(my_val_i64(&v, NULL));
    case MY_RES_DEC:
        return my_decimal(my_dec_round(my_val_dec(&v), to->dec > 30 ? 30 : to->dec, false));
    case MY_RES_REAL:
        return my_real(my_val_real(&v));
    default:
        return my_val_text(r->arena, &v, from);
    }
}

/* Columns of a union are fields of a temporary table: names and lengths as such. */
static void union_fields(struct my_run *r, struct my_rows *ret)
{
    for (size_t i = 0; i < ret->n_cols; i++) {
        struct my_meta *m = &ret->cols[i].m;
        bool was_int = my_result_of(m->type) == MY_RES_INT && !m->is_field;
        m->is_field = false;
        m->flags = 0;
        my_as_temp_field(r, m);
        if (was_int && m->len < 20 && !r->kit->mariadb)
            m->len = 20;
        m->db = "";
        m->table = "";
        m->org_table = "";
        m->org_name = ret->cols[i].name;
    }
}

static void union_distinct(struct my_run *r, struct my_rows *rows)
{
    struct my_eval ev = {.r = r};
    size_t kept = 0, n_buckets = rows->n_rows * 2 + 1;
    size_t *head = get(r, n_buckets * sizeof *head), *chain = get(r, (rows->n_rows + 1) * sizeof *chain);
    if (!head || !chain)
        return;
    for (size_t i = 0; i < rows->n_rows; i++) {
        uint64_t h = 5;
        for (size_t k = 0; k < rows->n_cols; k++)
            h = h * 31 + hash_val(rows->cols[k].m.coll, &rows->rows[i][k]);
        size_t *slot = &head[h % n_buckets], at;
        for (at = *slot; at; at = chain[at]) {
            size_t k = 0;
            while (k < rows->n_cols && same_val(&ev, &rows->rows[at - 1][k], &rows->rows[i][k], &rows->cols[k].m))
                k++;
            if (k == rows->n_cols || !my_step(r, 1))
                break;
        }
        if (at)
            continue;
        rows->rows[kept] = rows->rows[i];
        chain[kept + 1] = *slot;
        *slot = ++kept;
    }
    rows->n_rows = kept;
}

struct union_sort {
    struct my_eval *ev;
    const struct my_rows *rows;
    int cols[16];
    bool desc[16];
    size_t n;
};
static int by_union(const void *a, const void *b, void *arg)
{
    const struct union_sort *u = arg;
    struct my_val *const *x = a, *const *y = b;
    for (size_t i = 0; i < u->n; i++) {
        const struct my_val *p = &(*x)[u->cols[i]], *q = &(*y)[u->cols[i]];
        const struct my_meta *m = &u->rows->cols[u->cols[i]].m;
        int c = p->kind == MY_V_NULL || q->kind == MY_V_NULL ? (q->kind == MY_V_NULL) - (p->kind == MY_V_NULL) : my_compare(u->ev, p, m, q, m);
        if (c)
            return u->desc[i] ? -c : c;
    }
    return 0;
}

static void union_tail(struct my_run *r, struct my_select *s, struct my_rows *ret)
{
    struct my_eval ev = {.r = r};
    struct union_sort u = {.ev = &ev, .rows = ret};
    for (struct my_order *o = s->union_order; o && u.n < 16; o = o->next) {
        int col = -1;
        if (o->position)
            col = o->position > 0 && (size_t)o->position <= ret->n_cols ? o->position - 1 : -1;
        else if (o->expr->op == MY_X_NAME)
            for (size_t i = 0; i < ret->n_cols && col < 0; i++)
                if (strcasecmp(ret->cols[i].name, o->expr->name) == 0)
                    col = (int)i;
        if (col < 0) {
            char text[32];
            (void)snprintf(text, sizeof text, "%d", o->position);
            my_fail(r, MY_ER_BAD_FIELD, o->position ? text : o->expr->name ? o->expr->name : "?", "order clause");
            return;
        }
        u.cols[u.n] = col;
        u.desc[u.n++] = o->desc;
    }
    if (u.n && ret->n_rows > 1)
        qsort_r(ret->rows, ret->n_rows, sizeof *ret->rows, by_union, &u);
    uint64_t limit = UINT64_MAX, offset = 0;
    limit_value(r, s->union_limit, &limit);
    limit_value(r, s->union_offset, &offset);
    if (offset > ret->n_rows)
        offset = ret->n_rows;
    ret->rows += offset;
    ret->n_rows -= (size_t)offset;
    if (ret->n_rows > limit)
        ret->n_rows = (size_t)limit;
}

static void run_all(struct my_run *r, struct my_select *s, struct my_ctx *outer, size_t limit, bool rows, struct my_rows *ret)
{
    *ret = (struct my_rows){0};
    if (++r->sub_depth > 64) {
        my_fail(r, MY_ER_STACK_OVERRUN_NEED_MORE, 246240L, 262144L, 16000L);
        return;
    }
    run_block(r, s, outer, s->next ? 0 : limit, rows, ret);
    if (s->next) {
        struct my_rows *parts = get(r, 1024 * sizeof *parts);
        size_t n = 0, distinct_to = 0;
        if (parts)
            parts[n++] = *ret;
        for (struct my_select *u = s->next; parts && u && my_ok(r) && n < 1024; u = u->next) {
            parts[n] = (struct my_rows){0};
            run_block(r, u, outer, 0, rows, &parts[n]);
            if (my_ok(r) && parts[n].n_cols != ret->n_cols) {
                my_fail(r, MY_ER_WRONG_NUMBER_OF_COLUMNS);
                break;
            }
            ret->depends |= parts[n].depends;
            if (!u->union_all)
                distinct_to = n;
            if (my_ok(r))
                union_columns(r, ret, &parts[n]);
            n++;
        }
        if (my_ok(r) && parts) {
            struct my_rows all = {.cols = ret->cols, .n_cols = ret->n_cols, .depends = ret->depends};
            union_fields(r, &all);
            for (size_t i = 0; i < n && my_ok(r); i++) {
                for (size_t k = 0; k < parts[i].n_rows && my_ok(r); k++) {
                    struct my_val *v = get(r, all.n_cols * sizeof *v);
                    for (size_t c = 0; v && c < all.n_cols; c++)
                        v[c] = union_val(r, parts[i].rows[k][c], i ? &parts[i].cols[c].m : NULL, &all.cols[c].m);
                    if (!v || !my_rows_add(r, &all, v))
                        break;
                }
                if (i == distinct_to && distinct_to > 0)
                    union_distinct(r, &all);
            }
            *ret = all;
            if (rows)
                r->status |= MY_STATUS_NO_INDEX;
            union_tail(r, s, ret);
            ret->found = ret->n_rows;
        }
    }
    r->sub_depth--;
}

void my_select_run(struct my_run *r, struct my_select *s, struct my_ctx *outer, size_t limit, struct my_rows *ret)
{
    run_all(r, s, outer, limit, true, ret);
}

void my_select_describe(struct my_run *r, struct my_select *s, struct my_ctx *outer, struct my_rows *ret)
{
    run_all(r, s, outer, 0, false, ret);
}

/* ---- the statement ---- */
static bool touches_transaction(struct my_run *r, const struct my_select *s)
{
    for (const struct my_tref *t = s->from; t; t = t->next) {
        struct my_table *base = t->derived ? NULL : my_find_table(r, t->db, t->name, NULL, true);
        if (base && strcasecmp(base->engine, "InnoDB") == 0)
            return true;
        if (t->derived && touches_transaction(r, t->derived))
            return true;
    }
    return false;
}

static void into_vars(struct my_run *r, struct my_select *s, const struct my_rows *rows)
{
    if (rows->n_cols != s->n_into_vars) {
        my_fail(r, MY_ER_WRONG_NUMBER_OF_COLUMNS);
        return;
    }
    if (rows->n_rows > 1) {
        my_fail(r, MY_ER_TOO_MANY_ROWS);
        return;
    }
    if (rows->n_rows == 0) {
        my_warn_text(r, MY_WARNING, 1329, "No data - zero rows fetched, selected, or processed");
        return;
    }
    for (size_t i = 0; i < rows->n_cols; i++)
        my_uservar_set(r, s->into_vars[i], &rows->rows[0][i], &rows->cols[i].m);
    r->affected = 1;
}

void my_exec_select(struct my_run *r, struct my_stmt *st)
{
    if (st->com == MY_Q_DO) {
        struct my_eval ev = {.r = r, .clause = "field list"};
        for (size_t i = 0; i < st->n_exprs && my_ok(r); i++) {
            my_fix(&ev, st->exprs[i]);
            if (my_ok(r))
                (void)my_eval_expr(&ev, st->exprs[i]);
        }
        return;
    }
    struct my_select *s = st->select;
    struct my_rows rows;
    if (s->into == MY_INTO_DUMPFILE || s->into == MY_INTO_OUTFILE) {
        struct my_rows cols;
        my_select_describe(r, s, NULL, &cols);
        if (my_ok(r) && !my_file_may_write(r, s->into_file))
            return;
        if (!my_ok(r))
            return;
    }
    uint16_t before = r->status;
    my_select_run(r, s, NULL, 0, &rows);
    if (!my_ok(r))
        return;
    if (!r->c->autocommit && touches_transaction(r, s))
        r->c->in_trans = true;
    r->c->found_rows = (int64_t)rows.found;
    switch (s->into) {
    case MY_INTO_NONE: {
        uint16_t late = r->late_status;
        r->status = (uint16_t)(r->status & ~late) | before;
        my_send_columns(r, rows.cols, rows.n_cols);
        for (size_t i = 0; i < rows.n_rows; i++)
            my_send_row(r, rows.cols, rows.rows[i], rows.n_cols);
        r->status |= late;
        if (r->status_at_end_clear)
            r->status &= (uint16_t)~MY_STATUS_NO_INDEX;
        size_t found = rows.found;
        my_send_end(r, rows.n_rows);
        r->c->found_rows = (int64_t)found;
        break;
    }
    case MY_INTO_VARS:
        into_vars(r, s, &rows);
        break;
    default:
        my_select_to_file(r, s, &rows);
        break;
    }
}

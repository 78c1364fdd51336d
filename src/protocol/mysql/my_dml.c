/* INSERT, REPLACE, UPDATE, DELETE, TRUNCATE, LOAD DATA. New rows are made before the first old one goes; rows that go are
 * kept until the statement ends, because values still point into them. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/my_sel.h"
#include "protocol/mysql/my_store.h"

struct dml {
    struct my_run *r;
    struct my_db *db;
    struct my_table *t;
    struct my_ctx x;
    struct my_rel *rel;
    struct my_store st;
    struct my_row **dead;
    size_t n_dead, cap_dead;
    uint64_t matched, changed, deleted, copied, records;
    bool ignore, innodb;
};

static void *get(struct my_run *r, size_t n)
{
    void *p = arena_new(r->arena, n ? n : 1);
    if (!p)
        my_fail(r, MY_ER_OUTOFMEMORY, (int)n);
    return p;
}

static bool keep_until_end(struct dml *d, struct my_row *row)
{
    if (d->n_dead == d->cap_dead) {
        size_t cap = d->cap_dead ? d->cap_dead * 2 : 16;
        struct my_row **list = realloc(d->dead, cap * sizeof *list);
        if (!list) {
            my_fail(d->r, MY_ER_OUTOFMEMORY, (int)(cap * sizeof *list));
            return false;
        }
        d->dead = list;
        d->cap_dead = cap;
    }
    d->dead[d->n_dead++] = my_row_ref(row);
    return true;
}

static void dml_done(struct dml *d)
{
    for (size_t i = 0; i < d->n_dead; i++)
        my_row_unref(d->dead[i]);
    free(d->dead);
    *d = (struct dml){0};
}

static bool dml_open(struct dml *d, struct my_run *r, const char *db, const char *name, bool ignore)
{
    *d = (struct dml){.r = r, .ignore = ignore};
    if (!my_need_db(r, &db))
        return false;
    if (my_is_info_schema(db)) {
        my_fail(r, MY_ER_DBACCESS_DENIED, r->c->user, r->c->priv_host, "information_schema");
        return false;
    }
    d->t = my_find_table(r, db, name, &d->db, false);
    if (!d->t)
        return false;
    if (d->t->is_view) {
        my_fail_text(r, MY_ER_WRONG_USAGE, "The target table is not updatable");
        return false;
    }
    if (!d->t->temporary && d->db) {
        d->t = my_world_own(r->w, d->db, d->t);
        if (!d->t) {
            my_fail_text(r, MY_ER_DISK_FULL, "The table is full");
            return false;
        }
    }
    d->innodb = strcasecmp(d->t->engine, "InnoDB") == 0;
    bool strict = my_sql_mode(r, "STRICT_ALL_TABLES") || my_sql_mode(r, "STRICT_TRANS_TABLES");
    d->st = (struct my_store){.r = r, .strict = strict && !ignore, .row = 1};
    return true;
}

static void no_room(struct my_run *r, const struct my_table *t)
{
    char text[300];
    (void)snprintf(text, sizeof text, "The table '%.200s' is full", t->name);
    my_fail_text(r, MY_ER_RECORD_FILE_FULL, text);
}

static struct my_val *row_vals(struct my_run *r, const struct my_table *t, const struct my_row *row)
{
    struct my_val *v = get(r, t->n_cols * sizeof *v);
    for (size_t i = 0; v && i < t->n_cols; i++)
        v[i] = i < row->n ? my_cell_val(&t->cols[i], &row->cell[i]) : my_null();
    return v;
}

/* ---- unique keys ---- */
static bool key_equal(const struct my_table *t, const struct my_key *k, const struct my_cell *a, const struct my_cell *b)
{
    for (size_t i = 0; i < k->n_cols; i++) {
        const struct my_cell *x = &a[k->cols[i]], *y = &b[k->cols[i]];
        const struct my_column *c = &t->cols[k->cols[i]];
        if (x->null || y->null)
            return false;
        size_t n = x->n, m = y->n;
        if (k->lens[i]) {
            size_t p = my_char_bytes(c->coll, x->p, n, k->lens[i]), q = my_char_bytes(c->coll, y->p, m, k->lens[i]);
            n = p < n ? p : n;
            m = q < m ? q : m;
        }
        if (my_coll_compare(c->coll, x->p, n, y->p, m) != 0)
            return false;
    }
    return true;
}

/* Row that the cells collide with, other than `self`; SIZE_MAX: none. */
static size_t find_duplicate(struct dml *d, const struct my_cell *cells, size_t self, const struct my_key **ret_key)
{
    const struct my_table *t = d->t;
    for (size_t k = 0; k < t->n_keys; k++) {
        if (t->keys[k].kind != MY_KEY_PRIMARY && t->keys[k].kind != MY_KEY_UNIQUE)
            continue;
        if (!my_step(d->r, t->n_rows))
            return SIZE_MAX;
        for (size_t i = 0; i < t->n_rows; i++)
            if (i != self && t->rows[i]->n >= t->n_cols && key_equal(t, &t->keys[k], cells, t->rows[i]->cell)) {
                *ret_key = &t->keys[k];
                return i;
            }
    }
    return SIZE_MAX;
}

static void duplicate_error(struct dml *d, const struct my_cell *cells, const struct my_key *k)
{
    char text[200] = "";
    size_t at = 0;
    for (size_t i = 0; i < k->n_cols; i++) {
        const struct my_cell *c = &cells[k->cols[i]];
        int n = snprintf(text + at, sizeof text - at, "%s%.*s", i ? "-" : "", (int)(c->n > 64 ? 64 : c->n), c->null ? "NULL" : c->p);
        at += n > 0 && (size_t)n < sizeof text - at ? (size_t)n : 0;
    }
    const char *name = k->kind == MY_KEY_PRIMARY ? "PRIMARY" : k->name;
    if (d->ignore && d->r->kit->version >= 50600)
        my_warn(d->r, MY_WARNING, MY_ER_DUP_ENTRY, text, name);
    else if (!d->ignore)
        my_fail(d->r, MY_ER_DUP_ENTRY, text, name);
}

/* ---- INSERT, REPLACE ---- */
struct insert {
    struct dml d;
    const struct my_stmt *stm;
    size_t *cols;             /* columns given, in order */
    size_t n_cols;
    struct my_cell *cells;    /* the row under construction */
    struct my_val *vals;      /* and what expressions see of it */
    bool *given;
    bool replace, multi_row;
    uint64_t first_id;
};

static bool column_at(struct insert *in, const char *name, size_t *ret)
{
    int i = my_table_col(in->d.t, name);
    if (i < 0) {
        my_fail(in->d.r, MY_ER_BAD_FIELD, name, "field list");
        return false;
    }
    *ret = (size_t)i;
    return true;
}

static bool choose_columns(struct insert *in)
{
    struct my_run *r = in->d.r;
    const struct my_stmt *s = in->stm;
    size_t n = 0, max = in->d.t->n_cols + s->n_cols;
    for (const struct my_assign *a = s->assigns; a && s->rows == NULL && s->com != MY_Q_LOAD; a = a->next)
        max++;
    in->cols = get(r, max * sizeof *in->cols);
    in->cells = get(r, in->d.t->n_cols * sizeof *in->cells);
    in->vals = get(r, in->d.t->n_cols * sizeof *in->vals);
    in->given = get(r, in->d.t->n_cols * sizeof *in->given);
    if (!my_ok(r))
        return false;
    if (s->cols_given && s->n_cols) {
        for (size_t i = 0; i < s->n_cols; i++)
            if (!column_at(in, s->cols[i], &in->cols[n++]))
                return false;
    } else if (s->assigns && s->com != MY_Q_LOAD) {
        for (const struct my_assign *a = s->assigns; a; a = a->next)
            if (!column_at(in, a->name, &in->cols[n++]))
                return false;
    } else if (!s->cols_given || s->com == MY_Q_LOAD) {
        for (; n < in->d.t->n_cols; n++)
            in->cols[n] = n;
    }
    in->n_cols = n;
    memset(in->given, 0, in->d.t->n_cols * sizeof *in->given);
    for (size_t i = 0; i < n; i++) {
        if (in->given[in->cols[i]]) {
            my_fail(r, MY_ER_FIELD_SPECIFIED_TWICE, in->d.t->cols[in->cols[i]].name);
            return false;
        }
        in->given[in->cols[i]] = true;
    }
    return true;
}

static bool ctx_of_table(struct dml *d)
{
    struct my_rel *rel = get(d->r, sizeof *rel);
    d->x = my_ctx_of(d->r, 1);
    if (!rel || !my_ok(d->r))
        return false;
    *rel = (struct my_rel){.db = d->db ? d->db->name : "", .name = d->t->name, .alias = d->t->name, .table = d->t, .dbp = d->db, .n_cols = d->t->n_cols};
    rel->cols = get(d->r, d->t->n_cols * sizeof *rel->cols);
    for (size_t i = 0; rel->cols && i < d->t->n_cols; i++)
        rel->cols[i] = (struct my_relcol){d->t->cols[i].name, my_column_meta(&d->t->cols[i], rel->db, rel->alias, d->t->name)};
    d->rel = rel;
    d->x.rels[0] = rel;
    d->x.n = 1;
    return my_ok(d->r);
}

/* Cells of the columns that were not named, before the values come. */
static bool begin_row(struct insert *in)
{
    struct my_table *t = in->d.t;
    for (size_t i = 0; i < t->n_cols; i++) {
        const struct my_column *c = &t->cols[i];
        if (in->given[i]) {
            struct my_store quiet = in->d.st;
            if (c->dflt || c->default_now || !c->not_null) {
                if (!my_store_default(&quiet, c, false, &in->cells[i]))
                    return false;
            } else {
                in->cells[i] = my_store_zero(in->d.r, c);
            }
        } else if ((int)i == t->auto_col) {
            in->cells[i] = (struct my_cell){.null = true};
        } else if (!my_store_default(&in->d.st, c, false, &in->cells[i])) {
            return false;
        }
        in->vals[i] = my_cell_val(c, &in->cells[i]);
    }
    return my_ok(in->d.r);
}

/* NULL into NOT NULL: an error for one row, the type's zero and a warning within several. */
static bool null_into(struct insert *in, size_t col)
{
    const struct my_column *c = &in->d.t->cols[col];
    struct my_run *r = in->d.r;
    if (!c->not_null || (int)col == in->d.t->auto_col)
        return true;
    if (c->type.type == MY_T_TIMESTAMP)
        return my_store_default(&(struct my_store){.r = r, .row = 1}, &(struct my_column){.type = c->type, .not_null = true, .default_now = true, .name = c->name}, true, &in->cells[col]);
    if (!in->multi_row || in->d.st.strict) {
        my_fail(r, MY_ER_BAD_NULL, c->name);
        return false;
    }
    my_warn(r, MY_WARNING, MY_ER_BAD_NULL, c->name);
    in->cells[col] = my_store_zero(r, c);
    return my_ok(r);
}

static bool put_value(struct insert *in, size_t col, const struct my_val *v, const struct my_meta *m)
{
    const struct my_column *c = &in->d.t->cols[col];
    if (!my_store_val(&in->d.st, c, v, m, &in->cells[col]))
        return false;
    if (in->cells[col].null && !null_into(in, col))
        return false;
    in->vals[col] = my_cell_val(c, &in->cells[col]);
    return true;
}

/* DEFAULT(column): the column's default as a value. */
static bool default_value(struct dml *d, const struct my_expr *e, size_t col, struct my_cell *ret)
{
    if (e && e->name) {
        int i = my_table_col(d->t, e->name);
        if (i < 0) {
            my_fail(d->r, MY_ER_BAD_FIELD, e->name, "field list");
            return false;
        }
        col = (size_t)i;
    }
    return my_store_default(&d->st, &d->t->cols[col], true, ret);
}

static bool put_expr(struct insert *in, size_t col, struct my_expr *e)
{
    struct dml *d = &in->d;
    if (e->op == MY_X_DEFAULT) {
        if (!e->name && (int)col == d->t->auto_col) {
            in->cells[col] = (struct my_cell){.null = true};
            return true;
        }
        if (!default_value(d, e, col, &in->cells[col]))
            return false;
        in->vals[col] = my_cell_val(&d->t->cols[col], &in->cells[col]);
        return true;
    }
    struct my_eval ev = {.r = d->r, .ctx = &d->x, .clause = "field list"};
    d->x.row[0] = in->vals;
    my_fix(&ev, e);
    struct my_val v = my_ok(d->r) ? my_eval_expr(&ev, e) : my_null();
    if (my_ok(d->r) && e->op == MY_X_ROW)
        my_fail(d->r, MY_ER_OPERAND_COLUMNS, 1);
    return my_ok(d->r) && put_value(in, col, &v, &e->m);
}

static void give_auto_id(struct insert *in)
{
    struct my_table *t = in->d.t;
    if (t->auto_col < 0)
        return;
    struct my_cell *c = &in->cells[t->auto_col];
    int64_t id = c->null ? 0 : my_text_i64(c->p, c->n, NULL, NULL);
    if (c->null || (id == 0 && !my_sql_mode(in->d.r, "NO_AUTO_VALUE_ON_ZERO"))) {
        char buf[32];
        uint64_t next = t->auto_inc ? t->auto_inc : 1;
        int n = snprintf(buf, sizeof buf, "%" PRIu64, next);
        *c = (struct my_cell){.p = arena_copy(in->d.r->arena, buf, (size_t)n), .n = (uint32_t)n};
        t->auto_inc = next + 1;
        if (!in->first_id)
            in->first_id = next;
        in->d.r->c->insert_id_stmt = next;
    } else if (id > 0 && (uint64_t)id >= t->auto_inc) {
        t->auto_inc = (uint64_t)id + 1;
    }
}

static struct my_cell *row_copy(struct my_run *r, const struct my_table *t, const struct my_row *row)
{
    struct my_cell *c = get(r, t->n_cols * sizeof *c);
    for (size_t i = 0; c && i < t->n_cols; i++)
        c[i] = i < row->n ? row->cell[i] : (struct my_cell){.null = true};
    return c;
}

static bool same_cells(const struct my_table *t, const struct my_row *a, const struct my_cell *b)
{
    for (size_t i = 0; i < t->n_cols; i++) {
        if (i >= a->n || a->cell[i].null != b[i].null)
            return false;
        if (!b[i].null && (a->cell[i].n != b[i].n || (b[i].n && memcmp(a->cell[i].p, b[i].p, b[i].n) != 0)))
            return false;
    }
    return true;
}

/* col = expr over the row's values so far, left to right (manual, "UPDATE Statement"). */
static bool assign(struct dml *d, struct my_ctx *x, size_t rel, const struct my_assign *a, struct my_cell *cells, struct my_val *vals)
{
    int col = my_table_col(d->t, a->name);
    if (col < 0) {
        my_fail(d->r, MY_ER_BAD_FIELD, a->name, "field list");
        return false;
    }
    const struct my_column *c = &d->t->cols[col];
    if (a->expr->op == MY_X_DEFAULT) {
        if (!default_value(d, a->expr, (size_t)col, &cells[col]))
            return false;
    } else {
        struct my_eval ev = {.r = d->r, .ctx = x, .clause = "field list"};
        my_fix(&ev, a->expr);
        struct my_val v = my_ok(d->r) ? my_eval_expr(&ev, a->expr) : my_null();
        if (!my_ok(d->r) || !my_store_val(&d->st, c, &v, &a->expr->m, &cells[col]))
            return false;
        if (cells[col].null && c->not_null) {
            if (d->st.strict && d->r->kit->version < 80000) {
                my_fail(d->r, MY_ER_BAD_NULL, c->name);
                return false;
            }
            my_warn(d->r, MY_WARNING, MY_ER_BAD_NULL, c->name);
            cells[col] = my_store_zero(d->r, c);
        }
    }
    (void)rel;
    vals[col] = my_cell_val(c, &cells[col]);
    return my_ok(d->r);
}

static bool replace_row(struct dml *d, size_t at, const struct my_cell *cells)
{
    struct my_row *row = my_row_new(d->t->n_cols, cells);
    if (!row || d->r->w->bytes + row->bytes > MY_WORLD_BYTES_MAX) {
        my_row_unref(row);
        no_room(d->r, d->t);
        return false;
    }
    if (!keep_until_end(d, d->t->rows[at])) {
        my_row_unref(row);
        return false;
    }
    my_table_replace(d->r->w, d->t, at, row);
    return true;
}

static bool on_duplicate(struct insert *in, size_t at)
{
    struct dml *d = &in->d;
    struct my_cell *cells = row_copy(d->r, d->t, d->t->rows[at]);
    struct my_val *vals = row_vals(d->r, d->t, d->t->rows[at]);
    if (!cells || !vals)
        return false;
    d->x.row[0] = vals;
    d->x.slots = in->vals; /* what VALUES(col) gives */
    bool ok = true;
    for (const struct my_assign *a = in->stm->inner->assigns; a && ok; a = a->next)
        ok = assign(d, &d->x, 0, a, cells, vals);
    d->x.slots = NULL;
    if (!ok)
        return false;
    const struct my_key *key = NULL;
    size_t other = find_duplicate(d, cells, at, &key);
    if (other != SIZE_MAX) {
        duplicate_error(d, cells, key);
        return my_ok(d->r);
    }
    d->copied++;
    if (same_cells(d->t, d->t->rows[at], cells)) {
        d->changed += (d->r->ses->caps & MY_CAP_FOUND_ROWS) != 0;
        return true;
    }
    d->changed += 2;
    return replace_row(d, at, cells);
}

static bool end_row(struct insert *in)
{
    struct dml *d = &in->d;
    give_auto_id(in);
    d->records++;
    d->st.row++;
    const struct my_key *key = NULL;
    for (size_t at = find_duplicate(d, in->cells, SIZE_MAX, &key); at != SIZE_MAX; at = find_duplicate(d, in->cells, SIZE_MAX, &key)) {
        if (!in->replace) {
            if (in->stm->inner) {
                for (size_t i = 0; i < d->t->n_cols; i++)
                    in->vals[i] = my_cell_val(&d->t->cols[i], &in->cells[i]);
                return on_duplicate(in, at);
            }
            duplicate_error(d, in->cells, key);
            d->copied++;
            return my_ok(d->r);
        }
        if (!keep_until_end(d, d->t->rows[at]))
            return false;
        my_table_remove(d->r->w, d->t, at);
        d->deleted++;
    }
    if (!my_ok(d->r))
        return false;
    if (my_table_append(d->r->w, d->t, my_row_new(d->t->n_cols, in->cells)) < 0) {
        no_room(d->r, d->t);
        return false;
    }
    d->changed++;
    return true;
}

static bool insert_values(struct insert *in)
{
    struct my_run *r = in->d.r;
    long row = 1;
    for (const struct my_row_list *l = in->stm->rows; l; l = l->next, row++)
        if (l->n != in->n_cols && !(l->n == 0 && !in->stm->cols_given)) {
            my_fail(r, MY_ER_WRONG_VALUE_COUNT_ON_ROW, row);
            return false;
        }
    for (const struct my_row_list *l = in->stm->rows; l; l = l->next) {
        if (l->n == 0)
            memset(in->given, 0, in->d.t->n_cols * sizeof *in->given);
        if (!begin_row(in))
            return false;
        for (size_t i = 0; i < l->n; i++)
            if (!put_expr(in, in->cols[i], l->vals[i]))
                return false;
        if (!end_row(in))
            return false;
    }
    return true;
}

static bool insert_set(struct insert *in)
{
    size_t i = 0;
    if (!begin_row(in))
        return false;
    for (const struct my_assign *a = in->stm->assigns; a; a = a->next)
        if (!put_expr(in, in->cols[i++], a->expr))
            return false;
    return end_row(in);
}

static bool insert_select(struct insert *in)
{
    struct my_run *r = in->d.r;
    struct my_rows rows = {0};
    my_select_run(r, in->stm->select, NULL, 0, &rows);
    r->status = 0;
    if (!my_ok(r))
        return false;
    if (rows.n_cols != in->n_cols) {
        my_fail(r, MY_ER_WRONG_VALUE_COUNT_ON_ROW, 1L);
        return false;
    }
    for (size_t k = 0; k < rows.n_rows; k++) {
        if (!begin_row(in))
            return false;
        for (size_t i = 0; i < in->n_cols; i++)
            if (!put_value(in, in->cols[i], &rows.rows[k][i], &rows.cols[i].m))
                return false;
        if (!end_row(in))
            return false;
    }
    return true;
}

static void changed_something(struct dml *d)
{
    if (d->innodb && !d->r->c->autocommit)
        d->r->c->in_trans = true;
}

static void exec_insert(struct my_run *r, struct my_stmt *st)
{
    struct insert in = {.stm = st, .replace = st->com == MY_Q_REPLACE};
    if (!dml_open(&in.d, r, st->db, st->name, st->ignore))
        return;
    in.multi_row = st->select || (st->rows && st->rows->next);
    if (!choose_columns(&in) || !ctx_of_table(&in.d))
        goto out;
    r->c->insert_id_stmt = 0;
    bool ok = st->select ? insert_select(&in) : st->rows ? insert_values(&in) : insert_set(&in);
    if (ok && in.multi_row)
        (void)snprintf(r->info, sizeof r->info, "Records: %" PRIu64 "  Duplicates: %" PRIu64 "  Warnings: %u", in.d.records, in.d.copied + in.d.deleted,
                       r->c->total_conds);
    r->affected = in.d.changed + in.d.deleted;
    r->insert_id = in.first_id;
    if (in.first_id)
        r->c->last_insert_id = in.first_id;
    changed_something(&in.d);
out:
    dml_done(&in.d);
}

/* ---- UPDATE, DELETE ---- */
struct hit {
    size_t at;
    struct my_val *vals, **keys;
};

static uint64_t limit_of(struct my_run *r, struct my_expr *e)
{
    if (!e)
        return UINT64_MAX;
    struct my_val v = my_eval_const(r, e);
    return v.kind == MY_V_NULL ? 0 : (uint64_t)my_val_i64(&v, NULL);
}

struct order_env {
    struct my_eval *ev;
    const struct my_order *order;
};

static int by_order(const void *a, const void *b, void *arg)
{
    const struct hit *x = a, *y = b;
    const struct order_env *env = arg;
    size_t i = 0;
    for (const struct my_order *o = env->order; o; o = o->next, i++) {
        const struct my_val *p = x->keys[i], *q = y->keys[i];
        int c = p->kind == MY_V_NULL || q->kind == MY_V_NULL ? (q->kind == MY_V_NULL) - (p->kind == MY_V_NULL)
                                                              : my_compare(env->ev, p, &o->expr->m, q, &o->expr->m);
        if (c)
            return o->desc ? -c : c;
    }
    return x->at < y->at ? -1 : x->at > y->at;
}

static bool sort_hits(struct dml *d, struct my_eval *ev, const struct my_order *order, struct hit *hits, size_t n)
{
    size_t n_keys = 0;
    for (const struct my_order *o = order; o; o = o->next)
        n_keys++;
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        hits[i].keys = get(d->r, n_keys * sizeof *hits[i].keys);
        d->x.row[0] = hits[i].vals;
        for (const struct my_order *o = order; o && my_ok(d->r); o = o->next, k++) {
            hits[i].keys[k] = get(d->r, sizeof **hits[i].keys);
            if (hits[i].keys[k])
                *hits[i].keys[k] = my_eval_expr(ev, o->expr);
        }
        if (!my_ok(d->r))
            return false;
    }
    struct order_env env = {ev, order};
    qsort_r(hits, n, sizeof *hits, by_order, &env);
    return my_ok(d->r);
}

/* The rows that WHERE, ORDER BY and LIMIT name, in that order. */
static bool find_hits(struct dml *d, struct my_expr *where, struct my_order *order, struct my_expr *limit, struct hit **ret, size_t *ret_n)
{
    struct my_run *r = d->r;
    struct my_eval ev = {.r = r, .ctx = &d->x, .clause = "where clause"};
    struct hit *hits = get(r, (d->t->n_rows + 1) * sizeof *hits);
    size_t n = 0;
    uint64_t max = limit_of(r, limit);
    if (where)
        my_fix(&ev, where);
    ev.clause = "order clause";
    for (struct my_order *o = order; o && my_ok(r); o = o->next)
        my_fix(&ev, o->expr);
    if (!my_ok(r) || !my_step(r, d->t->n_rows))
        return false;
    for (size_t i = 0; i < d->t->n_rows && (order || n < max); i++) {
        struct my_val *vals = row_vals(r, d->t, d->t->rows[i]);
        if (!vals)
            return false;
        d->x.row[0] = vals;
        if (where) {
            struct my_val v = my_eval_expr(&ev, where);
            if (!my_ok(r))
                return false;
            if (my_truth(&v) != 1)
                continue;
        }
        hits[n++] = (struct hit){.at = i, .vals = vals};
    }
    if (order && !sort_hits(d, &ev, order, hits, n))
        return false;
    *ret = hits;
    *ret_n = n < max ? n : (size_t)max;
    return true;
}

static bool update_hits(struct dml *d, const struct my_stmt *st, const struct hit *hits, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct my_cell *cells = row_copy(d->r, d->t, d->t->rows[hits[i].at]);
        if (!cells)
            return false;
        d->x.row[0] = hits[i].vals;
        for (const struct my_assign *a = st->assigns; a; a = a->next)
            if (!assign(d, &d->x, 0, a, cells, hits[i].vals))
                return false;
        d->matched++;
        d->st.row++;
        if (same_cells(d->t, d->t->rows[hits[i].at], cells))
            continue;
        for (size_t c = 0; c < d->t->n_cols; c++)
            if (d->t->cols[c].on_update_now && hits[i].at < d->t->n_rows && !st->assigns->next && strcasecmp(st->assigns->name, d->t->cols[c].name) != 0) {
                struct my_column now = d->t->cols[c];
                now.default_now = true;
                if (!my_store_default(&d->st, &now, true, &cells[c]))
                    return false;
            }
        const struct my_key *key = NULL;
        if (find_duplicate(d, cells, hits[i].at, &key) != SIZE_MAX) {
            duplicate_error(d, cells, key);
            if (!my_ok(d->r))
                return false;
            continue;
        }
        if (!replace_row(d, hits[i].at, cells))
            return false;
        d->changed++;
    }
    return true;
}

static int by_at_down(const void *a, const void *b)
{
    const struct hit *x = a, *y = b;
    return x->at < y->at ? 1 : x->at > y->at ? -1 : 0;
}

static bool delete_hits(struct dml *d, struct hit *hits, size_t n)
{
    qsort(hits, n, sizeof *hits, by_at_down);
    for (size_t i = 0; i < n; i++) {
        if (i && hits[i].at == hits[i - 1].at)
            continue;
        if (!keep_until_end(d, d->t->rows[hits[i].at]))
            return false;
        my_table_remove(d->r->w, d->t, hits[i].at);
        d->changed++;
    }
    return true;
}

static void update_info(struct my_run *r, const struct dml *d)
{
    r->affected = r->ses->caps & MY_CAP_FOUND_ROWS ? d->matched : d->changed;
    (void)snprintf(r->info, sizeof r->info, "Rows matched: %" PRIu64 "  Changed: %" PRIu64 "  Warnings: %u", d->matched, d->changed, r->c->total_conds);
}

static void exec_update(struct my_run *r, struct my_stmt *st)
{
    struct dml d;
    struct hit *hits = NULL;
    size_t n = 0;
    if (!dml_open(&d, r, st->tables->db, st->tables->name, st->ignore))
        return;
    if (ctx_of_table(&d)) {
        if (st->tables->alias)
            d.rel->alias = st->tables->alias;
        if (find_hits(&d, st->where, st->order, st->limit, &hits, &n) && update_hits(&d, st, hits, n)) {
            update_info(r, &d);
            if (!my_where_uses_index(d.t, st->where))
                r->status |= MY_STATUS_NO_INDEX;
        }
        changed_something(&d);
    }
    dml_done(&d);
}

static void exec_delete(struct my_run *r, struct my_stmt *st)
{
    struct dml d;
    struct hit *hits = NULL;
    size_t n = 0;
    if (!dml_open(&d, r, st->db, st->name, st->ignore))
        return;
    if (ctx_of_table(&d) && find_hits(&d, st->where, st->order, st->limit, &hits, &n) && delete_hits(&d, hits, n)) {
        r->affected = d.changed;
        if (st->where && !my_where_uses_index(d.t, st->where))
            r->status |= MY_STATUS_NO_INDEX;
        changed_something(&d);
    }
    dml_done(&d);
}

/* ---- UPDATE and DELETE over several tables ---- */
#define JOIN_TABLES_MAX 16
struct multi {
    struct my_run *r;
    struct my_stmt *st;
    struct dml d[JOIN_TABLES_MAX];  /* those that may change are open */
    struct hit *hits[JOIN_TABLES_MAX];
    size_t n_hits[JOIN_TABLES_MAX];
    bool target[JOIN_TABLES_MAX];
    size_t at[JOIN_TABLES_MAX];
    struct my_tref *refs[JOIN_TABLES_MAX];
    struct my_ctx x;
};

static bool holds(struct my_run *r, struct my_ctx *x, struct my_expr *e)
{
    struct my_eval ev = {.r = r, .ctx = x, .clause = "where clause"};
    if (!e)
        return true;
    struct my_val v = my_eval_expr(&ev, e);
    return my_ok(r) && my_truth(&v) == 1;
}

static bool target_of(struct multi *m, size_t i, const char *db, const char *name)
{
    const struct my_rel *rel = m->x.rels[i];
    return strcasecmp(rel->alias, name) == 0 && (!db || strcasecmp(rel->db, db) == 0);
}

static bool open_multi(struct multi *m)
{
    struct my_run *r = m->r;
    m->x = my_ctx_of(r, JOIN_TABLES_MAX);
    for (struct my_tref *t = m->st->tables; t && my_ok(r); t = t->next) {
        size_t i = m->x.n;
        if (i == JOIN_TABLES_MAX || t->derived || t->join == MY_JOIN_RIGHT || t->natural || t->n_using) {
            my_fail(r, MY_ER_NOT_SUPPORTED_YET, "multi-table UPDATE or DELETE of this form");
            return false;
        }
        if (!dml_open(&m->d[i], r, t->db, t->name, m->st->ignore) || !ctx_of_table(&m->d[i]))
            return false;
        if (t->alias)
            m->d[i].rel->alias = t->alias;
        m->refs[i] = t;
        m->hits[i] = get(r, (m->d[i].t->n_rows + 1) * sizeof **m->hits);
        m->x.rels[m->x.n++] = m->d[i].rel;
    }
    return my_ok(r);
}

static bool mark_targets(struct multi *m)
{
    struct my_run *r = m->r;
    for (const struct my_name *n = m->st->names; n; n = n->next) {
        bool found = false;
        for (size_t i = 0; i < m->x.n; i++)
            if (target_of(m, i, n->db, n->name))
                found = m->target[i] = true;
        if (!found) {
            my_fail(r, MY_ER_UNKNOWN_TABLE, n->name, "MULTI DELETE");
            return false;
        }
    }
    for (struct my_assign *a = m->st->assigns; a; a = a->next) {
        bool found = false;
        for (size_t i = 0; i < m->x.n && !found; i++)
            if ((!a->table || target_of(m, i, a->db, a->table)) && my_table_col(m->d[i].t, a->name) >= 0) {
                found = m->target[i] = true;
                a->table = m->x.rels[i]->alias;
            }
        if (!found) {
            my_fail(r, MY_ER_BAD_FIELD, a->name, "field list");
            return false;
        }
    }
    struct my_eval ev = {.r = r, .ctx = &m->x, .clause = "on clause"};
    for (size_t i = 0; i < m->x.n && my_ok(r); i++)
        if (m->refs[i]->on)
            my_fix(&ev, m->refs[i]->on);
    ev.clause = "where clause";
    if (m->st->where && my_ok(r))
        my_fix(&ev, m->st->where);
    return my_ok(r);
}

static void hit_all(struct multi *m)
{
    for (size_t i = 0; i < m->x.n; i++) {
        if (!m->target[i] || !m->x.row[i])
            continue;
        size_t k = 0;
        while (k < m->n_hits[i] && m->hits[i][k].at != m->at[i])
            k++;
        if (k < m->n_hits[i] || !my_step(m->r, k))
            continue;
        m->hits[i][m->n_hits[i]++] = (struct hit){.at = m->at[i], .vals = m->x.row[i]};
        if (m->st->com != MY_Q_UPDATE)
            continue;
        /* new values come from the first combination that a row stands in */
        struct dml *d = &m->d[i];
        struct my_cell *cells = row_copy(m->r, d->t, d->t->rows[m->at[i]]);
        struct my_val *vals = row_vals(m->r, d->t, d->t->rows[m->at[i]]);
        if (!cells || !vals)
            return;
        for (const struct my_assign *a = m->st->assigns; a; a = a->next)
            if (target_of(m, i, NULL, a->table) && !assign(d, &m->x, i, a, cells, vals))
                return;
        m->hits[i][m->n_hits[i] - 1].vals = NULL;
        m->hits[i][m->n_hits[i] - 1].keys = (struct my_val **)(void *)cells;
    }
}

static void join_level(struct multi *m, size_t i)
{
    if (i == m->x.n) {
        if (holds(m->r, &m->x, m->st->where))
            hit_all(m);
        return;
    }
    bool any = false;
    struct my_table *t = m->d[i].t;
    for (size_t k = 0; k < t->n_rows && my_ok(m->r) && my_step(m->r, 1); k++) {
        m->x.row[i] = row_vals(m->r, t, t->rows[k]);
        m->at[i] = k;
        if (!m->x.row[i] || !holds(m->r, &m->x, m->refs[i]->on))
            continue;
        any = true;
        join_level(m, i + 1);
    }
    if (!any && m->refs[i]->join == MY_JOIN_LEFT && my_ok(m->r)) {
        m->x.row[i] = NULL;
        join_level(m, i + 1);
    }
}

static void apply_updates(struct multi *m, size_t i)
{
    struct dml *d = &m->d[i];
    for (size_t k = 0; k < m->n_hits[i] && my_ok(m->r); k++) {
        const struct my_cell *cells = (const struct my_cell *)(const void *)m->hits[i][k].keys;
        const struct my_key *key = NULL;
        size_t at = m->hits[i][k].at;
        d->matched++;
        if (!cells || same_cells(d->t, d->t->rows[at], cells))
            continue;
        if (find_duplicate(d, cells, at, &key) != SIZE_MAX)
            duplicate_error(d, cells, key);
        else if (replace_row(d, at, cells))
            d->changed++;
    }
}

static void exec_multi(struct my_run *r, struct my_stmt *st)
{
    struct multi *m = get(r, sizeof *m);
    if (!m)
        return;
    memset(m, 0, sizeof *m);
    m->r = r;
    m->st = st;
    struct dml sum = {0};
    if (open_multi(m) && mark_targets(m))
        join_level(m, 0);
    for (size_t i = 0; i < m->x.n && my_ok(r); i++) {
        if (!m->target[i])
            continue;
        if (st->com == MY_Q_UPDATE)
            apply_updates(m, i);
        else
            (void)delete_hits(&m->d[i], m->hits[i], m->n_hits[i]);
        sum.matched += m->d[i].matched;
        sum.changed += m->d[i].changed;
        changed_something(&m->d[i]);
    }
    if (my_ok(r) && st->com == MY_Q_UPDATE)
        update_info(r, &sum);
    else
        r->affected = sum.changed;
    for (size_t i = 0; i < JOIN_TABLES_MAX; i++)
        dml_done(&m->d[i]);
}

static void exec_truncate(struct my_run *r, struct my_stmt *st)
{
    struct dml d;
    if (!dml_open(&d, r, st->db, st->name, false))
        return;
    my_table_clear(r->w, d.t);
    if (d.t->auto_col >= 0)
        d.t->auto_inc = 1;
    dml_done(&d);
}

/* ---- LOAD DATA ---- */
struct lines {
    const char *p, *end;
    const char *term, *eol, *start;
    size_t n_term, n_eol, n_start;
    int enclose, escape;
};

static bool at_text(const struct lines *l, const char *s, size_t n)
{
    return n && (size_t)(l->end - l->p) >= n && memcmp(l->p, s, n) == 0;
}

static char unescape(char c)
{
    return c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c == '0' ? '\0' : c == 'b' ? '\b' : c == 'Z' ? 26 : c;
}

/* One field; *ret_more false when the line ends behind it. */
static struct my_val next_field(struct my_run *r, struct lines *l, bool *ret_more)
{
    struct wr w = {.max = MY_WORLD_BYTES_MAX};
    const char *from = l->p;
    bool null = false, in_quotes = l->enclose >= 0 && l->p < l->end && *l->p == (char)l->enclose;
    *ret_more = false;
    l->p += in_quotes;
    while (l->p < l->end && !w.bad) {
        if (l->escape >= 0 && *l->p == (char)l->escape && l->p + 1 < l->end) {
            null |= w.len == 0 && l->p[1] == 'N';
            wr_u8(&w, (uint8_t)unescape(l->p[1]));
            l->p += 2;
        } else if (in_quotes && *l->p == (char)l->enclose) {
            l->p++;
            in_quotes = false;
        } else if (!in_quotes && at_text(l, l->term, l->n_term)) {
            l->p += l->n_term;
            *ret_more = true;
            break;
        } else if (!in_quotes && at_text(l, l->eol, l->n_eol)) {
            l->p += l->n_eol;
            break;
        } else {
            wr_u8(&w, (uint8_t)*l->p++);
        }
    }
    (void)my_step(r, 1 + (uint64_t)(l->p - from) / 64);
    struct my_val v = my_null();
    if (!(null && w.len == 1)) {
        char *own = arena_copy(r->arena, w.len ? (const char *)w.bytes : "", w.len);
        if (!own)
            my_fail(r, MY_ER_OUTOFMEMORY, (int)w.len);
        else
            v = my_str(own, w.len);
    }
    wr_done(&w);
    return v;
}

static void load_line(struct insert *in, struct lines *l)
{
    struct my_run *r = in->d.r;
    struct my_meta m = {.type = MY_T_VAR_STRING, .coll = r->kit->binary};
    bool more = true;
    if (!begin_row(in))
        return;
    for (size_t i = 0; i < in->n_cols && my_ok(r); i++) {
        if (!more) {
            my_warn(r, MY_WARNING, MY_ER_WARN_TOO_FEW_RECORDS, in->d.st.row);
            break;
        }
        struct my_val v = next_field(r, l, &more);
        (void)(my_ok(r) && put_value(in, in->cols[i], &v, &m));
    }
    while (more && l->p < l->end && my_ok(r))
        (void)next_field(r, l, &more);
    if (my_ok(r))
        (void)end_row(in);
}

static struct lines lines_of(const struct my_file *f, const struct my_fileopts *o)
{
    struct lines l = {.p = (const char *)f->bytes, .end = (const char *)f->bytes + f->len, .term = "\t", .n_term = 1, .eol = "\n", .n_eol = 1, .enclose = -1, .escape = '\\'};
    if (o->field_term) {
        l.term = o->field_term;
        l.n_term = o->field_term_len;
    }
    if (o->line_term) {
        l.eol = o->line_term;
        l.n_eol = o->line_term_len;
    }
    if (o->enclosed && o->enclosed_len)
        l.enclose = (uint8_t)o->enclosed[0];
    if (o->escaped)
        l.escape = o->escaped_len ? (uint8_t)o->escaped[0] : -1;
    return l;
}

static void exec_load(struct my_run *r, struct my_stmt *st)
{
    struct insert in = {.stm = st, .replace = st->or_replace, .multi_row = true};
    if (st->local) { /* hotaru asks no client for a file */
        if (r->kit->mariadb)
            my_fail_text(r, MY_ER_LOAD_LOCAL_DISABLED, my_errdef(MY_ER_LOAD_LOCAL_DISABLED)->text);
        else
            my_fail(r, MY_ER_NOT_ALLOWED_COMMAND);
        return;
    }
    if (!dml_open(&in.d, r, st->db, st->name, st->ignore))
        return;
    const struct my_file *f = my_world_file(r->w, st->text);
    if (!f)
        my_fail(r, MY_ER_FILE_NOT_FOUND_SYS, st->text, my_errcode_text(r, ENOENT));
    if (!f || !choose_columns(&in) || !ctx_of_table(&in.d))
        goto out;
    struct lines l = lines_of(f, &st->fopts);
    for (uint64_t skip = st->offset ? limit_of(r, st->offset) : 0; skip && l.p < l.end; skip--) {
        while (l.p < l.end && !at_text(&l, l.eol, l.n_eol))
            l.p++;
        l.p += l.p < l.end ? l.n_eol : 0;
    }
    r->c->insert_id_stmt = 0;
    while (l.p < l.end && my_ok(r))
        load_line(&in, &l);
    r->affected = in.d.changed + in.d.deleted;
    (void)snprintf(r->info, sizeof r->info, "Records: %" PRIu64 "  Deleted: %" PRIu64 "  Skipped: %" PRIu64 "  Warnings: %u", in.d.records, in.d.deleted,
                   in.d.copied, r->c->total_conds);
    changed_something(&in.d);
out:
    dml_done(&in.d);
}

void my_exec_dml(struct my_run *r, struct my_stmt *st)
{
    switch (st->com) {
    case MY_Q_INSERT:
    case MY_Q_REPLACE:
        exec_insert(r, st);
        break;
    case MY_Q_UPDATE:
        if (st->tables && st->tables->next)
            exec_multi(r, st);
        else if (st->tables && !st->tables->derived)
            exec_update(r, st);
        else
            my_fail(r, MY_ER_NOT_SUPPORTED_YET, "UPDATE of a derived table");
        break;
    case MY_Q_DELETE:
        if (st->tables)
            exec_multi(r, st);
        else
            exec_delete(r, st);
        break;
    case MY_Q_TRUNCATE:
        exec_truncate(r, st);
        break;
    default:
        exec_load(r, st);
        break;
    }
}

/* INSERT and REPLACE. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "protocol/mysql/exec/my_dml.h"
#include "protocol/mysql/exec/my_files.h"
#include "protocol/mysql/exec/my_routine.h"
#include "protocol/mysql/exec/my_sel.h"
#include "protocol/mysql/exec/my_store.h"

static bool column_at(struct my_insert *in, const char *name, size_t *ret)
{
    int i = my_table_col(in->d.t, name);
    if (i < 0) {
        in->d.r->clause = in->stm->com == MY_Q_LOAD ? NULL : "INSERT INTO";
        my_fail(in->d.r, MY_ER_BAD_FIELD, name, "field list");
        return false;
    }
    *ret = (size_t)i;
    return true;
}

bool my_choose_columns(struct my_insert *in)
{
    struct my_run *r = in->d.r;
    const struct my_stmt *s = in->stm;
    size_t n = 0, max = in->d.t->n_cols + s->n_cols;
    for (const struct my_assign *a = s->assigns; a && s->rows == NULL && s->com != MY_Q_LOAD; a = a->next)
        max++;
    in->cols = my_dml_get(r, max * sizeof *in->cols);
    in->cells = my_dml_get(r, in->d.t->n_cols * sizeof *in->cells);
    in->vals = my_dml_get(r, in->d.t->n_cols * sizeof *in->vals);
    in->given = my_dml_get(r, in->d.t->n_cols * sizeof *in->given);
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

bool my_ctx_of_table(struct my_dml *d)
{
    struct my_rel *rel = my_dml_get(d->r, sizeof *rel);
    d->x = my_ctx_of(d->r, 1);
    if (!rel || !my_ok(d->r))
        return false;
    *rel = (struct my_rel){.db = d->db ? d->db->name : "", .name = d->t->name, .alias = d->t->name, .table = d->t, .dbp = d->db, .n_cols = d->t->n_cols};
    rel->cols = my_dml_get(d->r, d->t->n_cols * sizeof *rel->cols);
    for (size_t i = 0; rel->cols && i < d->t->n_cols; i++)
        rel->cols[i] = (struct my_relcol){d->t->cols[i].name, my_column_meta(&d->t->cols[i], rel->db, rel->alias, d->t->name)};
    d->rel = rel;
    d->x.rels[0] = rel;
    d->x.n = 1;
    return my_ok(d->r);
}

bool my_begin_row(struct my_insert *in)
{
    struct my_table *t = in->d.t;
    struct my_store later = in->d.st;
    later.silent = true;
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
        } else if (!my_store_default(in->d.st.row == 1 ? &in->d.st : &later, c, false, &in->cells[i])) { /* one warning per statement */
            return false;
        }
        in->vals[i] = my_cell_val(c, &in->cells[i]);
    }
    return my_ok(in->d.r);
}

/* NULL into NOT NULL: an error for one row, the type's zero and a warning within several. */
static bool null_into(struct my_insert *in, size_t col)
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

bool my_put_value(struct my_insert *in, size_t col, const struct my_val *v, const struct my_meta *m)
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
static bool default_value(struct my_dml *d, const struct my_expr *e, size_t col, struct my_cell *ret)
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

static bool put_expr(struct my_insert *in, size_t col, struct my_expr *e)
{
    struct my_dml *d = &in->d;
    if (d->t->cols[col].gen) {
        in->cells[col] = (struct my_cell){.null = true};
        return (e->op == MY_X_DEFAULT && !e->name) || my_generated_free(d, col);
    }
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
    return my_ok(d->r) && my_put_value(in, col, &v, &e->m);
}

static void give_auto_id(struct my_insert *in)
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

struct my_cell *my_row_copy(struct my_run *r, const struct my_table *t, const struct my_row *row)
{
    struct my_cell *c = my_dml_get(r, t->n_cols * sizeof *c);
    for (size_t i = 0; c && i < t->n_cols; i++)
        c[i] = i < row->n ? row->cell[i] : (struct my_cell){.null = true};
    return c;
}

bool my_same_cells(const struct my_table *t, const struct my_row *a, const struct my_cell *b)
{
    for (size_t i = 0; i < t->n_cols; i++) {
        if (i >= a->n || a->cell[i].null != b[i].null)
            return false;
        if (!b[i].null && (a->cell[i].n != b[i].n || (b[i].n && memcmp(a->cell[i].p, b[i].p, b[i].n) != 0)))
            return false;
    }
    return true;
}

bool my_assign(struct my_dml *d, struct my_ctx *x, size_t rel, const struct my_assign *a, struct my_cell *cells, struct my_val *vals)
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

bool my_replace_row(struct my_dml *d, size_t at, const struct my_cell *cells)
{
    struct my_row *row = my_row_new(d->t->n_cols, cells);
    if (!row || d->r->w->bytes + row->bytes > MY_WORLD_BYTES_MAX) {
        my_row_unref(row);
        my_no_room(d->r, d->t);
        return false;
    }
    if (!my_keep_until_end(d, d->t->rows[at])) {
        my_row_unref(row);
        return false;
    }
    my_dml_note(d, at, d->t->rows[at], row);
    my_table_replace(d->r->w, d->t, at, row);
    if (d->t->auto_col >= 0 && (d->r->kit->mariadb || !d->innodb)) { /* MySQL's InnoDB looks at inserted rows only */
        int64_t id = my_text_i64(cells[d->t->auto_col].p, cells[d->t->auto_col].n, NULL, NULL);
        if (id > 0 && (uint64_t)id >= d->t->auto_inc)
            d->t->auto_inc = (uint64_t)id + 1;
    }
    return true;
}

static bool on_duplicate(struct my_insert *in, size_t at)
{
    struct my_dml *d = &in->d;
    struct my_cell *cells = my_row_copy(d->r, d->t, d->t->rows[at]);
    struct my_val *vals = my_row_vals(d->r, d->t, d->t->rows[at]);
    if (!cells || !vals)
        return false;
    d->x.row[0] = vals;
    d->x.slots = in->vals; /* what VALUES(col) gives */
    bool ok = true;
    for (const struct my_assign *a = in->stm->inner->assigns; a && ok; a = a->next)
        ok = my_assign(d, &d->x, 0, a, cells, vals);
    d->x.slots = NULL;
    if (!ok)
        return false;
    const struct my_key *key = NULL;
    size_t other = my_find_duplicate(d, cells, at, &key);
    if (other != SIZE_MAX) {
        my_duplicate_error(d, cells, key);
        return my_ok(d->r);
    }
    d->copied++;
    if (d->t->auto_col >= 0)
        in->last_auto = (uint64_t)my_text_i64(cells[d->t->auto_col].p, cells[d->t->auto_col].n, NULL, NULL);
    if (my_same_cells(d->t, d->t->rows[at], cells)) {
        d->changed += (d->r->ses->caps & MY_CAP_FOUND_ROWS) != 0;
        return true;
    }
    d->changed += 2;
    return my_replace_row(d, at, cells);
}

bool my_end_row(struct my_insert *in)
{
    struct my_dml *d = &in->d;
    give_auto_id(in);
    d->records++;
    d->st.row++;
    const struct my_key *key = NULL;
    if (!my_fire(d, true, MY_Q_INSERT, in->cells, NULL) || !my_check_row(d, in->cells))
        return false;
    for (size_t at = my_find_duplicate(d, in->cells, SIZE_MAX, &key); at != SIZE_MAX; at = my_find_duplicate(d, in->cells, SIZE_MAX, &key)) {
        if (!in->replace) {
            if (in->stm->inner) {
                for (size_t i = 0; i < d->t->n_cols; i++)
                    in->vals[i] = my_cell_val(&d->t->cols[i], &in->cells[i]);
                return on_duplicate(in, at);
            }
            my_duplicate_error(d, in->cells, key);
            d->copied++;
            return my_ok(d->r);
        }
        bool same = my_same_cells(d->t, d->t->rows[at], in->cells); /* written in place, and then there is nothing to write */
        if (!my_keep_until_end(d, d->t->rows[at]))
            return false;
        my_dml_note(d, at, d->t->rows[at], NULL);
        my_table_remove(d->r->w, d->t, at);
        d->deleted += !same;
    }
    if (!my_ok(d->r))
        return false;
    if (my_table_append(d->r->w, d->t, my_row_new(d->t->n_cols, in->cells)) < 0) {
        my_no_room(d->r, d->t);
        return false;
    }
    my_dml_note(d, d->t->n_rows - 1, NULL, d->t->rows[d->t->n_rows - 1]);
    d->changed++;
    if (d->t->auto_col >= 0)
        in->last_auto = (uint64_t)my_text_i64(in->cells[d->t->auto_col].p, in->cells[d->t->auto_col].n, NULL, NULL);
    return my_fire(d, false, MY_Q_INSERT, in->cells, NULL) && my_give_back(d, d->t->rows[d->t->n_rows - 1]);
}

static bool insert_values(struct my_insert *in)
{
    struct my_run *r = in->d.r;
    long row = 1;
    struct my_eval ev = {.r = r, .ctx = &in->d.x, .clause = "field list"};
    for (size_t i = 0; r->kit->mariadb && i < in->stm->rows->n && my_ok(r); i++) /* names of the first row come before the counts */
        if (in->stm->rows->vals[i]->op != MY_X_DEFAULT)
            my_fix(&ev, in->stm->rows->vals[i]);
    if (!my_ok(r))
        return false;
    for (const struct my_row_list *l = in->stm->rows; l; l = l->next, row++)
        if (l->n != in->n_cols && !(l->n == 0 && !in->stm->cols_given)) {
            my_fail(r, MY_ER_WRONG_VALUE_COUNT_ON_ROW, row);
            return false;
        }
    for (const struct my_row_list *l = in->stm->rows; l; l = l->next) {
        if (l->n == 0)
            memset(in->given, 0, in->d.t->n_cols * sizeof *in->given);
        if (!my_begin_row(in))
            return false;
        for (size_t i = 0; i < l->n; i++)
            if (!put_expr(in, in->cols[i], l->vals[i]))
                return false;
        if (!my_end_row(in))
            return false;
    }
    return true;
}

static bool insert_set(struct my_insert *in)
{
    size_t i = 0;
    if (!my_begin_row(in))
        return false;
    for (const struct my_assign *a = in->stm->assigns; a; a = a->next)
        if (!put_expr(in, in->cols[i++], a->expr))
            return false;
    return my_end_row(in);
}

/* InnoDB hands out ids to a statement of unknown size in ever larger lots: 1, 2, 4, … (innodb_autoinc_lock_mode 1). */
static void my_bulk_ids(struct my_insert *in)
{
    struct my_table *t = in->d.t;
    uint64_t used = in->first_id ? t->auto_inc - in->first_id : 0, lots = 1;
    if (!in->d.innodb || !used)
        return;
    while (lots < used)
        lots = lots * 2 + 1;
    t->auto_inc = in->first_id + lots;
}

/* Names of ON DUPLICATE KEY UPDATE are looked up before the first row. */
static bool duplicate_names(struct my_insert *in)
{
    struct my_run *r = in->d.r;
    struct my_eval ev = {.r = r, .ctx = &in->d.x, .clause = "field list"};
    for (const struct my_assign *a = in->stm->inner ? in->stm->inner->assigns : NULL; a && my_ok(r); a = a->next) {
        r->clause = "UPDATE";
        if (my_table_col(in->d.t, a->name) < 0)
            my_fail(r, MY_ER_BAD_FIELD, a->name, "field list");
        r->clause = NULL;
        if (my_ok(r) && a->expr->op != MY_X_DEFAULT && !in->stm->select)
            my_fix(&ev, a->expr);
    }
    r->clause = "VALUES";
    return my_ok(r);
}

static bool insert_select(struct my_insert *in)
{
    struct my_run *r = in->d.r;
    struct my_rows rows = {0};
    r->clause = NULL;
    my_select_run(r, in->stm->select, NULL, 0, &rows);
    r->clause = "VALUES";
    if (!r->kit->mariadb)
        r->status = 0;
    if (!my_ok(r))
        return false;
    if (rows.n_cols != in->n_cols) {
        my_fail(r, MY_ER_WRONG_VALUE_COUNT_ON_ROW, 1L);
        return false;
    }
    for (size_t k = 0; k < rows.n_rows; k++) {
        if (!my_begin_row(in))
            return false;
        for (size_t i = 0; i < in->n_cols; i++)
            if (!my_put_value(in, in->cols[i], &rows.rows[k][i], &rows.cols[i].m))
                return false;
        if (!my_end_row(in))
            return false;
    }
    my_bulk_ids(in);
    return true;
}

void my_changed_something(struct my_dml *d)
{
    struct my_conn *c = d->r->c;
    if (d->innodb && !c->autocommit)
        c->in_trans = true;
    if (!d->innodb && (c->in_trans || !c->autocommit) && d->changed + d->deleted > 0)
        c->changed_plain = true;
}

void my_exec_insert(struct my_run *r, struct my_stmt *st)
{
    struct my_insert in = {.stm = st, .replace = st->com == MY_Q_REPLACE};
    r->clause = "VALUES";
    bool open = my_dml_open(&in.d, r, st->db, st->name, st->ignore);
    r->clause = NULL;
    if (!open)
        return;
    in.multi_row = st->select || (st->rows && st->rows->next);
    if (!my_choose_columns(&in) || !my_ctx_of_table(&in.d))
        goto out;
    r->c->insert_id_stmt = 0;
    if (r->kit->mariadb && st->returning && !my_returning_begin(&in.d, st->returning))
        goto out;
    if (!duplicate_names(&in))
        goto out;
    bool ok = st->select ? insert_select(&in) : st->rows ? insert_values(&in) : insert_set(&in);
    if (ok && in.multi_row)
        (void)snprintf(r->info, sizeof r->info, "Records: %" PRIu64 "  Duplicates: %" PRIu64 "  Warnings: %u", in.d.records, in.d.copied + in.d.deleted,
                       r->c->total_conds);
    r->affected = in.d.changed + in.d.deleted;
    r->insert_id = in.first_id ? in.first_id : in.d.t->auto_col >= 0 ? in.last_auto : 0;
    if (in.first_id)
        r->c->last_insert_id = in.first_id;
    my_changed_something(&in.d);
    if (ok && st->returning)
        my_returning_send(&in.d);
out:
    r->clause = NULL;
    my_dml_done(&in.d);
}

/* CHECK constraints and generated columns of MariaDB: kept as the server prints them, worked out row by row. */
#include <stdio.h>
#include <string.h>

#include "protocol/mysql/exec/my_ddl.h"
#include "protocol/mysql/exec/my_dml.h"

/* ---- definitions ---- */
static char *keep(struct my_run *r, struct my_table *t, const struct my_expr *e)
{
    const char *text = e ? my_expr_print(r, e) : NULL;
    return text ? my_table_str(t, text) : NULL;
}

static bool add_check(struct my_table *t, const char *name, char *text)
{
    if (t->n_checks >= MY_TABLE_CHECKS_MAX || !text)
        return false;
    t->checks[t->n_checks++] = (struct my_check){my_table_str(t, name), text};
    return true;
}

void my_checks_define(struct my_run *r, const struct my_col_def *cols, const struct my_key_def *keys, struct my_table *t)
{
    size_t i = 0;
    char name[24];
    if (!r->kit->mariadb)
        return;
    for (const struct my_col_def *d = cols; d && i < t->n_cols; d = d->next, i++) {
        if (d->check)
            t->cols[i].check = keep(r, t, d->check);
        if (d->gen)
            t->cols[i].gen = keep(r, t, d->gen);
        t->cols[i].stored = d->stored;
    }
    for (const struct my_key_def *k = keys; k; k = k->next) {
        if (!k->check)
            continue;
        (void)snprintf(name, sizeof name, "CONSTRAINT_%zu", t->n_checks + 1);
        if (!add_check(t, k->name ? k->name : name, keep(r, t, k->check))) {
            my_fail(r, MY_ER_OUTOFMEMORY, 256);
            return;
        }
    }
}

/* ALTER TABLE: what was there stays where its column does. */
void my_checks_carry(const struct my_table *from, struct my_table *t)
{
    for (size_t i = 0; i < t->n_cols; i++) {
        int old = my_table_col(from, t->cols[i].name);
        if (old < 0 || t->cols[i].check || t->cols[i].gen)
            continue;
        t->cols[i].check = from->cols[old].check ? my_table_str(t, from->cols[old].check) : NULL;
        t->cols[i].gen = from->cols[old].gen ? my_table_str(t, from->cols[old].gen) : NULL;
        t->cols[i].stored = from->cols[old].stored;
    }
    for (size_t i = 0; i < from->n_checks; i++)
        (void)add_check(t, from->checks[i].name, my_table_str(t, from->checks[i].text));
}

/* ---- rows ---- */
static struct my_expr *parsed(struct my_dml *d, const char *text)
{
    struct my_run *r = d->r;
    struct my_parse p;
    struct my_parse_env env = my_parse_env_of(r, false);
    struct my_eval ev = {.r = r, .ctx = &d->x, .clause = "field list"};
    struct my_expr *e = NULL;
    if (my_parse_expr(&p, r->arena, &env, text, strlen(text), &e) < 0) {
        my_fail_text(r, p.err, p.err_text);
        return NULL;
    }
    my_fix(&ev, e);
    return my_ok(r) ? e : NULL;
}

static bool prepare(struct my_dml *d)
{
    const struct my_table *t = d->t;
    bool any = t->n_checks > 0;
    for (size_t i = 0; i < t->n_cols && !any; i++)
        any = t->cols[i].check || t->cols[i].gen;
    d->checks_ready = true;
    if (!any)
        return true;
    d->checks = my_dml_get(d->r, (2 * t->n_cols + t->n_checks + 1) * sizeof *d->checks);
    for (size_t i = 0; d->checks && i < 2 * t->n_cols + t->n_checks && my_ok(d->r); i++) {
        const char *text = i < t->n_cols ? t->cols[i].gen : i < 2 * t->n_cols ? t->cols[i - t->n_cols].check : t->checks[i - 2 * t->n_cols].text;
        d->checks[i] = text ? parsed(d, text) : NULL;
    }
    return my_ok(d->r);
}

static struct my_val value(struct my_dml *d, struct my_expr *e, struct my_val *vals)
{
    struct my_eval ev = {.r = d->r, .ctx = &d->x, .clause = "field list"};
    struct my_val *before = d->x.row[0];
    d->x.row[0] = vals;
    struct my_val v = my_eval_expr(&ev, e);
    d->x.row[0] = before;
    return v;
}

bool my_check_row(struct my_dml *d, struct my_cell *cells)
{
    struct my_table *t = d->t;
    if (!d->checks_ready && !prepare(d))
        return false;
    if (!d->checks)
        return true;
    struct my_val *vals = my_dml_get(d->r, (t->n_cols + 1) * sizeof *vals);
    for (size_t i = 0; vals && i < t->n_cols; i++)
        vals[i] = my_cell_val(&t->cols[i], &cells[i]);
    for (size_t i = 0; vals && i < t->n_cols && my_ok(d->r); i++) {
        if (!d->checks[i])
            continue;
        struct my_val v = value(d, d->checks[i], vals);
        if (!my_ok(d->r) || !my_store_val(&d->st, &t->cols[i], &v, &d->checks[i]->m, &cells[i]))
            return false;
        vals[i] = my_cell_val(&t->cols[i], &cells[i]);
    }
    for (size_t i = t->n_cols; vals && i < 2 * t->n_cols + t->n_checks && my_ok(d->r); i++) {
        if (!d->checks[i])
            continue;
        struct my_val v = value(d, d->checks[i], vals);
        if (!my_ok(d->r) || my_truth(&v) != 0)
            continue;
        char name[400];
        if (i < 2 * t->n_cols)
            (void)snprintf(name, sizeof name, "%.190s.%.190s", t->name, t->cols[i - t->n_cols].name);
        else
            (void)snprintf(name, sizeof name, "%.190s", t->checks[i - 2 * t->n_cols].name);
        my_ddl_fail(d->r, 4025, "23000", "CONSTRAINT `%s` failed for `%s`.`%s`", name, d->db ? d->db->name : "", t->name);
    }
    return my_ok(d->r);
}

bool my_generated_free(struct my_dml *d, size_t col)
{
    const struct my_column *c = &d->t->cols[col];
    char text[300];
    if (!c->gen)
        return true;
    (void)snprintf(text, sizeof text, "The value specified for generated column '%.100s' in table '%.100s' has been ignored", c->name, d->t->name);
    if (d->st.strict)
        my_ddl_fail(d->r, 1906, "HY000", "%s", text);
    else
        my_warn_text(d->r, MY_WARNING, 1906, text);
    return my_ok(d->r);
}

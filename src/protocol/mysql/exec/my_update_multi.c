/* UPDATE and DELETE over several tables. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/exec/my_dml.h"
#include "protocol/mysql/exec/my_files.h"
#include "protocol/mysql/exec/my_sel.h"
#include "protocol/mysql/exec/my_store.h"

/* ---- UPDATE and DELETE over several tables ---- */
#define JOIN_TABLES_MAX 16

struct multi {
    struct my_run *r;
    struct my_stmt *st;
    struct my_dml d[JOIN_TABLES_MAX];  /* those that may change are open */
    struct my_hit *hits[JOIN_TABLES_MAX];
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
        if (!my_dml_open(&m->d[i], r, t->db, t->name, m->st->ignore) || !my_ctx_of_table(&m->d[i]))
            return false;
        if (t->alias)
            m->d[i].rel->alias = t->alias;
        m->refs[i] = t;
        m->hits[i] = my_dml_get(r, (m->d[i].t->n_rows + 1) * sizeof **m->hits);
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
            char name[400];
            (void)snprintf(name, sizeof name, "%.190s%s%.190s", a->table ? a->table : "", a->table ? "." : "", a->name);
            my_fail(r, MY_ER_BAD_FIELD, name, "field list");
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
        m->hits[i][m->n_hits[i]++] = (struct my_hit){.at = m->at[i], .vals = m->x.row[i]};
        if (m->st->com != MY_Q_UPDATE)
            continue;
        /* new values come from the first combination that a row stands in */
        struct my_dml *d = &m->d[i];
        struct my_cell *cells = my_row_copy(m->r, d->t, d->t->rows[m->at[i]]);
        struct my_val *vals = my_row_vals(m->r, d->t, d->t->rows[m->at[i]]);
        if (!cells || !vals)
            return;
        for (const struct my_assign *a = m->st->assigns; a; a = a->next)
            if (target_of(m, i, NULL, a->table) && !my_assign(d, &m->x, i, a, cells, vals))
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
        m->x.row[i] = my_row_vals(m->r, t, t->rows[k]);
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
    struct my_dml *d = &m->d[i];
    for (size_t k = 0; k < m->n_hits[i] && my_ok(m->r); k++) {
        const struct my_cell *cells = (const struct my_cell *)(const void *)m->hits[i][k].keys;
        const struct my_key *key = NULL;
        size_t at = m->hits[i][k].at;
        d->matched++;
        if (!cells || my_same_cells(d->t, d->t->rows[at], cells))
            continue;
        if (my_find_duplicate(d, cells, at, &key) != SIZE_MAX) {
            if (!d->ignore || (d->r->kit->version >= 50700 && !d->r->kit->mariadb))
                my_duplicate_error(d, cells, key);
        } else if (my_replace_row(d, at, cells)) {
            d->changed++;
        }
    }
}

void my_exec_multi(struct my_run *r, struct my_stmt *st)
{
    struct multi *m = my_dml_get(r, sizeof *m);
    if (!m)
        return;
    memset(m, 0, sizeof *m);
    m->r = r;
    m->st = st;
    struct my_dml sum = {0};
    r->clause = st->com == MY_Q_UPDATE ? "SET" : NULL;
    if (open_multi(m) && mark_targets(m))
        join_level(m, 0);
    for (size_t i = 0; i < m->x.n && my_ok(r); i++) {
        if (!m->target[i])
            continue;
        if (st->com == MY_Q_UPDATE)
            apply_updates(m, i);
        else
            (void)my_delete_hits(&m->d[i], m->hits[i], m->n_hits[i]);
        sum.matched += m->d[i].matched;
        sum.changed += m->d[i].changed;
        my_changed_something(&m->d[i]);
    }
    if (my_ok(r) && st->com == MY_Q_UPDATE)
        my_update_info(r, &sum);
    else
        r->affected = sum.changed;
    for (size_t i = 0; i < JOIN_TABLES_MAX; i++)
        my_dml_done(&m->d[i]);
}

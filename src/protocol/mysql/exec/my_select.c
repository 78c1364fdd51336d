/* The SELECT statement. */
#include <stdio.h>
#include <strings.h>

#include "protocol/mysql/exec/my_check.h"
#include "protocol/mysql/exec/my_sel.h"
#include "protocol/mysql/exec/my_select.h"
#include "protocol/mysql/exec/my_show.h"
#include "protocol/mysql/expr/my_eval.h"

/* ---- the statement ---- */
static bool touches_transaction(struct my_run *r, const struct my_select *s)
{
    for (const struct my_tref *t = s->from; t; t = t->next) {
        struct my_table *base = t->derived || t->cte ? NULL : my_find_table(r, t->db, t->name, NULL, true);
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
    s->got = rows->rows[0];
    s->got_meta = arena_new(r->arena, (rows->n_cols + 1) * sizeof *s->got_meta);
    s->n_got = s->got_meta ? rows->n_cols : 0;
    for (size_t i = 0; i < s->n_got; i++)
        s->got_meta[i] = rows->cols[i].m;
    for (size_t i = 0; i < rows->n_cols; i++)
        if (s->into_vars[i])
            my_uservar_set(r, s->into_vars[i], &rows->rows[0][i], &rows->cols[i].m);
    r->affected = 1;
}

static void send_columns(struct my_run *r, const struct my_rows *rows)
{
    if (r->show_key)
        (void)my_show_recorded(r, r->show_key, rows->cols, rows->n_cols);
    my_send_columns(r, rows->cols, rows->n_cols);
}

void my_exec_select(struct my_run *r, struct my_stmt *st)
{
    if (st->com == MY_Q_DO) {
        struct my_eval ev = {.r = r, .clause = "field list"};
        r->clause = "DO";
        for (size_t i = 0; i < st->n_exprs && my_ok(r); i++) {
            my_fix(&ev, st->exprs[i]);
            if (my_ok(r))
                (void)my_eval_expr(&ev, st->exprs[i]);
        }
        return;
    }
    struct my_select *s = st->select;
    struct my_rows rows;
    if (s->into != MY_INTO_NONE && s->into_last && r->kit->mariadb)
        my_warn(r, MY_WARNING, MY_ER_WARN_DEPRECATED_SYNTAX, "<select expression> INTO <destination>;", "'SELECT <select list> INTO <destination> FROM...'");
    if (s->into == MY_INTO_DUMPFILE || s->into == MY_INTO_OUTFILE) {
        struct my_rows cols;
        if (!my_check_file(r))
            return;
        my_select_describe(r, s, NULL, &cols);
        if (my_ok(r) && s->into == MY_INTO_OUTFILE && (s->fopts.enclosed_len > 1 || s->fopts.escaped_len > 1))
            my_fail(r, MY_ER_WRONG_FIELD_TERMINATORS);
        if (my_ok(r) && !my_file_may_write(r, s->into_file))
            return;
        if (!my_ok(r))
            return;
    }
    uint16_t before = r->status;
    bool stream = s->into == MY_INTO_NONE && r->kit->mariadb;
    if (stream)
        my_select_run_ready(r, s, send_columns, &rows);
    else
        my_select_run(r, s, NULL, 0, &rows);
    if (!my_ok(r))
        return;
    if (!r->c->autocommit && touches_transaction(r, s))
        r->c->in_trans = true;
    r->c->found_rows = (int64_t)rows.found;
    switch (s->into) {
    case MY_INTO_NONE: {
        uint16_t late = stream ? 0 : r->late_status;
        r->status = (uint16_t)(r->status & ~late) | before;
        if (!stream)
            send_columns(r, &rows);
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

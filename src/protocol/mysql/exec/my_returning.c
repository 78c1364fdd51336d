/* RETURNING: a SELECT over the rows that INSERT, REPLACE or DELETE give back. */
#include <stdlib.h>
#include <string.h>

#include "protocol/mysql/exec/my_dml.h"

/* The rows stand in a table of the target's shape, which hides the target from the list while it is resolved and run. */
static bool hide(struct my_dml *d)
{
    struct my_conn *c = d->r->c;
    struct my_table **temp = realloc(c->temp, (c->n_temp + 1) * sizeof *temp);
    if (temp)
        c->temp = temp;
    char **dbs = temp ? realloc(c->temp_db, (c->n_temp + 1) * sizeof *dbs) : NULL;
    if (dbs)
        c->temp_db = dbs;
    char *own = dbs ? strdup(d->db ? d->db->name : "") : NULL;
    if (!own) {
        my_fail(d->r, MY_ER_OUTOFMEMORY, 64);
        return false;
    }
    memmove(temp + 1, temp, c->n_temp * sizeof *temp); /* the first one of a name counts */
    memmove(dbs + 1, dbs, c->n_temp * sizeof *dbs);
    temp[0] = d->back;
    dbs[0] = own;
    c->n_temp++;
    return true;
}

static void show_again(struct my_dml *d)
{
    struct my_conn *c = d->r->c;
    free(c->temp_db[0]);
    c->n_temp--;
    memmove(c->temp, c->temp + 1, c->n_temp * sizeof *c->temp);
    memmove(c->temp_db, c->temp_db + 1, c->n_temp * sizeof *c->temp_db);
}

bool my_returning_begin(struct my_dml *d, struct my_item *items)
{
    struct my_rows rows = {0};
    struct my_tref *from = my_dml_get(d->r, sizeof *from);
    d->returning = my_dml_get(d->r, sizeof *d->returning);
    d->back = my_ok(d->r) ? my_table_copy(d->t, false) : NULL;
    if (!d->back || !from || !hide(d)) {
        my_fail(d->r, MY_ER_OUTOFMEMORY, 1024);
        return false;
    }
    *from = (struct my_tref){.db = d->db ? d->db->name : NULL, .name = d->t->name};
    *d->returning = (struct my_select){.items = items, .from = from};
    d->r->clause = "RETURNING";
    my_select_describe(d->r, my_select_copy(d->r, d->returning), NULL, &rows);
    d->r->clause = NULL;
    show_again(d);
    return my_ok(d->r);
}

bool my_give_back(struct my_dml *d, const struct my_row *row)
{
    if (!d->back)
        return true;
    if (my_table_append(d->r->w, d->back, my_row_new(row->n, row->cell)) == 0)
        return true;
    my_no_room(d->r, d->t);
    return false;
}

void my_returning_send(struct my_dml *d)
{
    struct my_run *r = d->r;
    struct my_rows rows = {0};
    if (!hide(d))
        return;
    uint16_t status = r->status;
    my_select_run(r, d->returning, NULL, 0, &rows);
    show_again(d);
    r->status = status;
    if (!my_ok(r))
        return;
    my_send_columns(r, rows.cols, rows.n_cols);
    for (size_t i = 0; i < rows.n_rows; i++)
        my_send_row(r, rows.cols, rows.rows[i], rows.n_cols);
    my_send_end(r, rows.n_rows);
}

#include "protocol/mysql/exec/my_undo.h"

#include <stdlib.h>
#include <string.h>

struct entry {
    uint32_t at;
    uint16_t table;
    struct my_row *before, *after;
};
struct where {
    char *db, *name;
};
struct my_undo {
    struct entry *entries;
    size_t n, cap, bytes;
    struct where tables[MY_UNDO_TABLES_MAX];
    size_t n_tables;
};

size_t my_undo_mark(const struct my_conn *c)
{
    return c->undo ? c->undo->n : 0;
}

static void entry_done(struct my_undo *u, struct entry *e)
{
    u->bytes -= e->before ? e->before->bytes : 0;
    if (e->before)
        my_row_unref(e->before);
    if (e->after)
        my_row_unref(e->after);
}

void my_undo_clear(struct my_conn *c)
{
    struct my_undo *u = c->undo;
    if (!u)
        return;
    while (u->n)
        entry_done(u, &u->entries[--u->n]);
    for (size_t i = 0; i < u->n_tables; i++) {
        free(u->tables[i].db);
        free(u->tables[i].name);
    }
    free(u->entries);
    free(u);
    c->undo = NULL;
}

/* The table's number in the log; MY_UNDO_TABLES_MAX: no room. */
static size_t table_number(struct my_undo *u, const char *db, const char *name)
{
    for (size_t i = u->n_tables; i > 0; i--) /* the last one used is the likely one */
        if (strcmp(u->tables[i - 1].name, name) == 0 && strcmp(u->tables[i - 1].db, db) == 0)
            return i - 1;
    if (u->n_tables == MY_UNDO_TABLES_MAX)
        return MY_UNDO_TABLES_MAX;
    struct where w = {strdup(db), strdup(name)};
    if (!w.db || !w.name) {
        free(w.db);
        free(w.name);
        return MY_UNDO_TABLES_MAX;
    }
    u->tables[u->n_tables] = w;
    return u->n_tables++;
}

void my_undo_note(struct my_conn *c, const char *db, const struct my_table *t, size_t at, struct my_row *before, struct my_row *after)
{
    if (!c->undo)
        c->undo = calloc(1, sizeof *c->undo);
    struct my_undo *u = c->undo;
    size_t number = u ? table_number(u, db, t->name) : MY_UNDO_TABLES_MAX, more = before ? before->bytes : 0;
    if (number == MY_UNDO_TABLES_MAX || u->n >= MY_UNDO_ENTRIES_MAX || u->bytes + more > MY_UNDO_BYTES_MAX || at > UINT32_MAX) {
        my_undo_clear(c);
        return;
    }
    if (u->n == u->cap) {
        size_t cap = u->cap ? u->cap * 2 : 16;
        struct entry *list = realloc(u->entries, cap * sizeof *list);
        if (!list) {
            my_undo_clear(c);
            return;
        }
        u->entries = list;
        u->cap = cap;
    }
    u->bytes += more;
    u->entries[u->n++] = (struct entry){.at = (uint32_t)at, .table = (uint16_t)number, .before = before ? my_row_ref(before) : NULL,
                                        .after = after ? my_row_ref(after) : NULL};
}

static struct my_table *find(struct my_conn *c, const struct where *w)
{
    for (size_t i = 0; i < c->n_temp; i++)
        if (strcmp(c->temp_db[i], w->db) == 0 && strcmp(c->temp[i]->name, w->name) == 0)
            return c->temp[i];
    struct my_db *db = my_world_db(c->world, w->db);
    struct my_table *t = db ? my_db_table(c->world, db, w->name) : NULL;
    return t ? my_world_own(c->world, db, t) : NULL;
}

/* The row's place now, near where it was; false: it is gone. */
static bool place_of(const struct my_table *t, const struct my_row *row, size_t hint, size_t *ret)
{
    if (hint < t->n_rows && t->rows[hint] == row) {
        *ret = hint;
        return true;
    }
    for (size_t i = t->n_rows; i > 0; i--)
        if (t->rows[i - 1] == row) {
            *ret = i - 1;
            return true;
        }
    return false;
}

static void undo(struct my_conn *c, const struct my_undo *u, const struct entry *e)
{
    struct my_table *t = find(c, &u->tables[e->table]);
    size_t at = e->at;
    if (!t || (e->before && e->before->n != t->n_cols))
        return;
    if (e->after && !place_of(t, e->after, e->at, &at))
        return;
    if (!e->before) {
        my_table_remove(c->world, t, at);
    } else if (e->after) {
        my_table_replace(c->world, t, at, my_row_ref(e->before));
    } else if (my_table_append(c->world, t, my_row_ref(e->before)) == 0) {
        struct my_row *row = t->rows[t->n_rows - 1];
        at = e->at < t->n_rows ? e->at : t->n_rows - 1;
        memmove(&t->rows[at + 1], &t->rows[at], (t->n_rows - 1 - at) * sizeof *t->rows);
        t->rows[at] = row;
    }
}

void my_undo_to(struct my_conn *c, size_t mark)
{
    struct my_undo *u = c->undo;
    while (u && u->n > mark) {
        undo(c, u, &u->entries[u->n - 1]);
        entry_done(u, &u->entries[--u->n]);
    }
}

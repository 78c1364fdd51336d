/* EXPLAIN: how the tables of a SELECT would be read. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/exec/my_files.h"
#include "protocol/mysql/exec/my_sel.h"
#include "protocol/mysql/world/my_def.h"

#define SELECTS_MAX 64

enum { COL_ID, COL_SELECT, COL_TABLE, COL_TYPE, COL_POSSIBLE, COL_KEY, COL_KEY_LEN, COL_REF, COL_ROWS, COL_EXTRA, COL_COUNT };

struct explain {
    struct my_run *r;
    struct my_result_col cols[COL_COUNT];
    uint64_t rows;
    int next_id;
};

static struct my_val sv(const char *s)
{
    return s ? my_str(s, strlen(s)) : my_null();
}

static void columns(struct my_run *r, struct my_result_col *c)
{
    c[COL_ID] = my_plain_col(r, "id", 'l', 3, false);
    c[COL_SELECT] = my_plain_col(r, "select_type", 's', 19, false);
    c[COL_TABLE] = my_plain_col(r, "table", 's', 64, true);
    c[COL_TYPE] = my_plain_col(r, "type", 's', 10, true);
    c[COL_POSSIBLE] = my_plain_col(r, "possible_keys", 's', 4096, true);
    c[COL_KEY] = my_plain_col(r, "key", 's', 64, true);
    c[COL_KEY_LEN] = my_plain_col(r, "key_len", 's', 4096, true);
    c[COL_REF] = my_plain_col(r, "ref", 's', 1024, true);
    c[COL_ROWS] = my_plain_col(r, "rows", 'l', 10, true);
    c[COL_EXTRA] = my_plain_col(r, "Extra", 's', 255, false);
    c[COL_ID].m.unsigned_ = c[COL_ROWS].m.unsigned_ = true;
    if (!r->kit->mariadb)
        return;
    c[COL_ID].m.wide = c[COL_ID].m.maybe_null = true;
    c[COL_REF] = my_plain_col(r, "ref", 's', 2048, true);
    c[COL_ROWS] = my_plain_col(r, "rows", 's', 64, true);
}

static void put(struct explain *x, struct my_val *v)
{
    my_send_row(x->r, x->cols, v, COL_COUNT);
    x->rows++;
}

/* The index that an access of this kind goes through. */
static const struct my_key *key_of(const struct my_table *t, uint8_t access)
{
    for (size_t i = 0; i < t->n_keys; i++) {
        bool unique = t->keys[i].kind == MY_KEY_PRIMARY || t->keys[i].kind == MY_KEY_UNIQUE;
        if (access != MY_ACC_CONST || unique)
            return &t->keys[i];
    }
    return NULL;
}

/* What a column takes in an index. */
static size_t stored_bytes(const struct my_column *c)
{
    switch (c->wire_type) {
    case MY_T_TINY:
    case MY_T_YEAR:
        return 1;
    case MY_T_SHORT:
        return 2;
    case MY_T_INT24:
    case MY_T_DATE:
        return 3;
    case MY_T_LONG:
    case MY_T_FLOAT:
    case MY_T_TIMESTAMP:
        return 4;
    case MY_T_LONGLONG:
    case MY_T_DOUBLE:
        return 8;
    case MY_T_VAR_STRING:
        return c->len + 2;
    default:
        return c->len;
    }
}

static void key_cells(struct explain *x, const struct my_table *t, uint8_t access, struct my_val *v)
{
    const struct my_key *k = access == MY_ACC_ALL || access == MY_ACC_SYSTEM ? NULL : key_of(t, access);
    char len[24];
    size_t bytes = 0;
    if (!k)
        return;
    for (size_t i = 0; i < k->n_cols; i++) {
        const struct my_column *c = &t->cols[k->cols[i]];
        bytes += (k->lens[i] ? k->lens[i] : stored_bytes(c)) + (c->not_null ? 0u : 1u);
    }
    (void)snprintf(len, sizeof len, "%zu", bytes);
    v[COL_KEY] = sv(k->name);
    if (access != MY_ACC_INDEX)
        v[COL_POSSIBLE] = v[COL_KEY];
    v[COL_KEY_LEN] = sv(arena_copy(x->r->arena, len, strlen(len)));
    if (access == MY_ACC_CONST || access == MY_ACC_REF)
        v[COL_REF] = sv("const");
}

static void table_row(struct explain *x, const struct my_plan *pl, size_t i, int id, const char *select_type)
{
    static const char *const types[] = {"ALL", "const", "ref", "range", "index", "system"};
    const struct my_rel *rel = pl->x.rels[i];
    uint8_t access = i < 64 && rel->table ? pl->access[i] : MY_ACC_ALL;
    uint64_t rows = access == MY_ACC_CONST || access == MY_ACC_SYSTEM || access == MY_ACC_REF ? 1 : rel->n_rows;
    char extra[120];
    const struct my_select *s = pl->s;
    bool first = i == 0, point = access == MY_ACC_CONST || access == MY_ACC_SYSTEM;
    (void)snprintf(extra, sizeof extra, "%s%s%s%s", s->where && !point ? "; Using where" : "", access == MY_ACC_INDEX ? "; Using index" : "",
                   first && !point && (s->group || s->distinct) ? "; Using temporary" : "",
                   first && !point && (s->order || s->group) ? "; Using filesort" : "");
    struct my_val v[COL_COUNT] = {my_int(id), sv(select_type), sv(rel->alias), sv(types[access]), my_null(), my_null(), my_null(), my_null(),
                                  rel->info_schema ? my_null() : my_uint(rows), sv(arena_copy(x->r->arena, extra, strlen(extra)))};
    if (v[COL_EXTRA].kind == MY_V_STR && v[COL_EXTRA].s.n > 2)
        v[COL_EXTRA] = my_str(v[COL_EXTRA].s.p + 2, v[COL_EXTRA].s.n - 2);
    if (rel->table)
        key_cells(x, rel->table, access, v);
    if (rel->derived) {
        char name[32];
        (void)snprintf(name, sizeof name, "<derived%d>", x->next_id);
        v[COL_TABLE] = sv(arena_copy(x->r->arena, name, strlen(name)));
        x->next_id++;
    }
    put(x, v);
}

static void chain(struct explain *x, const struct my_select *s, const char *head, int depth);

static void block(struct explain *x, const struct my_select *s, int id, const char *select_type, int depth)
{
    const struct my_plan *pl = s->plan;
    if (!pl)
        return;
    if (pl->x.n == 0 || pl->empty) {
        struct my_val v[COL_COUNT] = {my_int(id), sv(select_type), my_null(), my_null(), my_null(), my_null(), my_null(), my_null(), my_null(),
                                      sv(pl->empty ? "Impossible WHERE" : "No tables used")};
        put(x, v);
    }
    for (size_t i = 0; i < pl->x.n && !pl->empty; i++)
        table_row(x, pl, i, id, select_type);
    for (const struct my_tref *t = s->from; t && depth < 8; t = t->next)
        if (t->derived)
            chain(x, t->derived, "DERIVED", depth + 1);
}

static void chain(struct explain *x, const struct my_select *s, const char *head, int depth)
{
    int first = depth ? x->next_id - 1 : 1;
    bool is_union = s->next != NULL;
    char name[80] = "<union";
    size_t n = strlen(name);
    for (const struct my_select *m = s; m && x->rows < SELECTS_MAX; m = m->next) {
        int id = m == s ? first : x->next_id++;
        n += (size_t)snprintf(name + n, n < 60 ? sizeof name - n : 0, m == s ? "%d" : ",%d", id);
        n = n > 60 ? 60 : n;
        block(x, m, id, m != s ? "UNION" : head, depth);
    }
    if (!is_union)
        return;
    name[n] = '>';
    struct my_val v[COL_COUNT] = {my_null(), sv("UNION RESULT"), my_str(name, n + 1), sv("ALL"), my_null(), my_null(), my_null(), my_null(),
                                  my_null(), sv("")};
    put(x, v);
}

static bool has_parts(const struct my_select *s)
{
    if (s->next)
        return true;
    for (const struct my_tref *t = s->from; t; t = t->next)
        if (t->derived)
            return true;
    return false;
}

/* A change to rows: the table is read through. */
static void explain_change(struct explain *x, struct my_stmt *in)
{
    struct my_run *r = x->r;
    const char *name = in->name ? in->name : in->tables ? in->tables->name : NULL;
    const char *db = in->name ? in->db : in->tables ? in->tables->db : NULL;
    const struct my_table *t = name ? my_find_table(r, db, name, NULL, false) : NULL;
    if (!t)
        return;
    bool insert = in->com == MY_Q_INSERT || in->com == MY_Q_REPLACE;
    my_send_columns(r, x->cols, COL_COUNT);
    struct my_val v[COL_COUNT] = {my_int(1), sv(r->kit->version >= 50700 ? (insert ? "INSERT" : in->com == MY_Q_DELETE ? "DELETE" : "UPDATE") : "SIMPLE"),
                                  sv(t->name), sv("ALL"), my_null(), my_null(), my_null(), my_null(), insert ? my_null() : my_uint(t->n_rows),
                                  sv(in->where ? "Using where" : "")};
    put(x, v);
    my_send_end(r, x->rows);
}

void my_explain(struct my_run *r, struct my_stmt *st)
{
    struct explain x = {.r = r, .next_id = 2};
    struct my_rows cols = {0};
    columns(r, x.cols);
    if (!st->select) {
        if (st->inner)
            explain_change(&x, st->inner);
        return;
    }
    my_select_describe(r, st->select, NULL, &cols);
    if (!my_ok(r))
        return;
    my_send_columns(r, x.cols, COL_COUNT);
    chain(&x, st->select, has_parts(st->select) ? "PRIMARY" : "SIMPLE", 0);
    my_send_end(r, x.rows);
}

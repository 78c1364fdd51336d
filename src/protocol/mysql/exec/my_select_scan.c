/* SELECT: joining rows and grouping them. */
#include <stdio.h>
#include <string.h>

#include "protocol/mysql/exec/my_sel.h"
#include "protocol/mysql/exec/my_select.h"
#include "protocol/mysql/expr/my_eval.h"

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
        pl->x.row[i] = my_null_row(r, rel);
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
                pl->x.row[j] = my_null_row(r, pl->x.rels[j]);
            pl->x.row[i] = pl->x.rels[i]->rows[k];
            if (!join_from(r, pl, i + 1, sink))
                return false;
        }
    }
    return true;
}

void my_scan(struct my_run *r, struct my_plan *pl, struct my_sink *sink)
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

uint64_t my_hash_val(const struct my_coll *c, const struct my_val *v)
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

bool my_same_val(struct my_eval *ev, const struct my_val *a, const struct my_val *b, const struct my_meta *m)
{
    if (a->kind == MY_V_NULL || b->kind == MY_V_NULL)
        return a->kind == b->kind;
    return my_compare(ev, a, m, b, m) == 0;
}

struct my_group *my_group_new(struct my_run *r, struct my_plan *pl, size_t n_keys)
{
    struct my_group *g = my_run_get(r, sizeof *g);
    if (!g)
        return NULL;
    g->keys = my_run_get(r, n_keys * sizeof *g->keys);
    g->slots = my_run_get(r, pl->x.n_aggs * sizeof *g->slots);
    g->row = my_run_get(r, pl->x.n * sizeof *g->row);
    g->states = my_run_get(r, pl->x.n_aggs * sizeof *g->states);
    if (!my_ok(r))
        return NULL;
    if (pl->x.n)
        memcpy(g->row, pl->x.row, pl->x.n * sizeof *g->row);
    for (size_t i = 0; i < pl->x.n_aggs; i++)
        my_agg_begin(r, pl->x.aggs[i], &g->states[i]);
    return g;
}

static bool is_volatile(const struct my_expr *e)
{
    if (e->op == MY_X_REF)
        return is_volatile(e->target);
    if (e->op == MY_X_FUNC && e->func && strcmp(e->func->name, "rand") == 0)
        return true;
    for (size_t i = 0; i < e->n_args; i++)
        if (is_volatile(e->args[i]))
            return true;
    return false;
}

static bool volatile_keys(const struct my_plan *pl)
{
    for (const struct my_order *o = pl->s->group; o; o = o->next)
        if (is_volatile(o->expr))
            return true;
    return false;
}

/* The table that groups are kept in looks a row's key up, and computes it once more to insert it. With RAND() in it the second
 * may be there already: error 1062 with the key, which is how injections read data. False: that happened. */
static bool second_look(struct my_run *r, struct my_plan *pl, struct my_group_sink *gs, struct my_val *keys, size_t n)
{
    struct my_eval ev = {.r = r, .ctx = &pl->x, .clause = "group statement"};
    size_t i = 0;
    for (struct my_order *o = pl->s->group; o && i < n; o = o->next, i++)
        keys[i] = my_eval_expr(&ev, o->expr);
    for (struct my_group *g = gs->first; g && my_step(r, 1); g = g->next) {
        struct my_order *o = pl->s->group;
        for (i = 0; i < n && my_same_val(&ev, &keys[i], &g->keys[i], &o->expr->m); i++)
            o = o->next;
        if (i < n)
            continue;
        char text[300] = "";
        size_t at = 0;
        o = pl->s->group;
        for (i = 0; i < n; i++, o = o->next) {
            struct my_val t = my_val_text(r->arena, &keys[i], &o->expr->m);
            int len = snprintf(text + at, sizeof text - at, "%s%.*s", i ? "-" : "", t.kind == MY_V_NULL ? 4 : (int)(t.s.n > 200 ? 200 : t.s.n),
                               t.kind == MY_V_NULL ? "NULL" : t.s.p);
            at += len > 0 && at + (size_t)len < sizeof text ? (size_t)len : 0;
        }
        my_fail(r, MY_ER_DUP_ENTRY, text, "group_key");
        return false;
    }
    return my_ok(r);
}

bool my_group_row(struct my_run *r, struct my_plan *pl, struct my_sink *sink)
{
    struct my_group_sink *gs = (struct my_group_sink *)(void *)sink;
    struct my_eval ev = {.r = r, .ctx = &pl->x, .clause = "group statement"};
    struct my_val keys[64];
    size_t n = 0;
    uint64_t h = 99;
    for (struct my_order *o = pl->s->group; o && n < 64; o = o->next, n++) {
        keys[n] = my_eval_expr(&ev, o->expr);
        h = h * 31 + my_hash_val(o->expr->m.coll, &keys[n]);
    }
    if (!my_ok(r))
        return false;
    struct my_group **bucket = &gs->buckets[h % gs->n_buckets], *g;
    for (g = *bucket; g; g = g->chain) {
        size_t i = 0;
        struct my_order *o = pl->s->group;
        for (; i < n && my_same_val(&ev, &keys[i], &g->keys[i], &o->expr->m); i++)
            o = o->next;
        if (i == n)
            break;
        if (!my_step(r, 1))
            return false;
    }
    if (!g && volatile_keys(pl) && !second_look(r, pl, gs, keys, n))
        return false;
    if (!g) {
        uint64_t again = 99;
        size_t k = 0;
        for (struct my_order *o = pl->s->group; o && k < n; o = o->next, k++)
            again = again * 31 + my_hash_val(o->expr->m.coll, &keys[k]);
        bucket = &gs->buckets[again % gs->n_buckets];
        g = my_group_new(r, pl, n);
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

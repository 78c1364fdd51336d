/* Transactions, savepoints, LOCK TABLES, XA. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/exec/my_undo.h"
#include "protocol/mysql/expr/my_eval.h"
#include "protocol/mysql/world/my_def.h"

#define SAVEPOINTS_MAX 256
#define LOCKS_MAX      256

/* ---- the end of a transaction ---- */
static void savepoints_free(struct my_conn *c)
{
    while (c->savepoints) {
        struct my_savepoint *sp = c->savepoints;
        c->savepoints = sp->next;
        free(sp->name);
        free(sp);
    }
}

void my_trans_commit(struct my_conn *c)
{
    savepoints_free(c);
    my_undo_clear(c);
    c->in_trans = c->read_only = c->changed_plain = false;
    c->xa_state = 0;
}

void my_trans_rollback(struct my_conn *c)
{
    if (c->world)
        my_undo_to(c, 0);
    my_trans_commit(c);
}

static const char *xa_state_name(const struct my_conn *c)
{
    return c->xa_state == 'A' ? "ACTIVE" : c->xa_state == 'I' ? "IDLE" : c->xa_state == 'P' ? "PREPARED" : "NON-EXISTING";
}

/* Inside XA START … only XA ends the transaction. */
static bool in_xa(struct my_run *r)
{
    if (r->c->xa_state)
        my_fail(r, MY_ER_XAER_RMFAIL, xa_state_name(r->c));
    return r->c->xa_state != 0;
}

static void end_transaction(struct my_run *r, struct my_stmt *st)
{
    struct my_conn *c = r->c;
    bool read_only = c->read_only;
    if (in_xa(r))
        return;
    if (st->com == MY_Q_ROLLBACK && c->changed_plain)
        my_warn(r, MY_WARNING, MY_ER_WARNING_NOT_COMPLETE_ROLLBACK);
    if (st->com == MY_Q_ROLLBACK)
        my_trans_rollback(c);
    else
        my_trans_commit(c);
    c->in_trans = st->chain;
    c->read_only = st->chain && read_only;
    if (st->release) /* the client is let go after the reply, as after KILL of itself */
        c->killed = true;
}

/* ---- savepoints ---- */
static struct my_savepoint **savepoint_at(struct my_conn *c, const char *name)
{
    struct my_savepoint **p = &c->savepoints;
    while (*p && strcasecmp((*p)->name, name) != 0)
        p = &(*p)->next;
    return p;
}

/* The latest stands first. One of the same name is forgotten. */
static void savepoint(struct my_run *r, const char *name)
{
    struct my_conn *c = r->c;
    size_t n = 0;
    if (!c->in_trans && c->autocommit) /* ends with this statement */
        return;
    struct my_savepoint **old = savepoint_at(c, name), *sp = *old;
    for (struct my_savepoint *p = c->savepoints; p; p = p->next)
        n++;
    if (sp) {
        *old = sp->next;
    } else {
        sp = n < SAVEPOINTS_MAX ? calloc(1, sizeof *sp) : NULL;
        if (sp)
            sp->name = strdup(name);
        if (!sp || !sp->name) {
            free(sp);
            my_fail(r, MY_ER_OUTOFMEMORY, 64);
            return;
        }
    }
    sp->mark = my_undo_mark(c);
    sp->next = c->savepoints;
    c->savepoints = sp;
}

static void to_savepoint(struct my_run *r, const char *name, bool release)
{
    struct my_conn *c = r->c;
    struct my_savepoint **at = savepoint_at(c, name), *found = *at;
    if (!found) {
        my_fail(r, MY_ER_SP_DOES_NOT_EXIST, "SAVEPOINT", name);
        return;
    }
    if (!release)
        my_undo_to(c, found->mark);
    if (!release && c->changed_plain)
        my_warn(r, MY_WARNING, MY_ER_WARNING_NOT_COMPLETE_ROLLBACK);
    struct my_savepoint *keep = release ? found->next : found;
    while (c->savepoints != keep) {
        struct my_savepoint *sp = c->savepoints;
        c->savepoints = sp->next;
        free(sp->name);
        free(sp);
    }
}

/* ---- LOCK TABLES ---- */
void my_locks_free(struct my_conn *c)
{
    for (size_t i = 0; i < c->n_locks; i++) {
        free(c->locks[i].db);
        free(c->locks[i].name);
    }
    free(c->locks);
    c->locks = NULL;
    c->n_locks = 0;
    c->locked = false;
}

bool my_lock_allows(struct my_run *r, const char *db, const char *name, bool write)
{
    const struct my_conn *c = r->c;
    bool found = false, writable = false;
    if (!c->locked)
        return true;
    for (size_t i = 0; i < c->n_locks; i++)
        if (strcmp(c->locks[i].db, db) == 0 && strcmp(c->locks[i].name, name) == 0) {
            found = true;
            writable |= c->locks[i].write;
        }
    if (!found)
        my_fail(r, MY_ER_TABLE_NOT_LOCKED, name);
    else if (write && !writable)
        my_fail(r, MY_ER_TABLE_NOT_LOCKED_FOR_WRITE, name);
    return my_ok(r);
}

static void lock_tables(struct my_run *r, struct my_stmt *st)
{
    struct my_conn *c = r->c;
    my_locks_free(c);
    for (const struct my_name *n = st->names; n && c->n_locks < LOCKS_MAX; n = n->next) {
        struct my_db *db = NULL;
        if (n->db && my_is_info_schema(n->db))
            continue;
        struct my_table *t = my_find_table(r, n->db, n->name, &db, false);
        if (!t) {
            my_locks_free(c);
            return;
        }
        struct my_lock *list = realloc(c->locks, (c->n_locks + 1) * sizeof *list);
        char *db_name = strdup(db ? db->name : ""), *name = strdup(t->name);
        if (list)
            c->locks = list;
        if (!list || !db_name || !name) {
            free(db_name);
            free(name);
            my_fail(r, MY_ER_OUTOFMEMORY, 64);
            return;
        }
        list[c->n_locks++] = (struct my_lock){db_name, name, strcmp(n->option, "WRITE") == 0};
    }
    c->locked = true;
}

/* ---- XA ---- */
/* The name of a transaction branch as one text: format, lengths, bytes. False: too long. */
static bool xid_of(struct my_run *r, const struct my_stmt *st, char *ret, size_t max)
{
    if (st->text_len > 64 || st->like_len > 64) {
        my_fail(r, MY_ER_SYNTAX);
        return false;
    }
    (void)snprintf(ret, max, "%zu,%zu,%.64s%.64s", st->text_len, st->like_len, st->text, st->like ? st->like : "");
    return true;
}

static void xa_recover(struct my_run *r)
{
    struct my_conn *c = r->c;
    struct my_result_col cols[4] = {my_plain_col(r, "formatID", 'l', 21, false), my_plain_col(r, "gtrid_length", 'l', 21, false),
                                    my_plain_col(r, "bqual_length", 'l', 21, false), my_plain_col(r, "data", 's', 128, false)};
    if (r->kit->mariadb) {
        for (size_t i = 0; i < 3; i++)
            cols[i].m.len = 11;
        cols[3].m.coll = r->kit->binary;
        cols[3].m.len = 128;
    }
    my_send_columns(r, cols, 4);
    if (c->xa_state == 'P') {
        char *end;
        long g = strtol(c->xid, &end, 10), b = strtol(end + 1, &end, 10);
        struct my_val v[4] = {my_int(1), my_int(g), my_int(b), my_str(end + 1, strlen(end + 1))};
        my_send_row(r, cols, v, 4);
    }
    my_send_end(r, c->xa_state == 'P');
}

static void xa_begin(struct my_run *r, const char *xid)
{
    struct my_conn *c = r->c;
    if (in_xa(r))
        return;
    if (c->in_trans) {
        my_fail(r, MY_ER_XAER_OUTSIDE);
        return;
    }
    (void)snprintf(c->xid, sizeof c->xid, "%s", xid);
    c->xa_state = 'A';
    c->in_trans = true;
}

static void xa(struct my_run *r, struct my_stmt *st)
{
    struct my_conn *c = r->c;
    char xid[sizeof c->xid];
    if (st->word == MY_K_RECOVER) {
        xa_recover(r);
        return;
    }
    if (!xid_of(r, st, xid, sizeof xid))
        return;
    bool own = c->xa_state && strcmp(xid, c->xid) == 0, ends = st->word == MY_K_COMMIT || st->word == MY_K_ROLLBACK;
    char need = st->word == MY_K_END ? 'A' : st->word == MY_K_PREPARE || st->chain ? 'I' : 'P';
    if (st->word == MY_K_START || st->word == MY_K_BEGIN)
        xa_begin(r, xid);
    else if (ends && !own)
        my_fail(r, MY_ER_XAER_NOTA);
    else if (c->xa_state != need && !(st->word == MY_K_ROLLBACK && c->xa_state == 'I'))
        my_fail(r, MY_ER_XAER_RMFAIL, xa_state_name(c));
    else if (!own)
        my_fail(r, MY_ER_XAER_NOTA);
    else if (st->word == MY_K_END)
        c->xa_state = 'I';
    else if (st->word == MY_K_PREPARE)
        c->xa_state = 'P';
    else if (st->word == MY_K_ROLLBACK)
        my_trans_rollback(c);
    else
        my_trans_commit(c);
}

void my_exec_trans(struct my_run *r, struct my_stmt *st)
{
    switch (st->com) {
    case MY_Q_BEGIN:
        if (in_xa(r))
            break;
        my_trans_commit(r->c);
        my_locks_free(r->c);
        r->c->in_trans = true;
        r->c->read_only = st->read_only;
        break;
    case MY_Q_COMMIT:
    case MY_Q_ROLLBACK:
        end_transaction(r, st);
        break;
    case MY_Q_SAVEPOINT:
        savepoint(r, st->name);
        break;
    case MY_Q_ROLLBACK_TO:
    case MY_Q_RELEASE:
        to_savepoint(r, st->name, st->com == MY_Q_RELEASE);
        break;
    case MY_Q_LOCK:
        lock_tables(r, st);
        break;
    case MY_Q_UNLOCK:
        if (r->c->locked)
            my_trans_commit(r->c);
        my_locks_free(r->c);
        break;
    default:
        xa(r, st);
        break;
    }
}

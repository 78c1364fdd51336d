/* SHOW PROCESSLIST, WARNINGS and others with results of their own. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/wr.h"
#include "protocol/mysql/exec/my_info.h"
#include "protocol/mysql/exec/my_show.h"

/* ---- results of their own ---- */
struct my_result_col my_plain_col(struct my_run *r, const char *name, char kind, uint32_t len, bool nullable)
{
    struct my_result_col c = {.name = name};
    c.m = (struct my_meta){.type = MY_T_VAR_STRING, .dec = MY_DEC_FLOAT, .coll = r->kit->utf8, .len = len * 3, .maybe_null = nullable};
    if (kind == 'i' || kind == 'u' || kind == 'l') {
        c.m.type = kind == 'l' ? MY_T_LONGLONG : MY_T_LONG;
        c.m.dec = 0;
        c.m.coll = r->kit->binary;
        c.m.len = len;
        c.m.unsigned_ = kind == 'u';
    } else {
        my_fix_string_type(&c.m);
    }
    return c;
}

struct my_val my_sv(const char *s)
{
    return s ? my_str(s, strlen(s)) : my_null();
}

void my_send_processlist(struct my_run *r)
{
    bool modern = r->kit->version >= 50600 && !r->kit->mariadb;
    struct my_result_col cols[] = {my_plain_col(r, "Id", 'l', modern ? 21 : 11, false), my_plain_col(r, "User", 's', 16, false), my_plain_col(r, "Host", 's', 64, false),
                                   my_plain_col(r, "db", 's', 64, true), my_plain_col(r, "Command", 's', 16, false), my_plain_col(r, "Time", 'i', 7, false),
                                   my_plain_col(r, "State", 's', 30, true), my_plain_col(r, "Info", 's', r->full_list ? 65535 : 100, true)};
    my_send_columns(r, cols, 8);
    uint64_t n = 0;
    for (struct my_ses *s = r->ses->sh->sessions; s; s = s->next) {
        if (!s->c || session_src(s->s) != session_src(r->ses->s))
            continue;
        char host[96];
        (void)snprintf(host, sizeof host, "%s:%u", s->c->host, session_sport(s->s));
        bool me = s == r->ses;
        const char *info = me ? r->query_text : NULL;
        struct my_val v[8] = {my_uint(s->thread_id), my_sv(s->c->user), my_sv(host), my_sv(s->c->db[0] ? s->c->db : NULL), my_sv(me ? "Query" : "Sleep"),
                              my_int((r->now_us - s->c->last_us) / 1000000), me && !modern ? my_null() : my_sv(me ? "cleaning up" : ""), my_sv(info)};
        if (info && !r->full_list && v[7].s.n > 100)
            v[7].s.n = 100;
        my_send_row(r, cols, v, 8);
        n++;
    }
    my_send_end(r, n);
}

void my_show_warnings(struct my_run *r, struct my_stmt *st, bool errors_only)
{
    struct my_result_col cols[] = {my_plain_col(r, "Level", 's', 7, false), my_plain_col(r, "Code", 'u', 4, false), my_plain_col(r, "Message", 's', 512, false)};
    static const char *const levels[] = {"Note", "Warning", "Error"};
    uint64_t limit = UINT64_MAX, offset = 0, n = 0, seen = 0;
    if (st->limit) {
        struct my_val v = my_eval_const(r, st->limit);
        limit = (uint64_t)my_val_i64(&v, NULL);
    }
    if (st->offset) {
        struct my_val v = my_eval_const(r, st->offset);
        offset = (uint64_t)my_val_i64(&v, NULL);
    }
    unsigned keep = r->c->total_conds;
    r->c->total_conds = 0; /* the packets of this reply report none */
    my_send_columns(r, cols, 3);
    for (unsigned i = 0; i < r->c->n_conds; i++) {
        const struct my_cond *c = &r->c->conds[i];
        if (errors_only && c->level != MY_ERROR)
            continue;
        if (seen++ < offset || n >= limit)
            continue;
        struct my_val v[3] = {my_sv(levels[c->level]), my_uint(c->code), my_sv(c->text)};
        my_send_row(r, cols, v, 3);
        n++;
    }
    my_send_end(r, n);
    r->c->total_conds = keep;
}

void my_show_count(struct my_run *r, bool errors)
{
    struct my_result_col col = my_plain_col(r, errors ? "@@session.error_count" : "@@session.warning_count", 'l', 21, true);
    col.m.unsigned_ = true;
    struct my_val v = my_uint(errors ? r->c->n_errors : r->c->total_conds);
    unsigned keep = r->c->total_conds;
    r->c->total_conds = 0;
    my_send_columns(r, &col, 1);
    my_send_row(r, &col, &v, 1);
    my_send_end(r, 1);
    r->c->total_conds = keep;
}

void my_show_privileges(struct my_run *r)
{
    struct my_result_col cols[] = {my_plain_col(r, "Privilege", 's', 10, false), my_plain_col(r, "Context", 's', 15, false), my_plain_col(r, "Comment", 's', 17, false)};
    const struct my_tsv *t = &r->kit->privileges;
    my_send_columns(r, cols, 3);
    for (size_t i = 0; i < t->n_rows; i++) {
        struct my_val v[] = {my_sv(t->cells[i * t->n_cols]), my_sv(t->cells[i * t->n_cols + 1]), my_sv(t->cells[i * t->n_cols + 2])};
        my_send_row(r, cols, v, 3);
    }
    my_send_end(r, t->n_rows);
}

void my_empty_result(struct my_run *r, const char *const *names, const uint32_t *lens, size_t n)
{
    struct my_result_col cols[48];
    for (size_t i = 0; i < n && i < 48; i++)
        cols[i] = my_plain_col(r, names[i], lens[i] ? 's' : 'l', lens[i] ? lens[i] : 10, false);
    my_send_columns(r, cols, n);
    my_send_end(r, 0);
}

void my_show_engine_status(struct my_run *r, struct my_stmt *st)
{
    bool known = false;
    for (size_t i = 0; i < r->kit->engines.n_rows; i++)
        known |= strcasecmp(r->kit->engines.cells[i * r->kit->engines.n_cols], st->name) == 0;
    if (!known) {
        my_fail(r, MY_ER_UNKNOWN_STORAGE_ENGINE, st->name);
        return;
    }
    struct my_result_col cols[] = {my_plain_col(r, "Type", 's', 10, false), my_plain_col(r, "Name", 's', 512, false), my_plain_col(r, "Status", 's', 10, false)};
    my_send_columns(r, cols, 3);
    uint64_t n = 0;
    if (strcasecmp(st->name, "InnoDB") == 0 && st->word == MY_K_STATUS) {
        struct my_time t;
        char text[2400], when[40];
        my_local_time(r->now_us, &t);
        (void)my_time_text(&t, MY_T_DATETIME, 0, when, sizeof when);
        long up = (long)((r->now_us - r->kit->started_us) / 1000000);
        (void)snprintf(text, sizeof text,
                       "\n=====================================\n%s 7f2a4c0d5700 INNODB MONITOR OUTPUT\n=====================================\n"
                       "Per second averages calculated from the last 17 seconds\n-----------------\nBACKGROUND THREAD\n-----------------\n"
                       "srv_master_thread loops: %ld srv_active, 0 srv_shutdown, %ld srv_idle\nsrv_master_thread log flush and writes: %ld\n"
                       "----------\nSEMAPHORES\n----------\nOS WAIT ARRAY INFO: reservation count 2\nOS WAIT ARRAY INFO: signal count 2\n"
                       "Mutex spin waits 0, rounds 0, OS waits 0\nRW-shared spins 2, rounds 60, OS waits 2\nRW-excl spins 0, rounds 0, OS waits 0\n"
                       "------------\nTRANSACTIONS\n------------\nTrx id counter 1814\nPurge done for trx's n:o < 0 undo n:o < 0 state: running but idle\n"
                       "History list length 0\nLIST OF TRANSACTIONS FOR EACH SESSION:\n---TRANSACTION 0, not started\n"
                       "--------\nFILE I/O\n--------\nPending normal aio reads: 0 [0, 0, 0, 0] , aio writes: 0 [0, 0, 0, 0] ,\n"
                       "---\nLOG\n---\nLog sequence number 1626007\nLog flushed up to   1626007\nPages flushed up to 1626007\nLast checkpoint at  1626007\n"
                       "----------------------\nBUFFER POOL AND MEMORY\n----------------------\nTotal memory allocated 137363456; in additional pool allocated 0\n"
                       "Buffer pool size   8191\nFree buffers       8035\nDatabase pages     156\n"
                       "----------------------------\nEND OF INNODB MONITOR OUTPUT\n============================\n",
                       when, up / 900, up, up);
        struct my_val v[] = {my_sv("InnoDB"), my_sv(""), my_sv(text)};
        my_send_row(r, cols, v, 3);
        n = 1;
    }
    my_send_end(r, n);
}

/* SHOW PROCESSLIST, WARNINGS and others with results of their own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/wr.h"
#include "protocol/mysql/exec/my_info.h"
#include "protocol/mysql/exec/my_show.h"
#include "protocol/mysql/world/my_facts.h"

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

size_t my_show_recorded(struct my_run *r, const char *key, struct my_result_col *cols, size_t n)
{
    enum { SHOW, NAME, DB, TABLE, ORG_TABLE, ORG_NAME, TYPE, FLAGS, LENGTH, CHARSET, DECIMALS };
    const struct my_tsv *t = &r->kit->shows;
    size_t at = 0;
    for (size_t row = 0; row < t->n_rows; row++) {
        if (strcmp(my_tsv_cell(t, row, SHOW), key) != 0)
            continue;
        if (at < n) {
            struct my_result_col *c = &cols[at];
            const struct my_coll *coll = my_coll_by_id(r->kit, (unsigned)strtoul(my_tsv_cell(t, row, CHARSET), NULL, 10));
            c->name = c->name ? c->name : my_tsv_cell(t, row, NAME);
            c->m = (struct my_meta){.type = (uint8_t)strtoul(my_tsv_cell(t, row, TYPE), NULL, 10), .dec = (uint8_t)strtoul(my_tsv_cell(t, row, DECIMALS), NULL, 10),
                                    .flags = (uint16_t)strtoul(my_tsv_cell(t, row, FLAGS), NULL, 10), .len = (uint32_t)strtoul(my_tsv_cell(t, row, LENGTH), NULL, 10),
                                    .coll = coll ? coll : r->kit->binary, .is_field = true, .db = my_tsv_cell(t, row, DB), .table = my_tsv_cell(t, row, TABLE),
                                    .org_table = my_tsv_cell(t, row, ORG_TABLE), .org_name = my_tsv_cell(t, row, ORG_NAME)};
            c->m.unsigned_ = (c->m.flags & MY_F_UNSIGNED) != 0;
            c->m.maybe_null = (c->m.flags & MY_F_NOT_NULL) == 0;
        }
        at++;
    }
    return at;
}

struct my_val my_sv(const char *s)
{
    return s ? my_str(s, strlen(s)) : my_null();
}

void my_send_processlist(struct my_run *r)
{
    bool modern = r->kit->version >= 50600 && !r->kit->mariadb;
    struct my_result_col cols[9] = {my_plain_col(r, "Id", 'l', modern ? 21 : 11, false), my_plain_col(r, "User", 's', 16, false), my_plain_col(r, "Host", 's', 64, false),
                                    my_plain_col(r, "db", 's', 64, true), my_plain_col(r, "Command", 's', 16, false), my_plain_col(r, "Time", 'i', 7, false),
                                    my_plain_col(r, "State", 's', 30, true), my_plain_col(r, "Info", 's', r->full_list ? 65535 : 100, true)};
    size_t n_cols = my_show_recorded(r, r->full_list ? "full processlist" : "processlist", cols, 9) == 9 ? 9 : 8;
    my_send_columns(r, cols, n_cols);
    uint64_t n = 0;
    bool all = true;
    for (struct my_ses *s = r->ses->sh->sessions; s; s = s->next) {
        if (!s->c || session_src(s->s) != session_src(r->ses->s) || (!all && strcmp(s->c->user, r->c->user) != 0))
            continue;
        char host[96];
        (void)snprintf(host, sizeof host, "%s:%u", s->c->host, session_sport(s->s));
        bool me = s == r->ses;
        const char *info = me ? r->query_text : NULL;
        struct my_val state = me && r->kit->mariadb ? my_sv("starting") : me && !modern ? my_null() : my_sv(me ? "cleaning up" : "");
        struct my_val v[9] = {my_uint(s->thread_id), my_sv(s->c->user), my_sv(host), my_sv(s->c->db[0] ? s->c->db : NULL), my_sv(me ? "Query" : "Sleep"),
                              my_int((r->now_us - s->c->last_us) / 1000000), state, my_sv(info), my_real(0)};
        if (info && !r->full_list && v[7].s.n > 100)
            v[7].s.n = 100;
        my_send_row(r, cols, v, n_cols);
        n++;
    }
    my_send_end(r, n);
}

void my_show_warnings(struct my_run *r, struct my_stmt *st, bool errors_only)
{
    struct my_result_col cols[] = {my_plain_col(r, "Level", 's', 7, false), my_plain_col(r, "Code", 'u', 4, false), my_plain_col(r, "Message", 's', 512, false)};
    (void)my_show_recorded(r, errors_only ? "errors" : "warnings", cols, 3);
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
    (void)my_show_recorded(r, errors ? "count(*) errors" : "count(*) warnings", &col, 1);
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
    (void)my_show_recorded(r, "privileges", cols, 3);
    const struct my_tsv *t = &r->kit->privileges;
    my_send_columns(r, cols, 3);
    for (size_t i = 0; i < t->n_rows; i++) {
        struct my_val v[] = {my_sv(t->cells[i * t->n_cols]), my_sv(t->cells[i * t->n_cols + 1]), my_sv(t->cells[i * t->n_cols + 2])};
        my_send_row(r, cols, v, 3);
    }
    my_send_end(r, t->n_rows);
}

void my_empty_result(struct my_run *r, const char *key, const char *const *names, const uint32_t *lens, size_t n)
{
    enum { COLS_MAX = 80 };
    struct my_result_col cols[COLS_MAX] = {0};
    size_t recorded = my_show_recorded(r, key, cols, COLS_MAX);
    if (recorded)
        n = recorded < COLS_MAX ? recorded : COLS_MAX;
    for (size_t i = 0; i < n && i < COLS_MAX && !recorded; i++)
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
    (void)my_show_recorded(r, "engine innodb status", cols, 3);
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

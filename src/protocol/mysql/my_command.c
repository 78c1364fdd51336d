/* Commands: the first byte of each packet after login. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/rng.h"
#include "base/ts.h"
#include "protocol/mysql/expr/my_eval.h"
#include "protocol/mysql/my_ses.h"

struct my_conn *my_conn_new(struct my_ses *ses)
{
    struct my_conn *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->world = my_source_world(ses->sh, ses->kit, session_src(ses->s), session_now_us(ses->s));
    if (!c->world) {
        free(c);
        return NULL;
    }
    ses->c = c;
    rng_pool_take(&ses->sh->secrets, &c->rand1, sizeof c->rand1);
    rng_pool_take(&ses->sh->secrets, &c->rand2, sizeof c->rand2);
    c->rand1 %= 0x3fffffff;
    c->rand2 %= 0x3fffffff;
    my_conn_reset(ses);
    return c;
}

static void vars_free(struct my_conn *c)
{
    for (size_t i = 0; i < c->n_vars; i++) {
        free(c->vars[i].name);
        free(c->vars[i].value);
    }
    free(c->vars);
    c->vars = NULL;
    c->n_vars = c->cap_vars = 0;
    while (c->uservars) {
        struct my_uservar *u = c->uservars;
        c->uservars = u->next;
        free(u->name);
        free(u->text);
        free(u);
    }
    c->uservar_bytes = 0;
}

void my_ps_free(struct my_ps *ps)
{
    for (unsigned i = 0; ps->long_data && i < ps->n_params; i++)
        free(ps->long_data[i]);
    free(ps->long_data);
    free(ps->long_len);
    free(ps->types);
    free(ps->name);
    free(ps->text);
    wr_done(&ps->cursor);
    free(ps);
}

static void state_free(struct my_conn *c)
{
    vars_free(c);
    while (c->ps) {
        struct my_ps *ps = c->ps;
        c->ps = ps->next;
        my_ps_free(ps);
    }
    c->n_ps = 0;
    my_trans_rollback(c);
    my_locks_free(c);
    for (size_t i = 0; i < c->n_temp; i++) {
        my_table_unref(c->temp[i]);
        free(c->temp_db[i]);
    }
    free(c->temp);
    free(c->temp_db);
    c->temp = NULL;
    c->temp_db = NULL;
    c->n_temp = 0;
    my_diag_clear(c);
}

void my_conn_free(struct my_conn *c)
{
    if (!c)
        return;
    state_free(c);
    my_world_unref(c->world);
    free(c);
}

/* As after login: variables, statements, temporary tables and transaction are gone. */
void my_conn_reset(struct my_ses *ses)
{
    struct my_conn *c = ses->c;
    state_free(c);
    const struct my_coll *cs = ses->client_charset ? my_coll_by_id(ses->kit, ses->client_charset) : NULL;
    if (!cs || cs->minlen > 1)
        cs = ses->kit->server_coll;
    c->cs_client = c->cs_conn = c->cs_results = cs;
    const char *ac = my_world_global(c->world, "autocommit");
    c->autocommit = !ac || strcmp(ac, "OFF") != 0;
    c->in_trans = c->locked = false;
    c->last_insert_id = c->prev_insert_id = 0;
    c->row_count = -1;
    c->found_rows = 0;
    c->no_backslash = false;
    c->multi = (ses->caps & MY_CAP_MULTI_STATEMENTS) != 0;
}

/* ---- replies ---- */
static void flush_out(struct my_ses *ses, struct my_run *r)
{
    struct my_out *o = &ses->sh->out;
    if (o->w.bad) {
        session_end(ses->s, "limit");
        return;
    }
    int64_t delay = r ? r->delay_us : 0;
    if (delay > MY_DELAY_MAX_US)
        delay = MY_DELAY_MAX_US;
    if (delay > 0) { /* SLEEP: the reply waits */
        wr_clear(&ses->delayed);
        ses->delayed.max = o->w.max;
        wr_bytes(&ses->delayed, o->w.bytes, o->w.len);
        if (!ses->delayed.bad) {
            session_set_timer(ses->s, delay);
            return;
        }
    }
    if (o->w.len)
        (void)session_send(ses->s, o->w.bytes, o->w.len);
}

static void out_reset(struct my_ses *ses, uint8_t seq)
{
    struct my_out *o = &ses->sh->out;
    wr_clear(&o->w);
    o->w.max = 64u << 20;
    if (o->w.cap > (4u << 20))
        wr_done(&o->w);
    o->seq = seq;
}

static struct feed after(struct my_ses *ses)
{
    if (ses->phase == MY_PHASE_OVER)
        return (struct feed){FEED_CLOSE, 0};
    return (struct feed){ses->delayed.len ? FEED_PAUSE : FEED_MORE, 0};
}

static void note(struct my_ses *ses, const char *name, const void *text, size_t n, const char *reply)
{
    struct event *e = session_event(ses->s, EVENT_COMMAND);
    if (!e)
        return;
    event_str(e, EVENT_F_COMMAND, name);
    if (n)
        event_text(e, EVENT_F_TEXT, text, n);
    event_str(e, EVENT_F_REPLY, reply);
    (void)event_end(e);
}

static struct feed finish(struct my_ses *ses, struct my_run *r, const char *name, struct rd arg)
{
    if (!r->sent) {
        if (my_ok(r))
            my_send_ok(r);
        else
            my_send_error(r);
    }
    note(ses, name, arg.p, rd_left(&arg), r->reply[0] ? r->reply : "OK");
    flush_out(ses, r);
    arena_clear(&ses->sh->arena);
    return after(ses);
}

static char *arg_text(struct my_run *r, struct rd p)
{
    return arena_copy(r->arena, p.p ? (const char *)p.p : "", rd_left(&p));
}

/* ---- commands ---- */
static struct feed com_field_list(struct my_ses *ses, struct my_run *r, struct rd p)
{
    struct rd arg = p;
    bool nul = false;
    struct rd t = my_rd_nulstr(&p, &nul);
    char *name = arg_text(r, t), *like = arg_text(r, p);
    struct my_db *db = NULL;
    struct my_table *table = name && like ? my_find_table(r, NULL, name, &db, false) : NULL;
    if (table && my_ok(r)) {
        for (size_t i = 0; i < table->n_cols; i++) {
            const struct my_column *c = &table->cols[i];
            if (like[0] && !my_wild(like, c->name))
                continue;
            struct my_result_col col = {.name = c->name, .m = my_column_meta(c, db ? db->name : "", table->name, table->name)};
            bool zero = c->not_null && !c->dflt && !c->auto_inc && my_result_of(c->wire_type) != MY_RES_STR;
            const char *d = c->dflt ? c->dflt : zero || (c->auto_inc && c->not_null) ? "0" : c->not_null && c->type.n_values && c->type.type == MY_T_ENUM ? c->type.values[0] : c->not_null ? "" : NULL;
            my_send_coldef(r, &col, d, true);
        }
        my_send_eof(r);
        r->sent = true;
        (void)snprintf(r->reply, sizeof r->reply, "fields");
    }
    return finish(ses, r, "Field List", arg);
}

static struct feed com_statistics(struct my_ses *ses, struct my_run *r)
{
    int64_t up = (r->now_us - ses->kit->started_us) / 1000000;
    char text[400];
    const char *flush = ses->kit->mariadb ? "" : "Flush tables: 1  ";
    uint64_t q = ses->sh->queries + 1000 + (uint64_t)up / 7;
    int n = snprintf(text, sizeof text, "Uptime: %lld  Threads: 1  Questions: %llu  Slow queries: 0  Opens: %u  %sOpen tables: %u  Queries per second avg: %.3f",
                     (long long)up, (unsigned long long)q, 76u, flush, 69u, (double)q / (double)(up ? up : 1));
    my_out_begin(r->out);
    wr_bytes(&r->out->w, text, n > 0 ? (size_t)n : 0);
    my_out_end(r->out);
    r->sent = true;
    (void)snprintf(r->reply, sizeof r->reply, "text");
    return finish(ses, r, "Statistics", (struct rd){0});
}

static bool command_there(const struct my_kit *k, uint8_t com)
{
    switch (com) {
    case MY_COM_TABLE_DUMP:
        return k->version < 50500 && !k->mariadb;
    case MY_COM_CREATE_DB:
    case MY_COM_DROP_DB:
        return k->mariadb;
    case MY_COM_BINLOG_DUMP_GTID:
        return k->version >= 50600 && !k->mariadb;
    case MY_COM_RESET_CONNECTION:
        return k->version >= 50703 || k->mariadb;
    case MY_COM_BULK_EXECUTE:
        return k->mariadb;
    default:
        return true;
    }
}

static struct feed com_table_dump(struct my_ses *ses, struct my_run *r, struct rd p)
{
    struct rd arg = p, db = rd_sub(&p, rd_u8(&p)), name = rd_sub(&p, rd_u8(&p));
    char *d = arg_text(r, db), *n = arg_text(r, name);
    struct my_db *dbp = NULL;
    struct my_table *t = d && n && !p.bad ? my_find_table(r, d, n, &dbp, false) : NULL;
    if (t)
        my_send_table_dump(r, t);
    else if (my_ok(r))
        my_fail(r, MY_ER_UNKNOWN_COM);
    return finish(ses, r, "Table Dump", arg);
}

static struct feed com_set_option(struct my_ses *ses, struct my_run *r, struct rd p)
{
    uint16_t option = rd_le16(&p);
    if ((p.bad && !ses->kit->mariadb) || option > 1) {
        my_fail(r, MY_ER_UNKNOWN_COM);
    } else {
        r->c->multi = option == 0;
        if (option == 0)
            ses->caps |= MY_CAP_MULTI_STATEMENTS;
        else
            ses->caps &= ~(uint32_t)MY_CAP_MULTI_STATEMENTS;
        my_send_eof(r);
        r->sent = true;
    }
    return finish(ses, r, "Set option", (struct rd){0});
}

static struct feed closing_error(struct my_ses *ses, struct my_run *r, const char *name, enum my_err e, const char *text)
{
    my_fail_text(r, e, text);
    ses->phase = MY_PHASE_OVER;
    return finish(ses, r, name, (struct rd){0});
}

static struct feed com_kill(struct my_ses *ses, struct my_run *r, struct rd p)
{
    uint32_t id = 0;
    for (unsigned i = 0; i < 4 && rd_left(&p); i++) /* what is not sent is zero in the server's buffer */
        id |= (uint32_t)rd_u8(&p) << (8 * i);
    my_kill(r, id, true);
    if (r->c->killed)
        ses->phase = MY_PHASE_OVER;
    return finish(ses, r, "Kill", (struct rd){0});
}

/* Three names, each with its length, then port, rank and id: how far it holds together. */
static struct feed com_register_slave(struct my_ses *ses, struct my_run *r, struct rd p)
{
    static const char *const names[] = {"host", "user", "password"};
    if (!ses->kit->mariadb) {
        if (rd_left(&p) < 10)
            my_fail_text(r, MY_ER_MASTER_FATAL_BINLOG, "Wrong parameters to function register_slave");
        return finish(ses, r, "Register Slave", p);
    }
    struct rd arg = p;
    char text[80] = "";
    rd_skip(&arg, 4);
    for (size_t i = 0; i < 3 && !arg.bad; i++) {
        (void)snprintf(text, sizeof text, "Failed to register slave: too long 'report-%s'", names[i]);
        (void)rd_sub(&arg, rd_u8(&arg));
    }
    if (text[0] == '\0')
        (void)snprintf(text, sizeof text, "Failed to register slave: too long 'report-host'");
    rd_skip(&arg, 10);
    if (arg.bad)
        my_fail_text(r, MY_ER_UNKNOWN, text);
    return finish(ses, r, "Register Slave", p);
}

/* A query's text without the NULs, semicolons and blanks around it (alloc_query). */
static struct rd trimmed(struct rd p, bool mariadb)
{
    const uint8_t *from = p.p, *to = p.end;
    while (from < to && (*from == 0 || *from == ' ' || (*from >= '\t' && *from <= '\r')))
        from++;
    const uint8_t *nul = to > from && to[-1] == 0 && mariadb ? memchr(from, ';', (size_t)(to - from)) : NULL;
    while (!nul && to > from && (to[-1] == ';' || to[-1] == ' ' || to[-1] == 0 || (to[-1] >= '\t' && to[-1] <= '\r')))
        to--;
    return rd_of(from, (size_t)(to - from));
}

static struct feed com_query(struct my_ses *ses, struct rd p)
{
    struct rd q = trimmed(p, ses->kit->mariadb);
    my_query(ses, q.p ? (const char *)q.p : "", rd_left(&q));
    struct my_run *last = &ses->sh->last;
    note(ses, "Query", p.p, rd_left(&p), last->reply);
    flush_out(ses, last);
    if (last->c->killed)
        ses->phase = MY_PHASE_OVER;
    arena_clear(&ses->sh->arena);
    return after(ses);
}

struct feed my_command(struct my_ses *ses, struct rd p)
{
    out_reset(ses, ses->in.seq);
    ses->sh->queries++;
    struct my_run r = my_run_of(ses);
    uint8_t com = rd_left(&p) ? rd_u8(&p) : MY_COM_SLEEP;
    if (com != MY_COM_STMT_SEND_LONG_DATA && com != MY_COM_STMT_CLOSE && com != MY_COM_QUERY)
        my_diag_clear(r.c);
    r.c->last_us = r.now_us;
    if (!command_there(ses->kit, com)) {
        my_fail(&r, MY_ER_UNKNOWN_COM);
        return finish(ses, &r, "Unknown", p);
    }
    switch (com) {
    case MY_COM_QUIT:
        note(ses, "Quit", NULL, 0, "closed");
        ses->phase = MY_PHASE_OVER;
        session_end(ses->s, "client");
        return (struct feed){FEED_CLOSE, 0};
    case MY_COM_INIT_DB: {
        char *db = arg_text(&r, p);
        if (db && db[0] && ses->kit->mariadb && strlen(db) < rd_left(&p))
            my_fail(&r, MY_ER_WRONG_DB_NAME, db);
        else if (db && db[0])
            my_use(&r, db);
        else
            my_fail(&r, MY_ER_NO_DB);
        return finish(ses, &r, "Init DB", p);
    }
    case MY_COM_QUERY:
        return com_query(ses, p);
    case MY_COM_FIELD_LIST:
        return com_field_list(ses, &r, p);
    case MY_COM_REFRESH:
        return finish(ses, &r, "Refresh", p);
    case MY_COM_STATISTICS:
        return com_statistics(ses, &r);
    case MY_COM_PROCESS_INFO:
        my_send_processlist(&r);
        return finish(ses, &r, "Processlist", p);
    case MY_COM_PROCESS_KILL:
        return com_kill(ses, &r, p);
    case MY_COM_DEBUG:
        my_send_eof(&r);
        r.sent = true;
        return finish(ses, &r, "Debug", p);
    case MY_COM_PING:
        return finish(ses, &r, "Ping", p);
    case MY_COM_CHANGE_USER: {
        struct feed f = my_change_user(ses, p);
        arena_clear(&ses->sh->arena);
        return f;
    }
    case MY_COM_SHUTDOWN: /* the account may; what it leaves behind is a server that is back a moment later */
        my_send_eof(&r);
        r.sent = true;
        ses->phase = MY_PHASE_OVER;
        return finish(ses, &r, "Shutdown", p);
    case MY_COM_BINLOG_DUMP:
        return closing_error(ses, &r, "Binlog Dump", MY_ER_MASTER_FATAL_BINLOG, "Binary log is not open");
    case MY_COM_BINLOG_DUMP_GTID:
        return closing_error(ses, &r, "Binlog Dump GTID", MY_ER_MALFORMED_GTID_SET, my_errdef(MY_ER_MALFORMED_GTID_SET)->text);
    case MY_COM_TABLE_DUMP:
        return com_table_dump(ses, &r, p);
    case MY_COM_REGISTER_SLAVE:
        return com_register_slave(ses, &r, p);
    case MY_COM_SET_OPTION:
        return com_set_option(ses, &r, p);
    case MY_COM_RESET_CONNECTION:
        my_conn_reset(ses);
        return finish(ses, &r, "Reset connection", p);
    case MY_COM_STMT_PREPARE:
        my_stmt_prepare(&r, p);
        return finish(ses, &r, "Prepare", p);
    case MY_COM_STMT_EXECUTE:
        my_stmt_execute(&r, p);
        return finish(ses, &r, "Execute", p);
    case MY_COM_STMT_SEND_LONG_DATA:
        my_stmt_long_data(&r, p);
        note(ses, "Long Data", p.p, rd_left(&p), "");
        return (struct feed){FEED_MORE, 0};
    case MY_COM_STMT_CLOSE:
        my_stmt_close(&r, p);
        return (struct feed){FEED_MORE, 0};
    case MY_COM_STMT_RESET:
        my_stmt_reset(&r, p);
        return finish(ses, &r, "Reset stmt", p);
    case MY_COM_STMT_FETCH:
        my_stmt_fetch(&r, p);
        return finish(ses, &r, "Fetch", p);
    case MY_COM_BULK_EXECUTE:
        my_stmt_bulk(&r, p);
        return finish(ses, &r, "Bulk_execute", p);
    default:
        my_fail(&r, MY_ER_UNKNOWN_COM);
        return finish(ses, &r, "Unknown", p);
    }
}

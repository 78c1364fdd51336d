/* Prepared statements: PREPARE/EXECUTE in SQL, COM_STMT_* with the binary protocol. A statement is kept as text and
 * parsed again each time, so nothing of it outlives the tables it speaks of. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/expr/my_eval.h"
#include "protocol/mysql/my_bind.h"

#define PS_MAX        512u
#define PS_PARAMS_MAX 65535u
#define PS_LONG_MAX   (4u << 20)  /* bytes sent ahead, of one connection's statement */
#define PS_CURSOR_MAX (16u << 20)

static bool preparable(const struct my_stmt *st, const struct my_kit *k)
{
    switch (st->com) {
    case MY_Q_PREPARE:
    case MY_Q_EXECUTE:
    case MY_Q_DEALLOCATE:
    case MY_Q_USE:
    case MY_Q_LOAD:
    case MY_Q_LOCK:
    case MY_Q_UNLOCK:
    case MY_Q_BEGIN:
    case MY_Q_SAVEPOINT:
    case MY_Q_ROLLBACK_TO:
    case MY_Q_RELEASE:
    case MY_Q_HANDLER:
    case MY_Q_CREATE_UDF:
    case MY_Q_CREATE_ROUTINE:
    case MY_Q_DROP_ROUTINE:
    case MY_Q_CREATE_TRIGGER:
    case MY_Q_CREATE_EVENT:
    case MY_Q_EMPTY:
        return k->mariadb && st->com != MY_Q_PREPARE && st->com != MY_Q_EXECUTE && st->com != MY_Q_DEALLOCATE && st->com != MY_Q_EMPTY;
    default:
        return true;
    }
}

static struct my_stmt *parse(struct my_run *r, const char *text, size_t len, unsigned *ret_params)
{
    struct my_parse p;
    struct my_stmt *st = NULL;
    const char *rest = NULL;
    struct my_parse_env env = my_parse_env_of(r, true);
    env.multi = false;
    if (my_parse(&p, r->arena, &env, text, len, &st, &rest) < 0) {
        my_fail_text(r, p.err, p.err_text);
        return NULL;
    }
    *ret_params = p.n_params;
    if (st->com == MY_Q_EMPTY) {
        my_fail(r, MY_ER_EMPTY_QUERY);
        return NULL;
    }
    if (!preparable(st, r->kit)) {
        my_fail(r, MY_ER_UNSUPPORTED_PS);
        return NULL;
    }
    return st;
}

static struct my_ps *ps_new(struct my_run *r, const char *name, const char *text, size_t len, unsigned n_params)
{
    struct my_ps *ps = r->c->n_ps < PS_MAX && n_params <= PS_PARAMS_MAX ? calloc(1, sizeof *ps) : NULL;
    if (!ps) {
        my_fail(r, MY_ER_MAX_PREPARED_STMT_COUNT, (unsigned long)r->c->n_ps);
        return NULL;
    }
    ps->text = malloc(len + 1);
    ps->name = name ? strdup(name) : NULL;
    size_t n = n_params ? n_params : 1;
    ps->types = calloc(n, 2);
    ps->long_data = calloc(n, sizeof *ps->long_data);
    ps->long_len = calloc(n, sizeof *ps->long_len);
    ps->n_params = n_params;
    if (!ps->text || (name && !ps->name) || !ps->types || !ps->long_data || !ps->long_len) {
        my_ps_free(ps);
        my_fail(r, MY_ER_OUTOFMEMORY, (int)len);
        return NULL;
    }
    memcpy(ps->text, text, len);
    ps->text[len] = '\0';
    ps->len = len;
    ps->id = ++r->c->next_ps;
    ps->next = r->c->ps;
    r->c->ps = ps;
    r->c->n_ps++;
    return ps;
}

static void ps_drop(struct my_conn *c, struct my_ps *ps)
{
    for (struct my_ps **at = &c->ps; *at; at = &(*at)->next)
        if (*at == ps) {
            *at = ps->next;
            c->n_ps--;
            my_ps_free(ps);
            return;
        }
}

static struct my_ps *by_name(struct my_conn *c, const char *name)
{
    for (struct my_ps *ps = c->ps; ps; ps = ps->next)
        if (ps->name && strcasecmp(ps->name, name) == 0)
            return ps;
    return NULL;
}

#define LAST_PREPARED 0xffffffffu /* MariaDB: the statement of the last COM_STMT_PREPARE */

static struct my_ps *by_id(struct my_run *r, uint32_t id, const char *what)
{
    if (id == LAST_PREPARED && r->kit->mariadb && r->c->last_ps)
        id = r->c->last_ps;
    for (struct my_ps *ps = r->c->ps; ps; ps = ps->next)
        if (!ps->name && ps->id == id)
            return ps;
    char text[24];
    int n = snprintf(text, sizeof text, "%u", id);
    if (what)
        my_fail(r, MY_ER_UNKNOWN_STMT_HANDLER, n, text, what);
    return NULL;
}

/* ---- SQL ---- */
static void sql_prepare(struct my_run *r, struct my_stmt *st)
{
    const char *text = st->text;
    size_t len = st->text_len;
    unsigned n_params = 0;
    struct my_ps *old = by_name(r->c, st->name);
    if (st->text_var) {
        struct my_uservar *u = my_uservar_find(r->c, st->text_var->name);
        text = u && u->kind != MY_V_NULL ? u->text : "NULL";
        len = strlen(text) && u && u->kind != MY_V_NULL ? u->len : strlen(text);
    }
    if (old)
        ps_drop(r->c, old);
    text = arena_copy(r->arena, text, len);
    if (!text || !parse(r, text, len, &n_params))
        return;
    if (ps_new(r, st->name, text, len, n_params))
        (void)snprintf(r->info, sizeof r->info, "Statement prepared");
}

static bool uservar_params(struct my_run *r, struct my_stmt *st)
{
    r->params = arena_new(r->arena, (st->n_exprs + 1) * sizeof *r->params);
    r->param_meta = arena_new(r->arena, (st->n_exprs + 1) * sizeof *r->param_meta);
    if (!r->params || !r->param_meta) {
        my_fail(r, MY_ER_OUTOFMEMORY, (int)st->n_exprs);
        return false;
    }
    for (size_t i = 0; i < st->n_exprs && my_ok(r); i++) {
        r->params[i] = my_eval_const(r, st->exprs[i]);
        r->param_meta[i] = st->exprs[i]->m;
        r->param_meta[i].coerce = MY_CO_COERCIBLE;
    }
    r->n_params = (unsigned)st->n_exprs;
    return my_ok(r);
}

/* EXECUTE IMMEDIATE of MariaDB: prepared, run and forgotten. */
static void execute_now(struct my_run *r, struct my_stmt *st)
{
    struct my_val v = my_eval_const(r, st->expr);
    struct my_val t = my_ok(r) ? my_val_text(r->arena, &v, &st->expr->m) : my_null();
    unsigned n_params = 0;
    const char *text = t.kind == MY_V_STR ? arena_copy(r->arena, t.s.p, t.s.n) : "NULL";
    struct my_stmt *inner = my_ok(r) && text ? parse(r, text, t.kind == MY_V_STR ? t.s.n : 4, &n_params) : NULL;
    if (inner && n_params != st->n_exprs)
        my_fail(r, MY_ER_WRONG_ARGUMENTS, "EXECUTE");
    else if (inner && uservar_params(r, st))
        my_exec(r, inner);
}

static void sql_execute(struct my_run *r, struct my_stmt *st)
{
    if (st->expr) {
        execute_now(r, st);
        return;
    }
    struct my_ps *ps = by_name(r->c, st->name);
    unsigned n_params = 0;
    if (!ps) {
        my_fail(r, MY_ER_UNKNOWN_STMT_HANDLER, (int)strlen(st->name), st->name, "EXECUTE");
        return;
    }
    if (ps->n_params != st->n_exprs) {
        my_fail(r, MY_ER_WRONG_ARGUMENTS, "EXECUTE");
        return;
    }
    if (!uservar_params(r, st))
        return;
    char *text = arena_copy(r->arena, ps->text, ps->len); /* the statement may drop itself */
    struct my_stmt *inner = text ? parse(r, text, ps->len, &n_params) : NULL;
    if (inner)
        my_exec(r, inner);
}

void my_exec_ps(struct my_run *r, struct my_stmt *st)
{
    switch (st->com) {
    case MY_Q_PREPARE:
        sql_prepare(r, st);
        break;
    case MY_Q_EXECUTE:
        sql_execute(r, st);
        break;
    default: {
        struct my_ps *ps = by_name(r->c, st->name);
        if (ps)
            ps_drop(r->c, ps);
        else
            my_fail(r, MY_ER_UNKNOWN_STMT_HANDLER, (int)strlen(st->name), st->name, "DEALLOCATE PREPARE");
        break;
    }
    }
}

/* ---- COM_STMT_PREPARE ---- */
static void send_prepared(struct my_run *r, struct my_ps *ps, const struct my_rows *cols)
{
    struct my_out *o = r->out;
    my_out_begin(o);
    wr_u8(&o->w, 0);
    wr_le32(&o->w, ps->id);
    wr_le16(&o->w, (uint16_t)cols->n_cols);
    wr_le16(&o->w, (uint16_t)ps->n_params);
    wr_u8(&o->w, 0);
    wr_le16(&o->w, (uint16_t)r->c->total_conds);
    my_out_end(o);
    struct my_result_col param = {.name = "?", .m = {.type = r->kit->mariadb ? MY_T_NULL : MY_T_VAR_STRING, .coll = r->kit->binary,
                                                     .flags = MY_F_BINARY, .maybe_null = true}};
    for (unsigned i = 0; i < ps->n_params; i++)
        my_send_coldef(r, &param, NULL, false);
    if (ps->n_params)
        my_send_columns_end(r);
    size_t from = o->w.len;
    for (size_t i = 0; i < cols->n_cols; i++)
        my_send_coldef(r, &cols->cols[i], NULL, false);
    ps->cols_hash = my_columns_hash(o, from);
    if (cols->n_cols)
        my_send_columns_end(r);
    r->sent = true;
    (void)snprintf(r->reply, sizeof r->reply, "OK");
}

/* SHOW runs without rows to learn its columns. */
static void describe_show(struct my_run *r, struct my_stmt *st, struct my_rows *ret)
{
    r->describe_only = true;
    my_exec(r, st);
    r->describe_only = r->sent = false;
    ret->cols = r->described;
    ret->n_cols = r->described ? r->n_described : 0;
}

void my_stmt_prepare(struct my_run *r, struct rd p)
{
    unsigned n_params = 0;
    struct my_rows cols = {0};
    r->c->last_ps = 0;
    size_t len = rd_left(&p);
    char *text = arena_copy(r->arena, len ? (const char *)p.p : "", len);
    struct my_stmt *st = text ? parse(r, text, len, &n_params) : NULL;
    if (!st)
        return;
    if (st->com == MY_Q_SELECT && st->select && st->select->into == MY_INTO_NONE) {
        r->describe_only = true;
        my_select_describe(r, st->select, NULL, &cols);
        r->describe_only = false;
    } else if (st->com >= MY_Q_SHOW_DATABASES) {
        describe_show(r, st, &cols);
    }
    r->status = 0;
    struct my_ps *ps = my_ok(r) ? ps_new(r, NULL, text, len, n_params) : NULL;
    if (!ps)
        return;
    ps->n_cols = (unsigned)cols.n_cols;
    r->c->last_ps = ps->id;
    send_prepared(r, ps, &cols);
}

/* ---- COM_STMT_EXECUTE ---- */
static void long_data_free(struct my_ps *ps)
{
    for (unsigned i = 0; i < ps->n_params; i++) {
        free(ps->long_data[i]);
        ps->long_data[i] = NULL;
        ps->long_len[i] = 0;
    }
}

static void cursor_close(struct my_ps *ps)
{
    wr_done(&ps->cursor);
    ps->cursor_at = 0;
    ps->has_cursor = false;
}

void my_stmt_execute(struct my_run *r, struct rd p)
{
    uint32_t id = rd_le32(&p);
    uint8_t flags = rd_u8(&p);
    unsigned n_params = 0;
    rd_skip(&p, 4);
    struct my_ps *ps = by_id(r, id, p.bad ? NULL : "mysqld_stmt_execute");
    if (!ps || p.bad) {
        if (p.bad)
            my_fail(r, r->kit->mariadb || r->kit->version >= 50700 ? MY_ER_MALFORMED_PACKET : MY_ER_UNKNOWN_COM);
        return;
    }
    cursor_close(ps);
    r->prepared = ps;
    char *text = arena_copy(r->arena, ps->text, ps->len);
    struct my_stmt *st = text && my_bind_params(r, ps, &p) ? parse(r, text, ps->len, &n_params) : NULL;
    if (!st)
        return;
    r->binary = true;
    if ((flags & 1) && st->com == MY_Q_SELECT && st->select && st->select->into == MY_INTO_NONE) {
        ps->cursor.max = PS_CURSOR_MAX;
        ps->has_cursor = true;
        r->cursor_of = ps;
    }
    my_exec(r, st);
    long_data_free(ps);
    if (!my_ok(r) || ps->cursor.bad)
        cursor_close(ps);
}

void my_stmt_long_data(struct my_run *r, struct rd p)
{
    uint32_t id = rd_le32(&p);
    uint16_t at = rd_le16(&p);
    struct my_ps *ps = p.bad ? NULL : by_id(r, id, NULL);
    size_t n = rd_left(&p), sum = n;
    if (!ps || at >= ps->n_params)
        return;
    for (unsigned i = 0; i < ps->n_params; i++)
        sum += ps->long_len[i];
    char *more = sum <= PS_LONG_MAX ? realloc(ps->long_data[at], ps->long_len[at] + n + 1) : NULL;
    if (!more)
        return; /* no reply to this command: the piece is lost, as with a server out of memory */
    if (n)
        memcpy(more + ps->long_len[at], p.p, n);
    ps->long_len[at] += n;
    more[ps->long_len[at]] = '\0';
    ps->long_data[at] = more;
}

void my_stmt_close(struct my_run *r, struct rd p)
{
    uint32_t id = rd_le32(&p);
    struct my_ps *ps = p.bad ? NULL : by_id(r, id, NULL);
    if (ps)
        ps_drop(r->c, ps);
}

void my_stmt_reset(struct my_run *r, struct rd p)
{
    uint32_t id = rd_le32(&p);
    struct my_ps *ps = by_id(r, id, "mysqld_stmt_reset");
    if (!ps)
        return;
    cursor_close(ps);
    long_data_free(ps);
}

void my_stmt_fetch(struct my_run *r, struct rd p)
{
    uint32_t id = rd_le32(&p), n = rd_le32(&p), sent = 0;
    struct my_ps *ps = by_id(r, id, "mysqld_stmt_fetch");
    if (!ps)
        return;
    if (!ps->has_cursor) {
        char text[60];
        (void)snprintf(text, sizeof text, "The statement (%lu) has no open cursor%s", (unsigned long)id, r->kit->mariadb ? "" : ".");
        my_fail_text(r, MY_ER_STMT_HAS_NO_OPEN_CURSOR, text);
        return;
    }
    struct rd rows = rd_of(ps->cursor.bytes + ps->cursor_at, ps->cursor.len - ps->cursor_at);
    for (; sent < n && rd_left(&rows); sent++) {
        struct rd row = rd_sub(&rows, rd_le32(&rows));
        my_out_begin(r->out);
        wr_bytes(&r->out->w, row.p, rd_left(&row));
        my_out_end(r->out);
    }
    ps->cursor_at = ps->cursor.len - rd_left(&rows);
    r->status |= MY_STATUS_CURSOR;
    if (sent < n) { /* the server learns that there are no more when it reads past the last */
        r->status = (uint16_t)((r->status & ~MY_STATUS_CURSOR) | MY_STATUS_LAST_ROW);
        cursor_close(ps);
    }
    my_send_eof(r);
    r->sent = true;
    (void)snprintf(r->reply, sizeof r->reply, "%u row%s", sent, sent == 1 ? "" : "s");
}

/* ---- COM_STMT_BULK_EXECUTE (MariaDB): one statement over many rows of parameters ---- */
#define BULK_SEND_TYPES 0x80u
#define BULK_ROWS_MAX   20000u

static bool bulk_fits(const struct my_stmt *st)
{
    return st->com == MY_Q_INSERT || st->com == MY_Q_REPLACE || st->com == MY_Q_UPDATE || st->com == MY_Q_DELETE;
}

static void bulk_rows(struct my_run *r, struct my_ps *ps, struct rd *p)
{
    uint64_t affected = 0, first_id = 0;
    unsigned n_params = 0, n = 0;
    for (; n < BULK_ROWS_MAX && my_ok(r) && rd_left(p); n++) {
        if (!my_bind_bulk_row(r, ps, p))
            return;
        struct my_stmt *st = parse(r, ps->text, ps->len, &n_params);
        if (!st)
            return;
        my_exec(r, st);
        affected += r->affected;
        if (!first_id)
            first_id = r->insert_id;
        r->affected = r->insert_id = 0;
    }
    r->affected = affected;
    r->insert_id = first_id;
    if (my_ok(r) && n > 1)
        (void)snprintf(r->info, sizeof r->info, "Records: %u  Duplicates: 0  Warnings: %u", n, r->c->total_conds);
}

void my_stmt_bulk(struct my_run *r, struct rd p)
{
    uint32_t id = rd_le32(&p);
    uint16_t flags = rd_le16(&p);
    unsigned n_params = 0;
    if (p.bad) {
        my_fail(r, MY_ER_MALFORMED_PACKET);
        return;
    }
    struct my_ps *ps = by_id(r, id, "mysqld_stmt_bulk_execute");
    if (!ps)
        return;
    cursor_close(ps);
    struct my_stmt *st = parse(r, ps->text, ps->len, &n_params);
    if (!st)
        return;
    if (!bulk_fits(st) || !ps->n_params || (flags & ~BULK_SEND_TYPES)) {
        my_fail(r, MY_ER_UNSUPPORTED_PS);
        return;
    }
    if ((flags & BULK_SEND_TYPES) && !my_bind_types(r, ps, &p))
        return;
    bulk_rows(r, ps, &p);
}

/* Table checks, KILL, HANDLER, and the rest of a server's administration. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#include "protocol/mysql/exec/my_files.h"
#include "protocol/mysql/expr/my_eval.h"
#include "protocol/mysql/world/my_def.h"
#include "protocol/mysql/world/my_acl.h"

static struct my_val sv(const char *s)
{
    return s ? my_str(s, strlen(s)) : my_null();
}

/* ---- CHECK, ANALYZE, OPTIMIZE, REPAIR, CHECKSUM ---- */
static const char *op_name(enum my_kw kw)
{
    switch (kw) {
    case MY_K_ANALYZE:
        return "analyze";
    case MY_K_OPTIMIZE:
        return "optimize";
    case MY_K_REPAIR:
        return "repair";
    case MY_K_CHECK:
        return "check";
    default:
        return "assign_to_keycache";
    }
}

struct check {
    struct my_run *r;
    struct my_result_col cols[4];
    const char *table, *op;
    uint64_t rows;
};

static void say(struct check *c, const char *type, const char *text)
{
    struct my_val v[4] = {sv(c->table), sv(c->op), sv(type), sv(text)};
    my_send_row(c->r, c->cols, v, 4);
    c->rows++;
}

/* What the table's engine can do (mysql_admin_table of sql_table.cc and the engines' own messages). */
static void check_one(struct check *c, enum my_kw kw, const struct my_table *t)
{
    const char *e = t->engine;
    bool innodb = strcasecmp(e, "InnoDB") == 0, myisam = strcasecmp(e, "MyISAM") == 0 || strcasecmp(e, "Aria") == 0, csv = strcasecmp(e, "CSV") == 0;
    bool archive = strcasecmp(e, "ARCHIVE") == 0;
    char text[120];
    if (innodb && kw == MY_K_OPTIMIZE) {
        say(c, "note", "Table does not support optimize, doing recreate + analyze instead");
        say(c, "status", "OK");
        return;
    }
    bool can = myisam || (innodb && (kw == MY_K_CHECK || kw == MY_K_ANALYZE)) || (csv && (kw == MY_K_CHECK || kw == MY_K_REPAIR)) ||
               (archive && kw != MY_K_ANALYZE && kw != MY_K_CACHE);
    if (!can) {
        (void)snprintf(text, sizeof text, "The storage engine for the table doesn't support %s", c->op);
        say(c, "note", text);
        return;
    }
    /* a table without rows has been read through already */
    say(c, "status", myisam && t->n_rows == 0 && (kw == MY_K_ANALYZE || kw == MY_K_OPTIMIZE) ? "Table is already up to date" : "OK");
}

static void check_named(struct check *c, struct my_stmt *st, const struct my_name *n)
{
    char text[300];
    const char *db = n->db ? n->db : c->r->c->db;
    struct my_table *t = my_find_table(c->r, n->db, n->name, NULL, true);
    if (my_is_info_schema(db)) {
        (void)snprintf(text, sizeof text, "The storage engine for the table doesn't support %s", c->op);
        say(c, "note", text);
    } else if (!t) {
        (void)snprintf(text, sizeof text, "Table '%.130s.%.130s' doesn't exist", db, n->name);
        say(c, "Error", text);
        say(c, "status", "Operation failed");
    } else if (t->is_view && st->word != MY_K_CHECK) {
        (void)snprintf(text, sizeof text, "'%.130s.%.130s' is not BASE TABLE", db, n->name);
        say(c, "Error", text);
        say(c, "status", "Operation failed");
    } else if (t->is_view) {
        say(c, "status", "OK");
    } else {
        check_one(c, st->word, t);
    }
}

static const char *full_name(struct my_run *r, const struct my_name *n)
{
    char buf[400];
    (void)snprintf(buf, sizeof buf, "%.195s.%.195s", n->db ? n->db : r->c->db, n->name);
    const char *own = arena_copy(r->arena, buf, strlen(buf));
    return own ? own : n->name;
}

static bool names_have_db(struct my_run *r, const struct my_name *names)
{
    for (const struct my_name *n = names; n; n = n->next)
        if (!n->db && !r->c->db[0]) {
            my_fail(r, MY_ER_NO_DB);
            return false;
        }
    return true;
}

/* Not the server's own number (which depends on how an engine stores a row), but one that changes with the rows. */
static uint32_t checksum(struct my_run *r, const struct my_table *t)
{
    uLong sum = 0;
    for (size_t i = 0; i < t->n_rows && my_step(r, 1); i++)
        for (size_t k = 0; k < t->rows[i]->n; k++)
            if (!t->rows[i]->cell[k].null)
                sum = crc32(sum, (const Bytef *)t->rows[i]->cell[k].p, t->rows[i]->cell[k].n);
    return (uint32_t)sum;
}

static void checksum_tables(struct my_run *r, struct my_stmt *st)
{
    struct my_result_col cols[2] = {my_plain_col(r, "Table", 's', r->kit->mariadb ? 128 * 3 : 128, true), my_plain_col(r, "Checksum", 'l', 21, true)};
    uint64_t rows = 0;
    my_send_columns(r, cols, 2);
    for (const struct my_name *n = st->names; n; n = n->next, rows++) {
        const struct my_table *t = my_find_table(r, n->db, n->name, NULL, true);
        if (!t)
            my_warn(r, MY_ERROR, MY_ER_NO_SUCH_TABLE, n->db ? n->db : r->c->db, n->name);
        struct my_val v[2] = {sv(full_name(r, n)), t ? my_uint(checksum(r, t)) : my_null()};
        my_send_row(r, cols, v, 2);
    }
    my_send_end(r, rows);
}

static void check_tables(struct my_run *r, struct my_stmt *st)
{
    if (!names_have_db(r, st->names))
        return;
    if (st->word == MY_K_CHECKSUM) {
        checksum_tables(r, st);
        return;
    }
    uint32_t text_len = r->kit->version >= 50500 ? 128 * 1024 : 255; /* SQL_ADMIN_MSG_TEXT_SIZE */
    struct check c = {.r = r, .op = op_name(st->word),
                      .cols = {my_plain_col(r, "Table", 's', 128, true), my_plain_col(r, "Op", 's', 10, true),
                               my_plain_col(r, "Msg_type", 's', 10, true), my_plain_col(r, "Msg_text", 's', text_len, true)}};
    my_send_columns(r, c.cols, 4);
    for (const struct my_name *n = st->names; n; n = n->next) {
        c.table = full_name(r, n);
        check_named(&c, st, n);
    }
    my_send_end(r, c.rows);
}

static void cache_index(struct my_run *r, struct my_stmt *st)
{
    if (strcasecmp(st->text, "default") != 0) {
        my_fail(r, MY_ER_UNKNOWN_KEY_CACHE, st->text);
        return;
    }
    st->word = MY_K_CACHE;
    check_tables(r, st);
}

static void flush(struct my_run *r, struct my_stmt *st)
{
    if (st->word == MY_K_PRIVILEGES)
        my_acl_load(r->w);
    if (st->word == MY_K_TABLES && !names_have_db(r, st->names))
        return;
    if (st->word == MY_K_TABLES && r->c->locked && st->names)
        for (const struct my_name *n = st->names; n; n = n->next)
            if (!my_find_table(r, n->db, n->name, NULL, true)) {
                my_fail(r, MY_ER_TABLE_NOT_LOCKED, n->name);
                return;
            }
}

/* ---- KILL ---- */
void my_kill(struct my_run *r, uint64_t id, bool connection)
{
    struct my_ses *s = r->ses->sh->sessions;
    while (s && (s->thread_id != id || !s->c || session_src(s->s) != session_src(r->ses->s)))
        s = s->next;
    if (!s) { /* other sources' sessions are not of this source's server */
        my_fail(r, MY_ER_NO_SUCH_THREAD, (unsigned long long)id);
    } else if (s == r->ses) {
        r->c->killed = connection;
        my_fail(r, MY_ER_QUERY_INTERRUPTED);
    } else if (connection) {
        s->c->killed = true;
        s->phase = MY_PHASE_OVER;
        wr_clear(&s->delayed);
        session_set_timer(s->s, 1000); /* its own callback ends it */
    }
}

static void kill_(struct my_run *r, struct my_stmt *st)
{
    struct my_val v = my_eval_const(r, st->expr);
    if (my_ok(r))
        my_kill(r, (uint64_t)my_val_i64(&v, NULL), st->hard);
}

/* ---- HANDLER ---- */
/* HANDLER t OPEN leaves nothing behind: each read starts at the table's first row. */
static void handler(struct my_run *r, struct my_stmt *st)
{
    struct my_table *t = my_find_table(r, st->db, st->name, NULL, st->word == MY_K_READ);
    if (!t && st->word == MY_K_READ)
        my_fail(r, MY_ER_UNKNOWN_TABLE, st->name, "HANDLER");
    if (!t || st->word != MY_K_READ)
        return;
    struct my_select *s = arena_new(r->arena, sizeof *s);
    struct my_item *item = arena_new(r->arena, sizeof *item);
    struct my_expr *star = arena_new(r->arena, sizeof *star);
    struct my_tref *from = arena_new(r->arena, sizeof *from);
    struct my_stmt *q = arena_new(r->arena, sizeof *q);
    struct my_expr *one = arena_new(r->arena, sizeof *one);
    if (!s || !item || !star || !from || !q || !one) {
        my_fail(r, MY_ER_OUTOFMEMORY, 512);
        return;
    }
    *star = (struct my_expr){.op = MY_X_STAR};
    *item = (struct my_item){.expr = star};
    *from = (struct my_tref){.db = st->db, .name = st->name};
    *one = (struct my_expr){.op = MY_X_LITERAL, .val = my_int(1), .m = {.type = MY_T_LONGLONG, .len = 1, .coll = r->kit->binary}};
    *s = (struct my_select){.items = item, .from = from, .where = st->where, .limit = st->limit ? st->limit : one, .offset = st->offset};
    *q = (struct my_stmt){.com = MY_Q_SELECT, .select = s};
    my_exec_select(r, q);
}

/* ---- replication, plugins ---- */
static const char *global_text(struct my_run *r, const char *name)
{
    const struct my_sysvar *v = my_sysvar_find(r->kit, name);
    const char *t = v ? my_var_text(r, v, MY_SCOPE_GLOBAL) : NULL;
    return t ? t : "";
}

static void need_server_id(struct my_run *r)
{
    if (r->kit->version >= 50600 && !r->kit->mariadb && strcmp(global_text(r, "server_id"), "0") == 0)
        my_fail(r, MY_ER_SLAVE_CONFIGURATION);
}

static void slave(struct my_run *r, struct my_stmt *st)
{
    need_server_id(r);
    if (st->word == MY_K_STOP)
        my_warn(r, MY_NOTE, MY_ER_SLAVE_WAS_NOT_RUNNING);
    else
        my_fail(r, MY_ER_BAD_SLAVE);
}

static void reset(struct my_run *r, struct my_stmt *st)
{
    if (st->word == MY_K_MASTER && strcmp(global_text(r, "log_bin"), "ON") != 0)
        my_fail(r, MY_ER_BINLOG_CLOSED);
    else if (st->word == MY_K_SLAVE)
        need_server_id(r);
}

static bool is_base64(const char *s, size_t n)
{
    size_t pad = 0, len = 0;
    for (size_t i = 0; i < n; i++) {
        char c = s[i];
        if (c == ' ' || c == '\n' || c == '\r' || c == '\t')
            continue;
        bool digit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
        if (!digit && c != '=')
            return false;
        if (digit && pad)
            return false;
        pad += c == '=';
        len++;
    }
    return len >= 4 && len % 4 == 0 && pad <= 2;
}

/* What comes over here was never part of a server's own log. */
static void binlog(struct my_run *r, struct my_stmt *st)
{
    if (st->text_len == 0)
        my_fail(r, MY_ER_SYNTAX);
    else if (!is_base64(st->text, st->text_len))
        my_fail(r, MY_ER_BASE64_DECODE);
    else
        my_fail(r, MY_ER_SYNTAX);
}

static void help(struct my_run *r)
{
    struct my_result_col cols[2] = {my_plain_col(r, "name", 's', 64, false), my_plain_col(r, "is_it_category", 's', 1, false)};
    my_send_columns(r, cols, 2); /* a server without the help tables filled finds nothing */
    my_send_end(r, 0);
}

void my_exec_admin(struct my_run *r, struct my_stmt *st)
{
    switch (st->com) {
    case MY_Q_FLUSH:
        flush(r, st);
        break;
    case MY_Q_RESET:
        reset(r, st);
        break;
    case MY_Q_KILL:
        kill_(r, st);
        break;
    case MY_Q_SHUTDOWN: /* the client goes; the server is up again when it comes back */
        r->c->killed = true;
        break;
    case MY_Q_CHECK:
        check_tables(r, st);
        break;
    case MY_Q_CACHE_INDEX:
        cache_index(r, st);
        break;
    case MY_Q_HANDLER:
        handler(r, st);
        break;
    case MY_Q_INSTALL:
        my_install_plugin(r, st);
        break;
    case MY_Q_UNINSTALL:
        my_uninstall_plugin(r, st);
        break;
    case MY_Q_SLAVE:
        slave(r, st);
        break;
    case MY_Q_CHANGE_MASTER:
        need_server_id(r);
        break;
    case MY_Q_BINLOG:
        binlog(r, st);
        break;
    case MY_Q_HELP:
        help(r);
        break;
    case MY_Q_EXPLAIN:
        my_explain(r, st);
        break;
    default: /* PURGE without a binary log has nothing to do */
        break;
    }
}

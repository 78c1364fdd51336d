/* Functions about the session and the server, and those that take time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/rng.h"
#include "protocol/mysql/exec/my_check.h"
#include "protocol/mysql/exec/my_files.h"
#include "protocol/mysql/expr/my_eval.h"

static void fix_sysname(struct my_eval *ev, struct my_expr *e, uint64_t chars, bool null)
{
    my_fix_str(ev, e, ev->r->kit->utf8, chars, MY_DEC_FLOAT, null);
    e->m.coerce = MY_CO_SYSCONST;
}
static struct my_val text(struct my_eval *ev, const char *s)
{
    return my_text_out(ev, s, strlen(s));
}

static void fix_version(struct my_eval *ev, struct my_expr *e)
{
    fix_sysname(ev, e, strlen(ev->r->kit->version_text), false);
    ev->r->sent_version = true;
}
static struct my_val ev_version(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)e;
    (void)args;
    return text(ev, ev->r->kit->version_text);
}
static void fix_user(struct my_eval *ev, struct my_expr *e)
{
    /* USERNAME_LENGTH + HOSTNAME_LENGTH + 1 */
    fix_sysname(ev, e, ev->r->kit->mariadb ? 128 + 255 + 1 : ev->r->kit->version >= 50708 ? 93 : 77, false);
}
static struct my_val user_at(struct my_eval *ev, const char *host)
{
    char buf[260];
    int n = snprintf(buf, sizeof buf, "%s@%s", ev->r->c->user, host);
    return my_text_out(ev, buf, n > 0 ? (size_t)n : 0);
}
static struct my_val ev_user(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)e;
    (void)args;
    return user_at(ev, ev->r->c->host);
}
static struct my_val ev_current_user(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)e;
    (void)args;
    return user_at(ev, ev->r->c->priv_host);
}
static void fix_current_role(struct my_eval *ev, struct my_expr *e)
{
    fix_sysname(ev, e, 128, true); /* MariaDB: USERNAME_CHAR_LENGTH */
}
static struct my_val ev_current_role(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)e;
    (void)args;
    return ev->r->c->role[0] ? text(ev, ev->r->c->role) : my_null();
}
static void fix_database(struct my_eval *ev, struct my_expr *e)
{
    fix_sysname(ev, e, ev->r->kit->mariadb ? 64 : 34, true);
}
static struct my_val ev_database(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)e;
    (void)args;
    return ev->r->c->db[0] ? text(ev, ev->r->c->db) : my_null();
}
static void fix_connection_id(struct my_eval *ev, struct my_expr *e)
{
    bool modern = ev->r->kit->version >= 50600 && !ev->r->kit->mariadb;
    my_fix_int(ev->r->kit, e, modern ? 21 : 10, false, modern);
    if (ev->r->kit->mariadb) {
        e->m.unsigned_ = true;
        e->m.type = MY_T_LONG;
    }
}
static struct my_val ev_connection_id(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)e;
    (void)args;
    return my_int(ev->r->ses->thread_id);
}
static void fix_int21(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, 21, e->n_args && my_any_maybe_null(e), false);
}
static void fix_last_insert_id(struct my_eval *ev, struct my_expr *e)
{
    fix_int21(ev, e);
    if (!ev->r->kit->mariadb)
        return;
    e->m.unsigned_ = e->m.wide = true;
    if (e->n_args)
        e->m.len = e->args[0]->m.len;
}
static struct my_val ev_last_insert_id(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    if (e->n_args) {
        uint64_t v = args[0].kind == MY_V_NULL ? 0 : (uint64_t)my_val_i64(&args[0], NULL);
        ev->r->c->last_insert_id = v;
        ev->r->insert_id = v;
        return args[0].kind == MY_V_NULL ? my_null() : my_int((int64_t)v);
    }
    return my_int((int64_t)ev->r->c->last_insert_id);
}
static struct my_val ev_found_rows(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)e;
    (void)args;
    return my_int(ev->r->c->found_rows);
}
static struct my_val ev_row_count(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)e;
    (void)args;
    return my_int(ev->r->c->row_count);
}

/* SLEEP: the reply is held back for so long. */
static struct my_val ev_sleep(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)e;
    if (args[0].kind == MY_V_NULL)
        return my_int(0);
    double s = my_val_real(&args[0]);
    if (s > 0 && s < 1e9)
        ev->r->delay_us += (int64_t)(s * 1e6);
    else if (s >= 1e9)
        ev->r->delay_us = MY_DELAY_MAX_US;
    return my_int(0);
}
static void fix_sleep(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, ev->r->kit->mariadb ? 1 : 21, my_any_maybe_null(e), false);
}
static void fix_benchmark(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, 1, !ev->r->kit->mariadb && my_any_maybe_null(e) && ev->r->kit->version >= 50500, false);
}
/* BENCHMARK: one evaluation, and the time that a 2 GHz server of its day takes for that many. */
static struct my_val ev_benchmark(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)args;
    struct my_val count = my_eval_expr(ev, e->args[0]);
    if (count.kind == MY_V_NULL || my_val_i64(&count, NULL) < 0) {
        struct my_val t = my_val_text(ev->r->arena, &count, &e->args[0]->m);
        char line[120];
        (void)snprintf(line, sizeof line, "Incorrect count value: '%.*s' for function benchmark", (int)(t.s.n > 60 ? 60 : t.s.n), t.s.p);
        if (count.kind != MY_V_NULL)
            my_warn_text(ev->r, MY_WARNING, 1411, line);
        return my_null();
    }
    uint64_t n = (uint64_t)my_val_i64(&count, NULL), before = ev->r->steps;
    if (n)
        (void)my_eval_expr(ev, e->args[1]);
    double per_us = 0.03 + 0.25 * (double)(ev->r->steps - before);
    double us = per_us * (double)n;
    ev->r->delay_us += us > (double)MY_DELAY_MAX_US ? MY_DELAY_MAX_US : (int64_t)us;
    return my_int(0);
}

/* Locks by name: one session has the server to itself, so they are always free. */
static struct my_val ev_get_lock(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val t = my_arg_text(ev, e, 0, args);
    if (!t.s.n)
        return my_null();
    char name[80];
    (void)snprintf(name, sizeof name, "lock:%.64s", t.s.p);
    (void)my_var_store(ev->r->c, name, "1");
    return my_int(1);
}
static bool lock_held(struct my_eval *ev, const char *name, size_t n, bool release)
{
    char key[80];
    (void)snprintf(key, sizeof key, "lock:%.*s", (int)(n > 64 ? 64 : n), name);
    for (size_t i = 0; i < ev->r->c->n_vars; i++)
        if (strcasecmp(ev->r->c->vars[i].name, key) == 0 && ev->r->c->vars[i].value[0] == '1') {
            if (release)
                ev->r->c->vars[i].value[0] = '0';
            return true;
        }
    return false;
}
static struct my_val ev_release_lock(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val t = my_arg_text(ev, e, 0, args);
    return t.s.n && lock_held(ev, t.s.p, t.s.n, true) ? my_int(1) : my_null();
}
static struct my_val ev_is_free_lock(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val t = my_arg_text(ev, e, 0, args);
    return t.s.n ? my_int(!lock_held(ev, t.s.p, t.s.n, false)) : my_null();
}
static struct my_val ev_is_used_lock(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val t = my_arg_text(ev, e, 0, args);
    return t.s.n && lock_held(ev, t.s.p, t.s.n, false) ? my_int(ev->r->ses->thread_id) : my_null();
}
static void fix_int1n(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, 1, true, false);
}
static void fix_int10n(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, 10, true, false);
}

static void fix_uuid(struct my_eval *ev, struct my_expr *e)
{
    my_fix_str(ev, e, ev->r->kit->utf8, 36, MY_DEC_FLOAT, false);
    if (ev->r->kit->mariadb)
        e->m.type = MY_T_STRING;
    e->m.coerce = MY_CO_COERCIBLE;
}
static struct my_val ev_uuid(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)e;
    (void)args;
    uint8_t r[8];
    rng_secret(r, sizeof r);
    uint64_t t = (uint64_t)ev->r->now_us * 10 + 0x01B21DD213814000ull + r[0]; /* version 1: 100 ns since 1582 */
    char buf[40];
    int n = snprintf(buf, sizeof buf, "%08x-%04x-%04x-%02x%02x-%012llx", (unsigned)t, (unsigned)(t >> 32 & 0xffff),
                     (unsigned)((t >> 48 & 0x0fff) | 0x1000), (unsigned)(0x80 | (ev->r->kit->started_us >> 8 & 0x3f)),
                     (unsigned)(ev->r->kit->started_us & 0xff), (unsigned long long)(0x005056000000ull | (ev->r->kit->started_us & 0xffffff)));
    return my_text_out(ev, buf, n > 0 ? (size_t)n : 0);
}
static struct my_val ev_uuid_short(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)e;
    (void)args;
    return my_uint((uint64_t)(ev->r->kit->started_us / 1000000) << 24 | (ev->r->ses->sh->queries & 0xffffff));
}

static void fix_load_file(struct my_eval *ev, struct my_expr *e)
{
    my_fix_str(ev, e, ev->r->kit->binary, 16777216, MY_DEC_FLOAT, true);
}
static struct my_val ev_load_file(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val t = my_arg_text(ev, e, 0, args);
    if (t.kind != MY_V_STR || t.s.n > 511 || !my_may(ev->r, MY_P_FILE))
        return my_null();
    char *given = arena_copy(ev->r->arena, t.s.p, t.s.n), path[1024];
    const struct my_file *f = given && my_file_path(ev->r, given, false, path, sizeof path) ? my_world_file(ev->r->w, path) : NULL;
    if (!f || !my_file_may_be_read(ev->r, path) || f->len > my_var_u64(ev->r, "max_allowed_packet"))
        return my_null();
    return my_text_out(ev, (const char *)f->bytes, f->len);
}
static void fix_name_const(struct my_eval *ev, struct my_expr *e)
{
    const struct my_expr *n0 = e->args[0];
    bool plain = n0->op == MY_X_LITERAL || (n0->op == MY_X_FUNC && strcmp(n0->func->name, "version") == 0);
    if (e->args[1]->op != MY_X_LITERAL || !plain) {
        my_fail(ev->r, MY_ER_WRONG_ARGUMENTS, "NAME_CONST");
        return;
    }
    e->m = e->args[1]->m;
    e->m.maybe_null |= ev->r->kit->mariadb;
    struct my_val n = my_eval_expr(ev, e->args[0]);
    if (n.kind == MY_V_STR)
        e->text = arena_copy(ev->r->arena, n.s.p, n.s.n);
}
static struct my_val ev_name_const(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)ev;
    (void)e;
    return args[1];
}

#define W MY_FN_WORD
const struct my_func my_funcs_info[] = {
    {"version", 0, 0, MY_FN_PASS, fix_version, ev_version},
    {"user", 0, 0, W, fix_user, ev_user},
    {"current_user", 0, 0, W, fix_user, ev_current_user},
    {"current_role", 0, 0, W, fix_current_role, ev_current_role},
    {"database", 0, 0, W, fix_database, ev_database},
    {"connection_id", 0, 0, 0, fix_connection_id, ev_connection_id},
    {"last_insert_id", 0, 1, MY_FN_NOT_CONST | MY_FN_NULLS, fix_last_insert_id, ev_last_insert_id},
    {"found_rows", 0, 0, MY_FN_NOT_CONST, fix_int21, ev_found_rows},
    {"row_count", 0, 0, W | MY_FN_NOT_CONST, fix_int21, ev_row_count},
    {"sleep", 1, 1, MY_FN_NOT_CONST | MY_FN_NULLS, fix_sleep, ev_sleep},
    {"benchmark", 2, 2, MY_FN_NOT_CONST | MY_FN_LAZY, fix_benchmark, ev_benchmark},
    {"get_lock", 2, 2, MY_FN_NOT_CONST, fix_int1n, ev_get_lock},
    {"release_lock", 1, 1, MY_FN_NOT_CONST, fix_int1n, ev_release_lock},
    {"is_free_lock", 1, 1, MY_FN_NOT_CONST, fix_int1n, ev_is_free_lock},
    {"is_used_lock", 1, 1, MY_FN_NOT_CONST, fix_int10n, ev_is_used_lock},
    {"uuid", 0, 0, MY_FN_NOT_CONST, fix_uuid, ev_uuid},
    {"uuid_short", 0, 0, MY_FN_NOT_CONST, fix_int21, ev_uuid_short},
    {"load_file", 1, 1, MY_FN_NOT_CONST, fix_load_file, ev_load_file},
    {"name_const", 2, 2, MY_FN_NULLS | MY_FN_PASS, fix_name_const, ev_name_const},
    {0},
};

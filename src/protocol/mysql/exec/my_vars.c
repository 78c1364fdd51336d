/* System and user variables. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/exec/my_vars.h"
#include "protocol/mysql/expr/my_eval.h"
#include "protocol/mysql/my_ses.h"
#include "protocol/mysql/world/my_sysvars.h"

static const char *session_store(const struct my_conn *c, const char *name)
{
    for (size_t i = 0; i < c->n_vars; i++)
        if (strcasecmp(c->vars[i].name, name) == 0)
            return c->vars[i].value;
    return NULL;
}

int my_var_store(struct my_conn *c, const char *name, const char *value)
{
    char *v = strdup(value);
    if (!v)
        return -ENOMEM;
    for (size_t i = 0; i < c->n_vars; i++)
        if (strcasecmp(c->vars[i].name, name) == 0) {
            free(c->vars[i].value);
            c->vars[i].value = v;
            return 0;
        }
    if (c->n_vars == c->cap_vars) {
        size_t cap = c->cap_vars ? c->cap_vars * 2 : 8;
        struct my_setting *list = cap <= 1024 ? realloc(c->vars, cap * sizeof *list) : NULL;
        if (!list) {
            free(v);
            return -ENOMEM;
        }
        c->vars = list;
        c->cap_vars = cap;
    }
    char *n = strdup(name);
    if (!n) {
        free(v);
        return -ENOMEM;
    }
    c->vars[c->n_vars++] = (struct my_setting){n, v};
    return 0;
}

const char *my_numtext(struct my_run *r, long long v)
{
    char buf[32];
    int n = snprintf(buf, sizeof buf, "%lld", v);
    char *s = arena_copy(r->arena, buf, n > 0 ? (size_t)n : 0);
    return s ? s : "";
}

/* Values that are the session's own state. */
static const char *live_value(struct my_run *r, const struct my_sysvar *v)
{
    struct my_conn *c = r->c;
    const char *n = v->name;
    if (strcmp(n, "autocommit") == 0)
        return c->autocommit ? "ON" : "OFF";
    if (strcmp(n, "character_set_client") == 0)
        return c->cs_client->charset;
    if (strcmp(n, "character_set_connection") == 0)
        return c->cs_conn->charset;
    if (strcmp(n, "collation_connection") == 0)
        return c->cs_conn->name;
    if (strcmp(n, "character_set_results") == 0)
        return c->cs_results ? c->cs_results->charset : "";
    if (strcmp(n, "character_set_database") == 0 || strcmp(n, "collation_database") == 0) {
        if (session_store(c, n))
            return NULL;
        struct my_db *db = c->db[0] ? my_world_db(r->w, c->db) : NULL;
        const struct my_coll *coll = db && db->coll ? db->coll : NULL;
        if (!coll)
            return NULL;
        return n[1] == 'h' ? coll->charset : coll->name;
    }
    if (strcmp(n, "pseudo_thread_id") == 0)
        return my_numtext(r, r->ses->thread_id);
    if (strcmp(n, "last_insert_id") == 0 || strcmp(n, "identity") == 0)
        return my_numtext(r, (long long)c->last_insert_id);
    if (strcmp(n, "warning_count") == 0)
        return my_numtext(r, c->total_conds);
    if (strcmp(n, "error_count") == 0)
        return my_numtext(r, c->n_errors);
    if (strcmp(n, "timestamp") == 0 && !session_store(c, n)) {
        char buf[40];
        long long us = (long long)r->now_us;
        if (r->kit->version >= 50600)
            (void)snprintf(buf, sizeof buf, "%lld.%06lld", us / 1000000, us % 1000000);
        else
            (void)snprintf(buf, sizeof buf, "%lld", us / 1000000);
        return arena_copy(r->arena, buf, strlen(buf));
    }
    return NULL;
}

const char *my_var_text(struct my_run *r, const struct my_sysvar *v, enum my_scope scope)
{
    enum my_var_scope own = my_sysvar_scope(r->kit, v);
    const char *value = NULL;
    if (scope == MY_SCOPE_GLOBAL) {
        if (own == MY_VAR_SESSION && !v->global)
            return NULL;
        value = my_world_global(r->w, v->name);
        return value ? value : v->global;
    }
    if (own != MY_VAR_GLOBAL) {
        value = live_value(r, v);
        if (!value)
            value = session_store(r->c, v->name);
        if (value)
            return value;
    }
    value = my_world_global(r->w, v->name);
    if (own == MY_VAR_GLOBAL && value)
        return value;
    return v->session ? v->session : v->global;
}

uint64_t my_var_u64(struct my_run *r, const char *name)
{
    const struct my_sysvar *v = my_sysvar_find(r->kit, name);
    const char *text = v ? my_var_text(r, v, MY_SCOPE_SESSION) : NULL;
    return text ? strtoull(text, NULL, 10) : 0;
}

bool my_var_on(struct my_run *r, const char *name)
{
    const struct my_sysvar *v = my_sysvar_find(r->kit, name);
    const char *text = v ? my_var_text(r, v, MY_SCOPE_SESSION) : NULL;
    return text && (strcmp(text, "ON") == 0 || strcmp(text, "1") == 0);
}

bool my_sql_mode(struct my_run *r, const char *flag)
{
    const struct my_sysvar *v = my_sysvar_find(r->kit, "sql_mode");
    const char *text = v ? my_var_text(r, v, MY_SCOPE_SESSION) : NULL;
    size_t n = strlen(flag);
    for (const char *p = text; p && *p;) {
        size_t m = strcspn(p, ",");
        if (m == n && strncasecmp(p, flag, n) == 0)
            return true;
        p += m + (p[m] == ',');
    }
    return false;
}

/* ---- user variables ---- */
struct my_uservar *my_uservar_find(struct my_conn *c, const char *name)
{
    for (struct my_uservar *u = c->uservars; u; u = u->next)
        if (strcasecmp(u->name, name) == 0)
            return u;
    return NULL;
}

#define USERVAR_BYTES_MAX (8u << 20)

void my_uservar_set(struct my_run *r, const char *name, const struct my_val *v, const struct my_meta *m)
{
    struct my_conn *c = r->c;
    struct my_uservar *u = my_uservar_find(c, name);
    struct my_val t = my_val_text(r->arena, v, m);
    size_t n = v->kind == MY_V_NULL ? 0 : t.s.n;
    if (c->uservar_bytes + n + 128 > USERVAR_BYTES_MAX) {
        my_fail(r, MY_ER_OUTOFMEMORY, (int)n);
        return;
    }
    char *text = malloc(n + 1);
    if (!u) {
        u = calloc(1, sizeof *u);
        if (u)
            u->name = strdup(name);
        if (!u || !u->name || !text) {
            free(u ? u->name : NULL);
            free(u);
            free(text);
            my_fail(r, MY_ER_OUTOFMEMORY, (int)n);
            return;
        }
        u->next = c->uservars;
        c->uservars = u;
        c->uservar_bytes += 128;
    } else if (!text) {
        my_fail(r, MY_ER_OUTOFMEMORY, (int)n);
        return;
    } else {
        c->uservar_bytes -= u->len < c->uservar_bytes ? u->len : c->uservar_bytes;
        free(u->text);
    }
    if (n)
        memcpy(text, t.s.p, n);
    text[n] = '\0';
    u->text = text;
    u->len = n;
    u->kind = v->kind;
    u->dec = m->dec;
    u->coll = m->coll ? m->coll : r->kit->binary;
    c->uservar_bytes += n;
}

/* information_schema: variables, status, character sets, engines, plugins, sessions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/mysql/exec/my_check.h"
#include "protocol/mysql/exec/my_info_fill.h"
#include "protocol/mysql/world/my_facts.h"
#include "protocol/mysql/world/my_sysvars.h"

static void variables(struct my_fill *f, enum my_scope scope, bool upper)
{
    const struct my_kit *k = f->r->kit;
    for (size_t i = 0; i < k->n_vars && my_ok(f->r); i++) {
        const struct my_sysvar *v = k->shown_vars[i];
        if (!v)
            continue;
        if (scope == MY_SCOPE_GLOBAL ? !v->global : !v->session)
            continue;
        const char *value = my_var_text(f->r, v, scope), *name = v->name;
        if (upper) {
            char *up = arena_copy(f->r->arena, name, strlen(name));
            for (char *p = up; p && *p; p++)
                *p = (char)(*p >= 'a' && *p <= 'z' ? *p - 32 : *p);
            name = up;
        }
        my_fill_begin(f);
        my_fill_text(f, "VARIABLE_NAME", name);
        my_fill_text(f, "VARIABLE_VALUE", value ? value : "");
        my_fill_row(f);
    }
}
void my_info_global_variables(struct my_fill *f)
{
    variables(f, MY_SCOPE_GLOBAL, true);
}
void my_info_session_variables(struct my_fill *f)
{
    variables(f, MY_SCOPE_SESSION, true);
}
void my_info_show_global(struct my_fill *f)
{
    variables(f, MY_SCOPE_GLOBAL, false);
}
void my_info_show_session(struct my_fill *f)
{
    variables(f, MY_SCOPE_SESSION, false);
}

/* SYSTEM_VARIABLES: what was recorded, with the values as they are now. */
void my_info_system_variables(struct my_fill *f)
{
    const struct my_tsv *t = &f->r->kit->variables;
    for (size_t i = 0; i < t->n_rows && my_ok(f->r); i++) {
        const char *name = my_tsv_cell(t, i, 0);
        const struct my_sysvar *v = my_sysvar_find(f->r->kit, name);
        char *up = arena_copy(f->r->arena, name, strlen(name));
        if (!v || !up)
            continue;
        for (char *p = up; *p; p++)
            *p = (char)(*p >= 'a' && *p <= 'z' ? *p - 32 : *p);
        my_fill_begin(f);
        for (size_t c = 1; c < t->n_cols; c++)
            my_fill_cell(f, t->head[c], my_tsv_cell(t, i, c));
        my_fill_text(f, "VARIABLE_NAME", up);
        my_fill_text(f, "SESSION_VALUE", my_sysvar_scope(f->r->kit, v) == MY_VAR_GLOBAL ? NULL : my_var_text(f->r, v, MY_SCOPE_SESSION));
        my_fill_text(f, "GLOBAL_VALUE", my_sysvar_scope(f->r->kit, v) == MY_VAR_SESSION ? NULL : my_var_text(f->r, v, MY_SCOPE_GLOBAL));
        my_fill_row(f);
    }
}

/* Counters move with the server's age and with what this connection does. */
static const char *status_value(struct my_run *r, const char *name)
{
    static const struct {
        const char *name, *value;
    } fixed[] = {{"Compression", "OFF"}, {"Rpl_status", "AUTH_MASTER"}, {"Slave_running", "OFF"}, {"Last_query_cost", "0.000000"},
                 {"Innodb_have_atomic_builtins", "ON"}, {"Innodb_page_size", "16384"}, {"Innodb_buffer_pool_dump_status", "not started"},
                 {"Innodb_buffer_pool_load_status", "not started"}, {"Threads_connected", "1"}, {"Threads_running", "1"}, {"Ssl_cipher", ""},
                 {"Ssl_cipher_list", ""}, {"Ssl_session_cache_mode", "NONE"}, {"Ssl_version", ""}, {"Ssl_server_not_after", ""},
                 {"Ssl_server_not_before", ""}, {"Max_used_connections", "3"}, {"Flush_commands", "1"}, {"Open_tables", "42"}, {"Opened_tables", "49"},
                 {"Open_table_definitions", "42"}, {"Opened_table_definitions", "42"}, {"Open_files", "18"}, {"Aborted_clients", "2"},
                 {"Key_blocks_unused", "6698"}, {"Innodb_buffer_pool_pages_total", "8191"}, {"Innodb_buffer_pool_pages_free", "7995"},
                 {"Innodb_buffer_pool_pages_data", "196"}, {"Table_locks_immediate", "88"}};
    int64_t up = (r->now_us - r->kit->started_us) / 1000000;
    const char *net = my_net_status(r->ses, name);
    if (net)
        return net;
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        if (strcmp(fixed[i].name, name) == 0)
            return fixed[i].value;
    uint64_t v = 0;
    if (strncmp(name, "Uptime", 6) == 0)
        v = (uint64_t)up;
    else if (strcmp(name, "Connections") == 0)
        v = r->ses->thread_id;
    else if (strcmp(name, "Questions") == 0 || strcmp(name, "Queries") == 0)
        v = r->ses->sh->queries + (uint64_t)up / 7;
    else if (strcmp(name, "Bytes_received") == 0)
        v = (uint64_t)up * 11 + r->ses->sh->queries * 40;
    else if (strcmp(name, "Bytes_sent") == 0)
        v = (uint64_t)up * 190 + r->ses->sh->queries * 300;
    else if (strcmp(name, "Threads_created") == 0)
        v = r->ses->thread_id;
    else if (strcmp(name, "Com_select") == 0)
        v = (uint64_t)up / 11;
    char buf[32];
    int n = snprintf(buf, sizeof buf, "%llu", (unsigned long long)v);
    char *s = arena_copy(r->arena, buf, n > 0 ? (size_t)n : 0);
    return s ? s : "";
}

static void status(struct my_fill *f, bool upper)
{
    const struct my_tsv *t = &f->r->kit->status;
    for (size_t i = 0; i < t->n_rows && my_ok(f->r); i++) {
        const char *name = t->cells[i * t->n_cols], *value = status_value(f->r, name);
        if (upper) {
            char *up = arena_copy(f->r->arena, name, strlen(name));
            for (char *p = up; p && *p; p++)
                *p = (char)(*p >= 'a' && *p <= 'z' ? *p - 32 : *p);
            name = up;
        }
        my_fill_begin(f);
        my_fill_text(f, "VARIABLE_NAME", name);
        my_fill_text(f, "VARIABLE_VALUE", value);
        my_fill_row(f);
    }
}
void my_info_status(struct my_fill *f)
{
    status(f, true);
}
void my_info_show_status(struct my_fill *f)
{
    status(f, false);
}

void my_info_charsets(struct my_fill *f)
{
    static const char *const cols[] = {"CHARACTER_SET_NAME", "DESCRIPTION", "DEFAULT_COLLATE_NAME", "MAXLEN"};
    my_fill_tsv(f, &f->r->kit->charsets, cols, 4);
}
void my_info_engines(struct my_fill *f)
{
    static const char *const cols[] = {"ENGINE", "SUPPORT", "COMMENT", "TRANSACTIONS", "XA", "SAVEPOINTS"};
    my_fill_tsv(f, &f->r->kit->engines, cols, 6);
}
void my_info_plugins(struct my_fill *f)
{
    const struct my_tsv *t = &f->r->kit->plugins;
    for (size_t i = 0; i < t->n_rows && my_ok(f->r); i++) {
        const char *const *c = &t->cells[i * t->n_cols];
        my_fill_begin(f);
        my_fill_text(f, "PLUGIN_NAME", c[0]);
        my_fill_text(f, "PLUGIN_VERSION", "1.0");
        my_fill_text(f, "PLUGIN_STATUS", c[1]);
        my_fill_text(f, "PLUGIN_TYPE", c[2]);
        my_fill_text(f, "PLUGIN_LIBRARY", strcmp(c[3], "NULL") == 0 ? NULL : c[3]);
        my_fill_text(f, "PLUGIN_LICENSE", c[4]);
        my_fill_text(f, "LOAD_OPTION", "ON");
        my_fill_row(f);
    }
}
/* In the order of SHOW COLLATION: by character set as listed, then as compiled in. */
void my_info_collations(struct my_fill *f)
{
    const struct my_kit *k = f->r->kit;
    const struct my_tsv *cs = &k->charsets;
    for (size_t s = 0; s < cs->n_rows; s++) {
        const char *name = cs->cells[s * cs->n_cols];
        for (int pass = 0; pass < 2; pass++)
            for (size_t i = 0; i < k->n_colls && my_ok(f->r); i++) {
                const struct my_coll *c = &k->colls[i];
                if (strcmp(c->charset, name) != 0 || c->is_default != (pass == 0))
                    continue;
                my_fill_begin(f);
                my_fill_text(f, "COLLATION_NAME", c->name);
                my_fill_text(f, "CHARACTER_SET_NAME", c->charset);
                my_fill_num(f, "ID", c->id);
                my_fill_text(f, "IS_DEFAULT", c->is_default ? "Yes" : "");
                my_fill_text(f, "IS_COMPILED", c->compiled ? "Yes" : "");
                my_fill_num(f, "SORTLEN", c->sortlen);
                my_fill_row(f);
            }
    }
}
void my_info_applicability(struct my_fill *f)
{
    const struct my_kit *k = f->r->kit;
    for (size_t i = 0; i < k->n_colls && my_ok(f->r); i++) {
        my_fill_begin(f);
        my_fill_text(f, "COLLATION_NAME", k->colls[i].name);
        my_fill_text(f, "CHARACTER_SET_NAME", k->colls[i].charset);
        my_fill_row(f);
    }
}

void my_info_processlist(struct my_fill *f)
{
    struct my_run *r = f->r;
    if (my_event_scheduler_on(r)) {
        my_fill_begin(f);
        my_fill_num(f, "ID", 1);
        my_fill_text(f, "USER", "event_scheduler");
        my_fill_text(f, "HOST", "localhost");
        my_fill_text(f, "COMMAND", "Daemon");
        my_fill_num(f, "TIME", (uint64_t)((r->now_us - r->kit->started_us) / 1000000));
        my_fill_text(f, "STATE", "Waiting on empty queue");
        my_fill_row(f);
    }
    for (struct my_ses *s = r->ses->sh->sessions; s; s = s->next) {
        if (!s->c || session_src(s->s) != session_src(r->ses->s))
            continue;
        my_fill_begin(f);
        char host[96];
        (void)snprintf(host, sizeof host, "%s:%u", s->c->host, session_sport(s->s));
        char *own = arena_copy(r->arena, host, strlen(host));
        my_fill_num(f, "ID", s->thread_id);
        my_fill_text(f, "USER", s->c->user);
        my_fill_text(f, "HOST", own);
        my_fill_text(f, "DB", s->c->db[0] ? s->c->db : NULL);
        my_fill_text(f, "COMMAND", s == r->ses ? "Query" : "Sleep");
        my_fill_num(f, "TIME", (uint64_t)((r->now_us - s->c->last_us) / 1000000));
        my_fill_text(f, "STATE", s == r->ses ? "executing" : "");
        my_fill_text(f, "INFO", s == r->ses ? r->query_text : NULL);
        my_fill_row(f);
    }
}

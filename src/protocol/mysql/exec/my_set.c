/* SET: system and user variables, NAMES, PASSWORD, TRANSACTION. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/exec/my_vars.h"
#include "protocol/mysql/expr/my_eval.h"
#include "protocol/mysql/my_ses.h"
#include "protocol/mysql/world/my_sysvars.h"

/* ---- SET ---- */
static const struct my_coll *coll_or_fail(struct my_run *r, const char *charset)
{
    const struct my_coll *c = my_coll_default(r->kit, charset);
    if (!c)
        my_fail(r, MY_ER_UNKNOWN_CHARACTER_SET, charset);
    return c;
}

static void set_names(struct my_run *r, const struct my_assign *a)
{
    const char *cs = a->name;
    if (!cs) {
        const struct my_sysvar *v = my_sysvar_find(r->kit, "character_set_client");
        cs = v && v->global ? v->global : "latin1";
    }
    const struct my_coll *c = coll_or_fail(r, cs);
    if (!c)
        return;
    if (c->minlen > 1) {
        my_fail(r, MY_ER_WRONG_VALUE_FOR_VAR, "character_set_client", cs);
        return;
    }
    const struct my_coll *conn = c;
    if (a->collate) {
        conn = my_coll_by_name(r->kit, a->collate);
        if (!conn) {
            my_fail(r, MY_ER_UNKNOWN_COLLATION, a->collate);
            return;
        }
        if (strcmp(conn->charset, c->charset) != 0) {
            my_fail(r, MY_ER_COLLATION_CHARSET_MISMATCH, a->collate, c->charset);
            return;
        }
    }
    r->c->cs_client = r->c->cs_results = c;
    r->c->cs_conn = conn;
    r->c->track |= MY_TRACK_CLIENT | MY_TRACK_CONNECTION | MY_TRACK_RESULTS;
}

static void set_charset(struct my_run *r, const struct my_assign *a)
{
    const struct my_coll *c = a->name ? coll_or_fail(r, a->name) : r->kit->latin1;
    if (!c)
        return;
    struct my_db *db = r->c->db[0] ? my_world_db(r->w, r->c->db) : NULL;
    r->c->cs_client = r->c->cs_results = c;
    r->c->cs_conn = db && db->coll ? db->coll : r->kit->server_coll;
    r->c->track |= MY_TRACK_CLIENT | MY_TRACK_CONNECTION | MY_TRACK_RESULTS;
}

/* A character set or collation variable. True when name is one. */
static bool set_collation(struct my_run *r, const char *name, bool global, const char *value)
{
    bool charset = strncmp(name, "character_set_", 14) == 0, collation = strncmp(name, "collation_", 10) == 0;
    if ((!charset && !collation) || strcmp(name, "character_sets_dir") == 0)
        return false;
    if (charset && strcmp(name, "character_set_results") == 0 && !value) {
        if (!global) {
            r->c->cs_results = NULL;
            r->c->track |= MY_TRACK_RESULTS;
        }
        return true;
    }
    if (!value) {
        my_fail(r, MY_ER_WRONG_VALUE_FOR_VAR, name, "NULL");
        return true;
    }
    const struct my_coll *c = charset ? my_coll_default(r->kit, value) : my_coll_by_name(r->kit, value);
    if (!c && value[0] >= '0' && value[0] <= '9')
        c = my_coll_by_id(r->kit, (unsigned)strtoul(value, NULL, 10));
    if (!c) {
        my_fail(r, charset ? MY_ER_UNKNOWN_CHARACTER_SET : MY_ER_UNKNOWN_COLLATION, value);
        return true;
    }
    if (strcmp(name, "character_set_client") == 0 && c->minlen > 1) {
        my_fail(r, MY_ER_WRONG_VALUE_FOR_VAR, name, value);
        return true;
    }
    const char *tail = name + (charset ? 14 : 10);
    char other[64];
    (void)snprintf(other, sizeof other, "%s%s", charset ? "collation_" : "character_set_", tail);
    if (global) {
        (void)my_world_set_global(r->w, name, charset ? c->charset : c->name);
        if (my_sysvar_find(r->kit, other))
            (void)my_world_set_global(r->w, other, charset ? c->name : c->charset);
        return true;
    }
    if (strcmp(tail, "client") == 0) {
        r->c->cs_client = c;
        r->c->track |= MY_TRACK_CLIENT;
    } else if (strcmp(tail, "connection") == 0) {
        r->c->cs_conn = c;
        r->c->track |= MY_TRACK_CONNECTION;
    } else if (strcmp(tail, "results") == 0) {
        r->c->cs_results = c;
        r->c->track |= MY_TRACK_RESULTS;
    } else {
        (void)my_var_store(r->c, name, charset ? c->charset : c->name);
        if (my_sysvar_find(r->kit, other))
            (void)my_var_store(r->c, other, charset ? c->name : c->charset);
    }
    return true;
}

/* One of a comma list, by name or number; its canonical spelling, or NULL. */
static const char *enum_pick(struct my_run *r, const char *values, const char *text, const struct my_val *v)
{
    unsigned i = 0;
    bool number = v && (v->kind == MY_V_INT || v->kind == MY_V_UINT);
    for (const char *p = values; p && *p; i++) {
        size_t m = strcspn(p, ",");
        if (number ? (int64_t)i == my_val_i64(v, NULL) : strlen(text) == m && strncasecmp(p, text, m) == 0)
            return arena_copy(r->arena, p, m);
        p += m + (p[m] == ',');
    }
    return NULL;
}

static const char *const mode_names[] = {
    "REAL_AS_FLOAT", "PIPES_AS_CONCAT", "ANSI_QUOTES", "IGNORE_SPACE", "NOT_USED", "ONLY_FULL_GROUP_BY", "NO_UNSIGNED_SUBTRACTION",
    "NO_DIR_IN_CREATE", "POSTGRESQL", "ORACLE", "MSSQL", "DB2", "MAXDB", "NO_KEY_OPTIONS", "NO_TABLE_OPTIONS", "NO_FIELD_OPTIONS",
    "MYSQL323", "MYSQL40", "ANSI", "NO_AUTO_VALUE_ON_ZERO", "NO_BACKSLASH_ESCAPES", "STRICT_TRANS_TABLES", "STRICT_ALL_TABLES",
    "NO_ZERO_IN_DATE", "NO_ZERO_DATE", "ALLOW_INVALID_DATES", "ERROR_FOR_DIVISION_BY_ZERO", "TRADITIONAL", "NO_AUTO_CREATE_USER",
    "HIGH_NOT_PRECEDENCE", "NO_ENGINE_SUBSTITUTION", "PAD_CHAR_TO_FULL_LENGTH"};

#define N_MODES (sizeof mode_names / sizeof *mode_names)

static uint64_t mode_expand(uint64_t bits)
{
    static const struct {
        unsigned bit;
        const char *with;
    } combos[] = {{18, "REAL_AS_FLOAT,PIPES_AS_CONCAT,ANSI_QUOTES,IGNORE_SPACE"},
                  {27, "STRICT_TRANS_TABLES,STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_CREATE_USER,"
                       "NO_ENGINE_SUBSTITUTION"}};
    for (size_t i = 0; i < 2; i++)
        if (bits >> combos[i].bit & 1)
            for (size_t m = 0; m < N_MODES; m++) {
                const char *at = strstr(combos[i].with, mode_names[m]);
                size_t n = strlen(mode_names[m]);
                if (at && (at[n] == ',' || !at[n]) && (at == combos[i].with || at[-1] == ','))
                    bits |= UINT64_C(1) << m;
            }
    return bits;
}

static const char *set_sql_mode(struct my_run *r, const char *text, const struct my_val *v)
{
    uint64_t bits = 0;
    if (v->kind == MY_V_INT || v->kind == MY_V_UINT) {
        bits = (uint64_t)my_val_i64(v, NULL);
        if (bits >> N_MODES) {
            my_fail(r, MY_ER_WRONG_VALUE_FOR_VAR, "sql_mode", text);
            return NULL;
        }
    } else {
        for (const char *p = text; *p;) {
            size_t n = strcspn(p, ","), m;
            for (m = 0; m < N_MODES; m++)
                if (strlen(mode_names[m]) == n && strncasecmp(mode_names[m], p, n) == 0)
                    break;
            if (m == N_MODES && n > 0) {
                my_fail(r, MY_ER_WRONG_VALUE_FOR_VAR, "sql_mode", arena_copy(r->arena, p, n));
                return NULL;
            }
            if (n)
                bits |= UINT64_C(1) << m;
            p += n + (p[n] == ',');
        }
    }
    bits = mode_expand(bits);
    char *out = arena_new(r->arena, 1024);
    size_t at = 0;
    for (size_t m = 0; out && m < N_MODES; m++)
        if (bits >> m & 1)
            at += (size_t)snprintf(out + at, 1024 - at, "%s%s", at ? "," : "", mode_names[m]);
    return out;
}

/* name=on,name=off over what is there. */
static const char *set_switch(struct my_run *r, const char *current, const char *text)
{
    if (strcasecmp(text, "default") == 0)
        return current;
    size_t cap = strlen(current) + 256;
    char *grown = arena_new(r->arena, cap);
    if (!grown)
        return NULL;
    (void)snprintf(grown, cap, "%s", current);
    for (const char *p = text; *p;) {
        size_t n = strcspn(p, ","), eq = strcspn(p, "=");
        if (eq >= n)
            return n == 7 && strncasecmp(p, "default", 7) == 0 ? current : NULL;
        char flag[80];
        if (eq + 2 > sizeof flag)
            return NULL;
        memcpy(flag, p, eq);
        flag[eq] = '=';
        flag[eq + 1] = '\0';
        bool on = n - eq - 1 == 2 && strncasecmp(p + eq + 1, "on", 2) == 0, off = n - eq - 1 == 3 && strncasecmp(p + eq + 1, "off", 3) == 0;
        bool dflt = n - eq - 1 == 7 && strncasecmp(p + eq + 1, "default", 7) == 0;
        char *at = strcasestr(grown, flag);
        while (at && at != grown && at[-1] != ',')
            at = strcasestr(at + 1, flag);
        if (!at || (!on && !off && !dflt))
            return NULL;
        if (!dflt) {
            char *value = at + eq + 1;
            size_t old = strcspn(value, ",");
            const char *word = on ? "on" : "off";
            memmove(value + strlen(word), value + old, strlen(value + old) + 1);
            memcpy(value, word, strlen(word));
        }
        p += n + (p[n] == ',');
    }
    return grown;
}

static void apply_session(struct my_run *r, const char *name, const char *value)
{
    if (strcmp(name, "autocommit") == 0) {
        bool on = strcmp(value, "ON") == 0;
        if (on && !r->c->autocommit)
            my_trans_commit(r->c);
        r->c->autocommit = on;
        r->c->track |= MY_TRACK_AUTOCOMMIT;
        return;
    }
    if (strcmp(name, "time_zone") == 0)
        r->c->track |= MY_TRACK_TIME_ZONE;
    if (my_var_store(r->c, name, value) < 0)
        my_fail(r, MY_ER_OUTOFMEMORY, 64);
    if (strcmp(name, "sql_mode") == 0)
        r->c->no_backslash = my_sql_mode(r, "NO_BACKSLASH_ESCAPES");
}

static bool is_number(const struct my_val *v)
{
    return v->kind == MY_V_INT || v->kind == MY_V_UINT;
}

/* The text a variable takes for a value; NULL after an error. */
static const char *var_value(struct my_run *r, const struct my_sysvar *v, enum my_scope scope, const struct my_val *val, const char *text)
{
    switch (v->type) {
    case MY_VAR_BOOL:
        if (is_number(val)) {
            int64_t i = my_val_i64(val, NULL);
            if (i == 0 || i == 1)
                return i ? "ON" : "OFF";
        } else if (val->kind == MY_V_STR) {
            if (strcasecmp(text, "on") == 0 || strcasecmp(text, "true") == 0)
                return "ON";
            if (strcasecmp(text, "off") == 0 || strcasecmp(text, "false") == 0)
                return "OFF";
        }
        my_fail(r, MY_ER_WRONG_VALUE_FOR_VAR, v->name, text);
        return NULL;
    case MY_VAR_INT: {
        if (!is_number(val)) {
            my_fail(r, MY_ER_WRONG_TYPE_FOR_VAR, v->name);
            return NULL;
        }
        bool uns = false;
        int64_t i = my_val_i64(val, &uns);
        uint64_t u = i < 0 && !uns ? 0 : (uint64_t)i, cut = u < v->min ? v->min : u > v->max ? v->max : u;
        if (cut != u || (i < 0 && !uns))
            my_warn(r, MY_WARNING, MY_ER_TRUNCATED_WRONG_VALUE, v->name, text);
        return my_numtext(r, (long long)cut);
    }
    case MY_VAR_DOUBLE: {
        if (val->kind == MY_V_STR || val->kind == MY_V_NULL) {
            my_fail(r, MY_ER_WRONG_TYPE_FOR_VAR, v->name);
            return NULL;
        }
        char buf[64];
        (void)snprintf(buf, sizeof buf, "%.6f", my_val_real(val));
        return arena_copy(r->arena, buf, strlen(buf));
    }
    case MY_VAR_ENUM: {
        const char *pick = val->kind == MY_V_NULL ? NULL : enum_pick(r, v->values, text, val);
        if (!pick)
            my_fail(r, MY_ER_WRONG_VALUE_FOR_VAR, v->name, text);
        return pick;
    }
    case MY_VAR_SET: {
        if (strcmp(v->name, "sql_mode") == 0)
            return set_sql_mode(r, text, val);
        const char *now = my_var_text(r, v, scope);
        if (strcmp(v->name, "optimizer_switch") == 0) {
            const char *out = set_switch(r, now ? now : "", text);
            if (!out)
                my_fail(r, MY_ER_WRONG_VALUE_FOR_VAR, v->name, text);
            return out;
        }
        return text;
    }
    default:
        if (val->kind == MY_V_NULL) {
            my_fail(r, MY_ER_WRONG_VALUE_FOR_VAR, v->name, "NULL");
            return NULL;
        }
        if (is_number(val) && v->type == MY_VAR_STR) {
            my_fail(r, MY_ER_WRONG_TYPE_FOR_VAR, v->name);
            return NULL;
        }
        return text;
    }
}

static bool log_path_ok(struct my_run *r, const char *path)
{
    return path[0] && my_world_dir_exists(r->w, path);
}

static bool check_scope(struct my_run *r, const struct my_sysvar *v, enum my_scope scope)
{
    enum my_var_scope own = my_sysvar_scope(r->kit, v);
    if (v->read_only) {
        my_fail(r, MY_ER_INCORRECT_GLOBAL_LOCAL_VAR, v->name, "read only");
        return false;
    }
    if (scope == MY_SCOPE_GLOBAL && own == MY_VAR_SESSION) {
        my_fail(r, MY_ER_LOCAL_VARIABLE, v->name);
        return false;
    }
    if (scope != MY_SCOPE_GLOBAL && own == MY_VAR_GLOBAL) {
        my_fail(r, MY_ER_GLOBAL_VARIABLE, v->name);
        return false;
    }
    return true;
}

static const char *default_text(struct my_run *r, const struct my_sysvar *v, enum my_scope scope)
{
    if (scope == MY_SCOPE_GLOBAL)
        return v->global;
    const char *g = my_world_global(r->w, v->name);
    return g ? g : v->global ? v->global : v->session;
}

static void set_sysvar(struct my_run *r, struct my_assign *a, struct my_expr *e)
{
    const struct my_sysvar *v = my_sysvar_find(r->kit, a->name);
    enum my_scope scope = a->scope == MY_SCOPE_GLOBAL || a->scope == MY_SCOPE_PERSIST ? MY_SCOPE_GLOBAL : MY_SCOPE_SESSION;
    if (!v) {
        my_fail(r, MY_ER_UNKNOWN_SYSTEM_VARIABLE, a->name);
        return;
    }
    if (!check_scope(r, v, scope))
        return;
    struct my_val val = my_null();
    const char *text = NULL;
    if (e) {
        val = my_eval_const(r, e);
        if (!my_ok(r))
            return;
        struct my_val t = my_val_text(r->arena, &val, &e->m);
        text = val.kind == MY_V_NULL ? "NULL" : t.s.p;
        if (val.kind == MY_V_STR) { /* NUL-terminated for what follows */
            text = arena_copy(r->arena, t.s.p, t.s.n);
            if (!text)
                return;
        }
    } else {
        text = default_text(r, v, scope);
        if (!text) {
            my_fail(r, MY_ER_NO_DEFAULT, v->name);
            return;
        }
        val = my_str(text, strlen(text));
    }
    if (set_collation(r, v->name, scope == MY_SCOPE_GLOBAL, val.kind == MY_V_NULL ? NULL : text))
        return;
    if (strcmp(v->name, "timestamp") == 0 && is_number(&val) && my_val_i64(&val, NULL) == 0)
        return;
    const char *store = e ? var_value(r, v, scope, &val, text) : text;
    if (!store || !my_ok(r))
        return;
    if ((strcmp(v->name, "general_log_file") == 0 || strcmp(v->name, "slow_query_log_file") == 0) && !log_path_ok(r, store)) {
        my_fail(r, MY_ER_WRONG_VALUE_FOR_VAR, v->name, store);
        return;
    }
    if ((strcmp(v->name, "default_storage_engine") == 0 || strcmp(v->name, "storage_engine") == 0)) {
        bool known = false;
        for (size_t i = 0; i < r->kit->engines.n_rows; i++)
            if (strcasecmp(r->kit->engines.cells[i * r->kit->engines.n_cols], store) == 0) {
                known = true;
                store = r->kit->engines.cells[i * r->kit->engines.n_cols];
            }
        if (!known) {
            my_fail(r, MY_ER_UNKNOWN_STORAGE_ENGINE, store);
            return;
        }
    }
    if (scope == MY_SCOPE_GLOBAL) {
        if (my_world_set_global(r->w, v->name, store) < 0)
            my_fail(r, MY_ER_OUTOFMEMORY, 256);
        if (strncmp(v->name, "general_log", 11) == 0)
            my_general_log_changed(r);
    } else if (strcmp(v->name, "last_insert_id") == 0 || strcmp(v->name, "identity") == 0) {
        r->c->last_insert_id = strtoull(store, NULL, 10);
    } else {
        apply_session(r, v->name, store);
    }
}

static void set_transaction(struct my_run *r, const struct my_assign *a)
{
    if (!a->name)
        return;
    const char *var = my_sysvar_find(r->kit, "tx_isolation") ? "tx_isolation" : "transaction_isolation";
    if (a->scope == MY_SCOPE_GLOBAL)
        (void)my_world_set_global(r->w, var, a->name);
    else if (a->scope == MY_SCOPE_SESSION)
        (void)my_var_store(r->c, var, a->name);
    else if (r->c->in_trans)
        my_fail_text(r, MY_ER_CANT_USE_OPTION_HERE, "Transaction isolation level can't be changed while a transaction is in progress");
}

/* A bare word as a value (SET x = utf8) is its own text. */
static void words_as_text(struct my_expr *e)
{
    if (e->op == MY_X_NAME && !e->table) {
        e->op = MY_X_LITERAL;
        e->val = my_str(e->name, strlen(e->name));
        e->name = NULL;
        e->m = (struct my_meta){.type = MY_T_VAR_STRING, .dec = MY_DEC_FLOAT, .coerce = MY_CO_COERCIBLE};
    }
}

void my_exec_set(struct my_run *r, struct my_stmt *st)
{
    for (struct my_assign *a = st->assigns; a; a = a->next) /* all are checked before any is done */
        if (a->kind == MY_SET_SYSVAR) {
            const struct my_sysvar *v = my_sysvar_find(r->kit, a->name);
            if (!v) {
                my_fail(r, MY_ER_UNKNOWN_SYSTEM_VARIABLE, a->name);
                return;
            }
        }
    for (struct my_assign *a = st->assigns; a && my_ok(r); a = a->next) {
        if (a->expr && a->kind != MY_SET_PASSWORD) {
            if (a->kind == MY_SET_SYSVAR)
                words_as_text(a->expr);
            my_fix_const(r, a->expr);
            if (!my_ok(r))
                return;
        }
        switch (a->kind) {
        case MY_SET_USERVAR: {
            struct my_val v = my_eval_const(r, a->expr);
            if (my_ok(r))
                my_uservar_set(r, a->name, &v, &a->expr->m);
            break;
        }
        case MY_SET_SYSVAR:
            set_sysvar(r, a, a->expr);
            break;
        case MY_SET_NAMES:
            set_names(r, a);
            break;
        case MY_SET_CHARSET:
            set_charset(r, a);
            break;
        case MY_SET_TRANSACTION:
            set_transaction(r, a);
            break;
        case MY_SET_PASSWORD:
            my_set_password(r, a);
            break;
        default:
            break;
        }
    }
}

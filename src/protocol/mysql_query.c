/* COM_QUERY: the statements of the paper's table 1 and what clients ask around them, answered as the persona's version does.
 * What is not understood gets the server's syntax error with the text it stumbled at. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/ts.h"
#include "protocol/mysql_int.h"

#define TOKENS_MAX 64
#define ITEMS_MAX  16

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_NUMBER, TOKEN_STRING, TOKEN_VARIABLE, TOKEN_OTHER };
struct token {
    enum token_kind kind;
    const char *at; /* in the statement */
    size_t len;
};
struct statement {
    const char *text;
    size_t len;
    struct token tokens[TOKENS_MAX + 1]; /* the last is TOKEN_END */
    size_t n;
};

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

/* White space and the three kinds of comment. */
static size_t skip_space(const char *t, size_t i, size_t n)
{
    while (i < n) {
        if (isspace((unsigned char)t[i])) {
            i++;
        } else if (t[i] == '#' || (n - i >= 3 && memcmp(t + i, "--", 2) == 0 && isspace((unsigned char)t[i + 2]))) {
            while (i < n && t[i] != '\n')
                i++;
        } else if (n - i >= 2 && memcmp(t + i, "/*", 2) == 0) {
            const char *end = memmem(t + i + 2, n - i - 2, "*/", 2);
            i = end ? (size_t)(end - t) + 2 : n;
        } else {
            break;
        }
    }
    return i;
}

static size_t quoted_end(const char *t, size_t i, size_t n)
{
    char q = t[i++];
    while (i < n && t[i] != q)
        i += t[i] == '\\' && q != '`' ? 2 : 1;
    return i < n ? i + 1 : n;
}

static void tokenize(struct statement *st, const char *text, size_t len)
{
    *st = (struct statement){.text = text, .len = len};
    size_t i = 0;
    while ((i = skip_space(text, i, len)) < len && st->n < TOKENS_MAX) {
        struct token *k = &st->tokens[st->n++];
        size_t from = i;
        k->at = text + i;
        if (text[i] == '\'' || text[i] == '"' || text[i] == '`') {
            k->kind = text[i] == '`' ? TOKEN_WORD : TOKEN_STRING;
            i = quoted_end(text, i, len);
        } else if (text[i] == '@') {
            k->kind = TOKEN_VARIABLE;
            while (i < len && (text[i] == '@' || text[i] == '.' || is_word(text[i])))
                i++;
        } else if (is_word(text[i])) {
            k->kind = isdigit((unsigned char)text[i]) ? TOKEN_NUMBER : TOKEN_WORD;
            while (i < len && is_word(text[i]))
                i++;
        } else {
            k->kind = TOKEN_OTHER;
            i++;
        }
        k->len = i - from;
    }
    while (st->n && st->tokens[st->n - 1].kind == TOKEN_OTHER && *st->tokens[st->n - 1].at == ';')
        st->n--;
    st->tokens[st->n] = (struct token){TOKEN_END, text + len, 0};
}

static bool is(const struct statement *st, size_t i, const char *word)
{
    const struct token *k = &st->tokens[i < st->n ? i : st->n];
    return k->len == strlen(word) && strncasecmp(k->at, word, k->len) == 0;
}

/* The token as a name: without its quotes. */
static void name_of(const struct token *k, char *ret, size_t size)
{
    const char *at = k->at;
    size_t n = k->len;
    if (n >= 2 && (*at == '`' || *at == '\'' || *at == '"')) {
        at++;
        n -= 2;
    }
    (void)snprintf(ret, size, "%.*s", (int)(n < size ? n : size - 1), at);
}

static void syntax_error(struct mysql *m, const struct statement *st, size_t i)
{
    const char *at = st->tokens[i < st->n ? i : st->n].at;
    size_t line = 1;
    for (const char *p = st->text; p < at; p++)
        line += *p == '\n';
    size_t left = (size_t)(st->text + st->len - at);
    mysql_err(m, 1064, "42000",
              "You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for the "
              "right syntax to use near '%.*s' at line %zu",
              (int)(left < 80 ? left : 80), at, line);
}

static const char *const databases[] = {"information_schema", "mysql", "performance_schema", "test", NULL};

static bool db_shown(const struct persona *p, const char *name)
{
    return strcmp(name, "performance_schema") != 0 || mysql_version(p) >= 50500;
}

bool mysql_has_db(const struct persona *p, const char *name)
{
    for (const char *const *d = databases; *d; d++) {
        if (strcasecmp(*d, name) == 0 && db_shown(p, *d))
            return true;
    }
    return false;
}

/* A system variable that clients ask for; false when the server has none of that name. */
static bool variable(struct session *s, const struct mysql *m, const char *name, char *ret, size_t size)
{
    const struct persona *p = session_persona(s);
    const struct {
        const char *name, *value;
    } known[] = {
        {"version", p->mysql.version},
        {"version_comment", p->mysql.version_comment},
        {"version_compile_os", p->mysql.compile_os},
        {"version_compile_machine", p->mysql.compile_machine},
        {"basedir", p->mysql.basedir},
        {"datadir", p->mysql.datadir},
        {"plugin_dir", p->mysql.plugin_dir},
        {"hostname", p->hostname},
        {"autocommit", m->no_autocommit ? "0" : "1"},
        {"port", "3306"},
        {"max_allowed_packet", mysql_version(p) >= 50600 ? "4194304" : "1048576"},
        {"tx_isolation", "REPEATABLE-READ"},
        {"sql_mode", ""},
        {"secure_file_priv", ""},
        {"character_set_server", "latin1"},
        {"lower_case_table_names", strcmp(p->os, "windows") == 0 ? "1" : "0"},
        {"wait_timeout", "28800"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcasecmp(known[i].name, name) == 0) {
            (void)snprintf(ret, size, "%s", known[i].value);
            return true;
        }
    }
    return false;
}

struct item {
    char name[256], value[512];
    struct mysql_column column;
    bool null;
};

static void unknown_function(struct mysql *m, const char *name)
{
    if (m->db[0])
        mysql_err(m, 1305, "42000", "FUNCTION %s.%s does not exist", m->db, name);
    else
        mysql_err(m, 1305, "42000", "FUNCTION %s does not exist", name);
}

/* A function without arguments. */
static bool call(struct session *s, struct mysql *m, const char *name, struct item *it)
{
    const struct persona *p = session_persona(s);
    char from[IP4_TEXT_MAX], ts[TS_TEXT_MAX];
    it->column.decimals = 31;
    if (strcasecmp(name, "version") == 0) {
        (void)snprintf(it->value, sizeof it->value, "%s", p->mysql.version);
        it->column.flags = 1; /* NOT_NULL */
    } else if (strcasecmp(name, "user") == 0 || strcasecmp(name, "current_user") == 0 || strcasecmp(name, "session_user") == 0) {
        (void)snprintf(it->value, sizeof it->value, "%s@%s", m->user, ip4_format(session_src(s), from));
    } else if (strcasecmp(name, "database") == 0 || strcasecmp(name, "schema") == 0) {
        (void)snprintf(it->value, sizeof it->value, "%s", m->db);
        it->null = !m->db[0];
    } else if (strcasecmp(name, "connection_id") == 0) {
        (void)snprintf(it->value, sizeof it->value, "%u", m->thread_id);
        it->column.type = 8;
    } else if (strcasecmp(name, "now") == 0) {
        (void)ts_format(session_now_us(s), ts);
        (void)snprintf(it->value, sizeof it->value, "%.10s %.8s", ts, ts + 11);
    } else {
        unknown_function(m, name);
        return false;
    }
    return true;
}

/* One expression of a select list from token i; returns the token behind it, 0 after an error that is already said. */
static size_t item_of(struct session *s, struct mysql *m, const struct statement *st, size_t i, struct item *it)
{
    const struct token *k = &st->tokens[i];
    size_t from = i;
    char name[128];
    *it = (struct item){.column = {.type = 0xfd, .charset = 33}};
    name_of(k, name, sizeof name);
    if (k->kind == TOKEN_VARIABLE) {
        const char *var = strrchr(name, '.');
        var = var ? var + 1 : name + strspn(name, "@");
        if (strncmp(name, "@@", 2) == 0 && !variable(s, m, var, it->value, sizeof it->value)) {
            mysql_err(m, 1193, "HY000", "Unknown system variable '%s'", var);
            return 0;
        }
        it->null = strncmp(name, "@@", 2) != 0;
        it->column.decimals = 31;
        i++;
    } else if (k->kind == TOKEN_NUMBER || k->kind == TOKEN_STRING) {
        name_of(k, it->value, sizeof it->value);
        it->column.type = k->kind == TOKEN_NUMBER ? 8 : 0xfd;
        it->column.flags = 1;
        i++;
    } else if (k->kind == TOKEN_WORD && is(st, i + 1, "(") && is(st, i + 2, ")")) {
        if (!call(s, m, name, it))
            return 0;
        i += 3;
    } else if (k->kind == TOKEN_WORD && is(st, i + 1, "(")) {
        unknown_function(m, name);
        return 0;
    } else if (k->kind == TOKEN_WORD) {
        mysql_err(m, 1054, "42S22", "Unknown column '%s' in 'field list'", name);
        return 0;
    } else {
        syntax_error(m, st, i);
        return 0;
    }
    const struct token *last = &st->tokens[i - 1];
    (void)snprintf(it->name, sizeof it->name, "%.*s", (int)(last->at + last->len - st->tokens[from].at), st->tokens[from].at);
    if (k->kind == TOKEN_STRING)
        name_of(k, it->name, sizeof it->name);
    if (is(st, i, "as") && i + 1 < st->n)
        name_of(&st->tokens[++i], it->name, sizeof it->name), i++;
    it->column.len = it->column.type == 8 ? 20 : (uint32_t)strlen(it->value) * 3;
    if (it->column.type == 8)
        it->column.charset = 63;
    return i;
}

static void select_list(struct session *s, struct mysql *m, const struct statement *st)
{
    static const size_t first = 1;
    struct item *items = calloc(ITEMS_MAX, sizeof *items);
    struct mysql_column columns[ITEMS_MAX];
    const char *cells[ITEMS_MAX];
    size_t n = 0, i = first;
    bool more = items != NULL;
    while (more && n < ITEMS_MAX) {
        i = item_of(s, m, st, i, &items[n]);
        if (i == 0)
            goto out;
        columns[n] = items[n].column;
        columns[n].name = items[n].name;
        cells[n] = items[n].null ? NULL : items[n].value;
        n++;
        more = is(st, i, ",");
        i += more;
    }
    if (is(st, i, "limit") && st->tokens[i + 1].kind == TOKEN_NUMBER)
        i += 2;
    if (is(st, i, "from") && i + 1 < st->n) {
        char table[80];
        name_of(&st->tokens[i + 1], table, sizeof table);
        if (m->db[0])
            mysql_err(m, 1146, "42S02", "Table '%s.%s' doesn't exist", m->db, table);
        else
            mysql_err(m, 1046, "3D000", "No database selected");
    } else if (i < st->n) {
        syntax_error(m, st, i);
    } else {
        mysql_rows(m, columns, n, cells, 1);
    }
out:
    free(items);
}

static void drop_function(struct session *s, struct mysql *m, const struct statement *st)
{
    const struct persona *p = session_persona(s);
    bool if_exists = is(st, 2, "if") && is(st, 3, "exists");
    size_t i = if_exists ? 4 : 2;
    char name[MYSQL_NAME_MAX + 1];
    if (st->tokens[i].kind != TOKEN_WORD || i + 1 != st->n) {
        syntax_error(m, st, st->tokens[i].kind == TOKEN_WORD ? i + 1 : i);
        return;
    }
    name_of(&st->tokens[i], name, sizeof name);
    if (!m->db[0] && mysql_version(p) < 50500 && !p->mysql.paper_wording)
        mysql_err(m, 1046, "3D000", "No database selected"); /* 5.1: even with IF EXISTS */
    else if (if_exists)
        mysql_ok(m, 0, 1);
    else if (p->mysql.paper_wording)
        mysql_err(m, 1305, "42000", "FUNCTION(UDF) %s does not exist", name);
    else if (m->db[0])
        mysql_err(m, 1305, "42000", "FUNCTION %s.%s does not exist", m->db, name);
    else
        mysql_err(m, 1305, "42000", "FUNCTION (UDF) %s does not exist", name);
}

static void set_statement(struct mysql *m, const struct statement *st)
{
    for (size_t i = 1; i + 2 < st->n; i++) {
        if (is(st, i, "autocommit") && is(st, i + 1, "=")) {
            if (!is(st, i + 2, "0") && !is(st, i + 2, "1") && !is(st, i + 2, "on") && !is(st, i + 2, "off")) {
                char value[64];
                name_of(&st->tokens[i + 2], value, sizeof value);
                mysql_err(m, 1231, "42000", "Variable 'autocommit' can't be set to the value of '%s'", value);
                return;
            }
            m->no_autocommit = is(st, i + 2, "0") || is(st, i + 2, "off");
        }
    }
    mysql_ok(m, 0, 0);
}

static void show_databases(struct session *s, struct mysql *m)
{
    const struct mysql_column column = {"Database", 0xfd, 33, 192, 1, 0};
    const char *cells[8];
    size_t n = 0;
    for (const char *const *d = databases; *d; d++) {
        if (db_shown(session_persona(s), *d))
            cells[n++] = *d;
    }
    mysql_rows(m, &column, 1, cells, n);
}

/* SHOW [GLOBAL|SESSION] VARIABLES LIKE 'name': one variable by its whole name. */
static void show_variable(struct session *s, struct mysql *m, const struct statement *st, size_t like)
{
    const struct mysql_column columns[] = {{"Variable_name", 0xfd, 33, 192, 1, 0}, {"Value", 0xfd, 33, 3072, 0, 0}};
    char name[64], value[512];
    name_of(&st->tokens[like], name, sizeof name);
    const char *cells[] = {name, value};
    mysql_rows(m, columns, 2, cells, variable(s, m, name, value, sizeof value) ? 1 : 0);
}

static void show(struct session *s, struct mysql *m, const struct statement *st)
{
    size_t i = 1;
    if (is(st, i, "global") || is(st, i, "session"))
        i++;
    if (is(st, i, "databases")) {
        show_databases(s, m);
    } else if (is(st, i, "variables") && is(st, i + 1, "like") && st->tokens[i + 2].kind == TOKEN_STRING) {
        show_variable(s, m, st, i + 2);
    } else if (is(st, i, "tables") && !m->db[0]) {
        mysql_err(m, 1046, "3D000", "No database selected");
    } else if (is(st, i, "tables") || is(st, i, "warnings") || is(st, i, "errors")) {
        char name[MYSQL_NAME_MAX + 16];
        (void)snprintf(name, sizeof name, is(st, i, "tables") ? "Tables_in_%s" : "Level", m->db);
        const struct mysql_column columns[] = {{name, 0xfd, 33, 192, 1, 0}, {"Code", 3, 63, 4, 33, 0}, {"Message", 0xfd, 33, 1536, 1, 0}};
        mysql_rows(m, columns, is(st, i, "tables") ? 1 : 3, NULL, 0);
    } else {
        syntax_error(m, st, i);
    }
}

static void use(struct session *s, struct mysql *m, const struct statement *st)
{
    char name[MYSQL_NAME_MAX + 1];
    name_of(&st->tokens[1], name, sizeof name);
    if (st->n != 2) {
        syntax_error(m, st, st->n < 2 ? 1 : 2);
    } else if (!mysql_has_db(session_persona(s), name)) {
        mysql_err(m, 1049, "42000", "Unknown database '%s'", name);
    } else {
        memcpy(m->db, name, sizeof m->db);
        mysql_ok(m, 0, 0);
    }
}

void mysql_query(struct session *s, struct mysql *m, const char *text, size_t n)
{
    struct statement st;
    tokenize(&st, text, n);
    if (st.n == 0)
        mysql_err(m, 1065, "42000", "Query was empty");
    else if (is(&st, 0, "select") && st.n > 1)
        select_list(s, m, &st);
    else if (is(&st, 0, "set") && st.n > 2)
        set_statement(m, &st);
    else if (is(&st, 0, "use"))
        use(s, m, &st);
    else if (is(&st, 0, "show"))
        show(s, m, &st);
    else if (is(&st, 0, "drop") && is(&st, 1, "function"))
        drop_function(s, m, &st);
    else if ((is(&st, 0, "begin") || is(&st, 0, "commit") || is(&st, 0, "rollback")) && st.n == 1)
        mysql_ok(m, 0, 0);
    else
        syntax_error(m, &st, 0);
    for (size_t i = 0; i < st.n; i++) { /* what it was told is noted once a session */
        if (is(&st, i, "version") || is(&st, i, "@@version"))
            session_answered(s, session_persona(s)->mysql.version);
    }
}

#include "protocol/mysql/syntax/my_parse.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/syntax/my_parse_routine.h"
#include "protocol/mysql/world/my_def.h"

void my_p_next(struct my_parse *p)
{
    if (!my_p_ok(p))
        return;
    if (p->has_ahead) {
        p->tok = p->ahead;
        p->has_ahead = false;
    } else {
        my_lex_next(&p->lex, &p->tok);
    }
    if (p->lex.oom)
        my_p_error(p, MY_ER_OUTOFMEMORY, 65536);
}

const struct my_tok *my_p_ahead(struct my_parse *p)
{
    if (!p->has_ahead) {
        my_lex_next(&p->lex, &p->ahead);
        p->has_ahead = true;
    }
    return &p->ahead;
}

/* Bytes of the UTF-8 character at s, 0 when it is none. */
static size_t utf8_len(const char *s, size_t left)
{
    unsigned char c = (unsigned char)*s;
    size_t n = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
    for (size_t i = 1; i < n; i++)
        if (i >= left || ((unsigned char)s[i] & 0xc0) != 0x80)
            return 0;
    return n;
}

/* What the error shows of the statement: 80 bytes of whole characters, as the server converts its messages for the client.
 * MariaDB writes control characters as numbers and ends a longer text with dots. */
static void my_near_text(const struct my_parse *p, const char *from, char *ret, size_t max)
{
    size_t left = from ? (size_t)(p->text_end - from) : 0, n = 0, take = 80;
    const char *nul = left ? memchr(from, 0, left) : NULL;
    left = nul ? (size_t)(nul - from) : left;
    bool dots = p->env->mariadb && left > take;
    take = dots ? take - 3 : left < take ? left : take;
    for (size_t i = 0; i < take && n + 8 < max;) {
        size_t len = utf8_len(from + i, left - i);
        if (len > 1 && i + len > take)
            break;
        if (len == 1 && p->env->mariadb && ((unsigned char)from[i] < ' ' || from[i] == 0x7f) && !strchr("\n\r\t", from[i]))
            n += (size_t)snprintf(ret + n, max - n, "\\%04X", (unsigned char)from[i]);
        else if (len == 0)
            ret[n++] = '?';
        else
            memcpy(ret + n, from + i, len), n += len;
        i += len ? len : 1;
    }
    ret[n] = '\0';
    if (dots)
        (void)snprintf(ret + n, max - n, "...");
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
void my_p_fail(struct my_parse *p)
{
    if (!my_p_ok(p))
        return;
    p->err = MY_ER_PARSE;
    const char *from = p->tok.raw;
    if (from && from < p->text_end && p->tok.kind == MY_TOK_OP && p->tok.op == ',')
        from++; /* the servers' lexers begin a new token behind a comma before the parser sees it */
    if (from && from > p->lex.begin && p->tok.kind == MY_TOK_OP && p->tok.op == '.' && from[-1] == '.')
        from--;
    char near[400];
    my_near_text(p, from, near, sizeof near);
    (void)snprintf(p->err_text, sizeof p->err_text, my_errdef(MY_ER_PARSE)->text,
                   my_errtext(MY_ER_SYNTAX, p->env->mariadb),
                   near, (int)p->tok.line);
    p->tok.kind = MY_TOK_END;
    p->tok.kw = MY_KW_NONE;
}

#pragma GCC diagnostic pop

void my_p_error(struct my_parse *p, enum my_err e, ...)
{
    if (!my_p_ok(p))
        return;
    p->err = e;
    va_list ap;
    va_start(ap, e);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    (void)vsnprintf(p->err_text, sizeof p->err_text, my_errtext(e, p->env->mariadb), ap);
#pragma GCC diagnostic pop
    va_end(ap);
    p->tok.kind = MY_TOK_END;
    p->tok.kw = MY_KW_NONE;
}

bool my_p_take(struct my_parse *p, enum my_kw kw)
{
    if (!my_p_is(p, kw))
        return false;
    my_p_next(p);
    return true;
}

bool my_p_take_op(struct my_parse *p, int op)
{
    if (!my_p_is_op(p, op))
        return false;
    my_p_next(p);
    return true;
}

void my_p_want(struct my_parse *p, enum my_kw kw)
{
    if (!my_p_take(p, kw))
        my_p_fail(p);
}

void my_p_want_op(struct my_parse *p, int op)
{
    if (!my_p_take_op(p, op))
        my_p_fail(p);
}

bool my_p_is_ident(const struct my_parse *p)
{
    if (p->tok.kind == MY_TOK_QUOTED)
        return true;
    return p->tok.kind == MY_TOK_WORD && !my_kw_reserved(&p->lex, p->tok.kw);
}

const char *my_p_ident(struct my_parse *p)
{
    if (!my_p_is_ident(p)) {
        my_p_fail(p);
        return "";
    }
    const char *s = p->tok.text;
    if (p->tok.len > 256)
        my_p_error(p, MY_ER_TOO_LONG_IDENT, s);
    my_p_next(p);
    return s;
}

const char *my_p_string(struct my_parse *p, size_t *ret_len)
{
    if (ret_len)
        *ret_len = 0;
    if (p->tok.kind != MY_TOK_STRING) {
        my_p_fail(p);
        return "";
    }
    const char *s = p->tok.text;
    if (ret_len)
        *ret_len = p->tok.len;
    my_p_next(p);
    return s;
}

void *my_p_new(struct my_parse *p, size_t n)
{
    static _Alignas(16) unsigned char none[8192];
    void *at = arena_new(p->arena, n);
    if (at)
        return at;
    my_p_error(p, MY_ER_OUTOFMEMORY, (int)n);
    if (n <= sizeof none) {
        memset(none, 0, n);
        return none; /* parsing winds down on the error; nothing of it is used */
    }
    p->arena->max_bytes += n; /* rare: let it have what it asked so that it can unwind */
    at = arena_new(p->arena, n);
    return at ? at : none;
}

bool my_p_enter(struct my_parse *p)
{
    if (!my_p_ok(p))
        return false;
    if (++p->depth <= MY_PARSE_DEPTH_MAX)
        return true;
    my_p_error(p, MY_ER_STACK_OVERRUN_NEED_MORE, 246240L, 262144L, 16000L);
    return false;
}

void my_p_leave(struct my_parse *p)
{
    p->depth--;
}

const char *my_p_text(struct my_parse *p, size_t from, size_t to)
{
    const char *s = p->lex.cpp;
    while (from < to && (unsigned char)s[from] <= ' ')
        from++;
    while (to > from && (unsigned char)s[to - 1] <= ' ')
        to--;
    char *copy = my_p_new(p, to - from + 1);
    memcpy(copy, s + from, to - from);
    return copy;
}

const char *my_p_charset_name(struct my_parse *p)
{
    if (p->tok.kind == MY_TOK_STRING)
        return my_p_string(p, NULL);
    if (my_p_take(p, MY_K_BINARY))
        return "binary";
    return my_p_ident(p);
}

void my_p_table_name(struct my_parse *p, const char **ret_db, const char **ret_name)
{
    *ret_db = NULL;
    *ret_name = my_p_ident(p);
    if (my_p_is_op(p, '.')) {
        my_p_next(p);
        *ret_db = *ret_name;
        *ret_name = my_p_ident(p);
    }
}

void my_p_need_db(struct my_parse *p)
{
    if (p->env->no_db)
        my_p_error(p, MY_ER_NO_DB);
}

void my_p_routine_name(struct my_parse *p, struct my_stmt *st)
{
    my_p_table_name(p, &st->db, &st->name);
    if (my_p_ok(p) && !st->db)
        my_p_need_db(p);
}

static size_t utf8_chars(const char *s)
{
    size_t n = 0;
    for (; *s; s++)
        n += ((unsigned char)*s & 0xc0) != 0x80;
    return n;
}

void my_p_table_check(struct my_parse *p, const char *db, const char *name)
{
    if (!my_p_ok(p))
        return;
    size_t n = strlen(name);
    if (n == 0 || name[n - 1] == ' ')
        my_p_error(p, MY_ER_WRONG_TABLE_NAME, name);
    else if (utf8_chars(name) > MY_NAME_MAX)
        my_p_error(p, p->env->version >= 50600 && !p->env->mariadb ? MY_ER_TOO_LONG_IDENT : MY_ER_WRONG_TABLE_NAME, name);
    else if (!db)
        my_p_need_db(p);
}

void my_p_table_ref(struct my_parse *p, const char **ret_db, const char **ret_name)
{
    my_p_table_name(p, ret_db, ret_name);
    my_p_table_check(p, *ret_db, *ret_name);
}

struct my_stmt *my_p_statement(struct my_parse *p)
{
    struct my_stmt *st = my_p_new(p, sizeof *st);
    if (p->tok.kind == MY_TOK_END && p->lex.saw_comment) {
        st->com = MY_Q_EMPTY;
        return st;
    }
    bool modern = p->env->mariadb || p->env->version >= 80000;
    if (my_p_is(p, MY_K_SELECT) || my_p_is_op(p, '(') || (modern && (my_p_is(p, MY_K_WITH) || (my_p_is(p, MY_K_VALUES) && p->env->mariadb)))) {
        if (my_p_is_op(p, '(')) {
            const struct my_tok *a = my_p_ahead(p);
            if (!(a->kind == MY_TOK_WORD && a->kw == MY_K_SELECT) && !(a->kind == MY_TOK_OP && a->op == '(')) {
                my_p_next(p);
                my_p_fail(p);
                return st;
            }
        }
        st->com = MY_Q_SELECT;
        st->select = my_p_select(p, true);
        return st;
    }
    if (p->tok.kind == MY_TOK_WORD && (my_p_dml(p, st) || my_p_set(p, st) || my_p_show(p, st) || my_p_ddl(p, st) || my_p_admin(p, st)))
        return st;
    my_p_fail(p);
    return st;
}

void my_p_begin(struct my_parse *p, struct arena *arena, const struct my_parse_env *env, const char *text, size_t len)
{
    *p = (struct my_parse){.arena = arena, .env = env, .text_end = text + len, .vars = env->vars};
    p->lex.version = env->version;
    p->lex.mariadb = env->mariadb;
    p->lex.ansi_quotes = env->ansi_quotes;
    p->lex.no_backslash = env->no_backslash;
    p->lex.ignore_space = env->ignore_space;
    my_lex_init(&p->lex, arena, text, len);
    my_p_next(p);
}

int my_parse_expr(struct my_parse *p, struct arena *arena, const struct my_parse_env *env, const char *text, size_t len, struct my_expr **ret)
{
    my_p_begin(p, arena, env, text, len);
    *ret = my_p_expr(p);
    if (p->tok.kind != MY_TOK_END)
        my_p_fail(p);
    return my_p_ok(p) ? 0 : -EINVAL;
}

/* Something but blanks and semicolons stands there. */
static bool more_behind(const struct my_parse *p, const char *at)
{
    for (; at < p->text_end && *at; at++)
        if (*at != ';' && *at != ' ' && (*at < '\t' || *at > '\r'))
            return true;
    return false;
}

int my_parse(struct my_parse *p, struct arena *arena, const struct my_parse_env *env, const char *text, size_t len,
             struct my_stmt **ret, const char **ret_rest)
{
    my_p_begin(p, arena, env, text, len);
    *ret_rest = NULL;
    if (my_p_ok(p) && (p->tok.kind == MY_TOK_END || my_p_is_op(p, ';')) && !p->lex.saw_comment) {
        if (my_p_is_op(p, ';') && more_behind(p, p->lex.at))
            my_p_fail(p);
        else
            my_p_error(p, MY_ER_EMPTY_QUERY);
        return -EINVAL;
    }
    struct my_stmt *st = my_p_statement(p);
    if (my_p_is_op(p, ';')) {
        const char *rest = p->lex.at;
        my_p_next(p);
        bool nul = (env->mariadb || env->version >= 50700) && rest < p->text_end && *rest == '\0'; /* an empty statement there, nothing elsewhere */
        bool comment = p->tok.kind == MY_TOK_END && env->multi && !env->prepared && more_behind(p, rest); /* an empty statement too */
        if ((p->tok.kind != MY_TOK_END || nul || comment) && my_p_ok(p)) {
            if (env->multi && !env->prepared) {
                *ret_rest = rest;
                p->tok.kind = MY_TOK_END;
            } else {
                my_p_fail(p);
            }
        }
    }
    if (p->tok.kind != MY_TOK_END)
        my_p_fail(p);
    if (!my_p_ok(p))
        return -EINVAL;
    st->n_params = p->n_params;
    *ret = st;
    return 0;
}

int my_parse_type(struct arena *arena, const char *text, struct my_type_def *ret)
{
    static const struct my_parse_env env = {.version = 50600};
    struct my_parse p = {.arena = arena, .env = &env, .text_end = text + strlen(text)};
    p.lex.version = env.version;
    my_lex_init(&p.lex, arena, text, strlen(text));
    my_p_next(&p);
    my_p_type(&p, ret);
    if (p.tok.kind != MY_TOK_END)
        my_p_fail(&p);
    return my_p_ok(&p) ? 0 : -EINVAL;
}

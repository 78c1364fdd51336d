/* Tokens -> trees. A recursive-descent parser that never takes a token which no statement of this version can have at
 * that place, so that the token it stops at is the one that the real server's error points at. */
#ifndef HOTARU_PROTOCOL_MYSQL_MY_PARSE_H
#define HOTARU_PROTOCOL_MYSQL_MY_PARSE_H

#include "protocol/mysql/my_error.h"
#include "protocol/mysql/syntax/my_ast.h"
#include "protocol/mysql/syntax/my_lex.h"

#define MY_PARSE_DEPTH_MAX 400 /* nested expressions and selects; deeper ones get the real server's stack error */

struct my_parse_env {          /* what parsing depends on besides the text */
    uint32_t version;
    bool mariadb, ansi_quotes, no_backslash, ignore_space, pipes_concat;
    bool multi;                /* several statements allowed */
    bool prepared;             /* ? allowed */
    bool no_db;                /* no database is chosen: a table without one is an error as soon as it is read */
};

struct my_parse {
    struct my_lex lex;
    struct my_tok tok, ahead;
    bool has_ahead;
    struct arena *arena;
    const struct my_parse_env *env;
    const char *text_end;
    int depth;
    unsigned n_params, n_selects;
    struct my_select *select;  /* the one being parsed */
    struct my_cte *ctes;       /* that names may mean here */
    bool in_set_rhs;
    /* first error */
    enum my_err err;           /* MY_ER_PARSE: at tok; else formatted text in err_text */
    char err_text[400];
    const char *stop;          /* where the next statement begins, after a semicolon */
};

/* Parses the first statement of text. 0 and *ret; *ret_rest is what stands behind its semicolon (NULL: nothing).
 * -EINVAL with p->err otherwise. */
int my_parse(struct my_parse *p, struct arena *arena, const struct my_parse_env *env, const char *text, size_t len,
             struct my_stmt **ret, const char **ret_rest);
/* A type such as "int(10) unsigned" (from a facts file). */
int my_parse_type(struct arena *arena, const char *text, struct my_type_def *ret);

/* ---- between the parser's files ---- */
void my_p_next(struct my_parse *p);
const struct my_tok *my_p_ahead(struct my_parse *p);
void my_p_fail(struct my_parse *p);                   /* syntax error at the current token */
void my_p_error(struct my_parse *p, enum my_err e, ...); /* another error that parsing raises */
static inline bool my_p_ok(const struct my_parse *p)
{
    return p->err == MY_ER_NONE;
}
static inline bool my_p_is(const struct my_parse *p, enum my_kw kw)
{
    return p->tok.kind == MY_TOK_WORD && p->tok.kw == kw;
}
static inline bool my_p_is_op(const struct my_parse *p, int op)
{
    return p->tok.kind == MY_TOK_OP && p->tok.op == op;
}
bool my_p_take(struct my_parse *p, enum my_kw kw);     /* takes it when it is there */
bool my_p_take_op(struct my_parse *p, int op);
void my_p_want(struct my_parse *p, enum my_kw kw);     /* a syntax error when it is not */
void my_p_want_op(struct my_parse *p, int op);
bool my_p_is_ident(const struct my_parse *p);
const char *my_p_ident(struct my_parse *p);            /* "" after an error */
const char *my_p_string(struct my_parse *p, size_t *ret_len);
void *my_p_new(struct my_parse *p, size_t n);
bool my_p_enter(struct my_parse *p);                   /* one level deeper; false when too deep */
void my_p_leave(struct my_parse *p);
const char *my_p_text(struct my_parse *p, size_t from, size_t to); /* of the text without comments, trimmed */

struct my_expr *my_p_expr(struct my_parse *p);
struct my_expr *my_p_bit_expr(struct my_parse *p);
struct my_expr *my_p_simple_expr(struct my_parse *p);
struct my_expr *my_p_literal(struct my_parse *p);      /* NULL without taking anything when there is none */
struct my_expr *my_p_int_expr(struct my_parse *p, int64_t v);
size_t my_p_expr_list(struct my_parse *p, struct my_expr ***ret);
struct my_expr *my_p_func(struct my_parse *p, const char *name, size_t n, ...); /* native function by name */
struct my_order *my_p_order_list(struct my_parse *p);
void my_p_type(struct my_parse *p, struct my_type_def *t);
const char *my_p_charset_name(struct my_parse *p);

struct my_select *my_p_select(struct my_parse *p, bool top); /* with unions, order, limit, into */
struct my_tref *my_p_table_refs(struct my_parse *p);
void my_p_limit(struct my_parse *p, struct my_expr **ret_limit, struct my_expr **ret_offset);
void my_p_table_name(struct my_parse *p, const char **ret_db, const char **ret_name);
/* The same for what is looked up in a database: errors 1103 or 1059 for the name, 1046 where no database is chosen. */
void my_p_table_ref(struct my_parse *p, const char **ret_db, const char **ret_name);
void my_p_routine_name(struct my_parse *p, struct my_stmt *st); /* [db.]name into the statement; 1046 as above */
void my_p_need_db(struct my_parse *p);                 /* 1046 where no database is chosen */
void my_p_fileopts(struct my_parse *p, struct my_fileopts *o);
struct my_expr *my_p_where(struct my_parse *p);

bool my_p_dml(struct my_parse *p, struct my_stmt *st); /* each takes the statement when its first word is one of its own */
bool my_p_ddl(struct my_parse *p, struct my_stmt *st);
bool my_p_show(struct my_parse *p, struct my_stmt *st);
bool my_p_set(struct my_parse *p, struct my_stmt *st);
bool my_p_admin(struct my_parse *p, struct my_stmt *st);
struct my_assign *my_p_assigns(struct my_parse *p);    /* col = expr, … of UPDATE */
struct my_user_spec *my_p_user(struct my_parse *p, bool identified);
void my_p_name_list(struct my_parse *p, struct my_name **ret);

#endif

/* What the parser makes of a stored routine's or trigger's text. Statements and expressions in it stay text: each run of one
 * parses it again with the variables that are visible there, because running resolves, and so changes, a tree. */
#ifndef HOTARU_PROTOCOL_MYSQL_MY_ROUTINE_AST_H
#define HOTARU_PROTOCOL_MYSQL_MY_ROUTINE_AST_H

#include "protocol/mysql/syntax/my_ast.h"

struct my_sp_var {             /* a variable or parameter that is visible, the innermost first */
    const char *name;          /* "new.col", "old.col" in triggers */
    int slot;
    int block;                 /* where it was declared: a name may be declared once in each */
    const struct my_sp_var *next;
};

enum my_sp_kind {
    MY_SP_SQL,                 /* text */
    MY_SP_BLOCK,               /* body, handlers, cursors */
    MY_SP_DEFAULT,             /* slot = text, or NULL: DECLARE */
    MY_SP_IF,                  /* text, body, other */
    MY_SP_CASE,                /* text: the subject; body: a list of WHEN; other: ELSE */
    MY_SP_WHEN,                /* text, body */
    MY_SP_WHILE,               /* text, body */
    MY_SP_REPEAT,              /* body, text */
    MY_SP_LOOP,                /* body */
    MY_SP_LEAVE,               /* label */
    MY_SP_ITERATE,             /* label */
    MY_SP_RETURN,              /* text */
    MY_SP_OPEN,                /* slot: cursor */
    MY_SP_FETCH,               /* slot, into */
    MY_SP_CLOSE,               /* slot */
};

enum my_sp_cond { MY_SP_ON_CODE, MY_SP_ON_STATE, MY_SP_ON_WARNING, MY_SP_ON_NOT_FOUND, MY_SP_ON_EXCEPTION };
struct my_sp_handler {
    bool exit;
    enum my_sp_cond conds[8];
    uint16_t codes[8];
    const char *states[8];
    size_t n_conds;
    struct my_sp_node *body;
    struct my_sp_handler *next;
};

struct my_sp_node {
    enum my_sp_kind kind;
    const char *label;
    const char *text;          /* NULL: none */
    size_t len;
    const struct my_sp_var *scope;
    struct my_sp_node *body, *other, *next;
    struct my_sp_handler *handlers;
    int slot;
    int into[32];
    size_t n_into;
};

enum my_sp_mode { MY_SP_IN, MY_SP_OUT, MY_SP_INOUT };
struct my_sp {
    struct my_col_def *vars, **last_var; /* by slot; parameters first */
    size_t n_vars, n_params;
    uint8_t modes[64];         /* enum my_sp_mode */
    struct my_type_def returns;
    const char *params_text;   /* between the parentheses */
    size_t params_len;
    const char *body_text;
    size_t body_len;
    bool deterministic, invoker, has_return, sends_rows;
    const char *data_access;   /* "NO SQL", …; NULL: CONTAINS SQL */
    const char *comment;
    struct my_sp_node *body;
    const char *cursors[32];   /* names; texts below */
    const char *cursor_text[32];
    size_t cursor_len[32];
    const struct my_sp_var *cursor_scope[32];
    int cursor_block[32];
    size_t n_cursors;
    const char *set_names[32]; /* system variables that SET names: they must exist */
    size_t n_set;
};

#endif

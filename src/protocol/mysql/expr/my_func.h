/* Native functions and operators: how each is typed and computed. */
#ifndef HOTARU_PROTOCOL_MYSQL_MY_FUNC_H
#define HOTARU_PROTOCOL_MYSQL_MY_FUNC_H

#include "protocol/mysql/syntax/my_ast.h"

struct my_eval;

#define MY_ARGS_MANY 255
enum my_func_flag {
    MY_FN_WORD = 1,      /* made by the grammar, not by name: a call with other arguments is a syntax error */
    MY_FN_NOT_CONST = 2, /* a value of its own at each call: rand(), sleep(), uuid() */
    MY_FN_AGG = 4,
    MY_FN_NULLS = 8,     /* sees NULL arguments; all others give NULL when one argument is NULL */
    MY_FN_SINCE_55 = 16,
    MY_FN_SINCE_56 = 32,
    MY_FN_SINCE_57 = 64,
    MY_FN_SINCE_80 = 128,
    MY_FN_NOT_MARIADB = 256,
    MY_FN_MARIADB = 512, /* MariaDB only */
    MY_FN_UNTIL_80 = 1024, /* gone in 8.0 */
    MY_FN_LAZY = 2048,   /* evaluates its own arguments: IF, AND, COALESCE */
    MY_FN_PASS = 4096,   /* hands on a value of its arguments: a text of it is no text made here */
};

struct my_func {
    const char *name;    /* lower case; operators by their sign */
    uint8_t min_args, max_args;
    uint16_t flags;
    void (*fix)(struct my_eval *ev, struct my_expr *e);  /* arguments are fixed; sets e->m */
    struct my_val (*eval)(struct my_eval *ev, struct my_expr *e, struct my_val *args);
};

/* NULL: there is no such function in this version. */
const struct my_func *my_func_find(const char *name, size_t len, uint32_t version, bool mariadb);
/* For the operators and grammar functions that the parser makes. */
const struct my_func *my_func_op(const char *name);

extern const struct my_func my_funcs_addr[], my_funcs_agg[], my_funcs_arith[], my_funcs_cast[], my_funcs_cmp[],
    my_funcs_crypt[], my_funcs_flow[], my_funcs_geo[], my_funcs_info[], my_funcs_json[], my_funcs_num[], my_funcs_regexp[], my_funcs_str[],
    my_funcs_str_change[], my_funcs_str_num[], my_funcs_time[], my_funcs_time_arith[], my_funcs_time_conv[],
    my_funcs_time_format[], my_funcs_xml[];

#endif

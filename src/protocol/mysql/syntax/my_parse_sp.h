/* What the two files of the routine grammar share. */
#ifndef HOTARU_PROTOCOL_MYSQL_MY_PARSE_SP_H
#define HOTARU_PROTOCOL_MYSQL_MY_PARSE_SP_H

#include "protocol/mysql/syntax/my_parse_routine.h"

struct my_sp_label {
    const char *name;
    bool loop;
    struct my_sp_label *outer;
};
struct my_sp_parse {
    struct my_sp *sp;
    enum my_sp_what what;
    struct my_sp_label *labels;
    int block, blocks;
};

bool my_sp_word(const struct my_parse *p, const char *text);
bool my_sp_take_word(struct my_parse *p, const char *text);
void my_sp_span(struct my_parse *p, const char *from, const char **ret, size_t *ret_len); /* up to the current token */
struct my_sp_node *my_sp_node_new(struct my_parse *p, enum my_sp_kind kind);
void my_sp_node_expr(struct my_parse *p, struct my_sp_node *n); /* an expression, kept as its text */
int my_sp_add_var(struct my_parse *p, const char *name, const struct my_type_def *type); /* its slot */
void my_sp_declarations(struct my_parse *p, struct my_sp_node *block, struct my_sp_node ***last);
struct my_sp_node *my_sp_statement(struct my_parse *p);

#endif

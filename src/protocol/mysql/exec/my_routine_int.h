/* Between the files that run routines. */
#ifndef HOTARU_PROTOCOL_MYSQL_MY_ROUTINE_INT_H
#define HOTARU_PROTOCOL_MYSQL_MY_ROUTINE_INT_H

#include "protocol/mysql/exec/my_routine.h"
#include "protocol/mysql/syntax/my_parse_routine.h"

struct my_frame {
    struct my_run *r;
    struct my_sp *sp;
    const struct my_routine *routine; /* NULL: an anonymous block */
    struct my_table *vars;     /* a column per slot, and one for what RETURN gives */
    struct my_val *vals;
    struct my_meta *metas;
    size_t n;                  /* slots */
    struct my_cursor {
        bool open;
        size_t at;
        struct my_rows rows;
    } cursors[32];
    struct my_scope_of_handlers {
        struct my_sp_handler *handlers;
        const struct my_sp_node *block;
        struct my_scope_of_handlers *outer;
    } *handlers;
    const struct my_sp_node *leave_block; /* by an EXIT handler */
    const char *jump;          /* label of LEAVE or ITERATE */
    struct my_val result;
    const char *at;            /* text of the statement that ran last, in the routine's */
    uint16_t handled_code;     /* the condition that the handler at work took */
    char handled_state[6], handled_text[600];
    bool handling;             /* a handler runs: warnings stay */
    bool returned;             /* RETURN was reached */
    bool quiet;                /* a function or trigger: nothing goes to the client */
    uint64_t affected;
    uint16_t status;           /* bits that stay for what follows */
    unsigned depth;            /* of blocks, those of the routines around it included */
    struct my_frame *up;
};

/* Slots and their values, all NULL. 0; the run's error is set otherwise. */
bool my_frame_open(struct my_frame *f, struct my_run *r, struct my_sp *sp, const struct my_col_def *slots, size_t n);
void my_frame_done(struct my_frame *f);
bool my_frame_set(struct my_frame *f, size_t slot, const struct my_val *v, const struct my_meta *m);
/* Runs the body. False: it failed, and no handler took it. */
bool my_frame_run(struct my_frame *f);

#endif

/* Stored procedures, functions and triggers: run as far as their bodies go, bounded by the statement's step cap. */
#ifndef HOTARU_PROTOCOL_MYSQL_MY_ROUTINE_H
#define HOTARU_PROTOCOL_MYSQL_MY_ROUTINE_H

#include "protocol/mysql/exec/my_dml.h"

#define MY_ROUTINE_DEPTH_MAX 24
#define MY_ROUTINE_NESTING_MAX 600
#define MY_ROUTINE_STEP      1000 /* of MY_STEPS_MAX for each statement that runs */

/* CALL, and BEGIN NOT ATOMIC … END of MariaDB. */
void my_exec_call(struct my_run *r, struct my_stmt *st);
/* CREATE PROCEDURE and FUNCTION, CREATE TRIGGER; what SHOW CREATE shows behind the name is kept. */
void my_create_routine(struct my_run *r, struct my_stmt *st);
void my_create_trigger(struct my_run *r, struct my_stmt *st);
void my_drop_trigger(struct my_run *r, struct my_stmt *st);
void my_create_event(struct my_run *r, struct my_stmt *st);
void my_drop_event(struct my_run *r, struct my_stmt *st); /* and ALTER EVENT */
/* Runs the triggers of a row that is (before: about to be) written. before_cells may be changed by a BEFORE trigger; NULL where
 * there is no such row. False: the statement failed. */
bool my_fire(struct my_dml *d, bool before, enum my_sqlcom event, struct my_cell *new_cells, const struct my_row *old_row);

#endif

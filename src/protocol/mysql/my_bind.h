/* Parameters of prepared statements in the binary protocol (manual, "COM_STMT_EXECUTE"; MariaDB, "COM_STMT_BULK_EXECUTE"). */
#ifndef HOTARU_PROTOCOL_MYSQL_MY_BIND_H
#define HOTARU_PROTOCOL_MYSQL_MY_BIND_H

#include "protocol/mysql/my_ses.h"

/* Each sets the run's error and returns false when the bytes do not hold what they must. Values live in the run's arena,
 * r->params and r->param_meta are set. */
bool my_bind_types(struct my_run *r, struct my_ps *ps, struct rd *p);      /* two bytes a parameter, kept in ps->types */
bool my_bind_params(struct my_run *r, struct my_ps *ps, struct rd *p);     /* null bitmap, types when new, values */
bool my_bind_bulk_row(struct my_run *r, struct my_ps *ps, struct rd *p);   /* one row: indicator and value by turns */

#endif

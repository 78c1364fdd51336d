/* Values into columns: what a stored cell holds, and the warnings on the way. */
#ifndef HOTARU_PROTOCOL_MYSQL_MY_STORE_H
#define HOTARU_PROTOCOL_MYSQL_MY_STORE_H

#include "protocol/mysql/expr/my_eval.h"

struct my_store {
    struct my_run *r;
    bool strict;    /* what does not fit is an error, not a warning */
    long row;       /* 1-based, as messages count */
    const char *db, *table; /* MariaDB names them beside the column; NULL: the column alone */
};

/* The cell for a value; bytes in the statement's arena. NULL into NOT NULL is the caller's. False: the statement failed. */
bool my_store_val(struct my_store *st, const struct my_column *c, const struct my_val *v, const struct my_meta *m, struct my_cell *ret);
/* What a column gets when nothing is given: DEFAULT, the time, or its type's zero. Error 1364 only in strict mode. */
bool my_store_default(struct my_store *st, const struct my_column *c, bool explicit_, struct my_cell *ret);
/* The type's zero: 0, '', 0000-00-00, the first of an ENUM. */
struct my_cell my_store_zero(struct my_run *r, const struct my_column *c);

#endif

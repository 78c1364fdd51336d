/* What two right servers must answer differently is blanked on both sides before they are compared; nothing else is. */
#ifndef HOTARU_TEST_MYSQL_MASK_H
#define HOTARU_TEST_MYSQL_MASK_H

#include <stdbool.h>
#include <stdio.h>

#include "mysql_wire.h"

struct mask_context {
    bool recorded_form; /* as the recorded files are: also the greeting's version, and every date and time */
    bool logged_in;     /* the reply came after the login */
    uint32_t caps;
};

/* A masked copy of in; ret is empty before and owned by the caller. Masking twice changes nothing.
 * 0 or -ENOMEM. */
int mask_reply(const struct mask_context *context, const struct wire_reply *in, struct wire_reply *ret);
/* The rules as a table, for people. */
void mask_print_rules(FILE *out);

#endif

/* What is known of system variables beyond their values: scope, type, range, whether they can be set (manual,
 * "Server System Variables"). */
#ifndef HOTARU_PROTOCOL_MYSQL_MY_SYSVARS_H
#define HOTARU_PROTOCOL_MYSQL_MY_SYSVARS_H

#include "protocol/mysql/world/my_kit.h"

enum my_var_scope { MY_VAR_GLOBAL, MY_VAR_SESSION, MY_VAR_BOTH };

/* Fills type, read_only, values, min, max from name and recorded value. */
void my_sysvar_classify(const struct my_kit *k, struct my_sysvar *v);
/* What variables.tsv says of them goes before. */
void my_sysvars_recorded(struct my_kit *k);
enum my_var_scope my_sysvar_scope(const struct my_kit *k, const struct my_sysvar *v);
/* Values that follow from the persona's system where it is not the recorded one: Windows paths, log file names. */
const char *my_sysvar_follow(struct my_kit *k, const char *name, const char *recorded);

#endif

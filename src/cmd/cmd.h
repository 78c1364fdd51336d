/* The subcommands of hotaru: one file each (cmd_NAME.c), table.c lists them. */
#ifndef HOTARU_CMD_CMD_H
#define HOTARU_CMD_CMD_H

#include <stdbool.h>
#include <stddef.h>

struct command {
    const char *name;  /* "query" */
    const char *args;  /* "\"SQL\" [--format table|csv|json|parquet]" */
    const char *doc;   /* one line for the list */
    /* argv[0] is "hotaru NAME"; returns the process's exit code (enum exit_code). */
    int (*run)(int argc, char **argv);
};
extern const struct command *const command_table[]; /* NULL-terminated, in the order of --help */

#endif

/* A process of its own that reads a store, can write nothing but what it was given open, and whose output this process carries
 * to where it belongs. */
#ifndef HOTARU_CMD_CAGE_H
#define HOTARU_CMD_CAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct cage {
    const char *store_dir; /* all that can be read */
    const char *out;       /* file: appears whole, by rename, when all went well; NULL or "-": standard output */
    uint64_t seconds;      /* then the process is killed; 0: no limit */
    bool parquet;          /* DuckDB writes /dev/stdout by its name */
};
/* Runs fn(arg) in the cage; it writes to STDOUT_FILENO. Once its files are open it calls cage_close(). Returns the program's
 * exit code; every error was said. */
int cage_run(const struct cage *c, int (*fn)(void *arg, struct err *err), void *arg);
/* In the cage: from here on no file can be opened for writing, no process or socket be made. */
void cage_close(const struct cage *c);

#endif

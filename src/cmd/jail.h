/* A process that runs a stranger's SQL: reads the store, writes what it was given open, and nothing else. */
#ifndef HOTARU_CMD_JAIL_H
#define HOTARU_CMD_JAIL_H

#include <stdbool.h>

#include "base/err.h"

/* Landlock: files can be read beneath dir, /proc and /sys; none can be made, written or run. Call it before any thread is
 * started. -ENOSYS, -EOPNOTSUPP where the kernel has no Landlock. */
int jail_files(const char *dir);
/* seccomp, for all threads: no new process, no socket, no change to a file system. reopen: a file may be opened for
 * writing (Landlock then says which: none but our own pipe). Call it when everything is open. */
int jail_calls(bool reopen);

#endif

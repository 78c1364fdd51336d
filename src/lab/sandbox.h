/* Namespaces of the lab's own: what happens inside touches nothing of the host and is gone with its process 1. */
#ifndef HOTARU_LAB_SANDBOX_H
#define HOTARU_LAB_SANDBOX_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/* What the inside needs to know of the outside. */
struct sandbox {
    pid_t outer_pid;   /* of the inside's process 1, as the host counts; for nsenter */
    bool user_ns;      /* made without privilege: root inside is the caller outside, no other user exists */
    bool foreground;   /* the caller has the terminal */
    int life_fd;       /* reads end-of-file when the outside process is gone */
};

/* Runs inside(user, sandbox) as process 1 of new PID, mount, IPC and network namespaces, and, when the caller may not make
 * those, of a new user namespace in which the caller is root. /run is an empty tmpfs (so that `ip netns` names are private),
 * /proc is the PID namespace's. When the caller is killed, the kernel kills process 1 and with it everything inside; when
 * process 1 ends, all inside is killed and every namespace, interface and mount is gone.
 * SIGINT, SIGTERM and SIGHUP that reach the caller are passed to process 1, as SIGTERM.
 * Returns inside's exit code; 1 with a line in err when process 1 was killed; -EPERM, -ENOSPC with what to do when the kernel
 * forbids namespaces; other negative errno. Source: namespaces(7), user_namespaces(7), pid_namespaces(7). */
int sandbox_run(int (*inside)(void *user, const struct sandbox *sandbox), void *user, struct err *err);

#endif

/* What the honeypot gives up before it reads a client's first byte: its user, its capabilities, the file system but for the
 * store, every system call that opens a connection or runs a program. */
#ifndef HOTARU_SESSION_CONFINE_H
#define HOTARU_SESSION_CONFINE_H

#include <stddef.h>

#include "base/err.h"

#define CONFINE_READ_MAX 8

/* The sanitizers' leak checker needs calls and files that a real build is denied. */
#if defined(__SANITIZE_ADDRESS__)
#define CONFINE_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CONFINE_SANITIZED 1
#endif
#endif

struct confine_options {
    const char *user;      /* when started as root; "root": stay */
    const char *store_dir; /* its folders journal and sample are given to the user and stay writable */
    const char
        *read_paths[CONFINE_READ_MAX]; /* files and folders that a reload reads; NULL entries are skipped */
};

/* After all sockets and folders are open, before the threads start: user, capabilities, no_new_privs, Landlock. What the
 * kernel does not offer is logged and left out; what it refuses is an error. When a reload could not read its files as the
 * user, and Landlock holds, CAP_DAC_READ_SEARCH is kept for them alone. */
int confine_honeypot(const struct confine_options *o, struct err *err);
/* Once the threads run: seccomp for all of them. execve and its like kill the process, other calls that are not needed
 * (connect, socket, bind, ptrace, opening a file for writing outside the store's folders …) fail with EPERM. */
int confine_honeypot_calls(struct err *err);

#endif

/* Actors make hostile-looking traffic: they run inside a network namespace that the lab made, and nowhere else.
 *
 * The lab's mark is a text file that only the lab's owner can write, named by the environment variable HOTARU_LAB_MARK.
 * One line per namespace: "netns INODE INTERFACE NAME", INODE as in /proc/self/ns/net, INTERFACE the only interface beside
 * the loopback one. Lines that begin with '#' say what the file is. */
#ifndef HOTARU_LAB_GUARD_H
#define HOTARU_LAB_GUARD_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define GUARD_ENV       "HOTARU_LAB_MARK"
#define GUARD_NAME_MAX  32
#define GUARD_MARK_MAX  64   /* namespaces in a mark */
#define GUARD_BYTES_MAX 8192 /* of a mark file */

struct guard_mark {
    uint64_t netns_inode;
    char interface[16];
    char name[GUARD_NAME_MAX]; /* "attackers": [a-z0-9-] */
};

/* The inode of a network namespace: path such as "/proc/self/ns/net" or "/run/netns/att". 0 or negative errno. */
int guard_netns_inode(const char *path, uint64_t *ret);
/* The lab's side: writes the mark whole, mode 0600. */
int guard_write(const char *path, const struct guard_mark *marks, size_t n, struct err *err);
/* Reads one line of a mark; 0, -EINVAL, or -ENODATA for a comment or an empty line. */
int guard_parse_line(const char *line, struct guard_mark *ret);

/* The actor's side. Passes (0) only when all of this holds:
 *   - HOTARU_LAB_MARK names a regular file, owned by us or by root, writable by its owner alone;
 *   - our network namespace is not that of process 1; where that cannot be read (no privilege), we are in a user
 *     namespace of our own, as the lab without root makes it;
 *   - the mark lists our namespace;
 *   - its only interfaces are loopback and the one that the mark names, which is a veth end, and is `interface`.
 * Otherwise -EPERM and a line that says which of them failed. */
int guard_check(const char *interface, struct err *err);

#endif

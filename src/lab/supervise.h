/* The lab's process 1: starts children in their namespaces, hears what they say, notices when one dies. */
#ifndef HOTARU_LAB_SUPERVISE_H
#define HOTARU_LAB_SUPERVISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

#define SUPERVISE_CHILDREN_MAX 64
#define SUPERVISE_LINE_MAX     1024
#define SUPERVISE_ARGS_MAX     32

enum supervise_role {
    SUPERVISE_DAEMON,  /* is to live until it is told to end: an earlier end ends the lab */
    SUPERVISE_ACTOR,   /* ends by itself with 0; another end ends the lab */
    SUPERVISE_COMMAND  /* the user's --exec: keeps the terminal; its exit code is the lab's */
};

struct supervise_child {
    char name[32];
    enum supervise_role role;
    pid_t pid;              /* 0: has ended */
    int out_fd, log_fd;     /* what it says: a line with "error" or "warning" is shown too; -1 for a command */
    bool ready, stopping;   /* said that it has begun; was told to end */
    int status;             /* of waitpid, once ended */
    size_t len;
    char line[SUPERVISE_LINE_MAX];
};

struct supervise {
    struct supervise_child child[SUPERVISE_CHILDREN_MAX];
    size_t n;
    int signal_fd;
    char log_dir[512];
    bool foreground;        /* a command may take the terminal */
    bool stop_asked;        /* SIGINT or SIGTERM came */
};

/* Blocks and takes the signals; log_dir (exists) gets NAME.log of each daemon and actor. */
int supervise_init(struct supervise *s, const char *log_dir, bool foreground, struct err *err);
void supervise_done(struct supervise *s);

/* Starts argv (argv[0] a path; NULL-terminated) in the namespace. A daemon's or actor's output goes to its log and its group is
 * its own, so that Ctrl-C reaches the supervisor alone; a command gets the terminal, if there is one. *ret (may be NULL): index in child. */
int supervise_start(struct supervise *s, const char *name, enum supervise_role role, const char *netns,
                    const char *const *argv, size_t *ret, struct err *err);

/* Waits at most timeout_ms for something to happen and takes it in. 0; -ECHILD with one clear line when a daemon has died or
 * an actor failed; -EINTR when the user asked to stop (stop_asked). */
int supervise_turn(struct supervise *s, int timeout_ms, struct err *err);
/* Turns until the child has said that it has begun ("ready", "answering", "recording"); -ETIMEDOUT. */
int supervise_wait_ready(struct supervise *s, size_t child, int timeout_ms, struct err *err);
/* Turns until the child has ended; -ETIMEDOUT. timeout_ms < 0: for ever. */
int supervise_wait_end(struct supervise *s, size_t child, int timeout_ms, struct err *err);
/* SIGTERM to the child, then SIGKILL after grace_ms. Returns 0 when it ended by itself with exit code 0, -ECHILD with a line
 * when not. A child that has ended is passed over. */
int supervise_stop(struct supervise *s, size_t child, int grace_ms, struct err *err);
/* Of a child that has ended: its exit code, or 128 + signal. */
int supervise_exit_code(const struct supervise_child *c);
size_t supervise_alive(const struct supervise *s, enum supervise_role role);

#endif

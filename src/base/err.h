/* One error line for a person: what went wrong, where, and what to do. */
#ifndef HOTARU_BASE_ERR_H
#define HOTARU_BASE_ERR_H

#include <stdarg.h>

/* Exit codes of every program (DESIGN: command line). */
enum exit_code { EXIT_GOOD = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_BAD_INPUT = 3 };

struct err {
    char text[512]; /* one line, no newline; "" while nothing went wrong */
};

/* Write the line (printf form, control bytes are escaped, the first text wins) and return code unchanged, so
 * that a failing function reads `return err_set(err, -EINVAL, "...")`. err may be NULL. */
int err_set(struct err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int err_vset(struct err *err, int code, const char *fmt, va_list ap) __attribute__((format(printf, 3, 0)));
/* As err_set, and appends ": " and the text of errno value -code. */
int err_sys(struct err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Put context before the text that is there: "store out/store: " + text. */
void err_prefix(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The exit code that a negative errno deserves: -EINVAL, -EPROTO, -ENODATA, -EBADMSG, -ENOENT -> bad input; others
 * -> failed. */
enum exit_code err_exit_code(int code);

#endif

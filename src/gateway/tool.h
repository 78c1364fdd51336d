/* Run a tool of the system (nft, ip) to its end. */
#ifndef HOTARU_GATEWAY_TOOL_H
#define HOTARU_GATEWAY_TOOL_H

#include <stddef.h>

#include "base/err.h"
#include "base/wr.h"

/* Runs argv[0] (PATH, then /usr/sbin and /sbin; NULL-terminated), feeds it in_len bytes of in (may be 0), appends what it
 * says on stdout to out (may be NULL). Its stderr makes err's line when it fails: the first line with "Error" in it, or the
 * first line. No shell. Returns its exit status, or a negative errno (-ENOENT: the tool is not installed). */
int tool_run(const char *const *argv, const void *in, size_t in_len, struct wr *out, struct err *err);

#endif

/* A list of system calls as a seccomp filter. */
#ifndef HOTARU_CMD_CALLS_H
#define HOTARU_CMD_CALLS_H

#include <seccomp.h>
#include <stddef.h>

/* The sanitizers' reports and leak checker need calls that a real build is denied. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

/* A filter for all threads that allows these calls and answers EPERM to others; more rules may be added before seccomp_load().
 * The caller releases *ret, which is NULL after a failure. -ENOMEM; what libseccomp says. */
int calls_allowed(const int *calls, size_t n, scmp_filter_ctx *ret);

#endif

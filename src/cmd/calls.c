#include "cmd/calls.h"

#include <errno.h>

int calls_allowed(const int *calls, size_t n, scmp_filter_ctx *ret)
{
    *ret = NULL;
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return -ENOMEM;
    int rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
        if (rc == -EACCES || rc == -EDOM)
            rc = 0; /* a call that this architecture does not have */
    }
    if (rc < 0)
        seccomp_release(filter);
    else
        *ret = filter;
    return rc;
}

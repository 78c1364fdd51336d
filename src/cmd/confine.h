/* What hotaru-capture gives up once its interface is open: who it is, what it may ask the kernel, where it may write. */
#ifndef HOTARU_CMD_CONFINE_H
#define HOTARU_CMD_CONFINE_H

#include "base/err.h"

/* As root: become user, or, when that is NULL, the owner of the store folder, who also gets STORE/spool (both made when
 * missing); then drop every capability and forbid new ones. Not root: only the latter. Before any thread is started.
 * -ENOENT when there is no such user; errno of what was refused. */
int confine_user(const char *store_dir, const char *user, struct err *err);
/* Landlock: files are made, written and renamed in folder only, nothing is executed. Before any thread is started.
 * -ENOSYS, -EOPNOTSUPP where the kernel has no Landlock. Source: the kernel's userspace-api/landlock. */
int confine_files(const char *folder);
/* seccomp, on all threads: the calls a running recorder makes; others give EPERM. */
int confine_calls(void);

#endif

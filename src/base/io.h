/* Files as a crash leaves them: whole or not there. */
#ifndef HOTARU_BASE_IO_H
#define HOTARU_BASE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* All n bytes or a negative errno; goes on after EINTR and short writes. */
int io_write_all(int fd, const void *bytes, size_t n);
/* mkdir -p, mode 0750. */
int io_mkdirs(const char *path, struct err *err);
/* Whether path is there and is no plain file: a device, a pipe, a link. Such a thing is written to, never replaced:
 * a rename by root over /dev/null would take the machine's. */
bool io_in_place(const char *path);
/* temp file beside path + fsync + rename + fsync of the folder: path holds the old or the new bytes, never less; what
 * io_in_place() is written straight. */
int io_replace_file(const char *path, const void *bytes, size_t n, struct err *err);
int io_fsync_dir(const char *path);
/* The whole file and a NUL behind it, at most max_bytes (-EFBIG); *ret_bytes is freed by the caller with free(). */
int io_read_file(const char *path, size_t max_bytes, char **ret_bytes, size_t *ret_len, struct err *err);

#endif

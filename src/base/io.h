/* Files as a crash leaves them: whole or not there. */
#ifndef HOTARU_BASE_IO_H
#define HOTARU_BASE_IO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* All n bytes or a negative errno; goes on after EINTR and short writes. */
int io_write_all(int fd, const void *bytes, size_t n);
/* mkdir -p, mode 0750. */
int io_mkdirs(const char *path, struct err *err);
/* temp file beside path + fsync + rename + fsync of the folder: path holds the old or the new bytes, never less. */
int io_replace_file(const char *path, const void *bytes, size_t n, struct err *err);
int io_fsync_dir(const char *path);
/* The whole file and a NUL behind it, at most max_bytes (-EFBIG); *ret_bytes is freed by the caller with free(). */
int io_read_file(const char *path, size_t max_bytes, char **ret_bytes, size_t *ret_len, struct err *err);

#endif

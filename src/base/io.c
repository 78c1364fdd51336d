#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int io_write_all(int fd, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    while (n) {
        ssize_t put = write(fd, p, n);
        if (put < 0) {
            if (errno == EINTR)
                continue;
            return -errno;
        }
        p += put;
        n -= (size_t)put;
    }
    return 0;
}

int io_mkdirs(const char *path, struct err *err)
{
    char buf[PATH_MAX];
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof buf)
        return err_set(err, -EINVAL, "folder name '%.60s' is empty or too long", path);
    memcpy(buf, path, n + 1);
    for (char *p = buf + 1;; p++) {
        if (*p != '/' && *p != '\0')
            continue;
        char was = *p;
        *p = '\0';
        if (mkdir(buf, 0750) < 0 && errno != EEXIST)
            return err_sys(err, -errno, "cannot make folder %s", buf);
        *p = was;
        if (!was)
            break;
    }
    struct stat st;
    if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
        return err_set(err, -ENOTDIR, "%s is there but is no folder", path);
    return 0;
}

int io_fsync_dir(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int rc = fsync(fd) < 0 ? -errno : 0;
    close(fd);
    return rc;
}

bool io_in_place(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

static int write_in_place(const char *path, const void *bytes, size_t n, struct err *err)
{
    int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    int rc = fd < 0 ? -errno : io_write_all(fd, bytes, n);
    if (fd >= 0 && close(fd) < 0 && rc == 0)
        rc = -errno;
    return rc < 0 ? err_sys(err, rc, "cannot write %s", path) : 0;
}

int io_replace_file(const char *path, const void *bytes, size_t n, struct err *err)
{
    char temp[PATH_MAX], dir[PATH_MAX];
    if (io_in_place(path))
        return write_in_place(path, bytes, n, err);
    if (snprintf(temp, sizeof temp, "%s.%ld.tmp", path, (long)getpid()) >= (int)sizeof temp)
        return err_set(err, -ENAMETOOLONG, "file name %.60s… is too long", path);
    int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (fd < 0)
        return err_sys(err, -errno, "cannot write %s", temp);
    int rc = io_write_all(fd, bytes, n);
    if (rc == 0 && fsync(fd) < 0)
        rc = -errno;
    if (close(fd) < 0 && rc == 0)
        rc = -errno;
    if (rc == 0 && rename(temp, path) < 0)
        rc = -errno;
    if (rc < 0) {
        (void)unlink(temp);
        return err_sys(err, rc, "cannot write %s", path);
    }
    const char *slash = strrchr(path, '/');
    if (!slash)
        (void)snprintf(dir, sizeof dir, ".");
    else
        (void)snprintf(dir, sizeof dir, "%.*s", (int)(slash == path ? 1 : slash - path), path);
    rc = io_fsync_dir(dir);
    return rc < 0 ? err_sys(err, rc, "cannot sync folder %s", dir) : 0;
}

int io_read_file(const char *path, size_t max_bytes, char **ret_bytes, size_t *ret_len, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_sys(err, -errno, "cannot read %s", path);
    size_t len = 0, cap = 65536;
    char *bytes = malloc(cap + 1);
    int rc = bytes ? 0 : -ENOMEM;
    while (rc == 0) {
        ssize_t got = read(fd, bytes + len, cap - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            rc = -errno;
        if (got <= 0)
            break;
        len += (size_t)got;
        if (len > max_bytes)
            rc = -EFBIG;
        if (rc == 0 && len == cap) {
            char *more = realloc(bytes, cap * 2 + 1);
            if (!more) {
                rc = -ENOMEM;
                break;
            }
            bytes = more;
            cap *= 2;
        }
    }
    close(fd);
    if (rc < 0) {
        free(bytes);
        return err_sys(err, rc, "cannot read %s", path);
    }
    bytes[len] = '\0';
    *ret_bytes = bytes;
    *ret_len = len;
    return 0;
}

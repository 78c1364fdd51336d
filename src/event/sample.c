/* What clients leave, stored once under its digest. Only these bytes, never executed, never world readable. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "event/event_int.h"

static uint64_t folder_bytes(int parent_fd, const char *name)
{
    int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        if (fd >= 0)
            close(fd);
        return 0;
    }
    uint64_t sum = 0;
    struct stat st;
    for (const struct dirent *d; (d = readdir(dir));)
        if (fstatat(fd, d->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
            sum += (uint64_t)st.st_size;
    closedir(dir);
    return sum;
}

int sample_open(int store_fd, int *ret_fd, uint64_t *ret_used_bytes)
{
    if (mkdirat(store_fd, "sample", 0750) < 0 && errno != EEXIST)
        return -errno;
    int fd = openat(store_fd, "sample", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return -errno;
    uint64_t used = 0;
    for (unsigned i = 0; i < 256; i++) {
        char name[3];
        (void)snprintf(name, sizeof name, "%02x", i);
        used += folder_bytes(fd, name);
    }
    *ret_fd = fd;
    *ret_used_bytes = used;
    return 0;
}

int sample_digest(const void *bytes, size_t n, char ret_hex[static 65])
{
    static const char hex[] = "0123456789abcdef";
    unsigned char raw[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (EVP_Digest(bytes, n, raw, &len, EVP_sha256(), NULL) != 1 || len != 32)
        return -EIO;
    for (unsigned i = 0; i < 32; i++) {
        ret_hex[2 * i] = hex[raw[i] >> 4];
        ret_hex[2 * i + 1] = hex[raw[i] & 15];
    }
    ret_hex[64] = '\0';
    return 0;
}

static int write_new(int dir_fd, const char *name, const void *bytes, size_t n)
{
    char temp[96];
    (void)snprintf(temp, sizeof temp, ".%s.%ld.new", name, (long)gettid());
    (void)unlinkat(dir_fd, temp, 0); /* of a crash */
    int fd = openat(dir_fd, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
    if (fd < 0)
        return -errno;
    int rc = io_write_all(fd, bytes, n);
    if (close(fd) < 0 && rc == 0)
        rc = -errno;
    if (rc == 0 && renameat(dir_fd, temp, dir_fd, name) < 0)
        rc = -errno;
    if (rc < 0)
        (void)unlinkat(dir_fd, temp, 0);
    return rc;
}

int sample_store(struct journal *j, const void *bytes, size_t n, char ret_sha256[static 65])
{
    ret_sha256[0] = '\0';
    int rc = sample_digest(bytes, n, ret_sha256);
    int fd = journal_sample_dir(j);
    if (rc < 0 || fd < 0) /* a journal in memory only names it */
        return rc;
    char folder[3] = {ret_sha256[0], ret_sha256[1], '\0'};
    if (mkdirat(fd, folder, 0750) < 0 && errno != EEXIST)
        return -errno;
    int dir_fd = openat(fd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (dir_fd < 0)
        return -errno;
    uint64_t *left = journal_sample_left(j);
    if (faccessat(dir_fd, ret_sha256, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        rc = -EEXIST;
    else if (n > *left)
        rc = -ENOSPC;
    else
        rc = write_new(dir_fd, ret_sha256, bytes, n);
    if (rc == 0)
        *left -= n;
    close(dir_fd);
    return rc;
}

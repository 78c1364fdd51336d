#include "lab/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

int guard_netns_inode(const char *path, uint64_t *ret)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return -errno;
    *ret = st.st_ino;
    return 0;
}

int guard_write(const char *path, const struct guard_mark *marks, size_t n, struct err *err)
{
    char text[GUARD_BYTES_MAX];
    int used =
        snprintf(text, sizeof text, "# network namespaces of a hotaru lab: netns INODE INTERFACE NAME\n");
    for (size_t i = 0; i < n && used > 0 && (size_t)used < sizeof text; i++)
        used += snprintf(text + used, sizeof text - (size_t)used, "netns %" PRIu64 " %s %s\n",
                         marks[i].netns_inode, marks[i].interface, marks[i].name);
    if (used < 0 || (size_t)used >= sizeof text || n > GUARD_MARK_MAX)
        return err_set(err, -E2BIG, "a lab's mark holds at most %d namespaces", GUARD_MARK_MAX);
    mode_t before = umask(0177);
    int rc = io_replace_file(path, text, (size_t)used, err);
    (void)umask(before);
    if (rc == 0 && chmod(path, 0600) < 0)
        rc = err_sys(err, -errno, "%s", path);
    return rc;
}

int guard_parse_line(const char *line, struct guard_mark *ret)
{
    struct guard_mark mark;
    int used = -1;
    if (line[0] == '#' || line[strspn(line, " \t\r\n")] == '\0')
        return -ENODATA;
    if (sscanf(line, "netns %" SCNu64 " %15[a-zA-Z0-9_.-] %31[a-z0-9-] %n", &mark.netns_inode, mark.interface,
               mark.name, &used) != 3 ||
        used < 0 || line[used] != '\0')
        return -EINVAL;
    *ret = mark;
    return 0;
}

/* The line of our namespace in the mark at path. */
static int find_mark(const char *path, uint64_t inode, struct guard_mark *ret, struct err *err)
{
    char *text;
    size_t n;
    int rc = io_read_file(path, GUARD_BYTES_MAX, &text, &n, err);
    if (rc < 0)
        return -EPERM;
    rc = -ENOENT;
    char *rest = text, *line;
    while (rc == -ENOENT && (line = strsep(&rest, "\n"))) {
        struct guard_mark mark;
        int parsed = guard_parse_line(line, &mark);
        if (parsed == -EINVAL)
            rc = -EINVAL;
        else if (parsed == 0 && mark.netns_inode == inode) {
            *ret = mark;
            rc = 0;
        }
    }
    free(text);
    if (rc == -EINVAL)
        return err_set(err, -EPERM, "%s is not a lab's mark", path);
    if (rc < 0)
        return err_set(err, -EPERM,
                       "this network namespace is not one that the lab made (%s does not list it)", path);
    return 0;
}

static int check_file(const char *path, struct err *err)
{
    struct stat st;
    if (lstat(path, &st) < 0)
        return err_set(err, -EPERM, "the lab's mark %s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode) || (st.st_uid != geteuid() && st.st_uid != 0) || (st.st_mode & 022))
        return err_set(err, -EPERM, "the lab's mark %s must be a file that only its owner can write", path);
    return 0;
}

/* The identity map over all ids is the initial user namespace's. */
static bool in_own_user_namespace(void)
{
    char *text;
    size_t n;
    if (io_read_file("/proc/self/uid_map", 4096, &text, &n, NULL) < 0)
        return false;
    unsigned long inside, outside, count;
    bool own = !(sscanf(text, "%lu %lu %lu", &inside, &outside, &count) == 3 && inside == 0 && outside == 0 &&
                 count >= UINT32_MAX);
    free(text);
    return own;
}

static int check_not_host(uint64_t inode, struct err *err)
{
    uint64_t host;
    int rc = guard_netns_inode("/proc/1/ns/net", &host);
    if (rc == 0 && host == inode)
        return err_set(err, -EPERM,
                       "this is the host's network namespace: actors run inside the lab only (hotaru lab)");
    if (rc < 0 && !in_own_user_namespace())
        return err_set(err, -EPERM, "cannot tell this network namespace from the host's");
    return 0;
}

static bool is_veth(int fd, const char *name)
{
    struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
    struct ifreq req = {.ifr_data = (char *)&info};
    (void)snprintf(req.ifr_name, sizeof req.ifr_name, "%s", name);
    return ioctl(fd, SIOCETHTOOL, &req) == 0 && strcmp(info.driver, "veth") == 0;
}

static bool is_loopback(int fd, const char *name)
{
    struct ifreq req = {0};
    (void)snprintf(req.ifr_name, sizeof req.ifr_name, "%s", name);
    return ioctl(fd, SIOCGIFFLAGS, &req) == 0 && (req.ifr_flags & IFF_LOOPBACK);
}

static int check_interfaces(const char *want, struct err *err)
{
    int rc = 0, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct if_nameindex *all = if_nameindex();
    bool seen = false;
    if (fd < 0 || !all)
        rc = err_set(err, -EPERM, "cannot list the interfaces: %s", strerror(errno));
    for (struct if_nameindex *i = all; rc == 0 && i && i->if_name; i++) {
        if (is_loopback(fd, i->if_name))
            continue;
        if (strcmp(i->if_name, want) != 0)
            rc = err_set(err, -EPERM, "interface %s is not the lab's: only %s and loopback may be here",
                         i->if_name, want);
        else if (!is_veth(fd, i->if_name))
            rc = err_set(err, -EPERM, "interface %s is not a veth end", i->if_name);
        seen = true;
    }
    if (rc == 0 && !seen)
        rc = err_set(err, -EPERM, "interface %s, which the lab's mark names, is not here", want);
    if (all)
        if_freenameindex(all);
    if (fd >= 0)
        (void)close(fd);
    return rc;
}

int guard_check(const char *interface, struct err *err)
{
    const char *path = getenv(GUARD_ENV);
    struct guard_mark mark;
    uint64_t inode;
    if (!path || !*path)
        return err_set(err, -EPERM, "not inside a lab: actors run in the namespaces of 'hotaru lab' only");
    int rc = guard_netns_inode("/proc/self/ns/net", &inode);
    if (rc < 0)
        return err_set(err, -EPERM, "/proc/self/ns/net: %s", strerror(-rc));
    if ((rc = check_not_host(inode, err)) < 0 || (rc = check_file(path, err)) < 0 ||
        (rc = find_mark(path, inode, &mark, err)) < 0)
        return rc;
    if (strcmp(mark.interface, interface) != 0)
        return err_set(err, -EPERM, "the lab's interface here is %s, not %s", mark.interface, interface);
    return check_interfaces(mark.interface, err);
}

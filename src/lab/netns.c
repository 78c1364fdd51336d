#include "lab/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "gateway/tool.h"

#define FOLDER "/run/netns"

static int open_home(struct err *err)
{
    int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    return fd < 0 ? err_sys(err, -errno, "cannot open /proc/self/ns/net") : fd;
}

static int come_home(int fd, int rc, struct err *err)
{
    if (setns(fd, CLONE_NEWNET) < 0)
        rc = err_sys(err, -errno, "cannot return to the network namespace");
    close(fd);
    return rc;
}

int netns_enter(const char *name, struct err *err)
{
    char path[128];
    (void)snprintf(path, sizeof path, FOLDER "/%s", name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_sys(err, -errno, "cannot open network namespace %s", name);
    int rc = setns(fd, CLONE_NEWNET) < 0 ? -errno : 0;
    close(fd);
    return rc < 0 ? err_sys(err, rc, "cannot enter network namespace %s", name) : 0;
}

int netns_in(const char *name, int (*work)(void *user, struct err *err), void *user, struct err *err)
{
    int home = open_home(err);
    if (home < 0)
        return home;
    int rc = netns_enter(name, err);
    if (rc == 0)
        rc = work(user, err);
    return come_home(home, rc, err);
}

int netns_sysctl(const char *key, const char *value, struct err *err)
{
    char path[160];
    (void)snprintf(path, sizeof path, "/proc/sys/%s", key);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : err_sys(err, -errno, "cannot write %s (is /proc/sys read-only here?)", path);
    int rc = io_write_all(fd, value, strlen(value));
    close(fd);
    return rc < 0 ? err_sys(err, rc, "cannot write %s to %s", value, path) : 0;
}

static int bind_here(const char *name, struct err *err)
{
    char path[128];
    (void)snprintf(path, sizeof path, FOLDER "/%s", name);
    int fd = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0);
    if (fd < 0)
        return err_sys(err, -errno, "cannot make %s", path);
    close(fd);
    if (mount("/proc/self/ns/net", path, NULL, MS_BIND, NULL) < 0)
        return err_sys(err, -errno, "cannot bind the network namespace to %s", path);
    return 0;
}

static int make_quiet(struct err *err)
{
    static const char *const settings[][2] = {{"net/ipv6/conf/all/disable_ipv6", "1"},
                                              {"net/ipv6/conf/default/disable_ipv6", "1"},
                                              {"net/ipv4/conf/all/rp_filter", "0"},
                                              {"net/ipv4/conf/default/rp_filter", "0"}};
    int rc = 0;
    for (size_t i = 0; i < sizeof settings / sizeof *settings && rc == 0; i++)
        rc = netns_sysctl(settings[i][0], settings[i][1], err);
    if (rc < 0)
        return rc;
    const char *const up[] = {"ip", "link", "set", "lo", "up", NULL};
    rc = tool_run(up, NULL, 0, NULL, err);
    return rc > 0 ? -EIO : rc;
}

int netns_make(const char *name, struct err *err)
{
    if (mkdir(FOLDER, 0755) < 0 && errno != EEXIST)
        return err_sys(err, -errno, "cannot make " FOLDER);
    int home = open_home(err), rc;
    if (home < 0)
        return home;
    rc = unshare(CLONE_NEWNET) < 0 ? err_sys(err, -errno, "cannot make a network namespace") : 0;
    if (rc == 0 && (rc = bind_here(name, err)) == 0)
        rc = make_quiet(err);
    return come_home(home, rc, err);
}

static int run_in(const char *name, const char *const *argv, const char *text, struct err *err)
{
    int home = open_home(err);
    if (home < 0)
        return home;
    int rc = netns_enter(name, err);
    if (rc == 0)
        rc = tool_run(argv, text, strlen(text), NULL, err);
    return come_home(home, rc > 0 ? -EIO : rc, err);
}

int netns_ip(const char *name, const char *lines, struct err *err)
{
    const char *const argv[] = {"ip", "-batch", "-", NULL};
    int rc = run_in(name, argv, lines, err);
    if (rc < 0)
        err_prefix(err, "network namespace %s: ", name);
    return rc;
}

int netns_nft(const char *name, const char *rules, struct err *err)
{
    const char *const argv[] = {"nft", "-f", "-", NULL};
    int rc = run_in(name, argv, rules, err);
    if (rc < 0)
        err_prefix(err, "network namespace %s: ", name);
    return rc;
}

static int set_feature(int fd, const char *interface, uint32_t command)
{
    struct ethtool_value off = {.cmd = command, .data = 0};
    struct ifreq req = {.ifr_data = (char *)&off};
    (void)snprintf(req.ifr_name, sizeof req.ifr_name, "%s", interface);
    return ioctl(fd, SIOCETHTOOL, &req) < 0 ? -errno : 0;
}

int netns_offload_off(const char *interface, struct err *err)
{
    static const uint32_t others[] = {ETHTOOL_SSG, ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_sys(err, -errno, "cannot make a socket");
    int rc = set_feature(fd, interface, ETHTOOL_STXCSUM);
    /* The others are off already where the driver does not have them. */
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        (void)set_feature(fd, interface, others[i]);
    close(fd);
    return rc < 0 ? err_sys(err, rc, "cannot turn off checksum offload of %s", interface) : 0;
}

int netns_wait_running(const char *interface, struct err *err)
{
    struct timespec pause = {.tv_nsec = 2000000};
    struct ifreq req = {0};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc = -ETIMEDOUT;
    if (fd < 0)
        return err_sys(err, -errno, "cannot make a socket");
    (void)snprintf(req.ifr_name, sizeof req.ifr_name, "%s", interface);
    for (int i = 0; i < 2500 && rc == -ETIMEDOUT; i++) {
        if (ioctl(fd, SIOCGIFFLAGS, &req) < 0)
            rc = -errno;
        else if (req.ifr_flags & IFF_RUNNING)
            rc = 0;
        else
            (void)nanosleep(&pause, NULL);
    }
    close(fd);
    return rc < 0 ? err_sys(err, rc, "interface %s does not come up", interface) : 0;
}

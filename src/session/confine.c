#include "session/confine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"

/* Landlock's user interface (Documentation/userspace-api/landlock.rst), as numbers: the distribution's header is older than
 * the kernels it runs on. */
#define LL_EXECUTE     (1ull << 0)
#define LL_WRITE_FILE  (1ull << 1)
#define LL_READ_FILE   (1ull << 2)
#define LL_READ_DIR    (1ull << 3)
#define LL_REMOVE_FILE (1ull << 5)
#define LL_MAKE_DIR    (1ull << 7)
#define LL_MAKE_REG    (1ull << 8)
#define LL_TRUNCATE    (1ull << 14)
#define LL_READ        (LL_READ_FILE | LL_READ_DIR)
#define LL_STORE       (LL_READ | LL_WRITE_FILE | LL_REMOVE_FILE | LL_MAKE_DIR | LL_MAKE_REG)
#define LL_VERSION     1u /* flag of landlock_create_ruleset: tell the ABI */
#define LL_BENEATH     1

struct ll_ruleset {
    uint64_t fs, net, scoped;
};
struct ll_beneath {
    uint64_t access;
    int32_t fd;
} __attribute__((packed));

/* All rights this ABI knows; without a rule each is denied. */
static struct ll_ruleset everything(long abi)
{
    struct ll_ruleset r = {.fs = (1ull << 13) - 1};
    if (abi >= 2)
        r.fs |= 1ull << 13; /* refer */
    if (abi >= 3)
        r.fs |= LL_TRUNCATE;
    if (abi >= 4)
        r.net = 3; /* bind and connect TCP */
    if (abi >= 5)
        r.fs |= 1ull << 15; /* ioctl of devices */
    if (abi >= 6)
        r.scoped = 3; /* abstract sockets, signals */
    return r;
}

static int allow(int ruleset, const char *path, uint64_t access)
{
    struct stat st;
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : -errno;
    struct ll_beneath rule = {access, fd};
    if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
        rule.access &= LL_READ_FILE | LL_WRITE_FILE | LL_TRUNCATE;
    int rc = syscall(SYS_landlock_add_rule, ruleset, LL_BENEATH, &rule, 0) < 0 ? -errno : 0;
    close(fd);
    return rc;
}

/* The ruleset's descriptor, -1 when the kernel has no Landlock. */
static int landlock_rules(const struct confine_options *o, int *ret_fd, struct err *err)
{
    char path[4200];
    *ret_fd = -1;
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LL_VERSION);
    if (abi < 1) {
        log_info("this kernel has no Landlock: the file system stays visible to the honeypot");
        return 0;
    }
    struct ll_ruleset all = everything(abi);
    size_t known = abi >= 6 ? sizeof all : abi >= 4 ? 16 : 8;
    int fd = (int)syscall(SYS_landlock_create_ruleset, &all, known, 0);
    if (fd < 0)
        return err_sys(err, -errno, "cannot make a Landlock ruleset");
    int rc = 0;
    uint64_t store = LL_STORE | (abi >= 3 ? LL_TRUNCATE : 0);
    static const char *const folders[] = {"journal", "sample"};
    for (size_t i = 0; i < 2 && rc == 0; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", o->store_dir, folders[i]);
        rc = allow(fd, path, store);
    }
    for (size_t i = 0; i < CONFINE_READ_MAX && rc == 0; i++)
        if (o->read_paths[i])
            rc = allow(fd, o->read_paths[i], LL_READ);
#if defined(CONFINE_SANITIZED)
    if (rc == 0)
        rc = allow(fd, "/proc", LL_READ); /* the leak checker's */
#endif
    if (rc < 0) {
        close(fd);
        return err_sys(err, rc, "cannot make a Landlock rule");
    }
    *ret_fd = fd;
    return 0;
}

/* Journal and samples become the user's; the group stays the store's, and what is made in them inherits it. */
static int give_folder(int parent, const char *name, uid_t uid)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? 0 : -errno;
    int rc = fchown(fd, uid, (gid_t)-1) < 0 || fchmod(fd, 02770) < 0 ? -errno : 0;
    if (rc == 0 && strcmp(name, "sample") == 0) {
        for (unsigned i = 0; i < 256 && rc == 0; i++) {
            char sub[3];
            (void)snprintf(sub, sizeof sub, "%02x", i);
            rc = give_folder(fd, sub, uid);
        }
    }
    close(fd);
    return rc;
}

static int give_store(const char *store_dir, uid_t uid, struct err *err)
{
    int fd = open(store_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 ? -errno : give_folder(fd, "journal", uid);
    if (rc == 0)
        rc = give_folder(fd, "sample", uid);
    if (fd >= 0)
        close(fd);
    return rc < 0 ? err_sys(err, rc, "cannot give %s/journal to the honeypot's user", store_dir) : 0;
}

/* Of the first 32 capabilities those permitted and those in effect; none to inherit. */
static int set_capabilities_split(uint32_t permitted, uint32_t effective)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{effective, permitted, 0}, {0, 0, 0}};
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    return syscall(SYS_capset, &head, data) < 0 ? -errno : 0;
}

static int set_capabilities(uint32_t low)
{
    return set_capabilities_split(low, low);
}

static int become(const char *name, const char *store_dir, struct err *err)
{
    if (geteuid() != 0 || strcmp(name, "root") == 0)
        return 0;
    const struct passwd *pw = getpwnam(name);
    if (!pw)
        return err_set(err, -EINVAL, "honeypot.user '%.60s': no such user", name);
    uid_t uid = pw->pw_uid;
    gid_t gid = pw->pw_gid;
    /* In a user namespace that maps one user there is nobody to become, and its root is not root. */
    if (setresgid(gid, gid, 0) < 0 && errno == EINVAL) {
        log_info("user %s does not exist in this user namespace: staying its root, which is an ordinary user "
                 "outside",
                 name);
        return 0;
    }
    int rc = give_store(store_dir, uid, err);
    if (rc < 0)
        return rc;
    (void)prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
    if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
        return err_sys(err, -errno, "cannot become user %s", name);
    (void)prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
    if (setuid(0) == 0)
        return err_set(err, -EPERM, "user %s could become root again", name);
    return 0;
}

/* Whether a reload can read its files; asked with no capability in effect. */
static bool readable(const struct confine_options *o)
{
    for (size_t i = 0; i < CONFINE_READ_MAX; i++)
        if (o->read_paths[i] && faccessat(AT_FDCWD, o->read_paths[i], R_OK, AT_EACCESS) < 0 &&
            errno != ENOENT)
            return false;
    return true;
}

/* All capabilities go; CAP_DAC_READ_SEARCH stays when a reload needs it and Landlock bounds what it opens. */
static int drop_capabilities(const struct confine_options *o, bool was_root, bool landlock, struct err *err)
{
    uint32_t search = 1u << CAP_DAC_READ_SEARCH;
    if (was_root && set_capabilities_split(search, 0) == 0 && !readable(o)) {
        if (landlock)
            return set_capabilities(search) < 0 ? err_sys(err, -errno, "cannot drop capabilities") : 0;
        log_warn("user %s cannot read the configuration or the personas: SIGHUP will fail", o->user);
    }
    int rc = set_capabilities(0);
    return rc < 0 ? err_sys(err, rc, "cannot drop capabilities") : 0;
}

int confine_honeypot(const struct confine_options *o, struct err *err)
{
    int landlock_fd = -1;
    int rc = landlock_rules(o, &landlock_fd, err);
    if (rc < 0)
        return rc;
    bool was_root = geteuid() == 0;
    rc = become(o->user, o->store_dir, err);
    if (rc == 0)
        rc = drop_capabilities(o, was_root, landlock_fd >= 0, err);
    if (rc == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        rc = err_sys(err, -errno, "cannot set no_new_privs");
    if (rc == 0 && landlock_fd >= 0 && syscall(SYS_landlock_restrict_self, landlock_fd, 0) < 0)
        rc = err_sys(err, -errno, "cannot confine the process with Landlock");
    if (landlock_fd >= 0)
        close(landlock_fd);
#if defined(CONFINE_SANITIZED)
    (void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* the leak checker traces the process at its end */
#endif
    return rc;
}

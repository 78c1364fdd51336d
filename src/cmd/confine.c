#include "cmd/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/io.h"
#include "cmd/calls.h"

static int drop_capabilities(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};
    for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
        (void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0); /* needs CAP_SETPCAP; without it there is nothing to drop */
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (syscall(SYS_capset, &head, none) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -errno;
    return 0;
}

static int become(uid_t uid, gid_t gid, const char *spool, struct err *err)
{
    if (chown(spool, uid, gid) < 0)
        return err_sys(err, -errno, "cannot give %s to user %u", spool, (unsigned)uid);
    if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
        return err_sys(err, -errno, "cannot become user %u", (unsigned)uid);
    return 0;
}

int confine_user(const char *store_dir, const char *user, struct err *err)
{
    char spool[PATH_MAX];
    struct stat st;
    (void)snprintf(spool, sizeof spool, "%s/spool", store_dir);
    int rc = io_mkdirs(spool, err);
    if (rc == 0 && stat(store_dir, &st) < 0)
        rc = err_sys(err, -errno, "cannot look at %s", store_dir);
    uid_t uid = rc == 0 ? st.st_uid : 0;
    gid_t gid = rc == 0 ? st.st_gid : 0;
    if (rc == 0 && user) {
        const struct passwd *pw = getpwnam(user);
        if (!pw)
            return err_set(err, -ENOENT, "there is no user '%.40s' to run as", user);
        uid = pw->pw_uid;
        gid = pw->pw_gid;
    }
    if (rc == 0 && geteuid() == 0 && uid != 0)
        rc = become(uid, gid, spool, err);
    if (rc == 0) {
        rc = drop_capabilities();
        if (rc < 0)
            (void)err_sys(err, rc, "cannot drop capabilities");
    }
    return rc;
}

int confine_files(const char *folder)
{
    const uint64_t writing = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG;
    const struct landlock_ruleset_attr all = {
        .handled_access_fs = writing | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                             LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_SOCK |
                             LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM};
    int rules = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
    if (rules < 0)
        return -errno;
    int rc = 0;
    struct landlock_path_beneath_attr here = {.allowed_access = writing};
    here.parent_fd = open(folder, O_PATH | O_CLOEXEC);
    if (here.parent_fd < 0 || syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &here, 0) < 0 ||
        syscall(SYS_landlock_restrict_self, rules, 0) < 0)
        rc = -errno;
    if (here.parent_fd >= 0)
        close(here.parent_fd);
    close(rules);
    return rc;
}

int confine_calls(void)
{
    static const int calls[] = {
        /* memory, threads, time, signals */
        SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mprotect), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk),
        SCMP_SYS(futex), SCMP_SYS(clone), SCMP_SYS(clone3), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(gettid),
        SCMP_SYS(getpid), SCMP_SYS(tgkill), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(exit),
        SCMP_SYS(exit_group), SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep),
        SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
        SCMP_SYS(rt_sigtimedwait), SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall), SCMP_SYS(getrandom),
        /* the ring */
        SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(recvfrom),
        SCMP_SYS(recvmsg), SCMP_SYS(ioctl),
        /* segments, state, the interface's counters in /sys, output */
        SCMP_SYS(openat), SCMP_SYS(close), SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(pread64),
        SCMP_SYS(pwrite64), SCMP_SYS(lseek), SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(fcntl),
        SCMP_SYS(flock), SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(sync_file_range), SCMP_SYS(ftruncate),
        SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(unlinkat), SCMP_SYS(getdents64),
#ifdef SANITIZED
        /* reports, and the leak check at exit */
        SCMP_SYS(prctl), SCMP_SYS(ptrace), SCMP_SYS(wait4), SCMP_SYS(readlink), SCMP_SYS(getppid), SCMP_SYS(pipe2),
        SCMP_SYS(process_vm_readv), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(kill), SCMP_SYS(sysinfo),
        SCMP_SYS(prlimit64), SCMP_SYS(getrusage), SCMP_SYS(open), SCMP_SYS(stat), SCMP_SYS(dup), SCMP_SYS(getcwd), SCMP_SYS(getdents),
#endif
    };
    scmp_filter_ctx filter;
    int rc = calls_allowed(calls, sizeof calls / sizeof *calls, &filter);
    if (rc == 0)
        rc = seccomp_load(filter);
    if (filter)
        seccomp_release(filter);
    return rc;
}

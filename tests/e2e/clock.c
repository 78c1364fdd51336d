/* LD_PRELOAD: the wall clock is off by as many microseconds as stand in the file that HOTARU_CLOCK names (8 bytes, mapped at
 * start, so that it also moves in a process that may open nothing any more). Time stamps of packets come from the kernel's
 * clock, which cannot be set in a namespace: they are moved by as much. */
#include <dlfcn.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *moved_us;
static int (*real_next)(pcap_t *, struct pcap_pkthdr **, const u_char **);

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("HOTARU_CLOCK");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *at = fd >= 0 ? mmap(NULL, sizeof *moved_us, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
    if (fd >= 0)
        close(fd);
    if (at != MAP_FAILED)
        moved_us = at;
    *(void **)&real_next = dlsym(RTLD_NEXT, "pcap_next_ex");
}

int clock_gettime(clockid_t id, struct timespec *t)
{
    int rc = (int)syscall(SYS_clock_gettime, id, t); /* other constructors ask before ours has run */
    if (rc == 0 && id == CLOCK_REALTIME && moved_us) {
        int64_t ns = t->tv_nsec + *moved_us % 1000000 * 1000;
        t->tv_sec += *moved_us / 1000000 + (ns >= 1000000000) - (ns < 0);
        t->tv_nsec = ns >= 1000000000 ? ns - 1000000000 : ns < 0 ? ns + 1000000000 : ns;
    }
    return rc;
}

int pcap_next_ex(pcap_t *p, struct pcap_pkthdr **ret, const u_char **bytes)
{
    static __thread struct pcap_pkthdr head;
    int rc = real_next(p, ret, bytes);
    if (rc == 1 && moved_us) {
        head = **ret;
        int64_t us = (int64_t)head.ts.tv_sec * 1000000 + head.ts.tv_usec + *moved_us;
        head.ts = (struct timeval){us / 1000000, us % 1000000};
        *ret = &head;
    }
    return rc;
}

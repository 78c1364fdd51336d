/* Sends frames of a capture file into an interface of a namespace that the bench made, by AF_PACKET sendmmsg():
 *   flood INTERFACE FILE N PPS     N frames, the file's first 65536 again and again; PPS 0: as fast as it goes
 * Prints "SENT SECONDS". Only Ethernet captures; refuses an interface that has an IP address. */
#include <errno.h>
#include <ifaddrs.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/ts.h"

enum { FRAMES_MAX = 65536, BATCH = 64 };
#define SEND_LIMIT_US (INT64_C(600) * 1000000)

static struct iovec frames[FRAMES_MAX];
static struct mmsghdr messages[FRAMES_MAX];
static unsigned n_frames;

static int load(const char *path)
{
    char why[PCAP_ERRBUF_SIZE];
    pcap_t *p = pcap_open_offline(path, why);
    if (!p) {
        (void)fprintf(stderr, "flood: %s\n", why);
        return 1;
    }
    struct pcap_pkthdr *h;
    const uint8_t *bytes;
    bool ethernet = pcap_datalink(p) == DLT_EN10MB;
    while (ethernet && n_frames < FRAMES_MAX && pcap_next_ex(p, &h, &bytes) == 1) {
        if (h->caplen < 14 || h->caplen > 1514)
            continue;
        struct iovec *f = &frames[n_frames];
        f->iov_base = malloc(h->caplen);
        if (!f->iov_base)
            break;
        memcpy(f->iov_base, bytes, h->caplen);
        f->iov_len = h->caplen;
        messages[n_frames].msg_hdr = (struct msghdr){.msg_iov = f, .msg_iovlen = 1};
        n_frames++;
    }
    pcap_close(p);
    if (!n_frames)
        (void)fprintf(stderr, "flood: %s: no Ethernet frames\n", path);
    return n_frames ? 0 : 1;
}

/* A real network's interface has an address; the bench's veth has none. */
static bool has_address(const char *interface)
{
    struct ifaddrs *all, *i;
    bool has = false;
    if (getifaddrs(&all) < 0)
        return true;
    for (i = all; i; i = i->ifa_next)
        has |= i->ifa_addr && (i->ifa_addr->sa_family == AF_INET || i->ifa_addr->sa_family == AF_INET6) &&
               strcmp(i->ifa_name, interface) == 0;
    freeifaddrs(all);
    return has;
}

static int open_interface(const char *name)
{
    struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(name)};
    if (has_address(name)) {
        (void)fprintf(stderr, "flood: %s has an address: this is for the bench's own interfaces only\n",
                      name);
        return -1;
    }
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (fd < 0 || !to.sll_ifindex || bind(fd, (struct sockaddr *)&to, sizeof to) < 0) {
        perror(name);
        return -1;
    }
    return fd;
}

int main(int argc, char **argv)
{
    uint64_t n = argc == 5 ? strtoull(argv[3], NULL, 10) : 0,
             pps = argc == 5 ? strtoull(argv[4], NULL, 10) : 0;
    if (n == 0) {
        (void)fprintf(stderr, "flood INTERFACE FILE N PPS\n");
        return 2;
    }
    int fd = load(argv[2]) == 0 ? open_interface(argv[1]) : -1;
    if (fd < 0)
        return 1;
    uint64_t sent = 0;
    int64_t start_us = ts_mono_us(), now_us = start_us;
    while (sent < n && now_us - start_us < SEND_LIMIT_US) {
        int64_t ahead_us = pps ? start_us + (int64_t)(sent * 1000000 / pps) - now_us : 0;
        if (ahead_us > 200)
            (void)usleep((useconds_t)ahead_us);
        unsigned at = (unsigned)(sent % n_frames), batch = n_frames - at < BATCH ? n_frames - at : BATCH;
        if (n - sent < batch)
            batch = (unsigned)(n - sent);
        int rc = sendmmsg(fd, messages + at, batch, 0);
        if (rc < 0 && errno != EINTR && errno != ENOBUFS && errno != EAGAIN) {
            perror("flood: sendmmsg");
            return 1;
        }
        sent += rc > 0 ? (unsigned)rc : 0;
        now_us = ts_mono_us();
    }
    (void)printf("%" PRIu64 " %.6f\n", sent, (double)(now_us - start_us) / 1e6);
    return 0;
}

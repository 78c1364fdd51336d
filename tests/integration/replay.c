/* Puts frames on an interface (of a namespace that the test made), at a rate, without a rate when PPS is 0:
 *   replay file IF FILE PPS     every frame of a capture file, once
 *   replay count IF N PPS       N TCP SYNs to 10.77.0.0/18, number i in sequence number; a line "WALL_US I" each 20 ms:
 *                               the frames 0 … I-1 were handed to the kernel by then */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/ts.h"
#include "packet_build.h"

enum { BATCH = 64 };

static int open_interface(const char *name)
{
    int fd = socket(AF_PACKET, SOCK_RAW, 0);
    struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(name)};
    if (fd < 0 || !to.sll_ifindex || bind(fd, (struct sockaddr *)&to, sizeof to) < 0) {
        perror(name);
        exit(1);
    }
    return fd;
}

static void send_all(int fd, struct mmsghdr *messages, unsigned n)
{
    for (unsigned sent = 0; sent < n;) {
        int rc = sendmmsg(fd, messages + sent, n - sent, 0);
        if (rc < 0 && errno != EINTR && errno != ENOBUFS && errno != EAGAIN) {
            perror("sendmmsg");
            exit(1);
        }
        sent += rc > 0 ? (unsigned)rc : 0;
    }
}

/* Waits until frame i is due. */
static void pace(int64_t start_us, uint64_t i, uint64_t pps)
{
    int64_t ahead_us = pps ? start_us + (int64_t)(i * 1000000 / pps) - ts_mono_us() : 0;
    if (ahead_us > 500)
        (void)usleep((useconds_t)ahead_us);
}

static int replay_file(const char *interface, const char *path, uint64_t pps)
{
    char why[PCAP_ERRBUF_SIZE];
    pcap_t *file = pcap_open_offline(path, why);
    if (!file) {
        (void)fprintf(stderr, "%s\n", why);
        return 1;
    }
    int fd = open_interface(interface);
    struct pcap_pkthdr *h;
    const uint8_t *bytes;
    uint64_t n = 0;
    int64_t start_us = ts_mono_us();
    while (pcap_next_ex(file, &h, &bytes) == 1) {
        struct iovec part = {(void *)(uintptr_t)bytes, h->caplen};
        struct mmsghdr one = {.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}};
        if (n % BATCH == 0)
            pace(start_us, n, pps);
        send_all(fd, &one, 1);
        n++;
    }
    pcap_close(file);
    (void)printf("%llu\n", (unsigned long long)n);
    return 0;
}

static int replay_count(const char *interface, uint64_t n, uint64_t pps)
{
    static struct pk packets[BATCH];
    static struct iovec parts[BATCH];
    static struct mmsghdr messages[BATCH];
    int fd = open_interface(interface);
    for (int i = 0; i < BATCH; i++) {
        packets[i] = pk();
        pk_eth(&packets[i], 0x0800);
        pk_ip4(&packets[i], 6, 0x0a4c0002, 0x0a4d0000, 0, "", 0);
        pk_tcp(&packets[i], 40000, 445, 2, "\x02\x04\x05\xb4", 4);
        pk_done(&packets[i]);
        parts[i] = (struct iovec){packets[i].b, packets[i].n};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
    }
    int64_t start_us = ts_mono_us(), said_us = 0;
    for (uint64_t i = 0; i < n;) {
        unsigned batch = n - i < BATCH ? (unsigned)(n - i) : BATCH;
        for (unsigned k = 0; k < batch; k++) {
            pk_put16(&packets[k], 14 + 16 + 2, (i + k) % 16384);
            pk_put16(&packets[k], 34 + 4, (i + k) >> 16);
            pk_put16(&packets[k], 34 + 6, (i + k) & 0xffff);
        }
        pace(start_us, i, pps);
        send_all(fd, messages, batch);
        i += batch;
        if (ts_mono_us() - said_us >= 20000 || i == n) {
            said_us = ts_mono_us();
            (void)printf("%lld %llu\n", (long long)ts_now_us(), (unsigned long long)i);
            (void)fflush(stdout);
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "file") == 0)
        return replay_file(argv[2], argv[3], strtoull(argv[4], NULL, 10));
    if (argc == 5 && strcmp(argv[1], "count") == 0)
        return replay_count(argv[2], strtoull(argv[3], NULL, 10), strtoull(argv[4], NULL, 10));
    (void)fprintf(stderr, "replay file IF FILE PPS | replay count IF N PPS\n");
    return 2;
}

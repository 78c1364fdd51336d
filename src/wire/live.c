/* A live interface by libpcap: TPACKET_V3 ring, blocks handed over when full or WIRE_RETIRE_MS old. The kernel cuts frames
 * to the snapshot by a socket filter, so that the ring holds headers and not whole packets; the same filter, returning 0,
 * closes the source. packet(7), libpcap's pcap(3PCAP). */
#include "wire/wire_int.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum { RING_BYTES_DEFAULT = 32 << 20, SNAP_MAX = 65535 };

/* Keep so many bytes of every frame; 0: take none. */
static int set_snapshot(int fd, uint32_t bytes)
{
    struct sock_filter all[] = {{BPF_RET | BPF_K, 0, 0, bytes}};
    struct sock_fprog program = {1, all};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) < 0 ? -errno : 0;
}

static bool is_loopback(int fd, const char *name)
{
    struct ifreq request = {0};
    memcpy(request.ifr_name, name, strnlen(name, IFNAMSIZ - 1));
    return ioctl(fd, SIOCGIFFLAGS, &request) == 0 && request.ifr_flags & IFF_LOOPBACK;
}

/* First ring: a new group, its number given by the kernel. Others: that group. */
static int join_fanout(int fd, int first_fd)
{
    int arg = (PACKET_FANOUT_HASH | PACKET_FANOUT_FLAG_UNIQUEID) << 16;
    if (first_fd < 0)
        return setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &arg, sizeof arg) < 0 ? -errno : 0;
    socklen_t n = sizeof arg;
    if (getsockopt(first_fd, SOL_PACKET, PACKET_FANOUT, &arg, &n) < 0)
        return -errno;
    arg = (arg & 0xffff) | PACKET_FANOUT_HASH << 16;
    return setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &arg, sizeof arg) < 0 ? -errno : 0;
}

static int no_interface(const struct wire *w, int status, struct err *err)
{
    switch (status) {
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
        return err_set(err, -EPERM, "may not record on %s: run as root or with CAP_NET_RAW", w->name);
    case PCAP_ERROR_NO_SUCH_DEVICE:
        return err_set(err, -ENODEV, "there is no interface %s; 'ip link' lists them", w->name);
    case PCAP_ERROR_IFACE_NOT_UP:
        return err_set(err, -ENETDOWN, "interface %s is down; 'ip link set %s up'", w->name, w->name);
    default:
        return err_set(err, -EIO, "cannot record on %s: %s", w->name,
                       pcap_geterr(w->pcap)[0] ? pcap_geterr(w->pcap) : pcap_statustostr(status));
    }
}

static int activate(struct wire *w, const struct wire_live_options *o, struct err *err)
{
    uint32_t ring_bytes = o->buffer_bytes ? o->buffer_bytes : RING_BYTES_DEFAULT;
    if (ring_bytes > INT32_MAX)
        ring_bytes = INT32_MAX;
    (void)pcap_set_snaplen(w->pcap, (int)w->snap_len_bytes);
    (void)pcap_set_promisc(w->pcap, 1);
    (void)pcap_set_timeout(w->pcap, WIRE_RETIRE_MS);
    (void)pcap_set_buffer_size(w->pcap, (int)ring_bytes);
    int status = pcap_activate(w->pcap);
    if (status < 0)
        return no_interface(w, status, err);
    char why[PCAP_ERRBUF_SIZE] = "";
    if (pcap_setnonblock(w->pcap, 1, why) < 0)
        return err_set(err, -EIO, "cannot record on %s: %s", w->name, why);
    w->fd = pcap_fileno(w->pcap);
    return 0;
}

/* Closes the source at once and throws away what came between its opening and here. */
static int close_and_empty(struct wire *w)
{
    int rc = set_snapshot(w->fd, 0);
    struct pollfd p = {.fd = w->fd, .events = POLLIN};
    for (int quiet = 0; rc == 0 && quiet < 2;) {
        struct pcap_pkthdr *h;
        const uint8_t *bytes;
        int got = pcap_next_ex(w->pcap, &h, &bytes);
        if (got == 0) {
            (void)poll(&p, 1, WIRE_RETIRE_MS);
            quiet++;
        } else if (got < 0) {
            rc = -EIO;
        }
    }
    return rc;
}

int wire_open_live(const struct wire_live_options *options, struct wire **ret, struct err *err)
{
    char why[PCAP_ERRBUF_SIZE] = "";
    struct wire *w = calloc(1, sizeof *w);
    if (!w)
        return err_set(err, -ENOMEM, "no memory for an interface");
    w->live = true;
    w->fd = -1;
    w->snap_len_bytes = options->snap_len_bytes ? options->snap_len_bytes : WIRE_SNAP_LEN_DEFAULT;
    if (w->snap_len_bytes > SNAP_MAX)
        w->snap_len_bytes = SNAP_MAX;
    (void)snprintf(w->name, sizeof w->name, "%s", options->interface);
    w->pcap = pcap_create(options->interface, why);
    int rc = w->pcap ? activate(w, options, err) : err_set(err, -EIO, "cannot record on %s: %s", w->name, why);
    int one = 1;
    /* On loopback each packet would be seen going out and coming in. */
    if (rc == 0 && (options->incoming_only || is_loopback(w->fd, w->name)) &&
        setsockopt(w->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one) < 0)
        rc = -errno;
    if (rc == 0)
        rc = close_and_empty(w);
    struct wire *first = options->fanout_of;
    if (rc == 0 && first && !first->in_fanout)
        rc = join_fanout(first->fd, -1);
    if (rc == 0 && first)
        first->in_fanout = true;
    if (rc == 0 && first)
        rc = join_fanout(w->fd, first->fd);
    if (rc < 0) {
        wire_close(w);
        return err_sys(err, rc, "cannot record on %s", options->interface);
    }
    *ret = w;
    return 0;
}

int wire_start(struct wire *w, struct err *err)
{
    int rc = wire_counts_live(w); /* what was counted so far is not ours */
    w->seen = w->dropped = w->dropped_if = 0;
    if (rc == 0)
        rc = set_snapshot(w->fd, w->snap_len_bytes);
    return rc < 0 ? err_sys(err, rc, "cannot record on %s", w->name) : 0;
}

int wire_stop(struct wire *w)
{
    return set_snapshot(w->fd, 0);
}

int wire_next_live(struct wire *w, int timeout_ms, struct frame *ret, struct err *err)
{
    for (bool waited = false;; waited = true) {
        struct pcap_pkthdr *h;
        const uint8_t *bytes;
        int rc = pcap_next_ex(w->pcap, &h, &bytes);
        if (rc == 1) {
            wire_frame_set(w, h, bytes, ret);
            w->received++;
            return 1;
        }
        if (rc < 0) {
            const char *why = pcap_geterr(w->pcap);
            return err_set(err, strstr(why, "interface") ? -ENETDOWN : -EIO, "%s: %s", w->name, why);
        }
        if (waited || timeout_ms <= 0)
            return 0;
        struct pollfd p = {.fd = w->fd, .events = POLLIN};
        if (poll(&p, 1, timeout_ms) <= 0)
            return 0;
    }
}

int wire_counts_live(struct wire *w)
{
    struct pcap_stat now = {0};
    if (pcap_stats(w->pcap, &now) < 0)
        return -EIO;
    w->seen += (uint32_t)(now.ps_recv - w->last.ps_recv);
    w->dropped += (uint32_t)(now.ps_drop - w->last.ps_drop);
    w->dropped_if += (uint32_t)(now.ps_ifdrop - w->last.ps_ifdrop);
    w->last = now;
    return 0;
}

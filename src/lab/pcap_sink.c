/* Simulated packets as capture files (Ethernet): pcap, or pcapng with a section header that says what it is. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/wr.h"
#include "lab/simulate.h"
#include "wire/dump.h"

enum { BUFFER = 1 << 20, ETHERNET = 14, SNAP = 65535 };

struct pcap_sink {
    char path[PATH_MAX], temporary[PATH_MAX + 16];
    int fd;
    bool to_stdout, in_place; /* in_place: no temporary file */
    enum dump_format format;
    struct wr out;
};

/* Locally administered addresses, the sender's spelling "SIM". */
static const uint8_t ethernet[ETHERNET] = {2, 0, 0, 0, 0, 1, 2, 'S', 'I', 'M', 0, 0, 8, 0};

static int flush(struct pcap_sink *p, struct err *err)
{
    int rc = p->out.bad ? -ENOMEM : io_write_all(p->fd, p->out.bytes, p->out.len);
    wr_clear(&p->out);
    return rc < 0 ? err_sys(err, rc, "%s", p->path) : 0;
}

static int pcap_packet(void *to, int64_t ts_us, const uint8_t *packet, size_t len_bytes, struct err *err)
{
    struct pcap_sink *p = to;
    struct wr *w = &p->out;
    uint32_t n = (uint32_t)(ETHERNET + len_bytes);
    int rc = w->len + n + DUMP_PACKET_MAX > BUFFER ? flush(p, err) : 0;
    if (rc < 0)
        return rc;
    rc = dump_packet_begin(w, p->format, ts_us, n, n);
    if (rc < 0)
        return err_set(err, rc, "%s: the time of a packet does not fit the format", p->path);
    wr_bytes(w, ethernet, ETHERNET);
    wr_bytes(w, packet, len_bytes);
    dump_packet_end(w, p->format, n);
    return 0;
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

int pcap_sink_open(const char *path, struct pcap_sink **ret, struct sink *ret_sink, struct err *err)
{
    struct pcap_sink *p = calloc(1, sizeof *p);
    if (!p)
        return err_sys(err, -ENOMEM, "%s", path);
    p->to_stdout = strcmp(path, "-") == 0;
    p->format = ends_with(path, ".pcapng") ? DUMP_PCAPNG : DUMP_PCAP;
    p->out = wr_of(BUFFER);
    int n = snprintf(p->path, sizeof p->path, "%s", p->to_stdout ? "standard output" : path);
    p->in_place = p->to_stdout || io_in_place(path);
    (void)snprintf(p->temporary, sizeof p->temporary, "%s%s", p->path, p->in_place ? "" : ".part");
    p->fd = STDOUT_FILENO;
    if (n < 0 || (size_t)n >= sizeof p->path) {
        free(p);
        return err_set(err, -ENAMETOOLONG, "the name of the capture file is too long");
    }
    if (!p->to_stdout)
        p->fd = open(p->temporary, O_WRONLY | (p->in_place ? 0 : O_CREAT) | O_TRUNC | O_CLOEXEC, 0640);
    if (p->fd < 0) {
        int rc = err_sys(err, -errno, "%s", p->temporary);
        free(p);
        return rc;
    }
    const struct dump_head head = {.format = p->format, .link_type = DUMP_ETHERNET, .snap_len_bytes = SNAP,
                                   .comment = "Synthetic traffic: hotaru simulate. No packet of it was ever on a network.",
                                   .interface = SIMULATE_NAME};
    dump_begin(&p->out, &head);
    *ret = p;
    *ret_sink = (struct sink){pcap_packet, p};
    return 0;
}

int pcap_sink_close(struct pcap_sink *p, bool keep, struct err *err)
{
    int rc = keep ? flush(p, err) : 0;
    if (!p->to_stdout) {
        if (close(p->fd) < 0 && rc == 0)
            rc = err_sys(err, -errno, "%s", p->temporary);
        if (keep && rc == 0 && !p->in_place && rename(p->temporary, p->path) < 0)
            rc = err_sys(err, -errno, "%s", p->path);
        if ((!keep || rc < 0) && !p->in_place)
            (void)unlink(p->temporary);
    }
    wr_done(&p->out);
    free(p);
    return rc;
}

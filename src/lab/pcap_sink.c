/* Capture files out: pcap 2.4 (Ethernet, µs) and pcapng (the same, with a section header that says what it is).
 * Source: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng 4.1 to 4.3. Numbers are in little-endian order. */
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

enum { BUFFER = 1 << 20, ETHERNET = 14, LINKTYPE_ETHERNET = 1, SNAP = 65535 };
enum {
    NG_SECTION = 0x0a0d0d0a,
    NG_INTERFACE = 1,
    NG_PACKET = 6,
    NG_OPT_COMMENT = 1,
    NG_OPT_APPLICATION = 4,
    NG_IF_NAME = 2
};

struct pcap_sink {
    char path[PATH_MAX], temporary[PATH_MAX + 16];
    int fd;
    bool ng, to_stdout, in_place; /* in_place: no temporary file */
    struct wr out;
};

/* Locally administered addresses, the sender's spelling "SIM". */
static const uint8_t ethernet[ETHERNET] = {2, 0, 0, 0, 0, 1, 2, 'S', 'I', 'M', 0, 0, 8, 0};

static void put_option(struct wr *w, uint16_t code, const char *text)
{
    size_t n = strlen(text);
    wr_le16(w, code);
    wr_le16(w, (uint16_t)n);
    wr_bytes(w, text, n);
    wr_zero(w, (4 - n % 4) % 4);
}

/* Type, total length, body, total length again. */
static void put_block(struct wr *w, uint32_t type, const struct wr *body)
{
    uint32_t total = (uint32_t)(12 + body->len);
    wr_le32(w, type);
    wr_le32(w, total);
    wr_bytes(w, body->bytes, body->len);
    wr_le32(w, total);
}

static void put_ng_head(struct wr *w)
{
    struct wr body = wr_of(1024);
    wr_le32(&body, 0x1a2b3c4d);
    wr_le16(&body, 1);
    wr_le16(&body, 0);
    wr_le64(&body, UINT64_MAX); /* section length unknown */
    put_option(&body, NG_OPT_COMMENT,
               "Synthetic traffic: hotaru simulate. No packet of it was ever on a network.");
    put_option(&body, NG_OPT_APPLICATION, "hotaru " HOTARU_VERSION);
    wr_le32(&body, 0);
    put_block(w, NG_SECTION, &body);
    wr_clear(&body);
    wr_le16(&body, LINKTYPE_ETHERNET);
    wr_le16(&body, 0);
    wr_le32(&body, SNAP);
    put_option(&body, NG_IF_NAME, SIMULATE_NAME);
    wr_le32(&body, 0);
    put_block(w, NG_INTERFACE, &body);
    wr_done(&body);
}

static void put_head(struct pcap_sink *p)
{
    if (p->ng) {
        put_ng_head(&p->out);
        return;
    }
    wr_le32(&p->out, 0xa1b2c3d4);
    wr_le16(&p->out, 2);
    wr_le16(&p->out, 4);
    wr_le64(&p->out, 0);
    wr_le32(&p->out, SNAP);
    wr_le32(&p->out, LINKTYPE_ETHERNET);
}

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
    uint32_t n = (uint32_t)(ETHERNET + len_bytes), pad = p->ng ? (4 - n % 4) % 4 : 0;
    if (w->len + n + 64 > BUFFER) {
        int rc = flush(p, err);
        if (rc < 0)
            return rc;
    }
    if (p->ng) {
        wr_le32(w, NG_PACKET);
        wr_le32(w, 32 + n + pad);
        wr_le32(w, 0);
        wr_le32(w, (uint32_t)((uint64_t)ts_us >> 32));
        wr_le32(w, (uint32_t)ts_us);
    } else {
        wr_le32(w, (uint32_t)(ts_us / 1000000));
        wr_le32(w, (uint32_t)(ts_us % 1000000));
    }
    wr_le32(w, n);
    wr_le32(w, n);
    wr_bytes(w, ethernet, ETHERNET);
    wr_bytes(w, packet, len_bytes);
    if (p->ng) {
        wr_zero(w, pad);
        wr_le32(w, 32 + n + pad);
    }
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
    p->ng = ends_with(path, ".pcapng");
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
    put_head(p);
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

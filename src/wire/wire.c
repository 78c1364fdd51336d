/* Capture files by libpcap (pcap in both byte orders, micro- and nanosecond; pcapng), and what both sources share. */
#include "wire/wire_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TS_MAX_S INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

void wire_frame_set(const struct wire *w, const struct pcap_pkthdr *h, const uint8_t *bytes, struct frame *ret)
{
    int64_t s = h->ts.tv_sec;
    if (s < 0 && s >= INT32_MIN)
        s += INT64_C(1) << 32; /* libpcap reads the file's unsigned 32-bit seconds as signed: 2038 to 2106 */
    if (s < 0 || s > TS_MAX_S) /* a corrupt stamp: the frame still counts */
        s = s < 0 ? 0 : TS_MAX_S;
    ret->bytes = bytes;
    ret->cap_len_bytes = h->caplen;
    ret->wire_len_bytes = h->len > h->caplen ? h->len : h->caplen;
    ret->ts_us = s * 1000000 + h->ts.tv_usec;
    ret->link_type = pcap_datalink(w->pcap);
}

static int open_fd(const char *path, struct err *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_sys(err, -errno, "cannot read %s", path);
    struct stat st;
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        close(fd);
        return err_set(err, -EBADMSG, "%s is a folder, not a capture file", path);
    }
    return fd;
}

static int no_capture(const struct wire *w, const char *why, struct err *err)
{
    if (wire_stream_error(w->stream)[0])
        return err_set(err, -EBADMSG, "%s: %s", w->name, wire_stream_error(w->stream));
    if (wire_stream_empty(w->stream))
        return err_set(err, -EBADMSG, "%s is empty: no capture file", w->name);
    if (strstr(why, "truncated"))
        return err_set(err, -EBADMSG, "%s is cut inside its file header: no capture file", w->name);
    return err_set(err, -EBADMSG, "%s is no pcap or pcapng file (%s)", w->name, why);
}

static int file_open(const char *path, bool sum, struct wire **ret, struct err *err)
{
    struct wire *w = calloc(1, sizeof *w);
    if (!w)
        return err_set(err, -ENOMEM, "no memory for a capture file");
    w->fd = -1;
    (void)snprintf(w->name, sizeof w->name, "%s", strcmp(path, "-") == 0 ? "stdin" : path);
    FILE *file;
    char why[PCAP_ERRBUF_SIZE] = "";
    int fd = open_fd(path, err);
    int rc = fd < 0 ? fd : wire_stream_open(fd, sum, &w->stream, &file);
    if (rc == 0) {
        w->pcap = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_MICRO, why);
        if (!w->pcap) {
            rc = no_capture(w, why, err);
            (void)fclose(file);
        }
    }
    if (rc < 0) {
        free(w);
        return err_sys(err, rc, "cannot read %s", path);
    }
    *ret = w;
    return 0;
}

int wire_open_file(const char *path, struct wire **ret, struct err *err)
{
    return file_open(path, false, ret, err);
}

int wire_open_file_summed(const char *path, struct wire **ret, struct err *err)
{
    return file_open(path, true, ret, err);
}

int wire_file_sum(struct wire *w, uint64_t ret[static 2], struct err *err)
{
    int rc = wire_stream_sum(w->stream, ret);
    w->at_end = true;
    return rc < 0 ? err_sys(err, rc, "cannot read %s", w->name) : 0;
}

static int next_from_file(struct wire *w, struct frame *ret, struct err *err)
{
    struct pcap_pkthdr *h;
    const uint8_t *bytes;
    int rc = w->at_end ? PCAP_ERROR_BREAK : pcap_next_ex(w->pcap, &h, &bytes);
    if (rc == 1) {
        wire_frame_set(w, h, bytes, ret);
        w->received++;
        return 1;
    }
    w->at_end = true;
    if (rc == PCAP_ERROR_BREAK || rc == 0)
        return 0;
    const char *why = wire_stream_error(w->stream)[0] ? wire_stream_error(w->stream) : pcap_geterr(w->pcap);
    return err_set(err, -EBADMSG, "%s: frame %llu: %s; the frames before it are good", w->name,
                   (unsigned long long)w->received + 1, why);
}

int wire_next(struct wire *w, int timeout_ms, struct frame *ret, struct err *err)
{
    return w->live ? wire_next_live(w, timeout_ms, ret, err) : next_from_file(w, ret, err);
}

bool wire_at_end(const struct wire *w)
{
    return w->at_end;
}

int wire_counts(struct wire *w, struct wire_counts *ret)
{
    int rc = w->live ? wire_counts_live(w) : 0;
    *ret = (struct wire_counts){.received = w->received, .kernel_seen = w->seen, .dropped_kernel = w->dropped,
                                .dropped_if = w->dropped_if};
    return rc;
}

int wire_fd(const struct wire *w)
{
    return w->fd;
}

void wire_close(struct wire *w)
{
    if (!w)
        return;
    if (w->pcap)
        pcap_close(w->pcap); /* also the stream */
    free(w);
}

/* Frames in: a live interface or a capture file, behind one source. */
#ifndef HOTARU_WIRE_WIRE_H
#define HOTARU_WIRE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct frame {
    const uint8_t *bytes; /* from the link layer on; borrowed until the next call on the source */
    uint32_t cap_len_bytes, wire_len_bytes; /* cap <= wire */
    int64_t ts_us;        /* since 1970-01-01 UTC, to the end of 9999; a finer stamp is cut, not rounded */
    int link_type;        /* DLT_* of libpcap */
};

struct wire_counts { /* since the source was opened (live: since wire_start()) */
    uint64_t received;       /* frames that wire_next() gave */
    uint64_t kernel_seen;    /* frames the kernel counted for us, with those it dropped; 0 for a file */
    uint64_t dropped_kernel; /* frames the kernel saw and had no room for (live) */
    uint64_t dropped_if;     /* frames the interface's driver dropped (live) */
};
/* Once the source is stopped and drained: kernel_seen = received + dropped_kernel. */

struct wire_live_options {
    const char *interface;
    uint32_t snap_len_bytes;   /* 0: the default, 256; at most 65535 */
    uint32_t buffer_bytes;     /* kernel ring; 0: 32 MiB */
    bool incoming_only;        /* leave out what this host sends itself */
    struct wire *fanout_of;    /* share the frames of that source by flow hash (PACKET_FANOUT); NULL: none */
};
#define WIRE_SNAP_LEN_DEFAULT 256

struct wire;

/* A capture file (pcap or pcapng, micro- or nanosecond; gzip or zstd seen by its magic), "-" for stdin.
 * Returns 0; -ENOENT, -EBADMSG (no capture file; empty; cut inside the file header), each with one line in err that
 * names the file. */
int wire_open_file(const char *path, struct wire **ret, struct err *err);
/* The same, and the file's own bytes (as they are on disk) are summed while they are read: XXH3-128, high half first. The sum
 * is asked for after the last frame; it reads what stands behind that. */
int wire_open_file_summed(const char *path, struct wire **ret, struct err *err);
int wire_file_sum(struct wire *w, uint64_t ret[static 2], struct err *err);
/* A live interface by libpcap (TPACKET_V3), in promiscuous mode; takes no frames before wire_start(), so that several
 * rings can be joined first. -EPERM, -ENODEV, -ENETDOWN … */
int wire_open_live(const struct wire_live_options *options, struct wire **ret, struct err *err);
/* Begin and end taking frames. After wire_stop() the kernel adds none, and wire_next() still gives those it has: read
 * until it gives none for WIRE_RETIRE_MS. */
#define WIRE_RETIRE_MS 50
int wire_start(struct wire *w, struct err *err);
int wire_stop(struct wire *w);
/* The next frame: 1 and *ret filled; 0 nothing now (live: the time-out passed or a signal came; file: its end);
 * -EBADMSG when the file is cut or corrupt from here on (err names file and frame number; the frames before it were
 * good); live: -ENETDOWN when the interface is gone. */
int wire_next(struct wire *w, int timeout_ms, struct frame *ret, struct err *err);
bool wire_at_end(const struct wire *w); /* file: no more frames will come */
int wire_counts(struct wire *w, struct wire_counts *ret);
int wire_fd(const struct wire *w);      /* live: to poll; -1 for a file */
void wire_close(struct wire *w);

#endif

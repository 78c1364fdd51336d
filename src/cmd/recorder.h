/* Rings -> records -> spool, with the loss ledger: one thread, one kernel ring and one spool writer per ring, nothing
 * shared between them. */
#ifndef HOTARU_CMD_RECORDER_H
#define HOTARU_CMD_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define RECORDER_RINGS_MAX 16

struct recorder_options {
    const char *interface, *store_dir, *name; /* borrowed for the recorder's life; rings after the first: NAMEr1 … */
    unsigned rings;
    uint32_t snap_len_bytes, buffer_bytes;
    bool incoming_only;
    uint16_t payload_bytes;
    unsigned decap;                           /* enum hdr_decap */
    uint64_t segment_bytes_max;
    int64_t segment_age_max_us, ledger_us;    /* ledger_us: length of a ledger interval */
};
struct recorder_counts { /* since the start, over all rings */
    uint64_t received;          /* frames taken from the kernel */
    uint64_t stored;            /* records in files */
    uint64_t lost_kernel, lost_decoder, lost_disk;
    int disk_error;             /* negative errno while the disk takes no more */
};

struct recorder;
/* Opens the interface (needs the privilege). */
int recorder_new(const struct recorder_options *options, struct recorder **ret, struct err *err);
/* Opens the spool and starts its threads. */
int recorder_open_spool(struct recorder *r, struct err *err);
/* Wall clock of the previous recorder's last sign of life; 0: none. */
int64_t recorder_alive_before_us(const struct recorder *r);
/* Takes packets from here on. */
int recorder_start(struct recorder *r, struct err *err);
void recorder_counts(const struct recorder *r, struct recorder_counts *ret);
/* A ring ended by itself (the interface is gone): its negative errno, and the line. */
int recorder_failed(const struct recorder *r, struct err *err);
/* Ends taking packets, empties the rings, writes ledger and segments. A negative errno when something could not be kept. */
int recorder_stop(struct recorder *r, struct err *err);
void recorder_free(struct recorder *r);

#endif

/* Header records -> durable blocks, and back; the loss ledger travels in the same blocks.
 *
 * A recorder writes segments STORE/spool/<recorder>-<seq>.spool: a header block, then fixed-size blocks, each with its
 * own checksum, so that kill -9 costs nothing that was written and a flipped bit costs one block. A segment is finished
 * (renamed to .sealed… see doc/format/spool.md) by time or size; the store turns finished segments into Parquet. */
#ifndef HOTARU_SPOOL_SPOOL_H
#define HOTARU_SPOOL_SPOOL_H

#include <stdint.h>

#include "base/err.h"
#include "header/hdr.h"

/* One row of the table loss: over an interval, what a stage was given, kept and lost, and why. */
struct loss_row {
    int64_t ts_us;           /* start of the interval */
    int64_t interval_us;     /* its length */
    char stage[16];          /* "kernel", "ring", "decoder", "spool", "disk", "import" */
    char reason[24];         /* "" for what was stored; else "no-room", "not-ip", "malformed", "gap", … */
    uint64_t received, stored, lost; /* packets; received = stored + lost */
};

struct spool_options {
    const char *store_dir;        /* segments go to store_dir/spool */
    const char *recorder;         /* name in the segment's file name: [a-z0-9]{1,32} */
    uint64_t segment_bytes_max;   /* 0: 256 MiB */
    int64_t segment_age_max_us;   /* 0: 60 s; a segment without packets rotates too when it has loss rows */
    int64_t flush_us;             /* a block is written at the latest so long after its first record; 0: 200 ms */
    uint16_t payload_bytes;       /* bytes of payload kept per packet; 0: none */
};

struct spool_writer;
int spool_writer_open(const struct spool_options *options, struct spool_writer **ret, struct err *err);
/* Takes a copy of h. 0; -ENOSPC, -EIO … when a block could not be written: its records stay in memory up to the block
 * and are counted as lost (stage "disk") when the next does not fit either; the writer stays usable and tries again. */
int spool_write(struct spool_writer *w, const struct hdr *h);
int spool_write_loss(struct spool_writer *w, const struct loss_row *row);
/* Call at least every flush_us also when no packet comes: writes what is due, rotates what is old. */
int spool_tick(struct spool_writer *w, int64_t now_us);
/* Writes everything, finishes the segment, frees. */
int spool_writer_close(struct spool_writer *w, struct err *err);

struct spool_reader;
/* One segment, finished or still being written: reads every whole, good block there is at this moment. */
int spool_reader_open(const char *path, struct spool_reader **ret, struct err *err);
/* 1 and *ret (its payload borrowed until the next call); 0 at the end; corrupt blocks are skipped and counted. */
int spool_read(struct spool_reader *r, struct hdr *ret);
/* The loss rows of the blocks read so far, oldest first: 1 and *ret, 0 when there is none left. */
int spool_read_loss(struct spool_reader *r, struct loss_row *ret);
uint64_t spool_reader_bad_blocks(const struct spool_reader *r);
void spool_reader_close(struct spool_reader *r);

#endif

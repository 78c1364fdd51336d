/* Header records -> durable blocks, and back; the loss ledger travels in the same blocks.
 *
 * A recorder writes segments STORE/spool/<recorder>-<seq>.spool: fixed-size blocks, each with its own checksum, so that
 * kill -9 costs nothing that was written and a flipped bit costs one block. By time or size a segment is finished and
 * renamed to <recorder>-<seq>.sealed; the store turns sealed segments into Parquet and deletes them.
 *
 * What a name means at any instant (doc/format/spool.md has the bytes):
 *   R-N.spool, R.lock held     recorder R is writing segment N now (or its fsync before sealing is under way)
 *   R-N.spool, R.lock free     R died: the next recorder R, or spool_recover(), seals it
 *   R-N.sealed                 finished: never written again
 * N rises and is never used twice for one R, also after its segments were deleted: R.lock keeps the next one. R.lock is
 * held by flock() for a recorder's whole life, so two recorders of one name cannot run, and death frees it. */
#ifndef HOTARU_SPOOL_SPOOL_H
#define HOTARU_SPOOL_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "header/hdr.h"

#define SPOOL_RECORDER_MAX    32
#define SPOOL_NAME_MAX        64
#define SPOOL_LEDGER_ROWS_MAX 32

/* One row of the table loss: over an interval, what a stage was given, kept and lost, and why. One row per (stage,
 * reason): reason "" counts what was stored, every other reason what was lost for it; a stage's rows of an interval sum
 * to received = stored + lost. Row "gap": nobody recorded in that interval, what passed is not known (0, 0, 0). Row
 * "crash": the recorder died in that interval; what it stored is counted, its losses are not known. */
struct loss_row {
    int64_t ts_us;           /* start of the interval */
    int64_t interval_us;     /* its length */
    char stage[16];          /* "kernel", "ring", "decoder", "spool", "disk", "import" */
    char reason[24];         /* "" for what was stored; else "no-room", "not-ip", "malformed", "gap", … */
    uint64_t received, stored, lost; /* packets; received = stored + lost */
};
/* Fills a row; stored and lost as given, received their sum. */
void loss_row_set(struct loss_row *row, int64_t ts_us, int64_t interval_us, const char *stage, const char *reason,
                  uint64_t stored, uint64_t lost);

/* ---- writing ---- */
struct spool_options {
    const char *store_dir;        /* segments go to store_dir/spool, which is made */
    const char *recorder;         /* name in the segment's file name: [a-z0-9]{1,32} */
    uint64_t segment_bytes_max;   /* 0: 256 MiB */
    int64_t segment_age_max_us;   /* 0: 60 s; a segment without packets rotates too when it has loss rows */
    int64_t flush_us;             /* a block is written at the latest so long after its first record; 0: 200 ms */
    uint16_t payload_bytes;       /* bytes of payload kept per packet; 0: none */
};
struct spool_counts {             /* since the writer was opened */
    uint64_t given;               /* records handed to spool_write(); given = written + buffered + lost */
    uint64_t written, lost;       /* in the file; dropped because the file took no more and the buffer was full */
    int error;                    /* why the last write or sync failed; 0 while it works */
    uint64_t seq;                 /* of the segment being written */
};

struct spool_writer; /* one thread at a time */
/* Seals what a dead recorder of that name left. -EBUSY when one of that name is alive; -EINVAL for a bad name. */
int spool_writer_open(const struct spool_options *options, struct spool_writer **ret, struct err *err);
/* Wall clock of the last sign of life of the previous recorder of that name; 0 when there was none. */
int64_t spool_writer_alive_before_us(const struct spool_writer *w);
/* Takes a copy of h. TCP options are kept as layout (hdr_options_layout), payload up to payload_bytes. Returns 0; -ENOSPC,
 * -EIO … when the file takes no more and the buffer (4 MiB) is full: h is then lost and counted. The writer stays usable
 * and tries again at every spool_tick(). */
int spool_write(struct spool_writer *w, const struct hdr *h);
/* Ends a ledger interval: writes every record taken so far, then in one block these rows (kernel, ring, decoder: n <=
 * SPOOL_LEDGER_ROWS_MAX) and the writer's own (stages "spool" and "disk"). A negative errno when the file takes no more:
 * no row is written then, and the caller goes on counting and ends a longer interval later. */
int spool_write_ledger(struct spool_writer *w, int64_t start_us, int64_t interval_us, const struct loss_row *rows,
                       size_t n);
/* Call at least every flush_us also when no packet comes: writes what is due, rotates what is old. mono_us: a clock that
 * is never set (ts_mono_us). 0, or the negative errno of a write that failed. */
int spool_tick(struct spool_writer *w, int64_t mono_us);
void spool_writer_counts(const struct spool_writer *w, struct spool_counts *ret);
/* Writes everything, finishes the segment, waits for its fsync, frees. Records that could not be written are lost: the
 * negative errno and the line say so. */
int spool_writer_close(struct spool_writer *w, struct err *err);

/* ---- the folder ---- */
struct spool_segment {
    char recorder[SPOOL_RECORDER_MAX + 1];
    uint64_t seq;
    bool sealed;
    char name[SPOOL_NAME_MAX]; /* of the file in store_dir/spool at this moment */
};
/* Is name (without a folder) a segment's? */
bool spool_segment_parse(const char *name, struct spool_segment *ret);
/* The segments there are, by recorder and seq; *ret is freed with free(). A segment may be sealed or deleted between this
 * and opening it: on -ENOENT list again. No folder: none. */
int spool_list(const char *store_dir, struct spool_segment **ret, size_t *ret_n, struct err *err);
/* Seals the open segments of recorders that are dead; returns how many. For the sealing process, before it lists. */
int spool_recover(const char *store_dir, struct err *err);

/* ---- reading ---- */
struct spool_info {
    char recorder[SPOOL_RECORDER_MAX + 1]; /* "" when the segment's first block is damaged */
    uint64_t seq, segment_id;              /* the id is random per segment */
    uint16_t payload_bytes;
    uint32_t block_bytes;
};
struct spool_reader;
/* One segment, sealed or still being written: reads every whole, good block there is at this moment. -EBADMSG when it is
 * no segment, -EPROTO when its format is newer than this program. */
int spool_reader_open(const char *path, struct spool_reader **ret, struct err *err);
/* Reads nothing at or behind this offset (a moment's size of a segment that grows). */
void spool_reader_limit(struct spool_reader *r, uint64_t size_bytes);
void spool_reader_info(const struct spool_reader *r, struct spool_info *ret);
/* 1 and *ret (its payload borrowed until the next call); 0 at the end; corrupt blocks are skipped and counted; -EIO. */
int spool_read(struct spool_reader *r, struct hdr *ret);
/* The loss rows of the blocks read so far, oldest first: 1 and *ret, 0 when there is none left. */
int spool_read_loss(struct spool_reader *r, struct loss_row *ret);
uint64_t spool_reader_bad_blocks(const struct spool_reader *r);
/* Packets known to have stood in bad blocks read past so far (a good block says how many stood before it). */
uint64_t spool_reader_lost_records(const struct spool_reader *r);
void spool_reader_close(struct spool_reader *r);

#endif

/* The bytes of a segment (doc/format/spool.md) and what writer, reader and recovery share. All integers little-endian. */
#ifndef HOTARU_SPOOL_SPOOL_INT_H
#define HOTARU_SPOOL_SPOOL_INT_H

#include <endian.h>
#include <string.h>

#include "base/rd.h"
#include "spool/spool.h"

#define SPOOL_MAGIC "HSPB"
enum { SPOOL_VERSION = 1, SPOOL_HEAD_BYTES = 80, SPOOL_SUM_AT = 8, SPOOL_SUM_FROM = 16 };
enum { SPOOL_BLOCK_LOG_MIN = 12, SPOOL_BLOCK_LOG_MAX = 17 };
enum spool_block_type { SPOOL_BLOCK_SEGMENT, SPOOL_BLOCK_PACKETS, SPOOL_BLOCK_LEDGER, SPOOL_BLOCK_END };

struct spool_head {
    uint8_t type, block_log;
    uint32_t index;         /* number of the block in its segment */
    uint32_t used_bytes;    /* with this header */
    uint64_t segment_id;
    int64_t base_us;        /* packets: what the records' times count from; ledger: start of the interval */
    int64_t written_us;     /* wall clock when the block was closed */
    uint64_t first_record;  /* packet records in this segment before this block */
    int64_t ledger_us;      /* wall clock at the end of the recorder's last ledger interval, or its start */
    uint64_t unledgered;    /* the recorder's packet records after that and before this block */
    uint32_t n;             /* records or rows in this block */
};
/* Writes header and checksum; the bytes from used_bytes on are zeroed. */
void spool_head_put(uint8_t *block, const struct spool_head *h);
/* 0; -EBADMSG when magic, checksum or sizes are wrong; -EPROTO for a newer version. n_bytes: what is there of the block. */
int spool_head_get(const uint8_t *block, size_t n_bytes, struct spool_head *ret);

/* Record flags: the low byte is struct hdr's has. */
enum { SPOOL_FLAG_IP6 = 1 << 8, SPOOL_FLAG_PAYLOAD = 1 << 9 };
enum { SPOOL_OPTIONS_NONE = 0, SPOOL_OPTIONS_INLINE = 255, SPOOL_DICT_MAX = 254 };
enum { SPOOL_RECORD_MAX = 160 }; /* without payload */

/* The option layouts met in one block: entry k is defined by its first record. */
struct spool_dict {
    uint32_t n;
    struct {
        const uint8_t *bytes; /* borrowed from the block */
        uint8_t len;
    } entry[SPOOL_DICT_MAX + 1]; /* from 1 on */
    uint16_t slot[512];          /* writer: hash -> entry, 0 free */
};
/* Appends h at `at` (room for SPOOL_RECORD_MAX + payload_bytes); returns the end. delta_us = ts - base. */
uint8_t *spool_record_put(uint8_t *at, const struct hdr *h, int32_t delta_us, uint16_t payload_bytes,
                          struct spool_dict *dict);
/* False when the bytes are no record. */
bool spool_record_get(struct rd *r, int64_t base_us, struct spool_dict *dict, struct hdr *ret);

enum { SPOOL_LEDGER_ROW_BYTES = 80 };
void spool_ledger_put(uint8_t *at, const struct loss_row *row);
void spool_ledger_get(struct rd *r, struct loss_row *ret);

struct spool_segment_body {
    uint64_t seq;
    uint16_t payload_bytes;
    char recorder[SPOOL_RECORDER_MAX + 1];
};
struct spool_totals { /* body of the last block */
    uint64_t packets, ledger_rows;
    int64_t min_us, max_us; /* of packets; 0 when there is none */
};
uint32_t spool_segment_put(uint8_t *at, const struct spool_segment_body *body); /* bytes written */
void spool_segment_get(struct rd *r, struct spool_segment_body *ret);
uint32_t spool_totals_put(uint8_t *at, const struct spool_totals *t);

/* ---- the folder (folder.c) ---- */
struct spool_state { /* R.lock's content */
    uint64_t next_seq;
    int64_t alive_us;    /* last sign of life, wall clock */
    int64_t ledger_us;   /* until when the ledger was written … */
    uint64_t unledgered; /* … and how many packet records stand after it; both as of the end of segment next_seq - 1 */
};
bool spool_recorder_valid(const char *name);
void spool_segment_name(char ret[static SPOOL_NAME_MAX], const char *recorder, uint64_t seq, bool sealed);
int spool_dir_open(const char *store_dir, bool make, int *ret_fd, struct err *err);
/* Opens and locks R.lock, waiting up to wait_ms for it; -EBUSY. The lock is held until *ret_fd is closed. */
int spool_lock(int dir_fd, const char *recorder, int wait_ms, int *ret_fd, struct spool_state *ret_state);
int spool_state_write(int lock_fd, const struct spool_state *state, bool sync);
/* Seals every open segment of a recorder whose lock the caller holds, and brings state up to what they say; returns how
 * many. A crash in here leaves what the next call does again with the same result. */
int spool_recover_recorder(int dir_fd, const char *recorder, int lock_fd, struct spool_state *state, struct err *err);

/* ---- reader's side of recovery (reader.c): a segment read to its end ---- */
struct spool_scan {
    struct spool_totals totals;
    struct spool_head last; /* the last good block; last.segment_id is 0 when there is none */
    uint64_t n_blocks;      /* whole blocks in the file, good or bad */
    bool ended;             /* the last good block is an end block */
};
int spool_reader_open_at(int dir_fd, const char *name, struct spool_reader **ret, struct err *err);
int spool_reader_scan(struct spool_reader *r, struct spool_scan *ret);

/* ---- sealing behind the recorder's back (seal.c) ---- */
struct spool_sealer;
int spool_sealer_new(int dir_fd, struct spool_sealer **ret); /* starts a thread */
/* Takes fd. fsync, rename R-seq.spool to .sealed, fsync of the folder; here and now when too much is queued. */
void spool_sealer_put(struct spool_sealer *s, int fd, const char *recorder, uint64_t seq);
int spool_sealer_error(struct spool_sealer *s); /* the first that happened; 0 */
/* Waits for everything queued. */
int spool_sealer_free(struct spool_sealer *s);
/* The same at once. */
int spool_seal_fd(int dir_fd, int fd, const char *recorder, uint64_t seq);

/* ---- little-endian stores into a block under construction ---- */
static inline uint8_t *put_u8(uint8_t *at, uint8_t v)
{
    *at = v;
    return at + 1;
}
static inline uint8_t *put_le16(uint8_t *at, uint16_t v)
{
    v = htole16(v);
    memcpy(at, &v, 2);
    return at + 2;
}
static inline uint8_t *put_le32(uint8_t *at, uint32_t v)
{
    v = htole32(v);
    memcpy(at, &v, 4);
    return at + 4;
}
static inline uint8_t *put_le64(uint8_t *at, uint64_t v)
{
    v = htole64(v);
    memcpy(at, &v, 8);
    return at + 8;
}
static inline uint8_t *put_bytes(uint8_t *at, const void *bytes, size_t n)
{
    memcpy(at, bytes, n);
    return at + n;
}

#endif

/* Block headers, the first and last block's bodies, ledger rows. Offsets: doc/format/spool.md. */
#include "spool/spool_int.h"

#include <errno.h>
#include <xxhash.h>

/* The checksum covers the whole block but itself: bytes 0..7 enter as seed. */
static uint64_t block_sum(const uint8_t *block, size_t block_bytes)
{
    struct rd r = rd_of(block, 8);
    return XXH3_64bits_withSeed(block + SPOOL_SUM_FROM, block_bytes - SPOOL_SUM_FROM, rd_le64(&r));
}

void spool_head_put(uint8_t *block, const struct spool_head *h)
{
    size_t block_bytes = (size_t)1 << h->block_log;
    memset(block + h->used_bytes, 0, block_bytes - h->used_bytes);
    uint8_t *at = put_bytes(block, SPOOL_MAGIC, 4);
    at = put_u8(at, SPOOL_VERSION);
    at = put_u8(at, h->type);
    at = put_u8(at, h->block_log);
    at = put_u8(at, 0);
    at += 8; /* the checksum, last */
    at = put_le32(at, h->index);
    at = put_le32(at, h->used_bytes);
    at = put_le64(at, h->segment_id);
    at = put_le64(at, (uint64_t)h->base_us);
    at = put_le64(at, (uint64_t)h->written_us);
    at = put_le64(at, h->first_record);
    at = put_le64(at, (uint64_t)h->ledger_us);
    at = put_le64(at, h->unledgered);
    at = put_le32(at, h->n);
    (void)put_le32(at, 0);
    (void)put_le64(block + SPOOL_SUM_AT, block_sum(block, block_bytes));
}

int spool_head_get(const uint8_t *block, size_t n_bytes, struct spool_head *ret)
{
    struct rd r = rd_of(block, n_bytes);
    struct rd head = rd_sub(&r, SPOOL_HEAD_BYTES);
    const uint8_t *magic = rd_take(&head, 4);
    if (!magic || memcmp(magic, SPOOL_MAGIC, 4) != 0)
        return -EBADMSG;
    uint8_t version = rd_u8(&head);
    struct spool_head h;
    h.type = rd_u8(&head);
    h.block_log = rd_u8(&head);
    rd_skip(&head, 1);
    uint64_t sum = rd_le64(&head);
    h.index = rd_le32(&head);
    h.used_bytes = rd_le32(&head);
    h.segment_id = rd_le64(&head);
    h.base_us = (int64_t)rd_le64(&head);
    h.written_us = (int64_t)rd_le64(&head);
    h.first_record = rd_le64(&head);
    h.ledger_us = (int64_t)rd_le64(&head);
    h.unledgered = rd_le64(&head);
    h.n = rd_le32(&head);
    if (h.block_log < SPOOL_BLOCK_LOG_MIN || h.block_log > SPOOL_BLOCK_LOG_MAX)
        return -EBADMSG;
    size_t block_bytes = (size_t)1 << h.block_log;
    if (n_bytes < block_bytes || h.used_bytes < SPOOL_HEAD_BYTES || h.used_bytes > block_bytes)
        return -EBADMSG;
    if (sum != block_sum(block, block_bytes))
        return -EBADMSG;
    if (version > SPOOL_VERSION)
        return -EPROTO;
    *ret = h;
    return 0;
}

uint32_t spool_segment_put(uint8_t *at, const struct spool_segment_body *body)
{
    uint8_t *end = put_le64(at, body->seq);
    end = put_le16(end, body->payload_bytes);
    memset(end, 0, 6);
    end = put_bytes(end + 6, body->recorder, SPOOL_RECORDER_MAX);
    return (uint32_t)(end - at);
}

void spool_segment_get(struct rd *r, struct spool_segment_body *ret)
{
    memset(ret, 0, sizeof *ret);
    ret->seq = rd_le64(r);
    ret->payload_bytes = rd_le16(r);
    rd_skip(r, 6);
    const uint8_t *name = rd_take(r, SPOOL_RECORDER_MAX);
    if (name)
        memcpy(ret->recorder, name, SPOOL_RECORDER_MAX);
    if (!spool_recorder_valid(ret->recorder))
        ret->recorder[0] = '\0';
}

uint32_t spool_totals_put(uint8_t *at, const struct spool_totals *t)
{
    uint8_t *end = put_le64(at, t->packets);
    end = put_le64(end, t->ledger_rows);
    end = put_le64(end, (uint64_t)t->min_us);
    end = put_le64(end, (uint64_t)t->max_us);
    return (uint32_t)(end - at);
}

void loss_row_set(struct loss_row *row, int64_t ts_us, int64_t interval_us, const char *stage, const char *reason,
                  uint64_t stored, uint64_t lost)
{
    memset(row, 0, sizeof *row);
    row->ts_us = ts_us;
    row->interval_us = interval_us;
    memcpy(row->stage, stage, strnlen(stage, sizeof row->stage - 1));
    memcpy(row->reason, reason, strnlen(reason, sizeof row->reason - 1));
    row->received = stored + lost;
    row->stored = stored;
    row->lost = lost;
}

void spool_ledger_put(uint8_t *at, const struct loss_row *row)
{
    at = put_le64(at, (uint64_t)row->ts_us);
    at = put_le64(at, (uint64_t)row->interval_us);
    at = put_bytes(at, row->stage, sizeof row->stage);
    at = put_bytes(at, row->reason, sizeof row->reason);
    at = put_le64(at, row->received);
    at = put_le64(at, row->stored);
    (void)put_le64(at, row->lost);
}

void spool_ledger_get(struct rd *r, struct loss_row *ret)
{
    memset(ret, 0, sizeof *ret);
    ret->ts_us = (int64_t)rd_le64(r);
    ret->interval_us = (int64_t)rd_le64(r);
    const uint8_t *stage = rd_take(r, sizeof ret->stage), *reason = rd_take(r, sizeof ret->reason);
    if (stage && reason) {
        memcpy(ret->stage, stage, sizeof ret->stage - 1);
        memcpy(ret->reason, reason, sizeof ret->reason - 1);
    }
    ret->received = rd_le64(r);
    ret->stored = rd_le64(r);
    ret->lost = rd_le64(r);
}

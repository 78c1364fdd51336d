#include "wire/dump.h"

#include <errno.h>
#include <string.h>

enum { NG_SECTION = 0x0a0d0d0a, NG_INTERFACE = 1, NG_PACKET = 6, NG_PACKET_BYTES = 32 };
enum { NG_OPT_COMMENT = 1, NG_OPT_APPLICATION = 4, NG_IF_NAME = 2 };

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

static void begin_ng(struct wr *w, const struct dump_head *head)
{
    struct wr body = wr_of(4096);
    wr_le32(&body, 0x1a2b3c4d);
    wr_le16(&body, 1);
    wr_le16(&body, 0);
    wr_le64(&body, UINT64_MAX); /* section length unknown */
    put_option(&body, NG_OPT_COMMENT, head->comment);
    put_option(&body, NG_OPT_APPLICATION, "hotaru " HOTARU_VERSION);
    wr_le32(&body, 0);
    put_block(w, NG_SECTION, &body);
    wr_clear(&body);
    wr_le16(&body, head->link_type);
    wr_le16(&body, 0);
    wr_le32(&body, head->snap_len_bytes);
    put_option(&body, NG_IF_NAME, head->interface);
    wr_le32(&body, 0);
    put_block(w, NG_INTERFACE, &body);
    w->bad = w->bad || body.bad;
    wr_done(&body);
}

void dump_begin(struct wr *w, const struct dump_head *head)
{
    if (head->format == DUMP_PCAPNG) {
        begin_ng(w, head);
        return;
    }
    wr_le32(w, 0xa1b2c3d4);
    wr_le16(w, 2);
    wr_le16(w, 4);
    wr_le64(w, 0);
    wr_le32(w, head->snap_len_bytes);
    wr_le32(w, head->link_type);
}

static uint32_t padding(uint32_t n)
{
    return (4 - n % 4) % 4;
}

int dump_packet_begin(struct wr *w, enum dump_format format, int64_t ts_us, uint32_t cap_len_bytes, uint32_t wire_len_bytes)
{
    if (ts_us < 0 || (format == DUMP_PCAP && ts_us / 1000000 > UINT32_MAX))
        return -ERANGE;
    if (format == DUMP_PCAPNG) {
        wr_le32(w, NG_PACKET);
        wr_le32(w, NG_PACKET_BYTES + cap_len_bytes + padding(cap_len_bytes));
        wr_le32(w, 0);
        wr_le32(w, (uint32_t)((uint64_t)ts_us >> 32));
        wr_le32(w, (uint32_t)ts_us);
    } else {
        wr_le32(w, (uint32_t)(ts_us / 1000000));
        wr_le32(w, (uint32_t)(ts_us % 1000000));
    }
    wr_le32(w, cap_len_bytes);
    wr_le32(w, wire_len_bytes);
    return 0;
}

void dump_packet_end(struct wr *w, enum dump_format format, uint32_t cap_len_bytes)
{
    if (format != DUMP_PCAPNG)
        return;
    wr_zero(w, padding(cap_len_bytes));
    wr_le32(w, NG_PACKET_BYTES + cap_len_bytes + padding(cap_len_bytes));
}

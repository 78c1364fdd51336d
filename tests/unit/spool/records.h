/* Records of every kind, numbered: record_of(i) is the same each time; records_equal() compares what a spool keeps. */
#ifndef HOTARU_TESTS_SPOOL_RECORDS_H
#define HOTARU_TESTS_SPOOL_RECORDS_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "header/hdr.h"

#define RECORDS_TS INT64_C(1366191000000000)

static inline struct hdr record_of(uint32_t i)
{
    static const uint8_t payload[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    struct hdr h = {.ts_us = RECORDS_TS + i * 7, .ip_version = i % 5 == 4 ? 6 : 4, .proto = 6, .ip_ttl = (uint8_t)i,
                    .ip_tos = (uint8_t)(i >> 8), .ip_len_bytes = 40 + i % 1400, .ip_frag = (uint16_t)(i % 3 << 13)};
    if (h.ip_version == 4) {
        h.ip_id = (uint16_t)(i * 31);
        h.src = i * 2654435761u;
        h.dst = 0x0a4d0000u + i % 16384;
    } else {
        memset(h.src6, (int)(i & 255), 16);
        memset(h.dst6, (int)(i >> 8 & 255), 16);
    }
    switch (i % 4) {
    case 0:
    case 1:
        h.has = HDR_PORTS | HDR_TCP | HDR_PAYLOAD_LEN | (i % 16 == 1 ? HDR_OPTIONS_CUT : 0);
        h.tcp_flags = 2;
        h.tcp_seq = i * 12345;
        h.tcp_ack = i;
        h.tcp_window = (uint16_t)(i + 1);
        h.sport = (uint16_t)i;
        h.dport = 445;
        h.options_len = (uint8_t)(i % 8 == 0 ? 0 : i % 8 == 1 ? 4 : 40);
        for (unsigned k = 0; k < h.options_len; k++)
            h.options[k] = (uint8_t)(k ? i / 8 % 300 + k : 254); /* one unknown option; its value is not kept */
        if (h.options_len)
            h.options[1] = h.options_len;
        break;
    case 2:
        h.proto = 17;
        h.has = HDR_PORTS | HDR_PAYLOAD_LEN;
        h.sport = 53;
        h.dport = (uint16_t)i;
        break;
    default:
        h.proto = h.ip_version == 6 ? 58 : 1;
        h.icmp_type = 3;
        h.icmp_code = (uint8_t)(i % 16);
        h.has = HDR_ICMP | (i & 4 ? HDR_INNER : 0) | (i & 8 && i & 4 ? HDR_INNER_PORTS : 0);
        if (h.has & HDR_INNER) {
            h.inner_proto = 17;
            if (h.ip_version == 4)
                h.inner_src = i, h.inner_dst = ~i;
            else
                h.inner_src6[3] = 9, h.inner_dst6[15] = 8;
        }
        if (h.has & HDR_INNER_PORTS)
            h.inner_sport = 1, h.inner_dport = (uint16_t)i;
        break;
    }
    if (h.has & HDR_PAYLOAD_LEN)
        h.payload_len_bytes = (uint16_t)(i % 30);
    if (h.payload_len_bytes) {
        h.payload = payload;
        h.payload_cap_bytes = h.payload_len_bytes;
    }
    return h;
}

/* h as a spool with payload_bytes gives it back. */
static inline bool records_equal(const struct hdr *kept, const struct hdr *given, uint16_t payload_bytes)
{
    struct hdr want = *given, have = *kept;
    hdr_options_layout(want.options, want.options_len);
    if (want.payload_cap_bytes > payload_bytes)
        want.payload_cap_bytes = payload_bytes;
    if (want.payload_cap_bytes == 0)
        want.payload = NULL;
    if (have.payload_cap_bytes != want.payload_cap_bytes ||
        (want.payload && memcmp(have.payload, want.payload, want.payload_cap_bytes) != 0))
        return false;
    have.payload = want.payload = NULL;
    return memcmp(&have, &want, sizeof want) == 0;
}

static inline int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    return remove(path);
}
static inline void remove_tree(const char *path)
{
    (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
static inline const char *temp_store(char buf[static 64])
{
    (void)snprintf(buf, 64, "/tmp/hotaru-spool-XXXXXX");
    return mkdtemp(buf);
}

#endif

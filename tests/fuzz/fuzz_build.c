/* Input: one byte choosing the link type (128: columns as they come instead of a frame), one how many payload bytes are kept,
 * one how much longer the frame was; then the frame, whose row must build a packet with the same row; or struct hdr's bytes
 * and a layout text, of which anything may come but what is built must stay inside its buffer and decode. */
#include <pcap/dlt.h>
#include <stdlib.h>
#include <string.h>

#include "header/build.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t built[HDR_BUILD_MAX];

static void require(int ok)
{
    if (!ok)
        abort();
}

static void from_frame(const uint8_t *data, size_t size)
{
    static const int links[] = {DLT_EN10MB, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_RAW, DLT_IPV4, DLT_IPV6, DLT_NULL, DLT_LOOP};
    uint32_t n = (uint32_t)size - 3, cap, wire;
    struct hdr h, again;
    char text[HDR_OPTIONS_TEXT_MAX] = "";
    if (hdr_decode(links[data[0] % 8], data + 3, n, n + data[2], 1, &h) != HDR_STORED)
        return;
    size_t n_text = h.has & HDR_TCP ? hdr_options_text(h.options, h.options_len, text) : 0;
    /* Columns are all that a row has. */
    uint16_t kept = h.payload_cap_bytes < data[1] ? h.payload_cap_bytes : data[1];
    h.payload_cap_bytes = kept;
    if (!kept)
        h.payload = NULL;
    memset(h.options, 0xee, sizeof h.options);
    require(hdr_build(&h, text, n_text, built, &cap, &wire));
    require(cap <= wire && wire >= h.ip_len_bytes);
    require(hdr_decode(DLT_RAW, built, cap, wire, 1, &again) == HDR_STORED && hdr_same_row(&h, text, n_text, &again));
}

static void from_columns(const uint8_t *data, size_t size)
{
    static uint8_t payload[65535];
    struct hdr h, again;
    uint32_t cap, wire;
    if (size < 3 + sizeof h)
        return;
    memcpy(&h, data + 3, sizeof h);
    h.ip_version = h.ip_version & 1 ? 6 : 4;
    h.has &= 127;
    h.ts_us = 1;
    h.payload_cap_bytes = (uint16_t)(data[1] << 8 | data[2]);
    h.payload = h.payload_cap_bytes ? payload : NULL;
    bool same = hdr_build(&h, (const char *)data + 3 + sizeof h, size - 3 - sizeof h, built, &cap, &wire);
    require(cap <= wire && cap <= HDR_BUILD_MAX);
    if (same)
        require(hdr_decode(DLT_RAW, built, cap, wire, 1, &again) == HDR_STORED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4)
        return 0;
    if (data[0] & 128)
        from_columns(data, size);
    else
        from_frame(data, size);
    return 0;
}

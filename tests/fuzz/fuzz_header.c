/* Input: one byte choosing the link type, one the decapsulation, one how much longer the frame was; then the frame. */
#include <pcap/dlt.h>
#include <stdlib.h>
#include <string.h>

#include "header/hdr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int ok)
{
    if (!ok)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int links[] = {DLT_EN10MB, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_RAW, DLT_IPV4, DLT_IPV6, DLT_NULL, DLT_LOOP};
    if (size < 3)
        return 0;
    const uint8_t *frame = data + 3;
    uint32_t n = (uint32_t)size - 3, wire = n + data[2];
    struct hdr h;
    enum hdr_loss why = hdr_decode_decap(data[1] & 7, links[data[0] % 8], frame, n, wire, 1, &h);
    require(why >= HDR_STORED && why < HDR_LOSS_KINDS && strcmp(hdr_loss_name(why), "unknown") != 0);
    require(why != HDR_LOSS_SHORT || wire > n);
    if (why != HDR_STORED)
        return 0;
    require(h.ts_us == 1 && (h.ip_version == 4 || h.ip_version == 6));
    require(!h.payload || (h.payload >= frame && h.payload_cap_bytes <= (size_t)(frame + n - h.payload)));
    require(!h.payload || h.has & HDR_PAYLOAD_LEN);
    require(h.options_len <= HDR_OPTIONS_MAX && (h.options_len == 0 || h.has & HDR_TCP));
    char before[HDR_OPTIONS_TEXT_MAX], after[HDR_OPTIONS_TEXT_MAX];
    size_t len = hdr_options_text(h.options, h.options_len, before);
    require(len == strlen(before) && len < HDR_OPTIONS_TEXT_MAX);
    hdr_options_layout(h.options, h.options_len);
    (void)hdr_options_text(h.options, h.options_len, after);
    require(strcmp(before, after) == 0);
    return 0;
}

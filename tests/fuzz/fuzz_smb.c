/* The SMB emulation as a client meets it. Byte 0: persona (low bits), 0x40: walk in by SMB1 first, 0x80: by SMB2, 0x20: port
 * 139; byte 1: bytes per feed (0: all at once); then the stream. */
#include <stdlib.h>

#include "smb_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char *const names[8] = {"xp", "2003", "2008", "7", "2008r2", "2012", "2012r2", "2016"};
    if (n < 2)
        return 0;
    const struct persona *p = smb_persona(names[data[0] & 7]);
    struct harness *h = harness_new_with(&protocol_smb, p, 7);
    size_t step = data[1] ? data[1] : n;
    harness_open_from(h, 0, 0, data[0] & 0x20 ? 139 : 0);
    if ((data[0] & 0xe0) == 0x40)
        (void)smb1_walk_in(h);
    else if ((data[0] & 0xe0) == 0x80 && p->smb.smb2)
        (void)smb2_walk_in(h);
    for (size_t at = 2; at < n && harness_is_open(h); at += step)
        harness_feed(h, data + at, step < n - at ? step : n - at);
    harness_close(h);
    if (!harness_reason(h))
        abort();
    harness_free(h);
    return 0;
}

#include "protocol/smb_trace.h"

#include "base/ts.h"

enum { WAYS = 4 };

struct smb_trace *smb_trace_of(struct smb_traces *t, uint32_t src, uint32_t dst, int64_t now_us)
{
    uint64_t h = ((uint64_t)src << 32 | dst) * UINT64_C(0x9e3779b97f4a7c15);
    struct smb_trace *set = t->rows + (h >> 32) % (SMB_TRACES / WAYS) * WAYS, *oldest = set;
    for (int i = 0; i < WAYS; i++) {
        struct smb_trace *row = set + i;
        if (row->seen_us && row->src == src && row->dst == dst && now_us - row->seen_us < TS_DAY_US) {
            row->seen_us = now_us;
            return row;
        }
        if (row->seen_us < oldest->seen_us)
            oldest = row;
    }
    *oldest = (struct smb_trace){.src = src, .dst = dst, .seen_us = now_us};
    return oldest;
}

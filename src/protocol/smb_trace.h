/* What each source did to each address on this loop: enough of EternalBlue's course to answer its next step as the machine
 * would that it was aimed at (reference: the public exploit modules; SMB grooms on sockets of their own). */
#ifndef HOTARU_PROTOCOL_SMB_TRACE_H
#define HOTARU_PROTOCOL_SMB_TRACE_H

#include <stdbool.h>
#include <stdint.h>

enum { SMB_TRACES = 1024, SMB_GROOMS_MAX = 64 };

struct smb_trace {
    uint32_t src, dst;
    int64_t seen_us;            /* 0: free */
    uint16_t grooms;            /* groom connections within the last SMB_TRACE_US */
    uint64_t payload_hash;      /* of the last groom payload that was stored: each is stored once */
    bool implanted;             /* EternalBlue came to its end here: DoublePulsar pings are answered */
    uint32_t key_low, key_high; /* the signature it then answers with */
};
struct smb_traces {
    struct smb_trace rows[SMB_TRACES]; /* set-associative, 4 rows to a set, the oldest gives way */
};

/* The row of src to dst; made fresh when there is none, or when it is older than a day. */
struct smb_trace *smb_trace_of(struct smb_traces *t, uint32_t src, uint32_t dst, int64_t now_us);

#endif

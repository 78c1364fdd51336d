/* The shares of the machine that a persona is. */
#ifndef HOTARU_PROTOCOL_SMB_SHARE_H
#define HOTARU_PROTOCOL_SMB_SHARE_H

#include "protocol/smb_int.h"

enum { SMB_SHARES_MAX = 8 };
#define SMB_TYPE_DISK    UINT32_C(0)
#define SMB_TYPE_IPC     UINT32_C(3)
#define SMB_TYPE_SPECIAL UINT32_C(0x80000000) /* [MS-SRVS 2.2.2.4] */

struct smb_share {
    const char *name, *comment; /* static */
    uint32_t type;
};

/* The list, in the order Windows lists it: the administrative shares, IPC$, and what this installation drew (from the
 * persona's GUID, so that it stays the same and differs from machine to machine). */
size_t smb_shares(const struct persona *p, const struct smb_host *host, struct smb_share ret[static SMB_SHARES_MAX]);

/* The answer to a stranger's tree connect to "\\server\share" [MS-SMB2 3.3.5.7]: SMB_OK for IPC$, SMB_ACCESS_DENIED for a
 * share that exists, SMB_BAD_NETWORK_NAME. */
uint32_t smb_share_connect(const struct persona *p, const struct smb_host *host, const char *path);

#endif

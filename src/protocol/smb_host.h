/* What a Windows version decides about its SMB answers, read off the persona's native OS text, so that a persona cannot
 * contradict itself. */
#ifndef HOTARU_PROTOCOL_SMB_HOST_H
#define HOTARU_PROTOCOL_SMB_HOST_H

#include <stdbool.h>
#include <stdint.h>

struct smb_host {
    uint16_t build;             /* 2600, 3790, 6001, 7601, 9200, 9600, 14393, … */
    uint8_t major, minor;       /* NT version: 5.1 … 10.0 */
    uint16_t smb2_dialect_max;  /* 0: the version has no SMB2 */
    bool server;                /* a server edition */
};

/* native_os as sent in SESSION_SETUP_ANDX: "Windows 5.1", "Windows Server 2008 R2 Standard 7601 Service Pack 1". The build
 * is the first number of four or five digits from 2195 on; a text without one counts as 7601. */
struct smb_host smb_host_of(const char *native_os);

/* The SPNEGO token that such a host offers in NEGOTIATE (NegTokenInit2 [MS-SPNG 2.2.1], DER); borrowed, static. */
const uint8_t *smb_host_spnego(const struct smb_host *host, uint16_t *ret_len);

/* "SMB 2.1", "SMB 3.1.1", "SMB 2.???"; static. */
const char *smb_dialect_name(uint16_t dialect);

#endif

/* The server service's calls [MS-SRVS] that strangers make. */
#ifndef HOTARU_PROTOCOL_SMB_SRVSVC_H
#define HOTARU_PROTOCOL_SMB_SRVSVC_H

#include "protocol/smb_int.h"

/* Answers call `opnum` with arguments `stub` (NDR 32): its results are appended to w, whose bytes from `base` on are the
 * reply's stub (NDR aligns to it). 0, or the RPC fault to answer with instead. */
uint32_t smb_srvsvc_call(struct smb_turn *t, uint16_t opnum, const uint8_t *stub, size_t n, struct wr *w, size_t base);

#endif

/* SPNEGO (RFC 4178, [MS-SPNG]) as far as NTLMSSP needs it; bare NTLMSSP tokens pass as they are. */
#ifndef HOTARU_PROTOCOL_SMB_SPNEGO_H
#define HOTARU_PROTOCOL_SMB_SPNEGO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wr.h"

struct spnego_token {
    bool wrapped;            /* came as SPNEGO, so the answer goes as SPNEGO */
    bool first;              /* NegTokenInit, not NegTokenResp */
    bool ntlm_offered;       /* NTLMSSP is in the mechanism list */
    const uint8_t *ntlm;     /* the NTLMSSP message inside; NULL when there is none (yet); borrowed from the blob */
    size_t ntlm_len;
};

/* Reads a security blob. 0; -EPROTO when it is neither SPNEGO nor NTLMSSP, or its lengths pass its end. Bounded: no
 * recursion, at most 16 mechanisms looked at. */
int spnego_read(const uint8_t *blob, size_t n, struct spnego_token *ret);

/* NegTokenResp, DER in its shortest form: accept-incomplete, NTLMSSP, the token (len 0: none, "go on with NTLMSSP"). */
void spnego_write_incomplete(struct wr *w, const uint8_t *ntlm, size_t n);
/* NegTokenResp, accept-completed. */
void spnego_write_completed(struct wr *w);

#endif

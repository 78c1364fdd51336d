/* Logging on: security blobs and bare responses to a status, with the login event. Nobody but the anonymous user gets in:
 * a Windows machine on the Internet knows no password that a stranger guesses. */
#ifndef HOTARU_PROTOCOL_SMB_LOGON_H
#define HOTARU_PROTOCOL_SMB_LOGON_H

#include "protocol/smb_int.h"
#include "protocol/smb_ntlm.h"

/* One step with a security blob of n bytes. The answer's blob is appended to token.
 * SMB_MORE_PROCESSING: a challenge was sent; SMB_OK: in (the null session); SMB_LOGON_FAILURE, SMB_ACCOUNT_DISABLED
 * (Guest with the empty password, which exists and is off); SMB_INVALID_PARAMETER: not a token. */
uint32_t smb_logon_blob(struct smb_turn *t, struct smb_logon *l, const uint8_t *blob, size_t n, struct wr *token);

/* SMB1 without extended security: the responses answer turn->c->challenge. Same statuses. */
uint32_t smb_logon_bare(struct smb_turn *t, const struct ntlm_login *login);

#endif

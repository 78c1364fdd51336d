/* SMB emulation: a Windows machine's port 445/139 as far as a stranger without an account can walk into it.
 * Messages, answers and what is left out: doc/protocol/smb.md. */
#ifndef HOTARU_PROTOCOL_SMB_H
#define HOTARU_PROTOCOL_SMB_H

#include "session/session.h"

extern const struct protocol protocol_smb;

#endif

/* Named pipes under IPC$ and the RPC behind them [MS-RPCE, C706]. */
#ifndef HOTARU_PROTOCOL_SMB_PIPE_H
#define HOTARU_PROTOCOL_SMB_PIPE_H

#include "protocol/smb_int.h"

enum { SMB_PIPE_HELD_MAX = 64 * 1024 };

struct smb_pipe {
    uint32_t id;                /* FID or volatile FileId */
    char name[32];              /* "srvsvc" */
    struct wr in;               /* bytes of a PDU that is not whole yet */
    struct wr stub;             /* arguments of a request that comes in fragments */
    struct wr out;              /* replies not read yet, from out_at on */
    size_t out_at;
    uint16_t opnum;
    uint32_t srvsvc_contexts;   /* bit n: presentation context n is bound to srvsvc */
};

/* Opens a pipe by the name that a client gave ("\srvsvc", "srvsvc", "\PIPE\srvsvc"). Since Vista a null session reaches no
 * pipe of a machine in a workgroup (RestrictNullSessAccess): SMB_ACCESS_DENIED; before, the usual ones. SMB_OK fills ret. */
uint32_t smb_pipe_open(struct smb_turn *t, const char *name, struct smb_pipe **ret);
struct smb_pipe *smb_pipe_find(struct smb *c, uint32_t id);
/* Frees it; its place is free again. */
void smb_pipe_close(struct smb *c, struct smb_pipe *pipe);
/* Writes to the pipe: whole PDUs are answered into pipe->out (smb_rpc.c). SMB_OK, or SMB_INVALID_PARAMETER when it is no
 * RPC: the pipe is then broken. */
uint32_t smb_pipe_write(struct smb_turn *t, struct smb_pipe *pipe, const uint8_t *bytes, size_t n);
/* At most n bytes of what was answered, appended to w. SMB_OK, SMB_BUFFER_OVERFLOW when more of it waits, SMB_PIPE_EMPTY. */
uint32_t smb_pipe_read(struct smb_pipe *pipe, size_t n, struct wr *w, size_t *ret_n);

/* One whole PDU (its length is n); answers go to pipe->out. false: no RPC. */
bool smb_rpc_pdu(struct smb_turn *t, struct smb_pipe *pipe, const uint8_t *pdu, size_t n);

#endif

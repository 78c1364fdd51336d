/* SMB2 messages [MS-SMB2 2.2.1]: header and the body behind it. */
#ifndef HOTARU_PROTOCOL_SMB2_INT_H
#define HOTARU_PROTOCOL_SMB2_INT_H

#include "protocol/smb_int.h"
#include "protocol/smb_text.h"

enum smb2_command {
    SMB2_NEGOTIATE, SMB2_SESSION_SETUP, SMB2_LOGOFF, SMB2_TREE_CONNECT, SMB2_TREE_DISCONNECT, SMB2_CREATE, SMB2_CLOSE,
    SMB2_FLUSH, SMB2_READ, SMB2_WRITE, SMB2_LOCK, SMB2_IOCTL, SMB2_CANCEL, SMB2_ECHO, SMB2_QUERY_DIRECTORY,
    SMB2_CHANGE_NOTIFY, SMB2_QUERY_INFO, SMB2_SET_INFO, SMB2_OPLOCK_BREAK, SMB2_COMMANDS,
};
enum { SMB2_HEADER_BYTES = 64, SMB2_FLAG_REPLY = 1, SMB2_FLAG_RELATED = 4 };

struct smb2_header {
    uint16_t credit_charge, command, credits;
    uint32_t flags, next, process, tree;
    uint64_t message, session;
};

struct smb2_request {
    struct smb2_header h;
    const uint8_t *base;   /* the header; offsets of the body count from here */
    size_t len;            /* header and body */
    struct rd body;
};

/* A reply's header into turn->out; credits are granted as asked, within Windows' bounds. */
void smb2_begin(struct smb_turn *t, const struct smb2_request *q, uint32_t status);
/* The body of every error [MS-SMB2 2.2.2]. */
void smb2_error_body(struct wr *w);

enum feed_status smb2_negotiate(struct smb_turn *t, const struct smb2_request *q);

/* The other commands: each appends its reply's body and may set q->h.session, q->h.tree. With an error status what it
 * appended is dropped for the error body (SMB_MORE_PROCESSING and SMB_BUFFER_OVERFLOW are no errors in this). */
uint32_t smb2_session_setup(struct smb_turn *t, struct smb2_request *q);
uint32_t smb2_logoff(struct smb_turn *t, struct smb2_request *q);
uint32_t smb2_tree_connect(struct smb_turn *t, struct smb2_request *q);
uint32_t smb2_tree_disconnect(struct smb_turn *t, struct smb2_request *q);
uint32_t smb2_create(struct smb_turn *t, struct smb2_request *q);
uint32_t smb2_close(struct smb_turn *t, struct smb2_request *q);
uint32_t smb2_read(struct smb_turn *t, struct smb2_request *q);
uint32_t smb2_write(struct smb_turn *t, struct smb2_request *q);
uint32_t smb2_ioctl(struct smb_turn *t, struct smb2_request *q);

#endif

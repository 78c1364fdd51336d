/* SMB1 messages [MS-CIFS 2.2.3]: header, words, bytes. */
#ifndef HOTARU_PROTOCOL_SMB1_INT_H
#define HOTARU_PROTOCOL_SMB1_INT_H

#include "protocol/smb_int.h"
#include "protocol/smb_text.h"

enum smb1_command {
    SMB1_CLOSE = 0x04, SMB1_TRANS = 0x25, SMB1_TRANS_2ND = 0x26, SMB1_ECHO = 0x2b, SMB1_READ = 0x2e, SMB1_WRITE = 0x2f,
    SMB1_TRANS2 = 0x32, SMB1_TRANS2_2ND = 0x33, SMB1_TREE_DISCONNECT = 0x71, SMB1_NEGOTIATE = 0x72,
    SMB1_SESSION_SETUP = 0x73, SMB1_LOGOFF = 0x74, SMB1_TREE_CONNECT = 0x75, SMB1_NT_TRANS = 0xa0,
    SMB1_NT_TRANS_2ND = 0xa1, SMB1_NT_CREATE = 0xa2, SMB1_NO_ANDX = 0xff,
};
enum { SMB1_FLAGS_REPLY = 0x80, SMB1_FLAGS2_EXTENDED_SECURITY = 0x0800, SMB1_FLAGS2_NT_STATUS = 0x4000,
       SMB1_FLAGS2_UNICODE = 0x8000, SMB1_HEADER_BYTES = 32 };
#define SMB1_CAP_EXTENDED_SECURITY UINT32_C(0x80000000)

struct smb1_header {
    uint8_t command, flags;
    uint16_t flags2, pid_high, tid, pid_low, uid, mid;
    uint8_t signature[8];
};

/* A request: header, parameter words, data bytes; views into the message, which begins at base. */
struct smb1_request {
    const uint8_t *base;
    size_t len;
    struct smb1_header h;
    struct rd words, bytes;
    uint8_t word_count;
};

/* Words and bytes of the block at r: 0; -EPROTO when counts pass the message's end. */
int smb1_block(struct rd *r, struct smb1_request *ret);
static inline bool smb1_unicode(const struct smb1_request *q)
{
    return q->h.flags2 & SMB1_FLAGS2_UNICODE;
}

/* A reply frame begins: header with the request's ids. Then words (count byte first) and bytes (count first) follow. */
void smb1_begin(struct smb_turn *t, const struct smb1_request *q, uint32_t status);
/* Puts status, TID and UID (which a request's handling may have changed) into the header that smb1_begin wrote. */
void smb1_rehead(struct smb_turn *t, const struct smb1_request *q, uint32_t status);
/* Where the byte count stands is patched to what was written after it. */
size_t smb1_bytes_begin(struct wr *w);
void smb1_bytes_end(struct wr *w, size_t at);
/* A whole reply without words and bytes: what Windows answers with an error. */
enum feed_status smb1_refuse(struct smb_turn *t, const struct smb1_request *q, uint32_t status);

enum feed_status smb1_negotiate(struct smb_turn *t, const struct smb1_request *q);

/* Commands that can be chained (AndX). Each appends its own block of words and bytes, whose first four bytes after the
 * count are left to the chain, and may set q->h.uid, q->h.tid. On an error status that ends the chain nothing is appended. */
uint32_t smb1_session_setup(struct smb_turn *t, struct smb1_request *q);
uint32_t smb1_logoff(struct smb_turn *t, struct smb1_request *q);
uint32_t smb1_tree_connect(struct smb_turn *t, struct smb1_request *q);
uint32_t smb1_nt_create(struct smb_turn *t, struct smb1_request *q);
uint32_t smb1_read(struct smb_turn *t, struct smb1_request *q);
uint32_t smb1_write(struct smb_turn *t, struct smb1_request *q);

/* Transactions and their secondaries (smb1_trans.c): whole replies, or none. */
enum feed_status smb1_trans(struct smb_turn *t, const struct smb1_request *q);
enum feed_status smb1_trans_secondary(struct smb_turn *t, const struct smb1_request *q);

#endif

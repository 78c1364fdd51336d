/* What the files of the SMB emulation share: smb.c (framing), smb1*.c [MS-CIFS, MS-SMB], smb2*.c [MS-SMB2], smb_auth.c with
 * smb_spnego.c and smb_ntlm.c (logon), smb_rpc.c (named pipes), smb_host.c (what the Windows version decides), smb_text.c. */
#ifndef HOTARU_PROTOCOL_SMB_INT_H
#define HOTARU_PROTOCOL_SMB_INT_H

#include "base/rd.h"
#include "base/wr.h"
#include "config/persona.h"
#include "protocol/smb_host.h"
#include "protocol/smb_trace.h"
#include "session/session.h"

enum {
    SMB_FRAME_HEADER = 4,        /* NetBIOS session or direct TCP: type, length (RFC 1002 4.3.1, MS-SMB 2.1) */
    SMB_HELD_MAX = 32 * 1024,    /* a message that declares more is read past, not held */
    SMB_DECLARED_MAX = 0x1ffff,  /* a frame that declares more ends the connection (17 bits, RFC 1002) */
    SMB_REPLY_MAX = 128 * 1024,
    SMB_KEPT_MAX = 1024 * 1024,
    SMB_KEPT_ALL = 16 * 1024 * 1024,
};

/* NTSTATUS values used here [MS-ERREF 2.3.1]. */
enum smb_status {
    SMB_OK = 0,
    SMB_BAD_COMMAND = 0x00160002,      /* values xxxx0002 are error class 2 (ERRSRV) and code in one */
    SMB_BAD_TID = 0x00050002,
    SMB_BAD_UID = 0x005b0002,
    SMB_INVALID_SMB = 0x00010002,
};
#define SMB_BUFFER_OVERFLOW           UINT32_C(0x80000005)
#define SMB_NOT_IMPLEMENTED           UINT32_C(0xc0000002)
#define SMB_INVALID_HANDLE            UINT32_C(0xc0000008)
#define SMB_INVALID_PARAMETER         UINT32_C(0xc000000d)
#define SMB_NO_SUCH_DEVICE            UINT32_C(0xc000000e)
#define SMB_INVALID_DEVICE_REQUEST    UINT32_C(0xc0000010)
#define SMB_MORE_PROCESSING           UINT32_C(0xc0000016)
#define SMB_ACCESS_DENIED             UINT32_C(0xc0000022)
#define SMB_OBJECT_NAME_NOT_FOUND     UINT32_C(0xc0000034)
#define SMB_LOGON_FAILURE             UINT32_C(0xc000006d)
#define SMB_ACCOUNT_DISABLED          UINT32_C(0xc0000072)
#define SMB_TOO_MANY_SESSIONS         UINT32_C(0xc00000ce)
#define SMB_PIPE_EMPTY                UINT32_C(0xc00000d9)
#define SMB_NOT_SUPPORTED             UINT32_C(0xc00000bb)
#define SMB_NETWORK_NAME_DELETED      UINT32_C(0xc00000c9)
#define SMB_BAD_DEVICE_TYPE           UINT32_C(0xc00000cb)
#define SMB_BAD_NETWORK_NAME          UINT32_C(0xc00000cc)
#define SMB_REQUEST_NOT_ACCEPTED      UINT32_C(0xc00000d0)
#define SMB_FILE_CLOSED               UINT32_C(0xc0000128)
#define SMB_FS_DRIVER_REQUIRED        UINT32_C(0xc000019c)
#define SMB_USER_SESSION_DELETED      UINT32_C(0xc0000203)
#define SMB_INSUFF_SERVER_RESOURCES   UINT32_C(0xc0000205)
#define SMB_NO_PREAUTH_HASH_OVERLAP   UINT32_C(0xc05d0000)

enum smb_phase {
    SMB_NEW,         /* nothing negotiated */
    SMB_ONE,         /* SMB1 in use */
    SMB_TWO_WANTED,  /* answered 0x02ff: an SMB2 NEGOTIATE must follow */
    SMB_TWO,         /* SMB2 or 3 in use */
};

enum { SMB_USERS = 4, SMB_TREES = 8, SMB_PIPES = 4, SMB_EVENTS_MAX = 256, SMB_SAMPLES_MAX = 32 };

struct smb_logon {
    uint8_t challenge[8];
    bool challenged;              /* a challenge is out, a type 3 may come */
};
struct smb_user {                 /* UID or SessionId; id 0: free */
    uint64_t id;
    bool in;
    struct smb_logon logon;
};
struct smb_tree {                 /* TID or TreeId of IPC$, the only share that a stranger reaches; id 0: free */
    uint32_t id;
};
struct smb_pipe;                  /* smb_pipe.h */

/* An SMB1 transaction whose secondaries are still to come: counted, not kept. */
struct smb_pending {
    uint8_t command;              /* 0: none */
    uint32_t total_parameters, total_data;
    uint32_t parameters, data;    /* how far it has come */
};

/* State of one connection; zeroed by the loop. */
struct smb {
    enum smb_phase phase;
    uint16_t dialect;             /* SMB2 dialect; 0 under SMB1 */
    uint32_t capabilities;        /* SMB2: as answered */
    bool called;                  /* port 139: the session request came */
    bool nt_status;               /* SMB1: the client named CAP_STATUS32 when it logged on */
    uint8_t challenge[8];         /* SMB1 without extended security */
    uint32_t skip_left;           /* bytes of a message that is read past */
    uint16_t events, samples;     /* command events and samples written, at most SMB_EVENTS_MAX and SMB_SAMPLES_MAX */
    uint16_t users_made, trees_made, pipes_made;
    struct smb_user users[SMB_USERS];
    struct smb_tree trees[SMB_TREES];
    struct smb_pipe *pipes[SMB_PIPES];
    struct smb_pending pending;
    bool groom;                   /* a groom of EternalBlue: its bytes are kept */
    struct wr kept;               /* what is worth a sample: groom data, DoublePulsar chunks */
};

/* Shared by the sessions of one loop. */
struct smb_shared {
    struct wr out, token;         /* the reply and the security blob under construction */
    struct smb_traces traces;     /* what each source did to each address */
    uint32_t sessions_made;       /* SMB2 session ids of this machine since its start */
    size_t kept_bytes;            /* held by all sessions for samples */
};

/* One message on its way through the handlers. */
struct smb_turn {
    struct session *s;
    struct smb *c;
    struct smb_shared *shared;
    const struct persona *persona;
    struct smb_host host;
    struct wr *out;
};

/* Begin a frame in turn->out; end it: length filled in, sent. smb_frame_end gives the feed status to go on with. */
void smb_frame_begin(struct smb_turn *t);
enum feed_status smb_frame_end(struct smb_turn *t);
/* Ledger entry "<native OS> / <dialect>". */
void smb_told(struct smb_turn *t, const char *dialect);
/* A command event; more than SMB_EVENTS_MAX in a connection are not written. reply: text, or NULL for the status in hex. */
void smb_event(struct smb_turn *t, const char *command, const char *text, const char *reply, uint32_t status);

/* Ids of this connection. new: NULL when the table is full. find: NULL when there is none such. */
struct smb_user *smb_user_new(struct smb_turn *t);
struct smb_user *smb_user_find(struct smb *c, uint64_t id);
struct smb_tree *smb_tree_new(struct smb_turn *t);
struct smb_tree *smb_tree_find(struct smb *c, uint32_t id);
/* Stores a sample; more than SMB_SAMPLES_MAX in a connection are dropped. */
void smb_sample(struct session *s, struct smb *c, const char *name, const void *bytes, size_t n);
/* Keeps bytes for a sample within the loop's budget (SMB_KEPT_MAX each, SMB_KEPT_ALL in all); drops what is over. */
void smb_keep(struct smb_turn *t, const void *bytes, size_t n);
/* Stores what was kept under name, and forgets it. */
void smb_keep_store(struct session *s, struct smb *c, struct smb_shared *shared, const char *name);

/* A whole message that begins with FF 'SMB' or FE 'SMB'; n >= 32 or >= 64. */
enum feed_status smb1_message(struct smb_turn *t, const uint8_t *m, size_t n);
enum feed_status smb2_message(struct smb_turn *t, const uint8_t *m, size_t n);
/* The SMB2 answer to an SMB1 negotiate that offers SMB2 [MS-SMB2 3.3.5.3]: dialect 0x0202 or 0x02ff. */
enum feed_status smb2_answer_multi_protocol(struct smb_turn *t, uint16_t dialect);

#endif

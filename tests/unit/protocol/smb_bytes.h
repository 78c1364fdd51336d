/* Messages that SMB clients send, and readers of what comes back: for the tests of the SMB emulation. */
#ifndef HOTARU_TESTS_SMB_BYTES_H
#define HOTARU_TESTS_SMB_BYTES_H

#include "base/rd.h"
#include "base/wr.h"
#include "harness.h"
#include "protocol/smb.h"

/* A harness with a persona for tests: "xp", "2003", "2008", "7", "2008r2", "2012", "2012r2", "2016", "2019". */
struct harness *smb_harness(const char *name);
const struct persona *smb_persona(const char *name);
/* 2013-04-17 09:30 UTC, the harness' first moment, as FILETIME. */
#define SMB_TEST_FILETIME UINT64_C(130106646000000000)

/* nmap's SMBProgNeg probe: eight dialects, the last is NT LM 0.12; flags 08, flags2 4001, no extended security. */
extern const uint8_t smb_prog_neg[168];

/* Each appends one frame to w. SMB1: ids are set by the caller. */
struct smb1_ids {
    uint16_t tid, uid, mid, flags2;
};
void smb1_put_negotiate(struct wr *w, uint16_t flags2, const char *const *names);
/* words without their count; bytes without theirs. */
void smb1_put(struct wr *w, uint8_t command, struct smb1_ids ids, const void *words, size_t n_words, const void *bytes, size_t n);
void smb1_put_setup_blob(struct wr *w, struct smb1_ids ids, const struct wr *blob);
void smb1_put_setup_bare(struct wr *w, struct smb1_ids ids, const char *user, const char *domain, const void *lm, size_t lm_n,
                         const void *nt, size_t nt_n);
void smb1_put_tree(struct wr *w, struct smb1_ids ids, const char *path, const char *service);
void smb2_put_negotiate(struct wr *w, const uint16_t *dialects, uint16_t count, bool contexts);
struct smb2_ids {
    uint64_t message, session;
    uint32_t tree;
};
void smb2_put(struct wr *w, uint16_t command, struct smb2_ids ids, const void *body, size_t n);
void smb2_put_setup(struct wr *w, struct smb2_ids ids, const struct wr *blob);
void smb2_put_tree(struct wr *w, struct smb2_ids ids, const char *path);

/* NTLMSSP messages; NULL user: anonymous. */
void ntlm_put_negotiate(struct wr *w, uint32_t flags);
void ntlm_put_authenticate(struct wr *w, uint32_t flags, const char *user, const char *domain, const char *workstation,
                           const void *lm, size_t lm_n, const void *nt, size_t nt_n);
/* As NegTokenInit (NTLMSSP only) or NegTokenResp. */
void spnego_put_init(struct wr *w, const struct wr *ntlm);
void spnego_put_resp(struct wr *w, const struct wr *ntlm);

/* Feeds w and empties it; what was sent before is forgotten. */
void smb_say(struct harness *h, struct wr *w);
/* The whole output as one frame: aborts the test when it is not. Of its header: status, and the ids. */
struct rd smb_reply(struct harness *h);
uint32_t smb1_status(struct harness *h, struct smb1_ids *ids); /* ids may be NULL */
uint32_t smb2_status(struct harness *h, struct smb2_ids *ids);
/* An SMB1 connection with a null session and IPC$; or an SMB2 one (dialect 2.0.2). */
struct smb1_ids smb1_walk_in(struct harness *h);
struct smb2_ids smb2_walk_in(struct harness *h);

#endif

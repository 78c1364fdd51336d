/* NTLMSSP [MS-NLMP]: what a client sends, what a server sends, and what both prove. */
#ifndef HOTARU_PROTOCOL_SMB_NTLM_H
#define HOTARU_PROTOCOL_SMB_NTLM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wr.h"
#include "protocol/smb_host.h"

enum { NTLM_NAME_MAX = 256 };

/* Credentials as offered, from an AUTHENTICATE message or from an SMB1 session setup without SPNEGO. */
struct ntlm_login {
    char user[NTLM_NAME_MAX], domain[NTLM_NAME_MAX], workstation[NTLM_NAME_MAX]; /* UTF-8 */
    const uint8_t *user16, *domain16;  /* as sent when that was UTF-16LE (NULL else); borrowed */
    size_t user16_len, domain16_len;
    const uint8_t *lm, *nt;            /* responses; borrowed, may be empty */
    size_t lm_len, nt_len;
    bool session_security;             /* NTLM2 session response: the client's challenge is in lm */
};

/* Message type 1, 2 or 3; 0 when the token is none [MS-NLMP 2.2.1]. */
uint32_t ntlm_type(const uint8_t *token, size_t n);

/* CHALLENGE_MESSAGE [MS-NLMP 2.2.1.2] to a NEGOTIATE of n bytes: AV pairs of a machine that is in no domain, all four
 * names its own, as Windows fills them. -EPROTO when the NEGOTIATE is too short to hold its flags. */
int ntlm_challenge(struct wr *w, const uint8_t *negotiate, size_t n, const uint8_t challenge[static 8], const char *server,
                   const struct smb_host *host, int64_t now_us);

/* AUTHENTICATE_MESSAGE [MS-NLMP 2.2.1.3]. -EPROTO when a field passes the token's end. */
int ntlm_read_authenticate(const uint8_t *token, size_t n, struct ntlm_login *ret);

/* No name and no responses: a null session [MS-NLMP 3.2.5.1.2]. */
bool ntlm_is_anonymous(const struct ntlm_login *l);

/* Whether the responses prove the empty password [MS-NLMP 3.3]. For NTLMv2, only for names that are ASCII. */
bool ntlm_proves_empty_password(const struct ntlm_login *l, const uint8_t challenge[static 8]);

/* "NTLMv2", "NTLMv1", "NTLMv1-ESS", "LM", "anonymous", "plaintext"; static. */
const char *ntlm_kind(const struct ntlm_login *l);

/* The attempt as hashcat reads it: mode 5600 (NetNTLMv2) or 5500 (NetNTLMv1); nothing for other kinds. */
void ntlm_hashcat(struct wr *w, const struct ntlm_login *l, const uint8_t challenge[static 8]);

#endif

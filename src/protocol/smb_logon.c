#include "protocol/smb_logon.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/rng.h"
#include "protocol/smb_spnego.h"

enum { HASHCAT_MAX = 8192 };

static void login_event(struct smb_turn *t, const struct ntlm_login *l, const uint8_t challenge[static 8], uint32_t status)
{
    struct wr hashcat = wr_of(HASHCAT_MAX);
    char text[NTLM_NAME_MAX + 16];
    ntlm_hashcat(&hashcat, l, challenge);
    snprintf(text, sizeof text, "workstation=%s", l->workstation);
    struct event *e = session_event(t->s, EVENT_LOGIN);
    event_str(e, EVENT_F_USER, l->user);
    event_str(e, EVENT_F_DATABASE, l->domain);
    if (l->workstation[0])
        event_str(e, EVENT_F_TEXT, text);
    event_str(e, EVENT_F_PLUGIN, ntlm_kind(l));
    event_bytes(e, EVENT_F_SALT, challenge, 8);
    if (l->nt_len)
        event_bytes(e, EVENT_F_RESPONSE, l->nt, l->nt_len);
    else if (l->lm_len)
        event_bytes(e, EVENT_F_RESPONSE, l->lm, l->lm_len);
    if (hashcat.len && !hashcat.bad)
        event_text(e, EVENT_F_HASHCAT, hashcat.bytes, hashcat.len);
    event_int(e, EVENT_F_ACCEPTED, status == SMB_OK);
    (void)event_end(e);
    wr_done(&hashcat);
}

static uint32_t judge(struct smb_turn *t, const struct ntlm_login *l, const uint8_t challenge[static 8])
{
    uint32_t status = SMB_LOGON_FAILURE;
    if (ntlm_is_anonymous(l))
        status = SMB_OK;
    else if (strcasecmp(l->user, "guest") == 0 && ntlm_proves_empty_password(l, challenge))
        status = SMB_ACCOUNT_DISABLED;
    login_event(t, l, challenge, status);
    return status;
}

static uint32_t challenge_step(struct smb_turn *t, struct smb_logon *l, const struct spnego_token *in, struct wr *token)
{
    struct wr ntlm = wr_of(8192);
    rng_secret(l->challenge, sizeof l->challenge);
    uint32_t status = SMB_MORE_PROCESSING;
    if (ntlm_challenge(&ntlm, in->ntlm, in->ntlm_len, l->challenge, t->persona->smb.server, &t->host,
                       session_now_us(t->s)) < 0 || ntlm.bad)
        status = SMB_INVALID_PARAMETER;
    else if (in->wrapped)
        spnego_write_incomplete(token, ntlm.bytes, ntlm.len);
    else
        wr_bytes(token, ntlm.bytes, ntlm.len);
    l->challenged = status == SMB_MORE_PROCESSING;
    wr_done(&ntlm);
    return status;
}

uint32_t smb_logon_blob(struct smb_turn *t, struct smb_logon *l, const uint8_t *blob, size_t n, struct wr *token)
{
    struct spnego_token in;
    if (spnego_read(blob, n, &in) < 0)
        return SMB_INVALID_PARAMETER;
    if (!in.ntlm) { /* another mechanism was hoped for: name ours, once */
        if (!in.ntlm_offered)
            return in.first ? SMB_LOGON_FAILURE : SMB_INVALID_PARAMETER;
        spnego_write_incomplete(token, NULL, 0);
        return SMB_MORE_PROCESSING;
    }
    uint32_t type = ntlm_type(in.ntlm, in.ntlm_len);
    if (type == 1)
        return challenge_step(t, l, &in, token);
    struct ntlm_login login;
    if (type != 3 || !l->challenged || ntlm_read_authenticate(in.ntlm, in.ntlm_len, &login) < 0)
        return SMB_INVALID_PARAMETER;
    l->challenged = false;
    uint32_t status = judge(t, &login, l->challenge);
    if (status == SMB_OK && in.wrapped)
        spnego_write_completed(token);
    return status;
}

uint32_t smb_logon_bare(struct smb_turn *t, const struct ntlm_login *login)
{
    return judge(t, login, t->c->challenge);
}

/* The login's decision: which method the account wants, whether the answer to the challenge is right, what follows. */
#include <stdio.h>
#include <string.h>

#include "protocol/mysql/my_auth.h"
#include "protocol/mysql/my_crypt.h"

static const char *method_of(const struct my_ses *ses, const struct my_offer *of)
{
    if (of->plugin[0])
        return of->plugin;
    return ses->caps & MY_CAP_SECURE_CONNECTION ? MY_PLUGIN_NATIVE : MY_PLUGIN_OLD;
}

static void login_event(struct my_ses *ses, const struct my_offer *of, bool accepted)
{
    struct event *e = session_event(ses->s, EVENT_LOGIN);
    if (!e)
        return;
    size_t kept = of->response_len < sizeof of->response ? of->response_len : sizeof of->response;
    event_text(e, EVENT_F_USER, of->user, strlen(of->user));
    if (of->has_db)
        event_text(e, EVENT_F_DATABASE, of->db, strlen(of->db));
    event_bytes(e, EVENT_F_SALT, ses->salt, MY_SALT_LEN);
    event_bytes(e, EVENT_F_RESPONSE, of->response, kept);
    event_str(e, EVENT_F_PLUGIN, method_of(ses, of));
    if (of->response_len == 20) { /* hashcat 11200: $mysqlna$salt*response */
        char salt[41], resp[41], line[128];
        my_hex_lower(ses->salt, MY_SALT_LEN, salt);
        my_hex_lower(of->response, 20, resp);
        (void)snprintf(line, sizeof line, "$mysqlna$%s*%s", salt, resp);
        event_str(e, EVENT_F_HASHCAT, line);
    }
    if (of->attrs[0])
        event_text(e, EVENT_F_TEXT, of->attrs, strlen(of->attrs));
    event_int(e, EVENT_F_ACCEPTED, accepted);
    (void)event_end(e);
}

struct feed my_auth_refuse_offer(struct my_ses *ses, const struct my_offer *of, enum my_err e)
{
    login_event(ses, of, false);
    return my_login_refuse(ses, e, my_plain_error(ses->kit, e));
}

/* MariaDB and 5.1 let the connection live on as it was; MySQL from 5.5 on ends it. */
struct feed my_auth_failed_change(struct my_ses *ses)
{
    ses->changing = false;
    if (!ses->kit->mariadb && ses->kit->version >= 50500) {
        ses->phase = MY_PHASE_OVER;
        return (struct feed){FEED_CLOSE, 0};
    }
    if (my_has_plugins(ses->kit))
        (void)snprintf(ses->c->db, sizeof ses->c->db, "%s", ses->c->old_db);
    ses->phase = MY_PHASE_COMMAND;
    return (struct feed){FEED_MORE, 0};
}

static struct feed denied(struct my_ses *ses, const struct my_offer *of)
{
    char host[64], text[700];
    size_t cut = ses->kit->mariadb ? 128 : ses->kit->version >= 50500 ? 48 : 16; /* USERNAME_LENGTH: bytes or characters */
    my_client_host(ses, host);
    login_event(ses, of, false);
    (void)snprintf(text, sizeof text, "Access denied for user '%.*s'@'%s' (using password: %s)", (int)cut, of->user, host,
                   of->response_len ? "YES" : "NO");
    return my_login_refuse(ses, MY_ER_ACCESS_DENIED, text);
}

static struct feed welcome(struct my_ses *ses, const struct my_offer *of, const struct my_account *acc)
{
    struct my_conn *c = ses->c;
    (void)snprintf(c->user, sizeof c->user, "%.128s", of->user);
    (void)snprintf(c->priv_host, sizeof c->priv_host, "%.60s", acc->host);
    my_client_host(ses, c->host);
    login_event(ses, of, true);
    ses->phase = MY_PHASE_COMMAND;
    ses->changing = false;
    session_answered(ses->s, ses->kit->version_text);
    struct my_run r = my_run_of(ses);
    r.out = my_login_out(ses);
    if (of->has_db && of->db[0]) {
        my_use(&r, of->db);
        if (!my_ok(&r)) {
            my_send_error(&r);
            my_login_send(ses);
            ses->phase = MY_PHASE_OVER;
            return (struct feed){FEED_CLOSE, 0};
        }
    }
    r.affected = 0;
    if (ses->caps & MY_CAP_PROTOCOL_41) {
        my_send_ok(&r);
    } else { /* before 4.1 an OK ends after its ids, or bears the status for who knows transactions */
        my_out_begin(r.out);
        wr_zero(&r.out->w, 3);
        if (ses->caps & MY_CAP_TRANSACTIONS)
            wr_le16(&r.out->w, my_status(&r));
        my_out_end(r.out);
    }
    my_diag_clear(c);
    arena_clear(&ses->sh->arena);
    my_login_send(ses);
    return (struct feed){FEED_MORE, 0};
}

/* A response that no client sends for this method: the server calls it a bad handshake, whoever the user is. */
static bool malformed(const struct my_ses *ses, const struct my_offer *of)
{
    if (of->response_len == 0 || of->response_len == 20)
        return false;
    return ses->kit->version >= 50500 || (of->response_len != 8 && of->response_len != 9);
}

static struct feed decide(struct my_ses *ses, const struct my_offer *of)
{
    char host[64], user[200];
    struct my_account acc;
    my_client_host(ses, host);
    (void)snprintf(user, sizeof user, "%.199s", of->user);
    if ((ses->caps & MY_CAP_SECURE_CONNECTION) && malformed(ses, of))
        return my_auth_refuse_offer(ses, of, MY_ER_HANDSHAKE);
    if (!my_let_in(ses, of, user, host, &acc))
        return denied(ses, of);
    return welcome(ses, of, &acc);
}

/* Asks the client for another method, with a new challenge. */
static struct feed ask_switch(struct my_ses *ses, const struct my_offer *of)
{
    struct my_offer *keep = ses->pending ? ses->pending : arena_new(session_arena(ses->s), sizeof *keep);
    if (!keep)
        return (struct feed){FEED_ABORT, 0};
    *keep = *of;
    ses->pending = keep;
    my_new_salt(ses);
    struct my_out *o = my_login_out(ses);
    my_out_begin(o);
    wr_u8(&o->w, 0xfe);
    wr_bytes(&o->w, MY_PLUGIN_NATIVE, sizeof MY_PLUGIN_NATIVE);
    wr_bytes(&o->w, ses->salt, MY_SALT_LEN + 1);
    my_out_end(o);
    my_login_send(ses);
    ses->phase = MY_PHASE_SWITCH;
    return (struct feed){FEED_MORE, 0};
}

struct feed my_auth_begin(struct my_ses *ses, const struct my_offer *of)
{
    if (!ses->c && !my_conn_new(ses))
        return (struct feed){FEED_ABORT, 0};
    if (!(ses->caps & MY_CAP_PLUGIN_AUTH))
        return decide(ses, of);
    if (strcmp(of->plugin, MY_PLUGIN_OLD) == 0) /* never from a short scramble to a long one */
        return my_auth_refuse_offer(ses, of, MY_ER_NOT_SUPPORTED_AUTH_MODE);
    /* COM_CHANGE_USER has no challenge of its own: a fresh one is sent with the switch */
    if (ses->changing || (of->plugin[0] && strcmp(of->plugin, MY_PLUGIN_NATIVE) != 0))
        return ask_switch(ses, of);
    return decide(ses, of);
}

/* The answer to an auth switch. */
struct feed my_auth_more(struct my_ses *ses, struct rd p)
{
    struct my_offer of = *(struct my_offer *)ses->pending;
    of.response_len = rd_left(&p);
    size_t n = of.response_len < sizeof of.response ? of.response_len : sizeof of.response;
    if (n)
        memcpy(of.response, p.p, n);
    (void)snprintf(of.plugin, sizeof of.plugin, MY_PLUGIN_NATIVE);
    return decide(ses, &of);
}

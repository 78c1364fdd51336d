/* The login's decision: which method the account wants, whether the answer to the challenge is right, what follows. */
#include <stdio.h>
#include <string.h>

#include "protocol/mysql/my_auth.h"
#include "protocol/mysql/my_crypt.h"
#include "protocol/mysql/my_tls.h"

/* Methods that are answered with SHA-256 of a challenge. */
static bool is_sha2(const struct my_offer *of)
{
    return strcmp(of->plugin, MY_PLUGIN_SHA2) == 0;
}

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
    char method[90];
    (void)snprintf(method, sizeof method, "%s%s", method_of(ses, of), of->clear ? "/clear" : "");
    event_str(e, EVENT_F_PLUGIN, method);
    if (of->response_len == 20 && !of->clear && !is_sha2(of)) { /* hashcat 11200: $mysqlna$salt*response */
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
    if (!ses->net.zip && (ses->caps & (MY_CAP_COMPRESS | MY_CAP_ZSTD)) &&
        my_net_start_zip(ses, ses->caps & MY_CAP_COMPRESS ? 0 : ses->zstd_level) < 0)
        return (struct feed){FEED_ABORT, 0};
    return (struct feed){FEED_MORE, 0};
}

/* A response that no client sends for this method: the server calls it a bad handshake, whoever the user is. */
static bool malformed(const struct my_ses *ses, const struct my_offer *of)
{
    if (of->response_len == 0 || of->response_len == 20 || of->clear || is_sha2(of))
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

/* One byte behind 0x01: how caching_sha2_password goes on. */
enum sha2_step { SHA2_KEY_WANTED = 2, SHA2_FAST_OK = 3, SHA2_FULL = 4 };

static void more_data(struct my_ses *ses, const void *bytes, size_t n)
{
    struct my_out *o = my_login_out(ses);
    my_out_begin(o);
    wr_u8(&o->w, 1);
    wr_bytes(&o->w, bytes, n);
    my_out_end(o);
    my_login_send(ses);
}

static struct my_offer *keep_offer(struct my_ses *ses, const struct my_offer *of)
{
    struct my_offer *keep = ses->pending ? ses->pending : arena_new(session_arena(ses->s), sizeof *keep);
    if (keep)
        *keep = *of;
    ses->pending = keep;
    return keep;
}

/* The fast answer of caching_sha2_password: enough for a password that the server has cached, else it wants the password. */
static struct feed decide_sha2(struct my_ses *ses, const struct my_offer *of)
{
    char host[64], user[200];
    my_client_host(ses, host);
    (void)snprintf(user, sizeof user, "%.199s", of->user);
    if (of->response_len != 32)
        return decide(ses, of);
    if (my_cached(ses, of, user, host)) {
        more_data(ses, &(uint8_t){SHA2_FAST_OK}, 1);
        return decide(ses, of);
    }
    if (!keep_offer(ses, of))
        return (struct feed){FEED_ABORT, 0};
    more_data(ses, &(uint8_t){SHA2_FULL}, 1);
    ses->key_sent = false;
    ses->phase = MY_PHASE_FULL;
    return (struct feed){FEED_MORE, 0};
}

static struct feed full_password(struct my_ses *ses, struct my_offer *of, const uint8_t *password, size_t n)
{
    const uint8_t *nul = n ? memchr(password, 0, n) : NULL;
    of->clear = true;
    of->response_len = nul ? (size_t)(nul - password) : n;
    if (of->response_len > sizeof of->response)
        of->response_len = sizeof of->response;
    if (of->response_len)
        memcpy(of->response, password, of->response_len);
    return decide(ses, of);
}

/* caching_sha2_password after SHA2_FULL, and sha256_password from its switch on: the password in TLS, or encrypted with the
 * key that the client asks for (by 2 and by 1). */
struct feed my_auth_full(struct my_ses *ses, struct rd p)
{
    struct my_offer of = *(struct my_offer *)ses->pending;
    uint8_t text[256], ask = is_sha2(&of) ? SHA2_KEY_WANTED : 1;
    size_t n = 0;
    if (ses->net.tls)
        return full_password(ses, &of, p.p, rd_left(&p));
    if (!ses->key_sent && rd_left(&p) == 1 && *p.p == ask && ses->kit->tls) {
        const char *pem = my_tls_public_key(ses->kit->tls, &n);
        more_data(ses, pem, n);
        ses->key_sent = true;
        return (struct feed){FEED_MORE, 0};
    }
    if (rd_left(&p) == 1 && *p.p == 0 && !is_sha2(&of)) /* no password */
        return full_password(ses, &of, p.p, 1);
    if (!ses->kit->tls || !my_tls_decrypt(ses->kit->tls, p.p, rd_left(&p), text, sizeof text, &n))
        return denied(ses, &of);
    for (size_t i = 0; i < n; i++)
        text[i] ^= ses->salt[i % MY_SALT_LEN];
    return full_password(ses, &of, text, n);
}

void my_auth_abandoned(struct my_ses *ses)
{
    if (ses->phase == MY_PHASE_FULL && ses->pending)
        login_event(ses, ses->pending, false);
}

/* Asks the client for another method, with a new challenge. */
static struct feed ask_switch(struct my_ses *ses, const struct my_offer *of, const char *plugin)
{
    struct my_offer *keep = keep_offer(ses, of);
    if (!keep)
        return (struct feed){FEED_ABORT, 0};
    (void)snprintf(keep->plugin, sizeof keep->plugin, "%s", plugin);
    my_new_salt(ses);
    struct my_out *o = my_login_out(ses);
    my_out_begin(o);
    wr_u8(&o->w, 0xfe);
    wr_bytes(&o->w, plugin, strlen(plugin) + 1);
    wr_bytes(&o->w, ses->salt, MY_SALT_LEN + 1);
    my_out_end(o);
    my_login_send(ses);
    ses->key_sent = false;
    ses->phase = strcmp(plugin, MY_PLUGIN_SHA256) == 0 ? MY_PHASE_FULL : MY_PHASE_SWITCH;
    return (struct feed){FEED_MORE, 0};
}

static struct feed decide_by_method(struct my_ses *ses, const struct my_offer *of)
{
    return is_sha2(of) ? decide_sha2(ses, of) : decide(ses, of);
}

struct feed my_auth_begin(struct my_ses *ses, const struct my_offer *of)
{
    const struct my_kit *k = ses->kit;
    char user[200];
    if (!ses->c && !my_conn_new(ses))
        return (struct feed){FEED_ABORT, 0};
    (void)snprintf(user, sizeof user, "%.199s", of->user);
    const char *plugin = my_plugin_of(ses, user);
    if (!(ses->caps & MY_CAP_PLUGIN_AUTH)) /* cannot be asked for another method */
        return strcmp(plugin, MY_PLUGIN_NATIVE) != 0 ? my_auth_refuse_offer(ses, of, MY_ER_NOT_SUPPORTED_AUTH_MODE) : decide(ses, of);
    bool old = strcmp(of->plugin, MY_PLUGIN_OLD) == 0, modern = !k->mariadb && k->version >= 50705;
    if (old && !modern) /* never from a short scramble to a long one */
        return my_auth_refuse_offer(ses, of, MY_ER_NOT_SUPPORTED_AUTH_MODE);
    /* COM_CHANGE_USER has no challenge of its own: a fresh one is sent with the switch */
    bool other = strcmp(of->plugin, plugin) != 0 && (of->plugin[0] || (k->version >= 50700 && !k->mariadb));
    if (ses->changing || other)
        return ask_switch(ses, of, plugin);
    return decide_by_method(ses, of);
}

/* The answer to an auth switch. */
struct feed my_auth_more(struct my_ses *ses, struct rd p)
{
    struct my_offer of = *(struct my_offer *)ses->pending;
    of.response_len = rd_left(&p);
    size_t n = of.response_len < sizeof of.response ? of.response_len : sizeof of.response;
    if (n)
        memcpy(of.response, p.p, n);
    if (is_sha2(&of) && of.response_len == 1 && of.response[0] == 0) /* an empty password */
        of.response_len = 0;
    return decide_by_method(ses, &of);
}

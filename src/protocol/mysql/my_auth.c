/* Greeting and login. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/ip.h"
#include "base/rng.h"
#include "base/ts.h"
#include "protocol/mysql/my_crypt.h"
#include "protocol/mysql/my_ses.h"
#include "protocol/mysql/world/my_acl.h"

static const char native[] = "mysql_native_password";

static bool has_plugins(const struct my_kit *k)
{
    return k->mariadb || k->version >= 50507;
}

static uint32_t server_caps(const struct my_kit *k)
{
    if (k->mariadb)
        return 0x81fff7fe;
    if (k->version >= 50700)
        return 0x81fff7ff;
    if (k->version >= 50600)
        return 0x807ff7ff;
    return k->version >= 50500 ? 0x800ff7ff : 0xf7ff;
}

/* Printable, as the server draws them (create_random_string). */
static void new_salt(struct my_ses *ses)
{
    rng_secret(ses->salt, MY_SALT_LEN);
    for (size_t i = 0; i < MY_SALT_LEN; i++)
        ses->salt[i] = (uint8_t)(33 + ses->salt[i] % 94);
    ses->salt[MY_SALT_LEN] = '\0';
}

static struct my_out *out_begin(struct my_ses *ses)
{
    struct my_out *o = &ses->sh->out;
    wr_clear(&o->w);
    o->w.max = 64u << 20;
    o->seq = ses->seq;
    return o;
}

static void out_send(struct my_ses *ses)
{
    struct my_out *o = &ses->sh->out;
    ses->seq = o->seq;
    if (o->w.bad)
        session_end(ses->s, "limit");
    else
        (void)session_send(ses->s, o->w.bytes, o->w.len);
}

int my_send_greeting(struct my_ses *ses)
{
    struct my_kit *k = ses->kit;
    uint32_t caps = server_caps(k);
    new_salt(ses);
    ses->seq = 0;
    struct my_out *o = out_begin(ses);
    my_out_begin(o);
    wr_u8(&o->w, 10);
    if (k->mariadb)
        wr_str(&o->w, "5.5.5-"); /* replication of old servers stumbles over 10.x */
    wr_str(&o->w, k->version_text);
    wr_u8(&o->w, 0);
    wr_le32(&o->w, ses->thread_id);
    wr_bytes(&o->w, ses->salt, 8);
    wr_u8(&o->w, 0);
    wr_le16(&o->w, (uint16_t)caps);
    wr_u8(&o->w, (uint8_t)k->server_coll->id);
    wr_le16(&o->w, MY_STATUS_AUTOCOMMIT);
    wr_le16(&o->w, (uint16_t)(caps >> 16));
    wr_u8(&o->w, has_plugins(k) ? MY_SALT_LEN + 1 : 0);
    wr_zero(&o->w, k->mariadb ? 6 : 10);
    if (k->mariadb)
        wr_le32(&o->w, 0x1d); /* MariaDB's own capabilities */
    wr_bytes(&o->w, ses->salt + 8, 12);
    wr_u8(&o->w, 0);
    if (has_plugins(k))
        wr_bytes(&o->w, native, sizeof native);
    my_out_end(o);
    out_send(ses);
    return o->w.bad ? -ENOMEM : 0;
}

/* ---- what the client offers ---- */
struct offer {
    char user[1024];
    char db[256];
    uint8_t response[256];
    size_t response_len;
    char plugin[64];
    char attrs[1024];
    bool has_db, has_plugin;
};

static void copy_text(char *to, size_t size, struct rd s)
{
    size_t n = rd_left(&s) < size - 1 ? rd_left(&s) : size - 1;
    if (n)
        memcpy(to, s.p, n);
    to[n] = '\0';
}

static void login_event(struct my_ses *ses, const struct offer *of, bool accepted)
{
    struct event *e = session_event(ses->s, EVENT_LOGIN);
    if (!e)
        return;
    event_text(e, EVENT_F_USER, of->user, strlen(of->user));
    if (of->has_db)
        event_text(e, EVENT_F_DATABASE, of->db, strlen(of->db));
    event_bytes(e, EVENT_F_SALT, ses->salt, MY_SALT_LEN);
    event_bytes(e, EVENT_F_RESPONSE, of->response, of->response_len);
    event_str(e, EVENT_F_PLUGIN, of->has_plugin ? of->plugin : ses->caps & MY_CAP_SECURE_CONNECTION ? native : "mysql_old_password");
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

static void client_host(const struct my_ses *ses, char host[static 64])
{
    char buf[IP4_TEXT_MAX];
    (void)snprintf(host, 64, "%s", ip4_format(session_src(ses->s), buf));
}

/* Ends the login with an error. Before the client's capabilities are known the error has no SQLSTATE, unless the server
 * is of 5.5 or later. */
static struct feed refuse(struct my_ses *ses, enum my_err e, bool state, const char *text)
{
    struct my_out *o = out_begin(ses);
    my_send_raw_error(ses, o, e, state, text);
    out_send(ses);
    ses->phase = MY_PHASE_OVER;
    return (struct feed){FEED_CLOSE, 0};
}

static bool error_state(const struct my_ses *ses)
{
    return ses->kit->version >= 50500 || (ses->caps & MY_CAP_PROTOCOL_41);
}

static struct feed denied(struct my_ses *ses, const struct offer *of)
{
    char host[64], text[700];
    size_t cut = ses->kit->mariadb ? 128 : ses->kit->version >= 50500 ? 48 : 16; /* USERNAME_LENGTH: bytes or characters */
    client_host(ses, host);
    login_event(ses, of, false);
    (void)snprintf(text, sizeof text, "Access denied for user '%.*s'@'%s' (using password: %s)", (int)cut, of->user, host,
                   of->response_len ? "YES" : "NO");
    struct feed f = refuse(ses, MY_ER_ACCESS_DENIED, error_state(ses), text);
    if (ses->changing && ses->kit->version < 50500) { /* the connection lives on as it was */
        ses->phase = MY_PHASE_COMMAND;
        return (struct feed){FEED_MORE, 0};
    }
    return f;
}

/* ---- accounts: rows of mysql.user ---- */
struct account {
    const char *user, *host, *hash;
    int rank; /* how exactly host names the client */
};

static bool host_like(const char *pattern, const char *host)
{
    for (; *pattern; pattern++, host++) {
        if (*pattern == '%') {
            while (*pattern == '%')
                pattern++;
            if (!*pattern)
                return true;
            for (; *host; host++)
                if (host_like(pattern, host))
                    return true;
            return false;
        }
        if (!*host || (*pattern != '_' && *pattern != *host))
            return false;
    }
    return !*host;
}

static const char *cell_text(const struct my_row *r, int col)
{
    return col >= 0 && (uint32_t)col < r->n && !r->cell[col].null ? r->cell[col].p : "";
}

/* The account the server would take: the most exact host first, a named user before the anonymous one. */
static bool find_account(struct my_world *w, const char *user, const char *host, struct account *ret)
{
    const struct my_table *t = my_acl_loaded(w, "user");
    if (!t)
        return false;
    int cu = my_table_col(t, "User"), ch = my_table_col(t, "Host"), cp = my_table_col(t, "Password"), ca = my_table_col(t, "authentication_string");
    int best = -1;
    for (size_t i = 0; i < t->n_rows; i++) {
        const char *u = cell_text(t->rows[i], cu), *h = cell_text(t->rows[i], ch);
        bool exact = strcmp(h, host) == 0;
        if (!exact && !host_like(h, host))
            continue;
        if (u[0] && strcmp(u, user) != 0)
            continue;
        int rank = (exact ? 1000 : (int)strcspn(h, "%_")) * 2 + (u[0] != '\0');
        if (rank <= best)
            continue;
        best = rank;
        const char *hash = cell_text(t->rows[i], cp);
        *ret = (struct account){u, h, hash[0] ? hash : cell_text(t->rows[i], ca), rank};
    }
    return best >= 0;
}

static bool password_ok(const struct my_ses *ses, const struct offer *of, const char *stored)
{
    if (!stored[0])
        return of->response_len == 0;
    if (of->response_len == 20)
        return my_native_check(of->response, ses->salt, stored);
    if (of->response_len >= 8 && strlen(stored) == 16)
        return my_old_check(of->response, of->response_len, ses->salt, stored);
    return false;
}

static struct feed welcome(struct my_ses *ses, const struct offer *of, const struct account *acc)
{
    struct my_conn *c = ses->c;
    (void)snprintf(c->user, sizeof c->user, "%.128s", of->user);
    (void)snprintf(c->priv_host, sizeof c->priv_host, "%.60s", acc->host);
    client_host(ses, c->host);
    login_event(ses, of, true);
    ses->phase = MY_PHASE_COMMAND;
    session_answered(ses->s, ses->kit->version_text);
    struct my_run r = my_run_of(ses);
    r.out = out_begin(ses);
    if (of->has_db && of->db[0]) {
        my_use(&r, of->db);
        if (!my_ok(&r)) {
            my_send_error(&r);
            out_send(ses);
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
    out_send(ses);
    return (struct feed){FEED_MORE, 0};
}

static struct feed decide(struct my_ses *ses, const struct offer *of)
{
    char host[64];
    struct account acc;
    client_host(ses, host);
    if (!ses->c) {
        ses->c = my_conn_new(ses);
        if (!ses->c)
            return (struct feed){FEED_ABORT, 0};
    }
    char user[200];
    (void)snprintf(user, sizeof user, "%.199s", of->user);
    if (!find_account(ses->c->world, user, host, &acc) || !password_ok(ses, of, acc.hash))
        return denied(ses, of);
    return welcome(ses, of, &acc);
}

/* ---- login packet ---- */
static struct feed login_old(struct my_ses *ses, struct rd p)
{
    struct offer of = {.user = ""};
    ses->caps = rd_le16(&p);
    (void)rd_le24(&p);
    bool nul = false;
    struct rd user = my_rd_nulstr(&p, &nul);
    copy_text(of.user, sizeof of.user, user);
    struct rd rest = p;
    struct rd resp = my_rd_nulstr(&rest, &nul);
    of.response_len = rd_left(&resp) < sizeof of.response ? rd_left(&resp) : sizeof of.response;
    if (of.response_len)
        memcpy(of.response, resp.p, of.response_len);
    if (ses->kit->version >= 50600 || ses->kit->mariadb) { /* secure_auth is on */
        login_event(ses, &of, false);
        return refuse(ses, MY_ER_NOT_SUPPORTED_AUTH_MODE, false, my_errdef(MY_ER_NOT_SUPPORTED_AUTH_MODE)->text);
    }
    if ((ses->caps & MY_CAP_CONNECT_WITH_DB) && rd_left(&rest)) {
        struct rd db = my_rd_nulstr(&rest, &nul);
        copy_text(of.db, sizeof of.db, db);
        of.has_db = true;
    }
    ses->client_charset = (uint8_t)ses->kit->server_coll->id;
    return decide(ses, &of);
}

static bool read_response(struct my_ses *ses, struct rd *p, struct offer *of)
{
    struct rd resp;
    if (ses->caps & MY_CAP_PLUGIN_AUTH_LENENC && has_plugins(ses->kit)) {
        uint64_t n = my_rd_lenenc(p, NULL);
        resp = rd_sub(p, n);
    } else if (ses->caps & MY_CAP_SECURE_CONNECTION) {
        resp = rd_sub(p, rd_u8(p));
    } else {
        bool nul = false;
        resp = my_rd_nulstr(p, &nul);
    }
    if (p->bad)
        return false;
    of->response_len = rd_left(&resp) < sizeof of->response ? rd_left(&resp) : sizeof of->response;
    if (of->response_len)
        memcpy(of->response, resp.p, of->response_len);
    return true;
}

static void read_attrs(struct rd *p, struct offer *of)
{
    struct rd all = rd_sub(p, my_rd_lenenc(p, NULL));
    size_t at = 0;
    while (!all.bad && rd_left(&all) && at + 4 < sizeof of->attrs) {
        struct rd k = rd_sub(&all, my_rd_lenenc(&all, NULL)), v = rd_sub(&all, my_rd_lenenc(&all, NULL));
        if (all.bad)
            return;
        int n = snprintf(of->attrs + at, sizeof of->attrs - at, "%s%.*s=%.*s", at ? " " : "", (int)(rd_left(&k) > 64 ? 64 : rd_left(&k)),
                         (const char *)k.p, (int)(rd_left(&v) > 128 ? 128 : rd_left(&v)), (const char *)v.p);
        if (n < 0 || (size_t)n >= sizeof of->attrs - at) {
            of->attrs[at] = '\0';
            return;
        }
        at += (size_t)n;
    }
}

/* Only what this server knows of is taken from the packet. 5.1 greets with 16 bits of it, and knows three more. */
static uint32_t caps_known(const struct my_ses *ses, uint32_t caps)
{
    uint32_t more = MY_CAP_LONG_PASSWORD | MY_CAP_MULTI_STATEMENTS | MY_CAP_MULTI_RESULTS | MY_CAP_PS_MULTI_RESULTS;
    return caps & (server_caps(ses->kit) | more);
}

struct feed my_login(struct my_ses *ses, struct rd p)
{
    struct rd whole = p;
    if (rd_left(&p) < 4)
        return refuse(ses, MY_ER_HANDSHAKE, ses->kit->version >= 50500, my_errdef(MY_ER_HANDSHAKE)->text);
    uint16_t low = rd_le16(&p);
    if (!(low & MY_CAP_PROTOCOL_41))
        return login_old(ses, whole);
    if (rd_left(&whole) < 32)
        return refuse(ses, MY_ER_HANDSHAKE, ses->kit->version >= 50500, my_errdef(MY_ER_HANDSHAKE)->text);
    struct offer of = {.user = ""};
    ses->caps = caps_known(ses, (uint32_t)rd_le16(&p) << 16 | low);
    rd_skip(&p, 4);
    ses->client_charset = rd_u8(&p);
    rd_skip(&p, 23);
    bool nul = false;
    struct rd user = my_rd_nulstr(&p, &nul);
    copy_text(of.user, sizeof of.user, user);
    if (!read_response(ses, &p, &of))
        return refuse(ses, MY_ER_HANDSHAKE, error_state(ses), my_errdef(MY_ER_HANDSHAKE)->text);
    if (ses->caps & MY_CAP_CONNECT_WITH_DB) {
        struct rd db = my_rd_nulstr(&p, &nul);
        copy_text(of.db, sizeof of.db, db);
        of.has_db = true;
    }
    if (ses->caps & MY_CAP_PLUGIN_AUTH && has_plugins(ses->kit)) {
        struct rd plugin = my_rd_nulstr(&p, &nul);
        copy_text(of.plugin, sizeof of.plugin, plugin);
        of.has_plugin = true;
    }
    if (ses->caps & MY_CAP_CONNECT_ATTRS && has_plugins(ses->kit) && rd_left(&p))
        read_attrs(&p, &of);
    if (of.has_plugin && of.plugin[0] && strcmp(of.plugin, native) != 0 && strcmp(of.plugin, "mysql_old_password") != 0) {
        /* the client's default method is another: it is asked to use this one */
        struct offer *keep = arena_new(session_arena(ses->s), sizeof *keep);
        if (!keep)
            return (struct feed){FEED_ABORT, 0};
        *keep = of;
        ses->pending = keep;
        new_salt(ses);
        struct my_out *o = out_begin(ses);
        my_out_begin(o);
        wr_u8(&o->w, 0xfe);
        wr_bytes(&o->w, native, sizeof native);
        wr_bytes(&o->w, ses->salt, MY_SALT_LEN + 1);
        my_out_end(o);
        out_send(ses);
        ses->phase = MY_PHASE_SWITCH;
        return (struct feed){FEED_MORE, 0};
    }
    return decide(ses, &of);
}

/* The answer to an auth switch. */
struct feed my_auth_more(struct my_ses *ses, struct rd p)
{
    struct offer of = *(struct offer *)ses->pending;
    of.response_len = rd_left(&p) < sizeof of.response ? rd_left(&p) : sizeof of.response;
    if (of.response_len)
        memcpy(of.response, p.p, of.response_len);
    (void)snprintf(of.plugin, sizeof of.plugin, "%s", native);
    of.has_plugin = true;
    return decide(ses, &of);
}

/* COM_CHANGE_USER, after its command byte. */
struct feed my_change_user(struct my_ses *ses, struct rd p)
{
    struct offer of = {.user = ""};
    bool nul = false;
    struct rd user = my_rd_nulstr(&p, &nul), resp;
    copy_text(of.user, sizeof of.user, user);
    if (ses->caps & MY_CAP_SECURE_CONNECTION)
        resp = rd_sub(&p, rd_u8(&p));
    else
        resp = my_rd_nulstr(&p, &nul);
    struct rd db = my_rd_nulstr(&p, &nul);
    if (p.bad) {
        struct my_out *o = out_begin(ses);
        my_send_raw_error(ses, o, MY_ER_UNKNOWN_COM, true, my_errdef(MY_ER_UNKNOWN_COM)->text);
        out_send(ses);
        return (struct feed){FEED_MORE, 0};
    }
    of.response_len = rd_left(&resp) < sizeof of.response ? rd_left(&resp) : sizeof of.response;
    if (of.response_len)
        memcpy(of.response, resp.p, of.response_len);
    copy_text(of.db, sizeof of.db, db);
    of.has_db = of.db[0] != '\0';
    if (rd_left(&p) >= 2)
        ses->client_charset = (uint8_t)rd_le16(&p);
    ses->changing = true;
    if (has_plugins(ses->kit)) {
        my_conn_reset(ses);
        ses->c->db[0] = '\0';
    }
    if (!has_plugins(ses->kit))
        return decide(ses, &of);
    /* from 5.5 on a fresh challenge is sent, since the client answered the one of the greeting */
    struct offer *keep = ses->pending ? ses->pending : arena_new(session_arena(ses->s), sizeof *keep);
    if (!keep)
        return (struct feed){FEED_ABORT, 0};
    *keep = of;
    ses->pending = keep;
    new_salt(ses);
    struct my_out *o = out_begin(ses);
    my_out_begin(o);
    wr_u8(&o->w, 0xfe);
    wr_bytes(&o->w, native, sizeof native);
    wr_bytes(&o->w, ses->salt, MY_SALT_LEN + 1);
    my_out_end(o);
    out_send(ses);
    ses->phase = MY_PHASE_SWITCH;
    return (struct feed){FEED_MORE, 0};
}

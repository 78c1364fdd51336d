/* The login's packets: the greeting goes out, the client's offer comes in (manual, "Protocol::HandshakeV10",
 * "HandshakeResponse41", "HandshakeResponse320", "COM_CHANGE_USER"). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/ip.h"
#include "base/rng.h"
#include "protocol/mysql/my_auth.h"

#define MARIADB_CAPS_EXT 0x1du /* progress, bulk, extended and cached metadata */

uint32_t my_server_caps(const struct my_kit *k)
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
void my_new_salt(struct my_ses *ses)
{
    rng_pool_take(&ses->sh->secrets, ses->salt, MY_SALT_LEN);
    for (size_t i = 0; i < MY_SALT_LEN; i++)
        ses->salt[i] = (uint8_t)(33 + ses->salt[i] % 94);
    ses->salt[MY_SALT_LEN] = '\0';
}

struct my_out *my_login_out(struct my_ses *ses)
{
    struct my_out *o = &ses->sh->out;
    wr_clear(&o->w);
    o->w.max = 64u << 20;
    o->seq = ses->seq;
    return o;
}

void my_login_send(struct my_ses *ses)
{
    struct my_out *o = &ses->sh->out;
    ses->seq = o->seq;
    if (o->w.bad)
        session_end(ses->s, "limit");
    else
        (void)session_send(ses->s, o->w.bytes, o->w.len);
}

void my_client_host(const struct my_ses *ses, char host[static 64])
{
    char buf[IP4_TEXT_MAX];
    (void)snprintf(host, 64, "%s", ip4_format(session_src(ses->s), buf));
}

const char *my_plain_error(const struct my_kit *k, enum my_err e)
{
    if (k->mariadb && e == MY_ER_NOT_SUPPORTED_AUTH_MODE)
        return "Client does not support authentication protocol requested by server; consider upgrading MariaDB client";
    return my_errdef(e)->text;
}

/* Before the client's capabilities are known the error has no SQLSTATE, unless the server is of 5.5 or later. */
static bool error_state(const struct my_ses *ses)
{
    return ses->caps_known ? (ses->caps & MY_CAP_PROTOCOL_41) != 0 : ses->kit->version >= 50500;
}

struct feed my_login_refuse(struct my_ses *ses, enum my_err e, const char *text)
{
    struct my_out *o = my_login_out(ses);
    my_send_raw_error(ses, o, e, error_state(ses), text);
    my_login_send(ses);
    if (ses->changing)
        return my_auth_failed_change(ses);
    ses->phase = MY_PHASE_OVER;
    return (struct feed){FEED_CLOSE, 0};
}

static struct feed bad_handshake(struct my_ses *ses)
{
    return my_login_refuse(ses, MY_ER_HANDSHAKE, my_errdef(MY_ER_HANDSHAKE)->text);
}

int my_send_greeting(struct my_ses *ses)
{
    struct my_kit *k = ses->kit;
    uint32_t caps = my_server_caps(k);
    my_new_salt(ses);
    struct my_out *o = my_login_out(ses);
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
    wr_u8(&o->w, my_has_plugins(k) ? MY_SALT_LEN + 1 : 0);
    wr_zero(&o->w, k->mariadb ? 6 : 10);
    if (k->mariadb)
        wr_le32(&o->w, MARIADB_CAPS_EXT);
    wr_bytes(&o->w, ses->salt + 8, 12);
    wr_u8(&o->w, 0);
    if (my_has_plugins(k))
        wr_bytes(&o->w, MY_PLUGIN_NATIVE, sizeof MY_PLUGIN_NATIVE);
    my_out_end(o);
    my_login_send(ses);
    return o->w.bad ? -ENOMEM : 0;
}

/* ---- text of the client's character set ---- */

/* Length of the UTF-8 character at p, 0 when there is none. */
static size_t utf8_char(const uint8_t *p, size_t n)
{
    size_t len = p[0] < 0x80 ? 1 : p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : p[0] >= 0xe0 && p[0] < 0xf0 ? 3 : p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : 0;
    if (len == 0 || len > n)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return len;
}

/* As UTF-8; what the character set does not have becomes a question mark, as the server's copy_and_convert has it. */
static void take_text(const struct my_ses *ses, char *to, size_t size, struct rd s)
{
    const struct my_coll *cs = ses->client_charset ? my_coll_by_id(ses->kit, ses->client_charset) : NULL;
    bool latin1 = cs ? strcmp(cs->charset, "latin1") == 0 : false;
    size_t at = 0;
    while (rd_left(&s) && at + 4 < size) {
        size_t len = latin1 ? 1 : utf8_char(s.p, rd_left(&s));
        uint8_t c = *s.p;
        if (latin1 && c >= 0x80) {
            to[at++] = (char)(0xc0 | c >> 6);
            to[at++] = (char)(0x80 | (c & 0x3f));
        } else if (len == 0) {
            to[at++] = '?';
        } else {
            memcpy(to + at, s.p, len);
            at += len;
        }
        rd_skip(&s, len ? len : 1);
    }
    to[at] = '\0';
}

static void take_response(struct my_offer *of, struct rd resp)
{
    of->response_len = rd_left(&resp);
    size_t n = of->response_len < sizeof of->response ? of->response_len : sizeof of->response;
    if (n)
        memcpy(of->response, resp.p, n);
}

/* ---- the client's packet ---- */
static bool read_response(struct my_ses *ses, struct rd *p, struct my_offer *of)
{
    struct rd resp;
    bool nul = true;
    if ((ses->caps & MY_CAP_PROTOCOL_41) && (ses->caps & MY_CAP_PLUGIN_AUTH_LENENC) && my_has_plugins(ses->kit))
        resp = rd_sub(p, my_rd_lenenc(p, NULL));
    else if (ses->caps & MY_CAP_SECURE_CONNECTION)
        resp = rd_sub(p, rd_u8(p));
    else
        resp = my_rd_nulstr(p, &nul);
    if (!p->bad)
        take_response(of, resp);
    return !p->bad;
}

static void attr_text(struct my_offer *of, struct rd all)
{
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

/* read_client_connect_attrs(): the length must be there and within the packet; what it covers may be anything. */
static bool read_attrs(struct my_ses *ses, struct rd *p, struct my_offer *of)
{
    if (!(ses->caps & MY_CAP_CONNECT_ATTRS))
        return true;
    struct rd all = rd_sub(p, my_rd_lenenc(p, NULL));
    if (p->bad)
        return false;
    attr_text(of, all);
    return true;
}

/* Only what this server knows of is taken from the packet. 5.1 greets with 16 bits of it, and knows three more. */
static uint32_t caps_taken(const struct my_ses *ses, uint32_t caps)
{
    uint32_t more = MY_CAP_LONG_PASSWORD | MY_CAP_MULTI_STATEMENTS | MY_CAP_MULTI_RESULTS | MY_CAP_PS_MULTI_RESULTS;
    return caps & (my_server_caps(ses->kit) | more);
}

/* thd_init_client_charset(): a character set that the parser cannot read is refused from 5.5 on. */
static bool charset_fits(struct my_ses *ses, struct feed *ret)
{
    const struct my_coll *cs = ses->client_charset ? my_coll_by_id(ses->kit, ses->client_charset) : NULL;
    if (!cs || cs->minlen == 1 || ses->kit->version < 50500)
        return true;
    char text[120];
    (void)snprintf(text, sizeof text, "Variable 'character_set_client' can't be set to the value of '%.40s'", cs->charset);
    *ret = my_login_refuse(ses, MY_ER_WRONG_VALUE_FOR_VAR, text);
    return false;
}

/* Before 4.1: 16 bits of capabilities, 3 bytes of packet size, user, response. */
static struct feed login_old(struct my_ses *ses, struct rd p)
{
    struct my_offer of = {.user = ""};
    const struct my_kit *k = ses->kit;
    ses->caps = rd_le16(&p) & my_server_caps(k);
    ses->caps_known = true;
    (void)rd_le24(&p);
    bool nul = false;
    ses->client_charset = (uint8_t)k->server_coll->id;
    struct rd user = my_rd_nulstr(&p, &nul);
    take_text(ses, of.user, sizeof of.user, user);
    if (k->mariadb && (!nul || !rd_left(&p)) && !(nul && (ses->caps & MY_CAP_SECURE_CONNECTION) == 0))
        return bad_handshake(ses);
    if (k->mariadb || !(ses->caps & MY_CAP_SECURE_CONNECTION)) {
        if (!read_response(ses, &p, &of))
            return bad_handshake(ses);
    } else {
        take_response(&of, my_rd_nulstr(&p, &nul));
    }
    if ((k->version >= 50600 && !k->mariadb) || (k->mariadb && of.response_len && !(ses->caps & MY_CAP_SECURE_CONNECTION))) /* secure_auth is on */
        return my_auth_refuse_offer(ses, &of, MY_ER_NOT_SUPPORTED_AUTH_MODE);
    if ((ses->caps & MY_CAP_CONNECT_WITH_DB) && rd_left(&p)) {
        take_text(ses, of.db, sizeof of.db, my_rd_nulstr(&p, &nul));
        of.has_db = true;
    }
    return my_auth_begin(ses, &of);
}

static struct feed login_41(struct my_ses *ses, struct rd p)
{
    struct my_offer of = {.user = ""};
    struct feed f;
    bool nul = false;
    if (!charset_fits(ses, &f))
        return f;
    struct rd user = my_rd_nulstr(&p, &nul);
    take_text(ses, of.user, sizeof of.user, user);
    if (!read_response(ses, &p, &of))
        return bad_handshake(ses);
    if (ses->caps & MY_CAP_CONNECT_WITH_DB) {
        take_text(ses, of.db, sizeof of.db, my_rd_nulstr(&p, &nul));
        of.has_db = true;
    }
    if (ses->caps & MY_CAP_PLUGIN_AUTH) {
        struct rd plugin = my_rd_nulstr(&p, &nul);
        take_text(ses, of.plugin, sizeof of.plugin, plugin);
    }
    if (!read_attrs(ses, &p, &of))
        return bad_handshake(ses);
    return my_auth_begin(ses, &of);
}

struct feed my_login(struct my_ses *ses, struct rd p)
{
    struct rd whole = p;
    if (rd_left(&p) < 4)
        return bad_handshake(ses);
    uint16_t low = rd_le16(&p);
    if (!(low & MY_CAP_PROTOCOL_41))
        return login_old(ses, whole);
    if (rd_left(&whole) < 32)
        return bad_handshake(ses);
    ses->caps = caps_taken(ses, (uint32_t)rd_le16(&p) << 16 | low);
    ses->caps_known = true;
    rd_skip(&p, 4);
    ses->client_charset = rd_u8(&p);
    rd_skip(&p, 19);
    uint32_t ext = rd_le32(&p);
    ses->caps_ext = ses->kit->mariadb && !(low & MY_CAP_LONG_PASSWORD) ? ext & MARIADB_CAPS_EXT : 0;
    return login_41(ses, p);
}

/* ---- COM_CHANGE_USER ---- */
static struct feed change_cut(struct my_ses *ses)
{
    return my_login_refuse(ses, MY_ER_UNKNOWN_COM, my_errdef(MY_ER_UNKNOWN_COM)->text);
}

/* After its command byte. Its answers go on counting where the command's frame left off. */
struct feed my_change_user(struct my_ses *ses, struct rd p)
{
    struct my_offer of = {.user = ""};
    bool nul = false, plugins = my_has_plugins(ses->kit);
    ses->seq = ses->in.seq;
    ses->changing = true;
    if (plugins) {
        my_conn_reset(ses);
        (void)snprintf(ses->c->old_db, sizeof ses->c->old_db, "%s", ses->c->db);
        ses->c->db[0] = '\0';
        if (!rd_left(&p)) { /* taken for the first packet of a login */
            (void)my_send_greeting(ses);
            ses->phase = MY_PHASE_LOGIN;
            return (struct feed){FEED_MORE, 0};
        }
    }
    struct rd user = my_rd_nulstr(&p, &nul);
    take_text(ses, of.user, sizeof of.user, user);
    if (!nul || !read_response(ses, &p, &of))
        return change_cut(ses);
    struct rd db = my_rd_nulstr(&p, &nul);
    take_text(ses, of.db, sizeof of.db, db);
    of.has_db = of.db[0] != '\0';
    if (rd_left(&p) >= 2) {
        struct feed f;
        ses->client_charset = (uint8_t)rd_le16(&p);
        if (!charset_fits(ses, &f))
            return f;
    }
    if (ses->caps & MY_CAP_PLUGIN_AUTH) {
        if (!rd_left(&p))
            return change_cut(ses);
        struct rd plugin = my_rd_nulstr(&p, &nul);
        take_text(ses, of.plugin, sizeof of.plugin, plugin);
        if (!read_attrs(ses, &p, &of))
            of.attrs[0] = '\0';
    }
    return my_auth_begin(ses, &of);
}

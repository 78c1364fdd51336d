/* MySQL's protocol: frames in, greeting, login, commands (MySQL internals manual: Client/Server Protocol). */
#include "protocol/mysql.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "protocol/mysql_int.h"

#define CAP_CONNECT_WITH_DB 0x8u
#define CAP_PROTOCOL_41     0x200u
#define CAP_SECURE          0x8000u
#define CAP_PLUGIN_AUTH     0x80000u
#define CAPS_LOW            0xf7ffu /* all but SSL (sql/sql_connect.cc of 5.1, sql/sql_acl.cc of 5.6) */
#define CAPS_HIGH_56        0x807fu
#define CHARSET_LATIN1      8

struct mysql_shared {
    uint32_t next_id;
};

uint32_t mysql_version(const struct persona *p)
{
    unsigned major = 0, minor = 0, patch = 0;
    (void)sscanf(p->mysql.version, "%3u.%3u.%3u", &major, &minor, &patch);
    return major * 10000 + minor * 100 + patch;
}

static int mysql_start(const struct persona *persona, uint64_t seed, void **ret_shared, struct err *err)
{
    struct mysql_shared *shared = calloc(1, sizeof *shared);
    if (!shared)
        return err_set(err, -ENOMEM, "no memory for the MySQL service");
    struct rng r = rng_of(seed, "mysql-thread-id");
    shared->next_id = 20 + (uint32_t)rng_below(&r, 60000);
    *ret_shared = shared;
    return 0;
}

static const char *mysql_told(const struct persona *p)
{
    return p->mysql.version;
}

static int flush(struct session *s, struct mysql *m)
{
    int rc = m->reply.bad ? -ENOMEM : session_send(s, m->reply.bytes, m->reply.len);
    wr_done(&m->reply);
    m->reply = wr_of(MYSQL_PACKET_MAX * 4);
    return rc;
}

static int mysql_open(struct session *s)
{
    struct mysql *m = session_state(s);
    struct mysql_shared *shared = session_shared(s);
    const struct persona *p = session_persona(s);
    bool plugin = mysql_version(p) >= 50500;
    m->reply = wr_of(MYSQL_PACKET_MAX * 4);
    m->thread_id = ++shared->next_id;
    rng_secret(m->salt, sizeof m->salt);
    for (size_t i = 0; i < sizeof m->salt; i++) /* 33 … 126, as create_random_string() draws them */
        m->salt[i] = (uint8_t)(33 + m->salt[i] % 94);
    struct wr w = wr_of(256);
    wr_u8(&w, 10);
    wr_bytes(&w, p->mysql.version, strlen(p->mysql.version) + 1);
    wr_le32(&w, m->thread_id);
    wr_bytes(&w, m->salt, 8);
    wr_u8(&w, 0);
    wr_le16(&w, CAPS_LOW);
    wr_u8(&w, CHARSET_LATIN1);
    wr_le16(&w, MYSQL_STATUS_AUTOCOMMIT);
    wr_le16(&w, plugin ? CAPS_HIGH_56 : 0);
    wr_u8(&w, plugin ? MYSQL_SALT_BYTES + 1 : 0);
    wr_zero(&w, 10);
    wr_bytes(&w, m->salt + 8, 12);
    wr_u8(&w, 0);
    if (plugin)
        wr_bytes(&w, "mysql_native_password", sizeof "mysql_native_password");
    mysql_packet(m, &w);
    wr_done(&w);
    session_answered(s, p->mysql.version);
    return flush(s, m);
}

static const char *cstring(struct rd *r)
{
    const uint8_t *at = r->p;
    const uint8_t *end = r->bad || rd_left(r) == 0 ? NULL : memchr(at, 0, rd_left(r));
    if (!end) {
        r->bad = true;
        return "";
    }
    rd_skip(r, (uint64_t)(end - at) + 1);
    return (const char *)at;
}

static void tell_login(struct session *s, const struct mysql *m, const uint8_t *response, size_t n, const char *plugin, bool in)
{
    struct event *e = session_event(s, EVENT_LOGIN);
    event_str(e, EVENT_F_USER, m->user);
    if (m->db[0])
        event_str(e, EVENT_F_DATABASE, m->db);
    event_bytes(e, EVENT_F_SALT, m->salt, sizeof m->salt);
    event_bytes(e, EVENT_F_RESPONSE, response, n);
    event_str(e, EVENT_F_PLUGIN, plugin);
    if (n == 20) { /* hashcat mode 11200 */
        char line[128];
        size_t at = (size_t)snprintf(line, sizeof line, "$mysqlna$");
        for (size_t i = 0; i < MYSQL_SALT_BYTES; i++)
            at += (size_t)snprintf(line + at, sizeof line - at, "%02x", m->salt[i]);
        line[at++] = '*';
        for (size_t i = 0; i < n; i++)
            at += (size_t)snprintf(line + at, sizeof line - at, "%02x", response[i]);
        event_str(e, EVENT_F_HASHCAT, line);
    }
    event_int(e, EVENT_F_ACCEPTED, in);
    (void)event_end(e);
}

/* HandshakeResponse41, or the older HandshakeResponse320 that is refused as a server without old passwords refuses it. */
static struct feed login(struct session *s, struct mysql *m, struct rd r, size_t used)
{
    uint32_t caps = rd_le16(&r);
    if (!r.bad && !(caps & CAP_PROTOCOL_41)) {
        mysql_err(m, 1251, "08004", "Client does not support authentication protocol requested by server; consider upgrading MySQL client");
        (void)flush(s, m);
        return (struct feed){FEED_CLOSE, used};
    }
    caps |= (uint32_t)rd_le16(&r) << 16;
    rd_skip(&r, 4 + 1 + 23); /* packet size, character set, filler */
    const char *user = cstring(&r), *db = "", *plugin = "mysql_native_password";
    size_t n = caps & CAP_SECURE ? rd_u8(&r) : 0;
    const uint8_t *response = caps & CAP_SECURE ? rd_take(&r, n) : (const uint8_t *)cstring(&r);
    if (!(caps & CAP_SECURE) && response)
        n = strlen((const char *)response);
    if (caps & CAP_CONNECT_WITH_DB && rd_left(&r))
        db = cstring(&r);
    if (caps & CAP_PLUGIN_AUTH && rd_left(&r))
        plugin = cstring(&r);
    if (r.bad || !response) {
        mysql_err(m, 1043, "08S01", "Bad handshake");
        (void)flush(s, m);
        return (struct feed){FEED_CLOSE, used};
    }
    m->caps = caps;
    (void)snprintf(m->user, sizeof m->user, "%.64s", user);
    (void)snprintf(m->db, sizeof m->db, "%.64s", db);
    /* The commonest hole: root with an empty password. Garbage never gets in. */
    bool in = n == 0 && strcmp(m->user, "root") == 0, known = !m->db[0] || mysql_has_db(session_persona(s), m->db);
    tell_login(s, m, response, n, plugin, in);
    if (!in) {
        char from[IP4_TEXT_MAX];
        mysql_err(m, 1045, "28000", "Access denied for user '%s'@'%s' (using password: %s)", m->user,
                  ip4_format(session_src(s), from), n ? "YES" : "NO");
    } else if (!known) {
        mysql_err(m, 1049, "42000", "Unknown database '%s'", m->db);
    } else {
        mysql_ok(m, 0, 0);
        m->phase = MYSQL_COMMAND;
        m->logged_in = true;
    }
    (void)flush(s, m);
    return (struct feed){in && known ? FEED_MORE : FEED_CLOSE, used};
}

static void tell_command(struct session *s, const struct mysql *m, const char *name, const char *text, size_t n)
{
    struct event *e = session_event(s, EVENT_COMMAND);
    event_str(e, EVENT_F_COMMAND, name);
    if (n)
        event_text(e, EVENT_F_TEXT, text, n);
    event_str(e, EVENT_F_REPLY, m->said);
    (void)event_end(e);
}

static void init_db(struct session *s, struct mysql *m, const char *name, size_t n)
{
    char db[MYSQL_NAME_MAX + 1];
    (void)snprintf(db, sizeof db, "%.*s", (int)(n < MYSQL_NAME_MAX ? n : MYSQL_NAME_MAX), name);
    if (!mysql_has_db(session_persona(s), db)) {
        mysql_err(m, 1049, "42000", "Unknown database '%s'", db);
        return;
    }
    memcpy(m->db, db, sizeof m->db);
    mysql_ok(m, 0, 0);
}

static void statistics(struct session *s, struct mysql *m)
{
    struct wr w = wr_of(512);
    wr_fmt(&w,
           "Uptime: %" PRId64 "  Threads: 1  Questions: %" PRIu32
           "  Slow queries: 0  Opens: 33  Flush tables: 1  Open tables: 26  Queries per second avg: 0.0",
           (session_now_us(s) - session_persona(s)->smb.boot_ts_us) / 1000000 % 31536000, m->queries);
    mysql_packet(m, &w);
    wr_done(&w);
    (void)snprintf(m->said, sizeof m->said, "statistics");
}

static struct feed command(struct session *s, struct mysql *m, struct rd r, size_t used)
{
    uint8_t com = rd_u8(&r);
    const char *text = (const char *)r.p;
    size_t n = rd_left(&r);
    const char *name = "Unknown";
    m->queries++;
    switch (com) {
    case 1: /* COM_QUIT */
        (void)snprintf(m->said, sizeof m->said, "closed");
        tell_command(s, m, "Quit", NULL, 0);
        session_end(s, "client");
        return (struct feed){FEED_CLOSE, used};
    case 2:
        name = "Init DB";
        init_db(s, m, text, n);
        break;
    case 3:
        name = "Query";
        mysql_query(s, m, text, n);
        break;
    case 4: { /* COM_FIELD_LIST: no column that it names */
        size_t len = strnlen(text, n);
        name = "Field List";
        mysql_err(m, 1146, "42S02", "Table '%s.%.*s' doesn't exist", m->db, (int)(len < 64 ? len : 64), text);
        break;
    }
    case 9:
        name = "Statistics";
        statistics(s, m);
        n = 0;
        break;
    case 14:
        name = "Ping";
        mysql_ok(m, 0, 0);
        break;
    case 27: { /* COM_SET_OPTION */
        struct wr w = wr_of(8);
        name = "Set option";
        wr_u8(&w, 0xfe);
        wr_le16(&w, 0);
        wr_le16(&w, m->no_autocommit ? 0 : MYSQL_STATUS_AUTOCOMMIT);
        mysql_packet(m, &w);
        wr_done(&w);
        (void)snprintf(m->said, sizeof m->said, "EOF");
        break;
    }
    default:
        mysql_err(m, 1047, "08S01", "Unknown command");
    }
    tell_command(s, m, name, text, com == 2 || com == 3 || com == 4 ? n : 0);
    (void)flush(s, m);
    return (struct feed){FEED_MORE, used};
}

static struct feed mysql_input(struct session *s, const uint8_t *in, size_t n)
{
    struct mysql *m = session_state(s);
    size_t used = 0;
    for (;;) {
        struct rd r = rd_of(in + used, n - used);
        uint32_t len = rd_le24(&r);
        uint8_t seq = rd_u8(&r);
        if (r.bad)
            return (struct feed){FEED_MORE, used};
        if (len > MYSQL_PACKET_MAX - 4) {
            m->seq = (uint8_t)(seq + 1);
            mysql_err(m, 1153, "08S01", "Got a packet bigger than 'max_allowed_packet' bytes");
            (void)flush(s, m);
            return (struct feed){FEED_CLOSE, n};
        }
        struct rd payload = rd_sub(&r, len);
        if (payload.bad)
            return (struct feed){FEED_MORE, used};
        used += 4 + len;
        if (seq != (m->phase == MYSQL_COMMAND ? 0 : 1)) {
            m->seq = (uint8_t)(seq + 1);
            mysql_err(m, 1156, "08S01", "Got packets out of order");
            (void)flush(s, m);
            return (struct feed){FEED_CLOSE, used};
        }
        m->seq = (uint8_t)(seq + 1);
        struct feed f = m->phase == MYSQL_COMMAND ? command(s, m, payload, used) : login(s, m, payload, used);
        if (f.status != FEED_MORE)
            return f;
    }
}

static void mysql_close(struct session *s)
{
    struct mysql *m = session_state(s);
    wr_done(&m->reply);
}

const struct protocol protocol_mysql = {
    .name = "mysql",
    .doc = "MySQL as the persona's version greets, lets in and answers",
    .port = 3306,
    .state_bytes = sizeof(struct mysql),
    .in_max_bytes = MYSQL_PACKET_MAX,
    .start = mysql_start,
    .stop = free,
    .version = mysql_told,
    .open = mysql_open,
    .input = mysql_input,
    .close = mysql_close,
};

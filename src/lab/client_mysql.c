#include <string.h>

#include "base/rd.h"
#include "lab/client.h"

enum {
    CAP_LONG_PASSWORD = 1,
    CAP_LONG_FLAG = 4,
    CAP_PROTOCOL_41 = 0x200,
    CAP_TRANSACTIONS = 0x2000,
    CAP_SECURE_CONNECTION = 0x8000,
    CAP_PLUGIN_AUTH = 0x80000
};
enum { COM_QUIT = 1, COM_QUERY = 3 };
enum { REPLY_OK = 0x00, REPLY_EOF = 0xfe, REPLY_ERR = 0xff };

/* step: the two below, then STEP_QUERIES + 2 * i (reply of statement i) and + 1 (rows of statement i). */
enum { STEP_GREETING, STEP_LOGIN, STEP_QUERIES };
enum { STATEMENT_VERSION = 1 };
static const char *const statements[] = {"set autocommit=0",        "select version()",
                                         "drop function cmdshell",  "drop function my_udfdoor",
                                         "drop function do_system", "use mysql"};
enum { STATEMENTS = sizeof statements / sizeof statements[0] };

static void put_packet(struct client *c, uint8_t sequence, const void *bytes, size_t n)
{
    wr_le24(&c->out, (uint32_t)n);
    wr_u8(&c->out, sequence);
    wr_bytes(&c->out, bytes, n);
}

static void ask(struct client *c, int i)
{
    uint8_t query[64] = {COM_QUERY};
    size_t n = strlen(statements[i]);
    memcpy(query + 1, statements[i], n);
    put_packet(c, 0, query, n + 1);
    c->step = STEP_QUERIES + 2 * i;
}

static void ask_next(struct client *c)
{
    int i = (c->step - STEP_QUERIES) / 2 + 1;
    if (i < STATEMENTS) {
        ask(c, i);
        return;
    }
    uint8_t quit = COM_QUIT;
    put_packet(c, 0, &quit, 1);
    c->answered = c->version[0] != '\0';
    c->done = true;
}

static void on_greeting(struct client *c, struct rd r, uint8_t sequence)
{
    uint8_t protocol = rd_u8(&r);
    while (!r.bad && rd_u8(&r) != 0) /* server version */
        ;
    rd_skip(&r, 4 + 8 + 1); /* thread, salt, filler */
    uint32_t caps = rd_le16(&r);
    if (protocol != 10 || r.bad) {
        c->done = true;
        return;
    }
    rd_skip(&r, 3); /* character set, status */
    caps |= (uint32_t)rd_le16(&r) << 16;
    uint32_t want =
        CAP_LONG_PASSWORD | CAP_LONG_FLAG | CAP_PROTOCOL_41 | CAP_TRANSACTIONS | CAP_SECURE_CONNECTION;
    if (!r.bad && (caps & CAP_PLUGIN_AUTH))
        want |= CAP_PLUGIN_AUTH;
    struct wr w = wr_of(256);
    wr_le32(&w, want);
    wr_le32(&w, 1 << 24);
    wr_u8(&w, 8); /* latin1 */
    wr_zero(&w, 23);
    wr_bytes(&w, "root", 5);
    wr_u8(&w, 0); /* no password: an empty response */
    if (want & CAP_PLUGIN_AUTH)
        wr_bytes(&w, "mysql_native_password", 22);
    put_packet(c, (uint8_t)(sequence + 1), w.bytes, w.len);
    wr_done(&w);
    c->step = STEP_LOGIN;
}

static void on_login(struct client *c, struct rd r, uint8_t sequence)
{
    switch (rd_u8(&r)) {
    case REPLY_OK:
        ask(c, 0);
        break;
    case REPLY_EOF: /* switch of the method: an empty password is an empty response in each of them */
        put_packet(c, (uint8_t)(sequence + 1), "", 0);
        break;
    default:
        c->done = true;
    }
}

/* The first packet of a reply: OK, ERR, or how many columns follow. */
static void on_reply(struct client *c, struct rd r)
{
    uint8_t head = rd_u8(&r);
    if (r.bad || head == REPLY_EOF || (head > 250 && head != REPLY_ERR)) {
        c->done = true;
    } else if (head == REPLY_OK || head == REPLY_ERR) {
        ask_next(c);
    } else {
        c->columns_left = head + 1U; /* the definitions and the EOF behind them */
        c->step++;
    }
}

static void on_row(struct client *c, struct rd r, size_t n)
{
    if (c->columns_left) {
        c->columns_left--;
        return;
    }
    uint8_t head = rd_u8(&r);
    if (r.bad || (head == REPLY_EOF && n < 9) || head == REPLY_ERR) {
        ask_next(c);
        return;
    }
    const uint8_t *text = head <= 250 ? rd_take(&r, head) : NULL;
    if (!text || (c->step - STEP_QUERIES) / 2 != STATEMENT_VERSION || c->version[0])
        return;
    size_t len = head < sizeof c->version ? head : sizeof c->version - 1;
    for (size_t i = 0; i < len; i++)
        c->version[i] = (char)(text[i] >= 0x20 && text[i] < 0x7f ? text[i] : '?');
    c->version[len] = '\0';
}

size_t client_mysql_input(struct client *c, const uint8_t *in, size_t n)
{
    struct rd r = rd_of(in, n);
    size_t used = 0;
    while (!c->done) {
        uint32_t len = rd_le24(&r);
        uint8_t sequence = rd_u8(&r);
        if (!r.bad && len > CLIENT_IN_MAX - 4) {
            c->done = true;
            return n;
        }
        struct rd packet = rd_sub(&r, len);
        if (r.bad)
            break;
        used = n - rd_left(&r);
        if (c->step == STEP_GREETING)
            on_greeting(c, packet, sequence);
        else if (c->step == STEP_LOGIN)
            on_login(c, packet, sequence);
        else if ((c->step - STEP_QUERIES) % 2 == 0)
            on_reply(c, packet);
        else
            on_row(c, packet, len);
    }
    return used;
}

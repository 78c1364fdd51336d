#include "mysql_wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/sha.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/rd.h"

enum { PACKET_MAX = 0xffffff, IN_STEP = 65536 };

void wire_reply_clear(struct wire_reply *r)
{
    for (size_t i = 0; i < r->count; i++)
        free(r->packets[i].bytes);
    free(r->packets);
    *r = (struct wire_reply){0};
}

bool wire_reply_add(struct wire_reply *r, uint8_t seq, const void *bytes, size_t n)
{
    if (r->count >= WIRE_REPLY_MAX_PACKETS || n > WIRE_REPLY_MAX_BYTES - r->total_bytes)
        return false;
    if (r->count == r->cap) {
        size_t cap = r->cap ? r->cap * 2 : 8;
        struct wire_packet *more = realloc(r->packets, cap * sizeof *more);
        if (!more)
            return false;
        r->packets = more;
        r->cap = cap;
    }
    uint8_t *copy = malloc(n + 1);
    if (!copy)
        return false;
    if (n)
        memcpy(copy, bytes, n);
    copy[n] = 0; /* so that a text at a packet's end can be shown */
    r->packets[r->count++] = (struct wire_packet){copy, n, seq};
    r->total_bytes += n;
    return true;
}

static int wait_for(int fd, short events, int timeout_ms)
{
    struct pollfd p = {.fd = fd, .events = events};
    int n;
    do
        n = poll(&p, 1, timeout_ms);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n == 0 ? -ETIMEDOUT : 0;
}

/* One more read into w->in: bytes read, 0 at the end of the stream, negative errno. */
static long fill(struct wire *w, int timeout_ms)
{
    if (w->fd < 0)
        return 0;
    if (w->in_cap - w->in_len < IN_STEP) {
        size_t cap = w->in_cap + 4 * (size_t)IN_STEP + w->in_cap / 2;
        if (cap > 2 * (size_t)WIRE_REPLY_MAX_BYTES)
            return -EMSGSIZE;
        uint8_t *more = realloc(w->in, cap);
        if (!more)
            return -ENOMEM;
        w->in = more;
        w->in_cap = cap;
    }
    int ready = wait_for(w->fd, POLLIN, timeout_ms);
    if (ready < 0)
        return ready;
    ssize_t n = recv(w->fd, w->in + w->in_len, w->in_cap - w->in_len, 0);
    if (n < 0)
        return errno == ECONNRESET ? 0 : -errno;
    w->in_len += (size_t)n;
    return n;
}

/* The next whole packet into r: 1 taken, 0 end of stream (r->closed), -ETIMEDOUT (not noted), other negative errno. */
static int take_packet(struct wire *w, int timeout_ms, struct wire_reply *r)
{
    for (;;) {
        struct rd in = rd_of(w->in, w->in_len);
        uint32_t len = rd_le24(&in);
        uint8_t seq = rd_u8(&in);
        const uint8_t *payload = rd_take(&in, len);
        if (!in.bad) {
            if (!wire_reply_add(r, seq, payload, len))
                return -EMSGSIZE;
            size_t used = 4 + (size_t)len;
            memmove(w->in, w->in + used, w->in_len - used);
            w->in_len -= used;
            return 1;
        }
        long n = fill(w, timeout_ms);
        if (n == 0) {
            r->closed = true;
            wire_close(w);
            return 0;
        }
        if (n < 0)
            return (int)n;
    }
}

int wire_open(struct wire *w, const char *host, uint16_t port, int timeout_ms,
              struct wire_reply *ret_greeting)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1;
    *w = (struct wire){.fd = -1};
    if (inet_pton(AF_INET, host, &to.sin_addr) != 1 || ntohl(to.sin_addr.s_addr) >> 24 != 127)
        return -EINVAL; /* loopback only */
    w->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (w->fd < 0)
        return -errno;
    int rc = 0;
    (void)setsockopt(w->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (bind(w->fd, (struct sockaddr *)&from, sizeof from) < 0 ||
        connect(w->fd, (struct sockaddr *)&to, sizeof to) < 0)
        rc = -errno;
    if (rc == 0)
        rc = take_packet(w, timeout_ms, ret_greeting);
    if (rc < 0) {
        wire_close(w);
        return rc;
    }
    if (ret_greeting->count == 0)
        return -ECONNRESET;
    struct rd g = rd_of(ret_greeting->packets[0].bytes, ret_greeting->packets[0].len);
    if (rd_u8(&g) != 10)
        return 0;
    while (!g.bad && rd_u8(&g) != 0)
        ; /* version */
    rd_skip(&g, 4);
    const uint8_t *salt = rd_take(&g, 8);
    rd_skip(&g, 1 + 2 + 1 + 2 + 2 + 1 + 10);
    const uint8_t *more = rd_take(&g, 12);
    if (salt && more) {
        memcpy(w->salt, salt, 8);
        memcpy(w->salt + 8, more, 12);
    }
    return 0;
}

void wire_close(struct wire *w)
{
    if (w->fd >= 0)
        close(w->fd);
    w->fd = -1;
    free(w->in);
    w->in = NULL;
    w->in_len = w->in_cap = 0;
    w->logged_in = false;
}

int wire_send_bytes(struct wire *w, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    while (n) {
        if (w->fd < 0)
            return -EPIPE;
        ssize_t sent = send(w->fd, p, n, MSG_NOSIGNAL);
        if (sent < 0)
            return -errno;
        p += sent;
        n -= (size_t)sent;
    }
    return 0;
}

int wire_send(struct wire *w, uint8_t seq, const void *payload, size_t n)
{
    const uint8_t *p = payload;
    for (;;) {
        size_t part = n < PACKET_MAX ? n : PACKET_MAX;
        uint8_t head[4] = {(uint8_t)part, (uint8_t)(part >> 8), (uint8_t)(part >> 16), seq++};
        int rc = wire_send_bytes(w, head, 4);
        if (rc == 0)
            rc = wire_send_bytes(w, p, part);
        if (rc < 0 || part < PACKET_MAX)
            return rc;
        p += part;
        n -= part;
    }
}

/* SHA1(password) xor SHA1(salt + SHA1(SHA1(password))) */
static void native_response(const uint8_t salt[20], const char *password, uint8_t out[20])
{
    uint8_t once[20], buf[40], mask[20];
    SHA1((const uint8_t *)password, strlen(password), once);
    memcpy(buf, salt, 20);
    SHA1(once, 20, buf + 20);
    SHA1(buf, 40, mask);
    for (int i = 0; i < 20; i++)
        out[i] = once[i] ^ mask[i];
}

static bool put(uint8_t *out, size_t max, size_t *at, const void *bytes, size_t n)
{
    if (n > max - *at)
        return false;
    memcpy(out + *at, bytes, n);
    *at += n;
    return true;
}

size_t wire_login_payload(const struct wire *w, const struct wire_login *login, uint8_t *out, size_t max)
{
    uint32_t caps = login->caps;
    if (login->db[0])
        caps |= WIRE_CAP_WITH_DB;
    uint8_t head[32] = {
        (uint8_t)caps, (uint8_t)(caps >> 8), (uint8_t)(caps >> 16), (uint8_t)(caps >> 24), 0, 0, 0, 1,
        login->charset};
    uint8_t response[21];
    size_t response_len = 1, at = 0;
    response[0] = 0;
    if (login->password[0]) {
        response[0] = 20;
        native_response(w->salt, login->password, response + 1);
        response_len = 21;
    }
    bool fits = put(out, max, &at, head, sizeof head) &&
                put(out, max, &at, login->user, strlen(login->user) + 1) &&
                put(out, max, &at, response, response_len) &&
                (!login->db[0] || put(out, max, &at, login->db, strlen(login->db) + 1)) &&
                (!(caps & 1 << 19) || put(out, max, &at, "mysql_native_password", 22));
    return fits ? at : 0;
}

int wire_login(struct wire *w, const struct wire_login *login, int timeout_ms, struct wire_reply *ret_reply)
{
    uint8_t payload[1024], switched[20];
    size_t n = wire_login_payload(w, login, payload, sizeof payload);
    w->caps = login->caps;
    int rc = n ? wire_send(w, 1, payload, n) : -EMSGSIZE;
    if (rc == 0)
        rc = take_packet(w, timeout_ms, ret_reply);
    if (rc == 1 && ret_reply->packets[ret_reply->count - 1].len > 22 + 20 &&
        ret_reply->packets[ret_reply->count - 1].bytes[0] == 0xfe) {
        const struct wire_packet *ask = &ret_reply->packets[ret_reply->count - 1];
        struct rd in = rd_of(ask->bytes, ask->len);
        rd_skip(&in, 1 + 22); /* mysql_native_password */
        const uint8_t *salt = rd_take(&in, 20);
        if (!salt)
            return -EPROTO;
        native_response(salt, login->password, switched);
        rc = wire_send(w, (uint8_t)(ask->seq + 1), switched, login->password[0] ? 20 : 0);
        if (rc == 0)
            rc = take_packet(w, timeout_ms, ret_reply);
    }
    if (rc < 0)
        return rc;
    if (rc == 0 || ret_reply->count == 0)
        return -ECONNRESET;
    const struct wire_packet *last = &ret_reply->packets[ret_reply->count - 1];
    w->logged_in = last->len && last->bytes[0] == 0;
    return w->logged_in ? 0 : -EACCES;
}

/* ---- when a reply is over ---------------------------------------------------------------------------------------- */

enum phase { FIRST, COLUMNS, COLUMNS_END, ROWS, FIELD_LIST, ONE, PARAMETERS, PARAMETERS_END, DONE };
struct progress {
    enum phase phase;
    uint32_t caps, left, columns_after;
    bool prepare;
};

static uint64_t length_coded(struct rd *r)
{
    uint8_t b = rd_u8(r);
    return b < 0xfb ? b : b == 0xfc ? rd_le16(r) : b == 0xfd ? rd_le24(r) : b == 0xfe ? rd_le64(r) : 0;
}

/* Status bit 8: another result follows. at_status: the reader stands before the status word. */
static enum phase after_status(struct rd *r)
{
    uint16_t status = rd_le16(r);
    return !r->bad && status & 8 ? FIRST : DONE;
}

static bool is_end(const struct progress *p, const struct wire_packet *k)
{
    return k->len && k->bytes[0] == 0xfe &&
           (p->caps & WIRE_CAP_DEPRECATE_EOF ? k->len < PACKET_MAX : k->len < 9);
}

static enum phase end_of_rows(const struct progress *p, const struct wire_packet *k)
{
    struct rd r = rd_of(k->bytes, k->len);
    rd_skip(&r, 1);
    if (p->caps & WIRE_CAP_DEPRECATE_EOF) {
        (void)length_coded(&r);
        (void)length_coded(&r);
    } else {
        rd_skip(&r, 2);
    }
    return after_status(&r);
}

static void start_columns(struct progress *p, uint32_t count)
{
    p->left = count;
    p->phase = COLUMNS;
}

static void first_packet(struct progress *p, const struct wire_packet *k)
{
    struct rd r = rd_of(k->bytes, k->len);
    uint8_t head = rd_u8(&r);
    p->phase = DONE;
    if (k->len == 0 || head == 0xff)
        return;
    if (p->prepare && head == 0) {
        rd_skip(&r, 4);
        p->columns_after = rd_le16(&r);
        p->left = rd_le16(&r);
        p->phase = p->left ? PARAMETERS : DONE;
        if (!p->left && p->columns_after)
            start_columns(p, p->columns_after);
    } else if (head == 0) {
        (void)length_coded(&r);
        (void)length_coded(&r);
        p->phase = after_status(&r);
    } else if (head == 0xfe && k->len < 9) {
        p->phase = DONE;
    } else if (head != 0xfb) {
        struct rd again = rd_of(k->bytes, k->len);
        start_columns(p, (uint32_t)length_coded(&again));
    } else {
        p->phase = FIRST; /* LOCAL INFILE; refused by the caller, then OK or ERR */
    }
}

static void next_packet(struct progress *p, const struct wire_packet *k)
{
    bool error = k->len && k->bytes[0] == 0xff;
    switch (p->phase) {
    case FIRST:
        first_packet(p, k);
        return;
    case PARAMETERS:
        if (--p->left == 0)
            p->phase = PARAMETERS_END;
        if (p->phase == PARAMETERS_END && p->caps & WIRE_CAP_DEPRECATE_EOF) {
            p->phase = DONE;
            if (p->columns_after)
                start_columns(p, p->columns_after);
        }
        return;
    case PARAMETERS_END:
        p->phase = DONE;
        if (p->columns_after)
            start_columns(p, p->columns_after);
        return;
    case COLUMNS:
        if (error)
            p->phase = DONE;
        else if (--p->left == 0)
            p->phase = !(p->caps & WIRE_CAP_DEPRECATE_EOF) ? COLUMNS_END : p->prepare ? DONE : ROWS;
        return;
    case COLUMNS_END: {
        struct rd r = rd_of(k->bytes, k->len);
        rd_skip(&r, 3);
        bool cursor = rd_le16(&r) & 0x40; /* rows come by COM_STMT_FETCH */
        p->phase = p->prepare || error || (!r.bad && cursor) ? DONE : ROWS;
        return;
    }
    case ROWS:
        if (error)
            p->phase = DONE;
        else if (is_end(p, k))
            p->phase = end_of_rows(p, k);
        return;
    case FIELD_LIST:
        if (error || is_end(p, k))
            p->phase = DONE;
        return;
    case ONE:
    case DONE:
        p->phase = DONE;
    }
}

enum {
    COM_QUIT = 1,
    COM_QUERY = 3,
    COM_FIELD_LIST = 4,
    COM_PROCESS_INFO = 10,
    COM_STMT_PREPARE = 22,
    COM_STMT_EXECUTE = 23,
    COM_STMT_SEND_LONG_DATA = 24,
    COM_STMT_CLOSE = 25,
    COM_STMT_FETCH = 28,
};

static struct progress progress_of(const struct wire *w, const uint8_t *sent, size_t n)
{
    struct progress p = {ONE, w->caps, 0, 0, false};
    if (!w->logged_in || n == 0)
        return p;
    switch (sent[0]) {
    case COM_QUERY:
    case COM_STMT_EXECUTE:
    case COM_PROCESS_INFO:
        p.phase = FIRST;
        break;
    case COM_STMT_PREPARE:
        p.phase = FIRST;
        p.prepare = true;
        break;
    case COM_FIELD_LIST:
        p.phase = FIELD_LIST;
        break;
    case COM_STMT_FETCH:
        p.phase = ROWS;
        break;
    case COM_STMT_SEND_LONG_DATA:
    case COM_STMT_CLOSE:
        p.phase = DONE;
        break;
    default:
        break;
    }
    return p;
}

int wire_read_reply(struct wire *w, const uint8_t *sent, size_t n, int timeout_ms,
                    struct wire_reply *ret_reply)
{
    struct progress p = progress_of(w, sent, n);
    while (p.phase != DONE) {
        int rc = take_packet(w, timeout_ms, ret_reply);
        if (rc == 0)
            return 0;
        if (rc == -ETIMEDOUT)
            ret_reply->timed_out = true;
        if (rc < 0)
            return rc == -ETIMEDOUT ? 0 : rc;
        const struct wire_packet *k = &ret_reply->packets[ret_reply->count - 1];
        if (p.phase == FIRST && k->len && k->bytes[0] == 0xfb) {
            rc = wire_send(w, (uint8_t)(k->seq + 1), "", 0);
            if (rc < 0)
                return rc;
        }
        next_packet(&p, k);
        if (!w->logged_in && k->len && k->bytes[0] == 0)
            w->logged_in = true;
    }
    return 0;
}

int wire_read_quiet(struct wire *w, int quiet_ms, struct wire_reply *ret_reply)
{
    int rc = 1;
    while (rc == 1)
        rc = take_packet(w, quiet_ms, ret_reply);
    return rc == -ETIMEDOUT || rc == 0 ? 0 : rc;
}

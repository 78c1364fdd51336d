/* Full MySQL sessions as fast as a server takes them: connect, login as root without a password, one query, quit.
 *   mysql_load PORT N CONCURRENT [TRACE | statements]
 * to 127.0.0.1 from 127.1.0.1 … 127.1.0.250 in turn (of a namespace that the bench made). Prints "DONE FAILED SECONDS". TRACE
 * gets what the server sent in the first session, turn by turn ("<bytes>\n" and the bytes), for bench/bare. With "statements" CONCURRENT
 * sessions stay open and ask N queries together; DONE counts these.
 * Source: MariaDB Knowledge Base, "Connecting", "Result Set Packets". */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/ts.h"

enum { CONCURRENT_MAX = 1024, IN_MAX = 8192, SOURCES = 250 };
#define LIMIT_US (INT64_C(120) * 1000000)

enum turn { GREETING, LOGIN, QUERY, QUIT };
struct client {
    int fd;
    enum turn turn;
    unsigned eofs; /* of the result set */
    bool again;    /* another query went out */
    size_t n;
    uint8_t in[IN_MAX];
};

static struct client clients[CONCURRENT_MAX];
static uint64_t wanted, begun, done, failed;
static uint16_t port;
static int poll_fd;
static FILE *trace;
static bool statements;
static uint64_t asked;

/* Length 60, sequence 1; protocol 4.1, secure connection, plugin auth; packets to 16 MiB, utf8, 23 zeros; user root, no
 * password. The literal's own NUL ends the plugin's name. */
static const uint8_t login[4 + 60] =
    "\x3c\0\0\x01\x05\xa2\x08\0\0\0\0\x01\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
    "root\0\0mysql_native_password";
static const uint8_t query[] = {0x11, 0,   0,   0,   3,   's', 'e', 'l', 'e', 'c', 't',
                                ' ',  'v', 'e', 'r', 's', 'i', 'o', 'n', '(', ')'};
static const uint8_t quit[] = {1, 0, 0, 0, 1};

static int begin(struct client *c)
{
    struct sockaddr_in from = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(0x7f010001u + (uint32_t)(begun % SOURCES))};
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};
    int on = 1;
    c->turn = GREETING;
    c->eofs = 0;
    c->n = 0;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (c->fd < 0 || setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on) < 0 ||
        setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0 ||
        bind(c->fd, (struct sockaddr *)&from, sizeof from) < 0 ||
        (connect(c->fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS) ||
        epoll_ctl(poll_fd, EPOLL_CTL_ADD, c->fd, &ev) < 0) {
        perror("mysql_load: cannot connect");
        return -1;
    }
    begun++;
    return 0;
}

static int end(struct client *c, bool good)
{
    (void)close(c->fd);
    c->fd = -1;
    done += good;
    failed += !good;
    if (trace && c == clients) {
        (void)fclose(trace);
        trace = NULL;
    }
    return begun < wanted && !statements ? begin(c) : 0;
}

static bool say(struct client *c, const uint8_t *bytes, size_t n, enum turn next)
{
    if (trace && c == clients) {
        (void)fprintf(trace, "%zu\n", c->n);
        (void)fwrite(c->in, 1, c->n, trace);
    }
    c->turn = next;
    c->n = 0;
    return send(c->fd, bytes, n, MSG_NOSIGNAL) == (ssize_t)n;
}

/* One packet of the server. False: the session failed. */
static bool take(struct client *c, const uint8_t *payload, size_t n)
{
    uint8_t first = n ? payload[0] : 0xff;
    if (n == 0 || first == 0xff)
        return false;
    switch (c->turn) {
    case GREETING:
        return say(c, login, sizeof login, LOGIN);
    case LOGIN:
        return first == 0 && say(c, query, sizeof query, QUERY);
    case QUERY:
        c->eofs += first == 0xfe && n < 9;
        if (c->eofs == 2 && statements && asked < wanted) {
            asked++;
            c->eofs = 0;
            c->again = true;
            return say(c, query, sizeof query, QUERY);
        }
        return c->eofs < 2 || say(c, quit, sizeof quit, QUIT);
    case QUIT:
        break;
    }
    return false;
}

static bool input(struct client *c)
{
    ssize_t got = recv(c->fd, c->in + c->n, IN_MAX - c->n, 0);
    if (got <= 0)
        return got < 0 && (errno == EAGAIN || errno == EINTR);
    size_t seen = c->n, at = 0;
    c->n += (size_t)got;
    /* Packets that were taken before stay in the buffer (the trace wants the whole turn): walk over them. */
    while (c->n - at >= 4) {
        size_t len = c->in[at] | (size_t)c->in[at + 1] << 8 | (size_t)c->in[at + 2] << 16;
        if (len > c->n - at - 4)
            break;
        enum turn before = c->turn;
        if (at + 4 + len > seen && !take(c, c->in + at + 4, len))
            return false;
        if (c->turn != before || c->again) {
            c->again = false;
            return true; /* a server says nothing more before it is asked */
        }
        at += 4 + len;
    }
    return c->n < IN_MAX;
}

static int run(unsigned concurrent)
{
    struct epoll_event events[256];
    int64_t start_us = ts_mono_us();
    for (unsigned i = 0; i < concurrent && (statements || begun < wanted); i++)
        if (begin(&clients[i]) < 0)
            return 1;
    while (done + failed < (statements ? concurrent : wanted) && ts_mono_us() - start_us < LIMIT_US) {
        int n = epoll_wait(poll_fd, events, 256, 1000);
        for (int i = 0; i < n; i++) {
            struct client *c = events[i].data.ptr;
            bool good = input(c);
            /* After quit, the server's close is the session's end. */
            if (!good && end(c, c->turn == QUIT) < 0)
                return 1;
        }
    }
    if (statements) {
        (void)printf("%" PRIu64 " %" PRIu64 " %.6f\n", asked + done, failed, (double)(ts_mono_us() - start_us) / 1e6);
        return done == concurrent ? 0 : 1;
    }
    (void)printf("%" PRIu64 " %" PRIu64 " %.6f\n", done, failed, (double)(ts_mono_us() - start_us) / 1e6);
    return done == wanted ? 0 : 1;
}

int main(int argc, char **argv)
{
    unsigned long concurrent = argc >= 4 ? strtoul(argv[3], NULL, 10) : 0;
    port = argc >= 4 ? (uint16_t)strtoul(argv[1], NULL, 10) : 0;
    wanted = argc >= 4 ? strtoull(argv[2], NULL, 10) : 0;
    if (!port || !wanted || !concurrent || concurrent > CONCURRENT_MAX || argc > 5) {
        (void)fprintf(stderr, "mysql_load PORT N CONCURRENT [TRACE | statements]\n");
        return 2;
    }
    statements = argc == 5 && strcmp(argv[4], "statements") == 0;
    trace = argc == 5 && !statements ? fopen(argv[4], "we") : NULL;
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (poll_fd < 0 || (argc == 5 && !trace && !statements)) {
        perror("mysql_load");
        return 1;
    }
    return run((unsigned)concurrent);
}

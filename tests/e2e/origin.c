/* A listener that tells each client what original destination it sees, by the plan alone, and the client that compares it with
 * what it dialled. Independent of the honeypot: it holds the gateway, not the sessions, to account.
 *
 *   origin listen CONFIG                            every port of the plan; prints "listening", then a line per contact
 *   origin ask tcp|udp SRC SPORT DPORT POINT…       one source port to all points at once; exit 1 and a line when one is wrong
 *   origin send tcp|udp SRC DST DPORT               tries to begin a conversation; exit 0 when that got an answer */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/config.h"
#include "gateway/gateway.h"

#define FDS_MAX 4096
#define LINE_MAX_BYTES 128

static struct sockaddr_in address(uint32_t ip, uint16_t port)
{
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(ip)};
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static int bound(int type, uint32_t ip, uint16_t port, int transparent)
{
    int one = 1, fd = socket(AF_INET, type, 0);
    struct sockaddr_in a = address(ip, port);
    if (fd < 0)
        die("socket");
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (transparent && setsockopt(fd, IPPROTO_IP, IP_TRANSPARENT, &one, sizeof one) < 0)
        die("IP_TRANSPARENT");
    if (bind(fd, (struct sockaddr *)&a, sizeof a) < 0)
        die("bind");
    return fd;
}

static int listener(uint16_t port, int transparent)
{
    int fd = bound(SOCK_STREAM, 0, port, transparent);
    if (listen(fd, 256) < 0)
        die("listen");
    return fd;
}

/* "tcp SRC SPORT POINT DPORT\n" as the plan sees it; "stray" for what it sends nowhere. */
static size_t describe(const struct config *c, int proto, const struct sockaddr_in *from, const struct sockaddr_in *to,
                       char line[static LINE_MAX_BYTES])
{
    struct gateway_target t;
    char src[IP4_TEXT_MAX], dst[IP4_TEXT_MAX];
    if (gateway_original(c, (uint8_t)proto, ntohl(to->sin_addr.s_addr), ntohs(to->sin_port), &t) < 0)
        return (size_t)snprintf(line, LINE_MAX_BYTES, "stray %s %u\n", ip4_format(ntohl(to->sin_addr.s_addr), dst),
                                ntohs(to->sin_port));
    return (size_t)snprintf(line, LINE_MAX_BYTES, "%s %s %u %s %u\n", proto == IPPROTO_TCP ? "tcp" : "udp",
                            ip4_format(ntohl(from->sin_addr.s_addr), src), ntohs(from->sin_port), ip4_format(t.point, dst),
                            t.dport);
}

static void answer_tcp(const struct config *c, int listening)
{
    struct sockaddr_in from, to;
    socklen_t n = sizeof from, m = sizeof to;
    char line[LINE_MAX_BYTES];
    int fd = accept(listening, (struct sockaddr *)&from, &n);
    if (fd < 0)
        return;
    if (getsockname(fd, (struct sockaddr *)&to, &m) < 0)
        die("getsockname");
    size_t len = describe(c, IPPROTO_TCP, &from, &to, line);
    (void)!write(fd, line, len);
    close(fd);
    (void)fputs(line, stdout);
}

static void answer_udp(const struct config *c, int receiving)
{
    char bytes[64], control[256], line[LINE_MAX_BYTES];
    struct sockaddr_in from, to = {0};
    struct iovec io = {bytes, sizeof bytes};
    struct msghdr msg = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &io, .msg_iovlen = 1,
                         .msg_control = control, .msg_controllen = sizeof control};
    if (recvmsg(receiving, &msg, 0) < 0)
        return;
    for (struct cmsghdr *h = CMSG_FIRSTHDR(&msg); h; h = CMSG_NXTHDR(&msg, h)) {
        if (h->cmsg_level == IPPROTO_IP && h->cmsg_type == IP_RECVORIGDSTADDR)
            memcpy(&to, CMSG_DATA(h), sizeof to);
    }
    size_t len = describe(c, IPPROTO_UDP, &from, &to, line);
    int fd = bound(SOCK_DGRAM, ntohl(to.sin_addr.s_addr), ntohs(to.sin_port), 1);
    (void)!sendto(fd, line, len, 0, (struct sockaddr *)&from, sizeof from);
    close(fd);
    (void)fputs(line, stdout);
}

static int listen_all(const char *path)
{
    static struct pollfd fds[FDS_MAX];
    struct config c;
    struct err err = {""};
    size_t n = 0;
    int one = 1;
    if (config_load(&c, path, &err) < 0) {
        (void)fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    for (size_t k = 0; k < c.honeypot.n_services; k++) {
        uint16_t port = gateway_service_port(c.honeypot.services[k]);
        if (port)
            fds[n++] = (struct pollfd){listener(port, 0), POLLIN, 0};
        for (size_t i = 0; i < c.n_points && n + 8 < FDS_MAX; i++) {
            if (gateway_port_of(&c, i, k, &port) == 0)
                fds[n++] = (struct pollfd){listener(port, 0), POLLIN, 0};
        }
    }
    fds[n++] = (struct pollfd){listener(gateway_any_port(&c), 1), POLLIN, 0};
    size_t udp = n;
    fds[n++] = (struct pollfd){bound(SOCK_DGRAM, 0, gateway_any_port(&c), 1), POLLIN, 0};
    if (setsockopt(fds[udp].fd, IPPROTO_IP, IP_RECVORIGDSTADDR, &one, sizeof one) < 0)
        die("IP_RECVORIGDSTADDR");
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    (void)puts("listening");
    for (;;) {
        if (poll(fds, n, -1) < 0)
            die("poll");
        for (size_t i = 0; i < n; i++) {
            if (fds[i].revents && i == udp)
                answer_udp(&c, fds[i].fd);
            else if (fds[i].revents)
                answer_tcp(&c, fds[i].fd);
        }
    }
}

static void set_patience(int fd, int ms)
{
    struct timeval tv = {ms / 1000, ms % 1000 * 1000};
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv);
}

static uint32_t parse_ip(const char *text)
{
    uint32_t ip;
    if (ip4_parse(text, &ip, NULL) < 0) {
        (void)fprintf(stderr, "%s is no address\n", text);
        exit(2);
    }
    return ip;
}

/* What came back on fd, to compare with want. */
static int compare(int fd, const char *want, const char *point)
{
    char got[LINE_MAX_BYTES] = "";
    ssize_t n = recv(fd, got, sizeof got - 1, 0);
    got[n > 0 ? n : 0] = '\0';
    if (n > 0 && strcmp(got, want) == 0)
        return 0;
    (void)printf("%s: wanted %.*s, got %s%s", point, (int)strlen(want) - 1, want, n > 0 ? got : n < 0 ? strerror(errno) : "the end",
                 n > 0 ? "" : "\n");
    return 1;
}

static int ask(int proto, uint32_t src, uint16_t sport, uint16_t dport, char **points, int n)
{
    char src_text[IP4_TEXT_MAX], want[LINE_MAX_BYTES];
    int wrong = 0, fds[1024], type = proto == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM;
    (void)ip4_format(src, src_text);
    /* All at once, so that the connections live side by side: a NAT that remaps ports would have to now. */
    for (int i = 0; i < n && i < 1024; i++) {
        struct sockaddr_in to = address(parse_ip(points[i]), dport);
        fds[i] = bound(type, src, sport, 0);
        set_patience(fds[i], 3000);
        if (connect(fds[i], (struct sockaddr *)&to, sizeof to) < 0) {
            (void)printf("%s: %s\n", points[i], strerror(errno));
            wrong++;
            close(fds[i]);
            fds[i] = -1;
        } else if (proto == IPPROTO_UDP) {
            (void)!send(fds[i], "?", 1, 0);
        }
    }
    for (int i = 0; i < n && i < 1024; i++) {
        if (fds[i] < 0)
            continue;
        (void)snprintf(want, sizeof want, "%s %s %u %s %u\n", proto == IPPROTO_TCP ? "tcp" : "udp", src_text, sport, points[i], dport);
        wrong += compare(fds[i], want, points[i]);
        close(fds[i]);
    }
    return wrong != 0;
}

static int send_one(int proto, uint32_t src, uint32_t dst, uint16_t dport)
{
    struct sockaddr_in to = address(dst, dport);
    char bytes[64];
    int fd = bound(proto == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM, src, 0, 0);
    set_patience(fd, 250);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0 || send(fd, "?", 1, 0) != 1 || recv(fd, bytes, sizeof bytes, 0) < 0)
        return 1;
    return 0;
}

int main(int argc, char **argv)
{
    int proto = argc > 2 && strcmp(argv[2], "udp") == 0 ? IPPROTO_UDP : IPPROTO_TCP;
    if (argc == 3 && strcmp(argv[1], "listen") == 0)
        return listen_all(argv[2]);
    if (argc > 6 && strcmp(argv[1], "ask") == 0)
        return ask(proto, parse_ip(argv[3]), (uint16_t)strtoul(argv[4], NULL, 10), (uint16_t)strtoul(argv[5], NULL, 10), argv + 6,
                   argc - 6);
    if (argc == 6 && strcmp(argv[1], "send") == 0)
        return send_one(proto, parse_ip(argv[3]), parse_ip(argv[4]), (uint16_t)strtoul(argv[5], NULL, 10));
    (void)fprintf(stderr, "usage: see the head of tests/e2e/origin.c\n");
    return 2;
}

/* Opens TCP connections that say nothing and holds them, to 127.0.0.1 from many loopback sources (of a namespace that the
 * bench made):
 *   idle PORT N PER_SOURCE     N connections, at most PER_SOURCE from each of 127.1.0.1, 127.1.0.2, …
 * Prints "held N" (how many are open) and holds them until its standard input ends; then prints "alive N": how many of
 * them the server had not closed. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 1000000 };

static int open_one(unsigned source, uint16_t port)
{
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f010001u + source)};
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on) < 0 ||
        bind(fd, (struct sockaddr *)&from, sizeof from) < 0 ||
        connect(fd, (struct sockaddr *)&to, sizeof to) < 0) {
        int why = errno;
        close(fd);
        errno = why;
        return -1;
    }
    return fd;
}

/* What the server greeted with is read first. */
static bool still_open(int fd)
{
    char c[256];
    ssize_t n;
    while ((n = recv(fd, c, sizeof c, MSG_DONTWAIT)) > 0)
        continue;
    return n < 0 && errno == EAGAIN;
}

int main(int argc, char **argv)
{
    unsigned long port = argc == 4 ? strtoul(argv[1], NULL, 10) : 0,
                  n = argc == 4 ? strtoul(argv[2], NULL, 10) : 0,
                  per_source = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
    if (port == 0 || port > 65535 || n == 0 || n > CONNECTIONS_MAX || per_source == 0) {
        (void)fprintf(stderr, "idle PORT N PER_SOURCE\n");
        return 2;
    }
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    int *fds = calloc(n, sizeof *fds);
    unsigned long held = 0;
    while (fds && held < n && (fds[held] = open_one((unsigned)(held / per_source), (uint16_t)port)) >= 0)
        held++;
    if (held < n)
        (void)fprintf(stderr, "idle: connection %lu: %s\n", held + 1, strerror(errno));
    (void)printf("held %lu\n", held);
    (void)fflush(stdout);
    char c[256];
    while (read(STDIN_FILENO, c, sizeof c) > 0)
        continue;
    unsigned long alive = 0;
    for (unsigned long i = 0; i < held; i++)
        alive += still_open(fds[i]);
    (void)printf("alive %lu\n", alive);
    free(fds);
    return 0;
}

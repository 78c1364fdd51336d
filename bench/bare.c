/* The limit for a server: answers each input of a connection with the next recorded bytes, unread, and closes after the last.
 *   bare PORT TRACE     127.0.0.1:PORT, one thread and listener per core; TRACE from mysql_load. Prints "answering"; SIGTERM ends. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TURNS_MAX = 8, BYTES_MAX = 65536, FILES_MAX = 65536 };

static struct {
    uint8_t bytes[BYTES_MAX];
    size_t n;
} turns[TURNS_MAX];
static unsigned n_turns;
static uint8_t at_turn[FILES_MAX]; /* by file descriptor: which turn is next */
static uint16_t port;

static int load(const char *path)
{
    FILE *f = fopen(path, "re");
    size_t n;
    while (f && n_turns < TURNS_MAX && fscanf(f, "%zu", &n) == 1 && fgetc(f) == '\n' && n <= BYTES_MAX &&
           fread(turns[n_turns].bytes, 1, n, f) == n)
        turns[n_turns++].n = n;
    if (f)
        (void)fclose(f);
    return n_turns ? 0 : -1;
}

static void answer(int fd)
{
    unsigned turn = at_turn[fd]++;
    if (turn >= n_turns || send(fd, turns[turn].bytes, turns[turn].n, MSG_NOSIGNAL) < 0)
        (void)close(fd);
}

static void take(int poll_fd, int listener)
{
    int fd, on = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct epoll_event ev = {.events = EPOLLIN, .data.fd = fd};
        if (fd >= FILES_MAX) {
            (void)close(fd);
            continue;
        }
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        (void)epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &ev);
        at_turn[fd] = 0;
        answer(fd);
    }
}

static void *serve(void *arg)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
    int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
        poll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event ev = {.events = EPOLLIN, .data.fd = listener}, events[256];
    uint8_t ignored[4096];
    if (listener < 0 || poll_fd < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) < 0 ||
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        bind(listener, (struct sockaddr *)&at, sizeof at) < 0 || listen(listener, 4096) < 0 ||
        epoll_ctl(poll_fd, EPOLL_CTL_ADD, listener, &ev) < 0) {
        perror("bare");
        exit(1);
    }
    if (arg)
        (void)puts("answering");
    (void)fflush(stdout);
    for (;;) {
        int n = epoll_wait(poll_fd, events, 256, -1);
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd == listener)
                take(poll_fd, listener);
            else if (recv(fd, ignored, sizeof ignored, 0) > 0)
                answer(fd);
            else
                (void)close(fd);
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    port = argc == 3 ? (uint16_t)strtoul(argv[1], NULL, 10) : 0;
    if (!port || load(argv[2]) < 0) {
        (void)fprintf(stderr, "bare PORT TRACE\n");
        return 2;
    }
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    for (long i = 1; i < cores; i++) {
        pthread_t t;
        if (pthread_create(&t, NULL, serve, NULL) != 0)
            return 1;
    }
    (void)serve(&port);
}

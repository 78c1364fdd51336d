/* The loops over real loopback connections, with a protocol that does whatever the client's letter says. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../cmocka_all.h"
#include "../event/journal_read.h"
#include "base/ts.h"
#include "config/persona.h"
#include "session/loop.h"

/* ---- the protocol: one letter, one deed; the rest of the line is echoed ---- */

static int letter_open(struct session *s)
{
    return session_send(s, "hello\n", 6);
}

static void send_much(struct session *s, size_t n)
{
    static char block[65536];
    memset(block, 'y', sizeof block);
    for (; n && session_send(s, block, n < sizeof block ? n : sizeof block) == 0;
         n -= n < sizeof block ? n : sizeof block)
        ;
}

static struct feed letter_input(struct session *s, const uint8_t *in, size_t n)
{
    size_t used = 0;
    for (const uint8_t *end; (end = memchr(in + used, '\n', n - used)); used = (size_t)(end - in) + 1) {
        size_t after = (size_t)(end - in) + 1;
        switch (in[used]) {
        case 'q':
            (void)session_send(s, "bye\n", 4);
            return (struct feed){FEED_CLOSE, after};
        case 'a':
            return (struct feed){FEED_ABORT, after};
        case 'p': /* answers after a while; what follows has to wait */
            session_set_timer(s, 100000);
            return (struct feed){FEED_PAUSE, after};
        case 'm':
            send_much(s, 8u << 20);
            break;
        case 'M':
            send_much(s, 80u << 20);
            break;
        case 'v':
            (void)session_send(s, session_persona(s)->mysql.version,
                               strlen(session_persona(s)->mysql.version));
            (void)session_send(s, "\n", 1);
            session_answered(s, session_persona(s)->mysql.version);
            session_answered(s, session_persona(s)->mysql.version);
            break;
        default:
            (void)session_send(s, in + used, after - used);
        }
    }
    return (struct feed){FEED_MORE, used};
}

static void letter_timer(struct session *s)
{
    (void)session_send(s, "late\n", 5);
    session_resume(s);
}

static int changes;
static int letter_changed(void *shared, const struct persona *persona, struct err *err)
{
    if (strcmp(persona->name, "refused") == 0)
        return err_set(err, -EINVAL, "this persona is refused");
    __atomic_add_fetch(&changes, 1, __ATOMIC_SEQ_CST);
    return 0;
}

static const struct protocol letters = {.name = "letters",
                                        .doc = "for tests",
                                        .port = 1,
                                        .state_bytes = 16,
                                        .in_max_bytes = 4096,
                                        .persona_changed = letter_changed,
                                        .open = letter_open,
                                        .input = letter_input,
                                        .timer = letter_timer};

/* ---- a server and its clients ---- */

static char store[64];
static struct server *server;
static uint16_t port;

static struct persona persona_of(const char *name, const char *version)
{
    struct persona p = {.os = "linux"};
    (void)snprintf(p.name, sizeof p.name, "%s", name);
    (void)snprintf(p.mysql.version, sizeof p.mysql.version, "%s", version);
    return p;
}

static void start(struct server_options o)
{
    struct persona p = persona_of("first", "5.6.10");
    struct listen_spec listen = {.ip = INADDR_LOOPBACK, .proto = IPPROTO_TCP, .protocol = &letters};
    struct err err = {""};
    make_store(store);
    o.listen = &listen;
    o.n_listen = 1;
    o.persona = &p;
    o.store_dir = store;
    o.instance = "test";
    o.n_loops = o.n_loops ? o.n_loops : 1;
    if (server_open(&o, &server, &err) < 0 || server_start(server, &err) < 0)
        fail_msg("%s", err.text);
    port = server_port(server, 0);
}

static json_t *stop(void)
{
    struct err err = {""};
    if (server_stop(server, &err) < 0)
        fail_msg("%s", err.text);
    struct journal_content c = read_journal(store);
    assert_int_equal(c.n_live + c.n_torn, 0);
    remove_store(store);
    return c.events;
}

/* A connection from 127.x.y.z; -1 when it is refused. */
static int dial(uint32_t from)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(from ? from : INADDR_LOOPBACK)};
    struct timeval wait = {10, 0};
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    (void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &(int){1}, sizeof(int));
    if (bind(fd, (struct sockaddr *)&at, sizeof at) == 0) {
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        at.sin_port = htons(port);
        if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
            return fd;
    }
    close(fd);
    return -1;
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Reads until the text has come, the peer ends or 10 s are over. */
static void expect(int fd, const char *text)
{
    char got[256] = "";
    size_t n = 0, want = strlen(text);
    while (n < want) {
        ssize_t k = recv(fd, got + n, want - n, 0);
        if (k <= 0)
            break;
        n += (size_t)k;
    }
    got[n] = '\0';
    assert_string_equal(got, text);
}

/* How the peer ended: 0 a clean end, else errno. Counts what still came. */
static int ending(int fd, size_t *ret_bytes)
{
    static char block[65536];
    size_t sum = 0;
    for (ssize_t n;; sum += (size_t)n) {
        n = recv(fd, block, sizeof block, 0);
        if (n <= 0) {
            if (ret_bytes)
                *ret_bytes = sum;
            return n == 0 ? 0 : errno;
        }
    }
}

static void wait_for_sessions(size_t n)
{
    for (int i = 0; i < 2000 && server_sessions(server) != n; i++)
        (void)usleep(5000);
    assert_int_equal(server_sessions(server), n);
}

static size_t count(json_t *events, const char *type, const char *key, const char *value)
{
    size_t i, n = 0;
    json_t *e;
    json_array_foreach(events, i, e)
    {
        if (strcmp(json_string_value(json_object_get(e, "event_type")), type) != 0)
            continue;
        const char *is = key ? json_string_value(json_object_get(e, key)) : "";
        n += !key || (is && strcmp(is, value) == 0);
    }
    return n;
}

static json_int_t counted(json_t *events, const char *reason)
{
    size_t i;
    json_int_t sum = 0;
    json_t *e;
    json_array_foreach(events, i, e)
    {
        const char *is = json_string_value(json_object_get(e, "reason"));
        if (strcmp(json_string_value(json_object_get(e, "event_type")), "counts") == 0 && is &&
            strcmp(is, reason) == 0)
            sum += json_integer_value(json_object_get(e, "count"));
    }
    return sum;
}

/* ---- tests ---- */

static void a_conversation_and_its_journal(void **state)
{
    start((struct server_options){0});
    int fd = dial(0x7f010203u);
    expect(fd, "hello\n");
    say(fd, "x one\nx t");
    expect(fd, "x one\n");
    say(fd, "wo\n");
    expect(fd, "x two\n");
    say(fd, "v\n");
    expect(fd, "5.6.10\n");
    say(fd, "q\n");
    expect(fd, "bye\n");
    assert_int_equal(ending(fd, NULL), 0);
    close(fd);
    wait_for_sessions(0);
    json_t *events = stop();
    assert_int_equal(count(events, "session_open", "src_ip", "127.1.2.3"), 1);
    assert_int_equal(count(events, "session_open", "origin", "local"), 1);
    assert_int_equal(count(events, "answer", "version", "5.6.10"), 1);
    assert_int_equal(count(events, "session_close", "reason", "server"), 1);
    assert_int_equal(count(events, "lighting", NULL, NULL), 2);
    size_t i;
    json_t *e;
    json_array_foreach(events, i, e)
    {
        const char *type = json_string_value(json_object_get(e, "event_type"));
        if (strcmp(type, "session_open") == 0)
            assert_true(json_is_integer(json_object_get(e, "isn")));
        if (strcmp(type, "session_close") == 0) {
            assert_int_equal(json_integer_value(json_object_get(e, "bytes_in")), 16);
            assert_int_equal(json_integer_value(json_object_get(e, "bytes_out")), 29);
            assert_int_equal(json_integer_value(json_object_get(e, "dest_port")), port);
        }
    }
    json_decref(events);
}

static void a_pause_holds_what_follows(void **state)
{
    start((struct server_options){0});
    int fd = dial(0);
    expect(fd, "hello\n");
    int64_t from_us = ts_mono_us();
    say(fd, "p\nx after\np\nq\n");
    expect(fd, "late\nx after\nlate\nbye\n");
    assert_true(ts_mono_us() - from_us >= 190000);
    assert_int_equal(ending(fd, NULL), 0);
    close(fd);
    json_decref(stop());
}

/* A client that ends its side first still gets all answers, also when they come late or are many. */
static void half_closed_is_answered(void **state)
{
    start((struct server_options){0});
    int fd = dial(0);
    size_t n = 0;
    say(fd, "x one\nm\n");
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    assert_int_equal(ending(fd, &n), 0);
    assert_int_equal(n, 6 + 6 + (8u << 20));
    close(fd);
    fd = dial(0);
    say(fd, "p\nx two\n");
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    expect(fd, "hello\nlate\nx two\n");
    assert_int_equal(ending(fd, NULL), 0);
    close(fd);
    wait_for_sessions(0);
    json_t *events = stop();
    assert_int_equal(count(events, "session_close", "reason", "client"), 2);
    json_decref(events);
}

/* Bytes that arrive after the last answer must not turn it into a reset. */
static void the_last_answer_arrives(void **state)
{
    start((struct server_options){0});
    for (int i = 0; i < 50; i++) {
        int fd = dial(0);
        say(fd, "q\nmore that nobody reads\nand more\n");
        expect(fd, "hello\nbye\n");
        assert_int_equal(ending(fd, NULL), 0);
        close(fd);
    }
    int fd = dial(0);
    say(fd, "a\n");
    expect(fd, "hello\n");
    assert_int_equal(ending(fd, NULL), ECONNRESET);
    close(fd);
    wait_for_sessions(0);
    json_t *events = stop();
    assert_int_equal(count(events, "session_close", "reason", "server"), 50);
    assert_int_equal(count(events, "session_close", "reason", "error"), 1);
    json_decref(events);
}

static void caps_end_what_passes_them(void **state)
{
    start((struct server_options){.bytes_in_max = 100000, .sessions_per_source_max = 5});
    char line[5000];
    memset(line, 'x', sizeof line);
    int fd = dial(0); /* a message that never ends: 4096 bytes are held */
    (void)send(fd, line, sizeof line, MSG_NOSIGNAL);
    assert_int_equal(ending(fd, NULL), ECONNRESET);
    close(fd);
    fd = dial(0); /* many good messages */
    line[999] = '\n';
    int refused = 0; /* the reset is told once: to the send that meets it, or else to the read */
    for (int i = 0; i < 200 && !refused; i++)
        refused = send(fd, line, 1000, MSG_NOSIGNAL) == 1000 ? 0 : errno;
    int end = ending(fd, NULL);
    assert_true(refused == ECONNRESET || refused == EPIPE || end == ECONNRESET);
    close(fd);
    fd = dial(0); /* an answer that is never read */
    expect(fd, "hello\n");
    say(fd, "M\n");
    wait_for_sessions(0);
    close(fd);
    json_t *events = stop();
    assert_int_equal(count(events, "session_close", "reason", "limit"), 3);
    assert_int_equal(counted(events, "limit"), 3);
    json_decref(events);
}

static void each_source_has_its_share(void **state)
{
    start((struct server_options){.sessions_per_source_max = 3, .n_loops = 2});
    int fds[8];
    for (int i = 0; i < 3; i++) {
        fds[i] = dial(0x7f000009u);
        expect(fds[i], "hello\n");
    }
    int over = dial(0x7f000009u);
    assert_int_equal(ending(over, NULL), ECONNRESET);
    close(over);
    for (int i = 3; i < 8; i++) { /* others are not affected */
        fds[i] = dial(0x7f000010u + (uint32_t)i);
        expect(fds[i], "hello\n");
    }
    close(fds[0]);
    wait_for_sessions(7);
    fds[0] = dial(0x7f000009u);
    expect(fds[0], "hello\n");
    for (int i = 0; i < 8; i++)
        close(fds[i]);
    wait_for_sessions(0);
    json_t *events = stop();
    assert_int_equal(counted(events, "source-cap"), 1);
    assert_int_equal(count(events, "session_open", NULL, NULL), 9);
    assert_int_equal(count(events, "session_close", NULL, NULL), 9);
    json_decref(events);
}

static void the_oldest_idle_one_makes_room(void **state)
{
    start((struct server_options){.sessions_max = 3});
    int fds[4];
    for (int i = 0; i < 3; i++) {
        fds[i] = dial(0);
        expect(fds[i], "hello\n");
    }
    say(fds[0], "x busy\n");
    expect(fds[0], "x busy\n"); /* now the second is idle the longest */
    fds[3] = dial(0);
    expect(fds[3], "hello\n");
    assert_int_equal(ending(fds[1], NULL), ECONNRESET);
    say(fds[0], "x still\n");
    expect(fds[0], "x still\n");
    for (int i = 0; i < 4; i++)
        close(fds[i]);
    wait_for_sessions(0);
    json_t *events = stop();
    assert_int_equal(count(events, "session_close", "reason", "shed"), 1);
    assert_int_equal(counted(events, "shed"), 1);
    json_decref(events);
}

static void idle_and_long_lives_end(void **state)
{
    start((struct server_options){.idle_s = 1, .life_s = 2});
    int idle = dial(0), busy = dial(0);
    expect(idle, "hello\n");
    expect(busy, "hello\n");
    int64_t from_us = ts_mono_us();
    for (int i = 0; i < 6; i++) {
        (void)usleep(250000);
        say(busy, "x\n");
        expect(busy, "x\n");
    }
    assert_int_equal(ending(idle, NULL), 0);
    assert_int_equal(ending(busy, NULL), 0);
    assert_true(ts_mono_us() - from_us < 4000000);
    close(idle);
    close(busy);
    json_t *events = stop();
    assert_int_equal(count(events, "session_close", "reason", "idle"), 1);
    assert_int_equal(count(events, "session_close", "reason", "life"), 1);
    json_decref(events);
}

static void a_reload_is_met_by_new_sessions_only(void **state)
{
    start((struct server_options){.n_loops = 2});
    int old[4];
    for (uint32_t i = 0; i < 4; i++) {
        old[i] = dial(0x7f000020u + i);
        expect(old[i], "hello\n");
    }
    changes = 0;
    struct persona next = persona_of("second", "5.1.54"), bad = persona_of("refused", "9");
    assert_int_equal(server_reload(server, &next, "b", NULL), 0);
    for (int i = 0; i < 1000 && __atomic_load_n(&changes, __ATOMIC_SEQ_CST) < 2; i++)
        (void)usleep(5000);
    (void)usleep(50000);
    assert_int_equal(server_reload(server, &bad, "c", NULL), 0);
    (void)usleep(300000);
    assert_int_equal(server_reload(server, &next, "b", NULL), 0); /* nothing new: no rows in the ledger */
    (void)usleep(300000);
    for (uint32_t i = 0; i < 4; i++) {
        say(old[i], "v\n");
        expect(old[i], "5.6.10\n");
        int fd = dial(0x7f000020u + i);
        expect(fd, "hello\n");
        say(fd, "v\n");
        expect(fd, "5.1.54\n");
        close(fd);
        close(old[i]);
    }
    wait_for_sessions(0);
    json_t *events = stop();
    assert_int_equal(count(events, "answer", "version", "5.6.10"), 4);
    assert_int_equal(count(events, "answer", "version", "5.1.54"), 4);
    assert_int_equal(count(events, "answer", "arm", "b"), 4);
    assert_int_equal(count(events, "session_close", "reason", "client"), 8);
    assert_int_equal(count(events, "lighting", "persona", "first"), 2);
    assert_int_equal(count(events, "lighting", "persona", "second"), 2);
    assert_int_equal(count(events, "lighting", "persona", "refused"), 0);
    json_decref(events);
}

static void stopping_ends_all(void **state)
{
    start((struct server_options){.n_loops = 2});
    int fds[10];
    for (uint32_t i = 0; i < 10; i++) {
        fds[i] = dial(0x7f000030u + i);
        expect(fds[i], "hello\n");
    }
    json_t *events = stop();
    assert_int_equal(count(events, "session_close", "reason", "stop"), 10);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(ending(fds[i], NULL), 0);
        close(fds[i]);
    }
    json_decref(events);
}

/* Descriptors run out: connections are refused, the loop does not spin and goes on afterwards. In a child, for its limit. */
static void without_descriptors_it_goes_on(void **state)
{
    start((struct server_options){.n_loops = 1, .sessions_per_source_max = 1000});
    struct rlimit before, r;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    r = before;
    int fds[60];
    int first = dial(0);
    expect(first, "hello\n");
    for (int i = 0; i < 60; i++)
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    r.rlim_cur = (rlim_t)fds[59] + 10; /* ours are there already: the server can take 9 more */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &r), 0);
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (int i = 0; i < 60; i++)
        (void)connect(fds[i], (struct sockaddr *)&at, sizeof at);
    (void)usleep(300000);
    struct rusage a, b;
    assert_int_equal(getrusage(RUSAGE_SELF, &a), 0);
    (void)usleep(300000);
    assert_int_equal(getrusage(RUSAGE_SELF, &b), 0);
    int64_t cpu_us =
        (b.ru_utime.tv_sec - a.ru_utime.tv_sec + b.ru_stime.tv_sec - a.ru_stime.tv_sec) * 1000000 +
        b.ru_utime.tv_usec - a.ru_utime.tv_usec + b.ru_stime.tv_usec - a.ru_stime.tv_usec;
    assert_true(cpu_us < 200000);
    for (int i = 0; i < 60; i++)
        close(fds[i]);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    close(first);
    wait_for_sessions(0);
    int fd = dial(0);
    expect(fd, "hello\n");
    close(fd);
    json_t *events = stop();
    assert_true(counted(events, "no-descriptor") > 0);
    assert_true(counted(events, "shed") > 0);
    json_decref(events);
}

/* 2,500 sessions at once from 250 sources: silent ones, ones that send a byte now and then, ones that pause; a normal client
 * beside them is served as if they were not there. */
static void thousands_of_slow_ones_disturb_nobody(void **state)
{
    enum { N = 2500 };
    struct rlimit r;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &r), 0);
    r.rlim_cur = r.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &r);
    if (r.rlim_max < 3 * N)
        skip();
    start((struct server_options){.n_loops = 2});
    int *fds = calloc(N, sizeof *fds);
    for (uint32_t i = 0; i < N; i++) {
        fds[i] = dial(0x7f010000u + i % 250);
        assert_true(fds[i] >= 0);
    }
    wait_for_sessions(N);
    for (int round = 0; round < 5; round++)
        for (int i = 0; i < N; i += 2)
            say(fds[i], i % 3 ? "z" : "x\n");
    int64_t from_us = ts_mono_us();
    for (int i = 0; i < 200; i++) {
        int fd = dial(0x7f000001u);
        say(fd, "x good\nq\n");
        expect(fd, "hello\nx good\nbye\n");
        assert_int_equal(ending(fd, NULL), 0);
        close(fd);
    }
    assert_true(ts_mono_us() - from_us < 5000000);
    assert_true(server_sessions(server) >= N);
    for (int i = 0; i < N; i++)
        close(fds[i]);
    free(fds);
    wait_for_sessions(0);
    json_t *events = stop();
    assert_int_equal(count(events, "session_open", NULL, NULL), N + 200);
    assert_int_equal(count(events, "session_close", NULL, NULL), N + 200);
    json_decref(events);
}

static void a_taken_port_is_one_clear_line(void **state)
{
    start((struct server_options){0});
    struct persona p = persona_of("first", "5.6.10");
    struct listen_spec listen = {
        .ip = INADDR_LOOPBACK, .port = port, .proto = IPPROTO_TCP, .protocol = &letters};
    struct server_options o = {
        .listen = &listen, .n_listen = 1, .persona = &p, .store_dir = store, .instance = "other"};
    struct server *other = NULL;
    struct err err = {""};
    assert_int_equal(server_open(&o, &other, &err), -EADDRINUSE);
    assert_non_null(strstr(err.text, "127.0.0.1"));
    json_decref(stop());
}

int main(void)
{
    (void)signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_conversation_and_its_journal),
        cmocka_unit_test(a_pause_holds_what_follows),
        cmocka_unit_test(half_closed_is_answered),
        cmocka_unit_test(the_last_answer_arrives),
        cmocka_unit_test(caps_end_what_passes_them),
        cmocka_unit_test(each_source_has_its_share),
        cmocka_unit_test(the_oldest_idle_one_makes_room),
        cmocka_unit_test(idle_and_long_lives_end),
        cmocka_unit_test(a_reload_is_met_by_new_sessions_only),
        cmocka_unit_test(stopping_ends_all),
        cmocka_unit_test(without_descriptors_it_goes_on),
        cmocka_unit_test(thousands_of_slow_ones_disturb_nobody),
        cmocka_unit_test(a_taken_port_is_one_clear_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

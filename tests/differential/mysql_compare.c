/* mysql_compare: sends statements and raw exchanges to one or two servers, compares the replies packet by packet after
 * masking what must differ, and prints the share that is identical by class. See doc/protocol/mysql-differences.md. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/rd.h"
#include "mysql_corpus.h"
#include "mysql_mask.h"
#include "mysql_result.h"
#include "mysql_wire.h"

enum { FILES_MAX = 64, CLASSES_MAX = 256, DIFFERENCE_LINES_MAX = 12, SHORT_QUIET_MS = 30 };

struct server {
    char host[16];
    uint16_t port;
    struct wire wire;
};
struct options {
    struct server side[2];
    int sides;
    const char *files[FILES_MAX], *recorded, *record, *user, *password, *db;
    int file_count, timeout_ms, quiet_ms, list;
    uint32_t caps;
    double floor_percent;
    bool recorded_form;
    const char *only_class;
};
struct share {
    const char *name; /* borrowed from the corpus */
    size_t entries, same, packets, packets_same;
};
struct run {
    struct options opt;
    struct corpus corpus;
    struct share classes[CLASSES_MAX], all;
    size_t class_count;
    int listed;
    FILE *record;
    const char *session; /* settings of the session that is open; borrowed from the corpus */
};

/* ---- talking ----------------------------------------------------------------------------------------------------- */

struct session_settings {
    char user[64], password[64], db[64];
    uint32_t caps;
    uint8_t charset;
};

static void take_setting(struct session_settings *s, const char *word)
{
    if (strncmp(word, "user=", 5) == 0)
        (void)snprintf(s->user, sizeof s->user, "%s", word + 5);
    else if (strncmp(word, "password=", 9) == 0)
        (void)snprintf(s->password, sizeof s->password, "%s", word + 9);
    else if (strncmp(word, "db=", 3) == 0)
        (void)snprintf(s->db, sizeof s->db, "%s", word + 3);
    else if (strncmp(word, "caps=", 5) == 0)
        s->caps = (uint32_t)strtoul(word + 5, NULL, 0);
    else if (strncmp(word, "charset=", 8) == 0)
        s->charset = (uint8_t)strtoul(word + 8, NULL, 0);
}

static struct session_settings settings_of(const struct options *o, const char *line)
{
    struct session_settings s = {.caps = o->caps, .charset = 33};
    char copy[512], *save = NULL;
    (void)snprintf(s.user, sizeof s.user, "%s", o->user);
    (void)snprintf(s.password, sizeof s.password, "%s", o->password);
    (void)snprintf(s.db, sizeof s.db, "%s", o->db);
    (void)snprintf(copy, sizeof copy, "%s", line ? line : "");
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
        take_setting(&s, word);
    return s;
}

/* A fresh connection, logged in. What the login brought goes to ret_reply. */
static int start_session(struct run *run, struct server *to, const struct session_settings *s,
                         struct wire_reply *ret_reply)
{
    struct wire_login login = {s->user, s->password, s->db, s->caps, s->charset};
    wire_close(&to->wire);
    int rc = wire_open(&to->wire, to->host, to->port, run->opt.timeout_ms, ret_reply);
    if (rc == 0)
        rc = wire_login(&to->wire, &login, run->opt.timeout_ms, ret_reply);
    return rc;
}

static uint8_t *command(uint8_t com, const char *text, size_t n, size_t *ret_len)
{
    uint8_t *out = malloc(n + 1);
    if (out) {
        out[0] = com;
        memcpy(out + 1, text, n);
        *ret_len = n + 1;
    }
    return out;
}

/* The session that a statement needs. A refused login is the statement's reply; true when it can be sent. */
static bool ready(struct run *run, struct server *to, const struct corpus_entry *e, struct wire_reply *reply,
                  int *rc)
{
    struct session_settings s = settings_of(&run->opt, run->session);
    struct wire_reply login = {0};
    *rc = 0;
    if (!e->new_session && to->wire.fd >= 0)
        return true;
    *rc = start_session(run, to, &s, &login);
    if (*rc == -EACCES || *rc == -ECONNRESET) {
        *reply = login;
        reply->closed = true;
        *rc = 0;
        wire_close(&to->wire);
        return false;
    }
    wire_reply_clear(&login);
    if (*rc < 0)
        (void)fprintf(stderr, "mysql_compare: %s:%u: no session for %s:%d: %s\n", to->host, to->port, e->file,
                      e->line, strerror(-*rc));
    return *rc == 0;
}

/* A statement to every side; the replies come in parallel. */
static int ask_statement(struct run *run, const struct corpus_entry *e, struct wire_reply reply[2])
{
    bool asked[2] = {false, false};
    size_t n = 0;
    uint8_t *sent = command(3, e->text, e->text_len, &n);
    int rc = sent ? 0 : -ENOMEM;
    if (e->new_session)
        run->session = e->session;
    for (int i = 0; rc == 0 && i < run->opt.sides; i++) {
        asked[i] = ready(run, &run->opt.side[i], e, &reply[i], &rc);
        if (asked[i] && wire_send(&run->opt.side[i].wire, 0, sent, n) < 0)
            wire_close(&run->opt.side[i].wire);
    }
    for (int i = 0; rc == 0 && i < run->opt.sides; i++) {
        if (asked[i])
            rc = wire_read_reply(&run->opt.side[i].wire, sent, n, run->opt.timeout_ms, &reply[i]);
        if (reply[i].timed_out)
            wire_close(&run->opt.side[i].wire);
    }
    free(sent);
    return rc;
}

/* A server counts statement ids as it likes (MariaDB goes on in a reused thread): note the id of one just prepared, and
 * put its number within the exchange in the reply. */
static void note_prepared(struct corpus_ids *ids, const struct wire_reply *reply, size_t from)
{
    struct rd r = rd_of(NULL, 0);
    if (from < reply->count)
        r = rd_of(reply->packets[from].bytes, reply->packets[from].len);
    bool ok = rd_u8(&r) == 0 && rd_left(&r) == 11 && ids->count < CORPUS_IDS_MAX;
    if (!ok)
        return;
    ids->id[ids->count++] = rd_le32(&r);
    uint8_t number[4] = {(uint8_t)ids->count, 0, 0, 0};
    memcpy(reply->packets[from].bytes + 1, number, sizeof number);
}

/* The same ids in the texts of errors: "(14)" becomes the number within the exchange. */
static void renumber_errors(const struct corpus_ids *ids, struct wire_reply *reply, size_t from)
{
    for (; from < reply->count; from++) {
        struct wire_packet *k = &reply->packets[from];
        for (size_t i = 0; i < ids->count && k->len && k->bytes[0] == 0xff; i++) {
            char was[16], is[16];
            int was_len = snprintf(was, sizeof was, "(%u)", ids->id[i]),
                is_len = snprintf(is, sizeof is, "(%zu)", i + 1);
            uint8_t *at = memmem(k->bytes, k->len, was, (size_t)was_len);
            if (!at || is_len > was_len)
                continue;
            size_t rest = k->len - (size_t)(at - k->bytes) - (size_t)was_len;
            memcpy(at, is, (size_t)is_len);
            memmove(at + is_len, at + was_len, rest);
            k->len -= (size_t)(was_len - is_len);
            break;
        }
    }
}

/* One item of an exchange. joined: set by "join". */
static int exchange_item(struct run *run, struct wire *w, const json_t *item, struct corpus_ids *ids,
                         struct wire_reply *reply, bool *joined)
{
    struct wire_login login = {run->opt.user, run->opt.password, "", run->opt.caps, 33};
    uint8_t *bytes = NULL, usual[512];
    size_t n = 0;
    int rc = 0;
    if (json_is_string(item) && strcmp(json_string_value(item), "join") == 0) {
        *joined = true;
        return 0;
    }
    if (json_is_string(item) && strcmp(json_string_value(item), "shut") == 0) {
        if (w->fd >= 0)
            (void)shutdown(w->fd, SHUT_WR);
        return wire_read_quiet(w, run->opt.quiet_ms, reply);
    }
    if (json_is_string(item) && strcmp(json_string_value(item), "login") == 0) {
        n = wire_login_payload(w, &login, usual, sizeof usual);
        w->caps = login.caps;
        rc = wire_send(w, 1, usual, n);
        return rc < 0 ? 0 : wire_read_reply(w, usual, n, run->opt.timeout_ms, reply);
    }
    const json_t *raw = json_object_get(item, "raw");
    rc = corpus_payload(raw ? raw : json_array_get(item, 1), ids, &bytes, &n);
    if (rc < 0)
        return rc;
    if (raw) {
        rc = wire_send_bytes(w, bytes, n);
        rc = rc < 0 ? 0 : wire_read_quiet(w, run->opt.quiet_ms, reply);
    } else {
        if (!w->logged_in && n >= 4) {
            struct rd r = rd_of(bytes, n);
            w->caps = rd_le32(&r);
        }
        size_t from = reply->count;
        bool prepare = w->logged_in && n && bytes[0] == 22;
        rc = wire_send(w, (uint8_t)json_integer_value(json_array_get(item, 0)), bytes, n);
        if (rc < 0)
            rc = 0; /* the server closed before: its reply shows it */
        else
            rc = wire_read_reply(w, bytes, n, run->opt.timeout_ms, reply);
        if (prepare)
            note_prepared(ids, reply, from);
        renumber_errors(ids, reply, from);
    }
    free(bytes);
    return rc;
}

/* "join": the packets are written at once, then everything is read. */
static int exchange_joined(struct run *run, struct wire *w, const json_t *a, const json_t *b,
                           struct wire_reply *reply)
{
    uint8_t *bytes[2] = {NULL, NULL}, *all = NULL;
    const json_t *part[2] = {a, b};
    size_t n[2] = {0, 0}, at = 0;
    struct corpus_ids none = {.count = 0};
    int rc = 0;
    for (int i = 0; rc == 0 && i < 2; i++)
        rc = corpus_payload(json_array_get(part[i], 1), &none, &bytes[i], &n[i]);
    if (rc == 0)
        all = malloc(n[0] + n[1] + 8);
    for (int i = 0; all && i < 2; i++) {
        uint8_t head[4] = {(uint8_t)n[i], (uint8_t)(n[i] >> 8), (uint8_t)(n[i] >> 16),
                           (uint8_t)json_integer_value(json_array_get(part[i], 0))};
        memcpy(all + at, head, 4);
        memcpy(all + at + 4, bytes[i], n[i]);
        at += 4 + n[i];
    }
    if (all) {
        (void)wire_send_bytes(w, all, at);
        rc = wire_read_quiet(w, run->opt.quiet_ms, reply);
    }
    free(all);
    free(bytes[0]);
    free(bytes[1]);
    return rc;
}

/* A whole exchange with one side: every packet that came, in order, each led by its sequence number as recorded. */
static int ask_exchange(struct run *run, struct server *to, const struct corpus_entry *e,
                        struct wire_reply *reply)
{
    bool joined = false;
    struct corpus_ids ids = {.count = 0};
    size_t i, count = json_array_size(e->client);
    wire_close(&to->wire);
    int rc = wire_open(&to->wire, to->host, to->port, run->opt.timeout_ms, reply);
    for (i = 0; rc == 0 && i < count; i++) {
        const json_t *item = json_array_get(e->client, i);
        if (joined && i + 1 < count)
            rc = exchange_joined(run, &to->wire, item, json_array_get(e->client, i + 1), reply), i++;
        else
            rc = exchange_item(run, &to->wire, item, &ids, reply, &joined);
        if (!(json_is_string(item) && strcmp(json_string_value(item), "join") == 0))
            joined = false;
        if (rc == -EINVAL)
            (void)fprintf(stderr, "mysql_compare: %s:%d: item %zu is not one (see mysql_corpus.h)\n", e->file,
                          e->line, i);
    }
    /* What nobody asked for shows within the short wait; a refused login is followed by the end of the connection. */
    if (rc == 0)
        rc = wire_read_quiet(&to->wire, to->wire.logged_in ? SHORT_QUIET_MS : run->opt.quiet_ms, reply);
    wire_close(&to->wire);
    return rc;
}

/* ---- recorded ---------------------------------------------------------------------------------------------------- */

static int add_recorded_packet(struct wire_reply *reply, const json_t *hex, bool with_seq)
{
    uint8_t *bytes = NULL;
    size_t n = 0;
    int rc = json_is_string(hex) ? corpus_unhex(json_string_value(hex), &bytes, &n) : -EINVAL;
    if (rc == 0 && n == 6 && memcmp(bytes, "CLOSED", 6) == 0)
        reply->closed = true;
    else if (rc == 0 && with_seq && n)
        rc = wire_reply_add(reply, bytes[0], bytes + 1, n - 1) ? 0 : -ENOMEM;
    else if (rc == 0)
        rc = wire_reply_add(reply, (uint8_t)(reply->count + 1), bytes, n) ? 0 : -ENOMEM;
    free(bytes);
    return rc;
}

/* A statement's list of packets, or an exchange's list of lists, as one reply. */
static int recorded_reply(const struct corpus_entry *e, struct wire_reply *reply)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < json_array_size(e->recorded); i++) {
        const json_t *item = json_array_get(e->recorded, i);
        if (!e->client)
            rc = add_recorded_packet(reply, item, false);
        for (size_t k = 0; rc == 0 && e->client && k < json_array_size(item); k++)
            rc = add_recorded_packet(reply, json_array_get(item, k), true);
    }
    return rc;
}

static json_t *hex_of(const struct wire_packet *k, bool with_seq)
{
    static const char digits[] = "0123456789abcdef";
    size_t n = k->len + with_seq, at = 0;
    char *text = malloc(2 * n + 1);
    if (!text)
        return NULL;
    if (with_seq) {
        text[at++] = digits[k->seq >> 4];
        text[at++] = digits[k->seq & 15];
    }
    for (size_t i = 0; i < k->len; i++) {
        text[at++] = digits[k->bytes[i] >> 4];
        text[at++] = digits[k->bytes[i] & 15];
    }
    json_t *s = json_stringn(text, at);
    free(text);
    return s;
}

static void record(struct run *run, size_t n, const struct corpus_entry *e, const struct wire_reply *masked)
{
    json_t *packets = json_array();
    for (size_t i = 0; i < masked->count; i++)
        (void)json_array_append_new(packets, hex_of(&masked->packets[i], e->client != NULL));
    if (masked->closed)
        (void)json_array_append_new(packets, json_string("434c4f534544"));
    json_t *doc = e->client ? json_pack("{s:s, s:s, s:O, s:[o]}", "exchange", e->text, "class", e->class_name,
                                        "client", e->client, "replies", packets)
                            : json_pack("{s:I, s:s, s:s%, s:o}", "n", (json_int_t)n, "class", e->class_name,
                                        "statement", e->text, e->text_len, "reply", packets);
    if (doc) {
        (void)json_dumpf(doc, run->record, JSON_COMPACT | JSON_PRESERVE_ORDER);
        (void)fputc('\n', run->record);
    } else {
        (void)fprintf(stderr, "mysql_compare: %s:%d is not UTF-8 and was not recorded\n", e->file, e->line);
        json_decref(packets);
    }
    json_decref(doc);
}

/* ---- comparing --------------------------------------------------------------------------------------------------- */

static bool same_packet(const struct wire_packet *a, const struct wire_packet *b, bool with_seq)
{
    return a->len == b->len && (!with_seq || a->seq == b->seq) && memcmp(a->bytes, b->bytes, a->len) == 0;
}

static struct share *share_of(struct run *run, const char *name)
{
    for (size_t i = 0; i < run->class_count; i++)
        if (strcmp(run->classes[i].name, name) == 0)
            return &run->classes[i];
    if (run->class_count == CLASSES_MAX)
        return &run->classes[CLASSES_MAX - 1];
    run->classes[run->class_count].name = name;
    return &run->classes[run->class_count++];
}

static size_t count_same(const struct wire_reply *a, const struct wire_reply *b, bool with_seq)
{
    size_t same = 0;
    for (size_t i = 0; i < a->count && i < b->count; i++)
        same += same_packet(&a->packets[i], &b->packets[i], with_seq);
    return same;
}

static void print_end(const struct wire_reply *r)
{
    if (r->closed)
        (void)fputs(" [closed]", stdout);
    if (r->timed_out)
        (void)fputs(" [no answer in time]", stdout);
}

/* Both sides' packets that differ, decoded. */
static void list_difference(const struct run *run, const struct corpus_entry *e, const struct wire_reply m[2])
{
    struct result_walk *walk = calloc(2, sizeof *walk);
    int lines = 0;
    if (!walk)
        return;
    for (int s = 0; s < 2; s++) {
        walk[s].caps = e->client ? run->opt.side[0].wire.caps : settings_of(&run->opt, run->session).caps;
        walk[s].logged_in = !e->client;
    }
    (void)printf("--- %s:%d [%s] %.300s\n", e->file, e->line, e->class_name, e->text);
    size_t most = m[0].count > m[1].count ? m[0].count : m[1].count;
    for (size_t i = 0; i < most; i++) {
        bool differ = i >= m[0].count || i >= m[1].count ||
                      !same_packet(&m[0].packets[i], &m[1].packets[i], e->client != NULL);
        for (int s = 0; s < 2; s++) {
            if (i >= m[s].count)
                continue;
            enum packet_kind kind = result_next(&walk[s], &m[s].packets[i]);
            if (!differ || lines >= DIFFERENCE_LINES_MAX * 2)
                continue;
            (void)printf("%c%zu ", s ? '+' : '-', i);
            if (e->client)
                (void)printf("seq %u ", m[s].packets[i].seq);
            result_print(stdout, &walk[s], kind, &m[s].packets[i]);
            (void)putchar('\n');
            lines++;
        }
    }
    if (m[0].closed != m[1].closed || m[0].timed_out != m[1].timed_out || m[0].count != m[1].count) {
        for (int s = 0; s < 2; s++) {
            (void)printf("%c %zu packets", s ? '+' : '-', m[s].count);
            print_end(&m[s]);
            (void)putchar('\n');
        }
    }
    free(walk);
}

static void compare(struct run *run, const struct corpus_entry *e, const struct wire_reply m[2])
{
    struct share *share = share_of(run, e->class_name);
    size_t same = count_same(&m[0], &m[1], e->client != NULL);
    size_t most = m[0].count > m[1].count ? m[0].count : m[1].count;
    bool identical =
        same == most && m[0].closed == m[1].closed && m[0].timed_out == m[1].timed_out && !m[1].timed_out;
    share->entries++;
    share->same += identical;
    share->packets += most;
    share->packets_same += same;
    run->all.entries++;
    run->all.same += identical;
    run->all.packets += most;
    run->all.packets_same += same;
    if (!identical && run->listed < run->opt.list) {
        run->listed++;
        list_difference(run, e, m);
    }
}

static int one(struct run *run, size_t n, const struct corpus_entry *e)
{
    struct wire_reply reply[2] = {0}, masked[2] = {0};
    int rc = 0;
    if (e->client)
        for (int i = 0; rc == 0 && i < run->opt.sides; i++)
            rc = ask_exchange(run, &run->opt.side[i], e, &reply[i]);
    else
        rc = ask_statement(run, e, reply);
    if (run->opt.sides == 1 && e->recorded && rc == 0) {
        reply[1] = reply[0]; /* the recorded side is the first, as the real server is among two */
        reply[0] = (struct wire_reply){0};
        rc = recorded_reply(e, &reply[0]);
    }
    bool two = run->opt.sides == 2 || e->recorded;
    struct mask_context c = {run->opt.recorded_form, e->client == NULL,
                             e->client ? run->opt.side[0].wire.caps
                                       : settings_of(&run->opt, run->session).caps};
    for (int i = 0; rc == 0 && i < (two ? 2 : 1); i++)
        rc = mask_reply(&c, &reply[i], &masked[i]);
    if (rc == 0 && run->record)
        record(run, n, e, &masked[0]);
    if (rc == 0 && two)
        compare(run, e, masked);
    for (int i = 0; i < 2; i++) {
        wire_reply_clear(&reply[i]);
        wire_reply_clear(&masked[i]);
    }
    return rc;
}

static double percent(size_t part, size_t of)
{
    return of ? 100.0 * (double)part / (double)of : 0;
}

static void print_share(const char *name, const struct share *s)
{
    (void)printf("%-24s %5zu of %5zu identical %6.2f %%   packets %6.2f %%\n", name, s->same, s->entries,
                 percent(s->same, s->entries), percent(s->packets_same, s->packets));
}

/* ---- arguments --------------------------------------------------------------------------------------------------- */

static const char usage[] =
    "mysql_compare --a HOST:PORT [--b HOST:PORT | --recorded REPLIES.jsonl] [OPTION…] FILE…\n"
    "FILE: statements (.txt) or raw exchanges (.jsonl). Loopback addresses only. --a is the reference of two "
    "servers.\n"
    "  --record OUT.jsonl      write what --a answers (masked)\n"
    "  --list-differences[=N]  show the first N (default all) differing replies, - reference, + other\n"
    "  --class NAME            only this class\n"
    "  --floor PERCENT         fail (exit 1) when fewer are identical\n"
    "  --user U --password P --db D --caps 0x…   the login (root, empty, none, 0x000ba205)\n"
    "  --recorded-form          mask as the recorded files are: version, every date and time\n"
    "  --timeout-ms N --quiet-ms N               for a packet that must come (10000); for silence (300)\n"
    "  --rules                 print the masks\n";

static int parse_server(struct server *s, const char *arg)
{
    const char *colon = strchr(arg, ':');
    char *end = NULL;
    unsigned long port = colon ? strtoul(colon + 1, &end, 10) : 0;
    if (!colon || *end || port == 0 || port > 65535 || (size_t)(colon - arg) >= sizeof s->host)
        return -EINVAL;
    memcpy(s->host, arg, (size_t)(colon - arg));
    s->port = (uint16_t)port;
    return 0;
}

static int take_option(struct options *o, int key)
{
    switch (key) {
    case 'a':
        return parse_server(&o->side[0], optarg);
    case 'b':
        o->sides = 2;
        return parse_server(&o->side[1], optarg);
    case 'R':
        o->recorded = optarg;
        return 0;
    case 'w':
        o->record = optarg;
        return 0;
    case 'l':
        o->list = optarg ? (int)strtol(optarg, NULL, 10) : CORPUS_ENTRIES_MAX;
        return 0;
    case 'c':
        o->only_class = optarg;
        return 0;
    case 'f':
        o->floor_percent = strtod(optarg, NULL);
        return 0;
    case 'u':
        o->user = optarg;
        return 0;
    case 'p':
        o->password = optarg;
        return 0;
    case 'd':
        o->db = optarg;
        return 0;
    case 'C':
        o->caps = (uint32_t)strtoul(optarg, NULL, 0);
        return 0;
    case 'v':
        o->recorded_form = true;
        return 0;
    case 't':
        o->timeout_ms = (int)strtol(optarg, NULL, 10);
        return 0;
    case 'q':
        o->quiet_ms = (int)strtol(optarg, NULL, 10);
        return 0;
    default:
        return -EINVAL;
    }
}

static int parse(struct options *o, int argc, char **argv)
{
    static const struct option longs[] = {{"a", 1, NULL, 'a'},
                                          {"b", 1, NULL, 'b'},
                                          {"recorded", 1, NULL, 'R'},
                                          {"record", 1, NULL, 'w'},
                                          {"list-differences", 2, NULL, 'l'},
                                          {"class", 1, NULL, 'c'},
                                          {"floor", 1, NULL, 'f'},
                                          {"user", 1, NULL, 'u'},
                                          {"password", 1, NULL, 'p'},
                                          {"db", 1, NULL, 'd'},
                                          {"caps", 1, NULL, 'C'},
                                          {"recorded-form", 0, NULL, 'v'},
                                          {"timeout-ms", 1, NULL, 't'},
                                          {"quiet-ms", 1, NULL, 'q'},
                                          {"rules", 0, NULL, 'r'},
                                          {NULL, 0, NULL, 0}};
    int key;
    while ((key = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (key == 'r') {
            mask_print_rules(stdout);
            exit(EXIT_GOOD);
        }
        if (take_option(o, key) < 0)
            return -EINVAL;
    }
    for (; optind < argc && o->file_count < FILES_MAX; optind++)
        o->files[o->file_count++] = argv[optind];
    return o->side[0].port && (o->file_count || o->recorded) && optind == argc ? 0 : -EINVAL;
}

static int load(struct run *run, struct err *err)
{
    int rc = 0;
    for (int i = 0; rc == 0 && i < run->opt.file_count; i++)
        rc = corpus_load(&run->corpus, run->opt.files[i], err);
    if (rc == 0 && run->opt.recorded)
        rc = run->opt.file_count ? corpus_join_recorded(&run->corpus, run->opt.recorded, err)
                                 : corpus_load(&run->corpus, run->opt.recorded, err);
    return rc;
}

int main(int argc, char **argv)
{
    static struct run run = {.opt = {.sides = 1,
                                     .user = "root",
                                     .password = "",
                                     .db = "",
                                     .timeout_ms = 10000,
                                     .quiet_ms = 300,
                                     .caps = WIRE_DEFAULT_CAPS,
                                     .side = {{.wire.fd = -1}, {.wire.fd = -1}}}};
    struct err err = {""};
    if (parse(&run.opt, argc, argv) < 0) {
        (void)fputs(usage, stderr);
        return EXIT_USAGE;
    }
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    int rc = load(&run, &err);
    if (rc == 0 && run.opt.record && !(run.record = fopen(run.opt.record, "we")))
        rc = err_sys(&err, -errno, "%s", run.opt.record);
    for (size_t i = 0; rc == 0 && i < run.corpus.count; i++) {
        const struct corpus_entry *e = &run.corpus.entries[i];
        if (run.opt.only_class && strcmp(run.opt.only_class, e->class_name) != 0)
            continue;
        rc = one(&run, i, e);
        if (rc < 0)
            (void)err_sys(&err, rc, "%s:%d", e->file, e->line);
    }
    for (size_t i = 0; i < run.class_count; i++)
        print_share(run.classes[i].name, &run.classes[i]);
    if (run.all.entries)
        print_share("all", &run.all);
    if (rc < 0)
        (void)fprintf(stderr, "mysql_compare: %s\n", err.text);
    else if (percent(run.all.same, run.all.entries) < run.opt.floor_percent) {
        (void)fprintf(stderr, "mysql_compare: %.2f %% identical is below the floor of %.2f %%\n",
                      percent(run.all.same, run.all.entries), run.opt.floor_percent);
        rc = -ERANGE;
    }
    if (run.record && fclose(run.record) != 0)
        rc = -EIO;
    for (int i = 0; i < 2; i++)
        wire_close(&run.opt.side[i].wire);
    corpus_done(&run.corpus);
    return rc < 0 ? EXIT_FAILED : EXIT_GOOD;
}

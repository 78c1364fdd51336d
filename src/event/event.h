/* What happened on the honeypot, as journal lines (EVE-like JSON Lines, one line per write, crash-safe), from one schema
 * list. STORE/journal/<instance>-<seq>.jsonl; the store turns finished ones into Parquet and queries see both. */
#ifndef HOTARU_EVENT_EVENT_H
#define HOTARU_EVENT_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* event_type of each line. */
#define EVENT_TYPES(X)                                                                                       \
    X(SESSION_OPEN, "session_open", "a connection was accepted")                                             \
    X(SESSION_CLOSE, "session_close", "it ended: bytes, why")                                                \
    X(LOGIN, "login", "credentials offered and whether they were let in")                                    \
    X(COMMAND, "command", "what the client asked in the protocol's own words")                               \
    X(PAYLOAD, "payload", "first bytes on a service that is not emulated")                                   \
    X(SAMPLE, "sample", "a file that the client left: sha256, size")                                         \
    X(ANSWER, "answer", "what a source was told: the answer ledger")                                         \
    X(LIGHTING, "lighting", "an address was lit or darkened: the lighting ledger")                           \
    X(COUNTS, "counts", "refused, shed, truncated: what was not recorded, counted")

enum event_type {
#define X(id, name, doc) EVENT_##id,
    EVENT_TYPES(X)
#undef X
        EVENT_TYPE_COUNT
};

/* Every field a line can have beyond the common part, once: X(id, name, kind, doc); kinds: S text (UTF-8, else escaped
 * bytes as \u00xx), B bytes (stored as hex), I integer, T time (µs). */
#define EVENT_FIELDS(X)                                                                                      \
    X(SERVICE, "service", S, "protocol that answered: mysql, smb, any")                                      \
    X(PERSONA, "persona", S, "persona the session met")                                                      \
    X(ARM, "arm", S, "experiment arm; absent outside experiments")                                           \
    X(VERSION, "version", S, "version text that the source was told")                                        \
    X(ORIGIN, "origin", S, "how the original destination was learned: port-map, alias, local, tproxy")       \
    X(ISN, "isn", I, "initial sequence number of the client's SYN, where the kernel kept it")                \
    X(BYTES_IN, "bytes_in", I, "bytes from the client")                                                      \
    X(BYTES_OUT, "bytes_out", I, "bytes to the client")                                                      \
    X(REASON, "reason", S, "why it ended: client, server, idle, life, limit, shed, error, stop")             \
    X(USER, "user", S, "user name offered")                                                                  \
    X(DATABASE, "database", S, "database or domain or share offered")                                        \
    X(SALT, "salt", B, "challenge sent")                                                                     \
    X(RESPONSE, "response", B, "response to the challenge")                                                  \
    X(PLUGIN, "plugin", S, "authentication method")                                                          \
    X(HASHCAT, "hashcat", S, "the attempt in the form hashcat reads")                                        \
    X(ACCEPTED, "accepted", I, "1 let in, 0 refused")                                                        \
    X(COMMAND, "command", S, "protocol command: Query, Init DB, …")                                          \
    X(TEXT, "text", S, "statement or argument, capped")                                                      \
    X(REPLY, "reply", S, "what was answered, in short: OK, ERR 1305, 1 row")                                 \
    X(PAYLOAD, "payload", B, "bytes, capped")                                                                \
    X(LEN, "len_bytes", I, "length before the cap")                                                          \
    X(SHA256, "sha256", S, "of the whole payload or sample, hex")                                            \
    X(NAME, "name", S, "file name or path a sample was meant for")                                           \
    X(FROM, "ts_from", T, "lighting: lit from")                                                              \
    X(UNTIL, "ts_until", T, "lighting: dark again from; absent while lit")                                   \
    X(COUNT, "count", I, "counts: how many since the last such line")

enum event_field {
#define X(id, name, kind, doc) EVENT_F_##id,
    EVENT_FIELDS(X)
#undef X
        EVENT_FIELD_COUNT
};

/* The common part; what is 0 is left out of the line. */
struct event_head {
    enum event_type type;
    int64_t ts_us;
    uint64_t session;  /* flow_id; 0: belongs to no session */
    uint32_t src, dst; /* host order; dst is the original destination */
    uint16_t sport, dport;
    uint8_t proto; /* 6, 17 */
};

struct event; /* one line under construction; lives in the journal, one at a time */
struct journal;

struct journal_options {
    const char *store_dir;
    const char *instance;       /* [a-z0-9-]{1,32} */
    uint64_t segment_bytes_max; /* 0: 64 MiB */
    int64_t segment_age_max_us; /* 0: 600 s */
    uint32_t text_max_bytes;    /* cap of one S or B value; 0: 4096 (samples are stored whole elsewhere) */
    uint64_t sample_bytes_max;  /* all samples of the store together; 0: 1 GiB */
    /* For tests and fuzzers: each finished line (with its newline) goes here and no file is made. NULL: files. */
    void (*sink)(void *arg, const char *line, size_t n);
    void *sink_arg;
};

/* A journal belongs to one thread. It opens its folders now and works relative to them from then on, so that a confined
 * process needs no other path. -EINVAL for a bad instance name, -EACCES, -ENOSPC … with a line in err. */
int journal_open(const struct journal_options *options, struct journal **ret, struct err *err);
/* Starts a line. Never NULL; what is wrong shows at event_end(). A value over the cap is cut, at a character's border, and
 * its whole length goes to len_bytes unless that is set. A field set twice keeps the first value. */
struct event *event_begin(struct journal *j, const struct event_head *head);
void event_text(struct event *e, enum event_field f, const void *bytes, size_t n);
void event_str(struct event *e, enum event_field f, const char *text);
void event_bytes(struct event *e, enum event_field f, const void *bytes, size_t n);
void event_int(struct event *e, enum event_field f, int64_t value);
/* Hands the line to the journal's buffer. A full disk drops the line and counts it: the next line that can be written is
 * a counts line. */
int event_end(struct event *e);
/* Writes what is buffered (call at least every second), rotates what is old. */
int journal_tick(struct journal *j, int64_t now_us);
int journal_close(struct journal *j, struct err *err);
uint64_t journal_lost(const struct journal *j); /* lines dropped so far */
/* Whether a segment is finished: 1 when nobody will write to it again (its writer closed it, or died), 0 while its writer
 * lives, -errno. What stands behind the last newline of a finished segment is the torn line of a crash. */
int journal_finished(const char *path);

/* A file a client left (sample_store; sample_digest only names it): stored once as STORE/sample/<sha256[0:2]>/<sha256>, mode 0400, never executed. Writes the hex
 * digest to ret, also on failure. 0, -EEXIST when it was there (fine), -ENOSPC over the quota or on a full disk, -errno. */
int sample_digest(const void *bytes, size_t n, char ret_sha256[static 65]); /* the digest alone; -EIO */
int sample_store(struct journal *j, const void *bytes, size_t n, char ret_sha256[static 65]);

#endif

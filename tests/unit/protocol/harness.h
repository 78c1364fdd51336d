/* Drives one struct protocol without sockets, threads or files: feed bytes, move the clock, look at output and events. It
 * implements session.h, so a test links the protocol and this file instead of src/session.
 *
 *     struct harness *h = harness_new(&protocol_any, "mysql-5.6.10");
 *     harness_open(h);                                   // a new connection
 *     harness_feed(h, "GET / HTTP/1.0\r\n\r\n", 18);
 *     ... harness_output(h, &n) ... harness_event(h, "payload", 0) ... harness_reason(h)
 *     harness_free(h);
 *
 * A failing check inside the harness ends the program with a line on stderr (abort), so it suits fuzz targets too. */
#ifndef HOTARU_TESTS_HARNESS_H
#define HOTARU_TESTS_HARNESS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/persona.h"
#include "session/session.h"

struct harness;

/* persona: a name or a file; or load and change one yourself and give it to harness_new_with. Aborts on failure. */
struct harness *harness_new(const struct protocol *p, const char *persona);
struct harness *harness_new_with(const struct protocol *p, const struct persona *persona, uint64_t seed);
void harness_free(struct harness *h);

/* Ends the open session if there is one ("client"), then accepts the next: open() runs. Output and events of the session
 * before are forgotten. The connection comes from src to dst; 0: 198.51.100.7 to 10.77.3.17, the protocol's port. */
void harness_open(struct harness *h);
void harness_open_from(struct harness *h, uint32_t src, uint32_t dst, uint16_t dport);
/* The client sends n bytes. What the protocol does not use is held and given again with the next bytes, as the loop does;
 * while it pauses nothing is given. Ignored once the session has ended. Each input lies in memory of exactly its size, so
 * that the address sanitizer sees a read past its end. */
void harness_feed(struct harness *h, const void *bytes, size_t n);
/* The client closes. */
void harness_close(struct harness *h);
/* Moves the clock; timers that run out meanwhile run, in order. */
void harness_advance(struct harness *h, int64_t us);
/* The persona changes as by a reload; open sessions keep theirs. */
void harness_reload(struct harness *h, const struct persona *persona);

/* Everything sent since harness_open or the last harness_forget; borrowed until the next call. */
const uint8_t *harness_output(const struct harness *h, size_t *ret_n);
void harness_forget(struct harness *h);        /* drops output and events so far */
bool harness_is_open(const struct harness *h); /* false once the session has ended */
bool harness_is_paused(const struct harness *h);
const char *
harness_reason(const struct harness *h);      /* why it ended; NULL while open; "error" after FEED_ABORT */
size_t harness_held(const struct harness *h); /* input bytes held for the protocol */
struct session *harness_session(struct harness *h); /* for session_state() in white-box tests */

/* Events as the journal has them, in order. With type NULL all count; i from 0; NULL when there is none. Borrowed. */
size_t harness_events(const struct harness *h, const char *type);
json_t *harness_event(const struct harness *h, const char *type, size_t i);
const char *harness_text(const struct harness *h, const char *type, size_t i,
                         const char *key); /* NULL: not there */
int64_t harness_int(const struct harness *h, const char *type, size_t i, const char *key); /* -1: not there */
/* Samples stored with session_sample(): the bytes of the i-th. */
const uint8_t *harness_sample(const struct harness *h, size_t i, size_t *ret_n);

/* Feeds the bytes whole, cut in two at every place, and one by one, each in a session of its own, and aborts unless output,
 * end and events are the same each time. mask (may be NULL) blanks in the output what differs by design (salt, thread id):
 * it gets the whole output of one session. Flow ids, times and hex of salts in events are not compared; their types are. */
void harness_every_split(struct harness *h, const void *bytes, size_t n,
                         void (*mask)(uint8_t *out, size_t n));
/* Feeds each prefix in a session of its own, then closes: nothing may crash, and each session must end. */
void harness_every_prefix(struct harness *h, const void *bytes, size_t n);

#endif

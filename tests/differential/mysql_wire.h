/* A raw MySQL client for tests: it logs in, sends packets as they are and keeps what comes back, packet by packet.
 * It knows just enough of the protocol to tell when a reply is over. Not part of hotaru's programs. */
#ifndef HOTARU_TEST_MYSQL_WIRE_H
#define HOTARU_TEST_MYSQL_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WIRE_DEFAULT_CAPS = 0x000ba205, /* what the recorded files were made with; little-endian in a login */
    WIRE_CAP_DEPRECATE_EOF = 1 << 24,
    WIRE_CAP_WITH_DB = 8,
    WIRE_REPLY_MAX_BYTES = 64 << 20,
    WIRE_REPLY_MAX_PACKETS = 200000,
};

/* One packet: payload only, owned by its list. */
struct wire_packet {
    uint8_t *bytes;
    size_t len;
    uint8_t seq;
};
/* The packets of a reply, in order. Owned; wire_reply_clear frees them. */
struct wire_reply {
    struct wire_packet *packets;
    size_t count, cap, total_bytes;
    bool closed;    /* the server closed the connection after these */
    bool timed_out; /* a packet that had to come did not */
};
void wire_reply_clear(struct wire_reply *r);
/* Copies n bytes as the next packet; false when a limit is reached. */
bool wire_reply_add(struct wire_reply *r, uint8_t seq, const void *bytes, size_t n);

struct wire {
    int fd; /* -1: closed */
    uint32_t caps;
    bool logged_in;
    uint8_t salt[20];
    char plugin[64];
    uint8_t *in; /* bytes received and not yet taken */
    size_t in_len, in_cap;
};
/* What to log in with. db "" for none. */
struct wire_login {
    const char *user, *password, *db;
    uint32_t caps;
    uint8_t charset;
};

/* Connect to host (numeric IPv4) from 127.0.0.1 and read the greeting (or refusal) into ret_greeting.
 * 0 or a negative errno. */
int wire_open(struct wire *w, const char *host, uint16_t port, int timeout_ms,
              struct wire_reply *ret_greeting);
void wire_close(struct wire *w);
/* Native-password login, with an auth switch if asked. ret_reply holds the server's packets. 0 when accepted, -EACCES
 * when not, or another negative errno. */
int wire_login(struct wire *w, const struct wire_login *login, int timeout_ms, struct wire_reply *ret_reply);
/* The login's packet payload for the salt of this connection, into out (at most max bytes); its length. */
size_t wire_login_payload(const struct wire *w, const struct wire_login *login, uint8_t *out, size_t max);

/* Bytes with no packet header added. 0 or a negative errno. */
int wire_send_bytes(struct wire *w, const void *bytes, size_t n);
/* payload as one packet, or as several when it is 16 MB or longer. 0 or a negative errno. */
int wire_send(struct wire *w, uint8_t seq, const void *payload, size_t n);
/* Read the reply to a packet that was sent: until the protocol says it is over, the server closes, or timeout_ms pass
 * without a byte.
 *   sent, n   the client packet's payload (command byte first; whatever it is before the login)
 * A LOCAL INFILE request is refused with an empty packet. 0 or a negative errno (limits, socket). */
int wire_read_reply(struct wire *w, const uint8_t *sent, size_t n, int timeout_ms,
                    struct wire_reply *ret_reply);
/* Whatever comes until quiet_ms pass without a byte, or the server closes. */
int wire_read_quiet(struct wire *w, int quiet_ms, struct wire_reply *ret_reply);

#endif

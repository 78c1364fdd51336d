/* Between the socket's bytes and the packets: TLS, then compression, when the client asked for them. */
#ifndef HOTARU_PROTOCOL_MYSQL_MY_NET_H
#define HOTARU_PROTOCOL_MYSQL_MY_NET_H

#include "base/wr.h"
#include "session/session.h"

struct my_ses;
struct my_tls;
struct my_zip;

struct my_net {
    struct my_tls *tls;   /* from the SSL request on */
    struct my_zip *zip;   /* from the login's OK on */
    struct wr plain;      /* decrypted, not yet taken */
    struct wr stream;     /* decompressed, not yet taken */
    uint64_t zipped;      /* packets out of compressed frames */
    unsigned layers;      /* counts what was switched on: bytes behind that are another layer's */
};

/* Sends packets through the layers. */
void my_net_send(struct my_ses *ses, const uint8_t *bytes, size_t n);
/* Bytes of the socket, through the layers, to `packets`, which takes what it can and sets *used. */
typedef struct feed (*my_net_packets)(struct my_ses *ses, const uint8_t *in, size_t n);
struct feed my_net_input(struct my_ses *ses, const uint8_t *in, size_t n, my_net_packets packets);
/* What waited in the layers while the session paused. */
struct feed my_net_resume(struct my_ses *ses, my_net_packets packets);
/* Status variables of the connection: Ssl_cipher, Compression, Rsa_public_key …; NULL: not one of them. Borrowed. */
const char *my_net_status(const struct my_ses *ses, const char *name);
int my_net_start_tls(struct my_ses *ses);
int my_net_start_zip(struct my_ses *ses, int zstd_level);
void my_net_done(struct my_net *net);

#endif

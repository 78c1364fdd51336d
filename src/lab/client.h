/* The actors' side of a dialogue: bytes in, bytes out, what came of it. No sockets; the carrier feeds it.
 * What the answering side sends is bounded (CLIENT_IN_MAX) and read through base/rd.h. */
#ifndef HOTARU_LAB_CLIENT_H
#define HOTARU_LAB_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wr.h"
#include "lab/behaviour.h"

#define CLIENT_IN_MAX  16384 /* one message of the other side; a longer one ends the dialogue */
#define CLIENT_OUT_MAX 4096

struct client {
    enum dialogue kind;
    int step;              /* of the dialogue's own states */
    uint32_t columns_left; /* MySQL: column definitions still to come */
    struct wr out;         /* to be sent; the carrier clears it */
    bool done;             /* nothing more will be said: close after out is sent */
    bool answered;         /* the dialogue was completed */
    char version[64];      /* MySQL: what select version() said; "" before */
};

void client_start(struct client *c, enum dialogue kind); /* may leave bytes in out */
/* Takes whole messages from the n bytes; returns how many bytes it used. What is left must be given again with more
 * behind it. */
size_t client_input(struct client *c, const uint8_t *in, size_t n);
void client_free(struct client *c);

/* client_smb.c: SMB1 negotiate with the dialects of a multi-protocol client. Source: MS-CIFS 2.2.4.52, MS-SMB2 3.2.4.2.2.1. */
void client_smb_start(struct client *c);
size_t client_smb_input(struct client *c, const uint8_t *in, size_t n);
/* client_mysql.c: root without a password, then the statements of the paper's figure 2 and table 1. Source: MySQL
 * client/server protocol, Protocol::HandshakeV10, HandshakeResponse41, text resultset. */
size_t client_mysql_input(struct client *c, const uint8_t *in, size_t n);

#endif

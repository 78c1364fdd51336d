/* Frames of the MySQL protocol: 3 bytes length, 1 byte sequence number, payload; a payload of 16 MB or more is split.
 * Length-coded numbers and strings, and the two writers that everything above uses. */
#ifndef HOTARU_PROTOCOL_MYSQL_MY_WIRE_H
#define HOTARU_PROTOCOL_MYSQL_MY_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rd.h"
#include "base/wr.h"

/* Incoming side: whole payloads out of a byte stream that comes in pieces. */
struct my_in {
    struct wr held;       /* payload so far, when it did not come in one piece */
    uint32_t left;        /* bytes of the current frame still to come */
    bool more;            /* the current frame was full: another follows */
    bool skipping;        /* the payload is over the limit: it is read and dropped */
    bool open;            /* a payload is under way */
    bool late;            /* the limit was passed by a frame after the first */
    bool any_seq;         /* inside compressed frames, whose own numbers count */
    uint8_t seq;          /* sequence number that the next frame must bear */
};

/* Takes what it can of in[0..n) and sets *ret_used. Returns 1 and the payload in *ret (borrowed from `in` or from the
 * reader, until the next call); 0 when more bytes are needed; -EPROTO on a wrong sequence number (nothing of that frame
 * is used); -EMSGSIZE once a payload over max_bytes has gone by whole. seq then stands after the last frame. */
int my_in_feed(struct my_in *r, const uint8_t *in, size_t n, size_t max_bytes, size_t *ret_used, struct rd *ret);
void my_in_done(struct my_in *r);

/* Outgoing side: payloads are built in place behind room for their header. */
struct my_out {
    struct wr w;
    size_t start;         /* of the frame being built */
    uint8_t seq;          /* of the next frame */
};
void my_out_begin(struct my_out *o);
/* Writes the header; a payload of 16 MB or more becomes several frames. */
void my_out_end(struct my_out *o);

uint64_t my_rd_lenenc(struct rd *r, bool *ret_null);           /* bad on 0xff */
void my_wr_lenenc(struct wr *w, uint64_t v);
void my_wr_lenstr(struct wr *w, const void *bytes, size_t n);
/* Bytes up to a NUL, which is taken too; without a NUL all that is left, and *ret_nul false. */
struct rd my_rd_nulstr(struct rd *r, bool *ret_nul);

#endif

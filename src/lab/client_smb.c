#include <string.h>

#include "base/rd.h"
#include "lab/client.h"

enum { SMB_NEGOTIATE = 0x72, NBSS_MESSAGE = 0 };

static const char *const dialects[] = {
    "PC NETWORK PROGRAM 1.0", "LANMAN1.0", "LM1.2X002", "LANMAN2.1", "NT LM 0.12", "SMB 2.002", "SMB 2.???"};

void client_smb_start(struct client *c)
{
    size_t list = 0, n_dialects = sizeof dialects / sizeof dialects[0];
    for (size_t i = 0; i < n_dialects; i++)
        list += 2 + strlen(dialects[i]);
    struct wr *w = &c->out;
    wr_be32(w, (uint32_t)(32 + 3 + list)); /* NBSS: type 0 and the length (RFC 1002 4.3.1) */
    wr_bytes(w, "\xffSMB", 4);
    wr_u8(w, SMB_NEGOTIATE);
    wr_le32(w, 0);      /* status */
    wr_u8(w, 0x18);     /* canonical paths, caseless */
    wr_le16(w, 0xc853); /* unicode, NT status, extended security, long names */
    wr_zero(w, 12);     /* PID high, signature, reserved */
    wr_le16(w, 0xffff); /* TID */
    wr_le16(w, 0xfeff); /* PID */
    wr_le16(w, 0);      /* UID */
    wr_le16(w, 0);      /* MID */
    wr_u8(w, 0);        /* word count */
    wr_le16(w, (uint16_t)list);
    for (size_t i = 0; i < n_dialects; i++) {
        wr_u8(w, 2); /* buffer format: dialect */
        wr_bytes(w, dialects[i], strlen(dialects[i]) + 1);
    }
}

/* A negotiate response that picks one of our dialects. */
static bool is_negotiated(struct rd r)
{
    const uint8_t *magic = rd_take(&r, 4);
    if (!magic)
        return false;
    if (memcmp(magic, "\xfeSMB", 4) == 0) { /* MS-SMB2 2.2.1.2 and 2.2.4 */
        rd_skip(&r, 4);
        uint32_t status = rd_le32(&r);
        uint16_t command = rd_le16(&r);
        rd_skip(&r, 50);
        uint16_t structure = rd_le16(&r);
        return !r.bad && status == 0 && command == 0 && structure == 65;
    }
    if (memcmp(magic, "\xffSMB", 4) != 0)
        return false;
    uint8_t command = rd_u8(&r);
    uint32_t status = rd_le32(&r);
    uint8_t flags = rd_u8(&r);
    rd_skip(&r, 22);
    uint8_t words = rd_u8(&r);
    uint16_t dialect = rd_le16(&r);
    return !r.bad && command == SMB_NEGOTIATE && status == 0 && (flags & 0x80) && words >= 13 &&
           dialect < sizeof dialects / sizeof dialects[0];
}

size_t client_smb_input(struct client *c, const uint8_t *in, size_t n)
{
    struct rd r = rd_of(in, n);
    uint32_t head = rd_be32(&r);
    if (r.bad)
        return 0;
    if (head >> 24 != NBSS_MESSAGE || (head & 0xffffff) > CLIENT_IN_MAX - 4) {
        c->done = true;
        return n;
    }
    struct rd message = rd_sub(&r, head & 0xffffff);
    if (message.bad)
        return 0;
    c->answered = is_negotiated(message);
    c->done = true;
    return n - rd_left(&r);
}

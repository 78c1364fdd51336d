#include "protocol/smb_spnego.h"

#include <errno.h>
#include <string.h>

#include "base/rd.h"

enum { MECHANISMS_MAX = 16, TAG_OCTETS = 0x04, TAG_OID = 0x06, TAG_ENUM = 0x0a, TAG_SEQUENCE = 0x30, TAG_APPLICATION = 0x60,
       TAG_0 = 0xa0, TAG_1 = 0xa1, TAG_2 = 0xa2 };

static const uint8_t oid_spnego[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x02};
static const uint8_t oid_ntlmssp[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0a};
static const char ntlm_magic[8] = "NTLMSSP";

/* One element of definite length (X.690 8.1); value is empty and r bad when it does not fit. */
static uint8_t der(struct rd *r, struct rd *value)
{
    uint8_t tag = rd_u8(r);
    uint64_t len = rd_u8(r);
    if (len >= 0x80) {
        unsigned bytes = (unsigned)(len & 0x7f);
        if (bytes == 0 || bytes > 3) /* indefinite, or more than a message can hold */
            r->bad = true;
        len = 0;
        for (unsigned i = 0; i < bytes && !r->bad; i++)
            len = len << 8 | rd_u8(r);
    }
    *value = rd_sub(r, len);
    return r->bad ? 0 : tag;
}

static bool is(const struct rd *value, const void *bytes, size_t n)
{
    return rd_left(value) == n && memcmp(value->p, bytes, n) == 0;
}

static bool is_ntlm(const uint8_t *p, size_t n)
{
    return n >= sizeof ntlm_magic && memcmp(p, ntlm_magic, sizeof ntlm_magic) == 0;
}

static void read_mechanisms(struct rd list, struct spnego_token *ret)
{
    struct rd oids, oid;
    if (der(&list, &oids) != TAG_SEQUENCE)
        return;
    for (int i = 0; i < MECHANISMS_MAX && rd_left(&oids); i++)
        if (der(&oids, &oid) == TAG_OID && is(&oid, oid_ntlmssp, sizeof oid_ntlmssp))
            ret->ntlm_offered = true;
}

static void read_token(struct rd field, struct spnego_token *ret)
{
    struct rd octets;
    if (der(&field, &octets) != TAG_OCTETS || !is_ntlm(octets.p, rd_left(&octets)))
        return; /* a Kerberos or NEGOEX token sent in the hope that it fits */
    ret->ntlm = octets.p;
    ret->ntlm_len = rd_left(&octets);
}

int spnego_read(const uint8_t *blob, size_t n, struct spnego_token *ret)
{
    struct spnego_token t = {0};
    if (is_ntlm(blob, n)) {
        *ret = (struct spnego_token){.ntlm_offered = true, .ntlm = blob, .ntlm_len = n};
        return 0;
    }
    struct rd r = rd_of(blob, n), inner, sequence, field;
    uint8_t tag = der(&r, &inner);
    t.wrapped = true;
    if (tag == TAG_APPLICATION) { /* RFC 2743 3.1: mechanism, then NegotiationToken */
        struct rd choice;
        t.first = true;
        if (der(&inner, &field) != TAG_OID || !is(&field, oid_spnego, sizeof oid_spnego) || der(&inner, &choice) != TAG_0)
            return -EPROTO;
        inner = choice;
    } else if (tag != TAG_1) {
        return -EPROTO;
    }
    if (der(&inner, &sequence) != TAG_SEQUENCE)
        return -EPROTO;
    while (rd_left(&sequence)) {
        tag = der(&sequence, &field);
        if (sequence.bad)
            return -EPROTO;
        if (tag == TAG_0 && t.first)
            read_mechanisms(field, &t);
        else if (tag == TAG_2)
            read_token(field, &t);
    }
    *ret = t;
    return 0;
}

static size_t head_len(size_t n)
{
    return n < 0x80 ? 2 : n < 0x100 ? 3 : 4;
}

static void head(struct wr *w, uint8_t tag, size_t n)
{
    wr_u8(w, tag);
    if (n >= 0x100) {
        wr_u8(w, 0x82);
        wr_be16(w, (uint16_t)n);
    } else {
        if (n >= 0x80)
            wr_u8(w, 0x81);
        wr_u8(w, (uint8_t)n);
    }
}

void spnego_write_incomplete(struct wr *w, const uint8_t *ntlm, size_t n)
{
    size_t octets = head_len(n) + n, token = n ? head_len(octets) + octets : 0;
    size_t fields = 5 + 2 + 2 + sizeof oid_ntlmssp + token;
    if (n > 0x8000) {
        w->bad = true;
        return;
    }
    head(w, TAG_1, head_len(fields) + fields);
    head(w, TAG_SEQUENCE, fields);
    head(w, TAG_0, 3);
    head(w, TAG_ENUM, 1);
    wr_u8(w, 1);
    head(w, TAG_1, 2 + sizeof oid_ntlmssp);
    head(w, TAG_OID, sizeof oid_ntlmssp);
    wr_bytes(w, oid_ntlmssp, sizeof oid_ntlmssp);
    if (!n)
        return;
    head(w, TAG_2, octets);
    head(w, TAG_OCTETS, n);
    wr_bytes(w, ntlm, n);
}

void spnego_write_completed(struct wr *w)
{
    static const uint8_t done[] = {0xa1, 0x07, 0x30, 0x05, 0xa0, 0x03, 0x0a, 0x01, 0x00};
    wr_bytes(w, done, sizeof done);
}

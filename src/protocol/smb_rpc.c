/* DCE RPC over a pipe [C706 12.6, MS-RPCE 2.2.2]: bind, request, fault; the calls are in smb_srvsvc.c. */
#include <string.h>

#include "protocol/smb_pipe.h"
#include "protocol/smb_srvsvc.h"

enum { PDU_REQUEST = 0, PDU_RESPONSE = 2, PDU_FAULT = 3, PDU_BIND = 11, PDU_BIND_ACK = 12, PDU_ALTER = 14, PDU_ALTER_ACK = 15,
       PDU_AUTH3 = 16 };
enum { FLAG_FIRST = 1, FLAG_LAST = 2, FLAG_OBJECT = 0x80, CONTEXTS_MAX = 8, UUID = 16, FRAGMENT_MAX = 4280 };
enum { RESULT_ACCEPT = 0, RESULT_REJECT = 2, REASON_ABSTRACT = 1, REASON_TRANSFER = 2 };
#define FAULT_ACCESS_DENIED UINT32_C(0x00000005)
#define FAULT_PROTOCOL      UINT32_C(0x1c01000b)

/* Interfaces that answer a bind; calls of all but srvsvc are refused. */
static const struct {
    uint8_t uuid[UUID];
    bool srvsvc;
} interfaces[] = {
    {{0xc8, 0x4f, 0x32, 0x4b, 0x70, 0x16, 0xd3, 0x01, 0x12, 0x78, 0x5a, 0x47, 0xbf, 0x6e, 0xe1, 0x88}, true},
    {{0x98, 0xd0, 0xff, 0x6b, 0x12, 0xa1, 0x10, 0x36, 0x98, 0x33, 0x46, 0xc3, 0xf8, 0x7e, 0x34, 0x5a}, false}, /* wkssvc */
    {{0x78, 0x57, 0x34, 0x12, 0x34, 0x12, 0xcd, 0xab, 0xef, 0x00, 0x01, 0x23, 0x45, 0x67, 0x89, 0xac}, false}, /* samr */
    {{0x78, 0x57, 0x34, 0x12, 0x34, 0x12, 0xcd, 0xab, 0xef, 0x00, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab}, false}, /* lsarpc */
};
/* NDR 32, version 2: the transfer syntax that every version speaks. */
static const uint8_t ndr[UUID + 4] = {0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11, 0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60,
                                      2, 0, 0, 0};

struct pdu {
    uint8_t type, flags;
    uint32_t call;
    struct rd body;
};

static size_t pdu_begin(struct wr *w, uint8_t type, uint32_t call)
{
    size_t at = w->len;
    wr_u8(w, 5);
    wr_u8(w, 0);
    wr_u8(w, type);
    wr_u8(w, FLAG_FIRST | FLAG_LAST);
    wr_le32(w, 0x10); /* little-endian, ASCII, IEEE */
    wr_le32(w, 0);    /* fragment and auth lengths */
    wr_le32(w, call);
    return at;
}

static void pdu_end(struct wr *w, size_t at)
{
    size_t n = w->len - at;
    if (w->bad)
        return;
    w->bytes[at + 8] = (uint8_t)n;
    w->bytes[at + 9] = (uint8_t)(n >> 8);
}

static void fault(struct wr *w, uint32_t call, uint32_t status)
{
    size_t at = pdu_begin(w, PDU_FAULT, call);
    wr_le32(w, 32);
    wr_le32(w, 0);
    wr_le32(w, status);
    wr_le32(w, 0);
    pdu_end(w, at);
}

struct context {
    uint16_t result, reason;
};

/* One proposed context: its interface and whether NDR is among its transfer syntaxes. */
static struct context read_context(struct rd *r, struct smb_pipe *pipe)
{
    uint16_t id = rd_le16(r);
    uint8_t transfers = rd_u8(r);
    rd_skip(r, 1);
    const uint8_t *abstract = rd_take(r, UUID + 4);
    bool known = false, speaks = false;
    for (size_t i = 0; abstract && i < sizeof interfaces / sizeof *interfaces; i++)
        if (memcmp(abstract, interfaces[i].uuid, UUID) == 0) {
            known = true;
            if (id < 32 && interfaces[i].srvsvc)
                pipe->srvsvc_contexts |= UINT32_C(1) << id;
        }
    for (uint8_t i = 0; i < transfers && !r->bad; i++) {
        const uint8_t *syntax = rd_take(r, UUID + 4);
        speaks |= syntax && memcmp(syntax, ndr, sizeof ndr) == 0;
    }
    if (known && speaks)
        return (struct context){RESULT_ACCEPT, 0};
    return (struct context){RESULT_REJECT, known ? REASON_TRANSFER : REASON_ABSTRACT};
}

static void pad4(struct wr *w, size_t from)
{
    while (!w->bad && (w->len - from) % 4)
        wr_u8(w, 0);
}

static bool bind(struct smb_turn *t, struct smb_pipe *pipe, struct pdu *p)
{
    struct wr *w = &pipe->out;
    struct context list[CONTEXTS_MAX];
    rd_skip(&p->body, 4);
    uint32_t group = rd_le32(&p->body);
    uint8_t count = rd_u8(&p->body);
    rd_skip(&p->body, 3);
    if (count > CONTEXTS_MAX)
        return false;
    for (uint8_t i = 0; i < count; i++)
        list[i] = read_context(&p->body, pipe);
    if (p->body.bad)
        return false;
    char address[64] = "\\PIPE\\";
    strncat(address, pipe->name, sizeof address - 8);
    size_t at = pdu_begin(w, p->type == PDU_BIND ? PDU_BIND_ACK : PDU_ALTER_ACK, p->call);
    wr_le16(w, FRAGMENT_MAX);
    wr_le16(w, FRAGMENT_MAX);
    wr_le32(w, group ? group : 0x00010000u + pipe->id);
    size_t n = p->type == PDU_BIND ? strlen(address) + 1 : 0;
    wr_le16(w, (uint16_t)n);
    wr_bytes(w, address, n);
    pad4(w, at);
    wr_u8(w, count);
    wr_zero(w, 3);
    for (uint8_t i = 0; i < count; i++) {
        wr_le16(w, list[i].result);
        wr_le16(w, list[i].reason);
        if (list[i].result == RESULT_ACCEPT)
            wr_bytes(w, ndr, sizeof ndr);
        else
            wr_zero(w, sizeof ndr);
    }
    pdu_end(w, at);
    smb_event(t, "RPC bind", pipe->name, count && list[0].result == RESULT_ACCEPT ? "ack" : "rejected", SMB_OK);
    return true;
}

static void answer(struct smb_turn *t, struct smb_pipe *pipe, uint32_t call, uint16_t context)
{
    struct wr *w = &pipe->out;
    size_t at = pdu_begin(w, PDU_RESPONSE, call), stub = at + 24;
    wr_le32(w, 0);
    wr_le16(w, context);
    wr_le16(w, 0);
    bool ours = context < 32 && (pipe->srvsvc_contexts >> context & 1);
    uint32_t status = ours ? smb_srvsvc_call(t, pipe->opnum, pipe->stub.bytes, pipe->stub.len, w, stub) : FAULT_ACCESS_DENIED;
    if (status == 0 && !w->bad) {
        size_t n = w->len - stub;
        w->bytes[at + 16] = (uint8_t)n;
        w->bytes[at + 17] = (uint8_t)(n >> 8);
        pdu_end(w, at);
        return;
    }
    w->len = w->bad ? 0 : at;
    w->bad = false;
    fault(w, call, status ? status : FAULT_PROTOCOL);
}

/* Arguments of all fragments are put together, then the call is answered. */
static bool request(struct smb_turn *t, struct smb_pipe *pipe, struct pdu *p)
{
    rd_skip(&p->body, 4); /* allocation hint */
    uint16_t context = rd_le16(&p->body);
    uint16_t opnum = rd_le16(&p->body);
    if (p->flags & FLAG_OBJECT)
        rd_skip(&p->body, UUID);
    if (p->body.bad)
        return false;
    if (p->flags & FLAG_FIRST)
        wr_clear(&pipe->stub);
    pipe->opnum = opnum;
    wr_bytes(&pipe->stub, p->body.p, rd_left(&p->body));
    if (pipe->stub.bad)
        return false;
    if (p->flags & FLAG_LAST) {
        answer(t, pipe, p->call, context);
        wr_clear(&pipe->stub);
    }
    return true;
}

bool smb_rpc_pdu(struct smb_turn *t, struct smb_pipe *pipe, const uint8_t *pdu, size_t n)
{
    struct rd r = rd_of(pdu, n);
    struct pdu p = {0};
    uint8_t major = rd_u8(&r);
    rd_skip(&r, 1);
    p.type = rd_u8(&r);
    p.flags = rd_u8(&r);
    uint8_t order = rd_u8(&r);
    rd_skip(&r, 5);
    uint16_t auth_len = rd_le16(&r);
    p.call = rd_le32(&r);
    if (r.bad || major != 5 || (order & 0xf0) != 0x10 || auth_len > rd_left(&r))
        return false;
    p.body = rd_sub(&r, rd_left(&r) - auth_len);
    switch (p.type) {
    case PDU_BIND:
    case PDU_ALTER:
        return bind(t, pipe, &p);
    case PDU_REQUEST:
        return request(t, pipe, &p);
    case PDU_AUTH3:
        return true; /* has no answer */
    default:
        return false;
    }
}

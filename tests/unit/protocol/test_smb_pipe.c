/* Pipes and RPC: bind, NetrShareEnum and the others, golden bytes; who may open what; chains. */
#include <stdio.h>
#include <string.h>

#include "../cmocka_all.h"
#include "protocol/smb_host.h"
#include "protocol/smb_share.h"
#include "protocol/smb_text.h"
#include "smb_bytes.h"

static const uint8_t srvsvc[20] = {0xc8, 0x4f, 0x32, 0x4b, 0x70, 0x16, 0xd3, 0x01, 0x12, 0x78,
                                   0x5a, 0x47, 0xbf, 0x6e, 0xe1, 0x88, 3,    0,    0,    0};
static const uint8_t ndr[20] = {0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11, 0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60, 2};

static void rpc_put(struct wr *w, uint8_t type, uint8_t flags, uint32_t call, const void *body, size_t n)
{
    wr_bytes(w, ((uint8_t[]){5, 0, type, flags, 0x10, 0, 0, 0}), 8);
    wr_le16(w, (uint16_t)(16 + n));
    wr_le16(w, 0);
    wr_le32(w, call);
    wr_bytes(w, body, n);
}

static void bind_put(struct wr *w, const uint8_t abstract[static 20], const uint8_t transfer[static 20])
{
    struct wr b = wr_of(256);
    wr_le16(&b, 4280);
    wr_le16(&b, 4280);
    wr_le32(&b, 0);
    wr_le32(&b, 1);
    wr_le16(&b, 0);
    wr_le16(&b, 1);
    wr_bytes(&b, abstract, 20);
    wr_bytes(&b, transfer, 20);
    rpc_put(w, 11, 3, 1, b.bytes, b.len);
    wr_done(&b);
}

static void request_put(struct wr *w, uint8_t flags, uint16_t opnum, const void *stub, size_t n)
{
    struct wr b = wr_of(8192);
    wr_le32(&b, (uint32_t)n);
    wr_le16(&b, 0);
    wr_le16(&b, opnum);
    wr_bytes(&b, stub, n);
    rpc_put(w, 0, flags, 2, b.bytes, b.len);
    wr_done(&b);
}

static void ndr_string(struct wr *w, const char *text)
{
    struct wr t = wr_of(4096);
    smb_wr_string(&t, text, true);
    wr_le32(w, (uint32_t)t.len / 2);
    wr_le32(w, 0);
    wr_le32(w, (uint32_t)t.len / 2);
    wr_bytes(w, t.bytes, t.len);
    while (w->len % 4)
        wr_u8(w, 0);
    wr_done(&t);
}

static void share_enum_put(struct wr *stub, uint32_t level)
{
    wr_le32(stub, 0x00020000);
    ndr_string(stub, "\\\\10.77.3.17");
    wr_le32(stub, level);
    wr_le32(stub, level);
    wr_le32(stub, 0x00020004);
    wr_le32(stub, 0);
    wr_le32(stub, 0);
    wr_le32(stub, 0xffffffff);
    wr_le32(stub, 0);
}

/* Opens a pipe; the status, and its FID. */
static uint32_t open_pipe(struct harness *h, struct smb1_ids ids, const char *name, uint16_t *ret_fid)
{
    struct wr w = wr_of(1024), bytes = wr_of(512);
    uint8_t words[48] = {0xff};
    wr_u8(&bytes, 0); /* 83 bytes before: to an even place */
    smb_wr_string(&bytes, name, true);
    smb1_put(&w, 0xa2, ids, words, sizeof words, bytes.bytes, bytes.len);
    smb_say(h, &w);
    uint32_t status = smb1_status(h, NULL);
    if (status == 0) {
        struct rd r = smb_reply(h);
        rd_skip(&r, 32);
        assert_int_equal(rd_u8(&r), 34);
        rd_skip(&r, 5);
        *ret_fid = rd_le16(&r);
    }
    wr_done(&w);
    wr_done(&bytes);
    return status;
}

/* TransactNmPipe; the reply's data. */
static uint32_t transact(struct harness *h, struct smb1_ids ids, uint16_t fid, const struct wr *data, struct rd *ret)
{
    struct wr w = wr_of(16384), words = wr_of(64), bytes = wr_of(8192);
    uint16_t at = 32 + 1 + 32 + 2 + 17;
    for (size_t i = 0; i < 4; i++)
        wr_le16(&words, (uint16_t[]){0, (uint16_t)data->len, 0, 4280}[i]);
    wr_zero(&words, 10);
    wr_le32(&words, 0);
    wr_le16(&words, (uint16_t)data->len);
    wr_le16(&words, at);
    wr_le16(&words, 2);
    wr_le16(&words, 0x26);
    wr_le16(&words, fid);
    wr_u8(&bytes, 0);
    smb_wr_string(&bytes, "\\PIPE\\", true);
    wr_zero(&bytes, 2);
    wr_bytes(&bytes, data->bytes, data->len);
    assert_int_equal(words.len, 32);
    smb1_put(&w, 0x25, ids, words.bytes, words.len, bytes.bytes, bytes.len);
    smb_say(h, &w);
    uint32_t status = smb1_status(h, NULL);
    struct rd r = smb_reply(h), all = r;
    if (status == 0) {
        rd_skip(&r, 32);
        assert_int_equal(rd_u8(&r), 10);
        rd_skip(&r, 12);
        uint16_t n = rd_le16(&r), offset = rd_le16(&r);
        rd_skip(&all, offset);
        *ret = rd_sub(&all, n);
        assert_false(ret->bad);
        assert_int_equal(rd_left(&all), 0);
    }
    wr_done(&w);
    wr_done(&words);
    wr_done(&bytes);
    return status;
}

/* A call's result stub. */
static struct rd call(struct harness *h, struct smb1_ids ids, uint16_t fid, uint16_t opnum, const struct wr *stub)
{
    struct wr pdu = wr_of(8192);
    struct rd r = {0};
    request_put(&pdu, 3, opnum, stub->bytes, stub->len);
    assert_int_equal(transact(h, ids, fid, &pdu, &r), 0);
    assert_memory_equal(rd_take(&r, 8), ((uint8_t[]){5, 0, 2, 3, 0x10, 0, 0, 0}), 8);
    uint16_t len = rd_le16(&r);
    assert_int_equal(len, rd_left(&r) + 10);
    rd_skip(&r, 6);
    uint32_t hint = rd_le32(&r);
    rd_skip(&r, 4);
    assert_int_equal(hint, rd_left(&r));
    wr_done(&pdu);
    return r;
}

static struct smb1_ids open_srvsvc(struct harness *h, uint16_t *ret_fid)
{
    struct smb1_ids ids = smb1_walk_in(h);
    struct wr pdu = wr_of(512);
    struct rd r;
    assert_int_equal(open_pipe(h, ids, "\\srvsvc", ret_fid), 0);
    bind_put(&pdu, srvsvc, ndr);
    assert_int_equal(transact(h, ids, *ret_fid, &pdu, &r), 0);
    static const uint8_t ack[] = {5,    0,    12,   3,    0x10, 0,    0,    0,    68,   0,    0,    0,    1,   0,   0,   0,   0xb8, 0x10, 0xb8, 0x10, 0,
                                  0x40, 1,    0,    13,   0,    '\\', 'P',  'I',  'P',  'E',  '\\', 's',  'r', 'v', 's', 'v', 'c',  0,    0,    1,    0,
                                  0,    0,    0,    0,    0,    0};
    assert_int_equal(rd_left(&r), sizeof ack + 20);
    assert_memory_equal(rd_take(&r, sizeof ack), ack, sizeof ack);
    assert_memory_equal(rd_take(&r, 20), ndr, 20);
    wr_done(&pdu);
    return ids;
}

/* NetrShareEnum level 1 on XP: [MS-SRVS] 2.2.4.23 in NDR, byte by byte. */
static void share_list_of_xp(void **state)
{
    struct harness *h = smb_harness("xp");
    uint16_t fid;
    struct smb1_ids ids = open_srvsvc(h, &fid);
    struct wr stub = wr_of(1024), want = wr_of(1024);
    share_enum_put(&stub, 1);
    struct rd r = call(h, ids, fid, 15, &stub);
    static const struct {
        const char *name, *comment;
        uint32_t type;
    } list[] = {{"ADMIN$", "Remote Admin", 0x80000000}, {"C$", "Default share", 0x80000000}, {"IPC$", "Remote IPC", 0x80000003},
                {"SharedDocs", "", 0}};
    wr_le32(&want, 1);
    wr_le32(&want, 1);
    wr_le32(&want, 0x00020000);
    wr_le32(&want, 4);
    wr_le32(&want, 0x00020004);
    wr_le32(&want, 4);
    for (uint32_t i = 0; i < 4; i++) {
        wr_le32(&want, 0x00020008 + 8 * i);
        wr_le32(&want, list[i].type);
        wr_le32(&want, 0x0002000c + 8 * i);
    }
    for (int i = 0; i < 4; i++) {
        ndr_string(&want, list[i].name);
        ndr_string(&want, list[i].comment);
    }
    wr_le32(&want, 4);
    wr_le32(&want, 0);
    wr_le32(&want, 0);
    assert_int_equal(rd_left(&r), want.len);
    assert_memory_equal(r.p, want.bytes, want.len);
    /* level 502 is an administrator's */
    wr_clear(&stub);
    share_enum_put(&stub, 502);
    r = call(h, ids, fid, 15, &stub);
    rd_skip(&r, rd_left(&r) - 4);
    assert_int_equal(rd_le32(&r), 5);
    wr_done(&stub);
    wr_done(&want);
    harness_free(h);
}

static uint32_t compare(struct harness *h, struct smb1_ids ids, uint16_t fid, const char *one, const char *two)
{
    struct wr stub = wr_of(4096);
    wr_le32(&stub, 0);
    ndr_string(&stub, one);
    ndr_string(&stub, two);
    wr_le32(&stub, 1);
    wr_le32(&stub, 0);
    struct rd r = call(h, ids, fid, 32, &stub);
    wr_done(&stub);
    assert_int_equal(rd_left(&r), 4);
    return rd_le32(&r);
}

/* The checks for MS08-067: a path through ".." is equal to what it leads to; above the root there is nothing. */
static void paths(void **state)
{
    struct harness *h = smb_harness("2003");
    uint16_t fid;
    struct smb1_ids ids = open_srvsvc(h, &fid);
    assert_int_equal(compare(h, ids, fid, "\\AAAAAAAA\\..\\n", "\\n"), 0);
    assert_int_equal(compare(h, ids, fid, "\\a\\.\\b/c", "\\A\\b\\c"), 0);
    assert_int_equal(compare(h, ids, fid, "\\a", "\\b"), 1);
    assert_int_equal(compare(h, ids, fid, "\\..\\", "\\"), 123);
    assert_int_equal(compare(h, ids, fid, "..\\a", "\\a"), 123);
    assert_int_equal(compare(h, ids, fid, "", ""), 0);
    struct wr stub = wr_of(8192);
    char path[600];
    memset(path, 'A', sizeof path);
    memcpy(path, "\\..\\", 4);
    path[599] = 0;
    wr_le32(&stub, 0);
    ndr_string(&stub, path);
    wr_le32(&stub, 10);
    ndr_string(&stub, "\\");
    wr_le32(&stub, 0);
    wr_le32(&stub, 0);
    struct rd r = call(h, ids, fid, 31, &stub);
    assert_int_equal(rd_le32(&r), 10);
    rd_skip(&r, 12 + 4); /* 10 bytes, aligned; path type */
    assert_int_equal(rd_le32(&r), 123);
    assert_int_equal(rd_left(&r), 0);
    size_t n;
    const uint8_t *sample = harness_sample(h, 0, &n); /* what was meant to overflow is kept */
    assert_int_equal(n, stub.len);
    assert_memory_equal(sample, stub.bytes, n);
    size_t kept = 1;
    for (int i = 0; i < 40; i++) { /* but not without end */
        (void)call(h, ids, fid, 31, &stub);
        kept += harness_events(h, "sample");
    }
    assert_int_equal(kept, 32);
    wr_done(&stub);
    harness_free(h);
}

static void faults_and_rejects(void **state)
{
    struct harness *h = smb_harness("xp");
    uint16_t fid;
    struct smb1_ids ids = open_srvsvc(h, &fid);
    struct wr pdu = wr_of(512);
    struct rd r = {0};
    static const uint8_t samr[20] = {0x78, 0x57, 0x34, 0x12, 0x34, 0x12, 0xcd, 0xab, 0xef, 0, 1, 0x23, 0x45, 0x67, 0x89, 0xac, 1};
    static const uint8_t unknown[20] = {1, 2, 3};
    static const struct {
        uint16_t opnum;
        uint32_t fault;
    } list[] = {{99, 0x1c010002}, {15, 0x000006f7}};
    for (int i = 0; i < 2; i++) {
        wr_clear(&pdu);
        request_put(&pdu, 3, list[i].opnum, "\0", 1);
        assert_int_equal(transact(h, ids, fid, &pdu, &r), 0);
        assert_int_equal(rd_left(&r), 32);
        assert_int_equal(r.p[2], 3);
        rd_skip(&r, 24);
        assert_int_equal(rd_le32(&r), list[i].fault);
    }
    for (int i = 0; i < 2; i++) {
        wr_clear(&pdu);
        bind_put(&pdu, i ? unknown : samr, i ? ndr : unknown);
        assert_int_equal(transact(h, ids, fid, &pdu, &r), 0);
        rd_skip(&r, 44);
        assert_int_equal(rd_le16(&r), 2);
        assert_int_equal(rd_le16(&r), i ? 1 : 2);
    }
    wr_clear(&pdu);
    wr_bytes(&pdu, "GET / HTTP/1.0\r\n\r\n", 18);
    assert_int_equal(transact(h, ids, fid, &pdu, &r), 0xc000000d);
    assert_int_equal(transact(h, ids, (uint16_t)(fid + 1), &pdu, &r), 0xc0000008);
    wr_done(&pdu);
    harness_free(h);
}

/* Arguments in fragments, the PDUs written in pieces of 1 byte, the answer read in pieces: the same list. */
static void in_pieces(void **state)
{
    struct harness *h = smb_harness("2003");
    uint16_t fid;
    struct smb1_ids ids = open_srvsvc(h, &fid);
    struct wr stub = wr_of(1024), pdus = wr_of(4096), w = wr_of(1024), got = wr_of(4096);
    share_enum_put(&stub, 1);
    struct rd whole = call(h, ids, fid, 15, &stub);
    struct wr want = wr_of(4096);
    wr_bytes(&want, whole.p, rd_left(&whole));
    request_put(&pdus, 1, 15, stub.bytes, 7);
    request_put(&pdus, 0, 15, stub.bytes + 7, 20);
    request_put(&pdus, 2, 15, stub.bytes + 27, stub.len - 27);
    for (size_t i = 0; i < pdus.len; i++) {
        struct wr words = wr_of(64);
        wr_bytes(&words, "\xff\0\0\0", 4);
        wr_le16(&words, fid);
        wr_zero(&words, 14);
        wr_le16(&words, 1);
        wr_le16(&words, 32 + 1 + 24 + 2);
        assert_int_equal(words.len, 24);
        smb1_put(&w, 0x2f, ids, words.bytes, 24, pdus.bytes + i, 1);
        smb_say(h, &w);
        assert_int_equal(smb1_status(h, NULL), 0);
        wr_done(&words);
    }
    for (uint32_t status = 0x80000005; status != 0;) {
        struct wr words = wr_of(64);
        wr_bytes(&words, "\xff\0\0\0", 4);
        wr_le16(&words, fid);
        wr_le32(&words, 0);
        wr_le16(&words, 50);
        wr_zero(&words, 8);
        smb1_put(&w, 0x2e, ids, words.bytes, 20, NULL, 0);
        smb_say(h, &w);
        wr_done(&words);
        status = smb1_status(h, NULL);
        assert_true(status == 0 || status == 0x80000005);
        struct rd r = smb_reply(h), all = r;
        rd_skip(&r, 32 + 1 + 10);
        uint16_t n = rd_le16(&r), at = rd_le16(&r);
        rd_skip(&all, at);
        wr_bytes(&got, all.p, n);
        assert_int_equal(rd_left(&all), n);
        assert_true(status == 0 || n == 50);
    }
    assert_int_equal(got.len, want.len + 24);
    assert_memory_equal(got.bytes + 24, want.bytes, want.len);
    wr_done(&stub);
    wr_done(&pdus);
    wr_done(&w);
    wr_done(&got);
    wr_done(&want);
    harness_free(h);
}

/* Since Vista a null session opens no pipe; shares exist or not. */
static void newer_machines_refuse(void **state)
{
    struct harness *h = smb_harness("7");
    uint16_t fid;
    struct smb1_ids ids = smb1_walk_in(h);
    assert_int_equal(open_pipe(h, ids, "\\srvsvc", &fid), 0xc0000022);
    harness_free(h);
    static const struct {
        const char *persona, *share;
        uint32_t status;
    } list[] = {{"2012r2", "ADMIN$", 0xc0000022}, {"2012r2", "c$", 0xc0000022}, {"2012r2", "Public", 0xc0000022},
                {"2012r2", "nosuch", 0xc00000cc}, {"7", "Public", 0xc00000cc},  {"7", "ipc$", 0}};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        char path[64];
        h = smb_harness(list[i].persona);
        struct smb2_ids two = smb2_walk_in(h);
        struct wr w = wr_of(1024);
        snprintf(path, sizeof path, "\\\\server\\%s", list[i].share);
        smb2_put_tree(&w, two, path);
        smb_say(h, &w);
        assert_int_equal(smb2_status(h, NULL), list[i].status);
        /* CREATE of srvsvc, then one with a name past the message's end */
        uint8_t body[56 + 12] = {57};
        body[44] = 120;
        body[46] = 12;
        memcpy(body + 56, "s\0r\0v\0s\0v\0c\0", 12);
        smb2_put(&w, 5, two, body, sizeof body);
        smb_say(h, &w);
        assert_int_equal(smb2_status(h, NULL), 0xc0000022);
        body[46] = 13;
        smb2_put(&w, 5, two, body, sizeof body);
        smb_say(h, &w);
        assert_int_equal(smb2_status(h, NULL), 0xc000000d);
        wr_done(&w);
        harness_free(h);
    }
}

/* Session setup and tree connect in one message [MS-CIFS 2.2.3.4]. */
static void a_chain(void **state)
{
    struct harness *h = smb_harness("7");
    struct wr w = wr_of(4096), one = wr_of(1024), two = wr_of(1024);
    struct smb1_ids ids = {.flags2 = 0xc001};
    smb1_put_negotiate(&w, 0xc001, (const char *const[]){"NT LM 0.12", NULL});
    smb_say(h, &w);
    smb1_put_setup_bare(&one, ids, "", "", "\0", 1, NULL, 0);
    smb1_put_tree(&two, ids, "\\\\X\\IPC$", "?????");
    size_t at = one.len - 4;
    wr_bytes(&one, two.bytes + 36, two.len - 36); /* its block behind the first */
    one.bytes[4 + 33] = 0x75;
    one.bytes[4 + 35] = (uint8_t)at;
    one.bytes[4 + 36] = (uint8_t)(at >> 8);
    one.bytes[3] = (uint8_t)(one.len - 4);
    wr_bytes(&w, one.bytes, one.len);
    smb_say(h, &w);
    assert_int_equal(smb1_status(h, &ids), 0);
    assert_int_equal(ids.uid, 0x0800);
    assert_int_equal(ids.tid, 0x0800);
    struct rd r = smb_reply(h), all = r;
    rd_skip(&r, 33);
    assert_int_equal(rd_u8(&r), 0x75);
    rd_skip(&r, 1);
    rd_skip(&all, rd_le16(&r));
    assert_int_equal(rd_u8(&all), 3);
    assert_int_equal(rd_u8(&all), 0xff);
    rd_skip(&all, 5);
    uint16_t byte_count = rd_le16(&all);
    assert_int_equal(byte_count, rd_left(&all));
    assert_memory_equal(all.p, "IPC", 4);
    /* a chain that points back is cut */
    wr_clear(&w);
    one.bytes[4 + 33] = 0x73;
    one.bytes[4 + 35] = 32;
    one.bytes[4 + 36] = 0;
    wr_bytes(&w, one.bytes, one.len);
    smb_say(h, &w);
    (void)smb1_status(h, NULL);
    assert_true(harness_events(h, "login") <= 2);
    wr_done(&w);
    wr_done(&one);
    wr_done(&two);
    harness_free(h);
}

/* Several SMB2 requests in a frame: replies in one, aligned, related ids carried over. */
static void a_compound(void **state)
{
    struct harness *h = smb_harness("7");
    struct smb2_ids ids = smb2_walk_in(h);
    struct wr w = wr_of(4096), frame = wr_of(4096);
    smb2_put(&w, 13, ids, "\4\0\0\0\0\0\0\0", 8);
    struct smb2_ids related = {.message = 9, .session = ~UINT64_C(0), .tree = ~UINT32_C(0)};
    size_t first = w.len - 4;
    wr_bytes(&frame, w.bytes, w.len);
    frame.bytes[4 + 20] = (uint8_t)first;
    wr_clear(&w);
    smb2_put(&w, 4, related, "\4\0\0\0", 4);
    wr_bytes(&frame, w.bytes + 4, w.len - 4);
    frame.bytes[4 + first + 16] = 4;
    frame.bytes[3] = (uint8_t)(frame.len - 4);
    smb_say(h, &frame);
    struct rd r = smb_reply(h);
    assert_int_equal(rd_left(&r), 72 + 68);
    assert_int_equal(r.p[20], 72);
    assert_int_equal(r.p[72 + 12], 4);
    assert_memory_equal(r.p + 72 + 8, "\0\0\0\0", 4);
    smb2_put(&w, 4, ids, "\4\0\0\0", 4); /* the tree is gone now */
    wr_clear(&frame);
    wr_bytes(&frame, w.bytes + w.len - 72, 72);
    smb_say(h, &frame);
    assert_int_equal(smb2_status(h, NULL), 0xc00000c9);
    wr_done(&w);
    wr_done(&frame);
    harness_free(h);
}

/* What is drawn stays the same for an installation and differs between them. */
static void shares_are_drawn(void **state)
{
    struct smb_share list[SMB_SHARES_MAX], again[SMB_SHARES_MAX];
    struct persona p = *smb_persona("2012");
    struct smb_host host = smb_host_of(p.smb.native_os);
    unsigned kinds = 0;
    char seen[16][16] = {{0}};
    for (unsigned g = 0; g < 256; g++) {
        p.smb.guid[1] = (uint8_t)g;
        size_t n = smb_shares(&p, &host, list);
        assert_true(n >= 4 && n <= SMB_SHARES_MAX);
        assert_int_equal(smb_shares(&p, &host, again), n);
        for (size_t k = 0; k < n; k++)
            assert_string_equal(list[k].name, again[k].name);
        unsigned i = 0;
        while (i < kinds && strcmp(seen[i], list[n - 1].name) != 0)
            i++;
        if (i == kinds && kinds < 16)
            strncpy(seen[kinds++], list[n - 1].name, 15);
    }
    assert_true(kinds >= 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(share_list_of_xp),      cmocka_unit_test(paths),   cmocka_unit_test(faults_and_rejects),
        cmocka_unit_test(in_pieces),             cmocka_unit_test(a_chain), cmocka_unit_test(a_compound),
        cmocka_unit_test(newer_machines_refuse), cmocka_unit_test(shares_are_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

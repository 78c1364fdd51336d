/* Logging on: NTLMSSP [MS-NLMP], SPNEGO (RFC 4178), session setups. The responses to the empty password were computed with
 * Python's hmac and OpenSSL's single DES, whose program gives MS-NLMP 4.2.2.2.1 for the password there. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../cmocka_all.h"
#include "protocol/smb_ntlm.h"
#include "protocol/smb_spnego.h"
#include "protocol/smb_text.h"
#include "smb_bytes.h"

static const uint8_t challenge[8] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};
static const uint8_t v2_guest[52] = {0xa6, 0x3b, 0xb3, 0xe7, 0xde, 0x03, 0x5c, 0x73, 0x7f, 0xf5, 0x25, 0xc4, 0xed, 0x86, 0xdb, 0x81, 1, 1,
                                     0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0xaa, 0xaa, 0xaa,
                                     0xaa, 0xaa, 0xaa, 0xaa, 0xaa};
static const uint8_t v1_empty[24] = {0x3a, 0x2e, 0xb2, 0xb1, 0xb1, 0x3b, 0x01, 0xb8, 0x49, 0x1a, 0xb0, 0x0c,
                                     0x07, 0x0d, 0xd7, 0xe1, 0xda, 0x0b, 0x98, 0x04, 0x0b, 0x02, 0xc0, 0x3f};
static const uint8_t ess_empty[24] = {0x83, 0xd3, 0x79, 0x01, 0xe5, 0x36, 0xa4, 0x50, 0x27, 0xd9, 0x5b, 0xfd,
                                      0x36, 0xb0, 0x8c, 0x58, 0xbb, 0xfc, 0x2d, 0x69, 0x78, 0x55, 0x54, 0x75};
static const uint8_t ess_client[24] = {0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa};

static void the_empty_password_is_known(void **state)
{
    struct ntlm_login v2 = {.user = "Guest", .domain = "WORKGROUP", .nt = v2_guest, .nt_len = sizeof v2_guest};
    assert_true(ntlm_proves_empty_password(&v2, challenge));
    assert_string_equal(ntlm_kind(&v2), "NTLMv2");
    struct ntlm_login v1 = {.user = "Guest", .lm = v1_empty, .lm_len = 24, .nt = v1_empty, .nt_len = 24};
    assert_true(ntlm_proves_empty_password(&v1, challenge));
    assert_string_equal(ntlm_kind(&v1), "NTLMv1");
    struct ntlm_login ess = {.user = "Guest", .lm = ess_client, .lm_len = 24, .nt = ess_empty, .nt_len = 24};
    assert_true(ntlm_proves_empty_password(&ess, challenge));
    assert_string_equal(ntlm_kind(&ess), "NTLMv1-ESS");
    uint8_t other[8] = {9};
    assert_false(ntlm_proves_empty_password(&v2, other));
    assert_false(ntlm_proves_empty_password(&v1, other));
    assert_false(ntlm_proves_empty_password(&ess, other));
    /* MS-NLMP 4.2.2.2.1: "Password", not the empty one */
    static const uint8_t spec[24] = {0x67, 0xc4, 0x30, 0x11, 0xf3, 0x02, 0x98, 0xa2, 0xad, 0x35, 0xec, 0xe6,
                                     0x4f, 0x16, 0x33, 0x1c, 0x44, 0xbd, 0xbe, 0xd9, 0x27, 0x84, 0x1f, 0x94};
    v1.nt = spec;
    assert_false(ntlm_proves_empty_password(&v1, challenge));
}

/* MS-NLMP 4.2.4: the NTLMv2 response of the specification's example, as hashcat 5600 takes it; 4.2.2 as 5500. */
static void hashcat_lines(void **state)
{
    uint8_t nt[16 + 4] = {0x68, 0xcd, 0x0a, 0xb8, 0x51, 0xe5, 0x1c, 0x96, 0xaa, 0xbc, 0x92, 0x7b, 0xeb, 0xef, 0x6a, 0x1c, 1, 1, 0, 0};
    uint8_t long_nt[30];
    struct wr w = wr_of(1024);
    memcpy(long_nt, nt, sizeof nt);
    memset(long_nt + sizeof nt, 0xcd, sizeof long_nt - sizeof nt);
    struct ntlm_login l = {.user = "User", .domain = "Domain", .nt = long_nt, .nt_len = sizeof long_nt};
    ntlm_hashcat(&w, &l, challenge);
    wr_u8(&w, 0);
    assert_string_equal((char *)w.bytes, "User::Domain:0123456789abcdef:68cd0ab851e51c96aabc927bebef6a1c:01010000cdcdcdcdcdcdcdcdcdcd");
    wr_clear(&w);
    l.lm = ess_client;
    l.lm_len = 24;
    l.nt = ess_empty;
    l.nt_len = 24;
    ntlm_hashcat(&w, &l, challenge);
    wr_u8(&w, 0);
    assert_string_equal((char *)w.bytes, "User::Domain:aaaaaaaaaaaaaaaa00000000000000000000000000000000:"
                                         "83d37901e536a45027d95bfd36b08c58bbfc2d6978555475:0123456789abcdef");
    wr_done(&w);
}

static void check_pair(struct rd *r, uint16_t id, const char *text)
{
    char got[64];
    assert_int_equal(rd_le16(r), id);
    uint16_t n = rd_le16(r);
    const uint8_t *at = rd_take(r, n);
    assert_non_null(at);
    assert_string_equal(smb_utf8(at, n, got, sizeof got), text);
}

/* The challenge's layout [MS-NLMP 2.2.1.2] and the pairs of a machine in no domain. */
static void a_challenge_names_the_machine(void **state)
{
    static const char *const natives[] = {"Windows 5.1", "Windows 7 Professional 7601 Service Pack 1"};
    for (int i = 0; i < 2; i++) {
        struct smb_host host = smb_host_of(natives[i]);
        struct wr in = wr_of(256), w = wr_of(2048);
        ntlm_put_negotiate(&in, 0xe2088297);
        assert_int_equal(ntlm_challenge(&w, in.bytes, in.len, challenge, "FILES-07", &host, 1366191000000000), 0);
        struct rd r = rd_of(w.bytes, w.len);
        assert_memory_equal(rd_take(&r, 12), "NTLMSSP\0\2\0\0\0", 12);
        assert_int_equal(rd_le16(&r), 16);
        rd_skip(&r, 2);
        assert_int_equal(rd_le32(&r), 56);
        assert_int_equal(rd_le32(&r), 0xe28a8295);
        assert_memory_equal(rd_take(&r, 8), challenge, 8);
        assert_true(rd_le64(&r) == 0);
        uint16_t pairs = rd_le16(&r);
        rd_skip(&r, 2);
        assert_int_equal(rd_le32(&r), 72);
        static const uint8_t versions[2][8] = {{5, 1, 0x28, 0x0a, 0, 0, 0, 15}, {6, 1, 0xb1, 0x1d, 0, 0, 0, 15}};
        assert_memory_equal(rd_take(&r, 8), versions[i], 8);
        rd_skip(&r, 16);
        assert_int_equal(rd_left(&r), pairs);
        check_pair(&r, 2, "FILES-07");
        check_pair(&r, 1, "FILES-07");
        check_pair(&r, 4, i ? "FILES-07" : "files-07");
        check_pair(&r, 3, i ? "FILES-07" : "files-07");
        if (i) {
            assert_int_equal(rd_le32(&r), 7 | 8 << 16);
            assert_true(rd_le64(&r) == SMB_TEST_FILETIME);
        }
        assert_int_equal(rd_le32(&r), 0);
        assert_int_equal(rd_left(&r), 0);
        for (size_t n = 0; n < 16; n++)
            assert_int_equal(ntlm_challenge(&w, in.bytes, n, challenge, "X", &host, 0), -EPROTO);
        wr_done(&in);
        wr_done(&w);
    }
}

static void spnego_shapes(void **state)
{
    struct wr ntlm = wr_of(256), w = wr_of(1024);
    struct spnego_token t;
    ntlm_put_negotiate(&ntlm, 0xe2088297);
    spnego_put_init(&w, &ntlm);
    assert_int_equal(spnego_read(w.bytes, w.len, &t), 0);
    assert_true(t.wrapped && t.first && t.ntlm_offered);
    assert_int_equal(t.ntlm_len, ntlm.len);
    assert_memory_equal(t.ntlm, ntlm.bytes, ntlm.len);
    for (size_t n = 0; n < w.len; n++) { /* each prefix, in memory of its own size */
        uint8_t *cut = malloc(n ? n : 1);
        memcpy(cut, w.bytes, n);
        assert_int_equal(spnego_read(cut, n, &t), -EPROTO);
        free(cut);
    }
    /* Kerberos first with a token of its own, NTLMSSP also offered */
    static const uint8_t kerberos[] = {0x60, 0x30, 0x06, 0x06, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x02, 0xa0, 0x26, 0x30, 0x24, 0xa0, 0x19,
                                       0x30, 0x17, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x82, 0xf7, 0x12, 0x01, 0x02, 0x02, 0x06, 0x0a, 0x2b,
                                       0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0a, 0xa2, 0x07, 0x04, 0x05, 0x60, 0x03, 1,   2,   3};
    assert_int_equal(spnego_read(kerberos, sizeof kerberos, &t), 0);
    assert_true(t.ntlm_offered && !t.ntlm);
    /* what we write, byte by byte: DER in its shortest form */
    wr_clear(&w);
    spnego_write_incomplete(&w, NULL, 0);
    static const uint8_t pick[] = {0xa1, 0x15, 0x30, 0x13, 0xa0, 0x03, 0x0a, 0x01, 0x01, 0xa1, 0x0c, 0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01,
                                   0x82, 0x37, 0x02, 0x02, 0x0a};
    assert_int_equal(w.len, sizeof pick);
    assert_memory_equal(w.bytes, pick, sizeof pick);
    for (size_t n = 100; n <= 300; n += 100) {
        uint8_t token[300] = "NTLMSSP";
        wr_clear(&w);
        spnego_write_incomplete(&w, token, n);
        assert_int_equal(spnego_read(w.bytes, w.len, &t), 0);
        assert_int_equal(t.ntlm_len, n);
        assert_false(t.first);
        static const size_t around[] = {29, 33, 37}; /* 23 and heads of 2, 3 or 4 bytes */
        assert_true(w.len - n >= around[0] - 2 && w.len - n <= around[2]);
    }
    wr_done(&ntlm);
    wr_done(&w);
}

static void nobody_gets_in_but_nobody(void **state)
{
    struct harness *h = smb_harness("2008r2");
    struct smb2_ids ids = smb2_walk_in(h);
    assert_true(ids.session >> 32 == 0x400 && ids.tree == 1);
    struct rd r = smb_reply(h); /* tree connect: a pipe share */
    rd_skip(&r, 64);
    assert_int_equal(rd_le16(&r), 16);
    assert_int_equal(rd_u8(&r), 2);
    assert_int_equal(harness_events(h, "login"), 0); /* of the last turn */
    harness_open(h);
    struct wr w = wr_of(8192), ntlm = wr_of(2048), blob = wr_of(4096);
    smb2_put_negotiate(&w, (const uint16_t[]){0x0210}, 1, false);
    smb_say(h, &w);
    ids = (struct smb2_ids){.message = 1};
    ntlm_put_negotiate(&ntlm, 0xe2088297);
    spnego_put_init(&blob, &ntlm);
    smb2_put_setup(&w, ids, &blob);
    smb_say(h, &w);
    assert_int_equal(smb2_status(h, &ids), 0xc0000016u);
    r = smb_reply(h);
    rd_skip(&r, 64 + 4);
    assert_int_equal(rd_le16(&r), 72);
    uint16_t token_len = rd_le16(&r);
    assert_int_equal(token_len, rd_left(&r));
    struct spnego_token token;
    assert_int_equal(spnego_read(r.p, token_len, &token), 0);
    char salt[17] = "";
    for (int i = 0; i < 8; i++)
        snprintf(salt + 2 * i, 3, "%02x", token.ntlm[24 + i]);
    wr_clear(&ntlm);
    wr_clear(&blob);
    ntlm_put_authenticate(&ntlm, 0xe2888215, "Administrator", "CORP", "ATTACKER", ess_client, 24, v2_guest, 44);
    spnego_put_resp(&blob, &ntlm);
    smb2_put_setup(&w, ids, &blob);
    smb_say(h, &w);
    assert_int_equal(smb2_status(h, NULL), 0xc000006du);
    assert_string_equal(harness_text(h, "login", 0, "user"), "Administrator");
    assert_string_equal(harness_text(h, "login", 0, "database"), "CORP");
    assert_string_equal(harness_text(h, "login", 0, "text"), "workstation=ATTACKER");
    assert_string_equal(harness_text(h, "login", 0, "plugin"), "NTLMv2");
    assert_string_equal(harness_text(h, "login", 0, "salt"), salt);
    assert_int_equal(harness_int(h, "login", 0, "accepted"), 0);
    char line[256];
    snprintf(line, sizeof line, "Administrator::CORP:%s:a63bb3e7de035c737ff525c4ed86db81:"
             "01010000000000000000000000000000aaaaaaaaaaaaaaaa00000000", salt);
    assert_string_equal(harness_text(h, "login", 0, "hashcat"), line);
    smb2_put_tree(&w, ids, "\\\\x\\IPC$"); /* the session is gone */
    smb_say(h, &w);
    assert_int_equal(smb2_status(h, NULL), 0xc0000203u);
    wr_done(&w);
    wr_done(&ntlm);
    wr_done(&blob);
    harness_free(h);
}

/* SMB1 without extended security; Guest exists and is off, which only the right (empty) password shows. */
static void bare_responses(void **state)
{
    struct harness *h = smb_harness("2003");
    struct wr w = wr_of(8192);
    struct smb1_ids ids = {.flags2 = 0xc001};
    smb1_put_negotiate(&w, 0xc001, (const char *const[]){"NT LM 0.12", NULL});
    smb_say(h, &w);
    smb1_put_setup_bare(&w, ids, "guest", "WORKGROUP", v1_empty, 24, v1_empty, 24);
    smb_say(h, &w);
    assert_int_equal(smb1_status(h, NULL), 0xc000006du); /* answers another challenge */
    assert_string_equal(harness_text(h, "login", 0, "plugin"), "NTLMv1");
    smb1_put_setup_bare(&w, ids, "GUEST", "", NULL, 0, NULL, 0);
    smb_say(h, &w);
    assert_int_equal(smb1_status(h, NULL), 0xc0000072u);
    smb1_put_setup_bare(&w, ids, "bob", "LAB", "secret", 6, NULL, 0);
    smb_say(h, &w);
    assert_int_equal(smb1_status(h, NULL), 0xc000006du);
    assert_string_equal(harness_text(h, "login", 0, "plugin"), "plaintext");
    assert_string_equal(harness_text(h, "login", 0, "response"), "736563726574");
    ids.flags2 = 0x0001; /* OEM strings, DOS errors */
    smb1_put_setup_bare(&w, ids, "eve", "LAB", v1_empty, 24, NULL, 0);
    smb_say(h, &w);
    assert_int_equal(smb1_status(h, NULL), 0xc000006du); /* the client named CAP_STATUS32 above */
    assert_string_equal(harness_text(h, "login", 0, "user"), "eve");
    ids.flags2 = 0xc001;
    smb1_put_setup_bare(&w, ids, "", "", "\0", 1, NULL, 0);
    smb_say(h, &w);
    assert_int_equal(smb1_status(h, &ids), 0);
    assert_int_equal(ids.uid, 0x0804); /* the fifth of this connection */
    struct rd r = smb_reply(h);
    rd_skip(&r, 32);
    assert_int_equal(rd_u8(&r), 3);
    assert_int_equal(rd_u8(&r), 0xff);
    rd_skip(&r, 5);
    uint16_t n = rd_le16(&r);
    assert_int_equal(n, rd_left(&r));
    char text[64];
    rd_skip(&r, 1); /* to an even place */
    assert_string_equal(smb_rd_string(&r, true, r.p, text, sizeof text), "Windows Server 2003 3790 Service Pack 2");
    assert_string_equal(smb_rd_string(&r, true, r.p, text, sizeof text), "Windows Server 2003 5.2");
    assert_string_equal(smb_rd_string(&r, true, r.p, text, sizeof text), "WORKGROUP");
    wr_done(&w);
    harness_free(h);
}

static void a_dos_client_gets_dos_errors(void **state)
{
    struct harness *h = smb_harness("xp");
    struct wr w = wr_of(4096);
    smb1_put_negotiate(&w, 1, (const char *const[]){"NT LM 0.12", NULL});
    smb_say(h, &w);
    smb1_put(&w, 0x75, (struct smb1_ids){.uid = 5}, "\xff\0\0\0\0\0\0\0", 8, NULL, 0);
    smb_say(h, &w);
    assert_int_equal(smb1_status(h, NULL), 0x005b0002); /* ERRSRV, bad UID */
    smb1_put(&w, 0x73, (struct smb1_ids){0}, "\xff\0\0\0\0\0\0\0\0\0\0\0\0\0\2\0\0\0\0\0", 20, "pwA\0B", 6);
    smb_say(h, &w);
    assert_int_equal(smb1_status(h, NULL), 0x00020002); /* ERRSRV, bad password */
    wr_done(&w);
    harness_free(h);
}

static void mask_challenge(uint8_t *out, size_t n)
{
    if (n >= 81)
        memset(out + 73, 0, 8);
}

static void a_logon_in_any_pieces(void **state)
{
    struct harness *h = smb_harness("7");
    struct wr w = wr_of(8192);
    struct smb1_ids ids = {.flags2 = 0xc001, .uid = 0, .tid = 0};
    smb1_put_negotiate(&w, 0xc001, (const char *const[]){"NT LM 0.12", NULL});
    smb1_put_setup_bare(&w, ids, "", "", "\0", 1, NULL, 0);
    ids.uid = 0x0800;
    smb1_put_tree(&w, ids, "\\\\X\\IPC$", "IPC");
    ids.tid = 0x0800;
    smb1_put(&w, 0x71, ids, NULL, 0, NULL, 0);
    smb1_put(&w, 0x74, ids, "\xff\0\0\0", 4, NULL, 0);
    harness_every_split(h, w.bytes, w.len, mask_challenge);
    harness_every_prefix(h, w.bytes, w.len);
    size_t n;
    harness_open(h);
    harness_feed(h, w.bytes, w.len);
    const uint8_t *out = harness_output(h, &n);
    assert_int_equal(out[n - 7 - 32 + 4], 0x74); /* the last reply is the logoff's, and good */
    assert_memory_equal(out + n - 7 - 32 + 5, "\0\0\0\0", 4);
    wr_done(&w);
    harness_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_empty_password_is_known), cmocka_unit_test(hashcat_lines),
        cmocka_unit_test(a_challenge_names_the_machine), cmocka_unit_test(spnego_shapes),
        cmocka_unit_test(nobody_gets_in_but_nobody), cmocka_unit_test(bare_responses),
        cmocka_unit_test(a_dos_client_gets_dos_errors), cmocka_unit_test(a_logon_in_any_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

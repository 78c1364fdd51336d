/* SMB negotiation against the layouts of [MS-CIFS] 2.2.4.52, [MS-SMB] 2.2.4.5 and [MS-SMB2] 2.2.3-4, byte by byte. */
#include <stdio.h>
#include <string.h>

#include "../cmocka_all.h"
#include "smb_bytes.h"

enum { CHALLENGE_AT = 4 + 32 + 1 + 34 + 2 };

static const char *const windows7_offer[] = {"NT LM 0.12", "SMB 2.002", "SMB 2.???", NULL};

static const uint8_t *output(struct harness *h)
{
    size_t n;
    return harness_output(h, &n);
}

static size_t output_len(struct harness *h)
{
    size_t n;
    (void)harness_output(h, &n);
    return n;
}

static void offer_smb1(struct harness *h, uint16_t flags2, const char *const *names)
{
    struct wr w = wr_of(4096);
    smb1_put_negotiate(&w, flags2, names);
    smb_say(h, &w);
    wr_done(&w);
}

static void offer_smb2(struct harness *h, const uint16_t *dialects, uint16_t count, bool contexts)
{
    struct wr w = wr_of(4096);
    smb2_put_negotiate(&w, dialects, count, contexts);
    smb_say(h, &w);
    wr_done(&w);
}

static void nt_lm_without_extended_security(void **state)
{
    static const char *const names[] = {"xp", "2003", "2008", "7", "2008r2", "2012", "2016"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct persona *p = smb_persona(names[i]);
        struct harness *h = smb_harness(names[i]);
        harness_feed(h, smb_prog_neg, sizeof smb_prog_neg);
        assert_true(harness_is_open(h));
        struct rd r = smb_reply(h);
        static const uint8_t head[] = {0xff, 'S', 'M', 'B', 0x72, 0, 0, 0,    0,    0x88, 0x01, 0x40, 0, 0,  0, 0, 0, 0, 0,
                                       0,    0,   0,   0,   0,    0, 0, 0x40, 0x06, 0,    0,    1,    0, 17, 7, 0, 3};
        assert_memory_equal(rd_take(&r, sizeof head), head, sizeof head);
        assert_int_equal(rd_le16(&r), p->smb.max_mpx);
        assert_int_equal(rd_le16(&r), 1);
        assert_int_equal(rd_le32(&r), p->smb.max_buffer_bytes);
        assert_int_equal(rd_le32(&r), 65536);
        assert_int_equal(rd_le32(&r), 0);
        assert_int_equal(rd_le32(&r), p->smb.capabilities);
        assert_true(rd_le64(&r) == SMB_TEST_FILETIME);
        assert_int_equal(rd_le16(&r), 0);
        assert_int_equal(rd_u8(&r), 8);
        uint16_t byte_count = rd_le16(&r);
        assert_int_equal(byte_count, rd_left(&r));
        static const uint8_t zeros[8];
        assert_memory_not_equal(rd_take(&r, 8), zeros, 8);
        static const uint8_t strings[] = "W\0O\0R\0K\0G\0R\0O\0U\0P\0\0\0F\0I\0L\0E\0S\0-\0000\0007\0\0";
        assert_int_equal(rd_left(&r), sizeof strings);
        assert_memory_equal(r.p, strings, sizeof strings);
        char told[300];
        snprintf(told, sizeof told, "%s / NT LM 0.12", p->smb.native_os);
        assert_string_equal(harness_text(h, "answer", 0, "version"), told);
        harness_free(h);
    }
}

static void challenges_are_fresh(void **state)
{
    struct harness *h = smb_harness("7");
    uint8_t seen[3][8];
    for (int i = 0; i < 3; i++) {
        harness_open(h);
        harness_feed(h, smb_prog_neg, sizeof smb_prog_neg);
        memcpy(seen[i], output(h) + CHALLENGE_AT, 8);
    }
    assert_memory_not_equal(seen[0], seen[1], 8);
    assert_memory_not_equal(seen[1], seen[2], 8);
    harness_free(h);
}

static void extended_security(void **state)
{
    static const struct {
        const char *name;
        size_t token;
    } list[] = {{"xp", 42}, {"2008", 108}, {"2008r2", 120}}; /* as captures of each show */
    for (size_t i = 0; i < 3; i++) {
        struct harness *h = smb_harness(list[i].name);
        offer_smb1(h, 0xc853, (const char *const[]){"LANMAN1.0", "NT LM 0.12", NULL});
        struct rd r = smb_reply(h);
        rd_skip(&r, 9);
        assert_int_equal(rd_u8(&r), 0x98);
        assert_int_equal(rd_le16(&r), 0xc853);
        rd_skip(&r, 20);
        assert_int_equal(rd_u8(&r), 17);
        assert_int_equal(rd_le16(&r), 1);
        rd_skip(&r, 17);
        assert_int_equal(rd_le32(&r), smb_persona(list[i].name)->smb.capabilities | 0x80000000u);
        rd_skip(&r, 10);
        assert_int_equal(rd_u8(&r), 0);
        uint16_t byte_count = rd_le16(&r);
        assert_int_equal(byte_count, rd_left(&r));
        assert_memory_equal(rd_take(&r, 16), smb_persona(list[i].name)->smb.guid, 16);
        assert_int_equal(rd_left(&r), list[i].token);
        assert_int_equal(r.p[0], 0x60);
        assert_int_equal(r.p[1], list[i].token - 2);
        harness_free(h);
    }
}

static void older_dialects_and_none(void **state)
{
    struct harness *h = smb_harness("xp");
    offer_smb1(h, 0x4001, (const char *const[]){"XENIX CORE", "NT LM 0.13", NULL});
    assert_int_equal(output_len(h), 4 + 32 + 5);
    assert_memory_equal(output(h) + 36, ((uint8_t[]){1, 0xff, 0xff, 0, 0}), 5);
    harness_open(h);
    offer_smb1(h, 0x4001, (const char *const[]){"PCLAN1.0", NULL});
    assert_memory_equal(output(h) + 36, ((uint8_t[]){1, 0, 0, 0, 0}), 5);
    harness_open(h);
    offer_smb1(h, 1, (const char *const[]){"PCLAN1.0", "LANMAN2.1", "LM1.2X002", NULL});
    const uint8_t *out = output(h);
    assert_int_equal(out[36], 13);
    assert_int_equal(out[37], 1);
    /* SMB_TIME 09:30:00, SMB_DATE 2013-04-17 */
    assert_memory_equal(out + 37 + 16, ((uint8_t[]){0xc0, 0x4b, 0x91, 0x42}), 4);
    assert_memory_equal(out + output_len(h) - 10, "WORKGROUP", 10);
    harness_free(h);
}

struct two {
    const char *persona;
    uint16_t dialect; /* 0: stays with SMB1 */
    uint32_t caps, most;
};

static void check_smb2(struct harness *h, const struct two *want, uint64_t message)
{
    const struct persona *p = smb_persona(want->persona);
    struct rd r = smb_reply(h);
    static const uint8_t head[] = {0xfe, 'S', 'M', 'B', 64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0};
    assert_memory_equal(rd_take(&r, sizeof head), head, sizeof head);
    assert_true(rd_le64(&r) == message);
    rd_skip(&r, 32);
    assert_int_equal(rd_le16(&r), 65);
    assert_int_equal(rd_le16(&r), 1);
    assert_int_equal(rd_le16(&r), want->dialect);
    assert_int_equal(rd_le16(&r), want->dialect == 0x0311 ? 2 : 0);
    assert_memory_equal(rd_take(&r, 16), p->smb.guid, 16);
    assert_int_equal(rd_le32(&r), want->caps);
    for (int i = 0; i < 3; i++)
        assert_int_equal(rd_le32(&r), want->most);
    assert_true(rd_le64(&r) == SMB_TEST_FILETIME);
    uint64_t boot = rd_le64(&r); /* 2013-04-03 14:40 UTC; not told from Windows 10 1703 on */
    assert_true(boot == (strcmp(want->persona, "2019") == 0 ? 0 : UINT64_C(130094736000000000)));
    assert_int_equal(rd_le16(&r), 128);
    uint16_t token = rd_le16(&r);
    uint32_t contexts = rd_le32(&r);
    assert_int_equal(rd_take(&r, token)[0], 0x60);
    if (want->dialect != 0x0311) {
        assert_int_equal(contexts, 0);
        assert_int_equal(rd_left(&r), 0);
        return;
    }
    assert_int_equal(contexts, 128 + 120);
    static const uint8_t preauth[] = {1, 0, 38, 0, 0, 0, 0, 0, 1, 0, 32, 0, 1, 0};
    assert_memory_equal(rd_take(&r, sizeof preauth), preauth, sizeof preauth);
    rd_skip(&r, 32 + 2);
    static const uint8_t cipher[] = {2, 0, 4, 0, 0, 0, 0, 0, 1, 0, 2, 0};
    assert_int_equal(rd_left(&r), sizeof cipher);
    assert_memory_equal(rd_take(&r, sizeof cipher), cipher, sizeof cipher);
}

static void multi_protocol(void **state)
{
    static const struct two wildcard[] = {
        {"xp", 0, 0, 0},          {"2003", 0, 0, 0},          {"2008", 0x0202, 1, 65536},
        {"7", 0x02ff, 7, 1 << 20}, {"2008r2", 0x02ff, 7, 1 << 20}, {"2012", 0x02ff, 7, 8 << 20},
        {"2019", 0x02ff, 7, 8 << 20}};
    for (size_t i = 0; i < sizeof wildcard / sizeof *wildcard; i++) {
        struct harness *h = smb_harness(wildcard[i].persona);
        offer_smb1(h, 0xc853, windows7_offer);
        if (wildcard[i].dialect)
            check_smb2(h, &wildcard[i], 0);
        else
            assert_int_equal(output(h)[4], 0xff);
        /* a second SMB1 negotiate ends the connection */
        offer_smb1(h, 0xc853, windows7_offer);
        assert_string_equal(harness_reason(h), "error");
        assert_int_equal(output_len(h), 0);
        harness_open(h);
        offer_smb1(h, 0xc853, (const char *const[]){"NT LM 0.12", "SMB 2.002", NULL});
        if (wildcard[i].dialect)
            check_smb2(h, &(struct two){wildcard[i].persona, 0x0202, 1, 65536}, 0);
        else
            assert_int_equal(output(h)[4], 0xff);
        harness_free(h);
    }
    struct harness *h = smb_harness("2019"); /* without SMB1 such an offer is dropped */
    offer_smb1(h, 0xc853, (const char *const[]){"NT LM 0.12", NULL});
    assert_string_equal(harness_reason(h), "error");
    assert_int_equal(output_len(h), 0);
    harness_free(h);
}

static void smb2_dialects(void **state)
{
    static const uint16_t all[] = {0x0202, 0x0210, 0x0300, 0x0302, 0x0311};
    static const struct two best[] = {{"2008", 0x0202, 1, 65536},
                                      {"7", 0x0210, 7, 1 << 20},
                                      {"2012", 0x0300, 0x6f, 8 << 20},
                                      {"2012r2", 0x0302, 0x6f, 8 << 20},
                                      {"2016", 0x0311, 0x2f, 8 << 20},
                                      {"2019", 0x0311, 0x2f, 8 << 20}};
    for (size_t i = 0; i < sizeof best / sizeof *best; i++) {
        struct harness *h = smb_harness(best[i].persona);
        offer_smb2(h, all, 5, true);
        check_smb2(h, &best[i], 1);
        offer_smb2(h, all, 5, true); /* agreed on: another negotiate ends the connection */
        assert_string_equal(harness_reason(h), "error");
        harness_open(h);
        offer_smb1(h, 0xc853, windows7_offer);
        offer_smb2(h, all, 5, true); /* after 0x02ff the second negotiate decides, after 0x0202 there is none */
        if (best[i].dialect > 0x0202)
            check_smb2(h, &best[i], 1);
        else
            assert_string_equal(harness_reason(h), "error");
        harness_free(h);
    }
}

static void smb2_errors(void **state)
{
    struct harness *h = smb_harness("7");
    offer_smb2(h, NULL, 0, false);
    assert_int_equal(smb2_status(h, NULL), 0xc000000du);
    assert_int_equal(output_len(h), 4 + 64 + 9);
    offer_smb2(h, (const uint16_t[]){0x0300, 0x0311}, 2, true); /* the connection stays, as nothing was agreed on */
    assert_int_equal(smb2_status(h, NULL), 0xc00000bbu);
    harness_free(h);
    h = smb_harness("2016");
    offer_smb2(h, (const uint16_t[]){0x0311}, 1, false);
    assert_int_equal(smb2_status(h, NULL), 0xc000000du);
    struct wr w = wr_of(4096);
    smb2_put_negotiate(&w, (const uint16_t[]){0x0311}, 1, true);
    w.bytes[4 + 104 + 12] = 9; /* no SHA-512 in the list */
    smb_say(h, &w);
    assert_int_equal(smb2_status(h, NULL), 0xc05d0000u);
    wr_done(&w);
    harness_free(h);
    h = smb_harness("xp"); /* a machine without SMB2 does not answer it */
    offer_smb2(h, (const uint16_t[]){0x0202}, 1, false);
    assert_string_equal(harness_reason(h), "error");
    assert_int_equal(output_len(h), 0);
    harness_free(h);
}

static void what_is_not_smb_is_closed(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
    } list[] = {{"GET / HTTP/1.0\r\n\r\n", 18},      {"\x03\0\0\x13\x0e\xe0", 6}, {"\0\0\0\x40HELLO", 9},
                {"\0\0\0\4\xffSMB", 8},               {"\0\xff\xff\xff\xffSMB", 8}, {"\x81\0\0\x44 CK", 7}};
    struct harness *h = smb_harness("7");
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        harness_open(h);
        harness_feed(h, list[i].bytes, list[i].n);
        assert_string_equal(harness_reason(h), "server");
        assert_int_equal(output_len(h), 0);
        assert_int_equal(harness_events(h, "payload"), 1);
    }
    /* port 139: session request, then SMB as on 445 */
    uint8_t request[72] = {0x81, 0, 0, 68};
    harness_open_from(h, 0, 0, 139);
    harness_feed(h, request, sizeof request);
    assert_int_equal(output_len(h), 4);
    assert_memory_equal(output(h), "\x82\0\0\0", 4);
    harness_forget(h);
    harness_feed(h, smb_prog_neg, sizeof smb_prog_neg);
    assert_int_equal(output(h)[4], 0xff);
    /* without a session request: what nmap's "Microsoft Windows netbios-ssn" line wants */
    harness_open_from(h, 0, 0, 139);
    harness_feed(h, smb_prog_neg, sizeof smb_prog_neg);
    assert_int_equal(output_len(h), 5);
    assert_memory_equal(output(h), "\x83\0\0\x01\x8f", 5);
    assert_string_equal(harness_reason(h), "server");
    harness_free(h);
}

/* EternalBlue's groom: 0xfff7 bytes declared, an SMB2 magic, zeros. It is read past as it comes. */
static void a_groom_is_not_held(void **state)
{
    struct harness *h = smb_harness("7");
    uint8_t groom[128] = {0, 0, 0xff, 0xf7, 0xfe, 'S', 'M', 'B'}, rest[4096] = {0};
    harness_feed(h, groom, sizeof groom);
    size_t left = 0xfff7 + 4 - sizeof groom;
    for (; left > sizeof rest; left -= sizeof rest) {
        harness_feed(h, rest, sizeof rest);
        assert_true(harness_is_open(h));
        assert_int_equal(harness_held(h), 0);
    }
    harness_feed(h, rest, left);
    assert_string_equal(harness_reason(h), "server");
    assert_int_equal(output_len(h), 0);
    harness_free(h);
}

static void mask_challenge(uint8_t *out, size_t n)
{
    if (n >= CHALLENGE_AT + 8)
        memset(out + CHALLENGE_AT, 0, 8);
}

static void splits_and_prefixes(void **state)
{
    struct harness *h = smb_harness("7");
    struct wr w = wr_of(4096);
    harness_every_split(h, smb_prog_neg, sizeof smb_prog_neg, mask_challenge);
    harness_every_prefix(h, smb_prog_neg, sizeof smb_prog_neg);
    smb1_put_negotiate(&w, 0xc853, windows7_offer);
    smb2_put_negotiate(&w, (const uint16_t[]){0x0202, 0x0210}, 2, true);
    harness_every_split(h, w.bytes, w.len, NULL);
    harness_every_prefix(h, w.bytes, w.len);
    wr_done(&w);
    harness_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nt_lm_without_extended_security), cmocka_unit_test(challenges_are_fresh),
        cmocka_unit_test(extended_security), cmocka_unit_test(older_dialects_and_none), cmocka_unit_test(multi_protocol),
        cmocka_unit_test(smb2_dialects), cmocka_unit_test(smb2_errors), cmocka_unit_test(what_is_not_smb_is_closed),
        cmocka_unit_test(a_groom_is_not_held), cmocka_unit_test(splits_and_prefixes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

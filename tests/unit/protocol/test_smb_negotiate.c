/* SMB negotiation against the layouts of [MS-CIFS] 2.2.4.52, [MS-SMB] 2.2.4.5 and [MS-SMB2] 2.2.3-4, byte by byte. */
#include <string.h>

#include "../cmocka_all.h"
#include "base/rd.h"
#include "smb_drive.h"

#define SRC 0x0a000001u
#define DST 0x0a4d0311u

/* nmap's SMBProgNeg probe: eight dialects, the last is NT LM 0.12; flags 08, flags2 4001, no extended security. */
static const uint8_t prog_neg[] = "\0\0\0\xa4\xff\x53\x4d\x42\x72\0\0\0\0\x08\x01\x40\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x40\x06\0\0\x01\0"
                                  "\0\x81\0\x02PC NETWORK PROGRAM 1.0\0\x02MICROSOFT NETWORKS 1.03\0\x02MICROSOFT NETWORKS 3.0\0"
                                  "\x02LANMAN1.0\0\x02LM1.2X002\0\x02Samba\0\x02NT LANMAN 1.0\0\x02NT LM 0.12";

/* An SMB1 negotiate with a list of dialects. */
static size_t smb1_negotiate(uint8_t *buf, uint16_t flags2, const char *const *names)
{
    size_t n = 39;
    memset(buf, 0, n);
    for (; *names; names++) {
        size_t len = strlen(*names) + 1;
        buf[n++] = 2;
        memcpy(buf + n, *names, len);
        n += len;
    }
    memcpy(buf + 4, "\xffSMB\x72", 5);
    buf[13] = 0x18;
    buf[14] = (uint8_t)flags2;
    buf[15] = (uint8_t)(flags2 >> 8);
    buf[30] = 0x34; /* PID, MID */
    buf[34] = 0x12;
    buf[37] = (uint8_t)(n - 39);
    buf[3] = (uint8_t)(n - 4);
    buf[2] = (uint8_t)((n - 4) >> 8);
    return n;
}

static size_t smb2_negotiate(uint8_t *buf, const uint16_t *dialects, uint16_t count, bool contexts)
{
    memset(buf, 0, 300);
    memcpy(buf + 4, "\xfeSMB\x40", 5);
    uint8_t *h = buf + 4;
    h[14] = 31; /* credits asked */
    h[24] = 1;  /* message id */
    h[32] = 0xff;
    h[33] = 0xfe;
    h[64] = 36;
    h[66] = (uint8_t)count;
    h[68] = 1;
    h[72] = 0x7f; /* capabilities */
    memset(h + 76, 0xc1, 16);
    size_t n = 100;
    for (uint16_t i = 0; i < count; i++, n += 2) {
        h[n] = (uint8_t)dialects[i];
        h[n + 1] = (uint8_t)(dialects[i] >> 8);
    }
    if (contexts) {
        n = (n + 7) & ~(size_t)7;
        h[92] = (uint8_t)n;
        h[96] = 2;
        static const uint8_t both[] = {1, 0, 6, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, /* preauth: SHA-512, no salt, pad */
                                       2, 0, 6, 0, 0, 0, 0, 0, 2, 0, 2, 0, 1, 0};      /* GCM, CCM */
        memcpy(h + n, both, sizeof both);
        n += sizeof both;
    }
    buf[2] = (uint8_t)(n >> 8);
    buf[3] = (uint8_t)n;
    return n + 4;
}

static struct rd whole_reply(struct drive *d)
{
    struct rd r = rd_of(d->out.bytes, d->out.len);
    assert_int_equal(rd_be32(&r), d->out.len - 4);
    return r;
}

static bool has_event(struct drive *d, const char *text)
{
    wr_u8(&d->events, 0);
    bool found = strstr((const char *)d->events.bytes, text) != NULL;
    d->events.len--;
    return found;
}

static void nt_lm_without_extended_security(void **state)
{
    static const char *const names[] = {"xp", "2003", "2008", "7", "2008r2", "2012", "2016"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct drive d;
        drive_init(&d, names[i]);
        drive_open(&d, SRC, DST, 445);
        drive_feed(&d, prog_neg, sizeof prog_neg);
        assert_int_equal(d.status, FEED_MORE);
        struct rd r = whole_reply(&d);
        static const uint8_t head[] = {0xff, 'S', 'M', 'B', 0x72, 0, 0, 0, 0, 0x88, 0x01, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                       0, 0, 0x40, 0x06, 0, 0, 1, 0, 17, 7, 0, 3};
        assert_memory_equal(rd_take(&r, sizeof head), head, sizeof head);
        assert_int_equal(rd_le16(&r), d.persona->smb.max_mpx);
        assert_int_equal(rd_le16(&r), 1);
        assert_int_equal(rd_le32(&r), d.persona->smb.max_buffer_bytes);
        assert_int_equal(rd_le32(&r), 65536);
        assert_int_equal(rd_le32(&r), 0);
        assert_int_equal(rd_le32(&r), d.persona->smb.capabilities);
        assert_true(rd_le64(&r) == UINT64_C(130106646000000000)); /* 2013-04-17 09:30 UTC */
        assert_int_equal(rd_le16(&r), 0);
        assert_int_equal(rd_u8(&r), 8);
        uint16_t byte_count = rd_le16(&r);
        assert_int_equal(byte_count, rd_left(&r));
        static const uint8_t zeros[8];
        assert_memory_not_equal(rd_take(&r, 8), zeros, 8);
        static const uint8_t strings[] = "W\0O\0R\0K\0G\0R\0O\0U\0P\0\0\0F\0I\0L\0E\0S\0-\0000\0007\0\0";
        assert_int_equal(rd_left(&r), sizeof strings);
        assert_memory_equal(r.p, strings, sizeof strings);
        assert_true(has_event(&d, "answer version=Windows "));
        drive_done(&d);
    }
}

static void challenges_are_fresh(void **state)
{
    struct drive d;
    uint8_t seen[3][8];
    drive_init(&d, "7");
    for (int i = 0; i < 3; i++) {
        drive_open(&d, SRC, DST, 445);
        drive_feed(&d, prog_neg, sizeof prog_neg);
        memcpy(seen[i], d.out.bytes + 4 + 32 + 1 + 34 + 2, 8);
    }
    assert_memory_not_equal(seen[0], seen[1], 8);
    assert_memory_not_equal(seen[1], seen[2], 8);
    drive_done(&d);
}

static void extended_security(void **state)
{
    uint8_t buf[512];
    size_t n = smb1_negotiate(buf, 0xc853, (const char *const[]){"LANMAN1.0", "NT LM 0.12", NULL});
    struct drive d;
    drive_init(&d, "2008r2");
    drive_open(&d, SRC, DST, 445);
    drive_feed(&d, buf, n);
    struct rd r = whole_reply(&d);
    rd_skip(&r, 9);
    assert_int_equal(rd_u8(&r), 0x98);
    assert_int_equal(rd_le16(&r), 0xc853);
    rd_skip(&r, 20);
    assert_int_equal(rd_u8(&r), 17);
    assert_int_equal(rd_le16(&r), 1);
    rd_skip(&r, 17);
    assert_int_equal(rd_le32(&r), 0x8001e3fcu);
    rd_skip(&r, 10);
    assert_int_equal(rd_u8(&r), 0);
    uint16_t byte_count = rd_le16(&r);
    assert_int_equal(byte_count, rd_left(&r));
    assert_memory_equal(rd_take(&r, 16), d.persona->smb.guid, 16);
    assert_int_equal(rd_left(&r), 120); /* Windows 7's NegTokenInit2 */
    assert_int_equal(r.p[0], 0x60);
    assert_int_equal(r.p[1], 118);
    drive_done(&d);
}

static void older_dialects_and_none(void **state)
{
    uint8_t buf[512];
    struct drive d;
    drive_init(&d, "xp");
    drive_open(&d, SRC, DST, 445);
    drive_feed(&d, buf, smb1_negotiate(buf, 0x4001, (const char *const[]){"XENIX CORE", "NT LM 0.13", NULL}));
    static const uint8_t none[] = {1, 0xff, 0xff, 0, 0};
    assert_int_equal(d.out.len, 4 + 32 + 5);
    assert_memory_equal(d.out.bytes + 36, none, 5);
    drive_open(&d, SRC, DST, 445);
    drive_feed(&d, buf, smb1_negotiate(buf, 0x4001, (const char *const[]){"PCLAN1.0", NULL}));
    assert_memory_equal(d.out.bytes + 36, ((uint8_t[]){1, 0, 0, 0, 0}), 5);
    drive_open(&d, SRC, DST, 445);
    drive_feed(&d, buf, smb1_negotiate(buf, 1, (const char *const[]){"PCLAN1.0", "LANMAN2.1", "LM1.2X002", NULL}));
    assert_int_equal(d.out.bytes[36], 13);
    assert_int_equal(d.out.bytes[37], 1);
    /* SMB_TIME 09:30:00, SMB_DATE 2013-04-17 */
    assert_memory_equal(d.out.bytes + 37 + 16, ((uint8_t[]){0xc0, 0x4b, 0x91, 0x42}), 4);
    assert_memory_equal(d.out.bytes + d.out.len - 10, "WORKGROUP", 10);
    drive_done(&d);
}

struct two {
    const char *persona;
    uint16_t dialect; /* 0: stays with SMB1 */
    uint32_t caps, most;
};

static void check_smb2(struct drive *d, uint16_t dialect, uint32_t caps, uint32_t most, uint64_t message)
{
    struct rd r = whole_reply(d);
    static const uint8_t head[] = {0xfe, 'S', 'M', 'B', 64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0};
    assert_memory_equal(rd_take(&r, sizeof head), head, sizeof head);
    assert_true(rd_le64(&r) == message);
    rd_skip(&r, 32);
    assert_int_equal(rd_le16(&r), 65);
    assert_int_equal(rd_le16(&r), 1);
    assert_int_equal(rd_le16(&r), dialect);
    assert_int_equal(rd_le16(&r), dialect == 0x0311 ? 2 : 0);
    assert_memory_equal(rd_take(&r, 16), d->persona->smb.guid, 16);
    assert_int_equal(rd_le32(&r), caps);
    for (int i = 0; i < 3; i++)
        assert_int_equal(rd_le32(&r), most);
    assert_true(rd_le64(&r) == UINT64_C(130106646000000000));
    rd_skip(&r, 8);
    assert_int_equal(rd_le16(&r), 128);
    uint16_t token = rd_le16(&r);
    uint32_t contexts = rd_le32(&r);
    assert_int_equal(rd_take(&r, token)[0], 0x60);
    if (dialect != 0x0311) {
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
        {"xp", 0, 0, 0}, {"2003", 0, 0, 0}, {"2008", 0x0202, 1, 65536}, {"7", 0x02ff, 7, 1 << 20}, {"2008r2", 0x02ff, 7, 1 << 20},
        {"2012", 0x02ff, 7, 8 << 20}, {"2019", 0x02ff, 7, 8 << 20}};
    uint8_t buf[512];
    for (size_t i = 0; i < sizeof wildcard / sizeof *wildcard; i++) {
        struct drive d;
        drive_init(&d, wildcard[i].persona);
        drive_open(&d, SRC, DST, 445);
        size_t n = smb1_negotiate(buf, 0xc853, (const char *const[]){"NT LM 0.12", "SMB 2.002", "SMB 2.???", NULL});
        drive_feed(&d, buf, n);
        if (wildcard[i].dialect)
            check_smb2(&d, wildcard[i].dialect, wildcard[i].caps, wildcard[i].most, 0);
        else
            assert_int_equal(d.out.bytes[4], 0xff);
        /* a second SMB1 negotiate ends the connection */
        wr_clear(&d.out);
        drive_feed(&d, buf, n);
        assert_int_equal(d.status, FEED_ABORT);
        assert_int_equal(d.out.len, 0);
        drive_open(&d, SRC, DST, 445);
        drive_feed(&d, buf, smb1_negotiate(buf, 0xc853, (const char *const[]){"NT LM 0.12", "SMB 2.002", NULL}));
        if (wildcard[i].dialect)
            check_smb2(&d, 0x0202, 1, 65536, 0);
        drive_done(&d);
    }
}

static void smb2_dialects(void **state)
{
    static const uint16_t all[] = {0x0202, 0x0210, 0x0300, 0x0302, 0x0311};
    static const struct two best[] = {{"2008", 0x0202, 1, 65536}, {"7", 0x0210, 7, 1 << 20}, {"2012", 0x0300, 0x6f, 8 << 20},
                                      {"2012r2", 0x0302, 0x6f, 8 << 20}, {"2016", 0x0311, 0x2f, 8 << 20}};
    uint8_t buf[512];
    for (size_t i = 0; i < sizeof best / sizeof *best; i++) {
        struct drive d;
        drive_init(&d, best[i].persona);
        drive_open(&d, SRC, DST, 445);
        size_t n = smb2_negotiate(buf, all, 5, true);
        drive_feed(&d, buf, n);
        check_smb2(&d, best[i].dialect, best[i].caps, best[i].most, 1);
        /* after 0x02ff the second negotiate decides; after that another one ends the connection */
        drive_feed(&d, buf, n);
        assert_int_equal(d.status, FEED_ABORT);
        drive_open(&d, SRC, DST, 445);
        uint8_t one[512];
        drive_feed(&d, one, smb1_negotiate(one, 0xc853, (const char *const[]){"SMB 2.002", "SMB 2.???", NULL}));
        wr_clear(&d.out);
        if (best[i].dialect > 0x0202) {
            drive_feed(&d, buf, n);
            check_smb2(&d, best[i].dialect, best[i].caps, best[i].most, 1);
        } else {
            drive_feed(&d, buf, n);
            assert_int_equal(d.status, FEED_ABORT);
        }
        drive_done(&d);
    }
}

static uint32_t status_of(const struct drive *d)
{
    struct rd r = rd_of(d->out.bytes, d->out.len);
    rd_skip(&r, 12);
    return rd_le32(&r);
}

static void smb2_errors(void **state)
{
    uint8_t buf[512];
    struct drive d;
    drive_init(&d, "7");
    drive_open(&d, SRC, DST, 445);
    drive_feed(&d, buf, smb2_negotiate(buf, NULL, 0, false));
    assert_int_equal(status_of(&d), 0xc000000du);
    assert_int_equal(d.out.len, 4 + 64 + 9);
    wr_clear(&d.out); /* the connection stays, as nothing was agreed on */
    drive_feed(&d, buf, smb2_negotiate(buf, (const uint16_t[]){0x0300, 0x0311}, 2, true));
    assert_int_equal(status_of(&d), 0xc00000bbu);
    drive_done(&d);
    drive_init(&d, "2016");
    drive_open(&d, SRC, DST, 445);
    drive_feed(&d, buf, smb2_negotiate(buf, (const uint16_t[]){0x0311}, 1, false));
    assert_int_equal(status_of(&d), 0xc000000du);
    wr_clear(&d.out);
    size_t n = smb2_negotiate(buf, (const uint16_t[]){0x0311}, 1, true);
    buf[4 + 104 + 12] = 9; /* no SHA-512 in the list */
    drive_feed(&d, buf, n);
    assert_int_equal(status_of(&d), 0xc05d0000u);
    drive_done(&d);
    drive_init(&d, "xp"); /* a machine without SMB2 does not answer it */
    drive_open(&d, SRC, DST, 445);
    drive_feed(&d, buf, smb2_negotiate(buf, (const uint16_t[]){0x0202}, 1, false));
    assert_int_equal(d.status, FEED_ABORT);
    assert_int_equal(d.out.len, 0);
    drive_done(&d);
}

static void what_is_not_smb_is_closed(void **state)
{
    struct drive d;
    drive_init(&d, "7");
    static const struct {
        const char *bytes;
        size_t n;
    } list[] = {{"GET / HTTP/1.0\r\n\r\n", 18}, {"\x03\0\0\x13\x0e\xe0", 6}, {"\0\0\0\x40HELLO", 9}, {"\0\0\0\4\xffSMB", 8},
                {"\0\xff\xff\xff\xffSMB", 8}, {"\x81\0\0\x44 CK", 7}};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        drive_open(&d, SRC, DST, 445);
        drive_feed(&d, list[i].bytes, list[i].n);
        assert_int_equal(d.status, FEED_CLOSE);
        assert_int_equal(d.out.len, 0);
        assert_true(has_event(&d, "payload"));
    }
    /* port 139: session request, then SMB as on 445 */
    drive_open(&d, SRC, DST, 139);
    uint8_t request[72] = {0x81, 0, 0, 68};
    drive_feed(&d, request, sizeof request);
    assert_int_equal(d.out.len, 4);
    assert_memory_equal(d.out.bytes, "\x82\0\0\0", 4);
    wr_clear(&d.out);
    drive_feed(&d, prog_neg, sizeof prog_neg);
    assert_int_equal(d.out.bytes[4], 0xff);
    drive_done(&d);
}

/* EternalBlue's groom: 0xfff7 bytes declared, an SMB2 magic, zeros. It is read past as it comes. */
static void a_groom_is_not_held(void **state)
{
    struct drive d;
    drive_init(&d, "7");
    drive_open(&d, SRC, DST, 445);
    uint8_t groom[128] = {0, 0, 0xff, 0xf7, 0xfe, 'S', 'M', 'B'};
    drive_feed(&d, groom, sizeof groom);
    assert_int_equal(d.status, FEED_MORE);
    assert_int_equal(d.in.len, 0);
    uint8_t rest[4096] = {0};
    size_t left = 0xfff7 + 4 - sizeof groom;
    while (left > sizeof rest) {
        drive_feed(&d, rest, sizeof rest);
        assert_int_equal(d.status, FEED_MORE);
        assert_int_equal(d.in.len, 0);
        left -= sizeof rest;
    }
    drive_feed(&d, rest, left);
    assert_int_equal(d.status, FEED_CLOSE);
    assert_int_equal(d.out.len, 0);
    drive_done(&d);
}

/* Each prefix is answered only when whole; each split in two gives the bytes of the unsplit run (times and challenges are
 * cut out by comparing lengths and all but the random 8 bytes). */
static void splits(void **state)
{
    struct drive whole, d;
    drive_init(&whole, "7");
    drive_init(&d, "7");
    drive_open(&whole, SRC, DST, 445);
    drive_feed(&whole, prog_neg, sizeof prog_neg);
    size_t random_at = 4 + 32 + 1 + 34 + 2;
    for (size_t cut = 0; cut < sizeof prog_neg; cut++) {
        drive_open(&d, SRC, DST, 445);
        drive_feed(&d, prog_neg, cut);
        assert_int_equal(d.out.len, 0);
        assert_int_equal(d.status, FEED_MORE);
        drive_feed(&d, prog_neg + cut, sizeof prog_neg - cut);
        assert_int_equal(d.out.len, whole.out.len);
        memcpy(d.out.bytes + random_at, whole.out.bytes + random_at, 8);
        assert_memory_equal(d.out.bytes, whole.out.bytes, whole.out.len);
    }
    drive_done(&whole);
    drive_done(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nt_lm_without_extended_security), cmocka_unit_test(challenges_are_fresh),
        cmocka_unit_test(extended_security), cmocka_unit_test(older_dialects_and_none), cmocka_unit_test(multi_protocol),
        cmocka_unit_test(smb2_dialects), cmocka_unit_test(smb2_errors), cmocka_unit_test(what_is_not_smb_is_closed),
        cmocka_unit_test(a_groom_is_not_held), cmocka_unit_test(splits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SMB1 transactions: the MS17-010 check, EternalBlue's course as scanners and exploits see it, DoublePulsar by state, echo and
 * the ids. The messages carry the headers and counts of the real ones and zeros for what they bring. */
#include <string.h>

#include "../cmocka_all.h"
#include "smb_bytes.h"

#define SRC   0xc6336409u
#define POINT 0x0a4d0311u

/* Words of TRANSACTION and TRANSACTION2 with one or two setup words; parameters and data stand at the message's end. */
static void put_trans(struct wr *w, uint8_t command, struct smb1_ids ids, uint16_t max, uint32_t timeout, const uint16_t *setup,
                      uint8_t n_setup, const uint8_t *parameters, uint16_t n_parameters, const uint8_t *data, uint16_t n_data)
{
    struct wr words = wr_of(128), bytes = wr_of(16384);
    uint16_t at = (uint16_t)(32 + 1 + 28 + 2 * n_setup + 2 + 7);
    wr_le16(&words, n_parameters);
    wr_le16(&words, n_data);
    wr_le16(&words, max);
    wr_le16(&words, max);
    wr_le32(&words, 0);
    wr_le32(&words, timeout);
    wr_le16(&words, 0);
    wr_le16(&words, n_parameters);
    wr_le16(&words, at);
    wr_le16(&words, n_data);
    wr_le16(&words, (uint16_t)(at + n_parameters));
    wr_le16(&words, n_setup);
    for (int i = 0; i < n_setup; i++)
        wr_le16(&words, setup[i]);
    wr_bytes(&bytes, "\\PIPE\\\0", 7);
    wr_bytes(&bytes, parameters, n_parameters);
    wr_bytes(&bytes, data, n_data);
    smb1_put(w, command, ids, words.bytes, words.len, bytes.bytes, bytes.len);
    wr_done(&words);
    wr_done(&bytes);
}

static uint32_t peek(struct harness *h, uint16_t max)
{
    struct smb1_ids ids = smb1_walk_in(h);
    struct wr w = wr_of(1024);
    ids.flags2 = 0x2801; /* as Metasploit's check: no NT status asked for, yet the client is capable of it */
    ids.mid = 77;
    put_trans(&w, 0x25, ids, max, 0, (const uint16_t[]){0x23, 0}, 2, NULL, 0, NULL, 0);
    smb_say(h, &w);
    wr_done(&w);
    struct smb1_ids got;
    uint32_t status = smb1_status(h, &got);
    assert_int_equal(got.uid, ids.uid);
    assert_int_equal(got.tid, ids.tid);
    assert_int_equal(got.mid, 77);
    struct rd r = smb_reply(h);
    assert_int_equal(rd_left(&r), 32 + 3);
    assert_memory_equal(r.p + 32, "\0\0\0", 3);
    return status;
}

static void the_check_for_ms17_010(void **state)
{
    static const char *const names[] = {"xp", "2003", "2008", "7", "2008r2", "2012", "2012r2", "2016"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct harness *h = smb_harness(names[i]);
        uint32_t other = strcmp(names[i], "2016") == 0 ? 0xc0000022 : 0xc0000008;
        assert_int_equal(peek(h, 0xffff), 0xc0000205);
        harness_open(h);
        assert_int_equal(peek(h, 512), other); /* small enough to reach the handle */
        harness_free(h);
        struct persona patched = *smb_persona(names[i]);
        patched.smb.ms17_010_patched = true;
        h = harness_new_with(&protocol_smb, &patched, 7);
        harness_open(h);
        assert_int_equal(peek(h, 0xffff), other);
        harness_free(h);
    }
}

/* The ping: TRANSACTION2, SESSION_SETUP, opcode in the bytes' sum of the timeout. The MID of the answer, and its signature. */
static uint16_t pulsar(struct harness *h, struct smb1_ids ids, uint32_t timeout, const uint8_t *parameters, const uint8_t *data,
                       uint16_t n_data, uint32_t ret_signature[static 2])
{
    struct wr w = wr_of(16384);
    struct smb1_ids got;
    ids.mid = 65;
    put_trans(&w, 0x32, ids, 1, timeout, (const uint16_t[]){0x0e}, 1, parameters, 12, data, n_data);
    smb_say(h, &w);
    wr_done(&w);
    assert_int_equal(smb1_status(h, &got), 0xc0000002);
    struct rd r = smb_reply(h);
    rd_skip(&r, 14);
    ret_signature[0] = rd_le32(&r);
    ret_signature[1] = rd_le32(&r);
    return got.mid;
}

static const uint8_t zeros[12];
enum { PING = 0x00a4d9a6 }; /* sums up to 0x23 */

static void a_clean_machine_knows_no_pulsar(void **state)
{
    struct harness *h = smb_harness("7");
    uint32_t signature[2];
    struct smb1_ids ids = smb1_walk_in(h);
    assert_int_equal(pulsar(h, ids, PING, zeros, NULL, 0, signature), 65);
    assert_true(signature[0] == 0 && signature[1] == 0);
    harness_free(h);
}

/* NT_TRANSACT that announces 0x103d0 bytes and brings 0x3d0, then secondaries of 0x1000 as TRANSACTION2. */
static void put_large(struct wr *w, struct smb1_ids ids)
{
    struct wr words = wr_of(128);
    uint8_t data[0x3d0] = {0};
    wr_zero(&words, 3);
    for (size_t i = 0; i < 8; i++)
        wr_le32(&words, (uint32_t[]){0x1e, 0x103d0, 0x1e, 0, 0x1e, 0x4b, 0x3d0, 0x68}[i]);
    wr_u8(&words, 1);
    wr_le32(&words, 0);
    wr_zero(&words, 0);
    assert_int_equal(words.len, 40);
    uint8_t bytes[0x1e + 0x3d0 + 16] = {0};
    memcpy(bytes + 0x1e, data, sizeof data);
    smb1_put(w, 0xa0, ids, words.bytes, words.len, bytes, sizeof bytes);
    wr_done(&words);
}

static void put_part(struct wr *w, struct smb1_ids ids, uint16_t i)
{
    uint8_t data[0x1000] = {0};
    const uint16_t words[9] = {0, 0x1000, 0, 0, 0, 0x1000, 0x35, (uint16_t)(0x3d0 + i * 0x1000), 0};
    smb1_put(w, 0x33, ids, words, sizeof words, data, sizeof data);
}

/* The course up to the last part, with `grooms` connections in between; status of the last answer. */
static uint32_t course(struct harness *h, uint32_t src, uint32_t dst, int grooms)
{
    struct wr w = wr_of(1 << 18);
    for (int i = 0; i < grooms; i++) { /* the harness holds one connection at a time: grooms first */
        harness_open_from(h, src, dst, 445);
        uint8_t groom[132] = {0, 0, 0xff, 0xf7, 0xfe, 'S', 'M', 'B'};
        harness_feed(h, groom, sizeof groom);
        assert_true(harness_is_open(h));
    }
    harness_open_from(h, src, dst, 445);
    struct smb1_ids ids = smb1_walk_in(h);
    ids.flags2 = 0xc007;
    put_large(&w, ids);
    smb_say(h, &w);
    assert_int_equal(smb1_status(h, NULL), 0); /* go on: no words */
    struct rd r = smb_reply(h);
    assert_int_equal(rd_left(&r), 35);
    for (uint16_t i = 0; i < 15; i++)
        put_part(&w, ids, i);
    smb1_put(&w, 0x2b, ids, "\1\0", 2, "AAAAAAAAAAA", 12);
    smb_say(h, &w); /* parts are silent, the echo answers */
    r = smb_reply(h);
    assert_int_equal(r.p[4], 0x2b);
    assert_memory_equal(r.p + 32, "\1\1\0\x0c\0" "AAAAAAAAAAA", 5 + 12);
    put_part(&w, ids, 15);
    smb_say(h, &w);
    size_t n;
    (void)harness_output(h, &n);
    uint32_t status = n ? smb1_status(h, NULL) : 0;
    wr_done(&w);
    return status;
}

static uint32_t pulsar_key(uint32_t s) /* as the public detection scripts compute it */
{
    uint64_t x = (2 * (uint64_t)s) ^ ((((uint64_t)(s & 0xff00) | ((uint64_t)s << 16)) << 8) | (((s >> 16) | (s & 0xff0000)) >> 8));
    return (uint32_t)x;
}

static void the_course_of_eternalblue(void **state)
{
    struct harness *h = smb_harness("7");
    uint32_t signature[2], more[2];
    assert_int_equal(course(h, SRC, POINT, 0), 0xc000000d);
    struct smb1_ids ids = smb1_walk_in((harness_open_from(h, SRC, POINT, 445), h));
    assert_int_equal(pulsar(h, ids, PING, zeros, NULL, 0, signature), 65); /* nothing was groomed: nothing took hold */
    assert_int_equal(course(h, SRC, POINT, 12), 0xc000000d);
    assert_string_equal(harness_text(h, "command", 0, "command"), "EternalBlue");
    /* the payload comes on a groom connection, in two parts, and is kept once */
    uint8_t groom[132] = {0, 0, 0xff, 0xf7, 0xfe, 'S', 'M', 'B'}, body[4072] = {0};
    body[2000] = 0x90;
    for (int i = 0; i < 2; i++) {
        harness_open_from(h, SRC, POINT, 445);
        harness_feed(h, groom, sizeof groom);
        harness_feed(h, body, 2920);
        harness_feed(h, body + 2920, sizeof body - 2920);
        harness_close(h);
        assert_int_equal(harness_events(h, "sample"), i == 0);
        if (i == 0) {
            size_t n;
            const uint8_t *kept = harness_sample(h, 0, &n);
            assert_int_equal(n, sizeof body + 128);
            assert_memory_equal(kept + 128, body, sizeof body);
        }
    }
    /* the implant answers this source at this address, and nobody else */
    harness_open_from(h, SRC, POINT, 445);
    ids = smb1_walk_in(h);
    assert_int_equal(pulsar(h, ids, PING, zeros, NULL, 0, signature), 65 + 16);
    assert_true(signature[0] != 0);
    assert_int_equal(signature[1], 1);
    assert_int_equal(pulsar(h, ids, 0x01000000, zeros, NULL, 0, more), 65 + 32);
    harness_open_from(h, SRC, POINT + 1, 445);
    assert_int_equal(pulsar(h, smb1_walk_in(h), PING, zeros, NULL, 0, more), 65);
    harness_open_from(h, SRC + 1, POINT, 445);
    assert_int_equal(pulsar(h, smb1_walk_in(h), PING, zeros, NULL, 0, more), 65);
    /* exec: chunks under the key, kept as one file when all are there */
    enum { TOTAL = 6000 };
    uint8_t file[TOTAL], chunk[4096], parameters[12];
    uint32_t key = pulsar_key(signature[0]);
    for (size_t i = 0; i < TOTAL; i++)
        file[i] = (uint8_t)(i * 7 >> 2);
    harness_open_from(h, SRC, POINT, 445);
    ids = smb1_walk_in(h);
    for (uint32_t at = 0; at < TOTAL; at += 4096) {
        uint32_t n = TOTAL - at < 4096 ? TOTAL - at : 4096;
        for (uint32_t i = 0; i < 12; i++)
            parameters[i] = (uint8_t)((((uint32_t[]){TOTAL, n, at}[i / 4]) ^ key) >> 8 * (i % 4));
        for (uint32_t i = 0; i < n; i++)
            chunk[i] = (uint8_t)(file[at + i] ^ key >> 8 * (i % 4));
        assert_int_equal(pulsar(h, ids, 0xc8, parameters, chunk, (uint16_t)n, more), 65 + 16);
    }
    size_t n;
    const uint8_t *kept = harness_sample(h, 0, &n);
    assert_int_equal(n, TOTAL);
    assert_memory_equal(kept, file, TOTAL);
    assert_string_equal(harness_text(h, "sample", 0, "name"), "doublepulsar");
    /* kill: it is gone */
    assert_int_equal(pulsar(h, ids, 0x77, zeros, NULL, 0, more), 65 + 16);
    assert_int_equal(pulsar(h, ids, PING, zeros, NULL, 0, more), 65);
    harness_free(h);
}

static void a_patched_machine_ends_it(void **state)
{
    struct persona patched = *smb_persona("7");
    patched.smb.ms17_010_patched = true;
    struct harness *h = harness_new_with(&protocol_smb, &patched, 7);
    uint32_t signature[2];
    assert_int_equal(course(h, SRC, POINT, 12), 0); /* the parts belong to nothing: silence */
    harness_open_from(h, SRC, POINT, 445);
    assert_int_equal(pulsar(h, smb1_walk_in(h), PING, zeros, NULL, 0, signature), 65);
    harness_free(h);
}

/* 100 grooms of 0xfff7 bytes: none is held as input, 64 are counted, 16 KiB of one are kept. */
static void grooms_have_a_budget(void **state)
{
    struct harness *h = smb_harness("7");
    uint8_t head[8] = {0, 0, 0xff, 0xf7, 0xfe, 'S', 'M', 'B'}, body[30000];
    memset(body, 0x41, sizeof body);
    memset(body, 0, 64);
    for (int i = 0; i < 100; i++) {
        body[100] = (uint8_t)i;
        harness_open_from(h, SRC, POINT, 445);
        harness_feed(h, head, sizeof head);
        for (int k = 0; k < 2; k++) {
            harness_feed(h, body, sizeof body);
            assert_int_equal(harness_held(h), 0);
        }
        harness_close(h);
        assert_int_equal(harness_events(h, "sample"), i < 64);
        if (i < 64)
            assert_in_range(harness_int(h, "sample", 0, "len_bytes"), 1, 16384);
    }
    harness_free(h);
}

static void ids_and_errors(void **state)
{
    struct harness *h = smb_harness("2012");
    struct smb1_ids ids = smb1_walk_in(h), wrong = ids;
    struct wr w = wr_of(4096);
    static const struct {
        uint8_t command;
        int which; /* 0 good ids, 1 wrong UID, 2 wrong TID */
        uint32_t status;
    } list[] = {{0x25, 1, 0x005b0002}, {0x25, 2, 0x00050002}, {0x06, 0, 0xc0000022}, {0x06, 2, 0x00050002}, {0xd8, 0, 0x00160002},
                {0x25, 0, 0x00010002}, {0x71, 2, 0x00050002}, {0x71, 0, 0},          {0x71, 0, 0x00050002}, {0x74, 0, 0x00010002}};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        wrong = ids;
        if (list[i].which == 1)
            wrong.uid++;
        if (list[i].which == 2)
            wrong.tid++;
        smb1_put(&w, list[i].command, wrong, NULL, 0, NULL, 0);
        smb_say(h, &w);
        assert_int_equal(smb1_status(h, NULL), list[i].status);
    }
    smb1_put(&w, 0x74, ids, "\xff\0\0\0", 4, NULL, 0);
    smb_say(h, &w);
    assert_int_equal(smb1_status(h, NULL), 0);
    smb1_put_tree(&w, ids, "\\\\X\\IPC$", "IPC");
    smb_say(h, &w);
    assert_int_equal(smb1_status(h, NULL), 0x005b0002);
    /* a count that passes the message's end */
    smb1_put(&w, 0x2b, ids, "\1\0", 2, "x", 1);
    w.bytes[4 + 35] = 9;
    smb_say(h, &w);
    assert_int_equal(smb1_status(h, NULL), 0x00010002);
    /* an echo as often as asked, within bounds */
    smb1_put(&w, 0x2b, ids, "\xff\xff", 2, "x", 1);
    smb_say(h, &w);
    size_t n;
    (void)harness_output(h, &n);
    assert_int_equal(n, 8 * (4 + 32 + 3 + 2 + 1));
    /* trees are bounded too */
    h = (harness_free(h), smb_harness("2012"));
    ids = smb1_walk_in(h);
    for (int i = 1; i < 12; i++) {
        smb1_put_tree(&w, ids, "\\\\X\\IPC$", "IPC");
        smb_say(h, &w);
        assert_int_equal(smb1_status(h, NULL), i < 8 ? 0 : 0xc0000205);
    }
    smb1_put_tree(&w, ids, "\\\\X\\IPC$", "A:");
    smb_say(h, &w);
    assert_int_equal(smb1_status(h, NULL), 0xc00000cb);
    wr_done(&w);
    harness_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_check_for_ms17_010),    cmocka_unit_test(a_clean_machine_knows_no_pulsar),
        cmocka_unit_test(the_course_of_eternalblue), cmocka_unit_test(a_patched_machine_ends_it),
        cmocka_unit_test(grooms_have_a_budget),      cmocka_unit_test(ids_and_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

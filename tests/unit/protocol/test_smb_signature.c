/* No persona, test or built-in, whatever its seed, answers like a published signature of a honeypot: nmap's match lines for
 * Dionaea and Nepenthes, nuclei's dionaea-smb, potsnitch's names; nor as Samba. The rules are restated here as byte tests. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../cmocka_all.h"
#include "smb_bytes.h"

struct answer {
    const uint8_t *bytes;
    size_t n;
};

static bool has(struct answer a, const void *what, size_t n)
{
    return memmem(a.bytes, a.n, what, n) != NULL;
}

/* nmap, Dionaea smbd: flags 98, flags2 4001, TID ffff, MaxMpx 1, buffer 0x1000, caps e3fd, "WORKGROUP" "HOMEUSER-……". */
static bool nmap_dionaea(struct answer a)
{
    return a.n > 70 && a.bytes[13] == 0x98 && a.bytes[28] == 0xff && a.bytes[29] == 0xff;
}
static bool dionaea_values(struct answer a)
{
    struct rd r = rd_of(a.bytes, a.n);
    rd_skip(&r, 4 + 32 + 1 + 3);
    uint16_t mpx = rd_le16(&r);
    rd_skip(&r, 2);
    return mpx == 1 || rd_le32(&r) == 4096;
}
static bool homeuser(struct answer a)
{
    return has(a, "H\0O\0M\0E\0U\0S\0E\0R\0", 16) || has(a, "HOMEUSER", 8);
}
/* nuclei dionaea-smb: 6538547e6c42 in the server GUID. */
static bool nuclei_guid(struct answer a)
{
    return has(a, "\x65\x38\x54\x7e\x6c\x42", 6);
}
/* Dionaea's and qeeqbox's challenges. */
static bool constant_challenge(struct answer a)
{
    return has(a, "\xa4\xdf\xe8\x0b\xf5\xc6\x1e\x3a", 8) || has(a, "aaaaaaaaaaaaaaaa", 16) ||
           has(a, "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa", 8);
}
/* nmap, Nepenthes: a session request is answered with 0x82 and 64 zeros. */
static bool nepenthes(struct answer a)
{
    static const uint8_t zeros[64];
    return a.n == 65 && a.bytes[0] == 0x82 && memcmp(a.bytes + 1, zeros, 64) == 0;
}
/* nmap, Samba: native names, and dialect 6 to the offer of 8. */
static bool samba(struct answer a)
{
    return has(a, "Samba", 5) || has(a, "S\0a\0m\0b\0a\0", 10) || (a.n > 37 && a.bytes[4] == 0xff && a.bytes[36] == 17 && a.bytes[37] == 6);
}
/* A negotiate without key or time. */
static bool no_key(struct answer a)
{
    return a.n > 70 && a.bytes[4] == 0xff && a.bytes[14] == 1 && a.bytes[36] == 17 && a.bytes[70] == 0;
}

static const struct {
    const char *name;
    bool (*match)(struct answer);
} signatures[] = {{"nmap dionaea", nmap_dionaea}, {"dionaea values", dionaea_values},         {"potsnitch homeuser", homeuser},
                  {"nuclei guid", nuclei_guid},   {"constant challenge", constant_challenge}, {"samba", samba},
                  {"no key", no_key},             {"nmap nepenthes", nepenthes}};

static void none_matches(struct harness *h, const char *persona, bool negotiate)
{
    struct answer a;
    a.bytes = harness_output(h, &a.n);
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
        bool negotiates_only = i == 0 || i == 1 || i == 6;
        if (negotiates_only && (!negotiate || a.n < 5 || a.bytes[4] != 0xff))
            continue;
        if (signatures[i].match(a))
            fail_msg("%s matches the signature %s", persona, signatures[i].name);
    }
}

static void look_at(const struct persona *p, uint64_t seed, bool answers)
{
    static const char *const offer[] = {"NT LM 0.12", "SMB 2.002", "SMB 2.???", NULL};
    struct harness *h = harness_new_with(&protocol_smb, p, seed);
    struct wr w = wr_of(8192), ntlm = wr_of(512);
    size_t n;
    harness_open(h);
    harness_feed(h, smb_prog_neg, sizeof smb_prog_neg);
    (void)harness_output(h, &n);
    assert_true(n > 0 || !answers || !p->smb.smb1);
    none_matches(h, p->name, true);
    uint8_t request[72] = {0x81, 0, 0, 68};
    harness_open_from(h, 0, 0, 139);
    harness_feed(h, request, sizeof request);
    none_matches(h, p->name, false);
    harness_open(h);
    smb1_put_negotiate(&w, 0xc853, offer);
    smb_say(h, &w);
    (void)harness_output(h, &n);
    assert_true(n > 0 || !answers);
    none_matches(h, p->name, true);
    harness_open(h);
    smb2_put_negotiate(&w, (const uint16_t[]){0x0202, 0x0210, 0x0300}, 3, false);
    smb_say(h, &w);
    none_matches(h, p->name, true);
    if (harness_is_open(h)) {
        ntlm_put_negotiate(&ntlm, 0xe2088297);
        smb2_put_setup(&w, (struct smb2_ids){.message = 1}, &ntlm);
        smb_say(h, &w);
        (void)harness_output(h, &n);
        assert_true(n > 0);
        none_matches(h, p->name, false);
    }
    wr_done(&w);
    wr_done(&ntlm);
    harness_free(h);
}

static void test_personas(void **state)
{
    static const char *const names[] = {"xp", "2003", "2008", "7", "2008r2", "2012", "2012r2", "2016", "2019"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        look_at(smb_persona(names[i]), 7, true);
}

static void built_in_personas(void **state)
{
    char folder[4096];
    snprintf(folder, sizeof folder, "%s/conf/personas", getenv("HOTARU_SOURCE") ? getenv("HOTARU_SOURCE") : ".");
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    int seen = 0;
    for (const struct dirent *d; (d = readdir(dir));) {
        size_t len = strlen(d->d_name);
        if (len < 5 || strcmp(d->d_name + len - 5, ".yaml") != 0)
            continue;
        char path[8192];
        snprintf(path, sizeof path, "%s/%s", folder, d->d_name);
        for (uint64_t seed = 1; seed <= 20; seed++) {
            struct persona p;
            struct err err = {""};
            assert_int_equal(persona_load(&p, path, seed, &err), 0);
            look_at(&p, seed, p.smb.smb1 || p.smb.smb2);
        }
        seen++;
    }
    closedir(dir);
    assert_true(seen > 0);
}

/* The rules match what they are for: Dionaea's answer as its source gives it. */
static void the_rules_bite(void **state)
{
    static const uint8_t dionaea[] =
        "\0\0\0\x89\xffSMBr\0\0\0\0\x98\x01\x40\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\x40\x06\0\0\x01\0\x11\x07\0\x03\x01\0\x01\0\0\x10"
        "\0\0\0\0\x01\0\0\0\0\0\xfd\xe3\0\0\1\2\3\4\5\6\7\x01\0\0\0\x34\0W\0O\0R\0K\0G\0R\0O\0U\0P\0\0\0H\0O\0M\0E\0U\0S\0E\0R\0-\0";
    struct answer a = {dionaea, sizeof dionaea - 1};
    assert_true(nmap_dionaea(a) && dionaea_values(a) && homeuser(a) && no_key(a));
    assert_true(nuclei_guid((struct answer){(const uint8_t *)"\x0b\xff\x65\x38\x54\x7e\x6c\x42\xa4", 9}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_rules_bite), cmocka_unit_test(test_personas),
                                       cmocka_unit_test(built_in_personas)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

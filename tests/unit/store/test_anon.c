/* Crypto-PAn: the vectors of its own distribution (sample_trace) and of an independent implementation; the prefix property;
 * offsets; the key file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../cmocka_all.h"
#include "base/io.h"
#include "base/rng.h"
#include "store/anon.h"

static const uint8_t sample_key[ANON_KEY_BYTES] = {21,  34,  23,  141, 51,  164, 207, 128, 19, 10, 91, 22, 73, 144, 125, 16,
                                                   216, 152, 143, 131, 121, 121, 101, 39,  98, 87, 76, 45, 42, 132, 34,  2};

static uint32_t ip(const char *text)
{
    uint32_t v;
    assert_int_equal(ip4_parse(text, &v, NULL), 0);
    return v;
}

static void maps(const char *const pairs[][2], size_t n, const uint8_t *key)
{
    struct anon *a;
    assert_int_equal(anon_new(key, NULL, 0, &a, NULL), 0);
    struct anon_turn *t = anon_turn_new(a);
    char text[IP4_TEXT_MAX];
    for (size_t i = 0; i < n; i++)
        assert_string_equal(ip4_format(anon_ip4(t, ip(pairs[i][0])), text), pairs[i][1]);
    anon_turn_free(t);
    anon_free(a);
}

static void vectors(void **state)
{
    static const char *const sample[][2] = {
        {"128.11.68.132", "135.242.180.132"},  {"129.118.74.4", "134.136.186.123"},  {"130.132.252.244", "133.68.164.234"},
        {"141.223.7.43", "141.167.8.160"},     {"141.233.145.108", "141.129.237.235"}, {"152.163.225.39", "151.140.114.167"},
        {"156.29.3.236", "147.225.12.42"},     {"165.247.96.84", "162.9.99.234"},    {"166.107.77.190", "160.132.178.185"},
        {"192.102.249.13", "252.138.62.131"},  {"192.215.32.125", "252.43.47.189"},  {"192.233.80.103", "252.25.108.8"},
        {"192.41.57.43", "252.222.221.184"},   {"193.150.244.223", "253.169.52.216"}, {"195.205.63.100", "255.186.223.5"},
        {"198.200.171.101", "249.199.68.213"},
    };
    static const char *const other[][2] = {{"192.0.2.1", "192.0.125.244"}}; /* yacryptopan's page */
    maps(sample, sizeof sample / sizeof *sample, sample_key);
    maps(other, 1, (const uint8_t *)"32-char-str-for-AES-key-and-pad.");
}

static void vectors6(void **state)
{
    static const uint8_t in[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
    static const uint8_t want[16] = {0x27, 0xfe, 0x8b, 0xc7, 0x0f, 0xee, 0x00, 0x1e, 0x1e, 0x1f, 0xf0, 0xfe, 0xf0, 0xe1, 0x83, 0xfd};
    struct anon *a;
    uint8_t out[16];
    assert_int_equal(anon_new((const uint8_t *)"32-char-str-for-AES-key-and-pad.", NULL, 0, &a, NULL), 0);
    struct anon_turn *t = anon_turn_new(a);
    anon_ip6(t, in, out);
    assert_memory_equal(out, want, 16);
    anon_turn_free(t);
    anon_free(a);
}

static unsigned shared(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned n = 0;
    while (n < bits && ((a[n / 8] ^ b[n / 8]) >> (7 - n % 8) & 1) == 0)
        n++;
    return n;
}

static void prefixes_stay(void **state)
{
    struct anon *a;
    struct rng rng = rng_of(1, "anon");
    assert_int_equal(anon_new(sample_key, NULL, 0, &a, NULL), 0);
    struct anon_turn *t = anon_turn_new(a);
    for (int i = 0; i < 300; i++) {
        uint8_t x[16], y[16], to_x[16], to_y[16];
        for (int k = 0; k < 16; k++)
            x[k] = y[k] = (uint8_t)rng_below(&rng, 256);
        unsigned bit = (unsigned)rng_below(&rng, 128);
        y[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
        for (unsigned k = bit / 8 + 1; k < 16; k++)
            y[k] = (uint8_t)rng_below(&rng, 256);
        anon_ip6(t, x, to_x);
        anon_ip6(t, y, to_y);
        assert_int_equal(shared(to_x, to_y, 128), bit);
        bit %= 32;
        uint32_t p = (uint32_t)rng_below(&rng, UINT64_C(1) << 32), q = p ^ (UINT32_C(0x80000000) >> bit);
        assert_int_equal((unsigned)__builtin_clz(anon_ip4(t, p) ^ anon_ip4(t, q)), bit);
    }
    anon_turn_free(t);
    anon_free(a);
}

static void offsets(void **state)
{
    const struct ip4_prefix dark[] = {{0x0a4d0000, 18}, {0xc0a80100, 24}};
    struct anon *a;
    struct err err = {0};
    assert_int_equal(anon_new(NULL, dark, 2, &a, NULL), 0);
    assert_int_equal(anon_offset(a, ip("10.77.0.0")), 0);
    assert_int_equal(anon_offset(a, ip("10.77.63.255")), 16383);
    assert_int_equal(anon_offset(a, ip("10.77.64.0")), -1);
    assert_int_equal(anon_offset(a, ip("192.168.1.2")), 16386);
    struct anon_turn *t = anon_turn_new(a);
    assert_int_equal(anon_ip4(t, ip("192.168.1.2")), 16386);
    assert_int_equal(anon_ip4(t, ip("8.8.8.8")), ip("8.8.8.8")); /* no key: as it is */
    anon_turn_free(t);
    anon_free(a);
    const struct ip4_prefix large[] = {{0, 7}};
    assert_int_equal(anon_new(NULL, large, 1, &a, &err), -ERANGE);
}

static void key_files(void **state)
{
    char dir[] = "/tmp/hotaru-anon-XXXXXX", path[64];
    uint8_t key[ANON_KEY_BYTES], again[ANON_KEY_BYTES];
    struct err err = {0};
    struct stat st;
    bool made;
    assert_non_null(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/key", dir);
    assert_int_equal(anon_key_file(path, key, &made, &err), 0);
    assert_true(made);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(anon_key_file(path, again, &made, &err), 0);
    assert_false(made);
    assert_memory_equal(key, again, sizeof key);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(anon_key_file(path, again, &made, &err), -EPERM);
    assert_non_null(strstr(err.text, "chmod 600"));
    static const char *const bad[] = {"", "00", "zz", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0",
                                      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdeg\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(io_replace_file(path, bad[i], strlen(bad[i]), NULL), 0);
        assert_int_equal(chmod(path, 0600), 0);
        assert_int_equal(anon_key_file(path, again, &made, NULL), -EBADMSG);
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(dir), 0); /* no temporary file is left */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(vectors), cmocka_unit_test(vectors6), cmocka_unit_test(prefixes_stay),
                                       cmocka_unit_test(offsets), cmocka_unit_test(key_files)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Checksums against RFC 1071's own example and against the plain sum of 16-bit words; refusals of what does not fit. */
#include "base/rng.h"
#include "play.h"

static void test_rfc_1071(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7}; /* section 3: sum ddf2 */
    assert_int_equal(packet_checksum(bytes, sizeof bytes, 0), (uint16_t)~0xddf2);
    assert_int_equal(packet_checksum(bytes, 0, 0), 0xffff);
}

static uint16_t plain(const uint8_t *bytes, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (uint64_t)bytes[i] << (i % 2 ? 0 : 8);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static void test_any_length(void **state)
{
    (void)state;
    struct rng r = rng_of(1, "test");
    uint8_t bytes[1500];
    for (int round = 0; round < 2000; round++) {
        size_t n = rng_below(&r, sizeof bytes), at = rng_below(&r, 4);
        n = n > at ? n - at : 0;
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = round % 3 ? (uint8_t)rng_u64(&r) : 0xff;
        assert_int_equal(packet_checksum(bytes + at, n, 0), plain(bytes + at, n));
    }
}

/* A header whose checksum is well known (b861), and what does not fit or is no whole words. */
static void test_known_header(void **state)
{
    (void)state;
    static const uint8_t options[] = {2, 4, 5, 0xb4};
    uint8_t out[64];
    struct packet_ip ip = {.src = 0xc0a80001, .dst = 0xc0a800c7, .frag = 0x4000, .ttl = 64};
    /* 4500 0073 0000 4000 4011 b861 c0a8 0001 c0a8 00c7 */
    uint8_t payload[95 - 8] = {0};
    assert_int_equal(packet_udp(out, sizeof out, &ip, 1, 2, payload, sizeof payload),
                     0); /* does not fit 64 bytes */
    uint8_t large[128];
    assert_int_equal(packet_udp(large, sizeof large, &ip, 1, 2, payload, sizeof payload), 115);
    static const uint8_t head[20] = {0x45, 0,    0,    0x73, 0, 0, 0x40, 0,    0x40, 0x11,
                                     0xb8, 0x61, 0xc0, 0xa8, 0, 1, 0xc0, 0xa8, 0,    0xc7};
    assert_memory_equal(large, head, 20);
    struct packet_tcp tcp = {
        .sport = 1, .dport = 2, .flags = TCP_SYN, .options = options, .options_len_bytes = 3};
    assert_int_equal(packet_tcp(out, sizeof out, &ip, &tcp, NULL, 0), 0); /* no whole words */
    tcp.options_len_bytes = 4;
    assert_int_equal(packet_tcp(out, 43, &ip, &tcp, NULL, 0), 0);
    assert_int_equal(packet_tcp(out, 44, &ip, &tcp, NULL, 0), 44);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rfc_1071), cmocka_unit_test(test_any_length),
                                       cmocka_unit_test(test_known_header)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

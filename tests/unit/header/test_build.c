/* Rows as packets again, byte by byte where the bytes are known; the fuzz target `build` holds every frame against its row. */
#include <pcap/dlt.h>
#include <string.h>

#include "../cmocka_all.h"
#include "header/build.h"
#include "packet_build.h"

static uint8_t built[HDR_BUILD_MAX];

/* As the store keeps it: no raw options, the first kept bytes of payload. */
static struct hdr row_of(const struct pk *p, uint32_t cap, uint16_t kept, char text[static HDR_OPTIONS_TEXT_MAX])
{
    struct hdr h;
    assert_int_equal(hdr_decode(DLT_RAW, p->b, cap, (uint32_t)p->n, 7, &h), HDR_STORED);
    (void)hdr_options_text(h.options, h.options_len, text);
    h.payload_cap_bytes = h.payload_cap_bytes < kept ? h.payload_cap_bytes : kept;
    if (!h.payload_cap_bytes)
        h.payload = NULL;
    memset(h.options, 0xee, sizeof h.options);
    return h;
}

/* A packet with right checksums, whose option values the layout shows, comes back bit by bit. */
static void same_bytes(void **state)
{
    struct pk p = pk();
    char text[HDR_OPTIONS_TEXT_MAX];
    uint32_t cap, wire;
    pk_ip4(&p, 6, 0x0a000001, 0x0a4d0309, 0x4000, "", 0);
    pk_tcp(&p, 40000, 445, 2, "\x02\x04\x05\xb4\x01\x03\x03\x08\x01\x01\x04\x02", 12);
    pk_raw(&p, "odd", 3);
    pk_done(&p);
    uint32_t pseudo = 0x0a00 + 0x0001 + 0x0a4d + 0x0309 + 6 + 35;
    pk_put16(&p, 20 + 16, pk_sum(p.b + 20, p.n - 20, pseudo));
    struct hdr h = row_of(&p, (uint32_t)p.n, 100, text);
    assert_true(hdr_build(&h, text, strlen(text), built, &cap, &wire));
    assert_int_equal(cap, p.n);
    assert_int_equal(wire, p.n);
    assert_memory_equal(built, p.b, p.n);
    /* without its payload the frame is cut, and says how long it was */
    h.payload = NULL;
    h.payload_cap_bytes = 0;
    assert_true(hdr_build(&h, text, strlen(text), built, &cap, &wire));
    assert_int_equal(cap, p.n - 3);
    assert_int_equal(wire, p.n);
    assert_memory_equal(built, p.b, 36);
}

static void quoted(void **state)
{
    struct pk p = pk();
    char text[HDR_OPTIONS_TEXT_MAX];
    uint32_t cap, wire;
    pk_ip4(&p, 1, 0x0a000001, 0x0a4d0309, 0, "\x94\4\0\0", 4);
    pk_icmp(&p, 3, 1);
    pk_ip4(&p, 17, 0x0a4d0309, 0x08080808, 0, "", 0);
    pk_udp(&p, 53, 4000);
    pk_fill(&p, 7, 20);
    pk_done(&p);
    for (uint16_t kept = 0; kept < 60; kept++) {
        struct hdr h = row_of(&p, (uint32_t)p.n, kept, text), again;
        assert_true(hdr_build(&h, "", 0, built, &cap, &wire));
        assert_int_equal(wire, p.n);
        assert_int_equal(hdr_decode(DLT_RAW, built, cap, wire, 7, &again), HDR_STORED);
        assert_int_equal(again.inner_dst, 0x08080808);
        assert_int_equal(again.inner_dport, 4000);
        if (kept >= 48) { /* all but the option's value is known */
            assert_int_equal(cap, p.n);
            assert_memory_equal(built + 24 + 8, p.b + 24 + 8, 48);
        }
    }
}

/* Each row of a frame that was cut at any place. */
static void every_cut(void **state)
{
    static const char options[] = "\x02\x04\x05\xb4\x04\x02\x08\x0a\x01\x02\x03\x04\x05\x06\x07\x08\x01\x03\x03\x07";
    for (int six = 0; six < 2; six++) {
        struct pk p = pk();
        char text[HDR_OPTIONS_TEXT_MAX];
        uint32_t cap, wire;
        if (six)
            pk_ip6(&p, 6, 1, 2);
        else
            pk_ip4(&p, 6, 1, 2, 0, "\x94\4\0\0", 4);
        pk_tcp(&p, 1, 2, 0x12, options, 20);
        pk_fill(&p, 1, 9);
        pk_done(&p);
        for (uint32_t n = six ? 40 : 20; n <= p.n; n++) {
            struct hdr h = row_of(&p, n, 4, text);
            assert_true(hdr_build(&h, text, strlen(text), built, &cap, &wire));
            assert_int_equal(wire, p.n);
            assert_true(cap <= p.n);
        }
    }
}

static void contradictions(void **state)
{
    uint32_t cap, wire;
    struct hdr h = {.ip_version = 4, .proto = 6, .has = HDR_PORTS | HDR_TCP | HDR_PAYLOAD_LEN, .ip_len_bytes = 40,
                    .payload_len_bytes = 1000, .ts_us = 1};
    assert_false(hdr_build(&h, "", 0, built, &cap, &wire)); /* more payload than packet */
    assert_true(cap <= wire);
    h.payload_len_bytes = 0;
    assert_true(hdr_build(&h, "", 0, built, &cap, &wire));
    static const char *const no_layout[] = {"M", "M70000", "N,", ",N", "X", "?8", "?256", "E,N", "W300", "K5", "K0", "N1", "m1"};
    for (size_t i = 0; i < sizeof no_layout / sizeof *no_layout; i++) {
        uint8_t bytes[HDR_OPTIONS_MAX];
        size_t least;
        assert_false(hdr_options_bytes(no_layout[i], strlen(no_layout[i]), 40, bytes, &least));
        assert_false(hdr_build(&h, no_layout[i], strlen(no_layout[i]), built, &cap, &wire));
        assert_true(cap <= wire && cap <= HDR_BUILD_MAX);
    }
    h.ip_len_bytes = UINT32_MAX; /* a number that no packet can have */
    assert_false(hdr_build(&h, "", 0, built, &cap, &wire));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_bytes), cmocka_unit_test(quoted), cmocka_unit_test(every_cut),
                                       cmocka_unit_test(contradictions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

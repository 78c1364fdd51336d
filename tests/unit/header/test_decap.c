#include <pcap/dlt.h>
#include <string.h>

#include "../cmocka_all.h"
#include "header/hdr.h"
#include "packet_build.h"

enum { ALL = HDR_DECAP_GRE | HDR_DECAP_ERSPAN | HDR_DECAP_VXLAN, OUTER = 0x0a4f0001, SRC = 0x0a4c0002, DST = 0x0a4d0511 };

/* An outer header, a tunnel, and inside a SYN to 445. */
static struct pk tunnel(const char *kind)
{
    struct pk p = pk();
    pk_eth(&p, 0x0800);
    pk_ip4(&p, strcmp(kind, "vxlan") == 0 ? 17 : 47, OUTER, OUTER + 1, 0, "", 0);
    if (strcmp(kind, "gre") == 0)
        pk_raw(&p, "\0\0\x08\0", 4);
    else if (strcmp(kind, "gre-csum-key-seq") == 0)
        pk_raw(&p, "\xb0\0\x08\0" "cccckkkkssss", 16);
    else if (strcmp(kind, "gre-ethernet") == 0)
        pk_raw(&p, "\0\0\x65\x58", 4), pk_eth(&p, 0x0800);
    else if (strcmp(kind, "erspan1") == 0)
        pk_raw(&p, "\0\0\x88\xbe", 4), pk_eth(&p, 0x0800);
    else if (strcmp(kind, "erspan2") == 0)
        pk_raw(&p, "\x10\0\x88\xbe" "ssss" "\x10\1\0\1\0\0\0\0", 16), pk_eth(&p, 0x8100), pk_vlan(&p, 5, 0x0800);
    else if (strcmp(kind, "vxlan") == 0)
        pk_udp(&p, 55555, 4789), pk_raw(&p, "\x08\0\0\0\0\0\7\0", 8), pk_eth(&p, 0x0800);
    pk_ip4(&p, 6, SRC, DST, 0, "", 0);
    pk_tcp(&p, 40000, 445, 2, "", 0);
    pk_done(&p);
    return p;
}
static const struct {
    const char *kind;
    unsigned by;
} kinds[] = {{"gre", HDR_DECAP_GRE},        {"gre-csum-key-seq", HDR_DECAP_GRE}, {"gre-ethernet", HDR_DECAP_GRE},
             {"erspan1", HDR_DECAP_ERSPAN}, {"erspan2", HDR_DECAP_ERSPAN},       {"vxlan", HDR_DECAP_VXLAN}};

static void each_kind(void **state)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct pk p = tunnel(kinds[i].kind);
        for (unsigned decap = 0; decap <= ALL; decap++) {
            struct hdr h;
            assert_int_equal(hdr_decode_decap(decap, DLT_EN10MB, p.b, (uint32_t)p.n, (uint32_t)p.n, 9, &h), HDR_STORED);
            assert_int_equal(h.src, decap & kinds[i].by ? SRC : OUTER);
            assert_int_equal(h.ts_us, 9);
            if (decap & kinds[i].by)
                assert_int_equal(h.dport, 445);
        }
    }
}

static void cut_and_not_ip(void **state)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct pk p = tunnel(kinds[i].kind);
        for (size_t n = 0; n <= p.n; n++) {
            uint8_t *exact = test_malloc(n + 1);
            memcpy(exact, p.b, n);
            struct hdr h;
            enum hdr_loss loss = hdr_decode_decap(ALL, DLT_EN10MB, exact, (uint32_t)n, (uint32_t)p.n, 0, &h);
            assert_true(loss == HDR_STORED || loss == HDR_LOSS_SHORT);
            if (loss == HDR_STORED && n > 60)
                assert_true(h.src == SRC || !h.payload || h.payload_cap_bytes < 4);
            test_free(exact);
        }
    }
    struct pk arp = pk();
    pk_eth(&arp, 0x0800);
    pk_ip4(&arp, 47, OUTER, OUTER + 1, 0, "", 0);
    pk_raw(&arp, "\0\0\x65\x58", 4);
    pk_eth(&arp, 0x0806);
    pk_fill(&arp, 0, 28);
    pk_done(&arp);
    struct hdr h;
    assert_int_equal(hdr_decode_decap(ALL, DLT_EN10MB, arp.b, (uint32_t)arp.n, (uint32_t)arp.n, 0, &h), HDR_LOSS_NOT_IP);
    struct pk pptp = pk(); /* version 1: stays what it is */
    pk_eth(&pptp, 0x0800);
    pk_ip4(&pptp, 47, OUTER, OUTER + 1, 0, "", 0);
    pk_raw(&pptp, "\x30\1\x88\x0b\0\0\0\0\0\0\0\0", 12);
    pk_done(&pptp);
    assert_int_equal(hdr_decode_decap(ALL, DLT_EN10MB, pptp.b, (uint32_t)pptp.n, (uint32_t)pptp.n, 0, &h), HDR_STORED);
    assert_int_equal(h.proto, 47);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_kind), cmocka_unit_test(cut_and_not_ip)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

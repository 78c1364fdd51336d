#include <pcap/dlt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../cmocka_all.h"
#include "header/hdr.h"
#include "packet_build.h"

#define SYN_OPTIONS "\x02\x04\x05\xb4\x04\x02\x08\x0a\x01\x02\x03\x04\x05\x06\x07\x08\x01\x03\x03\x07"
enum { SRC = 0x0a4c0002, DST = 0x0a4d0511, TS = 1366191000 };

static uint8_t *page_end; /* one past it is unreadable */

static int make_page(void **state)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *at = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED || mprotect(at + 2 * page, page, PROT_NONE) < 0)
        return -1;
    page_end = at + 2 * page;
    return 0;
}

/* Decodes n bytes that end flush against an unreadable page. */
static enum hdr_loss decode(int link, const uint8_t *bytes, size_t n, size_t wire, struct hdr *ret)
{
    uint8_t *at = page_end - n;
    if (n)
        memcpy(at, bytes, n);
    enum hdr_loss loss = hdr_decode(link, at, (uint32_t)n, (uint32_t)wire, TS, ret);
    if (loss == HDR_STORED && ret->payload)
        assert_true(ret->payload >= at && ret->payload + ret->payload_cap_bytes <= at + n);
    return loss;
}
static struct hdr whole(int link, const struct pk *p)
{
    struct hdr h;
    assert_int_equal(decode(link, p->b, p->n, p->n, &h), HDR_STORED);
    assert_int_equal(h.ts_us, TS);
    return h;
}
static struct pk eth4(unsigned proto, unsigned frag)
{
    struct pk p = pk();
    pk_eth(&p, 0x0800);
    pk_ip4(&p, proto, SRC, DST, frag, "", 0);
    return p;
}

static void check_syn(const struct hdr *h)
{
    assert_int_equal(h->ip_version, 4);
    assert_int_equal(h->src, SRC);
    assert_int_equal(h->dst, DST);
    assert_int_equal(h->proto, 6);
    assert_int_equal(h->sport, 40000);
    assert_int_equal(h->dport, 445);
    assert_int_equal(h->tcp_flags, 2);
    assert_int_equal(h->tcp_seq, 0xdeadbeef);
    assert_int_equal(h->tcp_ack, 0x01020304);
    assert_int_equal(h->tcp_window, 1024);
    assert_int_equal(h->ip_id, 0x1234);
    assert_int_equal(h->ip_ttl, 61);
    assert_int_equal(h->ip_tos, 0x28);
    assert_int_equal(h->ip_len_bytes, 60);
    assert_int_equal(h->options_len, 20);
    assert_memory_equal(h->options, SYN_OPTIONS, 20);
    assert_int_equal(h->payload_len_bytes, 0);
    assert_null(h->payload);
    assert_int_equal(h->has, HDR_PORTS | HDR_TCP | HDR_PAYLOAD_LEN);
}

static void every_link_layer(void **state)
{
    static const struct {
        int link;
        unsigned kind;
    } links[] = {{DLT_EN10MB, 0}, {DLT_EN10MB, 1}, {DLT_EN10MB, 2}, {DLT_EN10MB, 3}, {DLT_LINUX_SLL, 4}, {DLT_LINUX_SLL2, 5},
                 {DLT_RAW, 6},    {DLT_IPV4, 6},   {DLT_NULL, 7},   {DLT_NULL, 8},   {DLT_LOOP, 8},      {DLT_LINUX_SLL, 9}};
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        struct pk p = pk();
        switch (links[i].kind) {
        case 0: pk_eth(&p, 0x0800); break;
        case 1: pk_eth(&p, 0x8100), pk_vlan(&p, 7, 0x0800); break;
        case 2: pk_eth(&p, 0x88a8), pk_vlan(&p, 7, 0x8100), pk_vlan(&p, 8, 0x0800); break;
        case 3: pk_eth(&p, 68), pk_raw(&p, "\xaa\xaa\x03\0\0\0\x08\0", 8); break;
        case 4: pk_sll(&p, 0x0800); break;
        case 5: pk_sll2(&p, 0x0800); break;
        case 6: break;
        case 7: pk_raw(&p, "\2\0\0\0", 4); break;
        case 8: pk_raw(&p, "\0\0\0\2", 4); break;
        default: pk_sll(&p, 0x8100), pk_vlan(&p, 7, 0x0800); break;
        }
        pk_ip4(&p, 6, SRC, DST, 0, "", 0);
        pk_tcp(&p, 40000, 445, 2, SYN_OPTIONS, 20);
        pk_done(&p);
        struct hdr h = whole(links[i].link, &p);
        check_syn(&h);
    }
}

static void ip4_options_and_padding(void **state)
{
    struct pk p = pk();
    pk_eth(&p, 0x0800);
    pk_ip4(&p, 6, SRC, DST, 0, "\x94\x04\0\0\1\1\1\0", 8); /* router alert */
    pk_tcp(&p, 1, 2, 16, "", 0);
    pk_raw(&p, "hello", 5);
    pk_done(&p);
    pk_fill(&p, 0xee, 9); /* Ethernet's padding is no payload */
    struct hdr h = whole(DLT_EN10MB, &p);
    assert_int_equal(h.payload_len_bytes, 5);
    assert_int_equal(h.payload_cap_bytes, 5);
    assert_memory_equal(h.payload, "hello", 5);
    assert_int_equal(h.options_len, 0);
}

static void fragments(void **state)
{
    struct pk p = eth4(17, 0x2000); /* first: MF */
    pk_udp(&p, 53, 5353);
    pk_fill(&p, 1, 8);
    pk_done(&p);
    struct hdr h = whole(DLT_EN10MB, &p);
    assert_int_equal(h.has, HDR_PORTS | HDR_PAYLOAD_LEN);
    assert_int_equal(h.ip_frag, 0x2000);
    assert_int_equal(h.payload_len_bytes, 8);

    p = eth4(17, 0x2001); /* a later one has no ports, all of it is payload */
    pk_fill(&p, 1, 16);
    pk_done(&p);
    h = whole(DLT_EN10MB, &p);
    assert_int_equal(h.has, HDR_PAYLOAD_LEN);
    assert_int_equal(h.payload_len_bytes, 16);
}

static void other_transports(void **state)
{
    static const struct {
        unsigned proto, has, payload;
    } known[] = {{17, HDR_PORTS | HDR_PAYLOAD_LEN, 32},  {136, HDR_PORTS | HDR_PAYLOAD_LEN, 32},
                 {132, HDR_PORTS | HDR_PAYLOAD_LEN, 28}, {33, HDR_PORTS | HDR_PAYLOAD_LEN, 24},
                 {47, HDR_PAYLOAD_LEN, 40},              {50, HDR_PAYLOAD_LEN, 40},
                 {255, HDR_PAYLOAD_LEN, 40},             {58, HDR_PAYLOAD_LEN, 40}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct pk p = eth4(known[i].proto, 0);
        pk_16(&p, 1000);
        pk_16(&p, 2000);
        pk_fill(&p, 4, 36); /* DCCP: data offset 4 words */
        pk_done(&p);
        struct hdr h = whole(DLT_EN10MB, &p);
        assert_int_equal(h.has, known[i].has);
        assert_int_equal(h.payload_len_bytes, known[i].payload);
        assert_int_equal(h.sport, known[i].has & HDR_PORTS ? 1000 : 0);
    }
}

static void icmp_quotes(void **state)
{
    static const unsigned errors[] = {3, 4, 5, 11, 12};
    for (size_t i = 0; i < 5; i++) {
        struct pk p = eth4(1, 0);
        pk_icmp(&p, errors[i], 1);
        pk_ip4(&p, 17, DST, 0x01020304, 0, "\1\1\1\0", 4);
        pk_udp(&p, 4444, 53);
        pk_done(&p);
        struct hdr h = whole(DLT_EN10MB, &p);
        assert_int_equal(h.has, HDR_ICMP | HDR_INNER | HDR_INNER_PORTS | HDR_PAYLOAD_LEN);
        assert_int_equal(h.icmp_type, errors[i]);
        assert_int_equal(h.icmp_code, 1);
        assert_int_equal(h.inner_src, DST);
        assert_int_equal(h.inner_dst, 0x01020304);
        assert_int_equal(h.inner_proto, 17);
        assert_int_equal(h.inner_sport, 4444);
        assert_int_equal(h.inner_dport, 53);
        assert_int_equal(h.payload_len_bytes, 32);
    }
    struct pk echo = eth4(1, 0);
    pk_icmp(&echo, 8, 0);
    pk_ip4(&echo, 17, DST, SRC, 0, "", 0); /* looks like a quote, is data */
    pk_done(&echo);
    struct hdr h = whole(DLT_EN10MB, &echo);
    assert_int_equal(h.has, HDR_ICMP | HDR_PAYLOAD_LEN);

    struct pk fragment = eth4(1, 0);
    pk_icmp(&fragment, 11, 1);
    pk_ip4(&fragment, 17, DST, SRC, 0x0007, "", 0); /* the quoted packet is a later fragment: no ports */
    pk_udp(&fragment, 4444, 53);
    pk_done(&fragment);
    h = whole(DLT_EN10MB, &fragment);
    assert_int_equal(h.has, HDR_ICMP | HDR_INNER | HDR_PAYLOAD_LEN);
}

static struct pk eth6(unsigned next)
{
    struct pk p = pk();
    pk_eth(&p, 0x86dd);
    pk_ip6(&p, next, 0x11, 0x22);
    return p;
}

static void ip6_extensions(void **state)
{
    struct pk p = eth6(0);
    pk_raw(&p, "\x2b\0\5\2\0\0\1\0", 8);           /* hop-by-hop -> routing */
    pk_raw(&p, "\x3c\0\4\0\0\0\0\0", 8);           /* routing -> destination options */
    pk_raw(&p, "\x33\1\1\4\0\0\0\0\1\6\0\0\0\0\0\0", 16); /* -> AH */
    pk_raw(&p, "\x2c\4\0\0", 4);                   /* AH of (4 + 2) words -> fragment */
    pk_fill(&p, 9, 20);
    pk_raw(&p, "\6\0\0\1\0\0\0\x77", 8);           /* first fragment -> TCP */
    pk_tcp(&p, 40000, 445, 2, SYN_OPTIONS, 20);
    pk_raw(&p, "xy", 2);
    pk_done(&p);
    struct hdr h = whole(DLT_EN10MB, &p);
    assert_int_equal(h.ip_version, 6);
    assert_int_equal(h.proto, 6);
    assert_int_equal(h.ip_tos, 0x2e);
    assert_int_equal(h.ip_ttl, 57);
    assert_int_equal(h.ip_frag, 1);
    assert_int_equal(h.ip_len_bytes, p.n - 14);
    assert_int_equal(h.src6[15], 0x11);
    assert_int_equal(h.dst6[15], 0x22);
    assert_int_equal(h.dport, 445);
    assert_int_equal(h.payload_len_bytes, 2);
    assert_int_equal(h.has, HDR_PORTS | HDR_TCP | HDR_PAYLOAD_LEN);

    p = eth6(44);
    pk_raw(&p, "\x11\0\0\x09\0\0\0\x77", 8); /* offset 1: no transport */
    pk_fill(&p, 1, 30);
    pk_done(&p);
    h = whole(DLT_EN10MB, &p);
    assert_int_equal(h.proto, 17);
    assert_int_equal(h.has, HDR_PAYLOAD_LEN);
    assert_int_equal(h.payload_len_bytes, 30);

    p = eth6(43);
    pk_raw(&p, "\6\xff\4\0\0\0\0\0", 8); /* longer than the packet */
    pk_done(&p);
    h = whole(DLT_EN10MB, &p);
    assert_int_equal(h.proto, 43);
    assert_int_equal(h.has, 0);
}

static void icmp6_quotes(void **state)
{
    struct pk p = eth6(58);
    pk_icmp(&p, 3, 0);
    pk_ip6(&p, 60, 0x22, 0x33);
    pk_raw(&p, "\x11\0\1\4\0\0\0\0", 8);
    pk_udp(&p, 33434, 33435);
    pk_done(&p);
    struct hdr h = whole(DLT_EN10MB, &p);
    assert_int_equal(h.has, HDR_ICMP | HDR_INNER | HDR_INNER_PORTS | HDR_PAYLOAD_LEN);
    assert_int_equal(h.inner_src6[15], 0x22);
    assert_int_equal(h.inner_dst6[15], 0x33);
    assert_int_equal(h.inner_proto, 17);
    assert_int_equal(h.inner_dport, 33435);
}

static void lost_frames(void **state)
{
    struct hdr h;
    struct pk arp = pk();
    pk_eth(&arp, 0x0806);
    pk_fill(&arp, 0, 28);
    assert_int_equal(decode(DLT_EN10MB, arp.b, arp.n, arp.n, &h), HDR_LOSS_NOT_IP);
    struct pk stp = pk();
    pk_eth(&stp, 38);
    pk_raw(&stp, "\x42\x42\x03", 3);
    assert_int_equal(decode(DLT_EN10MB, stp.b, stp.n, stp.n, &h), HDR_LOSS_NOT_IP);
    assert_int_equal(decode(DLT_IEEE802_11, stp.b, stp.n, stp.n, &h), HDR_LOSS_LINK_TYPE);
    assert_int_equal(decode(DLT_NULL, (const uint8_t *)"\x11\0\0\0", 4, 4, &h), HDR_LOSS_NOT_IP);
    assert_int_equal(decode(DLT_RAW, (const uint8_t *)"\x55", 1, 100, &h), HDR_LOSS_MALFORMED);
    assert_int_equal(decode(DLT_RAW, NULL, 0, 100, &h), HDR_LOSS_SHORT);
    assert_int_equal(decode(DLT_RAW, NULL, 0, 0, &h), HDR_LOSS_MALFORMED);

    struct pk p = eth4(6, 0);
    pk_tcp(&p, 1, 2, 2, "", 0);
    pk_done(&p);
    struct pk bad = p;
    bad.b[14] = 0x44; /* IHL 4 */
    assert_int_equal(decode(DLT_EN10MB, bad.b, bad.n, bad.n, &h), HDR_LOSS_MALFORMED);
    bad.b[14] = 0x65; /* version 6 under IPv4's type */
    assert_int_equal(decode(DLT_EN10MB, bad.b, bad.n, bad.n, &h), HDR_LOSS_MALFORMED);
    bad = p;
    pk_put16(&bad, 16, 19); /* total length < IHL */
    assert_int_equal(decode(DLT_EN10MB, bad.b, bad.n, bad.n, &h), HDR_LOSS_MALFORMED);

    struct pk tags = pk();
    pk_eth(&tags, 0x8100);
    for (int i = 0; i < 40; i++)
        pk_vlan(&tags, 1, 0x8100);
    assert_int_equal(decode(DLT_EN10MB, tags.b, tags.n, tags.n, &h), HDR_LOSS_MALFORMED);
}

static void odd_but_stored(void **state)
{
    struct pk p = eth4(6, 0);
    pk_tcp(&p, 1, 2, 2, "", 0);
    pk_done(&p);
    p.b[14 + 20 + 12] = 0x40; /* data offset 4 */
    struct hdr h = whole(DLT_EN10MB, &p);
    assert_int_equal(h.has, HDR_PORTS | HDR_TCP);
    p.b[14 + 20 + 12] = 0xf0; /* data offset 15, nothing there */
    h = whole(DLT_EN10MB, &p);
    assert_int_equal(h.has, HDR_PORTS | HDR_TCP | HDR_OPTIONS_CUT);
    assert_int_equal(h.options_len, 0);
    pk_put16(&p, 16, 65535); /* an IP length far past the frame is kept as it says */
    h = whole(DLT_EN10MB, &p);
    assert_int_equal(h.ip_len_bytes, 65535);
    assert_int_equal(h.payload_len_bytes, 65535 - 20 - 60);

    struct pk short_udp = eth4(17, 0);
    pk_16(&short_udp, 7);
    pk_16(&short_udp, 9);
    pk_done(&short_udp);
    h = whole(DLT_EN10MB, &short_udp);
    assert_int_equal(h.has, HDR_PORTS);
    assert_int_equal(h.dport, 9);
}

/* Every prefix of every kind of frame, as a snapshot and as a frame that ended there: never a read past it, groups only
 * ever appear with more bytes, and the fixed columns do not depend on the snapshot. */
static void every_prefix(void **state)
{
    struct pk kinds[9];
    size_t n = 0;
    kinds[n] = eth4(6, 0), pk_tcp(&kinds[n], 40000, 445, 2, SYN_OPTIONS, 20), pk_raw(&kinds[n], "data", 4), n++;
    kinds[n] = eth4(17, 0), pk_udp(&kinds[n], 1, 2), pk_fill(&kinds[n], 3, 9), n++;
    kinds[n] = eth4(1, 0), pk_icmp(&kinds[n], 3, 3), pk_ip4(&kinds[n], 6, DST, SRC, 0, "\1\1\1\0", 4),
    pk_tcp(&kinds[n], 3, 4, 2, "", 0), n++;
    kinds[n] = eth4(132, 0), pk_fill(&kinds[n], 3, 19), n++;
    kinds[n] = eth6(0), pk_raw(&kinds[n], "\6\0\5\2\0\0\1\0", 8), pk_tcp(&kinds[n], 9, 10, 2, SYN_OPTIONS, 20), n++;
    kinds[n] = eth6(58), pk_icmp(&kinds[n], 1, 4), pk_ip6(&kinds[n], 44, 2, 3),
    pk_raw(&kinds[n], "\6\0\0\1\0\0\0\x77", 8), pk_tcp(&kinds[n], 1, 2, 3, "", 0), n++;
    kinds[n] = eth6(51), pk_raw(&kinds[n], "\6\4\0\0", 4), pk_fill(&kinds[n], 0, 20), pk_tcp(&kinds[n], 1, 2, 3, "", 0), n++;
    kinds[n] = pk(), pk_eth(&kinds[n], 0x0800), pk_ip4(&kinds[n], 17, SRC, DST, 0, "\x94\4\0\0\1\1\1\0", 8),
    pk_udp(&kinds[n], 1, 2), pk_fill(&kinds[n], 3, 9), n++;
    for (size_t k = 0; k < n; k++) {
        pk_done(&kinds[k]);
        size_t fixed = kinds[k].b[12] == 0x08 ? 34 : 54;
        struct hdr full = whole(DLT_EN10MB, &kinds[k]);
        unsigned seen = 0;
        for (size_t cut = 0; cut <= kinds[k].n; cut++) {
            struct hdr h;
            enum hdr_loss snapped = decode(DLT_EN10MB, kinds[k].b, cut, kinds[k].n, &h);
            if (cut < fixed) {
                assert_int_equal(snapped, HDR_LOSS_SHORT);
                assert_int_equal(decode(DLT_EN10MB, kinds[k].b, cut, cut, &h), HDR_LOSS_MALFORMED);
                continue;
            }
            assert_int_equal(snapped, HDR_STORED);
            unsigned has = h.has & ~(unsigned)HDR_OPTIONS_CUT;
            assert_int_equal(seen & ~has, 0);
            assert_int_equal(has & ~(unsigned)full.has, 0);
            seen = has;
            assert_int_equal(h.src, full.src);
            assert_int_equal(h.ip_len_bytes, full.ip_len_bytes);
            if (has & HDR_PORTS)
                assert_int_equal(h.dport, full.dport);
            if (has & HDR_PAYLOAD_LEN)
                assert_int_equal(h.payload_len_bytes, full.payload_len_bytes);
            assert_int_equal(decode(DLT_EN10MB, kinds[k].b, cut, cut, &h), HDR_STORED);
        }
        assert_int_equal(seen, full.has);
    }
}

/* Random bytes under every link type and random damage to good frames. */
static void never_past_the_end(void **state)
{
    static const int links[] = {DLT_EN10MB, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_RAW, DLT_IPV4, DLT_IPV6, DLT_NULL, DLT_LOOP};
    uint32_t x = 7;
    for (int round = 0; round < 60000; round++) {
        struct pk p = round & 1 ? eth6(round & 2 ? 0 : 58) : eth4(round & 2 ? 6 : 1, 0);
        pk_icmp(&p, 3, 3);
        pk_ip4(&p, 6, DST, SRC, 0, "", 0);
        pk_tcp(&p, 3, 4, 2, SYN_OPTIONS, 20);
        pk_done(&p);
        for (int i = 0; i < 3; i++) {
            x = x * 1664525u + 1013904223u;
            p.b[(x >> 8) % p.n] = (uint8_t)(x >> 24);
        }
        struct hdr h;
        x = x * 1664525u + 1013904223u;
        enum hdr_loss loss = decode(links[round % 8], p.b, (x >> 8) % p.n, p.n, &h);
        assert_in_range(loss, HDR_STORED, HDR_LOSS_KINDS - 1);
        if (loss == HDR_STORED)
            assert_true(h.options_len <= HDR_OPTIONS_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_link_layer), cmocka_unit_test(ip4_options_and_padding), cmocka_unit_test(fragments),
        cmocka_unit_test(other_transports), cmocka_unit_test(icmp_quotes),             cmocka_unit_test(ip6_extensions),
        cmocka_unit_test(icmp6_quotes),     cmocka_unit_test(lost_frames),             cmocka_unit_test(odd_but_stored),
        cmocka_unit_test(every_prefix),     cmocka_unit_test(never_past_the_end),
    };
    return cmocka_run_group_tests(tests, make_page, NULL);
}

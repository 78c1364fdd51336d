/* Packets of every kind the decoder knows, as capture files, drawn by a seed:
 *   make_packets DIR SEED N   DIR/{eth,sll,sll2,raw,null,loop}.pcap, eth-nano.pcap, eth-cut.pcap, eth-damaged.pcap, tunnel.pcap */
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "packet_build.h"

enum link { ETH, SLL, SLL2, RAW, LINK_NULL, LOOP };

static struct rng rng;
static unsigned below(unsigned n)
{
    return (unsigned)rng_below(&rng, n);
}
static void noise(struct pk *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        pk_u8(p, below(256));
}

/* Anything but an address whose text form is special, so that both sides print it alike. */
static uint32_t any_ip4(void)
{
    return (1 + below(222)) << 24 | below(1 << 24);
}

static void link_head(struct pk *p, enum link link, bool ip6)
{
    unsigned type = ip6 ? 0x86dd : 0x0800;
    switch (link) {
    case ETH: {
        unsigned tags = below(4) ? 0 : 1 + below(2);
        if (tags == 2)
            pk_eth(p, 0x88a8), pk_vlan(p, below(4095), 0x8100);
        else if (tags == 1)
            pk_eth(p, 0x8100);
        else
            pk_eth(p, type);
        if (tags)
            pk_vlan(p, below(4095), type);
        break;
    }
    case SLL:
        pk_sll(p, type);
        break;
    case SLL2:
        pk_sll2(p, type);
        break;
    case RAW:
        break;
    case LINK_NULL:
        pk_raw(p, ip6 ? "\x1e\0\0\0" : "\2\0\0\0", 4);
        break;
    case LOOP:
        pk_raw(p, ip6 ? "\0\0\0\x18" : "\0\0\0\2", 4);
        break;
    }
}

/* An IP header of either version; IPv6 with up to 4 extension headers. frag: 0 none, 1 first, 2 later. */
static void ip_head(struct pk *p, bool ip6, unsigned proto, int frag)
{
    size_t at = p->n;
    if (!ip6) {
        static const uint8_t options[] = {0x94, 4, 0, 0, 7, 7, 4, 0, 0, 0, 0, 1, 1, 1, 1, 0};
        unsigned field = frag == 0 ? (below(2) ? 0x4000u : 0u) : frag == 1 ? 0x2000u : 1 + below(8000);
        pk_ip4(p, proto, any_ip4(), any_ip4(), field, options, below(5) ? 0 : 4 * (1 + below(4)));
        p->b[at + 1] = (uint8_t)below(256);
        pk_put16(p, at + 4, below(65536));
        p->b[at + 8] = (uint8_t)below(256);
        return;
    }
    pk_ip6(p, proto, below(65536), below(65536));
    p->b[at] = (uint8_t)(0x60 | below(16));
    p->b[at + 1] = (uint8_t)below(256);
    p->b[at + 7] = (uint8_t)below(256);
    size_t next = at + 6; /* where to write the type of what follows */
    unsigned n = below(3) ? 0 : 1 + below(4);
    for (unsigned i = 0; i < n; i++) {
        static const uint8_t kinds[] = {0, 60, 43, 51};
        unsigned kind = i == 0 ? kinds[below(4)] : kinds[1 + below(3)];
        p->b[next] = (uint8_t)kind;
        next = p->n;
        unsigned words = below(3);
        if (kind == 51)
            pk_u8(p, proto), pk_u8(p, 4 + 2 * words), pk_16(p, 0), noise(p, 20 + 8 * words);
        else if (kind == 43)
            pk_u8(p, proto), pk_u8(p, 2), pk_raw(p, "\4\0\0\0\0\0", 6), noise(p, 16); /* segment routing, one segment */
        else
            pk_u8(p, proto), pk_u8(p, words), pk_raw(p, "\1", 1), pk_u8(p, 4 + 8 * words), pk_fill(p, 0, 4 + 8 * words);
    }
    if (frag) {
        p->b[next] = 44;
        pk_u8(p, proto);
        pk_u8(p, 0);
        pk_16(p, frag == 1 ? 1 : (1 + below(8000)) << 3 | below(2));
        pk_32(p, (uint32_t)below(1 << 30));
    }
}

static void tcp(struct pk *p)
{
    static const struct {
        const char *bytes;
        size_t n;
    } options[] = {{"", 0},
                   {"\x02\x04\x05\xb4", 4},
                   {"\x02\x04\x05\xb4\x04\x02\x08\x0a\x01\x02\x03\x04\x05\x06\x07\x08\x01\x03\x03\x07", 20},
                   {"\x02\x04\x05\xb4\x01\x03\x03\x08\x01\x01\x04\x02", 12},
                   {"\x01\x01\x08\x0a\1\2\3\4\5\6\7\x08\x01\x01\x05\x12\1\1\1\1\2\2\2\2\3\3\3\3\4\4\4\4", 32},
                   {"\x03\x03\x0a\x01\x02\x04\x01\x09\x08\x0a\xff\xff\xff\xff\0\0\0\0\x04\x02", 20},
                   {"\x01\x01\x01\x01\x00\x00\x00\x00", 8}};
    unsigned o = below(7);
    size_t at = p->n;
    pk_tcp(p, below(65536), below(65536), below(256), options[o].bytes, options[o].n);
    pk_put16(p, at + 4, below(65536));
    pk_put16(p, at + 6, below(65536));
    pk_put16(p, at + 8, below(65536));
    pk_put16(p, at + 14, below(65536));
    noise(p, below(3) ? 0 : below(30));
}

static void icmp(struct pk *p, bool ip6)
{
    static const uint8_t types4[] = {0, 3, 4, 5, 8, 11, 12, 13}, types6[] = {1, 2, 3, 4, 128, 129};
    unsigned type = ip6 ? types6[below(6)] : types4[below(8)];
    pk_icmp(p, type, below(4));
    if (type == 13) {
        noise(p, 12);
    } else if (ip6 ? type < 128 : type == 3 || type == 4 || type == 5 || type == 11 || type == 12) {
        unsigned inner = below(!ip6 && type == 5 ? 2 : 3); /* tshark 4.0 does not open SCTP quoted by a redirect */
        ip_head(p, ip6, inner == 0 ? 6 : inner == 1 ? 17 : 132, 0);
        if (inner == 0)
            tcp(p);
        else if (inner == 1)
            pk_udp(p, below(65536), 1 + below(65535)), noise(p, below(20));
        else
            noise(p, 12 + below(20));
    } else {
        noise(p, below(60));
    }
}

static struct pk any_packet(enum link link)
{
    struct pk p = pk();
    bool ip6 = below(3) == 0;
    unsigned kind = below(100);
    if (kind < 3 && link <= SLL2) { /* not IP */
        size_t at;
        link_head(&p, link, false);
        at = link == SLL2 ? 0 : p.n - 2;
        pk_put16(&p, at, below(2) ? 0x0806 : 0x88cc);
        noise(&p, 46);
        return p;
    }
    link_head(&p, link, ip6);
    if (kind < 50) {
        ip_head(&p, ip6, 6, below(10) ? 0 : 1);
        tcp(&p);
    } else if (kind < 65) {
        ip_head(&p, ip6, 17, below(5) ? 0 : 1);
        pk_udp(&p, 1024 + below(60000), 1024 + below(60000));
        noise(&p, below(40));
    } else if (kind < 85) {
        ip_head(&p, ip6, ip6 ? 58 : 1, 0);
        icmp(&p, ip6);
    } else if (kind < 90) { /* a later fragment of anything */
        ip_head(&p, ip6, below(2) ? 6 : 17, 2);
        noise(&p, 8 + below(40));
    } else if (kind < 94) {
        static const uint8_t others[] = {2, 50, 89, 103, 253};
        ip_head(&p, ip6, others[below(5)], 0);
        noise(&p, 20 + below(20));
    } else {
        static const uint8_t ports[] = {132, 136, 33};
        unsigned proto = ports[below(3)];
        ip_head(&p, ip6, proto, 0);
        pk_16(&p, below(65536));
        pk_16(&p, below(65536));
        if (proto == 33)
            pk_raw(&p, "\4\0\0\0\5\0\0\0\0\0\0\1", 12), noise(&p, 8); /* data offset 16, a data packet with a long number */
        else if (proto == 136)
            pk_raw(&p, "\0\0\0\0", 4), noise(&p, 10);
        else
            pk_raw(&p, "\0\0\0\0\0\0\0\0\1\0\0\x10", 12), noise(&p, 12);
    }
    pk_done(&p);
    return p;
}

static struct pk any_tunnel(void)
{
    struct pk p = pk();
    unsigned kind = below(6);
    pk_eth(&p, 0x0800);
    pk_ip4(&p, kind == 5 ? 17 : 47, 0x0a4f0001, 0x0a4f0002, 0, "", 0);
    bool ip6 = below(3) == 0;
    unsigned type = ip6 ? 0x86dd : 0x0800;
    switch (kind) {
    case 0:
        pk_16(&p, 0), pk_16(&p, type);
        break;
    case 1:
        pk_16(&p, 0x3000), pk_16(&p, type), noise(&p, 8);
        break;
    case 2:
        pk_raw(&p, "\0\0\x65\x58", 4), pk_eth(&p, type);
        break;
    case 3:
        pk_raw(&p, "\x10\0\x88\xbe\0\0\0\1\x10\1\0\1\0\0\0\0", 16), pk_eth(&p, type);
        break;
    case 4:
        pk_raw(&p, "\x10\0\x88\xbe\0\0\0\1\x10\1\0\1\0\0\0\0", 16), pk_eth(&p, 0x8100), pk_vlan(&p, 7, type);
        break;
    default:
        pk_udp(&p, 50000 + below(10000), 4789), pk_raw(&p, "\x08\0\0\0\0\0\7\0", 8), pk_eth(&p, type);
        break;
    }
    ip_head(&p, ip6, 6, 0);
    tcp(&p);
    pk_done(&p);
    return p;
}

static void write_file(const char *dir, const char *name, int dlt, enum link link, int n, const char *how)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s.pcap", dir, name);
    bool nano = strcmp(how, "nano") == 0;
    pcap_t *dead = pcap_open_dead_with_tstamp_precision(dlt, 65535, nano ? PCAP_TSTAMP_PRECISION_NANO : PCAP_TSTAMP_PRECISION_MICRO);
    pcap_dumper_t *out = pcap_dump_open(dead, path);
    if (!out) {
        (void)fprintf(stderr, "%s\n", pcap_geterr(dead));
        exit(1);
    }
    for (int i = 0; i < n; i++) {
        struct pk p = strcmp(how, "tunnel") == 0 ? any_tunnel() : any_packet(link);
        struct pcap_pkthdr h = {.caplen = (uint32_t)p.n, .len = (uint32_t)p.n};
        h.ts.tv_sec = 1366191000 + (i % 7 == 3 ? -i : i); /* out of order too */
        h.ts.tv_usec = nano ? below(1000000000) : below(1000000);
        if (strcmp(how, "cut") == 0)
            h.caplen = 14 + below((unsigned)p.n - 13);
        for (int k = 0; strcmp(how, "damaged") == 0 && k < 2; k++)
            p.b[12 + below((unsigned)p.n - 12)] = (uint8_t)below(256);
        pcap_dump((u_char *)out, &h, p.b);
    }
    pcap_dump_close(out);
    pcap_close(dead);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        (void)fprintf(stderr, "make_packets DIR SEED N\n");
        return 2;
    }
    rng = rng_of(strtoull(argv[2], NULL, 10), "packets");
    int n = (int)strtol(argv[3], NULL, 10);
    write_file(argv[1], "eth", DLT_EN10MB, ETH, n, "");
    write_file(argv[1], "sll", DLT_LINUX_SLL, SLL, n, "");
    write_file(argv[1], "sll2", DLT_LINUX_SLL2, SLL2, n, "");
    write_file(argv[1], "raw", DLT_RAW, RAW, n, "");
    write_file(argv[1], "null", DLT_NULL, LINK_NULL, n, "");
    write_file(argv[1], "loop", DLT_LOOP, LOOP, n, "");
    write_file(argv[1], "eth-nano", DLT_EN10MB, ETH, n, "nano");
    write_file(argv[1], "eth-cut", DLT_EN10MB, ETH, n, "cut");
    write_file(argv[1], "eth-damaged", DLT_EN10MB, ETH, n, "damaged");
    write_file(argv[1], "tunnel", DLT_EN10MB, ETH, n, "tunnel");
    return 0;
}

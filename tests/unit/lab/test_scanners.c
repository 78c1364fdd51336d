/* The stateless behaviours: fingerprints, coverage, checksums, as the telescope's own decoder reads them. */
#include <pcap/dlt.h>

#include "header/hdr.h"
#include "play.h"

static uint16_t be16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

/* Both checksums right: summed over themselves they give zero. */
static void check_sums(const struct action *a)
{
    const uint8_t *p = a->packet;
    size_t head = (size_t)(p[0] & 15) * 4, len = a->packet_len_bytes - head;
    assert_int_equal(be16(p + 2), a->packet_len_bytes);
    assert_int_equal(packet_checksum(p, head, 0), 0);
    uint32_t pseudo = 0;
    if (p[9] != 1) {
        pseudo = p[9] + (uint32_t)len;
        for (int i = 12; i < 20; i += 2)
            pseudo += be16(p + i);
    }
    assert_int_equal(packet_checksum(p + head, len, pseudo), 0);
}

static struct hdr decode(const struct action *a)
{
    struct hdr h;
    uint32_t n = (uint32_t)a->packet_len_bytes;
    assert_int_equal(a->kind, ACTION_PACKET);
    assert_int_equal(hdr_decode(DLT_RAW, a->packet, n, n, 1, &h), HDR_STORED);
    assert_int_equal(h.src, a->src);
    assert_int_equal(h.dst, a->dst);
    check_sums(a);
    return h;
}

static unsigned seen[16384], n_seen;
static uint16_t sport_of_scan;

static void visit_zmap(void *to, const struct action *a)
{
    (void)to;
    struct hdr h = decode(a);
    assert_int_equal(h.ip_id, 54321);
    assert_int_equal(h.tcp_window, 65535);
    assert_int_equal(h.tcp_flags, TCP_SYN);
    assert_int_equal(h.ip_len_bytes, 40);
    assert_true(h.ip_ttl >= 225 && h.ip_ttl < 255);
    assert_int_equal(h.dport, 445);
    seen[h.dst - DARKNET.base]++;
    n_seen++;
}

static void test_zmap(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct behaviour_params params = params_of(seed);
        params.dport = 445;
        params.n_sources = 8;
        memset(seen, 0, sizeof seen);
        n_seen = 0;
        struct play p = play("zmap", &params, NULL, visit_zmap, NULL);
        assert_int_equal(n_seen, 16384);
        for (size_t i = 0; i < 16384; i++)
            assert_int_equal(seen[i], 1);
        /* an order, not a sweep: hardly ever the next address */
        unsigned next = 0;
        for (size_t i = 1; i < p.n; i++)
            next += p.steps[i].dst == p.steps[i - 1].dst + 1 ? 1 : 0;
        assert_true(next < 50);
        free(p.steps);
    }
}

/* Darknets that are no power of the groups' sizes, down to one address. */
static void test_zmap_sizes(void **state)
{
    (void)state;
    for (uint8_t bits = 15; bits <= 32; bits++) {
        struct behaviour_params params = params_of(bits);
        params.darknet = (struct ip4_prefix){DARKNET.base & ip4_mask(bits), bits};
        params.passes = 2;
        params.length_us = 1000 * SECOND;
        struct play p = play("zmap", &params, NULL, NULL, NULL);
        assert_int_equal(p.n, 2 * ip4_prefix_size(params.darknet));
        free(p.steps);
    }
}

static void visit_masscan(void *to, const struct action *a)
{
    (void)to;
    struct hdr h = decode(a);
    assert_int_equal(h.ip_id, (uint16_t)(h.dst ^ h.dport ^ h.tcp_seq));
    assert_int_equal(h.tcp_window, 1024);
    assert_int_equal(h.tcp_flags, TCP_SYN);
    assert_true(h.ip_ttl >= 200);
    if (!n_seen++)
        sport_of_scan = h.sport;
    assert_int_equal(h.sport, sport_of_scan);
    seen[h.dst - DARKNET.base]++;
}

static void test_masscan(void **state)
{
    (void)state;
    struct behaviour_params params = params_of(4);
    params.dport = 3306;
    memset(seen, 0, sizeof seen);
    n_seen = 0;
    struct play p = play("masscan", &params, NULL, visit_masscan, NULL);
    assert_int_equal(n_seen, 16384);
    for (size_t i = 0; i < 16384; i++)
        assert_int_equal(seen[i], 1);
    free(p.steps);
}

static struct {
    unsigned syn_ack, rst, rst_ack, icmp_error, echo;
} scattered;

static void visit_backscatter(void *to, const struct action *a)
{
    (void)to;
    struct hdr h = decode(a);
    if (h.has & HDR_TCP) {
        assert_true(h.sport < 32768);
        scattered.syn_ack += h.tcp_flags == (TCP_SYN | TCP_ACK);
        scattered.rst += h.tcp_flags == TCP_RST;
        scattered.rst_ack += h.tcp_flags == (TCP_RST | TCP_ACK);
    } else if (h.icmp_type == 3 || h.icmp_type == 11) {
        scattered.icmp_error++;
        assert_true(h.has & HDR_INNER);
        assert_int_equal(h.inner_src, h.dst); /* the quoted packet claimed to come from us */
        assert_true(h.has & HDR_INNER_PORTS);
    } else {
        assert_int_equal(h.icmp_type, 0);
        scattered.echo++;
    }
}

static void test_backscatter(void **state)
{
    (void)state;
    struct behaviour_params params = params_of(5);
    memset(&scattered, 0, sizeof scattered);
    struct play p = play("backscatter", &params, NULL, visit_backscatter, NULL);
    assert_true(scattered.syn_ack > 100 && scattered.rst > 20 && scattered.rst_ack > 20);
    assert_true(scattered.icmp_error > 20 && scattered.echo > 10);
    assert_true(p.n > 7000 && p.n < 9000);
    free(p.steps);
}

static unsigned n_23, n_2323, n_3306, n_1433;

static void visit_mirai(void *to, const struct action *a)
{
    (void)to;
    struct hdr h = decode(a);
    assert_int_equal(h.tcp_seq, h.dst);
    assert_int_equal(h.options_len, 0);
    assert_true(h.ip_ttl < 64 && h.sport >= 1024);
    n_23 += h.dport == 23;
    n_2323 += h.dport == 2323;
}

static void test_mirai(void **state)
{
    (void)state;
    struct behaviour_params params = params_of(5);
    struct play p = play("mirai", &params, NULL, visit_mirai, NULL);
    assert_int_equal(n_23 + n_2323, p.n);
    assert_true(n_2323 > p.n / 14 && n_2323 < p.n / 7);
    free(p.steps);
}

static void visit_port6000(void *to, const struct action *a)
{
    (void)to;
    struct hdr h = decode(a);
    assert_int_equal(h.sport, 6000);
    assert_int_equal(h.ip_id, 256);
    n_3306 += h.dport == 3306;
    n_1433 += h.dport == 1433;
}

static void test_port6000(void **state)
{
    (void)state;
    struct behaviour_params params = params_of(5);
    struct play p = play("port6000", &params, NULL, visit_port6000, NULL);
    assert_int_equal(n_3306 + n_1433, p.n);
    assert_true(n_3306 > n_1433);
    free(p.steps);
}

static struct {
    uint32_t src, constant;
    uint16_t low_sport;
} session[4];
static size_t n_sessions;

static void visit_nmap(void *to, const struct action *a)
{
    (void)to;
    struct hdr h = decode(a);
    char layout[HDR_OPTIONS_TEXT_MAX];
    (void)hdr_options_text(h.options, h.options_len, layout);
    assert_string_equal(layout, "M1460");
    assert_int_equal(h.tcp_window, 1024);
    uint32_t constant = h.tcp_seq >> 16 ^ (h.tcp_seq & 0xffff);
    size_t i = 0;
    while (i < n_sessions && session[i].src != h.src)
        i++;
    if (i == n_sessions) {
        assert_true(n_sessions < 4);
        session[n_sessions].src = h.src;
        session[n_sessions++].constant = constant;
    }
    assert_int_equal(session[i].constant, constant);
}

static void test_nmap(void **state)
{
    (void)state;
    struct behaviour_params params = params_of(5);
    struct play p = play("nmap", &params, NULL, visit_nmap, NULL);
    assert_int_equal(n_sessions, 4);
    assert_int_not_equal(session[0].constant, session[1].constant);
    free(p.steps);
}

static unsigned layouts, per_port[65536];

static void visit_slow(void *to, const struct action *a)
{
    (void)to;
    struct hdr h = decode(a);
    char layout[HDR_OPTIONS_TEXT_MAX];
    static const char *const known[] = {"", "M1460,N,N,S", "M1460,N,W8,N,N,S", "M1460,S,T,N,W7"};
    (void)hdr_options_text(h.options, h.options_len, layout);
    unsigned i = 0;
    while (i < 4 && strcmp(layout, known[i]) != 0)
        i++;
    assert_true(i < 4);
    layouts |= 1U << i;
    per_port[h.dport]++;
}

static int by_source(const void *a, const void *b)
{
    uint32_t x = ((const struct step *)a)->src, y = ((const struct step *)b)->src;
    return (x > y) - (x < y);
}

/* Many sources, heavy-tailed: the first of 600 sends more than a tenth, half of them less than 20 packets each. */
static void test_slow(void **state)
{
    (void)state;
    struct behaviour_params params = params_of(5);
    params.sources = (struct ip4_prefix){0, 0};
    struct play p = play("slow", &params, NULL, visit_slow, NULL);
    assert_int_equal(layouts, 15);
    assert_true(per_port[445] > p.n / 10 && per_port[3306] > p.n / 50);
    qsort(p.steps, p.n, sizeof *p.steps, by_source);
    size_t n = 0, most = 0, few = 0;
    for (size_t i = 0, k; i < p.n; i = k, n++) {
        assert_true(p.steps[i].src >> 24 != 10 && p.steps[i].src >> 24 != 127 && p.steps[i].src >> 24 < 224);
        for (k = i; k < p.n && p.steps[k].src == p.steps[i].src; k++)
            assert_int_equal(p.steps[k].dport, p.steps[i].dport);
        most = k - i > most ? k - i : most;
        few += k - i < 20;
    }
    assert_true(n > 550 && n <= 600);
    assert_true(most > p.n / 10 && most < p.n / 3);
    assert_true(few > 300);
    free(p.steps);
}

static void visit_udp(void *to, const struct action *a)
{
    unsigned *seen_ports = to;
    struct hdr h = decode(a);
    assert_int_equal(h.proto, 17);
    assert_true(h.payload_len_bytes > 0);
    seen_ports[h.dport]++;
    if (h.dport == 5060)
        assert_memory_equal(h.payload, "OPTIONS sip:100@10.77.", 22);
    if (h.dport == 53)
        assert_memory_equal(h.payload + 12, "\7version\4bind", 13);
    if (h.dport == 161)
        assert_int_equal(h.payload[1] + 2, h.payload_len_bytes); /* BER: the outer length fits */
}

static void test_udp(void **state)
{
    (void)state;
    static unsigned seen_ports[65536];
    struct behaviour_params params = params_of(5);
    struct play p = play("udp", &params, NULL, visit_udp, seen_ports);
    static const uint16_t wanted[] = {53, 123, 5060, 1900, 137, 161, 1434, 19, 6881};
    size_t n = 0;
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        assert_true(seen_ports[wanted[i]] > 0);
        n += seen_ports[wanted[i]];
    }
    assert_int_equal(n, p.n);
    free(p.steps);
}

static void test_misconfiguration(void **state)
{
    (void)state;
    struct behaviour_params params = params_of(5);
    struct play p = play("misconfiguration", &params, NULL, NULL, NULL);
    assert_true(p.n > 900 && p.n < 2200);
    qsort(p.steps, p.n, sizeof *p.steps, by_source);
    size_t n = 0;
    for (size_t i = 0, k; i < p.n; i = k, n++) {
        for (k = i; k < p.n && p.steps[k].src == p.steps[i].src; k++)
            assert_true(p.steps[k].dst == p.steps[i].dst && p.steps[k].dport == p.steps[i].dport);
        assert_true(k - i > 50);
    }
    assert_int_equal(n, 8);
    free(p.steps);
}

static void visit_malformed(void *to, const struct action *a)
{
    unsigned *counts = to;
    struct hdr h;
    uint32_t n = (uint32_t)a->packet_len_bytes;
    enum hdr_loss loss = hdr_decode(DLT_IPV4, a->packet, n, n, 1, &h);
    assert_int_equal(loss, a->broken_ip ? HDR_LOSS_MALFORMED : HDR_STORED);
    counts[a->broken_ip]++;
    if (!a->broken_ip) { /* what the truth counts under is what the store will hold */
        assert_int_equal(h.src, a->src);
        assert_int_equal(h.dst, a->dst);
    }
}

static void test_malformed(void **state)
{
    (void)state;
    unsigned counts[2] = {0};
    struct behaviour_params params = params_of(5);
    struct play p = play("malformed", &params, NULL, visit_malformed, counts);
    assert_true(counts[0] > 500 && counts[1] > 40);
    free(p.steps);
}

/* The same run twice, byte for byte. */
static uint64_t digest;

static void visit_digest(void *to, const struct action *a)
{
    (void)to;
    for (size_t i = 0; i < a->packet_len_bytes; i++)
        digest = (digest ^ a->packet[i]) * UINT64_C(0x100000001b3);
    digest = (digest ^ (uint64_t)a->at_us ^ a->dst) * UINT64_C(0x100000001b3);
}

static uint64_t digest_of(const char *name, uint64_t seed)
{
    struct behaviour_params params = params_of(seed);
    digest = UINT64_C(0xcbf29ce484222325);
    struct play p = play(name, &params, NULL, visit_digest, NULL);
    assert_true(p.n > 0);
    free(p.steps);
    return digest;
}

static void test_determinism(void **state)
{
    (void)state;
    for (const struct behaviour *const *b = behaviour_table; *b; b++) {
        uint64_t one = digest_of((*b)->name, 1);
        assert_int_equal(one, digest_of((*b)->name, 1));
        assert_int_not_equal(one, digest_of((*b)->name, 2));
    }
}

/* Every stateless packet of every behaviour lies in the darknet and comes from the sources given. */
static void test_bounds(void **state)
{
    (void)state;
    for (const struct behaviour *const *b = behaviour_table; *b; b++) {
        struct behaviour_params params = params_of(9);
        struct play p = play((*b)->name, &params, NULL, NULL, NULL);
        for (size_t i = 0; i < p.n; i++) {
            assert_true(ip4_in(p.steps[i].dst, DARKNET));
            assert_true(ip4_in(p.steps[i].src, SOURCES));
            assert_true(p.steps[i].kind == ACTION_DIALOGUE || p.steps[i].len_bytes >= 20);
            assert_int_equal(p.steps[i].kind, (*b)->stateful ? ACTION_DIALOGUE : ACTION_PACKET);
        }
        assert_true((double)p.n / 100 <= BEHAVIOUR_RATE_MAX_PPS);
        free(p.steps);
    }
}

static void test_table(void **state)
{
    (void)state;
    for (const struct behaviour *const *b = behaviour_table; *b; b++) {
        assert_ptr_equal(behaviour_find((*b)->name), *b); /* names are unique */
        assert_true((*b)->doc[0] && (*b)->start && (*b)->next && (*b)->state_bytes);
        assert_true((*b)->stateful || !(*b)->outcome);
    }
    assert_null(behaviour_find("nobody"));
}

/* Sources that are not there are refused, and nothing leaks. */
static void test_refusals(void **state)
{
    (void)state;
    for (const struct behaviour *const *b = behaviour_table; *b; b++) {
        struct behaviour_params params = params_of(1);
        struct offline o;
        params.sources = (struct ip4_prefix){DARKNET.base, 24}; /* our own darknet */
        assert_int_equal(offline_init(&o, *b, &params, NULL, NULL), -22);
        params.sources = (struct ip4_prefix){0, 0}; /* anywhere */
        assert_int_equal(offline_init(&o, *b, &params, NULL, NULL), 0);
        offline_done(&o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zmap),      cmocka_unit_test(test_zmap_sizes),
        cmocka_unit_test(test_masscan),   cmocka_unit_test(test_backscatter),
        cmocka_unit_test(test_mirai),     cmocka_unit_test(test_port6000),
        cmocka_unit_test(test_nmap),      cmocka_unit_test(test_slow),
        cmocka_unit_test(test_udp),       cmocka_unit_test(test_misconfiguration),
        cmocka_unit_test(test_malformed), cmocka_unit_test(test_determinism),
        cmocka_unit_test(test_bounds),    cmocka_unit_test(test_table),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

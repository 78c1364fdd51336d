/* The simulator: exact counts, times in order, the tail that telescopes report, files that libpcap reads, the same again
 * from the same seed. */
#include <jansson.h>
#include <math.h>
#include <pcap/pcap.h>
#include <sys/stat.h>
#include <unistd.h>

#include "header/hdr.h"
#include "lab/simulate.h"
#include "play.h"

static char folder[] = "/tmp/hotaru-simulate-XXXXXX";

struct seen {
    uint64_t packets, broken, digest;
    int64_t last_us;
    uint32_t *sources; /* of each packet that can be read */
    size_t n, cap;
};

static int see(void *to, int64_t ts_us, const uint8_t *packet, size_t len_bytes, struct err *err)
{
    struct seen *s = to;
    struct hdr h;
    (void)err;
    assert_true(ts_us >= s->last_us);
    s->last_us = ts_us;
    s->packets++;
    for (size_t i = 0; i < len_bytes; i++)
        s->digest = (s->digest ^ packet[i]) * UINT64_C(0x100000001b3);
    s->digest ^= (uint64_t)ts_us;
    if (hdr_decode(DLT_IPV4, packet, (uint32_t)len_bytes, (uint32_t)len_bytes, ts_us, &h) != HDR_STORED) {
        s->broken++;
        return 0;
    }
    assert_true(ip4_in(h.dst, DARKNET));
    if (s->n < s->cap)
        s->sources[s->n++] = h.src;
    return 0;
}

static struct simulate_options options_of(uint64_t seed, uint64_t packets)
{
    return (struct simulate_options){.seed = seed,
                                     .darknet = DARKNET,
                                     .start_ts_us = 1365552000 * SECOND,
                                     .length_us = INT64_C(36500) * 86400 * SECOND,
                                     .rate_pps = 33,
                                     .packets = packets,
                                     .truth = true};
}

static struct simulation *simulate(const struct simulate_options *o, const struct sink *sink,
                                   struct simulate_result *ret)
{
    struct err err = {.text = ""};
    struct simulation *s;
    assert_int_equal(simulate_open(o, &s, &err), 0);
    assert_int_equal(simulate_run(s, sink, ret, &err), 0);
    return s;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static int descending(const void *a, const void *b)
{
    return -by_number(a, b);
}

/* Share of the packets that the top hundredth of the sources sends. */
static double top_share(uint32_t *sources, size_t n)
{
    uint32_t *count = calloc(n, sizeof *count);
    size_t n_sources = 0;
    uint64_t top = 0;
    assert_non_null(count);
    qsort(sources, n, sizeof *sources, by_number);
    for (size_t i = 0; i < n; i++)
        count[i > 0 && sources[i] != sources[i - 1] ? ++n_sources : n_sources]++;
    n_sources++;
    qsort(count, n_sources, sizeof *count, descending);
    for (size_t i = 0; i < n_sources / 100; i++)
        top += count[i];
    free(count);
    return (double)top / (double)n;
}

static void test_count_and_tail(void **state)
{
    (void)state;
    enum { N = 400000 };
    struct seen seen = {.sources = calloc(N, 4), .cap = N};
    struct sink sink = {see, &seen};
    struct simulate_options o = options_of(1, N);
    struct simulate_result r;
    assert_non_null(seen.sources);
    simulate_close(simulate(&o, &sink, &r));
    assert_int_equal(r.packets, N);
    assert_int_equal(seen.packets, N);
    assert_int_equal(seen.broken, r.broken);
    assert_true(seen.broken > 0);
    assert_int_equal(seen.last_us, r.end_ts_us);
    /* 33 packets a second */
    double seconds = (double)(r.end_ts_us - o.start_ts_us) / 1e6;
    assert_true(N / seconds > 32 && N / seconds < 34);
    double share = top_share(seen.sources, seen.n);
    if (!(share >= 0.81 && share <= 0.97))
        fail_msg("the top hundredth sends %.3f", share);
    free(seen.sources);
}

static void test_same_seed(void **state)
{
    (void)state;
    uint64_t digests[3];
    for (uint64_t i = 0; i < 3; i++) {
        struct seen seen = {.digest = 1};
        struct sink sink = {see, &seen};
        struct simulate_options o = options_of(i == 2 ? 8 : 7, 20000);
        struct simulate_result r;
        simulate_close(simulate(&o, &sink, &r));
        digests[i] = seen.digest;
    }
    assert_int_equal(digests[0], digests[1]);
    assert_int_not_equal(digests[0], digests[2]);
}

static void test_ends_by_time(void **state)
{
    (void)state;
    struct seen seen = {.digest = 1};
    struct sink sink = {see, &seen};
    struct simulate_options o = options_of(1, 0);
    struct simulate_result r;
    o.length_us = 600 * SECOND;
    simulate_close(simulate(&o, &sink, &r));
    assert_true(r.end_ts_us < o.start_ts_us + o.length_us);
    assert_true(r.packets > 600 * 30 && r.packets < 600 * 36);
}

static void test_exponent(void **state)
{
    (void)state;
    for (uint64_t n = 100; n <= 10000000; n *= 10) {
        double s = simulate_exponent(n, 0.9), top = 0, all = 0;
        for (uint64_t k = 1; k <= (n < 100000 ? n : 0); k++) {
            double share = pow((double)k, -s);
            all += share;
            top += k <= n / 100 ? share : 0;
        }
        assert_true(s > 0.5 && s < 5);
        if (n < 100000)
            assert_true(top / all > 0.895 && top / all < 0.905);
    }
}

/* The file as libpcap reads it: as many packets, the same bytes, the same times. */
static void check_file(const char *path, uint64_t packets, uint64_t digest)
{
    char why[PCAP_ERRBUF_SIZE];
    pcap_t *p = pcap_open_offline(path, why);
    if (!p)
        fail_msg("%s", why);
    struct seen seen = {.digest = 1};
    struct pcap_pkthdr *head;
    const uint8_t *frame;
    while (pcap_next_ex(p, &head, &frame) == 1) {
        assert_int_equal(frame[12] << 8 | frame[13], 0x0800);
        assert_int_equal(head->caplen, head->len);
        (void)see(&seen, head->ts.tv_sec * SECOND + head->ts.tv_usec, frame + 14, head->caplen - 14, NULL);
    }
    pcap_close(p);
    assert_int_equal(seen.packets, packets);
    assert_int_equal(seen.digest, digest);
}

static void test_files(void **state)
{
    (void)state;
    static const char *const names[] = {"a.pcap", "b.pcapng"};
    struct seen seen = {.digest = 1};
    struct sink direct = {see, &seen};
    struct simulate_options o = options_of(3, 30000);
    struct simulate_result r;
    simulate_close(simulate(&o, &direct, &r));
    for (size_t i = 0; i < 2; i++) {
        char path[128];
        struct pcap_sink *p;
        struct sink sink;
        struct err err = {.text = ""};
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        assert_int_equal(pcap_sink_open(path, &p, &sink, &err), 0);
        simulate_close(simulate(&o, &sink, &r));
        assert_int_not_equal(access(path, F_OK), 0); /* not there before it is whole */
        assert_int_equal(pcap_sink_close(p, true, &err), 0);
        check_file(path, 30000, seen.digest);
        assert_int_equal(pcap_sink_open(path, &p, &sink, &err), 0); /* a run that fails leaves the old file */
        assert_int_equal(pcap_sink_close(p, false, &err), 0);
        check_file(path, 30000, seen.digest);
        (void)unlink(path);
    }
}

/* The truth adds up to what was sent. */
static void test_truth(void **state)
{
    (void)state;
    char path[128];
    struct seen seen = {.digest = 1};
    struct sink sink = {see, &seen};
    struct simulate_options o = options_of(5, 50000);
    struct simulate_result r;
    struct err err = {.text = ""};
    struct simulation *s = simulate(&o, &sink, &r);
    (void)snprintf(path, sizeof path, "%s/truth.json", folder);
    assert_int_equal(simulate_truth_write(s, path, &err), 0);
    simulate_close(s);
    json_t *t = json_load_file(path, 0, NULL), *a, *n;
    assert_non_null(t);
    assert_true(json_is_true(json_object_get(t, "simulated")));
    size_t i;
    const char *key;
    json_int_t raw = 0, broken = 0, per_dst = 0, per_src = 0;
    json_array_foreach(json_object_get(t, "actors"), i, a)
    {
        json_t *r_ = json_object_get(a, "raw");
        raw += json_integer_value(json_object_get(r_, "packets"));
        broken += json_integer_value(json_object_get(r_, "broken_packets"));
        json_object_foreach(json_object_get(r_, "per_dst"), key, n) per_dst += json_integer_value(n);
        json_object_foreach(json_object_get(a, "sources"), key, n) per_src +=
            json_integer_value(json_object_get(n, "raw"));
    }
    assert_int_equal(raw + broken, 50000);
    assert_int_equal(broken, seen.broken);
    assert_int_equal(per_dst, raw);
    assert_int_equal(per_src, raw);
    json_decref(t);
    (void)unlink(path);
}

static int make(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int clean(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_count_and_tail), cmocka_unit_test(test_same_seed),
        cmocka_unit_test(test_ends_by_time),   cmocka_unit_test(test_exponent),
        cmocka_unit_test(test_files),          cmocka_unit_test(test_truth),
    };
    return cmocka_run_group_tests(tests, make, clean);
}

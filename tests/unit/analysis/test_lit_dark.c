#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "memory_store.h"

#include "../cmocka_all.h"
#include "analysis/lit_dark.h"
#include "base/ip.h"

#define near(a, b, eps) assert_true(fabs((double)(a) - (double)(b)) <= (double)(eps))

static uint32_t ip(const char *text)
{
    uint32_t ret = 0;
    assert_int_equal(ip4_parse(text, &ret, NULL), 0);
    return ret;
}

static struct result *analyse(struct store *s, struct config *config)
{
    struct analysis_params params = {.config = config, .seed = 1};
    struct result *r = NULL;
    struct err err = {""};
    if (analysis_lit_dark.run(s, &params, &r, &err) < 0)
        fail_msg("%s", err.text);
    return r;
}

static size_t row_of(const struct result *r, uint32_t src)
{
    for (size_t i = 0; i < result_rows(r); i++) {
        if (result_u64(r, result_column(r, "src"), i) == src)
            return i;
    }
    fail_msg("source %08x has no row", src);
    return 0;
}

static double f64(const struct result *r, const char *name, size_t row)
{
    return result_f64(r, result_column(r, name), row);
}

static bool said(const struct result *r, const char *words)
{
    for (size_t i = 0; i < result_findings(r); i++) {
        if (strstr(result_finding_at(r, i), words))
            return true;
    }
    return false;
}

/* The docstring's example. */
static void worked_example(void **state)
{
    struct config config = {.n_darknet = 1, .n_points = 1};
    uint32_t point = ip("10.0.0.5");
    config.darknet[0] = (struct ip4_prefix){ip("10.0.0.0"), 22};
    config.points = &point;
    struct store *s = memory_store_open();
    memory_store_run(s,
                     "INSERT INTO packet(ts, src, dst, proto, sport, dport, tcp_flags, tcp_seq, ip_len) "
                     "SELECT TIMESTAMP '2013-04-10' + to_seconds(i), 77, ip4('10.0.0.0') + 10 + i, 6, 1000,"
                     " 445, 2, i, 40 FROM range(30) t(i)");
    memory_store_run(
        s, "INSERT INTO packet(ts, src, dst, proto, sport, dport, tcp_flags, tcp_seq, ip_len) SELECT "
           "TIMESTAMP '2013-04-10', 77, ip4('10.0.0.5'), 6, 1000, 445, 2, i, 40 FROM range(2) t(i)");
    memory_store_run(s, "INSERT INTO packet(ts, src, dst, proto, sport, dport, tcp_flags, tcp_seq, ip_len) "
                        "SELECT TIMESTAMP '2013-04-10', 77, ip4('10.0.1.0') + i * 80, 6, 1000, 445, 2, i, 40"
                        " FROM range(9) t(i)");
    /* other ports, protocols and places count nowhere */
    memory_store_run(s, "INSERT INTO packet(ts, src, dst, proto, sport, dport, tcp_flags, tcp_seq, ip_len) "
                        "VALUES (TIMESTAMP '2013-04-10', 77, ip4('10.0.0.9'), 6, 1, 446, 2, 0, 40),"
                        " (TIMESTAMP '2013-04-10', 77, ip4('10.0.0.9'), 17, 1, 445, NULL, 0, 40),"
                        " (TIMESTAMP '2013-04-10', 77, ip4('10.0.4.0'), 6, 1, 445, 2, 0, 40)");
    struct result *r = analyse(s, &config);
    assert_int_equal(result_rows(r), 1);
    assert_int_equal(result_u64(r, result_column(r, "packets"), 0), 41);
    near(f64(r, "mean_lit", 0), 32, 1e-12);
    near(f64(r, "mean_dark", 0), 3, 1e-12);
    near(f64(r, "ratio", 0), 30.0 / 255 / (9.0 / 768), 1e-9);
    assert_true(f64(r, "ratio_lo", 0) < 10.04 && f64(r, "ratio_hi", 0) > 10.04);
    result_free(r);
    store_close(s);
}

static void planted_effects_are_found(void **state)
{
    struct config config = {.n_darknet = 1};
    config.darknet[0] = (struct ip4_prefix){ip("10.77.0.0"), 18};
    struct store *s = memory_store_open();
    memory_store_plant(s, true);
    struct result *r = analyse(s, &config);
    size_t effect = result_column(r, "effect");
    assert_string_equal(result_text(r, effect, row_of(r, ip("24.242.18.7"))), "more");
    assert_string_equal(result_text(r, effect, row_of(r, ip("91.74.203.44"))), "more");
    assert_string_equal(result_text(r, effect, row_of(r, ip("203.0.113.9"))), "none");
    size_t controls = 0;
    for (size_t i = 0; i < result_rows(r); i++) {
        if (result_u64(r, result_column(r, "src"), i) >> 8 == ip("198.51.100.0") >> 8)
            controls += strcmp(result_text(r, effect, i), "more") == 0;
    }
    assert_int_equal(controls, 0);
    assert_true(said(r, "TCP 445: 2 of the"));
    assert_true(f64(r, "ratio", row_of(r, ip("24.242.18.7"))) > 1.5);
    assert_true(result_loss(r).known);
    assert_int_equal(result_loss(r).lost, 12);
    result_free(r);
    store_close(s);
}

static void without_effects_none_is_stated(void **state)
{
    struct config config = {.n_darknet = 1};
    config.darknet[0] = (struct ip4_prefix){ip("10.77.0.0"), 18};
    struct store *s = memory_store_open();
    memory_store_plant(s, false);
    struct result *r = analyse(s, &config);
    assert_true(said(r, "no effect found"));
    /* The paper's own numbers differ even so: a conversation has more packets than a knock. */
    size_t row = row_of(r, ip("24.242.18.7"));
    assert_true(f64(r, "ratio_lo", row) < 1 && f64(r, "ratio_hi", row) > 1);
    result_free(r);
    store_close(s);
}

static void empty_store_says_so(void **state)
{
    struct config config = {.n_darknet = 1};
    config.darknet[0] = (struct ip4_prefix){ip("10.77.0.0"), 18};
    struct store *s = memory_store_open();
    struct result *r = analyse(s, &config);
    assert_int_equal(result_rows(r), 0);
    assert_true(said(r, "No packet to TCP port 445"));
    result_free(r);
    config.n_darknet = 0;
    struct analysis_params params = {.config = &config};
    struct err err = {""};
    assert_int_equal(analysis_lit_dark.run(s, &params, &r, &err), -EINVAL);
    assert_non_null(strstr(err.text, "--config"));
    store_close(s);
}

/* Without a lit address, or with every /24 lit, there are no two groups. */
static void one_group_is_no_comparison(void **state)
{
    struct config config = {.n_darknet = 1};
    config.darknet[0] = (struct ip4_prefix){ip("10.77.0.0"), 24};
    struct store *s = memory_store_open();
    memory_store_run(
        s,
        "INSERT INTO packet(ts, src, dst, proto, sport, dport, tcp_flags) SELECT TIMESTAMP '2013-04-10', 7,"
        " ip4('10.77.0.0') + i, 6, 1, 445, 2 FROM range(40) t(i)");
    struct result *r = analyse(s, &config);
    assert_true(said(r, "no /24 of the darknet holds an observation point"));
    assert_int_equal(result_findings(r), 1);
    result_free(r);
    memory_store_run(
        s, "INSERT INTO lighting VALUES (TIMESTAMP '2013-04-09', NULL, ip4('10.77.0.5'), NULL, NULL, NULL)");
    r = analyse(s, &config);
    assert_true(said(r, "every /24 of the darknet holds an observation point"));
    assert_true(isnan(f64(r, "ratio", 0)) && isnan(f64(r, "p", 0)));
    result_free(r);
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worked_example), cmocka_unit_test(planted_effects_are_found),
        cmocka_unit_test(without_effects_none_is_stated), cmocka_unit_test(empty_store_says_so),
        cmocka_unit_test(one_group_is_no_comparison)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* sweep and version-effect: the docstrings' examples, the planted effects, and silence where nothing was planted. */
#include <math.h>
#include <string.h>

#include "memory_store.h"

#include "../cmocka_all.h"
#include "analysis/sweep.h"
#include "analysis/version.h"

#define near(a, b, eps) assert_true(fabs((double)(a) - (double)(b)) <= (double)(eps))

static struct result *analyse(struct store *s, const struct analysis *a, struct ip4_prefix darknet)
{
    struct config config = {.n_darknet = 1};
    config.darknet[0] = darknet;
    struct analysis_params params = {.config = &config, .seed = 1};
    struct result *r = NULL;
    struct err err = {""};
    if (a->run(s, &params, &r, &err) < 0)
        fail_msg("%s: %s", a->name, err.text);
    return r;
}

static const struct ip4_prefix lab = {0x0a4d0000, 18}, small = {0x0a000000, 22};

static bool said(const struct result *r, const char *words)
{
    for (size_t i = 0; i < result_findings(r); i++) {
        if (strstr(result_finding_at(r, i), words))
            return true;
    }
    return false;
}

static uint64_t u64(const struct result *r, const char *name, size_t row)
{
    return result_u64(r, result_column(r, name), row);
}

static double f64(const struct result *r, const char *name, size_t row)
{
    return result_f64(r, result_column(r, name), row);
}

static void light(struct store *s)
{
    memory_store_run(
        s, "INSERT INTO lighting VALUES (TIMESTAMP '2013-04-09', NULL, ip4('10.0.0.5'), NULL, NULL, NULL)");
}

static void syn(struct store *s, const char *values)
{
    char sql[1024];
    (void)snprintf(sql, sizeof sql, "INSERT INTO packet(ts, src, dst, proto, sport, dport, tcp_flags) %s",
                   values);
    memory_store_run(s, sql);
}

static void sweep_example(void **state)
{
    struct store *s = memory_store_open();
    light(s);
    memory_store_run(s, "INSERT INTO answer VALUES (TIMESTAMP '2013-04-10 00:01:00', 7, ip4('10.0.0.5'), "
                        "445, 'smb', 'x', 1)");
    syn(s, "SELECT TIMESTAMP '2013-04-10' + to_seconds(i), 7, ip4('10.0.1.0') + (i // 3) * 256 + i * 77 % "
           "200, 6, 1, 445, 2 FROM range(9) t(i)");
    syn(s, "SELECT TIMESTAMP '2013-04-10 00:00:59', 7, ip4('10.0.0.5'), 6, 1, 445, 2");
    syn(s, "SELECT TIMESTAMP '2013-04-10 00:02:00' + to_seconds(i), 7, ip4('10.0.0.0') + i, 6, 1, 445, 2 "
           "FROM range(1, 21) t(i)");
    struct result *r = analyse(s, &analysis_sweep, small);
    assert_int_equal(result_rows(r), 1);
    assert_int_equal(u64(r, "events", 0), 1);
    assert_int_equal(u64(r, "sweeps", 0), 1);
    assert_int_equal(u64(r, "placebos", 0), 3);
    assert_int_equal(u64(r, "placebo_sweeps", 0), 0);
    assert_int_equal(u64(r, "best_addresses", 0), 20);
    near(f64(r, "p", 0), 0.25, 1e-9);
    assert_true(said(r, "no effect found")); /* one event proves nothing */
    result_free(r);
    store_close(s);
}

static void planted_sweeps(void **state)
{
    struct store *s = memory_store_open();
    memory_store_plant(s, true);
    struct result *r = analyse(s, &analysis_sweep, lab);
    assert_true(said(r, "TCP 445: 2 of the 2 answered sources sweep"));
    assert_int_equal(u64(r, "src", 0), 24u << 24 | 242 << 16 | 18 << 8 | 7);
    assert_int_equal(u64(r, "sweeps", 0), u64(r, "events", 0));
    assert_int_equal(u64(r, "placebo_sweeps", 0), 0);
    assert_true(u64(r, "best_addresses", 0) >= 250);
    result_free(r);
    store_close(s);
}

/* The walker of the whole /18 passes every point in order: its placebos sweep as its events do. */
static void no_sweeps_without_effects(void **state)
{
    struct store *s = memory_store_open();
    memory_store_plant(s, false);
    struct result *r = analyse(s, &analysis_sweep, lab);
    assert_true(said(r, "no effect found"));
    result_free(r);
    memory_store_run(s, "INSERT INTO answer SELECT ts, src, dst, dport, 'smb', 'x', 1 FROM packet WHERE src "
                        "= ip4('203.0.113.9')"
                        " AND dst IN (SELECT dst FROM lighting)");
    r = analyse(s, &analysis_sweep, lab);
    assert_true(said(r, "no effect found"));
    assert_true(said(r, "none of the 3 answered sources"));
    result_free(r);
    store_close(s);
}

static void version_example(void **state)
{
    struct store *s = memory_store_open();
    light(s);
    memory_store_run(s, "INSERT INTO answer VALUES (TIMESTAMP '2013-04-10 00:01:00', 7, ip4('10.0.0.5'), "
                        "3306, 'mysql', '5.6.10', 1)");
    syn(s, "VALUES (TIMESTAMP '2013-04-10 00:00:59', 7, ip4('10.0.0.5'), 6, 1, 3306, 2),"
           " (TIMESTAMP '2013-04-10 00:02:00', 7, ip4('10.0.1.5'), 6, 1, 3306, 2), (TIMESTAMP '2013-04-10 "
           "00:02:03', 7, ip4('10.0.1.5'), 6, 1, 3306, 2),"
           " (TIMESTAMP '2013-04-10 00:03:00', 7, ip4('10.0.2.5'), 6, 1, 3306, 2), (TIMESTAMP '2013-04-10 "
           "00:04:00', 7, ip4('10.0.0.5'), 6, 1, 3306, 2),"
           " (TIMESTAMP '2013-04-10 00:05:00', 7, ip4('10.0.3.5'), 6, 1, 3306, 2)");
    struct result *r = analyse(s, &analysis_version, small);
    assert_int_equal(result_rows(r), 1);
    assert_int_equal(u64(r, "visits", 0), 4);
    assert_int_equal(u64(r, "points", 0), 1);
    near(f64(r, "expected", 0), 1.0 / 1024, 1e-12);
    near(f64(r, "p_more", 0), 1 - pow(1023.0 / 1024, 4), 1e-12);
    result_free(r);
    store_close(s);
}

static void planted_versions(void **state)
{
    struct store *s = memory_store_open();
    memory_store_plant(s, true);
    struct result *r = analyse(s, &analysis_version, lab);
    size_t effect = result_column(r, "effect");
    assert_int_equal(result_rows(r), 2);
    assert_string_equal(result_text(r, effect, 0), "none");
    assert_string_equal(result_text(r, effect, 1), "returns then avoids");
    assert_int_equal(u64(r, "phase1_visits", 1), 90);
    assert_int_equal(u64(r, "phase1_points", 1), 90);
    assert_int_equal(u64(r, "phase2_points", 1), 0);
    assert_true(f64(r, "p_versus", 1) < 1e-6);
    assert_true(said(r, "Told 5.1.54, 116.254.9.31 returns to points, then leaves them out"));
    assert_true(said(r, "Told 5.6.10, 116.254.9.31 goes on as at random"));
    result_free(r);
    store_close(s);
}

static void no_choice_without_effects(void **state)
{
    struct store *s = memory_store_open();
    memory_store_plant(s, false);
    struct result *r = analyse(s, &analysis_version, lab);
    size_t effect = result_column(r, "effect");
    assert_string_equal(result_text(r, effect, 0), "none");
    assert_string_equal(result_text(r, effect, 1), "none");
    assert_true(said(r, "no effect found"));
    result_free(r);
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sweep_example),
                                       cmocka_unit_test(planted_sweeps),
                                       cmocka_unit_test(no_sweeps_without_effects),
                                       cmocka_unit_test(version_example),
                                       cmocka_unit_test(planted_versions),
                                       cmocka_unit_test(no_choice_without_effects)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

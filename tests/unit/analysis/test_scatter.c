#include <string.h>

#include "memory_store.h"

#include "../cmocka_all.h"
#include "analysis/pick.h"
#include "analysis/scatter.h"

static struct config darknet(void)
{
    struct config c = {.n_darknet = 1};
    c.darknet[0] = (struct ip4_prefix){0x0a4d0000, 18};
    return c;
}

static void worked_example(void **state)
{
    struct config config = darknet();
    struct store *s = memory_store_open();
    memory_store_run(s, "INSERT INTO packet(ts, src, dst, proto, sport, dport, tcp_flags, tcp_seq, ip_len) "
                        "SELECT TIMESTAMP '2013-04-10' + to_seconds(10 * i), 7, ip4('10.77.0.0') + i, 6, 1,"
                        " 445, 2, i, 40 FROM range(3) t(i)");
    memory_store_run(s, "INSERT INTO answer VALUES (TIMESTAMP '2013-04-10 00:00:11', 7, ip4('10.77.0.1'), "
                        "445, 'smb', 'x', 1)");
    memory_store_run(
        s, "INSERT INTO lighting VALUES (TIMESTAMP '2013-04-09', NULL, ip4('10.77.0.1'), NULL, NULL, NULL)");
    struct analysis_params params = {.config = &config};
    struct result *r = NULL;
    struct err err = {""};
    assert_int_equal(analysis_scatter.run(s, &params, &r, &err), 0);
    assert_int_equal(result_rows(r), 4);
    size_t kind = result_column(r, "kind"), point = result_column(r, "point");
    assert_string_equal(result_text(r, kind, 1), "packet");
    assert_string_equal(result_text(r, kind, 2), "answer");
    assert_string_equal(result_text(r, result_column(r, "version"), 2), "x");
    assert_int_equal(result_i64(r, point, 0), 0);
    assert_int_equal(result_i64(r, point, 1), 1);
    result_free(r);
    store_close(s);
}

/* The whole-/18 walker sends as many packets as the sweepers but never completed a handshake. */
static void top_sources_are_answered_ones(void **state)
{
    struct config config = darknet();
    struct analysis_params params = {.config = &config};
    struct store *s = memory_store_open();
    memory_store_plant(s, true);
    struct scope scope;
    struct pick_source top[3];
    struct err err = {""};
    assert_int_equal(scope_init(&scope, s, &params, 6, 445, &err), 0);
    assert_int_equal(scope.n_points, 32);
    assert_int_equal(scope.n_lit, 32);
    assert_int_equal(scope.n_nets, 64);
    assert_int_equal(scope.n_partly, 0);
    assert_int_equal(pick_sources(&scope, 3, top, &err), 2);
    assert_int_equal(top[0].src, 24u << 24 | 242 << 16 | 18 << 8 | 7);
    assert_int_equal(top[1].src, 91u << 24 | 74 << 16 | 203 << 8 | 44);
    scope_done(&scope);
    struct pick_period period[4];
    assert_int_equal(scope_init(&scope, s, &params, 6, 3306, &err), 0);
    assert_int_equal(pick_periods(&scope, 4, period, &err), 2);
    assert_string_equal(period[0].version, "5.6.10");
    assert_string_equal(period[1].version, "5.1.54");
    assert_int_equal(period[0].until_us, period[1].told_us);
    scope_done(&scope);
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(worked_example),
                                       cmocka_unit_test(top_sources_are_answered_ones)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

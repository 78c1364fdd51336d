/* overview, top-sources, loss, table-1, table-2 and the list of analyses. */
#include <string.h>

#include "memory_store.h"

#include "../cmocka_all.h"
#include "analysis/analysis.h"

static struct result *analyse(struct store *s, const char *name)
{
    static struct config config = {.n_darknet = 1, .darknet = {{0x0a4d0000, 18}}};
    struct analysis_params params = {.config = &config, .seed = 1};
    struct result *r = NULL;
    struct err err = {""};
    const struct analysis *a = analysis_find(name);
    assert_non_null(a);
    if (a->run(s, &params, &r, &err) < 0)
        fail_msg("%s: %s", name, err.text);
    return r;
}

static bool said(const struct result *r, const char *words)
{
    for (size_t i = 0; i < result_findings(r); i++) {
        if (strstr(result_finding_at(r, i), words))
            return true;
    }
    return false;
}

static void four_packets(struct store *s)
{
    memory_store_run(s, "INSERT INTO packet(ts, src, dst, proto, sport, dport, tcp_flags) VALUES"
                        " (TIMESTAMP '2013-04-10', 1, ip4('10.77.0.1'), 6, 9, 445, 2), (TIMESTAMP "
                        "'2013-04-10', 1, ip4('10.77.0.2'), 6, 9, 445, 2),"
                        " (TIMESTAMP '2013-04-11', 2, ip4('10.77.0.1'), 6, 9, 445, 2), (TIMESTAMP "
                        "'2013-04-11', 1, ip4('10.77.0.1'), 17, 9, 53, NULL),"
                        " (TIMESTAMP '2013-04-11', 1, ip4('10.78.0.1'), 17, 9, 53, NULL)");
}

static void overview(void **state)
{
    struct store *s = memory_store_open();
    four_packets(s);
    memory_store_run(
        s,
        "INSERT INTO packet(ts, src, dst, proto, sport, dport, tcp_flags) SELECT TIMESTAMP '2013-04-10', 5,"
        " ip4('10.77.1.0') + i, 6, 80, 1000 + i, 18 FROM range(5) t(i)");
    struct result *r = analyse(s, "overview");
    assert_int_equal(result_rows(r), 3);
    assert_int_equal(result_u64(r, result_column(r, "port"), 0), 445);
    assert_int_equal(result_u64(r, result_column(r, "sources"), 0), 2);
    assert_int_equal(result_u64(r, result_column(r, "packets"), 0), 3);
    assert_string_equal(result_text(r, result_column(r, "kind"), 1), "backscatter");
    assert_int_equal(result_u64(r, result_column(r, "port"), 1), 80);
    assert_int_equal(result_u64(r, result_column(r, "addresses"), 1), 5);
    assert_true(said(r, "9 packets of 3 sources to a darknet of 16384 addresses"));
    assert_true(said(r, "Most sources (2) ask for TCP port 445"));
    assert_int_equal(result_notes(r), 2); /* no point was lit; one packet outside */
    result_free(r);
    store_close(s);
}

static void top_sources(void **state)
{
    struct store *s = memory_store_open();
    four_packets(s);
    struct result *r = analyse(s, "top-sources");
    assert_int_equal(result_rows(r), 2);
    assert_int_equal(result_u64(r, result_column(r, "packets"), 0), 3);
    assert_int_equal(result_u64(r, result_column(r, "addresses"), 0), 2);
    assert_true(said(r, "1 source sends half of the 4 packets; 0.0.0.1 alone sends 75.0 %"));
    result_free(r);
    store_close(s);
}

static void loss(void **state)
{
    struct store *s = memory_store_open();
    struct result *r = analyse(s, "loss");
    assert_true(said(r, "not known"));
    assert_false(result_loss(r).known);
    result_free(r);
    four_packets(s);
    memory_store_run(s, "INSERT INTO loss VALUES (TIMESTAMP '2013-04-10', 'kernel', '', 7, 7, 0),"
                        " (TIMESTAMP '2013-04-10', 'spool', '', 5, 5, 0), (TIMESTAMP '2013-04-10', 'decoder', 'not-ip', 2, 0, 2)");
    r = analyse(s, "loss");
    assert_true(said(r, "2 of 7 packets received were lost, 5 stored"));
    assert_int_equal(result_rows(r), 3);
    result_free(r);
    store_close(s);
}

static void tables(void **state)
{
    struct store *s = memory_store_open();
    memory_store_plant(s, true);
    struct result *r = analyse(s, "table-1");
    assert_int_equal(result_rows(r), 6);
    assert_string_equal(result_text(r, result_column(r, "text"), 0), "set autocommit=0");
    assert_string_equal(result_text(r, result_column(r, "reply"), 0), "OK");
    result_free(r);
    r = analyse(s, "table-2");
    assert_string_equal(result_text(r, result_column(r, "version"), 0), "5.6.10");
    assert_string_equal(result_text(r, result_column(r, "version"), 1), "5.1.54");
    result_free(r);
    store_close(s);
}

/* Each analysis bears an empty store, and says so rather than inventing something. */
static void every_analysis_bears_nothing(void **state)
{
    struct store *s = memory_store_open();
    for (const struct analysis *const *a = analysis_table; *a; a++) {
        assert_ptr_equal(analysis_find((*a)->name), *a);
        assert_true((*a)->title[0] && (*a)->doc[0]);
        struct result *r = analyse(s, (*a)->name);
        assert_int_equal(result_rows(r), 0);
        assert_true(result_findings(r) > 0);
        assert_true(said(r, "No ") || said(r, "no ") || said(r, "not known"));
        result_free(r);
    }
    assert_null(analysis_find("nothing"));
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(overview), cmocka_unit_test(top_sources),
                                       cmocka_unit_test(loss), cmocka_unit_test(tables),
                                       cmocka_unit_test(every_analysis_bears_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

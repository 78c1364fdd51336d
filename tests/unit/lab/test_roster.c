/* The cast: every entry can be played, the figures' sources stand out, the whole is as large as it is said to be. */
#include "lab/roster.h"
#include "play.h"

static size_t packets_to(const struct play *p, uint16_t dport)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++)
        n += p->steps[i].dport == dport;
    return n;
}

static int by_source(const void *a, const void *b)
{
    uint32_t x = ((const struct step *)a)->src, y = ((const struct step *)b)->src;
    return (x > y) - (x < y);
}

/* Most packets that one source sends to dport. */
static size_t top_source(struct play *p, uint16_t dport)
{
    size_t most = 0;
    qsort(p->steps, p->n, sizeof *p->steps, by_source);
    for (size_t i = 0, k; i < p->n; i = k) {
        size_t n = 0;
        for (k = i; k < p->n && p->steps[k].src == p->steps[i].src; k++)
            n += p->steps[k].dport == dport;
        most = n > most ? n : most;
    }
    return most;
}

static void test_cast(void **state)
{
    (void)state;
    size_t total = 0, smb_1 = 0, smb_2 = 0, smb_others = 0, mysql = 0, mysql_others = 0;
    for (const struct roster_entry *e = roster_demo; e->name; e++) {
        struct behaviour_params params;
        struct err err = {.text = ""};
        struct world w = {.switch_us = 50 * SECOND, .latency_us = 5000};
        assert_ptr_equal(roster_find(roster_demo, e->name), e); /* names are unique */
        assert_int_equal(roster_params(e, 1, DARKNET, 100 * SECOND, true, &params, &err), 0);
        const struct behaviour *b = behaviour_find(e->behaviour);
        assert_true(!b->stateful || roster_owns_sources(e));
        struct play p = play(e->behaviour, &params, &w, NULL, NULL);
        total += p.n;
        assert_true(p.n > 100);
        size_t smb = top_source(&p, 445), sql = top_source(&p, 3306);
        if (strcmp(e->name, "sweeper-1") == 0)
            smb_1 = smb;
        else if (strcmp(e->name, "sweeper-2") == 0)
            smb_2 = smb;
        else
            smb_others = smb > smb_others ? smb : smb_others;
        if (strcmp(e->behaviour, "chooser") == 0)
            mysql = packets_to(&p, 3306);
        else
            mysql_others = sql > mysql_others ? sql : mysql_others;
        free(p.steps);
    }
    assert_true(smb_1 > smb_2 && smb_2 > smb_others * 3 / 2);
    assert_true(mysql > mysql_others * 3 / 2);
    assert_true(total > 120000 && total < 220000);
}

static void test_seeds_differ(void **state)
{
    (void)state;
    struct behaviour_params one, other;
    assert_int_equal(roster_params(&roster_demo[0], 1, DARKNET, SECOND, true, &one, NULL), 0);
    assert_int_equal(roster_params(&roster_demo[1], 1, DARKNET, SECOND, true, &other, NULL), 0);
    assert_int_not_equal(one.seed, other.seed);
    assert_int_not_equal(one.seed, roster_seed(2, roster_demo[0].name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cast), cmocka_unit_test(test_seeds_differ)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

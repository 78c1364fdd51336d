/* The sweeper: an answer is followed by its /24 in order, and by nothing with the effects off. */
#include "play.h"

struct notes {
    struct note at[256];
    size_t n;
};

static void keep(void *to, const struct note *n)
{
    struct notes *notes = to;
    assert_true(notes->n < 256);
    notes->at[notes->n++] = *n;
}

/* The index of the first step that sweeps: n_in_order addresses follow one another by one from there. */
static size_t in_order_from(const struct play *p, size_t from)
{
    size_t n = 1;
    while (from + n < p->n && p->steps[from + n].dst == p->steps[from + n - 1].dst + 1)
        n++;
    return n;
}

static void test_sweeps_in_order(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct notes notes = {.n = 0};
        struct world w = {.latency_us = 3000};
        struct behaviour_params params = params_of(seed);
        params.note = keep;
        params.note_to = &notes;
        struct play p = play("sweeper", &params, &w, NULL, NULL);
        size_t sweeps = 0;
        assert_true(notes.n >= 20);
        for (size_t i = 0; i + 1 < notes.n; i += 2) {
            assert_int_equal(notes.at[i].kind, NOTE_SWEEP_BEGIN);
            assert_int_equal(notes.at[i + 1].kind, NOTE_SWEEP_END);
            assert_true(is_point(notes.at[i].ip));
            assert_int_equal(notes.at[i].net.base, notes.at[i].ip & 0xffffff00);
            size_t from = 0;
            while (from < p.n && p.steps[from].at_us < notes.at[i].at_us)
                from++;
            uint32_t first = p.steps[from].dst;
            assert_true(first == notes.at[i].net.base || first == notes.at[i].net.base + 1);
            size_t n = in_order_from(&p, from);
            if (i + 2 < notes.n) { /* the last may be cut by the end of the run */
                assert_int_equal(first + n - 1, notes.at[i].net.base + 255);
                assert_int_equal(notes.at[i + 1].n, n);
                sweeps++;
            }
        }
        assert_true(sweeps >= 10);
        free(p.steps);
    }
}

/* The first answer is followed at once: only what was asked before the outcome came stands between. */
static void test_answer_comes_first(void **state)
{
    (void)state;
    struct world w = {.latency_us = 3000};
    struct behaviour_params params = params_of(7);
    struct play p = play("sweeper", &params, &w, NULL, NULL);
    size_t hit = 0;
    while (hit < p.n && !is_point(p.steps[hit].dst))
        hit++;
    assert_true(hit < p.n);
    size_t i = hit + 1;
    while (p.steps[i].at_us <= p.steps[hit].at_us + w.latency_us)
        i++;
    i++; /* one random probe may be in the carrier's hand when the outcome comes */
    size_t first = in_order_from(&p, i - 1) > 2 ? i - 1 : i;
    assert_int_equal(p.steps[first].dst & 0xffffff00, p.steps[hit].dst & 0xffffff00);
    assert_true(in_order_from(&p, first) >= 255);
    for (size_t k = 0; k < p.n; k++) {
        assert_int_equal(p.steps[k].dport, 445);
        assert_int_equal(p.steps[k].src, p.steps[0].src);
        assert_true(ip4_in(p.steps[k].src, SOURCES));
        assert_true(ip4_in(p.steps[k].dst, DARKNET));
    }
    free(p.steps);
}

static size_t longest_run(const struct play *p)
{
    size_t longest = 0;
    for (size_t i = 0; i < p->n; i++) {
        size_t n = in_order_from(p, i);
        longest = n > longest ? n : longest;
    }
    return longest;
}

static void test_no_effects(void **state)
{
    (void)state;
    struct notes notes = {.n = 0};
    struct world w = {.latency_us = 3000};
    struct behaviour_params params = params_of(7);
    params.effects = false;
    params.note = keep;
    params.note_to = &notes;
    struct play p = play("sweeper", &params, &w, NULL, NULL);
    assert_true(w.dialogues_lit > 10); /* it was answered, and did not care */
    assert_int_equal(notes.n, 0);
    assert_true(longest_run(&p) < 6);
    free(p.steps);
}

/* Figure 3: /24s with a point get far more than /24s without; without effects as much. */
static double lit_to_dark(bool effects)
{
    struct world w = {.latency_us = 3000};
    struct behaviour_params params = params_of(3);
    params.effects = effects;
    struct play p = play("sweeper", &params, &w, NULL, NULL);
    double lit = 0, dark = 0;
    for (size_t i = 0; i < p.n; i++) {
        if ((p.steps[i].dst - DARKNET.base) / 256 % 2 == 0) /* point_at() lies in every second /24 */
            lit++;
        else
            dark++;
    }
    free(p.steps);
    return lit / dark;
}

static void test_figure_3(void **state)
{
    (void)state;
    double with = lit_to_dark(true), without = lit_to_dark(false);
    assert_true(with > 1.8);
    assert_true(without > 0.9 && without < 1.1);
}

static void test_same_seed_same_actions(void **state)
{
    (void)state;
    struct world w = {.latency_us = 3000};
    struct behaviour_params params = params_of(11);
    struct play a = play("sweeper", &params, &w, NULL, NULL), b = play("sweeper", &params, &w, NULL, NULL);
    params.seed = 12;
    struct play c = play("sweeper", &params, &w, NULL, NULL);
    assert_int_equal(a.n, b.n);
    size_t differ = 0;
    for (size_t i = 0; i < a.n; i++) {
        assert_int_equal(a.steps[i].at_us, b.steps[i].at_us);
        assert_int_equal(a.steps[i].dst, b.steps[i].dst);
        differ += i < c.n && a.steps[i].dst != c.steps[i].dst;
    }
    assert_true(differ > a.n / 2);
    free(a.steps);
    free(b.steps);
    free(c.steps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sweeps_in_order),
        cmocka_unit_test(test_answer_comes_first),
        cmocka_unit_test(test_no_effects),
        cmocka_unit_test(test_figure_3),
        cmocka_unit_test(test_same_seed_same_actions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The chooser: 5.6.10 changes nothing; 5.1.54 sends it to the points it knows, then over the rest. */
#include "play.h"

struct phases {
    int64_t revisit_us, avoid_us;
    uint32_t known;
    char version[64];
};

static void keep(void *to, const struct note *n)
{
    struct phases *ph = to;
    assert_int_equal(n->kind, NOTE_PHASE);
    if (strcmp(n->text, "revisit") == 0) {
        ph->revisit_us = n->at_us;
        ph->known = n->n;
        (void)snprintf(ph->version, sizeof ph->version, "%s", n->version);
        assert_true(is_point(n->ip));
    } else {
        assert_string_equal(n->text, "avoid");
        ph->avoid_us = n->at_us;
    }
}

static struct play run(uint64_t seed, int64_t switch_us, bool effects, struct phases *ph)
{
    struct world w = {.switch_us = switch_us, .latency_us = 8000};
    struct behaviour_params params = params_of(seed);
    params.effects = effects;
    params.note = keep;
    params.note_to = ph;
    *ph = (struct phases){0};
    return play("chooser", &params, &w, NULL, NULL);
}

static void test_old_version_tells_phases(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct phases ph;
        struct play p = run(seed, 50 * SECOND, true, &ph);
        assert_string_equal(ph.version, "5.1.54");
        assert_int_equal(ph.known, POINTS); /* a whole pass lies in the first period */
        assert_true(ph.revisit_us >= 50 * SECOND && ph.revisit_us < 60 * SECOND);
        assert_true(ph.avoid_us > ph.revisit_us + 5 * SECOND && ph.avoid_us < 75 * SECOND);
        unsigned visits[POINTS] = {0}, before = 0, avoided = 0, in_hand = 0;
        for (size_t i = 0; i < p.n; i++) {
            const struct step *s = &p.steps[i];
            assert_int_equal(s->dport, 3306);
            if (s->at_us < ph.revisit_us) {
                before++;
            } else if (s->at_us < ph.avoid_us) {
                if (is_point(s->dst))
                    visits[(s->dst - DARKNET.base) / 512]++;
                else
                    in_hand++; /* asked for before the outcome came */
            } else {
                assert_false(is_point(s->dst));
                avoided++;
            }
        }
        assert_true(in_hand <= 1);
        assert_true(before > 16384);
        assert_true(avoided > 8000);
        for (unsigned i = 0; i < POINTS; i++)
            assert_true(visits[i] >= 4 && visits[i] <= 5);
        free(p.steps);
    }
}

static void test_new_version_changes_nothing(void **state)
{
    (void)state;
    struct phases ph;
    struct play told = run(5, 0, true, &ph);
    assert_int_equal(ph.revisit_us, 0);
    /* Each pass of the darknet asks each address once, points as well as others. */
    static unsigned seen[16384];
    memset(seen, 0, sizeof seen);
    for (size_t i = 0; i < 16384; i++)
        seen[told.steps[i].dst - DARKNET.base]++;
    for (size_t i = 0; i < 16384; i++)
        assert_int_equal(seen[i], 1);
    unsigned late = 0;
    for (size_t i = 16384; i < told.n; i++)
        late += is_point(told.steps[i].dst) ? 1 : 0;
    assert_true(late >= POINTS);
    free(told.steps);
}

static void test_no_effects(void **state)
{
    (void)state;
    struct phases ph, none;
    struct play with = run(5, 50 * SECOND, true, &ph), without = run(5, 50 * SECOND, false, &none);
    assert_int_not_equal(ph.revisit_us, 0);
    assert_int_equal(none.revisit_us, 0);
    unsigned late = 0;
    for (size_t i = 0; i < without.n; i++)
        late += without.steps[i].at_us > 60 * SECOND && is_point(without.steps[i].dst) ? 1 : 0;
    assert_true(late > POINTS / 2);
    free(with.steps);
    free(without.steps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_old_version_tells_phases),
        cmocka_unit_test(test_new_version_changes_nothing),
        cmocka_unit_test(test_no_effects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <stdlib.h>

#include "../cmocka_all.h"
#include "base/rng.h"
#include "session/source.h"
#include "session/wheel.h"

struct item {
    struct wheel_node node;
    int64_t deadline_us;
    bool waiting;
};

/* Thousands of deadlines, some far away, some moved, some taken back; put again when they come up early, as the loop does. */
static void each_comes_up_in_time(void **state)
{
    enum { N = 3000 };
    struct wheel *w = malloc(sizeof *w);
    struct item *items = calloc(N, sizeof *items);
    struct rng rng = rng_of(1, "wheel");
    int64_t now_us = 123456789;
    size_t waiting = 0;
    wheel_init(w, now_us);
    for (size_t i = 0; i < N; i++) {
        items[i].deadline_us = now_us + 1 + (int64_t)rng_below(&rng, 120 * 1000000);
        items[i].waiting = true;
        wheel_put(w, &items[i].node, items[i].deadline_us);
        waiting++;
    }
    for (size_t i = 0; i < N; i += 3) { /* moved */
        items[i].deadline_us = now_us + 1 + (int64_t)rng_below(&rng, 120 * 1000000);
        wheel_put(w, &items[i].node, items[i].deadline_us);
    }
    for (size_t i = 0; i < N; i += 7) { /* taken back */
        wheel_remove(w, &items[i].node);
        wheel_remove(w, &items[i].node);
        items[i].waiting = false;
        waiting--;
    }
    for (int64_t end_us = now_us + 130 * 1000000; now_us < end_us;) {
        int64_t wait_us = wheel_wait(w, now_us, 700000);
        assert_true(wait_us >= 0 && wait_us <= 700000);
        now_us += wait_us + (int64_t)rng_below(&rng, 30000);
        for (struct wheel_node *n; (n = wheel_due(w, now_us));) {
            struct item *item = (struct item *)(void *)n;
            assert_true(item->waiting);
            if (item->deadline_us > now_us) {
                wheel_put(w, n, item->deadline_us);
                continue;
            }
            assert_true(now_us - item->deadline_us <= 700000 + 30000 + WHEEL_TICK_US);
            item->waiting = false;
            waiting--;
        }
        for (size_t i = 0; i < N; i++) /* nothing is overdue */
            assert_true(!items[i].waiting || items[i].deadline_us > now_us - WHEEL_TICK_US);
    }
    assert_int_equal(waiting, 0);
    assert_int_equal(wheel_wait(w, now_us, 700000), 700000);
    free(items);
    free(w);
}

/* Against a plain array. */
static void sources_count_like_an_array(void **state)
{
    enum { N = 2000 };
    uint32_t *want = calloc(N, sizeof *want);
    struct rng rng = rng_of(2, "sources");
    struct sources t;
    sources_init(&t, 42);
    assert_int_equal(sources_count(&t, 1), 0);
    for (int i = 0; i < 200000; i++) {
        uint32_t k = (uint32_t)rng_below(&rng, N), ip = 0x0a000000u + k * 256;
        bool more = (i / 20000) % 2 == 0 ? rng_below(&rng, 3) > 0 : rng_below(&rng, 3) == 0;
        if (more) {
            assert_int_equal(sources_add(&t, ip), ++want[k]);
        } else if (want[k]) {
            sources_drop(&t, ip);
            want[k]--;
        }
        assert_int_equal(sources_count(&t, ip), want[k]);
    }
    size_t used = 0;
    for (uint32_t k = 0; k < N; k++) {
        assert_int_equal(sources_count(&t, 0x0a000000u + k * 256), want[k]);
        used += want[k] > 0;
    }
    assert_int_equal(t.n_used, used);
    sources_done(&t);
    free(want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_comes_up_in_time),
        cmocka_unit_test(sources_count_like_an_array),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

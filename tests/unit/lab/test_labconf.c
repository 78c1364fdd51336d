/* The lab's observatory.yaml is read back as what it was written from, whatever names and paths hold. */
#include "lab/labconf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/environment.h"

#include "../cmocka_all.h"

static char path[] = "/tmp/hotaru-labconf.XXXXXX";

static void same_points(const struct config *a, const struct config *b)
{
    assert_int_equal(a->n_points, b->n_points);
    for (size_t i = 0; i < a->n_points; i++)
        assert_int_equal(a->points[i], b->points[i]);
    assert_int_equal(a->n_darknet, b->n_darknet);
    for (size_t i = 0; i < a->n_darknet; i++) {
        assert_int_equal(a->darknet[i].base, b->darknet[i].base);
        assert_int_equal(a->darknet[i].len_bits, b->darknet[i].len_bits);
    }
}

/* Texts one by one: bytes behind a string's end need not be the same. */
static void same_texts(const struct config *a, const struct config *b)
{
    assert_string_equal(a->gateway.outside, b->gateway.outside);
    assert_string_equal(a->gateway.inside, b->gateway.inside);
    assert_string_equal(a->gateway.mirror, b->gateway.mirror);
    assert_string_equal(a->capture.interface, b->capture.interface);
    assert_string_equal(a->capture.recorder, b->capture.recorder);
    assert_string_equal(a->honeypot.interface, b->honeypot.interface);
    assert_string_equal(a->honeypot.persona, b->honeypot.persona);
    assert_string_equal(a->honeypot.mysql_version, b->honeypot.mysql_version);
    assert_string_equal(a->honeypot.user, b->honeypot.user);
    assert_string_equal(a->honeypot.instance, b->honeypot.instance);
    assert_string_equal(a->store.path, b->store.path);
    assert_int_equal(a->honeypot.n_services, b->honeypot.n_services);
    for (size_t i = 0; i < a->honeypot.n_services; i++)
        assert_string_equal(a->honeypot.services[i], b->honeypot.services[i]);
}

static void read_back(const struct config *c)
{
    struct config back;
    struct err err = {""};
    assert_int_equal(labconf_write(c, path, &err), 0);
    if (config_load(&back, path, &err) < 0)
        fail_msg("%s", err.text);
    same_points(c, &back);
    same_texts(c, &back);
    assert_int_equal(c->gateway.mode, back.gateway.mode);
    assert_int_equal(c->gateway.form, back.gateway.form);
    assert_int_equal(c->gateway.honeypot, back.gateway.honeypot);
    assert_int_equal(c->gateway.base_port, back.gateway.base_port);
    assert_int_equal(c->gateway.alias.base, back.gateway.alias.base);
    assert_int_equal(c->gateway.alias.len_bits, back.gateway.alias.len_bits);
    assert_int_equal(c->capture.payload_bytes, back.capture.payload_bytes);
    assert_int_equal(c->capture.snap_len_bytes, back.capture.snap_len_bytes);
    assert_int_equal(c->honeypot.listen, back.honeypot.listen);
    assert_int_equal(c->honeypot.sessions_max, back.honeypot.sessions_max);
    assert_int_equal(c->honeypot.sessions_per_source_max, back.honeypot.sessions_per_source_max);
    assert_int_equal(c->honeypot.idle_s, back.honeypot.idle_s);
    assert_int_equal(c->honeypot.life_s, back.honeypot.life_s);
    assert_true(c->honeypot.seed == back.honeypot.seed);
    assert_int_equal(c->store.keep_days, back.store.keep_days);
    assert_true(c->store.keep_bytes == back.store.keep_bytes);
    config_done(&back);
}

static void default_is_read_back(void **state)
{
    (void)state;
    struct config c;
    struct err err = {""};
    for (uint64_t seed = 0; seed < 20; seed++) {
        assert_int_equal(labconf_default(seed, &c, &err), 0);
        environment_configure(&c);
        assert_int_equal(environment_check(&c, &err), 0);
        assert_int_equal(c.n_points, 32);
        /* One per /24. */
        for (size_t i = 1; i < c.n_points; i++)
            assert_true(c.points[i] >> 8 > c.points[i - 1] >> 8);
        read_back(&c);
        config_done(&c);
    }
}

static void every_setting_is_read_back(void **state)
{
    (void)state;
    struct config c;
    struct err err = {""};
    assert_int_equal(labconf_default(7, &c, &err), 0);
    environment_configure(&c);
    c.darknet[1] = (struct ip4_prefix){0x0a4e0000 + 0x00100000, 24};
    c.n_darknet = 2;
    c.gateway.mode = GATEWAY_TPROXY;
    c.gateway.form = GATEWAY_FORM_ALIAS;
    c.gateway.base_port = 30000;
    c.capture.payload_bytes = 77;
    c.capture.snap_len_bytes = 1514;
    c.honeypot.listen = 0x0a4e000a;
    c.honeypot.n_services = 1;
    c.honeypot.sessions_max = 12;
    c.honeypot.sessions_per_source_max = 3;
    c.honeypot.idle_s = 5;
    c.honeypot.life_s = 6;
    c.honeypot.seed = UINT64_MAX;
    c.store.keep_days = 9;
    c.store.keep_bytes = UINT64_C(500000000000);
    static const char *const awkward[] = {"/tmp/a b", "/tmp/it's \"quoted\"", "/tmp/back\\slash: #x", "/tmp/{a: [b]}", "/tmp/tab\there",
                                          "/tmp/蛍"};
    for (size_t i = 0; i < sizeof awkward / sizeof *awkward; i++) {
        (void)snprintf(c.store.path, sizeof c.store.path, "%s", awkward[i]);
        (void)snprintf(c.honeypot.persona, sizeof c.honeypot.persona, "%s", awkward[i]);
        read_back(&c);
    }
    config_done(&c);
}

static void overlapping_darknets_are_refused(void **state)
{
    (void)state;
    struct config c;
    struct err err = {""};
    static const struct ip4_prefix bad[] = {{0x0a4c0000, 24}, {0x18f20700, 24}, {0x00000000, 0}, {0x7f000000, 8}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        config_init(&c);
        c.darknet[0] = bad[i];
        err = (struct err){""};
        assert_true(environment_check(&c, &err) < 0);
        assert_non_null(strstr(err.text, "overlaps"));
    }
}

int main(void)
{
    int fd = mkstemp(path);
    if (fd < 0)
        return 1;
    close(fd);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(default_is_read_back),
        cmocka_unit_test(every_setting_is_read_back),
        cmocka_unit_test(overlapping_darknets_are_refused),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)unlink(path);
    return failed;
}

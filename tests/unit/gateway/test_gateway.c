/* The mapping there and back: every point and service, every alias, and what the plan sends nowhere. */
#include "gateway/gateway.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "../cmocka_all.h"

#define N_POINTS 32
static uint32_t points[N_POINTS];

static struct config lab(enum gateway_form form)
{
    struct config c;
    config_init(&c);
    for (size_t i = 0; i < N_POINTS; i++)
        points[i] = 0x0a4d0000 + (uint32_t)(i * 512 + 7 * i + 3);
    c.points = points;
    c.n_points = N_POINTS;
    c.gateway.form = form;
    c.gateway.alias = (struct ip4_prefix){0x0a4e4000, 26};
    return c;
}

static void ports_and_points_are_one_to_one(void **state)
{
    (void)state;
    struct config c = lab(GATEWAY_FORM_PORT_PER_POINT);
    static unsigned char seen[65536];
    memset(seen, 0, sizeof seen);
    for (size_t i = 0; i < c.n_points; i++) {
        for (size_t k = 0; k < c.honeypot.n_services; k++) {
            uint16_t port = 0;
            int rc = gateway_port_of(&c, i, k, &port);
            if (strcmp(c.honeypot.services[k], "any") == 0) {
                assert_int_equal(rc, -EINVAL);
                continue;
            }
            assert_int_equal(rc, 0);
            assert_int_equal(seen[port]++, 0);
            struct gateway_target t;
            assert_int_equal(gateway_original(&c, IPPROTO_TCP, c.gateway.honeypot, port, &t), 0);
            assert_int_equal(t.point, points[i]);
            assert_int_equal(t.dport, gateway_service_port(c.honeypot.services[k]));
        }
    }
    /* Backwards: no port but those leads to a point. */
    for (unsigned port = 0; port < 65536; port++) {
        struct gateway_target t;
        int rc = gateway_original(&c, IPPROTO_TCP, c.gateway.honeypot, (uint16_t)port, &t);
        assert_int_equal(rc, seen[port] ? 0 : -ENOENT);
    }
}

static void first_port_is_the_base(void **state)
{
    (void)state;
    struct config c = lab(GATEWAY_FORM_PORT_PER_POINT);
    uint16_t port = 0;
    assert_int_equal(gateway_port_of(&c, 0, 0, &port), 0);
    assert_int_equal(port, 20000);
    assert_int_equal(gateway_port_of(&c, 31, 1, &port), 0);
    assert_int_equal(port, 20000 + 31 * 3 + 1);
    assert_int_equal(gateway_any_port(&c), 19999);
}

static void port_range_ends_at_65535(void **state)
{
    (void)state;
    struct config c = lab(GATEWAY_FORM_PORT_PER_POINT);
    uint16_t port = 1;
    c.gateway.base_port = (uint16_t)(65535 - 31 * 3 - 1); /* the last point's smb has 65535 */
    assert_int_equal(gateway_port_of(&c, 31, 1, &port), 0);
    assert_int_equal(port, 65535);
    c.gateway.base_port++;
    port = 1;
    assert_int_equal(gateway_port_of(&c, 31, 1, &port), -ERANGE);
    assert_int_equal(port, 1); /* untouched */
    assert_int_equal(gateway_port_of(&c, N_POINTS, 0, &port), -EINVAL);
    assert_int_equal(gateway_port_of(&c, 0, 3, &port), -EINVAL);
}

static void aliases_are_one_to_one(void **state)
{
    (void)state;
    struct config c = lab(GATEWAY_FORM_ALIAS);
    struct gateway_target t;
    static const uint8_t protos[] = {IPPROTO_TCP, IPPROTO_UDP};
    for (size_t i = 0; i < c.n_points; i++) {
        uint32_t alias = gateway_alias_of(&c, i);
        assert_true(ip4_in(alias, c.gateway.alias));
        for (size_t p = 0; p < 2; p++) {
            assert_int_equal(gateway_original(&c, protos[p], alias, 3306, &t), 0);
            assert_int_equal(t.point, points[i]);
            assert_int_equal(t.dport, 3306);
        }
    }
    /* Aliases past the last point belong to nobody. */
    assert_int_equal(gateway_original(&c, IPPROTO_TCP, c.gateway.alias.base + N_POINTS, 80, &t), -ENOENT);
    assert_int_equal(gateway_alias_of(&c, N_POINTS), 0);
    c.gateway.alias = (struct ip4_prefix){0x0a4e4000, 28};
    assert_int_equal(gateway_alias_of(&c, 15), 0x0a4e400f);
    assert_int_equal(gateway_alias_of(&c, 16), 0);
    c.gateway.alias.len_bits = 0;
    assert_int_equal(gateway_alias_of(&c, 0), 0);
}

static void strays_are_known(void **state)
{
    (void)state;
    struct config c = lab(GATEWAY_FORM_PORT_PER_POINT);
    struct gateway_target t = {1, 2};
    assert_int_equal(gateway_original(&c, IPPROTO_TCP, c.gateway.honeypot, 3306, &t), -ENOENT);
    assert_int_equal(gateway_original(&c, IPPROTO_TCP, c.gateway.honeypot, 19999, &t), -ENOENT);
    assert_int_equal(gateway_original(&c, IPPROTO_UDP, c.gateway.honeypot, 20000, &t), -ENOENT);
    assert_int_equal(gateway_original(&c, IPPROTO_TCP, 0x7f000001, 20000, &t), -ENOENT);
    assert_int_equal(gateway_original(&c, IPPROTO_TCP, points[0], 3306, &t), -ENOENT);
    assert_int_equal(t.point, 1);
    assert_int_equal(t.dport, 2);
}

static void routed_points_are_themselves(void **state)
{
    (void)state;
    struct config c = lab(GATEWAY_FORM_PORT_PER_POINT);
    struct gateway_target t;
    static const enum gateway_mode modes[] = {GATEWAY_ROUTE, GATEWAY_TPROXY};
    for (size_t i = 0; i < 2; i++) {
        c.gateway.mode = modes[i];
        assert_int_equal(gateway_original(&c, IPPROTO_UDP, points[5], 53, &t), 0);
        assert_int_equal(t.point, points[5]);
        assert_int_equal(t.dport, 53);
        assert_int_equal(gateway_original(&c, IPPROTO_TCP, points[5] + 1, 53, &t), -ENOENT);
        assert_int_equal(gateway_original(&c, IPPROTO_TCP, c.gateway.honeypot, 20000, &t), -ENOENT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ports_and_points_are_one_to_one), cmocka_unit_test(first_port_is_the_base),
        cmocka_unit_test(port_range_ends_at_65535),        cmocka_unit_test(aliases_are_one_to_one),
        cmocka_unit_test(strays_are_known),                cmocka_unit_test(routed_points_are_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

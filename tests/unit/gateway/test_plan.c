/* What the plan says, and what it refuses to say. That the kernel takes it is tests/e2e's. */
#include "gateway/plan.h"

#include <errno.h>
#include <string.h>

#include "../cmocka_all.h"

#define MAX ((size_t)1 << 20)
static uint32_t points[] = {0x0a4d0111, 0x0a4d0322};

static struct config lab(void)
{
    struct config c;
    config_init(&c);
    c.points = points;
    c.n_points = 2;
    c.gateway.alias = (struct ip4_prefix){0x0a4e4000, 26};
    memcpy(c.gateway.mirror, "mir", 4);
    return c;
}

static char *plan(const struct config *c, enum gateway_part part, enum gateway_format format, struct wr *out)
{
    struct err err = {""};
    *out = wr_of(MAX);
    assert_int_equal(gateway_plan(c, part, format, out, &err), 0);
    wr_u8(out, 0);
    assert_false(out->bad);
    return (char *)out->bytes;
}

static void router_and_honeypot_have_their_own(void **state)
{
    (void)state;
    struct config c = lab();
    struct wr out;
    char *text = plan(&c, GATEWAY_PART_ROUTER, GATEWAY_PLAN_NFT, &out);
    assert_non_null(strstr(text, "10.77.1.17 . 3306 : 10.78.0.10 . 20000"));
    assert_non_null(strstr(text, "10.77.3.34 . 445 : 10.78.0.10 . 20004"));
    assert_non_null(strstr(text, "10.77.3.34 : 10.78.64.1"));
    assert_non_null(strstr(text, "ip daddr @points counter dup to \"mir\""));
    assert_non_null(strstr(text, "ip daddr @darknet counter fwd to \"mir\""));
    assert_null(strstr(text, "tproxy"));
    wr_done(&out);
    text = plan(&c, GATEWAY_PART_HONEYPOT, GATEWAY_PLAN_NFT, &out);
    assert_non_null(strstr(text, "tproxy to :19999"));
    assert_non_null(strstr(text, "ip route replace local 10.78.64.0/26 dev lo proto 73"));
    assert_null(strstr(text, "dnat ip to"));
    wr_done(&out);
}

static void form_alias_maps_no_ports(void **state)
{
    (void)state;
    struct config c = lab();
    struct wr out;
    c.gateway.form = GATEWAY_FORM_ALIAS;
    char *text = plan(&c, GATEWAY_PART_ALL, GATEWAY_PLAN_NFT, &out);
    assert_null(strstr(text, "map service"));
    assert_non_null(strstr(text, "10.77.1.17 : 10.78.64.0"));
    assert_non_null(strstr(text, "meta l4proto tcp tcp dport != { 3306, 445 } tproxy to :19999"));
    wr_done(&out);
}

static void without_mirror_nothing_is_copied(void **state)
{
    (void)state;
    struct config c = lab();
    struct wr out;
    c.gateway.mirror[0] = '\0';
    char *text = plan(&c, GATEWAY_PART_ROUTER, GATEWAY_PLAN_NFT, &out);
    assert_null(strstr(text, "dup to"));
    assert_null(strstr(text, "\ntable netdev"));
    assert_non_null(strstr(text, "delete table netdev hotaru_mirror")); /* an older plan's goes */
    wr_done(&out);
}

static void openwrt_names_each_section(void **state)
{
    (void)state;
    struct config c = lab();
    struct wr out;
    char *text = plan(&c, GATEWAY_PART_ROUTER, GATEWAY_PLAN_OPENWRT, &out);
    char *service = strstr(text, "set firewall.hotaru_1_1=redirect"), *other = strstr(text, "set firewall.hotaru_0_other=redirect");
    assert_non_null(service);
    assert_non_null(other);
    assert_true(service < other); /* the first redirect that fits wins */
    assert_non_null(strstr(text, "set firewall.hotaru_1_1.dest_port=20004"));
    assert_non_null(strstr(text, "set network.hotaru_0.gateway=10.78.0.10"));
    wr_done(&out);
}

static void refused(struct config *c, enum gateway_part part, int code, const char *word)
{
    struct err err = {""};
    struct wr out = wr_of(MAX);
    assert_int_equal(gateway_plan(c, part, GATEWAY_PLAN_NFT, &out, &err), code);
    assert_non_null(strstr(err.text, word));
    assert_int_equal(out.len, 0);
    wr_done(&out);
}

static void wrong_plans_are_refused(void **state)
{
    (void)state;
    struct config c = lab();
    c.gateway.mode = GATEWAY_GRE;
    refused(&c, GATEWAY_PART_ROUTER, -ENOTSUP, "mode gre is not available yet");
    c = lab();
    memcpy(c.gateway.outside, "w\" drop", 8);
    refused(&c, GATEWAY_PART_ROUTER, -EINVAL, "gateway.outside");
    c = lab();
    c.n_points = 0;
    refused(&c, GATEWAY_PART_ALL, -EINVAL, "no observation points");
    c = lab();
    memcpy(c.honeypot.services[0], "gopher", 7);
    refused(&c, GATEWAY_PART_ALL, -EINVAL, "gopher");
    c = lab();
    c.gateway.alias.len_bits = 32;
    refused(&c, GATEWAY_PART_ALL, -EINVAL, "1 addresses for 2 points");
    c = lab();
    c.gateway.base_port = 65532;
    refused(&c, GATEWAY_PART_ALL, -EINVAL, "do not fit");
    c = lab();
    c.gateway.form = GATEWAY_FORM_ALIAS;
    c.gateway.alias.len_bits = 0;
    refused(&c, GATEWAY_PART_ALL, -EINVAL, "gateway.alias");
}

static void a_full_buffer_is_an_error(void **state)
{
    (void)state;
    struct config c = lab();
    struct err err = {""};
    struct wr out = wr_of(100);
    assert_int_equal(gateway_plan(&c, GATEWAY_PART_ALL, GATEWAY_PLAN_NFT, &out, &err), -ENOBUFS);
    wr_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(router_and_honeypot_have_their_own), cmocka_unit_test(form_alias_maps_no_ports),
        cmocka_unit_test(without_mirror_nothing_is_copied),   cmocka_unit_test(openwrt_names_each_section),
        cmocka_unit_test(wrong_plans_are_refused),            cmocka_unit_test(a_full_buffer_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

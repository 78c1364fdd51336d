/* Mode dnat, the paper's: the router rewrites the points' destination to the one honeypot. So that the honeypot on another
 * host still knows which address was asked, each point's service has a port of its own there, and everything else of a
 * point has an alias address of its own (form alias: everything). Many addresses on one would lose the destination, and the
 * kernel would change the source port of scanners that keep one. */
#include "gateway/gateway.h"
#include "gateway/plan_int.h"

static bool has_service_map(const struct config *c)
{
    if (c->gateway.form != GATEWAY_FORM_PORT_PER_POINT)
        return false;
    for (size_t i = 0; i < c->honeypot.n_services; i++) {
        if (gateway_service_port(c->honeypot.services[i]) != 0)
            return true;
    }
    return false;
}

static void write_service_map(const struct config *c, struct wr *out)
{
    char point[IP4_TEXT_MAX], honeypot[IP4_TEXT_MAX];
    const char *comma = "";
    (void)ip4_format(c->gateway.honeypot, honeypot);
    wr_str(out, "    # point . port of the service : honeypot . port that stands for both\n"
                "    map service {\n        type ipv4_addr . inet_service : ipv4_addr . inet_service\n        elements = {");
    for (size_t i = 0; i < c->n_points; i++) {
        for (size_t k = 0; k < c->honeypot.n_services; k++) {
            uint16_t port;
            if (gateway_port_of(c, i, k, &port) < 0)
                continue;
            wr_fmt(out, "%s\n            %s . %u : %s . %u", comma, ip4_format(c->points[i], point),
                   gateway_service_port(c->honeypot.services[k]), honeypot, port);
            comma = ",";
        }
    }
    wr_str(out, "\n        }\n    }\n");
}

static void write_alias_map(const struct config *c, struct wr *out)
{
    char point[IP4_TEXT_MAX], alias[IP4_TEXT_MAX];
    wr_str(out, "    # every other port and protocol of a point : its alias on the honeypot's host\n"
                "    map alias {\n        type ipv4_addr : ipv4_addr\n        elements = {");
    for (size_t i = 0; i < c->n_points; i++)
        wr_fmt(out, "%s\n            %s : %s", i ? "," : "", ip4_format(c->points[i], point),
               ip4_format(gateway_alias_of(c, i), alias));
    wr_str(out, "\n        }\n    }\n");
}

static void dnat_router(const struct config *c, enum gateway_part part, struct wr *out)
{
    bool services = has_service_map(c), alias = c->gateway.alias.len_bits != 0;
    (void)part;
    if (services)
        write_service_map(c, out);
    if (alias)
        write_alias_map(c, out);
    wr_str(out, "    chain light {\n        type nat hook prerouting priority dstnat; policy accept;\n");
    if (services)
        wr_fmt(out, "        iifname \"%s\" meta l4proto tcp dnat ip to ip daddr . tcp dport map @service\n",
               c->gateway.outside);
    if (alias)
        wr_fmt(out, "        iifname \"%s\" dnat to ip daddr map @alias\n", c->gateway.outside);
    wr_str(out, "    }\n");
}

static void dnat_honeypot(const struct config *c, enum gateway_part part, struct wr *out)
{
    char alias[IP4_TEXT_MAX], but[CONFIG_SERVICES_MAX * 8 + 32] = "";
    (void)part;
    if (c->gateway.alias.len_bits == 0 || !gateway_has_any(c))
        return;
    (void)ip4_prefix_format(c->gateway.alias, alias);
    /* In the form alias the services listen on their own ports; the catch-all has the rest. */
    if (c->gateway.form == GATEWAY_FORM_ALIAS)
        gateway_nft_but_services(c, but, sizeof but);
    wr_fmt(out,
           "    # What has no listener of its own goes to the catch-all; it sees the address and port that were asked.\n"
           "    chain catch_all {\n        type filter hook prerouting priority dstnat + 10; policy accept;\n"
           "        ip daddr %s meta l4proto tcp %stproxy to :%u\n"
           "        ip daddr %s meta l4proto udp tproxy to :%u\n    }\n",
           alias, but, gateway_any_port(c), alias, gateway_any_port(c));
}

static int dnat_routes(const struct config *c, enum gateway_part part,
                       int (*each)(void *user, const struct gateway_route *route), void *user)
{
    struct gateway_route r = {.to = c->gateway.alias};
    if (c->gateway.alias.len_bits == 0)
        return 0;
    if (part & GATEWAY_PART_HONEYPOT) {
        r.local = true;
        r.protocol = GATEWAY_ROUTE_HONEYPOT;
        return each(user, &r);
    }
    r.via = c->gateway.honeypot;
    r.protocol = GATEWAY_ROUTE_ROUTER;
    return each(user, &r);
}

const struct gateway_mode_ops gateway_mode_dnat = {
    .name = "dnat", .mode = GATEWAY_DNAT, .router = dnat_router, .honeypot = dnat_honeypot, .routes = dnat_routes};

/* The plan as a table for people. */
#include "gateway/gateway.h"
#include "gateway/plan_int.h"

static void write_head(const struct config *c, const struct gateway_mode_ops *ops, struct wr *out)
{
    char hp[IP4_TEXT_MAX], alias[IP4_TEXT_MAX], prefix[IP4_TEXT_MAX];
    wr_str(out, "darknet    ");
    for (size_t i = 0; i < c->n_darknet; i++)
        wr_fmt(out, " %s", ip4_prefix_format(c->darknet[i], prefix));
    wr_fmt(out, " (%llu addresses, %zu of them points)\n", (unsigned long long)config_darknet_size(c), c->n_points);
    wr_fmt(out, "mode        %s", ops->name);
    if (c->gateway.mode == GATEWAY_DNAT)
        wr_fmt(out, ", form %s", c->gateway.form == GATEWAY_FORM_ALIAS ? "alias" : "port-per-point");
    wr_fmt(out, "\nhoneypot    %s\n", ip4_format(c->gateway.honeypot, hp));
    if (c->gateway.mode == GATEWAY_DNAT && c->gateway.alias.len_bits)
        wr_fmt(out, "aliases     %s on the honeypot's host\n", ip4_prefix_format(c->gateway.alias, alias));
    wr_fmt(out, "outside     %s\n", c->gateway.outside);
    wr_fmt(out, "mirror      %s\n", c->gateway.mirror[0] ? c->gateway.mirror : "none");
    if (gateway_has_any(c) || c->gateway.mode == GATEWAY_TPROXY)
        wr_fmt(out, "catch-all   port %u, TCP and UDP, by TPROXY\n", gateway_any_port(c));
}

static void write_dnat_point(const struct config *c, size_t i, struct wr *out)
{
    char point[IP4_TEXT_MAX], to[IP4_TEXT_MAX];
    (void)ip4_format(c->points[i], point);
    for (size_t k = 0; k < c->honeypot.n_services && c->gateway.form == GATEWAY_FORM_PORT_PER_POINT; k++) {
        uint16_t port;
        if (gateway_port_of(c, i, k, &port) == 0)
            wr_fmt(out, "%-15s %5u  %-10s %s:%u\n", point, gateway_service_port(c->honeypot.services[k]),
                   c->honeypot.services[k], ip4_format(c->gateway.honeypot, to), port);
    }
    if (c->gateway.alias.len_bits)
        wr_fmt(out, "%-15s %5s  %-10s %s\n", point, c->gateway.form == GATEWAY_FORM_ALIAS ? "all" : "other", "",
               ip4_format(gateway_alias_of(c, i), to));
    else
        wr_fmt(out, "%-15s %5s  %-10s nowhere: silence\n", point, "other", "");
}

void gateway_text(const struct config *c, const struct gateway_mode_ops *ops, enum gateway_part part, struct wr *out)
{
    char point[IP4_TEXT_MAX], hp[IP4_TEXT_MAX];
    (void)part;
    write_head(c, ops, out);
    wr_fmt(out, "\n%-15s %5s  %-10s %s\n", "point", "port", "service", "goes to");
    for (size_t i = 0; i < c->n_points; i++) {
        if (c->gateway.mode == GATEWAY_DNAT)
            write_dnat_point(c, i, out);
        else
            wr_fmt(out, "%-15s %5s  %-10s by way of %s, address kept\n", ip4_format(c->points[i], point), "all", "",
                   ip4_format(c->gateway.honeypot, hp));
    }
}

/* The router's part for OpenWrt 22.03 and later (fw4, nftables): a shell script to paste. Every uci section has a name of
 * ours, so that pasting twice changes nothing and removing is exact.
 * Source: openwrt.org, guide-user/firewall (redirect, rule, include) and /usr/share/nftables.d/README of fw4. */
#include <stdio.h>

#include "gateway/gateway.h"
#include "gateway/plan_int.h"

#define INCLUDE_FILE "/usr/share/nftables.d/ruleset-post/hotaru.nft"

static void write_head(const struct config *c, const struct gateway_mode_ops *ops, struct wr *out)
{
    wr_fmt(out,
           "#!/bin/sh\n"
           "# hotaru gateway: mode %s, %zu points, for an OpenWrt router (22.03 or later, fw4). Paste it into a root\n"
           "# shell of the router. Twice is as good as once. To remove it: the last lines.\n"
           "OUT_ZONE=wan      # firewall zone towards the Internet (its device is gateway.outside: %s)\n"
           "IN_ZONE=lan       # firewall zone of the honeypot\n"
           "IN_NET=lan        # network (uci show network) of the honeypot\n\n",
           ops->name, c->n_points, c->gateway.outside);
}

static void write_mirror(const struct config *c, struct wr *out)
{
    if (!c->gateway.mirror[0])
        return;
    wr_str(out, "# The copy for the recorder. Needs the package kmod-nft-netdev: opkg update; opkg install kmod-nft-netdev\n"
                "mkdir -p /usr/share/nftables.d/ruleset-post\n"
                "cat >" INCLUDE_FILE " <<'END'\n");
    wr_fmt(out, "add table netdev %s\ndelete table netdev %s\n", GATEWAY_TABLE_MIRROR, GATEWAY_TABLE_MIRROR);
    gateway_nft_mirror(c, out);
    wr_fmt(out, "add table ip %s\ndelete table ip %s\ntable ip %s {\n", GATEWAY_TABLE_ROUTER, GATEWAY_TABLE_ROUTER,
           GATEWAY_TABLE_ROUTER);
    gateway_nft_points(c, out);
    gateway_nft_darknet(c, out);
    wr_fmt(out,
           "    chain untracked {\n        type filter hook prerouting priority raw; policy accept;\n"
           "        iifname \"%s\" ip daddr @darknet ip daddr != @points notrack\n    }\n}\nEND\n\n",
           c->gateway.outside);
}

static void write_redirect(struct wr *out, const char *section, const char *name, const char *point, const char *proto,
                           const char *dport, const char *to_ip, const char *to_port)
{
    wr_fmt(out,
           "set firewall.%s=redirect\nset firewall.%s.name='%s'\nset firewall.%s.target=DNAT\n"
           "set firewall.%s.family=ipv4\nset firewall.%s.src=$OUT_ZONE\nset firewall.%s.src_dip=%s\n"
           "set firewall.%s.proto='%s'\nset firewall.%s.dest=$IN_ZONE\nset firewall.%s.dest_ip=%s\n"
           "set firewall.%s.reflection=0\n",
           section, section, name, section, section, section, section, point, section, proto, section, section, to_ip,
           section);
    if (dport)
        wr_fmt(out, "set firewall.%s.src_dport=%s\nset firewall.%s.dest_port=%s\n", section, dport, section, to_port);
}

static void write_dnat_point(const struct config *c, size_t i, bool alias, struct wr *out)
{
    char section[48], name[96], point[IP4_TEXT_MAX], to[IP4_TEXT_MAX], dport[8], to_port[8];
    (void)ip4_format(c->points[i], point);
    if (alias) {
        (void)snprintf(section, sizeof section, "hotaru_%zu_other", i);
        (void)snprintf(name, sizeof name, "hotaru %s other", point);
        write_redirect(out, section, name, point, "tcp udp icmp", NULL, ip4_format(gateway_alias_of(c, i), to), NULL);
        return;
    }
    for (size_t k = 0; k < c->honeypot.n_services; k++) {
        uint16_t port;
        if (gateway_port_of(c, i, k, &port) < 0)
            continue;
        (void)snprintf(section, sizeof section, "hotaru_%zu_%zu", i, k);
        (void)snprintf(name, sizeof name, "hotaru %s %.40s", point, c->honeypot.services[k]);
        (void)snprintf(dport, sizeof dport, "%u", gateway_service_port(c->honeypot.services[k]));
        (void)snprintf(to_port, sizeof to_port, "%u", port);
        write_redirect(out, section, name, point, "tcp", dport, ip4_format(c->gateway.honeypot, to), to_port);
    }
}

/* The services' redirects come before those of the rest: fw4 keeps the order of the sections. */
static void write_dnat(const struct config *c, struct wr *out)
{
    for (size_t i = 0; i < c->n_points && c->gateway.form == GATEWAY_FORM_PORT_PER_POINT; i++)
        write_dnat_point(c, i, false, out);
    for (size_t i = 0; i < c->n_points && c->gateway.alias.len_bits; i++)
        write_dnat_point(c, i, true, out);
}

static void write_routed(const struct config *c, struct wr *out)
{
    char point[IP4_TEXT_MAX];
    wr_str(out, "set firewall.hotaru_points=rule\nset firewall.hotaru_points.name='hotaru points'\n"
                "set firewall.hotaru_points.src=$OUT_ZONE\nset firewall.hotaru_points.dest=$IN_ZONE\n"
                "set firewall.hotaru_points.family=ipv4\nset firewall.hotaru_points.proto=all\n"
                "set firewall.hotaru_points.target=ACCEPT\n");
    for (size_t i = 0; i < c->n_points; i++)
        wr_fmt(out, "add_list firewall.hotaru_points.dest_ip=%s\n", ip4_format(c->points[i], point));
}

static void write_contain(const struct config *c, struct wr *out)
{
    char ip[IP4_TEXT_MAX];
    wr_str(out, "set firewall.hotaru_contain=rule\nset firewall.hotaru_contain.name='hotaru: honeypot sends answers only'\n"
                "set firewall.hotaru_contain.src=$IN_ZONE\nset firewall.hotaru_contain.dest='*'\n"
                "set firewall.hotaru_contain.family=ipv4\nset firewall.hotaru_contain.proto=all\n"
                "set firewall.hotaru_contain.target=DROP\n");
    wr_fmt(out, "add_list firewall.hotaru_contain.src_ip=%s\n", ip4_format(c->gateway.honeypot, ip));
    if (c->gateway.mode != GATEWAY_DNAT) {
        for (size_t i = 0; i < c->n_points; i++)
            wr_fmt(out, "add_list firewall.hotaru_contain.src_ip=%s\n", ip4_format(c->points[i], ip));
    } else if (c->gateway.alias.len_bits) {
        wr_fmt(out, "add_list firewall.hotaru_contain.src_ip=%s\n", ip4_prefix_format(c->gateway.alias, ip));
    }
    wr_str(out, "reorder firewall.hotaru_contain=0\n");
}

struct route_writer {
    struct wr *out;
    size_t n;
};

static int write_route(void *user, const struct gateway_route *r)
{
    struct route_writer *w = user;
    char to[IP4_TEXT_MAX], via[IP4_TEXT_MAX];
    size_t i = w->n++;
    wr_fmt(w->out,
           "set network.hotaru_%zu=route\nset network.hotaru_%zu.interface=$IN_NET\nset network.hotaru_%zu.target=%s\n"
           "set network.hotaru_%zu.gateway=%s\n",
           i, i, i, ip4_prefix_format(r->to, to), i, ip4_format(r->via, via));
    return 0;
}

void gateway_openwrt(const struct config *c, const struct gateway_mode_ops *ops, struct wr *out)
{
    static const char forget[] = "for f in firewall network; do\n"
                                 "  for s in $(uci -q show $f | sed -n \"s/^$f\\.\\(hotaru_[a-z0-9_]*\\)=.*/\\1/p\"); do "
                                 "uci delete $f.$s; done\ndone\n";
    struct route_writer routes = {out, 0};
    write_head(c, ops, out);
    write_mirror(c, out);
    wr_fmt(out, "# What an older plan left goes first.\n%suci batch <<END\n", forget);
    (void)ops->routes(c, GATEWAY_PART_ROUTER, write_route, &routes);
    if (c->gateway.mode == GATEWAY_DNAT)
        write_dnat(c, out);
    else
        write_routed(c, out);
    write_contain(c, out);
    wr_str(out, "commit network\ncommit firewall\nEND\n/etc/init.d/network reload\n/etc/init.d/firewall restart\n\n"
                "# To remove it all:\n"
                "#   rm -f " INCLUDE_FILE "\n");
    wr_fmt(out, "#   nft delete table netdev %s; nft delete table ip %s\n", GATEWAY_TABLE_MIRROR, GATEWAY_TABLE_ROUTER);
    wr_str(out, "#   for f in firewall network; do for s in $(uci -q show $f | sed -n "
                "\"s/^$f\\.\\(hotaru_[a-z0-9_]*\\)=.*/\\1/p\");\n"
                "#     do uci delete $f.$s; done; uci commit $f; done\n"
                "#   /etc/init.d/network reload; /etc/init.d/firewall restart\n");
}

/* The plan as one nft transaction. What was learnt on a 6.18 kernel stands in the comments that the plan prints, since a
 * person reads them where the rules are. */
#include <stdio.h>

#include "gateway/gateway.h"
#include "gateway/plan_int.h"

static void write_replace(struct wr *out, const char *family, const char *table)
{
    wr_fmt(out, "add table %s %s\ndelete table %s %s\n", family, table, family, table);
}

void gateway_nft_points(const struct config *c, struct wr *out)
{
    char ip[IP4_TEXT_MAX];
    wr_str(out, "    set points {\n        type ipv4_addr\n        elements = {");
    for (size_t i = 0; i < c->n_points; i++)
        wr_fmt(out, "%s%s%s", i ? "," : "", i % 6 == 0 ? "\n            " : " ", ip4_format(c->points[i], ip));
    wr_str(out, "\n        }\n    }\n");
}

void gateway_nft_but_services(const struct config *c, char *buf, size_t n)
{
    size_t used = 0;
    buf[0] = '\0';
    for (size_t i = 0; i < c->honeypot.n_services; i++) {
        uint16_t port = gateway_service_port(c->honeypot.services[i]);
        if (port != 0 && used + 16 < n)
            used += (size_t)snprintf(buf + used, n - used, "%s%u", used ? ", " : "tcp dport != { ", port);
    }
    if (used)
        (void)snprintf(buf + used, n - used, " } ");
}

void gateway_nft_darknet(const struct config *c, struct wr *out)
{
    char prefix[IP4_TEXT_MAX];
    wr_str(out, "    set darknet {\n        type ipv4_addr\n        flags interval\n        elements = {");
    for (size_t i = 0; i < c->n_darknet; i++)
        wr_fmt(out, "%s %s", i ? "," : "", ip4_prefix_format(c->darknet[i], prefix));
    wr_str(out, " }\n    }\n");
}

void gateway_nft_mirror(const struct config *c, struct wr *out)
{
    if (!c->gateway.mirror[0]) {
        wr_str(out, "# gateway.mirror is empty: no copy is made here; the recorder listens on another interface.\n");
        return;
    }
    wr_str(out, "# The copy for the recorder, taken before any NAT. netdev dup and fwd leave the frame as it came; dup of\n"
                "# family ip would lower the TTL and set DF.\n");
    wr_fmt(out, "table netdev %s {\n", GATEWAY_TABLE_MIRROR);
    gateway_nft_points(c, out);
    gateway_nft_darknet(c, out);
    wr_fmt(out,
           "    chain copy {\n"
           "        type filter hook ingress device \"%s\" priority -300; policy accept;\n"
           "        ip daddr @points counter dup to \"%s\"\n"
           "        ip daddr @points accept\n"
           "        ip daddr @darknet counter fwd to \"%s\"\n"
           "    }\n}\n",
           c->gateway.outside, c->gateway.mirror, c->gateway.mirror);
}

/* The addresses under which the honeypot's host is reached: its own and the aliases, or the points themselves. */
static void write_honeypot_set(const struct config *c, struct wr *out)
{
    char ip[IP4_TEXT_MAX];
    wr_fmt(out, "    set honeypot {\n        type ipv4_addr\n        flags interval\n        elements = { %s",
           ip4_format(c->gateway.honeypot, ip));
    if (c->gateway.mode != GATEWAY_DNAT) {
        for (size_t i = 0; i < c->n_points; i++)
            wr_fmt(out, ",%s%s", i % 6 == 0 ? "\n            " : " ", ip4_format(c->points[i], ip));
    } else if (c->gateway.alias.len_bits != 0) {
        wr_fmt(out, ", %s", ip4_prefix_format(c->gateway.alias, ip));
    }
    wr_str(out, " }\n    }\n");
}

/* What the router lets through besides the NAT: nobody outside reaches the honeypot but over a point, and what comes back
 * from it are answers. Only the honeypot's addresses: other traffic of the router is not ours. */
static void write_forward(const struct config *c, enum gateway_part part, struct wr *out)
{
    const char *outside = c->gateway.outside;
    bool dnat = c->gateway.mode == GATEWAY_DNAT;
    char hp[IP4_TEXT_MAX];
    (void)ip4_format(c->gateway.honeypot, hp);
    wr_str(out, "    # The honeypot is reached over a point or not at all, and sends nothing but answers.\n"
                "    chain forward {\n        type filter hook forward priority filter; policy accept;\n");
    if (dnat)
        wr_fmt(out, "        iifname \"%s\" ip daddr @honeypot ct status & dnat == 0 counter drop\n", outside);
    else
        wr_fmt(out, "        iifname \"%s\" ip daddr %s counter drop\n", outside, hp);
    wr_str(out, "        ip saddr @honeypot ct state established,related accept\n"
                "        ip saddr @honeypot counter drop\n");
    if (dnat && c->gateway.mirror[0])
        wr_fmt(out, "        # The rest of a point has been copied and ends here in silence, as the darknet does.\n"
                    "        iifname \"%s\" ip daddr @points counter drop\n",
               outside);
    wr_str(out, "    }\n");
    if (part != GATEWAY_PART_ALL || !dnat)
        return;
    wr_fmt(out,
           "    chain input {\n        type filter hook input priority filter; policy accept;\n"
           "        iifname \"%s\" ip daddr @honeypot tcp dport >= %u ct status & dnat == 0 counter drop\n    }\n",
           outside, gateway_any_port(c));
}

static void write_router(const struct config *c, const struct gateway_mode_ops *ops, enum gateway_part part, struct wr *out)
{
    wr_fmt(out, "table ip %s {\n", GATEWAY_TABLE_ROUTER);
    gateway_nft_points(c, out);
    gateway_nft_darknet(c, out);
    write_honeypot_set(c, out);
    wr_fmt(out,
           "    # Dark addresses need no connection tracking: a scan would fill its table (16,384 entries a pass).\n"
           "    chain untracked {\n"
           "        type filter hook prerouting priority raw; policy accept;\n"
           "        iifname \"%s\" ip daddr @darknet ip daddr != @points notrack\n"
           "    }\n",
           c->gateway.outside);
    ops->router(c, part, out);
    write_forward(c, part, out);
    wr_str(out, "}\n");
}

static void write_egress(const struct config *c, enum gateway_part part, struct wr *out)
{
    char in[48], on[48];
    const char *name = c->honeypot.interface[0] ? c->honeypot.interface : "lo";
    const char *op = c->honeypot.interface[0] ? "" : "!= ";
    (void)snprintf(in, sizeof in, "iifname %s\"%s\"", op, name);
    (void)snprintf(on, sizeof on, "oifname %s\"%s\"", op, name);
    if (part == GATEWAY_PART_HONEYPOT)
        wr_fmt(out,
               "    # An answer of TCP is known without state (no SYN alone), so no connection is tracked.\n"
               "    chain untracked_in {\n        type filter hook prerouting priority raw; policy accept;\n"
               "        %s ip daddr @honeypot meta l4proto tcp notrack\n    }\n"
               "    chain untracked_out {\n        type filter hook output priority raw; policy accept;\n"
               "        %s ip saddr @honeypot meta l4proto tcp notrack\n    }\n",
               in, on);
    wr_fmt(out,
           "    # Only answers leave%s: no new connection, no datagram that nobody asked for.\n"
           "    chain answers_only {\n        type filter hook output priority filter; policy accept;\n"
           "        %s tcp flags & (syn | ack) == syn counter drop\n"
           "        %s meta l4proto tcp accept\n"
           "        %s icmp type { echo-reply, destination-unreachable, time-exceeded, parameter-problem, "
           "timestamp-reply } accept\n"
           "        %s ct state established,related accept\n"
           "        %s counter drop\n    }\n",
           c->honeypot.interface[0] ? " by this interface" : " this host", on, on, on, on, on);
}

static void write_honeypot(const struct config *c, const struct gateway_mode_ops *ops, enum gateway_part part, struct wr *out)
{
    wr_fmt(out, "table ip %s {\n", GATEWAY_TABLE_HONEYPOT);
    write_honeypot_set(c, out);
    ops->honeypot(c, part, out);
    write_egress(c, part, out);
    wr_str(out, "}\n");
}

static int comment_route(void *user, const struct gateway_route *r)
{
    char to[IP4_TEXT_MAX], via[IP4_TEXT_MAX];
    struct wr *out = user;
    if (r->local)
        wr_fmt(out, "#   ip route replace local %s dev lo proto %d\n", ip4_prefix_format(r->to, to), r->protocol);
    else
        wr_fmt(out, "#   ip route replace %s via %s proto %d\n", ip4_prefix_format(r->to, to), ip4_format(r->via, via),
               r->protocol);
    return 0;
}

void gateway_nft(const struct config *c, const struct gateway_mode_ops *ops, enum gateway_part part, struct wr *out)
{
    wr_fmt(out, "# hotaru gateway: mode %s, %zu points; one transaction: nft -f FILE\n", ops->name, c->n_points);
    wr_str(out, "# Routes that go with it on this host:\n");
    (void)ops->routes(c, part, comment_route, out);
    if (part & GATEWAY_PART_ROUTER) {
        wr_str(out, "# The router forwards: sysctl net.ipv4.ip_forward=1\n");
        write_replace(out, "netdev", GATEWAY_TABLE_MIRROR);
        gateway_nft_mirror(c, out);
        write_replace(out, "ip", GATEWAY_TABLE_ROUTER);
        write_router(c, ops, part, out);
    }
    if (part & GATEWAY_PART_HONEYPOT) {
        write_replace(out, "ip", GATEWAY_TABLE_HONEYPOT);
        write_honeypot(c, ops, part, out);
    }
}

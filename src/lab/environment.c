#include "lab/environment.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/wr.h"
#include "gateway/apply.h"
#include "lab/netns.h"
#include "lab/roster.h"

const char *const environment_sources[] = {
    "24.242.0.0/16", "91.74.0.0/16", "116.254.0.0/16", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", NULL,
};

static const char *const reserved[] = {"10.76.0.0/16", "10.78.0.0/16", "127.0.0.0/8", NULL};

static bool overlaps(struct ip4_prefix p, const char *text)
{
    struct ip4_prefix q;
    if (ip4_prefix_parse(text, &q, NULL) < 0)
        return false;
    return ip4_in(p.base, q) || ip4_in(q.base, p);
}

int environment_check(const struct config *c, struct err *err)
{
    char prefix[IP4_TEXT_MAX];
    for (size_t i = 0; i < c->n_darknet; i++) {
        (void)ip4_prefix_format(c->darknet[i], prefix);
        for (const char *const *r = reserved; *r; r++) {
            if (overlaps(c->darknet[i], *r))
                return err_set(err, -EINVAL, "darknet %s overlaps %s, which the lab's own network uses", prefix, *r);
        }
        for (const char *const *r = environment_sources; *r; r++) {
            if (overlaps(c->darknet[i], *r))
                return err_set(err, -EINVAL, "darknet %s overlaps %s, which the lab's attackers use", prefix, *r);
        }
        for (const struct roster_entry *e = roster_demo; e->name; e++) {
            if (roster_owns_sources(e) && overlaps(c->darknet[i], e->sources))
                return err_set(err, -EINVAL, "darknet %s overlaps %s, which actor %s uses", prefix, e->sources, e->name);
        }
    }
    return 0;
}

void environment_configure(struct config *c)
{
    struct config_gateway *g = &c->gateway;
    (void)snprintf(g->outside, sizeof g->outside, "wan");
    (void)snprintf(g->inside, sizeof g->inside, "hp");
    (void)snprintf(g->mirror, sizeof g->mirror, "mir");
    (void)snprintf(c->capture.interface, sizeof c->capture.interface, "mir0");
    (void)snprintf(c->honeypot.interface, sizeof c->honeypot.interface, "eth0");
    g->honeypot = ENVIRONMENT_HP_IP;
    (void)ip4_prefix_parse(ENVIRONMENT_ALIAS, &g->alias, NULL);
}

static const char router_links[] =
    "link add wan address " ENVIRONMENT_WAN_MAC " type veth peer name eth0 address " ENVIRONMENT_ATT_MAC " netns att\n"
    "link add hp address 02:00:00:00:78:01 type veth peer name eth0 address 02:00:00:00:78:10 netns hp\n"
    "link add mir address 02:00:00:00:79:01 type veth peer name mir0 address 02:00:00:00:79:02 netns cap\n"
    "address add 10.76.0.1/24 dev wan\n"
    "address add 10.78.0.1/24 dev hp\n"
    "link set wan up\nlink set hp up\nlink set mir up\n";
static const char router_routes[] =
    /* No ARP: each neighbour is known, so that captures hold nothing but what the attackers send. */
    "neigh replace 10.76.0.2 lladdr " ENVIRONMENT_ATT_MAC " nud permanent dev wan\n"
    "neigh replace 10.78.0.10 lladdr 02:00:00:00:78:10 nud permanent dev hp\n"
    "route add default via 10.76.0.2 dev wan\n";
static const char attackers_links[] =
    /* One segment per frame, so that counters in netfilter count what the wire carries. */
    "link set eth0 gso_max_segs 1\n"
    "address add 10.76.0.2/24 dev eth0\nlink set eth0 up\n"
    "neigh replace 10.76.0.1 lladdr " ENVIRONMENT_WAN_MAC " nud permanent dev eth0\n"
    "route add default via 10.76.0.1 dev eth0\n";
static const char honeypot_links[] =
    "link set eth0 gso_max_segs 1\n"
    "address add 10.78.0.10/24 dev eth0\nlink set eth0 up\n"
    "neigh replace 10.78.0.1 lladdr 02:00:00:00:78:01 nud permanent dev eth0\n"
    "route add default via 10.78.0.1 dev eth0\n";
static const char capture_links[] = "link set mir0 up\n";

static int tune_router(void *user, struct err *err)
{
    static const char *const interfaces[] = {"wan", "hp", "mir"};
    int rc = netns_sysctl("net/ipv4/ip_forward", "1", err);
    for (size_t i = 0; i < 3 && rc == 0; i++) {
        if ((rc = netns_offload_off(interfaces[i], err)) == 0)
            rc = netns_wait_running(interfaces[i], err);
    }
    (void)user;
    return rc;
}

static int tune_link(void *user, struct err *err)
{
    int rc = netns_offload_off(user, err);
    return rc < 0 ? rc : netns_wait_running(user, err);
}

static int tune_host(void *user, struct err *err)
{
    int rc;
    if ((rc = netns_sysctl("net/core/somaxconn", "65535", err)) < 0 ||
        (rc = netns_sysctl("net/ipv4/tcp_max_syn_backlog", "65535", err)) < 0 ||
        (rc = netns_sysctl("net/ipv4/ip_local_port_range", "1024 65535", err)) < 0)
        return rc;
    return tune_link(user, err);
}

static int own_sources(struct err *err)
{
    struct wr lines = wr_of(65536);
    for (const char *const *p = environment_sources; *p; p++)
        wr_fmt(&lines, "route replace local %s dev lo\n", *p);
    for (const struct roster_entry *e = roster_demo; e->name; e++) {
        if (roster_owns_sources(e))
            wr_fmt(&lines, "route replace local %s dev lo\n", e->sources);
    }
    wr_u8(&lines, 0);
    int rc = lines.bad ? -ENOMEM : netns_ip("att", (const char *)lines.bytes, err);
    wr_done(&lines);
    return rc;
}

int environment_build(const struct config *c, struct err *err)
{
    static const char *const names[] = {"att", "rtr", "hp", "cap"};
    char eth0[] = "eth0", mir0[] = "mir0";
    int rc = environment_check(c, err);
    for (size_t i = 0; i < 4 && rc == 0; i++)
        rc = netns_make(names[i], err);
    if (rc < 0 || (rc = netns_ip("rtr", router_links, err)) < 0 || (rc = netns_ip("att", attackers_links, err)) < 0 ||
        (rc = netns_ip("hp", honeypot_links, err)) < 0 || (rc = netns_ip("cap", capture_links, err)) < 0 ||
        (rc = netns_ip("rtr", router_routes, err)) < 0 || (rc = own_sources(err)) < 0 ||
        (rc = netns_in("rtr", tune_router, NULL, err)) < 0 || (rc = netns_in("att", tune_host, eth0, err)) < 0 ||
        (rc = netns_in("hp", tune_host, eth0, err)) < 0)
        return rc;
    return netns_in("cap", tune_link, mir0, err);
}

struct light {
    const struct config *c;
    enum gateway_part part;
};

static int light_part(void *user, struct err *err)
{
    const struct light *l = user;
    return gateway_apply(l->c, l->part, NULL, err);
}

int environment_light(const struct config *c, struct err *err)
{
    struct light router = {c, GATEWAY_PART_ROUTER}, honeypot = {c, GATEWAY_PART_HONEYPOT};
    int rc = netns_in("rtr", light_part, &router, err);
    return rc < 0 ? rc : netns_in("hp", light_part, &honeypot, err);
}

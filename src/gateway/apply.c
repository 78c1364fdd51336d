#include "gateway/apply.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "gateway/routes.h"
#include "gateway/tool.h"

#define PLAN_MAX ((size_t)64 << 20)

struct table {
    enum gateway_part part;
    const char *family, *name;
};
static const struct table tables[] = {
    {GATEWAY_PART_ROUTER, "netdev", GATEWAY_TABLE_MIRROR},
    {GATEWAY_PART_ROUTER, "ip", GATEWAY_TABLE_ROUTER},
    {GATEWAY_PART_HONEYPOT, "ip", GATEWAY_TABLE_HONEYPOT},
};
#define N_TABLES (sizeof tables / sizeof *tables)

static int nft_load(const struct wr *rules, bool only_check, struct err *err)
{
    const char *const load[] = {"nft", "-f", "-", NULL}, *const check[] = {"nft", "-c", "-f", "-", NULL};
    int rc = tool_run(only_check ? check : load, rules->bytes, rules->len, NULL, err);
    return rc > 0 ? -EIO : rc;
}

/* nft would say "No such file or directory" and draw a caret: this names the key that is wrong. */
static int check_here(const struct config *c, enum gateway_part part, struct err *err)
{
    if (geteuid() != 0)
        return err_set(err, -EPERM, "applying needs root (CAP_NET_ADMIN): routes and nft rules are the kernel's");
    if (!(part & GATEWAY_PART_ROUTER) || !c->gateway.mirror[0])
        return 0;
    if (if_nametoindex(c->gateway.outside) == 0)
        return err_set(err, -ENODEV, "gateway.outside: there is no interface '%s' here", c->gateway.outside);
    if (if_nametoindex(c->gateway.mirror) == 0)
        return err_set(err, -ENODEV, "gateway.mirror: there is no interface '%s' here", c->gateway.mirror);
    return 0;
}

static void note_forwarding(enum gateway_part part, struct wr *note)
{
    char *text = NULL;
    size_t n;
    if (!note || part != GATEWAY_PART_ROUTER || io_read_file("/proc/sys/net/ipv4/ip_forward", 16, &text, &n, NULL) < 0)
        return;
    if (text[0] == '0')
        wr_fmt(note, "net.ipv4.ip_forward is 0: the points stay dark until it is 1 (sysctl -w net.ipv4.ip_forward=1)\n");
    free(text);
}

int gateway_apply(const struct config *c, enum gateway_part part, struct wr *note, struct err *err)
{
    struct wr rules = wr_of(PLAN_MAX);
    int rc = gateway_plan(c, part, GATEWAY_PLAN_NFT, &rules, err);
    if (rc < 0 || (rc = check_here(c, part, err)) < 0 || (rc = nft_load(&rules, true, err)) < 0 ||
        (rc = gateway_routes_apply(c, part, err)) < 0 || (rc = nft_load(&rules, false, err)) < 0)
        goto out;
    note_forwarding(part, note);
    rc = 0;
out:
    wr_done(&rules);
    return rc;
}

int gateway_remove(enum gateway_part part, struct err *err)
{
    struct wr rules = wr_of(4096);
    if (geteuid() != 0)
        return err_set(err, -EPERM, "removing needs root (CAP_NET_ADMIN): routes and nft rules are the kernel's");
    for (size_t i = 0; i < N_TABLES; i++) {
        if (tables[i].part & part)
            wr_fmt(&rules, "add table %s %s\ndelete table %s %s\n", tables[i].family, tables[i].name, tables[i].family,
                   tables[i].name);
    }
    int rc = nft_load(&rules, false, err);
    if (rc == 0)
        rc = gateway_routes_remove(part, err);
    wr_done(&rules);
    return rc;
}

/* One table as the kernel has it, without counters' values; empty when it is not there. */
static int list_table(const struct table *t, struct wr *out, struct err *err)
{
    const char *const argv[] = {"nft", "-s", "-n", "list", "table", t->family, t->name, NULL};
    struct err why = {""};
    int rc = tool_run(argv, NULL, 0, out, &why);
    if (rc > 0 && strstr(why.text, "No such file")) {
        wr_clear(out);
        return 0;
    }
    if (rc != 0)
        return err_set(err, rc > 0 ? -EIO : rc, "%s", why.text);
    return out->bad ? err_set(err, -ENOBUFS, "table %s is larger than %zu bytes", t->name, out->max) : 0;
}

static int list_tables(enum gateway_part part, struct wr listed[static N_TABLES], struct err *err)
{
    int rc = 0;
    for (size_t i = 0; i < N_TABLES && rc == 0; i++) {
        if (tables[i].part & part)
            rc = list_table(&tables[i], &listed[i], err);
    }
    return rc;
}

static int make_links(const struct config *c, struct err *err)
{
    const char *const ip[] = {"ip", "-batch", "-", NULL};
    struct wr links = wr_of(4096);
    if (!c->gateway.outside[0])
        return 0;
    wr_fmt(&links, "link add %s type veth peer name hotaru-aside0\n", c->gateway.outside);
    if (c->gateway.mirror[0] && strcmp(c->gateway.mirror, c->gateway.outside) != 0)
        wr_fmt(&links, "link add %s type veth peer name hotaru-aside1\n", c->gateway.mirror);
    int rc = tool_run(ip, links.bytes, links.len, NULL, err);
    wr_done(&links);
    return rc > 0 ? -EIO : rc;
}

/* Loads the plan where it does no harm, a network namespace with interfaces of the same names, and lists it there. */
static int list_planned(const struct config *c, enum gateway_part part, const struct wr *rules,
                        struct wr listed[static N_TABLES], struct err *err)
{
    int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), rc;
    if (home < 0)
        return err_sys(err, -errno, "cannot open /proc/self/ns/net");
    if (unshare(CLONE_NEWNET) < 0) {
        rc = err_sys(err, -errno, "cannot make a network namespace to load the plan aside");
        close(home);
        return rc;
    }
    if ((rc = make_links(c, err)) == 0 && (rc = nft_load(rules, false, err)) == 0)
        rc = list_tables(part, listed, err);
    if (setns(home, CLONE_NEWNET) < 0)
        rc = err_sys(err, -errno, "cannot return to the network namespace");
    close(home);
    return rc;
}

static bool same(const struct wr *a, const struct wr *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->bytes, b->bytes, a->len) == 0);
}

int gateway_status(const struct config *c, enum gateway_part part, struct wr *report, struct err *err)
{
    struct wr rules = wr_of(PLAN_MAX), live[N_TABLES], planned[N_TABLES];
    bool differs = false;
    for (size_t i = 0; i < N_TABLES; i++)
        live[i] = planned[i] = wr_of(PLAN_MAX);
    int rc = gateway_plan(c, part, GATEWAY_PLAN_NFT, &rules, err);
    if (rc == 0 && geteuid() != 0)
        rc = err_set(err, -EPERM, "status needs root (CAP_NET_ADMIN): nft shows its rules to nobody else");
    if (rc < 0 || (rc = list_tables(part, live, err)) < 0 || (rc = gateway_routes_status(c, part, report, err)) < 0)
        goto out;
    differs = rc > 0;
    if ((rc = list_planned(c, part, &rules, planned, err)) < 0)
        goto out;
    for (size_t i = 0; i < N_TABLES; i++) {
        if (!(tables[i].part & part))
            continue;
        bool is_same = same(&live[i], &planned[i]);
        wr_fmt(report, "table %s %s: %s\n", tables[i].family, tables[i].name,
               is_same        ? live[i].len ? "active, as planned" : "not needed"
               : live[i].len == 0 ? "not active"
                                  : "differs from the plan");
        differs |= !is_same;
    }
    rc = differs ? 1 : 0;
out:
    wr_done(&rules);
    for (size_t i = 0; i < N_TABLES; i++) {
        wr_done(&live[i]);
        wr_done(&planned[i]);
    }
    return rc;
}

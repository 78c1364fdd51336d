#include "gateway/plan.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "gateway/gateway.h"
#include "gateway/plan_int.h"

/* Ways to light an address; gre is to come. */
static const struct gateway_mode_ops *const modes[] = {&gateway_mode_dnat, &gateway_mode_route, &gateway_mode_tproxy, NULL};
static const char *const mode_names[] = {
    [GATEWAY_DNAT] = "dnat", [GATEWAY_ROUTE] = "route", [GATEWAY_TPROXY] = "tproxy", [GATEWAY_GRE] = "gre"};

const char *gateway_mode_name(enum gateway_mode mode)
{
    return (size_t)mode < sizeof mode_names / sizeof *mode_names ? mode_names[mode] : "?";
}

const struct gateway_mode_ops *gateway_mode_find(enum gateway_mode mode)
{
    for (const struct gateway_mode_ops *const *m = modes; *m; m++) {
        if ((*m)->mode == mode)
            return *m;
    }
    return NULL;
}

/* The names go into rules as they are: what the kernel would take (dev_valid_name) but nft's quotes would not is refused. */
static int check_interface(const char *key, const char *name, struct err *err)
{
    for (const char *p = name; *p; p++) {
        if (!isalnum((unsigned char)*p) && !strchr("._-@:", *p))
            return err_set(err, -EINVAL, "%s: '%s' is no interface's name (letters, digits and . _ - @ : only)", key, name);
    }
    return 0;
}

static int check_services(const struct config *c, struct err *err)
{
    for (size_t i = 0; i < c->honeypot.n_services; i++) {
        const char *name = c->honeypot.services[i];
        if (strcmp(name, "any") != 0 && gateway_service_port(name) == 0)
            return err_set(err, -EINVAL, "honeypot.services: no port is known for the service '%s'", name);
    }
    return 0;
}

static int check_dnat(const struct config *c, struct err *err)
{
    uint64_t last = c->gateway.base_port + (uint64_t)c->n_points * c->honeypot.n_services;
    if (c->gateway.form == GATEWAY_FORM_PORT_PER_POINT && last > UINT64_C(65536))
        return err_set(err, -EINVAL, "%zu points with %zu services do not fit above port %u: use gateway.form alias",
                       c->n_points, c->honeypot.n_services, c->gateway.base_port);
    if (c->gateway.form == GATEWAY_FORM_ALIAS && c->gateway.alias.len_bits == 0)
        return err_set(err, -EINVAL, "gateway.form alias needs gateway.alias, a prefix with one address per point");
    if (c->gateway.alias.len_bits != 0 && ip4_prefix_size(c->gateway.alias) < c->n_points)
        return err_set(err, -EINVAL, "gateway.alias has %llu addresses for %zu points",
                       (unsigned long long)ip4_prefix_size(c->gateway.alias), c->n_points);
    return 0;
}

int gateway_check(const struct config *c, enum gateway_part part, struct err *err)
{
    int rc;
    if (!gateway_mode_find(c->gateway.mode))
        return err_set(err, -ENOTSUP, "gateway.mode %s is not available yet in this version: use dnat, route or tproxy",
                       gateway_mode_name(c->gateway.mode));
    if ((rc = check_interface("gateway.outside", c->gateway.outside, err)) < 0 ||
        (rc = check_interface("gateway.inside", c->gateway.inside, err)) < 0 ||
        (rc = check_interface("gateway.mirror", c->gateway.mirror, err)) < 0 ||
        (rc = check_interface("honeypot.interface", c->honeypot.interface, err)) < 0 || (rc = check_services(c, err)) < 0)
        return rc;
    if ((part & GATEWAY_PART_ROUTER) && !c->gateway.outside[0])
        return err_set(err, -EINVAL, "gateway.outside is empty: name the router's interface towards the Internet");
    if (c->n_points == 0)
        return err_set(err, -EINVAL, "there are no observation points: give points.draw or points.list");
    return c->gateway.mode == GATEWAY_DNAT ? check_dnat(c, err) : 0;
}

int gateway_plan(const struct config *c, enum gateway_part part, enum gateway_format format, struct wr *out,
                 struct err *err)
{
    int rc = gateway_check(c, part, err);
    if (rc < 0)
        return rc;
    const struct gateway_mode_ops *ops = gateway_mode_find(c->gateway.mode);
    switch (format) {
    case GATEWAY_PLAN_NFT:
        gateway_nft(c, ops, part, out);
        break;
    case GATEWAY_PLAN_OPENWRT:
        gateway_openwrt(c, ops, out);
        break;
    case GATEWAY_PLAN_TEXT:
        gateway_text(c, ops, part, out);
        break;
    }
    return out->bad ? err_set(err, -ENOBUFS, "the plan is larger than %zu bytes", out->max) : 0;
}

int gateway_routes(const struct config *c, enum gateway_part part,
                   int (*each)(void *user, const struct gateway_route *route), void *user)
{
    const struct gateway_mode_ops *ops = gateway_mode_find(c->gateway.mode);
    return ops ? ops->routes(c, part, each, user) : -ENOTSUP;
}

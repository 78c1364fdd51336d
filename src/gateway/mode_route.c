/* Modes route and tproxy: the points are routed to the honeypot's host, which owns their addresses (AnyIP), so that
 * getsockname names the point. route: a service listens on its own port on 0.0.0.0, TPROXY brings the other ports to the
 * catch-all; tproxy: TPROXY brings every port to one listener. */
#include "gateway/gateway.h"
#include "gateway/plan_int.h"

static void route_router(const struct config *c, enum gateway_part part, struct wr *out)
{
    (void)c;
    (void)part;
    (void)out; /* routes do it: route_routes */
}

static void write_catch_all(const struct config *c, const char *but_services, struct wr *out)
{
    gateway_nft_points(c, out);
    wr_fmt(out,
           "    # The listener of the catch-all sees the address and port that were asked.\n"
           "    chain catch_all {\n        type filter hook prerouting priority dstnat + 10; policy accept;\n"
           "        ip daddr @points meta l4proto tcp %stproxy to :%u\n"
           "        ip daddr @points meta l4proto udp tproxy to :%u\n    }\n",
           but_services, gateway_any_port(c), gateway_any_port(c));
}

static void route_honeypot(const struct config *c, enum gateway_part part, struct wr *out)
{
    char but[CONFIG_SERVICES_MAX * 8 + 32] = "";
    (void)part;
    if (!gateway_has_any(c))
        return;
    gateway_nft_but_services(c, but, sizeof but);
    write_catch_all(c, but, out);
}

static void tproxy_honeypot(const struct config *c, enum gateway_part part, struct wr *out)
{
    (void)part;
    write_catch_all(c, "", out);
}

static int route_routes(const struct config *c, enum gateway_part part,
                        int (*each)(void *user, const struct gateway_route *route), void *user)
{
    int rc = 0;
    for (size_t i = 0; i < c->n_points && rc >= 0; i++) {
        struct gateway_route r = {.to = {c->points[i], 32}};
        r.local = (part & GATEWAY_PART_HONEYPOT) != 0;
        r.via = r.local ? 0 : c->gateway.honeypot;
        r.protocol = r.local ? GATEWAY_ROUTE_HONEYPOT : GATEWAY_ROUTE_ROUTER;
        rc = each(user, &r);
    }
    return rc;
}

const struct gateway_mode_ops gateway_mode_route = {
    .name = "route", .mode = GATEWAY_ROUTE, .router = route_router, .honeypot = route_honeypot, .routes = route_routes};
const struct gateway_mode_ops gateway_mode_tproxy = {
    .name = "tproxy", .mode = GATEWAY_TPROXY, .router = route_router, .honeypot = tproxy_honeypot, .routes = route_routes};

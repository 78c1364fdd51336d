#include "gateway/gateway.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

/* Protocols know their port too (protocol_table), but stand above this folder; a unit test of theirs can hold the two
 * lists against each other. */
static const struct {
    const char *name;
    uint16_t port;
} service_ports[] = {
    {"ftp", 21},     {"ssh", 22},       {"telnet", 23}, {"smtp", 25},     {"http", 80},
    {"pop3", 110},   {"msrpc", 135},    {"imap", 143},  {"https", 443},   {"smb", 445},
    {"mssql", 1433}, {"mysql", 3306},   {"rdp", 3389},  {"postgresql", 5432}, {"vnc", 5900},
    {"redis", 6379}, {"http-alt", 8080},
};

uint16_t gateway_service_port(const char *name)
{
    for (size_t i = 0; i < sizeof service_ports / sizeof *service_ports; i++) {
        if (strcmp(service_ports[i].name, name) == 0)
            return service_ports[i].port;
    }
    return 0;
}

bool gateway_has_any(const struct config *c)
{
    for (size_t i = 0; i < c->honeypot.n_services; i++) {
        if (strcmp(c->honeypot.services[i], "any") == 0)
            return true;
    }
    return false;
}

uint16_t gateway_any_port(const struct config *c)
{
    return (uint16_t)(c->gateway.base_port - 1);
}

int gateway_port_of(const struct config *c, size_t point_index, size_t service_index, uint16_t *ret_port)
{
    if (point_index >= c->n_points || service_index >= c->honeypot.n_services ||
        gateway_service_port(c->honeypot.services[service_index]) == 0)
        return -EINVAL;
    uint64_t port = c->gateway.base_port + (uint64_t)point_index * c->honeypot.n_services + service_index;
    if (port > UINT16_MAX)
        return -ERANGE;
    *ret_port = (uint16_t)port;
    return 0;
}

uint32_t gateway_alias_of(const struct config *c, size_t point_index)
{
    const struct ip4_prefix *alias = &c->gateway.alias;
    if (alias->len_bits == 0 || point_index >= c->n_points || point_index >= ip4_prefix_size(*alias))
        return 0;
    return alias->base + (uint32_t)point_index;
}

static int original_by_port(const struct config *c, uint16_t local_port, struct gateway_target *ret)
{
    if (local_port < c->gateway.base_port || c->honeypot.n_services == 0)
        return -ENOENT;
    size_t at = (size_t)(local_port - c->gateway.base_port);
    size_t point = at / c->honeypot.n_services, service = at % c->honeypot.n_services;
    uint16_t port;
    if (gateway_port_of(c, point, service, &port) < 0)
        return -ENOENT;
    *ret = (struct gateway_target){c->points[point], gateway_service_port(c->honeypot.services[service])};
    return 0;
}

static int original_by_alias(const struct config *c, uint32_t local_ip, uint16_t local_port, struct gateway_target *ret)
{
    size_t point = local_ip - c->gateway.alias.base;
    if (point >= c->n_points)
        return -ENOENT;
    *ret = (struct gateway_target){c->points[point], local_port};
    return 0;
}

int gateway_original(const struct config *c, uint8_t proto, uint32_t local_ip, uint16_t local_port,
                     struct gateway_target *ret)
{
    if (c->gateway.mode != GATEWAY_DNAT) {
        if (config_point_index(c, local_ip) < 0)
            return -ENOENT;
        *ret = (struct gateway_target){local_ip, local_port};
        return 0;
    }
    if (c->gateway.alias.len_bits != 0 && ip4_in(local_ip, c->gateway.alias))
        return original_by_alias(c, local_ip, local_port, ret);
    if (c->gateway.form == GATEWAY_FORM_PORT_PER_POINT && proto == IPPROTO_TCP && local_ip == c->gateway.honeypot)
        return original_by_port(c, local_port, ret);
    return -ENOENT;
}

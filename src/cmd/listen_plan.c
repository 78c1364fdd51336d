#include "cmd/listen_plan.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/gateway.h"

static int add(struct listen_plan *p, const struct listen_spec *spec, struct err *err)
{
    struct listen_spec *more = realloc(p->listen, (p->n_listen + 1) * sizeof *more);
    if (!more)
        return err_set(err, -ENOMEM, "no memory for %zu sockets", p->n_listen + 1);
    p->listen = more;
    p->listen[p->n_listen++] = *spec;
    return 0;
}

/* "mysql" or "mysql:13306". */
static int service_of(const char *text, const struct protocol **ret, uint16_t *ret_port, struct err *err)
{
    char name[CONFIG_NAME_MAX];
    size_t n = strcspn(text, ":");
    if (n >= sizeof name)
        return err_set(err, -EINVAL, "service '%.60s': no such service", text);
    memcpy(name, text, n);
    name[n] = '\0';
    const struct protocol *p = protocol_find(name);
    if (!p)
        return err_set(err, -EINVAL, "service '%s': no such service; 'hotaru-honeypot --help' lists them",
                       name);
    *ret = p;
    *ret_port = p->port;
    if (!text[n])
        return 0;
    char *end;
    unsigned long port = strtoul(text + n + 1, &end, 10);
    if (*end || end == text + n + 1 || port > 65535)
        return err_set(err, -EINVAL, "service '%.60s': the port is a number up to 65535", text);
    *ret_port = (uint16_t)port;
    return 0;
}

/* The catch-all takes the ports that TPROXY sends to it, and their datagrams. */
static int add_catch_all(struct listen_plan *p, const struct listen_spec *tcp, struct err *err)
{
    int rc = add(p, tcp, err);
    struct listen_spec udp = *tcp;
    udp.proto = IPPROTO_UDP;
    udp.protocol = NULL;
    return rc < 0 ? rc : add(p, &udp, err);
}

/* One service with points: a port per point, and its own port where alias or routed addresses are answered. */
static int add_for_points(struct listen_plan *p, const struct config *c, size_t service,
                          const struct protocol *protocol, struct err *err)
{
    struct listen_spec spec = {c->honeypot.listen, protocol->port, IPPROTO_TCP, false, protocol};
    if (protocol->port == 0) { /* without point ports or aliases nothing can reach it */
        if (c->gateway.mode == GATEWAY_DNAT && c->gateway.alias.len_bits == 0)
            return 0;
        spec.port = gateway_any_port(c);
        spec.transparent = true;
        return add_catch_all(p, &spec, err);
    }
    bool per_point = c->gateway.mode == GATEWAY_DNAT && c->gateway.form == GATEWAY_FORM_PORT_PER_POINT;
    int rc = 0;
    for (size_t i = 0; per_point && i < c->n_points && rc == 0; i++) {
        rc = gateway_port_of(c, i, service, &spec.port);
        if (rc < 0)
            return err_set(err, -EINVAL,
                           "a port per point and service needs ports over 65535: lower gateway.base-port or "
                           "use gateway.form alias");
        rc = add(p, &spec, err);
    }
    spec.port = protocol->port;
    if (rc == 0 && !per_point)
        rc = add(p, &spec, err);
    return rc;
}

int listen_plan_make(const struct config *c, const char *const *services, size_t n_services,
                     struct listen_plan *ret, struct err *err)
{
    struct listen_plan p = {0};
    size_t n = n_services ? n_services : c->honeypot.n_services;
    int rc = n ? 0 : err_set(err, -EINVAL, "no services: name some in honeypot.services");
    for (size_t i = 0; i < n && rc == 0; i++) {
        const char *text = n_services ? services[i] : c->honeypot.services[i];
        const struct protocol *protocol = NULL;
        uint16_t port = 0;
        rc = service_of(text, &protocol, &port, err);
        if (rc < 0)
            break;
        p.services[p.n_services++] = protocol;
        if (c->n_points) {
            rc = add_for_points(&p, c, i, protocol, err);
            continue;
        }
        struct listen_spec spec = {c->honeypot.listen, port, IPPROTO_TCP, false, protocol};
        if (protocol->port == 0 && port == 0)
            rc = err_set(err, -EINVAL, "service '%s' needs a port without points: %s:PORT", protocol->name,
                         protocol->name);
        else
            rc = protocol->port == 0 ? add_catch_all(&p, &spec, err) : add(&p, &spec, err);
    }
    if (rc < 0)
        listen_plan_done(&p);
    else
        *ret = p;
    return rc;
}

void listen_plan_done(struct listen_plan *p)
{
    free(p->listen);
    *p = (struct listen_plan){0};
}

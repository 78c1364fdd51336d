#include "config/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/points.h"
#include "config/yfile.h"

static const char *const mode_names[] = {"dnat", "route", "tproxy", "gre", NULL};
static const char *const form_names[] = {"port-per-point", "alias", NULL};

void config_init(struct config *c)
{
    *c = (struct config){0};
    c->darknet[0] = (struct ip4_prefix){0x0a4d0000, 18}; /* 10.77.0.0/18, the lab's */
    c->n_darknet = 1;
    c->gateway.base_port = 20000;
    c->gateway.honeypot = 0x0a4e000a; /* 10.78.0.10 */
    strncpy(c->gateway.outside, "wan", sizeof c->gateway.outside - 1);
    c->capture.snap_len_bytes = 256;
    strncpy(c->capture.recorder, "recorder", sizeof c->capture.recorder - 1);
    strncpy(c->honeypot.persona, "mysql-5.6.10", sizeof c->honeypot.persona - 1);
    static const char *const services[] = {"mysql", "smb", "any"};
    for (size_t i = 0; i < 3; i++)
        strncpy(c->honeypot.services[i], services[i], CONFIG_NAME_MAX - 1);
    c->honeypot.n_services = 3;
    c->honeypot.login = login_policy_default();
    c->honeypot.sessions_max = 100000;
    c->honeypot.sessions_per_source_max = 1000;
    c->honeypot.idle_s = 120;
    c->honeypot.life_s = 3600;
    strncpy(c->honeypot.user, "nobody", sizeof c->honeypot.user - 1);
    strncpy(c->honeypot.instance, "honeypot", sizeof c->honeypot.instance - 1);
    strncpy(c->store.path, "/var/lib/hotaru", sizeof c->store.path - 1);
}

void config_done(struct config *c)
{
    free(c->points);
    c->points = NULL;
    c->n_points = 0;
}

bool config_in_darknet(const struct config *c, uint32_t ip)
{
    for (size_t i = 0; i < c->n_darknet; i++) {
        if (ip4_in(ip, c->darknet[i]))
            return true;
    }
    return false;
}

long config_point_index(const struct config *c, uint32_t ip)
{
    size_t low = 0, high = c->n_points;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (c->points[mid] < ip)
            low = mid + 1;
        else
            high = mid;
    }
    return low < c->n_points && c->points[low] == ip ? (long)low : -1;
}

uint64_t config_darknet_size(const struct config *c)
{
    uint64_t n = 0;
    for (size_t i = 0; i < c->n_darknet; i++)
        n += ip4_prefix_size(c->darknet[i]);
    return n;
}

static int load_prefix(struct yn n, struct ip4_prefix *ret, struct err *err)
{
    struct err why = {""};
    const char *text = yn_scalar(n);
    if (!text)
        return yn_fail(n, err, "a prefix like 10.77.0.0/18 is wanted here");
    return ip4_prefix_parse(text, ret, &why) < 0 ? yn_fail(n, err, "%s", why.text) : 0;
}

static int load_address(struct yn n, uint32_t *ret, struct err *err)
{
    if (!yn_present(n))
        return 0;
    struct err why = {""};
    const char *text = yn_scalar(n);
    if (!text)
        return yn_fail(n, err, "an address like 10.78.0.10 is wanted here");
    return ip4_parse(text, ret, &why) < 0 ? yn_fail(n, err, "%s", why.text) : 0;
}

static bool overlap(struct ip4_prefix a, struct ip4_prefix b)
{
    return ip4_in(a.base, b) || ip4_in(b.base, a);
}

static int load_darknet(struct config *c, struct yn list, struct err *err)
{
    if (!yn_present(list))
        return 0;
    if (yn_count(list) == 0 || yn_count(list) > CONFIG_PREFIXES_MAX)
        return yn_fail(list, err, "1 to %d prefixes are wanted", CONFIG_PREFIXES_MAX);
    c->n_darknet = 0;
    for (size_t i = 0; i < yn_count(list); i++) {
        struct ip4_prefix p;
        int rc = load_prefix(yn_item(list, i), &p, err);
        if (rc < 0)
            return rc;
        for (size_t k = 0; k < c->n_darknet; k++) {
            if (overlap(p, c->darknet[k]))
                return yn_fail(yn_item(list, i), err,
                               "%s overlaps a prefix before it: each address counts once",
                               yn_scalar(yn_item(list, i)));
        }
        c->darknet[c->n_darknet++] = p;
    }
    return 0;
}

static int load_points_list(struct config *c, struct yn list, struct err *err)
{
    size_t n = yn_count(list);
    if (n > CONFIG_POINTS_MAX)
        return yn_fail(list, err, "%zu points are more than the %d that a plan can hold", n,
                       CONFIG_POINTS_MAX);
    if (n > config_darknet_size(c))
        return yn_fail(list, err, "%zu points are more than the darknet's %llu addresses", n,
                       (unsigned long long)config_darknet_size(c));
    c->points = calloc(n + 1, sizeof *c->points);
    if (!c->points)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        struct yn item = yn_item(list, i);
        uint32_t ip = 0;
        int rc = load_address(item, &ip, err);
        if (rc < 0)
            return rc;
        if (!config_in_darknet(c, ip))
            return yn_fail(item, err, "point %s lies outside the darknet", yn_scalar(item));
        points_sort(c->points, c->n_points);
        if (config_point_index(c, ip) >= 0)
            return yn_fail(item, err, "point %s stands here twice", yn_scalar(item));
        c->points[c->n_points++] = ip;
    }
    points_sort(c->points, c->n_points);
    return 0;
}

static int load_points_draw(struct config *c, struct yn map, struct err *err)
{
    static const char *const keys[] = {"count", "one-per", "seed", "exclude", NULL};
    struct points_draw draw = {.one_per_bits = 24, .seed = 1};
    uint64_t one_per = 24;
    int rc = yn_check_keys(map, keys, err);
    if (rc < 0)
        return rc;
    if (!yn_present(yn_get(map, "count")))
        return yn_fail(map, err, "points.draw needs a count");
    if ((rc = yn_u64(yn_get(map, "count"), 0, UINT32_MAX, &draw.count, err)) < 0 ||
        (rc = yn_u64(yn_get(map, "one-per"), 8, 32, &one_per, err)) < 0 ||
        (rc = yn_u64(yn_get(map, "seed"), 0, UINT64_MAX, &draw.seed, err)) < 0)
        return rc;
    draw.one_per_bits = (uint8_t)one_per;
    struct yn exclude = yn_get(map, "exclude");
    if (yn_count(exclude) > sizeof draw.exclude / sizeof *draw.exclude)
        return yn_fail(exclude, err, "at most %zu prefixes can be excluded",
                       sizeof draw.exclude / sizeof *draw.exclude);
    for (size_t i = 0; i < yn_count(exclude); i++) {
        if ((rc = load_prefix(yn_item(exclude, i), &draw.exclude[draw.n_exclude++], err)) < 0)
            return rc;
    }
    if (draw.count > CONFIG_POINTS_MAX)
        return yn_fail(yn_get(map, "count"), err, "%llu points are more than the %d that a plan can hold",
                       (unsigned long long)draw.count, CONFIG_POINTS_MAX);
    struct err why = {""};
    if ((rc = points_draw(c->darknet, c->n_darknet, &draw, &c->points, &why)) < 0)
        return yn_fail(yn_get(map, "count"), err, "%s", why.text);
    c->n_points = draw.count;
    return 0;
}

static int load_points(struct config *c, struct yn map, struct err *err)
{
    static const char *const keys[] = {"draw", "list", NULL};
    int rc = yn_check_keys(map, keys, err);
    if (rc < 0)
        return rc;
    struct yn draw = yn_get(map, "draw"), list = yn_get(map, "list");
    if (yn_present(draw) && yn_present(list))
        return yn_fail(map, err, "points are drawn or listed, not both");
    if (yn_present(draw))
        return load_points_draw(c, draw, err);
    return yn_present(list) ? load_points_list(c, list, err) : 0;
}

static int load_gateway(struct config *c, struct yn map, struct err *err)
{
    static const char *const keys[] = {"mode",     "form",      "outside", "inside", "mirror",
                                       "honeypot", "base-port", "alias",   NULL};
    struct config_gateway *g = &c->gateway;
    int mode = (int)g->mode, form = (int)g->form, rc;
    uint64_t base_port = g->base_port;
    if ((rc = yn_check_keys(map, keys, err)) < 0 ||
        (rc = yn_choice(yn_get(map, "mode"), mode_names, &mode, err)) < 0 ||
        (rc = yn_choice(yn_get(map, "form"), form_names, &form, err)) < 0 ||
        (rc = yn_text(yn_get(map, "outside"), g->outside, sizeof g->outside, err)) < 0 ||
        (rc = yn_text(yn_get(map, "inside"), g->inside, sizeof g->inside, err)) < 0 ||
        (rc = yn_text(yn_get(map, "mirror"), g->mirror, sizeof g->mirror, err)) < 0 ||
        (rc = load_address(yn_get(map, "honeypot"), &g->honeypot, err)) < 0 ||
        (rc = yn_u64(yn_get(map, "base-port"), 1025, 65535, &base_port, err)) < 0)
        return rc;
    g->mode = (enum gateway_mode)mode;
    g->form = (enum gateway_form)form;
    g->base_port = (uint16_t)base_port;
    struct yn alias = yn_get(map, "alias");
    if (yn_present(alias) && (rc = load_prefix(alias, &g->alias, err)) < 0)
        return rc;
    return 0;
}

static int load_capture(struct config *c, struct yn map, struct err *err)
{
    static const char *const keys[] = {"interface", "payload-bytes", "snap-length", "recorder", NULL};
    uint64_t payload = c->capture.payload_bytes, snap = c->capture.snap_len_bytes;
    int rc;
    if ((rc = yn_check_keys(map, keys, err)) < 0 ||
        (rc = yn_text(yn_get(map, "interface"), c->capture.interface, sizeof c->capture.interface, err)) <
            0 ||
        (rc = yn_u64(yn_get(map, "payload-bytes"), 0, 65535, &payload, err)) < 0 ||
        (rc = yn_u64(yn_get(map, "snap-length"), 64, 262144, &snap, err)) < 0 ||
        (rc = yn_text(yn_get(map, "recorder"), c->capture.recorder, 33, err)) < 0)
        return rc;
    c->capture.payload_bytes = (uint16_t)payload;
    c->capture.snap_len_bytes = (uint32_t)snap;
    const char *name = c->capture.recorder;
    if (!*name || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789") != strlen(name))
        return yn_fail(yn_get(map, "recorder"), err, "a recorder's name is 1 to 32 of a-z and 0-9");
    return 0;
}

static int load_services(struct config_honeypot *h, struct yn list, struct err *err)
{
    if (!yn_present(list))
        return 0;
    if (yn_count(list) == 0 || yn_count(list) > CONFIG_SERVICES_MAX)
        return yn_fail(list, err, "1 to %d services are wanted", CONFIG_SERVICES_MAX);
    h->n_services = 0;
    for (size_t i = 0; i < yn_count(list); i++) {
        char *name = h->services[h->n_services];
        int rc = yn_text(yn_item(list, i), name, CONFIG_NAME_MAX, err);
        if (rc < 0)
            return rc;
        for (size_t k = 0; k < h->n_services; k++) {
            if (strcmp(h->services[k], name) == 0)
                return yn_fail(yn_item(list, i), err, "service '%s' stands here twice", name);
        }
        h->n_services++;
    }
    return 0;
}

static int load_honeypot(struct config *c, struct yn map, const char *path, struct err *err)
{
    static const char *const keys[] = {"listen",
                                       "interface",
                                       "persona",
                                       "services",
                                       "mysql",
                                       "sessions-max",
                                       "sessions-per-source-max",
                                       "idle-seconds",
                                       "life-seconds",
                                       "seed",
                                       "user",
                                       "instance",
                                       NULL};
    static const char *const mysql_keys[] = {"version", "login", NULL};
    struct config_honeypot *h = &c->honeypot;
    uint64_t sessions = h->sessions_max, per_source = h->sessions_per_source_max, idle = h->idle_s,
             life = h->life_s;
    struct yn mysql = yn_get(map, "mysql");
    int rc;
    if ((rc = yn_check_keys(map, keys, err)) < 0 ||
        (rc = load_address(yn_get(map, "listen"), &h->listen, err)) < 0 ||
        (rc = yn_text(yn_get(map, "interface"), h->interface, sizeof h->interface, err)) < 0 ||
        (rc = yn_text(yn_get(map, "persona"), h->persona, sizeof h->persona, err)) < 0 ||
        (rc = load_services(h, yn_get(map, "services"), err)) < 0 ||
        (rc = yn_check_keys(mysql, mysql_keys, err)) < 0 ||
        (rc = yn_text(yn_get(mysql, "version"), h->mysql_version, sizeof h->mysql_version, err)) < 0 ||
        (rc = login_policy_read(yn_get(mysql, "login"), path, &h->login, err)) < 0 ||
        (rc = yn_u64(yn_get(map, "sessions-max"), 1, 10000000, &sessions, err)) < 0 ||
        (rc = yn_u64(yn_get(map, "sessions-per-source-max"), 1, 10000000, &per_source, err)) < 0 ||
        (rc = yn_u64(yn_get(map, "idle-seconds"), 1, 86400, &idle, err)) < 0 ||
        (rc = yn_u64(yn_get(map, "life-seconds"), 1, 864000, &life, err)) < 0 ||
        (rc = yn_u64(yn_get(map, "seed"), 0, UINT64_MAX, &h->seed, err)) < 0 ||
        (rc = yn_text(yn_get(map, "user"), h->user, sizeof h->user, err)) < 0 ||
        (rc = yn_text(yn_get(map, "instance"), h->instance, 33, err)) < 0)
        return rc;
    h->sessions_max = (uint32_t)sessions;
    h->sessions_per_source_max = (uint32_t)per_source;
    h->idle_s = (uint32_t)idle;
    h->life_s = (uint32_t)life;
    if (!h->instance[0] ||
        strspn(h->instance, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(h->instance))
        return yn_fail(yn_get(map, "instance"), err, "an instance's name is 1 to 32 of a-z, 0-9 and -");
    return 0;
}

static int load_store(struct config *c, struct yn map, struct err *err)
{
    static const char *const keys[] = {"path", "keep", NULL}, *const keep_keys[] = {"days", "bytes", NULL};
    struct yn keep = yn_get(map, "keep");
    uint64_t days = c->store.keep_days;
    int rc;
    if ((rc = yn_check_keys(map, keys, err)) < 0 || (rc = yn_check_keys(keep, keep_keys, err)) < 0 ||
        (rc = yn_text(yn_get(map, "path"), c->store.path, sizeof c->store.path, err)) < 0 ||
        (rc = yn_u64(yn_get(keep, "days"), 0, 36500, &days, err)) < 0 ||
        (rc = yn_bytes(yn_get(keep, "bytes"), &c->store.keep_bytes, err)) < 0)
        return rc;
    c->store.keep_days = (uint32_t)days;
    return c->store.path[0] ? 0 : yn_fail(yn_get(map, "path"), err, "the store needs a path");
}

static int load_experiment(struct config *c, struct yn map, struct err *err)
{
    static const char *const keys[] = {"name", "factor", "arms", "unit", "seed", "period-minutes", NULL};
    static const char *const units[] = {"period", "source", "point", NULL}, *const factors[] = {"mysql.version", "persona", NULL};
    struct config_experiment *x = &c->experiment;
    struct yn arms = yn_get(map, "arms");
    int rc, unit = EXPERIMENT_PERIOD, factor = EXPERIMENT_MYSQL_VERSION;
    uint64_t minutes = 0;
    if ((rc = yn_check_keys(map, keys, err)) < 0 ||
        (rc = yn_text(yn_get(map, "name"), x->name, sizeof x->name, err)) < 0 ||
        (rc = yn_choice(yn_get(map, "factor"), factors, &factor, err)) < 0 ||
        (rc = yn_choice(yn_get(map, "unit"), units, &unit, err)) < 0 ||
        (rc = yn_u64(yn_get(map, "period-minutes"), 1, 527040, &minutes, err)) < 0 ||
        (rc = yn_u64(yn_get(map, "seed"), 0, UINT64_MAX, &x->seed, err)) < 0)
        return rc;
    x->factor = (enum experiment_factor)factor;
    x->unit = (enum experiment_unit)unit;
    x->period_us = (int64_t)minutes * 60 * 1000000;
    if (yn_count(arms) > sizeof x->arms / sizeof *x->arms)
        return yn_fail(arms, err, "at most %zu arms", sizeof x->arms / sizeof *x->arms);
    for (size_t i = 0; i < yn_count(arms); i++) {
        if ((rc = yn_text(yn_item(arms, i), x->arms[x->n_arms++], CONFIG_NAME_MAX, err)) < 0)
            return rc;
    }
    return 0;
}

/* What single keys cannot show: that the parts fit together. */
static int check_whole(const struct config *c, struct yn root, struct err *err)
{
    struct yn gateway = yn_get(root, "gateway");
    struct yn at = yn_present(yn_get(gateway, "honeypot")) ? yn_get(gateway, "honeypot") : root;
    char text[IP4_TEXT_MAX];
    if (config_in_darknet(c, c->gateway.honeypot))
        return yn_fail(at, err, "the honeypot's own address %s lies in the darknet: give it one outside",
                       ip4_format(c->gateway.honeypot, text));
    uint64_t ports = c->gateway.base_port + (uint64_t)c->n_points * c->honeypot.n_services;
    if (c->gateway.mode == GATEWAY_DNAT && c->gateway.form == GATEWAY_FORM_PORT_PER_POINT && ports > 65536)
        return yn_fail(
            yn_present(gateway) ? gateway : root, err,
            "%zu points with %zu services from port %u need ports up to %llu: use form alias, or fewer",
            c->n_points, c->honeypot.n_services, c->gateway.base_port, (unsigned long long)ports - 1);
    if (c->gateway.alias.len_bits == 0)
        return c->gateway.form == GATEWAY_FORM_ALIAS && c->n_points
                   ? yn_fail(yn_present(gateway) ? gateway : root, err,
                             "form alias needs an alias prefix (gateway.alias)")
                   : 0;
    at = yn_get(gateway, "alias");
    for (size_t i = 0; i < c->n_darknet; i++) {
        if (overlap(c->gateway.alias, c->darknet[i]))
            return yn_fail(at, err, "the alias prefix overlaps the darknet: give it one outside");
    }
    if (ip4_in(c->gateway.honeypot, c->gateway.alias))
        return yn_fail(at, err, "the alias prefix holds the honeypot's own address: give it one outside");
    if (ip4_prefix_size(c->gateway.alias) < c->n_points)
        return yn_fail(at, err, "the alias prefix has %llu addresses for %zu points",
                       (unsigned long long)ip4_prefix_size(c->gateway.alias), c->n_points);
    return 0;
}

int config_load(struct config *c, const char *path, struct err *err)
{
    static const char *const keys[] = {"darknet",  "points", "gateway",    "capture",
                                       "honeypot", "store",  "experiment", NULL};
    struct yfile *file = NULL;
    config_init(c);
    int rc = yfile_load(path, &file, err);
    if (rc < 0)
        return rc;
    struct yn root = yfile_root(file);
    if ((rc = yn_check_keys(root, keys, err)) < 0 ||
        (rc = load_darknet(c, yn_get(root, "darknet"), err)) < 0 ||
        (rc = load_points(c, yn_get(root, "points"), err)) < 0 ||
        (rc = load_gateway(c, yn_get(root, "gateway"), err)) < 0 ||
        (rc = load_capture(c, yn_get(root, "capture"), err)) < 0 ||
        (rc = load_honeypot(c, yn_get(root, "honeypot"), path, err)) < 0 ||
        (rc = load_store(c, yn_get(root, "store"), err)) < 0 ||
        (rc = load_experiment(c, yn_get(root, "experiment"), err)) < 0 ||
        (rc = check_whole(c, root, err)) < 0) {
        config_done(c);
        config_init(c);
    }
    yfile_free(file);
    return rc;
}

#include "lab/labconf.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "base/wr.h"
#include "config/points.h"

#define YAML_MAX ((size_t)4 << 20)

int labconf_default(uint64_t seed, struct config *c, struct err *err)
{
    struct points_draw draw = {.count = 32, .one_per_bits = 24, .seed = seed};
    config_init(c);
    (void)snprintf(c->honeypot.persona, sizeof c->honeypot.persona, "paper");
    int rc = points_draw(c->darknet, c->n_darknet, &draw, &c->points, err);
    if (rc == 0)
        c->n_points = draw.count;
    return rc;
}

/* A double-quoted YAML scalar. */
static void write_text(struct wr *out, const char *text)
{
    wr_u8(out, '"');
    for (const char *p = text; *p; p++) {
        if ((unsigned char)*p < 0x20)
            wr_fmt(out, "\\x%02x", (unsigned)(unsigned char)*p);
        else if (*p == '"' || *p == '\\')
            wr_fmt(out, "\\%c", *p);
        else
            wr_u8(out, (uint8_t)*p);
    }
    wr_u8(out, '"');
}

static void write_key_text(struct wr *out, const char *key, const char *text)
{
    wr_fmt(out, "  %s: ", key);
    write_text(out, text);
    wr_u8(out, '\n');
}

static void write_darknet(const struct config *c, struct wr *out)
{
    char text[IP4_TEXT_MAX];
    wr_str(out, "darknet: [");
    for (size_t i = 0; i < c->n_darknet; i++)
        wr_fmt(out, "%s%s", i ? ", " : "", ip4_prefix_format(c->darknet[i], text));
    wr_str(out, "]\npoints:\n  list:\n");
    for (size_t i = 0; i < c->n_points; i++)
        wr_fmt(out, "    - %s\n", ip4_format(c->points[i], text));
}

static void write_gateway(const struct config_gateway *g, struct wr *out)
{
    static const char *const modes[] = {
        [GATEWAY_DNAT] = "dnat", [GATEWAY_ROUTE] = "route", [GATEWAY_TPROXY] = "tproxy", [GATEWAY_GRE] = "gre"};
    char text[IP4_TEXT_MAX];
    wr_fmt(out, "gateway:\n  mode: %s\n  form: %s\n", modes[g->mode],
           g->form == GATEWAY_FORM_ALIAS ? "alias" : "port-per-point");
    write_key_text(out, "outside", g->outside);
    write_key_text(out, "inside", g->inside);
    write_key_text(out, "mirror", g->mirror);
    wr_fmt(out, "  honeypot: %s\n  base-port: %u\n", ip4_format(g->honeypot, text), g->base_port);
    if (g->alias.len_bits)
        wr_fmt(out, "  alias: %s\n", ip4_prefix_format(g->alias, text));
}

static void write_capture(const struct config_capture *p, struct wr *out)
{
    wr_str(out, "capture:\n");
    write_key_text(out, "interface", p->interface);
    wr_fmt(out, "  payload-bytes: %u\n  snap-length: %u\n", p->payload_bytes, p->snap_len_bytes);
    write_key_text(out, "recorder", p->recorder);
}

static void write_honeypot(const struct config_honeypot *h, struct wr *out)
{
    char text[IP4_TEXT_MAX];
    wr_fmt(out, "honeypot:\n  listen: %s\n", ip4_format(h->listen, text));
    write_key_text(out, "interface", h->interface);
    write_key_text(out, "persona", h->persona);
    wr_str(out, "  services: [");
    for (size_t i = 0; i < h->n_services; i++) {
        wr_str(out, i ? ", " : "");
        write_text(out, h->services[i]);
    }
    wr_str(out, "]\n");
    if (h->mysql_version[0]) {
        wr_str(out, "  mysql: {version: ");
        write_text(out, h->mysql_version);
        wr_str(out, "}\n");
    }
    wr_fmt(out,
           "  sessions-max: %" PRIu32 "\n  sessions-per-source-max: %" PRIu32 "\n  idle-seconds: %" PRIu32
           "\n  life-seconds: %" PRIu32 "\n  seed: %" PRIu64 "\n",
           h->sessions_max, h->sessions_per_source_max, h->idle_s, h->life_s, h->seed);
    write_key_text(out, "user", h->user);
    write_key_text(out, "instance", h->instance);
}

static void write_store(const struct config_store *s, struct wr *out)
{
    wr_str(out, "store:\n");
    write_key_text(out, "path", s->path);
    wr_fmt(out, "  keep: {days: %" PRIu32 ", bytes: %" PRIu64 "}\n", s->keep_days, s->keep_bytes);
}

static void write_experiment(const struct config_experiment *x, struct wr *out)
{
    if (!x->name[0] && x->n_arms == 0)
        return;
    wr_str(out, "experiment:\n");
    write_key_text(out, "name", x->name);
    /* The lab changes the version itself, period by period: the honeypot is not to draw. */
    write_key_text(out, "factor", x->factor == EXPERIMENT_MYSQL_VERSION ? "mysql.version" : "persona");
    write_key_text(out, "unit", "period");
    wr_str(out, "  arms: [");
    for (size_t i = 0; i < x->n_arms; i++) {
        wr_str(out, i ? ", " : "");
        write_text(out, x->arms[i]);
    }
    wr_fmt(out, "]\n  seed: %" PRIu64 "\n", x->seed);
}

int labconf_write(const struct config *c, const char *path, struct err *err)
{
    struct wr out = wr_of(YAML_MAX);
    wr_str(&out, "# Written by 'hotaru lab'; any hotaru command reads it (--config).\n");
    write_darknet(c, &out);
    write_gateway(&c->gateway, &out);
    write_capture(&c->capture, &out);
    write_honeypot(&c->honeypot, &out);
    write_store(&c->store, &out);
    write_experiment(&c->experiment, &out);
    int rc = out.bad ? err_set(err, -ENOBUFS, "%s would be larger than %zu bytes", path, out.max)
                     : io_replace_file(path, out.bytes, out.len, err);
    wr_done(&out);
    return rc;
}

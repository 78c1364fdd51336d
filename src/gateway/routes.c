#include "gateway/routes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gateway/tool.h"

#define TEXT_MAX ((size_t)16 << 20)

/* "local 10.78.64.0/26" or "10.78.64.0/26 via 10.78.0.10": one line per route, the same for planned and active ones. */
static int write_planned(void *user, const struct gateway_route *r)
{
    char to[IP4_TEXT_MAX], via[IP4_TEXT_MAX];
    struct wr *out = user;
    if (r->local)
        wr_fmt(out, "local %s %d\n", ip4_prefix_format(r->to, to), r->protocol);
    else
        wr_fmt(out, "%s via %s %d\n", ip4_prefix_format(r->to, to), ip4_format(r->via, via), r->protocol);
    return out->bad ? -ENOBUFS : 0;
}

/* One line of `ip route show table all` as the line above; iproute2 leaves /32 away. */
static void write_active_line(char *line, int protocol, struct wr *out)
{
    char *save = NULL, *word = strtok_r(line, " ", &save);
    bool local = word && strcmp(word, "local") == 0;
    char *to = local ? strtok_r(NULL, " ", &save) : word, *via = NULL;
    if (!to)
        return;
    while ((word = strtok_r(NULL, " ", &save))) {
        if (strcmp(word, "via") == 0)
            via = strtok_r(NULL, " ", &save);
    }
    wr_fmt(out, "%s%s%s", local ? "local " : "", to, strchr(to, '/') ? "" : "/32");
    if (!local && via)
        wr_fmt(out, " via %s", via);
    wr_fmt(out, " %d\n", protocol);
}

static int list_protocol(int protocol, struct wr *out, struct err *err)
{
    char number[8];
    (void)snprintf(number, sizeof number, "%d", protocol);
    const char *const argv[] = {"ip", "-4", "route", "show", "table", "all", "proto", number, NULL};
    struct wr text = wr_of(TEXT_MAX);
    int rc = tool_run(argv, NULL, 0, &text, err);
    wr_u8(&text, 0);
    if (rc == 0 && text.bad)
        rc = err_set(err, -ENOBUFS, "more routes than expected carry protocol %d", protocol);
    char *save = NULL;
    for (char *line = rc == 0 ? strtok_r((char *)text.bytes, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save))
        write_active_line(line, protocol, out);
    wr_done(&text);
    return rc > 0 ? -EIO : rc;
}

static int list_active(enum gateway_part part, struct wr *out, struct err *err)
{
    int rc = 0;
    if (part & GATEWAY_PART_ROUTER)
        rc = list_protocol(GATEWAY_ROUTE_ROUTER, out, err);
    if (rc == 0 && (part & GATEWAY_PART_HONEYPOT))
        rc = list_protocol(GATEWAY_ROUTE_HONEYPOT, out, err);
    wr_u8(out, 0);
    return rc;
}

static bool has_line(const struct wr *text, const char *line, size_t n)
{
    for (const char *p = (const char *)text->bytes; p && *p; p += strcspn(p, "\n") + 1) {
        if (strncmp(p, line, n) == 0 && p[n] == '\n')
            return true;
    }
    return false;
}

/* A line of ours as a command of ip -batch; lines that keep has are left out (keep may be NULL). */
static size_t write_commands(const struct wr *lines, const struct wr *keep, const char *verb, struct wr *out)
{
    size_t n = 0;
    for (const char *p = (const char *)lines->bytes; p && *p; p += strcspn(p, "\n") + 1) {
        size_t len = strcspn(p, "\n");
        if (keep && has_line(keep, p, len))
            continue;
        const char *proto = p + len;
        while (proto > p && proto[-1] != ' ')
            proto--;
        wr_fmt(out, "route %s %.*s%sproto %.*s\n", verb, (int)(proto - p), p, strncmp(p, "local", 5) == 0 ? "dev lo " : "",
               (int)(p + len - proto), proto);
        n++;
    }
    return n;
}

static int run_batch(const struct wr *batch, struct err *err)
{
    const char *const argv[] = {"ip", "-4", "-batch", "-", NULL};
    if (batch->len == 0)
        return 0;
    int rc = tool_run(argv, batch->bytes, batch->len, NULL, err);
    return rc > 0 ? -EIO : rc;
}

int gateway_routes_apply(const struct config *c, enum gateway_part part, struct err *err)
{
    struct wr planned = wr_of(TEXT_MAX), active = wr_of(TEXT_MAX), batch = wr_of(TEXT_MAX);
    int rc = gateway_routes(c, part, write_planned, &planned);
    wr_u8(&planned, 0);
    if (rc < 0)
        (void)err_set(err, rc, "the plan has too many routes");
    else if ((rc = list_active(part, &active, err)) == 0) {
        (void)write_commands(&planned, &active, "replace", &batch);
        (void)write_commands(&active, &planned, "del", &batch);
        rc = run_batch(&batch, err);
    }
    wr_done(&planned);
    wr_done(&active);
    wr_done(&batch);
    return rc;
}

int gateway_routes_remove(enum gateway_part part, struct err *err)
{
    struct wr active = wr_of(TEXT_MAX), batch = wr_of(TEXT_MAX);
    int rc = list_active(part, &active, err);
    if (rc == 0) {
        (void)write_commands(&active, NULL, "del", &batch);
        rc = run_batch(&batch, err);
    }
    wr_done(&active);
    wr_done(&batch);
    return rc;
}

int gateway_routes_status(const struct config *c, enum gateway_part part, struct wr *report, struct err *err)
{
    struct wr planned = wr_of(TEXT_MAX), active = wr_of(TEXT_MAX), scratch = wr_of(TEXT_MAX);
    int rc = gateway_routes(c, part, write_planned, &planned);
    wr_u8(&planned, 0);
    if (rc == 0 && (rc = list_active(part, &active, err)) == 0) {
        size_t missing = write_commands(&planned, &active, "replace", &scratch);
        size_t extra = write_commands(&active, &planned, "del", &scratch);
        if (missing == 0 && extra == 0)
            wr_str(report, "routes: active, as planned\n");
        else
            wr_fmt(report, "routes: %zu missing, %zu that the plan does not have\n", missing, extra);
        rc = missing || extra ? 1 : 0;
    }
    wr_done(&planned);
    wr_done(&active);
    wr_done(&scratch);
    return rc;
}

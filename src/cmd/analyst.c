#include "cmd/analyst.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/ts.h"
#include "cmd/arg.h"

void analyst_init(struct analyst *a, const char *program)
{
    memset(a, 0, sizeof *a);
    a->program = program;
    a->params.seed = 1;
    a->params.config = &a->config;
    log_init(program, false, LOG_LEVEL_INFO);
}

static int parse_proto(const char *text, uint8_t *ret)
{
    static const struct {
        const char *name;
        uint8_t proto;
    } known[] = {{"icmp", 1}, {"tcp", 6}, {"udp", 17}};
    uint64_t n;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(text, known[i].name) == 0) {
            *ret = known[i].proto;
            return 0;
        }
    }
    if (arg_number("proto", text, 255, &n, NULL) < 0)
        return -EINVAL;
    *ret = (uint8_t)n;
    return 0;
}

/* The filter's option; -ENOTSUP when it is none. */
static int take_filter(struct filter *f, int option, const char *value, struct err *err)
{
    uint64_t n = 0;
    switch (option) {
    case ANALYST_SRC:
        f->has_src = true;
        return ip4_prefix_parse(value, &f->src, err);
    case ANALYST_DST:
        f->has_dst = true;
        return ip4_prefix_parse(value, &f->dst, err);
    case ANALYST_PORT:
        if (arg_number("port", value, 65535, &n, NULL) < 0 || n == 0)
            return err_set(err, -EINVAL, "--port wants a number from 1 to 65535, not '%.40s'", value);
        f->has_port = true;
        f->port = (uint16_t)n;
        return 0;
    case ANALYST_PROTO:
        if (parse_proto(value, &f->proto) < 0)
            return err_set(err, -EINVAL, "--proto wants tcp, udp, icmp or a number to 255, not '%.40s'",
                           value);
        f->has_proto = true;
        return 0;
    case ANALYST_SINCE:
        return ts_parse(value, &f->since_us, err);
    case ANALYST_UNTIL:
        return ts_parse(value, &f->until_us, err);
    default:
        return -ENOTSUP;
    }
}

int analyst_option(struct analyst *a, int option, const char *value)
{
    struct err err = {""};
    int rc = take_filter(&a->params.filter, option, value, &err);
    if (rc == -ENOTSUP) {
        rc = 0;
        if (option == ANALYST_CONFIG)
            a->config_path = value;
        else if (option == ANALYST_STORE)
            a->store_path = value;
        else if (option == ANALYST_LOG_FORMAT && (strcmp(value, "json") == 0 || strcmp(value, "text") == 0))
            log_init(a->program, strcmp(value, "json") == 0, LOG_LEVEL_INFO);
        else if (option == ANALYST_LOG_FORMAT)
            rc = err_set(&err, -EINVAL, "--log-format is text or json, not '%.40s'", value);
        else if (option == ANALYST_SEED)
            rc = arg_number("seed", value, UINT64_MAX, &a->params.seed, &err);
        else
            return EXIT_USAGE; /* getopt has said why */
    }
    if (rc < 0) {
        log_error("%s", err.text);
        return EXIT_USAGE;
    }
    return 0;
}

int analyst_fail(const struct analyst *a, int rc, const struct err *err)
{
    (void)a;
    log_error("%s", err->text[0] ? err->text : strerror(-rc));
    return (int)err_exit_code(rc);
}

int analyst_open(struct analyst *a)
{
    struct err err = {""};
    const struct filter *f = &a->params.filter;
    int rc = 0;
    if (f->since_us && f->until_us && f->since_us >= f->until_us) {
        log_error("--since is not before --until: no time lies between");
        return EXIT_USAGE;
    }
    if (a->config_path)
        rc = config_load(&a->config, a->config_path, &err);
    else
        config_init(&a->config);
    if (rc < 0)
        return analyst_fail(a, rc, &err);
    a->has_config = true;
    rc = store_open(a->store_path ? a->store_path : a->config.store.path, NULL, &a->store, &err);
    if (rc < 0) {
        a->store = NULL;
        return analyst_fail(a, rc, &err);
    }
    return 0;
}

void analyst_done(struct analyst *a)
{
    if (a->store)
        store_close(a->store);
    if (a->has_config)
        config_done(&a->config);
}

/* hotaru gateway: the plan that lights the points: show it, put it in force, take it away, compare. */
#include "cmd/cmd.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "gateway/apply.h"
#include "gateway/plan.h"

#define PLAN_MAX ((size_t)64 << 20)

struct request {
    const char *action, *config_path;
    enum gateway_part part;
    enum gateway_format format;
};

static const char help[] =
    "Usage: hotaru gateway plan   --config FILE [--part router|honeypot|all] [--format text|nft|openwrt]\n"
    "       hotaru gateway apply  --config FILE [--part router|honeypot|all]\n"
    "       hotaru gateway status --config FILE [--part router|honeypot|all]\n"
    "       hotaru gateway remove [--part router|honeypot|all]\n"
    "Which packets go where, so that the observation points answer while the rest of the darknet stays silent.\n"
    "  plan     print it; touches nothing\n"
    "  apply    put it in force on this host (root): routes, and the rules in one transaction; twice is as good as once\n"
    "  status   exit 0 when what is active is the plan, 1 when not (root)\n"
    "  remove   take away exactly what apply made (root)\n"
    "  --part   router: NAT and the copy for the recorder; honeypot: the aliases, the catch-all, only answers go out;\n"
    "           all (default): one host that is both\n"
    "  --format text (default): a table; nft: a ruleset; openwrt: a script to paste on the router, router's part only\n";

static bool pick(const char *text, const char *const *names, int *ret)
{
    for (int i = 0; names[i]; i++) {
        if (strcmp(names[i], text) == 0) {
            *ret = i;
            return true;
        }
    }
    return false;
}

static int parse(int argc, char **argv, struct request *r)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"part", required_argument, NULL, 'p'},
                                            {"format", required_argument, NULL, 'f'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    static const char *const parts[] = {"router", "honeypot", "all", NULL}, *const formats[] = {"nft", "openwrt", "text", NULL};
    int n;
    *r = (struct request){.part = GATEWAY_PART_ALL, .format = GATEWAY_PLAN_TEXT};
    for (int o; (o = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
        if (o == 'c') {
            r->config_path = optarg;
        } else if (o == 'p' && pick(optarg, parts, &n)) {
            r->part = (enum gateway_part)(n + 1);
        } else if (o == 'f' && pick(optarg, formats, &n)) {
            r->format = (enum gateway_format)n;
        } else if (o == 'h') {
            (void)fputs(help, stdout);
            return EXIT_GOOD;
        } else {
            if (o == 'p' || o == 'f')
                (void)fprintf(stderr, "hotaru gateway: '%.40s' is no %s; 'hotaru gateway --help' lists them\n", optarg,
                              o == 'p' ? "part" : "format");
            return EXIT_USAGE;
        }
    }
    r->action = optind + 1 == argc ? argv[optind] : NULL;
    static const char *const actions[] = {"plan", "apply", "status", "remove", NULL};
    if (!r->action || !pick(r->action, actions, &n)) {
        (void)fprintf(stderr, "hotaru gateway: one of plan, apply, status, remove is wanted\n");
        return EXIT_USAGE;
    }
    if (!r->config_path && strcmp(r->action, "remove") != 0) {
        (void)fprintf(stderr, "hotaru gateway %s: --config FILE is needed\n", r->action);
        return EXIT_USAGE;
    }
    return -1;
}

static int act(const struct request *r, const struct config *c, struct wr *out, struct err *err)
{
    if (strcmp(r->action, "plan") == 0)
        return gateway_plan(c, r->part, r->format, out, err);
    if (strcmp(r->action, "status") == 0)
        return gateway_status(c, r->part, out, err);
    if (strcmp(r->action, "remove") == 0)
        return gateway_remove(r->part, err);
    return gateway_apply(c, r->part, out, err);
}

static int run(int argc, char **argv)
{
    struct request r;
    struct config c;
    struct err err = {""};
    struct wr out = wr_of(PLAN_MAX);
    int code = parse(argc, argv, &r);
    if (code >= 0)
        return code;
    config_init(&c);
    int rc = r.config_path ? config_load(&c, r.config_path, &err) : 0;
    if (rc == 0) {
        rc = act(&r, &c, &out, &err);
        config_done(&c);
    }
    if (out.len && fwrite(out.bytes, 1, out.len, stdout) != out.len)
        rc = err_set(&err, -EIO, "cannot write to standard output");
    wr_done(&out);
    if (rc < 0)
        (void)fprintf(stderr, "hotaru gateway: %s\n", err.text);
    return rc < 0 ? (int)err_exit_code(rc) : rc;
}

const struct command command_gateway = {
    "gateway", "plan|apply|status|remove [--config FILE]", "light the observation points: routes and nft rules", run};

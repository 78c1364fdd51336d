/* hotaru lab: the paper's figure 1 on one machine, with real packets. */
#include "cmd/cmd.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "lab/run.h"

static const char help[] =
    "Usage: hotaru lab [OPTION…] [--exec COMMAND [ARGUMENT…]]\n"
    "Attackers, router, honeypot and capture server in network namespaces of their own; real packets, real sessions.\n"
    "Nothing of this touches the host's network, and nothing of it stays. Works as root, and without where the kernel\n"
    "allows user namespaces.\n"
    "  --config FILE   darknet, points, services and persona of this file; default: 10.77.0.0/18 with 32 points by --seed\n"
    "  --out DIR       gets observatory.yaml and log/ (default: out)\n"
    "  --store DIR     where the run is stored (default: OUT/store)\n"
    "  --truth FILE    write what the attackers really did, JSON\n"
    "  --seconds N     how long the attackers play (default: 100)\n"
    "  --seed N        of points and attackers (default: 1)\n"
    "  --no-effects    attackers that react to no answer\n"
    "  --keep          stay afterwards until Ctrl-C\n"
    "  --bare          the network alone: no recorder, no honeypot, no attackers\n"
    "  --exec COMMAND  run this in the attackers' namespace instead of the attackers; its exit code is the lab's.\n"
    "                  HOTARU_LAB_* in its environment describe the lab; 'ip netns' names are att, rtr, hp, cap\n"
    "  --log-format text|json\n";

static int parse_number(const char *name, const char *text, unsigned long long low, unsigned long long high,
                        unsigned long long *ret)
{
    char *end;
    errno = 0;
    *ret = strtoull(text, &end, 10);
    if (errno || end == text || *end || text[0] == '-' || *ret < low || *ret > high) {
        (void)fprintf(stderr, "hotaru lab: --%s wants a number from %llu to %llu, not '%.40s'\n", name, low, high, text);
        return -EINVAL;
    }
    return 0;
}

static bool have_command(const char *name)
{
    for (const struct command *const *c = command_table; *c; c++) {
        if (strcmp((*c)->name, name) == 0)
            return true;
    }
    return false;
}

static const struct option options[] = {
    {"config", required_argument, NULL, 'c'}, {"out", required_argument, NULL, 'o'},
    {"store", required_argument, NULL, 'S'},  {"truth", required_argument, NULL, 't'},
    {"seconds", required_argument, NULL, 's'}, {"seed", required_argument, NULL, 'r'},
    {"no-effects", no_argument, NULL, 'n'},   {"keep", no_argument, NULL, 'k'},
    {"bare", no_argument, NULL, 'b'},         {"exec", no_argument, NULL, 'x'},
    {"log-format", required_argument, NULL, 'l'}, {"help", no_argument, NULL, 'h'}, {0}};

/* One option; -1: go on, else the exit code. */
static int take(int o, char **argv, struct lab_options *l, bool *json)
{
    unsigned long long n;
    switch (o) {
    case 'c': l->config_path = optarg; return -1;
    case 'o': l->out_dir = optarg; return -1;
    case 'S': l->store = optarg; return -1;
    case 't': l->truth = optarg; return -1;
    case 's':
        if (parse_number("seconds", optarg, 1, 86400, &n) < 0)
            return EXIT_USAGE;
        l->seconds = (int)n;
        return -1;
    case 'r':
        if (parse_number("seed", optarg, 0, UINT64_MAX, &n) < 0)
            return EXIT_USAGE;
        l->seed = n;
        return -1;
    case 'n': l->effects = false; return -1;
    case 'k': l->keep = true; return -1;
    case 'b': l->bare = true; return -1;
    case 'l':
        *json = strcmp(optarg, "json") == 0;
        if (*json || strcmp(optarg, "text") == 0)
            return -1;
        (void)fprintf(stderr, "hotaru lab: --log-format is text or json, not '%.40s'\n", optarg);
        return EXIT_USAGE;
    case 'h': (void)fputs(help, stdout); return EXIT_GOOD;
    case 'x':
        if (!argv[optind]) {
            (void)fprintf(stderr, "hotaru lab: --exec wants a command\n");
            return EXIT_USAGE;
        }
        l->exec = (const char *const *)argv + optind;
        return -1;
    default: return EXIT_USAGE;
    }
}

static int run(int argc, char **argv)
{
    struct lab_options l = {.out_dir = "out", .seconds = 100, .seed = 1, .effects = true,
                            .progress = isatty(STDERR_FILENO) == 1, .seal = have_command("store")};
    struct err err = {""};
    bool json = false;
    /* "+": what stands after --exec is the command's own. */
    for (int o; !l.exec && (o = getopt_long(argc, argv, "+c:h", options, NULL)) != -1;) {
        int code = take(o, argv, &l, &json);
        if (code >= 0)
            return code;
    }
    if (!l.exec && optind < argc) {
        (void)fprintf(stderr, "hotaru lab: what is '%.40s'? A command stands after --exec\n", argv[optind]);
        return EXIT_USAGE;
    }
    log_init("hotaru lab", json, LOG_LEVEL_INFO);
    l.progress = l.progress && !json;
    int rc = lab_run(&l, &err);
    if (err.text[0])
        log_error("%s", err.text);
    return rc < 0 ? (int)err_exit_code(rc) : rc;
}

const struct command command_lab = {
    "lab", "[--seconds N] [--seed N] [--exec COMMAND…]", "the paper's observatory on one machine, with real packets", run};

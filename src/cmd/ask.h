/* The options that every subcommand asking the store has: --config, --store, the filters, --seed. */
#ifndef HOTARU_CMD_ASK_H
#define HOTARU_CMD_ASK_H

#include <getopt.h>
#include <stdbool.h>

#include "analysis/analysis.h"
#include "config/config.h"
#include "store/store.h"

struct ask {
    const char *program;        /* "hotaru analyze", for error lines */
    const char *config_path, *store_path;
    struct config config;
    struct analysis_params params; /* params.config = &config */
    struct store *store;
    bool has_config;
};

/* Values of getopt_long() for the common options, beyond any character. */
enum { ASK_CONFIG = 1000, ASK_STORE, ASK_SRC, ASK_DST, ASK_PORT, ASK_PROTO, ASK_SINCE, ASK_UNTIL, ASK_SEED, ASK_LOG_FORMAT };
#define ASK_OPTIONS                                                                                                  \
    {"config", required_argument, NULL, ASK_CONFIG}, {"store", required_argument, NULL, ASK_STORE},                  \
        {"src", required_argument, NULL, ASK_SRC}, {"dst", required_argument, NULL, ASK_DST},                        \
        {"port", required_argument, NULL, ASK_PORT}, {"proto", required_argument, NULL, ASK_PROTO},                  \
        {"since", required_argument, NULL, ASK_SINCE}, {"until", required_argument, NULL, ASK_UNTIL},                \
        {"seed", required_argument, NULL, ASK_SEED}, {"log-format", required_argument, NULL, ASK_LOG_FORMAT}
#define ASK_HELP                                                                                                     \
    "  --config FILE   observatory.yaml: darknet, points, where the store is\n"                                      \
    "  --store DIR     the store (default: the configuration's)\n"                                                   \
    "  --src, --dst A  packets of, to this address or prefix only; --port N, --proto tcp|udp|icmp|N\n"              \
    "  --since, --until T  from (inclusive) and to (exclusive): 2013-04-17, 2013-04-17T09:30:00Z, @1366191000\n"     \
    "  --seed N        of the tests' random draws (default: 1)\n"

void ask_init(struct ask *a, const char *program);
/* One common option. 0; EXIT_USAGE after an error line. */
int ask_option(struct ask *a, int option, const char *value);
/* Reads the configuration, opens the store to read. 0, or the exit code after an error line. */
int ask_open(struct ask *a);
/* Prints the line, returns the exit code it deserves. */
int ask_fail(const struct ask *a, int rc, const struct err *err);
void ask_done(struct ask *a);

#endif

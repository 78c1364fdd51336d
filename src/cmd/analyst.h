/* The options that every subcommand asking the store has: --config, --store, the filters, --seed. */
#ifndef HOTARU_CMD_ANALYST_H
#define HOTARU_CMD_ANALYST_H

#include <getopt.h>
#include <stdbool.h>

#include "analysis/analysis.h"
#include "config/config.h"
#include "store/store.h"

struct analyst {
    const char *program; /* "hotaru analyze", for error lines */
    const char *config_path, *store_path;
    struct config config;
    struct analysis_params params; /* params.config = &config */
    struct store *store;
    bool has_config;
};

/* Values of getopt_long() for the common options, beyond any character. */
enum {
    ANALYST_CONFIG = 1000,
    ANALYST_STORE,
    ANALYST_SRC,
    ANALYST_DST,
    ANALYST_PORT,
    ANALYST_PROTO,
    ANALYST_SINCE,
    ANALYST_UNTIL,
    ANALYST_SEED,
    ANALYST_LOG_FORMAT
};
#define ANALYST_OPTIONS                                                                                      \
    {"config", required_argument, NULL, ANALYST_CONFIG}, {"store", required_argument, NULL, ANALYST_STORE},  \
        {"src", required_argument, NULL, ANALYST_SRC}, {"dst", required_argument, NULL, ANALYST_DST},        \
        {"port", required_argument, NULL, ANALYST_PORT}, {"proto", required_argument, NULL, ANALYST_PROTO},  \
        {"since", required_argument, NULL, ANALYST_SINCE},                                                   \
        {"until", required_argument, NULL, ANALYST_UNTIL}, {"seed", required_argument, NULL, ANALYST_SEED},  \
    {                                                                                                        \
        "log-format", required_argument, NULL, ANALYST_LOG_FORMAT                                            \
    }
#define ANALYST_HELP                                                                                         \
    "  --config FILE   observatory.yaml: darknet, points, where the store is\n"                              \
    "  --store DIR     the store (default: the configuration's)\n"                                           \
    "  --src, --dst A  packets of, to this address or prefix only; --port N, --proto tcp|udp|icmp|N\n"       \
    "  --since, --until T  from (inclusive) and to (exclusive): 2013-04-17, 2013-04-17T09:30:00Z, "          \
    "@1366191000\n"                                                                                          \
    "  --seed N        of the tests' random draws (default: 1)\n"

void analyst_init(struct analyst *a, const char *program);
/* One common option. 0; EXIT_USAGE after an error line. */
int analyst_option(struct analyst *a, int option, const char *value);
/* Reads the configuration, opens the store to read. 0, or the exit code after an error line. */
int analyst_open(struct analyst *a);
/* Prints the line, returns the exit code it deserves. */
int analyst_fail(const struct analyst *a, int rc, const struct err *err);
void analyst_done(struct analyst *a);

#endif

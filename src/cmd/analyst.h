/* The options that every subcommand asking the analyses has: --config, --store, the filters, --seed. */
#ifndef HOTARU_CMD_ANALYST_H
#define HOTARU_CMD_ANALYST_H

#include <getopt.h>
#include <stdbool.h>

#include "analysis/analysis.h"
#include "cmd/filter_args.h"
#include "cmd/store_args.h"
#include "config/config.h"
#include "store/store.h"

struct analyst {
    struct store_args where;
    struct config config;
    struct analysis_params params; /* params.config = &config */
    struct store *store;
    bool has_config;
};

enum { ANALYST_SEED = 0x4800 };
#define ANALYST_OPTIONS STORE_LONG_OPTIONS, FILTER_LONG_OPTIONS, {"seed", required_argument, NULL, ANALYST_SEED}
#define ANALYST_HELP                                                                                         \
    "  --config FILE      observatory.yaml: darknet, points, where the store is\n"                           \
    "  --store DIR        the store (default: the configuration's)\n" FILTER_HELP                            \
    "  --seed N           of the tests' random draws (default: 1)\n"

void analyst_init(struct analyst *a, const char *program);
/* One common option. 0; EXIT_USAGE after an error line. */
int analyst_option(struct analyst *a, int option, char **argv);
/* Reads the configuration (without one: the defaults), opens the store to read. 0, or the exit code after an error line. */
int analyst_open(struct analyst *a);
/* Prints the line, returns the exit code it deserves. */
int analyst_fail(int rc, const struct err *err);
void analyst_done(struct analyst *a);

#endif

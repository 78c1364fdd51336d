/* --store DIR and --config FILE, the same for every command that reads or writes a store. */
#ifndef HOTARU_CMD_STORE_ARGS_H
#define HOTARU_CMD_STORE_ARGS_H

#include <getopt.h>

#include "base/err.h"
#include "config/config.h"

enum { STORE_OPT_STORE = 0x4700, STORE_OPT_CONFIG, STORE_OPT_LOG };
#define STORE_LONG_OPTIONS                                                                                   \
    {"store", required_argument, NULL, STORE_OPT_STORE}, {"config", required_argument, NULL, STORE_OPT_CONFIG}, \
    {"log-format", required_argument, NULL, STORE_OPT_LOG}

struct store_args {
    const char *dir, *config_path; /* dir: the store, after store_args_done */
    char from_config[CONFIG_PATH_MAX];
    struct config_store keep;      /* of the configuration; zero without one */
};
/* 1: was ours; 0: not; -EINVAL. */
int store_arg(struct store_args *a, int option, const char *value, struct err *err);
/* What getopt's '?' and ':' mean, as one line; returns -EINVAL. */
int store_arg_unknown(int option, char **argv, struct err *err);
/* Reads the configuration when there is one; -EINVAL when no store is named. */
int store_args_done(struct store_args *a, struct err *err);

#endif

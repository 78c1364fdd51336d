#include "cmd/store_args.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

int store_arg(struct store_args *a, int option, const char *value, struct err *err)
{
    switch (option) {
    case STORE_OPT_STORE: a->dir = value; return 1;
    case STORE_OPT_CONFIG: a->config_path = value; return 1;
    case STORE_OPT_LOG:
        if (strcmp(value, "json") != 0 && strcmp(value, "text") != 0)
            return err_set(err, -EINVAL, "--log-format: '%.40s' is neither text nor json", value);
        log_init("hotaru", strcmp(value, "json") == 0, LOG_LEVEL_INFO);
        return 1;
    default: return 0;
    }
}

int store_arg_unknown(int option, char **argv, struct err *err)
{
    const char *word = argv[optind - 1];
    if (option == ':')
        return err_set(err, -EINVAL, "%.60s needs a value; '%s --help' lists the options", word, argv[0]);
    return err_set(err, -EINVAL, "unknown option '%.60s'; '%s --help' lists them", word, argv[0]);
}

int store_args_done(struct store_args *a, struct err *err)
{
    if (a->config_path) {
        struct config c;
        int rc = config_load(&c, a->config_path, err);
        if (rc < 0)
            return rc;
        (void)snprintf(a->from_config, sizeof a->from_config, "%s", c.store.path);
        a->keep = c.store;
        config_done(&c);
        if (!a->dir)
            a->dir = a->from_config;
    }
    if (!a->dir || !*a->dir)
        return err_set(err, -EINVAL, "which store? give --store DIR or --config FILE");
    return 0;
}

#include "cmd/analyst.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "cmd/arg.h"

void analyst_init(struct analyst *a, const char *program)
{
    memset(a, 0, sizeof *a);
    a->params.seed = 1;
    a->params.config = &a->config;
    log_init(program, false, LOG_LEVEL_INFO);
    opterr = 0;
}

int analyst_option(struct analyst *a, int option, char **argv)
{
    struct err err = {""};
    int rc = store_arg(&a->where, option, optarg, &err);
    if (rc == 0)
        rc = filter_arg(&a->params.filter, option, optarg, &err);
    if (rc == 0 && option == ANALYST_SEED)
        rc = arg_number("seed", optarg, UINT64_MAX, &a->params.seed, &err) < 0 ? -EINVAL : 1;
    if (rc == 0)
        rc = store_arg_unknown(option, argv, &err);
    if (rc < 0) {
        log_error("%s", err.text);
        return EXIT_USAGE;
    }
    return 0;
}

int analyst_fail(int rc, const struct err *err)
{
    log_error("%s", err->text[0] ? err->text : strerror(-rc));
    return (int)err_exit_code(rc);
}

static void progress(void *arg, const char *what, uint64_t done, uint64_t total)
{
    (void)arg;
    if (total)
        log_info("%s: %.0f %%", what, 100.0 * (double)done / (double)total);
    else
        log_info("%s: %" PRIu64, what, done);
}

int analyst_open(struct analyst *a)
{
    static const struct store_options options = {.progress = progress};
    struct err err = {""};
    int rc = filter_args_done(&a->params.filter, &err);
    if (rc < 0) {
        log_error("%s", err.text);
        return EXIT_USAGE;
    }
    if (a->where.config_path)
        rc = config_load(&a->config, a->where.config_path, &err);
    else
        config_init(&a->config);
    if (rc < 0)
        return analyst_fail(rc, &err);
    a->has_config = true;
    rc = store_open(a->where.dir ? a->where.dir : a->config.store.path, &options, &a->store, &err);
    if (rc < 0) {
        a->store = NULL;
        return analyst_fail(rc, &err);
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

/* hotaru check-config: is this configuration right, and what does it come to? */
#include "cmd/cmd.h"

#include <getopt.h>
#include <stdio.h>

#include "config/config.h"

static int run(int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'}, {"help", no_argument, NULL, 'h'}, {0}};
    const char *path = NULL;
    for (int o; (o = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
        if (o == 'c') {
            path = optarg;
        } else if (o == 'h') {
            (void)printf("Usage: hotaru check-config FILE\nReads an observatory.yaml; prints each fault as FILE:LINE:COLUMN.\n");
            return EXIT_GOOD;
        } else {
            return EXIT_USAGE;
        }
    }
    if (!path && optind < argc)
        path = argv[optind++];
    if (!path || optind < argc) {
        (void)fprintf(stderr, "hotaru check-config: give one file\n");
        return EXIT_USAGE;
    }
    struct config c;
    struct err err = {""};
    int rc = config_load(&c, path, &err);
    if (rc < 0) {
        (void)fprintf(stderr, "hotaru check-config: %s\n", err.text);
        return (int)err_exit_code(rc);
    }
    (void)printf("%s: good: %llu darknet addresses in %zu prefixes, %zu observation points, %zu services, store %s\n", path,
                 (unsigned long long)config_darknet_size(&c), c.n_darknet, c.n_points, c.honeypot.n_services, c.store.path);
    config_done(&c);
    return EXIT_GOOD;
}

const struct command command_check_config = {"check-config", "FILE", "check an observatory.yaml: errors with file, line, column", run};

/* hotaru check-config: is this configuration right, and what does it come to? */
#include "cmd/cmd.h"

#include <getopt.h>
#include <stdio.h>

#include "config/config.h"

static int run(int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"points", no_argument, NULL, 'p'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    bool list_points = false;
    const char *path = NULL;
    for (int o; (o = getopt_long(argc, argv, "c:ph", options, NULL)) != -1;) {
        if (o == 'c') {
            path = optarg;
        } else if (o == 'p') {
            list_points = true;
        } else if (o == 'h') {
            (void)printf("Usage: hotaru check-config [--points] FILE\n"
                         "Reads an observatory.yaml; prints a fault as FILE:LINE:COLUMN and exits with 3.\n"
                         "  --points   print the observation points, one address a line\n");
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
    for (size_t i = 0; list_points && i < c.n_points; i++) {
        char text[IP4_TEXT_MAX];
        (void)printf("%s\n", ip4_format(c.points[i], text));
    }
    if (!list_points)
        (void)printf("%s: good: %llu darknet addresses in %zu prefixes, %zu observation points, %zu "
                     "services, store %s\n",
                     path, (unsigned long long)config_darknet_size(&c), c.n_darknet, c.n_points,
                     c.honeypot.n_services, c.store.path);
    config_done(&c);
    return EXIT_GOOD;
}

const struct command command_check_config = {
    "check-config", "[--points] FILE", "check an observatory.yaml: errors with file, line, column", run};

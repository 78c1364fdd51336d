/* hotaru honeypot: the program hotaru-honeypot, which loads neither the database nor the analysis. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/sibling.h"
#include "cmd/cmd.h"

static int run(int argc, char **argv)
{
    char path[PATH_MAX], name[] = "hotaru-honeypot";
    struct err err = {""};
    int rc = sibling_path(name, path, &err);
    if (rc < 0) {
        (void)fprintf(stderr, "hotaru honeypot: %s\n", err.text);
        return EXIT_FAILED;
    }
    argv[0] = name;
    execv(path, argv);
    (void)fprintf(stderr, "hotaru honeypot: cannot start %s: %s\n", path, strerror(errno));
    return EXIT_FAILED;
}

const struct command command_honeypot = {"honeypot",
                                         "--config FILE | --listen ADDRESS --service NAME[:PORT]…",
                                         "answer on the observation points", run};

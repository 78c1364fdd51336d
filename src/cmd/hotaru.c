/* hotaru: one command with subcommands. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "cmd/cmd.h"

static void print_help(FILE *to)
{
    (void)fprintf(to, "Usage: hotaru COMMAND [ARGUMENT…]\n"
                      "A darknet observatory that answers.\n\nCommands:\n");
    for (const struct command *const *c = command_table; *c; c++)
        (void)fprintf(to, "  %-14s %s\n", (*c)->name, (*c)->doc);
    (void)fprintf(to, "\n'hotaru COMMAND --help' tells a command's options; man hotaru tells the rest.\n"
                      "Exit codes: 0 good, 1 failed, 2 usage, 3 bad input.\n");
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return EXIT_GOOD;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        (void)printf("hotaru %s\n", HOTARU_VERSION);
        return EXIT_GOOD;
    }
    for (const struct command *const *c = command_table; *c; c++) {
        if (strcmp(argv[1], (*c)->name) == 0) {
            char name[64];
            (void)snprintf(name, sizeof name, "hotaru %s", (*c)->name);
            argv[1] = name;
            return (*c)->run(argc - 1, argv + 1);
        }
    }
    (void)fprintf(stderr, "hotaru: unknown command '%.60s'; 'hotaru --help' lists them\n", argv[1]);
    return EXIT_USAGE;
}

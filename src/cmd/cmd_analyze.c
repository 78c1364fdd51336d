/* hotaru analyze: one analysis as a table. */
#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>

#include "cmd/analyst.h"

static const char help[] =
    "Usage: hotaru analyze [OPTION…] NAME\n"
    "       hotaru analyze --list\n"
    "One analysis of the store: its table, what it found, the loss of its range.\n" ANALYST_HELP
    "  --format table|csv|json  (default: table)\n"
    "  --list          the analyses there are; --fields NAME: what each column of one means\n";

static int list(void)
{
    for (const struct analysis *const *a = analysis_table; *a; a++)
        (void)printf("%-15s %s\n", (*a)->name, (*a)->doc);
    return EXIT_GOOD;
}

static int fields(const struct analysis *a)
{
    for (const struct result_field *f = a->fields; f->name; f++)
        (void)printf("%-15s %s%s%s%s\n", f->name, f->doc, f->unit[0] ? " [" : "", f->unit,
                     f->unit[0] ? "]" : "");
    return EXIT_GOOD;
}

static int print(struct analyst *analyst, const struct analysis *a, enum result_format format)
{
    struct result *r = NULL;
    struct err err = {""};
    int code = analyst_open(analyst);
    if (code)
        return code;
    int rc = a->run(analyst->store, &analyst->params, &r, &err);
    if (rc == 0 && (rc = result_write(r, format, stdout)) < 0)
        (void)err_sys(&err, rc, "standard output");
    result_free(r);
    return rc < 0 ? analyst_fail(rc, &err) : EXIT_GOOD;
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {ANALYST_OPTIONS,
                                            {"format", required_argument, NULL, 'f'},
                                            {"list", no_argument, NULL, 'l'},
                                            {"fields", no_argument, NULL, 'F'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    struct analyst analyst;
    struct err err = {""};
    enum result_format format = RESULT_TABLE;
    bool only_fields = false;
    analyst_init(&analyst, "hotaru analyze");
    for (int o; (o = getopt_long(argc, argv, ":h", options, NULL)) != -1;) {
        if (o == 'h')
            return fputs(help, stdout) < 0 ? EXIT_FAILED : EXIT_GOOD;
        if (o == 'l')
            return list();
        if (o == 'F') {
            only_fields = true;
        } else if (o == 'f') {
            if (result_format_parse(optarg, &format, &err) < 0) {
                (void)fprintf(stderr, "hotaru analyze: %s\n", err.text);
                return EXIT_USAGE;
            }
        } else if (analyst_option(&analyst, o, argv)) {
            return EXIT_USAGE;
        }
    }
    const struct analysis *a = optind < argc ? analysis_find(argv[optind]) : NULL;
    if (!a || optind + 1 < argc) {
        (void)fprintf(stderr,
                      optind < argc ? "hotaru analyze: no analysis '%.60s'; --list names them\n"
                                    : "hotaru analyze: which analysis? --list names them%s\n",
                      optind < argc ? argv[optind] : "");
        return EXIT_USAGE;
    }
    int code = only_fields ? fields(a) : print(&analyst, a, format);
    analyst_done(&analyst);
    return code;
}

const struct command command_analyze = {"analyze", "NAME|--list [--format table|csv|json]",
                                        "one analysis of the store as a table", run};

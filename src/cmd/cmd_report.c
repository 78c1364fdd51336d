/* hotaru report: figures, tables and findings in one page. */
#include "cmd/cmd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "cmd/analyst.h"
#include "report/report.h"

static const char help[] =
    "Usage: hotaru report [OPTION…] -o FILE.html\n"
    "       hotaru report [OPTION…] --findings\n"
    "Everything that was found in one self-contained page: findings, figures 3 to 8, tables 1 and 2, "
    "numbers,\n"
    "method, loss ledger.\n" ANALYST_HELP "  -o FILE         the page\n"
    "  --findings      the findings as at most ten lines on the terminal; with -o, both\n"
    "  --title TEXT, --origin TEXT  the page's heading; where the packets come from\n";

static int save(struct analyst *analyst, const char *path, const struct report_options *options,
                struct err *err)
{
    char *bytes = NULL;
    size_t n = 0;
    FILE *memory = open_memstream(&bytes, &n);
    if (!memory)
        return err_set(err, -ENOMEM, "no memory for %s", path);
    int rc = report_write(analyst->store, &analyst->params, options, memory, err);
    if (fclose(memory) != 0 && rc == 0)
        rc = err_set(err, -ENOMEM, "no memory for %s", path);
    if (rc == 0)
        rc = io_replace_file(path, bytes, n, err);
    free(bytes);
    return rc;
}

static int make(struct analyst *analyst, const char *path, bool findings,
                const struct report_options *options)
{
    struct err err = {""};
    int code = analyst_open(analyst);
    if (code)
        return code;
    int rc = path ? save(analyst, path, options, &err) : 0;
    if (rc == 0 && findings)
        rc = report_findings(analyst->store, &analyst->params, stdout, &err);
    return rc < 0 ? analyst_fail(rc, &err) : EXIT_GOOD;
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {ANALYST_OPTIONS,
                                            {"output", required_argument, NULL, 'o'},
                                            {"findings", no_argument, NULL, 'f'},
                                            {"title", required_argument, NULL, 't'},
                                            {"origin", required_argument, NULL, 'O'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    struct report_options page = {NULL, NULL};
    const char *path = NULL;
    bool findings = false;
    struct analyst analyst;
    analyst_init(&analyst, "hotaru report");
    for (int o; (o = getopt_long(argc, argv, ":o:h", options, NULL)) != -1;) {
        if (o == 'h')
            return fputs(help, stdout) < 0 ? EXIT_FAILED : EXIT_GOOD;
        if (o == 'o')
            path = optarg;
        else if (o == 'f')
            findings = true;
        else if (o == 't')
            page.title = optarg;
        else if (o == 'O')
            page.origin = optarg;
        else if (analyst_option(&analyst, o, argv))
            return EXIT_USAGE;
    }
    if (optind < argc || (!path && !findings)) {
        (void)fprintf(stderr,
                      "hotaru report: -o FILE.html says where to; --findings prints to the terminal\n");
        return EXIT_USAGE;
    }
    int code = make(&analyst, path, findings, &page);
    analyst_done(&analyst);
    return code;
}

const struct command command_report = {"report", "-o FILE.html [--findings]",
                                       "findings, figures, tables and method in one page", run};

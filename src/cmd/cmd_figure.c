/* hotaru figure: one figure as PNG, SVG or PDF, and its numbers as CSV. */
#include "cmd/cmd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "cmd/analyst.h"
#include "figure/figure.h"

static const char help[] =
    "Usage: hotaru figure [OPTION…] NAME -o FILE.{png,svg,pdf}\n"
    "       hotaru figure --list\n"
    "One figure of the store; 3 to 8 are the paper's. Which source, /24 and period they show is found\n"
    "from the data; the filters narrow it.\n" ANALYST_HELP
    "  -o FILE         where to; the name's end says the format\n"
    "  --csv FILE      its numbers\n"
    "  --list          the figures there are\n";

static int list(void)
{
    for (const struct figure *const *f = figure_table; *f; f++)
        (void)printf("%-8s %s\n", (*f)->name, (*f)->doc);
    return EXIT_GOOD;
}

/* Written whole to memory, then put in place at once: a failure leaves the old file. */
static int save(const struct picture *p, const char *path, bool csv, enum canvas_format format,
                struct err *err)
{
    char *bytes = NULL;
    size_t n = 0;
    FILE *memory = open_memstream(&bytes, &n);
    if (!memory)
        return err_set(err, -ENOMEM, "no memory for %s", path);
    int rc = csv ? result_write(p->result, RESULT_CSV, memory) : picture_write(p, format, memory);
    if (fclose(memory) != 0 && rc == 0)
        rc = -ENOMEM;
    rc = rc < 0 ? err_sys(err, rc, "%s could not be made", path) : io_replace_file(path, bytes, n, err);
    free(bytes);
    return rc;
}

static int make(struct analyst *analyst, const struct figure *f, const char *path, enum canvas_format format,
                const char *csv)
{
    struct picture *p = NULL;
    struct err err = {""};
    int code = analyst_open(analyst);
    if (code)
        return code;
    int rc = figure_make(f, analyst->store, &analyst->params, &p, &err);
    if (rc == 0)
        rc = save(p, path, false, format, &err);
    if (rc == 0 && csv)
        rc = save(p, csv, true, format, &err);
    if (rc == 0)
        (void)printf("%s: %s. %s\n", path, p->title, p->caption);
    picture_free(p);
    return rc < 0 ? analyst_fail(rc, &err) : EXIT_GOOD;
}

static int usage(const char *why, const char *what)
{
    (void)fprintf(stderr, "hotaru figure: %s%.60s\n", why, what);
    return EXIT_USAGE;
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {ANALYST_OPTIONS,
                                            {"csv", required_argument, NULL, 'c'},
                                            {"output", required_argument, NULL, 'o'},
                                            {"list", no_argument, NULL, 'l'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    const char *path = NULL, *csv = NULL;
    enum canvas_format format;
    struct err err = {""};
    struct analyst analyst;
    analyst_init(&analyst, "hotaru figure");
    for (int o; (o = getopt_long(argc, argv, ":o:h", options, NULL)) != -1;) {
        if (o == 'h')
            return fputs(help, stdout) < 0 ? EXIT_FAILED : EXIT_GOOD;
        if (o == 'l')
            return list();
        if (o == 'o')
            path = optarg;
        else if (o == 'c')
            csv = optarg;
        else if (analyst_option(&analyst, o, argv))
            return EXIT_USAGE;
    }
    if (optind + 1 != argc)
        return usage("give one figure; --list names them", "");
    if (!figure_find(argv[optind]))
        return usage("--list names the figures; there is none called ", argv[optind]);
    if (!path)
        return usage("-o FILE.{png,svg,pdf} says where to", "");
    if (canvas_format_of(path, &format, &err) < 0)
        return usage(err.text, "");
    int code = make(&analyst, figure_find(argv[optind]), path, format, csv);
    analyst_done(&analyst);
    return code;
}

const struct command command_figure = {"figure", "NAME -o FILE.{png,svg,pdf} [--csv FILE]",
                                       "one figure of the store; 3 to 8 are the paper's", run};

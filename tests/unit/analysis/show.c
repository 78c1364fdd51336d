/* For the developer: show_planted ANALYSIS [none] prints an analysis of the planted store (none: without effects);
 * show_planted FIGURE.{png,svg,pdf} [none] draws a figure; show_planted FILE.html [none] writes the report. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory_store.h"

#include "analysis/analysis.h"
#include "figure/figure.h"
#include "report/report.h"

static int show_table(struct store *s, const struct analysis_params *params, const struct analysis *a,
                      struct err *err)
{
    struct result *r = NULL;
    int rc = a->run(s, params, &r, err);
    if (rc == 0)
        rc = result_write(r, RESULT_TABLE, stdout);
    result_free(r);
    return rc;
}

static int draw(struct store *s, const struct analysis_params *params, const char *path, struct err *err)
{
    enum canvas_format format;
    const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    char name[32];
    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(base, "."), base);
    struct picture *p = NULL;
    int rc = canvas_format_of(path, &format, err);
    if (rc == 0 && !figure_find(name))
        return err_set(err, -1, "no figure %s", name);
    if (rc == 0)
        rc = figure_make(figure_find(name), s, params, &p, err);
    FILE *f = rc == 0 ? fopen(path, "w") : NULL;
    if (f) {
        rc = picture_write(p, format, f);
        (void)fclose(f);
        (void)printf("%s\n%s\n", p->title, p->caption);
    }
    picture_free(p);
    return rc;
}

static int page(struct store *s, const struct analysis_params *params, const char *path, struct err *err)
{
    struct report_options options = {NULL, "tests/data/planted.sql"};
    FILE *f = fopen(path, "w");
    if (!f)
        return -1;
    int rc = report_write(s, params, &options, f, err);
    (void)fclose(f);
    return rc < 0 ? rc : report_findings(s, params, stdout, err);
}

int main(int argc, char **argv)
{
    struct config config = {.n_darknet = 1};
    config.darknet[0] = (struct ip4_prefix){0x0a4d0000, 18};
    struct analysis_params params = {.config = &config, .seed = 1};
    struct err err = {""};
    if (argc < 2)
        return EXIT_USAGE;
    struct store *s = memory_store_open();
    memory_store_plant(s, !(argc > 2 && strcmp(argv[2], "none") == 0));
    const struct analysis *a = analysis_find(argv[1]);
    int rc = a                          ? show_table(s, &params, a, &err)
             : strstr(argv[1], ".html") ? page(s, &params, argv[1], &err)
                                        : draw(s, &params, argv[1], &err);
    if (rc < 0)
        (void)fprintf(stderr, "%s\n", err.text);
    store_close(s);
    return rc < 0;
}

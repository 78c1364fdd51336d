/* For the developer: show ANALYSIS [none] prints an analysis of the planted store (none: without effects). */
#include <stdio.h>
#include <string.h>

#include "memory_store.h"

#include "analysis/analysis.h"

int main(int argc, char **argv)
{
    struct config config = {.n_darknet = 1};
    config.darknet[0] = (struct ip4_prefix){0x0a4d0000, 18};
    struct analysis_params params = {.config = &config, .seed = 1};
    const struct analysis *a = argc > 1 ? analysis_find(argv[1]) : NULL;
    struct err err = {""};
    struct result *r = NULL;
    if (!a)
        return EXIT_USAGE;
    struct store *s = memory_store_open();
    memory_store_plant(s, !(argc > 2 && strcmp(argv[2], "none") == 0));
    int rc = a->run(s, &params, &r, &err);
    if (rc < 0)
        (void)fprintf(stderr, "%s\n", err.text);
    else
        (void)result_write(r, RESULT_TABLE, stdout);
    result_free(r);
    store_close(s);
    return rc < 0;
}

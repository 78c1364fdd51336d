#include <string.h>

#include "figure/lit_dark_plot.h"
#include "figure/time_address.h"

const struct figure *const figure_table[] = {
    &figure_3, &figure_4, &figure_5, &figure_6, &figure_7, &figure_8, &figure_scatter, NULL,
};

const struct figure *figure_find(const char *name)
{
    for (const struct figure *const *f = figure_table; *f; f++) {
        if (strcmp((*f)->name, name) == 0)
            return *f;
    }
    return NULL;
}

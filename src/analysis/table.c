#include <string.h>

#include "analysis/lit_dark.h"
#include "analysis/scatter.h"
#include "analysis/sweep.h"
#include "analysis/version.h"

const struct analysis *const analysis_table[] = {
    &analysis_lit_dark,
    &analysis_scatter,
    &analysis_sweep,
    &analysis_version,
    NULL,
};

const struct analysis *analysis_find(const char *name)
{
    for (const struct analysis *const *a = analysis_table; *a; a++) {
        if (strcmp((*a)->name, name) == 0)
            return *a;
    }
    return NULL;
}

#include <string.h>

#include "analysis/ledger.h"
#include "analysis/lit_dark.h"
#include "analysis/overview.h"
#include "analysis/scatter.h"
#include "analysis/sweep.h"
#include "analysis/version.h"

const struct analysis *const analysis_table[] = {
    &analysis_overview, &analysis_top_sources, &analysis_lit_dark, &analysis_scatter, &analysis_sweep,
    &analysis_version,  &analysis_table_1,     &analysis_table_2,  &analysis_loss,    NULL,
};

const struct analysis *analysis_find(const char *name)
{
    for (const struct analysis *const *a = analysis_table; *a; a++) {
        if (strcmp((*a)->name, name) == 0)
            return *a;
    }
    return NULL;
}

/* Result tables -> pictures: one file per kind of drawing, table.c lists the figures. "3" … "8" are the paper's; which
 * source, /24 and period they show is found from the data (analysis/pick.h, sweep.h). */
#ifndef HOTARU_FIGURE_FIGURE_H
#define HOTARU_FIGURE_FIGURE_H

#include <stdbool.h>
#include <stdio.h>

#include "analysis/analysis.h"
#include "analysis/scope.h"
#include "figure/canvas.h"

/* One figure with its numbers, ready to be drawn any number of times. */
struct picture {
    const struct figure *figure;
    struct result *result; /* owned: what is drawn, for --csv */
    struct scope scope;    /* owned: the ground (darknet, points, port) */
    char title[200];       /* what is shown: source, port */
    char caption[1600];    /* what was found, computed */
    /* of a time-address picture: */
    int64_t from_us, until_us;
    uint32_t net;    /* the /24 enlarged, its first address; 0: the whole darknet */
    bool sweeps;               /* dense spots matter more than single packets to points: they are drawn above */
    int64_t mark_us; /* a moment to be marked; 0: none */
    char mark[64];   /* its label */
};

struct figure {
    const char *name, *doc; /* "3" */
    double width_mm, height_mm;
    /* Fills picture's result, scope, texts. 0 also when there is nothing to show (the caption says why). */
    int (*make)(struct store *store, const struct analysis_params *params, struct picture *picture,
                struct err *err);
    int (*draw)(const struct picture *picture, struct canvas *canvas);
};
extern const struct figure *const figure_table[]; /* NULL-terminated */
const struct figure *figure_find(const char *name);

/* Asks the store. Freed with picture_free(). -EINVAL, -ENOMEM, what store_query() returns. */
int figure_make(const struct figure *figure, struct store *store, const struct analysis_params *params,
                struct picture **ret, struct err *err);
void picture_free(struct picture *p);
/* Draws; 0 or a negative errno of memory or of the stream. */
int picture_write(const struct picture *p, enum canvas_format format, FILE *to);

#endif

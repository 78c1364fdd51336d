#include "figure/figure.h"

#include <errno.h>
#include <stdlib.h>

int figure_make(const struct figure *figure, struct store *store, const struct analysis_params *params,
                struct picture **ret, struct err *err)
{
    struct picture *p = calloc(1, sizeof *p);
    if (!p)
        return err_set(err, -ENOMEM, "no memory for a figure");
    p->figure = figure;
    int rc = figure->make(store, params, p, err);
    if (rc < 0) {
        if (rc == -ENOMEM)
            err_set(err, rc, "no memory for figure %s", figure->name);
        picture_free(p);
        return rc;
    }
    *ret = p;
    return 0;
}

void picture_free(struct picture *p)
{
    if (!p)
        return;
    result_free(p->result);
    scope_done(&p->scope);
    free(p);
}

int picture_write(const struct picture *p, enum canvas_format format, FILE *to)
{
    struct canvas c;
    int rc = canvas_open(&c, format, p->figure->width_mm, p->figure->height_mm, p->title, to);
    if (rc == 0)
        rc = p->figure->draw(p, &c);
    int closed = canvas_close(&c);
    return rc < 0 ? rc : closed;
}

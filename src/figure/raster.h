/* Counts per pixel, for pictures of many points: a lone point stays visible, a dense place does not saturate.
 *
 * Each point is stamped as a disk; a pixel's value is the sum of the stamps over it; colour goes with the logarithm of the
 * value, from a blue that stands out from white (contrast 3:1) to near black. Measured beside alpha blending, only such a
 * count raster keeps structure at a million points. */
#ifndef HOTARU_FIGURE_RASTER_H
#define HOTARU_FIGURE_RASTER_H

#include <stddef.h>
#include <stdint.h>

#include "figure/canvas.h"

#define RASTER_SIDE_MAX 8192

struct raster {
    uint32_t width, height; /* pixels */
    uint32_t *count;        /* width * height, row by row from the top; saturates */
    uint32_t radius_px;     /* of a stamp */
};

/* -ENOMEM, -EINVAL for a side of 0 or over RASTER_SIDE_MAX. */
int raster_init(struct raster *r, uint32_t width, uint32_t height);
void raster_done(struct raster *r);
/* The radius at which n points cover about a quarter of the raster, within [least, most] pixels. */
uint32_t raster_radius(const struct raster *r, uint64_t n, uint32_t least, uint32_t most);
/* x, y in pixels; what lies outside is cut. */
void raster_stamp(struct raster *r, double x, double y, uint32_t weight);
uint32_t raster_max(const struct raster *r);
/* Colour of value v (>= 1) on the ramp up to max. */
struct colour raster_ramp(double v, double max);
/* The picture into the rectangle (mm); empty pixels are transparent. 0 or -ENOMEM. */
int raster_draw(const struct raster *r, struct canvas *c, double x, double y, double w, double h, double max);

#endif
